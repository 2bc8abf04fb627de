//! Strategies that say more than anybody wants to hear, or what they have no right to say.

use ringfence_tests::{Session, Setup, Tape, binary};

const ROWS: u32 = 200;

/// Intents that the host takes of one call.
const CALL_MAX: usize = 64;

fn flooded(calls: u32, what: &str) -> Session {
    let lines = format!("params = {{ calls = {calls}, what = {what:?} }}");
    Setup::default().strategy("flooder", &binary::component("hostile_flooder"), &lines).backtest(&Tape::trades(ROWS))
}

#[test]
fn a_flood_of_intents_is_cut_at_64_a_call_and_the_flooder_goes_on() {
    let session = flooded(3, "orders");
    let json = session.json(0);
    assert_eq!((&json["rows"], &json["strategies"][0]["calls"]), (&ROWS.into(), &ROWS.into()));
    assert_eq!(json["intents"], 3 * CALL_MAX);
    assert_eq!(session.records(&["--only", "EMITTED"]).len(), 3 * CALL_MAX);
    assert_eq!(session.replay().json()["match"], true);
}

#[test]
fn h34_a_flood_of_notes_is_cut_likewise_and_the_journal_stays_small() {
    let session = flooded(3, "notes");
    session.finished.expect_code(0);
    let notes = session.records(&["--only", "EMITTED"]);
    assert_eq!(notes.len(), 3 * CALL_MAX);
    assert!(notes.iter().all(|note| note["note"].as_str().unwrap().len() == 512));
    let segments = std::fs::read_dir(&session.journal).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    let bytes: u64 = segments.sum();
    let said = 3 * CALL_MAX as u64 * 512;
    assert!((said..2 * said).contains(&bytes), "{bytes} bytes for {said} bytes of notes");
}

/// Seconds of [`ten_a_second`].
const SECONDS: usize = 20;

/// Ten trades in each second.
fn ten_a_second() -> Tape {
    let row = |n: u64| format!("{},170.0{},100\n", 1_700_000_040_000_000_000 + n * 100_000_000, n % 10);
    Tape::written(&format!("ts_ns,price,qty\n{}", (0..u64::from(ROWS)).map(row).collect::<String>()))
}

/// The flooder for as long as there are trades, under this line of configuration; and the replay is the same.
fn without_end(what: &str, line: &str) -> Session {
    let lines = format!("params = {{ calls = 1_000, what = {what:?} }}\n{line}");
    let setup = Setup::default().strategy("flooder", &binary::component("hostile_flooder"), &lines);
    let session = setup.backtest(&ten_a_second());
    session.finished.expect_code(0);
    assert_eq!(session.replay().json()["match"], true);
    session
}

#[test]
fn h33_intents_without_end_are_cut_in_each_second_and_what_was_refused_is_counted() {
    let session = without_end("orders", "intents_per_s = 100");
    let emitted = session.records(&["--only", "EMITTED"]);
    assert_eq!(emitted.len(), SECONDS * 100);
    let strategy = session.strategy(0, 1);
    assert_eq!(strategy["cut"], u64::from(ROWS) * 1_000 - emitted.len() as u64);
    assert_eq!(strategy["calls"], ROWS);
}

#[test]
fn h34_notes_without_end_are_cut_in_each_second() {
    let session = without_end("notes", "notes_per_s = 70");
    let notes = session.records(&["--only", "EMITTED"]);
    assert_eq!(notes.len(), SECONDS * 70);
    assert_eq!(session.strategy(0, 1)["cut"], u64::from(ROWS) * 1_000 - notes.len() as u64);
}

#[test]
fn a_note_of_513_bytes_is_refused_to_the_strategy() {
    let session = flooded(1, "long-note");
    session.finished.expect_code(0);
    let notes = session.records(&["--only", "EMITTED"]);
    let texts: Vec<_> = notes.iter().map(|note| note["note"].as_str().unwrap()).collect();
    assert_eq!(texts, ["note-too-long"]);
}

#[test]
fn h35_a_note_made_to_look_like_a_record_stays_one_field_of_one_line() {
    let session = flooded(1, "forgery");
    session.finished.expect_code(0);
    let lines = session.records(&["--only", "EMITTED"]);
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0]["note"], "line one\n2 1970-01-01 ALLOWED order 999 approved by risk");
    assert!(lines.iter().all(|line| line.get("order").is_none()), "{lines:?}");
    let text = session.inspect(&["--only", "EMITTED"]).stdout;
    let shown: Vec<&str> = text.lines().collect();
    assert_eq!(shown.len(), 6, "{text}");
    for line in shown {
        assert!(line.starts_with("decision seq="), "{line:?}");
        let hidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}');
        assert!(!line.contains(hidden), "a terminal would obey it: {line:?}");
    }
}
