//! Binance: spot, USD-M and COIN-M streams, and the depth snapshot that a capture may hold.
//!
//! In: messages of combined or single streams. Out: trades, quotes, book levels, bars, mark prices, funding rates. Must
//! never: let a missing depth update pass in silence (spot updates follow by `U = last u + 1`, futures by `pu = last u`), or
//! lose what came between a snapshot and its arrival.

use std::borrow::Cow;
use std::collections::VecDeque;

use ringfence_core::instrument::Side;
use ringfence_core::money::Scale;
use serde::Deserialize;

use super::{At, Change, Heard, PerSymbol, TOO_MANY, decode, levels, row};
use crate::error::DataError;
use crate::formats::json::{Pair, Text, Whole};
use crate::row::{Kind, Row, Sink, What};
use crate::time;

/// What has to be remembered between messages.
#[derive(Default)]
pub(crate) struct Binance {
    books: PerSymbol<Book>,
}

/// Where the depth updates of an instrument stand.
#[derive(Debug, Default)]
struct Book {
    last: Option<u64>,
    /// `lastUpdateId` of a snapshot whose first newer update is still to come.
    snapshot: Option<u64>,
    /// The latest updates: a snapshot that was asked for arrives behind updates that are newer than it.
    recent: VecDeque<Recent>,
}

/// An update that a snapshot may have to be brought up to date with.
#[derive(Debug)]
struct Recent {
    /// Largest id that a snapshot before it can have.
    before: u64,
    u: u64,
    bids: Vec<Pair>,
    asks: Vec<Pair>,
}

impl Book {
    fn keep(&mut self, recent: Recent) {
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        if recent.bids.len() + recent.asks.len() <= RECENT_LEVELS_MAX {
            self.recent.push_back(recent);
        } else {
            self.recent.clear();
        }
    }
}

/// Updates kept per instrument: an answer to a request takes a second at most.
const RECENT_MAX: usize = 16;

/// Most levels of an update that is kept.
const RECENT_LEVELS_MAX: usize = 1_000;

/// Most instruments of which updates are kept: 64 x 16 x 1,000 levels of 32 bytes are 32 MiB.
const RECENT_SYMBOLS_MAX: usize = 64;

#[derive(Deserialize)]
struct Depth<'a> {
    #[serde(borrow)]
    s: Cow<'a, str>,
    #[serde(rename = "E")]
    event_time: Whole,
    #[serde(rename = "T")]
    time: Option<Whole>,
    #[serde(rename = "U")]
    first: u64,
    u: u64,
    pu: Option<u64>,
    b: Vec<Pair>,
    a: Vec<Pair>,
}

#[derive(Deserialize)]
struct Ticker<'a> {
    #[serde(borrow)]
    s: Cow<'a, str>,
    b: Text,
    #[serde(rename = "B")]
    bid_qty: Text,
    a: Text,
    #[serde(rename = "A")]
    ask_qty: Text,
    #[serde(rename = "T")]
    time: Option<Whole>,
}

#[derive(Deserialize)]
struct Trade<'a> {
    #[serde(borrow)]
    s: Cow<'a, str>,
    #[serde(rename = "T")]
    time: Whole,
    t: Option<u64>,
    a: Option<u64>,
    p: Text,
    q: Text,
    m: bool,
    #[serde(rename = "X", borrow)]
    kind: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Kline<'a> {
    #[serde(borrow)]
    s: Cow<'a, str>,
    k: Candle<'a>,
}

#[derive(Deserialize)]
struct Candle<'a> {
    t: Whole,
    #[serde(borrow)]
    i: Cow<'a, str>,
    o: Text,
    h: Text,
    l: Text,
    c: Text,
    v: Text,
    x: bool,
}

