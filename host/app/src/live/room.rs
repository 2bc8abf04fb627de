//! Room: where a session sits, with the clock on the wall and one letter box.
//!
//! In: inputs from adapters and operators, interrupts, the clock. Out: the next of them for the session; its errands to the
//! adapters. Must never: order inputs anew, or let the clock decide anything but when.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

use ringfence_core::event::{EventKind, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{TimeNs, VenueId};
use ringfence_session::live::{Ending, Heard, Input, Outside};
use ringfence_session::pace::Notice;
use ringfence_session::script::Fact;
use ringfence_venue::{Answer, Query, QueryId, not_sent};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::dispatch::Errand;
use crate::interrupt;
use crate::sessions::paper::Control;

/// Longest time without a look at the user's wish to stop.
const LOOK: Duration = Duration::from_millis(20);
/// A step of the clock that is told, ns.
const STEP_NS_MIN: i64 = 500_000_000;

/// How somebody else ends a session.
#[derive(Debug, Default)]
pub(crate) struct Door {
    is_shut: AtomicBool,
    is_for_good: AtomicBool,
}

impl Door {
    /// Ends the session; where it can go on later, it does not seal its journal.
    pub(crate) fn shut(&self, ending: Ending) {
        self.is_for_good.store(ending == Ending::Close, Ordering::SeqCst);
        self.is_shut.store(true, Ordering::SeqCst);
    }

    fn ending(&self) -> Option<Ending> {
        let ending = if self.is_for_good.load(Ordering::SeqCst) { Ending::Close } else { Ending::Suspend };
        self.is_shut.load(Ordering::SeqCst).then_some(ending)
    }
}

/// Where a session sits.
pub(crate) struct Room<'a> {
    inputs: Receiver<Input>,
    venues: Vec<(VenueId, Sender<Errand>)>,
    /// What could not be handed on, and what the clock says.
    returned: VecDeque<Input>,
    door: Arc<Door>,
    looks: Arc<Control>,
    /// What an interrupt means.
    on_interrupt: Ending,
    told: &'a mut dyn FnMut(&Notice),
    clock: Clock,
    /// When accounts are compared again, and how often.
    compare: Option<(Instant, Duration)>,
    ends: Option<Instant>,
}

/// How a session runs.
pub(crate) struct Terms {
    pub(crate) door: Arc<Door>,
    /// Is told of each look at the letter box: whoever watches sees that the session lives.
    pub(crate) looks: Arc<Control>,
    pub(crate) on_interrupt: Ending,
    pub(crate) compare_every: Option<Duration>,
    pub(crate) duration: Option<Duration>,
}

impl<'a> Room<'a> {
    pub(crate) fn new(
        inputs: Receiver<Input>,
        venues: Vec<(VenueId, Sender<Errand>)>,
        terms: Terms,
        told: &'a mut dyn FnMut(&Notice),
    ) -> Room<'a> {
        let Terms { door, looks, on_interrupt, compare_every, duration } = terms;
        let now = instant();
        Room {
            inputs,
            venues,
            returned: VecDeque::new(),
            door,
            looks,
            on_interrupt,
            told,
            clock: Clock::new(),
            compare: compare_every.map(|every| (now + every, every)),
            ends: duration.map(|duration| now + duration),
        }
    }

    /// What ends the session now, if anything does.
    fn ending(&self) -> Option<Ending> {
        let is_over = interrupt::is_asked() || self.ends.is_some_and(|ends| instant() >= ends);
        self.door.ending().or(is_over.then_some(self.on_interrupt))
    }

    fn compares_now(&mut self) -> bool {
        let Some((at, every)) = self.compare else { return false };
        let is_due = instant() >= at;
        if is_due {
            self.compare = Some((instant() + every, every));
        }
        is_due
    }

    fn line(&self, venue: VenueId) -> Option<&Sender<Errand>> {
        self.venues.iter().find(|(known, _)| *known == venue).map(|(_, line)| line)
    }
}

impl Outside for Room<'_> {
    fn now(&mut self) -> TimeNs {
        let (now, step) = self.clock.read();
        if let Some(step) = step {
            let adjusted = Report::control(EventKind::ClockAdjusted(step));
            self.returned.push_back(Input::Fact(Fact::Report(adjusted)));
        }
        now
    }

    fn next(&mut self, due: Option<TimeNs>) -> Heard {
        loop {
            self.looks.look();
            if let Some(ending) = self.ending() {
                return Heard::End(ending);
            }
            if self.compares_now() {
                return Heard::Input(Input::Reconcile);
            }
            if let Some(input) = self.returned.pop_front() {
                return Heard::Input(input);
            }
            let left = due.map(|due| Duration::from_nanos(due.0.saturating_sub(self.now().0)));
            if left == Some(Duration::ZERO) {
                return self.waiting().map_or(Heard::Due, Heard::Input);
            }
            match self.inputs.recv_timeout(left.unwrap_or(LOOK).min(LOOK)) {
                Ok(input) => return Heard::Input(input),
                Err(RecvTimeoutError::Timeout) => {}
                // Nobody can say anything any more; time and interrupts remain.
                Err(RecvTimeoutError::Disconnected) => std::thread::park_timeout(LOOK),
            }
        }
    }

    fn waiting(&mut self) -> Option<Input> {
        self.returned.pop_front().or_else(|| self.inputs.try_recv().ok())
    }

    fn send(&mut self, command: VenueCommand) {
        let Some(line) = self.line(command.venue()) else {
            let report = not_sent(&command, RejectReason::TransmitRefused);
            return self.returned.push_back(Input::Fact(Fact::Report(report)));
        };
        let (TrySendError::Full(errand) | TrySendError::Closed(errand)) = match line.try_send(Errand::Send(command)) {
            Ok(()) => return,
            Err(back) => back,
        };
        if let Errand::Send(command) = errand {
            let report = not_sent(&command, RejectReason::RateLimited);
            self.returned.push_back(Input::Fact(Fact::Report(report)));
        }
    }

    fn ask(&mut self, venue: VenueId, id: QueryId, query: Query) {
        let is_gone = self.line(venue).is_none_or(|line| line.try_send(Errand::Ask(id, query)).is_err());
        if is_gone {
            let why = Answer::Failed("its adapter takes nothing at the moment".to_owned());
            self.returned.push_back(Input::Answered(venue, id, why));
        }
    }

    fn told(&mut self, notice: &Notice) {
        (self.told)(notice);
    }
}

/// The time by the clock, with an eye on its steps.
struct Clock {
    /// An instant, and what the clock said then, ns.
    anchor: (Instant, u64),
}

impl Clock {
    fn new() -> Clock {
        Clock { anchor: (instant(), wall()) }
    }

    /// The time, and by how much it was stepped since the last look, where that is worth telling.
    fn read(&mut self) -> (TimeNs, Option<i64>) {
        let (now, wall) = (instant(), wall());
        let passed = u64::try_from(now.duration_since(self.anchor.0).as_nanos()).unwrap_or(u64::MAX);
        let step =
            i64::try_from(i128::from(wall) - i128::from(self.anchor.1.saturating_add(passed))).unwrap_or(i64::MAX);
        self.anchor = (now, wall);
        (TimeNs(wall), (step.abs() >= STEP_NS_MIN).then_some(step))
    }
}

#[expect(clippy::disallowed_methods, reason = "when something comes is what this file is for")]
fn instant() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the time at which something came is part of what came")]
fn wall() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
