//! Script: which control events enter a backtest, and when?
//!
//! In: facts with their times, made at the edge. Out: reports for the run loop, and canonical bytes for the session id.
//! Must never: know where a script was written, or judge what it says.

use ringfence_core::blob::{BlobTable, Sha256Hash};
use ringfence_core::canonical::Writer;
use ringfence_core::config::Config;
use ringfence_core::event::{EventKind, Report};
use ringfence_core::ids::{BlobId, Seq, StrategyId, TimeNs};
use ringfence_journal::wire::event::put_event;

/// Facts that a calendar makes, one after the other, as far as a run goes. They follow from the configuration.
pub trait Timetable {
    /// Facts from a time on, in order of time; there may be no end of them.
    fn facts_from(&self, start: TimeNs) -> Box<dyn Iterator<Item = Scripted> + '_>;
}

/// A fact and when it enters the stream. Where its time is before the event that precedes it, it has that event's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// Nanoseconds since the Unix epoch.
    pub time: TimeNs,
    /// What happens.
    pub fact: Fact,
}

/// What happens; facts that name bytes carry them, because ids of blobs are given as they enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A fact that names no bytes.
    Report(Report),
    /// A new configuration, in canonical bytes.
    Config(Vec<u8>),
    /// New parameters of a strategy, in canonical bytes. A fresh instance takes its place, if its `setup` takes them.
    Parameters(StrategyId, Vec<u8>),
    /// An intent from outside, in canonical bytes.
    External(Vec<u8>),
    /// A strategy that was halted is started again, as its supervision would.
    Resume(StrategyId),
    /// What an operator asked for, as text that names who; what it leads to follows directly behind it.
    Commanded(Vec<u8>, Option<Box<Fact>>),
    /// What was to take a strategy's place, or the configuration's (strategy 0), was refused before it came here; text says why.
    Refused(StrategyId, Vec<u8>),
    /// Another component takes a strategy's place, with its state: its SHA-256 and its bytes. It was made ready before.
    Swap(StrategyId, Sha256Hash, Vec<u8>),
}

impl Fact {
    /// The report that enters the stream; its bytes are appended to the table.
    pub(crate) fn enter(&self, blobs: &mut BlobTable) -> Report {
        let blob = self.bytes().map_or(BlobId::default(), |bytes| blobs.append(bytes));
        self.report(blob)
    }

    fn report(&self, blob: BlobId) -> Report {
        match self {
            Fact::Report(report) => *report,
            Fact::Config(_) => Report::control(EventKind::ConfigChanged(blob)),
            Fact::External(_) => Report::control(EventKind::ExternalIntent(blob)),
            Fact::Resume(strategy) => Report::control(EventKind::StrategyResumed(*strategy, 0)),
            Fact::Commanded(..) => Report::control(EventKind::OperatorCommand(blob)),
            Fact::Refused(strategy, _) => Report::control(EventKind::ReloadRefused(*strategy, blob)),
            Fact::Parameters(strategy, _) => Report::control(EventKind::ParametersChanged(*strategy, blob)),
            Fact::Swap(strategy, ..) => {
                Report::control(EventKind::StrategySwapped(*strategy, blob, BlobId::NONE, BlobId::NONE))
            }
        }
    }

    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Fact::Report(_) | Fact::Resume(_) => None,
            Fact::Config(bytes)
            | Fact::Parameters(_, bytes)
            | Fact::Refused(_, bytes)
            | Fact::External(bytes)
            | Fact::Commanded(bytes, _) => Some(bytes),
            Fact::Swap(_, component, _) => Some(component),
        }
    }
}

impl Scripted {
    /// Canonical bytes: kind and payload as in a journal, with the bytes it names in place of their id. Of a configuration
    /// those that its hash is over.
    pub(crate) fn put(&self, w: &mut Writer) {
        let event = self.fact.report(BlobId::default()).at(Seq(0), self.time);
        w.u16(event.kind.number());
        put_event(w, &event);
        match &self.fact {
            Fact::Config(bytes) => match Config::decode(bytes) {
                Ok(config) => w.blob(&config.identity()),
                Err(_not_one) => w.blob(bytes),
            },
            Fact::Commanded(text, then) => {
                w.blob(text);
                if let Some(fact) = then {
                    Scripted { time: self.time, fact: Fact::clone(fact) }.put(w);
                }
            }
            Fact::Report(_)
            | Fact::Parameters(..)
            | Fact::Refused(..)
            | Fact::Swap(..)
            | Fact::External(_)
            | Fact::Resume(_) => {
                w.blob(self.fact.bytes().unwrap_or_default());
            }
        }
    }
}
