//! Held orders: which of them go out, and which end?
//!
//! In: orders that wait, the event that was applied. Out: legs, each of which passes Normalizer and Risk again, and ends
//! that their strategies are told. Must never: send, or let a price of an event trigger what was emitted at it.

use crate::decision::{DecisionKind, DropReason, Effects, Malformed, MalformedCode};
use crate::event::{Event, EventKind};
use crate::ids::{AccountId, InstrumentId, IntentId, LegId, LegKey, StrategyId, TimeNs};
use crate::instrument::InstrumentStatus;
use crate::intent::{Extras, OrderTerms, OrderType, Size, Submit, TimeInForce, TriggerBy};
use crate::money::{Price, Qty, round_down_to_step};
use crate::normalize::held::current;
use crate::normalize::{self, malformed};
use crate::order::OrderState;
use crate::risk;
use crate::state::State;
use crate::state::execution::Holder;
use crate::state::held::{HELD_MAX, Held, Release, Seen, Stage, trail_limit};
use crate::state::links::RELEASE_LEGS;
use crate::state::market::InstrumentMarket;
use crate::step::Core;
use crate::strategy::OutcomeCode;

/// Time until a cancel at an order's end is asked for again; it doubles each time.
const END_PAUSE_NS: u64 = 1_000_000_000;
/// Times that it is asked for.
const END_ROUNDS_MAX: u32 = 10;

impl Core {
    /// Keeps watch over an order that is sent at once and has something left to be done for: an end, a remainder.
    /// False when there is no room for it.
    pub(super) fn follow(&mut self, key: LegKey, submit: &Submit, effects: &mut Effects) -> bool {
        let state = self.state_mut();
        let expire_at = end_of(state, submit);
        let has_more_to_do = expire_at != TimeNs(0) || submit.order_type == OrderType::MarketToLimit;
        // What was tied to others comes as a leg, and its end is the venue's.
        if !has_more_to_do || key.leg != LegId(0) {
            return true;
        }
        let held = Held {
            key,
            account: AccountId(0),
            submit: *submit,
            terms: bare_terms(submit),
            stage: Stage::Sent,
            trigger: Price(0),
            best: Price(0),
            filled_at: Price(0),
            expire_at,
            release: Release::Price,
            rounds: 0,
            opened: state.seq,
            next_leg: FOLLOWED_LEG,
        };
        let fits = state.held.open(held);
        if !fits {
            self.refuse(key, too_many(), effects);
        }
        fits
    }

    /// What one event means for held orders. Ends come first: what ends now is not triggered any more.
    pub(super) fn work_held(&mut self, event: &Event, effects: &mut Effects) {
        if self.state().held.next_due().is_some_and(|due| due <= event.time) {
            self.end_held(effects);
            self.release_by_time(effects);
        }
        if event.kind.is_market() {
            self.hear_market(event, effects);
        } else if let Some(key) = event.kind.order() {
            self.hear_order(event, key, effects);
        }
    }

    fn hear_market(&mut self, event: &Event, effects: &mut Effects) {
        let id = event.instrument;
        if event.kind.gives_new_meaning() {
            self.drop_where(|held| held.submit.instrument == id, DropReason::Instrument, effects);
        }
        if let EventKind::TradingDay(ends) = event.kind {
            self.tell_day((id, ends), effects);
        }
        if self.state().held.has_sessions() {
            self.release_with_market(event, effects);
        }
        let Some(shown) = Shown::of(&event.kind).filter(|_| self.state().held.waits_for(id)) else { return };
        let state = self.state();
        let Some(market) = state.market(id).filter(|market| sees(market)) else { return };
        let lets_go = state.lets_go(market);
        let mut at = 0;
        while let Some(held) = self.state().held.get(at) {
            at += 1;
            let waits = held.stage == Stage::Waiting && !held.waits_for_session();
            if held.submit.instrument != id || !waits || held.opened == event.seq {
                continue;
            }
            // Those that are let go leave the list, so that the next one takes their place.
            let before = self.state().held.len();
            self.let_look(held, shown, lets_go, effects);
            at -= before - self.state().held.len();
        }
    }

