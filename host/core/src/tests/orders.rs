//! Order life over the real State: what do accept, fill, cancel, amend, reject, expire, late, duplicate and unknown make of
//! orders, positions, cash and reservations? Long, because what comes out stands beside what goes in.

use expect_test::expect;

use crate::tests::check;

#[test]
fn an_order_lives_from_submitted_over_accepted_and_partly_filled_to_filled() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         show orders
         1s accept 1/1
         show orders
         2s fill 1/1 2 @101
         show orders
         show position 1
         3s fill 1/1 3 @100 fee 0.5
         show orders
         show position 1
         show account 1
         show open
         show cash 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
              1/1 SUBMITTED 0/5 @101 reserved 5
            1s
              1/1 ACCEPTED 0/5 @101 reserved 5
            2s
              1/1 PARTIALLY_FILLED 2/5 @101 reserved 3
              position 1: qty 2 cost 202 realised 0 fees 0 reserved 3/0
            3s
              1/1 FILLED 5/5 @101 reserved 0
              position 1: qty 5 cost 502 realised 0 fees 0.5 reserved 0/0
              account 1: qty 5 cost 502 realised 0 fees 0.5 reserved 0/0
              open: 0 0 0
              cash 1: cash 497.5 equity 1000 capital 1000 realised 0 fees 0.5
        "#]],
    );
}

#[test]
fn a_fill_before_its_acceptance_is_booked_and_the_acceptance_changes_nothing() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 2 @101
         1s accept 1/1
         show orders
         1s fill 1/1 3 @101
         1s accept 1/1
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
            1s
              1/1 PARTIALLY_FILLED 2/5 @101 reserved 3
            1s
            1s
              1/1 FILLED 5/5 @101 reserved 0
        "#]],
    );
}

#[test]
fn a_rejected_order_gives_back_what_was_reserved() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         show position 1
         1s reject 1/1
         show orders
         show position 1
         show open",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
            1s
              1/1 REJECTED 0/5 @101 reserved 0
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 0/0
              open: 0 0 0
        "#]],
    );
}

#[test]
fn a_canceled_or_expired_order_gives_back_what_was_open() {
    check(
        "strategy 1: buy 5 limit 101; sell 4 limit 110
         0s quote 100 5 101 5
         1s fill 1/1 2 @101
         2s canceled 1/1
         3s expired 1/2
         show orders
         show position 1
         show open",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
              1/2 sent sell 4 limit @110 gtc on 1
            1s
            2s
            3s
              1/1 CANCELED 2/5 @101 reserved 0
              1/2 EXPIRED 0/4 @110 reserved 0
              position 1: qty 2 cost 202 realised 0 fees 0 reserved 0/0
              open: 0 0 0
        "#]],
    );
}

#[test]
fn a_cancel_that_was_refused_leaves_the_order_working() {
    check(
        "strategy 1: buy 5 limit 99; sell 5 limit 110
         0s quote 100 5 101 5
         1s accept 1/1
         1s fill 1/2 1 @110
         strategy 1: cancel 1; cancel 2
         2s quote 100 5 101 6
         show orders
         3s cancel-reject 1/1
         3s cancel-reject 1/2
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
              1/2 sent sell 5 limit @110 gtc on 1
            1s
            1s
            2s
              1/3 sent cancel of 1/1 on 1
              1/4 sent cancel of 1/2 on 1
              1/1 PENDING_CANCEL 0/5 @99 reserved 5
              1/2 PENDING_CANCEL 1/5 @110 reserved 4
            3s
            3s
              1/1 ACCEPTED 0/5 @99 reserved 5
              1/2 PARTIALLY_FILLED 1/5 @110 reserved 4
        "#]],
    );
}

