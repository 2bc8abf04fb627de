//! Compiling: how does an admitted component become machine code?
//!
//! In: an admitted component and, where configured, the cache and a worker program. Out: code that can be instantiated,
//! and where it came from. Must never: compile what was not admitted, or start a worker for what the cache has.

use std::path::Path;
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::admission::{Admitted, Report, Rules, check_kept};
use crate::alarm::Alarm;
use crate::apart::Isolation;
use crate::cache::CodeCache;
use crate::engine::engine;
use crate::machine::{MachineCode, Uncompiled};
use crate::profile::marked;
use crate::refusal::{AdmissionCode, Refusal, SandboxError};
use crate::worker::{CompileLimits, Worker, out_of_memory};

/// Where components are compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// In this process: no limit of time or memory. For components whose maker one trusts, and for tests.
    Here,
    /// In a process of its own, which can be ended.
    Worker(Worker),
}

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
    pub(crate) body: Body,
    pub(crate) source: CodeSource,
    pub(crate) alarms: Vec<Alarm>,
}

/// Code, where it is wanted.
#[derive(Clone)]
pub(crate) enum Body {
    /// Loaded into this process.
    Here(Component),
    /// As bytes, for processes that load it.
    Apart(Arc<[u8]>),
}

impl Body {
    pub(crate) fn isolation(&self) -> Isolation {
        match self {
            Body::Here(_) => Isolation::InProcess,
            Body::Apart(_) => Isolation::Process,
        }
    }

    /// `None` when it is of another engine.
    fn of(tools: Tools<'_>, code: &MachineCode<'_>) -> Option<Body> {
        match tools.isolation {
            Isolation::InProcess => code.load(tools.engine).map(Body::Here),
            Isolation::Process => Some(Body::Apart(code.bytes().into())),
        }
    }
}

/// What code is made with.
#[derive(Clone, Copy)]
pub(crate) struct Tools<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) compiler: &'a Compiler,
    /// Where it is kept; `None` = nowhere.
    pub(crate) cache: Option<&'a CodeCache>,
    /// Whether code is marked for a profile; such code is kept nowhere.
    pub(crate) is_profiled: bool,
    /// Where it will run.
    pub(crate) isolation: Isolation,
}

/// Finds code in the cache, or compiles and keeps it.
///
/// # Errors
/// `E-COMPILE…` when it cannot be compiled within the limits.
pub(crate) fn code(tools: Tools<'_>, admitted: &Admitted) -> Result<Code, Refusal> {
    let Tools { engine, compiler, cache, .. } = tools;
    if tools.is_profiled {
        return profiled(tools, admitted);
    }
    let hash = admitted.component().sha256();
    let mut alarms = Vec::new();
    if let Some(cache) = cache {
        match cache.find((engine, &hash), |code| Body::of(tools, code)) {
            Ok(Some(body)) => return Ok(Code { body, source: CodeSource::Cache, alarms }),
            Ok(None) => {}
            Err(alarm) => alarms.push(Alarm::Cache(alarm)),
        }
    }
    let code = compile((engine, compiler), (admitted.component().bytes(), admitted.compile_limits()), &mut alarms)?;
    let body = Body::of(tools, &code).ok_or_else(|| refused("code that the engine does not take back"))?;
    if let Some(cache) = cache {
        alarms.extend(cache.keep(engine, &hash, &code).err().map(Alarm::Cache));
    }
    Ok(Code { body, source: CodeSource::Compiled, alarms })
}

/// Compiles the component with marks.
fn profiled(tools: Tools<'_>, admitted: &Admitted) -> Result<Code, Refusal> {
    let Tools { engine, compiler, .. } = tools;
    let mut alarms = Vec::new();
    let bytes = marked(admitted.component().bytes()).map_err(|why| refused(&why))?;
    let code = compile((engine, compiler), (&bytes, admitted.compile_limits()), &mut alarms)?;
    let body = Body::of(tools, &code).ok_or_else(|| refused("code that the engine does not take back"))?;
    Ok(Code { body, source: CodeSource::Compiled, alarms })
}

/// Judges a file, and where it is admitted compiles it too; the cache is left alone.
///
/// # Errors
/// [`SandboxError`] on a platform where the engine cannot run.
pub fn check_compiled(path: &Path, rules: &Rules, compiler: &Compiler) -> Result<Report, SandboxError> {
    let (mut report, bytes) = check_kept(path, rules);
    let engine = engine()?;
    let mut alarms = Vec::new();
    if let Some(bytes) = bytes {
        report.refusals.extend(compile((&engine, compiler), (bytes.bytes(), rules.compile), &mut alarms).err());
    }
    Ok(report)
}

fn compile(
    (engine, compiler): (&Engine, &Compiler),
    (bytes, limits): (&[u8], CompileLimits),
    alarms: &mut Vec<Alarm>,
) -> Result<MachineCode<'static>, Refusal> {
    match compiler {
        Compiler::Here => MachineCode::compile(engine, bytes).map_err(|why| match why {
            Uncompiled::Refused(found) => refused(&found),
            Uncompiled::OutOfMemory => out_of_memory("this machine's memory"),
        }),
        Compiler::Worker(worker) => {
            let answer = worker.compile(engine, (bytes, limits))?;
            alarms.extend(answer.alarm().map(Alarm::Guard));
            Ok(MachineCode::of_worker(answer))
        }
    }
}

/// The engine's own no.
pub(crate) fn refused(found: &str) -> Refusal {
    Refusal::new(
        AdmissionCode::Compile,
        found,
        "a component the engine can compile",
        "build it again: `ringfence build DIR`; if it persists, report it",
    )
}
