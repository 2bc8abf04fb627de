//! The state machine: what does each market event and each command make the venue say?
//!
//! In: market events before the core sees them, commands, time. Out: reports. Must never: look ahead. An order meets the
//! last price there was when it came (same-event) or prices made after that, never one that was gone by then.

use std::collections::VecDeque;

use ringfence_core::event::{BalanceStatement, Cause, Command, Event, EventKind, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, TimeNs, VenueId};
use ringfence_core::instrument::{Instrument, Side};
use ringfence_core::intent::Action;
use ringfence_venue::EmergencyCancel;

use crate::config::{FillMoment, QueueModel, SimAccount, SimConfig, SimError};
use crate::fees::FeeTable;
use crate::holdings::Holdings;
use crate::ladder::Ladder;
use crate::market::Market;
use crate::orders::{Entry, List, Orders, Slot};

/// The simulated venue: synchronous, without input or output of its own.
#[derive(Debug)]
pub struct Sim {
    pub(crate) rules: Rules,
    pub(crate) fees: FeeTable,
    pub(crate) accounts: Vec<SimAccount>,
    pub(crate) books: Vec<Book>,
    pub(crate) orders: Orders,
    pub(crate) holdings: Holdings,
    /// Commands on their way with the time they arrive, oldest first.
    underway: VecDeque<(TimeNs, VenueCommand)>,
    /// Stream time of the last event, arrival or passing of time.
    pub(crate) now: TimeNs,
    /// Time that reports carry: the moment at the venue.
    pub(crate) moment: TimeNs,
    /// Trades given out; numbers them from 1.
    pub(crate) trades: u64,
    /// Slots being worked on; kept for its capacity.
    pub(crate) due: Vec<Slot>,
}

/// Rules of the configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) fill: FillMoment,
    pub(crate) queue: QueueModel,
    latency_ns: u64,
    /// [`ORDERS_MAX`], [`UNDERWAY_MAX`]; fewer in tests.
    pub(crate) orders_max: usize,
    pub(crate) underway_max: usize,
}

/// Most live orders of all accounts; a new one beyond them is rejected as rate-limited. Far above what strategies of one
/// host can want (Risk has a limit for each), and what bounds the memory of a run that has lost its way.
pub const ORDERS_MAX: usize = 1 << 20;

/// Most commands on their way; what comes beyond them is rejected at once as rate-limited.
pub const UNDERWAY_MAX: usize = 1 << 20;

/// One instrument at the venue.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) instrument: Instrument,
    pub(crate) market: Market,
    pub(crate) bids: Ladder,
    pub(crate) asks: Ladder,
    pub(crate) waiting: List,
}

impl Book {
    fn new(instrument: Instrument) -> Book {
        Book {
            instrument,
            market: Market::new(instrument.status),
            bids: Ladder::new(Side::Buy),
            asks: Ladder::new(Side::Sell),
            waiting: List::EMPTY,
        }
    }

