//! Intents: what does a strategy want?
//!
//! In: wishes from a guest, an operator or a parent. Out: typed values, not yet checked against an instrument.
//! Must never: know limits, timing or a venue's protocol.

mod bytes;

use crate::canonical::{Read, Reader, Writer};
use crate::coded_enum;
use crate::ids::{InstrumentId, IntentId, LegKey, TimeNs};
use crate::instrument::{PositionSide, Side};
use crate::money::{Price, Qty};

pub use bytes::{put_intent, take_intent};

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
        /// Market order once the market comes to the stop price from its better side.
        MarketIfTouched = 5 "market-if-touched",
        /// Limit order once the market comes to the stop price from its better side.
        LimitIfTouched = 6 "limit-if-touched",
        /// Market order once the market turns by the trail's offset.
        TrailingStopMarket = 7 "trailing-stop-market",
        /// Limit order once the market turns by the trail's offset.
        TrailingStopLimit = 8 "trailing-stop-limit",
        /// Market order whose remainder rests as a limit at the price of its last fill.
        MarketToLimit = 9 "market-to-limit",
    }
}

impl OrderType {
    /// True for the types that wait for a price before they are sent.
    #[must_use]
    pub const fn is_triggered(self) -> bool {
        match self {
            OrderType::StopMarket
            | OrderType::StopLimit
            | OrderType::MarketIfTouched
            | OrderType::LimitIfTouched
            | OrderType::TrailingStopMarket
            | OrderType::TrailingStopLimit => true,
            OrderType::Market | OrderType::Limit | OrderType::MarketToLimit => false,
        }
    }

    /// True for the types whose trigger price follows the market.
    #[must_use]
    pub const fn is_trailing(self) -> bool {
        matches!(self, OrderType::TrailingStopMarket | OrderType::TrailingStopLimit)
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
        /// Until a time that it names.
        Gtd = 5 "gtd",
        /// When the market opens next: sent then, and canceled with what it does not find at once.
        AtOpen = 6 "at-open",
        /// Before the market closes: sent then, and canceled with what it does not find at once.
        AtClose = 7 "at-close",
    }
}

impl TimeInForce {
    /// True for the times that an order waits for before it is sent.
    #[must_use]
    pub const fn is_of_session(self) -> bool {
        matches!(self, TimeInForce::AtOpen | TimeInForce::AtClose)
    }
}

coded_enum! {
    /// Which price a trigger looks at.
    TriggerBy {
        /// The last trade; the touch where the instrument has had no trade or bar.
        Last = 1 "last",
        /// What the order would trade at: the ask for a buy, the bid for a sell.
        Touch = 2 "touch",
        /// The venue's mark price.
        Mark = 3 "mark",
    }
}

coded_enum! {
    /// What the offsets of a trail are counted in.
    TrailUnit {
        /// Mantissas at the instrument's price scale.
        Price = 1 "price",
        /// Basis points of the best price so far.
        Bps = 2 "bps",
        /// Ticks of the instrument.
        Ticks = 3 "ticks",
    }
}

coded_enum! {
    /// What the orders of a group do to each other.
    GroupKind {
        /// No group.
        None = 1 "none",
        /// One cancels the others: a fill of one ends the rest.
        Oco = 2 "oco",
        /// One updates the others: a fill of one takes its quantity from the rest.
        Ouo = 3 "ouo",
    }
}

/// How a trigger price follows the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Distance of the trigger from the best price so far, above 0; 0 = no trail.
    pub offset: i64,
    /// Unit of both offsets.
    pub unit: TrailUnit,
    /// Distance of the limit beyond the trigger, for a trailing stop-limit order; 0 = at the trigger.
    pub limit_offset: i64,
}

impl Trail {
    /// No trail.
    pub const NONE: Trail = Trail { offset: 0, unit: TrailUnit::Price, limit_offset: 0 };
}

/// Ties between orders of one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Own earlier intent whose order has to fill before this one is sent; 0 = none.
    pub parent: IntentId,
    /// The first intent of the group; 0 with a kind = this order is the first.
    pub group: IntentId,
    /// What the members of the group do to each other.
    pub group_kind: GroupKind,
}

impl Link {
    /// No ties.
    pub const NONE: Link = Link { parent: IntentId(0), group: IntentId(0), group_kind: GroupKind::None };
}

