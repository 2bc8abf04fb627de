//! Surroundings: what does a guest learn about where it runs?
//!
//! In: nothing. Out: nothing: no environment, arguments, working folder, opened folders or terminals. Must never: tell
//! anything of the process that hosts it.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};

use super::never::Descriptor;
use super::{WasiTrap, instance, pay};
use crate::room::Room;

type Store<'a> = StoreContextMut<'a, Room>;

/// Markers of resources that nobody ever gets.
enum TerminalInput {}
enum TerminalOutput {}

pub(super) fn link(linker: &mut Linker<Room>) -> wasmtime::Result<()> {
    let mut environment = instance(linker, "wasi:cli/environment")?;
    environment.func_wrap("get-environment", |store, (): ()| nothing::<Vec<(String, String)>>(store))?;
    environment.func_wrap("get-arguments", |store, (): ()| nothing::<Vec<String>>(store))?;
    environment.func_wrap("initial-cwd", |store, (): ()| nothing::<Option<String>>(store))?;
    let mut preopens = instance(linker, "wasi:filesystem/preopens")?;
    preopens.func_wrap("get-directories", |store, (): ()| nothing::<Vec<(Resource<Descriptor>, String)>>(store))?;
    instance(linker, "wasi:cli/exit")?
        .func_wrap("exit", |_: Store<'_>, (_,): (Result<(), ()>,)| -> wasmtime::Result<()> {
            Err(WasiTrap::Exit.into())
        })?;
    terminals(linker)
}

fn terminals(linker: &mut Linker<Room>) -> wasmtime::Result<()> {
    let no_drop = |_: Store<'_>, _: u32| Ok(());
    let input = ResourceType::host::<TerminalInput>();
    instance(linker, "wasi:cli/terminal-input")?.resource("terminal-input", input, no_drop)?;
    let output = ResourceType::host::<TerminalOutput>();
    instance(linker, "wasi:cli/terminal-output")?.resource("terminal-output", output, no_drop)?;
    instance(linker, "wasi:cli/terminal-stdin")?
        .func_wrap("get-terminal-stdin", |store, (): ()| nothing::<Option<Resource<TerminalInput>>>(store))?;
    instance(linker, "wasi:cli/terminal-stdout")?
        .func_wrap("get-terminal-stdout", |store, (): ()| nothing::<Option<Resource<TerminalOutput>>>(store))?;
    instance(linker, "wasi:cli/terminal-stderr")?
        .func_wrap("get-terminal-stderr", |store, (): ()| nothing::<Option<Resource<TerminalOutput>>>(store))
}

fn nothing<T: Default>(mut store: Store<'_>) -> wasmtime::Result<(T,)> {
    pay(&mut store, 0)?;
    Ok((T::default(),))
}
