//! Databento: which rows does a DBN file hold?
//!
//! In: DBN of version 1 to 3, market by order or trades. Out: trades, and book levels summed over the orders at a price, or
//! what became of each order. Must never: hold more than [`ORDERS_MAX`] orders, or show a book between the first and the last message of one event.
//!
//! Two kinds of records of fixed width are read here and not by the vendor's library, which panics on damaged bytes.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};

use ringfence_core::event::BookOrderAction;
use ringfence_core::instrument::Side;

use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::BookForm;
use crate::row::{Bad, Row, Sink, What};
use crate::source::{Opened, Place};

/// Most orders that are open at once, over all instruments of a file.
const ORDERS_MAX: usize = 1 << 20;

/// Most changed levels of one event.
const PENDING_MAX: usize = 1 << 16;

/// Longest metadata: symbols and their mappings.
const METADATA_BYTES_MAX: u32 = 4 << 20;

/// Versions whose metadata and records are read; their records of these two schemas are the same.
const VERSIONS: std::ops::RangeInclusive<u8> = 1..=3;

/// Metadata before the lists of symbols.
const FIXED_BYTES: usize = 100;

/// Digits behind the point of Databento's prices.
const PRICE_DIGITS: u8 = 9;

/// A price that is none.
const UNDEFINED: i64 = i64::MAX;

const HEADER_BYTES: usize = 16;
const ORDER_TYPE: u8 = 0xa0;
const ORDER_BYTES: usize = 56;
const TRADE_TYPE: u8 = 0;
const TRADE_BYTES: usize = 48;

/// Flag of the last message of an event.
const LAST: u8 = 1 << 7;

pub(crate) fn read(opened: Opened<'_>, place: &Place, form: BookForm, sink: &mut dyn Sink) -> Result<(), DataError> {
    let mut source = BufReader::with_capacity(64 * 1024, opened.source);
    let symbols = metadata(&mut source, place)?;
    let mut market = Market { form, ..Market::default() };
    let (mut number, mut bytes) = (0, [0; 4 * u8::MAX as usize]);
    while let Some(record) = next(&mut source, &mut bytes, number, place)? {
        number += 1;
        let id = word(record, 4);
        let unnamed = || format!("id:{id}");
        let symbol = symbols.get(&id).cloned().unwrap_or_else(unnamed);
        match (record[1], record.len()) {
            (ORDER_TYPE, ORDER_BYTES..) => market.order(&symbol, &Message::new(record), number, sink)?,
            (TRADE_TYPE, TRADE_BYTES..) => {
                let at = At { symbol: &symbol, time: long(record, 32), venue_time: long(record, 8), place: number };
                trade(&at, (long(record, 16).cast_signed(), word(record, 24), record[29]), sink)?;
            }
            (ORDER_TYPE | TRADE_TYPE, _) => {
                let why = "the record is shorter than its type";
                sink.bad(number, Bad { column: "record", value: record, why })?;
            }
            _ => sink.left_out("record of a schema that is not read (read are mbo and trades)", number)?,
        }
    }
    market.flush(sink)
}

/// The next record; its first byte is its length in words of four bytes.
fn next<'a>(
    source: &mut impl Read,
    bytes: &'a mut [u8],
    number: u64,
    place: &Place,
) -> Result<Option<&'a [u8]>, DataError> {
    let fault = |error: std::io::Error| place.read(number, &error);
    if source.read(&mut bytes[..1]).map_err(fault)? == 0 {
        return Ok(None);
    }
    let length = usize::from(bytes[0]) * 4;
    if length < HEADER_BYTES {
        return Err(
            place.limit(number + 1, format!("the record is {length} bytes long, at least {HEADER_BYTES} are needed"))
        );
    }
    source.read_exact(&mut bytes[1..length]).map_err(fault)?;
    Ok(Some(&bytes[..length]))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*bytes[at..].first_chunk().expect("the length was looked at"))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*bytes[at..].first_chunk().expect("the length was looked at"))
}

/// Names by the number of the instrument.
fn metadata(source: &mut impl Read, place: &Place) -> Result<BTreeMap<u32, String>, DataError> {
    let mut start = [0; 8];
    source.read_exact(&mut start).map_err(|error| place.read(0, &error))?;
    let (version, length) = (start[3], word(&start, 4));
    if !start.starts_with(b"DBN") || !VERSIONS.contains(&version) {
        return Err(
            place.format(format!("the file is no DBN of version 1 to 3, but starts with \"{}\"", start.escape_ascii()))
        );
    }
    if length > METADATA_BYTES_MAX {
        return Err(
            place.limit(1, format!("the metadata is {length} bytes long, at most {METADATA_BYTES_MAX} are read"))
        );
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    source.read_exact(&mut bytes).map_err(|error| place.read(0, &error))?;
    let name_bytes =
        if version == 1 { 22 } else { bytes.get(45..47).map_or(0, |b| usize::from(b[0]) | usize::from(b[1]) << 8) };
    let damaged = || place.format("the symbols in the metadata are damaged");
    Names { rest: bytes.get(FIXED_BYTES..).ok_or_else(damaged)?, name_bytes }.mappings().ok_or_else(damaged)
}

/// The lists of symbols.
struct Names<'a> {
    rest: &'a [u8],
    name_bytes: usize,
}

