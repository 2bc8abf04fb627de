//! Market of one instrument as the venue sees it: what could be taken now, and what is displayed?
//!
//! In: trades, quotes, book levels, bars, status. Out: the taking price, the size displayed at a price. Must never: know
//! orders.
//!
//! The taking price is the opposite touch where the tape has ever shown one, and otherwise the last price (of a trade, or
//! the open and close of a bar). An empty opposite touch means that there is nothing to take. Displayed size never limits
//! a taker: it fills whole.

use ringfence_core::event::{BookLevel, Quote};
use ringfence_core::instrument::{InstrumentStatus, Side};
use ringfence_core::money::{Price, Qty};
use ringfence_core::state::market::Book;

/// One instrument's market.
#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) status: InstrumentStatus,
    pub(crate) last: Option<Price>,
    touch: Quote,
    is_quoted: bool,
    /// Present once the tape has shown a level.
    depth: Option<Box<Book>>,
}

impl Market {
    pub(crate) fn new(status: InstrumentStatus) -> Market {
        Market { status, last: None, touch: Quote::default(), is_quoted: false, depth: None }
    }

    pub(crate) fn quote(&mut self, quote: &Quote) {
        self.touch = *quote;
        self.is_quoted = true;
    }

    /// Applies a level; the new touch when it closes its group.
    pub(crate) fn book_level(&mut self, level: &BookLevel) -> Option<Quote> {
        let depth = self.depth.get_or_insert_default();
        depth.apply(level);
        if !level.is_last {
            return None;
        }
        let touch = depth.touch();
        self.quote(&touch);
        Some(touch)
    }

    /// What an order of this side would pay (or get) now; `None` = nothing to take.
    pub(crate) fn taking_price(&self, side: Side) -> Option<Price> {
        if self.is_quoted { opposite_touch(&self.touch, side) } else { self.last }
    }

    /// Size displayed at a price on a side, in front of which a new order would stand last; `None` = not known.
    pub(crate) fn displayed(&self, side: Side, price: Price) -> Option<i64> {
        let (best, qty) = own_touch(&self.touch, side);
        let improves = match side {
            Side::Buy => price > best,
            Side::Sell => price < best,
        };
        match (self.is_quoted, qty > 0) {
            (false, _) => None,
            (true, false) => Some(0),
            (true, true) if price == best => Some(qty),
            (true, true) if improves => Some(0),
            (true, true) => self.depth.as_ref().map(|depth| size_at(depth.side(side), price)),
        }
    }
}

/// Best price of the other side, where it is not empty.
pub(crate) fn opposite_touch(touch: &Quote, side: Side) -> Option<Price> {
    let (price, qty) = own_touch(touch, side.opposite());
    (qty > 0).then_some(price)
}

/// Best price and size of a side; size 0 = empty.
pub(crate) fn own_touch(touch: &Quote, side: Side) -> (Price, i64) {
    match side {
        Side::Buy => (touch.bid_price, touch.bid_qty.0),
        Side::Sell => (touch.ask_price, touch.ask_qty.0),
    }
}

/// True where an order of this side with this limit would take at this price.
pub(crate) fn takes(side: Side, limit: Price, price: Price) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    }
}

/// True while orders meet the market. A restriction is the operator's and does not bind the venue.
pub(crate) fn is_matching(status: InstrumentStatus) -> bool {
    match status {
        InstrumentStatus::Trading | InstrumentStatus::PostOnly | InstrumentStatus::Restricted => true,
        InstrumentStatus::Auction
        | InstrumentStatus::Halted
        | InstrumentStatus::CancelOnly
        | InstrumentStatus::Closed
        | InstrumentStatus::Settled => false,
    }
}

/// True while new and changed orders are taken; in an auction they wait for continuous trading.
pub(crate) fn is_open_to(status: InstrumentStatus, post_only: bool) -> bool {
    match status {
        InstrumentStatus::Trading | InstrumentStatus::Auction | InstrumentStatus::Restricted => true,
        InstrumentStatus::PostOnly => post_only,
        InstrumentStatus::Halted
        | InstrumentStatus::CancelOnly
        | InstrumentStatus::Closed
        | InstrumentStatus::Settled => false,
    }
}

fn size_at(levels: &[(Price, Qty)], price: Price) -> i64 {
    levels.iter().find(|(level, _)| *level == price).map_or(0, |(_, qty)| qty.0)
}