#[test]
fn an_amend_changes_price_and_quantity_when_the_venue_says_so() {
    check(
        "strategy 1: buy 5 limit 99
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: amend 1 qty 8 price 98
         2s quote 100 5 101 6
         show orders
         show position 1
         3s amended 1/1 98 8
         show orders
         strategy 1: amend 1 qty 4
         4s quote 100 5 101 7
         show orders
         5s amend-reject 1/1
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
            1s
            2s
              1/2 sent amend of 1/1 to 8 @98 on 1
              1/1 PENDING_AMEND 0/5 @99 reserved 8
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 8/0
            3s
              1/1 ACCEPTED 0/8 @98 reserved 8
            4s
              1/3 sent amend of 1/1 to 4 @98 on 1
              1/1 PENDING_AMEND 0/8 @98 reserved 8
            5s
              1/1 ACCEPTED 0/8 @98 reserved 8
        "#]],
    );
}

#[test]
fn what_is_reserved_covers_every_amend_that_could_still_come_to_pass() {
    check(
        "strategy 1: buy 5 limit 99
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: amend 1 qty 8
         2s quote 100 5 101 6
         strategy 1: amend 1 qty 20
         3s quote 100 5 101 7
         show orders
         # The first amend is answered while the second waits: the second's reservation stays.
         4s amend-reject 1/1
         show orders
         5s amended 1/1 99 20
         show orders
         show position 1
         show account 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
            1s
            2s
              1/2 sent amend of 1/1 to 8 @99 on 1
            3s
              1/1 PENDING_AMEND 0/5 @99 reserved 20
            4s
              1/3 sent amend of 1/1 to 20 @99 on 1
              1/1 PENDING_AMEND 0/5 @99 reserved 20
            5s
              1/1 ACCEPTED 0/20 @99 reserved 20
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 20/0
              account 1: qty 0 cost 0 realised 0 fees 0 reserved 20/0
        "#]],
    );
}

