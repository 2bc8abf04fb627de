//! Native strategies: how does a strategy of the SDK run in the real core without a component?
//!
//! In: strategies compiled into the test, calls of the core. Out: the same intents that a component would emit. It is
//! written from the WIT's documentation and shares no code with the sandbox, so that equal decisions say something about
//! both. Must never: decide for the strategy, or show it more than a component sees.

mod answers;
mod events;
mod wishes;

use ringfence_core::config::{Config, StrategySlot};
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};
use ringfence_sdk as sdk;

/// Native strategies behind the core's trait, by strategy id from 1.
pub struct Natives(Vec<Box<dyn sdk::Guest>>);

impl Natives {
    /// Sets up one strategy for each slot of the configuration; the plans come back in the same order.
    ///
    /// # Errors
    /// What the first strategy that refuses says.
    ///
    /// # Panics
    /// When there is not one strategy for each slot.
    pub fn set_up(
        mut guests: Vec<Box<dyn sdk::Guest>>,
        config: &Config,
    ) -> Result<(Natives, Vec<(StrategyId, Plan)>), sdk::SetupError> {
        assert_eq!(guests.len(), config.strategies.len(), "one strategy for each slot");
        let mut plans = Vec::new();
        for ((guest, slot), id) in guests.iter_mut().zip(&config.strategies).zip(1..) {
            plans.push((StrategyId(id), set_up(&mut **guest, slot, config)?));
        }
        Ok((Natives(guests), plans))
    }
}

fn set_up(guest: &mut dyn sdk::Guest, slot: &StrategySlot, config: &Config) -> Result<Plan, sdk::SetupError> {
    let params = sdk::Params::new(slot.params.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let given = slot.instruments.iter().filter_map(|id| config.instrument(*id));
    let instruments: Vec<_> = given.map(|found| answers::instrument(config, found, found.status)).collect();
    Ok(wishes::plan(&guest.setup(&params, &instruments)?))
}

impl StrategyHost for Natives {
    fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        let guest = &mut self.0[usize::from(call.strategy.0) - 1];
        let (event, context) = (events::event(call, &loan), events::context(call));
        guest.on_event(&mut answers::Lent { loan: &mut loan, strategy: call.strategy }, &event, &context);
        (loan, CallReport::fine(0))
    }
}
