//! Frames: how are records sealed into a chain?
//!
//! In: a payload of whole records. Out: one frame, and its hash for the next one. Must never: accept a frame that is not
//! byte for byte what a writer makes.
//!
//! All numbers little-endian; a frame starts at a multiple of 8 in its segment file.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 8 | magic `RFJFRAM1` |
//! | 8 | 16 | session id |
//! | 24 | 32 | SHA-256 of the whole previous frame; zeros in the first frame of the journal |
//! | 56 | 8 | first seq: the number of the first event that begins in this frame or after it |
//! | 64 | 4 | payload length, at most 65,536 |
//! | 68 | 1 | kind: 1 header, 2 data, 3 seal |
//! | 69 | 1 | flags: bit 0 = last frame of its commit; the others 0 |
//! | 70 | 2 | zero |
//! | 72 | n | payload: records |
//! | 72 + n | 0-7 | zeros, so that the frame's length is a multiple of 8 |
//! | last 4 | 4 | crc32c of everything before |

pub(crate) mod cursor;

use ringfence_core::blob::{Sha256Hash, sha256};
use ringfence_core::ids::{Seq, SessionId};

/// First bytes of every frame.
pub const MAGIC: [u8; 8] = *b"RFJFRAM1";
/// Bytes before the payload.
pub const HEAD_BYTES: usize = 72;
/// Largest payload in bytes: bounds what a reader holds in memory.
pub const PAYLOAD_MAX: usize = 64 * 1024;
/// Frames start and end at multiples of this.
pub const ALIGN: usize = 8;

const CRC_BYTES: usize = 4;
const FLAG_COMMIT_END: u8 = 1;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// The header record; first frame of the journal, nowhere else.
    Header = 1,
    /// Records.
    Data = 2,
    /// The seal record; last frame of the journal, nowhere else.
    Seal = 3,
}

