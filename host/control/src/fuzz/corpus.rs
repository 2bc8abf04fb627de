//! Corpus: requests as clients and browsers send them, and the JSON in them.

use super::surface::people;

pub(super) const WORDS: [&str; 22] = [
    "GET /v1/status HTTP/1.1\r\n",
    "POST /v1/commands HTTP/1.1\r\n",
    "authorization: Bearer boss-0123456789abcdef0123456789ab\r\n",
    "authorization: Bearer \r\n",
    "host: localhost:8420\r\n",
    "host: evil.example\r\n",
    "origin: http://evil.example\r\n",
    "origin: http://localhost:8420\r\n",
    "transfer-encoding: chunked\r\n",
    "content-length: 5\r\n",
    "expect: 100-continue\r\n",
    "content-type: application/json\r\n",
    "\r\n\r\n",
    "/../",
    "%2e%2e%2f",
    "?after=1&max=0",
    "\"command\":\"arm\"",
    "\"command\":\"kill\",\"level\":\"off\"",
    "\"strategy\":\"ema\"",
    "\"strategy\":\"agent\"",
    "\"kind\":\"flatten\"",
    "OPTIONS",
];

const COMMANDS: [&str; 12] = [
    r#"{"command":"stop"}"#,
    r#"{"command":"enable"}"#,
    r#"{"command":"disable"}"#,
    r#"{"command":"reload"}"#,
    r#"{"command":"arm"}"#,
    r#"{"command":"disarm"}"#,
    r#"{"command":"kill","level":"L1","strategy":"agent"}"#,
    r#"{"command":"kill","level":"L3"}"#,
    r#"{"command":"kill","level":"off","strategy":"ema"}"#,
    r#"{"command":"flatten","strategy":"ema"}"#,
    r#"{"command":"flatten"}"#,
    r#"{"command":"resume","strategy":"agent"}"#,
];

const INTENTS: [&str; 7] = [
    r#"{"intent_id":"a-1","labels":{"strategy":"agent","run":"test"},"env":"dev","kind":"submit","instrument_id":"SIM:A","side":"buy","size":{"kind":"quantity","value":"3"},"constraints":{"order_type":"limit","limit_price":"10.25","tif":"gtc"}}"#,
    r#"{"intent_id":"a-2","labels":{"strategy":"agent"},"kind":"submit","instrument_id":"SIM:A","side":"sell","size":{"kind":"notional","value":"100.5","ccy":"USD"},"constraints":{"order_type":"market","max_slippage_bps":20,"reduce_only":true}}"#,
    r#"{"intent_id":"a-3","labels":{"strategy":"agent"},"kind":"cancel","order":1}"#,
    r#"{"intent_id":"a-4","labels":{"strategy":"agent"},"kind":"amend","order":1,"instrument_id":"SIM:A","limit_price":"9.75","quantity":"2"}"#,
    r#"{"intent_id":"a-5","labels":{"strategy":"agent"},"kind":"cancel-all"}"#,
    r#"{"intent_id":"a-6","labels":{"strategy":"agent"},"kind":"flatten","instrument_id":"SIM:A"}"#,
    r#"{"intent_id":"a-7","labels":{"strategy":"agent"},"kind":"note","text":"a note"}"#,
];

const PLACES: [&str; 14] = [
    "/v1/status",
    "/v1/orders",
    "/v1/positions",
    "/v1/curve",
    "/v1/config",
    "/v1/events?after=0&max=10",
    "/v1/tail?after=0",
    "/v1/intents/agent/a-1",
    "/openapi.json",
    "/schemas/intent.json",
    "/metrics",
    "/readyz",
    "/",
    "/assets/control.js",
];

/// Each place, command and intent as each of the people, over TCP, and once over the socket.
pub(super) fn requests() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (at, (_, _, secret)) in people().into_iter().enumerate() {
        let bearer = format!("authorization: Bearer {secret}\r\n");
        for place in PLACES.iter().skip(at).step_by(4) {
            all.push(sent('T', &format!("GET {place}"), (&bearer, "")));
        }
        for body in COMMANDS {
            all.push(sent('T', "POST /v1/commands", (&bearer, body)));
        }
        all.push(sent('T', "POST /v1/intents", (&bearer, INTENTS[at])));
    }
    for body in INTENTS {
        all.push(sent('U', "POST /v1/intents", ("", body)));
    }
    for body in COMMANDS {
        all.push(sent('U', "POST /v1/commands", ("", body)));
    }
    all.push(sent('T', "POST /v1/commands", ("origin: http://localhost:8420\r\n", COMMANDS[2])));
    all.push(b"UPOST /v1/commands HTTP/1.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n12\r\n{\"command\":\"stop\"}\r\n0\r\n\r\n".to_vec());
    all
}

fn sent(way: char, first: &str, (lines, body): (&str, &str)) -> Vec<u8> {
    let head = format!("{way}{first} HTTP/1.1\r\nhost: localhost:8420\r\n{lines}");
    let body = if body.is_empty() {
        "connection: close\r\n\r\n".to_owned()
    } else {
        format!("content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    (head + &body).into_bytes()
}

pub(super) fn json() -> Vec<Vec<u8>> {
    COMMANDS.iter().chain(&INTENTS).map(|text| text.as_bytes().to_vec()).collect()
}

/// Answers of a server.
pub(super) fn replies() -> Vec<Vec<u8>> {
    let texts = [
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{\"ok\":true}",
        "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n14\r\nid: 1\ndata: [{}]\n\n: \n\r\n7\r\ndata: x\r\n2\r\n\n\n\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
