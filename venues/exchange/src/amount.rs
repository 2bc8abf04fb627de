//! Amounts: how much, exactly?
//!
//! In: decimal text of a request or a settings file. Out: a count of hundred-millionths. Must never: hold a float, round
//! without saying which way, or accept more than [`LARGEST`].

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Deserializer};

/// Places behind the point.
pub(crate) const PLACES: usize = 8;
/// What one is made of.
const ONE: i128 = 100_000_000;
/// Whole part of the largest amount that is read: the product of two of them still fits.
pub const LARGEST: i128 = 10_000_000_000;

/// A price, a quantity or money: a whole number of hundred-millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i128);

/// Why text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Something other than digits with at most one point.
    #[error("not a plain decimal number")]
    Syntax,
    /// A digit other than zero behind the eighth place.
    #[error("more than 8 decimals")]
    Precision,
    /// Ten thousand million or more.
    #[error("not below 10000000000")]
    Range,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One whole.
    pub const ONE: Self = Self(ONE);

    /// Of hundred-millionths.
    #[must_use]
    pub const fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// In hundred-millionths.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// Of a whole number.
    #[must_use]
    pub const fn whole(number: i64) -> Self {
        Self(number as i128 * ONE)
    }

    /// Of decimal text, with a sign or without.
    ///
    /// # Errors
    /// When it is no number, or one that cannot be held exactly.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() && part.is_empty() || !is_plain(whole) || !is_plain(part) {
            return Err(Malformed::Syntax);
        }
        let (kept, beyond) = part.split_at(part.len().min(PLACES));
        if beyond.bytes().any(|byte| byte != b'0') {
            return Err(Malformed::Precision);
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > 10 {
            return Err(Malformed::Range);
        }
        let number = format!("{whole}{kept:0<PLACES$}").parse::<i128>().map_err(|_| Malformed::Range)?;
        Ok(Self(if is_negative { -number } else { number }))
    }

    /// The product, rounded towards zero.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self(self.0 * other.0 / ONE)
    }

    /// The quotient, rounded towards zero; zero when divided by zero.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        if other.0 == 0 { Self::ZERO } else { Self(self.0 * ONE / other.0) }
    }

    /// Multiplied by a small whole number.
    #[must_use]
    pub fn fold(self, number: i64) -> Self {
        Self(self.0 * i128::from(number))
    }

    /// Divided by a small whole number, rounded towards zero.
    #[must_use]
    pub fn part(self, number: i64) -> Self {
        Self(self.0 / i128::from(number.max(1)))
    }

    /// The largest multiple of `step` that is not above it.
    #[must_use]
    pub fn floor_to(self, step: Self) -> Self {
        if step.0 == 0 { self } else { Self(self.0.div_euclid(step.0) * step.0) }
    }

    /// Whether it is a multiple of `step`; of zero, anything is.
    #[must_use]
    pub fn is_multiple_of(self, step: Self) -> bool {
        step.0 == 0 || self.0 % step.0 == 0
    }

    /// Without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is more than nothing.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// As text with this many decimals, cut rather than rounded.
    #[must_use]
    pub fn shown(self, decimals: usize) -> String {
        let units = self.0.unsigned_abs();
        let (whole, part) = (units / ONE.unsigned_abs(), units % ONE.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        if decimals == 0 {
            return format!("{sign}{whole}");
        }
        let part = format!("{part:08}");
        format!("{sign}{whole}.{}", &part[..decimals.min(PLACES)])
    }

    /// How many decimals it needs to be shown exactly.
    #[must_use]
    pub fn decimals(self) -> usize {
        let part = format!("{:08}", (self.0 % ONE).unsigned_abs());
        part.trim_end_matches('0').len()
    }

    /// As text with as few decimals as are exact.
    #[must_use]
    pub fn trimmed(self) -> String {
        self.shown(self.decimals())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.shown(PLACES))
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Amount {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).map_err(|fault| serde::de::Error::custom(format!("{text}: {fault}")))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, want: Expect) {
        let shown = match Amount::parse(text) {
            Ok(amount) => format!("{amount} {} {}", amount.shown(2), amount.trimmed()),
            Err(fault) => fault.to_string(),
        };
        want.assert_eq(&shown);
    }

    #[test]
    fn text_becomes_an_amount_or_a_reason() {
        check("30000.5", expect!["30000.50000000 30000.50 30000.5"]);
        check("-0.00000001", expect!["-0.00000001 -0.00 -0.00000001"]);
        check("0.000000010", expect!["0.00000001 0.00 0.00000001"]);
        check("0.000000001", expect!["more than 8 decimals"]);
        check("9999999999.99999999", expect!["9999999999.99999999 9999999999.99 9999999999.99999999"]);
        check("10000000000", expect!["not below 10000000000"]);
        check("0000000000001", expect!["1.00000000 1.00 1"]);
        check("1e5", expect!["not a plain decimal number"]);
        check(".", expect!["not a plain decimal number"]);
        check("", expect!["not a plain decimal number"]);
        check("--1", expect!["not a plain decimal number"]);
    }

    proptest! {
        #[test]
        fn text_of_an_amount_is_read_back(units in -1_000_000_000_000_000_000i128..1_000_000_000_000_000_000) {
            let amount = Amount::from_units(units);
            prop_assert_eq!(Amount::parse(&amount.to_string()), Ok(amount));
            prop_assert_eq!(Amount::parse(&amount.trimmed()), Ok(amount));
        }

        #[test]
        fn floor_is_a_multiple_and_within_a_step(units in 0i128..1_000_000_000_000, step in 1i128..1_000_000_000) {
            let (amount, step) = (Amount::from_units(units), Amount::from_units(step));
            let floor = amount.floor_to(step);
            prop_assert!(floor.is_multiple_of(step) && floor <= amount && amount - floor < step);
        }
    }
}
