//! What a strategy may ask for, what it is shown of it, and what each question costs.

use expect_test::expect;
use ringfence_core::config::StrategySlot;
use ringfence_core::event::{Bar, EventKind, Quote};
use ringfence_core::ids::{InstrumentId, TimeNs};
use ringfence_core::money::{Price, Qty};
use ringfence_sandbox::Options;

use super::guest::{Guest, emit, emit_order, plans, submit};
use super::rig::{Rig, config, slot, traded};

fn quoted(bid: i64) -> EventKind {
    let (bid_qty, ask_qty) = (Qty(3), Qty(4));
    EventKind::Quote(Quote { bid_price: Price(bid), bid_qty, ask_price: Price(bid + 2), ask_qty })
}

fn bar_of(interval_ns: u64) -> EventKind {
    let price = Price(10_000);
    let (open_time, volume) = (TimeNs(0), Qty(1));
    EventKind::Bar(Bar { open: price, high: price, low: price, close: price, volume, open_time, interval_ns })
}

/// Questions about an instrument, each leaving its answer's first word at 2048: none, an empty list, …
const QUESTIONS: [(&str, &str); 4] = [
    ("top-of-book", "(call $top-of-book (i32.const ID) (i32.const 2048)) (i32.load8_u (i32.const 2048))"),
    ("depth", "(call $depth (i32.const ID) (i32.const 0) (i32.const 5) (i32.const 2048)) (i32.load (i32.const 2052))"),
    ("instrument", "(call $instrument (i32.const ID) (i32.const 2048)) (i32.load8_u (i32.const 2048))"),
    (
        "bars",
        "(call $bars (i32.const ID) (i32.const 0) (i64.const 60) (i32.const 9) (i32.const 2048))
         (i32.load (i32.const 2052))",
    ),
];

#[test]
fn an_instrument_that_was_not_given_is_answered_as_an_unknown_one() {
    for (name, question) in QUESTIONS {
        let shown = [1, 2, 3].map(|id| {
            let question = question.replace("ID", &id.to_string());
            let body = format!("{question} (if (then {}))", submit(0, 1));
            let mut rig = Rig::new(&[Guest::on_event(&body).component()]);
            for known in [1, 2] {
                rig.market(known, quoted(10_000));
                rig.market(known, bar_of(60));
            }
            rig.trade(10_000).contains("1/1 emits")
        });
        assert_eq!(shown, [true, false, false], "{name}");
    }
}

#[test]
fn the_same_instrument_is_shown_to_the_one_who_has_it() {
    let question = QUESTIONS[0].1.replace("ID", "2");
    let guest = Guest::on_event(&format!("{question} (if (then {}))", submit(0, 1)));
    let both = StrategySlot { instruments: vec![InstrumentId(1), InstrumentId(2)], ..slot("both") };
    let component = guest.component();
    let mut rig = Rig::with(config(vec![slot("one"), both]), &[component.clone(), component], Options::default());
    rig.market(2, quoted(10_000));
    let shown = rig.trade(10_000);
    assert!(shown.contains("2/1 emits") && !shown.contains("1/1 emits"), "{shown}");
}

