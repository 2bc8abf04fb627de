//! The sandbox: which strategies are there, and how does the core call them?
//!
//! In: components and their places in the configuration; calls of the core. Out: intents by way of the loan, and what
//! each call cost. Must never: call a dead instance, or let one strategy's fault reach another.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::{Config, StrategySlot};
use ringfence_core::event::Halt;
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use ringfence_core::state::State;
use ringfence_core::strategy::{Call, CallReport, HaltCode, LookAhead, Renewal, StateLoan, StrategyHost};
use wasmtime::Engine;

use crate::admission::{Rules, WitVersion, admit};
use crate::alarm::Alarm;
use crate::apart::{GuestProgram, Isolation};
use crate::bindings::Linkers;
use crate::cache::{CacheAlarm, CodeCache};
use crate::compile::{Body, Code, CodeSource, Compiler, Tools, code};
use crate::engine::{engine, profiling_engine};
use crate::file::ComponentBytes;
use crate::instance::{Death, Instance};
use crate::limits::WallClock;
use crate::load::Order;
use crate::occupant::{Occupant, occupy};
use crate::profile::Profiler;
use crate::refusal::{Refusal, SandboxError, hex};
use crate::room::Heard;
use crate::ticker::Ticker;
use crate::trust::{Manifest, Trust};
use crate::workshop::{Shelf, Workshop, shelf};

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of the machine-code cache; `None` = every start compiles.
    pub cache: Option<PathBuf>,
    /// Whose word is needed for the component that a strategy begins with; nobody's for one that is not here.
    pub trust: BTreeMap<StrategyId, Trust>,
    /// Where components are compiled that the cache does not have.
    pub compiler: Compiler,
    /// The wall-clock safety net of calls.
    pub clock: WallClock,
    /// Who records where the fuel of a strategy goes; that strategy has no safety net by the clock then.
    pub profiler: Option<Profiler>,
    /// Where the code of a strategy runs; in this process, for one that is not here.
    pub isolation: BTreeMap<StrategyId, Isolation>,
    /// What runs those that have a process of their own; `None` = such a strategy is refused.
    pub guests: Option<GuestProgram>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            cache: None,
            trust: BTreeMap::new(),
            compiler: Compiler::Here,
            clock: WallClock::SAFE,
            profiler: None,
            isolation: BTreeMap::new(),
            guests: None,
        }
    }
}

impl Options {
    /// Who records where the fuel of this strategy goes.
    pub(crate) fn profiler_of(&self, id: StrategyId) -> Option<Profiler> {
        self.profiler.clone().filter(|profiler| profiler.is_for(id))
    }

    /// Where the code of this strategy runs: who records where its fuel goes has to be in the same process.
    pub(crate) fn isolation_of(&self, id: StrategyId) -> Isolation {
        let asked = self.isolation.get(&id).copied().unwrap_or_default();
        if self.profiler_of(id).is_some() { Isolation::InProcess } else { asked }
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
    /// What its signer says of it; `None` = unsigned, or no key is trusted.
    pub manifest: Option<Manifest>,
    /// Where its machine code came from.
    pub source: CodeSource,
    /// What an operator should look at; the strategy runs all the same.
    pub alarms: Vec<Alarm>,
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
    /// What was made beside this thread.
    shelf: Arc<Mutex<Shelf>>,
    /// Fuel of all calls of the instances before the present one, by strategy id.
    spent: Vec<u64>,
}

/// Admitted and compiled: what a strategy is instantiated from.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) body: Body,
    pub(crate) version: WitVersion,
    pub(crate) sha256: Sha256Hash,
    /// What its signer says of it.
    pub(crate) manifest: Option<Manifest>,
}

impl Prepared {
    /// True for this component, where it is to run there.
    pub(crate) fn is(&self, component: &Sha256Hash, isolation: Isolation) -> bool {
        self.sha256 == *component && self.body.isolation() == isolation
    }
}

enum Seat {
    Vacant,
    Live(Box<Occupant>),
    Dead(Death),
}

