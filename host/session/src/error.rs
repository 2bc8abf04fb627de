//! Faults: what can stop a session?
//!
//! In: faults of tapes, journal and disk. Out: one enum, a variant for each thing a caller does differently.

use ringfence_core::ids::{InstrumentId, Seq};
use ringfence_core::money::MoneyError;
use ringfence_journal::codes::JournalError;
use ringfence_tape::TapeError;

/// Why a session ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A market-data file.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The caller asked to stop.
    #[error("interrupted after event {}", .0.0)]
    Interrupted(Seq),
    /// The wall-clock safety net stopped a strategy; that is no outcome of a backtest.
    #[error("strategy {0} ran into the wall-clock safety net at event {}; the machine was too slow or its fuel limit is too high", .1.0)]
    WallClock(u16, Seq),
    /// An amount at the end does not fit a decimal.
    #[error("the result cannot be shown: {0}")]
    Money(#[from] MoneyError),
    /// A tape's rows end before the journal's.
    #[error("the tapes end at row {rows}, the journal has more (first missing event {})", .seq.0)]
    TapeShort {
        /// Rows given.
        rows: u64,
        /// Event that was wanted.
        seq: Seq,
    },
    /// A tape names an instrument that the configuration does not have.
    #[error("no instrument {} in the configuration", .0.0)]
    Instrument(InstrumentId),
    /// The journal misses something that a replay needs.
    #[error("the journal cannot be replayed: {0}")]
    Incomplete(&'static str),
}
