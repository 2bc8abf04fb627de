//! Where an order stands at its price, in each queue model, and how much a trade at the price fills.

use expect_test::{Expect, expect};
use ringfence_sim::{QueueModel, RestingFills, SimConfig};

mod support;

#[track_caller]
fn check(change: impl FnOnce(&mut SimConfig), script: &str, want: Expect) {
    support::check(change, script, &want);
}

fn averse(config: &mut SimConfig) {
    config.queue = QueueModel::RiskAverse;
}

fn partly(config: &mut SimConfig) {
    (config.queue, config.resting) = (QueueModel::RiskAverse, RestingFills::Partial);
}

/// Every model that follows sizes, with its power where it has one: what stands ahead of an order when a trade fills it.
#[track_caller]
fn check_models(script: &str, want: Expect) {
    let models = QueueModel::ALL.iter().flat_map(|model| {
        let powers = if model.has_power() { vec![Some(1), Some(3)] } else { vec![None] };
        powers.into_iter().map(|power| (*model, power))
    });
    let lines = models.map(|(model, power)| {
        let text = support::play(|config| (config.queue, config.queue_power) = (model, power), script);
        let fill = text.lines().find(|line| line.contains("filled")).unwrap_or("  nothing").trim().to_owned();
        let power = power.map_or_else(String::new, |power| format!(" {power}"));
        format!("{model}{power}: {fill}\n")
    });
    want.assert_eq(&lines.collect::<String>());
}

