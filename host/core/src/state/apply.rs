//! Apply: what does each kind of event change?
//!
//! In: one event, the blobs it may name, State. Out: changed State, what changed in the market, whether the event was
//! applied at all, and what should not have happened. Must never: panic on what a venue or a feed says, or lose a fact of a venue because it contradicts State.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::blob::BlobTable;
use crate::canonical::Reader;
use crate::config::Config;
use crate::decision::{Anomaly, AnomalyCode, Decision, DecisionKind};
use crate::event::{
    Adjustment, BalanceChange, BalanceReason, BalanceStatement, Bar, CorporateAction, Event, EventKind, Fill,
    KillLevel, MarginMode, Mode, PositionStatement, Trade,
};
use crate::ids::{AccountId, BlobId, InstrumentId, IntentId, LegKey, SessionId, StrategyId, TimeNs, VenueId};
use crate::instrument::Instrument;
use crate::money::Decimal;
use crate::order::OrderInput;
use crate::plan::{Plan, Topic};
use crate::state::State;
use crate::state::control::{HandedOver, StrategyControl};
use crate::state::execution::{FillPlace, Holder};
use crate::state::findings::Findings;
use crate::state::market::{Change, InstrumentMarket};
use crate::state::series::{AllSeries, Closed};

impl State {
    /// Applies one event; what should not have happened is added to `decisions`. `None` = State ignored it, and nobody is
    /// told of it.
    ///
    /// # Panics
    /// When `event.seq` is not the next number or `event.time` goes back: the run loop numbers events (invariant I8).
    pub(crate) fn apply(&mut self, event: &Event, blobs: &BlobTable, decisions: &mut Vec<Decision>) -> Option<Change> {
        assert!(event.seq.0 == self.seq.0 + 1, "seq {} follows {}", event.seq.0, self.seq.0);
        assert!(event.time >= self.time, "time {} goes back behind {}", event.time.0, self.time.0);
        self.seq = event.seq;
        self.time = event.time;
        self.execution.retire(event.seq);
        self.closed.clear();
        if self.bar_due.is_some_and(|due| due <= event.time) {
            self.close_bars(event.time);
        }
        if self.activity.begins_day(event.time) {
            self.mark_day();
        }
        // The kinds that nearly all events are of do without the long list.
        let changed = if let EventKind::Trade(trade) = &event.kind {
            self.trade(event, trade)
        } else if let EventKind::Quote(quote) = &event.kind {
            self.market_event(event, |market| market.quote(quote, event.time))
        } else {
            self.change(event, blobs)
        };
        if !self.schedules.is_empty() {
            self.follow_schedules(event);
        }
        if !self.links.is_empty() {
            self.links.follow(event);
        }
        match changed {
            Ok(change) => Some(change),
            Err(found) => self.note_oddities(event, &found, decisions),
        }
    }

    #[cold]
    fn note_oddities(&mut self, event: &Event, found: &Findings, decisions: &mut Vec<Decision>) -> Option<Change> {
        decisions.extend(found.iter().map(|(code, value)| anomaly(code, value)));
        if found.has(AnomalyCode::Overfill) {
            self.halt_market_of(event);
        }
        found.is_applied().then(Change::default)
    }

    /// More was filled than ordered: nothing more is sent there until somebody has looked.
    fn halt_market_of(&mut self, event: &Event) {
        let order = event.kind.order().and_then(|key| self.execution.orders.get(key));
        let instrument = order.map_or(event.instrument, |order| order.terms.instrument);
        if let Some(market) = self.market_mut(instrument) {
            market.is_held = true;
        }
    }

