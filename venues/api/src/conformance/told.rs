//! Told: how does what an adapter says read in a case?
//!
//! In: what it said. Out: a line, and what it is about. Must never: hide what a case compares: a report that does not say
//! whose it is, or what led to it, stands out.

use ringfence_core::event::{Cause, EventKind, Fill, Report};
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, StrategyId, VenueId};

use crate::conformance::script::account_of;
use crate::query::Answer;
use crate::text::describe;

/// What a line is about. Every case hears of orders and answers; of the rest, those that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Orders, their fills and statements, and the ends of queries.
    Orders,
    /// Cash, positions, leverage, margin modes.
    Account,
    /// Whether the venue is there, and reconciliations.
    Link,
    /// Trades of the market.
    Trades,
    /// Whether market data is fresh.
    Feed,
    /// Whether instruments trade.
    Status,
}

/// Venue of all cases.
pub(super) const VENUE: VenueId = VenueId(1);

/// Numbers of orders of strategy 0, in the order in which they came up: the same order has the same letter.
#[derive(Debug, Default)]
pub(super) struct Strangers(Vec<LegKey>);

impl Strangers {
    fn name(&mut self, key: LegKey) -> String {
        let at = self.0.iter().position(|known| *known == key).unwrap_or_else(|| {
            self.0.push(key);
            self.0.len() - 1
        });
        let letter = u8::try_from(at).ok().and_then(|at| b'a'.checked_add(at)).map_or('?', char::from);
        format!("0/{letter}")
    }
}

/// What a report is about; `None` = what the market shows all the time, which cases look at when they want to.
#[expect(clippy::wildcard_enum_match_arm, reason = "what no venue says is of no topic")]
pub(super) fn topic(report: &Report) -> Option<Topic> {
    if report.kind.order().is_some() {
        return Some(Topic::Orders);
    }
    Some(match report.kind {
        EventKind::BalanceReported(_)
        | EventKind::BalanceAdjusted(_)
        | EventKind::PositionReported(_)
        | EventKind::LeverageReported(_)
        | EventKind::MarginModeReported(_) => Topic::Account,
        EventKind::ReconcileStarted | EventKind::ReconcileFinished(_) | EventKind::VenueUp | EventKind::VenueDown => {
            Topic::Link
        }
        EventKind::Trade(_) => Topic::Trades,
        EventKind::FeedStale | EventKind::FeedRecovered => Topic::Feed,
        EventKind::InstrumentStatus(_) => Topic::Status,
        _ => return None,
    })
}

/// A report in one line: what happened to what, and whose it is where that is not plain.
pub(super) fn line(report: &Report, strangers: &mut Strangers) -> String {
    let mut text = words(report);
    if let Some(key) = report.kind.order() {
        if key.strategy == StrategyId::EXTERNAL && key.intent.0 != 0 {
            text = text.replacen(&key.to_string(), &strangers.name(key), 1);
        }
        text += &cause(report, key);
    }
    if report.instrument == InstrumentId(2) {
        text += " in 2";
    }
    if is_owned(report) { text } else { format!("without owner: {text}") }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the rest reads well as it is")]
fn words(report: &Report) -> String {
    match report.kind {
        // The fee has a law of its own, and what made a simulated venue fill is its own.
        EventKind::OrderFilled(fill) => {
            let Fill { order, side, qty, price, liquidity, leaves, .. } = fill;
            format!("filled {order} {side} {}@{} {liquidity} leaves {}", qty.0, price.0, leaves.0)
        }
        EventKind::BalanceReported(said) => format!("balance of currency {}", said.currency.0),
        EventKind::BalanceAdjusted(said) => format!("adjusted {} of currency {}", said.reason, said.currency.0),
        EventKind::Trade(trade) => {
            let side = trade.aggressor.map_or("nobody", |side| side.code());
            format!("trade {}@{} {side}", trade.qty.0, trade.price.0)
        }
        EventKind::FeedStale => "stale".to_owned(),
        EventKind::FeedRecovered => "recovered".to_owned(),
        EventKind::VenueUp => "up".to_owned(),
        EventKind::VenueDown => "down".to_owned(),
        EventKind::ReconcileStarted => "reconciling".to_owned(),
        EventKind::ReconcileFinished(_) => "reconciled".to_owned(),
        _other => describe(report),
    }
}

/// Empty where the order itself is the cause, else the leg that is.
fn cause(report: &Report, order: LegKey) -> String {
    match report.cause {
        Cause::Leg { strategy, leg, intent } => {
            let by = LegKey { intent, strategy, leg };
            if order == by { String::new() } else { format!(" by {by}") }
        }
        Cause::Outside if order.strategy == StrategyId::EXTERNAL => String::new(),
        Cause::Outside | Cause::Event(_) => " without a cause".to_owned(),
    }
}

fn is_owned(report: &Report) -> bool {
    let is_account = match (topic(report), report.kind.order()) {
        (_, Some(key)) if key.strategy != StrategyId::EXTERNAL => report.account == account_of(key.strategy),
        (Some(Topic::Orders | Topic::Account), _) => [AccountId(1), AccountId(2)].contains(&report.account),
        (Some(Topic::Link | Topic::Trades | Topic::Feed | Topic::Status) | None, _) => true,
    };
    let has_place = match report.kind.order() {
        Some(_) => [InstrumentId(1), InstrumentId(2)].contains(&report.instrument),
        None => true,
    };
    is_account && has_place && report.venue == VENUE
}

/// The end of a query in a word.
pub(super) fn answered(answer: &Answer) -> &'static str {
    match answer {
        Answer::Complete => "answered",
        Answer::NotOffered => NOT_OFFERED,
        Answer::Failed(_) => "failed",
    }
}

/// What is said of a question that the venue does not take.
pub(super) const NOT_OFFERED: &str = "not-offered";
