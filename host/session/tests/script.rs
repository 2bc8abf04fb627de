//! Control events inside a backtest: when they enter, what they do, and that a replay takes them from the journal.

mod support;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use ringfence_core::config::RiskLimits;
use ringfence_core::decision::DecisionKind;
use ringfence_core::event::{EventKind, KillLevel, Report};
use ringfence_core::ids::{InstrumentId, NameId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::InstrumentStatus;
use ringfence_core::money::Decimal;
use ringfence_journal::reader::{JournalReader, Step};
use ringfence_session::results::Results;
use ringfence_session::script::{Fact, Scripted};
use ringfence_sim::FillMoment;
use support::{Native, Work};

const MS: u64 = 1_000_000;

/// Trades of one share at 1 ms, 2 ms and so on.
fn work(dir: &Path, rows: u64, natives: Vec<Native>, script: Vec<Scripted>) -> Work {
    let tape = dir.join("tape.csv");
    let text: String = (1..=rows).map(|n| format!("{},100,1\n", n * MS)).collect();
    fs::write(&tape, format!("ts_ns,price,qty\n{text}")).expect("written");
    Work { natives, script, journal: Some(dir.join("journal")), ..Work::trades(&tape, FillMoment::SameEvent) }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A fact that concerns nothing in particular, so many milliseconds after 1970.
fn control(ms: u64, kind: EventKind) -> Scripted {
    fact(ms, Report::control(kind))
}

/// A fact about the instrument.
fn market(ms: u64, kind: EventKind) -> Scripted {
    fact(ms, Report { instrument: InstrumentId(1), ..Report::control(kind) })
}

/// A fact about the venue.
fn venue(ms: u64, kind: EventKind) -> Scripted {
    fact(ms, Report { venue: VenueId(1), ..Report::control(kind) })
}

fn fact(ms: u64, report: Report) -> Scripted {
    Scripted { time: TimeNs(ms * MS), fact: Fact::Report(report) }
}

/// The configuration of the work with an order size that nothing passes.
fn stricter(ms: u64, work: &Work) -> Scripted {
    let risk = RiskLimits { order_qty_max: Some(Decimal::new(5, 1)), ..work.config().risk };
    let config = ringfence_core::config::Config { risk, ..work.config() };
    Scripted { time: TimeNs(ms * MS), fact: Fact::Config(config.encode()) }
}

/// Runs, replays, and shows the events behind the opening.
#[track_caller]
fn check(work: &Work, want: Expect) -> Results {
    let results = work.run();
    want.assert_eq(&work.inputs());
    let verdict = work.replay();
    assert_eq!((verdict.first_difference, verdict.is_sealed), (None, true));
    results
}

/// Denials, refusals and intents of the host, one a line.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other decision is of no interest here")]
fn stopped(work: &Work) -> String {
    let mut reader = JournalReader::open(work.journal.as_deref().expect("journalled")).expect("the journal reads");
    let (mut step, mut out) = (Step::new(), String::new());
    while reader.next_step(&mut step).expect("a whole journal") {
        for decision in &step.decisions {
            let (seq, key, name) = (step.input.last_seq().0, decision.key, decision.kind.name());
            let code = match decision.kind {
                DecisionKind::Denied(denial) => denial.code.code(),
                DecisionKind::Refused(refusal) => refusal.code.code(),
                DecisionKind::Emitted(_) if key.intent.is_of_host() => "",
                _ => continue,
            };
            let line = format!("{seq} {key} {name} {code}");
            writeln!(out, "{}", line.trim_end()).expect("a String takes every write");
        }
    }
    out
}

#[test]
fn control_events_come_behind_timers_of_their_time_and_before_the_row() {
    let dir = folder();
    // Woken at 3 ms it buys a share, though trading ends in that moment.
    let script = vec![control(3, EventKind::TradingDisabled), control(3, EventKind::TradingEnabled)];
    let results = check(
        &work(dir.path(), 3, vec![Native::Timer(2 * MS)], script),
        expect![[r#"
        5+1 rows
        6+1 rows
        7 3000000ns TimeAdvanced
        8 3000000ns OrderAccepted
        9 3000000ns OrderFilled
        10 3000000ns TradingDisabled
        11 3000000ns TradingEnabled
        12+1 rows
        13 3000000ns SessionClosed
    "#]],
    );
    assert_eq!((results.counts.fills, results.counts.denied), (1, 0));
}

#[test]
fn a_session_opens_with_its_first_control_event_and_ends_behind_its_last() {
    let dir = folder();
    let script = vec![control(0, EventKind::TradingDisabled), control(9, EventKind::TradingEnabled)];
    let results = check(
        &work(dir.path(), 2, vec![Native::Greedy], script),
        expect![[r#"
        5 0ns TradingDisabled
        6+1 rows
        7+1 rows
        8 9000000ns TradingEnabled
        9 9000000ns SessionClosed
    "#]],
    );
    assert_eq!((results.counts.rows, results.counts.events, results.counts.denied), (2, 9, 2));
}

#[test]
fn timers_due_before_a_control_event_behind_the_last_row_come_first() {
    let dir = folder();
    let script = vec![control(9, EventKind::FlattenRequested(StrategyId(1)))];
    check(
        &work(dir.path(), 1, vec![Native::Timer(2 * MS)], script),
        expect![[r#"
        5+1 rows
        6 3000000ns TimeAdvanced
        7 3000000ns OrderAccepted
        8 3000000ns OrderFilled
        9 9000000ns FlattenRequested
        10 9000000ns OrderAccepted
        11 9000000ns OrderFilled
        12 9000000ns SessionClosed
    "#]],
    );
}

#[test]
fn a_script_without_rows_is_a_session_of_its_own() {
    let dir = folder();
    check(
        &work(dir.path(), 0, vec![Native::Greedy], vec![control(5, EventKind::TradingDisabled)]),
        expect![[r#"
        5 5000000ns TradingDisabled
        6 5000000ns SessionClosed
    "#]],
    );
}

#[test]
fn time_never_goes_back() {
    let dir = folder();
    let script = vec![control(5, EventKind::TradingDisabled), control(2, EventKind::TradingEnabled)];
    check(
        &work(dir.path(), 2, vec![Native::Idle(1)], script),
        expect![[r#"
        5+2 rows
        7 5000000ns TradingDisabled
        8 5000000ns TradingEnabled
        9 5000000ns SessionClosed
    "#]],
    );
}

#[test]
fn every_kind_is_recorded_and_taken_from_the_journal_by_a_replay() {
    let dir = folder();
    let base = work(dir.path(), 6, vec![Native::Greedy], Vec::new());
    let script = vec![
        venue(1, EventKind::VenueDown),
        venue(1, EventKind::VenueUp),
        market(2, EventKind::FeedStale),
        market(2, EventKind::FeedRecovered),
        market(2, EventKind::InstrumentStatus(InstrumentStatus::Halted)),
        market(3, EventKind::InstrumentStatus(InstrumentStatus::Trading)),
        control(3, EventKind::Signal(NameId(1), NameId(1), -7)),
        Scripted { time: TimeNs(3 * MS), fact: Fact::Parameters(StrategyId(1), b"canonical".to_vec()) },
        control(3, EventKind::KillSwitch(KillLevel::L1, StrategyId(1))),
        control(4, EventKind::KillSwitch(KillLevel::Off, StrategyId(1))),
        control(5, EventKind::FlattenRequested(StrategyId(0))),
        stricter(6, &base),
    ];
    let work = Work { script, ..base };
    check(
        &work,
        expect![[r#"
            5 1000000ns VenueDown
            6 1000000ns VenueUp
            7+1 rows
            8 1000000ns OrderAccepted
            9 1000000ns OrderFilled
            10 2000000ns FeedStale
            11 2000000ns FeedRecovered
            12 2000000ns InstrumentStatus
            13+1 rows
            14 3000000ns InstrumentStatus
            15 3000000ns Signal
            16 3000000ns ParametersChanged
            17 3000000ns KillSwitch
            18+1 rows
            19 4000000ns KillSwitch
            20+1 rows
            21 4000000ns OrderAccepted
            22 4000000ns OrderFilled
            23 5000000ns FlattenRequested
            24 5000000ns OrderAccepted
            25 5000000ns OrderFilled
            26+1 rows
            27 5000000ns OrderAccepted
            28 5000000ns OrderFilled
            29 6000000ns ConfigChanged
            30+1 rows
            31 6000000ns SessionClosed
        "#]],
    );
    expect![[r#"
        13 1/2 DENIED D-INSTRUMENT-HALTED
        18 1/3 DENIED D-KILL-SWITCH
        23 1/h1 EMITTED
        30 1/6 DENIED D-ORDER-QTY-MAX
    "#]]
    .assert_eq(&stopped(&work));
}

#[test]
fn a_kill_of_level_4_closes_what_is_held_and_lets_nothing_else_pass() {
    let dir = folder();
    let script = vec![control(3, EventKind::KillSwitch(KillLevel::L4, StrategyId(0)))];
    let work = work(dir.path(), 4, vec![Native::Greedy], script);
    let results = work.run();
    assert_eq!(results.positions, [(InstrumentId(1), Decimal::ZERO)]);
    assert_eq!((results.counts.intents, results.counts.denied), (5, 2));
    expect![[r#"
        11 1/h1 EMITTED
        14 1/3 DENIED D-KILL-SWITCH
        15 1/4 DENIED D-KILL-SWITCH
    "#]]
    .assert_eq(&stopped(&work));
    assert!(work.replay().is_match());
}

#[test]
fn approvals_of_an_older_configuration_are_refused_at_the_gate() {
    let dir = folder();
    let base = work(dir.path(), 3, vec![Native::Greedy], Vec::new());
    // The order of the second row waits for its venue.
    let change = stricter(3, &base);
    let script = vec![venue(2, EventKind::VenueDown), change, venue(3, EventKind::VenueUp)];
    let work = Work { script, ..base };
    let results = work.run();
    assert_eq!(results.counts.fills, 1);
    expect![[r#"
        11 1/2 REFUSED G-CONFIG
        12 1/3 DENIED D-ORDER-QTY-MAX
    "#]]
    .assert_eq(&stopped(&work));
    assert!(work.replay().is_match());
}

#[test]
fn the_session_id_covers_the_script() {
    let dir = folder();
    let base = work(dir.path(), 1, vec![Native::Idle(1)], Vec::new());
    let id = |script: Vec<Scripted>| Work { script, ..base.clone() }.id();
    let disabled = |ms| control(ms, EventKind::TradingDisabled);
    let parameters = |bytes: &[u8]| Scripted { time: TimeNs(0), fact: Fact::Parameters(StrategyId(1), bytes.to_vec()) };
    let ids = [
        id(vec![]),
        id(vec![disabled(1)]),
        id(vec![disabled(2)]),
        id(vec![control(1, EventKind::TradingEnabled)]),
        id(vec![disabled(1), disabled(1)]),
        id(vec![market(1, EventKind::FeedStale)]),
        id(vec![parameters(b"a")]),
        id(vec![parameters(b"b")]),
    ];
    for (n, one) in ids.iter().enumerate() {
        assert!(!ids[..n].contains(one), "script {n} is told from those before it");
    }
    assert_eq!(id(vec![disabled(1)]), ids[1]);
}
