//! Question: what can a strategy want?
//!
//! In: nothing. Out: the types of intents. Must never know what Risk allows or where an order goes.

use core::fmt;

use crate::event::Side;
use crate::named::named_enum;
use crate::number::{InstrumentId, IntentId, Notional, Price, Qty, TimeNs};

named_enum! {
    /// What makes an order active and what limits its price.
    OrderType {
        /// At once, at any price.
        Market = "market",
        /// At the limit price or better.
        Limit = "limit",
        /// Becomes a market order at the stop price.
        StopMarket = "stop-market",
        /// Becomes a limit order at the stop price.
        StopLimit = "stop-limit",
        /// Becomes a market order at a trigger on the better side of the market.
        MarketIfTouched = "market-if-touched",
        /// Becomes a limit order at a trigger on the better side of the market.
        LimitIfTouched = "limit-if-touched",
        /// Becomes a market order when the market turns by an offset.
        TrailingStopMarket = "trailing-stop-market",
        /// Becomes a limit order when the market turns by an offset.
        TrailingStopLimit = "trailing-stop-limit",
        /// A market order whose remainder rests at the price of its last fill.
        MarketToLimit = "market-to-limit",
    }
}

named_enum! {
    /// How long an order lives.
    TimeInForce {
        /// Until canceled.
        Gtc = "gtc",
        /// Fill what is possible at once, cancel the remainder.
        Ioc = "ioc",
        /// Fill whole at once or not at all.
        Fok = "fok",
        /// Until the end of the trading day.
        Day = "day",
        /// Until a time that it names.
        Gtd = "gtd",
        /// In the auction that opens the next session.
        AtOpen = "at-open",
        /// In the auction that closes the session.
        AtClose = "at-close",
    }
}

named_enum! {
    /// Which price a trigger looks at.
    TriggerBy {
        /// The last trade; the touch while there was no trade and no bar.
        Last = "last",
        /// What the order would trade at: the ask for a buy, the bid for a sell.
        Touch = "touch",
        /// The venue's mark price.
        Mark = "mark",
    }
}

named_enum! {
    /// What the offsets of a trail are counted in.
    TrailUnit {
        /// Mantissas at the instrument's price scale.
        Price = "price",
        /// 1/10000 of the best price so far.
        Bps = "bps",
        /// Ticks of the instrument.
        Ticks = "ticks",
    }
}

named_enum! {
    /// What the orders of a group do to each other.
    GroupKind {
        /// There is no group.
        None = "none",
        /// One cancels the others.
        Oco = "oco",
        /// One updates the others.
        Ouo = "ouo",
    }
}

/// How a trigger follows the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Distance of the trigger from the best price so far, above 0.
    pub offset: i64,
    /// Unit of both offsets.
    pub unit: TrailUnit,
    /// Distance of the limit price beyond the trigger, for a trailing stop-limit order.
    pub limit_offset: i64,
}

/// What few orders ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extras {
    /// End of a good-till-date order.
    pub expire_at: Option<TimeNs>,
    /// Largest part that the market may see at a time.
    pub display_qty: Option<Qty>,
    /// How the trigger of a trailing order follows the market.
    pub trail: Option<Trail>,
    /// Which price triggers.
    pub trigger_by: TriggerBy,
    /// An own earlier intent whose order has to fill before this one is sent.
    pub parent: Option<IntentId>,
    /// The first intent of its group; `None` with a kind = this order is the first.
    pub group: Option<IntentId>,
    /// What the orders of its group do to each other.
    pub group_kind: GroupKind,
}

impl Extras {
    /// What an order asks for that says nothing of these.
    pub const NONE: Self = Self {
        expire_at: None,
        display_qty: None,
        trail: None,
        trigger_by: TriggerBy::Last,
        parent: None,
        group: None,
        group_kind: GroupKind::None,
    };
}

named_enum! {
    /// Why an intent was refused before it became one. Says nothing about Risk.
    EmitError {
        /// The event is part of the warm-up.
        Warmup = "warmup",
        /// The host's limit of intents in one call.
        TooMany = "too-many",
        /// A value out of its range.
        Malformed = "malformed",
        /// A note longer than the host allows.
        NoteTooLong = "note-too-long",
        /// Called outside the handling of an event.
        NotNow = "not-now",
    }
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for EmitError {}

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A quantity, above 0.
    Quantity(Qty),
    /// A value in the quote currency, above 0; becomes a quantity rounded down to the lot.
    Notional(Notional),
}

impl From<Qty> for Size {
    fn from(qty: Qty) -> Self {
        Self::Quantity(qty)
    }
}

impl From<Notional> for Size {
    fn from(value: Notional) -> Self {
        Self::Notional(value)
    }
}

/// A wish to have an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submit {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much.
    pub size: Size,
    /// Kind of order.
    pub order_type: OrderType,
    /// For limit, stop-limit and limit-if-touched orders.
    pub limit_price: Option<Price>,
    /// Price that triggers, for stop and if-touched orders.
    pub stop_price: Option<Price>,
    /// How long it lives.
    pub tif: TimeInForce,
    /// Bound for a market order in 1/10000 of the reference price, 1 to 5000.
    pub slippage_bps_max: Option<u32>,
    /// Reject it rather than let it cross.
    pub post_only: bool,
    /// Never let it open or enlarge a position.
    pub reduce_only: bool,
    /// What few orders ask for.
    pub extras: Extras,
}

/// What keeps the orders of a schedule from any price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// They are limit orders at this price.
    Limit(Price),
    /// They are market orders that give up so many 1/10000 of the reference price at most, 1 to 5000.
    Slippage(u32),
}

/// How a schedule spreads its quantity over slices of equal length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Curve {
    /// The same in each of so many slices, 1 to 1000.
    Even(u16),
    /// By weight, one for each slice, 1 to 96 of them, at least one above 0.
    Profile(Vec<u16>),
    /// So many slices, each at most a part of what the market traded in the interval before it.
    Volume {
        /// 1 to 1000.
        slices: u16,
        /// The part in 1/10000, 1 to 10000.
        bps: u32,
    },
}

/// A wish for many orders over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much in all.
    pub size: Size,
    /// Price bound of every order.
    pub bound: Bound,
    /// Reject a limit order rather than let it cross.
    pub post_only: bool,
    /// Never let an order open or enlarge a position.
    pub reduce_only: bool,
    /// When the first slice begins; what is past is now.
    pub start: TimeNs,
    /// When it is over: what is open then is canceled.
    pub end: TimeNs,
    /// How it is spread.
    pub curve: Curve,
}

/// A wish to change a working or held order; `None` leaves a value as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amend {
    /// The intent that the order came from.
    pub id: IntentId,
    /// New limit price.
    pub price: Option<Price>,
    /// New whole quantity, filled included.
    pub qty: Option<Qty>,
    /// New price that triggers, of a held order whose trigger does not trail.
    pub trigger: Option<Price>,
}

/// What a strategy can want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Have an order.
    Submit(Submit),
    /// Cancel the order of this intent.
    Cancel(IntentId),
    /// Change the order of an intent.
    Amend(Amend),
    /// Cancel every own order, of one instrument or of all.
    CancelAll(Option<InstrumentId>),
    /// Cancel every own order and close the own position, of one instrument or of all. What an own resting order would
    /// close stays reserved for it until it is canceled.
    Flatten(Option<InstrumentId>),
    /// Be called with `Wake` at this time, or at the first event after it; 1 ms from now at the earliest.
    WakeAt(TimeNs),
    /// Text for the journal.
    Note(String),
    /// Work an order over time.
    Schedule(Box<Schedule>),
}
