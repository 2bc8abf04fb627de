//! Clock: what time is it for a guest?
//!
//! In: State while it is lent. Out: the time of the last event. Must never: look at a clock.

use ringfence_core::ids::TimeNs;
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Linker, Lower};

use super::{instance, pay};
use crate::room::Room;

type Store<'a> = StoreContextMut<'a, Room>;

/// Time does not pass within a call, so no finer step can be seen.
const RESOLUTION_NS: u64 = 1;

const NS_PER_S: u64 = 1_000_000_000;

#[derive(ComponentType, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

impl Datetime {
    fn of(ns: u64) -> Datetime {
        let nanoseconds = u32::try_from(ns % NS_PER_S).expect("below a second");
        Datetime { seconds: ns / NS_PER_S, nanoseconds }
    }
}

pub(super) fn link(linker: &mut Linker<Room>) -> wasmtime::Result<()> {
    let mut monotonic = instance(linker, "wasi:clocks/monotonic-clock")?;
    monotonic.func_wrap("now", |store, (): ()| Ok((now(store)?.0,)))?;
    monotonic.func_wrap("resolution", |mut store: Store<'_>, (): ()| {
        pay(&mut store, 0)?;
        Ok((RESOLUTION_NS,))
    })?;
    let mut wall = instance(linker, "wasi:clocks/wall-clock")?;
    wall.func_wrap("now", |store, (): ()| Ok((Datetime::of(now(store)?.0),)))?;
    wall.func_wrap("resolution", |mut store: Store<'_>, (): ()| {
        pay(&mut store, 0)?;
        Ok((Datetime::of(RESOLUTION_NS),))
    })
}

fn now(mut store: Store<'_>) -> wasmtime::Result<TimeNs> {
    pay(&mut store, 0)?;
    Ok(store.data_mut().wasi_now().time)
}
