//! Question: how is an exact decimal number held, read, written and compared?
//!
//! In: mantissa and scale, text, floats. Out: the same value, exactly, or an error.
//! Must never round unless the function is named for it.

use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

/// Most digits after the point.
pub const SCALE_MAX: u8 = 28;

/// Largest size of a mantissa: 96 bits, the range of the host's decimals.
pub const MANTISSA_MAX: i128 = (1 << 96) - 1;

/// Why a number was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// The text is not of the form `-12.5`, or the float is not a number.
    NotANumber,
    /// The value has more digits after the point than there is room for.
    Inexact,
    /// The value does not fit the type.
    TooLarge,
    /// The scale is above 28 (a decimal) or 18 (a price, a quantity).
    ScaleTooLarge,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not a decimal number",
            Self::Inexact => "more digits after the point than the scale has",
            Self::TooLarge => "beyond the range of the type",
            Self::ScaleTooLarge => "scale too large",
        })
    }
}

impl core::error::Error for NumberError {}

/// An exact decimal number: mantissa / 10^scale.
///
/// Invariant: the mantissa is below 2^96 in size and the scale at most 28. Equality and order are those of the
/// value: 1.5 equals 1.50.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    mantissa: i128,
    scale: u8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// One.
    pub const ONE: Self = Self { mantissa: 1, scale: 0 };

    /// `mantissa` / 10^`scale`.
    ///
    /// # Errors
    /// Mantissa above [`MANTISSA_MAX`] in size, scale above [`SCALE_MAX`].
    pub const fn new(mantissa: i128, scale: u8) -> Result<Self, NumberError> {
        if scale > SCALE_MAX {
            return Err(NumberError::ScaleTooLarge);
        }
        if mantissa > MANTISSA_MAX || mantissa < -MANTISSA_MAX {
            return Err(NumberError::TooLarge);
        }
        Ok(Self { mantissa, scale })
    }

    /// From the three fields that cross the WIT boundary: (`hi` * 2^64 + `lo`) / 10^`scale`.
    ///
    /// # Errors
    /// As [`Decimal::new`].
    pub const fn from_parts(lo: u64, hi: i64, scale: u8) -> Result<Self, NumberError> {
        Self::new(((hi as i128) << 64) | lo as i128, scale)
    }

    /// Low 64 bits of the mantissa, two's complement.
    #[must_use]
    pub const fn lo(self) -> u64 {
        self.mantissa as u64
    }

    /// High 64 bits of the mantissa, with its sign.
    #[must_use]
    pub const fn hi(self) -> i64 {
        (self.mantissa >> 64) as i64
    }

    /// The mantissa.
    #[must_use]
    pub const fn mantissa(self) -> i128 {
        self.mantissa
    }

    /// Digits after the point, 0 to 28.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The same value with `scale` digits after the point.
    ///
    /// # Errors
    /// A digit would be lost, or the mantissa would not fit.
    pub fn rescale(self, scale: u8) -> Result<Self, NumberError> {
        if scale >= self.scale {
            let factor = power_of_ten(scale - self.scale).ok_or(NumberError::ScaleTooLarge)?;
            return Self::new(self.mantissa.checked_mul(factor).ok_or(NumberError::TooLarge)?, scale);
        }
        let divisor = power_of_ten(self.scale - scale).ok_or(NumberError::ScaleTooLarge)?;
        match self.mantissa % divisor {
            0 => Self::new(self.mantissa / divisor, scale),
            _ => Err(NumberError::Inexact),
        }
    }

    /// The exact sum, at the larger of the two scales.
    ///
    /// # Errors
    /// It does not fit.
    pub fn checked_add(self, other: Self) -> Result<Self, NumberError> {
        let scale = self.scale.max(other.scale);
        let sum = self.rescale(scale)?.mantissa + other.rescale(scale)?.mantissa;
        Self::new(sum, scale)
    }

    /// The exact difference, at the larger of the two scales.
    ///
    /// # Errors
    /// It does not fit.
    pub fn checked_sub(self, other: Self) -> Result<Self, NumberError> {
        self.checked_add(Self { mantissa: -other.mantissa, scale: other.scale })
    }

    /// The exact product, at the sum of the two scales.
    ///
    /// # Errors
    /// It does not fit; nothing is rounded.
    pub fn checked_mul(self, other: Self) -> Result<Self, NumberError> {
        let product = self.mantissa.checked_mul(other.mantissa).ok_or(NumberError::TooLarge)?;
        Self::new(product, self.scale + other.scale)
    }

    /// A float near the value: correct to the last bit for mantissas up to 2^53 and scales up to 22.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.mantissa as f64 / power_of_ten_f64(self.scale)
    }

    /// The decimal with `scale` digits after the point that is nearest to `value`, ties to even.
    ///
    /// # Errors
    /// Not a number, infinite, or beyond 64 bits at this scale.
    pub fn from_f64(value: f64, scale: u8) -> Result<Self, NumberError> {
        Self::new(i128::from(round_to_mantissa(value, scale)?), scale)
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { mantissa: i128::from(value), scale: 0 }
    }
}

