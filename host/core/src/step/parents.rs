//! Parents: what do splits, flattens, operators and the kill switch send now?
//!
//! In: parents in State, operator events. Out: children, each a leg that passes Normalizer and Risk. Must never: bypass a
//! layer, or make children without end: a flatten has so many rounds, further apart each time.

use crate::config::{Config, OnHalt};
use crate::decision::{Anomaly, AnomalyCode, DecisionKind, Effects};
use crate::event::{Event, EventKind, KillLevel};
use crate::ids::{AccountId, InstrumentId, IntentId, LegKey, StrategyId, TimeNs};
use crate::instrument::{PositionSide, Side};
use crate::intent::{Extras, Intent, IntentKind, OrderType, Size, Submit, TimeInForce};
use crate::money::{Qty, round_down_to_step};
use crate::normalize::{self, LEGS_MAX, Scope};
use crate::order::OrderState;
use crate::state::State;
use crate::state::execution::Holder;
use crate::state::parents::{Parent, ParentKind};
use crate::step::Core;
use crate::step::judge::HOST_KEY;

/// Times a flatten makes closing orders before it is given up with an anomaly.
pub(crate) const FLATTEN_ROUNDS_MAX: u32 = 10;
/// Time to the second round; it doubles with each.
pub(crate) const FLATTEN_PAUSE_NS: u64 = 100_000_000;

/// What a flatten does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Done,
    Wait,
    Act,
    GiveUp,
}

impl Core {
    /// What an operator's event or the kill switch asks for, as intents of the host for each strategy.
    pub(super) fn take_operator(&mut self, event: &Event, effects: &mut Effects) {
        if let EventKind::FlattenRequested(who) = event.kind {
            let is_meant = |id: StrategyId| who == StrategyId::EXTERNAL || who == id;
            let only = (event.instrument != InstrumentId::NONE).then_some(event.instrument);
            self.for_strategies(IntentKind::Flatten(only), is_meant, effects);
        } else if let EventKind::KillSwitch(KillLevel::Off, StrategyId::EXTERNAL) = event.kind {
            self.end_closing();
        } else if let EventKind::KillSwitch(level, _) = event.kind {
            self.kill(level, effects);
        } else if let EventKind::StrategyHalted(id, _) = event.kind {
            self.take_halted(id, effects);
        }
    }

    /// What becomes of the orders and the position that a halted strategy leaves.
    fn take_halted(&mut self, id: StrategyId, effects: &mut Effects) {
        let slot = self.state().config().and_then(|config| config.strategy(id));
        match slot.map_or(OnHalt::Leave, |slot| slot.supervision.on_halt) {
            OnHalt::Leave => {}
            OnHalt::Cancel => self.cancel_all_of(id, effects),
            OnHalt::Flatten => self.for_strategies(IntentKind::Flatten(None), |other| other == id, effects),
        }
    }

    /// The kill switch dominates: what it stops leaves the queue, and no parent of a killed strategy sends another child.
    fn kill(&mut self, level: KillLevel, effects: &mut Effects) {
        if level == KillLevel::Off {
            return;
        }
        let before = effects.decisions.len();
        let state = &mut self.loan.as_mut().expect("State is here between calls").lent().state;
        self.queue.withdraw_killed(state, effects);
        let State { parents, control, .. } = state;
        parents.close(|parent| control.is_killed(parent.key, None) && !control.closes_killed(parent.key));
        self.tell_dropped(before, effects);
        self.kill_held(effects);
        self.kill_schedules(effects);
        self.kill_tied(effects);
        match level {
            KillLevel::L3 => self.cancel_everything(effects),
            KillLevel::L4 => self.for_strategies(IntentKind::Flatten(None), |_| true, effects),
            KillLevel::Off | KillLevel::L1 | KillLevel::L2 => {}
        }
    }

    /// Whoever releases the kill switch wants nothing closed any more that still waits for trading or for a venue.
    fn end_closing(&mut self) {
        let state = &mut self.loan.as_mut().expect("State is here between calls").lent().state;
        state
            .parents
            .close(|parent| parent.key.intent.is_of_host() && matches!(parent.kind, ParentKind::Flatten { .. }));
    }

    fn cancel_everything(&mut self, effects: &mut Effects) {
        let strategies = u16::try_from(self.state().control.strategies.len()).expect("at most StrategyId::MAX");
        for id in (1..strategies).map(StrategyId) {
            self.cancel_open_orders(id, effects);
        }
    }

