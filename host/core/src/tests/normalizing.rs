//! Normalizer: is an intent well formed, and exactly how much at what price?
//!
//! `B` has prices in hundredths on a grid of 5, quantities in tenths in lots of 10 (one unit) from 20 to 1000, and takes
//! orders of at least 100.

use alloc::format;

use expect_test::expect;

use crate::decision::MalformedCode;
use crate::tests::check;

#[test]
fn an_unknown_instrument_is_malformed() {
    check(
        "strategy 1: D buy 1 market
         0s quote 100 5 101 5",
        expect![[r#"
            0s
              1/1 malformed M-INSTRUMENT value 4 limit 0
        "#]],
    );
}

#[test]
fn a_price_off_the_tick_grid_is_malformed_on_both_sides_of_zero() {
    check(
        "strategy 1: B buy 100 limit 10004; B buy 100 limit 10005; B sell 100 limit -10003; B sell 100 limit -10005
         0s B quote 10000 50 10010 50",
        expect![[r#"
            0s
              1/1 malformed M-TICK value 10004 limit 5
              1/3 malformed M-TICK value -10003 limit 5
              1/2 sent buy 100 limit @10005 gtc on 1
              1/4 sent sell 100 limit @-10005 gtc on 1
        "#]],
    );
}

#[test]
fn a_quantity_off_the_lot_grid_or_outside_its_limits_is_malformed() {
    check(
        "strategy 1: B buy 105 limit 10000; B buy 110 limit 10000
         0s B quote 10000 50 10010 50
         strategy 1: B buy 10 limit 10000; B buy 20 limit 10000; B buy 1000 limit 10000; B buy 1010 limit 10000
         1s B quote 10000 50 10010 51
         strategy 1: buy 0 market; buy -5 market; buy min market; buy max market
         2s quote 100 5 101 5",
        expect![[r#"
            0s
              1/1 malformed M-LOT value 105 limit 10
              1/2 sent buy 110 limit @10000 gtc on 1
            1s
              s1 outcome 1: malformed
              1/3 malformed M-QTY-MIN value 10 limit 20
              1/6 malformed M-QTY-MAX value 1010 limit 1000
              1/4 sent buy 20 limit @10000 gtc on 1
              1/5 sent buy 1000 limit @10000 gtc on 1
            2s
              s1 outcome 3: malformed
              s1 outcome 6: malformed
              1/7 malformed M-QTY-MIN value 0 limit 1
              1/8 malformed M-QTY-MIN value -5 limit 1
              1/9 malformed M-QTY-MIN value -9223372036854775808 limit 1
              1/10 malformed M-QTY-MAX value 9223372036854775807 limit 1000000
        "#]],
    );
}

#[test]
fn a_value_below_the_least_is_malformed_unless_it_only_reduces() {
    check(
        "strategy 1: B buy 20 limit 5000; B buy 20 limit 4995; B sell 20 limit -4995; B sell 20 limit -5000
         0s B quote 10000 50 10010 50
         1s B fill 1/1 20 @5000
         1s B canceled 1/4
         strategy 1: B sell 20 limit 4995 reduce-only
         2s B quote 10000 50 10010 51",
        expect![[r#"
            0s
              1/2 malformed M-NOTIONAL-MIN value 99 limit 100
              1/3 malformed M-NOTIONAL-MIN value 99 limit 100
              1/1 sent buy 20 limit @5000 gtc on 1
              1/4 sent sell 20 limit @-5000 gtc on 1
            1s
              s1 outcome 2: malformed
              s1 outcome 3: malformed
            1s
            2s
              1/5 sent sell 20 limit @4995 gtc reduce-only on 1
        "#]],
    );
}

#[test]
fn limit_and_stop_prices_stand_where_the_type_needs_them_and_nowhere_else() {
    check(
        "strategy 1: buy 1 market limit-price 5; buy 1 limit 100 no-limit; buy 1 limit 100 stop-price 5
         0s quote 100 5 101 5
         strategy 1: buy 1 stop 90; buy 1 stop-limit 90 91; buy 1 market stop-price 90
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 malformed M-LIMIT-PRICE value 5 limit 0
              1/2 malformed M-LIMIT-PRICE value 0 limit 0
              1/3 malformed M-STOP-PRICE value 5 limit 0
            1s
              s1 outcome 1: malformed
              s1 outcome 2: malformed
              s1 outcome 3: malformed
              1/4 held until 90
              1/4 released at 101
              1/5 held until 90
              1/5 released at 101
              1/6 malformed M-STOP-PRICE value 90 limit 0
              1/4.1 sent buy 1 market gtc on 1
              1/5.1 sent buy 1 limit @91 gtc on 1
        "#]],
    );
}

#[test]
fn post_only_goes_with_a_resting_order_alone() {
    check(
        "strategy 1: buy 1 market post-only; buy 1 limit 99 ioc post-only; buy 1 limit 99 fok post-only
         0s quote 100 5 101 5
         strategy 1: buy 1 limit 99 post-only; buy 1 limit 99 day post-only
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 malformed M-POST-ONLY value 1 limit 0
              1/2 malformed M-POST-ONLY value 2 limit 0
              1/3 malformed M-POST-ONLY value 3 limit 0
            1s
              s1 outcome 1: malformed
              s1 outcome 2: malformed
              s1 outcome 3: malformed
              1/4 sent buy 1 limit @99 gtc post-only on 1
              1/5 sent buy 1 limit @99 day post-only on 1
        "#]],
    );
}

#[test]
fn a_market_order_needs_a_price_to_be_judged_at() {
    check(
        "strategy 1: buy 1 market; buy $500 market; buy 1 market slippage 10
         0s quote 100 5 0 0
         # The last trade and the mark serve where there is no touch.
         1s mark 50
         strategy 1: buy 1 market slippage 100
         2s quote 100 5 0 0
         3s trade 70 1
         strategy 1: buy 1 market slippage 100
         4s quote 100 5 0 0",
        expect![[r#"
            0s
              1/1 malformed M-REFERENCE value 1 limit 0
              1/2 malformed M-REFERENCE value 1 limit 0
              1/3 malformed M-REFERENCE value 1 limit 0
            1s
              s1 outcome 1: malformed
              s1 outcome 2: malformed
              s1 outcome 3: malformed
            2s
              1/4 normalised buy 1 limit @50 ioc from 50
              1/4 sent buy 1 limit @50 ioc on 1
            3s
            4s
              1/5 normalised buy 1 limit @70 ioc from 70
              1/5 sent buy 1 limit @70 ioc on 1
        "#]],
    );
}

#[test]
fn notional_and_slippage_become_exact_quantities_and_prices() {
    check(
        // 1000.00 / 100.10 = 9.99 units: 9.9 in tenths, 9.0 on the lot grid.
        "strategy 1: B buy $100000 market; B sell $100000 market; B buy $100000 limit 9995
         0s B quote 10000 50 10010 50
         # 100.10 + 1.23 % = 101.331 -> 101.30; 100.00 - 1.23 % = 98.77 -> 98.80: both to the passive tick.
         strategy 1: B buy 100 market slippage 123; B sell 100 market slippage 123
         1s B quote 10000 50 10010 51
         # A bound on the grid stays where it is.
         strategy 1: B buy 100 market slippage 0; B sell 100 market slippage 50; B buy $100000 market slippage 5000
         2s B quote 10000 50 10010 52",
        expect![[r#"
            0s
              1/1 normalised buy 90 market gtc from 10010
              1/2 normalised sell 100 market gtc from 10000
              1/3 normalised buy 100 limit @9995 gtc from 9995
              1/1 sent buy 90 market gtc on 1
              1/2 sent sell 100 market gtc on 1
              1/3 sent buy 100 limit @9995 gtc on 1
            1s
              1/4 normalised buy 100 limit @10130 ioc from 10010
              1/5 normalised sell 100 limit @9880 ioc from 10000
              1/4 sent buy 100 limit @10130 ioc on 1
              1/5 sent sell 100 limit @9880 ioc on 1
            2s
              1/6 normalised buy 100 limit @10010 ioc from 10010
              1/7 normalised sell 100 limit @9950 ioc from 10000
              1/8 normalised buy 60 limit @15015 ioc from 10010
              1/6 sent buy 100 limit @10010 ioc on 1
              1/7 sent sell 100 limit @9950 ioc on 1
              1/8 sent buy 60 limit @15015 ioc on 1
        "#]],
    );
}

#[test]
fn a_slippage_bound_of_half_the_price_passes_and_one_more_does_not() {
    check(
        "strategy 1: buy 1 market slippage 5000; buy 1 market slippage 5001; buy 1 limit 100 slippage 5
         0s quote 100 5 101 5",
        expect![[r#"
            0s
              1/1 normalised buy 1 limit @151 ioc from 101
              1/2 malformed M-SLIPPAGE value 5001 limit 5000
              1/3 malformed M-SLIPPAGE value 5 limit 5000
              1/1 sent buy 1 limit @151 ioc on 1
        "#]],
    );
}

#[test]
fn slippage_is_worse_than_the_reference_at_negative_prices_too() {
    check(
        // -100.00 + 1 % of 100.00 = -99.00; -100.10 - 1 % = -101.101 -> -101.10.
        "strategy 1: B buy 100 market slippage 100; B sell 100 market slippage 100
         0s B quote -10010 50 -10000 50
         strategy 1: B buy 100 market slippage 1; B sell 100 market slippage 1
         1s B quote -10010 50 -10000 51",
        expect![[r#"
            0s
              1/1 normalised buy 100 limit @-9900 ioc from -10000
              1/2 normalised sell 100 limit @-10110 ioc from -10010
              1/1 sent buy 100 limit @-9900 ioc on 1
              1/2 sent sell 100 limit @-10110 ioc on 1
            1s
              1/3 normalised buy 100 limit @-10000 ioc from -10000
              1/4 normalised sell 100 limit @-10010 ioc from -10010
              1/3 sent buy 100 limit @-10000 ioc on 1
              1/4 sent sell 100 limit @-10010 ioc on 1
        "#]],
    );
}

#[test]
fn a_notional_at_a_negative_price_or_too_small_for_one_lot_is_malformed() {
    check(
        "strategy 1: B buy $100000 market
         0s B quote -10010 50 -10000 50
         strategy 1: B buy $20019 market; B buy $20020 market; B buy $0 market; B buy $-1 market
         1s B quote 10000 50 10010 50",
        expect![[r#"
            0s
              1/1 malformed M-REFERENCE value 2 limit 0
            1s
              s1 outcome 1: malformed
              1/2 malformed M-QTY-MIN value 10 limit 20
              1/3 normalised buy 20 market gtc from 10010
              1/4 malformed M-QTY-MIN value 0 limit 20
              1/5 malformed M-QTY-MIN value 0 limit 20
              1/3 sent buy 20 market gtc on 1
        "#]],
    );
}

#[test]
fn a_notional_counts_the_contract_multiplier() {
    check(
        // Ten units a contract at 50: 1000 buys two contracts, 999 one.
        "strategy 1: C buy $1000 market; C buy $999 market
         0s C quote 49 5 50 5",
        expect![[r#"
            0s
              1/1 normalised buy 2 market gtc from 50
              1/2 normalised buy 1 market gtc from 50
              1/1 sent buy 2 market gtc on 1
              1/2 sent buy 1 market gtc on 1
        "#]],
    );
}

#[test]
fn an_amend_names_an_own_live_order_and_changes_something() {
    check(
        "strategy 1: buy 5 limit 99
         0s quote 100 5 101 5
         1s accept 1/1
         1s fill 1/1 2 @99
         strategy 1: amend 9 qty 5; amend 1; amend 1 qty 5; amend 1 price 99; amend 1 qty 2; amend 1 qty 3
         2s quote 100 5 101 6
         3s amended 1/1 99 3
         strategy 1: amend 1 price 98 qty 3
         strategy 2: amend 1 price 98
         4s quote 100 5 101 7
         5s canceled 1/1
         strategy 1: amend 1 price 97
         6s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
            1s
            1s
            2s
              1/2 malformed M-ORDER value 9 limit 0
              1/3 malformed M-AMEND value 5 limit 5
              1/4 malformed M-AMEND value 5 limit 5
              1/5 malformed M-AMEND value 5 limit 5
              1/6 malformed M-AMEND value 2 limit 2
              1/7 sent amend of 1/1 to 3 @99 on 1
            3s
              s1 outcome 2: malformed
              s1 outcome 3: malformed
              s1 outcome 4: malformed
              s1 outcome 5: malformed
              s1 outcome 6: malformed
            4s
              2/1 malformed M-ORDER value 1 limit 0
              1/8 sent amend of 1/1 to 3 @98 on 1
            5s
            6s
              s2 outcome 1: malformed
              1/9 malformed M-ORDER value 1 limit 0
        "#]],
    );
}

#[test]
fn an_amend_keeps_to_tick_lot_and_limits() {
    check(
        "strategy 1: B buy 100 limit 10000
         0s B quote 10000 50 10010 50
         1s B accept 1/1
         strategy 1: amend 1 price 10001; amend 1 qty 105; amend 1 qty 10; amend 1 qty 1010
         2s B quote 10000 50 10010 51",
        expect![[r#"
            0s
              1/1 sent buy 100 limit @10000 gtc on 1
            1s
            2s
              1/2 malformed M-TICK value 10001 limit 5
              1/3 malformed M-LOT value 105 limit 10
              1/4 malformed M-QTY-MIN value 10 limit 20
              1/5 malformed M-QTY-MAX value 1010 limit 1000
        "#]],
    );
}

#[test]
fn a_market_order_cannot_be_amended() {
    check(
        "strategy 1: buy 5 market
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: amend 1 qty 4
         2s quote 100 5 101 6
         # Not even by a venue that says so.
         3s amended 1/1 90 5
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 market gtc on 1
            1s
            2s
              1/2 malformed M-AMEND value 1 limit 0
            3s
              s1 outcome 2: malformed
              1/1 ACCEPTED 0/5 @0 reserved 5
        "#]],
    );
}

#[test]
fn a_cancel_names_an_own_live_or_queued_order() {
    check(
        "strategy 1: buy 5 limit 99
         strategy 2: cancel 1
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: cancel 9; cancel 1
         2s quote 100 5 101 6
         3s canceled 1/1
         strategy 1: cancel 1
         4s quote 100 5 101 7",
        expect![[r#"
            0s
              2/1 malformed M-ORDER value 1 limit 0
              1/1 sent buy 5 limit @99 gtc on 1
            1s
            2s
              s2 outcome 1: malformed
              1/2 malformed M-ORDER value 9 limit 0
              1/3 sent cancel of 1/1 on 1
            3s
              s1 outcome 2: malformed
            4s
              1/4 malformed M-ORDER value 1 limit 0
        "#]],
    );
}

#[test]
fn cancel_all_becomes_one_leg_an_open_order_of_the_strategy() {
    check(
        "strategy 1: buy 5 limit 99; sell 5 limit 110; B buy 100 limit 10000
         strategy 2: buy 5 limit 98
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         1s B accept 1/3
         1s accept 2/1
         strategy 1: cancel-all A
         2s quote 100 5 101 6
         strategy 1: cancel-all
         3s quote 100 5 101 7
         # Nothing open is fine: there is nothing left to do.
         strategy 3: cancel-all
         4s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
              1/2 sent sell 5 limit @110 gtc on 1
              1/3 sent buy 100 limit @10000 gtc on 1
              2/1 sent buy 5 limit @98 gtc on 1
            1s
            1s
            1s
            1s
            2s
              1/4 sent cancel of 1/1 on 1
              1/4.1 sent cancel of 1/2 on 1
            3s
              1/5 sent cancel of 1/3 on 1
            4s
        "#]],
    );
}

#[test]
fn flatten_cancels_what_is_open_and_closes_what_is_held() {
    check(
        "strategy 1: buy 7 limit 101; C sell 3 limit 49; buy 5 limit 90
         0s quote 100 5 101 5
         0s C quote 49 5 50 5
         1s fill 1/1 7 @101
         1s C fill 1/2 3 @49
         1s accept 1/3
         strategy 1: flatten A
         2s quote 100 5 101 6
         strategy 1: flatten
         3s quote 100 5 101 7
         strategy 2: flatten
         4s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 sent buy 7 limit @101 gtc on 1
              1/2 sent sell 3 limit @49 gtc on 1
              1/3 sent buy 5 limit @90 gtc on 1
            0s
            1s
            1s
            1s
            2s
              1/4 sent cancel of 1/3 on 1
              1/4.1 sent sell 7 market ioc reduce-only on 1
            3s
              1/5.1 sent buy 3 market ioc reduce-only on 1
            4s
              2/1 malformed M-NOTHING-TO-FLATTEN value 0 limit 0
        "#]],
    );
}

#[test]
fn flatten_closes_a_large_position_in_parts_of_the_largest_order() {
    check(
        "strategy 1: B buy 1000 limit 10010; B buy 1000 limit 10010; B buy 500 limit 10010
         0s B quote 10000 50 10010 50
         1s B fill 1/1 1000 @10010
         1s B fill 1/2 1000 @10010
         1s B fill 1/3 500 @10010
         strategy 1: flatten
         2s B quote 10000 50 10010 51",
        expect![[r#"
            0s
              1/1 sent buy 1000 limit @10010 gtc on 1
              1/2 sent buy 1000 limit @10010 gtc on 1
              1/3 sent buy 500 limit @10010 gtc on 1
            1s
            1s
            1s
            2s
              1/4 sent sell 1000 market ioc reduce-only on 1
              1/4.1 sent sell 1000 market ioc reduce-only on 1
              1/4.2 sent sell 500 market ioc reduce-only on 1
        "#]],
    );
}

#[test]
fn the_65th_pending_wake_up_is_malformed_and_the_same_one_twice_is_one() {
    check(
        "strategy 1: wake 1s; wake 1s; wakes 40 2s
         0s quote 100 5 101 5
         show wake
         strategy 1: wakes 24 3s; wake 1s
         0s quote 100 5 101 6
         strategy 2: wake 1s
         0s quote 100 5 101 7",
        expect![[r#"
            0s
              wake: 1s+0
            0s
              1/66 malformed M-WAKE value 65 limit 64
            0s
              s1 outcome 66: malformed
        "#]],
    );
}

#[test]
fn what_cannot_be_computed_exactly_is_malformed() {
    check(
        "strategy 1: B buy $max limit 5; B buy $max limit 10
         0s B quote 10000 50 10010 50
         strategy 1: buy 1 market slippage 1
         1s quote 1 1 max 1",
        expect![[r#"
            0s
              1/1 malformed M-RANGE value 9223372036854775807 limit 0
              1/2 malformed M-QTY-MAX value 9223372036854775800 limit 1000
            1s
              s1 outcome 1: malformed
              s1 outcome 2: malformed
              1/3 malformed M-RANGE value 9223372036854775807 limit 0
        "#]],
    );
}

#[test]
fn every_code_of_the_normalizer_is_shown_by_a_test() {
    let shown = concat!(
        include_str!("normalizing.rs"),
        include_str!("parents.rs"),
        include_str!("splits.rs"),
        include_str!("schedules.rs"),
        include_str!("links.rs"),
    );
    for code in MalformedCode::ALL {
        assert!(shown.contains(&format!("malformed {code} ")), "{code}");
    }
}

#[test]
fn a_trail_and_a_choice_of_trigger_stand_where_the_type_has_one_and_nowhere_else() {
    check(
        "strategy 1: buy 1 trail 0; buy 1 trail -1; buy 1 trail 5001bps; buy 1 market trail-offset 5; \
         buy 1 trail-limit 5 -1; buy 1 limit 100 by mark; buy 1 trail 5 limit-price 100; buy 1 trail 5 stop-price 100
         0s quote 100 5 101 5
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 malformed M-TRIGGER value 0 limit 9223372036854775807
              1/2 malformed M-TRIGGER value -1 limit 9223372036854775807
              1/3 malformed M-TRIGGER value 5001 limit 5000
              1/4 malformed M-TRIGGER value 5 limit 9223372036854775807
              1/5 malformed M-TRIGGER value 5 limit 9223372036854775807
              1/6 malformed M-TRIGGER value 3 limit 0
              1/7 malformed M-LIMIT-PRICE value 100 limit 0
              1/8 malformed M-STOP-PRICE value 100 limit 0
            1s
              s1 outcome 1: malformed
              s1 outcome 2: malformed
              s1 outcome 3: malformed
              s1 outcome 4: malformed
              s1 outcome 5: malformed
              s1 outcome 6: malformed
              s1 outcome 7: malformed
              s1 outcome 8: malformed
        "#]],
    );
}

#[test]
fn an_end_stands_where_the_time_in_force_needs_one_and_nowhere_else() {
    check(
        "strategy 1: buy 1 limit 100 gtd; buy 1 limit 100 expire-at 5s
         0s quote 100 5 101 5
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 malformed M-EXPIRY value 0 limit 1700000000000000000
              1/2 malformed M-EXPIRY value 1700000005000000000 limit 1700000000000000000
            1s
              s1 outcome 1: malformed
              s1 outcome 2: malformed
        "#]],
    );
}

#[test]
fn only_what_rests_can_be_shown_in_part() {
    check(
        "strategy 1: buy 2 display 1; buy 2 limit 100 ioc display 1; buy 2 limit 100 display -1
         0s quote 100 5 101 5
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 malformed M-DISPLAY value 1 limit 0
              1/2 malformed M-DISPLAY value 1 limit 0
              1/3 malformed M-DISPLAY value -1 limit 0
            1s
              s1 outcome 1: malformed
              s1 outcome 2: malformed
              s1 outcome 3: malformed
        "#]],
    );
}

#[test]
fn what_no_order_can_be_is_post_only() {
    check(
        "strategy 1: buy 1 touched 90 post-only; buy 1 market-to-limit post-only; buy 1 limit 90 at-open post-only
         0s quote 100 5 101 5
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 malformed M-POST-ONLY value 1 limit 0
              1/2 malformed M-POST-ONLY value 1 limit 0
              1/3 malformed M-POST-ONLY value 6 limit 0
            1s
              s1 outcome 1: malformed
              s1 outcome 2: malformed
              s1 outcome 3: malformed
        "#]],
    );
}

#[test]
fn what_waits_for_its_session_waits_for_nothing_else() {
    check(
        "strategy 1: buy 1 stop 110 at-open; buy 1 market-to-limit at-close
         0s quote 100 5 101 5
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 malformed M-UNSUPPORTED value 6 limit 0
              1/2 malformed M-UNSUPPORTED value 7 limit 0
            1s
              s1 outcome 1: malformed
              s1 outcome 2: malformed
        "#]],
    );
}
