//! Calendars: when do the markets of a configuration open and close?
//!
//! In: `[[calendars]]`, and the venues and instruments that name one. Out: a timetable for the run loop. Must never: use
//! another version of the time-zone data than the one that stands in the configuration.

use std::iter::Peekable;

use ringfence_calendar::{Calendar, CalendarError, Edge, EdgeKind, Edges, Preset, Rules, Session, tzdb_version};
use ringfence_core::config::Config;
use ringfence_core::event::{EventKind, Mode, Report};
use ringfence_core::ids::{InstrumentId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus};
use ringfence_session::script::{Fact, Scripted, Timetable};

use super::Purpose;
use super::build::{about, no_such};
use super::checked::Table;
use super::limits;
use super::problem::{ConfigCode, Problem, Problems};

/// Calendars with the instruments that follow them.
#[derive(Clone, Debug, Default)]
pub struct Calendars {
    list: Vec<(Calendar, Vec<Bound>)>,
}

/// An instrument that follows a calendar.
#[derive(Clone, Copy, Debug)]
struct Bound {
    instrument: InstrumentId,
    venue: VenueId,
    /// Nothing opens or closes from then on.
    until: TimeNs,
}

/// Reads the calendars and who follows them.
pub(super) fn build(root: &Table, core: Option<&Config>, purpose: Purpose, problems: &mut Problems) -> Calendars {
    let names: Vec<&str> = root.tables("calendars").map(|table| table.text("name").unwrap_or("")).collect();
    let found: Vec<Option<Calendar>> =
        root.tables("calendars").map(|table| calendar(table, purpose, problems)).collect();
    let mut bound: Vec<Vec<Bound>> = vec![Vec::new(); found.len()];
    let of_venue: Vec<Option<usize>> = root.tables("venues").map(|table| place(table, &names, problems)).collect();
    for (at, table) in root.tables("instruments").enumerate() {
        let own = place(table, &names, problems);
        let Some(instrument) = core.and_then(|core| core.instruments.get(at)) else { continue };
        let of_venue = of_venue.get(usize::from(instrument.venue.0).wrapping_sub(1)).copied().flatten();
        if let Some(list) = own.or(of_venue).and_then(|at| bound.get_mut(at)) {
            list.push(Bound { instrument: instrument.id, venue: instrument.venue, until: end_of(instrument) });
        }
    }
    let list = found.into_iter().zip(bound).filter_map(|(calendar, bound)| Some((calendar?, bound)));
    Calendars { list: list.filter(|(_, bound)| !bound.is_empty()).collect() }
}

fn end_of(instrument: &Instrument) -> TimeNs {
    match instrument.kind {
        InstrumentKind::Future { expiry } | InstrumentKind::Option { expiry, .. } => expiry,
        InstrumentKind::Spot | InstrumentKind::Perpetual | InstrumentKind::Equity | InstrumentKind::FxPair => {
            TimeNs(u64::MAX)
        }
    }
}

/// Place of the calendar that a venue or an instrument names.
fn place(table: &Table, names: &[&str], problems: &mut Problems) -> Option<usize> {
    let name = table.text("calendar")?;
    let at = names.iter().position(|known| *known == name);
    if at.is_none() {
        problems.add(no_such(table, "calendar", name, names.iter().copied()));
    }
    at
}

fn calendar(table: &Table, purpose: Purpose, problems: &mut Problems) -> Option<Calendar> {
    let version = table.text("tzdb")?;
    if version != tzdb_version() {
        let message = format!("this host has the time-zone data {}", tzdb_version());
        problems.add(about(table, "tzdb", ConfigCode::Value, &message));
    }
    let rules = Rules { flatten_at: flatten_at(table, purpose, problems), ..rules(table, problems)? };
    match Calendar::new(rules) {
        Ok(calendar) => Some(calendar),
        Err(error) => {
            let key = match error {
                CalendarError::Zone(_) => "zone",
                CalendarError::NoSession | CalendarError::Minutes(..) | CalendarError::Overlap(_) => "sessions",
            };
            problems.add(Problem { value: None, ..about(table, key, ConfigCode::Definition, &error.to_string()) });
            None
        }
    }
}

/// Minute at which positions are closed: as it is written, or, live, that of equities.
fn flatten_at(table: &Table, purpose: Purpose, problems: &mut Problems) -> Option<u32> {
    match table.text("flatten_at") {
        None => {
            let is_live = purpose == Purpose::Outside(Mode::Live);
            (is_live && table.text("preset") == Some(Preset::UsEquity.code())).then_some(EQUITY_FLATTEN_MINUTE)
        }
        Some("off") => None,
        Some(text) => {
            let found = limits::second(text).and_then(minute);
            if found.is_none() {
                let form = "expected a local time, for example \"15:50\", or \"off\"";
                problems.add(about(table, "flatten_at", ConfigCode::Value, form));
            }
            found
        }
    }
}

/// 15:50: ten minutes before the close of US equities.
const EQUITY_FLATTEN_MINUTE: u32 = 15 * 60 + 50;

