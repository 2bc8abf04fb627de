//! Faults of imports: why was no tape made, and what has to change?
//!
//! In: what readers and writers found. Out: an error with file, place, value and what is allowed, under a stable code.
//! Must never: hold an unbounded piece of a file.

use std::path::PathBuf;

use ringfence_tape::{NativeWriteError, TapeError};

/// Why a file cannot be read or imported.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Opening or unpacking failed, or our own tape is wrong.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// The file is none of the known formats, or not of the one that was named.
    #[error("{}: {what}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// What was found, and what is allowed.
        what: String,
    },
    /// An option is missing or wrong.
    #[error("{option}: {what}")]
    Option {
        /// Which.
        option: &'static str,
        /// What is wrong, and what is allowed.
        what: String,
    },
    /// The system failed, or the packing is damaged.
    #[error("{} after {place}: cannot be read: {reason}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Lines or records read before.
        place: u64,
        /// What was said.
        reason: String,
    },
    /// Larger than anything sensible.
    #[error("{} {place}: {what}", path.display())]
    Limit {
        /// Which file.
        path: PathBuf,
        /// Line or record, from 1.
        place: u64,
        /// Which limit.
        what: String,
    },
    /// Rows that cannot be read.
    #[error("{}: {count} unreadable, the first at {place}: {example}", path.display())]
    Bad {
        /// Which file.
        path: PathBuf,
        /// How many.
        count: u64,
        /// Line or record of the first, from 1.
        place: u64,
        /// Column, value, what is allowed.
        example: String,
    },
    /// Rows dated before earlier ones.
    #[error("{}: {count} rows are dated before the one above them, the first at {place}, by up to {ns_max} ns", path.display())]
    Backward {
        /// Which file.
        path: PathBuf,
        /// How many.
        count: u64,
        /// Line or record of the first, from 1.
        place: u64,
        /// Farthest step back, ns.
        ns_max: u64,
    },
    /// Nothing of what was asked for is in the file.
    #[error("{}: {what}", path.display())]
    Nothing {
        /// Which file.
        path: PathBuf,
        /// What there is.
        what: String,
    },
    /// The rows do not fit the form that was asked for.
    #[error("{}: {what}", path.display())]
    Unfit {
        /// Which file.
        path: PathBuf,
        /// What does not fit, and what would.
        what: String,
    },
    /// The name of the output is taken.
    #[error("{}: {what}", path.display())]
    Taken {
        /// Which file.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// This build cannot do it.
    #[error("{}: this build reads and writes no Parquet", path.display())]
    NoParquet {
        /// Which file.
        path: PathBuf,
    },
    /// The tape cannot be written.
    #[error("{}: {reason}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What was said.
        reason: String,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl DataError {
    pub(crate) fn write(path: &std::path::Path, error: NativeWriteError) -> DataError {
        DataError::Write { path: path.to_owned(), reason: error.to_string() }
    }
}

/// Declares the stable codes: name, code, meaning, what to do.
macro_rules! codes {
    ($($case:ident $code:literal $meaning:literal $fix:literal)+) => {
        /// Stable code of a fault of an import, for scripts and for `ringfence explain`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum DataCode { $(#[doc = $meaning] $case),+ }

        impl DataCode {
            /// Every code.
            pub const ALL: &'static [DataCode] = &[$(DataCode::$case),+];

            /// The code as text.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(DataCode::$case => $code),+ }
            }

            /// What it says, in one line.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(DataCode::$case => $meaning),+ }
            }

            /// What to do about it, in one line.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(DataCode::$case => $fix),+ }
            }
        }
    };
}

codes! {
    Format "I-FORMAT" "the file is of no format that can be imported" "name the format with --format, or the columns of a table with --map"
    Option "I-OPTION" "an option of an import or a generated market is missing or wrong" "`--help` behind the command shows what is allowed"
    Read "I-READ" "the file cannot be read to its end" "fetch the file again, and check the disk"
    Limit "I-LIMIT" "a line, record or name is larger than any of the format" "check that the file is what its name says"
    Bad "I-ROW" "rows of the file cannot be read" "correct or remove the rows, or leave them out with --skip-bad; `ringfence data inspect` counts them"
    Backward "I-BACKWARD" "rows are dated before earlier ones" "say with --backward what becomes of them: clamp (to the time above) or drop"
    Nothing "I-NOTHING" "nothing of what was asked for is in the file" "choose with --symbol and --kinds what `ringfence data inspect` shows"
    Unfit "I-UNFIT" "the rows do not fit the tape that was asked for" "choose fewer kinds with --kinds, another form with --to, or other scales"
    Taken "I-TAKEN" "something else has the name of the output" "name a file that is not there yet, or replace a regular file with --overwrite"
    NoParquet "I-PARQUET" "this program was built without the feature `parquet`, which is on by default" "build it with `cargo build --release -p ringfence`"
    Write "I-WRITE" "the tape cannot be written" "check the folder, the permissions and the disk"
    Interrupted "I-INTERRUPTED" "the user asked to stop" "run it again"
}

impl DataError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.data_code() {
            Ok(code) => code.code(),
            Err(code) => code.code(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self.data_code() {
            Ok(code) => code.fix(),
            Err(code) => code.fix(),
        }
    }

    const fn data_code(&self) -> Result<DataCode, ringfence_tape::TapeCode> {
        Ok(match self {
            DataError::Tape(error) => return Err(error.tape_code()),
            DataError::Format { .. } => DataCode::Format,
            DataError::Option { .. } => DataCode::Option,
            DataError::Read { .. } => DataCode::Read,
            DataError::Limit { .. } => DataCode::Limit,
            DataError::Bad { .. } => DataCode::Bad,
            DataError::Backward { .. } => DataCode::Backward,
            DataError::Nothing { .. } => DataCode::Nothing,
            DataError::Unfit { .. } => DataCode::Unfit,
            DataError::Taken { .. } => DataCode::Taken,
            DataError::NoParquet { .. } => DataCode::NoParquet,
            DataError::Write { .. } => DataCode::Write,
            DataError::Interrupted => DataCode::Interrupted,
        })
    }
}
