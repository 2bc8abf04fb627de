//! Overtaking: what do reports that pass each other on the way make of an order? Fills before the answer to an amend,
//! statements of orders nobody knows of, cancels that lead nowhere, fills taken back.

use expect_test::expect;

use crate::tests::check;

#[test]
fn a_fill_that_overtakes_the_answer_to_a_larger_amend_leaves_the_rest_open() {
    check(
        "strategy 1: buy 5 limit 99
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: amend 1 qty 10
         2s quote 100 5 101 6
         3s fill 1/1 5 @99
         show orders
         show position 1
         4s amended 1/1 99 10
         show orders
         5s fill 1/1 5 @99
         show orders
         show position 1
         show status A",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
            1s
            2s
              1/2 sent amend of 1/1 to 10 @99 on 1
            3s
              1/1 PENDING_AMEND 5/5 @99 reserved 5
              position 1: qty 5 cost 495 realised 0 fees 0 reserved 5/0
            4s
              1/1 PARTIALLY_FILLED 5/10 @99 reserved 5
            5s
              1/1 FILLED 10/10 @99 reserved 0
              position 1: qty 10 cost 990 realised 0 fees 0 reserved 0/0
              status A: trading
        "#]],
    );
}

#[test]
fn fills_beyond_the_old_quantity_are_no_overfill_while_a_larger_amend_is_under_way() {
    check(
        "strategy 1: buy 5 limit 99; buy 5 limit 99
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         strategy 1: amend 1 qty 10; amend 2 qty 10
         2s quote 100 5 101 6
         3s fill 1/1 10 @99
         3s fill 1/2 11 @99
         show status A
         # The answers come at last.
         4s amended 1/1 99 10
         4s amended 1/2 99 10
         4s amended 1/2 99 10
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
              1/2 sent buy 5 limit @99 gtc on 1
            1s
            1s
            2s
              1/3 sent amend of 1/1 to 10 @99 on 1
              1/4 sent amend of 1/2 to 10 @99 on 1
            3s
            3s
              anomaly A-OVERFILL 1
              status A: halted
            4s
            4s
              anomaly A-MISMATCH 10
            4s
              anomaly A-ORDER-TRANSITION 7
              1/1 FILLED 10/10 @99 reserved 0
              1/2 FILLED 11/11 @99 reserved 0
        "#]],
    );
}

#[test]
fn an_amend_refused_after_fills_that_only_it_explains_is_an_overfill() {
    check(
        "strategy 1: buy 5 limit 99; buy 5 limit 99
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         strategy 1: amend 1 qty 10; amend 2 qty 10
         2s quote 100 5 101 6
         3s fill 1/1 5 @99
         3s fill 1/2 6 @99
         4s amend-reject 1/1
         show status A
         4s amend-reject 1/2
         show status A
         show orders
         show open",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
              1/2 sent buy 5 limit @99 gtc on 1
            1s
            1s
            2s
              1/3 sent amend of 1/1 to 10 @99 on 1
              1/4 sent amend of 1/2 to 10 @99 on 1
            3s
            3s
            4s
              status A: trading
            4s
              anomaly A-OVERFILL 1
              status A: halted
              1/1 FILLED 5/5 @99 reserved 0
              1/2 FILLED 6/5 @99 reserved 0
              open: 0 0 0
        "#]],
    );
}

