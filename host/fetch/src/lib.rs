//! Fetching: how do public archives of market data get onto this machine, whole and unchanged?
//!
//! In: which days of which instruments, a folder. Out: files that agree with the checksums that lie beside them. Must never:
//! leave a file under its final name that was not checked, follow a server to another host, read without a bound, or know what
//! is in a file.

mod archive;
mod client;
mod transfer;

pub use archive::{Archive, INTERVALS, Kind, Market, PlanFault, Wanted, days, plan};
pub use client::{Client, DEFAULT_BASE};
pub use transfer::{Fault, Limits, Outcome, Step, Watch, fetch};
