//! How much an order finds that takes, and how much a market order slips.

use expect_test::{Expect, expect};
use ringfence_sim::{FillMoment, Slippage, SlippageModel, TakerSize};

mod support;

#[track_caller]
fn check(size: TakerSize, script: &str, want: Expect) {
    support::check(|config| config.taker_size = size, script, &want);
}

/// The same script with sizes unlimited, displayed and consumed: fills, and what was not filled.
#[track_caller]
fn check_all(script: &str, want: Expect) {
    let lines = TakerSize::ALL.iter().map(|size| {
        let text = support::play(|config| config.taker_size = *size, script);
        let said = text.lines().filter(|line| line.contains("filled") || line.contains("canceled"));
        format!("{size}\n{}", said.map(|line| format!("{line}\n")).collect::<String>())
    });
    want.assert_eq(&lines.collect::<String>());
}

#[test]
fn a_market_order_takes_what_is_displayed_and_ends() {
    check_all(
        "quote 99 10 102 10; buy 10; buy 11",
        expect![[r#"
        unlimited
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          filled 1/2 buy 11@102 taker fee 0.2244 leaves 0 crossed
        displayed
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          filled 1/2 buy 10@102 taker fee 0.204 leaves 1 crossed
          canceled 1/2 open 1 ioc-remainder
        consumed
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          canceled 1/2 open 11 ioc-remainder
    "#]],
    );
}

#[test]
fn a_displayed_size_is_taken_twice_only_where_it_is_not_consumed() {
    check_all(
        "quote 99 10 102 10; buy 6; buy 6; sell 6",
        expect![[r#"
        unlimited
          filled 1/1 buy 6@102 taker fee 0.1224 leaves 0 crossed
          filled 1/2 buy 6@102 taker fee 0.1224 leaves 0 crossed
          filled 1/3 sell 6@99 taker fee 0.1188 leaves 0 crossed
        displayed
          filled 1/1 buy 6@102 taker fee 0.1224 leaves 0 crossed
          filled 1/2 buy 6@102 taker fee 0.1224 leaves 0 crossed
          filled 1/3 sell 6@99 taker fee 0.1188 leaves 0 crossed
        consumed
          filled 1/1 buy 6@102 taker fee 0.1224 leaves 0 crossed
          filled 1/2 buy 4@102 taker fee 0.0816 leaves 2 crossed
          canceled 1/2 open 2 ioc-remainder
          filled 1/3 sell 6@99 taker fee 0.1188 leaves 0 crossed
    "#]],
    );
}

#[test]
fn a_size_counts_again_when_its_side_is_shown_anew() {
    // The other side, or the same size at the same price again, shows nothing new.
    check_all(
        "quote 99 10 102 10; buy 10; quote 98 9 102 10; buy 10",
        expect![[r#"
        unlimited
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          filled 1/2 buy 10@102 taker fee 0.204 leaves 0 crossed
        displayed
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          filled 1/2 buy 10@102 taker fee 0.204 leaves 0 crossed
        consumed
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          canceled 1/2 open 10 ioc-remainder
    "#]],
    );
    check_all(
        "quote 99 10 102 10; buy 10; quote 99 10 102 4; buy 10",
        expect![[r#"
        unlimited
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          filled 1/2 buy 10@102 taker fee 0.204 leaves 0 crossed
        displayed
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          filled 1/2 buy 4@102 taker fee 0.0816 leaves 6 crossed
          canceled 1/2 open 6 ioc-remainder
        consumed
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          filled 1/2 buy 4@102 taker fee 0.0816 leaves 6 crossed
          canceled 1/2 open 6 ioc-remainder
    "#]],
    );
    check_all(
        "quote 99 10 102 10; buy 10; quote 99 10 103 10; buy 10",
        expect![[r#"
        unlimited
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          filled 1/2 buy 10@103 taker fee 0.206 leaves 0 crossed
        displayed
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          filled 1/2 buy 10@103 taker fee 0.206 leaves 0 crossed
        consumed
          filled 1/1 buy 10@102 taker fee 0.204 leaves 0 crossed
          filled 1/2 buy 10@103 taker fee 0.206 leaves 0 crossed
    "#]],
    );
}

#[test]
fn a_book_is_taken_level_by_level() {
    check_all(
        "level sell 102 3; level sell 103 4; level sell 105 5; level buy 99 9 last; buy 8; buy 5 @104; sell 3",
        expect![[r#"
            unlimited
              filled 1/1 buy 8@102 taker fee 0.1632 leaves 0 crossed
              filled 1/2 buy 5@102 taker fee 0.102 leaves 0 crossed
              filled 1/3 sell 3@99 taker fee 0.0594 leaves 0 crossed
            displayed
              filled 1/1 buy 3@102 taker fee 0.0612 leaves 5 crossed
              filled 1/1 buy 4@103 taker fee 0.0824 leaves 1 crossed
              filled 1/1 buy 1@105 taker fee 0.021 leaves 0 crossed
              filled 1/2 buy 3@102 taker fee 0.0612 leaves 2 crossed
              filled 1/2 buy 2@103 taker fee 0.0412 leaves 0 crossed
              filled 1/3 sell 3@99 taker fee 0.0594 leaves 0 crossed
            consumed
              filled 1/1 buy 3@102 taker fee 0.0612 leaves 5 crossed
              filled 1/1 buy 4@103 taker fee 0.0824 leaves 1 crossed
              filled 1/1 buy 1@105 taker fee 0.021 leaves 0 crossed
              filled 1/3 sell 3@99 taker fee 0.0594 leaves 0 crossed
        "#]],
    );
    // A record of one level shows that level anew, and no other.
    check_all(
        "level sell 102 3; level sell 103 4; level buy 99 9 last; buy 7; level sell 103 2 last; buy 7",
        expect![[r#"
            unlimited
              filled 1/1 buy 7@102 taker fee 0.1428 leaves 0 crossed
              filled 1/2 buy 7@102 taker fee 0.1428 leaves 0 crossed
            displayed
              filled 1/1 buy 3@102 taker fee 0.0612 leaves 4 crossed
              filled 1/1 buy 4@103 taker fee 0.0824 leaves 0 crossed
              filled 1/2 buy 3@102 taker fee 0.0612 leaves 4 crossed
              filled 1/2 buy 2@103 taker fee 0.0412 leaves 2 crossed
              canceled 1/2 open 2 ioc-remainder
            consumed
              filled 1/1 buy 3@102 taker fee 0.0612 leaves 4 crossed
              filled 1/1 buy 4@103 taker fee 0.0824 leaves 0 crossed
              filled 1/2 buy 2@103 taker fee 0.0412 leaves 5 crossed
              canceled 1/2 open 5 ioc-remainder
        "#]],
    );
}

#[test]
fn the_rest_of_an_order_with_a_limit_rests_at_it() {
    check(
        TakerSize::Consumed,
        "quote 99 10 102 3; buy 5 @102; quote 98 9 102 3; quote 99 10 102 1; trade 101 1 sell",
        expect![[r#"
            quote 99 10 102 3
            buy 5 @102:
              accepted 1/1
              filled 1/1 buy 3@102 taker fee 0.0612 leaves 2 crossed
            quote 98 9 102 3
              filled 1/1 buy 1@102 maker fee 0.0102 leaves 1 touched
            quote 99 10 102 1
              filled 1/1 buy 1@102 maker fee 0.0102 leaves 0 traded-through
            trade 101 1 sell
        "#]],
    );
}

#[test]
fn a_fill_or_kill_order_needs_all_of_it_at_once() {
    check_all(
        "quote 99 10 102 5; buy 6 @102 fok; buy 5 @102 fok",
        expect![[r#"
        unlimited
          filled 1/1 buy 6@102 taker fee 0.1224 leaves 0 crossed
          filled 1/2 buy 5@102 taker fee 0.102 leaves 0 crossed
        displayed
          canceled 1/1 open 6 ioc-remainder
          filled 1/2 buy 5@102 taker fee 0.102 leaves 0 crossed
        consumed
          canceled 1/1 open 6 ioc-remainder
          filled 1/2 buy 5@102 taker fee 0.102 leaves 0 crossed
    "#]],
    );
    check_all(
        "level sell 102 3; level sell 103 4; level buy 99 9 last; buy 7 @102 fok; buy 7 @103 fok",
        expect![[r#"
        unlimited
          filled 1/1 buy 7@102 taker fee 0.1428 leaves 0 crossed
          filled 1/2 buy 7@102 taker fee 0.1428 leaves 0 crossed
        displayed
          canceled 1/1 open 7 ioc-remainder
          filled 1/2 buy 3@102 taker fee 0.0612 leaves 4 crossed
          filled 1/2 buy 4@103 taker fee 0.0824 leaves 0 crossed
        consumed
          canceled 1/1 open 7 ioc-remainder
          filled 1/2 buy 3@102 taker fee 0.0612 leaves 4 crossed
          filled 1/2 buy 4@103 taker fee 0.0824 leaves 0 crossed
    "#]],
    );
}

#[test]
fn where_nothing_is_displayed_all_is_found() {
    check_all(
        "trade 100 1; buy 50",
        expect![[r#"
        unlimited
          filled 1/1 buy 50@100 taker fee 1 leaves 0 crossed
        displayed
          filled 1/1 buy 50@100 taker fee 1 leaves 0 crossed
        consumed
          filled 1/1 buy 50@100 taker fee 1 leaves 0 crossed
    "#]],
    );
}

#[test]
fn a_reduce_only_order_takes_what_it_can_close() {
    check_all(
        "quote 99 2 102 9; buy 5; sell 2; 3: sell 2; sell 3 reduce",
        expect![[r#"
        unlimited
          filled 1/1 buy 5@102 taker fee 0.102 leaves 0 crossed
          filled 1/2 sell 2@99 taker fee 0.0396 leaves 0 crossed
          filled 3/1 sell 2@99 taker fee 0.0396 leaves 0 crossed
          filled 1/3 sell 1@99 taker fee 0.0198 leaves 2 crossed
          canceled 1/3 open 2 reduce-only
        displayed
          filled 1/1 buy 5@102 taker fee 0.102 leaves 0 crossed
          filled 1/2 sell 2@99 taker fee 0.0396 leaves 0 crossed
          filled 3/1 sell 2@99 taker fee 0.0396 leaves 0 crossed
          filled 1/3 sell 1@99 taker fee 0.0198 leaves 2 crossed
          canceled 1/3 open 2 reduce-only
        consumed
          filled 1/1 buy 5@102 taker fee 0.102 leaves 0 crossed
          filled 1/2 sell 2@99 taker fee 0.0396 leaves 0 crossed
          canceled 3/1 open 2 ioc-remainder
          canceled 1/3 open 3 ioc-remainder
    "#]],
    );
}

#[test]
fn a_market_order_slips_and_an_order_with_a_limit_does_not() {
    let slip = |model, amount| Slippage { model, amount };
    for (slippage, want) in [
        (
            slip(SlippageModel::Ticks, 2),
            expect![[r#"
            quote 99 10 102 10
            buy 20:
              accepted 1/1
              filled 1/1 buy 20@104 taker fee 0.416 leaves 0 crossed
            sell 4:
              accepted 1/2
              filled 1/2 sell 4@97 taker fee 0.0776 leaves 0 crossed
            buy 5 @102:
              accepted 1/3
              filled 1/3 buy 5@102 taker fee 0.102 leaves 0 crossed
        "#]],
        ),
        (
            slip(SlippageModel::Bps, 150),
            expect![[r#"
            quote 99 10 102 10
            buy 20:
              accepted 1/1
              filled 1/1 buy 20@104 taker fee 0.416 leaves 0 crossed
            sell 4:
              accepted 1/2
              filled 1/2 sell 4@97 taker fee 0.0776 leaves 0 crossed
            buy 5 @102:
              accepted 1/3
              filled 1/3 buy 5@102 taker fee 0.102 leaves 0 crossed
        "#]],
        ),
        (
            slip(SlippageModel::Size, 3),
            expect![[r#"
            quote 99 10 102 10
            buy 20:
              accepted 1/1
              filled 1/1 buy 20@108 taker fee 0.432 leaves 0 crossed
            sell 4:
              accepted 1/2
              filled 1/2 sell 4@97 taker fee 0.0776 leaves 0 crossed
            buy 5 @102:
              accepted 1/3
              filled 1/3 buy 5@102 taker fee 0.102 leaves 0 crossed
        "#]],
        ),
    ] {
        let script = "quote 99 10 102 10; buy 20; sell 4; buy 5 @102";
        support::check(|config| config.slippage = slippage, script, &want);
    }
}

#[test]
fn the_open_of_a_bar_slips_too() {
    let script = "at 99; bar 100 100 100 100 @1; buy 5; at 199; bar 90 96 89 95 @120";
    support::check(
        |config| {
            config.fill = FillMoment::NextOpen;
            config.slippage = Slippage { model: SlippageModel::Ticks, amount: 1 };
        },
        script,
        &expect![[r#"
            bar 100 100 100 100 @1
            buy 5:
              accepted 1/1
              filled 1/1 buy 5@91 taker fee 0.091 leaves 0 next-open (of 120)
            bar 90 96 89 95 @120
        "#]],
    );
}
