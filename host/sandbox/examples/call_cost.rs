//! What does a call into a sandboxed strategy cost?
//!
//! `cargo run --release -p ringfence-sandbox --example call_cost [COMPONENT.wasm KEY=VALUE…]` prints nanoseconds per call,
//! conversions, fuel set and read and the safety net included: of small guests made here, and of a component of your
//! own with these parameters. Rounds are short, so that the best tenth of them ran undisturbed even on a busy machine.

#[path = "../tests/sandbox/guest.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod guest;
#[path = "../tests/sandbox/rig.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod rig;

use std::time::Instant;

use guest::{Guest, emit};
use rig::Rig;
use ringfence_core::config::StrategySlot;
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};
use ringfence_sandbox::{Options, Sandbox};

const CALLS: u32 = 2_000;
const ROUNDS: usize = 1_000;

/// Repeats each call of the core many times and keeps two rounds: the best tenth, and the median.
struct Repeat {
    inner: Sandbox,
    best_ns: f64,
    median_ns: f64,
    fuel: u64,
}

impl StrategyHost for Repeat {
    fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        let mut rounds = Vec::new();
        let mut report = CallReport::default();
        for _ in 0..ROUNDS {
            #[expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]
            let start = Instant::now();
            for _ in 0..CALLS {
                (loan, report) = self.inner.call(call, loan);
            }
            rounds.push(start.elapsed().as_nanos() as f64 / f64::from(CALLS));
        }
        assert_eq!(report.fault, None, "the guest must live");
        rounds.sort_by(f64::total_cmp);
        (self.best_ns, self.median_ns) = (rounds[ROUNDS / 10], rounds[ROUNDS / 2]);
        self.fuel = report.fuel;
        (loan, report)
    }
}

fn measure(name: &str, component: &[u8], params: Vec<(String, String)>) {
    let slot = StrategySlot { memory_bytes_max: 64 << 20, params, ..rig::slot("measured") };
    let mut rig = Rig::with(rig::config(vec![slot]), &[component.to_vec()], Options::default());
    let inner = std::mem::replace(&mut rig.sandbox, Sandbox::new(Options::default()).expect("an engine"));
    let _ticker = inner.start_ticker().expect("a thread");
    let mut repeat = Repeat { inner, best_ns: 0.0, median_ns: 0.0, fuel: 0 };
    rig.trade_with(10_000, &mut repeat);
    let Repeat { best_ns, median_ns, fuel, .. } = repeat;
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
