//! Links: when is a waiting order sent, and what becomes of the others when one of a group fills?
//!
//! In: submits with ties, links in State. Out: held orders, parts of them, cancels and amends, each a leg that passes
//! Normalizer and Risk. Must never: send what its parent's fills do not cover, or leave a member of an OCO group alone after
//! another one's fill was told.

use crate::decision::{DecisionKind, Effects, Malformed, MalformedCode, Normalised};
use crate::event::Event;
use crate::ids::{IntentId, LegId, LegKey, StrategyId, TimeNs};
use crate::intent::{
    Action, AmendTerms, CancelTerms, Extras, GroupKind, Intent, IntentKind, Link, OrderType, Size, Submit, TimeInForce,
};
use crate::money::{Price, Qty, round_down_to_step};
use crate::normalize;
use crate::normalize::held::waiting;
use crate::order::Order;
use crate::state::links::{Held, Untied};
use crate::step::Core;
use crate::strategy::OutcomeCode;

/// Cancels of one order of a group before it is left to itself.
const TRIES_MAX: u32 = 10;
/// Time to the second cancel; it doubles with each.
const RETRY_PAUSE_NS: u64 = 100_000_000;

impl Core {
    /// A submit with ties: it joins its group, and waits for its parent where it has one.
    pub(super) fn take_linked(&mut self, key: LegKey, submit: &Submit, effects: &mut Effects) {
        let link = submit.extras.link;
        if let Err(malformed) = can_be_tied(submit) {
            return self.refuse(key, malformed, effects);
        }
        let plain = Submit { extras: Extras { link: Link::NONE, ..submit.extras }, ..*submit };
        // What could never be sent is refused before anything waits for it.
        let total = match self.whole_qty(&plain) {
            Ok(total) => total,
            Err(malformed) => return self.refuse(key, malformed, effects),
        };
        let parent = match self.parent_of(key.strategy, link.parent) {
            Ok(parent) => parent,
            Err(malformed) => return self.refuse(key, malformed, effects),
        };
        if parent.is_some() && self.state().links.is_full(key.strategy) {
            return self.refuse(key, too_many(), effects);
        }
        if let Err(malformed) = self.join_group(key, (submit, total)) {
            return self.refuse(key, malformed, effects);
        }
        let intent = Intent { key, kind: IntentKind::Submit(plain) };
        let Some((whole, filled)) = parent else { return self.take_intent(&intent, effects) };
        let sized = Submit { size: Size::Quantity(total), ..plain };
        self.state_mut().links.held.push(Held::new(key, sized, (link.parent, whole, filled), total));
        effects.decide(key, DecisionKind::Tied(LegKey { intent: link.parent, leg: LegId(0), ..key }));
    }

    /// Quantity of an order that is tied to others.
    fn whole_qty(&self, submit: &Submit) -> Result<Qty, Malformed> {
        if submit.order_type.is_triggered() {
            return waiting(self.state(), submit).map(|found| found.terms.qty);
        }
        normalize::whole_qty(self.state(), submit)
    }

    /// Whole quantity and fills of the order that is waited for; nothing where there is none to wait for.
    fn parent_of(&self, strategy: StrategyId, parent: IntentId) -> Result<Option<(Qty, Qty)>, Malformed> {
        if parent.0 == 0 {
            return Ok(None);
        }
        // A venue may report fills beyond what was asked for, of any size.
        let orders = self.state().execution.orders.of_intent(strategy, parent);
        let filled = orders.fold(0_i64, |sum, order| sum.saturating_add(order.filled.0));
        match self.open_of(strategy, parent) {
            Some(open) => Ok(Some((Qty(open.saturating_add(filled)), Qty(filled)))),
            None => Err(no_tie(parent)),
        }
    }

    fn join_group(&mut self, key: LegKey, (submit, total): (&Submit, Qty)) -> Result<(), Malformed> {
        let (link, instrument) = (&submit.extras.link, submit.instrument);
        let (strategy, first) = (key.strategy, link.group);
        if link.group_kind == GroupKind::None {
            return if first.0 == 0 { Ok(()) } else { Err(no_tie(first)) };
        }
        // The first one has to be an earlier intent, and one that has not decided the group already.
        let is_over = self.open_of(strategy, first).is_none()
            && self.state().execution.orders.of_intent(strategy, first).any(|order| order.filled.0 > 0);
        if first >= key.intent || is_over {
            return Err(no_tie(first));
        }
        let least = self.state().instrument(instrument).map_or(Qty(1), |instrument| instrument.qty_min);
        let joined = self.state_mut().links.join((strategy, key.intent), (first, link.group_kind), (total, least));
        joined.map_err(|untied| match untied {
            Untied::Group => no_tie(first),
            Untied::TooMany => too_many(),
        })
    }

