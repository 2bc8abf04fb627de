//! Spot accounts: what does an account have, and how does it listen?
//!
//! In: signed requests. Out: JSON. Must never: show one account another's money.

use serde_json::{Value, json};

use super::exchange::{Call, Exchange};
use super::fault::ApiFault;
use crate::matching::listing::Product;

type Said = Result<Value, ApiFault>;

pub(super) fn account(exchange: &mut Exchange, call: &Call) -> Said {
    let omits_zero = call.params.is_true("omitZeroBalances")?;
    let wallet = &exchange.spot.ledger.wallets[call.account];
    let shown = wallet.balances.iter().filter(|(_, balance)| !omits_zero || !(balance.free + balance.locked).is_zero());
    let balances: Vec<Value> = shown
        .map(|(asset, balance)| json!({"asset": asset, "free": balance.free.to_string(), "locked": balance.locked.to_string()}))
        .collect();
    let zero = "0.00000000";
    Ok(json!({
        "makerCommission": 10, "takerCommission": 10, "buyerCommission": 0, "sellerCommission": 0,
        "commissionRates": {"maker": "0.00100000", "taker": "0.00100000", "buyer": zero, "seller": zero},
        "canTrade": true, "canWithdraw": true, "canDeposit": true, "brokered": false,
        "requireSelfTradePrevention": false, "preventSor": false, "updateTime": call.now_ms, "accountType": "SPOT",
        "balances": balances, "permissions": ["SPOT"], "uid": call.account,
    }))
}

pub(super) fn commission(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = &exchange.desk(Product::Spot, exchange.listing(call)?).listing;
    let zero = "0.00000000";
    let (maker, taker) = (listing.maker_fee.to_string(), listing.taker_fee.to_string());
    Ok(json!({
        "symbol": listing.symbol,
        "standardCommission": {"maker": maker, "taker": taker, "buyer": zero, "seller": zero},
        "specialCommission": {"maker": zero, "taker": zero, "buyer": zero, "seller": zero},
        "taxCommission": {"maker": zero, "taker": zero, "buyer": zero, "seller": zero},
        "discount": {"enabledForAccount": false, "enabledForSymbol": false, "discountAsset": "BNB", "discount": "0.75000000"},
    }))
}

pub(super) fn order_counts(exchange: &mut Exchange, _: &Call) -> Said {
    let limit = exchange.limits.rates().orders_10s;
    Ok(json!([{"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": limit, "count": 0}]))
}

pub(super) fn open_key(exchange: &mut Exchange, call: &Call) -> Said {
    let fresh = exchange.made_up("listen", 60);
    Ok(json!({"listenKey": exchange.keys.open(Product::Spot, call.account, fresh, call.now_ms)}))
}

pub(super) fn keep_key(exchange: &mut Exchange, call: &Call) -> Said {
    named_key(exchange, call)?;
    exchange.keys.open(Product::Spot, call.account, String::new(), call.now_ms);
    Ok(json!({}))
}

pub(super) fn close_key(exchange: &mut Exchange, call: &Call) -> Said {
    named_key(exchange, call)?;
    exchange.keys.close(Product::Spot, call.account);
    Ok(json!({}))
}

/// A spot request names its listen key, and it has to be the account's.
fn named_key(exchange: &Exchange, call: &Call) -> Result<(), ApiFault> {
    let key = call.params.needed("listenKey")?;
    let own = exchange.keys.of(Product::Spot, call.account);
    if own.is_some_and(|own| own.key == key) { Ok(()) } else { Err(ApiFault::listen_key()) }
}
