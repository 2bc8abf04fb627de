//! The stage: adapters of the Binance family at the local exchange, under the suite's control.
//!
//! In: acts. Out: what the exchange is told to do, what goes wrong on the way. Must never: tell a machine anything but
//! through the pipe.

use ringfence_binance::codec::failure::Product;
use ringfence_binance::protocol::{Channel, Hosts, StreamKind};
use ringfence_core::event::{Fill, Liquidity, Report};
use ringfence_core::ids::{AccountId, ClientOrderId, CurrencyId, InstrumentId, LegKey, SessionId, TimeNs};
use ringfence_core::instrument::{Instrument, InstrumentKind, Side};
use ringfence_core::money::{Decimal, Plain, Price, Qty, decimal};
use ringfence_faults::{Disturbance, Of, Opening, Pipe, SYMBOLS, Trouble as Wrong};
use ringfence_venue::Said;
use ringfence_venue::conformance::{Act, Ask, Level, Mishap, Rule, Stage, Switch, Trouble, Truth, Wire, instruments};
use serde_json::{Value, json};

/// The session of the suite's desk.
const SESSION: SessionId = SessionId([7; 16]);
/// Everything that is under way arrives in this time, and what is asked in answer to it too.
const SETTLE_NS: u64 = 1_000_000_000;
const FIRST: AccountId = AccountId(1);

/// Which of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Spot,
    UsdM,
    Aster,
}

/// Machines, a network, an exchange.
pub(crate) struct Floor {
    pipe: Pipe,
    product: Product,
}

impl Floor {
    /// A venue whose machines have begun.
    pub(crate) fn open(kind: Kind) -> Floor {
        let product = if kind == Kind::Spot { Product::Spot } else { Product::UsdM };
        let mut streams = vec![StreamKind::Touch, StreamKind::Depth];
        streams.extend(match kind {
            Kind::Spot => vec![StreamKind::Trades],
            Kind::UsdM | Kind::Aster => vec![StreamKind::AggTrades, StreamKind::Mark],
        });
        let [one, two] = instruments();
        let mut pipe = Pipe::open(Opening {
            streams,
            accounts: 2,
            second: Some(two),
            has_one_feed: true,
            ..Opening::new(product, hosts(kind), SESSION, one)
        });
        if std::env::var_os("RINGFENCE_SHOWN").is_some() {
            pipe.keep_shown();
        }
        pipe.dial();
        Floor { pipe, product }
    }

    /// What goes wrong from the beginning, for a test of the suite itself.
    pub(crate) fn disturb(mut self, trouble: Wrong, of: Of) -> Floor {
        self.pipe.disturb(Disturbance { name: "twist", trouble, of, times: u32::MAX });
        self
    }

    fn is_futures(&self) -> bool {
        self.product == Product::UsdM
    }

    /// Method and path of a kind of request; an amend of spot has two.
    fn requests(&self, ask: Ask) -> Vec<(&'static str, &'static str)> {
        match (ask, self.is_futures()) {
            (Ask::Submit, true) => vec![("POST", "/fapi/v1/order")],
            (Ask::Submit, false) => vec![("POST", "/api/v3/order")],
            (Ask::Cancel, true) => vec![("DELETE", "/fapi/v1/order")],
            (Ask::Cancel, false) => vec![("DELETE", "/api/v3/order")],
            (Ask::Amend, true) => vec![("PUT", "/fapi/v1/order")],
            (Ask::Amend, false) => {
                vec![("POST", "/api/v3/order/cancelReplace"), ("PUT", "/api/v3/order/amend/keepPriority")]
            }
            (Ask::CancelAll, true) => vec![("DELETE", "/fapi/v1/allOpenOrders")],
            (Ask::CancelAll, false) => vec![("DELETE", "/api/v3/openOrders")],
            (Ask::Order, true) => vec![("GET", "/fapi/v1/order")],
            (Ask::Order, false) => vec![("GET", "/api/v3/order")],
            (Ask::Fills, true) => vec![("GET", "/fapi/v1/userTrades")],
            (Ask::Fills, false) => vec![("GET", "/api/v3/myTrades")],
        }
    }

