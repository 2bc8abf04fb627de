//! FIFO: who came first to a price, one of the book's orders or one of ours?
//!
//! In: orders of the book that join and leave, by the venue's number. Out: when each joined, in arrivals counted. Must never:
//! know prices or quantities, scan orders, or depend on hash order (lookups only).

/// Most orders of one book that are remembered; those beyond are taken to stand in front of all.
pub(crate) const BOOK_ORDERS_MAX: usize = 1 << 22;

/// Smallest table, a power of two.
const PLACES_MIN: usize = 1024;
/// 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Arrivals at the book of one instrument: an open-addressed table from the order's number to its arrival, which is from 1;
/// a place with arrival 0 is free.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    places: Vec<(u64, u64)>,
    held: usize,
    last: u64,
}

impl Arrivals {
    /// The last arrival: what comes to rest now stands behind it and in front of the next.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// An order joins.
    pub(crate) fn add(&mut self, order: u64) {
        self.last += 1;
        if self.held >= BOOK_ORDERS_MAX {
            return;
        }
        if self.held * 2 >= self.places.len() {
            self.grow();
        }
        let at = self.find(order);
        self.held += usize::from(self.places[at].1 == 0);
        self.places[at] = (order, self.last);
    }

    /// When an order joined; 0 = before everything that is known.
    pub(crate) fn of(&self, order: u64) -> u64 {
        if self.places.is_empty() { 0 } else { self.places[self.find(order)].1 }
    }

    /// An order leaves; when it had joined.
    pub(crate) fn remove(&mut self, order: u64) -> u64 {
        let joined = self.of(order);
        if joined > 0 {
            self.free(self.find(order));
        }
        joined
    }

    /// All orders leave.
    pub(crate) fn clear(&mut self) {
        self.places.fill((0, 0));
        self.held = 0;
    }

    /// The place of an order, or the free one where it belongs. Half of the places are always free.
    fn find(&self, order: u64) -> usize {
        let mut at = self.home(order);
        while self.places[at].1 > 0 && self.places[at].0 != order {
            at = (at + 1) & (self.places.len() - 1);
        }
        at
    }

    /// Frees a place, and moves up those behind it that a search would no longer reach.
    fn free(&mut self, at: usize) {
        let mask = self.places.len() - 1;
        let (mut hole, mut next) = (at, (at + 1) & mask);
        while self.places[next].1 > 0 {
            let home = self.home(self.places[next].0);
            if (next.wrapping_sub(home) & mask) >= (next.wrapping_sub(hole) & mask) {
                self.places[hole] = self.places[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        self.places[hole] = (0, 0);
        self.held -= 1;
    }

    fn grow(&mut self) {
        let size = (self.places.len() * 2).max(PLACES_MIN);
        let before = std::mem::replace(&mut self.places, vec![(0, 0); size]);
        for (order, joined) in before.into_iter().filter(|(_, joined)| *joined > 0) {
            let at = self.find(order);
            self.places[at] = (order, joined);
        }
    }

    /// Fibonacci hashing: the highest bits of the product choose. The number of places is a power of two above 1.
    fn home(&self, order: u64) -> usize {
        let spread = order.wrapping_mul(GOLDEN) >> (u64::BITS - self.places.len().trailing_zeros());
        usize::try_from(spread).expect("a number of places")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn arrivals_are_those_of_a_plain_map_whatever_comes_and_goes() {
        let (mut table, mut plain, mut seed) = (Arrivals::default(), BTreeMap::new(), 7_u64);
        for arrival in 1..=60_000_u64 {
            // Few different numbers with the same highest bits, so that places collide.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let order = seed >> 50;
            table.add(order);
            plain.insert(order, arrival);
            let gone = seed.rotate_left(7) >> 50;
            assert_eq!(table.remove(gone), plain.remove(&gone).unwrap_or(0));
            assert_eq!((table.last(), table.held), (arrival, plain.len()));
        }
        assert!(plain.len() > PLACES_MIN, "it grew");
        assert!((0..1 << 14).all(|order| table.of(order) == plain.get(&order).copied().unwrap_or(0)));
        table.clear();
        assert_eq!((table.of(*plain.keys().next().expect("one")), table.held), (0, 0));
    }
}
