//! Tardis: which rows do its CSV files hold?
//!
//! In: `trades`, `quotes`, `incremental_book_L2`, `derivative_ticker`, told by their header. Out: rows at the local time, with
//! the exchange's time beside it. Must never: take columns in another order than the header names.

use ringfence_core::instrument::Side;
use ringfence_core::money::Scale;

use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::table::{Cells, flag, side};
use crate::lines::Lines;
use crate::row::{Bad, Row, Sink, What};
use crate::source::{Opened, Place};
use crate::time;

const TRADES: &[u8] = b"exchange,symbol,timestamp,local_timestamp,id,side,price,amount";
const QUOTES: &[u8] = b"exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount";
const LEVELS: &[u8] = b"exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount";
const TICKER: &[u8] = b"exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,\
predicted_funding_rate,open_interest,last_price,index_price,mark_price";

pub(crate) fn is_tardis(line: &[u8]) -> bool {
    [TRADES, QUOTES, LEVELS, TICKER].contains(&line)
}

/// A level that waits to know whether it is the last of its message: every level of a message has its local time.
struct Waiting {
    symbol: String,
    row: (u64, u64, u64),
    level: (Side, Number, Number),
}

pub(crate) fn read(opened: Opened<'_>, place: &Place, sink: &mut dyn Sink) -> Result<(), DataError> {
    let mut lines = Lines::new(opened.source, place.clone());
    let header = lines.next()?.map(|(_, line)| line.to_vec()).unwrap_or_default();
    if !is_tardis(&header) {
        return Err(
            place.format("the header is none of Tardis' trades, quotes, incremental_book_L2, derivative_ticker")
        );
    }
    let mut book = Book::default();
    while let Some((number, line)) = lines.next()? {
        if line.is_empty() {
            sink.left_out("blank line", number)?;
            continue;
        }
        let cells = Cells::split(line, b',');
        let done = match header.as_slice() {
            TRADES => trade(cells.all(), number, sink),
            QUOTES => quote(cells.all(), number, sink),
            LEVELS => book.level(cells.all(), number, sink),
            _ => ticker(cells.all(), number, sink),
        };
        if done?.is_none() {
            let why = "the row does not hold what its header says";
            sink.bad(number, Bad { column: "row", value: line, why })?;
        }
    }
    book.flush(true, sink)
}

type Done = Result<Option<()>, DataError>;

/// Symbol, local time, exchange time.
fn head<'a>(cells: &[&'a [u8]]) -> Option<(&'a str, u64, u64)> {
    let [_, symbol, stamp, local, ..] = cells else { return None };
    let ns = |cell: &[u8]| time::whole(cell)?.checked_mul(time::MICRO_NS);
    Some((std::str::from_utf8(symbol).ok()?, ns(local)?, ns(stamp)?))
}

/// Leaves a row that cannot be read to its caller.
macro_rules! some {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}

fn trade(cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Done {
    let (symbol, time, venue_time) = some!(head(cells));
    let [.., taker, price, qty] = cells else { return Ok(None) };
    let (aggressor, price, qty) = (some!(side(taker)), some!(Number::parse(price)), some!(Number::parse(qty)));
    sink.row(&Row { symbol, time, venue_time, what: What::Trade { price, qty, aggressor }, count: None, place })
        .map(Some)
}

fn quote(cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Done {
    let (symbol, time, venue_time) = some!(head(cells));
    let [_, _, _, _, ask_qty, ask, bid, bid_qty] = cells else { return Ok(None) };
    // An empty side is written as nothing.
    let number = |cell: &[u8]| if cell.is_empty() { Some(Number::ZERO) } else { Number::parse(cell) };
    let bid = (some!(number(bid)), some!(number(bid_qty)));
    let ask = (some!(number(ask)), some!(number(ask_qty)));
    sink.row(&Row { symbol, time, venue_time, what: What::Quote { bid, ask }, count: None, place }).map(Some)
}

fn ticker(cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Done {
    let (symbol, time, venue_time) = some!(head(cells));
    let [_, _, _, _, next, rate, .., mark] = cells else { return Ok(None) };
    let row = |what| Row { symbol, time, venue_time, what, count: None, place };
    if !mark.is_empty() {
        sink.row(&row(What::Mark(some!(Number::parse(mark)))))?;
    }
    if rate.is_empty() {
        return Ok(Some(()));
    }
    let rate = some!(Number::parse(rate));
    let next = if next.is_empty() { 0 } else { some!(time::whole(next).and_then(|us| us.checked_mul(time::MICRO_NS))) };
    match rate.at(Scale::new(9).expect("9 is in range")) {
        Some(rate_e9) => sink.row(&row(What::Funding(rate_e9, next))).map(Some),
        None => sink.left_out("funding rate finer than 10^-9", place).map(Some),
    }
}

/// Levels are held back by one row.
#[derive(Default)]
struct Book {
    waiting: Option<Waiting>,
    was_snapshot: bool,
}

impl Book {
    fn level(&mut self, cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Done {
        let (symbol, time, venue_time) = some!(head(cells));
        let [_, _, _, _, snapshot, word, price, qty] = cells else { return Ok(None) };
        let is_snapshot = some!(flag(snapshot));
        let side = match *word {
            b"bid" => Side::Buy,
            b"ask" => Side::Sell,
            _ => return Ok(None),
        };
        let level = (side, some!(Number::parse(price)), some!(Number::parse(qty)));
        let is_same = self.waiting.as_ref().is_some_and(|before| before.symbol == symbol && before.row.0 == time);
        self.flush(!is_same || (is_snapshot && !self.was_snapshot), sink)?;
        if is_snapshot && !self.was_snapshot {
            sink.row(&Row { symbol, time, venue_time, what: What::Clear { is_last: false }, count: None, place })?;
        }
        self.was_snapshot = is_snapshot;
        self.waiting = Some(Waiting { symbol: symbol.to_owned(), row: (time, venue_time, place), level });
        Ok(Some(()))
    }

    fn flush(&mut self, is_last: bool, sink: &mut dyn Sink) -> Result<(), DataError> {
        let Some(Waiting { symbol, row: (time, venue_time, place), level }) = self.waiting.take() else {
            return Ok(());
        };
        let (side, price, qty) = level;
        let what = What::Level { side, price, qty, is_last };
        sink.row(&Row { symbol: &symbol, time, venue_time, what, count: None, place })
    }
}
