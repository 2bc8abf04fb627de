//! The three legs of latency: what is on its way, in which order it arrives, and what it meets.

use expect_test::{Expect, expect};
use ringfence_core::ids::TimeNs;
use ringfence_sim::{Latency, LatencyRow, MeasuredLatency, OrderLatency, QueueModel, SimConfig};

mod support;

#[track_caller]
fn check(latency: Latency, script: &str, want: Expect) {
    let change = |config: &mut SimConfig| (config.latency, config.queue) = (latency, QueueModel::BehindTouch);
    support::check(change, script, &want);
}

fn legs(feed_ns: u64, entry_ns: u64, response_ns: u64) -> Latency {
    Latency { feed_ns, orders: OrderLatency::Constant { entry_ns, response_ns } }
}

#[test]
fn an_answer_is_told_when_it_arrives_with_the_venue_s_own_time() {
    // Sent at 2, there at 12, back at 17.
    check(
        legs(0, 10, 5),
        "quote 99 10 102 10; buy 5 @99; at 15; time; time",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @99:
        time:
        time:
          accepted 1/1 (of 12)
    "#]],
    );
    check(
        legs(0, 0, 5),
        "quote 99 10 102 10; buy 5 @99; at 5; time; time",
        expect![[r#"
        quote 99 10 102 10
        buy 5 @99:
        time:
        time:
          accepted 1/1 (of 2)
    "#]],
    );
}

#[test]
fn a_fill_is_told_later_and_a_cancel_sent_meanwhile_is_too_late() {
    check(
        legs(0, 10, 20),
        "quote 99 10 102 10; buy 5 @99; at 49; trade 99 11 sell; at 59; cancel 1; at 69; time; at 99; time",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
              accepted 1/1 (of 12)
            trade 99 11 sell
            cancel 1:
            time:
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10 (of 50)
            time:
              cancel-rejected 1/1 too-late (of 70)
        "#]],
    );
}

#[test]
fn what_the_venue_said_first_is_told_first() {
    check(
        legs(0, 10, 20),
        "quote 99 10 102 10; buy 5 @102; buy 5 @99; at 30; time; time; at 50; trade 99 11 sell; at 99; time",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @102:
            buy 5 @99:
            time:
            time:
              accepted 1/1 (of 12)
              filled 1/1 buy 5@102 taker fee 0.102 leaves 0 crossed (of 12)
              accepted 1/2 (of 13)
            trade 99 11 sell
            time:
              filled 1/2 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10 (of 51)
        "#]],
    );
}

#[test]
fn a_venue_ahead_of_its_feed_has_met_an_event_when_it_is_told() {
    // The trade of time 60 was at the venue at 50; the cancel that arrives there at 55 is too late.
    check(
        legs(10, 5, 0),
        "quote 99 10 102 10; buy 5 @99; at 30; time; at 49; cancel 1; at 59; trade 99 11 sell; time",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
            time:
              accepted 1/1 (of 7)
            cancel 1:
              filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 10 (of 50)
            trade 99 11 sell
            time:
              cancel-rejected 1/1 too-late (of 55)
        "#]],
    );
}

#[test]
fn measured_latencies_decide_when_a_command_arrives_and_when_it_is_answered() {
    let row = |request, exchange, response| LatencyRow {
        request: TimeNs(request),
        exchange: TimeNs(exchange),
        response: TimeNs(response),
    };
    let measured =
        MeasuredLatency::new(vec![row(0, 10, 30), row(100, 140, 150), row(200, 0, 260)]).expect("sound rows");
    let latency = Latency { feed_ns: 0, orders: OrderLatency::Measured(measured) };
    check(
        latency,
        "quote 99 10 102 10; at 49; buy 5 @99; at 74; time; time; at 99; time; at 149; buy 5 @98; at 199; time; at 260; time",
        expect![[r#"
            quote 99 10 102 10
            buy 5 @99:
            time:
            time:
            time:
              accepted 1/1 (of 75)
            buy 5 @98:
            time:
            time:
              rejected 1/2 unknown (of 150)
        "#]],
    );
}
