//! Book: do these changes follow each other, and the snapshot?
//!
//! In: changes of a stream and a snapshot, with the venue's numbers of updates. Out: records of the book, or that a snapshot
//! is needed. Must never: let a change through that does not follow the one before it, or keep more than
//! [`CHANGES_MAX`] of them waiting.
//!
//! The venues describe it so. Changes wait until there is a snapshot; those whose last update is in it are dropped; the
//! first that is not has to begin in or right behind it. From then on spot's changes are numbered without gaps, and those of
//! futures name the last update of the change before them.

use std::collections::VecDeque;

use ringfence_core::event::{BookAction, BookLevel};
use ringfence_core::instrument::Side;
use ringfence_core::money::{Price, Qty};

use crate::codec::failure::Product;

/// Most changes that wait for a snapshot: some seconds of the fastest stream.
pub const CHANGES_MAX: usize = 1_000;

/// Changes of one message, at the scales of the instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// First update in it.
    pub first: u64,
    /// Last update in it.
    pub last: u64,
    /// Last update of the message before it; futures only.
    pub previous: Option<u64>,
    /// Side, price, new quantity.
    pub levels: Vec<(Side, Price, Qty)>,
}

/// What came of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// Nothing to tell.
    Nothing,
    /// The book is not known (any more): a snapshot has to be asked for.
    NeedSnapshot,
    /// Records of the book.
    Records(Vec<BookLevel>),
}

/// The state of one book's stream. It does not hold the book itself.
#[derive(Clone, Debug)]
pub struct Book {
    product: Product,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Changes wait for a snapshot.
    Waiting(VecDeque<Change>),
    /// A snapshot with this last update was told, and no change yet.
    Fresh(u64),
    /// The last update that was told.
    Following(u64),
}

impl Book {
    /// A book of which nothing is known.
    #[must_use]
    pub fn new(product: Product) -> Book {
        Book { product, state: State::Waiting(VecDeque::new()) }
    }

    /// True when the book is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        match self.state {
            State::Waiting(_) => false,
            State::Fresh(_) | State::Following(_) => true,
        }
    }

    /// The last update that was told, once a change has followed the snapshot.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        match self.state {
            State::Waiting(_) | State::Fresh(_) => None,
            State::Following(last) => Some(last),
        }
    }

    /// Forgets everything: the stream was interrupted.
    pub fn reset(&mut self) {
        self.state = State::Waiting(VecDeque::new());
    }

    /// Takes a change.
    pub fn change(&mut self, change: Change) -> Came {
        let follows = match &mut self.state {
            State::Waiting(waiting) => {
                let is_first = waiting.is_empty();
                if waiting.len() == CHANGES_MAX {
                    waiting.pop_front();
                }
                waiting.push_back(change);
                return if is_first { Came::NeedSnapshot } else { Came::Nothing };
            }
            State::Fresh(last) if is_old(self.product, &change, *last) => return Came::Nothing,
            State::Fresh(last) => begins(self.product, &change, *last),
            State::Following(last) if change.last <= *last => return Came::Nothing,
            State::Following(last) => continues(self.product, &change, *last),
        };
        if !follows {
            self.state = State::Waiting(VecDeque::from([change]));
            return Came::NeedSnapshot;
        }
        self.state = State::Following(change.last);
        records(&change.levels, Vec::new())
    }

    /// Takes the snapshot that was asked for, and the changes that waited for it.
    pub fn snapshot(&mut self, snapshot: &Change) -> Came {
        let State::Waiting(waiting) = &mut self.state else { return Came::Nothing };
        let waiting = std::mem::take(waiting);
        if waiting.front().is_some_and(|first| first.first > snapshot.last + 1) {
            // The snapshot is older than the changes; the next one will not be.
            self.state = State::Waiting(waiting);
            return Came::NeedSnapshot;
        }
        self.state = State::Fresh(snapshot.last);
        let clear = BookLevel {
            action: BookAction::Clear,
            side: Side::Buy,
            price: Price(0),
            qty: Qty(0),
            is_last: snapshot.levels.is_empty(),
        };
        let Came::Records(mut told) = records(&snapshot.levels, vec![clear]) else { return Came::Nothing };
        for change in waiting {
            match self.change(change) {
                Came::Nothing => {}
                Came::NeedSnapshot => return Came::NeedSnapshot,
                Came::Records(more) => told.extend(more),
            }
        }
        Came::Records(told)
    }
}

/// True for a change that the snapshot holds already.
fn is_old(product: Product, change: &Change, snapshot: u64) -> bool {
    match product {
        Product::Spot => change.last <= snapshot,
        Product::UsdM => change.last < snapshot,
    }
}

/// True for a change that may be the first after a snapshot.
fn begins(product: Product, change: &Change, snapshot: u64) -> bool {
    match product {
        Product::Spot => change.first <= snapshot + 1,
        Product::UsdM => change.first <= snapshot || change.previous == Some(snapshot),
    }
}

/// True for a change that is the next one.
fn continues(product: Product, change: &Change, last: u64) -> bool {
    match product {
        Product::Spot => change.first <= last + 1,
        Product::UsdM => change.previous == Some(last),
    }
}

