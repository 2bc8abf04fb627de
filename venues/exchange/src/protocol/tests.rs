//! The exchange by requests and messages, as a client sees it; and that the log gives the same state again.

mod outside;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::auth;
use super::{Answer, Delivery, Exchange, Frame, Method, Request, SocketId};
use crate::log::Command;
use crate::{MarketChange, MarketInput, MarketSource, Product, Settings};

const START_NS: u64 = 1_700_000_000_000_000_000;
const MS: u64 = 1_000_000;

/// An exchange without prices of its own, and what was written down of it.
struct Client {
    exchange: Exchange,
    now_ns: u64,
    key: String,
    commands: Vec<Command>,
}

fn settings(is_generated: bool) -> Settings {
    Settings { is_generated, ..Settings::usual(7) }
}

impl Client {
    fn new(is_generated: bool) -> Self {
        let exchange = Exchange::new(settings(is_generated)).expect("usual settings");
        let mut client = Self { exchange, now_ns: START_NS, key: String::new(), commands: Vec::new() };
        client.exchange.start(START_NS);
        client
    }

    /// A request; the account's name signs it, nobody does not.
    fn ask(&mut self, account: &str, target: (&str, &str), query: &str) -> Answer {
        let mut query = query.replace("KEY", &self.key);
        let mut key = None;
        if !account.is_empty() {
            let now = format!("timestamp={}", self.now_ns / MS);
            query = if query.is_empty() { now } else { format!("{query}&{now}") };
            query = format!("{query}&signature={}", auth::sign(&format!("{account}-secret"), &query));
            key = Some(format!("{}-key", account.replace("forger", "alice")));
        }
        self.send(target, query, (String::new(), key))
    }

    fn send(&mut self, (method, path): (&str, &str), query: String, (body, key): (String, Option<String>)) -> Answer {
        let method = Method::parse(method).expect("a verb");
        let answer = self.exchange.request(&Request { method, path: path.to_owned(), query, body, key }, self.now_ns);
        let said: Value = serde_json::from_str(&answer.response.body).expect("answers are JSON");
        if let Some(key) = said["listenKey"].as_str() {
            self.key = key.to_owned();
        }
        answer
    }

    /// One line of a script; what it leads to.
    fn step(&mut self, line: &str) -> Vec<String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, after) = rest.split_once(' ').unwrap_or((rest, ""));
        let socket = || SocketId(first.parse().expect("a socket"));
        let mut shown = Vec::new();
        match word {
            "wait" => {
                self.now_ns += first.parse::<u64>().expect("milliseconds") * MS;
                self.exchange.advance(self.now_ns);
            }
            "open" => {
                let target = after.replace("KEY", &self.key);
                shown.push(format!("  opened {}", self.exchange.connect(socket(), &target, self.now_ns)));
            }
            "say" => self.exchange.receive(socket(), &after.replace("KEY", &self.key), self.now_ns),
            "local" | "fault" => {
                let path = if word == "local" { "/local/market" } else { "/local/faults" };
                let body = if word == "local" { rest.to_owned() } else { format!("{{\"rule\":[{rest}]}}") };
                let answer = self.send(("POST", path), String::new(), (body, None));
                shown.push(format!("  {}", answer.response.status));
                if answer.response.status != 200 {
                    shown.push(answer.response.body);
                }
            }
            "GET" => shown.push(response(&self.ask("", ("GET", first), after))),
            account => {
                let (path, query) = after.split_once(' ').unwrap_or((after, ""));
                shown.push(response(&self.ask(account, (first, path), query)));
            }
        }
        self.commands.extend(self.exchange.take_commands());
        shown.extend(self.exchange.take_messages().into_iter().map(|out| message(out.socket, &out.frame)));
        shown
    }
}

fn response(answer: &Answer) -> String {
    let said: Value = serde_json::from_str(&answer.response.body).expect("answers are JSON");
    let how = match answer.delivery {
        Delivery::Send => String::new(),
        Delivery::Drop => return "  dropped".to_owned(),
        Delivery::After(ns) => format!(" after {}ms", ns / MS),
        Delivery::Cut(bytes) => format!(" cut at {bytes}"),
    };
    let headers = answer.response.headers.iter().filter(|(name, _)| name == "Retry-After");
    let headers: String = headers.map(|(name, value)| format!(" {name}: {value}")).collect();
    format!("  {}{how}{headers} {}", answer.response.status, short(&said))
}

