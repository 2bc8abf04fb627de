//! Inputs: which event comes next in a recorded session, and what is recorded of its step?
//!
//! In: a journal and its tapes. Out: events one by one, rows of tapes among them, each with what its step decided. Must
//! never: step anything, or read further than the event that is asked for.

use ringfence_core::blob::BlobTable;
use ringfence_core::event::Event;
use ringfence_core::ids::{BlobId, Seq, TimeNs};
use ringfence_journal::codes::JournalError;
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_tape::{Feed, TapeError};

use crate::error::SessionError;
use crate::replay::{Difference, DifferenceKind};

/// What comes next.
#[derive(Debug)]
pub(crate) enum Given {
    /// This event.
    Event(Event),
    /// Nothing that can be stepped.
    Differs(Difference),
}

/// The inputs of a session, in order.
#[derive(Debug)]
pub(crate) struct Inputs {
    reader: JournalReader,
    /// What the events given so far have named.
    blobs: BlobTable,
    rows: Rows,
    step: Step,
    /// What is recorded of a row that is not the last of its span.
    nothing: Step,
    /// Events of `step` that were given.
    given: u64,
    /// Events that it has; 0 before the first step.
    events: u64,
    /// Rows given of it, by tape.
    per_tape: Vec<u64>,
    time: TimeNs,
}

impl Inputs {
    pub(crate) fn new(reader: JournalReader, feed: Feed) -> Inputs {
        Inputs {
            reader,
            blobs: BlobTable::new(),
            rows: Rows { feed, block: Vec::new(), tapes: Vec::new(), at: 0 },
            step: Step::new(),
            nothing: Step::new(),
            given: 0,
            events: 0,
            per_tape: Vec::new(),
            time: TimeNs(0),
        }
    }

    pub(crate) fn reader(&self) -> &JournalReader {
        &self.reader
    }

    pub(crate) fn next_fuel(&mut self) -> Option<u64> {
        self.reader.next_fuel()
    }

    pub(crate) fn blobs(&self) -> &BlobTable {
        &self.blobs
    }

    pub(crate) fn into_blobs(self) -> BlobTable {
        self.blobs
    }

    /// Lets go of bytes that nobody will ask for again.
    pub(crate) fn retire(&mut self, id: BlobId) {
        self.blobs.retire(id);
    }

    /// Number of the event that comes next; `None` at the end of the journal.
    #[inline]
    pub(crate) fn coming(&mut self) -> Result<Option<Seq>, JournalError> {
        if self.given == self.events && !self.load()? {
            return Ok(None);
        }
        Ok(Some(Seq(self.first().0 + self.given)))
    }

    /// The event that comes next; [`Inputs::coming`] has said that there is one.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Given, SessionError> {
        let seq = Seq(self.first().0 + self.given);
        self.given += 1;
        let differs = |kind| Ok(Given::Differs(Difference { seq, kind }));
        let event = match self.step.input {
            Input::Unknown { number, .. } => return differs(DifferenceKind::Unknown(number)),
            Input::Event(event) => event,
            Input::TapeRows { .. } => match self.rows.next()? {
                None => return differs(DifferenceKind::TapeShort),
                Some((row, tape)) => {
                    self.per_tape[tape as usize] += 1;
                    Event { seq, ..row }
                }
            },
        };
        if event.time < self.time {
            return differs(DifferenceKind::TimeBack);
        }
        self.time = event.time;
        Ok(Given::Event(event))
    }

    /// What is recorded of the step of the event that was given last.
    pub(crate) fn recorded(&self) -> &Step {
        if self.given == self.events { &self.step } else { &self.nothing }
    }

    /// True when the event that was given last is a row of a tape.
    pub(crate) fn is_row(&self) -> bool {
        matches!(self.step.input, Input::TapeRows { .. })
    }

    /// What is wrong with a span of rows whose last one was given.
    #[inline]
    pub(crate) fn other_order(&self) -> Option<Difference> {
        let is_other = self.given == self.events && self.is_row() && self.per_tape != self.step.rows_per_tape;
        is_other.then(|| Difference { seq: self.step.input.last_seq(), kind: DifferenceKind::TapeOrder })
    }

    fn first(&self) -> Seq {
        match &self.step.input {
            Input::TapeRows { first_seq, .. } => *first_seq,
            Input::Event(event) => event.seq,
            Input::Unknown { seq, .. } => *seq,
        }
    }

    fn load(&mut self) -> Result<bool, JournalError> {
        let is_step = self.reader.next_step(&mut self.step)?;
        // Behind the last step there may be blobs whose event the disk never had; whoever goes on counts on from them.
        for (_, bytes) in &self.step.blobs {
            self.blobs.append(bytes);
        }
        if !is_step {
            return Ok(false);
        }
        self.given = 0;
        self.events = self.step.input.last_seq().0 - self.first().0 + 1;
        self.per_tape.clear();
        self.per_tape.resize(self.step.rows_per_tape.len(), 0);
        Ok(true)
    }
}

/// Rows of the feed, one by one.
#[derive(Debug)]
struct Rows {
    feed: Feed,
    block: Vec<Event>,
    tapes: Vec<u32>,
    at: usize,
}

impl Rows {
    #[inline]
    fn next(&mut self) -> Result<Option<(Event, u32)>, TapeError> {
        if self.at == self.block.len() && !self.load()? {
            return Ok(None);
        }
        let row = (self.block[self.at], self.tapes[self.at]);
        self.at += 1;
        Ok(Some(row))
    }

    fn load(&mut self) -> Result<bool, TapeError> {
        let Some(block) = self.feed.next_block()? else { return Ok(false) };
        self.block.clear();
        self.block.extend_from_slice(block.events);
        self.tapes.clear();
        self.tapes.extend_from_slice(block.tape_of);
        self.at = 0;
        Ok(true)
    }
}
