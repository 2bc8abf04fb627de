//! Queue fold: is the queue what the recorded decisions say (invariant I13)?
//!
//! In: the decisions of every step, and nothing else of the core. Out: an ordered list for each venue and class, compared
//! with what waits in the core after every step. Each way out of the queue has to be one that the decisions explain.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::cell::RefCell;

use proptest::test_runner::TestRunner;

use crate::config::Config;
use crate::decision::DecisionKind;
use crate::ids::{LegKey, Seq, TimeNs, VenueId};
use crate::intent::Action;
use crate::queue::Class;
use crate::tests::properties::{config, soak_times};
use crate::tests::random::{Answers, Life, any_life, paced};
use crate::tests::world::World;

/// Events of the usual run.
const EVENTS: usize = 1_000_000;
/// Lives that together have at least so many events.
const CASES: u32 = 9_000;
const LENGTHS: core::ops::RangeInclusive<usize> = 1..=256;

/// One approval that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item {
    key: LegKey,
    number: u64,
    allowed_at: TimeNs,
}

/// The queue as decisions tell it.
#[derive(Debug, Default)]
struct Fold {
    waiting: BTreeMap<(VenueId, Class), Vec<Item>>,
    /// What each leg asks for, from its normalisation.
    asked: BTreeMap<LegKey, Action>,
    allowed: BTreeMap<LegKey, Item>,
    /// What waits for a parent, outside the queue.
    held: BTreeSet<LegKey>,
    seq: Seq,
    count: Count,
}

/// What happened in these lives, to see that something did.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    queued: usize,
    superseded: usize,
    withdrawn: usize,
    killed: usize,
    unheld: usize,
    expired: usize,
    refused: usize,
    sent: usize,
    longest: usize,
}

impl Fold {
    /// Takes the decisions of one step and compares.
    #[track_caller]
    fn follow(&mut self, world: &World) {
        if self.seq == world.effects.seq {
            return;
        }
        self.seq = world.effects.seq;
        let now = world.events.last().expect("a step was taken").time;
        for decision in &world.effects.decisions {
            self.take(decision.key, &decision.kind, (now, &world.config));
        }
        let own: Vec<_> = self.waiting.values().flatten().map(|item| (item.key, item.number)).collect();
        let live: Vec<_> = world.core.queue().waiting().map(|item| (item.key(), item.number())).collect();
        assert!(world.effects.wake_at.is_none_or(|at| at > now), "what is due was done");
        assert_eq!(own, live, "I13: what decisions say, and the queue");
        for (place, items) in &self.waiting {
            assert!(items.is_sorted_by_key(|item| item.number), "{place:?} is in order of approval");
        }
        self.count.longest = self.count.longest.max(world.core.queue().len());
    }

