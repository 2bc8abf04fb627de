//! Profiles: where does a strategy's fuel go?
//!
//! In: a component, the calls that a session makes. Out: a tree of functions with the fuel that each used itself, whose sum is
//! what the session counts. Must never: change what a strategy decides or what its calls cost.
//!
//! How, and why it is exact: functions of a copy of the component call a marker behind each of their calls (`marks.rs`). The
//! engine asks the epoch callback at the start of every function, where the fuel that it keeps is up to date. So between two
//! looks one function ran and no other, and everything used meanwhile is its own. What the marks themselves use is known to
//! the unit and taken off.

mod marks;
mod tree;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringfence_core::ids::StrategyId;
use wasmtime::{StoreContextMut, Trap, UpdateDeadline, WasmBacktrace};

pub(crate) use marks::marked;
pub use tree::{Node, Profile};

use crate::room::Room;
use tree::{Recorder, Seen};

/// Frames of the engine that are looked at: deeper ones all count as this deep.
pub(crate) const FRAMES_MAX: usize = 512;

/// Records where the fuel of one strategy goes. Clones share what is recorded.
#[derive(Clone, Debug)]
pub struct Profiler {
    strategy: StrategyId,
    recorder: Arc<Mutex<Recorder>>,
}

impl Profiler {
    /// For one strategy of a sandbox.
    #[must_use]
    pub fn new(strategy: StrategyId) -> Profiler {
        Profiler { strategy, recorder: Arc::default() }
    }

    /// What was recorded so far.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.recorder().profile().clone()
    }

    /// Whose fuel it is.
    pub(crate) fn is_for(&self, strategy: StrategyId) -> bool {
        self.strategy == strategy
    }

    pub(crate) fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the engine asks at the start of each function, and at each turn of a loop.
pub(crate) fn look(store: StoreContextMut<'_, Room>) -> wasmtime::Result<UpdateDeadline> {
    let Some(profiler) = store.data().profiler.clone() else { return Ok(UpdateDeadline::Continue(0)) };
    let left = store.get_fuel()?;
    let mut recorder = profiler.recorder();
    let Some(used) = recorder.unseen(left) else { return Ok(UpdateDeadline::Continue(0)) };
    let trace = WasmBacktrace::force_capture(&store);
    let frames = trace.frames();
    let Some(top) = frames.first() else { return Ok(UpdateDeadline::Continue(0)) };
    let module = top.module().name().unwrap_or("");
    let seen = Seen { depth: frames.len(), module, index: top.func_index(), name: top.func_name() };
    if recorder.look(used, &seen) { Ok(UpdateDeadline::Continue(0)) } else { Err(Trap::OutOfFuel.into()) }
}
