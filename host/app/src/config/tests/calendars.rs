//! Calendars: who follows which, what events do they make, and what is refused?

use ringfence_core::event::EventKind;
use ringfence_core::ids::TimeNs;
use ringfence_session::script::{Fact, Scripted, Timetable};

use super::*;
use crate::calendar::time_text;

const KIND: &str = "kind = \"equity\"";
const TABLE: &str = "[[instruments]]";

/// The small configuration with calendars, and an instrument that names one.
fn with(calendars: &str, name: &str) -> String {
    edited(&[(TABLE, &format!("{calendars}\n\n{TABLE}")), (KIND, &format!("{KIND}\ncalendar = \"{name}\""))])
}

/// The first facts from a Friday noon in New York on.
fn facts(text: &str, count: usize) -> String {
    let loaded = loaded(text, &[], Purpose::Show).expect("fine");
    let start = TimeNs(1_720_195_200_000_000_000);
    let line = |scripted: Scripted| {
        let Fact::Report(report) = scripted.fact else { unreachable!("markets open and close") };
        let what = if let EventKind::TradingDay(ends) = report.kind {
            format!("day until {}", time_text(ends.0))
        } else if let EventKind::InstrumentStatus(status) = report.kind {
            status.code().to_owned()
        } else {
            report.kind.name().to_owned()
        };
        format!("{} {} {what}\n", time_text(scripted.time.0), report.instrument.0)
    };
    loaded.calendars.facts_from(start).take(count).map(line).collect()
}

