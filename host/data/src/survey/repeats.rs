//! Repeats: which rows of an instrument stand twice?
//!
//! In: its rows in the order of the file. Out: of each, whether it repeats an earlier one of its kind, and how many numbers are
//! missing before it. Must never: take two trades of one instant for the same where their source does not number them.

use super::index;
use crate::row::{Kind, Row, What};

/// Which rows of an instrument repeat an earlier one of their kind?
#[derive(Clone, Debug, Default)]
pub(crate) struct Repeats {
    what: [Option<(u64, u64, What)>; Kind::ALL.len()],
    count: [Option<u64>; Kind::ALL.len()],
}

/// What a row is by those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// It repeats the one before of its kind, or carries a number that was passed already.
    pub(crate) is_repeat: bool,
    /// Numbers that the source left out before it.
    pub(crate) missing: u64,
}

impl Repeats {
    pub(crate) fn see(&mut self, row: &Row<'_>) -> Seen {
        let kind = index(row.what.kind());
        let this = (row.time, row.venue_time, row.what);
        // A source that numbers its rows says itself what is the same; trades in one instant may well be equal.
        let seen = match (row.count, self.count[kind]) {
            // A number that was passed already: the row stands twice, or in the wrong place.
            (Some(count), Some(last)) => {
                Seen { is_repeat: count <= last, missing: count.saturating_sub(last).saturating_sub(1) }
            }
            (Some(_), None) => Seen { is_repeat: false, missing: 0 },
            (None, _) => {
                let is_repeat = !matches!(row.what, What::Trade { .. }) && self.what[kind] == Some(this);
                Seen { is_repeat, missing: 0 }
            }
        };
        self.what[kind] = Some(this);
        self.count[kind] = row.count.max(self.count[kind]);
        seen
    }
}
