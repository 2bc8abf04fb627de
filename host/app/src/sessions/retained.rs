//! Retained checkpoints: what is a journal held against, and whose word is it?
//!
//! In: a file that was kept elsewhere, the journal, the key that the auditor trusts. Out: one checkpoint. Must never: take
//! a key for trusted because the checkpoint names it.

use std::io::{ErrorKind, Read};
use std::path::Path;

use ringfence_core::ids::SessionId;
use ringfence_journal::checkpoint::{AuditError, AuditId, Checkpoint};
use ringfence_journal::reader::JournalReader;

use crate::exit::{Failure, Fault};

/// Most bytes of a file of checkpoints: more than a hundred thousand lines.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A checkpoint that was kept elsewhere.
#[derive(Debug)]
pub(crate) struct Retained {
    /// What was signed.
    pub(crate) checkpoint: Checkpoint,
    /// The key that the auditor trusts; `None` = nobody said.
    pub(crate) pin: Option<AuditId>,
    /// Lines of the file that cannot be read.
    pub(crate) unread: usize,
}

impl Retained {
    /// The checkpoint in `file`: its last one of the session in `journal`, otherwise its last one.
    ///
    /// # Errors
    /// A file that cannot be read, or holds no checkpoint.
    pub(crate) fn read(file: &Path, journal: &Path, pin: Option<AuditId>) -> Result<Retained, Failure> {
        let text = text(file)?;
        let lines = text.lines().filter(|line| !line.is_empty());
        let (read, unread): (Vec<_>, Vec<_>) = lines.map(Checkpoint::parse).partition(Result::is_ok);
        let checkpoint = chosen(&read.into_iter().flatten().collect::<Vec<_>>(), session(journal));
        let checkpoint = checkpoint.ok_or_else(|| without(file, unread.iter().find_map(|line| line.as_ref().err())))?;
        Ok(Retained { checkpoint, pin, unread: unread.len() })
    }

    /// The key that its signature has to be of. Without a pin it is the one that the line names: that shows a changed
    /// journal, and not who signed.
    pub(crate) fn key(&self) -> AuditId {
        self.pin.unwrap_or(self.checkpoint.key)
    }

    /// True when the auditor trusts the key that the checkpoint names.
    pub(crate) fn is_trusted(&self) -> bool {
        self.pin == Some(self.checkpoint.key)
    }
}

fn chosen(checkpoints: &[Checkpoint], session: Option<SessionId>) -> Option<Checkpoint> {
    let of_session = checkpoints.iter().rfind(|checkpoint| Some(checkpoint.session) == session);
    of_session.or(checkpoints.last()).copied()
}

/// Whose journal it says it is; verification finds out whether it is one.
fn session(journal: &Path) -> Option<SessionId> {
    JournalReader::open_prefix(journal).ok().map(|(reader, _)| reader.header().session)
}

fn without(file: &Path, reason: Option<&AuditError>) -> Failure {
    let reason = reason.map_or(String::new(), |error| format!(": {error}"));
    let fault = Fault::new(format!("{} holds no checkpoint{reason}", file.display()));
    Failure::Usage(fault.fixed_by("name a line that was kept from the journal's file `checkpoints`, or a copy of it"))
}

fn text(file: &Path) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| {
        let message = format!("{} cannot be read: {error}", file.display());
        let is_usage = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory);
        if is_usage { Failure::usage(message) } else { Failure::outside(message) }
    };
    let mut bytes = Vec::new();
    // One byte more than allowed, so that what is too long is seen to be.
    let opened = crate::regular::open(file).map_err(unreadable)?;
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Failure::usage(format!("{} has more than {FILE_BYTES_MAX} bytes", file.display())));
    }
    // A torn line need not be text; the others are judged all the same.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
