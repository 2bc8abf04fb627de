//! Codes: what can be wrong with a journal, and what should its owner do?
//!
//! In: a finding of the writer, the reader or the verification. Out: a stable code, a place, an explanation, a way out.
//! Must never: change a code's text once released; scripts and operators match on it.

use std::fmt;
use std::io;

use ringfence_core::coded_enum;

coded_enum! {
    /// Everything a journal can answer other than "fine".
    JournalCode {
        /// The disk or the operating system refused an operation.
        Io = 1 "J-IO",
        /// A sync failed; what was written may be lost.
        Sync = 2 "J-SYNC",
        /// The writer stopped after an earlier fault.
        Stopped = 3 "J-STOPPED",
        /// The folder already holds a journal.
        Exists = 4 "J-EXISTS",
        /// Another writer has the journal open.
        Locked = 5 "J-LOCKED",
        /// No valid header frame at the start.
        NoHeader = 6 "J-NO-HEADER",
        /// A format version this build does not know.
        Format = 7 "J-FORMAT",
        /// A bad frame with valid ones after it.
        BadFrame = 8 "J-BAD-FRAME",
        /// A frame that does not follow the one before it.
        Chain = 9 "J-CHAIN",
        /// A valid frame where its kind or number may not stand.
        FrameOrder = 10 "J-FRAME-ORDER",
        /// The last commit is incomplete.
        TornTail = 11 "J-TORN-TAIL",
        /// Bytes are missing or bad that were known to be on disk.
        BelowWatermark = 12 "J-BELOW-WATERMARK",
        /// A sealed journal is not what was sealed.
        SealedDamaged = 13 "J-SEALED-DAMAGED",
        /// The journal is sealed and takes no more records.
        Sealed = 14 "J-SEALED",
        /// Bytes after the seal.
        AfterSeal = 15 "J-AFTER-SEAL",
        /// A segment file is missing between others.
        SegmentMissing = 16 "J-SEGMENT-MISSING",
        /// The sidecar is missing.
        SidecarMissing = 17 "J-SIDECAR-MISSING",
        /// The sidecar is not readable or belongs to another session.
        SidecarDamaged = 18 "J-SIDECAR-DAMAGED",
        /// A record that is not what its type says.
        Record = 19 "J-RECORD",
        /// A record of a type or version this build does not know; skipped.
        UnknownRecord = 20 "J-UNKNOWN-RECORD",
        /// Events, decisions or blobs out of order.
        Sequence = 21 "J-SEQUENCE",
        /// Totals in a commit differ from the records before it.
        Counts = 22 "J-COUNTS",
        /// A blob is missing or is not what its hash says.
        Blob = 23 "J-BLOB",
        /// A component copy is missing or is not what its hash says.
        Component = 24 "J-COMPONENT",
        /// A digest in the seal differs from the recorded decisions or fuel.
        Digest = 25 "J-DIGEST",
        /// The header does not fit one frame.
        HeaderSize = 26 "J-HEADER-SIZE",
        /// One of the two slots of the watermark is not whole.
        SlotTorn = 27 "J-SLOT-TORN",
        /// A signed checkpoint states another chain.
        Checkpoint = 28 "J-CHECKPOINT",
        /// Lines of the file of checkpoints cannot be read.
        CheckpointTorn = 29 "J-CHECKPOINT-TORN",
    }
}

impl JournalCode {
    /// True where the finding means that recorded bytes were lost or changed; false for notices and refusals to write.
    #[must_use]
    pub const fn is_damage(self) -> bool {
        match self {
            JournalCode::NoHeader
            | JournalCode::BadFrame
            | JournalCode::Chain
            | JournalCode::FrameOrder
            | JournalCode::TornTail
            | JournalCode::BelowWatermark
            | JournalCode::SealedDamaged
            | JournalCode::AfterSeal
            | JournalCode::SegmentMissing
            | JournalCode::SidecarDamaged
            | JournalCode::Record
            | JournalCode::Sequence
            | JournalCode::Counts
            | JournalCode::Blob
            | JournalCode::Component
            | JournalCode::Digest
            | JournalCode::Checkpoint => true,
            JournalCode::Io
            | JournalCode::Sync
            | JournalCode::Stopped
            | JournalCode::Exists
            | JournalCode::Locked
            | JournalCode::Format
            | JournalCode::Sealed
            | JournalCode::SidecarMissing
            | JournalCode::UnknownRecord
            | JournalCode::HeaderSize
            | JournalCode::SlotTorn
            | JournalCode::CheckpointTorn => false,
        }
    }

