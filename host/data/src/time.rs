//! Times: which instant is meant?
//!
//! In: dates, local times, seconds with a fraction, numbers of a unit. Out: ns since 1970, UTC. Must never: use the zone of
//! the machine; zones are bundled and named.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// ns of a second.
pub(crate) const SECOND_NS: u64 = 1_000_000_000;
/// ns of a millisecond.
pub(crate) const MILLI_NS: u64 = 1_000_000;
/// ns of a microsecond.
pub(crate) const MICRO_NS: u64 = 1_000;

/// A time zone by its name in the bundled database, or an offset from UTC.
#[derive(Clone, Debug)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    pub(crate) fn utc() -> Zone {
        Zone(TimeZone::UTC)
    }

    pub(crate) fn named(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone)
    }

    /// The instant of a local time. Where a clock went back, the first of the two; in a gap, as long after its start.
    pub(crate) fn ns(&self, local: DateTime) -> Option<u64> {
        let instant = self.0.to_ambiguous_timestamp(local).compatible().ok()?;
        u64::try_from(instant.as_nanosecond()).ok()
    }

    /// The start of a day.
    pub(crate) fn midnight(&self, day: Date) -> Option<u64> {
        self.ns(day.to_datetime(Time::midnight()))
    }
}

/// Reads `20131007`, `2013-10-07`, each alone or with ` 09:00`, `T09:00:00.123456789`, and `Z` or an offset behind it, which
/// goes before the zone.
pub(crate) fn instant(text: &[u8], zone: &Zone) -> Option<u64> {
    let (day, rest) = date(text)?;
    if rest.is_empty() {
        return zone.midnight(day);
    }
    let (b' ' | b'T', rest) = rest.split_first()? else { return None };
    let (hour, rest) = number(rest, 2)?;
    let (minute, mut rest) = number(rest.strip_prefix(b":")?, 2)?;
    let (mut second, mut nanos) = (0, 0);
    if let Some(after) = rest.strip_prefix(b":") {
        (second, rest) = number(after, 2)?;
    }
    if let Some(after) = rest.strip_prefix(b".") {
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        nanos = fraction_ns(&after[..digits])?;
        rest = &after[digits..];
    }
    let (hour, minute, second) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?);
    let local = day.to_datetime(Time::new(hour, minute, second, i32::try_from(nanos).ok()?).ok()?);
    match rest {
        b"" => zone.ns(local),
        b"Z" | b"z" | b" UTC" => Zone::utc().ns(local),
        offset => {
            let ns = Zone::utc().ns(local)?;
            let (east, shift_ns) = shift(offset)?;
            if east { ns.checked_sub(shift_ns) } else { ns.checked_add(shift_ns) }
        }
    }
}

/// Reads `20131007` or `2013-10-07` at the start.
fn date(text: &[u8]) -> Option<(Date, &[u8])> {
    let (year, rest) = number(text, 4)?;
    let dashed = rest.strip_prefix(b"-");
    let (month, rest) = number(dashed.unwrap_or(rest), 2)?;
    let rest = if dashed.is_some() { rest.strip_prefix(b"-")? } else { rest };
    let (day, rest) = number(rest, 2)?;
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some((date, rest))
}

/// A whole day.
pub(crate) fn day(text: &[u8]) -> Option<Date> {
    date(text).filter(|(_, rest)| rest.is_empty()).map(|(day, _)| day)
}

fn shift(text: &[u8]) -> Option<(bool, u64)> {
    let (sign, rest) = text.split_first()?;
    let (hours, rest) = number(rest, 2)?;
    let (minutes, rest) = number(rest.strip_prefix(b":").unwrap_or(rest), 2)?;
    let is_known = rest.is_empty() && matches!(sign, b'+' | b'-') && hours < 24 && minutes < 60;
    is_known.then_some((*sign == b'+', u64::from(hours * 3_600 + minutes * 60) * SECOND_NS))
}

fn number(text: &[u8], length: usize) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(length)?;
    let is_number = digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| (digits.iter().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0')), rest))
}

/// ns of digits behind the point of a second; digits beyond the ninth are cut.
fn fraction_ns(digits: &[u8]) -> Option<u64> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let nine = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
    Some(nine.fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0')))
}

/// A whole number, digits only.
pub(crate) fn whole(text: &[u8]) -> Option<u64> {
    let is_whole = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let digit = |sum: u64, byte: &u8| sum.checked_mul(10)?.checked_add(u64::from(byte - b'0'));
    if is_whole { text.iter().try_fold(0, digit) } else { None }
}

