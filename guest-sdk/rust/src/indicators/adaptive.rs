//! Question: what is the average that follows a trend and stands still in noise?
//!
//! In: one price at a time. Out: Kaufman's adaptive average.

use crate::Persist;
use crate::indicators::Indicator;
use crate::indicators::window::{Window, ratio};

/// Kaufman's adaptive moving average: `v + c (x - v)`, where c = (e (2/3 - 2/31) + 2/31)^2 and e is the way from n values
/// ago as the crow flies over the way as it was walked (1 where nothing moved). It begins at the value before the first
/// answer.
///
/// Warm-up: n + 1. P. Kaufman, Smarter Trading, 1995; as TA-Lib's KAMA.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Kama {
    prices: Window<f64>,
    value: Option<f64>,
}

/// Weights of exponential averages over 2 and over 30 values.
const FAST: f64 = 2.0 / 3.0;
const SLOW: f64 = 2.0 / 31.0;

impl Kama {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { prices: Window::new(length.max(1).saturating_add(1)), value: None }
    }
}

impl Indicator for Kama {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let prices = self.prices.full_with(input)?;
        let before = prices.oldest_first().skip(1);
        let walked = prices.oldest_first().zip(before).fold(0.0, |sum, (from, to)| sum + (to - from).abs());
        let straight = prices.oldest().map_or(0.0, |oldest| (input - oldest).abs());
        let efficiency = ratio(straight, walked, 1.0);
        let weight = efficiency * (FAST - SLOW) + SLOW;
        let last = self.value.or_else(|| prices.oldest_first().rev().nth(1))?;
        self.value = Some(last + weight * weight * (input - last));
        self.value
    }

    fn warm_up(&self) -> u32 {
        self.prices.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.prices.length() - 1)
    }
}
