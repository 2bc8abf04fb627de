//! Words of spot: how are orders, fills and balances written?
//!
//! In: values of the engine. Out: JSON of REST and of the user stream. Must never: decide what is told.

use serde_json::{Value, json};

use crate::amount::Amount;
use crate::matching::happening::{Execution, Fill};
use crate::matching::listing::Listing;
use crate::matching::order::{Order, State};

pub(super) fn ack(listing: &Listing, order: &Order) -> Value {
    json!({
        "symbol": listing.symbol, "orderId": order.id, "orderListId": -1,
        "clientOrderId": order.wanted.client, "transactTime": order.updated_ms,
    })
}

pub(super) fn result(listing: &Listing, order: &Order) -> Value {
    let mut said = ack(listing, order);
    extend(&mut said, &terms(order));
    extend(
        &mut said,
        &json!({"workingTime": order.working_ms, "selfTradePreventionMode": order.wanted.prevention.name()}),
    );
    said
}

pub(super) fn full<'a>(listing: &Listing, order: &Order, fills: impl Iterator<Item = &'a Fill>) -> Value {
    let mut said = result(listing, order);
    let fill = |fill: &Fill| {
        json!({
            "price": fill.price.to_string(), "qty": fill.qty.to_string(), "commission": fill.fee.to_string(),
            "commissionAsset": fill.fee_asset, "tradeId": fill.trade,
        })
    };
    said["fills"] = fills.map(fill).collect();
    said
}

pub(super) fn canceled(listing: &Listing, order: &Order, cancel_id: &str) -> Value {
    let mut said = json!({
        "symbol": listing.symbol, "origClientOrderId": order.wanted.client, "orderId": order.id, "orderListId": -1,
        "clientOrderId": cancel_id, "transactTime": order.updated_ms,
    });
    extend(&mut said, &terms(order));
    said["selfTradePreventionMode"] = json!(order.wanted.prevention.name());
    said
}

pub(super) fn order(listing: &Listing, order: &Order) -> Value {
    let mut said = json!({
        "symbol": listing.symbol, "orderId": order.id, "orderListId": -1, "clientOrderId": order.wanted.client,
    });
    extend(&mut said, &terms(order));
    extend(
        &mut said,
        &json!({
            "stopPrice": order.wanted.stop.to_string(), "icebergQty": "0.00000000",
            "time": order.created_ms, "updateTime": order.updated_ms, "isWorking": order.is_working,
            "workingTime": if order.is_working { json!(order.working_ms) } else { json!(-1) },
            "origQuoteOrderQty": order.wanted.money.to_string(), "selfTradePreventionMode": order.wanted.prevention.name(),
        }),
    );
    said
}

fn terms(order: &Order) -> Value {
    let mut said = json!({
        "price": order.price.to_string(), "origQty": order.qty.to_string(), "executedQty": order.done.to_string(),
        "origQuoteOrderQty": order.wanted.money.to_string(), "cummulativeQuoteQty": order.spent.to_string(),
        "status": order.state.name(), "timeInForce": order.wanted.force.name(), "type": order.wanted.kind.name(),
        "side": order.wanted.side.name(),
    });
    if order.wanted.kind.is_conditional() {
        said["stopPrice"] = json!(order.wanted.stop.to_string());
    }
    said
}

pub(super) fn extend(said: &mut Value, more: &Value) {
    let more = more.as_object().into_iter().flatten();
    for (name, value) in more {
        said[name] = value.clone();
    }
}

pub(super) fn fill(listing: &Listing, fill: &Fill) -> Value {
    json!({
        "symbol": listing.symbol, "id": fill.trade, "orderId": fill.order, "orderListId": -1,
        "price": fill.price.to_string(), "qty": fill.qty.to_string(), "quoteQty": fill.price.times(fill.qty).to_string(),
        "commission": fill.fee.to_string(), "commissionAsset": fill.fee_asset, "time": fill.time_ms,
        "isBuyer": fill.side == crate::matching::order::Side::Buy, "isMaker": fill.is_maker, "isBestMatch": true,
    })
}

/// Message of a thing done to an order.
pub(super) fn report(listing: &Listing, order: &Order, execution: &Execution, cancel_id: &str) -> Value {
    let (word, fill) = match execution {
        Execution::New => ("NEW", None),
        Execution::Amended => ("REPLACED", None),
        Execution::Trade(fill) => ("TRADE", Some(fill)),
        Execution::Canceled => ("CANCELED", None),
        Execution::Expired if order.state == State::ExpiredInMatch => ("TRADE_PREVENTION", None),
        Execution::Expired => ("EXPIRED", None),
    };
    let zero = Amount::ZERO.to_string();
    let (client, original) = if cancel_id.is_empty() {
        (order.wanted.client.as_str(), "")
    } else {
        (cancel_id, order.wanted.client.as_str())
    };
    let mut said = json!({
        "e": "executionReport", "E": order.updated_ms, "s": listing.symbol, "c": client,
        "S": order.wanted.side.name(), "o": order.wanted.kind.name(), "f": order.wanted.force.name(),
        "q": order.qty.to_string(), "p": order.price.to_string(), "P": order.wanted.stop.to_string(), "F": zero, "g": -1,
        "C": original, "x": word, "X": order.state.name(), "r": "NONE", "i": order.id,
        "l": zero, "z": order.done.to_string(), "L": zero, "n": "0", "N": null, "T": order.updated_ms, "t": -1,
        "I": order.id * 1_000 + order.updated_ms % 1_000, "w": order.is_working && order.state.is_open(), "m": false, "M": false,
        "O": order.created_ms, "Z": order.spent.to_string(), "Y": zero, "Q": order.wanted.money.to_string(),
        "W": order.working_ms, "V": order.wanted.prevention.name(),
    });
    if let Some(fill) = fill {
        extend(
            &mut said,
            &json!({
                "l": fill.qty.to_string(), "L": fill.price.to_string(), "n": fill.fee.to_string(), "N": fill.fee_asset,
                "t": fill.trade, "m": fill.is_maker, "M": true, "Y": fill.price.times(fill.qty).to_string(), "w": false,
            }),
        );
    }
    said
}

pub(super) fn balances(balances: &[(String, Amount, Amount)], now_ms: u64) -> Value {
    let one = |(asset, free, locked): &(String, Amount, Amount)| json!({"a": asset, "f": free.to_string(), "l": locked.to_string()});
    let all: Vec<Value> = balances.iter().map(one).collect();
    json!({"e": "outboundAccountPosition", "E": now_ms, "u": now_ms, "B": all})
}

pub(super) fn transfer(asset: &str, delta: Amount, now_ms: u64) -> Value {
    json!({"e": "balanceUpdate", "E": now_ms, "a": asset, "d": delta.to_string(), "T": now_ms})
}
