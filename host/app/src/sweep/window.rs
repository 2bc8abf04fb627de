//! Windows: which rows is a combination chosen on, and which is it tried on?
//!
//! In: lengths as written, rows in order of time. Out: splits, each a training window and the test window behind it. Must
//! never: let a row be in a training window and in the test window that was chosen by it, or put a border between rows of
//! one time.

use std::ops::Range;

use ringfence_core::event::{Event, EventKind};
use ringfence_core::ids::TimeNs;

use crate::calendar::{civil_date, days_since_epoch};

/// How long a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// So many rows, of all tapes.
    Rows(u64),
    /// So many bars, of all tapes.
    Bars(u64),
    /// So many nanoseconds.
    Time(u64),
    /// So many months of the calendar, UTC.
    Months(u64),
}

/// The name of a unit, and what so many of it are.
type Unit = (&'static str, fn(u64) -> Option<Length>);

const UNITS: [Unit; 10] = [
    ("rows", |n| Some(Length::Rows(n))),
    ("bars", |n| Some(Length::Bars(n))),
    ("min", |n| seconds(n, 60)),
    ("mo", |n| Some(Length::Months(n))),
    ("s", |n| seconds(n, 1)),
    ("m", |n| seconds(n, 60)),
    ("h", |n| seconds(n, 3_600)),
    ("d", |n| seconds(n, 86_400)),
    ("w", |n| seconds(n, 604_800)),
    ("y", |n| n.checked_mul(12).map(Length::Months)),
];

fn seconds(count: u64, of: u64) -> Option<Length> {
    count.checked_mul(of)?.checked_mul(1_000_000_000).map(Length::Time)
}

impl Length {
    /// `250` or `250rows`, `250bars`, `90s`, `15m` (or `15min`), `4h`, `30d`, `2w`, `6mo`, `3y`.
    ///
    /// # Errors
    /// What was expected.
    pub(crate) fn parse(text: &str) -> Result<Length, String> {
        let expected =
            || format!("expected a length such as 500 (rows), 500bars, 15m, 4h, 30d, 6mo or 3y, found {text:?}");
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| expected())?;
        if unit.is_empty() {
            return Ok(Length::Rows(number));
        }
        let found = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(expected)?;
        (found.1)(number).ok_or_else(expected)
    }

    const fn is_nothing(self) -> bool {
        matches!(self, Length::Rows(0) | Length::Bars(0) | Length::Time(0) | Length::Months(0))
    }
}

/// How splits are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) train: Length,
    pub(crate) test: Length,
    /// From one test window to the next.
    pub(crate) step: Length,
    /// Every training window begins with the first row.
    pub(crate) is_anchored: bool,
    /// What a strategy is shown before its test window; `None` = the training window.
    pub(crate) warm_up: Option<Length>,
}

impl Plan {
    /// `TRAIN:TEST` or `TRAIN:TEST:STEP`.
    ///
    /// # Errors
    /// What was expected.
    pub(crate) fn parse(text: &str) -> Result<Plan, String> {
        let lengths = text.split(':').map(Length::parse).collect::<Result<Vec<_>, _>>();
        let lengths = lengths.map_err(|error| format!("--walk-forward {text}: {error}"))?;
        let (train, test, step) = match lengths.as_slice() {
            [train, test] => (*train, *test, *test),
            [train, test, step] => (*train, *test, *step),
            _ => {
                return Err(format!(
                    "--walk-forward {text}: expected TRAIN:TEST or TRAIN:TEST:STEP, for example 3y:1y"
                ));
            }
        };
        if [train, test, step].into_iter().any(Length::is_nothing) {
            return Err(format!("--walk-forward {text}: no length may be 0"));
        }
        Ok(Plan { train, test, step, is_anchored: false, warm_up: None })
    }
}

/// A border between rows: what is before it, and the time from which on rows are behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Border {
    row: usize,
    time: u64,
}

/// A training window and the test window behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// Rows that a combination is chosen on.
    pub(crate) train: Range<usize>,
    /// Rows that it is tried on.
    pub(crate) test: Range<usize>,
    /// First row that the strategy is shown before its test window.
    pub(crate) warm_from: usize,
    /// From the border before each window to the one behind it; the last ends with its last row.
    pub(crate) train_time: Range<TimeNs>,
    pub(crate) test_time: Range<TimeNs>,
}

/// More splits than anybody reads.
pub(crate) const SPLITS_MAX: usize = 10_000;

