//! Compiler: where does this process compile components, and what runs those that have a process of their own?
//!
//! In: whether this process is the program itself, which can be started again as a worker. Out: the sandbox's option. Must
//! never: start anything.

use std::sync::OnceLock;

use ringfence_sandbox::{Compiler, GuestProgram, Worker};

static WORKER: OnceLock<Option<Worker>> = OnceLock::new();

/// From now on components are compiled in workers, where the system has them: this process is the program, which works as
/// one when it is asked to. A program that merely links this package is not, and compiles in its own process.
pub(crate) fn use_workers() {
    WORKER.get_or_init(Worker::of_this_program);
}

/// Where to compile.
pub(crate) fn compiler() -> Compiler {
    worker().map_or(Compiler::Here, Compiler::Worker)
}

/// The worker, where there is one.
pub(crate) fn worker() -> Option<Worker> {
    WORKER.get().cloned().flatten()
}

/// What runs strategies that have a process of their own, where there is something.
pub(crate) fn guests() -> Option<GuestProgram> {
    worker().and_then(|_| GuestProgram::of_this_program())
}
