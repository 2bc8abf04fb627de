//! Requests on a socket: which of the requests of HTTP is meant?
//!
//! In: JSON with a method and parameters. Out: the same answers as HTTP gives, in the envelope of sockets. Must never:
//! answer differently from HTTP.

use serde_json::{Value, json};

use super::answer::Method::{self, Delete, Get, Post, Put};
use super::answer::{Frame, Outgoing, SocketId};
use super::auth;
use super::exchange::Exchange;
use super::fault::ApiFault;
use super::params::Params;
use super::routes::{self, Access, Route};
use super::sockets::{Label, Listening};
use crate::accounts::HOUSE;
use crate::matching::listing::Product;

const SPOT: &[(&str, Method, &str)] = &[
    ("ping", Get, "/api/v3/ping"),
    ("time", Get, "/api/v3/time"),
    ("exchangeInfo", Get, "/api/v3/exchangeInfo"),
    ("depth", Get, "/api/v3/depth"),
    ("trades.recent", Get, "/api/v3/trades"),
    ("trades.aggregate", Get, "/api/v3/aggTrades"),
    ("klines", Get, "/api/v3/klines"),
    ("avgPrice", Get, "/api/v3/avgPrice"),
    ("ticker.24hr", Get, "/api/v3/ticker/24hr"),
    ("ticker.price", Get, "/api/v3/ticker/price"),
    ("ticker.book", Get, "/api/v3/ticker/bookTicker"),
    ("order.place", Post, "/api/v3/order"),
    ("order.test", Post, "/api/v3/order/test"),
    ("order.status", Get, "/api/v3/order"),
    ("order.cancel", Delete, "/api/v3/order"),
    ("order.cancelReplace", Post, "/api/v3/order/cancelReplace"),
    ("order.amend.keepPriority", Put, "/api/v3/order/amend/keepPriority"),
    ("openOrders.status", Get, "/api/v3/openOrders"),
    ("openOrders.cancelAll", Delete, "/api/v3/openOrders"),
    ("allOrders", Get, "/api/v3/allOrders"),
    ("myTrades", Get, "/api/v3/myTrades"),
    ("account.status", Get, "/api/v3/account"),
    ("account.commission", Get, "/api/v3/account/commission"),
];

const FUTURES: &[(&str, Method, &str)] = &[
    ("depth", Get, "/fapi/v1/depth"),
    ("ticker.price", Get, "/fapi/v1/ticker/price"),
    ("ticker.book", Get, "/fapi/v1/ticker/bookTicker"),
    ("order.place", Post, "/fapi/v1/order"),
    ("order.modify", Put, "/fapi/v1/order"),
    ("order.status", Get, "/fapi/v1/order"),
    ("order.cancel", Delete, "/fapi/v1/order"),
    ("account.balance", Get, "/fapi/v2/balance"),
    ("v2/account.balance", Get, "/fapi/v3/balance"),
    ("account.position", Get, "/fapi/v2/positionRisk"),
    ("v2/account.position", Get, "/fapi/v3/positionRisk"),
    ("account.status", Get, "/fapi/v2/account"),
    ("v2/account.status", Get, "/fapi/v3/account"),
    ("userDataStream.start", Post, "/fapi/v1/listenKey"),
    ("userDataStream.ping", Put, "/fapi/v1/listenKey"),
    ("userDataStream.stop", Delete, "/fapi/v1/listenKey"),
];

impl Exchange {
    pub(super) fn api_request(&mut self, socket: SocketId, text: &str, now_ns: u64) {
        let request = serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
        let result = self.api_answer(socket, &request, now_ns);
        let id = request["id"].clone();
        let answer = match result {
            Ok(result) => json!({"id": id, "status": 200, "result": result, "rateLimits": []}),
            Err(fault) => json!({"id": id, "status": fault.status, "error": fault.body(), "rateLimits": []}),
        };
        // The answer goes before the events, as it does on the real sockets of a subscription.
        self.outgoing.push(Outgoing { socket, frame: Frame::Text(answer.to_string()) });
        self.publish();
    }

    fn api_answer(&mut self, socket: SocketId, request: &Value, now_ns: u64) -> Result<Value, ApiFault> {
        let method = request["method"].as_str().ok_or_else(|| ApiFault::mandatory("method"))?;
        let params = params(&request["params"]);
        let product = self.sockets.get(&socket).map_or(Product::Spot, |open| open.product);
        match method {
            "userDataStream.subscribe.signature" => {
                let account = self.signed(&params, now_ns)?;
                return self.listen(socket, product, account);
            }
            "userDataStream.unsubscribe" => return self.unlisten(socket, &params),
            _ => {}
        }
        let table = match product {
            Product::Spot => SPOT,
            Product::Futures => FUTURES,
        };
        let (_, verb, path) = table
            .iter()
            .find(|(name, ..)| *name == method)
            .ok_or_else(|| ApiFault::new(-1020, format!("Method {method} is not supported.")))?;
        let route = routes::find(*verb, path).expect("the table names rows of the other table");
        self.api_routed(route, &params, now_ns)
    }

    fn api_routed(&mut self, route: &Route, params: &Params, now_ns: u64) -> Result<Value, ApiFault> {
        let now_ms = self.clock_ms(now_ns);
        self.limits.weigh(route.product, route.weight.of(route.product, params), now_ms)?;
        let account = match route.access {
            Access::Public => HOUSE,
            Access::Key => self.account_of(params.text("apiKey"))?,
            Access::Signed | Access::Order => self.signed(params, now_ns)?,
        };
        if route.access == Access::Order {
            self.limits.order(route.product, account, now_ms)?;
        }
        self.perform(route, account, params, now_ns)
    }

    /// The account that signed; on sockets the parameters are signed in alphabetical order.
    fn signed(&self, params: &Params, now_ns: u64) -> Result<usize, ApiFault> {
        let account = self.account_of(params.text("apiKey"))?;
        let mut pairs: Vec<_> = params.pairs().iter().filter(|(name, _)| name != "signature").collect();
        pairs.sort();
        let text: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        params.number_needed("timestamp")?;
        auth::verify(&self.users[account - 1].secret, &text.join("&"), params)?;
        auth::is_fresh(params, self.clock_ms(now_ns))?;
        Ok(account)
    }

    fn listen(&mut self, socket: SocketId, product: Product, account: usize) -> Result<Value, ApiFault> {
        let open = self.sockets.get_mut(&socket).ok_or_else(|| ApiFault::new(-1000, "The socket is gone."))?;
        let number = open.next_subscription;
        open.next_subscription += 1;
        open.listens.push(Listening { product, account, label: Label::Subscription(number) });
        Ok(json!({"subscriptionId": number}))
    }

    fn unlisten(&mut self, socket: SocketId, params: &Params) -> Result<Value, ApiFault> {
        let number = params.number("subscriptionId")?;
        if let Some(open) = self.sockets.get_mut(&socket) {
            open.listens.retain(|one| number.is_some_and(|number| one.label != Label::Subscription(number)));
        }
        Ok(json!({}))
    }
}

/// JSON parameters as those of HTTP.
fn params(said: &Value) -> Params {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    let pairs = said.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value)));
    Params::of(pairs.collect())
}
