//! Calendar: which UTC date and time is this?
//!
//! In: ns since the Unix epoch. Out: parts of a date, text. Must never: know a time zone other than UTC.

use ringfence_core::ids::TimeNs;
use time::OffsetDateTime;

/// Year, month (1 to 12) and day (1 to 31).
#[must_use]
pub fn date(at: TimeNs) -> (i32, u8, u8) {
    let date = moment(at).date();
    (date.year(), u8::from(date.month()), date.day())
}

/// `2013-10-07 08:00:00`, without a fraction.
#[must_use]
pub fn text(at: TimeNs) -> String {
    let (moment, (year, month, day)) = (moment(at), date(at));
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", moment.hour(), moment.minute(), moment.second())
}

fn moment(at: TimeNs) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0)).expect("64 bits of ns end in the year 2554")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_time_have_a_date() {
        assert_eq!(text(TimeNs(0)), "1970-01-01 00:00:00");
        assert_eq!(text(TimeNs(u64::MAX)), "2554-07-21 23:34:33");
        assert_eq!(date(TimeNs(1_381_132_800_464_000_000)), (2013, 10, 7));
    }
}
