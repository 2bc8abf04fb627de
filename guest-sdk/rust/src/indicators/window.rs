//! Question: which were the last values?
//!
//! In: one value at a time. Out: those in the window, in order, and sums and ends of them. Must never carry a rounding error
//! from one answer to the next: sums are made anew, oldest first, so their bits depend on the window alone.

use crate::archive::{Archive, Persist};

/// A window over the last `n` values: a ring that is filled once and then overwritten, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Window<T> {
    values: Vec<T>,
    next: usize,
    length: usize,
}

impl<T: Copy> Window<T> {
    /// A length of 0 counts as 1.
    pub(super) fn new(length: u32) -> Self {
        let length = length.max(1) as usize;
        Self { values: Vec::with_capacity(length), next: 0, length }
    }

    /// Takes a value; answers the one that left the window.
    #[inline]
    pub(super) fn push(&mut self, value: T) -> Option<T> {
        if self.values.len() < self.length {
            self.values.push(value);
            return None;
        }
        let oldest = self.values.get_mut(self.next).map(|slot| core::mem::replace(slot, value));
        self.next = if self.next + 1 == self.length { 0 } else { self.next + 1 };
        oldest
    }

    /// Takes a value; answers the window once it is full.
    #[inline]
    pub(super) fn full_with(&mut self, value: T) -> Option<&Self> {
        self.push(value);
        self.is_full().then_some(self)
    }

    pub(super) fn is_full(&self) -> bool {
        self.values.len() == self.length
    }

    /// How many values a full window holds, at least 1.
    pub(super) fn length(&self) -> u32 {
        self.length as u32
    }

    pub(super) fn oldest_first(&self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        let (newer, older) = self.values.split_at(self.next.min(self.values.len()));
        let count = self.values.len();
        (0..count).map(move |at| if at < older.len() { older[at] } else { newer[at - older.len()] })
    }

    pub(super) fn oldest(&self) -> Option<T> {
        self.oldest_first().next()
    }
}

impl<T: Copy + Persist + Default> Persist for Window<T> {
    /// Loading into a window of another length keeps the newest values that fit.
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let mut values: Vec<T> = self.oldest_first().collect();
        values.persist(archive);
        let surplus = values.len().saturating_sub(self.length);
        self.values.clear();
        self.values.extend(values.into_iter().skip(surplus));
        self.next = 0;
    }
}

impl Window<i64> {
    /// The sum, exactly.
    pub(super) fn exact_sum(&self) -> i128 {
        self.values.iter().copied().map(i128::from).sum()
    }
}

impl Window<f64> {
    pub(super) fn sum(&self) -> f64 {
        self.oldest_first().fold(0.0, |sum, value| sum + value)
    }

    /// The mean of a full window.
    pub(super) fn mean(&self) -> f64 {
        self.sum() / self.length as f64
    }

    /// The mean square of the distance from the mean, of a full window (of the population, not of a sample).
    pub(super) fn variance(&self) -> f64 {
        let mean = self.mean();
        self.oldest_first().fold(0.0, |sum, value| sum + (value - mean) * (value - mean)) / self.length as f64
    }

    /// The largest value; minus infinity when there is none.
    pub(super) fn highest(&self) -> f64 {
        self.oldest_first().fold(f64::NEG_INFINITY, larger)
    }

    /// The smallest value; infinity when there is none.
    pub(super) fn lowest(&self) -> f64 {
        self.oldest_first().fold(f64::INFINITY, smaller)
    }
}

/// The larger of two. (`f64::max` leaves the sign of zero open, which would be another answer on another machine.)
#[inline]
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// The smaller of two.
#[inline]
pub(super) fn smaller(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

/// The quotient, or `otherwise` where there is nothing to divide by.
#[inline]
pub(super) fn ratio(part: f64, whole: f64, otherwise: f64) -> f64 {
    if whole == 0.0 { otherwise } else { part / whole }
}
