//! Links: what waits for what, and what becomes of the others when one of a group fills?

use alloc::string::String;

use expect_test::expect;

use crate::tests::check;
use crate::tests::script::run;

#[test]
fn an_order_waits_for_its_parent_and_is_sent_in_parts_as_that_fills() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 limit 110 after 1
         0s quote 100 5 101 5
         show links
         show position 1
         1s accept 1/1
         2s fill 1/1 4 @100
         show position 1
         3s fill 1/1 6 @100
         show links
         show position 1",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
              1/2 waits for 1, sent 0/10
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 10/0
            1s
            2s
              1/2.1024 sent sell 4 limit @110 gtc on 1
              position 1: qty 4 cost 400 realised 0 fees 0 reserved 6/4
            3s
              1/2.2048 sent sell 6 limit @110 gtc on 1
              no links
              position 1: qty 10 cost 1000 realised 0 fees 0 reserved 0/10
        "#]],
    );
}

#[test]
fn what_waits_is_smaller_or_larger_than_its_parent_in_proportion() {
    check(
        "strategy 1: buy 10 limit 100; sell 5 limit 110 after 1; sell 25 limit 120 after 1
         0s quote 100 5 101 5
         1s fill 1/1 5 @100
         2s fill 1/1 3 @100
         3s canceled 1/1
         show links",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            1s
              1/2.1024 sent sell 2 limit @110 gtc on 1
              1/3.1024 sent sell 12 limit @120 gtc on 1
            2s
              1/2.2048 sent sell 2 limit @110 gtc on 1
              1/3.2048 sent sell 8 limit @120 gtc on 1
            3s
              no links
        "#]],
    );
}

#[test]
fn a_parent_that_ends_without_a_fill_takes_what_waits_for_it_along() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 limit 110 after 1; buy 1 limit 90 after 2
         strategy 2: buy 10 limit 100; sell 10 limit 110 after 1
         strategy 3: buy 10 limit 100; sell 10 limit 110 after 1
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 3/1
         1s canceled 1/1
         2s reject 2/1
         3s expired 3/1
         show links
         4s quote 100 5 101 6",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/2
              2/2 tied to 2/1
              3/2 tied to 3/1
              1/1 sent buy 10 limit @100 gtc on 1
              2/1 sent buy 10 limit @100 gtc on 1
              3/1 sent buy 10 limit @100 gtc on 2
            1s
            1s
            1s
              1/2 withdrawn by 1/1
              1/3 withdrawn by 1/2
            2s
              2/2 withdrawn by 2/1
            3s
              3/2 withdrawn by 3/1
              no links
            4s
              s1 outcome 2: withdrawn
              s1 outcome 3: withdrawn
              s2 outcome 2: withdrawn
              s3 outcome 2: withdrawn
        "#]],
    );
}

#[test]
fn a_parent_that_is_denied_or_never_was_is_nothing_to_wait_for() {
    check(
        "with order-qty-max 5
         strategy 1: buy 10 limit 100; sell 5 limit 110 after 1; sell 5 limit 110 after 3; sell 5 limit 110 after 9
         0s quote 100 5 101 5
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 denied D-ORDER-QTY-MAX limit 5 value 10 allowed 5
              1/2 malformed M-LINK value 1 limit 0
              1/3 malformed M-LINK value 3 limit 0
              1/4 malformed M-LINK value 9 limit 0
            1s
              s1 outcome 1: denied-quantity
              s1 outcome 2: malformed
              s1 outcome 3: malformed
              s1 outcome 4: malformed
        "#]],
    );
}

