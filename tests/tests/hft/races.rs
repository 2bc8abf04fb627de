//! Latency: cancels and amends that race fills, under constant and under measured legs.

use ringfence_core::ids::TimeNs;
use ringfence_sim::{LatencyRow, QueueModel};
use ringfence_tests::skip;

use crate::case::Models;
use crate::market::{self, Amends, Wishes};
use crate::models::check;

/// Orders whose follower leaves as soon as the answer to the first request can have come: legs of 2.3 us and 1.7 us, lines
/// of the market 1 us apart.
const RACING: Wishes = Wishes {
    inside: (-1, 3),
    tifs: &["gtc", "gtx", "ioc"],
    pause_ns: 4_050,
    life_ns: 60_000,
    amends: Amends::None,
    half_qty: 40,
    every: 5,
};
const AMENDED: Wishes = Wishes {
    inside: (-2, 1),
    tifs: &["gtc"],
    pause_ns: 4_050,
    life_ns: 60_000,
    amends: Amends::PriceOrQty,
    half_qty: 40,
    every: 7,
};

/// Fills after the cancel had left: the race was lost.
fn lost(lines: &str, result: &crate::case::Result) -> usize {
    let cancels = lines.lines().filter_map(|line| {
        let mut words = line.strip_prefix("cancel ")?.split(' ');
        Some((words.next()?.parse::<u64>().ok()?, words.next()?.parse::<u64>().ok()?))
    });
    cancels.filter(|(time, order)| result.fills.iter().any(|fill| fill.order == *order && fill.time > *time)).count()
}

#[test]
fn cancels_race_fills_alike_under_constant_legs() {
    for (seed, queue) in [(1, QueueModel::RiskAverse), (2, QueueModel::PowerProb3), (3, QueueModel::LogProb)] {
        let power = if queue.has_power() { 2 } else { 0 };
        let models = Models::PLAIN.queue(queue, power).legs(2_300, 1_700);
        let lines = market::with_orders(&market::book(seed, 6_000), seed, RACING);
        if let Err(reason) = check(&models, &lines, (50, 5)) {
            skip!("{reason}");
        }
        assert!(lost(&lines, &crate::ours::run(&models, &lines)) >= 3, "no race was lost: this shows nothing");
    }
}

#[test]
fn amends_race_fills_alike_under_constant_legs() {
    let lines = market::with_orders(&market::book(4, 6_000), 4, AMENDED);
    if let Err(reason) = check(&Models::PLAIN.legs(2_300, 1_700), &lines, (50, 0)) {
        skip!("{reason}");
    }
}

/// Measured requests 65,536 ns apart, whose legs change by whole multiples of 256 ns: between two of them every
/// interpolated value of the other side's floats is exact, or is cut as ours is.
fn rows() -> Vec<LatencyRow> {
    (0..200_u64)
        .map(|row| {
            let request = 900_000 + row * 65_536;
            let (entry, response) = (1_024 + 256 * (row % 5), 768 + 256 * (row * 3 % 4));
            LatencyRow {
                request: TimeNs(request),
                exchange: TimeNs(request + entry),
                response: TimeNs(request + entry + response),
            }
        })
        .collect()
}

#[test]
fn cancels_race_fills_alike_under_measured_legs() {
    for seed in 5..=7 {
        let models = Models::PLAIN.measured(rows());
        let lines = market::with_orders(&market::book(seed, 6_000), seed, RACING);
        if let Err(reason) = check(&models, &lines, (50, 5)) {
            skip!("{reason}");
        }
    }
}