    /// Cancels every open order of a strategy, with as many intents as that takes: one has so many legs. Each round leaves
    /// fewer orders without a cancel.
    fn cancel_open_orders(&mut self, id: StrategyId, effects: &mut Effects) {
        let open = self.state().execution.orders.open(id, None).filter(|order| order.can_be_canceled()).count();
        for _ in 0..open.div_ceil(LEGS_MAX) {
            self.for_strategies(IntentKind::CancelAll(None), |other| other == id, effects);
        }
    }

    /// As [`Core::cancel_open_orders`], and takes out what waits here: in the queue, for a price or for another order.
    fn cancel_all_of(&mut self, id: StrategyId, effects: &mut Effects) {
        if self.has_open(id) {
            self.for_strategies(IntentKind::CancelAll(None), |other| other == id, effects);
            self.cancel_open_orders(id, effects);
        }
    }

    fn for_strategies(&mut self, kind: IntentKind, is_meant: impl Fn(StrategyId) -> bool, effects: &mut Effects) {
        let strategies = u16::try_from(self.state().control.strategies.len()).expect("at most StrategyId::MAX");
        for id in (1..strategies).map(StrategyId).filter(|id| is_meant(*id)) {
            if !self.has_something(id) {
                continue;
            }
            let Some(control) = self.state_mut().control.strategy_mut(id) else { continue };
            control.host_intents += 1;
            let intent = IntentId::of_host(control.host_intents);
            let key = LegKey { strategy: id, intent, ..LegKey::default() };
            effects.decide(key, DecisionKind::Emitted(kind));
            self.take_intent(&Intent { key, kind }, effects);
        }
    }

    /// True when a strategy has an order, queued or live, a schedule, or a position.
    fn has_something(&self, id: StrategyId) -> bool {
        let state = self.state();
        let is_held = state.execution.positions(Holder::Strategy(id)).any(|(_, _, position)| position.qty != 0);
        is_held || self.has_open(id)
    }

    /// True when a strategy has an order, queued, live or waiting for another, or a schedule.
    fn has_open(&self, id: StrategyId) -> bool {
        let state = self.state();
        state.execution.open_counts[usize::from(id.0)] > 0 || self.has_schedule(id) || state.links.has_held(id, None)
    }

    /// Opens the parent of a flatten whose cancels are legs already.
    pub(super) fn open_flatten(&mut self, key: LegKey, only: Option<InstrumentId>, legs: usize) -> bool {
        let kind = ParentKind::Flatten { only, rounds: 0, resume_at: self.state().time(), is_blocked: true };
        let next_leg = u16::try_from(legs).expect("at most LEGS_MAX");
        self.state_mut().parents.open(Parent { key, kind, next_leg })
    }

    /// Lets every parent make the children that are due.
    pub(super) fn release(&mut self, effects: &mut Effects) {
        let mut at = 0;
        while let Some(parent) = self.state().parents.get(at) {
            let goes_on = match parent.kind {
                ParentKind::Split { .. } => self.release_split(at, parent, effects),
                ParentKind::Flatten { .. } => self.release_flatten(at, parent, effects),
            };
            // A child that failed has ended its parent already.
            let is_there = self.state().parents.get(at).is_some_and(|still| still.key == parent.key);
            match (goes_on, is_there) {
                (true, true) => at += 1,
                (false, true) => self.state_mut().parents.close(|other| other.key == parent.key),
                (_, false) => {}
            }
        }
    }

    /// Makes parts while fewer than the limit are at the venue; false when the split has ended.
    fn release_split(&mut self, at: usize, mut parent: Parent, effects: &mut Effects) -> bool {
        let most = parts_at_once(self.state(), &parent);
        loop {
            // A child that was denied or malformed has left nothing to send.
            parent = self.state().parents.get(at).filter(|still| still.key == parent.key).unwrap_or(parent);
            let ParentKind::Split { part, left } = parent.kind else { return false };
            let (live, has_failed) = self.parts_out(parent.key);
            if has_failed || left.0 == 0 {
                return false;
            }
            if live >= most as usize {
                return true;
            }
            let Some(qty) = part_of(left, self.state(), (part.instrument, part.extras.display_qty)) else {
                return false;
            };
            let Some(key) = parent.child() else { return false };
            parent.kind = ParentKind::Split { part, left: Qty(left.0 - qty.0) };
            self.state_mut().parents.set(at, parent);
            let child = Submit { size: Size::Quantity(qty), ..part };
            self.take_submit_leg(key, &child, effects);
        }
    }

