//! Bench: a machine, a core that hears its reports, and a venue played by a script.
//!
//! In: one action a line. Out: what the machine did after each, indented: `>` asked of the venue, `=` reported, `!` told the
//! operator, `?` an anomaly that the core found in a report, `$` answered to the session.
//!
//! | line | what happens |
//! |---|---|
//! | `buy 5 @99.00 post`, `sell 5 market` | strategy 1 wants an order; prices have 2 digits, quantities 1 |
//! | `cancel 1`, `amend 1 7 @98.00` | it wants that for the order of its intent 1 |
//! | `kill 1`, `kill all` | emergency cancels |
//! | `at 12.5` | time goes on to so many seconds; what is due on the way is done |
//! | `<- POST order 200 BODY` | the oldest such call is answered; `retry=5`, `used=100` before the body are headers |
//! | `<- POST order lost`, `unsent` | it is not answered |
//! | `user BODY`, `books BODY` | a frame on that connection |
//! | `user lost`, `user opened` | the connection ends or comes about |
//! | `auto` | all calls are answered and all connections come about, as they do on a quiet day |
//!
//! In a body `$1` is the client id of intent 1, `(order ...)` an order in an answer and `(update ...)` one of the stream:
//! `id STATUS side qty @price executed`, and for an update what happened and, for a fill, `+qty #trade`.

use std::collections::VecDeque;

