//! Words: in which words is the local exchange told what the suite wants to happen, and what do its books say?
//!
//! In: acts. Out: bodies of `/local/market` and `/local/faults`; the suite's truth out of `/local/ledger`. Must never: depend on
//! how they get there.

use ringfence_binance::codec::failure::Product;
use ringfence_core::event::{Fill, Liquidity, Report};
use ringfence_core::ids::{AccountId, ClientOrderId, CurrencyId, InstrumentId, LegKey, SessionId};
use ringfence_core::instrument::{Instrument, Side};
use ringfence_core::money::{Decimal, Plain, Price, Qty, decimal};
use ringfence_venue::conformance::{Act, Ask, Level, Mishap, Rule, Switch, Trouble, Truth, Wire, instruments};
use serde_json::{Value, json};

/// The session of the suite's desk.
pub(crate) const SESSION: SessionId = SessionId([7; 16]);
/// What the exchange calls the suite's instruments.
pub(crate) const SYMBOLS: [&str; 2] = ["BTCUSDT", "ETHUSDT"];

/// The account's name at the exchange.
pub(crate) fn name(account: AccountId) -> String {
    format!("account-{}", account.0)
}

/// What the market or an account does, as `/local/market` takes it; the product is added where it is sent.
pub(crate) fn command(act: &Act) -> Option<Value> {
    Some(match *act {
        Act::Touch(instrument, quote) | Act::SizedTouch(instrument, quote) => {
            let (price, qty) = (price_text(instrument), qty_text(instrument));
            let change = json!({
                "is": "quote", "bid": price(quote.bid_price), "bid_qty": qty(quote.bid_qty),
                "ask": price(quote.ask_price), "ask_qty": qty(quote.ask_qty),
            });
            json!({"do": "follow", "symbol": symbol(instrument), "change": change})
        }
        Act::Level(instrument, side, at) => level("place", (instrument, side, at)),
        Act::Trade(instrument, side, at) => level("trade", (instrument, side, at)),
        Act::Halt(instrument, switch) => {
            let status = if switch == Switch::On { "TRADING" } else { "HALT" };
            json!({"do": "status", "symbol": symbol(instrument), "status": status})
        }
        Act::Rule(instrument, rule) => changed_rule(instrument, rule),
        Act::Foreign(account, side, at) => {
            let mut order = level("order", (InstrumentId(1), side, at));
            order["account"] = json!(name(account));
            order
        }
        Act::ForeignCancel(account) => json!({"do": "cancel_all", "account": name(account)}),
        Act::Transfer(account, amount) => {
            json!({"do": "transfer", "account": name(account), "asset": "USDT", "amount": amount.to_string()})
        }
        Act::Fund => json!({"do": "fund"}),
        Act::ExpireKey => json!({"do": "expire_keys"}),
        Act::Pass(_)
        | Act::Next(..)
        | Act::Messages(_)
        | Act::Cut(..)
        | Act::Stall(..)
        | Act::Gap
        | Act::Echo
        | Act::Garble
        | Act::Skew(_)
        | Act::Network(_) => return None,
    })
}

fn level(what: &str, (instrument, side, level): (InstrumentId, Side, Level)) -> Value {
    let (price, qty) = (price_text(instrument)(level.price), qty_text(instrument)(level.qty));
    json!({"do": what, "symbol": symbol(instrument), "side": side_text(side), "price": price, "qty": qty})
}

fn changed_rule(instrument: InstrumentId, rule: Rule) -> Value {
    let (price, qty) = (price_text(instrument), qty_text(instrument));
    let (name, value) = match rule {
        Rule::NotionalMin(value) => ("notional_min", value.to_string()),
        Rule::QtyMin(value) => ("qty_min", qty(Qty(value))),
        Rule::Tick(value) => ("tick", price(Price(value))),
        Rule::Lot(value) => ("step", qty(Qty(value))),
    };
    json!({"do": "filter", "symbol": symbol(instrument), name: value})
}

