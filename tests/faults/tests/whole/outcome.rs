//! Outcome: do the host and the exchange agree, now that all is quiet?
//!
//! In: a house at its end: the journal on its disk, the exchange's own ledger. Out: everything that differs, in words. Must
//! never: believe the host about the exchange, or the exchange about the host.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use ringfence_core::decision::{DecisionKind, Normalised};
use ringfence_core::event::{Command, Event, EventKind, KillLevel, Liquidity};
use ringfence_core::ids::{ClientOrderId, LegKey, StrategyId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::Action;
use ringfence_core::order::OrderState;
use ringfence_core::state::State;
use ringfence_journal::reader::{Input as Recorded, JournalReader, Step};
use ringfence_journal::storage::Storage;
use ringfence_session::backtest::Progress;
use serde_json::Value;

use crate::house::{ACCOUNT, House, INSTRUMENT, session};
use crate::lives::{STRATEGIES, attached};
use crate::trader::Traders;

/// A trade of the account: both sides of it may be.
type Trade = (u64, Side);

/// A fill, as the exchange has it and as the journal does.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Traded {
    side: Side,
    price: i64,
    qty: i64,
    /// Whose order it was; `None` = not one of this session.
    order: Option<LegKey>,
}

/// What the journal holds.
#[derive(Default)]
struct Record {
    fills: BTreeMap<Trade, Traded>,
    /// Differences within the journal itself.
    odd: Vec<String>,
    dispatched: BTreeSet<LegKey>,
    submits: BTreeSet<LegKey>,
    /// Orders that never came to be, as the host was told.
    refused: BTreeSet<LegKey>,
    /// The kill switch lets no new order out.
    is_stopped: bool,
    /// By a level at which the host closes positions.
    is_closed: bool,
    counts: BTreeMap<&'static str, u64>,
}

impl House {
    /// Everything that differs.
    pub(crate) fn differences(&mut self) -> Vec<String> {
        let record = self.record();
        let ledger = self.pipe.ledger(ACCOUNT);
        let mut found = record.odd.clone();
        let mut progress = |_: Progress| ControlFlow::Continue(());
        let attached = attached();
        let mut traders = Traders::new(self.seed, u64::from(STRATEGIES));
        let verdict = self.replay(&attached, &mut traders, &mut progress).run().expect("the replay ends");
        found.extend(verdict.first_difference.map(|difference| format!("replay differs: {difference:?}")));
        let mut traders = Traders::new(self.seed, u64::from(STRATEGIES));
        let replay = self.replay(&attached, &mut traders, &mut progress);
        let resumed = replay.resume(&[]).expect("the record follows").expect("nothing differs");
        let theirs = fills_of(&ledger, self.seed);
        found.extend(fills_differ(&record.fills, &theirs));
        found.extend(positions_differ(resumed.state(), &theirs, &ledger));
        found.extend(orders_differ(resumed.state(), &ledger, self.seed));
        found.extend(self.sent_differ(&record, &ledger));
        for (what, times) in record.counts {
            *self.seen.entry(what).or_default() += times;
        }
        found
    }

    /// One line for each event of the journal.
    pub(crate) fn recorded(&self) -> String {
        recorded(self.disk.copy())
    }

    fn record(&self) -> Record {
        let mut record = Record::default();
        let mut last = 0;
        each_step(self.disk.copy(), |step| {
            if let Recorded::Event(event) = step.input {
                if event.seq.0 != last + 1 {
                    record.odd.push(format!("event {} follows {last}", event.seq.0));
                }
                last = event.seq.0;
                record.event(&event);
            }
            for decision in &step.decisions {
                record.decision(decision.key, &decision.kind);
            }
        });
        record
    }

    /// Orders that left, as the journal, the wire and the exchange have them.
    fn sent_differ(&self, record: &Record, ledger: &Value) -> Vec<String> {
        let mut found = Vec::new();
        for (id, times) in self.pipe.orders() {
            if *times > 1 {
                found.push(format!("{id} was sent {times} times"));
            }
            let key = key_of(id, self.seed);
            if !key.is_some_and(|key| record.dispatched.contains(&key)) {
                found.push(format!("{id} was sent, and the journal does not say that it was decided"));
            }
        }
        let mut ids = BTreeSet::new();
        for order in ledger["orders"].as_array().into_iter().flatten() {
            let id = order["clientOrderId"].as_str().unwrap_or_default().to_owned();
            let is_ours = self.pipe.orders().contains_key(&id);
            if is_ours && !ids.insert(id.clone()) {
                found.push(format!("{id} is at the exchange twice"));
            }
            if key_of(&id, self.seed).is_some_and(|key| record.refused.contains(&key)) {
                found.push(format!("{id} is at the exchange, and the host was told that it is not"));
            }
        }
        found
    }
}

