//! Renewal: another instance in a strategy's place, of the same component or of one that was made ready beside the session.

use ringfence_core::config::StrategySlot;
use ringfence_core::ids::StrategyId;
use ringfence_core::strategy::{HaltCode, Renewal, StrategyHost};
use ringfence_sandbox::{Options, Place};

use super::guest::{Guest, submit};
use super::rig::{Rig, bytes, config, slot};

const ONE: StrategyId = StrategyId(1);

/// Counts trades at address 0, which is its state, and buys `qty` at the third.
fn counter(qty: i64) -> Guest {
    Guest {
        snapshot: "(i32.store (i32.const 192) (i32.const 0)) (i32.store (i32.const 196) (i32.const 8)) (i32.const 192)"
            .to_owned(),
        restore: "(i64.store (i32.const 0) (i64.load (local.get 0))) (i32.const 256)".to_owned(),
        ..Guest::on_event(&format!(
            "(i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
             (if (i64.eq (i64.load (i32.const 0)) (i64.const 3)) (then {}))",
            submit(0, qty)
        ))
    }
}

/// Says no to every state.
fn stubborn() -> Guest {
    let restore = "(i32.store8 (i32.const 256) (i32.const 1)) (i32.store (i32.const 260) (i32.const 272))
        (i32.store (i32.const 264) (i32.const 2)) (i32.const 256)";
    Guest { restore: restore.to_owned(), ..Guest::on_event("") }.items("(data (i32.const 272) \"no\")")
}

/// Makes a component ready and puts an instance of it in the place of the strategy, with the state of the one before.
fn swap(rig: &mut Rig, component: &[u8]) -> Result<(), String> {
    let workshop = rig.sandbox.workshop().expect("no cache, no fault");
    let place = Place { strategy: ONE, config: &rig.config, params: None };
    let ready = workshop.make_ready(place, bytes(component), None).map_err(|refusals| refusals[0].to_string())?;
    let snapshot = rig.sandbox.snapshot(ONE).expect("alive");
    let (component, snapshot) = (Some(ready.sha256), Some(&*snapshot));
    rig.sandbox.renew(&Renewal { strategy: ONE, config: &rig.config, params: None, component, snapshot }).map(|_| ())
}

#[test]
fn a_component_takes_the_place_of_another_with_its_state() {
    let mut rig = Rig::new(&[counter(3).component()]);
    assert_eq!(rig.trade(1) + &rig.trade(1), "");
    swap(&mut rig, &counter(5).component()).expect("swapped");
    assert!(rig.trade(1).contains("emits buy Quantity(Qty(5))"), "the third trade since the beginning, by other code");
}

#[test]
fn h50_one_that_refuses_the_state_leaves_the_old_one_as_it_is() {
    let mut rig = Rig::new(&[counter(3).component()]);
    assert_eq!(rig.trade(1) + &rig.trade(1), "");
    let why = swap(&mut rig, &stubborn().component()).expect_err("it says no");
    assert_eq!(why, "restore says: no");
    assert!(rig.trade(1).contains("emits buy Quantity(Qty(3))"));
}

#[test]
fn what_is_not_admitted_is_told_with_its_code() {
    let mut rig = Rig::new(&[counter(3).component()]);
    let why = swap(&mut rig, b"garbage").expect_err("no component");
    assert!(why.starts_with("E-PARSE"), "{why}");
}

#[test]
fn an_instance_of_the_same_component_begins_anew_or_goes_on() {
    let mut rig = Rig::new(&[counter(3).component()]);
    assert_eq!(rig.trade(1) + &rig.trade(1), "");
    let renew = |rig: &mut Rig, snapshot: Option<&[u8]>| {
        let renewal = Renewal { strategy: ONE, config: &rig.config, params: None, component: None, snapshot };
        rig.sandbox.renew(&renewal).map(|_| ())
    };
    renew(&mut rig, None).expect("renewed");
    assert_eq!(rig.trade(1), "", "it counts from one again");
    renew(&mut rig, Some(&2_u64.to_le_bytes())).expect("renewed");
    assert!(rig.trade(1).contains("emits buy"));
}

#[test]
fn a_dead_instance_is_replaced_and_the_quota_of_fuel_is_not() {
    let slot = StrategySlot { fuel_total: Some(1_500_000), ..slot("squatter") };
    let hungry = Guest::on_event("(loop $l (br_if $l (i64.gt_s (local.get $p0) (i64.const 1))))");
    let component = hungry.component();
    let mut rig = Rig::with(config(vec![slot]), std::slice::from_ref(&component), Options::default());
    let first = rig.trade(2);
    assert!(first.contains("H-FUEL limit 1000000"), "{first}");
    let renewal = Renewal { strategy: ONE, config: &rig.config, params: None, component: None, snapshot: None };
    rig.sandbox.renew(&renewal).expect("renewed");
    rig.control(ringfence_core::event::EventKind::StrategyResumed(ONE, 1));
    let second = rig.trade(2);
    assert!(second.contains("H-FUEL-TOTAL limit 1500000"), "what the first one used is used: {second}");
    let halt = rig.sandbox.death(ONE).expect("dead").halt;
    assert_eq!(halt.code, HaltCode::FuelTotal);
}

#[test]
fn fuel_of_a_call_that_a_replay_does_not_make_counts_against_the_quota() {
    let slot = StrategySlot { fuel_total: Some(1_500_000), ..slot("squatter") };
    let hungry = Guest::on_event("(loop $l (br_if $l (i64.gt_s (local.get $p0) (i64.const 1))))");
    let mut rig = Rig::with(config(vec![slot]), &[hungry.component()], Options::default());
    assert_eq!(rig.trade(1), "");
    let first = rig.fuel()[0];
    rig.sandbox.obeyed(ONE, 1_400_000);
    assert_eq!(rig.sandbox.usage(ONE).expect("alive").0, first + 1_400_000);
    let renewal = Renewal { strategy: ONE, config: &rig.config, params: None, component: None, snapshot: None };
    rig.sandbox.renew(&renewal).expect("renewed");
    let second = rig.trade(2);
    assert!(second.contains("H-FUEL-TOTAL limit 1500000"), "{second}");
}

#[test]
fn code_that_nobody_made_ready_is_not_run() {
    let mut rig = Rig::new(&[counter(3).component()]);
    let component = Some([9; 32]);
    let renewal = Renewal { strategy: ONE, config: &rig.config, params: None, component, snapshot: None };
    assert_eq!(rig.sandbox.renew(&renewal), Err("component 090909090909 was not made ready".to_owned()));
}
