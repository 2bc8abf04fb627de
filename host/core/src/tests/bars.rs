//! Bars that the core builds: when they close, who is told, what views show.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::canonical::Writer;
use crate::event::{Bar, Event, EventKind, Report, Trade};
use crate::ids::{InstrumentId, Seq, StrategyId, TimeNs};
use crate::money::{Price, Qty};
use crate::plan::{BarSpec, ChangeFilter, Plan, Subscription, Topic};
use crate::strategy::{Call, CallReport, Delivery, StateLoan, StrategyHost};
use crate::tests::world::{A, B, START, World};

const SECOND: u64 = 1_000_000_000;

/// Writes down every call, and what a view shows then.
#[derive(Default)]
struct Listener {
    log: String,
    bars: Vec<(TimeNs, Bar)>,
}

impl StrategyHost for Listener {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        let (who, at) = (call.strategy.0, call.event.time.0 - START.0);
        let seconds = format!("{}.{:03}", at / SECOND, at % SECOND / 1_000_000);
        match (call.delivery, call.event.kind) {
            (Delivery::Event, EventKind::Bar(bar)) => {
                let Bar { open, high, low, close, volume, interval_ns, .. } = bar;
                let spec = BarSpec::new(u8::try_from(interval_ns >> 60).expect("4 bits") + 1, interval_ns << 4 >> 4);
                let spec = spec.expect("of a known kind");
                let seen = loan.bars_like(call.strategy, (call.event.instrument, spec), 9).count();
                let prices = format!("{} {} {} {}", open.0, high.0, low.0, close.0);
                writeln!(self.log, "{seconds} s{who} {spec:?} {prices} x {} ({seen} kept)", volume.0)
                    .expect("a string grows");
                self.bars.push((call.event.time, bar));
            }
            (Delivery::Event, kind) => {
                writeln!(self.log, "{seconds} s{who} {}", kind.name()).expect("a string grows");
            }
            (Delivery::Wake, _) => writeln!(self.log, "{seconds} s{who} wake").expect("a string grows"),
            (Delivery::Outcome(..), _) => {}
        }
        (loan, CallReport::default())
    }
}

/// A core, and strategies that listen.
struct Stage {
    world: World,
    listener: Listener,
}

impl Stage {
    fn new(plans: &[&[Subscription]]) -> Stage {
        let mut world = World::new();
        world.report(START, Report::control(EventKind::SessionOpened(crate::tests::world::SESSION, world.mode, 1)));
        world.change_config(START);
        let mut stage = Stage { world, listener: Listener::default() };
        for (number, plan) in (1..).zip(plans) {
            stage.attach(StrategyId(number), plan);
        }
        stage
    }

    fn attach(&mut self, strategy: StrategyId, plan: &[Subscription]) {
        let mut w = Writer::new();
        Plan { subscriptions: plan.to_vec() }.put(&mut w);
        let plan = self.world.blobs.append(w.bytes());
        self.step(self.world.core.state().time(), Report::control(EventKind::StrategyAttached(strategy, plan, plan)));
    }

    fn step(&mut self, time: TimeNs, report: Report) {
        self.world.seq = Seq(self.world.seq.0 + 1);
        let event: Event = report.at(self.world.seq, time);
        let World { core, blobs, effects, .. } = &mut self.world;
        core.step(&event, blobs, &mut self.listener, effects);
    }

    fn trade(&mut self, instrument: InstrumentId, ms: u64, (price, qty): (i64, i64)) {
        let trade = Trade { price: Price(price), qty: Qty(qty), aggressor: None };
        let report = Report { instrument, ..Report::control(EventKind::Trade(trade)) };
        self.step(START.plus(ms * 1_000_000), report);
    }

    fn pass(&mut self, ms: u64) {
        self.step(START.plus(ms * 1_000_000), Report::control(EventKind::TimeAdvanced));
    }

    #[track_caller]
    fn check(&mut self, want: Expect) {
        want.assert_eq(&core::mem::take(&mut self.listener.log));
    }

    fn wake_at_ms(&self) -> Option<u64> {
        self.world.effects.wake_at.map(|at| (at.0 - START.0) / 1_000_000)
    }
}

fn bars(instrument: InstrumentId, spec: Option<BarSpec>) -> Subscription {
    Subscription { instrument, topic: Topic::Bar, filter: ChangeFilter::Every, bars: spec, warm_up: 0 }
}

fn trades(instrument: InstrumentId) -> Subscription {
    Subscription { topic: Topic::Trade, ..bars(instrument, None) }
}

const SEC: BarSpec = BarSpec::TimeNs(SECOND);

