//! Does a strategy wait longer for its calls beside hostile neighbours?
//!
//! `cargo run --release -p ringfence-sandbox --example neighbours [TRADES]` prints how long the calls of one strategy take,
//! alone and beside others in the same host: one that loops without end (and is halted), one that uses its whole fuel on
//! memory, in this process and in one of its own, one that traps, and many like itself. The runs take turns, so that a busy
//! machine is busy for all of them.

#[path = "../tests/sandbox/guest.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod guest;
#[path = "../tests/sandbox/rig.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod rig;

use std::process::ExitCode;
use std::time::Instant;

use guest::Guest;
use rig::Rig;
use ringfence_core::ids::StrategyId;
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};
use ringfence_sandbox::{GuestProgram, Isolation, Options, Sandbox, serve_if_asked};

/// The strategy that is looked at.
const ONE: StrategyId = StrategyId(1);
const ROUNDS: usize = 10;

/// Some work on some memory, as a strategy with indicators does.
const WORK: &str = "
    (i32.store (i32.const 4096) (i32.const 0))
    (loop $again
      (i64.store (i32.add (i32.const 8192) (i32.load (i32.const 4096)))
        (i64.add (i64.load (i32.add (i32.const 8192) (i32.load (i32.const 4096)))) (local.get $p0)))
      (i32.store (i32.const 4096) (i32.add (i32.load (i32.const 4096)) (i32.const 8)))
      (br_if $again (i32.lt_u (i32.load (i32.const 4096)) (i32.const 512))))";

/// Half a megabyte, written anew: what the processor had of others in its caches is gone.
const THRASH: &str = "
    (i32.store (i32.const 4096) (i32.const 0))
    (loop $again
      (i64.store (i32.add (i32.const 65536) (i32.load (i32.const 4096))) (local.get $p0))
      (i32.store (i32.const 4096) (i32.add (i32.load (i32.const 4096)) (i32.const 64)))
      (br_if $again (i32.lt_u (i32.load (i32.const 4096)) (i32.const 524288))))";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if let Some(end) = serve_if_asked(&arguments) {
        return end;
    }
    let trades = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let guest = |body: &str| Guest::on_event(body).component();
    let thrash = Guest { memory: "12".to_owned(), ..Guest::on_event(THRASH) }.component();
    let crowd = vec![guest(WORK); 50];
    let cases = [
        ("alone", Vec::new(), Isolation::InProcess),
        ("beside an endless loop", vec![guest("(loop $again (br $again))")], Isolation::InProcess),
        ("beside a trap", vec![guest("unreachable")], Isolation::InProcess),
        ("beside one that thrashes", vec![thrash.clone()], Isolation::InProcess),
        ("that in its own process", vec![thrash], Isolation::Process),
        ("beside fifty like it", crowd, Isolation::InProcess),
    ];
    let mut taken: Vec<Vec<u64>> = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for ((_, others, isolation), taken) in cases.iter().zip(&mut taken) {
            taken.extend(measure(&guest(WORK), others, (*isolation, trades)));
        }
    }
    println!("{:<26} {:>9} {:>9} {:>9} {:>14}", "", "p50 ns", "p99 ns", "p99.9 ns", "p99 of alone");
    let mut alone = 0;
    for ((name, _, _), taken) in cases.iter().zip(&mut taken) {
        taken.sort_unstable();
        let at = |share: f64| taken[((taken.len() - 1) as f64 * share) as usize];
        alone = if alone == 0 { at(0.99) } else { alone };
        let (p99, times) = (at(0.99), at(0.99) as f64 / alone as f64);
        println!("{name:<26} {:>9} {p99:>9} {:>9} {times:>13.2}x", at(0.5), at(0.999));
    }
    ExitCode::SUCCESS
}

/// Nanoseconds of each call of a strategy with these neighbours, which run there.
fn measure(one: &[u8], others: &[Vec<u8>], (there, trades): (Isolation, u64)) -> Vec<u64> {
    let components: Vec<Vec<u8>> = [one.to_vec()].into_iter().chain(others.iter().cloned()).collect();
    let ids = 1..=u16::try_from(components.len()).expect("few");
    let isolation = ids.clone().skip(1).map(|id| (StrategyId(id), there)).collect();
    let options = Options { isolation, guests: GuestProgram::of_this_program(), ..Options::default() };
    let slots = ids.map(|id| rig::slot(&format!("s{id}"))).collect();
    let mut rig = Rig::with(rig::config(slots), &components, options);
    let inner = std::mem::replace(&mut rig.sandbox, Sandbox::new(Options::default()).expect("an engine"));
    let _ticker = inner.start_ticker().expect("a thread");
    let mut timed = Timed { inner, taken: Vec::new() };
    for trade in 0..trades {
        rig.trade_with(10_000 + i64::try_from(trade % 10).expect("small"), &mut timed);
    }
    timed.taken
}

struct Timed {
    inner: Sandbox,
    taken: Vec<u64>,
}

impl StrategyHost for Timed {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        if call.strategy != ONE {
            return self.inner.call(call, loan);
        }
        #[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
        let start = Instant::now();
        let answer = self.inner.call(call, loan);
        self.taken.push(u64::try_from(start.elapsed().as_nanos()).expect("no call takes centuries"));
        answer
    }
}
