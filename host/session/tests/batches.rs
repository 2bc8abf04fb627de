//! Batches: a run that hands over many events at once comes to what one comes to that hands over each.

mod support;

use std::fmt::Write;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use ringfence_core::config::EventDelivery;
use ringfence_core::event::{EventKind, KillLevel, Report};
use ringfence_core::ids::{InstrumentId, StrategyId, TimeNs};
use ringfence_core::instrument::InstrumentStatus;
use ringfence_core::strategy::HaltCode;
use ringfence_session::results::Results;
use ringfence_session::script::{Fact, Scripted};
use ringfence_sim::{FillMoment, Latency, OrderLatency};
use support::natives::handled_ahead;
use support::{Native, Work};

const MS: u64 = 1_000_000;

/// Trades a millisecond apart, at these prices.
fn tape(dir: &Path, prices: &[i64]) -> PathBuf {
    let mut text = String::from("ts_ns,price,qty\n");
    for (price, n) in prices.iter().zip(1_u64..) {
        writeln!(text, "{},{price},1", n * MS).expect("a string grows");
    }
    let path = dir.join("tape.csv");
    fs::write(&path, text).expect("written");
    path
}

/// The same with so many quotes behind each trade, which call nobody.
fn tape_with_quotes(dir: &Path, prices: &[i64], quotes: u64) -> PathBuf {
    let mut text = String::from("ts_ns,kind,p1,q1,p2,q2\n");
    for (price, n) in prices.iter().zip(1_u64..) {
        writeln!(text, "{},B,{price},1,0,0", n * MS).expect("a string grows");
        for quote in 1..=quotes {
            writeln!(text, "{},Q,{},1,{},1", n * MS + quote, price - 1, price + 1).expect("a string grows");
        }
    }
    let path = dir.join("tape.csv");
    fs::write(&path, text).expect("written");
    path
}

/// A walk of this many steps, up and down by at most two.
fn walk() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(-2_i64..=2, 250..900).prop_map(|steps| {
        steps
            .iter()
            .scan(1_000, |price, step| {
                *price += step;
                Some((*price).max(10))
            })
            .collect()
    })
}

fn fact() -> impl Strategy<Value = EventKind> {
    prop_oneof![
        Just(EventKind::TradingDisabled),
        Just(EventKind::TradingEnabled),
        Just(EventKind::KillSwitch(KillLevel::L4, StrategyId(0))),
        Just(EventKind::KillSwitch(KillLevel::Off, StrategyId(0))),
        Just(EventKind::FlattenRequested(StrategyId(1))),
        Just(EventKind::FeedStale),
        Just(EventKind::FeedRecovered),
        Just(EventKind::InstrumentStatus(InstrumentStatus::Halted)),
        Just(EventKind::InstrumentStatus(InstrumentStatus::Trading)),
    ]
}

/// Facts within the first 900 ms, at times of rows and between them.
fn script() -> impl Strategy<Value = Vec<Scripted>> {
    prop::collection::vec((0_u64..1_800, fact()), 0..5).prop_map(|mut facts| {
        facts.sort_by_key(|(at, _)| *at);
        let about = |kind| Report { instrument: InstrumentId(1), ..Report::control(kind) };
        let scripted = |(at, kind)| Scripted { time: TimeNs(at * MS / 2), fact: Fact::Report(about(kind)) };
        facts.into_iter().map(scripted).collect()
    })
}

fn latency() -> impl Strategy<Value = Latency> {
    let ns = || prop_oneof![3 => Just(0), 1 => 1_u64..20 * MS];
    let feed = prop_oneof![5 => Just(0), 1 => 1_u64..20 * MS];
    (feed, ns(), ns()).prop_map(|(feed_ns, entry_ns, response_ns)| Latency {
        feed_ns,
        orders: OrderLatency::Constant { entry_ns, response_ns },
    })
}

