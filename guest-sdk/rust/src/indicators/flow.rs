//! Question: does volume go with the price?
//!
//! In: one bar at a time. Out: sums and averages of volume with the sign of what the price did.

use crate::Persist;
use crate::indicators::window::{Window, ratio};
use crate::indicators::{Candle, Ema, Indicator, SeededEma, SmaF64};

/// On-balance volume: begins with the first bar's volume, then adds that of a bar that closes higher and takes that of one
/// that closes lower.
///
/// Warm-up: 1. J. Granville, 1963; as TA-Lib's OBV.
#[derive(Clone, Copy, Debug, Default, PartialEq, Persist)]
pub struct Obv {
    last_close: Option<f64>,
    sum: f64,
}

impl Obv {
    /// Before the first bar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Indicator for Obv {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        match self.last_close.replace(input.close) {
            Some(last) if input.close < last => self.sum -= input.volume,
            Some(last) if input.close > last => self.sum += input.volume,
            Some(_) => {}
            None => self.sum = input.volume,
        }
        Some(self.sum)
    }

    fn warm_up(&self) -> u32 {
        1
    }

    fn fresh(&self) -> Self {
        Self::new()
    }
}

/// Accumulation/distribution line: the sum of volume x the place of the close in its bar, from -1 (low) to 1 (high); a bar
/// without range counts as 0.
///
/// Warm-up: 1. M. Chaikin; as TA-Lib's AD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Persist)]
pub struct AccumulationDistribution {
    sum: f64,
}

impl AccumulationDistribution {
    /// Before the first bar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Indicator for AccumulationDistribution {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        self.sum += input.place_of_close() * input.volume;
        Some(self.sum)
    }

    fn warm_up(&self) -> u32 {
        1
    }

    fn fresh(&self) -> Self {
        Self::new()
    }
}

/// Chaikin oscillator: a fast less a slow exponential average of the [`AccumulationDistribution`] line, both begun with its
/// first value; 3 and 10 are usual.
///
/// Warm-up: the longer of the two. M. Chaikin; as TA-Lib's ADOSC.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct ChaikinOscillator {
    #[persist(skip)]
    lengths: (u32, u32),
    line: AccumulationDistribution,
    fast: Ema,
    slow: Ema,
}

impl ChaikinOscillator {
    /// Averages over `fast` and `slow` bars.
    #[must_use]
    pub fn new(fast: u32, slow: u32) -> Self {
        let lengths = (fast.max(1), slow.max(1));
        let (fast, slow) = (Ema::new(fast), Ema::new(slow));
        Self { lengths, line: AccumulationDistribution::new(), fast, slow }
    }
}

impl Indicator for ChaikinOscillator {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let line = self.line.update(input)?;
        let difference = self.fast.update(line) - self.slow.update(line);
        (self.fast.seen() >= u64::from(self.warm_up())).then_some(difference)
    }

    fn warm_up(&self) -> u32 {
        self.lengths.0.max(self.lengths.1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.lengths.0, self.lengths.1)
    }
}

/// Chaikin money flow: volume x the place of the close in its bar, summed over n bars and divided by their volume, -1 to 1;
/// 0 without volume. 20 and 21 are usual.
///
/// Warm-up: n. M. Chaikin.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct ChaikinMoneyFlow {
    flows: Window<(f64, f64)>,
}

impl ChaikinMoneyFlow {
    /// Over `length` bars.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { flows: Window::new(length) }
    }
}

impl Indicator for ChaikinMoneyFlow {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let flows = self.flows.full_with((input.place_of_close() * input.volume, input.volume))?;
        let (flow, volume) = flows.oldest_first().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        Some(ratio(flow, volume, 0.0))
    }

    fn warm_up(&self) -> u32 {
        self.flows.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.flows.length())
    }
}

/// Money flow index: typical price x volume of bars whose typical price rose, over that of all that moved, of the last n, in
/// percent; 0 where none moved. A move below 1e-12 of the price is the rounding of decimals in floats, and none.
///
/// Warm-up: n + 1. G. Quong and A. Soudack, Technical Analysis of Stocks & Commodities, March 1989; as TA-Lib's MFI.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Mfi {
    last: Option<f64>,
    /// Money of rising and of falling bars.
    flows: Window<(f64, f64)>,
}

/// The same sum of three decimal prices, added in floats, differs by less than this share.
const ROUNDING: f64 = 1e-12;

impl Mfi {
    /// Over `length` changes; 14 is usual.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { last: None, flows: Window::new(length) }
    }
}

