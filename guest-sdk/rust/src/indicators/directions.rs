//! Question: in which direction do bars outgrow each other?
//!
//! In: one bar at a time. Out: Wilder's directional movement and what is made of it, and the vortex.

use crate::Persist;
use crate::indicators::window::{Window, ratio};
use crate::indicators::{Candle, Indicator, Rma, TrueRange, chained};

/// Wilder's running sum: the plain sum of the first n - 1, then each time less its n-th part.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
struct RunningSum {
    #[persist(skip)]
    length: u32,
    seen: u32,
    sum: f64,
}

impl RunningSum {
    fn new(length: u32) -> Self {
        Self { length: length.max(1), seen: 0, sum: 0.0 }
    }

    fn update(&mut self, value: f64) -> Option<f64> {
        if self.seen < self.length - 1 {
            self.seen += 1;
            self.sum += value;
            return None;
        }
        self.sum = self.sum - self.sum / f64::from(self.length) + value;
        Some(self.sum)
    }
}

/// What [`DirectionalMovement`] answers, each 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Directions {
    /// Upward movement over true range (+DI).
    pub plus: f64,
    /// Downward movement over true range (-DI).
    pub minus: f64,
}

impl Directions {
    /// The directional index (DX): the difference of the two over their sum, in percent, 0 to 100; `None` where both are 0.
    #[must_use]
    pub fn index(&self) -> Option<f64> {
        let sum = self.plus + self.minus;
        (sum != 0.0).then(|| 100.0 * (self.plus - self.minus).abs() / sum)
    }
}

/// +DI and -DI: how much of the true range went beyond the last bar, upward or downward (the larger of the two counts, and
/// neither where they are equal), each over Wilder's running sum; 0 where there was no range.
///
/// Warm-up: n + 1. J. W. Wilder, New Concepts in Technical Trading Systems, 1978; as TA-Lib's PLUS_DI and MINUS_DI.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct DirectionalMovement {
    last: Option<Candle>,
    true_range: TrueRange,
    plus: RunningSum,
    minus: RunningSum,
    range: RunningSum,
}

impl DirectionalMovement {
    /// Over `length` bars; 14 is usual.
    #[must_use]
    pub fn new(length: u32) -> Self {
        let sum = RunningSum::new(length);
        Self { last: None, true_range: TrueRange::new(), plus: sum, minus: sum, range: sum }
    }
}

impl Indicator for DirectionalMovement {
    type Input = Candle;
    type Output = Directions;

    fn update(&mut self, input: Candle) -> Option<Directions> {
        let range = self.true_range.update(input);
        let last = self.last.replace(input)?;
        let (up, down) = (input.high - last.high, last.low - input.low);
        let plus = self.plus.update(if up > down && up > 0.0 { up } else { 0.0 });
        let minus = self.minus.update(if down > up && down > 0.0 { down } else { 0.0 });
        let range = self.range.update(range?)?;
        Some(Directions { plus: ratio(100.0 * plus?, range, 0.0), minus: ratio(100.0 * minus?, range, 0.0) })
    }

    fn warm_up(&self) -> u32 {
        self.range.length.saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.range.length)
    }
}

/// What [`Adx`] answers, each 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdxLines {
    /// The average directional index: how strong a trend is, whichever way it goes.
    pub adx: f64,
    /// Upward movement (+DI).
    pub plus: f64,
    /// Downward movement (-DI).
    pub minus: f64,
}

/// Average directional index: Wilder's average of the directional index. A bar without movement leaves it as it is (and
/// counts as 0 among the first n).
///
/// Warm-up: 2n. J. W. Wilder, New Concepts in Technical Trading Systems, 1978; as TA-Lib's ADX.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Adx {
    movement: DirectionalMovement,
    average: Rma,
    adx: Option<f64>,
}

impl Adx {
    /// Over `length` bars; 14 is usual.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { movement: DirectionalMovement::new(length), average: Rma::new(length), adx: None }
    }
}

