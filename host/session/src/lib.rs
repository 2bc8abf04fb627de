//! Sessions: how do events reach the core, and its effects reach venue and journal?
//!
//! In: tapes or a journal, a configuration, a strategy host. Out: a journal, results, or a verdict on a recorded run.
//! Must never: decide anything about an intent, know wasmtime, or let something leave before it is recorded.
//!
//! - [`backtest`] feeds tapes through core and simulated venue.
//! - [`replay`] feeds a journal's inputs through the core again and compares every decision.
//! - [`live`] is fed by venues and operators, and sends commands out.
//! - [`walk`] does so without the strategies, for whoever wants to see what was true on the way.

pub mod backtest;
pub mod by_strategy;
pub mod clock;
pub mod curve;
pub mod error;
pub mod fuel;
pub mod histogram;
mod inputs;
pub mod latency;
pub mod live;
mod obeying;
pub mod observer;
pub mod opening;
pub mod pace;
mod reciting;
mod reconcile;
pub mod record;
pub mod replay;
pub mod results;
pub mod scribe;
pub mod script;
mod venue;
pub mod walk;
mod wards;
