//! Crosses: would two strategies of this host trade with each other? It is recorded, not denied.

use expect_test::expect;

use crate::tests::check;

#[test]
fn an_order_that_would_trade_with_one_of_another_strategy_is_recorded() {
    check(
        "strategy 1: sell 5 limit 101
         0s quote 100 5 102 5
         1s accept 1/1
         strategy 2: buy 1 limit 100; buy 1 limit 101; buy 1 market
         2s quote 100 5 102 6",
        expect![[r#"
            0s
              1/1 sent sell 5 limit @101 gtc on 1
            1s
            2s
              anomaly A-CROSS 1
              anomaly A-CROSS 1
              2/1 sent buy 1 limit @100 gtc on 1
              2/2 sent buy 1 limit @101 gtc on 1
              2/3 sent buy 1 market gtc on 1
        "#]],
    );
}

#[test]
fn an_order_that_still_waits_in_the_queue_counts_as_well() {
    check(
        "strategy 1: buy 5 limit 101
         strategy 2: sell 5 limit 101
         0s quote 100 5 102 5
         1s venue-down
         strategy 1: sell 5 limit 105
         2s quote 100 5 102 6
         strategy 2: buy 5 limit 105
         3s quote 100 5 102 7",
        expect![[r#"
            0s
              anomaly A-CROSS 1
              1/1 sent buy 5 limit @101 gtc on 1
              2/1 sent sell 5 limit @101 gtc on 1
            1s
            2s
            3s
              anomaly A-CROSS 1
        "#]],
    );
}

#[test]
fn own_orders_other_accounts_other_instruments_and_ended_orders_do_not_cross() {
    check(
        "strategy 1: sell 5 limit 101
         0s quote 100 5 102 5
         1s accept 1/1
         strategy 1: buy 1 limit 101
         strategy 2: C buy 1 limit 101; sell 1 limit 120
         strategy 3: buy 1 limit 101
         2s quote 100 5 102 6
         2s C quote 100 5 102 6
         3s canceled 1/1
         strategy 2: buy 1 limit 101
         4s quote 100 5 102 7",
        expect![[r#"
            0s
              1/1 sent sell 5 limit @101 gtc on 1
            1s
            2s
              3/1 sent buy 1 limit @101 gtc on 2
              1/2 sent buy 1 limit @101 gtc on 1
              2/1 sent buy 1 limit @101 gtc on 1
              2/2 sent sell 1 limit @120 gtc on 1
            2s
            3s
            4s
              2/3 sent buy 1 limit @101 gtc on 1
        "#]],
    );
}

#[test]
fn an_order_on_another_account_does_not_cross_though_somebody_on_this_one_is_open() {
    check(
        "strategy 1: sell 1 limit 120
         strategy 3: sell 1 limit 101
         0s quote 100 5 102 5
         strategy 2: buy 1 limit 101
         1s quote 100 5 102 6
         2s venue-down
         strategy 1: sell 1 limit 121
         strategy 3: sell 1 limit 101
         3s quote 100 5 102 7
         strategy 2: buy 1 limit 101
         4s quote 100 5 102 8
         show queue",
        expect![[r#"
            0s
              1/1 sent sell 1 limit @120 gtc on 1
              3/1 sent sell 1 limit @101 gtc on 2
            1s
              2/1 sent buy 1 limit @101 gtc on 1
            2s
            3s
            4s
              queue: 1/2 3/2 2/2
        "#]],
    );
}

#[test]
fn own_orders_do_not_hide_those_of_others_in_any_leg() {
    check(
        "strategy 1: sell 5 limit 101; sell 5 limit 101 long; sell 5 limit 101 short
         strategy 2: sell 1 limit 110; sell 1 limit 110 long; sell 1 limit 110 short
         0s quote 100 5 102 5
         strategy 2: buy 1 limit 101
         1s quote 100 5 102 6",
        expect![[r#"
            0s
              1/1 sent sell 5 limit @101 gtc on 1
              1/2 sent sell 5 limit @101 gtc long on 1
              1/3 sent sell 5 limit @101 gtc short on 1
              2/1 sent sell 1 limit @110 gtc on 1
              2/2 sent sell 1 limit @110 gtc long on 1
              2/3 sent sell 1 limit @110 gtc short on 1
            1s
              anomaly A-CROSS 1
              2/4 sent buy 1 limit @101 gtc on 1
        "#]],
    );
}