    /// The one place that lists what each kind of event does. An error carries what should not have happened, and whether
    /// the event was applied all the same.
    #[inline(never)]
    fn change(&mut self, event: &Event, blobs: &BlobTable) -> Applied {
        let (execution, seq, time) = (&mut self.execution, event.seq, event.time);
        let found = match event.kind {
            EventKind::Trade(trade) => return self.trade(event, &trade),
            EventKind::Quote(quote) => return self.market_event(event, |market| market.quote(&quote, time)),
            EventKind::BookLevel(level) => return self.market_event(event, |market| market.book_level(&level, time)),
            EventKind::BookOrder(order) => return self.market_event(event, |market| market.book_order(&order, time)),
            EventKind::Bar(bar) => return self.bar(event, &bar),
            EventKind::MarkPrice(price) => return self.market_event(event, |market| Ok(market.set_mark(price, time))),
            EventKind::InstrumentStatus(status) => {
                return self.market_event(event, |market| Ok(market.set_status(status)));
            }
            EventKind::TradingDay(ends) => return self.market_event(event, |market| Ok(market.set_day_end(ends))),
            EventKind::FeedStale => return self.market_event(event, |market| Ok(market.distrust())),
            EventKind::FeedRecovered => return self.market_event(event, |market| Ok(market.trust())),
            EventKind::FundingRate(_) => return self.market_event(event, |_| Ok(Change::default())),
            EventKind::CorporateAction(action) => self.corporate_action(event.instrument, &action),
            EventKind::InstrumentDefined(blob) => self.define_instrument(blob, blobs),
            EventKind::OrderAccepted(key) => execution.order_input(key, OrderInput::Accept, seq),
            EventKind::OrderRejected(key, _) => execution.order_input(key, OrderInput::Reject, seq),
            EventKind::TransmitRefused(key, command, _) => execution.not_sent(key, command, seq),
            EventKind::OrderFilled(fill) => self.fill(&fill, event, Booking::Fill),
            EventKind::FillBusted(fill) => self.fill(&fill, event, Booking::Bust),
            EventKind::OrderCanceled(key, ..) => execution.order_input(key, OrderInput::Cancel, seq),
            EventKind::CancelRejected(key, _) => execution.order_input(key, OrderInput::CancelReject, seq),
            EventKind::OrderAmended(key, price, qty) => execution.amended(key, (price, qty), seq),
            EventKind::AmendRejected(key, _) => execution.order_input(key, OrderInput::AmendReject, seq),
            EventKind::OrderExpired(key, _) => execution.order_input(key, OrderInput::Expire, seq),
            EventKind::OutcomeUnknown(key) => execution.order_input(key, OrderInput::OutcomeUnknown, seq),
            EventKind::BalanceReported(said) => self.balance_stated(event.account, &said),
            EventKind::BalanceAdjusted(change) => self.balance_adjusted(event.account, &change),
            EventKind::LeverageReported(hundredths) => self.leverage_reported(event, hundredths),
            EventKind::MarginModeReported(mode) => self.margin_mode_reported(event, mode),
            EventKind::PositionReported(said) => self.position_reported(event, &said),
            EventKind::OrderReported(said) => execution.order_reported(&said, seq),
            EventKind::VenueUp => self.with_venue(event.venue, |is_down| *is_down = false),
            EventKind::VenueDown => self.with_venue(event.venue, |is_down| *is_down = true),
            EventKind::SessionOpened(session, mode, rules) => self.open(session, mode, rules),
            EventKind::ConfigChanged(blob) => self.configure(blob, blobs),
            EventKind::TradingEnabled => self.with_trading(event.instrument, Trading::Enabled),
            EventKind::TradingDisabled => self.with_trading(event.instrument, Trading::Disabled),
            EventKind::KillSwitch(level, strategy) => self.kill(level, strategy),
            EventKind::StrategyAttached(id, _, plan) => self.attach(id, plan, HandedOver::Nothing, blobs),
            EventKind::StrategySwapped(id, _, plan, state) => self.attach(id, plan, HandedOver::of(state), blobs),
            EventKind::StrategyDetached(id) => self.detach(id),
            EventKind::StrategyHalted(id, halt) => self.with_strategy(id, |strategy| strategy.halt = Some(halt)),
            EventKind::StrategyResumed(id, _) => self.with_strategy(id, |strategy| strategy.halt = None),
            EventKind::ReconcileStarted
            | EventKind::ReconcileFinished(_)
            | EventKind::SessionClosed
            | EventKind::StrategyCheckpointed(..)
            | EventKind::ParametersChanged(..)
            | EventKind::FlattenRequested(_)
            | EventKind::ExternalIntent(_)
            | EventKind::Signal(..)
            | EventKind::ClockAdjusted(_)
            | EventKind::OperatorCommand(_)
            | EventKind::ReloadRefused(..)
            | EventKind::TimeAdvanced => return Ok(Change::default()),
        };
        if found.is_fine() { Ok(Change::default()) } else { Err(found) }
    }

