//! Pipe: machines at one end, the exchange at the other, and a clock that moves when it is told.
//!
//! In: inputs of the machines, acts on the exchange, disturbances, time. Out: what the machines say, in order. Must never: let
//! anything reach a machine but what a transport would hand it.
//!
//! Everything happens at an instant of the one clock. A machine's time and the exchange's are both this clock's: what one
//! believes of the other's clock it has to measure.

use std::collections::{BTreeMap, VecDeque};

use ringfence_binance::codec::json::Limits;
use ringfence_binance::protocol::{Channel, Failed, Headers, HttpCall, Input, Machine, Notice, Output};
use ringfence_core::ids::{AccountId, TimeNs};
use ringfence_exchange::{Answer, Delivery, Exchange, Frame, Method, Outgoing, Request, SocketId};
use ringfence_venue::Said;
use serde_json::{Value, json};

use crate::adapter::account_of;
use crate::network::{Disturbance, Network, Seen, Trouble};
use crate::opening::{Opening, account_name, signer};
use crate::random::Random;

/// The exchange is told the time so often, as its server tells it.
const TICK_NS: u64 = 20_000_000;
/// After so long a connection that answers nothing is given up by the system below the machine.
const RESET_NS: u64 = 60_000_000_000;

/// Machines, a network and an exchange.
pub struct Pipe {
    opening: Opening,
    exchange: Exchange,
    lines: Vec<Line>,
    network: Network<Message>,
    now_ns: u64,
    ticked_ns: u64,
    sockets_made: u64,
    said: VecDeque<Said>,
    notices: Vec<Notice>,
    orders: BTreeMap<String, u32>,
    shown: Option<Vec<String>>,
}

/// One machine.
#[derive(Debug)]
struct Line {
    machine: Machine,
    links: BTreeMap<u64, Link>,
    /// How often its host was started; what was meant for an earlier one reaches nobody.
    life: u64,
    has_ended: bool,
}

/// A connection of a machine.
#[derive(Debug)]
struct Link {
    channel: Channel,
    /// The other end; `None` = it has not come about, or is gone.
    socket: Option<SocketId>,
    /// Nothing comes before this: what is sent in order comes in order.
    open_ns: u64,
    is_half_open: bool,
    /// Waits for the frame behind it.
    swapped: Option<String>,
    /// Some frame that came.
    heard: Option<String>,
}

/// What is on its way.
#[derive(Debug)]
enum Message {
    Request { to: (usize, u64), call: u64, request: Box<Request>, trouble: Option<Trouble> },
    Answer { to: (usize, u64), call: u64, outcome: Outcome },
    Connect { to: (usize, u64), link: u64, target: String },
    Connected { to: (usize, u64), link: u64 },
    Frame { to: (usize, u64), link: u64, text: String },
    Lost { to: (usize, u64), link: u64 },
    Text { socket: SocketId, text: String },
    Gone { socket: SocketId },
}

#[derive(Debug)]
enum Outcome {
    Whole(u16, Headers, String),
    Failed(Failed),
}

impl std::fmt::Debug for Pipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipe").field("now_ns", &self.now_ns).field("lines", &self.lines.len()).finish_non_exhaustive()
    }
}

impl Pipe {
    /// An exchange that has begun, and a machine for each account that has not: [`Pipe::dial`] lets it.
    ///
    /// # Panics
    /// When the opening's parts do not fit together.
    #[must_use]
    pub fn open(opening: Opening) -> Pipe {
        let mut exchange = Exchange::new(opening.exchange()).expect("settings that fit together");
        exchange.start(opening.begin_ns);
        let lines = (1..=opening.accounts).map(|id| Line {
            machine: machine(&opening, AccountId(id), 0),
            links: BTreeMap::new(),
            life: 0,
            has_ended: false,
        });
        Pipe {
            exchange,
            lines: lines.collect(),
            network: Network::new(opening.seed, opening.latency_ns),
            now_ns: opening.begin_ns,
            ticked_ns: opening.begin_ns,
            sockets_made: 0,
            said: VecDeque::new(),
            notices: Vec::new(),
            orders: BTreeMap::new(),
            shown: None,
            opening,
        }
    }

    /// Every machine begins.
    pub fn dial(&mut self) {
        (0..self.lines.len()).for_each(|line| self.input(line, Input::Open));
    }

