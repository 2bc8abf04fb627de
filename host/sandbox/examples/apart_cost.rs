//! What does a call cost of a strategy that runs in a process of its own?
//!
//! `cargo run --release -p ringfence-sandbox --example apart_cost [COMPONENT.wasm KEY=VALUE…]` prints microseconds per call in
//! this process and in a guest process, side by side: of small guests made here, and of a component of your own with these
//! parameters; then what it takes to put a fresh instance in a strategy's place.

#[path = "../tests/sandbox/guest.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod guest;
#[expect(dead_code, reason = "shared with the examples that need no options")]
mod repeat;
#[path = "../tests/sandbox/rig.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod rig;

use std::process::ExitCode;
use std::time::Instant;

use guest::{Guest, emit};
use repeat::{Taken, repeat_in};
use ringfence_core::config::StrategySlot;
use ringfence_core::ids::StrategyId;
use ringfence_core::strategy::{Renewal, StrategyHost};
use ringfence_sandbox::{GuestProgram, Isolation, Options, serve_if_asked};

const CALLS: u32 = 200;
const ROUNDS: usize = 200;
const RENEWALS: usize = 100;
const ONE: StrategyId = StrategyId(1);

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if let Some(end) = serve_if_asked(&arguments) {
        return end;
    }
    println!("{:<28} {:>22} {:>22}", "us/call", "in process", "guest process");
    println!("{:<28} {:>22} {:>22}", "", "best tenth    median", "best tenth    median");
    let wake = emit(5, [7_000_000_000_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let top = "(call $top-of-book (i32.const 1) (i32.const 2048))";
    for (name, body) in [
        ("nothing", String::new()),
        ("emit (answered too-many)", wake),
        ("top-of-book", top.to_owned()),
        ("top-of-book, four times", top.repeat(4)),
        ("open-orders (none)", "(call $open-orders (i32.const 0) (i32.const 8) (i32.const 2048))".to_owned()),
    ] {
        measure(name, &Guest::on_event(&body).component(), Vec::new());
    }
    let mut more = std::env::args().skip(1);
    if let Some(path) = more.next() {
        let params = more.filter_map(|arg| Some(arg.split_once('=')?).map(|(k, v)| (k.to_owned(), v.to_owned())));
        measure("your component", &std::fs::read(path).expect("a component file"), params.collect());
    }
    renewals();
    ExitCode::SUCCESS
}

fn options(isolation: Isolation) -> Options {
    let guests = GuestProgram::of_this_program();
    Options { isolation: [(ONE, isolation)].into(), guests, ..Options::default() }
}

fn measure(name: &str, component: &[u8], params: Vec<(String, String)>) {
    let slot = || StrategySlot { memory_bytes_max: 64 << 20, params: params.clone(), ..rig::slot("measured") };
    let taken = |isolation| repeat_in(options(isolation), component, slot(), (CALLS, ROUNDS));
    let (here, there) = (taken(Isolation::InProcess), taken(Isolation::Process));
    assert_eq!(here.fuel, there.fuel, "fuel does not depend on the process");
    println!("{name:<28} {} {}", shown(here), shown(there));
}

fn shown(Taken { best_ns, median_ns, .. }: Taken) -> String {
    format!("{:>12.2} {:>9.2}", best_ns / 1e3, median_ns / 1e3)
}

/// A fresh instance of the same component: what a checkpoint, a restart and other parameters take.
fn renewals() {
    let component = Guest::on_event("").component();
    for isolation in [Isolation::InProcess, Isolation::Process] {
        let mut rig =
            rig::Rig::with(rig::config(vec![rig::slot("a")]), std::slice::from_ref(&component), options(isolation));
        let mut times: Vec<f64> = (0..RENEWALS)
            .map(|_| {
                let renewal =
                    Renewal { strategy: ONE, config: &rig.config, params: None, component: None, snapshot: None };
                #[expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]
                let start = Instant::now();
                let _plan = rig.sandbox.renew(&renewal).expect("it can be renewed");
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let (best, median) = (times[RENEWALS / 10], times[RENEWALS / 2]);
        println!("a fresh instance, {:<11} best tenth {best:.2} ms, median {median:.2} ms", isolation.code());
    }
}
