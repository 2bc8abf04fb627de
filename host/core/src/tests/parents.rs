//! Parents: splits, flattens, operators and the kill switch.

use alloc::format;

use expect_test::expect;

use crate::tests::check;
use crate::tests::script::run_world;

#[test]
fn a_flatten_waits_for_the_cancel_of_an_order_that_would_close_and_then_closes() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         strategy 1: sell 10 limit 110
         1s quote 100 5 101 6
         1s accept 1/2
         strategy 1: flatten
         2s quote 100 5 101 7
         show wake
         2s canceled 1/2
         show wake
         2s fill 1/3.1 10 @100
         show wake
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
              1/2 sent sell 10 limit @110 gtc on 1
            1s
            2s
              1/3 sent cancel of 1/2 on 1
              wake: never
            2s
              1/3.1 sent sell 10 market ioc reduce-only on 1
              wake: 2s+100000000
            2s
              wake: never
              position 1: qty 0 cost 0 realised -10 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn a_flatten_closes_what_nothing_is_in_the_way_of_at_once_and_tries_again() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         strategy 1: sell 4 limit 110
         1s quote 100 5 101 6
         1s accept 1/2
         strategy 1: flatten
         2s quote 100 5 101 7
         2s reject 1/3.1
         show wake
         # The cancel came too late for two of the four.
         3s fill 1/2 2 @110
         3s cancel-reject 1/2
         3s time
         3s canceled 1/2
         show wake
         3s+200000000 time
         4s fill 1/3.3 6 @100
         4s fill 1/3.4 2 @100
         show position 1
         show wake",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
              1/2 sent sell 4 limit @110 gtc on 1
            1s
            2s
              1/3 sent cancel of 1/2 on 1
              1/3.1 sent sell 6 market ioc reduce-only on 1
            2s
              1/3.2 sent sell 6 market ioc reduce-only on 1
              wake: 2s+200000000
            3s
            3s
              1/3.3 sent cancel of 1/2 on 1
            3s
            3s
              1/3.4 sent sell 2 market ioc reduce-only on 1
              wake: 3s+800000000
            3s+200000000
            4s
              anomaly A-LATE-FILL 6
              1/3.5 sent sell 6 market ioc reduce-only on 1
            4s
              position 1: qty 12 cost 1207 realised 17 fees 0 reserved 0/12
              wake: 5s+600000000
        "#]],
    );
}

#[test]
fn a_flatten_that_never_succeeds_is_given_up_with_an_anomaly() {
    check(
        "with retention 1
         strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         1s disable
         strategy 1: flatten
         2s quote 100 5 101 6
         3s time
         4s time
         5s time
         6s time
         8s time
         20s time
         40s time
         80s time
         200s time
         500s time
         show wake",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
            2s
              1/2 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            3s
              1/2.1 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            4s
              1/2.2 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            5s
              1/2.3 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            6s
              1/2.4 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            8s
              1/2.5 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            20s
              1/2.6 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            40s
              1/2.7 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            80s
              1/2.8 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            200s
              1/2.9 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            500s
              anomaly A-FLATTEN-FAILED 1
              wake: never
        "#]],
    );
}

#[test]
fn a_second_flatten_of_the_same_adds_nothing_and_one_of_nothing_is_refused() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         strategy 1: sell 10 limit 110
         1s quote 100 5 101 6
         strategy 1: flatten; flatten A; flatten
         strategy 2: flatten
         2s quote 100 5 101 7",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
              1/2 sent sell 10 limit @110 gtc on 1
            2s
              1/4 malformed M-NOTHING-TO-FLATTEN value 0 limit 0
              1/5 malformed M-NOTHING-TO-FLATTEN value 0 limit 0
              2/1 malformed M-NOTHING-TO-FLATTEN value 0 limit 0
        "#]],
    );
}

