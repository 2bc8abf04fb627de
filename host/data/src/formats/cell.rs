//! Cells: which cell of a row is not what its column holds, and what would be?
//!
//! In: the cells of a line, the header of its file. Out: numbers and times, or the column, its value and what is allowed.
//! Must never: blame a row where a cell is at fault.

use crate::decimal::Number;
use crate::error::DataError;
use crate::row::{Bad, Sink};
use crate::time;

/// A cell that is not what its column holds, or a row with another number of columns than its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The column, from 0, and what it allows.
    Cell(usize, &'static str),
    /// Another number of columns.
    Count,
}

const NUMBER: &str = "a decimal of at most 18 digits behind the point that fits 64 bits is needed";
const WHOLE: &str = "a whole number that fits 64 bits is needed";
const NAME: &str = "the name is not UTF-8";

impl Wrong {
    /// Tells a sink of it, by the names that stand in the header.
    pub(crate) fn told(self, header: &[u8], cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Result<(), DataError> {
        match self {
            Wrong::Cell(at, why) => {
                let column = String::from_utf8_lossy(header.split(|byte| *byte == b',').nth(at).unwrap_or_default());
                let value = cells.get(at).copied().unwrap_or_default();
                sink.bad(place, Bad { column: &column, value, why })
            }
            Wrong::Count => {
                let (found, want) = (cells.len(), columns(header));
                let (value, why) = (format!("{found} columns"), format!("the header has {want}"));
                sink.bad(place, Bad { column: "row", value: value.as_bytes(), why: &why })
            }
        }
    }
}

fn columns(header: &[u8]) -> usize {
    header.split(|byte| *byte == b',').count()
}

/// As many cells as the header has columns.
pub(crate) fn counted(header: &[u8], cells: &[&[u8]]) -> Result<(), Wrong> {
    if cells.len() == columns(header) { Ok(()) } else { Err(Wrong::Count) }
}

/// A decimal.
pub(crate) fn number(cells: &[&[u8]], at: usize) -> Result<Number, Wrong> {
    Number::parse(cell(cells, at)?).ok_or(Wrong::Cell(at, NUMBER))
}

/// A whole number.
pub(crate) fn whole(cells: &[&[u8]], at: usize) -> Result<u64, Wrong> {
    time::whole(cell(cells, at)?).ok_or(Wrong::Cell(at, WHOLE))
}

/// Microseconds, as ns.
pub(crate) fn micros(cells: &[&[u8]], at: usize) -> Result<u64, Wrong> {
    let time = whole(cells, at)?.checked_mul(time::MICRO_NS);
    time.ok_or(Wrong::Cell(at, "a time in microseconds between 1970 and 2554 is needed"))
}

/// A text.
pub(crate) fn text<'a>(cells: &[&'a [u8]], at: usize) -> Result<&'a str, Wrong> {
    std::str::from_utf8(cell(cells, at)?).map_err(|_| Wrong::Cell(at, NAME))
}

/// The bytes of a cell.
pub(crate) fn cell<'a>(cells: &[&'a [u8]], at: usize) -> Result<&'a [u8], Wrong> {
    cells.get(at).copied().ok_or(Wrong::Count)
}
