//! Market data: what does the exchange tell everybody?
//!
//! In: requests without a key. Out: JSON. Must never: change anything.

use serde_json::{Value, json};

use super::exchange::{Call, Exchange};
use super::fault::ApiFault;
use super::upkeep::{FUNDING_MS, FUNDING_RATE};
use super::words;
use crate::amount::Amount;
use crate::matching::bars;
use crate::matching::engine::Desk;
use crate::matching::listing::Product;
use crate::matching::order::Side;

type Said = Result<Value, ApiFault>;

pub(super) fn ping(_: &mut Exchange, _: &Call) -> Said {
    Ok(json!({}))
}

pub(super) fn time(exchange: &mut Exchange, call: &Call) -> Said {
    Ok(json!({"serverTime": exchange.clock_ms(call.now_ms * 1_000_000)}))
}

pub(super) fn exchange_info(exchange: &mut Exchange, call: &Call) -> Said {
    let engine = exchange.engine(call.product);
    let asked = symbols(exchange, call)?;
    let listings = engine.desks.iter().enumerate().filter(|(at, _)| asked.contains(at)).map(|(_, desk)| &desk.listing);
    let symbols: Vec<Value> = listings.map(words::listing).collect();
    let limit = |kind: &str, interval: (&str, u64), limit: u64| json!({"rateLimitType": kind, "interval": interval.0, "intervalNum": interval.1, "limit": limit});
    let rates = exchange.limits.rates();
    let weight = match call.product {
        Product::Spot => rates.spot_weight,
        Product::Futures => rates.futures_weight,
    };
    let orders = limit("ORDERS", ("SECOND", 10), rates.orders_10s);
    let mut info = json!({
        "timezone": "UTC",
        "serverTime": exchange.clock_ms(call.now_ms * 1_000_000),
        "rateLimits": [limit("REQUEST_WEIGHT", ("MINUTE", 1), weight), orders],
        "exchangeFilters": [],
        "symbols": symbols,
    });
    if call.product == Product::Futures {
        info["futuresType"] = json!("U_MARGINED");
        info["assets"] = json!([{"asset": "USDT", "marginAvailable": true, "autoAssetExchange": "-10000"}]);
    }
    Ok(info)
}

/// Symbols that a request names, by `symbol` or `symbols`; all when it names none.
fn symbols(exchange: &Exchange, call: &Call) -> Result<Vec<usize>, ApiFault> {
    let engine = exchange.engine(call.product);
    if call.params.text("symbol").is_some() {
        return Ok(vec![exchange.listing(call)?]);
    }
    let Some(list) = call.params.text("symbols") else { return Ok((0..engine.desks.len()).collect()) };
    let names: Vec<String> = serde_json::from_str(list).map_err(|_| {
        ApiFault::illegal("symbols", "^\\[(\"[A-Z0-9-_.]{1,20}\"(,\"[A-Z0-9-_.]{1,20}\"){0,}){0,1}\\]$")
    })?;
    names.iter().map(|name| engine.listing(name).ok_or_else(ApiFault::symbol)).collect()
}

/// One object for a symbol that was named, a list otherwise.
fn each(exchange: &Exchange, call: &Call, of: impl Fn(&Desk) -> Value) -> Said {
    let found = symbols(exchange, call)?;
    let mut said: Vec<Value> = found.iter().map(|at| of(exchange.desk(call.product, *at))).collect();
    let is_one = call.params.text("symbol").is_some();
    if is_one { said.pop().ok_or_else(ApiFault::symbol) } else { Ok(Value::Array(said)) }
}

pub(super) fn depth(exchange: &mut Exchange, call: &Call) -> Said {
    let desk = exchange.desk(call.product, exchange.listing(call)?);
    let most = if call.product == Product::Spot { 5_000 } else { 1_000 };
    let limit = call.params.limit(if call.product == Product::Spot { 100 } else { 500 }, most)?;
    let mut depth = json!({
        "lastUpdateId": desk.book.last(),
        "bids": words::levels(&desk.listing, desk.book.levels(Side::Buy).take(limit)),
        "asks": words::levels(&desk.listing, desk.book.levels(Side::Sell).take(limit)),
    });
    if call.product == Product::Futures {
        depth["E"] = json!(call.now_ms);
        depth["T"] = json!(call.now_ms);
    }
    Ok(depth)
}

pub(super) fn trades(exchange: &mut Exchange, call: &Call) -> Said {
    let desk = exchange.desk(call.product, exchange.listing(call)?);
    let limit = call.params.limit(500, 1_000)?;
    let mut latest: Vec<Value> =
        desk.tape.trades().rev().take(limit).map(|trade| words::trade(&desk.listing, trade)).collect();
    latest.reverse();
    Ok(Value::Array(latest))
}

