//! Strategies built with a standard library: what it offers is inert, and what they print is bounded.

use expect_test::{Expect, expect};
use ringfence_tests::{Session, Setup, Tape, binary};

const ROWS: u32 = 20;

fn probed(what: &str) -> Session {
    let lines = format!("params = {{ what = {what:?} }}");
    Setup::default().strategy("probe", &binary::component("test_wasi_probe"), &lines).backtest(&Tape::trades(ROWS))
}

/// Notes of the first call.
fn first_notes(session: &Session) -> Vec<String> {
    let notes = session.records(&["--only", "EMITTED"]);
    let first = notes.first().map(|note| note["seq"].clone());
    let of_first = notes.iter().filter(|note| Some(&note["seq"]) == first.as_ref());
    of_first.map(|note| note["note"].as_str().expect("a note is text").to_owned()).collect()
}

#[track_caller]
fn check(what: &str, want: Expect) {
    let session = probed(what);
    session.finished.expect_code(0);
    let shown: Vec<String> = first_notes(&session).iter().map(|note| note.escape_default().to_string()).collect();
    want.assert_eq(&shown.join("\n"));
    assert_eq!(session.replay().json()["match"], true);
}

/// The same on every machine and in every replay: the order of the map is its random seed made visible.
#[test]
fn h48_a_standard_library_finds_nothing_of_the_machine() {
    check(
        "look",
        expect![[r#"
            time 1700000040001000000 since setup 1700000040001000000
            map [6, 3, 4, 7, 5, 1, 2, 0]
            environment 0 arguments 0 folder Some(\"/\")
            files [false, false, false]
            written false
            stdin Some(0) \"\"
            stdout: out
            stderr: err"#]],
    );
}

#[test]
fn two_runs_of_one_session_find_the_same_and_another_session_another_seed() {
    let (one, other) = (probed("look"), probed("look"));
    let digest = |session: &Session| session.json(0)["decision_digest"].clone();
    assert_eq!(digest(&one), digest(&other));
    let longer = Setup::default()
        .strategy("probe", &binary::component("test_wasi_probe"), "params = { what = \"look\" }")
        .backtest(&Tape::trades(ROWS + 1));
    let map = |session: &Session| first_notes(session).into_iter().find(|note| note.starts_with("map"));
    assert_ne!(map(&one), map(&longer), "the session id decides");
}

#[test]
fn h34_a_flood_of_lines_is_cut_at_a_few_notes_a_call() {
    let session = probed("flood");
    session.finished.expect_code(0);
    let notes = first_notes(&session);
    // 1,000 numbers take 3,890 bytes with their newlines, of which the first 8 lines are kept; then 4 times 64 KiB.
    assert_eq!(notes[..2], ["stdout: 0", "stdout: 1"]);
    assert_eq!((notes.len(), notes[7].as_str()), (9, "stdout: 7"));
    assert!(notes[8].starts_with("printed: ") && notes[8].ends_with(" more bytes were dropped"), "{}", notes[8]);
    assert_eq!(session.json(0)["strategies"][0]["calls"], ROWS, "it goes on");
    assert_eq!(session.replay().json()["match"], true);
}

#[test]
fn h35_lines_made_to_look_like_records_stay_notes() {
    check(
        "forge",
        expect![[r#"
        stdout: line one
        stdout: 2 1970-01-01 ALLOWED order 999 approved by risk
        stdout: \"}
        stdout: {\"kind\":\"dispatched\",\"order\":999}
        stdout: \u{1b}[2J\u{1b}[1;1Hcleared\u{202e}
        stdout: no text \u{fffd}\u{fffd}"#]],
    );
    let text = probed("forge").inspect(&["--only", "EMITTED"]).stdout;
    for line in text.lines() {
        assert!(line.starts_with("decision seq="), "{line:?}");
        assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "a terminal would obey it: {line:?}");
    }
}

#[test]
fn waiting_ending_and_panicking_halt_the_strategy_and_say_why() {
    for (what, why) in [
        ("sleep", "the strategy called subscribe-duration, which does not exist in a sandbox"),
        ("exit", "the strategy called exit"),
        ("panic", "stderr: a text of its own"),
    ] {
        let session = probed(what);
        session.finished.expect_code(3);
        assert_eq!(session.json(3)["strategies"][0]["halts"][0]["code"], "H-TRAP", "{what}");
        assert!(session.finished.stderr.contains(why), "{what}: {}", session.finished.stderr);
        assert_eq!(session.replay().json()["match"], true, "{what}");
    }
}
