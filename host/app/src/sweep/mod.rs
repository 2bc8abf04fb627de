//! Sweeps: what do many backtests that differ in a few values come to?
//!
//! In: a configuration, axes of values. Out: one result for each combination, ranked, and pictures of them. Must never:
//! let the number of threads, or which of them was faster, change a result or its place.

pub(crate) mod axis;
pub(crate) mod ended;
pub(crate) mod forward;
pub(crate) mod heat;
pub(crate) mod luck;
pub(crate) mod rank;
pub(crate) mod run;
pub(crate) mod show;
pub(crate) mod stitched;
pub(crate) mod walk;
pub(crate) mod window;
