//! Venues: what does this message of a venue mean?
//!
//! In: JSON of one message and its receive time. Out: rows, in the order of the message. Must never: believe a number that
//! the message's own sequence contradicts without saying so.

pub(crate) mod binance;
pub(crate) mod coinbase;
pub(crate) mod hyperliquid;
pub(crate) mod okx;

use std::collections::BTreeMap;

use ringfence_core::instrument::Side;

use crate::error::DataError;
use crate::formats::json::Pair;
use crate::row::{Row, Sink, What};

/// Where and when a message was received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// Receive time, ns.
    pub(crate) time: u64,
    /// Line, from 1.
    pub(crate) place: u64,
}

/// What became of a message.
pub(crate) enum Heard {
    /// Its rows were given.
    Rows,
    /// It has none.
    LeftOut(&'static str),
    /// It cannot be read.
    Bad(String),
}

/// Decodes JSON or gives up on the message.
macro_rules! decode {
    ($json:expr) => {
        match serde_json::from_str($json) {
            Ok(value) => value,
            Err(error) => return Ok($crate::formats::venues::Heard::Bad(error.to_string())),
        }
    };
}
pub(crate) use decode;

/// A row of a message.
pub(crate) fn row<'a>(at: At, symbol: &'a str, venue_time: u64, what: What) -> Row<'a> {
    Row { symbol, time: at.time, venue_time, what, count: None, place: at.place }
}

/// Whether a book message replaces the book.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Snapshot,
    Update,
}

/// The levels of a message: a clear before a snapshot, bids, asks; the last one is flagged.
pub(crate) fn levels(
    sink: &mut dyn Sink,
    (at, symbol, venue_time): (At, &str, u64),
    change: Change,
    (bids, asks): (&[Pair], &[Pair]),
) -> Result<Heard, DataError> {
    let count = bids.len() + asks.len();
    if change == Change::Snapshot {
        sink.row(&row(at, symbol, venue_time, What::Clear { is_last: count == 0 }))?;
    } else if count == 0 {
        return Ok(Heard::LeftOut("book update without levels"));
    }
    let sides = [(Side::Buy, bids), (Side::Sell, asks)];
    let levels = sides.iter().flat_map(|(side, levels)| levels.iter().map(move |level| (*side, level)));
    for (index, (side, Pair(price, qty))) in levels.enumerate() {
        let what = What::Level { side, price: *price, qty: *qty, is_last: index + 1 == count };
        sink.row(&row(at, symbol, venue_time, what))?;
    }
    Ok(Heard::Rows)
}

/// Something to remember per instrument, for a bounded number of them.
#[derive(Debug)]
pub(crate) struct PerSymbol<T>(BTreeMap<String, T>);

impl<T> Default for PerSymbol<T> {
    fn default() -> PerSymbol<T> {
        PerSymbol(BTreeMap::new())
    }
}

impl<T: Default> PerSymbol<T> {
    /// What is known of this instrument; `None` when there are too many.
    pub(crate) fn of(&mut self, symbol: &str) -> Option<&mut T> {
        if !self.0.contains_key(symbol) {
            if self.0.len() >= crate::survey::SYMBOLS_MAX {
                return None;
            }
            self.0.insert(symbol.to_owned(), T::default());
        }
        self.0.get_mut(symbol)
    }

    /// How many instruments are known.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The only instrument, where there is one.
    pub(crate) fn only(&self) -> Option<&str> {
        (self.0.len() == 1).then(|| self.0.keys().next().map(String::as_str)).flatten()
    }
}

pub(crate) const TOO_MANY: &str = "too many instruments in one file";
