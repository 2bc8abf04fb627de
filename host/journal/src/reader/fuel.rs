//! Recorded fuel: what did the next call use?
//!
//! In: fuel records as their frames are read. Out: one value after another, in call order. Must never: keep what was
//! taken already.

use ringfence_core::canonical::Read;

use crate::wire::varint::take_varint;

/// What becomes of recorded fuel that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// Kept until it is asked for.
    UntilTaken,
    /// Checked and dropped.
    Nothing,
}

/// A queue of varints.
#[derive(Debug)]
pub(super) struct FuelQueue {
    varints: Vec<u8>,
    at: usize,
    keep: Keep,
}

impl FuelQueue {
    pub(super) fn new() -> FuelQueue {
        FuelQueue { varints: Vec::new(), at: 0, keep: Keep::UntilTaken }
    }

    pub(super) fn keep_nothing(&mut self) {
        self.keep = Keep::Nothing;
        self.varints = Vec::new();
        self.at = 0;
    }

    /// Takes a fuel record's payload; answers the number of calls in it.
    pub(super) fn push(&mut self, payload: &[u8]) -> Read<u64> {
        let (mut calls, mut at) = (0, 0);
        while at < payload.len() {
            take_varint(payload, &mut at)?;
            calls += 1;
        }
        if self.keep == Keep::UntilTaken {
            self.varints.drain(..self.at);
            self.at = 0;
            self.varints.extend_from_slice(payload);
        }
        Ok(calls)
    }

    pub(super) fn next(&mut self) -> Option<u64> {
        take_varint(&self.varints, &mut self.at).ok()
    }
}