    /// Parts of a split that are queued or live, and whether one ended without being filled whole.
    fn parts_out(&self, key: LegKey) -> (usize, bool) {
        let state = self.state();
        let queued = self.queue.submits_of(key.strategy).filter(|(leg, _)| leg.intent == key.intent).count();
        let parts = || state.execution.orders.of_intent(key.strategy, key.intent);
        let live = parts().filter(|order| !order.state.is_terminal()).count();
        let has_failed = parts().any(|order| order.state.is_terminal() && order.state != OrderState::Filled);
        (queued + live, has_failed)
    }

    /// One round of a flatten, where it is time for one; false when it has ended.
    fn release_flatten(&mut self, at: usize, mut parent: Parent, effects: &mut Effects) -> bool {
        let ParentKind::Flatten { only, rounds, .. } = parent.kind else { return false };
        match self.flatten_turn(&parent) {
            Turn::Done => return false,
            Turn::Wait => return true,
            Turn::GiveUp => {
                let value = i64::from(parent.key.strategy.0);
                let anomaly = Anomaly { code: AnomalyCode::FlattenFailed, value };
                effects.decide(HOST_KEY, DecisionKind::Anomaly(anomaly));
                return false;
            }
            Turn::Act => {}
        }
        let now = self.state().time();
        let pause = FLATTEN_PAUSE_NS << rounds.min(FLATTEN_ROUNDS_MAX);
        let mut legs = core::mem::take(&mut self.legs);
        legs.clear();
        let scope = Scope { by: parent.key, only, spares_own: true };
        let mut room = LEGS_MAX;
        let next = || {
            room = room.checked_sub(1)?;
            parent.child()
        };
        normalize::cancel_open((self.state(), &self.queue), scope, next, &mut legs);
        close_positions(self.state(), scope, &mut parent, &mut legs);
        let is_blocked = self.is_in_the_way(parent.key.strategy, only);
        parent.kind = ParentKind::Flatten { only, rounds: rounds + 1, resume_at: now.plus(pause), is_blocked };
        self.state_mut().parents.set(at, parent);
        self.take_legs(&legs, effects);
        self.legs = legs;
        true
    }

    fn flatten_turn(&self, parent: &Parent) -> Turn {
        let ParentKind::Flatten { only, rounds, resume_at, is_blocked } = parent.kind else { return Turn::Done };
        let (state, now) = (self.state(), self.state().time());
        let strategy = parent.key.strategy;
        let is_meant = |id: InstrumentId| only.is_none_or(|only| only == id);
        let held = || held_positions(state, strategy).filter(|held| is_meant(held.instrument));
        let is_working = state.execution.orders.open(strategy, only).next().is_some()
            || self.queue.submits_of(strategy).any(|(_, terms)| is_meant(terms.instrument));
        let can_close = held().any(|held| held.closable > 0 && may_be_sent(state, parent, held.instrument));
        if held().next().is_none() && !is_working {
            return Turn::Done;
        }
        let is_time = now >= resume_at;
        if !(can_close && (is_time || is_blocked) || is_time && self.can_cancel(parent, only)) {
            return Turn::Wait;
        }
        if rounds >= FLATTEN_ROUNDS_MAX || !parent.has_legs() { Turn::GiveUp } else { Turn::Act }
    }

    /// True while resting or queued orders would close a part of what is held.
    fn is_in_the_way(&self, strategy: StrategyId, only: Option<InstrumentId>) -> bool {
        let held = held_positions(self.state(), strategy).filter(|held| only.is_none_or(|id| id == held.instrument));
        held.into_iter().any(|held| held.closable < held.qty)
    }

    /// True when an order in its way is open, with no cancel of it under way.
    fn can_cancel(&self, parent: &Parent, only: Option<InstrumentId>) -> bool {
        let scope = Scope { by: parent.key, only, spares_own: true };
        let mut open = self.state().execution.orders.open(parent.key.strategy, only);
        open.any(|order| scope.means(order.key) && order.can_be_canceled())
    }

    /// When the first flatten that waits for time has to be looked at again.
    pub(super) fn next_round(&self) -> Option<TimeNs> {
        let (parents, now) = (&self.state().parents, self.state().time());
        let due = (0..parents.len()).filter_map(|at| match parents.get(at)?.kind {
            ParentKind::Split { .. } => None,
            ParentKind::Flatten { resume_at, .. } => (resume_at > now).then_some(resume_at),
        });
        due.min()
    }
}

/// A position that a flatten looks at.
#[derive(Clone, Copy, Debug)]
struct Held {
    instrument: InstrumentId,
    leg: PositionSide,
    /// Side that closes it.
    side: Side,
    /// Absolute quantity.
    qty: i128,
    /// What of it no resting or queued order is there to close.
    closable: i128,
}