#[derive(Deserialize)]
struct MarkPrice<'a> {
    #[serde(borrow)]
    s: Cow<'a, str>,
    #[serde(rename = "E")]
    event_time: Whole,
    p: Text,
    r: Option<Text>,
    #[serde(rename = "T")]
    next: Option<Whole>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot<'a> {
    last_update_id: u64,
    #[serde(borrow)]
    symbol: Option<Cow<'a, str>>,
    #[serde(rename = "T")]
    time: Option<Whole>,
    bids: Vec<Pair>,
    asks: Vec<Pair>,
}

#[derive(Deserialize)]
struct Plain<'a> {
    #[serde(borrow)]
    e: Cow<'a, str>,
}

impl Binance {
    /// A message of a combined stream, which is named `symbol@kind`.
    pub(crate) fn message(
        &mut self,
        at: At,
        stream: &str,
        json: &str,
        sink: &mut dyn Sink,
    ) -> Result<Heard, DataError> {
        let kind = stream.split_once('@').map_or(stream, |(_, kind)| kind);
        let kind = kind.split('@').next().unwrap_or(kind);
        match kind {
            "depth" => self.depth(at, json, sink),
            "bookTicker" => ticker(at, json, sink),
            "trade" | "aggTrade" => trade(at, json, sink),
            "markPrice" => mark(at, json, sink),
            _ if kind.starts_with("kline_") => kline(at, json, sink),
            _ => Ok(Heard::LeftOut("stream that events cannot carry")),
        }
    }

    /// A message of a single stream, which names itself in `e`.
    pub(crate) fn plain(&mut self, at: At, json: &[u8], sink: &mut dyn Sink) -> Result<Heard, DataError> {
        let Ok(json) = std::str::from_utf8(json) else { return Ok(Heard::Bad("the text is not UTF-8".to_owned())) };
        let Plain { e } = decode!(json);
        match &*e {
            "depthUpdate" => self.depth(at, json, sink),
            "bookTicker" => ticker(at, json, sink),
            "trade" | "aggTrade" => trade(at, json, sink),
            "markPriceUpdate" => mark(at, json, sink),
            "kline" => kline(at, json, sink),
            _ => Ok(Heard::LeftOut("stream that events cannot carry")),
        }
    }

    fn depth(&mut self, at: At, json: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
        let depth: Depth<'_> = decode!(json);
        let is_kept = self.books.count() <= RECENT_SYMBOLS_MAX;
        let Some(book) = self.books.of(&depth.s) else { return Ok(Heard::Bad(TOO_MANY.to_owned())) };
        let follows = match (depth.pu, book.last) {
            (_, None) => true,
            (Some(before), Some(last)) => before == last,
            (None, Some(last)) => depth.first == last.saturating_add(1),
        };
        if !follows && book.last.is_some_and(|last| depth.u <= last) {
            return Ok(Heard::LeftOut("depth update that was there already"));
        }
        book.last = Some(depth.u);
        if let Some(snapshot) = book.snapshot {
            let is_older = if depth.pu.is_some() { depth.u < snapshot } else { depth.u <= snapshot };
            if is_older {
                return Ok(Heard::LeftOut("depth update older than the snapshot"));
            }
            book.snapshot = None;
            // Ids of futures leave out those of other instruments; only what went before has to be in the snapshot.
            let misses = depth.pu.map_or(depth.first > snapshot.saturating_add(1), |before| before > snapshot);
            if misses || !follows {
                sink.gap(&depth.s, Kind::Depth, (at.place, at.time))?;
            }
        } else if !follows {
            sink.gap(&depth.s, Kind::Depth, (at.place, at.time))?;
        }
        let venue_time = depth.time.unwrap_or(depth.event_time).millis_ns();
        let heard = levels(sink, (at, &depth.s, venue_time), Change::Update, (&depth.b, &depth.a));
        let before = depth.pu.unwrap_or(depth.first.saturating_sub(1));
        if is_kept {
            book.keep(Recent { before, u: depth.u, bids: depth.b, asks: depth.a });
        }
        heard
    }

