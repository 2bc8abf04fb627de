//! Databento: which rows does a DBN file hold?
//!
//! In: DBN of any version, market by order or trades. Out: trades, and book levels summed over the orders at a price. Must
//! never: hold more than [`ORDERS_MAX`] orders, or show a book between the first and the last message of one event.

use std::collections::BTreeMap;

use dbn::decode::{DbnMetadata, DecodeRecordRef};
use dbn::{MboMsg, TradeMsg};
use ringfence_core::instrument::Side;

use crate::decimal::Number;
use crate::error::DataError;
use crate::row::{Bad, Row, Sink, What};
use crate::source::{Opened, Place};

/// Most orders that are open at once, over all instruments of a file.
const ORDERS_MAX: usize = 1 << 20;

/// Most changed levels of one event.
const PENDING_MAX: usize = 1 << 16;

/// Longest metadata: symbols and their mappings.
const METADATA_BYTES_MAX: u32 = 4 << 20;

/// Digits behind the point of Databento's prices.
const PRICE_DIGITS: u8 = 9;

pub(crate) fn read(opened: Opened<'_>, place: &Place, sink: &mut dyn Sink) -> Result<(), DataError> {
    check_metadata(&opened.head, place)?;
    let fault = |number: u64, error: dbn::Error| DataError::Read {
        path: place.path().to_owned(),
        place: number,
        reason: error.to_string(),
    };
    let mut decoder = dbn::decode::dbn::Decoder::new(opened.source).map_err(|error| fault(0, error))?;
    let symbols = symbols(decoder.metadata());
    let mut market = Market::default();
    let mut number = 0;
    while let Some(record) = decoder.decode_record_ref().map_err(|error| fault(number, error))? {
        number += 1;
        let id = record.header().instrument_id;
        let unnamed = || format!("id:{id}");
        let symbol = symbols.get(&id).cloned().unwrap_or_else(unnamed);
        if record.has::<MboMsg>() {
            let message = record.try_get::<MboMsg>().map_err(|error| fault(number, error))?;
            market.order(&symbol, message, number, sink)?;
        } else if record.has::<TradeMsg>() {
            let message = record.try_get::<TradeMsg>().map_err(|error| fault(number, error))?;
            let at = At { symbol: &symbol, time: message.ts_recv, venue_time: message.hd.ts_event, place: number };
            trade(&at, (message.price, message.size, message.side as u8), sink)?;
        } else {
            sink.left_out("record of a schema that is not read (read are mbo and trades)", number)?;
        }
    }
    market.flush(sink)
}

/// Before the decoder makes room for the metadata.
fn check_metadata(head: &[u8], place: &Place) -> Result<(), DataError> {
    let Some(length) = head.get(4..8).and_then(|bytes| bytes.first_chunk()).map(|bytes| u32::from_le_bytes(*bytes))
    else {
        return Err(place.format("the file ends inside the start of a DBN"));
    };
    if length > METADATA_BYTES_MAX {
        return Err(
            place.limit(1, format!("the metadata is {length} bytes long, at most {METADATA_BYTES_MAX} are read"))
        );
    }
    Ok(())
}

fn symbols(metadata: &dbn::Metadata) -> BTreeMap<u32, String> {
    let pair = |mapping: &dbn::SymbolMapping| {
        let raw = mapping.raw_symbol.clone();
        let ids = mapping.intervals.iter().filter_map(|interval| interval.symbol.parse().ok());
        ids.map(|id: u32| (id, raw.clone())).collect::<Vec<_>>()
    };
    metadata.mappings.iter().flat_map(pair).collect()
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
    let Some(price) = price_of(price) else { return sink.left_out("trade without a price", at.place) };
    let what = What::Trade { price, qty: qty_of(u64::from(size)), aggressor: side_of(side) };
    sink.row(&at.row(what))
}

