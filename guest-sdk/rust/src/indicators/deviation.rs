//! Question: how widely do prices spread around their mean?
//!
//! In: one price at a time. Out: variance and what is made of it.

use crate::Persist;
use crate::indicators::Indicator;
use crate::indicators::channel::Band;
use crate::indicators::window::{Window, ratio, smaller};

/// Variance of the last n (of the population: divided by n).
///
/// Warm-up: n. As TA-Lib's VAR.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Variance {
    window: Window<f64>,
}

impl Variance {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { window: Window::new(length) }
    }
}

impl Indicator for Variance {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        Some(self.window.full_with(input)?.variance())
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length())
    }
}

/// Standard deviation of the last n (of the population).
///
/// Warm-up: n. As TA-Lib's STDDEV.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct StdDev {
    variance: Variance,
}

impl StdDev {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { variance: Variance::new(length) }
    }
}

impl Indicator for StdDev {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        self.variance.update(input).map(f64::sqrt)
    }

    fn warm_up(&self) -> u32 {
        self.variance.warm_up()
    }

    fn fresh(&self) -> Self {
        Self { variance: self.variance.fresh() }
    }
}

/// How many standard deviations (of the population) the price lies above its mean; 0 where it stands still.
///
/// Warm-up: n.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct ZScore {
    window: Window<f64>,
}

impl ZScore {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { window: Window::new(length) }
    }
}

impl Indicator for ZScore {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let window = self.window.full_with(input)?;
        Some(ratio(input - window.mean(), window.variance().sqrt(), 0.0))
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length())
    }
}

/// Bollinger bands: the simple average, and so many standard deviations (of the population) below and above it; 20 and 2 are
/// usual.
///
/// Warm-up: n. J. Bollinger, Bollinger on Bollinger Bands, 2001; as TA-Lib's BBANDS.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Bollinger {
    #[persist(skip)]
    deviations: f64,
    window: Window<f64>,
}

impl Bollinger {
    /// Over `length` values, this many deviations wide to each side.
    #[must_use]
    pub fn new(length: u32, deviations: f64) -> Self {
        Self { deviations, window: Window::new(length) }
    }
}

impl Indicator for Bollinger {
    type Input = f64;
    type Output = Band;

    fn update(&mut self, input: f64) -> Option<Band> {
        let window = self.window.full_with(input)?;
        Some(Band::around(window.mean(), self.deviations * window.variance().sqrt()))
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length(), self.deviations)
    }
}

/// Ulcer index: the root of the mean square of how far, in percent, each of n prices lay below the highest of the n before
/// and with it; 0 where that is 0 or less.
///
/// Warm-up: 2n - 1. P. Martin and B. McCann, The Investor's Guide to Fidelity Funds, 1989.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct UlcerIndex {
    prices: Window<f64>,
    squares: Window<f64>,
}

impl UlcerIndex {
    /// Over `length` values; 14 is usual.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { prices: Window::new(length), squares: Window::new(length) }
    }
}

impl Indicator for UlcerIndex {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let highest = self.prices.full_with(input)?.highest();
        let below = if highest > 0.0 { smaller(100.0 * (input - highest) / highest, 0.0) } else { 0.0 };
        Some(self.squares.full_with(below * below)?.mean().sqrt())
    }

    fn warm_up(&self) -> u32 {
        super::chained(self.prices.length(), 2)
    }

    fn fresh(&self) -> Self {
        Self::new(self.prices.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_by_hand() {
        // 1 2 6: mean 3, variance (4 + 1 + 9) / 3 = 14/3; (6 - 3) / sqrt(14/3).
        let got = ZScore::new(3).over(&[1.0, 2.0, 6.0])[2].expect("warm");
        assert!((got - 3.0 / (14.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{got}");
        assert_eq!(ZScore::new(2).over(&[5.0, 5.0])[1], Some(0.0));
    }

    #[test]
    fn ulcers_by_hand() {
        // Highest of two: 10, 10, 10: 0, 20 and 10 percent below... of 10 8 9: pairs (10, 8) = 20, (8, 9) = 0.
        let got = UlcerIndex::new(2).over(&[10.0, 8.0, 9.0]);
        assert_eq!(got[..2], [None, None]);
        assert!((got[2].expect("warm") - (400.0_f64 / 2.0).sqrt()).abs() < 1e-12, "{got:?}");
    }
}
