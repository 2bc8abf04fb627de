//! Repeat: how long does one call of the core take, undisturbed?
//!
//! In: a sandbox, how often. Out: nanoseconds and fuel of a call. Rounds are short, so that the best tenth of them ran
//! undisturbed even on a busy machine.

use std::time::Instant;

use ringfence_core::config::StrategySlot;
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};
use ringfence_sandbox::{Options, Sandbox};

use crate::rig::{self, Rig};

/// What a call took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken {
    /// Nanoseconds of the best tenth of the rounds.
    pub(crate) best_ns: f64,
    /// Nanoseconds of the middle one.
    pub(crate) median_ns: f64,
    /// Fuel of the last call.
    pub(crate) fuel: u64,
}

/// Calls a component in a slot so often, `calls` times a round, with a trade.
pub(crate) fn repeat(component: &[u8], slot: StrategySlot, counts: (u32, usize)) -> Taken {
    repeat_in(Options::default(), component, slot, counts)
}

/// The same in a sandbox with these options.
pub(crate) fn repeat_in(
    options: Options,
    component: &[u8],
    slot: StrategySlot,
    (calls, rounds): (u32, usize),
) -> Taken {
    let mut rig = Rig::with(rig::config(vec![slot]), &[component.to_vec()], options);
    let inner = std::mem::replace(&mut rig.sandbox, Sandbox::new(Options::default()).expect("an engine"));
    let _ticker = inner.start_ticker().expect("a thread");
    let mut repeat = Repeat { inner, calls, rounds, taken: Taken::default() };
    rig.trade_with(10_000, &mut repeat);
    repeat.taken
}

/// Makes each call of the core many times.
struct Repeat {
    inner: Sandbox,
    calls: u32,
    rounds: usize,
    taken: Taken,
}

impl StrategyHost for Repeat {
    fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        let mut times = Vec::new();
        let mut report = CallReport::default();
        for _ in 0..self.rounds {
            #[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
            let start = Instant::now();
            for _ in 0..self.calls {
                (loan, report) = self.inner.call(call, loan);
            }
            times.push(start.elapsed().as_nanos() as f64 / f64::from(self.calls));
        }
        assert_eq!(report.fault, None, "the guest must live");
        times.sort_by(f64::total_cmp);
        let (best_ns, median_ns) = (times[self.rounds / 10], times[self.rounds / 2]);
        self.taken = Taken { best_ns, median_ns, fuel: report.fuel };
        (loan, report)
    }
}
