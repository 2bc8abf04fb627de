//! Batches through the built binary: another way of delivery, and nothing else is another.

use ringfence_tests::work::{Work, line};
use ringfence_tests::{Tape, binary, data, skip, workspace};

const SAME: &[&str] = &[
    "rows",
    "events",
    "orders",
    "fills",
    "denied",
    "rejects",
    "position",
    "fees",
    "final_equity",
    "state_digest",
    "decision_digest",
];

/// Runs with both deliveries, which must come to the same; replays the journal of the one in batches. Its results.
#[track_caller]
fn check(work: &Work, tape: &std::path::Path) -> serde_json::Value {
    let single = work.clone().set("execution.delivery=single").json();
    let batch = work.clone().set("execution.delivery=batch").journalled();
    assert_eq!(line(&batch.json, SAME), line(&single, SAME));
    let strategies = |json: &serde_json::Value| json["strategies"][0].clone();
    let (one, many) = (strategies(&single), strategies(&batch.json));
    assert_eq!((&one["calls"], &one["decision_digest"]), (&many["calls"], &many["decision_digest"]));
    assert!(one["fuel_per_call_p50"].is_u64() && many["fuel_per_call_p50"].is_null(), "{many}");
    assert_ne!(one["fuel"], many["fuel"], "nothing came in a batch");
    let verdict = batch.replay(binary::dev(), tape);
    verdict.expect_code(0);
    assert_eq!(verdict.json()["match"], true);
    batch.json
}

#[test]
fn trades_of_a_real_day_come_to_the_same_in_batches() {
    let tape = match data::wanted("w1_spy_trades_20131007-11.csv.zst") {
        Ok(tape) => tape,
        Err(reason) => skip!("{reason}"),
    };
    let json = check(&Work::new(binary::dev(), "w1_ema_cross.toml", &tape).rows(200_000), &tape);
    assert_eq!(line(&json, &["orders", "fills", "final_equity"]), "1231 1231 9995431.8732");
}

#[test]
fn bars_come_to_the_same_in_batches() {
    let tape = match data::wanted("w3_spy_daily_1998-2021.csv") {
        Ok(tape) => tape,
        Err(reason) => skip!("{reason}"),
    };
    for fill in ["same-event", "next-open"] {
        let fill = format!("simulation.fill={fill}");
        check(&Work::new(binary::dev(), "w3_sma_cross.toml", &tape).set(&fill), &tape);
    }
}

#[test]
fn latency_and_control_events_come_between_batches_as_between_events() {
    let tape = Tape::seeded(1, "trades", 20_000);
    let work = Work::new(binary::dev(), "w1_ema_cross.toml", &tape.path);
    check(&work, &tape.path);
    let slow = work.clone().set("simulation.latency.entry=\"5ms\"").set("simulation.latency.response=\"2ms\"");
    check(&slow, &tape.path);
    let events = workspace::root().join("config/events/kill_switch.toml");
    check(&work.option("--events").option(&events), &tape.path);
}

#[test]
fn where_events_cannot_come_in_batches_a_warning_says_why() {
    let tape = Tape::seeded(1, "trades", 2_000);
    let work = Work::new(binary::dev(), "w1_ema_cross.toml", &tape.path);
    let batch = work.clone().set("execution.delivery=batch");
    assert_eq!(batch.finish().expect_code(0).stderr.matches("warning").count(), 0);
    for (set, why) in [
        ("strategies.ema.fuel_total=1000000000", "strategy ema has a quota of fuel (fuel_total)"),
        (
            "strategies.ema.fuel_per_call=399999",
            "strategy ema takes no batches, or has little fuel a call (fuel_per_call)",
        ),
        ("strategies.ema.notes_per_s=63", "strategy ema may emit fewer than 64 intents, notes or wake-ups a second"),
    ] {
        let finished = batch.clone().set(set).finish();
        finished.expect_code(0);
        let want = format!("warning: execution.delivery is \"batch\", and events come one by one all the same: {why}");
        assert_eq!(finished.stderr.matches(&want).count(), 1, "{}", finished.stderr);
    }
    let wrong = work.set("execution.delivery=bulk").finish();
    wrong.expect_code(2);
    let want = "--set execution.delivery: execution.delivery = \"bulk\": expected \"single\" or \"batch\"";
    assert!(wrong.stderr.contains(want), "{}", wrong.stderr);
}

#[test]
fn a_strategy_that_ends_within_a_batch_ends_the_run_and_single_calls_show_where() {
    let tape = Tape::seeded(1, "trades", 2_000);
    let component = format!("strategies.ema.component={}", binary::component("hostile_trapper").display());
    let work = Work::new(binary::dev(), "w1_ema_cross.toml", &tape.path).set(&component);
    let work = work.set("strategies.ema.params={ at = 300 }");
    let batch = work.clone().set("execution.delivery=batch").finish();
    batch.expect_code(2);
    for want in ["strategy 1 was ended by H-TRAP", "which were delivered as a batch"] {
        assert!(batch.stderr.contains(want), "{}", batch.stderr);
    }
    assert!(batch.stderr.contains("--set execution.delivery=single shows at which"), "{}", batch.stderr);
    let single = work.set("execution.delivery=single").finish();
    single.expect_code(3);
    assert!(single.stderr.contains("strategy 1 ema was halted, H-TRAP"), "{}", single.stderr);
}
