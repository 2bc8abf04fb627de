//! Strategies in guest processes, through the built binary: the same digests and journals as in the host's own process; a
//! process that has nothing, reaches nothing and is replaced when it is killed.
#![cfg(target_os = "linux")]

#[path = "../../host/sandbox/tests/sandbox/guest.rs"]
#[allow(dead_code, reason = "shared with the tests of the sandbox, which use more of it")]
mod guest;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ringfence_tests::work::{Work, line};
use ringfence_tests::{Run, Running, Session, Setup, Tape, binary, data, process, skip};
use serde_json::Value;

use self::guest::{Guest, submit};

const W1: &str = "w1_spy_trades_20131007-11.csv.zst";
const DIGESTS: &[&str] = &["state_digest", "decision_digest", "fuel_digest", "orders", "fills", "final_equity"];
const APART: &str = "isolation = \"process\"";
/// What nobody but the host may ever see.
const SECRET: &str = "a-marker-that-is-a-secret-0123456789abcdef0123456789abcdef";

/// Counts its events, orders at every second of them, and keeps the count over a swap.
fn counting() -> Vec<u8> {
    let body = format!(
        "(i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
         (if (i32.and (i32.wrap_i64 (i64.load (i32.const 0))) (i32.const 1)) (then {}) (else {}))",
        submit(0, 2),
        submit(1, 2)
    );
    let word = "(i32.store (i32.const 192) (i32.const 0)) (i32.store (i32.const 196) (i32.const 8)) (i32.const 192)";
    let restore = "(i64.store (i32.const 0) (i64.load (local.get 0))) (i32.const 256)";
    Guest { snapshot: word.to_owned(), restore: restore.to_owned(), ..Guest::on_event(&body) }.component()
}

struct Component(tempfile::TempDir);

impl Component {
    fn of(bytes: &[u8]) -> Component {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("guest.wasm"), bytes).expect("written");
        Component(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("guest.wasm")
    }
}

fn files(journal: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(journal).expect("a journal is a folder").map(|entry| entry.expect("an entry").path());
    let segments = entries.filter(|path| path.extension().is_some_and(|ending| ending == "seg"));
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut files: Vec<_> = segments.map(|path| (name(&path), fs::read(&path).expect("it reads"))).collect();
    files.sort();
    assert!(!files.is_empty(), "{}: no segment", journal.display());
    files
}

#[track_caller]
fn check_replay(session: &Session, isolation: &str) {
    let run = Run::dev(["replay", "--verify", "--json", "--isolation", isolation, "--data"]);
    let verdict = run.arg(&session.tape.path).arg(&session.journal).finish();
    verdict.expect_code(0);
    assert_eq!(verdict.json()["match"], true, "{isolation}");
}

#[test]
fn w1_gives_the_same_digests() {
    let tape = match data::wanted(W1) {
        Ok(tape) => tape,
        Err(reason) => skip!("{reason}"),
    };
    let run = |isolation: &str| {
        let work = Work::new(binary::dev(), "w1_ema_cross.toml", &tape).rows(50_000);
        let json = work.set(&format!("strategies.ema.isolation={isolation}")).json();
        line(&json, DIGESTS)
    };
    let here = run("in-process");
    assert_eq!(run("process"), here);
}

#[test]
fn a_session_has_the_same_journal_and_replays_either_way() {
    let (component, tape) = (Component::of(&counting()), Tape::trades(400));
    let run = |isolation: &str| {
        let lines = format!("{isolation}\ncheckpoint_events = 100");
        let session = Setup::default().strategy("counting", &component.path(), &lines).backtest(&tape);
        session.finished.expect_code(0);
        session
    };
    let (here, there) = (run(""), run(APART));
    assert_eq!(line(&there.finished.json(), DIGESTS), line(&here.finished.json(), DIGESTS));
    assert_eq!(files(&there.journal), files(&here.journal), "byte for byte");
    assert_ne!(there.finished.json()["orders"], 0);
    for session in [&here, &there] {
        for isolation in ["in-process", "process"] {
            check_replay(session, isolation);
        }
    }
}

#[test]
fn the_example_strategies_decide_the_same() {
    let (trades, quotes) = (Tape::trades(3_000), Tape::of("quotes", 3_000));
    let ema = "params = { fast = 5, slow = 20, qty = \"10\" }";
    for (setup, tape, name, params) in [
        (Setup::default(), &trades, "ringfence_ema_cross", ema),
        (Setup::quotes(), &quotes, "ringfence_touch_maker", "params = { qty = \"0.01\", position_max = \"0.05\" }"),
    ] {
        let run = |isolation: &str| {
            let lines = format!("{params}\n{isolation}");
            let session = setup.clone().strategy("example", &binary::component(name), &lines).backtest(tape);
            line(&session.json(0), DIGESTS)
        };
        assert_eq!(run(APART), run(""), "{name}");
    }
}

// A process that runs.

/// A paper session that goes on for long, with a strategy in a guest process, and the number of that process.
fn paper(component: &Path, lines: &str, tape: &Tape) -> (Running, u32) {
    let text = Setup::default().strategy("apart", component, &format!("{APART}\n{lines}")).text();
    let text = text.replace("lane = \"simulation\"", "lane = \"paper\"");
    let run = Run::dev(["run", "--mode", "paper", "--json", "--speed", "1", "--config", "host.toml", "--data"]);
    let run = run.arg(&tape.path).file("host.toml", text).env("AIS_RISK_HMAC_SECRET", SECRET);
    let journal = run.path("journal");
    let mut running = run.arg("--journal").arg(journal).start();
    running.wait_for("paper session");
    let process = guest_of(running.id());
    (running, process)
}

