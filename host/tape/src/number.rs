//! Numbers in text: which mantissa do these digits mean at this scale?
//!
//! In: bytes of a row from some position on. Out: a 64-bit mantissa and where the number ends. Must never: use a float,
//! round, wrap around, or allocate.

use crate::error::RowFault;

/// Which numbers a column takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    /// Digits behind the point of the mantissa, 0 to 18.
    pub(crate) scale: u8,
    /// Whether a minus may stand before it.
    pub(crate) sign: Sign,
}

/// Whether a column may be below zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// A leading `-` is allowed.
    Any,
    /// Digits only.
    Unsigned,
}

/// A whole number of up to 64 bits at the start of `text`; returns it and its length.
#[inline]
pub(crate) fn whole(text: &[u8]) -> Result<(u64, usize), RowFault> {
    let mut value = 0_u64;
    let mut at = 0;
    // Two words of eight digits and the rest: a time stamp has 19 digits. 16 + 3 digits cannot overflow.
    while at < 16
        && let Some(word) = text[at..].first_chunk::<8>().and_then(|word| eight_digits(*word))
    {
        value = value * 100_000_000 + word;
        at += 8;
    }
    while let Some(digit) = digit_at(text, at) {
        if at >= DIGITS_SAFE {
            return long_whole(text);
        }
        value = value * 10 + digit;
        at += 1;
    }
    if at == 0 { Err(RowFault::WholeNumber) } else { Ok((value, at)) }
}

/// A decimal at the start of `text`, as a mantissa in the given form; returns it and its length.
#[inline]
pub(crate) fn decimal(text: &[u8], form: Form) -> Result<(i64, usize), RowFault> {
    let scale = usize::from(form.scale);
    let negative = form.sign == Sign::Any && text.first() == Some(&b'-');
    let first = usize::from(negative);
    let mut at = first;
    let mut value = 0_u64;
    while let Some(digit) = digit_at(text, at) {
        value = value.wrapping_mul(10).wrapping_add(digit);
        at += 1;
    }
    let mut digits = at - first;
    let mut missing = scale;
    if digits == 0 {
        return Err(RowFault::Number);
    }
    if text.get(at) == Some(&b'.') {
        at += 1;
        let point = at;
        while missing > 0
            && let Some(digit) = digit_at(text, at)
        {
            value = value.wrapping_mul(10).wrapping_add(digit);
            at += 1;
            missing -= 1;
        }
        digits += scale - missing;
        at = skip_finer(text, at, form)?;
        if at == point {
            return Err(RowFault::Number);
        }
    }
    if digits + missing > DIGITS_SAFE_SIGNED {
        return long_decimal(text, form, at);
    }
    // Invariant: at most 18 digits, so neither the sum above nor this product leaves an `i64`.
    let mantissa = (value * POWERS_OF_TEN[missing]).cast_signed();
    Ok((if negative { -mantissa } else { mantissa }, at))
}

/// Passes over zeros beyond the scale; any other digit there is a fault.
#[inline]
fn skip_finer(text: &[u8], from: usize, form: Form) -> Result<usize, RowFault> {
    let mut at = from;
    while let Some(digit) = digit_at(text, at) {
        if digit != 0 {
            return Err(RowFault::TooFine(form.scale));
        }
        at += 1;
    }
    Ok(at)
}

