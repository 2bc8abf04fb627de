//! Events: what happened?
//!
//! In: numbered facts from tapes, venues, operators and time. Out: one `Copy` value of at most 136 bytes per fact.
//! Must never: carry an opinion, a pointer or anything of unbounded size (that is a blob, named by its id).

mod control;
mod execution;
mod kinds;
mod market;

use crate::ids::{
    AccountId, BlobId, InstrumentId, IntentId, LegId, LegKey, NameId, Seq, SessionId, StrategyId, TimeNs, VenueId,
};
use crate::instrument::InstrumentStatus;
use crate::money::{Price, Qty};

pub use self::control::{Halt, KillLevel, Mode};
pub use self::execution::{
    BalanceChange, BalanceReason, BalanceStatement, CancelReason, Command, Fill, FillReason, Liquidity, MarginMode,
    OrderStatement, PositionStatement, RejectReason,
};
pub use self::kinds::Family;
pub use self::market::{
    Adjustment, Bar, BookAction, BookLevel, BookOrder, BookOrderAction, CorporateAction, Funding, Quote, Trade,
};

/// Largest size of an [`Event`] in bytes; events are copied through the whole chain.
pub const EVENT_BYTES_MAX: usize = 136;
const _: () = assert!(core::mem::size_of::<Event>() <= EVENT_BYTES_MAX, "larger things are blobs");

/// A numbered fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Position in the stream, from 1, without gaps.
    pub seq: Seq,
    /// Host receive time; never decreases along the stream.
    pub time: TimeNs,
    /// Time the venue gave; 0 = none.
    pub venue_time: TimeNs,
    /// What led to it.
    pub cause: Cause,
    /// Instrument concerned, or none.
    pub instrument: InstrumentId,
    /// Venue concerned, or none.
    pub venue: VenueId,
    /// Account concerned, or none.
    pub account: AccountId,
    /// What happened.
    pub kind: EventKind,
}

/// What led to an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// The outside world.
    #[default]
    Outside,
    /// An earlier event.
    Event(Seq),
    /// A leg of an intent. (Flat, so that the whole cause takes 16 bytes.)
    Leg {
        /// Who emitted it.
        strategy: StrategyId,
        /// Leg of the intent.
        leg: LegId,
        /// Which intent.
        intent: IntentId,
    },
}

impl Cause {
    /// The cause "this leg".
    #[must_use]
    pub const fn leg(key: LegKey) -> Cause {
        Cause::Leg { strategy: key.strategy, leg: key.leg, intent: key.intent }
    }
}

/// A fact that has no number and no receive time yet: what venues and control surfaces hand to the run loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Time the venue gave; 0 = none.
    pub venue_time: TimeNs,
    /// What led to it.
    pub cause: Cause,
    /// Instrument concerned, or none.
    pub instrument: InstrumentId,
    /// Venue concerned, or none.
    pub venue: VenueId,
    /// Account concerned, or none.
    pub account: AccountId,
    /// What happened.
    pub kind: EventKind,
}

impl Report {
    /// A control or time fact that concerns no instrument, venue or account.
    #[must_use]
    pub const fn control(kind: EventKind) -> Report {
        Report {
            venue_time: TimeNs(0),
            cause: Cause::Outside,
            instrument: InstrumentId::NONE,
            venue: VenueId(0),
            account: AccountId(0),
            kind,
        }
    }

    /// The event this becomes when it enters the stream.
    #[must_use]
    pub const fn at(self, seq: Seq, time: TimeNs) -> Event {
        let Report { venue_time, cause, instrument, venue, account, kind } = self;
        Event { seq, time, venue_time, cause, instrument, venue, account, kind }
    }
}

