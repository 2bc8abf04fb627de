//! Notices: what should an operator hear of that is no event?
//!
//! In: what went wrong between us and a venue. Out: one value a fault, for logs, metrics and alarms. Must never: carry a
//! secret, or stand in for a report: strategies never learn of these.

use ringfence_core::ids::{InstrumentId, LegKey, TimeNs};

use crate::protocol::Channel;

/// A fault, named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The venue's clock was read: ours is behind by so many ms.
    Clock(i64),
    /// A time stamp of ours was refused.
    ClockRefused,
    /// The outcome of a command for an order is not known.
    OutcomeUnknown(LegKey),
    /// The venue, asked often enough, does not have an order.
    PresumedLost(LegKey),
    /// An order was filled beyond its quantity.
    Overfill(LegKey),
    /// An order was filled after it had ended.
    LateFill(LegKey),
    /// The venue says that more is filled than its trades come to.
    FillsMissing(LegKey),
    /// An order that is not of this session.
    ExternalOrder(LegKey),
    /// A fee in a currency that the session does not have.
    UnknownAsset(String),
    /// Bytes that are no message, and why.
    Undecodable(String),
    /// A connection was lost, given up or refused.
    Disconnected(Channel),
    /// A connection lived, and brought nothing.
    Stalled(Channel),
    /// A connection is replaced before the venue cuts it.
    Replaced(Channel),
    /// Changes of a book are missing.
    BookGap(InstrumentId),
    /// A book contradicts itself or the touch: it is dropped and asked for.
    BookWrong(InstrumentId),
    /// The key of the account's stream ended.
    KeyExpired,
    /// Requests were too many: silence until then.
    TooMany(TimeNs),
    /// The address is banned until then.
    Banned(TimeNs),
    /// Key or signature are not accepted, in the venue's words.
    Credentials(String),
    /// The account keeps long and short positions apart, which is not supported.
    Hedged,
    /// An instrument's rules at the venue are not those of the session, and in what.
    RulesDiffer(InstrumentId, String),
    /// The venue does not have an instrument of the session.
    UnknownSymbol(InstrumentId),
    /// The venue refused a command, in its words.
    Refused(LegKey, String),
    /// Requests do not get through.
    Unreachable,
    /// A countdown of the venue could not be set.
    CountdownFailed(InstrumentId),
    /// An emergency cancel did not get through after the last try, in the venue's words.
    EmergencyFailed(String),
}
