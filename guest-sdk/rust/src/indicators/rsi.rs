//! Question: did the price rise more than it fell?
//!
//! In: one price at a time. Out: gains against losses, each smoothed as Wilder does.

use crate::Persist;
use crate::indicators::window::ratio;
use crate::indicators::{Indicator, Rma};

/// Smoothed gains and losses from one price to the next, both 0 or above.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
struct Moves {
    last: Option<f64>,
    gains: Rma,
    losses: Rma,
}

impl Moves {
    fn new(length: u32) -> Self {
        Self { last: None, gains: Rma::new(length), losses: Rma::new(length) }
    }

    fn update(&mut self, price: f64) -> Option<(f64, f64)> {
        let change = price - self.last.replace(price)?;
        let gain = self.gains.update(if change > 0.0 { change } else { 0.0 });
        let loss = self.losses.update(if change < 0.0 { -change } else { 0.0 });
        Some((gain?, loss?))
    }

    fn length(&self) -> u32 {
        self.gains.warm_up()
    }
}

/// Relative strength index: 100 x average gain over average gain and loss, 0 to 100; 0 where nothing moved.
///
/// Warm-up: n + 1. J. W. Wilder, New Concepts in Technical Trading Systems, 1978; as TA-Lib's RSI.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Rsi {
    moves: Moves,
}

impl Rsi {
    /// Over `length` changes.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { moves: Moves::new(length) }
    }
}

impl Indicator for Rsi {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let (gain, loss) = self.moves.update(input)?;
        Some(ratio(100.0 * gain, gain + loss, 0.0))
    }

    fn warm_up(&self) -> u32 {
        self.moves.length().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.moves.length())
    }
}

/// Chande momentum oscillator: 100 x (average gain - average loss) over their sum, -100 to 100; 0 where nothing moved.
/// Averages are Wilder's, as in TA-Lib; Chande's own are plain sums.
///
/// Warm-up: n + 1. T. Chande and S. Kroll, The New Technical Trader, 1994; as TA-Lib's CMO.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Cmo {
    moves: Moves,
}

impl Cmo {
    /// Over `length` changes.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { moves: Moves::new(length) }
    }
}

impl Indicator for Cmo {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let (gain, loss) = self.moves.update(input)?;
        Some(ratio(100.0 * (gain - loss), gain + loss, 0.0))
    }

    fn warm_up(&self) -> u32 {
        self.moves.length().saturating_add(1)
    }

    fn fresh(&self) -> Self {
        Self::new(self.moves.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_against_losses_by_hand() {
        // Changes +1 -1 +3 0: averages 1/2 and 1/2, then 7/4 and 1/4, then 7/8 and 1/8.
        let prices = [1.0, 2.0, 1.0, 4.0, 4.0];
        assert_eq!(Rsi::new(2).over(&prices), [None, None, Some(50.0), Some(87.5), Some(87.5)]);
        assert_eq!(Cmo::new(2).over(&prices), [None, None, Some(0.0), Some(75.0), Some(75.0)]);
    }

    #[test]
    fn a_price_that_stands_still_has_neither() {
        assert_eq!(Rsi::new(2).over(&[5.0; 4]), [None, None, Some(0.0), Some(0.0)]);
    }
}
