//! Ahead: which rows may a strategy handle before they are stepped?
//!
//! In: rows that the core calls certain. Out: those that come before anything else can happen: a control event, an arrival
//! at the venue, a report. Venue, State and record have each of them all the same, in its order; only the strategy has handled
//! it by then. Must never: go on where a row led to something that was not foreseen.

use ringfence_core::event::{Event, Halt};
use ringfence_core::ids::{Seq, StrategyId};
use ringfence_core::step::{AHEAD_ROWS_MAX, Ahead};

use super::Engine;
use crate::curve::Curve;
use crate::error::SessionError;

/// What is shown ahead, and how much of it pays.
#[derive(Debug)]
pub(super) struct Lookout {
    ahead: Ahead,
    /// Rows to show next time: twice as many after all were handled, half as many after a part of them.
    rows: usize,
    /// The strategies do not look ahead.
    is_over: bool,
    /// The strategy that handled rows ahead, once one has.
    pub(super) handler: Option<StrategyId>,
}

/// Which of the next rows are stepped how.
#[derive(Clone, Copy, Debug)]
enum Course {
    /// So many were handled, and nothing follows of any but the last: what was emitted, was emitted there.
    Handled(usize),
    /// So many come one by one, before anything is shown again.
    Singly(usize),
}

impl Default for Lookout {
    fn default() -> Lookout {
        Lookout { ahead: Ahead::default(), rows: ROWS_AT_FIRST, is_over: false, handler: None }
    }
}

const ROWS_AT_FIRST: usize = 64;
const ROWS_MIN: usize = 16;
/// Fewer calls than that cost less one by one.
const CALLS_MIN: usize = 4;

impl Engine<'_> {
    /// Feeds rows that strategies see when the venue meets them, some of them handled ahead.
    pub(super) fn rows_ahead(
        &mut self,
        events: &mut [Event],
        tape_of: &[u32],
        curve: &mut Curve,
    ) -> Result<(), SessionError> {
        let mut at = 0;
        while at < events.len() {
            let end = match self.look_ahead(&events[at..])? {
                Course::Handled(rows) => {
                    let last = at + rows - 1;
                    for (event, tape) in events[at..last].iter_mut().zip(&tape_of[at..last]) {
                        self.pass(event, *tape, curve)?;
                    }
                    self.meet_handled(&events[last]);
                    self.row(&mut events[last], tape_of[last], curve)?;
                    last + 1
                }
                Course::Singly(rows) => {
                    let end = events.len().min(at.saturating_add(rows));
                    self.rows_singly(&mut events[at..end], &tape_of[at..end], curve)?;
                    end
                }
            };
            at = end;
        }
        Ok(())
    }

    /// Shows the strategy what is certain of the next rows.
    fn look_ahead(&mut self, rows: &[Event]) -> Result<Course, SessionError> {
        if self.lookout.is_over {
            return Ok(Course::Singly(rows.len()));
        }
        let rows = &rows[..rows.len().min(self.lookout.rows)];
        let rows = &rows[..self.undisturbed(rows)];
        self.core.look_ahead(rows, &mut self.lookout.ahead);
        let (certain, calls) = (self.lookout.ahead.rows(), self.lookout.ahead.calls().len());
        if certain == 0 || calls < CALLS_MIN {
            return Ok(Course::Singly(certain.max(1)));
        }
        let shown = self.lookout.ahead.shown(rows);
        let strategy = shown.strategy;
        let handled = self.host.look_ahead(&shown).map_err(|halt| self.ended(strategy, certain, halt))?;
        assert!(handled <= calls, "a strategy host says that it handled more than it was shown");
        if handled == 0 {
            self.lookout.is_over = true;
            return Ok(Course::Singly(rows.len()));
        }
        self.lookout.handler = Some(strategy);
        let lookout = &mut self.lookout;
        let rows = if handled == calls { lookout.rows * 2 } else { lookout.rows / 2 };
        lookout.rows = rows.clamp(ROWS_MIN, AHEAD_ROWS_MAX);
        // Behind the last of them nothing is certain any more: it may have emitted.
        let last = lookout.ahead.calls()[handled - 1].row;
        self.fuel.record_free(strategy, handled as u64 - 1);
        Ok(Course::Handled(last as usize + 1))
    }

    /// How many of the next rows come before anything else that could happen to the session.
    fn undisturbed(&self, rows: &[Event]) -> usize {
        if !self.pending.is_empty() || self.effects.wake_at.is_some() || !self.venue.is_at_rest() {
            return 0;
        }
        let until = self.venue.next_arrival().map_or(self.next_fact, |arrival| arrival.min(self.next_fact));
        rows.iter().take_while(|row| row.time < until).count()
    }

    /// Shows the venue a row that the strategy has handled.
    #[inline]
    fn meet_handled(&mut self, event: &Event) {
        if let Some(observer) = &mut self.observer {
            observer.row(event, self.core.state());
        }
        self.venue.on_market(event, &mut self.reports);
        assert!(self.reports.is_empty(), "a venue at rest says nothing to a trade, a quote or a bar");
    }

    /// A row of which nothing follows but State.
    #[inline]
    fn pass(&mut self, event: &mut Event, tape: u32, curve: &mut Curve) -> Result<(), SessionError> {
        self.meet_handled(event);
        self.enter(event, tape);
        self.core.pass(event, &self.blobs);
        self.record.nothing()?;
        self.sample(curve)
    }

    /// A strategy ended among the next rows, and nobody knows at which.
    #[cold]
    fn ended(&self, strategy: StrategyId, rows: usize, halt: Halt) -> SessionError {
        let (first, last) = (Seq(self.seq + 1), Seq(self.seq + rows as u64));
        SessionError::Ahead { strategy: strategy.0, first, last, halt }
    }
}
