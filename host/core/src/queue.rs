//! Queue: when does approved work leave, and in which order?
//!
//! In: approvals, by value. Out: work that is due, cancels before amends before submits, then in order of approval.
//! Must never: re-judge policy, touch a venue, or lose an approval without a recorded outcome.

use alloc::collections::VecDeque;

use crate::decision::{DecisionKind, Effects};
use crate::ids::{LegKey, StrategyId, TimeNs};
use crate::intent::{Action, OrderTerms};
use crate::order::OrderState;
use crate::risk::ApprovedIntent;
use crate::state::State;

/// Leaves of approved work in three classes, each in order of approval.
#[derive(Debug, Default)]
pub struct Queue {
    cancels: VecDeque<ApprovedIntent>,
    amends: VecDeque<ApprovedIntent>,
    submits: VecDeque<ApprovedIntent>,
}

/// What may happen to an item now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Eligibility {
    /// It may leave.
    Due,
    /// A command for its order is in flight, or its venue cannot be reached.
    Held,
    /// Its order has ended, or is filled that far; there is nothing left to cancel or change.
    Pointless,
    /// Its approval is too old.
    Expired,
}

impl Queue {
    /// Takes approved work; a cancel takes a queued submit with it, a newer amend replaces an older
    /// one, and a second cancel of the same order adds nothing.
    pub(crate) fn push(&mut self, work: ApprovedIntent, state: &mut State, effects: &mut Effects) {
        let key = work.key();
        effects.decide(key, DecisionKind::Queued);
        match *work.action() {
            Action::Submit(_) => self.submits.push_back(work),
            Action::Cancel(terms) => {
                self.drop_amends(terms.order, state, |old| effects.decide(old, DecisionKind::Withdrawn(key)));
                let waiting =
                    self.cancels.iter().find(|old| old.action().target() == Some(terms.order)).map(ApprovedIntent::key);
                if let Some(older) = waiting {
                    effects.decide(key, DecisionKind::Superseded(older));
                } else if self.drop_submit(terms.order, state) {
                    effects.decide(terms.order, DecisionKind::Withdrawn(key));
                    effects.decide(key, DecisionKind::Withdrawn(terms.order));
                } else {
                    self.cancels.push_back(work);
                }
            }
            Action::Amend(terms) => {
                // The replaced amend's reservation is taken over: what the newer one needs is reserved already.
                let older = self.amends.iter().position(|old| old.action().target() == Some(terms.order));
                if let Some(old) = older.and_then(|at| self.amends.remove(at)) {
                    effects.decide(old.key(), DecisionKind::Superseded(key));
                }
                self.amends.push_back(work);
            }
        }
    }

    /// Takes the next item that may leave, recording what can no longer leave.
    pub(crate) fn pop_due(&mut self, state: &mut State, effects: &mut Effects) -> Option<ApprovedIntent> {
        for class in [&mut self.cancels, &mut self.amends, &mut self.submits] {
            let mut at = 0;
            while at < class.len() {
                match eligibility(&class[at], state) {
                    Eligibility::Held => at += 1,
                    Eligibility::Due => return class.remove(at),
                    Eligibility::Pointless => {
                        let item = class.remove(at).expect("at is below the length");
                        let order = item.action().target().expect("only cancels and amends become pointless");
                        release(&item, state);
                        effects.decide(item.key(), DecisionKind::Withdrawn(order));
                    }
                    Eligibility::Expired => {
                        let item = class.remove(at).expect("at is below the length");
                        release(&item, state);
                        effects.decide(item.key(), DecisionKind::ApprovalExpired(item.approved_at()));
                    }
                }
            }
        }
        None
    }

