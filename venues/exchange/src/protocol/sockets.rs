//! Sockets: who listens to what?
//!
//! In: addresses that sockets were opened at, texts that came on them. Out: subscriptions, answers. Must never: send what
//! a socket did not ask for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::answer::{Frame, Outgoing, SocketId};
use super::exchange::Exchange;
use super::params::Params;
use crate::matching::listing::Product;

/// Streams of one socket.
const STREAMS_MAX: usize = 1_024;

/// How messages are wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Raw,
    Combined,
    /// Requests and answers instead of streams.
    Api,
}

/// How a socket knows the account that it hears of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Label {
    Key(String),
    Subscription(u64),
}

/// An account that a socket hears of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listening {
    pub(super) product: Product,
    pub(super) account: usize,
    pub(super) label: Label,
}

/// An open socket.
#[derive(Debug, Clone)]
pub(super) struct Socket {
    pub(super) product: Product,
    pub(super) form: Form,
    pub(super) names: BTreeSet<String>,
    pub(super) listens: Vec<Listening>,
    pub(super) opened_ms: u64,
    /// Until then nothing but pings goes out.
    pub(super) stalled_until_ns: u64,
    pub(super) next_subscription: u64,
}

impl Exchange {
    /// Opens a socket at a path with its query. The answer is whether there is anything at that path.
    pub fn connect(&mut self, socket: SocketId, target: &str, now_ns: u64) -> bool {
        self.advance(now_ns);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let Some((product, form, names)) = address(path) else { return false };
        let fresh = Socket {
            product,
            form,
            names: BTreeSet::new(),
            listens: Vec::new(),
            opened_ms: now_ns / 1_000_000,
            stalled_until_ns: 0,
            next_subscription: 0,
        };
        self.sockets.insert(socket, fresh);
        let params = Params::parse(query, "").unwrap_or_default();
        let streams = params.text("streams").unwrap_or_default().to_owned();
        let key = params.text("listenKey").unwrap_or_default().to_owned();
        for name in names.split('/').chain(streams.split('/')).chain([key.as_str()]).filter(|name| !name.is_empty()) {
            self.subscribe(socket, name);
        }
        true
    }

    /// Forgets a socket.
    pub fn disconnect(&mut self, socket: SocketId) {
        self.sockets.remove(&socket);
    }

    /// Takes a text that came on a socket.
    pub fn receive(&mut self, socket: SocketId, text: &str, now_ns: u64) {
        self.advance(now_ns);
        let Some(form) = self.sockets.get(&socket).map(|open| open.form) else { return };
        match form {
            Form::Api => self.api_request(socket, text, now_ns),
            Form::Raw | Form::Combined => {
                let answer = self.stream_request(socket, text);
                self.outgoing.push(Outgoing { socket, frame: Frame::Text(answer.to_string()) });
            }
        }
    }

