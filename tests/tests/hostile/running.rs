//! Hostile strategies that are admitted: what each of them leads to while it runs, and that nobody else notices.

use ringfence_core::decision::DecisionKind;
use ringfence_journal::wire::record::Record;
use ringfence_tests::{Session, Tape};

use super::guest::{Guest, emit, submit};
use super::probes::probes;
use super::sessions::{Member, ROWS, Stage, WAYS, Way, entry, records};

/// What has to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// It is halted once with this code.
    Halt(&'static str),
    /// The quota of all its calls is used up: what takes its place again has none of it left, and is halted too.
    Quota,
    /// It goes on to the end.
    Lives,
    /// It goes on to the end; where it is to be swapped in, it says no and the one before goes on.
    SaysNo,
}

pub(super) struct Row {
    pub(super) name: &'static str,
    guest: Guest,
    lines: &'static str,
    want: Want,
}

pub(super) fn row(name: &'static str, want: Want, guest: Guest) -> Row {
    Row { name, guest, lines: "memory_mb = 1\nfuel_per_call = 5_000_000", want }
}

impl Row {
    pub(super) fn with(self, lines: &'static str) -> Row {
        Row { lines, ..self }
    }
}

/// `body` so many times a call.
fn times(count: u32, body: &str) -> String {
    format!(
        "(local $i i32) (loop $l {body} (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_if $l (i32.lt_u (local.get $i) (i32.const {count}))))"
    )
}

const NOTE: u32 = 6;

