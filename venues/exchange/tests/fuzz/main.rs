//! Fuzz targets: whatever clients send, people write into settings and scripts, and lies where a log should be is answered
//! or refused, and the exchange neither panics, hangs nor tells a secret.
//!
//! Each target begins with what clients and people write and changes it at random: see `ringfence_fuzz`.

mod client;
mod corpus;
mod logs;

use ringfence_exchange::faults::Script;
use ringfence_exchange::{Amount, Exchange, MarketChange, Settings};
use ringfence_fuzz::{largest_of, target};

use crate::client::Client;

#[global_allocator]
static ALLOCATOR: ringfence_fuzz::Counting = ringfence_fuzz::Counting;

/// Scripts of clients: requests with right and wrong signatures, texts on sockets, changes of the market, faults and pauses,
/// one a line. The exchange's log gives its ledger again.
#[test]
fn trading() {
    target!("trading", corpus::scripts()).with_words(corpus::WORDS).tried(400, |input| {
        let mut client = Client::new();
        for line in String::from_utf8_lossy(input).lines().take(60) {
            client.step(line);
        }
        client.close();
    });
}

/// Settings in TOML: whatever is accepted makes an exchange that starts and lets time pass.
#[test]
fn settings() {
    let words = [
        "[[accounts]]",
        "[[listings]]",
        "product = \"Futures\"",
        "start_price = \"0.00000001\"",
        "9999999999.99999999",
    ];
    target!("settings", corpus::settings()).with_words(&words).tried(2_000, |input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let Ok(settings) = Settings::parse(text) else { return };
        assert!(!format!("{settings:?}").contains("-secret"), "a secret is not shown");
        let mut exchange = Exchange::new(settings).expect("what was checked is taken");
        exchange.start(client::START_NS);
        for step in 1..=20 {
            exchange.advance(client::START_NS + step * 100_000_000);
        }
        drop(exchange.take_messages());
    });
}

/// Scripts of faults in TOML and in JSON, amounts, records of a market: read or refused, in memory that the text answers for.
#[test]
fn scripts() {
    let words = ["[[rule]]", "kind = \"frame_bomb\"", "nth = 0", "\"is\":\"quote\"", "bytes = 268435457", "1e8"];
    target!("scripts", corpus::words()).with_words(&words).tried(5_000, |input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let (largest, ()) = largest_of(|| {
            drop(Script::parse_toml(text));
            drop(Script::parse_json(text));
        });
        assert!(largest <= (64 << 10) + 64 * input.len(), "{largest} bytes at once");
        if let Ok(change) = serde_json::from_str::<MarketChange>(text) {
            let said = serde_json::to_string(&change).expect("text becomes JSON");
            assert_eq!(serde_json::from_str::<MarketChange>(&said).ok(), Some(change), "one meaning");
        }
        for word in text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')) {
            let Ok(amount) = Amount::parse(word) else { continue };
            assert_eq!(Amount::parse(&amount.to_string()), Ok(amount), "{word}");
        }
    });
}
