//! Room: what can a guest's imports reach?
//!
//! In: State on loan for the length of one call. Out: that State, scoped to one strategy, and its emissions. Must never:
//! keep State between calls, or let an import reach another strategy.

use ringfence_core::ids::{SessionId, StrategyId, TimeNs};
use ringfence_core::intent::NOTE_BYTES_MAX;
use ringfence_core::strategy::{Emissions, StateLoan};
use wasmtime::{ResourceLimiter, StoreLimits};

use crate::apart::Line;
use crate::profile::Profiler;
use crate::wasi::Wasi;

/// Data of a store.
pub(crate) struct Room {
    strategy: StrategyId,
    /// State while `on-event` runs; absent in every other phase.
    loan: Option<StateLoan>,
    /// What is emitted while `on-events` runs, or `on-event` in a guest process; absent in every other phase.
    ahead: Option<Emissions>,
    /// In a guest process: the host.
    line: Option<Box<Line>>,
    /// In a guest process: time and session of the running call.
    now: Option<(TimeNs, SessionId)>,
    /// In a guest process: what of the running call is to be told to the host.
    wishes: Vec<u8>,
    phase: Phase,
    pub(crate) limiter: Limiter,
    /// What a standard library was told; unused by guests without one.
    pub(crate) wasi: Wasi,
    /// The last note of the running call, whether or not it was taken: it may say why the call ends.
    noted: String,
    /// What was asked of imports; `None` = nobody listens.
    heard: Option<Vec<Heard>>,
    /// Who records where fuel goes; `None` = nobody.
    pub(crate) profiler: Option<Profiler>,
}

/// One call of an import, heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its name in the interface.
    pub function: &'static str,
    /// Its arguments, a list in JSON.
    pub asked: String,
    /// Its results, a list in JSON.
    pub answered: String,
}

/// What the guest is doing; names a wrong call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Instantiate,
    Setup,
    OnEvent,
    OnEvents,
    Snapshot,
    Restore,
}

impl Phase {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Phase::Instantiate => "instantiation",
            Phase::Setup => "setup",
            Phase::OnEvent => "on-event",
            Phase::OnEvents => "on-events",
            Phase::Snapshot => "snapshot",
            Phase::Restore => "restore",
        }
    }
}

/// An import was called where it may not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an import was called during {0}; views can be called from on-event only, emit from on-events too")]
pub(crate) struct WrongPhase(pub(crate) &'static str);

impl Room {
    pub(crate) fn new(strategy: StrategyId, limits: StoreLimits, totals: Totals) -> Room {
        let limiter = Limiter::new(limits, totals);
        Room {
            strategy,
            loan: None,
            ahead: None,
            line: None,
            now: None,
            wishes: Vec::new(),
            phase: Phase::Instantiate,
            limiter,
            wasi: Wasi::default(),
            noted: String::new(),
            heard: None,
            profiler: None,
        }
    }

    /// Whose room it is.
    pub(crate) fn strategy(&self) -> StrategyId {
        self.strategy
    }

    pub(crate) fn set_phase(&mut self, phase: Phase) {
        self.phase = phase;
        self.noted.clear();
    }

    /// From now on calls of imports are heard.
    pub(crate) fn listen(&mut self) {
        self.heard.get_or_insert_default();
    }

    #[inline]
    pub(crate) fn is_heard(&self) -> bool {
        self.heard.is_some()
    }

    #[cold]
    pub(crate) fn hear(&mut self, call: Heard) {
        self.heard.get_or_insert_default().push(call);
    }

    /// What was heard since it was asked last.
    pub(crate) fn take_heard(&mut self) -> Vec<Heard> {
        self.heard.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Begins `on-event`.
    pub(crate) fn lend(&mut self, loan: StateLoan) {
        self.set_phase(Phase::OnEvent);
        self.loan = Some(loan);
        // What was written outside of calls is for nobody.
        self.wasi.printed.clear();
    }

    /// Ends `on-event`, whatever became of it.
    pub(crate) fn take_back(&mut self) -> StateLoan {
        self.loan.take().expect("lent at the start of this call, and nothing else takes it")
    }

    /// State, for views.
    pub(crate) fn state(&self) -> Result<&StateLoan, WrongPhase> {
        self.loan.as_ref().ok_or(WrongPhase(self.phase.name()))
    }

    /// What WASI answers from, brought up to State where State is lent.
    pub(crate) fn wasi_now(&mut self) -> &mut Wasi {
        if let Some(loan) = &self.loan {
            self.wasi.told((loan.time(), loan.session()));
        } else if let Some(now) = self.now {
            self.wasi.told(now);
        }
        &mut self.wasi
    }

    /// Where `emit` goes.
    pub(crate) fn emissions(&mut self) -> Result<&mut Emissions, WrongPhase> {
        match (&mut self.loan, &mut self.ahead) {
            (Some(loan), _) => Ok(loan.emissions_mut()),
            (None, Some(ahead)) => Ok(ahead),
            (None, None) => Err(WrongPhase(self.phase.name())),
        }
    }

    /// The guest notes this, taken or not.
    pub(crate) fn note(&mut self, text: &str) {
        let kept = text.floor_char_boundary(NOTE_BYTES_MAX);
        self.noted.clear();
        self.noted.push_str(&text[..kept]);
    }

    /// The last note of the running call; empty where there is none.
    pub(crate) fn noted(&self) -> &str {
        &self.noted
    }

    /// True in a guest process, where State is not.
    #[inline]
    pub(crate) fn is_apart(&self) -> bool {
        self.line.is_some()
    }

    /// This is a guest process, and here is its host.
    pub(crate) fn connect(&mut self, line: Line) {
        self.line = Some(Box::new(line));
    }

    /// The host, between calls.
    pub(crate) fn host(&mut self) -> &mut Line {
        self.line.as_mut().expect("a guest process has a host")
    }

    /// The host, for views.
    pub(crate) fn line(&mut self) -> Result<&mut Line, WrongPhase> {
        let is_now = self.phase == Phase::OnEvent && self.ahead.is_some();
        self.line.as_deref_mut().filter(|_| is_now).ok_or(WrongPhase(self.phase.name()))
    }

    /// Begins `on-event` in a guest process: what is emitted is kept here, and told to the host in the end.
    pub(crate) fn begin_told(&mut self, room: Emissions, now: (TimeNs, SessionId)) {
        self.set_phase(Phase::OnEvent);
        self.ahead = Some(room);
        self.now = Some(now);
        self.wishes.clear();
        self.wasi.printed.clear();
    }

    /// Something was taken that the host is to be told.
    pub(crate) fn wished(&mut self, put: impl FnOnce(&mut Vec<u8>)) {
        put(&mut self.wishes);
    }

    /// What is to be told, in the place of `Vec::new()` when it was.
    pub(crate) fn take_wishes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.wishes)
    }

    /// Gives the room for wishes back.
    pub(crate) fn keep_wishes(&mut self, wishes: Vec<u8>) {
        self.wishes = wishes;
    }

    /// Begins `on-events`: there is no State, and what is emitted is kept here.
    pub(crate) fn look_ahead(&mut self, room: Emissions) {
        self.set_phase(Phase::OnEvents);
        self.ahead = Some(room);
        self.wishes.clear();
    }

    /// Ends `on-events`, whatever became of it.
    pub(crate) fn take_ahead(&mut self) -> Emissions {
        self.now = None;
        self.ahead.take().expect("given at the start of this call, and nothing else takes it")
    }
}

