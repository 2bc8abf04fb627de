//! Observers: what are they shown, and when?

use std::fmt::Write;
use std::ops::ControlFlow;

use expect_test::expect;
use ringfence_core::decision::Effects;
use ringfence_core::event::Event;
use ringfence_core::ids::InstrumentId;
use ringfence_core::state::State;
use ringfence_session::latency::Latency;
use ringfence_session::observer::Observer;
use ringfence_sim::FillMoment;

mod support;
use support::{Native, Work};

/// Writes down every call, with the last price and the position that State shows.
#[derive(Default)]
struct Notes(String);

impl Notes {
    fn note(&mut self, what: &str, state: &State) {
        let market = state.market(InstrumentId(1));
        let mark =
            market.and_then(|market| market.mark_price()).map_or("none".to_owned(), |half| (half.0 / 2).to_string());
        let position = state.net_position(ringfence_core::ids::StrategyId(1), InstrumentId(1)).0;
        writeln!(self.0, "{what}, price {mark}, position {position}").expect("a String takes every write");
    }
}

impl Observer for Notes {
    fn row(&mut self, row: &Event, state: &State) {
        self.note(&format!("row at {}", row.time.0), state);
    }

    fn event(&mut self, event: &Event, state: &State) {
        if event.kind.order().is_some() {
            self.note(event.kind.name(), state);
        }
    }

    fn decided(&mut self, effects: &Effects, state: &State) {
        self.note(&format!("{} decisions, {} commands", effects.decisions.len(), effects.commands.len()), state);
    }

    fn end(&mut self, state: &State) {
        self.note("end", state);
    }
}

/// A strategy that buys one at every trade, two trades.
fn work(folder: &std::path::Path) -> Work {
    let tape = folder.join("trades.csv");
    std::fs::write(&tape, "ts_ns,price,qty\n1000,10.0000,5\n2000,11.0000,5\n").expect("the tape is written");
    Work { natives: vec![Native::Greedy], ..Work::trades(&tape, FillMoment::NextEvent) }
}

#[test]
fn a_row_is_shown_before_what_it_causes_and_an_event_behind_its_step() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut notes = Notes::default();
    let results = work(folder.path()).observed(&mut |_| ControlFlow::Continue(()), Some(&mut notes));
    results.expect("the run ends");
    expect![[r#"
        row at 1000, price none, position 0
        5 decisions, 1 commands, price 100000, position 0
        OrderAccepted, price 100000, position 0
        row at 2000, price 100000, position 0
        OrderFilled, price 100000, position 1
        5 decisions, 1 commands, price 110000, position 1
        OrderAccepted, price 110000, position 1
        end, price 110000, position 1
    "#]]
    .assert_eq(&notes.0);
}

#[test]
fn a_run_is_the_same_whether_or_not_somebody_looks_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let work = work(folder.path());
    let seen = work.observed(&mut |_| ControlFlow::Continue(()), Some(&mut Notes::default())).expect("the run ends");
    let unseen = work.run();
    assert_eq!((seen.state_digest, seen.decision_digest), (unseen.state_digest, unseen.decision_digest));
    assert_eq!((seen.counts, seen.equity), (unseen.counts, unseen.equity));
}

#[test]
fn latency_counts_each_command_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut latency = Latency::default();
    let results = work(folder.path()).observed(&mut |_| ControlFlow::Continue(()), Some(&mut latency)).expect("a run");
    assert_eq!((results.counts.orders, latency.decided().count(), latency.recorded().count()), (2, 2, 2));
    let [decided, recorded] = [latency.decided(), latency.recorded()].map(|spread| spread.largest());
    assert!(0 < decided && decided <= recorded, "the way takes time");
}