fn price_of(price: i64) -> Option<Number> {
    (price != dbn::UNDEF_PRICE).then(|| Number::new(price, PRICE_DIGITS)).flatten()
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
    fn order(&mut self, symbol: &str, m: &MboMsg, place: u64, sink: &mut dyn Sink) -> Result<(), DataError> {
        let at = At { symbol, time: m.ts_recv, venue_time: m.hd.ts_event, place };
        let key = (m.hd.instrument_id, m.order_id);
        if self.pending.last().is_some_and(|pending| pending.symbol != symbol) {
            self.flush(sink)?;
        }
        match m.action as u8 {
            b'T' => trade(&at, (m.price, m.size, m.side as u8), sink)?,
            b'F' => sink.left_out("fill of a resting order (its cancel changes the book)", place)?,
            b'R' => self.clear(&at, m.hd.instrument_id),
            b'A' | b'M' => self.put(&at, key, m, sink)?,
            b'C' => self.take(&at, key, m.size, sink)?,
            _ => sink.left_out("message without an action", place)?,
        }
        if m.flags.is_last() || self.pending.len() >= PENDING_MAX { self.flush(sink) } else { Ok(()) }
    }

    fn put(&mut self, at: &At<'_>, key: (u32, u64), m: &MboMsg, sink: &mut dyn Sink) -> Result<(), DataError> {
        let (Some(side), Some(_)) = (side_of(m.side as u8), price_of(m.price)) else {
            return sink.left_out("order without a side or a price", at.place);
        };
        if let Some(before) = self.orders.remove(&key) {
            self.change(at, &before, |qty| qty - u64::from(before.size));
        }
        if self.orders.len() >= ORDERS_MAX {
            let why = "more orders are open than are kept";
            return sink.bad(at.place, Bad { column: "order", value: b"", why });
        }
        let order = Order { instrument: key.0, side, price: m.price, size: m.size };
        self.orders.insert(key, order);
        self.change(at, &order, |qty| qty + u64::from(order.size));
        Ok(())
    }

    fn take(&mut self, at: &At<'_>, key: (u32, u64), size: u32, sink: &mut dyn Sink) -> Result<(), DataError> {
        let Some(before) = self.orders.get(&key).copied() else {
            return sink.left_out("cancel of an order that was never seen", at.place);
        };
        let taken = size.min(before.size);
        if taken == before.size {
            self.orders.remove(&key);
        } else {
            self.orders.insert(key, Order { size: before.size - taken, ..before });
        }
        self.change(at, &before, |qty| qty - u64::from(taken));
        Ok(())
    }

    fn clear(&mut self, at: &At<'_>, instrument: u32) {
        self.orders.retain(|(known, _), _| *known != instrument);
        self.levels.retain(|(known, ..), _| *known != instrument);
        self.pend(at, What::Clear { is_last: false });
    }

    /// A level's sum never falls below 0: every order in it was added before it is taken.
    fn change(&mut self, at: &At<'_>, order: &Order, by: impl Fn(u64) -> u64) {
        let key = (order.instrument, order.side, order.price);
        let qty = by(self.levels.get(&key).copied().unwrap_or(0));
        if qty == 0 {
            self.levels.remove(&key);
        } else {
            self.levels.insert(key, qty);
        }
        let price = price_of(order.price).expect("orders without a price are not kept");
        self.pend(at, What::Level { side: order.side, price, qty: qty_of(qty), is_last: false });
    }

    fn pend(&mut self, at: &At<'_>, what: What) {
        let At { symbol, time, venue_time, place } = *at;
        self.pending.push(Pending { symbol: symbol.to_owned(), time, venue_time, place, what });
    }

    /// Gives what changed, the last record flagged.
    fn flush(&mut self, sink: &mut dyn Sink) -> Result<(), DataError> {
        let end = self.pending.len();
        for (index, pending) in self.pending.drain(..).enumerate() {
            let Pending { symbol, time, venue_time, place, mut what } = pending;
            if let What::Level { is_last, .. } | What::Clear { is_last } = &mut what {
                *is_last = index + 1 == end;
            }
            sink.row(&Row { symbol: &symbol, time, venue_time, what, count: None, place })?;
        }
        Ok(())
    }
}
