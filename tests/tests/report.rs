//! Reports through the binary: does `--report` write down what happened, all of it, and the same each time?

use std::path::{Path, PathBuf};

use ringfence_tests::setup::machine_code;
use ringfence_tests::work::Work;
use ringfence_tests::{Finished, Run, Setup, Tape, binary};
use serde_json::Value;

/// Two strategies, one of which Risk denies whatever is above 50.
fn two() -> Setup {
    let component = binary::component("ringfence_ema_cross");
    let fast = "params = { fast = 5, slow = 20, qty = \"40\" }";
    let slow = "params = { fast = 10, slow = 50, qty = \"60\" }";
    let setup = Setup::default().strategy("fast", &component, fast).strategy("<slow, \"b\">", &component, slow);
    setup.risk("order_qty_max = \"90\"")
}

fn backtest(tape: &Tape, options: &[&str]) -> Finished {
    let run = Run::dev(["backtest", "--json", "--config", "host.toml"]).env("RINGFENCE_CACHE", machine_code());
    run.file("host.toml", two().text()).args(options).arg("--data").arg(&tape.path).finish()
}

fn reported(tape: &Tape) -> Finished {
    let finished = backtest(tape, &["--report", "report"]);
    finished.expect_code(0);
    finished
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn rows(text: &str) -> usize {
    text.lines().count() - 1
}

/// A decimal as units of 10^-12.
fn units(text: &str) -> i128 {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{rest:0<12}").parse().unwrap_or_else(|_| panic!("{text:?} is no amount"))
}

/// Every file but the one that says how long the run took.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).expect("a folder of the report") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.retain(|path| !path.ends_with("results.json"));
    found.sort();
    found
}

#[test]
fn every_order_fill_and_fee_stands_in_the_tables() {
    let finished = reported(&Tape::trades(20_000));
    let (json, folder) = (finished.json(), finished.path("report"));
    let fills = read(&folder, "fills.csv");
    let count = |name: &str| usize::try_from(json[name].as_u64().expect("a count")).expect("it is small");
    assert!(count("fills") > 100 && count("denied") > 10, "{json}");
    assert_eq!((rows(&fills), rows(&read(&folder, "orders.csv"))), (count("fills"), count("orders")));
    assert_eq!(rows(&read(&folder, "positions.csv")), count("fills"));
    // The name of the second strategy has a comma within quotes, so columns are counted from the end.
    let fee = |line: &str| units(line.rsplit(',').nth(7).expect("a full row"));
    let fees: i128 = fills.lines().skip(1).map(fee).sum();
    assert_eq!(fees, units(json["fees"].as_str().expect("an amount")));
    let account = read(&folder, "account.csv");
    let last = account.lines().last().and_then(|line| line.split(',').nth(1)).expect("a last row");
    assert_eq!(last, json["final_equity"]);
}

#[test]
fn the_page_names_what_its_figures_rest_on_and_loads_nothing() {
    let tape = Tape::trades(5_000);
    let options = ["--report", "report", "--risk-free", "0.02", "--periods-per-year", "1000"];
    let finished = backtest(&tape, &options);
    finished.expect_code(0);
    let page = read(&finished.path("report"), "report.html");
    for text in [
        "1000.00, as chosen",
        "2.00 % a year",
        "US:SPY bought with all equity",
        "D-ORDER-QTY-MAX",
        "same-event",
        "Fees, USD",
        "Deepest drawdowns",
    ] {
        assert!(page.contains(text), "{text} is not in the page");
    }
    assert!(page.contains("&lt;slow, &quot;b&quot;&gt;") && !page.contains("<slow"), "a name became markup");
    for forbidden in [" src=", " href=", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden} would load something");
    }
    let none = backtest(&tape, &["--report", "report", "--benchmark", "none"]);
    let statistics: Value = serde_json::from_str(&read(&none.path("report"), "statistics.json")).expect("JSON");
    assert_eq!((&statistics["basis"]["benchmark"], &statistics["figures"]["beta"]), (&Value::Null, &Value::Null));
}

#[test]
fn the_deepest_drawdowns_are_told_one_by_one() {
    let (tape, kept) = (Tape::of("bars", 3_000), tempfile::tempdir().expect("a folder"));
    let folder = kept.path().join("report");
    let work = Work::new(binary::dev(), "w3_sma_cross.toml", &tape.path).set("tapes.0.interval=1m");
    assert!(work.option("--report").option(&folder).json()["fills"].as_u64() > Some(10));
    let statistics: Value = serde_json::from_str(&read(&folder, "statistics.json")).expect("JSON");
    let falls = statistics["drawdowns"].as_array().expect("a list");
    assert_eq!(falls.len(), 5, "{falls:?}");
    assert_eq!(falls[0]["depth"], statistics["figures"]["max_drawdown"]);
    // Each is what the account says at its times.
    let account = read(&folder, "account.csv");
    let equity = |time: &Value| {
        let row = account.lines().skip(1).find(|line| line.split(',').next() == Some(&time.to_string()));
        row.and_then(|row| row.split(',').nth(1)).map(|equity| equity.parse::<f64>().expect("an amount"))
    };
    let mut checked = 0;
    for pair in falls.windows(2) {
        assert!(pair[0]["depth"].as_f64() <= pair[1]["depth"].as_f64(), "{falls:?}");
    }
    for fall in falls {
        let ns = |name: &str| fall[name].as_u64().expect("a time");
        assert!(ns("start_ns") < ns("trough_ns") && fall["end_ns"].as_u64().is_none_or(|end| end > ns("trough_ns")));
        let (Some(peak), Some(trough)) = (equity(&fall["start_ns"]), equity(&fall["trough_ns"])) else { continue };
        checked += 1;
        assert!((trough / peak - 1.0 - fall["depth"].as_f64().expect("a share")).abs() < 1e-12, "{fall}");
        let until = fall["end_ns"].as_u64();
        assert!(until.is_none_or(|end| equity(&fall["end_ns"]) >= Some(peak) && ns("start_ns") < end));
    }
    assert!(checked > 3, "the first may begin before the first sample, the others do not: {falls:?}");
}