    fn next(&mut self, ask: Ask, mishap: Mishap) {
        for (method, path) in self.requests(ask) {
            match network(mishap) {
                Some(trouble) => {
                    let of = Of::Request(method, path);
                    self.pipe.disturb(Disturbance { name: "next", trouble, of, times: 1 });
                }
                None => self.rule(json!({"request": format!("{method} {path}")}), fault(mishap)),
            }
        }
    }

    fn rule(&mut self, when: Value, fault: Value) {
        self.pipe.faults(&json!({"rule": [{"when": when, "fault": fault}]}));
    }

    /// Something goes wrong with messages of account 1.
    fn messages(&mut self, trouble: Trouble) {
        let event = if self.is_futures() { "ORDER_TRADE_UPDATE" } else { "executionReport" };
        let (message, times, fault) = match trouble {
            Trouble::Twice(times) => ("*".to_owned(), times, json!({"kind": "duplicate"})),
            Trouble::LoseFill => (format!("{event}:TRADE"), 1, json!({"kind": "lose"})),
            Trouble::LoseEnd => (format!("{event}:CANCELED"), 1, json!({"kind": "lose"})),
            Trouble::Late(ms) => (event.to_owned(), 1, json!({"kind": "delay", "ms": ms})),
            Trouble::Garbled => (event.to_owned(), 1, self.unreadable()),
        };
        self.rule(json!({"message": message, "account": Pipe::name(FIRST), "times": times}), fault);
    }

    /// A message about an order without its status.
    fn unreadable(&self) -> Value {
        let within: &[&str] = if self.is_futures() { &["data", "o"] } else { &["event"] };
        let within = if self.is_futures() { &within[1..] } else { within };
        json!({"kind": "drift", "within": within, "remove": ["X"]})
    }

    fn act(&mut self, what: Value) {
        self.pipe.act(what).expect("the exchange does what a stage may ask");
    }

    fn touch(&mut self, instrument: InstrumentId, quote: ringfence_core::event::Quote) {
        let (price, qty) = (price_text(instrument), qty_text(instrument));
        let change = json!({
            "is": "quote", "bid": price(quote.bid_price), "bid_qty": qty(quote.bid_qty),
            "ask": price(quote.ask_price), "ask_qty": qty(quote.ask_qty),
        });
        self.act(json!({"do": "follow", "symbol": symbol(instrument), "change": change}));
    }

    fn level(&mut self, what: &str, (instrument, side, level): (InstrumentId, Side, Level)) {
        let (price, qty) = (price_text(instrument)(level.price), qty_text(instrument)(level.qty));
        let what =
            json!({"do": what, "symbol": symbol(instrument), "side": side_text(side), "price": price, "qty": qty});
        self.act(what);
    }

    fn change_rule(&mut self, instrument: InstrumentId, rule: Rule) {
        let (price, qty) = (price_text(instrument), qty_text(instrument));
        let (name, value) = match rule {
            Rule::NotionalMin(value) => ("notional_min", value.to_string()),
            Rule::QtyMin(value) => ("qty_min", qty(Qty(value))),
            Rule::Tick(value) => ("tick", price(Price(value))),
            Rule::Lot(value) => ("step", qty(Qty(value))),
        };
        self.act(json!({"do": "filter", "symbol": symbol(instrument), name: value}));
    }

    /// Ends a connection, and lets so many not come about.
    fn cut(&mut self, channel: Channel, times: u32) {
        if self.pipe.cut_of(FIRST, channel) > 0 {
            let (trouble, of) = (Wrong::ConnectRefused, Of::Link(channel));
            self.pipe.disturb(Disturbance { name: "cut", trouble, of, times });
        }
    }