#[test]
fn what_is_larger_than_one_order_is_closed_in_parts_that_are_not_too_small() {
    check(
        "0s B quote 10000 50 10010 50
         strategy 1: B buy 1000 market; B buy 1000 market
         1s B quote 10000 50 10010 51
         1s B fill 1/1 1000 @10010
         1s B fill 1/2 10 @10010
         1s B canceled 1/2
         strategy 1: B flatten B
         2s B quote 10000 50 10010 52",
        expect![[r#"
            0s
            1s
              1/1 sent buy 1000 market gtc on 1
              1/2 sent buy 1000 market gtc on 1
            1s
            1s
            1s
            2s
              1/3 sent sell 990 market ioc reduce-only on 1
              1/3.1 sent sell 20 market ioc reduce-only on 1
        "#]],
    );
}

#[test]
fn an_operator_flattens_one_strategy_or_all() {
    check(
        "strategy 1: buy 10 market; buy 1 limit 90
         strategy 2: sell 5 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         0s accept 1/2
         0s fill 2/1 5 @100
         1s flatten-requested 1
         1s canceled 1/2
         1s fill 1/h1.1 10 @100
         2s flatten-requested 0
         2s fill 2/h1 5 @101
         show position 1
         show position 2
         show wake",
        expect![[r#"
            0s
              anomaly A-CROSS 1
              1/1 sent buy 10 market gtc on 1
              1/2 sent buy 1 limit @90 gtc on 1
              2/1 sent sell 5 market gtc on 1
            0s
            0s
            0s
            1s
              1/h1 sent cancel of 1/2 on 1
              1/h1.1 sent sell 10 market ioc on 1
            1s
            1s
            2s
              2/h1 sent buy 5 market ioc reduce-only on 1
            2s
              position 1: qty 0 cost 0 realised -10 fees 0 reserved 0/0
              position 2: qty 0 cost 0 realised -5 fees 0 reserved 0/0
              wake: never
        "#]],
    );
}

#[test]
fn level_three_cancels_everything_and_level_four_closes_it_too() {
    check(
        "strategy 1: buy 10 market; buy 1 limit 90
         strategy 3: buy 2 limit 91
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         0s accept 1/2
         0s accept 3/1
         1s kill L3
         # What they want now is denied.
         strategy 1: sell 10 market; flatten
         1s quote 100 5 101 6
         2s canceled 1/2
         2s canceled 3/1
         3s kill L4
         3s fill 1/h2 10 @100
         show position 1
         show wake",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
              1/2 sent buy 1 limit @90 gtc on 1
              3/1 sent buy 2 limit @91 gtc on 2
            0s
            0s
            0s
            1s
              1/h1 sent cancel of 1/2 on 1
              3/h1 sent cancel of 3/1 on 2
            1s
              1/3 denied D-KILL-SWITCH limit 0 value 3 allowed 0
              1/4 denied D-KILL-SWITCH limit 0 value 3 allowed 0
            2s
              s1 outcome 3: denied-kill-switch
              s1 outcome 4: denied-kill-switch
              1/4.1 denied D-KILL-SWITCH limit 0 value 3 allowed 0
            2s
            3s
              1/h2 sent sell 10 market ioc reduce-only on 1
            3s
              s1 outcome 4: denied-kill-switch
              position 1: qty 0 cost 0 realised -10 fees 0 reserved 0/0
              wake: never
        "#]],
    );
}

#[test]
fn the_kill_switch_takes_submits_and_amends_out_of_the_queue_and_leaves_cancels() {
    check(
        "strategy 1: buy 1 limit 90; buy 1 limit 91
         strategy 2: buy 1 limit 90
         0s quote 100 5 101 5
         0s accept 1/1
         0s accept 1/2
         1s venue-down
         strategy 1: buy 1 limit 92; amend 1 price 89; cancel 2
         strategy 2: buy 1 limit 93
         2s quote 100 5 101 6
         show queue
         3s kill L1 1
         show queue
         4s kill L2
         show queue
         show open
         5s venue-up
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
              1/2 sent buy 1 limit @91 gtc on 1
              2/1 sent buy 1 limit @90 gtc on 1
            0s
            0s
            1s
            2s
              queue: 1/5 1/4 2/2 1/3
            3s
              1/4 withdrawn by 0/0
              1/3 withdrawn by 0/0
              queue: 1/5 2/2
            4s
              2/2 withdrawn by 0/0
              queue: 1/5
              open: 2 1 0
            5s
              1/5 sent cancel of 1/2 on 1
              1/1 ACCEPTED 0/1 @90 reserved 1
              1/2 PENDING_CANCEL 0/1 @91 reserved 1
              2/1 SUBMITTED 0/1 @90 reserved 1
        "#]],
    );
}

#[test]
fn one_intent_becomes_so_many_legs_and_says_what_it_left_alone() {
    let mut script = alloc::string::String::from("with queue-max 10000\n");
    for second in 0..17 {
        script += &alloc::format!("strategy 1: {}x buy 1 limit 90\n", if second < 16 { 64 } else { 1 });
        script += &alloc::format!("{second}s quote 100 5 101 {}\n", second + 1);
    }
    script += "strategy 1: cancel-all; cancel-all\n18s quote 100 5 101 5\n";
    let out = crate::tests::script::run(&script);
    assert!(out.contains("1/1026.1024 malformed M-LEGS value 1025 limit 1024"), "{}", &out[out.len() - 400..]);
    // The second one finds the one that the first left, and nothing else.
    assert_eq!(out.matches("malformed").count(), 1);
}

#[test]
fn a_kill_with_more_orders_than_legs_closes_the_position_and_cancels_the_rest_in_later_rounds() {
    let mut script = alloc::string::String::from("with queue-max 10000\nstrategy 1: buy 10 market\n");
    script += "0s quote 100 5 101 5\n0s fill 1/1 10 @101\n";
    for second in 1..18 {
        script += &alloc::format!("strategy 1: {}x buy 1 limit 90\n", if second < 17 { 64 } else { 1 });
        script += &alloc::format!("{second}s quote 100 5 101 {}\n", second + 5);
    }
    // Cancels wait for the answer to their submits; the rest comes with the next round.
    script += "20s kill L4\n20s+100000000 time\nshow queue\nshow wake\n";
    let out = crate::tests::script::run(&script);
    assert!(out.contains("1/h1.1024 malformed M-LEGS value 1025 limit 1024"), "{}", &out[out.len() - 300..]);
    assert!(out.contains("sent sell 10 market ioc reduce-only on 1"), "the position is closed");
    let waiting = out.lines().find(|line| line.contains("queue: ")).expect("shown");
    assert_eq!(waiting.split_whitespace().count() - 1, 1_025, "every order has its cancel");
}

#[test]
fn level_three_cancels_more_orders_than_one_intent_has_legs() {
    let mut script = alloc::string::String::from("with queue-max 10000\n");
    for second in 0..17 {
        script += &alloc::format!("strategy 1: {}x buy 1 limit 90\n", if second < 16 { 64 } else { 1 });
        script += &alloc::format!("{second}s quote 100 5 101 {}\n", second + 1);
    }
    script += "18s kill L3\nshow queue\n";
    let out = crate::tests::script::run(&script);
    let waiting = out.lines().find(|line| line.contains("queue: ")).expect("shown");
    assert_eq!(waiting.split_whitespace().count() - 1, 1_025, "every order has its cancel");
    assert!(waiting.ends_with("1/h2"), "the last one is another intent's");
}

#[test]
fn the_intent_of_a_flatten_is_no_order_to_cancel() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         strategy 1: sell 10 limit 110
         1s quote 100 5 101 6
         1s accept 1/2
         strategy 1: flatten
         2s quote 100 5 101 7
         strategy 1: cancel 3
         3s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
              1/2 sent sell 10 limit @110 gtc on 1
            1s
            2s
              1/3 sent cancel of 1/2 on 1
            3s
              1/4 malformed M-ORDER value 3 limit 0
        "#]],
    );
}

#[test]
fn a_flatten_goes_on_while_an_order_is_open_that_could_still_fill() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         0s accept 1/1
         strategy 1: flatten
         1s quote 100 5 101 6
         # The fill was there before the cancel.
         2s fill 1/1 5 @90
         3s cancel-reject 1/1
         show open",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            0s
            1s
              1/2 sent cancel of 1/1 on 1
            2s
              1/2.1 sent sell 5 market ioc reduce-only on 1
            3s
              open: 1 0 0
        "#]],
    );
}

