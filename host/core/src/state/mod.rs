//! State: what is true after these events?
//!
//! In: events, in order, and the blobs they name. Out: Market, Execution and Control State, readable by anyone who has a
//! loan. Must never: know a strategy's code or a venue's protocol, read a clock, or change without an event (or a
//! decision the core itself has just recorded).

pub(crate) mod control;
pub(crate) mod execution;
pub mod market;
pub(crate) mod orders;
pub mod position;
mod seen;
pub mod view;

use alloc::vec::Vec;

use crate::blob::{BlobTable, Sha256Hash, sha256};
use crate::canonical::{Reader, Writer};
use crate::config::Config;
use crate::decision::{Anomaly, AnomalyCode, Decision, DecisionKind};
use crate::event::{CorporateAction, Event, EventKind, Fill, KillLevel, Mode};
use crate::ids::{AccountId, BlobId, InstrumentId, LegId, LegKey, Seq, SessionId, StrategyId, TimeNs};
use crate::instrument::{Instrument, InstrumentStatus};
use crate::order::OrderInput;
use crate::plan::Plan;
use crate::state::control::Control;
use crate::state::execution::{Execution, FillPlace, Oddities};
use crate::state::market::{Change, InstrumentMarket};

/// Everything derived from the event stream.
#[derive(Debug, Default)]
pub struct State {
    pub(crate) seq: Seq,
    pub(crate) time: TimeNs,
    pub(crate) session: SessionId,
    pub(crate) mode: Option<Mode>,
    pub(crate) rules_version: u32,
    pub(crate) config: Option<Config>,
    pub(crate) config_hash: Sha256Hash,
    pub(crate) markets: Vec<InstrumentMarket>,
    pub(crate) execution: Execution,
    pub(crate) control: Control,
    /// Approvals given so far; numbers them.
    pub(crate) approvals: u64,
}

impl Default for SessionId {
    fn default() -> SessionId {
        SessionId([0; 16])
    }
}

impl State {
    /// Applies one event; what should not have happened is added to `anomalies`.
    ///
    /// # Panics
    /// When `event.seq` is not the next number or `event.time` goes back: the run loop numbers events (invariant I8).
    pub(crate) fn apply(&mut self, event: &Event, blobs: &BlobTable, anomalies: &mut Vec<Decision>) -> Change {
        assert!(event.seq.0 == self.seq.0 + 1, "seq {} follows {}", event.seq.0, self.seq.0);
        assert!(event.time >= self.time, "time {} goes back behind {}", event.time.0, self.time.0);
        self.seq = event.seq;
        self.time = event.time;
        self.execution.retire(event.seq);
        if event.kind.is_market() {
            return self.apply_market(event, blobs, anomalies);
        }
        let found = self.apply_other(event, blobs);
        for (code, value) in found.into_iter().flatten() {
            anomalies.push(anomaly(code, value));
        }
        Change::default()
    }

    fn apply_market(&mut self, event: &Event, blobs: &BlobTable, anomalies: &mut Vec<Decision>) -> Change {
        if let EventKind::InstrumentDefined(blob) = event.kind {
            if !self.define_instrument(blob, blobs) {
                anomalies.push(anomaly(AnomalyCode::BadBlob, i64::from(blob.0)));
            }
            return Change::default();
        }
        let Some(market) = index(event.instrument).and_then(|at| self.markets.get_mut(at)) else {
            anomalies.push(anomaly(AnomalyCode::UnknownReference, i64::from(event.instrument.0)));
            return Change::default();
        };
        match apply_to_market(market, event) {
            Ok(change) => change,
            Err(value) => {
                anomalies.push(anomaly(AnomalyCode::BadValue, value));
                Change::default()
            }
        }
    }

    fn apply_other(&mut self, event: &Event, blobs: &BlobTable) -> Oddities {
        if event.kind.number() < 200 { self.apply_execution(event) } else { self.apply_control(event, blobs) }
    }

