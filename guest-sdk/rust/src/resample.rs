//! Question: which longer bars do short ones make?
//!
//! In: bars by time, in order. Out: a longer bar as soon as it is complete. Must never make up a bar for a time in which
//! nothing was traded.

use crate::Persist;
use crate::event::Bar;
use crate::number::{Qty, TimeNs};

/// Makes longer bars of short ones. A longer bar begins at a multiple of its length since 1970 in UTC, and is complete with
/// the short bar that ends with it, or, where that is missing, with the first one that begins after it.
///
/// ```
/// use ringfence_sdk::{Bar, Price, Resampler, TimeNs};
///
/// let minute = |start: u64, close| Bar {
///     open: Price(close), high: Price(close), low: Price(close), close: Price(close),
///     open_time: TimeNs(start * 60_000_000_000), interval_ns: 60_000_000_000, ..Bar::default()
/// };
/// let mut two_minutes = Resampler::new(120_000_000_000);
/// assert_eq!(two_minutes.update(&minute(0, 10)).count(), 0);
/// let bar = two_minutes.update(&minute(1, 12)).next().unwrap();
/// assert_eq!((bar.open, bar.close, bar.interval_ns), (Price(10), Price(12), 120_000_000_000));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Persist)]
pub struct Resampler {
    #[persist(skip)]
    interval_ns: u64,
    pending: Option<Bar>,
}

impl Resampler {
    /// Bars of this length in nanoseconds; 0 counts as 1.
    #[must_use]
    pub fn new(interval_ns: u64) -> Self {
        Self { interval_ns: interval_ns.max(1), pending: None }
    }

    /// Takes the next short bar; answers what is complete now, oldest first: nothing, one bar, or two where the last short
    /// bar of the one before was missing and this one completes its own.
    pub fn update(&mut self, bar: &Bar) -> impl Iterator<Item = Bar> + use<> {
        let start = TimeNs(bar.open_time.0 - bar.open_time.0 % self.interval_ns);
        let overdue = self.pending.take_if(|pending| pending.open_time != start);
        let whole = match self.pending.take() {
            Some(pending) => joined(&pending, bar),
            None => Bar { open_time: start, interval_ns: self.interval_ns, ..*bar },
        };
        let is_complete = bar.open_time.plus_ns(bar.interval_ns) >= start.plus_ns(self.interval_ns);
        let complete = is_complete.then_some(whole);
        self.pending = (!is_complete).then_some(whole);
        [overdue, complete].into_iter().flatten()
    }

    /// What there is of the bar that is not complete.
    #[must_use]
    pub const fn pending(&self) -> Option<&Bar> {
        self.pending.as_ref()
    }
}

fn joined(whole: &Bar, bar: &Bar) -> Bar {
    let volume = whole.volume.checked_add(bar.volume).unwrap_or(Qty(i64::MAX));
    Bar { high: whole.high.max(bar.high), low: whole.low.min(bar.low), close: bar.close, volume, ..*whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Price;

    const MINUTE: u64 = 60_000_000_000;

    /// Bars of a minute, `start open high low close volume` in minutes and mantissas; complete bars of five minutes.
    fn fives(lines: &str) -> String {
        let mut five = Resampler::new(5 * MINUTE);
        let mut said = String::new();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<i64> = line.split_whitespace().map(|word| word.parse().expect("a number")).collect();
            let [start, open, high, low, close, volume] = words[..] else { panic!("six numbers: {line}") };
            let bar = Bar {
                open: Price(open),
                high: Price(high),
                low: Price(low),
                close: Price(close),
                volume: Qty(volume),
                open_time: TimeNs(start as u64 * MINUTE),
                interval_ns: MINUTE,
            };
            for bar in five.update(&bar) {
                let (start, length) = (bar.open_time.0 / MINUTE, bar.interval_ns / MINUTE);
                let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(|price| price.0);
                said.push_str(&format!(
                    "after {line}: {start}+{length} {open} {high} {low} {close} {}\n",
                    bar.volume.0
                ));
            }
        }
        said
    }

    #[test]
    fn a_bar_is_complete_with_its_last_minute() {
        let lines = "0 10 12 9 11 1\n1 11 15 11 14 2\n2 14 14 8 9 3\n3 9 9 9 9 4\n4 9 10 9 10 5\n5 10 10 10 10 6";
        assert_eq!(fives(lines), "after 4 9 10 9 10 5: 0+5 10 15 8 10 15\n");
    }

    #[test]
    fn a_bar_without_its_last_minute_is_complete_with_the_next_one() {
        let lines = "7 10 10 10 10 1\n8 11 11 11 11 1\n23 12 12 12 12 1\n24 13 13 13 13 1";
        assert_eq!(
            fives(lines),
            "after 23 12 12 12 12 1: 5+5 10 11 10 11 2\nafter 24 13 13 13 13 1: 20+5 12 13 12 13 2\n",
            "and there is no bar for ten minutes without trades"
        );
    }

    #[test]
    fn one_minute_can_complete_two() {
        let said = fives("3 10 10 10 10 1\n9 20 20 20 20 1");
        assert_eq!(said, "after 9 20 20 20 20 1: 0+5 10 10 10 10 1\nafter 9 20 20 20 20 1: 5+5 20 20 20 20 1\n");
    }

    #[test]
    fn a_volume_beyond_the_range_stays_at_its_end() {
        let said = fives("0 1 1 1 1 9223372036854775807\n4 1 1 1 1 1");
        assert_eq!(said, "after 4 1 1 1 1 1: 0+5 1 1 1 1 9223372036854775807\n");
    }
}
