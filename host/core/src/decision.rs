//! Decisions: what did the chain decide about each intent, and why?
//!
//! In: answers of every layer, in the order they were given. Out: one record per decision, numbered within its step.
//! Must never: be an input; decisions are derived from events and compared in replay.

use alloc::vec::Vec;

use crate::coded_enum;
use crate::event::Halt;
use crate::gate::VenueCommand;
use crate::ids::{AccountId, LegKey, Seq, TimeNs, VenueId};
use crate::intent::{Action, IntentKind};
use crate::money::{Decimal, Price, Qty};
use crate::risk::KeyId;

coded_enum! {
    /// Why the normalizer could not make an order of an intent.
    MalformedCode {
        /// No such instrument.
        Instrument = 1 "M-INSTRUMENT",
        /// Price not a multiple of the tick.
        Tick = 2 "M-TICK",
        /// Quantity not a multiple of the lot.
        Lot = 3 "M-LOT",
        /// Quantity below the instrument's smallest.
        QtyMin = 4 "M-QTY-MIN",
        /// Quantity above the instrument's largest.
        QtyMax = 5 "M-QTY-MAX",
        /// Value below the instrument's smallest.
        NotionalMin = 6 "M-NOTIONAL-MIN",
        /// A limit price is missing or not allowed for this order type.
        LimitPrice = 7 "M-LIMIT-PRICE",
        /// A stop price is missing or not allowed for this order type.
        StopPrice = 8 "M-STOP-PRICE",
        /// Post-only with a type or time in force that takes liquidity.
        PostOnly = 9 "M-POST-ONLY",
        /// A market order, a value size or a slippage bound needs a market price and there is none.
        Reference = 10 "M-REFERENCE",
        /// No such live order of this strategy.
        Order = 11 "M-ORDER",
        /// An amend that changes nothing, or below what is filled.
        Amend = 12 "M-AMEND",
        /// A slippage bound outside its range or on an order that has a price.
        Slippage = 13 "M-SLIPPAGE",
        /// Too many pending wake-ups.
        Wake = 14 "M-WAKE",
        /// A price or value outside what the core can compute exactly.
        Range = 15 "M-RANGE",
        /// An order type or feature that no venue adapter here executes.
        Unsupported = 16 "M-UNSUPPORTED",
        /// Flatten without a position or order.
        NothingToFlatten = 17 "M-NOTHING-TO-FLATTEN",
        /// More splits and flattens of one strategy unfinished than it may have.
        Parents = 18 "M-PARENTS",
        /// One intent concerns more orders than it may become legs; those beyond were left alone.
        Legs = 19 "M-LEGS",
        /// A trail or a choice of trigger that is missing, out of range, or on an order that has none.
        Trigger = 20 "M-TRIGGER",
        /// A time in force without the end it needs, an end it does not take, or one that is past.
        Expiry = 21 "M-EXPIRY",
        /// A display quantity that is not on the lot, too large, or on an order that does not rest.
        Display = 22 "M-DISPLAY",
        /// A tie to other orders that cannot be.
        Link = 23 "M-LINK",
        /// Times, slices or weights of a schedule outside their range.
        Schedule = 24 "M-SCHEDULE",
    }
}

coded_enum! {
    /// Why an order that was kept is kept no more.
    DropReason {
        /// Its strategy, or the host for it, took it back.
        Canceled = 1 "canceled",
        /// Its time in force ended.
        Expired = 2 "expired",
        /// The kill switch.
        KillSwitch = 3 "kill-switch",
        /// The instrument was split, delisted or settled: prices from before mean something else.
        Instrument = 4 "instrument",
        /// It may only make a position smaller, and there is none.
        NothingToClose = 5 "nothing-to-close",
    }
}

