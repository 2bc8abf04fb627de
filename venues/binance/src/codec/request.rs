//! Requests: how is this asked of the venue?
//!
//! In: an order, a cancel, a question. Out: method, path and canonical parameters, and what it costs. Must never: sign,
//! send, know time, or turn a wish into another one: what the venue does not offer is an error.

use core::fmt::Write as _;

use ringfence_core::event::MarginMode;
use ringfence_core::intent::{AmendTerms, OrderTerms, OrderType, TimeInForce};
use ringfence_core::money::{Plain, Price, Qty, Scale};

use crate::codec::failure::Product;
use crate::codec::words::{Stay, side_text};

/// HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

impl Method {
    /// As HTTP writes it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// What proves a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Nothing.
    Open,
    /// The key in its header.
    Key,
    /// Key, time stamp and signature.
    Signed,
}

/// A request without its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Path below the host.
    pub path: &'static str,
    /// Parameters in canonical order, percent-encoded.
    pub query: String,
    /// What proves it.
    pub security: Security,
    /// What it costs of the venue's weight.
    pub weight: u32,
    /// How many orders it counts as.
    pub orders: u32,
}

/// An instrument at a venue: how it is called there, and how its numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Product of the venue.
    pub product: Product,
    /// Instrument as the venue calls it.
    pub symbol: &'a str,
    /// Digits behind the point of prices.
    pub price_scale: Scale,
    /// Digits behind the point of quantities.
    pub qty_scale: Scale,
}

/// What the venue does not offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// The order type.
    #[error("orders of type {0} wait here, not at the venue")]
    Type(OrderType),
    /// The time in force.
    #[error("time in force {0} is kept here, not by the venue")]
    Tif(TimeInForce),
    /// Post-only with a type or time in force that takes.
    #[error("post-only does not go with {0}")]
    PostOnly(TimeInForce),
    /// A limit order without a price.
    #[error("a limit order has a price")]
    NoPrice,
}

impl Request {
    fn new(method: Method, path: &'static str, security: Security, weight: u32) -> Request {
        Request { method, path, query: String::new(), security, weight, orders: 0 }
    }

    fn with(mut self, name: &str, value: &str) -> Request {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(name);
        self.query.push('=');
        self.query.push_str(&encoded(value));
        self
    }

    fn with_price(self, name: &str, place: &Place<'_>, price: Price) -> Request {
        self.with(name, &Plain(price.0, place.price_scale).to_string())
    }

    fn with_qty(self, name: &str, place: &Place<'_>, qty: Qty) -> Request {
        self.with(name, &Plain(qty.0, place.qty_scale).to_string())
    }

    fn counting(mut self, orders: u32) -> Request {
        self.orders = orders;
        self
    }
}

/// Percent-encodes everything but unreserved characters.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").expect("text takes text"),
        }
    }
    out
}

/// Time in force as the venues write it. What ends at a day or a date ends by a cancel of the host.
fn tif_text(tif: TimeInForce) -> Result<&'static str, Unsupported> {
    match tif {
        TimeInForce::Gtc | TimeInForce::Day | TimeInForce::Gtd => Ok("GTC"),
        TimeInForce::Ioc => Ok("IOC"),
        TimeInForce::Fok => Ok("FOK"),
        TimeInForce::AtOpen | TimeInForce::AtClose => Err(Unsupported::Tif(tif)),
    }
}

fn rests(tif: TimeInForce) -> bool {
    matches!(tif, TimeInForce::Gtc | TimeInForce::Day | TimeInForce::Gtd)
}

/// Places an order on spot.
///
/// # Errors
/// [`Unsupported`].
pub fn prepare_spot_order(place: &Place<'_>, client_id: &str, terms: &OrderTerms) -> Result<Request, Unsupported> {
    let request = Request::new(Method::Post, "/api/v3/order", Security::Signed, 1).counting(1);
    let request = request.with("symbol", place.symbol).with("side", side_text(terms.side));
    let request = match kind(terms)? {
        Kind::Market => request.with("type", "MARKET"),
        Kind::Maker(price) => request.with("type", "LIMIT_MAKER").with_price("price", place, price),
        Kind::Limit(price, tif) => {
            request.with("type", "LIMIT").with("timeInForce", tif).with_price("price", place, price)
        }
    };
    let request = request.with_qty("quantity", place, terms.qty).with("newClientOrderId", client_id);
    Ok(request.with("newOrderRespType", "FULL"))
}