    fn stream_request(&mut self, socket: SocketId, text: &str) -> Value {
        let Ok(request) = serde_json::from_str::<Value>(text) else {
            return json!({"error": {"code": 3, "msg": "Invalid JSON: expected value"}});
        };
        let id = request["id"].clone();
        let names = request["params"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let names: Vec<String> = names.map(str::to_owned).collect();
        match request["method"].as_str() {
            Some("SUBSCRIBE") => {
                if self.sockets.get(&socket).is_some_and(|open| open.names.len() + names.len() > STREAMS_MAX) {
                    return json!({"error": {"code": 2, "msg": "Invalid request: too many streams"}, "id": id});
                }
                names.iter().for_each(|name| self.subscribe(socket, name));
                json!({"result": null, "id": id})
            }
            Some("UNSUBSCRIBE") => {
                names.iter().for_each(|name| self.unsubscribe(socket, name));
                json!({"result": null, "id": id})
            }
            Some("LIST_SUBSCRIPTIONS") => json!({"result": self.subscriptions(socket), "id": id}),
            Some("SET_PROPERTY") => {
                let is_combined = request["params"][1].as_bool().unwrap_or(false);
                if let Some(open) = self.sockets.get_mut(&socket) {
                    open.form = if is_combined { Form::Combined } else { Form::Raw };
                }
                json!({"result": null, "id": id})
            }
            Some("GET_PROPERTY") => {
                let is_combined = self.sockets.get(&socket).is_some_and(|open| open.form == Form::Combined);
                json!({"result": is_combined, "id": id})
            }
            Some(_) => json!({"error": {"code": 2, "msg": "Invalid request: unknown method"}, "id": id}),
            None => json!({"error": {"code": 2, "msg": "Invalid request: missing field `method`"}, "id": id}),
        }
    }

    fn subscribe(&mut self, socket: SocketId, name: &str) {
        let heard = self.keys.find(name).cloned();
        let Some(open) = self.sockets.get_mut(&socket) else { return };
        match heard {
            Some(key) => {
                let listening = Listening { product: key.product, account: key.account, label: Label::Key(key.key) };
                if !open.listens.contains(&listening) {
                    open.listens.push(listening);
                }
            }
            None => {
                open.names.insert(name.to_owned());
            }
        }
    }

    fn unsubscribe(&mut self, socket: SocketId, name: &str) {
        if let Some(open) = self.sockets.get_mut(&socket) {
            open.names.remove(name);
            open.listens.retain(|listening| listening.label != Label::Key(name.to_owned()));
        }
    }

    fn subscriptions(&self, socket: SocketId) -> Vec<String> {
        let Some(open) = self.sockets.get(&socket) else { return Vec::new() };
        let keys = open.listens.iter().filter_map(|listening| match &listening.label {
            Label::Key(key) => Some(key.clone()),
            Label::Subscription(_) => None,
        });
        open.names.iter().cloned().chain(keys).collect()
    }
}

/// Clients tell spot from futures by the name in the address; on loopback a path may begin with that name instead.
fn without_host(path: &str) -> (&str, &str) {
    let inner = path.strip_prefix('/').unwrap_or(path);
    match inner.split_once('/') {
        Some((host, _)) if host.contains('.') => (host, &inner[host.len()..]),
        Some(_) | None => ("", path),
    }
}

/// What a path stands for: product, form, and the streams that it names.
fn address(path: &str) -> Option<(Product, Form, &str)> {
    const FUTURES: [&str; 6] = ["/fapi", "/fstream", "/public", "/market", "/private", "/futures"];
    match path {
        "/ws-api/v3" => return Some((Product::Spot, Form::Api, "")),
        "/ws-fapi/v1" => return Some((Product::Futures, Form::Api, "")),
        _ => {}
    }
    let (host, mut rest) = without_host(path);
    let mut product = if host.starts_with("fstream") { Product::Futures } else { Product::Spot };
    while let Some(after) = FUTURES.iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        product = Product::Futures;
        rest = after;
    }
    if let Some(names) = rest.strip_prefix("/stream") {
        return names.is_empty().then_some((product, Form::Combined, ""));
    }
    let names = rest.strip_prefix("/ws")?;
    (names.is_empty() || names.starts_with('/')).then_some((product, Form::Raw, names))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(path: &str, want: Expect) {
        want.assert_eq(&format!("{:?}", super::address(path)));
    }

    #[test]
    fn the_path_decides_the_product() {
        check("/ws/btcusdt@trade", expect![[r#"Some((Spot, Raw, "/btcusdt@trade"))"#]]);
        check("/stream", expect![[r#"Some((Spot, Combined, ""))"#]]);
        check("/fapi/ws", expect![[r#"Some((Futures, Raw, ""))"#]]);
        check("/fapi/private/ws", expect![[r#"Some((Futures, Raw, ""))"#]]);
        check("/market/stream", expect![[r#"Some((Futures, Combined, ""))"#]]);
        check("/ws-api/v3", expect![[r#"Some((Spot, Api, ""))"#]]);
        check("/stream.binance.com/ws/0", expect![[r#"Some((Spot, Raw, "/0"))"#]]);
        check("/fstream.binance.com/ws", expect![[r#"Some((Futures, Raw, ""))"#]]);
        check("/wsx", expect!["None"]);
        check("/api/v3/ping", expect!["None"]);
    }
}
