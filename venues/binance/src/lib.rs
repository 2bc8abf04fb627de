//! Binance: how are commands transmitted to Binance spot, Binance USD-M futures and Aster, and what do these venues say?
//!
//! In: commands that the Gate built, queries, settings. Out: reports. Must never: judge or reorder a command, hold derived
//! State, send anything twice whose first fate is unknown, or let a secret into a message.
//!
//! Three layers, each usable without the next: [`codec`] (bytes and typed messages, pure), [`protocol`] (what to do next, a
//! machine without sockets, clocks and threads) and, behind the feature `transport`, sockets.

#[cfg(feature = "transport")]
pub mod adapter;
#[cfg(feature = "transport")]
mod alarms;
pub mod codec;
pub mod protocol;
#[cfg(feature = "transport")]
mod transport;

#[cfg(feature = "transport")]
pub use adapter::BinanceAdapter;
