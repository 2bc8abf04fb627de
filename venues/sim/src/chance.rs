//! Chance: of a displayed size that went down without a trade, which part stood behind an order?
//!
//! In: what stands in front of the order and behind it. Out: the part that stood behind, in units of 2^-62. Must never:
//! use a float; the same sizes give the same bits everywhere.
//!
//! The functions are those that hftbacktest documents for its probability queue models (after R. Rigtorp, "Estimating
//! order queue position", 2013), with F in front, B behind and a whole power n:
//!
//! | model | part behind |
//! |---|---|
//! | `power-prob` | B^n / (B^n + F^n) |
//! | `power-prob-2` | B^n / (B + F)^n |
//! | `power-prob-3` | 1 - (F / (F + B))^n |
//! | `log-prob` | ln(1 + B) / (ln(1 + B) + ln(1 + F)) |
//! | `log-prob-2` | ln(1 + B) / ln(1 + B + F) |
//!
//! Error: a ratio is cut to 62 bits, and so is each of at most 8 products, so a power is short of the truth by less than
//! 16 x 2^-62. A logarithm (to base 2, which cancels) is cut to [`LOG_BITS`] bits and short by less than 2^-56, a
//! quotient of two of them by less than 2^-55 over the smaller denominator.

/// Digits behind the point of sizes given here.
pub(crate) const SIZE_BITS: u32 = 32;
/// Digits behind the point of a part.
pub(crate) const PART_BITS: u32 = 62;
/// The whole.
pub(crate) const ONE: u64 = 1 << PART_BITS;
/// Digits behind the point of logarithms: with the 7 before it they fit 64 bits.
pub(crate) const LOG_BITS: u32 = 57;

/// How the part is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chance {
    /// B^n / (B^n + F^n).
    Power(u8),
    /// (B / (B + F))^n.
    Power2(u8),
    /// 1 - (F / (F + B))^n.
    Power3(u8),
    /// ln(1 + B) / (ln(1 + B) + ln(1 + F)).
    Log,
    /// ln(1 + B) / ln(1 + B + F).
    Log2,
}

impl Chance {
    /// The part that stood behind, of sizes in units of 2^-32 mantissas, where `unit` such mantissas are one unit of the
    /// instrument. Sizes below 0 count as 0; where there is nothing on either side, all of it stood behind.
    pub(crate) fn behind(self, front: i128, back: i128, unit: i64) -> u64 {
        let (front, back) = (at_least_0(front), at_least_0(back));
        if front == 0 || back == 0 {
            return if front == 0 { ONE } else { 0 };
        }
        match self {
            Chance::Power(n) if back >= front => share(ONE, ONE + power(ratio(front, back), n)),
            Chance::Power(n) => {
                let behind = power(ratio(back, front), n);
                share(behind, ONE + behind)
            }
            Chance::Power2(n) => power(ratio(back, back + front), n),
            Chance::Power3(n) => ONE - power(ratio(front, front + back), n),
            Chance::Log => {
                let (behind, ahead) = (log_1_plus(back, unit), log_1_plus(front, unit));
                share(behind, behind.saturating_add(ahead))
            }
            Chance::Log2 => share(log_1_plus(back, unit), log_1_plus(back + front, unit)),
        }
    }
}

/// Displayed sizes are far below 2^94 units, which keeps every sum and shift here inside 128 bits.
fn at_least_0(size: i128) -> u128 {
    u128::try_from(size.max(0)).expect("not below 0").min(SIZE_MAX)
}

const SIZE_MAX: u128 = 1 << 94;

/// `a / b` for `a <= b`, both above 0, cut.
fn ratio(a: u128, b: u128) -> u64 {
    let shift = b.ilog2().saturating_sub(63);
    let (a, b) = (a >> shift, b >> shift);
    u64::try_from((a << PART_BITS) / b).expect("at most one")
}

/// `a / b` for `a <= b`, cut; all of it where both are too small to tell.
fn share(a: u64, b: u64) -> u64 {
    if b == 0 { ONE } else { u64::try_from((u128::from(a) << PART_BITS) / u128::from(b)).expect("at most one") }
}

fn power(part: u64, n: u8) -> u64 {
    (1..n).fold(part, |product, _| {
        u64::try_from((u128::from(product) * u128::from(part)) >> PART_BITS).expect("a product of parts is a part")
    })
}

/// Base-2 logarithm of 1 + size, in units of 2^-[`LOG_BITS`].
fn log_1_plus(size: u128, unit: i64) -> u64 {
    let one = u128::from(unit.unsigned_abs().max(1)) << SIZE_BITS;
    log2(one + size) - log2(one)
}

