//! Markets generated from a seed: the same proof without market data.

use expect_test::expect;
use ringfence_tests::oracle::{Moment, Outcome, ema_cross, money, sma_cross};
use ringfence_tests::work::{Work, line};
use ringfence_tests::{Tape, binary};
use serde_json::Value;

const FIELDS: &[&str] = &["rows", "orders", "fills", "position", "fees", "final_equity"];
const DIGESTS: &[&str] = &["state_digest", "decision_digest", "fuel_digest"];

fn text(tape: &Tape) -> String {
    String::from_utf8(tape.bytes()).expect("a tape is text")
}

fn trades(fill: &str) -> (Tape, Value) {
    let tape = Tape::seeded(1, "trades", 50_000);
    let json = Work::new(binary::dev(), "w1_ema_cross.toml", &tape.path).set(&format!("simulation.fill={fill}")).json();
    (tape, json)
}

fn bars(fill: &str) -> (Tape, Value) {
    let tape = Tape::seeded(1, "bars", 20_000);
    let work = Work::new(binary::dev(), "w3_sma_cross_btcusd.toml", &tape.path);
    let json = work.set(&format!("simulation.fill={fill}")).json();
    (tape, json)
}

/// The independent reckoning in the form of [`FIELDS`], without rows.
fn reckoned(outcome: &Outcome) -> String {
    let Outcome { orders, fills, position, fees, equity } = outcome;
    format!("{orders} {fills} {position} {} {}", money(*fees), money(*equity))
}

#[test]
fn an_independent_calculation_gives_the_same_results() {
    for (fill, moment) in [("same-event", Moment::Same), ("next-event", Moment::Next)] {
        let (tape, json) = trades(fill);
        let want = ema_cross(&text(&tape), (50, 200), moment, 10_000_000);
        assert!(want.orders > 100, "the market makes it trade: {}", want.orders);
        assert_eq!(line(&json, &FIELDS[1..]), reckoned(&want), "trades, {fill}");
    }
    for (fill, moment) in [("same-event", Moment::Same), ("next-open", Moment::Next)] {
        let (tape, json) = bars(fill);
        let want = sma_cross(&text(&tape), (50, 200), (10, 100_000), moment);
        assert!(want.orders > 20, "the market makes it trade: {}", want.orders);
        assert_eq!(line(&json, &FIELDS[1..]), reckoned(&want), "bars, {fill}");
    }
}

#[test]
fn runs_on_generated_tapes_give_the_committed_digests() {
    let shown = |(_, json): (Tape, Value)| {
        let digests = DIGESTS.iter().map(|name| format!("{name} {}\n", line(&json, &[name]))).collect::<String>();
        format!("{}\n{digests}", line(&json, FIELDS))
    };
    expect![[r#"
        50000 380 380 100 1291.6279 9998228.3721
        state_digest c9a235d93c58390c4d5a15f85004eb23f9058f8d5f7aef3545f41816faeadd09
        decision_digest dbb6e188adbf8a50dd2dbc7dbf8b0973409d6a7728fb58afca9b1877f47c9d00
        fuel_digest d46a882861aa2a7939c8f8c770d4ec1439da0506b33954e476f920d66c61a772
    "#]]
    .assert_eq(&shown(trades("same-event")));
    expect![[r#"
        20000 190 190 0 33.94738 99075.45262
        state_digest ecb6e20145a8a776b5b515988f63ab3323cabe00de74c4803fca0c8d1b7c8f09
        decision_digest bac442020c6c5abace797853e39b99ea5c5ad2cf57c16552d7066f7ff9b1a95e
        fuel_digest 3e0ed0cf4918650679095cb9f84a7079e5b7e8eef38a59ba95b76c9ec5937b3c
    "#]]
    .assert_eq(&shown(bars("next-open")));
}
