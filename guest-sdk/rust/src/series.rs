//! Question: what were the last values, counted back from now?
//!
//! In: one value at a time. Out: the newest of them by age. Must never hold more than it was made for.

use core::ops::Index;
use std::collections::VecDeque;

use crate::archive::{Archive, Persist};
use crate::event::Bar;
use crate::number::Price;

/// The newest values, at most as many as it was made for: `series[0]` is the newest, `series[1]` the one before.
///
/// ```
/// use ringfence_sdk::Series;
///
/// let mut closes = Series::new(3);
/// for close in [10, 11, 12, 13] {
///     closes.push(close);
/// }
/// assert_eq!((closes[0], closes[2], closes.get(3)), (13, 11, None));
/// assert_eq!(closes.iter().copied().collect::<Vec<_>>(), [13, 12, 11]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series<T> {
    /// Newest first.
    values: VecDeque<T>,
    capacity: usize,
}

/// The newest bars.
pub type BarSeries = Series<Bar>;

impl<T> Series<T> {
    /// For at most `capacity` values; 0 counts as 1.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        let capacity = capacity.max(1) as usize;
        Self { values: VecDeque::with_capacity(capacity), capacity }
    }

    /// Takes a value; answers the oldest one when there is no more room for it.
    pub fn push(&mut self, value: T) -> Option<T> {
        let oldest = if self.is_full() { self.values.pop_back() } else { None };
        self.values.push_front(value);
        oldest
    }

    /// The value that came `age` values ago (0 = the newest); `None` where there is none.
    #[must_use]
    pub fn get(&self, age: usize) -> Option<&T> {
        self.values.get(age)
    }

    /// The newest value.
    #[must_use]
    pub fn newest(&self) -> Option<&T> {
        self.get(0)
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True before the first value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// True once it holds as many as it was made for.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.values.len() >= self.capacity
    }

    /// All values, newest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.values.iter()
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.values.clear();
    }
}

impl<T> Index<usize> for Series<T> {
    type Output = T;

    /// # Panics
    /// There is no value of this age; [`Series::get`] answers `None`.
    fn index(&self, age: usize) -> &T {
        self.values.get(age).unwrap_or_else(|| panic!("{} values, and none of age {age}", self.values.len()))
    }
}

impl Series<Bar> {
    /// The highest price of the newest `count` bars (of all, where there are fewer); `None` without any.
    #[must_use]
    pub fn highest(&self, count: usize) -> Option<Price> {
        self.iter().take(count).map(|bar| bar.high).max()
    }

    /// The lowest price of the newest `count` bars (of all, where there are fewer); `None` without any.
    #[must_use]
    pub fn lowest(&self, count: usize) -> Option<Price> {
        self.iter().take(count).map(|bar| bar.low).min()
    }
}

impl<T: Persist + Default> Persist for Series<T> {
    /// Loading into a series for fewer values keeps the newest.
    fn persist(&mut self, archive: &mut Archive<'_>) {
        self.values.persist(archive);
        self.values.truncate(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(saved: &mut Series<i64>, capacity: u32) -> Series<i64> {
        let mut archive = Archive::saving(0);
        archive.item(saved);
        let bytes = archive.into_bytes();
        let mut series = Series::new(capacity);
        let mut archive = Archive::loading(&bytes, 0).expect("a snapshot");
        archive.item(&mut series);
        archive.finish().expect("a whole snapshot");
        series
    }

    #[test]
    fn the_oldest_makes_room() {
        let mut series = Series::new(2);
        assert_eq!((series.push(1), series.push(2), series.push(3)), (None, None, Some(1)));
        assert_eq!((series.newest(), series.get(1), series.get(2)), (Some(&3), Some(&2), None));
        assert!(series.is_full() && series.len() == 2);
        series.clear();
        assert!(series.is_empty() && series.newest().is_none());
        assert_eq!((Series::new(0).push(1), Series::<i64>::new(0).is_full()), (None, false));
    }

    #[test]
    #[should_panic(expected = "1 values, and none of age 1")]
    fn an_age_that_is_not_there_halts() {
        let mut series = Series::new(5);
        series.push(1);
        assert_eq!(series[1], 1);
    }

    #[test]
    fn extremes_are_of_the_newest_bars() {
        let bar = |low, high| Bar { low: Price(low), high: Price(high), ..Bar::default() };
        let mut bars = BarSeries::new(8);
        assert_eq!(bars.highest(3), None);
        for bar in [bar(1, 99), bar(5, 9), bar(6, 8)] {
            bars.push(bar);
        }
        assert_eq!((bars.highest(2), bars.lowest(2)), (Some(Price(9)), Some(Price(5))));
        assert_eq!((bars.highest(100), bars.lowest(100)), (Some(Price(99)), Some(Price(1))));
    }

    #[test]
    fn it_goes_on_where_it_was_saved_and_keeps_the_newest_of_a_longer_one() {
        let mut series = Series::new(3);
        for value in [1, 2, 3, 4] {
            series.push(value);
        }
        assert_eq!(loaded(&mut series, 3), series);
        assert_eq!(loaded(&mut series, 2).iter().copied().collect::<Vec<_>>(), [4, 3]);
        assert_eq!(loaded(&mut series, 9).push(5), None);
    }
}
