//! Findings: was an event applied, and what about it should not have happened?
//!
//! In: what State noticed while it applied one event. Out: a few anomalies, and whether the event counts as a fact: what
//! was ignored is told to no strategy. Must never: decide; a venue's fact is booked however odd it is.

use crate::decision::AnomalyCode;

/// Something that should not happen: code, and a number that helps to find it.
pub(crate) type Oddity = (AnomalyCode, i64);

/// At most this many anomalies come of one event (transition or mismatch, overfill, late fill, fee, group).
const PER_EVENT_MAX: usize = 5;

/// What applying one event found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) struct Findings {
    list: [Option<Oddity>; PER_EVENT_MAX],
    is_applied: bool,
}

impl Findings {
    /// Applied, and nothing to say.
    pub(crate) const FINE: Findings = Findings { list: [None; PER_EVENT_MAX], is_applied: true };

    /// Applied, though it should not have happened.
    pub(crate) const fn odd(code: AnomalyCode, value: i64) -> Findings {
        Findings { list: [Some((code, value)), None, None, None, None], is_applied: true }
    }

    /// Not applied: State is as it was before.
    pub(crate) const fn ignored(code: AnomalyCode, value: i64) -> Findings {
        Findings { is_applied: false, ..Findings::odd(code, value) }
    }

    /// With one more oddity; what applies says the first.
    ///
    /// # Panics
    /// When there are more than [`PER_EVENT_MAX`].
    pub(crate) fn and(mut self, oddity: Option<Oddity>) -> Findings {
        if oddity.is_some() {
            let free = self.list.iter_mut().find(|place| place.is_none()).expect("PER_EVENT_MAX covers every event");
            *free = oddity;
        }
        self
    }

    /// With the event counted as applied, whatever a part of it came to.
    pub(crate) const fn booked(mut self) -> Findings {
        self.is_applied = true;
        self
    }

    /// True where there is nothing to say.
    pub(crate) fn is_fine(&self) -> bool {
        *self == Findings::FINE
    }

    /// False where State ignored the event.
    pub(crate) const fn is_applied(&self) -> bool {
        self.is_applied
    }

    /// True when this was found.
    pub(crate) fn has(&self, code: AnomalyCode) -> bool {
        self.iter().any(|(found, _)| found == code)
    }

    /// What was found, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Oddity> {
        self.list.into_iter().flatten()
    }
}
