//! Sweeps through the binary: what every combination comes to, whatever the number of threads.

use std::path::Path;

use ringfence_core::money::Decimal;
use ringfence_tests::work::Work;
use ringfence_tests::{Run, Tape, binary, data, skip, workspace};
use serde_json::Value;

/// A sweep of the daily bars' strategy.
fn sweep(tape: &Path, options: &[&str]) -> Run {
    let config = workspace::root().join("config/w3_sma_cross.toml");
    Run::dev(["sweep", "--config"]).arg(config).arg("--data").arg(tape).args(options)
}

fn trials(tape: &Path, options: &[&str]) -> Vec<Value> {
    let finished = sweep(tape, options).arg("--json").finish();
    finished.expect_code(0);
    finished.json_lines()
}

/// Generated bars are of a minute.
const MINUTES: &str = "tapes.0.interval=1m";

const HUNDRED: [&str; 4] = ["--grid", "fast=5..50:5", "--grid", "slow=60..240:20"];

/// Orders of all, the best equity, the sum of them.
fn summary(trials: &[Value]) -> String {
    let equity = |trial: &Value| trial["final_equity"].as_str().expect("text").parse::<Decimal>().expect("a decimal");
    let orders: u64 = trials.iter().map(|trial| trial["orders"].as_u64().expect("a count")).sum();
    let (best, sum) = (equity(&trials[0]), trials.iter().map(equity).sum::<Decimal>());
    format!("{} {orders} {} {}", trials.len(), best.normalize(), sum.normalize())
}

#[test]
fn a_hundred_combinations_on_daily_bars_give_the_known_sum_and_the_known_best() {
    let daily = match data::wanted("w3_spy_daily_1998-2021.csv") {
        Ok(daily) => daily,
        Err(reason) => skip!("{reason}"),
    };
    assert_eq!(summary(&trials(&daily, &HUNDRED)), "100 5824 127157.7725 11964839.6263");
    let next_open = [&HUNDRED[..], &["--set", "simulation.fill=next-open"]].concat();
    assert_eq!(summary(&trials(&daily, &next_open)), "100 5824 127374.3084 11968630.3926");
}

#[test]
fn a_combination_is_what_a_backtest_with_its_values_is_and_threads_change_nothing() {
    let tape = Tape::of("bars", 3_000);
    let options = ["--set", MINUTES, "--grid", "fast=2..6:2", "--list", "simulation.fill=same-event,next-open"];
    let one = trials(&tape.path, &[&options[..], &["--threads", "1"]].concat());
    let three = trials(&tape.path, &[&options[..], &["--threads", "3"]].concat());
    assert_eq!(one, three);
    assert_eq!(one.len(), 6);
    for trial in &one {
        let value = |name: &str| trial["values"][name].as_str().expect("a value").to_owned();
        let alone = Work::new(binary::dev(), "w3_sma_cross.toml", &tape.path)
            .set(MINUTES)
            .set(&format!("strategies.sma.params.fast={}", value("fast")))
            .set(&format!("simulation.fill={}", value("simulation.fill")))
            .json();
        for name in ["final_equity", "realized_pnl", "fees", "orders", "fills", "decision_digest"] {
            assert_eq!(trial[name], alone[name], "{name} of {trial}");
        }
    }
}

#[test]
fn what_a_strategy_refuses_is_told_and_the_others_run() {
    let tape = Tape::of("bars", 500);
    let trials =
        trials(&tape.path, &["--set", MINUTES, "--list", "fast=10,40", "--set", "strategies.sma.params.slow=30"]);
    assert!(trials[0]["final_equity"].is_string(), "{}", trials[0]);
    let why = trials[1]["refused"].as_str().expect("a reason");
    assert!(why.contains("fast"), "{why}");
}

#[test]
fn files_hold_every_combination_and_a_picture() {
    let tape = Tape::of("bars", 500);
    let folder = tempfile::tempdir().expect("a folder");
    let options = ["--set", MINUTES, "--grid", "fast=2..4:1", "--grid", "slow=10..40:10", "--out"];
    let finished = sweep(&tape.path, &options).arg(folder.path()).finish();
    finished.expect_code(0);
    let table = std::fs::read_to_string(folder.path().join("results.csv")).expect("a table");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 13, "{table}");
    assert!(lines[0].starts_with("fast,slow,final_equity,") && lines[1].starts_with("2,10,"), "{table}");
    let picture = std::fs::read_to_string(folder.path().join("heatmap.svg")).expect("a picture");
    assert_eq!(picture.matches("<title>").count(), 12);
    assert!(finished.transcript().contains("12 tried, 0 refused"), "{}", finished.transcript());
    // Nothing is written over.
    sweep(&tape.path, &options).arg(folder.path()).finish().expect_code(2);
}

#[test]
fn some_of_many_are_drawn_by_a_seed() {
    let tape = Tape::of("bars", 300);
    let options = ["--set", MINUTES, "--grid", "fast=1..50:1", "--grid", "slow=60..500:1", "--random", "7", "--seed"];
    let drawn = |seed: &str| {
        let mut all = trials(&tape.path, &[&options[..], &[seed]].concat());
        all.sort_by_key(|trial| trial["values"].to_string());
        all.iter().map(|trial| trial["values"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(drawn("1").len(), 7);
    assert_eq!(drawn("1"), drawn("1"));
    assert_ne!(drawn("1"), drawn("2"));
}

#[test]
fn an_axis_that_leads_nowhere_is_an_error_of_usage() {
    let tape = Tape::of("bars", 10);
    let said = |options: &[&str]| {
        let finished = sweep(&tape.path, options).finish();
        finished.expect_code(2);
        finished.transcript()
    };
    assert!(said(&[]).contains("give --grid or --list"));
    assert!(said(&["--grid", "fast=1..2"]).contains("expected FROM..TO:STEP"));
    assert!(said(&["--list", "session.run=a,b"]).contains("a sweep changes values of"));
    assert!(said(&["--grid", "fast=1..2000:1", "--grid", "slow=1..2000:1"]).contains("--random"));
}