#[test]
fn a_fill_while_an_amend_is_under_way_takes_its_part_of_the_reservation() {
    check(
        "strategy 1: buy 5 limit 99
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: amend 1 qty 8
         2s quote 100 5 101 6
         3s fill 1/1 4 @99
         show orders
         4s amend-reject 1/1
         show orders
         5s fill 1/1 1 @99
         show orders
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
            1s
            2s
              1/2 sent amend of 1/1 to 8 @99 on 1
            3s
              1/1 PENDING_AMEND 4/5 @99 reserved 4
            4s
              1/1 PARTIALLY_FILLED 4/5 @99 reserved 1
            5s
              1/1 FILLED 5/5 @99 reserved 0
              position 1: qty 5 cost 495 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn an_amendment_below_what_is_filled_is_a_contradiction_and_ends_the_order() {
    check(
        "strategy 1: buy 5 limit 99
         0s quote 100 5 101 5
         1s fill 1/1 4 @99
         2s amended 1/1 99 3
         show orders
         3s amended 1/1 99 0
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
            1s
            2s
              anomaly A-MISMATCH 3
              1/1 FILLED 4/4 @99 reserved 0
            3s
              anomaly A-BAD-VALUE 0
              1/1 FILLED 4/4 @99 reserved 0
        "#]],
    );
}

#[test]
fn an_amend_whose_outcome_is_unknown_keeps_its_reservation_until_the_venue_tells() {
    check(
        "strategy 1: buy 5 limit 99; buy 5 limit 99
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         strategy 1: amend 1 qty 20; amend 2 qty 20
         2s quote 100 5 101 6
         3s unknown 1/1
         3s unknown 1/2
         # It is still there, but is it amended?
         4s accept 1/1
         show orders
         # Asked, the venue says that it is not.
         5s reported 1/2 ACCEPTED 99 5 0
         show orders
         strategy 1: amend 1 qty 6
         6s quote 100 5 101 7
         show orders
         7s amended 1/1 99 6
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @99 gtc on 1
              1/2 sent buy 5 limit @99 gtc on 1
            1s
            1s
            2s
              1/3 sent amend of 1/1 to 20 @99 on 1
              1/4 sent amend of 1/2 to 20 @99 on 1
            3s
            3s
            4s
              1/1 ACCEPTED 0/5 @99 reserved 20
              1/2 UNKNOWN 0/5 @99 reserved 20
            5s
              1/1 ACCEPTED 0/5 @99 reserved 20
              1/2 ACCEPTED 0/5 @99 reserved 5
            6s
              1/5 sent amend of 1/1 to 6 @99 on 1
              1/1 PENDING_AMEND 0/5 @99 reserved 20
              1/2 ACCEPTED 0/5 @99 reserved 5
            7s
              1/1 ACCEPTED 0/6 @99 reserved 6
              1/2 ACCEPTED 0/5 @99 reserved 5
        "#]],
    );
}

#[test]
fn an_unknown_outcome_keeps_exposure_until_the_venue_tells() {
    check(
        "strategy 1: buy 5 limit 101; buy 3 limit 100; buy 2 limit 99; buy 1 limit 98
         0s quote 100 5 101 5
         1s unknown 1/1
         1s unknown 1/2
         1s unknown 1/3
         1s unknown 1/4
         show orders
         2s accept 1/1
         2s reject 1/2
         2s fill 1/3 2 @99
         2s reported 1/4 CANCELED 98 1 0
         show orders
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
              1/2 sent buy 3 limit @100 gtc on 1
              1/3 sent buy 2 limit @99 gtc on 1
              1/4 sent buy 1 limit @98 gtc on 1
            1s
            1s
            1s
            1s
              1/1 UNKNOWN 0/5 @101 reserved 5
              1/2 UNKNOWN 0/3 @100 reserved 3
              1/3 UNKNOWN 0/2 @99 reserved 2
              1/4 UNKNOWN 0/1 @98 reserved 1
            2s
            2s
            2s
            2s
              1/1 ACCEPTED 0/5 @101 reserved 5
              1/2 REJECTED 0/3 @100 reserved 0
              1/3 FILLED 2/2 @99 reserved 0
              1/4 CANCELED 0/1 @98 reserved 0
              position 1: qty 2 cost 198 realised 0 fees 0 reserved 5/0
        "#]],
    );
}

#[test]
fn a_fill_after_a_terminal_state_is_booked() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s canceled 1/1
         2s fill 1/1 2 @101
         show orders
         show position 1
         show account 1
         show open",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
            2s
              anomaly A-LATE-FILL 2
              1/1 CANCELED 2/5 @101 reserved 0
              position 1: qty 2 cost 202 realised 0 fees 0 reserved 0/0
              account 1: qty 2 cost 202 realised 0 fees 0 reserved 0/0
              open: 0 0 0
        "#]],
    );
}

#[test]
fn more_fills_than_ordered_are_booked_and_halt_the_instrument() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 5 @101
         show status A
         2s fill 1/1 1 @101
         show orders
         show position 1
         show status A
         strategy 1: buy 1 limit 100
         3s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
              status A: trading
            2s
              anomaly A-OVERFILL 1
              anomaly A-LATE-FILL 1
              1/1 FILLED 6/5 @101 reserved 0
              position 1: qty 6 cost 606 realised 0 fees 0 reserved 0/0
              status A: halted
            3s
              1/2 denied D-INSTRUMENT-HALTED limit 0 value 3 allowed 0
        "#]],
    );
}

#[test]
fn one_fill_larger_than_the_order_is_booked_and_halts_the_instrument() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 7 @101
         show orders
         show position 1
         show status A",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
              anomaly A-OVERFILL 2
              1/1 FILLED 7/5 @101 reserved 0
              position 1: qty 7 cost 707 realised 0 fees 0 reserved 0/0
              status A: halted
        "#]],
    );
}

