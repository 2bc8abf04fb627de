//! Obeying: which calls does a replay not make again?
//!
//! In: a recorded step. Out: a host that answers the calls which a halt of engine or machine ended with that halt, and
//! makes all others. Must never: enter the guest for such a call, or keep it from any other.

use ringfence_core::decision::DecisionKind;
use ringfence_core::event::Halt;
use ringfence_core::ids::StrategyId;
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};
use ringfence_journal::reader::Step;
use ringfence_journal::wire::marks::HaltedCall;

/// Recorded halts of a step that depend on engine and machine, each with the call that it ended. Strategies that were
/// replaced are executed: such a halt says nothing about other code.
pub(crate) fn halts_to_obey(step: &Step, replaced: &[StrategyId]) -> Vec<(HaltedCall, Halt)> {
    let halts = step.decisions.iter().filter_map(|decision| {
        let DecisionKind::Halted(halt) = decision.kind else { return None };
        (!halt.code.is_reproducible()).then_some(halt)
    });
    let pairs = step.halted_calls.iter().copied().zip(halts);
    pairs.filter(|(halted, _)| !replaced.contains(&halted.strategy)).collect()
}

/// The host of one step.
pub(crate) struct Obeying<'a> {
    host: &'a mut dyn StrategyHost,
    halts: Vec<(HaltedCall, Halt)>,
    /// Who was called so far; kept only where there is a halt to obey.
    called: Vec<StrategyId>,
    obeyed: Vec<usize>,
}

impl<'a> Obeying<'a> {
    pub(crate) fn new(host: &'a mut dyn StrategyHost, halts: Vec<(HaltedCall, Halt)>) -> Obeying<'a> {
        Obeying { host, halts, called: Vec::new(), obeyed: Vec::new() }
    }

    /// Places, among the calls of the step, of those that were not made: their fuel is the recorded one.
    pub(crate) fn obeyed(self) -> Vec<usize> {
        self.obeyed
    }

    fn halt_of_next(&self, strategy: StrategyId) -> Option<Halt> {
        let before = self.called.iter().filter(|called| **called == strategy).count();
        let is_next = |halted: &HaltedCall| halted.strategy == strategy && halted.call as usize == before;
        self.halts.iter().find(|(halted, _)| is_next(halted)).map(|(_, halt)| *halt)
    }
}

impl StrategyHost for Obeying<'_> {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        if self.halts.is_empty() {
            return self.host.call(call, loan);
        }
        let halt = self.halt_of_next(call.strategy);
        self.called.push(call.strategy);
        match halt {
            None => self.host.call(call, loan),
            Some(halt) => {
                self.obeyed.push(self.called.len() - 1);
                (loan, CallReport::faulty(0, halt))
            }
        }
    }
}
