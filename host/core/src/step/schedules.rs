//! Schedules: what do schedules send now, and which are over?
//!
//! In: schedules in State, time, operator events. Out: orders and cancels, each a leg that passes Normalizer and Risk;
//! beginnings and ends, recorded and told. Must never: have two orders of one schedule out, or wait in any other way than
//! by the next time that it names.

use crate::decision::{DecisionKind, Effects, EndCode, Ended, Malformed, MalformedCode, Normalised, Scheduled};
use crate::ids::{LegKey, StrategyId, TimeNs};
use crate::intent::{Action, CancelTerms, Curve, Intent, IntentKind, Schedule as Wish, Size};
use crate::money::{Price, Qty};
use crate::normalize;
use crate::state::schedules::{SCHEDULES_MAX, Schedule};
use crate::step::Core;
use crate::strategy::OutcomeCode;

/// Cancels of one order of a schedule before it is left to itself.
const CANCELS_MAX: u32 = 10;
/// Time to the second cancel; it doubles with each.
const CANCEL_PAUSE_NS: u64 = 100_000_000;

/// What a schedule does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Wait,
    Send(Qty),
    Cancel(LegKey),
    End(EndCode),
}

impl Core {
    /// A strategy wants a schedule: the whole is judged, and reserved.
    pub(super) fn open_schedule(&mut self, key: LegKey, wish: &Wish, effects: &mut Effects) {
        let weights = weights_of(wish, effects);
        let whole = match normalize::normalise_schedule(self.state(), wish, weights) {
            Ok(_) if self.state().schedules.is_full(key.strategy) => return self.refuse(key, too_many(), effects),
            Ok(whole) => whole,
            Err(malformed) => return self.refuse(key, malformed, effects),
        };
        let state = &mut self.loan.as_mut().expect("State is here between calls").lent().state;
        match self.risk.review_whole((state, &self.queue), key, &whole.terms) {
            Err(denial) => self.deny(key, denial, effects),
            Ok(account) => {
                state.schedules.open(key, account, &whole);
                let (qty, reference) = (whole.terms.qty, whole.terms.reference);
                let (start, end) = (whole.wish.start, whole.wish.end);
                effects.decide(key, DecisionKind::Scheduled(Scheduled { qty, start, end, reference }));
            }
        }
    }

    /// A cancel of a schedule's intent, cancel-all and flatten end the schedules they concern.
    pub(super) fn stop_schedules(&mut self, intent: &Intent) {
        if self.state().schedules.is_empty() {
            return;
        }
        let strategy = intent.key.strategy;
        let state = self.state_mut();
        match intent.kind {
            IntentKind::Cancel(order) => {
                let is_it = |schedule: &Schedule| schedule.is_of(strategy, None) && schedule.key.intent == order;
                state.end_schedules(is_it, EndCode::Canceled);
            }
            IntentKind::CancelAll(only) | IntentKind::Flatten(only) => {
                state.end_schedules(|schedule| schedule.is_of(strategy, only), EndCode::Canceled);
            }
            IntentKind::Submit(_)
            | IntentKind::Amend(_)
            | IntentKind::WakeAt(_)
            | IntentKind::Note(_)
            | IntentKind::Schedule(_) => {}
        }
    }

    /// The kill switch takes schedules out at once; what cancels their orders is its level.
    pub(super) fn kill_schedules(&mut self, effects: &mut Effects) {
        let mut at = 0;
        while let Some(schedule) = self.state().schedules.get(at) {
            if self.state().control.is_killed(schedule.key, None) {
                self.close_schedule(at, EndCode::KillSwitch, effects);
            } else {
                at += 1;
            }
        }
    }

    /// Lets every schedule do what is due.
    pub(super) fn run_schedules(&mut self, effects: &mut Effects) {
        let mut at = 0;
        while let Some(key) = self.state().schedules.get(at).map(|schedule| schedule.key) {
            self.run_schedule(at, effects);
            at += usize::from(self.state().schedules.get(at).is_some_and(|schedule| schedule.key == key));
        }
    }

    /// When the first schedule has to be looked at again.
    pub(super) fn next_slice(&self) -> Option<TimeNs> {
        let state = self.state();
        state.schedules.iter().filter_map(|schedule| schedule.next_time(state.time())).min()
    }

    /// True when a strategy has a schedule.
    pub(super) fn has_schedule(&self, strategy: StrategyId) -> bool {
        self.state().schedules.has(strategy, None)
    }

    fn run_schedule(&mut self, at: usize, effects: &mut Effects) {
        self.begin_slice(at);
        // Each order that is sent is out, or has been lost and closed the slice.
        loop {
            match self.turn(at) {
                Turn::Wait => return,
                Turn::Send(qty) => self.send_child(at, qty, effects),
                Turn::Cancel(order) => return self.cancel_child(at, order, effects),
                Turn::End(code) => return self.close_schedule(at, code, effects),
            }
        }
    }

