//! Replay through the built binary: the strategy is executed again and every decision compared.

use std::path::{Path, PathBuf};

use ringfence_tests::work::{Journalled, Work, replay};
use ringfence_tests::{Run, binary, data, skip};

const W1: &str = "w1_spy_trades_20131007-11.csv.zst";
const W3_DAILY: &str = "w3_spy_daily_1998-2021.csv";
const W3_MINUTE: &str = "w3_btcusd_1m_2016.csv.zst";

/// A generated tape of trades in a folder of its own.
fn generated(rows: u64) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let tape = folder.path().join("trades.csv");
    let rows = rows.to_string();
    let made = Run::dev(["data", "generate", "--layout", "trades", "--seed", "7", "--rows", &rows, "--out"]);
    made.arg(&tape).finish().expect_code(0);
    (folder, tape)
}

fn w1_generated(tape: &Path) -> Journalled {
    Work::new(binary::dev(), "w1_ema_cross.toml", tape).journalled()
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
    let (folder, tape) = generated(20_000);
    let run = w1_generated(&tape);
    let elsewhere = folder.path().join("elsewhere");
    std::fs::rename(&run.journal, &elsewhere).expect("the journal moves");
    let moved = folder.path().join("moved.csv");
    std::fs::rename(&tape, &moved).expect("the tape moves");
    let verdict = replay(binary::dev(), &elsewhere, &moved);
    verdict.expect_code(0);
    assert_eq!(verdict.json()["match"], true);
}

#[test]
fn another_tape_is_refused_by_its_hash() {
    let (folder, tape) = generated(5_000);
    let run = w1_generated(&tape);
    let other = folder.path().join("other.csv");
    let text = std::fs::read_to_string(&tape).expect("the tape reads");
    std::fs::write(&other, text.replacen(",1", ",2", 1)).expect("a file is written");
    let verdict = run.replay(binary::dev(), &other);
    verdict.expect_code(1);
}

#[test]
fn another_component_is_reported_with_the_first_difference() {
    let (_folder, tape) = generated(20_000);
    let run = w1_generated(&tape);
    let other = binary::component("ringfence_sma_cross");
    let swap = format!("1={}", other.display());
    let verdict =
        Run::dev(["replay", "--verify", "--json", "--strategy", &swap, "--data"]).arg(&tape).arg(&run.journal);
    let verdict = verdict.finish();
    verdict.expect_code(1);
    let json = verdict.json();
    assert_eq!(json["match"], false);
    assert!(json["first_difference"].is_object(), "{json}");
}

#[test]
fn a_flipped_byte_is_found_and_named() {
    let (_folder, tape) = generated(5_000);
    let run = w1_generated(&tape);
    let segment = std::fs::read_dir(&run.journal)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_some_and(|end| end == "seg"))
        .expect("a segment");
    let mut bytes = std::fs::read(&segment).expect("the segment reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).expect("the segment is written");
    let verdict = run.replay(binary::dev(), &tape);
    verdict.expect_code(1);
    assert!(verdict.stdout.contains("J-") || verdict.stderr.contains("J-"), "{}{}", verdict.stdout, verdict.stderr);
}
