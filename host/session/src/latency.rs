//! Latency: how long does it take from a row to each command that it led to?
//!
//! In: what an observer of a session is shown, and the clock at the edge. Out: histograms in ns. Must never: be on unless
//! asked for (readings of the clock at each row and command), or reach anything that is digested or recorded.
//!
//! It begins when the session takes a row up, with what comes before the row at its time (timers, fills), and what the
//! venue makes of the row before the core sees it. It ends when the commands of a step are there, approved, signed and
//! past the Gate; and a second time when their decisions are digested and handed to the journal, before which no command
//! leaves. What a strategy made of a row in a batch came before, and is not in it.

use ringfence_core::decision::Effects;
use ringfence_core::event::Event;
use ringfence_core::state::State;

use crate::clock::Moment;
use crate::histogram::Histogram;
use crate::observer::Observer;

/// Measures, for each command of a run, the time since the row that was taken up last. Of use where venue and core meet a
/// row at once, without a feed leg.
#[derive(Debug)]
pub struct Latency {
    begun: Moment,
    decided: Histogram,
    recorded: Histogram,
}

impl Default for Latency {
    fn default() -> Latency {
        Latency { begun: Moment::now(), decided: Histogram::default(), recorded: Histogram::default() }
    }
}

impl Latency {
    /// Time until each command was there, in ns.
    #[must_use]
    pub fn decided(&self) -> &Histogram {
        &self.decided
    }

    /// Time until each command was recorded, in ns.
    #[must_use]
    pub fn recorded(&self) -> &Histogram {
        &self.recorded
    }
}

/// Counts the time that passed, once for each command.
fn count(spread: &mut Histogram, begun: &Moment, effects: &Effects) {
    if effects.commands.is_empty() {
        return;
    }
    let ns = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
    effects.commands.iter().for_each(|_| spread.record(ns));
}

impl Observer for Latency {
    fn row(&mut self, _row: &Event, _state: &State) {
        self.begun = Moment::now();
    }

    fn event(&mut self, _event: &Event, _state: &State) {}

    fn decided(&mut self, effects: &Effects, _state: &State) {
        count(&mut self.decided, &self.begun, effects);
    }

    fn recorded(&mut self, effects: &Effects) {
        count(&mut self.recorded, &self.begun, effects);
    }

    fn end(&mut self, _state: &State) {}
}
