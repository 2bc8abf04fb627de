//! Log: what do the lines say that operators search with their usual tools?
//!
//! In: commands that leave, and events. Out: `ts | LEVEL | component | SUBMIT/STATUS/FILL/CANCEL/RECONCILE | …` in a file and
//! on standard output. Must never: stop a session; a file that cannot be written is told once, and written no more.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use ringfence_core::event::{Event, EventKind};
use ringfence_core::gate::VenueCommand;
use ringfence_core::intent::Action;

use super::lines::status_of;
use super::printer::Printer;
use crate::calendar::time_text;
use crate::exit::Failure;
use crate::output::diagnostic;
use crate::render::Renderer;

/// Where lines go.
#[derive(Debug)]
pub(crate) struct Log {
    /// A file that they are appended to.
    file: Option<(File, PathBuf)>,
    printer: Option<Printer>,
}

impl Log {
    /// Opens the file, with its folder. `None` where lines go nowhere.
    pub(super) fn open(path: Option<&Path>, printer: Option<Printer>) -> Result<Option<Log>, Failure> {
        let file = path.map(opened).transpose()?;
        let has_place = file.is_some() || printer.is_some();
        Ok(has_place.then_some(Log { file, printer }))
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
        self.line((time, "INFO", &renderer.venue(command.venue())), word, &format!("{who} {what}"));
    }

    /// An event about an order or a reconciliation.
    pub(super) fn event(&mut self, renderer: &Renderer<'_>, event: &Event) {
        let (word, level) = match (&event.kind, status_of(&event.kind)) {
            (EventKind::OrderFilled(_) | EventKind::FillBusted(_), _) => ("FILL", "INFO"),
            (EventKind::OrderCanceled(..), _) => ("CANCEL", "INFO"),
            (EventKind::ReconcileStarted | EventKind::ReconcileFinished(0), _) => ("RECONCILE", "INFO"),
            (EventKind::ReconcileFinished(_), _) => ("RECONCILE", "WARN"),
            (_, Some("REJECTED" | "UNKNOWN" | "CANCEL_REJECTED" | "AMEND_REJECTED")) => ("STATUS", "WARN"),
            (_, Some(_)) => ("STATUS", "INFO"),
            (_, None) => return,
        };
        let status = status_of(&event.kind).map_or_else(String::new, |status| format!("{status} "));
        let text = format!("{status}{}", renderer.event(event).text());
        self.line((event.time.0, level, &renderer.venue(event.venue)), word, &text);
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

fn opened(path: &Path) -> Result<(File, PathBuf), Failure> {
    let fault = |error: std::io::Error| Failure::outside(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(fault)?;
    Ok((file, path.to_owned()))
}
