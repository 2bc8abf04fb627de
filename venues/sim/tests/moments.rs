//! Which market event answers an order: same event, next event, next open.

use expect_test::{Expect, expect};
use ringfence_core::event::{EventKind, Report, Trade};
use ringfence_core::ids::{InstrumentId, TimeNs};
use ringfence_core::money::{Price, Qty};
use ringfence_sim::FillMoment;
use ringfence_venue::desk;

mod support;

#[track_caller]
fn check(fill: FillMoment, script: &str, want: Expect) {
    support::check(|config| config.fill = fill, script, &want);
}

#[test]
fn same_event_fills_at_the_price_of_the_last_trade_after_that_trade() {
    check(
        FillMoment::SameEvent,
        "trade 1000 5; buy 100; trade 1010 5; sell 200",
        expect![[r#"
            trade 1000 5
            buy 100:
              accepted 1/1
              filled 1/1 buy 100@1000 taker fee 20 leaves 0 crossed
            trade 1010 5
            sell 200:
              accepted 1/2
              filled 1/2 sell 200@1010 taker fee 40.4 leaves 0 crossed
        "#]],
    );
}

#[test]
fn next_event_fills_at_the_price_of_the_next_trade_before_that_trade() {
    check(
        FillMoment::NextEvent,
        "trade 1000 5; buy 100; trade 1010 5; sell 200; trade 990 5",
        expect![[r#"
            trade 1000 5
            buy 100:
              accepted 1/1
              filled 1/1 buy 100@1010 taker fee 20.2 leaves 0 next-event
            trade 1010 5
            sell 200:
              accepted 1/2
              filled 1/2 sell 200@990 taker fee 39.6 leaves 0 next-event
            trade 990 5
        "#]],
    );
}

#[test]
fn a_quoted_market_is_taken_at_the_opposite_touch_whatever_the_size() {
    check(
        FillMoment::SameEvent,
        "quote 99 1 101 1; buy 50; sell 50",
        expect![[r#"
            quote 99 1 101 1
            buy 50:
              accepted 1/1
              filled 1/1 buy 50@101 taker fee 1.01 leaves 0 crossed
            sell 50:
              accepted 1/2
              filled 1/2 sell 50@99 taker fee 0.99 leaves 0 crossed
        "#]],
    );
    check(
        FillMoment::NextEvent,
        "quote 99 1 101 1; buy 50; sell 50; quote 109 1 111 1",
        expect![[r#"
            quote 99 1 101 1
            buy 50:
              accepted 1/1
            sell 50:
              accepted 1/2
              filled 1/1 buy 50@111 taker fee 1.11 leaves 0 next-event
              filled 1/2 sell 50@109 taker fee 1.09 leaves 0 next-event
            quote 109 1 111 1
        "#]],
    );
}

#[test]
fn a_trade_does_not_move_what_can_be_taken_while_a_touch_is_shown() {
    check(
        FillMoment::SameEvent,
        "quote 99 1 101 1; trade 99 5 sell; buy 1",
        expect![[r#"
            quote 99 1 101 1
            trade 99 5 sell
            buy 1:
              accepted 1/1
              filled 1/1 buy 1@101 taker fee 0.0202 leaves 0 crossed
        "#]],
    );
    check(
        FillMoment::NextEvent,
        "quote 99 1 101 1; buy 1; trade 99 5 sell",
        expect![[r#"
            quote 99 1 101 1
            buy 1:
              accepted 1/1
              filled 1/1 buy 1@101 taker fee 0.0202 leaves 0 next-event
            trade 99 5 sell
        "#]],
    );
}

#[test]
fn the_touch_of_a_book_counts_once_its_group_is_complete() {
    check(
        FillMoment::SameEvent,
        "trade 90 1; level buy 99 5; buy 1; level sell 101 5 last; buy 1",
        expect![[r#"
            trade 90 1
            level buy 99 5
            buy 1:
              accepted 1/1
              filled 1/1 buy 1@90 taker fee 0.018 leaves 0 crossed
            level sell 101 5 last
            buy 1:
              accepted 1/2
              filled 1/2 buy 1@101 taker fee 0.0202 leaves 0 crossed
        "#]],
    );
}

#[test]
fn on_bars_same_event_is_the_close_and_next_open_and_next_event_are_the_next_open_with_its_time() {
    let script = "at 199; bar 100 110 90 105 @100; buy 10; at 299; bar 107 111 101 103 @200";
    check(
        FillMoment::SameEvent,
        script,
        expect![[r#"
            bar 100 110 90 105 @100
            buy 10:
              accepted 1/1
              filled 1/1 buy 10@105 taker fee 0.21 leaves 0 crossed
            bar 107 111 101 103 @200
        "#]],
    );
    let script = "at 199; bar 100 110 90 105 @100; buy 10; at 299; bar 107 111 101 103 @201";
    check(
        FillMoment::NextOpen,
        script,
        expect![[r#"
            bar 100 110 90 105 @100
            buy 10:
              accepted 1/1
              filled 1/1 buy 10@107 taker fee 0.214 leaves 0 next-open (of 201)
            bar 107 111 101 103 @201
        "#]],
    );
    check(
        FillMoment::NextEvent,
        script,
        expect![[r#"
            bar 100 110 90 105 @100
            buy 10:
              accepted 1/1
              filled 1/1 buy 10@107 taker fee 0.214 leaves 0 next-open (of 201)
            bar 107 111 101 103 @201
        "#]],
    );
}

#[test]
fn an_order_never_meets_an_open_that_was_made_before_it_came() {
    // It comes at 250, inside the bar that opened at 200: that open is past.
    let script = "at 199; bar 100 110 90 105 @100; at 249; buy 10; at 299; bar 107 111 101 103 @200; at 399; bar 104 105 100 102 @301";
    check(
        FillMoment::NextOpen,
        script,
        expect![[r#"
            bar 100 110 90 105 @100
            buy 10:
              accepted 1/1
            bar 107 111 101 103 @200
              filled 1/1 buy 10@104 taker fee 0.208 leaves 0 next-open (of 301)
            bar 104 105 100 102 @301
        "#]],
    );
    check(
        FillMoment::NextEvent,
        script,
        expect![[r#"
            bar 100 110 90 105 @100
            buy 10:
              accepted 1/1
              filled 1/1 buy 10@103 taker fee 0.206 leaves 0 next-event
            bar 107 111 101 103 @200
            bar 104 105 100 102 @301
        "#]],
    );
}

#[test]
fn an_order_that_comes_when_a_bar_opens_meets_that_open() {
    let script = "at 99; bar 100 110 90 105 @1; at 199; buy 10; at 299; bar 107 111 101 103 @200";
    check(
        FillMoment::NextOpen,
        script,
        expect![[r#"
            bar 100 110 90 105 @1
            buy 10:
              accepted 1/1
              filled 1/1 buy 10@107 taker fee 0.214 leaves 0 next-open (of 200)
            bar 107 111 101 103 @200
        "#]],
    );
}

#[test]
fn next_open_lets_trades_and_quotes_pass() {
    let script = "quote 99 1 101 1; buy 10; quote 98 1 100 1; trade 100 1 buy; at 99; bar 107 111 101 103 @50";
    check(
        FillMoment::NextOpen,
        script,
        expect![[r#"
            quote 99 1 101 1
            buy 10:
              accepted 1/1
            quote 98 1 100 1
            trade 100 1 buy
              filled 1/1 buy 10@107 taker fee 0.214 leaves 0 next-open (of 50)
            bar 107 111 101 103 @50
        "#]],
    );
}

#[test]
fn a_waiting_order_can_be_canceled_and_amended_before_it_meets_the_market() {
    let script = "trade 100 1; buy 10; cancel 1; buy 10 @100; amend 3 20@101; trade 101 1";
    check(
        FillMoment::NextEvent,
        script,
        expect![[r#"
            trade 100 1
            buy 10:
              accepted 1/1
            cancel 1:
              canceled 1/1 open 10 asked
            buy 10 @100:
              accepted 1/3
            amend 3 20@101:
              amended 1/3 20@101
              filled 1/3 buy 20@101 taker fee 0.404 leaves 0 next-event
            trade 101 1
        "#]],
    );
}

#[test]
fn next_event_judges_a_limit_by_the_event_it_meets() {
    // 1 would take now but not then; 2 would not take now but then; 3 and 4 have to fill at once.
    let script = "trade 100 1; buy 1 @100; sell 1 @101; buy 1 @100 ioc; sell 1 @101 ioc; trade 101 1";
    check(
        FillMoment::NextEvent,
        script,
        expect![[r#"
            trade 100 1
            buy 1 @100:
              accepted 1/1
            sell 1 @101:
              accepted 1/2
            buy 1 @100 ioc:
              accepted 1/3
            sell 1 @101 ioc:
              accepted 1/4
              filled 1/2 sell 1@101 taker fee 0.0202 leaves 0 next-event
              canceled 1/3 open 1 ioc-remainder
              filled 1/4 sell 1@101 taker fee 0.0202 leaves 0 next-event
            trade 101 1
        "#]],
    );
}

#[test]
fn a_post_only_order_into_which_the_market_moves_before_it_rests_ends_unfilled() {
    check(
        FillMoment::NextEvent,
        "quote 99 1 101 1; buy 1 @100 post; quote 98 1 100 1",
        expect![[r#"
            quote 99 1 101 1
            buy 1 @100 post:
              accepted 1/1
              canceled 1/1 open 1 would-take
            quote 98 1 100 1
        "#]],
    );
}

#[test]
fn without_a_price_a_market_order_is_rejected_now_or_ends_at_the_event_that_has_none() {
    check(
        FillMoment::SameEvent,
        "quote 99 1 101 0; buy 1 @101; trade 100 1; buy 1; sell 1",
        expect![[r#"
            quote 99 1 101 0
            buy 1 @101:
              accepted 1/1
              filled 1/1 buy 1@101 maker fee 0.0101 leaves 0 traded-through
            trade 100 1
            buy 1:
              rejected 1/2 no-liquidity
            sell 1:
              accepted 1/3
              filled 1/3 sell 1@99 taker fee 0.0198 leaves 0 crossed
        "#]],
    );
    check(
        FillMoment::NextEvent,
        "trade 100 1; buy 1; sell 1; quote 99 1 101 0",
        expect![[r#"
            trade 100 1
            buy 1:
              accepted 1/1
            sell 1:
              accepted 1/2
              canceled 1/1 open 1 ioc-remainder
              filled 1/2 sell 1@99 taker fee 0.0198 leaves 0 next-event
            quote 99 1 101 0
        "#]],
    );
}

#[test]
fn a_value_the_core_ignores_moves_nothing_at_the_venue() {
    let script = "trade 100 1; trade 90 0; buy 1; quote 99 -1 101 1; buy 1; bar 50 40 60 50 @1; buy 1";
    check(
        FillMoment::SameEvent,
        script,
        expect![[r#"
            trade 100 1
            trade 90 0
            buy 1:
              accepted 1/1
              filled 1/1 buy 1@100 taker fee 0.02 leaves 0 crossed
            quote 99 -1 101 1
            buy 1:
              accepted 1/2
              filled 1/2 buy 1@100 taker fee 0.02 leaves 0 crossed
            bar 50 40 60 50 @1
            buy 1:
              accepted 1/3
              filled 1/3 buy 1@100 taker fee 0.02 leaves 0 crossed
        "#]],
    );
}

#[test]
fn reports_carry_the_venue_s_own_time_of_the_event_where_it_gives_one() {
    let mut run = support::Run::new(&[desk::instrument(1, (0, 0))], |config| config.fill = FillMoment::NextEvent);
    run.line("trade 100 1");
    run.line("buy 1");
    run.desk.advance(TimeNs(50));
    let trade = Trade { price: Price(101), qty: Qty(1), aggressor: None };
    let fact =
        Report { instrument: InstrumentId(1), venue_time: TimeNs(40), ..Report::control(EventKind::Trade(trade)) };
    run.market(&fact);
    let (time, fill) = run.said.last().copied().expect("it filled");
    assert_eq!((time, fill.venue_time), (TimeNs(50), TimeNs(40)), "{}", run.text);
}