impl Sandbox {
    /// An empty sandbox. A cache that cannot be used is no fault: it is reported with every component loaded.
    ///
    /// # Errors
    /// [`SandboxError`] on a platform where the engine cannot run.
    pub fn new(options: Options) -> Result<Sandbox, SandboxError> {
        let engine = if options.profiler.is_some() { profiling_engine()? } else { engine()? };
        let linkers = Linkers::new(&engine).map_err(|error| SandboxError::Engine(format!("{error:#}")))?;
        let (cache, cache_alarm) = match options.cache.as_deref().map(CodeCache::open) {
            None => (None, None),
            Some(Ok(cache)) => (Some(cache), None),
            Some(Err(alarm)) => (None, Some(alarm)),
        };
        Ok(Sandbox {
            engine,
            linkers,
            options,
            cache,
            cache_alarm,
            seats: Vec::new(),
            codes: Vec::new(),
            shelf: Arc::default(),
            spent: Vec::new(),
        })
    }

    /// Where components are made ready beside this thread, for [`StrategyHost::renew`] to take.
    ///
    /// # Errors
    /// When the folder of the machine-code cache cannot be opened once more.
    pub fn workshop(&self) -> Result<Workshop, CacheAlarm> {
        let cache = self.cache.as_ref().and(self.options.cache.as_deref()).map(CodeCache::open).transpose()?;
        Ok(Workshop {
            engine: self.engine.clone(),
            linkers: self.linkers.clone(),
            options: self.options.clone(),
            cache,
            shelf: Arc::clone(&self.shelf),
        })
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
            shelf: Arc::clone(&self.shelf),
            spent: Vec::new(),
        }
    }

    /// The same sandbox, which from now on compiles elsewhere.
    #[must_use]
    pub fn compiling(mut self, compiler: Compiler) -> Sandbox {
        self.options.compiler = compiler;
        self
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
        let rules = rules(slot, slot.pin, self.options.trust.get(&id));
        let (prepared, source, alarms) = prepare(self.tools(id), bytes, &rules)?;
        let Prepared { version, sha256, .. } = prepared;
        let manifest = prepared.manifest.clone();
        let (plan, alarm) = self.seat_anew(id, config, &prepared)?;
        shelf(&self.shelf).keep(prepared.clone());
        self.keep_code(id, prepared);
        let alarms = self.cache_alarm.iter().cloned().map(Alarm::Cache).chain(alarms).chain(alarm).collect();
        Ok(Loaded { plan, sha256, version, manifest, source, alarms })
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
        let (plan, alarm) = self.seat_anew(id, config, &prepared)?;
        let Prepared { version, sha256, .. } = prepared;
        let alarms = alarm.into_iter().collect();
        Ok(Loaded { plan, sha256, version, manifest: None, source: CodeSource::Memory, alarms })
    }

    fn seat_anew(
        &mut self,
        id: StrategyId,
        config: &Config,
        prepared: &Prepared,
    ) -> Result<(Plan, Option<Alarm>), Vec<Refusal>> {
        let slot = config.strategy(id).expect("the caller loads strategies of this configuration");
        let (version, clock, profiler) = (prepared.version, self.options.clock, self.options.profiler_of(id));
        let order = Order { strategy: id, slot, config, version, clock, profiler };
        let made = occupy((&self.engine, &self.linkers, self.options.guests.as_ref()), &prepared.body, &order);
        let (occupant, plan, alarm) = made.map_err(one)?;
        *self.seat(id) = Seat::Live(Box::new(occupant));
        Ok((plan, alarm))
    }

    fn keep_code(&mut self, id: StrategyId, prepared: Prepared) {
        let at = usize::from(id.0);
        self.codes.resize(self.codes.len().max(at + 1), None);
        self.codes[at] = Some(prepared);
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

    /// True when an instance of this component can be made for this strategy without admitting and compiling it again.
    #[must_use]
    pub fn has_ready(&self, strategy: StrategyId, component: &Sha256Hash) -> bool {
        self.known(strategy, component).is_some()
    }

    /// Code of a component, where this strategy is to have it.
    fn known(&self, strategy: StrategyId, component: &Sha256Hash) -> Option<Prepared> {
        let isolation = self.options.isolation_of(strategy);
        let own = self.codes.iter().flatten().find(|prepared| prepared.is(component, isolation)).cloned();
        own.or_else(|| shelf(&self.shelf).prepared(component, isolation))
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

    /// Number of the process that a live strategy runs in; `None` = it is this one.
    #[must_use]
    pub fn process(&self, id: StrategyId) -> Option<u32> {
        match self.seats.get(usize::from(id.0)) {
            Some(Seat::Live(occupant)) => occupant.process(),
            Some(Seat::Dead(_) | Seat::Vacant) | None => None,
        }
    }

    /// Fuel of all calls so far, and the bytes of all linear memories, of a live strategy.
    #[must_use]
    pub fn usage(&self, id: StrategyId) -> Option<(u64, u64)> {
        match self.seats.get(usize::from(id.0)) {
            Some(Seat::Live(instance)) => Some((instance.used_total(), instance.memory_bytes())),
            Some(Seat::Dead(_) | Seat::Vacant) | None => None,
        }
    }

    /// From now on what a live strategy asks and emits is heard ([`Sandbox::take_heard`]), until another instance is put in
    /// its place. What `setup` was given, as JSON with the names of the interface's types in Rust: `[params, instruments]`;
    /// `None` where there is no live instance in this process.
    ///
    /// `params` = those that stand in the place of the configuration's.
    pub fn listen(&mut self, id: StrategyId, config: &Config, params: Option<&[(String, String)]>) -> Option<String> {
        let slot = config.strategy(id)?;
        let slot = StrategySlot { params: params.map_or_else(|| slot.params.clone(), <[_]>::to_vec), ..slot.clone() };
        let Seat::Live(occupant) = self.seat(id) else { return None };
        let instance = occupant.here_mut()?;
        instance.listen();
        Some(instance.guest().described_setup(&slot, config))
    }

    /// What a call would bring to a live strategy, as JSON: `[event, context]`.
    #[must_use]
    pub fn described(&self, call: &Call<'_>, state: &State) -> Option<String> {
        match self.seats.get(usize::from(call.strategy.0)) {
            Some(Seat::Live(occupant)) => Some(occupant.here()?.guest().described(call, state)),
            Some(Seat::Dead(_) | Seat::Vacant) | None => None,
        }
    }

    /// What was heard of a live strategy since it was asked last, in order.
    pub fn take_heard(&mut self, id: StrategyId) -> Vec<Heard> {
        match self.seat(id) {
            Seat::Live(occupant) => occupant.here_mut().map(Instance::take_heard).unwrap_or_default(),
            Seat::Dead(_) | Seat::Vacant => Vec::new(),
        }
    }

    /// Fuel of all calls of a strategy, whatever instance they went to.
    fn spent(&self, id: StrategyId) -> u64 {
        let at = usize::from(id.0);
        let before = self.spent.get(at).copied().unwrap_or(0);
        match self.seats.get(at) {
            Some(Seat::Live(instance)) => instance.used_total(),
            Some(Seat::Dead(_) | Seat::Vacant) | None => before,
        }
    }

    /// A fresh instance that was set up: one from the shelf, or made now.
    fn fresh(&mut self, renewal: &Renewal<'_>, prepared: &Prepared) -> Result<(Occupant, Plan), String> {
        if let Some(staged) = shelf(&self.shelf).take_staged(renewal, &prepared.sha256) {
            return Ok(staged);
        }
        let slot = slot_of(renewal)?;
        let (strategy, config, clock) = (renewal.strategy, renewal.config, self.options.clock);
        let (version, profiler) = (prepared.version, self.options.profiler_of(strategy));
        let order = Order { strategy, slot: &slot, config, version, clock, profiler };
        let made = occupy((&self.engine, &self.linkers, self.options.guests.as_ref()), &prepared.body, &order);
        made.map(|(occupant, plan, _)| (occupant, plan)).map_err(|refusal| refusal.to_string())
    }

    /// Code that a component was compiled to, by this sandbox or beside it.
    fn prepared(&self, renewal: &Renewal<'_>) -> Result<Prepared, String> {
        let own = self.codes.get(usize::from(renewal.strategy.0)).cloned().flatten();
        let Some(hash) = renewal.component else {
            return own.ok_or_else(|| "nothing was loaded in its place before".to_owned());
        };
        self.known(renewal.strategy, &hash).ok_or_else(|| format!("component {} was not made ready", hex(&hash[..6])))
    }

    fn tools(&self, id: StrategyId) -> Tools<'_> {
        let (engine, compiler, cache) = (&self.engine, &self.options.compiler, self.cache.as_ref());
        let is_profiled = self.options.profiler_of(id).is_some();
        Tools { engine, compiler, cache, is_profiled, isolation: self.options.isolation_of(id) }
    }

    fn seat(&mut self, id: StrategyId) -> &mut Seat {
        let at = usize::from(id.0);
        if self.seats.len() <= at {
            self.seats.resize_with(at + 1, || Seat::Vacant);
        }
        &mut self.seats[at]
    }

    fn in_seat<T>(&mut self, id: StrategyId, act: impl FnOnce(&mut Occupant) -> Result<T, Death>) -> Result<T, Halt> {
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
        self.bury(id, death);
        Err(halt)
    }

    /// Ends what stands in a place.
    fn bury(&mut self, id: StrategyId, death: Death) {
        let spent = self.spent(id);
        self.keep_spent(id, spent);
        *self.seat(id) = Seat::Dead(death);
    }

    fn keep_spent(&mut self, id: StrategyId, fuel: u64) {
        let at = usize::from(id.0);
        if self.spent.len() <= at {
            self.spent.resize(at + 1, 0);
        }
        self.spent[at] = fuel;
    }
}

