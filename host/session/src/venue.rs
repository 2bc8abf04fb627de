//! Venue: where do a session's commands go, and who answers them?
//!
//! In: market events and commands, in the order of the stream. Out: reports of the simulated venue; or commands that wait
//! until they may leave the process. Must never: let a command leave before the disk has confirmed what decided it.

use ringfence_core::event::{Event, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::TimeNs;
use ringfence_sim::Sim;

/// The venue of a session. The one place where modes differ in it.
#[derive(Debug)]
pub(crate) enum Venue {
    /// Simulated, inside the process: it answers in the same breath.
    Sim(Box<Sim>),
    /// Outside: what it says comes in by itself.
    Outside(Outbox),
}

/// Commands that wait.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: Vec<VenueCommand>,
}

impl Outbox {
    /// Everything that waits, in order of dispatch. The caller keeps it until what decided it is durable.
    pub(crate) fn release(&mut self) -> impl Iterator<Item = VenueCommand> + '_ {
        self.waiting.drain(..)
    }
}

impl Venue {
    pub(crate) fn open(&mut self, out: &mut Vec<Report>) {
        match self {
            Venue::Sim(sim) => sim.open(out),
            Venue::Outside(_) => {}
        }
    }

    #[inline]
    pub(crate) fn on_market(&mut self, event: &Event, out: &mut Vec<Report>) {
        match self {
            Venue::Sim(sim) => sim.on_market(event, out),
            Venue::Outside(_) => {}
        }
    }

    #[inline]
    pub(crate) fn on_time(&mut self, now: TimeNs, out: &mut Vec<Report>) {
        match self {
            Venue::Sim(sim) => sim.on_time(now, out),
            Venue::Outside(_) => {}
        }
    }

    pub(crate) fn on_command(&mut self, command: VenueCommand, out: &mut Vec<Report>) {
        match self {
            Venue::Sim(sim) => sim.on_command(command, out),
            Venue::Outside(outbox) => outbox.waiting.push(command),
        }
    }

    #[inline]
    pub(crate) fn next_arrival(&self) -> Option<TimeNs> {
        match self {
            Venue::Sim(sim) => sim.next_arrival(),
            Venue::Outside(_) => None,
        }
    }

    pub(crate) fn feed_ns(&self) -> u64 {
        match self {
            Venue::Sim(sim) => sim.feed_ns(),
            Venue::Outside(_) => 0,
        }
    }

    /// True while no row can make the venue say anything before it is due; never known of a venue outside.
    pub(crate) fn is_at_rest(&self) -> bool {
        match self {
            Venue::Sim(sim) => sim.is_at_rest(),
            Venue::Outside(_) => false,
        }
    }

    pub(crate) fn outbox(&mut self) -> Option<&mut Outbox> {
        match self {
            Venue::Sim(_) => None,
            Venue::Outside(outbox) => Some(outbox),
        }
    }
}
