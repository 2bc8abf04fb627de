//! Numbers: how are prices, quantities and money represented and combined without losing a unit?
//!
//! In: mantissas at an instrument's scales, decimals from configuration and venues. Out: exact products and sums, or
//! an error. Must never: use a float, round without saying how, wrap around.

use core::fmt;

pub use rust_decimal::Decimal;

use crate::ids::CurrencyId;

/// A price mantissa at the instrument's price scale. Negative prices exist (spreads, power, oil).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(pub i64);

/// A quantity mantissa at the instrument's quantity scale. Signed where it is a position, otherwise above 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Qty(pub i64);

/// Price times quantity: a mantissa at price scale + quantity scale, before the contract multiplier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notional(pub i128);

impl Price {
    /// Exact product; two `i64` always fit an `i128`.
    #[must_use]
    pub fn times(self, qty: Qty) -> Notional {
        Notional(i128::from(self.0) * i128::from(qty.0))
    }
}

/// Number of digits behind the decimal point, 0 to 18.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scale(u8);

impl Scale {
    /// Largest scale: 10^18 still fits an `i64`.
    pub const MAX: u8 = 18;

    /// Checks the range 0..=18.
    #[must_use]
    pub const fn new(digits: u8) -> Option<Scale> {
        if digits <= Self::MAX { Some(Scale(digits)) } else { None }
    }

    /// Digits behind the point.
    #[must_use]
    pub const fn digits(self) -> u8 {
        self.0
    }

    /// 10^scale.
    #[must_use]
    pub const fn unit(self) -> i64 {
        10_i64.pow(self.0 as u32)
    }
}

/// A number that cannot be represented exactly where it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The exact result needs more than 28 digits.
    #[error("{0} times {1} has more digits than a decimal holds")]
    ProductTooLong(Decimal, Decimal),
    /// The mantissa needs more than 96 bits.
    #[error("mantissa {0} at scale {1} is outside the range of a decimal")]
    MantissaTooLarge(i128, u32),
    /// The sum is outside the range of a decimal.
    #[error("the sum of {0} and {1} is outside the range of a decimal")]
    SumTooLarge(Decimal, Decimal),
    /// No price leads from one currency to the other, or none is known yet.
    #[error("there is no price yet that leads from currency {} to currency {}", .0.0, .1.0)]
    NoRate(CurrencyId, CurrencyId),
    /// The decimal has more digits behind the point than the scale allows.
    #[error("{0} has more than {1} digits behind the point")]
    TooFine(Decimal, u8),
    /// The decimal does not fit an `i64` mantissa at that scale.
    #[error("{0} is too large at {1} digits behind the point")]
    TooLarge(Decimal, u8),
}

/// Exact product. `Decimal::checked_mul` rounds silently when the result has too many digits; this fails instead.
///
/// # Errors
/// [`MoneyError::ProductTooLong`] when the exact product needs more than 96 bits of mantissa or 28 digits of scale.
pub fn mul_exact(a: Decimal, b: Decimal) -> Result<Decimal, MoneyError> {
    if let Some(product) = mul_short(a, b) {
        return Ok(product);
    }
    let too_long = || MoneyError::ProductTooLong(a.normalize(), b.normalize());
    let ((a_mantissa, a_scale), (b_mantissa, b_scale)) = (shortest(a), shortest(b));
    let mantissa = a_mantissa.checked_mul(b_mantissa).ok_or_else(too_long)?;
    of_shortest(shortened(mantissa, a_scale + b_scale)).ok_or_else(too_long)
}

/// Exact sum. `Decimal::checked_add` drops digits when the aligned mantissas do not fit; this fails instead.
///
/// # Errors
/// [`MoneyError::SumTooLarge`] when the exact sum does not fit a decimal.
pub fn add_exact(a: Decimal, b: Decimal) -> Result<Decimal, MoneyError> {
    if let Some(sum) = add_short(a, b) {
        return Ok(sum);
    }
    let too_large = || MoneyError::SumTooLarge(a.normalize(), b.normalize());
    let (left, right) = (shortest(a), shortest(b));
    let scale = left.1.max(right.1);
    let align = |(mantissa, own): (i128, u32)| mantissa.checked_mul(POWERS_OF_TEN[(scale - own) as usize]);
    let (left, right) = align(left).zip(align(right)).ok_or_else(too_large)?;
    let sum = left.checked_add(right).ok_or_else(too_large)?;
    of_shortest(shortened(sum, scale)).ok_or_else(too_large)
}