#[test]
fn a_flatten_of_one_instrument_closes_it_as_soon_as_nothing_is_in_its_way_there() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         strategy 1: sell 4 limit 110
         1s quote 100 5 101 6
         1s accept 1/2
         strategy 1: flatten A
         2s quote 100 5 101 7
         2s fill 1/3.1 6 @100
         # No time has passed; what the order held back is closed at once.
         2s canceled 1/2",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
              1/2 sent sell 4 limit @110 gtc on 1
            1s
            2s
              1/3 sent cancel of 1/2 on 1
              1/3.1 sent sell 6 market ioc reduce-only on 1
            2s
            2s
              1/3.2 sent sell 4 market ioc reduce-only on 1
        "#]],
    );
}

#[test]
fn one_round_of_a_flatten_has_a_bounded_number_of_parts() {
    let world = run_world(
        "with queue-max 10000
         strategy 1: buy 3000 market
         0s quote 100 5 101 5
         1s fill 1/1 3000 @101
         with qty-max A 1
         2s config
         strategy 1: flatten
         3s quote 100 5 101 6",
    );
    assert_eq!(world.effects.commands.len(), 2048);
}

/// Strategy 1 holds 4 and has two orders: one at the venue, and a stop that waits here.
const HALTED: &str = "strategy 1: buy 4 market
         0s quote 100 5 101 5
         0s fill 1/1 4 @101
         strategy 1: sell 2 limit 110; sell 2 stop 90
         strategy 2: buy 1 limit 95
         1s quote 100 5 101 6
         1s accept 1/2
         1s accept 2/1
         1s halt 1
         show position 1
         show orders";

