//! Closing: what the host closes by itself, and what the host halts by itself. Neither is ended or denied by the wrong thing.

use alloc::format;

use expect_test::expect;

use crate::tests::check;

/// Strategy 1 is 5 short; somebody else, in the same account, is 25 long.
const BESIDE_ANOTHER: &str = "strategy 1: sell 5 market
         0s quote 100 50 101 50
         0s fill 1/1 5 @100
         0s fill 0/7 25 @100 on 1";

#[test]
fn no_limit_of_sums_keeps_open_what_the_host_closes() {
    check(
        &format!(
            "with position-strategy-max 5
             with position-account-max 20
             with position-instrument-max 20
             with exposure-gross-max 2000
             with exposure-net-max 2000
             with exposure-asset-max 2000
             with order-qty-max 5
             with strategy-loss-max 1
             with drawdown-session-max 1
             with loss-day-max 1
             {BESIDE_ANOTHER}
             with order-qty-max 4
             1s config
             # What the strategy wants itself is judged as ever.
             strategy 1: buy 4 market
             2s quote 100 50 101 51
             3s kill L4
             3s fill 1/h1 5 @101
             show position 1
             show position 0
             show wake"
        ),
        expect![[r#"
            0s
              1/1 sent sell 5 market gtc on 1
            0s
            0s
              anomaly A-UNKNOWN-ORDER 25
            1s
            2s
              1/2 denied D-POSITION-ACCOUNT limit 20 value 24 allowed 0
            3s
              1/h1 sent buy 5 market ioc on 1
            3s
              s1 outcome 2: denied-position
              position 1: qty 0 cost 0 realised -5 fees 0 reserved 0/0
              position 0: qty 25 cost 2500 realised 0 fees 0 reserved 0/0
              wake: never
        "#]],
    );
}

#[test]
fn what_two_strategies_hold_against_each_other_is_closed_by_orders_that_a_venue_takes() {
    check(
        "strategy 1: buy 10 market
         strategy 2: sell 10 market
         0s quote 100 50 101 50
         0s fill 1/1 10 @101
         0s fill 2/1 10 @100
         # The account holds nothing: no order of it can only reduce.
         1s kill L4
         1s fill 1/h1 10 @100
         1s fill 2/h1 10 @101
         show position 1
         show position 2
         show account 1
         show wake",
        expect![[r#"
            0s
              anomaly A-CROSS 1
              1/1 sent buy 10 market gtc on 1
              2/1 sent sell 10 market gtc on 1
            0s
            0s
            1s
              anomaly A-CROSS 1
              1/h1 sent sell 10 market ioc on 1
              2/h1 sent buy 10 market ioc on 1
            1s
            1s
              position 1: qty 0 cost 0 realised -10 fees 0 reserved 0/0
              position 2: qty 0 cost 0 realised -10 fees 0 reserved 0/0
              account 1: qty 0 cost 0 realised -20 fees 0 reserved 0/0
              wake: never
        "#]],
    );
}

#[test]
fn as_much_as_the_account_holds_is_closed_reduce_only() {
    check(
        "strategy 1: buy 10 market
         strategy 2: sell 4 market
         0s quote 100 50 101 50
         0s fill 1/1 10 @101
         0s fill 2/1 4 @100
         1s flatten-requested 2
         1s fill 2/h1 4 @101
         2s flatten-requested 1",
        expect![[r#"
            0s
              anomaly A-CROSS 1
              1/1 sent buy 10 market gtc on 1
              2/1 sent sell 4 market gtc on 1
            0s
            0s
            1s
              2/h1 sent buy 4 market ioc on 1
            1s
            2s
              1/h1 sent sell 10 market ioc reduce-only on 1
        "#]],
    );
}

#[test]
fn a_closing_order_is_never_larger_than_what_its_strategy_has_to_close() {
    check(
        &format!(
            "{BESIDE_ANOTHER}
             strategy 1: buy 3 limit 90
             1s quote 100 50 101 51
             2s flatten-requested 1"
        ),
        expect![[r#"
            0s
              1/1 sent sell 5 market gtc on 1
            0s
            0s
              anomaly A-UNKNOWN-ORDER 25
            1s
              1/2 sent buy 3 limit @90 gtc on 1
            2s
              1/h1.1 sent buy 2 market ioc on 1
        "#]],
    );
}

#[test]
fn what_the_host_closes_waits_for_trading_and_for_its_venue_without_spending_a_round() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         1s disable
         1s venue-down
         1s kill L4
         2s time
         4s time
         300s time
         600s venue-up
         show wake
         900s enable
         900s fill 1/h1 10 @100
         show position 1
         show wake",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
            1s
            1s
            2s
            4s
            300s
            600s
              wake: never
            900s
              1/h1 sent sell 10 market ioc reduce-only on 1
            900s
              position 1: qty 0 cost 0 realised -10 fees 0 reserved 0/0
              wake: never
        "#]],
    );
}

#[test]
fn an_instrument_that_the_host_halted_stays_halted_until_that_is_lifted() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 12 @101
         # Every comparison states what the venue thinks of it.
         1s status trading
         strategy 1: buy 1 limit 90
         2s quote 100 5 101 6
         2s enable
         strategy 1: buy 1 limit 90
         3s quote 100 5 101 7
         4s lift
         strategy 1: buy 1 limit 90
         5s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
              anomaly A-OVERFILL 2
            1s
            2s
              1/2 denied D-INSTRUMENT-HALTED limit 0 value 3 allowed 0
            2s
              s1 outcome 2: denied-instrument-status
            3s
              1/3 denied D-INSTRUMENT-HALTED limit 0 value 3 allowed 0
            4s
              s1 outcome 3: denied-instrument-status
            5s
              1/4 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn an_operator_halts_one_instrument_and_closes_it_all_the_same() {
    check(
        "strategy 1: buy 10 market; buy 1 limit 90
         0s quote 100 5 101 5
         0s B quote 10000 50 10010 50
         0s fill 1/1 10 @101
         0s accept 1/2
         1s hold
         strategy 1: buy 1 limit 90; B buy 20 limit 10000; cancel 2
         2s quote 100 5 101 6
         3s kill L4
         # The venue's own halt is another thing.
         3s reject 1/h1.1
         3s status halted
         4s time
         5s D hold",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
              1/2 sent buy 1 limit @90 gtc on 1
            0s
            0s
            0s
            1s
            2s
              1/3 denied D-INSTRUMENT-HALTED limit 0 value 3 allowed 0
              1/5 sent cancel of 1/2 on 1
              1/4 sent buy 20 limit @10000 gtc on 1
            3s
              1/h1.1 sent sell 10 market ioc reduce-only on 1
            3s
              s1 outcome 3: denied-instrument-status
            3s
            4s
              1/h1.2 denied D-INSTRUMENT-HALTED limit 0 value 3 allowed 0
            5s
              anomaly A-UNKNOWN-REFERENCE 4
              1/h1.3 denied D-INSTRUMENT-HALTED limit 0 value 3 allowed 0
        "#]],
    );
}

/// A strategy that has used up its pace, at a venue that has not stated its leverage, is closed in two equal parts at once.
#[test]
fn no_limit_of_pace_and_no_setting_keeps_open_what_the_host_closes() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 50 101 50
         0s fill 1/1 10 @101
         with velocity 1 1000000000000
         with open-orders-max 1
         with duplicate-window 1000000000000
         with order-qty-max 5
         1s config
         strategy 1: buy 1 limit 90; buy 1 limit 91
         2s quote 100 50 101 51
         3s kill L4",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
            2s
              1/3 denied D-OPEN-ORDERS limit 1 value 2 allowed 0
              1/2 sent buy 1 limit @90 gtc on 1
            3s
              1/h1.1 sent sell 10 market ioc reduce-only on 1
        "#]],
    );
}

#[test]
fn a_strategy_that_is_stopped_alone_is_closed_by_l4() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 50 101 50
         0s fill 1/1 10 @101
         1s kill L1 1
         2s kill L4",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
            2s
              1/h1 sent sell 10 market ioc reduce-only on 1
        "#]],
    );
}

/// What waits for trading to be closed is closed no more once the switch is released.
#[test]
fn a_released_switch_closes_nothing_later() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 50 101 50
         0s fill 1/1 10 @101
         1s disable
         2s kill L4
         3s kill off
         4s enable
         5s quote 100 50 101 52
         show wake",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
            2s
            3s
            4s
            5s
              wake: never
        "#]],
    );
}

