//! The state machine: what does each market event and each command make the venue say?
//!
//! In: market events before the core sees them, commands, time. Out: reports. Must never: look ahead. An order meets the
//! last price there was when it came (same-event) or prices made after that, never one that was gone by then.

use std::collections::VecDeque;

use ringfence_core::event::{BalanceStatement, Cause, Event, EventKind, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, TimeNs, VenueId};
use ringfence_core::instrument::{Instrument, Side};
use ringfence_core::intent::Action;
use ringfence_venue::{EmergencyCancel, not_sent};

use crate::carry::{Carry, MarginRule};
use crate::config::{FillMoment, RestingFills, SimAccount, SimConfig, SimError, Slippage, TakerSize};
use crate::expiry::expiry_of;
use crate::fees::FeeTable;
use crate::fifo::Arrivals;
use crate::funding::FundingState;
use crate::ladder::Ladder;
use crate::latency::{self, Latency, OrderLatency};
use crate::margin::Funds;
use crate::market::Market;
use crate::orders::{Entry, List, Orders, Slot};
use crate::positions::Positions;
use crate::queue::QueueRule;

/// The simulated venue: synchronous, without input or output of its own.
#[derive(Debug)]
pub struct Sim {
    pub(crate) rules: Rules,
    pub(crate) fees: FeeTable,
    pub(crate) accounts: Vec<SimAccount>,
    pub(crate) books: Vec<Book>,
    pub(crate) orders: Orders,
    pub(crate) carry: Carry,
    pub(crate) funds: Funds,
    /// When something falls due that no market event tells; [`NEVER`] = nothing.
    due_at: TimeNs,
    /// Commands on their way with the time they arrive, oldest first.
    underway: VecDeque<(TimeNs, VenueCommand)>,
    /// Reports on their way with the time they arrive, oldest first. No bound of its own: each answers a command, of
    /// which there is a bound, or fills or ends a live order, of which there is one too.
    outgoing: VecDeque<(TimeNs, Report)>,
    latency: Latency,
    /// Market events are met at their time, answers come at once, and no margin is watched.
    is_prompt: bool,
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
    pub(crate) queue: QueueRule,
    pub(crate) resting: RestingFills,
    pub(crate) taker_size: TakerSize,
    pub(crate) slippage: Slippage,
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
    /// Orders of the book, where places are known order by order.
    pub(crate) arrivals: Arrivals,
    pub(crate) positions: Positions,
    pub(crate) funding: FundingState,
    /// When it expires; [`NEVER`] = not, or it has.
    pub(crate) expires: TimeNs,
    /// Book of what an option is on.
    pub(crate) underlying: Option<usize>,
}

/// A time that does not come.
pub(crate) const NEVER: TimeNs = TimeNs(u64::MAX);