/// One line for each event and each decision of a journal.
pub(crate) fn recorded(journal: Box<dyn Storage>) -> String {
    let mut out = String::new();
    each_step(journal, |step| {
        if let Recorded::Event(event) = step.input {
            let decided = step.decisions.iter().map(|decision| format!(" {:?}", decision.kind));
            out.push_str(&format!("{} {} {:?}\n", event.seq.0, event.time.0, event.kind));
            decided.for_each(|line| out.push_str(&format!("   {line}\n")));
        }
    });
    out
}

/// Every step of a journal, up to its end or to what is torn there.
pub(crate) fn each_step(journal: Box<dyn Storage>, mut see: impl FnMut(&Step)) {
    let mut reader = JournalReader::open_on(journal).expect("the journal reads");
    let mut step = Step::new();
    while reader.next_step(&mut step).expect("a whole journal") {
        see(&step);
    }
}

impl Record {
    #[expect(clippy::wildcard_enum_match_arm, reason = "few kinds of events are counted here")]
    fn event(&mut self, event: &Event) {
        *self.counts.entry(event.kind.name()).or_default() += 1;
        match event.kind {
            EventKind::OrderFilled(fill) => {
                let is_unexplained = fill.liquidity == Liquidity::None && fill.order.strategy == StrategyId::EXTERNAL;
                let order = Some(fill.order).filter(|key| key.strategy != StrategyId::EXTERNAL);
                let traded = Traded { side: fill.side, price: fill.price.0, qty: fill.qty.0, order };
                let trade = (fill.trade_id, fill.side);
                if is_unexplained && !self.fills.contains_key(&trade) {
                    self.odd.push(format!("event {} makes up a fill: {fill:?}", event.seq.0));
                }
                let known = self.fills.entry(trade).or_insert_with(|| traded.clone());
                if *known != traded {
                    self.odd.push(format!("trade {} was {known:?}, and is {traded:?}", fill.trade_id));
                }
            }
            EventKind::TransmitRefused(key, Command::Submit, _) | EventKind::OrderRejected(key, _) => {
                self.refused.insert(key);
            }
            EventKind::KillSwitch(level, StrategyId::EXTERNAL) => {
                self.is_stopped = !matches!(level, KillLevel::Off | KillLevel::L1);
                // Levels latch: a lower one behind it does not take L4 back.
                self.is_closed = level == KillLevel::L4 || self.is_closed && level != KillLevel::Off;
            }
            _other => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "few kinds of decisions are looked at here")]
    fn decision(&mut self, key: LegKey, kind: &DecisionKind) {
        match kind {
            DecisionKind::Normalised(Normalised { action: Action::Submit(_), .. }) => {
                self.submits.insert(key);
            }
            DecisionKind::Dispatched(..) => {
                self.dispatched.insert(key);
                let is_closing = self.is_closed && key.intent.is_of_host();
                if self.is_stopped && !is_closing && self.submits.contains(&key) {
                    self.odd.push(format!("order {key} was dispatched although the kill switch was pulled"));
                }
            }
            _other => {}
        }
    }
}

fn list<'a>(ledger: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    ledger[name].as_array().into_iter().flatten()
}