    fn open(&mut self, session: SessionId, mode: Mode, rules: u32) -> Findings {
        (self.session, self.mode, self.rules_version) = (session, Some(mode), rules);
        NONE
    }

    fn balance_stated(&mut self, account: AccountId, said: &BalanceStatement) -> Findings {
        match self.account_cash(account) {
            Some(derived) => self.balance_reported(account, said, derived),
            None => one(AnomalyCode::Overflow, i64::from(account.0)),
        }
    }

    fn leverage_reported(&mut self, event: &Event, hundredths: u32) -> Findings {
        known(self.activity.report_leverage(event.account, event.instrument, hundredths), event.account)
    }

    fn margin_mode_reported(&mut self, event: &Event, mode: MarginMode) -> Findings {
        known(self.activity.report_margin_mode(event.account, event.instrument, mode), event.account)
    }

    #[inline]
    fn market_event<T>(
        &mut self,
        event: &Event,
        change: impl FnOnce(&mut InstrumentMarket) -> Result<T, i64>,
    ) -> Result<T, Findings> {
        let Some(market) = self.market_mut(event.instrument) else {
            return Err(one(AnomalyCode::UnknownReference, i64::from(event.instrument.0)));
        };
        change(market).map_err(|value| one(AnomalyCode::BadValue, value))
    }

    #[inline]
    fn trade(&mut self, event: &Event, trade: &Trade) -> Applied {
        let applied = self.market_event(event, |market| {
            let change = market.trade(trade, event.time)?;
            Ok((change, market.series.is_some()))
        });
        let (change, has_series) = applied?;
        if has_series {
            self.build_bars(event, trade);
        }
        Ok(change)
    }

    /// Bars that are built of trades take one more.
    #[inline(never)]
    fn build_bars(&mut self, event: &Event, trade: &Trade) {
        let market = index(event.instrument).and_then(|at| self.markets.get_mut(at));
        if let Some(series) = market.and_then(|market| market.series.as_mut()) {
            series.trade(trade, (event.instrument, event.time), &mut self.closed);
            let due = [self.bar_due, series.due()];
            self.bar_due = due.into_iter().flatten().min();
        }
    }

    /// Closes the bars by time that ended by `now`, before anything else of this event is applied.
    #[cold]
    fn close_bars(&mut self, now: TimeNs) {
        self.bar_due = None;
        for market in &mut self.markets {
            let id = market.instrument.id;
            let due = market.series.as_mut().and_then(|series| series.pass(now, id, &mut self.closed));
            self.bar_due = [self.bar_due, due].into_iter().flatten().min();
        }
    }

    /// A bar of the feed stands for the one that was built of the same length, should both come with this event.
    fn bar(&mut self, event: &Event, bar: &Bar) -> Applied {
        let time = event.time;
        let applied = self.market_event(event, |market| market.bar(bar, time));
        let is_twin =
            |closed: &Closed| closed.instrument == event.instrument && closed.spec.length_ns() == Some(bar.interval_ns);
        self.closed.retain(|closed| applied.is_err() || !is_twin(closed));
        applied
    }

    /// Plans changed: bars that one asks for are built from now on, others no more.
    fn follow_plans(&mut self) {
        for market in &mut self.markets {
            let routes = self.control.routes(market.instrument.id, Topic::Bar);
            let specs = routes.iter().filter_map(|route| route.bars);
            let before = market.series.take().map(|series| *series);
            market.series = AllSeries::wanted(before, specs, (&market.instrument, &market.bars)).map(Box::new);
        }
        let dues = self.markets.iter().filter_map(|market| market.series.as_ref()?.due());
        self.bar_due = dues.min();
    }

    /// A split changes what is held in units, by all who hold any; orders that rest keep the venue's word. Everything else
    /// concerns no number in State. Where a position cannot follow exactly nothing is changed, and the instrument halts.
    fn corporate_action(&mut self, id: InstrumentId, action: &CorporateAction) -> Findings {
        let Some(market) = index(id).and_then(|at| self.markets.get_mut(at)) else {
            return one(AnomalyCode::UnknownReference, i64::from(id.0));
        };
        match action.kind {
            Adjustment::Dividend | Adjustment::Rename | Adjustment::Delisting => Findings::FINE,
            Adjustment::Split if action.numerator == 0 || action.denominator == 0 => one(AnomalyCode::BadValue, 0),
            Adjustment::Split => match self.execution.split(id, action.numerator, action.denominator) {
                Ok(()) => {
                    market.split(action.numerator, action.denominator);
                    Findings::FINE
                }
                Err(qty) => {
                    market.is_held = true;
                    one(AnomalyCode::Mismatch, qty.0)
                }
            },
        }
    }

