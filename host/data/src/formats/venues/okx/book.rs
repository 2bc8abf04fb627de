//! Book of a channel: are the messages of it all there?
//!
//! In: the levels of snapshots and updates as written, their numbers, and the sums that OKX sends along. Out: whether one is
//! missing. Must never: write a number in another way than the venue did, as the sum is one of text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use ringfence_core::instrument::Side;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

use crate::decimal::Number;
use crate::formats::json::Pair;
use crate::formats::venues::Change;

/// Levels of each side that a sum covers.
const SUMMED: usize = 25;
/// Levels of a side that are kept; the deepest channel tells of 400.
const KEPT_MAX: usize = 1_000;

/// Price and quantity as written; what else a level says is left out.
pub(super) struct Level<'a> {
    price: Cow<'a, str>,
    qty: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Word<'a>(#[serde(borrow)] Cow<'a, str>);

struct LevelVisitor;

impl<'de> Visitor<'de> for LevelVisitor {
    type Value = Level<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of price and quantity")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Level<'de>, A::Error> {
        let missing = |at| A::Error::invalid_length(at, &LevelVisitor);
        let Word(price) = list.next_element()?.ok_or_else(|| missing(0))?;
        let Word(qty) = list.next_element()?.ok_or_else(|| missing(1))?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Level { price, qty })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Level<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Level<'a>, D::Error> {
        deserializer.deserialize_seq(LevelVisitor)
    }
}

impl Level<'_> {
    /// As numbers; `None` for what is none.
    pub(super) fn pair(&self) -> Option<Pair> {
        let number = |text: &str| Number::parse(text.as_bytes());
        Some(Pair(number(&self.price)?, number(&self.qty)?))
    }
}

/// A level as numbers, and as written.
pub(super) type Read<'a> = (Pair, Level<'a>);

/// How a message says that it continues the one before it.
#[derive(Clone, Copy)]
pub(super) struct Proof {
    /// Number of the message.
    pub(super) own: Option<i64>,
    /// Number of the one before it.
    pub(super) previous: Option<i64>,
    /// Sum of the book after it.
    pub(super) sum: Option<i32>,
}

/// What is known of one channel of one instrument.
#[derive(Debug, Default)]
pub(super) struct Book {
    last: Option<i64>,
    has_snapshot: bool,
    bids: Texts,
    asks: Texts,
    /// Nothing can be said of the sum before the next snapshot: it was wrong, a message had none, or the book is too large.
    is_unchecked: bool,
}

/// Price and quantity of each level of a side, as written, by price.
type Texts = BTreeMap<Number, (String, String)>;

impl Book {
    pub(super) fn has_snapshot(&self) -> bool {
        self.has_snapshot
    }

    /// Takes a message; true where one before it is missing, by its number or, once until the next snapshot, by its sum.
    pub(super) fn take(&mut self, change: Change, (bids, asks): (&[Read<'_>], &[Read<'_>]), proof: Proof) -> bool {
        let is_missing = change == Change::Update && proof.previous.is_some() && proof.previous != self.last;
        (self.last, self.has_snapshot) = (proof.own, true);
        if change == Change::Snapshot {
            self.restart(false);
        }
        // The channels keep the field, at 0, since sums are not computed any more.
        let Some(sum) = proof.sum.filter(|sum| *sum != 0 && !is_missing && !self.is_unchecked) else {
            self.restart(true);
            return is_missing;
        };
        for (side, levels) in [(Side::Buy, bids), (Side::Sell, asks)] {
            levels.iter().for_each(|(pair, level)| self.set(side, *pair, level));
        }
        let is_too_large = self.bids.len() > KEPT_MAX || self.asks.len() > KEPT_MAX;
        let is_wrong = !is_too_large && self.sum() != sum.cast_unsigned();
        if is_wrong || is_too_large {
            self.restart(true);
        }
        is_wrong
    }

    /// Forgets the levels.
    fn restart(&mut self, is_unchecked: bool) {
        self.is_unchecked = is_unchecked;
        self.bids.clear();
        self.asks.clear();
    }