    fn let_look(&mut self, mut held: Held, shown: Shown, lets_go: bool, effects: &mut Effects) {
        let Some(market) = self.state().market(held.submit.instrument) else { return };
        let Some(seen) = shown.to(&held, market) else { return };
        let before = held;
        match held.look(seen, market) {
            Some(price) if lets_go => self.fire(held, price, effects),
            // Nothing is let go now: it is looked at again at the next price.
            Some(_) | None if held != before => self.state_mut().held.set(held),
            Some(_) | None => {}
        }
    }

    /// Its trigger came.
    pub(super) fn fire(&mut self, held: Held, price: Price, effects: &mut Effects) {
        effects.decide(held.key, DecisionKind::Released(price));
        self.let_go(Held { stage: Stage::Fired, ..held }, effects);
    }

    /// Sends a fired order: all of it, or, where it may only reduce, what nothing else is there to close. A closing order
    /// in its way is waited for; without a position there is nothing to wait for.
    pub(super) fn let_go(&mut self, mut held: Held, effects: &mut Effects) {
        let (room, is_held) = self.closable(&held);
        let qty = if held.submit.reduce_only { Qty(held.terms.qty.0.min(room)) } else { held.terms.qty };
        if qty.0 <= 0 && is_held {
            return self.state_mut().held.set(held);
        }
        if qty.0 <= 0 || held.next_leg > LegId::MAX.0 {
            return self.drop_held(held.key, DropReason::NothingToClose, effects);
        }
        let leg = LegKey { leg: LegId(held.next_leg), ..held.key };
        held.next_leg += 1;
        let Some(child) = self.child(&held, qty) else { return };
        let state = self.state_mut();
        release(state, &held);
        // The end of a part is the venue's: the next part takes its place here.
        if held.expire_at == TimeNs(0) || leg.leg.0 >= RELEASE_LEGS {
            state.held.remove(held.key.strategy, held.key.intent);
        } else {
            state.held.set(Held { stage: Stage::Sent, next_leg: FOLLOWED_LEG, ..held });
        }
        self.take_submit_leg(leg, &child, effects);
    }

    /// What of a position nothing else is there to close but what this order would close instead, on the lot; and whether
    /// there is anything to close at all.
    fn closable(&self, held: &Held) -> (i64, bool) {
        let (state, terms) = (self.state(), &held.terms);
        let lot = state.instrument(terms.instrument).map_or(1, |instrument| instrument.lot);
        let position =
            state.execution.position(Holder::Strategy(held.key.strategy), terms.instrument, terms.position_side);
        let position = position.copied().unwrap_or_default();
        let tied = risk::tied((state, &self.queue), (held.key.strategy, held.key.intent), terms);
        let room = i64::try_from(position.closable_instead(terms.side, tied)).unwrap_or(i64::MAX);
        let is_held = position.qty.signum() * terms.side.sign() < 0;
        (round_down_to_step(room, lot), is_held)
    }

    /// What a fired order is sent as.
    fn child(&self, held: &Held, qty: Qty) -> Option<Submit> {
        let market = self.state().market(held.submit.instrument)?;
        let (order_type, limit_price) = match held.submit.order_type {
            OrderType::Market | OrderType::StopMarket | OrderType::MarketIfTouched | OrderType::TrailingStopMarket => {
                (OrderType::Market, None)
            }
            OrderType::Limit | OrderType::StopLimit | OrderType::LimitIfTouched | OrderType::MarketToLimit => {
                (OrderType::Limit, held.submit.limit_price)
            }
            OrderType::TrailingStopLimit => (OrderType::Limit, Some(trail_limit(&held.submit, held.trigger, market))),
        };
        Some(Submit {
            size: Size::Quantity(qty),
            order_type,
            limit_price,
            stop_price: None,
            tif: without_end(held.submit.tif),
            extras: Extras::NONE,
            ..held.submit
        })
    }