pub(super) fn aggregates(exchange: &mut Exchange, call: &Call) -> Said {
    let desk = exchange.desk(call.product, exchange.listing(call)?);
    let limit = call.params.limit(500, 1_000)?;
    let (from, since) = (call.params.number("fromId")?, call.params.number("startTime")?);
    let until = call.params.number("endTime")?.unwrap_or(u64::MAX);
    let within = desk
        .tape
        .aggregates()
        .filter(|one| one.id >= from.unwrap_or(0) && one.time_ms >= since.unwrap_or(0) && one.time_ms <= until);
    let mut found: Vec<Value> = within.map(|one| words::aggregate(&desk.listing, one)).collect();
    let is_latest = from.is_none() && since.is_none();
    if is_latest {
        found.drain(..found.len().saturating_sub(limit));
    }
    found.truncate(limit);
    Ok(Value::Array(found))
}

pub(super) fn klines(exchange: &mut Exchange, call: &Call) -> Said {
    let desk = exchange.desk(call.product, exchange.listing(call)?);
    let interval = call.params.needed("interval")?;
    let length_ms = bars::length_ms(interval).ok_or_else(|| ApiFault::new(-1120, "Invalid interval."))?;
    let limit = call.params.limit(500, 1_500)?;
    let since = call.params.number("startTime")?;
    let until = call.params.number("endTime")?.unwrap_or(u64::MAX);
    let mut found = desk.tape.bars.of(length_ms, since.unwrap_or(0));
    found.retain(|bar| bar.open_ms <= until && bar.open_ms >= since.unwrap_or(0));
    if since.is_none() {
        found.drain(..found.len().saturating_sub(limit));
    }
    found.truncate(limit);
    Ok(found.iter().map(|bar| words::bar(&desk.listing, bar, length_ms)).collect())
}

pub(super) fn average(exchange: &mut Exchange, call: &Call) -> Said {
    let desk = exchange.desk(call.product, exchange.listing(call)?);
    let since = call.now_ms.saturating_sub(300_000);
    let recent = || desk.tape.trades().filter(move |trade| trade.time_ms >= since);
    let (money, qty): (Amount, Amount) =
        (recent().map(|trade| trade.price.times(trade.qty)).sum(), recent().map(|trade| trade.qty).sum());
    let price = if qty.is_zero() { desk.mark() } else { money.over(qty) };
    Ok(json!({"mins": 5, "price": price.to_string(), "closeTime": call.now_ms}))
}

pub(super) fn book_ticker(exchange: &mut Exchange, call: &Call) -> Said {
    let now_ms = call.now_ms;
    each(exchange, call, |desk| words::book_ticker(desk, now_ms))
}

pub(super) fn price(exchange: &mut Exchange, call: &Call) -> Said {
    let now_ms = call.now_ms;
    each(exchange, call, |desk| {
        let last = desk.tape.last().map_or_else(|| desk.mark(), |trade| trade.price);
        let mut said = json!({"symbol": desk.listing.symbol, "price": desk.listing.price(last)});
        if desk.listing.product == Product::Futures {
            said["time"] = json!(now_ms);
        }
        said
    })
}

pub(super) fn day(exchange: &mut Exchange, call: &Call) -> Said {
    let now_ms = call.now_ms;
    each(exchange, call, |desk| words::day(desk, now_ms))
}

pub(super) fn premium_index(exchange: &mut Exchange, call: &Call) -> Said {
    let now_ms = call.now_ms;
    each(exchange, call, |desk| {
        let mark = desk.mark().to_string();
        json!({
            "symbol": desk.listing.symbol,
            "markPrice": mark,
            "indexPrice": mark,
            "estimatedSettlePrice": mark,
            "lastFundingRate": FUNDING_RATE.to_string(),
            "interestRate": FUNDING_RATE.to_string(),
            "nextFundingTime": now_ms - now_ms % FUNDING_MS + FUNDING_MS,
            "time": now_ms,
        })
    })
}

pub(super) fn funding_rates(exchange: &mut Exchange, call: &Call) -> Said {
    let limit = call.params.limit(100, 1_000)?;
    let desk_at = if call.params.text("symbol").is_some() { exchange.listing(call)? } else { 0 };
    let desk = exchange.desk(call.product, desk_at);
    let until = call.params.number("endTime")?.unwrap_or(call.now_ms).min(call.now_ms);
    let since = call.params.number("startTime")?.unwrap_or(0);
    let last = until - until % FUNDING_MS;
    let times =
        (0..limit as u64).map_while(|back| last.checked_sub(back * FUNDING_MS)).take_while(|time| *time >= since);
    let mut times: Vec<u64> = times.collect();
    times.reverse();
    let row = |time: &u64| json!({"symbol": desk.listing.symbol, "fundingTime": time, "fundingRate": FUNDING_RATE.to_string(), "markPrice": desk.mark().to_string()});
    Ok(times.iter().map(row).collect())
}

pub(super) fn funding_info(_: &mut Exchange, _: &Call) -> Said {
    Ok(json!([]))
}
