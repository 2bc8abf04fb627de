//! Question: how do many data segments become few?
//!
//! In: a core module. Out: the same memory at its start, in segments that lie further apart than [`GAP_MAX`] bytes. Must never
//! write to a place that no segment wrote to with anything but 0, which it is already, or change another section.

use crate::strip::{Malformed, push_leb, push_section, read_leb, sections, take_sized};

/// Zeros between two segments that are written out rather than kept apart: about what a segment costs in the file.
const GAP_MAX: u64 = 64;

const DATA_SECTION: u8 = 11;
const ACTIVE: u32 = 0;
const I32_CONST: u8 = 0x41;
const END: u8 = 0x0b;

struct Segment {
    start: u64,
    bytes: Vec<u8>,
}

/// Joins segments that lie close together. They have to come in order of their places and not overlap; those that do not are kept
/// as they are.
pub(crate) fn joined(module: &[u8]) -> Result<Vec<u8>, Malformed> {
    let (preamble, all) = sections(module)?;
    let mut out = preamble.to_vec();
    for (id, body) in all {
        match id {
            DATA_SECTION => push_section(&mut out, id, &written(&joined_segments(body)?)),
            _ => push_section(&mut out, id, body),
        }
    }
    Ok(out)
}

fn joined_segments(body: &[u8]) -> Result<Vec<Segment>, Malformed> {
    let (count, mut rest) = read_leb(body)?;
    let mut segments: Vec<Segment> = Vec::new();
    for _ in 0..count {
        let (next, after) = segment(rest)?;
        rest = after;
        let gap = segments.last().and_then(|last| next.start.checked_sub(last.start + last.bytes.len() as u64));
        match (segments.last_mut(), gap) {
            (Some(last), Some(gap)) if gap <= GAP_MAX => {
                last.bytes.resize(last.bytes.len() + gap as usize, 0);
                last.bytes.extend_from_slice(&next.bytes);
            }
            _ => segments.push(next),
        }
    }
    if rest.is_empty() { Ok(segments) } else { Err(Malformed) }
}

/// One segment of memory 0 at a constant place; the Go linker makes no others.
fn segment(bytes: &[u8]) -> Result<(Segment, &[u8]), Malformed> {
    let (flags, rest) = read_leb(bytes)?;
    let rest = rest.strip_prefix(&[I32_CONST]).filter(|_| flags == ACTIVE).ok_or(Malformed)?;
    let (start, rest) = read_signed(rest)?;
    let (data, rest) = take_sized(rest.strip_prefix(&[END]).ok_or(Malformed)?)?;
    Ok((Segment { start: u64::from(start), bytes: data.to_vec() }, rest))
}

/// An `i32.const`, as the address that it stands for.
fn read_signed(bytes: &[u8]) -> Result<(u32, &[u8]), Malformed> {
    let mut value: i64 = 0;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        value |= i64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            if byte & 0x40 != 0 {
                value -= 1 << (7 * (at + 1));
            }
            let rest = bytes.get(at + 1..).ok_or(Malformed)?;
            return i32::try_from(value).map(|value| (value.cast_unsigned(), rest)).map_err(|_| Malformed);
        }
    }
    Err(Malformed)
}

fn written(segments: &[Segment]) -> Vec<u8> {
    let mut out = Vec::new();
    push_leb(&mut out, segments.len());
    for segment in segments {
        out.extend_from_slice(&[ACTIVE as u8, I32_CONST]);
        push_signed(&mut out, (segment.start as u32).cast_signed());
        out.push(END);
        push_leb(&mut out, segment.bytes.len());
        out.extend_from_slice(&segment.bytes);
    }
    out
}

fn push_signed(out: &mut Vec<u8>, mut value: i32) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let is_last = (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0);
        out.push(if is_last { byte } else { byte | 0x80 });
        if is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(segments: &[(u64, &[u8])]) -> Vec<u8> {
        let segments: Vec<Segment> =
            segments.iter().map(|&(start, bytes)| Segment { start, bytes: bytes.to_vec() }).collect();
        let mut out = b"\0asm\x01\0\0\0\x05\x03\x01\x00\x01".to_vec();
        push_section(&mut out, DATA_SECTION, &written(&segments));
        out
    }

    #[test]
    fn segments_that_lie_close_are_one_with_zeros_between() {
        let apart = 4 + GAP_MAX;
        let many = module(&[(1, b"abc"), (apart, b"d"), (apart + 1, b"e"), (apart + 2 + GAP_MAX + 1, b"f")]);
        let mut first = b"abc".to_vec();
        first.resize(3 + GAP_MAX as usize, 0);
        first.extend_from_slice(b"de");
        assert_eq!(joined(&many), Ok(module(&[(1, &first), (apart + 2 + GAP_MAX + 1, b"f")])));
    }

    #[test]
    fn segments_that_overlap_or_come_out_of_order_stay_apart() {
        for segments in [[(10, &b"abc"[..]), (12, b"x")], [(10, b"abc"), (2, b"x")]] {
            assert_eq!(joined(&module(&segments)), Ok(module(&segments)));
        }
    }

    #[test]
    fn places_of_every_size_are_read_as_they_are_written() {
        for place in [0, 63, 64, 8191, 8192, 1 << 20, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
            let one = module(&[(place, b"x")]);
            assert_eq!(joined(&one), Ok(one.clone()), "{place}");
        }
    }

    #[test]
    fn what_is_no_active_segment_at_a_constant_is_refused() {
        let mut passive = b"\0asm\x01\0\0\0".to_vec();
        push_section(&mut passive, DATA_SECTION, &[1, 1, 1, b'x']);
        assert_eq!(joined(&passive), Err(Malformed));
        let good = module(&[(1, b"abc")]);
        assert_eq!(joined(&good[..good.len() - 1]), Err(Malformed));
    }
}
