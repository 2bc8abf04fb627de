//! Words of futures: how are orders, fills and positions written?
//!
//! In: values of the engine. Out: JSON of REST and of the user stream. Must never: decide what is told.

use serde_json::{Value, json};

use crate::accounts::margin::Position;
use crate::amount::Amount;
use crate::matching::engine::Desk;
use crate::matching::happening::{Execution, Fill, Why};
use crate::matching::listing::Listing;
use crate::matching::order::{Force, Order};

pub(super) fn order(listing: &Listing, order: &Order) -> Value {
    let mut said = placed(listing, order);
    said["time"] = json!(order.created_ms);
    said
}

pub(super) fn placed(listing: &Listing, order: &Order) -> Value {
    json!({
        "orderId": order.id, "symbol": listing.symbol, "status": order.state.name(), "clientOrderId": order.wanted.client,
        "price": listing.price(order.price), "avgPrice": order.average().shown(5), "origQty": listing.qty(order.qty),
        "executedQty": listing.qty(order.done), "cumQty": listing.qty(order.done), "cumQuote": order.spent.to_string(),
        "timeInForce": order.wanted.force.name(), "type": order.wanted.kind.name(),
        "reduceOnly": order.wanted.is_reducing, "closePosition": false, "side": order.wanted.side.name(),
        "positionSide": "BOTH", "stopPrice": "0", "workingType": "CONTRACT_PRICE", "priceProtect": false,
        "origType": order.wanted.kind.name(), "priceMatch": "NONE",
        "selfTradePreventionMode": order.wanted.prevention.name(), "goodTillDate": good_till(order),
        "updateTime": order.updated_ms,
    })
}

fn good_till(order: &Order) -> u64 {
    match order.wanted.force {
        Force::Gtd(until) => until,
        Force::Gtc | Force::Ioc | Force::Fok | Force::Gtx => 0,
    }
}

pub(super) fn fill(listing: &Listing, fill: &Fill) -> Value {
    json!({
        "symbol": listing.symbol, "id": fill.trade, "orderId": fill.order, "side": fill.side.name(),
        "price": listing.price(fill.price), "qty": listing.qty(fill.qty), "realizedPnl": fill.profit.to_string(),
        "quoteQty": fill.price.times(fill.qty).to_string(), "commission": fill.fee.to_string(), "commissionAsset": fill.fee_asset,
        "time": fill.time_ms, "buyer": fill.side == crate::matching::order::Side::Buy, "maker": fill.is_maker, "positionSide": "BOTH",
    })
}

/// Message of a thing done to an order.
pub(super) fn report(listing: &Listing, order: &Order, execution: &Execution) -> Value {
    let (word, fill) = match execution {
        Execution::New => ("NEW", None),
        Execution::Amended => ("AMENDMENT", None),
        Execution::Trade(fill) => ("TRADE", Some(fill)),
        Execution::Canceled => ("CANCELED", None),
        Execution::Expired => ("EXPIRED", None),
    };
    let mut said = json!({
        "s": listing.symbol, "c": order.wanted.client, "S": order.wanted.side.name(), "o": order.wanted.kind.name(),
        "f": order.wanted.force.name(), "q": listing.qty(order.qty), "p": listing.price(order.price),
        "ap": order.average().shown(5), "sp": "0", "x": word, "X": order.state.name(), "i": order.id,
        "l": "0", "z": listing.qty(order.done), "L": "0", "n": "0", "N": "USDT", "T": order.updated_ms, "t": 0,
        "b": "0", "a": "0", "m": false, "R": order.wanted.is_reducing, "wt": "CONTRACT_PRICE",
        "ot": order.wanted.kind.name(), "ps": "BOTH", "cp": false, "rp": "0", "pP": false, "si": 0, "ss": 0,
        "V": order.wanted.prevention.name(), "pm": "NONE", "gtd": good_till(order),
    });
    if let Some(fill) = fill {
        super::words_spot::extend(
            &mut said,
            &json!({
                "l": listing.qty(fill.qty), "L": listing.price(fill.price), "n": fill.fee.to_string(), "N": fill.fee_asset,
                "t": fill.trade, "m": fill.is_maker, "rp": fill.profit.to_string(), "T": fill.time_ms,
            }),
        );
    }
    json!({"e": "ORDER_TRADE_UPDATE", "T": order.updated_ms, "E": order.updated_ms, "o": said})
}

/// Message of a changed wallet and positions.
pub(super) fn update(desks: &[Desk], why: Why, money: (Amount, Amount), positions: &[Position], now_ms: u64) -> Value {
    let one = |position: &Position| {
        let desk = &desks[position.listing];
        json!({
            "s": desk.listing.symbol, "pa": desk.listing.qty(position.qty), "ep": position.entry().trimmed(),
            "bep": position.entry().trimmed(), "cr": position.realised.to_string(),
            "up": position.unrealised(desk.mark()).to_string(), "mt": position.security.name(),
            "iw": "0", "ps": "BOTH", "ma": desk.listing.quote,
        })
    };
    let positions: Vec<Value> = positions.iter().map(one).collect();
    let change = if why == Why::Order { Amount::ZERO } else { money.1 };
    json!({
        "e": "ACCOUNT_UPDATE", "T": now_ms, "E": now_ms,
        "a": {
            "m": why.name(),
            "B": [{"a": "USDT", "wb": money.0.to_string(), "cw": money.0.to_string(), "bc": change.to_string()}],
            "P": positions,
        },
    })
}

pub(super) fn leverage(listing: &Listing, leverage: u32, now_ms: u64) -> Value {
    json!({"e": "ACCOUNT_CONFIG_UPDATE", "E": now_ms, "T": now_ms, "ac": {"s": listing.symbol, "l": leverage}})
}

/// A position as `positionRisk` has it.
pub(super) fn risk(desk: &Desk, position: &Position) -> Value {
    let mark = desk.mark();
    let notional = position.notional(mark);
    let margin = position.initial_margin(mark);
    json!({
        "symbol": desk.listing.symbol, "positionSide": "BOTH", "positionAmt": desk.listing.qty(position.qty),
        "entryPrice": position.entry().trimmed(), "breakEvenPrice": position.entry().trimmed(),
        "markPrice": mark.to_string(), "unRealizedProfit": position.unrealised(mark).to_string(),
        "liquidationPrice": "0", "leverage": position.leverage.to_string(), "maxNotionalValue": "100000000",
        "marginType": position.security.name(), "isolatedMargin": "0.00000000", "isAutoAddMargin": "false",
        "notional": notional.to_string(), "isolatedWallet": "0", "marginAsset": desk.listing.quote,
        "initialMargin": margin.to_string(), "maintMargin": maintenance(notional).to_string(),
        "positionInitialMargin": margin.to_string(), "openOrderInitialMargin": "0", "adl": 0,
        "bidNotional": "0", "askNotional": "0", "updateTime": position.updated_ms,
    })
}

/// Half of one percent.
pub(super) fn maintenance(notional: Amount) -> Amount {
    notional.abs().part(200)
}
