//! Paced: rows that come when somebody says so.
//!
//! In: rows, and who sets the pace. Out: each of them at its time, timers at theirs, and what comes first. Must never: change
//! the order of events that a run without a pace has, but for what is put between them.

use std::ops::ControlFlow;

use ringfence_core::event::Event;
use ringfence_core::ids::TimeNs;

use super::Engine;
use crate::curve::Curve;
use crate::error::SessionError;
use crate::pace::{Next, Turn};

impl Engine<'_> {
    /// Feeds rows as they become due; break = the session ends here.
    pub(super) fn rows_paced(
        &mut self,
        events: &mut [Event],
        tape_of: &[u32],
        curve: &mut Curve,
    ) -> Result<ControlFlow<()>, SessionError> {
        for at in 0..events.len() {
            if self.wait(events[at].time)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.rows(&mut events[at..=at], &tape_of[at..=at], curve)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Lets happen what comes before a row.
    fn wait(&mut self, row: TimeNs) -> Result<ControlFlow<()>, SessionError> {
        loop {
            let due = [self.next_due(), Some(self.next_fact)].into_iter().flatten().min().filter(|due| *due < row);
            let next = Next { row, due };
            let turn = match &mut self.pace {
                Some(pace) => pace.next(next),
                None => Turn::Next,
            };
            match (turn, due) {
                (Turn::Next, None) => return Ok(ControlFlow::Continue(())),
                (Turn::Next, Some(due)) => self.reach(due.max(self.time))?,
                (Turn::First(at, fact), _) => {
                    let at = at.max(self.time).min(row);
                    self.reach(at)?;
                    self.fact(&fact, at)?;
                }
                (Turn::End, _) => return Ok(ControlFlow::Break(())),
            }
            self.tell()?;
        }
    }
}
