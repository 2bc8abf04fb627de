//! Orders of both products: which order is meant, and what is said of it?
//!
//! In: signed requests. Out: JSON of orders and fills. Must never: show one account the orders of another.

use serde_json::Value;

use super::exchange::{Call, Exchange};
use super::fault::ApiFault;
use super::{auth, words_futures, words_spot};
use crate::amount::Amount;
use crate::matching::happening::Fill;
use crate::matching::listing::Product;
use crate::matching::order::{Order, Prevention, Side};

type Said = Result<Value, ApiFault>;

pub(super) fn query(exchange: &mut Exchange, call: &Call) -> Said {
    let id = named(exchange, call)?.ok_or_else(ApiFault::no_order)?;
    Ok(exchange.order_said(call.product, &exchange.engine(call.product).orders[&id]))
}

pub(super) fn open(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = if call.params.text("symbol").is_some() { Some(exchange.listing(call)?) } else { None };
    let engine = exchange.engine(call.product);
    let wanted = engine.open_orders(call.account).filter(|order| listing.is_none_or(|at| order.wanted.listing == at));
    Ok(wanted.map(|order| exchange.order_said(call.product, order)).collect())
}

pub(super) fn all(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = exchange.listing(call)?;
    let limit = call.params.limit(500, 1_000)?;
    let from = call.params.number("orderId")?;
    let since = call.params.number("startTime")?.unwrap_or(0);
    let until = call.params.number("endTime")?.unwrap_or(u64::MAX);
    let engine = exchange.engine(call.product);
    let is_meant = |order: &&Order| {
        order.wanted.listing == listing && order.id >= from.unwrap_or(0) && (since..=until).contains(&order.created_ms)
    };
    let mut found: Vec<&Order> = engine.orders_of(call.account).filter(is_meant).collect();
    if from.is_none() {
        found.drain(..found.len().saturating_sub(limit));
    }
    found.truncate(limit);
    Ok(found.into_iter().map(|order| exchange.order_said(call.product, order)).collect())
}

pub(super) fn fills(exchange: &mut Exchange, call: &Call) -> Said {
    let listing = match (call.product, call.params.text("symbol")) {
        (Product::Futures, None) => None,
        (Product::Spot | Product::Futures, _) => Some(exchange.listing(call)?),
    };
    let limit = call.params.limit(500, 1_000)?;
    let (order, from) = (call.params.number("orderId")?, call.params.number("fromId")?);
    let since = call.params.number("startTime")?.unwrap_or(0);
    let until = call.params.number("endTime")?.unwrap_or(u64::MAX);
    let engine = exchange.engine(call.product);
    let is_meant = |fill: &&Fill| {
        fill.account == call.account
            && listing.is_none_or(|at| fill.listing == at)
            && order.is_none_or(|id| fill.order == id)
            && fill.trade >= from.unwrap_or(0)
            && (since..=until).contains(&fill.time_ms)
    };
    let mut found: Vec<&Fill> = engine.fills.iter().filter(is_meant).collect();
    if from.is_none() {
        found.drain(..found.len().saturating_sub(limit));
    }
    found.truncate(limit);
    let said = |fill: &Fill| {
        let listing = &engine.desks[fill.listing].listing;
        match call.product {
            Product::Spot => words_spot::fill(listing, fill),
            Product::Futures => words_futures::fill(listing, fill),
        }
    };
    Ok(found.into_iter().map(said).collect())
}

/// The order that `orderId` or `origClientOrderId` names, if the account has it.
pub(super) fn named(exchange: &Exchange, call: &Call) -> Result<Option<u64>, ApiFault> {
    let listing = exchange.listing(call)?;
    let engine = exchange.engine(call.product);
    let (id, client) = (call.params.number("orderId")?, call.params.text("origClientOrderId"));
    let found = match (id, client) {
        (Some(id), _) => Some(id),
        (None, Some(client)) => engine.clients.get(&(call.account, client.to_owned())).copied(),
        (None, None) => {
            let message = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!";
            return Err(ApiFault::new(-1102, message));
        }
    };
    let is_theirs = |order: &Order| order.wanted.account == call.account && order.wanted.listing == listing;
    let is_meant = |order: &Order| client.is_none_or(|client| order.wanted.client == client);
    let order = found.and_then(|id| engine.orders.get(&id)).filter(|order| is_theirs(order) && is_meant(order));
    Ok(order.map(|order| order.id))
}

/// The order that a cancel names, if it is open.
pub(super) fn named_open(exchange: &Exchange, call: &Call) -> Result<u64, ApiFault> {
    let id = named(exchange, call)?;
    let orders = &exchange.engine(call.product).orders;
    id.filter(|id| orders[id].state.is_open()).ok_or_else(|| ApiFault::new(-2011, "Unknown order sent."))
}

pub(super) fn side(call: &Call) -> Result<Side, ApiFault> {
    match call.params.needed("side")? {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        _ => Err(ApiFault::new(-1117, "Invalid side.")),
    }
}

pub(super) fn prevention(call: &Call) -> Result<Prevention, ApiFault> {
    prevention_named(call.params.text("selfTradePreventionMode"))
}

pub(super) fn prevention_named(name: Option<&str>) -> Result<Prevention, ApiFault> {
    match name {
        None | Some("NONE") => Ok(Prevention::None),
        Some("EXPIRE_TAKER") => Ok(Prevention::ExpireTaker),
        Some("EXPIRE_MAKER") => Ok(Prevention::ExpireMaker),
        Some("EXPIRE_BOTH") => Ok(Prevention::ExpireBoth),
        Some(_) => Err(ApiFault::new(-1013, "This symbol does not allow the specified self-trade prevention mode.")),
    }
}

/// The id that a request gives its cancel, or one that is made up.
pub(super) fn cancel_id(exchange: &mut Exchange, call: &Call) -> Result<String, ApiFault> {
    match given_id(call)? {
        Some(id) => Ok(id),
        None => Ok(exchange.made_up("cancel", 22)),
    }
}

/// The id that a request gives its order, or one that follows from the order's number: a refused order uses up no name.
pub(super) fn client_id(exchange: &Exchange, call: &Call) -> Result<String, ApiFault> {
    let number = exchange.engine(call.product).next_order();
    Ok(given_id(call)?.unwrap_or_else(|| auth::made_up(exchange.seed, "order", number)[..22].to_owned()))
}

fn given_id(call: &Call) -> Result<Option<String>, ApiFault> {
    let name = "newClientOrderId";
    const RANGE: &str = "^[\\.A-Z\\:/a-z0-9_-]{1,36}$";
    match call.params.text(name) {
        None => Ok(None),
        Some(text) if text.len() > 36 && call.product == Product::Futures => {
            Err(ApiFault::new(-4015, "Client order id length should be less than 36 chars"))
        }
        Some(text) if text.len() > 36 || !text.chars().all(|c| c.is_ascii_alphanumeric() || ".:/_-".contains(c)) => {
            Err(ApiFault::illegal(name, RANGE))
        }
        Some(text) => Ok(Some(text.to_owned())),
    }
}

/// A parameter that must be there for this type of order, and above zero.
pub(super) fn amount(call: &Call, name: &str) -> Result<Amount, ApiFault> {
    call.params.amount_needed(name)
}

impl Exchange {
    pub(super) fn order_said(&self, product: Product, order: &Order) -> Value {
        let listing = &self.desk(product, order.wanted.listing).listing;
        match product {
            Product::Spot => words_spot::order(listing, order),
            Product::Futures => words_futures::order(listing, order),
        }
    }
}
