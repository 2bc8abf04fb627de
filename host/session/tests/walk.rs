//! Walks through recorded sessions: State at any event is that of the session, without its strategies.

mod support;

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ringfence_core::ids::Seq;
use ringfence_core::strategy::HaltCode;
use ringfence_journal::reader::JournalReader;
use ringfence_session::error::SessionError;
use ringfence_session::replay::DifferenceKind;
use ringfence_session::walk::{Reached, Walk};
use ringfence_sim::FillMoment;
use support::{Native, Work};

/// Trades of one share, a microsecond apart.
fn tape(dir: &Path, rows: u64) -> PathBuf {
    let path = dir.join("tape.csv");
    let mut file = fs::File::create(&path).expect("a file");
    writeln!(file, "ts_ns,price,qty").expect("written");
    (1..=rows).for_each(|n| writeln!(file, "{},{},1", n * 1_000, 100 + n % 3).expect("written"));
    path
}

fn recorded(dir: &tempfile::TempDir, natives: Vec<Native>, rows: u64) -> Work {
    let tape = tape(dir.path(), rows);
    let journal = Some(dir.path().join("journal"));
    let work = Work { natives, journal, ..Work::trades(&tape, FillMoment::NextEvent) };
    work.run();
    work
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn to(walk: &mut Walk, seq: u64) -> Reached {
    walk.forward(Seq(seq), &mut |_| ControlFlow::Continue(())).expect("the walk goes on")
}

/// Walks to the end, which is the State that was sealed.
#[track_caller]
fn check_end(natives: Vec<Native>, rows: u64) {
    let dir = folder();
    let work = recorded(&dir, natives, rows);
    let mut walk = work.walk();
    assert_eq!(to(&mut walk, u64::MAX), Reached::End);
    let seal = walk.reader().seal().expect("it ended in order").clone();
    assert_eq!(walk.core().state().digest(), seal.state, "{}", work.inputs());
}

#[test]
fn the_end_of_a_walk_is_the_sealed_state_whatever_strategies_did() {
    check_end(vec![Native::Greedy], 9);
    check_end(vec![Native::Timer(1_500), Native::Greedy, Native::Ticking(1_000_000)], 9);
    check_end(vec![Native::ema()], 2_000);
    check_end(vec![Native::wishing(0, 2), Native::Greedy], 9);
}

#[test]
fn a_halted_strategy_is_halted_at_its_event() {
    check_end(vec![Native::Faulty(0), Native::Greedy], 9);
    check_end(vec![Native::mortal(3, HaltCode::Trap), Native::Greedy], 9);
    // The machine ended one of several calls of a step, and which is recorded.
    (1..=7).for_each(|dies_at| check_end(vec![Native::wishing(dies_at, 2)], 6));
}

#[test]
fn state_on_the_way_is_that_of_a_replay_up_to_there() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Greedy, Native::Timer(1_500)], 6);
    let last = JournalReader::open(work.journal.as_deref().unwrap()).expect("a journal").totals().next_seq.0 - 1;
    let mut walk = work.walk();
    for seq in 1..=last {
        assert_eq!((to(&mut walk, seq), walk.seq()), (Reached::There, Seq(seq)));
        let replayed = Work { until: Some(seq), ..work.clone() }.replay();
        assert_eq!(walk.core().state().digest(), replayed.digests.state, "event {seq}");
    }
    assert_eq!((to(&mut walk, last + 1), walk.seq()), (Reached::End, Seq(last)));
    // One that stood there before has gone no further.
    assert_eq!((to(&mut walk, 3), walk.seq()), (Reached::There, Seq(last)));
}

#[test]
fn tapes_that_end_early_are_named() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Idle(1)], 20);
    let reached = to(&mut Work { rows_max: Some(7), ..work }.walk(), u64::MAX);
    let Reached::Differs(difference) = reached else { panic!("{reached:?}") };
    assert_eq!((difference.seq, difference.kind), (Seq(12), DifferenceKind::TapeShort));
}

#[test]
fn other_prices_on_the_tape_come_out_other_than_recorded() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Greedy], 6);
    let text = fs::read_to_string(&work.tape).expect("a tape").replace(",101,", ",150,");
    fs::write(&work.tape, text).expect("written");
    let reached = to(&mut work.walk(), u64::MAX);
    let Reached::Differs(difference) = reached else { panic!("{reached:?}") };
    assert!(matches!(difference.kind, DifferenceKind::Decision { .. }), "{difference:?}");
}

#[test]
fn a_walk_can_be_stopped() {
    let dir = folder();
    let work = recorded(&dir, vec![Native::Idle(1)], 20_000);
    let stopped = work.walk().forward(Seq(u64::MAX), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(SessionError::Interrupted { .. })), "{stopped:?}");
}
