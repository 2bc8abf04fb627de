//! Replay through the built binary: the strategy is executed again and every decision compared.

use std::path::PathBuf;

use ringfence_tests::work::{Journalled, Work, replay};
use ringfence_tests::{Finished, Run, Setup, Tape, binary, data, skip};

const W1: &str = "w1_spy_trades_20131007-11.csv.zst";
const W3_DAILY: &str = "w3_spy_daily_1998-2021.csv";
const W3_MINUTE: &str = "w3_btcusd_1m_2016.csv.zst";

/// A generated tape of trades.
fn generated(rows: u32) -> Tape {
    Tape::seeded(7, "trades", rows)
}

fn w1_generated(tape: &Tape) -> Journalled {
    Work::new(binary::dev(), "w1_ema_cross.toml", &tape.path).journalled()
}

#[test]
fn every_oracle_run_replays_with_every_decision_identical() {
    let tapes: Result<Vec<PathBuf>, String> = [W1, W3_DAILY, W3_MINUTE].into_iter().map(data::wanted).collect();
    let (tapes, release) = match tapes.and_then(|tapes| Ok((tapes, binary::release()?))) {
        Ok(found) => found,
        Err(reason) => skip!("{reason}"),
    };
    let runs = [
        (&tapes[0], "w1_ema_cross.toml", "same-event"),
        (&tapes[0], "w1_ema_cross.toml", "next-event"),
        (&tapes[1], "w3_sma_cross.toml", "same-event"),
        (&tapes[1], "w3_sma_cross.toml", "next-open"),
        (&tapes[2], "w3_sma_cross_btcusd.toml", "same-event"),
        (&tapes[2], "w3_sma_cross_btcusd.toml", "next-open"),
    ];
    for (tape, config, fill) in runs {
        let run = Work::new(&release, config, tape).set(&format!("simulation.fill={fill}")).journalled();
        let verdict = run.replay(&release, tape);
        verdict.expect_code(0);
        let json = verdict.json();
        assert_eq!((&json["match"], &json["first_difference"]), (&true.into(), &serde_json::Value::Null), "{config}");
        assert_eq!(json["verified_events"], run.json["events"], "{config} {fill}");
    }
}

