//! Spot orders: how is an order placed, taken back, replaced?
//!
//! In: signed requests. Out: the engine's commands and their JSON. Must never: place the second half of a replacement that
//! the client wanted only after the first.

use serde_json::{Value, json};

use super::exchange::{Call, Exchange};
use super::fault::{ApiFault, refused};
use super::orders::{self, client_id};
use super::words_spot as words;
use crate::amount::Amount;
use crate::matching::engine::Amendment;
use crate::matching::listing::Product;
use crate::matching::order::{Force, Kind, Order, Wanted};

type Said = Result<Value, ApiFault>;

/// Parameter by which a fault makes one half of a replacement fail.
pub(super) const BUSTED: &str = "busted";

pub(super) fn place(exchange: &mut Exchange, call: &Call) -> Said {
    let wanted = wanted(exchange, call)?;
    let form = form(call, wanted.kind)?;
    submit(exchange, call, wanted, form)
}

pub(super) fn test(exchange: &mut Exchange, call: &Call) -> Said {
    let wanted = wanted(exchange, call)?;
    exchange.spot.review(&wanted).map_err(|why| refused(Product::Spot, why))?;
    Ok(json!({}))
}

/// How much the answer to a new order says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Ack,
    Result,
    Full,
}

fn form(call: &Call, kind: Kind) -> Result<Form, ApiFault> {
    match call.params.text("newOrderRespType") {
        Some("ACK") => Ok(Form::Ack),
        Some("RESULT") => Ok(Form::Result),
        Some("FULL") => Ok(Form::Full),
        None if matches!(kind, Kind::Limit | Kind::Market) => Ok(Form::Full),
        None => Ok(Form::Ack),
        Some(_) => Err(ApiFault::new(-1130, "Data sent for parameter 'newOrderRespType' is not valid.")),
    }
}

fn submit(exchange: &mut Exchange, call: &Call, wanted: Wanted, form: Form) -> Said {
    let engine = &mut exchange.spot;
    let before = engine.fills.len();
    let id = engine.submit(wanted, call.now_ms).map_err(|why| refused(Product::Spot, why))?;
    let order = &engine.orders[&id];
    let listing = &engine.desks[order.wanted.listing].listing;
    Ok(match form {
        Form::Ack => words::ack(listing, order),
        Form::Result => words::result(listing, order),
        Form::Full => {
            let fills = engine.fills[before..].iter().filter(|fill| fill.order == id);
            words::full(listing, order, fills)
        }
    })
}

fn wanted(exchange: &mut Exchange, call: &Call) -> Result<Wanted, ApiFault> {
    let listing = exchange.listing(call)?;
    let side = orders::side(call)?;
    let kind = kind(call)?;
    let force = force(call, kind)?;
    let (qty, money) = match (call.params.amount("quantity")?, call.params.amount("quoteOrderQty")?) {
        (None, Some(money)) if kind == Kind::Market && money.is_positive() => (Amount::ZERO, money),
        (Some(_), Some(_)) => return Err(ApiFault::new(-1128, "Combination of optional parameters invalid.")),
        (Some(qty), None) => (qty, Amount::ZERO),
        (None, _) => return Err(ApiFault::mandatory("quantity")),
    };
    let price = if kind.has_price() { orders::amount(call, "price")? } else { unwanted(call, "price")? };
    let stop = if kind.is_conditional() { orders::amount(call, "stopPrice")? } else { unwanted(call, "stopPrice")? };
    let prevention = orders::prevention(call)?;
    let client = client_id(exchange, call)?;
    let account = call.account;
    Ok(Wanted { listing, account, client, side, kind, force, price, qty, money, stop, is_reducing: false, prevention })
}

fn kind(call: &Call) -> Result<Kind, ApiFault> {
    const KINDS: [Kind; 7] = [
        Kind::Limit,
        Kind::Market,
        Kind::LimitMaker,
        Kind::StopLoss,
        Kind::StopLossLimit,
        Kind::TakeProfit,
        Kind::TakeProfitLimit,
    ];
    let name = call.params.needed("type")?;
    KINDS.into_iter().find(|kind| kind.name() == name).ok_or_else(|| ApiFault::new(-1116, "Invalid orderType."))
}

fn force(call: &Call, kind: Kind) -> Result<Force, ApiFault> {
    let needs = matches!(kind, Kind::Limit | Kind::StopLossLimit | Kind::TakeProfitLimit);
    let Some(name) = call.params.text("timeInForce") else {
        return if needs { Err(ApiFault::mandatory("timeInForce")) } else { Ok(Force::Gtc) };
    };
    if !needs {
        return Err(ApiFault::new(-1106, "Parameter 'timeInForce' sent when not required."));
    }
    match name {
        "GTC" => Ok(Force::Gtc),
        "IOC" => Ok(Force::Ioc),
        "FOK" => Ok(Force::Fok),
        _ => Err(ApiFault::new(-1115, "Invalid timeInForce.")),
    }
}

fn unwanted(call: &Call, name: &str) -> Result<Amount, ApiFault> {
    match call.params.amount(name)? {
        Some(amount) if amount.is_positive() => {
            Err(ApiFault::new(-1106, format!("Parameter '{name}' sent when not required.")))
        }
        Some(_) | None => Ok(Amount::ZERO),
    }
}