    /// Books a fill or takes it back. A fee in a currency that is not the instrument's settlement currency is left out,
    /// with an anomaly: the quantity must not get lost with it.
    fn fill(&mut self, fill: &Fill, event: &Event, booking: Booking) -> Findings {
        let Some(instrument) = self.instrument(event.instrument).copied() else {
            return one(AnomalyCode::UnknownReference, i64::from(event.instrument.0));
        };
        if self.execution.cash(event.account).is_none() {
            return one(AnomalyCode::UnknownReference, i64::from(event.account.0));
        }
        let fee_fits = fill.fee_currency == instrument.settlement || fill.fee.is_zero();
        let foreign = fill.fee_currency;
        let fill = Fill { fee: if fee_fits { fill.fee } else { crate::money::Decimal::ZERO }, ..*fill };
        let order = match booking {
            Booking::Fill => fill.order,
            Booking::Bust => self.execution.order_of_fill(&fill, event.account, event.instrument).unwrap_or(fill.order),
        };
        let owner = if fill.has_no_order() { self.holder(order.strategy) } else { self.owner(order) };
        let at = FillPlace { account: event.account, instrument: &instrument, owner, seq: event.seq };
        let (found, qty) = match booking {
            Booking::Fill => (self.execution.filled(&fill, at), fill.qty.0),
            // What was booked is taken back, whatever the bust says.
            Booking::Bust => {
                let booked = self.execution.booked_qty(&fill, event.account, event.instrument);
                (self.execution.busted(&fill, at), -booked.0)
            }
        };
        if found.is_applied() && !self.schedules.is_empty() {
            self.count_schedule_fill(order, (event.instrument, fill.side), qty);
        }
        let is_tied = found.is_applied() && !self.links.is_empty();
        let is_too_much = is_tied && self.links.count_fill(order.strategy, order.intent, qty);
        let found = found.and(is_too_much.then_some((AnomalyCode::GroupOverfill, qty)));
        self.mark_peak(owner);
        self.count_fill(event.account, owner, booking, &found);
        let is_left_out = !fee_fits && found.is_applied();
        found.and(is_left_out.then_some((AnomalyCode::UnknownReference, i64::from(foreign.0))))
    }

    /// A strategy's equity has its high-water mark after its own fills.
    fn mark_peak(&mut self, id: StrategyId) {
        let Ok(equity) = self.account_view(id).map(|view| view.equity) else { return };
        if let Some(strategy) = self.control.strategy_mut(id) {
            strategy.peak = Some(strategy.peak.map_or(equity, |peak| peak.max(equity)));
        }
    }

    /// What limits look back at: fills that were booked, and the account's highest equity after one.
    fn count_fill(&mut self, account: AccountId, owner: StrategyId, booking: Booking, found: &Findings) {
        if !found.is_applied() {
            return;
        }
        if matches!(booking, Booking::Fill) {
            self.activity.count_fill(owner);
        }
        let is_asked = self.config().is_some_and(|config| config.risk.drawdown_peak_max.is_some());
        if is_asked && let Ok(view) = self.account_total(account) {
            self.activity.mark_peak(account, view.equity);
        }
    }

    /// A day began: losses of the day are measured from what each account was worth before its first event.
    fn mark_day(&mut self) {
        if self.config().is_none_or(|config| config.risk.loss_day_max.is_none()) {
            return;
        }
        let accounts = u16::try_from(self.execution.accounts.len()).unwrap_or(u16::MAX);
        for account in (1..=accounts).map(AccountId) {
            if let Ok(view) = self.account_total(account) {
                self.activity.mark_day(account, view.equity);
            }
        }
    }

    /// Cash as the venue states it; the first statement opens the account's session.
    fn balance_reported(&mut self, account: AccountId, said: &BalanceStatement, derived: Decimal) -> Findings {
        let found = self.execution.balance_reported(account, said, derived);
        if let Ok(view) = self.account_total(account) {
            self.activity.begin(account, view.equity);
        }
        found
    }

