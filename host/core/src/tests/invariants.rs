//! Invariants: what must hold after every step, whatever happened?
//!
//! In: a world after a step. Out: nothing, or a panic that names what does not hold. The numbers are kept a second time,
//! from events and decisions alone, in another way than the core keeps them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::decision::{AnomalyCode, DecisionKind};
use crate::event::{Adjustment, Event, EventKind, Fill};
use crate::ids::{AccountId, InstrumentId, IntentId, LegKey, StrategyId};
use crate::instrument::{PositionSide, Side};
use crate::intent::{Action, GroupKind};
use crate::money::{Decimal, add_exact};
use crate::order::{Order, OrderState};
use crate::state::State;
use crate::state::execution::Holder;
use crate::state::held::Held;
use crate::state::links::{GROUP_LEGS, RELEASE_LEGS};
use crate::state::position::Position;
use crate::tests::world::World;

type Place = (u16, InstrumentId, PositionSide);

/// What is known from events and decisions alone.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    held: BTreeMap<Place, i128>,
    flow: BTreeMap<Place, i128>,
    fees: BTreeMap<Place, Decimal>,
    /// Fills that were booked and not taken back, by account, instrument, trade id and side.
    fills: BTreeMap<(AccountId, InstrumentId, u64, Side), Fill>,
    allowed: BTreeSet<LegKey>,
    queued: BTreeSet<LegKey>,
    waiting: BTreeSet<LegKey>,
    sent: BTreeSet<LegKey>,
    overfilled: BTreeSet<LegKey>,
    states: BTreeMap<LegKey, OrderState>,
    /// Quantity of each order that waits for its price, and whether that came.
    held_out: BTreeMap<LegKey, (i64, bool)>,
}

impl Ledger {
    /// Follows one step and checks everything.
    #[track_caller]
    pub(crate) fn follow(&mut self, world: &World) {
        let event = world.events.last().expect("a step was taken");
        assert_eq!(event.seq, world.effects.seq, "every step is followed");
        self.book(event, world);
        self.decide(world);
        let state = world.core.state();
        self.positions_are_sums_of_fills(state);
        accounts_are_sums_of_strategies(state);
        reservations_are_what_is_open(world);
        self.orders_keep_their_laws(state);
        groups_keep_their_laws(world);
        let waiting: BTreeSet<LegKey> = world.core.queue().waiting().map(|item| item.key()).collect();
        assert_eq!(waiting, self.queued, "I13: the queue rebuilt from decisions is the live queue");
        assert!(world.effects.wake_at.is_none_or(|at| at > state.time()), "what is due was done");
        everything_is_bounded(world);
    }

    /// Forgets orders of older intents, which have retired, so that a long run does not grow.
    pub(crate) fn forget_before(&mut self, intent: IntentId) {
        for keys in [&mut self.allowed, &mut self.sent, &mut self.overfilled] {
            keys.retain(|key| key.intent >= intent);
        }
        self.states.retain(|key, _| key.intent >= intent);
        self.fills.retain(|_, fill| fill.order.intent >= intent);
    }

    fn book(&mut self, event: &Event, world: &World) {
        if found(world, AnomalyCode::Overfill) {
            self.overfilled.extend(event.kind.order());
        }
        if !is_booked(world) {
            return;
        }
        if let EventKind::OrderFilled(fill) = event.kind {
            self.fills.insert((event.account, event.instrument, fill.trade_id, fill.side), fill);
            self.add(event.instrument, &fill, 1, world);
        }
        if let EventKind::FillBusted(said) = event.kind {
            self.bust(event, &said, world);
        }
        if let EventKind::CorporateAction(action) = event.kind
            && action.kind == Adjustment::Split
            && !found(world, AnomalyCode::Mismatch)
        {
            let (units, per) = (i128::from(action.numerator), i128::from(action.denominator));
            let held = self.held.iter_mut().filter(|(place, _)| place.1 == event.instrument);
            held.for_each(|(_, held)| *held = *held * units / per);
        }
    }

