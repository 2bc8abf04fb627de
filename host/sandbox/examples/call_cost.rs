//! What does a call into a sandboxed strategy cost?
//!
//! `cargo run --release -p ringfence-sandbox --example call_cost [COMPONENT.wasm KEY=VALUE…]` prints nanoseconds per call,
//! conversions, fuel set and read and the safety net included: of small guests made here, and of a component of your
//! own with these parameters. Rounds are short, so that the best tenth of them ran undisturbed even on a busy machine.

#[path = "../tests/sandbox/guest.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod guest;
mod repeat;
#[path = "../tests/sandbox/rig.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod rig;

use guest::{Guest, emit};
use repeat::{Taken, repeat};
use ringfence_core::config::StrategySlot;

const CALLS: u32 = 2_000;
const ROUNDS: usize = 1_000;

fn measure(name: &str, component: &[u8], params: Vec<(String, String)>) {
    let slot = StrategySlot { memory_bytes_max: 64 << 20, params, ..rig::slot("measured") };
    let Taken { best_ns, median_ns, fuel } = repeat(component, slot, (CALLS, ROUNDS));
    println!("{name:<28} {best_ns:>7.1} ns/call (median {median_ns:>7.1}) {fuel:>7} fuel/call");
}

fn main() {
    let adding = "(i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (local.get $p0)))";
    let wake = emit(5, [7_000_000_000_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (name, body) in [
        ("nothing", ""),
        ("add the price up", adding),
        ("top-of-book", "(call $top-of-book (i32.const 1) (i32.const 2048))"),
        ("emit (answered too-many)", &wake),
        ("open-orders (none)", "(call $open-orders (i32.const 0) (i32.const 8) (i32.const 2048))"),
    ] {
        measure(name, &Guest::on_event(body).component(), Vec::new());
    }
    let mut args = std::env::args().skip(1);
    if let Some(path) = args.next() {
        let params = args.filter_map(|arg| Some(arg.split_once('=')?).map(|(k, v)| (k.to_owned(), v.to_owned())));
        measure("your component", &std::fs::read(path).expect("a component file"), params.collect());
    }
}
