//! Sessions: from checked configuration to a session that runs.
//!
//! In: configuration, files, a journal. Out: results or a verdict. Must never: print; commands do.

pub mod backtest;
pub mod replay;
mod strategies;
mod tapes;

use ringfence_journal::codes::JournalError;
use ringfence_session::error::SessionError;
use ringfence_tape::{TapeCode, TapeError};

use crate::exit::{Failure, Fault};

/// Where a fault of a session belongs.
fn session_failure(error: SessionError) -> Failure {
    match error {
        SessionError::Tape(error) => tape_failure(&error),
        SessionError::Journal(error) => journal_failure(&error),
        SessionError::Interrupted { .. } => Failure::Interrupted(Fault::new(error.to_string())),
        SessionError::WallClock { .. } => Failure::Outside(Fault::new(error.to_string()).coded("H-WALL-CLOCK")),
        SessionError::Money(_) | SessionError::Incomplete(_) => Failure::outside(error.to_string()),
    }
}

/// What the configuration says about a tape is the configuration's; everything else is the file's.
fn tape_failure(error: &TapeError) -> Failure {
    let code = error.tape_code();
    let fault = Fault::new(error.to_string()).coded(code.code()).fixed_by(code.fix());
    match code {
        TapeCode::BarStampMissing | TapeCode::BarStampUnused => Failure::Usage(fault),
        _ => Failure::Outside(fault),
    }
}

/// A fault of a journal.
pub(crate) fn journal_failure(error: &JournalError) -> Failure {
    let finding = error.finding();
    let place = finding.place.map_or(String::new(), |place| format!(" at {place}"));
    let message = format!("journal{place}: {}", finding.detail);
    Failure::Outside(Fault::new(message).coded(finding.code.code()).fixed_by(finding.code.fix()))
}
