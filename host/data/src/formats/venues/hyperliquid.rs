//! Hyperliquid: `l2Book`, `bbo`, `trades`, `activeAssetCtx`.
//!
//! In: messages with `channel`. Out: book levels (each message is a snapshot), quotes, trades, mark prices, funding rates.
//! Must never: carry trades of another coin under the name of the first.

use std::borrow::Cow;

use ringfence_core::instrument::Side;
use ringfence_core::money::Scale;
use serde::Deserialize;

use super::{At, Change, Heard, decode, levels, row};
use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::json::{Pair, Text, Whole};
use crate::row::{Sink, What};

#[derive(Deserialize)]
struct Level {
    px: Text,
    sz: Text,
}

#[derive(Deserialize)]
struct Book<'a> {
    #[serde(borrow)]
    coin: Cow<'a, str>,
    time: Whole,
    levels: (Vec<Level>, Vec<Level>),
}

#[derive(Deserialize)]
struct Best<'a> {
    #[serde(borrow)]
    coin: Cow<'a, str>,
    time: Whole,
    bbo: (Option<Level>, Option<Level>),
}

#[derive(Deserialize)]
struct Trade<'a> {
    #[serde(borrow)]
    coin: Cow<'a, str>,
    time: Whole,
    side: Taker,
    px: Text,
    sz: Text,
}

#[derive(Deserialize)]
enum Taker {
    #[serde(rename = "B")]
    Buy,
    #[serde(rename = "A")]
    Sell,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    mark_px: Text,
    funding: Option<Text>,
}

#[derive(Deserialize)]
struct Asset<'a> {
    #[serde(borrow)]
    coin: Cow<'a, str>,
    ctx: Context,
}

pub(crate) fn message(at: At, channel: &str, data: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    match channel {
        "l2Book" => book(at, data, sink),
        "bbo" => best(at, data, sink),
        "trades" => trades(at, data, sink),
        "activeAssetCtx" => context(at, data, sink),
        "subscriptionResponse" => Ok(Heard::LeftOut("answer to a subscription")),
        _ => Ok(Heard::LeftOut("channel that events cannot carry")),
    }
}

fn book(at: At, data: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let Book { coin, time, levels: (bids, asks) } = decode!(data);
    let pairs = |levels: Vec<Level>| levels.into_iter().map(|level| Pair(level.px.0, level.sz.0)).collect::<Vec<_>>();
    levels(sink, (at, &coin, time.millis_ns()), Change::Snapshot, (&pairs(bids), &pairs(asks)))
}

fn best(at: At, data: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let Best { coin, time, bbo: (bid, ask) } = decode!(data);
    let side = |level: Option<Level>| level.map_or((Number::ZERO, Number::ZERO), |level| (level.px.0, level.sz.0));
    sink.row(&row(at, &coin, time.millis_ns(), What::Quote { bid: side(bid), ask: side(ask) }))?;
    Ok(Heard::Rows)
}

fn trades(at: At, data: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let trades: Vec<Trade<'_>> = decode!(data);
    for Trade { coin, time, side, px, sz } in trades {
        let aggressor = Some(match side {
            Taker::Buy => Side::Buy,
            Taker::Sell => Side::Sell,
        });
        sink.row(&row(at, &coin, time.millis_ns(), What::Trade { price: px.0, qty: sz.0, aggressor }))?;
    }
    Ok(Heard::Rows)
}

fn context(at: At, data: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let Asset { coin, ctx } = decode!(data);
    sink.row(&row(at, &coin, 0, What::Mark(ctx.mark_px.0)))?;
    let Some(Text(rate)) = ctx.funding else { return Ok(Heard::Rows) };
    match rate.at(Scale::new(9).expect("9 is in range")) {
        Some(rate_e9) => {
            sink.row(&row(at, &coin, 0, What::Funding(rate_e9, 0)))?;
            Ok(Heard::Rows)
        }
        None => Ok(Heard::LeftOut("funding rate finer than 10^-9")),
    }
}
