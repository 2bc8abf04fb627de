//! Calls: which request is under way, for what, and since when?
//!
//! In: requests with their purpose; answers by number. Out: what an answer is an answer to. Must never: hold more than
//! [`CALLS_MAX`], or forget a request that was given up: its answer may still come, and then it counts.

use std::collections::BTreeMap;

use ringfence_core::ids::{InstrumentId, LegKey, TimeNs};
use ringfence_venue::QueryId;

use crate::codec::Request;
use crate::codec::request::KeyAct;
use crate::protocol::Channel;
use crate::protocol::budget::Class;

/// Most requests under way.
pub(crate) const CALLS_MAX: usize = 256;
/// Of these only cancels may use the last ones.
pub(crate) const CALLS_RESERVED: usize = 64;

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Placing the order of this id.
    Submit(String),
    /// Canceling the order of this id, for a command.
    Cancel(String, LegKey),
    /// Amending the order of this id.
    Amend(String),
    /// Placing another order in the stead of the one of this id.
    Replace(String),
    /// Emergency cancel of this number.
    Emergency(u64),
    /// Asking about an order of unknown outcome.
    Doubt(u64),
    /// Fills of the order of this id.
    Fills(String),
    /// The venue's clock.
    Time,
    /// The venue's rules.
    Rules,
    /// Whether positions are kept apart.
    Mode,
    /// The key of the account's stream.
    Key(KeyAct),
    /// A book.
    Book(InstrumentId),
    /// Whether a quiet stream of an instrument lives.
    ProbeFeed(Channel, InstrumentId),
    /// Whether the quiet stream of the account lives, by this order.
    ProbeUser(String),
    /// The venue's own countdown.
    Countdown(InstrumentId),
    /// A query or setting of the session.
    Query(QueryId),
}

/// A request under way.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) purpose: Purpose,
    pub(crate) request: Request,
    pub(crate) class: Class,
    pub(crate) sent_at: TimeNs,
    /// It was sent before, refused for its time stamp.
    pub(crate) is_second: bool,
    /// Nobody waits for it any more.
    pub(crate) is_late: bool,
}

/// Requests under way, by number.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    under_way: BTreeMap<u64, Call>,
    last: u64,
}

impl Calls {
    /// True where there is room for one more.
    pub(crate) fn has_room(&self, class: Class) -> bool {
        let most = match class {
            Class::Submit | Class::Query => CALLS_MAX - CALLS_RESERVED,
            Class::Cancel | Class::Emergency => CALLS_MAX,
        };
        self.under_way.values().filter(|call| !call.is_late).count() < most
    }

    /// True while a request for this is waited for.
    pub(crate) fn waits(&self, purpose: &Purpose) -> bool {
        self.under_way.values().any(|call| !call.is_late && call.purpose == *purpose)
    }

    /// Room is made by forgetting the oldest request that nobody waits for.
    pub(crate) fn add(&mut self, call: Call) -> u64 {
        if self.under_way.len() >= CALLS_MAX
            && let Some(late) = self.under_way.iter().find(|(_, call)| call.is_late).map(|(number, _)| *number)
        {
            self.under_way.remove(&late);
        }
        self.last += 1;
        self.under_way.insert(self.last, call);
        self.last
    }

    pub(crate) fn take(&mut self, number: u64) -> Option<Call> {
        self.under_way.remove(&number)
    }

    /// Nobody waits for it any more; `None` where nobody did.
    pub(crate) fn give_up(&mut self, number: u64) -> Option<Purpose> {
        let call = self.under_way.get_mut(&number).filter(|call| !call.is_late)?;
        call.is_late = true;
        Some(call.purpose.clone())
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Call> {
        self.under_way.values()
    }
}
