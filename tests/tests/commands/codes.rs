//! Codes: exit codes of commands, and the stable codes in their messages.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ringfence_tests::{Finished, Run, Tape, binary, workspace};

use super::{ema, halting, run, session};

#[track_caller]
fn check(code: i32, arguments: &[&str]) -> Finished {
    let finished = Run::dev(arguments).finish();
    finished.expect_code(code);
    finished
}

#[test]
fn exit_codes_tell_what_happened() {
    let good = binary::component("ringfence_ema_cross");
    let good = good.to_str().unwrap();
    check(0, &["check", good]);
    check(0, &["explain", "H-FUEL"]);
    // The thing checked does not hold.
    check(1, &["check", "absent.wasm"]);
    check(1, &["check", "/dev/null"]);
    // Wrong usage or configuration.
    check(2, &[]);
    check(2, &["nonsense"]);
    check(2, &["check"]);
    check(2, &["backtest", "--config", "absent.toml"]);
    check(2, &["explain", "H-FUELL"]);
    check(2, &["inspect", "absent"]);
    check(2, &["build", "/"]);
    // A strategy was halted.
    halting().backtest(&Tape::trades(50)).finished.expect_code(3);
    // Something outside failed.
    check(4, &["data", "generate", "--out", "/no/such/folder/tape.csv"]);
}

#[test]
fn what_is_refused_for_its_usage_says_what_was_meant() {
    for (arguments, said) in [
        (&["bcktest"][..], "backtest"),
        (&["explain", "H-FUELL"], "did you mean H-FUEL?"),
        (&["data", "generate", "--layout", "trade", "--out", "x"], "trades"),
        (&["inspect", "absent", "--order", "9"], "expected STRATEGY/INTENT in numbers"),
        (&["backtest", "--config", "x", "--repeat", "0"], "a whole number from 1 to 4294967295 is needed"),
        (&["backtest", "--config", "x", "--risk-free", "abc"], "a number above -1 and below 10 is needed"),
        (&["sweep", "--config", "x", "--threads", "0"], "a whole number from 1 on is needed"),
        (&["sweep", "--config", "x", "--risk-free", "abc"], "a number above -1 and below 10 is needed"),
        (&["run", "--mode", "paper", "--config", "x", "--generate", "abc"], "a seed is needed, a whole number from 0"),
        (&["inspect", "x", "--at", "abc"], "the number of an event is needed, from 0"),
    ] {
        let finished = check(2, arguments);
        assert!(finished.stderr.contains(said), "{said:?} is missing in {}", finished.stderr);
        assert_eq!(finished.stdout, "");
    }
}

/// A file of another program is no tape yet.
#[test]
fn a_zip_in_the_place_of_a_tape_is_told_how_it_becomes_one() {
    let run = run(&["backtest", "--config", "host.toml", "--data", "some.zip"]).file("host.toml", ema().text());
    let finished = run.file("some.zip", b"PK\x03\x04 and more").finish();
    finished.expect_code(4);
    assert!(finished.stderr.contains("`ringfence data import FILE --out FILE.tape`"), "{}", finished.stderr);
}

/// A tape with one bad row: the message names file, line, column and value, and says what would be right.
#[test]
fn a_bad_row_of_a_tape_is_named_with_file_line_column_and_value() {
    let go = |text: &str, option: &[&str]| {
        let run = run(&["backtest", "--config", "host.toml", "--data", "rows.csv"]).args(option);
        run.file("host.toml", ema().text()).file("rows.csv", text).finish()
    };
    let cases = [
        ("1,145.07,100\n2,145.0x,100\n", ["line 3", "column price", "\"145.0x\"", "[T-NUMBER]"]),
        ("1,145.07,100\n2,145.071,100\n", ["line 3", "column price", "145.071", "[T-"]),
        ("5,145.07,100\n4,145.07,100\n", ["line 3", "column ts_ns", "4", "[T-"]),
        ("5,145.07,100\n6,145.07\n", ["line 3", "", "", "[T-"]),
    ];
    for (rows, parts) in cases {
        let text = format!("ts_ns,price,qty\n{rows}");
        let finished = go(&text, &[]);
        finished.expect_code(4);
        for part in ["rows.csv"].iter().chain(&parts) {
            assert!(finished.stderr.contains(part), "{part:?} is missing in {}", finished.stderr);
        }
        assert!(finished.stderr.contains("fix: "), "{}", finished.stderr);
        let json = go(&text, &["--json"]).json();
        assert_eq!(json["ok"], false);
        assert!(json["code"].as_str().is_some_and(|code| code.starts_with("T-")), "{json}");
    }
    let finished = go("a,b\n1,2\n", &[]);
    finished.expect_code(4);
    assert!(finished.stderr.contains("rows.csv line 1: header \"a,b\" is not known"), "{}", finished.stderr);
}

