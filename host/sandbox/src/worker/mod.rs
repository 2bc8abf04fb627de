//! The compile worker: how is a stranger's component compiled without harm to the host?
//!
//! In: bytes of an admitted component, a program that serves as worker. Out: the machine code that it wrote, or a refusal
//! that names the limit. Must never: wait longer than the wall limit, or take anything from a worker that did not end well.
//!
//! A few kilobytes of valid WebAssembly can keep a compiler busy for minutes and fill gigabytes. So the host starts its own
//! program once more, with a hidden verb; that process gives itself limits, shuts itself off from files, sockets and other
//! processes, and only then reads the first byte of the component.

mod answer;
#[cfg(target_os = "linux")]
pub(crate) mod guard;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod serve;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ringfence_core::config::GuestProfile;

pub(crate) use self::answer::{Answer, Guards, attempt_line, attempts_in};
pub use self::answer::{Attempt, GuardAlarm};
#[cfg(target_os = "linux")]
use crate::apart::GUEST_VERB;
use crate::refusal::{AdmissionCode, Refusal};

/// First argument of a worker: a verb that no user needs.
pub const WORKER_VERB: &str = "compile-worker";

/// How much one component may take to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// Processor time in seconds. It decides about the component; the two others below mostly about the machine.
    pub cpu_s: u64,
    /// Time by the clock in seconds, after which the worker is killed.
    pub wall_s: u64,
    /// Address space of the worker in bytes, the program itself included.
    pub memory_bytes: u64,
    /// Machine code in bytes.
    pub code_bytes: u64,
}

impl CompileLimits {
    /// For compiled strategies, which take a tenth of a second and some tens of megabytes.
    pub const STRATEGY: CompileLimits =
        CompileLimits { cpu_s: 8, wall_s: 10, memory_bytes: 1 << 30, code_bytes: 256 << 20 };

    /// For a component that holds an interpreter: tens of megabytes of code, which the configuration says by its profile. A
    /// busy machine gives it a fifth of a core.
    pub const INTERPRETER: CompileLimits =
        CompileLimits { cpu_s: 120, wall_s: 600, memory_bytes: 4 << 30, code_bytes: 256 << 20 };

    /// Those of a profile.
    #[must_use]
    pub const fn of(profile: GuestProfile) -> CompileLimits {
        match profile {
            GuestProfile::Compiled | GuestProfile::External => CompileLimits::STRATEGY,
            GuestProfile::Interpreter => CompileLimits::INTERPRETER,
        }
    }

    fn wall(&self) -> Duration {
        Duration::from_secs(self.wall_s)
    }
}

impl fmt::Display for CompileLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} s of processor time, {} s by the clock, {} MiB of memory, {} MiB of machine code",
            self.cpu_s,
            self.wall_s,
            self.memory_bytes >> 20,
            self.code_bytes >> 20
        )
    }
}

/// A program that compiles on behalf of this one: it must call [`serve_if_asked`] first of all, and be of the same build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// The program.
    pub program: PathBuf,
    /// What it may use, in the place of what the profile of a component allows; `None` = that.
    pub limits: Option<CompileLimits>,
}

impl Worker {
    /// The program that this process runs from, also when its file was replaced meanwhile. `None` = workers need Linux.
    #[must_use]
    pub fn of_this_program() -> Option<Worker> {
        let program = PathBuf::from("/proc/self/exe");
        cfg!(target_os = "linux").then_some(Worker { program, limits: None })
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn compile(&self, _: &wasmtime::Engine, _: (&[u8], CompileLimits)) -> Result<Answer, Refusal> {
        Err(failed("a compile worker needs Linux"))
    }

    /// What a worker tries that it must not be able to do, and how each attempt ended.
    ///
    /// # Errors
    /// `E-COMPILE-WORKER` where no worker runs.
    #[cfg(not(target_os = "linux"))]
    pub fn attempts(&self) -> Result<Vec<Attempt>, Refusal> {
        Err(failed("a compile worker needs Linux"))
    }
}

/// Works as a compile worker or as a guest process and gives the exit code, where the arguments (the program's name first)
/// ask for it. A program that can be one calls this before anything else: nothing may be open yet, and no other thread may run.
#[must_use]
pub fn serve_if_asked(arguments: &[std::ffi::OsString]) -> Option<std::process::ExitCode> {
    #[cfg(target_os = "linux")]
    if let Some(verb) = arguments.get(1) {
        if verb == WORKER_VERB {
            return Some(serve::serve(&arguments[2..]));
        }
        if verb == GUEST_VERB {
            return Some(crate::apart::serve::serve(&arguments[2..]));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = arguments;
    None
}

/// The worker itself failed, or the machine did: nothing is known about the component.
pub(crate) fn failed(found: &str) -> Refusal {
    Refusal::new(
        AdmissionCode::CompileWorker,
        found,
        "a compile worker that answers",
        "run again when the machine is less busy; `ringfence doctor` tries the worker; if it persists, report it",
    )
}

/// Compiling needed more memory than there may be.
pub(crate) fn out_of_memory(allowed: &str) -> Refusal {
    Refusal::new(
        AdmissionCode::CompileMemory,
        "compiling needs more memory than is allowed",
        format!("at most {allowed}"),
        "build in release mode; split the largest functions, they cost most",
    )
}