#[test]
fn equal_inputs_give_equal_bytes() {
    let tape = Tape::trades(5_000);
    let (first, second) = (reported(&tape), reported(&tape));
    let (first, second) = (files(&first.path("report")), files(&second.path("report")));
    assert!(first.len() >= 15, "{first:?}");
    assert_eq!(first.len(), second.len());
    for (a, b) in first.iter().zip(&second) {
        assert_eq!(a.file_name(), b.file_name());
        assert!(std::fs::read(a).expect("a file") == std::fs::read(b).expect("a file"), "{a:?} differs");
    }
}

#[test]
fn a_report_changes_nothing_in_the_run() {
    let tape = Tape::trades(5_000);
    let (with, without) = (reported(&tape).json(), backtest(&tape, &[]).json());
    for key in ["state_digest", "decision_digest", "fuel_digest", "final_equity", "events"] {
        assert_eq!(with[key], without[key], "{key}");
    }
}

#[test]
fn a_run_without_a_row_or_a_trade_has_a_report_too() {
    for rows in ["0", "1"] {
        let finished = backtest(&Tape::trades(300), &["--report", "report", "--limit", rows]);
        finished.expect_code(0);
        let statistics: Value = serde_json::from_str(&read(&finished.path("report"), "statistics.json")).expect("JSON");
        assert_eq!(statistics["findings"][0]["key"], "no-trades");
        assert_eq!(statistics["figures"]["sharpe"], Value::Null);
    }
}

#[test]
fn choices_outside_their_ranges_are_told_before_the_run() {
    let tape = Tape::trades(300);
    for (option, value, said) in [
        ("--risk-free", "10", "risk-free rate 10, expected a yearly rate above -1 and below 10"),
        ("--risk-free", "-1", "risk-free rate -1, expected"),
        ("--periods-per-year", "0", "0 periods per year, expected a number above 0"),
        ("--benchmark", "US:NONE", "--benchmark US:NONE is no instrument of this configuration"),
    ] {
        let finished = backtest(&tape, &["--report", "report", option, value]);
        finished.expect_code(2);
        assert!(finished.stdout.contains(said), "{said:?}: {}", finished.stdout);
        assert!(!finished.path("report").exists(), "nothing is written");
    }
    let finished = backtest(&tape, &["--benchmark", "US:SPY"]);
    finished.expect_code(2);
}

#[test]
fn none_of_an_older_report_is_overwritten() {
    let tape = Tape::trades(300);
    for name in ["report.html", "statistics.json", "orders.csv", "fills.csv", "positions.csv", "account.csv", "charts"]
    {
        let run = Run::dev(["backtest", "--json", "--config", "host.toml", "--report", "taken"]);
        let run = run.env("RINGFENCE_CACHE", machine_code()).file("host.toml", two().text());
        let finished = run.file(&format!("taken/{name}"), "something").arg("--data").arg(&tape.path).finish();
        finished.expect_code(2);
        assert!(finished.stdout.contains(&format!("taken holds a {name} already")), "{}", finished.stdout);
        assert_eq!(read(&finished.path("taken"), name), "something");
    }
}

/// A tape whose last row is none.
fn torn() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("torn.csv");
    let mut bytes = Tape::trades(5_000).bytes();
    bytes.extend_from_slice(b"not a row\n");
    std::fs::write(&path, bytes).expect("a tape");
    (folder, path)
}

#[test]
fn a_run_that_does_not_end_leaves_no_file_that_looks_whole() {
    let (_kept, torn) = torn();
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report");
    let run = |tape: &Path| {
        let run = Run::dev(["backtest", "--config", "host.toml"]).env("RINGFENCE_CACHE", machine_code());
        run.file("host.toml", two().text()).arg("--report").arg(&report).arg("--data").arg(tape).finish()
    };
    let finished = run(&torn);
    finished.expect_code(4);
    assert!(finished.stderr.contains("the run did not end; orders.csv.part, fills.csv.part"), "{}", finished.stderr);
    let names: Vec<String> =
        files(&report).iter().map(|path| path.file_name().unwrap().to_string_lossy().into()).collect();
    assert_eq!(names, ["fills.csv.part", "orders.csv.part", "positions.csv.part"]);
    assert!(rows(&read(&report, "fills.csv.part")) > 10);
    // The next run takes the folder, and nothing of the first is in it.
    let whole = Tape::trades(300);
    run(&whole.path).expect_code(0);
    let names = files(&report);
    assert!(names.iter().all(|path| path.extension().is_none_or(|end| end != "part")), "{names:?}");
    assert_eq!(read(&report, "fills.csv"), read(&reported(&whole).path("report"), "fills.csv"));
}