#[test]
fn a_journal_moved_elsewhere_replays_with_its_tapes_alone() {
    let (folder, tape) = (tempfile::tempdir().unwrap(), generated(20_000));
    let run = w1_generated(&tape);
    let elsewhere = folder.path().join("elsewhere");
    std::fs::rename(&run.journal, &elsewhere).expect("the journal moves");
    let moved = folder.path().join("moved.csv");
    std::fs::rename(&tape.path, &moved).expect("the tape moves");
    let verdict = replay(binary::dev(), &elsewhere, &moved);
    verdict.expect_code(0);
    let json = verdict.json();
    assert_eq!((&json["match"], &json["tail"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!((&json["other_costs"], &json["checkpoints"]), (&serde_json::Value::Null, &0.into()));
}

#[test]
fn another_tape_is_refused_by_its_hash() {
    let (folder, tape) = (tempfile::tempdir().unwrap(), generated(5_000));
    let run = w1_generated(&tape);
    let other = folder.path().join("other.csv");
    let text = String::from_utf8(tape.bytes()).expect("a tape is text");
    std::fs::write(&other, text.replacen(",1", ",2", 1)).expect("a file is written");
    let verdict = run.replay(binary::dev(), &other);
    verdict.expect_code(1);
}

#[test]
fn another_component_is_reported_with_the_first_difference() {
    let tape = generated(20_000);
    let run = w1_generated(&tape);
    let other = binary::component("ringfence_sma_cross");
    let swap = format!("1={}", other.display());
    let verdict =
        Run::dev(["replay", "--verify", "--json", "--strategy", &swap, "--data"]).arg(&tape.path).arg(&run.journal);
    let verdict = verdict.finish();
    verdict.expect_code(1);
    let json = verdict.json();
    assert_eq!(json["match"], false);
    assert!(json["first_difference"].is_object(), "{json}");
}

#[test]
fn a_flipped_byte_is_found_and_named() {
    let tape = generated(5_000);
    let run = w1_generated(&tape);
    let segment = run.segments().remove(0);
    let mut bytes = std::fs::read(&segment).expect("the segment reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).expect("the segment is written");
    let verdict = run.replay(binary::dev(), &tape.path);
    verdict.expect_code(1);
    assert!(verdict.stdout.contains("J-") || verdict.stderr.contains("J-"), "{}{}", verdict.stdout, verdict.stderr);
}

/// Replays with and without `--verify`; both go to the end and say this once.
#[track_caller]
fn goes_on_with_a_notice(run: &Journalled, tape: &Tape, options: &[&str], said: &[&str]) -> Finished {
    let verdict = Run::dev(["replay", "--json", "--data"]).arg(&tape.path).arg(&run.journal).args(options).finish();
    verdict.expect_code(0);
    assert_eq!(verdict.json()["match"], true);
    for part in said {
        assert_eq!(verdict.stderr.matches(part).count(), 1, "{part:?} stands once in {options:?}: {}", verdict.stderr);
    }
    verdict
}

/// What a session leaves that ended in the middle of a write, before the disk confirmed anything.
#[test]
fn a_journal_with_a_torn_tail_replays_up_to_it_and_says_where_it_is() {
    let tape = generated(5_000);
    let run = w1_generated(&tape);
    let whole = run.replay(binary::dev(), &tape.path).json()["verified_events"].as_u64();
    for name in ["sidecar.txt", "synced"] {
        std::fs::remove_file(run.journal.join(name)).expect("the journal has it");
    }
    let segment = run.segments().pop().expect("a segment");
    let bytes = std::fs::read(&segment).expect("the segment reads");
    std::fs::write(&segment, &bytes[..bytes.len() - 10]).expect("the segment is written");
    for options in [&[][..], &["--verify"]] {
        let verdict = goes_on_with_a_notice(&run, &tape, options, &["J-TORN-TAIL at 000001.seg+"]);
        let json = verdict.json();
        assert!(json["verified_events"].as_u64() <= whole);
        assert!(json["tail"].as_str().is_some_and(|tail| tail.starts_with("J-TORN-TAIL")), "{json}");
    }
}

#[test]
fn a_damaged_sidecar_is_told_and_does_not_stop_a_replay() {
    let tape = generated(5_000);
    let run = w1_generated(&tape);
    std::fs::write(run.journal.join("sidecar.txt"), "no sidecar").expect("a file is written");
    goes_on_with_a_notice(&run, &tape, &["--verify"], &["J-SIDECAR-DAMAGED"]);
    goes_on_with_a_notice(&run, &tape, &[], &[]);
}

#[test]
fn one_strategy_has_one_replacement() {
    let tape = Tape::trades(300);
    let ema = binary::component("ringfence_ema_cross");
    let session = Setup::default().strategy("ema", &ema, "params = { qty = \"1\" }").backtest(&tape);
    let (by_name, by_number) = (format!("ema={}", ema.display()), format!("1={}", ema.display()));
    let run = Run::dev(["replay", "--strategy", &by_name, "--strategy", &by_number, "--data"]);
    let finished = run.arg(&tape.path).arg(&session.journal).finish();
    finished.expect_code(2);
    assert!(finished.stderr.contains("name the same strategy"), "{}", finished.stderr);
    let unknown = Run::dev(["replay", "--strategy", "emu=x.wasm", "--data"]).arg(&tape.path).arg(&session.journal);
    let unknown = unknown.finish();
    unknown.expect_code(2);
    assert!(unknown.stderr.contains("no strategy emu") && unknown.stderr.contains("known: ema"), "{}", unknown.stderr);
}

/// A pin is about the recorded component. What takes its place is executed and compared.
#[test]
fn a_pinned_strategy_can_be_replaced_in_a_replay() {
    let tape = Tape::trades(300);
    let ema = binary::component("ringfence_ema_cross");
    let pin = Run::dev(["check", "--json"]).arg(&ema).finish().json()["sha256"].clone();
    let lines = format!("sha256 = {pin}\nparams = {{ fast = 5, slow = 20, qty = \"100\" }}");
    let session = Setup::default().strategy("ema", &ema, &lines).backtest(&tape);
    session.finished.expect_code(0);
    let swap = format!("ema={}", binary::component("ringfence_sma_cross").display());
    let verdict = Run::dev(["replay", "--json", "--strategy", &swap, "--data"]).arg(&tape.path).arg(&session.journal);
    let verdict = verdict.finish();
    verdict.expect_code(1);
    assert!(verdict.json()["first_difference"].is_object(), "{}{}", verdict.stdout, verdict.stderr);
}

#[test]
fn an_alarm_of_the_code_cache_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let tape = Tape::trades(300);
    let ema = binary::component("ringfence_ema_cross");
    let session = Setup::default().strategy("ema", &ema, "params = { qty = \"1\" }").backtest(&tape);
    let cache = tempfile::tempdir().unwrap();
    std::fs::set_permissions(cache.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let verdict = Run::dev(["replay", "--data"]).env("RINGFENCE_CACHE", cache.path());
    let verdict = verdict.arg(&tape.path).arg(&session.journal).finish();
    verdict.expect_code(0);
    assert!(verdict.stderr.starts_with("warning: cache folder "), "{}", verdict.stderr);
    let doctor = Run::dev(["doctor", "--json"]).env("RINGFENCE_CACHE", cache.path()).finish().json();
    let check = doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "code cache").unwrap();
    assert_eq!(check["state"], "warning");
    assert!(check["detail"].as_str().unwrap().starts_with("cache folder "), "{check}");
}