    fn pass(&mut self, ns: u64) {
        self.pipe.advance(self.pipe.now().plus(ns));
    }
}

/// Shows what went over the network, to people who look for a fault.
impl Drop for Floor {
    fn drop(&mut self) {
        self.pipe.shown().iter().for_each(|line| println!("{line}"));
    }
}

impl Stage for Floor {
    type Adapter = Pipe;

    fn adapter(&mut self, _account: AccountId) -> &mut Pipe {
        &mut self.pipe
    }

    fn can(&self, act: &Act) -> bool {
        match act {
            // Spot has no keys, and no fundings.
            Act::ExpireKey | Act::Fund => self.is_futures(),
            Act::Touch(..)
            | Act::SizedTouch(..)
            | Act::Level(..)
            | Act::Trade(..)
            | Act::Pass(_)
            | Act::Halt(..)
            | Act::Rule(..)
            | Act::Foreign(..)
            | Act::ForeignCancel(_)
            | Act::Transfer(..)
            | Act::Next(..)
            | Act::Messages(_)
            | Act::Cut(..)
            | Act::Stall(..)
            | Act::Gap
            | Act::Echo
            | Act::Garble
            | Act::Skew(_)
            | Act::Network(_) => true,
        }
    }

    async fn act(&mut self, act: &Act, _now: TimeNs) {
        match *act {
            Act::Touch(instrument, quote) | Act::SizedTouch(instrument, quote) => self.touch(instrument, quote),
            Act::Level(instrument, side, level) => self.level("place", (instrument, side, level)),
            Act::Trade(instrument, side, level) => self.level("trade", (instrument, side, level)),
            Act::Pass(ms) => self.pass(ms * 1_000_000),
            Act::Halt(instrument, switch) => {
                let status = if switch == Switch::On { "TRADING" } else { "HALT" };
                self.act(json!({"do": "status", "symbol": symbol(instrument), "status": status}));
            }
            Act::Rule(instrument, rule) => self.change_rule(instrument, rule),
            Act::Foreign(account, side, level) => {
                let (price, qty) = (level.price.0.to_string(), level.qty.0.to_string());
                self.act(json!({
                    "do": "order", "account": Pipe::name(account), "symbol": SYMBOLS[0], "side": side_text(side),
                    "price": price, "qty": qty,
                }));
            }
            Act::ForeignCancel(account) => self.act(json!({"do": "cancel_all", "account": Pipe::name(account)})),
            Act::Transfer(account, amount) => {
                let (account, amount) = (Pipe::name(account), amount.to_string());
                self.act(json!({"do": "transfer", "account": account, "asset": "USDT", "amount": amount}));
            }
            Act::Fund => self.act(json!({"do": "fund"})),
            Act::Next(ask, mishap) => self.next(ask, mishap),
            Act::Messages(trouble) => self.messages(trouble),
            Act::Cut(Wire::Market, attempts) => {
                self.cut(Channel::Books, attempts);
                self.cut(Channel::Trades, attempts);
            }
            Act::Cut(Wire::User, attempts) => self.cut(Channel::User, attempts),
            Act::Stall(Wire::Market, ms) => {
                self.rule(json!({"stream": "@bookTicker"}), json!({"kind": "stall", "ms": ms}));
            }
            Act::Stall(Wire::User, ms) => {
                let when = json!({"message": "*", "account": Pipe::name(FIRST)});
                self.rule(when, json!({"kind": "stall", "ms": ms}));
            }
            Act::Gap => self.rule(json!({"stream": "btcusdt@depth"}), json!({"kind": "lose"})),
            Act::Echo => {
                let stream = if self.is_futures() { "btcusdt@aggTrade" } else { "btcusdt@trade" };
                self.rule(json!({"stream": stream}), json!({"kind": "duplicate"}));
            }
            Act::Garble => {
                let drift = json!({"kind": "drift", "within": ["data"], "remove": ["u"]});
                self.rule(json!({"stream": "btcusdt@depth"}), drift);
            }
            Act::ExpireKey => self.act(json!({"do": "expire_keys"})),
            Act::Skew(ms) => self.rule(json!({}), json!({"kind": "clock_skew", "ms": ms})),
            Act::Network(Switch::Off) => {
                let times = u32::MAX;
                self.pipe.disturb(Disturbance { name: "network", trouble: Wrong::Unsent, of: Of::Requests, times });
            }
            Act::Network(Switch::On) => self.pipe.heal(),
        }
    }

