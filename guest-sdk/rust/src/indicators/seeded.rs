//! Question: what are the averages that begin with the mean of the first values?
//!
//! In: one price at a time. Out: exponential averages, and averages of averages.

use crate::Persist;
use crate::indicators::{Indicator, chained};

/// The mean of the first values, from which an average goes on.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub(super) struct Seed {
    #[persist(skip)]
    length: u32,
    seen: u32,
    sum: f64,
}

impl Seed {
    pub(super) fn new(length: u32) -> Self {
        Self { length: length.max(1), seen: 0, sum: 0.0 }
    }

    pub(super) fn length(&self) -> u32 {
        self.length
    }

    /// Takes one of the first values; answers their mean with the last of them.
    pub(super) fn take(&mut self, value: f64) -> Option<f64> {
        self.sum += value;
        self.seen = self.seen.saturating_add(1);
        (self.seen >= self.length).then(|| self.sum / f64::from(self.length))
    }
}

/// Exponential moving average that begins with the mean of the first n values: `v + a * (x - v)`, a = 2 / (n + 1). [`Ema`]
/// begins with the first value instead, and answers at once.
///
/// Warm-up: n. As TA-Lib's EMA.
///
/// [`Ema`]: super::Ema
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct SeededEma {
    #[persist(skip)]
    weight: f64,
    seed: Seed,
    value: Option<f64>,
}

impl SeededEma {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { weight: 2.0 / (f64::from(length.max(1)) + 1.0), seed: Seed::new(length), value: None }
    }
}

impl Indicator for SeededEma {
    type Input = f64;
    type Output = f64;

    #[inline]
    fn update(&mut self, input: f64) -> Option<f64> {
        self.value = match self.value {
            Some(value) => Some(value + self.weight * (input - value)),
            None => self.seed.take(input),
        };
        self.value
    }

    fn warm_up(&self) -> u32 {
        self.seed.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.seed.length())
    }
}

/// Wilder's moving average, also called smoothed (SMMA): begins with the mean of the first n values, then
/// `(v * (n - 1) + x) / n`.
///
/// Warm-up: n. J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
#[derive(Clone, Copy, Debug, PartialEq, Persist)]
pub struct Rma {
    seed: Seed,
    value: Option<f64>,
}

impl Rma {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { seed: Seed::new(length), value: None }
    }
}

impl Indicator for Rma {
    type Input = f64;
    type Output = f64;

    #[inline]
    fn update(&mut self, input: f64) -> Option<f64> {
        let length = f64::from(self.seed.length());
        self.value = match self.value {
            Some(value) => Some((value * (length - 1.0) + input) / length),
            None => self.seed.take(input),
        };
        self.value
    }

    fn warm_up(&self) -> u32 {
        self.seed.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.seed.length())
    }
}

/// Exponential averages in a row, each of the one before.
#[derive(Clone, Debug, PartialEq, Persist)]
pub(super) struct Chain<const N: usize> {
    averages: [SeededEma; N],
}

impl<const N: usize> Chain<N> {
    pub(super) fn new(length: u32) -> Self {
        Self { averages: [SeededEma::new(length); N] }
    }

    pub(super) fn length(&self) -> u32 {
        self.averages.first().map_or(1, Indicator::warm_up)
    }

    /// All averages, the plainest first, once the last of them is there.
    pub(super) fn update(&mut self, input: f64) -> Option<[f64; N]> {
        let mut values = [0.0; N];
        let mut next = input;
        for (value, average) in values.iter_mut().zip(&mut self.averages) {
            next = average.update(next)?;
            *value = next;
        }
        Some(values)
    }
}

/// Double exponential moving average: `2 e1 - e2`, where e2 is the average of e1.
///
/// Warm-up: 2n - 1. P. Mulloy, Technical Analysis of Stocks & Commodities, 1994; as TA-Lib's DEMA.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Dema {
    chain: Chain<2>,
}

impl Dema {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { chain: Chain::new(length) }
    }
}