    /// A cancel of a held order's intent, cancel-all and flatten take out the held orders they concern.
    pub(super) fn stop_tied(&mut self, intent: &Intent) {
        if self.state().links.held.is_empty() {
            return;
        }
        let strategy = intent.key.strategy;
        let held = self.state_mut().links.held.iter_mut();
        let is_meant = |held: &Held| match intent.kind {
            IntentKind::Cancel(order) => held.is_of(strategy, None) && held.key.intent == order,
            IntentKind::CancelAll(only) | IntentKind::Flatten(only) => held.is_of(strategy, only),
            IntentKind::Submit(_)
            | IntentKind::Amend(_)
            | IntentKind::WakeAt(_)
            | IntentKind::Note(_)
            | IntentKind::Schedule(_) => false,
        };
        for held in held.filter(|held| is_meant(held)) {
            held.ended_by.get_or_insert(intent.key);
        }
    }

    /// The kill switch: what waits for a parent is not sent any more.
    pub(super) fn kill_tied(&mut self, effects: &mut Effects) {
        let mut at = 0;
        while let Some(held) = self.state().links.held.get(at) {
            if self.state().control.is_killed(held.key, None) {
                self.withdraw_tied(at, LegKey::default(), effects);
            } else {
                at += 1;
            }
        }
    }

    /// Looks at everything that is tied, where something may have changed.
    pub(super) fn run_links(&mut self, event: &Event, effects: &mut Effects) {
        let links = &self.state().links;
        let members = links.groups.iter().flat_map(|group| &group.members);
        let is_due = members.into_iter().any(|member| member.retry_at.0 > 0 && member.retry_at <= event.time);
        if !(links.is_touched || is_due || event.kind.order().is_some() || !effects.decisions.is_empty()) {
            return;
        }
        // Each round cancels, sends or takes out something: there are as many rounds as there are orders at most.
        loop {
            let before = effects.decisions.len();
            self.release_tied(effects);
            self.settle_groups(effects);
            if effects.decisions.len() == before {
                return;
            }
        }
    }

    /// When a cancel for a group may be tried again.
    pub(super) fn next_link(&self) -> Option<TimeNs> {
        self.state().links.next_time(self.state().time())
    }

    /// What an intent still could fill, over all its orders, queued, live, held and yet to be made; `None` = it is over.
    pub(super) fn open_of(&self, strategy: StrategyId, intent: IntentId) -> Option<i64> {
        let state = self.state();
        let live = state.execution.orders.of_intent(strategy, intent).filter(|order| !order.state.is_terminal());
        let queued = self.queue.submits_of(strategy).filter(|(key, _)| key.intent == intent);
        let schedule = state.schedules.find(strategy, intent).and_then(|at| state.schedules.get(at));
        let held = state.links.held_of(strategy, intent);
        let waits = state.held.find(strategy, intent).filter(|held| held.waits());
        let parts = live
            .map(|order| order.leaves().0)
            .chain(queued.map(|(_, terms)| terms.qty.0))
            .chain(state.parents.left_of(strategy, intent).map(|qty| qty.0))
            .chain(schedule.map(|schedule| schedule.reserved.0))
            .chain(held.map(|held| held.total.0 - held.released))
            .chain(waits.map(|held| held.terms.qty.0));
        parts.fold(None, |sum: Option<i64>, open| Some(sum.unwrap_or(0).saturating_add(open)))
    }

    fn release_tied(&mut self, effects: &mut Effects) {
        let mut at = 0;
        while let Some(held) = self.state().links.held.get(at).copied() {
            if let Some(by) = held.ended_by {
                self.withdraw_tied(at, by, effects);
                continue;
            }
            let open = self.open_of(held.key.strategy, held.parent);
            let instrument = self.state().instrument(held.submit.instrument).copied();
            let own = &mut self.state_mut().links.held[at];
            if let Some(open) = open {
                own.whole = Qty(own.filled.max(0).saturating_add(open));
            }
            let qty = instrument.map_or(Qty(0), |instrument| own.due(&instrument, open.is_some()));
            if open.is_none() && qty.0 == 0 && own.released == 0 {
                self.withdraw_tied(at, LegKey { intent: held.parent, leg: LegId(0), ..held.key }, effects);
                continue;
            }
            let part = (qty.0 > 0).then(|| own.release(qty));
            let is_over = open.is_none() || own.released >= own.total.0;
            if is_over {
                self.state_mut().links.held.remove(at);
            } else {
                at += 1;
            }
            if let Some(key) = part {
                let submit = Submit { size: Size::Quantity(qty), ..held.submit };
                self.take_intent(&Intent { key, kind: IntentKind::Submit(submit) }, effects);
            }
        }
    }

