//! Simulation: does the host know what a venue knows, whatever gets lost on the way?
//!
//! A venue of futures that keeps the truth, a network that loses requests, answers and frames, doubles frames and lets
//! answers come too late, a strategy that buys, amends and cancels at random, and a core that hears what the machine reports.
//! Whenever the machine says that the venue is there, it is asked what happened meanwhile, as a session asks.
//! Then the network is whole for some minutes, and both sides are compared. A failing seed is printed; it repeats.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_binance::codec::failure::Product;
use ringfence_binance::codec::{HmacSigner, Secret};
use ringfence_binance::protocol::{Failed, Headers, HttpCall, Input, Machine, Output};
use ringfence_core::event::{EventKind, Quote, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, IntentId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::{Amend, IntentKind, Submit};
use ringfence_core::money::{Price, Qty};
use ringfence_core::order::OrderState;
use ringfence_venue::desk::{self, Desk};
use ringfence_venue::{Query, QueryId, Said};

use crate::bench::{RULES, settings};

const MS: u64 = 1_000_000;
const BEGIN_MS: u64 = 1_000_000;
const VENUE_MS: u64 = 1_700_000_000_000;
const STEPS: usize = 250;
/// Seeds that failed once.
const REMEMBERED: [u64; 3] = [
    // An answer about a cancel, overtaken by an amend, brought the old terms back.
    102_681, // What came late to a question of a reconciliation was taken for the answer to a later one.
    113_195, // A second cancel that never left took the doubt about the first with it.
    113_901,
];
const ONE: InstrumentId = InstrumentId(1);
const STRATEGY: StrategyId = StrategyId(1);

/// Numbers that a seed determines (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

#[derive(Clone)]
struct Order {
    number: u64,
    side: &'static str,
    /// Mantissas at 2 and 1 digits.
    price: u64,
    qty: u64,
    executed: u64,
    status: &'static str,
}

/// The truth.
#[derive(Default)]
struct Exchange {
    orders: BTreeMap<String, Order>,
    /// Trade number, order, side, quantity, price.
    trades: Vec<(u64, String, &'static str, u64, u64)>,
    frames: Vec<String>,
    placed: u64,
    now_ms: u64,
}

fn price_text(price: u64) -> String {
    format!("{}.{:02}", price / 100, price % 100)
}

fn qty_text(qty: u64) -> String {
    format!("{}.{}", qty / 10, qty % 10)
}

impl Exchange {
    fn json(&self, id: &str) -> String {
        let Order { number, side, price, qty, executed, status } = &self.orders[id];
        format!(
            r#"{{"symbol":"BTCUSDT","orderId":{number},"clientOrderId":"{id}","price":"{}","origQty":"{}","executedQty":"{}","status":"{status}","timeInForce":"GTC","type":"LIMIT","side":"{side}","updateTime":{}}}"#,
            price_text(*price),
            qty_text(*qty),
            qty_text(*executed),
            self.now_ms
        )
    }

    fn tell(&mut self, id: &str, happened: &str, fill: Option<(u64, u64)>) {
        let Order { number, side, price, qty, executed, status } = &self.orders[id];
        let (filled, trade) = fill.map_or((0, 0), |(filled, trade)| (filled, trade));
        let now = self.now_ms;
        self.frames.push(format!(
            r#"{{"e":"ORDER_TRADE_UPDATE","E":{now},"T":{now},"o":{{"s":"BTCUSDT","c":"{id}","S":"{side}","o":"LIMIT","f":"GTC","q":"{}","p":"{}","x":"{happened}","X":"{status}","i":{number},"l":"{}","z":"{}","L":"{}","n":"0","N":"USDT","T":{now},"t":{trade},"m":true,"ps":"BOTH"}}}}"#,
            qty_text(*qty), price_text(*price), qty_text(filled), qty_text(*executed), price_text(*price)
        ));
    }

    fn fill(&mut self, id: &str, qty: u64) {
        let trade = self.trades.len() as u64 + 1;
        let order = self.orders.get_mut(id).expect("an order");
        order.executed += qty;
        order.status = if order.executed == order.qty { "FILLED" } else { "PARTIALLY_FILLED" };
        let (side, price) = (order.side, order.price);
        self.trades.push((trade, id.to_owned(), side, qty, price));
        self.tell(id, "TRADE", Some((qty, trade)));
    }

    fn open(&self) -> Vec<String> {
        let is_open = |order: &&Order| matches!(order.status, "NEW" | "PARTIALLY_FILLED");
        self.orders.iter().filter(|(_, order)| is_open(order)).map(|(id, _)| id.clone()).collect()
    }

    fn position(&self) -> i64 {
        let signed = |(_, _, side, qty, _): &(u64, String, &str, u64, u64)| {
            let qty = i64::try_from(*qty).expect("small");
            if *side == "BUY" { qty } else { -qty }
        };
        self.trades.iter().map(signed).sum()
    }

    /// Does what a request asks for and gives status and body.
    fn answer(&mut self, call: &HttpCall) -> (u16, String) {
        let of = |name: &str| {
            call.query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).unwrap_or("").to_owned()
        };
        let number = |text: String| text.replace('.', "").parse::<u64>().expect("a number");
        let id = of("origClientOrderId");
        let (_, path) = call.url.rsplit_once('/').expect("a path");
        let gone = |code: i64| (400, format!(r#"{{"code":{code},"msg":"Unknown order sent."}}"#));
        match (call.method.text(), path) {
            ("GET", "time") => (200, format!(r#"{{"serverTime":{}}}"#, self.now_ms)),
            ("GET", "exchangeInfo") => (200, RULES.to_owned()),
            ("GET", "dual") => (200, r#"{"dualSidePosition":false}"#.to_owned()),
            ("POST", "listenKey") => (200, r#"{"listenKey":"a-key"}"#.to_owned()),
            ("PUT" | "DELETE", "listenKey") => (200, "{}".to_owned()),
            ("GET", "depth") => (200, r#"{"lastUpdateId":1,"bids":[],"asks":[]}"#.to_owned()),
            ("GET", "bookTicker") => {
                (200, r#"{"symbol":"BTCUSDT","bidPrice":"1","bidQty":"1","askPrice":"2","askQty":"1"}"#.to_owned())
            }
            ("GET", "openOrders") => {
                let all: Vec<String> = self.open().iter().map(|id| self.json(id)).collect();
                (200, format!("[{}]", all.join(",")))
            }
            ("GET", "balance" | "positionRisk") => (200, "[]".to_owned()),
            ("GET", "userTrades") => {
                let wanted = of("orderId");
                let is_wanted = |id: &str| wanted.is_empty() || self.orders[id].number.to_string() == wanted;
                let text = |(trade, id, side, qty, price): &(u64, String, &str, u64, u64)| {
                    format!(
                        r#"{{"symbol":"BTCUSDT","id":{trade},"orderId":{},"price":"{}","qty":"{}","commission":"0","commissionAsset":"USDT","time":{},"buyer":{},"maker":true}}"#,
                        self.orders[id].number,
                        price_text(*price),
                        qty_text(*qty),
                        self.now_ms,
                        *side == "BUY"
                    )
                };
                let all: Vec<String> = self.trades.iter().filter(|(_, id, ..)| is_wanted(id)).map(text).collect();
                (200, format!("[{}]", all.join(",")))
            }
            ("POST", "order") => {
                let id = of("newClientOrderId");
                if self.orders.contains_key(&id) {
                    return (400, r#"{"code":-4116,"msg":"ClientOrderId is duplicated."}"#.to_owned());
                }
                self.placed += 1;
                let side = if of("side") == "BUY" { "BUY" } else { "SELL" };
                let (price, qty) = (number(of("price")), number(of("quantity")));
                let order = Order { number: self.placed, side, price, qty, executed: 0, status: "NEW" };
                self.orders.insert(id.clone(), order);
                self.tell(&id, "NEW", None);
                (200, self.json(&id))
            }
            ("GET", "order") => {
                let id = match of("orderId") {
                    numbered if numbered.is_empty() => id,
                    numbered => {
                        let found = self.orders.iter().find(|(_, order)| order.number.to_string() == numbered);
                        found.map_or(id, |(id, _)| id.clone())
                    }
                };
                if self.orders.contains_key(&id) { (200, self.json(&id)) } else { gone(-2013) }
            }
            ("DELETE", "order") if self.open().contains(&id) => {
                self.orders.get_mut(&id).expect("it is open").status = "CANCELED";
                self.tell(&id, "CANCELED", None);
                (200, self.json(&id))
            }
            ("DELETE", "order") => gone(-2011),
            ("PUT", "order") if self.open().contains(&id) => {
                let (price, qty) = (number(of("price")), number(of("quantity")));
                let order = self.orders.get_mut(&id).expect("it is open");
                if qty <= order.executed {
                    order.status = "CANCELED";
                    self.tell(&id, "CANCELED", None);
                } else {
                    (order.price, order.qty) = (price, qty);
                    self.tell(&id, "AMENDMENT", None);
                }
                (200, self.json(&id))
            }
            ("PUT", "order") => gone(-2013),
            (method, path) => panic!("no answer to {method} {path}"),
        }
    }
}

struct World {
    random: Random,
    machine: Machine,
    desk: Desk,
    exchange: Exchange,
    now: u64,
    is_calm: bool,
    user: Option<u64>,
    books: Option<u64>,
    /// Answers under way: when they come, and what.
    late: BTreeMap<(u64, u64), (u16, String)>,
    posted: BTreeSet<String>,
    trades_told: BTreeSet<u64>,
    intents: u64,
    questions: u64,
    /// The venue is there again, and has to be asked what happened.
    has_to_ask: bool,
    log: Vec<String>,
}

impl World {
    fn new(seed: u64) -> World {
        let signer = HmacSigner::new(Secret::new("key".to_owned()), Secret::new("secret".to_owned()));
        let mut settings = settings(Product::UsdM);
        settings.seed = seed;
        let mut desk = Desk::open(&[desk::instrument(1, (2, 1))]);
        let touch = Quote { bid_price: Price(10_000), bid_qty: Qty(10), ask_price: Price(10_002), ask_qty: Qty(10) };
        desk.tell(&Report { instrument: ONE, venue: VenueId(1), ..Report::control(EventKind::Quote(touch)) });
        let mut world = World {
            random: Random(seed),
            machine: Machine::new(settings, Some(Box::new(signer))),
            desk,
            exchange: Exchange::default(),
            now: BEGIN_MS * MS,
            is_calm: true,
            user: None,
            books: None,
            late: BTreeMap::new(),
            posted: BTreeSet::new(),
            trades_told: BTreeSet::new(),
            intents: 0,
            questions: 0,
            has_to_ask: false,
            log: Vec::new(),
        };
        world.input(Input::Open);
        world.pass(5_000);
        world
    }

    fn input(&mut self, input: Input<'_>) {
        self.exchange.now_ms = VENUE_MS + self.now / MS - BEGIN_MS;
        let mut outputs = Vec::new();
        self.machine.handle(input, TimeNs(self.now), &mut outputs);
        self.desk.advance(TimeNs(self.now));
        let mut commands = Vec::new();
        for output in outputs {
            self.log.push(format!("{} {output:?}", self.now / MS - BEGIN_MS));
            match output {
                Output::Call(call) => self.network(&call),
                Output::Connect { link, url } if url.shown.contains("streams=") => {
                    self.books = Some(link);
                    self.late.insert((self.now + MS, u64::MAX - link), (1, String::new()));
                }
                Output::Connect { link, .. } => {
                    self.user = Some(link);
                    self.late.insert((self.now + MS, u64::MAX - link), (1, String::new()));
                }
                Output::Disconnect { link } if self.user == Some(link) => self.cut(),
                Output::Said(Said::Report(report)) => commands.extend(self.hear(&report)),
                Output::Disconnect { .. }
                | Output::Frame { .. }
                | Output::Said(_)
                | Output::Notice(_)
                | Output::Ended => {}
            }
        }
        commands.into_iter().for_each(|command| self.input(Input::Send(command)));
        if std::mem::take(&mut self.has_to_ask) {
            self.compare();
        }
    }

    /// What happened while nobody listened?
    fn compare(&mut self) {
        let account = AccountId(1);
        let of = |order: &ringfence_core::order::Order| {
            let client_id = ringfence_core::ids::ClientOrderId::new(crate::bench::SESSION, order.key);
            Query::Order { account, instrument: ONE, key: order.key, client_id, sent_ago_ns: 0 }
        };
        let orders: Vec<Query> = self.desk.state().open_orders(STRATEGY, ONE).map(of).collect();
        let fills = Query::FillsSince { account, instrument: ONE, since: TimeNs(0) };
        for query in [Query::OpenOrders(account)].into_iter().chain(orders).chain([fills]) {
            self.questions += 1;
            self.input(Input::Ask(QueryId(self.questions), query));
        }
    }

    fn hear(&mut self, report: &Report) -> Vec<VenueCommand> {
        self.has_to_ask |= report.kind == EventKind::VenueUp;
        if let EventKind::OrderFilled(fill) = report.kind {
            self.trades_told.insert(fill.trade_id);
        }
        self.desk.tell(report)
    }

    /// A request on its way: what reaches the venue, and what comes back when.
    fn network(&mut self, call: &HttpCall) {
        let chance = if self.is_calm { 99 } else { self.random.below(100) };
        if call.method.text() == "POST" && call.url.ends_with("/order") && chance >= 5 {
            let id = call.query.split("newClientOrderId=").nth(1).expect("it has one");
            let id = id.split('&').next().expect("an id").to_owned();
            assert!(self.posted.insert(id.clone()), "{id} was sent twice");
        }
        let (unsent, lost, delay_ms) = match chance {
            0..5 => (true, true, 5),
            5..12 => (false, true, 300),
            12..20 => (false, false, 0),
            20..30 => (false, false, 11_000 + self.random.below(9_000)),
            _ => (false, false, 20 + self.random.below(200)),
        };
        let answer = match (unsent, lost) {
            (true, _) => (2, String::new()),
            (false, true) => (3, String::new()),
            (false, false) => {
                let answer = self.exchange.answer(call);
                // The venue did it, and nobody hears of it.
                if delay_ms == 0 { (3, String::new()) } else { answer }
            }
        };
        self.late.insert((self.now + delay_ms.max(1) * MS, call.call), answer);
    }

    /// The account's connection ends, with everything in it.
    fn cut(&mut self) {
        self.user = None;
        self.exchange.frames.clear();
    }

    /// Time goes on.
    fn pass(&mut self, ms: u64) {
        let until = self.now + ms * MS;
        loop {
            self.deliver();
            let due = self.machine.wake_at().map_or(u64::MAX, |at| at.0);
            let next = self.late.first_key_value().map_or(u64::MAX, |((at, _), _)| *at).min(due).max(self.now);
            if next > until {
                break;
            }
            self.now = next;
            match self.late.first_key_value() {
                Some(((at, _), _)) if *at <= self.now => {
                    let ((_, number), (status, body)) = self.late.pop_first().expect("it is there");
                    self.arrive(number, status, &body);
                }
                Some(_) | None => self.input(Input::Time),
            }
        }
        self.now = until;
        self.input(Input::Time);
    }

    fn arrive(&mut self, number: u64, status: u16, body: &str) {
        match status {
            1 => self.input(Input::Connected { link: u64::MAX - number }),
            2 => self.input(Input::Failed { call: number, how: Failed::NeverSent }),
            3 => self.input(Input::Failed { call: number, how: Failed::MaybeSent }),
            status => {
                let headers = Headers::default();
                self.input(Input::Answer { call: number, status, headers, body: body.as_bytes() });
            }
        }
    }

    /// What the account's stream tells, once or twice, where there is one.
    fn deliver(&mut self) {
        for frame in std::mem::take(&mut self.exchange.frames) {
            let Some(link) = self.user else { return };
            let times = if !self.is_calm && self.random.percent(10) { 2 } else { 1 };
            for _ in 0..times {
                self.input(Input::Frame { link, bytes: frame.as_bytes() });
            }
        }
    }

    fn act(&mut self) {
        match self.random.below(12) {
            0..4 => {
                let side = if self.random.percent(50) { Side::Buy } else { Side::Sell };
                let price = Price(9_900 + i64::try_from(self.random.below(200)).expect("small"));
                let qty = Qty(1 + i64::try_from(self.random.below(50)).expect("small"));
                self.intents += 1;
                self.wish(IntentKind::Submit(Submit::limit(ONE, side, qty, price)));
            }
            4..6 => self.wish_about(|intent, _| IntentKind::Cancel(intent)),
            6..8 => self.wish_about(|order, random| {
                let price = Some(Price(9_900 + i64::try_from(random.below(200)).expect("small")));
                let qty = Some(Qty(1 + i64::try_from(random.below(60)).expect("small")));
                IntentKind::Amend(Amend { order, price, qty, trigger: None })
            }),
            8..11 => {
                let open = self.exchange.open();
                if !open.is_empty() {
                    let id = &open[usize::try_from(self.random.below(open.len() as u64)).expect("small")];
                    let order = &self.exchange.orders[id];
                    let part = 1 + self.random.below(order.qty - order.executed);
                    self.exchange.fill(id, part);
                }
            }
            _cut => {
                if let Some(link) = self.user.filter(|_| self.random.percent(40)) {
                    self.cut();
                    self.input(Input::Lost { link });
                }
            }
        }
    }

    fn wish_about(&mut self, wish: impl Fn(IntentId, &mut Random) -> IntentKind) {
        if self.intents > 0 {
            let intent = IntentId(1 + self.random.below(self.intents));
            let wish = wish(intent, &mut self.random);
            self.intents += 1;
            self.wish(wish);
        }
    }

    fn wish(&mut self, wish: IntentKind) {
        for command in self.desk.ask(STRATEGY, wish) {
            self.input(Input::Send(command));
        }
    }

    /// What differs between the host and the venue.
    fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        let told: Vec<u64> = self.trades_told.iter().copied().collect();
        let truth: Vec<u64> = self.exchange.trades.iter().map(|(trade, ..)| *trade).collect();
        if told != truth {
            found.push(format!("fills told {told:?}, there were {truth:?}"));
        }
        let ours = self.desk.state().net_position(STRATEGY, ONE).0;
        if ours != self.exchange.position() {
            found.push(format!("position {ours}, the venue has {}", self.exchange.position()));
        }
        for order in self.desk.state().open_orders(STRATEGY, ONE) {
            let id = ringfence_core::ids::ClientOrderId::new(crate::bench::SESSION, order.key);
            let theirs = self.exchange.orders.get(id.as_str());
            let is_same = theirs.is_some_and(|theirs| {
                let is_settled = matches!(order.state, OrderState::Accepted | OrderState::PartiallyFilled);
                let numbers = |number: i64| u64::try_from(number).expect("not negative");
                is_settled
                    && matches!(theirs.status, "NEW" | "PARTIALLY_FILLED")
                    && numbers(order.terms.qty.0) == theirs.qty
                    && numbers(order.filled.0) == theirs.executed
            });
            if !is_same {
                let theirs = theirs.map(|theirs| (theirs.status, theirs.qty, theirs.executed));
                found.push(format!(
                    "order {} is {} {:?}, the venue has {theirs:?}",
                    order.key, order.state, order.terms.qty
                ));
            }
        }
        let open = self.desk.state().open_orders(STRATEGY, ONE).count();
        if open != self.exchange.open().len() {
            found.push(format!("{open} open orders, the venue has {:?}", self.exchange.open()));
        }
        found
    }
}

fn run(seed: u64) -> (u64, usize) {
    let mut world = World::new(seed);
    world.is_calm = false;
    for _ in 0..STEPS {
        world.act();
        let ms = world.random.below(1_500);
        world.pass(ms);
    }
    world.is_calm = true;
    world.pass(300_000);
    let found = world.differences();
    if !found.is_empty() {
        let log = world.log.join("\n");
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(format!("simulation-{seed}.log"));
        std::fs::write(&path, log).expect("written");
        panic!("seed {seed}, log in {}: {found:#?}", path.display());
    }
    (world.exchange.placed, world.exchange.trades.len())
}

#[test]
fn host_and_venue_agree_on_remembered_seeds() {
    for seed in REMEMBERED {
        run(seed);
    }
}

#[test]
fn host_and_venue_agree_whatever_gets_lost() {
    let seeds = std::env::var_os("RINGFENCE_SIMULATION_SEEDS")
        .map_or(40, |text| text.to_string_lossy().parse().expect("a whole number"));
    let begin = std::env::var_os("RINGFENCE_SIMULATION_FROM")
        .map_or(1, |text| text.to_string_lossy().parse().expect("a whole number"));
    let (mut orders, mut trades) = (0, 0);
    for seed in begin..begin + seeds {
        let (placed, filled) = run(seed);
        (orders, trades) = (orders + placed, trades + filled);
    }
    println!("{seeds} seeds, {orders} orders, {trades} fills");
    assert!(orders > 10 * seeds && trades as u64 > 10 * seeds, "something happened");
}
