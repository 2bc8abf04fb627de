//! Whole sessions with native strategies: results, journal, replay.

mod support;

use std::io::Write;
use std::path::Path;

use expect_test::{Expect, expect};
use ringfence_session::replay::DifferenceKind;
use ringfence_session::results::Results;
use ringfence_sim::{FillMoment, Latency, OrderLatency, QueueModel, RestingFills};
use support::{Native, Work, data};

/// `orders fills position fees equity`.
fn render(results: &Results) -> String {
    let (counts, position) = (&results.counts, results.positions[0].1);
    format!("{} {} {} {} {}", counts.orders, counts.fills, position, results.fees, results.equity)
}

/// A few hundred trades whose price goes up and down.
fn small_tape(dir: &Path, rows: u64) -> std::path::PathBuf {
    let path = dir.join("small.csv");
    let mut file = std::fs::File::create(&path).expect("a file");
    writeln!(file, "ts_ns,price,qty").expect("written");
    for n in 0..rows {
        let price = 1_000_000 + (n / 150 % 2) * (n % 150) * 100 + (1 - n / 150 % 2) * (150 - n % 150) * 100;
        writeln!(file, "{},{}.{:04},100", n * 1_000, price / 10_000, price % 10_000).expect("written");
    }
    path
}

#[test]
fn w1_same_event_gives_the_oracle() {
    let Some(tape) = data("w1_spy_trades_20131007-11.csv.zst") else {
        return skip("w1_same_event_gives_the_oracle");
    };
    let results = Work::trades(&tape, FillMoment::SameEvent).run();
    assert_eq!(render(&results), "12829 12829 -100 42943.2536 9940171.7464");
    assert_eq!(results.counts.rows, 1_887_450);
    println!("{:.2} M rows/s, decode {:.3} s", 1.887_45 / results.seconds, results.decode_seconds);
}

#[test]
fn w1_next_event_gives_the_oracle() {
    let Some(tape) = data("w1_spy_trades_20131007-11.csv.zst") else {
        return skip("w1_next_event_gives_the_oracle");
    };
    let results = Work::trades(&tape, FillMoment::NextEvent).run();
    assert_eq!((results.counts.fills, results.equity.to_string()), (12_829, "9955181.8734".into()));
    let part = Work { rows_max: Some(100_000), ..Work::trades(&tape, FillMoment::NextEvent) }.run();
    assert_eq!((part.counts.fills, part.equity.to_string()), (616, "9997872.6122".into()));
}

#[test]
fn w3_daily_gives_the_oracles() {
    let Some(tape) = data("w3_spy_daily_1998-2021.csv") else {
        return skip("w3_daily_gives_the_oracles");
    };
    let close = Work::daily_bars(&tape, FillMoment::SameEvent).run();
    assert_eq!((close.counts.fills, close.equity.to_string()), (205, "110883.217".into()));
    let open = Work::daily_bars(&tape, FillMoment::NextOpen).run();
    assert_eq!((open.counts.fills, open.equity.to_string()), (205, "112609.0844".into()));
}

const W2: &str = "w2_btcusdt_usdm_bbo_trades_20240808.csv.zst";

/// `orders fills cancels position fees equity`.
fn render_maker(results: &Results) -> String {
    let (counts, position) = (&results.counts, results.positions[0].1);
    let Results { fees, equity, .. } = results;
    format!("{} {} {} {position} {fees} {equity}", counts.orders, counts.fills, counts.cancels)
}

#[test]
fn w2_gives_the_oracle() {
    let Some(tape) = data(W2) else { return skip("w2_gives_the_oracle") };
    let results = Work::quotes(&tape).run();
    assert_eq!(render_maker(&results), "2489 843 1644 0.03 104.032623 999859.716877");
    assert_eq!((results.counts.rows, results.counts.rejects, results.counts.denied), (87_402, 0, 0));
    println!("{:.2} M rows/s, decode {:.3} s", 0.087_402 / results.seconds, results.decode_seconds);
}

#[test]
fn w2_twelve_times_gives_the_oracle() {
    let Some(tape) = data(W2) else { return skip("w2_twelve_times_gives_the_oracle") };
    let results = Work { passes: 12, ..Work::quotes(&tape) }.run();
    assert_eq!(render_maker(&results), "29890 10149 19739 0.03 1252.4676096 998345.4768904");
    assert_eq!((results.counts.rows, results.counts.rejects, results.counts.denied), (12 * 87_402, 0, 0));
}

