//! Fuzz targets: whatever a venue, or somebody in its place, sends is read or refused, and neither the codec nor the machine
//! panics, hangs or grows.
//!
//! Each target begins with messages as venues write them and changes them at random: see `ringfence_fuzz`.

mod corpus;

use ringfence_binance::codec::failure::{Failure, Product};
use ringfence_binance::codec::read::answer;
use ringfence_binance::codec::{HmacSigner, Secret, account, market, order, rules, stream};
use ringfence_binance::protocol::{Headers, Hosts, Input, Listed, Machine, Output, Settings, StreamKind};
use ringfence_core::ids::{AccountId, CurrencyId, SessionId, TimeNs, VenueId};
use ringfence_venue::desk;

/// Changed inputs of a usual run.
const ROUNDS: u64 = 3_000;
/// Words of the protocol.
const WORDS: [&str; 4] = ["\"e\":\"trade\"", "\"code\":-1021", "\"FILLED\"", "BTCUSDT"];

fn fuzz(target: &'static str, corpus: &[&str], run: impl FnMut(&[u8])) {
    let corpus = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    ringfence_fuzz::target!(target, corpus).with_words(&WORDS).tried(ROUNDS, run);
}

#[test]
fn frames() {
    fuzz("binance-frames", corpus::FRAMES, |bytes| {
        stream::with(bytes, |read| {
            if let Ok(message) = read {
                assert!(format!("{message:?}").len() < 64 * bytes.len() + 1_024, "it grows");
            }
        });
    });
}

#[test]
fn answers() {
    fuzz("binance-answers", corpus::ANSWERS, |bytes| {
        for product in [Product::Spot, Product::UsdM] {
            let failure = Failure::of(product, 400, bytes);
            assert!(failure.words.chars().count() <= 200, "words are cut");
        }
        let Ok(json) = &answer(bytes) else { return };
        let read = [
            order::order(json).is_ok(),
            order::orders(json).is_ok(),
            order::account_trades(json).is_ok(),
            order::amended(json).is_ok(),
            order::replaced(json).is_ok(),
            order::waiting_orders(json).is_ok(),
            account::spot_balances(json).is_ok(),
            account::futures_balances(json).is_ok(),
            account::futures_account(json).is_ok(),
            account::positions(json).is_ok(),
            account::leverage(json).is_ok(),
            account::is_hedged(json).is_ok(),
            account::listen_key(json).is_ok(),
            market::depth_snapshot(json).is_ok(),
            market::touch_answer(json).is_ok(),
            market::klines_answer(json).is_ok(),
            market::trades_answer(json).is_ok(),
            market::server_time(json).is_ok(),
            market::average_price(json).is_ok(),
            market::day_ticker_answer(json).is_ok(),
            rules::exchange_info(json, |_| true).is_ok(),
        ];
        assert_eq!(read.len(), 21);
    });
}

/// A machine that is told anything at any time: each input is a list of messages, one a line, for calls and connections in
/// turn.
#[test]
fn machine() {
    let script = corpus::FRAMES.iter().zip(corpus::ANSWERS).map(|(frame, answer)| format!("{frame}\n{answer}"));
    let scripts: Vec<String> = script.chain([corpus::ANSWERS.join("\n"), corpus::FRAMES.join("\n")]).collect();
    let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
    fuzz("binance-machine", &scripts, |bytes| {
        for product in [Product::Spot, Product::UsdM] {
            drive(product, bytes);
        }
    });
}

fn drive(product: Product, bytes: &[u8]) {
    let mut settings = Settings::new(
        product,
        Hosts::local("http://venue", "ws://venue"),
        (VenueId(1), AccountId(1)),
        SessionId([7; 16]),
    );
    let streams = vec![StreamKind::Trades, StreamKind::Touch, StreamKind::Depth, StreamKind::Mark, StreamKind::Bars];
    settings.instruments =
        vec![Listed { instrument: desk::instrument(1, (2, 3)), symbol: "BTCUSDT".to_owned(), streams }];
    settings.currencies = vec![("USDT".to_owned(), CurrencyId(1))];
    let signer = HmacSigner::new(Secret::new("key".to_owned()), Secret::new("secret".to_owned()));
    let mut machine = Machine::new(settings, Some(Box::new(signer)));
    let (mut out, mut now) = (Vec::new(), 1_000_000_000);
    machine.handle(Input::Open, TimeNs(now), &mut out);
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate().take(200) {
        now += 1_000_000_000 * (at as u64 % 7);
        let (mut calls, mut links) = (Vec::new(), Vec::new());
        for output in out.drain(..) {
            match output {
                Output::Call(call) => calls.push(call.call),
                Output::Connect { link, .. } => links.push(link),
                Output::Frame { .. }
                | Output::Disconnect { .. }
                | Output::Said(_)
                | Output::Notice(_)
                | Output::Ended => {}
            }
        }
        for link in links {
            machine.handle(Input::Connected { link }, TimeNs(now), &mut out);
        }
        let status = [200, 200, 200, 400, 429, 418, 503][at % 7];
        for call in calls {
            let answer = Input::Answer { call, status, headers: Headers::default(), body: line };
            machine.handle(answer, TimeNs(now), &mut out);
        }
        for link in 1..4 {
            machine.handle(Input::Frame { link, bytes: line }, TimeNs(now), &mut out);
        }
        assert!(out.len() < 100_000, "{} outputs of one line", out.len());
    }
    machine.handle(Input::Close, TimeNs(now), &mut out);
    assert!(out.iter().any(|output| matches!(output, Output::Ended)), "it ends when it is told to");
}
