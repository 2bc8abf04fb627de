//! Intents: what does a strategy want?
//!
//! In: wishes from a guest, an operator or a parent. Out: typed values, not yet checked against an instrument.
//! Must never: know limits, timing or a venue's protocol.

use crate::coded_enum;
use crate::ids::{InstrumentId, IntentId, LegKey, TimeNs};
use crate::instrument::{PositionSide, Side};
use crate::money::{Price, Qty};

coded_enum! {
    /// Order types a strategy can ask for.
    OrderType {
        /// At the best available price.
        Market = 1 "market",
        /// At the limit price or better.
        Limit = 2 "limit",
        /// Market order once the stop price trades.
        StopMarket = 3 "stop-market",
        /// Limit order once the stop price trades.
        StopLimit = 4 "stop-limit",
    }
}

coded_enum! {
    /// How long an order stands.
    TimeInForce {
        /// Until canceled.
        Gtc = 1 "gtc",
        /// Fills at once, the rest is canceled.
        Ioc = 2 "ioc",
        /// Fills whole at once or not at all.
        Fok = 3 "fok",
        /// Until the end of the trading day.
        Day = 4 "day",
    }
}

coded_enum! {
    /// Environment label of a run.
    Env {
        /// Development.
        Dev = 1 "dev",
        /// Rehearsal.
        Staging = 2 "staging",
        /// Production.
        Prod = 3 "prod",
    }
}

/// How much: units, or value in the quote currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A quantity mantissa at the instrument's quantity scale.
    Quantity(Qty),
    /// A value in the quote currency, a mantissa at the instrument's price scale.
    Notional(i64),
}

/// A wish for a new order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submit {
    /// Instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much.
    pub size: Size,
    /// Order type.
    pub order_type: OrderType,
    /// Needed for limit and stop-limit, refused otherwise.
    pub limit_price: Option<Price>,
    /// Needed for stop types, refused otherwise.
    pub stop_price: Option<Price>,
    /// Time in force.
    pub tif: TimeInForce,
    /// On a market order: becomes an IOC limit this far from the reference, in basis points.
    pub max_slippage_bps: Option<u32>,
    /// Must rest in the book or be rejected.
    pub post_only: bool,
    /// May only make the position smaller.
    pub reduce_only: bool,
    /// Position it belongs to.
    pub position_side: PositionSide,
}

/// A wish to change a working order. At least one of price and quantity is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amend {
    /// The strategy's own intent whose order is meant.
    pub order: IntentId,
    /// New limit price.
    pub price: Option<Price>,
    /// New total quantity (filled part included).
    pub qty: Option<Qty>,
}

/// Where the bytes of a note lie in the buffer they came with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoteSpan {
    /// Offset in bytes.
    pub start: u32,
    /// Length in bytes, at most [`NOTE_BYTES_MAX`].
    pub len: u32,
}

/// Longest note in bytes: a line of log, not a file.
pub const NOTE_BYTES_MAX: usize = 512;

/// What keeps the orders of a schedule from any price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// They are limit orders at this price.
    Limit(Price),
    /// They are market orders that give up so many basis points of the reference at most.
    Slippage(u32),
}

/// How a schedule spreads its quantity over its slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// The same in each of so many slices (TWAP).
    Even(u16),
    /// By weight, one for each slice: two bytes each, little-endian, in the buffer that notes lie in (VWAP).
    Profile(NoteSpan),
    /// So many slices, each at most so many basis points of what the market traded in the interval before it.
    Volume {
        /// Number of slices.
        slices: u16,
        /// Part of the traded volume, in basis points.
        bps: u32,
    },
}

/// A wish for many orders over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much in all.
    pub size: Size,
    /// Price bound of every order.
    pub bound: Bound,
    /// Limit orders of it must rest or be rejected.
    pub post_only: bool,
    /// May only make the position smaller.
    pub reduce_only: bool,
    /// Position it belongs to.
    pub position_side: PositionSide,
    /// When the first slice begins; what is past is now.
    pub start: TimeNs,
    /// When it is over.
    pub end: TimeNs,
    /// How it is spread.
    pub curve: Curve,
}