#[test]
fn of_a_size_that_goes_down_each_model_finds_another_part_in_front() {
    // 40 ahead, then 60 join behind; 50 of the 100 are cancelled; a trade larger than all of it tells the place.
    check_models(
        "quote 99 40 102 10; buy 5 @99; quote 99 100 102 10; quote 99 50 102 10; trade 99 60 sell",
        expect![[r#"
            trade-through: nothing
            behind-touch: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            risk-averse: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 20
            power-prob 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 29
            power-prob-2 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 20
            power-prob-2 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 1
            power-prob-3 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 20
            power-prob-3 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 37
            log-prob: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 17
            log-prob-2: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 35
            l3-fifo: nothing
        "#]],
    );
}

#[test]
fn a_fall_by_trades_is_not_counted_again_when_the_display_follows() {
    check_models(
        "quote 99 40 102 10; buy 5 @99; quote 99 100 102 10; trade 99 30 sell; quote 99 70 102 10; trade 99 60 sell",
        expect![[r#"
            trade-through: nothing
            behind-touch: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            risk-averse: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            power-prob 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            power-prob 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            power-prob-2 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            power-prob-2 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            power-prob-3 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            power-prob-3 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            log-prob: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            log-prob-2: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            l3-fifo: nothing
        "#]],
    );
}

#[test]
fn a_size_that_goes_up_joins_behind_and_one_that_cannot_be_behind_was_in_front() {
    check_models(
        "quote 99 40 102 10; buy 5 @99; quote 99 90 102 10; trade 99 41 sell",
        expect![[r#"
            trade-through: nothing
            behind-touch: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            risk-averse: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob-2 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob-2 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob-3 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob-3 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            log-prob: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            log-prob-2: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            l3-fifo: nothing
        "#]],
    );
    check_models(
        "quote 99 40 102 10; buy 5 @99; quote 99 45 102 10; quote 99 4 102 10; trade 99 60 sell",
        expect![[r#"
            trade-through: nothing
            behind-touch: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 4
            risk-averse: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 4
            power-prob 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 4
            power-prob 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            power-prob-2 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 4
            power-prob-2 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            power-prob-3 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 4
            power-prob-3 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 4
            log-prob: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 4
            log-prob-2: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 4
            l3-fifo: nothing
        "#]],
    );
}

#[test]
fn where_the_touch_has_fallen_below_an_order_nothing_is_ahead_of_it() {
    check_models(
        "quote 99 40 102 10; buy 5 @99; quote 98 70 102 10; trade 99 1 sell",
        expect![[r#"
            trade-through: nothing
            behind-touch: nothing
            risk-averse: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            power-prob 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            power-prob 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            power-prob-2 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            power-prob-2 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            power-prob-3 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            power-prob-3 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            log-prob: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            log-prob-2: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
            l3-fifo: nothing
        "#]],
    );
    // Behind the touch it is not forgotten what stood there.
    check_models(
        "quote 99 40 102 10; buy 5 @99; quote 100 70 102 10; trade 99 41 sell",
        expect![[r#"
            trade-through: nothing
            behind-touch: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            risk-averse: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob-2 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob-2 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob-3 1: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            power-prob-3 3: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            log-prob: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            log-prob-2: filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 40
            l3-fifo: nothing
        "#]],
    );
}

#[test]
fn an_order_deep_in_a_book_is_followed_level_by_level() {
    check_models(
        "level buy 99 40; level buy 98 30; level sell 102 5 last; buy 5 @98; level buy 98 90 last; level buy 98 45 last; \
         level buy 99 0 last; trade 98 50 sell",
        expect![[r#"
            trade-through: nothing
            behind-touch: filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 30
            risk-averse: filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 30
            power-prob 1: filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 15
            power-prob 3: filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 25
            power-prob-2 1: filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 15
            power-prob-2 3: filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 0
            power-prob-3 1: filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 15
            power-prob-3 3: filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 29
            log-prob: filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 10
            log-prob-2: filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 27
            l3-fifo: nothing
        "#]],
    );
}

#[test]
fn the_place_is_unknown_until_the_touch_comes_to_the_price() {
    check_models(
        "quote 99 40 102 10; buy 5 @97; trade 97 1000 sell; quote 97 8 102 10; trade 97 9 sell",
        expect![[r#"
            trade-through: nothing
            behind-touch: filled 1/1 buy 5@97 maker fee 0.0485 leaves 0 queue-reached behind 8
            risk-averse: filled 1/1 buy 5@97 maker fee 0.0485 leaves 0 queue-reached behind 8
            power-prob 1: filled 1/1 buy 5@97 maker fee 0.0485 leaves 0 queue-reached behind 8
            power-prob 3: filled 1/1 buy 5@97 maker fee 0.0485 leaves 0 queue-reached behind 8
            power-prob-2 1: filled 1/1 buy 5@97 maker fee 0.0485 leaves 0 queue-reached behind 8
            power-prob-2 3: filled 1/1 buy 5@97 maker fee 0.0485 leaves 0 queue-reached behind 8
            power-prob-3 1: filled 1/1 buy 5@97 maker fee 0.0485 leaves 0 queue-reached behind 8
            power-prob-3 3: filled 1/1 buy 5@97 maker fee 0.0485 leaves 0 queue-reached behind 8
            log-prob: filled 1/1 buy 5@97 maker fee 0.0485 leaves 0 queue-reached behind 8
            log-prob-2: filled 1/1 buy 5@97 maker fee 0.0485 leaves 0 queue-reached behind 8
            l3-fifo: nothing
        "#]],
    );
}

#[test]
fn an_order_filled_in_part_takes_what_a_trade_leaves_and_stands_in_front_then() {
    check(
        partly,
        "quote 99 10 102 10; buy 5 @99; trade 99 10 sell; trade 99 2 sell; trade 99 2 sell; trade 99 7 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
            trade 99 10 sell
              filled 1/1 buy 2@99 maker fee 0.0198 leaves 3 queue-reached behind 0
            trade 99 2 sell
              filled 1/1 buy 2@99 maker fee 0.0198 leaves 1 queue-reached behind 0
            trade 99 2 sell
              filled 1/1 buy 1@99 maker fee 0.0099 leaves 0 queue-reached behind 0
            trade 99 7 sell
        "#]],
    );
    check(
        partly,
        "quote 99 10 102 10; sell 5 @102; trade 102 14 buy; trade 102 1 buy",
        expect![[r#"
        quote 99 10 102 10
        sell 5 @102:
          accepted 1/1
          filled 1/1 sell 4@102 maker fee 0.0408 leaves 1 queue-reached behind 10
        trade 102 14 buy
          filled 1/1 sell 1@102 maker fee 0.0102 leaves 0 queue-reached behind 0
        trade 102 1 buy
    "#]],
    );
    check(
        partly,
        "quote 99 10 102 10; sell 5 @102; trade 102 15 buy; trade 102 1 buy",
        expect![[r#"
        quote 99 10 102 10
        sell 5 @102:
          accepted 1/1
          filled 1/1 sell 5@102 maker fee 0.051 leaves 0 queue-reached behind 10
        trade 102 15 buy
        trade 102 1 buy
    "#]],
    );
}

#[test]
fn through_its_price_and_at_the_other_touch_an_order_fills_whole_in_both_ways() {
    check(
        partly,
        "quote 99 10 102 10; buy 5 @99; trade 98 1 sell; buy 5 @98; quote 97 1 98 1",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @99:
          accepted 1/1
          filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 traded-through behind 10
        trade 98 1 sell
        buy 5 @98:
          accepted 1/2
          filled 1/2 buy 5@98 maker fee 0.049 leaves 0 touched
        quote 97 1 98 1
    "#]],
    );
}

#[test]
fn an_order_filled_in_part_is_canceled_amended_and_reduced_by_what_is_left() {
    check(
        partly,
        "quote 99 10 102 10; buy 5 @99; trade 99 12 sell; cancel 1",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @99:
          accepted 1/1
          filled 1/1 buy 2@99 maker fee 0.0198 leaves 3 queue-reached behind 10
        trade 99 12 sell
        cancel 1:
          canceled 1/1 open 3 asked
    "#]],
    );
    check(
        partly,
        "quote 99 10 102 10; buy 5 @99; trade 99 12 sell; amend 1 2@99; amend 1 3@99; trade 99 9 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1
              filled 1/1 buy 2@99 maker fee 0.0198 leaves 3 queue-reached behind 10
            trade 99 12 sell
            amend 1 2@99:
            malformed 1/2 M-AMEND
            amend 1 3@99:
              amended 1/1 3@99
              filled 1/1 buy 1@99 maker fee 0.0099 leaves 0 queue-reached behind 0
            trade 99 9 sell
        "#]],
    );
    check(
        partly,
        "quote 99 10 102 10; buy 5 @99; trade 99 12 sell; amend 1 7@98; trade 97 1 sell",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @99:
          accepted 1/1
          filled 1/1 buy 2@99 maker fee 0.0198 leaves 3 queue-reached behind 10
        trade 99 12 sell
        amend 1 7@98:
          amended 1/1 7@98
          filled 1/1 buy 5@98 maker fee 0.049 leaves 0 traded-through
        trade 97 1 sell
    "#]],
    );
    check(
        partly,
        "trade 100 1; buy 4; quote 99 10 102 10; sell 4 @102 reduce; sell 3; trade 102 11 buy; trade 102 9 buy",
        expect![[r#"
            trade 100 1
            buy 4:
              accepted 1/1
              filled 1/1 buy 4@100 taker fee 0.08 leaves 0 crossed
            quote 99 10 102 10
            sell 4 @102 reduce:
              accepted 1/2
            sell 3:
              accepted 1/3
              filled 1/3 sell 3@99 taker fee 0.0594 leaves 0 crossed
              filled 1/2 sell 1@102 maker fee 0.0102 leaves 3 queue-reached behind 10
            trade 102 11 buy
              canceled 1/2 open 3 reduce-only
            trade 102 9 buy
        "#]],
    );
}

#[test]
fn two_orders_of_this_host_are_each_judged_alone() {
    check(
        averse,
        "quote 99 10 102 10; buy 5 @99; buy 6 @99; trade 99 11 sell",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @99:
          accepted 1/1
        buy 6 @99:
          accepted 1/2
          filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
          filled 1/2 buy 6@99 maker fee 0.0594 leaves 0 queue-reached behind 10
        trade 99 11 sell
    "#]],
    );
    check(
        partly,
        "quote 99 10 102 10; buy 5 @99; buy 6 @99; trade 99 13 sell",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @99:
          accepted 1/1
        buy 6 @99:
          accepted 1/2
          filled 1/1 buy 3@99 maker fee 0.0297 leaves 2 queue-reached behind 10
          filled 1/2 buy 3@99 maker fee 0.0297 leaves 3 queue-reached behind 10
        trade 99 13 sell
    "#]],
    );
}

#[test]
fn a_fall_to_nothing_and_a_new_size_leave_the_order_in_front() {
    check(
        averse,
        "quote 99 10 102 10; buy 5 @99; quote 98 3 102 10; quote 99 7 102 10; trade 99 1 sell",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @99:
          accepted 1/1
        quote 98 3 102 10
        quote 99 7 102 10
          filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
        trade 99 1 sell
    "#]],
    );
}
