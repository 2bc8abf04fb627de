//! The exchange: what does a request lead to?
//!
//! In: requests, with the time they came. Out: answers, messages of sockets, and the commands that changed something, for
//! the log. Must never: wait; what is to come later is kept until [`Exchange::advance`] passes its time.
//!
//! The order of calls: [`Exchange::new`], [`Exchange::replay`] for what a log holds, [`Exchange::start`], and then anything.
//! After each call the commands of [`Exchange::take_commands`] have to be durable before the messages of
//! [`Exchange::take_messages`] and the answer go out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::{Answer, Delivery, Method, Outgoing, Request, Response, SocketId};
use super::auth;
use super::fault::ApiFault;
use super::keys::ListenKeys;
use super::limits::Limits;
use super::params::Params;
use super::routes::{self, Access, Route};
use super::sockets::Socket;
use crate::accounts::HOUSE;
use crate::faults::{Faults, Script};
use crate::flow::MarketSource;
use crate::flow::generated::Generated;
use crate::log::Command;
use crate::matching::engine::{Desk, Engine};
use crate::matching::happening::Why;
use crate::matching::listing::Product;
use crate::settings::{Account, Settings, SettingsError};

/// A request that is allowed.
pub(super) struct Call<'a> {
    pub(super) product: Product,
    pub(super) account: usize,
    pub(super) params: &'a Params,
    pub(super) now_ms: u64,
}

/// A local exchange, whole.
pub struct Exchange {
    pub(super) seed: u64,
    pub(super) spot: Engine,
    pub(super) futures: Engine,
    pub(super) users: Vec<Account>,
    pub(super) keys: ListenKeys,
    pub(super) limits: Limits,
    pub(super) faults: Faults,
    pub(super) flows: Option<[Generated; 2]>,
    pub(super) source: Option<Box<dyn MarketSource>>,
    pub(super) sockets: BTreeMap<SocketId, Socket>,
    pub(super) outgoing: Vec<Outgoing>,
    /// Messages that a fault keeps back, by time.
    pub(super) held: BTreeMap<(u64, u64), Outgoing>,
    pub(super) commands: Vec<Command>,
    /// Dead-man switches: by account and listing, when.
    pub(super) countdowns: BTreeMap<(usize, usize), u64>,
    pub(super) incomes: Vec<super::account_futures::Income>,
    /// The last instant that was worked off.
    pub(super) now_ns: u64,
    /// How far the exchange's clock is off, by a fault.
    pub(super) skew_ms: i64,
    /// While set, messages are kept back until then.
    pub(super) hold_until_ns: Option<u64>,
    /// How many names were made up.
    pub(super) names: u64,
    pub(super) touches: BTreeMap<(Product, usize), crate::matching::book::Touch>,
    pub(super) traded: std::collections::BTreeSet<(Product, usize)>,
}