    async fn settle(&mut self) -> Vec<Said> {
        self.pass(SETTLE_NS);
        std::iter::from_fn(|| self.pipe.take_said()).collect()
    }

    fn has_ended(&self, _account: AccountId) -> bool {
        self.pipe.has_ended()
    }

    fn kind(&self) -> InstrumentKind {
        if self.is_futures() { InstrumentKind::Perpetual } else { InstrumentKind::Spot }
    }

    fn fee(&self, report: &Report, fill: &Fill) -> Option<(Decimal, CurrencyId)> {
        let definition = definition(report.instrument);
        let (price, qty) = (i128::from(fill.price.0), i128::from(fill.qty.0));
        let digits = u32::from(definition.price_scale.digits() + definition.qty_scale.digits());
        // Spot takes a thousandth of what was received, futures two or five hundredths of a percent of the value.
        let (mantissa, scale, currency) = match (self.is_futures(), fill.side) {
            (true, _) => (price * qty * if fill.liquidity == Liquidity::Maker { 2 } else { 5 }, digits + 4, 1),
            (false, Side::Sell) => (price * qty, digits + 3, 1),
            (false, Side::Buy) => (qty, u32::from(definition.qty_scale.digits()) + 3, 2),
        };
        Some((decimal(mantissa, scale).expect("a small number").normalize(), CurrencyId(currency)))
    }

    fn times_placed(&self, id: &ClientOrderId) -> Option<u32> {
        Some(self.pipe.orders().get(id.as_str()).copied().unwrap_or(0))
    }

    fn truth(&mut self, account: AccountId) -> Option<Truth> {
        let ledger = self.pipe.ledger(account);
        let list = |name: &str| ledger[name].as_array().cloned().unwrap_or_default();
        let mut truth = Truth::default();
        for order in list("orders") {
            let is_open = ["NEW", "PARTIALLY_FILLED"].contains(&order["status"].as_str().unwrap_or_default());
            if let Some(key) = key_of(&order).filter(|_| is_open) {
                let digits = definition(instrument_of(&order)).qty_scale.digits();
                let open = mantissa(&order["origQty"], digits) - mantissa(&order["executedQty"], digits);
                truth.open.push((key, open));
            }
        }
        for instrument in instruments() {
            let of = list("fills").into_iter().filter(|fill| instrument_of(fill) == instrument.id);
            let signed = of.map(|fill| {
                let qty = mantissa(&fill["qty"], instrument.qty_scale.digits());
                if fill["side"] == "BUY" { qty } else { -qty }
            });
            truth.positions.push((instrument.id, signed.sum()));
        }
        Some(truth)
    }
}

fn hosts(kind: Kind) -> Hosts {
    let plain = Hosts::local("http://venue", "ws://venue");
    match kind {
        Kind::Spot => Hosts { user: "ws://venue/ws-api/v3".to_owned(), ..plain },
        Kind::UsdM => Hosts {
            books: "ws://venue/public".to_owned(),
            trades: "ws://venue/market".to_owned(),
            user: "ws://venue/private".to_owned(),
            ..plain
        },
        Kind::Aster => Hosts::aster(),
    }
}

