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
    frame: Vec<u8>,
}

/// A frame that was read; its payload is in the cursor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) head: Head,
    pub(crate) hash: Sha256Hash,
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
    pub(crate) fn at(place: Place) -> Cursor {
        Cursor { place, frame: Vec::new() }
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Payload of the frame that was read last.
    pub(crate) fn payload(&self) -> &[u8] {
        let len = u32::from_le_bytes([self.frame[64], self.frame[65], self.frame[66], self.frame[67]]);
        &self.frame[HEAD_BYTES..][..len as usize]
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
                Ok(Next::Frame(Frame { head, hash: sha256(&self.frame), place, len }))
            }
        }
    }

    fn fill(&mut self, storage: &mut dyn Storage, name: &str) -> std::io::Result<Result<(), FrameFault>> {
        self.frame.resize(HEAD_BYTES, 0);
        let read = read_full(storage, name, self.place.offset, &mut self.frame)?;
        self.frame.truncate(read);
        let len = match announced_len(&self.frame) {
            Ok(len) => len,
            Err(fault) => return Ok(Err(fault)),
        };
        self.frame.resize(len, 0);
        let read = read_full(storage, name, self.place.offset + HEAD_BYTES as u64, &mut self.frame[HEAD_BYTES..])?;
        self.frame.truncate(HEAD_BYTES + read);
        Ok(Ok(()))
    }
}
