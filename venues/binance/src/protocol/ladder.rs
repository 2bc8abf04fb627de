//! Ladder: can the book that was told be the venue's?
//!
//! In: records of a book as they are told, touches of the venue's own stream of touches. Out: whether they contradict each
//! other. Must never: be asked for prices by anybody; the book of a session is in its State.
//!
//! The venues of this family send no checksum of a book. What shows that a level is wrong is a bid that is not below the ask,
//! and the stream of touches, which counts the same updates: the touch that was in force at the book's last update is its best
//! level on either side. A touch may be left out in a burst, so that one contradiction proves nothing; several in a row do.

use std::collections::BTreeMap;

use ringfence_core::event::{BookAction, BookLevel, Quote};
use ringfence_core::instrument::Side;
use ringfence_core::money::{Price, Qty};

/// Touches in a row that contradict the book before it is dropped.
const CONTRADICTIONS_MAX: u32 = 3;

/// Levels of a book.
#[derive(Debug, Default)]
pub(crate) struct Ladder {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    contradictions: u32,
}

impl Ladder {
    /// Takes records that end a change; false where no book looks like that.
    pub(crate) fn take(&mut self, records: &[BookLevel]) -> bool {
        for record in records {
            match record.action {
                BookAction::Clear => *self = Ladder::default(),
                BookAction::Set => self.set(record.side, record.price, record.qty),
            }
        }
        let is_crossed = self.best_bid().zip(self.best_ask()).is_some_and(|((bid, _), (ask, _))| bid >= ask);
        !is_crossed
    }

    fn set(&mut self, side: Side, price: Price, qty: Qty) {
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if qty.0 == 0 {
            levels.remove(&price.0);
        } else {
            levels.insert(price.0, qty.0);
        }
    }

    fn best_bid(&self) -> Option<(i64, i64)> {
        self.bids.last_key_value().map(|(price, qty)| (*price, *qty))
    }

    fn best_ask(&self) -> Option<(i64, i64)> {
        self.asks.first_key_value().map(|(price, qty)| (*price, *qty))
    }

    /// Compares the touch that was in force at the last update; false once too many in a row were others.
    pub(crate) fn agrees(&mut self, touch: &Quote) -> bool {
        let Quote { bid_price, bid_qty, ask_price, ask_qty } = *touch;
        let side = |price: Price, qty: Qty| (qty.0 != 0).then_some((price.0, qty.0));
        let is_same = self.best_bid() == side(bid_price, bid_qty) && self.best_ask() == side(ask_price, ask_qty);
        self.contradictions = if is_same { 0 } else { self.contradictions + 1 };
        self.contradictions < CONTRADICTIONS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(side: Side, price: i64, qty: i64) -> BookLevel {
        BookLevel { action: BookAction::Set, side, price: Price(price), qty: Qty(qty), is_last: true }
    }

    fn quote(bid: (i64, i64), ask: (i64, i64)) -> Quote {
        Quote { bid_price: Price(bid.0), bid_qty: Qty(bid.1), ask_price: Price(ask.0), ask_qty: Qty(ask.1) }
    }

    #[test]
    fn a_bid_at_the_ask_is_no_book() {
        let mut ladder = Ladder::default();
        assert!(ladder.take(&[level(Side::Buy, 99, 1), level(Side::Sell, 101, 1)]));
        assert!(ladder.take(&[level(Side::Buy, 100, 1)]));
        assert!(!ladder.take(&[level(Side::Buy, 101, 1)]));
        assert!(ladder.take(&[BookLevel { action: BookAction::Clear, ..level(Side::Buy, 0, 0) }]));
    }

    #[test]
    fn one_contradiction_proves_nothing_and_three_in_a_row_do() {
        let mut ladder = Ladder::default();
        ladder.take(&[level(Side::Buy, 99, 5), level(Side::Buy, 98, 7), level(Side::Sell, 101, 6)]);
        let (right, wrong) = (quote((99, 5), (101, 6)), quote((99, 5), (101, 7)));
        assert!([&right, &wrong, &wrong, &right, &wrong, &wrong].into_iter().all(|touch| ladder.agrees(touch)));
        assert!(!ladder.agrees(&wrong));
        assert!(ladder.take(&[level(Side::Buy, 99, 0), level(Side::Sell, 101, 0)]));
        assert!(ladder.agrees(&quote((98, 7), (0, 0))), "an empty side has no touch");
    }
}
