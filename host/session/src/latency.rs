//! Latency: how long does it take from a row to each command that it led to?
//!
//! In: what an observer of a session is shown, and the clock at the edge. Out: a histogram in ns. Must never: be on
//! unless asked for (two readings of the clock a row), or reach anything that is digested or recorded.
//!
//! It begins when the session takes a row up, with what comes before the row at its time (timers, fills), and ends when the commands of a step are there: approved, signed, past the
//! Gate, their decisions recorded and digested. What the venue makes of the row before the core sees it is in it too.

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
    spread: Histogram,
}

impl Default for Latency {
    fn default() -> Latency {
        Latency { begun: Moment::now(), spread: Histogram::default() }
    }
}

impl Latency {
    /// Time of each command so far, in ns.
    #[must_use]
    pub fn spread(&self) -> &Histogram {
        &self.spread
    }
}

impl Observer for Latency {
    fn row(&mut self, _row: &Event, _state: &State) {
        self.begun = Moment::now();
    }

    fn event(&mut self, _event: &Event, _state: &State) {}

    fn decided(&mut self, effects: &Effects, _state: &State) {
        if effects.commands.is_empty() {
            return;
        }
        let ns = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        effects.commands.iter().for_each(|_| self.spread.record(ns));
    }

    fn end(&mut self, _state: &State) {}
}
