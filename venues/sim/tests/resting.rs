//! When resting orders fill: trade-through and the queue behind the touch.

use expect_test::{Expect, expect};
use ringfence_sim::{FillMoment, QueueModel};

mod support;

#[track_caller]
fn through(script: &str, want: Expect) {
    support::check(|config| config.queue = QueueModel::TradeThrough, script, &want);
}

#[track_caller]
fn queued(script: &str, want: Expect) {
    support::check(|config| config.queue = QueueModel::BehindTouch, script, &want);
}

#[test]
fn trade_through_fills_past_the_price_and_not_at_it() {
    through(
        "quote 99 10 102 10; buy 5 @99; trade 99 1000 sell; trade 98 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
            trade 99 1000 sell
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 traded-through
            trade 98 1 sell
        "#]],
    );
    through(
        "quote 99 10 102 10; sell 5 @102; trade 102 1000 buy; trade 103 1 buy",
        expect![[r#"
            quote 99 10 102 10
            sell 5 @102:
              accepted 1/1
            trade 102 1000 buy
              filled 1/1 sell 5@102 maker fee 0.051 leaves 0 traded-through
            trade 103 1 buy
        "#]],
    );
}

#[test]
fn the_opposite_touch_reaching_the_price_fills_and_one_short_of_it_does_not() {
    through(
        "quote 99 10 102 10; buy 5 @99; quote 98 1 100 1; quote 98 1 99 1",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
            quote 98 1 100 1
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 touched
            quote 98 1 99 1
        "#]],
    );
    queued(
        "quote 99 10 102 10; sell 5 @102; quote 101 1 103 1; quote 102 1 103 1",
        expect![[r#"
            quote 99 10 102 10
            sell 5 @102:
              accepted 1/1
            quote 101 1 103 1
              filled 1/1 sell 5@102 maker fee 0.051 leaves 0 touched behind 10
            quote 102 1 103 1
        "#]],
    );
}

#[test]
fn a_trade_has_to_exceed_what_is_ahead() {
    queued(
        "quote 99 10 102 10; buy 5 @99; trade 99 10 sell; trade 99 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
            trade 99 10 sell
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            trade 99 1 sell
        "#]],
    );
    queued(
        "quote 99 10 102 10; buy 5 @99; trade 99 11 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            trade 99 11 sell
        "#]],
    );
}

#[test]
fn what_is_ahead_falls_by_trades_at_the_price() {
    queued(
        "quote 99 10 102 10; buy 5 @99; trade 99 6 sell; trade 99 4 sell; trade 99 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
            trade 99 6 sell
            trade 99 4 sell
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            trade 99 1 sell
        "#]],
    );
}

#[test]
fn what_is_ahead_is_capped_by_the_displayed_size_while_the_touch_is_at_the_price() {
    queued(
        "quote 99 10 102 10; buy 5 @99; quote 99 3 102 10; trade 99 3 sell; trade 99 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
            quote 99 3 102 10
            trade 99 3 sell
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            trade 99 1 sell
        "#]],
    );
    // A larger display later is behind; a touch elsewhere says nothing about this price.
    queued(
        "quote 99 10 102 10; buy 5 @99; quote 99 50 102 10; quote 100 1 102 10; trade 99 11 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
            quote 99 50 102 10
            quote 100 1 102 10
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            trade 99 11 sell
        "#]],
    );
}

#[test]
fn a_seller_counts_against_bids_and_a_buyer_against_asks_only() {
    queued(
        "quote 99 1 102 1; buy 5 @99; sell 5 @102; trade 99 50 buy; trade 102 50 sell; trade 98 50 buy",
        expect![[r#"
            quote 99 1 102 1
            buy 5 @99:
              accepted 1/1
            sell 5 @102:
              accepted 1/2
            trade 99 50 buy
            trade 102 50 sell
            trade 98 50 buy
        "#]],
    );
    queued(
        "quote 99 1 102 1; buy 5 @99; sell 5 @102; trade 99 50 sell; trade 102 50 buy",
        expect![[r#"
            quote 99 1 102 1
            buy 5 @99:
              accepted 1/1
            sell 5 @102:
              accepted 1/2
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 1
            trade 99 50 sell
              filled 1/2 sell 5@102 maker fee 0.051 leaves 0 queue-reached behind 1
            trade 102 50 buy
        "#]],
    );
}

#[test]
fn a_trade_by_nobody_known_counts_against_the_side_it_reaches() {
    queued(
        "quote 99 1 102 1; buy 5 @99; sell 5 @102; trade 99 50; trade 103 1",
        expect![[r#"
            quote 99 1 102 1
            buy 5 @99:
              accepted 1/1
            sell 5 @102:
              accepted 1/2
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 1
            trade 99 50
              filled 1/2 sell 5@102 maker fee 0.051 leaves 0 traded-through behind 1
            trade 103 1
        "#]],
    );
}

#[test]
fn inside_the_spread_nothing_is_ahead() {
    queued(
        "quote 99 10 102 10; buy 5 @100; trade 100 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @100:
              accepted 1/1
              filled 1/1 buy 5@100 maker fee 0.05 leaves 0 queue-reached behind 0
            trade 100 1 sell
        "#]],
    );
}

#[test]
fn behind_the_touch_the_queue_is_unknown_until_the_touch_comes_to_the_price() {
    queued(
        "quote 99 10 102 10; buy 5 @98; trade 98 1000 sell; quote 98 4 102 10; trade 98 4 sell; trade 98 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @98:
              accepted 1/1
            trade 98 1000 sell
            quote 98 4 102 10
            trade 98 4 sell
              filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 0
            trade 98 1 sell
        "#]],
    );
}

#[test]
fn a_book_shows_the_queue_at_every_level() {
    queued(
        "level buy 99 10; level buy 98 7; level sell 102 9 last; buy 5 @98; trade 98 7 sell; trade 98 1 sell",
        expect![[r#"
            level buy 99 10
            level buy 98 7
            level sell 102 9 last
            buy 5 @98:
              accepted 1/1
            trade 98 7 sell
              filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 0
            trade 98 1 sell
        "#]],
    );
}

#[test]
fn on_a_tape_of_trades_only_the_queue_is_never_known() {
    queued(
        "trade 100 1; buy 5 @99; trade 99 1000 sell; trade 98 1 sell",
        expect![[r#"
            trade 100 1
            buy 5 @99:
              accepted 1/1
            trade 99 1000 sell
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 traded-through
            trade 98 1 sell
        "#]],
    );
}

#[test]
fn better_prices_fill_first_then_earlier_orders() {
    through(
        "quote 99 10 105 10; buy 1 @97; buy 2 @98; buy 3 @98; buy 4 @99; trade 90 1 sell",
        expect![[r#"
            quote 99 10 105 10
            buy 1 @97:
              accepted 1/1
            buy 2 @98:
              accepted 1/2
            buy 3 @98:
              accepted 1/3
            buy 4 @99:
              accepted 1/4
              filled 1/4 buy 4@99 maker fee 0.0396 leaves 0 traded-through
              filled 1/2 buy 2@98 maker fee 0.0196 leaves 0 traded-through
              filled 1/3 buy 3@98 maker fee 0.0294 leaves 0 traded-through
              filled 1/1 buy 1@97 maker fee 0.0097 leaves 0 traded-through
            trade 90 1 sell
        "#]],
    );
    through(
        "quote 90 10 99 10; sell 1 @101; sell 2 @100; sell 3 @100; trade 105 1 buy",
        expect![[r#"
            quote 90 10 99 10
            sell 1 @101:
              accepted 1/1
            sell 2 @100:
              accepted 1/2
            sell 3 @100:
              accepted 1/3
              filled 1/2 sell 2@100 maker fee 0.02 leaves 0 traded-through
              filled 1/3 sell 3@100 maker fee 0.03 leaves 0 traded-through
              filled 1/1 sell 1@101 maker fee 0.0101 leaves 0 traded-through
            trade 105 1 buy
        "#]],
    );
}

#[test]
fn an_amended_order_keeps_its_place_only_when_its_quantity_alone_goes_down() {
    queued(
        "quote 99 10 102 10; buy 5 @99; trade 99 10 sell; amend 1 4@99; trade 99 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
            trade 99 10 sell
            amend 1 4@99:
              amended 1/1 4@99
              filled 1/1 buy 4@99 maker fee 0.0396 leaves 0 queue-reached behind 0
            trade 99 1 sell
        "#]],
    );
    queued(
        "quote 99 10 102 10; buy 5 @99; trade 99 10 sell; amend 1 6@99; trade 99 10 sell; trade 99 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
            trade 99 10 sell
            amend 1 6@99:
              amended 1/1 6@99
            trade 99 10 sell
              filled 1/1 buy 6@99 maker fee 0.0594 leaves 0 queue-reached behind 0
            trade 99 1 sell
        "#]],
    );
    queued(
        "quote 99 10 102 10; buy 5 @98; buy 5 @99; amend 1 5@99; trade 99 11 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @98:
              accepted 1/1
            buy 5 @99:
              accepted 1/2
            amend 1 5@99:
              amended 1/1 5@99
              filled 1/2 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            trade 99 11 sell
        "#]],
    );
}

#[test]
fn a_bar_fills_what_its_range_has_passed_at_the_order_s_own_price() {
    let script = "at 99; bar 100 100 100 100 @1; buy 5 @95; sell 5 @106; at 199; bar 100 106 95 100 @120; at 299; bar 100 107 94 100 @220";
    through(
        script,
        expect![[r#"
            bar 100 100 100 100 @1
            buy 5 @95:
              accepted 1/1
            sell 5 @106:
              accepted 1/2
            bar 100 106 95 100 @120
              filled 1/1 buy 5@95 maker fee 0.0475 leaves 0 bar-through
              filled 1/2 sell 5@106 maker fee 0.053 leaves 0 bar-through
            bar 100 107 94 100 @220
        "#]],
    );
    queued(
        script,
        expect![[r#"
            bar 100 100 100 100 @1
            buy 5 @95:
              accepted 1/1
            sell 5 @106:
              accepted 1/2
            bar 100 106 95 100 @120
              filled 1/1 buy 5@95 maker fee 0.0475 leaves 0 bar-through
              filled 1/2 sell 5@106 maker fee 0.053 leaves 0 bar-through
            bar 100 107 94 100 @220
        "#]],
    );
}

#[test]
fn a_bar_that_opens_past_the_price_fills_at_the_open_s_time_and_the_order_s_own_price() {
    through(
        "at 99; bar 100 100 100 100 @1; buy 5 @95; at 199; bar 90 96 89 95 @120",
        expect![[r#"
            bar 100 100 100 100 @1
            buy 5 @95:
              accepted 1/1
              filled 1/1 buy 5@95 maker fee 0.0475 leaves 0 bar-through (of 120)
            bar 90 96 89 95 @120
        "#]],
    );
}

#[test]
fn the_range_of_a_bar_does_not_reach_an_order_that_came_inside_it() {
    let script = "at 99; bar 100 100 100 100 @1; at 150; buy 5 @95; at 199; bar 100 106 90 100 @120; at 299; bar 100 106 90 100 @220";
    through(
        script,
        expect![[r#"
            bar 100 100 100 100 @1
            buy 5 @95:
              accepted 1/1
            bar 100 106 90 100 @120
              filled 1/1 buy 5@95 maker fee 0.0475 leaves 0 bar-through
            bar 100 106 90 100 @220
        "#]],
    );
}

#[test]
fn an_order_that_rests_at_an_open_can_fill_in_that_bar() {
    let script = "at 99; bar 100 100 100 100 @1; at 119; buy 5 @95; at 199; bar 100 106 90 100 @120";
    support::check(
        |config| config.fill = FillMoment::NextOpen,
        script,
        &expect![[r#"
            bar 100 100 100 100 @1
            buy 5 @95:
              accepted 1/1
              filled 1/1 buy 5@95 maker fee 0.0475 leaves 0 bar-through
            bar 100 106 90 100 @120
        "#]],
    );
}

#[test]
fn on_an_empty_side_nothing_is_ahead() {
    queued(
        "quote 0 0 102 10; buy 5 @99; trade 99 1 sell",
        expect![[r#"
            quote 0 0 102 10
            buy 5 @99:
              accepted 1/1
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            trade 99 1 sell
        "#]],
    );
}

#[test]
fn the_range_of_a_bar_does_not_reach_an_order_that_met_the_market_inside_it() {
    // Sent at 11, it meets the market at 50; the bar that opened at 20 had its low before or after, nobody knows.
    let script = "at 9; trade 100 1; buy 5 @95; at 49; trade 100 1; at 99; bar 100 106 90 100 @20; at 199; bar 100 106 90 100 @100";
    support::check(
        |config| config.fill = FillMoment::NextEvent,
        script,
        &expect![[r#"
            trade 100 1
            buy 5 @95:
              accepted 1/1
            trade 100 1
            bar 100 106 90 100 @20
              filled 1/1 buy 5@95 maker fee 0.0475 leaves 0 bar-through
            bar 100 106 90 100 @100
        "#]],
    );
}
