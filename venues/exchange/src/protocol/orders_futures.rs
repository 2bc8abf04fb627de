//! Futures orders: how is an order placed, amended, taken back?
//!
//! In: signed requests. Out: the engine's commands and their JSON. Must never: take a conditional order; since they have
//! a service of their own, the exchange refuses them here.

use serde_json::{Value, json};

use super::exchange::{Call, Exchange};
use super::fault::{ApiFault, refused};
use super::orders::{self, client_id};
use super::words_futures as words;
use crate::amount::Amount;
use crate::matching::checks::{self, Refused};
use crate::matching::engine::Amendment;
use crate::matching::listing::Product;
use crate::matching::order::{Force, Kind, Order, Wanted};

type Said = Result<Value, ApiFault>;

/// A good-till-date order lives this long at least.
const GTD_MS_MIN: u64 = 600_000;

pub(super) fn place(exchange: &mut Exchange, call: &Call) -> Said {
    let wanted = wanted(exchange, call)?;
    let listing = wanted.listing;
    let id = exchange.futures.submit(wanted, call.now_ms).map_err(|why| refusal(exchange, listing, why))?;
    Ok(said(exchange, id, call.params.text("newOrderRespType") == Some("RESULT")))
}

/// An answer to a new order is of the moment it was taken, unless its result is asked for.
fn said(exchange: &Exchange, id: u64, wants_result: bool) -> Value {
    let order = &exchange.futures.orders[&id];
    let listing = &exchange.desk(Product::Futures, order.wanted.listing).listing;
    if wants_result {
        return words::placed(listing, order);
    }
    let taken = Order {
        done: Amount::ZERO,
        spent: Amount::ZERO,
        state: crate::matching::order::State::New,
        updated_ms: order.created_ms,
        ..order.clone()
    };
    words::placed(listing, &taken)
}

pub(super) fn test(exchange: &mut Exchange, call: &Call) -> Said {
    let wanted = wanted(exchange, call)?;
    exchange.futures.review(&wanted).map_err(|why| refusal(exchange, wanted.listing, why))?;
    Ok(json!({}))
}

/// The words of a refusal; those for a price that is too far name the price that is not.
fn refusal(exchange: &Exchange, listing: usize, why: Refused) -> ApiFault {
    let desk = exchange.desk(Product::Futures, listing);
    let (low, high) = checks::band(&desk.listing, desk.mark());
    let fault = refused(Product::Futures, why);
    let message = match fault.code {
        -4016 => format!("Limit price can't be higher than {}.", desk.listing.price(high)),
        -4024 => format!("Limit price can't be lower than {}.", desk.listing.price(low)),
        _ => fault.message,
    };
    ApiFault { message, ..fault }
}

fn wanted(exchange: &mut Exchange, call: &Call) -> Result<Wanted, ApiFault> {
    let listing = exchange.listing(call)?;
    let side = orders::side(call)?;
    let kind = kind(call)?;
    let force = force(call, kind)?;
    match call.params.text("positionSide") {
        None | Some("BOTH") => {}
        Some(_) => return Err(ApiFault::new(-4061, "Order's position side does not match user's setting.")),
    }
    let qty = orders::amount(call, "quantity")?;
    let price = match (kind.has_price(), call.params.text("priceMatch")) {
        (true, None | Some("NONE")) => orders::amount(call, "price")?,
        (true, Some(_)) => return Err(ApiFault::new(-4154, "Price match is not served here; send a price.")),
        (false, _) => Amount::ZERO,
    };
    fits(exchange, listing, price, qty)?;
    let is_reducing = call.params.is_true("reduceOnly")?;
    let prevention = orders::prevention(call)?;
    let client = client_id(exchange, call)?;
    let (account, money, stop) = (call.account, Amount::ZERO, Amount::ZERO);
    Ok(Wanted { listing, account, client, side, kind, force, price, qty, money, stop, is_reducing, prevention })
}

/// Futures refuse more decimals than a symbol has before they look at its filters.
fn fits(exchange: &Exchange, listing: usize, price: Amount, qty: Amount) -> Result<(), ApiFault> {
    let listing = &exchange.desk(Product::Futures, listing).listing;
    let is_fine = price.decimals() <= listing.tick.decimals().max(2) && qty.decimals() <= listing.step.decimals();
    if is_fine { Ok(()) } else { Err(ApiFault::new(-1111, "Precision is over the maximum defined for this asset.")) }
}

