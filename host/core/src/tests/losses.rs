//! Losses: each limit at what it allows and one past it; what only closes is never stopped.

use expect_test::expect;

use crate::tests::check;

#[test]
fn a_session_that_lost_more_than_its_limit_may_only_reduce() {
    check(
        "with drawdown-session-max 50
         0s balance 1000
         0s quote 100 5 100 5
         strategy 1: buy 10 limit 100
         1s quote 100 5 100 6
         2s fill 1/1 10 @100
         3s quote 95 5 95 5
         strategy 1: buy 1 limit 95
         4s quote 95 5 95 6
         5s quote 94 5 94 5
         strategy 1: buy 1 limit 94; sell 1 limit 94; sell 9 limit 94; sell 12 limit 94
         6s quote 94 5 94 6
         # Money that comes or goes is neither won nor lost.
         7s adjust -500 0
         8s adjust 600 0
         strategy 1: buy 1 limit 94
         9s quote 94 5 94 7
         with drawdown-session-max off
         10s config
         strategy 1: buy 1 limit 94
         11s quote 94 5 94 8",
        expect![[r#"
            0s
            0s
            1s
              1/1 sent buy 10 limit @100 gtc on 1
            2s
            3s
            4s
              1/2 sent buy 1 limit @95 gtc on 1
            5s
            6s
              1/3 denied D-DRAWDOWN-SESSION limit 50 value 60 allowed 0
              1/6 denied D-DRAWDOWN-SESSION limit 50 value 60 allowed 0
              1/4 sent sell 1 limit @94 gtc on 1
              1/5 sent sell 9 limit @94 gtc on 1
            7s
            8s
            9s
              s1 outcome 3: denied-drawdown
              s1 outcome 6: denied-drawdown
              1/7 denied D-DRAWDOWN-SESSION limit 50 value 60 allowed 0
            10s
            11s
              s1 outcome 7: denied-drawdown
              1/8 sent buy 1 limit @94 gtc on 1
        "#]],
    );
}

#[test]
fn a_fall_from_the_highest_equity_after_a_fill_is_limited() {
    check(
        "with drawdown-peak-max 50
         0s balance 1000
         0s quote 100 5 100 5
         strategy 1: buy 10 limit 100
         1s quote 100 5 100 6
         2s fill 1/1 5 @100
         3s quote 110 5 110 5
         # Equity 1050 + 50 after this fill.
         4s fill 1/1 5 @100
         5s quote 105 5 105 5
         strategy 1: buy 1 limit 105
         6s quote 105 5 105 6
         7s quote 104 5 104 5
         strategy 1: buy 1 limit 104; sell 1 limit 104
         8s quote 104 5 104 6",
        expect![[r#"
            0s
            0s
            1s
              1/1 sent buy 10 limit @100 gtc on 1
            2s
            3s
            4s
            5s
            6s
              1/2 sent buy 1 limit @105 gtc on 1
            7s
            8s
              1/3 denied D-DRAWDOWN-PEAK limit 50 value 60 allowed 0
              1/4 sent sell 1 limit @104 gtc on 1
        "#]],
    );
}

#[test]
fn the_loss_of_a_day_is_measured_from_midnight() {
    check(
        // Scripts begin at 22:13:20; midnight is 6400 s later.
        "with loss-day-max 20
         0s balance 1000
         0s quote 100 5 100 5
         strategy 1: buy 10 limit 100
         1s quote 100 5 100 6
         2s fill 1/1 10 @100
         3s quote 97 5 97 5
         strategy 1: buy 1 limit 97
         6399s quote 97 5 97 6
         # The day begins at 97, before its first event moves the price.
         6400s quote 95 5 95 5
         strategy 1: buy 1 limit 95
         6401s quote 95 5 95 6
         6402s quote 94 5 94 5
         strategy 1: buy 1 limit 94; sell 1 limit 94
         6403s quote 94 5 94 6",
        expect![[r#"
            0s
            0s
            1s
              1/1 sent buy 10 limit @100 gtc on 1
            2s
            3s
            6399s
              1/2 denied D-LOSS-DAY limit 20 value 30 allowed 0
            6400s
              s1 outcome 2: denied-loss
            6401s
              1/3 sent buy 1 limit @95 gtc on 1
            6402s
            6403s
              1/4 denied D-LOSS-DAY limit 20 value 30 allowed 0
              1/5 sent sell 1 limit @94 gtc on 1
        "#]],
    );
}

#[test]
fn a_strategy_that_lost_more_than_its_own_limit_or_that_of_all_may_only_reduce() {
    check(
        "with strategy-loss-max 50
         with loss-max 2 20
         0s quote 100 5 100 5
         strategy 1: buy 10 limit 100
         strategy 2: buy 10 limit 100
         1s quote 100 5 100 6
         2s fill 1/1 10 @100
         2s fill 2/1 10 @100
         3s quote 98 5 98 5
         strategy 1: buy 1 limit 98
         strategy 2: buy 1 limit 98
         4s quote 98 5 98 6
         5s quote 97 5 97 5
         strategy 1: buy 1 limit 97
         strategy 2: buy 1 limit 97; sell 1 limit 97
         6s quote 97 5 97 6
         7s quote 94 5 94 5
         strategy 1: buy 1 limit 94; sell 5 limit 94
         8s quote 94 5 94 6",
        expect![[r#"
            0s
            1s
              2/1 sent buy 10 limit @100 gtc on 1
              1/1 sent buy 10 limit @100 gtc on 1
            2s
            2s
            3s
            4s
              1/2 sent buy 1 limit @98 gtc on 1
              2/2 sent buy 1 limit @98 gtc on 1
            5s
            6s
              2/3 denied D-STRATEGY-LOSS limit 20 value 30 allowed 0
              anomaly A-CROSS 1
              anomaly A-CROSS 2
              2/4 sent sell 1 limit @97 gtc on 1
              1/3 sent buy 1 limit @97 gtc on 1
            7s
              s2 outcome 3: denied-loss
            8s
              1/4 denied D-STRATEGY-LOSS limit 50 value 60 allowed 0
              anomaly A-CROSS 2
              1/5 sent sell 5 limit @94 gtc on 1
        "#]],
    );
}
