//! Binance's public archives: which rows does this CSV hold?
//!
//! In: `trades`, `aggTrades`, `klines`, `bookTicker`, `bookDepth`, `T_DEPTH`, of spot and futures, with header or without, times
//! in milliseconds or microseconds.
//! Out: rows at the venue's time. Must never: tell the kind by anything but the header or the name of the file.

use ringfence_core::instrument::Side;

use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::table::{Cells, flag};
use crate::lines::Lines;
use crate::row::{Bad, Row, Sink, What};
use crate::source::{Opened, Place};
use crate::time::{self, Zone};

/// Kinds of archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Trades,
    AggTrades,
    /// Length of a bar; `None` = as its times say.
    Klines(Option<u64>),
    BookTicker,
    Depth,
    /// Sums of quantity within percentages of the price.
    BookDepth,
}

/// The kind, by the name `SYMBOL-KIND-…` or the header.
pub(crate) fn kind(name: &str, line: &[u8]) -> Option<Kind> {
    let parts: Vec<&str> = name.split('-').collect();
    let of_name = match parts.as_slice() {
        [_, "trades", ..] => Some(Kind::Trades),
        [_, "aggtrades", ..] => Some(Kind::AggTrades),
        [_, "bookticker", ..] => Some(Kind::BookTicker),
        [_, "t_depth" | "depth", ..] => Some(Kind::Depth),
        [_, "bookdepth", ..] => Some(Kind::BookDepth),
        [_, interval, _, ..] => time::length(interval).map(|length| Kind::Klines(Some(length))),
        _ => None,
    };
    let starts = |text: &[u8]| line.starts_with(text);
    let of_header = match () {
        () if starts(b"agg_trade_id,") => Some(Kind::AggTrades),
        () if starts(b"id,price,qty,") => Some(Kind::Trades),
        () if starts(b"update_id,best_bid_price,") => Some(Kind::BookTicker),
        () if starts(b"symbol,timestamp,first_update_id,") => Some(Kind::Depth),
        () if starts(b"timestamp,percentage,depth,") => Some(Kind::BookDepth),
        // The name knows the length, too.
        () if starts(b"open_time,open,high,low,close,volume,close_time,") => of_name.or(Some(Kind::Klines(None))),
        () => None,
    };
    of_header.or(of_name)
}

pub(crate) fn read(opened: Opened<'_>, place: &Place, sink: &mut dyn Sink) -> Result<(), DataError> {
    let name = opened.name.to_ascii_lowercase();
    let first = opened.head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let unknown =
        "neither the name (SYMBOL-trades-DAY.csv, SYMBOL-1m-DAY.csv) nor the header tells which archive it is";
    let kind = kind(&name, first).ok_or_else(|| place.format(unknown))?;
    let symbol = opened.name.split('-').next().filter(|part| part.len() < opened.name.len()).unwrap_or("").to_owned();
    let mut lines = Lines::new(opened.source, place.clone());
    let mut before_depth = None;
    while let Some((number, line)) = lines.next()? {
        if line.is_empty() {
            sink.left_out("blank line", number)?;
            continue;
        }
        // Rows of depth begin with the name of the instrument.
        let is_header = if kind == Kind::Depth { line.starts_with(b"symbol,") } else { line[0].is_ascii_alphabetic() };
        if number == 1 && is_header {
            continue;
        }
        let cells = Cells::split(line, b',');
        if kind == Kind::BookDepth && is_sum(cells.all()) {
            sink.left_out("quantity within a percentage of the price, which no event carries", number)?;
            continue;
        }
        match row(kind, cells.all(), &symbol, number) {
            Some(mut row) => {
                if let (What::Level { is_last, .. }, Some(change)) = (&mut row.what, change(cells.all())) {
                    // The archive has no mark for the end of a message, so each level closes its own.
                    *is_last = true;
                    let snapshot = change.0;
                    if snapshot && before_depth != Some(change) {
                        sink.row(&Row { what: What::Clear { is_last: false }, ..row })?;
                    }
                    before_depth = Some(change);
                }
                sink.row(&row)?;
            }
            None => {
                let why = "the row does not hold what archives of this kind hold";
                sink.bad(number, Bad { column: "row", value: line, why })?;
            }
        }
    }
    Ok(())
}

/// A row of `bookDepth`: time, percentage, quantity, value.
fn is_sum(cells: &[&[u8]]) -> bool {
    let is_number = |cell: &&[u8]| Number::parse(cell).is_some();
    let is_time = |cell: &&[u8]| time::instant(cell, &Zone::utc()).is_some();
    matches!(cells, [at, sums @ ..] if is_time(at) && sums.len() == 3 && sums.iter().all(is_number))
}

/// Whether a depth row is of a snapshot, and of which one.
fn change(cells: &[&[u8]]) -> Option<(bool, u64)> {
    Some((*cells.get(5)? == b"snap", time::whole(cells.get(3)?)?))
}

fn row<'a>(kind: Kind, cells: &[&'a [u8]], symbol: &'a str, place: u64) -> Option<Row<'a>> {
    let number = |at: usize| Number::parse(cells.get(at)?);
    let count = |at: usize| time::whole(cells.get(at)?);
    let at = |index: usize| time::of_any_unit(count(index)?);
    let made = |at: usize| Some(if flag(cells.get(at)?)? { Side::Sell } else { Side::Buy });
    let row = |time: u64, what: What, count: Option<u64>| Row { symbol, time, venue_time: 0, what, count, place };
    match kind {
        Kind::Trades => {
            let what = What::Trade { price: number(1)?, qty: number(2)?, aggressor: Some(made(5)?) };
            Some(row(at(4)?, what, Some(count(0)?)))
        }
        Kind::AggTrades => {
            let what = What::Trade { price: number(1)?, qty: number(2)?, aggressor: Some(made(6)?) };
            Some(row(at(5)?, what, Some(count(0)?)))
        }
        Kind::Klines(interval_ns) => {
            let open_time = at(0)?;
            let interval_ns = match interval_ns {
                Some(length) => length,
                None => length_of(count(0)?, count(6)?)?,
            };
            let prices = [number(1)?, number(2)?, number(3)?, number(4)?];
            let what = What::Bar { prices, volume: number(5)?, open_time, interval_ns };
            Some(row(open_time.checked_add(interval_ns)?, what, None))
        }
        Kind::BookTicker => {
            let what = What::Quote { bid: (number(1)?, number(2)?), ask: (number(3)?, number(4)?) };
            Some(row(at(6).or_else(|| at(5))?, what, None))
        }
        Kind::Depth => {
            let side = match *cells.get(4)? {
                b"b" => Side::Buy,
                b"a" => Side::Sell,
                _ => return None,
            };
            let what = What::Level { side, price: number(6)?, qty: number(7)?, is_last: false };
            Some(Row { symbol: std::str::from_utf8(cells.first()?).ok()?, ..row(at(1)?, what, None) })
        }
        Kind::BookDepth => None,
    }
}

/// ns between the open of a bar and the instant behind its close, which is stamped one unit before it.
fn length_of(open: u64, close: u64) -> Option<u64> {
    let behind = close.checked_add(1)?;
    time::of_any_unit(behind)?.checked_sub(time::of_any_unit(open)?).filter(|length| *length > 0)
}