/// Everything that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    // market
    /// A trade.
    Trade(Trade),
    /// A new touch.
    Quote(Quote),
    /// A book level changed.
    BookLevel(BookLevel),
    /// A bar closed.
    Bar(Bar),
    /// The venue's mark price.
    MarkPrice(Price),
    /// Funding rate.
    FundingRate(Funding),
    /// A definition (canonical bytes of an instrument).
    InstrumentDefined(BlobId),
    /// Trading status changed.
    InstrumentStatus(InstrumentStatus),
    /// Market data of this instrument can no longer be trusted.
    FeedStale,
    /// It can be trusted again.
    FeedRecovered,
    /// Split, dividend, rename, delisting.
    CorporateAction(CorporateAction),
    /// An order in the book.
    BookOrder(BookOrder),
    /// A trading day of the instrument, which ends then.
    TradingDay(TimeNs),
    // execution
    /// The venue has the order.
    OrderAccepted(LegKey),
    /// The venue refused it.
    OrderRejected(LegKey, RejectReason),
    /// A fill.
    OrderFilled(Fill),
    /// The order is gone; what was open.
    OrderCanceled(LegKey, Qty, CancelReason),
    /// A cancel was refused.
    CancelRejected(LegKey, RejectReason),
    /// Amended to this price and quantity.
    OrderAmended(LegKey, Price, Qty),
    /// An amend was refused.
    AmendRejected(LegKey, RejectReason),
    /// Its time in force ended; what was open.
    OrderExpired(LegKey, Qty),
    /// Nobody knows whether the command arrived; exposure stays.
    OutcomeUnknown(LegKey),
    /// A fill was declared void.
    FillBusted(Fill),
    /// The adapter could not send this command for the order; nothing of it reached the venue.
    TransmitRefused(LegKey, Command, RejectReason),
    /// Balance as the venue states it.
    BalanceReported(BalanceStatement),
    /// Cash moved without a fill.
    BalanceAdjusted(BalanceChange),
    /// Position as the venue states it.
    PositionReported(PositionStatement),
    /// Order as the venue states it.
    OrderReported(OrderStatement),
    /// Leverage in force, in hundredths (500 = 5x).
    LeverageReported(u32),
    /// Margin mode in force.
    MarginModeReported(MarginMode),
    /// Reconciliation began.
    ReconcileStarted,
    /// Reconciliation ended with so many differences.
    ReconcileFinished(u32),
    /// The venue can be reached.
    VenueUp,
    /// The venue cannot be reached.
    VenueDown,
    // control
    /// First event of every stream.
    SessionOpened(SessionId, Mode, u32),
    /// Last event of an orderly run.
    SessionClosed,
    /// The whole canonical configuration without secrets.
    ConfigChanged(BlobId),
    /// Submissions are allowed again. With an instrument: the host's own halt of that one ends.
    TradingEnabled,
    /// Submissions stop; intents are still recorded. With an instrument: the host halts that one.
    TradingDisabled,
    /// Kill level set (for one strategy at level 1, otherwise strategy 0).
    KillSwitch(KillLevel, StrategyId),
    /// A component and its plan of subscriptions (blobs: SHA-256 of the component, canonical plan).
    StrategyAttached(StrategyId, BlobId, BlobId),
    /// A strategy left.
    StrategyDetached(StrategyId),
    /// A component was replaced: component hash, plan, snapshot handed over.
    StrategySwapped(StrategyId, BlobId, BlobId, BlobId),
    /// A snapshot was taken and restored into a fresh instance.
    StrategyCheckpointed(StrategyId, BlobId),
    /// A strategy was stopped by the host.
    StrategyHalted(StrategyId, Halt),
    /// A halted strategy runs again; how often it was restarted.
    StrategyResumed(StrategyId, u32),
    /// New parameters (canonical bytes).
    ParametersChanged(StrategyId, BlobId),
    /// An operator or a calendar wants positions closed (strategy 0 = all; where the event names an instrument, in that one
    /// alone).
    FlattenRequested(StrategyId),
    /// An intent from outside (canonical bytes).
    ExternalIntent(BlobId),
    /// A value from outside: source, name, value.
    Signal(NameId, NameId, i64),
    /// The host's clock was stepped by so many ns.
    ClockAdjusted(i64),
    /// What an operator asked for, with the actor (text).
    OperatorCommand(BlobId),
    /// What was to take a strategy's place, or a configuration's (strategy 0), was refused before it came near the session: which
    /// component, which codes, why (text).
    ReloadRefused(StrategyId, BlobId),
    // time
    /// Time moved on; nothing else happened.
    TimeAdvanced,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_copy_and_at_most_136_bytes() {
        fn is_copy<T: Copy + Send + Sync + 'static>() {}
        is_copy::<Event>();
        is_copy::<Report>();
        assert!(core::mem::size_of::<Event>() <= 136, "{}", core::mem::size_of::<Event>());
        assert!(core::mem::size_of::<Cause>() <= 16, "{}", core::mem::size_of::<Cause>());
    }

    #[test]
    fn reasons_of_fills_are_numbered_from_1_without_gaps() {
        assert!(FillReason::ALL.iter().zip(1..).all(|(reason, number)| reason.number() == number));
    }
}