    /// What it means, in one or two sentences.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        self.text().0
    }

    /// What to do about it.
    #[must_use]
    pub const fn fix(self) -> &'static str {
        self.text().1
    }

    const fn text(self) -> (&'static str, &'static str) {
        match self {
            JournalCode::Io => (
                "The operating system refused to read, write, create or rename a file of the journal.",
                "Look at the system's message beside the code: free space, permissions, a failing disk. Then start again.",
            ),
            JournalCode::Sync => (
                "The operating system could not confirm that written bytes are on the disk. They may be lost, and asking again would lie, so the session stops.",
                "Check the disk. Open the journal again: it is read from the disk as it is, and whole commits are kept.",
            ),
            JournalCode::Stopped => (
                "The writer met a fault earlier and refuses everything since: what follows a hole must not look recorded.",
                "Look for the first fault in the log, mend it, and open the journal again.",
            ),
            JournalCode::Exists => (
                "A new journal was to be written into a folder that already holds one.",
                "Name an empty or absent folder, or move the old journal away.",
            ),
            JournalCode::Locked => (
                "Another process holds the lock of this journal; two writers would tear it apart.",
                "Stop the other process, or wait for it. The lock ends with the process that holds it.",
            ),
            JournalCode::NoHeader => (
                "The journal does not start with a valid header frame, so it is not known whose it is.",
                "If the session ended before its first commit, nothing was recorded: remove the folder. Otherwise restore a copy.",
            ),
            JournalCode::Format => (
                "The journal, or a mark in it that cannot be skipped, was written in a format version that this build does not know.",
                "Use the release named in the header, or a newer one.",
            ),
            JournalCode::BadFrame => (
                "A frame is damaged, and valid frames of the same session follow it. No crash does this: bytes inside the record were changed or lost.",
                "Keep the folder as it is and restore a copy. Nothing is cut off, because what follows was recorded.",
            ),
            JournalCode::Chain => (
                "A frame is valid in itself but does not carry the hash of the frame before it: frames were dropped, reordered or rewritten.",
                "Keep the folder as evidence and restore a copy.",
            ),
            JournalCode::FrameOrder => (
                "A valid frame stands where its kind or its sequence number may not: a second header, a number that falls, a commit split between segments.",
                "Keep the folder as evidence and restore a copy.",
            ),
            JournalCode::TornTail => (
                "The last commit is incomplete, as after a crash while it was written. Everything before it is whole.",
                "Opening the journal for writing cuts the incomplete commit off. Nothing of it had left the process.",
            ),
            JournalCode::BelowWatermark => (
                "Bytes that the disk had confirmed are missing or bad.",
                "Check the disk and restore a copy. Nothing is cut off, because commands may have been sent on the strength of these bytes.",
            ),
            JournalCode::SealedDamaged => (
                "The journal was sealed, and it no longer ends with that seal.",
                "Restore a copy; a sealed journal never changes.",
            ),
            JournalCode::Sealed => (
                "The journal is sealed: its session ended in order and takes no more records.",
                "Start a new session in a new folder.",
            ),
            JournalCode::AfterSeal => {
                ("Something was appended after the seal.", "Keep the folder as evidence and restore a copy.")
            }
            JournalCode::SegmentMissing => (
                "The segment files are not numbered without gaps.",
                "Restore the missing file; segments are never removed one by one.",
            ),
            JournalCode::SidecarMissing => (
                "The files beside the chain are missing, so it is not known how much the disk had confirmed. Reading and verifying work, appending does not.",
                "Restore `sidecar.txt` and `synced` from a copy, or go on in a new session.",
            ),
            JournalCode::SidecarDamaged => (
                "The files beside the chain are not readable or belong to another session. Reading works, appending does not.",
                "Restore `sidecar.txt` and `synced` from a copy, or go on in a new session.",
            ),
            JournalCode::Record => (
                "A frame is whole, but a record in it is not what its type says.",
                "The writer was faulty or the frame was forged together with its checksum. Restore a copy and report it.",
            ),
            JournalCode::UnknownRecord => (
                "A record has a type or version that this build does not know; it was skipped by its length.",
                "Read the journal with the release named in its header to see everything.",
            ),
            JournalCode::Sequence => (
                "Events are not numbered without gaps, their time goes back, or decisions do not stand directly after their event in order.",
                "The writer was faulty or the journal was forged. Restore a copy and report it.",
            ),
            JournalCode::Counts => (
                "The totals that a commit carries differ from the records before it.",
                "The writer was faulty or the journal was forged. Restore a copy and report it.",
            ),
            JournalCode::Blob => (
                "The bytes of a blob are missing from the journal folder or do not have the recorded SHA-256.",
                "Restore the file of that name in `blobs/` from a copy.",
            ),
            JournalCode::Component => (
                "A strategy's component is missing from `components/` or does not have the recorded SHA-256.",
                "Restore the file from a copy, or name the component on the command line when replaying.",
            ),
            JournalCode::Digest => (
                "A digest in the seal is not the digest of what is recorded.",
                "The writer was faulty or the journal was forged. Restore a copy and report it.",
            ),
            JournalCode::HeaderSize => (
                "The header (components, tapes, facts) is larger than one frame of 64 KiB.",
                "Run fewer strategies or tapes in one session.",
            ),
            JournalCode::SlotTorn => (
                "One of the two slots that hold the confirmed length is not whole, as after a crash while it was written. The other one holds.",
                "Nothing: the next commit writes it again.",
            ),
            JournalCode::Checkpoint => (
                "A checkpoint is not signed by a key that is trusted, or states another chain than the journal has: what stood before it was rewritten, dropped or put in another order.",
                "Keep the folder and the checkpoint as evidence and restore a copy. If the key is a new one, name it as trusted (`ringfence replay --audit-id`).",
            ),
            JournalCode::CheckpointTorn => (
                "Lines of the file of checkpoints cannot be read, as after a crash while one was written. They attest nothing.",
                "Nothing: the checkpoints before and after them hold.",
            ),
        }
    }
}