/// Places an order on USD-M futures, with one position by instrument.
///
/// # Errors
/// [`Unsupported`].
pub fn prepare_futures_order(place: &Place<'_>, client_id: &str, terms: &OrderTerms) -> Result<Request, Unsupported> {
    let request = Request::new(Method::Post, "/fapi/v1/order", Security::Signed, 1).counting(1);
    let request = request.with("symbol", place.symbol).with("side", side_text(terms.side));
    let request = match kind(terms)? {
        Kind::Market => request.with("type", "MARKET"),
        Kind::Maker(price) => {
            request.with("type", "LIMIT").with("timeInForce", "GTX").with_price("price", place, price)
        }
        Kind::Limit(price, tif) => {
            request.with("type", "LIMIT").with("timeInForce", tif).with_price("price", place, price)
        }
    };
    let request = request.with_qty("quantity", place, terms.qty);
    let request = if terms.reduce_only { request.with("reduceOnly", "true") } else { request };
    Ok(request.with("newClientOrderId", client_id).with("newOrderRespType", "RESULT"))
}

/// What kind of order terms ask for.
enum Kind {
    Market,
    Maker(Price),
    Limit(Price, &'static str),
}

fn kind(terms: &OrderTerms) -> Result<Kind, Unsupported> {
    match terms.order_type {
        OrderType::Market if terms.post_only => Err(Unsupported::PostOnly(terms.tif)),
        OrderType::Market => Ok(Kind::Market),
        OrderType::Limit => {
            let price = terms.limit_price.ok_or(Unsupported::NoPrice)?;
            match (terms.post_only, rests(terms.tif)) {
                (true, true) => Ok(Kind::Maker(price)),
                (true, false) => Err(Unsupported::PostOnly(terms.tif)),
                (false, _) => Ok(Kind::Limit(price, tif_text(terms.tif)?)),
            }
        }
        OrderType::StopMarket
        | OrderType::StopLimit
        | OrderType::MarketIfTouched
        | OrderType::LimitIfTouched
        | OrderType::TrailingStopMarket
        | OrderType::TrailingStopLimit
        | OrderType::MarketToLimit => Err(Unsupported::Type(terms.order_type)),
    }
}

/// Path of one order.
fn order_path(product: Product) -> &'static str {
    match product {
        Product::Spot => "/api/v3/order",
        Product::UsdM => "/fapi/v1/order",
    }
}

/// Path of all open orders of an instrument.
fn all_orders_path(product: Product) -> &'static str {
    match product {
        Product::Spot => "/api/v3/openOrders",
        Product::UsdM => "/fapi/v1/allOpenOrders",
    }
}

/// Cancels one order by its client id.
#[must_use]
pub fn prepare_cancel_order(place: &Place<'_>, client_id: &str) -> Request {
    Request::new(Method::Delete, order_path(place.product), Security::Signed, 1)
        .with("symbol", place.symbol)
        .with("origClientOrderId", client_id)
}

/// Cancels all open orders of an instrument.
#[must_use]
pub fn prepare_cancel_all(place: &Place<'_>) -> Request {
    Request::new(Method::Delete, all_orders_path(place.product), Security::Signed, 1).with("symbol", place.symbol)
}

/// Cancels all open orders of many instruments: neither product has one request for all, so it is one for each.
pub fn prepare_emergency_cancel_all<'a>(places: impl IntoIterator<Item = Place<'a>>) -> Vec<Request> {
    places.into_iter().map(|place| prepare_cancel_all(&place)).collect()
}

/// Amends price and quantity of a resting order of futures.
#[must_use]
pub fn prepare_futures_amend(place: &Place<'_>, client_id: &str, terms: &AmendTerms) -> Request {
    Request::new(Method::Put, "/fapi/v1/order", Security::Signed, 1)
        .counting(1)
        .with("symbol", place.symbol)
        .with("side", side_text(terms.side))
        .with("origClientOrderId", client_id)
        .with_qty("quantity", place, terms.qty)
        .with_price("price", place, terms.price)
}

