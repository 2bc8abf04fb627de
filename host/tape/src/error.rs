//! Faults of tapes: what is wrong with this file, where, and what would be right?
//!
//! In: what the readers found. Out: an error with file, line, column, value and what is allowed, under a stable code.
//! Must never: hold an unbounded piece of a file (values are cut to [`VALUE_BYTES_MAX`] bytes).

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::layout::{Layout, TapeLayout};
use crate::native::NativeFault;

/// Longest piece of a row quoted in an error, in bytes of the file: enough for any number, harmless on a terminal.
pub(crate) const VALUE_BYTES_MAX: usize = 64;

/// Why a tape cannot be read. Rows before the fault are delivered first; the fault is then given again at every call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TapeError {
    /// The file cannot be opened.
    #[error("{}: cannot be opened: {reason}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A folder, pipe or device; a tape is read more than once and referenced by its hash.
    #[error("{}: is not a regular file", path.display())]
    NotAFile {
        /// Which file.
        path: PathBuf,
    },
    /// The system failed while reading.
    #[error("{} line {line}: cannot be read: {reason}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Line that could not be completed, from 1, counted after decompression.
        line: u64,
        /// What the system said.
        reason: String,
    },
    /// The compressed data is cut off or damaged.
    #[error("{} line {line}: the {compression} data is cut off or damaged: {reason}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Line that could not be completed, from 1, counted after decompression.
        line: u64,
        /// `gzip` or `zstd`.
        compression: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// Packed so that unpacking needs more memory than is given to it.
    #[error("{}: needs a zstd window above {} MiB to be unpacked", path.display(), crate::input::ZSTD_WINDOW_MIB_MAX)]
    Window {
        /// Which file.
        path: PathBuf,
    },
    /// A packing this reader does not know.
    #[error("{}: is a {found} file; allowed are plain text, gzip and zstd", path.display())]
    Compression {
        /// Which file.
        path: PathBuf,
        /// What the first bytes say it is.
        found: &'static str,
    },
    /// The first line is none of the known headers.
    #[error(
        "{} line 1: header \"{found}\" is not known; allowed are \"{}\", \"{}\", \"{}\"",
        path.display(), Layout::Trades.header(), Layout::Quotes.header(), Layout::Bars.header()
    )]
    Header {
        /// Which file.
        path: PathBuf,
        /// The line, escaped and cut.
        found: String,
    },
    /// Bars without a word about what their time stamp means.
    #[error("{}: holds bars, so `stamp` (open or close) and the bar's interval must be given", path.display())]
    BarStampMissing {
        /// Which file.
        path: PathBuf,
    },
    /// A stamp and an interval for a file without bars.
    #[error("{}: holds {layout}, so a bar's `stamp` and interval have no meaning here", path.display())]
    BarStampUnused {
        /// Which file.
        path: PathBuf,
        /// What the file holds.
        layout: TapeLayout,
    },
    /// A line above [`LINE_BYTES_MAX`](crate::LINE_BYTES_MAX).
    #[error("{} line {line}: is longer than {} bytes", path.display(), crate::LINE_BYTES_MAX)]
    LineLength {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
    },
    /// A blank line that is not at the end.
    #[error("{} line {line}: is blank; allowed are blank lines at the end only", path.display())]
    Blank {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
    },
    /// Another number of columns than the header.
    #[error("{} line {line}: has {found} columns; allowed are {want}", path.display())]
    Columns {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Columns in the row.
        found: usize,
        /// Columns in the header.
        want: usize,
    },
    /// A value that is not allowed in its column.
    #[error("{} line {line}, column {column}: value \"{value}\" is not allowed: {fault}", path.display())]
    Row {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Name of the column in the header.
        column: &'static str,
        /// The value, escaped and cut.
        value: String,
        /// What is wrong, and what is allowed.
        fault: RowFault,
    },
    /// A row dated before the one above it.
    #[error("{} line {line}, column ts_ns: value \"{value}\" makes time {time}, before {previous} of an earlier row", path.display())]
    Backwards {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The stamp as it stands in the file, escaped and cut.
        value: String,
        /// Event time of the row, ns (for bars the close), with the shift of a repeated pass.
        time: u64,
        /// Latest event time above it, ns.
        previous: u64,
    },
    /// A bar that opens before the one above it has closed.
    #[error(
        "{} line {line}, column ts_ns: value \"{value}\" is a bar from {open}, and the bar above it ends at {previous}; is `interval` right?",
        path.display()
    )]
    BarOverlap {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The stamp as it stands in the file, escaped and cut.
        value: String,
        /// Open of the bar, ns, with the shift of a repeated pass.
        open: u64,
        /// Close of the bar above it, ns, with the same shift.
        previous: u64,
    },
    /// The header of a native tape is wrong.
    #[error("{}: the header of the native tape is wrong: {fault}", path.display())]
    NativeHeader {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and what is allowed.
        fault: String,
    },
    /// A native tape is finer than its instrument.
    #[error(
        "{}: prices and quantities have {} and {} digits behind the point, and the instrument takes {} and {}",
        path.display(), file.0, file.1, instrument.0, instrument.1
    )]
    Scales {
        /// Which file.
        path: PathBuf,
        /// Price and quantity scale of the file.
        file: (u8, u8),
        /// Price and quantity scale of the instrument.
        instrument: (u8, u8),
    },
    /// A record of a native tape is wrong.
    #[error("{} record {record}: {fault}", path.display())]
    Record {
        /// Which file.
        path: PathBuf,
        /// Record, from 1.
        record: u64,
        /// What is wrong, and what is allowed.
        fault: NativeFault,
    },
    /// A native tape ends before its last record.
    #[error("{}: ends after record {found} of {rows}", path.display())]
    CutOff {
        /// Which file.
        path: PathBuf,
        /// Whole records.
        found: u64,
        /// Records by the header.
        rows: u64,
    },
    /// Bytes stand behind the last record.
    #[error("{}: has bytes behind its last record, which is number {rows}", path.display())]
    TooLong {
        /// Which file.
        path: PathBuf,
        /// Records by the header.
        rows: u64,
    },
    /// A repeated tape would leave the range of times.
    #[error("pass {pass} of tapes that last {length_ns} ns leaves the range of times, which ends in the year 2554")]
    Repeat {
        /// Pass that does not fit, from 1.
        pass: u32,
        /// From the first to the last row of a pass, ns.
        length_ns: u64,
    },
}

