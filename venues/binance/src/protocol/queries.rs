//! Queries: what does the session want to know or set?
//!
//! In: questions and settings with the session's numbers. Out: reports, and behind them one answer each. Must never: leave a
//! question without an answer, or report a setting as in force that the venue did not confirm.

use ringfence_core::event::{Command, EventKind, MarginMode};
use ringfence_core::ids::{AccountId, InstrumentId, StrategyId, TimeNs};
use ringfence_core::money::Qty;
use ringfence_venue::{Answer, Query, QueryId, Said, Setting};

use crate::codec::failure::Product;
use crate::codec::json::Json;
use crate::codec::order::{self, AccountTrade};
use crate::codec::read::CodecError;
use crate::codec::request::{self, Request, TRADES_MAX};
use crate::codec::{Failure, Fate, account, rules};
use crate::protocol::budget::Class;
use crate::protocol::calls::Purpose;
use crate::protocol::commands::About;
use crate::protocol::doubts::{Doubt, Kind};
use crate::protocol::ledger::{Evidence, Traded, statement};
use crate::protocol::statements::From;
use crate::protocol::timers::Task;
use crate::protocol::{Machine, NS_PER_MS, Output, UserStream};

/// Most questions that wait for their answers.
const ASKED_MAX: usize = 256;
/// Most tries of one question.
const TRIES_MAX: u32 = 6;

/// A question of the session.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    step: Step,
    tries: u32,
    /// Fills that came so far.
    trades: Vec<AccountTrade>,
}

/// What is asked of the venue for it now.
#[derive(Clone, Debug)]
enum Step {
    OpenOrders,
    Fills(InstrumentId, From),
    /// An order of which only the number is known, and the question that it came up in.
    Numbered((InstrumentId, u64), From),
    Positions,
    Balances,
    Margin(InstrumentId),
    Instruments,
    Time,
    Leverage(InstrumentId, u32),
    MarginMode(InstrumentId, MarginMode),
}

impl Machine {
    pub(crate) fn ask(&mut self, id: QueryId, query: Query) {
        let is_futures = self.settings.product == Product::UsdM;
        let account = match &query {
            Query::OpenOrders(account) | Query::Positions(account) | Query::Balances(account) => Some(*account),
            Query::Order { account, .. } | Query::FillsSince { account, .. } | Query::Margin { account, .. } => {
                Some(*account)
            }
            Query::Instruments | Query::Time => None,
        };
        if account.is_some_and(|account| !self.is_ours(account)) {
            return self.out_answer(id, Answer::NotOffered);
        }
        match query {
            Query::OpenOrders(_) => self.begin(id, Step::OpenOrders),
            Query::Order { instrument, key, client_id, sent_ago_ns, .. } => {
                let client_id = client_id.as_str().to_owned();
                self.know(&client_id, (key, instrument));
                let about = About { order: key, command: key, instrument, kind: Command::Submit };
                let sent_at = TimeNs(self.now.0.saturating_sub(sent_ago_ns));
                self.add_doubt(Doubt::new((&client_id, Kind::Asked(id)), about, self.now).sent_by(sent_at));
            }
            Query::FillsSince { instrument, since, .. } => {
                // It may be long before this machine began.
                self.begin(id, Step::Fills(instrument, From::Dated(since.0 / NS_PER_MS)));
            }
            Query::Positions(_) if is_futures => self.begin(id, Step::Positions),
            Query::Margin { instrument, .. } if is_futures => self.begin(id, Step::Margin(instrument)),
            Query::Positions(_) | Query::Margin { .. } => self.out_answer(id, Answer::NotOffered),
            Query::Balances(_) => self.begin(id, Step::Balances),
            Query::Instruments => self.begin(id, Step::Instruments),
            Query::Time => self.begin(id, Step::Time),
        }
    }

    fn is_ours(&self, account: AccountId) -> bool {
        account == self.settings.account && self.settings.user_stream != UserStream::Off
    }

