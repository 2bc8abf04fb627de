//! Faults: what can stop a session?
//!
//! In: faults of tapes, journal and disk. Out: one enum, a variant for each thing a caller does differently.

use ringfence_core::event::Halt;
use ringfence_core::ids::Seq;
use ringfence_core::money::MoneyError;
use ringfence_journal::codes::JournalError;
use ringfence_tape::TapeError;

use crate::backtest::DEADLINES_MAX;

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
    #[error("interrupted after event {}", .seq.0)]
    Interrupted {
        /// Last event stepped.
        seq: Seq,
    },
    /// The wall-clock safety net stopped a strategy; that is no outcome of a backtest.
    #[error("strategy {strategy} ran into the wall-clock safety net at event {}: the machine is too slow, or its fuel limit too high", .seq.0)]
    WallClock {
        /// Whose call it was.
        strategy: u16,
        /// At which event.
        seq: Seq,
    },
    /// A strategy ended that handles events ahead of their steps; that is no outcome of a backtest.
    #[error("strategy {strategy} was ended by {} ({}) at one of the events {} to {}, which were delivered as a batch", .halt.code.code(), figures(.halt), .first.0, .last.0)]
    Ahead {
        /// Who.
        strategy: u16,
        /// First event that it may have been.
        first: Seq,
        /// Last event that it may have been.
        last: Seq,
        /// What ended it.
        halt: Halt,
    },
    /// An amount of a report or of the equity curve does not fit a decimal.
    #[error("the result cannot be shown: {0}")]
    Money(#[from] MoneyError),
    /// Time passed between two rows in more steps than a run takes.
    #[error("more than {DEADLINES_MAX} timers and arrivals were due between two rows of the tapes, up to event {}: ask for timers less often, or feed tapes whose rows lie closer together", .seq.0)]
    TimerFlood {
        /// Last event stepped.
        seq: Seq,
    },
}

/// How far a strategy got when it was ended.
fn figures(halt: &Halt) -> String {
    let Halt { code, limit, used } = halt;
    if code.is_limit() { format!("limit {limit}, used {used}") } else { format!("after {used} units of fuel") }
}
