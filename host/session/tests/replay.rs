//! Replays that must differ, or must not: halts that are obeyed, the place to stop at, other code, other tapes.

mod support;

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ringfence_core::ids::{Seq, StrategyId, TimeNs};
use ringfence_core::strategy::HaltCode;
use ringfence_journal::codes::JournalCode;
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};
use ringfence_session::backtest::DEADLINES_MAX;
use ringfence_session::error::SessionError;
use ringfence_session::replay::{Difference, DifferenceKind, Verdict};
use ringfence_sim::FillMoment;
use support::{Native, Work};

/// Trades of one share, a microsecond apart.
fn tape(dir: &Path, rows: u64) -> PathBuf {
    let path = dir.join("tape.csv");
    let mut file = fs::File::create(&path).expect("a file");
    writeln!(file, "ts_ns,price,qty").expect("written");
    (1..=rows).for_each(|n| writeln!(file, "{},100,1", n * 1_000).expect("written"));
    path
}

/// A journalled run of these strategies over `rows` rows, events 5 and on (1 to 4 open the session, with one strategy).
fn recorded(dir: &tempfile::TempDir, natives: Vec<Native>, rows: u64) -> Work {
    let tape = tape(dir.path(), rows);
    let journal = Some(dir.path().join("journal"));
    let work = Work { natives, journal, ..Work::trades(&tape, FillMoment::SameEvent) };
    work.run();
    work
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[track_caller]
fn check_match(verdict: &Verdict) {
    assert_eq!((&verdict.first_difference, verdict.is_sealed), (&None, true));
}

/// Runs with strategies that die, replays with the same ones made immortal: only the record can halt them.
#[track_caller]
fn check_obeyed(mortal: Vec<Native>, immortal: Vec<Native>) {
    let dir = folder();
    let work = recorded(&dir, mortal, 6);
    assert!(work.inputs().contains("StrategyHalted"), "{}", work.inputs());
    check_match(&Work { natives: immortal, ..work }.replay());
}

#[test]
fn a_halt_of_the_machine_is_obeyed_at_the_last_row_of_its_span() {
    for code in [HaltCode::Stack, HaltCode::HostMemory] {
        check_obeyed(vec![Native::mortal(3, code)], vec![Native::mortal(0, code)]);
    }
}

#[test]
fn a_halt_of_the_machine_is_obeyed_at_the_call_it_ended() {
    // At every trade the orders of the one before come back as outcomes: calls 2 and 3, then the trade itself, call 4.
    for dies_at in 1..=7 {
        check_obeyed(vec![Native::wishing(dies_at, 2)], vec![Native::wishing(0, 2)]);
    }
}

#[test]
fn neighbours_of_a_halted_strategy_are_called_and_compared() {
    let dir = folder();
    let (mortal, immortal) = (Native::wishing(3, 2), Native::wishing(0, 2));
    let work = recorded(&dir, vec![Native::Idle(4), mortal, Native::Idle(5)], 6);
    let with =
        |first, last| Work { natives: vec![Native::Idle(first), immortal.clone(), Native::Idle(last)], ..work.clone() };
    check_match(&with(4, 5).replay());
    let kind = |verdict: Verdict| verdict.first_difference.expect("other fuel").kind;
    assert_eq!(kind(with(6, 5).replay()), DifferenceKind::Fuel { call: 0, recorded: Some(4), replayed: 6 });
    assert_eq!(kind(with(4, 6).replay()), DifferenceKind::Fuel { call: 2, recorded: Some(5), replayed: 6 });
}

#[test]
fn a_halt_that_reproduces_is_executed_again() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::mortal(3, HaltCode::Trap)], 6);
    check_match(&work.replay());
    let immortal = Work { natives: vec![Native::mortal(0, HaltCode::Trap)], ..work }.replay();
    let difference = immortal.first_difference.expect("it does not halt");
    assert!(matches!(difference.kind, DifferenceKind::Decision { replayed: None, .. }), "{difference:?}");
    assert_eq!(difference.seq, Seq(7));
}

#[test]
fn a_replay_stops_at_the_event_it_is_told() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Idle(1)], 20);
    for until in [1, 4, 5, 6, 23, 24, 25] {
        let verdict = Work { until: Some(until), ..work.clone() }.replay();
        assert_eq!((verdict.verified_events, verdict.first_difference), (until, None));
        assert_eq!(verdict.is_sealed, until == 25, "until {until}");
    }
    check_match(&Work { until: Some(26), ..work }.replay());
}

#[test]
fn tapes_that_end_early_are_named() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Idle(1)], 20);
    let short = Work { rows_max: Some(7), ..work }.replay();
    assert_eq!(short.first_difference, Some(Difference { seq: Seq(12), kind: DifferenceKind::TapeShort }));
}

