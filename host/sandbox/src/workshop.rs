//! Workshop: how is a component made ready while the session goes on?
//!
//! In: a component, a strategy's place. Out: its code, and an instance that has been set up, on a shelf from which the sandbox
//! takes them between two events. Must never: touch what runs, or keep the session waiting while something is compiled.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::Config;
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use ringfence_core::strategy::Renewal;
use wasmtime::Engine;

use crate::alarm::Alarm;
use crate::apart::Isolation;
use crate::bindings::Linkers;
use crate::cache::CodeCache;
use crate::compile::Tools;
use crate::file::ComponentBytes;
use crate::load::Order;
use crate::occupant::{Occupant, occupy};
use crate::refusal::Refusal;
use crate::sandbox::{Options, Prepared, prepare, rules};
use crate::trust::{Manifest, Trust};

/// Code and instances that wait to be taken.
#[derive(Default)]
pub(crate) struct Shelf {
    prepared: Vec<Prepared>,
    staged: Vec<Staged>,
    /// Instances that were replaced: letting go of one takes longer than replacing it.
    retired: Vec<Occupant>,
}

/// An instance that was set up, and for what.
struct Staged {
    strategy: StrategyId,
    component: Sha256Hash,
    config: Config,
    params: Vec<(String, String)>,
    instance: Occupant,
    plan: Plan,
}

/// Components kept: of more, the oldest is compiled again where it is wanted again.
const PREPARED_MAX: usize = 64;
/// Instances kept to be let go of by the workshop.
const RETIRED_MAX: usize = 8;

/// The shelf, whatever became of the thread that had it before: nothing on it is ever half done.
pub(crate) fn shelf(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    pub(crate) fn prepared(&self, hash: &Sha256Hash, isolation: Isolation) -> Option<Prepared> {
        self.prepared.iter().find(|prepared| prepared.is(hash, isolation)).cloned()
    }

    /// An instance that was set up for just this: strategy, component, configuration and parameters.
    pub(crate) fn take_staged(&mut self, renewal: &Renewal<'_>, component: &Sha256Hash) -> Option<(Occupant, Plan)> {
        let slot = renewal.config.strategy(renewal.strategy)?;
        let params = renewal.params.unwrap_or(&slot.params);
        let is_it = |staged: &Staged| {
            (staged.strategy, &staged.component) == (renewal.strategy, component)
                && staged.params == params
                && staged.config == *renewal.config
        };
        let at = self.staged.iter().position(is_it)?;
        let Staged { instance, plan, .. } = self.staged.swap_remove(at);
        Some((instance, plan))
    }

    /// Keeps an instance that was replaced until the workshop lets go of it.
    pub(crate) fn retire(&mut self, instance: Occupant) {
        if self.retired.len() < RETIRED_MAX {
            self.retired.push(instance);
        }
    }

    pub(crate) fn keep(&mut self, prepared: Prepared) {
        self.prepared.retain(|known| !known.is(&prepared.sha256, prepared.body.isolation()));
        if self.prepared.len() >= PREPARED_MAX {
            self.prepared.remove(0);
        }
        self.prepared.push(prepared);
    }
}

/// Makes components ready on a thread of its own.
pub struct Workshop {
    pub(crate) engine: Engine,
    pub(crate) linkers: Linkers,
    pub(crate) options: Options,
    pub(crate) cache: Option<CodeCache>,
    pub(crate) shelf: Arc<Mutex<Shelf>>,
}

/// A component that was made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// By which the sandbox finds its code.
    pub sha256: Sha256Hash,
    /// What its signer says of it; `None` = unsigned, or no key is trusted.
    pub manifest: Option<Manifest>,
    /// What an operator should look at.
    pub alarms: Vec<Alarm>,
}

/// What a strategy's next instance is made for.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Whose.
    pub strategy: StrategyId,
    /// The configuration in force.
    pub config: &'a Config,
    /// Parameters in the place of the configuration's; `None` = those.
    pub params: Option<&'a [(String, String)]>,
}

