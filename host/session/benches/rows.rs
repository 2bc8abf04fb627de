//! What does a row cost in the run loop, with native strategies: `cargo bench -p ringfence-session`.
//!
//! One iteration is a whole run without a journal, decoding included; the rate shown is that of its rows. The tape goes up
//! and down, so that the averages cross now and then.
#![allow(missing_docs, reason = "a measurement, not part of the session")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use ringfence_sim::FillMoment;

#[path = "../tests/support/mod.rs"]
mod support;

use support::{Native, Work};

const ROWS: u64 = 200_000;

fn main() {
    divan::main();
}

/// Nobody does anything.
#[divan::bench]
fn idle(bencher: Bencher<'_, '_>) {
    run(bencher, vec![Native::Idle(100)]);
}

/// An EMA cross, as in W1.
#[divan::bench]
fn cross(bencher: Bencher<'_, '_>) {
    run(bencher, vec![Native::ema()]);
}

/// Three of them.
#[divan::bench]
fn three_crosses(bencher: Bencher<'_, '_>) {
    run(bencher, vec![Native::ema(), Native::ema(), Native::ema()]);
}

/// An order at every row.
#[divan::bench]
fn order_at_each(bencher: Bencher<'_, '_>) {
    run(bencher, vec![Native::Greedy]);
}

fn run(bencher: Bencher<'_, '_>, natives: Vec<Native>) {
    let folder = tempfile::tempdir().expect("a folder");
    let work = Work { natives, ..Work::trades(&tape(folder.path()), FillMoment::SameEvent) };
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| black_box(work.run()));
}

fn tape(folder: &Path) -> PathBuf {
    let mut text = "ts_ns,price,qty\n".to_owned();
    for row in 0..ROWS {
        let rising = row / 300 % 2 == 0;
        let step = if rising { row % 300 } else { 300 - row % 300 };
        writeln!(text, "{},145.{:04},100", row * 1_000_000, 1_000 + step * 10).expect("room");
    }
    let path = folder.join("tape.csv");
    std::fs::write(&path, text).expect("written");
    path
}