coded_enum! {
    /// Rules of Risk. The code names the rule that denied.
    DenialCode {
        /// Order quantity above its limit.
        OrderQtyMax = 1 "D-ORDER-QTY-MAX",
        /// Order quantity below its limit.
        OrderQtyMin = 2 "D-ORDER-QTY-MIN",
        /// Order value above its limit.
        OrderNotionalMax = 3 "D-ORDER-NOTIONAL-MAX",
        /// Order value below its limit.
        OrderNotionalMin = 4 "D-ORDER-NOTIONAL-MIN",
        /// Limit price too far from the reference.
        PriceCollar = 5 "D-PRICE-COLLAR",
        /// Position of the strategy, reservations included.
        PositionStrategy = 6 "D-POSITION-STRATEGY",
        /// Position in the instrument over all accounts.
        PositionInstrument = 7 "D-POSITION-INSTRUMENT",
        /// Position of the account, reservations included.
        PositionAccount = 8 "D-POSITION-ACCOUNT",
        /// Gross exposure of the account, reservations included.
        ExposureGross = 9 "D-EXPOSURE-GROSS",
        /// Net exposure of the account.
        ExposureNet = 10 "D-EXPOSURE-NET",
        /// Leverage.
        Leverage = 11 "D-LEVERAGE",
        /// Initial margin.
        MarginInitial = 12 "D-MARGIN-INITIAL",
        /// Maintenance margin.
        MarginMaintenance = 13 "D-MARGIN-MAINTENANCE",
        /// Balance.
        Balance = 14 "D-BALANCE",
        /// Drawdown of the session.
        DrawdownSession = 15 "D-DRAWDOWN-SESSION",
        /// Drawdown from the peak.
        DrawdownPeak = 16 "D-DRAWDOWN-PEAK",
        /// Loss of the day.
        LossDay = 17 "D-LOSS-DAY",
        /// Exposure per asset.
        ExposureAsset = 18 "D-EXPOSURE-ASSET",
        /// Exposure per counterparty.
        ExposureCounterparty = 19 "D-EXPOSURE-COUNTERPARTY",
        /// Open orders.
        OpenOrders = 20 "D-OPEN-ORDERS",
        /// Intents per time.
        Velocity = 21 "D-VELOCITY",
        /// Orders per trade.
        OrderToTrade = 22 "D-ORDER-TO-TRADE",
        /// Same as an earlier intent.
        Duplicate = 23 "D-DUPLICATE",
        /// Would trade against an own order.
        SelfTrade = 24 "D-SELF-TRADE",
        /// Reduce-only and it would not reduce.
        ReduceOnly = 25 "D-REDUCE-ONLY",
        /// Instrument restricted by the operator.
        InstrumentRestricted = 26 "D-INSTRUMENT-RESTRICTED",
        /// Instrument halted, closed or settled.
        InstrumentHalted = 27 "D-INSTRUMENT-HALTED",
        /// Instrument takes cancels only.
        InstrumentCancelOnly = 28 "D-INSTRUMENT-CANCEL-ONLY",
        /// Venue cannot be reached.
        VenueUnavailable = 29 "D-VENUE-UNAVAILABLE",
        /// Outside the venue's window.
        VenueWindow = 30 "D-VENUE-WINDOW",
        /// Region blocked.
        RegionBlocked = 31 "D-REGION-BLOCKED",
        /// Strategy not authorised for the instrument.
        NotAuthorised = 32 "D-NOT-AUTHORISED",
        /// Capital of the strategy.
        StrategyCapital = 33 "D-STRATEGY-CAPITAL",
        /// Loss limit of the strategy.
        StrategyLoss = 34 "D-STRATEGY-LOSS",
        /// Market data stale, too old or missing.
        StaleMarket = 35 "D-STALE-MARKET",
        /// Leverage not confirmed by the venue.
        LeverageNotReported = 36 "D-LEVERAGE-NOT-REPORTED",
        /// Margin mode not confirmed by the venue.
        MarginModeNotReported = 37 "D-MARGIN-MODE-NOT-REPORTED",
        /// The strategy's lane does not trade here.
        LaneNotPermitted = 38 "D-LANE-NOT-PERMITTED",
        /// Trading disabled.
        TradingDisabled = 39 "D-TRADING-DISABLED",
        /// Kill switch engaged.
        KillSwitch = 40 "D-KILL-SWITCH",
        /// The value cannot be computed exactly, so it cannot be shown to be within a limit.
        NotComputable = 41 "D-NOT-COMPUTABLE",
        /// The queue holds as many submits as it may.
        QueueFull = 42 "D-QUEUE-FULL",
    }
}

coded_enum! {
    /// Why the gate refused an approval.
    RefusalCode {
        /// The tag is not the one our key gives.
        Forged = 1 "G-FORGED",
        /// No key with that id.
        Key = 2 "G-KEY",
        /// Used before.
        Replayed = 3 "G-REPLAYED",
        /// Older than its time to live.
        Expired = 4 "G-EXPIRED",
        /// Dated after now.
        Future = 5 "G-FUTURE",
        /// Made for another mode.
        Mode = 6 "G-MODE",
        /// Made for another environment.
        Env = 7 "G-ENV",
        /// Made under another configuration.
        Config = 8 "G-CONFIG",
        /// Made for another account.
        Account = 9 "G-ACCOUNT",
        /// Trading was disabled or killed since.
        Stopped = 10 "G-STOPPED",
        /// So many newer approvals were used since that whether this one was cannot be told.
        Overtaken = 11 "G-OVERTAKEN",
    }
}