/// What is wrong with a value, and what is allowed instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// Not a plain decimal.
    #[error("a plain decimal is needed, digits with at most one point between them, \"-\" before prices only")]
    Number,
    /// Not a plain whole number.
    #[error("a whole number is needed, digits only")]
    WholeNumber,
    /// Decimals that are not zero beyond the scale.
    #[error("at most {0} digits behind the point, apart from zeros")]
    TooFine(u8),
    /// No 64-bit mantissa at the scale.
    #[error("at {0} digits behind the point it must fit 64 bits")]
    TooLarge(u8),
    /// A trade of nothing.
    #[error("a traded quantity must be above 0")]
    NotAboveZero,
    /// Another letter than Q, B or S.
    #[error("the kind is Q (quote), B (buyer took) or S (seller took)")]
    Kind,
    /// A number in a column that has no meaning in this row.
    #[error("p2 and q2 of a trade must be 0")]
    Unused,
    /// A quotation mark.
    #[error("fields are written without quotation marks")]
    Quoted,
    /// High below or low above the other prices of the bar.
    #[error("low <= open, close <= high must hold in a bar")]
    BarRange,
    /// Start or end of the bar, or the shifted time, leaves the range of times.
    #[error("the time, with the bar's interval and the shift of its pass, must lie between 1970 and 2554")]
    TimeRange,
}

/// Declares the stable codes: name, code, meaning, what to do.
macro_rules! codes {
    ($($case:ident $code:literal $meaning:literal $fix:literal)+) => {
        /// Stable code of a fault of a tape, for scripts and for `ringfence explain`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum TapeCode { $(#[doc = $meaning] $case),+ }

        impl TapeCode {
            /// Every code.
            pub const ALL: &'static [TapeCode] = &[$(TapeCode::$case),+];

            /// The code as text.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(TapeCode::$case => $code),+ }
            }

            /// What it says, in one line.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(TapeCode::$case => $meaning),+ }
            }

            /// What to do about it, in one line.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(TapeCode::$case => $fix),+ }
            }
        }
    };
}