    /// The host is gone: machines, and everything that is on its way to them. What they had sent is still on its way, and the
    /// exchange learns that they are gone a little later. New machines stand ready.
    pub fn hang_up(&mut self) {
        for at in 0..self.lines.len() {
            let links = std::mem::take(&mut self.lines[at].links);
            for socket in links.into_values().filter_map(|link| link.socket) {
                let due = self.now_ns + self.network.latency();
                self.network.send(due, Message::Gone { socket });
            }
            let line = &mut self.lines[at];
            line.life += 1;
            line.has_ended = false;
            let account = AccountId(u16::try_from(at + 1).expect("few accounts"));
            line.machine = machine(&self.opening, account, line.life);
        }
        self.said.clear();
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> TimeNs {
        TimeNs(self.now_ns)
    }

    /// The machine of an account.
    ///
    /// # Panics
    /// When there is no such account.
    #[must_use]
    pub fn machine(&self, account: AccountId) -> &Machine {
        &self.lines[self.line(account)].machine
    }

    /// Accounts that have a machine.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountId> {
        (1..=self.opening.accounts).map(AccountId).collect()
    }

    /// Asks the venue, by the machine of the account that the question is about.
    pub fn ask(&mut self, id: ringfence_venue::QueryId, query: ringfence_venue::Query) {
        self.hand(account_of(&query), Input::Ask(id, query));
    }

    pub(crate) fn line(&self, account: AccountId) -> usize {
        usize::from(account.0).checked_sub(1).filter(|at| *at < self.lines.len()).expect("an account of this pipe")
    }

    /// Hands an input to the machine of an account, as a session's adapter does.
    ///
    /// # Panics
    /// When there is no such account.
    pub fn hand(&mut self, account: AccountId, input: Input<'_>) {
        self.input(self.line(account), input);
    }

    /// The next thing that a machine said, in the order in which they said it.
    pub fn take_said(&mut self) -> Option<Said> {
        self.said.pop_front()
    }

