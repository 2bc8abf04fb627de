//! Rates: how much may a strategy say in a second of event time?
//!
//! In: what the configuration says. Out: the most intents, notes and wake-ups of one second. Must never: be without a limit:
//! what one event may cause is bounded by the call, and what many events may cause by this.

use crate::canonical::{Read, Reader, Writer};
use crate::strategy::EMITS_MAX;

/// Most that a strategy may emit in one second of event time. A second begins with the first intent that is counted in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmitRates {
    /// Intents of every kind, at least 1.
    pub intents_per_s: u32,
    /// Notes among them, what is printed included; at least 1.
    pub notes_per_s: u32,
    /// Wake-ups asked for among them, at least 1.
    pub wakes_per_s: u32,
}

impl Default for EmitRates {
    fn default() -> EmitRates {
        EmitRates::USUAL
    }
}

impl EmitRates {
    /// Far above what a strategy wants that quotes every change of a busy book, and half a megabyte of notes.
    pub const USUAL: EmitRates = EmitRates { intents_per_s: 10_000, notes_per_s: 1_000, wakes_per_s: 1_000 };

    /// True when a call may emit all that a call may, once a second: with less, no events are shown ahead.
    #[must_use]
    pub fn allow_whole_calls(self) -> bool {
        self.intents_per_s.min(self.notes_per_s).min(self.wakes_per_s) as usize >= EMITS_MAX
    }

    pub(super) fn put(&self, w: &mut Writer) {
        w.u32(self.intents_per_s);
        w.u32(self.notes_per_s);
        w.u32(self.wakes_per_s);
    }

    /// The usual rates have no bytes, so that nothing can be said in two ways.
    pub(super) fn take(r: &mut Reader<'_>) -> Read<EmitRates> {
        let rates = EmitRates { intents_per_s: r.u32()?, notes_per_s: r.u32()?, wakes_per_s: r.u32()? };
        let is_zero = [rates.intents_per_s, rates.notes_per_s, rates.wakes_per_s].contains(&0);
        if is_zero || rates == EmitRates::USUAL { Err(r.invalid("rates of intents")) } else { Ok(rates) }
    }
}
