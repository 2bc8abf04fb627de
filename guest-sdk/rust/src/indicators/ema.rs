//! Question: what is the exponential moving average now?
//!
//! In: one value at a time. Out: the average, seeded with the first value, a = 2 / (n + 1).

use crate::archive::{Archive, Persist};
use crate::indicators::Indicator;

/// Exponential moving average in 64-bit floats: `v + a * (x - v)` with a = 2 / (n + 1), seeded with the first value.
///
/// Warm-up: 1. [`SeededEma`] begins with a mean instead, as most charts do.
///
/// Multiplication and addition are rounded separately (never fused), so the bits are equal on every machine.
///
/// [`SeededEma`]: super::SeededEma
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ema {
    weight: f64,
    value: f64,
    seen: u64,
}

impl Ema {
    /// Over `length` values; a length of 0 counts as 1.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { weight: 2.0 / (f64::from(length.max(1)) + 1.0), value: 0.0, seen: 0 }
    }

    /// Takes the next value; answers the average with it.
    #[inline]
    pub fn update(&mut self, value: f64) -> f64 {
        self.value = if self.seen == 0 { value } else { self.value + self.weight * (value - self.value) };
        self.seen += 1;
        self.value
    }

    /// The average now; 0 before the first value.
    #[must_use]
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// How many values it has taken.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }
}

impl Indicator for Ema {
    type Input = f64;
    type Output = f64;

    #[inline]
    fn update(&mut self, input: f64) -> Option<f64> {
        Some(Self::update(self, input))
    }

    fn warm_up(&self) -> u32 {
        1
    }

    fn fresh(&self) -> Self {
        Self { weight: self.weight, value: 0.0, seen: 0 }
    }
}

impl Persist for Ema {
    /// The weight follows from the parameters and is not saved.
    fn persist(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.value);
        archive.item(&mut self.seen);
    }
}

/// Binary digits after the point that [`EmaFixed`] keeps.
const FRACTION_BITS: u32 = 32;

/// Exponential moving average of integers in fixed point (32 binary digits after the point), a = 2 / (n + 1), seeded
/// with the first value. Each step rounds towards minus infinity by less than 2^-32.
///
/// Warm-up: 1. Exact integers, so no [`Indicator`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmaFixed {
    length: u32,
    raw: i128,
    seen: u64,
}

impl EmaFixed {
    /// Over `length` values; a length of 0 counts as 1.
    #[must_use]
    pub const fn new(length: u32) -> Self {
        Self { length: if length == 0 { 1 } else { length }, raw: 0, seen: 0 }
    }

    /// Takes the next value; answers the average with it, in units of 2^-32.
    #[inline]
    pub fn update(&mut self, value: i64) -> i128 {
        let scaled = i128::from(value) << FRACTION_BITS;
        self.raw = if self.seen == 0 {
            scaled
        } else {
            // Both values stay within 96 bits, so twice their distance does too.
            self.raw + ((scaled - self.raw) * 2).div_euclid(i128::from(self.length) + 1)
        };
        self.seen += 1;
        self.raw
    }

    /// The average now in units of 2^-32, for comparing two averages of one instrument; 0 before the first value.
    #[must_use]
    pub const fn raw(&self) -> i128 {
        self.raw
    }

    /// The average now, rounded down to a whole number.
    #[must_use]
    pub const fn floor(&self) -> i64 {
        // No step leaves the range from the old average to the new value, so it fits what a value fits.
        (self.raw >> FRACTION_BITS) as i64
    }

    /// How many values it has taken.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }
}

