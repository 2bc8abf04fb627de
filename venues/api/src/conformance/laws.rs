//! Laws: does what an adapter says fit together, whatever a case is about?
//!
//! In: commands as they leave, and everything that is said. Out: the laws that it broke. Must never: hold an adapter to more
//! than it can know: what a case brings about on purpose, it excuses.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use ringfence_core::event::{Cause, Command, EventKind, Fill, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, StrategyId, TimeNs};
use ringfence_core::instrument::Side;
use ringfence_core::intent::Action;
use ringfence_core::money::{Price, Qty};

use crate::conformance::Truth;

/// What holds of everything that an adapter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// An order is accepted once, ends once, and nothing happens to it afterwards.
    Life,
    /// Fills are on the order's side, no worse than its limit, and not more than it wanted.
    Terms,
    /// What is said to be open is what is left.
    Open,
    /// A number of a trade means one trade; said again, it says the same.
    Trades,
    /// What happens to an order has times of the venue that do not go back.
    Time,
    /// Fees are those of the venue, in its currency.
    Fees,
    /// Every command is answered.
    Answers,
    /// Nothing is sent twice.
    Once,
    /// In the end the fills that were told make the venue's positions, and the orders that live are the venue's.
    Truth,
    /// Nothing that is said surprises the core.
    Sense,
}

/// An order as far as commands and reports tell.
#[derive(Debug)]
struct Known {
    side: Side,
    qty: i64,
    limit: Option<Price>,
    /// Amends under way: quantity and price.
    amends: Vec<(i64, Price)>,
    was_amended: bool,
    filled: i64,
    is_accepted: bool,
    has_ended: bool,
    time: TimeNs,
}

/// A command that left.
#[derive(Debug)]
struct Sent {
    order: LegKey,
    is_answered: bool,
}

/// The laws of one case.
#[derive(Debug)]
pub(super) struct Laws {
    excused: &'static [Law],
    orders: BTreeMap<LegKey, Known>,
    commands: BTreeMap<LegKey, Sent>,
    twins: BTreeSet<LegKey>,
    trades: BTreeMap<(AccountId, InstrumentId, u64, u8), Fill>,
    positions: BTreeMap<(AccountId, InstrumentId), i64>,
    broken: Vec<String>,
}

impl Laws {
    pub(super) fn new(excused: &'static [Law]) -> Laws {
        Laws {
            excused,
            orders: BTreeMap::new(),
            commands: BTreeMap::new(),
            twins: BTreeSet::new(),
            trades: BTreeMap::new(),
            positions: BTreeMap::new(),
            broken: Vec::new(),
        }
    }

    /// What was broken so far.
    pub(super) fn broken(&self) -> &[String] {
        &self.broken
    }

    pub(super) fn must(&mut self, law: Law, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds && !self.excused.contains(&law) {
            self.broken.push(format!("{law:?}: {}", otherwise()));
        }
    }

    /// A command leaves for the adapter.
    pub(super) fn sent(&mut self, command: &VenueCommand) {
        let key = command.key();
        let order = match command.action() {
            Action::Submit(terms) => {
                let known = Known {
                    side: terms.side,
                    qty: terms.qty.0,
                    limit: terms.limit_price,
                    amends: Vec::new(),
                    was_amended: false,
                    filled: 0,
                    is_accepted: false,
                    has_ended: false,
                    time: TimeNs(0),
                };
                match self.orders.entry(key) {
                    Entry::Occupied(_) => drop(self.twins.insert(key)),
                    Entry::Vacant(place) => drop(place.insert(known)),
                }
                key
            }
            Action::Cancel(terms) => terms.order,
            Action::Amend(terms) => {
                if let Some(known) = self.orders.get_mut(&terms.order) {
                    known.amends.push((terms.qty.0, terms.price));
                    known.was_amended = true;
                }
                terms.order
            }
        };
        self.commands.insert(key, Sent { order, is_answered: false });
    }