impl<'a> Names<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(word(self.take(4)?, 0)).ok()
    }

    fn name(&mut self) -> Option<&'a str> {
        let padded = self.take(self.name_bytes)?;
        std::str::from_utf8(padded.split(|byte| *byte == 0).next()?).ok()
    }

    fn mappings(mut self) -> Option<BTreeMap<u32, String>> {
        let definition = self.count()?;
        self.take(definition)?;
        // Asked for, found in part, not found.
        for _ in 0..3 {
            let names = self.count()?;
            self.take(names.checked_mul(self.name_bytes)?)?;
        }
        let mut found = BTreeMap::new();
        for _ in 0..self.count()? {
            let raw = self.name()?;
            for _ in 0..self.count()? {
                self.take(8)?;
                if let Ok(id) = self.name()?.parse() {
                    found.insert(id, raw.to_owned());
                }
            }
        }
        Some(found)
    }
}

/// A message about an order.
struct Message {
    instrument: u32,
    venue_time: u64,
    order: u64,
    price: i64,
    size: u32,
    is_last: bool,
    action: u8,
    side: u8,
    time: u64,
}

impl Message {
    /// Of a record of at least [`ORDER_BYTES`].
    fn new(record: &[u8]) -> Message {
        Message {
            instrument: word(record, 4),
            venue_time: long(record, 8),
            order: long(record, 16),
            price: long(record, 24).cast_signed(),
            size: word(record, 32),
            is_last: record[36] & LAST != 0,
            action: record[38],
            side: record[39],
            time: long(record, 40),
        }
    }
}

struct At<'a> {
    symbol: &'a str,
    time: u64,
    venue_time: u64,
    place: u64,
}

impl At<'_> {
    fn row(&self, what: What) -> Row<'_> {
        let At { symbol, time, venue_time, place } = *self;
        Row { symbol, time, venue_time, what, count: None, place }
    }
}

fn trade(at: &At<'_>, (price, size, side): (i64, u32, u8), sink: &mut dyn Sink) -> Result<(), DataError> {
    let Some(what) = trade_of(price, size, side) else { return sink.left_out(TRADE_WITHOUT_PRICE, at.place) };
    sink.row(&at.row(what))
}

const TRADE_WITHOUT_PRICE: &str = "trade without a price";

fn trade_of(price: i64, size: u32, side: u8) -> Option<What> {
    Some(What::Trade { price: price_of(price)?, qty: qty_of(u64::from(size)), aggressor: side_of(side) })
}

fn price_of(price: i64) -> Option<Number> {
    (price != UNDEFINED).then(|| Number::new(price, PRICE_DIGITS)).flatten()
}

/// A sum of 32-bit sizes over at most [`ORDERS_MAX`] orders.
fn qty_of(size: u64) -> Number {
    i64::try_from(size).ok().and_then(|size| Number::new(size, 0)).expect("2^52 at most")
}

fn side_of(side: u8) -> Option<Side> {
    match side {
        b'B' => Some(Side::Buy),
        b'A' => Some(Side::Sell),
        _ => None,
    }
}

#[derive(Clone, Copy)]
struct Order {
    instrument: u32,
    side: Side,
    price: i64,
    size: u32,
}

/// Open orders, the levels they make, and what changed since the last whole event.
#[derive(Default)]
struct Market {
    form: BookForm,
    orders: BTreeMap<(u32, u64), Order>,
    levels: BTreeMap<(u32, Side, i64), u64>,
    pending: Vec<Pending>,
}

struct Pending {
    symbol: String,
    time: u64,
    venue_time: u64,
    place: u64,
    what: What,
}

impl Market {
    fn order(&mut self, symbol: &str, m: &Message, place: u64, sink: &mut dyn Sink) -> Result<(), DataError> {
        let at = At { symbol, time: m.time, venue_time: m.venue_time, place };
        let key = (m.instrument, m.order);
        if self.pending.last().is_some_and(|pending| pending.symbol != symbol) {
            self.flush(sink)?;
        }
        match m.action {
            b'T' if self.form == BookForm::Orders && !self.pending.is_empty() => self.trade(&at, m, sink)?,
            b'T' => trade(&at, (m.price, m.size, m.side), sink)?,
            b'F' if self.form == BookForm::Orders => self.fill(&at, key, m, sink)?,
            b'F' => sink.left_out("fill of a resting order (its cancel changes the book)", place)?,
            b'R' => self.clear(&at, m.instrument),
            b'A' | b'M' => self.put(&at, key, m, sink)?,
            b'C' => self.take(&at, key, m.size, sink)?,
            _ => sink.left_out("message without an action", place)?,
        }
        if m.is_last || self.pending.len() >= PENDING_MAX { self.flush(sink) } else { Ok(()) }
    }