    fn begin_slice(&mut self, at: usize) {
        let state = self.state_mut();
        let now = state.time;
        let Some(schedule) = state.schedules.get(at) else { return };
        let lot = state.instrument(schedule.wish.instrument).map_or(1, |instrument| instrument.lot);
        let runs = state.control.strategy(schedule.key.strategy).is_some_and(|strategy| strategy.runs());
        let is_over = now >= schedule.wish.end;
        if !runs {
            state.end_schedule(at, EndCode::StrategyHalted);
        } else if is_over {
            state.end_schedule(at, EndCode::Time);
        } else if let Some(schedule) = state.schedules.get_mut(at) {
            schedule.begin_slice(now, lot);
        }
    }

    fn turn(&self, at: usize) -> Turn {
        let state = self.state();
        let Some(schedule) = state.schedules.get(at) else { return Turn::Wait };
        let Some(child) = schedule.child else {
            if schedule.left() == 0 {
                return Turn::End(EndCode::Filled);
            }
            let due = state.instrument(schedule.wish.instrument).and_then(|instrument| schedule.due(instrument));
            return match (schedule.ending, due) {
                (Some(code), _) => Turn::End(code),
                (None, Some(qty)) => Turn::Send(qty),
                (None, None) => Turn::Wait,
            };
        };
        let key = schedule.child_key(child);
        let order = state.execution.orders.get(key);
        let open = order.map_or(Qty(0), |order| order.reserved);
        if schedule.ending.is_none() && !schedule.has_outgrown(open) {
            return Turn::Wait;
        }
        match order {
            Some(order) if !order.can_be_canceled() => Turn::Wait,
            Some(_) if state.time() < schedule.cancel_at => Turn::Wait,
            Some(_) if schedule.cancels >= CANCELS_MAX => {
                schedule.ending.map_or(Turn::Wait, |_| Turn::End(EndCode::Unanswered))
            }
            // One that is queued still is withdrawn by its cancel.
            Some(_) | None => Turn::Cancel(key),
        }
    }

    fn send_child(&mut self, at: usize, qty: Qty, effects: &mut Effects) {
        let state = self.state_mut();
        let Some(wish) = state.schedules.get(at).map(|schedule| schedule.wish) else { return };
        match state.send_schedule_child(at, qty) {
            Some(key) => self.take_submit_leg(key, &wish.order(Size::Quantity(qty)), effects),
            None => state.end_schedule(at, EndCode::Legs),
        }
    }

    fn cancel_child(&mut self, at: usize, order: LegKey, effects: &mut Effects) {
        let now = self.state().time();
        let Some(schedule) = self.state_mut().schedules.get_mut(at) else { return };
        let instrument = schedule.wish.instrument;
        schedule.cancel_at = now.plus(CANCEL_PAUSE_NS << schedule.cancels.min(CANCELS_MAX));
        schedule.cancels += 1;
        match schedule.leg() {
            Some(key) => {
                let action = Action::Cancel(CancelTerms { order, instrument });
                self.take_legs(&[(key, Ok(Normalised { action, reference: Price(0) }))], effects);
            }
            // Its order goes on by itself.
            None => self.close_schedule(at, EndCode::Legs, effects),
        }
    }

    fn close_schedule(&mut self, at: usize, code: EndCode, effects: &mut Effects) {
        let schedule = self.state_mut().close_schedule(at, code);
        let (filled, left) = (Qty(schedule.filled), Qty(schedule.left()));
        effects.decide(schedule.key, DecisionKind::Ended(Ended { code, filled, left }));
        self.tell(schedule.key, OutcomeCode::Ended, effects);
    }

    /// What became of an order of a schedule; true where its strategy need not be told.
    pub(super) fn keeps_to_itself(&mut self, key: LegKey, code: OutcomeCode) -> bool {
        let schedules = &mut self.state_mut().schedules;
        let found = schedules.find(key.strategy, key.intent).and_then(|at| schedules.get_mut(at));
        let Some(schedule) = found else { return false };
        // Its own cancels do the first two; the same again with each slice is no news.
        let is_own_doing = matches!(code, OutcomeCode::Withdrawn | OutcomeCode::Superseded);
        is_own_doing || schedule.told.replace(code) == Some(code)
    }
}

fn weights_of<'a>(wish: &Wish, effects: &'a Effects) -> &'a [u8] {
    match wish.curve {
        Curve::Profile(span) => &effects.notes[span.start as usize..][..span.len as usize],
        Curve::Even(_) | Curve::Volume { .. } => &[],
    }
}

fn too_many() -> Malformed {
    let limit = i64::try_from(SCHEDULES_MAX).expect("a small constant");
    Malformed { code: MalformedCode::Parents, value: limit + 1, limit }
}
