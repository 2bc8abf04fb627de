//! Question: along which line do prices lie, and how do two series go together?
//!
//! In: one price, or a pair of prices, at a time. Out: a line, or a figure.

use crate::Persist;
use crate::indicators::Indicator;
use crate::indicators::window::{Window, ratio};

/// The straight line with the least squares through the last n values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Its value at the oldest of them (as TA-Lib's LINEARREG_INTERCEPT).
    pub start: f64,
    /// Its rise from one value to the next (as TA-Lib's LINEARREG_SLOPE).
    pub slope: f64,
    /// Its value at the newest of them (as TA-Lib's LINEARREG).
    pub end: f64,
    /// The share of the variance that it explains (R squared), 0 to 1; 0 where the values stand still.
    pub fit: f64,
}

impl Line {
    /// Its value one step ahead (as TA-Lib's TSF).
    #[must_use]
    pub fn forecast(&self) -> f64 {
        self.end + self.slope
    }
}

/// Sums of squares and of products of distances from the means.
struct Moments {
    mean: (f64, f64),
    squares: (f64, f64),
    products: f64,
}

impl Moments {
    fn of(pairs: impl Iterator<Item = (f64, f64)> + Clone, count: f64) -> Self {
        let (x, y) = pairs.clone().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x, sum.1 + y));
        let mean = (x / count, y / count);
        let (mut squares, mut products) = ((0.0, 0.0), 0.0);
        for (x, y) in pairs {
            let (x, y) = (x - mean.0, y - mean.1);
            squares = (squares.0 + x * x, squares.1 + y * y);
            products += x * y;
        }
        Self { mean, squares, products }
    }

    /// Rise of the second for each unit of the first; 0 where the first stands still.
    fn slope(&self) -> f64 {
        ratio(self.products, self.squares.0, 0.0)
    }

    /// -1 to 1; 0 where one of the two stands still.
    fn correlation(&self) -> f64 {
        ratio(self.products, (self.squares.0 * self.squares.1).sqrt(), 0.0)
    }
}

/// Linear regression: the line through the last n values. Of a single value it is level.
///
/// Warm-up: n. As TA-Lib's LINEARREG, LINEARREG_SLOPE, LINEARREG_INTERCEPT and TSF.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct LinearRegression {
    window: Window<f64>,
}

impl LinearRegression {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { window: Window::new(length) }
    }
}

impl Indicator for LinearRegression {
    type Input = f64;
    type Output = Line;

    fn update(&mut self, input: f64) -> Option<Line> {
        let window = self.window.full_with(input)?;
        let count = f64::from(window.length());
        let places = (0_u32..window.length()).map(f64::from);
        // Collected once: the window is walked three times.
        let pairs: Vec<(f64, f64)> = places.zip(window.oldest_first()).collect();
        let moments = Moments::of(pairs.iter().copied(), count);
        let slope = moments.slope();
        let start = moments.mean.1 - slope * moments.mean.0;
        let fit = moments.correlation();
        Some(Line { start, slope, end: start + slope * (count - 1.0), fit: fit * fit })
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length())
    }
}

/// Correlation (Pearson) of two series over the last n pairs, -1 to 1; 0 where one of them stands still.
///
/// Warm-up: n. As TA-Lib's CORREL.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Correlation {
    window: Window<(f64, f64)>,
}

impl Correlation {
    /// Over `length` pairs.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { window: Window::new(length) }
    }
}

impl Indicator for Correlation {
    type Input = (f64, f64);
    type Output = f64;

    fn update(&mut self, input: (f64, f64)) -> Option<f64> {
        let window = self.window.full_with(input)?;
        let pairs: Vec<(f64, f64)> = window.oldest_first().collect();
        Some(Moments::of(pairs.iter().copied(), f64::from(window.length())).correlation())
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length())
    }
}

/// Beta: how much the first of a pair (the asset) moves for each move of the second (the market), by the regression of
/// relative changes over the last n; a change from 0 counts as 0, and beta is 0 where the market stands still.
///
/// Warm-up: n + 1. As TA-Lib's BETA, which takes the market first.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Beta {
    last: Option<(f64, f64)>,
    changes: Window<(f64, f64)>,
}

impl Beta {
    /// Over `length` changes.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { last: None, changes: Window::new(length) }
    }
}

impl Indicator for Beta {
    type Input = (f64, f64);
    type Output = f64;

    fn update(&mut self, input: (f64, f64)) -> Option<f64> {
        let (asset, market) = input;
        let (last_asset, last_market) = self.last.replace(input)?;
        let change = |now: f64, last: f64| ratio(now - last, last, 0.0);
        let changes = self.changes.full_with((change(market, last_market), change(asset, last_asset)))?;
        let pairs: Vec<(f64, f64)> = changes.oldest_first().collect();
        Some(Moments::of(pairs.iter().copied(), f64::from(changes.length())).slope())
    }

    fn warm_up(&self) -> u32 {
        self.changes.length().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.changes.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fit_by_hand() {
        // 1 2 6 at 0 1 2: slope 5/2, mean 3, start 1/2; explained 25/2 of 14.
        let line = LinearRegression::new(3).over(&[1.0, 2.0, 6.0])[2].expect("warm");
        assert!((line.fit - 12.5 / 14.0).abs() < 1e-12, "{line:?}");
        assert_eq!((line.start, line.slope, line.end, line.forecast()), (0.5, 2.5, 5.5, 8.0));
        let level = LinearRegression::new(1).over(&[7.0])[0];
        assert_eq!(level, Some(Line { start: 7.0, slope: 0.0, end: 7.0, fit: 0.0 }));
    }
}
