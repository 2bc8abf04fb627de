//! Variable-length integers: how do small numbers take few bytes?
//!
//! In: a `u64`. Out: 1 to 10 bytes, 7 bits each, lowest first, the top bit set on all but the last. Must never: accept a
//! longer form than the shortest one, so that equal numbers have equal bytes.

use ringfence_core::canonical::{DecodeError, Read};

/// Longest form in bytes.
pub const VARINT_BYTES_MAX: usize = 10;

/// Appends `value`.
#[inline]
pub fn put_varint(out: &mut Vec<u8>, value: u64) {
    // Fuel of a call is nearly always below 2^14: one bounds check for both bytes.
    if value < 1 << 7 {
        out.push(value as u8);
    } else if value < 1 << 14 {
        out.extend_from_slice(&[value as u8 | 0x80, (value >> 7) as u8]);
    } else {
        put_long(out, value);
    }
}

fn put_long(out: &mut Vec<u8>, value: u64) {
    let mut rest = value;
    while rest >= 1 << 7 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Reads the integer at `at` and moves `at` behind it.
///
/// # Errors
/// [`DecodeError`] when the bytes end inside it, it is above 64 bits, or it has a shorter form.
pub fn take_varint(bytes: &[u8], at: &mut usize) -> Read<u64> {
    let start = *at;
    let mut value = 0_u64;
    for (place, byte) in bytes.get(start..).unwrap_or_default().iter().take(VARINT_BYTES_MAX).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let is_past_64_bits = place == VARINT_BYTES_MAX - 1 && bits > 1;
        let is_longer_than_needed = place > 0 && *byte == 0;
        if is_past_64_bits || is_longer_than_needed {
            return Err(DecodeError::Invalid(start, "variable-length integer"));
        }
        value |= bits << (7 * place);
        if byte & 0x80 == 0 {
            *at = start + place + 1;
            return Ok(value);
        }
    }
    if bytes.len().saturating_sub(start) >= VARINT_BYTES_MAX {
        return Err(DecodeError::Invalid(start, "variable-length integer"));
    }
    Err(DecodeError::Truncated(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes_of(value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(&mut out, value);
        out
    }

    #[test]
    fn lengths_change_at_every_seventh_bit() {
        for (value, want) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (u64::MAX, 10)] {
            assert_eq!(bytes_of(value).len(), want, "{value}");
        }
    }

    #[test]
    fn a_longer_form_than_needed_is_refused() {
        for bytes in [&[0x80, 0x00][..], &[0xff, 0x80, 0x00], &[0x80; 10], &[0xff; 10]] {
            assert_eq!(
                take_varint(bytes, &mut 0),
                Err(DecodeError::Invalid(0, "variable-length integer")),
                "{bytes:?}"
            );
        }
        assert_eq!(take_varint(&[0xff], &mut 0), Err(DecodeError::Truncated(1)));
        assert_eq!(take_varint(&[], &mut 0), Err(DecodeError::Truncated(0)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value: u64, shift in 0_u32..64) {
            let value = value >> shift;
            let bytes = bytes_of(value);
            let mut at = 0;
            prop_assert_eq!(take_varint(&bytes, &mut at), Ok(value));
            prop_assert_eq!(at, bytes.len());
        }

        #[test]
        fn accepted_bytes_are_the_only_form(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            let mut at = 0;
            if let Ok(value) = take_varint(&bytes, &mut at) {
                prop_assert_eq!(&bytes[..at], &bytes_of(value)[..]);
            }
        }
    }
}