/// Makes a resting order of spot smaller; it keeps its place, and its client id.
#[must_use]
pub fn prepare_spot_reduce(place: &Place<'_>, client_id: &str, qty: Qty) -> Request {
    Request::new(Method::Put, "/api/v3/order/amend/keepPriority", Security::Signed, 4)
        .with("symbol", place.symbol)
        .with("origClientOrderId", client_id)
        .with("newClientOrderId", client_id)
        .with_qty("newQty", place, qty)
}

/// Cancels a resting order of spot of which nothing is filled, and places another in its stead; without the cancel nothing
/// is placed.
#[must_use]
pub fn prepare_spot_replace(
    place: &Place<'_>,
    (old, new): (&str, &str),
    (terms, stay): (&AmendTerms, Stay),
) -> Request {
    let request = Request::new(Method::Post, "/api/v3/order/cancelReplace", Security::Signed, 1)
        .counting(1)
        .with("symbol", place.symbol)
        .with("side", side_text(terms.side));
    let request = match stay {
        Stay::Posts => request.with("type", "LIMIT_MAKER"),
        Stay::Rests | Stay::Takes => request.with("type", "LIMIT").with("timeInForce", "GTC"),
    };
    request
        .with_price("price", place, terms.price)
        .with_qty("quantity", place, terms.qty)
        .with("cancelReplaceMode", "STOP_ON_FAILURE")
        .with("cancelRestrictions", "ONLY_NEW")
        .with("cancelOrigClientOrderId", old)
        .with("newClientOrderId", new)
        .with("newOrderRespType", "FULL")
}

/// Asks about one order by its client id.
#[must_use]
pub fn order_query(place: &Place<'_>, client_id: &str) -> Request {
    let weight = match place.product {
        Product::Spot => 4,
        Product::UsdM => 1,
    };
    Request::new(Method::Get, order_path(place.product), Security::Signed, weight)
        .with("symbol", place.symbol)
        .with("origClientOrderId", client_id)
}

/// Asks about one order by the venue's number.
#[must_use]
pub fn order_query_numbered(place: &Place<'_>, number: u64) -> Request {
    let weight = match place.product {
        Product::Spot => 4,
        Product::UsdM => 1,
    };
    Request::new(Method::Get, order_path(place.product), Security::Signed, weight)
        .with("symbol", place.symbol)
        .with("orderId", &number.to_string())
}

/// Asks for all open orders of the account.
#[must_use]
pub fn open_orders(product: Product) -> Request {
    match product {
        Product::Spot => Request::new(Method::Get, "/api/v3/openOrders", Security::Signed, 80),
        Product::UsdM => Request::new(Method::Get, "/fapi/v1/openOrders", Security::Signed, 40),
    }
}

/// Most fills in one answer.
pub const TRADES_MAX: u64 = 1_000;

/// Which of the account's fills are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Of one order, by the venue's number.
    Order(u64),
    /// From this time on, in ms.
    Since(u64),
    /// From this number of a trade on.
    From(u64),
}

/// Asks for fills of the account in an instrument, at most [`TRADES_MAX`].
#[must_use]
pub fn account_trades(place: &Place<'_>, which: Which) -> Request {
    let request = match place.product {
        Product::Spot => Request::new(Method::Get, "/api/v3/myTrades", Security::Signed, 20),
        Product::UsdM => Request::new(Method::Get, "/fapi/v1/userTrades", Security::Signed, 5),
    };
    let request = request.with("symbol", place.symbol);
    let request = match which {
        Which::Order(id) => request.with("orderId", &id.to_string()),
        Which::Since(ms) => request.with("startTime", &ms.to_string()),
        Which::From(id) => request.with("fromId", &id.to_string()),
    };
    request.with("limit", &TRADES_MAX.to_string())
}

/// Asks for the balances of the account.
#[must_use]
pub fn balances(product: Product) -> Request {
    match product {
        Product::Spot => {
            Request::new(Method::Get, "/api/v3/account", Security::Signed, 20).with("omitZeroBalances", "false")
        }
        Product::UsdM => Request::new(Method::Get, "/fapi/v2/balance", Security::Signed, 5),
    }
}