    /// A depth snapshot from a request; it names its instrument on COIN-M only, elsewhere there has to be just one.
    pub(crate) fn snapshot(&mut self, at: At, json: &[u8], sink: &mut dyn Sink) -> Result<Heard, DataError> {
        let Ok(json) = std::str::from_utf8(json) else { return Ok(Heard::Bad("the text is not UTF-8".to_owned())) };
        let Snapshot { last_update_id, symbol, time, bids, asks } = decode!(json);
        let Some(symbol) = symbol.as_deref().or(self.books.only()).map(str::to_owned) else {
            return Ok(Heard::LeftOut("depth snapshot without the name of its instrument"));
        };
        let Some(book) = self.books.of(&symbol) else { return Ok(Heard::Bad(TOO_MANY.to_owned())) };
        let venue_time = time.map_or(0, Whole::millis_ns);
        let (mut all_bids, mut all_asks) = (bids, asks);
        book.recent.retain(|recent| recent.u > last_update_id);
        let (mut at_id, mut misses) = (last_update_id, false);
        for (index, recent) in book.recent.iter().enumerate() {
            misses |= index == 0 && recent.before > last_update_id;
            at_id = recent.u;
            all_bids.extend_from_slice(&recent.bids);
            all_asks.extend_from_slice(&recent.asks);
        }
        book.snapshot = (at_id == last_update_id).then_some(last_update_id);
        let heard = levels(sink, (at, &symbol, venue_time), Change::Snapshot, (&all_bids, &all_asks))?;
        // Said behind the snapshot: it does not make the book whole.
        if misses {
            sink.gap(&symbol, Kind::Depth, (at.place, at.time))?;
        }
        Ok(heard)
    }
}

fn ticker(at: At, json: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let ticker: Ticker<'_> = decode!(json);
    let what = What::Quote { bid: (ticker.b.0, ticker.bid_qty.0), ask: (ticker.a.0, ticker.ask_qty.0) };
    sink.row(&row(at, &ticker.s, ticker.time.map_or(0, Whole::millis_ns), what))?;
    Ok(Heard::Rows)
}

fn trade(at: At, json: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let trade: Trade<'_> = decode!(json);
    if trade.kind.as_deref().is_some_and(|kind| kind != "MARKET") {
        return Ok(Heard::LeftOut("trade that is no market trade (insurance fund, deleveraging)"));
    }
    let aggressor = Some(if trade.m { Side::Sell } else { Side::Buy });
    let what = What::Trade { price: trade.p.0, qty: trade.q.0, aggressor };
    sink.row(&Row { count: trade.t.or(trade.a), ..row(at, &trade.s, trade.time.millis_ns(), what) })?;
    Ok(Heard::Rows)
}

fn mark(at: At, json: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let mark: MarkPrice<'_> = decode!(json);
    let venue_time = mark.event_time.millis_ns();
    sink.row(&row(at, &mark.s, venue_time, What::Mark(mark.p.0)))?;
    let Some(Text(rate)) = mark.r else { return Ok(Heard::Rows) };
    match rate.at(Scale::new(9).expect("9 is in range")) {
        Some(rate_e9) => {
            let what = What::Funding(rate_e9, mark.next.map_or(0, Whole::millis_ns));
            sink.row(&row(at, &mark.s, venue_time, what))?;
            Ok(Heard::Rows)
        }
        None => Ok(Heard::LeftOut("funding rate finer than 10^-9")),
    }
}

fn kline(at: At, json: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let Kline { s, k } = decode!(json);
    if !k.x {
        return Ok(Heard::LeftOut("bar that is not closed yet"));
    }
    let Some(interval_ns) = time::length(&k.i) else {
        return Ok(Heard::LeftOut("bar of a calendar month"));
    };
    let open_time = k.t.millis_ns();
    let prices = [k.o.0, k.h.0, k.l.0, k.c.0];
    let what = What::Bar { prices, volume: k.v.0, open_time, interval_ns };
    sink.row(&Row { time: open_time.saturating_add(interval_ns), ..row(at, &s, 0, what) })?;
    Ok(Heard::Rows)
}
