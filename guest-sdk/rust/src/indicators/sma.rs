//! Question: what is the simple moving average now?
//!
//! In: one value at a time. Out: the sum or mean of the last n values.

use crate::archive::{Archive, Persist};

/// A window over the last `n` values: a ring that is filled once and then overwritten, oldest first.
#[derive(Clone, Debug, PartialEq)]
struct Window<T> {
    values: Vec<T>,
    next: usize,
    length: usize,
}

impl<T: Copy + Persist + Default> Window<T> {
    fn new(length: u32) -> Self {
        let length = length.max(1) as usize;
        Self { values: Vec::with_capacity(length), next: 0, length }
    }

    /// Takes a value; answers the one that left the window.
    #[inline]
    fn push(&mut self, value: T) -> Option<T> {
        if self.values.len() < self.length {
            self.values.push(value);
            return None;
        }
        let oldest = self.values.get_mut(self.next).map(|slot| core::mem::replace(slot, value));
        self.next = if self.next + 1 == self.length { 0 } else { self.next + 1 };
        oldest
    }

    fn is_full(&self) -> bool {
        self.values.len() == self.length
    }

    fn oldest_first(&self) -> impl Iterator<Item = T> {
        let (newer, older) = self.values.split_at(self.next.min(self.values.len()));
        older.iter().chain(newer).copied()
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

/// Simple moving average of integers, kept as a sum. Crosses compare without division:
/// `fast.sum() * slow.length()` against `slow.sum() * fast.length()`, which [`Sma::is_above`] does.
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
        self.window.length as u32
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
        self.sum = self.window.values.iter().copied().map(i128::from).sum();
    }
}

/// Simple moving average in 64-bit floats: the window is summed oldest first on every call, so no rounding error
/// accumulates and the bits depend on the window alone. Costs `length` additions a value.
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
        let sum = || self.window.oldest_first().fold(0.0, |sum, value| sum + value);
        self.window.is_full().then(|| sum() / self.window.length as f64)
    }
}

impl Persist for SmaF64 {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        self.window.persist(archive);
    }
}
