//! Reconciliation: what happened while the account's stream was not heard?
//!
//! In: answers about orders, fills, balances and positions, one question at a time. Out: reports of what was missed, between
//! `ReconcileStarted` and `ReconcileFinished`. Must never: let an order out before it is over, or drop a fill because its
//! order is not known.

use std::collections::VecDeque;

use ringfence_core::event::{Command, EventKind};
use ringfence_core::ids::{InstrumentId, TimeNs};

use crate::codec::failure::Product;
use crate::codec::json::Json;
use crate::codec::order::{self, AccountTrade, OrderAnswer};
use crate::codec::read::CodecError;
use crate::codec::request::{self, Request, TRADES_MAX, Which};
use crate::codec::{Failure, Fate, account};
use crate::protocol::budget::Class;
use crate::protocol::calls::Purpose;
use crate::protocol::doubts::Kind;
use crate::protocol::ledger::{Detail, Evidence, Life};
use crate::protocol::timers::Task;
use crate::protocol::{Machine, NS_PER_MS, NS_PER_S, UserStream};

/// Fills are asked for from so long before the gap: clocks differ, and fills are told once anyhow.
const BEFORE_NS: u64 = 10 * NS_PER_S;
/// Most questions of one reconciliation; beyond it the rest is left to the session's own queries.
const STEPS_MAX: usize = 4_096;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    OpenOrders,
    /// An order of ours that is not among the open ones.
    Order(String),
    /// An order of which only the venue's number is known.
    Numbered(InstrumentId, u64),
    /// Fills of an instrument.
    Fills(InstrumentId, From),
    Balances,
    Positions,
}

/// Where to begin with fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// Of the machine's own clock.
    Since(TimeNs),
    /// Of the calendar, in ms since 1970.
    Dated(u64),
    Trade(u64),
}

/// A reconciliation under way.
#[derive(Debug)]
pub(crate) struct Reconcile {
    steps: VecDeque<Step>,
    /// Reports that were news.
    differences: u32,
}

impl Machine {
    pub(crate) fn start_reconcile(&mut self) {
        if !self.user.is_live() || self.settings.user_stream == UserStream::Off {
            return;
        }
        let is_new = self.reconcile.is_none();
        let mut steps = VecDeque::from([Step::OpenOrders]);
        if self.user_had_lived() {
            let since = TimeNs(self.user.whole_until.0.saturating_sub(BEFORE_NS));
            let all = self.settings.instruments.iter();
            steps.extend(all.map(|listed| Step::Fills(listed.instrument.id, From::Since(since))));
        }
        steps.push_back(Step::Balances);
        if self.settings.product == Product::UsdM {
            steps.push_back(Step::Positions);
        }
        self.reconcile = Some(Reconcile { steps, differences: 0 });
        self.forget_questions();
        self.tell_up();
        if is_new {
            self.report_venue(EventKind::ReconcileStarted);
        }
        self.reconcile_step();
    }

    pub(crate) fn reconcile_step(&mut self) {
        let Some(reconcile) = &self.reconcile else { return };
        if self.calls.waits(&Purpose::Reconcile) {
            return;
        }
        let Some(step) = reconcile.steps.front().cloned() else {
            let differences = reconcile.differences;
            self.reconcile = None;
            self.user.whole_until = self.now;
            self.worked(&Task::Reconcile);
            return self.report_venue(EventKind::ReconcileFinished(differences));
        };
        let Some(request) = self.step_request(&step) else {
            self.step_done();
            return self.reconcile_step();
        };
        self.forget_questions();
        if !self.call(request, Purpose::Reconcile, Class::Query) {
            self.retry(Task::Reconcile);
        }
    }

    /// What comes late to an earlier question is no answer to the one that is asked now.
    fn forget_questions(&mut self) {
        for number in self.calls.forget(&Purpose::Reconcile) {
            self.timers.cancel(&Task::Deadline(number));
        }
        self.behind_clock.retain(|call| call.purpose != Purpose::Reconcile);
    }

    fn step_done(&mut self) {
        if let Some(reconcile) = &mut self.reconcile {
            reconcile.steps.pop_front();
        }
    }

    fn step_request(&self, step: &Step) -> Option<Request> {
        let product = self.settings.product;
        let place = |instrument| self.listed(instrument).map(|listed| listed.place(product));
        Some(match step {
            Step::OpenOrders => request::open_orders(product),
            Step::Order(id) => {
                let order = self.ledger.get(id)?;
                request::order_query(&place(order.instrument)?, &order.current_id)
            }
            Step::Numbered(instrument, number) => request::order_query_numbered(&place(*instrument)?, *number),
            Step::Fills(instrument, from) => request::account_trades(&place(*instrument)?, self.which(*from)),
            Step::Balances => request::balances(product),
            Step::Positions => request::positions(None),
        })
    }

    /// The venue's way to say where fills begin.
    pub(crate) fn which(&self, from: From) -> Which {
        match from {
            From::Since(ours) => {
                let age_ms = self.now.age_of(ours).unwrap_or(0) / NS_PER_MS;
                Which::Since(self.clock.venue_ms(self.now).saturating_sub(age_ms))
            }
            From::Dated(ms) => Which::Since(ms),
            From::Trade(number) => Which::From(number),
        }
    }