#[test]
fn an_outcome_shows_nothing_of_the_event_it_comes_before() {
    // An order of instrument 9, which does not exist: malformed. Its outcome comes before a trade of another one.
    let wrong = emit(0, [9, 0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let wake = emit(5, [7_000_000_000_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let all = "(i64.or (i64.or (i64.or (local.get $c0) (local.get $c1)) (i64.or (local.get $c2) (local.get $c3)))
        (i64.or (i64.or (local.get $c4) (local.get $venue)) (i64.extend_i32_u (local.get $instrument))))";
    let body = format!(
        "(if (i32.eq (local.get $kind) (i32.const 19))
            (then (if (i64.ne {all} (i64.const 0)) (then unreachable)) {wake})
            (else (if (i64.eq {all} (i64.const 0)) (then unreachable))
                  (if (i32.eq (local.get $instrument) (i32.const 1)) (then {wrong}))))"
    );
    let guest = Guest { setup: plans(&[(1, 0), (2, 0)]), ..Guest::on_event(&body) };
    let both = StrategySlot { instruments: vec![InstrumentId(1), InstrumentId(2)], ..slot("both") };
    let mut rig = Rig::with(config(vec![both]), &[guest.component()], Options::default());
    rig.market(1, quoted(10_000));
    rig.market(2, quoted(20_000));
    assert!(rig.trade(10_000).contains("1/1 MALFORMED"));
    let shown = rig.market(2, traded(20_000));
    assert_eq!(shown, "1/2 emits WakeAt(TimeNs(7000000000000))", "the outcome, then a trade that does nothing");
}

/// What a call costs more than the same handler without it.
#[track_caller]
fn price(body: &str) -> u64 {
    let mut rig = Rig::new(&[Guest::on_event("").component(), Guest::on_event(body).component()]);
    rig.trade(10_000);
    rig.fuel()[1] - rig.fuel()[0]
}

#[test]
fn every_import_has_its_price() {
    let note = |bytes| emit(6, [0, bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let prices = [
        ("top-of-book", "(call $top-of-book (i32.const 1) (i32.const 2048))".to_owned()),
        ("depth 0", "(call $depth (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 2048))".to_owned()),
        ("depth 10", "(call $depth (i32.const 1) (i32.const 0) (i32.const 10) (i32.const 2048))".to_owned()),
        ("position-of", "(call $position-of (i32.const 1) (i32.const 2048))".to_owned()),
        ("account", "(call $account (i32.const 2048))".to_owned()),
        ("open-orders 0", "(call $open-orders (i32.const 1) (i32.const 0) (i32.const 2048))".to_owned()),
        ("open-orders 10", "(call $open-orders (i32.const 1) (i32.const 10) (i32.const 2048))".to_owned()),
        ("open-orders 2000", "(call $open-orders (i32.const 1) (i32.const 2000) (i32.const 2048))".to_owned()),
        ("order", "(call $order (i64.const 1) (i32.const 2048))".to_owned()),
        ("instrument", "(call $instrument (i32.const 1) (i32.const 2048))".to_owned()),
        ("bars 0", "(call $bars (i32.const 1) (i32.const 0) (i64.const 60) (i32.const 0) (i32.const 2048))".to_owned()),
        (
            "bars 10",
            "(call $bars (i32.const 1) (i32.const 0) (i64.const 60) (i32.const 10) (i32.const 2048))".to_owned(),
        ),
        ("emit", note(0)),
        ("emit 10 bytes", note(10)),
        ("emit-order", emit_order("")),
    ];
    let shown: String = prices.iter().map(|(name, body)| format!("{name}: {}\n", price(body))).collect();
    expect![[r#"
        top-of-book: 502
        depth 0: 516
        depth 10: 2116
        position-of: 2102
        account: 10292
        open-orders 0: 514
        open-orders 10: 5314
        open-orders 2000: 492034
        order: 982
        instrument: 4542
        bars 0: 518
        bars 10: 3718
        emit: 530
        emit 10 bytes: 550
        emit-order: 523
    "#]]
    .assert_eq(&shown);
}

#[test]
fn orders_that_are_walked_past_are_paid_for() {
    let body = format!("(call $open-orders (i32.const 2) (i32.const 1) (i32.const 2048)) {}", submit(0, 1));
    let mut rig = Rig::new(&[Guest::on_event(&body).component()]);
    let fuel = [0; 4].map(|_| {
        rig.trade(10_000);
        rig.fuel()[0]
    });
    // One order more each time, none of which is of the instrument asked for.
    assert_eq!([1, 2, 3].map(|n| fuel[n] - fuel[n - 1]), [80, 80, 80]);
}

#[test]
fn bars_that_are_walked_past_are_paid_for() {
    for (id, want) in [(1, 32 * 5), (2, 0)] {
        let body = format!("(call $bars (i32.const {id}) (i32.const 0) (i64.const 7) (i32.const 1) (i32.const 2048))");
        let mut rig = Rig::new(&[Guest::on_event(&body).component()]);
        rig.trade(10_000);
        let before = rig.fuel()[0];
        for _ in 0..5 {
            rig.market(1, bar_of(60));
            rig.market(2, bar_of(60));
        }
        rig.trade(10_000);
        assert_eq!(rig.fuel()[0] - before, want, "bars of instrument {id}");
    }
}

#[test]
fn a_sub_account_is_priced_by_its_instruments() {
    let asking = Guest::on_event("(call $account (i32.const 2048))").component();
    let both = StrategySlot { instruments: vec![InstrumentId(1), InstrumentId(2)], ..slot("both") };
    let mut rig = Rig::with(config(vec![slot("one"), both]), &[asking.clone(), asking], Options::default());
    rig.trade(10_000);
    assert_eq!(rig.fuel()[1] - rig.fuel()[0], 1_600);
}
