//! Queue: when does approved work leave, and in which order?
//!
//! In: approvals, by value. Out: work that is due, cancels before amends before submits, then in order of approval; an
//! outbox for each venue, so that one which cannot be reached or is paced holds back nobody else's work.
//! Must never: re-judge policy, touch a venue, or lose an approval without a recorded outcome.

mod bucket;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::config::Pacing;
use crate::decision::{DecisionKind, Effects};
use crate::ids::{AccountId, LegKey, StrategyId, TimeNs, VenueId};
use crate::intent::{Action, OrderTerms};
use crate::order::OrderState;
use crate::queue::bucket::Bucket;
use crate::risk::ApprovedIntent;
use crate::router;
use crate::state::State;

/// Leaves of approved work.
#[derive(Debug, Default)]
pub struct Queue {
    /// By venue; 0 holds what no venue is known for, which the gate refuses.
    outboxes: Vec<Outbox>,
    /// By account.
    accounts: Vec<Bucket>,
    /// When the first paced item may leave, as of the last look.
    paced_until: Option<TimeNs>,
}

/// Work for one venue in three classes, each in order of approval.
#[derive(Debug, Default)]
struct Outbox {
    classes: [VecDeque<ApprovedIntent>; 3],
    bucket: Bucket,
}

/// Kinds of work, in the order in which they leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Cancels.
    Cancel,
    /// Amends.
    Amend,
    /// New orders.
    Submit,
}

impl Class {
    const ALL: [Class; 3] = [Class::Cancel, Class::Amend, Class::Submit];

    /// Class of an action.
    #[must_use]
    pub const fn of(action: &Action) -> Class {
        match action {
            Action::Cancel(_) => Class::Cancel,
            Action::Amend(_) => Class::Amend,
            Action::Submit(_) => Class::Submit,
        }
    }
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
    /// A rate is used up until then.
    Paced { until: TimeNs, by: PacedBy },
}

/// Whose rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PacedBy {
    Venue,
    Account,
}

impl Queue {
    /// Takes approved work; a cancel takes a queued submit with it, a newer amend replaces an older
    /// one, and a second cancel of the same order adds nothing.
    pub(crate) fn push(&mut self, work: ApprovedIntent, state: &mut State, effects: &mut Effects) {
        let key = work.key();
        effects.decide(key, DecisionKind::Queued);
        let venue = router::route(state, work.action()).unwrap_or_default();
        match *work.action() {
            Action::Submit(_) => {}
            Action::Cancel(terms) => {
                self.drop_amends(venue, terms.order, state, |old| effects.decide(old, DecisionKind::Withdrawn(key)));
                if let Some(older) = self.waiting_for(venue, Class::Cancel, terms.order) {
                    return effects.decide(key, DecisionKind::Superseded(older));
                }
                if self.drop_submit(venue, terms.order, state) {
                    effects.decide(terms.order, DecisionKind::Withdrawn(key));
                    return effects.decide(key, DecisionKind::Withdrawn(terms.order));
                }
                state.execution.set_cancel_waits(terms.order, true);
            }
            Action::Amend(terms) => {
                // The replaced amend's reservation is taken over: what the newer one needs is reserved already.
                let amends = self.class_mut(venue, Class::Amend);
                let older = amends.iter().position(|old| old.action().target() == Some(terms.order));
                if let Some(old) = older.and_then(|at| amends.remove(at)) {
                    effects.decide(old.key(), DecisionKind::Superseded(key));
                }
            }
        }
        self.class_mut(venue, Class::of(work.action())).push_back(work);
    }

    /// Takes the next item that may leave, recording what can no longer leave.
    pub(crate) fn pop_due(&mut self, state: &mut State, effects: &mut Effects) -> Option<ApprovedIntent> {
        self.paced_until = None;
        for class in Class::ALL {
            let mut first: Option<(u64, usize, usize)> = None;
            for venue in 0..self.outboxes.len() {
                let Some(at) = self.first_due(venue, class, state, effects) else { continue };
                let number = self.outboxes[venue].classes[class as usize][at].number();
                if first.is_none_or(|(earliest, ..)| number < earliest) {
                    first = Some((number, venue, at));
                }
            }
            if let Some((_, venue, at)) = first {
                let item = self.outboxes[venue].classes[class as usize].remove(at);
                if let Some(order) = item.as_ref().and_then(cancels) {
                    state.execution.set_cancel_waits(order, false);
                }
                return item;
            }
        }
        None
    }

