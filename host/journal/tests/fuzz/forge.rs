//! Forge: what would these bytes be if whoever changed them had made chain and checksums right?
//!
//! In: the bytes of a segment, changed anywhere. Out: frames with the same heads and payloads as far as there are any, each
//! with the hash of the one before and its own checksum. Must never: make right what is inside a payload.

use ringfence_core::blob::sha256;
use ringfence_journal::frame::{HEAD_BYTES, MAGIC, PAYLOAD_MAX, frame_len};

const CRC_BYTES: usize = 4;

/// The frames, made right, each by itself.
pub(crate) fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut previous = [0; 32];
    pieces(bytes)
        .map(|piece| {
            let frame = sealed(piece, &previous);
            previous = sha256(&frame);
            frame
        })
        .collect()
}

/// What begins with the magic number, up to the next one.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts: Vec<usize> =
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(&MAGIC)).chain([bytes.len()]).collect();
    (1..starts.len()).map(move |next| &bytes[starts[next - 1]..starts[next]])
}

fn sealed(piece: &[u8], previous: &[u8; 32]) -> Vec<u8> {
    let mut frame = piece.to_vec();
    frame.resize(frame.len().max(HEAD_BYTES), 0);
    let stated = u32::from_le_bytes(*frame[64..].first_chunk().expect("four bytes")) as usize;
    let there = (frame.len() - HEAD_BYTES).saturating_sub(CRC_BYTES).min(PAYLOAD_MAX);
    let payload = if stated <= there { stated } else { there };
    frame.truncate(HEAD_BYTES + payload);
    frame[24..56].copy_from_slice(previous);
    frame[64..68].copy_from_slice(&u32::try_from(payload).expect("below the limit").to_le_bytes());
    frame.resize(frame_len(payload) - CRC_BYTES, 0);
    let checksum = crc32c::crc32c(&frame);
    frame.extend_from_slice(&checksum.to_le_bytes());
    frame
}