    /// Cash that moved without a fill; what came from outside or went there is neither won nor lost.
    fn balance_adjusted(&mut self, account: AccountId, change: &BalanceChange) -> Findings {
        let found = self.execution.balance_adjusted(account, change);
        if found == NONE && change.reason == BalanceReason::Transfer {
            self.activity.transfer(account, change.amount);
        }
        found
    }

    /// Strategy that a fill of this order belongs to: its emitter, though the order may have retired; otherwise nobody.
    pub(crate) fn owner(&self, key: LegKey) -> StrategyId {
        let Some(strategy) = self.control.strategy(key.strategy) else { return StrategyId::EXTERNAL };
        let emitted = (1..=strategy.intents).contains(&key.intent.0);
        let of_host = key.intent.is_of_host() && key.intent <= IntentId::of_host(strategy.host_intents);
        if emitted || of_host { key.strategy } else { StrategyId::EXTERNAL }
    }

    /// Strategy that a fact about an order concerns.
    pub(crate) fn concerned(&self, kind: &EventKind) -> Option<StrategyId> {
        if let EventKind::OrderFilled(fill) = kind
            && fill.has_no_order()
        {
            return Some(self.holder(fill.order.strategy));
        }
        kind.order().map(|key| self.owner(key))
    }

    /// A strategy that there is; otherwise nobody.
    fn holder(&self, id: StrategyId) -> StrategyId {
        if self.control.strategy(id).is_some() { id } else { StrategyId::EXTERNAL }
    }

    fn position_reported(&mut self, event: &Event, said: &PositionStatement) -> Findings {
        match self.execution.position(Holder::Account(event.account), event.instrument, said.side) {
            None => one(AnomalyCode::UnknownReference, i64::from(event.account.0)),
            Some(held) if held.qty == said.qty.0 => NONE,
            Some(_) => Findings::odd(AnomalyCode::Mismatch, said.qty.0),
        }
    }

    fn with_venue(&mut self, venue: VenueId, change: impl FnOnce(&mut bool)) -> Findings {
        match self.execution.venue_is_down.get_mut(usize::from(venue.0)).filter(|_| venue.0 > 0) {
            Some(is_down) => {
                change(is_down);
                NONE
            }
            None => one(AnomalyCode::UnknownReference, i64::from(venue.0)),
        }
    }

    /// Of everything, or of one instrument: there it is the host's own halt that begins or ends, whoever began it.
    fn with_trading(&mut self, only: InstrumentId, trading: Trading) -> Findings {
        let is_disabled = matches!(trading, Trading::Disabled);
        if only == InstrumentId::NONE {
            self.control.trading_is_disabled = is_disabled;
            return NONE;
        }
        match self.market_mut(only) {
            Some(market) => {
                market.is_held = is_disabled;
                NONE
            }
            None => one(AnomalyCode::UnknownReference, i64::from(only.0)),
        }
    }

    /// Levels latch: only `off` takes one back.
    fn kill(&mut self, level: KillLevel, strategy: StrategyId) -> Findings {
        match level {
            KillLevel::L1 => self.with_strategy(strategy, |control| control.is_killed = true),
            KillLevel::Off if strategy != StrategyId::EXTERNAL => {
                self.with_strategy(strategy, |control| control.is_killed = false)
            }
            KillLevel::Off => {
                self.control.kill = None;
                NONE
            }
            KillLevel::L2 | KillLevel::L3 | KillLevel::L4 => {
                self.control.kill = self.control.kill.max(Some(level));
                NONE
            }
        }
    }

    fn with_strategy(&mut self, id: StrategyId, change: impl FnOnce(&mut StrategyControl)) -> Findings {
        match self.control.strategy_mut(id).filter(|_| id != StrategyId::EXTERNAL) {
            Some(control) => {
                change(control);
                NONE
            }
            None => one(AnomalyCode::UnknownReference, i64::from(id.0)),
        }
    }

    fn attach(&mut self, id: StrategyId, plan: BlobId, handed_over: HandedOver, blobs: &BlobTable) -> Findings {
        let plan = blobs.bytes(plan).and_then(|bytes| Reader::whole(bytes, Plan::take).ok());
        let known = id != StrategyId::EXTERNAL && self.control.strategy(id).is_some();
        match plan {
            Some(plan) if known && self.control.attach(id, &plan, handed_over) => {
                self.follow_plans();
                NONE
            }
            Some(_) => one(AnomalyCode::UnknownReference, i64::from(id.0)),
            None => one(AnomalyCode::BadBlob, i64::from(id.0)),
        }
    }