#[test]
fn an_order_amended_down_to_what_is_filled_is_filled() {
    check(
        "strategy 1: buy 10 limit 99
         0s quote 100 5 101 5
         1s fill 1/1 4 @99
         strategy 1: amend 1 qty 6
         2s quote 100 5 101 6
         3s fill 1/1 2 @99
         show orders
         4s amended 1/1 99 6
         show orders
         show open
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 10 limit @99 gtc on 1
            1s
            2s
              1/2 sent amend of 1/1 to 6 @99 on 1
            3s
              1/1 PENDING_AMEND 6/10 @99 reserved 4
            4s
              1/1 FILLED 6/6 @99 reserved 0
              open: 0 0 0
              position 1: qty 6 cost 594 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn a_statement_that_lowers_an_order_to_what_is_filled_ends_it_and_is_told_as_an_amendment() {
    check(
        "with calls
         strategy 1: buy 10 limit 99
         0s quote 100 5 101 5
         1s fill 1/1 4 @99
         2s reported 1/1 PARTIALLY_FILLED 99 4 4
         show orders
         show open",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              1/1 sent buy 10 limit @99 gtc on 1
            1s
              s1 called: OrderFilled
            2s
              s1 called: OrderAmended
              anomaly A-MISMATCH 0
              1/1 FILLED 4/4 @99 reserved 0
              open: 0 0 0
        "#]],
    );
}

#[test]
fn a_statement_decides_an_amend_whose_outcome_was_unknown() {
    check(
        "strategy 1: buy 5 limit 99; buy 5 limit 99; buy 5 limit 99
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         1s accept 1/3
         strategy 1: amend 1 qty 10; amend 2 qty 10; amend 3 qty 10
         2s quote 100 5 101 6
         3s unknown 1/1
         3s unknown 1/2
         3s unknown 1/3
         4s fill 1/1 5 @99
         4s fill 1/2 5 @99
         show orders
         5s reported 1/1 PARTIALLY_FILLED 99 10 5
         5s reported 1/2 FILLED 99 5 5
         # A late answer decides it as well, and says nothing about the order.
         5s amend-reject 1/3
         show orders
         show open",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
              1/2 sent buy 5 limit @99 gtc on 1
              1/3 sent buy 5 limit @99 gtc on 1
            1s
            1s
            1s
            2s
              1/4 sent amend of 1/1 to 10 @99 on 1
              1/5 sent amend of 1/2 to 10 @99 on 1
              1/6 sent amend of 1/3 to 10 @99 on 1
            3s
            3s
            3s
            4s
            4s
              1/1 PARTIALLY_FILLED 5/5 @99 reserved 5
              1/2 PARTIALLY_FILLED 5/5 @99 reserved 5
              1/3 UNKNOWN 0/5 @99 reserved 10
            5s
              anomaly A-MISMATCH 0
            5s
            5s
              1/1 PARTIALLY_FILLED 5/10 @99 reserved 5
              1/2 FILLED 5/5 @99 reserved 0
              1/3 UNKNOWN 0/5 @99 reserved 5
              open: 2 0 0
        "#]],
    );
}

#[test]
fn what_the_venue_counts_as_open_is_compared_unless_an_amend_is_under_way() {
    check(
        "strategy 1: buy 5 limit 99; buy 5 limit 99
         0s quote 100 5 101 5
         1s fill 1/1 2 @99 leaves 3
         1s fill 1/1 1 @99 leaves 1
         1s fill 1/1 1 @99 leaves 0
         1s accept 1/2
         strategy 1: amend 2 qty 10
         2s quote 100 5 101 6
         3s fill 1/2 2 @99 leaves 8
         3s fill 1/2 2 @99 leaves 1
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
              1/2 sent buy 5 limit @99 gtc on 1
            1s
            1s
              anomaly A-MISMATCH 1
            1s
              anomaly A-MISMATCH 0
            1s
            2s
              1/3 sent amend of 1/2 to 10 @99 on 1
            3s
            3s
              1/1 PARTIALLY_FILLED 4/5 @99 reserved 1
              1/2 PENDING_AMEND 4/5 @99 reserved 6
        "#]],
    );
}

#[test]
fn a_cancel_that_leads_nowhere_leaves_an_unknown_order_unknown() {
    check(
        "strategy 1: 5x buy 5 limit 99
         0s quote 100 5 101 5
         1s unknown 1/1
         1s unknown 1/2
         1s unknown 1/3
         1s unknown 1/4
         1s accept 1/5
         strategy 1: cancel 1; cancel 2; cancel 3; cancel 4; cancel 5
         2s quote 100 5 101 6
         3s cancel-reject 1/1
         3s not-sent 1/2 cancel
         # The venue has it after all.
         3s accept 1/3
         3s cancel-reject 1/3
         # It never got there.
         3s reject 1/4
         3s cancel-reject 1/5
         show orders
         4s cancel-reject 1/1
         4s amend-reject 1/1
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
              1/2 sent buy 5 limit @99 gtc on 1
              1/3 sent buy 5 limit @99 gtc on 1
              1/4 sent buy 5 limit @99 gtc on 1
              1/5 sent buy 5 limit @99 gtc on 1
            1s
            1s
            1s
            1s
            1s
            2s
              1/6 sent cancel of 1/1 on 1
              1/7 sent cancel of 1/2 on 1
              1/8 sent cancel of 1/3 on 1
              1/9 sent cancel of 1/4 on 1
              1/10 sent cancel of 1/5 on 1
            3s
            3s
            3s
            3s
            3s
            3s
              1/1 UNKNOWN 0/5 @99 reserved 5
              1/2 UNKNOWN 0/5 @99 reserved 5
              1/3 ACCEPTED 0/5 @99 reserved 5
              1/4 REJECTED 0/5 @99 reserved 0
              1/5 ACCEPTED 0/5 @99 reserved 5
            4s
            4s
              1/1 UNKNOWN 0/5 @99 reserved 5
              1/2 UNKNOWN 0/5 @99 reserved 5
              1/3 ACCEPTED 0/5 @99 reserved 5
              1/4 REJECTED 0/5 @99 reserved 0
              1/5 ACCEPTED 0/5 @99 reserved 5
        "#]],
    );
}

#[test]
fn what_was_filled_was_not_rejected() {
    check(
        "strategy 1: 3x buy 5 limit 99
         0s quote 100 5 101 5
         1s fill 1/1 2 @99
         1s accept 1/2
         strategy 1: cancel 1; cancel 2
         2s quote 100 5 101 6
         3s reject 1/1
         3s reject 1/2
         4s fill 1/3 2 @99
         4s unknown 1/3
         4s reject 1/3
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
              1/2 sent buy 5 limit @99 gtc on 1
              1/3 sent buy 5 limit @99 gtc on 1
            1s
            1s
            2s
              1/4 sent cancel of 1/1 on 1
              1/5 sent cancel of 1/2 on 1
            3s
              anomaly A-ORDER-TRANSITION 4
            3s
            4s
            4s
            4s
              anomaly A-ORDER-TRANSITION 6
              1/1 PENDING_CANCEL 2/5 @99 reserved 3
              1/2 REJECTED 0/5 @99 reserved 0
              1/3 UNKNOWN 2/5 @99 reserved 3
        "#]],
    );
}

#[test]
fn an_owner_hears_what_a_statement_made_of_its_order() {
    check(
        "with calls
         strategy 1: 6x buy 5 limit 99
         0s quote 100 5 101 5
         1s unknown 1/1
         1s unknown 1/2
         1s unknown 1/3
         1s unknown 1/4
         1s unknown 1/5
         2s reported 1/1 CANCELED 99 5 0
         3s reported 1/2 REJECTED 99 5 0
         4s reported 1/3 EXPIRED 99 5 0
         5s reported 1/4 ACCEPTED 99 5 0
         6s reported 1/5 ACCEPTED 98 4 0
         7s reported 1/6 UNKNOWN 99 5 0
         # Nothing new.
         8s reported 1/4 ACCEPTED 99 5 0
         # Cannot be.
         9s reported 1/1 REJECTED 99 5 0",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              1/1 sent buy 5 limit @99 gtc on 1
              1/2 sent buy 5 limit @99 gtc on 1
              1/3 sent buy 5 limit @99 gtc on 1
              1/4 sent buy 5 limit @99 gtc on 1
              1/5 sent buy 5 limit @99 gtc on 1
              1/6 sent buy 5 limit @99 gtc on 1
            1s
              s1 called: OutcomeUnknown
            1s
              s1 called: OutcomeUnknown
            1s
              s1 called: OutcomeUnknown
            1s
              s1 called: OutcomeUnknown
            1s
              s1 called: OutcomeUnknown
            2s
              s1 called: OrderCanceled
            3s
              s1 called: OrderRejected
            4s
              s1 called: OrderExpired
            5s
              s1 called: OrderAccepted
            6s
              s1 called: OrderAmended
              anomaly A-MISMATCH 0
            7s
              s1 called: OutcomeUnknown
            8s
            9s
              anomaly A-ORDER-TRANSITION 8
        "#]],
    );
}

#[test]
fn what_state_ignored_is_told_to_nobody() {
    check(
        "with calls
         strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 2 @101 id 7
         # Ignored: told to nobody.
         2s fill 1/1 2 @101 id 7
         2s fill 1/1 0 @101
         2s reject 1/1
         2s accept 1/9
         2s bust 1/1 2 @101 id 8
         2s trade 100 0
         2s quote 100 -1 101 5
         2s bar 1 2 3 2 5
         2s split 0 1
         # Odd, and applied all the same: told.
         3s fill 1/1 1 @101 euro-fee 0.5
         3s fill 1/1 2 @101 leaves 4
         3s fill 1/1 1 @101",
        expect![[r#"
            0s
              s1 called: Quote
              s2 called: Quote
              s3 called: Quote
              1/1 sent buy 5 limit @101 gtc on 1
            1s
              s1 called: OrderFilled
            2s
              anomaly A-DUPLICATE-FILL 7
            2s
              anomaly A-BAD-VALUE 0
            2s
              anomaly A-ORDER-TRANSITION 3
            2s
              anomaly A-UNKNOWN-ORDER 9
            2s
              anomaly A-MISMATCH 8
            2s
              anomaly A-BAD-VALUE 0
            2s
              anomaly A-BAD-VALUE -1
            2s
              anomaly A-BAD-VALUE 2
            2s
              anomaly A-BAD-VALUE 0
            3s
              s1 called: OrderFilled
              anomaly A-UNKNOWN-REFERENCE 3
            3s
              s1 called: OrderFilled
              anomaly A-MISMATCH 4
            3s
              s1 called: OrderFilled
              anomaly A-OVERFILL 1
              anomaly A-LATE-FILL 1
        "#]],
    );
}

#[test]
fn a_warm_up_counts_what_was_applied() {
    check(
        "with warm-up 2
         strategy 1: buy 1 limit 90
         0s quote 100 5 101 5
         1s quote 100 -1 101 5
         strategy 1: buy 1 limit 90
         2s quote 100 5 101 6
         strategy 1: buy 1 limit 90
         3s quote 100 5 101 7",
        expect![[r#"
            0s
              s1 emit refused: warmup
            1s
              anomaly A-BAD-VALUE -1
            2s
              s1 emit refused: warmup
            3s
              1/1 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn a_bust_takes_back_what_was_booked_and_not_what_it_says() {
    check(
        "strategy 1: buy 5 limit 101
         strategy 2: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 3 @101 id 7 fee 0.5
         2s bust 1/1 2 @99 id 7 fee 9
         show orders
         show position 1
         3s fill 1/1 3 @101 id 8
         4s bust 2/1 3 @101 id 8
         show orders
         show position 1
         show position 2
         show account 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
              2/1 sent buy 5 limit @101 gtc on 1
            1s
            2s
              anomaly A-MISMATCH 7
              1/1 ACCEPTED 0/5 @101 reserved 5
              2/1 SUBMITTED 0/5 @101 reserved 5
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
            3s
            4s
              anomaly A-MISMATCH 8
              1/1 ACCEPTED 0/5 @101 reserved 5
              2/1 SUBMITTED 0/5 @101 reserved 5
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
              position 2: qty 0 cost 0 realised 0 fees 0 reserved 5/0
              account 1: qty 0 cost 0 realised 0 fees 0 reserved 10/0
        "#]],
    );
}

#[test]
fn a_strategy_that_left_leaves_no_outcomes_to_the_next_one() {
    check(
        "strategy 1: buy 0 market
         0s quote 100 5 101 5
         1s detach 1
         2s attach 1
         strategy 1: buy 1 limit 90
         3s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 malformed M-QTY-MIN value 0 limit 1
            1s
            2s
            3s
              1/2 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}
