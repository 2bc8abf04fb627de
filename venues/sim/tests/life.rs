//! Accepts, rejects, ends: what the venue answers apart from prices.

use expect_test::{Expect, expect};
use ringfence_core::money::Decimal;
use ringfence_sim::{CommissionRounding, FillMoment, Latency, Sim, SimConfig, SimError};
use ringfence_venue::desk;

mod support;

#[track_caller]
fn check(script: &str, want: Expect) {
    support::check(|_| {}, script, &want);
}

#[test]
fn a_marketable_limit_takes_at_the_touch_and_the_rest_rests() {
    check(
        "quote 99 1 101 1; buy 5 @101; buy 5 @100; sell 5 @99; sell 5 @100",
        expect![[r#"
            quote 99 1 101 1
            buy 5 @101:
              accepted 1/1
              filled 1/1 buy 5@101 taker fee 0.101 leaves 0 crossed
            buy 5 @100:
              accepted 1/2
            sell 5 @99:
              accepted 1/3
              filled 1/3 sell 5@99 taker fee 0.099 leaves 0 crossed
            sell 5 @100:
              accepted 1/4
        "#]],
    );
}

#[test]
fn an_immediate_order_that_cannot_fill_is_canceled_whole() {
    check(
        "quote 99 1 101 1; buy 5 @100 ioc; buy 5 @100 fok; buy 5 @101 ioc; buy 5 @101 fok",
        expect![[r#"
            quote 99 1 101 1
            buy 5 @100 ioc:
              accepted 1/1
              canceled 1/1 open 5 ioc-remainder
            buy 5 @100 fok:
              accepted 1/2
              canceled 1/2 open 5 ioc-remainder
            buy 5 @101 ioc:
              accepted 1/3
              filled 1/3 buy 5@101 taker fee 0.101 leaves 0 crossed
            buy 5 @101 fok:
              accepted 1/4
              filled 1/4 buy 5@101 taker fee 0.101 leaves 0 crossed
        "#]],
    );
}

#[test]
fn post_only_is_rejected_at_the_opposite_touch_and_rests_one_tick_away() {
    check(
        "quote 99 1 101 1; buy 5 @101 post; buy 5 @100 post; sell 5 @99 post; sell 5 @100 post",
        expect![[r#"
            quote 99 1 101 1
            buy 5 @101 post:
              rejected 1/1 would-take
            buy 5 @100 post:
              accepted 1/2
            sell 5 @99 post:
              rejected 1/3 would-take
            sell 5 @100 post:
              accepted 1/4
        "#]],
    );
}

#[test]
fn a_post_only_order_amended_into_the_market_stays_as_it_was() {
    check(
        "quote 99 1 101 1; buy 5 @98 post; amend 1 5@101; trade 97 1 sell",
        expect![[r#"
            quote 99 1 101 1
            buy 5 @98 post:
              accepted 1/1
            amend 1 5@101:
              amend-rejected 1/1 would-take
              filled 1/1 buy 5@98 maker fee 0.049 leaves 0 traded-through
            trade 97 1 sell
        "#]],
    );
}

#[test]
fn an_amend_may_take() {
    check(
        "quote 99 1 101 1; buy 5 @98; amend 1 7@101",
        expect![[r#"
            quote 99 1 101 1
            buy 5 @98:
              accepted 1/1
            amend 1 7@101:
              amended 1/1 7@101
              filled 1/1 buy 7@101 taker fee 0.1414 leaves 0 crossed
        "#]],
    );
}

#[test]
fn reduce_only_fills_what_is_held_and_ends_the_rest() {
    // The core lets each pass alone; by the time the second meets the market the first has closed the position.
    let script = "trade 100 1; buy 10; sell 10 @105 reduce; sell 4; trade 106 1";
    check(
        script,
        expect![[r#"
            trade 100 1
            buy 10:
              accepted 1/1
              filled 1/1 buy 10@100 taker fee 0.2 leaves 0 crossed
            sell 10 @105 reduce:
              accepted 1/2
            sell 4:
              accepted 1/3
              filled 1/3 sell 4@100 taker fee 0.08 leaves 0 crossed
              filled 1/2 sell 6@105 maker fee 0.063 leaves 4 traded-through
              canceled 1/2 open 4 reduce-only
            trade 106 1
        "#]],
    );
}

#[test]
fn a_reduce_only_order_with_nothing_to_reduce_does_not_fill() {
    let script = "trade 100 1; buy 10; sell 10 @105 reduce; sell 10; trade 106 1";
    check(
        script,
        expect![[r#"
            trade 100 1
            buy 10:
              accepted 1/1
              filled 1/1 buy 10@100 taker fee 0.2 leaves 0 crossed
            sell 10 @105 reduce:
              accepted 1/2
            sell 10:
              accepted 1/3
              filled 1/3 sell 10@100 taker fee 0.2 leaves 0 crossed
              canceled 1/2 open 10 reduce-only
            trade 106 1
        "#]],
    );
}

#[test]
fn reduce_only_is_judged_by_the_account_that_several_strategies_share() {
    // Strategy 1 holds 10 and its core lets it close them; the account is flat, so there is nothing to reduce.
    check(
        "trade 100 1; buy 10; 3: sell 10; sell 10 reduce",
        expect![[r#"
            trade 100 1
            buy 10:
              accepted 1/1
              filled 1/1 buy 10@100 taker fee 0.2 leaves 0 crossed
            3: sell 10:
              accepted 3/1
              filled 3/1 sell 10@100 taker fee 0.2 leaves 0 crossed
            sell 10 reduce:
              rejected 1/2 reduce-only
        "#]],
    );
}

#[test]
fn accounts_are_apart() {
    check(
        "trade 100 1; buy 10; 2: sell 3; 2: buy 3 @101 reduce; sell 10 @100 reduce",
        expect![[r#"
            trade 100 1
            buy 10:
              accepted 1/1
              filled 1/1 buy 10@100 taker fee 0.2 leaves 0 crossed
            2: sell 3:
              accepted 2/1
              filled 2/1 sell 3@100 taker fee 0.06 leaves 0 crossed
            2: buy 3 @101 reduce:
              accepted 2/2
              filled 2/2 buy 3@100 taker fee 0.06 leaves 0 crossed
            sell 10 @100 reduce:
              accepted 1/2
              filled 1/2 sell 10@100 taker fee 0.2 leaves 0 crossed
        "#]],
    );
}

#[test]
fn a_halted_market_takes_cancels_and_fills_nothing() {
    let script = "quote 99 1 101 1; buy 1 @98; buy 1 @97; status halted; trade 90 1 sell; quote 80 1 81 1; cancel 1; status trading; quote 80 1 81 1";
    check(
        script,
        expect![[r#"
            quote 99 1 101 1
            buy 1 @98:
              accepted 1/1
            buy 1 @97:
              accepted 1/2
            status halted
            trade 90 1 sell
            quote 80 1 81 1
            cancel 1:
              canceled 1/1 open 1 asked
            status trading
              filled 1/2 buy 1@97 maker fee 0.0097 leaves 0 touched
            quote 80 1 81 1
        "#]],
    );
}

#[test]
fn a_market_that_closed_before_the_core_heard_of_it_rejects_submits_and_amends() {
    for status in ["halted", "closed", "cancel-only", "settled"] {
        let mut run = support::Run::new(&[desk::instrument(1, (0, 0))], |_| {});
        for line in ["quote 99 1 101 1", &format!("venue: status {status}"), "buy 1"] {
            run.line(line);
        }
        assert!(run.text.ends_with("rejected 1/1 market-closed\n"), "{status}: {}", run.text);
    }
    check(
        "quote 99 1 101 1; buy 1 @98; venue: status halted; amend 1 2@98; cancel 1",
        expect![[r#"
        quote 99 1 101 1
        buy 1 @98:
          accepted 1/1
        venue: status halted
        amend 1 2@98:
          amend-rejected 1/1 market-closed
        cancel 1:
          canceled 1/1 open 1 asked
    "#]],
    );
}

#[test]
fn a_post_only_market_takes_post_only_orders_alone() {
    check(
        "quote 99 1 101 1; venue: status post-only; buy 1 @98; buy 1 @98 post; trade 97 1 sell",
        expect![[r#"
            quote 99 1 101 1
            venue: status post-only
            buy 1 @98:
              rejected 1/1 market-closed
            buy 1 @98 post:
              accepted 1/2
              filled 1/2 buy 1@98 maker fee 0.0098 leaves 0 traded-through
            trade 97 1 sell
        "#]],
    );
}

#[test]
fn an_auction_takes_orders_and_they_meet_the_market_when_it_trades() {
    let script =
        "quote 99 1 101 1; status auction; buy 1; buy 1 @95; quote 98 1 100 1; status trading; quote 94 1 96 1";
    check(
        script,
        expect![[r#"
            quote 99 1 101 1
            status auction
            buy 1:
              accepted 1/1
            buy 1 @95:
              accepted 1/2
            quote 98 1 100 1
            status trading
              filled 1/1 buy 1@96 taker fee 0.0192 leaves 0 crossed
            quote 94 1 96 1
        "#]],
    );
}

#[test]
fn the_close_ends_day_orders_and_settlement_ends_all() {
    let script = "trade 100 1; buy 1 @98 day; buy 1 @97; sell 1 @110 day; status closed; status settled";
    check(
        script,
        expect![[r#"
            trade 100 1
            buy 1 @98 day:
              accepted 1/1
            buy 1 @97:
              accepted 1/2
            sell 1 @110 day:
              accepted 1/3
              expired 1/1 open 1
              expired 1/3 open 1
            status closed
              expired 1/2 open 1
            status settled
        "#]],
    );
}

#[test]
fn a_break_within_a_day_ends_no_day_order() {
    let script =
        "day-until 5000000000; trade 100 1; buy 1 @98 day; status closed; status trading; at 5000000000; status closed";
    check(
        script,
        expect![[r#"
        day-until 5000000000
        trade 100 1
        buy 1 @98 day:
          accepted 1/1
        status closed
        status trading
          expired 1/1 open 1
        status closed
    "#]],
    );
}

#[test]
fn fees_are_a_fraction_of_value_by_liquidity_and_rounded_only_where_named() {
    let script = "quote 1499 1 1501 1; buy 3; buy 1 @1450; quote 1400 1 1450 1";
    check(
        script,
        expect![[r#"
            quote 1499 1 1501 1
            buy 3:
              accepted 1/1
              filled 1/1 buy 3@1501 taker fee 0.9006 leaves 0 crossed
            buy 1 @1450:
              accepted 1/2
              filled 1/2 buy 1@1450 maker fee 0.145 leaves 0 touched
            quote 1400 1 1450 1
        "#]],
    );
    support::check(
        |config| config.fees.rounding = CommissionRounding::Cents,
        script,
        &expect![[r#"
            quote 1499 1 1501 1
            buy 3:
              accepted 1/1
              filled 1/1 buy 3@1501 taker fee 0.9 leaves 0 crossed
            buy 1 @1450:
              accepted 1/2
              filled 1/2 buy 1@1450 maker fee 0.15 leaves 0 touched
            quote 1400 1 1450 1
        "#]],
    );
}

#[test]
fn a_rebate_is_a_negative_fee() {
    let rebate = |config: &mut SimConfig| config.fees.base.maker_bps = Decimal::NEGATIVE_ONE;
    support::check(
        rebate,
        "trade 100 1; buy 1 @98; trade 97 1",
        &expect![[r#"
            trade 100 1
            buy 1 @98:
              accepted 1/1
              filled 1/1 buy 1@98 maker fee -0.0098 leaves 0 traded-through
            trade 97 1
        "#]],
    );
}

#[test]
fn an_order_whose_fee_cannot_be_held_exactly_ends_unfilled_and_says_so() {
    let fine = |config: &mut SimConfig| config.fees.base.taker_bps = "1.2345678".parse().expect("a decimal in a test");
    support::check(
        fine,
        "trade 9000000000000000001 1; buy 3; buy 999999999",
        &expect![[r#"
            trade 9000000000000000001 1
            buy 3:
              accepted 1/1
              filled 1/1 buy 3@9000000000000000001 taker fee 3333333060000000.00037037034 leaves 0 crossed
            buy 999999999:
              accepted 1/2
              canceled 1/2 open 999999999 fee
        "#]],
    );
}

#[test]
fn under_latency_a_command_meets_the_market_of_its_arrival() {
    let latency = |config: &mut SimConfig| config.latency = Latency::constant(100);
    // Sent at 2, arrives at 102: after the trade at 50, at or before the one at 102.
    support::check(
        latency,
        "trade 100 1; buy 1; at 49; trade 101 1; at 101; trade 102 1; at 149; trade 103 1",
        &expect![[r#"
            trade 100 1
            buy 1:
            trade 101 1
              accepted 1/1
              filled 1/1 buy 1@101 taker fee 0.0202 leaves 0 crossed
            trade 102 1
            trade 103 1
        "#]],
    );
    // A cancel and the fill race: the fill comes first.
    support::check(
        latency,
        "trade 100 1; buy 1 @99; at 199; time; cancel 1; at 249; trade 98 1; at 349; time",
        &expect![[r#"
            trade 100 1
            buy 1 @99:
            time:
              accepted 1/1 (of 102)
            cancel 1:
              filled 1/1 buy 1@99 maker fee 0.0099 leaves 0 traded-through
            trade 98 1
            time:
              cancel-rejected 1/1 too-late (of 301)
        "#]],
    );
    // And here the cancel.
    support::check(
        latency,
        "trade 100 1; buy 1 @99; at 199; time; cancel 1; at 301; trade 98 1",
        &expect![[r#"
            trade 100 1
            buy 1 @99:
            time:
              accepted 1/1 (of 102)
            cancel 1:
              canceled 1/1 open 1 asked (of 301)
            trade 98 1
        "#]],
    );
}

#[test]
fn time_that_passes_counts_for_orders_that_come_then() {
    // The order comes at 150 by the passing of time; the bar that opened at 120 is not for it.
    let script = "at 99; bar 100 100 100 100 @1; at 149; time; at 150; buy 5; at 199; bar 90 96 89 95 @120; at 299; bar 91 96 89 95 @220";
    support::check(
        |config| config.fill = FillMoment::NextOpen,
        script,
        &expect![[r#"
            bar 100 100 100 100 @1
            time:
            buy 5:
              accepted 1/1
            bar 90 96 89 95 @120
              filled 1/1 buy 5@91 taker fee 0.091 leaves 0 next-open (of 220)
            bar 91 96 89 95 @220
        "#]],
    );
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let refusal =
        |change: &dyn Fn(&mut SimConfig)| Sim::new(support::config(&[desk::instrument(1, (0, 0))], change)).err();
    let bps = |text: &str| text.parse::<Decimal>().expect("a decimal in a test");
    assert_eq!(refusal(&|_| {}), None);
    assert_eq!(refusal(&|config| config.accounts.swap(0, 1)), Some(SimError::AccountOrder(2, 1)));
    assert_eq!(refusal(&|config| config.instruments[0].id.0 = 2), Some(SimError::InstrumentOrder(2, 1)));
    assert_eq!(refusal(&|config| config.fees.base.taker_bps = bps("10000")), None);
    let too_much = bps("10000.01");
    assert_eq!(refusal(&|config| config.fees.base.taker_bps = too_much), Some(SimError::FeeRange(too_much)));
    assert_eq!(refusal(&|config| config.fees.base.maker_bps = bps("-0.00000001")), None);
    let too_fine = bps("0.000000001");
    assert_eq!(refusal(&|config| config.fees.base.maker_bps = too_fine), Some(SimError::FeeTooFine(too_fine)));
}
