//! Question: is the price far from where it usually is?
//!
//! In: one bar at a time. Out: distances in units that fit each instrument.

use crate::Persist;
use crate::indicators::stochastic::Range;
use crate::indicators::window::{Window, larger, ratio, smaller};
use crate::indicators::{Candle, Indicator};

/// Commodity channel index: (typical price - its mean) over 0.015 x its mean distance from that mean; 0 where it stands
/// still.
///
/// Warm-up: n. D. Lambert, Commodities, October 1980; as TA-Lib's CCI.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Cci {
    window: Window<f64>,
}

impl Cci {
    /// Over `length` bars.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { window: Window::new(length) }
    }
}

impl Indicator for Cci {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let typical = input.typical();
        let window = self.window.full_with(typical)?;
        let mean = window.mean();
        let spread = window.oldest_first().fold(0.0, |sum, value| sum + (value - mean).abs());
        Some(ratio(typical - mean, 0.015 * (spread / f64::from(window.length())), 0.0))
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length())
    }
}

/// Ultimate oscillator: buying pressure over true range, summed over three lengths and weighted 4, 2, 1 from the shortest
/// (the first) on; 0 to 100. A length without range counts as 0.
///
/// Warm-up: the longest length + 1. L. Williams, Technical Analysis of Stocks & Commodities, 1985; as TA-Lib's ULTOSC.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct UltimateOscillator {
    #[persist(skip)]
    lengths: [u32; 3],
    last_close: Option<f64>,
    window: Window<(f64, f64)>,
}

impl UltimateOscillator {
    /// Over three lengths, the shortest first; 7, 14 and 28 are usual.
    #[must_use]
    pub fn new(short: u32, middle: u32, long: u32) -> Self {
        let lengths = [short, middle, long].map(|length| length.max(1));
        let [short, middle, long] = lengths;
        Self { lengths, last_close: None, window: Window::new(short.max(middle).max(long)) }
    }

    fn part(&self, length: u32) -> f64 {
        let surplus = self.window.length() - length;
        let newest = self.window.oldest_first().skip(surplus as usize);
        let (pressure, range) = newest.fold((0.0, 0.0), |(a, b), (pressure, range)| (a + pressure, b + range));
        ratio(pressure, range, 0.0)
    }
}

impl Indicator for UltimateOscillator {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let last_close = self.last_close.replace(input.close)?;
        let (low, high) = (smaller(input.low, last_close), larger(input.high, last_close));
        self.window.full_with((input.close - low, high - low))?;
        let [short, middle, long] = self.lengths.map(|length| self.part(length));
        Some(100.0 * (4.0 * short + 2.0 * middle + long) / 7.0)
    }

    fn warm_up(&self) -> u32 {
        self.window.length().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        let [short, middle, long] = self.lengths;
        Self::new(short, middle, long)
    }
}

/// What [`Fisher`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FisherLines {
    /// The transform.
    pub fisher: f64,
    /// The transform one bar earlier; 0 at the first answer.
    pub signal: f64,
}

/// Fisher transform: the middle's place in its range of n bars, -1 to 1 (0 without range), smoothed by 0.33 and 0.67 and
/// kept within 0.999, is p; the line is half of itself one bar earlier plus `ln((1 + p) / (1 - p)) / 2`.
///
/// Warm-up: n. J. Ehlers, Technical Analysis of Stocks & Commodities, November 2002.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Fisher {
    range: Range,
    place: f64,
    line: f64,
}

/// Where the place is cut off: the logarithm of its end is infinite.
const PLACE_MAX: f64 = 0.999;

impl Fisher {
    /// Over `length` bars.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { range: Range::new(length), place: 0.0, line: 0.0 }
    }
}

impl Indicator for Fisher {
    type Input = Candle;
    type Output = FisherLines;

    fn update(&mut self, input: Candle) -> Option<FisherLines> {
        let middle = input.middle();
        let (lowest, highest) = self.range.update(middle, middle)?;
        let place = 2.0 * (ratio(middle - lowest, highest - lowest, 0.5) - 0.5);
        let place = 0.33 * place + 0.67 * self.place;
        self.place = smaller(larger(place, -PLACE_MAX), PLACE_MAX);
        let signal = self.line;
        self.line = 0.5 * libm::log((1.0 + self.place) / (1.0 - self.place)) + 0.5 * signal;
        Some(FisherLines { fisher: self.line, signal })
    }

    fn warm_up(&self) -> u32 {
        self.range.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.range.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_by_hand() {
        let bar = |price: f64| Candle { high: price, low: price, ..Candle::default() };
        let got = Fisher::new(2).over(&[bar(1.0), bar(3.0), bar(2.0)]);
        // At the top: p = 0.33, ln(1.33 / 0.67) / 2 = 0.342828254415394.
        // At the bottom: p = -0.33 + 0.67 * 0.33 = -0.1089, ln(0.8911 / 1.1089) / 2 + half of the last
        // = -0.109333565...  + 0.171414127... = 0.0620805...
        assert_eq!(got[0], None);
        let (first, second) = (got[1].expect("warm"), got[2].expect("warm"));
        assert!((first.fisher - 0.342_828_254_415_393_9).abs() < 1e-12 && first.signal == 0.0, "{first:?}");
        let want = 0.5 * (0.8911_f64 / 1.1089).ln() + first.fisher / 2.0;
        assert!((second.fisher - want).abs() < 1e-12 && second.signal == first.fisher, "{second:?}");
    }

    #[test]
    fn a_place_at_the_end_stays_finite() {
        let mut fisher = Fisher::new(2);
        for price in 0..500 {
            let price = f64::from(price);
            let line = fisher.update(Candle { high: price, low: price, ..Candle::default() });
            assert!(line.is_none_or(|line| line.fisher.is_finite()));
        }
        assert!(fisher.place <= PLACE_MAX);
    }
}