/// What the host closes is the host's: its strategy cancels, amends and flattens its own orders alone.
#[test]
fn no_cancel_of_a_strategy_touches_what_the_host_closes() {
    check(
        "strategy 1: buy 10 market; B buy 20 limit 10000
         0s quote 100 50 101 50
         0s B quote 10000 50 10010 50
         0s fill 1/1 10 @101
         0s B accept 1/2
         1s flatten-requested 1
         1s accept 1/h1.1
         1s B cancel-reject 1/2
         strategy 1: cancel h1; amend h1 qty 5; cancel-all
         2s quote 100 50 101 51
         strategy 1: flatten
         3s quote 100 50 101 52
         4s fill 1/h1.1 10 @100
         4s B canceled 1/2
         show orders
         show position 1
         show wake",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
              1/2 sent buy 20 limit @10000 gtc on 1
            0s
            0s
            0s
            1s
              1/h1 sent cancel of 1/2 on 1
              1/h1.1 sent sell 10 market ioc reduce-only on 1
            1s
            1s
            2s
              1/3 malformed M-ORDER value 17592186044417 limit 0
              1/4 malformed M-ORDER value 17592186044417 limit 0
              1/5 sent cancel of 1/2 on 1
            3s
              s1 outcome 3: malformed
              s1 outcome 4: malformed
            4s
            4s
              1/1 FILLED 10/10 @0 reserved 0
              1/2 CANCELED 0/20 @10000 reserved 0
              1/h1.1 FILLED 10/10 @0 reserved 0
              position 1: qty 0 cost 0 realised -10 fees 0 reserved 0/0
              wake: never
        "#]],
    );
}

/// A pace of one request a second keeps the host's order here for a while.
#[test]
fn a_cancel_all_leaves_in_the_queue_what_the_host_closes() {
    check(
        "with pacing venue 1 1 1 1 1 1 0
         strategy 1: buy 10 market
         0s quote 100 50 101 50
         0s fill 1/1 10 @101
         0s flatten-requested 1
         show queue
         strategy 1: cancel-all
         0s+500000000 quote 100 50 101 51
         show queue
         1s time",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            0s
              queue: 1/h1
            0s+500000000
              queue: 1/h1
            1s
              1/h1 sent sell 10 market ioc reduce-only on 1
        "#]],
    );
}
