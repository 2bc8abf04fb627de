//! Looking: what was true at a position of a recorded session?
//!
//! In: a session that is walked through. Out: its State as sections, for text and JSON. Must never: execute a strategy, or
//! show something in one of the two forms alone.

pub(crate) mod commands;
mod projection;
pub(crate) mod sheet;
mod state;

pub(crate) use state::{mark, order};

use ringfence_core::decision::{Decision, DecisionKind};
use ringfence_core::ids::{InstrumentId, StrategyId};
use ringfence_session::walk::Walk;
use serde_json::{Map, Value as Json};

use crate::render::{Fields, Renderer};
use sheet::Section;

/// The instrument that a decision names, where it is the one that does.
fn instrument(decision: &Decision) -> Option<InstrumentId> {
    if let DecisionKind::Normalised(result) = &decision.kind { Some(result.action.instrument()) } else { None }
}

/// Shows positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looker<'a> {
    pub(crate) renderer: Renderer<'a>,
    /// Whose projection is shown beside State.
    pub(crate) strategy: Option<StrategyId>,
}

impl Looker<'_> {
    /// The last event and what its step decided.
    pub(crate) fn step(&self, walk: &Walk) -> (Fields, Vec<Fields>) {
        let Some(event) = walk.event() else { return (Fields::new(), Vec::new()) };
        let shown = self.renderer.event(event).with("row", walk.is_row());
        let effects = walk.effects();
        let one = |(ordinal, decision): (usize, &Decision)| {
            let of = effects.decisions.iter().filter(|other| other.key == decision.key).find_map(instrument);
            self.renderer.decision((event.seq, ordinal), decision, (&effects.notes, of))
        };
        (shown, effects.decisions.iter().enumerate().map(one).collect())
    }

    /// Everything that is true now.
    pub(crate) fn sections(&self, walk: &Walk) -> Vec<Section> {
        let mut sections = state::sections(&self.renderer, walk.core());
        if let Some(strategy) = self.strategy {
            sections.extend(projection::sections(&self.renderer, walk.core().state(), strategy));
        }
        sections
    }

    /// One position as an object; `passed` = steps on the way to it.
    pub(crate) fn json(&self, walk: &Walk, passed: Vec<Json>) -> Json {
        let (event, decisions) = self.step(walk);
        let mut object = Map::new();
        object.insert("seq".to_owned(), walk.seq().0.into());
        if !passed.is_empty() {
            object.insert("passed".to_owned(), passed.into());
        }
        object.insert("event".to_owned(), event.json());
        object.insert("decisions".to_owned(), decisions.into_iter().map(Fields::json).collect());
        for section in self.sections(walk) {
            object.insert(section.name.replace(' ', "_"), section.json());
        }
        Json::Object(object)
    }

    /// A step on the way as an object.
    pub(crate) fn passed_json(&self, walk: &Walk) -> Json {
        let (event, decisions) = self.step(walk);
        let decisions: Vec<Json> = decisions.into_iter().map(Fields::json).collect();
        let mut object = Map::new();
        object.insert("event".to_owned(), event.json());
        object.insert("decisions".to_owned(), decisions.into());
        Json::Object(object)
    }

    /// A step on the way as lines.
    pub(crate) fn passed_lines(&self, walk: &Walk) -> Vec<String> {
        let (event, decisions) = self.step(walk);
        let mut lines = vec![format!("event     {}", event.text())];
        lines.extend(decisions.iter().map(|decision| format!("decision  {}", decision.text())));
        lines
    }

    /// One position as lines.
    pub(crate) fn lines(&self, walk: &Walk) -> Vec<String> {
        let mut lines = self.passed_lines(walk);
        for section in self.sections(walk) {
            lines.push(String::new());
            lines.push(section.to_string());
        }
        lines
    }
}
