//! Events: what happened?
//!
//! In: numbered facts from tapes, venues, operators and time. Out: one `Copy` value of at most 136 bytes per fact.
//! Must never: carry an opinion, a pointer or anything of unbounded size (that is a blob, named by its id).
//!
//! Longer than other files, because it is the one list of everything that can happen.

use crate::coded_enum;
use crate::ids::{
    AccountId, BlobId, CurrencyId, InstrumentId, IntentId, LegId, LegKey, NameId, Seq, SessionId, StrategyId, TimeNs,
    VenueId,
};
use crate::instrument::{InstrumentStatus, PositionSide, Side};
use crate::money::{Decimal, Price, Qty};
use crate::order::OrderState;
use crate::strategy::HaltCode;

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

/// A trade printed by the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Price.
    pub price: Price,
    /// Quantity, above 0.
    pub qty: Qty,
    /// Side that took liquidity, where the venue tells.
    pub aggressor: Option<Side>,
}

/// Best bid and ask. A quantity of 0 means that the side is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// Best bid price.
    pub bid_price: Price,
    /// Quantity at the best bid; 0 = no bid.
    pub bid_qty: Qty,
    /// Best ask price.
    pub ask_price: Price,
    /// Quantity at the best ask; 0 = no ask.
    pub ask_qty: Qty,
}

/// A change of one book level; several make a group that ends with `is_last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookLevel {
    /// What to do with the book.
    pub action: BookAction,
    /// Side of the level (buy = bids).
    pub side: Side,
    /// Price of the level.
    pub price: Price,
    /// New quantity; 0 removes the level.
    pub qty: Qty,
    /// True on the last record of a group of one time stamp.
    pub is_last: bool,
}

impl BookLevel {
    /// True where the book can be shown after this record: it closes its group, or it emptied the book.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        match self.action {
            BookAction::Set => self.is_last,
            BookAction::Clear => true,
        }
    }
}

/// What became of one order in the book; several make a group that ends with `is_last`.
///
/// A record says by how much the book changes and what the level comes to, so that whoever only wants levels needs to know
/// no order: `level` is what stands at the price behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookOrder {
    /// What happened to the order.
    pub action: BookOrderAction,
    /// Side of the order (buy = bids).
    pub side: Side,
    /// The venue's number of the order, as a number or hashed to one; 0 for a clear.
    pub order: u64,
    /// Price it stands at.
    pub price: Price,
    /// How much joined, was taken away, left, or was traded.
    pub qty: Qty,
    /// What stands at the price now, over all orders.
    pub level: Qty,
    /// True on the last record of a group of one time stamp.
    pub is_last: bool,
}

impl EventKind {
    /// What a record of a book changes of a level; `None` for every other kind.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else is no record of a book")]
    pub const fn book_level(&self) -> Option<BookLevel> {
        match self {
            EventKind::BookLevel(level) => Some(*level),
            EventKind::BookOrder(order) => Some(order.as_level()),
            _ => None,
        }
    }

    /// True where quantities and prices of an instrument mean something else from now on, or nothing any more.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else leaves an instrument what it is")]
    pub(crate) fn gives_new_meaning(&self) -> bool {
        match self {
            EventKind::CorporateAction(action) => matches!(action.kind, Adjustment::Split | Adjustment::Delisting),
            EventKind::InstrumentStatus(status) => *status == InstrumentStatus::Settled,
            _ => false,
        }
    }
}

impl BookOrder {
    /// The change of the level.
    #[must_use]
    pub const fn as_level(&self) -> BookLevel {
        let action = match self.action {
            BookOrderAction::Clear => BookAction::Clear,
            BookOrderAction::Add | BookOrderAction::Reduce | BookOrderAction::Delete | BookOrderAction::Fill => {
                BookAction::Set
            }
        };
        BookLevel { action, side: self.side, price: self.price, qty: self.level, is_last: self.is_last }
    }
}

/// A bar. The event's time is the close; fields are of the interval before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Traded quantity, at least 0.
    pub volume: Qty,
    /// Start of the interval.
    pub open_time: TimeNs,
    /// Length in ns of a bar by time. Of a bar of another kind, which the core built, the
    /// [`code`](crate::plan::BarSpec::code) of its specification, which no length reaches. 0 = neither is known.
    pub interval_ns: u64,
}