    /// Items waiting.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cancels.len() + self.amends.len() + self.submits.len()
    }

    /// What waits, in the order in which it would leave.
    pub fn waiting(&self) -> impl Iterator<Item = &ApprovedIntent> {
        self.cancels.iter().chain(&self.amends).chain(&self.submits)
    }

    /// Submits waiting.
    #[must_use]
    pub fn submits(&self) -> usize {
        self.submits.len()
    }

    /// True when nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Queued submits with their terms, in order.
    pub(crate) fn submits_waiting(&self) -> impl Iterator<Item = (&ApprovedIntent, &OrderTerms)> {
        self.submits.iter().filter_map(|item| match item.action() {
            Action::Submit(terms) => Some((item, terms)),
            Action::Cancel(_) | Action::Amend(_) => None,
        })
    }

    /// Queued submits of one strategy, in order.
    pub(crate) fn submits_of(&self, strategy: StrategyId) -> impl Iterator<Item = (LegKey, &OrderTerms)> {
        let own = move |key: LegKey| key.strategy == strategy;
        self.submits_waiting().map(|(item, terms)| (item.key(), terms)).filter(move |(key, _)| own(*key))
    }

    /// When the first waiting approval expires; waiting cancels never do.
    pub(crate) fn next_expiry(&self, ttl_ns: u64) -> Option<TimeNs> {
        let first = |class: &VecDeque<ApprovedIntent>| class.front().map(ApprovedIntent::approved_at);
        let oldest = first(&self.amends).into_iter().chain(first(&self.submits)).min()?;
        Some(oldest.plus(ttl_ns).plus(1))
    }

    fn drop_submit(&mut self, order: LegKey, state: &mut State) -> bool {
        let found = self.submits.iter().position(|item| item.key() == order);
        let Some(item) = found.and_then(|at| self.submits.remove(at)) else { return false };
        release(&item, state);
        true
    }

    fn drop_amends(&mut self, order: LegKey, state: &mut State, mut dropped: impl FnMut(LegKey)) {
        while let Some(at) = self.amends.iter().position(|item| item.action().target() == Some(order)) {
            let item = self.amends.remove(at).expect("position is below the length");
            release(&item, state);
            dropped(item.key());
        }
    }
}

/// Gives back what an item that will not leave had reserved.
pub(crate) fn release(item: &ApprovedIntent, state: &mut State) {
    match item.action() {
        Action::Submit(terms) => {
            state.execution.reserve(item.key().strategy, item.account(), terms, -terms.qty.0);
            state.execution.count_closed(item.key().strategy);
        }
        Action::Amend(terms) => state.execution.release_amend(terms.order),
        Action::Cancel(_) => {}
    }
}

fn eligibility(item: &ApprovedIntent, state: &State) -> Eligibility {
    let ttl = state.config().map_or(0, |config| config.execution.approval_ttl_ns);
    let is_old = state.time().age_of(item.approved_at()).is_none_or(|age| age > ttl);
    let venue = state.instrument(item.action().instrument()).map_or(0, |instrument| usize::from(instrument.venue.0));
    let is_down = state.execution.venue_is_down.get(venue).copied().unwrap_or(true);
    let Some(order) = item.action().target() else {
        return match (is_old, is_down) {
            (true, _) => Eligibility::Expired,
            (false, true) => Eligibility::Held,
            (false, false) => Eligibility::Due,
        };
    };
    let order = state.execution.orders.get(order);
    match (item.action(), order.map(|order| order.state)) {
        (_, None) => Eligibility::Pointless,
        (_, Some(state)) if state.is_terminal() => Eligibility::Pointless,
        // Filled up to what the amend asks for while it waited.
        (Action::Amend(terms), _) if order.is_some_and(|order| terms.qty <= order.filled) => Eligibility::Pointless,
        (Action::Amend(_), _) if is_old => Eligibility::Expired,
        // An amend of an order whose fate is unknown waits for the venue to tell.
        (Action::Amend(_), Some(OrderState::Unknown)) => Eligibility::Held,
        (_, Some(state)) if state.is_in_flight() || is_down => Eligibility::Held,
        (_, Some(_)) => Eligibility::Due,
    }
}