#[test]
fn what_can_never_be_sent_does_not_wait() {
    check(
        "with qty-max A 100
         strategy 1: buy 10 limit 100; sell 0 limit 110 after 1; sell 101 limit 110 after 1; B sell 20 limit 10001 after 1
         0s quote 100 5 101 5",
        expect![[r#"
            0s
              1/2 malformed M-QTY-MIN value 0 limit 1
              1/3 malformed M-QTY-MAX value 101 limit 100
              1/4 malformed M-TICK value 10001 limit 5
              1/1 sent buy 10 limit @100 gtc on 1
        "#]],
    );
}

#[test]
fn a_parent_that_waits_in_the_queue_or_is_unknown_goes_on() {
    check(
        "0s quote 100 5 101 5
         0s venue-down
         strategy 1: buy 10 limit 100; sell 10 limit 110 after 1
         1s quote 100 5 101 6
         show links
         2s venue-up
         3s unknown 1/1
         show links
         4s fill 1/1 10 @100
         show links",
        expect![[r#"
            0s
            0s
            1s
              1/2 tied to 1/1
              1/2 waits for 1, sent 0/10
            2s
              1/1 sent buy 10 limit @100 gtc on 1
            3s
              1/2 waits for 1, sent 0/10
            4s
              1/2.1024 sent sell 10 limit @110 gtc on 1
              no links
        "#]],
    );
}

#[test]
fn an_approval_of_the_parent_that_expires_ends_what_waits_for_it() {
    check(
        "0s quote 100 5 101 5
         0s venue-down
         strategy 1: buy 10 limit 100; sell 10 limit 110 after 1
         1s quote 100 5 101 6
         302s time
         303s quote 100 5 101 7
         show links",
        expect![[r#"
            0s
            0s
            1s
              1/2 tied to 1/1
            302s
              1/1 approval of 1s expired
            303s
              s1 outcome 1: approval-expired
              1/2 withdrawn by 1/1
              no links
        "#]],
    );
}

#[test]
fn what_waits_is_canceled_by_its_intent_by_cancel_all_and_by_flatten() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 limit 110 after 1; sell 10 limit 111 after 1; C buy 1 limit 90 after 1
         0s quote 100 5 101 5
         0s accept 1/1
         strategy 1: cancel 2; cancel 9
         1s quote 100 5 101 6
         strategy 1: cancel-all C
         2s quote 100 5 101 7
         show links
         strategy 1: flatten
         3s quote 100 5 101 8
         show links
         3s canceled 1/1",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/4 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/6 malformed M-ORDER value 9 limit 0
              1/2 withdrawn by 1/5
            2s
              s1 outcome 6: malformed
              s1 outcome 2: withdrawn
              1/4 withdrawn by 1/7
              1/3 waits for 1, sent 0/10
            3s
              s1 outcome 4: withdrawn
              1/3 withdrawn by 1/8
              1/8 sent cancel of 1/1 on 1
              no links
            3s
              s1 outcome 3: withdrawn
        "#]],
    );
}

#[test]
fn the_kill_switch_takes_out_what_waits() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 limit 110 after 1
         strategy 2: buy 10 limit 100; sell 10 limit 110 after 1
         0s quote 100 5 101 5
         0s accept 1/1
         0s accept 2/1
         1s kill L1 1
         show links
         2s kill L2
         show links
         3s fill 2/1 10 @100",
        expect![[r#"
            0s
              1/2 tied to 1/1
              2/2 tied to 2/1
              1/1 sent buy 10 limit @100 gtc on 1
              2/1 sent buy 10 limit @100 gtc on 1
            0s
            0s
            1s
              1/2 withdrawn by 0/0
              2/2 waits for 1, sent 0/10
            2s
              2/2 withdrawn by 0/0
              no links
            3s
              s2 outcome 2: withdrawn
        "#]],
    );
}

#[test]
fn what_is_sent_is_judged_then_and_a_denial_is_told() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 limit 110 after 1
         0s quote 100 5 101 5
         1s disable
         2s fill 1/1 4 @100
         3s enable
         4s fill 1/1 6 @100
         5s quote 100 5 101 6",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            1s
            2s
              1/2.1024 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            3s
              s1 outcome 2: denied-trading-disabled
            4s
              1/2.2048 sent sell 6 limit @110 gtc on 1
            5s
        "#]],
    );
}

#[test]
fn a_part_too_small_to_send_waits_for_more() {
    check(
        "0s B quote 10000 50 10010 50
         strategy 1: B buy 100 limit 10000; B sell 100 limit 10100 after 1
         1s B quote 10000 50 10010 51
         2s B fill 1/1 10 @10000
         3s B fill 1/1 10 @10000
         # Twenty more would leave ten of the hundred: ten wait with them.
         4s B fill 1/1 70 @10000
         5s B fill 1/1 10 @10000
         show links",
        expect![[r#"
            0s
            1s
              1/2 tied to 1/1
              1/1 sent buy 100 limit @10000 gtc on 1
            2s
            3s
              1/2.1024 sent sell 20 limit @10100 gtc on 1
            4s
              1/2.2048 sent sell 60 limit @10100 gtc on 1
            5s
              1/2.3072 sent sell 20 limit @10100 gtc on 1
              no links
        "#]],
    );
}

#[test]
fn a_fill_of_one_cancels_the_others_and_what_waits() {
    check(
        "strategy 1: buy 10 limit 90; sell 5 limit 110 oco 0; sell 5 limit 111 oco 2; sell 5 limit 112 after 1 oco 2
         0s quote 100 5 101 5
         0s accept 1/2
         0s accept 1/3
         1s fill 1/2 2 @110
         show links
         1s canceled 1/3
         2s fill 1/2 3 @110
         show links",
        expect![[r#"
            0s
              1/4 tied to 1/1
              1/1 sent buy 10 limit @90 gtc on 1
              1/2 sent sell 5 limit @110 gtc on 1
              1/3 sent sell 5 limit @111 gtc on 1
            0s
            0s
            1s
              1/4 withdrawn by 1/2
              1/3.31744 sent cancel of 1/3 on 1
              oco of 1: 2 3 4, 2 was filled
            1s
              s1 outcome 4: withdrawn
            2s
              no links
        "#]],
    );
}

#[test]
fn a_race_of_two_fills_is_booked_and_recorded() {
    check(
        "strategy 1: sell 5 limit 110 oco 0; sell 5 limit 111 oco 1
         0s quote 100 5 101 5
         0s accept 1/1
         0s accept 1/2
         1s fill 1/1 5 @110
         1s fill 1/2 5 @111
         1s cancel-reject 1/2
         show position 1
         show links",
        expect![[r#"
            0s
              1/1 sent sell 5 limit @110 gtc on 1
              1/2 sent sell 5 limit @111 gtc on 1
            0s
            0s
            1s
              1/2.31744 sent cancel of 1/2 on 1
            1s
              anomaly A-GROUP-OVERFILL 5
            1s
              position 1: qty -10 cost -1105 realised 0 fees 0 reserved 0/0
              no links
        "#]],
    );
}

#[test]
fn a_fill_after_the_cancel_came_is_late_and_recorded() {
    check(
        "strategy 1: sell 5 limit 110 oco 0; sell 5 limit 111 oco 1
         0s quote 100 5 101 5
         0s accept 1/1
         0s accept 1/2
         1s fill 1/1 2 @110
         1s canceled 1/2
         2s fill 1/2 5 @111
         show position 1",
        expect![[r#"
            0s
              1/1 sent sell 5 limit @110 gtc on 1
              1/2 sent sell 5 limit @111 gtc on 1
            0s
            0s
            1s
              1/2.31744 sent cancel of 1/2 on 1
            1s
            2s
              anomaly A-LATE-FILL 5
              anomaly A-GROUP-OVERFILL 5
              position 1: qty -7 cost -775 realised 0 fees 0 reserved 0/3
        "#]],
    );
}

#[test]
fn a_cancel_of_the_others_that_is_refused_is_tried_again() {
    check(
        "strategy 1: sell 5 limit 110 oco 0; sell 5 limit 111 oco 1
         0s quote 100 5 101 5
         0s accept 1/1
         0s accept 1/2
         1s fill 1/1 2 @110
         2s cancel-reject 1/2
         show wake
         2s+200000000 time
         3s canceled 1/2
         show wake",
        expect![[r#"
            0s
              1/1 sent sell 5 limit @110 gtc on 1
              1/2 sent sell 5 limit @111 gtc on 1
            0s
            0s
            1s
              1/2.31744 sent cancel of 1/2 on 1
            2s
              1/2.31745 sent cancel of 1/2 on 1
              wake: 2s+200000000
            2s+200000000
            3s
              wake: never
        "#]],
    );
}

#[test]
fn one_that_waits_in_the_queue_is_withdrawn_when_another_fills() {
    check(
        "0s quote 100 5 101 5
         strategy 1: sell 5 limit 110 oco 0
         1s quote 100 5 101 6
         1s accept 1/1
         1s venue-down
         strategy 1: sell 5 limit 111 oco 1
         2s quote 100 5 101 7
         show queue
         3s fill 1/1 1 @110
         show queue
         show open
         4s quote 100 5 101 8",
        expect![[r#"
            0s
            1s
              1/1 sent sell 5 limit @110 gtc on 1
            1s
            1s
            2s
              queue: 1/2
            3s
              1/2 withdrawn by 1/2.31744
              1/2.31744 withdrawn by 1/2
              queue: empty
              open: 1 0 0
            4s
              s1 outcome 2: withdrawn
        "#]],
    );
}

#[test]
fn one_that_ends_without_a_fill_leaves_the_others_alone() {
    check(
        "with order-qty-max 5
         strategy 1: sell 5 limit 110 oco 0; sell 6 limit 111 oco 1; sell 5 limit 112 oco 1; sell 5 limit 113 oco 1
         0s quote 100 5 101 5
         0s accept 1/1
         0s reject 1/3
         0s accept 1/4
         strategy 1: cancel 1
         1s quote 100 5 101 6
         1s canceled 1/1
         2s fill 1/4 5 @113
         show links",
        expect![[r#"
            0s
              1/2 denied D-ORDER-QTY-MAX limit 5 value 6 allowed 5
              1/1 sent sell 5 limit @110 gtc on 1
              1/3 sent sell 5 limit @112 gtc on 1
              1/4 sent sell 5 limit @113 gtc on 1
            0s
              s1 outcome 2: denied-quantity
            0s
            0s
            1s
              1/5 sent cancel of 1/1 on 1
            1s
            2s
              no links
        "#]],
    );
}

#[test]
fn a_fill_of_one_takes_as_much_from_the_others() {
    check(
        "strategy 1: sell 10 limit 110 ouo 0; sell 10 limit 111 ouo 1
         0s quote 100 5 101 5
         0s accept 1/1
         0s accept 1/2
         1s fill 1/1 4 @110
         1s amended 1/2 @111 6
         2s fill 1/2 1 @111
         2s amended 1/1 @110 9
         3s fill 1/1 5 @110
         show orders
         3s canceled 1/2
         show links",
        expect![[r#"
            0s
              1/1 sent sell 10 limit @110 gtc on 1
              1/2 sent sell 10 limit @111 gtc on 1
            0s
            0s
            1s
              1/2.31744 sent amend of 1/2 to 6 @111 on 1
            1s
            2s
              1/1.31744 sent amend of 1/1 to 9 @110 on 1
            2s
            3s
              1/2.31745 sent cancel of 1/2 on 1
              1/1 FILLED 9/9 @110 reserved 0
              1/2 PENDING_CANCEL 1/6 @111 reserved 5
            3s
              no links
        "#]],
    );
}

#[test]
fn what_would_be_too_small_is_canceled_instead_of_lowered() {
    check(
        "0s B quote 10000 50 10010 50
         strategy 1: B sell 40 limit 10100 ouo 0; B sell 40 limit 10200 ouo 1
         1s B quote 10000 50 10010 51
         1s B accept 1/1
         1s B accept 1/2
         2s B fill 1/1 20 @10100
         2s B amended 1/2 10200 20
         3s B fill 1/1 10 @10100",
        expect![[r#"
            0s
            1s
              1/1 sent sell 40 limit @10100 gtc on 1
              1/2 sent sell 40 limit @10200 gtc on 1
            1s
            1s
            2s
              1/2.31744 sent amend of 1/2 to 20 @10200 on 1
            2s
            3s
              1/2.31745 sent cancel of 1/2 on 1
        "#]],
    );
}

#[test]
fn more_than_any_of_a_group_asked_for_is_booked_and_recorded() {
    check(
        "strategy 1: sell 5 limit 110 ouo 0; sell 5 limit 111 ouo 1
         0s quote 100 5 101 5
         0s accept 1/1
         0s accept 1/2
         1s fill 1/1 3 @110
         1s fill 1/2 5 @111
         show position 1",
        expect![[r#"
            0s
              1/1 sent sell 5 limit @110 gtc on 1
              1/2 sent sell 5 limit @111 gtc on 1
            0s
            0s
            1s
              1/2.31744 sent amend of 1/2 to 2 @111 on 1
            1s
              anomaly A-GROUP-OVERFILL 5
              1/1.31744 sent cancel of 1/1 on 1
              position 1: qty -8 cost -885 realised 0 fees 0 reserved 0/2
        "#]],
    );
}

#[test]
fn a_bracket_follows_its_entry_part_by_part() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 limit 110 reduce-only after 1 ouo 0; sell 10 limit 109 reduce-only after 1 ouo 2
         0s quote 100 5 101 5
         0s accept 1/1
         1s fill 1/1 4 @100
         2s accept 1/2.1024
         2s accept 1/3.1024
         show position 1
         3s fill 1/2.1024 4 @110
         3s canceled 1/3.1024
         4s fill 1/1 6 @100
         5s accept 1/2.2048
         5s accept 1/3.2048
         6s fill 1/3.2048 2 @109
         6s amended 1/2.2048 @110 4
         7s fill 1/2.2048 4 @110
         7s canceled 1/3.2048
         show position 1
         show links
         show open",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              1/2.1024 sent sell 4 limit @110 gtc reduce-only on 1
              1/3.1024 sent sell 4 limit @109 gtc reduce-only on 1
            2s
            2s
              position 1: qty 4 cost 400 realised 0 fees 0 reserved 6/8
            3s
              1/3.31744 sent cancel of 1/3.1024 on 1
            3s
            4s
              1/2.2048 sent sell 6 limit @110 gtc reduce-only on 1
              1/3.2048 sent sell 6 limit @109 gtc reduce-only on 1
            5s
            5s
            6s
              1/2.31744 sent amend of 1/2.2048 to 4 @110 on 1
            6s
            7s
              1/3.31745 sent cancel of 1/3.2048 on 1
            7s
              position 1: qty 0 cost 0 realised 98 fees 0 reserved 0/0
              no links
              open: 0 0 0
        "#]],
    );
}

#[test]
fn what_is_tied_closes_the_same_position_and_nothing_more() {
    check(
        "strategy 1: buy 10 market
         0s quote 100 5 101 5
         0s fill 1/1 10 @101
         strategy 1: sell 10 limit 110 reduce-only oco 0; sell 10 limit 111 reduce-only oco 2; sell 11 limit 112 reduce-only oco 2; \
         sell 1 limit 113 reduce-only
         1s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 sent buy 10 market gtc on 1
            0s
            1s
              1/4 denied D-REDUCE-ONLY limit 10 value 11 allowed 10
              1/5 denied D-REDUCE-ONLY limit 0 value 1 allowed 0
              1/2 sent sell 10 limit @110 gtc reduce-only on 1
              1/3 sent sell 10 limit @111 gtc reduce-only on 1
        "#]],
    );
}

#[test]
fn a_member_of_unknown_fate_is_canceled_too_and_counts_as_open() {
    check(
        "strategy 1: sell 5 limit 110 oco 0; sell 5 limit 111 oco 1
         0s quote 100 5 101 5
         0s accept 1/1
         0s unknown 1/2
         1s fill 1/1 5 @110
         show links
         2s cancel-reject 1/2
         3s reported 1/2 CANCELED @111 5 0
         show links",
        expect![[r#"
            0s
              1/1 sent sell 5 limit @110 gtc on 1
              1/2 sent sell 5 limit @111 gtc on 1
            0s
            0s
            1s
              1/2.31744 sent cancel of 1/2 on 1
              oco of 1: 1 2, 1 was filled
            2s
              1/2.31745 sent cancel of 1/2 on 1
            3s
              no links
        "#]],
    );
}

#[test]
fn a_fill_taken_back_gives_nothing_back_to_the_others() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 limit 110 after 1; sell 5 limit 120 oco 0; sell 5 limit 121 oco 3
         0s quote 100 5 101 5
         1s fill 1/1 4 @100 id 7
         2s bust 1/1 4 @100 id 7
         3s fill 1/1 4 @100 id 8
         show links
         4s accept 1/4
         4s fill 1/3 5 @120 id 9
         5s bust 1/3 5 @120 id 9
         show links",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
              1/3 sent sell 5 limit @120 gtc on 1
              1/4 sent sell 5 limit @121 gtc on 1
            1s
              1/2.1024 sent sell 4 limit @110 gtc on 1
            2s
            3s
              1/2 waits for 1, sent 4/10
              oco of 1: 3 4
            4s
            4s
              1/4.31744 sent cancel of 1/4 on 1
            5s
              1/2 waits for 1, sent 4/10
              oco of 1: 3 4, 3 was filled
        "#]],
    );
}

#[test]
fn ties_that_cannot_be_are_refused() {
    check(
        "strategy 1: sell 5 limit 110 oco 0; sell 5 limit 111 ouo 1; sell 5 limit 111 oco 3; sell 5 limit 111 oco 9
         0s quote 100 5 101 5
         1s fill 1/1 5 @110
         strategy 1: sell 5 limit 111 oco 1
         2s quote 100 5 101 6
         strategy 2: 9x sell 5 limit 111 oco 0
         3s quote 100 5 101 7",
        expect![[r#"
            0s
              1/2 malformed M-LINK value 1 limit 0
              1/3 malformed M-LINK value 3 limit 0
              1/4 malformed M-LINK value 9 limit 0
              1/1 sent sell 5 limit @110 gtc on 1
            1s
              s1 outcome 2: malformed
              s1 outcome 3: malformed
              s1 outcome 4: malformed
            2s
              1/5 malformed M-LINK value 1 limit 0
            3s
              s1 outcome 5: malformed
              2/1 sent sell 5 limit @111 gtc on 1
              2/2 sent sell 5 limit @111 gtc on 1
              2/3 sent sell 5 limit @111 gtc on 1
              2/4 sent sell 5 limit @111 gtc on 1
              2/5 sent sell 5 limit @111 gtc on 1
              2/6 sent sell 5 limit @111 gtc on 1
              2/7 sent sell 5 limit @111 gtc on 1
              2/8 sent sell 5 limit @111 gtc on 1
              2/9 sent sell 5 limit @111 gtc on 1
        "#]],
    );
}

#[test]
fn a_group_has_so_many_members_and_a_strategy_so_many_that_wait() {
    let mut wishes = String::from("sell 1 limit 110 oco 0");
    for _ in 0..8 {
        wishes += "; sell 1 limit 110 oco 1";
    }
    let out = run(&alloc::format!("strategy 1: {wishes}\n0s quote 100 5 101 5"));
    assert!(out.contains("1/9 malformed M-LINK value 1 limit 0") && out.contains("1/8 sent"), "{out}");
    let out = run("strategy 1: buy 10 limit 100
         0s quote 100 5 101 5
         strategy 1: 64x sell 1 limit 110 after 1
         1s quote 100 5 101 6
         strategy 1: sell 1 limit 110 after 1
         2s quote 100 5 101 7");
    assert_eq!(out.matches("tied to").count(), 64, "{out}");
    assert!(out.contains("1/66 malformed M-PARENTS value 65 limit 64"), "{out}");
}

#[test]
fn an_order_waits_for_a_schedule() {
    check(
        "strategy 1: schedule buy 10 limit 101 even 2 to 20s; sell 10 limit 110 after 1
         0s quote 100 5 101 5
         0s fill 1/1.1 5 @101
         10s time
         10s fill 1/1.2 5 @101
         show links",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 20s+0
              1/2 tied to 1/1
              1/1.1 sent buy 5 limit @101 gtc on 1
            0s
              1/2.1024 sent sell 5 limit @110 gtc on 1
            10s
              1/1.2 sent buy 5 limit @101 gtc on 1
            10s
              1/1 ended filled filled 10 left 0
              1/2.2048 sent sell 5 limit @110 gtc on 1
              no links
        "#]],
    );
}

#[test]
fn fills_beyond_any_number_are_counted_up_to_the_largest() {
    check(
        "strategy 1: schedule buy 10 limit 101 even 2 to 20s; sell 5 limit 103
         0s quote 100 5 101 5
         0s fill 1/1.1 5 @101 id 1
         10s time
         10s fill 1/2 9223372036854775807 @103 id 2
         10s fill 1/1.2 9223372036854775807 @101 id 3
         10s fill 1/1.1 9223372036854775802 @101 id 4
         strategy 1: sell 10 limit 110 after 1
         11s quote 100 5 101 5
         show links",
        expect![[r#"
            0s
              1/1 scheduled 10 from 0s+0 to 20s+0
              1/2 sent sell 5 limit @103 gtc on 1
              1/1.1 sent buy 5 limit @101 gtc on 1
            0s
            10s
              1/1.2 sent buy 5 limit @101 gtc on 1
            10s
              anomaly A-OVERFILL 9223372036854775802
            10s
              anomaly A-OVERFILL 9223372036854775802
              1/1 ended filled filled 9223372036854775807 left 0
            10s
              s1 outcome 1: ended
              anomaly A-OVERFILL 9223372036854775802
              anomaly A-LATE-FILL 9223372036854775802
            11s
              1/3 malformed M-LINK value 1 limit 0
              no links
        "#]],
    );
}

#[test]
fn a_split_of_its_instrument_ends_what_waits() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 limit 110 after 1; C sell 1 limit 110 after 1
         0s quote 100 5 101 5
         1s split 2 1
         show links",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            1s
              1/2 withdrawn by 0/0
              1/3 waits for 1, sent 0/1
        "#]],
    );
}

#[test]
fn what_waits_and_what_is_tied_goes_on_when_the_strategy_is_halted() {
    check(
        "strategy 1: buy 10 limit 100; sell 10 limit 110 after 1 oco 0; sell 10 limit 111 after 1 oco 2
         0s quote 100 5 101 5
         0s accept 1/1
         strategy 1: trap
         1s quote 100 5 101 6
         2s fill 1/1 10 @100
         3s accept 1/2.1024
         3s accept 1/3.1024
         4s fill 1/2.1024 10 @110",
        expect![[r#"
            0s
              1/2 tied to 1/1
              1/3 tied to 1/1
              1/1 sent buy 10 limit @100 gtc on 1
            0s
            1s
              s1 halted H-TRAP limit 0 used 0
            2s
              1/2.1024 sent sell 10 limit @110 gtc on 1
              1/3.1024 sent sell 10 limit @111 gtc on 1
            3s
            3s
            4s
              1/3.31744 sent cancel of 1/3.1024 on 1
        "#]],
    );
}
