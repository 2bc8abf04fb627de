//! Listener: what crossed between one strategy and its host, call by call?
//!
//! In: the calls of a replay. Out: the calls since a state of the strategy that was saved on the way. Must never: keep more
//! than two stretches of calls, or change what is decided.

use ringfence_core::config::Config;
use ringfence_core::event::Halt;
use ringfence_core::ids::{Seq, StrategyId};
use ringfence_core::strategy::{Call, CallReport, Renewal, StateLoan, StrategyHost};
use ringfence_sandbox::{Heard, Sandbox};

/// Calls of one stretch: so many are executed natively at least, where there are so many.
const STRETCH: usize = 1_000;

/// One call of `on-event`, with what the strategy asked meanwhile.
#[derive(Debug)]
pub(crate) struct HeardCall {
    pub(crate) seq: Seq,
    /// `[event, context]` in JSON.
    pub(crate) given: String,
    pub(crate) imports: Vec<Heard>,
    /// It ended the strategy.
    pub(crate) halt: Option<Halt>,
}

/// Calls from a saved state on.
#[derive(Debug, Default)]
pub(crate) struct Stretch {
    /// `None` = from `setup` on.
    pub(crate) state: Option<Vec<u8>>,
    pub(crate) calls: Vec<HeardCall>,
}

/// Listens to one strategy.
#[derive(Debug)]
pub(crate) struct Listener {
    strategy: StrategyId,
    /// Every call since `setup` is kept.
    is_whole: bool,
    /// `[params, instruments]` in JSON, of the instance that is called; `None` = there is none.
    setup: Option<String>,
    stretches: Vec<Stretch>,
    /// Event of the strategy's call before the first that is kept.
    earlier: Option<Seq>,
}

impl Listener {
    /// Begins to listen to a strategy that is set up.
    pub(crate) fn new(strategy: StrategyId, is_whole: bool, sandbox: &mut Sandbox, config: &Config) -> Listener {
        let setup = sandbox.listen(strategy, config, None);
        Listener { strategy, is_whole, setup, stretches: vec![Stretch::default()], earlier: None }
    }

    /// What was heard: `[params, instruments]` and the calls. The last stretch, with the one before where it is short.
    pub(crate) fn heard(mut self) -> (Option<String>, Stretch) {
        let mut last = self.stretches.pop().unwrap_or_default();
        let before = self.stretches.pop();
        if let Some(mut before) = before.filter(|_| last.calls.len() < STRETCH / 2) {
            before.calls.append(&mut last.calls);
            last = before;
        }
        (self.setup, last)
    }

    /// The last event that was brought to the strategy, among those that are kept and the one before.
    pub(crate) fn last(&self) -> Option<Seq> {
        let kept = self.stretches.iter().flat_map(|stretch| &stretch.calls).map(|call| call.seq).next_back();
        kept.or(self.earlier)
    }

    /// A call of any strategy.
    pub(crate) fn call(&mut self, sandbox: &mut Sandbox, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        if call.strategy != self.strategy {
            return sandbox.call(call, loan);
        }
        self.save(sandbox);
        let given = sandbox.described(call, &loan);
        let (loan, report) = sandbox.call(call, loan);
        if let (Some(given), Some(stretch)) = (given, self.stretches.last_mut()) {
            let imports = sandbox.take_heard(self.strategy);
            let halt = report.fault.as_deref().copied();
            stretch.calls.push(HeardCall { seq: call.event.seq, given, imports, halt });
        }
        (loan, report)
    }

    /// Another instance is in the strategy's place.
    pub(crate) fn renewed(&mut self, sandbox: &mut Sandbox, renewal: &Renewal<'_>) {
        if renewal.strategy == self.strategy {
            self.earlier = self.last();
            self.setup = sandbox.listen(self.strategy, renewal.config, renewal.params);
            self.stretches = vec![Stretch { state: renewal.snapshot.map(<[u8]>::to_vec), calls: Vec::new() }];
        }
    }

    /// Begins another stretch where it is time. A strategy that cannot be saved goes on in this one.
    fn save(&mut self, sandbox: &mut Sandbox) {
        let is_full = self.stretches.last().is_some_and(|stretch| stretch.calls.len() >= STRETCH);
        if self.is_whole || !is_full {
            return;
        }
        if let Ok(state) = sandbox.snapshot(self.strategy) {
            if self.stretches.len() > 1 {
                let gone = self.stretches.remove(0);
                self.earlier = gone.calls.last().map(|call| call.seq);
            }
            self.stretches.push(Stretch { state: Some(state), calls: Vec::new() });
        }
    }
}
