//! Sessions: how does a machine come up, and what does it need for that?

use expect_test::expect;
use ringfence_binance::codec::failure::Product;
use ringfence_binance::protocol::{Hosts, Input, Machine, Output, Settings, StreamKind, UserStream};
use ringfence_core::ids::{AccountId, TimeNs, VenueId};

use crate::bench::{Bench, SESSION, settings};

#[test]
fn spot_comes_up_by_a_signed_subscription() {
    let mut bench = Bench::new(settings(Product::Spot));
    bench.open();
    expect![[r#"
            > GET /api/v3/time
            > GET /api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%5D
            > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
        auto
            ! Clock(1699999000000)
            > connect ws://venue
            > subscribe
            = VenueUp"#]]
    .assert_eq(&bench.play("auto"));
}

#[test]
fn futures_come_up_by_a_key_and_with_one_position_by_instrument() {
    let mut bench = Bench::new(Settings { dead_man_ms: Some(60_000), ..settings(Product::UsdM) });
    bench.open();
    expect![[r#"
            > GET /fapi/v1/time
            > GET /fapi/v1/exchangeInfo
            > connect ws://venue/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms
        auto
            ! Clock(1699999000000)
            > GET /fapi/v1/positionSide/dual
            > POST /fapi/v1/listenKey
            > connect ws://venue/ws/(key)
            = VenueUp"#]]
    .assert_eq(&bench.play("auto"));
}

#[test]
fn an_account_with_long_and_short_positions_does_not_come_up() {
    let mut bench = Bench::new(settings(Product::UsdM));
    bench.open();
    let script = r#"
        <- GET time 200 {"serverTime":1700000000000}
        <- GET dual 200 {"dualSidePosition":true}
        auto
        at 2
        auto
    "#;
    let shown = bench.play(script);
    assert!(shown.contains("! Hedged"), "{shown}");
    let (before, after) = shown.split_once("at 2").expect("it was played");
    assert!(!before.contains("VenueUp") && after.contains("VenueUp"), "it is asked again: {shown}");
}

#[test]
fn market_data_alone_needs_no_key() {
    let mut settings = settings(Product::Spot);
    settings.user_stream = UserStream::Off;
    let mut machine = Machine::new(settings, None);
    let mut out = Vec::new();
    machine.handle(Input::Open, TimeNs(1), &mut out);
    let shown: Vec<String> = out.iter().map(|output| format!("{output:?}")).collect();
    assert!(!shown.iter().any(|line| line.contains("userDataStream")), "{shown:?}");
    assert!(!machine.capabilities().queries && machine.capabilities().market_data);
}

#[test]
fn products_of_the_family_differ_in_their_hosts_alone() {
    let aster = Settings::new(Product::UsdM, Hosts::aster(), (VenueId(1), AccountId(1)), SESSION);
    let binance = Settings::new(Product::UsdM, Hosts::binance_usdm(), (VenueId(1), AccountId(1)), SESSION);
    assert_eq!((aster.user_stream, aster.recv_window_ms), (binance.user_stream, binance.recv_window_ms));
    assert_ne!(aster.hosts, binance.hosts);
}

#[test]
fn trades_of_futures_have_a_connection_of_their_own() {
    let mut settings = settings(Product::UsdM);
    settings.hosts = Hosts::binance_usdm();
    settings.instruments[0].streams =
        vec![StreamKind::AggTrades, StreamKind::Depth, StreamKind::Mark, StreamKind::Touch];
    let mut machine = Machine::new(settings, None);
    let mut out = Vec::new();
    machine.handle(Input::Open, TimeNs(1), &mut out);
    let connects = out.iter().filter(|output| matches!(output, Output::Connect { .. }));
    let urls: Vec<String> = connects.map(|output| format!("{output:?}")).collect();
    expect![[r#"
        Connect { link: 1, url: wss://fstream.binance.com/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker }
        Connect { link: 2, url: wss://fstream.binance.com/market/stream?streams=btcusdt@aggTrade/btcusdt@markPrice@1s }"#]].assert_eq(&urls.join("\n"));
}

#[test]
fn the_same_inputs_give_the_same_outputs_and_another_seed_other_waits() {
    let waits = |seed| {
        let mut bench = Bench::up(Settings { seed, ..settings(Product::UsdM) });
        bench.play("user lost\nbooks lost");
        bench.wake_at()
    };
    assert_eq!(waits(1), waits(1));
    assert_ne!(waits(1), waits(2));
}

#[test]
fn nothing_shows_a_key_or_a_signature() {
    let mut bench = Bench::up(settings(Product::UsdM));
    bench.play("buy 5 @99.00");
    let shown = bench.shown_raw();
    for secret in ["signature", "secret", "a-key"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