    /// What was booked is taken back, whatever the bust says.
    fn bust(&mut self, event: &Event, said: &Fill, world: &World) {
        let booked = self.fills.remove(&(event.account, event.instrument, said.trade_id, said.side));
        if let Some(fill) = booked {
            self.add(event.instrument, &fill, -1, world);
        }
        let differs = booked.is_none_or(|fill| fill != Fill { leaves: fill.leaves, ..*said });
        assert_eq!(differs, found(world, AnomalyCode::Mismatch), "a bust of {booked:?} says {said:?}");
    }

    fn add(&mut self, instrument: InstrumentId, fill: &Fill, sign: i128, world: &World) {
        let place = (world.core.state().owner(fill.order).0, instrument, fill.position_side);
        let signed = i128::from(fill.qty.0) * i128::from(fill.side.sign()) * sign;
        let multiplier = world.config.instrument(instrument).expect("booked").multiplier.mantissa;
        *self.held.entry(place).or_default() += signed;
        *self.flow.entry(place).or_default() -= signed * i128::from(fill.price.0) * i128::from(multiplier);
        let fees = self.fees.entry(place).or_default();
        *fees += fill.fee * Decimal::from(sign);
    }

    /// An order that waits goes out once its price came, for no more than waits of it; what waits is what decisions say. One
    /// that is tied to a parent comes in parts, which are legs at the beginning of their ranges.
    fn follow_held(&mut self, world: &World) {
        let mut asked = None;
        for decision in &world.effects.decisions {
            let (leg, order) = (decision.key.leg.0, LegKey { leg: crate::ids::LegId(0), ..decision.key });
            let is_child = leg % RELEASE_LEGS != 0 && leg < GROUP_LEGS;
            match decision.kind {
                DecisionKind::Normalised(normalised) => {
                    asked = Some(normalised.action);
                    let Action::Submit(terms) = normalised.action else { continue };
                    let sent = if is_child { self.held_out.remove(&order) } else { None };
                    if let Some((qty, is_released)) = sent {
                        assert!(is_released && terms.qty.0 <= qty, "{order} sends {} of {qty}", terms.qty.0);
                    }
                }
                DecisionKind::Malformed(_) if is_child => drop(self.held_out.remove(&order)),
                DecisionKind::Held(_) => match asked.expect("it is normalised before") {
                    Action::Submit(terms) => {
                        assert!(leg != 0 || !self.held_out.contains_key(&order), "{order} waits already");
                        self.held_out.entry(order).or_default().0 += terms.qty.0;
                    }
                    Action::Amend(terms) => self.held_out.get_mut(&terms.order).expect("it waits").0 = terms.qty.0,
                    Action::Cancel(_) => panic!("a cancel does not wait"),
                },
                DecisionKind::Released(_) => {
                    let (_, is_released) = self.held_out.get_mut(&order).expect("it waits");
                    assert!(!core::mem::replace(is_released, true), "{order} is released once");
                }
                DecisionKind::Dropped(_) => assert!(self.held_out.remove(&order).is_some(), "{order} did not wait"),
                DecisionKind::Emitted(_)
                | DecisionKind::Malformed(_)
                | DecisionKind::Denied(_)
                | DecisionKind::Dispatched(..)
                | DecisionKind::Allowed(_)
                | DecisionKind::Queued
                | DecisionKind::Superseded(_)
                | DecisionKind::Withdrawn(_)
                | DecisionKind::ApprovalExpired(_)
                | DecisionKind::Refused(_)
                | DecisionKind::Halted(_)
                | DecisionKind::Anomaly(_)
                | DecisionKind::Scheduled(_)
                | DecisionKind::Ended(_)
                | DecisionKind::Tied(_) => {}
            }
        }
        let held = &world.core.state().held;
        let waits = (0..held.len()).filter_map(|at| held.get(at)).filter(Held::waits);
        let waits: BTreeMap<LegKey, i64> = waits.map(|held| (held.key, held.terms.qty.0)).collect();
        let said: BTreeMap<LegKey, i64> = self.held_out.iter().map(|(order, (qty, _))| (*order, *qty)).collect();
        assert_eq!(waits, said, "what waits for a price is what decisions say");
    }