codes! {
    Open "T-OPEN" "the tape cannot be opened" "check the path and the permissions"
    NotAFile "T-NOT-A-FILE" "the tape is a folder, a pipe or a device" "store it as a file: a tape is hashed, read and read again by replay"
    Read "T-READ" "the system failed while the tape was read" "check the disk, then run again"
    Damaged "T-DAMAGED" "the compressed data is cut off or damaged" "fetch the file again; `gzip -t` or `zstd -t` shows the same fault"
    Window "T-WINDOW" "the tape is packed with a larger zstd window than this reader gives memory to" "pack it again without `--long` and `--ultra`, or with `--long=27` at most"
    Compression "T-COMPRESSION" "the tape is packed in a way this reader does not know" "unpack it, or pack it with gzip or zstd"
    Header "T-HEADER" "the first line is none of the known headers" "write the header of trades, quotes or bars exactly, without spaces and quotation marks"
    BarStampMissing "T-BAR-STAMP" "the tape holds bars and nothing says whether a stamp is the open or the close" "set the bar's stamp and interval; files stamped at the open deliver a bar one interval later"
    BarStampUnused "T-BAR-UNUSED" "a bar's stamp is set for a tape without bars" "remove the setting, or name the file that holds the bars"
    LineLength "T-LINE" "a line is longer than any row can be" "check that the file is text in one of the three layouts"
    Blank "T-BLANK" "a blank line stands between rows" "remove it; a row may be missing there"
    Columns "T-COLUMNS" "a row has another number of columns than the header" "correct the row; a last row of this kind is often a download that was cut off"
    Backwards "T-BACKWARDS" "a row is dated before an earlier row" "sort the file by time, keeping the order of equal times"
    BarOverlap "T-BAR-OVERLAP" "a bar opens before the bar above it has closed" "correct the bar's `interval` in the configuration: it is longer than the bars of the file; otherwise correct the row"
    NativeHeader "T-NATIVE" "the header of a native tape is wrong or of another version" "make the tape again with `ringfence data convert` of this version"
    Scales "T-SCALES" "a native tape has more digits behind the point than its instrument" "raise price_scale or qty_scale of the instrument, or convert again with fewer digits; nothing is rounded"
    NativeTag "T-NATIVE-TAG" "a record of a native tape says something that its layout does not have" "make the tape again with `ringfence data convert`; the file is damaged or of another program"
    NativeLength "T-NATIVE-LENGTH" "a native tape is shorter or longer than its header says" "copy the file again, or make it again with `ringfence data convert`"
    BarInterval "T-BAR-INTERVAL" "a bar of a native tape has another length than the configuration says" "correct or remove `interval` and `stamp` of the tape: native bars carry their length"
    Repeat "T-REPEAT" "the repeated tape leaves the range of times" "repeat it less often"
    Number "T-NUMBER" "a value is not a plain number" "write digits with at most one point: no exponent, no space, no sign but a minus before prices"
    TooFine "T-TOO-FINE" "a value has more decimals than the instrument's scale" "raise price_scale or qty_scale of the instrument; nothing is rounded"
    TooLarge "T-TOO-LARGE" "a value does not fit 64 bits at the instrument's scale" "lower price_scale or qty_scale of the instrument, or correct the row"
    Quantity "T-QTY" "a trade has no quantity, or a quantity is below zero" "correct or remove the row"
    Kind "T-KIND" "the kind of a row is none of Q, B, S" "write Q for a quote, B or S for a trade taken by a buyer or seller"
    Unused "T-UNUSED" "a trade has numbers in the columns of a quote" "write 0 in p2 and q2 of B and S rows"
    Quoted "T-QUOTED" "a field stands in quotation marks" "export the file without quotation marks"
    BarRange "T-BAR-RANGE" "open or close of a bar lie outside low and high" "correct the row; columns may be in another order than the header says"
    TimeRange "T-TIME" "the time of a row leaves the range of times" "check that times are nanoseconds since 1970 and the interval is in nanoseconds"
}