    /// A command was sent: its tokens are taken.
    pub(crate) fn sent(&mut self, (venue, account): (VenueId, AccountId), action: &Action, state: &State) {
        let (class, now) = (Class::of(action), state.time());
        if let Some(pacing) = venue_pacing(state, venue) {
            self.outbox_mut(venue).bucket.take(pacing, class, now);
        }
        if let Some(pacing) = account_pacing(state, account) {
            let at = usize::from(account.0);
            if at >= self.accounts.len() {
                self.accounts.resize(at + 1, Bucket::default());
            }
            self.accounts[at].take(pacing, class, now);
        }
    }

    /// Withdraws submits and amends that the kill switch stops.
    pub(crate) fn withdraw_killed(&mut self, state: &mut State, effects: &mut Effects) {
        for outbox in &mut self.outboxes {
            for class in [Class::Amend, Class::Submit] {
                let items = &mut outbox.classes[class as usize];
                let mut at = 0;
                while let Some(item) = items.get(at) {
                    let order = match item.action() {
                        Action::Submit(terms) => Some(terms),
                        Action::Cancel(_) | Action::Amend(_) => None,
                    };
                    if !state.control.is_killed(item.key(), order) {
                        at += 1;
                        continue;
                    }
                    let item = items.remove(at).expect("at is below the length");
                    release(&item, state);
                    effects.decide(item.key(), DecisionKind::Withdrawn(LegKey::default()));
                }
            }
        }
    }

    /// Items waiting.
    #[must_use]
    pub fn len(&self) -> usize {
        self.outboxes.iter().flat_map(|outbox| &outbox.classes).map(VecDeque::len).sum()
    }

    /// What waits: by venue, then by class, then in order of approval.
    pub fn waiting(&self) -> impl Iterator<Item = &ApprovedIntent> {
        self.outboxes.iter().flat_map(|outbox| &outbox.classes).flatten()
    }

    /// Submits waiting.
    #[must_use]
    pub fn submits(&self) -> usize {
        self.outboxes.iter().map(|outbox| outbox.classes[Class::Submit as usize].len()).sum()
    }