    fn decide(&mut self, world: &World) {
        let is_stopped = |key: LegKey, action: &Action| {
            let control = &world.core.state().control;
            let order = match action {
                Action::Submit(terms) => Some(terms),
                Action::Cancel(_) | Action::Amend(_) => None,
            };
            control.trading_is_disabled || control.is_killed(key, order)
        };
        self.follow_held(world);
        for decision in &world.effects.decisions {
            let key = decision.key;
            match decision.kind {
                DecisionKind::Allowed(_) => assert!(self.allowed.insert(key), "{key} is allowed once"),
                DecisionKind::Queued => {
                    assert!(self.allowed.contains(&key), "{key} was not allowed");
                    assert!(self.queued.insert(key), "{key} is queued once");
                }
                DecisionKind::Tied(_) => assert!(self.waiting.insert(key), "{key} is held once"),
                DecisionKind::Withdrawn(_) if self.waiting.remove(&key) => {}
                DecisionKind::Superseded(_)
                | DecisionKind::Withdrawn(_)
                | DecisionKind::ApprovalExpired(_)
                | DecisionKind::Refused(_) => assert!(self.queued.remove(&key), "{key} was not queued"),
                DecisionKind::Dispatched(..) => {
                    assert!(self.queued.remove(&key), "{key} was not queued");
                    assert!(self.sent.insert(key), "I1: {key} is sent once");
                }
                DecisionKind::Emitted(_)
                | DecisionKind::Malformed(_)
                | DecisionKind::Normalised(_)
                | DecisionKind::Denied(_)
                | DecisionKind::Halted(_)
                | DecisionKind::Anomaly(_)
                | DecisionKind::Held(_)
                | DecisionKind::Released(_)
                | DecisionKind::Dropped(_)
                | DecisionKind::Scheduled(_)
                | DecisionKind::Ended(_) => {}
            }
        }
        let sent: Vec<LegKey> = world.effects.commands.iter().map(crate::gate::VenueCommand::key).collect();
        let decided = world.effects.decisions.iter().filter(|d| matches!(d.kind, DecisionKind::Dispatched(..)));
        assert_eq!(sent, decided.map(|decision| decision.key).collect::<Vec<_>>(), "a command a dispatch");
        for command in &world.effects.commands {
            let is_cancel = matches!(command.action(), Action::Cancel(_));
            assert!(is_cancel || !is_stopped(command.key(), command.action()), "I6: {} was stopped", command.key());
        }
    }

    fn positions_are_sums_of_fills(&self, state: &State) {
        let strategies = u16::try_from(state.execution.open_counts.len()).expect("few");
        for strategy in 0..strategies {
            for (instrument, side, position) in state.execution.positions(Holder::Strategy(StrategyId(strategy))) {
                let place = (strategy, instrument, side);
                assert_eq!(i128::from(position.qty), at(&self.held, place), "I3: quantity of {place:?}");
                assert_eq!(position.flow(), at(&self.flow, place), "I4: cash flow of {place:?}");
                assert_eq!(position.fees, at(&self.fees, place).normalize(), "I4: fees of {place:?}");
            }
        }
        for (place, held) in &self.held {
            let holder = Holder::Strategy(StrategyId(place.0));
            let position = state.execution.position(holder, place.1, place.2).copied().unwrap_or_default();
            assert_eq!(i128::from(position.qty), *held, "I3: {place:?} was filled");
        }
    }