fn held_positions(state: &State, strategy: StrategyId) -> impl Iterator<Item = Held> {
    let positions = state.execution.positions(Holder::Strategy(strategy));
    positions.filter(|(_, _, position)| position.qty != 0).map(|(instrument, leg, position)| {
        let side = if position.qty > 0 { Side::Sell } else { Side::Buy };
        let qty = i128::from(position.qty.unsigned_abs());
        Held { instrument, leg, side, qty, closable: position.closable(side) }
    })
}

/// Whether an order of a flatten could leave now. What the host closes waits for somebody to enable trading and for a venue
/// that is down, however long that takes, and spends no round on it.
fn may_be_sent(state: &State, parent: &Parent, id: InstrumentId) -> bool {
    let venue = state.instrument(id).map_or(0, |instrument| usize::from(instrument.venue.0));
    let is_down = state.execution.venue_is_down.get(venue).copied().unwrap_or(true);
    !parent.key.intent.is_of_host() || state.trading_is_enabled() && !is_down
}

/// What the account as a whole holds to close on the side of a strategy's position. Venues know the account alone: an order
/// that only reduces is refused where other strategies, or somebody else, hold as much the other way.
fn closable_of_account(state: &State, (strategy, held): (StrategyId, &Held)) -> i128 {
    let account = state.slot(strategy).map_or(AccountId(0), |slot| slot.account);
    let position = state.execution.position(Holder::Account(account), held.instrument, held.leg);
    position.map_or(0, |position| position.closable(held.side))
}

/// Market orders for what nothing else is there to close, none larger than the instrument allows. They are reduce-only at the
/// venue where the account allows that; Risk holds each to what its strategy has to close.
fn close_positions(state: &State, scope: Scope, parent: &mut Parent, legs: &mut alloc::vec::Vec<normalize::Leg>) {
    let is_meant = |held: &Held| scope.only.is_none_or(|id| id == held.instrument);
    for held in held_positions(state, scope.by.strategy).filter(is_meant) {
        if !may_be_sent(state, parent, held.instrument) {
            continue;
        }
        let mut left = i64::try_from(held.closable).map_or(Qty(0), Qty);
        let mut of_account = closable_of_account(state, (scope.by.strategy, &held));
        while left.0 > 0 && legs.len() < 2 * LEGS_MAX {
            let Some(part) = part_of(left, state, (held.instrument, Qty(0))) else { break };
            let Some(key) = parent.child() else { return };
            left = Qty(left.0 - part.0);
            let reduces_account = i128::from(part.0) <= of_account;
            of_account -= i128::from(part.0);
            let submit = Submit {
                instrument: held.instrument,
                side: held.side,
                size: Size::Quantity(part),
                order_type: OrderType::Market,
                limit_price: None,
                stop_price: None,
                tif: TimeInForce::Ioc,
                max_slippage_bps: None,
                post_only: false,
                reduce_only: reduces_account,
                position_side: held.leg,
                extras: Extras::NONE,
            };
            legs.push((key, normalize::normalise_part(state, &submit)));
        }
    }
}

/// Parts that may be out at a time: one, where it is not to be seen that there are more.
fn parts_at_once(state: &State, parent: &Parent) -> u32 {
    match parent.kind {
        ParentKind::Split { part, .. } if part.extras.display_qty == Qty(0) => {
            state.config().and_then(|config| config.execution.split_parts_max).unwrap_or(1)
        }
        ParentKind::Split { .. } | ParentKind::Flatten { .. } => 1,
    }
}

/// The next part of a quantity: as large as the instrument allows (or as may be seen, where that is not 0), and so that the
/// rest is not too small to send.
pub(crate) fn part_of(left: Qty, state: &State, (id, display): (InstrumentId, Qty)) -> Option<Qty> {
    let instrument = state.instrument(id)?;
    let largest = if display == Qty(0) { instrument.qty_max } else { display.min(instrument.qty_max) };
    let largest = round_down_to_step(largest.0, instrument.lot);
    if left.0 <= largest {
        return Some(left);
    }
    let rest = left.0 - largest;
    let part = if rest < instrument.qty_min.0 {
        round_down_to_step(left.0 - instrument.qty_min.0, instrument.lot)
    } else {
        largest
    };
    (part > 0).then_some(Qty(part.min(largest)))
}

/// True when orders above the instrument's largest size are sent in parts.
pub(super) fn splits(config: Option<&Config>) -> bool {
    config.is_some_and(|config| config.execution.split_parts_max.is_some())
}