/// Base-2 logarithm of a whole number above 0, in units of 2^-[`LOG_BITS`], cut. The mantissa is squared again and again:
/// each time it passes 2 the next digit is 1.
fn log2(x: u128) -> u64 {
    let whole = x.ilog2();
    let mut mantissa = if whole > 63 { x >> (whole - 63) } else { x << (63 - whole) };
    let mut digits = u64::from(whole);
    for _ in 0..LOG_BITS {
        mantissa = (mantissa * mantissa) >> 63;
        let is_past = mantissa >> 64;
        mantissa >>= is_past;
        digits = digits << 1 | u64::try_from(is_past).expect("0 or 1");
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    const ALL: [Chance; 9] = [
        Chance::Power(1),
        Chance::Power(2),
        Chance::Power(8),
        Chance::Power2(1),
        Chance::Power2(3),
        Chance::Power3(1),
        Chance::Power3(3),
        Chance::Log,
        Chance::Log2,
    ];

    fn sized(mantissa: i64) -> i128 {
        i128::from(mantissa) << SIZE_BITS
    }

    /// Parts behind of `front back` pairs, sizes in thousandths: bits, and the parts in billionths.
    #[track_caller]
    fn check(front: i64, back: i64, want: Expect) {
        let text = ALL.iter().fold(String::new(), |mut text, chance| {
            let part = chance.behind(sized(front), sized(back), 1_000);
            let billionths = (u128::from(part) * 1_000_000_000) >> PART_BITS;
            writeln!(text, "{chance:?} {part:016x} {billionths}").expect("a string takes everything");
            text
        });
        want.assert_eq(&text);
    }

    #[test]
    fn the_bits_of_every_function() {
        check(
            1_000,
            3_000,
            expect![[r#"
            Power(1) 3000000000000000 750000000
            Power(2) 3999999999999999 899999999
            Power(8) 3ffd80d1bb2e94b7 999847607
            Power2(1) 3000000000000000 750000000
            Power2(3) 1b00000000000000 421875000
            Power3(1) 3000000000000000 750000000
            Power3(3) 3f00000000000000 984375000
            Log 2aaaaaaaaaaaaaaa 666666666
            Log2 372068d20a1ee5c9 861353116
        "#]],
        );
        check(
            2_507,
            11,
            expect![[r#"
            Power(1) 004793030ccf6717 4368546
            Power(2) 000050bf51ef7a65 19251
            Power(8) 0000000000000000 0
            Power2(1) 004793030ccf6717 4368546
            Power2(3) 0000005984a0bf02 83
            Power3(1) 004793030ccf6718 4368546
            Power3(3) 00d5c94029aba6cc 13048470
            Log 008d9cfbc7545f17 8643384
            Log2 008e7e055ac2895f 8697037
        "#]],
        );
    }

    #[test]
    fn nothing_in_front_means_all_behind_and_nothing_behind_means_all_in_front() {
        for chance in ALL {
            assert_eq!((chance.behind(0, sized(5), 1), chance.behind(-1, sized(5), 1)), (ONE, ONE), "{chance:?}");
            assert_eq!((chance.behind(sized(5), 0, 1), chance.behind(sized(5), -1, 1)), (0, 0), "{chance:?}");
            assert_eq!(chance.behind(0, 0, 1), ONE, "{chance:?}");
        }
    }

    #[test]
    fn logarithms_of_powers_of_two_are_exact_and_the_ends_of_the_range_hold() {
        for bit in 0..127_u32 {
            assert_eq!(log2(1 << bit), u64::from(bit) << LOG_BITS);
        }
        for chance in ALL {
            let part = chance.behind(i128::MAX, i128::MAX, i64::MAX);
            assert!(part <= ONE, "{chance:?} {part}");
        }
    }

    proptest! {
        /// The platform's floats are an independent check, to the digits they have.
        #[test]
        #[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "what is checked has no float itself")]
        fn parts_agree_with_floats(front in 1_i64..1_000_000_000, back in 1_i64..1_000_000_000, n in 1_u8..=8) {
            let (f, b, power) = (front as f64, back as f64, i32::from(n));
            let log = |x: f64| (x / 1_000.0).ln_1p();
            let cases = [
                (Chance::Power(n), b.powi(power) / (b.powi(power) + f.powi(power))),
                (Chance::Power2(n), (b / (b + f)).powi(power)),
                (Chance::Power3(n), 1.0 - (f / (f + b)).powi(power)),
                (Chance::Log, log(b) / (log(b) + log(f))),
                (Chance::Log2, log(b) / log(b + f)),
            ];
            for (chance, want) in cases {
                let part = chance.behind(sized(front), sized(back), 1_000) as f64 / ONE as f64;
                prop_assert!((part - want).abs() < 1e-12, "{:?} {} {}", chance, part, want);
            }
        }

        /// The more stands in front, the smaller the part behind.
        #[test]
        fn more_in_front_means_less_behind(front in 1_i64..1_000_000, more in 1_i64..1_000_000, back in 1_i64..1_000_000) {
            for chance in ALL {
                let part = |front| chance.behind(sized(front), sized(back), 1_000);
                prop_assert!(part(front + more) <= part(front), "{:?}", chance);
            }
        }
    }
}