coded_enum! {
    /// Things that should not happen and did; State stays consistent.
    AnomalyCode {
        /// An order input that its state does not allow.
        OrderTransition = 1 "A-ORDER-TRANSITION",
        /// A report about an order that State does not hold; booked to strategy 0.
        UnknownOrder = 2 "A-UNKNOWN-ORDER",
        /// A fill id seen before; ignored.
        DuplicateFill = 3 "A-DUPLICATE-FILL",
        /// Filled more than was ordered; booked.
        Overfill = 4 "A-OVERFILL",
        /// A fill after the order had ended; booked.
        LateFill = 5 "A-LATE-FILL",
        /// An event about something that is not configured; ignored (a fee in a foreign currency is left out).
        UnknownReference = 6 "A-UNKNOWN-REFERENCE",
        /// Bytes that are not what the event says they are; ignored.
        BadBlob = 7 "A-BAD-BLOB",
        /// A number outside what can be booked exactly; ignored (a fill's fee is left out, the fill is booked).
        Overflow = 8 "A-OVERFLOW",
        /// A value that contradicts itself (a negative quantity, a crossed bar); ignored.
        BadValue = 9 "A-BAD-VALUE",
        /// A venue statement that differs from State, or a split that a position cannot follow exactly.
        Mismatch = 10 "A-MISMATCH",
        /// Two strategies of this host would trade with each other.
        Cross = 11 "A-CROSS",
        /// More outcomes pending than a strategy may keep; the oldest was dropped.
        OutcomesDropped = 12 "A-OUTCOMES-DROPPED",
        /// A flatten was given up with something still held or open.
        FlattenFailed = 13 "A-FLATTEN-FAILED",
        /// A second order of an OCO group was filled, or more of an OUO group than any of its orders asked for; booked.
        GroupOverfill = 14 "A-GROUP-OVERFILL",
        /// An intent from outside that was too many for its strategy in this second; ignored.
        ExternalRefused = 15 "A-EXTERNAL-REFUSED",
    }
}

coded_enum! {
    /// Why a schedule is over.
    EndCode {
        /// All of it is filled.
        Filled = 1 "filled",
        /// Its time is over.
        Time = 2 "time",
        /// A cancel, a cancel of all or a flatten ended it.
        Canceled = 3 "canceled",
        /// The kill switch ended it; an order of it that rests goes on.
        KillSwitch = 4 "kill-switch",
        /// Its strategy is halted or gone.
        StrategyHalted = 5 "strategy-halted",
        /// The units of its instrument changed.
        CorporateAction = 6 "corporate-action",
        /// It has used every leg that an intent can have.
        Legs = 7 "legs",
        /// Its last order could not be canceled; it is left to itself.
        Unanswered = 8 "unanswered",
    }
}

/// The normalizer's answer for something it cannot make an order of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Which rule.
    pub code: MalformedCode,
    /// The offending number (mantissa, id or count); 0 where there is none.
    pub value: i64,
    /// The number it is held against (step, limit); 0 where there is none.
    pub limit: i64,
}

/// What the normalizer started from, where it changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalised {
    /// The result.
    pub action: Action,
    /// Price used to turn value into quantity or slippage into a limit; 0 = none was needed.
    pub reference: Price,
}

/// Risk says no: the limit, the value that broke it, what would have been allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Which rule.
    pub code: DenialCode,
    /// The limit in force, in the unit of the rule; 0 where the rule has none.
    pub limit: Decimal,
    /// The value that broke it.
    pub value: Decimal,
    /// The largest request that would have passed; 0 = none.
    pub allowed: Decimal,
}

/// The gate says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: RefusalCode,
    /// When the approval was given.
    pub approved_at: TimeNs,
}

/// Identity of an approval. Outside every digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApprovalMark {
    /// Number of the approval in this stream, from 1.
    pub number: u64,
    /// Key that the tag was made with.
    pub key_id: KeyId,
    /// HMAC-SHA256 over its canonical bytes.
    pub tag: [u8; 32],
}

/// An anomaly: code, the number it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// What happened.
    pub code: AnomalyCode,
    /// A number that helps to find it (state, quantity, id); 0 where there is none.
    pub value: i64,
}

/// A schedule that Risk allowed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// Everything that it may trade; reserved until its orders take it over.
    pub qty: Qty,
    /// When the first slice begins.
    pub start: TimeNs,
    /// When it is over.
    pub end: TimeNs,
    /// Price that Risk valued it at.
    pub reference: Price,
}

