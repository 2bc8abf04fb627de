//! Question: how long ago was the extreme?
//!
//! In: one bar at a time. Out: ages of the highest high and the lowest low.

use crate::Persist;
use crate::indicators::window::Window;
use crate::indicators::{Candle, Indicator};

/// What [`Aroon`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AroonLines {
    /// 100 where the newest bar is the highest, 0 where the oldest is.
    pub up: f64,
    /// 100 where the newest bar is the lowest, 0 where the oldest is.
    pub down: f64,
}

impl AroonLines {
    /// `up` less `down`, -100 to 100 (as TA-Lib's AROONOSC).
    #[must_use]
    pub fn oscillator(&self) -> f64 {
        self.up - self.down
    }
}

/// Aroon: 100 x (n - bars since the extreme) / n, of the last n + 1 bars; of equal extremes the newest counts.
///
/// Warm-up: n + 1. T. Chande, Technical Analysis of Stocks & Commodities, September 1995; as TA-Lib's AROON.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Aroon {
    highs: Window<f64>,
    lows: Window<f64>,
}

impl Aroon {
    /// Over `length` bars and the one before; 14 and 25 are usual.
    #[must_use]
    pub fn new(length: u32) -> Self {
        let window = Window::new(length.max(1).saturating_add(1));
        Self { highs: window.clone(), lows: window }
    }
}

/// Place of the newest value that no other one beats, as a share of the window in percent.
fn place(window: &Window<f64>, beats: impl Fn(f64, f64) -> bool) -> f64 {
    let mut best: Option<(f64, u32)> = None;
    for (value, place) in window.oldest_first().zip(0_u32..) {
        if !best.is_some_and(|(best, _)| beats(best, value)) {
            best = Some((value, place));
        }
    }
    100.0 * f64::from(best.map_or(0, |(_, place)| place)) / f64::from(window.length() - 1)
}

impl Indicator for Aroon {
    type Input = Candle;
    type Output = AroonLines;

    fn update(&mut self, input: Candle) -> Option<AroonLines> {
        let (highs, lows) = (self.highs.full_with(input.high), self.lows.full_with(input.low));
        Some(AroonLines { up: place(highs?, |a, b| a > b), down: place(lows?, |a, b| a < b) })
    }

    fn warm_up(&self) -> u32 {
        self.highs.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.highs.length() - 1)
    }
}
