//! The sandbox: which strategies are there, and how does the core call them?
//!
//! In: components and their places in the configuration; calls of the core. Out: intents by way of the loan, and what
//! each call cost. Must never: call a dead instance, or let one strategy's fault reach another.

use std::path::PathBuf;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::Config;
use ringfence_core::event::Halt;
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use ringfence_core::strategy::{Call, CallReport, HaltCode, LookAhead, StateLoan, StrategyHost};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::admission::{Rules, WitVersion, admit};
use crate::bindings::Linkers;
use crate::cache::{CacheAlarm, CodeCache};
use crate::compile::{Code, CodeSource, code};
use crate::engine::engine;
use crate::file::ComponentBytes;
use crate::instance::{Death, Instance};
use crate::limits::WallClock;
use crate::load::{Order, load};
use crate::refusal::{Refusal, SandboxError};
use crate::ticker::Ticker;

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// What admission judges by; the pin is taken from each strategy's configuration.
    pub rules: Rules,
    /// Folder of the machine-code cache; `None` = every start compiles.
    pub cache: Option<PathBuf>,
    /// The wall-clock safety net of calls.
    pub clock: WallClock,
}

impl Default for Options {
    fn default() -> Options {
        Options { rules: Rules::default(), cache: None, clock: WallClock::SAFE }
    }
}

/// A strategy that was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// What it subscribed to.
    pub plan: Plan,
    /// SHA-256 of its component.
    pub sha256: Sha256Hash,
    /// Interface version it speaks.
    pub version: WitVersion,
    /// Where its machine code came from.
    pub source: CodeSource,
    /// What an operator should look at; the strategy runs all the same.
    pub alarms: Vec<CacheAlarm>,
}

/// Strategies in their stores, behind the core's trait.
pub struct Sandbox {
    engine: Engine,
    linkers: Linkers,
    options: Options,
    cache: Option<CodeCache>,
    cache_alarm: Option<CacheAlarm>,
    /// By strategy id; place 0 stays vacant.
    seats: Vec<Seat>,
    /// Code of what was loaded, by strategy id.
    codes: Vec<Option<Prepared>>,
}

/// Admitted and compiled: what a strategy is instantiated from.
#[derive(Clone)]
struct Prepared {
    component: Component,
    version: WitVersion,
    sha256: Sha256Hash,
}

enum Seat {
    Vacant,
    Live(Box<Instance>),
    Dead(Death),
}

impl Sandbox {
    /// An empty sandbox. A cache that cannot be used is no fault: it is reported with every component loaded.
    ///
    /// # Errors
    /// [`SandboxError`] on a platform where the engine cannot run.
    pub fn new(options: Options) -> Result<Sandbox, SandboxError> {
        let engine = engine()?;
        let linkers = Linkers::new(&engine).map_err(|error| SandboxError::Engine(format!("{error:#}")))?;
        let (cache, cache_alarm) = match options.cache.as_deref().map(CodeCache::open) {
            None => (None, None),
            Some(Ok(cache)) => (Some(cache), None),
            Some(Err(alarm)) => (None, Some(alarm)),
        };
        Ok(Sandbox { engine, linkers, options, cache, cache_alarm, seats: Vec::new(), codes: Vec::new() })
    }

    /// An empty sandbox that knows the code of every strategy loaded here, for another thread. The safety net of this one
    /// ([`Sandbox::start_ticker`]) is its safety net too.
    #[must_use]
    pub fn sibling(&self) -> Sandbox {
        Sandbox {
            engine: self.engine.clone(),
            linkers: self.linkers.clone(),
            options: self.options.clone(),
            cache: None,
            cache_alarm: None,
            seats: Vec::new(),
            codes: self.codes.clone(),
        }
    }

    /// Why the cache that was named is not used; `None` when it is, or none was named.
    #[must_use]
    pub fn cache_alarm(&self) -> Option<&CacheAlarm> {
        self.cache_alarm.as_ref()
    }

