//! Loading: how does an admitted component become a strategy that can be called?
//!
//! In: code, a strategy's place in the configuration. Out: an instance whose `setup` succeeded, and its plan. Must never:
//! let start code or `setup` run without fuel, reach State, or be recorded by what it cost.

use ringfence_core::config::{Config, StrategySlot};
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use wasmtime::component::Component;
use wasmtime::{Engine, Store, Trap};

use crate::admission::WitVersion;
use crate::bindings::{BindFault, Guest, Linkers, SetupFault};
use crate::halt::text;
use crate::instance::Instance;
use crate::limits::{Bounds, Budget, HOSTCALL_BYTES_MAX, INSTANTIATE_FUEL, SETUP_FUEL, WallClock};
use crate::profile::{Profiler, look};
use crate::refusal::{AdmissionCode, Refusal};
use crate::room::{Phase, Room, WrongPhase};

/// What is instantiated, and for whom.
pub(crate) struct Order<'a> {
    pub(crate) strategy: StrategyId,
    pub(crate) slot: &'a StrategySlot,
    pub(crate) config: &'a Config,
    pub(crate) version: WitVersion,
    pub(crate) clock: WallClock,
    /// Who records where its fuel goes; `None` = nobody.
    pub(crate) profiler: Option<Profiler>,
}

/// Instantiates and sets up.
///
/// # Errors
/// `E-INIT…`, `E-IMPORT`, `E-EXPORT`, `E-SETUP…`, `E-PHASE` or `E-PLAN`.
pub(crate) fn load(
    engine: &Engine,
    linkers: &Linkers,
    component: &Component,
    order: &Order<'_>,
) -> Result<(Instance, Plan), Refusal> {
    let &Order { strategy, version, clock, .. } = order;
    let mut store = new_store(engine, strategy, &Bounds::of(order.slot), order.profiler.as_ref());
    let guest = instantiate(linkers, (version, component), &mut store, clock)?;
    store.data_mut().set_phase(Phase::Setup);
    arm(&mut store, SETUP_FUEL, clock);
    let answer = guest.setup(&mut store, order.slot, order.config);
    let plan = planned(answer.map_err(|error| setup_trapped(&error, &store, clock))?)?;
    let budget = Budget::of(order.slot, clock);
    Ok((Instance::new(store, (guest, version), budget), plan))
}

/// The same in a guest process: what `setup` is given was written by the host, and what it answers is read there.
///
/// # Errors
/// As there, but for `E-PLAN`.
pub(crate) fn load_told(
    (linkers, clock): (&Linkers, WallClock),
    (version, component): (WitVersion, &Component),
    store: &mut Store<Room>,
    told: &[u8],
) -> Result<(Box<dyn Guest>, Vec<u8>), Refusal> {
    let guest = instantiate(linkers, (version, component), store, clock)?;
    store.data_mut().set_phase(Phase::Setup);
    arm(store, SETUP_FUEL, clock);
    let answer = guest.setup_told(store, told).map_err(|error| setup_trapped(&error, store, clock))?;
    Ok((guest, answer))
}

fn instantiate(
    linkers: &Linkers,
    (version, component): (WitVersion, &Component),
    store: &mut Store<Room>,
    clock: WallClock,
) -> Result<Box<dyn Guest>, Refusal> {
    arm(store, INSTANTIATE_FUEL, clock);
    linkers.bind(version, component, store).map_err(|fault| not_bound(fault, store, clock))
}

/// A store of a strategy, with its limits.
pub(crate) fn new_store(
    engine: &Engine,
    strategy: StrategyId,
    bounds: &Bounds,
    profiler: Option<&Profiler>,
) -> Store<Room> {
    let mut store = Store::new(engine, Room::new(strategy, bounds.store_limits(), bounds.totals()));
    store.limiter(|room| &mut room.limiter);
    store.set_hostcall_fuel(HOSTCALL_BYTES_MAX);
    match profiler {
        None => store.epoch_deadline_trap(),
        Some(profiler) => {
            store.data_mut().profiler = Some(profiler.clone());
            store.epoch_deadline_callback(look);
        }
    }
    store
}