impl Schedule {
    /// One of its orders: a limit order that rests, or a market order that does not.
    #[must_use]
    pub const fn order(&self, size: Size) -> Submit {
        let (order_type, limit_price, max_slippage_bps, tif) = match self.bound {
            Bound::Limit(price) => (OrderType::Limit, Some(price), None, TimeInForce::Gtc),
            Bound::Slippage(bps) => (OrderType::Market, None, Some(bps), TimeInForce::Ioc),
        };
        Submit {
            instrument: self.instrument,
            side: self.side,
            size,
            order_type,
            limit_price,
            stop_price: None,
            tif,
            max_slippage_bps,
            post_only: self.post_only,
            reduce_only: self.reduce_only,
            position_side: self.position_side,
        }
    }
}

/// Most slices of a schedule: each may take a few of the 2^15 legs that one intent can have.
pub const SLICES_MAX: u16 = 1_000;
/// Most weights of a profile: a day in quarters of an hour.
pub const WEIGHTS_MAX: usize = 96;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntentKind {
    /// A new order.
    Submit(Submit),
    /// Cancel one own order.
    Cancel(IntentId),
    /// Change one own order.
    Amend(Amend),
    /// Cancel all own orders, of one instrument or of all.
    CancelAll(Option<InstrumentId>),
    /// Cancel all own orders and close the position, of one instrument or of all.
    Flatten(Option<InstrumentId>),
    /// Call the strategy at that time.
    WakeAt(TimeNs),
    /// A line for the record.
    Note(NoteSpan),
    /// Many orders over time.
    Schedule(Schedule),
}

impl IntentKind {
    /// Stable name in text and JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            IntentKind::Submit(_) => "submit",
            IntentKind::Cancel(_) => "cancel",
            IntentKind::Amend(_) => "amend",
            IntentKind::CancelAll(_) => "cancel-all",
            IntentKind::Flatten(_) => "flatten",
            IntentKind::WakeAt(_) => "wake-at",
            IntentKind::Note(_) => "note",
            IntentKind::Schedule(_) => "schedule",
        }
    }
}

/// An emitted intent: numbered by the host, owned by one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Owner, number and leg 0; or the leg a parent derived.
    pub key: LegKey,
    /// What is wanted.
    pub kind: IntentKind,
}

/// A normalised order: exactly how much at what price. Every field is final and checked against its instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTerms {
    /// Instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Quantity, a positive multiple of the lot within the instrument's limits.
    pub qty: Qty,
    /// Order type.
    pub order_type: OrderType,
    /// Limit price on the tick grid, present for limit and stop-limit.
    pub limit_price: Option<Price>,
    /// Stop price on the tick grid, present for stop types.
    pub stop_price: Option<Price>,
    /// Time in force.
    pub tif: TimeInForce,
    /// Must rest.
    pub post_only: bool,
    /// May only make the position smaller.
    pub reduce_only: bool,
    /// Position it belongs to.
    pub position_side: PositionSide,
    /// Price that risk values it at: the limit, else the reference the normalizer used.
    pub reference: Price,
}

/// A normalised change of a working order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmendTerms {
    /// Order to change.
    pub order: LegKey,
    /// Its instrument.
    pub instrument: InstrumentId,
    /// Its side.
    pub side: Side,
    /// New limit price.
    pub price: Price,
    /// New total quantity.
    pub qty: Qty,
}

/// A normalised cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelTerms {
    /// Order to cancel.
    pub order: LegKey,
    /// Its instrument.
    pub instrument: InstrumentId,
}

/// What a normalised leg asks of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Place an order.
    Submit(OrderTerms),
    /// Cancel an order.
    Cancel(CancelTerms),
    /// Change an order.
    Amend(AmendTerms),
}

impl Action {
    /// Instrument concerned.
    #[must_use]
    pub const fn instrument(&self) -> InstrumentId {
        match self {
            Action::Submit(terms) => terms.instrument,
            Action::Cancel(terms) => terms.instrument,
            Action::Amend(terms) => terms.instrument,
        }
    }

    /// Order that a cancel or amend is about; `None` for a submit.
    #[must_use]
    pub const fn target(&self) -> Option<LegKey> {
        match self {
            Action::Submit(_) => None,
            Action::Cancel(terms) => Some(terms.order),
            Action::Amend(terms) => Some(terms.order),
        }
    }

    /// Stable name in text and JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Action::Submit(_) => "submit",
            Action::Cancel(_) => "cancel",
            Action::Amend(_) => "amend",
        }
    }
}
