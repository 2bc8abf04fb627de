//! Intents from outside: what became of those that were sent?
//!
//! In: names that were sent, the intents that they became, reports about legs. Out: the reports of each. Must never: keep
//! more than its bounds.

use std::collections::{BTreeMap, VecDeque};

use ringfence_core::ids::{IntentId, LegKey, StrategyId};

use crate::api::ExecutionReport;

/// Intents that are kept; the oldest goes first.
const INTENTS_MAX: usize = 4_096;
/// Reports of one intent that are kept: more than any order leads to but a schedule.
const REPORTS_MAX: usize = 256;

type Name = (StrategyId, String);

#[derive(Debug, Default)]
pub(super) struct Intents {
    known: BTreeMap<Name, Known>,
    by_intent: BTreeMap<(StrategyId, IntentId), Name>,
    /// Names in the order in which they came.
    order: VecDeque<Name>,
}

#[derive(Debug, Default)]
struct Known {
    intent: Option<IntentId>,
    reports: Vec<ExecutionReport>,
}

impl Intents {
    /// Notes a name; false where it was used.
    pub(super) fn sent(&mut self, strategy: StrategyId, reference: &str) -> bool {
        let name = (strategy, reference.to_owned());
        if self.known.contains_key(&name) {
            return false;
        }
        if self.order.len() == INTENTS_MAX
            && let Some(oldest) = self.order.pop_front()
            && let Some(Known { intent: Some(intent), .. }) = self.known.remove(&oldest)
        {
            self.by_intent.remove(&(oldest.0, intent));
        }
        self.order.push_back(name.clone());
        self.known.insert(name, Known::default());
        true
    }

    /// What was sent became this intent, or none.
    pub(super) fn began(&mut self, strategy: StrategyId, reference: &str, intent: Option<IntentId>) {
        let name = (strategy, reference.to_owned());
        let Some(known) = self.known.get_mut(&name) else { return };
        known.intent = intent;
        if let Some(intent) = intent {
            self.by_intent.insert((strategy, intent), name);
        }
    }

    /// Something became of a leg.
    pub(super) fn report(&mut self, leg: LegKey, report: ExecutionReport) {
        let known = self.by_intent.get(&(leg.strategy, leg.intent)).and_then(|name| self.known.get_mut(name));
        if let Some(known) = known.filter(|known| known.reports.len() < REPORTS_MAX) {
            known.reports.push(report);
        }
    }

    pub(super) fn of(&self, strategy: StrategyId, reference: &str) -> Option<(Option<IntentId>, &[ExecutionReport])> {
        let known = self.known.get(&(strategy, reference.to_owned()))?;
        Some((known.intent, &known.reports))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(intent: u64) -> LegKey {
        LegKey { strategy: StrategyId(2), intent: IntentId(intent), ..LegKey::default() }
    }

    fn report(status: &str) -> ExecutionReport {
        ExecutionReport { status: status.to_owned(), ..ExecutionReport::default() }
    }

    fn shown(intents: &Intents, reference: &str) -> Option<(Option<u64>, Vec<String>)> {
        let (intent, reports) = intents.of(StrategyId(2), reference)?;
        Some((intent.map(|intent| intent.0), reports.iter().map(|report| report.status.clone()).collect()))
    }

    #[test]
    fn reports_are_kept_by_the_intent_that_a_name_became() {
        let mut intents = Intents::default();
        assert!(intents.sent(StrategyId(2), "a"));
        assert!(!intents.sent(StrategyId(2), "a"), "a name is used once");
        assert!(intents.sent(StrategyId(3), "a"), "for each strategy");
        intents.began(StrategyId(2), "a", Some(IntentId(1)));
        intents.report(leg(1), report("EMITTED"));
        intents.report(leg(1), report("FILLED"));
        intents.report(leg(2), report("of nobody"));
        assert_eq!(shown(&intents, "a"), Some((Some(1), vec!["EMITTED".to_owned(), "FILLED".to_owned()])));
        assert_eq!(shown(&intents, "b"), None);
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let mut intents = Intents::default();
        for number in 0..=INTENTS_MAX as u64 {
            let name = format!("i{number}");
            assert!(intents.sent(StrategyId(2), &name));
            intents.began(StrategyId(2), &name, Some(IntentId(number + 1)));
        }
        assert_eq!(shown(&intents, "i0"), None);
        assert_eq!(
            (intents.known.len(), intents.by_intent.len(), intents.order.len()),
            (INTENTS_MAX, INTENTS_MAX, INTENTS_MAX)
        );
    }
}