    fn detach(&mut self, id: StrategyId) -> Findings {
        self.control.detach(id);
        self.follow_plans();
        self.with_strategy(id, |control| control.is_attached = false)
    }

    fn configure(&mut self, blob: BlobId, blobs: &BlobTable) -> Findings {
        let Some(bytes) = blobs.bytes(blob) else { return one(AnomalyCode::BadBlob, i64::from(blob.0)) };
        let Ok(config) = Config::decode(bytes) else { return one(AnomalyCode::BadBlob, i64::from(blob.0)) };
        if !self.keeps_meanings(&config) {
            return one(AnomalyCode::BadValue, i64::from(blob.0));
        }
        for instrument in config.instruments.iter().skip(self.markets.len()) {
            self.markets.push(InstrumentMarket::new(*instrument));
        }
        for (market, instrument) in self.markets.iter_mut().zip(&config.instruments) {
            market.instrument = *instrument;
        }
        self.execution.prepare(&config);
        self.activity.prepare(&config);
        self.control.prepare(config.strategies.len(), config.instruments.len());
        self.control.limit(&config.strategies);
        self.config_hash = config.hash();
        self.config = Some(config);
        NONE
    }

    /// Ids keep their meaning: lists only grow, and what State holds by an id stays what it was.
    fn keeps_meanings(&self, new: &Config) -> bool {
        let Some(old) = &self.config else { return true };
        let known = self.markets.iter().zip(&old.instruments).zip(&new.instruments);
        let same_symbol = |a: &Instrument, b: &Instrument| old.name(a.symbol) == new.name(b.symbol);
        new.instruments.len() >= self.markets.len()
            && known.into_iter().all(|((m, a), b)| same_units(&m.instrument, b) && same_symbol(a, b))
            && new.currencies.starts_with(&old.currencies)
            && new.venues.starts_with(&old.venues)
            && new.accounts.starts_with(&old.accounts)
            && new.strategies.len() >= old.strategies.len()
            && old.strategies.iter().zip(&new.strategies).all(|(a, b)| a.name == b.name)
    }

    fn market_mut(&mut self, id: InstrumentId) -> Option<&mut InstrumentMarket> {
        self.markets.get_mut(index(id)?)
    }

    fn define_instrument(&mut self, blob: BlobId, blobs: &BlobTable) -> Findings {
        let bad = one(AnomalyCode::BadBlob, i64::from(blob.0));
        let Some(bytes) = blobs.bytes(blob) else { return bad };
        let Ok(new) = Reader::whole(bytes, Instrument::take) else { return bad };
        let Some(market) = self.market_mut(new.id) else { return bad };
        if !same_units(&market.instrument, &new) || market.instrument.symbol != new.symbol {
            return bad;
        }
        market.instrument = new;
        market.status = new.status;
        NONE
    }
}

type Applied = Result<Change, Findings>;

#[derive(Clone, Copy)]
enum Trading {
    Enabled,
    Disabled,
}

#[derive(Clone, Copy)]
enum Booking {
    Fill,
    Bust,
}

const NONE: Findings = Findings::FINE;

const fn one(code: AnomalyCode, value: i64) -> Findings {
    Findings::ignored(code, value)
}

fn known(is_known: bool, account: AccountId) -> Findings {
    if is_known { NONE } else { one(AnomalyCode::UnknownReference, i64::from(account.0)) }
}

/// Anomalies are about no strategy's intent: strategy 0.
fn anomaly(code: AnomalyCode, value: i64) -> Decision {
    Decision { key: LegKey::default(), kind: DecisionKind::Anomaly(Anomaly { code, value }) }
}

fn index(instrument: InstrumentId) -> Option<usize> {
    (instrument.0 as usize).checked_sub(1)
}

/// Another scale, kind or currency is another instrument: mantissas in State would change their meaning.
fn same_units(old: &Instrument, new: &Instrument) -> bool {
    old.price_scale == new.price_scale
        && old.qty_scale == new.qty_scale
        && old.multiplier == new.multiplier
        && old.kind == new.kind
        && old.venue == new.venue
        && (old.base, old.quote, old.settlement) == (new.base, new.quote, new.settlement)
}
