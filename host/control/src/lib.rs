//! The control surface of a running host: how do people and programs outside see a session, and tell it what to do?
//!
//! In: requests over a Unix socket or TCP, and what a session shows. Out: answers, orders to the session each with the
//! actor it came from, a page, metrics. Must never: change a session by any way but an order, decide what Risk decides, or
//! let a request that is too large, too slow or not allowed cost more than its refusal.
//!
//! A session that runs hands over a [`desk::Desk`]: it shows its board there, takes orders from the desk's [`desk::Sink`],
//! and says when each has become an event. [`server::Server`] serves the desk.

pub mod actor;
pub mod api;
pub mod client;
pub mod desk;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod fuzz;
mod guard;
pub mod intent;
pub mod metrics;
pub mod notify;
mod page;
mod routes;
pub mod schema;
pub mod server;
