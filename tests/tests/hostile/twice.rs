//! Everything a hostile strategy can do leads to the same record again, in another process and from another folder.

use ringfence_tests::{Session, Tape, binary};
use serde_json::Value;

use super::probes::grown;
use super::running::{members, table};
use super::sessions::{Member, ROWS, Stage, Way, entry, records};

/// Bytes of the chain.
fn chain(session: &Session) -> Vec<u8> {
    let entries = std::fs::read_dir(&session.journal).expect("the journal is a folder");
    let mut segments: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    segments.retain(|path| path.extension().is_some_and(|extension| extension == "seg"));
    segments.sort();
    assert!(!segments.is_empty(), "a journal has segments");
    segments.iter().flat_map(|path| std::fs::read(path).expect("a segment reads")).collect()
}

/// All rows, and a strategy with a standard library that looks at the order of its hash maps.
fn all() -> Vec<Member> {
    let component = std::fs::read(binary::component("test_wasi_probe")).expect("the component is built");
    let before = Some([&component[..], b"\0\x04\x03old"].concat());
    let probe = Member { name: "probe", component, before, lines: "params = { what = \"look\" }" };
    members(&table()).into_iter().chain([probe]).collect()
}

/// Orders of a map of eight keys that the probe noted.
fn maps(session: &Session) -> Vec<String> {
    let notes = records(session, "probe", "EMITTED");
    let notes = notes.iter().filter_map(|note| note["note"].as_str());
    notes.filter(|note| note.starts_with("map ")).map(str::to_owned).collect()
}

#[test]
fn h45_a_session_of_all_rows_leaves_the_same_bytes_twice() {
    let tape = Tape::trades(ROWS);
    for way in [Way::Backtest, Way::BacktestReloaded] {
        let [first, second] = [(); 2].map(|()| Stage::new(&[]).run(way, &all(), &tape));
        assert!(chain(&first) == chain(&second), "{way:?}: the records differ");
        assert_eq!(maps(&first), maps(&second), "{way:?}");
        assert!(maps(&first).len() > 10, "{way:?}: the probe looked");
        assert_eq!(digests(&first), digests(&second), "{way:?}");
    }
}

/// A paper session is one of its own, and draws other seeds; who does not ask for those decides as in any other.
#[test]
fn h45_all_rows_decide_the_same_in_two_paper_sessions() {
    let tape = Tape::trades(ROWS);
    for way in [Way::Paper, Way::PaperReloaded] {
        let [first, second] = [(); 2].map(|()| Stage::new(&[]).run(way, &members(&table()), &tape));
        assert_eq!(digests(&first), digests(&second), "{way:?}");
    }
}

fn digests(session: &Session) -> Vec<Value> {
    let count = session.finished.json()["strategies"].as_array().map_or(0, Vec::len);
    (0..count).map(|place| entry(session, place)["decision_digest"].clone()).collect()
}

/// Limits decide what growing answers, not how much the machine has.
#[test]
fn h45_growing_answers_by_the_limits_alone() {
    let rows: Vec<_> = table().into_iter().filter(|row| row.name == "h45_grow_results").collect();
    let session = Stage::new(&[]).run(Way::Backtest, &members(&rows), &Tape::trades(ROWS));
    let emitted = records(&session, "h45_grow_results", "EMITTED");
    let bought: Vec<u64> = emitted
        .iter()
        .map(|record| record["qty"].as_str().and_then(|qty| qty.parse().ok()).expect("a number"))
        .collect();
    assert_eq!(bought, grown(ROWS as usize));
}