/// What few orders ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extras {
    /// End of a good-till-date order; 0 = none.
    pub expire_at: TimeNs,
    /// Largest part that the market may see at a time; 0 = all of it.
    pub display_qty: Qty,
    /// How the trigger of a trailing order follows the market.
    pub trail: Trail,
    /// Price that triggers.
    pub trigger_by: TriggerBy,
    /// Ties to other orders.
    pub link: Link,
}

impl Extras {
    /// What an order asks for that says nothing of these.
    pub const NONE: Extras = Extras {
        expire_at: TimeNs(0),
        display_qty: Qty(0),
        trail: Trail::NONE,
        trigger_by: TriggerBy::Last,
        link: Link::NONE,
    };

    /// Appends the canonical bytes.
    pub fn put(&self, w: &mut Writer) {
        w.u64(self.expire_at.0);
        w.i64(self.display_qty.0);
        w.i64(self.trail.offset);
        w.u8(self.trail.unit.number());
        w.i64(self.trail.limit_offset);
        w.u8(self.trigger_by.number());
        w.u64(self.link.parent.0);
        w.u64(self.link.group.0);
        w.u8(self.link.group_kind.number());
    }

    /// Reads the canonical bytes.
    ///
    /// # Errors
    /// [`DecodeError`](crate::canonical::DecodeError) when they are cut off or hold an unknown case.
    pub fn take(r: &mut Reader<'_>) -> Read<Extras> {
        Ok(Extras {
            expire_at: TimeNs(r.u64()?),
            display_qty: Qty(r.i64()?),
            trail: Trail { offset: r.i64()?, unit: TrailUnit::take(r)?, limit_offset: r.i64()? },
            trigger_by: TriggerBy::take(r)?,
            link: Link { parent: IntentId(r.u64()?), group: IntentId(r.u64()?), group_kind: GroupKind::take(r)? },
        })
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
    /// Needed for limit, stop-limit and limit-if-touched, refused otherwise.
    pub limit_price: Option<Price>,
    /// Price that triggers; needed for stop and if-touched types, refused otherwise.
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
    /// What few orders ask for.
    pub extras: Extras,
}

impl Submit {
    /// A limit order that rests until it is canceled, with nothing else asked for.
    #[must_use]
    pub const fn limit(instrument: InstrumentId, side: Side, qty: Qty, price: Price) -> Submit {
        Submit {
            instrument,
            side,
            size: Size::Quantity(qty),
            order_type: OrderType::Limit,
            limit_price: Some(price),
            stop_price: None,
            tif: TimeInForce::Gtc,
            max_slippage_bps: None,
            post_only: false,
            reduce_only: false,
            position_side: PositionSide::Net,
            extras: Extras::NONE,
        }
    }
}

/// A wish to change a working or held order. At least one of the three is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amend {
    /// The strategy's own intent whose order is meant.
    pub order: IntentId,
    /// New limit price.
    pub price: Option<Price>,
    /// New total quantity (filled part included).
    pub qty: Option<Qty>,
    /// New trigger price, of an order that waits for one.
    pub trigger: Option<Price>,
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
            extras: Extras::NONE,
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

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn everything_of_the_extras_is_in_their_bytes_and_comes_back() {
        let none = Extras::NONE;
        let all = [
            none,
            Extras { expire_at: TimeNs(1), ..none },
            Extras { display_qty: Qty(1), ..none },
            Extras { trail: Trail { offset: 1, ..Trail::NONE }, ..none },
            Extras { trail: Trail { unit: TrailUnit::Bps, ..Trail::NONE }, ..none },
            Extras { trail: Trail { limit_offset: 1, ..Trail::NONE }, ..none },
            Extras { trigger_by: TriggerBy::Mark, ..none },
            Extras { link: Link { parent: IntentId(1), ..Link::NONE }, ..none },
            Extras { link: Link { group: IntentId(1), ..Link::NONE }, ..none },
            Extras { link: Link { group_kind: GroupKind::Ouo, ..Link::NONE }, ..none },
        ];
        let mut seen = vec![];
        for extras in all {
            let mut w = Writer::new();
            extras.put(&mut w);
            let mut r = Reader::new(w.bytes());
            assert_eq!(Extras::take(&mut r), Ok(extras));
            assert!(!seen.contains(&w.bytes().to_vec()), "{extras:?}");
            seen.push(w.into_bytes());
        }
    }
}
