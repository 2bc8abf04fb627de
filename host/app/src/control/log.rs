//! Log: what do the lines say that operators search with their usual tools?
//!
//! In: commands that leave, events, and what should not happen. Out: `ts | LEVEL | component | WORD | …` in a file and on
//! standard output. Must never: stop a session; a file that cannot be written is told once, and written no more.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use ringfence_core::decision::{AnomalyCode, DecisionKind, Effects};
use ringfence_core::event::{Event, EventKind, KillLevel};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{InstrumentId, VenueId};
use ringfence_core::instrument::InstrumentStatus;
use ringfence_core::intent::Action;

use super::lines::status_of;
use super::printer::Printer;
use crate::calendar::time_text;
use crate::exit::Failure;
use crate::output::diagnostic;
use crate::render::{Fields, Renderer};

/// Where lines go.
#[derive(Debug)]
pub(crate) struct Log {
    /// A file that they are appended to.
    file: Option<(File, PathBuf)>,
    printer: Option<Printer>,
    /// What venues said last of each market.
    markets: BTreeMap<InstrumentId, InstrumentStatus>,
}

const INFO: &str = "INFO";
const WARN: &str = "WARN";
/// Somebody has to look.
const ALARM: &str = "ALARM";
/// Component of what no venue says.
const HOST: &str = "host";

impl Log {
    /// Opens the file, with its folder. `None` where lines go nowhere.
    pub(super) fn open(path: Option<&Path>, printer: Option<Printer>) -> Result<Option<Log>, Failure> {
        let file = path.map(opened).transpose()?;
        let has_place = file.is_some() || printer.is_some();
        Ok(has_place.then_some(Log { file, printer, markets: BTreeMap::new() }))
    }

    /// A command that leaves.
    pub(super) fn command(&mut self, renderer: &Renderer<'_>, command: &VenueCommand, time: u64) {
        let (word, what) = match command.action() {
            Action::Submit(terms) => {
                let id = terms.instrument;
                let price = terms.limit_price.map_or_else(|| "market".to_owned(), |price| renderer.price(id, price));
                let (side, qty) = (terms.side.code(), renderer.qty(id, terms.qty));
                ("SUBMIT", format!("{} {side} {qty} @ {price}", renderer.instrument(id)))
            }
            Action::Cancel(terms) => ("CANCEL", format!("order={}", terms.order)),
            Action::Amend(terms) => {
                let id = terms.instrument;
                let (qty, price) = (renderer.qty(id, terms.qty), renderer.price(id, terms.price));
                ("STATUS", format!("order={} amend {qty} @ {price}", terms.order))
            }
        };
        let who = format!("leg={} client_order_id={}", command.key(), command.client_id().as_str());
        self.line((time, INFO, &renderer.venue(command.venue())), word, &format!("{who} {what}"));
    }

    /// An event that operators look for, with what it says in blobs.
    pub(super) fn event(&mut self, renderer: &Renderer<'_>, event: &Event, said: &Fields) {
        let Some((word, level)) = of_order(event).or_else(|| self.of_session(event)) else { return };
        let status = status_of(&event.kind).map_or_else(String::new, |status| format!("{status} "));
        let fields = renderer.event(event).and(said.clone());
        let text = format!("{status}{}", without_time(&fields));
        self.line((event.time.0, level, &component(renderer, event.venue)), word, &text);
    }

    /// What is said of venues, markets, strategies and whoever commands.
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else is for the journal")]
    fn of_session(&mut self, event: &Event) -> Option<(&'static str, &'static str)> {
        Some(match event.kind {
            EventKind::VenueDown => ("VENUE", WARN),
            EventKind::VenueUp => ("VENUE", INFO),
            EventKind::FeedStale => ("FEED", WARN),
            EventKind::FeedRecovered => ("FEED", INFO),
            EventKind::KillSwitch(KillLevel::Off, _) => ("KILL", INFO),
            EventKind::KillSwitch(..) => ("KILL", ALARM),
            EventKind::TradingDisabled => ("TRADING", WARN),
            EventKind::TradingEnabled => ("TRADING", INFO),
            EventKind::StrategyHalted(..) => ("HALT", ALARM),
            EventKind::StrategyResumed(..) => ("HALT", INFO),
            EventKind::FlattenRequested(_) => ("FLATTEN", WARN),
            EventKind::OperatorCommand(_) => ("COMMAND", INFO),
            EventKind::InstrumentStatus(status) => ("MARKET", self.of_market(event.instrument, status)?),
            _ => return None,
        })
    }

    /// A venue states the same again and again: what it changes is a line.
    fn of_market(&mut self, id: InstrumentId, status: InstrumentStatus) -> Option<&'static str> {
        let before = self.markets.insert(id, status).unwrap_or(InstrumentStatus::Trading);
        let level = if status == InstrumentStatus::Trading { INFO } else { WARN };
        (before != status).then_some(level)
    }

    /// Something that should not happen.
    pub(super) fn anomaly(&mut self, renderer: &Renderer<'_>, (effects, ordinal): (&Effects, usize), time: u64) {
        let decision = &effects.decisions[ordinal];
        let DecisionKind::Anomaly(anomaly) = decision.kind else { return };
        let level = if is_alarm(anomaly.code) { ALARM } else { WARN };
        let fields = renderer.decision((effects.seq, ordinal), decision, (&effects.notes, None));
        self.line((time, level, HOST), "ANOMALY", &without_time(&fields));
    }

    fn line(&mut self, (time, level, component): (u64, &str, &str), word: &str, text: &str) {
        let line = format!("{} | {level} | {component} | {word} | {text}", time_text(time));
        if let Some(printer) = &mut self.printer {
            printer.line(&line);
        }
        let Some((file, path)) = &mut self.file else { return };
        if let Err(error) = file.write_all((line + "\n").as_bytes()) {
            diagnostic(format_args!("warning: no more log lines, {}: {error}", path.display()));
            self.file = None;
        }
    }
}

/// What is said of orders and of comparisons with venues.
fn of_order(event: &Event) -> Option<(&'static str, &'static str)> {
    Some(match (&event.kind, status_of(&event.kind)) {
        (EventKind::OrderFilled(_) | EventKind::FillBusted(_), _) => ("FILL", INFO),
        (EventKind::OrderCanceled(..), _) => ("CANCEL", INFO),
        (EventKind::ReconcileStarted | EventKind::ReconcileFinished(0), _) => ("RECONCILE", INFO),
        (EventKind::ReconcileFinished(_), _) => ("RECONCILE", WARN),
        (_, Some("REJECTED" | "UNKNOWN" | "CANCEL_REJECTED" | "AMEND_REJECTED")) => ("STATUS", WARN),
        (_, Some(_)) => ("STATUS", INFO),
        (_, None) => return None,
    })
}

fn component(renderer: &Renderer<'_>, venue: VenueId) -> String {
    if venue == VenueId(0) { HOST.to_owned() } else { renderer.venue(venue) }
}

/// More is traded than was asked for, or something stays that was to be closed.
const fn is_alarm(code: AnomalyCode) -> bool {
    matches!(code, AnomalyCode::Overfill | AnomalyCode::GroupOverfill | AnomalyCode::FlattenFailed)
}

/// The time stands at the head of the line.
fn without_time(fields: &Fields) -> String {
    let shown = fields.shown().filter(|(name, _)| *name != "time");
    shown.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn opened(path: &Path) -> Result<(File, PathBuf), Failure> {
    let fault = |error: std::io::Error| Failure::outside(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(fault)?;
    Ok((file, path.to_owned()))
}