impl Persist for EmaFixed {
    /// The length follows from the parameters and is not saved.
    fn persist(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.raw);
        archive.item(&mut self.seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::tests::walk;

    fn ema(length: u32, values: impl IntoIterator<Item = f64>) -> f64 {
        let mut ema = Ema::new(length);
        values.into_iter().for_each(|value| {
            ema.update(value);
        });
        ema.value()
    }

    fn fixed(length: u32, values: impl IntoIterator<Item = i64>) -> i128 {
        let mut ema = EmaFixed::new(length);
        values.into_iter().for_each(|value| {
            ema.update(value);
        });
        ema.raw()
    }

    #[test]
    fn the_first_value_is_the_seed_and_each_next_one_moves_by_a() {
        // n = 3, a = 1/2: 1, 1.5, 2.25 by hand.
        let mut ema = Ema::new(3);
        assert_eq!((ema.value(), ema.seen()), (0.0, 0));
        assert_eq!(ema.update(1.0).to_bits(), 1.0_f64.to_bits());
        assert_eq!(ema.update(2.0).to_bits(), 1.5_f64.to_bits());
        assert_eq!(ema.update(3.0).to_bits(), 2.25_f64.to_bits());
        assert_eq!(ema.seen(), 3);
    }

    #[test]
    fn the_bits_are_those_of_an_independent_calculation() {
        // From a Python program with the same formula; its floats are IEEE doubles, never fused.
        let long = |length| ema(length, walk(1000).map(|value| value as f64)).to_bits();
        assert_eq!(long(2), 0x4136_2042_f247_5a0c);
        assert_eq!(long(50), 0x4136_20b2_003c_9069);
        assert_eq!(long(200), 0x4136_2060_3d21_11df);
        assert_eq!(ema(50, [145.07, 145.08, 145.01]).to_bits(), 0x4062_222d_4053_6679);
    }

    #[test]
    fn products_and_sums_are_rounded_one_by_one() {
        // A fused multiply-add ends in ...51bd here.
        assert_eq!(ema(50, [1.85, 1.05, 1.09]).to_bits(), 0x3ffc_a40f_7ae6_51be);
    }

    #[test]
    fn a_length_of_one_or_none_is_the_last_value() {
        assert_eq!(ema(1, [5.0, 7.0]).to_bits(), 7.0_f64.to_bits());
        assert_eq!(ema(0, [5.0, 7.0]).to_bits(), 7.0_f64.to_bits());
        assert_eq!(fixed(1, [5, 7]), 7 << 32);
        assert_eq!(fixed(0, [5, 7]), 7 << 32);
    }

    #[test]
    fn fixed_point_rounds_towards_minus_infinity() {
        // n = 4, a = 2/5: 0, then 2 exactly, then 2 - 14/5 = -0.8, which is -3435973836.8 units of 2^-32.
        assert_eq!(fixed(4, [0, 5]), 2 << 32);
        assert_eq!(fixed(4, [0, 5, -5]), -3_435_973_837);
    }

    #[test]
    fn fixed_point_is_that_of_an_independent_calculation() {
        // From a Python program with unbounded integers.
        assert_eq!(fixed(50, walk(1000)), 6_228_398_367_871_068);
        assert_eq!(fixed(200, walk(1000)), 6_228_047_202_161_069);
    }

    #[test]
    fn fixed_point_stays_within_the_values_it_took_at_the_ends_of_the_range() {
        let mut ema = EmaFixed::new(3);
        for value in [i64::MAX, i64::MIN, i64::MIN, i64::MAX] {
            ema.update(value);
            assert!((i128::from(i64::MIN) << 32..=i128::from(i64::MAX) << 32).contains(&ema.raw()));
        }
        // a = 2^-31 over a distance of 2^64 - 1.
        assert_eq!(fixed(u32::MAX, [i64::MAX, i64::MIN]) >> 32, i128::from(i64::MAX) - (1 << 33));
    }

    #[test]
    fn floor_is_the_whole_number_below() {
        let mut ema = EmaFixed::new(3);
        ema.update(1);
        ema.update(2);
        assert_eq!(ema.floor(), 1);
        let mut ema = EmaFixed::new(3);
        ema.update(-1);
        ema.update(-2);
        assert_eq!(ema.floor(), -2);
    }
}
