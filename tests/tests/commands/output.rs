//! Output: what do people and pipes get?

use ringfence_tests::{Finished, Run, Setup, Tape, binary};

use super::{ema, halting, run, session};

/// Runs the binary in a pipeline: `$0` is the binary, further words are its arguments.
fn pipeline(script: &str, arguments: &[&std::path::Path]) -> Finished {
    let run = Run::of(std::path::Path::new("/bin/bash"), ["-o", "pipefail", "-c", script]).arg(binary::dev());
    arguments.iter().fold(run, |run, argument| run.arg(*argument)).finish()
}

#[test]
fn a_reader_that_goes_away_is_a_normal_end() {
    let session = ema().backtest(&Tape::trades(3_000));
    for script in [
        "\"$0\" explain | head -1",
        "\"$0\" explain --json | head -1",
        "\"$0\" inspect \"$1\" | head -1",
        "\"$0\" inspect \"$1\" --json | head -1",
        "\"$0\" config schema | head -1",
        "\"$0\" --help | head -1",
    ] {
        let finished = pipeline(script, &[&session.journal]);
        finished.expect_code(0);
        assert!(finished.stdout.lines().count() == 1, "{script}: {}", finished.stdout);
        assert_eq!(finished.stderr, "", "{script}");
    }
}

#[test]
fn a_full_disk_is_told_and_ends_with_code_4() {
    let finished = pipeline("\"$0\" explain > /dev/full", &[]);
    finished.expect_code(4);
    assert!(finished.stderr.contains("cannot write to standard output"), "{}", finished.stderr);
}

#[test]
fn outputs_that_cannot_be_written_change_no_exit_code_to_a_panic() {
    for (script, code) in [
        ("\"$0\" --help > /dev/full", 4),
        ("\"$0\" nonsense 2> /dev/full", 2),
        ("\"$0\" nonsense --json > /dev/full 2> /dev/full", 4),
        ("\"$0\" explain H-FUELL 2> /dev/full", 2),
        ("\"$0\" explain H-FUELL > /dev/full 2> /dev/full", 2),
        ("\"$0\" explain > /dev/full 2> /dev/full", 4),
        ("\"$0\" nonsense 2>&1 >&- | true", 2),
    ] {
        let finished = pipeline(script, &[]);
        assert_eq!(finished.code, Some(code), "{script}: {}{}", finished.stdout, finished.stderr);
    }
    let run = Run::of(std::path::Path::new("/bin/bash"), ["-c"]).arg("\"$0\" \"$@\" 2> /dev/full").arg(binary::dev());
    let tape = Tape::trades(50);
    let run = run.args(["backtest", "--config", "host.toml", "--data"]).arg(&tape.path);
    // Two lines are for standard error: an alarm of the cache, and why a strategy was halted.
    let finished = run.env("RINGFENCE_CACHE", "/dev/null").file("host.toml", halting().text()).finish();
    finished.expect_code(3);
}

#[test]
fn nothing_moves_and_nothing_is_coloured_on_a_pipe() {
    let session = session();
    let backtest = run(&["backtest", "--config"]).arg(&session.config).arg("--data").arg(&session.tape.path).finish();
    let replay = run(&["replay", "--verify", "--data"]).arg(&session.tape.path).arg(&session.journal).finish();
    let inspect = session.inspect(&[]);
    let component = binary::component("ringfence_ema_cross");
    let check = Run::dev(["check"]).arg(component).finish();
    let refused = Run::dev(["check", "/dev/null"]).finish();
    let others = [Run::dev(["doctor"]).finish(), Run::dev(["--help"]).finish(), Run::dev(["nonsense"]).finish()];
    for finished in [&backtest, &replay, &inspect, &check, &refused].into_iter().chain(&others) {
        let said = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!said.is_empty());
        assert!(!said.contains(['\u{1b}', '\r', '\u{8}']), "{said:?}");
    }
    for finished in [&backtest, &replay, &inspect, &check] {
        finished.expect_code(0);
        assert_eq!(finished.stderr, "", "no progress on a pipe");
    }
}

#[test]
fn results_for_people_name_what_the_json_names() {
    let tape = Tape::trades(300);
    let json = ema().backtest(&tape).json(0);
    let text = run(&["backtest", "--config", "host.toml", "--data"]).arg(&tape.path).file("host.toml", ema().text());
    let text = text.finish();
    text.expect_code(0);
    for field in ["fees", "final_equity", "state_digest", "decision_digest", "fuel_digest"] {
        let value = json[field].as_str().unwrap();
        assert!(text.stdout.contains(value), "{field} {value} is missing in {}", text.stdout);
    }
}

#[test]
fn a_trap_is_told_to_people_with_what_trapped() {
    let run = run(&["backtest", "--config", "host.toml", "--data"]).file("host.toml", halting().text());
    let finished = run.arg(&Tape::trades(50).path).finish();
    finished.expect_code(3);
    let line = finished.stdout.lines().find(|line| line.contains("HALTED")).expect("a line tells of it");
    assert!(line.contains("trapper") && line.contains("H-TRAP"), "{line}");
    assert!(line.ends_with("wasm `unreachable` instruction executed") && !line.contains("limit"), "{line}");
    let head = "strategy 2 trapper was halted, H-TRAP:\n";
    assert!(finished.stderr.starts_with(head) && finished.stderr.contains("wasm trap"), "{}", finished.stderr);
    assert!(finished.stderr.contains("wasm backtrace"), "{}", finished.stderr);
}

