//! Random numbers: which number comes next after this seed?
//!
//! In: a seed. Out: numbers, the same on every machine for ever. Must never: use a float, a clock or a library's generator.

/// SplitMix64 (Steele, Lea, Flood 2014), written out so that no library can change the bytes.
#[derive(Debug)]
pub(crate) struct SplitMix {
    state: u64,
}

impl SplitMix {
    pub(crate) const fn new(seed: u64) -> SplitMix {
        SplitMix { state: seed }
    }

    /// Any 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `bound` - 1, from the upper bits.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the upper half of a product of two u64")
    }

    /// 1 to [`heavy_tailed_max`]; each doubling of the size is half as likely.
    pub(crate) fn heavy_tailed(&mut self, doublings: u32) -> u64 {
        let power = 1_u64 << self.next().leading_zeros().min(doublings);
        power + self.below(power)
    }

    /// A bell around 0: the sum of four 16-bit numbers less its mean; standard deviation about 37,800.
    pub(crate) fn bell(&mut self) -> i64 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|part| bits >> (16 * part) & 0xffff).sum();
        sum.cast_signed() - 2 * 0xffff
    }
}

/// 2^(doublings + 1) - 1.
pub(crate) const fn heavy_tailed_max(doublings: u32) -> u64 {
    (2 << doublings) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        let mut random = SplitMix::new(1_234_567);
        let want = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([random.next(), random.next(), random.next()], want);
    }
}
