//! Told: does what an adapter has said so far agree with the exchange's books?
//!
//! In: what it said, and what the books say. Out: whether something is still to come. Must never: judge whether it is right;
//! the suite does.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_core::event::{BookAction, Cause, Command, EventKind, Quote, RejectReason};
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, StrategyId};
use ringfence_core::instrument::Side;
use ringfence_venue::adapter::Target;
use ringfence_venue::conformance::instruments;
use ringfence_venue::{EmergencyCancel, QueryId, Said};
use serde_json::Value;

use crate::venue::Venue;
use crate::words::{self, SYMBOLS, is_open, key_of, list, mantissa};

/// Something that an adapter was asked and has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// A command, and the order that it is for.
    Command(LegKey, LegKey),
    Query(QueryId),
    Emergency(EmergencyCancel),
}

/// What one adapter has said.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) is_up: bool,
    pub(crate) has_ended: bool,
    /// Movements of cash that are to be told, less those that were.
    pub(crate) due: i64,
    orders: BTreeMap<LegKey, Order>,
    fills: BTreeSet<(InstrumentId, u64, u8)>,
    pub(crate) market: BTreeMap<InstrumentId, Market>,
}

#[derive(Default)]
struct Order {
    terms: Option<(i64, i64)>,
    is_over: bool,
}

/// What was told of a market.
#[derive(Default)]
pub(crate) struct Market {
    touch: Option<Quote>,
    book: BTreeMap<(u8, i64), i64>,
    trades: usize,
}

impl Told {
    pub(crate) fn hear(&mut self, said: &Said) {
        let report = match said {
            Said::Answered(id, _) => return self.waiting.retain(|one| *one != Waiting::Query(*id)),
            Said::Report(report) => report,
        };
        self.hear_kind(report.instrument, &report.kind);
        let by = match report.cause {
            Cause::Leg { strategy, leg, intent } => Some(LegKey { intent, strategy, leg }),
            Cause::Outside | Cause::Event(_) => None,
        };
        let over = report.kind.order().filter(|key| self.orders.get(key).is_some_and(|order| order.is_over));
        self.waiting.retain(|one| match one {
            Waiting::Command(command, order) => by != Some(*command) && over != Some(*order),
            Waiting::Query(_) | Waiting::Emergency(_) => true,
        });
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is of no account here")]
    fn hear_kind(&mut self, instrument: InstrumentId, kind: &EventKind) {
        match *kind {
            EventKind::VenueUp => self.is_up = true,
            EventKind::VenueDown => self.is_up = false,
            EventKind::BalanceAdjusted(_) => self.due -= 1,
            EventKind::OrderAccepted(key) => drop(self.orders.entry(key).or_default()),
            EventKind::OrderReported(said) => {
                let order = self.orders.entry(said.order).or_default();
                order.terms = Some((said.price.0, said.qty.0));
                order.is_over |= said.filled == said.qty;
            }
            EventKind::OrderAmended(key, price, qty) => {
                self.orders.entry(key).or_default().terms = Some((price.0, qty.0));
            }
            // It says nothing of the order that has the id already.
            EventKind::TransmitRefused(_, _, RejectReason::Duplicate) => {}
            EventKind::OrderCanceled(key, ..)
            | EventKind::OrderExpired(key, _)
            | EventKind::OrderRejected(key, _)
            | EventKind::TransmitRefused(key, Command::Submit, _) => {
                self.orders.entry(key).or_default().is_over = true;
            }
            EventKind::OrderFilled(fill) => {
                self.fills.insert((instrument, fill.trade_id, fill.side.number()));
                self.orders.entry(fill.order).or_default().is_over |= fill.leaves.0 == 0;
            }
            _ => self.market.entry(instrument).or_default().hear(kind),
        }
    }

    /// Whether nothing more is to come of the account, by the exchange's books.
    pub(crate) fn agrees(&mut self, ledger: &Value) -> bool {
        if self.has_ended {
            return true;
        }
        let open: Vec<&Value> = list(ledger, "orders").iter().filter(|order| is_open(order)).collect();
        self.waiting.retain(|one| match one {
            Waiting::Emergency(cancel) => open.iter().any(|order| is_meant(cancel, order)),
            Waiting::Command(..) | Waiting::Query(_) => true,
        });
        self.is_up
            && self.waiting.is_empty()
            && self.due <= 0
            && self.fills.len() == list(ledger, "fills").len()
            && list(ledger, "orders").iter().all(|order| self.knows(order))
            && self.strangers(true) == list(ledger, "orders").iter().filter(|one| is_stranger(one, false)).count()
    }

    /// Whether an order of the session is told as it stands.
    fn knows(&self, order: &Value) -> bool {
        let Some(key) = key_of(order) else { return true };
        let Some(told) = self.orders.get(&key) else { return false };
        let definition = words::definition(instrument_of(order));
        let price = mantissa(&order["price"], definition.price_scale.digits());
        let qty = mantissa(&order["origQty"], definition.qty_scale.digits());
        told.is_over != is_open(order) && (told.is_over || told.terms.is_none_or(|terms| terms == (price, qty)))
    }

    /// Orders of others that were told as over.
    fn strangers(&self, is_over: bool) -> usize {
        let is_one =
            |(key, order): &(&LegKey, &Order)| key.strategy == StrategyId::EXTERNAL && order.is_over == is_over;
        self.orders.iter().filter(is_one).count()
    }
}

fn is_stranger(order: &Value, open: bool) -> bool {
    key_of(order).is_none() && is_open(order) == open
}

fn instrument_of(order: &Value) -> InstrumentId {
    if order["symbol"] == SYMBOLS[0] { InstrumentId(1) } else { InstrumentId(2) }
}

fn is_meant(cancel: &EmergencyCancel, order: &Value) -> bool {
    match cancel.target() {
        Target::Order(key, ..) => key_of(order) == Some(key),
        Target::Instrument(instrument) => instrument_of(order) == instrument,
        Target::Account => true,
    }
}

impl Market {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest shows no market")]
    fn hear(&mut self, kind: &EventKind) {
        match kind {
            EventKind::Quote(quote) => self.touch = Some(*quote),
            EventKind::Trade(_) => self.trades += 1,
            EventKind::BookLevel(level) if level.action == BookAction::Clear => self.book.clear(),
            EventKind::BookLevel(level) if level.qty.0 == 0 => {
                self.book.remove(&(level.side.number(), level.price.0));
            }
            EventKind::BookLevel(level) => {
                self.book.insert((level.side.number(), level.price.0), level.qty.0);
            }
            _ => {}
        }
    }

