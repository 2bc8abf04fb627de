//! Faults: what is true of a host when everything between it and the venue goes wrong?
//!
//! [`Pipe`] couples the protocol machine of an adapter, one for each account, with the local exchange, through a network that
//! loses, delays, doubles and cuts as it is told, under a clock that moves only when somebody says so. Nothing in it opens a
//! socket or reads a clock: the same calls give the same answers.
//!
//! In: commands and questions for the venue, acts on its market, disturbances of the network. Out: what the adapters say, and
//! the exchange's own truth to compare it with. Must never: look into a machine, or tell it anything but bytes.

mod adapter;
mod network;
mod opening;
mod pipe;
mod random;
#[cfg(test)]
mod tests;

pub use network::{Disturbance, Of, Trouble};
pub use opening::{Opening, SYMBOL, SYMBOLS};
pub use pipe::Pipe;
pub use random::Random;
