//! Streams: what do stdin, stdout and stderr do?
//!
//! In: reads and writes of a guest. Out: stdin is closed, what is written is taken as [`Printed`](super::printed) lines. Must
//! never: wait, write anywhere, or grow with the number of handles a guest asks for.
//!
//! A C library waits for a stream before it writes: what it waits for is always ready. Nothing that waits for a time can be
//! had (`never.rs`).

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, LinkerInstance, Lower, Resource, ResourceType, WasmList};

use super::never::IoError;
use super::printed::Stream;
use super::{WasiTrap, instance, pay};
use crate::price;
use crate::room::Room;

type Store<'a> = StoreContextMut<'a, Room>;

/// Handles that one guest may hold, of streams and of what waits for them: each takes room in the engine's table.
pub(super) const HANDLES_MAX: u32 = 64;

/// What a stream says there is room for.
const WRITE_BYTES: u64 = 64 << 10;

/// Longest piece of one write that is looked at; more than fits into the notes of a call.
const LOOKED_AT_MAX: usize = 8 << 10;

/// Markers of the resources; what a handle of a stream stands for is its number.
enum InputStream {}
enum OutputStream {}
enum Pollable {}

const STDOUT: u32 = 1;
const STDERR: u32 = 2;

/// In the order of the interface. Only the second one ever happens.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

type Outcome<T> = Result<T, StreamError>;

pub(super) fn link(linker: &mut Linker<Room>) -> wasmtime::Result<()> {
    let mut streams = instance(linker, "wasi:io/streams")?;
    streams.resource("input-stream", ResourceType::host::<InputStream>(), dropped)?;
    streams.resource("output-stream", ResourceType::host::<OutputStream>(), dropped)?;
    input(&mut streams)?;
    output(&mut streams)?;
    waiting(&mut streams)?;
    poll(&mut instance(linker, "wasi:io/poll")?)?;
    instance(linker, "wasi:cli/stdin")?
        .func_wrap("get-stdin", |store, (): ()| handle(store, 0).map(|n| (Resource::<InputStream>::new_own(n),)))?;
    instance(linker, "wasi:cli/stdout")?.func_wrap("get-stdout", |store, (): ()| {
        handle(store, STDOUT).map(|n| (Resource::<OutputStream>::new_own(n),))
    })?;
    instance(linker, "wasi:cli/stderr")?
        .func_wrap("get-stderr", |store, (): ()| handle(store, STDERR).map(|n| (Resource::<OutputStream>::new_own(n),)))
}

fn handle(mut store: Store<'_>, number: u32) -> wasmtime::Result<u32> {
    pay(&mut store, 0)?;
    let streams = &mut store.data_mut().wasi.streams;
    if *streams >= HANDLES_MAX {
        return Err(WasiTrap::Handles.into());
    }
    *streams += 1;
    Ok(number)
}

fn dropped(mut store: Store<'_>, _number: u32) -> wasmtime::Result<()> {
    let streams = &mut store.data_mut().wasi.streams;
    *streams = streams.saturating_sub(1);
    Ok(())
}

type Input = Resource<InputStream>;
type Output = Resource<OutputStream>;

fn input(streams: &mut LinkerInstance<'_, Room>) -> wasmtime::Result<()> {
    for name in ["[method]input-stream.read", "[method]input-stream.blocking-read"] {
        streams.func_wrap(name, |mut store: Store<'_>, (_, _): (Input, u64)| {
            pay(&mut store, 0)?;
            Ok((Outcome::<Vec<u8>>::Err(StreamError::Closed),))
        })?;
    }
    for name in ["[method]input-stream.skip", "[method]input-stream.blocking-skip"] {
        streams.func_wrap(name, |mut store: Store<'_>, (_, _): (Input, u64)| {
            pay(&mut store, 0)?;
            Ok((Outcome::<u64>::Err(StreamError::Closed),))
        })?;
    }
    Ok(())
}

fn output(streams: &mut LinkerInstance<'_, Room>) -> wasmtime::Result<()> {
    streams.func_wrap("[method]output-stream.check-write", |mut store: Store<'_>, (_,): (Output,)| {
        pay(&mut store, 0)?;
        Ok((Outcome::Ok(WRITE_BYTES),))
    })?;
    for name in ["[method]output-stream.write", "[method]output-stream.blocking-write-and-flush"] {
        streams.func_wrap(name, |store, (to, bytes): (Output, WasmList<u8>)| Ok((write(store, &to, &bytes)?,)))?;
    }
    for name in ["[method]output-stream.flush", "[method]output-stream.blocking-flush"] {
        streams.func_wrap(name, |mut store: Store<'_>, (_,): (Output,)| {
            pay(&mut store, 0)?;
            Ok((Outcome::Ok(()),))
        })?;
    }
    for name in ["[method]output-stream.write-zeroes", "[method]output-stream.blocking-write-zeroes-and-flush"] {
        streams.func_wrap(name, |mut store: Store<'_>, (_, len): (Output, u64)| {
            pay(&mut store, 0)?;
            store.data_mut().wasi.printed.drop_bytes(len);
            Ok((Outcome::Ok(()),))
        })?;
    }
    for name in ["[method]output-stream.splice", "[method]output-stream.blocking-splice"] {
        streams.func_wrap(name, |mut store: Store<'_>, (_, _, _): (Output, Input, u64)| {
            pay(&mut store, 0)?;
            Ok((Outcome::<u64>::Err(StreamError::Closed),))
        })?;
    }
    Ok(())
}

fn waiting(streams: &mut LinkerInstance<'_, Room>) -> wasmtime::Result<()> {
    streams.func_wrap("[method]input-stream.subscribe", |store, (_,): (Input,)| {
        handle(store, 0).map(|n| (Resource::<Pollable>::new_own(n),))
    })?;
    streams.func_wrap("[method]output-stream.subscribe", |store, (_,): (Output,)| {
        handle(store, 0).map(|n| (Resource::<Pollable>::new_own(n),))
    })
}

/// Everything that can be waited for is ready.
fn poll(poll: &mut LinkerInstance<'_, Room>) -> wasmtime::Result<()> {
    poll.resource("pollable", ResourceType::host::<Pollable>(), dropped)?;
    poll.func_wrap("[method]pollable.ready", |mut store: Store<'_>, (_,): (Resource<Pollable>,)| {
        pay(&mut store, 0)?;
        Ok((true,))
    })?;
    poll.func_wrap("[method]pollable.block", |mut store: Store<'_>, (_,): (Resource<Pollable>,)| pay(&mut store, 0))?;
    poll.func_wrap("poll", |mut store: Store<'_>, (all,): (WasmList<Resource<Pollable>>,)| {
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        pay(&mut store, price::BYTE * 8 * u64::from(count))?;
        if count == 0 {
            return Err(WasiTrap::Never("poll of nothing").into());
        }
        Ok(((0..count).collect::<Vec<u32>>(),))
    })
}

fn write(mut store: Store<'_>, to: &Output, bytes: &WasmList<u8>) -> wasmtime::Result<Outcome<()>> {
    let len = bytes.as_le_slice(&store).len();
    pay(&mut store, price::BYTE * len as u64)?;
    let looked_at = bytes.as_le_slice(&store)[..len.min(LOOKED_AT_MAX)].to_vec();
    let stream = if to.rep() == STDERR { Stream::Stderr } else { Stream::Stdout };
    let printed = &mut store.data_mut().wasi.printed;
    printed.write(stream, &looked_at);
    printed.drop_bytes((len - looked_at.len()) as u64);
    Ok(Outcome::Ok(()))
}
