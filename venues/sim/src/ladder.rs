//! Ladder: which resting orders of one side does a price reach?
//!
//! In: orders with their limit price. Out: slots, best price first, then in order of arrival. Must never: decide whether
//! an order fills.

use ringfence_core::instrument::Side;
use ringfence_core::money::Price;

use crate::orders::{List, Orders, Slot};

/// Resting orders of one side of one instrument. Levels are sorted with the best last, because that end changes.
#[derive(Debug)]
pub(crate) struct Ladder {
    side: Side,
    levels: Vec<Level>,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    /// Larger is better, see [`rank`].
    rank: i64,
    orders: List,
}

impl Ladder {
    pub(crate) fn new(side: Side) -> Ladder {
        Ladder { side, levels: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Joins the orders at this price, as the last.
    pub(crate) fn join(&mut self, price: Price, slot: Slot, orders: &mut Orders) {
        let at = match self.find(price) {
            Ok(at) => at,
            Err(at) => {
                self.levels.insert(at, Level { rank: rank(self.side, price), orders: List::EMPTY });
                at
            }
        };
        orders.push(&mut self.levels[at].orders, slot);
    }

    /// Takes an order out that joined at this price.
    pub(crate) fn leave(&mut self, price: Price, slot: Slot, orders: &mut Orders) {
        let at = self.find(price).expect("it joined at this price");
        let level = &mut self.levels[at];
        orders.unlink(&mut level.orders, slot);
        if level.orders.is_empty() {
            self.levels.remove(at);
        }
    }

    /// Orders at this price.
    pub(crate) fn at(&self, price: Price) -> List {
        self.find(price).map_or(List::EMPTY, |at| self.levels[at].orders)
    }

    /// Adds the orders that this price has passed: bids above it, asks below it.
    pub(crate) fn passed(&self, price: Price, orders: &Orders, out: &mut Vec<Slot>) {
        let limit = rank(self.side, price);
        self.take_while(|level| level > limit, orders, out);
    }

    /// Adds the orders that this price has passed or is equal to.
    pub(crate) fn reached(&self, price: Price, orders: &Orders, out: &mut Vec<Slot>) {
        let limit = rank(self.side, price);
        self.take_while(|level| level >= limit, orders, out);
    }

    /// Adds all orders.
    pub(crate) fn all(&self, orders: &Orders, out: &mut Vec<Slot>) {
        self.take_while(|_| true, orders, out);
    }

    /// Every order, best price first.
    pub(crate) fn live<'a>(&'a self, orders: &'a Orders) -> impl Iterator<Item = Slot> + 'a {
        self.levels.iter().rev().flat_map(|level| orders.of(level.orders))
    }

    fn take_while(&self, wanted: impl Fn(i64) -> bool, orders: &Orders, out: &mut Vec<Slot>) {
        let levels = self.levels.iter().rev().take_while(|level| wanted(level.rank));
        out.extend(levels.flat_map(|level| orders.of(level.orders)));
    }

    fn find(&self, price: Price) -> Result<usize, usize> {
        let rank = rank(self.side, price);
        match self.levels.last() {
            Some(best) if best.rank == rank => Ok(self.levels.len() - 1),
            Some(_) | None => self.levels.binary_search_by_key(&rank, |level| level.rank),
        }
    }
}

/// Larger is better for the order's owner to be filled: bids by price, asks by its complement (which cannot overflow).
fn rank(side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => price.0,
        Side::Sell => !price.0,
    }
}

#[cfg(test)]
mod tests {
    use ringfence_core::ids::{AccountId, InstrumentId, IntentId, LegKey, StrategyId, TimeNs, VenueId};
    use ringfence_core::instrument::PositionSide;
    use ringfence_core::intent::{OrderTerms, OrderType, TimeInForce};
    use ringfence_core::money::Qty;

    use super::*;
    use crate::orders::Entry;

    fn entry(intent: u64) -> Entry {
        let terms = OrderTerms {
            instrument: InstrumentId(1),
            side: Side::Sell,
            qty: Qty(1),
            order_type: OrderType::Limit,
            limit_price: Some(Price(0)),
            stop_price: None,
            tif: TimeInForce::Gtc,
            post_only: false,
            reduce_only: false,
            position_side: PositionSide::Net,
            reference: Price(0),
        };
        let key = LegKey { intent: IntentId(intent), strategy: StrategyId(1), ..LegKey::default() };
        Entry::new(key, (VenueId(1), AccountId(1)), terms, TimeNs(0))
    }

    #[test]
    fn a_level_goes_with_its_last_order_so_that_a_market_becomes_quiet_again() {
        let (mut orders, mut ladder) = (Orders::new(), Ladder::new(Side::Sell));
        let slots = [orders.insert(entry(1)), orders.insert(entry(2))];
        slots.iter().for_each(|slot| ladder.join(Price(7), *slot, &mut orders));
        ladder.leave(Price(7), slots[0], &mut orders);
        assert!(!ladder.is_empty());
        ladder.leave(Price(7), slots[1], &mut orders);
        assert!(ladder.is_empty());
    }

    #[test]
    fn the_ends_of_the_price_range_are_sorted_like_any_price() {
        for (side, best_first) in [(Side::Buy, [i64::MAX, 0, i64::MIN]), (Side::Sell, [i64::MIN, 0, i64::MAX])] {
            let (mut orders, mut ladder) = (Orders::new(), Ladder::new(side));
            let slots: Vec<Slot> = (0..3).map(|intent| orders.insert(entry(intent))).collect();
            for (price, slot) in best_first.iter().zip(&slots).rev() {
                ladder.join(Price(*price), *slot, &mut orders);
            }
            let mut all = Vec::new();
            ladder.all(&orders, &mut all);
            assert_eq!(all, slots, "{side}");
        }
    }
}
