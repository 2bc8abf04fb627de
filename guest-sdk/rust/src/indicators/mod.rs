//! Question: what do prices look like, smoothed?
//!
//! In: one price at a time. Out: the average now. Must never give two answers for the same prices: integer forms are
//! exact everywhere, float forms use only operations that IEEE 754 defines to the last bit.

mod ema;
mod sma;

pub use ema::{Ema, EmaFixed};
pub use sma::{Sma, SmaF64};
