//! Schedules: which orders does one make, when, how large, and what ends it?

use expect_test::expect;

use crate::tests::check;
use crate::tests::script::run;

#[test]
fn equal_slices_sum_up_to_the_whole_and_each_carries_what_the_one_before_did_not_fill() {
    check(
        "strategy 1: schedule buy 10 limit 101 even 3 to 30s
         0s quote 100 5 101 5
         show wake
         show position 1
         1s accept 1/1.1
         1s fill 1/1.1 1 @101
         show schedules
         show position 1
         10s time
         10s canceled 1/1.1
         11s fill 1/1.3 5 @101
         show position 1
         20s time
         21s fill 1/1.4 4 @101
         22s quote 100 5 101 6
         show position 1
         show wake",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 30s+0
              1/1.1 sent buy 3 limit @101 gtc on 1
              wake: 10s+0
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 10/0
            1s
            1s
              1/1 filled 1/10 reserved 7 1/1.1
              position 1: qty 1 cost 101 realised 0 fees 0 reserved 9/0
            10s
              1/1.2 sent cancel of 1/1.1 on 1
            10s
              1/1.3 sent buy 5 limit @101 gtc on 1
            11s
              position 1: qty 6 cost 606 realised 0 fees 0 reserved 4/0
            20s
              1/1.4 sent buy 4 limit @101 gtc on 1
            21s
              1/1 ended filled filled 10 left 0
            22s
              s1 outcome 1: ended
              position 1: qty 10 cost 1010 realised 0 fees 0 reserved 0/0
              wake: never
        "#]],
    );
}

