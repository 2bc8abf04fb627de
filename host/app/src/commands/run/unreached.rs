//! Unreached: does a session hear anything at all of its venues?
//!
//! In: what comes from outside. Out: the same; a warning while nothing does, a fault at the end where nothing ever did. Must
//! never: keep anything from the session.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ringfence_core::event::{EventKind, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{TimeNs, VenueId};
use ringfence_session::live::{Heard, Input, Outside};
use ringfence_session::pace::Notice;
use ringfence_session::script::Fact;
use ringfence_venue::{Query, QueryId};

use crate::config::Loaded;
use crate::exit::{Failure, Fault};
use crate::output::diagnostic;

/// Time without a word before it is told, and how much later it is told again each time.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_MAX: Duration = Duration::from_secs(300);

/// What is outside, and which of it was heard of.
pub(super) struct Unreached<O> {
    outside: O,
    /// Venues that said nothing yet, with their names.
    silent: Vec<(VenueId, String)>,
    has_heard: bool,
    told_at: Instant,
    patience: Duration,
}

impl<O: Outside> Unreached<O> {
    /// Of the venues of a configuration.
    pub(super) fn of(outside: O, loaded: &Loaded) -> Unreached<O> {
        let silent = loaded.wires.iter().map(|wire| (wire.venue, wire.name.clone())).collect();
        Unreached { outside, silent, has_heard: false, told_at: now(), patience: PATIENCE }
    }

    /// Whether any venue was heard of, at the end.
    ///
    /// # Errors
    /// None was.
    pub(super) fn verdict(self) -> Result<(), Failure> {
        let names = self.names();
        // Whoever ends it before a venue had the time to answer has not been told that something is wrong.
        if self.has_heard || names.is_empty() || self.patience == PATIENCE {
            return Ok(());
        }
        let fault = Fault::new(format!("no venue was ever reached: {names}"));
        Err(Failure::Outside(fault.fixed_by("look at host and port in [[venues]], and at the network between")))
    }

    fn names(&self) -> String {
        let names: BTreeSet<&str> = self.silent.iter().map(|(_, name)| name.as_str()).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    fn hear(&mut self, input: Input) -> Input {
        if let Input::Fact(Fact::Report(report)) = &input
            && is_word(report)
        {
            self.silent.retain(|(venue, _)| *venue != report.venue);
            self.has_heard = true;
        }
        input
    }

    /// Says that nothing is heard, less and less often.
    fn look(&mut self) {
        if self.silent.is_empty() || now().duration_since(self.told_at) < self.patience {
            return;
        }
        diagnostic(format_args!("warning: nothing is heard of venue {}; trying on", self.names()));
        (self.told_at, self.patience) = (now(), (self.patience * 2).min(PATIENCE_MAX));
    }
}

/// True for what a venue says itself; that it is away, an adapter says.
fn is_word(report: &Report) -> bool {
    report.venue != VenueId(0) && !matches!(report.kind, EventKind::VenueDown | EventKind::FeedStale)
}

impl<O: Outside> Outside for Unreached<O> {
    fn now(&mut self) -> TimeNs {
        self.outside.now()
    }

    fn next(&mut self, due: Option<TimeNs>) -> Heard {
        self.look();
        // Somebody who waits for nothing still has to be told.
        let soon = TimeNs(self.outside.now().0.saturating_add(1_000_000_000));
        let is_silent = !self.silent.is_empty();
        let until = if is_silent { Some(due.map_or(soon, |due| due.min(soon))) } else { due };
        match self.outside.next(until) {
            Heard::Input(input) => Heard::Input(self.hear(input)),
            Heard::Due => Heard::Due,
            Heard::End(ending) => Heard::End(ending),
        }
    }

    fn waiting(&mut self) -> Option<Input> {
        let input = self.outside.waiting()?;
        Some(self.hear(input))
    }

    fn send(&mut self, command: VenueCommand) {
        self.outside.send(command);
    }

    fn ask(&mut self, venue: VenueId, id: QueryId, query: Query) {
        self.outside.ask(venue, id, query);
    }

    fn told(&mut self, notice: &Notice) {
        self.outside.told(notice);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long somebody waits for a word of a venue; nothing is decided by it"
)]
fn now() -> Instant {
    Instant::now()
}
