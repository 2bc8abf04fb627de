//! Risk: is this allowed? Each rule at its limit, one past it, and `off`. Long, because what comes out stands beside what
//! goes in.

use alloc::format;

use expect_test::expect;

use crate::risk;
use crate::tests::check;

#[test]
fn order_quantity_and_notional_are_denied_one_past_their_limit() {
    check(
        "with order-qty-max 10
         strategy 1: buy 9 limit 100; buy 10 limit 100; buy 11 limit 100
         0s quote 100 5 101 5
         with order-qty-max 10.5
         1s config
         strategy 1: B buy 100 limit 10000; B buy 110 limit 10000
         2s B quote 10000 50 10010 50
         with order-qty-max off
         with order-notional-max 1000
         3s config
         strategy 1: buy 9 limit 111; buy 10 limit 100; buy 10 limit 101; buy 9 limit 112
         4s quote 100 5 101 6
         with order-notional-max off
         5s config
         strategy 1: buy 1000000 limit 101
         6s quote 100 5 101 7",
        expect![[r#"
            0s
              1/3 denied D-ORDER-QTY-MAX limit 10 value 11 allowed 10
              1/1 sent buy 9 limit @100 gtc on 1
              1/2 sent buy 10 limit @100 gtc on 1
            1s
            2s
              s1 outcome 3: denied-quantity
              1/5 denied D-ORDER-QTY-MAX limit 10.5 value 11 allowed 10.5
              1/4 sent buy 100 limit @10000 gtc on 1
            3s
            4s
              s1 outcome 5: denied-quantity
              1/8 denied D-ORDER-NOTIONAL-MAX limit 1000 value 1010 allowed 1000
              1/9 denied D-ORDER-NOTIONAL-MAX limit 1000 value 1008 allowed 1000
              1/6 sent buy 9 limit @111 gtc on 1
              1/7 sent buy 10 limit @100 gtc on 1
            5s
            6s
              s1 outcome 8: denied-notional
              s1 outcome 9: denied-notional
              1/10 sent buy 1000000 limit @101 gtc on 1
        "#]],
    );
}

#[test]
fn a_market_order_is_valued_at_the_touch_it_would_trade_at() {
    check(
        "with order-notional-max 1000
         strategy 1: buy 9 market; buy 10 market; sell 10 market; sell 11 market
         0s quote 100 5 101 5",
        expect![[r#"
            0s
              1/2 denied D-ORDER-NOTIONAL-MAX limit 1000 value 1010 allowed 1000
              1/4 denied D-ORDER-NOTIONAL-MAX limit 1000 value 1100 allowed 1000
              1/1 sent buy 9 market gtc on 1
              1/3 sent sell 10 market gtc on 1
        "#]],
    );
}

#[test]
fn a_sell_far_below_the_market_is_valued_at_the_market() {
    check(
        "with order-notional-max 1000
         strategy 1: sell 10 limit 1; sell 11 limit 1; buy 500 limit 2; buy 10 limit 100
         0s quote 100 5 101 5",
        expect![[r#"
            0s
              1/2 denied D-ORDER-NOTIONAL-MAX limit 1000 value 1100 allowed 1000
              1/1 sent sell 10 limit @1 gtc on 1
              1/3 sent buy 500 limit @2 gtc on 1
              1/4 sent buy 10 limit @100 gtc on 1
        "#]],
    );
}

#[test]
fn the_value_of_an_order_counts_the_contract_multiplier() {
    check(
        "with order-notional-max 1000
         strategy 1: C buy 2 limit 50; C buy 3 limit 50
         0s C quote 49 5 50 5",
        expect![[r#"
            0s
              1/2 denied D-ORDER-NOTIONAL-MAX limit 1000 value 1500 allowed 1000
              1/1 sent buy 2 limit @50 gtc on 1
        "#]],
    );
}

#[test]
fn a_price_one_tick_past_the_collar_is_denied() {
    check(
        // 1 % of 101.00 above the ask is 102.01; of 100.00 below the bid 99.00.
        "with price-collar-bps 100
         strategy 1: B buy 100 limit 10200; B buy 100 limit 10205; B sell 100 limit 9900; B sell 100 limit 9895
         0s B quote 10000 50 10100 50
         # A better price is never too far; a market order has none.
         strategy 1: B buy 1000 limit 105; B sell 100 limit 99995; B buy 100 market
         1s B quote 10000 50 10100 51
         with price-collar-bps off
         2s config
         strategy 1: B buy 100 limit 99995; B sell 1000 limit 105
         3s B quote 10000 50 10100 52",
        expect![[r#"
            0s
              1/2 denied D-PRICE-COLLAR limit 100 value 102.05 allowed 102.01
              1/4 denied D-PRICE-COLLAR limit 100 value 98.95 allowed 99
              1/1 sent buy 100 limit @10200 gtc on 1
              1/3 sent sell 100 limit @9900 gtc on 1
            1s
              s1 outcome 2: denied-price-collar
              s1 outcome 4: denied-price-collar
              1/5 sent buy 1000 limit @105 gtc on 1
              1/6 sent sell 100 limit @99995 gtc on 1
              1/7 sent buy 100 market gtc on 1
            2s
            3s
              1/8 sent buy 100 limit @99995 gtc on 1
              1/9 sent sell 1000 limit @105 gtc on 1
        "#]],
    );
}

#[test]
fn the_collar_stands_to_the_worse_side_of_a_negative_reference_too() {
    check(
        "with price-collar-bps 100
         strategy 1: buy 1 limit -99; buy 1 limit -98; sell 1 limit -111; sell 1 limit -112
         0s quote -110 5 -100 5",
        expect![[r#"
            0s
              1/2 denied D-PRICE-COLLAR limit 100 value -98 allowed -99
              1/4 denied D-PRICE-COLLAR limit 100 value -112 allowed -111
              1/1 sent buy 1 limit @-99 gtc on 1
              1/3 sent sell 1 limit @-111 gtc on 1
        "#]],
    );
}

#[test]
fn a_collar_without_a_market_price_denies() {
    check(
        "with price-collar-bps 100
         strategy 1: buy 1 limit 100
         0s quote 0 0 0 0",
        expect![[r#"
            0s
              1/1 denied D-STALE-MARKET limit 0 value 1 allowed 0
        "#]],
    );
}

#[test]
fn positions_are_denied_one_past_their_limit() {
    check(
        "with position-strategy-max 10
         with position-account-max 15
         strategy 1: buy 9 limit 90; buy 1 limit 90; buy 1 limit 90; sell 10 limit 110; sell 1 limit 110
         strategy 2: buy 5 limit 90; buy 1 limit 90; sell 5 limit 110; sell 1 limit 110
         strategy 3: buy 10 limit 90; buy 1 limit 90
         0s quote 100 5 101 5
         show position 1
         show account 1
         with position-strategy-max off
         with position-account-max off
         1s config
         strategy 1: buy 1000000 limit 90
         2s quote 100 5 101 6",
        expect![[r#"
            0s
              1/3 denied D-POSITION-STRATEGY limit 10 value 11 allowed 0
              1/5 denied D-POSITION-STRATEGY limit 10 value 11 allowed 0
              2/2 denied D-POSITION-ACCOUNT limit 15 value 16 allowed 0
              2/4 denied D-POSITION-ACCOUNT limit 15 value 16 allowed 0
              3/2 denied D-POSITION-STRATEGY limit 10 value 11 allowed 0
              1/1 sent buy 9 limit @90 gtc on 1
              1/2 sent buy 1 limit @90 gtc on 1
              1/4 sent sell 10 limit @110 gtc on 1
              2/1 sent buy 5 limit @90 gtc on 1
              2/3 sent sell 5 limit @110 gtc on 1
              3/1 sent buy 10 limit @90 gtc on 2
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 10/10
              account 1: qty 0 cost 0 realised 0 fees 0 reserved 15/15
            1s
            2s
              s1 outcome 3: denied-position
              s1 outcome 5: denied-position
              s2 outcome 2: denied-position
              s2 outcome 4: denied-position
              s3 outcome 2: denied-position
              1/6 sent buy 1000000 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn a_position_limit_counts_what_is_held_and_leaves_the_way_back_open() {
    check(
        "strategy 1: buy 20 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 20 @101
         with position-strategy-max 10
         2s config
         strategy 1: buy 1 limit 101; sell 30 limit 100; sell 1 limit 100
         3s quote 100 5 101 6
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 20 limit @101 gtc on 1
            1s
            2s
            3s
              1/2 denied D-POSITION-STRATEGY limit 10 value 21 allowed 0
              1/4 denied D-POSITION-STRATEGY limit 10 value 11 allowed 0
              1/3 sent sell 30 limit @100 gtc on 1
              position 1: qty 20 cost 2020 realised 0 fees 0 reserved 0/30
        "#]],
    );
}

#[test]
fn hedge_mode_legs_do_not_multiply_a_position_limit() {
    check(
        "with position-strategy-max 10
         strategy 1: buy 6 limit 90; buy 4 limit 90 long; buy 1 limit 90 short; buy 1 limit 90 long
         0s quote 100 5 101 5",
        expect![[r#"
            0s
              1/3 denied D-POSITION-STRATEGY limit 10 value 11 allowed 0
              1/4 denied D-POSITION-STRATEGY limit 10 value 11 allowed 0
              1/1 sent buy 6 limit @90 gtc on 1
              1/2 sent buy 4 limit @90 gtc long on 1
        "#]],
    );
}

#[test]
fn exposure_is_denied_one_past_its_limit() {
    check(
        // Valued at the ask of 101 whatever the limit price; B at 100.10.
        "with exposure-gross-max 2020
         strategy 1: buy 9 limit 90; buy 1 limit 90; sell 10 limit 110; sell 11 limit 110
         strategy 2: buy 10 limit 90; buy 1 limit 90
         strategy 3: sell 20 limit 110; sell 1 limit 110
         0s quote 100 5 101 5
         with exposure-gross-max off
         1s config
         strategy 1: buy 1000000 limit 90
         2s quote 100 5 101 6",
        expect![[r#"
            0s
              1/4 denied D-EXPOSURE-GROSS limit 2020 value 2121 allowed 1010
              2/2 denied D-EXPOSURE-GROSS limit 2020 value 2121 allowed 0
              3/2 denied D-EXPOSURE-GROSS limit 2020 value 2121 allowed 0
              1/1 sent buy 9 limit @90 gtc on 1
              1/2 sent buy 1 limit @90 gtc on 1
              1/3 sent sell 10 limit @110 gtc on 1
              2/1 sent buy 10 limit @90 gtc on 1
              3/1 sent sell 20 limit @110 gtc on 2
            1s
            2s
              s1 outcome 4: denied-exposure
              s2 outcome 2: denied-exposure
              s3 outcome 2: denied-exposure
              1/5 sent buy 1000000 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn exposure_adds_up_over_instruments_and_counts_what_is_held() {
    check(
        "with exposure-gross-max 2011
         0s quote 100 5 101 5
         strategy 1: buy 10 limit 101; C buy 1 limit 50
         0s C quote 49 5 50 5
         1s fill 1/1 10 @101
         1s C fill 1/2 1 @50
         strategy 1: C buy 1 limit 50; C buy 1 limit 50; sell 20 limit 100; sell 1 limit 100
         2s C quote 49 5 50 6",
        expect![[r#"
            0s
            0s
              1/1 sent buy 10 limit @101 gtc on 1
              1/2 sent buy 1 limit @50 gtc on 1
            1s
            1s
            2s
              1/4 denied D-EXPOSURE-GROSS limit 2011 value 2510 allowed 1
              1/6 denied D-EXPOSURE-GROSS limit 2011 value 2111 allowed 1
              1/3 sent buy 1 limit @50 gtc on 1
              1/5 sent sell 20 limit @100 gtc on 1
        "#]],
    );
}

#[test]
fn exposure_past_a_lowered_limit_leaves_the_way_back_open() {
    check(
        "strategy 1: buy 20 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 20 @101
         with exposure-gross-max 1010
         2s config
         strategy 1: buy 1 limit 90; sell 20 limit 100; sell 1 limit 100
         3s quote 100 5 101 6
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 20 limit @101 gtc on 1
            1s
            2s
            3s
              1/2 denied D-EXPOSURE-GROSS limit 1010 value 2121 allowed 0
              1/3 sent sell 20 limit @100 gtc on 1
              1/4 sent sell 1 limit @100 gtc on 1
              position 1: qty 20 cost 2020 realised 0 fees 0 reserved 0/21
        "#]],
    );
}

#[test]
fn exposure_that_cannot_be_valued_is_denied() {
    check(
        "with exposure-gross-max 1000
         strategy 1: buy 1 limit 100
         0s quote 0 0 0 0
         # A bid alone is a price.
         strategy 1: buy 1 limit 100
         1s quote 100 5 0 0",
        expect![[r#"
            0s
              1/1 denied D-STALE-MARKET limit 0 value 0 allowed 0
            1s
              s1 outcome 1: denied-stale-market
              1/2 sent buy 1 limit @100 gtc on 1
        "#]],
    );
}

#[test]
fn a_price_in_another_currency_cannot_be_added_up() {
    check(
        "with exposure-gross-max 1000
         with euro A
         0s quote 100 5 101 5
         # Held by the account, though no strategy of this host may trade it.
         1s fill 9/1 1 @100
         strategy 1: C buy 1 limit 50
         2s C quote 49 5 50 5",
        expect![[r#"
            0s
            1s
              anomaly A-UNKNOWN-ORDER 1
            2s
              1/1 denied D-NOT-COMPUTABLE limit 0 value 0 allowed 0
        "#]],
    );
}

#[test]
fn exposure_with_reservations_stays_within_the_limit() {
    check(
        "with exposure-gross-max 1010
         strategy 1: 12x buy 1 limit 90
         strategy 2: 3x buy 1 limit 90
         0s quote 100 5 101 5
         show account 1
         # Unknown, pending and canceled orders: only what the venue settled is free again.
         1s unknown 1/1
         1s accept 1/2
         1s canceled 1/3
         strategy 1: cancel 2
         2s quote 100 5 101 6
         strategy 2: 3x buy 1 limit 90
         3s quote 100 5 101 7
         show account 1",
        expect![[r#"
            0s
              1/11 denied D-EXPOSURE-GROSS limit 1010 value 1111 allowed 0
              1/12 denied D-EXPOSURE-GROSS limit 1010 value 1111 allowed 0
              2/1 denied D-EXPOSURE-GROSS limit 1010 value 1111 allowed 0
              2/2 denied D-EXPOSURE-GROSS limit 1010 value 1111 allowed 0
              2/3 denied D-EXPOSURE-GROSS limit 1010 value 1111 allowed 0
              1/1 sent buy 1 limit @90 gtc on 1
              1/2 sent buy 1 limit @90 gtc on 1
              1/3 sent buy 1 limit @90 gtc on 1
              1/4 sent buy 1 limit @90 gtc on 1
              1/5 sent buy 1 limit @90 gtc on 1
              1/6 sent buy 1 limit @90 gtc on 1
              1/7 sent buy 1 limit @90 gtc on 1
              1/8 sent buy 1 limit @90 gtc on 1
              1/9 sent buy 1 limit @90 gtc on 1
              1/10 sent buy 1 limit @90 gtc on 1
              account 1: qty 0 cost 0 realised 0 fees 0 reserved 10/0
            1s
              s1 outcome 11: denied-exposure
              s1 outcome 12: denied-exposure
            1s
            1s
            2s
              s2 outcome 1: denied-exposure
              s2 outcome 2: denied-exposure
              s2 outcome 3: denied-exposure
              1/13 sent cancel of 1/2 on 1
            3s
              2/5 denied D-EXPOSURE-GROSS limit 1010 value 1111 allowed 0
              2/6 denied D-EXPOSURE-GROSS limit 1010 value 1111 allowed 0
              2/4 sent buy 1 limit @90 gtc on 1
              account 1: qty 0 cost 0 realised 0 fees 0 reserved 10/0
        "#]],
    );
}

#[test]
fn open_orders_are_denied_one_past_their_limit() {
    check(
        "with open-orders-max 2
         strategy 1: buy 1 limit 90; buy 1 limit 90; buy 1 limit 90
         strategy 2: buy 1 limit 90
         0s quote 100 5 101 5
         show open
         # An amend is no further order; a rejected one makes room.
         1s accept 1/1
         1s reject 1/2
         strategy 1: amend 1 qty 2; buy 1 limit 90; buy 1 limit 90
         2s quote 100 5 101 6
         with open-orders-max off
         3s config
         strategy 1: 5x buy 1 limit 90
         4s quote 100 5 101 7
         show open",
        expect![[r#"
            0s
              1/3 denied D-OPEN-ORDERS limit 2 value 3 allowed 0
              1/1 sent buy 1 limit @90 gtc on 1
              1/2 sent buy 1 limit @90 gtc on 1
              2/1 sent buy 1 limit @90 gtc on 1
              open: 2 1 0
            1s
              s1 outcome 3: denied-open-orders
            1s
            2s
              1/6 denied D-OPEN-ORDERS limit 2 value 3 allowed 0
              1/4 sent amend of 1/1 to 2 @90 on 1
              1/5 sent buy 1 limit @90 gtc on 1
            3s
            4s
              s1 outcome 6: denied-open-orders
              1/7 sent buy 1 limit @90 gtc on 1
              1/8 sent buy 1 limit @90 gtc on 1
              1/9 sent buy 1 limit @90 gtc on 1
              1/10 sent buy 1 limit @90 gtc on 1
              1/11 sent buy 1 limit @90 gtc on 1
              open: 7 1 0
        "#]],
    );
}

#[test]
fn queued_orders_count_as_open() {
    check(
        "with open-orders-max 1
         0s venue-down
         strategy 1: buy 1 limit 90; buy 1 limit 90
         1s quote 100 5 101 5
         show open
         show queue",
        expect![[r#"
            0s
            1s
              1/2 denied D-OPEN-ORDERS limit 1 value 2 allowed 0
              open: 1 0 0
              queue: 1/1
        "#]],
    );
}

#[test]
fn an_unauthorised_strategy_is_denied() {
    check(
        "with unauthorised 2 A
         strategy 1: buy 1 limit 90
         strategy 2: buy 1 limit 90; B buy 100 limit 10000
         0s quote 100 5 101 5",
        expect![[r#"
            0s
              2/1 denied D-NOT-AUTHORISED limit 0 value 1 allowed 0
              1/1 sent buy 1 limit @90 gtc on 1
              2/2 sent buy 100 limit @10000 gtc on 1
        "#]],
    );
}

#[test]
fn a_lane_trades_in_the_modes_it_permits() {
    for mode in ["backtest", "replay", "paper", "shadow", "live"] {
        for (strategy, lane) in [(1, "simulation"), (2, "paper"), (3, "live")] {
            let script = format!(
                "with mode {mode}
                 with lane {strategy} {lane}
                 strategy {strategy}: buy 1 limit 90
                 0s quote 100 5 101 5"
            );
            let out = crate::tests::script::run(&script);
            let is_denied = out.contains("denied D-LANE-NOT-PERMITTED limit 0 value");
            let want = matches!((mode, lane), ("paper" | "shadow", "simulation") | ("live", "simulation" | "paper"));
            assert_eq!(is_denied, want, "{mode} {lane}: {out}");
            assert_eq!(out.contains("sent"), !want, "{mode} {lane}: {out}");
        }
    }
}

#[test]
fn an_instrument_that_is_halted_or_stale_is_denied() {
    check(
        "0s quote 100 5 101 5
         strategy 1: buy 1 limit 90
         1s status halted
         strategy 1: buy 1 limit 90
         2s status closed
         strategy 1: buy 1 limit 90
         3s status settled
         strategy 1: buy 1 limit 90
         4s status restricted
         strategy 1: buy 1 limit 90
         5s status cancel-only
         strategy 1: buy 1 limit 90; buy 1 limit 90 post-only
         6s status post-only
         strategy 1: buy 1 limit 90
         7s status auction
         strategy 1: cancel 8
         8s status halted
         9s status trading
         strategy 1: buy 1 limit 90
         10s stale
         strategy 1: buy 1 limit 90
         11s recovered",
        expect![[r#"
            0s
            1s
              1/1 denied D-INSTRUMENT-HALTED limit 0 value 3 allowed 0
            2s
              s1 outcome 1: denied-instrument-status
              1/2 denied D-INSTRUMENT-HALTED limit 0 value 6 allowed 0
            3s
              s1 outcome 2: denied-instrument-status
              1/3 denied D-INSTRUMENT-HALTED limit 0 value 7 allowed 0
            4s
              s1 outcome 3: denied-instrument-status
              1/4 denied D-INSTRUMENT-RESTRICTED limit 0 value 8 allowed 0
            5s
              s1 outcome 4: denied-instrument-status
              1/5 denied D-INSTRUMENT-CANCEL-ONLY limit 0 value 4 allowed 0
            6s
              s1 outcome 5: denied-instrument-status
              1/6 denied D-INSTRUMENT-HALTED limit 0 value 5 allowed 0
              1/7 sent buy 1 limit @90 gtc post-only on 1
            7s
              s1 outcome 6: denied-instrument-status
              1/8 sent buy 1 limit @90 gtc on 1
            8s
            9s
            10s
              1/10 denied D-STALE-MARKET limit 0 value 1 allowed 0
            11s
              s1 outcome 10: denied-stale-market
              1/11 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn market_data_one_ns_older_than_its_limit_is_denied() {
    check(
        "with market-age-ns-max 5000000000
         # No data at all, then data of the first second.
         strategy 1: buy 1 limit 90
         0s enable
         1s quote 100 5 101 5
         strategy 1: buy 1 limit 90
         6s enable
         strategy 1: buy 1 limit 90
         6s+1 enable
         with market-age-ns-max off
         7s config
         strategy 1: buy 1 limit 90
         100s enable",
        expect![[r#"
            0s
              1/1 denied D-STALE-MARKET limit 5000000000 value 1700000000000000000 allowed 5000000000
            1s
              s1 outcome 1: denied-stale-market
            6s
              1/2 sent buy 1 limit @90 gtc on 1
            6s+1
              1/3 denied D-STALE-MARKET limit 5000000000 value 5000000001 allowed 5000000000
            7s
            100s
              s1 outcome 3: denied-stale-market
              1/4 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn reduce_only_closes_what_is_held_and_no_more() {
    check(
        "strategy 1: buy 5 limit 101; sell 1 limit 100 reduce-only
         0s quote 100 5 101 5
         1s fill 1/1 5 @101
         strategy 1: sell 6 limit 100 reduce-only; sell 3 limit 100 reduce-only; sell 3 limit 100 reduce-only
         2s quote 100 5 101 6
         strategy 1: sell 2 limit 100 reduce-only; buy 1 limit 90 reduce-only
         3s quote 100 5 101 7
         # What the others of the account hold is not this strategy's to close.
         strategy 2: sell 1 limit 100 reduce-only
         4s quote 100 5 101 8",
        expect![[r#"
            0s
              1/2 denied D-REDUCE-ONLY limit 0 value 1 allowed 0
              1/1 sent buy 5 limit @101 gtc on 1
            1s
              s1 outcome 2: denied-position
            2s
              1/3 denied D-REDUCE-ONLY limit 5 value 6 allowed 5
              1/5 denied D-REDUCE-ONLY limit 2 value 3 allowed 2
              1/4 sent sell 3 limit @100 gtc reduce-only on 1
            3s
              s1 outcome 3: denied-position
              s1 outcome 5: denied-position
              1/7 denied D-REDUCE-ONLY limit 0 value 1 allowed 0
              1/6 sent sell 2 limit @100 gtc reduce-only on 1
            4s
              s1 outcome 7: denied-position
              2/1 denied D-REDUCE-ONLY limit 0 value 1 allowed 0
        "#]],
    );
}

#[test]
fn an_amend_is_judged_as_the_order_it_asks_for() {
    check(
        "with order-qty-max 10
         with position-strategy-max 12
         with price-collar-bps 100
         strategy 1: buy 5 limit 100; buy 5 limit 100
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         strategy 1: amend 1 qty 11; amend 1 price 103; amend 1 qty 8; amend 1 qty 7
         2s quote 100 5 101 6
         show position 1
         # A smaller quantity is judged too, but needs no room.
         strategy 1: amend 2 qty 3
         3s quote 100 5 101 7
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @100 gtc on 1
              1/2 sent buy 5 limit @100 gtc on 1
            1s
            1s
            2s
              1/3 denied D-ORDER-QTY-MAX limit 10 value 11 allowed 10
              1/4 denied D-PRICE-COLLAR limit 100 value 103 allowed 102
              1/5 denied D-POSITION-STRATEGY limit 12 value 13 allowed 2
              1/6 sent amend of 1/1 to 7 @100 on 1
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 12/0
            3s
              s1 outcome 3: denied-quantity
              s1 outcome 4: denied-price-collar
              s1 outcome 5: denied-position
              1/7 sent amend of 1/2 to 3 @100 on 1
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 12/0
        "#]],
    );
}

#[test]
fn disabled_trading_and_kill_deny_everything_but_cancels() {
    check(
        "strategy 1: buy 1 limit 90; buy 2 limit 90
         strategy 2: buy 1 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         1s accept 2/1
         2s disable
         strategy 1: buy 1 limit 90; amend 1 price 89; cancel 1
         3s quote 100 5 101 6
         4s enable
         5s kill L1 1
         strategy 1: buy 1 limit 90; amend 2 price 89; cancel 2
         strategy 2: buy 1 limit 90
         6s quote 100 5 101 7
         7s kill off 1
         strategy 1: buy 1 limit 90
         8s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
              1/2 sent buy 2 limit @90 gtc on 1
              2/1 sent buy 1 limit @90 gtc on 1
            1s
            1s
            1s
            2s
            3s
              1/3 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
              1/4 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
              1/5 sent cancel of 1/1 on 1
            4s
              s1 outcome 3: denied-trading-disabled
              s1 outcome 4: denied-trading-disabled
            5s
            6s
              1/6 denied D-KILL-SWITCH limit 0 value 1 allowed 0
              1/7 denied D-KILL-SWITCH limit 0 value 1 allowed 0
              1/8 sent cancel of 1/2 on 1
              2/2 sent buy 1 limit @90 gtc on 1
            7s
            8s
              s1 outcome 6: denied-kill-switch
              s1 outcome 7: denied-kill-switch
              1/9 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn kill_levels_stop_new_orders_of_all_and_latch_until_off() {
    check(
        "strategy 1: buy 1 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         2s kill L3
         2s kill L2
         show kill
         strategy 1: buy 1 limit 90; amend 1 price 89
         strategy 2: buy 1 limit 90
         3s quote 100 5 101 6
         4s kill L4
         strategy 1: buy 1 limit 90 reduce-only; cancel 1
         5s quote 100 5 101 7
         # Off for one strategy does not take back the level of all.
         6s kill off 1
         show kill
         7s kill off
         show kill
         strategy 1: buy 1 limit 90
         8s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
            1s
            2s
              1/h1 sent cancel of 1/1 on 1
            2s
              kill: L3
            3s
              2/1 denied D-KILL-SWITCH limit 0 value 3 allowed 0
              1/2 denied D-KILL-SWITCH limit 0 value 3 allowed 0
              1/3 denied D-KILL-SWITCH limit 0 value 3 allowed 0
            4s
            5s
              s1 outcome 2: denied-kill-switch
              s1 outcome 3: denied-kill-switch
              s2 outcome 1: denied-kill-switch
              1/4 denied D-KILL-SWITCH limit 0 value 4 allowed 0
            6s
              kill: L4
            7s
              kill: off
            8s
              s1 outcome 4: denied-kill-switch
              1/6 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn a_full_queue_denies_submits_and_takes_cancels() {
    check(
        "with queue-max 2
         strategy 2: buy 1 limit 90
         0s quote 100 5 101 5
         1s accept 2/1
         1s venue-down
         strategy 1: buy 1 limit 90; buy 1 limit 90; buy 1 limit 90
         strategy 2: cancel 1
         2s quote 100 5 101 6
         show queue",
        expect![[r#"
            0s
              2/1 sent buy 1 limit @90 gtc on 1
            1s
            1s
            2s
              1/3 denied D-QUEUE-FULL limit 2 value 3 allowed 0
              queue: 2/2 1/1 1/2
        "#]],
    );
}

#[test]
fn every_rule_of_risk_is_shown_by_a_test() {
    let shown = concat!(
        include_str!("risks.rs"),
        include_str!("limits.rs"),
        include_str!("losses.rs"),
        include_str!("permissions.rs")
    );
    for (code, _) in risk::CHECKS {
        assert!(shown.contains(&format!("denied {code} ")), "{code}");
    }
}
