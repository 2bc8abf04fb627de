//! Reciting: what did the strategies do in this step, by the record alone?
//!
//! In: a recorded step. Out: a host that emits what the strategies emitted and ends those that ended, without any of their
//! code. Must never: enter a guest, or emit what is not recorded.
//!
//! State depends on what was emitted and not on the call in which it was, so a strategy's intents come with its first call
//! of the step that takes them. Which call ended a strategy is recorded where that depends on the machine; other halts come
//! with the first call for the event at which nothing is left to emit.

use ringfence_core::decision::DecisionKind;
use ringfence_core::event::Halt;
use ringfence_core::ids::StrategyId;
use ringfence_core::strategy::{Call, CallReport, Delivery, HaltCode, StateLoan, StrategyHost};
use ringfence_journal::reader::Step;

use crate::obeying::{Obeying, halts_to_obey};

/// The host of one step.
pub(crate) struct Reciting<'a> {
    recorded: &'a Step,
    /// For each strategy that was called: how many of the decisions were looked through for its intents.
    looked: Vec<(StrategyId, usize)>,
}

impl<'a> Reciting<'a> {
    pub(crate) fn new(recorded: &'a Step) -> Reciting<'a> {
        Reciting { recorded, looked: Vec::new() }
    }

    /// Steps with this host, which obeys the halts of the machine at the calls that they ended.
    pub(crate) fn obeying(&mut self) -> Obeying<'_> {
        let halts = halts_to_obey(self.recorded, &[]);
        Obeying::new(self, halts)
    }

    /// A halt that reproduces; the core finds [`HaltCode::Reactions`] itself.
    fn halt(&self, strategy: StrategyId) -> Option<Halt> {
        self.recorded.decisions.iter().find_map(|decision| {
            let DecisionKind::Halted(halt) = decision.kind else { return None };
            let is_told = halt.code.is_reproducible() && halt.code != HaltCode::Reactions;
            (is_told && decision.key.strategy == strategy).then_some(halt)
        })
    }

    /// Emits what the strategy has left; false when there was nothing.
    fn emit(&mut self, strategy: StrategyId, loan: &mut StateLoan) -> bool {
        let at = match self.looked.iter().position(|(known, _)| *known == strategy) {
            Some(at) => at,
            None => {
                self.looked.push((strategy, 0));
                self.looked.len() - 1
            }
        };
        let mut has_emitted = false;
        while let Some(decision) = self.recorded.decisions.get(self.looked[at].1) {
            let is_own = decision.key.strategy == strategy && !decision.key.intent.is_of_host();
            if let (DecisionKind::Emitted(kind), true) = (&decision.kind, is_own) {
                // Full, or warming up: the next call takes the rest.
                if loan.emit_with_bytes(*kind, &self.recorded.notes).is_err() {
                    return true;
                }
                has_emitted = true;
            }
            self.looked[at].1 += 1;
        }
        has_emitted
    }
}

impl StrategyHost for Reciting<'_> {
    fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        if self.recorded.decisions.is_empty() || self.emit(call.strategy, &mut loan) {
            return (loan, CallReport::fine(0));
        }
        let is_last = !matches!(call.delivery, Delivery::Outcome(..));
        let report = match self.halt(call.strategy).filter(|_| is_last) {
            Some(halt) => CallReport::faulty(0, halt),
            None => CallReport::fine(0),
        };
        (loan, report)
    }
}