/// Judges and compiles a component, or finds its code in the cache.
pub(crate) fn prepare(
    tools: Tools<'_>,
    bytes: ComponentBytes,
    rules: &Rules,
) -> Result<(Prepared, CodeSource, Vec<Alarm>), Vec<Refusal>> {
    let admitted = admit(bytes, rules)?;
    let Code { body, source, alarms } = code(tools, &admitted).map_err(one)?;
    let (version, sha256) = (admitted.version(), admitted.component().sha256());
    let manifest = admitted.manifest().cloned();
    Ok((Prepared { body, version, sha256, manifest }, source, alarms))
}

/// What a strategy's component is judged by.
pub(crate) fn rules(slot: &StrategySlot, pin: Option<Sha256Hash>, trust: Option<&Trust>) -> Rules {
    let mut rules = Rules::of(slot.profile);
    rules.pin = pin;
    rules.trust = trust.cloned();
    rules.structure.memory_bytes = slot.memory_bytes_max;
    rules
}

/// A strategy's place in the configuration, with the parameters that are in force.
fn slot_of(renewal: &Renewal<'_>) -> Result<StrategySlot, String> {
    let slot = renewal.config.strategy(renewal.strategy).ok_or("the configuration does not know it")?;
    let params = renewal.params.map_or_else(|| slot.params.clone(), <[_]>::to_vec);
    Ok(StrategySlot { params, ..slot.clone() })
}