    #[track_caller]
    fn take(&mut self, key: LegKey, kind: &DecisionKind, (now, config): (TimeNs, &Config)) {
        match *kind {
            DecisionKind::Normalised(normalised) => {
                assert!(self.asked.insert(key, normalised.action).is_none(), "{key} is normalised once");
            }
            DecisionKind::Allowed(mark) => {
                let item = Item { key, number: mark.number, allowed_at: now };
                assert!(self.allowed.insert(key, item).is_none(), "{key} is allowed once");
            }
            DecisionKind::Queued => {
                let place = self.place(key, config);
                let item = self.allowed[&key];
                self.waiting.entry(place).or_default().push(item);
                self.count.queued += 1;
            }
            DecisionKind::Superseded(by) => {
                let ((venue, class), _) = self.remove(key);
                assert_eq!(self.target(by), self.target(key), "{key} is superseded by {by} of the same order");
                assert!(class != Class::Submit && self.waits(by, (venue, class)), "{by} waits instead of {key}");
                self.count.superseded += 1;
            }
            DecisionKind::Tied(_) => assert!(self.held.insert(key), "{key} is held once"),
            DecisionKind::Withdrawn(_) if self.held.remove(&key) => self.count.unheld += 1,
            DecisionKind::Withdrawn(by) => self.withdraw(key, by),
            DecisionKind::ApprovalExpired(at) => {
                let ((_, class), item) = self.remove(key);
                let is_old = now.age_of(at).is_some_and(|age| age > config.execution.approval_ttl_ns);
                assert!(class != Class::Cancel && at == item.allowed_at && is_old, "{key} was not old");
                self.count.expired += 1;
            }
            DecisionKind::Dispatched(venue, _) => {
                let (place, _) = self.remove(key);
                assert_eq!(place.0, venue, "{key} left for its venue");
                self.count.sent += 1;
            }
            DecisionKind::Refused(refusal) => {
                let (_, item) = self.remove(key);
                assert_eq!(refusal.approved_at, item.allowed_at, "{key}");
                self.count.refused += 1;
            }
            DecisionKind::Emitted(_)
            | DecisionKind::Malformed(_)
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

    /// By the kill switch; by a cancel of the order; a cancel with the submit it took; or the order has ended.
    #[track_caller]
    fn withdraw(&mut self, key: LegKey, by: LegKey) {
        let ((_, class), _) = self.remove(key);
        self.count.withdrawn += 1;
        if by == LegKey::default() {
            self.count.killed += 1;
            return assert!(class != Class::Cancel, "the kill switch stops no cancel: {key}");
        }
        let is_of_order = self.target(key) == Some(by);
        let cancels = matches!(self.asked.get(&by), Some(Action::Cancel(_)));
        let is_canceled = cancels && [Some(key), self.target(key)].contains(&self.target(by));
        assert!(is_of_order || is_canceled, "{key} is withdrawn by {by}");
    }

    fn target(&self, key: LegKey) -> Option<LegKey> {
        match self.asked.get(&key)? {
            Action::Submit(_) => None,
            Action::Cancel(terms) => Some(terms.order),
            Action::Amend(terms) => Some(terms.order),
        }
    }

    fn place(&self, key: LegKey, config: &Config) -> (VenueId, Class) {
        let (instrument, class) = match &self.asked[&key] {
            Action::Submit(terms) => (terms.instrument, Class::Submit),
            Action::Cancel(terms) => (terms.instrument, Class::Cancel),
            Action::Amend(terms) => (terms.instrument, Class::Amend),
        };
        (config.instrument(instrument).expect("it was normalised").venue, class)
    }

    fn waits(&self, key: LegKey, place: (VenueId, Class)) -> bool {
        self.waiting.get(&place).is_some_and(|items| items.iter().any(|item| item.key == key))
    }

    #[track_caller]
    fn remove(&mut self, key: LegKey) -> ((VenueId, Class), Item) {
        for (place, items) in &mut self.waiting {
            if let Some(at) = items.iter().position(|item| item.key == key) {
                return (*place, items.remove(at));
            }
        }
        panic!("{key} does not wait");
    }
}

impl Count {
    fn add(&mut self, other: Count) {
        self.queued += other.queued;
        self.superseded += other.superseded;
        self.withdrawn += other.withdrawn;
        self.killed += other.killed;
        self.unheld += other.unheld;
        self.expired += other.expired;
        self.refused += other.refused;
        self.sent += other.sent;
        self.longest = self.longest.max(other.longest);
    }
}

#[test]
fn the_queue_rebuilt_from_recorded_decisions_is_the_live_queue() {
    let total = RefCell::new((0, Count::default()));
    let held = TestRunner::new(config(CASES)).run(&any_life(LENGTHS), |ops| {
        let mut life = Life::begin_unfollowed(paced(World::new()), Answers::Any);
        let mut fold = Fold::default();
        for op in &ops {
            life.live(op);
            fold.follow(&life.world);
        }
        let (events, count) = &mut *total.borrow_mut();
        *events += life.world.events.len();
        count.add(fold.count);
        Ok(())
    });
    held.unwrap_or_else(|failure| panic!("{failure}"));
    let (events, count) = total.into_inner();
    assert!(events >= EVENTS * soak_times() as usize, "{events} events");
    let ways =
        [count.superseded, count.withdrawn, count.killed, count.expired, count.refused, count.sent, count.unheld];
    assert!(ways.iter().all(|way| *way > 100) && count.longest > 20, "every way out was taken: {count:?}");
}
