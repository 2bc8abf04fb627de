//! Sessions: from checked configuration to a session that runs.
//!
//! In: configuration, files, a journal. Out: results or a verdict. Must never: print; commands do, but for
//! what cannot wait until the end ([`mourning`]).

pub mod backtest;
#[cfg(feature = "venues")]
pub(crate) mod live;
pub(crate) mod mourning;
pub(crate) mod paper;
pub mod replay;
pub(crate) mod retained;
pub(crate) mod strategies;
pub(crate) mod tapes;
pub(crate) mod whatif;

use std::ffi::OsString;
use std::path::Path;

use ringfence_core::strategy::HaltCode;
use ringfence_journal::codes::{Finding, JournalCode, JournalError};
use ringfence_journal::sidecar::{SIDECAR_NAME, SYNCED_NAME};
use ringfence_journal::storage::folder::LOCK_NAME;
use ringfence_journal::storage::segment_name;
use ringfence_journal::writer::JournalWriter;
use ringfence_session::error::SessionError;
use ringfence_tape::{TapeCode, TapeError};

use crate::exit::{Failure, Fault};

/// Where a fault of a session belongs.
pub(crate) fn session_failure(error: SessionError) -> Failure {
    match error {
        SessionError::Tape(error) => tape_failure(&error),
        SessionError::Journal(error) => journal_failure(&error),
        SessionError::Interrupted { .. } => Failure::Interrupted(Fault::new(error.to_string())),
        SessionError::WallClock { .. } => Failure::Outside(Fault::new(error.to_string()).coded("H-WALL-CLOCK")),
        SessionError::Ahead { halt, .. } => ended_ahead(&error, halt.code, &[]),
        SessionError::TimerFlood { .. } => Failure::usage(error.to_string()),
        SessionError::Money(_) => Failure::outside(error.to_string()),
    }
}

/// A strategy ended in a batch; `deaths` is what is known of that.
pub(crate) fn ended_ahead(error: &SessionError, code: HaltCode, deaths: &[String]) -> Failure {
    let mut message = error.to_string();
    for death in deaths {
        message.push('\n');
        message.push_str(death);
    }
    Failure::Usage(Fault::new(message).coded(code.code()).fixed_by("--set execution.delivery=single shows at which"))
}

/// What the configuration says about a tape is the configuration's; everything else is the file's.
pub(crate) fn tape_failure(error: &TapeError) -> Failure {
    let code = error.tape_code();
    // Files of other programs are packed so; a tape is made of them once.
    let is_foreign = matches!(error, TapeError::Compression { found: "zip" | "parquet", .. });
    let fix = if is_foreign { "make a tape of it: `ringfence data import FILE --out FILE.tape`" } else { code.fix() };
    let fault = Fault::new(error.to_string()).coded(code.code()).fixed_by(fix);
    let is_configured = matches!(code, TapeCode::BarStampMissing | TapeCode::BarStampUnused);
    if is_configured { Failure::Usage(fault) } else { Failure::Outside(fault) }
}

/// A fault of a journal: damage does not hold, a folder that is taken is the user's to change, the rest is the disk's.
pub(crate) fn journal_failure(error: &JournalError) -> Failure {
    finding_failure(&error.finding())
}

/// The same for what was found while a journal was opened.
pub(crate) fn finding_failure(finding: &Finding) -> Failure {
    let place = finding.place.map_or(String::new(), |place| format!(" at {place}"));
    let fault = Fault::new(format!("journal{place}: {}", finding.detail));
    let fault = fault.coded(finding.code.code()).fixed_by(finding.code.fix());
    if finding.code.is_damage() {
        return Failure::Damaged(fault);
    }
    let is_usage = matches!(finding.code, JournalCode::Exists | JournalCode::Format);
    if is_usage { Failure::Usage(fault) } else { Failure::Outside(fault) }
}

/// The folder of a journal to be: absent, or with nothing in it but what a beginning left that was interrupted.
pub(crate) fn new_journal(folder: &Path) -> Result<(), Failure> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::usage(format!("{} cannot take a journal: {error}", folder.display()))),
    };
    let names: Vec<OsString> = entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    if !names.iter().all(|name| name.to_str().is_some_and(comes_first)) {
        if names.iter().any(|name| Path::new(name).extension().is_some_and(|end| end == "seg")) {
            return Err(exists(folder));
        }
        let fault = Fault::new(format!("{} is not empty, a journal needs a folder of its own", folder.display()));
        return Err(Failure::Usage(fault.fixed_by("name an empty or absent folder")));
    }
    if JournalWriter::is_unbegun(folder).map_err(|error| journal_failure(&error))? {
        return Ok(());
    }
    Err(exists(folder))
}

fn exists(folder: &Path) -> Failure {
    let fault = Fault::new(format!("{} holds a journal already", folder.display()));
    Failure::Usage(fault.coded(JournalCode::Exists.code()).fixed_by(JournalCode::Exists.fix()))
}

/// Whether a file or folder of this name is there before a journal has its header, whole or half written.
fn comes_first(name: &str) -> bool {
    let first = segment_name(1);
    let names = [LOCK_NAME, COMPONENTS, SIDECAR_NAME, SYNCED_NAME, LATCH, &first];
    names.contains(&name.trim_end_matches(".new"))
}

/// Name of the file beside a journal that remembers the kill switch.
pub(crate) const LATCH: &str = "kill.latch";

/// The folder has to be there before anything can be said about what is in it.
pub(crate) fn journal_folder(folder: &Path) -> Result<(), Failure> {
    let Ok(entries) = folder.read_dir() else {
        return Err(Failure::usage(format!("there is no folder {}", folder.display())));
    };
    // Components are the first thing that is written: where they are, a journal was begun, and its damage is told.
    let is_of_journal = |name: &str| name == COMPONENTS || name.ends_with(SEGMENT);
    let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    if names.any(|name| is_of_journal(&name)) {
        return Ok(());
    }
    let fault =
        Fault::new(format!("{} is no journal: there is no segment in it, such as 000001{SEGMENT}", folder.display()));
    Err(Failure::Usage(fault.fixed_by("name the folder that `--journal` named")))
}

/// Ending of the files of a journal.
const SEGMENT: &str = ".seg";
/// Folder of a journal's components.
const COMPONENTS: &str = "components";
