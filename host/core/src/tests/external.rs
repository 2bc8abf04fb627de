//! External intents: do they pass the whole chain, under the strategy that is theirs and no other?

use expect_test::expect;

use super::check;

#[test]
fn an_intent_from_outside_is_numbered_judged_and_sent_like_any_other() {
    check(
        "with external 2\n0s quote 100 5 101 5\n1s external 2 buy 5 limit 101\n2s external 2 buy 1 limit 99\n\
         3s external 2 cancel 1\n4s external 2 note hello",
        expect![[r#"
            0s
            1s
              2/1 sent buy 5 limit @101 gtc on 1
            2s
              2/2 sent buy 1 limit @99 gtc on 1
            3s
            4s
              2/4 note hello
        "#]],
    );
}

#[test]
fn risk_denies_it_and_the_normalizer_refuses_it() {
    check(
        "with external 2\nwith order-qty-max 10\n0s quote 100 5 101 5\n1s external 2 buy 10 limit 101\n\
         1s external 2 buy 11 limit 101\n1s external 2 buy 0 limit 101\n1s kill L1 2\n1s external 2 buy 1 limit 101\n\
         1s kill off 2\n1s disable\n1s external 2 buy 1 limit 101\n1s external 2 cancel 1",
        expect![[r#"
            0s
            1s
              2/1 sent buy 10 limit @101 gtc on 1
            1s
              2/2 denied D-ORDER-QTY-MAX limit 10 value 11 allowed 10
            1s
              2/3 malformed M-QTY-MIN value 0 limit 1
            1s
            1s
              2/4 denied D-KILL-SWITCH limit 0 value 1 allowed 0
            1s
            1s
            1s
              2/5 denied D-TRADING-DISABLED limit 0 value 1 allowed 0
            1s
        "#]],
    );
}

#[test]
fn nobody_outside_speaks_for_a_strategy_that_has_a_component_or_that_there_is_not() {
    check(
        "with external 2\n0s quote 100 5 101 5\n1s external 1 buy 5 limit 101\n1s external 9 buy 5 limit 101\n\
         1s external 0 buy 5 limit 101",
        expect![[r#"
            0s
            1s
              anomaly A-UNKNOWN-REFERENCE 1
            1s
              anomaly A-UNKNOWN-REFERENCE 9
            1s
              anomaly A-UNKNOWN-REFERENCE 0
        "#]],
    );
}

#[test]
fn bytes_that_are_no_intent_are_an_anomaly() {
    check(
        "with external 2\n0s external bytes\n0s external 2 wake 5s",
        expect![[r#"
        0s
          anomaly A-BAD-BLOB 6
        0s
          anomaly A-BAD-BLOB 7
    "#]],
    );
}

#[test]
fn what_is_too_many_in_a_second_is_an_anomaly_and_takes_no_number() {
    check(
        "with external 2\nwith rates 2 1 1 1\n0s quote 100 5 101 5\n1s external 2 buy 5 limit 101\n\
         1s external 2 buy 6 limit 101\n2s external 2 buy 7 limit 101",
        expect![[r#"
            0s
            1s
              2/1 sent buy 5 limit @101 gtc on 1
            1s
              anomaly A-EXTERNAL-REFUSED 2
            2s
              2/2 sent buy 7 limit @101 gtc on 1
        "#]],
    );
}

#[test]
fn a_flatten_closes_what_somebody_outside_holds_and_nobody_is_told_outcomes() {
    check(
        "with external 2\n0s quote 100 5 101 5\n1s external 2 buy 5 limit 101\n1s fill 2/1 5 101\n\
         2s flatten-requested 2\nshow position 2",
        expect![[r#"
            0s
            1s
              2/1 sent buy 5 limit @101 gtc on 1
            1s
            2s
              2/h1 sent sell 5 market ioc reduce-only on 1
              position 2: qty 5 cost 505 realised 0 fees 0 reserved 0/5
        "#]],
    );
}
