//! Numbers: which decimal was written?
//!
//! In: text with or without exponent, or a double. Out: a 64-bit mantissa and its digits behind the point, without zeros at
//! the end. Must never: round what was written as text.

use std::fmt;

use ringfence_core::money::{Plain, Scale};

/// `mantissa / 10^digits`, exact. Zeros at the end are dropped, so equal numbers are equal values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number {
    mantissa: i64,
    digits: u8,
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number { mantissa: 0, digits: 0 };

    /// `mantissa / 10^digits`; `None` above 18 digits behind the point that are not zeros.
    #[must_use]
    pub fn new(mantissa: i64, digits: u8) -> Option<Number> {
        let (mut mantissa, mut digits) = (mantissa, digits);
        while digits > 0 && mantissa % 10 == 0 {
            (mantissa, digits) = (mantissa / 10, digits - 1);
        }
        (digits <= Scale::MAX).then_some(Number { mantissa, digits })
    }

    /// Reads `-12.50`, `1e-7`, `+3`, `.5`; `None` for anything else, and where 64 bits or 18 digits do not do.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Number> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let (negative, rest) = match text.split_first()? {
            (b'-', rest) => (true, rest),
            (b'+', rest) => (false, rest),
            _ => (false, text),
        };
        let at = rest.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (body, exponent) = match at {
            Some(at) => (&rest[..at], exponent(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let point = body.iter().position(|byte| *byte == b'.').unwrap_or(body.len());
        let (whole, fraction) = (&body[..point], body.get(point + 1..).unwrap_or(&[]));
        if whole.is_empty() && fraction.is_empty() || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
            return None;
        }
        let fraction = &fraction[..fraction.iter().rposition(|byte| *byte != b'0').map_or(0, |last| last + 1)];
        let mut mantissa = 0_i64;
        for byte in whole.iter().chain(fraction) {
            mantissa = mantissa.checked_mul(10)?.checked_sub(i64::from(byte - b'0'))?;
        }
        let mantissa = if negative { mantissa } else { mantissa.checked_neg()? };
        Number::shifted(mantissa, i32::try_from(fraction.len()).ok()? - exponent)
    }

    /// The shortest decimal that stands for this double; `None` for what is no number or does not fit.
    #[must_use]
    pub fn from_double(value: f64) -> Option<Number> {
        value.is_finite().then(|| Number::parse(format!("{value:e}").as_bytes())).flatten()
    }

    fn shifted(mantissa: i64, digits: i32) -> Option<Number> {
        if mantissa == 0 {
            return Some(Number::ZERO);
        }
        match u32::try_from(digits) {
            Ok(0..=TEXT_DIGITS_MAX) => Number::new(mantissa, u8::try_from(digits).ok()?),
            Ok(_) => None,
            Err(_) => Number::new(mantissa.checked_mul(10_i64.checked_pow(digits.unsigned_abs())?)?, 0),
        }
    }

    /// Digits behind the point that it needs.
    #[must_use]
    pub const fn digits(self) -> u8 {
        self.digits
    }

    /// The mantissa at a scale; `None` where the number is finer or does not fit.
    #[must_use]
    pub fn at(self, scale: Scale) -> Option<i64> {
        let missing = scale.digits().checked_sub(self.digits)?;
        self.mantissa.checked_mul(Scale::new(missing)?.unit())
    }

    /// The number divided by 10^digits.
    #[must_use]
    pub fn scaled_down(self, digits: u8) -> Option<Number> {
        Number::new(self.mantissa, self.digits.checked_add(digits)?)
    }

    /// Exact sum.
    #[must_use]
    pub fn plus(self, other: Number) -> Option<Number> {
        let scale = Scale::new(self.digits.max(other.digits))?;
        Number::new(self.at(scale)?.checked_add(other.at(scale)?)?, scale.digits())
    }

    /// The number with the other sign; the one number that has none stays as it is.
    #[must_use]
    pub const fn negated(self) -> Number {
        Number { mantissa: self.mantissa.saturating_neg(), digits: self.digits }
    }

    /// The number above 0 at the same distance from it.
    #[must_use]
    pub const fn without_sign(self) -> Number {
        if self.mantissa < 0 { self.negated() } else { self }
    }

    /// The nearest double.
    ///
    /// # Panics
    ///
    /// Never: what a number is written as is what a double is read from.
    #[must_use]
    pub fn to_double(self) -> f64 {
        self.to_string().parse().expect("a decimal is a double")
    }

    /// Exact half.
    #[must_use]
    pub fn half(self) -> Option<Number> {
        Number::new(self.mantissa.checked_mul(5)?, self.digits + 1)
    }

    /// True for numbers above 0.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// True for 0.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// True below 0.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> std::cmp::Ordering {
        if self.digits == other.digits {
            return self.mantissa.cmp(&other.mantissa);
        }
        let digits = self.digits.max(other.digits);
        let wide = |number: &Number| i128::from(number.mantissa) * 10_i128.pow(u32::from(digits - number.digits));
        wide(self).cmp(&wide(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Plain(self.mantissa, Scale::new(self.digits).expect("at most 18 digits")).fmt(f)
    }
}

/// An exponent of at most three digits.
fn exponent(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text.split_first()? {
        (b'-', rest) => (-1, rest),
        (b'+', rest) => (1, rest),
        _ => (1, text),
    };
    let is_short = (1..=3).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    is_short.then(|| digits.iter().fold(0, |sum, byte| sum * 10 + i32::from(byte - b'0')) * sign)
}

/// Longest text of a number in bytes; longer ones are no prices.
const TEXT_BYTES_MAX: usize = 64;

/// Most digits behind the point before zeros at the end are dropped.
const TEXT_DIGITS_MAX: u32 = 200;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<(i64, u8)>) {
        let want = want.map(|(mantissa, digits)| Number { mantissa, digits });
        assert_eq!(Number::parse(text.as_bytes()), want, "{text}");
    }

    #[test]
    fn text_is_read_exactly_and_zeros_at_the_end_are_dropped() {
        for (text, mantissa, digits) in [
            ("0", 0, 0),
            ("-0.00", 0, 0),
            ("61800.20", 618_002, 1),
            ("-12.5", -125, 1),
            ("100", 100, 0),
            ("1e-7", 1, 7),
            ("1.50E+2", 150, 0),
            ("+.5", 5, 1),
            ("5.", 5, 0),
            ("0.000000000000000001", 1, 18),
            ("9223372036854775807", i64::MAX, 0),
            ("-9223372036854775808", i64::MIN, 0),
        ] {
            check(text, Some((mantissa, digits)));
        }
    }

    #[test]
    fn what_is_no_number_or_does_not_fit_is_refused() {
        for text in
            ["", ".", "-", "e5", "1e", "1e1234", "1e19", "1e-19", "9223372036854775808", "1 ", "0x1", "nan", "1..2"]
        {
            check(text, None);
        }
        check(&"1".repeat(65), None);
        assert_eq!((Number::from_double(f64::NAN), Number::from_double(f64::INFINITY)), (None, None));
    }

    #[test]
    fn a_double_is_its_shortest_decimal() {
        for (value, text) in [
            (0.1, "0.1"),
            (61_800.2, "61800.2"),
            (1e-8, "0.00000001"),
            (-3.0, "-3"),
            (0.1 + 0.2, "0.30000000000000004"),
        ] {
            assert_eq!(Number::from_double(value).map(|number| number.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_scale_that_is_too_small_or_too_large_gives_nothing() {
        let number = Number { mantissa: 15, digits: 1 };
        let at = |digits| number.at(Scale::new(digits).expect("in range"));
        assert_eq!((at(0), at(1), at(3)), (None, Some(15), Some(1_500)));
        assert_eq!(Number { mantissa: i64::MAX, digits: 0 }.at(Scale::new(1).expect("in range")), None);
    }

    proptest! {
        #[test]
        fn numbers_are_ordered_as_their_values(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, d in 0_u8..4, e in 0_u8..4) {
            let (one, other) = (Number::new(a, d).expect("small"), Number::new(b, e).expect("small"));
            let wide = |value: i64, digits: u8| value * 10_i64.pow(u32::from(4 - digits));
            prop_assert_eq!(one.cmp(&other), wide(a, d).cmp(&wide(b, e)));
            prop_assert_eq!(Number::parse(one.to_string().as_bytes()), Some(one));
        }

        #[test]
        fn no_text_makes_it_panic(text in prop::collection::vec(prop::sample::select(b"0123456789.-+eE".to_vec()), 0..70)) {
            let _read = Number::parse(&text);
        }

        #[test]
        fn any_double_is_read_or_refused(bits: u64) {
            if let Some(number) = Number::from_double(f64::from_bits(bits)) {
                prop_assert_eq!(number.to_string().parse::<f64>().ok(), Some(f64::from_bits(bits)));
            }
        }
    }
}