/// What the exchange does wrong, as rules of `/local/faults`.
pub(crate) fn rules(product: Product, act: &Act) -> Option<Vec<Value>> {
    let is_futures = product == Product::UsdM;
    let rule = |when: Value, fault: Value| json!({"when": when, "fault": fault});
    Some(match *act {
        Act::Next(ask, mishap) => {
            let fault = fault(mishap)?;
            let paths = requests(product, ask).into_iter();
            paths.map(|(method, path)| rule(json!({"request": format!("{method} {path}")}), fault.clone())).collect()
        }
        Act::Messages(trouble) => vec![messages(is_futures, trouble)],
        Act::Stall(Wire::Market, ms) => {
            vec![rule(json!({"stream": "@bookTicker"}), json!({"kind": "stall", "ms": ms}))]
        }
        Act::Stall(Wire::User, ms) => {
            let when = json!({"message": "*", "account": name(AccountId(1))});
            vec![rule(when, json!({"kind": "stall", "ms": ms}))]
        }
        Act::Gap => vec![rule(json!({"stream": "btcusdt@depth"}), json!({"kind": "lose"}))],
        Act::Echo => {
            let stream = if is_futures { "btcusdt@aggTrade" } else { "btcusdt@trade" };
            vec![rule(json!({"stream": stream}), json!({"kind": "duplicate"}))]
        }
        Act::Garble => {
            let drift = json!({"kind": "drift", "within": ["data"], "remove": ["u"]});
            vec![rule(json!({"stream": "btcusdt@depth"}), drift)]
        }
        Act::Skew(ms) => vec![rule(json!({}), json!({"kind": "clock_skew", "ms": ms}))],
        Act::Touch(..)
        | Act::SizedTouch(..)
        | Act::Level(..)
        | Act::Trade(..)
        | Act::Pass(_)
        | Act::Halt(..)
        | Act::Rule(..)
        | Act::Foreign(..)
        | Act::ForeignCancel(_)
        | Act::Transfer(..)
        | Act::Fund
        | Act::ExpireKey
        | Act::Cut(..)
        | Act::Network(_) => return None,
    })
}

/// Method and path of a kind of request; an amend of spot has two.
pub(crate) fn requests(product: Product, ask: Ask) -> Vec<(&'static str, &'static str)> {
    match (ask, product) {
        (Ask::Submit, Product::UsdM) => vec![("POST", "/fapi/v1/order")],
        (Ask::Submit, Product::Spot) => vec![("POST", "/api/v3/order")],
        (Ask::Cancel, Product::UsdM) => vec![("DELETE", "/fapi/v1/order")],
        (Ask::Cancel, Product::Spot) => vec![("DELETE", "/api/v3/order")],
        (Ask::Amend, Product::UsdM) => vec![("PUT", "/fapi/v1/order")],
        (Ask::Amend, Product::Spot) => {
            vec![("POST", "/api/v3/order/cancelReplace"), ("PUT", "/api/v3/order/amend/keepPriority")]
        }
        (Ask::CancelAll, Product::UsdM) => vec![("DELETE", "/fapi/v1/allOpenOrders")],
        (Ask::CancelAll, Product::Spot) => vec![("DELETE", "/api/v3/openOrders")],
        (Ask::Order, Product::UsdM) => vec![("GET", "/fapi/v1/order")],
        (Ask::Order, Product::Spot) => vec![("GET", "/api/v3/order")],
        (Ask::Fills, Product::UsdM) => vec![("GET", "/fapi/v1/userTrades")],
        (Ask::Fills, Product::Spot) => vec![("GET", "/api/v3/myTrades")],
    }
}

/// Something goes wrong with messages of account 1.
fn messages(is_futures: bool, trouble: Trouble) -> Value {
    let event = if is_futures { "ORDER_TRADE_UPDATE" } else { "executionReport" };
    // A message about an order without its status.
    let within: &[&str] = if is_futures { &["o"] } else { &["event"] };
    let unreadable = json!({"kind": "drift", "within": within, "remove": ["X"]});
    let (message, times, fault) = match trouble {
        Trouble::Twice(times) => ("*".to_owned(), times, json!({"kind": "duplicate"})),
        Trouble::LoseFill => (format!("{event}:TRADE"), 1, json!({"kind": "lose"})),
        Trouble::LoseEnd => (format!("{event}:CANCELED"), 1, json!({"kind": "lose"})),
        Trouble::Late(ms) => (event.to_owned(), 1, json!({"kind": "delay", "ms": ms})),
        Trouble::Garbled => (event.to_owned(), 1, unreadable),
    };
    json!({"when": {"message": message, "account": name(AccountId(1)), "times": times}, "fault": fault})
}

/// What the exchange does; `None` for what happens on the way to it.
fn fault(mishap: Mishap) -> Option<Value> {
    let unavailable = |text: &str| json!({"kind": "unavailable", "text": text});
    Some(match mishap {
        Mishap::LostAnswer => json!({"kind": "lost_ack"}),
        Mishap::CutAnswer => json!({"kind": "cut_response", "bytes": 10}),
        Mishap::Slow(ms) => json!({"kind": "slow", "ms": ms}),
        Mishap::SaysUnknown => unavailable("unknown"),
        Mishap::SaysUnknownDone => json!({"kind": "unavailable", "text": "unknown", "is_processed": true}),
        Mishap::SaysUnavailable => unavailable("unavailable"),
        Mishap::SaysInternal => unavailable("internal"),
        Mishap::TooMany(seconds) => json!({"kind": "too_many", "retry_after_s": seconds}),
        Mishap::Banned(seconds) => json!({"kind": "banned", "seconds": seconds}),
        Mishap::StaleStamp => json!({"kind": "stale_timestamp"}),
        Mishap::FillFirst => json!({"kind": "fill_before_ack", "ms": 300}),
        Mishap::LateFill => json!({"kind": "late_fill", "ms": 1_500}),
        Mishap::Overfill(qty) => json!({"kind": "overfill", "qty": qty.to_string()}),
        Mishap::StrangeField => json!({"kind": "drift", "add": {"neverHeardOf": [1, {"x": null}]}}),
        Mishap::LostRequest | Mishap::Unsent => return None,
    })
}