#[test]
fn a_row_before_the_event_before_it_is_a_difference_and_no_panic() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Idle(1)], 3);
    // The session opened with the first row's time.
    fs::write(&work.tape, "ts_ns,price,qty\n1,100,1\n2,100,1\n3,100,1\n").expect("written");
    assert_eq!(work.replay().first_difference, Some(Difference { seq: Seq(5), kind: DifferenceKind::TimeBack }));
}

#[test]
fn other_subscriptions_are_named() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Idle(1)], 3);
    let other = Work { natives: vec![Native::Sma { closes: Vec::new() }], ..work }.replay();
    assert_eq!(other.first_difference.map(|difference| difference.kind), Some(DifferenceKind::Plan(StrategyId(1))));
}

#[test]
fn fuel_is_compared_unless_the_strategy_was_replaced() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Idle(1), Native::Idle(2)], 3);
    let other = Work { natives: vec![Native::Idle(1), Native::Idle(9)], ..work.clone() };
    let kind = DifferenceKind::Fuel { call: 1, recorded: Some(2), replayed: 9 };
    assert_eq!(other.replay().first_difference, Some(Difference { seq: Seq(6), kind: kind.clone() }));
    check_match(&Work { replaced: vec![StrategyId(2)], ..other.clone() }.replay());
    let neighbour = Work { replaced: vec![StrategyId(1)], ..other }.replay();
    assert_eq!(neighbour.first_difference.map(|difference| difference.kind), Some(kind));
    let greedy = Work { natives: vec![Native::Idle(1), Native::Greedy], replaced: vec![StrategyId(2)], ..work };
    let difference = greedy.replay().first_difference.expect("it decides otherwise");
    assert!(matches!(difference.kind, DifferenceKind::Decision { ordinal: 0, recorded: None, .. }), "{difference:?}");
}

#[test]
fn a_halt_of_the_machine_is_not_obeyed_for_other_code() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::mortal(2, HaltCode::Stack)], 4);
    let other = Work { natives: vec![Native::Idle(1)], replaced: vec![StrategyId(1)], ..work }.replay();
    let difference = other.first_difference.expect("it goes on");
    assert!(matches!(difference.kind, DifferenceKind::Decision { replayed: None, .. }), "{difference:?}");
}

#[test]
fn another_table_of_costs_is_named() {
    let dir = folder();
    let tape = tape(dir.path(), 3);
    let journal = Some(dir.path().join("journal"));
    let work =
        Work { journal, costs: "older", natives: vec![Native::Idle(1)], ..Work::trades(&tape, FillMoment::SameEvent) };
    work.run();
    assert_eq!(work.replay().other_costs.as_deref(), Some("older"));
}

#[test]
fn a_replay_stops_when_it_is_asked_to() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Idle(1)], 20_000);
    let stopped = work.try_replay(&mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(SessionError::Interrupted { seq: Seq(16_384) })), "{stopped:?}");
}

#[test]
fn the_wall_clock_net_ends_a_backtest_without_a_seal() {
    let dir = folder();
    let tape = tape(dir.path(), 3);
    let natives = vec![Native::mortal(2, HaltCode::WallClock)];
    let work =
        Work { natives, journal: Some(dir.path().join("journal")), ..Work::trades(&tape, FillMoment::SameEvent) };
    let ended = work.try_run(&mut |_| ControlFlow::Continue(()));
    assert!(matches!(ended, Err(SessionError::WallClock { strategy: 1, seq: Seq(6) })), "{ended:?}");
}

/// What is changed when a journal is written again, with a chain of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    RowsOfAnotherTape,
    FuelAtTheEnd,
    State,
    Decisions,
    Fuel,
    Strategies,
    NoSeal,
}

fn rewritten(work: &Work, to: &Path, change: Change) -> Work {
    let from = work.journal.as_deref().expect("journalled");
    let mut reader = JournalReader::open(from).expect("whole");
    let mut header = reader.header().clone();
    header.tapes.push(header.tapes[0]);
    let beginning = Beginning { header: &header, components: &[], provenance: Provenance::default() };
    let options = Options::new(Durability::AtSegmentEnd);
    let mut writer = JournalWriter::create(to, beginning, options).expect("a fresh folder");
    let mut step = Step::new();
    while reader.next_step(&mut step).expect("whole") {
        let fuel: Vec<u64> = std::iter::from_fn(|| reader.next_fuel()).collect();
        write_again(&mut writer, (&step, &fuel), usize::from(change == Change::RowsOfAnotherTape));
    }
    let mut seal = reader.seal().cloned().expect("sealed");
    match change {
        Change::Nothing | Change::RowsOfAnotherTape | Change::NoSeal => {}
        Change::FuelAtTheEnd => writer.fuel(&[1]),
        Change::State => seal.state[0] ^= 1,
        Change::Decisions => seal.decisions[0] ^= 1,
        Change::Fuel => seal.fuel[0] ^= 1,
        Change::Strategies => seal.strategies.clear(),
    }
    writer.commit().expect("written");
    if change != Change::NoSeal {
        writer.seal(&seal).expect("written");
    }
    Work { journal: Some(to.to_owned()), ..work.clone() }
}

