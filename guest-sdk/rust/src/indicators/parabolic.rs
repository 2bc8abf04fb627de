//! Question: where would a stop that closes in on the price stand?
//!
//! In: one bar at a time. Out: Wilder's parabolic stop.

use crate::Persist;
use crate::indicators::window::{larger, smaller};
use crate::indicators::{Candle, Indicator};

/// Parabolic stop and reverse: a stop that moves towards the extreme of the trend by a share that grows with each new
/// extreme, never beyond the last two bars, and changes sides when the price reaches it. It begins short where the second
/// bar falls further below the first than it rises above, and long otherwise.
///
/// Warm-up: 2. J. W. Wilder, New Concepts in Technical Trading Systems, 1978; as TA-Lib's SAR.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct ParabolicSar {
    #[persist(skip)]
    step: f64,
    #[persist(skip)]
    step_max: f64,
    last: Option<Candle>,
    trend: Option<Trend>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Persist)]
struct Trend {
    is_long: bool,
    stop: f64,
    extreme: f64,
    share: f64,
}

impl ParabolicSar {
    /// The share grows by `step` up to `step_max`; 0.02 and 0.2 are usual.
    #[must_use]
    pub fn new(step: f64, step_max: f64) -> Self {
        Self { step: smaller(step, step_max), step_max, last: None, trend: None }
    }

    fn begin(&self, last: &Candle, bar: &Candle) -> Trend {
        let (up, down) = (bar.high - last.high, last.low - bar.low);
        let is_long = !(down > 0.0 && down > up);
        let (stop, extreme) = if is_long { (last.low, bar.high) } else { (last.high, bar.low) };
        Trend { is_long, stop, extreme, share: self.step }
    }

    /// The bar reached the stop: the other way from here.
    fn reverse(&self, trend: &mut Trend, last: &Candle, bar: &Candle) -> f64 {
        let is_long = !trend.is_long;
        let at = held_back(is_long, trend.extreme, last, bar);
        let extreme = if is_long { bar.high } else { bar.low };
        let next = held_back(is_long, at + self.step * (extreme - at), last, bar);
        *trend = Trend { is_long, stop: next, extreme, share: self.step };
        at
    }

    fn go_on(&self, trend: &mut Trend, last: &Candle, bar: &Candle) -> f64 {
        let at = trend.stop;
        let reached = if trend.is_long { bar.high } else { bar.low };
        let is_new = if trend.is_long { reached > trend.extreme } else { reached < trend.extreme };
        if is_new {
            trend.extreme = reached;
            trend.share = smaller(trend.share + self.step, self.step_max);
        }
        trend.stop = held_back(trend.is_long, at + trend.share * (trend.extreme - at), last, bar);
        at
    }
}

/// A stop below two bars, or above them.
fn held_back(is_long: bool, stop: f64, last: &Candle, bar: &Candle) -> f64 {
    if is_long { smaller(smaller(stop, last.low), bar.low) } else { larger(larger(stop, last.high), bar.high) }
}

impl Indicator for ParabolicSar {
    type Input = Candle;
    type Output = f64;

    fn update(&mut self, input: Candle) -> Option<f64> {
        let last = self.last.replace(input)?;
        // The first stop is judged by the second bar alone.
        let (mut trend, last) = match self.trend {
            Some(trend) => (trend, last),
            None => (self.begin(&last, &input), input),
        };
        let is_reached = if trend.is_long { input.low <= trend.stop } else { input.high >= trend.stop };
        let at =
            if is_reached { self.reverse(&mut trend, &last, &input) } else { self.go_on(&mut trend, &last, &input) };
        self.trend = Some(trend);
        Some(at)
    }

    fn warm_up(&self) -> u32 {
        2
    }

    fn fresh(&self) -> Self {
        Self::new(self.step, self.step_max)
    }
}