#[test]
fn a_bar_by_time_is_told_at_its_end_though_nothing_is_traded() {
    let mut stage = Stage::new(&[&[bars(A, Some(SEC)), trades(A)]]);
    assert_eq!(stage.wake_at_ms(), None, "nothing is open");
    stage.trade(A, 200, (100, 1));
    assert_eq!(stage.wake_at_ms(), Some(1_000));
    stage.trade(A, 999, (101, 1));
    stage.pass(1_000);
    assert_eq!(stage.wake_at_ms(), None);
    stage.trade(A, 1_000, (102, 1));
    stage.check(expect![[r#"
        0.200 s1 Trade
        0.999 s1 Trade
        1.000 s1 TimeNs(1000000000) 100 101 100 101 x 2 (1 kept)
        1.000 s1 Trade
    "#]]);
}

#[test]
fn where_nobody_tells_of_the_time_the_next_event_closes_the_bar() {
    let mut stage = Stage::new(&[&[bars(A, Some(SEC)), bars(B, Some(SEC)), trades(A)]]);
    stage.trade(A, 200, (100, 1));
    stage.trade(B, 300, (50, 10));
    stage.trade(A, 2_500, (102, 1));
    // The event comes first, then the bars, by instrument; the trade is in none of them.
    stage.check(expect![[r#"
        0.200 s1 Trade
        2.500 s1 Trade
        2.500 s1 TimeNs(1000000000) 100 100 100 100 x 1 (1 kept)
        2.500 s1 TimeNs(1000000000) 50 50 50 50 x 10 (1 kept)
    "#]]);
}

#[test]
fn a_series_is_told_to_those_whose_plan_names_it_and_bars_of_the_feed_to_those_who_name_none() {
    let ticks = Some(BarSpec::Ticks(2));
    let mut stage = Stage::new(&[
        &[bars(A, ticks), bars(A, Some(BarSpec::Volume(3)))],
        &[bars(A, None), trades(A)],
        &[bars(A, ticks)],
    ]);
    stage.trade(A, 1, (100, 1));
    stage.trade(A, 2, (101, 2));
    stage.check(expect![[r#"
        0.001 s2 Trade
        0.002 s2 Trade
        0.002 s1 Ticks(2) 100 101 100 101 x 3 (1 kept)
        0.002 s3 Ticks(2) 100 101 100 101 x 3 (1 kept)
        0.002 s1 Volume(3) 100 101 100 101 x 3 (1 kept)
    "#]]);
    let state = stage.world.core.state();
    let seen = |strategy, spec| state.bars_like(StrategyId(strategy), (A, spec), 9).count();
    assert_eq!(seen(1, BarSpec::Ticks(2)), 1);
    assert_eq!(seen(2, BarSpec::Ticks(2)), 0, "of a specification that its plan does not name");
    assert_eq!(seen(3, BarSpec::Volume(3)), 0);
}

#[test]
fn one_trade_may_close_several_bars_each_of_which_is_told() {
    let mut stage = Stage::new(&[&[bars(A, Some(BarSpec::Renko(10)))]]);
    stage.trade(A, 1, (100, 1));
    stage.trade(A, 2, (131, 1));
    stage.check(expect![[r#"
        0.002 s1 Renko(10) 100 110 100 110 x 2 (3 kept)
        0.002 s1 Renko(10) 110 120 110 120 x 0 (3 kept)
        0.002 s1 Renko(10) 120 130 120 130 x 0 (3 kept)
    "#]]);
}

#[test]
fn a_warm_up_counts_bars() {
    let warming = Subscription { warm_up: 2, ..bars(A, Some(BarSpec::Ticks(1))) };
    let mut stage = Stage::new(&[&[warming]]);
    let is_warming_up = |stage: &mut Stage, ms| {
        stage.trade(A, ms, (100, 1));
        stage.world.core.state().control.strategy(StrategyId(1)).expect("attached").is_warming_up()
    };
    assert!(is_warming_up(&mut stage, 1));
    assert!(!is_warming_up(&mut stage, 2));
}

#[test]
fn a_feed_that_brings_bars_of_a_length_takes_the_place_of_those_built() {
    let mut stage = Stage::new(&[&[bars(A, Some(SEC))]]);
    stage.trade(A, 200, (100, 1));
    let price = Price(77);
    let (volume, open_time) = (Qty(9), START);
    let told = Bar { open: price, high: price, low: price, close: price, volume, open_time, interval_ns: SECOND };
    stage.step(START.plus(900_000_000), Report { instrument: A, ..Report::control(EventKind::Bar(told)) });
    stage.trade(A, 950, (100, 1));
    stage.trade(A, 2_500, (100, 1));
    stage.check(expect![[r#"
        0.900 s1 TimeNs(1000000000) 77 77 77 77 x 9 (1 kept)
    "#]]);
}

#[test]
fn what_the_feed_has_brought_is_not_built_for_a_plan_that_comes_later() {
    let mut stage = Stage::new(&[&[trades(A)]]);
    let price = Price(77);
    let (volume, open_time) = (Qty(9), START);
    let told = Bar { open: price, high: price, low: price, close: price, volume, open_time, interval_ns: SECOND };
    stage.step(START.plus(SECOND), Report { instrument: A, ..Report::control(EventKind::Bar(told)) });
    stage.attach(StrategyId(1), &[bars(A, Some(SEC))]);
    stage.trade(A, 1_200, (100, 1));
    stage.pass(2_000);
    stage.check(expect![""]);
    assert_eq!(stage.world.core.state().bars_like(StrategyId(1), (A, SEC), 9).count(), 1);
}

#[test]
fn a_bar_that_the_feed_brings_at_its_end_is_told_once() {
    let mut stage = Stage::new(&[&[bars(A, Some(SEC))]]);
    stage.trade(A, 200, (100, 1));
    let price = Price(77);
    let (volume, open_time) = (Qty(9), START);
    let told = Bar { open: price, high: price, low: price, close: price, volume, open_time, interval_ns: SECOND };
    stage.step(START.plus(SECOND), Report { instrument: A, ..Report::control(EventKind::Bar(told)) });
    stage.check(expect![[r#"
        1.000 s1 TimeNs(1000000000) 77 77 77 77 x 9 (1 kept)
    "#]]);
}

#[test]
fn a_series_goes_on_over_a_swap_and_ends_with_the_last_plan_that_names_it() {
    let ticks = Some(BarSpec::Ticks(3));
    let mut stage = Stage::new(&[&[bars(A, ticks)]]);
    stage.trade(A, 1, (100, 1));
    stage.attach(StrategyId(1), &[bars(A, ticks)]);
    stage.trade(A, 2, (101, 1));
    stage.trade(A, 3, (102, 1));
    stage.check(expect![[r#"
        0.003 s1 Ticks(3) 100 102 100 102 x 3 (1 kept)
    "#]]);
    stage.trade(A, 4, (103, 1));
    let time = stage.world.core.state().time();
    stage.step(time, Report::control(EventKind::StrategyDetached(StrategyId(1))));
    assert!(stage.world.core.state().market(A).expect("known").series.is_none());
    stage.attach(StrategyId(1), &[bars(A, ticks)]);
    stage.trade(A, 5, (104, 1));
    stage.trade(A, 6, (105, 1));
    stage.check(expect![""]);
}

#[test]
fn what_is_built_is_in_the_digest() {
    let digest = |price| {
        let mut stage = Stage::new(&[&[bars(A, Some(BarSpec::Ticks(3)))]]);
        stage.trade(A, 1, (price, 1));
        stage.trade(A, 2, (100, 1));
        stage.world.core.state().digest()
    };
    assert_ne!(digest(99), digest(98), "the last price is the same; the open of the bar is not");
}

fn any_spec() -> impl Strategy<Value = BarSpec> {
    (1..=12_u8, 1..30_u64).prop_map(|(number, size)| {
        let size = if number == 1 { size * 1_000_000 } else { size };
        BarSpec::new(number, size).expect("possible")
    })
}

/// Pauses in ms, prices, quantities.
fn any_trades() -> impl Strategy<Value = Vec<(u64, i64, i64)>> {
    prop::collection::vec((0..9_u64, 90..110_i64, 1..6_i64), 0..60)
}

proptest! {
    /// No bar is told before it closed, and none holds a trade that came later than its close: it is what the trades that
    /// were told up to then make of it.
    #[test]
    fn no_bar_lets_a_strategy_look_ahead(spec in any_spec(), trades in any_trades(), on_time in any::<bool>()) {
        let mut stage = Stage::new(&[&[bars(A, Some(spec))]]);
        let (mut ms, mut past) = (0, vec![]);
        for (pause, price, qty) in trades {
            ms += pause;
            while let Some(due) = stage.wake_at_ms().filter(|due| on_time && *due <= ms) {
                stage.pass(due);
            }
            stage.trade(A, ms, (price, qty));
            past.push((START.plus(ms * 1_000_000), price, qty));
            for (told, bar) in stage.listener.bars.drain(..) {
                let close = if let BarSpec::TimeNs(ns) = spec { bar.open_time.plus(ns) } else { told };
                prop_assert!(close <= told, "told at {} and closed at {}", told.0, close.0);
                prop_assert!(!on_time || close == told, "late");
                if let BarSpec::TimeNs(_) = spec {
                    let of = |(time, ..): &&(TimeNs, i64, i64)| *time >= bar.open_time && *time < close;
                    let (prices, qtys): (Vec<_>, Vec<_>) =
                        past.iter().filter(of).map(|(_, price, qty)| (*price, *qty)).unzip();
                    let want = (prices[0], prices.iter().max(), prices.iter().min(), prices.last(), qtys.iter().sum());
                    let Bar { open, high, low, close, volume, .. } = bar;
                    prop_assert_eq!(want, (open.0, Some(&high.0), Some(&low.0), Some(&close.0), volume.0));
                }
            }
        }
    }
}
