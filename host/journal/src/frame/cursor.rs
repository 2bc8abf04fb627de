//! Cursor: which frame comes next in this segment?
//!
//! In: a storage and a place. Out: one frame at a time, with its payload in a buffer that is used again. Must never: hold
//! more than one frame, or move past a bad one by itself.

use ringfence_core::blob::{Sha256Hash, sha256};

use super::{FrameFault, HEAD_BYTES, Head, announced_len, decode};
use crate::codes::{JournalError, Place, io_error};
use crate::storage::{Storage, read_full, segment_name};

/// Reads frames in order.
#[derive(Debug)]
pub(crate) struct Cursor {
    place: Place,
    /// Length of the segment as far as it is read: one that is being written grows under its reader.
    end: u64,
    frame: Vec<u8>,
}

/// A frame that was read; its payload is in the cursor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) head: Head,
    /// Where it begins.
    pub(crate) place: Place,
    /// Its length in bytes.
    pub(crate) len: u64,
}

/// What stands at the cursor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    /// A frame; the cursor is behind it now.
    Frame(Frame),
    /// Bytes that are not a frame; the cursor stays.
    Bad(FrameFault),
    /// The end of the segment.
    End,
}

impl Cursor {
    pub(crate) fn at(place: Place, end: u64) -> Cursor {
        Cursor { place, end, frame: Vec::new() }
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Payload of the frame that was read last.
    pub(crate) fn payload(&self) -> &[u8] {
        let len = u32::from_le_bytes([self.frame[64], self.frame[65], self.frame[66], self.frame[67]]);
        &self.frame[HEAD_BYTES..][..len as usize]
    }

    /// Hash of the frame that was read last.
    pub(crate) fn hash(&self) -> Sha256Hash {
        sha256(&self.frame)
    }

    /// Reads what stands at the cursor.
    pub(crate) fn next(&mut self, storage: &mut dyn Storage) -> Result<Next, JournalError> {
        let name = segment_name(self.place.segment);
        let read = self.fill(storage, &name).map_err(io_error(format!("read {name}")))?;
        if self.frame.is_empty() {
            return Ok(Next::End);
        }
        match read.and_then(|()| decode(&self.frame)) {
            Err(fault) => Ok(Next::Bad(fault)),
            Ok(head) => {
                let (place, len) = (self.place, self.frame.len() as u64);
                self.place.offset += len;
                Ok(Next::Frame(Frame { head, place, len }))
            }
        }
    }

    fn fill(&mut self, storage: &mut dyn Storage, name: &str) -> std::io::Result<Result<(), FrameFault>> {
        self.frame.clear();
        self.read_to(HEAD_BYTES, storage, name)?;
        match announced_len(&self.frame) {
            Err(fault) => Ok(Err(fault)),
            Ok(len) => self.read_to(len, storage, name).map(Ok),
        }
    }

    /// Reads on until the frame has `len` bytes, or the segment ends.
    fn read_to(&mut self, len: usize, storage: &mut dyn Storage, name: &str) -> std::io::Result<()> {
        let have = self.frame.len();
        let offset = self.place.offset + have as u64;
        let room = usize::try_from(self.end.saturating_sub(offset)).unwrap_or(usize::MAX);
        self.frame.resize(len.min(have.saturating_add(room)), 0);
        let read = read_full(storage, name, offset, &mut self.frame[have..])?;
        self.frame.truncate(have + read);
        Ok(())
    }
}
