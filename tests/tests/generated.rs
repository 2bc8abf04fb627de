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
        state_digest b0e323672851cab8366ebd56cc5fbcd20c10b6d45419b47d41e1589badd4215c
        decision_digest dbb6e188adbf8a50dd2dbc7dbf8b0973409d6a7728fb58afca9b1877f47c9d00
        fuel_digest a8ad4524954769949f8a6e04a097d67633d061df127e84cc27ed0f674b2389f2
    "#]]
    .assert_eq(&shown(trades("same-event")));
    expect![[r#"
        20000 190 190 0 33.94738 99075.45262
        state_digest 51dcc6d00b5f6f19c93d0e2ecf679ee71567525ea34ced13d9b957b1e6ccdf37
        decision_digest bac442020c6c5abace797853e39b99ea5c5ad2cf57c16552d7066f7ff9b1a95e
        fuel_digest 43022f0bf23d376fea16882a6c87993fd7ce07cc9faa1dd70ebcb32bbb47f363
    "#]]
    .assert_eq(&shown(bars("next-open")));
}