/// What happens on the way, where it is not the exchange that does it.
fn network(mishap: Mishap) -> Option<Wrong> {
    match mishap {
        Mishap::LostRequest => Some(Wrong::RequestLost),
        Mishap::Unsent => Some(Wrong::Unsent),
        Mishap::LostAnswer
        | Mishap::CutAnswer
        | Mishap::Slow(_)
        | Mishap::SaysUnknown
        | Mishap::SaysUnknownDone
        | Mishap::SaysUnavailable
        | Mishap::SaysInternal
        | Mishap::TooMany(_)
        | Mishap::Banned(_)
        | Mishap::StaleStamp
        | Mishap::FillFirst
        | Mishap::LateFill
        | Mishap::Overfill(_)
        | Mishap::StrangeField => None,
    }
}

/// What the exchange does.
fn fault(mishap: Mishap) -> Value {
    let unavailable = |text: &str| json!({"kind": "unavailable", "text": text});
    match mishap {
        Mishap::LostAnswer => json!({"kind": "lost_ack"}),
        Mishap::CutAnswer => json!({"kind": "cut_response", "bytes": 10}),
        Mishap::Slow(ms) => json!({"kind": "slow", "ms": ms}),
        Mishap::SaysUnknown => unavailable("unknown"),
        Mishap::SaysUnknownDone => json!({"kind": "unavailable", "text": "unknown", "is_processed": true}),
        Mishap::SaysUnavailable => unavailable("unavailable"),
        Mishap::SaysInternal => unavailable("internal"),
        Mishap::TooMany(seconds) => json!({"kind": "too_many", "retry_after_s": seconds}),
        Mishap::Banned(seconds) => json!({"kind": "banned", "seconds": seconds}),
        Mishap::StaleStamp => json!({"kind": "stale_timestamp"}),
        Mishap::FillFirst => json!({"kind": "fill_before_ack", "ms": 300}),
        Mishap::LateFill => json!({"kind": "late_fill", "ms": 1_500}),
        Mishap::Overfill(qty) => json!({"kind": "overfill", "qty": qty.to_string()}),
        Mishap::StrangeField => json!({"kind": "drift", "add": {"neverHeardOf": [1, {"x": null}]}}),
        Mishap::LostRequest | Mishap::Unsent => unreachable!("the network does it"),
    }
}

fn definition(id: InstrumentId) -> Instrument {
    instruments().into_iter().find(|instrument| instrument.id == id).expect("an instrument of the suite")
}

fn symbol(id: InstrumentId) -> &'static str {
    SYMBOLS[id.0 as usize - 1]
}

fn instrument_of(said: &Value) -> InstrumentId {
    let at = SYMBOLS.iter().position(|symbol| said["symbol"] == **symbol).expect("a symbol of the suite");
    InstrumentId(u32::try_from(at + 1).expect("few symbols"))
}

/// The key of an order of the session.
fn key_of(order: &Value) -> Option<LegKey> {
    let own = ClientOrderId::new(SESSION, LegKey::default());
    let (ours, _) = ClientOrderId::parse(own.as_str())?;
    // What took an order's place begins with its id.
    let first = order["clientOrderId"].as_str()?.get(..ClientOrderId::LEN)?;
    let (session, key) = ClientOrderId::parse(first)?;
    (session == ours).then_some(key)
}

fn mantissa(number: &Value, digits: u8) -> i64 {
    let number: Decimal = number.as_str().expect("numbers are text").parse().expect("a number");
    let scaled = number * Decimal::from(10_i64.pow(u32::from(digits)));
    scaled.normalize().to_string().parse().expect("a whole number of steps")
}

fn price_text(id: InstrumentId) -> impl Fn(Price) -> String {
    let scale = definition(id).price_scale;
    move |price| Plain(price.0, scale).to_string()
}

fn qty_text(id: InstrumentId) -> impl Fn(Qty) -> String {
    let scale = definition(id).qty_scale;
    move |qty| Plain(qty.0, scale).to_string()
}

fn side_text(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}
