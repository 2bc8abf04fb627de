//! What does a call into a component cost: `cargo bench -p ringfence-sandbox`.
//!
//! One iteration is a step of the core with one trade; the core's own part is that of `idle` in its bench.
#![allow(missing_docs, reason = "a measurement, not part of the sandbox")]

use divan::{Bencher, black_box};

#[path = "../tests/sandbox/guest.rs"]
#[allow(dead_code, reason = "the bench uses a part of it")]
mod guest;
#[path = "../tests/sandbox/rig.rs"]
#[allow(dead_code, reason = "the bench uses a part of it")]
mod rig;

use guest::{Guest, submit};
use rig::{Rig, traded};

fn main() {
    divan::main();
}

/// A guest that returns at once.
#[divan::bench]
fn nothing(bencher: Bencher<'_, '_>) {
    trades(bencher, &[Guest::on_event("")]);
}

/// Three of them, each called.
#[divan::bench]
fn three(bencher: Bencher<'_, '_>) {
    trades(bencher, &[Guest::on_event(""), Guest::on_event(""), Guest::on_event("")]);
}

/// One that asks for the touch.
#[divan::bench]
fn view(bencher: Bencher<'_, '_>) {
    trades(bencher, &[Guest::on_event("(call $top-of-book (i32.const 1) (i32.const 2048))")]);
}

/// One that orders, and the way of the order through the core; nothing answers it.
#[divan::bench(sample_count = 20, sample_size = 50)]
fn emit(bencher: Bencher<'_, '_>) {
    trades(bencher, &[Guest::on_event(&submit(0, 5))]);
}

fn trades(bencher: Bencher<'_, '_>, guests: &[Guest]) {
    let components: Vec<Vec<u8>> = guests.iter().map(Guest::component).collect();
    let mut rig = Rig::new(&components);
    bencher.bench_local(|| rig.tell(black_box(1), traded(10_000)));
}
