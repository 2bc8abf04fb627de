//! Loans: how do guests read State while the core cannot touch it?
//!
//! In: State. Out: the same State, and what was emitted. Must never: be kept, or copied.

use alloc::boxed::Box;
use core::ops::Deref;

use super::{Emissions, EmitError};
use crate::ids::IntentId;
use crate::intent::{IntentKind, Schedule};
use crate::state::State;

/// State on loan while guests run: readable by anyone, writable only by the core, and it must come back.
///
/// The sandbox moves it into a Store for the length of a call, so that views read State without copying or locks.
#[derive(Debug)]
pub struct StateLoan(Box<Lent>);

#[derive(Debug)]
pub(crate) struct Lent {
    pub(crate) state: State,
    pub(crate) out: Emissions,
}

impl StateLoan {
    pub(crate) fn new(state: State) -> StateLoan {
        StateLoan(Box::new(Lent { state, out: Emissions::default() }))
    }

    pub(crate) fn lent(&mut self) -> &mut Lent {
        &mut self.0
    }

    /// Where it lies; tells this loan from that of another core and is used for nothing else.
    pub(crate) fn place(&self) -> *const Lent {
        &raw const *self.0
    }

    /// What the running step's calls emitted.
    #[must_use]
    pub fn emissions(&self) -> &Emissions {
        &self.0.out
    }

    /// Takes one intent, see [`Emissions::emit`].
    ///
    /// # Errors
    /// As there.
    pub fn emit(&mut self, kind: IntentKind) -> Result<IntentId, EmitError> {
        self.0.out.emit(kind)
    }

    /// Takes a schedule, see [`Emissions::emit_schedule`].
    ///
    /// # Errors
    /// As there.
    pub fn emit_schedule(&mut self, schedule: Schedule, weights: &[u16]) -> Result<IntentId, EmitError> {
        self.0.out.emit_schedule(schedule, weights)
    }

    /// Takes a note, see [`Emissions::emit_note`].
    ///
    /// # Errors
    /// As there.
    pub fn emit_note(&mut self, text: &[u8]) -> Result<IntentId, EmitError> {
        self.0.out.emit_note(text)
    }

    /// Takes an intent whose note or profile lies in `bytes`: of a record, where it was emitted before.
    ///
    /// # Errors
    /// As [`StateLoan::emit`] and its likes.
    ///
    /// # Panics
    /// When a span of the intent lies outside `bytes`.
    pub fn emit_with_bytes(&mut self, kind: IntentKind, bytes: &[u8]) -> Result<IntentId, EmitError> {
        self.0.out.emit_with_bytes(kind, bytes)
    }

    /// Where the strategy being called emits to.
    pub fn emissions_mut(&mut self) -> &mut Emissions {
        &mut self.0.out
    }
}

impl Deref for StateLoan {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0.state
    }
}
