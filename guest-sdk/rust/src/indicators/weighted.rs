//! Question: what are the averages whose weights follow from the place in the window?
//!
//! In: one price at a time. Out: the weighted mean of the last n.

use crate::Persist;
use crate::indicators::Indicator;
use crate::indicators::window::Window;

/// Linearly weighted moving average: weights 1 to n, the newest the heaviest.
///
/// Warm-up: n. As TA-Lib's WMA.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Wma {
    window: Window<f64>,
}

impl Wma {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { window: Window::new(length) }
    }
}

impl Indicator for Wma {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let window = self.window.full_with(input)?;
        let (mut sum, mut weight) = (0.0, 0.0);
        for value in window.oldest_first() {
            weight += 1.0;
            sum += weight * value;
        }
        Some(sum / (weight * (weight + 1.0) / 2.0))
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length())
    }
}

/// Triangular moving average: weights rise by one to the middle of the window and fall again.
///
/// Warm-up: n. As TA-Lib's TRIMA.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Trima {
    window: Window<f64>,
}

impl Trima {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { window: Window::new(length) }
    }
}

impl Indicator for Trima {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let window = self.window.full_with(input)?;
        let length = window.length();
        let (mut sum, mut weights) = (0.0, 0.0);
        for (value, place) in window.oldest_first().zip(1_u32..) {
            let weight = f64::from(place.min(length + 1 - place));
            sum += weight * value;
            weights += weight;
        }
        Some(sum / weights)
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length())
    }
}

/// Hull moving average: a linearly weighted average over the root of n, of twice that over half of n less that over n
/// (halves and roots rounded down).
///
/// Warm-up: n + floor(root of n) - 1. A. Hull, 2005.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Hma {
    half: Wma,
    whole: Wma,
    last: Wma,
}

impl Hma {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { half: Wma::new(length / 2), whole: Wma::new(length), last: Wma::new(length.isqrt()) }
    }
}

impl Indicator for Hma {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let half = self.half.update(input);
        let whole = self.whole.update(input)?;
        self.last.update(2.0 * half? - whole)
    }

    fn warm_up(&self) -> u32 {
        self.whole.warm_up().saturating_add(self.last.warm_up()) - 1
    }

    fn fresh(&self) -> Self {
        Self::new(self.whole.warm_up())
    }
}

/// Arnaud Legoux moving average: the weights are a bell over the window, `exp(-(i - m)^2 / 2 s^2)` for the i-th value from
/// the oldest (0), with m = offset (n - 1) and s = n / sigma. An offset of 0.85 and a sigma of 6 are usual.
///
/// Warm-up: n. A. Legoux and D. Kouzis-Loukas, 2009.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Alma {
    #[persist(skip)]
    offset: f64,
    #[persist(skip)]
    sigma: f64,
    #[persist(skip)]
    weights: Vec<f64>,
    window: Window<f64>,
}

impl Alma {
    /// Over `length` values; the bell stands at `offset` (0 = oldest, 1 = newest) and is narrower for a larger `sigma`.
    #[must_use]
    pub fn new(length: u32, offset: f64, sigma: f64) -> Self {
        let length = length.max(1);
        let (middle, width) = (offset * f64::from(length - 1), f64::from(length) / sigma);
        let weight = |place: u32| {
            let distance = f64::from(place) - middle;
            libm::exp(-(distance * distance) / (2.0 * width * width))
        };
        Self { offset, sigma, weights: (0..length).map(weight).collect(), window: Window::new(length) }
    }
}

impl Indicator for Alma {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let window = self.window.full_with(input)?;
        let (mut sum, mut weights) = (0.0, 0.0);
        for (value, weight) in window.oldest_first().zip(&self.weights) {
            sum += weight * value;
            weights += weight;
        }
        Some(sum / weights)
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length(), self.offset, self.sigma)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hull_by_hand() {
        // n = 4: WMA(2) twice less WMA(4), then WMA(2).
        // 1 2 3 4: half (3 + 2 * 4) / 3 = 11/3, whole (1 + 4 + 9 + 16) / 10 = 3, together 13/3.
        // 2 3 4 8: half (4 + 2 * 8) / 3 = 20/3, whole (2 + 6 + 12 + 32) / 10 = 5.2, together 122/15.
        // Then (13/3 + 2 * 122/15) / 3 = (65 + 244) / 45 = 103/15.
        let got = Hma::new(4).over(&[1.0, 2.0, 3.0, 4.0, 8.0]);
        assert_eq!(got[..4], [None; 4]);
        assert!((got[4].expect("warm") - 103.0 / 15.0).abs() < 1e-12, "{got:?}");
    }

    #[test]
    fn the_bell_by_hand() {
        // n = 3, offset 1/2, sigma 3: m = 1, s = 1, weights e^-1/2, 1, e^-1/2 = 0.6065306597126334.
        // (1 * 0.60653 + 2 + 6 * 0.60653) / 2.21306 = 6.245714617988434 / 2.2130613194252668.
        let got = Alma::new(3, 0.5, 3.0).over(&[1.0, 2.0, 6.0]);
        assert_eq!(got[..2], [None, None]);
        assert!((got[2].expect("warm") - 6.245_714_617_988_434 / 2.213_061_319_425_267).abs() < 1e-12, "{got:?}");
    }

    #[test]
    fn triangles_of_even_and_odd_length() {
        // 1 2 1 and 1 2 2 1.
        assert_eq!(Trima::new(3).over(&[1.0, 2.0, 7.0])[2], Some(12.0 / 4.0));
        assert_eq!(Trima::new(4).over(&[1.0, 2.0, 7.0, 5.0])[3], Some(24.0 / 6.0));
    }
}