/// A schedule that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub code: EndCode,
    /// What its orders filled.
    pub filled: Qty,
    /// What of it will not be traded, at least 0.
    pub left: Qty,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionKind {
    /// A strategy emitted this.
    Emitted(IntentKind),
    /// The normalizer could not make an order of it.
    Malformed(Malformed),
    /// The normalizer made this of it.
    Normalised(Normalised),
    /// Risk denied it.
    Denied(Denial),
    /// Risk allowed it; exposure is reserved.
    Allowed(ApprovalMark),
    /// It waits in the queue.
    Queued,
    /// A newer intent replaced it.
    Superseded(LegKey),
    /// A cancel took it out of the queue, or what it waited for is over; strategy 0: the kill switch did.
    Withdrawn(LegKey),
    /// Its approval expired in the queue.
    ApprovalExpired(TimeNs),
    /// It went to this venue and account.
    Dispatched(VenueId, AccountId),
    /// The gate refused it.
    Refused(Refusal),
    /// A strategy was halted.
    Halted(Halt),
    /// Something that should not happen.
    Anomaly(Anomaly),
    /// Execution Control keeps it until the market comes to this price; exposure is reserved.
    Held(Price),
    /// What it waited for has come: this price. A leg of it follows.
    Released(Price),
    /// It is kept no more, and nothing of it was sent.
    Dropped(DropReason),
    /// A schedule begins: Risk allowed the whole, and it is reserved.
    Scheduled(Scheduled),
    /// A schedule is over; what it had reserved is given back.
    Ended(Ended),
    /// It waits until the order of this intent fills; nothing is reserved for it.
    Tied(LegKey),
}

impl DecisionKind {
    /// Stable number on the wire, from 1000.
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
            DecisionKind::Emitted(_) => (1000, "EMITTED"),
            DecisionKind::Malformed(_) => (1001, "MALFORMED"),
            DecisionKind::Normalised(_) => (1002, "NORMALISED"),
            DecisionKind::Denied(_) => (1003, "DENIED"),
            DecisionKind::Allowed(_) => (1004, "ALLOWED"),
            DecisionKind::Queued => (1005, "QUEUED"),
            DecisionKind::Superseded(_) => (1006, "SUPERSEDED"),
            DecisionKind::Withdrawn(_) => (1007, "WITHDRAWN"),
            DecisionKind::ApprovalExpired(_) => (1008, "APPROVAL_EXPIRED"),
            DecisionKind::Dispatched(..) => (1009, "DISPATCHED"),
            DecisionKind::Refused(_) => (1010, "REFUSED"),
            DecisionKind::Halted(_) => (1011, "HALTED"),
            DecisionKind::Anomaly(_) => (1012, "ANOMALY"),
            DecisionKind::Scheduled(_) => (1013, "SCHEDULED"),
            DecisionKind::Ended(_) => (1014, "ENDED"),
            DecisionKind::Tied(_) => (1015, "TIED"),
            DecisionKind::Held(_) => (1016, "HELD"),
            DecisionKind::Released(_) => (1017, "RELEASED"),
            DecisionKind::Dropped(_) => (1018, "DROPPED"),
        }
    }
}

/// A decision about one leg of one intent (strategy 0: about no strategy's intent). Its number is (seq, place in the step).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What it is about.
    pub key: LegKey,
    /// What was decided.
    pub kind: DecisionKind,
}

/// Everything one step asks the outside to do or to record. Buffers are reused from step to step.
#[derive(Debug, Default)]
pub struct Effects {
    /// Event that was stepped.
    pub seq: Seq,
    /// Decisions in order; the place is the ordinal.
    pub decisions: Vec<Decision>,
    /// Bytes that `Emitted` decisions point into: of notes, and weights of schedules.
    pub notes: Vec<u8>,
    /// What goes to venues, in order.
    pub commands: Vec<VenueCommand>,
    /// Fuel of every call of this step, in call order.
    pub fuel: Vec<u64>,
    /// Who was called, in call order: one entry for each of `fuel`.
    pub called: Vec<crate::ids::StrategyId>,
    /// Strategies halted in this step: each becomes a `StrategyHalted` event, next in the stream.
    pub halts: Vec<(crate::ids::StrategyId, Halt)>,
    /// How many intents a strategy was refused in a call, as too many of it or of its second. No decisions: a record does not
    /// have them, and they stand in no digest.
    pub cut: Vec<(crate::ids::StrategyId, u64)>,
    /// The next time at which something becomes due; the outside feeds `TimeAdvanced` then.
    pub wake_at: Option<TimeNs>,
}

impl Effects {
    /// Empty effects.
    #[must_use]
    pub fn new() -> Effects {
        Effects::default()
    }

    /// Keeps the buffers, drops the content.
    pub fn clear(&mut self) {
        self.decisions.clear();
        self.notes.clear();
        self.commands.clear();
        self.fuel.clear();
        self.called.clear();
        self.halts.clear();
        self.cut.clear();
        self.wake_at = None;
    }

    pub(crate) fn decide(&mut self, key: LegKey, kind: DecisionKind) {
        self.decisions.push(Decision { key, kind });
    }
}