/// The limits of a store, and what happened at them.
pub(crate) struct Limiter {
    limits: StoreLimits,
    /// Bytes a refused `memory.grow` asked for in all; 0 = none was refused. For people: explains a later abort.
    pub(crate) refused_bytes: usize,
    /// Bytes of all linear memories together; none ever shrinks.
    pub(crate) memory_bytes: usize,
    /// Elements of all tables together; none ever shrinks.
    table_elements: usize,
    totals: Totals,
}

/// Most of everything of one kind together. What a single memory or table may have would multiply otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Totals {
    pub(crate) memory_bytes: usize,
    pub(crate) table_elements: usize,
}

/// What there is after one of them grows; `None` above the limit.
fn grown(total: usize, current: usize, desired: usize, limit: usize) -> Option<usize> {
    let others = total.checked_sub(current).expect("a part of the total");
    others.checked_add(desired).filter(|after| *after <= limit)
}

/// The host could not give memory that the limits allow: not the guest's doing, and not the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host has no memory to give")]
pub(crate) struct HostMemory;

impl Limiter {
    fn new(limits: StoreLimits, totals: Totals) -> Limiter {
        Limiter { limits, refused_bytes: 0, memory_bytes: 0, table_elements: 0, totals }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = self.limits.memory_growing(current, desired, maximum)?;
        let after = grown(self.memory_bytes, current, desired, self.totals.memory_bytes).filter(|_| allowed);
        match after {
            Some(after) => self.memory_bytes = after,
            None => self.refused_bytes = self.refused_bytes.max(desired),
        }
        Ok(after.is_some())
    }

    /// Growth that was allowed and failed all the same would give -1 on this machine alone. (What no machine can give,
    /// more than the memory's own maximum, was refused before: limits look at that too.)
    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(HostMemory.into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = self.limits.table_growing(current, desired, maximum)?;
        let after = grown(self.table_elements, current, desired, self.totals.table_elements).filter(|_| allowed);
        self.table_elements = after.unwrap_or(self.table_elements);
        Ok(after.is_some())
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

#[cfg(test)]
mod tests {
    use wasmtime::StoreLimitsBuilder;

    use super::*;

    fn limiter() -> Limiter {
        let limits = StoreLimitsBuilder::new().memory_size(100).table_elements(10).build();
        Limiter::new(limits, Totals { memory_bytes: 100, table_elements: 10 })
    }

    #[test]
    fn memories_have_one_limit_together() {
        let mut limiter = limiter();
        let mut grow = |current, desired| limiter.memory_growing(current, desired, None).expect("an answer");
        assert!(grow(0, 60) && grow(0, 30) && grow(30, 40));
        assert!(!grow(40, 41) && !grow(0, 1) && !grow(60, usize::MAX));
        assert_eq!((limiter.memory_bytes, limiter.refused_bytes), (100, usize::MAX));
    }

    #[test]
    fn tables_have_one_limit_together() {
        let mut limiter = limiter();
        let mut grow = |current, desired| limiter.table_growing(current, desired, None).expect("an answer");
        assert!(grow(0, 6) && grow(0, 4));
        assert!(!grow(4, 5) && !grow(0, 1) && !grow(6, usize::MAX));
        assert!(grow(0, 0), "nothing is always there");
    }

    #[test]
    fn a_memory_has_its_own_maximum_too() {
        let mut limiter = limiter();
        assert!(!limiter.memory_growing(0, 50, Some(49)).expect("an answer"));
        assert!(limiter.memory_growing(0, 100, None).expect("an answer"), "what was refused takes nothing");
    }
}