impl TapeError {
    /// Stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.tape_code().code()
    }

    /// The code as a value, with meaning and fix.
    #[must_use]
    pub const fn tape_code(&self) -> TapeCode {
        match self {
            TapeError::Open { .. } => TapeCode::Open,
            TapeError::NotAFile { .. } => TapeCode::NotAFile,
            TapeError::Read { .. } => TapeCode::Read,
            TapeError::Damaged { .. } => TapeCode::Damaged,
            TapeError::Window { .. } => TapeCode::Window,
            TapeError::Compression { .. } => TapeCode::Compression,
            TapeError::Header { .. } => TapeCode::Header,
            TapeError::BarStampMissing { .. } => TapeCode::BarStampMissing,
            TapeError::BarStampUnused { .. } => TapeCode::BarStampUnused,
            TapeError::LineLength { .. } => TapeCode::LineLength,
            TapeError::Blank { .. } => TapeCode::Blank,
            TapeError::Columns { .. } => TapeCode::Columns,
            TapeError::Row { fault, .. } => fault.tape_code(),
            TapeError::Backwards { .. } => TapeCode::Backwards,
            TapeError::BarOverlap { .. } => TapeCode::BarOverlap,
            TapeError::NativeHeader { .. } => TapeCode::NativeHeader,
            TapeError::Scales { .. } => TapeCode::Scales,
            TapeError::Record { fault, .. } => fault.tape_code(),
            TapeError::CutOff { .. } | TapeError::TooLong { .. } => TapeCode::NativeLength,
            TapeError::Repeat { .. } => TapeCode::Repeat,
        }
    }
}

impl NativeFault {
    /// The code as a value, with meaning and fix.
    #[must_use]
    pub const fn tape_code(self) -> TapeCode {
        match self {
            NativeFault::Tag(_) | NativeFault::Unused => TapeCode::NativeTag,
            NativeFault::NotAboveZero(_) | NativeFault::BelowZero(_) => TapeCode::Quantity,
            NativeFault::BarRange | NativeFault::BarTime { .. } => TapeCode::BarRange,
            NativeFault::Backwards { .. } => TapeCode::Backwards,
            NativeFault::BarOverlap { .. } => TapeCode::BarOverlap,
            NativeFault::Interval { .. } => TapeCode::BarInterval,
            NativeFault::TimeRange => TapeCode::TimeRange,
            NativeFault::TooLarge => TapeCode::TooLarge,
        }
    }
}

impl RowFault {
    /// The code as a value, with meaning and fix.
    #[must_use]
    pub const fn tape_code(self) -> TapeCode {
        match self {
            RowFault::Number | RowFault::WholeNumber => TapeCode::Number,
            RowFault::TooFine(_) => TapeCode::TooFine,
            RowFault::TooLarge(_) => TapeCode::TooLarge,
            RowFault::NotAboveZero => TapeCode::Quantity,
            RowFault::Kind => TapeCode::Kind,
            RowFault::Unused => TapeCode::Unused,
            RowFault::Quoted => TapeCode::Quoted,
            RowFault::BarRange => TapeCode::BarRange,
            RowFault::TimeRange => TapeCode::TimeRange,
        }
    }
}

impl fmt::Display for TapeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What the system said, in its words without our path.
pub(crate) fn reason(error: &io::Error) -> String {
    error.to_string()
}

/// A piece of a row as text: escaped, and cut with `...` where it is long.
pub(crate) fn shown(value: &[u8]) -> String {
    let cut = &value[..value.len().min(VALUE_BYTES_MAX)];
    let end = if cut.len() < value.len() { "..." } else { "" };
    format!("{}{end}", cut.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_every_one_has_its_lines() {
        let mut codes: Vec<&str> = TapeCode::ALL.iter().map(|code| code.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), TapeCode::ALL.len());
        for code in TapeCode::ALL {
            assert!(code.code().starts_with("T-"), "{code}");
            assert!(!code.meaning().contains('\n') && !code.fix().contains('\n'), "{code} takes one line each");
        }
    }

    #[test]
    fn a_long_or_binary_value_is_cut_and_escaped() {
        assert_eq!(shown(b"1\x002\n\""), "1\\x002\\n\\\"");
        assert_eq!(shown(&[b'7'; VALUE_BYTES_MAX]).len(), VALUE_BYTES_MAX);
        assert_eq!(shown(&[b'7'; VALUE_BYTES_MAX + 1]).len(), VALUE_BYTES_MAX + 3);
    }
}
