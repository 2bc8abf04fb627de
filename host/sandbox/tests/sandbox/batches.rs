//! Batches: what a guest is shown ahead, and what becomes of one that makes wrong use of it.

use ringfence_core::strategy::HaltCode;

use super::guest::{Guest, emit, submit};
use super::rig::{FUEL, Rig, batched, slot};

/// Goes over the events and does `body` at each, whose words begin at `$at`; leaves how many it handled. `body` may leave
/// the loop by `(br $done)` when it has counted its event in `$handled`.
fn each(body: &str) -> String {
    format!(
        "(local $at i32) (local $handled i32)
         (local.set $at (local.get $words))
         (block $done (loop $next
            (br_if $done (i32.eq (local.get $handled) (i32.div_u (local.get $count) (i32.const 15))))
            (local.set $handled (i32.add (local.get $handled) (i32.const 1)))
            {body}
            (local.set $at (i32.add (local.get $at) (i32.const 120)))
            (br $next)))
         (local.get $handled)"
    )
}

/// Buys 5 at prices above 100.00, one by one and in batches.
fn buyer() -> Guest {
    let above = |price: &str| format!("(i64.gt_s {price} (i64.const 10000))");
    let single = format!("(if {} (then {}))", above("(local.get $p0)"), submit(0, 5));
    let price = above("(i64.load offset=24 (local.get $at))");
    Guest::on_event(&single).in_batches(&each(&format!("(if {price} (then {} (br $done)))", submit(0, 5))))
}

fn rig(guest: &Guest) -> Rig {
    batched(slot("a"), &guest.component())
}

#[test]
fn what_was_handled_ahead_leads_to_the_same_as_call_by_call() {
    let prices = [9_000, 9_500, 10_001, 9_000];
    let (mut ahead, mut singly) = (rig(&buyer()), rig(&buyer()));
    assert_eq!(ahead.ahead(&prices), Ok(3), "it stops behind the event at which it emits");
    assert_eq!([singly.trade(prices[0]), singly.trade(prices[1])], ["", ""]);
    for price in &prices[2..] {
        assert_eq!(ahead.trade(*price), singly.trade(*price));
    }
    assert_eq!(ahead.digest(), singly.digest());
}

#[test]
fn the_fuel_of_a_batch_is_that_of_its_last_call() {
    let mut rig = rig(&buyer());
    assert_eq!(rig.ahead(&[1, 2]), Ok(2));
    rig.trade(2);
    assert!(rig.fuel()[0] > 0);
}

#[test]
fn everything_that_can_be_emitted_comes_out_at_the_last_event_with_its_number() {
    let wake = emit(5, [7_000_000_000_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let note = emit(6, [0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let all = format!("{} {note} {wake} {note}", submit(0, 1));
    let guest = Guest::on_event(&all).in_batches(&format!("{all} (i32.const 2)"));
    let guest = guest.items("(data (i32.const 0) \"hey!\")");
    let mut rig = rig(&guest);
    assert_eq!(rig.ahead(&[1, 2, 3]), Ok(2));
    let shown = rig.trade(2);
    for part in ["1/1 emits buy", "1/2 emits Note(", "1/3 emits WakeAt(", "1/4 emits Note("] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(rig.effects.notes, b"hey!hey!");
}

/// What ends a guest in its first batch of three.
#[track_caller]
fn ends(body: &str, want: HaltCode) {
    let guest = Guest::on_event("").in_batches(body);
    let halt = rig(&guest).ahead(&[1, 2, 3]).expect_err("the guest is ended");
    assert_eq!(halt.code, want, "{body}");
}

#[test]
fn a_guest_that_makes_wrong_use_of_a_batch_is_ended() {
    ends("unreachable", HaltCode::Trap);
    ends("(loop $l (br $l)) (i32.const 1)", HaltCode::Fuel);
    ends("(i32.const 4)", HaltCode::Fault);
    ends("(i32.const -1)", HaltCode::Fault);
    ends(&format!("{} (i32.const 0)", submit(0, 1)), HaltCode::Fault);
    ends("(call $top-of-book (i32.const 1) (i32.const 2048)) (i32.const 1)", HaltCode::Phase);
    ends("(call $account (i32.const 2048)) (i32.const 1)", HaltCode::Phase);
}

#[test]
fn more_intents_than_a_call_may_emit_are_refused_in_a_batch_too() {
    let flood = format!(
        "(local $n i32) (loop $l {} (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $l (i32.lt_u (local.get $n) (i32.const 100)))) (i32.const 1)",
        submit(0, 1)
    );
    let mut rig = rig(&Guest::on_event("").in_batches(&flood));
    assert_eq!(rig.ahead(&[1, 2]), Ok(1));
    assert_eq!(rig.trade(1).matches(" emits ").count(), 64);
}

#[test]
fn one_that_handles_none_is_called_one_by_one() {
    let mut rig = rig(&Guest::on_event(&submit(0, 1)).in_batches("(i32.const 0)"));
    assert_eq!(rig.ahead(&[1, 2]), Ok(0));
    assert!(rig.trade(1).contains("1/1 emits buy"));
}

#[test]
fn a_component_without_batches_a_quota_of_fuel_or_little_fuel_is_not_asked() {
    let none = |slot, guest: &Guest| batched(slot, &guest.component()).ahead(&[1, 2]);
    let trap = Guest::on_event("").in_batches("unreachable");
    assert_eq!(none(slot("a"), &Guest::on_event("")), Ok(0));
    assert_eq!(none(ringfence_core::config::StrategySlot { fuel_total: Some(u64::MAX), ..slot("a") }, &trap), Ok(0));
    let little = |fuel_per_call| ringfence_core::config::StrategySlot { fuel_per_call, ..slot("a") };
    assert_eq!(none(little(399_999), &trap), Ok(0));
    assert_eq!(none(little(400_000), &trap).map_err(|halt| halt.code), Err(HaltCode::Trap));
}

#[test]
fn a_batch_has_less_fuel_than_a_call() {
    let halt = rig(&Guest::on_event("").in_batches("(loop $l (br $l)) (i32.const 1)")).ahead(&[1]).expect_err("ended");
    assert_eq!((halt.limit, halt.used), (FUEL - 40_000, FUEL - 40_000));
}

#[test]
fn a_batch_is_as_long_as_half_its_fuel_should_last() {
    // 360,000 fuel, at first 40,000 an event; then what the first batch came to.
    let slot = ringfence_core::config::StrategySlot { fuel_per_call: 400_000, ..slot("a") };
    let mut rig = batched(slot, &Guest::on_event("").in_batches(&each("")).component());
    let prices = [1; 200];
    assert_eq!(rig.ahead(&prices), Ok(4));
    assert_eq!(rig.trade(1), "");
    assert_eq!(rig.ahead(&prices), Ok(200));
}

#[test]
#[should_panic(expected = "a call is made otherwise than it was shown ahead")]
fn another_call_than_the_one_shown_is_not_answered() {
    let mut rig = rig(&buyer());
    assert_eq!(rig.ahead(&[1, 2]), Ok(2));
    rig.trade(3);
}
