//! Pipe: machines at one end, the exchange at the other, and a clock that moves when it is told.
//!
//! In: inputs of the machines, acts on the exchange, disturbances, time. Out: what the machines say, in order. Must never: let
//! anything reach a machine but what a transport would hand it.
//!
//! Everything happens at an instant of the one clock. A machine's time and the exchange's are both this clock's: what one
//! believes of the other's clock it has to measure.

mod links;
mod transit;

use std::collections::{BTreeMap, VecDeque};

use ringfence_binance::protocol::{Input, Machine, Notice};
use ringfence_core::ids::{AccountId, TimeNs};
use ringfence_exchange::{Exchange, Method, Request};
use ringfence_venue::{Query, QueryId, Said};
use serde_json::{Value, json};

use crate::adapter::account_of;
use crate::network::{Disturbance, Network};
use crate::opening::{Opening, account_name, signer};
use crate::random::Random;
use links::Link;
use transit::Message;

/// The exchange is told the time so often, as its server tells it.
const TICK_NS: u64 = 20_000_000;

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
    account: AccountId,
    machine: Machine,
    links: BTreeMap<u64, Link>,
    /// How often its host was started; what was meant for an earlier one reaches nobody.
    life: u64,
    has_ended: bool,
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
            account: AccountId(id),
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
    ///
    /// # Panics
    /// Never: there are few accounts.
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
            line.machine = machine(&self.opening, line.account, line.life);
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
    pub fn ask(&mut self, id: QueryId, query: Query) {
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

    /// How often a request for a new order left, by its client id; not counted where the venue said that it was too old to be
    /// looked at.
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
}

fn machine(opening: &Opening, account: AccountId, life: u64) -> Machine {
    let mut settings = opening.machine(account);
    settings.seed = Random::new(settings.seed ^ (life << 32)).below(u64::MAX);
    Machine::new(settings, Some(signer(account)))
}
