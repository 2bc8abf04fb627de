//! How many rows a second does a tape give? `cargo run --release -p ringfence-tape --example decode_rate -- FILE [BAR_S]`
//!
//! Times the rows alone, not the hash at the start, five times, and shows the best.
#![allow(clippy::print_stdout, reason = "the example's result")]

use std::num::NonZeroU64;
use std::path::PathBuf;

use ringfence_tape::{BarStamp, Stamp, Tape, TapeSpec};

#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    let mut words = std::env::args().skip(1);
    let path = PathBuf::from(words.next().expect("a file is named"));
    let interval = words.next().and_then(|seconds| seconds.parse::<u64>().ok()).and_then(NonZeroU64::new);
    let bar = interval.map(|s| BarStamp {
        stamp: Stamp::Open,
        interval_ns: NonZeroU64::new(s.get() * 1_000_000_000).expect("above 0"),
    });
    let spec = TapeSpec { path, generated: None, instrument: support::instrument(9, 9), bar };
    let best = (0..5).map(|_| measure(spec.clone())).min_by(|one, other| one.1.total_cmp(&other.1));
    let (rows, rows_s, open_s) = best.expect("five runs");
    println!("{rows} rows in {rows_s:.4} s, {:.1} M rows/s; opened and hashed in {open_s:.4} s", rows / rows_s / 1e6);
}

/// Rows, seconds of decoding, seconds of opening.
fn measure(spec: TapeSpec) -> (f64, f64, f64) {
    #[expect(clippy::disallowed_methods, reason = "a measurement")]
    let now = std::time::Instant::now;
    let start = now();
    let mut tape = Tape::open(spec).expect("a tape");
    let open_s = start.elapsed().as_secs_f64();
    let (mut block, mut rows, start) = (Vec::new(), 0, now());
    loop {
        let count = tape.read_block(&mut block).expect("good rows");
        if count == 0 {
            return (f64::from(rows), start.elapsed().as_secs_f64(), open_s);
        }
        rows += u32::try_from(count).expect("a block is small");
    }
}
