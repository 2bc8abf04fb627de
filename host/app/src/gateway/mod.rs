//! Gateway: an adapter in a process of its own, which sends nothing that was not approved.
//!
//! In: sealed commands of a session in another process. Out: what its venue says. Must never: take the word of that process
//! for an approval; [`ringfence_core::gateway`] checks each.
//!
//! The host starts its own program once more, with the verb `gateway`, for each venue whose configuration says
//! `isolation = "process"`. That process alone opens the venue's keys and sockets. Both speak in frames, over the standard
//! input and output of the gateway; both sides are in [`message`].

pub(crate) mod adapter;
pub(crate) mod message;
mod pending;
pub(crate) mod serve;
mod supervise;

/// The hidden verb.
pub(crate) const VERB: &str = "gateway";
