//! Question: what is a price, a quantity, an amount, a moment?
//!
//! In: integers, text, floats (each conversion is a named call). Out: one type a unit, exact.
//! Must never round without the call saying so, and never turn a float into a price by itself.

use core::fmt;
use core::ops::{Add, Neg, Sub};

use crate::decimal::{self, NumberError};

/// Nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeNs(pub u64);

impl TimeNs {
    /// This moment and `nanoseconds` more; stays at the last moment that exists.
    #[must_use]
    pub const fn plus_ns(self, nanoseconds: u64) -> Self {
        Self(self.0.saturating_add(nanoseconds))
    }

    /// This moment and `seconds` more; stays at the last moment that exists.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u64) -> Self {
        self.plus_ns(seconds.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds from `earlier` to this; `None` when it is later.
    #[must_use]
    pub const fn since_ns(self, earlier: Self) -> Option<u64> {
        self.0.checked_sub(earlier.0)
    }
}

/// Number of an instrument in this session, from 1; 0 = none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct InstrumentId(pub u32);

impl InstrumentId {
    /// No instrument.
    pub const NONE: Self = Self(0);
}

/// Number of an intent of this strategy, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct IntentId(pub u64);

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Declares what prices and quantities have in common: an `i64` mantissa at a scale that the instrument gives.
macro_rules! mantissa_type {
    ($(#[$meta:meta])* $name:ident, $scale:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);

            #[doc = concat!("Reads plain decimal text (`-12.5`) at ", $scale, ".")]
            ///
            /// # Errors
            /// Text that is no decimal, has more digits after the point than the scale, or does not fit.
            pub fn parse(text: &str, scale: u8) -> Result<Self, NumberError> {
                decimal::parse_mantissa(text, scale).map(Self)
            }

            #[doc = concat!("The value as decimal text with all digits of ", $scale, ".")]
            #[must_use]
            pub fn to_text(self, scale: u8) -> String {
                decimal::mantissa_text(i128::from(self.0), scale)
            }

            #[doc = concat!("The nearest float of the value at ", $scale, ".")]
            /// Exact to the last bit for mantissas up to 2^53 and scales up to 22.
            #[must_use]
            pub fn to_f64(self, scale: u8) -> f64 {
                self.0 as f64 / decimal::power_of_ten_f64(scale)
            }

            #[doc = concat!("The mantissa nearest to `value` at ", $scale, ", ties to even.")]
            ///
            /// # Errors
            /// Not a number, infinite, or beyond what a mantissa can hold.
            pub fn from_f64(value: f64, scale: u8) -> Result<Self, NumberError> {
                decimal::round_to_mantissa(value, scale).map(Self)
            }

            /// The sum, or `None` when it does not fit.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) { Some(sum) => Some(Self(sum)), None => None }
            }

            /// The difference, or `None` when it does not fit.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) { Some(difference) => Some(Self(difference)), None => None }
            }

            /// The distance from zero; the one value without a counterpart becomes the largest.
            #[must_use]
            pub const fn abs(self) -> Self {
                Self(self.0.saturating_abs())
            }

            /// True above zero.
            #[must_use]
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }

            /// True below zero.
            #[must_use]
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// True at zero.
            #[must_use]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }
        }

        impl Add for $name {
            type Output = Self;
            /// # Panics
            /// When the sum does not fit: a strategy halts rather than trade a wrapped number.
            fn add(self, other: Self) -> Self {
                self.checked_add(other).expect("sum fits 64 bits")
            }
        }

        impl Sub for $name {
            type Output = Self;
            /// # Panics
            /// When the difference does not fit: a strategy halts rather than trade a wrapped number.
            fn sub(self, other: Self) -> Self {
                self.checked_sub(other).expect("difference fits 64 bits")
            }
        }

        impl Neg for $name {
            type Output = Self;
            /// # Panics
            /// For the one value that has no counterpart.
            fn neg(self) -> Self {
                Self::ZERO - self
            }
        }
    };
}

mantissa_type!(
    /// A price: mantissa at the instrument's price scale. 145.07 at scale 4 is `Price(1_450_700)`.
    Price,
    "the instrument's price scale"
);
mantissa_type!(
    /// A quantity: mantissa at the instrument's quantity scale. Positions are signed, below 0 = short.
    Qty,
    "the instrument's quantity scale"
);
mantissa_type!(
    /// An amount of money: mantissa at the settlement currency's scale.
    Amount,
    "the settlement currency's scale"
);
mantissa_type!(
    /// The value of an order: mantissa in the quote currency at the instrument's price scale.
    Notional,
    "the instrument's price scale"
);

impl Qty {
    /// This many times as much, or `None` when it does not fit.
    #[must_use]
    pub const fn checked_times(self, factor: i64) -> Option<Self> {
        match self.0.checked_mul(factor) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_a_mantissa_at_the_scale_and_comes_back() {
        assert_eq!(Price::parse("145.07", 4), Ok(Price(1_450_700)));
        assert_eq!(Price(1_450_700).to_text(4), "145.0700");
        assert_eq!(Qty::parse("-0.01", 3), Ok(Qty(-10)));
        assert_eq!(Qty(-10).to_text(3), "-0.010");
    }

    #[test]
    fn a_digit_below_the_scale_is_refused_and_a_zero_is_not() {
        assert_eq!(Price::parse("1.23000", 2), Ok(Price(123)));
        assert_eq!(Price::parse("1.23001", 2), Err(NumberError::Inexact));
    }

    #[test]
    fn floats_are_correctly_rounded_both_ways() {
        assert_eq!(Price(1_450_700).to_f64(4).to_bits(), 145.07_f64.to_bits());
        assert_eq!(Price::from_f64(145.07, 4), Ok(Price(1_450_700)));
        // 0.5 and 1.5 are exact in binary, so the ties are real.
        assert_eq!(Qty::from_f64(0.5, 0), Ok(Qty(0)));
        assert_eq!(Qty::from_f64(1.5, 0), Ok(Qty(2)));
        assert_eq!(Qty::from_f64(f64::NAN, 0), Err(NumberError::NotANumber));
        assert_eq!(Qty::from_f64(1e19, 0), Err(NumberError::TooLarge));
    }

    #[test]
    fn checked_sums_stop_at_the_last_value() {
        assert_eq!(Qty(i64::MAX - 1).checked_add(Qty(1)), Some(Qty(i64::MAX)));
        assert_eq!(Qty(i64::MAX).checked_add(Qty(1)), None);
        assert_eq!(Qty(i64::MIN).checked_sub(Qty(1)), None);
        assert_eq!(Qty(i64::MIN).abs(), Qty(i64::MAX));
    }

    #[test]
    #[should_panic(expected = "sum fits 64 bits")]
    fn the_plus_sign_halts_on_overflow_in_every_build() {
        assert_eq!(Qty(i64::MAX) + Qty(1), Qty(0));
    }

    #[test]
    fn time_saturates_and_ages_are_checked() {
        assert_eq!(TimeNs(5).plus_seconds(2), TimeNs(2_000_000_005));
        assert_eq!(TimeNs(u64::MAX).plus_ns(1), TimeNs(u64::MAX));
        assert_eq!(TimeNs(5).since_ns(TimeNs(3)), Some(2));
        assert_eq!(TimeNs(3).since_ns(TimeNs(5)), None);
    }
}