fn message(socket: SocketId, frame: &Frame) -> String {
    match frame {
        Frame::Text(text) if text.len() > 2_000 => format!("  {} <- {} bytes", socket.0, text.len()),
        Frame::Text(text) => {
            format!("  {} <- {}", socket.0, short(&serde_json::from_str(text).expect("messages are JSON")))
        }
        Frame::Ping(_) => format!("  {} <- ping", socket.0),
        Frame::Close => format!("  {} <- close", socket.0),
        Frame::Cut(_, bytes) => format!("  {} <- cut at {bytes}", socket.0),
    }
}

/// The fields that tell what happened.
fn short(said: &Value) -> String {
    const KEPT: [&str; 44] = [
        "code",
        "msg",
        "orderId",
        "clientOrderId",
        "status",
        "price",
        "origQty",
        "executedQty",
        "fills",
        "id",
        "e",
        "s",
        "S",
        "i",
        "c",
        "C",
        "x",
        "X",
        "l",
        "z",
        "L",
        "rp",
        "t",
        "U",
        "u",
        "pu",
        "b",
        "a",
        "m",
        "B",
        "P",
        "pa",
        "ep",
        "wb",
        "bc",
        "f",
        "result",
        "error",
        "ac",
        "d",
        "cancelResult",
        "newOrderResult",
        "stream",
        "subscriptionId",
    ];
    const WITHIN: [&str; 4] = ["data", "event", "o", "k"];
    fn kept(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let wanted = fields.iter().filter(|(name, inner)| {
                    KEPT.contains(&name.as_str()) || WITHIN.contains(&name.as_str()) && inner.is_object()
                });
                Value::Object(wanted.map(|(name, inner)| (name.clone(), kept(inner))).collect())
            }
            Value::Array(all) => all.iter().map(kept).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
    kept(said).to_string().replace('"', "")
}

#[track_caller]
fn check(script: &str, want: Expect) {
    let mut client = Client::new(false);
    let mut shown = Vec::new();
    for line in script.lines().map(str::trim) {
        shown.push(line.to_owned());
        shown.extend(client.step(line));
    }
    want.assert_eq(&shown.join("\n"));
}