/// What must not depend on how events come.
fn shown(results: &Results) -> String {
    let Results { counts, state_digest, decision_digest, equity, positions, .. } = results;
    format!("{counts:?} {state_digest:?} {decision_digest:?} {equity} {positions:?}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn batches_change_nothing_that_is_decided(
        prices in walk(),
        script in script(),
        latency in latency(),
        is_next in any::<bool>(),
        greedy in any::<bool>(),
        quotes in 0_u64..4,
    ) {
        let dir = tempfile::tempdir().expect("a folder");
        let fill = if is_next { FillMoment::NextEvent } else { FillMoment::SameEvent };
        let natives = vec![if greedy { Native::Greedy } else { Native::ema() }];
        let tape =
            if quotes == 0 { tape(dir.path(), &prices) } else { tape_with_quotes(dir.path(), &prices, quotes) };
        let single = Work { natives, script, latency, ..Work::trades(&tape, fill) };
        let journal = Some(dir.path().join("journal"));
        let batch = Work { delivery: EventDelivery::Batch, journal, ..single.clone() };
        prop_assert_eq!(shown(&single.run()), shown(&batch.run()));
        // A replay delivers each by itself.
        let before = handled_ahead();
        let verdict = batch.replay();
        prop_assert_eq!((&verdict.first_difference, verdict.is_sealed), (&None, true));
        prop_assert_eq!(handled_ahead(), before);
    }
}

/// Prices that rise for 300 ms and then fall.
fn hill() -> Vec<i64> {
    (0..300).chain((0..300).rev()).map(|n| 1_000 + n).collect()
}

#[test]
fn most_rows_are_handled_ahead_and_none_behind_a_feed_leg() {
    let dir = tempfile::tempdir().expect("a folder");
    let work = Work::trades(&tape(dir.path(), &hill()), FillMoment::SameEvent);
    let work = Work { delivery: EventDelivery::Batch, ..work };
    let before = handled_ahead();
    let results = work.run();
    assert_eq!(results.counts.orders, 2);
    assert!(handled_ahead() - before > 590, "{} of 600", handled_ahead() - before);
    assert_eq!((results.strategies[0].calls, results.strategies[0].fuel_p50), (600, None));
    let before = handled_ahead();
    Work { latency: Latency { feed_ns: 1, ..Latency::NONE }, ..work }.run();
    assert_eq!(handled_ahead(), before);
}

#[test]
fn a_journal_of_batches_holds_no_fuel_and_is_of_the_same_session() {
    let dir = tempfile::tempdir().expect("a folder");
    let single = Work::trades(&tape(dir.path(), &hill()), FillMoment::SameEvent);
    let batch = Work { delivery: EventDelivery::Batch, ..single.clone() };
    assert_eq!(single.id(), batch.id());
    let nothing = ringfence_core::blob::sha256(b"");
    assert_eq!(batch.run().fuel_digest, nothing);
    assert_ne!(single.run().fuel_digest, nothing);
}

#[test]
fn a_strategy_that_does_not_look_ahead_is_called_one_by_one() {
    let dir = tempfile::tempdir().expect("a folder");
    let work = |delivery| Work {
        delivery,
        natives: vec![Native::mortal(3, HaltCode::Trap)],
        ..Work::trades(&tape(dir.path(), &hill()), FillMoment::SameEvent)
    };
    let (single, batch) = (work(EventDelivery::Single).run(), work(EventDelivery::Batch).run());
    assert_eq!(shown(&single), shown(&batch));
    assert!(batch.strategies[0].halt.is_some(), "a halt is an outcome where nothing was handled ahead");
}

#[test]
fn the_end_of_a_strategy_in_a_batch_ends_the_run() {
    let dir = tempfile::tempdir().expect("a folder");
    let work = Work::trades(&tape(dir.path(), &hill()), FillMoment::SameEvent);
    let work = Work { delivery: EventDelivery::Batch, natives: vec![Native::Faulty(0)], ..work };
    let error = work.try_run(&mut |_| ControlFlow::Continue(())).expect_err("it ends");
    assert_eq!(
        error.to_string(),
        "strategy 1 was ended by H-TRAP (after 5 units of fuel) at one of the events 5 to 68, which were delivered as a batch"
    );
}
