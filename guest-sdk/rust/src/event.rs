//! Question: what happened, as a strategy sees it?
//!
//! In: nothing. Out: the types of events and of the context that comes with each. Must never hold anything that
//! allocates: an event is copied on the hot path.

use crate::named::named_enum;
use crate::number::{Amount, InstrumentId, IntentId, Price, Qty, TimeNs};
use crate::plan::BarSpec;

named_enum! {
    /// Direction of an order, a fill or an aggressor.
    Side {
        /// Adds to a position.
        Buy = "buy",
        /// Takes from a position.
        Sell = "sell",
    }
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// `qty` with the sign of this side: a buy adds, a sell takes.
    ///
    /// # Panics
    /// For the one quantity that has no counterpart.
    #[must_use]
    pub fn signed(self, qty: Qty) -> Qty {
        match self {
            Self::Buy => qty,
            Self::Sell => -qty,
        }
    }
}

named_enum! {
    /// Whether and how an instrument trades.
    InstrumentState {
        /// Continuous trading.
        Trading = "trading",
        /// Orders are collected for an auction.
        Auction = "auction",
        /// Trading is interrupted.
        Halted = "halted",
        /// Outside trading hours.
        Closed = "closed",
        /// Final: expired or delisted.
        Settled = "settled",
    }
}

named_enum! {
    /// Whether market data of an instrument can be trusted to be current.
    FeedState {
        /// Data arrive.
        Live = "live",
        /// Nothing came for longer than configured, or messages were lost.
        Stale = "stale",
    }
}

named_enum! {
    /// Kind of a corporate action.
    Adjustment {
        /// New units for old ones.
        Split = "split",
        /// Cash for each unit held.
        Dividend = "dividend",
        /// The symbol changes, nothing else.
        Rename = "rename",
        /// The instrument stops trading for good.
        Delisting = "delisting",
    }
}

named_enum! {
    /// What happened to a book; ask [`crate::Ctx::depth`] for its levels.
    BookAction {
        /// A group of level changes with one time stamp is complete.
        Changed = "changed",
        /// The book was emptied and will be rebuilt.
        Cleared = "cleared",
    }
}

named_enum! {
    /// Role of an order in a fill.
    Liquidity {
        /// The order rested.
        Maker = "maker",
        /// The order crossed.
        Taker = "taker",
        /// The venue did not say, or it has no meaning.
        None = "none",
    }
}

named_enum! {
    /// Why a venue refused a submit, a cancel or an amend.
    RejectReason {
        /// No reason, or one without a name here.
        Unknown = "unknown",
        /// Not enough money or margin at the venue.
        InsufficientBalance = "insufficient-balance",
        /// Outside the venue's price limits.
        PriceOutOfBand = "price-out-of-band",
        /// A post-only order would have crossed.
        WouldTake = "would-take",
        /// The client order id was used before.
        Duplicate = "duplicate",
        /// The venue does not know the order.
        UnknownOrder = "unknown-order",
        /// The order was already done.
        TooLate = "too-late",
        /// The venue's rate limit.
        RateLimited = "rate-limited",
        /// The host could not send it; the venue never saw it.
        TransmitRefused = "transmit-refused",
        /// The market is not open.
        MarketClosed = "market-closed",
    }
}

named_enum! {
    /// Why an order was canceled.
    CancelReason {
        /// The strategy asked for it.
        Asked = "asked",
        /// What an immediate-or-cancel order could not fill.
        IocRemainder = "ioc-remainder",
        /// The venue's own decision.
        Venue = "venue",
        /// An operator of the host.
        Operator = "operator",
        /// The kill switch.
        KillSwitch = "kill-switch",
        /// It would have traded against an order of the same owner.
        SelfTrade = "self-trade",
    }
}

named_enum! {
    /// What became of an intent that did not reach a venue.
    OutcomeCode {
        /// The Normalizer could not make an order of it.
        Malformed = "malformed",
        /// A later intent took its place.
        Superseded = "superseded",
        /// Taken back while it waited.
        Withdrawn = "withdrawn",
        /// It waited longer than its approval was valid.
        ApprovalExpired = "approval-expired",
        /// Risk: quantity of one order.
        DeniedQuantity = "denied-quantity",
        /// Risk: notional of one order.
        DeniedNotional = "denied-notional",
        /// Risk: position with all reservations.
        DeniedPosition = "denied-position",
        /// Risk: exposure with all reservations.
        DeniedExposure = "denied-exposure",
        /// Risk: limit price too far from the reference price.
        DeniedPriceCollar = "denied-price-collar",
        /// Risk: number of open orders.
        DeniedOpenOrders = "denied-open-orders",
        /// Risk: the strategy may not do this.
        DeniedNotAuthorised = "denied-not-authorised",
        /// Risk: the instrument is not trading.
        DeniedInstrumentStatus = "denied-instrument-status",
        /// Risk: market data are too old to judge by.
        DeniedStaleMarket = "denied-stale-market",
        /// Risk: trading is switched off.
        DeniedTradingDisabled = "denied-trading-disabled",
        /// Risk: the kill switch is latched.
        DeniedKillSwitch = "denied-kill-switch",
        /// Risk: loss limit.
        DeniedLoss = "denied-loss",
        /// Risk: drawdown limit.
        DeniedDrawdown = "denied-drawdown",
        /// Risk: too many orders in a time.
        DeniedVelocity = "denied-velocity",
        /// Risk: the same intent again.
        DeniedDuplicate = "denied-duplicate",
        /// Risk: margin.
        DeniedMargin = "denied-margin",
        /// Risk: a rule without a name here.
        DeniedOther = "denied-other",
        /// A schedule is over: what it has not filled it will not fill.
        Ended = "ended",
        /// Its time in force ended before it was sent.
        Expired = "expired",
    }
}