/// A note of so many bytes that lie at 65,536.
fn note(bytes: i64) -> String {
    emit(NOTE, [65_536, bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

fn cancel(id: i64) -> String {
    emit(1, [id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

/// Ends when the last answer is another than malformed.
const MALFORMED_OR_TRAP: &str = "(if (i32.ne (i32.load8_u (i32.const 2048)) (i32.const 1)) (then unreachable))
    (if (i32.ne (i32.load8_u (i32.const 2056)) (i32.const 2)) (then unreachable))";

const WIDE: &str = "memory_mb = 4\nfuel_per_call = 5_000_000";
const KEPT: &str = "memory_mb = 4\nfuel_per_call = 5_000_000\ncheckpoint_events = 25";

/// Keeps nothing but says that all of its first page is its state.
const WHOLE_PAGE: &str =
    "(i32.store (i32.const 192) (i32.const 0)) (i32.store (i32.const 196) (i32.const 65536)) (i32.const 192)";

const FORGED: &str =
    "line one\\0a2 1970-01-01 ALLOWED order 999 approved by risk\\0d\\1b[2J\\22}\\0a{\\22kind\\22:\\22dispatched\\22}";

pub(super) fn table() -> Vec<Row> {
    let mut rows = loops_and_memory();
    rows.extend(floods());
    rows.extend(liars());
    rows.extend(probes());
    rows
}

/// Those that use up what there is.
fn loops_and_memory() -> Vec<Row> {
    let recursion = "(type $f (func (param i64) (result i64))) (table 2 2 funcref) (elem (i32.const 0) $a $b)
        (func $down (param i64) (result i64) (i64.add (call $down (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
        (func $a (type $f) (i64.add (call_indirect (type $f) (local.get 0) (i32.const 1)) (i64.const 1)))
        (func $b (type $f) (i64.add (call_indirect (type $f) (local.get 0) (i32.const 0)) (i64.const 1)))";
    let leak = "(drop (memory.grow (i32.const 1)))
        (i32.store (i32.shl (global.get $at) (i32.const 16)) (i32.const 1))
        (global.set $at (i32.add (global.get $at) (i32.const 1)))";
    let (wide, two) = ("16".to_owned(), "2".to_owned());
    vec![
        row("h21_endless_loop", Want::Halt("H-FUEL"), Guest::on_event("(loop $l (br $l))")),
        row(
            "h22_bulk_burner",
            Want::Halt("H-FUEL"),
            Guest {
                memory: wide.clone(),
                ..Guest::on_event("(loop $l (memory.copy (i32.const 0) (i32.const 524288) (i32.const 524288)) (br $l))")
            },
        ),
        row(
            "h24_deep_recursion",
            Want::Halt("H-STACK"),
            Guest::on_event("(drop (call $down (i64.const 0)))").items(recursion),
        ),
        row(
            "h24_through_a_table",
            Want::Halt("H-STACK"),
            Guest::on_event("(drop (call $a (i64.const 0)))").items(recursion),
        ),
        row("h25_budget_squatter", Want::Quota, Guest::on_event(&times(100_000, "")))
            .with("memory_mb = 1\nfuel_per_call = 5_000_000\nfuel_total = 12_000_000"),
        row(
            "h27_grow_to_the_top",
            Want::Lives,
            Guest::on_event(
                "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
             (if (i32.ne (memory.size) (i32.const 16)) (then unreachable))",
            ),
        ),
        row("h28_slow_leak", Want::Halt("H-TRAP"), Guest::on_event(leak).items("(global $at (mut i32) (i32.const 1))")),
        row(
            "h29_table_flood",
            Want::Lives,
            Guest::on_event(
                "(if (i32.ne (table.grow $t (ref.null func) (i32.const 100001)) (i32.const -1)) (then unreachable))",
            )
            .items("(table $t 0 funcref)"),
        ),
        row(
            "h30_big_argument",
            Want::Halt("H-HOSTCALL"),
            Guest {
                memory: "48".to_owned(),
                ..Guest::on_event(&emit(NOTE, [0, 2 << 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
            },
        )
        .with(WIDE),
        row(
            "h30_many_just_below",
            Want::Halt("H-FUEL"),
            Guest {
                memory: two.clone(),
                ..Guest::on_event(&format!(
                    "(loop $l {} (br $l))",
                    emit(NOTE, [65_536, 65_536, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
                ))
            },
        ),
    ]
}

/// Those that say too much.
fn floods() -> Vec<Row> {
    let orders = format!("(if (i32.and (local.get $i) (i32.const 1)) (then {}) (else {}))", submit(0, 1), submit(1, 1));
    vec![
        row("h33_emit_flood", Want::Lives, Guest::on_event(&times(200, &orders)))
            .with("memory_mb = 1\nfuel_per_call = 5_000_000\nintents_per_s = 100"),
        row(
            "h34_note_flood",
            Want::Lives,
            Guest { memory: "2".to_owned(), ..Guest::on_event(&times(200, &note(512))) },
        )
        .with("memory_mb = 1\nfuel_per_call = 5_000_000\nnotes_per_s = 20"),
        row(
            "h35_log_forgery",
            Want::Lives,
            Guest { memory: "2".to_owned(), ..Guest::on_event(&note(81)) }
                .items(&format!("(data (i32.const 65536) \"{FORGED}\")")),
        ),
    ]
}

/// Those that do what they may not, or are not what they seem.
fn liars() -> Vec<Row> {
    let buy = submit(0, 1);
    let huge = emit(0, [1, 0, 0, 5, 1, 1, i64::MAX, 0, 0, 0, 0, 0, 0, 0]);
    let poison = [submit(0, 0), submit(0, -1), submit(0, i64::MIN), cancel(0), cancel(i64::MAX)]
        .map(|wrong| wrong + MALFORMED_OR_TRAP)
        .concat();
    let stranger = emit(0, [77, 0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let steal = format!("{} {} {stranger}", cancel(1), cancel(2));
    let hunt = "(call $order (i64.const 1) (i32.const 4096)) (call $order (i64.const 2) (i32.const 4352))
        (call $top-of-book (i32.const 1) (i32.const 4608)) (call $order (i64.const 281474976710655) (i32.const 4864))";
    let no = "(i32.store8 (i32.const 256) (i32.const 1)) (i32.store (i32.const 260) (i32.const 272))
        (i32.store (i32.const 264) (i32.const 2)) (i32.const 256)";
    let large =
        "(i32.store (i32.const 192) (i32.const 0)) (i32.store (i32.const 196) (i32.const 2097152)) (i32.const 192)";
    vec![
        row(
            "h37_wrong_phase",
            Want::Halt("H-PHASE"),
            Guest { snapshot: format!("{buy} (i32.const 192)"), ..Guest::on_event("") },
        )
        .with(KEPT),
        row("h38_trap_after_emit", Want::Halt("H-TRAP"), Guest::on_event(&format!("{buy} {buy} {buy} unreachable"))),
        row("h39_poison_numbers", Want::Lives, Guest::on_event(&format!("{poison} {huge}"))),
        row("h40_identity_theft", Want::Lives, Guest::on_event(&steal)),
        row(
            "h41_token_hunter",
            Want::Lives,
            Guest {
                memory: "4".to_owned(),
                snapshot: WHOLE_PAGE.to_owned(),
                ..Guest::on_event(&format!("{buy} {hunt} {}", cancel(281_474_976_710_654)))
            },
        )
        .with(KEPT),
        row(
            "h50_large_state",
            Want::Halt("H-HOSTCALL"),
            Guest { memory: "48".to_owned(), snapshot: large.to_owned(), ..Guest::on_event("") },
        )
        .with(KEPT),
        row(
            "h50_says_no_to_a_state",
            Want::SaysNo,
            Guest { restore: no.to_owned(), ..Guest::on_event("") }.items("(data (i32.const 272) \"no\")"),
        ),
    ]
}

pub(super) fn members(rows: &[Row]) -> Vec<Member> {
    rows.iter()
        .map(|row| Member { name: row.name, component: row.guest.component(), before: None, lines: row.lines })
        .collect()
}

/// What there is to see of a row in a session.
#[track_caller]
fn check(row: &Row, way: Way, session: &Session) {
    let halts = records(session, row.name, "StrategyHalted");
    let codes: Vec<&str> = halts.iter().map(|halt| halt["code"].as_str().expect("a code")).collect();
    let context = format!("{} {way:?}", row.name);
    match (row.want, way.is_reloaded()) {
        (Want::Halt(code), _) => assert_eq!(codes, [code], "{context}"),
        (Want::Quota, false) => assert_eq!(codes, ["H-FUEL-TOTAL"], "{context}"),
        (Want::Quota, true) => assert_eq!(codes, ["H-FUEL-TOTAL"; 2], "{context}"),
        (Want::Lives | Want::SaysNo, _) => assert_eq!(codes, [""; 0], "{context}"),
    }
    for halt in &halts {
        assert!(halt["limit"].is_u64() && halt["used"].is_u64(), "{context}: {halt}");
    }
}

#[test]
fn every_row_is_contained_in_a_backtest_and_in_paper_from_the_start_and_swapped_in() {
    let rows = table();
    let alone = Stage::new(&[]).run(Way::Backtest, &[], &Tape::trades(ROWS));
    let digest = entry(&alone, 0)["decision_digest"].clone();
    let members = members(&rows);
    for way in WAYS {
        let session = Stage::new(&[]).run(way, &members, &Tape::trades(ROWS));
        session.finished.expect_code(3);
        assert_eq!(session.finished.json()["rows"], ROWS, "{way:?}: the host reads its tape to the end");
        for row in &rows {
            check(row, way, &session);
        }
        assert_eq!(entry(&session, rows.len())["decision_digest"], digest, "{way:?}: the neighbour decides as alone");
        swapped(&rows, way, &session);
        particulars(&rows, &session);
    }
}

/// What was swapped in is there, was swapped back, or was refused.
#[track_caller]
fn swapped(rows: &[Row], way: Way, session: &Session) {
    let json = session.finished.json();
    for (row, id) in rows.iter().zip(1_u64..) {
        let of = json["notices"].as_array().into_iter().flatten().filter(|notice| notice["strategy"] == id);
        let kinds: Vec<&str> = of.filter_map(|notice| notice["kind"].as_str()).collect();
        let want: &[&str] = match row.want {
            _ if !way.is_reloaded() => &[],
            Want::Halt(_) | Want::Quota => &["swapped", "swapped-back"],
            Want::Lives => &["swapped"],
            Want::SaysNo => &["not-swapped"],
        };
        assert_eq!(kinds, want, "{} {way:?}", row.name);
    }
}

/// In processes of their own: the same halts, the same decisions for the same fuel, and a journal that replays in this one.
#[test]
#[cfg(target_os = "linux")]
fn every_row_is_the_same_in_a_process_of_its_own() {
    let rows = table();
    let here = Stage::new(&[]).run(Way::Backtest, &members(&rows), &Tape::trades(ROWS));
    let apart = |member: Member| {
        let lines: &'static str = format!("{}\nisolation = \"process\"", member.lines).leak();
        Member { lines, ..member }
    };
    for way in [Way::Backtest, Way::PaperReloaded] {
        let members: Vec<Member> = members(&rows).into_iter().map(apart).collect();
        let there = Stage::new(&[]).run(way, &members, &Tape::trades(ROWS));
        there.finished.expect_code(3);
        for (place, row) in rows.iter().enumerate() {
            check(row, way, &there);
            if way == Way::Backtest {
                for key in ["decision_digest", "fuel", "calls", "halts"] {
                    assert_eq!(entry(&there, place)[key], entry(&here, place)[key], "{} {key}", row.name);
                }
            }
        }
        let good = rows.len();
        assert_eq!(entry(&there, good)["decision_digest"], entry(&here, good)["decision_digest"], "{way:?}");
    }
}

/// What single rows have to show beside that.
#[track_caller]
fn particulars(rows: &[Row], session: &Session) {
    let place = |name: &str| rows.iter().position(|row| row.name == name).expect("a row");
    let emitted = |name: &str| records(session, name, "EMITTED");
    assert_eq!(emitted("h38_trap_after_emit").len(), 0, "all three are dropped with the call");
    assert_eq!(emitted("h45_stack_depth_at_its_end").len(), 0, "how deep it came is dropped with the call");
    // All of the tape lies within one second.
    for (flood, most) in [("h33_emit_flood", 100), ("h34_note_flood", 20)] {
        let count = emitted(flood).len();
        assert_eq!(count, most, "{flood}");
        assert!(entry(session, place(flood))["cut"].as_u64() > Some(count as u64), "{flood}: what was cut is counted");
    }
    let forged = session.inspect(&["--strategy", "h35_log_forgery", "--only", "EMITTED"]).stdout;
    assert!(!forged.is_empty());
    for line in forged.lines() {
        assert!(line.starts_with("decision seq=") && !line.contains(char::is_control), "{line:?}");
    }
    let stolen = records(session, "h40_identity_theft", "MALFORMED");
    assert_eq!(stolen.len(), emitted("h40_identity_theft").len(), "none of it is an order");
    assert_eq!(records(session, "good", "WITHDRAWN").len(), 0);
}

/// The strategy that looks everywhere says its whole memory as its state, which the journal keeps.
#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "one kind of record is looked for")]
fn h41_no_part_of_an_approval_is_in_a_strategys_memory() {
    let mut rows = liars();
    rows.retain(|row| row.name == "h41_token_hunter");
    let session = Stage::new(&[]).run(Way::Backtest, &members(&rows), &Tape::trades(ROWS));
    let mut journal = ringfence_tests::forge::Forgery::of(&session.journal);
    let tag = |record: &mut Record| match record {
        Record::Decision { decision, .. } => match decision.kind {
            DecisionKind::Allowed(mark) => Some(mark.tag),
            _other => None,
        },
        _other => None,
    };
    let tags: Vec<[u8; 32]> = journal.records().filter_map(tag).collect();
    let files = std::fs::read_dir(session.journal.join("blobs")).expect("large blobs are files");
    let blobs = files.map(|file| std::fs::read(file.expect("an entry").path()).expect("it reads"));
    let states: Vec<Vec<u8>> = blobs.filter(|bytes| bytes.len() == 65_536).collect();
    assert!(!tags.is_empty() && !states.is_empty(), "{} approvals, {} states", tags.len(), states.len());
    for (tag, state) in tags.iter().flat_map(|tag| states.iter().map(move |state| (tag, state))) {
        for part in tag.chunks(8) {
            assert!(!state.windows(8).any(|bytes| bytes == part), "a part of an approval is in a strategy's memory");
        }
    }
}
