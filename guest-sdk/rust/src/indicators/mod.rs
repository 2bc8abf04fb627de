//! Question: what do prices look like, seen through a formula?
//!
//! In: one price, pair or bar at a time. Out: the figure now, once enough have come. Must never give two answers for the
//! same input: integer forms are exact everywhere, float forms use only operations that IEEE 754 defines to the last bit
//! (and `libm`, which is made of them).
//!
//! [`Indicator`] is what all but the two integer forms ([`Sma`], [`EmaFixed`]) have in common: `update` with each input,
//! `over` for a whole slice, `reset`, and a state that [`crate::Archive`] saves. The table of all of them, with parameters,
//! warm-up and sources, is `docs/indicators.md`.
//!
//! ```
//! use ringfence_sdk::indicators::{Indicator, Rsi, Wma};
//!
//! let mut average = Wma::new(3);
//! assert_eq!(average.update(1.0), None);
//! assert_eq!(average.update(2.0), None);
//! assert_eq!(average.update(6.0), Some((1.0 + 2.0 * 2.0 + 3.0 * 6.0) / 6.0));
//! assert_eq!(average.warm_up(), 3);
//! // A whole slice at once gives the same.
//! assert_eq!(Rsi::new(2).over(&[1.0, 2.0, 1.0, 4.0]), [None, None, Some(50.0), Some(87.5)]);
//! ```
//!
//! What holds for all: a length of 0 counts as 1; an indicator keeps its window and no more (its length in memory); where
//! a formula would divide by zero, the indicator's documentation says what it answers. Not-a-number in is not-a-number out,
//! for as long as the formula remembers it.

mod candle;
mod window;

mod ema;
mod sma;

mod adaptive;
mod seeded;
mod traded;
mod weighted;

mod change;
mod oscillators;
mod rsi;
mod spread;
mod stochastic;

mod channel;
mod deviation;
mod range;

mod aroon;
mod directions;
mod parabolic;
mod supertrend;

mod flow;

mod extent;
mod regression;

pub use candle::Candle;

pub use adaptive::Kama;
pub use ema::{Ema, EmaFixed};
pub use seeded::{Dema, Rma, SeededEma, T3, Tema};
pub use sma::{Sma, SmaF64};
pub use traded::{Vwap, Vwma};
pub use weighted::{Alma, Hma, Trima, Wma};

pub use change::{BalanceOfPower, Momentum, Roc};
pub use oscillators::{Cci, Fisher, FisherLines, UltimateOscillator};
pub use rsi::{Cmo, Rsi};
pub use spread::{AwesomeOscillator, Macd, MacdLines, Ppo, Trix, Tsi};
pub use stochastic::{StochRsi, Stochastic, StochasticLines, WilliamsR};

pub use channel::{Band, Donchian, Ichimoku, IchimokuLines, Keltner, MidPrice};
pub use deviation::{Bollinger, StdDev, UlcerIndex, Variance, ZScore};
pub use range::{Atr, ChaikinVolatility, MassIndex, Natr, TrueRange};

pub use aroon::{Aroon, AroonLines};
pub use directions::{Adx, AdxLines, Adxr, DirectionalMovement, Directions, Vortex, VortexLines};
pub use parabolic::ParabolicSar;
pub use supertrend::{Supertrend, SupertrendLine};

pub use flow::{
    AccumulationDistribution, ChaikinMoneyFlow, ChaikinOscillator, EaseOfMovement, ForceIndex, Mfi, Obv, Pvt,
};

pub use extent::{Maximum, Median, MidPoint, Minimum, PercentRank};
pub use regression::{Beta, Correlation, Line, LinearRegression};

use crate::archive::Persist;

/// One formula over a series.
///
/// Its state is saved and loaded by [`Persist`]; parameters are not, they come from `setup`.
pub trait Indicator: Clone + Persist {
    /// What it reads: a price (`f64`), a [`Candle`], or a pair of prices.
    type Input: Copy;
    /// What it answers: a figure, or a struct of lines.
    type Output: Copy;

    /// Takes the next input; answers from the `warm_up`-th on, every time.
    fn update(&mut self, input: Self::Input) -> Option<Self::Output>;

    /// How many inputs the first answer takes, its own included.
    fn warm_up(&self) -> u32;

    /// One with the same parameters that has taken nothing.
    #[must_use]
    fn fresh(&self) -> Self;

    /// Forgets every input.
    fn reset(&mut self) {
        *self = self.fresh();
    }

    /// What a fresh one answers to each of these: the same as `update` one by one, bit for bit.
    #[must_use]
    fn over(&self, inputs: &[Self::Input]) -> Vec<Option<Self::Output>> {
        let mut indicator = self.fresh();
        inputs.iter().map(|input| indicator.update(*input)).collect()
    }
}

/// Inputs that `times` formulas of `length` take, each fed by the one before.
fn chained(length: u32, times: u32) -> u32 {
    length.max(1).saturating_sub(1).saturating_mul(times).saturating_add(1)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