impl Book {
    fn new(instrument: Instrument, carry: &Carry) -> Book {
        Book {
            positions: Positions::default(),
            funding: FundingState::new(carry.funding, &instrument),
            expires: expiry_of(&instrument),
            underlying: carry.underlying(instrument.id),
            instrument,
            market: Market::new(instrument.status),
            bids: Ladder::new(Side::Buy),
            asks: Ladder::new(Side::Sell),
            waiting: List::EMPTY,
            arrivals: Arrivals::default(),
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

    /// Every live order.
    pub(crate) fn live<'a>(&'a self, orders: &'a Orders) -> impl Iterator<Item = Slot> + 'a {
        self.bids.live(orders).chain(self.asks.live(orders)).chain(orders.of(self.waiting))
    }

    /// When something falls due in it.
    fn due_at(&self) -> TimeNs {
        self.funding.next.min(self.expires)
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
        let books: Vec<Book> = config.instruments.iter().map(|one| Book::new(*one, &config.carry)).collect();
        Ok(Sim {
            rules: Rules {
                fill: config.fill,
                queue: QueueRule::new(config.queue, config.queue_power),
                resting: config.resting,
                taker_size: config.taker_size,
                slippage: config.slippage,
                orders_max: ORDERS_MAX,
                underway_max: UNDERWAY_MAX,
            },
            fees: FeeTable::new(&config.fees, config.accounts.len()),
            is_prompt: config.latency.is_prompt() && config.carry.margin == MarginRule::Off,
            funds: Funds::new(config.carry.margin, &config.accounts),
            carry: config.carry,
            due_at: books.iter().map(Book::due_at).min().unwrap_or(NEVER),
            accounts: config.accounts,
            books,
            orders: Orders::new(),
            underway: VecDeque::new(),
            outgoing: VecDeque::new(),
            latency: config.latency,
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
    ///
    /// Under a feed leg the venue met the event that much before the event's time: it is shown here then, and to the core at
    /// its own time.
    #[inline]
    pub fn on_market(&mut self, event: &Event, out: &mut Vec<Report>) {
        if !self.lets_pass(event) {
            self.meet_market(event, out);
        }
    }

    /// Notes a trade that nothing can come of, as nearly none does: no order is there for it, nothing is on its way, and
    /// nobody's margin hangs on it. False for every other event.
    #[inline]
    fn lets_pass(&mut self, event: &Event) -> bool {
        let EventKind::Trade(trade) = &event.kind else { return false };
        let (now, is_still) = (event.time, self.is_prompt && self.underway.is_empty() && self.outgoing.is_empty());
        let Some(book) = self.index(event.instrument).and_then(|at| self.books.get_mut(at)) else { return false };
        let is_noted = is_still && self.due_at > now && trade.qty.0 > 0 && book.is_quiet();
        if is_noted {
            book.market.last = Some(trade.price);
            self.move_to(now, event.venue_time);
        }
        is_noted
    }

    /// The venue has come to the time of a market event.
    #[inline]
    fn move_to(&mut self, now: TimeNs, venue_time: TimeNs) {
        self.now = self.now.max(now);
        self.moment = if venue_time.0 == 0 { self.now } else { venue_time };
    }

    #[inline(never)]
    fn meet_market(&mut self, event: &Event, out: &mut Vec<Report>) {
        let now = TimeNs(event.time.0.saturating_sub(self.latency.feed_ns));
        if self.due_at <= now || !self.underway.is_empty() {
            self.pass(now, out);
        }
        self.move_to(now, event.venue_time);
        let said = out.len();
        if let Some(at) = self.index(event.instrument) {
            self.meet(at, &event.kind, out);
            if self.funds.is_watched() && !self.books[at].positions.is_flat() {
                self.watch(at, out);
            }
        }
        if self.is_slow_to_answer() && !matches!(event.kind, EventKind::CorporateAction(_)) {
            self.post(said, out);
            self.deliver(now, out);
        }
    }

    /// Takes a command. Without latency it is answered at once against the last market event; otherwise it arrives when
    /// [`Sim::on_market`] or [`Sim::on_time`] reaches [`Sim::next_arrival`]. None overtakes another.
    pub fn on_command(&mut self, command: VenueCommand, out: &mut Vec<Report>) {
        let entry = match &mut self.latency.orders {
            OrderLatency::Constant { entry_ns, .. } => latency::Entry::Arrives(*entry_ns),
            OrderLatency::Measured(measured) => measured.entry(self.now),
        };
        match entry {
            latency::Entry::Arrives(0) if self.underway.is_empty() => self.answered(&command, out),
            _ if self.underway.len() >= self.rules.underway_max => {
                self.refuse(&command, RejectReason::RateLimited, out)
            }
            latency::Entry::Arrives(ns) => {
                let at = self.now.plus(ns);
                let last = self.underway.back().map_or(at, |(last, _)| *last);
                self.underway.push_back((at.max(last), command));
            }
            latency::Entry::Refused(ns) => {
                let said = out.len();
                self.refuse(&command, RejectReason::Unknown, out);
                self.post_at(self.now.plus(ns), said, out);
            }
        }
    }

    /// Takes a cancel that did not pass the core; it arrives at once whatever the latency. New orders that it is about
    /// and that are still on their way are withdrawn and reported as not transmitted: none of them comes to rest after it.
    pub fn on_emergency(&mut self, cancel: &EmergencyCancel, out: &mut Vec<Report>) {
        self.emergency(cancel, out);
    }

    /// Time passed and no market event came: what is under way and arrives by `now` is answered.
    pub fn on_time(&mut self, now: TimeNs, out: &mut Vec<Report>) {
        self.pass(now, out);
        self.now = self.now.max(now);
        self.moment = self.now;
        self.deliver(now, out);
    }

    /// Ends the connection: commands on their way do not arrive, and are reported as not transmitted; reports on their way
    /// arrive now. Orders at the venue stay there.
    pub fn close(&mut self, out: &mut Vec<Report>) {
        self.deliver(TimeNs(u64::MAX), out);
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

    /// True while no trade, quote or bar can make the venue say anything before [`Sim::next_arrival`]: there is no order, and
    /// no position that has to be watched.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let is_watching = || self.funds.is_watched() && self.books.iter().any(|book| !book.positions.is_flat());
        self.orders.live() == 0 && self.underway.is_empty() && self.outgoing.is_empty() && !is_watching()
    }

    /// When the first command or report under way arrives, or something falls due that no event tells (funding, an
    /// expiry). A run loop with latency calls [`Sim::on_time`] at that time,
    /// before the next market event of that time or a later one, so that what follows from the answers comes in time too.
    #[must_use]
    pub fn next_arrival(&self) -> Option<TimeNs> {
        let reports = self.outgoing.front().map(|(at, _)| *at);
        let first = match (self.next_command(), reports) {
            (Some(command), Some(report)) => command.min(report).min(self.due_at),
            (command, report) => command.or(report).unwrap_or(NEVER).min(self.due_at),
        };
        (first != NEVER).then_some(first)
    }

    /// How far the venue's market is ahead of the time of the events that tell of it, in ns: a run loop shows it each
    /// market event so much earlier.
    #[must_use]
    pub fn feed_ns(&self) -> u64 {
        self.latency.feed_ns
    }

    fn next_command(&self) -> Option<TimeNs> {
        self.underway.front().map(|(at, _)| *at)
    }

    /// Orders that are accepted and have not ended.
    #[must_use]
    pub fn live_orders(&self) -> usize {
        self.orders.live()
    }

    /// Lets time pass: what falls due and what arrives, each at its time. What falls due comes before what arrives then.
    #[inline(never)]
    fn pass(&mut self, until: TimeNs, out: &mut Vec<Report>) {
        while self.due_at <= until {
            let at = self.due_at;
            self.arrivals(TimeNs(at.0.saturating_sub(1)), out);
            self.now = self.now.max(at).max(if at == TimeNs(0) { until } else { at });
            self.moment = self.now;
            let said = out.len();
            self.deadlines(out);
            if self.is_slow_to_answer() {
                self.post(said, out);
            }
        }
        if !self.underway.is_empty() {
            self.arrivals(until, out);
        }
    }

    /// Everything that is due by now, instruments in order; then the next time is looked up.
    pub(crate) fn deadlines(&mut self, out: &mut Vec<Report>) {
        for at in 0..self.books.len() {
            if self.books[at].due_at() > self.now {
                continue;
            }
            self.fund(at, out);
            if self.books[at].expires <= self.now {
                self.settle(at, out);
            }
            if self.funds.is_watched() {
                self.watch(at, out);
            }
        }
        self.due_at = self.books.iter().map(Book::due_at).min().unwrap_or(NEVER);
    }

    fn arrivals(&mut self, until: TimeNs, out: &mut Vec<Report>) {
        while self.next_command().is_some_and(|at| at <= until) {
            let (at, command) = self.underway.pop_front().expect("it has a first one");
            self.now = self.now.max(at);
            self.moment = self.now;
            self.answered(&command, out);
        }
    }

    /// Executes a command that has arrived; the answer may take its time.
    fn answered(&mut self, command: &VenueCommand, out: &mut Vec<Report>) {
        let said = out.len();
        self.execute(command, out);
        if self.funds.is_watched() {
            self.supervise(command.account(), out);
        }
        if self.is_slow_to_answer() {
            self.post(said, out);
        }
    }

    fn is_slow_to_answer(&self) -> bool {
        !self.outgoing.is_empty() || !matches!(self.latency.orders, OrderLatency::Constant { response_ns: 0, .. })
    }

    /// Sends what was said from `said` on, now.
    fn post(&mut self, said: usize, out: &mut Vec<Report>) {
        if said == out.len() {
            return;
        }
        let ns = match &mut self.latency.orders {
            OrderLatency::Constant { response_ns, .. } => *response_ns,
            OrderLatency::Measured(measured) => measured.response(self.now),
        };
        self.post_at(self.now.plus(ns), said, out);
    }

    /// Puts what was said from `said` on behind what is on its way; it arrives then, or when that does.
    fn post_at(&mut self, at: TimeNs, said: usize, out: &mut Vec<Report>) {
        let at = self.outgoing.back().map_or(at, |(last, _)| at.max(*last));
        self.outgoing.extend(out.drain(said..).map(|report| (at, report)));
    }

    pub(crate) fn deliver(&mut self, until: TimeNs, out: &mut Vec<Report>) {
        while self.outgoing.front().is_some_and(|(at, _)| *at <= until) {
            out.extend(self.outgoing.pop_front().map(|(_, report)| report));
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
        Report { venue_time: self.moment, ..not_sent(command, RejectReason::TransmitRefused) }
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
