//! Question: how far do bars reach?
//!
//! In: one bar at a time. Out: true ranges and averages of ranges.

use crate::Persist;
use crate::indicators::change::Delay;
use crate::indicators::window::{Window, larger, ratio};
use crate::indicators::{Candle, Indicator, Rma, SeededEma};

/// True range: the largest of high - low, |high - last close| and |low - last close|.
///
/// Warm-up: 2. J. W. Wilder, New Concepts in Technical Trading Systems, 1978; as TA-Lib's TRANGE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Persist)]
pub struct TrueRange {
    last_close: Option<f64>,
}

impl TrueRange {
    /// Before the first bar.
    #[must_use]
    pub const fn new() -> Self {
        Self { last_close: None }
    }
}

impl Indicator for TrueRange {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let last = self.last_close.replace(input.close)?;
        Some(larger(larger(input.range(), (input.high - last).abs()), (input.low - last).abs()))
    }

    fn warm_up(&self) -> u32 {
        2
    }

    fn fresh(&self) -> Self {
        Self::new()
    }
}

/// Average true range: Wilder's average of the [`TrueRange`].
///
/// Warm-up: n + 1. J. W. Wilder, New Concepts in Technical Trading Systems, 1978; as TA-Lib's ATR.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Atr {
    range: TrueRange,
    average: Rma,
}

impl Atr {
    /// Over `length` ranges; 14 is usual.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { range: TrueRange::new(), average: Rma::new(length) }
    }
}

impl Indicator for Atr {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        self.average.update(self.range.update(input)?)
    }

    fn warm_up(&self) -> u32 {
        self.average.warm_up().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.average.warm_up())
    }
}

/// [`Atr`] in percent of the close; 0 where that is 0.
///
/// Warm-up: n + 1. J. Forman, Technical Analysis of Stocks & Commodities, May 2006; as TA-Lib's NATR.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Natr {
    atr: Atr,
}

impl Natr {
    /// Over `length` ranges; 14 is usual.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { atr: Atr::new(length) }
    }
}

impl Indicator for Natr {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        Some(ratio(self.atr.update(input)?, input.close, 0.0) * 100.0)
    }

    fn warm_up(&self) -> u32 {
        self.atr.warm_up()
    }

    fn fresh(&self) -> Self {
        Self { atr: self.atr.fresh() }
    }
}

/// Chaikin volatility: the exponential average of high - low against itself some bars ago, in percent; 0 where it was 0. 10
/// and 10 are usual.
///
/// Warm-up: length + change. M. Chaikin.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct ChaikinVolatility {
    average: SeededEma,
    earlier: Delay,
}

impl ChaikinVolatility {
    /// Averaged over `length` bars, compared with `change` bars ago.
    #[must_use]
    pub fn new(length: u32, change: u32) -> Self {
        Self { average: SeededEma::new(length), earlier: Delay::new(change) }
    }
}

impl Indicator for ChaikinVolatility {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let average = self.average.update(input.range())?;
        let earlier = self.earlier.push(average)?;
        Some(ratio(average - earlier, earlier, 0.0) * 100.0)
    }

    fn warm_up(&self) -> u32 {
        self.average.warm_up().saturating_add(self.earlier.length())
    }

    fn fresh(&self) -> Self {
        Self::new(self.average.warm_up(), self.earlier.length())
    }
}

/// Mass index: the exponential average of high - low over the average of that average (1 where that is 0), summed; 9
/// and 25 are usual.
///
/// Warm-up: 2 average + sum - 2. D. Dorsey, Technical Analysis of Stocks & Commodities, June 1992.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct MassIndex {
    once: SeededEma,
    twice: SeededEma,
    ratios: Window<f64>,
}

impl MassIndex {
    /// Averaged over `average` bars, summed over `sum`.
    #[must_use]
    pub fn new(average: u32, sum: u32) -> Self {
        Self { once: SeededEma::new(average), twice: SeededEma::new(average), ratios: Window::new(sum) }
    }
}

impl Indicator for MassIndex {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let once = self.once.update(input.range())?;
        let twice = self.twice.update(once)?;
        Some(self.ratios.full_with(ratio(once, twice, 1.0))?.sum())
    }

    fn warm_up(&self) -> u32 {
        super::chained(self.once.warm_up(), 2).saturating_add(self.ratios.length() - 1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.once.warm_up(), self.ratios.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(low: f64, high: f64, close: f64) -> Candle {
        Candle { high, low, close, ..Candle::default() }
    }

    #[test]
    fn a_gap_belongs_to_the_true_range() {
        let bars = [bar(9.0, 11.0, 10.0), bar(13.0, 14.0, 13.0), bar(8.0, 9.0, 8.0)];
        assert_eq!(TrueRange::new().over(&bars), [None, Some(4.0), Some(5.0)]);
    }

    #[test]
    fn ranges_that_grow_are_told_in_percent() {
        // Averages of one bar: 2, then 3; three over two is a half more.
        assert_eq!(ChaikinVolatility::new(1, 1).over(&[bar(0.0, 2.0, 1.0), bar(0.0, 3.0, 1.0)]), [None, Some(50.0)]);
    }

    #[test]
    fn ranges_that_stay_have_the_mass_of_the_sum() {
        let got = MassIndex::new(2, 3).over(&[bar(0.0, 2.0, 1.0); 6]);
        assert_eq!(got, [None, None, None, None, Some(3.0), Some(3.0)]);
    }
}