/// A position in the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of the segment file, from 1.
    pub segment: u32,
    /// Offset in bytes within that file.
    pub offset: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}.seg+{}", self.segment, self.offset)
    }
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: JournalCode,
    /// Where; `None` when it concerns no place in a segment.
    pub place: Option<Place>,
    /// The values that show it.
    pub detail: String,
}

impl Finding {
    pub(crate) fn new(code: JournalCode, detail: impl Into<String>) -> Finding {
        Finding { code, place: None, detail: detail.into() }
    }

    pub(crate) fn at(code: JournalCode, place: Place, detail: impl Into<String>) -> Finding {
        Finding { code, place: Some(place), detail: detail.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(place) = self.place {
            write!(f, " at {place}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

/// Why a journal could not be written, opened or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk refused an operation other than a sync.
    #[error("J-IO: cannot {what}")]
    Io {
        /// The operation and the file.
        what: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A sync failed. The session must end; it is never retried.
    #[error("J-SYNC: cannot sync {what}")]
    Sync {
        /// The file.
        what: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The writer met a fault before and takes nothing more.
    #[error("J-STOPPED: the journal stopped after an earlier fault")]
    Stopped,
    /// The journal is not in a state in which this may be done.
    #[error("{0}")]
    Refused(Finding),
}

impl JournalError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> JournalCode {
        match self {
            JournalError::Io { .. } => JournalCode::Io,
            JournalError::Sync { .. } => JournalCode::Sync,
            JournalError::Stopped => JournalCode::Stopped,
            JournalError::Refused(finding) => finding.code,
        }
    }

    /// The same as a finding of a report.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            JournalError::Io { what, source } => Finding::new(JournalCode::Io, format!("cannot {what}: {source}")),
            JournalError::Sync { what, source } => {
                Finding::new(JournalCode::Sync, format!("cannot sync {what}: {source}"))
            }
            JournalError::Stopped => Finding::new(JournalCode::Stopped, "the journal stopped after an earlier fault"),
            JournalError::Refused(finding) => finding.clone(),
        }
    }
}

impl From<Finding> for JournalError {
    fn from(finding: Finding) -> JournalError {
        JournalError::Refused(finding)
    }
}

/// Adds the operation to an error of the operating system.
pub(crate) fn io_error(what: impl Into<String>) -> impl FnOnce(io::Error) -> JournalError {
    let what = what.into();
    |source| JournalError::Io { what, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_explained_and_has_a_way_out() {
        for code in JournalCode::ALL {
            assert!(code.code().starts_with("J-"), "{code}");
            assert!(code.explanation().ends_with('.') && code.fix().ends_with('.'), "{code}");
            assert_eq!(JournalCode::ALL.iter().filter(|other| other.code() == code.code()).count(), 1, "{code}");
        }
    }

    #[test]
    fn a_finding_names_code_place_and_values() {
        let finding =
            Finding::at(JournalCode::Chain, Place { segment: 2, offset: 72 }, "previous hash 00 instead of ff");
        assert_eq!(finding.to_string(), "J-CHAIN at 000002.seg+72: previous hash 00 instead of ff");
    }
}