fn arm(store: &mut Store<Room>, fuel: u64, clock: WallClock) {
    store.set_fuel(fuel).expect("the engine meters fuel");
    // Whoever records is asked at once, and at every function.
    let ticks = if store.data().profiler.is_some() { 0 } else { clock.ticks(fuel) };
    store.set_epoch_deadline(ticks);
}

/// What `setup` gave.
///
/// # Errors
/// `E-SETUP` in the strategy's words, `E-PLAN`.
pub(crate) fn planned(answer: Result<Plan, SetupFault>) -> Result<Plan, Refusal> {
    answer.map_err(|fault| match fault {
        SetupFault::Said(said) => Refusal::new(
            AdmissionCode::Setup,
            format!("setup says: {said}"),
            "parameters and instruments that the strategy takes",
            "correct [[strategies]] params and instruments",
        ),
        SetupFault::Plan(why) => Refusal::new(
            AdmissionCode::Plan,
            why,
            "subscriptions to instruments given to setup, each once",
            "correct the plan that setup returns",
        ),
    })
}

fn setup_trapped(error: &wasmtime::Error, store: &Store<Room>, clock: WallClock) -> Refusal {
    let trace = text(error, store.data());
    if error.is::<WrongPhase>() {
        let (expected, fix) = ("no import called from setup", "call it from on-event");
        return Refusal::new(AdmissionCode::Phase, "an import called from setup", expected, fix).traced(&trace);
    }
    match trap(error) {
        Some(Trap::OutOfFuel) => Refusal::new(
            AdmissionCode::SetupFuel,
            format!("more than {SETUP_FUEL} fuel"),
            format!("at most {SETUP_FUEL} fuel"),
            "do less in setup",
        ),
        Some(Trap::Interrupt) => too_slow("setup", clock.ns(SETUP_FUEL)),
        Some(_) | None => {
            let (expected, fix) = ("a setup that returns", "return an error with a reason instead of a trap");
            Refusal::new(AdmissionCode::Setup, "setup ended in an error", expected, fix)
        }
    }
    .traced(&trace)
}

/// The clock decided, not the component.
pub(crate) fn too_slow(what: &str, ns: u64) -> Refusal {
    Refusal::new(
        AdmissionCode::WallClock,
        format!("{what} took longer than {} ms", ns / 1_000_000),
        "a machine on which fuel runs out first",
        "run again when the machine is less busy",
    )
}

fn not_bound(fault: BindFault, store: &Store<Room>, clock: WallClock) -> Refusal {
    match fault {
        BindFault::Import(why) => Refusal::new(
            AdmissionCode::Import,
            why,
            "imports as in the WIT files of this release",
            "build against the WIT files of this release",
        ),
        BindFault::Export(why) => Refusal::new(
            AdmissionCode::Export,
            why,
            "exports as in the WIT files of this release",
            "build against the WIT files of this release",
        ),
        BindFault::Init(error) => not_instantiated(&error, store, clock),
    }
}

fn not_instantiated(error: &wasmtime::Error, store: &Store<Room>, clock: WallClock) -> Refusal {
    match trap(error) {
        Some(Trap::OutOfFuel) => Refusal::new(
            AdmissionCode::InitFuel,
            format!("start code took more than {INSTANTIATE_FUEL} fuel"),
            format!("at most {INSTANTIATE_FUEL} fuel"),
            "do nothing at start; prepare in setup",
        ),
        Some(Trap::Interrupt) => too_slow("start code", clock.ns(INSTANTIATE_FUEL)),
        Some(_) | None => Refusal::new(
            AdmissionCode::Init,
            "instantiation ended in an error",
            "initial sizes within the limits of the strategy, and start code that returns",
            "lower the initial sizes or raise memory_mb",
        )
        .traced(&text(error, store.data())),
    }
}

fn trap(error: &wasmtime::Error) -> Option<Trap> {
    error.downcast_ref::<Trap>().copied()
}