    /// A report about an order: it may have been in the way of one that fired, or be what a kept one was sent as.
    fn hear_order(&mut self, event: &Event, key: LegKey, effects: &mut Effects) {
        if let Some(held) = self.state().held.find(key.strategy, key.intent).copied()
            && held.stage == Stage::Sent
        {
            self.hear_own(event, held, effects);
        }
        // What its group ends or lowers with this report is not sent for more than is left of it.
        if self.state().held.has_fired() && !self.state().links.is_empty() {
            self.settle_groups(effects);
        }
        let mut at = 0;
        while self.state().held.has_fired()
            && let Some(held) = self.state().held.get(at)
        {
            at += 1;
            if held.stage == Stage::Fired && held.key.strategy == key.strategy {
                let before = self.state().held.len();
                self.let_go(held, effects);
                at -= before - self.state().held.len();
            }
        }
    }

    /// A report about what a kept order was sent as: its end is the end of being kept, or the beginning of its remainder.
    fn hear_own(&mut self, event: &Event, mut held: Held, effects: &mut Effects) {
        if let EventKind::OrderFilled(fill) = event.kind {
            held.filled_at = fill.price;
            self.state_mut().held.set(held);
        }
        if self.legs_out(held.key) {
            return;
        }
        if held.submit.order_type == OrderType::MarketToLimit && held.filled_at != Price(0) {
            self.send_remainder(held, effects);
        } else {
            self.state_mut().held.remove(held.key.strategy, held.key.intent);
        }
    }

    /// True while a leg of an intent is queued or live, or a split of it has more to send.
    fn legs_out(&self, key: LegKey) -> bool {
        let state = self.state();
        let mut live = state.execution.orders.of_intent(key.strategy, key.intent);
        live.any(|order| !order.state.is_terminal())
            || self.queue.submits_of(key.strategy).any(|(leg, _)| leg.intent == key.intent)
            || state.parents.splits(key.strategy, key.intent)
    }

    /// What a market-to-limit order could not fill at once rests at the price of its last fill.
    fn send_remainder(&mut self, mut held: Held, effects: &mut Effects) {
        let state = self.state_mut();
        let legs = state.execution.orders.of_intent(held.key.strategy, held.key.intent);
        let first = legs.into_iter().next().map(|order| (order.state, order.leaves()));
        let price = held.filled_at;
        // One remainder: what becomes of it is what becomes of any limit order.
        held.filled_at = Price(0);
        held.submit = Submit { order_type: OrderType::Limit, limit_price: Some(price), ..held.submit };
        let leg = LegKey { leg: LegId(held.next_leg), ..held.key };
        held.next_leg += 1;
        let Some((OrderState::Canceled, leaves)) = first.filter(|(_, leaves)| leaves.0 > 0) else {
            state.held.remove(held.key.strategy, held.key.intent);
            return;
        };
        if held.expire_at == TimeNs(0) {
            state.held.remove(held.key.strategy, held.key.intent);
        } else {
            state.held.set(held);
        }
        let tif = without_end(held.submit.tif);
        let child = Submit { size: Size::Quantity(leaves), tif, extras: Extras::NONE, ..held.submit };
        self.take_submit_leg(leg, &child, effects);
    }

    /// Ends what has come to its end: what waits here is dropped, what was sent is canceled.
    fn end_held(&mut self, effects: &mut Effects) {
        let now = self.state().time();
        let is_due = |held: &Held| held.expire_at != TimeNs(0) && held.expire_at <= now;
        self.drop_where(|held| held.waits() && is_due(held), DropReason::Expired, effects);
        let mut at = 0;
        while let Some(held) = self.state().held.get(at) {
            at += 1;
            if is_due(&held) && self.is_ended_by_venue(&held) {
                let expire_at = self.state().time().plus(END_PAUSE_NS);
                self.state_mut().held.set(Held { expire_at, ..held });
            } else if is_due(&held) {
                let before = self.state().held.len();
                self.cancel_at_end(held, effects);
                at -= before - self.state().held.len();
            }
        }
    }

    /// The end of a trading day that was told is the venue's to act on first, as its market closes then.
    fn is_ended_by_venue(&self, held: &Held) -> bool {
        let day_ends = self.state().market(held.submit.instrument).map(|market| market.day_ends);
        held.submit.tif == TimeInForce::Day && day_ends == Some(held.expire_at)
    }