    pub(crate) fn reconcile_refused(&mut self, failure: &Failure) {
        let step = self.reconcile.as_ref().and_then(|reconcile| reconcile.steps.front().cloned());
        match (step, failure.fate) {
            // It is not there: what that means takes longer to find out.
            (Some(Step::Order(id)), Fate::UnknownOrder) => {
                self.vanished(&id);
                self.step_over();
            }
            (Some(Step::Numbered(instrument, number)), Fate::UnknownOrder) => {
                self.know_number(instrument, number);
                self.step_over();
            }
            _ => self.retry(Task::Reconcile),
        }
    }

    fn step_over(&mut self) {
        self.step_done();
        self.worked(&Task::Reconcile);
        self.reconcile_step();
    }

    /// An order that we took for open is not known to the venue. The session hears it once the rule calls it absent: nothing
    /// that is found of the order before would tell it that all is well.
    fn vanished(&mut self, id: &str) {
        // One that was only just sent is waited for or in doubt as it is.
        let is_sent = self.ledger.get(id).is_some_and(|order| order.life == Life::Sent);
        let Some(about) = self.about(id, Command::Submit).filter(|_| !is_sent) else { return };
        self.add_doubt((id, Kind::Submit), about, (false, None));
    }

    /// An order of which nothing but its number can be had: its fills are somebody's all the same.
    pub(crate) fn know_number(&mut self, instrument: InstrumentId, venue_id: u64) {
        let client_id = format!("number {venue_id} in {}", instrument.0);
        let evidence = Evidence { client_id, instrument, venue_id, detail: None, time: TimeNs(0) };
        self.ledger.observe(&evidence, &[]);
    }

    pub(crate) fn reconcile_answered(&mut self, json: &Json<'_>) -> Result<(), CodecError> {
        let Some(step) = self.reconcile.as_ref().and_then(|reconcile| reconcile.steps.front().cloned()) else {
            return Ok(());
        };
        let before = self.ledger.said.len();
        let mut more = Vec::new();
        match step {
            Step::OpenOrders => more = self.open_orders_answered(&order::orders(json)?),
            Step::Order(_) | Step::Numbered(..) => {
                self.take_order(&order::order(json)?);
            }
            Step::Fills(instrument, from) => {
                more = self.trades_answered((instrument, from), &order::account_trades(json)?);
            }
            Step::Balances => {
                let all = match self.settings.product {
                    Product::Spot => account::spot_balances(json)?,
                    Product::UsdM => account::futures_balances(json)?,
                };
                all.iter().for_each(|balance| self.state_balance(balance));
            }
            Step::Positions => self.positions_answered(&account::positions(json)?),
        }
        let news = u32::try_from(self.ledger.said.len().saturating_sub(before)).unwrap_or(u32::MAX);
        self.flush();
        if let Some(reconcile) = &mut self.reconcile {
            reconcile.differences = reconcile.differences.saturating_add(news);
            reconcile.steps.pop_front();
            let room = STEPS_MAX.saturating_sub(reconcile.steps.len());
            for step in more.into_iter().take(room).rev() {
                reconcile.steps.push_front(step);
            }
        }
        self.worked(&Task::Reconcile);
        self.reconcile_step();
        Ok(())
    }

    /// Takes what an answer says of one order; gives what holds of it now.
    pub(crate) fn take_order(&mut self, said: &OrderAnswer) -> Option<(String, Detail)> {
        let (evidence, fills) = self.evidence(said)?;
        let detail = self.ledger.newest(&evidence);
        let id = self.ledger.observe(&evidence, &fills);
        self.settle_doubts(&id);
        self.chase_fills(&id);
        Some((id, detail?))
    }

    /// Orders of ours that are not among the open ones have to be asked about.
    fn open_orders_answered(&mut self, open: &[OrderAnswer]) -> Vec<Step> {
        let mut found = Vec::new();
        for said in open {
            found.extend(self.take_order(said).map(|(id, _)| id));
        }
        let live = self.ledger.live().into_iter();
        live.filter(|id| !found.contains(id)).map(Step::Order).collect()
    }

    /// Takes fills; asks for orders that are not known, and for more fills where there are more.
    pub(crate) fn trades_answered(
        &mut self,
        (instrument, from): (InstrumentId, From),
        trades: &[AccountTrade],
    ) -> Vec<Step> {
        let mut unknown = Vec::new();
        for trade in trades {
            let step = self.take_trade(trade).map(|(instrument, number)| Step::Numbered(instrument, number));
            unknown.extend(step.filter(|step| !unknown.contains(step)));
        }
        if !unknown.is_empty() {
            unknown.push(Step::Fills(instrument, from));
            return unknown;
        }
        match trades.last() {
            Some(last) if trades.len() as u64 >= TRADES_MAX => {
                vec![Step::Fills(instrument, From::Trade(last.fill.trade_id.saturating_add(1)))]
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// Reports the positions of all instruments, those of 0 as well.
    pub(crate) fn positions_answered(&mut self, all: &[account::Position]) {
        let names: Vec<String> = self.settings.instruments.iter().map(|listed| listed.symbol.clone()).collect();
        let now = self.venue_time();
        for symbol in names {
            let mut found = all.iter().filter(|position| position.symbol == symbol).peekable();
            if found.peek().is_none() {
                let none = (crate::codec::Number::default(), crate::codec::Number::default());
                self.state_position(&symbol, (ringfence_core::instrument::PositionSide::Net, none), now);
            }
            for position in found {
                self.state_position(&symbol, (position.side, (position.qty, position.entry_price)), now);
            }
        }
    }
}