#[test]
fn a_request_is_refused_for_the_first_thing_that_is_wrong() {
    check(
        "GET /api/v3/account
         nobody GET /api/v3/account
         alice GET /api/v3/nothing
         GET /api/v3/depth symbol=NOSUCH
         GET /api/v3/depth
         GET /api/v3/klines symbol=BTCUSDT&interval=7m
         alice GET /api/v3/account recvWindow=60001
         forger GET /api/v3/account
         alice GET /api/v3/account signature=00
         alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=30000
         alice POST /api/v3/order symbol=BTCUSDT&side=LEFT&type=LIMIT
         alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1e3&price=30000
         alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.000000001&price=30000
         alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1
         alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=STOP_MARKET&stopPrice=31000&quantity=1
         alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000.05
         alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=31500.1
         alice POST /fapi/v1/order symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=28499.9
         alice DELETE /fapi/v1/order symbol=BTCUSDT&orderId=1
         alice GET /fapi/v1/order symbol=BTCUSDT&orderId=1
         alice PUT /fapi/v1/listenKey
         alice PUT /api/v3/userDataStream listenKey=x
         alice POST /fapi/v1/marginType symbol=BTCUSDT&marginType=CROSSED
         alice POST /fapi/v1/leverage symbol=BTCUSDT&leverage=126",
        expect![[r#"
            GET /api/v3/account
              401 {code:-2014,msg:API-key format invalid.}
            nobody GET /api/v3/account
              401 {code:-2015,msg:Invalid API-key, IP, or permissions for action.}
            alice GET /api/v3/nothing
              404 {code:-5000,msg:Path /api/v3/nothing, Method GET is invalid}
            GET /api/v3/depth symbol=NOSUCH
              400 {code:-1121,msg:Invalid symbol.}
            GET /api/v3/depth
              400 {code:-1102,msg:Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.}
            GET /api/v3/klines symbol=BTCUSDT&interval=7m
              400 {code:-1120,msg:Invalid interval.}
            alice GET /api/v3/account recvWindow=60001
              400 {code:-1131,msg:'recvWindow' must be less than 60000.}
            forger GET /api/v3/account
              400 {code:-1022,msg:Signature for this request is not valid.}
            alice GET /api/v3/account signature=00
              400 {code:-1101,msg:Duplicate values for a parameter detected.}
            alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=30000
              400 {code:-1102,msg:Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.}
            alice POST /api/v3/order symbol=BTCUSDT&side=LEFT&type=LIMIT
              400 {code:-1117,msg:Invalid side.}
            alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1e3&price=30000
              400 {code:-1100,msg:Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.}
            alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.000000001&price=30000
              400 {code:-1111,msg:Parameter 'quantity' has too much precision.}
            alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1
              400 {code:-1112,msg:No orders on book for symbol.}
            alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=STOP_MARKET&stopPrice=31000&quantity=1
              400 {code:-4120,msg:Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.}
            alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000.05
              400 {code:-4014,msg:Price not increased by tick size.}
            alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=31500.1
              400 {code:-4016,msg:Limit price can't be higher than 31500.00.}
            alice POST /fapi/v1/order symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=28499.9
              400 {code:-4024,msg:Limit price can't be lower than 28500.00.}
            alice DELETE /fapi/v1/order symbol=BTCUSDT&orderId=1
              400 {code:-2011,msg:Unknown order sent.}
            alice GET /fapi/v1/order symbol=BTCUSDT&orderId=1
              400 {code:-2013,msg:Order does not exist.}
            alice PUT /fapi/v1/listenKey
              400 {code:-1125,msg:This listenKey does not exist.}
            alice PUT /api/v3/userDataStream listenKey=x
              400 {code:-1125,msg:This listenKey does not exist.}
            alice POST /fapi/v1/marginType symbol=BTCUSDT&marginType=CROSSED
              400 {code:-4046,msg:No need to change margin type.}
            alice POST /fapi/v1/leverage symbol=BTCUSDT&leverage=126
              400 {code:-4028,msg:Leverage 126 is not valid}"#]],
    );
}

#[test]
fn a_spot_order_is_told_on_the_user_stream_of_its_account_alone() {
    check(
        "alice POST /api/v3/userDataStream
         open 1 /ws/KEY
         bob POST /api/v3/userDataStream
         open 2 /stream?streams=KEY
         alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=30000&newClientOrderId=mine
         bob POST /api/v3/order symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.2
         alice DELETE /api/v3/order symbol=BTCUSDT&origClientOrderId=mine&newClientOrderId=away",
        expect![[r#"
            alice POST /api/v3/userDataStream
              200 {}
            open 1 /ws/KEY
              opened true
            bob POST /api/v3/userDataStream
              200 {}
            open 2 /stream?streams=KEY
              opened true
            alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=30000&newClientOrderId=mine
              200 {orderId:1,clientOrderId:mine,price:30000.00000000,origQty:0.50000000,executedQty:0.00000000,status:NEW,fills:[]}
              1 <- {e:executionReport,s:BTCUSDT,c:mine,S:BUY,f:GTC,P:0.00000000,C:,x:NEW,X:NEW,i:1,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}
              1 <- {e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:10.00000000,l:0.00000000},{a:USDT,f:85000.00000000,l:15000.00000000}]}
            bob POST /api/v3/order symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.2
              200 {orderId:2,clientOrderId:8f8b93f2fbbe7c0107b821,price:0.00000000,origQty:0.20000000,executedQty:0.20000000,status:FILLED,fills:[{price:30000.00000000}]}
              2 <- {stream:c1f8e616cd8252d8fbc43003c8306d45f9a31503cc0c6daafe077517fdaa,data:{e:executionReport,s:BTCUSDT,c:8f8b93f2fbbe7c0107b821,S:SELL,f:GTC,P:0.00000000,C:,x:NEW,X:NEW,i:2,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}}
              1 <- {e:executionReport,s:BTCUSDT,c:mine,S:BUY,f:GTC,P:0.00000000,C:,x:TRADE,X:PARTIALLY_FILLED,i:1,l:0.20000000,z:0.20000000,L:30000.00000000,t:1,m:true}
              1 <- {e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:10.19980000,l:0.00000000},{a:USDT,f:85000.00000000,l:9000.00000000}]}
              2 <- {stream:c1f8e616cd8252d8fbc43003c8306d45f9a31503cc0c6daafe077517fdaa,data:{e:executionReport,s:BTCUSDT,c:8f8b93f2fbbe7c0107b821,S:SELL,f:GTC,P:0.00000000,C:,x:TRADE,X:FILLED,i:2,l:0.20000000,z:0.20000000,L:30000.00000000,t:1,m:false}}
              2 <- {stream:c1f8e616cd8252d8fbc43003c8306d45f9a31503cc0c6daafe077517fdaa,data:{e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:9.80000000,l:0.00000000},{a:USDT,f:105994.00000000,l:0.00000000}]}}
            alice DELETE /api/v3/order symbol=BTCUSDT&origClientOrderId=mine&newClientOrderId=away
              200 {orderId:1,clientOrderId:away,price:30000.00000000,origQty:0.50000000,executedQty:0.20000000,status:CANCELED}
              1 <- {e:executionReport,s:BTCUSDT,c:away,S:BUY,f:GTC,P:0.00000000,C:mine,x:CANCELED,X:CANCELED,i:1,l:0.00000000,z:0.20000000,L:0.00000000,t:-1,m:false}
              1 <- {e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:10.19980000,l:0.00000000},{a:USDT,f:94000.00000000,l:0.00000000}]}"#]],
    );
}

