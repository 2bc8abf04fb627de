//! A paper session beside the local exchange, for long: does it stay as large as it was, and does it replay?
//!
//! `RINGFENCE_EXCHANGE_PAPER_SECONDS` says for how long (8); `cargo xtask soak --part exchange-paper` runs it for an hour.

use std::time::Duration;

use ringfence_tests::run::Run;
use ringfence_tests::scene::{Exchange, Scene};
use ringfence_tests::setup::machine_code;

/// Samples of a quarter: fewer say nothing of growth.
const SAMPLES_MIN: usize = 15;
/// What may come in the last quarter beside the first one, in KiB and in percent.
const GROWTH_KIB: u64 = 8 << 10;
const GROWTH_PERCENT: u64 = 5;

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it lasts is said by a variable")]
fn a_paper_session_at_the_local_exchange_stays_as_large_as_it_was() {
    let seconds = std::env::var("RINGFENCE_EXCHANGE_PAPER_SECONDS");
    let seconds: u64 = seconds.map_or(8, |text| text.parse().expect("a number of seconds"));
    let scene = Scene::of(Exchange::start(&["--seed", "7"], &[]), |text| text);
    let run = scene.run("paper", "paper").limit(Duration::from_secs(seconds + 600));
    let mut running = run.args(["--duration", &format!("{seconds}s")]).start();
    running.wait_for("control:");
    let id = running.id();
    let mut sizes = Vec::new();
    // One sample a second, until the process is gone or ends.
    while let Some(kib) = resident_kib(id).filter(|_| sizes.len() < usize::try_from(seconds).expect("not that long")) {
        sizes.push(kib);
        std::thread::park_timeout(Duration::from_secs(1));
    }
    let finished = running.wait();
    finished.expect_code(0);
    let result = finished.json();
    println!("{} events, {} orders, {} fills", result["events"], result["orders"], result["fills"]);
    assert!(result["orders"].as_u64().is_some_and(|orders| orders > 0), "{result}");
    is_flat(&sizes);
    let replay = Run::dev(["replay", "--verify", "--json"]).arg(scene.path("paper"));
    let replayed = replay.env("RINGFENCE_CACHE", machine_code()).limit(Duration::from_secs(seconds + 600)).finish();
    replayed.expect_code(0);
    assert_eq!(replayed.json()["match"], true);
}

/// Memory of a process that is there, in KiB.
fn resident_kib(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
}

fn median(of: &[u64]) -> u64 {
    let mut sorted = of.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// KiB that come in an hour, by least squares.
fn slope_kib_per_h(sizes: &[u64]) -> f64 {
    let count = sizes.len() as f64;
    let (mid, mean) = ((count - 1.0) / 2.0, sizes.iter().sum::<u64>() as f64 / count);
    let points = || sizes.iter().enumerate().map(|(at, size)| (at as f64 - mid, *size as f64 - mean));
    let across: f64 = points().map(|(at, _)| at * at).sum();
    let along: f64 = points().map(|(at, size)| at * size).sum();
    if across == 0.0 { 0.0 } else { along / across * 3_600.0 }
}

/// The last quarter is as large as the first one, but for what may come.
#[track_caller]
fn is_flat(sizes: &[u64]) {
    let quarter = sizes.len() / 4;
    let whole = format!("{} samples, {:.0} KiB an hour over all of them", sizes.len(), slope_kib_per_h(sizes));
    if quarter < SAMPLES_MIN {
        println!("memory: {whole}; too few to judge");
        return;
    }
    let (first, last) = (median(&sizes[..quarter]), median(&sizes[sizes.len() - quarter..]));
    println!("memory: first quarter {first} KiB, last quarter {last} KiB; {whole}");
    assert!(grown(first, last) == 0, "from {first} to {last} KiB");
}

/// KiB beyond what may come.
fn grown(first: u64, last: u64) -> u64 {
    last.saturating_sub(first + GROWTH_KIB + first * GROWTH_PERCENT / 100)
}

#[test]
fn growth_is_seen_and_a_little_noise_is_not() {
    let steady: Vec<u64> = (0..100).map(|at| 50_000 + at % 7).collect();
    is_flat(&steady);
    assert!(slope_kib_per_h(&steady).abs() < 600.0);
    let growing: Vec<u64> = (0..100).map(|at| 50_000 + 200 * at).collect();
    assert!((slope_kib_per_h(&growing) - 720_000.0).abs() < 1.0);
    assert!(std::panic::catch_unwind(|| is_flat(&growing)).is_err());
    assert_eq!((grown(50_000, 60_692), grown(50_000, 60_693)), (0, 1));
}
