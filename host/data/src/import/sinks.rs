//! Sinks: what becomes of a row in each of the readings of an import?
//!
//! In: rows in the order of the file. Out: a survey, statistics, or the rows of a tape. Must never: let a row pass in one reading
//! that another one left out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use ringfence_core::event::BookOrderAction;

use super::{Backward, Duplicates, OnGap, Wanted};
use crate::error::DataError;
use crate::row::{Bad, Kind, Row, Sink, What};
use crate::source::Meter;
use crate::statistics::Statistics;
use crate::survey::repeats::Repeats;
use crate::survey::{SYMBOLS_MAX, Survey, check};
use crate::write::Writer;

/// Ends a reading at the first row.
pub(super) struct First(pub(super) Option<u64>);

impl Sink for First {
    fn row(&mut self, row: &Row<'_>) -> Result<(), DataError> {
        self.0 = Some(row.time);
        Err(DataError::Interrupted)
    }

    fn left_out(&mut self, _: &'static str, _: u64) -> Result<(), DataError> {
        Ok(())
    }

    fn bad(&mut self, _: u64, _: Bad<'_>) -> Result<(), DataError> {
        Ok(())
    }

    fn gap(&mut self, _: &str, _: Kind, _: (u64, u64)) -> Result<(), DataError> {
        Ok(())
    }

    fn assumed(&mut self, _: &'static str) {}
}

/// Which rows pass.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) symbol: Option<String>,
    pub(super) kinds: BTreeSet<Kind>,
    pub(super) duplicates: Duplicates,
}

impl Selection {
    pub(super) fn everything() -> Selection {
        Selection { symbol: None, kinds: Kind::ALL.iter().copied().collect(), duplicates: Duplicates::Keep }
    }

    fn takes(&self, row: &Row<'_>) -> bool {
        self.symbol.as_deref().is_none_or(|symbol| symbol == row.symbol) && self.kinds.contains(&row.what.kind())
    }

    /// Whether a row that it takes is left out all the same.
    fn drops(&self, row: &Row<'_>, repeats: &mut Repeats) -> bool {
        self.duplicates == Duplicates::Drop && check(&row.what).is_ok() && repeats.see(row).is_repeat
    }
}

/// A survey of the rows that pass.
pub(super) struct Choosing<'a> {
    pub(super) survey: Survey,
    pub(super) selection: &'a Selection,
    pub(super) repeats: Repeats,
}

impl Sink for Choosing<'_> {
    fn row(&mut self, row: &Row<'_>) -> Result<(), DataError> {
        let is_taken = self.selection.takes(row) && !self.selection.drops(row, &mut self.repeats);
        if is_taken { self.survey.row(row) } else { Ok(()) }
    }

    fn left_out(&mut self, why: &'static str, place: u64) -> Result<(), DataError> {
        self.survey.left_out(why, place)
    }

    fn bad(&mut self, place: u64, what: Bad<'_>) -> Result<(), DataError> {
        self.survey.bad(place, what)
    }

    fn gap(&mut self, symbol: &str, kind: Kind, at: (u64, u64)) -> Result<(), DataError> {
        let is_chosen = self.selection.symbol.as_deref().is_none_or(|chosen| chosen == symbol);
        if is_chosen && self.selection.kinds.contains(&kind) { self.survey.gap(symbol, kind, at) } else { Ok(()) }
    }

    fn assumed(&mut self, what: &'static str) {
        Sink::assumed(&mut self.survey, what);
    }
}

/// Statistics of every instrument.
#[derive(Default)]
pub(super) struct Measuring(pub(super) BTreeMap<String, Statistics>);

impl Sink for Measuring {
    fn row(&mut self, row: &Row<'_>) -> Result<(), DataError> {
        if check(&row.what).is_err() {
            return Ok(());
        }
        if !self.0.contains_key(row.symbol) {
            if self.0.len() >= SYMBOLS_MAX {
                return Ok(());
            }
            self.0.insert(row.symbol.to_owned(), Statistics::default());
        }
        if let Some(statistics) = self.0.get_mut(row.symbol) {
            statistics.row(row);
        }
        Ok(())
    }

    fn left_out(&mut self, _: &'static str, _: u64) -> Result<(), DataError> {
        Ok(())
    }

    fn bad(&mut self, _: u64, _: Bad<'_>) -> Result<(), DataError> {
        Ok(())
    }

    fn gap(&mut self, _: &str, _: Kind, _: (u64, u64)) -> Result<(), DataError> {
        Ok(())
    }

    fn assumed(&mut self, _: &'static str) {}
}

/// Writes the rows that pass.
pub(super) struct Writing<'a> {
    pub(super) writer: Writer,
    selection: &'a Selection,
    wanted: &'a Wanted,
    repeats: Repeats,
    pub(super) duplicates: u64,
    time: u64,
    pub(super) backward: u64,
    trust: Trust,
    pub(super) feed_rows: u64,
}

/// How far the book on the tape is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// Nothing is known to be missing.
    Whole,
    /// Updates are missing.
    Lost,
    /// A snapshot that makes up for that is being written.
    Replaced,
}

