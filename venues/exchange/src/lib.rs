//! A local exchange: what would the real one have answered?
//!
//! It speaks the public protocol of Binance spot and USD-M futures, so that programs that trade there can be developed
//! against it, without keys and without money. It is written from the public documentation and shares no code with any
//! adapter of this project: what both got wrong in the same way would not be seen.
//!
//! [`Exchange`] is a pure state machine: requests and texts of sockets with the time they came in, answers and messages
//! out. Time passes only when a caller says so; names and prices follow from the seed. What it accepted is a list of
//! [`log::Command`]s, and the same commands give the same state. `server` (a feature) puts it on sockets.
//!
//! In: settings, requests, time. Out: answers, messages, commands for the log. Must never: import a package of ours, read
//! a clock, or use a float.

#![allow(clippy::result_large_err, reason = "an answer that is a fault is as long as one that is none")]
#![deny(clippy::float_arithmetic)]

mod accounts;
mod amount;
pub mod faults;
mod flow;
pub mod log;
mod matching;
mod protocol;
#[cfg(feature = "server")]
pub mod server;
mod settings;

pub use amount::{Amount, LARGEST, Malformed};
pub use flow::{MarketChange, MarketInput, MarketSource};
pub use matching::listing::{Listing, Product, Status, usual};
pub use protocol::{Answer, Delivery, Exchange, Frame, Method, Outgoing, Request, Response, SocketId};
pub use settings::{Account, Rates, Settings, SettingsError};