/// Every split of the rows; a last test window that the rows do not fill is shorter.
///
/// # Errors
/// When there is none, when there are more than [`SPLITS_MAX`], or when test windows would share rows.
pub(crate) fn splits(plan: &Plan, events: &[Event]) -> Result<Vec<Split>, String> {
    let Some((first, last)) = events.first().zip(events.last()) else { return Err("the tapes have no row".to_owned()) };
    let rows = Rows { events };
    let start = Border { row: 0, time: first.time.0 };
    let mut found = Vec::new();
    let mut test_from = rows.after(start, plan.train)?;
    let mut train_from = start;
    while test_from.row < events.len() {
        let test_to = rows.after(test_from, plan.test)?;
        let next = rows.after(test_from, plan.step)?;
        if next.row < test_to.row {
            return Err("STEP is shorter than TEST: rows would be in two test windows".to_owned());
        }
        let (train, test) = (train_from.row..test_from.row, test_from.row..test_to.row);
        if !train.is_empty() && !test.is_empty() {
            if found.len() == SPLITS_MAX {
                return Err(format!("more than {SPLITS_MAX} splits, choose a longer STEP"));
            }
            let warm_from = plan.warm_up.map_or(train.start, |length| rows.before(test_from, length));
            let end = |border: Border| TimeNs(border.time.min(last.time.0));
            found.push(Split {
                train,
                test,
                warm_from,
                train_time: TimeNs(train_from.time)..end(test_from),
                test_time: TimeNs(test_from.time)..end(test_to),
            });
        }
        test_from = next;
        train_from = if plan.is_anchored { start } else { rows.after(train_from, plan.step)? };
    }
    if found.is_empty() {
        return Err("the rows end before the first test window: choose a shorter TRAIN".to_owned());
    }
    Ok(found)
}

struct Rows<'a> {
    events: &'a [Event],
}

impl Rows<'_> {
    fn after(&self, border: Border, length: Length) -> Result<Border, String> {
        let past = || "a window leaves the range of times".to_owned();
        match length {
            Length::Rows(count) => {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                Ok(self.at(border.row.saturating_add(count)))
            }
            Length::Bars(count) => {
                let mut left = count;
                let behind = self.events[border.row.min(self.events.len())..].iter();
                let taken = behind.take_while(|event| {
                    let is_taken = left > 0;
                    left -= u64::from(is_taken && is_bar(event));
                    is_taken
                });
                let count = taken.count();
                Ok(self.at(border.row + count))
            }
            Length::Time(ns) => Ok(self.from(border.time.checked_add(ns).ok_or_else(past)?)),
            Length::Months(months) => {
                let months = i64::try_from(months).map_err(|_| past())?;
                Ok(self.from(shifted(border.time, months).ok_or_else(past)?))
            }
        }
    }

    /// First row of so much before a border, as much as there is.
    fn before(&self, border: Border, length: Length) -> usize {
        match length {
            Length::Rows(count) => self.at(border.row.saturating_sub(usize::try_from(count).unwrap_or(usize::MAX))).row,
            Length::Bars(count) => {
                let bars = self.events[..border.row].iter().enumerate().rev().filter(|(_, event)| is_bar(event));
                let wanted = usize::try_from(count).unwrap_or(usize::MAX);
                let first = if wanted == 0 { Some(border.row) } else { bars.map(|(row, _)| row).nth(wanted - 1) };
                self.at(first.unwrap_or(0)).row.min(border.row)
            }
            Length::Time(ns) => self.from(border.time.saturating_sub(ns)).row,
            Length::Months(months) => {
                let back = i64::try_from(months).ok().and_then(|months| shifted(border.time, -months));
                self.from(back.unwrap_or(0)).row
            }
        }
    }

    /// The border before a row, behind all rows of the time before it.
    fn at(&self, row: usize) -> Border {
        let mut row = row.min(self.events.len());
        while row > 0 && row < self.events.len() && self.events[row].time == self.events[row - 1].time {
            row += 1;
        }
        let end = || self.events.last().map_or(0, |event| event.time.0.saturating_add(1));
        Border { row, time: self.events.get(row).map_or_else(end, |event| event.time.0) }
    }

    /// The border before the first row of this time or a later one.
    fn from(&self, time: u64) -> Border {
        Border { row: self.events.partition_point(|event| event.time.0 < time), time }
    }
}

const fn is_bar(event: &Event) -> bool {
    matches!(event.kind, EventKind::Bar(_))
}

/// The same time of day so many months later; the last day of a month that is shorter.
fn shifted(time: u64, months: i64) -> Option<u64> {
    const DAY_NS: u64 = 86_400_000_000_000;
    let (year, month, day) = civil_date(time / DAY_NS);
    let signed = |number: u64| i64::try_from(number).ok();
    let count = signed(year)?.checked_mul(12)?.checked_add(signed(month)? - 1)?.checked_add(months)?;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let first = days_since_epoch(year, month, 1);
    let days = days_since_epoch(next.0, next.1, 1) - first;
    let date = first + signed(day)?.min(days) - 1;
    u64::try_from(date).ok()?.checked_mul(DAY_NS)?.checked_add(time % DAY_NS)
}

#[cfg(test)]
mod tests {
    use ringfence_core::event::Trade;
    use ringfence_core::ids::{InstrumentId, Seq};
    use ringfence_core::money::{Price, Qty};

