//! Limits on sizes, counts and sums: each at its limit, one past it, and `off`.

use expect_test::expect;

use crate::tests::check;

#[test]
fn an_order_below_the_smallest_size_or_value_is_denied_and_closing_what_is_left_is_not() {
    check(
        "with order-qty-min 5
         with order-notional-min 600
         strategy 1: buy 4 limit 200; buy 5 limit 119; buy 5 limit 120; buy 6 limit 100; buy 100 market
         0s quote 100 5 101 5
         1s fill 1/5 3 @101
         strategy 1: sell 3 limit 100 reduce-only; sell 3 limit 100
         2s quote 100 5 101 6
         with order-qty-min off
         with order-notional-min off
         3s config
         strategy 1: buy 1 limit 1
         4s quote 100 5 101 7",
        expect![[r#"
            0s
              1/1 denied D-ORDER-QTY-MIN limit 5 value 4 allowed 5
              1/2 denied D-ORDER-NOTIONAL-MIN limit 600 value 595 allowed 600
              1/3 sent buy 5 limit @120 gtc on 1
              1/4 sent buy 6 limit @100 gtc on 1
              1/5 sent buy 100 market gtc on 1
            1s
              s1 outcome 1: denied-quantity
              s1 outcome 2: denied-notional
            2s
              1/7 denied D-ORDER-QTY-MIN limit 5 value 3 allowed 5
              1/6 sent sell 3 limit @100 gtc reduce-only on 1
            3s
            4s
              s1 outcome 7: denied-quantity
              1/8 sent buy 1 limit @1 gtc on 1
        "#]],
    );
}

#[test]
fn the_position_in_an_instrument_counts_every_account_and_accounts_do_not_offset() {
    check(
        "with position-instrument-max 10
         strategy 1: buy 6 limit 100
         strategy 3: buy 4 limit 100; buy 1 limit 100; sell 10 limit 100; sell 1 limit 100
         0s quote 100 5 101 5
         # What account 2 sells does not make room for account 1.
         1s fill 3/3 10 @100
         strategy 1: buy 1 limit 100; sell 1 limit 100
         2s quote 100 5 101 6",
        expect![[r#"
            0s
              3/2 denied D-POSITION-INSTRUMENT limit 10 value 11 allowed 0
              3/4 denied D-POSITION-INSTRUMENT limit 10 value 11 allowed 0
              1/1 sent buy 6 limit @100 gtc on 1
              3/1 sent buy 4 limit @100 gtc on 2
              3/3 sent sell 10 limit @100 gtc on 2
            1s
              s3 outcome 2: denied-position
              s3 outcome 4: denied-position
            2s
              1/3 denied D-POSITION-INSTRUMENT limit 10 value 11 allowed 0
              1/2 sent buy 1 limit @100 gtc on 1
        "#]],
    );
}

#[test]
fn net_exposure_counts_long_against_short_held_and_the_worst_of_what_is_reserved() {
    check(
        "with exposure-net-max 1000
         0s quote 100 5 100 5
         0s C quote 10 5 10 5
         strategy 1: buy 10 limit 100; buy 1 limit 100; C sell 10 limit 10; C sell 1 limit 10
         1s quote 100 5 100 6
         2s fill 1/1 10 @100
         # Long 1000 of A: C may now be sold to -1000 in sum, not below.
         strategy 1: C sell 9 limit 10; C buy 1 limit 10
         3s quote 100 5 100 7
         4s C fill 1/3 10 @10
         strategy 1: C sell 10 limit 10; C sell 1 limit 10; buy 1 limit 100
         5s quote 100 5 100 8",
        expect![[r#"
            0s
            0s
            1s
              1/2 denied D-EXPOSURE-NET limit 1000 value 1100 allowed 0
              1/4 denied D-EXPOSURE-NET limit 1000 value 1100 allowed 0
              1/1 sent buy 10 limit @100 gtc on 1
              1/3 sent sell 10 limit @10 gtc on 1
            2s
              s1 outcome 2: denied-exposure
              s1 outcome 4: denied-exposure
            3s
              1/6 denied D-EXPOSURE-NET limit 1000 value 1100 allowed 0
              1/5 sent sell 9 limit @10 gtc on 1
            4s
              s1 outcome 6: denied-exposure
            5s
              1/7 denied D-EXPOSURE-NET limit 1000 value 1900 allowed 100
              1/8 sent sell 1 limit @10 gtc on 1
              1/9 sent buy 1 limit @100 gtc on 1
        "#]],
    );
}

#[test]
fn exposure_in_an_asset_and_to_a_counterparty_is_summed_over_accounts_and_instruments() {
    check(
        "with exposure-asset-max 1000
         with base C 3
         0s quote 100 5 100 5
         0s B quote 10000 50 10000 50
         0s C quote 10 5 10 5
         strategy 1: buy 5 limit 100
         # Another account and another instrument of the same asset; C is another asset.
         strategy 3: B buy 40 limit 10000; B buy 20 limit 10000; C buy 100 limit 10
         1s quote 100 5 100 6
         strategy 2: sell 5 limit 100; sell 6 limit 100; sell 7 limit 100
         2s quote 100 5 100 7
         with exposure-asset-max off
         with exposure-counterparty-max 1000
         with counterparty A 3
         with counterparty C 3
         3s config
         strategy 3: C buy 1 limit 10; B buy 100 limit 10000; A sell 4 limit 100; A sell 1 limit 100
         4s quote 100 5 100 8",
        expect![[r#"
            0s
            0s
            0s
            1s
              3/2 denied D-EXPOSURE-ASSET limit 1000 value 1100 allowed 100
              3/3 denied D-EXPOSURE-ASSET limit 1000 value 10000 allowed 1000
              1/1 sent buy 5 limit @100 gtc on 1
              3/1 sent buy 40 limit @10000 gtc on 2
            2s
              s3 outcome 2: denied-exposure
              s3 outcome 3: denied-exposure
              anomaly A-CROSS 1
              2/2 denied D-EXPOSURE-ASSET limit 1000 value 1500 allowed 100
              2/3 denied D-EXPOSURE-ASSET limit 1000 value 1600 allowed 100
              2/1 sent sell 5 limit @100 gtc on 1
            3s
            4s
              s2 outcome 2: denied-exposure
              s2 outcome 3: denied-exposure
              3/7 denied D-EXPOSURE-COUNTERPARTY limit 1000 value 1100 allowed 0
              3/4 sent buy 1 limit @10 gtc on 2
              3/5 sent buy 100 limit @10000 gtc on 2
              3/6 sent sell 4 limit @100 gtc on 2
        "#]],
    );
}

#[test]
fn leverage_and_margin_are_held_against_equity() {
    check(
        "with leverage-max 2.5
         with margin C 1000 500
         0s balance 100
         0s C quote 10 5 10 5
         # One contract is worth 100: 250 may be held.
         strategy 1: C buy 2 limit 10; C buy 1 limit 10
         1s C quote 10 5 10 6
         with leverage-max off
         with margin-initial-use-max-bps 4000
         2s config
         # Initial margin is a tenth: of 40, 20 are reserved.
         strategy 1: C buy 3 limit 10; C buy 2 limit 10; C buy 1 limit 10
         3s C quote 10 5 10 7
         with margin-initial-use-max-bps off
         with margin-maintenance-use-max-bps 2500
         4s config
         # Maintenance margin is a twentieth: of 25, 20 are reserved.
         strategy 1: C buy 2 limit 10; C buy 1 limit 10; C buy 1 limit 10; C sell 9 limit 10; C sell 10 limit 10
         5s C quote 10 5 10 8",
        expect![[r#"
            0s
            0s
            1s
              1/2 denied D-LEVERAGE limit 250 value 300 allowed 50
              1/1 sent buy 2 limit @10 gtc on 1
            2s
            3s
              s1 outcome 2: denied-margin
              1/3 denied D-MARGIN-INITIAL limit 40 value 50 allowed 20
              1/5 denied D-MARGIN-INITIAL limit 40 value 50 allowed 0
              1/4 sent buy 2 limit @10 gtc on 1
            4s
            5s
              s1 outcome 3: denied-margin
              s1 outcome 5: denied-margin
              1/6 denied D-MARGIN-MAINTENANCE limit 25 value 30 allowed 5
              1/8 denied D-MARGIN-MAINTENANCE limit 25 value 30 allowed 0
              1/9 denied D-MARGIN-MAINTENANCE limit 25 value 45 allowed 0
              1/10 denied D-MARGIN-MAINTENANCE limit 25 value 50 allowed 0
              1/7 sent buy 1 limit @10 gtc on 1
        "#]],
    );
}

#[test]
fn an_account_that_owes_money_carries_no_leverage_and_may_still_reduce() {
    check(
        "with leverage-max 100
         with margin C 1000 500
         0s balance 10
         0s C quote 10 5 10 5
         strategy 1: C buy 1 limit 10
         1s C quote 10 5 10 6
         2s C fill 1/1 1 @10
         # One contract of ten units loses 20.
         3s C quote 8 5 8 5
         strategy 1: C buy 1 limit 8; C sell 1 limit 8; C sell 2 limit 8
         4s C quote 8 5 8 6",
        expect![[r#"
            0s
            0s
            1s
              1/1 sent buy 1 limit @10 gtc on 1
            2s
            3s
            4s
              1/2 denied D-LEVERAGE limit 0 value 160 allowed 0
              1/4 denied D-LEVERAGE limit 0 value 160 allowed 0
              1/3 sent sell 1 limit @8 gtc on 1
        "#]],
    );
}

#[test]
fn fully_paid_purchases_leave_the_least_balance() {
    check(
        "with balance-min 100
         with margin C 1000 500
         0s balance 1000
         0s quote 99 5 100 5
         0s C quote 10 5 10 5
         # 900 can be spent; what is bought on margin and what is sold costs nothing now.
         strategy 1: buy 5 limit 100; C buy 100 limit 10; sell 50 limit 100; buy 4 limit 100; buy 1 limit 50
         1s quote 99 5 100 6
         with balance-min off
         2s config
         strategy 1: buy 100 limit 100
         3s quote 99 5 100 7",
        expect![[r#"
            0s
            0s
            0s
            1s
              1/5 denied D-BALANCE limit 900 value 1000 allowed 0
              1/1 sent buy 5 limit @100 gtc on 1
              1/2 sent buy 100 limit @10 gtc on 1
              1/3 sent sell 50 limit @100 gtc on 1
              1/4 sent buy 4 limit @100 gtc on 1
            2s
            3s
              s1 outcome 5: denied-margin
              1/6 sent buy 100 limit @100 gtc on 1
        "#]],
    );
}

#[test]
fn a_strategy_uses_a_part_of_its_capital_at_most() {
    check(
        "with strategy-capital-use-max-bps 5000
         strategy 1: buy 5 limit 100; buy 1 limit 100
         strategy 2: sell 6 limit 100; sell 5 limit 100
         0s quote 100 5 100 5
         with strategy-capital-use-max-bps off
         1s config
         strategy 1: buy 50 limit 100
         2s quote 100 5 100 6",
        expect![[r#"
            0s
              1/2 denied D-STRATEGY-CAPITAL limit 500 value 600 allowed 0
              2/1 denied D-STRATEGY-CAPITAL limit 500 value 600 allowed 500
              anomaly A-CROSS 1
              1/1 sent buy 5 limit @100 gtc on 1
              2/2 sent sell 5 limit @100 gtc on 1
            1s
            2s
              s1 outcome 2: denied-exposure
              s2 outcome 1: denied-exposure
              anomaly A-CROSS 2
              1/3 sent buy 50 limit @100 gtc on 1
        "#]],
    );
}

#[test]
fn velocity_counts_a_sliding_window_of_orders_and_amends_and_never_cancels() {
    check(
        "with velocity 3 1000000000
         strategy 1: buy 1 limit 90; buy 1 limit 91
         strategy 2: buy 1 limit 92
         0s quote 100 5 101 5
         0s accept 1/1
         strategy 1: amend 1 price 89; buy 1 limit 90; cancel 2
         0s+500000000 quote 100 5 101 6
         # One ns before the first two leave the window, and when they do.
         strategy 1: buy 1 limit 90
         0s+999999999 quote 100 5 101 7
         strategy 1: buy 1 limit 90; buy 1 limit 91; buy 1 limit 92
         1s quote 100 5 101 8
         with velocity off
         2s config
         strategy 1: 4x buy 1 limit 93
         3s quote 100 5 101 9",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
              1/2 sent buy 1 limit @91 gtc on 1
              2/1 sent buy 1 limit @92 gtc on 1
            0s
            0s+500000000
              1/4 denied D-VELOCITY limit 3 value 4 allowed 0
              1/3 sent amend of 1/1 to 1 @89 on 1
            0s+999999999
              s1 outcome 4: denied-velocity
              1/6 denied D-VELOCITY limit 3 value 4 allowed 0
            1s
              s1 outcome 6: denied-velocity
              1/9 denied D-VELOCITY limit 3 value 4 allowed 0
              1/7 sent buy 1 limit @90 gtc on 1
              1/8 sent buy 1 limit @91 gtc on 1
            2s
            3s
              s1 outcome 9: denied-velocity
              1/10 sent buy 1 limit @93 gtc on 1
              1/11 sent buy 1 limit @93 gtc on 1
              1/12 sent buy 1 limit @93 gtc on 1
              1/13 sent buy 1 limit @93 gtc on 1
        "#]],
    );
}

#[test]
fn messages_for_each_fill_are_limited_and_cancels_count_but_pass() {
    check(
        "with order-to-trade 2 1
         # Two for the fill that may come, one free.
         strategy 1: buy 1 limit 100; buy 2 limit 100; cancel 1; cancel 2; buy 3 limit 100
         0s quote 100 5 101 5
         1s fill 1/2 1 @100
         strategy 1: buy 3 limit 100
         2s quote 100 5 101 6
         3s fill 1/2 1 @100
         strategy 1: buy 4 limit 100; buy 5 limit 100
         4s quote 100 5 101 7
         with order-to-trade off
         5s config
         strategy 1: 5x buy 1 limit 93
         6s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 withdrawn by 1/3
              1/3 withdrawn by 1/1
              1/2 withdrawn by 1/4
              1/4 withdrawn by 1/2
              1/5 denied D-ORDER-TO-TRADE limit 3 value 5 allowed 0
            1s
              s1 outcome 1: withdrawn
              s1 outcome 3: withdrawn
              s1 outcome 2: withdrawn
              s1 outcome 4: withdrawn
              s1 outcome 5: denied-velocity
              anomaly A-LATE-FILL 1
            2s
              1/6 denied D-ORDER-TO-TRADE limit 3 value 5 allowed 0
            3s
              s1 outcome 6: denied-velocity
              anomaly A-LATE-FILL 1
            4s
              1/8 denied D-ORDER-TO-TRADE limit 5 value 6 allowed 0
              1/7 sent buy 4 limit @100 gtc on 1
            5s
            6s
              s1 outcome 8: denied-velocity
              1/9 sent buy 1 limit @93 gtc on 1
              1/10 sent buy 1 limit @93 gtc on 1
              1/11 sent buy 1 limit @93 gtc on 1
              1/12 sent buy 1 limit @93 gtc on 1
              1/13 sent buy 1 limit @93 gtc on 1
        "#]],
    );
}

#[test]
fn the_same_terms_within_the_window_are_a_duplicate() {
    check(
        "with duplicate-window 1000000000
         strategy 1: buy 1 limit 90; buy 1 limit 90; buy 1 limit 91; buy 2 limit 90; sell 1 limit 90
         strategy 2: buy 1 limit 90
         0s quote 100 5 101 5
         strategy 1: buy 1 limit 90
         0s+999999999 quote 100 5 101 6
         strategy 1: buy 1 limit 90
         1s quote 100 5 101 7
         with duplicate-window off
         2s config
         strategy 1: 2x buy 1 limit 90
         3s quote 100 5 101 8",
        expect![[r#"
            0s
              1/2 denied D-DUPLICATE limit 1000000000 value 0 allowed 0
              anomaly A-CROSS 1
              1/1 sent buy 1 limit @90 gtc on 1
              1/3 sent buy 1 limit @91 gtc on 1
              1/4 sent buy 2 limit @90 gtc on 1
              1/5 sent sell 1 limit @90 gtc on 1
              2/1 sent buy 1 limit @90 gtc on 1
            0s+999999999
              s1 outcome 2: denied-duplicate
              1/6 denied D-DUPLICATE limit 1000000000 value 999999999 allowed 0
            1s
              s1 outcome 6: denied-duplicate
              1/7 sent buy 1 limit @90 gtc on 1
            2s
            3s
              1/8 sent buy 1 limit @90 gtc on 1
              1/9 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn no_order_meets_another_of_its_account_whoevers_it_is() {
    check(
        "with deny self-trade
         strategy 1: buy 1 limit 100; sell 1 limit 101
         0s quote 100 5 101 5
         # Own orders and those of strategy 2 count; account 2 is somebody else.
         strategy 1: sell 1 limit 100; buy 1 limit 101; buy 1 market
         strategy 2: sell 1 limit 100; sell 1 limit 102; buy 1 limit 99
         strategy 3: sell 1 limit 100
         1s quote 100 5 101 6
         2s accept 1/1
         2s accept 1/2
         # An amend counts as the order it asks for, and does not meet itself.
         strategy 1: amend 1 price 101; amend 2 price 102; amend 1 price 99
         3s quote 100 5 101 7
         with no self-trade
         4s config
         strategy 1: sell 1 limit 99
         5s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @100 gtc on 1
              1/2 sent sell 1 limit @101 gtc on 1
            1s
              2/1 denied D-SELF-TRADE limit 100 value 100 allowed 101
              1/3 denied D-SELF-TRADE limit 100 value 100 allowed 101
              1/4 denied D-SELF-TRADE limit 101 value 101 allowed 100
              1/5 denied D-SELF-TRADE limit 101 value 101 allowed 100
              2/2 sent sell 1 limit @102 gtc on 1
              2/3 sent buy 1 limit @99 gtc on 1
              3/1 sent sell 1 limit @100 gtc on 2
            2s
              s1 outcome 3: denied-duplicate
              s1 outcome 4: denied-duplicate
              s1 outcome 5: denied-duplicate
            2s
            3s
              s2 outcome 1: denied-duplicate
              1/6 denied D-SELF-TRADE limit 101 value 101 allowed 100
              1/7 sent amend of 1/2 to 1 @102 on 1
              1/8 sent amend of 1/1 to 1 @99 on 1
            4s
            5s
              s1 outcome 6: denied-duplicate
              anomaly A-CROSS 2
              1/9 sent sell 1 limit @99 gtc on 1
        "#]],
    );
}

#[test]
fn a_queued_order_is_met_as_well() {
    check(
        "with deny self-trade
         0s quote 100 5 101 5
         1s venue-down
         strategy 1: buy 1 limit 100
         strategy 2: sell 1 limit 100; sell 1 limit 101
         2s quote 100 5 101 6
         show queue",
        expect![[r#"
            0s
            1s
            2s
              2/1 denied D-SELF-TRADE limit 100 value 100 allowed 101
              queue: 1/1 2/2
        "#]],
    );
}

#[test]
fn no_leg_of_another_account_offsets_its_other_legs() {
    check(
        "with position-instrument-max 20
         strategy 3: sell 1 market
         0s quote 100 5 101 5
         0s fill 3/1 1 @100
         strategy 3: buy 6 limit 90 long
         1s quote 100 5 101 6
         strategy 1: buy 15 limit 90; buy 14 limit 90
         2s quote 100 5 101 7",
        expect![[r#"
            0s
              3/1 sent sell 1 market gtc on 2
            0s
            1s
              3/2 sent buy 6 limit @90 gtc long on 2
            2s
              1/1 denied D-POSITION-INSTRUMENT limit 20 value 21 allowed 14
              1/2 sent buy 14 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn velocity_counts_every_strategy_up_to_the_last_and_nothing_from_before_it_was_switched_on() {
    check(
        "strategy 3: buy 1 limit 90
         0s quote 100 5 101 5
         with velocity 1 1000000000000
         1s config
         strategy 3: buy 1 limit 90; buy 1 limit 90
         2s quote 100 5 101 6",
        expect![[r#"
            0s
              3/1 sent buy 1 limit @90 gtc on 2
            1s
            2s
              3/3 denied D-VELOCITY limit 1 value 2 allowed 0
              3/2 sent buy 1 limit @90 gtc on 2
        "#]],
    );
}
