//! Checksums: is the book that the messages make the one that the venue has?
//!
//! In: the levels of snapshots and updates, as written. Out: the sum that a venue sends along, of the same book. Must never:
//! write a number in another way than the venue did, as the sum is one of text.

use std::collections::BTreeMap;

use crate::decimal::Number;

/// Levels of each side that the sum covers.
const LEVELS: usize = 25;
/// Levels of a side that are kept; a book of more is not checked.
const KEPT_MAX: usize = 10_000;

/// Price and quantity of each level, as written, by price.
type Levels = BTreeMap<Number, (String, String)>;

/// A book as pieced together from messages.
#[derive(Debug, Default)]
pub(crate) struct CheckedBook {
    bids: Levels,
    asks: Levels,
}

/// Which side of a book.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Bids,
    Asks,
}

impl CheckedBook {
    /// Forgets every level: a snapshot follows.
    pub(crate) fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// A level has this quantity now; none where it is zero.
    pub(crate) fn set(&mut self, of: Of, (price, written_price): (Number, &str), (qty, written_qty): (Number, &str)) {
        let levels = match of {
            Of::Bids => &mut self.bids,
            Of::Asks => &mut self.asks,
        };
        if qty.is_zero() {
            levels.remove(&price);
        } else if levels.len() < KEPT_MAX || levels.contains_key(&price) {
            levels.insert(price, (written_price.to_owned(), written_qty.to_owned()));
        }
    }

    /// The sum as OKX defines it (API guide, "Checksum" of order-book channels): CRC-32 of the best 25 bids and asks by turns,
    /// each `price:quantity`, with `:` between them. `None` where the book is larger than is kept.
    pub(crate) fn sum(&self) -> Option<u32> {
        if self.bids.len() >= KEPT_MAX || self.asks.len() >= KEPT_MAX {
            return None;
        }
        let mut text = String::new();
        let (mut bids, mut asks) = (self.bids.values().rev(), self.asks.values());
        for _ in 0..LEVELS {
            for (price, qty) in bids.next().into_iter().chain(asks.next()) {
                let colon = if text.is_empty() { "" } else { ":" };
                text.extend([colon, price, ":", qty]);
            }
        }
        Some(crc32fast::hash(text.as_bytes()))
    }
}
