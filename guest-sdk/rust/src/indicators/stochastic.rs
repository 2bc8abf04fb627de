//! Question: where in the range of the last values does the price stand?
//!
//! In: one bar or price at a time. Out: its place in percent, smoothed.

use crate::Persist;
use crate::indicators::window::{Window, ratio};
use crate::indicators::{Candle, Indicator, Rsi, SmaF64};

/// Highest high and lowest low of the last n.
#[derive(Clone, Debug, PartialEq, Persist)]
pub(super) struct Range {
    highs: Window<f64>,
    lows: Window<f64>,
}

impl Range {
    pub(super) fn new(length: u32) -> Self {
        Self { highs: Window::new(length), lows: Window::new(length) }
    }

    pub(super) fn length(&self) -> u32 {
        self.highs.length()
    }

    /// Lowest and highest.
    pub(super) fn update(&mut self, high: f64, low: f64) -> Option<(f64, f64)> {
        let (highs, lows) = (self.highs.full_with(high), self.lows.full_with(low));
        Some((lows?.lowest(), highs?.highest()))
    }
}

/// What [`Stochastic`] and [`StochRsi`] answer, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StochasticLines {
    /// The place in the range, smoothed if asked for.
    pub k: f64,
    /// Simple average of `k`.
    pub d: f64,
}

/// Stochastic oscillator: 100 x (close - lowest low) over (highest high - lowest low) of n bars, 0 where there is no range;
/// `k` is its simple average over `smooth` (1 = the fast stochastic), `d` that of `k`.
///
/// Warm-up: n + smooth + d - 2. G. Lane, 1950s; as TA-Lib's STOCH.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Stochastic {
    range: Range,
    k: SmaF64,
    d: SmaF64,
}

impl Stochastic {
    /// Over `length` bars, `k` averaged over `smooth` and `d` over `d` values; 14, 3 and 3 are usual.
    #[must_use]
    pub fn new(length: u32, smooth: u32, d: u32) -> Self {
        Self { range: Range::new(length), k: SmaF64::new(smooth), d: SmaF64::new(d) }
    }

    fn take(&mut self, high: f64, low: f64, close: f64) -> Option<StochasticLines> {
        let (lowest, highest) = self.range.update(high, low)?;
        let k = self.k.update(ratio(100.0 * (close - lowest), highest - lowest, 0.0))?;
        Some(StochasticLines { k, d: self.d.update(k)? })
    }
}

impl Indicator for Stochastic {
    type Input = Candle;
    type Output = StochasticLines;

    fn update(&mut self, input: Candle) -> Option<StochasticLines> {
        self.take(input.high, input.low, input.close)
    }

    fn warm_up(&self) -> u32 {
        let rest = (self.k.warm_up() - 1).saturating_add(self.d.warm_up() - 1);
        self.range.length().saturating_add(rest)
    }

    fn fresh(&self) -> Self {
        Self::new(self.range.length(), self.k.warm_up(), self.d.warm_up())
    }
}

/// Stochastic of the relative strength index: its place in its own range of the last n.
///
/// Warm-up: rsi + n + d - 1. T. Chande and S. Kroll, The New Technical Trader, 1994; as TA-Lib's STOCHRSI.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct StochRsi {
    rsi: Rsi,
    place: Stochastic,
}

impl StochRsi {
    /// Of an index over `rsi` changes, its range over `length` values, `d` averaged over `d`; 14, 14 and 3 are usual.
    #[must_use]
    pub fn new(rsi: u32, length: u32, d: u32) -> Self {
        Self { rsi: Rsi::new(rsi), place: Stochastic::new(length, 1, d) }
    }
}

impl Indicator for StochRsi {
    type Input = f64;
    type Output = StochasticLines;

    fn update(&mut self, input: f64) -> Option<StochasticLines> {
        let rsi = self.rsi.update(input)?;
        self.place.take(rsi, rsi, rsi)
    }

    fn warm_up(&self) -> u32 {
        (self.rsi.warm_up() - 1).saturating_add(self.place.warm_up())
    }

    fn fresh(&self) -> Self {
        Self { rsi: self.rsi.fresh(), place: self.place.fresh() }
    }
}

/// Williams' %R: 100 x (close - highest high) over (highest high - lowest low) of n bars, -100 to 0; 0 where there is no
/// range.
///
/// Warm-up: n. L. Williams, 1973; as TA-Lib's WILLR.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct WilliamsR {
    range: Range,
}

impl WilliamsR {
    /// Over `length` bars.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { range: Range::new(length) }
    }
}

impl Indicator for WilliamsR {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let (lowest, highest) = self.range.update(input.high, input.low)?;
        Some(ratio(100.0 * (input.close - highest), highest - lowest, 0.0))
    }

    fn warm_up(&self) -> u32 {
        self.range.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.range.length())
    }
}