/// A number of the exchange as a mantissa at so many digits.
fn mantissa(text: &Value, digits: usize) -> i64 {
    let text = text.as_str().unwrap_or("0");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let kept: String = part.chars().chain("00000000".chars()).take(digits).collect();
    assert!(part.chars().skip(digits).all(|digit| digit == '0'), "{text} has more than {digits} digits");
    format!("{whole}{kept}").parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn side_of(text: &Value) -> Side {
    if text == "BUY" { Side::Buy } else { Side::Sell }
}

/// The leg of this session that a client id names: a replacement's begins with that of the order whose place it took.
fn key_of(id: &str, seed: u64) -> Option<LegKey> {
    let first = id.get(..ClientOrderId::LEN)?;
    let (_, key) = ClientOrderId::parse(first)?;
    (ClientOrderId::new(session(seed), key).as_str() == first).then_some(key)
}

/// Fills of the account at the exchange.
fn fills_of(ledger: &Value, seed: u64) -> BTreeMap<Trade, Traded> {
    let ids: BTreeMap<u64, &str> = list(ledger, "orders")
        .filter_map(|order| Some((order["orderId"].as_u64()?, order["clientOrderId"].as_str()?)))
        .collect();
    let one = |fill: &Value| {
        let id = ids.get(&fill["order"].as_u64()?).copied().unwrap_or_default();
        let (side, order) = (side_of(&fill["side"]), key_of(id, seed));
        let traded = Traded { side, price: mantissa(&fill["price"], 2), qty: mantissa(&fill["qty"], 1), order };
        Some(((fill["trade"].as_u64()?, side), traded))
    };
    list(ledger, "fills").filter_map(one).collect()
}

fn fills_differ(ours: &BTreeMap<Trade, Traded>, theirs: &BTreeMap<Trade, Traded>) -> Vec<String> {
    let mut found = Vec::new();
    for (trade, theirs) in theirs {
        match ours.get(trade) {
            None => found.push(format!("trade {trade:?} is lost: {theirs:?}")),
            Some(ours) => {
                if ours != theirs {
                    found.push(format!("trade {trade:?} is {ours:?}, at the exchange {theirs:?}"));
                }
            }
        }
    }
    let extra = ours.iter().filter(|(trade, _)| !theirs.contains_key(trade));
    found.extend(extra.map(|(trade, ours)| format!("trade {trade:?} never happened: {ours:?}")));
    found
}

fn positions_differ(state: &State, theirs: &BTreeMap<Trade, Traded>, ledger: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let sum = |id: Option<StrategyId>| -> i64 {
        let of = theirs
            .values()
            .filter(|traded| id.is_none_or(|id| traded.order.map_or(StrategyId::EXTERNAL, |key| key.strategy) == id));
        of.map(|traded| traded.qty * traded.side.sign()).sum()
    };
    let held: i64 = state.account_positions(ACCOUNT).map(|(.., position)| position.qty).sum();
    if held != sum(None) {
        found.push(format!("position {held}, by the exchange's fills {}", sum(None)));
    }
    for position in list(&ledger["money"], "positions") {
        if mantissa(&position["qty"], 1) != held {
            found.push(format!("position {held}, the exchange has {position}"));
        }
    }
    for id in (1..=STRATEGIES).map(StrategyId) {
        let held = state.net_position(id, INSTRUMENT).0;
        if held != sum(Some(id)) {
            found.push(format!("strategy {} holds {held}, by the exchange's fills {}", id.0, sum(Some(id))));
        }
    }
    found
}

/// Open orders of this session; what others have open on the account is no part of State.
fn orders_differ(state: &State, ledger: &Value, seed: u64) -> Vec<String> {
    let mut found = Vec::new();
    let is_open = |order: &&Value| matches!(order["status"].as_str(), Some("NEW" | "PARTIALLY_FILLED"));
    let terms = |order: &Value| {
        let [price, qty, filled] = [(&order["price"], 2), (&order["origQty"], 1), (&order["executedQty"], 1)]
            .map(|(text, at)| mantissa(text, at));
        (side_of(&order["side"]), price, qty, filled)
    };
    let open = list(ledger, "orders").filter(is_open);
    let mut theirs: Vec<_> =
        open.filter_map(|order| Some((key_of(order["clientOrderId"].as_str()?, seed)?, terms(order)))).collect();
    let mut ours = Vec::new();
    for id in (1..=STRATEGIES).map(StrategyId) {
        for order in state.open_orders(id, INSTRUMENT) {
            if !matches!(order.state, OrderState::Accepted | OrderState::PartiallyFilled) {
                found.push(format!("order {} is {:?} when all is quiet", order.key, order.state));
            }
            let price = order.terms.limit_price.map_or(0, |price| price.0);
            ours.push((order.key, (order.terms.side, price, order.terms.qty.0, order.filled.0)));
        }
    }
    ours.sort();
    theirs.sort();
    if ours != theirs {
        found.push(format!("open orders {ours:?}, the exchange has {theirs:?}"));
    }
    found
}