impl<'a> Writing<'a> {
    pub(super) fn new(writer: Writer, selection: &'a Selection, wanted: &'a Wanted) -> Writing<'a> {
        Writing {
            writer,
            selection,
            wanted,
            repeats: Repeats::default(),
            duplicates: 0,
            time: 0,
            backward: 0,
            trust: Trust::Whole,
            feed_rows: 0,
        }
    }

    /// Says what becomes of the feed, at the place and time of what led to it.
    fn feed(&mut self, what: What, (symbol, place): (&str, u64)) -> Result<(), DataError> {
        self.feed_rows += 1;
        let row = Row { symbol, time: self.time, venue_time: 0, what, count: None, place };
        self.writer.row(&row, self.time)
    }

    /// Follows a row of the book that was written: the first snapshot behind a gap makes it whole.
    fn trust(&mut self, row: &Row<'_>) -> Result<(), DataError> {
        let (is_clear, is_last) = match row.what {
            What::Clear { is_last } => (true, is_last),
            What::Level { is_last, .. } => (false, is_last),
            What::Order { action, is_last, .. } => (action == BookOrderAction::Clear, is_last),
            What::Trade { .. }
            | What::Quote { .. }
            | What::Bar { .. }
            | What::Mark(_)
            | What::Funding(..)
            | What::Status(_)
            | What::Stale
            | What::Recovered => return Ok(()),
        };
        if is_clear && self.trust == Trust::Lost {
            self.trust = Trust::Replaced;
        }
        if is_last && self.trust == Trust::Replaced {
            self.trust = Trust::Whole;
            self.feed(What::Recovered, (row.symbol, row.place))?;
        }
        Ok(())
    }
}

impl Sink for Writing<'_> {
    fn row(&mut self, row: &Row<'_>) -> Result<(), DataError> {
        if !self.selection.takes(row) || check(&row.what).is_err() {
            return Ok(());
        }
        if self.selection.drops(row, &mut self.repeats) {
            self.duplicates += 1;
            return Ok(());
        }
        let is_backward = row.time < self.time;
        self.backward += u64::from(is_backward);
        if is_backward && self.wanted.backward == Backward::Drop {
            return Ok(());
        }
        self.time = self.time.max(row.time);
        self.writer.row(row, self.time)?;
        if self.trust == Trust::Whole { Ok(()) } else { self.trust(row) }
    }

    fn left_out(&mut self, _: &'static str, _: u64) -> Result<(), DataError> {
        Ok(())
    }

    fn bad(&mut self, _: u64, _: Bad<'_>) -> Result<(), DataError> {
        Ok(())
    }

    fn gap(&mut self, symbol: &str, kind: Kind, (place, time): (u64, u64)) -> Result<(), DataError> {
        let is_chosen = self.selection.symbol.as_deref().is_none_or(|chosen| chosen == symbol);
        let is_meant = is_chosen && kind == Kind::Depth && self.selection.kinds.contains(&kind);
        if !is_meant || self.wanted.on_gap == OnGap::Report || self.trust == Trust::Lost {
            return Ok(());
        }
        self.trust = Trust::Lost;
        self.time = self.time.max(time);
        self.feed(What::Stale, (symbol, place))
    }

    fn assumed(&mut self, _: &'static str) {}
}

/// Looks at the watch now and then.
pub(super) struct Watched<'a, 'b> {
    pub(super) sink: &'a mut dyn Sink,
    pub(super) watch: &'a mut (dyn FnMut(u64) -> ControlFlow<()> + 'b),
    pub(super) meter: Meter,
    pub(super) calls: u64,
    /// The file, where there are several.
    pub(super) file: Option<String>,
}

impl Watched<'_, '_> {
    fn look(&mut self) -> Result<(), DataError> {
        self.calls += 1;
        if self.calls.is_multiple_of(CALLS_PER_LOOK) && (self.watch)(self.meter.bytes()).is_break() {
            return Err(DataError::Interrupted);
        }
        Ok(())
    }
}

impl Sink for Watched<'_, '_> {
    fn row(&mut self, row: &Row<'_>) -> Result<(), DataError> {
        self.look()?;
        self.sink.row(row)
    }

    fn left_out(&mut self, why: &'static str, place: u64) -> Result<(), DataError> {
        self.look()?;
        self.sink.left_out(why, place)
    }

    fn bad(&mut self, place: u64, what: Bad<'_>) -> Result<(), DataError> {
        self.look()?;
        match &self.file {
            Some(file) => self.sink.bad(place, Bad { column: &format!("{file}: {}", what.column), ..what }),
            None => self.sink.bad(place, what),
        }
    }

    fn gap(&mut self, symbol: &str, kind: Kind, at: (u64, u64)) -> Result<(), DataError> {
        self.sink.gap(symbol, kind, at)
    }

    fn assumed(&mut self, what: &'static str) {
        self.sink.assumed(what);
    }
}

/// Rows and messages between two looks at the watch.
const CALLS_PER_LOOK: u64 = 1_024;
