//! Question: at what price was it traded, on average?
//!
//! In: one bar at a time. Out: means of prices weighted by volume.

use crate::Persist;
use crate::indicators::window::{Window, ratio};
use crate::indicators::{Candle, Indicator};

/// Volume-weighted moving average of closes; the close where nothing was traded.
///
/// Warm-up: n. Sum of close x volume over sum of volume, of the last n bars.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Vwma {
    window: Window<(f64, f64)>,
}

impl Vwma {
    /// Over `length` bars.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { window: Window::new(length) }
    }
}

impl Indicator for Vwma {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let window = self.window.full_with((input.close * input.volume, input.volume))?;
        let sums = |(value, volume): (f64, f64), one: (f64, f64)| (value + one.0, volume + one.1);
        let (value, volume) = window.oldest_first().fold((0.0, 0.0), sums);
        Some(ratio(value, volume, input.close))
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length())
    }
}

/// Volume-weighted average price since the start: typical price x volume over volume, the typical price before the first
/// trade. [`Indicator::reset`] it where a session begins.
///
/// Warm-up: 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Persist)]
pub struct Vwap {
    value: f64,
    volume: f64,
}

impl Vwap {
    /// Nothing traded yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Indicator for Vwap {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        self.value += input.typical() * input.volume;
        self.volume += input.volume;
        Some(ratio(self.value, self.volume, input.typical()))
    }

    fn warm_up(&self) -> u32 {
        1
    }

    fn fresh(&self) -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(price: f64, volume: f64) -> Candle {
        Candle { open: price, high: price, low: price, close: price, volume }
    }

    #[test]
    fn prices_count_by_what_was_traded_at_them() {
        let bars = [bar(10.0, 1.0), bar(20.0, 3.0), bar(30.0, 0.0), bar(40.0, 0.0)];
        // (10 + 60) / 4, then 60 / 3, then nothing was traded.
        assert_eq!(Vwma::new(2).over(&bars), [None, Some(17.5), Some(20.0), Some(40.0)]);
        assert_eq!(Vwap::new().over(&bars), [Some(10.0), Some(17.5), Some(17.5), Some(17.5)]);
        assert_eq!(Vwap::new().over(&[bar(7.0, 0.0)]), [Some(7.0)]);
    }
}