fn rules(table: &Table, problems: &mut Problems) -> Option<Rules> {
    let preset = Preset::ALL.iter().find(|preset| Some(preset.code()) == table.text("preset")).copied();
    if preset.is_none() && table.is_written("preset") {
        // The name is told as wrong already; what it would have brought is not missing.
        return None;
    }
    if preset.is_none() {
        let mut is_whole = true;
        for key in ["zone", "sessions"].into_iter().filter(|key| !table.is_written(key)) {
            problems.add(about(table, key, ConfigCode::Missing, "missing, a calendar without a preset has it"));
            is_whole = false;
        }
        if !is_whole {
            return None;
        }
    }
    let mut rules = preset.map_or_else(Rules::default, Preset::rules);
    if let Some(zone) = table.text("zone") {
        zone.clone_into(&mut rules.zone);
    }
    let mut items = Items { table, problems };
    if table.is_written("sessions") {
        rules.sessions = items.all("sessions", "days and local times, for example \"mon-fri 09:30-16:00\"", session);
    }
    rules.holidays = items.all("holidays", "a date, for example \"2024-12-25\"", |text| text.parse().ok());
    let early = "a date and a local time, for example \"2024-12-24 13:00\"";
    rules.early_closes = items.all("early_closes", early, |text| {
        let (date, time) = text.split_once(' ')?;
        Some((date.parse().ok()?, minute(limits::second(time)?)?))
    });
    Some(rules)
}

/// Lists of texts, each of one form.
struct Items<'a, 'p> {
    table: &'a Table,
    problems: &'p mut Problems,
}

impl Items<'_, '_> {
    fn all<T>(&mut self, key: &str, form: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let mut all = Vec::new();
        for (text, origin) in self.table.texts(key) {
            match read(text) {
                Some(item) => all.push(item),
                None => self.problems.add(Problem {
                    origin: origin.clone(),
                    value: Some(format!("{text:?}")),
                    ..about(self.table, key, ConfigCode::Value, &format!("expected {form}"))
                }),
            }
        }
        all
    }
}

/// The text of a window of a venue, in local time; whole minutes. Over midnight it belongs to the day on which it ends.
fn session(text: &str) -> Option<Session> {
    let window = limits::window(text)?;
    let to = if window.to_s == 0 { 1_440 } else { minute(window.to_s)? };
    Some(Session { days: window.days, from: minute(window.from_s)?, to })
}

fn minute(second: u32) -> Option<u32> {
    second.is_multiple_of(60).then_some(second / 60)
}

impl Timetable for Calendars {
    fn facts_from(&self, start: TimeNs) -> Box<dyn Iterator<Item = Scripted> + '_> {
        let lanes =
            self.list.iter().map(|(calendar, bound)| (calendar.edges_from(start.0).peekable(), bound.as_slice()));
        Box::new(Merged { lanes: lanes.collect(), ready: Vec::new() })
    }
}

/// Edges of all calendars by time, those of one time in the order of the calendars.
struct Merged<'a> {
    lanes: Vec<(Peekable<Edges<'a>>, &'a [Bound])>,
    /// Facts of one edge, the last instrument first.
    ready: Vec<Scripted>,
}

impl Iterator for Merged<'_> {
    type Item = Scripted;

    fn next(&mut self) -> Option<Scripted> {
        while self.ready.is_empty() {
            let heads = self.lanes.iter_mut().map(|(edges, _)| edges.peek().map_or(u64::MAX, |edge| edge.time));
            let (_, first) = heads.zip(0_usize..).min()?;
            let (edges, bound) = &mut self.lanes[first];
            let edge = edges.next()?;
            let live = bound.iter().rev().filter(|bound| edge.time < bound.until.0);
            self.ready.extend(live.map(|bound| fact(&edge, bound)));
            if bound.iter().all(|bound| edge.time >= bound.until.0) {
                drop(self.lanes.remove(first));
            }
        }
        self.ready.pop()
    }
}

fn fact(edge: &Edge, bound: &Bound) -> Scripted {
    let kind = match edge.kind {
        EdgeKind::Day(ends) => EventKind::TradingDay(TimeNs(ends)),
        EdgeKind::Opens => EventKind::InstrumentStatus(InstrumentStatus::Trading),
        EdgeKind::Flattens => EventKind::FlattenRequested(StrategyId::EXTERNAL),
        EdgeKind::Closes => EventKind::InstrumentStatus(InstrumentStatus::Closed),
    };
    let report = Report { instrument: bound.instrument, venue: bound.venue, ..Report::control(kind) };
    Scripted { time: TimeNs(edge.time), fact: Fact::Report(report) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_that_stands_in_a_configuration_is_the_bundled_one() {
        assert_eq!(super::super::keys::TZDB, tzdb_version());
    }

    #[test]
    fn the_words_of_presets_are_those_of_the_calendars() {
        let words: Vec<_> = Preset::ALL.iter().map(|preset| preset.code()).collect();
        assert_eq!(super::super::keys::PRESETS, words);
    }
}
