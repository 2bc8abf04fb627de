//! Step: what did one input lead to?
//!
//! In: what the reader found between two inputs. Out: one value in buffers that are used again. Must never: hold anything
//! of another step.

use ringfence_core::decision::{Decision, DecisionKind};
use ringfence_core::event::Event;
use ringfence_core::ids::{BlobId, Seq};

use crate::wire::decision::{Tags, same_decision};
use crate::wire::marks::HaltedCall;

/// What a step began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Rows of the merged tapes: events `first_seq` to `first_seq + rows - 1`. Decisions of the step belong to the last
    /// row; the rows before it had none. Rows per tape are in [`Step::rows_per_tape`].
    TapeRows {
        /// Number of the first row.
        first_seq: Seq,
        /// How many rows, above 0.
        rows: u64,
    },
    /// A recorded event.
    Event(Event),
    /// An event of a kind or version that this build does not know.
    Unknown {
        /// Its number in the stream.
        seq: Seq,
        /// Record type.
        number: u16,
        /// Record version.
        version: u8,
    },
}

impl Input {
    /// Number of the event that the step's decisions belong to.
    #[must_use]
    pub const fn last_seq(&self) -> Seq {
        match self {
            Input::TapeRows { first_seq, rows } => Seq(first_seq.0 + *rows - 1),
            Input::Event(event) => event.seq,
            Input::Unknown { seq, .. } => *seq,
        }
    }
}

/// One step, in buffers that are used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What came in.
    pub input: Input,
    /// Rows of each tape where the input is tape rows, in the order of the header; empty otherwise.
    pub rows_per_tape: Vec<u64>,
    /// Blobs that stand before the input: they are appended to the blob table before it is stepped.
    pub blobs: Vec<(BlobId, Vec<u8>)>,
    /// Decisions in order of their ordinal; a note's span lies in `notes`.
    pub decisions: Vec<Decision>,
    /// Bytes of notes.
    pub notes: Vec<u8>,
    /// One for each halt among the decisions that depends on engine or machine, in the same order.
    pub halted_calls: Vec<HaltedCall>,
    /// Decisions of a kind or version that this build does not know; they are not in `decisions`.
    pub unknown_decisions: u32,
}

impl Default for Step {
    fn default() -> Step {
        Step::new()
    }
}

impl Step {
    /// Empty buffers.
    #[must_use]
    pub const fn new() -> Step {
        Step {
            input: Input::TapeRows { first_seq: Seq(1), rows: 1 },
            rows_per_tape: Vec::new(),
            blobs: Vec::new(),
            decisions: Vec::new(),
            notes: Vec::new(),
            halted_calls: Vec::new(),
            unknown_decisions: 0,
        }
    }

    /// Ordinal of the first decision that differs from what a re-execution decided; `None` when all are the same.
    #[must_use]
    pub fn first_difference(&self, decisions: &[Decision], notes: &[u8], tags: Tags) -> Option<usize> {
        let pairs = self.decisions.iter().zip(decisions);
        let differs = |(left, right)| !same_decision((left, &self.notes), (right, notes), tags);
        let different = pairs.map(differs).position(|differs| differs);
        let shorter = self.decisions.len().min(decisions.len());
        different.or((self.decisions.len() != decisions.len() || self.unknown_decisions > 0).then_some(shorter))
    }

    /// Every halt of engine or machine has its call, and no other halt has one.
    pub(super) fn names_halted_calls(&self) -> bool {
        let halted = self.decisions.iter().filter_map(|decision| {
            let DecisionKind::Halted(halt) = decision.kind else { return None };
            (!halt.code.is_reproducible()).then_some(decision.key.strategy)
        });
        self.unknown_decisions > 0 || halted.eq(self.halted_calls.iter().map(|halted| halted.strategy))
    }

    pub(super) fn clear(&mut self) {
        self.rows_per_tape.clear();
        self.blobs.clear();
        self.decisions.clear();
        self.notes.clear();
        self.halted_calls.clear();
        self.unknown_decisions = 0;
    }
}