impl Indicator for Mfi {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let typical = input.typical();
        let last = self.last.replace(typical)?;
        let money = typical * input.volume;
        let moved = typical - last;
        let least = ROUNDING * typical.abs();
        let (rise, fall) = (if moved > least { money } else { 0.0 }, if moved < -least { money } else { 0.0 });
        let flows = self.flows.full_with((rise, fall))?;
        let (rise, fall) = flows.oldest_first().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        Some(ratio(100.0 * rise, rise + fall, 0.0))
    }

    fn warm_up(&self) -> u32 {
        self.flows.length().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.flows.length())
    }
}

/// Price volume trend: the sum of volume x relative change of the close; a change from 0 counts as 0.
///
/// Warm-up: 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Persist)]
pub struct Pvt {
    last_close: Option<f64>,
    sum: f64,
}

impl Pvt {
    /// Before the first bar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Indicator for Pvt {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let last = self.last_close.replace(input.close)?;
        self.sum += ratio(input.close - last, last, 0.0) * input.volume;
        Some(self.sum)
    }

    fn warm_up(&self) -> u32 {
        2
    }

    fn fresh(&self) -> Self {
        Self::new()
    }
}

/// Force index: the change of the close x volume, as an exponential average; 13 is usual.
///
/// Warm-up: n + 1. A. Elder, Trading for a Living, 1993.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct ForceIndex {
    last_close: Option<f64>,
    average: SeededEma,
}

impl ForceIndex {
    /// Averaged over `length` changes.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { last_close: None, average: SeededEma::new(length) }
    }
}

impl Indicator for ForceIndex {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let last = self.last_close.replace(input.close)?;
        self.average.update((input.close - last) * input.volume)
    }

    fn warm_up(&self) -> u32 {
        self.average.warm_up().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.average.warm_up())
    }
}

/// Ease of movement: how far the middle moved, x range over volume, x `scale`, as a simple average; a bar without volume
/// counts as 0. 14 and a scale of 100,000,000 are usual.
///
/// Warm-up: n + 1. R. Arms, Volume Cycles in the Stock Market, 1983.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct EaseOfMovement {
    #[persist(skip)]
    scale: f64,
    last_middle: Option<f64>,
    average: SmaF64,
}

impl EaseOfMovement {
    /// Averaged over `length` changes.
    #[must_use]
    pub fn new(length: u32, scale: f64) -> Self {
        Self { scale, last_middle: None, average: SmaF64::new(length) }
    }
}

impl Indicator for EaseOfMovement {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let moved = input.middle() - self.last_middle.replace(input.middle())?;
        self.average.update(ratio(moved * input.range() * self.scale, input.volume, 0.0))
    }

    fn warm_up(&self) -> u32 {
        self.average.warm_up().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.average.warm_up(), self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(low: f64, high: f64, close: f64, volume: f64) -> Candle {
        Candle { open: low, high, low, close, volume }
    }

    #[test]
    fn prices_that_differ_by_rounding_alone_have_not_moved() {
        // 151.48 + 150.29 + 151.08 = 151.26 + 150.41 + 151.18 in decimals.
        let bars = [bar(150.29, 151.48, 151.08, 9.0), bar(150.41, 151.26, 151.18, 9.0), bar(150.0, 152.0, 152.0, 1.0)];
        assert_ne!(bars[0].typical(), bars[1].typical());
        assert_eq!(Mfi::new(1).over(&bars), [None, Some(0.0), Some(100.0)]);
    }

    #[test]
    fn flows_by_hand() {
        let bars = [bar(8.0, 12.0, 10.0, 100.0), bar(10.0, 14.0, 13.0, 200.0), bar(9.0, 13.0, 13.0, 0.0)];
        // Places of the close: 0, (3 - 1) / 4 = 1/2, 1 with no volume.
        let third = Some(1.0 / 3.0);
        assert_eq!(ChaikinMoneyFlow::new(2).over(&bars), [None, third, Some(0.5)]);
        // 3 of 10, of 200.
        assert_eq!(Pvt::new().over(&bars), [None, Some(60.0), Some(60.0)]);
        // a = 1: (13 - 10) x 200, then nothing.
        assert_eq!(ForceIndex::new(1).over(&bars), [None, Some(600.0), Some(0.0)]);
        // The middle rises by 2: 2 x 4 / 200 x 100 = 4; without volume 0.
        assert_eq!(EaseOfMovement::new(1, 100.0).over(&bars), [None, Some(4.0), Some(0.0)]);
    }
}