    pub(crate) fn set(&mut self, id: QueryId, (account, instrument): (AccountId, InstrumentId), setting: Setting) {
        let is_offered = self.settings.product == Product::UsdM && self.is_ours(account);
        match setting {
            _ if !is_offered || self.listed(instrument).is_none() => self.out_answer(id, Answer::NotOffered),
            Setting::Leverage(hundredths) if hundredths == 0 || hundredths % 100 != 0 => {
                let words = format!("leverage {hundredths} hundredths is no whole number of times");
                self.out_answer(id, Answer::Failed(words));
            }
            Setting::Leverage(hundredths) => self.begin(id, Step::Leverage(instrument, hundredths / 100)),
            Setting::MarginMode(mode) => self.begin(id, Step::MarginMode(instrument, mode)),
        }
    }

    pub(crate) fn out_answer(&mut self, id: QueryId, answer: Answer) {
        self.flush();
        self.asked.remove(&id);
        self.timers.cancel(&Task::Query(id.0));
        self.out.push(Output::Said(Said::Answered(id, answer)));
    }

    fn begin(&mut self, id: QueryId, step: Step) {
        if self.asked.len() >= ASKED_MAX || self.is_closing {
            return self.out_answer(id, Answer::Failed("too many questions wait".to_owned()));
        }
        self.asked.insert(id, Asked { step, tries: 0, trades: Vec::new() });
        self.ask_again(id);
    }

    pub(crate) fn ask_again(&mut self, id: QueryId) {
        let Some(asked) = self.asked.get(&id) else { return };
        let Some(request) = self.query_request(&asked.step) else {
            return self.out_answer(id, Answer::NotOffered);
        };
        if !self.call(request, Purpose::Query(id), Class::Query) {
            self.query_unanswered(id);
        }
    }

    fn query_request(&self, step: &Step) -> Option<Request> {
        let product = self.settings.product;
        let listed = |instrument: &InstrumentId| self.listed(*instrument);
        Some(match step {
            Step::OpenOrders => request::open_orders(product),
            Step::Fills(instrument, from) => {
                request::account_trades(&listed(instrument)?.place(product), Self::which(*from))
            }
            Step::Numbered((instrument, number), _) => {
                request::order_query_numbered(&listed(instrument)?.place(product), *number)
            }
            Step::Positions => request::positions(None),
            Step::Balances => request::balances(product),
            Step::Margin(instrument) => request::positions(Some(&listed(instrument)?.symbol)),
            Step::Instruments => {
                let symbols: Vec<&str> = self.settings.instruments.iter().map(|one| one.symbol.as_str()).collect();
                request::rules(product, &symbols)
            }
            Step::Time => request::time(product),
            Step::Leverage(instrument, times) => request::set_leverage(&listed(instrument)?.symbol, *times),
            Step::MarginMode(instrument, mode) => request::set_margin_mode(&listed(instrument)?.symbol, *mode),
        })
    }

    pub(crate) fn query_unanswered(&mut self, id: QueryId) {
        let Some(asked) = self.asked.get_mut(&id) else { return };
        asked.tries += 1;
        if asked.tries >= TRIES_MAX {
            return self.out_answer(id, Answer::Failed("the venue did not answer".to_owned()));
        }
        let (first, most) = crate::protocol::RETRY_MS;
        let span = self.random.span_ns(asked.tries, (first, most / 4));
        let at = self.now.plus(span).max(self.banned_until);
        self.timers.set(at, Task::Query(id.0));
    }

