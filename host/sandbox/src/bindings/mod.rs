//! Bindings: how does the host speak with a component of this interface version?
//!
//! In: an instance of a version chosen once, at load. Out: calls in the core's types. Must never: show a generated type
//! outside the module of its version.

mod v0_1_0;

use std::sync::Arc;

use ringfence_core::config::{Config, StrategySlot};
use ringfence_core::event::Event;
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use ringfence_core::state::State;
use ringfence_core::strategy::{Call, CallContext, Emissions};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

use crate::admission::WitVersion;
use crate::room::Room;

/// A strategy behind its interface version. An outer error is the end of the instance.
pub(crate) trait Guest: Send {
    /// Parameters and instruments in, subscriptions out.
    fn setup(
        &self,
        store: &mut Store<Room>,
        slot: &StrategySlot,
        config: &Config,
    ) -> wasmtime::Result<Result<Plan, SetupFault>>;

    /// One event, outcome or wake. State must have been lent to the store.
    fn on_event(&self, store: &mut Store<Room>, call: &Call<'_>) -> wasmtime::Result<()>;

    /// What `setup` is given, as JSON in the words of the interface: `[params, instruments]`.
    fn described_setup(&self, slot: &StrategySlot, config: &Config) -> String;

    /// What a call brings, as JSON in the words of the interface: `[event, context]`.
    fn described(&self, call: &Call<'_>, state: &State) -> String;

    /// True when it can take events in batches.
    fn takes_batches(&self) -> bool;

    /// A batch; how many of its events were handled. State must not have been lent.
    fn on_events(&self, store: &mut Store<Room>, words: Arc<Vec<u64>>) -> wasmtime::Result<u32>;

    /// The strategy's state as bytes.
    fn snapshot(&self, store: &mut Store<Room>) -> wasmtime::Result<Vec<u8>>;

    /// Takes a snapshot; the inner error is the strategy's own word.
    fn restore(&self, store: &mut Store<Room>, bytes: &[u8]) -> wasmtime::Result<Result<(), String>>;

    /// In a guest process: `setup` with what the host wrote; what it answered, for the host to read.
    fn setup_told(&self, store: &mut Store<Room>, told: &[u8]) -> wasmtime::Result<Vec<u8>>;

    /// In a guest process: one event, outcome or wake, as the host wrote it.
    fn on_told(&self, store: &mut Store<Room>, told: &[u8]) -> wasmtime::Result<()>;

    /// In a guest process: tells the host of a line that was printed and became a note.
    fn put_printed(&self, note: &str, wishes: &mut Vec<u8>);
}

/// What the host writes to a guest process, and how it reads what comes back. Nothing of the engine is needed for it.
pub(crate) trait Tongue: Sync {
    /// What `setup` is given.
    fn setup(&self, slot: &StrategySlot, config: &Config, out: &mut Vec<u8>);

    /// What `setup` gave, checked.
    fn planned(&self, said: &[u8], slot: &StrategySlot) -> Result<Result<Plan, SetupFault>, Unreadable>;

    /// What a call brings.
    fn told(&self, call: &Call<'_>, state: &State, out: &mut Vec<u8>);

    /// Answers a question where `left` pays for it.
    fn answer(&self, asked: &[u8], of: (&State, StrategyId), left: u64, out: &mut Vec<u8>)
    -> Result<Asked, Unreadable>;

    /// Takes what the guest wants.
    fn take(&self, said: &[u8], out: &mut Emissions) -> Result<Taken, Unreadable>;

    /// Appends a call to a batch.
    fn write_call(&self, event: &Event, context: &CallContext, words: &mut Vec<u64>);

    /// Whether a call is the one that stands at a place of a batch.
    fn is_call(&self, call: &Call<'_>, words: &[u64], place: usize) -> bool;
}

/// How one speaks of a version.
pub(crate) fn tongue(version: WitVersion) -> &'static dyn Tongue {
    match version {
        WitVersion::V0_1_0 => &v0_1_0::V010,
    }
}

/// Bytes of a guest process mean nothing, or what may not be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// A question and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Fuel that it costs.
    pub(crate) price: u64,
    /// False where that was more than there is.
    pub(crate) is_answered: bool,
}

/// What was taken of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// How many.
    pub(crate) intents: u64,
    /// Fuel that emitting them costs.
    pub(crate) price: u64,
}

/// Why a `setup` that returned is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SetupFault {
    /// The strategy refused, in its own words.
    Said(String),
    /// Its subscriptions are not possible.
    Plan(String),
}

/// Why there is no instance.
#[derive(Debug)]
pub(crate) enum BindFault {
    /// An import is not what the host offers.
    Import(String),
    /// Instantiation failed.
    Init(wasmtime::Error),
    /// An export is missing or has another type.
    Export(String),
}

/// The host's side of every interface version.
#[derive(Clone)]
pub(crate) struct Linkers {
    v0_1_0: Linker<Room>,
}

impl Linkers {
    pub(crate) fn new(engine: &Engine) -> wasmtime::Result<Linkers> {
        Ok(Linkers { v0_1_0: v0_1_0::linker(engine)? })
    }

    /// Instantiates a component and finds its exports.
    ///
    /// # Errors
    /// [`BindFault`], by the stage that failed.
    pub(crate) fn bind(
        &self,
        version: WitVersion,
        component: &Component,
        store: &mut Store<Room>,
    ) -> Result<Box<dyn Guest>, BindFault> {
        match version {
            WitVersion::V0_1_0 => {
                let ready = self.v0_1_0.instantiate_pre(component);
                let ready = ready.map_err(|error| BindFault::Import(format!("{error:#}")))?;
                let instance = ready.instantiate(&mut *store).map_err(BindFault::Init)?;
                let strategy = v0_1_0::Strategy::find(component, &instance, store);
                Ok(Box::new(strategy.map_err(|error| BindFault::Export(format!("{error:#}")))?))
            }
        }
    }
}
