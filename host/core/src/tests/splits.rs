//! Splits: when does the next part of an order that is too large for one go out, and what ends it?

use expect_test::expect;

use crate::tests::check;

#[test]
fn an_order_above_the_largest_size_is_sent_in_parts_when_splits_are_on() {
    check(
        "with qty-max A 10
         with split-parts-max 2
         strategy 1: buy 25 limit 90; buy 10 limit 91; buy 11 limit 92 fok
         0s quote 100 5 101 5
         1s accept 1/1.1
         1s fill 1/1.1 10 @90
         2s fill 1/1.2 10 @90
         2s fill 1/1.3 5 @90
         show position 1",
        expect![[r#"
            0s
              1/3 malformed M-QTY-MAX value 11 limit 10
              1/2 sent buy 10 limit @91 gtc on 1
              1/1.1 sent buy 10 limit @90 gtc on 1
              1/1.2 sent buy 10 limit @90 gtc on 1
            1s
              s1 outcome 3: malformed
            1s
              1/1.3 sent buy 5 limit @90 gtc on 1
            2s
            2s
              position 1: qty 25 cost 2250 realised 0 fees 0 reserved 10/0
        "#]],
    );
}

#[test]
fn without_splits_an_order_above_the_largest_size_is_malformed() {
    check(
        "with qty-max A 10
         strategy 1: buy 11 limit 90; buy 10 limit 90
         0s quote 100 5 101 5",
        expect![[r#"
            0s
              1/1 malformed M-QTY-MAX value 11 limit 10
              1/2 sent buy 10 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn a_split_ends_with_a_part_that_is_denied_rejected_or_canceled() {
    check(
        "with qty-max A 10
         with split-parts-max 1
         with position-strategy-max 25
         strategy 1: buy 40 limit 90
         strategy 2: buy 40 limit 90
         strategy 3: buy 40 limit 90
         0s quote 100 5 101 5
         1s fill 1/1.1 10 @90
         1s fill 1/1.2 10 @90
         2s reject 2/1.1
         # The strategy cancels its intent: the part that is out, and those that are not.
         strategy 3: cancel 1
         3s quote 100 5 101 6
         3s canceled 3/1.1
         3s time
         show open",
        expect![[r#"
            0s
              1/1.1 sent buy 10 limit @90 gtc on 1
              2/1.1 sent buy 10 limit @90 gtc on 1
              3/1.1 sent buy 10 limit @90 gtc on 2
            1s
              1/1.2 sent buy 10 limit @90 gtc on 1
            1s
              1/1.3 denied D-POSITION-STRATEGY limit 25 value 30 allowed 5
            2s
            3s
              s1 outcome 1: denied-position
            3s
              3/2 withdrawn by 3/1.1
            3s
              open: 0 0 0
        "#]],
    );
}

#[test]
fn a_split_between_two_parts_is_canceled_by_its_intent() {
    check(
        "with qty-max A 10
         with split-parts-max 1
         0s quote 100 5 101 5
         1s venue-down
         strategy 1: buy 40 limit 90
         2s quote 100 5 101 6
         strategy 1: cancel 1
         3s quote 100 5 101 7
         4s venue-up
         show open",
        expect![[r#"
            0s
            1s
            2s
            3s
              1/1.1 withdrawn by 1/2
              1/2 withdrawn by 1/1.1
            4s
              open: 0 0 0
        "#]],
    );
}

#[test]
fn a_strategy_has_so_many_unfinished_parents() {
    check(
        "with qty-max A 10
         with split-parts-max 1
         0s quote 100 5 101 5
         1s venue-down
         strategy 1: 64x buy 20 limit 90
         2s quote 100 5 101 6
         strategy 1: buy 20 limit 90
         3s quote 100 5 101 7
         show open",
        expect![[r#"
            0s
            1s
            2s
            3s
              1/65 malformed M-PARENTS value 65 limit 64
              open: 64 0 0
        "#]],
    );
}

#[test]
fn a_split_that_has_nothing_out_at_the_moment_is_canceled_by_its_own_intent_alone() {
    check(
        "with qty-max A 10
         with split-parts-max 1
         strategy 1: buy 40 limit 90
         strategy 2: buy 1 limit 90; buy 40 limit 90
         0s quote 100 5 101 5
         0s accept 2/1
         0s canceled 2/1
         # Judged while its first part has just been filled and the next is not yet made.
         strategy 1: cancel 2; cancel 1
         strategy 2: cancel 1
         1s fill 1/1.1 10 @90
         2s fill 2/2.1 10 @90
         show open",
        expect![[r#"
            0s
              2/1 sent buy 1 limit @90 gtc on 1
              1/1.1 sent buy 10 limit @90 gtc on 1
              2/2.1 sent buy 10 limit @90 gtc on 1
            0s
            0s
            1s
              1/2 malformed M-ORDER value 2 limit 0
            2s
              2/3 malformed M-ORDER value 1 limit 0
              2/2.2 sent buy 10 limit @90 gtc on 1
              open: 0 1 0
        "#]],
    );
}

#[test]
fn cancel_all_ends_the_splits_of_its_strategy_and_instrument_though_a_part_is_filled_first() {
    check(
        "with qty-max A 10
         with qty-max C 10
         with split-parts-max 1
         strategy 1: buy 40 limit 90; C buy 40 limit 9
         strategy 2: buy 40 limit 90
         0s C quote 10 5 10 5
         0s quote 100 5 101 5
         strategy 1: cancel-all A
         1s quote 100 5 101 6
         2s fill 1/1.1 10 @90
         2s C fill 1/2.1 10 @9
         2s fill 2/1.1 10 @90
         show open",
        expect![[r#"
            0s
              1/1.1 sent buy 10 limit @90 gtc on 1
              1/2.1 sent buy 10 limit @9 gtc on 1
              2/1.1 sent buy 10 limit @90 gtc on 1
            0s
            1s
            2s
              1/3 withdrawn by 1/1.1
            2s
              s1 outcome 3: withdrawn
              1/2.2 sent buy 10 limit @9 gtc on 1
            2s
              2/1.2 sent buy 10 limit @90 gtc on 1
              open: 1 1 0
        "#]],
    );
}

#[test]
fn the_kill_of_one_strategy_leaves_the_splits_of_another() {
    check(
        "with qty-max A 10
         with split-parts-max 1
         strategy 1: buy 40 limit 90
         strategy 2: buy 40 limit 90
         0s quote 100 5 101 5
         1s kill L1 1
         2s fill 1/1.1 10 @90
         2s fill 2/1.1 10 @90
         show open",
        expect![[r#"
            0s
              1/1.1 sent buy 10 limit @90 gtc on 1
              2/1.1 sent buy 10 limit @90 gtc on 1
            1s
            2s
            2s
              2/1.2 sent buy 10 limit @90 gtc on 1
              open: 0 1 0
        "#]],
    );
}