#[test]
fn a_journal_is_never_written_into_the_folder_of_another() {
    let session = session();
    let again = run(&["backtest", "--config"]).arg(&session.config).arg("--data").arg(&session.tape.path);
    let finished = again.arg("--journal").arg(&session.journal).finish();
    finished.expect_code(2);
    assert!(finished.stderr.contains("[J-EXISTS]"), "{}", finished.stderr);
    assert_eq!(session.replay().json()["match"], true, "the first one is whole");
}

#[test]
fn a_folder_that_cannot_take_the_outcome_is_told_before_the_run() {
    let tape = Tape::trades(300);
    let go = |option: &str, files: &[&str]| {
        let run = run(&["backtest", "--json", "--config", "host.toml", option, "taken", "--data"]).arg(&tape.path);
        let run = run.file("host.toml", ema().text());
        files.iter().fold(run, |run, file| run.file(file, "something")).finish()
    };
    for (option, file, said) in [
        ("--journal", "taken/notes.txt", "taken is not empty, a journal needs a folder of its own"),
        ("--journal", "taken/000001.seg", "taken holds a journal already"),
        ("--journal", "taken", "taken cannot take a journal"),
        ("--report", "taken/results.json", "taken holds a results.json already"),
        ("--report", "taken/equity.csv", "taken holds a equity.csv already"),
        ("--report", "taken/config.toml", "taken holds a config.toml already"),
    ] {
        let finished = go(option, &[file]);
        finished.expect_code(2);
        assert!(finished.json()["message"].as_str().unwrap().contains(said), "{said:?}: {}", finished.stdout);
        assert_eq!(std::fs::read_to_string(finished.path(file)).unwrap(), "something");
    }
    // A report stands beside other files; a journal may have an empty folder.
    go("--report", &["taken/notes.txt"]).expect_code(0);
    let run = run(&["backtest", "--config", "host.toml", "--journal", "empty", "--data"]).arg(&tape.path);
    std::fs::create_dir(run.path("empty")).unwrap();
    run.file("host.toml", ema().text()).finish().expect_code(0);
}

/// An interrupt from the keyboard ends a long run with its own code, not with a backtrace.
#[test]
fn an_interrupted_run_ends_with_code_130() {
    let (folder, tape) = (tempfile::tempdir().unwrap(), Tape::trades(2_000));
    let (config, journal) = (folder.path().join("host.toml"), folder.path().join("journal"));
    std::fs::write(&config, ema().text()).unwrap();
    let mut command = Command::new(binary::dev());
    command.args(["backtest", "--repeat", "1000000", "--config"]).arg(&config).arg("--data").arg(&tape.path);
    command.arg("--journal").arg(&journal).env("RINGFENCE_CACHE", folder.path().join("code"));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The run has begun when its journal is there.
    while !journal.exists() {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it began");
        std::thread::yield_now();
    }
    interrupted(child);
}

#[test]
fn a_configuration_is_named_with_or_without_a_flag() {
    let go = |words: &[&str]| Run::dev(words).file("host.toml", ema().text()).finish();
    for command in ["check", "show"] {
        let (plain, flagged) =
            (go(&["config", command, "host.toml"]), go(&["config", command, "--config", "host.toml"]));
        plain.expect_code(0);
        assert_eq!(plain.stdout, flagged.stdout, "{command}");
        go(&["config", command]).expect_code(2);
        go(&["config", command, "host.toml", "--config", "host.toml"]).expect_code(2);
    }
}