#[inline]
fn digit_at(text: &[u8], at: usize) -> Option<u64> {
    let digit = text.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

/// Eight ASCII digits, first digit in the lowest byte, as a number; `None` when one of them is not a digit.
#[inline]
fn eight_digits(text: [u8; 8]) -> Option<u64> {
    const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
    const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
    // 0x76 + 10 reaches the high bit, 0x76 + 9 does not. A carry can only come from a byte that is itself no digit.
    const ABOVE_NINE: u64 = u64::from_le_bytes([0x76; 8]);
    let digits = u64::from_le_bytes(text) ^ ZEROS;
    if (digits.wrapping_add(ABOVE_NINE) | digits) & HIGH_BITS != 0 {
        return None;
    }
    // Neighbours are joined: 8 digits to 4 pairs, to 2 groups of four, to one number in the upper half.
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

/// Any number of digits, checked: leading zeros are fine, more than 64 bits are not.
#[cold]
fn long_whole(text: &[u8]) -> Result<(u64, usize), RowFault> {
    let mut value = Some(0_u64);
    let mut at = 0;
    while let Some(digit) = digit_at(text, at) {
        value = value.and_then(|value| value.checked_mul(10)?.checked_add(digit));
        at += 1;
    }
    value.map(|value| (value, at)).ok_or(RowFault::TooLarge(0))
}

/// Any number of digits in `text[..end]`, whose form was checked: leading zeros are fine, more than 64 bits are not.
#[cold]
fn long_decimal(text: &[u8], form: Form, end: usize) -> Result<(i64, usize), RowFault> {
    let (negative, body) = match text[..end].split_first() {
        Some((b'-', rest)) => (true, rest),
        Some(_) | None => (false, &text[..end]),
    };
    let whole = body.iter().position(|byte| *byte == b'.').unwrap_or(body.len());
    let fraction = body.get(whole + 1..).unwrap_or(&[]).iter().chain(std::iter::repeat(&b'0'));
    let kept = body[..whole].iter().chain(fraction.take(usize::from(form.scale)));
    let mut value = Some(0_i64);
    for digit in kept.map(|byte| i64::from(byte - b'0')) {
        // Counted downwards, because the range of an `i64` goes one further below zero.
        value = value.and_then(|value| value.checked_mul(10)?.checked_sub(digit));
    }
    let value = if negative { value } else { value.and_then(i64::checked_neg) };
    value.map(|value| (value, end)).ok_or(RowFault::TooLarge(form.scale))
}

/// Digits that always fit a `u64`.
const DIGITS_SAFE: usize = 19;

/// Digits that always fit an `i64`.
const DIGITS_SAFE_SIGNED: usize = 18;

const POWERS_OF_TEN: [u64; 19] = {
    let mut table = [1_u64; 19];
    let mut at = 1;
    while at < table.len() {
        table[at] = table[at - 1] * 10;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PRICE: Form = Form { scale: 2, sign: Sign::Any };
    const QTY: Form = Form { scale: 3, sign: Sign::Unsigned };

    #[track_caller]
    fn check(form: Form, text: &str, want: Result<i64, RowFault>) {
        let got = decimal(text.as_bytes(), form);
        assert_eq!(got.map(|(value, _)| value), want, "{text}");
        if let Ok((_, length)) = got {
            assert_eq!(length, text.len(), "{text} is read to its end");
        }
    }

    #[test]
    fn decimals_are_scaled_and_zeros_beyond_the_scale_are_fine() {
        for (text, want) in
            [("0", 0), ("7", 700), ("167.41", 16_741), ("167.4100", 16_741), ("0.5", 50), ("007.50", 750)]
        {
            check(PRICE, text, Ok(want));
        }
        check(PRICE, "1.00000000000000000000000000000000000000000000", Ok(100));
    }

    #[test]
    fn decimals_beyond_the_scale_are_refused() {
        check(PRICE, "1.001", Err(RowFault::TooFine(2)));
        check(QTY, "1.0001", Err(RowFault::TooFine(3)));
    }

    #[test]
    fn only_prices_may_be_below_zero() {
        check(PRICE, "-37.63", Ok(-3_763));
        check(QTY, "-1", Err(RowFault::Number));
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["", ".", "-", ".5", "-.5", "5.", "+5", " 5", "nan", "inf", ",", "--5", "\u{661}"] {
            check(PRICE, text, Err(RowFault::Number));
        }
    }

    #[test]
    fn a_number_ends_at_the_first_byte_that_is_not_part_of_it() {
        for text in ["12.34,5", "12.34 ", "12.34e5", "12.34.5", "12.34\0"] {
            assert_eq!(decimal(text.as_bytes(), PRICE), Ok((1_234, 5)), "{text:?}");
        }
        assert_eq!(whole(b"12.5"), Ok((12, 2)));
    }

    #[test]
    fn mantissas_reach_both_ends_of_64_bits_and_no_further() {
        check(PRICE, "92233720368547758.07", Ok(i64::MAX));
        check(PRICE, "92233720368547758.08", Err(RowFault::TooLarge(2)));
        check(PRICE, "-92233720368547758.08", Ok(i64::MIN));
        check(PRICE, "-92233720368547758.09", Err(RowFault::TooLarge(2)));
        check(PRICE, "99999999999999999999999999999999999999999999", Err(RowFault::TooLarge(2)));
        check(PRICE, "00000000000000000000000000000000000000000001.5", Ok(150));
    }

    #[test]
    fn times_reach_the_end_of_64_bits_and_no_further() {
        for (text, want) in [("0", 0), ("1381132800464000000", 1_381_132_800_464_000_000), ("0007", 7)] {
            assert_eq!(whole(text.as_bytes()), Ok((want, text.len())), "{text}");
        }
        assert_eq!(whole(b"18446744073709551615"), Ok((u64::MAX, 20)));
        assert_eq!(whole(b"18446744073709551616"), Err(RowFault::TooLarge(0)));
        assert_eq!(whole(b"0000000000000000000018446744073709551615"), Ok((u64::MAX, 40)));
        for text in ["", "-1", "x", ","] {
            assert_eq!(whole(text.as_bytes()), Err(RowFault::WholeNumber), "{text}");
        }
    }

    #[test]
    fn eight_digits_refuse_every_other_byte_in_every_place() {
        for place in 0..8 {
            for byte in 0..=u8::MAX {
                let mut text = *b"98765432";
                text[place] = byte;
                let want = std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok());
                let want = want.filter(|_: &u64| byte.is_ascii_digit());
                assert_eq!(eight_digits(text), want, "{byte} at {place}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_rendered_mantissa_reads_back(value: i64, scale in 0_u8..=18, zeros in 0_usize..30) {
            let form = Form { scale, sign: Sign::Any };
            let scale = ringfence_core::money::Scale::new(scale).expect("in range");
            let mut text = ringfence_core::money::Plain(value, scale).to_string();
            if scale.digits() > 0 {
                text.extend(std::iter::repeat_n('0', zeros));
            }
            prop_assert_eq!(decimal(text.as_bytes(), form), Ok((value, text.len())));
        }

        #[test]
        fn a_rendered_whole_number_reads_back(value: u64, tail in "(,[0-9]{0,9})?") {
            let text = format!("{value}{tail}");
            prop_assert_eq!(whole(text.as_bytes()), Ok((value, value.to_string().len())));
        }

        #[test]
        fn no_bytes_make_it_panic(text in prop::collection::vec(prop::sample::select(b"0123456789.-,x\0\xff".to_vec()), 0..50), scale in 0_u8..=18) {
            for sign in [Sign::Any, Sign::Unsigned] {
                if let Ok((_, length)) = decimal(&text, Form { scale, sign }) {
                    prop_assert!(length <= text.len());
                }
            }
            if let Ok((_, length)) = whole(&text) {
                prop_assert!(length <= text.len());
            }
        }
    }
}