/// Every queue model on the same tape. The power of those that have one is 2.
#[test]
fn w2_in_every_queue_model() {
    let Some(tape) = data(W2) else { return skip("w2_in_every_queue_model") };
    let line = |(queue, resting): (QueueModel, RestingFills)| {
        let results = Work { queue, resting, ..Work::quotes(&tape) }.run();
        assert_eq!((results.counts.rejects, results.counts.anomalies, results.counts.denied), (0, 0, 0), "{queue}");
        format!("{queue} {resting} {}\n", render_maker(&results))
    };
    // The tape has no orders, so there is nothing that l3-fifo could follow.
    let models = QueueModel::ALL.iter().filter(|queue| **queue != QueueModel::L3Fifo);
    let ways = models.flat_map(|queue| RestingFills::ALL.iter().map(|resting| (*queue, *resting)));
    expect![[r#"
        trade-through whole 2247 552 1693 0.02 68.1130646 999900.3669354
        trade-through partial 2247 552 1693 0.02 68.1130646 999900.3669354
        behind-touch whole 2489 843 1644 0.03 104.032623 999859.716877
        behind-touch partial 2443 1011 1641 0.017 99.35478122 999868.22566878
        risk-averse whole 2489 843 1644 0.03 104.032623 999859.716877
        risk-averse partial 2443 1011 1641 0.017 99.35478122 999868.22566878
        power-prob whole 2576 932 1642 0.04 115.015884 999847.768116
        power-prob partial 2528 1147 1649 0.011 109.00684152 999857.08360848
        power-prob-2 whole 2886 1221 1663 -0.01 150.686513 999813.566987
        power-prob-2 partial 2810 1508 1665 0.005 142.1581699 999825.2990801
        power-prob-3 whole 2526 885 1639 0.03 109.216265 999855.137235
        power-prob-3 partial 2489 1102 1641 0.019 104.93465318 999863.38429682
        log-prob whole 2837 1167 1668 0.01 144.0223832 999820.3931168
        log-prob partial 2756 1462 1673 0.015 134.48145278 999833.98869722
        log-prob-2 whole 2641 978 1661 0.04 120.6938234 999843.1071766
        log-prob-2 partial 2592 1227 1668 0.035 114.43575948 999852.32469052
    "#]]
    .assert_eq(&ways.map(line).collect::<String>());
}

/// Three legs: the venue is ahead of its feed, commands and answers take their time; and it all happens again in the
/// replay.
#[test]
fn w2_with_three_legs_of_latency_replays() {
    let Some(tape) = data(W2) else { return skip("w2_with_three_legs_of_latency_replays") };
    let dir = tempfile::tempdir().expect("a folder");
    let journal = Some(dir.path().join("journal"));
    let orders = OrderLatency::Constant { entry_ns: 2_000_000, response_ns: 3_000_000 };
    let latency = Latency { feed_ns: 1_000_000, orders };
    let work = Work { latency, journal, resting: RestingFills::Partial, ..Work::quotes(&tape) };
    let results = work.run();
    assert_eq!(results.counts.rows, 87_402);
    expect!["2246 921 1299 0.025 91.62868128 999878.79826872"].assert_eq(&render_maker(&results));
    let verdict = work.replay();
    assert_eq!((verdict.first_difference, verdict.is_sealed), (None, true));
    assert_eq!(verdict.digests.state, results.state_digest);
}

/// Under latency cancels meet fills on the way; nobody is surprised, and it all happens again in the replay.
#[test]
fn the_maker_under_latency_loses_races_and_replays() {
    let Some(tape) = data(W2) else { return skip("the_maker_under_latency_loses_races_and_replays") };
    let dir = tempfile::tempdir().expect("a folder");
    let journal = Some(dir.path().join("journal"));
    let work = Work { latency: Latency::constant(5_000_000), journal, ..Work::quotes(&tape) };
    let results = work.run();
    let counts = &results.counts;
    assert!(counts.rejects > 0 && counts.fills > 0 && counts.cancels > 0, "{counts:?}");
    assert_eq!((counts.anomalies, counts.malformed, counts.denied), (0, 0, 0), "{counts:?}");
    let verdict = work.replay();
    assert_eq!((verdict.first_difference, verdict.is_sealed), (None, true));
    assert_eq!(verdict.digests.state, results.state_digest);
}

#[test]
fn a_journalled_run_replays_to_the_same_decisions_and_is_sealed() {
    let dir = tempfile::tempdir().expect("a folder");
    let tape = small_tape(dir.path(), 3_000);
    let work = Work { journal: Some(dir.path().join("journal")), ..Work::trades(&tape, FillMoment::NextEvent) };
    let results = work.run();
    assert!(results.counts.orders > 5, "the tape makes it trade: {}", results.counts.orders);
    let verdict = work.replay();
    assert_eq!(verdict.first_difference, None);
    assert!(verdict.is_sealed);
    assert_eq!(verdict.verified_events, results.counts.events);
    assert_eq!(verdict.decisions, results.counts.decisions);
    assert_eq!(verdict.digests.decisions, results.decision_digest);
    assert_eq!(verdict.digests.state, results.state_digest);
}

#[test]
fn another_strategy_is_named_at_its_first_different_decision() {
    let dir = tempfile::tempdir().expect("a folder");
    let tape = small_tape(dir.path(), 500);
    let work = Work { journal: Some(dir.path().join("journal")), ..Work::trades(&tape, FillMoment::SameEvent) };
    work.run();
    let verdict = Work { natives: vec![Native::Greedy], ..work }.replay();
    let difference = verdict.first_difference.expect("another strategy decides otherwise");
    assert!(matches!(difference.kind, DifferenceKind::Decision { ordinal: 0, recorded: None, .. }), "{difference:?}");
}

#[test]
fn another_rules_version_is_named_with_the_release_that_wrote_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let tape = small_tape(dir.path(), 500);
    let journal = Some(dir.path().join("journal"));
    let work = Work { journal, rules_version: 77, ..Work::trades(&tape, FillMoment::SameEvent) };
    work.run();
    assert_eq!(work.replay().other_rules.as_deref(), Some("native"));
}

#[test]
fn a_second_strategy_does_not_change_the_decisions_of_the_first() {
    let dir = tempfile::tempdir().expect("a folder");
    let tape = small_tape(dir.path(), 2_000);
    let alone = Work::trades(&tape, FillMoment::SameEvent).run();
    let pair =
        Work { natives: vec![Native::ema(), Native::Greedy], ..Work::trades(&tape, FillMoment::SameEvent) }.run();
    assert_eq!(alone.strategies[0].decision_digest, pair.strategies[0].decision_digest);
    assert_ne!(alone.decision_digest, pair.decision_digest);
}

#[test]
fn equal_runs_write_equal_journals() {
    let dir = tempfile::tempdir().expect("a folder");
    let tape = small_tape(dir.path(), 2_000);
    let bytes = |name: &str| {
        let journal = dir.path().join(name);
        Work { journal: Some(journal.clone()), ..Work::trades(&tape, FillMoment::NextEvent) }.run();
        let mut segments: Vec<_> = std::fs::read_dir(&journal)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|end| end == "seg"))
            .collect();
        segments.sort();
        segments.iter().map(|path| std::fs::read(path).expect("a segment")).collect::<Vec<_>>()
    };
    let (first, second) = (bytes("one"), bytes("two"));
    assert!(!first.is_empty());
    assert_eq!(first, second);
}

