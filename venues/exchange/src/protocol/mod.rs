//! Protocol: what does a client send, and what does it get?
//!
//! In: requests and texts of sockets, each with the time it came. Out: answers and messages. Must never: open a socket,
//! read a clock, or draw a random number: names that it makes up follow from the seed and a count.

mod account_futures;
mod account_spot;
mod answer;
mod auth;
mod exchange;
mod fault;
mod hooks;
mod keys;
mod limits;
mod local;
mod local_values;
mod market;
mod orders;
mod orders_futures;
mod orders_spot;
mod params;
mod publishing;
mod routes;
mod socket_api;
mod sockets;
#[cfg(test)]
mod tests;
mod upkeep;
mod words;
mod words_futures;
mod words_spot;

pub use answer::{Answer, Delivery, Frame, Method, Outgoing, Request, Response, SocketId};
pub use exchange::Exchange;