    /// True where no order could care about a market event.
    pub(crate) fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.bids.is_empty() && self.asks.is_empty()
    }

    /// Adds every live order: bids, asks, then those that wait.
    pub(crate) fn all(&self, orders: &Orders, out: &mut Vec<Slot>) {
        self.bids.all(orders, out);
        self.asks.all(orders, out);
        out.extend(orders.of(self.waiting));
    }

    pub(crate) fn ladder(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    pub(crate) fn ladder_mut(&mut self, side: Side) -> &mut Ladder {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}

impl Sim {
    /// A venue without orders or prices.
    ///
    /// # Errors
    /// [`SimError`] when ids are not the place in their list, or a fee is out of range.
    pub fn new(config: SimConfig) -> Result<Sim, SimError> {
        config.check()?;
        Ok(Sim {
            rules: Rules {
                fill: config.fill,
                queue: config.queue,
                latency_ns: config.latency_ns,
                orders_max: ORDERS_MAX,
                underway_max: UNDERWAY_MAX,
            },
            fees: FeeTable::new(&config.fees),
            holdings: Holdings::new(config.accounts.len(), config.instruments.len()),
            accounts: config.accounts,
            books: config.instruments.into_iter().map(Book::new).collect(),
            orders: Orders::new(),
            underway: VecDeque::new(),
            now: TimeNs(0),
            moment: TimeNs(0),
            trades: 0,
            due: Vec::new(),
        })
    }

    /// First: what each account starts with.
    pub fn open(&mut self, out: &mut Vec<Report>) {
        out.extend(self.accounts.iter().map(|account| {
            let said = BalanceStatement { currency: account.currency, total: account.cash, available: account.cash };
            Report {
                venue: account.venue,
                account: account.account,
                ..Report::control(EventKind::BalanceReported(said))
            }
        }));
    }

    /// Shows the venue a market event, before the core sees it. The reports it causes belong before it in the stream, with
    /// its time. Events of other families change nothing.
    pub fn on_market(&mut self, event: &Event, out: &mut Vec<Report>) {
        if !self.underway.is_empty() {
            self.arrivals(event.time, out);
        }
        self.now = event.time;
        self.moment = if event.venue_time.0 == 0 { event.time } else { event.venue_time };
        if let Some(at) = self.index(event.instrument) {
            self.meet(at, &event.kind, out);
        }
    }

    /// Takes a command. Without latency it is answered at once against the last market event; otherwise it arrives when
    /// [`Sim::on_market`] or [`Sim::on_time`] reaches [`Sim::next_arrival`].
    pub fn on_command(&mut self, command: VenueCommand, out: &mut Vec<Report>) {
        match self.rules.latency_ns {
            0 => self.execute(&command, out),
            _ if self.underway.len() >= self.rules.underway_max => {
                self.refuse(&command, RejectReason::RateLimited, out)
            }
            latency => self.underway.push_back((self.now.plus(latency), command)),
        }
    }

    /// Takes a cancel that did not pass the core; it arrives at once whatever the latency. New orders that it is about
    /// and that are still on their way are withdrawn and reported as not transmitted: none of them comes to rest after it.
    pub fn on_emergency(&mut self, cancel: &EmergencyCancel, out: &mut Vec<Report>) {
        self.emergency(cancel, out);
    }

    /// Time passed and no market event came: what is under way and arrives by `now` is answered.
    pub fn on_time(&mut self, now: TimeNs, out: &mut Vec<Report>) {
        self.arrivals(now, out);
        self.now = self.now.max(now);
        self.moment = self.now;
    }

    /// Ends the connection: what is on its way does not arrive, and is reported as not transmitted. Orders at the venue
    /// stay there.
    pub fn close(&mut self, out: &mut Vec<Report>) {
        self.withdraw(|_| true, out);
    }

    /// Takes commands that have not arrived back, oldest first.
    pub(crate) fn withdraw(&mut self, is_meant: impl Fn(&VenueCommand) -> bool, out: &mut Vec<Report>) {
        let mut underway = std::mem::take(&mut self.underway);
        underway.retain(|(_, command)| {
            let goes = is_meant(command);
            if goes {
                out.push(self.not_sent(command));
            }
            !goes
        });
        self.underway = underway;
    }

    /// When the first command under way arrives. A run loop with latency calls [`Sim::on_time`] at that time, before the
    /// next market event of that time or a later one, so that what follows from the answers comes in time too.
    #[must_use]
    pub fn next_arrival(&self) -> Option<TimeNs> {
        self.underway.front().map(|(at, _)| *at)
    }

    /// Orders that are accepted and have not ended.
    #[must_use]
    pub fn live_orders(&self) -> usize {
        self.orders.live()
    }

    fn arrivals(&mut self, until: TimeNs, out: &mut Vec<Report>) {
        while self.next_arrival().is_some_and(|at| at <= until) {
            let (at, command) = self.underway.pop_front().expect("it has a first one");
            self.now = self.now.max(at);
            self.moment = self.now;
            self.execute(&command, out);
        }
    }

    fn execute(&mut self, command: &VenueCommand, out: &mut Vec<Report>) {
        match command.action() {
            Action::Submit(terms) => self.submit(command, *terms, out),
            Action::Cancel(terms) => self.cancel(command, terms.order, out),
            Action::Amend(terms) => self.amend(command, terms, out),
        }
    }

    /// Says no to a command that is not looked at.
    pub(crate) fn refuse(&self, command: &VenueCommand, reason: RejectReason, out: &mut Vec<Report>) {
        out.push(self.answer(
            command,
            match command.action() {
                Action::Submit(_) => EventKind::OrderRejected(command.key(), reason),
                Action::Cancel(terms) => EventKind::CancelRejected(terms.order, reason),
                Action::Amend(terms) => EventKind::AmendRejected(terms.order, reason),
            },
        ));
    }

    /// A command that never left, about the order it is for.
    pub(crate) fn not_sent(&self, command: &VenueCommand) -> Report {
        let (order, kind) = match command.action() {
            Action::Submit(_) => (command.key(), Command::Submit),
            Action::Cancel(terms) => (terms.order, Command::Cancel),
            Action::Amend(terms) => (terms.order, Command::Amend),
        };
        self.answer(command, EventKind::TransmitRefused(order, kind, RejectReason::TransmitRefused))
    }

    pub(crate) fn index(&self, instrument: InstrumentId) -> Option<usize> {
        (instrument.0 as usize).checked_sub(1).filter(|at| *at < self.books.len())
    }

    /// A report about an order; it is the cause itself.
    pub(crate) fn about(&self, entry: &Entry, kind: EventKind) -> Report {
        self.report((entry.venue, entry.account), (entry.key, entry.terms.instrument), kind)
    }

    /// The answer to a command; its own leg is the cause.
    pub(crate) fn answer(&self, command: &VenueCommand, kind: EventKind) -> Report {
        let about = (command.key(), command.action().instrument());
        self.report((command.venue(), command.account()), about, kind)
    }

    fn report(
        &self,
        (venue, account): (VenueId, AccountId),
        (cause, instrument): (LegKey, InstrumentId),
        kind: EventKind,
    ) -> Report {
        Report { venue_time: self.moment, cause: Cause::leg(cause), instrument, venue, account, kind }
    }
}