fn write_again(writer: &mut JournalWriter, (step, fuel): (&Step, &[u64]), tape: usize) {
    for (id, bytes) in &step.blobs {
        writer.blob(*id, bytes).expect("written");
    }
    match step.input {
        Input::Event(event) => writer.event(&event),
        Input::TapeRows { first_seq, rows } => {
            for seq in first_seq.0..first_seq.0 + rows {
                writer.tape_row(Seq(seq), tape);
                if seq + 1 < first_seq.0 + rows {
                    writer.end_step().expect("written");
                }
            }
        }
        Input::Unknown { .. } => panic!("nothing unknown was written"),
    }
    writer.fuel(fuel);
    writer.decisions(step.input.last_seq(), &step.decisions, &step.notes);
    step.halted_calls.iter().for_each(|halted| writer.halted_call(*halted));
    writer.end_step().expect("written");
}

#[test]
fn what_was_changed_in_a_journal_with_a_chain_of_its_own_is_named() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Greedy], 5);
    let seal = |name| Some(Difference { seq: Seq(0), kind: DifferenceKind::Seal(name) });
    for (change, name, want) in [
        (Change::Nothing, "nothing", None),
        (Change::RowsOfAnotherTape, "tape", Some(Difference { seq: Seq(5), kind: DifferenceKind::TapeOrder })),
        (Change::FuelAtTheEnd, "fuel-left", Some(Difference { seq: Seq(0), kind: DifferenceKind::FuelLeft })),
        (Change::State, "state", seal("state_digest")),
        (Change::Decisions, "decisions", seal("decision_digest")),
        (Change::Fuel, "fuel", seal("fuel_digest")),
        (Change::Strategies, "strategies", seal("strategies")),
    ] {
        let verdict = rewritten(&work, &dir.path().join(name), change).replay();
        assert_eq!((verdict.is_sealed, verdict.first_difference), (want.is_none(), want), "{name}");
    }
    let replaced = Work { replaced: vec![StrategyId(1)], ..rewritten(&work, &dir.path().join("other"), Change::Fuel) };
    check_match(&replaced.replay());
}

#[test]
fn an_incomplete_commit_at_the_end_is_told() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Idle(1)], 5);
    let open = rewritten(&work, &dir.path().join("open"), Change::NoSeal);
    assert_eq!(open.replay().tail, None);
    let segment = dir.path().join("open/000001.seg");
    let bytes = fs::read(&segment).expect("a segment");
    fs::write(&segment, [&bytes[..], b"torn"].concat()).expect("written");
    let verdict = open.replay();
    assert_eq!((verdict.first_difference, verdict.is_sealed), (None, false));
    assert_eq!(verdict.tail.map(|finding| finding.code), Some(JournalCode::TornTail));
}

/// Two rows, so many milliseconds apart; the strategy asks to be woken every millisecond.
fn flood(dir: &Path, gap_ms: u64) -> Work {
    let path = dir.join("flood.csv");
    fs::write(&path, format!("ts_ns,price,qty\n0,100,1\n{},100,1\n", gap_ms * MS)).expect("written");
    Work { natives: vec![Native::Ticking(MS)], ..Work::trades(&path, FillMoment::SameEvent) }
}

#[test]
fn timers_between_two_rows_are_bounded() {
    let dir = folder();
    let go_on = &mut |_| ControlFlow::Continue(());
    let results = flood(dir.path(), DEADLINES_MAX).try_run(go_on).expect("at the limit");
    assert_eq!(results.counts.events, 4 + 2 + DEADLINES_MAX + 1);
    let error = flood(dir.path(), DEADLINES_MAX + 1).try_run(go_on).expect_err("one past it");
    assert!(matches!(error, SessionError::TimerFlood { .. }), "{error}");
    assert!(
        error.to_string().starts_with("more than 3000000 timers and arrivals were due between two rows"),
        "{error}"
    );
}

#[test]
fn a_backtest_can_be_interrupted_between_two_rows() {
    let dir = folder();
    let mut asked = 0;
    let stopped = flood(dir.path(), 100_000).try_run(&mut |now| {
        asked += 1;
        assert_eq!(now.rows, 1, "the second row was not fed yet");
        if now.time > TimeNs(30_000 * MS) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(stopped, Err(SessionError::Interrupted { .. })), "{stopped:?}");
    assert_eq!(asked, 2);
}

const MS: u64 = 1_000_000;
