//! Calls that go well: what a guest is told, what it may ask, what it costs.

use expect_test::expect;
use ringfence_core::config::{EmitRates, StrategySlot};
use ringfence_core::decision::DecisionKind;
use ringfence_core::ids::StrategyId;
use ringfence_core::instrument::Side;
use ringfence_core::intent::{Bound, Curve, Extras, IntentKind, NoteSpan, OrderType, Trail, TrailUnit, TriggerBy};
use ringfence_core::money::Price;
use ringfence_core::plan::{BarSpec, Topic};
use ringfence_core::strategy::{HaltCode, StrategyHost};
use ringfence_sandbox::{Options, SNAPSHOT_BYTES_MAX, Sandbox};

use super::guest::{Guest, REQUEST, emit, emit_order, emit_schedule, plan, plan_of_bars, submit};
use super::rig::{Rig, config, load, slot};

#[test]
fn a_guest_sees_the_trade_and_its_intent_goes_down_the_chain() {
    // Buys when the price ($p0) is above 100.00.
    let body = format!("(if (i64.gt_s (local.get $p0) (i64.const 10000)) (then {}))", submit(0, 5));
    let mut rig = Rig::new(&[Guest::on_event(&body).component()]);
    assert_eq!(rig.trade(10_000), "");
    expect![[r#"
        1/1 emits buy Quantity(Qty(5))
        1/1 NORMALISED
        1/1 ALLOWED
        1/1 QUEUED
        1/1 DISPATCHED"#]]
    .assert_eq(&rig.trade(10_001));
}

#[test]
fn the_plan_of_setup_reaches_the_core() {
    let loaded = load(&Guest::on_event("").component(), slot("a")).expect("a good component");
    let shown: Vec<_> = loaded.plan.subscriptions.iter().map(|s| (s.instrument.0, s.topic)).collect();
    assert_eq!(shown, [(1, Topic::Trade)]);
}

#[test]
fn a_plan_that_is_not_possible_is_refused() {
    for (setup, want) in [
        (plan(2, 0), "instrument 2 is not one of those given to setup"),
        (plan(0, 0), "trade of instrument 0; it takes an instrument"),
        (plan(1, 10), "signal of instrument 1; it takes instrument 0"),
        (plan_of_bars(0, 0), "subscription 1 (bars of a size that is not above 0 and below 2^60: BarSpec::TimeNs(0))"),
        (plan_of_bars(1, 0), "BarSpec::Ticks(0)"),
        (plan_of_bars(11, 0), "BarSpec::Range(0)"),
    ] {
        let guest = Guest { setup, ..Guest::on_event("") };
        let refusals = load(&guest.component(), slot("a")).expect_err("an impossible plan");
        assert_eq!(refusals[0].code.code(), "E-PLAN");
        assert!(refusals[0].found.contains(want), "{}", refusals[0].found);
    }
    for case in 0..12 {
        let bars = Guest { setup: plan_of_bars(case, 60), ..Guest::on_event("") };
        let loaded = load(&bars.component(), slot("a")).expect("bars of every kind");
        assert_eq!(loaded.plan.subscriptions[0].bars, BarSpec::new(u8::try_from(case + 1).expect("small"), 60));
    }
}

#[test]
fn what_setup_says_is_shown_and_not_obeyed() {
    // result<plan, string>: tag 1, then pointer and length.
    let setup = "(i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 68) (i32.const 1024))
        (i32.store (i32.const 72) (i32.const 10)) (i32.const 64)";
    let guest = Guest { setup: setup.to_owned(), ..Guest::on_event("") };
    let guest = guest.items("(data (i32.const 1024) \"a\\1b]0;\\n\\e2\\80\\ae!\")");
    let refusals = load(&guest.component(), slot("a")).expect_err("an error");
    assert_eq!(refusals[0].found, "setup says: a\\u{1b}]0;\\n\\u{202e}!");
}

#[test]
fn equal_calls_use_equal_fuel_and_imports_are_charged() {
    let quiet = Guest::on_event("").component();
    let asking = Guest::on_event("(call $top-of-book (i32.const 1) (i32.const 2048))").component();
    let mut rig = Rig::new(&[quiet, asking]);
    rig.trade(10_000);
    let first = rig.fuel().to_vec();
    rig.trade(10_000);
    assert_eq!(rig.fuel(), first);
    assert!(first[1] >= first[0] + 400, "an import costs at least its base price: {first:?}");
}

#[test]
fn a_view_is_priced_by_what_is_asked_for_before_it_is_made() {
    let asking = |limit: u32| {
        Guest::on_event(&format!("(call $open-orders (i32.const 0) (i32.const {limit}) (i32.const 2048))")).component()
    };
    let mut rig = Rig::new(&[asking(1), asking(11)]);
    rig.trade(10_000);
    assert_eq!(rig.fuel()[1] - rig.fuel()[0], 10 * 480);
}

#[test]
fn an_order_with_extras_reaches_the_core_as_it_was_asked_for() {
    let mut rig = Rig::new(&[Guest::on_event(&emit_order("")).component()]);
    rig.trade(10_000);
    let DecisionKind::Emitted(IntentKind::Submit(submit)) = rig.effects.decisions[0].kind else { panic!("an order") };
    let trail = Trail { offset: 50, unit: TrailUnit::Price, limit_offset: 0 };
    assert_eq!(submit.extras, Extras { trail, trigger_by: TriggerBy::Mark, ..Extras::NONE });
    assert_eq!((submit.side, submit.order_type), (Side::Sell, OrderType::TrailingStopMarket));
}

#[test]
fn a_request_out_of_range_is_refused_and_makes_no_intent() {
    let word = |at: u32, value: i64| format!("(i64.store (i32.const {}) (i64.const {value}))", REQUEST + at);
    let byte = |at: u32, value: i64| format!("(i32.store8 (i32.const {}) (i32.const {value}))", REQUEST + at);
    for change in [word(104, 0), word(104, -1), word(120, -1), word(88, -1), word(136, 1 << 45), byte(0, 0)] {
        // result<intent-id, emit-error>: tag 1 at 2048, `malformed` is case 2 at 2056.
        let check = "(if (i32.ne (i32.load8_u (i32.const 2048)) (i32.const 1)) (then unreachable))
            (if (i32.ne (i32.load8_u (i32.const 2056)) (i32.const 2)) (then unreachable))";
        let mut rig = Rig::new(&[Guest::on_event(&format!("{} {check}", emit_order(&change))).component()]);
        assert_eq!(rig.trade(10_000), "", "{change}");
    }
}

#[test]
fn a_schedule_reaches_the_core_with_its_weights() {
    // Case 1 = a profile: two weights at address 0.
    let guest = Guest::on_event(&emit_schedule(10, [1, 0, 2])).items("(data (i32.const 0) \"\\05\\00\\01\\01\")");
    let mut rig = Rig::new(&[guest.component()]);
    rig.trade(10_000);
    let DecisionKind::Emitted(IntentKind::Schedule(wish)) = rig.effects.decisions[0].kind else { panic!("a schedule") };
    assert_eq!((wish.side, wish.bound), (Side::Buy, Bound::Limit(Price(10_000))));
    assert!(matches!(wish.curve, Curve::Profile(NoteSpan { len: 4, .. })), "{wish:?}");
    assert_eq!(rig.effects.notes, [5, 0, 1, 1]);
    // Case 0 = even, case 2 = a part of the volume.
    for (curve, want) in [([0, 3, 0], Curve::Even(3)), ([2, 4, 500], Curve::Volume { slices: 4, bps: 500 })] {
        let mut rig = Rig::new(&[Guest::on_event(&emit_schedule(10, curve)).component()]);
        rig.trade(10_000);
        let DecisionKind::Emitted(IntentKind::Schedule(wish)) = rig.effects.decisions[0].kind else { panic!("one") };
        assert_eq!(wish.curve, want);
    }
}

#[test]
fn a_schedule_out_of_range_is_refused_and_makes_no_intent() {
    // Quantity 0, and 97 weights.
    for (qty, curve) in [(0, [0, 3, 0]), (10, [1, 0, 97])] {
        let check = "(if (i32.ne (i32.load8_u (i32.const 2048)) (i32.const 1)) (then unreachable))
            (if (i32.ne (i32.load8_u (i32.const 2056)) (i32.const 2)) (then unreachable))";
        let mut rig = Rig::new(&[Guest::on_event(&format!("{} {check}", emit_schedule(qty, curve))).component()]);
        assert_eq!(rig.trade(10_000), "", "{qty} {curve:?}");
    }
}

#[test]
fn notes_and_wakes_are_emitted_too() {
    // Case 5 = wake-at, case 6 = note of 4 bytes at address 0.
    let body = format!(
        "{} {}",
        emit(5, [7_000_000_000_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        emit(6, [0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    );
    let guest = Guest::on_event(&body).items("(data (i32.const 0) \"hey!\")");
    let mut rig = Rig::new(&[guest.component()]);
    let shown = rig.trade(10_000);
    assert!(shown.contains("1/1 emits WakeAt(TimeNs(7000000000000))"), "{shown}");
    assert!(shown.contains("1/2 emits Note("), "{shown}");
    assert_eq!(rig.effects.notes, b"hey!");
}

/// A note of what lies at an address.
fn note(at: i64, bytes: i64) -> String {
    emit(6, [at, bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

/// What is known of the end of a strategy that does this at its second trade, and noted something at its first.
fn end_of(body: &str, options: Options) -> String {
    let body = format!(
        "(global.set $n (i32.add (global.get $n) (i32.const 1)))
         (if (i32.eq (global.get $n) (i32.const 1)) (then {}) (else {body}))",
        note(0, 5)
    );
    let guest = Guest::on_event(&body).items("(global $n (mut i32) (i32.const 0))");
    let guest = guest.items("(data (i32.const 0) \"earlybad\\n\\1b[mlate\")");
    let rates = EmitRates { notes_per_s: 1, ..EmitRates::USUAL };
    let slow = StrategySlot { rates, ..slot("noting") };
    let mut rig = Rig::with(config(vec![slow]), &[guest.component()], options);
    assert!(rig.trade(1).contains("emits Note"));
    let shown = rig.trade(1);
    assert!(shown.starts_with("1/0 halted") && !shown.contains("emits"), "what it noted is dropped: {shown}");
    rig.sandbox.death(StrategyId(1)).expect("dead").text.clone()
}

#[test]
fn the_last_note_of_a_call_that_ends_stands_before_its_end_taken_or_not() {
    let check = |body: &str, want: &str| {
        let text = end_of(body, Options::default());
        assert!(text.starts_with(want), "{text}");
        text
    };
    // The second is one more than may be taken in a second.
    check(&format!("{} {} unreachable", note(0, 5), note(5, 3)), "note: bad\nerror");
    // Nothing of it passes for a line of the host's.
    check(&format!("{} unreachable", note(5, 11)), "note: bad\n    \\u{1b}[mlate\nerror");
    // As much as a note holds, of one that is too long to be one.
    let long = check(&format!("{} unreachable", note(512, 600)), "note: \\u{0}");
    assert_eq!(long.lines().next().map(str::len), Some("note: ".len() + 512 * "\\u{0}".len()));
    // Not of the call before.
    check("unreachable", "error while executing");
    check(&format!("{} (loop $l (br $l))", note(5, 3)), "note: bad\n");
}

#[test]
#[cfg(target_os = "linux")]
fn the_last_note_of_a_call_stands_there_from_a_process_of_its_own_too() {
    let text = end_of(&format!("{} {} unreachable", note(0, 5), note(5, 3)), super::apart::apart(1));
    assert!(text.starts_with("note: bad\n") && text.contains("wasm trap"), "{text}");
}

#[test]
fn a_snapshot_goes_into_a_fresh_instance_and_it_goes_on_there() {
    // Counts trades at address 0; the snapshot is those 8 bytes; buys as many as it counted.
    let guest = Guest {
        snapshot: "(i32.store (i32.const 192) (i32.const 0)) (i32.store (i32.const 196) (i32.const 8)) (i32.const 192)"
            .to_owned(),
        restore: "(i64.store (i32.const 0) (i64.load (local.get 0))) (i32.const 256)".to_owned(),
        ..Guest::on_event(&format!(
            "(i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
             (if (i64.eq (i64.load (i32.const 0)) (i64.const 3)) (then {}))",
            submit(0, 3)
        ))
    };
    let component = guest.component();
    let mut first = Rig::new(std::slice::from_ref(&component));
    assert_eq!(first.trade(1) + &first.trade(1), "");
    let snapshot = first.sandbox.snapshot(StrategyId(1)).expect("a snapshot");
    assert_eq!(snapshot, 2_u64.to_le_bytes());
    let mut second = Rig::new(&[component]);
    second.sandbox.restore(StrategyId(1), &snapshot).expect("alive").expect("taken");
    assert!(second.trade(1).contains("emits buy"), "the third trade since the beginning");
}

#[test]
fn h45_canonical_nan_bits_are_the_same_on_every_machine() {
    // 0/0 with a payload of its own: the bits that come out are the canonical ones, and 1 is bought for each wrong bit.
    let body = format!(
        "(local $x i64)
         (local.set $x (i64.reinterpret_f64 (f64.add (f64.div (f64.const 0) (f64.const 0)) (f64.const nan:0x123))))
         (if (i64.eq (local.get $x) (i64.const 0x7ff8000000000000)) (then {}) (else {}))",
        submit(0, 1),
        submit(1, 1)
    );
    let mut rig = Rig::new(&[Guest::on_event(&body).component()]);
    assert!(rig.trade(1).starts_with("1/1 emits buy"), "h45: NaN bits leak");
}

#[test]
fn h50_a_snapshot_above_the_cap_kills_the_instance() {
    // 1 MiB passes, one byte more does not; nothing of it is copied then.
    let of_bytes = |len: u32| {
        let snapshot = format!(
            "(i32.store (i32.const 192) (i32.const 0)) (i32.store (i32.const 196) (i32.const {len})) (i32.const 192)"
        );
        let guest = Guest { snapshot, memory: "32".to_owned(), ..Guest::on_event("") };
        let roomy = StrategySlot { memory_bytes_max: 4 << 20, ..slot("roomy") };
        let mut rig = Rig::with(config(vec![roomy]), &[guest.component()], Options::default());
        rig.sandbox.snapshot(StrategyId(1)).map(|bytes| bytes.len())
    };
    assert_eq!(of_bytes(1 << 20), Ok(SNAPSHOT_BYTES_MAX));
    assert_eq!(of_bytes((1 << 20) + 1).map_err(|halt| halt.code), Err(HaltCode::HostcallFuel));
}

#[test]
fn h50_a_strategy_that_refuses_a_snapshot_is_never_called_again() {
    // result<_, string>: tag 1, then pointer and length of "no".
    let restore = "(i32.store8 (i32.const 256) (i32.const 1)) (i32.store (i32.const 260) (i32.const 272))
        (i32.store (i32.const 264) (i32.const 5)) (i32.const 256)";
    let guest = Guest { restore: restore.to_owned(), ..Guest::on_event(&submit(0, 1)) };
    let mut rig = Rig::new(&[guest.items("(data (i32.const 272) \"no\\1b[m\")").component()]);
    assert_eq!(rig.sandbox.restore(StrategyId(1), b"garbage"), Ok(Err("no\\u{1b}[m".to_owned())));
    let death = rig.sandbox.death(StrategyId(1)).expect("dead");
    assert_eq!(death.text, "restore refused the snapshot: no\\u{1b}[m");
    assert_eq!(rig.trade(1), "1/0 halted H-FAULT limit 0 used 0");
    assert_eq!(rig.sandbox.restore(StrategyId(1), b"again").expect_err("dead").code, HaltCode::Fault);
}

#[test]
fn a_sandbox_can_move_to_the_thread_of_the_core() {
    fn moves<T: Send>(_: &T) {}
    moves(&Sandbox::new(Options::default()).expect("an engine"));
}
