//! Lives: what was decided about an intent, and what became of its order?
//!
//! In: the steps of a journal, the intents that are asked for. Out: each one's decisions and events in order. Must never:
//! keep what nobody asked for, or more than [`MOMENTS_MAX`] moments of an intent.

use std::collections::BTreeMap;

use ringfence_core::decision::{Decision, DecisionKind};
use ringfence_core::event::Event;
use ringfence_core::ids::{IntentId, LegKey, Seq, StrategyId, TimeNs};
use ringfence_core::intent::{Action, IntentKind};
use ringfence_core::money::Price;
use ringfence_journal::reader::{Input, Step};

/// Most moments of one intent.
pub(crate) const MOMENTS_MAX: usize = 256;

/// An intent by its strategy and number.
pub(crate) type IntentKey = (StrategyId, IntentId);

/// Something that happened to an intent or its order.
#[derive(Clone, Debug)]
pub(crate) enum Moment {
    /// Decided in the step of this event; `row` = it was a row of a tape.
    Decided { seq: Seq, time: Option<TimeNs>, decision: Decision, note: Vec<u8> },
    /// An event about the order.
    Happened(Box<Event>),
}

/// One intent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
    pub(crate) moments: Vec<Moment>,
    /// Moments that are left out.
    pub(crate) left_out: u64,
    /// Price that Risk valued it at.
    pub(crate) reference: Option<Price>,
}

/// The lives that are asked for.
#[derive(Debug)]
pub(crate) struct Lives {
    pub(crate) of: BTreeMap<IntentKey, Life>,
    /// Cancels and amends of theirs, by the intent that they are about.
    about: BTreeMap<IntentKey, IntentKey>,
}

impl Lives {
    pub(crate) fn new(intents: impl IntoIterator<Item = IntentKey>) -> Lives {
        Lives { of: intents.into_iter().map(|key| (key, Life::default())).collect(), about: BTreeMap::new() }
    }

    /// Takes what a step has of them.
    pub(crate) fn step(&mut self, step: &Step) {
        let (seq, time) = match &step.input {
            Input::Event(event) => {
                self.event(event);
                (event.seq, Some(event.time))
            }
            Input::TapeRows { .. } | Input::Unknown { .. } => (step.input.last_seq(), None),
        };
        for decision in &step.decisions {
            let Some(key) = self.owner(decision) else { continue };
            let note = note_of(decision, &step.notes);
            let life = self.of.entry(key).or_default();
            if let DecisionKind::Normalised(result) = &decision.kind
                && let Action::Submit(terms) = &result.action
            {
                life.reference = Some(terms.reference);
            }
            life.add(Moment::Decided { seq, time, decision: *decision, note });
        }
    }

    fn event(&mut self, event: &Event) {
        let Some(key) = event.kind.order() else { return };
        if let Some(life) = self.of.get_mut(&intent(key)) {
            life.add(Moment::Happened(Box::new(*event)));
        }
    }

    /// Whose moment a decision is: of its own intent, or of the one that it cancels or amends.
    fn owner(&mut self, decision: &Decision) -> Option<IntentKey> {
        let own = intent(decision.key);
        if self.of.contains_key(&own) {
            return Some(own);
        }
        let named = match &decision.kind {
            DecisionKind::Emitted(IntentKind::Cancel(order)) => Some((own.0, *order)),
            DecisionKind::Emitted(IntentKind::Amend(amend)) => Some((own.0, amend.order)),
            DecisionKind::Normalised(result) => match &result.action {
                Action::Cancel(terms) => Some(intent(terms.order)),
                Action::Amend(terms) => Some(intent(terms.order)),
                Action::Submit(_) => None,
            },
            DecisionKind::Emitted(_)
            | DecisionKind::Malformed(_)
            | DecisionKind::Denied(_)
            | DecisionKind::Allowed(_)
            | DecisionKind::Queued
            | DecisionKind::Superseded(_)
            | DecisionKind::Withdrawn(_)
            | DecisionKind::ApprovalExpired(_)
            | DecisionKind::Dispatched(..)
            | DecisionKind::Refused(_)
            | DecisionKind::Halted(_)
            | DecisionKind::Anomaly(_)
            | DecisionKind::Scheduled(_)
            | DecisionKind::Ended(_)
            | DecisionKind::Tied(_)
            | DecisionKind::Held(_)
            | DecisionKind::Released(_)
            | DecisionKind::Dropped(_) => None,
        };
        if let Some(about) = named.filter(|about| self.of.contains_key(about)) {
            self.about.insert(own, about);
        }
        self.about.get(&own).copied()
    }
}

impl Life {
    fn add(&mut self, moment: Moment) {
        if self.moments.len() < MOMENTS_MAX { self.moments.push(moment) } else { self.left_out += 1 }
    }
}

/// The bytes that a decision's spans lie in, where it has one.
fn note_of(decision: &Decision, notes: &[u8]) -> Vec<u8> {
    let has_span = matches!(decision.kind, DecisionKind::Emitted(IntentKind::Note(_) | IntentKind::Schedule(_)));
    if has_span { notes.to_vec() } else { Vec::new() }
}

/// The intent of a leg.
pub(crate) fn intent(key: LegKey) -> IntentKey {
    (key.strategy, key.intent)
}
