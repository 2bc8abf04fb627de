//! Never: which functions must be there for a standard library to link, and end the guest that calls them?
//!
//! In: nothing. Out: a trap that names the function. Must never: wait, or make one of the resources it speaks of.
//!
//! Nothing here can be called with a handle, because no handle of these resources is ever given out; what takes none would
//! wait. Their types do not matter then, so they are registered by name.

use wasmtime::component::{Linker, ResourceType};

use super::known::functions;
use super::{WasiTrap, instance};
use crate::room::Room;

/// Markers of resources that nobody ever gets.
pub(super) enum IoError {}
pub(super) enum Descriptor {}
pub(super) enum DirectoryEntryStream {}

pub(super) fn link(linker: &mut Linker<Room>) -> wasmtime::Result<()> {
    for (interface, resource, kind) in [
        ("wasi:io/error", "error", ResourceType::host::<IoError>()),
        ("wasi:filesystem/types", "descriptor", ResourceType::host::<Descriptor>()),
        ("wasi:filesystem/types", "directory-entry-stream", ResourceType::host::<DirectoryEntryStream>()),
    ] {
        instance(linker, interface)?.resource(resource, kind, |_, _| Ok(()))?;
    }
    for function in functions().filter(|function| function.signature.is_none()) {
        let name = function.name;
        instance(linker, function.interface)?.func_new(name, move |_, _, _, _| Err(WasiTrap::Never(name).into()))?;
    }
    Ok(())
}
