//! Our side: what does the simulated venue make of a case, joined to a core as a backtest joins them?
//!
//! In: a case. Out: the same as the other side says. Must never: let a command by that Risk and the Gate did not see.

use std::collections::BTreeMap;

use ringfence_core::event::{BookAction, BookLevel, CancelReason, EventKind, Fill, Quote, RejectReason, Report, Trade};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, IntentId, LegKey, Seq, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{Amend, Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Decimal, Price, Qty};
use ringfence_sim::{
    Carry, Fees, FillMoment, Latency, MeasuredLatency, OrderLatency, RestingFills, Sim, SimAccount, SimConfig,
    Slippage, SlippageModel, TakerSize,
};
use ringfence_venue::desk::{self, Desk};

use crate::case::{Filled, Fills, Legs, Models, Result};

/// Runs a case to its end, answers that are on their way included.
pub(crate) fn run(models: &Models, lines: &str) -> Result {
    let mut run = Run::new(models);
    for line in lines.lines() {
        run.line(&line.split_whitespace().collect::<Vec<_>>());
    }
    run.until(TimeNs(u64::MAX));
    run.result.fills.sort_by_key(|fill| (fill.time, fill.order));
    run.result
}

/// The maker with orders of 10 lots and a position of at most 50, woken once by the quotes of a time, when all rows of
/// that time have happened; not after the last one. Gives the number of its orders.
pub(crate) fn maker(models: &Models, lines: &str) -> (u64, Result) {
    let mut run = Run::new(models);
    let mut maker = Maker::default();
    let lines: Vec<Vec<&str>> = lines.lines().map(|line| line.split(' ').collect()).collect();
    for (at, words) in lines.iter().enumerate() {
        run.line(words);
        maker.see(words);
        if lines.get(at + 1).is_some_and(|next| next[1] != words[1]) {
            maker.want(&mut run, words[1]);
        }
    }
    (maker.orders, run.result)
}

#[derive(Default)]
struct Maker {
    touch: [String; 2],
    is_woken: bool,
    orders: u64,
    /// Live orders: side, number, price.
    live: Vec<(usize, u64, String)>,
    /// Fills that are in `position`.
    seen: usize,
    position: i64,
    is_buy: Vec<bool>,
}

impl Maker {
    fn see(&mut self, words: &[&str]) {
        if let ["quote", _, bid, _, ask, _] = *words {
            (self.touch, self.is_woken) = ([bid.to_owned(), ask.to_owned()], true);
        }
    }

    fn want(&mut self, run: &mut Run, time: &str) {
        for fill in &run.result.fills[self.seen..] {
            let is_buy = self.is_buy[usize::try_from(fill.order).expect("a small number") - 1];
            self.position += if is_buy { fill.qty } else { -fill.qty };
        }
        self.seen = run.result.fills.len();
        if !std::mem::take(&mut self.is_woken) {
            return;
        }
        self.live.retain(|(_, order, _)| run.result.orders[order].0 == "open");
        for (side, word) in ["buy", "sell"].into_iter().enumerate() {
            let is_wanted = if side == 0 { self.position + 10 <= 50 } else { 10 - self.position <= 50 };
            let mut stands = false;
            for (_, order, price) in self.live.iter().filter(|(of, ..)| *of == side) {
                if is_wanted && *price == self.touch[side] {
                    stands = true;
                } else {
                    run.line(&["cancel", time, &order.to_string()]);
                }
            }
            if is_wanted && !stands {
                self.orders += 1;
                let (order, price) = (self.orders, self.touch[side].clone());
                run.line(&["submit", time, &order.to_string(), word, &price, "10", "gtx"]);
                self.live.push((side, order, price));
                self.is_buy.push(side == 0);
            }
        }
    }
}

struct Run {
    desk: Desk,
    sim: Sim,
    reports: Vec<Report>,
    /// Intents so far, and the intent of each order of the case.
    intents: u64,
    of_order: BTreeMap<u64, IntentId>,
    of_intent: BTreeMap<IntentId, u64>,
    asked: BTreeMap<u64, i64>,
    result: Result,
}

