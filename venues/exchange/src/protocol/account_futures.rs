//! Futures accounts: what does an account hold, how is it set, and how does it listen?
//!
//! In: signed requests. Out: JSON. Must never: show one account another's money.

use serde_json::{Value, json};

use super::exchange::{Call, Exchange};
use super::fault::ApiFault;
use super::words_futures as words;
use crate::accounts::margin::{Position, Security};
use crate::amount::Amount;
use crate::matching::happening::{Happening, Why};
use crate::matching::listing::Product;

type Said = Result<Value, ApiFault>;

/// Highest leverage.
const LEVERAGE_MAX: u64 = 125;

/// Money of a futures account that came or went without a trade.
#[derive(Debug, Clone)]
pub(super) struct Income {
    pub(super) account: usize,
    pub(super) kind: &'static str,
    pub(super) symbol: String,
    pub(super) amount: Amount,
    pub(super) time_ms: u64,
}

/// The sums that several answers show.
struct Sums {
    wallet: Amount,
    unrealised: Amount,
    position: Amount,
    orders: Amount,
    maintenance: Amount,
    available: Amount,
}

impl Sums {
    fn of(exchange: &Exchange, account: usize) -> Self {
        let engine = &exchange.futures;
        let margin = &engine.ledger.margins[account];
        let mark = |listing: usize| engine.desks[listing].mark();
        let maintenance = |position: &Position| words::maintenance(position.notional(mark(position.listing)));
        Self {
            wallet: margin.wallet,
            unrealised: margin.unrealised(mark),
            position: margin.position_margin(mark),
            orders: engine.order_margin(account),
            maintenance: margin.positions.values().map(maintenance).sum(),
            available: engine.available(account).max(Amount::ZERO),
        }
    }
}

pub(super) fn account(exchange: &mut Exchange, call: &Call) -> Said {
    let sums = Sums::of(exchange, call.account);
    let initial = sums.position + sums.orders;
    let asset = json!({
        "asset": "USDT", "walletBalance": sums.wallet.to_string(), "unrealizedProfit": sums.unrealised.to_string(),
        "marginBalance": (sums.wallet + sums.unrealised).to_string(), "maintMargin": sums.maintenance.to_string(),
        "initialMargin": initial.to_string(), "positionInitialMargin": sums.position.to_string(),
        "openOrderInitialMargin": sums.orders.to_string(), "crossWalletBalance": sums.wallet.to_string(),
        "crossUnPnl": sums.unrealised.to_string(), "availableBalance": sums.available.to_string(),
        "maxWithdrawAmount": sums.available.to_string(), "marginAvailable": true, "updateTime": call.now_ms,
    });
    Ok(json!({
        "feeTier": 0, "feeBurn": false, "canTrade": true, "canDeposit": true, "canWithdraw": true, "updateTime": 0,
        "multiAssetsMargin": false, "tradeGroupId": -1,
        "totalInitialMargin": initial.to_string(), "totalMaintMargin": sums.maintenance.to_string(),
        "totalWalletBalance": sums.wallet.to_string(), "totalUnrealizedProfit": sums.unrealised.to_string(),
        "totalMarginBalance": (sums.wallet + sums.unrealised).to_string(),
        "totalPositionInitialMargin": sums.position.to_string(), "totalOpenOrderInitialMargin": sums.orders.to_string(),
        "totalCrossWalletBalance": sums.wallet.to_string(), "totalCrossUnPnl": sums.unrealised.to_string(),
        "availableBalance": sums.available.to_string(), "maxWithdrawAmount": sums.available.to_string(),
        "assets": [asset], "positions": positions(exchange, call, None, Shown::All),
    }))
}

