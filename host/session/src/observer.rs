//! Observers: who looks on while a session runs, and what are they shown?
//!
//! In: rows, events and decisions in the order of the stream, each with State. Out: nothing to the session. Must never:
//! be able to change a run; a fault of an observer is its own to tell, after the end.

use ringfence_core::blob::BlobTable;
use ringfence_core::decision::Effects;
use ringfence_core::event::Event;
use ringfence_core::state::State;

/// Somebody who looks on. Called on the thread of the session, so what it does is time of the run.
pub trait Observer {
    /// A tape's row comes next. State shows everything before it: timers, arrivals and fills that its time or its price
    /// causes are not in it yet. The row has no number so far.
    fn row(&mut self, row: &Event, state: &State);

    /// A step called strategies: who, and what it cost. Comes for rows too, and before what was decided; not where events
    /// come in batches.
    fn called(&mut self, _effects: &Effects) {}

    /// An event that is no tape row comes next, and what it names is in these blobs.
    fn brought(&mut self, _event: &Event, _blobs: &BlobTable) {}

    /// An event that is no tape row was stepped; State is the one after it.
    fn event(&mut self, event: &Event, state: &State);

    /// A step decided something, which is not recorded yet. Comes behind [`Observer::event`] of the same step.
    fn decided(&mut self, effects: &Effects, state: &State);

    /// What a step decided is recorded; its commands leave next.
    fn recorded(&mut self, _effects: &Effects) {}

    /// The session is over; comes last.
    fn end(&mut self, state: &State);
}