    fn withdraw_tied(&mut self, at: usize, by: LegKey, effects: &mut Effects) {
        let held = self.state_mut().links.held.remove(at);
        effects.decide(held.key, DecisionKind::Withdrawn(by));
        self.tell(held.key, OutcomeCode::Withdrawn, effects);
    }

    pub(super) fn settle_groups(&mut self, effects: &mut Effects) {
        let mut at = 0;
        while let Some(group) = self.state().links.groups.get(at) {
            let (strategy, kind, winner) = (group.strategy, group.kind, group.winner);
            for place in 0..group.members.len() {
                match (kind, winner) {
                    (GroupKind::Oco, Some(winner)) => self.end_loser((at, place), winner, effects),
                    (GroupKind::Ouo, Some(_)) => self.cut_member((at, place), effects),
                    (GroupKind::Oco | GroupKind::Ouo | GroupKind::None, _) => {}
                }
            }
            let members = &self.state().links.groups[at].members;
            let goes_on = members.iter().any(|member| self.open_of(strategy, member.intent).is_some());
            if goes_on {
                at += 1;
            } else {
                self.state_mut().links.groups.remove(at);
            }
        }
    }

    /// Another member of an OCO group was filled: everything of this one is taken back.
    fn end_loser(&mut self, (at, place): (usize, usize), winner: IntentId, effects: &mut Effects) {
        let group = &self.state().links.groups[at];
        let (strategy, intent) = (group.strategy, group.members[place].intent);
        if intent == winner {
            return;
        }
        // What was sent of it is ended below, and its own end by time goes on for as long as the venue has it.
        if self.state().held.find(strategy, intent).is_some_and(|held| held.waits()) {
            self.cancel_held(strategy, intent, effects);
        }
        let held =
            self.state().links.held.iter().position(|held| held.key.strategy == strategy && held.key.intent == intent);
        if let Some(held) = held {
            let by = LegKey { intent: winner, strategy, leg: LegId(0) };
            self.withdraw_tied(held, by, effects);
        }
        let mut is_sent = false;
        while let Some(order) = self.cancelable((at, place), |_, _| true) {
            is_sent |= !order.1;
            if !self.cancel_member((at, place), order, effects) {
                return;
            }
        }
        self.count_try((at, place), is_sent);
    }

    /// A cancel that is refused is tried again, further apart each time.
    fn count_try(&mut self, (at, place): (usize, usize), is_sent: bool) {
        let state = self.state_mut();
        let member = &mut state.links.groups[at].members[place];
        if is_sent {
            member.retry_at = state.time.plus(RETRY_PAUSE_NS << member.tries.min(TRIES_MAX));
            member.tries += 1;
        } else if member.retry_at <= state.time {
            member.retry_at = TimeNs(0);
        }
    }

    /// Others of an OUO group were filled: as much is taken from this one, from its oldest order first.
    fn cut_member(&mut self, (at, place): (usize, usize), effects: &mut Effects) {
        let group = &self.state().links.groups[at];
        let (strategy, intent, mut cut) = (group.strategy, group.members[place].intent, group.members[place].cut);
        if cut <= 0 {
            return;
        }
        // What would be left of it is nothing, or too small to stand.
        let least = self.state().links.groups[at].members[place].least;
        while let Some(order) = self
            .cancelable((at, place), |open, filled| open.saturating_sub(cut) < least.0.saturating_sub(filled).max(1))
        {
            cut -= self.open_qty(order);
            if !self.cancel_member((at, place), order, effects) {
                break;
            }
        }
        let orders = self.state().execution.orders.of_intent(strategy, intent);
        let rest = orders.filter(|order| order.can_be_canceled()).find_map(|order| lowered(order, cut));
        if let Some(terms) = rest.filter(|_| cut > 0) {
            self.amend_member((at, place), terms, effects);
            cut = 0;
        }
        if cut > 0 {
            cut = self.cut_held((at, place), cut, effects);
        }
        // One that waits in the queue is lowered once it is out.
        let waits = self.queue.submits_of(strategy).any(|(key, _)| key.intent == intent);
        self.state_mut().links.groups[at].members[place].cut = if waits { cut.max(0) } else { 0 };
    }

    /// Takes from what a member has waiting for its price; what is left to take. No venue has to be asked.
    fn cut_held(&mut self, (at, place): (usize, usize), cut: i64, effects: &mut Effects) -> i64 {
        let state = self.state();
        let group = &state.links.groups[at];
        let (strategy, member) = (group.strategy, group.members[place]);
        let waits = state.held.find(strategy, member.intent).copied().filter(|held| held.waits());
        let Some(held) = waits else { return cut };
        let lot = state.instrument(held.terms.instrument).map_or(1, |instrument| instrument.lot);
        let left = Qty(round_down_to_step((held.terms.qty.0 - cut).max(0), lot));
        if left < member.least.max(Qty(1)) {
            self.cancel_held(strategy, member.intent, effects);
            return cut - held.terms.qty.0;
        }
        let key = self.member_leg((at, place)).unwrap_or(held.key);
        self.lower_held(key, held, left, effects);
        0
    }

