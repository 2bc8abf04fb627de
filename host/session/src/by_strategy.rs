//! Counts by strategy: what did each of them do?
//!
//! In: every event that is not a tape row, and every step's decisions. Out: counts of each strategy. Must never: allocate by
//! event.

use ringfence_core::decision::{AnomalyCode, DecisionKind, Effects};
use ringfence_core::event::{Event, EventKind};
use ringfence_core::ids::StrategyId;
use ringfence_core::intent::Action;

use crate::results::Counts;

/// Counts of every strategy, indexed by id; 0 = what nobody here asked for. Rows and events stay 0.
#[derive(Clone, Debug, Default)]
pub struct ByStrategy {
    rows: Vec<Counts>,
    /// Whose fill is being stepped: that it was told before is a decision about nobody's leg.
    filled: Option<StrategyId>,
}

impl ByStrategy {
    /// Zeros for strategies 1 to `strategies`.
    #[must_use]
    pub fn new(strategies: usize) -> ByStrategy {
        ByStrategy { rows: vec![Counts::default(); strategies + 1], filled: None }
    }

    /// Counts what an event says of an order, for whose it is.
    pub fn event(&mut self, event: &Event) {
        self.filled = if let EventKind::OrderFilled(fill) = &event.kind { Some(fill.order.strategy) } else { None };
        if let Some(row) = event.kind.order().and_then(|key| self.row(key.strategy)) {
            row.event(event);
        }
    }

    /// Counts what a step decided about each strategy's legs.
    pub fn effects(&mut self, effects: &Effects) {
        for decision in &effects.decisions {
            let is_told_again =
                matches!(&decision.kind, DecisionKind::Anomaly(it) if it.code == AnomalyCode::DuplicateFill);
            let whose = self.filled.filter(|_| is_told_again).unwrap_or(decision.key.strategy);
            if let Some(row) = self.row(whose) {
                row.decisions += 1;
                row.decision(decision);
            }
        }
        let submits = effects.commands.iter().filter(|command| matches!(command.action(), Action::Submit(_)));
        for command in submits {
            if let Some(row) = self.row(command.key().strategy) {
                row.orders += 1;
            }
        }
    }

    /// One strategy's.
    #[must_use]
    pub fn of(&self, strategy: StrategyId) -> Counts {
        self.rows.get(usize::from(strategy.0)).copied().unwrap_or_default()
    }

    fn row(&mut self, strategy: StrategyId) -> Option<&mut Counts> {
        self.rows.get_mut(usize::from(strategy.0))
    }
}

#[cfg(test)]
mod tests;