pub(super) fn balance(exchange: &mut Exchange, call: &Call) -> Said {
    let sums = Sums::of(exchange, call.account);
    Ok(json!([{
        "accountAlias": format!("A{}", call.account), "asset": "USDT", "balance": sums.wallet.to_string(),
        "crossWalletBalance": sums.wallet.to_string(), "crossUnPnl": sums.unrealised.to_string(),
        "availableBalance": sums.available.to_string(), "maxWithdrawAmount": sums.available.to_string(),
        "marginAvailable": true, "updateTime": call.now_ms,
    }]))
}

/// Which positions are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    All,
    /// Those that are not flat.
    Held,
}

fn positions(exchange: &Exchange, call: &Call, listing: Option<usize>, shown: Shown) -> Value {
    let engine = &exchange.futures;
    let margin = &engine.ledger.margins[call.account];
    let meant = engine.desks.iter().enumerate().filter(|(at, _)| listing.is_none_or(|only| only == *at));
    let held = meant.filter(|(at, _)| shown == Shown::All || !margin.position(*at).qty.is_zero());
    let said = held.map(|(at, desk)| {
        let position = margin.position(at);
        let mut said = words::risk(desk, &position);
        // `account` spells it differently from `positionRisk`, and names the kind of margin by a yes or no.
        said["unrealizedProfit"] = said["unRealizedProfit"].clone();
        said["isolated"] = json!(position.security == Security::Isolated);
        said["maxNotional"] = json!("100000000");
        said
    });
    said.collect()
}

fn listing_or_all(exchange: &Exchange, call: &Call) -> Result<Option<usize>, ApiFault> {
    if call.params.text("symbol").is_some() { exchange.listing(call).map(Some) } else { Ok(None) }
}

pub(super) fn position_risk(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = listing_or_all(exchange, call)?;
    Ok(positions(exchange, call, listing, Shown::All))
}

/// The third version leaves flat positions out.
pub(super) fn held_positions(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = listing_or_all(exchange, call)?;
    Ok(positions(exchange, call, listing, Shown::Held))
}

pub(super) fn leverage(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = exchange.listing(call)?;
    let wanted = call.params.number_needed("leverage")?;
    let leverage = u32::try_from(wanted).ok().filter(|_| (1..=LEVERAGE_MAX).contains(&wanted));
    let leverage = leverage.ok_or_else(|| ApiFault::new(-4028, format!("Leverage {wanted} is not valid")))?;
    exchange.futures.ledger.margins[call.account].position_mut(listing).leverage = leverage;
    exchange.futures.happened.push(Happening::Leverage { account: call.account, listing, leverage });
    Ok(json!({"leverage": leverage, "maxNotionalValue": "100000000", "symbol": call.params.text("symbol")}))
}

pub(super) fn margin_type(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = exchange.listing(call)?;
    let security = match call.params.needed("marginType")? {
        "ISOLATED" => Security::Isolated,
        "CROSSED" | "CROSS" => Security::Cross,
        _ => return Err(ApiFault::new(-4135, "Invalid margin type.")),
    };
    let has_orders = exchange.futures.open_orders(call.account).any(|order| order.wanted.listing == listing);
    let position = exchange.futures.ledger.margins[call.account].position_mut(listing);
    if position.security == security {
        return Err(ApiFault::new(-4046, "No need to change margin type."));
    }
    if has_orders {
        return Err(ApiFault::new(-4047, "Margin type cannot be changed if there exists open orders."));
    }
    if !position.qty.is_zero() {
        return Err(ApiFault::new(-4048, "Margin type cannot be changed if there exists position."));
    }
    position.security = security;
    exchange.futures.note_positions(call.account, &[listing], Why::MarginType, Amount::ZERO);
    Ok(json!({"code": 200, "msg": "success"}))
}

pub(super) fn position_mode(_: &mut Exchange, _: &Call) -> Said {
    Ok(json!({"dualSidePosition": false}))
}

pub(super) fn set_position_mode(_: &mut Exchange, call: &Call) -> Said {
    call.params.needed("dualSidePosition")?;
    if call.params.is_true("dualSidePosition")? {
        return Err(ApiFault::new(-1020, "This operation is not supported."));
    }
    Err(ApiFault::new(-4059, "No need to change position side."))
}

