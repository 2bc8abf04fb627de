//! Client: what does somebody do to an exchange, line by line, and what must always hold?

use hmac::{Hmac, KeyInit, Mac};
use ringfence_exchange::log::Command;
use ringfence_exchange::{Exchange, Frame, Method, Request, Settings, SocketId};
use serde_json::Value;
use sha2::Sha256;

pub(crate) const START_NS: u64 = 1_700_000_000_000_000_000;
const MS: u64 = 1_000_000;
/// Longest pause of a line: what happens in an hour happens in two minutes too.
const WAIT_MS_MAX: u64 = 120_000;
/// Most sockets.
const SOCKETS: u64 = 4;
/// Every status that the protocol has.
const STATUSES: [u16; 10] = [200, 400, 401, 403, 404, 409, 418, 429, 503, 500];

/// A signature that is nobody's.
const FORGED: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An exchange, what was written down of it, and who they are that ask.
pub(crate) struct Client {
    exchange: Exchange,
    now_ns: u64,
    listen_key: String,
    commands: Vec<Command>,
}

fn settings() -> Settings {
    Settings { is_generated: false, ..Settings::usual(7) }
}

impl Client {
    pub(crate) fn new() -> Client {
        let mut exchange = Exchange::new(settings()).expect("usual settings");
        exchange.start(START_NS);
        Client { exchange, now_ns: START_NS, listen_key: String::new(), commands: Vec::new() }
    }

    /// One line: `wait MS`, `open N PATH`, `say N TEXT`, `shut N`, `market JSON`, `faults JSON`, `ledger`, or
    /// `ACCOUNT VERB PATH QUERY`, signed by the account where there is one of that name.
    pub(crate) fn step(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, after) = rest.split_once(' ').unwrap_or((rest, ""));
        let after = after.replace("KEY", &self.listen_key);
        let socket = || SocketId(first.parse().unwrap_or(0) % SOCKETS);
        match word {
            "wait" => {
                self.now_ns += first.parse::<u64>().unwrap_or(0).min(WAIT_MS_MAX) * MS;
                self.exchange.advance(self.now_ns);
            }
            "open" => drop(self.exchange.connect(socket(), &after, self.now_ns)),
            "say" => self.exchange.receive(socket(), &after, self.now_ns),
            "shut" => self.exchange.disconnect(socket()),
            "market" => self.send(("POST", "/local/market"), String::new(), (rest.to_owned(), None)),
            "faults" => self.send(("POST", "/local/faults"), String::new(), (rest.to_owned(), None)),
            "ledger" => self.send(("GET", "/local/ledger"), String::new(), (String::new(), None)),
            account => {
                let (path, query) = after.split_once(' ').unwrap_or((&after, ""));
                self.ask(account, (first, path), query);
            }
        }
        self.commands.extend(self.exchange.take_commands());
        for outgoing in self.exchange.take_messages() {
            heard(&outgoing.frame);
        }
    }

    fn ask(&mut self, account: &str, target: (&str, &str), query: &str) {
        let stamped = format!("{query}{}timestamp={}", if query.is_empty() { "" } else { "&" }, self.now_ns / MS);
        let (query, key) = match account {
            "alice" | "bob" => {
                let signature = sign(&format!("{account}-secret"), &stamped);
                (format!("{stamped}&signature={signature}"), Some(format!("{account}-key")))
            }
            "forger" => (format!("{stamped}&signature={FORGED}"), Some("alice-key".to_owned())),
            _ => (query.to_owned(), None),
        };
        self.send(target, query, (String::new(), key));
    }

    fn send(&mut self, (method, path): (&str, &str), query: String, (body, key): (String, Option<String>)) {
        let Some(method) = Method::parse(method) else { return };
        let request = Request { method, path: path.to_owned(), query, body, key };
        let is_forged = request.key.is_some() && request.query.ends_with(FORGED);
        let before = if is_forged { self.ledger() } else { String::new() };
        let answer = self.exchange.request(&request, self.now_ns);
        assert!(STATUSES.contains(&answer.response.status), "status {}", answer.response.status);
        secrets(&answer.response.body);
        let said: Value = serde_json::from_str(&answer.response.body).expect("answers are JSON");
        if let Some(key) = said["listenKey"].as_str() {
            self.listen_key = key.to_owned();
        }
        assert!(!is_forged || before == self.ledger(), "a forged signature changes nothing");
    }

    fn ledger(&mut self) -> String {
        let path = "/local/ledger".to_owned();
        let request = Request { method: Method::Get, path, query: String::new(), body: String::new(), key: None };
        self.exchange.request(&request, self.now_ns).response.body
    }

    /// The end: what was written down leads to the same ledger again.
    pub(crate) fn close(mut self) {
        let ledger = self.ledger();
        self.commands.extend(self.exchange.take_commands());
        let mut again = Exchange::new(settings()).expect("usual settings");
        for command in &self.commands {
            again.replay(command).expect("what was accepted is known");
        }
        again.advance(self.now_ns);
        let mut second = Client { exchange: again, ..self };
        assert_eq!(second.ledger(), ledger, "the log gives the same state");
    }
}

fn heard(frame: &Frame) {
    match frame {
        Frame::Text(text) => {
            secrets(text);
            assert!(serde_json::from_str::<Value>(text).is_ok(), "messages are JSON: {text}");
        }
        Frame::Cut(text, _) | Frame::Ping(text) => secrets(text),
        Frame::Close => {}
    }
}

fn secrets(said: &str) {
    for secret in ["alice-secret", "bob-secret"] {
        assert!(!said.contains(secret), "a secret is told: {said}");
    }
}

fn sign(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length is taken");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
