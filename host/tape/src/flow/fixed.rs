//! Fixed point: logarithms, powers and exponential waiting times without a float.
//!
//! In: whole numbers. Out: whole numbers that stand for fractions of 2^20 or 2^32, the same on every machine. Must never:
//! depend on a library's rounding.

/// Bits behind the point of logarithms and waiting times.
pub(super) const LOG_BITS: u32 = 20;

/// ln 2 in 1/2^32.
pub(super) const LN_2: u64 = 2_977_044_472;

/// 2^-(1/2), 2^-(1/4), 2^-(1/8) … in 1/2^32, a factor for each bit behind the point.
const ROOTS: [u64; LOG_BITS as usize] = {
    let mut roots = [0; LOG_BITS as usize];
    let mut value = 1_u64 << 31;
    let mut at = 0;
    while at < roots.len() {
        // The square root of a number in 1/2^32: of the number times 2^32.
        value = (value << 32).isqrt();
        roots[at] = value;
        at += 1;
    }
    roots
};

/// The binary logarithm of a number above 0, in 1/2^20, rounded down.
pub(super) fn log2(number: u64) -> u64 {
    let whole = u64::from(number.ilog2());
    // 1 to 2, with 63 bits behind the point; each squaring gives a bit of the logarithm.
    let mut rest = number << number.leading_zeros();
    let mut log = whole;
    for _ in 0..LOG_BITS {
        let square = (u128::from(rest) * u128::from(rest)) >> 63;
        let bit = u64::try_from(square >> 64).expect("the square of less than 2 is less than 4");
        rest = u64::try_from(square >> bit).expect("between 1 and 2 again");
        log = (log << 1) | bit;
    }
    log
}

/// `value` times 2^-`power`, the power in 1/2^20.
pub(super) fn halved(value: u64, power: u64) -> u64 {
    let Some(mut rest) = u32::try_from(power >> LOG_BITS).ok().and_then(|whole| value.checked_shr(whole)) else {
        return 0;
    };
    for (bit, root) in (0..LOG_BITS).rev().zip(ROOTS) {
        if (power >> bit) & 1 == 1 {
            rest = u64::try_from((u128::from(rest) * u128::from(root)) >> 32).expect("a factor below 1");
        }
    }
    rest
}

/// An exponential waiting time with mean 1, in 1/2^20, from 64 random bits.
pub(super) fn waiting(bits: u64) -> u64 {
    let log = (64 << LOG_BITS) - log2(bits.max(1));
    (log * LN_2) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix;

    #[test]
    fn logarithms_and_powers_agree_with_known_values() {
        assert_eq!((log2(1), log2(2), log2(1 << 40)), (0, 1 << LOG_BITS, 40 << LOG_BITS));
        // log2(3) = 1.5849625007, times 2^20 = 1,661,953.6
        assert_eq!(log2(3), 1_661_953);
        assert_eq!(halved(1 << 32, 1 << LOG_BITS), 1 << 31);
        // 2^-0.5 = 0.70710678, times 2^32 = 3,037,000,499.97
        assert_eq!(halved(1 << 32, 1 << (LOG_BITS - 1)), 3_037_000_499);
        assert_eq!((halved(u64::MAX, 64 << LOG_BITS), halved(u64::MAX, u64::MAX), halved(0, 5)), (0, 0, 0));
        // 3^-1 as 2^-log2(3): what is lost is below a millionth.
        let third = halved(1 << 32, log2(3));
        assert!((1_431_655_000..1_431_658_000).contains(&third), "{third}");
    }

    #[test]
    fn waiting_times_have_mean_1_and_the_tail_of_an_exponential() {
        let mut random = SplitMix::new(5);
        let times: Vec<u64> = (0..100_000).map(|_| waiting(random.next())).collect();
        let mean = times.iter().sum::<u64>() / 100_000;
        assert!(mean.abs_diff(1 << LOG_BITS) < 10_000, "{mean}");
        // e^-3 = 0.0498 of them are longer than 3.
        let long = times.iter().filter(|time| **time > 3 << LOG_BITS).count();
        assert!((4_800..5_160).contains(&long), "{long}");
        assert_eq!(waiting(0), waiting(1), "the longest there is");
    }
}