    /// The adapter says something.
    pub(super) fn hear(&mut self, report: &Report) {
        if let Cause::Leg { strategy, leg, intent } = report.cause
            && let Some(command) = self.commands.get_mut(&LegKey { intent, strategy, leg })
        {
            command.is_answered = true;
        }
        let is_news =
            if let EventKind::OrderFilled(fill) = &report.kind { self.is_new_trade(report, fill) } else { true };
        let Some(key) = report.kind.order().filter(|key| key.strategy != StrategyId::EXTERNAL && is_news) else {
            return;
        };
        if self.is_of_twin(key, &report.kind) {
            return;
        }
        let Some(mut known) = self.orders.remove(&key) else { return };
        self.judge(key, &mut known, report);
        if known.has_ended {
            self.commands.values_mut().filter(|sent| sent.order == key).for_each(|sent| sent.is_answered = true);
        }
        self.orders.insert(key, known);
    }

    /// True for a fill that was told before.
    pub(super) fn knows(&self, report: &Report, fill: &Fill) -> bool {
        self.trades.contains_key(&(report.account, report.instrument, fill.trade_id, fill.side.number()))
    }

    /// A second order under the same id is refused, and that says nothing of the first.
    fn is_of_twin(&self, key: LegKey, kind: &EventKind) -> bool {
        let is_duplicate = matches!(
            kind,
            EventKind::OrderRejected(_, RejectReason::Duplicate)
                | EventKind::TransmitRefused(_, Command::Submit, RejectReason::Duplicate)
        );
        is_duplicate && self.twins.contains(&key)
    }