    /// The oldest order of a member that can be taken out now: queued, or live with no cancel under way.
    fn cancelable(&self, (at, place): (usize, usize), fits: impl Fn(i64, i64) -> bool) -> Option<(LegKey, bool)> {
        let state = self.state();
        let group = &state.links.groups[at];
        let (strategy, member) = (group.strategy, &group.members[place]);
        let queued = self.queue.submits_of(strategy).filter(|(key, _)| key.intent == member.intent);
        let queued = queued.filter(|(_, terms)| fits(terms.qty.0, 0)).map(|(key, _)| (key, true));
        let may_try = member.tries < TRIES_MAX && state.time() >= member.retry_at;
        let live = state.execution.orders.of_intent(strategy, member.intent).filter(|order| order.can_be_canceled());
        let live = live.filter(|order| may_try && fits(open(order), order.filled.0)).map(|order| (order.key, false));
        queued.chain(live).min()
    }

    fn open_qty(&self, (key, _): (LegKey, bool)) -> i64 {
        let queued = self.queue.submits_of(key.strategy).find(|(own, _)| *own == key).map(|(_, terms)| terms.qty.0);
        queued.or_else(|| self.state().execution.orders.get(key).map(open)).unwrap_or(0)
    }

    /// Cancels an order for its group; false when its intent has no leg left for it.
    fn cancel_member(
        &mut self,
        (at, place): (usize, usize),
        (order, _): (LegKey, bool),
        effects: &mut Effects,
    ) -> bool {
        let state = self.state();
        let live = state.execution.orders.get(order).map(|order| order.terms.instrument);
        let queued = || self.queue.submits_of(order.strategy).find(|(key, _)| *key == order);
        let Some(instrument) = live.or_else(|| queued().map(|(_, terms)| terms.instrument)) else { return false };
        let key = self.member_leg((at, place));
        if let Some(key) = key {
            let action = Action::Cancel(CancelTerms { order, instrument });
            self.take_legs(&[(key, Ok(Normalised { action, reference: Price(0) }))], effects);
        }
        key.is_some()
    }

    fn amend_member(&mut self, (at, place): (usize, usize), terms: AmendTerms, effects: &mut Effects) {
        if let Some(key) = self.member_leg((at, place)) {
            let action = Action::Amend(terms);
            self.take_legs(&[(key, Ok(Normalised { action, reference: Price(0) }))], effects);
        }
    }

    /// Leg of the next command for a member.
    fn member_leg(&mut self, (at, place): (usize, usize)) -> Option<LegKey> {
        let group = &mut self.state_mut().links.groups[at];
        let strategy = group.strategy;
        group.members[place].leg(strategy)
    }
}

/// What an order can still fill, as it was asked for last.
fn open(order: &Order) -> i64 {
    let asked = order.newest().map_or(order.terms.qty, |asked| asked.qty);
    (asked.0 - order.filled.0).max(0)
}

/// The amend that takes so much from an order; `None` where nothing would be left, or it has no price.
fn lowered(order: &Order, cut: i64) -> Option<AmendTerms> {
    let asked = order.newest()?;
    let qty = Qty(asked.qty.0 - cut);
    let terms = &order.terms;
    let amend =
        AmendTerms { order: order.key, instrument: terms.instrument, side: terms.side, price: asked.price, qty };
    (qty > order.filled).then_some(amend)
}

/// Orders that have a remainder, an end by date or a session, or that go out in parts, cannot be tied to others yet.
fn can_be_tied(submit: &Submit) -> Result<(), Malformed> {
    let is_plain = submit.order_type != OrderType::MarketToLimit
        && submit.tif != TimeInForce::Gtd
        && !submit.tif.is_of_session()
        && submit.extras.display_qty == Qty(0);
    let number = i64::from(submit.order_type.number());
    if is_plain { Ok(()) } else { Err(Malformed { code: MalformedCode::Unsupported, value: number, limit: 0 }) }
}

fn no_tie(intent: IntentId) -> Malformed {
    Malformed { code: MalformedCode::Link, value: i64::try_from(intent.0).unwrap_or(i64::MAX), limit: 0 }
}

fn too_many() -> Malformed {
    let limit = i64::try_from(crate::state::links::HELD_MAX).expect("a small constant");
    Malformed { code: MalformedCode::Parents, value: limit + 1, limit }
}