/// Everything about a frame but its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Session it belongs to.
    pub session: SessionId,
    /// Hash of the frame before it.
    pub previous: Sha256Hash,
    /// Number of the first event that begins in this frame or after it.
    pub first_seq: Seq,
    /// Length of the payload in bytes.
    pub payload_len: usize,
    /// What it holds.
    pub kind: FrameKind,
    /// True on the last frame of a commit.
    pub is_commit_end: bool,
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// The file ends inside the frame.
    #[error("the file ends inside the frame")]
    Ends,
    /// No magic number.
    #[error("no magic number")]
    Magic,
    /// A payload length above [`PAYLOAD_MAX`].
    #[error("payload length {0} is above 65536")]
    Length(u32),
    /// The checksum does not fit the bytes.
    #[error("checksum {found:08x} instead of {computed:08x}")]
    Checksum {
        /// What the frame carries.
        found: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// Valid checksum, but a field that no writer makes: kind, flags, padding.
    #[error("no valid {0}")]
    Form(&'static str),
    /// A frame of another session.
    #[error("it belongs to session {0}")]
    Session(SessionId),
}

/// Length in bytes of a frame with a payload of that length.
#[must_use]
pub const fn frame_len(payload_len: usize) -> usize {
    (HEAD_BYTES + payload_len + CRC_BYTES).next_multiple_of(ALIGN)
}

/// Completes a frame in place: `frame` holds [`HEAD_BYTES`] of anything and then the payload. Answers the frame's hash.
///
/// # Panics
/// When the payload is above [`PAYLOAD_MAX`] or is not `head.payload_len` long: the writer splits before.
pub fn complete(frame: &mut Vec<u8>, head: &Head) -> Sha256Hash {
    assert!(head.payload_len <= PAYLOAD_MAX, "payload of {} bytes", head.payload_len);
    assert!(frame.len() == HEAD_BYTES + head.payload_len, "a frame is its head and its payload");
    frame[0..8].copy_from_slice(&MAGIC);
    frame[8..24].copy_from_slice(&head.session.0);
    frame[24..56].copy_from_slice(&head.previous);
    frame[56..64].copy_from_slice(&head.first_seq.0.to_le_bytes());
    frame[64..68].copy_from_slice(&(head.payload_len as u32).to_le_bytes());
    frame[68] = head.kind as u8;
    frame[69] = if head.is_commit_end { FLAG_COMMIT_END } else { 0 };
    frame[70..72].fill(0);
    frame.resize(frame_len(head.payload_len) - CRC_BYTES, 0);
    let checksum = crc32c::crc32c(frame);
    frame.extend_from_slice(&checksum.to_le_bytes());
    sha256(frame)
}

/// Length in bytes of the frame that begins with `head`.
///
/// # Errors
/// [`FrameFault`] when these are not the first [`HEAD_BYTES`] of a frame.
pub fn announced_len(head: &[u8]) -> Result<usize, FrameFault> {
    if head.len() < HEAD_BYTES {
        return Err(FrameFault::Ends);
    }
    if head[0..8] != MAGIC {
        return Err(FrameFault::Magic);
    }
    let payload_len = u32::from_le_bytes(array(&head[64..68]));
    if payload_len as usize > PAYLOAD_MAX {
        return Err(FrameFault::Length(payload_len));
    }
    Ok(frame_len(payload_len as usize))
}

/// Reads one frame from exactly its bytes. Its payload is `bytes[HEAD_BYTES..][..head.payload_len]`.
///
/// # Errors
/// [`FrameFault`] when the bytes are not exactly one frame.
pub fn decode(bytes: &[u8]) -> Result<Head, FrameFault> {
    let len = announced_len(bytes)?;
    if bytes.len() != len {
        return Err(FrameFault::Ends);
    }
    let (covered, checksum) = bytes.split_at(len - CRC_BYTES);
    let (found, computed) = (u32::from_le_bytes(array(checksum)), crc32c::crc32c(covered));
    if found != computed {
        return Err(FrameFault::Checksum { found, computed });
    }
    let payload_len = u32::from_le_bytes(array(&bytes[64..68])) as usize;
    if covered[HEAD_BYTES + payload_len..].iter().chain(&bytes[70..72]).any(|byte| *byte != 0) {
        return Err(FrameFault::Form("padding"));
    }
    if bytes[69] & !FLAG_COMMIT_END != 0 {
        return Err(FrameFault::Form("flags"));
    }
    Ok(Head {
        session: SessionId(array(&bytes[8..24])),
        previous: array(&bytes[24..56]),
        first_seq: Seq(u64::from_le_bytes(array(&bytes[56..64]))),
        payload_len,
        kind: frame_kind(bytes[68])?,
        is_commit_end: bytes[69] == FLAG_COMMIT_END,
    })
}

fn frame_kind(number: u8) -> Result<FrameKind, FrameFault> {
    match number {
        1 => Ok(FrameKind::Header),
        2 => Ok(FrameKind::Data),
        3 => Ok(FrameKind::Seal),
        _ => Err(FrameFault::Form("kind")),
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head(payload_len: usize) -> Head {
        Head {
            session: SessionId([7; 16]),
            previous: [9; 32],
            first_seq: Seq(42),
            payload_len,
            kind: FrameKind::Data,
            is_commit_end: true,
        }
    }

    fn frame_of(payload: &[u8]) -> (Vec<u8>, Sha256Hash) {
        let mut frame = vec![0xee; HEAD_BYTES];
        frame.extend_from_slice(payload);
        let hash = complete(&mut frame, &head(payload.len()));
        (frame, hash)
    }

    #[test]
    fn a_frame_of_any_length_is_aligned_and_reads_back() {
        for len in [0, 1, 3, 4, 5, 7, 8, 9, PAYLOAD_MAX - 1, PAYLOAD_MAX] {
            let payload = vec![0x5a; len];
            let (frame, hash) = frame_of(&payload);
            assert_eq!(frame.len() % ALIGN, 0, "{len}");
            assert_eq!(decode(&frame), Ok(head(len)));
            assert_eq!(&frame[HEAD_BYTES..][..len], &payload[..]);
            assert_eq!(hash, sha256(&frame));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let (frame, _) = frame_of(b"some records");
        for bit in 0..frame.len() * 8 {
            let mut bad = frame.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&bad).is_err(), "bit {bit}");
        }
        for len in 0..frame.len() {
            assert!(decode(&frame[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn a_form_no_writer_makes_is_refused_even_with_a_valid_checksum() {
        for (offset, value, what) in
            [(68, 0, "kind"), (68, 4, "kind"), (69, 2, "flags"), (70, 1, "padding"), (73, 1, "padding")]
        {
            let (mut frame, _) = frame_of(b"x");
            frame[offset] = value;
            let covered = frame.len() - CRC_BYTES;
            let checksum = crc32c::crc32c(&frame[..covered]);
            frame[covered..].copy_from_slice(&checksum.to_le_bytes());
            assert_eq!(decode(&frame), Err(FrameFault::Form(what)), "offset {offset}");
        }
    }

    #[test]
    fn a_length_above_the_limit_is_refused_before_anything_is_read() {
        let (mut frame, _) = frame_of(b"x");
        frame[64..68].copy_from_slice(&(PAYLOAD_MAX as u32 + 1).to_le_bytes());
        assert_eq!(announced_len(&frame), Err(FrameFault::Length(PAYLOAD_MAX as u32 + 1)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = bytes;
            prop_assert!(decode(&bytes).is_err());
            if bytes.len() >= 8 {
                bytes[..8].copy_from_slice(&MAGIC);
                prop_assert!(decode(&bytes).is_err());
            }
        }
    }
}
