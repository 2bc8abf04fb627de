//! Compiling in a worker: the binary started once more, with components that take too much. The ids in names of tests are
//! explained in `tests/hostile.md`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ringfence_sandbox::{AdmissionCode, CompileLimits, Compiler, Refusal, Rules, Worker, check, check_compiled};
use ringfence_tests::{Run, Setup, Tape, binary, process};

/// Small limits: the rule is the same, and the test is short.
const LIMITS: CompileLimits = CompileLimits { cpu_s: 1, memory_bytes: 1 << 30, ..CompileLimits::STRATEGY };

/// A function of many locals, each of them changed on one of many ways: the compiler has to merge all of them wherever
/// two ways meet, and to find a place for each.
fn bomb(locals: usize, branches: usize) -> Vec<u8> {
    let branch = |n: usize| {
        let (from, to) = (1 + n * 7 % locals, 1 + (n * 13 + 5) % locals);
        format!("(block (br_if 0 (local.get 0)) (local.set {to} (i32.add (local.get {from}) (local.get 0))))")
    };
    let branches: String = (0..branches).map(branch).collect();
    let sum: String = (1..=locals).map(|n| format!("local.get {n} i32.add ")).collect();
    let locals = "i32 ".repeat(locals);
    let module = format!(
        "(module (func (param i32) (result i32) (local {locals})
            (loop {branches} (br_if 0 (local.get 0))) i32.const 0 {sum}))"
    );
    wat::parse_str(module).expect("the text is WebAssembly")
}

/// A good strategy with one more core module, which nothing ever instantiates, in a folder that lives as long as the value.
fn with_module(module: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let mut component = std::fs::read(binary::component("ringfence_ema_cross")).expect("the component reads");
    component.push(1);
    let mut length = module.len();
    while length > 0x7f {
        component.push(length as u8 | 0x80);
        length >>= 7;
    }
    component.push(length as u8);
    component.extend(module);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("bomb.wasm");
    std::fs::write(&path, component).expect("a file is written");
    (folder, path)
}

/// What the worker makes of the file within these limits.
fn compiled(path: &Path, limits: CompileLimits) -> Result<(), Refusal> {
    let worker = Worker { program: binary::dev().to_owned(), limits: Some(limits) };
    let report = check_compiled(path, &Rules::default(), &Compiler::Worker(worker)).expect("an engine");
    report.refusals.into_iter().next().map_or(Ok(()), Err)
}

#[test]
fn a_good_component_compiles_within_a_tenth_of_the_limits() {
    let limits = CompileLimits { cpu_s: 2, memory_bytes: 100 << 20, code_bytes: 1 << 20, ..CompileLimits::STRATEGY };
    assert_eq!(compiled(&binary::component("ringfence_ema_cross"), limits), Ok(()));
}

#[test]
fn h08_compile_bomb_in_time() {
    let (_folder, path) = with_module(&bomb(2_000, 3_000));
    assert!(path.metadata().unwrap().len() < 130_000, "a small file does it");
    assert!(check(&path, &Rules::default()).is_ok(), "nothing of its structure tells");
    let refusal = compiled(&path, LIMITS).expect_err("it takes seven seconds");
    assert_eq!(refusal.code, AdmissionCode::CompileTime, "{refusal}");
    assert!(refusal.expected.contains("1 s of processor time and 10 s by the clock"), "{refusal}");
}

#[test]
fn h09_compile_bomb_in_memory() {
    let (_folder, path) = with_module(&bomb(2_000, 3_000));
    let limits = CompileLimits { cpu_s: 8, memory_bytes: 64 << 20, ..CompileLimits::STRATEGY };
    let refusal = compiled(&path, limits).expect_err("it takes 280 MiB");
    assert_eq!(
        (refusal.code, refusal.expected.as_str()),
        (AdmissionCode::CompileMemory, "at most 64 MiB"),
        "{refusal}"
    );
}

