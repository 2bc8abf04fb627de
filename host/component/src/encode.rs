//! Question: how does a core module become a component?
//!
//! In: a core module that carries the description of its world (`ringfence_sdk::export!` puts it there), or has it beside it. Out: a
//! validated component without custom sections, or with names alone. Must never read a file or depend on anything but the bytes.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata, metadata};
use wit_parser::Resolve;

use crate::{rename, strip};

/// Prefix of the custom sections in which bindings describe the world to the encoder.
const WORLD_SECTION: &str = "component-type";

/// Why a core module could not be encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The bytes are no core module.
    #[error("not a WebAssembly core module")]
    NotAModule,
    /// The module does not say which world it was built for.
    #[error("the module exports no strategy: add `ringfence_sdk::export!(YourStrategy);` to its lib.rs")]
    NoWorld,
    /// The encoder refused; for example an import that is not part of the world.
    #[error("cannot encode the component: {0}")]
    Refused(String),
}

/// What is kept beside the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// Nothing.
    #[default]
    Dropped,
    /// Names of functions, for profiles and backtraces.
    Kept,
}

impl Names {
    const fn of_component(self) -> fn(&str) -> bool {
        match self {
            Names::Dropped => |_| false,
            Names::Kept => |name| name == NAMES_SECTION,
        }
    }

    const fn of_module(self) -> fn(&str) -> bool {
        match self {
            Names::Dropped => |name| name.starts_with(WORLD_SECTION),
            Names::Kept => |name| name == NAMES_SECTION || name.starts_with(WORLD_SECTION),
        }
    }
}

/// Custom section with the names of functions.
const NAMES_SECTION: &str = "name";

/// Makes a component of a core module. Equal bytes in give equal bytes out.
///
/// # Errors
/// See [`EncodeError`].
pub fn encode(core_module: &[u8], names: Names) -> Result<Vec<u8>, EncodeError> {
    encode_with(core_module, names, &[])
}

fn encode_with(core_module: &[u8], names: Names, adapters: &[(&str, &[u8])]) -> Result<Vec<u8>, EncodeError> {
    if !core_module.starts_with(b"\0asm\x01\0\0\0") {
        return Err(EncodeError::NotAModule);
    }
    let module = strip::strip(core_module, names.of_module()).map_err(|_| EncodeError::NotAModule)?;
    if !exports_something(&module)? {
        return Err(EncodeError::NoWorld);
    }
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(&module).map_err(refused)?;
    for (name, adapter) in adapters {
        encoder.adapter(name, adapter).map_err(refused)?;
    }
    let component = encoder.encode().map_err(refused)?;
    strip::strip(&component, names.of_component())
        .map_err(|_| EncodeError::Refused("its own output is malformed".to_owned()))
}

/// What makes a component of a core module that says nothing of its world.
pub(crate) struct World<'a> {
    /// Text of the interface.
    pub(crate) wit: &'a str,
    /// Name of the world in it.
    pub(crate) name: &'a str,
    /// Names of exports as the language can write them, and as the interface has them.
    pub(crate) exports: &'a [(&'a str, &'a str)],
    /// Modules that answer other imports: under which name, and their bytes.
    pub(crate) adapters: &'a [(&'a str, &'a [u8])],
}

/// Makes a component of a core module that says nothing of its world.
///
/// # Errors
/// See [`EncodeError`].
pub(crate) fn encode_for(core_module: &[u8], world: &World<'_>, names: Names) -> Result<Vec<u8>, EncodeError> {
    let mut module = rename::exports(core_module, world.exports).map_err(|_| EncodeError::NotAModule)?;
    let mut resolve = Resolve::default();
    let package = resolve.push_str("strategy.wit", world.wit).map_err(refused)?;
    let id = resolve.select_world(&[package], Some(world.name)).map_err(refused)?;
    embed_component_metadata(&mut module, &resolve, id, StringEncoding::UTF8, false).map_err(refused)?;
    encode_with(&module, names, world.adapters)
}

/// Does the described world export anything? A module that links the SDK without the export macro describes imports
/// only.
fn exports_something(module: &[u8]) -> Result<bool, EncodeError> {
    let (_, description) = metadata::decode(module).map_err(refused)?;
    let world = description.resolve.worlds.get(description.world);
    Ok(world.is_some_and(|world| !world.exports.is_empty()))
}

fn refused(error: impl std::fmt::Display) -> EncodeError {
    EncodeError::Refused(format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], want: &str) {
        let got = encode(bytes, Names::Dropped)
            .map_or_else(|error| error.to_string(), |component| component.len().to_string());
        assert_eq!(got, want);
    }

    #[test]
    fn bytes_that_are_no_core_module_are_refused() {
        check(b"", "not a WebAssembly core module");
        check(b"\0asm\x0d\0\x01\0", "not a WebAssembly core module");
        check(b"\0asm\x01\0\0\0\x05\x7f", "not a WebAssembly core module");
    }

    #[test]
    fn a_module_without_the_export_macro_says_how_to_add_it() {
        let want = "the module exports no strategy: add `ringfence_sdk::export!(YourStrategy);` to its lib.rs";
        check(b"\0asm\x01\0\0\0", want);
    }

    #[test]
    fn a_broken_world_description_is_refused_by_the_encoder() {
        let mut module = b"\0asm\x01\0\0\0\0\x10\x0ecomponent-type".to_vec();
        module.push(9);
        let refused = encode(&module, Names::Dropped);
        assert!(matches!(&refused, Err(EncodeError::Refused(_))), "{refused:?}");
    }
}
