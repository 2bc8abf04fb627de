//! Offering: how is an import answered, and heard where somebody listens?
//!
//! In: the function of an import. Out: the same, linked; and for a debugger what was asked and answered, as JSON with the
//! names of the interface's types in Rust. Must never: cost more than a look where nobody listens, or change an answer.

use serde::Serialize;
use wasmtime::component::{ComponentNamedList, Lift, LinkerInstance, Lower};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::room::{Heard, Room};

/// Links a function of an interface.
pub(super) fn offer<P, R>(
    instance: &mut LinkerInstance<'_, Room>,
    name: &'static str,
    answer: impl Fn(StoreContextMut<'_, Room>, P) -> wasmtime::Result<R> + Send + Sync + 'static,
) -> wasmtime::Result<()>
where
    P: ComponentNamedList + Lift + Serialize + 'static,
    R: ComponentNamedList + Lower + Serialize + 'static,
{
    instance.func_wrap(name, move |mut store: StoreContextMut<'_, Room>, given: P| {
        if !store.data().is_heard() {
            return answer(store, given);
        }
        let asked = json(&given);
        let answered = answer(store.as_context_mut(), given)?;
        store.data_mut().hear(Heard { function: name, asked, answered: json(&answered) });
        Ok(answered)
    })
}

/// A value of the interface.
#[cold]
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("types of the interface have texts as keys and no floats")
}
