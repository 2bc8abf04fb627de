//! Calls: who is called with what, and what becomes of what they emit?

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use expect_test::expect;

use crate::allowance::Allowance;
use crate::canonical::Writer;
use crate::event::{Bar, EventKind, Report};
use crate::ids::{IntentId, StrategyId, TimeNs};
use crate::intent::{IntentKind, NoteSpan};
use crate::money::{Price, Qty};
use crate::plan::{BarSpec, ChangeFilter, Plan, Subscription, Topic};
use crate::state::State;
use crate::strategy::{Call, CallReport, EmitError, StateLoan, StrategyHost};
use crate::tests::check;
use crate::tests::script::{run, run_world};
use crate::tests::world::{A, START, World};

#[test]
fn strategies_see_one_state_and_intents_see_earlier_reservations() {
    check(
        // Both see position 0 and no orders, though the first emits before the second looks.
        "with position-account-max 10
         strategy 1: see; buy 6 limit 101; see
         strategy 2: see; buy 6 limit 101; buy 4 limit 101
         0s quote 100 5 101 7
         strategy 1: see
         strategy 2: see
         1s quote 100 5 101 8",
        expect![[r#"
            0s
              s1 sees 5x100 101x7 position 0 orders []
              s1 sees 5x100 101x7 position 0 orders []
              s2 sees 5x100 101x7 position 0 orders []
              2/1 denied D-POSITION-ACCOUNT limit 10 value 12 allowed 4
              1/1 sent buy 6 limit @101 gtc on 1
              2/2 sent buy 4 limit @101 gtc on 1
            1s
              s1 sees 5x100 101x8 position 0 orders [1/1]
              s2 outcome 1: denied-position
              s2 sees 5x100 101x8 position 0 orders [2/2]
        "#]],
    );
}

#[test]
fn a_strategy_sees_its_position_in_the_instrument_of_the_event_alone() {
    check(
        "0s C quote 10 5 10 5
         strategy 1: buy 1 market; C buy 2 market; buy 4 market long; sell 8 market short
         0s quote 100 5 101 5
         1s fill 1/1 1 @101
         1s C fill 1/2 2 @10
         1s fill 1/3 4 @101
         1s fill 1/4 8 @100
         strategy 1: see
         2s quote 100 5 101 6
         strategy 1: see
         2s C quote 10 5 10 6
         strategy 1: see
         2s B quote 10000 50 10010 50",
        expect![[r#"
            0s
            0s
              1/1 sent buy 1 market gtc on 1
              1/2 sent buy 2 market gtc on 1
              1/3 sent buy 4 market gtc long on 1
              1/4 sent sell 8 market gtc short on 1
            1s
            1s
            1s
            1s
            2s
              s1 sees 5x100 101x6 position -3 orders []
            2s
              s1 sees 5x10 10x6 position 2 orders []
            2s
              s1 sees 50x10000 10010x50 position 0 orders []
        "#]],
    );
}

#[test]
fn judging_order_rotates_with_the_sequence() {
    check(
        "with position-account-max 1
         strategy 1: buy 1 limit 90
         strategy 2: buy 1 limit 90
         0s quote 100 5 101 5
         1s canceled 1/1
         1s canceled 2/1
         strategy 1: buy 1 limit 90
         strategy 2: buy 1 limit 90
         2s quote 100 5 101 6
         2s time
         3s canceled 1/2
         3s canceled 2/2
         strategy 1: buy 1 limit 90
         strategy 2: buy 1 limit 90
         4s quote 100 5 101 7",
        expect![[r#"
            0s
              2/1 denied D-POSITION-ACCOUNT limit 1 value 2 allowed 0
              1/1 sent buy 1 limit @90 gtc on 1
            1s
            1s
              anomaly A-UNKNOWN-ORDER 1
            2s
              s2 outcome 1: denied-position
              2/2 denied D-POSITION-ACCOUNT limit 1 value 2 allowed 0
              1/2 sent buy 1 limit @90 gtc on 1
            2s
            3s
            3s
              anomaly A-UNKNOWN-ORDER 2
            4s
              s2 outcome 2: denied-position
              1/3 denied D-POSITION-ACCOUNT limit 1 value 2 allowed 0
              2/3 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn outcomes_come_before_the_next_event_and_what_they_trigger_belongs_to_its_step() {
    check(
        "with calls
         with order-qty-max 5
         strategy 1: buy 6 limit 90; buy 2 stop 110 at-open
         strategy 1 on outcome: see; buy 1 limit 90
         strategy 3: buy 7 limit 90
         0s quote 100 5 101 5
         # An event that is not for a strategy does not bring it its outcomes.
         1s accept 3/9
         2s quote 100 5 101 6",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              1/1 denied D-ORDER-QTY-MAX limit 5 value 6 allowed 5
              1/2 malformed M-UNSUPPORTED value 6 limit 0
              3/1 denied D-ORDER-QTY-MAX limit 5 value 7 allowed 5
            1s
              anomaly A-UNKNOWN-ORDER 9
            2s
              s1 outcome 1: denied-quantity
              s1 sees 5x100 101x6 position 0 orders []
              s1 outcome 2: malformed
              s1 called: Quote
              s2 called: Quote
              s3 outcome 1: denied-quantity
              s3 called: Quote
              1/3 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn at_most_64_outcomes_come_with_one_call() {
    let out = run("strategy 1: 64x buy 0 market
         0s quote 100 5 101 5
         strategy 1: 6x buy 0 market
         strategy 1 on outcome: 59x buy 0 market
         1s quote 100 5 101 6
         2s quote 100 5 101 7
         3s quote 100 5 101 8");
    let outcomes: Vec<usize> = out.split("s\n").map(|step| step.matches("outcome").count()).collect();
    assert_eq!(outcomes, [0, 0, 64, 64, 1]);
}

#[test]
fn the_oldest_outcome_is_dropped_past_1024_with_an_anomaly() {
    let mut script = String::from("strategy 1: 64x buy 0 market\n0s quote 100 5 101 5\n");
    for _ in 0..17 {
        // Each delivered outcome emits as much as it may; the event after them too.
        script += &"strategy 1 on outcome: 64x buy 0 market\n".repeat(64);
    }
    script += "1s quote 100 5 101 6\n2s quote 100 5 101 7";
    let out = run(&script);
    assert!(out.contains("anomaly A-OUTCOMES-DROPPED 1"));
    let last = out.rsplit_once("2s\n").expect("two calls").1;
    assert!(!last.starts_with("  s1 outcome 65:"), "the oldest ones are gone");
    assert_eq!(last.matches("outcome").count(), 64, "and what is left comes as ever");
}

#[test]
fn the_65th_emission_of_a_call_is_refused_and_takes_no_number() {
    check(
        "strategy 1: 65x wake 5s; note late
         0s quote 100 5 101 5
         strategy 1: buy 1 limit 90
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              s1 emit refused: too-many
              s1 emit refused: too-many
            1s
              1/65 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn a_strategy_that_warms_up_is_called_and_may_not_emit() {
    check(
        "with warm-up 2
         with calls
         strategy 3: buy 1 limit 90
         0s quote 100 5 101 5
         strategy 3: buy 2 limit 90; note warm
         1s quote 100 5 101 6
         strategy 3: buy 3 limit 90
         2s quote 100 5 101 7",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              s3 emit refused: warmup
            1s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              s3 emit refused: warmup
              s3 emit refused: warmup
            2s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              3/1 sent buy 3 limit @90 gtc on 2
        "#]],
    );
}

#[test]
fn a_wake_up_comes_when_its_time_has_come_and_not_before() {
    check(
        "with calls
         strategy 1: wake 5s
         strategy 2: wake 4s; wake 5s
         0s quote 100 5 101 5
         show wake
         3s+999999999 time
         4s time
         show wake
         strategy 1: buy 1 limit 90
         6s time
         show wake",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              wake: 4s+0
            3s+999999999
            4s
              s2 called: wake
              wake: 5s+0
            6s
              s1 called: wake
              s2 called: wake
              1/2 sent buy 1 limit @90 gtc on 1
              wake: never
        "#]],
    );
}

#[test]
fn several_wake_ups_due_at_once_are_one_call_and_a_detached_strategy_gets_none() {
    check(
        "with calls
         strategy 1: wake 4s; wake 5s
         strategy 2: wake 3s
         strategy 3: wake 3s+1
         0s quote 100 5 101 5
         1s detach 2
         show wake
         2s halt 3
         6s time
         show wake",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
            1s
              wake: 3s+1
            2s
            6s
              s1 called: wake
              wake: never
        "#]],
    );
}

#[test]
fn a_wake_up_in_the_past_comes_a_moment_later_so_that_time_moves_on() {
    check(
        "with calls
         strategy 1: wake 0s; wake 10s
         10s quote 100 5 101 5
         show wake
         strategy 1: wake 0s
         10s+1000000 time
         show wake",
        expect![[r#"
            10s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              wake: 10s+1000000
            10s+1000000
              s1 called: wake
              wake: 10s+2000000
        "#]],
    );
}

#[test]
fn a_faulted_call_drops_its_emissions_and_gives_their_numbers_back() {
    check(
        "strategy 1: buy 1 limit 90
         strategy 2: buy 9 limit 90
         0s quote 100 5 101 5
         strategy 1: buy 2 limit 90; note gone; trap
         strategy 2: buy 8 limit 90
         1s quote 100 5 101 6
         # Halted: no further calls, neither events nor outcomes nor orders.
         strategy 1: buy 3 limit 90
         2s quote 100 5 101 7
         3s accept 1/1
         show orders
         4s resume 1
         5s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
              2/1 sent buy 9 limit @90 gtc on 1
            1s
              s1 halted H-TRAP limit 0 used 0
              2/2 sent buy 8 limit @90 gtc on 1
            2s
            3s
              1/1 ACCEPTED 0/1 @90 reserved 1
              2/1 SUBMITTED 0/9 @90 reserved 9
              2/2 SUBMITTED 0/8 @90 reserved 8
            4s
            5s
              1/2 sent buy 3 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn a_trap_on_an_outcome_halts_before_the_event_is_delivered() {
    check(
        "with calls
         strategy 1: buy 0 market; buy 0 market
         strategy 1 on outcome: buy 1 limit 90; trap
         0s quote 100 5 101 5
         1s quote 100 5 101 6
         2s resume 1
         # What it was not told yet is told now.
         3s quote 100 5 101 7",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              1/1 malformed M-QTY-MIN value 0 limit 1
              1/2 malformed M-QTY-MIN value 0 limit 1
            1s
              s1 outcome 1: malformed
              s2 called: Quote
              s3 called: Quote
              s1 halted H-TRAP limit 0 used 0
            2s
            3s
              s1 outcome 2: malformed
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
        "#]],
    );
}

#[test]
fn a_strategy_that_reacts_to_itself_without_end_is_halted() {
    let mut script = String::from("strategy 1: buy 1 limit 90\n0s quote 100 5 101 5\n");
    for _ in 0..10_002 {
        script += "0s accept 1/1\n";
    }
    let out = run(&script);
    assert_eq!(out.matches("s1 halted H-REACTIONS limit 10000 used 10001").count(), 1, "{}", out.len());
}

#[test]
fn facts_about_an_order_go_to_its_owner_alone() {
    check(
        "with calls
         strategy 1: buy 1 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         2s fill 1/1 1 @90
         # Nobody ever emitted this one.
         3s fill 1/7 1 @90",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              1/1 sent buy 1 limit @90 gtc on 1
            1s
              s1 called: OrderAccepted
            2s
              s1 called: OrderFilled
            3s
              anomaly A-UNKNOWN-ORDER 1
        "#]],
    );
}

#[test]
fn trading_and_signals_reach_their_subscribers() {
    check(
        "with calls
         0s disable
         1s signal 5
         2s detach 2
         3s enable
         4s attach 2
         5s disable",
        expect![[r#"
            0s
              s1 called: TradingDisabled
              s2 called: TradingDisabled
              s3 called: TradingDisabled
            1s
              s1 called: Signal
              s2 called: Signal
              s3 called: Signal
            2s
            3s
              s1 called: TradingEnabled
              s3 called: TradingEnabled
            4s
            5s
              s1 called: TradingDisabled
              s2 called: TradingDisabled
              s3 called: TradingDisabled
        "#]],
    );
}

#[test]
fn a_note_is_recorded_with_its_bytes() {
    check(
        "strategy 1: note one line; buy 1 limit 90; note another
         strategy 2: note of the second
         0s quote 100 5 101 5",
        expect![[r#"
            0s
              1/1 note one line
              1/3 note another
              2/1 note of the second
              1/2 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn a_note_of_513_bytes_is_refused() {
    let note = |length: usize| run(&format!("strategy 1: note {}\n0s quote 100 5 101 5", "x".repeat(length)));
    assert!(note(512).contains("1/1 note xxx"));
    assert!(note(513).contains("emit refused: note-too-long"));
}

#[test]
fn every_dispatched_command_has_an_approval() {
    use crate::decision::DecisionKind;
    use alloc::collections::BTreeSet;
    let world = run_world(
        "strategy 1: buy 1 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: buy 2 limit 91; cancel 1
         strategy 2: buy 3 limit 92
         2s quote 100 5 101 6",
    );
    let of = |wanted: fn(&DecisionKind) -> bool| -> BTreeSet<_> {
        world.effects.decisions.iter().filter(|decision| wanted(&decision.kind)).map(|decision| decision.key).collect()
    };
    let allowed = of(|kind| matches!(kind, DecisionKind::Allowed(_)));
    let sent = of(|kind| matches!(kind, DecisionKind::Dispatched(..)));
    assert_eq!(sent.len(), 3);
    assert!(sent.is_subset(&allowed));
    let commands: BTreeSet<_> = world.effects.commands.iter().map(crate::gate::VenueCommand::key).collect();
    assert_eq!(commands, sent);
}

#[test]
fn a_strategy_gets_the_changes_its_filter_lets_through() {
    // Price of the touch changed; its quantity alone; nothing; a side went away.
    let script = "0s quote 100 5 101 5
                  1s quote 100 5 102 5
                  2s quote 100 5 102 6
                  3s quote 100 5 102 6
                  4s quote 100 5 102 0
                  5s level buy 100 5
                  6s level buy 99 5
                  7s level buy 100 4";
    let called = |filter: &str| -> Vec<String> {
        let out = run(&format!("with calls\nwith filter {filter}\n{script}"));
        let steps = out.split("s\n").zip(out.split("s\n").skip(1));
        steps
            .filter(|(_, log)| log.contains("s1 called"))
            .map(|(time, _)| time.chars().rev().take(1).collect())
            .collect()
    };
    assert_eq!(called("every").concat(), "01234567");
    assert_eq!(called("touch").concat(), "012457");
    assert_eq!(called("touch-price").concat(), "0145");
    assert_eq!(called("touch-price-or-own").concat(), "0145");
}

#[test]
fn a_filter_by_own_changes_lets_the_next_event_through_and_no_other() {
    check(
        "with calls
         with filter touch-price-or-own
         0s quote 100 5 101 5
         1s quote 100 5 101 6
         # An emission, an answer, a fill and an end; a note is seen by nobody.
         strategy 1: buy 2 limit 100
         2s quote 100 5 102 6
         3s quote 100 5 102 7
         4s quote 100 5 102 8
         5s accept 1/1
         6s quote 100 5 102 9
         7s quote 100 5 102 10
         8s fill 1/1 1 @100
         strategy 1: note \"quiet\"
         9s quote 100 5 102 11
         10s quote 100 5 102 12
         # What another strategy does is not its own.
         strategy 2: buy 1 limit 90
         11s quote 99 5 102 12
         12s quote 99 5 102 13
         13s canceled 1/1
         14s quote 99 5 102 14
         # Money and configuration are everybody's.
         15s config
         16s quote 99 5 102 15",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
            1s
            2s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              1/1 sent buy 2 limit @100 gtc on 1
            3s
              s1 called: Quote
            4s
            5s
              s1 called: OrderAccepted
            6s
              s1 called: Quote
            7s
            8s
              s1 called: OrderFilled
            9s
              s1 called: Quote
              1/2 note "quiet"
            10s
            11s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              2/1 sent buy 1 limit @90 gtc on 1
            12s
              s2 called: Quote
            13s
              s1 called: OrderCanceled
            14s
              s1 called: Quote
            15s
            16s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
        "#]],
    );
}

#[test]
fn a_filter_by_own_changes_lets_an_event_through_when_an_outcome_waits() {
    check(
        "with calls
         with filter touch-price-or-own
         with position-strategy-max 1
         strategy 1: buy 2 limit 100
         0s quote 100 5 101 5
         1s quote 100 5 101 6
         2s quote 100 5 101 7",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              1/1 denied D-POSITION-STRATEGY limit 1 value 2 allowed 1
            1s
              s1 outcome 1: denied-position
              s1 called: Quote
            2s
        "#]],
    );
}

#[test]
fn a_strategy_gets_bars_of_the_interval_it_asked_for() {
    check(
        "with calls
         with bars 60
         0s bar 1 2 1 2 5 every 60
         1s bar 1 2 1 2 5 every 30
         2s bar 1 2 1 2 5",
        expect![[r#"
            0s
              s1 called: Bar
              s2 called: Bar
              s3 called: Bar
            1s
            2s
        "#]],
    );
}

#[test]
fn a_warm_up_over_bars_of_all_sizes_and_of_one_ends() {
    let mut world = World::new();
    world.open();
    let bars =
        |size| Subscription { instrument: A, topic: Topic::Bar, filter: ChangeFilter::Every, bars: size, warm_up: 2 };
    let mut plan = Writer::new();
    Plan { subscriptions: vec![bars(None), bars(Some(BarSpec::TimeNs(60)))] }.put(&mut plan);
    let plan = world.blobs.append(plan.bytes());
    world.report(START, Report::control(EventKind::StrategyAttached(StrategyId(1), plan, plan)));
    world.host.logs_calls = true;
    let called = |world: &mut World, interval_ns| {
        let price = Price(5);
        let (volume, open_time) = (Qty(1), TimeNs(0));
        let bar = Bar { open: price, high: price, low: price, close: price, volume, open_time, interval_ns };
        world.log.clear();
        world.report(START, Report { instrument: A, ..Report::control(EventKind::Bar(bar)) });
        let is_warming_up = world.core.state().control.strategy(StrategyId(1)).expect("attached").is_warming_up();
        (world.log.matches("s1 called: Bar").count(), is_warming_up)
    };
    // One call each; the small ones count for both subscriptions.
    assert_eq!(called(&mut world, 60), (1, true));
    assert_eq!(called(&mut world, 30), (1, true));
    assert_eq!(called(&mut world, 60), (1, false));
}

#[test]
#[should_panic(expected = "gave back another core's State")]
fn state_of_another_core_is_not_taken_back() {
    struct Thief(Option<StateLoan>);
    impl StrategyHost for Thief {
        fn call(&mut self, _call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
            (self.0.replace(loan).expect("one is at hand"), CallReport::default())
        }
    }
    let mut thief = Thief(Some(StateLoan::new(State::default())));
    let mut world = run_world("0s quote 100 5 101 5");
    let event = *world.events.last().expect("the quote");
    let next = crate::event::Event { seq: crate::ids::Seq(event.seq.0 + 1), ..event };
    world.core.step(&next, &world.blobs, &mut thief, &mut world.effects);
}

#[test]
fn a_strategy_that_has_used_all_its_numbers_emits_no_more() {
    let mut loan = StateLoan::new(State::default());
    loan.lent().out.begin_call((StrategyId(1), IntentId::MAX.0), false, Allowance::ALL);
    assert_eq!(loan.emit(IntentKind::WakeAt(TimeNs(1))), Ok(IntentId::MAX));
    assert_eq!(loan.emit(IntentKind::WakeAt(TimeNs(1))), Err(EmitError::TooMany));
}

#[test]
fn a_note_without_its_text_is_refused() {
    let mut loan = StateLoan::new(State::default());
    loan.lent().out.begin_call((StrategyId(1), 1), false, Allowance::ALL);
    assert_eq!(loan.emit(IntentKind::Note(NoteSpan { start: 0, len: 9 })), Err(EmitError::Malformed));
}
