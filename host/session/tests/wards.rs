//! Strategies that are kept, started again, swapped: what enters the stream, and that a replay does the same.

mod support;

use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use ringfence_core::config::{Supervision, encode_params};
use ringfence_core::event::{EventKind, Report};
use ringfence_core::ids::{Seq, StrategyId, TimeNs};
use ringfence_core::strategy::HaltCode;
use ringfence_session::pace::Turn;
use ringfence_session::replay::{Difference, DifferenceKind};
use ringfence_session::results::Results;
use ringfence_session::script::{Fact, Scripted};
use ringfence_sim::FillMoment;
use support::{Native, Work};

const ONE: StrategyId = StrategyId(1);

/// Trades of one share, a microsecond apart.
fn tape(dir: &Path, rows: u64) -> PathBuf {
    let path = dir.join("tape.csv");
    let rows: String = (1..=rows).map(|n| format!("{},100,1\n", n * 1_000)).collect();
    fs::write(&path, format!("ts_ns,price,qty\n{rows}")).expect("written");
    path
}

fn work(dir: &tempfile::TempDir, native: Native, rows: u64) -> Work {
    let journal = Some(dir.path().join("journal"));
    Work { natives: vec![native], journal, ..Work::trades(&tape(dir.path(), rows), FillMoment::SameEvent) }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn every(events: u64) -> Supervision {
    Supervision { checkpoint_events: NonZeroU64::new(events), ..Supervision::NONE }
}

fn swap(component: u8) -> Turn {
    Turn::First(TimeNs(0), Fact::Swap(ONE, [component; 32], vec![component]))
}

fn notices(results: &Results) -> String {
    let mut out = String::new();
    for notice in &results.notices {
        let text = notice.kind.to_string();
        let text = text.split(", the session stood still").next().unwrap_or(&text);
        writeln!(out, "{} {text}", notice.seq.0).expect("text");
    }
    out
}

/// Runs, compares what entered the stream and what was told, and replays.
#[track_caller]
fn check(work: &Work, want: Expect) -> Results {
    let results = work.run();
    want.assert_eq(&format!("{}--\n{}", work.inputs(), notices(&results)));
    let verdict = work.replay();
    assert_eq!((&verdict.first_difference, verdict.is_sealed), (&None, true));
    results
}

#[test]
fn a_checkpoint_changes_no_decision() {
    let dir = folder();
    let plain = Work { journal: None, ..work(&dir, Native::Greedy, 10) }.run();
    let kept = Work { supervision: every(5), ..work(&dir, Native::Greedy, 10) };
    let kept = check(
        &kept,
        expect![[r#"
        5+1 rows
        6 1000ns OrderAccepted
        7 1000ns OrderFilled
        8+1 rows
        9 2000ns OrderAccepted
        10 2000ns OrderFilled
        11 2000ns StrategyCheckpointed
        12+1 rows
        13 3000ns OrderAccepted
        14 3000ns OrderFilled
        15+1 rows
        16 4000ns OrderAccepted
        17 4000ns OrderFilled
        18 4000ns StrategyCheckpointed
        19+1 rows
        20 5000ns OrderAccepted
        21 5000ns OrderFilled
        22+1 rows
        23 6000ns OrderAccepted
        24 6000ns OrderFilled
        25 6000ns StrategyCheckpointed
        26+1 rows
        27 7000ns OrderAccepted
        28 7000ns OrderFilled
        29+1 rows
        30 8000ns OrderAccepted
        31 8000ns OrderFilled
        32 8000ns StrategyCheckpointed
        33+1 rows
        34 9000ns OrderAccepted
        35 9000ns OrderFilled
        36+1 rows
        37 10000ns OrderAccepted
        38 10000ns OrderFilled
        39 10000ns StrategyCheckpointed
        40 10000ns SessionClosed
        --
    "#]],
    );
    assert_eq!(kept.decision_digest, plain.decision_digest);
}

#[test]
fn a_halted_strategy_is_started_again_from_the_state_that_was_kept_last() {
    let dir = folder();
    let supervision = Supervision { restarts_max: 2, restart_backoff_ns: 2_500, ..every(6) };
    let work = Work { supervision, ..work(&dir, Native::mortal(8, HaltCode::Trap), 20) };
    let results = check(
        &work,
        expect![[r#"
            5+6 rows
            11 6000ns StrategyCheckpointed
            12+2 rows
            14 8000ns StrategyHalted
            15+2 rows
            17 10500ns StrategyResumed
            18+1 rows
            19 11000ns StrategyCheckpointed
            20+1 rows
            21 12000ns StrategyHalted
            22+4 rows
            26 17000ns StrategyResumed
            27+1 rows
            28 17000ns StrategyHalted
            29+3 rows
            32 20000ns SessionClosed
            --
            17 started again, restart 1
            26 started again, restart 2
            28 is in quarantine after 2 restarts: it stays halted until an operator acts
        "#]],
    );
    assert_eq!(results.strategies[0].halts.len(), 3);
}

#[test]
fn without_a_state_it_begins_anew() {
    let dir = folder();
    let supervision = Supervision { restarts_max: 2, restart_backoff_ns: 1_000, ..Supervision::NONE };
    let work = Work { supervision, ..work(&dir, Native::mortal(4, HaltCode::HostMemory), 20) };
    check(
        &work,
        expect![[r#"
        5+4 rows
        9 4000ns StrategyHalted
        10 5000ns StrategySwapped
        11 5000ns StrategyResumed
        12+4 rows
        16 8000ns StrategyHalted
        17+1 rows
        18 10000ns StrategySwapped
        19 10000ns StrategyResumed
        20+4 rows
        24 13000ns StrategyHalted
        25+7 rows
        32 20000ns SessionClosed
        --
        11 started again, restart 1
        19 started again, restart 2
        24 is in quarantine after 2 restarts: it stays halted until an operator acts
    "#]],
    );
}

#[test]
fn a_component_is_swapped_between_two_events() {
    let dir = folder();
    let library = vec![([7; 32], Native::Idle(5))];
    let work = Work { library, orders: vec![(4_000, swap(7))], ..work(&dir, Native::Greedy, 8) };
    check(
        &work,
        expect![[r#"
        5+1 rows
        6+1 rows
        7+1 rows
        8 3000ns StrategySwapped
        9+5 rows
        14 8000ns SessionClosed
        --
        8 swapped to component 070707070707
    "#]],
    );
    let kept = dir.path().join("journal/components").join("07".repeat(32));
    assert!(!kept.exists(), "the bytes are kept under their own hash");
    assert_eq!(fs::read_dir(dir.path().join("journal/components")).expect("a folder").count(), 1);
}

#[test]
fn what_cannot_take_the_place_leaves_the_one_that_is_there() {
    let dir = folder();
    let work = Work { orders: vec![(4_000, swap(9))], ..work(&dir, Native::Greedy, 8) };
    check(
        &work,
        expect![[r#"
        5+1 rows
        6+1 rows
        7+1 rows
        8 3000ns StrategyCheckpointed
        9+1 rows
        10+1 rows
        11+1 rows
        12+1 rows
        13+1 rows
        14 8000ns SessionClosed
        --
        7 goes on as it was, the new one was refused: no such component
    "#]],
    );
}

#[test]
fn a_component_that_ends_among_its_first_events_is_swapped_back() {
    let dir = folder();
    let library = vec![([7; 32], Native::mortal(2, HaltCode::Trap))];
    let work = Work { library, orders: vec![(4_000, swap(7))], ..work(&dir, Native::Greedy, 8) };
    let results = check(
        &work,
        expect![[r#"
        5+1 rows
        6+1 rows
        7+1 rows
        8 3000ns StrategySwapped
        9+1 rows
        10 4000ns StrategyHalted
        11 4000ns StrategySwapped
        12+1 rows
        13+1 rows
        14+1 rows
        15+1 rows
        16 8000ns SessionClosed
        --
        8 swapped to component 070707070707
        11 the new component ended among its first events, component 000000000000 goes on
    "#]],
    );
    assert_eq!(results.strategies[0].halt, None);
}

#[test]
fn a_halted_strategy_can_be_swapped_and_runs_again() {
    let dir = folder();
    let library = vec![([7; 32], Native::Idle(5))];
    let orders = vec![(6_000, swap(7))];
    let work = Work { library, orders, ..work(&dir, Native::mortal(2, HaltCode::Trap), 8) };
    check(
        &work,
        expect![[r#"
        5+2 rows
        7 2000ns StrategyHalted
        8+3 rows
        11 5000ns StrategySwapped
        12+3 rows
        15 8000ns SessionClosed
        --
        11 swapped to component 070707070707
    "#]],
    );
}

#[test]
fn a_strategy_that_ends_while_it_says_its_state_is_halted() {
    let dir = folder();
    let library = vec![([7; 32], Native::Greedy)];
    let work = Work { library, orders: vec![(4_000, swap(7))], ..work(&dir, Native::Idle(666), 8) };
    check(
        &work,
        expect![[r#"
        5+3 rows
        8 3000ns StrategyHalted
        9+5 rows
        14 8000ns SessionClosed
        --
    "#]],
    );
}

#[test]
fn parameters_are_changed_by_a_fresh_instance() {
    let dir = folder();
    let params = encode_params(&[("fast".to_owned(), "3".to_owned())]);
    let script = vec![Scripted { time: TimeNs(3_500), fact: Fact::Parameters(ONE, params) }];
    check(
        &Work { script, ..work(&dir, Native::Greedy, 6) },
        expect![[r#"
        5+1 rows
        6 1000ns OrderAccepted
        7 1000ns OrderFilled
        8+1 rows
        9 2000ns OrderAccepted
        10 2000ns OrderFilled
        11+1 rows
        12 3000ns OrderAccepted
        13 3000ns OrderFilled
        14 3500ns ParametersChanged
        15 3500ns StrategySwapped
        16+1 rows
        17 4000ns OrderAccepted
        18 4000ns OrderFilled
        19+1 rows
        20 5000ns OrderAccepted
        21 5000ns OrderFilled
        22+1 rows
        23 6000ns OrderAccepted
        24 6000ns OrderFilled
        25 6000ns SessionClosed
        --
        15 swapped to component 000000000000
    "#]],
    );
}

#[test]
fn a_session_at_a_pace_takes_facts_and_ends_where_it_is_told_to() {
    let dir = folder();
    let disable = Fact::Report(Report::control(EventKind::TradingDisabled));
    let orders = vec![(3_000, Turn::First(TimeNs(2_400), disable)), (6_000, Turn::End)];
    check(
        &Work { orders, ..work(&dir, Native::Greedy, 9) },
        expect![[r#"
        5+1 rows
        6+1 rows
        7 2400ns TradingDisabled
        8+1 rows
        9+1 rows
        10+1 rows
        11 5000ns SessionClosed
        --
    "#]],
    );
}

#[test]
fn another_state_than_the_recorded_one_is_the_difference() {
    let dir = folder();
    let work = Work { supervision: every(6), ..work(&dir, Native::Idle(1), 10) };
    work.run();
    // The same fuel, decisions and plan, from code that keeps something else.
    let difference = Work { natives: vec![Native::Timer(0)], ..work }.replay().first_difference;
    assert_eq!(difference, Some(Difference { seq: Seq(11), kind: DifferenceKind::State(ONE) }));
}

#[test]
fn other_code_hands_over_its_own_state() {
    let dir = folder();
    let library = vec![([7; 32], Native::Idle(5))];
    let work = Work { library, orders: vec![(4_000, swap(7))], ..work(&dir, Native::Idle(1), 8) };
    work.run();
    let other = Work { natives: vec![Native::Idle(3)], replaced: vec![ONE], ..work };
    assert_eq!(other.replay().first_difference, None);
}

#[test]
fn a_component_that_is_not_there_any_more_is_the_difference() {
    let dir = folder();
    let library = vec![([7; 32], Native::Idle(5))];
    let work = Work { library, orders: vec![(4_000, swap(7))], ..work(&dir, Native::Idle(5), 8) };
    work.run();
    let difference = Work { library: Vec::new(), ..work }.replay().first_difference.expect("it differs");
    let kind = DifferenceKind::Renewal(ONE, "no such component".to_owned());
    assert_eq!(difference, Difference { seq: Seq(8), kind });
}

fn params(name: &str, time: u64) -> Scripted {
    let params = encode_params(&[(name.to_owned(), "1".to_owned())]);
    Scripted { time: TimeNs(time), fact: Fact::Parameters(ONE, params) }
}

#[test]
fn parameters_that_were_refused_are_not_those_of_a_later_instance() {
    let dir = folder();
    let supervision = Supervision { restarts_max: 2, restart_backoff_ns: 3_000, ..Supervision::NONE };
    // Once while it runs and once while it is halted: it is started again with those that it had.
    let script = vec![params("refused", 2_500), params("refused", 4_500)];
    let work = Work { supervision, script, ..work(&dir, Native::mortal(4, HaltCode::Trap), 9) };
    check(
        &work,
        expect![[r#"
        5+2 rows
        7 2500ns ParametersChanged
        8 2500ns StrategyCheckpointed
        9+2 rows
        11 4000ns StrategyHalted
        12 4500ns ParametersChanged
        13+2 rows
        15 7000ns StrategySwapped
        16 7000ns StrategyResumed
        17+3 rows
        20 9000ns SessionClosed
        --
        6 goes on as it was, the new one was refused: parameters that it does not take
        11 goes on as it was, the new one was refused: parameters that it does not take
        16 started again, restart 1
    "#]],
    );
}

#[test]
fn parameters_that_cannot_be_read_change_nothing() {
    let dir = folder();
    let script = vec![Scripted { time: TimeNs(2_500), fact: Fact::Parameters(ONE, b"canonical?".to_vec()) }];
    check(
        &Work { script, ..work(&dir, Native::Idle(1), 4) },
        expect![[r#"
        5+2 rows
        7 2500ns ParametersChanged
        8+2 rows
        10 4000ns SessionClosed
        --
        6 goes on as it was, the new one was refused: its parameters cannot be read: no valid list length at offset 4
    "#]],
    );
}

#[test]
fn a_checkpoint_of_the_new_component_keeps_what_the_one_before_comes_back_with() {
    let dir = folder();
    let library = vec![([7; 32], Native::mortal(4, HaltCode::Trap))];
    let work = Work { supervision: every(2), library, orders: vec![(4_000, swap(7))], ..work(&dir, Native::Greedy, 9) };
    check(
        &work,
        expect![[r#"
        5+1 rows
        6+1 rows
        7 2000ns StrategyCheckpointed
        8+1 rows
        9 3000ns StrategySwapped
        10+1 rows
        11 4000ns StrategyCheckpointed
        12+2 rows
        14 6000ns StrategyHalted
        15 6000ns StrategySwapped
        16 6000ns StrategyCheckpointed
        17+1 rows
        18+1 rows
        19 8000ns StrategyCheckpointed
        20+1 rows
        21 9000ns SessionClosed
        --
        9 swapped to component 070707070707
        15 the new component ended among its first events, component 000000000000 goes on
    "#]],
    );
}
