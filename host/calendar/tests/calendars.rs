//! Tests: dates and instants against lists that were not made by this code.

use expect_test::{Expect, expect};
use jiff::civil::{Date, Weekday};
use ringfence_calendar::{Calendar, CalendarError, EdgeKind, Preset, Rules, Session};

fn preset(preset: Preset) -> Calendar {
    Calendar::new(preset.rules()).expect("presets are sound")
}

fn ns(text: &str) -> u64 {
    let instant: jiff::Timestamp = text.parse().expect("an instant in a test");
    u64::try_from(instant.as_nanosecond()).expect("after 1970")
}

fn text(ns: u64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(ns)).expect("in range").to_string()
}

/// Weekdays without trading, and days that end before 16:00, of a year.
fn special(year: i16) -> String {
    let calendar = preset(Preset::UsEquity);
    let first = Date::new(year, 1, 1).expect("a date");
    let days = std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(|day| day.year() == year);
    let (mut closed, mut early) = (String::new(), String::new());
    for day in days.filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)) {
        let short = format!(" {:02}-{:02}", day.month(), day.day());
        match calendar.day(day).as_slice() {
            [] => closed += &short,
            [session] if session.closes - session.opens < 6 * HOUR => early += &short,
            _ordinary => {}
        }
    }
    format!("closed{closed}\nearly{early}\n")
}

const HOUR: u64 = 3_600_000_000_000;

#[track_caller]
fn check(year: i16, want: Expect) {
    want.assert_eq(&special(year));
}

