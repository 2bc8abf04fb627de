//! Interface version 0.1.0: `ringfence:strategy@0.1.0`.
//!
//! In: core values and a store. Out: calls of the guest's exports. Must never: let a generated type out of this folder.

mod batch;
mod elsewhere;
mod emit;
mod event;
mod offer;
mod plan;
mod record;
mod view;

/// Types of the interface, from the WIT files. Functions are found by hand: imports because each is priced before it
/// does anything, exports because the generated wrappers skip the type check that ours do once at load.
#[allow(clippy::all, clippy::missing_errors_doc, reason = "generated")]
mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit",
        interfaces: "import ringfence:strategy/types@0.1.0;",
        additional_derives: [serde::Serialize, serde::Deserialize],
    });
}
use self::generated::ringfence::strategy::types;

use std::sync::Arc;

use ringfence_core::config::{Config, StrategySlot};
use ringfence_core::event::Event;
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use ringfence_core::state::State;
use ringfence_core::strategy::{Call, CallContext, Emissions};
use wasmtime::component::{Component, ComponentNamedList, Instance, Lift, Linker, Lower, TypedFunc};
use wasmtime::{Engine, Store, format_err};

use crate::bindings::{Asked, Guest, SetupFault, Taken, Tongue, Unreadable};
use crate::room::Room;
use crate::wasi;

const GUEST: &str = "ringfence:strategy/guest@0.1.0";
const BATCH: &str = "ringfence:strategy/batch@0.1.0";
const VIEW: &str = "ringfence:strategy/view@0.1.0";
const INTENTS: &str = "ringfence:strategy/intents@0.1.0";

/// The imports a guest of this version may have.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Room>> {
    let mut linker = Linker::new(engine);
    // `types` holds no function; a component that imports it needs an empty instance.
    linker.instance("ringfence:strategy/types@0.1.0")?;
    view::link(&mut linker.instance(VIEW)?)?;
    emit::link(&mut linker.instance(INTENTS)?)?;
    wasi::link(&mut linker)?;
    Ok(linker)
}

type Setup = TypedFunc<(Vec<types::Param>, Vec<types::InstrumentView>), (Result<types::Plan, String>,)>;

/// The words are shared, so that their buffer comes back when the call ends.
type OnEvents = TypedFunc<(Arc<Vec<u64>>,), (u32,)>;

/// Exports of an instance.
pub(super) struct Strategy {
    setup: Setup,
    on_event: TypedFunc<(&'static types::Event, &'static types::Context), ()>,
    snapshot: TypedFunc<(), (Vec<u8>,)>,
    restore: TypedFunc<(Vec<u8>,), (Result<(), String>,)>,
    /// Absent where the component takes no batches.
    on_events: Option<OnEvents>,
}

impl Strategy {
    /// Finds the exports and checks their types, once.
    pub(super) fn find(
        component: &Component,
        instance: &Instance,
        store: &mut Store<Room>,
    ) -> wasmtime::Result<Strategy> {
        let exports = Exports { component, instance, interface: GUEST };
        // In a batch there is no State that says what time it is.
        let takes_batches = component.get_export_index(None, BATCH).is_some() && !imports_wasi(component);
        let batch = takes_batches.then_some(Exports { interface: BATCH, ..exports });
        Ok(Strategy {
            setup: exports.function(store, "setup")?,
            on_event: exports.function(store, "on-event")?,
            snapshot: exports.function(store, "snapshot")?,
            restore: exports.function(store, "restore")?,
            on_events: batch.map(|batch| batch.function(store, "on-events")).transpose()?,
        })
    }
}

fn imports_wasi(component: &Component) -> bool {
    component.component_type().imports(component.engine()).any(|(name, _)| name.starts_with("wasi:"))
}

/// Parameters and instruments of a strategy.
fn given_to_setup(slot: &StrategySlot, config: &Config) -> (Vec<types::Param>, Vec<types::InstrumentView>) {
    let params = slot.params.iter().map(|(key, value)| types::Param { key: key.clone(), value: value.clone() });
    let instruments = slot.instruments.iter().filter_map(|id| config.instrument(*id));
    (params.collect(), instruments.map(|i| record::instrument(config, i, i.status)).collect())
}

#[derive(Clone, Copy)]
struct Exports<'a> {
    interface: &'static str,
    component: &'a Component,
    instance: &'a Instance,
}

