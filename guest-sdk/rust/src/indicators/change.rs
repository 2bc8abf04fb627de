//! Question: how far did the price go?
//!
//! In: one price or bar at a time. Out: differences over n values, and within a bar.

use crate::Persist;
use crate::indicators::window::{Window, ratio};
use crate::indicators::{Candle, Indicator};

/// The value n ago.
#[derive(Clone, Debug, PartialEq, Persist)]
pub(super) struct Delay {
    window: Window<f64>,
}

impl Delay {
    pub(super) fn new(length: u32) -> Self {
        Self { window: Window::new(length) }
    }

    pub(super) fn length(&self) -> u32 {
        self.window.length()
    }

    /// Takes a value; answers the one that came `length` before it.
    pub(super) fn push(&mut self, value: f64) -> Option<f64> {
        self.window.push(value)
    }
}

/// Momentum: the price less that of n values ago.
///
/// Warm-up: n + 1. As TA-Lib's MOM.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Momentum {
    earlier: Delay,
}

impl Momentum {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { earlier: Delay::new(length) }
    }
}

impl Indicator for Momentum {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        Some(input - self.earlier.push(input)?)
    }

    fn warm_up(&self) -> u32 {
        self.earlier.length().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.earlier.length())
    }
}

/// Rate of change since n values ago, in percent; 0 where that value was 0.
///
/// Warm-up: n + 1. As TA-Lib's ROC.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Roc {
    earlier: Delay,
}

impl Roc {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { earlier: Delay::new(length) }
    }
}

impl Indicator for Roc {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let earlier = self.earlier.push(input)?;
        Some(ratio(input - earlier, earlier, 0.0) * 100.0)
    }

    fn warm_up(&self) -> u32 {
        self.earlier.length().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.earlier.length())
    }
}

/// Balance of power: from open to close over from low to high, -1 to 1; 0 for a bar without range.
///
/// Warm-up: 1. I. Livshin, Technical Analysis of Stocks & Commodities, August 2001; as TA-Lib's BOP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Persist)]
pub struct BalanceOfPower;

impl BalanceOfPower {
    /// Of each bar by itself.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Indicator for BalanceOfPower {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        Some(ratio(input.close - input.open, input.range(), 0.0))
    }

    fn warm_up(&self) -> u32 {
        1
    }

    fn fresh(&self) -> Self {
        Self
    }
}
