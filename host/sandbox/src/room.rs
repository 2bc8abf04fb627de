//! Room: what can a guest's imports reach?
//!
//! In: State on loan for the length of one call. Out: that State, scoped to one strategy, and its emissions. Must never:
//! keep State between calls, or let an import reach another strategy.

use ringfence_core::ids::StrategyId;
use ringfence_core::strategy::StateLoan;
use wasmtime::{ResourceLimiter, StoreLimits};

/// Data of a store.
pub(crate) struct Room {
    strategy: StrategyId,
    /// State while `on-event` runs; absent in every other phase.
    loan: Option<StateLoan>,
    phase: Phase,
    pub(crate) limiter: Limiter,
}

/// What the guest is doing; names a wrong call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Instantiate,
    Setup,
    OnEvent,
    Snapshot,
    Restore,
}

impl Phase {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Phase::Instantiate => "instantiation",
            Phase::Setup => "setup",
            Phase::OnEvent => "on-event",
            Phase::Snapshot => "snapshot",
            Phase::Restore => "restore",
        }
    }
}

/// An import was called where it may not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an import was called during {0}; views and emit can be called from on-event only")]
pub(crate) struct WrongPhase(pub(crate) &'static str);

impl Room {
    pub(crate) fn new(strategy: StrategyId, limits: StoreLimits) -> Room {
        Room { strategy, loan: None, phase: Phase::Instantiate, limiter: Limiter::new(limits) }
    }

    /// Whose room it is.
    pub(crate) fn strategy(&self) -> StrategyId {
        self.strategy
    }

    pub(crate) fn set_phase(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Begins `on-event`.
    pub(crate) fn lend(&mut self, loan: StateLoan) {
        self.phase = Phase::OnEvent;
        self.loan = Some(loan);
    }

    /// Ends `on-event`, whatever became of it.
    pub(crate) fn take_back(&mut self) -> StateLoan {
        self.loan.take().expect("lent at the start of this call, and nothing else takes it")
    }

    /// State, for views.
    pub(crate) fn state(&self) -> Result<&StateLoan, WrongPhase> {
        self.loan.as_ref().ok_or(WrongPhase(self.phase.name()))
    }

    /// State, for `emit`.
    pub(crate) fn state_mut(&mut self) -> Result<&mut StateLoan, WrongPhase> {
        self.loan.as_mut().ok_or(WrongPhase(self.phase.name()))
    }
}

/// The limits of a store, and what happened at them.
pub(crate) struct Limiter {
    limits: StoreLimits,
    /// Bytes a refused `memory.grow` asked for in all; 0 = none was refused. For people: explains a later abort.
    pub(crate) refused_bytes: usize,
    /// Largest linear memory so far.
    pub(crate) memory_bytes: usize,
}

/// The host could not give memory that the limits allow: not the guest's doing, and not the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host has no memory to give")]
pub(crate) struct HostMemory;

impl Limiter {
    fn new(limits: StoreLimits) -> Limiter {
        Limiter { limits, refused_bytes: 0, memory_bytes: 0 }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = self.limits.memory_growing(current, desired, maximum)?;
        if allowed {
            self.memory_bytes = self.memory_bytes.max(desired);
        } else {
            self.refused_bytes = self.refused_bytes.max(desired);
        }
        Ok(allowed)
    }

    /// Growth that was allowed and failed all the same would give -1 on this machine alone. (What no machine can give,
    /// more than the memory's own maximum, was refused before: limits look at that too.)
    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(HostMemory.into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(HostMemory.into())
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}
