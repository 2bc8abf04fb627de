//! Adapter: how is the simulated venue used where an asynchronous adapter is expected?
//!
//! In: commands and market events. Out: reports, in order. Must never: be used in a backtest, where the run loop calls
//! [`Sim`] itself, or decide anything.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use ringfence_core::event::{Event, EventKind, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, TimeNs, VenueId};
use ringfence_venue::{Answer, Capabilities, EmergencyCancel, Query, QueryId, Rates, Said, Setting, VenueAdapter};

use crate::sim::Sim;

/// Most reports that wait to be taken. While there are so many, commands are rejected as rate-limited without a look:
/// whoever does not listen gets nothing new. Each live order can still say at most two things more.
pub const SAID_MAX: usize = 1 << 20;

/// The simulated venue behind the trait of all venues. Whoever owns it shows it the market.
#[derive(Debug)]
pub struct SimAdapter {
    venue: VenueId,
    sim: Sim,
    said: VecDeque<Said>,
    /// Kept for its capacity; empty between calls.
    fresh: Vec<Report>,
    waiting: Option<Waker>,
    is_closed: bool,
    /// [`SAID_MAX`]; fewer in tests.
    pub(crate) said_max: usize,
}

impl SimAdapter {
    /// An adapter that speaks for `venue`; its first reports are the balances of the accounts there.
    #[must_use]
    pub fn new(venue: VenueId, mut sim: Sim) -> SimAdapter {
        let mut fresh = Vec::new();
        sim.open(&mut fresh);
        let said = fresh.drain(..).filter(|report| report.venue == venue).map(Said::Report).collect();
        SimAdapter { venue, sim, said, fresh, waiting: None, is_closed: false, said_max: SAID_MAX }
    }

    /// Shows the venue a market event, before the core sees it.
    pub fn on_market(&mut self, event: &Event) {
        self.sim.on_market(event, &mut self.fresh);
        self.publish();
    }

    /// Time passed without a market event.
    pub fn on_time(&mut self, now: TimeNs) {
        self.sim.on_time(now, &mut self.fresh);
        self.publish();
    }

    /// When the first command under way arrives: [`SimAdapter::on_time`] is due then.
    #[must_use]
    pub fn next_arrival(&self) -> Option<TimeNs> {
        self.sim.next_arrival()
    }

    /// Nothing more will come: what is under way, or is sent from now on, is reported as not transmitted, and
    /// [`VenueAdapter::next`] ends after what was said.
    pub fn shut(&mut self) {
        self.is_closed = true;
        self.sim.close(&mut self.fresh);
        self.publish();
    }

    fn publish(&mut self) {
        self.said.extend(self.fresh.drain(..).map(Said::Report));
        self.wake();
    }

    fn say(&mut self, said: Said) {
        self.said.push_back(said);
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }
}

impl VenueAdapter for SimAdapter {
    fn venue(&self) -> VenueId {
        self.venue
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            amend: true,
            cancel_all: true,
            market_data: false,
            user_stream: true,
            margin: true,
            reduce_only: true,
            queries: true,
            dead_man: false,
        }
    }

    async fn send(&mut self, command: VenueCommand) {
        if self.is_closed {
            self.fresh.push(self.sim.not_sent(&command));
        } else if self.said.len() >= self.said_max {
            self.sim.refuse(&command, RejectReason::RateLimited, &mut self.fresh);
        } else {
            self.sim.on_command(command, &mut self.fresh);
        }
        self.publish();
    }

    async fn send_emergency(&mut self, cancel: EmergencyCancel) {
        self.sim.on_emergency(&cancel, &mut self.fresh);
        self.publish();
    }

    async fn ask(&mut self, id: QueryId, query: Query) {
        let answer = self.sim.on_query(self.venue, &query, &mut self.fresh);
        self.publish();
        self.say(Said::Answered(id, answer));
    }

    async fn set(&mut self, id: QueryId, (account, instrument): (AccountId, InstrumentId), setting: Setting) {
        let kind = match setting {
            Setting::Leverage(hundredths) => EventKind::LeverageReported(hundredths),
            Setting::MarginMode(mode) => EventKind::MarginModeReported(mode),
        };
        // It is taken at its word: the simulated margin follows the instrument's definition.
        let report = Report { venue: self.venue, account, instrument, ..Report::control(kind) };
        self.said.push_back(Said::Report(report));
        self.say(Said::Answered(id, Answer::Complete));
    }

    fn rates(&self) -> Rates {
        Rates::default()
    }

    async fn next(&mut self) -> Option<Said> {
        poll_fn(|context| match self.said.pop_front() {
            Some(said) => Poll::Ready(Some(said)),
            None if self.is_closed => Poll::Ready(None),
            None => {
                self.waiting = Some(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    async fn close(&mut self) {
        self.shut();
    }
}
