//! Calendar: which date is this time, and which time is this date?
//!
//! In: nanoseconds since the Unix epoch, or year, month and day. Out: the other one, in the Gregorian calendar and UTC.
//! Must never: read a clock or know a time zone.

/// A point in time as text: `2013-10-07T08:00:00.464Z`.
#[must_use]
pub fn time_text(ns: u64) -> String {
    let (seconds, fraction) = (ns / 1_000_000_000, ns % 1_000_000_000);
    let (year, month, day) = civil_date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let digits = format!("{fraction:09}");
    let point = if fraction == 0 { "" } else { "." };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}{}Z", digits.trim_end_matches('0'))
}

/// Days from 1970-01-01, counted in eras of 400 years that begin on 1 March.
pub(crate) fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a count of days from 1970-01-01.
pub(crate) fn civil_date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_is_found_again() {
        for days in 0..146_097_u64 {
            let (year, month, day) = civil_date(days);
            let signed = |number: u64| i64::try_from(number).unwrap();
            assert_eq!(days_since_epoch(signed(year), signed(month), signed(day)), signed(days));
        }
    }

    #[test]
    fn fractions_are_as_long_as_they_have_to_be() {
        assert_eq!(time_text(0), "1970-01-01T00:00:00Z");
        assert_eq!(time_text(1_381_132_800_464_000_000), "2013-10-07T08:00:00.464Z");
        assert_eq!(time_text(u64::MAX), "2554-07-21T23:34:33.709551615Z");
    }
}
