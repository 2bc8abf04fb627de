//! Statements: what does a venue's statement about an order change, and what does it leave as it is?

use expect_test::expect;

use crate::tests::check;

#[test]
fn a_stated_price_makes_no_limit_of_a_market_order() {
    check(
        "strategy 1: buy 5 market
         0s quote 100 5 101 5
         1s accept 1/1
         2s reported 1/1 ACCEPTED 103 5 0
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 market gtc on 1
            1s
            2s
              1/1 ACCEPTED 0/5 @0 reserved 5
        "#]],
    );
}

#[test]
fn a_statement_without_a_quantity_leaves_price_and_quantity_alone() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         2s reported 1/1 ACCEPTED 91 0 0
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            2s
              anomaly A-MISMATCH 0
              1/1 ACCEPTED 0/5 @90 reserved 5
        "#]],
    );
}

#[test]
fn an_order_that_ended_is_not_changed_by_a_statement() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         2s canceled 1/1
         3s reported 1/1 CANCELED 91 4 0
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            2s
            3s
              anomaly A-MISMATCH 0
              1/1 CANCELED 0/5 @90 reserved 0
        "#]],
    );
}

#[test]
fn while_an_amend_is_under_way_a_statement_changes_no_price_and_settles_nothing() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: amend 1 qty 9
         2s quote 100 5 101 6
         3s reported 1/1 ACCEPTED 91 7 0
         show orders
         show position 1
         4s amended 1/1 90 9
         show orders
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            2s
              1/2 sent amend of 1/1 to 9 @90 on 1
            3s
              anomaly A-MISMATCH 0
              1/1 PENDING_AMEND 0/5 @90 reserved 9
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 9/0
            4s
              1/1 ACCEPTED 0/9 @90 reserved 9
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 9/0
        "#]],
    );
}