impl Indicator for Adx {
    type Input = Candle;
    type Output = AdxLines;

    fn update(&mut self, input: Candle) -> Option<AdxLines> {
        let directions = self.movement.update(input)?;
        match (directions.index(), self.adx) {
            (None, Some(_)) => {}
            (index, _) => self.adx = self.average.update(index.unwrap_or(0.0)),
        }
        self.adx.map(|adx| AdxLines { adx, plus: directions.plus, minus: directions.minus })
    }

    fn warm_up(&self) -> u32 {
        chained(self.average.warm_up(), 2).saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.average.warm_up())
    }
}

/// Average directional movement rating: the mean of [`Adx`] now and n - 1 bars ago.
///
/// Warm-up: 3n - 1. J. W. Wilder, New Concepts in Technical Trading Systems, 1978; as TA-Lib's ADXR.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Adxr {
    adx: Adx,
    window: Window<f64>,
}

impl Adxr {
    /// Over `length` bars; 14 is usual.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { adx: Adx::new(length), window: Window::new(length) }
    }
}

impl Indicator for Adxr {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let adx = self.adx.update(input)?.adx;
        Some((adx + self.window.full_with(adx)?.oldest()?) / 2.0)
    }

    fn warm_up(&self) -> u32 {
        self.adx.warm_up().saturating_add(self.window.length() - 1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length())
    }
}

/// What [`Vortex`] answers; around 1, the larger one leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VortexLines {
    /// Upward (VI+).
    pub plus: f64,
    /// Downward (VI-).
    pub minus: f64,
}

/// Vortex: from the last low to the high, and from the last high to the low, each summed over n bars and divided by the sum
/// of true ranges; 0 where that is 0.
///
/// Warm-up: n + 1. E. Botes and D. Siepman, Technical Analysis of Stocks & Commodities, January 2010.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Vortex {
    last: Option<Candle>,
    true_range: TrueRange,
    ways: Window<(f64, f64, f64)>,
}

impl Vortex {
    /// Over `length` bars; 14 is usual.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { last: None, true_range: TrueRange::new(), ways: Window::new(length) }
    }
}

impl Indicator for Vortex {
    type Input = Candle;
    type Output = VortexLines;

    fn update(&mut self, input: Candle) -> Option<VortexLines> {
        let range = self.true_range.update(input);
        let last = self.last.replace(input)?;
        let ways = self.ways.full_with(((input.high - last.low).abs(), (input.low - last.high).abs(), range?))?;
        let sums = |sum: (f64, f64, f64), way: (f64, f64, f64)| (sum.0 + way.0, sum.1 + way.1, sum.2 + way.2);
        let (plus, minus, range) = ways.oldest_first().fold((0.0, 0.0, 0.0), sums);
        Some(VortexLines { plus: ratio(plus, range, 0.0), minus: ratio(minus, range, 0.0) })
    }

    fn warm_up(&self) -> u32 {
        self.ways.length().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.ways.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(low: f64, high: f64) -> Candle {
        Candle { high, low, close: high, ..Candle::default() }
    }

    #[test]
    fn the_vortex_by_hand() {
        // Up: 7 - 1 = 6. Down: |2 - 4| = 2. True range: max(5, |7 - 4|, |2 - 4|) = 5.
        let want = Some(VortexLines { plus: 6.0 / 5.0, minus: 2.0 / 5.0 });
        assert_eq!(Vortex::new(1).over(&[bar(1.0, 4.0), bar(2.0, 7.0)]), [None, want]);
    }

    #[test]
    fn bars_that_stand_still_have_no_direction() {
        let lines = Adx::new(2).over(&[bar(1.0, 1.0); 6]);
        assert_eq!(lines[..3], [None; 3]);
        assert_eq!(lines[5], Some(AdxLines { adx: 0.0, plus: 0.0, minus: 0.0 }));
    }
}