fn kind(call: &Call) -> Result<Kind, ApiFault> {
    match call.params.needed("type")? {
        "LIMIT" => Ok(Kind::Limit),
        "MARKET" => Ok(Kind::Market),
        "STOP" | "STOP_MARKET" | "TAKE_PROFIT" | "TAKE_PROFIT_MARKET" | "TRAILING_STOP_MARKET" => Err(ApiFault::new(
            -4120,
            "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
        )),
        _ => Err(ApiFault::new(-1116, "Invalid orderType.")),
    }
}

fn force(call: &Call, kind: Kind) -> Result<Force, ApiFault> {
    let name = match (call.params.text("timeInForce"), kind) {
        (Some(_), Kind::Market) => return Err(ApiFault::new(-1106, "Parameter 'timeInForce' sent when not required.")),
        (None, Kind::Limit) => return Err(ApiFault::mandatory("timeInForce")),
        (None, _) => return Ok(Force::Gtc),
        (Some(name), _) => name,
    };
    match name {
        "GTC" => Ok(Force::Gtc),
        "IOC" => Ok(Force::Ioc),
        "FOK" => Ok(Force::Fok),
        "GTX" => Ok(Force::Gtx),
        "GTD" => {
            let until = call.params.number_needed("goodTillDate")?;
            if until <= call.now_ms + GTD_MS_MIN {
                let message = "Good till date should be greater than current time plus 600 seconds.";
                return Err(ApiFault::new(-4188, message));
            }
            Ok(Force::Gtd(until - until % 1_000))
        }
        _ => Err(ApiFault::new(-1115, "Invalid timeInForce.")),
    }
}

pub(super) fn amend(exchange: &mut Exchange, call: &Call) -> Said {
    orders::side(call)?;
    let to = Amendment { price: orders::amount(call, "price")?, qty: orders::amount(call, "quantity")? };
    let id = orders::named(exchange, call)?.ok_or_else(ApiFault::no_order)?;
    let order = &exchange.futures.orders[&id];
    if !order.state.is_open() {
        return Err(ApiFault::no_order());
    }
    let listing = order.wanted.listing;
    fits(exchange, listing, to.price, to.qty)?;
    let amended = exchange.futures.amend(id, to, call.now_ms);
    match amended {
        Ok(()) => Ok(exchange.order_said(Product::Futures, &exchange.futures.orders[&id])),
        Err(Refused::UnknownOrder) => Err(ApiFault::no_order()),
        Err(why) => Err(refusal(exchange, listing, why)),
    }
}

pub(super) fn cancel(exchange: &mut Exchange, call: &Call) -> Said {
    let id = orders::named_open(exchange, call)?;
    exchange.futures.cancel(id, "", call.now_ms).map_err(|why| refused(Product::Futures, why))?;
    Ok(exchange.order_said(Product::Futures, &exchange.futures.orders[&id]))
}

pub(super) fn open_one(exchange: &mut Exchange, call: &Call) -> Said {
    let id = orders::named_open(exchange, call)
        .map_err(|fault| if fault.code == -2011 { ApiFault::no_order() } else { fault })?;
    Ok(exchange.order_said(Product::Futures, &exchange.futures.orders[&id]))
}

pub(super) fn cancel_all(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = exchange.listing(call)?;
    exchange.cancel_open(Product::Futures, call.account, Some(listing), call.now_ms);
    Ok(json!({"code": 200, "msg": "The operation of cancel all open order is done."}))
}

/// The dead-man switch: without another call in time, everything of the symbol is taken back.
pub(super) fn countdown(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = exchange.listing(call)?;
    let wait_ms = call.params.number_needed("countdownTime")?;
    let place = (call.account, listing);
    if wait_ms == 0 {
        exchange.countdowns.remove(&place);
    } else {
        exchange.countdowns.insert(place, call.now_ms + wait_ms);
    }
    Ok(json!({"symbol": call.params.text("symbol"), "countdownTime": wait_ms.to_string()}))
}

impl Exchange {
    /// Takes back every open order of an account, of one symbol or of all.
    pub(super) fn cancel_open(&mut self, product: Product, account: usize, listing: Option<usize>, now_ms: u64) {
        let engine = self.engine_mut(product);
        let is_meant = |order: &&Order| listing.is_none_or(|at| order.wanted.listing == at);
        let ids: Vec<u64> = engine.open_orders(account).filter(is_meant).map(|order| order.id).collect();
        for id in ids {
            engine.cancel(id, "", now_ms).expect("it was open when it was listed");
        }
    }
}
