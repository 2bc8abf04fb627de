//! Question: on which side of a band that only tightens does the price close?
//!
//! In: one bar at a time. Out: the line that holds, and its side.

use crate::Persist;
use crate::indicators::{Atr, Candle, Indicator};

/// What [`Supertrend`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SupertrendLine {
    /// The line: below the price in an upward trend, above it in a downward one.
    pub line: f64,
    /// Whether the trend is upward.
    pub is_up: bool,
}

/// Supertrend: lines some average true ranges below and above the middle of the bar. The lower one never falls, the upper
/// one never rises, unless the last close lay beyond it; a close beyond the line that holds changes the trend. It begins
/// upward. 10 and 3 are usual.
///
/// Warm-up: n + 1. O. Seban.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Supertrend {
    #[persist(skip)]
    ranges: f64,
    atr: Atr,
    state: Option<State>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Persist)]
struct State {
    lower: f64,
    upper: f64,
    is_up: bool,
    close: f64,
}

impl Supertrend {
    /// `ranges` times the average of `length` true ranges to each side.
    #[must_use]
    pub fn new(length: u32, ranges: f64) -> Self {
        Self { ranges, atr: Atr::new(length), state: None }
    }
}

impl Indicator for Supertrend {
    type Input = Candle;
    type Output = SupertrendLine;

    fn update(&mut self, input: Candle) -> Option<SupertrendLine> {
        let distance = self.ranges * self.atr.update(input)?;
        let (lower, upper) = (input.middle() - distance, input.middle() + distance);
        let next = match self.state {
            None => State { lower, upper, is_up: true, close: input.close },
            Some(last) => State {
                lower: if lower > last.lower || last.close < last.lower { lower } else { last.lower },
                upper: if upper < last.upper || last.close > last.upper { upper } else { last.upper },
                is_up: if last.is_up { input.close >= last.lower } else { input.close > last.upper },
                close: input.close,
            },
        };
        self.state = Some(next);
        Some(SupertrendLine { line: if next.is_up { next.lower } else { next.upper }, is_up: next.is_up })
    }

    fn warm_up(&self) -> u32 {
        self.atr.warm_up()
    }

    fn fresh(&self) -> Self {
        Self { ranges: self.ranges, atr: self.atr.fresh(), state: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(low: f64, high: f64, close: f64) -> Candle {
        Candle { high, low, close, ..Candle::default() }
    }

    #[test]
    fn the_line_by_hand() {
        // n = 1, one range to each side.
        let bars = [
            bar(9.0, 11.0, 10.0),
            bar(10.0, 12.0, 11.0), // range 2, middle 11: 9 and 13, upward
            bar(10.0, 14.0, 13.0), // range 4, middle 12: 8 (stays 9) and 16 (stays 13)
            bar(4.0, 13.0, 5.0),   // range 9, middle 8.5: -0.5 (stays 9), 17.5 (stays 13); 5 < 9: downward
            bar(4.0, 6.0, 5.0),    // range 2, middle 5: the last close lay below 9: 3; 7 < 13: 7
            bar(5.0, 9.0, 8.0),    // range 4, middle 7: 3 stays, 11 (stays 7); 8 > 7: upward
        ];
        let line = |line, is_up| Some(SupertrendLine { line, is_up });
        let want = [None, line(9.0, true), line(9.0, true), line(13.0, false), line(7.0, false), line(3.0, true)];
        assert_eq!(Supertrend::new(1, 1.0).over(&bars), want);
    }
}
