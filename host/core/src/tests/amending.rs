//! Amending: what does an amend leave as it is while another one is on its way?
//!
//! What was asked for last counts, waiting or sent, until the venue has answered.

use expect_test::expect;

use crate::tests::check;

#[test]
fn an_amend_of_the_price_keeps_the_quantity_of_the_amend_under_way() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: amend 1 qty 9
         2s quote 100 5 101 6
         strategy 1: amend 1 price 91
         3s quote 100 5 101 7
         show position 1
         4s amended 1/1 90 9
         5s amended 1/1 91 9
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            2s
              1/2 sent amend of 1/1 to 9 @90 on 1
            3s
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 9/0
            4s
              1/3 sent amend of 1/1 to 9 @91 on 1
            5s
              1/1 ACCEPTED 0/9 @91 reserved 9
        "#]],
    );
}

#[test]
fn an_amend_of_the_quantity_keeps_the_price_of_the_amend_that_waits() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         strategy 1: amend 1 price 91; amend 1 qty 9
         1s quote 100 5 101 6
         2s accept 1/1
         3s amended 1/1 91 9
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
              1/2 superseded by 1/3
            2s
              s1 outcome 2: superseded
              1/3 sent amend of 1/1 to 9 @91 on 1
            3s
              1/1 ACCEPTED 0/9 @91 reserved 9
        "#]],
    );
}

#[test]
fn what_was_asked_for_last_is_no_change_and_going_back_is_one() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: amend 1 qty 9
         2s quote 100 5 101 6
         # It is under way; then one back to where the order stands waits.
         strategy 1: amend 1 qty 9; amend 1 price 90; amend 1 qty 5; amend 1 qty 5
         3s quote 100 5 101 7
         4s amended 1/1 90 9
         5s amended 1/1 90 5
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            2s
              1/2 sent amend of 1/1 to 9 @90 on 1
            3s
              1/3 malformed M-AMEND value 9 limit 9
              1/4 malformed M-AMEND value 9 limit 9
              1/6 malformed M-AMEND value 5 limit 5
            4s
              s1 outcome 3: malformed
              s1 outcome 4: malformed
              s1 outcome 6: malformed
              1/5 sent amend of 1/1 to 5 @90 on 1
            5s
              1/1 ACCEPTED 0/5 @90 reserved 5
        "#]],
    );
}

#[test]
fn a_refused_amend_and_one_that_never_left_are_kept_no_longer() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: amend 1 qty 9
         2s quote 100 5 101 6
         3s amend-reject 1/1
         strategy 1: amend 1 price 91
         4s quote 100 5 101 7
         5s amended 1/1 91 5
         6s venue-down
         strategy 1: amend 1 qty 8
         7s quote 100 5 101 8
         400s time
         401s venue-up
         strategy 1: amend 1 price 92
         402s quote 100 5 101 9",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            2s
              1/2 sent amend of 1/1 to 9 @90 on 1
            3s
            4s
              1/3 sent amend of 1/1 to 5 @91 on 1
            5s
            6s
            7s
            400s
              1/4 approval of 7s expired
            401s
            402s
              s1 outcome 4: approval-expired
              1/5 sent amend of 1/1 to 5 @92 on 1
        "#]],
    );
}

#[test]
fn an_amend_whose_outcome_was_never_told_can_be_asked_for_again_and_is_kept_until_it_is_stated() {
    check(
        "strategy 1: buy 5 limit 90; buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         strategy 1: amend 1 qty 9; amend 2 qty 9
         2s quote 100 5 101 6
         3s unknown 1/1
         3s unknown 1/2
         4s accept 1/1
         strategy 1: amend 1 qty 9
         5s quote 100 5 101 7
         6s reported 1/2 ACCEPTED 90 5 0
         strategy 1: amend 2 price 91
         7s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
              1/2 sent buy 5 limit @90 gtc on 1
            1s
            1s
            2s
              1/3 sent amend of 1/1 to 9 @90 on 1
              1/4 sent amend of 1/2 to 9 @90 on 1
            3s
            3s
            4s
            5s
              1/5 sent amend of 1/1 to 9 @90 on 1
            6s
            7s
              1/6 sent amend of 1/2 to 5 @91 on 1
        "#]],
    );
}

#[test]
fn an_amend_is_no_further_order_and_only_its_growth_counts() {
    check(
        "with open-orders-max 1
         with position-strategy-max 9
         strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         1s fill 1/1 1 @90
         strategy 1: amend 1 qty 10; amend 1 qty 9
         2s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            1s
            2s
              1/2 denied D-POSITION-STRATEGY limit 9 value 10 allowed 4
              1/3 sent amend of 1/1 to 9 @90 on 1
        "#]],
    );
}