impl Bar {
    pub(crate) fn put(&self, w: &mut crate::canonical::Writer) {
        for number in [self.open.0, self.high.0, self.low.0, self.close.0, self.volume.0] {
            w.i64(number);
        }
        w.u64(self.open_time.0);
        w.u64(self.interval_ns);
    }
}

/// A funding rate and when it is paid next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funding {
    /// Rate in units of 10^-9 of notional; positive = longs pay.
    pub rate_e9: i64,
    /// Next payment; 0 = unknown.
    pub next_time: TimeNs,
}

/// A split, dividend, rename or delisting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorporateAction {
    /// What it is.
    pub kind: Adjustment,
    /// New units ...
    pub numerator: u64,
    /// ... per this many old units.
    pub denominator: u64,
    /// Cash per unit in the quote currency, a mantissa at the price scale.
    pub cash: i64,
}

/// A fill of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Which order; strategy 0 where none of ours is known.
    pub order: LegKey,
    /// Venue's trade id, as a number or hashed to one; unique per (venue, account, instrument).
    pub trade_id: u64,
    /// Price.
    pub price: Price,
    /// Quantity of this fill, above 0.
    pub qty: Qty,
    /// What stays open by the venue's account, at least 0.
    pub leaves: Qty,
    /// Fee in `fee_currency`; negative = rebate.
    pub fee: Decimal,
    /// Currency of the fee.
    pub fee_currency: CurrencyId,
    /// Side of the order.
    pub side: Side,
    /// Whether the order made or took liquidity.
    pub liquidity: Liquidity,
    /// Position it belongs to.
    pub position_side: PositionSide,
    /// What made the simulated venue fill it.
    pub reason: FillReason,
    /// What the simulated venue reckoned to stand in front of the order when that happened, at least 0;
    /// [`Fill::AHEAD_UNKNOWN`] where nothing is reckoned.
    pub ahead: Qty,
}

impl Fill {
    /// Stands for a place in the queue that is not known: at real venues, of takers, and where sizes are not displayed.
    pub const AHEAD_UNKNOWN: Qty = Qty(-1);

    /// True for a fill that no order led to: the venue closed a position of its strategy.
    #[must_use]
    pub const fn has_no_order(&self) -> bool {
        self.reason.is_of_venue() && self.order.intent.0 == 0
    }
}

/// A venue's statement about an order, in answer to a query or at reconciliation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderStatement {
    /// Which order.
    pub order: LegKey,
    /// Its state at the venue.
    pub state: OrderState,
    /// Side.
    pub side: Side,
    /// Limit price; 0 for a market order.
    pub price: Price,
    /// Quantity.
    pub qty: Qty,
    /// Filled so far.
    pub filled: Qty,
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

/// A halt: which limit, how much was allowed, how much was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halt {
    /// Why.
    pub code: HaltCode,
    /// What was allowed, in the unit of the code (fuel, bytes, count); 0 where there is no number.
    pub limit: u64,
    /// What was used.
    pub used: u64,
}

/// Balance of one currency as a venue states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceStatement {
    /// Currency.
    pub currency: CurrencyId,
    /// Total.
    pub total: Decimal,
    /// Not tied up in orders or margin.
    pub available: Decimal,
}

/// Cash that moved without a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceChange {
    /// Why.
    pub reason: BalanceReason,
    /// Currency.
    pub currency: CurrencyId,
    /// Added to the balance; negative = taken.
    pub amount: Decimal,
    /// Strategy it belongs to; 0 = the account only.
    pub strategy: StrategyId,
}

/// Position as a venue states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionStatement {
    /// Which position.
    pub side: PositionSide,
    /// Signed quantity.
    pub qty: Qty,
    /// Average entry price by the venue's reckoning; 0 = not given.
    pub entry_price: Price,
}

coded_enum! {
    /// What a book record does.
    BookAction {
        /// Sets one level.
        Set = 1 "set",
        /// Empties the book before a snapshot.
        Clear = 2 "clear",
    }
}

coded_enum! {
    /// What happened to an order in the book. One that is changed in price, or made larger, loses its place: it is deleted
    /// and added again.
    BookOrderAction {
        /// It joined as the last at its price.
        Add = 1 "add",
        /// It became smaller, and keeps its place.
        Reduce = 2 "reduce",
        /// It left.
        Delete = 3 "delete",
        /// It was traded against. That alone does not change the book: a reduce or a delete follows.
        Fill = 4 "fill",
        /// All orders left; a snapshot follows.
        Clear = 5 "clear",
    }
}

