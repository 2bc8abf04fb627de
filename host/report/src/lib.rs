//! Reports: what did a run come to, in figures, pictures and tables?
//!
//! In: what a session says while it runs and when it ended. Out: statistics, a tear sheet, tables. Must never: decide
//! anything in a run, read a clock, or show one thing differently for equal inputs.
//!
//! - [`recorder`] observes a run and writes its tables.
//! - [`series`] says at which times figures are computed, [`statistics`] how.
//! - [`account`] is the table of its samples; [`trial`] notes no more than figures need.
//! - [`summary`] computes all of them, [`critique`] says what to doubt, [`page`] and [`svg`] show them.

pub mod account;
pub mod calendar;
pub mod critique;
pub mod figure;
pub mod page;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod recorder;
pub mod series;
pub mod statistics;
pub mod summary;
pub mod svg;
pub mod trial;

use ringfence_core::money::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A decimal as a float, for figures that are only shown.
pub(crate) fn float(value: Decimal) -> f64 {
    value.to_f64().unwrap_or(f64::NAN)
}

/// A count as a float, for figures that are only shown.
#[expect(clippy::cast_precision_loss, reason = "shown only")]
pub(crate) fn float_of(count: u64) -> f64 {
    count as f64
}