/// Asks for positions, leverage and margin modes of a futures account; of one instrument or of all.
#[must_use]
pub fn positions(symbol: Option<&str>) -> Request {
    let request = Request::new(Method::Get, "/fapi/v2/positionRisk", Security::Signed, 5);
    match symbol {
        Some(symbol) => request.with("symbol", symbol),
        None => request,
    }
}

/// Asks whether long and short positions are kept apart.
#[must_use]
pub fn position_mode() -> Request {
    Request::new(Method::Get, "/fapi/v1/positionSide/dual", Security::Signed, 30)
}

/// Sets the leverage of an instrument.
#[must_use]
pub fn set_leverage(symbol: &str, times: u32) -> Request {
    Request::new(Method::Post, "/fapi/v1/leverage", Security::Signed, 1)
        .with("symbol", symbol)
        .with("leverage", &times.to_string())
}

/// Sets the margin mode of an instrument.
#[must_use]
pub fn set_margin_mode(symbol: &str, mode: MarginMode) -> Request {
    let mode = match mode {
        MarginMode::Cross => "CROSSED",
        MarginMode::Isolated => "ISOLATED",
    };
    Request::new(Method::Post, "/fapi/v1/marginType", Security::Signed, 1)
        .with("symbol", symbol)
        .with("marginType", mode)
}

/// Has the venue cancel all open orders of an instrument in so many ms, unless it is asked again; 0 = not any more.
#[must_use]
pub fn countdown(symbol: &str, ms: u64) -> Request {
    Request::new(Method::Post, "/fapi/v1/countdownCancelAll", Security::Signed, 10)
        .with("symbol", symbol)
        .with("countdownTime", &ms.to_string())
}

/// Asks for the venue's clock.
#[must_use]
pub fn time(product: Product) -> Request {
    let path = match product {
        Product::Spot => "/api/v3/time",
        Product::UsdM => "/fapi/v1/time",
    };
    Request::new(Method::Get, path, Security::Open, 1)
}

/// Asks for the rules of these instruments; futures tell of all.
#[must_use]
pub fn rules(product: Product, symbols: &[&str]) -> Request {
    match product {
        Product::Spot => {
            let names: Vec<String> = symbols.iter().map(|symbol| format!("\"{symbol}\"")).collect();
            Request::new(Method::Get, "/api/v3/exchangeInfo", Security::Open, 20)
                .with("symbols", &format!("[{}]", names.join(",")))
        }
        Product::UsdM => Request::new(Method::Get, "/fapi/v1/exchangeInfo", Security::Open, 1),
    }
}

/// Asks for a book.
#[must_use]
pub fn depth(place: &Place<'_>) -> Request {
    let (path, weight) = match place.product {
        Product::Spot => ("/api/v3/depth", 50),
        Product::UsdM => ("/fapi/v1/depth", 20),
    };
    Request::new(Method::Get, path, Security::Open, weight).with("symbol", place.symbol).with("limit", "1000")
}

/// Asks for best bid and ask.
#[must_use]
pub fn touch(place: &Place<'_>) -> Request {
    let path = match place.product {
        Product::Spot => "/api/v3/ticker/bookTicker",
        Product::UsdM => "/fapi/v1/ticker/bookTicker",
    };
    Request::new(Method::Get, path, Security::Open, 2).with("symbol", place.symbol)
}

/// What to do with a key of the user stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAct {
    /// A new one, or the one in force.
    Create,
    /// It counts for another hour.
    Renew,
    /// It ends.
    End,
}

/// Creates, renews or ends the key of the user stream.
#[must_use]
pub fn listen_key(product: Product, act: KeyAct, key: &str) -> Request {
    let method = match act {
        KeyAct::Create => Method::Post,
        KeyAct::Renew => Method::Put,
        KeyAct::End => Method::Delete,
    };
    match product {
        Product::Spot => {
            let request = Request::new(method, "/api/v3/userDataStream", Security::Key, 2);
            if act == KeyAct::Create { request } else { request.with("listenKey", key) }
        }
        Product::UsdM => Request::new(method, "/fapi/v1/listenKey", Security::Key, 1),
    }
}