coded_enum! {
    /// Kind of corporate action.
    Adjustment {
        /// Units are multiplied.
        Split = 1 "split",
        /// Cash is paid.
        Dividend = 2 "dividend",
        /// Only the name changes.
        Rename = 3 "rename",
        /// Trading ends.
        Delisting = 4 "delisting",
    }
}

coded_enum! {
    /// Whether a fill made or took liquidity.
    Liquidity {
        /// Rested in the book.
        Maker = 1 "maker",
        /// Crossed the book.
        Taker = 2 "taker",
        /// Neither (auction, block, unknown).
        None = 3 "none",
    }
}

coded_enum! {
    /// What made a simulated venue fill an order.
    FillReason {
        /// A real venue filled it, for reasons of its own.
        Venue = 1 "venue",
        /// It took what there was when it came.
        Crossed = 2 "crossed",
        /// It took what the next event after it came had shown.
        NextEvent = 3 "next-event",
        /// It took the open of a bar.
        NextOpen = 4 "next-open",
        /// It rested, and the opposite touch reached its price.
        Touched = 5 "touched",
        /// It rested, and a trade went through its price.
        TradedThrough = 6 "traded-through",
        /// It rested, and a trade at its price was larger than what stood in front of it.
        QueueReached = 7 "queue-reached",
        /// It rested, and the open, the high or the low of a bar went through its price.
        BarThrough = 8 "bar-through",
        /// The account had too little margin, and the venue closed its position: no order of a strategy.
        Liquidation = 9 "liquidation",
        /// The contract ended, and its position was closed at the settlement price: no order of a strategy.
        Settlement = 10 "settlement",
        /// A split left no whole number of units, and what was over was paid out: no order of a strategy.
        CashInLieu = 11 "cash-in-lieu",
    }
}

impl FillReason {
    /// True where a venue closes a position on its own account. Such a fill names the strategy and intent 0, which no
    /// strategy emits.
    #[must_use]
    pub const fn is_of_venue(self) -> bool {
        match self {
            FillReason::Liquidation | FillReason::Settlement | FillReason::CashInLieu => true,
            FillReason::Venue
            | FillReason::Crossed
            | FillReason::NextEvent
            | FillReason::NextOpen
            | FillReason::Touched
            | FillReason::TradedThrough
            | FillReason::QueueReached
            | FillReason::BarThrough => false,
        }
    }
}

coded_enum! {
    /// Why a venue (or the adapter) said no.
    RejectReason {
        /// Not one of the known reasons.
        Unknown = 1 "unknown",
        /// Not enough balance or margin.
        InsufficientBalance = 2 "insufficient-balance",
        /// Outside the venue's price band.
        PriceOutOfBand = 3 "price-out-of-band",
        /// Post-only and it would have taken.
        WouldTake = 4 "would-take",
        /// Client order id seen before.
        Duplicate = 5 "duplicate",
        /// The venue knows no such order.
        UnknownOrder = 6 "unknown-order",
        /// Filled or canceled before the command arrived.
        TooLate = 7 "too-late",
        /// Rate limit.
        RateLimited = 8 "rate-limited",
        /// The adapter could not send.
        TransmitRefused = 9 "transmit-refused",
        /// Market closed or instrument halted.
        MarketClosed = 10 "market-closed",
        /// Nothing to trade against.
        NoLiquidity = 11 "no-liquidity",
        /// Reduce-only and there is nothing to reduce.
        ReduceOnly = 12 "reduce-only",
    }
}

coded_enum! {
    /// What an adapter is asked to do with an order.
    Command {
        /// Place it.
        Submit = 1 "submit",
        /// Cancel it.
        Cancel = 2 "cancel",
        /// Amend it.
        Amend = 3 "amend",
    }
}

coded_enum! {
    /// Why an order was canceled.
    CancelReason {
        /// Asked for by an intent.
        Asked = 1 "asked",
        /// Rest of an IOC or FOK order.
        IocRemainder = 2 "ioc-remainder",
        /// The venue's own decision.
        Venue = 3 "venue",
        /// An operator at the venue.
        Operator = 4 "operator",
        /// Kill switch.
        KillSwitch = 5 "kill-switch",
        /// Self-trade prevention.
        SelfTrade = 6 "self-trade",
        /// Post-only, and the market had moved to its price before it could rest.
        WouldTake = 7 "would-take",
        /// Rest of a reduce-only order, beyond what there was to reduce.
        ReduceOnly = 8 "reduce-only",
        /// Its fee cannot be computed exactly.
        Fee = 9 "fee",
    }
}

