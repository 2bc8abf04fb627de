//! Live: how does a session by the clock reach venues, and how is it stopped whatever happens?
//!
//! In: adapters, operators, the clock. Out: inputs of the session, in one channel; commands to adapters, each behind the
//! brake. Must never: decide anything about an order, or let the way of the brake lead through the session's thread.

pub(crate) mod alarms;
pub(crate) mod brake;
pub(crate) mod checks;
pub(crate) mod dispatch;
pub(crate) mod room;
pub(crate) mod sink;
pub(crate) mod venues;
