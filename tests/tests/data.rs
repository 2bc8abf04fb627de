//! Tapes through the binary: layouts, compression, bad rows.

use std::io::Write;
use std::path::Path;

use ringfence_tests::work::{Work, line};
use ringfence_tests::{Run, Tape, binary, workspace};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).expect("memory takes it");
    packer.finish().expect("memory takes it")
}

/// Orders, rows and equity of a run on these bytes under a name that says nothing.
fn result(dir: &Path, (layout, config, sets): Case, bytes: &[u8]) -> String {
    let path = dir.join(format!("tape-of-{layout}"));
    std::fs::write(&path, bytes).expect("a file is written");
    let work = sets.iter().fold(Work::new(binary::dev(), config, &path), |work, set| work.set(set));
    line(&work.json(), &["rows", "orders", "final_equity"])
}

/// Layout, configuration, what is set otherwise in it.
type Case = (&'static str, &'static str, &'static [&'static str]);

#[test]
fn every_layout_is_read_plain_gzip_and_zstd_alike() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let layouts: [Case; 3] = [
        ("trades", "w1_ema_cross.toml", &[]),
        ("quotes", "w1_ema_cross.toml", &["instruments.0.qty_scale=3", "instruments.0.lot=0.001"]),
        ("bars", "w3_sma_cross_btcusd.toml", &[]),
    ];
    for case in layouts {
        let plain = Tape::seeded(5, case.0, 3_000).bytes();
        let want = result(dir.path(), case, &plain);
        assert!(want.starts_with("3000 "), "{} {want}", case.0);
        assert_eq!(result(dir.path(), case, &gzip(&plain)), want, "{}", case.0);
        let zstd = zstd::encode_all(plain.as_slice(), 3).expect("memory takes it");
        assert_eq!(result(dir.path(), case, &zstd), want, "{}", case.0);
    }
}

/// Rows that came in twice would be twice the market.
#[test]
fn a_tape_that_is_given_twice_is_refused_also_as_a_native_one_and_in_a_sweep() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let tape = Tape::trades(300);
    let native = folder.path().join("native.tape");
    Run::dev(["data", "convert", "--out"]).arg(&native).arg(&tape.path).finish().expect_code(0);
    let other = Tape::seeded(9, "trades", 300);
    for (second, code) in [(&tape.path, 2), (&native, 2), (&other.path, 0)] {
        let two = Work::new(binary::dev(), "w1_ema_cross.toml", &tape.path).option("--data").option(second);
        let finished = two.finish();
        finished.expect_code(code);
        let said = "holds the same rows as";
        assert_eq!(finished.stdout.contains(said), code == 2, "{}", finished.stdout);
    }
    let config = workspace::root().join("config/w1_ema_cross.toml");
    let sweep = Run::dev(["sweep", "--grid", "fast=5..6:1", "--config"]).arg(config);
    let finished = sweep.arg("--data").arg(&tape.path).arg("--data").arg(&native).finish();
    finished.expect_code(2);
    assert!(finished.stderr.contains("both are given for US:SPY"), "{}", finished.stderr);
}

#[test]
fn a_name_before_a_file_that_nothing_has_is_told() {
    let finished = Work::new(binary::dev(), "w1_ema_cross.toml", Path::new("NOPE=g.csv")).finish();
    finished.expect_code(2);
    let said = "no such file, and no tape or instrument has the name NOPE";
    assert!(finished.stdout.contains(said) && finished.stdout.contains("US:SPY"), "{}", finished.stdout);
}

/// What is assumed inside a bar is said where bars were fed, and nowhere else.
#[test]
fn results_that_rest_on_bars_say_what_is_assumed_inside_them() {
    let said = "inside a bar no path is assumed";
    let run = |config: &str, layout: &str| {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let tape = Tape::of(layout, 300);
        let config = workspace::root().join("config").join(config);
        let run = |form: &[&str]| {
            let run = Run::dev(["backtest", "--config"]).arg(&config).arg("--data").arg(&tape.path).args(form);
            let finished = run.finish();
            finished.expect_code(0);
            finished
        };
        let report = folder.path().join("report");
        let json = run(&["--json", "--report", report.to_str().expect("a path in UTF-8")]).json()["bar_path"].clone();
        let page = std::fs::read_to_string(report.join("report.html")).expect("a page");
        (run(&[]).stdout.matches(said).count(), json, page.matches(said).count())
    };
    let (text, json, page) = run("w3_sma_cross_btcusd.toml", "bars");
    assert!(json.as_str().is_some_and(|path| path.starts_with(said)), "{json}");
    assert_eq!((text, page), (1, 1));
    assert_eq!(run("w1_ema_cross.toml", "trades"), (0, serde_json::Value::Null, 0));
}

#[test]
fn a_bad_row_is_named_with_file_line_column_and_value() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let tape = dir.path().join("bad.csv");
    std::fs::write(&tape, "ts_ns,price,qty\n1,145.07,100\n2,145.0x,100\n").expect("a file is written");
    let finished = Work::new(binary::dev(), "w1_ema_cross.toml", &tape).finish();
    assert_ne!(finished.code, Some(0));
    for part in ["bad.csv", "3", "price", "145.0x", "T-"] {
        assert!(finished.stderr.contains(part), "{part} is missing in {}", finished.stderr);
    }
}
