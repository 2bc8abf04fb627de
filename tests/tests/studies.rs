//! Studies that did not go as they should: what do a sweep and a report say where a strategy was halted, somebody interrupted, or an
//! instrument was split?

use std::path::Path;

use ringfence_tests::setup::machine_code;
use ringfence_tests::work::Work;
use ringfence_tests::{Run, Setup, Tape, binary, workspace};
use serde_json::Value;

/// Generated bars are of a minute.
const MINUTES: &str = "tapes.0.interval=1m";

/// Fuel that is used up within the first bars, and fuel that is not.
const FUELS: &str = "strategies.sma.fuel_total=60000,1000000000";

fn sweep(tape: &Path, options: &[&str]) -> Run {
    let config = workspace::root().join("config/w3_sma_cross.toml");
    Run::dev(["sweep", "--set", MINUTES, "--config"]).arg(config).arg("--data").arg(tape).args(options)
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn a_halted_combination_is_marked_counted_and_ranked_behind_the_rest() {
    let (tape, kept) = (Tape::of("bars", 1_000), tempfile::tempdir().expect("a folder"));
    let options = ["--list", FUELS, "--list", "fast=3,4", "--rank", "fees"];
    let finished = sweep(&tape.path, &options).arg("--out").arg(kept.path()).finish();
    finished.expect_code(3);
    let said = finished.transcript();
    assert!(said.contains("4 tried, 0 refused, 2 halted, "), "{said}");
    // A strategy that is halted at once pays least fees, and is last all the same.
    let rows: Vec<&str> = said.lines().filter(|line| line.contains("1000000000") || line.contains(" 60000 ")).collect();
    let halted: Vec<bool> = rows.iter().take(4).map(|row| row.trim_end().ends_with("H-FUEL-TOTAL")).collect();
    assert_eq!(halted, [false, false, true, true], "{said}");
    assert!(said.lines().any(|line| line.contains("fast") && line.trim_end().ends_with("halted")), "{said}");
    let table = read(kept.path(), "results.csv");
    assert!(table.lines().next().expect("a head").ends_with(",halted,refused"), "{table}");
    assert_eq!(table.matches(",H-FUEL-TOTAL,\n").count(), 2, "{table}");
    let summary: Value = serde_json::from_str(&read(kept.path(), "summary.json")).expect("JSON");
    assert_eq!((&summary["halted"], &summary["best"]["halted"]), (&2.into(), &Value::Null));
    assert_eq!(read(kept.path(), "heatmap.svg").matches("refused, halted or not defined").count(), 2);
    let lines = sweep(&tape.path, &options).arg("--json").finish().json_lines();
    let codes: Vec<&Value> = lines.iter().map(|line| &line["halted"]).collect();
    assert_eq!(codes, [&Value::Null, &Value::Null, &"H-FUEL-TOTAL".into(), &"H-FUEL-TOTAL".into()]);
    // Where all are halted, the first is no best.
    let all = ["--list", "fast=3,4", "--set", "strategies.sma.fuel_total=60000"];
    let said = sweep(&tape.path, &all).finish().transcript();
    assert!(said.contains("in each that ran a strategy was halted, in the first by H-FUEL-TOTAL"), "{said}");
}

#[test]
fn a_walk_says_which_of_its_choices_were_halted() {
    let (tape, kept) = (Tape::of("bars", 1_000), tempfile::tempdir().expect("a folder"));
    let options = ["--list", "fast=3,4", "--walk-forward", "300bars:5h", "--set", "strategies.sma.fuel_total=60000"];
    let finished = sweep(&tape.path, &options).arg("--out").arg(kept.path()).finish();
    finished.expect_code(3);
    let said = finished.transcript();
    assert!(said.contains("a strategy was halted in 3 of 3 windows"), "{said}");
    assert_eq!(said.matches("H-FUEL-TOTAL in the test").count(), 3, "{said}");
    // Windows of hours are told by the minute.
    let times =
        said.lines().filter(|line| line.contains("in the test")).filter_map(|line| line.split_whitespace().nth(1));
    assert!(times.clone().count() == 3 && times.clone().all(|time| time.len() == 5 && time.contains(':')), "{said}");
    let table = read(kept.path(), "splits.csv");
    assert!(
        table.lines().next().expect("a head").ends_with(",in_sample_halted,out_of_sample_halted,refused"),
        "{table}"
    );
    assert_eq!(table.matches(",H-FUEL-TOTAL,H-FUEL-TOTAL,\n").count(), 3, "{table}");
    let walk: Value = serde_json::from_str(&read(kept.path(), "walk_forward.json")).expect("JSON");
    assert_eq!(walk["halted"], 3);
    assert_eq!(walk["splits"][0]["out_of_sample"]["halted"], "H-FUEL-TOTAL");
    // A combination that was not halted is chosen before any that was.
    let options = ["--list", FUELS, "--walk-forward", "300bars:5h", "--rank", "fees", "--json"];
    let walk = sweep(&tape.path, &options).finish().json();
    assert_eq!(walk["halted"], 0, "{walk}");
}

/// A sweep of many short runs on one thread, interrupted as they begin: its warning comes right before them.
fn interrupted(tape: &Path, folder: &Path) -> ringfence_tests::Finished {
    let set = ["--set", "execution.delivery=batch", "--set", "strategies.sma.fuel_total=1000000000000"];
    let axes = ["--grid", "fast=1..1000:1", "--grid", "slow=2000..2009:1", "--threads", "1", "--out"];
    let mut running = sweep(tape, &[&set[..], &axes].concat()).arg(folder).start();
    running.wait_for("warning: execution.delivery");
    running.interrupt()
}

#[test]
fn a_sweep_that_is_interrupted_keeps_what_was_done() {
    let tape = Tape::of("bars", 1_000);
    let kept = tempfile::tempdir().expect("a folder");
    let mut all = Vec::new();
    // Now and then the interrupt comes before the first is done.
    while all.iter().all(|done| *done == 0) {
        assert!(all.len() < 50, "nothing was ever done");
        let finished = interrupted(&tape.path, kept.path());
        finished.expect_code(130);
        let told = finished.stderr.split_once("interrupted after ").map(|(_, rest)| rest);
        let told = told.unwrap_or_else(|| panic!("{}", finished.transcript()));
        let done: usize = told.split(' ').next().and_then(|word| word.parse().ok()).expect("a count");
        assert!(told.contains(&format!("{done} of 10000 combinations")) && done < 10_000, "{told}");
        let entries = std::fs::read_dir(kept.path()).expect("a folder");
        let names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
        assert_eq!(names, ["results.csv.part"]);
        assert_eq!(read(kept.path(), "results.csv.part").lines().count(), done + 1);
        let said = format!("results.csv.part holds the {done} combinations");
        assert!(finished.stderr.contains(&said), "{}", finished.stderr);
        all.push(done);
    }
    // The next one into the folder begins anew.
    sweep(&Tape::of("bars", 300).path, &["--list", "fast=2,3", "--out"]).arg(kept.path()).finish().expect_code(0);
    assert!(!kept.path().join("results.csv.part").exists() && kept.path().join("results.csv").exists());
}

#[test]
fn the_map_of_fees_is_brightest_where_they_are_least() {
    let (tape, kept) = (Tape::of("bars", 1_000), tempfile::tempdir().expect("a folder"));
    let options = ["--list", "fast=3,8", "--list", "slow=20,60", "--rank", "fees", "--out"];
    let finished = sweep(&tape.path, &options).arg(kept.path()).finish();
    finished.expect_code(0);
    assert!(
        finished.transcript().contains("fees: the brighter the better, the least is best"),
        "{}",
        finished.transcript()
    );
    let table = read(kept.path(), "results.csv");
    let head: Vec<&str> = table.lines().next().expect("a head").split(',').collect();
    let fees = head.iter().position(|name| *name == "fees").expect("a column");
    let paid = |line: &str| line.split(',').nth(fees).and_then(|fees| fees.parse::<f64>().ok()).expect("an amount");
    let least = table.lines().skip(1).min_by(|a, b| paid(a).total_cmp(&paid(b))).expect("four rows");
    let [fast, slow] = [0, 1].map(|at| least.split(',').nth(at).expect("a value"));
    let picture = read(kept.path(), "heatmap.svg");
    let cell = picture.lines().find(|line| line.contains(&format!("fast {fast}, slow {slow}: "))).expect("its cell");
    assert!(cell.contains("fill=\"#fde725\""), "{cell}");
    assert!(picture.contains("id=\"best\""));
}

#[test]
fn a_wrong_parameter_of_every_combination_is_an_error_of_usage() {
    let tape = Tape::of("bars", 300);
    for more in [&[][..], &["--walk-forward", "100:50"]] {
        let refused = sweep(&tape.path, &[&["--grid", "nope=1..9:1"], more].concat()).finish();
        refused.expect_code(2);
        let said = refused.transcript();
        assert_eq!(said.matches("every combination was refused: ").count(), 1, "{said}");
        assert_eq!(said.matches("unknown parameter `nope`").count(), 1, "{said}");
    }
}

#[test]
fn a_report_says_that_its_strategy_was_halted() {
    let (tape, kept) = (Tape::of("bars", 1_000), tempfile::tempdir().expect("a folder"));
    let report = kept.path().join("report");
    let work = Work::new(binary::dev(), "w3_sma_cross.toml", &tape.path).set(MINUTES);
    let work = work.set("strategies.sma.fuel_total=60000").option("--report").option(&report);
    work.finish().expect_code(3);
    let statistics: Value = serde_json::from_str(&read(&report, "statistics.json")).expect("JSON");
    let first = &statistics["findings"][0];
    assert_eq!(first["key"], "halted");
    let text = first["text"].as_str().expect("a text");
    assert!(text.starts_with("sma: H-FUEL-TOTAL after ") && text.contains(" of 1,000)"), "{text}");
    assert!(read(&report, "report.html").contains("The strategy was halted"), "it stands in the page");
}

/// Forty days with a trade at each noon: 100, and 25 from the split on.
fn split_tape() -> Tape {
    let noon = |day: u64| (day * 86_400 + 43_200) * 1_000_000_000;
    let row = |day: u64| format!("{},{},1\n", noon(day), if day < 20 { "100.00" } else { "25.00" });
    Tape::written(&std::iter::once("ts_ns,price,qty\n".to_owned()).chain((0..40).map(row)).collect::<String>())
}

#[test]
fn a_benchmark_follows_a_split_and_keeps_a_dividend() {
    let midnight = |day: u64| day * 86_400 * 1_000_000_000;
    let action = |day: u64, what: &str| {
        let kind = "kind = \"corporate-action\"\ninstrument = \"US:SPY\"";
        format!("[[events]]\nat = {}\n{kind}\n{what}\n\n", midnight(day))
    };
    let split = action(20, "action = \"split\"\nnumerator = 4\ndenominator = 1");
    let dividend = action(30, "action = \"dividend\"\ncash = \"0.50\"");
    let component = binary::component("ringfence_ema_cross");
    let setup = Setup::default().strategy("ema", &component, "params = { fast = 5, slow = 200, qty = \"1\" }");
    let run =
        Run::dev(["backtest", "--json", "--config", "host.toml", "--events", "events.toml", "--report", "report"]);
    let run = run.env("RINGFENCE_CACHE", machine_code()).file("host.toml", setup.text());
    let finished = run.file("events.toml", split + &dividend).arg("--data").arg(&split_tape().path).finish();
    finished.expect_code(0);
    let statistics: Value = serde_json::from_str(&read(&finished.path("report"), "statistics.json")).expect("JSON");
    let held = statistics["figures"]["benchmark_return"].as_f64().expect("a share");
    // Four of 25 for one of 100, and 0.50 for each of the four.
    assert!((held - 0.02).abs() < 1e-12, "{held}");
}