    /// What machines told their operators since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// True when every machine has been closed and told everything.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.lines.iter().all(|line| line.has_ended)
    }

    /// Plans something that is to go wrong.
    pub fn disturb(&mut self, disturbance: Disturbance) {
        self.network.plan(disturbance);
    }

    /// The network is whole from now on, and the exchange makes no mistakes. Connections that are half open stay so until
    /// somebody finds out.
    pub fn heal(&mut self) {
        self.network.heal();
        for at in 0..self.lines.len() {
            let waiting =
                self.lines[at].links.iter_mut().filter_map(|(number, link)| Some((*number, link.swapped.take()?)));
            let waiting: Vec<_> = waiting.collect();
            waiting.into_iter().for_each(|(number, text)| self.send_frame((at, number), text));
        }
        self.local_request("DELETE", "/local/faults", String::new());
    }

    /// How often what was planned went wrong, by name.
    #[must_use]
    pub fn met(&self) -> &BTreeMap<&'static str, u32> {
        self.network.met()
    }

    /// Adds rules of faults to the exchange, as `POST /local/faults` takes them.
    ///
    /// # Panics
    /// When the exchange does not take them.
    pub fn faults(&mut self, script: &Value) {
        let (status, said) = self.local_request("POST", "/local/faults", script.to_string());
        assert!(status == 200, "{script}: {said}");
    }

    /// How often each rule of faults fired, by its name; and what could not be done.
    pub fn fired(&mut self) -> (BTreeMap<String, u64>, Vec<String>) {
        let (_, said) = self.local_request("GET", "/local/faults", String::new());
        let mut fired = BTreeMap::new();
        for rule in said["rules"].as_array().into_iter().flatten() {
            let name = rule["name"].as_str().unwrap_or_default().to_owned();
            *fired.entry(name).or_default() += rule["fired"].as_u64().unwrap_or(0);
        }
        let complaints = said["complaints"].as_array().into_iter().flatten();
        (fired, complaints.map(|one| one.as_str().unwrap_or_default().to_owned()).collect())
    }

    /// Does something to the market, as `POST /local/market` takes it. The product is added.
    ///
    /// # Errors
    /// The exchange's words.
    pub fn act(&mut self, mut act: Value) -> Result<Value, String> {
        if !matches!(act["do"].as_str(), Some("expire_keys" | "fund")) {
            act["product"] = json!(self.product_name());
        }
        let (status, said) = self.local_request("POST", "/local/market", act.to_string());
        if status == 200 { Ok(said) } else { Err(format!("{act}: {said}")) }
    }

    /// What the exchange itself holds of an account in the product: money, orders and fills.
    pub fn ledger(&mut self, account: AccountId) -> Value {
        let (_, mut said) = self.local_request("GET", "/local/ledger", String::new());
        let at = self.line(account);
        said["accounts"][at][self.product_name()].take()
    }

    /// The account's name at the exchange, for acts and rules.
    #[must_use]
    pub fn name(account: AccountId) -> String {
        account_name(account)
    }

    /// How often a request for a new order left, by its client id.
    #[must_use]
    pub fn orders(&self) -> &BTreeMap<String, u32> {
        &self.orders
    }

    /// Keeps what goes over the network from now on, for people who look for a fault.
    pub fn keep_shown(&mut self) {
        self.shown = Some(Vec::new());
    }

    /// What went over the network, one line each.
    #[must_use]
    pub fn shown(&self) -> &[String] {
        self.shown.as_deref().unwrap_or_default()
    }

    /// Adds a line to what is shown.
    pub fn note(&mut self, line: impl FnOnce() -> String) {
        let ms = (self.now_ns - self.opening.begin_ns) / 1_000_000;
        if let Some(shown) = &mut self.shown {
            shown.push(format!("{ms} {}", line()));
        }
    }

    fn product_name(&self) -> &'static str {
        match self.opening.market() {
            ringfence_exchange::Product::Spot => "spot",
            ringfence_exchange::Product::Futures => "futures",
        }
    }

    fn local_request(&mut self, method: &str, path: &str, body: String) -> (u16, Value) {
        let method = Method::parse(method).expect("a verb");
        let request = Request { method, path: path.to_owned(), query: String::new(), body, key: None };
        let response = self.exchange.request(&request, self.now_ns).response;
        self.collect();
        (response.status, serde_json::from_str(&response.body).unwrap_or(Value::Null))
    }

    /// Lets time pass up to `until`, and everything happen that is due on the way.
    pub fn advance(&mut self, until: TimeNs) {
        while self.step(until) {}
    }

    /// Lets the next thing happen that is due at or before `until`; where nothing is, it is `until`, and the answer false.
    pub fn step(&mut self, until: TimeNs) -> bool {
        let tick = self.ticked_ns + TICK_NS;
        let wake = self.lines.iter().filter_map(|line| line.machine.wake_at()).map(|at| at.0).min();
        let next = [self.network.next_at(), wake, Some(tick)].into_iter().flatten().min().unwrap_or(tick);
        if next > until.0 {
            self.now_ns = self.now_ns.max(until.0);
            return false;
        }
        self.now_ns = self.now_ns.max(next);
        if let Some(message) = self.network.take(self.now_ns) {
            self.arrive(message);
        } else if tick <= self.now_ns {
            self.ticked_ns = self.now_ns;
            self.exchange.advance(self.now_ns);
            self.collect();
        } else {
            let is_due = |line: &Line| line.machine.wake_at().is_some_and(|at| at.0 <= self.now_ns);
            let due: Vec<usize> = (0..self.lines.len()).filter(|at| is_due(&self.lines[*at])).collect();
            due.into_iter().for_each(|line| self.input(line, Input::Time));
        }
        true
    }

    fn input(&mut self, at: usize, input: Input<'_>) {
        let mut outputs = Vec::new();
        self.lines[at].machine.handle(input, TimeNs(self.now_ns), &mut outputs);
        for output in outputs {
            self.carry_out(at, output);
        }
    }

    fn carry_out(&mut self, at: usize, output: Output) {
        self.note(|| format!("{at} {output:?}"));
        match output {
            Output::Call(call) => self.call(at, &call),
            Output::Connect { link, url } => self.connect((at, link), &format!("{}{}", url.shown, url.hidden)),
            Output::Frame { link, text } => {
                let Some(socket) = self.lines[at].links.get(&link).and_then(Link::reached) else { return };
                let due = self.now_ns + self.network.latency();
                self.network.send(due, Message::Text { socket, text: text.reveal().to_owned() });
            }
            Output::Disconnect { link } => {
                let Some(socket) = self.lines[at].links.remove(&link).and_then(|link| link.socket) else { return };
                let due = self.now_ns + self.network.latency();
                self.network.send(due, Message::Gone { socket });
            }
            Output::Said(said) => self.said.push_back(said),
            Output::Notice(notice) => self.notices.push(notice),
            Output::Ended => self.lines[at].has_ended = true,
        }
    }

    fn call(&mut self, at: usize, call: &HttpCall) {
        let (_, path) = parted(&call.url);
        let method = call.method.text();
        let trouble = self.network.meets(Seen::Request(method, path));
        let to = (at, self.lines[at].life);
        let (there, back) = (self.network.latency(), self.network.latency());
        let number = call.call;
        let failed = |how| Message::Answer { to, call: number, outcome: Outcome::Failed(how) };
        if trouble == Some(Trouble::Unsent) {
            return self.network.send(self.now_ns + there, failed(Failed::NeverSent));
        }
        self.count_order((method, path), &call.query);
        if trouble == Some(Trouble::RequestLost) {
            return self.network.send(self.now_ns + there + back + RESET_NS, failed(Failed::MaybeSent));
        }
        let request = Box::new(Request {
            method: Method::parse(method).expect("machines speak verbs that exist"),
            path: path.to_owned(),
            query: call.query.clone(),
            body: String::new(),
            key: call.api_key.as_ref().map(|key| key.reveal().to_owned()),
        });
        if trouble == Some(Trouble::RequestDoubled) {
            self.count_order((method, path), &call.query);
            let request = request.clone();
            self.network.send(self.now_ns + there, Message::Request { to, call: number, request, trouble: None });
        }
        self.network.send(self.now_ns + there, Message::Request { to, call: number, request, trouble });
    }

    fn count_order(&mut self, (method, path): (&str, &str), query: &str) {
        let is_new = method == "POST" && (path.ends_with("/order") || path.ends_with("/cancelReplace"));
        let id = query.split('&').find_map(|part| part.strip_prefix("newClientOrderId="));
        if let Some(id) = id.filter(|_| is_new) {
            *self.orders.entry(id.to_owned()).or_default() += 1;
        }
    }

    fn connect(&mut self, (at, link): (usize, u64), url: &str) {
        let channel = channel_of(url);
        let to = (at, self.lines[at].life);
        let fresh = Link { channel, socket: None, open_ns: 0, is_half_open: false, swapped: None, heard: None };
        self.lines[at].links.insert(link, fresh);
        let due = self.now_ns + self.network.latency();
        match self.network.meets(Seen::Connect(channel)) {
            Some(Trouble::ConnectRefused) => self.network.send(due, Message::Lost { to, link }),
            Some(Trouble::ConnectDropped) => {
                self.network.send(due, Message::Connected { to, link });
                self.network.send(due + 1, Message::Lost { to, link });
            }
            Some(_) | None => self.network.send(due, Message::Connect { to, link, target: target(url) }),
        }
    }

    fn arrive(&mut self, message: Message) {
        self.note(|| shown(&message));
        match message {
            Message::Request { to, call, request, trouble } => self.request(to, call, (&request, trouble)),
            Message::Answer { to, call, outcome } if self.lives(to) => match outcome {
                Outcome::Whole(status, headers, body) => {
                    let body = body.as_bytes();
                    self.input(to.0, Input::Answer { call, status, headers, body });
                }
                Outcome::Failed(how) => self.input(to.0, Input::Failed { call, how }),
            },
            Message::Connect { to, link, target } => self.knock(to, link, &target),
            Message::Connected { to, link } if self.has_link(to, link) => self.input(to.0, Input::Connected { link }),
            Message::Frame { to, link, text } if self.has_link(to, link) => {
                self.input(to.0, Input::Frame { link, bytes: text.as_bytes() });
            }
            Message::Lost { to, link } if self.has_link(to, link) => {
                self.lines[to.0].links.remove(&link);
                self.input(to.0, Input::Lost { link });
            }
            Message::Text { socket, text } => {
                self.exchange.receive(socket, &text, self.now_ns);
                self.collect();
            }
            Message::Gone { socket } => self.exchange.disconnect(socket),
            // Whoever it was for is gone.
            Message::Answer { .. } | Message::Connected { .. } | Message::Frame { .. } | Message::Lost { .. } => {}
        }
    }

    fn lives(&self, (at, life): (usize, u64)) -> bool {
        self.lines[at].life == life
    }

    fn has_link(&self, to: (usize, u64), link: u64) -> bool {
        self.lives(to) && self.lines[to.0].links.contains_key(&link)
    }

    /// A request arrives at the exchange.
    fn request(&mut self, to: (usize, u64), call: u64, (request, trouble): (&Request, Option<Trouble>)) {
        let Answer { mut response, delivery } = self.exchange.request(request, self.now_ns);
        self.collect();
        let mut due = self.now_ns + self.network.latency();
        let mut is_whole = true;
        match delivery {
            Delivery::Send => {}
            Delivery::After(ns) => due += ns,
            Delivery::Drop | Delivery::Cut(_) => is_whole = false,
        }
        match trouble {
            Some(Trouble::AnswerLate(ns)) => due += ns,
            Some(Trouble::AnswerLost | Trouble::AnswerCut) => is_whole = false,
            Some(Trouble::AnswerNever) => (is_whole, due) = (false, due + RESET_NS),
            Some(Trouble::AnswerInstead(status, body)) => (response.status, response.body) = (status, body),
            Some(_) | None => {}
        }
        let outcome = if is_whole {
            Outcome::Whole(response.status, headers(&response.headers), response.body)
        } else {
            Outcome::Failed(Failed::MaybeSent)
        };
        self.network.send(due, Message::Answer { to, call, outcome });
    }

    /// A connection arrives at the exchange.
    fn knock(&mut self, to: (usize, u64), link: u64, target: &str) {
        self.sockets_made += 1;
        let socket = SocketId(self.sockets_made);
        let is_there = self.exchange.connect(socket, target, self.now_ns);
        let due = self.now_ns + self.network.latency();
        if !self.has_link(to, link) {
            self.exchange.disconnect(socket);
        } else if is_there {
            let known = self.lines[to.0].links.get_mut(&link).expect("it was found");
            (known.socket, known.open_ns) = (Some(socket), due + 1);
            self.network.send(due, Message::Connected { to, link });
        } else {
            self.network.send(due, Message::Lost { to, link });
        }
        self.collect();
    }

    /// Takes what the exchange wants to have told.
    fn collect(&mut self) {
        drop(self.exchange.take_commands());
        for Outgoing { socket, frame } in self.exchange.take_messages() {
            let Some((at, link)) = self.owner(socket) else { continue };
            match frame {
                Frame::Text(text) if text.len() <= Limits::FRAME.bytes => self.frame((at, link), text),
                Frame::Ping(_) => {}
                Frame::Close => self.lose((at, link)),
                // A transport ends a connection on which more comes than it may hold.
                Frame::Text(_) | Frame::Cut(..) => {
                    self.exchange.disconnect(socket);
                    self.lose((at, link));
                }
            }
        }
    }

    fn owner(&self, socket: SocketId) -> Option<(usize, u64)> {
        let of = |(at, line): (usize, &Line)| {
            line.links.iter().find(|(_, link)| link.socket == Some(socket)).map(|(link, _)| (at, *link))
        };
        self.lines.iter().enumerate().find_map(of)
    }

    /// The connection ends for the machine, behind what it was sent before.
    fn lose(&mut self, (at, link): (usize, u64)) {
        let to = (at, self.lines[at].life);
        let latency = self.network.latency();
        if let Some(known) = self.lines[at].links.get_mut(&link) {
            known.socket = None;
            let due = known.due(self.now_ns + latency);
            if !known.is_half_open {
                self.network.send(due, Message::Lost { to, link });
            }
        }
    }

    /// Ends every connection of a channel now, from the venue's side.
    pub fn cut(&mut self, channel: Channel) -> usize {
        self.accounts().into_iter().map(|account| self.cut_of(account, channel)).sum()
    }

    /// Ends the connections of a channel that an account's machine has.
    pub fn cut_of(&mut self, account: AccountId, channel: Channel) -> usize {
        let own = self.line(account);
        let of = |(at, line): (usize, &Line)| {
            let open = line.links.iter().filter(|(_, link)| link.channel == channel && link.socket.is_some());
            open.map(|(number, link)| ((at, *number), link.socket)).collect::<Vec<_>>()
        };
        let found: Vec<_> = self.lines.iter().enumerate().filter(|(at, _)| *at == own).flat_map(of).collect();
        for (link, socket) in &found {
            socket.iter().for_each(|socket| self.exchange.disconnect(*socket));
            self.lose(*link);
        }
        found.len()
    }

    /// A frame leaves the exchange.
    fn frame(&mut self, (at, number): (usize, u64), text: String) {
        let channel = self.lines[at].links[&number].channel;
        if self.lines[at].links[&number].is_half_open {
            return;
        }
        let trouble = self.network.meets(Seen::Frame(channel, &text));
        let link = self.lines[at].links.get_mut(&number).expect("it was found");
        let replayed = link.heard.replace(text.clone());
        let swapped = link.swapped.take();
        let frames = match trouble {
            Some(Trouble::FrameLost) => vec![],
            Some(Trouble::FrameDoubled) => vec![text.clone(), text],
            Some(Trouble::FrameReplayed) => [text].into_iter().chain(replayed).collect(),
            Some(Trouble::FrameForged(forged)) => vec![text, forged],
            Some(Trouble::FrameSwapped) if swapped.is_none() => {
                link.swapped = Some(text);
                vec![]
            }
            Some(Trouble::FrameCut) => {
                let socket = link.socket;
                socket.iter().for_each(|socket| self.exchange.disconnect(*socket));
                return self.lose((at, number));
            }
            Some(Trouble::HalfOpen) => {
                link.is_half_open = true;
                return;
            }
            Some(Trouble::Stall(ns)) => {
                link.open_ns = link.open_ns.max(self.now_ns + ns);
                vec![text]
            }
            Some(_) | None => vec![text],
        };
        frames.into_iter().chain(swapped).for_each(|text| self.send_frame((at, number), text));
    }

    fn send_frame(&mut self, (at, number): (usize, u64), text: String) {
        let to = (at, self.lines[at].life);
        let due = self.now_ns + self.network.latency();
        let due = self.lines[at].links.get_mut(&number).map_or(due, |link| link.due(due));
        self.network.send(due, Message::Frame { to, link: number, text });
    }
}

