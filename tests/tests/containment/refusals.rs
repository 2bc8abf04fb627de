//! Components that are refused before anything of them is compiled or run. The ids in names of tests are explained in
//! `tests/hostile.md`.

use std::path::{Path, PathBuf};
use std::process::Command;

use ringfence_tests::{Finished, Run, Setup, Tape, binary, workspace};
use serde_json::Value;

/// What a refusal is to people: `backtest` and `check` of the file at `component`.
struct Refused {
    backtest: Finished,
    check: Value,
}

/// Runs both. A refusal comes in a second whatever the file is, and leaves neither machine code nor a journal.
#[track_caller]
fn refused(component: &Path, lines: &str) -> Refused {
    let tape = Tape::trades(10);
    let run = Run::dev(["backtest", "--json", "--config"]).limit(std::time::Duration::from_secs(20));
    let (config, journal, cache) = (run.path("host.toml"), run.path("journal"), run.path("cache"));
    let run = run.env("RINGFENCE_CACHE", &cache).file("host.toml", setup(component, lines).text()).arg(&config);
    let backtest = run.arg("--data").arg(&tape.path).arg("--journal").arg(&journal).finish();
    backtest.expect_code(2);
    assert!(!cache.exists() || std::fs::read_dir(&cache).expect("a folder").next().is_none(), "it was compiled");
    assert!(!journal.exists(), "a session was opened");
    let check = Run::dev(["check", "--json"]).arg(component).finish();
    assert!(matches!(check.code, Some(0 | 1)), "{:?} {}", check.code, check.stderr);
    Refused { backtest, check: check.json() }
}

fn setup(component: &Path, lines: &str) -> Setup {
    Setup::default().strategy("hostile", component, lines)
}

/// The file is refused with this code by both commands; the report of the first is what people read.
#[track_caller]
fn check(component: &Path, code: &str, found: &str) -> String {
    let Refused { backtest, check } = refused(component, "");
    assert_eq!(check["ok"], false);
    assert_eq!(check["refusals"][0]["code"], code, "{check}");
    let problems = backtest.json();
    let named = |problem: &&Value| problem["message"].as_str().is_some_and(|message| message.contains(code));
    let problem = problems["problems"].as_array().and_then(|list| list.iter().find(named)).expect("the code is named");
    assert_eq!((&problem["code"], &problem["key"]), (&"C-COMPONENT".into(), &"strategies.hostile.component".into()));
    let message = problem["message"].as_str().expect("a problem says what is wrong");
    for part in [code, found, "expected"] {
        assert!(message.contains(part), "{part:?} is missing in {message:?}");
    }
    assert!(problem["fix"].as_str().is_some_and(|fix| fix.len() > 10), "what to do is missing in {problem}");
    backtest.stderr.clone()
}

/// A file of these bytes, in a folder that lives as long as the value.
fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("hostile.wasm");
    std::fs::write(&path, bytes).expect("a file is written");
    (folder, path)
}

fn socket_importer() -> (tempfile::TempDir, PathBuf) {
    let source = workspace::root().join("tests/components/socket-importer.wat");
    file(&wat::parse_file(source).expect("the text is WebAssembly"))
}

#[test]
fn a_component_that_imports_a_socket_is_refused() {
    let (_folder, path) = socket_importer();
    let imports = "wasi:sockets/network@0.2.0, wasi:sockets/tcp@0.2.0, wasi:http/outgoing-handler@0.2.0, \
                   wasi:filesystem/preopens@0.3.0";
    let stderr = check(&path, "E-IMPORT", imports);
    assert!(stderr.contains("expected imports of ringfence:strategy (view, intents)"), "{stderr}");
    assert!(stderr.contains("host.toml:"), "{stderr}");
    let report = Run::dev(["check"]).arg(&path).finish();
    report.expect_code(1);
    assert!(report.stdout.contains("REFUSED") && report.stdout.contains(imports), "{}", report.stdout);
}

#[test]
fn one_hostile_component_keeps_a_whole_host_from_starting_and_is_named_alone() {
    let (_folder, path) = socket_importer();
    let good = "params = { qty = \"1\" }";
    let setup = setup(&path, "").strategy("good", &binary::component("ringfence_ema_cross"), good);
    let session = setup.backtest(&Tape::trades(10));
    let json = session.json(2);
    let keys: Vec<_> = json["problems"].as_array().unwrap().iter().map(|problem| problem["key"].clone()).collect();
    assert!(!keys.is_empty() && keys.iter().all(|key| key == "strategies.hostile.component"), "{keys:?}");
}

#[test]
fn h01_garbage() {
    for bytes in [&b""[..], b"\0", b"not wasm", b"\0asm\x0d\0\x01\0\xff\xff\xff"] {
        let (_folder, path) = file(bytes);
        check(&path, "E-PARSE", "offset");
    }
    let whole = std::fs::read(binary::component("ringfence_ema_cross")).unwrap();
    let (_folder, path) = file(&whole[..whole.len() / 2]);
    check(&path, "E-PARSE", "offset");
}

