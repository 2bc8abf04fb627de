//! Protocol: what is to be done next?
//!
//! In: one [`Input`] at a time, with the time. Out: what to send, what to connect, what to report. Must never: read a clock,
//! a socket or a random source, wait, or send a command again whose fate is unknown.
//!
//! Time is a clock that never jumps and never goes back, in ns, from any origin: the venue's own time is measured against it.
//! After each call the caller has to come again with [`Input::Time`] at [`Machine::wake_at`] at the latest.

mod answers;
mod backoff;
pub mod book;
mod budget;
mod calls;
mod clock;
mod commands;
mod convert;
mod doubts;
mod emergency;
mod feed;
mod fills;
mod ladder;
mod ledger;
mod notice;
mod queries;
mod replace;
mod settings;
mod statements;
mod symbols;
mod timers;
mod user;

use std::collections::BTreeMap;
use std::fmt;

use ringfence_core::event::{EventKind, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, TimeNs};
use ringfence_venue::{Capabilities, EmergencyCancel, Query, QueryId, Rates, Said, Setting};

use crate::codec::failure::Product;
use crate::codec::request::{Method, Request, Security};
use crate::codec::{Secret, Signer, Stamp};

use backoff::Random;
use budget::{Budget, Class};
use calls::{Call, Calls, Purpose};
use clock::VenueClock;
use doubts::Doubt;
use emergency::Urgent;
use feed::Feeds;
use ledger::Ledger;
pub use notice::Notice;
use queries::Asked;
pub use settings::{Hosts, Listed, Settings, StreamKind, UserStream, WhenAbsent};
use symbols::Symbols;
use timers::{Task, Timers};
use user::User;

const NS_PER_MS: u64 = 1_000_000;
const NS_PER_S: u64 = 1_000_000_000;
/// What a request may take before its fate counts as unknown: the venue itself gives up after ten seconds.
const ANSWER_NS: u64 = 10 * NS_PER_S;
/// The venue's clock is read so often.
const CLOCK_NS: u64 = 300 * NS_PER_S;
/// The venue's rules are read so often.
const RULES_NS: u64 = 600 * NS_PER_S;
/// Requests in a row that do not get through before the venue counts as unreachable.
const FAILURES_MAX: u32 = 3;
/// First and longest wait before something is tried again, in ms.
const RETRY_MS: (u64, u64) = (500, 30_000);

/// A connection's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Books and touches; everything of markets where one connection carries it.
    Books,
    /// Trades, marks and bars.
    Trades,
    /// The account.
    User,
}

/// Something that happens to the machine.
#[derive(Debug)]
pub enum Input<'a> {
    /// Begin.
    Open,
    /// Transmit a command.
    Send(VenueCommand),
    /// Transmit a cancel that did not pass the core.
    Emergency(EmergencyCancel),
    /// The session asks.
    Ask(QueryId, Query),
    /// The session changes a setting.
    Set(QueryId, (AccountId, InstrumentId), Setting),
    /// Send nothing more, and end.
    Close,
    /// A call was answered.
    Answer {
        /// Number of the call.
        call: u64,
        /// HTTP status.
        status: u16,
        /// What the headers say.
        headers: Headers,
        /// Body.
        body: &'a [u8],
    },
    /// A call was not answered and will not be.
    Failed {
        /// Number of the call.
        call: u64,
        /// How far it came.
        how: Failed,
    },
    /// A connection has come about.
    Connected {
        /// Its number.
        link: u64,
    },
    /// A text frame came.
    Frame {
        /// Number of the connection.
        link: u64,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// A connection ended or did not come about.
    Lost {
        /// Its number.
        link: u64,
    },
    /// Time passed.
    Time,
}

/// How far a call came that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// Not a byte of it left.
    NeverSent,
    /// Some of it may have left.
    MaybeSent,
}

/// What headers of an answer say; `None` where they say nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// Weight used in this minute.
    pub used_weight: Option<u32>,
    /// Orders placed in these ten seconds.
    pub order_count: Option<u32>,
    /// Seconds until the next request is welcome.
    pub retry_after_s: Option<u64>,
}

/// Something that the machine wants done.
#[derive(Debug)]
pub enum Output {
    /// Make an HTTP request.
    Call(HttpCall),
    /// Open a connection.
    Connect {
        /// Number of the connection.
        link: u64,
        /// Where to.
        url: Address,
    },
    /// Send a text frame.
    Frame {
        /// Number of the connection.
        link: u64,
        /// What it says.
        text: Secret,
    },
    /// End a connection.
    Disconnect {
        /// Number of the connection.
        link: u64,
    },
    /// Tell the session.
    Said(Said),
    /// Tell the operator.
    Notice(Notice),
    /// Nothing more will come.
    Ended,
}