fn records(levels: &[(Side, Price, Qty)], mut told: Vec<BookLevel>) -> Came {
    let count = levels.len();
    told.extend(levels.iter().enumerate().map(|(at, (side, price, qty))| BookLevel {
        action: BookAction::Set,
        side: *side,
        price: *price,
        qty: *qty,
        is_last: at + 1 == count,
    }));
    if told.is_empty() { Came::Nothing } else { Came::Records(told) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Levels = BTreeMap<(u8, i64), i64>;

    fn set(book: &mut Levels, at: (u8, i64), qty: i64) {
        if qty == 0 {
            book.remove(&at);
        } else {
            book.insert(at, qty);
        }
    }

    fn apply(book: &mut Levels, records: &[BookLevel]) {
        for record in records {
            match record.action {
                BookAction::Clear => book.clear(),
                BookAction::Set => set(book, (record.side.number(), record.price.0), record.qty.0),
            }
        }
    }

    fn level(number: u64) -> (Side, Price, Qty) {
        let side = if number.is_multiple_of(3) { Side::Buy } else { Side::Sell };
        let at = i64::try_from(number % 7).expect("small");
        (side, Price(at), Qty(i64::try_from(number % 5).expect("small")))
    }

    /// Every update of a venue changes one level; this is the book after the first `count` of them.
    fn truth(count: u64) -> Levels {
        let mut book = Levels::new();
        for number in 1..=count {
            let (side, price, qty) = level(number);
            set(&mut book, (side.number(), price.0), qty.0);
        }
        book
    }

    fn snapshot(last: u64) -> Change {
        let sides = [Side::Buy, Side::Sell];
        let side = |number: u8| sides.into_iter().find(|side| side.number() == number).expect("a side");
        let levels = truth(last).into_iter().map(|((at, price), qty)| (side(at), Price(price), Qty(qty))).collect();
        Change { first: 0, last, previous: None, levels }
    }

    fn change(product: Product, (first, last): (u64, u64)) -> Change {
        let previous = (product == Product::UsdM).then(|| first - 1);
        Change { first, last, previous, levels: (first..=last).map(level).collect() }
    }

    #[test]
    fn a_gap_asks_for_a_snapshot_and_the_snapshot_mends_it() {
        for product in [Product::Spot, Product::UsdM] {
            let mut book = Book::new(product);
            assert_eq!(book.change(change(product, (1, 3))), Came::NeedSnapshot);
            assert_eq!(book.change(change(product, (4, 5))), Came::Nothing);
            assert!(matches!(book.snapshot(&snapshot(4)), Came::Records(_)));
            assert!(matches!(book.change(change(product, (6, 6))), Came::Records(_)), "{product:?}");
            assert_eq!(book.change(change(product, (8, 8))), Came::NeedSnapshot);
            assert!(!book.is_known());
            assert_eq!(book.snapshot(&snapshot(6)), Came::NeedSnapshot, "it is too old");
            assert!(matches!(book.snapshot(&snapshot(7)), Came::Records(_)));
            assert!(book.is_known());
        }
    }

    #[test]
    fn a_change_that_was_told_is_not_told_again() {
        let mut book = Book::new(Product::Spot);
        assert_eq!(book.change(change(Product::Spot, (1, 2))), Came::NeedSnapshot);
        assert!(matches!(book.snapshot(&snapshot(2)), Came::Records(_)));
        assert!(matches!(book.change(change(Product::Spot, (3, 4))), Came::Records(_)));
        assert_eq!(book.change(change(Product::Spot, (3, 4))), Came::Nothing);
        assert_eq!(book.change(change(Product::Spot, (1, 2))), Came::Nothing);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut book = Book::new(Product::Spot);
        for at in 1..=2 * CHANGES_MAX as u64 {
            book.change(change(Product::Spot, (at, at)));
        }
        let State::Waiting(waiting) = &book.state else { panic!("there was no snapshot") };
        assert_eq!(waiting.len(), CHANGES_MAX);
    }

    /// A message of the stream: how many updates it holds, and what becomes of it.
    #[derive(Clone, Copy, Debug)]
    enum Fortune {
        Comes,
        IsLost,
        ComesTwice,
    }

    proptest! {
        #[test]
        fn whatever_is_lost_or_doubled_a_known_book_is_the_venues_book(
            is_spot in any::<bool>(),
            stream in proptest::collection::vec((1_u64..4, prop_oneof![
                8 => Just(Fortune::Comes), 1 => Just(Fortune::IsLost), 1 => Just(Fortune::ComesTwice)
            ], 0_u64..6), 1..120),
        ) {
            let product = if is_spot { Product::Spot } else { Product::UsdM };
            let (mut book, mut ours, mut last) = (Book::new(product), Levels::new(), 0_u64);
            let mut seen = 0;
            for (count, fortune, lag) in stream {
                let message = change(product, (last + 1, last + count));
                last += count;
                let times = match fortune { Fortune::Comes => 1, Fortune::IsLost => 0, Fortune::ComesTwice => 2 };
                for _ in 0..times {
                    seen = last;
                    let mut came = book.change(message.clone());
                    if came == Came::NeedSnapshot {
                        // Answers may be older than the stream, or newer.
                        came = book.snapshot(&snapshot(last.saturating_sub(lag)));
                        if came == Came::NeedSnapshot {
                            came = book.snapshot(&snapshot(last));
                        }
                    }
                    if let Came::Records(records) = came {
                        apply(&mut ours, &records);
                    }
                }
                if book.is_known() && times > 0 {
                    prop_assert_eq!(&ours, &truth(seen));
                }
            }
        }
    }
}
