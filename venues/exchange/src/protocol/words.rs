//! Words of the market: how are listings, trades and bars written?
//!
//! In: values of the engine. Out: JSON, as REST has it. Must never: decide what is told.

use serde_json::{Value, json};

use crate::amount::Amount;
use crate::matching::bars::Bar;
use crate::matching::engine::Desk;
use crate::matching::listing::{Listing, Product};
use crate::matching::tape::{Aggregate, Trade};

const DAY_MS: u64 = 86_400_000;

pub(super) fn listing(listing: &Listing) -> Value {
    match listing.product {
        Product::Spot => spot_listing(listing),
        Product::Futures => futures_listing(listing),
    }
}

fn spot_listing(listing: &Listing) -> Value {
    json!({
        "symbol": listing.symbol, "status": listing.status.name(),
        "baseAsset": listing.base, "baseAssetPrecision": 8,
        "quoteAsset": listing.quote, "quotePrecision": 8, "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8, "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": false, "ocoAllowed": false, "otoAllowed": false, "quoteOrderQtyMarketAllowed": true,
        "allowTrailingStop": false, "cancelReplaceAllowed": true, "amendAllowed": true,
        "isSpotTradingAllowed": true, "isMarginTradingAllowed": false,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": listing.tick.to_string(), "maxPrice": listing.price_max.to_string(), "tickSize": listing.tick.to_string()},
            {"filterType": "LOT_SIZE", "minQty": listing.qty_min.to_string(), "maxQty": listing.qty_max.to_string(), "stepSize": listing.step.to_string()},
            {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": listing.market_qty_max.to_string(), "stepSize": "0.00000000"},
            {"filterType": "PERCENT_PRICE", "multiplierUp": listing.multiplier_up.trimmed(), "multiplierDown": listing.multiplier_down.trimmed(), "avgPriceMins": 0},
            {"filterType": "NOTIONAL", "minNotional": listing.notional_min.to_string(), "applyMinToMarket": true, "maxNotional": "9000000.00000000", "applyMaxToMarket": false, "avgPriceMins": 0},
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": listing.orders_max},
        ],
        "permissions": [], "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    })
}

fn futures_listing(listing: &Listing) -> Value {
    json!({
        "symbol": listing.symbol, "pair": listing.symbol, "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000u64, "onboardDate": 1_569_398_400_000u64, "status": listing.status.name(),
        "maintMarginPercent": "2.5000", "requiredMarginPercent": "5.0000",
        "baseAsset": listing.base, "quoteAsset": listing.quote, "marginAsset": listing.quote,
        "pricePrecision": listing.tick.decimals().max(2), "quantityPrecision": listing.step.decimals(),
        "baseAssetPrecision": 8, "quotePrecision": 8, "underlyingType": "COIN", "underlyingSubType": ["PoW"],
        "triggerProtect": "0.0500", "liquidationFee": "0.012500", "marketTakeBound": "0.05", "maxMoveOrderLimit": 10_000,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": listing.tick.trimmed(), "maxPrice": listing.price_max.trimmed(), "tickSize": listing.tick.trimmed()},
            {"filterType": "LOT_SIZE", "minQty": listing.qty_min.trimmed(), "maxQty": listing.qty_max.trimmed(), "stepSize": listing.step.trimmed()},
            {"filterType": "MARKET_LOT_SIZE", "minQty": listing.qty_min.trimmed(), "maxQty": listing.market_qty_max.trimmed(), "stepSize": listing.step.trimmed()},
            {"filterType": "MAX_NUM_ORDERS", "limit": listing.orders_max},
            {"filterType": "MIN_NOTIONAL", "notional": listing.notional_min.trimmed()},
            {"filterType": "PERCENT_PRICE", "multiplierUp": listing.multiplier_up.shown(4), "multiplierDown": listing.multiplier_down.shown(4), "multiplierDecimal": "4"},
        ],
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    })
}

pub(super) fn levels(listing: &Listing, levels: impl Iterator<Item = (Amount, Amount)>) -> Value {
    levels.map(|(price, qty)| json!([listing.price(price), listing.qty(qty)])).collect()
}

pub(super) fn trade(listing: &Listing, trade: &Trade) -> Value {
    let money = trade.price.times(trade.qty);
    let mut said = json!({
        "id": trade.id, "price": listing.price(trade.price), "qty": listing.qty(trade.qty),
        "quoteQty": money.to_string(), "time": trade.time_ms, "isBuyerMaker": trade.is_buyer_maker,
    });
    if listing.product == Product::Spot {
        said["isBestMatch"] = json!(true);
    }
    said
}

pub(super) fn aggregate(listing: &Listing, one: &Aggregate) -> Value {
    let mut said = json!({
        "a": one.id, "p": listing.price(one.price), "q": listing.qty(one.qty),
        "f": one.first, "l": one.last, "T": one.time_ms, "m": one.is_buyer_maker,
    });
    if listing.product == Product::Spot {
        said["M"] = json!(true);
    }
    said
}

pub(super) fn bar(listing: &Listing, bar: &Bar, length_ms: u64) -> Value {
    json!([
        bar.open_ms,
        listing.price(bar.open),
        listing.price(bar.high),
        listing.price(bar.low),
        listing.price(bar.close),
        listing.qty(bar.qty),
        bar.open_ms + length_ms - 1,
        bar.money.to_string(),
        bar.count,
        listing.qty(bar.taker_qty),
        bar.taker_money.to_string(),
        "0",
    ])
}

pub(super) fn book_ticker(desk: &Desk, now_ms: u64) -> Value {
    let [bid, ask] = desk.book.touch();
    let listing = &desk.listing;
    let (bid, ask) = (bid.unwrap_or_default(), ask.unwrap_or_default());
    let mut said = json!({
        "symbol": listing.symbol,
        "bidPrice": listing.price(bid.0), "bidQty": listing.qty(bid.1),
        "askPrice": listing.price(ask.0), "askQty": listing.qty(ask.1),
    });
    if listing.product == Product::Futures {
        said["time"] = json!(now_ms);
        said["lastUpdateId"] = json!(desk.book.last());
    }
    said
}

/// What the last day was, as far as trades are remembered.
pub(super) struct Day {
    pub(super) open: Amount,
    pub(super) high: Amount,
    pub(super) low: Amount,
    pub(super) last: Amount,
    pub(super) last_qty: Amount,
    pub(super) qty: Amount,
    pub(super) money: Amount,
    pub(super) first_id: u64,
    pub(super) last_id: u64,
    pub(super) count: u64,
    pub(super) open_ms: u64,
}

impl Day {
    pub(super) fn of(desk: &Desk, now_ms: u64) -> Self {
        let open_ms = now_ms.saturating_sub(DAY_MS);
        let bars = desk.tape.bars.of(60_000, open_ms);
        let mark = desk.mark();
        let last = desk.tape.last();
        let (first, end) = (bars.first(), bars.last());
        Self {
            open: first.map_or(mark, |bar| bar.open),
            high: bars.iter().map(|bar| bar.high).max().unwrap_or(mark),
            low: bars.iter().map(|bar| bar.low).min().unwrap_or(mark),
            last: last.map_or(mark, |trade| trade.price),
            last_qty: last.map_or(Amount::ZERO, |trade| trade.qty),
            qty: bars.iter().map(|bar| bar.qty).sum(),
            money: bars.iter().map(|bar| bar.money).sum(),
            first_id: first.map_or(0, |bar| bar.first),
            last_id: end.map_or(0, |bar| bar.last),
            count: bars.iter().map(|bar| bar.count).sum(),
            open_ms,
        }
    }

    pub(super) fn change(&self) -> Amount {
        self.last - self.open
    }

    pub(super) fn percent(&self) -> String {
        self.change().fold(100).over(self.open).shown(3)
    }

    pub(super) fn average(&self) -> Amount {
        if self.qty.is_zero() { self.last } else { self.money.over(self.qty) }
    }
}

pub(super) fn day(desk: &Desk, now_ms: u64) -> Value {
    let (day, listing) = (Day::of(desk, now_ms), &desk.listing);
    let mut said = json!({
        "symbol": listing.symbol, "priceChange": listing.price(day.change()), "priceChangePercent": day.percent(),
        "weightedAvgPrice": listing.price(day.average()), "lastPrice": listing.price(day.last), "lastQty": listing.qty(day.last_qty),
        "openPrice": listing.price(day.open), "highPrice": listing.price(day.high), "lowPrice": listing.price(day.low),
        "volume": listing.qty(day.qty), "quoteVolume": day.money.to_string(), "openTime": day.open_ms, "closeTime": now_ms,
        "firstId": day.first_id, "lastId": day.last_id, "count": day.count,
    });
    if listing.product == Product::Spot {
        let touch = book_ticker(desk, now_ms);
        said["prevClosePrice"] = json!(listing.price(day.open));
        for name in ["bidPrice", "bidQty", "askPrice", "askQty"] {
            said[name] = touch[name].clone();
        }
    }
    said
}