/// An HTTP request.
#[derive(Clone)]
pub struct HttpCall {
    /// Number of the call.
    pub call: u64,
    /// Method.
    pub method: Method,
    /// Address without parameters.
    pub url: String,
    /// Parameters, signed where need be.
    pub query: String,
    /// Value of the header `X-MBX-APIKEY`.
    pub api_key: Option<Secret>,
}

/// Shows no signature.
impl fmt::Debug for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.query.split("&signature=").next().unwrap_or("");
        write!(f, "#{} {} {}?{shown}", self.call, self.method.text(), self.url)
    }
}

/// An address, which may hold the key of the account's stream.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// What may be shown.
    pub shown: String,
    /// What comes behind it and may not.
    pub hidden: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = if self.hidden.is_empty() { "" } else { "(key)" };
        write!(f, "{}{rest}", self.shown)
    }
}

/// One account at one venue.
#[derive(Debug)]
pub struct Machine {
    settings: Settings,
    signer: Option<Box<dyn Signer>>,
    now: TimeNs,
    clock: VenueClock,
    budget: Budget,
    random: Random,
    timers: Timers,
    calls: Calls,
    ledger: Ledger,
    doubts: BTreeMap<u64, Doubt>,
    doubts_made: u64,
    urgent: BTreeMap<u64, Urgent>,
    urgent_made: u64,
    /// Refused for their time stamp, and sent again once when the clock was read.
    behind_clock: Vec<Call>,
    symbols: Symbols,
    has_rules: bool,
    is_one_way: bool,
    user: User,
    feeds: Feeds,
    asked: BTreeMap<QueryId, Asked>,
    links_made: u64,
    tries: BTreeMap<Task, u32>,
    failures: u32,
    banned_until: TimeNs,
    /// What was told last; `None` = nothing yet.
    is_up: Option<bool>,
    is_open: bool,
    is_closing: bool,
    has_ended: bool,
    out: Vec<Output>,
}

impl Machine {
    /// A machine that has not begun. Without a signer it uses market data alone.
    #[must_use]
    pub fn new(settings: Settings, signer: Option<Box<dyn Signer>>) -> Machine {
        Machine {
            signer,
            now: TimeNs(0),
            clock: VenueClock::default(),
            budget: Budget::new(settings.weight_per_min, settings.orders_per_10s),
            random: Random::new(settings.seed),
            timers: Timers::default(),
            calls: Calls::default(),
            ledger: Ledger::new((settings.venue, settings.account), settings.session),
            doubts: BTreeMap::new(),
            doubts_made: 0,
            urgent: BTreeMap::new(),
            urgent_made: 0,
            behind_clock: Vec::new(),
            symbols: Symbols::default(),
            has_rules: false,
            is_one_way: settings.product == Product::Spot || settings.user_stream == UserStream::Off,
            user: User::default(),
            feeds: Feeds::new(&settings),
            asked: BTreeMap::new(),
            links_made: 0,
            tries: BTreeMap::new(),
            failures: 0,
            banned_until: TimeNs(0),
            is_up: None,
            is_open: false,
            is_closing: false,
            has_ended: false,
            out: Vec::new(),
            settings,
        }
    }

    /// Takes one input. Outputs are appended in the order in which they are to be carried out.
    pub fn handle(&mut self, input: Input<'_>, now: TimeNs, out: &mut Vec<Output>) {
        self.now = self.now.max(now);
        match input {
            Input::Open => self.open(),
            Input::Send(command) => self.send(&command),
            Input::Emergency(cancel) => self.send_emergency(&cancel),
            Input::Ask(id, query) => self.ask(id, query),
            Input::Set(id, place, setting) => self.set(id, place, setting),
            Input::Close => self.close(),
            Input::Answer { call, status, headers, body } => self.answered(call, (status, headers), body),
            Input::Failed { call, how } => self.failed(call, how),
            Input::Connected { link } => self.connected(link),
            Input::Frame { link, bytes } => self.frame(link, bytes),
            Input::Lost { link } => self.lost(link),
            Input::Time => {}
        }
        while let Some(task) = self.timers.take_due(self.now) {
            self.run(task);
        }
        self.cancel_overtaken();
        self.tell_up();
        self.flush();
        self.end_if_done();
        out.append(&mut self.out);
    }

    /// When the machine has to be called again at the latest.
    #[must_use]
    pub fn wake_at(&self) -> Option<TimeNs> {
        self.timers.next_at()
    }

