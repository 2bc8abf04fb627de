//! Numbers: which exact decimal does this text stand for?
//!
//! In: text of a JSON number or string. Out: mantissa and scale; a mantissa at an instrument's scale, or a decimal.
//! Must never: go through a float, round, or take what does not fit.

use ringfence_core::money::{Decimal, MoneyError, Scale, decimal};

/// An exact decimal: `mantissa / 10^scale`, without zeros at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number {
    mantissa: i128,
    scale: u32,
}

/// Most digits of a number, the exponent's zeros included: more than any price times any quantity.
const DIGITS_MAX: u32 = 36;

impl Number {
    /// Reads plain or scientific notation; `None` where it is no number or too long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Number> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (plain, exponent) = match rest.split_once(['e', 'E']) {
            Some((plain, exponent)) => (plain, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, behind) = plain.split_once('.').unwrap_or((plain, ""));
        if whole.is_empty() || (plain.ends_with('.')) {
            return None;
        }
        let mut mantissa = 0_i128;
        for byte in whole.bytes().chain(behind.bytes()) {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
            mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit))?;
        }
        Number::of(sign * mantissa, i32::try_from(behind.len()).ok()?.checked_sub(exponent)?)
    }

    /// Takes zeros off the end, and an exponent below 0 into the mantissa.
    fn of(mut mantissa: i128, mut scale: i32) -> Option<Number> {
        if mantissa == 0 {
            return Some(Number::default());
        }
        while scale > 0 && mantissa % 10 == 0 {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
        if scale < 0 {
            let power = scale.unsigned_abs();
            mantissa = mantissa.checked_mul(10_i128.checked_pow(power)?)?;
            scale = 0;
        }
        let scale = u32::try_from(scale).ok()?;
        let fits = mantissa.unsigned_abs() < 10_u128.pow(DIGITS_MAX) && scale <= DIGITS_MAX;
        fits.then_some(Number { mantissa, scale })
    }

    /// The mantissa at a scale; `None` where digits would be lost or it does not fit.
    #[must_use]
    pub fn at(self, scale: Scale) -> Option<i64> {
        let missing = u32::from(scale.digits()).checked_sub(self.scale)?;
        i64::try_from(self.mantissa.checked_mul(10_i128.pow(missing))?).ok()
    }

    /// The mantissa at a scale, with what lies beyond it cut off; for statements that have digits of their own.
    #[must_use]
    pub fn cut_at(self, scale: Scale) -> Option<i64> {
        let beyond = self.scale.saturating_sub(u32::from(scale.digits()));
        let mantissa = self.mantissa / 10_i128.pow(beyond);
        Number { mantissa, scale: self.scale - beyond }.at(scale)
    }

    /// As a decimal.
    ///
    /// # Errors
    /// [`MoneyError::MantissaTooLarge`] where no decimal is so long.
    pub fn decimal(self) -> Result<Decimal, MoneyError> {
        decimal(self.mantissa, self.scale)
    }

    /// True for 0.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn at(text: &str, digits: u8) -> Option<i64> {
        Number::parse(text).and_then(|number| number.at(Scale::new(digits).expect("in range")))
    }

    #[test]
    fn texts_are_exact_at_the_scale_or_nothing() {
        assert_eq!(at("25.35190000", 4), Some(253_519));
        assert_eq!(at("25.35190000", 3), None);
        assert_eq!(at("-0.5", 1), Some(-5));
        assert_eq!(at("0.00000000", 0), Some(0));
        assert_eq!(at("1e-8", 8), Some(1));
        assert_eq!(at("1.5E3", 0), Some(1_500));
        assert_eq!(at("92233720368547758.07", 2), Some(i64::MAX));
        assert_eq!(at("92233720368547758.08", 2), None);
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "--1",
            "+1",
            "1e",
            "1e99",
            "1 ",
            "0x1",
            "NaN",
            "1.2.3",
            "1e-40",
            "9".repeat(37).as_str(),
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }
}
