//! The book: which orders rest at which price?
//!
//! In: orders that come, go and take. Out: prices and quantities of levels. Must never: cross, or lose its last level of a
//! side.

use std::collections::{BTreeMap, VecDeque};

use ringfence_core::instrument::Side;

/// Both sides; prices in ticks, quantities in lots.
#[derive(Debug, Default)]
pub(super) struct Book {
    bids: Half,
    asks: Half,
}

/// Keys are prices of asks, and prices of bids below zero: the best of either side comes first.
#[derive(Debug, Default)]
struct Half {
    levels: BTreeMap<i64, Level>,
    orders: u64,
}

/// Orders at a price, the oldest first.
#[derive(Debug, Default)]
struct Level {
    lots: u64,
    orders: VecDeque<u64>,
}

/// Price and quantity.
pub(super) type Point = (i64, u64);

fn key(side: Side, price: i64) -> i64 {
    match side {
        Side::Buy => -price,
        Side::Sell => price,
    }
}

impl Book {
    fn half(&self, side: Side) -> &Half {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn half_mut(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Orders of both sides.
    pub(super) fn orders(&self) -> u64 {
        self.bids.orders + self.asks.orders
    }

    /// Orders of one side.
    pub(super) fn orders_of(&self, side: Side) -> u64 {
        self.half(side).orders
    }

    /// Best price and its quantity; a side is empty only before the first order.
    pub(super) fn best(&self, side: Side) -> Option<Point> {
        let (at, level) = self.half(side).levels.first_key_value()?;
        Some((key(side, *at), level.lots))
    }

    /// Levels from the best.
    pub(super) fn levels(&self, side: Side) -> impl Iterator<Item = Point> {
        self.half(side).levels.iter().map(move |(at, level)| (key(side, *at), level.lots))
    }

    /// An order comes; the quantity at its price then.
    pub(super) fn add(&mut self, side: Side, price: i64, lots: u64) -> u64 {
        let half = self.half_mut(side);
        let level = half.levels.entry(key(side, price)).or_default();
        level.orders.push_back(lots);
        level.lots += lots;
        half.orders += 1;
        level.lots
    }

    /// The order with this number, counted from the best price and the oldest there, goes; its price and what is left there.
    /// `None` where it is on the last level of the side.
    pub(super) fn remove(&mut self, side: Side, number: u64) -> Option<Point> {
        let half = self.half_mut(side);
        if half.levels.len() < 2 {
            return None;
        }
        let mut before = 0;
        let found = half.levels.iter_mut().find_map(|(at, level)| {
            let first = before;
            before += level.orders.len() as u64;
            (number < before).then_some((*at, number - first, level))
        });
        let (at, index, level) = found?;
        level.lots -= level.orders.remove(usize::try_from(index).ok()?)?;
        let left = level.lots;
        half.orders -= 1;
        if left == 0 {
            half.levels.remove(&at);
        }
        Some((key(side, at), left))
    }

    /// Takes up to so many lots from the best level of a side; its price, what was taken, what is left. `None` where it is
    /// the last level.
    pub(super) fn take(&mut self, side: Side, lots: u64) -> Option<(i64, u64, u64)> {
        let half = self.half_mut(side);
        if half.levels.len() < 2 {
            return None;
        }
        let mut entry = half.levels.first_entry()?;
        let (at, level) = (*entry.key(), entry.get_mut());
        let mut open = lots.min(level.lots);
        let taken = open;
        level.lots -= taken;
        while open > 0 {
            let first = level.orders.front_mut()?;
            let part = open.min(*first);
            *first -= part;
            open -= part;
            if *first == 0 {
                level.orders.pop_front();
                half.orders -= 1;
            }
        }
        let left = level.lots;
        if left == 0 {
            entry.remove();
        }
        Some((key(side, at), taken, left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(book: &Book) -> String {
        let side = |side| book.levels(side).map(|(price, lots)| format!(" {lots}@{price}")).collect::<String>();
        format!("bids{}; asks{}; {} orders", side(Side::Buy), side(Side::Sell), book.orders())
    }

    fn book() -> Book {
        let mut book = Book::default();
        for (side, price, lots) in
            [(Side::Buy, 99, 5), (Side::Buy, 100, 3), (Side::Buy, 100, 4), (Side::Sell, 102, 1), (Side::Sell, 103, 2)]
        {
            book.add(side, price, lots);
        }
        book
    }

    #[test]
    fn the_best_price_comes_first_on_either_side() {
        assert_eq!(shown(&book()), "bids 7@100 5@99; asks 1@102 2@103; 5 orders");
        assert_eq!((book().best(Side::Buy), book().best(Side::Sell)), (Some((100, 7)), Some((102, 1))));
    }

    #[test]
    fn the_oldest_order_is_taken_first_and_any_order_can_go() {
        let mut book = book();
        assert_eq!(book.take(Side::Buy, 4), Some((100, 4, 3)));
        assert_eq!(shown(&book), "bids 3@100 5@99; asks 1@102 2@103; 4 orders");
        assert_eq!(book.remove(Side::Buy, 1), Some((99, 0)));
        assert_eq!(shown(&book), "bids 3@100; asks 1@102 2@103; 3 orders");
    }

    #[test]
    fn the_last_level_of_a_side_stays() {
        let mut book = book();
        assert_eq!(book.take(Side::Sell, 9), Some((102, 1, 0)));
        assert_eq!((book.take(Side::Sell, 1), book.remove(Side::Sell, 0)), (None, None));
        assert_eq!((book.remove(Side::Buy, 3), book.orders_of(Side::Buy)), (None, 3));
    }
}
