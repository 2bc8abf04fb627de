//! Tardis: which rows do its CSV files hold?
//!
//! In: `trades`, `quotes`, `incremental_book_L2`, `derivative_ticker`, told by their header. Out: rows at the local time, with
//! the exchange's time beside it. Must never: take columns in another order than the header names.

use ringfence_core::instrument::Side;
use ringfence_core::money::Scale;

use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::cell::{self, Wrong};
use crate::formats::table::{Cells, flag, side};
use crate::lines::Lines;
use crate::row::{Row, Sink, What};
use crate::source::{Opened, Place};

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
        match done {
            Ok(done) => done?,
            Err(wrong) => wrong.told(&header, cells.all(), number, sink)?,
        }
    }
    book.flush(true, sink)
}

/// What is wrong with the row, or what became of it in the sink.
type Done = Result<Result<(), DataError>, Wrong>;

/// Symbol, local time, exchange time of a row that is as wide as its header.
fn head<'a>(header: &[u8], cells: &[&'a [u8]]) -> Result<(&'a str, u64, u64), Wrong> {
    cell::counted(header, cells)?;
    Ok((cell::text(cells, 1)?, cell::micros(cells, 3)?, cell::micros(cells, 2)?))
}

fn trade(cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Done {
    let (symbol, time, venue_time) = head(TRADES, cells)?;
    let allowed = Wrong::Cell(5, "allowed are buy, sell, unknown and nothing");
    let aggressor = side(cell::cell(cells, 5)?).ok_or(allowed)?;
    let (price, qty) = (cell::number(cells, 6)?, cell::number(cells, 7)?);
    Ok(sink.row(&Row { symbol, time, venue_time, what: What::Trade { price, qty, aggressor }, count: None, place }))
}

fn quote(cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Done {
    let (symbol, time, venue_time) = head(QUOTES, cells)?;
    // An empty side is written as nothing.
    let number = |at: usize| if cell::cell(cells, at)?.is_empty() { Ok(Number::ZERO) } else { cell::number(cells, at) };
    let (ask, bid) = ((number(5)?, number(4)?), (number(6)?, number(7)?));
    Ok(sink.row(&Row { symbol, time, venue_time, what: What::Quote { bid, ask }, count: None, place }))
}

fn ticker(cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Done {
    let (symbol, time, venue_time) = head(TICKER, cells)?;
    let row = |what| Row { symbol, time, venue_time, what, count: None, place };
    let is_there = |at: usize| Ok(!cell::cell(cells, at)?.is_empty());
    if is_there(10)? {
        let mark = sink.row(&row(What::Mark(cell::number(cells, 10)?)));
        if mark.is_err() {
            return Ok(mark);
        }
    }
    if !is_there(5)? {
        return Ok(Ok(()));
    }
    let rate = cell::number(cells, 5)?;
    let next = if is_there(4)? { cell::micros(cells, 4)? } else { 0 };
    Ok(match rate.at(Scale::new(9).expect("9 is in range")) {
        Some(rate_e9) => sink.row(&row(What::Funding(rate_e9, next))),
        None => sink.left_out("funding rate finer than 10^-9", place),
    })
}

/// Levels are held back by one row.
#[derive(Default)]
struct Book {
    waiting: Option<Waiting>,
    was_snapshot: bool,
}

impl Book {
    fn level(&mut self, cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Done {
        let (symbol, time, venue_time) = head(LEVELS, cells)?;
        let allowed = Wrong::Cell(4, "allowed are true, false, 1 and 0");
        let is_snapshot = flag(cell::cell(cells, 4)?).ok_or(allowed)?;
        let side = match cell::cell(cells, 5)? {
            b"bid" => Side::Buy,
            b"ask" => Side::Sell,
            _ => return Err(Wrong::Cell(5, "allowed are bid and ask")),
        };
        let level = (side, cell::number(cells, 6)?, cell::number(cells, 7)?);
        Ok(self.next((symbol, is_snapshot), ((time, venue_time, place), level), sink))
    }

    /// Writes the level that waits, and keeps this one.
    fn next(
        &mut self,
        (symbol, is_snapshot): (&str, bool),
        (row, level): ((u64, u64, u64), (Side, Number, Number)),
        sink: &mut dyn Sink,
    ) -> Result<(), DataError> {
        let (time, venue_time, place) = row;
        let is_same = self.waiting.as_ref().is_some_and(|before| before.symbol == symbol && before.row.0 == time);
        self.flush(!is_same || (is_snapshot && !self.was_snapshot), sink)?;
        if is_snapshot && !self.was_snapshot {
            sink.row(&Row { symbol, time, venue_time, what: What::Clear { is_last: false }, count: None, place })?;
        }
        self.was_snapshot = is_snapshot;
        self.waiting = Some(Waiting { symbol: symbol.to_owned(), row, level });
        Ok(())
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