/// Three trades, 5 ms apart.
fn three_trades(dir: &Path) -> std::path::PathBuf {
    let path = dir.join("three.csv");
    let rows = "ts_ns,price,qty\n5000000,100,1\n10000000,101,1\n15000000,102,1\n";
    std::fs::write(&path, rows).expect("a file");
    path
}

#[track_caller]
fn check_inputs(native: Native, latency: Latency, want: Expect) {
    let dir = tempfile::tempdir().expect("a folder");
    let tape = three_trades(dir.path());
    let journal = Some(dir.path().join("journal"));
    let work = Work { natives: vec![native], latency, journal, ..Work::trades(&tape, FillMoment::SameEvent) };
    work.run();
    want.assert_eq(&work.inputs());
    let verdict = work.replay();
    assert_eq!((verdict.first_difference, verdict.is_sealed), (None, true));
}

#[test]
fn a_timer_is_an_event_of_its_own_time_before_the_next_row() {
    check_inputs(
        Native::Timer(2_000_000),
        Latency::NONE,
        expect![[r#"
        5+1 rows
        6 7000000ns TimeAdvanced
        7 7000000ns OrderAccepted
        8 7000000ns OrderFilled
        9+2 rows
        11 15000000ns SessionClosed
    "#]],
    );
}

#[test]
fn an_order_under_latency_is_answered_when_it_arrives() {
    check_inputs(
        Native::Timer(2_000_000),
        Latency::constant(1_000_000),
        expect![[r#"
        5+1 rows
        6 7000000ns TimeAdvanced
        7 8000000ns OrderAccepted
        8 8000000ns OrderFilled
        9+2 rows
        11 15000000ns SessionClosed
    "#]],
    );
}

/// Trades at 5, 10 and 15 ms that were at the venue 2 ms before. Woken at 7 ms, the order is there at 8 ms, the moment
/// at which the second trade is; the answer comes 1 ms later, before that trade is seen.
#[test]
fn under_a_feed_leg_the_venue_meets_a_row_before_the_core_does() {
    let orders = OrderLatency::Constant { entry_ns: 1_000_000, response_ns: 1_000_000 };
    check_inputs(
        Native::Timer(2_000_000),
        Latency { feed_ns: 2_000_000, orders },
        expect![[r#"
        5+1 rows
        6 7000000ns TimeAdvanced
        7 9000000ns OrderAccepted
        8 9000000ns OrderFilled
        9+2 rows
        11 15000000ns SessionClosed
    "#]],
    );
}

#[test]
fn a_halt_is_followed_by_its_event_and_the_run_goes_on() {
    check_inputs(
        Native::Faulty(0),
        Latency::NONE,
        expect![[r#"
        5+1 rows
        6 5000000ns OrderAccepted
        7 5000000ns OrderFilled
        8+1 rows
        9 10000000ns OrderAccepted
        10 10000000ns OrderFilled
        11+1 rows
        12 15000000ns StrategyHalted
        13 15000000ns SessionClosed
    "#]],
    );
}

fn skip(name: &str) {
    let line = format!("RINGFENCE-SKIP: workloads::{name}: market data is absent\n");
    eprint!("{line}");
    if let Some(path) = std::env::var_os("RINGFENCE_SKIP_FILE") {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the skip file takes a line");
    }
}
