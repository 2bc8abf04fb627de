//! Calendar: at which instants does a market open and close?
//!
//! In: rules in local time. Out: sessions by trading day. Must never: let two sessions overlap, or lose an hour at a change
//! of the clocks: local times become instants by the rules of the zone on that date.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::edges::Edges;
use crate::preset::Preset;

/// Hours of some days of the week, in minutes of local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// One bit a trading day, Monday = bit 0.
    pub days: u8,
    /// First minute, below 1440. At or above `to` = on the day before: a session over midnight belongs to the trading day
    /// on which it ends.
    pub from: u32,
    /// First minute after it, 1 to 1440.
    pub to: u32,
}

/// What a calendar is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Name of a time zone, for example `America/New_York`.
    pub zone: String,
    /// Hours of the week; those of one day in order of time.
    pub sessions: Vec<Session>,
    /// Days without trading.
    pub holidays: Vec<Date>,
    /// Days on which everything ends at a minute of local time.
    pub early_closes: Vec<(Date, u32)>,
    /// Minute of local time at which positions are closed on each trading day; `None` = they are kept. On a day that ends
    /// sooner than [`FLATTEN_LEAD_MINUTES`] after it, that long before its end.
    pub flatten_at: Option<u32>,
    /// Holidays and early closes that follow rules of their own.
    pub preset: Option<Preset>,
}

/// Rules that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No such zone in the bundled data.
    #[error("there is no time zone {0:?} in the bundled data {version}", version = crate::tzdb_version())]
    Zone(String),
    /// Nothing is ever open.
    #[error("no session is on any day")]
    NoSession,
    /// A minute that is none.
    #[error("a session from minute {0} to minute {1}: 0 to 1439, and 1 to 1440")]
    Minutes(u32, u32),
    /// Two sessions of a day that overlap, or stand in the wrong order.
    #[error("the session from minute {0} begins before the one above it has ended")]
    Overlap(u32),
}

/// One session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradingSession {
    /// When it begins, ns since the Unix epoch.
    pub opens: u64,
    /// When it has ended.
    pub closes: u64,
    /// When the last session of its trading day has ended.
    pub day_ends: u64,
    /// When positions are closed, where that is in this session.
    pub flattens: Option<u64>,
}

/// Shortest time between closing positions and the end of a trading day, in minutes.
pub(crate) const FLATTEN_LEAD_MINUTES: u64 = 10;
const MINUTE_NS: u64 = 60_000_000_000;

/// Checked rules.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    rules: Rules,
}

impl Calendar {
    /// A calendar of these rules.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn new(rules: Rules) -> Result<Calendar, CalendarError> {
        let zone = TimeZone::get(&rules.zone).map_err(|_| CalendarError::Zone(rules.zone.clone()))?;
        if rules.sessions.iter().all(|session| session.days & 0x7f == 0) {
            return Err(CalendarError::NoSession);
        }
        for session in &rules.sessions {
            if session.from >= MINUTES || session.to == 0 || session.to > MINUTES {
                return Err(CalendarError::Minutes(session.from, session.to));
            }
        }
        for day in 0..7 {
            let mut end = i64::MIN;
            for session in rules.sessions.iter().filter(|session| session.days >> day & 1 == 1) {
                let (from, to) = session.minutes();
                if from < end {
                    return Err(CalendarError::Overlap(session.from));
                }
                end = to;
            }
        }
        Ok(Calendar { zone, rules })
    }

    /// Sessions of a trading day, in order; none on a day without trading.
    #[must_use]
    pub fn day(&self, date: Date) -> Vec<TradingSession> {
        let preset = self.rules.preset;
        if self.rules.holidays.contains(&date) || preset.is_some_and(|preset| preset.is_holiday(date)) {
            return Vec::new();
        }
        let written = self.rules.early_closes.iter().find(|(day, _)| *day == date).map(|(_, minute)| *minute);
        let early = written.or_else(|| preset.and_then(|preset| preset.early_close(date)));
        let latest = early.map_or(i64::from(MINUTES), i64::from);
        let weekday = date.weekday().to_monday_zero_offset();
        let of_day = self.rules.sessions.iter().filter(|session| session.days >> weekday & 1 == 1);
        let mut sessions: Vec<TradingSession> = of_day
            .filter_map(|session| {
                let (from, to) = session.minutes();
                let to = to.min(latest);
                let (opens, closes) = (self.instant(date, from)?, self.instant(date, to)?);
                (opens < closes).then_some(TradingSession { opens, closes, day_ends: closes, flattens: None })
            })
            .collect();
        let day_ends = sessions.last().map_or(0, |last| last.closes);
        let flatten_at = self.rules.flatten_at.and_then(|minute| self.instant(date, i64::from(minute)));
        let flatten_at = flatten_at.map(|at| at.min(day_ends.saturating_sub(FLATTEN_LEAD_MINUTES * MINUTE_NS)));
        for session in &mut sessions {
            session.day_ends = day_ends;
            session.flattens = flatten_at.filter(|at| (session.opens..session.closes).contains(at));
        }
        sessions
    }

    /// Sessions that end after a time, in order.
    pub fn sessions_from(&self, time: u64) -> impl Iterator<Item = TradingSession> + '_ {
        // A trading day begins at most a day before its date, and no zone is further than a day from UTC.
        let first = self.date(time).and_then(|date| date.yesterday().ok());
        let days = std::iter::successors(first, |date| date.tomorrow().ok());
        days.flat_map(|date| self.day(date)).filter(move |session| session.closes > time)
    }

    /// What changes from a time on, that time included.
    #[must_use]
    pub fn edges_from(&self, time: u64) -> Edges<'_> {
        Edges::new(self, time)
    }

    /// Local date of an instant.
    fn date(&self, time: u64) -> Option<Date> {
        let instant = Timestamp::from_nanosecond(i128::from(time)).ok()?;
        Some(self.zone.to_datetime(instant).date())
    }

    /// Instant of a minute counted from the local midnight at which a date begins. A time that the clocks skip is the one
    /// after the gap, one that comes twice is the first.
    fn instant(&self, date: Date, minute: i64) -> Option<u64> {
        let days = minute.div_euclid(i64::from(MINUTES));
        let date = match days {
            -1 => date.yesterday().ok()?,
            0 => date,
            _next => date.tomorrow().ok()?,
        };
        let minute = minute.rem_euclid(i64::from(MINUTES));
        let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
        let local: DateTime = date.at(hour, minute, 0, 0);
        let instant = self.zone.to_ambiguous_timestamp(local).compatible().ok()?;
        u64::try_from(instant.as_nanosecond()).ok()
    }
}

impl Session {
    /// From and to in minutes from the midnight at which its trading day begins.
    fn minutes(&self) -> (i64, i64) {
        let from = i64::from(self.from) - if self.from >= self.to { i64::from(MINUTES) } else { 0 };
        (from, i64::from(self.to))
    }
}

const MINUTES: u32 = 1_440;
