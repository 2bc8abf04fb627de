//! Presets: which hours, holidays and early closes does a well-known market have?
//!
//! In: a date. Out: whether it is a holiday, and when it ends early. Must never: guess: what no rule says and no list
//! names is an ordinary day.

use jiff::civil::{Date, Weekday, date};

use crate::calendar::{Rules, Session};

/// A market whose rules are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Always open; a trading day is a day of UTC.
    Always,
    /// The core session of US stock exchanges, 9:30 to 16:00 New York, from 1998 on.
    UsEquity,
    /// The electronic session of CME Globex for equity indices, 17:00 of the day before to 16:00 Chicago, closed on the three
    /// full holidays. Shortened sessions are not in it.
    CmeGlobex,
}

impl Preset {
    /// All of them.
    pub const ALL: &'static [Preset] = &[Preset::Always, Preset::UsEquity, Preset::CmeGlobex];

    /// Its word in configuration.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Preset::Always => "24x7",
            Preset::UsEquity => "us-equity",
            Preset::CmeGlobex => "cme-globex",
        }
    }

    /// Its rules.
    #[must_use]
    pub fn rules(self) -> Rules {
        let (zone, session) = match self {
            Preset::Always => ("UTC", Session { days: 0x7f, from: 0, to: 1_440 }),
            Preset::UsEquity => ("America/New_York", Session { days: 0x1f, from: 9 * 60 + 30, to: 16 * 60 }),
            Preset::CmeGlobex => ("America/Chicago", Session { days: 0x1f, from: 17 * 60, to: 16 * 60 }),
        };
        Rules {
            zone: zone.to_owned(),
            sessions: vec![session],
            holidays: Vec::new(),
            early_closes: Vec::new(),
            flatten_at: None,
            preset: Some(self),
        }
    }

    pub(crate) fn is_holiday(self, day: Date) -> bool {
        match self {
            Preset::Always => false,
            Preset::UsEquity => us_holiday(day) || US_CLOSED.contains(&day),
            Preset::CmeGlobex => {
                let new_year = observed_on_monday(day, 1, 1);
                new_year || is_good_friday(day) || observed(day, 12, 25)
            }
        }
    }

    /// Minute of local time at which everything ends.
    pub(crate) fn early_close(self, day: Date) -> Option<u32> {
        match self {
            Preset::Always | Preset::CmeGlobex => None,
            Preset::UsEquity => (us_early(day) || US_EARLY.contains(&day)).then_some(13 * 60),
        }
    }
}

/// Days on which US exchanges were closed for other reasons than a holiday.
const US_CLOSED: &[Date] = &[
    // After the attacks of 11 September.
    date(2001, 9, 11),
    date(2001, 9, 12),
    date(2001, 9, 13),
    date(2001, 9, 14),
    // Mourning for presidents Reagan, Ford, Bush and Carter.
    date(2004, 6, 11),
    date(2007, 1, 2),
    date(2018, 12, 5),
    date(2025, 1, 9),
    // Hurricane Sandy.
    date(2012, 10, 29),
    date(2012, 10, 30),
];

/// Early closes that no rule gives.
const US_EARLY: &[Date] = &[date(1999, 12, 31), date(2003, 12, 26)];

fn us_holiday(day: Date) -> bool {
    let nth = |month: i8, nth: i8, weekday| is_nth(day, month, nth, weekday);
    observed_on_monday(day, 1, 1)
        || nth(1, 3, Weekday::Monday)
        || nth(2, 3, Weekday::Monday)
        || is_good_friday(day)
        || nth(5, -1, Weekday::Monday)
        || day.year() >= 2022 && observed(day, 6, 19)
        || observed(day, 7, 4)
        || nth(9, 1, Weekday::Monday)
        || nth(11, 4, Weekday::Thursday)
        || observed(day, 12, 25)
}

fn us_early(day: Date) -> bool {
    let is_day_after_thanksgiving = day.yesterday().is_ok_and(|before| is_nth(before, 11, 4, Weekday::Thursday));
    let is_working_day = |days: &[Weekday]| days.contains(&day.weekday());
    use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    let is_christmas_eve = is_on(day, 12, 24) && is_working_day(&[Monday, Tuesday, Wednesday, Thursday]);
    // The day before the fourth of July; where that is a Thursday, until 2012 the Friday after it.
    let before_fourth = match day.weekday() {
        Monday | Tuesday | Thursday => is_on(day, 7, 3),
        Wednesday => is_on(day, 7, 3) && day.year() >= 2013,
        Friday => is_on(day, 7, 5) && day.year() < 2013,
        Weekday::Saturday | Weekday::Sunday => false,
    };
    is_day_after_thanksgiving || is_christmas_eve || before_fourth
}

fn is_on(day: Date, month: i8, of_month: i8) -> bool {
    (day.month(), day.day()) == (month, of_month)
}

/// A fixed date; on a Saturday the Friday before, on a Sunday the Monday after.
fn observed(day: Date, month: i8, of_month: i8) -> bool {
    let is_saturday_next =
        day.weekday() == Weekday::Friday && day.tomorrow().is_ok_and(|next| is_on(next, month, of_month));
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    observed_on_monday(day, month, of_month) || is_saturday_next && !is_weekend
}

/// A fixed date; on a Sunday the Monday after, on a Saturday not at all.
fn observed_on_monday(day: Date, month: i8, of_month: i8) -> bool {
    let is_sunday_before =
        day.weekday() == Weekday::Monday && day.yesterday().is_ok_and(|before| is_on(before, month, of_month));
    is_on(day, month, of_month) || is_sunday_before
}

fn is_nth(day: Date, month: i8, nth: i8, weekday: Weekday) -> bool {
    day.month() == month && day.nth_weekday_of_month(nth, weekday).is_ok_and(|found| found == day)
}

/// Two days before Easter Sunday.
fn is_good_friday(day: Date) -> bool {
    let (month, of_month) = easter(i64::from(day.year()));
    let sunday = day.tomorrow().and_then(Date::tomorrow);
    sunday.is_ok_and(|sunday| (i64::from(sunday.month()), i64::from(sunday.day())) == (month, of_month))
}

/// Month and day of Easter Sunday in the Gregorian calendar, by the rule of Butcher and Meeus.
fn easter(year: i64) -> (i64, i64) {
    let golden = year % 19;
    let (century, of_century) = (year / 100, year % 100);
    let moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let sum = moon + weekday - 7 * late + 114;
    (sum / 31, sum % 31 + 1)
}