impl FromStr for Decimal {
    type Err = NumberError;

    /// Reads `12`, `-12.5`, `0.010`; the scale is the number of digits after the point.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let digits = Digits::split(text)?;
        let scale = u8::try_from(digits.fraction.len()).map_err(|_| NumberError::ScaleTooLarge)?;
        Self::new(digits.mantissa(scale, MANTISSA_MAX)?, scale)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mantissa_text(self.mantissa, self.scale))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        whole_and_fraction(*self).cmp(&whole_and_fraction(*other))
    }
}

/// Whole part and 28 digits of fraction: comparable between scales and free of overflow.
fn whole_and_fraction(value: Decimal) -> (i128, i128) {
    let unit = power_of_ten(value.scale).expect("a decimal's scale is at most 28");
    let widen = power_of_ten(SCALE_MAX - value.scale).expect("a decimal's scale is at most 28");
    (value.mantissa.div_euclid(unit), value.mantissa.rem_euclid(unit) * widen)
}

/// 10^`exponent`, or `None` above 38.
const fn power_of_ten(exponent: u8) -> Option<i128> {
    10_i128.checked_pow(exponent as u32)
}

/// The float nearest to 10^`exponent`; exact up to 22. Multiplied up, because library powers differ by platform.
pub(crate) fn power_of_ten_f64(exponent: u8) -> f64 {
    match power_of_ten(exponent) {
        Some(power) => power as f64,
        None => f64::INFINITY,
    }
}

/// Reads decimal text as an `i64` mantissa at `scale`.
pub(crate) fn parse_mantissa(text: &str, scale: u8) -> Result<i64, NumberError> {
    let mantissa = Digits::split(text)?.mantissa(scale, i128::from(i64::MAX))?;
    i64::try_from(mantissa).map_err(|_| NumberError::TooLarge)
}

/// The nearest mantissa at `scale`, ties to even.
pub(crate) fn round_to_mantissa(value: f64, scale: u8) -> Result<i64, NumberError> {
    if value.is_nan() {
        return Err(NumberError::NotANumber);
    }
    let scaled = (value * power_of_ten_f64(scale)).round_ties_even();
    // 2^63 is exact in a float; everything below it fits.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&scaled) {
        Ok(scaled as i64)
    } else {
        Err(NumberError::TooLarge)
    }
}

/// Decimal text of a mantissa, with all digits of the scale.
pub(crate) fn mantissa_text(mantissa: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if mantissa < 0 { "-" } else { "" };
    let point = if scale == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

/// The parts of decimal text; both runs hold ASCII digits only.
struct Digits<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
}