    use super::*;

    /// Rows of a trade at these seconds.
    fn rows(seconds: &[u64]) -> Vec<Event> {
        let trade = Trade { price: Price(1), qty: Qty(1), aggressor: None };
        let report = ringfence_core::event::Report::control(EventKind::Trade(trade));
        let event = |s: &u64| Event { instrument: InstrumentId(1), ..report.at(Seq(0), TimeNs(s * 1_000_000_000)) };
        seconds.iter().map(event).collect()
    }

    fn shown(text: &str, events: &[Event], change: impl FnOnce(&mut Plan)) -> String {
        let mut plan = match Plan::parse(text) {
            Ok(plan) => plan,
            Err(error) => return error,
        };
        change(&mut plan);
        match splits(&plan, events) {
            Err(error) => error,
            Ok(splits) => {
                let one = |s: &Split| format!("{:?} {:?} warm {}", s.train, s.test, s.warm_from);
                splits.iter().map(one).collect::<Vec<_>>().join("; ")
            }
        }
    }

    #[test]
    fn windows_roll_by_the_test_or_stay_anchored() {
        let ten = rows(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(shown("4:3", &ten, |_| {}), "0..4 4..7 warm 0; 3..7 7..10 warm 3");
        assert_eq!(shown("4:2:3", &ten, |_| {}), "0..4 4..6 warm 0; 3..7 7..9 warm 3");
        assert_eq!(shown("4:3", &ten, |plan| plan.is_anchored = true), "0..4 4..7 warm 0; 0..7 7..10 warm 0");
        assert_eq!(
            shown("4:3", &ten, |plan| plan.warm_up = Some(Length::Rows(1))),
            "0..4 4..7 warm 3; 3..7 7..10 warm 6"
        );
        assert_eq!(
            shown("4:4", &ten, |plan| plan.warm_up = Some(Length::Rows(0))),
            "0..4 4..8 warm 4; 4..8 8..10 warm 8"
        );
    }

    #[test]
    fn times_count_from_the_first_row_and_empty_windows_are_left_out() {
        let gap = rows(&[0, 1, 2, 3, 20, 21, 22, 23]);
        assert_eq!(
            shown("2s:1s", &gap, |_| {}),
            "0..2 2..3 warm 0; 1..3 3..4 warm 1; 4..5 5..6 warm 4; 4..6 6..7 warm 4; 5..7 7..8 warm 5"
        );
    }

    #[test]
    fn no_border_stands_between_rows_of_one_time() {
        assert_eq!(shown("2:2", &rows(&[0, 1, 1, 1, 2, 3, 4]), |_| {}), "0..4 4..6 warm 0; 4..6 6..7 warm 4");
    }

    #[test]
    fn what_makes_no_split_is_told() {
        let ten = rows(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(shown("10:1", &ten, |_| {}), "the rows end before the first test window: choose a shorter TRAIN");
        assert_eq!(shown("4:3:2", &ten, |_| {}), "STEP is shorter than TEST: rows would be in two test windows");
        assert_eq!(shown("4:0", &ten, |_| {}), "--walk-forward 4:0: no length may be 0");
        assert_eq!(
            shown("4", &ten, |_| {}),
            "--walk-forward 4: expected TRAIN:TEST or TRAIN:TEST:STEP, for example 3y:1y"
        );
        assert!(shown("4:3q", &ten, |_| {}).ends_with("found \"3q\""));
        assert_eq!(shown("4:3", &[], |_| {}), "the tapes have no row");
    }

    #[test]
    fn months_end_with_their_last_day() {
        let at = |year, month, day| u64::try_from(days_since_epoch(year, month, day)).unwrap() * 86_400_000_000_000 + 5;
        assert_eq!(shifted(at(2020, 1, 31), 1), Some(at(2020, 2, 29)));
        assert_eq!(shifted(at(2020, 2, 29), 12), Some(at(2021, 2, 28)));
        assert_eq!(shifted(at(2020, 2, 29), -2), Some(at(2019, 12, 29)));
        assert_eq!(shifted(5, -1), None);
    }

    #[test]
    fn lengths_have_their_units() {
        let all = ["7", "7rows", "7bars", "2s", "1m", "1min", "1h", "1d", "1w", "6mo", "3y"]
            .map(|text| Length::parse(text).unwrap());
        let time = |seconds: u64| Length::Time(seconds * 1_000_000_000);
        let want = [
            Length::Rows(7),
            Length::Rows(7),
            Length::Bars(7),
            time(2),
            time(60),
            time(60),
            time(3_600),
            time(86_400),
            time(604_800),
            Length::Months(6),
            Length::Months(36),
        ];
        assert_eq!(all, want);
        assert!(
            Length::parse("").is_err() && Length::parse("y").is_err() && Length::parse("9999999999999999999y").is_err()
        );
    }
}
