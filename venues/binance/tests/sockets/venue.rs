//! The venue: the local exchange behind real sockets, and its own books.
//!
//! In: what the suite wants to happen. Out: the exchange's answers. Must never: be spoken to by the adapter other than over its
//! sockets.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use ringfence_core::ids::AccountId;
use ringfence_core::instrument::Instrument;
use ringfence_exchange::server::serve;
use ringfence_exchange::{Account, Amount, Exchange, Listing, Product, Rates, Settings, usual};
use ringfence_venue::conformance::instruments;
use serde_json::{Value, json};

use crate::words::{SYMBOLS, name};

/// More than the suite asks for.
const PLENTY: u64 = 100_000_000;

/// An exchange on a port of its own. It ends with this value.
pub(crate) struct Venue {
    pub(crate) port: u16,
    is_over: Arc<AtomicBool>,
    server: Option<JoinHandle<()>>,
}

impl Venue {
    pub(crate) fn open() -> Venue {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let exchange = Exchange::new(settings()).expect("settings that fit together");
        let is_over = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&is_over);
        let server = std::thread::spawn(move || {
            serve(listener, exchange, None, || asked.load(Ordering::Relaxed)).expect("it serves until it is over");
        });
        Venue { port, is_over, server: Some(server) }
    }

    /// Does something to the market.
    pub(crate) fn act(&self, mut command: Value) {
        command["product"] = json!("futures");
        if matches!(command["do"].as_str(), Some("fund" | "expire_keys")) {
            command.as_object_mut().expect("it is one").remove("product");
        }
        let said = self.request("POST", "/local/market", &command.to_string());
        assert!(said.get("code").is_none(), "{command}: {said}");
    }

    /// What the exchange itself holds of an account.
    pub(crate) fn ledger(&self, account: AccountId) -> Value {
        let mut said = self.request("GET", "/local/ledger", "");
        said["accounts"][usize::from(account.0) - 1]["futures"].take()
    }

    /// Asks as anybody may.
    pub(crate) fn ask(&self, path: &str) -> Value {
        self.request("GET", path, "")
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("the exchange listens");
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).expect("it takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{method} {path}: {error} in {answer}"))
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(server) = self.server.take() {
            server.join().expect("the server ends");
        }
    }
}

/// What signs for an account.
pub(crate) fn credentials(account: AccountId) -> (String, String) {
    (format!("key-of-{}", account.0), format!("secret-of-{}", account.0))
}

fn settings() -> Settings {
    let account = |id: u16| {
        let (key, secret) = credentials(AccountId(id));
        let (name, spot, futures) = (name(AccountId(id)), std::collections::BTreeMap::new(), Amount::whole(1_000_000));
        Account { name, key, secret, spot, futures }
    };
    let listings = SYMBOLS.into_iter().zip(instruments()).map(|(symbol, instrument)| listing(symbol, &instrument));
    Settings {
        seed: 1,
        is_generated: false,
        accounts: vec![account(1), account(2)],
        listings: listings.collect(),
        rates: Rates { spot_weight: PLENTY, futures_weight: PLENTY, orders_10s: PLENTY },
    }
}

fn listing(symbol: &str, instrument: &Instrument) -> Listing {
    let units = |mantissa: i64, digits: u8| {
        let power = 8_u32.saturating_sub(u32::from(digits));
        Amount::from_units(i128::from(mantissa) * 10_i128.pow(power))
    };
    let (prices, sizes) = (instrument.price_scale.digits(), instrument.qty_scale.digits());
    let usual = usual().into_iter().find(|listing| listing.product == Product::Futures).expect("there are futures");
    Listing {
        symbol: symbol.to_owned(),
        base: "BTC".to_owned(),
        quote: "USDT".to_owned(),
        tick: units(instrument.tick, prices),
        step: units(instrument.lot, sizes),
        qty_min: units(instrument.qty_min.0, sizes),
        qty_max: units(instrument.qty_max.0, sizes),
        market_qty_max: units(instrument.qty_max.0, sizes),
        notional_min: Amount::ZERO,
        multiplier_up: Amount::whole(5),
        multiplier_down: units(2, 1),
        orders_max: 500,
        start_price: Amount::whole(100),
        ..usual
    }
}