impl<'t> Digits<'t> {
    fn split(text: &'t str) -> Result<Self, NumberError> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match rest.split_once('.') {
            Some((_, "")) => return Err(NumberError::NotANumber),
            Some(parts) => parts,
            None => (rest, ""),
        };
        let all_digits = |run: &str| run.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(NumberError::NotANumber);
        }
        Ok(Self { negative, whole, fraction })
    }

    /// The mantissa at `scale`, at most `limit` in size.
    fn mantissa(&self, scale: u8, limit: i128) -> Result<i128, NumberError> {
        let kept = self.fraction.len().min(usize::from(scale));
        if self.fraction.bytes().skip(kept).any(|digit| digit != b'0') {
            return Err(NumberError::Inexact);
        }
        let padding = core::iter::repeat_n(b'0', usize::from(scale) - kept);
        let mut size: i128 = 0;
        for digit in self.whole.bytes().chain(self.fraction.bytes().take(kept)).chain(padding) {
            // Below the limit of 96 bits, ten times more cannot overflow 128.
            size = size * 10 + i128::from(digit - b'0');
            if size > limit {
                return Err(NumberError::TooLarge);
            }
        }
        Ok(if self.negative { -size } else { size })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn text_keeps_its_scale() {
        for text in
            ["0", "12", "-12.5", "0.010", "-0.5", "79228162514264337593543950335", "1.0000000000000000000000000000"]
        {
            assert_eq!(decimal(text).to_string(), text);
        }
    }

    #[test]
    fn malformed_text_is_refused() {
        for text in ["", "-", ".", "1.", ".5", "+1", "1e3", "1,000", " 1", "1 ", "--1", "1.2.3", "NaN", "٣"] {
            assert_eq!(text.parse::<Decimal>(), Err(NumberError::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn ninety_six_bits_is_the_limit() {
        assert_eq!(decimal("79228162514264337593543950335").mantissa(), MANTISSA_MAX);
        assert_eq!("79228162514264337593543950336".parse::<Decimal>(), Err(NumberError::TooLarge));
        assert_eq!(Decimal::new(-MANTISSA_MAX - 1, 0), Err(NumberError::TooLarge));
        assert_eq!(Decimal::new(1, 29), Err(NumberError::ScaleTooLarge));
        assert_eq!("9".repeat(400).parse::<Decimal>(), Err(NumberError::TooLarge));
        assert_eq!(format!("0.{}", "0".repeat(300)).parse::<Decimal>(), Err(NumberError::ScaleTooLarge));
    }

    #[test]
    fn the_two_halves_make_the_whole() {
        for text in ["-1", "1", "-79228162514264337593543950335", "18446744073709551616.5"] {
            let value = decimal(text);
            assert_eq!(Decimal::from_parts(value.lo(), value.hi(), value.scale()), Ok(value));
        }
        assert_eq!((decimal("-1").lo(), decimal("-1").hi()), (u64::MAX, -1));
    }

    #[test]
    fn order_is_that_of_the_value() {
        assert_eq!(decimal("1.5"), decimal("1.50"));
        assert!(decimal("-1.5") < decimal("-1.49"));
        assert!(decimal("79228162514264337593543950335") > decimal("7.9228162514264337593543950335"));
        assert!(decimal("0.0000000000000000000000000001") > Decimal::ZERO);
    }

    #[test]
    fn sums_and_products_are_exact_or_refused() {
        assert_eq!(decimal("0.1").checked_add(decimal("0.02")), Ok(decimal("0.12")));
        assert_eq!(decimal("0.1").checked_sub(decimal("0.1")), Ok(Decimal::ZERO));
        assert_eq!(decimal("1.5").checked_mul(decimal("-0.25")), Ok(decimal("-0.375")));
        assert_eq!(
            decimal("0.00000000000001").checked_mul(decimal("0.000000000000001")),
            Err(NumberError::ScaleTooLarge)
        );
        assert_eq!(decimal("79228162514264337593543950335").checked_add(decimal("0.1")), Err(NumberError::TooLarge));
    }

    #[test]
    fn rescaling_loses_no_digit() {
        assert_eq!(decimal("1.50").rescale(1).map(Decimal::mantissa), Ok(15));
        assert_eq!(decimal("1.55").rescale(1), Err(NumberError::Inexact));
        assert_eq!(decimal("1").rescale(29), Err(NumberError::ScaleTooLarge));
    }

    #[test]
    fn floats_convert_only_by_name() {
        assert_eq!(Decimal::from_f64(0.1, 4), Ok(decimal("0.1000")));
        assert_eq!(decimal("0.1").to_f64().to_bits(), 0.1_f64.to_bits());
        assert_eq!(Decimal::from_f64(f64::INFINITY, 0), Err(NumberError::TooLarge));
    }

    fn any_decimal() -> impl Strategy<Value = Decimal> {
        (-MANTISSA_MAX..=MANTISSA_MAX, 0..=SCALE_MAX).prop_map(|(mantissa, scale)| Decimal { mantissa, scale })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn text_comes_back_as_the_same_number(value in any_decimal()) {
            let back = decimal(&value.to_string());
            prop_assert_eq!((back.mantissa, back.scale), (value.mantissa, value.scale));
        }

        #[test]
        fn arbitrary_text_is_a_number_or_an_error(text in "[-+.0-9eE ]{0,40}") {
            if let Ok(value) = text.parse::<Decimal>() {
                prop_assert_eq!(decimal(&value.to_string()), value);
            }
        }

        #[test]
        fn order_agrees_with_the_sign_of_the_difference(left in any_decimal(), right in any_decimal()) {
            if let Ok(difference) = left.checked_sub(right) {
                prop_assert_eq!(left.cmp(&right), difference.mantissa.cmp(&0));
            }
            prop_assert_eq!(left.cmp(&right), right.cmp(&left).reverse());
        }

        #[test]
        fn what_is_added_can_be_taken_away(left in any_decimal(), right in any_decimal()) {
            if let Ok(sum) = left.checked_add(right) {
                prop_assert_eq!(sum.checked_sub(right), Ok(left));
            }
        }
    }
}