    /// Books a fill that was not told before; one that was has to be the same again.
    fn is_new_trade(&mut self, report: &Report, fill: &Fill) -> bool {
        let place = (report.account, report.instrument, fill.trade_id, fill.side.number());
        let said = Fill { leaves: Qty(0), ..*fill };
        if let Some(before) = self.trades.get(&place).copied() {
            self.must(Law::Trades, before == said, || format!("trade {} is {before:?} and {said:?}", fill.trade_id));
            return false;
        }
        self.trades.insert(place, said);
        let signed = if fill.side == Side::Buy { fill.qty.0 } else { -fill.qty.0 };
        *self.positions.entry((report.account, report.instrument)).or_default() += signed;
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is no step in an order's life")]
    fn judge(&mut self, key: LegKey, known: &mut Known, report: &Report) {
        let (was_accepted, had_ended) = (known.is_accepted, known.has_ended);
        match report.kind {
            EventKind::OrderAccepted(_) => {
                self.must(Law::Life, !was_accepted && !had_ended, || format!("{key} is accepted again"));
                known.is_accepted = true;
                self.time(key, known, report);
            }
            EventKind::OrderRejected(..) => {
                self.must(Law::Life, !was_accepted && !had_ended, || format!("{key} is rejected after it was taken"));
                known.has_ended = true;
            }
            EventKind::OrderFilled(fill) => self.fill(key, known, (report, &fill)),
            EventKind::OrderCanceled(_, open, _) | EventKind::OrderExpired(_, open) => {
                self.must(Law::Life, was_accepted && !had_ended, || format!("{key} ends out of turn"));
                self.must_be_open(key, known, open);
                known.has_ended = true;
                self.time(key, known, report);
            }
            EventKind::OrderAmended(_, price, qty) => {
                self.must(Law::Life, was_accepted && !had_ended, || format!("{key} is amended out of turn"));
                known.amends.retain(|amend| *amend != (qty.0, price));
                (known.qty, known.limit) = (qty.0, Some(price));
                self.time(key, known, report);
            }
            EventKind::AmendRejected(..) | EventKind::TransmitRefused(_, Command::Amend, _) => known.amends.clear(),
            EventKind::TransmitRefused(_, Command::Submit, _) => {
                self.must(Law::Life, !was_accepted && !had_ended, || format!("{key} was never sent, and is there"));
                known.has_ended = true;
            }
            EventKind::OrderReported(said) => {
                let is_fine = said.side == known.side && said.filled.0 >= known.filled;
                self.must(Law::Terms, is_fine, || format!("{key} is stated as {said:?}"));
            }
            _ => {}
        }
    }

    fn fill(&mut self, key: LegKey, known: &mut Known, (report, fill): (&Report, &Fill)) {
        self.must(Law::Life, known.is_accepted && !known.has_ended, || format!("{key} fills out of turn"));
        known.filled += fill.qty.0;
        let most = known.amends.iter().map(|(qty, _)| *qty).chain([known.qty]).max().unwrap_or(known.qty);
        let limits: Vec<Price> = known.limit.into_iter().chain(known.amends.iter().map(|(_, price)| *price)).collect();
        let is_within = limits.is_empty() || limits.iter().any(|limit| is_no_worse(fill, *limit));
        let is_sound = fill.side == known.side && fill.qty.0 > 0 && fill.price.0 > 0;
        self.must(Law::Terms, is_sound && is_within && known.filled <= most, || format!("{key} fills as {fill:?}"));
        self.must_be_open(key, known, fill.leaves);
        known.has_ended |= known.filled >= most && known.amends.is_empty();
        self.time(key, known, report);
    }

    /// What is open after this, of what the order wants or of what an amend under way makes of it.
    fn must_be_open(&mut self, key: LegKey, known: &Known, open: Qty) {
        let wants = known.amends.iter().map(|(qty, _)| *qty).chain([known.qty]);
        let left: Vec<i64> = wants.map(|qty| (qty - known.filled).max(0)).collect();
        self.must(Law::Open, left.contains(&open.0), || format!("{key} has {} open, not {left:?}", open.0));
    }

    fn time(&mut self, key: LegKey, known: &mut Known, report: &Report) {
        let (before, now) = (known.time, report.venue_time);
        self.must(Law::Time, now >= before && now.0 > 0, || format!("{key} is of {} and then {}", before.0, now.0));
        known.time = before.max(now);
    }

    /// Every command has been answered.
    pub(super) fn all_answered(&mut self) {
        let open: Vec<LegKey> =
            self.commands.iter().filter(|(_, sent)| !sent.is_answered).map(|(key, _)| *key).collect();
        for key in open {
            self.must(Law::Answers, false, || format!("{key} has no answer"));
        }
    }

    /// What was told makes up the venue's own truth.
    pub(super) fn compare(&mut self, account: AccountId, truth: &Truth) {
        for (instrument, qty) in &truth.positions {
            let told = self.positions.get(&(account, *instrument)).copied().unwrap_or(0);
            self.must(Law::Truth, told == *qty, || {
                format!("account {} has {qty} of {}, and {told} was told", account.0, instrument.0)
            });
        }
        let lives = |(key, known): &(&LegKey, &Known)| {
            super::script::account_of(key.strategy) == account && known.is_accepted && !known.has_ended
        };
        let told: Vec<(LegKey, i64)> =
            self.orders.iter().filter(lives).map(|(key, known)| (*key, known.qty - known.filled)).collect();
        // An order that took another's place at the venue has the id of the amend that asked for it.
        let first = |key: &LegKey| self.commands.get(key).map_or(*key, |sent| sent.order);
        let mut open: Vec<(LegKey, i64)> = truth.open.iter().map(|(key, qty)| (first(key), *qty)).collect();
        open.sort_unstable();
        self.must(Law::Truth, told == open, || format!("open orders are {open:?}, and {told:?} were told"));
    }
}

fn is_no_worse(fill: &Fill, limit: Price) -> bool {
    match fill.side {
        Side::Buy => fill.price <= limit,
        Side::Sell => fill.price >= limit,
    }
}