#[test]
fn a_file_that_is_no_toml_is_told_in_few_lines() {
    let garbage: String = (0..500).map(|line| format!("{line} is no key\n")).collect();
    let run = run(&["backtest", "--config", "host.toml", "--events", "events.toml", "--data"]);
    let tape = Tape::trades(10);
    let run = run.arg(&tape.path).file("host.toml", ema().text()).file("events.toml", &garbage);
    let finished = run.finish();
    finished.expect_code(2);
    let lines = finished.stderr.lines().count();
    assert!(
        (3..=12).contains(&lines) && finished.stderr.contains("more; is this a TOML file? [C-SYNTAX]"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_folder_without_a_segment_is_no_journal() {
    for command in ["replay", "inspect", "why"] {
        let finished = Run::dev([command, "."]).file("notes.txt", "mine").finish();
        finished.expect_code(2);
        assert!(finished.stderr.contains("is no journal: there is no segment in it"), "{}", finished.stderr);
        assert!(!finished.stderr.contains("remove"), "{}", finished.stderr);
    }
}

#[test]
fn a_component_that_is_too_large_is_told_with_its_size() {
    let run = Run::dev(["check", "large.wasm"]);
    std::fs::File::create(run.path("large.wasm")).unwrap().set_len((8 << 20) + 1).unwrap();
    let finished = run.finish();
    finished.expect_code(1);
    assert!(
        finished.stdout.contains("E-SIZE") && finished.stdout.contains("size     8388609 bytes"),
        "{}",
        finished.stdout
    );
}

/// A market that was begun is no market: nothing of it is left.
#[test]
fn an_interrupted_walk_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(binary::dev());
    command.args(["data", "generate", "--rows", "1000000000", "--out"]).arg(folder.path().join("a.csv"));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !folder.path().join("a.csv.unfinished").exists() {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it began");
        std::thread::yield_now();
    }
    interrupted(child);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Interrupts a process that goes on for hours, and waits for its end.
#[track_caller]
fn interrupted(child: std::process::Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts");
    assert!(sent.success());
    let id = child.id().to_string();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output().expect("it ends")));
    let Ok(output) = receiver.recv_timeout(Duration::from_secs(60)) else {
        Command::new("kill").args(["-KILL", &id]).status().expect("kill starts");
        panic!("an interrupt did not end it");
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("interrupted") && !stderr.contains("panicked"), "{stderr}");
}

/// Stable codes that stand in the sources, found without asking the program: a case of a list of codes, with or without
/// its number: `Trap = 3 "H-TRAP"`, `Number "T-NUMBER" "…"`.
fn codes_in_sources() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in ["host", "venues"] {
        for package in children(&workspace::root().join(folder)) {
            for file in rust_files(&package.join("src")) {
                let text = std::fs::read_to_string(&file).expect("sources read");
                found.extend(text.lines().filter_map(listed).filter(|word| is_code(word)).map(str::to_owned));
            }
        }
    }
    found
}

/// The text of a case: the name, perhaps ` = ` and a number, the text in quotes.
fn listed(line: &str) -> Option<&str> {
    let (head, rest) = line.trim_start().split_once('"')?;
    let (name, number) = head.trim_end().split_once(" = ").unwrap_or((head.trim_end(), "0"));
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(char::is_alphanumeric);
    (is_name && number.parse::<u32>().is_ok()).then(|| rest.split('"').next())?
}

fn is_code(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    word.as_bytes().get(1) == Some(&b'-') && word.chars().all(is_part)
}

fn children(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path()).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let (folders, files): (Vec<_>, Vec<_>) = children(folder).into_iter().partition(|path| path.is_dir());
    let own = files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    own.chain(folders.iter().flat_map(|inner| rust_files(inner))).collect()
}

#[test]
fn every_stable_code_has_an_explanation() {
    let codes = codes_in_sources();
    for prefix in ["M-", "D-", "G-", "H-", "E-", "A-", "C-", "J-", "T-"] {
        assert!(codes.iter().any(|code| code.starts_with(prefix)), "no {prefix} in the sources");
    }
    let list = Run::dev(["explain", "--json"]).finish();
    list.expect_code(0);
    let lines = list.json_lines();
    let explained: BTreeSet<String> = lines.iter().map(|line| line["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(explained.len(), lines.len(), "each once");
    let missing: Vec<_> = codes.difference(&explained).collect();
    assert!(missing.is_empty(), "without an explanation: {missing:?}");
    for line in &lines {
        let text = |field: &str| line[field].as_str().map_or(0, str::len);
        assert!(text("what") > 10 && text("fix") > 4 && text("layer") > 2, "{line}");
    }
    for code in &codes {
        let finished = check(0, &["explain", code]);
        assert!(finished.stdout.starts_with(&format!("{code} (")), "{}", finished.stdout);
    }
}

#[test]
fn a_code_is_explained_in_any_case() {
    let shown = check(0, &["explain", "h-fuel"]).stdout;
    assert!(shown.starts_with("H-FUEL ("), "{shown}");
    assert_eq!(shown, check(0, &["explain", "H-FUEL"]).stdout);
}
