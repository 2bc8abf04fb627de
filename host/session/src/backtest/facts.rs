//! Facts: what happens between two rows?
//!
//! In: control events, openings and closes of markets, restarts, deadlines. Out: each stepped at its time, in one order. Must
//! never: let time pass without end.

use ringfence_core::event::{EventKind, Report};
use ringfence_core::ids::{Seq, TimeNs};

use super::{DEADLINES_MAX, EVENTS_PER_PROGRESS, Engine, NEVER};
use crate::error::SessionError;
use crate::script::Fact;

impl Engine<'_> {
    /// When the next control event, the next opening or close, and the next restart is to come.
    pub(super) fn coming(&mut self) -> [Option<TimeNs>; 3] {
        let told = self.edges.as_mut().and_then(|edges| edges.peek()).map(|edge| edge.time);
        [told, self.script.first().map(|next| next.time), self.care.next_restart()]
    }

    /// Feeds the control events up to `until`, each behind what is due by its time.
    #[inline(never)]
    pub(super) fn scripted(&mut self, until: TimeNs) -> Result<(), SessionError> {
        loop {
            let coming = self.coming();
            let next = coming.into_iter().flatten().min();
            self.next_fact = next.unwrap_or(NEVER);
            let Some(next) = next.filter(|next| *next <= until) else { return Ok(()) };
            let at = next.max(self.time);
            self.pass_time(at)?;
            // Of one time: openings and closes, then what is written, then restarts.
            match coming.iter().position(|time| *time == Some(next)) {
                Some(0) => {
                    if let Some(edge) = self.edges.as_mut().and_then(Iterator::next) {
                        self.fact(&edge.fact, at)?;
                    }
                }
                Some(1) => {
                    if let Some((next, rest)) = self.script.split_first() {
                        self.script = rest;
                        self.fact(&next.fact, at)?;
                    }
                }
                Some(_) | None => self.restart(at)?,
            }
        }
    }

    /// One control event and everything it leads to. What is of the market the venue sees first.
    pub(super) fn fact(&mut self, fact: &Fact, time: TimeNs) -> Result<(), SessionError> {
        self.venue.on_time(time, &mut self.reports);
        if let Fact::Report(report) = fact
            && report.kind.is_market()
        {
            self.venue.on_market(&report.at(Seq(0), time), &mut self.reports);
        }
        self.pending.extend(self.reports.drain(..));
        self.settle(time)?;
        self.time = time;
        if let Fact::Parameters(strategy, params) = fact {
            return self.change_parameters(*strategy, params);
        }
        if let Fact::Swap(strategy, component, bytes) = fact {
            return self.swap(*strategy, *component, bytes);
        }
        if let Fact::Resume(strategy) = fact {
            return self.resume(*strategy);
        }
        let report = fact.enter(&mut self.blobs);
        self.record.blobs(&self.blobs)?;
        self.pending.push_back(report);
        self.settle(time)?;
        match fact {
            Fact::Commanded(_, Some(then)) => self.fact(then, time),
            Fact::Commanded(_, None)
            | Fact::Report(_)
            | Fact::Config(_)
            | Fact::Parameters(..)
            | Fact::External(_)
            | Fact::Resume(_)
            | Fact::Refused(..)
            | Fact::Swap(..) => Ok(()),
        }
    }

    /// When the core wants to be woken, or a command on its way arrives at the venue.
    pub(super) fn next_due(&self) -> Option<TimeNs> {
        match (self.effects.wake_at, self.venue.next_arrival()) {
            (Some(wake), Some(arrival)) => Some(wake.min(arrival)),
            (wake, arrival) => wake.or(arrival),
        }
    }

    /// Lets time pass up to `until`, one deadline after the other: at each the venue first, then the core.
    #[inline(never)]
    pub(super) fn pass_time(&mut self, until: TimeNs) -> Result<(), SessionError> {
        let mut deadlines = 0_u64;
        while let Some(due) = self.next_due().filter(|due| *due <= until) {
            if deadlines == DEADLINES_MAX {
                return Err(SessionError::TimerFlood { seq: Seq(self.seq) });
            }
            deadlines += 1;
            if deadlines.is_multiple_of(EVENTS_PER_PROGRESS) {
                self.tell()?;
            }
            let at = due.max(self.time);
            self.venue.on_time(at, &mut self.reports);
            self.pending.extend(self.reports.drain(..));
            if self.effects.wake_at.is_some_and(|wake| wake <= at) {
                self.pending.push_back(Report::control(EventKind::TimeAdvanced));
            }
            self.settle(at)?;
        }
        Ok(())
    }
}
