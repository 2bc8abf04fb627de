//! Sessions with hostile strategies: the four ways in which one comes to run.

use std::path::{Path, PathBuf};

use ringfence_tests::{Run, Session, Setup, Tape, setup};
use serde_json::Value;

use super::guest::{Guest, submit};

pub(crate) const ROWS: u32 = 80;

/// Row before which a component that is reloaded takes its place.
const SWAP_ROW: usize = 20;

/// How a strategy comes to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Backtest,
    Paper,
    BacktestReloaded,
    PaperReloaded,
}

pub(crate) const WAYS: [Way; 4] = [Way::Backtest, Way::Paper, Way::BacktestReloaded, Way::PaperReloaded];

impl Way {
    pub(crate) fn is_reloaded(self) -> bool {
        matches!(self, Way::BacktestReloaded | Way::PaperReloaded)
    }

    fn is_paper(self) -> bool {
        matches!(self, Way::Paper | Way::PaperReloaded)
    }
}

/// A strategy of a session: its name, what it is, lines of its configuration.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) component: Vec<u8>,
    /// What it takes the place of where it is swapped in; `None` = a quiet one.
    pub(crate) before: Option<Vec<u8>>,
    pub(crate) lines: &'static str,
}

/// Sees trades, and does nothing.
pub(crate) fn quiet() -> Vec<u8> {
    Guest::on_event("").component()
}

/// Buys and sells in turn.
pub(crate) fn good() -> Vec<u8> {
    let body = format!(
        "(global.set $n (i32.add (global.get $n) (i32.const 1)))
         (if (i32.and (global.get $n) (i32.const 1)) (then {}) (else {}))",
        submit(0, 2),
        submit(1, 2)
    );
    Guest::on_event(&body).items("(global $n (mut i32) (i32.const 0))").component()
}

/// Components as files, and the configuration that names them.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    risk: &'static [&'static str],
}

impl Stage {
    pub(crate) fn new(risk: &'static [&'static str]) -> Stage {
        Stage { folder: tempfile::tempdir().expect("a folder"), risk }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.wasm"));
        std::fs::write(&path, bytes).expect("written");
        path
    }

    /// Runs the hostile ones before a good one, and replays that.
    #[track_caller]
    pub(crate) fn run(&self, way: Way, hostile: &[Member], tape: &Tape) -> Session {
        let place = self.risk.iter().fold(Setup::default(), |setup, line| setup.risk(line));
        let quiet = self.file("quiet", &quiet());
        let place = hostile.iter().fold(place, |place, member| {
            let own = self.file(member.name, &member.component);
            let before = member.before.as_ref().map(|bytes| self.file(&format!("{}-before", member.name), bytes));
            let first = if way.is_reloaded() { before.as_ref().unwrap_or(&quiet) } else { &own };
            place.strategy(member.name, first, member.lines)
        });
        let place = place.strategy("good", &self.file("good", &good()), "");
        let text = place.text().replace("lane = \"simulation\"", "lane = \"paper\"");
        let session = if way.is_paper() {
            paper(&text, tape, &self.swaps(way, hostile, tape))
        } else {
            backtest(&text, tape, &self.swaps(way, hostile, tape))
        };
        let verdict = session.replay();
        assert_eq!(verdict.code, Some(0), "{way:?}: {} {}", verdict.stdout, verdict.stderr);
        assert_eq!(verdict.json()["match"], true, "{way:?}");
        session
    }

    /// The script that swaps them in.
    fn swaps(&self, way: Way, hostile: &[Member], tape: &Tape) -> String {
        if !way.is_reloaded() {
            return String::new();
        }
        let at = times(tape)[SWAP_ROW];
        let swap = |member: &Member| {
            let file = self.folder.path().join(format!("{}.wasm", member.name));
            format!("[[events]]\nat = {at}\nkind = \"swap\"\nstrategy = {:?}\ncomponent = {file:?}\n\n", member.name)
        };
        hostile.iter().map(swap).collect()
    }
}

fn backtest(text: &str, tape: &Tape, script: &str) -> Session {
    finish(Run::dev(["backtest", "--json"]), (text, script), tape)
}

fn paper(text: &str, tape: &Tape, script: &str) -> Session {
    finish(Run::dev(["run", "--mode", "paper", "--json", "--speed", "max"]), (text, script), tape)
}

fn finish(run: Run, (text, script): (&str, &str), tape: &Tape) -> Session {
    let (config, events, journal) = (run.path("host.toml"), run.path("events.toml"), run.path("journal"));
    let run = run.env("RINGFENCE_CACHE", setup::machine_code()).file("host.toml", text).file("events.toml", script);
    let run = run.arg("--config").arg(&config).arg("--data").arg(&tape.path).arg("--journal").arg(&journal);
    let run = if script.is_empty() { run } else { run.arg("--events").arg(&events) };
    Session { finished: run.finish(), journal, config, tape: tape.clone() }
}

/// Times of the rows of a tape.
pub(crate) fn times(tape: &Tape) -> Vec<u64> {
    let text = String::from_utf8(tape.bytes()).expect("a tape is text");
    let first = |line: &str| line.split(',').next().and_then(|time| time.parse().ok());
    text.lines().filter_map(first).collect()
}

/// Records of one strategy.
pub(crate) fn records(session: &Session, strategy: &str, name: &str) -> Vec<Value> {
    session.records(&["--strategy", strategy, "--only", name])
}

/// Entry of a strategy in the results.
pub(crate) fn entry(session: &Session, place: usize) -> Value {
    session.finished.json()["strategies"][place].take()
}

/// The folder of a component that is read by tests of admission.
pub(crate) fn written(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("hostile.wasm");
    std::fs::write(&path, bytes).expect("written");
    path
}
