//! Coinbase: the exchange feed (`level2`, `ticker`, `matches`).
//!
//! In: messages with `type`. Out: book levels, trades, and quotes where a ticker tells the sizes. Must never: take the side of
//! a match for the aggressor: it is the side of the resting order.

use std::borrow::Cow;

use ringfence_core::instrument::Side;
use serde::Deserialize;

use super::{At, Change, Heard, PerSymbol, TOO_MANY, decode, levels, row};
use crate::error::DataError;
use crate::formats::json::{Pair, Text};
use crate::row::{Row, Sink, What};
use crate::time::{Zone, instant};

/// What has to be remembered between messages.
#[derive(Default)]
pub(crate) struct Coinbase {
    has_snapshot: PerSymbol<bool>,
}

#[derive(Deserialize)]
struct Snapshot<'a> {
    #[serde(borrow)]
    product_id: Cow<'a, str>,
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    asks: Vec<Pair>,
    bids: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Resting {
    Buy,
    Sell,
}

impl From<Resting> for Side {
    fn from(side: Resting) -> Side {
        match side {
            Resting::Buy => Side::Buy,
            Resting::Sell => Side::Sell,
        }
    }
}

#[derive(Deserialize)]
struct Update<'a> {
    #[serde(borrow)]
    product_id: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    changes: Vec<(Resting, Text, Text)>,
}

#[derive(Deserialize)]
struct Match<'a> {
    #[serde(borrow)]
    product_id: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    trade_id: u64,
    side: Resting,
    size: Text,
    price: Text,
}

#[derive(Deserialize)]
struct Ticker<'a> {
    #[serde(borrow)]
    product_id: Cow<'a, str>,
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    best_bid: Text,
    best_ask: Text,
    best_bid_size: Option<Text>,
    best_ask_size: Option<Text>,
}

impl Coinbase {
    pub(crate) fn message(&mut self, at: At, kind: &str, json: &[u8], sink: &mut dyn Sink) -> Result<Heard, DataError> {
        let Ok(json) = std::str::from_utf8(json) else { return Ok(Heard::Bad("the text is not UTF-8".to_owned())) };
        match kind {
            "snapshot" => self.snapshot(at, json, sink),
            "l2update" => self.update(at, json, sink),
            "match" => trade(at, json, sink),
            "ticker" => ticker(at, json, sink),
            "last_match" => Ok(Heard::LeftOut("trade from before the subscription")),
            "subscriptions" => Ok(Heard::LeftOut("answer to a subscription")),
            "heartbeat" => Ok(Heard::LeftOut("heartbeat")),
            "error" => Ok(Heard::LeftOut("error message of the venue")),
            _ => Ok(Heard::LeftOut("message of a form that is not known")),
        }
    }

    fn snapshot(&mut self, at: At, json: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
        let Snapshot { product_id, time, asks, bids } = decode!(json);
        let Some(known) = self.has_snapshot.of(&product_id) else { return Ok(Heard::Bad(TOO_MANY.to_owned())) };
        *known = true;
        let venue_time = time.map_or(0, |time| venue_time(&time));
        levels(sink, (at, &product_id, venue_time), Change::Snapshot, (&bids, &asks))
    }

    fn update(&mut self, at: At, json: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
        let Update { product_id, time, changes } = decode!(json);
        let Some(known) = self.has_snapshot.of(&product_id) else { return Ok(Heard::Bad(TOO_MANY.to_owned())) };
        if !*known {
            return Ok(Heard::LeftOut("book update before the first snapshot"));
        }
        let (venue_time, count) = (venue_time(&time), changes.len());
        for (index, (side, price, qty)) in changes.into_iter().enumerate() {
            let is_last = index + 1 == count;
            let what = What::Level { side: side.into(), price: price.0, qty: qty.0, is_last };
            sink.row(&row(at, &product_id, venue_time, what))?;
        }
        Ok(if count == 0 { Heard::LeftOut("book update without levels") } else { Heard::Rows })
    }
}

fn trade(at: At, json: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let Match { product_id, time, trade_id, side, size, price } = decode!(json);
    let aggressor = Some(Side::from(side).opposite());
    let what = What::Trade { price: price.0, qty: size.0, aggressor };
    sink.row(&Row { count: Some(trade_id), ..row(at, &product_id, venue_time(&time), what) })?;
    Ok(Heard::Rows)
}

fn ticker(at: At, json: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let ticker: Ticker<'_> = decode!(json);
    let (Some(bid_qty), Some(ask_qty)) = (ticker.best_bid_size, ticker.best_ask_size) else {
        return Ok(Heard::LeftOut("ticker without sizes"));
    };
    let what = What::Quote { bid: (ticker.best_bid.0, bid_qty.0), ask: (ticker.best_ask.0, ask_qty.0) };
    sink.row(&row(at, &ticker.product_id, ticker.time.map_or(0, |time| venue_time(&time)), what))?;
    Ok(Heard::Rows)
}

/// 0 for what is no time: the receive time leads.
fn venue_time(text: &str) -> u64 {
    instant(text.as_bytes(), &Zone::utc()).unwrap_or(0)
}