#[test]
fn a_halt_leaves_orders_where_nothing_else_is_configured() {
    check(
        HALTED,
        expect![[r#"
        0s
          1/1 sent buy 4 market gtc on 1
        0s
        1s
          1/3 held until 90
          1/2 sent sell 2 limit @110 gtc on 1
          2/1 sent buy 1 limit @95 gtc on 1
        1s
        1s
        1s
          position 1: qty 4 cost 404 realised 0 fees 0 reserved 0/4
          1/1 FILLED 4/4 @0 reserved 0
          1/2 ACCEPTED 0/2 @110 reserved 2
          2/1 ACCEPTED 0/1 @95 reserved 1
    "#]],
    );
}

#[test]
fn a_halt_cancels_what_is_open_where_that_is_configured() {
    check(
        &format!("with on-halt 1 cancel\n{HALTED}"),
        expect![[r#"
        0s
          1/1 sent buy 4 market gtc on 1
        0s
        1s
          1/3 held until 90
          1/2 sent sell 2 limit @110 gtc on 1
          2/1 sent buy 1 limit @95 gtc on 1
        1s
        1s
        1s
          1/3 dropped canceled
          1/h1 sent cancel of 1/2 on 1
          position 1: qty 4 cost 404 realised 0 fees 0 reserved 0/2
          1/1 FILLED 4/4 @0 reserved 0
          1/2 PENDING_CANCEL 0/2 @110 reserved 2
          2/1 ACCEPTED 0/1 @95 reserved 1
    "#]],
    );
}

#[test]
fn a_halt_closes_the_position_where_that_is_configured() {
    check(
        &format!("with on-halt 1 flatten\n{HALTED}\n2s canceled 1/2\nshow position 1"),
        expect![[r#"
        0s
          1/1 sent buy 4 market gtc on 1
        0s
        1s
          1/3 held until 90
          1/2 sent sell 2 limit @110 gtc on 1
          2/1 sent buy 1 limit @95 gtc on 1
        1s
        1s
        1s
          1/3 dropped canceled
          1/h1 sent cancel of 1/2 on 1
          1/h1.1 sent sell 2 market ioc reduce-only on 1
          position 1: qty 4 cost 404 realised 0 fees 0 reserved 0/4
          1/1 FILLED 4/4 @0 reserved 0
          1/2 PENDING_CANCEL 0/2 @110 reserved 2
          1/h1.1 SUBMITTED 0/2 @0 reserved 2
          2/1 ACCEPTED 0/1 @95 reserved 1
        2s
          1/h1.2 sent sell 2 market ioc reduce-only on 1
          position 1: qty 4 cost 404 realised 0 fees 0 reserved 0/4
    "#]],
    );
}

#[test]
fn a_flatten_of_one_instrument_leaves_the_others() {
    check(
        "strategy 1: buy 10 limit 101; B buy 40 limit 105
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         0s B fill 1/2 40 @105
         1s flatten-in 0",
        expect![[r#"
            0s
              1/2 malformed M-NOTIONAL-MIN value 4 limit 100
              1/1 sent buy 10 limit @101 gtc on 1
            0s
              s1 outcome 2: malformed
            0s
              anomaly A-LATE-FILL 40
            1s
              1/h1 sent sell 10 market ioc reduce-only on 1
        "#]],
    );
}
