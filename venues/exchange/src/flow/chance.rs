//! Chance: the same numbers for the same seed, on every machine.
//!
//! In: a seed. Out: numbers. Must never: draw from anything else.

/// A generator of 64 bits of state: a counter that is mixed.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is small against 2^64.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// A number from `-reach` to `reach`.
    pub(crate) fn around(&mut self, reach: i64) -> i64 {
        let width = u64::try_from(2 * reach + 1).unwrap_or(1);
        i64::try_from(self.below(width)).unwrap_or(0) - reach
    }
}
