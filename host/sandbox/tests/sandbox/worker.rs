//! The compile worker as the host sees it: whatever a worker does, the host refuses cleanly and goes on. The workers here
//! are scripts; `tests/tests/compiling.rs` has the real one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ringfence_core::ids::StrategyId;
use ringfence_sandbox::{AdmissionCode, CodeSource, CompileLimits, Compiler, Options, Refusal, Sandbox, Worker};

use super::guest::{Guest, submit};
use super::rig::{bytes, config, slot};

/// Small limits: a second by the clock, a thousand bytes of code.
const LIMITS: CompileLimits = CompileLimits { cpu_s: 1, wall_s: 1, memory_bytes: 256 << 20, code_bytes: 1_000 };

fn worker(program: impl Into<PathBuf>) -> Compiler {
    Compiler::Worker(Worker { program: program.into(), limits: Some(LIMITS) })
}

/// What the host makes of a worker that does what the script says.
#[track_caller]
fn refused(script: &str) -> Refusal {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("worker");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("set");
    load(worker(program)).expect_err("a script is no compiler")
}

fn load(compiler: Compiler) -> Result<CodeSource, Refusal> {
    let mut sandbox = Sandbox::new(Options { compiler, ..Options::default() }).expect("an engine");
    let component = Guest::on_event(&submit(0, 1)).component();
    let loaded = sandbox.load(StrategyId(1), &config(vec![slot("a")]), bytes(&component));
    loaded.map(|loaded| loaded.source).map_err(|mut refusals| refusals.remove(0))
}

/// The worker is at fault, and what is said of it has this in it.
#[track_caller]
fn check(script: &str, found: &str) {
    let refusal = refused(script);
    assert_eq!(refusal.code, AdmissionCode::CompileWorker, "{refusal}");
    assert!(refusal.is_outside() && refusal.found.contains(found), "{refusal}");
}

#[test]
fn a_worker_that_crashes_is_no_outcome_of_the_component() {
    check("kill -SEGV $$", "signal: 11");
    check("kill -ABRT $$", "signal: 6");
    check("kill -KILL $$", "signal: 9");
    check("echo 'no luck today' >&2; exit 3", "exit status: 3: no luck today");
}

#[test]
fn a_worker_that_writes_garbage_or_nothing_or_half_is_refused() {
    check("echo garbage", "something else than an answer");
    check("true", "something else than an answer");
    check("exec 0<&- 1>&- 2>&-", "something else than an answer");
    check("printf ringfence-work@1", "cut off");
    check("printf ringfence-work@1; head -c 900 /dev/zero", "another build");
    check("head -c 100", "something else than an answer");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the rule is one of time by the clock")]
fn a_worker_that_hangs_is_killed_with_all_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let note = folder.path().join("pids");
    let begin = Instant::now();
    check(&format!("sleep 60 & echo $! $$ >'{}'; wait", note.display()), "was killed after 1 s by the clock");
    assert!(begin.elapsed() < Duration::from_secs(20), "it was waited for");
    let pids = fs::read_to_string(note).expect("the script ran");
    assert_eq!(pids.split_whitespace().count(), 2, "{pids}");
    while pids.split_whitespace().any(lives) {
        assert!(begin.elapsed() < Duration::from_secs(40), "one of {pids} lives on");
        std::thread::yield_now();
    }
}

/// Who was killed and not yet buried is a zombie.
fn lives(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

#[test]
fn h08_what_works_until_the_limit_is_the_components_fault() {
    let refusal = refused("kill -XCPU $$");
    assert_eq!(refusal.code, AdmissionCode::CompileTime, "{refusal}");
    let busy = refused("while :; do :; done");
    assert_eq!(busy.code, AdmissionCode::CompileTime, "{busy}");
    assert!(!busy.is_outside() && busy.found.contains("1 s by the clock"), "{busy}");
}

#[test]
fn h09_memory_and_code_have_limits() {
    let memory = refused("echo 'memory allocation of 7 bytes failed' >&2; kill -ABRT $$");
    assert_eq!(memory.code, AdmissionCode::CompileMemory, "{memory}");
    assert_eq!(memory.expected, "at most 256 MiB");
    let code = refused("head -c 5000 /dev/zero");
    assert_eq!((code.code, code.found.as_str()), (AdmissionCode::CompileMemory, "more machine code than is allowed"));
    assert_eq!(refused("kill -XFSZ $$").code, AdmissionCode::CompileMemory);
}

#[test]
fn a_worker_that_does_not_start_is_refused() {
    let refusal = load(worker("/no/such/program")).expect_err("there is none");
    assert_eq!(refusal.code, AdmissionCode::CompileWorker);
    assert!(refusal.found.contains("does not start"), "{refusal}");
}

/// Its arguments, variables and folder; the verb and three numbers is all it is told.
#[test]
fn a_worker_is_given_nothing_of_the_hosts() {
    check(r#"echo "[$(tr '\0' ' ' </proc/$$/environ)] $(pwd) $*" >&2; exit 1"#, "[] / compile-worker 1 268435456 1058");
}

#[test]
fn what_a_worker_says_is_made_fit_to_be_shown() {
    let refusal = refused(r"printf '\033[31mred' >&2; exit 1");
    assert!(!refusal.found.contains('\x1b') && refusal.found.contains("red"), "{refusal}");
}

#[test]
fn what_the_cache_has_starts_no_worker() {
    let outer = tempfile::tempdir().expect("a folder");
    let start = |compiler| {
        let options = Options { cache: Some(outer.path().join("cache")), compiler, ..Options::default() };
        let mut sandbox = Sandbox::new(options).expect("an engine");
        let component = Guest::on_event(&submit(0, 1)).component();
        sandbox.load(StrategyId(1), &config(vec![slot("a")]), bytes(&component)).map(|loaded| loaded.source)
    };
    assert_eq!(start(Compiler::Here), Ok(CodeSource::Compiled));
    assert_eq!(start(worker("/no/such/program")), Ok(CodeSource::Cache));
}

#[test]
fn a_worker_that_fails_leaves_the_strategy_that_runs() {
    let component = Guest::on_event(&submit(0, 1)).component();
    let mut sandbox = Sandbox::new(Options::default()).expect("an engine");
    let config = config(vec![slot("a")]);
    sandbox.load(StrategyId(1), &config, bytes(&component)).expect("a good component");
    let mut failing = sandbox.compiling(worker("/no/such/program"));
    assert!(failing.load(StrategyId(1), &config, bytes(&component)).is_err());
    assert!(failing.usage(StrategyId(1)).is_some(), "the instance lives");
}