    fn orders_keep_their_laws(&mut self, state: &State) {
        for order in all_orders(state) {
            let (key, now) = (order.key, order.state);
            let before = self.states.insert(key, now);
            if let Some(before) = before.filter(|before| before.is_terminal()) {
                assert_eq!(before, now, "I10: {key} had ended");
            }
            let is_over = order.filled > order.terms.qty.max(order.amend_sent);
            let is_open = !now.is_terminal() && order.leaves().0 == 0 && order.amend_sent.0 == 0;
            assert!(!is_open, "{key} has nothing left to fill and is {now}");
            assert!(!is_over || self.overfilled.contains(&key), "I2: {key} {:?}", order.filled);
            assert!(order.filled.0 >= 0 && order.reserved.0 >= 0, "{key}");
            assert!(now != OrderState::PendingAmend || order.amend_sent.0 > 0, "{key} has an amend under way");
            assert!(self.sent.contains(&key), "I5: {key} was not sent");
        }
    }
}

fn at<T: Copy + Default>(map: &BTreeMap<Place, T>, place: Place) -> T {
    map.get(&place).copied().unwrap_or_default()
}

fn found(world: &World, code: AnomalyCode) -> bool {
    let is_it = |kind: &DecisionKind| matches!(kind, DecisionKind::Anomaly(anomaly) if anomaly.code == code);
    world.effects.decisions.iter().any(|decision| is_it(&decision.kind))
}

/// False where the core said that it did not book the fill or bust.
fn is_booked(world: &World) -> bool {
    let ignored =
        [AnomalyCode::BadValue, AnomalyCode::DuplicateFill, AnomalyCode::Overflow, AnomalyCode::UnknownReference];
    !ignored.iter().any(|code| found(world, *code))
}

pub(crate) fn all_orders(state: &State) -> impl Iterator<Item = &Order> {
    let strategies = u16::try_from(state.execution.open_counts.len()).expect("few");
    (0..strategies).flat_map(|strategy| state.execution.orders.of_strategy(StrategyId(strategy)))
}

fn accounts_are_sums_of_strategies(state: &State) {
    let mut sums: BTreeMap<(InstrumentId, PositionSide), (i128, i128, Decimal)> = BTreeMap::new();
    let strategies = u16::try_from(state.execution.open_counts.len()).expect("few");
    let accounts = u16::try_from(state.execution.accounts.len()).expect("few");
    let of_strategies = (0..strategies).map(|n| (Holder::Strategy(StrategyId(n)), 1));
    let of_accounts = (1..=accounts).map(|n| (Holder::Account(AccountId(n)), -1));
    for (holder, sign) in of_strategies.chain(of_accounts) {
        for (instrument, side, position) in state.execution.positions(holder) {
            let sum = sums.entry((instrument, side)).or_default();
            sum.0 += i128::from(position.qty) * sign;
            sum.1 += position.flow() * sign;
            sum.2 = add_exact(sum.2, position.fees * Decimal::from(sign)).expect("small fees");
        }
    }
    for (place, sum) in sums {
        assert_eq!(sum, (0, 0, Decimal::ZERO), "accounts hold what strategies hold: {place:?}");
    }
}