pub(super) fn cancel(exchange: &mut Exchange, call: &Call) -> Said {
    let id = orders::named_open(exchange, call)?;
    let order = &exchange.spot.orders[&id];
    match call.params.text("cancelRestrictions") {
        Some("ONLY_NEW") if order.done.is_positive() => {
            return Err(ApiFault::new(-2011, "Order was not canceled due to cancel restrictions."));
        }
        Some("ONLY_PARTIALLY_FILLED") if order.done.is_zero() => {
            return Err(ApiFault::new(-2011, "Order was not canceled due to cancel restrictions."));
        }
        Some(_) | None => {}
    }
    let cancel_id = orders::cancel_id(exchange, call)?;
    take_back(exchange, call, id, &cancel_id)
}

fn take_back(exchange: &mut Exchange, call: &Call, id: u64, cancel_id: &str) -> Said {
    exchange.spot.cancel(id, cancel_id, call.now_ms).map_err(|why| refused(Product::Spot, why))?;
    let order = &exchange.spot.orders[&id];
    Ok(words::canceled(&exchange.desk(Product::Spot, order.wanted.listing).listing, order, cancel_id))
}

pub(super) fn cancel_all(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = exchange.listing(call)?;
    let is_meant = |order: &&Order| order.wanted.listing == listing;
    let ids: Vec<u64> = exchange.spot.open_orders(call.account).filter(is_meant).map(|order| order.id).collect();
    if ids.is_empty() {
        return Err(ApiFault::new(-2011, "Unknown order sent."));
    }
    let cancel_id = exchange.made_up("cancel", 22);
    ids.into_iter().map(|id| take_back(exchange, call, id, &cancel_id)).collect()
}

pub(super) fn replace(exchange: &mut Exchange, call: &Call) -> Said {
    let goes_on = match call.params.needed("cancelReplaceMode")? {
        "STOP_ON_FAILURE" => false,
        "ALLOW_FAILURE" => true,
        _ => return Err(ApiFault::new(-1130, "Data sent for parameter 'cancelReplaceMode' is not valid.")),
    };
    let wanted = wanted(exchange, call)?;
    let form = form(call, wanted.kind)?;
    let busted = call.params.text(BUSTED);
    let overloaded = || {
        ApiFault::new(-1008, "Server is currently overloaded with other requests. Please try again in a few minutes.")
    };
    let canceled = if busted == Some("cancel") { Err(overloaded()) } else { cancel_half(exchange, call)? };
    let placed = match &canceled {
        Err(_) if !goes_on => None,
        Ok(_) | Err(_) if busted == Some("order") => Some(Err(overloaded())),
        Ok(_) | Err(_) => Some(submit(exchange, call, wanted, form)),
    };
    halves(canceled, placed)
}

/// The first half: a cancel that names its order differently.
fn cancel_half(exchange: &mut Exchange, call: &Call) -> Result<Said, ApiFault> {
    let renamed = |name: &str, as_name: &str| call.params.text(name).map(|text| (as_name.to_owned(), text.to_owned()));
    let names = [
        renamed("symbol", "symbol"),
        renamed("cancelOrderId", "orderId"),
        renamed("cancelOrigClientOrderId", "origClientOrderId"),
        renamed("cancelNewClientOrderId", "newClientOrderId"),
        renamed("cancelRestrictions", "cancelRestrictions"),
    ];
    let params = super::params::Params::of(names.into_iter().flatten().collect());
    if params.text("orderId").is_none() && params.text("origClientOrderId").is_none() {
        return Err(ApiFault::mandatory("cancelOrderId"));
    }
    let half = Call { product: call.product, account: call.account, params: &params, now_ms: call.now_ms };
    Ok(cancel(exchange, &half))
}

/// What both halves together are answered.
fn halves(canceled: Said, placed: Option<Said>) -> Said {
    let result = |half: &Said| if half.is_ok() { "SUCCESS" } else { "FAILURE" };
    let body = |half: &Said| match half {
        Ok(body) => body.clone(),
        Err(fault) => fault.body(),
    };
    let data = json!({
        "cancelResult": result(&canceled),
        "newOrderResult": placed.as_ref().map_or("NOT_ATTEMPTED", result),
        "cancelResponse": body(&canceled),
        "newOrderResponse": placed.as_ref().map_or(Value::Null, body),
    });
    let fault = match (&canceled, &placed) {
        (Ok(_), Some(Ok(_))) => return Ok(data),
        (Ok(_), _) | (Err(_), Some(Ok(_))) => {
            ApiFault::new(-2021, "Order cancel-replace partially failed.").with_status(409)
        }
        (Err(_), None | Some(Err(_))) => ApiFault::new(-2022, "Order cancel-replace failed."),
    };
    Err(ApiFault { data: Some(Box::new(data)), ..fault })
}

pub(super) fn amend(exchange: &mut Exchange, call: &Call) -> Said {
    let qty = orders::amount(call, "newQty")?;
    let id = orders::named(exchange, call)?.ok_or_else(ApiFault::no_order)?;
    let order = &exchange.spot.orders[&id];
    if qty >= order.qty || qty <= order.done {
        return Err(ApiFault::new(-2038, "The requested action would change no state; rejecting."));
    }
    let to = Amendment { price: order.price, qty };
    exchange.spot.amend(id, to, call.now_ms).map_err(|why| refused(Product::Spot, why))?;
    let order = &exchange.spot.orders[&id];
    let said = words::order(&exchange.desk(Product::Spot, order.wanted.listing).listing, order);
    Ok(json!({"transactTime": call.now_ms, "executionId": exchange.spot.fills.len(), "amendedOrder": said}))
}