pub(super) fn multi_assets(_: &mut Exchange, _: &Call) -> Said {
    Ok(json!({"multiAssetsMargin": false}))
}

pub(super) fn brackets(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = listing_or_all(exchange, call)?;
    let desks = exchange.futures.desks.iter().enumerate().filter(|(at, _)| listing.is_none_or(|only| only == *at));
    let said = desks.map(|(_, desk)| {
        json!({"symbol": desk.listing.symbol, "brackets": [{
            "bracket": 1, "initialLeverage": LEVERAGE_MAX, "notionalCap": 100_000_000, "notionalFloor": 0,
            "maintMarginRatio": 0.005, "cum": 0.0,
        }]})
    });
    Ok(said.collect())
}

pub(super) fn commission(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = &exchange.desk(Product::Futures, exchange.listing(call)?).listing;
    let (maker, taker) = (listing.maker_fee.shown(6), listing.taker_fee.shown(6));
    Ok(json!({"symbol": listing.symbol, "makerCommissionRate": maker, "takerCommissionRate": taker}))
}

pub(super) fn symbol_config(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = listing_or_all(exchange, call)?;
    let margin = &exchange.futures.ledger.margins[call.account];
    let desks = exchange.futures.desks.iter().enumerate().filter(|(at, _)| listing.is_none_or(|only| only == *at));
    let said = desks.map(|(at, desk)| {
        let position = margin.position(at);
        let kind = if position.security == Security::Cross { "CROSSED" } else { "ISOLATED" };
        json!({
            "symbol": desk.listing.symbol, "marginType": kind, "isAutoAddMargin": false,
            "leverage": position.leverage, "maxNotionalValue": "100000000",
        })
    });
    Ok(said.collect())
}

pub(super) fn account_config(_: &mut Exchange, _: &Call) -> Said {
    Ok(json!({
        "feeTier": 0, "canTrade": true, "canDeposit": true, "canWithdraw": true, "dualSidePosition": false,
        "updateTime": 0, "multiAssetsMargin": false, "tradeGroupId": -1,
    }))
}

pub(super) fn income(exchange: &mut Exchange, call: &Call) -> Said {
    let limit = call.params.limit(100, 1_000)?;
    let kind = call.params.text("incomeType");
    let is_meant = |income: &&Income| income.account == call.account && kind.is_none_or(|kind| kind == income.kind);
    let found: Vec<&Income> = exchange.incomes.iter().filter(is_meant).collect();
    let said = found[found.len().saturating_sub(limit)..].iter().map(|income| {
        json!({
            "symbol": income.symbol, "incomeType": income.kind, "income": income.amount.to_string(), "asset": "USDT",
            "info": income.kind, "time": income.time_ms, "tranId": income.time_ms, "tradeId": "",
        })
    });
    Ok(said.collect())
}

pub(super) fn no_algo_orders(_: &mut Exchange, _: &Call) -> Said {
    Ok(json!([]))
}

pub(super) fn open_key(exchange: &mut Exchange, call: &Call) -> Said {
    let fresh = exchange.made_up("listen", 64);
    Ok(json!({"listenKey": exchange.keys.open(Product::Futures, call.account, fresh, call.now_ms)}))
}

pub(super) fn keep_key(exchange: &mut Exchange, call: &Call) -> Said {
    if exchange.keys.of(Product::Futures, call.account).is_none() {
        return Err(ApiFault::listen_key());
    }
    let key = exchange.keys.open(Product::Futures, call.account, String::new(), call.now_ms);
    Ok(json!({"listenKey": key}))
}

pub(super) fn close_key(exchange: &mut Exchange, call: &Call) -> Said {
    exchange.keys.close(Product::Futures, call.account).map(|_| json!({})).ok_or_else(ApiFault::listen_key)
}
