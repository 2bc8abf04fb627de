//! Reading: two journals at once, the one that is behind first.
//!
//! In: two open journals. Out: what was found about each strategy and about the inputs. Must never: hold a journal, or read
//! one further ahead of the other than it must.

use std::collections::BTreeMap;

use ringfence_core::canonical::Writer;
use ringfence_core::decision::{Decision, DecisionKind};
use ringfence_core::event::EventKind;
use ringfence_core::ids::{Seq, StrategyId};
use ringfence_core::intent::IntentKind;
use ringfence_journal::codes::JournalError;
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_journal::wire::decision::put_for_digest;

use super::inputs::{Sequence, Sort, Told, sort};
use super::lanes::Lane;
use super::{Differing, Pair, Placed, Side};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) lanes: BTreeMap<StrategyId, Lane>,
    /// What came from outside.
    pub(crate) outside: Sequence,
    /// What venues said.
    pub(crate) venue: Sequence,
    /// Rows of tapes.
    pub(crate) rows: Pair<u64>,
    pub(crate) decisions: Pair<u64>,
    /// Records that this release does not know.
    pub(crate) unknown: Pair<u64>,
    ended: Pair<bool>,
}

/// Why two journals could not be compared.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// A journal could not be read.
    Journal(Side, JournalError),
    /// The two are too far apart for this strategy; `None` = for their events.
    TooFarApart(Option<StrategyId>),
}

/// One journal while it is read.
struct Source {
    reader: JournalReader,
    step: Step,
    is_open: bool,
    /// Its first configuration was read: that one is compared key by key.
    is_configured: bool,
    /// Nothing but the opening was read: what is attached there is compared as components.
    is_opening: bool,
}

impl Source {
    fn new(mut reader: JournalReader) -> Source {
        reader.ignore_fuel();
        Source { reader, step: Step::new(), is_open: true, is_configured: false, is_opening: true }
    }
}

/// Reads both to their ends. `only` = the one strategy that is compared; differing decisions are told as they are found.
pub(crate) fn compare(
    readers: Pair<JournalReader>,
    only: Option<StrategyId>,
    found: &mut dyn FnMut(Differing),
) -> Result<Found, Stopped> {
    let mut sources = Pair { a: Source::new(readers.a), b: Source::new(readers.b) };
    let mut state = Found::default();
    while sources.a.is_open || sources.b.is_open {
        let side = state.behind(&sources);
        let source = sources.of_mut(side);
        source.is_open = source.reader.next_step(&mut source.step).map_err(|error| Stopped::Journal(side, error))?;
        if source.is_open {
            state.step(side, source, (only, found))?;
        } else {
            *state.unknown.of_mut(side) = source.reader.unknown_records();
            *state.ended.of_mut(side) = true;
            state.lanes.values_mut().for_each(|lane| lane.end(side, found));
        }
    }
    state.outside.end();
    state.venue.end();
    Ok(state)
}

impl Found {
    /// Whose step comes next: of the journal with less that waits, then of that with fewer decisions.
    fn behind(&self, sources: &Pair<Source>) -> Side {
        let waiting = |side| self.lanes.values().map(|lane| lane.waiting(side)).sum::<usize>();
        let a = (waiting(Side::A), self.decisions.a);
        let b = (waiting(Side::B), self.decisions.b);
        match (sources.a.is_open, sources.b.is_open) {
            (true, false) => Side::A,
            (false, true) => Side::B,
            (true, true) | (false, false) => {
                if a <= b {
                    Side::A
                } else {
                    Side::B
                }
            }
        }
    }

    fn step(
        &mut self,
        side: Side,
        source: &mut Source,
        (only, found): (Option<StrategyId>, &mut dyn FnMut(Differing)),
    ) -> Result<(), Stopped> {
        let step = &source.step;
        match &step.input {
            Input::TapeRows { rows, .. } => *self.rows.of_mut(side) += rows,
            Input::Event(event) => {
                let is_first = matches!(event.kind, EventKind::ConfigChanged(_)) && !source.is_configured;
                source.is_configured |= is_first;
                let is_attached = matches!(event.kind, EventKind::StrategyAttached(..)) && source.is_opening;
                let opens = is_first || is_attached || matches!(event.kind, EventKind::SessionOpened(..));
                source.is_opening &= opens;
                let told = || Told::new(event, &step.blobs);
                let sequence = match sort(&event.kind).filter(|_| !opens) {
                    Some(Sort::Outside) => Some(&mut self.outside),
                    Some(Sort::Venue) => Some(&mut self.venue),
                    None => None,
                };
                if sequence.is_some_and(|sequence| !sequence.take((side, told()))) {
                    return Err(Stopped::TooFarApart(None));
                }
            }
            Input::Unknown { .. } => {}
        }
        for (ordinal, decision) in step.decisions.iter().enumerate() {
            let strategy = decision.key.strategy;
            if only.is_some_and(|only| only != strategy) {
                continue;
            }
            *self.decisions.of_mut(side) += 1;
            let lane = self.lanes.entry(strategy).or_insert_with(|| Lane::new(self.ended.clone()));
            let placed = placed(step, (ordinal, decision));
            lane.take((side, placed), found).map_err(|_far| Stopped::TooFarApart(Some(strategy)))?;
        }
        Ok(())
    }
}

fn placed(step: &Step, (ordinal, decision): (usize, &Decision)) -> Placed {
    let mut digested = Writer::new();
    put_for_digest(&mut digested, decision, &step.notes);
    let has_span = matches!(decision.kind, DecisionKind::Emitted(IntentKind::Note(_) | IntentKind::Schedule(_)));
    let notes = if has_span { step.notes.clone() } else { Vec::new() };
    Placed { input: step.input, ordinal, decision: *decision, notes, digested: digested.into_bytes() }
}

impl Placed {
    pub(crate) fn seq(&self) -> Seq {
        self.input.last_seq()
    }
}
