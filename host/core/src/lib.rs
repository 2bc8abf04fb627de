//! The deterministic, event-sourced core of Ringfence.
//!
//! One event goes in, everything that follows from it comes out: decisions for the journal, commands for venues, the
//! next time at which something is due. The core has no clock, no file, no socket, no thread, no environment and no
//! random source; what it needs of the world comes in as a value with an event.
//!
//! The chain, a module a layer: [`event`] -> [`state`] -> [`strategy`] -> [`intent`] -> [`normalize`] -> [`risk`] ->
//! [`queue`] and [`router`] -> [`gate`] -> a venue adapter, which takes the [`gate::VenueCommand`]s. [`step`] runs it.

#![no_std]
#![deny(clippy::float_arithmetic)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod allowance;
mod bars;
pub mod blob;
pub mod canonical;
pub mod config;
mod cross;
pub mod decision;
pub mod event;
pub mod external;
pub mod gate;
pub mod gateway;
pub mod ids;
pub mod instrument;
pub mod intent;
pub mod money;
pub mod normalize;
pub mod order;
pub mod plan;
pub mod queue;
pub mod risk;
pub mod router;
pub mod state;
pub mod step;
pub mod strategy;

#[cfg(test)]
mod tests;