impl Run {
    fn new(models: &Models) -> Run {
        let mut sim = Sim::new(config(models)).expect("a sound configuration");
        let mut desk = Desk::open(&[desk::instrument(1, (1, 3))]);
        let mut reports = Vec::new();
        sim.open(&mut reports);
        for report in reports.drain(..) {
            assert!(desk.tell(&report).is_empty());
        }
        let (of_order, of_intent, asked) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Run { desk, sim, reports, intents: 0, of_order, of_intent, asked, result: Result::default() }
    }

    fn line(&mut self, words: &[&str]) {
        let time = TimeNs(number(words[1]));
        self.until(time);
        self.desk.advance(time);
        match fact(words) {
            Some(kind) => {
                let fact = Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(kind) };
                self.sim.on_market(&fact.at(Seq(0), time), &mut self.reports);
                self.settle();
                assert!(self.desk.tell(&fact).is_empty(), "strategies of a desk hear signals alone");
            }
            None => self.ask(time, words),
        }
    }

    /// Lets everything arrive that is due.
    fn until(&mut self, until: TimeNs) {
        while let Some(at) = self.sim.next_arrival().filter(|at| *at <= until) {
            self.desk.advance(at);
            self.sim.on_time(at, &mut self.reports);
            self.settle();
        }
    }

    fn ask(&mut self, time: TimeNs, words: &[&str]) {
        self.sim.on_time(time, &mut self.reports);
        self.settle();
        self.intents += 1;
        let order: u64 = number(words[2]);
        let wish = match *words {
            ["submit", _, _, side, price, qty, tif] => {
                let intent = IntentId(self.intents);
                self.of_order.insert(order, intent);
                self.of_intent.insert(intent, order);
                self.asked.insert(order, number(qty));
                self.result.orders.insert(order, ("none".to_owned(), number(qty)));
                IntentKind::Submit(submit(side_of(side), (number(price), number(qty)), tif))
            }
            ["cancel", ..] => IntentKind::Cancel(self.of_order[&order]),
            ["amend", _, _, price, qty] => {
                let (price, qty) = (Some(Price(number(price))), Some(Qty(number(qty))));
                IntentKind::Amend(Amend { order: self.of_order[&order], price, qty, trigger: None })
            }
            _ => panic!("{words:?} is no line of a case"),
        };
        for command in self.desk.ask(StrategyId(1), wish) {
            self.sim.on_command(command, &mut self.reports);
        }
        self.settle();
    }

    /// Lets the core hear what the venue said.
    fn settle(&mut self) {
        for report in std::mem::take(&mut self.reports) {
            self.note(&report);
            assert!(self.desk.tell(&report).is_empty(), "nothing waits in the queue of a desk");
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what else a venue says changes no order")]
    fn note(&mut self, report: &Report) {
        match report.kind {
            EventKind::OrderAccepted(key) => self.stand(key, |_, _| "open"),
            EventKind::OrderRejected(key, RejectReason::WouldTake) => self.stand(key, |_, _| "expired"),
            EventKind::OrderRejected(..) => panic!("{report:?}"),
            EventKind::OrderCanceled(key, _, CancelReason::Asked) => self.stand(key, |_, _| "canceled"),
            EventKind::OrderCanceled(key, _, CancelReason::IocRemainder | CancelReason::WouldTake) => {
                self.stand(key, |_, _| "expired");
            }
            EventKind::OrderCanceled(..) => panic!("{report:?}"),
            EventKind::OrderAmended(key, _, qty) => {
                let order = self.of_intent[&key.intent];
                let filled: i64 =
                    self.result.fills.iter().filter(|fill| fill.order == order).map(|fill| fill.qty).sum();
                self.stand(key, |word, left| {
                    *left = qty.0 - filled;
                    word
                });
            }
            EventKind::OrderFilled(fill) => self.filled(&fill, report.venue_time),
            _ => {}
        }
    }

    fn filled(&mut self, fill: &Fill, moment: TimeNs) {
        let order = self.of_intent[&fill.order.intent];
        let liquidity = fill.liquidity.code().to_owned();
        let (time, price, qty) = (moment.0, fill.price.0, fill.qty.0);
        self.result.fills.push(Filled { time, order, price, qty, liquidity });
        self.stand(fill.order, |_, left| {
            *left -= qty;
            if *left == 0 { "filled" } else { "open" }
        });
    }

    fn stand(&mut self, key: LegKey, change: impl FnOnce(&'static str, &mut i64) -> &'static str) {
        let (word, left) = self.result.orders.get_mut(&self.of_intent[&key.intent]).expect("one of the case");
        let known = if word == "none" { "none" } else { "open" };
        *word = change(known, left).to_owned();
    }
}

fn config(models: &Models) -> SimConfig {
    let account = |id: u16| SimAccount {
        account: AccountId(id),
        venue: VenueId(1),
        currency: CurrencyId(1),
        cash: Decimal::from(1_000_000),
    };
    let (resting, taker_size) = match models.fills {
        Fills::Whole => (RestingFills::Whole, TakerSize::Unlimited),
        Fills::Partial => (RestingFills::Partial, TakerSize::Displayed),
    };
    let orders = match &models.latency {
        Legs::Constant { entry_ns, response_ns } => {
            OrderLatency::Constant { entry_ns: *entry_ns, response_ns: *response_ns }
        }
        Legs::Measured(rows) => OrderLatency::Measured(MeasuredLatency::new(rows.clone()).expect("sound rows")),
    };
    SimConfig {
        fill: FillMoment::SameEvent,
        fees: Fees::bps(Decimal::from(2), Decimal::from(5)),
        latency: Latency { feed_ns: 0, orders },
        queue: models.queue,
        queue_power: (models.power > 0).then_some(models.power),
        resting,
        taker_size,
        slippage: Slippage { model: SlippageModel::Off, amount: 0 },
        carry: Carry::NONE,
        accounts: (1..=desk::ACCOUNTS).map(account).collect(),
        instruments: vec![desk::instrument(1, (1, 3))],
    }
}

fn fact(words: &[&str]) -> Option<EventKind> {
    let kind = match *words {
        ["quote", _, bid, bids, ask, asks] => EventKind::Quote(Quote {
            bid_price: Price(number(bid)),
            bid_qty: Qty(number(bids)),
            ask_price: Price(number(ask)),
            ask_qty: Qty(number(asks)),
        }),
        ["level", _, side, price, size] => EventKind::BookLevel(BookLevel {
            action: BookAction::Set,
            side: side_of(side),
            price: Price(number(price)),
            qty: Qty(number(size)),
            is_last: true,
        }),
        ["trade", _, side, price, size] => EventKind::Trade(Trade {
            price: Price(number(price)),
            qty: Qty(number(size)),
            aggressor: Some(side_of(side)),
        }),
        _ => return None,
    };
    Some(kind)
}

fn submit(side: Side, (price, qty): (i64, i64), tif: &str) -> Submit {
    let (tif, post_only) = match tif {
        "gtc" => (TimeInForce::Gtc, false),
        "gtx" => (TimeInForce::Gtc, true),
        "ioc" => (TimeInForce::Ioc, false),
        "fok" => (TimeInForce::Fok, false),
        other => panic!("{other} is no time in force"),
    };
    Submit {
        instrument: InstrumentId(1),
        side,
        size: Size::Quantity(Qty(qty)),
        order_type: OrderType::Limit,
        limit_price: Some(Price(price)),
        stop_price: None,
        tif,
        max_slippage_bps: None,
        post_only,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    }
}

fn side_of(word: &str) -> Side {
    *Side::ALL.iter().find(|side| side.code() == word).unwrap_or_else(|| panic!("{word} is no side"))
}

fn number<T: std::str::FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| panic!("{word} is no number"))
}
