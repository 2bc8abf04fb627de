//! Question: what is the exponential moving average now?
//!
//! In: one value at a time. Out: the average, seeded with the first value, a = 2 / (n + 1).

use crate::archive::{Archive, Persist};

/// Exponential moving average in 64-bit floats: `v + a * (x - v)` with a = 2 / (n + 1), seeded with the first value.
///
/// Multiplication and addition are rounded separately (never fused), so the bits are equal on every machine.
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
