//! Walking: what was true after an event of a recorded session?
//!
//! In: a journal and its tapes. Out: the core as it was after any event, and what that event's step decided. Must never:
//! run a strategy's code, ask a venue, or go on behind a step that comes out other than it is recorded.
//!
//! State follows from the events and from what strategies emitted, and both are recorded ([`crate::reciting`]). What the
//! core derives from them is compared with the record at every step, tags aside.

use std::ops::ControlFlow;

use ringfence_core::decision::Effects;
use ringfence_core::event::Event;
use ringfence_core::ids::Seq;
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::Core;
use ringfence_journal::reader::JournalReader;
use ringfence_journal::wire::decision::Tags;
use ringfence_tape::Feed;

use crate::backtest::{EVENTS_PER_PROGRESS, Progress};
use crate::error::SessionError;
use crate::inputs::{Given, Inputs};
use crate::reciting::Reciting;
use crate::replay::{Difference, decision_difference};

/// A recorded session that is walked through.
#[derive(Debug)]
pub struct Walk {
    inputs: Inputs,
    core: Core,
    effects: Effects,
    event: Option<Event>,
    is_row: bool,
}

/// How a walk ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// At the event that was asked for.
    There,
    /// At the end of the journal, before that.
    End,
    /// At a step that comes out other than it is recorded; the walk is of no use any more.
    Differs(Difference),
}

impl Walk {
    /// Stands before the first event. `feed` = the tapes of the journal, with the extent that its header states.
    #[must_use]
    pub fn new(mut reader: JournalReader, feed: Feed) -> Walk {
        reader.ignore_fuel();
        let keys = ApprovalKeys::simulation(reader.header().session);
        let (inputs, core) = (Inputs::new(reader, feed), Core::new(keys));
        Walk { inputs, core, effects: Effects::new(), event: None, is_row: false }
    }

    /// Goes on to event `to`, or stays where it is behind that.
    ///
    /// # Errors
    /// [`SessionError`] for damaged journals and tapes, and when `progress` asks to stop.
    pub fn forward(
        &mut self,
        to: Seq,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Reached, SessionError> {
        while self.seq() < to {
            if self.inputs.coming()?.is_none() {
                return Ok(Reached::End);
            }
            if let Some(difference) = self.one()? {
                return Ok(Reached::Differs(difference));
            }
            if self.seq().0.is_multiple_of(EVENTS_PER_PROGRESS) {
                let now = Progress { rows: self.seq().0, time: self.core.state().time() };
                if progress(now).is_break() {
                    return Err(SessionError::Interrupted { seq: self.seq() });
                }
            }
        }
        Ok(Reached::There)
    }

    fn one(&mut self) -> Result<Option<Difference>, SessionError> {
        let event = match self.inputs.next()? {
            Given::Event(event) => event,
            Given::Differs(difference) => return Ok(Some(difference)),
        };
        let recorded = self.inputs.recorded();
        let mut reciting = Reciting::new(recorded);
        self.core.step(&event, self.inputs.blobs(), &mut reciting.obeying(), &mut self.effects);
        let difference = decision_difference(recorded, &self.effects, Tags::Ignored);
        self.event = Some(event);
        self.is_row = self.inputs.is_row();
        Ok(difference.map(|kind| Difference { seq: event.seq, kind }).or_else(|| self.inputs.other_order()))
    }

    /// Number of the last event; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.event.map_or(Seq(0), |event| event.seq)
    }

    /// The core after it.
    #[must_use]
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// The last event; `None` before the first.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        self.event.as_ref()
    }

    /// True when it is a row of a tape.
    #[must_use]
    pub fn is_row(&self) -> bool {
        self.is_row
    }

    /// What its step decided.
    #[must_use]
    pub fn effects(&self) -> &Effects {
        &self.effects
    }

    /// The journal that is read.
    #[must_use]
    pub fn reader(&self) -> &JournalReader {
        self.inputs.reader()
    }
}
