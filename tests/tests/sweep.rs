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
fn events_in_batches_change_no_trial_and_where_they_cannot_be_it_is_said() {
    let tape = Tape::of("bars", 3_000);
    let options = ["--set", MINUTES, "--grid", "fast=2..6:2"];
    let batches = [&options[..], &["--set", "execution.delivery=batch"]].concat();
    let finished = sweep(&tape.path, &batches).arg("--json").finish();
    finished.expect_code(0);
    assert_eq!(finished.stderr.matches("warning").count(), 0, "{}", finished.stderr);
    assert_eq!(finished.json_lines(), trials(&tape.path, &options));
    let batches = [&batches[..], &["--set", "strategies.sma.fuel_total=1000000000"]].concat();
    let finished = sweep(&tape.path, &batches).finish();
    finished.expect_code(0);
    let want = "warning: execution.delivery is \"batch\", and events come one by one all the same";
    assert_eq!(finished.stderr.matches(want).count(), 1, "{}", finished.stderr);
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
fn a_queue_model_that_the_tape_does_not_serve_is_refused_where_it_is_a_value_too() {
    let tape = Tape::of("bars", 500);
    let trials = trials(&tape.path, &["--set", MINUTES, "--list", "simulation.queue=trade-through,l3-fifo"]);
    assert!(trials[0]["final_equity"].is_string(), "{}", trials[0]);
    let why = trials[1]["refused"].as_str().expect("a reason");
    assert!(why.starts_with("simulation.queue: l3-fifo needs the orders of US:SPY"), "{why}");
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
fn that_nothing_ran_is_said_before_anything_is_shown() {
    let tape = Tape::of("bars", 10);
    let options = ["--set", MINUTES, "--list", "nope=1,2", "--list", "fast=2,3"];
    let one = sweep(&tape.path, &options).finish();
    one.expect_code(2);
    assert_eq!(one.stdout, "", "one reason for all is the error alone");
    let several = sweep(&tape.path, &["--set", MINUTES, "--list", "fast=0,600000"]).arg("--out").arg("out").finish();
    several.expect_code(1);
    assert_eq!(several.stderr, "every combination was refused:\n");
    assert!(several.stdout.contains("want a whole number from 1 to "), "{}", several.stdout);
    assert!(!several.stdout.contains("the brighter the better"), "there is nothing to draw: {}", several.stdout);
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
    assert!(said(&["--grid", "fast=1..2:1", "--random", "0"]).contains("a whole number from 1 to "));
    let unknown = said(&["--grid", "risk.nope=1..900:1", "--grid", "fast=1..9:1"]);
    assert_eq!(unknown.matches("risk.nope: unknown key").count(), 1, "{unknown}");
    let refused = said(&["--set", MINUTES, "--grid", "nope=1..9:1"]);
    assert_eq!(refused.matches("unknown parameter `nope`").count(), 1, "{refused}");
    assert!(said(&["--list", "strategies.nobody.params.fast=1,2"]).contains("1 problem;"));
    assert!(said(&["--list", "session.run=a,b"]).contains("a sweep changes values of"));
    assert!(said(&["--grid", "fast=1..2000:1", "--grid", "slow=1..2000:1"]).contains("--random"));
}

/// A report's figure by its name in a sweep.
const FIGURES: [&str; 16] = [
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "omega",
    "max_drawdown",
    "drawdown",
    "trades",
    "hit_rate",
    "profit_factor",
    "expectancy",
    "skew",
    "kurtosis",
    "probabilistic_sharpe",
];

/// A number, or an amount as text.
fn number(value: &Value) -> Option<f64> {
    value.as_str().map(|text| text.parse().expect("an amount")).or(value.as_f64())
}

fn is_near(a: &Value, b: &Value) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[test]
fn statistics_of_a_combination_are_those_of_the_report_of_its_backtest() {
    let tape = Tape::of("bars", 3_000);
    let options = ["--set", MINUTES, "--grid", "fast=3..5:2", "--grid", "slow=9..30:21", "--risk-free", "0.02"];
    let all = trials(&tape.path, &[&options[..], &["--rank", "sharpe"]].concat());
    assert_eq!(all.len(), 4);
    for trial in &all {
        let folder = tempfile::tempdir().expect("a folder");
        let report = folder.path().join("report");
        let mut work = Work::new(binary::dev(), "w3_sma_cross.toml", &tape.path).set(MINUTES);
        for name in ["fast", "slow"] {
            let value = trial["values"][name].as_str().expect("a value");
            work = work.set(&format!("strategies.sma.params.{name}={value}"));
        }
        work = work.option("--risk-free").option("0.02").option("--report").option(&report);
        assert_eq!(work.json()["final_equity"], trial["final_equity"]);
        let statistics = std::fs::read(report.join("statistics.json")).expect("statistics");
        let statistics: Value = serde_json::from_slice(&statistics).expect("JSON");
        assert_eq!(statistics["basis"]["periods"], trial["periods"]);
        for name in FIGURES {
            let theirs = &statistics["figures"][name];
            assert!(is_near(&trial[name], theirs), "{name}: {} and {theirs} of {}", trial[name], trial["values"]);
        }
    }
    // What is the same for all would be equal to anything that is.
    for name in FIGURES {
        assert!(all.iter().any(|trial| trial[name] != all[0][name]), "{name}: {} for all", all[0][name]);
    }
}

#[test]
fn every_statistic_ranks_its_best_first_and_equal_ones_in_order() {
    let tape = Tape::of("bars", 1_000);
    let options = ["--set", MINUTES, "--grid", "fast=2..6:2", "--list", "slow=3,20,900", "--rank"];
    let is_least_first = |rank: &str| ["volatility", "drawdown", "fees"].contains(&rank);
    for rank in [
        "final-equity",
        "net-profit",
        "realized-pnl",
        "cagr",
        "sharpe",
        "sortino",
        "calmar",
        "omega",
        "max-drawdown",
        "drawdown",
        "profit-factor",
        "trades",
        "hit-rate",
        "volatility",
        "fees",
        "expectancy",
    ] {
        let all = trials(&tape.path, &[&options[..], &[rank]].concat());
        assert_eq!(all.len(), 9);
        let name = rank.replace('-', "_");
        let figure = |trial: &Value| number(&trial[&name]);
        let order = |trial: &Value| {
            let number =
                |name: &str| trial["values"][name].as_str().expect("a value").parse::<u64>().expect("a number");
            (number("fast"), number("slow"))
        };
        let class = |trial: &Value| match (trial.get("refused"), figure(trial)) {
            (Some(_), _) => 2,
            (None, None) => 1,
            (None, Some(_)) => 0,
        };
        for pair in all.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            assert!(class(a) <= class(b), "{rank}: {a} before {b}");
            if class(a) != class(b) {
                continue;
            }
            match (figure(a), figure(b)) {
                (Some(x), Some(y)) if x != y => assert_eq!(x < y, is_least_first(rank), "{rank}: {x} before {y}"),
                _ => assert!(order(a) < order(b), "{rank}: {} before {}", a["values"], b["values"]),
            }
        }
        assert!(all.iter().any(|trial| class(trial) == 2), "slow=3 has no room for fast=4");
        assert!(
            all.iter().any(|trial| figure(trial).is_some() && figure(trial) != figure(&all[0])),
            "{rank}: all equal"
        );
    }
}

#[test]
fn what_luck_alone_would_have_given_is_told_in_every_form() {
    let tape = Tape::of("bars", 2_000);
    let folder = tempfile::tempdir().expect("a folder");
    let options = ["--set", MINUTES, "--grid", "fast=2..8:2", "--grid", "slow=10..40:10", "--rank", "sharpe", "--out"];
    let finished = sweep(&tape.path, &options).arg(folder.path()).finish();
    finished.expect_code(0);
    let said = finished.transcript();
    assert!(said.contains("without any skill the best of 16 tries would have"), "{said}");
    assert!(said.contains("deflated Sharpe ratio"), "{said}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    let summary: Value = serde_json::from_str(&read("summary.json")).expect("JSON");
    let best = &summary["best"];
    assert_eq!((&summary["tries"], &best["tries"]), (&16.into(), &16.into()));
    let share = |name: &str| best[name].as_f64().expect("a share");
    assert!(share("deflated_sharpe") < share("probabilistic_sharpe"), "{best}");
    let table = read("results.csv");
    assert!(
        table.lines().next().expect("a head").ends_with(",probabilistic_sharpe,deflated_sharpe,halted,refused"),
        "{table}"
    );
    // One try alone has nothing to take off.
    let one = trials(&tape.path, &["--set", MINUTES, "--list", "fast=5"]);
    assert_eq!(one[0]["deflated_sharpe"], one[0]["probabilistic_sharpe"]);
    let said = sweep(&tape.path, &["--set", MINUTES, "--list", "fast=5"]).finish().transcript();
    assert!(said.contains("the only try has a Sharpe ratio of") && !said.contains("1 tries"), "{said}");
}

/// Bars of a day: their time is a day behind their stamp.
const DAY_NS: u64 = 86_400_000_000_000;

/// Rows of a tape as a tape of their own.
fn slice(lines: &[&str], rows: std::ops::Range<usize>, folder: &Path) -> std::path::PathBuf {
    let path = folder.join(format!("{}-{}.csv", rows.start, rows.end));
    let text: String =
        std::iter::once(lines[0]).chain(lines[1..][rows].iter().copied()).flat_map(|line| [line, "\n"]).collect();
    std::fs::write(&path, text).expect("a tape");
    path
}

fn amount(value: &Value) -> Decimal {
    value.as_str().expect("an amount").parse().expect("a decimal")
}

#[test]
fn each_window_of_a_walk_is_a_plain_backtest_over_its_rows() {
    let daily = match data::wanted("w3_spy_daily_1998-2021.csv") {
        Ok(daily) => daily,
        Err(reason) => skip!("{reason}"),
    };
    let text = std::fs::read_to_string(&daily).expect("the tape");
    let lines: Vec<&str> = text.lines().collect();
    let folder = tempfile::tempdir().expect("a folder");
    let (fasts, slows) = (["5", "20"], ["60", "120"]);
    let options = ["--list", "fast=5,20", "--list", "slow=60,120", "--walk-forward", "2000:1500", "--json"];
    let walked = sweep(&daily, &options).finish();
    walked.expect_code(0);
    let walked = walked.json();
    let backtest = |tape: &Path, fast: &str, slow: &str| {
        Work::new(binary::dev(), "w3_sma_cross.toml", tape)
            .set(&format!("strategies.sma.params.fast={fast}"))
            .set(&format!("strategies.sma.params.slow={slow}"))
    };
    let cash = Decimal::from(100_000);
    let mut sum = cash;
    let windows = [(0..2000, 2000..3500), (1500..3500, 3500..5000), (3000..5000, 5000..5849)];
    assert_eq!(walked["splits"].as_array().expect("splits").len(), windows.len());
    for ((train, test), split) in windows.into_iter().zip(walked["splits"].as_array().expect("splits")) {
        // In training: every combination over the rows of the window; the first of the best is chosen.
        let tape = slice(&lines, train.clone(), folder.path());
        let mut best: Option<(Decimal, &str, &str)> = None;
        for (fast, slow) in fasts.iter().flat_map(|fast| slows.iter().map(move |slow| (*fast, *slow))) {
            let equity = amount(&backtest(&tape, fast, slow).json()["final_equity"]);
            best = best.filter(|(most, ..)| *most >= equity).or(Some((equity, fast, slow)));
        }
        let (equity, fast, slow) = best.expect("four combinations");
        assert_eq!(amount(&split["in_sample"]["final_equity"]), equity);
        assert_eq!((&split["values"]["fast"], &split["values"]["slow"]), (&fast.into(), &slow.into()));
        // In the test: that one over the rows of both, while trading is disabled for the first.
        let tape = slice(&lines, train.start..test.end, folder.path());
        let time = |row: usize| lines[1 + row].split(',').next().expect("a stamp").parse::<u64>().expect("ns") + DAY_NS;
        let script = folder.path().join("warm.toml");
        let event = |at: u64, kind: &str| format!("[[events]]\nat = {at}\nkind = \"{kind}\"\n");
        let events = event(time(train.start), "trading-disabled") + &event(time(test.start), "trading-enabled");
        std::fs::write(&script, events).expect("a script");
        let alone = backtest(&tape, fast, slow).option("--events").option(&script).json();
        for name in ["final_equity", "realized_pnl", "fees", "orders", "fills", "denied", "decision_digest"] {
            assert_eq!(split["out_of_sample"][name], alone[name], "{name} of the window from row {}", test.start);
        }
        assert_eq!(split["warm_up_rows"], train.len());
        sum += amount(&alone["final_equity"]) - cash;
    }
    assert_eq!(amount(&walked["out_of_sample"]["final_equity"]), sum);
}

#[test]
fn a_walk_is_the_same_on_any_number_of_threads_and_writes_what_it_found() {
    let tape = Tape::of("bars", 4_000);
    let options = ["--set", MINUTES, "--grid", "fast=2..6:2", "--grid", "slow=10..30:10", "--rank", "sharpe"];
    let windows = ["--walk-forward", "1000bars:12h", "--anchored", "--warm-up", "40"];
    let walk = |threads: &str, folder: Option<&Path>| {
        let run = sweep(&tape.path, &[&options[..], &windows, &["--threads", threads, "--json"]].concat());
        let run = folder.into_iter().fold(run, |run, folder| run.arg("--out").arg(folder));
        let finished = run.finish();
        finished.expect_code(0);
        finished.json()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let one = walk("1", Some(folder.path()));
    assert_eq!(one, walk("3", None));
    let splits = one["splits"].as_array().expect("splits");
    assert!(splits.len() >= 3, "{one}");
    let number = |value: &Value| value.as_u64().expect("a count");
    for pair in splits.windows(2) {
        assert_eq!(number(&pair[1]["train"]["first_row"]), 0, "an anchored window begins with the first row");
        let behind = number(&pair[0]["test"]["first_row"]) + number(&pair[0]["test"]["rows"]);
        assert_eq!(number(&pair[1]["test"]["first_row"]), behind, "test windows follow each other");
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    assert_eq!(read("splits.csv").lines().count(), splits.len() + 1);
    let equity = read("equity.csv");
    let last = equity.lines().last().and_then(|line| line.rsplit(',').next()).expect("a last row").to_owned();
    assert_eq!(one["out_of_sample"]["final_equity"], last);
    assert!(read("equity.svg").contains("Equity out of sample, USD"));
    let written: Value = serde_json::from_str(&read("walk_forward.json")).expect("JSON");
    assert_eq!(written, one);
}

#[test]
fn windows_that_make_no_walk_are_told() {
    let tape = Tape::of("bars", 100);
    let said = |windows: &str| {
        let finished = sweep(&tape.path, &["--set", MINUTES, "--list", "fast=2,3", "--walk-forward", windows]).finish();
        finished.expect_code(2);
        finished.transcript()
    };
    assert!(said("100:1").contains("choose a shorter TRAIN"));
    assert!(said("50:20:10").contains("STEP is shorter than TEST"));
    assert!(said("50").contains("expected TRAIN:TEST or TRAIN:TEST:STEP"));
}
