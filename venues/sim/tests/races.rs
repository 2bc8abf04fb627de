//! Races under constant latency: which of two things that are under way at once comes first, and what of the other?

use expect_test::{Expect, expect};
use ringfence_sim::{Latency, QueueModel, SimConfig};

mod support;

/// Every command takes 100 ns; the queue counts.
#[track_caller]
fn check(script: &str, want: Expect) {
    let slow =
        |config: &mut SimConfig| (config.latency, config.queue) = (Latency::constant(100), QueueModel::BehindTouch);
    support::check(slow, script, &want);
}

/// An order for 5 at 99 behind a size of 10, known to the core at 199.
const RESTING: &str = "quote 99 10 102 10; buy 5 @99; at 198; time";

#[track_caller]
fn check_resting(script: &str, want: Expect) {
    check(&format!("{RESTING}; {script}"), want);
}

#[test]
fn a_fill_overtakes_the_cancel() {
    check_resting(
        "cancel 1; at 249; trade 99 11 sell; at 299; time",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
            time:
              accepted 1/1 (of 102)
            cancel 1:
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            trade 99 11 sell
            time:
              cancel-rejected 1/1 too-late
        "#]],
    );
}

#[test]
fn a_cancel_that_arrives_with_the_trade_comes_before_it_and_one_ns_later_does_not() {
    check_resting(
        "cancel 1; at 299; trade 99 11 sell",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @99:
        time:
          accepted 1/1 (of 102)
        cancel 1:
          canceled 1/1 open 5 asked
        trade 99 11 sell
    "#]],
    );
    check_resting(
        "at 200; cancel 1; at 299; trade 99 11 sell; time",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
            time:
              accepted 1/1 (of 102)
            cancel 1:
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            trade 99 11 sell
            time:
              cancel-rejected 1/1 too-late
        "#]],
    );
}

#[test]
fn a_fill_overtakes_the_amend() {
    check_resting(
        "amend 1 7@98; at 249; trade 99 11 sell; at 299; time",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
            time:
              accepted 1/1 (of 102)
            amend 1 7@98:
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10
            trade 99 11 sell
            time:
              amend-rejected 1/1 too-late
        "#]],
    );
}

#[test]
fn an_amend_that_comes_first_takes_the_order_out_of_the_trade_s_way() {
    check_resting(
        "amend 1 7@98; at 299; trade 99 11 sell",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @99:
        time:
          accepted 1/1 (of 102)
        amend 1 7@98:
          amended 1/1 7@98
        trade 99 11 sell
    "#]],
    );
}

#[test]
fn a_smaller_quantity_at_the_same_price_keeps_the_place_and_what_was_traded_meanwhile_counts() {
    check_resting(
        "amend 1 4@99; at 249; trade 99 10 sell; at 299; time; trade 99 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
            time:
              accepted 1/1 (of 102)
            amend 1 4@99:
            trade 99 10 sell
            time:
              amended 1/1 4@99
              filled 1/1 buy 4@99 maker fee 0.0396 leaves 0 queue-reached behind 0
            trade 99 1 sell
        "#]],
    );
}

#[test]
fn a_larger_quantity_or_another_price_stands_behind_all_that_is_displayed_on_arrival() {
    check_resting(
        "amend 1 6@99; at 249; trade 99 10 sell; at 299; time; trade 99 10 sell; trade 99 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
            time:
              accepted 1/1 (of 102)
            amend 1 6@99:
            trade 99 10 sell
            time:
              amended 1/1 6@99
            trade 99 10 sell
              filled 1/1 buy 6@99 maker fee 0.0594 leaves 0 queue-reached behind 0
            trade 99 1 sell
        "#]],
    );
    check_resting(
        "amend 1 5@98; at 249; quote 98 3 102 10; at 299; time; trade 98 3 sell; trade 98 1 sell",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
            time:
              accepted 1/1 (of 102)
            amend 1 5@98:
            quote 98 3 102 10
            time:
              amended 1/1 5@98
            trade 98 3 sell
              filled 1/1 buy 5@98 maker fee 0.049 leaves 0 queue-reached behind 0
            trade 98 1 sell
        "#]],
    );
}

#[test]
fn a_post_only_order_is_judged_by_the_market_of_its_arrival() {
    check(
        "quote 99 10 102 10; buy 5 @101 post; at 49; quote 99 10 101 10; at 149; time",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @101 post:
        quote 99 10 101 10
        time:
          rejected 1/1 would-take (of 102)
    "#]],
    );
}