    pub(crate) fn query_refused(&mut self, id: QueryId, failure: &Failure) {
        let Some(asked) = self.asked.get(&id) else { return };
        match (&asked.step, failure.fate) {
            (Step::MarginMode(instrument, _) | Step::Leverage(instrument, _), Fate::NoChange) => {
                let step = Step::Margin(*instrument);
                self.next_step(id, step);
            }
            (Step::Numbered((instrument, number), from), Fate::UnknownOrder) => {
                let (instrument, number, from) = (*instrument, *number, *from);
                self.know_number(instrument, number);
                self.next_step(id, Step::Fills(instrument, from));
            }
            (_, Fate::Unavailable | Fate::Clock | Fate::TooMany | Fate::Banned | Fate::Unknown) => {
                self.query_unanswered(id);
            }
            (
                _,
                Fate::Rejected(_)
                | Fate::Duplicate
                | Fate::UnknownOrder
                | Fate::Rules
                | Fate::NoListenKey
                | Fate::HalfReplaced
                | Fate::NoChange
                | Fate::Credentials,
            ) => self.out_answer(id, Answer::Failed(format!("{}: {}", failure.code, failure.words))),
        }
    }

    fn next_step(&mut self, id: QueryId, step: Step) {
        if let Some(asked) = self.asked.get_mut(&id) {
            asked.step = step;
            self.ask_again(id);
        }
    }

    pub(crate) fn query_answered(&mut self, id: QueryId, json: &Json<'_>) -> Result<(), CodecError> {
        let Some(asked) = self.asked.get(&id) else { return Ok(()) };
        match asked.step.clone() {
            Step::OpenOrders => self.state_orders(&order::orders(json)?),
            Step::Fills(instrument, from) => {
                let trades = order::account_trades(json)?;
                return self.query_fills(id, (instrument, from), trades);
            }
            Step::Numbered((instrument, number), from) => {
                self.take_order(&order::order(json)?);
                if self.ledger.of_venue(instrument, number).is_none() {
                    self.know_number(instrument, number);
                }
                self.next_step(id, Step::Fills(instrument, from));
                return Ok(());
            }
            Step::Positions => self.positions_answered(&account::positions(json)?),
            Step::Balances => {
                let all = match self.settings.product {
                    Product::Spot => account::spot_balances(json)?,
                    Product::UsdM => account::futures_balances(json)?,
                };
                all.iter().for_each(|balance| self.state_balance(balance));
            }
            Step::Margin(instrument) => self.state_margin(instrument, &account::positions(json)?),
            Step::Instruments => self.state_instruments(json)?,
            Step::Time => {
                let venue_ms = crate::codec::market::server_time(json)?;
                self.clock.measured((self.now, self.now), venue_ms);
            }
            Step::Leverage(instrument, _) | Step::MarginMode(instrument, _) => {
                self.next_step(id, Step::Margin(instrument));
                return Ok(());
            }
        }
        self.out_answer(id, Answer::Complete);
        Ok(())
    }

    /// Reports every open order as the venue states it.
    fn state_orders(&mut self, open: &[order::OrderAnswer]) {
        for said in open {
            let was_known = self.ledger.get(&said.client_id).is_some();
            let Some((id, detail)) = self.take_order(said) else { continue };
            let Some(order) = self.ledger.get(&id) else { continue };
            let (key, instrument) = (order.key, order.instrument);
            // One of somebody else that is new was stated when it was met.
            if !was_known && key.strategy == StrategyId::EXTERNAL {
                continue;
            }
            let now = self.venue_time();
            self.ledger.say(key, instrument, now, statement(key, &detail));
        }
    }

    /// Leverage and margin mode as the venue has them.
    fn state_margin(&mut self, instrument: InstrumentId, all: &[account::Position]) {
        let Some(symbol) = self.listed(instrument).map(|listed| listed.symbol.clone()) else { return };
        let Some(position) = all.iter().find(|position| position.symbol == symbol) else { return };
        let now = self.venue_time();
        let hundredths = position.leverage.and_then(|times| u32::try_from(times.saturating_mul(100)).ok());
        if let Some(hundredths) = hundredths {
            self.report_account(instrument, now, EventKind::LeverageReported(hundredths));
        }
        if let Some(mode) = position.margin {
            self.report_account(instrument, now, EventKind::MarginModeReported(mode));
        }
    }