impl Exports<'_> {
    fn function<P, R>(&self, store: &mut Store<Room>, name: &str) -> wasmtime::Result<TypedFunc<P, R>>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let interface = self.interface;
        let exported = self.component.get_export_index(None, interface);
        let exported = exported.ok_or_else(|| format_err!("no export {interface}"))?;
        let index = self.component.get_export_index(Some(&exported), name);
        let index = index.ok_or_else(|| format_err!("no function {name} in {interface}"))?;
        let found = self.instance.get_typed_func(store, index);
        found.map_err(|error| format_err!("{interface}#{name} has another type: {error:#}"))
    }
}

/// What is said to a guest process of this version, and what it says.
pub(super) struct V010;

impl Tongue for V010 {
    fn setup(&self, slot: &StrategySlot, config: &Config, out: &mut Vec<u8>) {
        elsewhere::setup(slot, config, out);
    }

    fn planned(&self, said: &[u8], slot: &StrategySlot) -> Result<Result<Plan, SetupFault>, Unreadable> {
        elsewhere::planned(said, slot)
    }

    fn told(&self, call: &Call<'_>, state: &State, out: &mut Vec<u8>) {
        elsewhere::told(call, state, out);
    }

    fn answer(
        &self,
        asked: &[u8],
        of: (&State, StrategyId),
        left: u64,
        out: &mut Vec<u8>,
    ) -> Result<Asked, Unreadable> {
        elsewhere::answer(asked, of, left, out)
    }

    fn take(&self, said: &[u8], out: &mut Emissions) -> Result<Taken, Unreadable> {
        elsewhere::take(said, out)
    }

    fn write_call(&self, event: &Event, context: &CallContext, words: &mut Vec<u64>) {
        batch::write(event, context, words);
    }

    fn is_call(&self, call: &Call<'_>, words: &[u64], place: usize) -> bool {
        batch::is_call(call, words, place)
    }
}

impl Guest for Strategy {
    fn setup_told(&self, store: &mut Store<Room>, told: &[u8]) -> wasmtime::Result<Vec<u8>> {
        let given: (Vec<types::Param>, Vec<types::InstrumentView>) =
            elsewhere::whole(told).map_err(|Unreadable| format_err!("what setup is given is unreadable"))?;
        let (answer,) = self.setup.call(store, given)?;
        let mut said = Vec::new();
        elsewhere::put(&answer, &mut said);
        Ok(said)
    }

    fn put_printed(&self, note: &str, wishes: &mut Vec<u8>) {
        elsewhere::put(&elsewhere::Wish::Printed(note.to_owned()), wishes);
    }

    fn on_told(&self, store: &mut Store<Room>, told: &[u8]) -> wasmtime::Result<()> {
        let (event, context): (types::Event, types::Context) =
            elsewhere::whole(told).map_err(|Unreadable| format_err!("what a call brings is unreadable"))?;
        let on_event: &TypedFunc<(&types::Event, &types::Context), ()> = &self.on_event;
        on_event.call(store, (&event, &context))
    }

    fn setup(
        &self,
        store: &mut Store<Room>,
        slot: &StrategySlot,
        config: &Config,
    ) -> wasmtime::Result<Result<Plan, SetupFault>> {
        let (answer,) = self.setup.call(store, given_to_setup(slot, config))?;
        Ok(match answer {
            Ok(plan) => plan::plan(&plan, slot).map_err(SetupFault::Plan),
            Err(text) => Err(SetupFault::Said(text)),
        })
    }

    #[inline]
    fn on_event(&self, store: &mut Store<Room>, call: &Call<'_>) -> wasmtime::Result<()> {
        let event = event::event(call, store.data().state()?);
        // By reference: moved, what was just written field by field would be read back in larger pieces, for which the
        // processor waits until the fields have left its store buffer.
        let on_event: &TypedFunc<(&types::Event, &types::Context), ()> = &self.on_event;
        on_event.call(store, (&event, &event::context(call)))
    }

    fn described_setup(&self, slot: &StrategySlot, config: &Config) -> String {
        offer::json(&given_to_setup(slot, config))
    }

    fn described(&self, call: &Call<'_>, state: &State) -> String {
        offer::json(&(event::event(call, state), event::context(call)))
    }

    fn takes_batches(&self) -> bool {
        self.on_events.is_some()
    }

    fn on_events(&self, store: &mut Store<Room>, words: Arc<Vec<u64>>) -> wasmtime::Result<u32> {
        let on_events = self.on_events.as_ref().ok_or_else(|| format_err!("no export {BATCH}"))?;
        Ok(on_events.call(store, (words,))?.0)
    }

    fn snapshot(&self, store: &mut Store<Room>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.snapshot.call(store, ())?.0)
    }

    fn restore(&self, store: &mut Store<Room>, bytes: &[u8]) -> wasmtime::Result<Result<(), String>> {
        Ok(self.restore.call(store, (bytes.to_vec(),))?.0)
    }
}