impl Link {
    /// The other end, where what is sent arrives.
    fn reached(&self) -> Option<SocketId> {
        self.socket.filter(|_| !self.is_half_open)
    }

    /// When something that could come at `due` comes: behind everything before it.
    fn due(&mut self, due: u64) -> u64 {
        self.open_ns = self.open_ns.max(due);
        self.open_ns
    }
}

fn machine(opening: &Opening, account: AccountId, life: u64) -> Machine {
    let mut settings = opening.machine(account);
    settings.seed = Random::new(settings.seed ^ (life << 32)).below(u64::MAX);
    Machine::new(settings, Some(signer(account)))
}

/// Host and path of an address.
fn parted(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or((rest, "/"), |at| rest.split_at(at))
}

/// What the exchange is asked for at an address: futures have hosts of their own, which the path has to name.
fn target(url: &str) -> String {
    let (host, path) = parted(url);
    if host.starts_with("fstream.") { format!("/{host}{path}") } else { path.to_owned() }
}

/// What a connection carries, by its address.
fn channel_of(url: &str) -> Channel {
    match url.split_once("streams=") {
        Some((_, names)) if names.contains("@bookTicker") || names.contains("@depth") => Channel::Books,
        Some(_) => Channel::Trades,
        None => Channel::User,
    }
}

fn headers(all: &[(String, String)]) -> Headers {
    let number = |name: &str| {
        let found = all.iter().find(|(is, _)| is.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.parse::<u64>().ok())
    };
    let small = |name: &str| number(name).and_then(|value| u32::try_from(value).ok());
    Headers {
        used_weight: small("x-mbx-used-weight-1m"),
        order_count: small("x-mbx-order-count-10s"),
        retry_after_s: number("retry-after"),
    }
}

fn shown(message: &Message) -> String {
    match message {
        Message::Request { to, call, request, trouble } => {
            let query = request.query.split("&recvWindow").next().unwrap_or("");
            format!("{} <- #{call} {} {}?{query} {trouble:?}", to.0, request.method.name(), request.path)
        }
        Message::Answer { to, call, outcome } => format!("{} -> #{call} {outcome:?}", to.0),
        Message::Frame { to, link, text } => format!("{} -> {link} {text}", to.0),
        other @ (Message::Connect { .. }
        | Message::Connected { .. }
        | Message::Lost { .. }
        | Message::Text { .. }
        | Message::Gone { .. }) => format!("{other:?}"),
    }
}