#[test]
fn a_futures_order_changes_wallet_and_position() {
    check(
        "alice POST /fapi/v1/listenKey
         open 1 /fapi/ws?listenKey=KEY
         alice POST /fapi/v1/leverage symbol=BTCUSDT&leverage=10
         alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=mine
         alice PUT /fapi/v1/order symbol=BTCUSDT&side=BUY&origClientOrderId=mine&quantity=0.5&price=30000
         bob POST /fapi/v1/order symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.2
         alice DELETE /fapi/v1/allOpenOrders symbol=BTCUSDT
         local {\"do\":\"transfer\",\"product\":\"futures\",\"account\":\"alice\",\"asset\":\"USDT\",\"amount\":\"-10\"}",
        expect![[r#"
            alice POST /fapi/v1/listenKey
              200 {}
            open 1 /fapi/ws?listenKey=KEY
              opened true
            alice POST /fapi/v1/leverage symbol=BTCUSDT&leverage=10
              200 {}
              1 <- {e:ACCOUNT_CONFIG_UPDATE,ac:{s:BTCUSDT,l:10}}
            alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=mine
              200 {orderId:1,status:NEW,clientOrderId:mine,price:30000.00,origQty:1.000,executedQty:0.000}
              1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:NEW,X:NEW,i:1,l:0,z:0.000,L:0,t:0,b:0,a:0,m:false,rp:0}}
            alice PUT /fapi/v1/order symbol=BTCUSDT&side=BUY&origClientOrderId=mine&quantity=0.5&price=30000
              200 {orderId:1,status:NEW,clientOrderId:mine,price:30000.00,origQty:0.500,executedQty:0.000}
              1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:AMENDMENT,X:NEW,i:1,l:0,z:0.000,L:0,t:0,b:0,a:0,m:false,rp:0}}
            bob POST /fapi/v1/order symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.2
              200 {orderId:2,status:NEW,clientOrderId:8f8b93f2fbbe7c0107b821,price:0.00,origQty:0.200,executedQty:0.000}
              1 <- {e:ACCOUNT_UPDATE,a:{m:ORDER,B:[{a:USDT,wb:99998.80000000,bc:0.00000000}],P:[{s:BTCUSDT,pa:0.200,ep:30000}]}}
              1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:TRADE,X:PARTIALLY_FILLED,i:1,l:0.200,z:0.200,L:30000.00,t:1,b:0,a:0,m:true,rp:0.00000000}}
            alice DELETE /fapi/v1/allOpenOrders symbol=BTCUSDT
              200 {code:200,msg:The operation of cancel all open order is done.}
              1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:CANCELED,X:CANCELED,i:1,l:0,z:0.200,L:0,t:0,b:0,a:0,m:false,rp:0}}
            local {"do":"transfer","product":"futures","account":"alice","asset":"USDT","amount":"-10"}
              200
              1 <- {e:ACCOUNT_UPDATE,a:{m:DEPOSIT,B:[{a:USDT,wb:99988.80000000,bc:-10.00000000}],P:[]}}"#]],
    );
}

