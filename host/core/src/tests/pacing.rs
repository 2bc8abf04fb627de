//! Pacing: when does approved work leave under the rates of its venue and account?

use expect_test::expect;

use crate::tests::check;

#[test]
fn submits_wait_for_tokens_and_leave_when_event_time_has_brought_them() {
    check(
        "with pacing venue 1 2 2 1 1 1 0
         strategy 1: 4x buy 1 limit 90
         0s quote 100 5 101 5
         show queue
         show wake
         0s+499999999 quote 100 5 101 6
         0s+500000000 time
         show wake
         1s time
         show queue
         show wake",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
              1/2 sent buy 1 limit @90 gtc on 1
              queue: 1/3 1/4
              wake: 0s+500000000
            0s+499999999
            0s+500000000
              1/3 sent buy 1 limit @90 gtc on 1
              wake: 1s+0
            1s
              1/4 sent buy 1 limit @90 gtc on 1
              queue: empty
              wake: never
        "#]],
    );
}

#[test]
fn cancels_leave_first_and_have_a_reserve_of_their_own() {
    check(
        "with pacing venue 1 1 3 1 1 1 1
         strategy 1: buy 1 limit 90; buy 1 limit 91
         0s quote 100 5 101 5
         0s accept 1/1
         0s accept 1/2
         # One token is left: it is kept for cancels.
         strategy 1: buy 1 limit 92; amend 1 price 89; cancel 2
         0s quote 100 5 101 6
         show queue
         # The next two tokens: amends go before submits, above the reserve.
         1s time
         2s time
         3s time
         show queue",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
              1/2 sent buy 1 limit @91 gtc on 1
            0s
            0s
            0s
              1/5 sent cancel of 1/2 on 1
              queue: 1/4 1/3
            1s
            2s
              1/4 sent amend of 1/1 to 1 @89 on 1
            3s
              1/3 sent buy 1 limit @92 gtc on 1
              queue: empty
        "#]],
    );
}

#[test]
fn an_account_that_used_its_rate_holds_back_no_other_account() {
    check(
        "with pacing account 1 1 1 1 1 1 0
         strategy 1: 2x buy 1 limit 90
         strategy 3: 2x buy 1 limit 90
         0s quote 100 5 101 5
         show queue
         1s time",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
              3/1 sent buy 1 limit @90 gtc on 2
              3/2 sent buy 1 limit @90 gtc on 2
              queue: 1/2
            1s
              1/2 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn a_venue_that_is_down_or_paced_holds_back_no_other_venue() {
    check(
        "with second-venue B
         0s quote 100 5 101 5
         1s venue-down
         strategy 1: buy 1 limit 90; B buy 100 limit 10000
         2s B quote 10000 50 10010 50
         show queue
         3s venue-up",
        expect![[r#"
            0s
            1s
            2s
              1/2 sent buy 100 limit @10000 gtc on 1
              queue: 1/1
            3s
              1/1 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn what_waits_too_long_for_tokens_expires() {
    check(
        "with pacing venue 1 1 400 400 1 1 0
         strategy 1: 2x buy 1 limit 90
         0s quote 100 5 101 5
         show wake
         300s time
         show queue
         300s+1 time
         show queue
         show open",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
              wake: 300s+1
            300s
              queue: 1/2
            300s+1
              1/2 approval of 0s expired
              queue: empty
              open: 1 0 0
        "#]],
    );
}

#[test]
fn work_for_two_venues_leaves_in_order_of_approval() {
    check(
        "with second-venue B
         0s quote 100 5 101 5
         strategy 1: B buy 100 limit 10000; buy 1 limit 90; B buy 110 limit 10000
         1s B quote 10000 50 10010 50",
        expect![[r#"
            0s
            1s
              1/1 sent buy 100 limit @10000 gtc on 1
              1/2 sent buy 1 limit @90 gtc on 1
              1/3 sent buy 110 limit @10000 gtc on 1
        "#]],
    );
}

#[test]
fn an_empty_queue_wakes_nobody_whatever_was_paced_before() {
    check(
        "with pacing venue 1 1 2 1 1 1 0
         strategy 2: buy 1 limit 90
         0s quote 100 5 101 5
         0s accept 2/1
         # The flatten waits for its cancel; the next order waits for a token.
         strategy 2: flatten
         strategy 1: buy 1 limit 90
         0s quote 100 5 101 6
         show wake
         strategy 1: cancel 1
         0s quote 100 5 101 7
         show queue
         show wake
         2s quote 100 5 101 8
         show wake",
        expect![[r#"
            0s
              2/1 sent buy 1 limit @90 gtc on 1
            0s
            0s
              2/2 sent cancel of 2/1 on 1
              wake: 1s+0
            0s
              1/1 withdrawn by 1/2
              1/2 withdrawn by 1/1
              queue: empty
              wake: never
            2s
              s1 outcome 1: withdrawn
              s1 outcome 2: withdrawn
              wake: never
        "#]],
    );
}

#[test]
fn an_account_that_waits_longer_than_its_venue_does_not_make_others_wait() {
    check(
        "with pacing venue 1 1 1 1 1 1 0
         with pacing account 1 1 10 10 1 1 0
         0s quote 100 5 101 5
         # Strategy 2 is on account 1 as well, strategy 3 is not; the venue has one token a second.
         strategy 1: buy 1 limit 90
         strategy 2: buy 1 limit 90
         strategy 3: buy 1 limit 90
         1s quote 100 5 101 6
         show queue
         show wake
         2s time
         show queue
         show wake",
        expect![[r#"
            0s
            1s
              2/1 sent buy 1 limit @90 gtc on 1
              queue: 3/1 1/1
              wake: 2s+0
            2s
              3/1 sent buy 1 limit @90 gtc on 2
              queue: 1/1
              wake: 3s+0
        "#]],
    );
}
