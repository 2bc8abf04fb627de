//! Fuel statistics: what does a call of each strategy cost?
//!
//! In: fuel of every call. Out: totals and quantiles. Must never: allocate per call.

use ringfence_core::ids::StrategyId;

use crate::histogram::Histogram;

/// Fuel of every strategy, indexed by id.
#[derive(Debug, Default)]
pub struct FuelTable {
    rows: Vec<Histogram>,
}

impl FuelTable {
    /// A table for strategies 1 to `strategies`.
    #[must_use]
    pub fn new(strategies: usize) -> FuelTable {
        FuelTable { rows: vec![Histogram::default(); strategies + 1] }
    }

    /// Counts the calls of one step.
    pub fn record(&mut self, called: &[StrategyId], fuel: &[u64]) {
        for (strategy, fuel) in called.iter().zip(fuel) {
            if let Some(row) = self.rows.get_mut(usize::from(strategy.0)) {
                row.record(*fuel);
            }
        }
    }

    /// Counts calls whose fuel is that of the call behind them.
    pub fn record_free(&mut self, strategy: StrategyId, calls: u64) {
        if let Some(row) = self.rows.get_mut(usize::from(strategy.0)) {
            row.record_zeros(calls);
        }
    }

    /// One strategy's calls.
    #[must_use]
    pub fn of(&self, strategy: StrategyId) -> Option<&Histogram> {
        self.rows.get(usize::from(strategy.0))
    }
}