#[test]
fn h09_machine_code_has_a_limit() {
    let limits = CompileLimits { cpu_s: 8, code_bytes: 10_000, ..CompileLimits::STRATEGY };
    let refusal = compiled(&binary::component("ringfence_ema_cross"), limits).expect_err("its code is larger");
    assert_eq!(refusal.code, AdmissionCode::CompileMemory, "{refusal}");
    assert!(refusal.found.contains("machine code"), "{refusal}");
}

/// The limits of the binary itself, by which the worker is stopped while it needs seconds and hundreds of megabytes.
#[test]
fn h08_a_bomb_among_strategies_is_named_and_the_binary_goes_on() {
    let (_folder, path) = with_module(&bomb(2_000, 12_000));
    let good = "params = { qty = \"1\" }";
    let setup = Setup::default().strategy("bomb", &path, good);
    let setup = setup.strategy("good", &binary::component("ringfence_ema_cross"), good);
    let json = setup.backtest(&Tape::trades(10)).json(2);
    let problems = json["problems"].as_array().expect("there are problems");
    assert_eq!(problems.len(), 1, "{json}");
    assert_eq!(problems[0]["key"], "strategies.bomb.component");
    let message = problems[0]["message"].as_str().expect("a problem says what is wrong");
    assert!(message.contains("E-COMPILE-TIME") || message.contains("E-COMPILE-MEMORY"), "{message}");
}

/// The same in place of a component that runs: the session goes on meanwhile, stays as small as it was, and replays.
#[test]
fn h08_a_bomb_in_place_of_a_component_that_runs_is_refused_and_the_session_goes_on() {
    let row = |n: u64| format!("{},170.0{},100\n", 1_700_000_040_000_000_000 + n * 1_000_000_000, n % 10);
    let tape = Tape::written(&format!("ts_ns,price,qty\n{}", (0..6_000).map(row).collect::<String>()));
    let run = Run::dev(["run", "--mode", "paper", "--json", "--watch", "--speed", "20", "--journal", "journal"]);
    let component = run.path("ema.wasm");
    let text = Setup::default().strategy("ema", &component, "params = { qty = \"1\" }").text();
    let run = run.file("ema.wasm", std::fs::read(binary::component("ringfence_ema_cross")).expect("it is built"));
    let run = run.file("host.toml", text.replace("simulation\"\ncap", "paper\"\ncap"));
    let mut session = run.args(["--config", "host.toml", "--data"]).arg(&tape.path).start();
    session.wait_for("Ctrl-C ends it");
    let before = process::peak_kib(session.id());
    let (_folder, bomb) = with_module(&bomb(2_000, 12_000));
    std::fs::copy(&bomb, &component).expect("it takes the place");
    session.wait_for("strategy ema goes on as it was: E-COMPILE-");
    // What takes hundreds of megabytes takes them elsewhere.
    let grown = before.zip(process::peak_kib(session.id())).map(|(before, after)| after - before);
    assert!(grown.is_none_or(|kib| kib < 32 << 10), "the host grew by {grown:?} KiB");
    let finished = session.interrupt();
    finished.expect_code(0);
    // Compiling takes seconds until it is stopped, and each brings twenty trades.
    assert!(finished.json()["rows"].as_u64() > Some(20), "{}", finished.stdout);
    let replay = Run::dev(["replay", "--json", "--data"]).arg(&tape.path).arg(finished.path("journal")).finish();
    assert_eq!(replay.json()["match"], true, "{}", replay.transcript());
}

#[test]
fn check_compiles_where_asked_and_tells_the_limits() {
    let component = binary::component("ringfence_ema_cross");
    let json = Run::dev(["check", "--json", "--compile"]).arg(&component).finish().json();
    assert_eq!(json["ok"], true, "{json}");
    assert_eq!(json["compile_limits"]["wall_seconds"], 10, "{json}");
    let text = Run::dev(["check"]).arg(&component).finish().stdout;
    assert!(text.contains("compile  at most 8 s of processor time, 10 s by the clock, 1024 MiB of memory"), "{text}");
}

