//! Hostile files that are refused: in place of a component at the start of a session, and in place of one that runs.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use ringfence_tests::{Finished, Run, Setup, Tape, process, setup, workspace};

use super::guest::Guest;
use super::proposals::proposals;
use super::sessions::{ROWS, good, quiet, times};

/// What lies where a component should.
enum Place {
    Bytes(Vec<u8>),
    /// A file of ten gigabytes that takes no space.
    Sparse,
    Link(&'static str),
    /// A pipe that nobody writes to.
    Pipe,
    Folder,
    /// One that never ends; where the machine lets nobody make a device, a socket.
    Device,
}

struct Row {
    name: &'static str,
    place: Place,
    code: &'static str,
    /// What is said beside the code.
    says: &'static str,
}

fn row(name: &'static str, code: &'static str, bytes: impl Into<Vec<u8>>) -> Row {
    Row { name, place: Place::Bytes(bytes.into()), code, says: "" }
}

/// What is no file.
fn odd(name: &'static str, place: Place, says: &'static str) -> Row {
    Row { name, place, code: "E-NOT-REGULAR", says }
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Each level is made twice: a kilobyte that unfolds to millions.
fn instance_bomb() -> Vec<u8> {
    let level = |n: u32| {
        let (inner, made) = (n - 1, "(instance (instantiate $c))");
        format!("(component $c{n} (alias outer 1 $c{inner} (component $c)) {made} {made})")
    };
    let levels: String = (1..=24).map(level).collect();
    wat(&format!(
        "(component (component $c0 (core module $m) (core instance (instantiate $m))) {levels} (instance (instantiate $c24)))"
    ))
}

/// `setup` that answers with this case and a list, or a text, of so many from address 0 on.
fn answering(case: u32, count: u32) -> String {
    format!(
        "(i32.store8 (i32.const 64) (i32.const {case})) (i32.store (i32.const 68) (i32.const 0))
         (i32.store (i32.const 72) (i32.const {count})) (i32.const 64)"
    )
}

fn table() -> Vec<Row> {
    let noise: Vec<u8> = b"\0asm\x0d\0\x01\0".iter().copied().chain((0..=255).cycle().take(5_000)).collect();
    let socket =
        wat::parse_file(workspace::root().join("tests/components/socket-importer.wat")).expect("it is WebAssembly");
    let looping = Guest::on_event("").items("(func $s (loop $l (br $l))) (start $s)").component();
    let early = Guest { setup: format!("{} (i32.const 64)", super::guest::submit(1, 1)), ..Guest::on_event("") };
    // Forty bytes each, all of them of one region: 4 MB, of which a call may hand over one.
    let plan = Guest { memory: "80".to_owned(), setup: answering(0, 100_000), ..Guest::on_event("") };
    let words = Guest { memory: "80".to_owned(), setup: answering(1, 64 << 20), ..Guest::on_event("") };
    let segments = "(data (i32.const 0) \"a\")".repeat(4_097);
    let mut rows = vec![
        row("h01_empty", "E-PARSE", b""),
        row("h01_noise", "E-PARSE", noise),
        row("h01_cut_off", "E-PARSE", &quiet()[..200]),
        row("h02_core_module", "E-CORE-MODULE", wat("(module (func (export \"on-event\")))")),
        Row { name: "h03_giant_file", place: Place::Sparse, code: "E-SIZE", says: "10737418240 bytes" },
        row("h04_forbidden_import", "E-IMPORT", socket),
        row("h06_missing_export", "E-EXPORT", wat("(component)")),
        row("h09_instance_bomb", "E-STRUCTURE", instance_bomb()),
        row("h12_huge_memory", "E-STRUCTURE", wat("(component (core module (memory 65536)))")),
        row("h13_start_loop", "E-INIT-FUEL", looping),
        row("h14_segment_flood", "E-STRUCTURE", wat(&format!("(component (core module (memory 1) {segments}))"))),
        row("h17_precompiled", "E-PRECOMPILED", b"\x7fELF\x02\x01\x01\0rest of an object file"),
        row("h30_plan_of_a_hundred_thousand", "E-SETUP", plan.component()),
        row("h30_refusal_of_64_mib", "E-SETUP", words.component()),
        odd("h19_link_to_a_device", Place::Link("/dev/zero"), "a symbolic link"),
        odd("h19_link_to_nothing", Place::Link("/nowhere/strategy.wasm"), "a symbolic link"),
        odd("h19_link_to_memory", Place::Link("/proc/self/mem"), "a symbolic link"),
        odd("h19_pipe", Place::Pipe, "a pipe, socket or device"),
        odd("h19_folder", Place::Folder, "a folder"),
        odd("h19_device", Place::Device, "a pipe, socket or device"),
        row("h37_wrong_phase", "E-PHASE", early.component()),
    ];
    rows.extend(
        proposals().into_iter().map(|(proposal, bytes)| Row { says: proposal, ..row("h07", "E-PROPOSAL", bytes) }),
    );
    rows
}

impl Row {
    /// Puts it where a component is, as a whole.
    fn put(&self, path: &Path) {
        let beside = path.with_extension("tmp");
        match &self.place {
            Place::Bytes(bytes) => fs::write(&beside, bytes).expect("written"),
            Place::Sparse => {
                fs::File::create(&beside).and_then(|file| file.set_len(10 << 30)).expect("a sparse file");
            }
            Place::Link(to) => std::os::unix::fs::symlink(to, &beside).expect("a link"),
            Place::Pipe => assert!(made("mkfifo", &beside, &[]), "a pipe"),
            Place::Folder => fs::create_dir(&beside).expect("a folder"),
            Place::Device if made("mknod", &beside, &["c", "1", "5"]) => {}
            Place::Device => drop(std::os::unix::net::UnixListener::bind(&beside).expect("a socket")),
        }
        // A folder takes the place of nothing but a folder, and nothing else takes its place.
        if path.is_dir() {
            fs::remove_dir(path).expect("it is empty");
        } else if matches!(self.place, Place::Folder) {
            drop(fs::remove_file(path));
        }
        fs::rename(&beside, path).expect("renamed");
    }

    /// Code and particulars are told.
    #[track_caller]
    fn is_told(&self, context: &str, told: &str) {
        for part in [self.code, self.says] {
            assert!(told.contains(part), "{} {} {context}: {part:?} is missing in {told}", self.name, self.says);
        }
    }
}

/// True when the program made it.
fn made(program: &str, path: &Path, arguments: &[&str]) -> bool {
    let run = Command::new(program).arg(path).args(arguments).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

fn text(component: &Path) -> String {
    Setup::default()
        .strategy("hostile", component, "memory_mb = 8")
        .text()
        .replace("\"simulation\"\ncap", "\"paper\"\ncap")
}

fn started(mode: &[&str], row: &Row, tape: &Tape) -> Finished {
    let run = Run::dev(mode.iter().copied().chain(["--json", "--config"]));
    let (component, config, journal) = (run.path("hostile.wasm"), run.path("host.toml"), run.path("journal"));
    row.put(&component);
    let run = run.env("RINGFENCE_CACHE", setup::machine_code()).file("host.toml", text(&component)).arg(config);
    run.arg("--data").arg(&tape.path).arg("--journal").arg(journal).finish()
}

#[test]
fn every_row_is_refused_by_check_with_the_same_code() {
    for row in table().iter().filter(|row| !is_found_at_its_start(row)) {
        let run = Run::dev(["check", "--json"]);
        let component = run.path("hostile.wasm");
        row.put(&component);
        let finished = run.arg(component).finish();
        finished.expect_code(1);
        let refusals = finished.json()["refusals"].clone();
        row.is_told("check", &format!("{} {}", refusals[0]["code"], refusals[0]["detail"]));
    }
}

/// What only its start shows.
fn is_found_at_its_start(row: &Row) -> bool {
    matches!(row.code, "E-INIT-FUEL" | "E-PHASE" | "E-SETUP")
}

#[test]
fn every_row_keeps_a_session_from_starting_in_a_backtest_and_in_paper() {
    let tape = Tape::trades(ROWS);
    for row in table() {
        for mode in [&["backtest"][..], &["run", "--mode", "paper", "--speed", "max"]] {
            let finished = started(mode, &row, &tape);
            assert_eq!(finished.code, Some(2), "{} {mode:?}: {}", row.name, finished.stderr);
            row.is_told(&format!("{mode:?}"), &finished.stderr);
            assert!(!finished.path("journal").exists(), "{} {mode:?}: a session was opened", row.name);
        }
    }
}

#[test]
fn every_row_in_place_of_a_component_that_runs_is_told_and_the_old_one_goes_on() {
    // A trade each second, for longer than this takes.
    let row = |n: u64| format!("{},170.0{},100\n", 1_700_000_040_000_000_000 + n * 1_000_000_000, n % 10);
    let tape = Tape::written(&format!("ts_ns,price,qty\n{}", (0..2_000).map(row).collect::<String>()));
    let run = Run::dev(["run", "--mode", "paper", "--json", "--watch", "--journal", "journal"]);
    let component = run.path("hostile.wasm");
    let run = run.env("RINGFENCE_CACHE", setup::machine_code()).file("hostile.wasm", good());
    let run = run.file("host.toml", text(&component)).args(["--config", "host.toml", "--data"]).arg(&tape.path);
    let mut session = run.start();
    session.wait_for("Ctrl-C ends it");
    let before = process::peak_kib(session.id());
    for row in table() {
        row.put(&component);
        session.wait_for(&format!("strategy hostile goes on as it was: {}", row.code));
    }
    let grown = before.zip(process::peak_kib(session.id())).map(|(before, after)| after - before);
    assert!(grown.is_none_or(|kib| kib < 32 << 10), "refusing all of them, the host grew by {grown:?} KiB");
    let finished = session.interrupt();
    finished.expect_code(0);
    let json = finished.json();
    assert_eq!(json["notices"].as_array().map_or(0, Vec::len), 0, "nothing took its place: {json}");
    // One event of each, with the code.
    let inspected = Run::dev(["inspect", "--json", "--only", "ReloadRefused"]).arg(finished.path("journal")).finish();
    let told: Vec<String> =
        inspected.json_lines().iter().map(|line| line["text"].as_str().expect("a text").to_owned()).collect();
    assert_eq!(told.len(), table().len(), "{told:#?}");
    for (row, told) in table().iter().zip(&told) {
        assert!(told.starts_with(row.code), "{}: {told}", row.name);
        row.is_told("recorded", told);
    }
    let replay = Run::dev(["replay", "--json", "--verify", "--data"]).arg(&tape.path).arg(finished.path("journal"));
    let verdict = replay.env("RINGFENCE_CACHE", setup::machine_code()).finish();
    verdict.expect_code(0);
    assert_eq!(verdict.json()["match"], true);
}

#[test]
fn every_row_that_a_script_would_swap_in_is_refused_and_the_old_one_goes_on() {
    let tape = Tape::trades(ROWS);
    let at = times(&tape)[20];
    for row in table() {
        let run = Run::dev(["backtest", "--json", "--config", "host.toml", "--events", "events.toml", "--data"]);
        let (component, bad) = (run.path("good.wasm"), run.path("hostile.wasm"));
        row.put(&bad);
        let event = format!("[[events]]\nat = {at}\nkind = \"swap\"\nstrategy = \"hostile\"\ncomponent = {bad:?}\n");
        let run =
            run.env("RINGFENCE_CACHE", setup::machine_code()).file("good.wasm", good()).file("events.toml", event);
        let finished = run.file("host.toml", text(&component)).arg(&tape.path).finish();
        // What only its start shows is found when it is to take the place, and the one before goes on.
        let told = if is_found_at_its_start(&row) {
            finished.expect_code(0);
            let json = finished.json();
            assert_eq!(json["notices"][0]["kind"], "not-swapped", "{}", row.name);
            assert_eq!(json["strategies"][0]["calls"], ROWS, "{}", row.name);
            json["notices"][0]["text"].as_str().expect("a text").to_owned()
        } else {
            assert_eq!(finished.code, Some(2), "{}: {} {}", row.name, finished.stdout, finished.stderr);
            finished.stderr.clone()
        };
        row.is_told("script", &told);
    }
}
