//! Effects: what follows from an event?
//!
//! In: reports that wait to become events, and what their steps decided. Out: all of it recorded, then carried out. Must
//! never: let a command out before the step that decided it was recorded.

use ringfence_core::config::EventDelivery;
use ringfence_core::event::{EventKind, Mode, Report};
use ringfence_core::ids::{Seq, StrategyId, TimeNs};
use ringfence_core::strategy::HaltCode;

use super::Engine;
use crate::error::SessionError;

impl Engine<'_> {
    /// Steps what is pending, and what that leads to, until nothing is left.
    #[inline(never)]
    pub(super) fn settle(&mut self, time: TimeNs) -> Result<(), SessionError> {
        while let Some(report) = self.pending.pop_front() {
            self.seq += 1;
            self.time = time;
            let event = report.at(Seq(self.seq), time);
            self.counts.event(&event);
            self.each.event(&event);
            self.adjustments.event(&event)?;
            if let EventKind::StrategyHalted(id, _) = event.kind {
                self.keep_last_words(id)?;
            }
            self.record.event(&event);
            self.core.step(&event, &self.blobs, self.host, &mut self.effects);
            self.care.wards.event(&event, &self.blobs);
            if let Some(observer) = &mut self.observer {
                observer.brought(&event, &self.blobs);
                observer.event(&event, self.core.state());
            }
            self.take_effects()?;
            if let EventKind::StrategyHalted(id, halt) = event.kind {
                self.was_halted(id, halt)?;
            }
        }
        Ok(())
    }

    /// Records beside the event of a halt what is known of it, which nothing follows from.
    fn keep_last_words(&mut self, id: StrategyId) -> Result<(), SessionError> {
        if let Some(words) = self.host.last_words(id) {
            let end = words.floor_char_boundary(LAST_WORDS_BYTES_MAX);
            self.blobs.append(&words.as_bytes()[..end]);
        }
        Ok(self.record.blobs(&self.blobs)?)
    }

    /// Records what the step cost and decided, and carries that out.
    #[inline]
    pub(super) fn take_effects(&mut self) -> Result<(), SessionError> {
        let is_batch = self.delivery() == EventDelivery::Batch;
        let effects = &mut self.effects;
        self.fuel.record(&effects.called, &effects.fuel);
        self.care.count_probation(&effects.called);
        for (strategy, cut) in &effects.cut {
            self.cut[usize::from(strategy.0)] += cut;
        }
        if let Some(observer) = &mut self.observer {
            observer.called(effects);
        }
        if is_batch {
            // What a call costs is not known of those that were handled ahead, so it is recorded of none.
            effects.fuel.clear();
        }
        if effects.decisions.is_empty() { Ok(self.record.effects(effects)?) } else { self.carry_out() }
    }

    /// Records what the step decided, then carries it out.
    #[inline(never)]
    fn carry_out(&mut self) -> Result<(), SessionError> {
        let effects = &mut self.effects;
        if let Some(observer) = &mut self.observer {
            observer.decided(effects, self.core.state());
        }
        self.record.effects(effects)?;
        if let Some(observer) = &mut self.observer {
            observer.recorded(effects);
        }
        self.counts.effects(effects);
        self.each.effects(effects);
        for command in effects.commands.drain(..) {
            self.venue.on_command(command, &mut self.reports);
        }
        self.pending.extend(self.reports.drain(..));
        // A halt is a decision of its step; its event is the next in the stream.
        for (strategy, halt) in effects.halts.drain(..).rev() {
            if halt.code == HaltCode::WallClock && self.mode == Mode::Backtest {
                return Err(SessionError::WallClock { strategy: strategy.0, seq: Seq(self.seq) });
            }
            if self.lookout.handler == Some(strategy) && halt.code != HaltCode::Reactions {
                // Its memory is not what it would be without batches, and that may be what ended it.
                let seq = Seq(self.seq);
                return Err(SessionError::Ahead { strategy: strategy.0, first: seq, last: seq, halt });
            }
            self.pending.push_front(Report::control(EventKind::StrategyHalted(strategy, halt)));
        }
        Ok(())
    }
}

/// What is recorded of the end of a strategy, at most.
const LAST_WORDS_BYTES_MAX: usize = 4096;