#[test]
fn a_limit_that_was_hit_is_told_to_people_with_its_figures() {
    let component = binary::component("hostile_endless_loop");
    let setup = Setup::default().strategy("loops", &component, "params = { at = 3 }\nfuel_per_call = 1_000_000");
    let run = run(&["backtest", "--config", "host.toml", "--data"]).file("host.toml", setup.text());
    let finished = run.arg(&Tape::trades(5).path).finish();
    finished.expect_code(3);
    let line = finished.stdout.lines().find(|line| line.contains("HALTED")).expect("a line tells of it");
    assert!(line.contains("H-FUEL, limit 1000000, used 1000000"), "{line}");
}

#[test]
fn a_replay_tells_people_match_or_where_it_differs() {
    let session = session();
    let replay = |options: &[&str]| {
        let run = run(&["replay", "--verify", "--data"]).arg(&session.tape.path).arg(&session.journal);
        run.args(options).finish()
    };
    let same = replay(&[]);
    same.expect_code(0);
    assert!(same.stdout.starts_with("MATCH  "), "{}", same.stdout);
    let json = session.json(0);
    for field in ["state_digest", "decision_digest", "fuel_digest"] {
        assert!(same.stdout.contains(json[field].as_str().unwrap()), "{field} is missing in {}", same.stdout);
    }
    let other = format!("ema={}", binary::component("hostile_trapper").display());
    let refused = replay(&["--strategy", &other]);
    refused.expect_code(2);
    assert!(refused.stderr.contains("E-SETUP"), "the other one does not take these parameters: {}", refused.stderr);
    let other = format!("1={}", binary::component("ringfence_sma_cross").display());
    let differs = replay(&["--strategy", &other]);
    differs.expect_code(1);
    assert!(
        differs.stdout.starts_with("NO MATCH") && differs.stdout.contains("first difference:"),
        "{}",
        differs.stdout
    );
}

#[test]
fn check_reports_limits_of_a_good_component_and_refusals_of_a_bad_one() {
    let good = binary::component("ringfence_ema_cross");
    let json = Run::dev(["check", "--json"]).arg(&good).finish().json();
    assert_eq!((&json["ok"], &json["wit_version"]), (&true.into(), &"0.1.0".into()));
    assert_eq!(json["size"], std::fs::metadata(&good).unwrap().len());
    let imports: Vec<_> = json["imports"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(imports.iter().all(|name| name.starts_with("ringfence:strategy/")), "{imports:?}");
    for limit in json["limits"].as_array().unwrap() {
        assert!(limit["used"].as_u64() <= limit["limit"].as_u64(), "{limit}");
    }
    let shown = Run::dev(["check"]).arg(&good).finish();
    shown.expect_code(0);
    assert!(shown.stdout.contains(": admitted\n"), "{}", shown.stdout);
    assert!(shown.stdout.contains(json["sha256"].as_str().unwrap()), "{}", shown.stdout);
    let run = Run::dev(["check", "--json", "bad.wasm"]).file("bad.wasm", "no component");
    let bad = run.finish();
    bad.expect_code(1);
    let json = bad.json();
    assert_eq!((&json["ok"], &json["refusals"][0]["code"]), (&false.into(), &"E-PARSE".into()));
    let shown = Run::dev(["check", "bad.wasm"]).file("bad.wasm", "no component").finish();
    shown.expect_code(1);
    assert!(shown.stdout.contains("REFUSED") && shown.stdout.contains("E-PARSE"), "{}", shown.stdout);
    let known: Vec<&str> = shown.stdout.lines().skip(2).map(|line| line[2..].split(' ').next().unwrap()).collect();
    assert_eq!(known, ["size", "sha256"], "what is not known is left out: {}", shown.stdout);
    let absent = Run::dev(["check", "absent.wasm"]).finish();
    assert_eq!(absent.stdout.lines().count(), 2, "{}", absent.stdout);
}

#[test]
fn doctor_names_what_is_missing() {
    let bare = Run::dev(["doctor"]).env("PATH", "/no/such/folder").env("RINGFENCE_DATA", "/no/such/data").finish();
    bare.expect_code(0);
    for (check, advice) in [
        ("rust toolchain", "https://rustup.rs"),
        ("wasm target", "rustup target add wasm32-unknown-unknown"),
        ("market data", "/no/such/data is no folder"),
    ] {
        let line =
            bare.stdout.lines().find(|line| line.trim_start().starts_with(check)).expect("a line for each check");
        assert!(line.contains("warning"), "{line}");
        assert!(bare.stdout.contains(advice), "{advice} is missing in {}", bare.stdout);
    }
    // The toolchain is found by way of the real home folder.
    let home = std::env::var_os("HOME").unwrap_or_default();
    let whole = run(&["doctor", "--json"]).env("HOME", home).finish().json();
    let state = |name: &str| {
        let checks = whole["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).map(|check| check["state"].clone())
    };
    assert_eq!(state("rust toolchain"), Some("ok".into()));
    assert_eq!(state("wasm engine"), Some("ok".into()));
    let wrong = Run::dev(["doctor", "--config", "absent.toml"]).finish();
    wrong.expect_code(1);
    assert!(wrong.stdout.contains("configuration") && wrong.stdout.contains("failed"), "{}", wrong.stdout);
    let good = Run::dev(["doctor", "--config", "host.toml"]).file("host.toml", ema().text()).finish();
    good.expect_code(0);
}
