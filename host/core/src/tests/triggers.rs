//! Triggers: stops, orders that wait for a touch, trailing stops; what they reserve, what fires them, what ends them.

use expect_test::expect;

use crate::tests::check;

#[test]
fn a_stop_waits_reserves_and_goes_out_as_a_market_order() {
    check(
        "strategy 1: buy 5 stop 110
         0s trade 100 1
         show held 1
         show position 1
         show open
         1s trade 109 1
         2s trade 110 1
         show held 1
         show position 1
         show open",
        expect![[r#"
            0s
              1/1 held until 110
              held 1: 1/1 Waiting at 110
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
              open: 1 0 0
            1s
            2s
              1/1 released at 110
              1/1.1 sent buy 5 market gtc on 1
              held 1: none
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
              open: 1 0 0
        "#]],
    );
}

#[test]
fn stops_wait_for_the_worse_side_and_touched_orders_for_the_better() {
    check(
        "strategy 1: buy 1 stop 110; sell 1 stop 90; buy 1 touched 91; sell 1 touched 109
         0s trade 100 1
         1s trade 109 1
         2s trade 91 1
         3s trade 90 1
         4s trade 110 1",
        expect![[r#"
            0s
              1/1 held until 110
              1/2 held until 90
              1/3 held until 91
              1/4 held until 109
            1s
              1/4 released at 109
              1/4.1 sent sell 1 market gtc on 1
            2s
              1/3 released at 91
              1/3.1 sent buy 1 market gtc on 1
            3s
              1/2 released at 90
              1/2.1 sent sell 1 market gtc on 1
            4s
              1/1 released at 110
              1/1.1 sent buy 1 market gtc on 1
        "#]],
    );
}

#[test]
fn with_a_limit_they_go_out_as_limit_orders_and_a_gap_changes_nothing_of_it() {
    check(
        "strategy 1: buy 1 stop-limit 110 112; sell 1 touched-limit 120 119 day
         0s trade 100 1
         1s trade 125 1",
        expect![[r#"
            0s
              1/1 held until 110
              1/2 held until 120
            1s
              1/1 released at 125
              1/2 released at 125
              1/1.1 sent buy 1 limit @112 gtc on 1
              1/2.1 sent sell 1 limit @119 day on 1
        "#]],
    );
}

#[test]
fn a_trigger_that_is_there_already_lets_the_order_go_at_once() {
    check(
        "0s trade 100 1
         strategy 1: buy 1 stop 100; sell 1 stop 101; buy 1 touched 100; buy 1 stop 101
         1s trade 100 2",
        expect![[r#"
            0s
            1s
              1/1 held until 100
              1/1 released at 100
              1/2 held until 101
              1/2 released at 100
              1/3 held until 100
              1/3 released at 100
              1/4 held until 101
              1/1.1 sent buy 1 market gtc on 1
              1/2.1 sent sell 1 market gtc on 1
              1/3.1 sent buy 1 market gtc on 1
        "#]],
    );
}

#[test]
fn no_price_of_the_event_it_was_emitted_at_fires_an_order() {
    check(
        "strategy 1: buy 1 stop 110
         0s bar 100 120 95 105 1
         show held 1
         1s bar 105 110 100 101 1",
        expect![[r#"
            0s
              1/1 held until 110
              held 1: 1/1 Waiting at 110
            1s
              1/1 released at 110
              1/1.1 sent buy 1 market gtc on 1
        "#]],
    );
}

#[test]
fn a_trail_follows_the_best_price_and_never_goes_back() {
    check(
        "strategy 1: sell 1 trail 10; buy 1 trail 10; sell 1 trail 3ticks; sell 1 trail 1000bps
         0s trade 100 1
         show held 1
         1s trade 106 1
         show held 1
         2s trade 99 1
         show held 1
         3s trade 96 1
         show held 1",
        expect![[r#"
            0s
              1/1 held until 90
              1/2 held until 110
              1/3 held until 97
              1/4 held until 90
              held 1: 1/1 Waiting at 90, 1/2 Waiting at 110, 1/3 Waiting at 97, 1/4 Waiting at 90
            1s
              held 1: 1/1 Waiting at 96, 1/2 Waiting at 110, 1/3 Waiting at 103, 1/4 Waiting at 96
            2s
              1/3 released at 99
              1/3.1 sent sell 1 market gtc on 1
              held 1: 1/1 Waiting at 96, 1/2 Waiting at 109, 1/4 Waiting at 96
            3s
              1/1 released at 96
              1/4 released at 96
              1/1.1 sent sell 1 market gtc on 1
              1/4.1 sent sell 1 market gtc on 1
              held 1: 1/2 Waiting at 106
        "#]],
    );
}

#[test]
fn a_trail_in_basis_points_lies_on_the_tick_away_from_the_market() {
    check(
        "strategy 1: B sell 20 trail 33bps; B buy 20 trail 33bps; B sell 20 trail-limit 100bps 50
         0s B trade 10000 50
         show held 1
         1s B trade 10055 50
         show held 1
         2s B trade 9900 50",
        expect![[r#"
            0s
              1/1 held until 9965
              1/2 held until 10035
              1/3 held until 9900
              held 1: 1/1 Waiting at 9965, 1/2 Waiting at 10035, 1/3 Waiting at 9900
            1s
              1/2 released at 10055
              1/2.1 sent buy 20 market gtc on 1
              held 1: 1/1 Waiting at 10020, 1/3 Waiting at 9955
            2s
              1/1 released at 9900
              1/3 released at 9900
              1/1.1 sent sell 20 market gtc on 1
              1/3.1 sent sell 20 limit @9905 gtc on 1
        "#]],
    );
}

#[test]
fn within_a_bar_the_worst_price_counts_first_and_the_close_last() {
    check(
        "strategy 1: sell 1 trail 10; sell 1 trail 25
         0s trade 100 1
         1s bar 100 120 95 109 1
         show held 1",
        expect![[r#"
            0s
              1/1 held until 90
              1/2 held until 75
            1s
              1/1 released at 109
              1/1.1 sent sell 1 market gtc on 1
              held 1: 1/2 Waiting at 95
        "#]],
    );
}

#[test]
fn the_touch_and_the_mark_trigger_where_they_were_asked_for() {
    check(
        "strategy 1: buy 1 stop 110 by touch; sell 1 stop 90 by touch; buy 1 stop 110 by mark
         0s trade 100 1
         1s quote 100 5 101 5
         2s trade 120 1
         3s quote 109 5 110 5
         4s quote 90 5 111 5
         5s mark 110",
        expect![[r#"
            0s
              1/1 held until 110
              1/2 held until 90
              1/3 held until 110
            1s
            2s
            3s
              1/1 released at 110
              1/1.1 sent buy 1 market gtc on 1
            4s
              1/2 released at 90
              1/2.1 sent sell 1 market gtc on 1
            5s
              1/3 released at 110
              1/3.1 sent buy 1 market gtc on 1
        "#]],
    );
}

#[test]
fn without_a_trade_the_touch_stands_for_the_last_price() {
    check(
        "strategy 1: buy 1 stop 110; buy 1 trail 10
         0s quote 100 5 101 5
         show held 1
         1s quote 109 5 110 5
         show held 1
         2s quote 90 5 91 5
         3s trade 105 1
         4s quote 130 5 131 5
         show held 1",
        expect![[r#"
            0s
              1/1 held until 110
              1/2 held until 111
              held 1: 1/1 Waiting at 110, 1/2 Waiting at 111
            1s
              1/1 released at 110
              1/1.1 sent buy 1 market gtc on 1
              held 1: 1/2 Waiting at 111
            2s
            3s
              1/2 released at 105
              1/2.1 sent buy 1 market gtc on 1
            4s
              held 1: none
        "#]],
    );
}

#[test]
fn nothing_fires_from_stale_data_in_a_halt_or_while_nothing_may_be_sent() {
    check(
        "strategy 1: buy 1 stop 110; sell 1 trail 5
         0s trade 100 1
         1s stale
         2s trade 115 1
         3s recovered
         show held 1
         4s status halted
         5s trade 116 1
         6s status trading
         7s disable
         8s trade 117 1
         show held 1
         9s enable
         10s venue-down
         11s trade 118 1
         12s venue-up
         13s trade 119 1
         show held 1",
        expect![[r#"
            0s
              1/1 held until 110
              1/2 held until 95
            1s
            2s
            3s
              held 1: 1/1 Waiting at 110, 1/2 Waiting at 95
            4s
            5s
            6s
            7s
            8s
              held 1: 1/1 Waiting at 110, 1/2 Waiting at 112
            9s
            10s
            11s
            12s
            13s
              1/1 released at 119
              1/1.1 sent buy 1 market gtc on 1
              held 1: 1/2 Waiting at 114
        "#]],
    );
}

#[test]
fn a_held_order_is_canceled_amended_and_seen() {
    check(
        "strategy 1: buy 5 stop 110; buy 5 stop-limit 110 112; sell 5 trail 10; buy 1 limit 90
         0s trade 100 1
         strategy 1: cancel 1; amend 2 trigger 105 price 106 qty 3; amend 3 qty 2; amend 3 trigger 80; amend 2 trigger 105
         1s trade 101 1
         show held 1
         show position 1
         strategy 1: amend 1 trigger 90; amend 4 trigger 90; amend 2 trigger 101; cancel 3; cancel 3
         2s trade 101 2
         show held 1
         show position 1
         3s trade 101 3",
        expect![[r#"
            0s
              1/1 held until 110
              1/2 held until 110
              1/3 held until 90
              1/4 sent buy 1 limit @90 gtc on 1
            1s
              1/1 dropped canceled
              1/6 held until 105
              1/7 held until 90
              1/8 malformed M-STOP-PRICE value 80 limit 0
              1/9 malformed M-AMEND value 2 limit 0
              held 1: 1/2 Waiting at 105, 1/3 Waiting at 90
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 4/2
            2s
              s1 outcome 1: withdrawn
              s1 outcome 8: malformed
              s1 outcome 9: malformed
              1/10 malformed M-ORDER value 1 limit 0
              1/11 malformed M-STOP-PRICE value 90 limit 0
              1/12 held until 101
              1/2 released at 101
              1/3 dropped canceled
              1/14 malformed M-ORDER value 3 limit 0
              1/2.1 sent buy 3 limit @106 gtc on 1
              held 1: none
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 4/0
            3s
              s1 outcome 10: malformed
              s1 outcome 11: malformed
              s1 outcome 3: withdrawn
              s1 outcome 14: malformed
        "#]],
    );
}

#[test]
fn cancel_all_flatten_and_the_kill_switch_take_held_orders_with_them() {
    check(
        "strategy 1: buy 5 stop 110; B buy 20 stop 20000
         strategy 2: buy 5 stop 110
         0s trade 100 1
         strategy 1: cancel-all A
         1s trade 100 2
         show held 1
         strategy 1: flatten
         2s trade 100 3
         show held 1
         3s kill L1 2
         show held 2
         show open",
        expect![[r#"
            0s
              1/1 held until 110
              1/2 held until 20000
              2/1 held until 110
            1s
              1/1 dropped canceled
              held 1: 1/2 Waiting at 20000
            2s
              s1 outcome 1: withdrawn
              1/2 dropped canceled
              held 1: none
            3s
              2/1 dropped kill-switch
              held 2: none
              open: 0 0 0
        "#]],
    );
}

#[test]
fn a_split_takes_held_orders_with_it() {
    check(
        "strategy 1: buy 5 stop 110; B buy 20 stop 20000
         0s trade 100 1
         1s split 2 1
         show held 1",
        expect![[r#"
            0s
              1/1 held until 110
              1/2 held until 20000
            1s
              1/1 dropped instrument
              held 1: 1/2 Waiting at 20000
        "#]],
    );
}

#[test]
fn risk_judges_an_order_that_waits_and_again_when_it_goes_out() {
    check(
        "with position-strategy-max 10
         strategy 1: buy 6 stop 110; buy 6 stop 110; sell 6 stop 90
         0s trade 100 1
         1s trade 100 2
         2s trade 90 1
         2s fill 1/3.1 6 @90
         3s trade 110 1",
        expect![[r#"
            0s
              1/1 held until 110
              1/2 denied D-POSITION-STRATEGY limit 10 value 12 allowed 4
              1/3 held until 90
            1s
              s1 outcome 2: denied-position
            2s
              1/3 released at 90
              1/3.1 sent sell 6 market gtc on 1
            2s
            3s
              1/1 released at 110
              1/1.1 sent buy 6 market gtc on 1
        "#]],
    );
}

#[test]
fn a_reduce_only_stop_reserves_nothing_and_closes_what_is_there_to_close() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         strategy 1: sell 10 stop 90 reduce-only; sell 4 limit 120 reduce-only
         1s quote 100 5 101 6
         1s accept 1/3
         show position 1
         # The limit order is in the way of four; six go out.
         2s trade 90 1
         2s fill 1/2.1 6 @90
         show held 1
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
              1/2 held until 90
              1/3 sent sell 4 limit @120 gtc reduce-only on 1
            1s
              position 1: qty 10 cost 1010 realised 0 fees 0 reserved 0/4
            2s
              1/2 released at 90
              1/2.1 sent sell 6 market gtc reduce-only on 1
            2s
              held 1: none
              position 1: qty 4 cost 404 realised -66 fees 0 reserved 0/4
        "#]],
    );
}

#[test]
fn a_reduce_only_stop_waits_for_what_is_in_its_way() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         strategy 1: sell 10 stop 90 reduce-only; sell 10 limit 120 reduce-only
         1s quote 100 5 101 6
         1s accept 1/3
         2s trade 90 1
         show held 1
         strategy 1: cancel 3
         3s trade 89 1
         3s canceled 1/3
         show held 1
         3s fill 1/2.1 10 @89
         strategy 1: sell 10 stop 95 reduce-only
         4s trade 90 1
         5s trade 90 2",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
              1/2 held until 90
              1/3 sent sell 10 limit @120 gtc reduce-only on 1
            1s
            2s
              1/2 released at 90
              held 1: 1/2 Fired at 90
            3s
              1/4 sent cancel of 1/3 on 1
            3s
              1/2.1 sent sell 10 market gtc reduce-only on 1
              held 1: none
            3s
            4s
              1/5 held until 95
              1/5 released at 90
              1/5 dropped nothing-to-close
            5s
              s1 outcome 5: withdrawn
        "#]],
    );
}

#[test]
fn a_market_to_limit_order_rests_at_the_price_of_its_last_fill() {
    check(
        "strategy 1: buy 10 market-to-limit
         0s quote 100 5 101 5
         0s fill 1/1 4 @101
         0s canceled 1/1
         0s accept 1/1.16384
         show held 1
         strategy 1: buy 10 market-to-limit; buy 10 market-to-limit; buy 1 market-to-limit ioc
         1s quote 100 5 101 6
         1s fill 1/2 10 @101
         1s canceled 1/3
         show held 1
         show open",
        expect![[r#"
            0s
              1/1 sent buy 10 market ioc on 1
            0s
            0s
              1/1.16384 sent buy 6 limit @101 gtc on 1
            0s
              held 1: none
            1s
              1/4 malformed M-EXPIRY value 0 limit 2
              1/2 sent buy 10 market ioc on 1
              1/3 sent buy 10 market ioc on 1
            1s
              s1 outcome 4: malformed
            1s
              held 1: none
              open: 1 0 0
        "#]],
    );
}

#[test]
fn an_order_ends_at_its_time_wherever_it_is() {
    check(
        "strategy 1: buy 1 limit 90 until 10s; buy 1 stop 110 until 10s; buy 1 stop 101 until 20s; buy 1 limit 90 until 0s
         0s trade 100 1
         0s accept 1/1
         show wake
         1s trade 101 1
         1s accept 1/3.1
         10s trade 111 1
         show wake
         10s canceled 1/1
         show held 1
         11s fill 1/3.1 1 @101
         show held 1
         show wake",
        expect![[r#"
            0s
              1/2 held until 110
              1/3 held until 101
              1/4 malformed M-EXPIRY value 1700000000000000000 limit 1700000000000000000
              1/1 sent buy 1 limit @90 gtc on 1
            0s
              s1 outcome 4: malformed
              wake: 10s+0
            1s
              1/3 released at 101
              1/3.1 sent buy 1 market gtc on 1
            1s
            10s
              1/2 dropped expired
              1/1.16384 sent cancel of 1/1 on 1
              wake: 12s+0
            10s
              s1 outcome 2: expired
              held 1: 1/3 Sent at 101
            11s
              held 1: none
              wake: never
        "#]],
    );
}

#[test]
fn a_cancel_at_the_end_is_asked_for_again_where_the_venue_refuses_it() {
    check(
        "strategy 1: buy 1 limit 90 until 10s
         0s trade 100 1
         0s accept 1/1
         10s time
         10s cancel-reject 1/1
         show wake
         12s time
         12s canceled 1/1
         show wake",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
            0s
            10s
              1/1.16384 sent cancel of 1/1 on 1
            10s
              wake: 12s+0
            12s
              1/1.16385 sent cancel of 1/1 on 1
            12s
              wake: never
        "#]],
    );
}

#[test]
fn a_day_order_ends_at_midnight_where_nothing_says_when_the_day_ends() {
    check(
        "strategy 1: buy 1 limit 90 day; buy 1 stop 110 day
         0s trade 100 1
         show wake",
        expect![[r#"
            0s
              1/2 held until 110
              1/1 sent buy 1 limit @90 day on 1
              wake: 6400s+0
        "#]],
    );
}

#[test]
fn an_order_that_shows_a_part_sends_the_next_when_one_is_filled() {
    check(
        "strategy 1: buy 10 limit 90 display 4
         0s trade 100 1
         show held 1
         show position 1
         0s accept 1/1.1
         1s fill 1/1.1 3 @90
         2s fill 1/1.1 1 @90
         3s fill 1/1.2 4 @90
         4s fill 1/1.3 2 @90
         show open",
        expect![[r#"
            0s
              1/1.1 sent buy 4 limit @90 gtc on 1
              held 1: none
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 4/0
            0s
            1s
            2s
              1/1.2 sent buy 4 limit @90 gtc on 1
            3s
              1/1.3 sent buy 2 limit @90 gtc on 1
            4s
              open: 0 0 0
        "#]],
    );
}

#[test]
fn a_cancel_or_an_end_of_a_part_ends_the_whole() {
    check(
        "strategy 1: buy 10 limit 90 display 4; buy 10 limit 91 display 4 until 10s; B buy 100 limit 9000 display 15
         0s trade 100 1
         0s accept 1/1.1
         0s accept 1/2.1
         strategy 1: cancel 1
         1s trade 100 2
         1s canceled 1/1.1
         2s fill 1/2.1 4 @91
         10s time
         10s canceled 1/2.2
         show held 1
         show open
         show wake",
        expect![[r#"
            0s
              1/3 malformed M-DISPLAY value 15 limit 10
              1/1.1 sent buy 4 limit @90 gtc on 1
              1/2.1 sent buy 4 limit @91 gtc on 1
            0s
              s1 outcome 3: malformed
            0s
            1s
              1/4 sent cancel of 1/1.1 on 1
            1s
            2s
              1/2.2 sent buy 4 limit @91 gtc on 1
            10s
            10s
              1/2.16384 withdrawn by 1/2.2
              held 1: none
              open: 0 0 0
              wake: never
        "#]],
    );
}

#[test]
fn orders_of_a_book_show_the_touch_to_triggers_as_its_levels_do() {
    check(
        "strategy 1: buy 1 stop 102 by touch
         0s quote 99 5 100 5
         1s order add buy 1 99 5 5
         2s order add sell 2 103 5 5
         3s order delete sell 9 100 5 0",
        expect![[r#"
            0s
              1/1 held until 102
            1s
            2s
              1/1 released at 103
              1/1.1 sent buy 1 market gtc on 1
            3s
        "#]],
    );
}