    /// Whether touch, book and trades are those of the exchange.
    fn agrees(&self, venue: &Venue, (at, symbol): (usize, &str)) -> bool {
        let definition = instruments()[at];
        let (prices, sizes) = (definition.price_scale.digits(), definition.qty_scale.digits());
        let touch = venue.ask(&format!("/fapi/v1/ticker/bookTicker?symbol={symbol}"));
        let told = self.touch.map_or([0; 4], |one| [one.bid_price.0, one.bid_qty.0, one.ask_price.0, one.ask_qty.0]);
        let now = [("bidPrice", prices), ("bidQty", sizes), ("askPrice", prices), ("askQty", sizes)];
        let depth = venue.ask(&format!("/fapi/v1/depth?symbol={symbol}&limit=100"));
        let mut book = BTreeMap::new();
        for (side, name) in [(Side::Buy, "bids"), (Side::Sell, "asks")] {
            for level in list(&depth, name) {
                book.insert((side.number(), mantissa(&level[0], prices)), mantissa(&level[1], sizes));
            }
        }
        let trades = venue.ask(&format!("/fapi/v1/aggTrades?symbol={symbol}&limit=1000"));
        told == now.map(|(name, digits)| mantissa(&touch[name], digits))
            && self.book == book
            && trades.as_array().map_or(0, Vec::len) == self.trades
    }
}

/// Whether the markets that the first adapter tells of are those of the exchange.
pub(crate) fn markets_agree(told: &mut Told, venue: &Venue) -> bool {
    let mut all = SYMBOLS.into_iter().zip(instruments()).enumerate();
    let agrees = |(at, (symbol, instrument)): (usize, (&str, ringfence_core::instrument::Instrument))| {
        told.market.entry(instrument.id).or_default().agrees(venue, (at, symbol))
    };
    all.all(agrees)
}

/// Positions that an account has, of which fundings are told.
pub(crate) fn positions(ledger: &Value, account: AccountId) -> i64 {
    let all = ledger["money"]["positions"].as_array().cloned().unwrap_or_default();
    let has_some =
        |position: &&Value| position["qty"].as_str().is_some_and(|qty| !qty.trim_matches(['0', '.', '-']).is_empty());
    let count = all.iter().filter(has_some).count();
    i64::try_from(count).unwrap_or_else(|_| panic!("few positions of {account:?}"))
}
