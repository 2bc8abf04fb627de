//! Debugging: what would a strategy's source do, natively, with what a recorded session brought it?
//!
//! In: a journal, a strategy of it, an event. Out: a transcript of the calls up to there, and the source run on it under the
//! debugger of its language. Must never: let the source see more than its component saw, or go on where it does something
//! else.

pub(crate) mod listener;
pub(crate) mod runner;
pub(crate) mod transcript;
