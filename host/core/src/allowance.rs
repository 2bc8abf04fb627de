//! Allowance: how much more may a strategy say in this second?
//!
//! In: what it emits, and the time of the event that it reacts to. Out: whether that is taken. Must never: depend on anything
//! but event time and what was taken, so that a replay takes and refuses the same.

use crate::canonical::Writer;
use crate::config::EmitRates;
use crate::ids::TimeNs;
use crate::intent::IntentKind;
use crate::strategy::EMITS_MAX;

const SECOND_NS: u64 = 1_000_000_000;

/// What is left of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    intents: u32,
    notes: u32,
    wakes: u32,
}

impl Default for Allowance {
    fn default() -> Allowance {
        Allowance::of(EmitRates::USUAL)
    }
}

impl Allowance {
    /// What is emitted ahead of its step was seen to fit before: see [`Second::has_room_for_a_call`].
    pub(crate) const ALL: Allowance = Allowance { intents: u32::MAX, notes: u32::MAX, wakes: u32::MAX };

    const fn of(rates: EmitRates) -> Allowance {
        Allowance { intents: rates.intents_per_s, notes: rates.notes_per_s, wakes: rates.wakes_per_s }
    }

    /// Intents, notes, wake-ups.
    pub(crate) const fn parts(self) -> (u32, u32, u32) {
        (self.intents, self.notes, self.wakes)
    }

    pub(crate) const fn of_parts(intents: u32, notes: u32, wakes: u32) -> Allowance {
        Allowance { intents, notes, wakes }
    }

    /// What is left behind this intent; `None` when it is too many.
    pub(crate) fn without(self, kind: &IntentKind) -> Option<Allowance> {
        let (note, wake) = match kind {
            IntentKind::Note(_) => (1, 0),
            IntentKind::WakeAt(_) => (0, 1),
            IntentKind::Submit(_)
            | IntentKind::Cancel(_)
            | IntentKind::Amend(_)
            | IntentKind::CancelAll(_)
            | IntentKind::Flatten(_)
            | IntentKind::Schedule(_) => (0, 0),
        };
        Some(Allowance {
            intents: self.intents.checked_sub(1)?,
            notes: self.notes.checked_sub(note)?,
            wakes: self.wakes.checked_sub(wake)?,
        })
    }
}

/// The second that a strategy's intents are counted in. It changes only where one is taken.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Second {
    end: TimeNs,
    left: Allowance,
}

impl Second {
    /// What may be emitted at a time.
    #[inline]
    pub(crate) fn left(&self, now: TimeNs, rates: EmitRates) -> Allowance {
        if now >= self.end { Allowance::of(rates) } else { self.left }
    }

    /// Something was taken at a time, and this is left.
    pub(crate) fn keep(&mut self, now: TimeNs, left: Allowance) {
        if now >= self.end {
            self.end = TimeNs(now.0.saturating_add(SECOND_NS));
        }
        self.left = left;
    }

    /// True while a call can emit as much as a call may, whenever it comes, without being refused anything by these rates.
    pub(crate) fn has_room_for_a_call(&self, rates: EmitRates) -> bool {
        let has_room = |Allowance { intents, notes, wakes }| intents.min(notes).min(wakes) as usize >= EMITS_MAX;
        has_room(Allowance::of(rates)) && has_room(self.left)
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        w.u64(self.end.0);
        w.u32(self.left.intents);
        w.u32(self.left.notes);
        w.u32(self.left.wakes);
    }
}