/// A worker started by hand, which waits for a component with every guard up.
struct Waiting {
    child: Child,
}

impl Waiting {
    fn start() -> Waiting {
        let mut command = Command::new(binary::dev());
        command.args(["compile-worker", "5", "1000000000", "2000000"]).env_clear();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut greeting = [0; 49];
        child.stdout.as_mut().expect("piped").read_exact(&mut greeting).expect("it greets");
        assert_eq!(&greeting[..16], b"ringfence-work@1");
        Waiting { child }
    }

    /// A file in its folder of `/proc`.
    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).expect("it lives")
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("it is ours to end");
    }
}

/// The value behind a name in one of these files.
#[track_caller]
fn value<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).trim()
}

#[test]
fn the_worker_reads_nothing_before_its_guards_and_limits_hold() {
    let worker = Waiting::start();
    let status = worker.file("status");
    assert_eq!(value(&status, "Seccomp:"), "2");
    assert_eq!(value(&status, "NoNewPrivs:"), "1");
    assert_eq!(value(&status, "Threads:"), "1");
    let limits = worker.file("limits");
    let limit = |name: &str| value(&limits, name).split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    assert_eq!(limit("Max cpu time"), "5 6");
    assert_eq!(limit("Max address space"), "1000000000 1000000000");
    assert_eq!(limit("Max file size"), "2000000 2000000");
    assert_eq!(limit("Max core file size"), "0 0");
}

#[test]
fn a_worker_ends_when_its_host_ends() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (said, program) = (folder.path().join("said"), binary::dev());
    let script = format!(
        "exec 3<&0; '{}' compile-worker 5 1000000000 2000000 <&3 >'{}' & echo $!; wait",
        program.display(),
        said.display()
    );
    let mut host =
        Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut pid = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(host.stdout.as_mut().unwrap()), &mut pid).unwrap();
    while said.metadata().map_or(0, |metadata| metadata.len()) < 49 {
        assert!(lives(&pid), "the worker ended before its host");
        std::thread::yield_now();
    }
    // Its standard input stays open: we hold the other end of it.
    let _input = host.stdin.take();
    host.kill().and_then(|()| host.wait()).expect("it is ours to end");
    // Far longer than a kill takes, in looks of some microseconds.
    let gone = (0..10_000_000).any(|_| {
        std::thread::yield_now();
        !lives(&pid)
    });
    assert!(gone, "the worker outlives its host");
}

/// Who was killed and not yet buried is a zombie.
fn lives(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z"))
}

/// The worker tries: descriptors and variables that the host has, files, sockets, threads, programs.
#[test]
fn a_worker_inherits_nothing_and_reaches_nothing() {
    let script = format!("exec 8</etc/passwd 9>/dev/null; exec '{}' doctor --json", binary::dev().display());
    let run = Command::new("sh").args(["-c", &script]).env("AIS_SECRET", "x").output().expect("a shell");
    let json: serde_json::Value = serde_json::from_slice(&run.stdout).expect("doctor prints JSON");
    let checks = json["checks"].as_array().expect("there are checks");
    let worker = checks.iter().find(|check| check["name"] == "compile worker").expect("the worker is tried");
    assert_eq!(worker["state"], "ok", "{worker}");
    assert!(worker["detail"].as_str().is_some_and(|detail| detail.starts_with("shut in; at most 8 s")), "{worker}");
}

#[test]
fn the_hidden_verb_is_of_no_use_to_people() {
    let run = Run::dev(["compile-worker"]).finish();
    run.expect_code(1);
    assert!(run.stderr.contains("for ringfence itself"), "{}", run.stderr);
    let help = Run::dev(["--help"]).finish().stdout;
    assert!(!help.contains("compile-worker"), "{help}");
}
