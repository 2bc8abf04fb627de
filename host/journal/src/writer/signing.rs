//! Signing: when does a writer attest how far it is?
//!
//! In: an audit key, and what the disk has confirmed. Out: lines in the file of checkpoints. Must never: attest what the
//! disk has not confirmed; after a loss of power the line would accuse its own writer.

use std::num::NonZeroU64;

use super::JournalWriter;
use crate::checkpoint::{AuditKey, CHECKPOINTS_NAME, Checkpoint, Reached};
use crate::codes::{JournalError, io_error};
use crate::storage::read_full;

/// A key at work.
#[derive(Debug)]
pub(super) struct Signing {
    key: AuditKey,
    every_frames: NonZeroU64,
    /// Frame of the last checkpoint.
    signed: u64,
    last: Option<Checkpoint>,
}

impl JournalWriter {
    /// Signs a checkpoint once the disk has confirmed this many frames more, and one at the seal. They stand in the file
    /// `checkpoints`; [`JournalWriter::last_checkpoint`] is there to be sent elsewhere.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn sign_with(&mut self, key: AuditKey, every_frames: NonZeroU64) -> Result<(), JournalError> {
        self.guarded(JournalWriter::prepare_checkpoints)?;
        self.signing = Some(Signing { key, every_frames, signed: self.builder.frames(), last: None });
        Ok(())
    }

    /// The newest checkpoint that was signed since [`JournalWriter::sign_with`].
    #[must_use]
    pub fn last_checkpoint(&self) -> Option<&Checkpoint> {
        self.signing.as_ref().and_then(|signing| signing.last.as_ref())
    }

    pub(super) fn sign_when_due(&mut self) -> Result<(), JournalError> {
        let frames = self.builder.frames();
        let is_due = |signing: &Signing| frames - signing.signed >= signing.every_frames.get();
        if self.signing.as_ref().is_some_and(is_due) { self.sign() } else { Ok(()) }
    }

    /// Attests everything written; it was confirmed just now.
    pub(super) fn sign(&mut self) -> Result<(), JournalError> {
        let reached = Reached { frame: self.builder.frames(), bytes: self.written_bytes(), head: *self.builder.head() };
        let session = self.builder.session();
        let Some(signing) = self.signing.as_mut().filter(|signing| signing.signed != reached.frame) else {
            return Ok(());
        };
        assert!(self.synced == reached.bytes, "a checkpoint of bytes that are not confirmed");
        let checkpoint = signing.key.sign(session, reached);
        (signing.signed, signing.last) = (reached.frame, Some(checkpoint));
        self.append_line(&format!("{checkpoint}\n"))?;
        self.sync_file(CHECKPOINTS_NAME)
    }

    /// The file is there and ends with a whole line, whatever a crash left.
    fn prepare_checkpoints(&mut self) -> Result<(), JournalError> {
        let failed = |what: &str| io_error(format!("{what} {CHECKPOINTS_NAME}"));
        let Some(size) = self.storage.size(CHECKPOINTS_NAME).map_err(failed("look at"))? else {
            self.is_folder_synced = false;
            return self.storage.create(CHECKPOINTS_NAME).map_err(failed("create"));
        };
        let mut last = [b'\n'];
        read_full(&mut *self.storage, CHECKPOINTS_NAME, size.saturating_sub(1), &mut last).map_err(failed("read"))?;
        if last == [b'\n'] { Ok(()) } else { self.append_line("\n") }
    }

    fn append_line(&mut self, line: &str) -> Result<(), JournalError> {
        let appended = self.storage.append(CHECKPOINTS_NAME, line.as_bytes());
        appended.map_err(io_error(format!("write {CHECKPOINTS_NAME}")))
    }
}