    fn set(&mut self, side: Side, Pair(price, qty): Pair, level: &Level<'_>) {
        let texts = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if qty.is_zero() {
            texts.remove(&price);
        } else if texts.len() <= KEPT_MAX {
            texts.insert(price, (level.price.clone().into_owned(), level.qty.clone().into_owned()));
        }
    }

    /// The sum as OKX defines it (API guide, "Checksum" of the order-book channels): CRC-32 of the best 25 bids and asks by
    /// turns, each `price:quantity`, with `:` between them.
    fn sum(&self) -> u32 {
        let mut text = String::new();
        let (mut bids, mut asks) = (self.bids.values().rev(), self.asks.values());
        for _ in 0..SUMMED {
            for (price, qty) in bids.next().into_iter().chain(asks.next()) {
                let colon = if text.is_empty() { "" } else { ":" };
                text.extend([colon, price, ":", qty]);
            }
        }
        crc32fast::hash(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels such as `2.50=3`.
    fn levels(text: &str) -> Vec<Read<'_>> {
        let level = |word| {
            let (price, qty) = str::split_once(word, '=').expect("price=quantity");
            let level = Level { price: price.into(), qty: qty.into() };
            (level.pair().expect("numbers"), level)
        };
        text.split_whitespace().map(level).collect()
    }

    fn crc(text: &str) -> i32 {
        crc32fast::hash(text.as_bytes()).cast_signed()
    }

    fn take(book: &mut Book, change: Change, bids: &str, asks: &str, sum: Option<i32>) -> bool {
        book.take(change, (&levels(bids), &levels(asks)), Proof { own: None, previous: None, sum })
    }

    /// Bids `1`, `2`, … up to `count`.
    fn many(count: usize) -> String {
        (1..=count).map(|price| format!("{price}=1 ")).collect()
    }

    #[test]
    fn a_sum_covers_the_best_25_levels_as_they_are_written() {
        let mut book = Book::default();
        let best: Vec<String> = (6..=30).rev().map(|price| format!("{price}:1")).collect();
        assert!(!take(&mut book, Change::Snapshot, &many(30), "", Some(crc(&best.join(":")))));
        assert!(!take(
            &mut book,
            Change::Update,
            "5=0 6=2.50",
            "",
            Some(crc(&best.join(":").replace(":6:1", ":6:2.50")))
        ));
        assert!(take(&mut book, Change::Update, "7=2", "", Some(crc(&best.join(":")))));
    }

    #[test]
    fn a_message_without_a_sum_ends_the_check_until_the_next_snapshot() {
        for sum in [None, Some(0)] {
            let mut book = Book::default();
            assert!(!take(&mut book, Change::Snapshot, "1=1", "", Some(crc("1:1"))));
            assert!(!take(&mut book, Change::Update, "1=2", "", sum));
            assert!(!take(&mut book, Change::Update, "1=3", "", Some(7)), "nobody knows");
            assert!(!take(&mut book, Change::Snapshot, "1=1", "", Some(crc("1:1"))));
            assert!(take(&mut book, Change::Update, "1=3", "", Some(7)));
        }
    }

    #[test]
    fn a_book_larger_than_any_that_is_sent_is_not_checked() {
        let mut book = Book::default();
        assert!(!take(&mut book, Change::Snapshot, &many(KEPT_MAX + 1), "", Some(7)));
        assert!(!take(&mut book, Change::Update, &many(10).replace("=1", "=0"), "", Some(7)));
        assert!(take(&mut book, Change::Snapshot, &many(KEPT_MAX), "", Some(7)));
    }

    #[test]
    fn a_message_that_is_missing_by_its_number_is_told_once() {
        let mut book = Book::default();
        let proof = |own, previous, sum| Proof { own: Some(own), previous: Some(previous), sum: Some(sum) };
        assert!(!book.take(Change::Snapshot, (&levels("1=1"), &[]), proof(4, -1, crc("1:1"))));
        assert!(book.take(Change::Update, (&levels("2=1"), &[]), proof(9, 8, 7)));
        assert!(!book.take(Change::Update, (&levels("2=2"), &[]), proof(10, 9, 7)));
    }
}
