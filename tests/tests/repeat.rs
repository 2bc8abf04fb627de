//! Equal inputs give equal bytes: in both profiles, again and again, under load, from any folder.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use ringfence_tests::work::{Journalled, Work, line};
use ringfence_tests::{Tape, binary, data, skip};

const W1: &str = "w1_spy_trades_20131007-11.csv.zst";
const DIGESTS: &[&str] = &["state_digest", "decision_digest", "fuel_digest", "final_equity"];

/// What must be the same: journal bytes and digests.
fn essence(run: &Journalled) -> (Vec<u8>, String) {
    (run.bytes(), line(&run.json, DIGESTS))
}

/// Processes that keep all cores busy until dropped.
struct Load(Vec<Child>);

impl Load {
    fn start() -> Load {
        let busy = || Command::new("sh").args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn();
        Load((0..4).map(|_| busy().expect("a shell starts")).collect())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            child.kill().expect("a child can be killed");
            child.wait().expect("a killed child ends");
        }
    }
}

fn run(program: &Path, tape: &Path, rows: Option<u64>) -> (Vec<u8>, String) {
    let work = Work::new(program, "w1_ema_cross.toml", tape);
    essence(&rows.map_or_else(|| work.clone(), |rows| work.clone().rows(rows)).journalled())
}

#[test]
fn twenty_runs_in_both_profiles_and_under_load_give_equal_journals_and_digests() {
    let (tape, release) = match data::wanted(W1).and_then(|tape| Ok((tape, binary::release()?))) {
        Ok(found) => found,
        Err(reason) => skip!("{reason}"),
    };
    let first = run(&release, &tape, Some(200_000));
    for n in 1..20 {
        let program = if n % 2 == 0 { release.as_path() } else { binary::dev() };
        let load = (n >= 14).then(Load::start);
        assert!(run(program, &tape, Some(200_000)) == first, "run {n} differs");
        drop(load);
    }
}

#[test]
fn the_whole_file_gives_equal_journals_in_both_profiles() {
    let (tape, release) = match data::wanted(W1).and_then(|tape| Ok((tape, binary::release()?))) {
        Ok(found) => found,
        Err(reason) => skip!("{reason}"),
    };
    assert!(run(&release, &tape, None) == run(binary::dev(), &tape, None), "debug and release differ");
}

#[test]
fn equal_inputs_in_other_folders_give_equal_journal_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (tape, two) = (Tape::seeded(3, "trades", 5_000), folder.path().join("deeper/than/two.csv"));
    std::fs::create_dir_all(two.parent().expect("a parent")).expect("folders are made");
    std::fs::copy(&tape.path, &two).expect("the tape is copied");
    assert!(run(binary::dev(), &tape.path, None) == run(binary::dev(), &two, None), "a path reached the journal");
}