    fn apply_execution(&mut self, event: &Event) -> Oddities {
        let (execution, seq) = (&mut self.execution, event.seq);
        match event.kind {
            EventKind::OrderAccepted(key) => execution.order_input(key, OrderInput::Accept, seq),
            EventKind::OrderRejected(key, _) | EventKind::TransmitRefused(key, _) => {
                execution.order_input(key, OrderInput::Reject, seq)
            }
            EventKind::OrderFilled(fill) => self.fill(&fill, event, Booking::Fill),
            EventKind::FillBusted(fill) => self.fill(&fill, event, Booking::Bust),
            EventKind::OrderCanceled(key, ..) => execution.order_input(key, OrderInput::Cancel, seq),
            EventKind::CancelRejected(key, _) => execution.order_input(key, OrderInput::CancelReject, seq),
            EventKind::OrderAmended(key, price, qty) => execution.amended(key, price, qty, seq),
            EventKind::AmendRejected(key, _) => execution.order_input(key, OrderInput::AmendReject, seq),
            EventKind::OrderExpired(key, _) => execution.order_input(key, OrderInput::Expire, seq),
            EventKind::OutcomeUnknown(key) => execution.order_input(key, OrderInput::OutcomeUnknown, seq),
            EventKind::BalanceReported(said) => {
                let derived = self.account_cash(event.account).unwrap_or_default();
                self.execution.balance_reported(event.account, &said, derived)
            }
            EventKind::BalanceAdjusted(change) => execution.balance_adjusted(event.account, &change),
            EventKind::PositionReported(said) => self.position_reported(event, said.qty.0),
            EventKind::OrderReported(said) => self.order_reported(&said, seq),
            EventKind::VenueUp => self.venue_is_down(event, false),
            EventKind::VenueDown => self.venue_is_down(event, true),
            EventKind::LeverageReported(_)
            | EventKind::MarginModeReported(_)
            | EventKind::ReconcileStarted
            | EventKind::ReconcileFinished(_) => NONE,
            // Market, control and time events do not come here.
            _other => NONE,
        }
    }

    fn apply_control(&mut self, event: &Event, blobs: &BlobTable) -> Oddities {
        match event.kind {
            EventKind::SessionOpened(session, mode, rules) => {
                (self.session, self.mode, self.rules_version) = (session, Some(mode), rules);
                NONE
            }
            EventKind::ConfigChanged(blob) => self.configure(blob, blobs),
            EventKind::TradingEnabled => self.set_trading(false),
            EventKind::TradingDisabled => self.set_trading(true),
            EventKind::KillSwitch(level, strategy) => self.kill(level, strategy),
            EventKind::StrategyAttached(id, _, plan) | EventKind::StrategySwapped(id, _, plan, _) => {
                self.attach(id, plan, blobs)
            }
            EventKind::StrategyDetached(id) => {
                self.control.detach(id);
                NONE
            }
            EventKind::StrategyHalted(id, halt) => self.with_strategy(id, |strategy| strategy.halt = Some(halt)),
            EventKind::StrategyResumed(id, _) => self.with_strategy(id, |strategy| strategy.halt = None),
            EventKind::SessionClosed
            | EventKind::StrategyCheckpointed(..)
            | EventKind::ParametersChanged(..)
            | EventKind::FlattenRequested(_)
            | EventKind::ExternalIntent(_)
            | EventKind::Signal(..)
            | EventKind::ClockAdjusted(_)
            | EventKind::OperatorCommand(_)
            | EventKind::TimeAdvanced => NONE,
            // Market and execution events do not come here.
            _other => NONE,
        }
    }

    fn fill(&mut self, fill: &Fill, event: &Event, booking: Booking) -> Oddities {
        let Some(market) = index(event.instrument).and_then(|at| self.markets.get_mut(at)) else {
            return one(AnomalyCode::UnknownReference, i64::from(event.instrument.0));
        };
        if fill.fee_currency != market.instrument.settlement && !fill.fee.is_zero() {
            return one(AnomalyCode::UnknownReference, i64::from(fill.fee_currency.0));
        }
        let instrument = market.instrument;
        let at = FillPlace { account: event.account, instrument: &instrument, seq: event.seq };
        let found = match booking {
            Booking::Fill => self.execution.filled(fill, at),
            Booking::Bust => self.execution.busted(fill, at),
        };
        let overfilled = found.iter().flatten().any(|(code, _)| *code == AnomalyCode::Overfill);
        if overfilled {
            market.status = InstrumentStatus::Halted;
        }
        found
    }