#[test]
fn holidays_and_early_closes_of_us_exchanges_are_those_that_were_published() {
    check(
        2012,
        expect![[r#"
        closed 01-02 01-16 02-20 04-06 05-28 07-04 09-03 10-29 10-30 11-22 12-25
        early 07-03 11-23 12-24
    "#]],
    );
    check(
        2013,
        expect![[r#"
        closed 01-01 01-21 02-18 03-29 05-27 07-04 09-02 11-28 12-25
        early 07-03 11-29 12-24
    "#]],
    );
    check(
        2018,
        expect![[r#"
        closed 01-01 01-15 02-19 03-30 05-28 07-04 09-03 11-22 12-05 12-25
        early 07-03 11-23 12-24
    "#]],
    );
    check(
        2020,
        expect![[r#"
        closed 01-01 01-20 02-17 04-10 05-25 07-03 09-07 11-26 12-25
        early 11-27 12-24
    "#]],
    );
    check(
        2021,
        expect![[r#"
        closed 01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24
        early 11-26
    "#]],
    );
    check(
        2022,
        expect![[r#"
        closed 01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26
        early 11-25
    "#]],
    );
    check(
        2024,
        expect![[r#"
        closed 01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25
        early 07-03 11-29 12-24
    "#]],
    );
    check(
        2025,
        expect![[r#"
        closed 01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25
        early 07-03 11-28 12-24
    "#]],
    );
}

/// Every day on which SPY really traded from 1998 to March 2021, and no other.
#[test]
fn trading_days_are_those_of_a_real_tape() {
    let folder = std::env::var_os("RINGFENCE_DATA").map_or_else(
        || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        std::path::PathBuf::from,
    );
    let Ok(tape) = std::fs::read_to_string(folder.join("w3_spy_daily_1998-2021.csv")) else {
        println!("skipped: no w3_spy_daily_1998-2021.csv in {}", folder.display());
        return;
    };
    let traded: Vec<Date> = tape
        .lines()
        .skip(1)
        .map(|line| {
            let ns: i128 = line.split(',').next().and_then(|word| word.parse().ok()).expect("a time");
            let instant = jiff::Timestamp::from_nanosecond(ns).expect("in range");
            jiff::tz::TimeZone::UTC.to_datetime(instant).date()
        })
        .collect();
    let calendar = preset(Preset::UsEquity);
    let (first, last) = (traded[0], traded[traded.len() - 1]);
    let days = std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(|day| *day <= last);
    let open: Vec<Date> = days.filter(|day| !calendar.day(*day).is_empty()).collect();
    assert_eq!(traded.len(), 5_849);
    assert_eq!(open, traded);
}

/// Edges from a time on, one line each.
#[track_caller]
fn edges(calendar: &Calendar, from: &str, count: usize, want: &Expect) {
    let lines = calendar.edges_from(ns(from)).take(count).map(|edge| {
        let what = match edge.kind {
            EdgeKind::Day(ends) => format!("day until {}", text(ends)),
            EdgeKind::Opens => "opens".to_owned(),
            EdgeKind::Flattens => "flattens".to_owned(),
            EdgeKind::Closes => "closes".to_owned(),
        };
        format!("{} {what}\n", text(edge.time))
    });
    want.assert_eq(&lines.collect::<String>());
}

#[test]
fn hours_follow_the_clocks_of_the_zone() {
    // Clocks went forward on Sunday 2024-03-10.
    edges(
        &preset(Preset::UsEquity),
        "2024-03-08T20:00:00Z",
        6,
        &expect![[r#"
        2024-03-08T20:00:00Z day until 2024-03-08T21:00:00Z
        2024-03-08T21:00:00Z closes
        2024-03-11T13:30:00Z day until 2024-03-11T20:00:00Z
        2024-03-11T13:30:00Z opens
        2024-03-11T20:00:00Z closes
        2024-03-12T13:30:00Z day until 2024-03-12T20:00:00Z
    "#]],
    );
}

#[test]
fn a_run_that_begins_outside_a_session_begins_closed_and_one_at_the_open_is_open() {
    edges(
        &preset(Preset::UsEquity),
        "2024-07-03T17:00:00Z",
        3,
        &expect![[r#"
        2024-07-03T17:00:00Z closes
        2024-07-05T13:30:00Z day until 2024-07-05T20:00:00Z
        2024-07-05T13:30:00Z opens
    "#]],
    );
    edges(
        &preset(Preset::UsEquity),
        "2024-07-03T13:30:00Z",
        2,
        &expect![[r#"
        2024-07-03T13:30:00Z day until 2024-07-03T17:00:00Z
        2024-07-03T17:00:00Z closes
    "#]],
    );
}

#[test]
fn what_is_always_open_changes_its_day_at_midnight_and_never_closes() {
    edges(
        &preset(Preset::Always),
        "2024-07-03T13:30:00Z",
        3,
        &expect![[r#"
        2024-07-03T13:30:00Z day until 2024-07-04T00:00:00Z
        2024-07-04T00:00:00Z day until 2024-07-05T00:00:00Z
        2024-07-05T00:00:00Z day until 2024-07-06T00:00:00Z
    "#]],
    );
}

#[test]
fn a_session_over_midnight_belongs_to_the_day_on_which_it_ends() {
    // A Friday in summer, and the Sunday evening after it.
    edges(
        &preset(Preset::CmeGlobex),
        "2024-07-12T20:00:00Z",
        5,
        &expect![[r#"
        2024-07-12T20:00:00Z day until 2024-07-12T21:00:00Z
        2024-07-12T21:00:00Z closes
        2024-07-14T22:00:00Z day until 2024-07-15T21:00:00Z
        2024-07-14T22:00:00Z opens
        2024-07-15T21:00:00Z closes
    "#]],
    );
}

#[test]
fn a_break_at_noon_closes_the_market_and_not_the_day() {
    let rules = Rules {
        zone: "Asia/Tokyo".to_owned(),
        sessions: vec![Session { days: 0x1f, from: 540, to: 690 }, Session { days: 0x1f, from: 750, to: 900 }],
        holidays: vec!["2024-07-15".parse().expect("a date")],
        early_closes: vec![("2024-07-16".parse().expect("a date"), 720)],
        flatten_at: None,
        preset: None,
    };
    let calendar = Calendar::new(rules).expect("sound");
    edges(
        &calendar,
        "2024-07-12T01:00:00Z",
        7,
        &expect![[r#"
        2024-07-12T01:00:00Z day until 2024-07-12T06:00:00Z
        2024-07-12T02:30:00Z closes
        2024-07-12T03:30:00Z opens
        2024-07-12T06:00:00Z closes
        2024-07-16T00:00:00Z day until 2024-07-16T02:30:00Z
        2024-07-16T00:00:00Z opens
        2024-07-16T02:30:00Z closes
    "#]],
    );
}

#[test]
fn a_time_is_in_the_trading_day_that_ends_next() {
    let end =
        |from: &str| text(preset(Preset::UsEquity).sessions_from(ns(from)).next().expect("there is one").day_ends);
    assert_eq!(end("2024-07-03T16:59:59Z"), "2024-07-03T17:00:00Z");
    assert_eq!(end("2024-07-03T17:00:00Z"), "2024-07-05T20:00:00Z", "over the holiday");
}

#[test]
fn rules_that_cannot_be_are_refused() {
    let with = |sessions: Vec<Session>| Calendar::new(Rules { sessions, ..Preset::UsEquity.rules() }).err();
    let session = |from, to| Session { days: 1, from, to };
    assert_eq!(with(vec![session(0, 1_440)]), None);
    assert_eq!(with(Vec::new()), Some(CalendarError::NoSession));
    assert_eq!(with(vec![session(1_440, 1)]), Some(CalendarError::Minutes(1_440, 1)));
    assert_eq!(with(vec![session(0, 1_441)]), Some(CalendarError::Minutes(0, 1_441)));
    assert_eq!(with(vec![session(60, 120), session(120, 180)]), None);
    assert_eq!(with(vec![session(60, 120), session(119, 180)]), Some(CalendarError::Overlap(119)));
    let zone = Rules { zone: "Mars/Olympus".to_owned(), ..Preset::UsEquity.rules() };
    assert_eq!(Calendar::new(zone).err(), Some(CalendarError::Zone("Mars/Olympus".to_owned())));
}

#[test]
fn the_version_of_the_bundled_data_is_told() {
    let version = ringfence_calendar::tzdb_version();
    assert!(version.len() == 5 && version.starts_with("20"), "{version}");
}

#[test]
fn positions_are_closed_at_a_local_time_or_ten_minutes_before_a_day_ends_sooner() {
    let rules = Rules { flatten_at: Some(15 * 60 + 50), ..Preset::UsEquity.rules() };
    let calendar = Calendar::new(rules).expect("sound");
    // Friday after Thanksgiving ends at 13:00; the clocks of New York are five hours behind.
    edges(
        &calendar,
        "2024-11-27T20:00:00Z",
        8,
        &expect![[r#"
        2024-11-27T20:00:00Z day until 2024-11-27T21:00:00Z
        2024-11-27T20:50:00Z flattens
        2024-11-27T21:00:00Z closes
        2024-11-29T14:30:00Z day until 2024-11-29T18:00:00Z
        2024-11-29T14:30:00Z opens
        2024-11-29T17:50:00Z flattens
        2024-11-29T18:00:00Z closes
        2024-12-02T14:30:00Z day until 2024-12-02T21:00:00Z
    "#]],
    );
    // Where the session begins behind that time, it has passed.
    edges(
        &calendar,
        "2024-11-27T20:55:00Z",
        2,
        &expect![[r#"
        2024-11-27T20:55:00Z day until 2024-11-27T21:00:00Z
        2024-11-27T21:00:00Z closes
    "#]],
    );
}