use ringfence_binance::codec::failure::Product;
use ringfence_binance::codec::{HmacSigner, Secret};
use ringfence_binance::protocol::{Failed, Headers, Hosts, Input, Listed, Machine, Output, Settings, StreamKind};
use ringfence_core::decision::DecisionKind;
use ringfence_core::event::{EventKind, Quote, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{
    AccountId, ClientOrderId, CurrencyId, InstrumentId, IntentId, LegId, LegKey, SessionId, StrategyId, TimeNs, VenueId,
};
use ringfence_core::instrument::Side;
use ringfence_core::intent::{Amend, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Price, Qty};
use ringfence_venue::desk::{self, Desk};
use ringfence_venue::text::describe;
use ringfence_venue::{EmergencyCancel, QueryId, Said, Setting};

pub(crate) const SESSION: SessionId = SessionId([7; 16]);
/// Where the machine's clock begins; it has nothing to do with any other clock.
const BEGIN_S: u64 = 1_000;
/// The venue's clock then, in ms.
const VENUE_MS: u64 = 1_700_000_000_000;
const NS_PER_S: u64 = 1_000_000_000;
const STRATEGY: StrategyId = StrategyId(1);
const HERE: (VenueId, AccountId) = (VenueId(1), AccountId(1));

/// A call that was not answered yet.
struct Open {
    call: u64,
    method: String,
    path: String,
    query: String,
}

pub(crate) struct Bench {
    product: Product,
    machine: Machine,
    desk: Desk,
    now: TimeNs,
    open: VecDeque<Open>,
    /// Connections by name; the newest of a name counts.
    links: Vec<(u64, String)>,
    /// Connections that have not come about.
    waiting: Vec<u64>,
    shown: Vec<String>,
    raw: Vec<String>,
    is_quiet: bool,
}

/// The client id of an intent of strategy 1.
pub(crate) fn client_id(intent: u64) -> String {
    let key = LegKey { strategy: STRATEGY, intent: IntentId(intent), leg: LegId(0) };
    ClientOrderId::new(SESSION, key).to_string()
}

pub(crate) fn settings(product: Product) -> Settings {
    let hosts = Hosts::local("http://venue", "ws://venue");
    let mut settings = Settings::new(product, hosts, HERE, SESSION);
    let streams = vec![StreamKind::Trades, StreamKind::Touch, StreamKind::Depth];
    let instrument = desk::instrument(1, (2, 1));
    settings.instruments = vec![Listed { instrument, symbol: "BTCUSDT".to_owned(), streams }];
    settings.currencies = vec![("USDT".to_owned(), CurrencyId(1)), ("BTC".to_owned(), CurrencyId(2))];
    settings.seed = 1;
    settings
}

impl Bench {
    /// A machine that is up.
    pub(crate) fn up(settings: Settings) -> Bench {
        let mut bench = Bench::new(settings);
        bench.is_quiet = true;
        bench.input(Input::Open);
        bench.auto();
        bench.is_quiet = false;
        bench.shown.clear();
        bench
    }

    pub(crate) fn new(settings: Settings) -> Bench {
        let signer = HmacSigner::new(Secret::new("key".to_owned()), Secret::new("secret".to_owned()));
        let mut desk = Desk::open(&[desk::instrument(1, (2, 1))]);
        let touch = Quote { bid_price: Price(10_000), bid_qty: Qty(10), ask_price: Price(10_002), ask_qty: Qty(10) };
        let touch =
            Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(EventKind::Quote(touch)) };
        desk.tell(&touch);
        Bench {
            product: settings.product,
            machine: Machine::new(settings, Some(Box::new(signer))),
            desk,
            now: TimeNs(BEGIN_S * NS_PER_S),
            open: VecDeque::new(),
            links: Vec::new(),
            waiting: Vec::new(),
            shown: Vec::new(),
            raw: Vec::new(),
            is_quiet: false,
        }
    }

    pub(crate) fn open(&mut self) {
        self.input(Input::Open);
    }

    pub(crate) fn clear(&mut self) {
        self.shown.clear();
    }

    pub(crate) fn wake_at(&self) -> Option<TimeNs> {
        self.machine.wake_at()
    }

    /// What outputs look like to whoever prints them as they are.
    pub(crate) fn shown_raw(&self) -> String {
        self.raw.join("\n")
    }

    /// Plays a script and gives what came of it.
    pub(crate) fn play(&mut self, script: &str) -> String {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.shown.push(line.to_owned());
            self.line(line);
        }
        self.shown.join("\n")
    }

    fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "buy" => self.wish(IntentKind::Submit(submit(Side::Buy, rest))),
            "sell" => self.wish(IntentKind::Submit(submit(Side::Sell, rest))),
            "cancel" => self.wish(IntentKind::Cancel(IntentId(rest.parse().expect("an intent")))),
            "amend" => self.wish(IntentKind::Amend(amend(rest))),
            "kill" => self.kill(rest),
            "at" => self.go_to(rest),
            "<-" => self.answer(rest),
            "user" | "books" | "trades" => self.on_link(word, rest),
            "auto" => self.auto(),
            "leverage" => {
                let setting = Setting::Leverage(rest.parse().expect("hundredths"));
                self.input(Input::Set(QueryId(9), (AccountId(1), InstrumentId(1)), setting));
            }
            "margin" => {
                let mode = ringfence_core::event::MarginMode::ALL.iter().find(|mode| mode.code() == rest);
                let setting = Setting::MarginMode(*mode.expect("a margin mode"));
                self.input(Input::Set(QueryId(9), (AccountId(1), InstrumentId(1)), setting));
            }
            "ask" => self.ask(rest),
            "close" => self.input(Input::Close),
            other => panic!("no action {other}"),
        }
    }

    fn wish(&mut self, wish: IntentKind) {
        let commands = self.desk.ask(STRATEGY, wish);
        if commands.is_empty() {
            self.show(format!("(the core lets nothing out: {:?})", self.desk.decisions().last().map(|one| &one.kind)));
        }
        self.send(commands);
    }

    fn send(&mut self, commands: Vec<VenueCommand>) {
        for command in commands {
            self.input(Input::Send(command));
        }
    }

    fn kill(&mut self, what: &str) {
        let cancel = match what.parse() {
            Ok(intent) => {
                let key = LegKey { strategy: STRATEGY, intent: IntentId(intent), leg: LegId(0) };
                EmergencyCancel::order(HERE, SESSION, (key, InstrumentId(1)))
            }
            Err(_) => EmergencyCancel::account(HERE.0, HERE.1),
        };
        self.input(Input::Emergency(cancel));
    }

    fn ask(&mut self, what: &str) {
        use ringfence_venue::Query;
        let (account, instrument) = (AccountId(1), InstrumentId(1));
        let query = match what.split_once(' ').unwrap_or((what, "")) {
            ("orders", _) => Query::OpenOrders(account),
            ("fills", seconds) => {
                let ms = VENUE_MS.saturating_add_signed(1_000 * seconds.parse::<i64>().expect("seconds"));
                Query::FillsSince { account, instrument, since: TimeNs(ms * 1_000_000) }
            }
            // `order 3 sent 60`: at least so many seconds ago.
            ("order", which) => {
                let (intent, seconds) = which.split_once(" sent ").unwrap_or((which, "0"));
                let sent_ago_ns = seconds.parse::<u64>().expect("seconds") * NS_PER_S;
                let intent = IntentId(intent.parse().expect("an intent"));
                let key = LegKey { strategy: STRATEGY, intent, leg: LegId(0) };
                Query::Order { account, instrument, key, client_id: ClientOrderId::new(SESSION, key), sent_ago_ns }
            }
            ("positions", _) => Query::Positions(account),
            ("balances", _) => Query::Balances(account),
            ("margin", _) => Query::Margin { account, instrument },
            ("instruments", _) => Query::Instruments,
            ("time", _) => Query::Time,
            (other, _) => panic!("no query {other}"),
        };
        self.input(Input::Ask(QueryId(5), query));
    }

    fn go_to(&mut self, seconds: &str) {
        let tenths: f64 = seconds.parse().expect("seconds");
        let until = TimeNs(BEGIN_S * NS_PER_S + (tenths * 1_000.0) as u64 * 1_000_000);
        while let Some(due) = self.machine.wake_at().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.input(Input::Time);
        }
        self.now = until;
        self.input(Input::Time);
    }

    /// `METHOD path outcome`.
    fn answer(&mut self, rest: &str) {
        let mut words = rest.splitn(3, ' ');
        let (method, path) = (words.next().expect("a method"), words.next().expect("a path"));
        let outcome = words.next().expect("an outcome");
        let is_it = |open: &Open| open.method == method && open.path.ends_with(path);
        let at = self.open.iter().position(is_it).unwrap_or_else(|| panic!("no call {method} {path}"));
        let call = self.open.remove(at).expect("it was found").call;
        match outcome {
            "lost" => self.input(Input::Failed { call, how: Failed::MaybeSent }),
            "unsent" => self.input(Input::Failed { call, how: Failed::NeverSent }),
            answer => self.answer_call(call, answer),
        }
    }

    fn answer_call(&mut self, call: u64, answer: &str) {
        let (status, mut body) = answer.split_once(' ').unwrap_or((answer, ""));
        let mut headers = Headers::default();
        while let Some((head, rest)) =
            body.split_once(' ').filter(|(head, _)| head.contains('=') && !head.contains('"'))
        {
            let (name, value) = head.split_once('=').expect("it has one");
            match name {
                "retry" => headers.retry_after_s = value.parse().ok(),
                "used" => headers.used_weight = value.parse().ok(),
                "orders" => headers.order_count = value.parse().ok(),
                other => panic!("no header {other}"),
            }
            body = rest;
        }
        let body = self.written(body);
        let status = status.parse().expect("a status");
        self.input(Input::Answer { call, status, headers, body: body.as_bytes() });
    }

    fn on_link(&mut self, name: &str, what: &str) {
        let link = self.links.iter().rev().find(|(_, of)| of == name).map(|(link, _)| *link);
        let link = link.unwrap_or_else(|| panic!("no connection {name}"));
        match what {
            "lost" => self.input(Input::Lost { link }),
            "opened" => {
                self.waiting.retain(|waiting| *waiting != link);
                self.input(Input::Connected { link });
            }
            frame => {
                let frame = self.written(frame);
                self.input(Input::Frame { link, bytes: frame.as_bytes() });
            }
        }
    }

    /// A quiet day: everything is answered until nothing is asked any more.
    pub(crate) fn auto(&mut self) {
        for _ in 0..100 {
            if let Some(link) = self.waiting.pop() {
                self.input(Input::Connected { link });
            } else if let Some(open) = self.open.pop_front() {
                let body = self.quiet_answer(&open);
                self.answer_call(open.call, &format!("200 {body}"));
            } else {
                return;
            }
        }
        panic!("it never ends");
    }

    fn quiet_answer(&self, open: &Open) -> String {
        let passed = (self.now.0 - BEGIN_S * NS_PER_S) / 1_000_000;
        let (_, what) = open.path.rsplit_once('/').expect("a path");
        match (open.method.as_str(), what) {
            ("GET", "time") => format!("{{\"serverTime\":{}}}", VENUE_MS + passed),
            ("GET", "exchangeInfo") => RULES.to_owned(),
            ("GET", "dual") => r#"{"dualSidePosition":false}"#.to_owned(),
            ("POST", "listenKey" | "userDataStream") => r#"{"listenKey":"a-key"}"#.to_owned(),
            ("PUT" | "DELETE", "listenKey" | "userDataStream") => "{}".to_owned(),
            ("GET", "openOrders" | "myTrades" | "userTrades" | "balance" | "positionRisk") => "[]".to_owned(),
            ("GET", "account") => r#"{"balances":[]}"#.to_owned(),
            ("GET", "depth") => r#"{"lastUpdateId":0,"bids":[],"asks":[]}"#.to_owned(),
            ("GET", "bookTicker") => {
                r#"{"symbol":"BTCUSDT","bidPrice":"99.40","bidQty":"3.0","askPrice":"99.60","askQty":"4.0"}"#.to_owned()
            }
            (method @ ("GET" | "POST" | "DELETE"), "order") => {
                let id = open.query.split("ClientOrderId=").nth(1).and_then(|rest| rest.split('&').next());
                let status = if method == "DELETE" { "CANCELED" } else { "NEW" };
                self.order_json(&format!("{} {status} buy 5.0 @99.00 0", id.expect("it names one")))
            }
            ("POST", "countdownCancelAll") => "{}".to_owned(),
            (method, _) => panic!("no quiet answer to {method} {}?{}", open.path, open.query),
        }
    }

    fn input(&mut self, input: Input<'_>) {
        let mut outputs = Vec::new();
        self.machine.handle(input, self.now, &mut outputs);
        self.desk.advance(self.now);
        let mut commands = Vec::new();
        for output in outputs {
            commands.extend(self.output(output));
        }
        self.send(commands);
    }

    fn output(&mut self, output: Output) -> Vec<VenueCommand> {
        if self.raw.len() < 1_000 {
            self.raw.push(format!("{output:?}"));
        }
        match output {
            Output::Call(call) => {
                let url = call.url.trim_start_matches("http://venue").to_owned();
                let query = ids_named(&unsigned(&call.query));
                let mark = if query.is_empty() { "" } else { "?" };
                self.show(format!("> {} {url}{mark}{query}", call.method.text()));
                let method = call.method.text().to_owned();
                self.open.push_back(Open { call: call.call, method, path: url, query: call.query });
            }
            Output::Connect { link, url } => {
                self.show(format!("> connect {url:?}"));
                let name = if url.shown.contains("streams=") { "books" } else { "user" };
                self.links.push((link, name.to_owned()));
                self.waiting.push(link);
            }
            Output::Frame { link, text } => {
                assert!(text.reveal().contains("userDataStream.subscribe.signature"), "the only frame there is");
                self.show("> subscribe".to_owned());
                self.input(Input::Frame { link, bytes: br#"{"id":1,"status":200,"result":{"subscriptionId":0}}"# });
            }
            Output::Disconnect { link } => {
                self.waiting.retain(|waiting| *waiting != link);
                let name = self.links.iter().find(|(of, _)| *of == link).map_or("?", |(_, name)| name);
                self.show(format!("> disconnect {name}"));
            }
            Output::Said(Said::Report(report)) => return self.hear(&report),
            Output::Said(Said::Answered(id, answer)) => self.show(format!("$ {} {answer:?}", id.0)),
            Output::Notice(notice) => self.show(format!("! {notice:?}")),
            Output::Ended => self.show("> ended".to_owned()),
        }
        Vec::new()
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a test shows few of them in a way of its own")]
    fn hear(&mut self, report: &Report) -> Vec<VenueCommand> {
        assert!(report.venue == HERE.0, "{report:?}");
        self.show(format!("= {}", text_of(report)));
        let commands = self.desk.tell(report);
        let found: Vec<String> = self
            .desk
            .decisions()
            .iter()
            .filter_map(|decision| match &decision.kind {
                DecisionKind::Anomaly(anomaly) => Some(format!("? {} {}", anomaly.code, anomaly.value)),
                _ => None,
            })
            .collect();
        found.into_iter().for_each(|line| self.show(line));
        commands
    }

    fn show(&mut self, line: String) {
        if !self.is_quiet {
            self.shown.push(format!("    {line}"));
        }
    }

    /// A body with its abbreviations written out.
    fn written(&self, body: &str) -> String {
        let mut text = body.to_owned();
        while let Some(start) = text.find("(order ") {
            let end = start + text[start..].find(')').expect("it ends");
            let order = self.order_json(&text[start + 7..end]);
            text.replace_range(start..=end, &order);
        }
        if let Some(update) = text.strip_prefix("(update ") {
            text = self.update_json(update.trim_end_matches(')'));
        }
        for intent in (1..10).rev() {
            text = text.replace(&format!("${intent}"), &client_id(intent));
        }
        text
    }

    /// `id STATUS side qty @price executed`
    fn order_json(&self, words: &str) -> String {
        let [id, status, side, qty, price, executed] = six(words);
        let ms = VENUE_MS + (self.now.0 - BEGIN_S * NS_PER_S) / 1_000_000;
        format!(
            r#"{{"symbol":"BTCUSDT","orderId":{},"clientOrderId":"{id}","price":"{}","origQty":"{qty}","executedQty":"{executed}","status":"{status}","timeInForce":"GTC","type":"LIMIT","side":"{}","updateTime":{ms}}}"#,
            number_of(id),
            price.trim_start_matches('@'),
            side.to_uppercase(),
        )
    }

    /// `happened id STATUS side qty @price executed [+filled #trade]`
    fn update_json(&self, words: &str) -> String {
        let (happened, rest) = words.split_once(' ').expect("what happened");
        let mut parts = rest.split(' ');
        let mut next = || parts.next().expect("a word");
        let (id, status, side, qty) = (next(), next(), next().to_uppercase(), next());
        let (price, executed) = (next().trim_start_matches('@'), next());
        let filled = parts.next().map_or("0", |word| word.trim_start_matches('+'));
        let trade = parts.next().map_or("-1", |word| word.trim_start_matches('#'));
        let ms = VENUE_MS + (self.now.0 - BEGIN_S * NS_PER_S) / 1_000_000;
        let number = number_of(id);
        let fields = format!(
            r#""s":"BTCUSDT","c":"{id}","S":"{side}","o":"LIMIT","f":"GTC","q":"{qty}","p":"{price}","x":"{happened}","X":"{status}","i":{number},"l":"{filled}","z":"{executed}","L":"{price}","n":"0.01","N":"USDT","T":{ms},"t":{trade},"m":true"#
        );
        match self.product {
            Product::Spot => {
                format!(
                    r#"{{"subscriptionId":0,"event":{{"e":"executionReport","E":{ms},"r":"NONE","C":"",{fields}}}}}"#
                )
            }
            Product::UsdM => {
                format!(r#"{{"e":"ORDER_TRADE_UPDATE","E":{ms},"T":{ms},"o":{{{fields},"ps":"BOTH","R":false}}}}"#)
            }
        }
    }
}

/// Rules that allow everything that the instrument of the desk does.
pub(crate) const RULES: &str = r#"{"rateLimits":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0.1","maxQty":"9000","stepSize":"0.1"}]}]}"#;

/// A number of the venue that goes with a client id.
fn number_of(id: &str) -> u64 {
    id.trim_start_matches('$').parse().map_or(900, |intent: u64| 100 + intent)
}

fn six(words: &str) -> [&str; 6] {
    let words: Vec<&str> = words.split(' ').collect();
    words.try_into().unwrap_or_else(|words: Vec<&str>| panic!("six words, not {words:?}"))
}

/// Parameters without stamp and signature.
fn unsigned(query: &str) -> String {
    let is_kept = |part: &&str| !["recvWindow=", "timestamp=", "signature="].iter().any(|head| part.starts_with(head));
    query.split('&').filter(is_kept).collect::<Vec<_>>().join("&")
}

/// Client ids as the number of their intent.
fn ids_named(text: &str) -> String {
    (1..10).fold(text.to_owned(), |text, intent| text.replace(&client_id(intent), &format!("${intent}")))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a test shows few of them in a way of its own")]
fn text_of(report: &Report) -> String {
    use ringfence_core::event::{BookAction, Cause};
    match report.kind {
        EventKind::Trade(trade) => format!("trade {}@{}", trade.qty.0, trade.price.0),
        EventKind::Quote(quote) => {
            format!("quote {}@{} {}@{}", quote.bid_qty.0, quote.bid_price.0, quote.ask_qty.0, quote.ask_price.0)
        }
        EventKind::BookLevel(level) if level.action == BookAction::Clear => "book clear".to_owned(),
        EventKind::BookLevel(level) => {
            let last = if level.is_last { " last" } else { "" };
            format!("book {} {}@{}{last}", level.side, level.qty.0, level.price.0)
        }
        EventKind::ReconcileFinished(differences) => format!("ReconcileFinished {differences}"),
        kind => {
            let by = match (report.cause, kind.order()) {
                (Cause::Leg { strategy, intent, leg }, order) => {
                    let key = LegKey { strategy, intent, leg };
                    if order == Some(key) { String::new() } else { format!(" by {key}") }
                }
                (Cause::Outside | Cause::Event(_), _) => String::new(),
            };
            format!("{}{by}", describe(report))
        }
    }
}

fn price(text: &str) -> Price {
    let (whole, behind) = text.trim_start_matches('@').split_once('.').expect("two digits behind the point");
    Price(whole.parse::<i64>().expect("a number") * 100 + behind.parse::<i64>().expect("a number"))
}

fn qty(text: &str) -> Qty {
    Qty(text.parse::<i64>().expect("whole units") * 10)
}

fn submit(side: Side, words: &str) -> Submit {
    let words: Vec<&str> = words.split(' ').collect();
    let limit = words.iter().find(|word| word.starts_with('@')).map(|word| price(word));
    let plain = Submit::limit(InstrumentId(1), side, qty(words[0]), limit.unwrap_or(Price(0)));
    let tif = if words.contains(&"ioc") { TimeInForce::Ioc } else { TimeInForce::Gtc };
    let order_type = if limit.is_some() { OrderType::Limit } else { OrderType::Market };
    Submit {
        size: Size::Quantity(qty(words[0])),
        order_type,
        limit_price: limit,
        tif: if order_type == OrderType::Market { TimeInForce::Ioc } else { tif },
        post_only: words.contains(&"post"),
        reduce_only: words.contains(&"reduce"),
        ..plain
    }
}

fn amend(words: &str) -> Amend {
    let words: Vec<&str> = words.split(' ').collect();
    Amend {
        order: IntentId(words[0].parse().expect("an intent")),
        qty: Some(qty(words[1])),
        price: Some(price(words[2])),
        trigger: None,
    }
}