/// Reserved and counted is exactly what could still fill: live orders with their amends, and queued submits.
fn reservations_are_what_is_open(world: &World) {
    let state = world.core.state();
    let mut reserved: BTreeMap<(bool, u16, InstrumentId, PositionSide, Side), i128> = BTreeMap::new();
    let mut open: BTreeMap<StrategyId, u32> = BTreeMap::new();
    let mut amends: BTreeMap<LegKey, i64> = BTreeMap::new();
    let mut add = |key: LegKey, account: AccountId, terms: &crate::intent::OrderTerms, qty: i64| {
        *open.entry(key.strategy).or_default() += 1;
        for (is_account, id) in [(false, key.strategy.0), (true, account.0)] {
            let place = (is_account, id, terms.instrument, terms.position_side, terms.side);
            *reserved.entry(place).or_default() += i128::from(qty);
        }
    };
    for item in world.core.queue().waiting() {
        match item.action() {
            Action::Submit(terms) => add(item.key(), item.account(), terms, terms.qty.0),
            Action::Amend(terms) => assert!(amends.insert(terms.order, terms.qty.0).is_none(), "one amend an order"),
            Action::Cancel(_) => {}
        }
    }
    for order in all_orders(state).filter(|order| !order.state.is_terminal()) {
        let queued = amends.get(&order.key).copied().unwrap_or(0);
        let largest = order.terms.qty.0.max(order.amend_sent.0).max(queued);
        add(order.key, order.account, &order.terms, (largest - order.filled.0).max(0));
    }
    for at in 0..state.held.len() {
        let held = state.held.get(at).expect("at is below the length");
        if held.waits() {
            add(held.key, held.account, &held.terms, if held.terms.reduce_only { 0 } else { held.terms.qty.0 });
        }
    }
    // Of a schedule, what no order of it carries.
    for schedule in state.schedules.iter() {
        let (wish, reserve) = (&schedule.wish, i128::from(schedule.reserved.0));
        assert!((0..=i128::from(schedule.total.0.max(schedule.left()))).contains(&reserve), "{schedule:?}");
        for (is_account, id) in [(false, schedule.key.strategy.0), (true, schedule.account.0)] {
            let place = (is_account, id, wish.instrument, wish.position_side, wish.side);
            *reserved.entry(place).or_default() += reserve;
        }
    }
    for (strategy, count) in state.execution.open_counts.iter().enumerate() {
        let strategy = StrategyId(u16::try_from(strategy).expect("few"));
        assert_eq!(open.get(&strategy).copied().unwrap_or(0), *count, "open orders of {strategy:?}");
    }
    let sum = |position: &Position, side| position.reserved(side);
    for (is_account, count) in [(false, state.execution.open_counts.len()), (true, state.execution.accounts.len() + 1)]
    {
        for id in 0..u16::try_from(count).expect("few") {
            let holder = if is_account { Holder::Account(AccountId(id)) } else { Holder::Strategy(StrategyId(id)) };
            for (instrument, leg, position) in state.execution.positions(holder) {
                for side in [Side::Buy, Side::Sell] {
                    let want = reserved.remove(&(is_account, id, instrument, leg, side)).unwrap_or(0);
                    assert_eq!(sum(position, side), want, "reserved of {holder:?} {instrument:?} {leg} {side}");
                }
            }
        }
    }
    assert!(reserved.values().all(|qty| *qty == 0), "nothing is left out: {reserved:?}");
}

/// After a fill of one member of an OCO group was told, every other one is ended, being canceled, or was refused that.
fn groups_keep_their_laws(world: &World) {
    let state = world.core.state();
    for held in &state.links.held {
        assert!((0..=held.total.0).contains(&held.released), "{held:?}");
    }
    let groups = state.links.groups.iter().filter(|group| group.kind == GroupKind::Oco);
    for (group, winner) in groups.filter_map(|group| Some((group, group.winner?))) {
        for member in group.members.iter().filter(|member| member.intent != winner) {
            let mut live = state.execution.orders.of_intent(group.strategy, member.intent);
            let works = live.any(|order| order.can_be_canceled());
            assert!(!works || member.tries > 0, "{group:?} has {member:?} working");
            let waits = world.core.queue().submits_of(group.strategy).any(|(key, _)| key.intent == member.intent);
            let is_held = state.links.held_of(group.strategy, member.intent).is_some()
                || state.held.find(group.strategy, member.intent).is_some_and(Held::waits);
            assert!(!waits && !is_held, "{group:?} has {member:?} waiting");
        }
    }
}

fn everything_is_bounded(world: &World) {
    let state = world.core.state();
    let live = all_orders(state).filter(|order| !order.state.is_terminal()).count();
    assert!(world.core.queue().submits() <= 100 && world.core.queue().len() <= 100 + 2 * live, "I12: queue");
    assert!(state.control.strategies.iter().all(|strategy| strategy.outcomes.len() <= 1024), "I12: outcomes");
}
