//! Question: what is the simple moving average now?
//!
//! In: one value at a time. Out: the sum or mean of the last n values.

use crate::archive::{Archive, Persist};
use crate::indicators::Indicator;
use crate::indicators::window::Window;

/// Simple moving average of integers, kept as a sum. Crosses compare without division:
/// `fast.sum() * slow.length()` against `slow.sum() * fast.length()`, which [`Sma::is_above`] does.
///
/// Warm-up: n. Exact integers, so no [`Indicator`].
#[derive(Clone, Debug, PartialEq)]
pub struct Sma {
    window: Window<i64>,
    sum: i128,
}

impl Sma {
    /// Over `length` values; a length of 0 counts as 1.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { window: Window::new(length), sum: 0 }
    }

    /// Takes the next value.
    #[inline]
    pub fn update(&mut self, value: i64) {
        self.sum += i128::from(value);
        if let Some(oldest) = self.window.push(value) {
            self.sum -= i128::from(oldest);
        }
    }

    /// True once `length` values have come.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.window.is_full()
    }

    /// Sum of the values in the window.
    #[must_use]
    pub const fn sum(&self) -> i128 {
        self.sum
    }

    /// How many values a full window holds.
    #[must_use]
    pub fn length(&self) -> u32 {
        self.window.length()
    }

    /// Exactly: is this mean above the other one? Meaningful once both are ready.
    #[must_use]
    pub fn is_above(&self, other: &Self) -> bool {
        self.sum * i128::from(other.length()) > other.sum * i128::from(self.length())
    }
}

impl Persist for Sma {
    /// The sum follows from the window and is not saved.
    fn persist(&mut self, archive: &mut Archive<'_>) {
        self.window.persist(archive);
        self.sum = self.window.exact_sum();
    }
}

/// Simple moving average in 64-bit floats: the window is summed oldest first on every call, so no rounding error
/// accumulates and the bits depend on the window alone. Costs `length` additions a value.
///
/// Warm-up: n. As TA-Lib's SMA.
#[derive(Clone, Debug, PartialEq)]
pub struct SmaF64 {
    window: Window<f64>,
}

impl SmaF64 {
    /// Over `length` values; a length of 0 counts as 1.
    #[must_use]
    pub fn new(length: u32) -> Self {
        Self { window: Window::new(length) }
    }

    /// Takes the next value; answers the mean once `length` values have come.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        self.window.push(value);
        self.value()
    }

    /// The mean; `None` before `length` values have come.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.window.is_full().then(|| self.window.mean())
    }
}

impl Indicator for SmaF64 {
    type Input = f64;
    type Output = f64;

    fn update(&mut self, input: f64) -> Option<f64> {
        Self::update(self, input)
    }

    fn warm_up(&self) -> u32 {
        self.window.length()
    }

    fn fresh(&self) -> Self {
        Self::new(self.window.length())
    }
}

impl Persist for SmaF64 {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        self.window.persist(archive);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::tests::walk;

    fn sma(length: u32, values: impl IntoIterator<Item = i64>) -> Sma {
        let mut sma = Sma::new(length);
        values.into_iter().for_each(|value| sma.update(value));
        sma
    }

    #[test]
    fn the_sum_is_that_of_the_last_values() {
        // 1, 1+2, 1+2+3, 2+3+4 by hand.
        let mut sma = Sma::new(3);
        let mut seen = Vec::new();
        for value in 1..=4 {
            sma.update(value);
            seen.push((sma.sum(), sma.is_ready()));
        }
        assert_eq!(seen, [(1, false), (3, false), (6, true), (9, true)]);
    }

    #[test]
    fn a_long_window_agrees_with_summing_it_anew() {
        let values: Vec<i64> = walk(1000).collect();
        let want: i128 = values.iter().rev().take(240).map(|value| i128::from(*value)).sum();
        assert_eq!(sma(240, values).sum(), want);
    }

    #[test]
    fn crosses_are_exact_where_division_would_tie() {
        // 10/3 against 20/6: equal; one more on either side: not.
        let fast = sma(3, [3, 3, 4]);
        assert!(!fast.is_above(&sma(6, [3, 3, 4, 3, 3, 4])) && !sma(6, [3, 3, 4, 3, 3, 4]).is_above(&fast));
        assert!(fast.is_above(&sma(6, [3, 3, 4, 3, 3, 3])));
        assert!(sma(6, [3, 3, 4, 3, 3, 5]).is_above(&fast));
    }

    #[test]
    fn the_ends_of_the_range_do_not_overflow() {
        assert_eq!(sma(2, [i64::MAX; 5]).sum(), 2 * i128::from(i64::MAX));
        assert_eq!(sma(2, [i64::MIN; 5]).sum(), 2 * i128::from(i64::MIN));
        assert!(sma(2, [i64::MAX; 2]).is_above(&sma(3, [i64::MIN; 3])));
    }

    #[test]
    fn the_float_form_sums_oldest_first() {
        let mut sma = SmaF64::new(3);
        assert_eq!(sma.update(0.1), None);
        assert_eq!(sma.update(0.2), None);
        assert_eq!(sma.update(0.3).map(f64::to_bits), Some(0x3fc9_9999_9999_999b));
        // The window is 0.2, 0.3, 0.1 now: the same numbers in another order have other bits.
        assert_eq!(sma.update(0.1).map(f64::to_bits), Some(0x3fc9_9999_9999_9999));
    }

    #[test]
    fn the_float_bits_are_those_of_an_independent_calculation() {
        let mut sma = SmaF64::new(7);
        walk(1000).for_each(|value| {
            sma.update(value as f64 / 3.0);
        });
        assert_eq!(sma.value().map(f64::to_bits), Some(0x411d_80ab_0c30_c30b));
    }

    fn reloaded(saved: &mut Sma, length: u32) -> Sma {
        let mut archive = Archive::saving(0);
        archive.item(saved);
        let bytes = archive.into_bytes();
        let mut loaded = Sma::new(length);
        let mut archive = Archive::loading(&bytes, 0).expect("a snapshot");
        archive.item(&mut loaded);
        archive.finish().expect("a whole snapshot");
        loaded
    }

    #[test]
    fn a_window_goes_on_where_it_was_saved() {
        for count in 0..12 {
            let mut saved = sma(5, 1..=count);
            let mut loaded = reloaded(&mut saved, 5);
            for value in [100, 200, 300, 400, 500, 600] {
                assert_eq!((loaded.sum(), loaded.is_ready()), (saved.sum(), saved.is_ready()), "after {count}");
                saved.update(value);
                loaded.update(value);
            }
        }
    }

    #[test]
    fn a_window_of_another_length_keeps_the_newest() {
        let mut saved = sma(5, 1..=7);
        assert_eq!(reloaded(&mut saved, 2), sma(2, [6, 7]));
        assert_eq!(reloaded(&mut saved, 8).sum(), 3 + 4 + 5 + 6 + 7);
        assert!(!reloaded(&mut saved, 8).is_ready());
    }
}