    /// True when nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outboxes.iter().flat_map(|outbox| &outbox.classes).all(VecDeque::is_empty)
    }

    /// Queued submits with their terms, in order.
    pub(crate) fn submits_waiting(&self) -> impl Iterator<Item = (&ApprovedIntent, &OrderTerms)> {
        let submits = self.outboxes.iter().flat_map(|outbox| &outbox.classes[Class::Submit as usize]);
        submits.filter_map(|item| match item.action() {
            Action::Submit(terms) => Some((item, terms)),
            Action::Cancel(_) | Action::Amend(_) => None,
        })
    }

    /// Queued submits of one strategy, in order.
    pub(crate) fn submits_of(&self, strategy: StrategyId) -> impl Iterator<Item = (LegKey, &OrderTerms)> {
        let own = move |key: LegKey| key.strategy == strategy;
        self.submits_waiting().map(|(item, terms)| (item.key(), terms)).filter(move |(key, _)| own(*key))
    }

    /// When the queue has to be looked at again: the first approval expires (waiting cancels never do), or the first
    /// paced item may leave.
    pub(crate) fn next_due(&self, ttl_ns: u64) -> Option<TimeNs> {
        let lists = self.outboxes.iter().flat_map(|outbox| &outbox.classes[Class::Amend as usize..]);
        let oldest = lists.filter_map(VecDeque::front).map(ApprovedIntent::approved_at).min();
        // What was paced may have been withdrawn since.
        let paced_until = self.paced_until.filter(|_| !self.is_empty());
        oldest.map(|at| at.plus(ttl_ns).plus(1)).into_iter().chain(paced_until).min()
    }

    /// Place of the first item of a class that may leave; what can no longer leave is dropped on the way.
    fn first_due(&mut self, venue: usize, class: Class, state: &mut State, effects: &mut Effects) -> Option<usize> {
        let mut at = 0;
        while let Some(item) = self.outboxes[venue].classes[class as usize].get(at) {
            match self.eligibility(item, venue, state) {
                Eligibility::Due => return Some(at),
                // A submit is held by its venue alone, which holds those behind it too; none of them is older.
                Eligibility::Held if class == Class::Submit => return None,
                Eligibility::Held => at += 1,
                Eligibility::Paced { until, by } => {
                    at += 1;
                    self.paced_until = self.paced_until.into_iter().chain([until]).min();
                    if class == Class::Submit && by == PacedBy::Venue {
                        return None;
                    }
                }
                end @ (Eligibility::Pointless | Eligibility::Expired) => {
                    let item = self.outboxes[venue].classes[class as usize].remove(at).expect("at is below the length");
                    release(&item, state);
                    let kind = match (end, item.action().target()) {
                        (Eligibility::Pointless, Some(order)) => DecisionKind::Withdrawn(order),
                        _ => DecisionKind::ApprovalExpired(item.approved_at()),
                    };
                    effects.decide(item.key(), kind);
                }
            }
        }
        None
    }

    fn eligibility(&self, item: &ApprovedIntent, venue: usize, state: &State) -> Eligibility {
        let (class, now) = (Class::of(item.action()), state.time());
        let is_stopped = class != Class::Cancel && !state.trading_is_enabled();
        match standing(item, state) {
            // The gate refuses it, now and not when its venue or its pace lets it: somebody may enable trading before that.
            Eligibility::Due | Eligibility::Held if is_stopped => return Eligibility::Due,
            Eligibility::Due => {}
            end @ (Eligibility::Held | Eligibility::Pointless | Eligibility::Expired | Eligibility::Paced { .. }) => {
                return end;
            }
        }
        let venue_bucket = &self.outboxes[venue].bucket;
        let venue = venue_pacing(state, VenueId(u16::try_from(venue).unwrap_or_default()));
        let of_venue = venue.map_or(now, |pacing| venue_bucket.ready_at(pacing, class, now));
        let bucket = self.accounts.get(usize::from(item.account().0)).copied().unwrap_or_default();
        let of_account = account_pacing(state, item.account()).map_or(now, |p| bucket.ready_at(p, class, now));
        if of_venue > now {
            return Eligibility::Paced { until: of_venue, by: PacedBy::Venue };
        }
        if of_account > now {
            return Eligibility::Paced { until: of_account, by: PacedBy::Account };
        }
        Eligibility::Due
    }

    fn outbox_mut(&mut self, venue: VenueId) -> &mut Outbox {
        let at = usize::from(venue.0);
        if at >= self.outboxes.len() {
            self.outboxes.resize_with(at + 1, Outbox::default);
        }
        &mut self.outboxes[at]
    }

    fn class_mut(&mut self, venue: VenueId, class: Class) -> &mut VecDeque<ApprovedIntent> {
        &mut self.outbox_mut(venue).classes[class as usize]
    }

    /// The item of a class that waits for an order.
    fn waiting_for(&mut self, venue: VenueId, class: Class, order: LegKey) -> Option<LegKey> {
        let items = self.class_mut(venue, class).iter();
        items.map(|item| (item.key(), item.action().target())).find(|(_, of)| *of == Some(order)).map(|(key, _)| key)
    }

    fn drop_submit(&mut self, venue: VenueId, order: LegKey, state: &mut State) -> bool {
        let submits = self.class_mut(venue, Class::Submit);
        let found = submits.iter().position(|item| item.key() == order);
        let Some(item) = found.and_then(|at| submits.remove(at)) else { return false };
        release(&item, state);
        true
    }

    fn drop_amends(&mut self, venue: VenueId, order: LegKey, state: &mut State, mut dropped: impl FnMut(LegKey)) {
        let amends = self.class_mut(venue, Class::Amend);
        while let Some(at) = amends.iter().position(|item| item.action().target() == Some(order)) {
            let item = amends.remove(at).expect("position is below the length");
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
        Action::Cancel(terms) => state.execution.set_cancel_waits(terms.order, false),
    }
}

fn cancels(item: &ApprovedIntent) -> Option<LegKey> {
    match item.action() {
        Action::Cancel(terms) => Some(terms.order),
        Action::Submit(_) | Action::Amend(_) => None,
    }
}

fn venue_pacing(state: &State, venue: VenueId) -> Option<&Pacing> {
    state.config()?.venue(venue)?.pacing.as_ref()
}

fn account_pacing(state: &State, account: AccountId) -> Option<&Pacing> {
    state.config()?.account(account)?.pacing.as_ref()
}

/// Where an item stands, rates apart.
fn standing(item: &ApprovedIntent, state: &State) -> Eligibility {
    let ttl = state.config().map_or(0, |config| config.execution.approval_ttl_ns);
    let is_old = state.time().age_of(item.approved_at()).is_none_or(|age| age > ttl);
    let venue = router::route(state, item.action()).map_or(0, |venue| usize::from(venue.0));
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
