//! Alarms: what should an operator hear of a venue that is no event?
//!
//! In: what an adapter found out about its connection, its account, its instruments. Out: one value a fault, in words. Must
//! never: carry a secret, or stand in for a report: strategies never learn of these.

use ringfence_core::coded_enum;

coded_enum! {
    /// What an alarm is about. Few, so that each may be a label of a metric.
    AlarmKind {
        /// Key or signature are not accepted.
        Credentials = 1 "credentials",
        /// The address is banned.
        Banned = 2 "banned",
        /// Requests were too many.
        RateLimit = 3 "rate-limit",
        /// The venue does not get through, or we to it.
        Connection = 4 "connection",
        /// The clocks are too far apart.
        Clock = 5 "clock",
        /// The venue does not have an instrument of the session.
        Symbol = 6 "symbol",
        /// An instrument's steps at the venue are not those of the session.
        Rules = 7 "rules",
        /// The account is set up in a way that is not supported, or holds what the session does not know.
        Account = 8 "account",
        /// Leverage or margin mode was refused.
        Setting = 9 "setting",
        /// The venue refused an order.
        Refused = 10 "refused",
        /// Something about an order does not fit what was known of it.
        Order = 11 "order",
        /// A book contradicts itself or has gaps.
        Book = 12 "book",
        /// Bytes that are no message.
        Message = 13 "message",
        /// The venue's countdown could not be set.
        Countdown = 14 "countdown",
        /// An emergency cancel did not get through.
        Emergency = 15 "emergency",
        /// The process that speaks to the venue has ended, or does not start.
        Gateway = 16 "gateway",
        /// A question of the session was not answered.
        Question = 17 "question",
    }
}

/// Something an operator should hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about.
    pub kind: AlarmKind,
    /// What is wrong: lower case, no final stop, without the name of the venue.
    pub text: String,
    /// How long until it is over by itself, ns, as far as the venue says; 0 = that is not known. Adapters have clocks of their
    /// own, and a length of time is the same by all.
    pub left_ns: u64,
}

impl Alarm {
    /// An alarm in these words.
    #[must_use]
    pub fn new(kind: AlarmKind, text: impl Into<String>) -> Alarm {
        Alarm { kind, text: text.into(), left_ns: 0 }
    }

    /// The same alarm, which is over by itself after so long.
    #[must_use]
    pub fn over_in(self, left_ns: u64) -> Alarm {
        Alarm { left_ns, ..self }
    }
}
