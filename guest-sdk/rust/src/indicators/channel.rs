//! Question: between which lines does the price move?
//!
//! In: one bar at a time. Out: channels of ranges and extremes.

use crate::Persist;
use crate::indicators::stochastic::Range;
use crate::indicators::window::ratio;
use crate::indicators::{Atr, Candle, Indicator, SeededEma};

/// Three lines: what [`Bollinger`], [`Keltner`] and [`Donchian`] answer.
///
/// [`Bollinger`]: super::Bollinger
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// The lower line.
    pub lower: f64,
    /// The middle line.
    pub middle: f64,
    /// The upper line.
    pub upper: f64,
}

impl Band {
    /// `distance` to each side of `middle`.
    pub(super) fn around(middle: f64, distance: f64) -> Self {
        Self { lower: middle - distance, middle, upper: middle + distance }
    }

    /// Where a price lies: 0 at the lower line, 1 at the upper one (%B); 0.5 where they are one.
    #[must_use]
    pub fn place_of(&self, price: f64) -> f64 {
        ratio(price - self.lower, self.upper - self.lower, 0.5)
    }

    /// From the lower to the upper line, as a share of the middle one; 0 where that is 0.
    #[must_use]
    pub fn width(&self) -> f64 {
        ratio(self.upper - self.lower, self.middle, 0.0)
    }
}

/// Keltner channel: the exponential average of closes, and so many average true ranges below and above it; 20, 10 and 2 are
/// usual.
///
/// Warm-up: the larger of the average's length and that of the range + 1. C. Keltner, 1960, in the form of L. B. Raschke.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Keltner {
    #[persist(skip)]
    ranges: f64,
    average: SeededEma,
    range: Atr,
}

impl Keltner {
    /// Averaged over `length` closes, `ranges` times the average of `range_length` true ranges to each side.
    #[must_use]
    pub fn new(length: u32, range_length: u32, ranges: f64) -> Self {
        Self { ranges, average: SeededEma::new(length), range: Atr::new(range_length) }
    }
}

impl Indicator for Keltner {
    type Input = Candle;
    type Output = Band;

    fn update(&mut self, input: Candle) -> Option<Band> {
        let (middle, range) = (self.average.update(input.close), self.range.update(input));
        Some(Band::around(middle?, self.ranges * range?))
    }

    fn warm_up(&self) -> u32 {
        self.average.warm_up().max(self.range.warm_up())
    }

    fn fresh(&self) -> Self {
        Self { ranges: self.ranges, average: self.average.fresh(), range: self.range.fresh() }
    }
}

/// Donchian channel: lowest low, highest high and their middle, of the last n bars, the newest included.
///
/// Warm-up: n. R. Donchian, 1950s.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Donchian {
    range: Range,
}

impl Donchian {
    /// Over `length` bars; 20 is usual.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { range: Range::new(length) }
    }
}

impl Indicator for Donchian {
    type Input = Candle;
    type Output = Band;

    fn update(&mut self, input: Candle) -> Option<Band> {
        let (lower, upper) = self.range.update(input.high, input.low)?;
        Some(Band { lower, middle: (lower + upper) / 2.0, upper })
    }

    fn warm_up(&self) -> u32 {
        self.range.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.range.length())
    }
}

/// Middle of the highest high and the lowest low of the last n bars.
///
/// Warm-up: n. As TA-Lib's MIDPRICE.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct MidPrice {
    range: Range,
}

impl MidPrice {
    /// Over `length` bars.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { range: Range::new(length) }
    }
}

impl Indicator for MidPrice {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let (lowest, highest) = self.range.update(input.high, input.low)?;
        Some((lowest + highest) / 2.0)
    }

    fn warm_up(&self) -> u32 {
        self.range.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.range.length())
    }
}

/// What [`Ichimoku`] answers. A chart draws the two leading lines as many bars ahead as the base is long, and the close as
/// many behind; nothing is displaced here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IchimokuLines {
    /// Middle of the shortest range (tenkan-sen).
    pub conversion: f64,
    /// Middle of the second range (kijun-sen).
    pub base: f64,
    /// Middle of the two (senkou span A).
    pub leading_a: f64,
    /// Middle of the longest range (senkou span B).
    pub leading_b: f64,
}

/// Ichimoku: middles of the ranges of three lengths; 9, 26 and 52 are usual.
///
/// Warm-up: the longest length. G. Hosoda, 1969.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Ichimoku {
    conversion: MidPrice,
    base: MidPrice,
    leading: MidPrice,
}

impl Ichimoku {
    /// Over these numbers of bars.
    #[must_use]
    pub fn new(conversion: u32, base: u32, leading: u32) -> Self {
        let [conversion, base, leading] = [conversion, base, leading].map(MidPrice::new);
        Self { conversion, base, leading }
    }
}

impl Indicator for Ichimoku {
    type Input = Candle;
    type Output = IchimokuLines;

    fn update(&mut self, input: Candle) -> Option<IchimokuLines> {
        let (conversion, base) = (self.conversion.update(input), self.base.update(input));
        let leading_b = self.leading.update(input);
        let (conversion, base, leading_b) = (conversion?, base?, leading_b?);
        Some(IchimokuLines { conversion, base, leading_a: (conversion + base) / 2.0, leading_b })
    }

    fn warm_up(&self) -> u32 {
        self.conversion.warm_up().max(self.base.warm_up()).max(self.leading.warm_up())
    }

    fn fresh(&self) -> Self {
        Self { conversion: self.conversion.fresh(), base: self.base.fresh(), leading: self.leading.fresh() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(low: f64, high: f64) -> Candle {
        Candle { high, low, close: high, ..Candle::default() }
    }

    #[test]
    fn a_band_tells_place_and_width() {
        let band = Band::around(100.0, 10.0);
        assert_eq!((band.place_of(90.0), band.place_of(110.0), band.place_of(115.0)), (0.0, 1.0, 1.25));
        assert_eq!((band.width(), Band::around(5.0, 0.0).place_of(9.0)), (0.2, 0.5));
    }

    #[test]
    fn channels_of_extremes_by_hand() {
        let bars = [bar(1.0, 5.0), bar(2.0, 9.0), bar(4.0, 6.0)];
        let want = |lower, middle, upper| Some(Band { lower, middle, upper });
        assert_eq!(Donchian::new(2).over(&bars), [None, want(1.0, 5.0, 9.0), want(2.0, 5.5, 9.0)]);
        // The last bar alone, the last two, all three: 5, 5.5, (1 + 9) / 2.
        let lines = IchimokuLines { conversion: 5.0, base: 5.5, leading_a: 5.25, leading_b: 5.0 };
        assert_eq!(Ichimoku::new(1, 2, 3).over(&bars), [None, None, Some(lines)]);
    }

    #[test]
    fn a_channel_of_ranges_by_hand() {
        // Closes 5 9: mean 7. True range of the second: 9 - 2 = 7.
        let band = Keltner::new(2, 1, 2.0).over(&[bar(1.0, 5.0), bar(2.0, 9.0)])[1];
        assert_eq!(band, Some(Band { lower: -7.0, middle: 7.0, upper: 21.0 }));
    }
}
