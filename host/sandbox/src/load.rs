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
use crate::limits::{Budget, HOSTCALL_BYTES_MAX, INSTANTIATE_FUEL, SETUP_FUEL, WallClock, store_limits, totals};
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
    let mut store = new_store(engine, order);
    arm(&mut store, INSTANTIATE_FUEL, order.clock);
    let guest =
        linkers.bind(order.version, component, &mut store).map_err(|fault| not_bound(fault, &store, order.clock))?;
    store.data_mut().set_phase(Phase::Setup);
    arm(&mut store, SETUP_FUEL, order.clock);
    let plan = set_up(&*guest, &mut store, order)?;
    let budget = Budget::of(order.slot, order.clock);
    Ok((Instance::new(store, guest, budget), plan))
}

fn new_store(engine: &Engine, order: &Order<'_>) -> Store<Room> {
    let mut store = Store::new(engine, Room::new(order.strategy, store_limits(order.slot), totals(order.slot)));
    store.limiter(|room| &mut room.limiter);
    store.set_hostcall_fuel(HOSTCALL_BYTES_MAX);
    match &order.profiler {
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

fn set_up(guest: &dyn Guest, store: &mut Store<Room>, order: &Order<'_>) -> Result<Plan, Refusal> {
    match guest.setup(store, order.slot, order.config) {
        Ok(Ok(plan)) => Ok(plan),
        Ok(Err(SetupFault::Said(said))) => Err(Refusal::new(
            AdmissionCode::Setup,
            format!("setup says: {said}"),
            "parameters and instruments that the strategy takes",
            "correct [[strategies]] params and instruments",
        )),
        Ok(Err(SetupFault::Plan(why))) => Err(Refusal::new(
            AdmissionCode::Plan,
            why,
            "subscriptions to instruments given to setup, each once",
            "correct the plan that setup returns",
        )),
        Err(error) => Err(setup_trapped(&error, store, order.clock)),
    }
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
fn too_slow(what: &str, ns: u64) -> Refusal {
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