/// The product, where 64 bits hold it with the zeros at its end, as they do nearly always.
#[inline]
fn mul_short(a: Decimal, b: Decimal) -> Option<Decimal> {
    let scale = a.scale() + b.scale();
    of_short(short(a)?.checked_mul(short(b)?)?, scale)
}

/// The sum, where 64 bits hold both and it at one scale, as they do nearly always.
#[inline]
fn add_short(a: Decimal, b: Decimal) -> Option<Decimal> {
    let scale = a.scale().max(b.scale());
    let aligned = |value: Decimal| short(value)?.checked_mul(*SHORT_POWERS.get((scale - value.scale()) as usize)?);
    of_short(aligned(a)?.checked_add(aligned(b)?)?, scale)
}

/// A mantissa of 64 bits.
#[inline]
fn short(value: Decimal) -> Option<i64> {
    i64::try_from(value.mantissa()).ok()
}

/// The number without zeros at the end; `None` where its scale is none of a decimal.
#[inline]
fn of_short(mut mantissa: i64, mut scale: u32) -> Option<Decimal> {
    if mantissa == 0 {
        return Some(Decimal::ZERO);
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    (scale <= Decimal::MAX_SCALE).then(|| Decimal::new(mantissa, scale))
}

/// 10^0 to 10^18, those that fit 64 bits.
static SHORT_POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = 10 * powers[at - 1];
        at += 1;
    }
    powers
};

/// 10^0 to 10^28, the scales of a decimal.
static POWERS_OF_TEN: [i128; 29] = {
    let mut powers = [1; 29];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = 10 * powers[at - 1];
        at += 1;
    }
    powers
};

/// Mantissa and scale without zeros at the end.
fn shortest(value: Decimal) -> (i128, u32) {
    shortened(value.mantissa(), value.scale())
}

