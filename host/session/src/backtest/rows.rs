//! Rows: how does the market enter a session?
//!
//! In: rows of tapes in order. Out: each shown to the venue and stepped, behind everything that is due by its time. Must
//! never: show the core a row before the venue has met it.

use ringfence_core::config::EventDelivery;
use ringfence_core::event::Event;
use ringfence_core::ids::{Seq, TimeNs};

use super::Engine;
use crate::curve::Curve;
use crate::error::SessionError;
use crate::results::Totals;

impl Engine<'_> {
    pub(super) fn rows(
        &mut self,
        events: &mut [Event],
        tape_of: &[u32],
        curve: &mut Curve,
    ) -> Result<(), SessionError> {
        let feed_ns = self.venue.feed_ns();
        if feed_ns == 0 {
            return match self.delivery() {
                EventDelivery::Batch if self.keeps_nothing() => self.rows_ahead(events, tape_of, curve),
                EventDelivery::Single | EventDelivery::Batch => self.rows_singly(events, tape_of, curve),
            };
        }
        for (event, tape) in events.iter_mut().zip(tape_of) {
            if let Some(observer) = &mut self.observer {
                observer.row(event, self.core.state());
            }
            let at = TimeNs(event.time.0.saturating_sub(feed_ns)).max(self.time);
            self.rows_until(at, curve)?;
            self.reach(at)?;
            self.meet(event, at)?;
            self.ahead.push_back((*event, *tape));
        }
        Ok(())
    }

    /// Feeds rows that strategies see when the venue meets them.
    pub(super) fn rows_singly(
        &mut self,
        events: &mut [Event],
        tape_of: &[u32],
        curve: &mut Curve,
    ) -> Result<(), SessionError> {
        for (event, tape) in events.iter_mut().zip(tape_of) {
            if let Some(observer) = &mut self.observer {
                observer.row(event, self.core.state());
            }
            self.reach(event.time)?;
            self.meet(event, event.time)?;
            self.row(event, *tape, curve)?;
        }
        Ok(())
    }

    /// How the configuration in force lets events come to strategies.
    pub(super) fn delivery(&self) -> EventDelivery {
        self.core.state().config().map_or(EventDelivery::Single, |config| config.execution.delivery)
    }

    /// Shows the core the rows up to `until` that the venue has met already.
    pub(super) fn rows_until(&mut self, until: TimeNs, curve: &mut Curve) -> Result<(), SessionError> {
        while let Some((mut event, tape)) = self.ahead.front().copied().filter(|(event, _)| event.time <= until) {
            self.ahead.pop_front();
            self.reach(event.time)?;
            self.venue.on_time(event.time, &mut self.reports);
            self.pending.extend(self.reports.drain(..));
            self.settle(event.time)?;
            self.row(&mut event, tape, curve)?;
        }
        Ok(())
    }

    /// Feeds everything else that is due by a row's time.
    #[inline]
    pub(super) fn reach(&mut self, time: TimeNs) -> Result<(), SessionError> {
        if self.next_fact <= time {
            self.scripted(time)?;
        }
        if self.next_due().is_some_and(|at| at <= time) {
            self.pass_time(time)?;
        }
        Ok(())
    }

    /// Shows the venue a row, and the core what the venue says to that.
    pub(super) fn meet(&mut self, event: &Event, time: TimeNs) -> Result<(), SessionError> {
        self.venue.on_market(event, &mut self.reports);
        if self.reports.is_empty() { Ok(()) } else { self.answer(time) }
    }

    /// Shows the core what the venue has said.
    #[inline(never)]
    fn answer(&mut self, time: TimeNs) -> Result<(), SessionError> {
        self.pending.extend(self.reports.drain(..));
        self.settle(time)
    }

    /// Shows the core a row, and lets happen what it leads to.
    pub(super) fn row(&mut self, event: &mut Event, tape: u32, curve: &mut Curve) -> Result<(), SessionError> {
        self.enter(event, tape);
        self.core.step(event, &self.blobs, self.host, &mut self.effects);
        self.take_effects()?;
        if !self.pending.is_empty() {
            self.settle(event.time)?;
        }
        if self.seq >= self.care.checkpoint_due {
            self.keep_states()?;
        }
        self.sample(curve)
    }

    /// Numbers a row: it is the next event of the stream.
    #[inline]
    pub(super) fn enter(&mut self, event: &mut Event, tape: u32) {
        self.seq += 1;
        self.time = event.time;
        event.seq = Seq(self.seq);
        self.counts.rows += 1;
        self.record.row(event.seq, tape);
    }

    /// Adds a point to the curve, where it wants one.
    #[inline]
    pub(super) fn sample(&self, curve: &mut Curve) -> Result<(), SessionError> {
        if curve.wants(self.counts.rows - 1)
            && let Some(point) = Totals::point(self.core.state())?
        {
            curve.push(self.counts.rows - 1, point);
        }
        Ok(())
    }
}