    /// What is used of the venue's limits.
    #[must_use]
    pub fn rates(&self, now: TimeNs) -> Rates {
        self.budget.rates(now)
    }

    /// What this venue can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        let is_futures = self.settings.product == Product::UsdM;
        let trades = self.settings.user_stream != UserStream::Off;
        Capabilities {
            amend: trades,
            cancel_all: trades,
            market_data: true,
            user_stream: trades,
            margin: trades && is_futures,
            reduce_only: trades && is_futures,
            queries: trades,
            dead_man: trades && is_futures,
        }
    }

    fn open(&mut self) {
        self.is_open = true;
        self.run(Task::MeasureTime);
        self.run(Task::ReadRules);
        for channel in self.feeds.wanted() {
            self.run(Task::OpenFeed(channel));
        }
        self.timers.set(self.now.plus(feed::WATCH_NS), Task::Watch);
        if self.settings.dead_man_ms.is_some() {
            self.timers.set(self.now, Task::Countdown);
        }
    }

    fn run(&mut self, task: Task) {
        match task {
            Task::Deadline(call) => self.overdue(call),
            Task::MeasureTime => self.measure_time(),
            Task::ReadRules => self.read_rules(),
            Task::ReadMode => self.read_mode(),
            Task::OpenUser => self.open_user(),
            Task::RenewKey => self.renew_key(),
            Task::OpenFeed(channel) => self.open_feed(channel),
            Task::Replace(channel) => self.replace(channel),
            Task::GiveUp(channel, link) => self.give_up(channel, link),
            Task::Watch => self.watch(),
            Task::AskDoubt(number) => self.ask_doubt(number),
            Task::AskFills(id) => self.ask_fills(id),
            Task::AskBook(instrument) => self.ask_book(instrument),
            Task::Query(number) => self.ask_again(QueryId(number)),
            Task::Emergency(number) => self.try_urgent(number),
            Task::Countdown => self.set_countdowns(),
            Task::BanOver => self.ban_over(),
        }
    }

    /// Has a request made. False where it may not go out now; nothing is remembered of it then.
    fn call(&mut self, request: Request, purpose: Purpose, class: Class) -> bool {
        let sent_at = self.now;
        self.call_again(Call { purpose, request, class, sent_at, is_second: false, is_late: false })
    }

    fn call_again(&mut self, mut call: Call) -> bool {
        if self.now < self.banned_until || self.is_closing && call.class == Class::Submit {
            return false;
        }
        let Some((query, api_key)) = self.proved(&call.request) else { return false };
        let cost = (call.request.weight, call.request.orders);
        if !self.calls.has_room(call.class) || !self.budget.spend(call.class, cost, self.now) {
            return false;
        }
        self.flush();
        call.sent_at = self.now;
        let (method, url) = (call.request.method, format!("{}{}", self.settings.hosts.rest, call.request.path));
        let number = self.calls.add(call);
        self.timers.set(self.now.plus(ANSWER_NS), Task::Deadline(number));
        self.out.push(Output::Call(HttpCall { call: number, method, url, query, api_key }));
        true
    }

    /// Parameters and header of a request; `None` where it cannot be proved (yet).
    fn proved(&self, request: &Request) -> Option<(String, Option<Secret>)> {
        let mut query = request.query.clone();
        match request.security {
            Security::Open => Some((query, None)),
            Security::Key => Some((query, self.signer.as_ref()?.api_key().cloned())),
            Security::Signed if !self.clock.is_known() => None,
            Security::Signed => {
                let signer = self.signer.as_ref()?;
                signer.seal(&mut query, self.stamp());
                Some((query, signer.api_key().cloned()))
            }
        }
    }

    fn stamp(&self) -> Stamp {
        let recv_window_ms = self.settings.recv_window_ms;
        Stamp { timestamp_ms: self.clock.venue_ms(self.now), recv_window_ms }
    }

    /// Tries a task again later, each time after a longer wait.
    fn retry(&mut self, task: Task) {
        let tries = self.tries.entry(task.clone()).or_insert(0);
        let span = self.random.span_ns(*tries, RETRY_MS);
        *tries = tries.saturating_add(1);
        self.timers.set(self.now.plus(span).max(self.banned_until), task);
    }

    fn worked(&mut self, task: &Task) {
        self.tries.remove(task);
    }

    fn link(&mut self, channel: Channel, url: Address) -> u64 {
        self.links_made += 1;
        let link = self.links_made;
        self.timers.set(self.now.plus(ANSWER_NS), Task::GiveUp(channel, link));
        self.out.push(Output::Connect { link, url });
        link
    }

    fn measure_time(&mut self) {
        let request = crate::codec::request::time(self.settings.product);
        if !self.call(request, Purpose::Time, Class::Query) {
            self.retry(Task::MeasureTime);
        }
    }

    fn read_rules(&mut self) {
        let symbols: Vec<&str> = self.settings.instruments.iter().map(|listed| listed.symbol.as_str()).collect();
        let request = crate::codec::request::rules(self.settings.product, &symbols);
        if !self.call(request, Purpose::Rules, Class::Query) {
            self.retry(Task::ReadRules);
        }
    }

    fn read_mode(&mut self) {
        if self.is_one_way {
            return;
        }
        if !self.call(crate::codec::request::position_mode(), Purpose::Mode, Class::Query) {
            self.retry(Task::ReadMode);
        }
    }

    /// True when orders may be sent: everything that has to be known is known.
    fn is_ready(&self) -> bool {
        let trades = self.settings.user_stream != UserStream::Off;
        let listens = !trades || (self.user.is_live() && self.is_one_way);
        let is_allowed = self.now >= self.banned_until && self.failures < FAILURES_MAX && !self.is_closing;
        self.is_open && is_allowed && self.clock.is_known() && self.has_rules && listens
    }

    fn tell_up(&mut self) {
        let is_up = self.is_ready();
        if self.is_up == Some(is_up) || (self.is_up.is_none() && !is_up) || self.has_ended {
            return;
        }
        self.is_up = Some(is_up);
        self.flush();
        let kind = if is_up { EventKind::VenueUp } else { EventKind::VenueDown };
        self.report_venue(kind);
    }

    /// Something was told that cannot be known any more: whoever hears that the venue was away compares the account.
    fn has_missed(&mut self) {
        if self.is_up == Some(true) {
            self.report_venue(EventKind::VenueDown);
            self.report_venue(EventKind::VenueUp);
        }
    }

    /// A fact about the venue, or about the account as a whole.
    fn report_venue(&mut self, kind: EventKind) {
        self.flush();
        let Settings { venue, account, .. } = self.settings;
        let venue_time = self.venue_time();
        self.report(Report { venue, account, venue_time, ..Report::control(kind) });
    }

    /// A fact about an instrument's market.
    fn report_market(&mut self, instrument: InstrumentId, venue_time: TimeNs, kind: EventKind) {
        let venue = self.settings.venue;
        self.report(Report { venue, instrument, venue_time, ..Report::control(kind) });
    }

    /// A fact about the account in an instrument.
    fn report_account(&mut self, instrument: InstrumentId, venue_time: TimeNs, kind: EventKind) {
        self.flush();
        let Settings { venue, account, .. } = self.settings;
        self.report(Report { venue, account, instrument, venue_time, ..Report::control(kind) });
    }

    fn report(&mut self, report: Report) {
        self.out.push(Output::Said(Said::Report(report)));
    }

    fn notice(&mut self, notice: Notice) {
        self.out.push(Output::Notice(notice));
    }

    /// Lets out what the ledger has to say, in order.
    fn flush(&mut self) {
        let said = std::mem::take(&mut self.ledger.said);
        self.out.extend(said.into_iter().map(|report| Output::Said(Said::Report(report))));
        let notices = std::mem::take(&mut self.ledger.notices);
        self.out.extend(notices.into_iter().map(Output::Notice));
    }

    fn venue_time(&self) -> TimeNs {
        TimeNs(self.clock.venue_ms(self.now).saturating_mul(NS_PER_MS))
    }

    fn listed(&self, instrument: InstrumentId) -> Option<&Listed> {
        self.settings.instruments.iter().find(|listed| listed.instrument.id == instrument)
    }

    fn by_symbol(&self, symbol: &str) -> Option<&Listed> {
        self.settings.instruments.iter().find(|listed| listed.symbol == symbol)
    }

    fn close(&mut self) {
        if self.is_closing {
            return;
        }
        self.is_closing = true;
        self.end_key();
        for link in self.feeds.links().into_iter().chain(self.user.take_link()) {
            self.out.push(Output::Disconnect { link });
        }
        self.timers.clear();
        self.behind_clock.clear();
        self.close_commands();
        let asked = std::mem::take(&mut self.asked);
        for id in asked.into_keys().chain(self.take_asked_doubts()) {
            let answer = ringfence_venue::Answer::Failed("the adapter was closed".to_owned());
            self.out.push(Output::Said(Said::Answered(id, answer)));
        }
    }

    /// After closing, everything was told at once.
    fn end_if_done(&mut self) {
        if self.is_closing && !self.has_ended {
            self.has_ended = true;
            self.out.push(Output::Ended);
        }
    }
}