/// The same number without zeros at the end, as far as the scale goes.
fn shortened(mut mantissa: i128, mut scale: u32) -> (i128, u32) {
    if mantissa == 0 {
        return (0, 0);
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    (mantissa, scale)
}

fn of_shortest((mantissa, scale): (i128, u32)) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

/// `amount x up / down` with `down` above 0: product and quotient to 28 digits, then rounded half to even to so many
/// digits behind the point.
///
/// # Errors
/// [`MoneyError::ProductTooLong`] when it does not fit a decimal.
#[expect(clippy::disallowed_methods, reason = "a rate is no exact number; what it rounds is said above")]
pub fn converted(amount: Decimal, (up, down): (Decimal, Decimal), digits: u32) -> Result<Decimal, MoneyError> {
    let product = amount.checked_mul(up).ok_or(MoneyError::ProductTooLong(amount, up))?;
    let quotient = product.checked_div(down).ok_or(MoneyError::ProductTooLong(product, down))?;
    Ok(quotient.round_dp(digits).normalize())
}

/// `mantissa / 10^scale`, checked and normalised.
///
/// # Errors
/// [`MoneyError::MantissaTooLarge`] when it does not fit a decimal.
pub fn decimal(mantissa: i128, scale: u32) -> Result<Decimal, MoneyError> {
    // Division of 64 bits is ten times as fast.
    let short = i64::try_from(mantissa).ok().and_then(|mantissa| of_short(mantissa, scale));
    if let Some(short) = short {
        return Ok(short);
    }
    of_shortest(shortened(mantissa, scale)).ok_or(MoneyError::MantissaTooLarge(mantissa, scale))
}

/// The mantissa of `value` at `scale`, exact.
///
/// # Errors
/// [`MoneyError::TooFine`] when `value` has more digits than `scale`, [`MoneyError::TooLarge`] when it does not fit.
pub fn mantissa(value: Decimal, scale: Scale) -> Result<i64, MoneyError> {
    let value = value.normalize();
    let missing = u32::from(scale.0).checked_sub(value.scale()).ok_or(MoneyError::TooFine(value, scale.0))?;
    let unit = 10_i128.pow(missing);
    let wide = value.mantissa().checked_mul(unit).ok_or(MoneyError::TooLarge(value, scale.0))?;
    i64::try_from(wide).map_err(|_| MoneyError::TooLarge(value, scale.0))
}

/// Largest multiple of `step` (above 0) not above `value`; near the lower end of the range, where there is none, the
/// smallest multiple.
///
/// # Panics
/// When `step` is not above 0; steps are checked where an instrument is built.
#[must_use]
pub fn round_down_to_step(value: i64, step: i64) -> i64 {
    assert!(step > 0, "step {step} must be above 0");
    let above = value.rem_euclid(step);
    value.checked_sub(above).unwrap_or_else(|| value + (step - above))
}

/// Smallest multiple of `step` (above 0) not below `value`; near the upper end of the range, where there is none, the
/// largest multiple.
///
/// # Panics
/// When `step` is not above 0.
#[must_use]
pub fn round_up_to_step(value: i64, step: i64) -> i64 {
    let down = round_down_to_step(value, step);
    if down >= value { down } else { down.checked_add(step).unwrap_or(down) }
}

/// `part` of `total` units of `amount`, rounded towards zero; the remainder stays with the rest.
///
/// Used for the cost of a partly closed position, where realised + remaining must always equal the whole.
#[must_use]
pub fn share_towards_zero(amount: i128, part: u64, total: u64) -> i128 {
    debug_assert!(part <= total && total > 0, "a share is at most the whole");
    let whole = amount / i128::from(total);
    let rest = amount % i128::from(total);
    whole * i128::from(part) + rest * i128::from(part) / i128::from(total)
}

/// Shows a mantissa at a scale as plain decimal text, for messages: `14507, 2` is `145.07`.
#[derive(Clone, Copy, Debug)]
pub struct Plain(pub i64, pub Scale);

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.1.unit().unsigned_abs();
        let digits = usize::from(self.1.0);
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs() / unit;
        if digits == 0 {
            return write!(f, "{sign}{whole}");
        }
        write!(f, "{sign}{whole}.{:0digits$}", self.0.unsigned_abs() % unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        text.parse().expect("a decimal in a test")
    }

    #[test]
    fn a_product_that_would_round_is_an_error() {
        let tiny = dec("0.0000000000000000000000000001");
        #[expect(clippy::disallowed_methods, reason = "shows what the library does, which is why it is banned")]
        let rounded = tiny.checked_mul(dec("0.5"));
        assert!(rounded.is_some(), "the library rounds");
        assert_eq!(mul_exact(tiny, dec("0.5")), Err(MoneyError::ProductTooLong(tiny, dec("0.5"))));
        assert_eq!(mul_exact(dec("1.50"), dec("2.0")), Ok(dec("3")));
    }

    #[test]
    fn a_sum_that_would_round_is_an_error() {
        let (huge, tiny) = (Decimal::MAX, dec("0.1"));
        assert!(matches!(add_exact(huge, tiny), Err(MoneyError::SumTooLarge(..))));
        assert_eq!(add_exact(dec("0.10"), dec("0.9")), Ok(dec("1")));
    }

    #[test]
    fn zeros_at_the_end_go_and_nothing_else() {
        assert_eq!(shortened(-1_500, 2), (-15, 0));
        assert_eq!(shortened(1_500, 3), (15, 1));
        assert_eq!(shortened(0, 28), (0, 0));
        let wide = 3 * 10_i128.pow(25);
        assert_eq!((shortened(wide, 24), shortened(wide, 26)), ((30, 0), (3, 1)));
        assert_eq!(decimal(0, 7).map(|zero| zero.is_sign_negative()), Ok(false));
    }

    #[test]
    fn mantissa_is_exact_or_an_error() {
        let two = Scale::new(2).expect("in range");
        assert_eq!(mantissa(dec("145.07"), two), Ok(14_507));
        assert_eq!(mantissa(dec("145.070"), two), Ok(14_507));
        assert_eq!(mantissa(dec("145.071"), two), Err(MoneyError::TooFine(dec("145.071"), 2)));
        assert_eq!(mantissa(dec("92233720368547758.07"), two), Ok(i64::MAX));
        assert!(matches!(mantissa(dec("92233720368547758.08"), two), Err(MoneyError::TooLarge(..))));
    }

    #[test]
    fn steps_round_in_the_named_direction_on_both_sides_of_zero() {
        assert_eq!((round_down_to_step(107, 5), round_up_to_step(107, 5)), (105, 110));
        assert_eq!((round_down_to_step(-107, 5), round_up_to_step(-107, 5)), (-110, -105));
        assert_eq!((round_down_to_step(110, 5), round_up_to_step(110, 5)), (110, 110));
    }

    #[test]
    fn plain_shows_the_decimal_point() {
        let two = Scale::new(2).expect("in range");
        assert_eq!(Plain(14_507, two).to_string(), "145.07");
        assert_eq!(Plain(-5, two).to_string(), "-0.05");
        assert_eq!(Plain(7, Scale::default()).to_string(), "7");
    }

    /// What the library makes of it, where it says so without rounding.
    #[expect(clippy::disallowed_methods, reason = "both are exact for numbers as small as these")]
    fn by_the_library(a: Decimal, b: Decimal) -> (Option<Decimal>, Option<Decimal>) {
        let normal = |value: Option<Decimal>| value.map(|value| value.normalize());
        (normal(a.checked_add(b)), normal(a.checked_mul(b)))
    }

    /// Numbers near the ends of 64 bits, near 0, and any.
    fn about_64_bits() -> impl Strategy<Value = i64> {
        let ends = prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(i64::MIN + 1), Just(0), Just(-1), Just(10_000_000)];
        prop_oneof![ends, -1_000_i64..1_000, any::<i64>()]
    }

    /// Without zeros at the end, digit by digit; `None` where no decimal is so long.
    fn wide(mut mantissa: i128, mut scale: u32) -> Option<Decimal> {
        while mantissa % 10 == 0 && scale > 0 {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
        Decimal::try_from_i128_with_scale(mantissa, scale).ok()
    }

    proptest! {
        #[test]
        fn sums_and_products_are_those_of_the_library(
            (a, b) in (any::<i32>(), any::<i32>()), (left, right) in (0_u32..12, 0_u32..12)
        ) {
            let (a, b) = (Decimal::new(a.into(), left), Decimal::new(b.into(), right));
            let ours = (add_exact(a, b).ok(), mul_exact(a, b).ok());
            prop_assert_eq!(ours, by_the_library(a, b));
            let shape = |value: Decimal| (value.mantissa(), value.scale(), value.is_sign_negative());
            prop_assert_eq!(ours.0.map(shape), by_the_library(a, b).0.map(shape));
        }

        #[test]
        fn numbers_about_64_bits_are_exact((a, b) in (about_64_bits(), about_64_bits()), left in 0_u32..=28, right in 0_u32..=28) {
            let shape = |value: Decimal| (value.mantissa(), value.scale(), value.is_sign_negative());
            let whole = |mantissa: Option<i128>, scale: u32| {
                mantissa.and_then(|mantissa| wide(mantissa, scale)).map(shape)
            };
            let (x, y) = (Decimal::new(a, left), Decimal::new(b, right));
            let (a, b, scale) = (i128::from(a), i128::from(b), left.max(right));
            let at = |value: i128, own: u32| value.checked_mul(POWERS_OF_TEN[(scale - own) as usize]);
            let sum = at(a, left).zip(at(b, right)).and_then(|(a, b)| a.checked_add(b));
            if sum.is_some() {
                prop_assert_eq!(add_exact(x, y).ok().map(shape), whole(sum, scale));
            }
            prop_assert_eq!(mul_exact(x, y).ok().map(shape), whole(a.checked_mul(b), left + right));
            prop_assert_eq!(decimal(a, left).ok().map(shape), whole(Some(a), left));
        }

        #[test]
        fn long_sums_are_exact(a in -(1_i128 << 90)..(1_i128 << 90), b in -(1_i128 << 90)..(1_i128 << 90), scale in 0_u32..=28) {
            let (left, right) = (decimal(a, scale).expect("96 bits"), decimal(b, scale).expect("96 bits"));
            prop_assert_eq!(add_exact(left, right), decimal(a + b, scale));
        }

        #[test]
        fn shares_of_a_whole_add_up(amount in -(1_i128 << 100)..(1_i128 << 100), total in 1_u64..1 << 40, part in 0_u64..1 << 40) {
            let part = part % (total + 1);
            let share = share_towards_zero(amount, part, total);
            prop_assert!(share.abs() <= amount.abs());
            if part == total { prop_assert_eq!(share, amount); }
        }
    }
}
