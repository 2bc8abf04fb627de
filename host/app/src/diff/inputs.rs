//! Inputs: do two sessions have the same events, apart from what their own decisions led to?
//!
//! In: the recorded events of two journals, in order. Out: how many of each sort there are, and the first that differ. Must
//! never: compare numbers or causes of events, or ids of bytes.

use std::collections::VecDeque;

use ringfence_core::blob::{Sha256Hash, sha256};
use ringfence_core::event::{Cause, Event, EventKind};
use ringfence_core::ids::{BlobId, Seq};

use super::{Pair, Side};

/// Most events that wait for the other journal.
const WAITING_MAX: usize = 1 << 16;

/// Which sort of input an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// What came from outside: markets, operators, configuration.
    Outside,
    /// What venues said.
    Venue,
}

/// The sort of an event; `None` = it follows from the opening or from what was decided.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other kind comes from outside")]
pub(crate) fn sort(kind: &EventKind) -> Option<Sort> {
    match kind {
        EventKind::SessionOpened(..)
        | EventKind::SessionClosed
        | EventKind::StrategyHalted(..)
        | EventKind::TimeAdvanced => None,
        kind if (100..200).contains(&kind.number()) => Some(Sort::Venue),
        _ => Some(Sort::Outside),
    }
}

/// An event and the bytes it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) event: Event,
    named: Vec<Sha256Hash>,
}

impl Told {
    pub(crate) fn new(event: &Event, blobs: &[(BlobId, Vec<u8>)]) -> Told {
        Told { event: *event, named: blobs.iter().map(|(_, bytes)| sha256(bytes)).collect() }
    }

    fn says_the_same(&self, other: &Told) -> bool {
        self.named == other.named && bare(&self.event) == bare(&other.event)
    }
}

/// An event without what is of its journal alone.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other kind names bytes")]
fn bare(event: &Event) -> Event {
    let none = BlobId::default();
    let kind = match event.kind {
        EventKind::InstrumentDefined(_) => EventKind::InstrumentDefined(none),
        EventKind::ConfigChanged(_) => EventKind::ConfigChanged(none),
        EventKind::StrategyAttached(id, ..) => EventKind::StrategyAttached(id, none, none),
        EventKind::StrategySwapped(id, ..) => EventKind::StrategySwapped(id, none, none, none),
        EventKind::StrategyCheckpointed(id, _) => EventKind::StrategyCheckpointed(id, none),
        EventKind::ParametersChanged(id, _) => EventKind::ParametersChanged(id, none),
        EventKind::ExternalIntent(_) => EventKind::ExternalIntent(none),
        EventKind::OperatorCommand(_) => EventKind::OperatorCommand(none),
        EventKind::ReloadRefused(id, _) => EventKind::ReloadRefused(id, none),
        kind => kind,
    };
    Event { seq: Seq(0), cause: Cause::Outside, kind, ..*event }
}

/// Events of one sort, held against each other in order.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    pub(crate) counts: Pair<u64>,
    /// The first place at which the two differ.
    pub(crate) first: Option<Pair<Option<Told>>>,
    ahead: VecDeque<Told>,
    side: Option<Side>,
}

impl Sequence {
    /// Takes the next event of a journal; false when it is too far ahead of the other.
    pub(crate) fn take(&mut self, (side, told): (Side, Told)) -> bool {
        *self.counts.of_mut(side) += 1;
        if self.first.is_some() {
            return true;
        }
        if self.side != Some(side.other()) {
            self.side = Some(side);
            self.ahead.push_back(told);
            return self.ahead.len() <= WAITING_MAX;
        }
        let other = self.ahead.pop_front();
        self.side = if self.ahead.is_empty() { None } else { self.side };
        if other.as_ref().is_none_or(|other| !other.says_the_same(&told)) {
            self.first = Some(Pair::sided(side, Some(told), other));
            self.ahead.clear();
        }
        true
    }

    /// Both journals are read.
    pub(crate) fn end(&mut self) {
        if let (None, Some(side)) = (&self.first, self.side) {
            self.first = Some(Pair::sided(side, self.ahead.pop_front(), None));
        }
    }
}