coded_enum! {
    /// Why cash moved without a fill.
    BalanceReason {
        /// Perpetual funding.
        Funding = 1 "funding",
        /// Settlement of a future or option.
        Settlement = 2 "settlement",
        /// Dividend.
        Dividend = 3 "dividend",
        /// Interest.
        Interest = 4 "interest",
        /// Deposit or withdrawal.
        Transfer = 5 "transfer",
        /// Liquidation fee or loss.
        Liquidation = 6 "liquidation",
        /// Correction by the venue.
        Correction = 7 "correction",
    }
}

coded_enum! {
    /// Margin mode of an instrument at a venue.
    MarginMode {
        /// Margin is shared by all positions.
        Cross = 1 "cross",
        /// Margin is kept per position.
        Isolated = 2 "isolated",
    }
}

coded_enum! {
    /// Where market events come from and where orders go.
    Mode {
        /// Tape files, simulated venue.
        Backtest = 1 "backtest",
        /// A journal and its tapes, no venue.
        Replay = 2 "replay",
        /// Live feed, simulated venue.
        Paper = 3 "paper",
        /// Live feed read-only, simulated venue at real prices.
        Shadow = 4 "shadow",
        /// Live feed, real venue.
        Live = 5 "live",
    }
}

coded_enum! {
    /// Kill switch level; each includes the ones before it. Latched until set to `off`. What waits in the queue is
    /// withdrawn; canceling (L3) and closing (L4) are intents that the host makes for each strategy.
    KillLevel {
        /// Not engaged.
        Off = 0 "off",
        /// One strategy's submissions stop.
        L1 = 1 "L1",
        /// All new orders stop.
        L2 = 2 "L2",
        /// And all open orders are canceled.
        L3 = 3 "L3",
        /// And positions of strategies are closed: the host's own closing orders pass.
        L4 = 4 "L4",
    }
}

impl EventKind {
    /// True for facts about a market: the simulated venue sees these before the core does.
    #[must_use]
    pub const fn is_market(&self) -> bool {
        self.number() < 100
    }

    /// The order a fact is about; `None` for facts about anything else.
    #[must_use]
    pub const fn order(&self) -> Option<LegKey> {
        match self {
            EventKind::OrderAccepted(key)
            | EventKind::OrderRejected(key, _)
            | EventKind::OrderCanceled(key, ..)
            | EventKind::CancelRejected(key, _)
            | EventKind::OrderAmended(key, ..)
            | EventKind::AmendRejected(key, _)
            | EventKind::OrderExpired(key, _)
            | EventKind::OutcomeUnknown(key)
            | EventKind::TransmitRefused(key, ..) => Some(*key),
            EventKind::OrderFilled(fill) | EventKind::FillBusted(fill) => Some(fill.order),
            EventKind::OrderReported(said) => Some(said.order),
            EventKind::Trade(_)
            | EventKind::Quote(_)
            | EventKind::BookLevel(_)
            | EventKind::Bar(_)
            | EventKind::MarkPrice(_)
            | EventKind::FundingRate(_)
            | EventKind::InstrumentDefined(_)
            | EventKind::InstrumentStatus(_)
            | EventKind::FeedStale
            | EventKind::FeedRecovered
            | EventKind::CorporateAction(_)
            | EventKind::BookOrder(_)
            | EventKind::TradingDay(_)
            | EventKind::BalanceReported(_)
            | EventKind::BalanceAdjusted(_)
            | EventKind::PositionReported(_)
            | EventKind::LeverageReported(_)
            | EventKind::MarginModeReported(_)
            | EventKind::ReconcileStarted
            | EventKind::ReconcileFinished(_)
            | EventKind::VenueUp
            | EventKind::VenueDown
            | EventKind::SessionOpened(..)
            | EventKind::SessionClosed
            | EventKind::ConfigChanged(_)
            | EventKind::TradingEnabled
            | EventKind::TradingDisabled
            | EventKind::KillSwitch(..)
            | EventKind::StrategyAttached(..)
            | EventKind::StrategyDetached(_)
            | EventKind::StrategySwapped(..)
            | EventKind::StrategyCheckpointed(..)
            | EventKind::StrategyHalted(..)
            | EventKind::StrategyResumed(..)
            | EventKind::ParametersChanged(..)
            | EventKind::FlattenRequested(_)
            | EventKind::ExternalIntent(_)
            | EventKind::Signal(..)
            | EventKind::ClockAdjusted(_)
            | EventKind::OperatorCommand(_)
            | EventKind::ReloadRefused(..)
            | EventKind::TimeAdvanced => None,
        }
    }