#[test]
fn what_is_bounded_by_slippage_is_sent_as_it_is_and_what_it_leaves_is_carried() {
    check(
        "0s quote 1000 5 1010 5
         strategy 1: schedule sell 9 slippage 100 even 3 to 3s
         1s quote 1000 5 1010 6
         1s fill 1/1.1 1 @1000
         1s canceled 1/1.1
         show schedules
         show wake
         # One second and two thirds: the second slice asks for what the first left, too.
         1s+666666666 time
         1s+666666666 fill 1/1.2 5 @1000
         2s time
         2s+400000000 time
         2s+400000000 fill 1/1.3 3 @1000
         show position 1",
        expect![[r#"
            0s
            1s
              1/1 scheduled 9 from 1s+0 to 3s+0
              1/1.1 normalised sell 3 limit @990 ioc from 1000
              1/1.1 sent sell 3 limit @990 ioc on 1
            1s
            1s
              1/1 filled 1/9 reserved 8 no order
              wake: 1s+666666666
            1s+666666666
              1/1.2 normalised sell 5 limit @990 ioc from 1000
              1/1.2 sent sell 5 limit @990 ioc on 1
            1s+666666666
            2s
            2s+400000000
              1/1.3 normalised sell 3 limit @990 ioc from 1000
              1/1.3 sent sell 3 limit @990 ioc on 1
            2s+400000000
              1/1 ended filled filled 9 left 0
              position 1: qty -9 cost -9000 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn a_profile_spreads_by_weight_and_a_slice_without_weight_sends_nothing() {
    check(
        "strategy 1: schedule buy 100 limit 101 profile 5,0,3,2 to 40s
         0s quote 100 5 101 5
         0s fill 1/1.1 50 @101
         10s time
         show schedules
         20s time
         20s fill 1/1.2 30 @101
         30s time
         30s fill 1/1.3 20 @101
         show position 1",
        expect![[r#"
            0s
              1/1 scheduled 100 from 0s+0 to 40s+0
              1/1.1 sent buy 50 limit @101 gtc on 1
            0s
            10s
              1/1 filled 50/100 reserved 50 no order
            20s
              1/1.2 sent buy 30 limit @101 gtc on 1
            20s
            30s
              1/1.3 sent buy 20 limit @101 gtc on 1
            30s
              1/1 ended filled filled 100 left 0
              position 1: qty 100 cost 10100 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn a_part_of_the_volume_follows_trades_and_never_more_than_its_part_in_an_interval() {
    check(
        "strategy 1: schedule buy 100 limit 101 volume 4 1000 to 40s
         0s quote 100 5 101 5
         1s trade 100 50
         2s trade 101 79
         10s time
         show schedules
         # What was not filled is not made up for in the next interval.
         11s trade 101 40
         20s time
         20s canceled 1/1.1
         20s fill 1/1.3 4 @101
         21s trade 101 2000
         30s time
         31s fill 1/1.4 96 @101
         31s time",
        expect![[r#"
            0s
              1/1 scheduled 100 from 0s+0 to 40s+0
            1s
            2s
            10s
              1/1.1 sent buy 12 limit @101 gtc on 1
              1/1 filled 0/100 reserved 88 1/1.1
            11s
            20s
            20s
              1/1.2 withdrawn by 1/1.1
              1/1.3 sent buy 4 limit @101 gtc on 1
            20s
            21s
            30s
              1/1.4 sent buy 96 limit @101 gtc on 1
            31s
              1/1 ended filled filled 100 left 0
            31s
        "#]],
    );
}

#[test]
fn volume_comes_from_bars_of_one_interval_where_no_trade_is_seen() {
    check(
        "strategy 1: schedule buy 100 limit 101 volume 4 1000 to 40s
         0s quote 100 5 101 5
         5s bar 100 101 100 101 200 every 5000000000
         5s bar 100 101 100 101 900 every 60000000000
         10s time
         10s fill 1/1.1 20 @101
         15s bar 100 101 100 101 100 every 5000000000
         16s trade 101 70
         20s time",
        expect![[r#"
            0s
              1/1 scheduled 100 from 0s+0 to 40s+0
            5s
            5s
            10s
              1/1.1 sent buy 20 limit @101 gtc on 1
            10s
            15s
            16s
            20s
              1/1.2 sent buy 7 limit @101 gtc on 1
        "#]],
    );
}

#[test]
fn parts_are_on_the_lot_and_never_too_small_to_send() {
    check(
        "0s B quote 10000 50 10010 50
         # Lots of 10, at least 20 an order: thirds of 100 are 30, 60 and the rest.
         strategy 1: B schedule buy 100 limit 10010 even 3 to 31s
         1s B quote 10000 50 10010 51
         1s B fill 1/1.1 30 @10010
         11s time
         11s B fill 1/1.2 30 @10010
         21s time
         21s B fill 1/1.3 40 @10010
         # Sixths of 50 are below 20 an order: they come together, and no rest below 20 stays.
         strategy 1: B schedule buy 50 limit 10010 even 6 to 91s
         31s B quote 10000 50 10010 52
         41s time
         51s time
         51s B fill 1/2.1 20 @10010
         61s time
         71s time
         81s time
         81s B fill 1/2.2 30 @10010",
        expect![[r#"
            0s
            1s
              1/1 scheduled 100 from 1s+0 to 31s+0
              1/1.1 sent buy 30 limit @10010 gtc on 1
            1s
            11s
              1/1.2 sent buy 30 limit @10010 gtc on 1
            11s
            21s
              1/1.3 sent buy 40 limit @10010 gtc on 1
            21s
              1/1 ended filled filled 100 left 0
            31s
              s1 outcome 1: ended
              1/2 scheduled 50 from 31s+0 to 91s+0
            41s
            51s
              1/2.1 sent buy 20 limit @10010 gtc on 1
            51s
            61s
            71s
            81s
              1/2.2 sent buy 30 limit @10010 gtc on 1
            81s
              1/2 ended filled filled 50 left 0
        "#]],
    );
}

#[test]
fn a_slice_above_the_largest_order_is_sent_in_orders_one_after_the_other() {
    check(
        "with qty-max A 10
         strategy 1: schedule buy 25 limit 101 even 1 to 10s
         0s quote 100 5 101 5
         0s fill 1/1.1 10 @101
         0s fill 1/1.2 10 @101
         0s fill 1/1.3 5 @101",
        expect![[r#"
            0s
              1/1 scheduled 25 from 0s+0 to 10s+0
              1/1.1 sent buy 10 limit @101 gtc on 1
            0s
              1/1.2 sent buy 10 limit @101 gtc on 1
            0s
              1/1.3 sent buy 5 limit @101 gtc on 1
            0s
              1/1 ended filled filled 25 left 0
        "#]],
    );
}

#[test]
fn what_is_not_well_formed_is_malformed() {
    check(
        "0s quote 100 5 101 5
         strategy 1: schedule buy 10 limit 101 even 0 to 30s; schedule buy 10 limit 101 even 1001 to 30s
         strategy 2: schedule buy 10 limit 101 even 4 to 0s; schedule buy 10 limit 101 even 4 to 1s+3999999
         strategy 3: schedule buy 10 limit 101 profile 0,0 to 30s; schedule buy 10 limit 101 profile none to 30s
         1s quote 100 5 101 6
         strategy 1: schedule buy 10 limit 101 volume 3 0 to 30s; schedule buy 10 limit 101 volume 3 10001 to 30s
         strategy 2: schedule buy 10 slippage 5001 even 1 to 30s; schedule buy 10 slippage 10 post-only even 1 to 30s
         strategy 3: D schedule buy 10 limit 101 even 1 to 30s; B schedule buy 20 limit 10001 even 1 to 30s
         2s quote 100 5 101 7
         strategy 1: B schedule buy 10 limit 10000 even 1 to 30s; B schedule buy 25 limit 10000 even 1 to 30s
         strategy 2: C schedule buy 10 slippage 10 even 1 to 30s; schedule buy max limit max even 1 to 30s
         3s quote 100 5 101 8
         strategy 1: schedule buy 10 limit 101 even 4 to 3s+4000000
         3s quote 100 5 101 9",
        expect![[r#"
            0s
            1s
              2/1 malformed M-SCHEDULE value 0 limit 1000000
              2/2 malformed M-SCHEDULE value 999999 limit 1000000
              3/1 malformed M-SCHEDULE value 2 limit 96
              3/2 malformed M-SCHEDULE value 0 limit 96
              1/1 malformed M-SCHEDULE value 0 limit 1000
              1/2 malformed M-SCHEDULE value 1001 limit 1000
            2s
              s1 outcome 1: malformed
              s1 outcome 2: malformed
              s2 outcome 1: malformed
              s2 outcome 2: malformed
              s3 outcome 1: malformed
              s3 outcome 2: malformed
              3/3 malformed M-INSTRUMENT value 4 limit 0
              3/4 malformed M-TICK value 10001 limit 5
              1/3 malformed M-SCHEDULE value 0 limit 10000
              1/4 malformed M-SCHEDULE value 10001 limit 10000
              2/3 malformed M-SLIPPAGE value 5001 limit 5000
              2/4 malformed M-POST-ONLY value 2 limit 0
            3s
              s1 outcome 3: malformed
              s1 outcome 4: malformed
              s2 outcome 3: malformed
              s2 outcome 4: malformed
              s3 outcome 3: malformed
              s3 outcome 4: malformed
              1/5 malformed M-QTY-MIN value 10 limit 20
              1/6 malformed M-LOT value 25 limit 10
              2/5 malformed M-REFERENCE value 3 limit 0
              2/6 scheduled 9223372036854775807 from 3s+0 to 30s+0
              2/6.1 sent buy 1000000 limit @9223372036854775807 gtc on 1
            3s
              s1 outcome 5: malformed
              s1 outcome 6: malformed
              s2 outcome 5: malformed
              1/7 scheduled 10 from 3s+0 to 3s+4000000
              1/7.1 sent buy 2 limit @101 gtc on 1
        "#]],
    );
}

#[test]
fn the_whole_is_reserved_from_the_start_and_denied_where_it_does_not_fit() {
    check(
        "with position-strategy-max 100
         strategy 1: schedule buy 101 limit 101 even 4 to 40s; schedule buy 100 limit 101 even 4 to 40s; buy 1 limit 90
         0s quote 100 5 101 5
         show position 1
         1s fill 1/2.1 25 @101
         show position 1
         strategy 1: cancel 2; buy 75 limit 90; buy 1 limit 90
         2s quote 100 5 101 6
         show position 1
         show schedules",
        expect![[r#"
            0s
              1/1 denied D-POSITION-STRATEGY limit 100 value 101 allowed 100
              1/2 scheduled 100 from 0s+0 to 40s+0
              1/3 denied D-POSITION-STRATEGY limit 100 value 101 allowed 0
              1/2.1 sent buy 25 limit @101 gtc on 1
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 100/0
            1s
              s1 outcome 1: denied-position
              s1 outcome 3: denied-position
              position 1: qty 25 cost 2525 realised 0 fees 0 reserved 75/0
            2s
              1/6 denied D-POSITION-STRATEGY limit 100 value 101 allowed 0
              1/2 ended canceled filled 25 left 75
              1/5 sent buy 75 limit @90 gtc on 1
              position 1: qty 25 cost 2525 realised 0 fees 0 reserved 75/0
              no schedules
        "#]],
    );
}

#[test]
fn rules_about_one_order_are_asked_of_each_order() {
    check(
        "with order-qty-max 30
         with open-orders-max 1
         strategy 1: schedule buy 100 limit 101 even 4 to 40s; schedule buy 100 limit 101 even 2 to 40s
         0s quote 100 5 101 5
         0s fill 1/1.1 25 @101
         10s time
         20s time
         show schedules",
        expect![[r#"
            0s
              1/1 scheduled 100 from 0s+0 to 40s+0
              1/2 scheduled 100 from 0s+0 to 40s+0
              1/2.1 denied D-ORDER-QTY-MAX limit 30 value 50 allowed 30
              1/1.1 sent buy 25 limit @101 gtc on 1
            0s
              s1 outcome 2: denied-quantity
            10s
              1/1.2 sent buy 25 limit @101 gtc on 1
            20s
              1/2.2 denied D-ORDER-QTY-MAX limit 30 value 100 allowed 30
              1/1 filled 25/100 reserved 50 1/1.2
              1/2 filled 0/100 reserved 100 no order
        "#]],
    );
}

#[test]
fn a_denial_is_told_once_and_tried_again_with_the_next_slice() {
    check(
        "strategy 1: schedule buy 8 limit 101 even 4 to 40s
         0s quote 100 5 101 5
         0s fill 1/1.1 2 @101
         1s disable
         10s time
         11s quote 100 5 101 6
         20s time
         21s quote 100 5 101 7
         22s enable
         30s time
         31s fill 1/1.4 6 @101
         31s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 scheduled 8 from 0s+0 to 40s+0
              1/1.1 sent buy 2 limit @101 gtc on 1
            0s
            1s
            10s
              1/1.2 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            11s
              s1 outcome 1: denied-trading-disabled
            20s
              1/1.3 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            21s
            22s
            30s
              1/1.4 sent buy 6 limit @101 gtc on 1
            31s
              1/1 ended filled filled 8 left 0
            31s
              s1 outcome 1: ended
        "#]],
    );
}

#[test]
fn the_time_ends_it_and_its_order_is_canceled() {
    check(
        "strategy 1: schedule buy 10 limit 99 even 2 to 20s
         0s quote 100 5 101 5
         1s accept 1/1.1
         10s time
         10s canceled 1/1.1
         10s accept 1/1.3
         show position 1
         20s time
         show position 1
         show schedules
         20s canceled 1/1.3
         21s quote 100 5 101 6
         show position 1
         show wake",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 20s+0
              1/1.1 sent buy 5 limit @99 gtc on 1
            1s
            10s
              1/1.2 sent cancel of 1/1.1 on 1
            10s
              1/1.3 sent buy 10 limit @99 gtc on 1
            10s
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 10/0
            20s
              1/1.4 sent cancel of 1/1.3 on 1
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 10/0
              1/1 filled 0/10 reserved 0 1/1.3
            20s
              1/1 ended time filled 0 left 10
            21s
              s1 outcome 1: ended
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 0/0
              wake: never
        "#]],
    );
}

#[test]
fn a_cancel_of_its_intent_ends_it_between_two_slices_too() {
    check(
        "strategy 1: schedule buy 10 limit 101 even 2 to 20s; schedule buy 10 limit 101 even 2 to 20s
         0s quote 100 5 101 5
         0s fill 1/1.1 5 @101
         0s accept 1/2.1
         strategy 1: cancel 1; cancel 2; cancel 3; amend 2 price 100
         1s quote 100 5 101 6
         1s canceled 1/2.1
         2s quote 100 5 101 7
         show schedules
         show position 1",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 20s+0
              1/2 scheduled 10 from 0s+0 to 20s+0
              1/1.1 sent buy 5 limit @101 gtc on 1
              1/2.1 sent buy 5 limit @101 gtc on 1
            0s
            0s
            1s
              1/5 malformed M-ORDER value 3 limit 0
              1/6 malformed M-ORDER value 2 limit 0
              1/1 ended canceled filled 5 left 5
              1/4 sent cancel of 1/2.1 on 1
            1s
              s1 outcome 5: malformed
              s1 outcome 6: malformed
              s1 outcome 1: ended
              1/2 ended canceled filled 0 left 10
            2s
              s1 outcome 2: ended
              no schedules
              position 1: qty 5 cost 505 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn cancel_all_and_flatten_end_those_of_their_instrument() {
    check(
        "0s C quote 100 5 101 5
         strategy 1: schedule buy 10 limit 101 even 2 to 20s; C schedule buy 10 limit 101 even 2 to 20s
         strategy 2: schedule buy 10 limit 101 even 2 to 20s
         0s quote 100 5 101 5
         0s fill 1/1.1 5 @101
         0s C accept 1/2.1
         strategy 1: cancel-all A
         1s quote 100 5 101 6
         strategy 1: flatten
         2s quote 100 5 101 7
         2s C canceled 1/2.1
         2s fill 1/4.1 5 @100
         show schedules
         show position 1",
        expect![[r#"
            0s
            0s
              2/1 scheduled 10 from 0s+0 to 20s+0
              1/1 scheduled 10 from 0s+0 to 20s+0
              1/2 scheduled 10 from 0s+0 to 20s+0
              2/1.1 sent buy 5 limit @101 gtc on 1
              1/1.1 sent buy 5 limit @101 gtc on 1
              1/2.1 sent buy 5 limit @101 gtc on 1
            0s
            0s
            1s
              1/1 ended canceled filled 5 left 5
            2s
              s1 outcome 1: ended
              anomaly A-CROSS 2
              1/4 sent cancel of 1/2.1 on 1
              1/4.1 sent sell 5 market ioc reduce-only on 1
            2s
              1/2 ended canceled filled 0 left 10
            2s
              s1 outcome 2: ended
              2/1 filled 0/10 reserved 5 2/1.1
              position 1: qty 0 cost 0 realised -5 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn an_operator_ends_a_schedule_that_has_nothing_out() {
    check(
        "strategy 1: schedule buy 10 limit 101 even 2 from 10s to 20s
         0s quote 100 5 101 5
         show wake
         1s flatten-requested 1
         show schedules
         show position 1",
        expect![[r#"
            0s
              1/1 scheduled 10 from 10s+0 to 20s+0
              wake: 10s+0
            1s
              1/1 ended canceled filled 0 left 10
              no schedules
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn the_kill_switch_ends_schedules_at_once_and_its_level_says_what_becomes_of_their_orders() {
    check(
        "strategy 1: schedule buy 10 limit 99 even 2 to 20s
         strategy 2: schedule buy 10 limit 99 even 2 to 20s
         0s quote 100 5 101 5
         0s accept 1/1.1
         0s accept 2/1.1
         1s kill L1 1
         show schedules
         show orders
         2s kill L3
         show schedules
         strategy 1: schedule buy 10 limit 99 even 2 to 20s
         3s quote 100 5 101 6
         show position 1",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 20s+0
              2/1 scheduled 10 from 0s+0 to 20s+0
              1/1.1 sent buy 5 limit @99 gtc on 1
              2/1.1 sent buy 5 limit @99 gtc on 1
            0s
            0s
            1s
              1/1 ended kill-switch filled 0 left 10
              2/1 filled 0/10 reserved 5 2/1.1
              1/1.1 ACCEPTED 0/5 @99 reserved 5
              2/1.1 ACCEPTED 0/5 @99 reserved 5
            2s
              2/1 ended kill-switch filled 0 left 10
              1/h1 sent cancel of 1/1.1 on 1
              2/h1 sent cancel of 2/1.1 on 1
              no schedules
            3s
              s1 outcome 1: ended
              s2 outcome 1: ended
              1/2 denied D-KILL-SWITCH limit 0 value 3 allowed 0
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
        "#]],
    );
}

#[test]
fn the_schedule_of_a_strategy_that_is_halted_ends() {
    check(
        "strategy 1: schedule buy 10 limit 99 even 2 to 20s
         0s quote 100 5 101 5
         0s accept 1/1.1
         strategy 1: trap
         1s quote 100 5 101 6
         1s canceled 1/1.1
         show schedules
         show position 1",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 20s+0
              1/1.1 sent buy 5 limit @99 gtc on 1
            0s
            1s
              s1 halted H-TRAP limit 0 used 0
              1/1.2 sent cancel of 1/1.1 on 1
            1s
              1/1 ended strategy-halted filled 0 left 10
              no schedules
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn a_split_of_the_instrument_ends_its_schedules() {
    check(
        "strategy 1: schedule buy 10 limit 99 even 2 to 20s
         0s quote 100 5 101 5
         0s fill 1/1.1 5 @99
         1s split 2 1
         show schedules
         show position 1",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 20s+0
              1/1.1 sent buy 5 limit @99 gtc on 1
            0s
            1s
              1/1 ended corporate-action filled 5 left 5
              no schedules
              position 1: qty 10 cost 495 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn while_nobody_knows_of_its_order_a_schedule_sends_no_other() {
    check(
        "strategy 1: schedule buy 10 limit 99 even 3 to 30s
         0s quote 100 5 101 5
         1s unknown 1/1.1
         10s time
         11s cancel-reject 1/1.1
         20s time
         # The venue has it after all, and lets it be canceled.
         21s accept 1/1.1
         21s canceled 1/1.1
         show schedules",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 30s+0
              1/1.1 sent buy 3 limit @99 gtc on 1
            1s
            10s
              1/1.2 sent cancel of 1/1.1 on 1
            11s
              1/1.3 sent cancel of 1/1.1 on 1
            20s
            21s
            21s
              1/1.4 sent buy 10 limit @99 gtc on 1
              1/1 filled 0/10 reserved 0 1/1.4
        "#]],
    );
}

#[test]
fn an_order_that_cannot_be_canceled_is_left_to_itself_in_the_end() {
    let mut script = alloc::string::String::from(
        "strategy 1: schedule buy 10 limit 99 even 1 to 1s\n0s quote 100 5 101 5\n0s accept 1/1.1\n1s time\n",
    );
    for second in 1..=10 {
        script += &alloc::format!("{second}00s cancel-reject 1/1.1\n");
    }
    let out = run(&script);
    assert_eq!(out.matches("sent cancel of 1/1.1").count(), 10, "{out}");
    assert!(out.contains("1/1 ended unanswered filled 0 left 10"), "{out}");
}

#[test]
fn a_fill_that_comes_late_is_counted_and_what_is_out_beyond_the_whole_is_canceled() {
    check(
        "strategy 1: schedule buy 10 limit 101 even 2 to 20s
         0s quote 100 5 101 5
         0s accept 1/1.1
         10s time
         10s canceled 1/1.1
         show schedules
         11s fill 1/1.1 5 @101
         show schedules
         11s canceled 1/1.3
         show schedules",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 20s+0
              1/1.1 sent buy 5 limit @101 gtc on 1
            0s
            10s
              1/1.2 sent cancel of 1/1.1 on 1
            10s
              1/1.3 sent buy 10 limit @101 gtc on 1
              1/1 filled 0/10 reserved 0 1/1.3
            11s
              anomaly A-LATE-FILL 5
              1/1 filled 5/10 reserved 0 1/1.3
            11s
              1/1.4 withdrawn by 1/1.3
              1/1.5 sent buy 5 limit @101 gtc on 1
              1/1 filled 5/10 reserved 0 1/1.5
        "#]],
    );
}

#[test]
fn a_fill_taken_back_is_traded_again() {
    check(
        "strategy 1: schedule buy 10 limit 101 even 2 to 20s
         0s quote 100 5 101 5
         0s fill 1/1.1 5 @101 id 7
         1s bust 1/1.1 5 @101 id 7
         show schedules
         show position 1
         10s time",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 20s+0
              1/1.1 sent buy 5 limit @101 gtc on 1
            0s
            1s
              1/1.2 sent buy 5 limit @101 gtc on 1
              1/1 filled 0/10 reserved 5 1/1.2
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 10/0
            10s
        "#]],
    );
}

#[test]
fn an_order_that_waits_for_its_venue_is_withdrawn_for_the_next_slice() {
    check(
        "0s quote 100 5 101 5
         1s venue-down
         strategy 1: schedule buy 10 limit 101 even 2 to 21s
         1s quote 100 5 101 6
         show queue
         11s time
         show queue
         show position 1
         12s venue-up
         13s quote 100 5 101 7
         show position 1",
        expect![[r#"
            0s
            1s
            1s
              1/1 scheduled 10 from 1s+0 to 21s+0
              queue: 1/1.1
            11s
              1/1.1 withdrawn by 1/1.2
              1/1.2 withdrawn by 1/1.1
              queue: empty
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 10/0
            12s
              1/1.3 sent buy 10 limit @101 gtc on 1
            13s
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 10/0
        "#]],
    );
}

#[test]
fn a_strategy_has_so_many_schedules() {
    let out = run("strategy 1: 64x schedule buy 1 limit 90 even 1 from 5s to 20s
         0s quote 100 5 101 5
         strategy 1: schedule buy 1 limit 90 even 1 from 5s to 20s
         1s quote 100 5 101 6
         strategy 2: schedule buy 1 limit 90 even 1 from 5s to 20s
         2s quote 100 5 101 7");
    assert_eq!(out.matches("scheduled").count(), 65, "{out}");
    assert!(out.contains("1/65 malformed M-PARENTS value 65 limit 64"), "{out}");
}

#[test]
fn a_start_in_the_future_sends_nothing_before() {
    check(
        "strategy 1: schedule buy 10 limit 101 even 2 from 5s to 15s
         0s quote 100 5 101 5
         show wake
         4s quote 100 5 101 6
         5s time
         show wake",
        expect![[r#"
            0s
              1/1 scheduled 10 from 5s+0 to 15s+0
              wake: 5s+0
            4s
            5s
              1/1.1 sent buy 5 limit @101 gtc on 1
              wake: 10s+0
        "#]],
    );
}