    /// Starts the wall-clock safety net. Keep the value for as long as strategies run.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start_ticker(&self) -> std::io::Result<Ticker> {
        Ticker::start(self.engine.clone())
    }

    /// Admits, compiles (or finds in the cache), instantiates and sets up a strategy, in place of the one that had this id.
    ///
    /// # Errors
    /// Everything that is wrong with it; whatever had this id before stays.
    ///
    /// # Panics
    /// When `id` names no strategy of `config`.
    pub fn load(&mut self, id: StrategyId, config: &Config, bytes: ComponentBytes) -> Result<Loaded, Vec<Refusal>> {
        let slot = config.strategy(id).expect("the caller loads strategies of this configuration");
        let rules = self.rules(slot.pin, slot.memory_bytes_max);
        let admitted = admit(bytes, &rules)?;
        let Code { component, source, alarms } = code(&self.engine, self.cache.as_ref(), &admitted).map_err(one)?;
        let (version, sha256) = (admitted.version(), admitted.component().sha256());
        let prepared = Prepared { component, version, sha256 };
        let plan = self.seat_anew(id, config, &prepared)?;
        let at = usize::from(id.0);
        self.codes.resize(self.codes.len().max(at + 1), None);
        self.codes[at] = Some(prepared);
        let alarms = self.cache_alarm.iter().cloned().chain(alarms).collect();
        Ok(Loaded { plan, sha256, version, source, alarms })
    }

    /// Instantiates and sets up once more what was loaded for this id, here or in the sandbox that this is a sibling of:
    /// the same component with the parameters of another configuration. Nothing is admitted or compiled again.
    ///
    /// # Errors
    /// What instantiation and `setup` refuse; whatever had this id before stays.
    ///
    /// # Panics
    /// When nothing was loaded for `id`, or `id` names no strategy of `config`.
    pub fn load_again(&mut self, id: StrategyId, config: &Config) -> Result<Loaded, Vec<Refusal>> {
        let known = self.codes.get(usize::from(id.0)).cloned().flatten();
        let prepared = known.expect("the caller loads again what it has loaded");
        let plan = self.seat_anew(id, config, &prepared)?;
        let Prepared { version, sha256, .. } = prepared;
        Ok(Loaded { plan, sha256, version, source: CodeSource::Memory, alarms: Vec::new() })
    }

    fn seat_anew(&mut self, id: StrategyId, config: &Config, prepared: &Prepared) -> Result<Plan, Vec<Refusal>> {
        let slot = config.strategy(id).expect("the caller loads strategies of this configuration");
        let order = Order { strategy: id, slot, config, version: prepared.version, clock: self.options.clock };
        let (instance, plan) = load(&self.engine, &self.linkers, &prepared.component, &order).map_err(one)?;
        *self.seat(id) = Seat::Live(Box::new(instance));
        Ok(plan)
    }

    /// The strategy's state as bytes. A fault kills the instance.
    ///
    /// # Errors
    /// The halt, when taking the snapshot killed the instance or it was dead before.
    pub fn snapshot(&mut self, id: StrategyId) -> Result<Vec<u8>, Halt> {
        self.in_seat(id, Instance::snapshot)
    }

    /// Gives a snapshot to a strategy that was just loaded. The instance is dead after a fault, and after it refused the
    /// snapshot (the inner error is its reason): how much of it the strategy took before it refused, nobody knows.
    ///
    /// # Errors
    /// The halt, when the instance is dead.
    pub fn restore(&mut self, id: StrategyId, bytes: &[u8]) -> Result<Result<(), String>, Halt> {
        let answer = self.in_seat(id, |instance| instance.restore(bytes))?;
        if let Err(said) = &answer {
            let text = format!("restore refused the snapshot: {said}");
            *self.seat(id) = Seat::Dead(Death { halt: NO_INSTANCE, text });
        }
        Ok(answer)
    }

    /// True when a strategy can be shown calls before they are made: see [`StrategyHost::look_ahead`].
    #[must_use]
    pub fn looks_ahead(&self, id: StrategyId) -> bool {
        match self.seats.get(usize::from(id.0)) {
            Some(Seat::Live(instance)) => instance.looks_ahead(),
            Some(Seat::Dead(_) | Seat::Vacant) | None => false,
        }
    }

    /// Why a strategy's instance is dead; `None` while it lives.
    #[must_use]
    pub fn death(&self, id: StrategyId) -> Option<&Death> {
        match self.seats.get(usize::from(id.0)) {
            Some(Seat::Dead(death)) => Some(death),
            Some(Seat::Live(_) | Seat::Vacant) | None => None,
        }
    }

    /// Every dead strategy and why, by ascending id: what a run shows at its end.
    pub fn deaths(&self) -> impl Iterator<Item = (StrategyId, &Death)> {
        self.seats.iter().zip(0..).filter_map(|(seat, id)| match seat {
            Seat::Dead(death) => Some((StrategyId(id), death)),
            Seat::Live(_) | Seat::Vacant => None,
        })
    }

    /// Fuel of all calls so far, and the bytes of all linear memories, of a live strategy.
    #[must_use]
    pub fn usage(&self, id: StrategyId) -> Option<(u64, u64)> {
        match self.seats.get(usize::from(id.0)) {
            Some(Seat::Live(instance)) => Some((instance.used_total(), instance.memory_bytes())),
            Some(Seat::Dead(_) | Seat::Vacant) | None => None,
        }
    }

    fn rules(&self, pin: Option<Sha256Hash>, memory_bytes_max: u64) -> Rules {
        let mut rules = self.options.rules.clone();
        rules.pin = pin;
        rules.structure.memory_bytes = memory_bytes_max;
        rules
    }

    fn seat(&mut self, id: StrategyId) -> &mut Seat {
        let at = usize::from(id.0);
        if self.seats.len() <= at {
            self.seats.resize_with(at + 1, || Seat::Vacant);
        }
        &mut self.seats[at]
    }

    fn in_seat<T>(&mut self, id: StrategyId, act: impl FnOnce(&mut Instance) -> Result<T, Death>) -> Result<T, Halt> {
        let seat = self.seat(id);
        let death = match seat {
            Seat::Live(instance) => match act(instance) {
                Ok(value) => return Ok(value),
                Err(death) => death,
            },
            Seat::Dead(death) => return Err(death.halt),
            Seat::Vacant => return Err(NO_INSTANCE),
        };
        let halt = death.halt;
        *seat = Seat::Dead(death);
        Err(halt)
    }
}