    fn position_reported(&mut self, event: &Event, said: i64) -> Oddities {
        let held: i64 = self
            .execution
            .positions(execution::Holder::Account(event.account))
            .filter(|(instrument, ..)| *instrument == event.instrument)
            .map(|(_, _, position)| position.qty)
            .sum();
        if held == said { NONE } else { one(AnomalyCode::Mismatch, said) }
    }

    fn order_reported(&mut self, said: &crate::event::OrderStatement, seq: Seq) -> Oddities {
        use crate::order::OrderState as S;
        let input = match said.state {
            S::Accepted | S::PartiallyFilled => OrderInput::Accept,
            S::Canceled => OrderInput::Cancel,
            S::Rejected => OrderInput::Reject,
            S::Expired => OrderInput::Expire,
            S::Unknown => OrderInput::OutcomeUnknown,
            // A fill is booked by its own event; a command under way says nothing new.
            S::Submitted | S::PendingCancel | S::PendingAmend | S::Filled => return NONE,
        };
        self.execution.order_input(said.order, input, seq)
    }

    fn venue_is_down(&mut self, event: &Event, down: bool) -> Oddities {
        match self.execution.venue_is_down.get_mut(usize::from(event.venue.0)) {
            Some(flag) => {
                *flag = down;
                NONE
            }
            None => one(AnomalyCode::UnknownReference, i64::from(event.venue.0)),
        }
    }

    fn set_trading(&mut self, disabled: bool) -> Oddities {
        self.control.trading_is_disabled = disabled;
        NONE
    }

    fn kill(&mut self, level: KillLevel, strategy: StrategyId) -> Oddities {
        match level {
            KillLevel::L1 => self.with_strategy(strategy, |control| control.is_killed = true),
            KillLevel::Off if strategy != StrategyId::EXTERNAL => {
                self.with_strategy(strategy, |control| control.is_killed = false)
            }
            KillLevel::Off | KillLevel::L2 | KillLevel::L3 | KillLevel::L4 => {
                self.control.kill = (level != KillLevel::Off).then_some(level);
                NONE
            }
        }
    }

    fn with_strategy(&mut self, id: StrategyId, change: impl FnOnce(&mut control::StrategyControl)) -> Oddities {
        match self.control.strategy_mut(id) {
            Some(control) => {
                change(control);
                NONE
            }
            None => one(AnomalyCode::UnknownReference, i64::from(id.0)),
        }
    }

    fn attach(&mut self, id: StrategyId, plan: BlobId, blobs: &BlobTable) -> Oddities {
        let plan = blobs.bytes(plan).and_then(|bytes| Plan::take(&mut Reader::new(bytes)).ok());
        let known = id != StrategyId::EXTERNAL && self.control.strategy(id).is_some();
        match plan {
            Some(plan) if known && self.control.attach(id, &plan) => NONE,
            Some(_) => one(AnomalyCode::UnknownReference, i64::from(id.0)),
            None => one(AnomalyCode::BadBlob, i64::from(id.0)),
        }
    }

    fn configure(&mut self, blob: BlobId, blobs: &BlobTable) -> Oddities {
        let Some(bytes) = blobs.bytes(blob) else { return one(AnomalyCode::BadBlob, i64::from(blob.0)) };
        let Ok(config) = Config::decode(bytes) else { return one(AnomalyCode::BadBlob, i64::from(blob.0)) };
        if !self.keeps_scales(&config) {
            return one(AnomalyCode::BadValue, i64::from(blob.0));
        }
        for instrument in config.instruments.iter().skip(self.markets.len()) {
            self.markets.push(InstrumentMarket::new(*instrument));
        }
        for (market, instrument) in self.markets.iter_mut().zip(&config.instruments) {
            market.instrument = *instrument;
        }
        self.execution.prepare(&config);
        self.control.prepare(config.strategies.len(), config.instruments.len());
        self.config_hash = sha256(bytes);
        self.config = Some(config);
        NONE
    }