    /// Stable number on the wire: market 1.., execution 100.., control 200.., time 300...
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.row().0
    }

    /// Stable name in text and JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.row().1
    }

    const fn row(&self) -> (u16, &'static str) {
        match self {
            EventKind::Trade(_) => (1, "Trade"),
            EventKind::Quote(_) => (2, "Quote"),
            EventKind::BookLevel(_) => (3, "BookLevel"),
            EventKind::Bar(_) => (4, "Bar"),
            EventKind::MarkPrice(_) => (5, "MarkPrice"),
            EventKind::FundingRate(_) => (6, "FundingRate"),
            EventKind::InstrumentDefined(_) => (7, "InstrumentDefined"),
            EventKind::InstrumentStatus(_) => (8, "InstrumentStatus"),
            EventKind::FeedStale => (9, "FeedStale"),
            EventKind::FeedRecovered => (10, "FeedRecovered"),
            EventKind::CorporateAction(_) => (11, "CorporateAction"),
            EventKind::BookOrder(_) => (12, "BookOrder"),
            EventKind::TradingDay(_) => (13, "TradingDay"),
            EventKind::OrderAccepted(_) => (100, "OrderAccepted"),
            EventKind::OrderRejected(..) => (101, "OrderRejected"),
            EventKind::OrderFilled(_) => (102, "OrderFilled"),
            EventKind::OrderCanceled(..) => (103, "OrderCanceled"),
            EventKind::CancelRejected(..) => (104, "CancelRejected"),
            EventKind::OrderAmended(..) => (105, "OrderAmended"),
            EventKind::AmendRejected(..) => (106, "AmendRejected"),
            EventKind::OrderExpired(..) => (107, "OrderExpired"),
            EventKind::OutcomeUnknown(_) => (108, "OutcomeUnknown"),
            EventKind::FillBusted(_) => (109, "FillBusted"),
            EventKind::TransmitRefused(..) => (110, "TransmitRefused"),
            EventKind::BalanceReported(_) => (111, "BalanceReported"),
            EventKind::BalanceAdjusted(_) => (112, "BalanceAdjusted"),
            EventKind::PositionReported(_) => (113, "PositionReported"),
            EventKind::OrderReported(_) => (114, "OrderReported"),
            EventKind::LeverageReported(_) => (115, "LeverageReported"),
            EventKind::MarginModeReported(_) => (116, "MarginModeReported"),
            EventKind::ReconcileStarted => (117, "ReconcileStarted"),
            EventKind::ReconcileFinished(_) => (118, "ReconcileFinished"),
            EventKind::VenueUp => (119, "VenueUp"),
            EventKind::VenueDown => (120, "VenueDown"),
            EventKind::SessionOpened(..) => (200, "SessionOpened"),
            EventKind::SessionClosed => (201, "SessionClosed"),
            EventKind::ConfigChanged(_) => (202, "ConfigChanged"),
            EventKind::TradingEnabled => (203, "TradingEnabled"),
            EventKind::TradingDisabled => (204, "TradingDisabled"),
            EventKind::KillSwitch(..) => (205, "KillSwitch"),
            EventKind::StrategyAttached(..) => (206, "StrategyAttached"),
            EventKind::StrategyDetached(_) => (207, "StrategyDetached"),
            EventKind::StrategySwapped(..) => (208, "StrategySwapped"),
            EventKind::StrategyCheckpointed(..) => (209, "StrategyCheckpointed"),
            EventKind::StrategyHalted(..) => (210, "StrategyHalted"),
            EventKind::StrategyResumed(..) => (211, "StrategyResumed"),
            EventKind::ParametersChanged(..) => (212, "ParametersChanged"),
            EventKind::FlattenRequested(_) => (213, "FlattenRequested"),
            EventKind::ExternalIntent(_) => (214, "ExternalIntent"),
            EventKind::Signal(..) => (215, "Signal"),
            EventKind::ClockAdjusted(_) => (216, "ClockAdjusted"),
            EventKind::OperatorCommand(_) => (217, "OperatorCommand"),
            EventKind::ReloadRefused(..) => (218, "ReloadRefused"),
            EventKind::TimeAdvanced => (300, "TimeAdvanced"),
        }
    }
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
