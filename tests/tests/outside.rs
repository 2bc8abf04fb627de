//! Outside market data through the binary: import, convert, inspect, and a run on what they make.

use std::path::Path;

use expect_test::{Expect, expect};
use ringfence_tests::run::{Finished, Run};
use ringfence_tests::work::{Work, line};
use ringfence_tests::{Tape, binary};
use serde_json::Value;

fn data(words: &[&str], paths: &[&Path]) -> Finished {
    let run = paths.iter().fold(Run::of(binary::dev(), ["data"]).args(words), |run, path| run.arg(path));
    run.finish()
}

const DIGESTS: &[&str] =
    &["rows", "orders", "final_equity", "session", "state_digest", "decision_digest", "fuel_digest"];

/// What of a run does not depend on the machine.
fn digests(json: &Value) -> String {
    line(json, DIGESTS)
}

#[test]
fn a_run_on_a_converted_tape_has_the_digests_of_the_run_on_its_text() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    for (layout, config, bars) in [
        ("trades", "w1_ema_cross.toml", &[][..]),
        ("bars", "w3_sma_cross_btcusd.toml", &["--interval", "1m", "--stamp", "open"][..]),
    ] {
        let text = Tape::seeded(5, layout, 3_000);
        let native = dir.path().join(format!("{layout}.tape"));
        let words = [&["convert"], bars, &["--json", "--out"]].concat();
        let made = data(&words, &[&native, &text.path]);
        made.expect_code(0);
        assert_eq!(line(&made.json(), &["rows", "layout"]), format!("3000 native {layout}"));
        let want = digests(&Work::new(binary::dev(), config, &text.path).json());
        let run = Work::new(binary::dev(), config, &native).journalled();
        assert_eq!(digests(&run.json), want, "{layout}");
        run.replay(binary::dev(), &native).expect_code(0);
    }
}

#[test]
fn a_native_tape_of_another_instrument_is_refused() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let (text, native) = (Tape::seeded(5, "trades", 100), dir.path().join("native.tape"));
    data(&["convert", "--instrument", "X:OTHER", "--out"], &[&native, &text.path]).expect_code(0);
    let finished = Work::new(binary::dev(), "w1_ema_cross.toml", &native).finish();
    finished.expect_code(2);
    assert!(finished.stderr.contains("X:OTHER"), "{}", finished.stderr);
}

/// Exit code and output of `data` on a file with this text, without its folder.
#[track_caller]
fn check(words: &[&str], text: &str, want: Expect) {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let (path, out) = (dir.path().join("in.csv"), dir.path().join("out.tape"));
    std::fs::write(&path, text).expect("a file is written");
    let words: Vec<&str> =
        words.iter().map(|word| if *word == "OUT" { out.to_str().expect("plain") } else { word }).collect();
    let finished = data(&words, &[&path]);
    let folder = format!("{}/", dir.path().display());
    want.assert_eq(&format!("{:?}\n{}{}", finished.code, finished.stdout, finished.stderr).replace(&folder, ""));
}

const TABLE: &str = "t,p,q\n1000,5.5,1\n1001,5.25,2\n1000,5.5,3\n";
const MAP: &str = "ts=t:ms,price=p,qty=q";

#[test]
fn an_import_says_what_it_made_and_what_it_did_not() {
    check(&["import", "--map", MAP, "--out", "OUT"], TABLE, expect![""]);
    check(&["import", "--map", MAP, "--backward", "drop", "--out", "OUT"], TABLE, expect![""]);
    check(&["import", "--map", MAP, "--backward", "clamp", "--json", "--out", "OUT"], TABLE, expect![""]);
    check(&["import", "--map", "ts=t", "--out", "OUT"], TABLE, expect![""]);
    check(&["import", "--map", MAP, "--backward", "drop", "--price-scale", "1", "--out", "OUT"], TABLE, expect![""]);
}

#[test]
fn what_is_found_decides_the_exit_code_of_inspect() {
    check(&["inspect", "--map", MAP], TABLE, expect![""]);
    check(&["inspect", "--strict", "--map", MAP], TABLE, expect![""]);
    check(&["inspect", "--map", MAP], "t,p,q\n1,x,1\n", expect![""]);
    check(&["inspect"], "nothing known\n", expect![""]);
}
