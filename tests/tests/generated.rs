//! Markets generated from a seed: the same proof without market data.

use std::path::PathBuf;

use expect_test::expect;
use ringfence_tests::oracle::{Moment, Outcome, ema_cross, money, sma_cross};
use ringfence_tests::work::{Work, line};
use ringfence_tests::{Run, binary};
use serde_json::Value;

const FIELDS: &[&str] = &["rows", "orders", "fills", "position", "fees", "final_equity"];
const DIGESTS: &[&str] = &["state_digest", "decision_digest", "fuel_digest"];

struct Tape {
    path: PathBuf,
    text: String,
    _folder: tempfile::TempDir,
}

fn tape(layout: &str, rows: u32) -> Tape {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("generated.csv");
    let rows = rows.to_string();
    let made = Run::dev(["data", "generate", "--layout", layout, "--seed", "1", "--rows", &rows, "--out"]);
    made.arg(&path).finish().expect_code(0);
    let text = std::fs::read_to_string(&path).expect("the tape reads");
    Tape { path, text, _folder: folder }
}

fn trades(fill: &str) -> (Tape, Value) {
    let tape = tape("trades", 50_000);
    let json = Work::new(binary::dev(), "w1_ema_cross.toml", &tape.path).set(&format!("simulation.fill={fill}")).json();
    (tape, json)
}

fn bars(fill: &str) -> (Tape, Value) {
    let tape = tape("bars", 20_000);
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
        let want = ema_cross(&tape.text, (50, 200), moment, 10_000_000);
        assert!(want.orders > 100, "the market makes it trade: {}", want.orders);
        assert_eq!(line(&json, &FIELDS[1..]), reckoned(&want), "trades, {fill}");
    }
    for (fill, moment) in [("same-event", Moment::Same), ("next-open", Moment::Next)] {
        let (tape, json) = bars(fill);
        let want = sma_cross(&tape.text, (50, 200), (10, 100_000), moment);
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
    expect![[""]].assert_eq(&shown(trades("same-event")));
    expect![[""]].assert_eq(&shown(bars("next-open")));
}
