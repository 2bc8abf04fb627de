//! Brackets: orders that are tied to others and wait for a price; what of them waits, what fires, and what ends the others?

use alloc::string::String;

use expect_test::expect;

use crate::tests::check;
use crate::tests::script::{run, run_world};

/// An entry, a stop-loss and a take-profit, of which one cancels the other.
const OCO: &str = "strategy 1: buy 10 limit 100; sell 10 stop 90 reduce-only after 1 oco 0; \
                   sell 10 limit 110 reduce-only after 1 oco 2
                   0s quote 100 5 101 5
                   0s accept 1/1
                   ";

/// The same, of which one takes its fills from the other.
const OUO: &str = "strategy 1: buy 10 limit 100; sell 10 stop 90 reduce-only after 1 ouo 0; \
                   sell 10 limit 110 reduce-only after 1 ouo 2
                   0s quote 100 5 101 5
                   0s accept 1/1
                   ";

#[test]
fn the_legs_of_a_bracket_come_as_the_entry_fills_and_the_stop_waits() {
    check(
        &(String::from(OCO)
            + "show waiting 1
               1s fill 1/1 4 @100
               1s accept 1/3.1024
               show waiting 1
               show held 1
               show position 1
               show open
               2s fill 1/1 6 @100
               show waiting 1
               show links
               show position 1
               show open"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
              waiting 1: 2 sell 10 at 90, 3 sell 10 at 0
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 4 limit @110 gtc reduce-only on 1
            1s
              waiting 1: 2 sell 4 at 90, 2 sell 6 at 90, 3 sell 6 at 0
              held 1: 1/2 Waiting at 90
              position 1: qty 4 cost 400 realised 0 fees 0 reserved 6/4
              open: 3 0 0
            2s
              1/2.2048 held until 90
              1/3.2048 sent sell 6 limit @110 gtc reduce-only on 1
              waiting 1: 2 sell 10 at 90
              oco of 1: 2 3
              position 1: qty 10 cost 1000 realised 0 fees 0 reserved 0/10
              open: 3 0 0
        "#]],
    );
}

#[test]
fn a_stop_that_fills_cancels_the_take_profit_and_closes_all_of_the_position() {
    check(
        &(String::from(OCO)
            + "1s fill 1/1 10 @100
               1s accept 1/3.1024
               # The take-profit is there to close the same ten: it is not in the way.
               2s trade 90 1
               show position 1
               3s accept 1/2.1025
               3s fill 1/2.1025 10 @89
               4s canceled 1/3.1024
               show position 1
               show links
               show open"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 10 limit @110 gtc reduce-only on 1
            1s
            2s
              1/2 released at 90
              1/2.1025 sent sell 10 market gtc reduce-only on 1
              position 1: qty 10 cost 1000 realised 0 fees 0 reserved 0/20
            3s
            3s
              1/3.31744 sent cancel of 1/3.1024 on 1
            4s
              position 1: qty 0 cost 0 realised -110 fees 0 reserved 0/0
              no links
              open: 0 0 0
        "#]],
    );
}

#[test]
fn a_take_profit_that_fills_drops_the_stop_that_waits() {
    check(
        &(String::from(OCO)
            + "1s fill 1/1 10 @100
               1s accept 1/3.1024
               2s fill 1/3.1024 3 @110
               show waiting 1
               show open
               # Nothing is left that this price could fire.
               3s trade 80 1
               4s fill 1/3.1024 7 @110
               show links"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 10 limit @110 gtc reduce-only on 1
            1s
            2s
              1/2 dropped canceled
              waiting 1: none
              open: 1 0 0
            3s
              s1 outcome 2: withdrawn
            4s
              no links
        "#]],
    );
}

#[test]
fn a_stop_that_fired_while_the_entry_still_fills_goes_on_with_each_part() {
    check(
        &(String::from(OCO)
            + "1s fill 1/1 4 @100
               1s accept 1/3.1024
               2s trade 90 1
               2s fill 1/2.1025 4 @90
               2s canceled 1/3.1024
               # The price is there already: what the entry buys now is sold at once.
               3s fill 1/1 6 @100
               3s fill 1/2.2049 6 @90
               show position 1
               show links
               show open"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 4 limit @110 gtc reduce-only on 1
            1s
            2s
              1/2 released at 90
              1/2.1025 sent sell 4 market gtc reduce-only on 1
            2s
              1/3 withdrawn by 1/2
              1/3.31744 sent cancel of 1/3.1024 on 1
            2s
              s1 outcome 3: withdrawn
            3s
              1/2.2048 held until 90
              1/2 released at 90
              1/2.2049 sent sell 6 market gtc reduce-only on 1
            3s
              position 1: qty 0 cost 0 realised -100 fees 0 reserved 0/0
              no links
              open: 0 0 0
        "#]],
    );
}

#[test]
fn a_fill_of_the_take_profit_takes_as_much_from_the_stop_that_waits() {
    check(
        &(String::from(OUO)
            + "1s fill 1/1 10 @100
               1s accept 1/3.1024
               2s fill 1/3.1024 4 @110
               show waiting 1
               3s trade 90 1
               show links
               3s accept 1/2.1025
               3s fill 1/2.1025 6 @90
               show position 1
               3s canceled 1/3.1024
               show links
               show open"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 10 limit @110 gtc reduce-only on 1
            1s
            2s
              1/2.31744 held until 90
              waiting 1: 2 sell 6 at 90
            3s
              1/2 released at 90
              1/2.1025 sent sell 6 market gtc reduce-only on 1
              ouo of 1: 2 3, 3 was filled
            3s
            3s
              1/3.31744 sent cancel of 1/3.1024 on 1
              position 1: qty 0 cost 0 realised -20 fees 0 reserved 0/6
            3s
              no links
              open: 0 0 0
        "#]],
    );
}

#[test]
fn a_take_profit_that_is_filled_whole_drops_the_part_of_the_stop_and_leaves_what_is_to_come() {
    check(
        &(String::from(OUO)
            + "1s fill 1/1 4 @100
               1s accept 1/3.1024
               2s fill 1/3.1024 4 @110
               show waiting 1
               show links
               # Nothing of the stop is told before the last of it.
               3s quote 100 5 101 6
               4s fill 1/1 6 @100
               4s accept 1/3.2048
               show waiting 1
               5s fill 1/3.2048 6 @110
               show links
               6s quote 100 5 101 5"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 4 limit @110 gtc reduce-only on 1
            1s
            2s
              1/2 dropped canceled
              waiting 1: 2 sell 6 at 90, 3 sell 6 at 0
              1/2 waits for 1, sent 4/10
              1/3 waits for 1, sent 4/10
              ouo of 1: 2 3, 3 was filled
            3s
            4s
              1/2.2048 held until 90
              1/3.2048 sent sell 6 limit @110 gtc reduce-only on 1
            4s
              waiting 1: 2 sell 6 at 90
            5s
              1/2 dropped canceled
              no links
            6s
              s1 outcome 2: withdrawn
        "#]],
    );
}

#[test]
fn what_would_be_left_too_small_of_a_stop_is_dropped_and_the_rest_stays_on_the_lot() {
    check(
        "0s B quote 10000 50 10010 50
         strategy 1: B sell 40 stop 9900 ouo 0; B sell 40 limit 10200 ouo 1
         strategy 2: B sell 60 stop 9900 ouo 0; sell 5 limit 110 ouo 1
         1s B quote 10000 50 10010 51
         1s B accept 1/2
         1s accept 2/2
         2s B fill 1/2 10 @10200
         show waiting 1
         3s B fill 1/2 20 @10200
         show waiting 1
         # Five of another instrument: down to the lot.
         4s fill 2/2 5 @110
         show waiting 2",
        expect![[r#"
            0s
            1s
              2/1 held until 9900
              1/1 held until 9900
              2/2 sent sell 5 limit @110 gtc on 1
              1/2 sent sell 40 limit @10200 gtc on 1
            1s
            1s
            2s
              1/1.31744 held until 9900
              waiting 1: 1 sell 30 at 9900
            3s
              1/1 dropped canceled
              waiting 1: none
            4s
              2/1.31744 held until 9900
              waiting 2: 1 sell 50 at 9900
        "#]],
    );
}

#[test]
fn a_cancel_of_a_leg_takes_all_of_it_and_is_told_once() {
    check(
        &(String::from(OUO)
            + "1s fill 1/1 4 @100
               1s accept 1/3.1024
               strategy 1: cancel 2
               2s quote 100 5 101 6
               show waiting 1
               3s fill 1/1 2 @100
               show links
               4s quote 100 5 101 5"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 4 limit @110 gtc reduce-only on 1
            1s
            2s
              1/2 dropped canceled
              1/2 withdrawn by 1/4
              waiting 1: 3 sell 6 at 0
            3s
              s1 outcome 2: withdrawn
              1/3.2048 sent sell 2 limit @110 gtc reduce-only on 1
              1/3 waits for 1, sent 6/10
              ouo of 1: 2 3
            4s
        "#]],
    );
}

#[test]
fn a_cancel_of_a_leg_reaches_what_fired_and_what_still_waits() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 stop-limit 90 95 after 1
         0s quote 100 5 101 5
         1s fill 1/1 4 @100
         2s trade 90 1
         2s accept 1/2.1025
         2s trade 100 1
         3s fill 1/1 4 @100
         show waiting 1
         strategy 1: cancel 2
         4s quote 100 5 101 6
         show waiting 1
         4s canceled 1/2.1025
         show links
         show open",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            1s
              1/2.1024 held until 90
            2s
              1/2 released at 90
              1/2.1025 sent sell 4 limit @95 gtc on 1
            2s
            2s
            3s
              1/2.2048 held until 90
              waiting 1: 2 sell 4 at 90, 2 sell 2 at 90
            4s
              1/2 dropped canceled
              1/2 withdrawn by 1/3
              1/3 sent cancel of 1/2.1025 on 1
              waiting 1: none
            4s
              s1 outcome 2: withdrawn
              no links
              open: 1 0 0
        "#]],
    );
}

#[test]
fn cancel_all_and_flatten_take_the_legs_of_a_bracket_along() {
    let after = |act: &str| {
        run(&(String::from(OCO)
            + "1s fill 1/1 4 @100
               1s accept 1/3.1024
               strategy 1: "
            + act
            + "
               2s quote 100 5 101 6
               show waiting 1
               3s canceled 1/1
               3s canceled 1/3.1024
               show links
               show open
               4s quote 100 5 101 5"))
    };
    expect![[r#"
        0s
          1/2 tied to 1/1
          1/3 tied to 1/1
          1/1 sent buy 10 limit @100 gtc on 1
        0s
        1s
          1/2.1024 held until 90
          1/3.1024 sent sell 4 limit @110 gtc reduce-only on 1
        1s
        2s
          1/2 dropped canceled
          1/2 withdrawn by 1/4
          1/3 withdrawn by 1/4
          1/4 sent cancel of 1/1 on 1
          1/4.1 sent cancel of 1/3.1024 on 1
          waiting 1: none
        3s
          s1 outcome 2: withdrawn
          s1 outcome 3: withdrawn
        3s
          no links
          open: 0 0 0
        4s
    "#]]
    .assert_eq(&after("cancel-all"));
    expect![[r#"
        0s
          1/2 tied to 1/1
          1/3 tied to 1/1
          1/1 sent buy 10 limit @100 gtc on 1
        0s
        1s
          1/2.1024 held until 90
          1/3.1024 sent sell 4 limit @110 gtc reduce-only on 1
        1s
        2s
          1/2 dropped canceled
          1/2 withdrawn by 1/4
          1/3 withdrawn by 1/4
          1/4 sent cancel of 1/1 on 1
          1/4.1 sent cancel of 1/3.1024 on 1
          waiting 1: none
        3s
          s1 outcome 2: withdrawn
          s1 outcome 3: withdrawn
        3s
          1/4.2 sent sell 4 market ioc reduce-only on 1
          no links
          open: 1 0 0
        4s
    "#]]
    .assert_eq(&after("flatten"));
}

#[test]
fn the_kill_switch_takes_what_waits_of_a_bracket() {
    check(
        &(String::from(OCO)
            + "1s fill 1/1 4 @100
               1s accept 1/3.1024
               2s kill L1 1
               show waiting 1
               show links
               3s fill 1/1 6 @100
               4s trade 80 1"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 4 limit @110 gtc reduce-only on 1
            1s
            2s
              1/2 dropped kill-switch
              1/2 withdrawn by 0/0
              1/3 withdrawn by 0/0
              waiting 1: none
              oco of 1: 2 3
            3s
              s1 outcome 2: withdrawn
              s1 outcome 3: withdrawn
            4s
        "#]],
    );
}

#[test]
fn a_split_of_the_instrument_takes_the_waiting_legs_back() {
    check(
        &(String::from(OCO)
            + "1s fill 1/1 4 @100
               2s split 2 1
               show waiting 1
               show links"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 4 limit @110 gtc reduce-only on 1
            2s
              1/2 dropped instrument
              1/2 withdrawn by 0/0
              1/3 withdrawn by 0/0
              waiting 1: none
              oco of 1: 2 3
        "#]],
    );
}

#[test]
fn an_entry_that_ends_without_a_fill_takes_a_stop_along() {
    check(
        &(String::from(OCO)
            + "1s canceled 1/1
               show waiting 1
               show links
               2s quote 100 5 101 6"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2 withdrawn by 1/1
              1/3 withdrawn by 1/1
              waiting 1: none
              no links
            2s
              s1 outcome 2: withdrawn
              s1 outcome 3: withdrawn
        "#]],
    );
}

#[test]
fn an_entry_may_wait_for_a_price_itself() {
    check(
        "strategy 1: buy 10 stop 105; sell 10 stop 95 reduce-only after 1 oco 0; sell 10 touched 115 reduce-only after 1 oco 2
         0s trade 100 1
         show waiting 1
         1s trade 105 1
         1s fill 1/1.1 10 @105
         show waiting 1
         2s trade 115 1
         2s fill 1/3.1025 10 @115
         show waiting 1
         show position 1
         show links",
        expect![[r#"
            0s
              1/1 held until 105
              1/2 tied to 1/1
              1/3 tied to 1/1
              waiting 1: 1 buy 10 at 105, 2 sell 10 at 95, 3 sell 10 at 115
            1s
              1/1 released at 105
              1/1.1 sent buy 10 market gtc on 1
            1s
              1/2.1024 held until 95
              1/3.1024 held until 115
              waiting 1: 2 sell 10 at 95, 3 sell 10 at 115
            2s
              1/3 released at 115
              1/3.1025 sent sell 10 market gtc reduce-only on 1
            2s
              1/2 dropped canceled
              waiting 1: none
              position 1: qty 0 cost 0 realised 100 fees 0 reserved 0/0
              no links
        "#]],
    );
}

#[test]
fn orders_that_wait_for_a_price_share_their_fate_without_an_entry() {
    check(
        "strategy 1: buy 5 stop 110 oco 0; sell 5 stop 90 oco 1
         strategy 2: buy 5 stop 110 day ouo 0; sell 5 stop 90 day ouo 1
         0s trade 100 1
         show links
         1s trade 110 1
         2s fill 1/1.1 2 @110
         2s fill 2/1.1 2 @110
         show waiting 1
         show waiting 2
         3s fill 1/1.1 3 @110
         3s fill 2/1.1 3 @110
         show links
         show held 2
         4s trade 80 1",
        expect![[r#"
            0s
              1/1 held until 110
              1/2 held until 90
              2/1 held until 110
              2/2 held until 90
              oco of 1: 1 2
              ouo of 2: 1 2
            1s
              1/1 released at 110
              2/1 released at 110
              1/1.1 sent buy 5 market gtc on 1
              2/1.1 sent buy 5 market day on 1
            2s
              1/2 dropped canceled
            2s
              2/2.31744 held until 90
              waiting 1: none
              waiting 2: 2 sell 3 at 90
            3s
              s1 outcome 2: withdrawn
            3s
              2/2 dropped canceled
              no links
              held 2: none
            4s
              s2 outcome 2: withdrawn
        "#]],
    );
}

#[test]
fn a_part_joins_what_waits_at_the_prices_it_was_given_since() {
    check(
        "strategy 1: buy 12 limit 100; sell 12 stop 90 after 1
         0s quote 100 5 101 5
         1s fill 1/1 4 @100
         strategy 1: amend 2 trigger 95
         2s quote 100 5 101 6
         3s fill 1/1 4 @100
         show waiting 1
         4s trade 95 1
         4s trade 100 1
         # What comes after it fired waits at the same price.
         5s fill 1/1 4 @100
         show waiting 1",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/1 sent buy 12 limit @100 gtc on 1
            1s
              1/2.1024 held until 90
            2s
              1/3 held until 95
            3s
              1/2.2048 held until 95
              waiting 1: 2 sell 8 at 95, 2 sell 4 at 95
            4s
              1/2 released at 95
              1/2.2049 sent sell 8 market gtc on 1
            4s
            5s
              1/2.3072 held until 95
              waiting 1: 2 sell 4 at 95
        "#]],
    );
}

#[test]
fn the_trail_of_a_stop_goes_on_from_where_it_is_as_parts_join_it() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 trail 5 reduce-only after 1
         0s trade 100 1
         show waiting 1
         1s fill 1/1 4 @100
         2s trade 108 1
         3s trade 105 1
         4s fill 1/1 6 @100
         show waiting 1
         5s trade 103 1",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
              waiting 1: 2 sell 10 at 0
            1s
              1/2.1024 held until 95
            2s
            3s
            4s
              1/2.2048 held until 103
              waiting 1: 2 sell 10 at 103
            5s
              1/2 released at 103
              1/2.2049 sent sell 10 market gtc reduce-only on 1
        "#]],
    );
}

#[test]
fn a_stop_that_fired_waits_for_what_is_in_its_way_and_for_its_own_group_not() {
    check(
        &(String::from(OUO)
            + "1s fill 1/1 10 @100
               1s accept 1/3.1024
               strategy 1: cancel 3
               2s quote 100 5 101 6
               2s canceled 1/3.1024
               # Another order, of no group, closes all of it.
               strategy 1: sell 10 limit 120 reduce-only
               3s quote 100 5 101 5
               3s accept 1/5
               4s trade 90 1
               show held 1
               5s canceled 1/5
               show position 1"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 10 limit @110 gtc reduce-only on 1
            1s
            2s
              1/4 sent cancel of 1/3.1024 on 1
            2s
            3s
              1/5 sent sell 10 limit @120 gtc reduce-only on 1
            3s
            4s
              1/2 released at 90
              held 1: 1/2 Fired at 90
            5s
              1/2.1025 sent sell 10 market gtc reduce-only on 1
              position 1: qty 10 cost 1000 realised 0 fees 0 reserved 0/10
        "#]],
    );
}

#[test]
fn what_a_fill_of_its_group_takes_from_a_stop_that_fired_is_not_sent() {
    let fired = |kind: &str| {
        run(&(String::from(
            "strategy 1: buy 20 market
             0s quote 100 5 101 5
             0s fill 1/1 20 @101
             strategy 1: sell 20 limit 130 reduce-only
             1s quote 100 5 101 6
             1s accept 1/2
             strategy 1: sell 10 stop 90 reduce-only KIND 0; sell 10 limit 110 KIND 3
             2s quote 100 5 101 5
             2s accept 1/4
             3s trade 90 1
             show held 1
             strategy 1: cancel 2
             4s quote 100 5 101 6
             5s fill 1/4 4 @110
             show held 1
             6s canceled 1/2
             show held 1
             show position 1",
        )
        .replace("KIND", kind)))
    };
    expect![[r#"
        0s
          1/1 sent buy 20 market gtc on 1
        0s
        1s
          1/2 sent sell 20 limit @130 gtc reduce-only on 1
        1s
        2s
          1/3 held until 90
          1/4 sent sell 10 limit @110 gtc on 1
        2s
        3s
          1/3 released at 90
          held 1: 1/3 Fired at 90
        4s
          1/5 sent cancel of 1/2 on 1
        5s
          1/3.31744 held until 90
          held 1: 1/3 Fired at 90
        6s
          1/3.1 sent sell 6 market gtc reduce-only on 1
          held 1: none
          position 1: qty 16 cost 1616 realised 36 fees 0 reserved 0/12
    "#]]
    .assert_eq(&fired("ouo"));
    expect![[r#"
        0s
          1/1 sent buy 20 market gtc on 1
        0s
        1s
          1/2 sent sell 20 limit @130 gtc reduce-only on 1
        1s
        2s
          1/3 held until 90
          1/4 sent sell 10 limit @110 gtc on 1
        2s
        3s
          1/3 released at 90
          held 1: 1/3 Fired at 90
        4s
          1/5 sent cancel of 1/2 on 1
        5s
          1/3 dropped canceled
          held 1: none
        6s
          s1 outcome 3: withdrawn
          held 1: none
          position 1: qty 16 cost 1616 realised 36 fees 0 reserved 0/6
    "#]]
    .assert_eq(&fired("oco"));
}

#[test]
fn a_fill_that_makes_room_for_a_stop_that_fired_and_takes_from_it_takes_first() {
    let fired = |kind: &str| {
        run(&(String::from(
            "strategy 1: buy 5 market
             0s quote 100 5 101 5
             0s fill 1/1 5 @101
             strategy 1: sell 5 limit 120 reduce-only; buy 10 limit 95 KIND 0; sell 10 stop 90 reduce-only KIND 3
             1s quote 100 5 101 6
             1s accept 1/2
             1s accept 1/3
             2s trade 90 1
             show held 1
             3s fill 1/3 4 @95
             show held 1",
        )
        .replace("KIND", kind)))
    };
    expect![[r#"
        0s
          1/1 sent buy 5 market gtc on 1
        0s
        1s
          1/4 held until 90
          1/2 sent sell 5 limit @120 gtc reduce-only on 1
          1/3 sent buy 10 limit @95 gtc on 1
        1s
        1s
        2s
          1/4 released at 90
          held 1: 1/4 Fired at 90
        3s
          1/4.31744 held until 90
          1/4.1 sent sell 4 market gtc reduce-only on 1
          held 1: none
    "#]]
    .assert_eq(&fired("ouo"));
    expect![[r#"
        0s
          1/1 sent buy 5 market gtc on 1
        0s
        1s
          1/4 held until 90
          1/2 sent sell 5 limit @120 gtc reduce-only on 1
          1/3 sent buy 10 limit @95 gtc on 1
        1s
        1s
        2s
          1/4 released at 90
          held 1: 1/4 Fired at 90
        3s
          1/4 dropped canceled
          held 1: none
    "#]]
    .assert_eq(&fired("oco"));
}

#[test]
fn risk_judges_the_whole_of_what_waits_when_a_part_joins_it() {
    check(
        "with order-qty-max 10
         strategy 1: buy 10 limit 100; sell 15 stop 90 after 1
         0s quote 100 5 101 5
         1s fill 1/1 4 @100
         2s fill 1/1 6 @100
         show waiting 1
         show position 1
         3s quote 100 5 101 6",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            1s
              1/2.1024 held until 90
            2s
              1/2.2048 denied D-ORDER-QTY-MAX limit 10 value 15 allowed 10
              waiting 1: 2 sell 6 at 90
              position 1: qty 10 cost 1000 realised 0 fees 0 reserved 0/6
            3s
              s1 outcome 2: denied-quantity
        "#]],
    );
}

#[test]
fn risk_judges_each_part_of_a_stop() {
    check(
        "with order-qty-max 10
         with position-strategy-max 10
         strategy 1: buy 10 limit 100; buy 10 stop 110 after 1
         0s quote 100 5 101 5
         1s fill 1/1 4 @100
         2s disable
         3s fill 1/1 4 @100
         4s enable
         5s fill 1/1 2 @100
         show waiting 1
         6s quote 100 5 101 6",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            1s
              1/2.1024 denied D-POSITION-STRATEGY limit 10 value 14 allowed 0
            2s
              s1 outcome 2: denied-position
            3s
              1/2.2048 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            4s
              s1 outcome 2: denied-trading-disabled
            5s
              1/2.3072 denied D-POSITION-STRATEGY limit 10 value 12 allowed 0
              waiting 1: none
            6s
              s1 outcome 2: denied-position
        "#]],
    );
}

#[test]
fn a_part_that_goes_out_for_the_day_leaves_its_place_to_the_next() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 stop-limit 90 95 day after 1
         0s quote 100 5 101 5
         1s fill 1/1 4 @100
         show wake
         2s trade 90 1
         show held 1
         show wake
         2s accept 1/2.1025
         2s trade 100 1
         3s fill 1/1 6 @100
         show held 1
         # What still waits ends here, what was sent at the venue.
         90000s time
         90001s quote 100 5 101 6
         show open",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            1s
              1/2.1024 held until 90
              wake: 6400s+0
            2s
              1/2 released at 90
              1/2.1025 sent sell 4 limit @95 day on 1
              held 1: none
              wake: never
            2s
            2s
            3s
              1/2.2048 held until 90
              held 1: 1/2 Waiting at 90
            90000s
              1/2 dropped expired
            90001s
              s1 outcome 2: expired
              open: 1 0 0
        "#]],
    );
}

#[test]
fn a_part_that_joins_what_fired_already_waits_with_it_for_what_is_in_the_way() {
    check(
        "strategy 1: buy 10 market; C buy 10 limit 9; sell 10 stop 90 reduce-only after 2
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         strategy 1: sell 10 limit 120 reduce-only
         1s quote 100 5 101 6
         1s accept 1/4
         2s C fill 1/2 4 @9
         3s trade 90 1
         show held 1
         4s C fill 1/2 6 @9
         show held 1
         show waiting 1
         5s canceled 1/4
         show held 1",
        expect![[r#"
            0s
              1/3 tied to 1/2
              1/1 sent buy 10 market gtc on 1
              1/2 sent buy 10 limit @9 gtc on 1
            0s
            1s
              1/4 sent sell 10 limit @120 gtc reduce-only on 1
            1s
            2s
              1/3.1024 held until 90
            3s
              1/3 released at 90
              held 1: 1/3 Fired at 90
            4s
              1/3.2048 held until 90
              held 1: 1/3 Fired at 90
              waiting 1: 3 sell 10 at 90
            5s
              1/3.2049 sent sell 10 market gtc reduce-only on 1
              held 1: none
        "#]],
    );
}

#[test]
fn a_stop_that_reserves_leaves_room_for_its_take_profit() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 stop 90 after 1 oco 0; sell 10 limit 110 reduce-only after 1 oco 2
         0s quote 100 5 101 5
         1s fill 1/1 10 @100
         show position 1
         # Of no group: all of the position is spoken for.
         strategy 1: sell 1 limit 120 reduce-only
         2s quote 100 5 101 6",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            1s
              1/2.1024 held until 90
              1/3.1024 sent sell 10 limit @110 gtc reduce-only on 1
              position 1: qty 10 cost 1000 realised 0 fees 0 reserved 0/20
            2s
              1/4 denied D-REDUCE-ONLY limit 0 value 1 allowed 0
        "#]],
    );
}

#[test]
fn what_waits_is_seen_in_the_order_of_intents() {
    check(
        "strategy 1: buy 1 stop 110; buy 10 limit 100; C buy 5 limit 9 after 2; buy 1 stop 111; sell 5 stop 90 after 2
         0s quote 100 5 101 5
         show waiting 1",
        expect![[r#"
            0s
              1/1 held until 110
              1/3 tied to 1/2
              1/4 held until 111
              1/5 tied to 1/2
              1/2 sent buy 10 limit @100 gtc on 1
              waiting 1: 1 buy 1 at 110, 3 buy 5 at 0, 4 buy 1 at 111, 5 sell 5 at 90
        "#]],
    );
}

#[test]
fn what_can_never_wait_is_refused_at_once_and_ties_nothing() {
    check(
        "with qty-max A 100
         strategy 1: buy 10 limit 100; sell 101 stop 90 after 1; sell 5 stop 90 limit-price 80 after 1; \
         sell 5 trail 5 by mark after 1; sell 5 stop 90 until 9s after 1; sell 5 market-to-limit after 1; \
         B sell 20 stop 9901 after 1; sell 5 stop 90 oco 2
         0s quote 100 5 101 5
         show links",
        expect![[r#"
            0s
              1/2 malformed M-QTY-MAX value 101 limit 100
              1/3 malformed M-LIMIT-PRICE value 80 limit 0
              1/4 malformed M-REFERENCE value 1 limit 0
              1/5 malformed M-UNSUPPORTED value 3 limit 0
              1/6 malformed M-UNSUPPORTED value 9 limit 0
              1/7 malformed M-TICK value 9901 limit 5
              1/8 held until 90
              1/1 sent buy 10 limit @100 gtc on 1
              oco of 1: 2 8
        "#]],
    );
}

#[test]
fn a_halt_of_the_strategy_leaves_what_protects_its_position() {
    check(
        &(String::from(OCO)
            + "strategy 1: trap
               1s quote 100 5 101 6
               2s fill 1/1 10 @100
               show waiting 1
               3s trade 90 1
               4s fill 1/2.1025 10 @90"),
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              s1 halted H-TRAP limit 0 used 0
            2s
              1/2.1024 held until 90
              1/3.1024 sent sell 10 limit @110 gtc reduce-only on 1
              waiting 1: 2 sell 10 at 90
            3s
              1/2 released at 90
              1/2.1025 sent sell 10 market gtc reduce-only on 1
            4s
        "#]],
    );
}

#[test]
fn the_same_events_give_the_same_bracket() {
    let script = String::from(OUO)
        + "1s fill 1/1 4 @100
           1s accept 1/3.1024
           2s fill 1/3.1024 1 @110
           3s fill 1/1 6 @100
           4s trade 90 1
           5s fill 1/2.2049 9 @90";
    let worlds = [run_world(&script), run_world(&script)];
    assert_eq!(worlds[0].log, worlds[1].log);
    assert_eq!(worlds[0].core.state().digest(), worlds[1].core.state().digest());
    assert!(worlds[0].log.contains("1/2.2049 sent sell 9 market"), "{}", worlds[0].log);
}
