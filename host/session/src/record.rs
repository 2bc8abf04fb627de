//! Recording: digests of every run, and a journal where one is wanted.
//!
//! In: steps in order. Out: digests; the journal's bytes. Must never: change what a step decided, or cost more than a few
//! nanoseconds for a row that led to nothing.

use ringfence_core::blob::{BlobTable, Sha256Hash, sha256};
use ringfence_core::decision::Effects;
use ringfence_core::event::Event;
use ringfence_core::ids::{BlobId, Seq, StrategyId};
use ringfence_journal::codes::JournalError;
use ringfence_journal::digest::{DecisionDigests, FuelDigest};
use ringfence_journal::wire::marks::{HaltedCall, Seal};

use crate::scribe::Scribe;

/// Digests of a whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// State at the end.
    pub state: Sha256Hash,
    /// All decisions.
    pub decisions: Sha256Hash,
    /// Fuel of every call.
    pub fuel: Sha256Hash,
    /// Each strategy's decisions, by ascending id.
    pub strategies: Vec<(StrategyId, Sha256Hash)>,
}

impl Digests {
    /// One strategy's digest; that of no bytes when it decided nothing.
    #[must_use]
    pub fn of_strategy(&self, id: StrategyId) -> Sha256Hash {
        let found = self.strategies.iter().find(|(strategy, _)| *strategy == id);
        found.map_or_else(|| sha256(&[]), |(_, digest)| *digest)
    }
}

/// What a session writes down.
#[derive(Debug)]
pub(crate) struct Record {
    journal: Option<Scribe>,
    decisions: DecisionDigests,
    fuel: FuelDigest,
    blobs: usize,
}

impl Record {
    pub(crate) fn new(journal: Option<Scribe>) -> Record {
        Record { journal, decisions: DecisionDigests::new(), fuel: FuelDigest::new(), blobs: 0 }
    }

    /// Goes on recording behind what is in the journal.
    pub(crate) fn go_on(&mut self, journal: Option<Scribe>, blobs: &BlobTable) {
        self.journal = journal;
        self.blobs = blobs.len();
    }

    /// Returns once the disk has confirmed everything up to the last step.
    pub(crate) fn sync(&mut self) -> Result<(), JournalError> {
        self.journal.as_mut().map_or(Ok(()), Scribe::sync)
    }

    /// Wants the disk to confirm everything up to the last step, without waiting; the number of the wish.
    pub(crate) fn ask(&mut self) -> Result<u64, JournalError> {
        self.journal.as_mut().map_or(Ok(0), Scribe::ask)
    }

    /// The last wish that is fulfilled.
    pub(crate) fn confirmed(&mut self) -> Result<u64, JournalError> {
        self.journal.as_mut().map_or(Ok(0), Scribe::confirmed)
    }

    /// Records the blobs that were appended since the last time.
    pub(crate) fn blobs(&mut self, table: &BlobTable) -> Result<(), JournalError> {
        for number in self.blobs + 1..=table.len() {
            let id = BlobId(u32::try_from(number).expect("blob ids are u32"));
            let bytes = table.bytes(id).expect("ids count from 1 to the length");
            if let Some(journal) = &mut self.journal {
                journal.blob(id, bytes)?;
            }
        }
        self.blobs = table.len();
        Ok(())
    }

    /// Keeps a component that comes in the course of the session beside the journal.
    pub(crate) fn component(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.component(bytes))
    }

    /// The next step is that of a tape's row.
    pub(crate) fn row(&mut self, seq: Seq, tape: u32) {
        if let Some(journal) = &mut self.journal {
            journal.row(seq, tape as usize);
        }
    }

    /// The next step is that of any other event.
    pub(crate) fn event(&mut self, event: &Event) {
        if let Some(journal) = &mut self.journal {
            journal.event(event);
        }
    }

    /// Ends the step: what was decided, what its calls cost.
    #[inline]
    pub(crate) fn effects(&mut self, effects: &Effects) -> Result<(), JournalError> {
        self.fuel.add(&effects.fuel);
        if !effects.decisions.is_empty() {
            self.decided(effects);
        }
        self.journal.as_mut().map_or(Ok(()), |journal| journal.effects(effects))
    }

    /// Ends a step that called nobody and decided nothing.
    #[inline]
    pub(crate) fn nothing(&mut self) -> Result<(), JournalError> {
        self.journal.as_mut().map_or(Ok(()), Scribe::nothing)
    }

    #[inline(never)]
    fn decided(&mut self, effects: &Effects) {
        self.decisions.add(&effects.decisions, &effects.notes);
    }

    /// Ends the record; the journal, where there is one, is sealed with the digests.
    pub(crate) fn seal(self, state: Sha256Hash) -> Result<Digests, JournalError> {
        let digests = Digests {
            state,
            decisions: self.decisions.run(),
            fuel: self.fuel.finish(),
            strategies: self.decisions.strategies(),
        };
        if let Some(journal) = self.journal {
            journal.seal(&Seal {
                state: digests.state,
                decisions: digests.decisions,
                fuel: digests.fuel,
                strategies: digests.strategies.clone(),
            })?;
        }
        Ok(digests)
    }
}

/// Which calls were ended by a halt that does not reproduce: the last one of each halted strategy.
pub(crate) fn halted_calls(effects: &Effects) -> impl Iterator<Item = HaltedCall> {
    let halts = effects.halts.iter().filter(|(_, halt)| !halt.code.is_reproducible());
    halts.map(|(strategy, _)| {
        let calls = effects.called.iter().filter(|called| *called == strategy).count();
        let last = calls.checked_sub(1).expect("a halt that does not reproduce ends a call");
        HaltedCall { strategy: *strategy, call: u32::try_from(last).expect("calls of a step are few") }
    })
}
