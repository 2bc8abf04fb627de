//! Diff: in what do two recorded sessions differ?
//!
//! In: the steps of two journals, side by side. Out: decisions that differ, by strategy and intent, and inputs that differ.
//! Must never: execute anything, need the tapes, or compare by the numbers of events, which move with everything before them.

pub(crate) mod inputs;
pub(crate) mod lanes;
pub(crate) mod read;

use ringfence_core::decision::Decision;
use ringfence_journal::reader::Input;

/// Which of the two journals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

impl Side {
    pub(crate) fn other(self) -> Side {
        match self {
            Side::A => Side::B,
            Side::B => Side::A,
        }
    }
}

/// One of each journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pair<T> {
    pub(crate) a: T,
    pub(crate) b: T,
}

impl<T> Pair<T> {
    pub(crate) fn of(&self, side: Side) -> &T {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    pub(crate) fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }

    /// `own` for `side`, `other` for the other one.
    pub(crate) fn sided(side: Side, own: T, other: T) -> Pair<T> {
        match side {
            Side::A => Pair { a: own, b: other },
            Side::B => Pair { a: other, b: own },
        }
    }
}

/// A decision with its place in its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// What its step began with.
    pub(crate) input: Input,
    /// Place in the step, from 0.
    pub(crate) ordinal: usize,
    pub(crate) decision: Decision,
    /// Bytes that its spans lie in, where it has one.
    pub(crate) notes: Vec<u8>,
    /// What the decision digest covers of it.
    pub(crate) digested: Vec<u8>,
}

/// Two decisions in the same place that differ, or one with nothing in its place.
pub(crate) type Differing = Pair<Option<Placed>>;