impl Workshop {
    /// Admits and compiles a component (or finds its code), and sets an instance of it up. `trust` = whose word is needed for
    /// these bytes; what the sandbox was set up with was said of others.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    ///
    /// # Panics
    /// When the configuration does not know the strategy.
    pub fn make_ready(
        &self,
        place: Place<'_>,
        bytes: ComponentBytes,
        trust: Option<&Trust>,
    ) -> Result<Ready, Vec<Refusal>> {
        let slot = place.config.strategy(place.strategy).expect("the caller knows the configuration");
        let rules = rules(slot, slot.pin, trust);
        let (prepared, _, alarms) = prepare(self.tools(place.strategy), bytes, &rules)?;
        let ready = Ready { sha256: prepared.sha256, manifest: prepared.manifest.clone(), alarms };
        self.stage(place, &prepared).map_err(|refusal| vec![refusal])?;
        shelf(&self.shelf).keep(prepared);
        Ok(ready)
    }

    /// Sets an instance up of a component that was made ready or loaded before, for other parameters. False when that was
    /// so long ago that its code is not here any more.
    ///
    /// # Errors
    /// What instantiation and `setup` refuse.
    ///
    /// # Panics
    /// When the configuration does not know the strategy.
    pub fn make_instance_ready(&self, place: Place<'_>, component: &Sha256Hash) -> Result<bool, Refusal> {
        let known = shelf(&self.shelf).prepared(component, self.options.isolation_of(place.strategy));
        let Some(prepared) = known else { return Ok(false) };
        self.stage(place, &prepared).map(|()| true)
    }

    fn tools(&self, strategy: StrategyId) -> Tools<'_> {
        let (engine, compiler, cache) = (&self.engine, &self.options.compiler, self.cache.as_ref());
        let is_profiled = self.options.profiler_of(strategy).is_some();
        Tools { engine, compiler, cache, is_profiled, isolation: self.options.isolation_of(strategy) }
    }

    fn stage(&self, place: Place<'_>, prepared: &Prepared) -> Result<(), Refusal> {
        let Place { strategy, config, params } = place;
        let mut slot = config.strategy(strategy).expect("the caller knows the configuration").clone();
        if let Some(params) = params {
            slot.params = params.to_vec();
        }
        let (version, clock, profiler) = (prepared.version, self.options.clock, self.options.profiler_of(strategy));
        let order = Order { strategy, slot: &slot, config, version, clock, profiler };
        let with = (&self.engine, &self.linkers, self.options.guests.as_ref());
        let (instance, plan, _) = occupy(with, &prepared.body, &order)?;
        let (component, config, params) = (prepared.sha256, config.clone(), slot.params);
        let mut shelf = shelf(&self.shelf);
        // One at most waits for a strategy: what was not taken is out of date.
        shelf.staged.retain(|staged| staged.strategy != strategy);
        shelf.staged.push(Staged { strategy, component, config, params, instance, plan });
        let retired = std::mem::take(&mut shelf.retired);
        drop(shelf);
        drop(retired);
        Ok(())
    }

    /// Puts code on the shelf without an instance: what a journal has may be wanted at any event of it.
    ///
    /// # Errors
    /// Everything that is wrong with the component.
    ///
    /// # Panics
    /// When the configuration does not know the strategy.
    pub fn make_code_ready(
        &self,
        place: Place<'_>,
        bytes: ComponentBytes,
        trust: Option<&Trust>,
    ) -> Result<Ready, Vec<Refusal>> {
        let slot = place.config.strategy(place.strategy).expect("the caller knows the configuration");
        let (prepared, _, alarms) = prepare(self.tools(place.strategy), bytes, &rules(slot, None, trust))?;
        let ready = Ready { sha256: prepared.sha256, manifest: prepared.manifest.clone(), alarms };
        shelf(&self.shelf).keep(prepared);
        Ok(ready)
    }
}