impl Exchange {
    /// An exchange as its settings say, before its first instant.
    ///
    /// # Errors
    /// When the settings contradict themselves.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let users = settings.accounts.len();
        let (spot, futures): (Vec<_>, Vec<_>) =
            settings.listings.into_iter().partition(|listing| listing.product == Product::Spot);
        let mut spot = Engine::new(Product::Spot, spot, users);
        let mut futures = Engine::new(Product::Futures, futures, users);
        for (at, account) in settings.accounts.iter().enumerate() {
            for (asset, amount) in &account.spot {
                spot.ledger.transfer_spot(at + 1, asset, *amount);
            }
            futures.ledger.transfer_futures(at + 1, account.futures);
        }
        let flows = settings
            .is_generated
            .then(|| [Generated::new(settings.seed, &spot), Generated::new(settings.seed ^ 0xF0F0, &futures)]);
        Ok(Self {
            seed: settings.seed,
            spot,
            futures,
            users: settings.accounts,
            keys: ListenKeys::default(),
            limits: Limits::new(settings.rates),
            faults: Faults::default(),
            flows,
            source: None,
            sockets: BTreeMap::new(),
            outgoing: Vec::new(),
            held: BTreeMap::new(),
            commands: Vec::new(),
            countdowns: BTreeMap::new(),
            incomes: Vec::new(),
            now_ns: 0,
            skew_ms: 0,
            hold_until_ns: None,
            names: 0,
            touches: BTreeMap::new(),
            traded: std::collections::BTreeSet::new(),
        })
    }

    /// Lets prices come from a market outside instead of the seed.
    pub fn follow(&mut self, source: Box<dyn MarketSource>) {
        self.flows = None;
        self.source = Some(source);
    }

    /// Adds a script of faults.
    pub fn add_faults(&mut self, script: Script) {
        self.faults.add(script);
    }

    /// Answers a request.
    pub fn request(&mut self, request: &Request, now_ns: u64) -> Answer {
        self.advance(now_ns);
        if request.path.starts_with("/local") {
            let response = self.local(request, now_ns);
            return Answer { response, delivery: Delivery::Send };
        }
        let mut plan = self.plan(request, now_ns);
        let response = match plan.instead.take() {
            Some(response) => response,
            None => self.answered(request, now_ns, &plan),
        };
        plan.conclude(response)
    }

    fn answered(&mut self, request: &Request, now_ns: u64, plan: &super::hooks::Plan) -> Response {
        let mut headers = Vec::new();
        let result = self.routed((request, plan), now_ns, &mut headers);
        self.publish();
        let mut response = match result {
            Ok(body) => Response { status: 200, headers, body: body.to_string() },
            Err(fault) => {
                let body = fault.body().to_string();
                headers.extend(fault.headers);
                Response { status: fault.status, headers, body }
            }
        };
        self.after(plan, &mut response, now_ns);
        response
    }

    fn routed(
        &mut self,
        (request, plan): (&Request, &super::hooks::Plan),
        now_ns: u64,
        headers: &mut Vec<(String, String)>,
    ) -> Result<Value, ApiFault> {
        let unread = || ApiFault::unread_path(&request.path, request.method.name());
        let route = routes::find(request.method, &request.path).ok_or_else(unread)?;
        let mut params = Params::parse(&request.query, &request.body)?;
        let now_ms = self.clock_ms(now_ns);
        headers.push(self.limits.weigh(route.product, route.weight.of(route.product, &params), now_ms)?);
        let account = self.admit(route, request, &params, now_ms)?;
        if plan.is_stale && route.access != Access::Public {
            return Err(ApiFault::new(-1021, "Timestamp for this request is outside of the recvWindow."));
        }
        if route.access == Access::Order {
            headers.extend(self.limits.order(route.product, account, now_ms)?);
        }
        if let Some(half) = plan.busted {
            params.add(super::orders_spot::BUSTED, half.name());
        }
        self.perform(route, account, &params, now_ns)
    }

    /// Who asks, if they may.
    fn admit(&self, route: &Route, request: &Request, params: &Params, now_ms: u64) -> Result<usize, ApiFault> {
        if route.access == Access::Public {
            return Ok(HOUSE);
        }
        let account = self.account_of(request.key.as_deref())?;
        if route.access == Access::Key {
            return Ok(account);
        }
        params.number_needed("timestamp")?;
        let secret = &self.users[account - 1].secret;
        auth::verify(secret, &auth::payload(&request.query, &request.body), params)?;
        auth::is_fresh(params, now_ms)?;
        Ok(account)
    }

    /// Account of a key.
    pub(super) fn account_of(&self, key: Option<&str>) -> Result<usize, ApiFault> {
        let key = key.filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| ApiFault::new(-2014, "API-key format invalid.").with_status(401))?;
        let found = self.users.iter().position(|user| user.key == key);
        let unknown = || ApiFault::new(-2015, "Invalid API-key, IP, or permissions for action.").with_status(401);
        found.map(|at| at + 1).ok_or_else(unknown)
    }

    /// Does what is allowed, and notes it for the log when it changed something.
    pub(super) fn perform(
        &mut self,
        route: &Route,
        account: usize,
        params: &Params,
        now_ns: u64,
    ) -> Result<Value, ApiFault> {
        let call = Call { product: route.product, account, params, now_ms: now_ns / 1_000_000 };
        let result = (route.run)(self, &call);
        let changed = match &result {
            Ok(_) => true,
            Err(fault) => fault.status == 409,
        };
        if changed && route.method != Method::Get {
            let params = params.pairs().to_vec();
            self.commands.push(Command {
                time_ns: now_ns,
                method: route.method,
                path: route.path.to_owned(),
                account,
                params,
            });
        }
        result
    }

    /// Does again what a log holds. Before [`Self::start`], in the order of the log.
    ///
    /// # Errors
    /// When the command is not one that this version knows, or not one that this exchange can have written.
    pub fn replay(&mut self, command: &Command) -> Result<(), String> {
        let time_ns = command.time_ns;
        if time_ns > TIME_NS_MAX {
            return Err(format!("a command at {time_ns} ns, later than any clock of this exchange goes"));
        }
        if command.path == START {
            self.begin(time_ns);
            return Ok(());
        }
        if self.now_ns > 0 && time_ns.saturating_sub(self.now_ns) > QUIET_NS_MAX {
            return Err(format!("a command at {time_ns} ns, more than a year after {} ns", self.now_ns));
        }
        self.advance(time_ns);
        if command.path == super::local::MARKET {
            let params = Params::of(command.params.clone());
            let body = params.text("command").ok_or("a command of the market without its words")?;
            return self.market_command(body, time_ns).map(|_| self.forget()).map_err(|fault| fault.message);
        }
        let route =
            routes::find(command.method, &command.path).ok_or_else(|| format!("unknown path {}", command.path))?;
        if route.access != Access::Public && !(1..=self.users.len()).contains(&command.account) {
            return Err(format!("account {} of {}", command.account, self.users.len()));
        }
        // What was refused then is refused again, and what it changed, it changes again.
        drop(self.perform(route, command.account, &Params::of(command.params.clone()), time_ns));
        self.forget();
        Ok(())
    }

    fn forget(&mut self) {
        self.publish();
        self.outgoing.clear();
        self.commands.clear();
    }

    /// Begins, or goes on after a pause in which nothing happened.
    pub fn start(&mut self, now_ns: u64) {
        self.begin(now_ns);
        let (path, params) = (START.to_owned(), Vec::new());
        self.commands.push(Command { time_ns: now_ns, method: Method::Post, path, account: HOUSE, params });
    }

    fn begin(&mut self, now_ns: u64) {
        if self.now_ns == 0 {
            self.now_ns = now_ns.saturating_sub(super::upkeep::STEP_NS);
            self.advance(now_ns);
        }
        self.now_ns = self.now_ns.max(now_ns);
    }

    /// Commands since the last call that have to be durable before anything is told.
    pub fn take_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// Messages since the last call.
    pub fn take_messages(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    /// The accounts: name, key, secret.
    pub fn accounts(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.users.iter().map(|user| (user.name.as_str(), user.key.as_str(), user.secret.as_str()))
    }

    /// The time that the exchange shows.
    pub(super) fn clock_ms(&self, now_ns: u64) -> u64 {
        (now_ns / 1_000_000).saturating_add_signed(self.skew_ms)
    }

    pub(super) fn engine(&self, product: Product) -> &Engine {
        match product {
            Product::Spot => &self.spot,
            Product::Futures => &self.futures,
        }
    }

    pub(super) fn engine_mut(&mut self, product: Product) -> &mut Engine {
        match product {
            Product::Spot => &mut self.spot,
            Product::Futures => &mut self.futures,
        }
    }

    /// The symbol that a request names.
    pub(super) fn listing(&self, call: &Call) -> Result<usize, ApiFault> {
        self.engine(call.product).listing(call.params.needed("symbol")?).ok_or_else(ApiFault::symbol)
    }

    pub(super) fn desk(&self, product: Product, listing: usize) -> &Desk {
        &self.engine(product).desks[listing]
    }

    /// A name that nobody else has.
    pub(super) fn made_up(&mut self, purpose: &str, length: usize) -> String {
        self.names += 1;
        let mut name = auth::made_up(self.seed, purpose, self.names);
        name.truncate(length);
        name
    }

    /// Moves futures money that is no trade, and tells it.
    pub(super) fn move_futures(&mut self, account: usize, listings: &[usize], change: crate::amount::Amount, why: Why) {
        self.futures.ledger.transfer_futures(account, change);
        self.futures.note_positions(account, listings, why, change);
    }
}

/// Longest time between two commands while an exchange runs: what passes in it is worked off step by step.
const QUIET_NS_MAX: u64 = 366 * 24 * 3_600 * 1_000_000_000;

/// Latest time of a command, in the year 2262: from there on steps of time would run out of numbers.
const TIME_NS_MAX: u64 = i64::MAX as u64;

/// What the log calls a start.
const START: &str = "/local/start";
