//! Market events: what did a market show?
//!
//! In: trades, quotes, books, bars, rates, corporate actions. Out: values of a few numbers. Must never: say what an order
//! of ours has to do with it.

use crate::coded_enum;
use crate::ids::TimeNs;
use crate::instrument::Side;
use crate::money::{Price, Qty};

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
