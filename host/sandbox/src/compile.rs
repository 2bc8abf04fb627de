//! Compiling: how does an admitted component become machine code?
//!
//! In: an admitted component and, where configured, the cache. Out: code that can be instantiated, and where it came
//! from. Must never: compile what was not admitted.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::admission::Admitted;
use crate::cache::{CacheAlarm, CodeCache};
use crate::refusal::{AdmissionCode, Refusal};
use crate::shortcut::shortened;

/// Where machine code came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeSource {
    /// Compiled in this start.
    Compiled,
    /// Read from this host's own cache; nothing was compiled.
    Cache,
    /// Loaded before by this process.
    Memory,
}

/// Machine code of a component.
pub(crate) struct Code {
    pub(crate) component: Component,
    pub(crate) source: CodeSource,
    pub(crate) alarms: Vec<CacheAlarm>,
}

/// Finds code in the cache, or compiles and keeps it.
///
/// # Errors
/// `E-COMPILE` when the engine cannot compile it.
pub(crate) fn code(engine: &Engine, cache: Option<&CodeCache>, admitted: &Admitted) -> Result<Code, Refusal> {
    let hash = admitted.component().sha256();
    let mut alarms = Vec::new();
    if let Some(cache) = cache {
        match cache.find(engine, &hash) {
            Ok(Some(component)) => return Ok(Code { component, source: CodeSource::Cache, alarms }),
            Ok(None) => {}
            Err(alarm) => alarms.push(alarm),
        }
    }
    let component = compile(engine, admitted)?;
    if let Some(cache) = cache {
        alarms.extend(cache.keep(engine, &hash, &component).err());
    }
    Ok(Code { component, source: CodeSource::Compiled, alarms })
}

fn compile(engine: &Engine, admitted: &Admitted) -> Result<Component, Refusal> {
    let bytes = admitted.component().bytes();
    if let Some(component) = shortened(bytes).and_then(|bytes| compile_bytes(engine, &bytes).ok()) {
        return Ok(component);
    }
    compile_bytes(engine, bytes)
}

fn compile_bytes(engine: &Engine, bytes: &[u8]) -> Result<Component, Refusal> {
    // The compiler has had panics on odd input; a panic there leaves nothing of ours half done.
    match catch_unwind(AssertUnwindSafe(|| Component::from_binary(engine, bytes))) {
        Ok(Ok(component)) => Ok(component),
        Ok(Err(error)) => Err(Refusal::compile(&format!("{error:#}"))),
        Err(_) => Err(Refusal::compile("the compiler stopped on a fault of its own")),
    }
}

impl Refusal {
    fn compile(found: &str) -> Refusal {
        Refusal::new(
            AdmissionCode::Compile,
            found,
            "a component the engine can compile",
            "build it again: `ringfence build DIR`; if it persists, report it",
        )
    }
}