impl Indicator for Dema {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let [first, second] = self.chain.update(input)?;
        Some(2.0 * first - second)
    }

    fn warm_up(&self) -> u32 {
        chained(self.chain.length(), 2)
    }

    fn fresh(&self) -> Self {
        Self::new(self.chain.length())
    }
}

/// Triple exponential moving average: `3 e1 - 3 e2 + e3`.
///
/// Warm-up: 3n - 2. P. Mulloy, Technical Analysis of Stocks & Commodities, 1994; as TA-Lib's TEMA.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct Tema {
    chain: Chain<3>,
}

impl Tema {
    /// Over `length` values.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { chain: Chain::new(length) }
    }
}

impl Indicator for Tema {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let [first, second, third] = self.chain.update(input)?;
        Some(3.0 * first - 3.0 * second + third)
    }

    fn warm_up(&self) -> u32 {
        chained(self.chain.length(), 3)
    }

    fn fresh(&self) -> Self {
        Self::new(self.chain.length())
    }
}

/// Tillson's T3: `e + v (e - average of e)` three times over, each step two exponential averages. A volume factor v of 0
/// leaves the third average of averages, 1 the most responsive line; 0.7 is usual.
///
/// Warm-up: 6n - 5. T. Tillson, Technical Analysis of Stocks & Commodities, January 1998; as TA-Lib's T3.
#[derive(Clone, Debug, PartialEq, Persist)]
pub struct T3 {
    #[persist(skip)]
    factor: f64,
    chain: Chain<6>,
}

impl T3 {
    /// Over `length` values, with a volume factor from 0 to 1.
    #[must_use]
    pub fn new(length: u32, factor: f64) -> Self {
        Self { factor, chain: Chain::new(length) }
    }
}

impl Indicator for T3 {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        let [_, _, third, fourth, fifth, sixth] = self.chain.update(input)?;
        let (one, two) = (self.factor, self.factor * self.factor);
        let three = two * one;
        // (1 + v - vE)^3 applied to the third average, where E is one more average.
        let weights = [
            1.0 + 3.0 * one + 3.0 * two + three,
            -3.0 * one - 6.0 * two - 3.0 * three,
            3.0 * two + 3.0 * three,
            -three,
        ];
        Some(weights[0] * third + weights[1] * fourth + weights[2] * fifth + weights[3] * sixth)
    }

    fn warm_up(&self) -> u32 {
        chained(self.chain.length(), 6)
    }

    fn fresh(&self) -> Self {
        Self::new(self.chain.length(), self.factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilders_average_begins_with_a_mean_and_moves_by_an_nth() {
        // (1 + 2 + 3) / 3 = 2; (2 * 2 + 5) / 3 = 3; (3 * 2 + 0) / 3 = 2.
        let got = Rma::new(3).over(&[1.0, 2.0, 3.0, 5.0, 0.0]);
        assert_eq!(got, [None, None, Some(2.0), Some(3.0), Some(2.0)]);
    }

    #[test]
    fn the_seed_is_the_mean_and_a_length_of_one_is_the_value() {
        // a = 1/2: mean 3, then 3 + (7 - 3) / 2.
        assert_eq!(SeededEma::new(3).over(&[1.0, 2.0, 6.0, 7.0]), [None, None, Some(3.0), Some(5.0)]);
        assert_eq!(SeededEma::new(0).over(&[1.0, 2.0]), [Some(1.0), Some(2.0)]);
        assert_eq!(Tema::new(1).over(&[1.0, 2.0]), [Some(1.0), Some(2.0)]);
    }

    #[test]
    fn t3_without_a_factor_is_the_third_average() {
        let prices = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0, 3.0, 9.0];
        let third = |price| Chain::<6>::new(2).update(price);
        assert_eq!(third(1.0), None);
        let mut chain = Chain::<6>::new(2);
        let want: Vec<Option<f64>> = prices.iter().map(|price| chain.update(*price).map(|values| values[2])).collect();
        assert_eq!(T3::new(2, 0.0).over(&prices), want);
    }
}
