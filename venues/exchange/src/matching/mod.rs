//! Matching: which orders trade with each other, at what price, and what follows?
//!
//! In: orders that are well formed, of accounts that exist. Out: what happened, in order. Must never: know JSON, keys,
//! sockets or a clock.

pub(crate) mod bars;
pub(crate) mod book;
pub(crate) mod checks;
mod conditional;
pub(crate) mod engine;
mod filling;
pub(crate) mod happening;
pub(crate) mod listing;
pub(crate) mod order;
pub(crate) mod tape;
#[cfg(test)]
mod tests;