#[test]
fn a_fill_seen_before_is_booked_once() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 2 @101 id 77
         2s fill 1/1 2 @101 id 77
         # The other side of the same trade is another fill.
         3s fill 1/1 2 @101 id 77 sell
         show orders
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
            2s
              anomaly A-DUPLICATE-FILL 77
            3s
              anomaly A-MISMATCH 2
              1/1 PARTIALLY_FILLED 2/5 @101 reserved 3
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 3/0
        "#]],
    );
}

#[test]
fn a_busted_fill_is_taken_back_once() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 2 @101 id 77 fee 0.5
         2s bust 1/1 2 @101 id 77 fee 0.5
         show orders
         show position 1
         3s bust 1/1 2 @101 id 77
         4s bust 1/1 2 @101 id 78
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
            2s
              1/1 ACCEPTED 0/5 @101 reserved 5
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
            3s
              anomaly A-DUPLICATE-FILL 77
            4s
              anomaly A-MISMATCH 78
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
        "#]],
    );
}

#[test]
fn a_bust_after_the_order_was_filled_leaves_it_ended() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 5 @101 id 77
         2s bust 1/1 5 @101 id 77
         show orders
         show position 1
         show account 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
            2s
              1/1 FILLED 0/5 @101 reserved 0
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 0/0
              account 1: qty 0 cost 0 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn a_report_about_an_unknown_order_is_recorded_and_a_fill_of_it_belongs_to_nobody() {
    check(
        "0s quote 100 5 101 5
         1s accept 1/9
         1s canceled 9/9
         2s fill 1/9 3 @100
         show position 0
         show position 1
         show account 1",
        expect![[r#"
            0s
            1s
              anomaly A-UNKNOWN-ORDER 9
            1s
              anomaly A-UNKNOWN-ORDER 9
            2s
              anomaly A-UNKNOWN-ORDER 3
              position 0: qty 3 cost 300 realised 0 fees 0 reserved 0/0
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 0/0
              account 1: qty 3 cost 300 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn a_fill_that_contradicts_its_order_is_booked_and_leaves_the_order_alone() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 2 @101 sell
         1s B fill 1/1 2 @101
         1s fill 1/1 2 @101 on 2
         show orders
         show position 1
         show account 1
         show account 2",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
              anomaly A-MISMATCH 2
            1s
              anomaly A-MISMATCH 2
            1s
              anomaly A-MISMATCH 2
              1/1 SUBMITTED 0/5 @101 reserved 5
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
              account 1: qty -2 cost -202 realised 0 fees 0 reserved 5/0
              account 2: qty 2 cost 202 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn a_fee_in_another_currency_does_not_lose_the_fill() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 5 @101 euro-fee 0.5
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
              anomaly A-UNKNOWN-REFERENCE 3
              position 1: qty 5 cost 505 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn terminal_orders_retire_and_a_fill_after_that_still_finds_its_strategy() {
    check(
        "with retention 2
         strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s canceled 1/1
         1s time
         show orders
         1s time
         show orders
         2s fill 1/1 2 @101
         show position 1
         show position 0",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
            1s
              1/1 CANCELED 0/5 @101 reserved 0
            1s
            2s
              anomaly A-LATE-FILL 2
              position 1: qty 2 cost 202 realised 0 fees 0 reserved 0/0
              position 0: qty 0 cost 0 realised 0 fees 0 reserved 0/0
        "#]],
    );
}

#[test]
fn every_transition_outside_the_table_is_an_anomaly() {
    check(
        "strategy 1: buy 5 limit 101; buy 5 limit 100
         0s quote 100 5 101 5
         1s accept 1/1
         2s reject 1/1
         2s amend-reject 1/1
         2s cancel-reject 1/2
         3s fill 1/1 5 @101
         3s canceled 1/1
         3s expired 1/1
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
              1/2 sent buy 5 limit @100 gtc on 1
            1s
            2s
              anomaly A-ORDER-TRANSITION 2
            2s
              anomaly A-ORDER-TRANSITION 2
            2s
              anomaly A-ORDER-TRANSITION 1
            3s
            3s
              anomaly A-ORDER-TRANSITION 7
            3s
              anomaly A-ORDER-TRANSITION 7
              1/1 FILLED 5/5 @101 reserved 0
              1/2 SUBMITTED 0/5 @100 reserved 5
        "#]],
    );
}

#[test]
fn a_command_that_could_not_be_sent_is_undone() {
    check(
        "strategy 1: buy 5 limit 101; buy 4 limit 100; buy 3 limit 99
         0s quote 100 5 101 5
         1s not-sent 1/1
         1s accept 1/2
         1s accept 1/3
         strategy 1: cancel 2; amend 3 qty 9
         2s quote 100 5 101 6
         show orders
         3s not-sent 1/2 cancel
         3s not-sent 1/3 amend
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
              1/2 sent buy 4 limit @100 gtc on 1
              1/3 sent buy 3 limit @99 gtc on 1
            1s
            1s
            1s
            2s
              1/4 sent cancel of 1/2 on 1
              1/5 sent amend of 1/3 to 9 @99 on 1
              1/1 REJECTED 0/5 @101 reserved 0
              1/2 PENDING_CANCEL 0/4 @100 reserved 4
              1/3 PENDING_AMEND 0/3 @99 reserved 9
            3s
            3s
              1/1 REJECTED 0/5 @101 reserved 0
              1/2 ACCEPTED 0/4 @100 reserved 4
              1/3 ACCEPTED 0/3 @99 reserved 3
        "#]],
    );
}

#[test]
fn a_venue_statement_that_differs_is_recorded_and_the_venue_wins() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s accept 1/1
         2s reported 1/1 ACCEPTED 101 5 0
         3s reported 1/1 ACCEPTED 100 4 0
         show orders
         show position 1
         4s reported 1/1 PARTIALLY_FILLED 100 4 2
         5s position 0
         6s position 3
         7s balance 900
         8s balance 900
         9s balance 880
         show total 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
            2s
            3s
              anomaly A-MISMATCH 0
              1/1 ACCEPTED 0/4 @100 reserved 4
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 4/0
            4s
              anomaly A-MISMATCH 2
            5s
            6s
              anomaly A-MISMATCH 3
            7s
            8s
            9s
              anomaly A-MISMATCH 1
              total 1: cash 880 equity 880 realised 0 fees 0
        "#]],
    );
}

#[test]
fn cash_that_moves_without_a_fill_reaches_account_and_strategy() {
    check(
        "0s quote 100 5 101 5
         1s adjust 12.5 1
         2s adjust -0.5 0
         3s adjust 1 9
         show cash 1
         show cash 2
         show total 1",
        expect![[r#"
            0s
            1s
            2s
            3s
              anomaly A-UNKNOWN-REFERENCE 9
              cash 1: cash 1012.5 equity 1012.5 capital 1000 realised 0 fees 0
              cash 2: cash 1000 equity 1000 capital 1000 realised 0 fees 0
              total 1: cash 12 equity 12 realised 0 fees 0
        "#]],
    );
}

#[test]
fn only_profit_and_loss_moves_the_cash_of_a_contract() {
    check(
        "strategy 1: C buy 2 limit 50
         0s C quote 49 5 50 5
         1s C fill 1/1 2 @50
         show cash 1
         2s C quote 59 5 61 5
         show cash 1
         strategy 1: C sell 2 limit 60
         3s C quote 60 5 61 5
         4s C fill 1/2 2 @60 fee 3
         show cash 1",
        expect![[r#"
            0s
              1/1 sent buy 2 limit @50 gtc on 1
            1s
              cash 1: cash 1000 equity 990 capital 1000 realised 0 fees 0
            2s
              cash 1: cash 1000 equity 1200 capital 1000 realised 0 fees 0
            3s
              1/2 sent sell 2 limit @60 gtc on 1
            4s
              cash 1: cash 1197 equity 1197 capital 1000 realised 200 fees 3
        "#]],
    );
}