#[test]
fn an_order_that_somebody_else_places_for_an_account_may_end_its_own() {
    let order = |more: &str| {
        format!(
            "local {{\"do\":\"order\",\"product\":\"futures\",\"account\":\"alice\",\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"price\":\"30000\",\"qty\":\"0.5\"{more}}}"
        )
    };
    let mine = "alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=mine";
    let (both, wrong) = (order(",\"prevention\":\"EXPIRE_BOTH\""), order(",\"prevention\":\"SOMETIMES\""));
    check(
        &[mine, &both, "alice GET /fapi/v1/order symbol=BTCUSDT&origClientOrderId=mine", &wrong].join("\n"),
        expect![[r#"
            alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=mine
              200 {orderId:1,status:NEW,clientOrderId:mine,price:30000.00,origQty:1.000,executedQty:0.000}
            local {"do":"order","product":"futures","account":"alice","symbol":"BTCUSDT","side":"SELL","price":"30000","qty":"0.5","prevention":"EXPIRE_BOTH"}
              200
            alice GET /fapi/v1/order symbol=BTCUSDT&origClientOrderId=mine
              200 {orderId:1,status:EXPIRED_IN_MATCH,clientOrderId:mine,price:30000.00,origQty:1.000,executedQty:0.000}
            local {"do":"order","product":"futures","account":"alice","symbol":"BTCUSDT","side":"SELL","price":"30000","qty":"0.5","prevention":"SOMETIMES"}
              400
            {"code":-1013,"msg":"This symbol does not allow the specified self-trade prevention mode."}"#]],
    );
}

#[test]
fn requests_on_a_socket_are_answered_like_those_of_http() {
    let mut client = Client::new(false);
    let said = |client: &mut Client, method: &str, mut params: Value| {
        params["apiKey"] = json!("alice-key");
        params["timestamp"] = json!(client.now_ns / MS);
        let mut pairs: Vec<String> = params
            .as_object()
            .expect("an object")
            .iter()
            .map(|(name, value)| format!("{name}={}", value.to_string().trim_matches('"')))
            .collect();
        pairs.sort();
        params["signature"] = json!(auth::sign("alice-secret", &pairs.join("&")));
        client.step(&format!("say 1 {}", json!({"id": "x", "method": method, "params": params}))).join("\n")
    };
    let mut shown = client.step("open 1 /ws-api/v3");
    let order = json!({"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "30000"});
    for (method, params) in [
        ("userDataStream.subscribe.signature", json!({})),
        ("order.place", order.clone()),
        ("order.place", json!({"symbol": "NOSUCH"})),
        ("openOrders.cancelAll", json!({"symbol": "BTCUSDT"})),
        ("userDataStream.unsubscribe", json!({"subscriptionId": 0})),
        ("order.place", order),
        ("order.nothing", json!({})),
    ] {
        shown.push(method.to_owned());
        shown.push(said(&mut client, method, params));
    }
    expect![[r#"
          opened true
        userDataStream.subscribe.signature
          1 <- {id:x,status:200,result:{subscriptionId:0}}
        order.place
          1 <- {id:x,status:200,result:{orderId:1,clientOrderId:42422922fb5daf47bf35c7,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW,fills:[]}}
          1 <- {subscriptionId:0,event:{e:executionReport,s:BTCUSDT,c:42422922fb5daf47bf35c7,S:BUY,f:GTC,P:0.00000000,C:,x:NEW,X:NEW,i:1,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}}
          1 <- {subscriptionId:0,event:{e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:10.00000000,l:0.00000000},{a:USDT,f:70000.00000000,l:30000.00000000}]}}
        order.place
          1 <- {id:x,status:400,error:{code:-1121,msg:Invalid symbol.}}
        openOrders.cancelAll
          1 <- {id:x,status:200,result:[{orderId:1,clientOrderId:1ed97c8723202089b64a27,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:CANCELED}]}
          1 <- {subscriptionId:0,event:{e:executionReport,s:BTCUSDT,c:1ed97c8723202089b64a27,S:BUY,f:GTC,P:0.00000000,C:42422922fb5daf47bf35c7,x:CANCELED,X:CANCELED,i:1,l:0.00000000,z:0.00000000,L:0.00000000,t:-1,m:false}}
          1 <- {subscriptionId:0,event:{e:outboundAccountPosition,u:1700000000000,B:[{a:BTC,f:10.00000000,l:0.00000000},{a:USDT,f:100000.00000000,l:0.00000000}]}}
        userDataStream.unsubscribe
          1 <- {id:x,status:200,result:{}}
        order.place
          1 <- {id:x,status:200,result:{orderId:2,clientOrderId:8f8b93f2fbbe7c0107b821,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW,fills:[]}}
        order.nothing
          1 <- {id:x,status:400,error:{code:-1020,msg:Method order.nothing is not supported.}}"#]].assert_eq(&shown.join("\n"));
}

#[test]
fn changes_of_the_book_follow_one_another() {
    check(
        "open 1 /ws/btcusdt@depth@100ms
         open 2 /fapi/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker
         local {\"do\":\"place\",\"product\":\"spot\",\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"price\":\"29999\",\"qty\":\"1\"}
         local {\"do\":\"place\",\"product\":\"spot\",\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"price\":\"29998\",\"qty\":\"1\"}
         local {\"do\":\"place\",\"product\":\"futures\",\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"price\":\"30001\",\"qty\":\"1\"}
         wait 100
         local {\"do\":\"place\",\"product\":\"spot\",\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"price\":\"29999\",\"qty\":\"0\"}
         local {\"do\":\"place\",\"product\":\"futures\",\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"price\":\"30001\",\"qty\":\"2\"}
         wait 100
         wait 100
         say 1 {\"method\":\"UNSUBSCRIBE\",\"params\":[\"btcusdt@depth@100ms\"],\"id\":3}
         say 1 {\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":4}
         say 1 {\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":5}
         say 1 nonsense
         local {\"do\":\"trade\",\"product\":\"spot\",\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"price\":\"29998\",\"qty\":\"0.4\"}
         wait 20000",
        expect![[r#"
            open 1 /ws/btcusdt@depth@100ms
              opened true
            open 2 /fapi/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker
              opened true
            local {"do":"place","product":"spot","symbol":"BTCUSDT","side":"BUY","price":"29999","qty":"1"}
              200
            local {"do":"place","product":"spot","symbol":"BTCUSDT","side":"BUY","price":"29998","qty":"1"}
              200
            local {"do":"place","product":"futures","symbol":"BTCUSDT","side":"SELL","price":"30001","qty":"1"}
              200
              2 <- {stream:btcusdt@bookTicker,data:{u:1,s:BTCUSDT,b:0.00,B:0.000,a:30001.00,e:bookTicker}}
            wait 100
              1 <- {e:depthUpdate,s:BTCUSDT,U:1,u:2,b:[[29999.00000000,1.00000000],[29998.00000000,1.00000000]],a:[]}
              2 <- {stream:btcusdt@depth@100ms,data:{e:depthUpdate,s:BTCUSDT,U:1,u:1,pu:0,b:[],a:[[30001.00,1.000]]}}
            local {"do":"place","product":"spot","symbol":"BTCUSDT","side":"BUY","price":"29999","qty":"0"}
              200
            local {"do":"place","product":"futures","symbol":"BTCUSDT","side":"SELL","price":"30001","qty":"2"}
              200
              2 <- {stream:btcusdt@bookTicker,data:{u:2,s:BTCUSDT,b:0.00,B:0.000,a:30001.00,e:bookTicker}}
            wait 100
              1 <- {e:depthUpdate,s:BTCUSDT,U:3,u:3,b:[[29999.00000000,0.00000000]],a:[]}
              2 <- {stream:btcusdt@depth@100ms,data:{e:depthUpdate,s:BTCUSDT,U:2,u:2,pu:1,b:[],a:[[30001.00,2.000]]}}
            wait 100
            say 1 {"method":"UNSUBSCRIBE","params":["btcusdt@depth@100ms"],"id":3}
              1 <- {result:null,id:3}
            say 1 {"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":4}
              1 <- {result:null,id:4}
            say 1 {"method":"LIST_SUBSCRIPTIONS","id":5}
              1 <- {result:[btcusdt@trade],id:5}
            say 1 nonsense
              1 <- {error:{code:3,msg:Invalid JSON: expected value}}
            local {"do":"trade","product":"spot","symbol":"BTCUSDT","side":"SELL","price":"29998","qty":"0.4"}
              200
              1 <- {e:trade,s:BTCUSDT,t:1,m:true}
            wait 20000
              1 <- ping"#]],
    );
}

#[test]
fn a_replacement_of_which_one_half_fails_says_which() {
    check(
        "alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
         alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=900&price=30000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=a
         alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=a
         alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&cancelReplaceMode=ALLOW_FAILURE&cancelOrigClientOrderId=a&newClientOrderId=b
         alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=30000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=b&newClientOrderId=c",
        expect![[r#"
            alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a
              200 {orderId:1,clientOrderId:a,price:30000.00000000,origQty:1.00000000,executedQty:0.00000000,status:NEW,fills:[]}
            alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=900&price=30000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=a
              409 {code:-2021,msg:Order cancel-replace partially failed.,data:{cancelResult:SUCCESS,newOrderResult:FAILURE}}
            alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=a
              400 {code:-2022,msg:Order cancel-replace failed.,data:{cancelResult:FAILURE,newOrderResult:NOT_ATTEMPTED}}
            alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&cancelReplaceMode=ALLOW_FAILURE&cancelOrigClientOrderId=a&newClientOrderId=b
              409 {code:-2021,msg:Order cancel-replace partially failed.,data:{cancelResult:FAILURE,newOrderResult:SUCCESS}}
            alice POST /api/v3/order/cancelReplace symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=30000&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=b&newClientOrderId=c
              200 {cancelResult:SUCCESS,newOrderResult:SUCCESS}"#]],
    );
}

#[test]
fn what_a_countdown_and_an_hour_end() {
    check(
        "alice POST /fapi/v1/listenKey
         open 1 /fapi/ws/KEY
         alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=mine
         alice POST /fapi/v1/countdownCancelAll symbol=BTCUSDT&countdownTime=1000
         wait 900
         alice POST /fapi/v1/countdownCancelAll symbol=BTCUSDT&countdownTime=1000
         wait 900
         wait 100
         local {\"do\":\"status\",\"product\":\"futures\",\"symbol\":\"BTCUSDT\",\"status\":\"BREAK\"}
         alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000
         local {\"do\":\"expire_keys\"}
         alice PUT /fapi/v1/listenKey",
        expect![[r#"
            alice POST /fapi/v1/listenKey
              200 {}
            open 1 /fapi/ws/KEY
              opened true
            alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=mine
              200 {orderId:1,status:NEW,clientOrderId:mine,price:30000.00,origQty:1.000,executedQty:0.000}
              1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:NEW,X:NEW,i:1,l:0,z:0.000,L:0,t:0,b:0,a:0,m:false,rp:0}}
            alice POST /fapi/v1/countdownCancelAll symbol=BTCUSDT&countdownTime=1000
              200 {}
            wait 900
            alice POST /fapi/v1/countdownCancelAll symbol=BTCUSDT&countdownTime=1000
              200 {}
            wait 900
            wait 100
              1 <- {e:ORDER_TRADE_UPDATE,o:{s:BTCUSDT,c:mine,S:BUY,f:GTC,x:CANCELED,X:CANCELED,i:1,l:0,z:0.000,L:0,t:0,b:0,a:0,m:false,rp:0}}
            local {"do":"status","product":"futures","symbol":"BTCUSDT","status":"BREAK"}
              200
            alice POST /fapi/v1/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000
              400 {code:-4140,msg:Invalid symbol status for opening position.}
            local {"do":"expire_keys"}
              200
              1 <- {e:listenKeyExpired}
            alice PUT /fapi/v1/listenKey
              400 {code:-1125,msg:This listenKey does not exist.}"#]],
    );
}

#[test]
fn limits_that_are_told_are_those_that_are_counted() {
    let rates = crate::Rates { spot_weight: 71, futures_weight: 72, orders_10s: 73 };
    let mut exchange = Exchange::new(Settings { rates, ..settings(false) }).expect("settings that fit together");
    let mut limits = |path: &str| {
        let (path, query, body) = (path.to_owned(), String::new(), String::new());
        let answer = exchange.request(&Request { method: Method::Get, path, query, body, key: None }, 1);
        let said: Value = serde_json::from_str(&answer.response.body).expect("JSON");
        [0, 1].map(|at| said["rateLimits"][at]["limit"].as_u64())
    };
    assert_eq!(limits("/api/v3/exchangeInfo"), [Some(71), Some(73)]);
    assert_eq!(limits("/fapi/v1/exchangeInfo"), [Some(72), Some(73)]);
}

const BUY: &str = "alice POST /api/v3/order symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=30000&newClientOrderId=a";

mod faults;
mod log;