    /// Another scale is another instrument: mantissas in State would change their meaning.
    fn keeps_scales(&self, config: &Config) -> bool {
        config.instruments.len() >= self.markets.len()
            && self.markets.iter().zip(&config.instruments).all(|(market, new)| same_units(&market.instrument, new))
    }

    fn define_instrument(&mut self, blob: BlobId, blobs: &BlobTable) -> bool {
        let Some(bytes) = blobs.bytes(blob) else { return false };
        let Ok(new) = Instrument::take(&mut Reader::new(bytes)) else { return false };
        let Some(market) = index(new.id).and_then(|at| self.markets.get_mut(at)) else { return false };
        if !same_units(&market.instrument, &new) {
            return false;
        }
        market.instrument = new;
        market.status = new.status;
        true
    }

    /// SHA-256 of the canonical State: equal streams give equal digests on every machine.
    #[must_use]
    pub fn digest(&self) -> Sha256Hash {
        let mut w = Writer::new();
        w.u64(self.seq.0);
        w.u64(self.time.0);
        w.u32(self.rules_version);
        w.raw(&self.config_hash);
        w.list(&self.markets, |w, market| market.put(w));
        self.execution.put(&mut w);
        self.control.put(&mut w);
        w.u64(self.approvals);
        sha256(w.bytes())
    }
}

#[derive(Clone, Copy)]
enum Booking {
    Fill,
    Bust,
}

const NONE: Oddities = [None; 3];

const fn one(code: AnomalyCode, value: i64) -> Oddities {
    [Some((code, value)), None, None]
}

/// Anomalies are about no strategy's intent: strategy 0.
fn anomaly(code: AnomalyCode, value: i64) -> Decision {
    let key = LegKey { intent: crate::ids::IntentId(0), strategy: StrategyId::EXTERNAL, leg: LegId(0) };
    Decision { key, kind: DecisionKind::Anomaly(Anomaly { code, value }) }
}

fn index(instrument: InstrumentId) -> Option<usize> {
    (instrument.0 as usize).checked_sub(1)
}

fn same_units(old: &Instrument, new: &Instrument) -> bool {
    old.price_scale == new.price_scale
        && old.qty_scale == new.qty_scale
        && old.multiplier == new.multiplier
        && old.settlement == new.settlement
}

/// Applies a market event to its instrument; an error carries the value that cannot be.
fn apply_to_market(market: &mut InstrumentMarket, event: &Event) -> Result<Change, i64> {
    match &event.kind {
        EventKind::Trade(trade) => {
            positive(trade.qty.0)?;
            market.trade(trade, event.time);
        }
        EventKind::Quote(quote) => {
            not_negative(quote.bid_qty.0)?;
            not_negative(quote.ask_qty.0)?;
            return Ok(market.quote(quote, event.time));
        }
        EventKind::BookLevel(level) => {
            not_negative(level.qty.0)?;
            return Ok(market.book_level(level, event.time));
        }
        EventKind::Bar(bar) => {
            not_negative(bar.volume.0)?;
            market.bar(bar, event.time);
        }
        EventKind::MarkPrice(price) => market.mark = Some(*price),
        EventKind::InstrumentStatus(status) => market.status = *status,
        EventKind::FeedStale => market.is_stale = true,
        EventKind::FeedRecovered => market.is_stale = false,
        EventKind::FundingRate(_) => {}
        EventKind::CorporateAction(CorporateAction { denominator, .. }) => {
            positive(i64::try_from(*denominator).unwrap_or(0))?;
        }
        // Everything else is no market event and does not come here.
        _other => {}
    }
    Ok(Change::default())
}

fn positive(value: i64) -> Result<(), i64> {
    if value > 0 { Ok(()) } else { Err(value) }
}

fn not_negative(value: i64) -> Result<(), i64> {
    if value >= 0 { Ok(()) } else { Err(value) }
}

/// Account a strategy trades on; 0 when unknown.
pub(crate) fn account_of(state: &State, strategy: StrategyId) -> AccountId {
    state.config.as_ref().and_then(|config| config.strategy(strategy)).map_or(AccountId(0), |slot| slot.account)
}