#[test]
fn a_calendar_makes_events_of_the_hours_of_its_instruments() {
    let preset = "[[calendars]]\nname = \"ny\"\npreset = \"us-equity\"\nearly_closes = [\"2024-07-05 12:30\"]";
    expect![[r#"
        2024-07-05T16:00:00Z 1 day until 2024-07-05T16:30:00Z
        2024-07-05T16:30:00Z 1 closed
        2024-07-08T13:30:00Z 1 day until 2024-07-08T20:00:00Z
        2024-07-08T13:30:00Z 1 trading
        2024-07-08T20:00:00Z 1 closed
    "#]]
    .assert_eq(&facts(&with(preset, "ny"), 5));
    let own = "[[calendars]]\nname = \"tokyo\"\nzone = \"Asia/Tokyo\"\n\
        sessions = [\"mon-fri 09:00-11:30\", \"mon-fri 12:30-15:00\"]\nholidays = [\"2024-07-08\"]";
    expect![[r#"
        2024-07-05T16:00:00Z 1 closed
        2024-07-09T00:00:00Z 1 day until 2024-07-09T06:00:00Z
        2024-07-09T00:00:00Z 1 trading
        2024-07-09T02:30:00Z 1 closed
    "#]]
    .assert_eq(&facts(&with(own, "tokyo"), 4));
    assert_eq!(facts(&edited(&[]), 4), "", "without a calendar nothing is told");
}

#[test]
fn a_contract_opens_no_more_once_it_has_expired() {
    let preset = "[[calendars]]\nname = \"ny\"\npreset = \"us-equity\"";
    let text = with(preset, "ny").replace(KIND, "kind = \"future\"\nexpiry = 2024-07-08T16:00:00Z");
    let text = text.replace("slippage = {", "settlement = \"mark\"\nmargin = { model = \"off\" }\nslippage = {");
    expect![[r#"
        2024-07-05T16:00:00Z 1 day until 2024-07-05T20:00:00Z
        2024-07-05T20:00:00Z 1 closed
        2024-07-08T13:30:00Z 1 day until 2024-07-08T20:00:00Z
        2024-07-08T13:30:00Z 1 trading
    "#]]
    .assert_eq(&facts(&text, 9));
}

#[test]
fn a_calendar_that_cannot_be_is_refused_with_its_key() {
    let mut shown = String::new();
    for (calendar, name) in [
        ("name = \"a\"", "a"),
        ("name = \"a\"\npreset = \"us-equities\"", "a"),
        ("name = \"a\"\npreset = \"us-equity\"", "b"),
        ("name = \"a\"\npreset = \"us-equity\"\ntzdb = \"2019a\"", "a"),
        ("name = \"a\"\nzone = \"Mars/Olympus\"\nsessions = [\"mon 09:00-10:00\"]", "a"),
        ("name = \"a\"\npreset = \"24x7\"\nholidays = [\"25.12.2024\"]\nearly_closes = [\"2024-12-24\"]", "a"),
        ("name = \"a\"\nzone = \"UTC\"\nsessions = [\"mon 09:00-10:00\", \"mon 09:30-11:00\"]", "a"),
        ("name = \"a\"\nzone = \"UTC\"\nsessions = [\"9 to 5\"]", "a"),
    ] {
        shown += &report(&with(&format!("[[calendars]]\n{calendar}"), name), &[]);
    }
    expect![[r#"
        t.toml:10: calendars.a.sessions: missing, a calendar without a preset has it [C-MISSING]
        t.toml:10: calendars.a.zone: missing, a calendar without a preset has it [C-MISSING]
        t.toml:12: calendars.a.preset = "us-equities": expected "24x7", "us-equity" or "cme-globex"; did you mean "us-equity"? [C-VALUE]
        t.toml:17: instruments.US:SPY.calendar = "b": points to nothing; known: a [C-REFERENCE]
        t.toml:13: calendars.a.tzdb = "2019a": this host has the time-zone data 2026e [C-VALUE]
        t.toml:12: calendars.a.zone: there is no time zone "Mars/Olympus" in the bundled data 2026e [C-DEFINITION]
        t.toml:13: calendars.a.holidays = "25.12.2024": expected a date, for example "2024-12-25" [C-VALUE]
        t.toml:14: calendars.a.early_closes = "2024-12-24": expected a date and a local time, for example "2024-12-24 13:00" [C-VALUE]
        t.toml:13: calendars.a.sessions: the session from minute 570 begins before the one above it has ended [C-DEFINITION]
        t.toml:13: calendars.a.sessions: no session is on any day [C-DEFINITION]
        t.toml:13: calendars.a.sessions = "9 to 5": expected days and local times, for example "mon-fri 09:30-16:00" [C-VALUE]
    "#]].assert_eq(&shown);
}

#[test]
fn the_version_of_the_time_zone_data_is_shown_and_hashed() {
    let preset = "[[calendars]]\nname = \"ny\"\npreset = \"us-equity\"";
    let loaded = loaded(&with(preset, "ny"), &[], Purpose::Show).expect("fine");
    let line = format!("tzdb = \"{}\"", ringfence_calendar::tzdb_version());
    assert!(loaded.resolved().contains(&line), "{}", loaded.resolved());
    let (_, section) = loaded.core.sections.iter().find(|(name, _)| name == "calendars").expect("it is a section");
    assert!(section.contains(&line), "{section}");
}

#[test]
fn positions_are_closed_at_the_time_that_is_written_and_live_before_the_close_of_equities() {
    let written = "[[calendars]]\nname = \"ny\"\npreset = \"us-equity\"\nflatten_at = \"15:30\"";
    expect![[r#"
        2024-07-05T16:00:00Z 1 day until 2024-07-05T20:00:00Z
        2024-07-05T19:30:00Z 1 FlattenRequested
        2024-07-05T20:00:00Z 1 closed
    "#]]
    .assert_eq(&facts(&with(written, "ny"), 3));
    let flattens = |calendar: &str, purpose| {
        let text = with(calendar, "ny");
        let loaded = loaded(&text, &[], purpose).expect("fine");
        let first = loaded.calendars.facts_from(TimeNs(1_720_195_200_000_000_000)).take(3);
        first.filter(|it| matches!(&it.fact, Fact::Report(report) if report.kind.name() == "FlattenRequested")).count()
    };
    let preset = "[[calendars]]\nname = \"ny\"\npreset = \"us-equity\"";
    assert_eq!(flattens(preset, Purpose::Show), 0);
    assert_eq!(flattens(&format!("{preset}\nflatten_at = \"off\""), Purpose::Show), 0);
    let wrong = with(&format!("{preset}\nflatten_at = \"25:00\""), "ny");
    let report = loaded(&wrong, &[], Purpose::Show).expect_err("no such time").to_string();
    assert!(report.contains("expected a local time, for example \"15:50\", or \"off\""), "{report}");
}