fn one(refusal: Refusal) -> Vec<Refusal> {
    vec![refusal]
}

/// The core calls attached strategies only; one that was never loaded, or refused to go on, is halted, not called.
const NO_INSTANCE: Halt = Halt { code: HaltCode::Fault, limit: 0, used: 0 };

impl StrategyHost for Sandbox {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        let Some(seat) = self.seats.get_mut(usize::from(call.strategy.0)) else {
            return (loan, CallReport::faulty(0, NO_INSTANCE));
        };
        let instance = match seat {
            Seat::Live(instance) => instance,
            Seat::Dead(death) => return (loan, CallReport::faulty(0, death.halt)),
            Seat::Vacant => return (loan, CallReport::faulty(0, NO_INSTANCE)),
        };
        let (loan, fuel, death) = instance.call(call, loan);
        let Some(death) = death else { return (loan, CallReport::fine(fuel)) };
        let halt = death.halt;
        // Dropping the store is the end of everything the instance held.
        *seat = Seat::Dead(*death);
        (loan, CallReport::faulty(fuel, halt))
    }

    fn look_ahead(&mut self, shown: &LookAhead<'_>) -> Result<usize, Halt> {
        let Some(seat) = self.seats.get_mut(usize::from(shown.strategy.0)) else { return Ok(0) };
        let Seat::Live(instance) = seat else { return Ok(0) };
        if !instance.looks_ahead() {
            return Ok(0);
        }
        instance.look_ahead(shown).map_err(|death| {
            let halt = death.halt;
            *seat = Seat::Dead(*death);
            halt
        })
    }
}
