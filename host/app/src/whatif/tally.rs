//! Tally: what did a session come to, strategy by strategy?
//!
//! In: what an observer of a run or of a replay is shown. Out: counts and amounts, of each strategy and of all. Must never:
//! be able to change what it looks at.

use std::collections::BTreeMap;

use ringfence_core::decision::{Decision, DecisionKind, Effects};
use ringfence_core::event::Event;
use ringfence_core::ids::{InstrumentId, StrategyId};
use ringfence_core::intent::Action;
use ringfence_core::money::{Decimal, MoneyError};
use ringfence_core::state::State;
use ringfence_session::observer::Observer;
use ringfence_session::results::{Counts, all_accounts};

/// Counts and amounts of one strategy, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) counts: Counts,
    /// Denials by the code of the rule.
    pub(crate) denied: BTreeMap<&'static str, u64>,
    /// By the Gate.
    pub(crate) refused: u64,
    pub(crate) halts: u64,
    /// Net quantity at the end by instrument, in units.
    pub(crate) positions: BTreeMap<InstrumentId, Decimal>,
    pub(crate) fees: Decimal,
    pub(crate) realised: Decimal,
    pub(crate) equity: Decimal,
    /// Equity at the end less the capital; `None` = all strategies, whose accounts need not begin with their capital.
    pub(crate) profit: Option<Decimal>,
}

/// Looks on and adds up.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Of all strategies, and what was of none.
    pub(crate) whole: Sums,
    pub(crate) strategies: BTreeMap<StrategyId, Sums>,
    /// Rows of tapes.
    pub(crate) rows: u64,
    fault: Option<MoneyError>,
}

impl Tally {
    /// The sums, when the session is over.
    ///
    /// # Errors
    /// When an amount fits no decimal, or no price converts it.
    pub(crate) fn finish(self) -> Result<Tally, MoneyError> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self),
        }
    }

    fn add(&mut self, strategy: StrategyId, count: impl Fn(&mut Sums)) {
        count(&mut self.whole);
        count(self.strategies.entry(strategy).or_default());
    }

    fn amounts(&mut self, state: &State) -> Result<(), MoneyError> {
        let Some(config) = state.config() else { return Ok(()) };
        let units = |id: InstrumentId, qty: i64| {
            let digits = config.instrument(id).map_or(0, |instrument| instrument.qty_scale.digits());
            Decimal::new(qty, u32::from(digits)).normalize()
        };
        for id in (1_u16..).take(config.strategies.len()).map(StrategyId) {
            let view = state.account_view(id)?;
            let sums = self.strategies.entry(id).or_default();
            (sums.fees, sums.realised, sums.equity) = (view.fees, view.realised, view.equity);
            sums.profit = Some(view.equity - view.capital);
            for instrument in config.instruments.iter().map(|instrument| instrument.id) {
                let held = units(instrument, state.net_position(id, instrument).0);
                if !held.is_zero() {
                    sums.positions.insert(instrument, held);
                    *self.whole.positions.entry(instrument).or_default() += held;
                }
            }
        }
        let total = all_accounts(state)?;
        let whole = &mut self.whole;
        (whole.fees, whole.realised, whole.equity) = (total.fees, total.realised, total.equity);
        Ok(())
    }
}

impl Observer for Tally {
    fn row(&mut self, _: &Event, _: &State) {
        self.rows += 1;
    }

    fn event(&mut self, event: &Event, _: &State) {
        let strategy = event.kind.order().map_or(StrategyId::EXTERNAL, |key| key.strategy);
        self.add(strategy, |sums| sums.counts.event(event));
    }

    fn decided(&mut self, effects: &Effects, _: &State) {
        for decision in &effects.decisions {
            self.add(decision.key.strategy, |sums| sums.decided(decision));
        }
        for command in effects.commands.iter().filter(|command| matches!(command.action(), Action::Submit(_))) {
            self.add(command.key().strategy, |sums| sums.counts.orders += 1);
        }
    }

    fn end(&mut self, state: &State) {
        self.fault = self.amounts(state).err();
    }
}

impl Sums {
    fn decided(&mut self, decision: &Decision) {
        self.counts.decision(decision);
        if let DecisionKind::Denied(denial) = decision.kind {
            *self.denied.entry(denial.code.code()).or_default() += 1;
        }
        self.refused += u64::from(matches!(decision.kind, DecisionKind::Refused(_)));
        self.halts += u64::from(matches!(decision.kind, DecisionKind::Halted(_)));
    }
}