    fn put(&mut self, at: &At<'_>, key: (u32, u64), m: &Message, sink: &mut dyn Sink) -> Result<(), DataError> {
        let (Some(side), Some(_)) = (side_of(m.side), price_of(m.price)) else {
            return sink.left_out("order without a side or a price", at.place);
        };
        if let Some(before) = self.orders.remove(&key) {
            let stays = m.action == b'M' && (side, m.price) == (before.side, before.price) && m.size <= before.size;
            if self.form == BookForm::Orders && stays {
                let less = before.size - m.size;
                self.orders.insert(key, Order { size: m.size, ..before });
                if less > 0 {
                    self.change(at, (key, &before), (BookOrderAction::Reduce, less));
                }
                return Ok(());
            }
            self.change(at, (key, &before), (BookOrderAction::Delete, before.size));
        }
        if self.orders.len() >= ORDERS_MAX {
            let why = "more orders are open than are kept";
            return sink.bad(at.place, Bad { column: "order", value: b"", why });
        }
        let order = Order { instrument: key.0, side, price: m.price, size: m.size };
        self.orders.insert(key, order);
        self.change(at, (key, &order), (BookOrderAction::Add, order.size));
        Ok(())
    }

    fn take(&mut self, at: &At<'_>, key: (u32, u64), size: u32, sink: &mut dyn Sink) -> Result<(), DataError> {
        let Some(before) = self.orders.get(&key).copied() else {
            return sink.left_out("cancel of an order that was never seen", at.place);
        };
        let taken = size.min(before.size);
        let action = if taken == before.size {
            self.orders.remove(&key);
            BookOrderAction::Delete
        } else {
            self.orders.insert(key, Order { size: before.size - taken, ..before });
            BookOrderAction::Reduce
        };
        self.change(at, (key, &before), (action, taken));
        Ok(())
    }

    /// A trade inside an event stays between what is told before it and behind it.
    fn trade(&mut self, at: &At<'_>, m: &Message, sink: &mut dyn Sink) -> Result<(), DataError> {
        let Some(what) = trade_of(m.price, m.size, m.side) else {
            return sink.left_out(TRADE_WITHOUT_PRICE, at.place);
        };
        self.pend(at, what);
        Ok(())
    }

    /// What a resting order was filled with; the cancel that follows changes the book.
    fn fill(&mut self, at: &At<'_>, key: (u32, u64), m: &Message, sink: &mut dyn Sink) -> Result<(), DataError> {
        let Some(order) = self.orders.get(&key).copied() else {
            return sink.left_out("fill of an order that was never seen", at.place);
        };
        self.change(at, (key, &order), (BookOrderAction::Fill, m.size));
        Ok(())
    }

    fn clear(&mut self, at: &At<'_>, instrument: u32) {
        self.orders.retain(|(known, _), _| *known != instrument);
        self.levels.retain(|(known, ..), _| *known != instrument);
        let none = Number::ZERO;
        self.pend(
            at,
            match self.form {
                BookForm::Levels => What::Clear { is_last: false },
                BookForm::Orders => What::Order {
                    action: BookOrderAction::Clear,
                    side: Side::Buy,
                    order: 0,
                    price: none,
                    qty: none,
                    level: none,
                    is_last: false,
                },
            },
        );
    }

    /// A level's sum never falls below 0: every order in it was added before it is taken.
    fn change(&mut self, at: &At<'_>, (id, order): ((u32, u64), &Order), (action, size): (BookOrderAction, u32)) {
        let key = (order.instrument, order.side, order.price);
        let before = self.levels.get(&key).copied().unwrap_or(0);
        let qty = match action {
            BookOrderAction::Add => before + u64::from(size),
            BookOrderAction::Reduce | BookOrderAction::Delete => before - u64::from(size),
            BookOrderAction::Fill | BookOrderAction::Clear => before,
        };
        if qty == 0 {
            self.levels.remove(&key);
        } else {
            self.levels.insert(key, qty);
        }
        let price = price_of(order.price).expect("orders without a price are not kept");
        let (side, level, is_last) = (order.side, qty_of(qty), false);
        self.pend(
            at,
            match self.form {
                BookForm::Levels => What::Level { side, price, qty: level, is_last },
                BookForm::Orders => {
                    let (order, qty) = (id.1, qty_of(u64::from(size)));
                    What::Order { action, side, order, price, qty, level, is_last }
                }
            },
        );
    }

    fn pend(&mut self, at: &At<'_>, what: What) {
        let At { symbol, time, venue_time, place } = *at;
        self.pending.push(Pending { symbol: symbol.to_owned(), time, venue_time, place, what });
    }

    /// Gives what changed, the last record flagged.
    fn flush(&mut self, sink: &mut dyn Sink) -> Result<(), DataError> {
        let is_book = |pending: &Pending| !matches!(pending.what, What::Trade { .. });
        let end = self.pending.iter().rposition(is_book).map_or(0, |last| last + 1);
        for (index, pending) in self.pending.drain(..).enumerate() {
            let Pending { symbol, time, venue_time, place, mut what } = pending;
            if let What::Level { is_last, .. } | What::Order { is_last, .. } | What::Clear { is_last } = &mut what {
                *is_last = index + 1 == end;
            }
            sink.row(&Row { symbol: &symbol, time, venue_time, what, count: None, place })?;
        }
        Ok(())
    }
}