    /// Cancels every leg of a kept order; a venue that does not is asked again, so many times.
    fn cancel_at_end(&mut self, mut held: Held, effects: &mut Effects) {
        let (strategy, intent) = (held.key.strategy, held.key.intent);
        self.state_mut().parents.stop_split(strategy, intent);
        let mut legs = core::mem::take(&mut self.legs);
        legs.clear();
        let next = || {
            let key = LegKey { leg: LegId(held.next_leg), ..held.key };
            let fits = held.next_leg < LegId::MAX.0;
            held.next_leg += u16::from(fits);
            fits.then_some(key)
        };
        normalize::cancel_legs((self.state(), &self.queue), (strategy, intent), next, &mut legs);
        held.rounds += 1;
        let pause = END_PAUSE_NS << held.rounds.min(END_ROUNDS_MAX);
        let gives_up = held.rounds > END_ROUNDS_MAX;
        held.expire_at = if gives_up { TimeNs(0) } else { self.state().time().plus(pause) };
        self.state_mut().held.set(held);
        self.take_legs(&legs, effects);
        self.legs = legs;
        if !self.legs_out(held.key) {
            self.state_mut().held.remove(strategy, intent);
        }
    }

    /// A leg of a kept order did not go out, and nothing else of it is out: there is nothing left to do for it.
    pub(super) fn end_kept_of(&mut self, key: LegKey) {
        let is_sent = self.state().held.find(key.strategy, key.intent).is_some_and(|held| held.stage == Stage::Sent);
        if is_sent && !self.legs_out(key) {
            self.state_mut().held.remove(key.strategy, key.intent);
        }
    }

    /// Takes back a held order that was not sent; true when there was one.
    pub(super) fn cancel_held(&mut self, strategy: StrategyId, intent: IntentId, effects: &mut Effects) -> bool {
        let Some(held) = self.state().held.find(strategy, intent).copied() else { return false };
        if held.waits() {
            self.drop_held(held.key, DropReason::Canceled, effects);
            return true;
        }
        // What was sent is canceled like any order, and nothing is sent after it.
        self.state_mut().held.remove(strategy, intent);
        false
    }

    /// Takes back everything that a strategy has waiting, in one instrument or in all.
    pub(super) fn cancel_all_held(&mut self, of: StrategyId, only: Option<InstrumentId>, effects: &mut Effects) {
        let is_meant = |held: &Held| held.key.strategy == of && only.is_none_or(|id| id == held.submit.instrument);
        self.drop_where(|held| held.waits() && is_meant(held), DropReason::Canceled, effects);
        let state = self.state_mut();
        while let Some(key) = state.held.of(of).iter().find(|held| is_meant(held)).map(|held| held.key) {
            state.held.remove(key.strategy, key.intent);
        }
    }

    /// What the kill switch stops waits no more. What was sent is ended by its time all the same.
    pub(super) fn kill_held(&mut self, effects: &mut Effects) {
        let mut at = 0;
        while let Some(held) = self.state().held.get(at) {
            at += 1;
            let control = &self.state().control;
            if held.waits() && control.is_killed(held.key, None) && !control.closes_killed(held.key) {
                self.drop_held(held.key, DropReason::KillSwitch, effects);
                at -= 1;
            }
        }
    }

    fn drop_where(&mut self, ends: impl Fn(&Held) -> bool, reason: DropReason, effects: &mut Effects) {
        let mut at = 0;
        while let Some(held) = self.state().held.get(at) {
            if held.waits() && ends(&held) {
                self.drop_held(held.key, reason, effects);
            } else {
                at += 1;
            }
        }
    }

    /// A held order waits no more: its reservation is given back, and its strategy is told.
    fn drop_held(&mut self, key: LegKey, reason: DropReason, effects: &mut Effects) {
        let state = self.state_mut();
        let Some(held) = state.held.remove(key.strategy, key.intent) else { return };
        release(state, &held);
        effects.decide(key, DecisionKind::Dropped(reason));
        let code = match reason {
            DropReason::Expired => OutcomeCode::Expired,
            DropReason::Canceled | DropReason::KillSwitch | DropReason::Instrument | DropReason::NothingToClose => {
                OutcomeCode::Withdrawn
            }
        };
        // Where more of it is to come, or is taken out with it, that is told once.
        let is_told = matches!(reason, DropReason::Canceled | DropReason::KillSwitch | DropReason::Instrument)
            && self.state().links.held_of(key.strategy, key.intent).is_some();
        if !is_told {
            self.tell(key, code, effects);
        }
    }
}