/// A public trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Price.
    pub price: Price,
    /// Quantity, above 0.
    pub qty: Qty,
    /// Who crossed; `None` = the feed does not say.
    pub aggressor: Option<Side>,
}

/// The touch. A side with quantity 0 is empty, and its price is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// Best bid.
    pub bid_price: Price,
    /// Quantity at the best bid, 0 = no bid.
    pub bid_qty: Qty,
    /// Best ask.
    pub ask_price: Price,
    /// Quantity at the best ask, 0 = no ask.
    pub ask_qty: Qty,
}

/// One finished bar; the event's time is its close. (A bar by time that the host built closes at `open_time` plus
/// `interval_ns`; where nothing told the host of the time, the event comes later.)
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
    /// Traded quantity, 0 or above.
    pub volume: Qty,
    /// Start of the bar.
    pub open_time: TimeNs,
    /// Length in nanoseconds of a bar by time. Of a bar of another kind a number that [`Bar::spec`] reads. 0 = the feed
    /// brought a bar of no known length.
    pub interval_ns: u64,
}

impl Bar {
    /// Which bars this is one of, for strategies that subscribe to several kinds; `None` where the feed does not say.
    #[must_use]
    pub fn spec(&self) -> Option<BarSpec> {
        BarSpec::from_code(self.interval_ns)
    }
}

/// Funding of a perpetual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funding {
    /// Rate of this period times 10^9; above 0 = long positions pay.
    pub rate_e9: i64,
    /// When it is paid next; 0 = unknown.
    pub next_time: TimeNs,
}

/// A change of the instrument itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorporateAction {
    /// What kind.
    pub kind: Adjustment,
    /// New units of a split, otherwise 0.
    pub numerator: u64,
    /// Old units of a split, otherwise 0.
    pub denominator: u64,
    /// Cash for each unit of a dividend, otherwise 0.
    pub cash: Amount,
}

/// A fill of an own order, or its reversal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The intent that the order came from.
    pub id: IntentId,
    /// Price of this fill.
    pub price: Price,
    /// Quantity of this fill, above 0.
    pub qty: Qty,
    /// What is still open of the order, 0 = filled.
    pub leaves: Qty,
    /// Fee, below 0 = a rebate.
    pub fee: Amount,
    /// Side of the order.
    pub side: Side,
    /// Role of the order.
    pub liquidity: Liquidity,
}

/// A venue's refusal of a submit, a cancel or an amend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The intent that the order came from.
    pub id: IntentId,
    /// Why.
    pub reason: RejectReason,
}

/// An order left the market before it was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canceled {
    /// The intent that the order came from.
    pub id: IntentId,
    /// What was still open, 0 or above.
    pub leaves: Qty,
    /// Why.
    pub reason: CancelReason,
}

/// An order works under new terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amended {
    /// The intent that the order came from.
    pub id: IntentId,
    /// Its limit price now.
    pub price: Price,
    /// Its whole quantity now, filled included.
    pub qty: Qty,
}

/// What became of an intent that did not reach a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The intent.
    pub id: IntentId,
    /// What became of it.
    pub code: OutcomeCode,
}

/// Outside data that entered the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Number of the source in the configuration.
    pub source: u32,
    /// Number of the name in the configuration.
    pub name: u32,
    /// The value, at the scale that the configuration gives for the name.
    pub value: i64,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A public trade.
    Trade(Trade),
    /// The touch changed.
    Quote(Quote),
    /// The book changed.
    Book(BookAction),
    /// A bar closed.
    Bar(Bar),
    /// The venue's mark price.
    MarkPrice(Price),
    /// Funding of a perpetual.
    Funding(Funding),
    /// The instrument's trading state changed.
    Status(InstrumentState),
    /// The feed became stale or recovered.
    Feed(FeedState),
    /// The instrument itself changed.
    CorporateAction(CorporateAction),
    /// The order works at the venue.
    Accepted(IntentId),
    /// The venue refused the order.
    Rejected(Reject),
    /// The order was filled, whole or in part.
    Filled(Fill),
    /// The order was canceled.
    Canceled(Canceled),
    /// The venue refused to cancel.
    CancelRejected(Reject),
    /// The order was amended.
    Amended(Amended),
    /// The venue refused to amend.
    AmendRejected(Reject),
    /// The order's life ended by its time in force.
    Expired(IntentId),
    /// Nobody knows whether the venue has the order.
    Unknown(IntentId),
    /// A fill was taken back by the venue.
    Busted(Fill),
    /// An intent did not reach a venue.
    Outcome(Outcome),
    /// Outside data.
    Signal(Signal),
    /// Trading was enabled (true) or disabled (false) for this strategy.
    Trading(bool),
    /// The time asked for has come.
    Wake,
}

/// One event, as the strategy sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Host receive time: this is "now".
    pub time: TimeNs,
    /// The venue's own time stamp, 0 = none.
    pub venue_time: TimeNs,
    /// The instrument it concerns, 0 = none.
    pub instrument: InstrumentId,
    /// What happened.
    pub kind: Payload,
}

/// What nearly every event needs: touch and own position of the event's instrument, after the event was applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The touch.
    pub touch: Quote,
    /// The strategy's net position, below 0 = short.
    pub position: Qty,
}