#[test]
fn h02_core_module() {
    let (_folder, path) = file(&wat::parse_str("(module (func (export \"on-event\")))").unwrap());
    let stderr = check(&path, "E-CORE-MODULE", "a core module");
    assert!(stderr.contains("ringfence build DIR"), "{stderr}");
}

#[test]
fn h03_giant_file() {
    let (_folder, path) = file(b"");
    // Sparse: it takes no space, and nothing of it is read.
    std::fs::File::options().write(true).open(&path).unwrap().set_len(10 << 30).unwrap();
    check(&path, "E-SIZE", "10737418240 bytes");
}

#[test]
fn h06_missing_export() {
    let (_folder, path) = file(&wat::parse_str("(component)").unwrap());
    check(&path, "E-EXPORT", "no export ringfence:strategy/guest");
}

#[test]
fn h17_precompiled_blob() {
    let program = std::fs::read("/proc/self/exe").unwrap();
    let (_folder, path) = file(&program[..4096]);
    check(&path, "E-PRECOMPILED", "machine code");
}

#[test]
fn h17_a_file_of_the_hosts_own_machine_code_is_no_component() {
    let cache = tempfile::tempdir().unwrap();
    let code = cache.path().join("code");
    let run = Run::dev(["backtest", "--json", "--config"]).env("RINGFENCE_CACHE", &code);
    let good = setup(&binary::component("ringfence_ema_cross"), "params = { qty = \"1\" }");
    let (tape, config) = (Tape::trades(10), run.path("host.toml"));
    run.file("host.toml", good.text()).arg(&config).arg("--data").arg(&tape.path).finish().expect_code(0);
    let entries = std::fs::read_dir(code).unwrap().map(|entry| entry.unwrap().path());
    let largest = entries.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let (_folder, path) = file(&std::fs::read(largest).unwrap());
    let Refused { backtest, check } = refused(&path, "");
    assert_eq!(check["ok"], false);
    assert!(backtest.stderr.contains("E-PARSE") || backtest.stderr.contains("E-PRECOMPILED"), "{}", backtest.stderr);
}

#[test]
fn h18_another_hash_than_the_pinned_one() {
    let good = binary::component("ringfence_ema_cross");
    let pin = "7".repeat(64);
    let lines = format!("sha256 = {pin:?}\nparams = {{ qty = \"1\" }}");
    let Refused { backtest, check } = refused(&good, &lines);
    let found = check["sha256"].as_str().unwrap();
    for part in ["E-PIN", found, &pin] {
        assert!(backtest.stderr.contains(part), "{part} is missing in {}", backtest.stderr);
    }
    let right = format!("sha256 = {found:?}\nparams = {{ qty = \"1\" }}");
    setup(&good, &right).backtest(&Tape::trades(10)).finished.expect_code(0);
}

#[test]
fn h19_folder_pipe_link_and_device() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, link, device) = (folder.path().join("pipe"), folder.path().join("link"), folder.path().join("device"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::os::unix::fs::symlink(binary::component("ringfence_ema_cross"), &link).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &device).unwrap();
    check(folder.path(), "E-NOT-REGULAR", "is a folder");
    check(&pipe, "E-NOT-REGULAR", "is a pipe, socket or device");
    check(&link, "E-NOT-REGULAR", "is a symbolic link");
    check(&device, "E-NOT-REGULAR", "is a symbolic link");
    check(Path::new("/dev/zero"), "E-NOT-REGULAR", "is a pipe, socket or device");
}

#[test]
fn a_strategy_that_refuses_its_parameters_says_so_in_its_own_words() {
    let tape = Tape::trades(10);
    let component = binary::component("hostile_trapper");
    for (lines, said) in [
        ("", "parameter `at` is missing"),
        ("params = { at = 0 }", "parameter `at` = `0`: want a whole number from 1 to 1000000"),
        ("params = { at = 1, ta = 2 }", "unknown parameter `ta`; known: at"),
    ] {
        let session = setup(&component, lines).backtest(&tape);
        session.finished.expect_code(2);
        let stderr = &session.finished.stderr;
        assert!(stderr.contains("E-SETUP") && stderr.contains(said), "{said:?} is missing in {stderr}");
        // The place is the line of `params`, or of its strategy where there are none.
        let text = std::fs::read_to_string(&session.config).expect("the configuration reads");
        let head = if lines.is_empty() { "[[strategies]]" } else { "params = " };
        let line = text.lines().position(|line| line.starts_with(head)).expect("the line is there") + 1;
        let problem = &session.finished.json()["problems"][0];
        assert_eq!((&problem["line"], &problem["key"]), (&line.into(), &"strategies.hostile.params".into()));
        assert!(problem["file"].as_str().is_some_and(|file| file.ends_with("host.toml")), "{problem}");
        assert!(!session.journal.exists(), "a session was opened");
    }
}