fn one(refusal: Refusal) -> Vec<Refusal> {
    vec![refusal]
}

/// The core calls attached strategies only; one that was never loaded, or refused to go on, is halted, not called.
const NO_INSTANCE: Halt = Halt { code: HaltCode::Fault, limit: 0, used: 0 };

impl StrategyHost for Sandbox {
    fn last_words(&self, strategy: StrategyId) -> Option<&str> {
        self.death(strategy).map(|death| death.text.as_str())
    }

    fn memory_bytes(&self, strategy: StrategyId) -> Option<u64> {
        self.usage(strategy).map(|(_, bytes)| bytes)
    }

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
        self.bury(call.strategy, *death);
        (loan, CallReport::faulty(fuel, halt))
    }

    fn obeyed(&mut self, strategy: StrategyId, fuel: u64) {
        let spent = self.spent(strategy).saturating_add(fuel);
        match self.seat(strategy) {
            Seat::Live(instance) => instance.has_spent(spent),
            Seat::Dead(_) | Seat::Vacant => self.keep_spent(strategy, spent),
        }
    }

    fn snapshot(&mut self, strategy: StrategyId) -> Result<Vec<u8>, Halt> {
        self.in_seat(strategy, Occupant::snapshot)
    }

    fn renew(&mut self, renewal: &Renewal<'_>) -> Result<Plan, String> {
        let id = renewal.strategy;
        let prepared = self.prepared(renewal)?;
        let (mut instance, plan) = self.fresh(renewal, &prepared)?;
        if let Some(snapshot) = renewal.snapshot {
            let restored = instance.restore(snapshot).map_err(|death| death.text)?;
            restored.map_err(|said| format!("restore says: {said}"))?;
        }
        let spent = self.spent(id);
        instance.has_spent(spent);
        let before = std::mem::replace(self.seat(id), Seat::Live(Box::new(instance)));
        if let Seat::Live(before) = before {
            shelf(&self.shelf).retire(*before);
        }
        self.keep_code(id, prepared);
        Ok(plan)
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