/// Seconds with a fraction, exact to the ns.
pub(crate) fn seconds(text: &[u8]) -> Option<u64> {
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let nanos = fraction_ns(text.get(point + 1..).unwrap_or(&[]))?;
    whole(&text[..point])?.checked_mul(SECOND_NS)?.checked_add(nanos)
}

/// A stamp whose unit is told by its size: below 10^11 seconds, 10^14 milliseconds, 10^17 microseconds, above nanoseconds.
/// Between 1973 and 5138 this is the only unit that gives a year near ours.
pub(crate) fn of_any_unit(stamp: u64) -> Option<u64> {
    stamp.checked_mul(match stamp {
        0..100_000_000_000 => SECOND_NS,
        100_000_000_000..100_000_000_000_000 => MILLI_NS,
        100_000_000_000_000..100_000_000_000_000_000 => MICRO_NS,
        _ => 1,
    })
}

/// ns of a length of time above 0, such as `1d`, `1h`, `5m`, `30s`, `250ms`; `None` for anything else.
#[must_use]
pub fn length(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = match &text[digits..] {
        "ns" => 1,
        "us" => MICRO_NS,
        "ms" => MILLI_NS,
        "s" => SECOND_NS,
        "m" => 60 * SECOND_NS,
        "h" => 3_600 * SECOND_NS,
        "d" => 86_400 * SECOND_NS,
        "w" => 7 * 86_400 * SECOND_NS,
        _ => return None,
    };
    whole(&text.as_bytes()[..digits])?.checked_mul(unit).filter(|ns| *ns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, zone: &str, want: Option<u64>) {
        let zone = Zone::named(zone).expect("a zone");
        assert_eq!(instant(text.as_bytes(), &zone), want, "{text}");
    }

    #[test]
    fn local_times_follow_the_zone_of_their_day() {
        check("20131007", "America/New_York", Some(1_381_118_400 * SECOND_NS));
        check("20131007 09:00", "America/New_York", Some(1_381_150_800 * SECOND_NS));
        check("20131207 09:00", "America/New_York", Some(1_386_424_800 * SECOND_NS));
        check("2013-10-07T09:00:00.5", "UTC", Some(1_381_136_400_500_000_000));
        check("2021-04-17T16:43:37.075687Z", "America/New_York", Some(1_618_677_817_075_687_000));
        check("2021-04-17 16:43:37+02:00", "UTC", Some(1_618_670_617 * SECOND_NS));
        check("2021-04-17 16:43:37-0030", "UTC", Some(1_618_679_617 * SECOND_NS));
    }

    #[test]
    fn a_repeated_hour_is_its_first_and_a_skipped_one_follows() {
        check("20131103 01:30", "America/New_York", Some(1_383_456_600 * SECOND_NS));
        check("20130310 02:30", "America/New_York", Some(1_362_900_600 * SECOND_NS));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "2013", "20131301", "2013-10-32", "20131007 24:00", "20131007 9:00", "20131007 09:00x", "19691231"]
        {
            check(text, "UTC", None);
        }
        assert!(Zone::named("Mars/Olympus").is_none());
    }

    #[test]
    fn seconds_are_exact_to_the_nanosecond() {
        assert_eq!(seconds(b"1618677817.0208309"), Some(1_618_677_817_020_830_900));
        assert_eq!(seconds(b"5"), Some(5 * SECOND_NS));
        for text in ["", ".5", "1.x", "-1", "18446744074"] {
            assert_eq!(seconds(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_unit_is_told_by_the_size() {
        for (stamp, want) in [
            (1_723_161_255, 1_723_161_255_000_000_000),
            (1_723_161_255_001, 1_723_161_255_001_000_000),
            (1_723_161_255_001_002, 1_723_161_255_001_002_000),
            (1_723_161_255_001_002_003, 1_723_161_255_001_002_003),
            (99_999_999_999, 99_999_999_999_000_000_000_u128 as u64),
        ] {
            let want = if stamp == 99_999_999_999 { None } else { Some(want) };
            assert_eq!(of_any_unit(stamp), want, "{stamp}");
        }
    }

    #[test]
    fn lengths_have_a_unit_and_are_above_zero() {
        assert_eq!(
            (length("1h"), length("250ms"), length("1d")),
            (Some(3_600 * SECOND_NS), Some(250 * MILLI_NS), Some(86_400 * SECOND_NS))
        );
        for text in ["", "h", "0s", "1", "1y", "-1s", "99999999999999999999d"] {
            assert_eq!(length(text), None, "{text}");
        }
    }
}
