//! Script of a journal: which control events entered the session from outside?
//!
//! In: a journal, its configuration and calendars. Out: the facts that a backtest is fed with, at their times. Must never:
//! take what a venue said, or what follows from the calendars, which are asked again.

use std::path::Path;

use ringfence_core::config::Config;
use ringfence_core::event::{Cause, Event, EventKind, Report};
use ringfence_core::ids::TimeNs;
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_session::script::{Fact, Scripted, Timetable};

use crate::exit::{Failure, Fault};
use crate::sessions::journal_failure;

/// Turns the bytes of a configuration that came later into those it would have had.
pub(crate) type Changed<'a> = dyn Fn(&Config) -> Result<Vec<u8>, Failure> + 'a;

/// What entered the session.
pub(crate) fn recorded(
    journal: &Path,
    timetable: &dyn Timetable,
    changed: &Changed<'_>,
) -> Result<Vec<Scripted>, Failure> {
    let fault = |error| journal_failure(&error);
    let mut reader = JournalReader::open(journal).map_err(fault)?;
    reader.ignore_fuel();
    let (mut step, mut script) = (Step::new(), Vec::new());
    let mut edges: Option<Box<dyn Iterator<Item = Scripted> + '_>> = None;
    let mut next = None;
    let mut is_configured = false;
    while reader.next_step(&mut step).map_err(fault)? {
        let Input::Event(event) = step.input else { continue };
        if edges.is_none() {
            let mut from_here = timetable.facts_from(event.time);
            next = from_here.next();
            edges = Some(from_here);
        }
        if next.as_ref().is_some_and(|edge| is_edge(edge, &event)) {
            next = edges.as_mut().and_then(Iterator::next);
            continue;
        }
        if matches!(event.kind, EventKind::ConfigChanged(_)) && !is_configured {
            is_configured = true;
            continue;
        }
        script.extend(fact(&event, &step, changed)?.map(|fact| Scripted { time: event.time, fact }));
    }
    Ok(script)
}

/// Whether an event is the next opening, close or day of a calendar.
fn is_edge(edge: &Scripted, event: &Event) -> bool {
    let Fact::Report(report) = edge.fact else { return false };
    report.kind == event.kind && report.instrument == event.instrument && edge.time <= event.time
}

#[expect(clippy::wildcard_enum_match_arm, reason = "no other kind of a script names bytes")]
fn fact(event: &Event, step: &Step, changed: &Changed<'_>) -> Result<Option<Fact>, Failure> {
    // What the simulated venue tells of its own has a time of its own.
    if event.cause != Cause::Outside || event.venue_time != TimeNs(0) {
        return Ok(None);
    }
    let bytes = |wanted| step.blobs.iter().find(|(id, _)| *id == wanted).map(|(_, bytes)| bytes.clone());
    let lost = || Failure::Damaged(Fault::new(format!("event {} names bytes that are not there", event.seq.0)));
    match event.kind {
        EventKind::ConfigChanged(id) => {
            let config = bytes(id).and_then(|bytes| Config::decode(&bytes).ok()).ok_or_else(lost)?;
            Ok(Some(Fact::Config(changed(&config)?)))
        }
        EventKind::ParametersChanged(strategy, id) => Ok(Some(Fact::Parameters(strategy, bytes(id).ok_or_else(lost)?))),
        EventKind::ExternalIntent(id) => Ok(Some(Fact::External(bytes(id).ok_or_else(lost)?))),
        kind => {
            let Event { venue_time, cause, instrument, venue, account, .. } = *event;
            let report = Report { venue_time, cause, instrument, venue, account, kind };
            Ok(is_scripted(&kind).then_some(Fact::Report(report)))
        }
    }
}

/// Kinds that a file of control events or of corporate actions has; every other one is a row, an answer, or follows.
fn is_scripted(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::MarkPrice(_)
            | EventKind::FundingRate(_)
            | EventKind::InstrumentStatus(_)
            | EventKind::FeedStale
            | EventKind::FeedRecovered
            | EventKind::CorporateAction(_)
            | EventKind::VenueUp
            | EventKind::VenueDown
            | EventKind::TradingEnabled
            | EventKind::TradingDisabled
            | EventKind::KillSwitch(..)
            | EventKind::FlattenRequested(_)
            | EventKind::Signal(..)
    )
}