/// Legs of what is followed rather than derived begin here: the legs of a split lie below.
const FOLLOWED_LEG: u16 = 0x4000;

/// What a market event shows to triggers.
#[derive(Clone, Copy, Debug)]
enum Shown {
    /// A trade, or the range of a bar.
    Traded(Seen),
    /// The touch, which State knows.
    Touch,
    Mark(Price),
}

impl Shown {
    fn of(kind: &EventKind) -> Option<Shown> {
        if let EventKind::Trade(trade) = kind {
            return Some(Shown::Traded(Seen::at(trade.price)));
        }
        if let EventKind::Bar(bar) = kind {
            return Some(Shown::Traded(Seen { low: bar.low, high: bar.high, last: bar.close }));
        }
        if let EventKind::MarkPrice(price) = kind {
            return Some(Shown::Mark(*price));
        }
        let is_touch = matches!(kind, EventKind::Quote(_)) || kind.book_level().is_some_and(|level| level.is_told());
        is_touch.then_some(Shown::Touch)
    }

    /// What of it a held order looks at.
    fn to(self, held: &Held, market: &InstrumentMarket) -> Option<Seen> {
        let touch = || current(market, held.submit.side, TriggerBy::Touch).map(Seen::at);
        match (held.submit.extras.trigger_by, self) {
            (TriggerBy::Last, Shown::Traded(seen)) => Some(seen),
            (TriggerBy::Last, Shown::Touch) if market.last.is_none() => touch(),
            (TriggerBy::Touch, Shown::Touch) => touch(),
            (TriggerBy::Mark, Shown::Mark(price)) => Some(Seen::at(price)),
            (
                TriggerBy::Last | TriggerBy::Touch | TriggerBy::Mark,
                Shown::Traded(_) | Shown::Touch | Shown::Mark(_),
            ) => None,
        }
    }
}

impl State {
    /// True while an order of this market may be sent: a trigger that comes when none may is not used up.
    pub(super) fn lets_go(&self, market: &InstrumentMarket) -> bool {
        let venue = usize::from(market.instrument.venue.0);
        let is_down = self.execution.venue_is_down.get(venue).copied().unwrap_or(true);
        sees(market) && !self.control.trading_is_disabled && !is_down
    }
}

/// True while prices of a market mean something.
fn sees(market: &InstrumentMarket) -> bool {
    !market.is_stale && market.status() == InstrumentStatus::Trading
}

/// When the life of an order ends by itself; 0 = it does not.
pub(super) fn end_of(state: &State, submit: &Submit) -> TimeNs {
    match submit.tif {
        TimeInForce::Gtd => submit.extras.expire_at,
        TimeInForce::Day => state.day_end(submit.instrument),
        TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::AtOpen | TimeInForce::AtClose => {
            TimeNs(0)
        }
    }
}

/// An end by date is Execution Control's, and so is waiting for a session.
const fn without_end(tif: TimeInForce) -> TimeInForce {
    match tif {
        TimeInForce::Gtd => TimeInForce::Gtc,
        TimeInForce::AtOpen | TimeInForce::AtClose => TimeInForce::Ioc,
        TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::Day => tif,
    }
}

pub(super) fn release(state: &mut State, held: &Held) {
    if held.waits() {
        state.execution.reserve(held.key.strategy, held.account, &held.terms, -held.reserved().0);
        state.execution.count_closed(held.key.strategy);
    }
}

/// Terms of an order that is not reserved here.
fn bare_terms(submit: &Submit) -> OrderTerms {
    OrderTerms {
        instrument: submit.instrument,
        side: submit.side,
        qty: Qty(0),
        order_type: submit.order_type,
        limit_price: submit.limit_price,
        stop_price: submit.stop_price,
        tif: submit.tif,
        post_only: submit.post_only,
        reduce_only: submit.reduce_only,
        position_side: submit.position_side,
        reference: Price(0),
    }
}

pub(super) fn too_many() -> Malformed {
    let limit = i64::try_from(HELD_MAX).expect("a small constant");
    malformed(MalformedCode::Parents, limit + 1, limit)
}
