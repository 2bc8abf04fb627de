//! Sessions: when do orders go out that wait for their market to open or to close, and how long does a day last?

use expect_test::expect;

use crate::tests::check;

#[test]
fn an_order_for_the_open_waits_until_a_closed_market_trades() {
    check(
        "0s trade 100 1
         1s status closed
         strategy 1: buy 5 at-open; sell 2 limit 99 at-open
         2s quote 99 5 101 5
         show held 1
         show position 1
         3s trade 101 1
         4s day-until 900s
         5s status auction
         6s status trading
         show held 1",
        expect![[r#"
            0s
            1s
            2s
              1/1 held until 0
              1/2 held until 0
              held 1: 1/1 Waiting at 0, 1/2 Waiting at 0
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/2
            3s
            4s
            5s
            6s
              1/1 released at 101
              1/2 released at 101
              1/1.1 sent buy 5 market ioc on 1
              1/2.1 sent sell 2 limit @99 ioc on 1
              held 1: none
        "#]],
    );
}

#[test]
fn while_the_market_trades_the_open_is_that_of_the_next_day() {
    check(
        "0s day-until 100s
         1s trade 100 1
         strategy 1: buy 5 at-open
         2s trade 101 1
         100s time
         100s status closed
         101s time
         200s day-until 900s
         201s status trading",
        expect![[r#"
            0s
            1s
            2s
              1/1 held until 0
            100s
            100s
            101s
            200s
            201s
              1/1 released at 101
              1/1.1 sent buy 5 market ioc on 1
        "#]],
    );
}

#[test]
fn where_no_day_is_told_the_next_one_begins_at_midnight() {
    // 6,400 s before midnight.
    check(
        "strategy 1: buy 5 at-open
         0s trade 100 1
         6399s trade 101 1
         6400s time",
        expect![[r#"
            0s
              1/1 held until 0
            6399s
            6400s
              1/1 released at 101
              1/1.1 sent buy 5 market ioc on 1
        "#]],
    );
}

#[test]
fn an_order_for_the_close_goes_out_one_second_before_it() {
    check(
        "0s day-until 100s
         strategy 1: sell 5 at-close; buy 3 limit 90 at-close
         1s trade 100 1
         show position 1
         98s trade 101 1
         99s time",
        expect![[r#"
            0s
            1s
              1/1 held until 0
              1/2 held until 0
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 3/5
            98s
            99s
              1/1 released at 101
              1/2 released at 101
              1/1.1 sent sell 5 market ioc on 1
              1/2.1 sent buy 3 limit @90 ioc on 1
        "#]],
    );
}

#[test]
fn an_order_for_the_close_that_comes_late_goes_out_at_once() {
    check(
        "0s day-until 100s
         strategy 1: sell 5 at-close
         99s trade 100 1",
        expect![[r#"
            0s
            99s
              1/1 held until 0
              1/1 released at 100
              1/1.1 sent sell 5 market ioc on 1
        "#]],
    );
}

#[test]
fn before_a_day_begins_its_close_is_not_known() {
    check(
        "0s trade 100 1
         1s status closed
         strategy 1: buy 5 at-close
         2s quote 99 5 101 5
         7000s time
         8000s day-until 9000s
         8000s status trading
         8001s trade 100 1
         8999s time",
        expect![[r#"
            0s
            1s
            2s
              1/1 held until 0
            7000s
            8000s
            8000s
            8001s
            8999s
              1/1 released at 100
              1/1.1 sent buy 5 market ioc on 1
        "#]],
    );
}

#[test]
fn a_close_that_finds_the_market_halted_waits_for_it_and_ends_with_the_day() {
    check(
        "0s day-until 100s
         strategy 1: buy 5 at-close; buy 6 at-close
         1s trade 100 1
         98s status halted
         99s time
         99s+5 status trading
         99s+6 status halted
         100s time
         101s trade 100 1",
        expect![[r#"
            0s
            1s
              1/1 held until 0
              1/2 held until 0
            98s
            99s
            99s+5
              1/1 released at 100
              1/2 released at 100
              1/1.1 sent buy 5 market ioc on 1
              1/2.1 sent buy 6 market ioc on 1
            99s+6
            100s
            101s
        "#]],
    );
    check(
        "0s day-until 100s
         strategy 1: buy 5 at-close
         1s trade 100 1
         98s status halted
         99s time
         100s time
         101s status trading",
        expect![[r#"
            0s
            1s
              1/1 held until 0
            98s
            99s
            100s
              1/1 dropped expired
            101s
              s1 outcome 1: expired
        "#]],
    );
}

#[test]
fn they_are_amended_canceled_and_killed_like_what_waits_for_a_price() {
    check(
        "0s day-until 100s
         1s trade 100 1
         strategy 1: buy 5 limit 90 at-close; buy 6 at-close; buy 7 at-close; amend 1 qty 4; amend 2 trigger 95; cancel 2
         2s quote 99 5 101 5
         show held 1
         3s kill L2
         99s time",
        expect![[r#"
            0s
            1s
            2s
              1/1 held until 0
              1/2 held until 0
              1/3 held until 0
              1/4 held until 0
              1/5 malformed M-STOP-PRICE value 95 limit 0
              1/2 dropped canceled
              held 1: 1/1 Waiting at 0, 1/3 Waiting at 0
            3s
              1/1 dropped kill-switch
              1/3 dropped kill-switch
            99s
        "#]],
    );
}

#[test]
fn what_waits_here_for_a_day_ends_with_the_day_that_was_told() {
    check(
        "0s day-until 100s
         strategy 1: buy 5 stop 110 day
         1s trade 100 1
         99s time
         100s time
         101s trade 110 1",
        expect![[r#"
            0s
            1s
              1/1 held until 110
            99s
            100s
              1/1 dropped expired
            101s
              s1 outcome 1: expired
        "#]],
    );
}

#[test]
fn a_day_that_is_over_tells_nothing_of_the_next_one() {
    check(
        "0s trade 100 1
         1s status closed
         strategy 1: buy 5 at-close
         2s quote 99 5 101 5
         20s day-until 19s
         20s status trading
         21s trade 100 1
         22s day-until 60s
         59s time",
        expect![[r#"
            0s
            1s
            2s
              1/1 held until 0
            20s
            20s
            21s
            22s
            59s
              1/1 released at 100
              1/1.1 sent buy 5 market ioc on 1
        "#]],
    );
}

#[test]
fn a_halt_in_the_middle_of_a_day_is_no_time_before_the_open() {
    check(
        "0s day-until 100s
         1s trade 100 1
         2s status halted
         strategy 1: buy 5 at-open
         3s quote 99 5 101 5
         4s status trading
         100s status closed
         200s day-until 900s
         200s status trading",
        expect![[r#"
            0s
            1s
            2s
            3s
              1/1 held until 0
            4s
            100s
            200s
            200s
              1/1 released at 100
              1/1.1 sent buy 5 market ioc on 1
        "#]],
    );
}

#[test]
fn a_day_order_at_a_venue_is_the_venues_to_end_and_the_hosts_a_second_later() {
    check(
        "0s day-until 100s
         strategy 1: buy 5 limit 90 day; buy 6 limit 90 day
         1s trade 100 1
         2s accept 1/1
         2s accept 1/2
         100s time
         100s status closed
         100s expired 1/1
         101s time",
        expect![[r#"
            0s
            1s
              1/1 sent buy 5 limit @90 day on 1
              1/2 sent buy 6 limit @90 day on 1
            2s
            2s
            100s
            100s
            100s
            101s
              1/2.16384 sent cancel of 1/2 on 1
        "#]],
    );
}

#[test]
fn an_order_for_the_close_follows_the_day_that_is_told() {
    check(
        "strategy 1: buy 5 at-close; buy 6 limit 90 at-close; buy 7 stop 120 day
         0s trade 100 1
         10s day-until 100s
         50s day-until 60s
         59s time
         60s time",
        expect![[r#"
            0s
              1/1 held until 0
              1/2 held until 0
              1/3 held until 120
            10s
            50s
            59s
              1/1 released at 100
              1/2 released at 100
              1/1.1 sent buy 5 market ioc on 1
              1/2.1 sent buy 6 limit @90 ioc on 1
            60s
              1/3 dropped expired
        "#]],
    );
}

#[test]
fn the_running_day_told_again_opens_nothing() {
    check(
        "0s day-until 100s
         strategy 1: buy 5 at-open
         1s trade 100 1
         2s day-until 100s
         3s trade 101 1
         100s day-until 200s",
        expect![[r#"
            0s
            1s
              1/1 held until 0
            2s
            3s
            100s
              1/1 released at 101
              1/1.1 sent buy 5 market ioc on 1
        "#]],
    );
}