/// The guest process of a host.
fn guest_of(host: u32) -> u32 {
    process::child_of(host, "guest-process").expect("a guest process")
}

/// A tape of trades a tenth of a second apart.
fn slow(rows: u32) -> Tape {
    let rows = (0..rows).map(|row| {
        let price = 170 + row % 3;
        format!("{},{price}.00,10\n", 1_381_152_600_000_000_000 + u64::from(row) * 100_000_000)
    });
    Tape::written(&format!("ts_ns,price,qty\n{}", rows.collect::<String>()))
}

#[test]
fn a_guest_process_holds_no_secret_and_nothing_but_its_channel() {
    let component = Component::of(&counting());
    let (running, process) = paper(&component.path(), "", &slow(600));
    let environment = fs::read(format!("/proc/{process}/environ"));
    let Some(has_secret) = process::memory_has(process, SECRET.as_bytes()) else {
        drop(running);
        skip!("memory of other processes can be read by root alone");
    };
    assert!(!has_secret, "the secret is in the memory of the guest process");
    assert_eq!(environment.expect("root reads it"), b"", "it has no variable");
    assert_eq!(process::memory_has(running.id(), SECRET.as_bytes()), Some(true), "the search finds what is there");
    let descriptors = fs::read_dir(format!("/proc/{process}/fd")).expect("root reads it");
    let descriptors: Vec<PathBuf> =
        descriptors.map(|entry| fs::read_link(entry.expect("an entry").path()).expect("a link")).collect();
    assert!(!descriptors.is_empty());
    let channel = &descriptors[0];
    assert!(channel.to_string_lossy().starts_with("socket:"), "{descriptors:?}");
    assert!(
        descriptors.iter().all(|descriptor| descriptor == channel),
        "one channel and nothing else: {descriptors:?}"
    );
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it lives");
    assert!(status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"), "{status}");
    let folder = fs::read_link(format!("/proc/{process}/cwd")).expect("root reads it");
    assert_eq!(folder, Path::new("/"));
    running.interrupt().expect_code(0);
    gone(process);
}

/// Waits until a process is gone, or is one that nobody has waited for.
#[expect(clippy::disallowed_methods, reason = "a process ends when it ends")]
fn gone(process: u32) {
    let begin = Instant::now();
    let lives = || fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z"));
    while lives() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{process} outlives its host");
        std::thread::yield_now();
    }
}

#[test]
fn a_guest_process_does_not_outlive_a_host_that_is_killed() {
    let component = Component::of(&counting());
    let (running, process) = paper(&component.path(), "", &slow(600));
    drop(running);
    gone(process);
}

#[test]
fn a_killed_guest_process_is_one_halt_and_is_started_again() {
    let (component, tape) = (Component::of(&counting()), slow(60));
    let lines = "restarts_max = 1\nrestart_backoff = \"1s\"\ncheckpoint_events = 5";
    let (running, process) = paper(&component.path(), lines, &tape);
    let killed = Command::new("kill").args(["-KILL", &process.to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    let journal = running.path("journal");
    let ended = running.wait();
    ended.expect_code(3);
    let records = |name: &str| {
        let found = Run::dev(["inspect", "--json"]).arg(&journal).args(["--only", name]).finish();
        found.expect_code(0);
        found.json_lines()
    };
    let halts: Vec<Value> = records("StrategyHalted");
    assert_eq!(halts.len(), 1, "{halts:?}");
    assert_eq!(halts[0]["code"], "H-ISOLATION");
    assert_eq!(records("StrategyResumed").len(), 1);
    for isolation in ["in-process", "process"] {
        let run = Run::dev(["replay", "--json", "--isolation", isolation, "--data"]).arg(&tape.path).arg(&journal);
        let verdict = run.env("AIS_RISK_HMAC_SECRET", SECRET).finish();
        verdict.expect_code(0);
        assert_eq!(verdict.json()["match"], true, "{isolation}");
    }
}

/// The process tries: descriptors and variables that the host has, files, sockets, signals, threads, programs, memory.
#[test]
fn a_guest_process_inherits_nothing_and_reaches_nothing() {
    let script = format!("exec 8</etc/passwd 9>/dev/null; exec '{}' doctor --json", binary::dev().display());
    let run = Command::new("sh").args(["-c", &script]).env("AIS_SECRET", "x").output().expect("a shell");
    let json: Value = serde_json::from_slice(&run.stdout).expect("doctor prints JSON");
    let checks = json["checks"].as_array().expect("there are checks");
    let guest = checks.iter().find(|check| check["name"] == "guest process").expect("a guest process is tried");
    assert_eq!(guest["state"], "ok", "{guest}");
}

#[test]
fn the_hidden_verb_is_of_no_use_to_people() {
    let run = Run::dev(["guest-process"]).finish();
    run.expect_code(1);
    assert!(run.stderr.contains("for ringfence itself"), "{}", run.stderr);
    let help = Run::dev(["--help"]).finish().stdout;
    assert!(!help.contains("guest-process"), "{help}");
}