/// Spot takes a thousandth of what was received, futures two or five hundredths of a percent of the value.
pub(crate) fn fee(product: Product, report: &Report, fill: &Fill) -> (Decimal, CurrencyId) {
    let definition = definition(report.instrument);
    let (price, qty) = (i128::from(fill.price.0), i128::from(fill.qty.0));
    let (price_digits, qty_digits) = (definition.price_scale.digits(), definition.qty_scale.digits());
    let digits = u32::from(price_digits + qty_digits);
    let (mantissa, scale, currency) = match (product, fill.side) {
        (Product::UsdM, _) => (price * qty * if fill.liquidity == Liquidity::Maker { 2 } else { 5 }, digits + 4, 1),
        (Product::Spot, Side::Sell) => (price * qty, digits + 3, 1),
        (Product::Spot, Side::Buy) => (qty, u32::from(qty_digits) + 3, 2),
    };
    (decimal(mantissa, scale).expect("a small number").normalize(), CurrencyId(currency))
}

/// What an account's part of the ledger says.
pub(crate) fn truth(ledger: &Value) -> Truth {
    let mut truth = Truth::default();
    for order in list(ledger, "orders") {
        if let Some(key) = key_of(order).filter(|_| is_open(order)) {
            let digits = definition(instrument_of(order)).qty_scale.digits();
            let open = mantissa(&order["origQty"], digits) - mantissa(&order["executedQty"], digits);
            truth.open.push((key, open));
        }
    }
    for instrument in instruments() {
        let of = list(ledger, "fills").iter().filter(|fill| instrument_of(fill) == instrument.id);
        let signed = of.map(|fill| {
            let qty = mantissa(&fill["qty"], instrument.qty_scale.digits());
            if fill["side"] == "BUY" { qty } else { -qty }
        });
        truth.positions.push((instrument.id, signed.sum()));
    }
    truth
}

/// A list of a ledger.
pub(crate) fn list<'a>(ledger: &'a Value, name: &str) -> &'a [Value] {
    ledger[name].as_array().map_or(&[], Vec::as_slice)
}

/// Whether an order of a ledger is open.
pub(crate) fn is_open(order: &Value) -> bool {
    ["NEW", "PARTIALLY_FILLED"].contains(&order["status"].as_str().unwrap_or_default())
}

/// The key of an order of the session.
pub(crate) fn key_of(order: &Value) -> Option<LegKey> {
    let own = ClientOrderId::new(SESSION, LegKey::default());
    let (ours, _) = ClientOrderId::parse(own.as_str())?;
    // What took an order's place begins with its id.
    let first = order["clientOrderId"].as_str()?.get(..ClientOrderId::LEN)?;
    let (session, key) = ClientOrderId::parse(first)?;
    (session == ours).then_some(key)
}

/// An instrument of the suite.
pub(crate) fn definition(id: InstrumentId) -> Instrument {
    instruments().into_iter().find(|instrument| instrument.id == id).expect("an instrument of the suite")
}

fn symbol(id: InstrumentId) -> &'static str {
    SYMBOLS[id.0 as usize - 1]
}

fn instrument_of(said: &Value) -> InstrumentId {
    let at = SYMBOLS.iter().position(|symbol| said["symbol"] == **symbol).expect("a symbol of the suite");
    InstrumentId(u32::try_from(at + 1).expect("few symbols"))
}

/// A number of the exchange in steps of so many digits.
pub(crate) fn mantissa(number: &Value, digits: u8) -> i64 {
    let number: Decimal = number.as_str().expect("numbers are text").parse().expect("a number");
    let scaled = number * Decimal::from(10_i64.pow(u32::from(digits)));
    scaled.normalize().to_string().parse().expect("a whole number of steps")
}

fn price_text(id: InstrumentId) -> impl Fn(Price) -> String {
    let scale = definition(id).price_scale;
    move |price| Plain(price.0, scale).to_string()
}

fn qty_text(id: InstrumentId) -> impl Fn(Qty) -> String {
    let scale = definition(id).qty_scale;
    move |qty| Plain(qty.0, scale).to_string()
}

fn side_text(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}
