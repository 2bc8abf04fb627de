//! Parquet through the binary as it is built by default: is every table of columns the table of text beside it?

use std::path::Path;
use std::process::Command;

use ringfence_tests::work::Work;
use ringfence_tests::{Run, Tape, binary, oracles, skip, workspace};

/// Generated bars are of a minute.
const MINUTES: &str = "tapes.0.interval=1m";

/// What pyarrow says of both files: types of the columns, and how much was equal.
fn equal(python: &Path, (text, columns): (&Path, &Path)) -> (String, usize) {
    let script = workspace::root().join("tests/oracles/tables.py");
    let output = Command::new(python).arg(script).arg("equal").args([text, columns]).output().expect("python starts");
    assert!(output.status.success(), "{}: {}", columns.display(), String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("text");
    let (types, counts) = said.trim_end().split_once('\n').expect("two lines");
    let rows = counts.split_once(" rows").and_then(|(rows, _)| rows.parse().ok());
    (types.to_owned(), rows.expect("a count"))
}

#[test]
fn every_table_of_a_report_and_a_sweep_is_the_same_as_parquet_in_the_eyes_of_pyarrow() {
    let python = match oracles::python() {
        Ok(python) => python,
        Err(reason) => skip!("{reason}"),
    };
    let (tape, kept) = (Tape::of("bars", 3_000), tempfile::tempdir().expect("a folder"));
    let (report, results) = (kept.path().join("report"), kept.path().join("results"));
    let work = Work::new(binary::dev(), "w3_sma_cross.toml", &tape.path).set(MINUTES);
    let json = work.option("--report").option(&report).json();
    let table = |folder: &Path, name: &str| {
        let (text, columns) = (folder.join(format!("{name}.csv")), folder.join(format!("{name}.parquet")));
        equal(&python, (&text, &columns))
    };
    let (types, orders) = table(&report, "orders");
    assert_eq!(Some(orders as u64), json["orders"].as_u64());
    assert!(orders > 10 && types.starts_with("ts_ns: timestamp[ns, tz=UTC], "), "{orders} {types}");
    let (types, fills) = table(&report, "fills");
    assert_eq!(Some(fills as u64), json["fills"].as_u64());
    assert!(types.contains("price: decimal128(38, 2)"), "{types}");
    assert_eq!(table(&report, "positions").1, fills);
    assert!(table(&report, "account").1 > 10);
    let config = workspace::root().join("config/w3_sma_cross.toml");
    let run = Run::dev(["sweep", "--set", MINUTES, "--grid", "fast=2..4:1", "--list", "slow=3,20,900", "--config"]);
    run.arg(config).arg("--data").arg(&tape.path).arg("--out").arg(&results).finish().expect_code(0);
    let (types, rows) = table(&results, "results");
    assert_eq!(rows, 9);
    assert!(types.contains("fast: string") && types.contains("sharpe: double"), "{types}");
}

#[test]
fn a_tape_becomes_parquet_and_comes_back_as_it_was() {
    let (tape, kept) = (Tape::trades(500), tempfile::tempdir().expect("a folder"));
    let (columns, back) = (kept.path().join("a.parquet"), kept.path().join("b.csv"));
    let convert = |from: &Path, to: &Path, options: &[&str]| {
        let run = Run::dev(["data", "convert"]).arg(from).args(options).arg("--out").arg(to);
        run.finish().expect_code(0);
    };
    convert(&tape.path, &columns, &[]);
    assert!(std::fs::read(&columns).expect("a table").starts_with(b"PAR1"));
    convert(&columns, &back, &["--to", "csv"]);
    let text = |path: &Path| std::fs::read_to_string(path).expect("a tape");
    assert_eq!(text(&back), text(&tape.path));
}