    fn state_instruments(&mut self, json: &Json<'_>) -> Result<(), CodecError> {
        let names: Vec<String> = self.settings.instruments.iter().map(|listed| listed.symbol.clone()).collect();
        let info = rules::exchange_info(json, |symbol| names.iter().any(|name| name == symbol))?;
        let now = self.venue_time();
        for (at, name) in names.iter().enumerate() {
            let definition = self.settings.instruments[at].instrument;
            let said = info.symbols.iter().find(|said| said.symbol == *name);
            let (symbol, _) = self.take_rules(&definition, said);
            self.report_market(definition.id, now, EventKind::InstrumentStatus(symbol.status));
        }
        self.has_rules = true;
        Ok(())
    }

    /// Collects fills until there are no more, and all their orders are known.
    fn query_fills(
        &mut self,
        id: QueryId,
        (instrument, from): (InstrumentId, From),
        trades: Vec<AccountTrade>,
    ) -> Result<(), CodecError> {
        let is_known = |trade: &AccountTrade| self.ledger.of_venue(instrument, trade.order_id).is_some();
        if let Some(stranger) = trades.iter().find(|trade| !is_known(trade)) {
            let number = stranger.order_id;
            self.next_step(id, Step::Numbered((instrument, number), from));
            return Ok(());
        }
        let next = trades.last().filter(|_| trades.len() as u64 >= TRADES_MAX);
        let next = next.map(|last| From::Trade(last.fill.trade_id.saturating_add(1)));
        let Some(asked) = self.asked.get_mut(&id) else { return Ok(()) };
        asked.trades.extend(trades);
        if let Some(from) = next {
            self.next_step(id, Step::Fills(instrument, from));
            return Ok(());
        }
        let all = std::mem::take(&mut asked.trades);
        self.state_fills(instrument, &all);
        self.out_answer(id, Answer::Complete);
        Ok(())
    }

    /// Reports fills, also those that were reported before. What an order leaves open after each follows from what is filled
    /// of it now, backwards.
    fn state_fills(&mut self, instrument: InstrumentId, trades: &[AccountTrade]) {
        let read: Vec<(u64, Traded)> =
            trades.iter().filter_map(|trade| Some((trade.order_id, self.account_trade(trade)?.1))).collect();
        for (number, traded) in &read {
            self.count_fill((instrument, *number), traded);
        }
        for (at, (number, traded)) in read.iter().enumerate() {
            let Some(id) = self.ledger.of_venue(instrument, *number).cloned() else { continue };
            let Some(order) = self.ledger.get(&id) else { continue };
            let later: i64 = read[at + 1..].iter().filter(|(of, _)| of == number).map(|(_, fill)| fill.qty.0).sum();
            let leaves = Qty((order.qty.0 - order.executed + later).max(0));
            let key = order.key;
            self.ledger.say_fill(key, instrument, traded, leaves);
        }
        for (number, traded) in &read {
            self.end_if_whole((instrument, *number), traded.time);
        }
    }

    /// An order whose end waited for its fills ends now.
    fn end_if_whole(&mut self, (instrument, venue_id): (InstrumentId, u64), time: TimeNs) {
        let Some(id) = self.ledger.of_venue(instrument, venue_id).cloned() else { return };
        let Some(client_id) = self.ledger.get(&id).map(|order| order.current_id.clone()) else { return };
        self.ledger.observe(&Evidence { client_id, instrument, venue_id, detail: None, time }, &[]);
        self.settle_doubts(&id);
    }

    /// A fill that is news is one more of its order. Of an order that was met in this run it may be part of what was filled then.
    fn count_fill(&mut self, (instrument, number): (InstrumentId, u64), traded: &Traded) {
        let Some(id) = self.ledger.of_venue(instrument, number).cloned() else { return };
        if self.ledger.is_new(instrument, traded)
            && let Some(order) = self.ledger.get_mut(&id)
        {
            let known = order.executed.max(order.filled);
            let filled = order.filled.saturating_add(traded.qty.0);
            order.filled = if order.is_adopted { filled.min(known) } else { filled };
            order.executed = order.executed.max(order.filled);
        }
    }
}
