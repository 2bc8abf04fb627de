//! Orders at the venue: which order has this key, and who are its neighbours in a list?
//!
//! In: accepted orders and their ends. Out: slots of a slab, found by key in constant time; lists threaded through them.
//! Must never: scan past orders, or depend on hash order (lookups only; nothing iterates over buckets).
//!
//! Ended orders stay for [`ENDED_REMEMBERED`] further ends, so that a late command hears "too late" instead of "unknown
//! order" and a client id used again is recognised; then their slot is used again.

use std::collections::VecDeque;

use ringfence_core::ids::{AccountId, LegKey, TimeNs, VenueId};
use ringfence_core::intent::OrderTerms;
use ringfence_core::money::Qty;

use crate::fees::OrderFees;
use crate::queue::QueuePlace;

/// Longer than commands can overtake each other here, small enough to stay in the cache.
pub(crate) const ENDED_REMEMBERED: usize = 1024;
/// "No slot" in links.
const NONE: u32 = u32::MAX;
const BUCKETS_MIN: usize = 2 * ENDED_REMEMBERED;
/// 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Index of an order in the slab.
pub(crate) type Slot = u32;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Accepted, and has not met a market event yet.
    Waiting,
    /// In the ladder of its side.
    Resting,
    /// Filled, canceled or expired.
    Ended,
}

/// An accepted order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: LegKey,
    pub(crate) account: AccountId,
    pub(crate) venue: VenueId,
    /// Quantity and price follow amendments.
    pub(crate) terms: OrderTerms,
    /// Filled so far; less than the quantity.
    pub(crate) filled: Qty,
    /// What its fills have cost.
    pub(crate) fees: OrderFees,
    /// Its place at its price while it rests.
    pub(crate) queue: QueuePlace,
    pub(crate) place: Place,
    /// When it came to where it stands: prices before that are not for it.
    pub(crate) since: TimeNs,
    links: Links,
}

#[derive(Clone, Copy, Debug)]
struct Links {
    before: Slot,
    after: Slot,
    bucket: Slot,
}

/// First and last of some orders, in order of arrival.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    first: Slot,
    last: Slot,
}

/// A slab with chained buckets over the keys.
#[derive(Debug)]
pub(crate) struct Orders {
    slab: Vec<Entry>,
    free: Vec<Slot>,
    buckets: Vec<Slot>,
    ended: VecDeque<Slot>,
}

impl Entry {
    pub(crate) fn new(key: LegKey, (venue, account): (VenueId, AccountId), terms: OrderTerms, since: TimeNs) -> Entry {
        let links = Links { before: NONE, after: NONE, bucket: NONE };
        let (fees, queue) = (OrderFees::default(), QueuePlace::default());
        Entry { key, account, venue, terms, filled: Qty(0), fees, queue, place: Place::Waiting, since, links }
    }

    /// What can still be filled, above 0: an amend to what is filled already is refused.
    pub(crate) fn open(&self) -> Qty {
        Qty(self.terms.qty.0 - self.filled.0)
    }
}

impl List {
    pub(crate) const EMPTY: List = List { first: NONE, last: NONE };

    pub(crate) fn is_empty(&self) -> bool {
        self.first == NONE
    }
}

impl Orders {
    pub(crate) fn new() -> Orders {
        Orders {
            slab: Vec::with_capacity(BUCKETS_MIN),
            free: Vec::with_capacity(BUCKETS_MIN),
            buckets: vec![NONE; BUCKETS_MIN],
            ended: VecDeque::with_capacity(ENDED_REMEMBERED + 1),
        }
    }

    /// Number of orders that live.
    pub(crate) fn live(&self) -> usize {
        self.slab.len() - self.free.len() - self.ended.len()
    }

    pub(crate) fn get(&self, slot: Slot) -> &Entry {
        &self.slab[slot as usize]
    }

    pub(crate) fn get_mut(&mut self, slot: Slot) -> &mut Entry {
        &mut self.slab[slot as usize]
    }

    /// Slot of a key that lives or ended not long ago.
    pub(crate) fn find(&self, key: LegKey) -> Option<Slot> {
        let mut at = self.buckets[self.bucket_of(key)];
        while at != NONE {
            let entry = self.get(at);
            if entry.key == key {
                return Some(at);
            }
            at = entry.links.bucket;
        }
        None
    }

    /// Takes an order whose key is new.
    pub(crate) fn insert(&mut self, entry: Entry) -> Slot {
        debug_assert!(self.find(entry.key).is_none(), "the caller has rejected duplicates");
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slab[slot as usize] = entry;
                slot
            }
            None => {
                self.slab.push(entry);
                self.grow_buckets();
                u32::try_from(self.slab.len() - 1).expect("fewer than 2^32 orders fit in memory")
            }
        };
        self.chain(slot);
        slot
    }

    /// Marks an order that is in no list any more as ended, and forgets the one that ended longest ago.
    pub(crate) fn end(&mut self, slot: Slot) {
        let entry = self.get_mut(slot);
        assert!(entry.place != Place::Ended, "an order ends once");
        entry.place = Place::Ended;
        self.ended.push_back(slot);
        if self.ended.len() > ENDED_REMEMBERED {
            let oldest = self.ended.pop_front().expect("it is longer than 0");
            self.unchain(oldest);
            self.free.push(oldest);
        }
    }

    pub(crate) fn push(&mut self, list: &mut List, slot: Slot) {
        let links = &mut self.get_mut(slot).links;
        (links.before, links.after) = (list.last, NONE);
        match list.last {
            NONE => list.first = slot,
            last => self.get_mut(last).links.after = slot,
        }
        list.last = slot;
    }

    pub(crate) fn unlink(&mut self, list: &mut List, slot: Slot) {
        let Links { before, after, .. } = self.get(slot).links;
        match before {
            NONE => list.first = after,
            before => self.get_mut(before).links.after = after,
        }
        match after {
            NONE => list.last = before,
            after => self.get_mut(after).links.before = before,
        }
    }

    /// Slots of a list, in order of arrival.
    pub(crate) fn of(&self, list: List) -> impl Iterator<Item = Slot> + '_ {
        let first = (list.first != NONE).then_some(list.first);
        std::iter::successors(first, |slot| {
            let after = self.get(*slot).links.after;
            (after != NONE).then_some(after)
        })
    }

    fn chain(&mut self, slot: Slot) {
        let bucket = self.bucket_of(self.get(slot).key);
        self.get_mut(slot).links.bucket = self.buckets[bucket];
        self.buckets[bucket] = slot;
    }

    fn unchain(&mut self, slot: Slot) {
        let (bucket, after) = (self.bucket_of(self.get(slot).key), self.get(slot).links.bucket);
        if self.buckets[bucket] == slot {
            self.buckets[bucket] = after;
            return;
        }
        let mut at = self.buckets[bucket];
        while self.get(at).links.bucket != slot {
            at = self.get(at).links.bucket;
        }
        self.get_mut(at).links.bucket = after;
    }

    /// Keeps at least one bucket per slot: chains stay short whatever the number of orders. Called with the newest slot
    /// not chained yet.
    fn grow_buckets(&mut self) {
        if self.slab.len() <= self.buckets.len() {
            return;
        }
        self.buckets = vec![NONE; self.buckets.len() * 2];
        // Nothing is free here: the slab only grows when every slot is taken.
        for slot in 0..self.slab.len() - 1 {
            self.chain(u32::try_from(slot).expect("fewer than 2^32 orders fit in memory"));
        }
    }

    /// Multiplicative mixing (Fibonacci hashing), once for strategy and leg and once with the intent: only the highest bits
    /// of a product depend on every bit of its factors, so they choose. The number of buckets is a power of two above 1.
    fn bucket_of(&self, key: LegKey) -> usize {
        let rest = (u64::from(key.strategy.0) << 16 | u64::from(key.leg.0)).wrapping_mul(GOLDEN);
        let spread = (key.intent.0 ^ rest ^ rest >> 32).wrapping_mul(GOLDEN);
        usize::try_from(spread >> (u64::BITS - self.buckets.len().trailing_zeros())).expect("a number of buckets")
    }
}

#[cfg(test)]
mod tests {
    use ringfence_core::ids::{InstrumentId, IntentId, LegId, StrategyId};
    use ringfence_core::instrument::{PositionSide, Side};
    use ringfence_core::intent::{OrderType, TimeInForce};
    use ringfence_core::money::Price;

    use super::*;

    fn entry(intent: u64) -> Entry {
        let terms = OrderTerms {
            instrument: InstrumentId(1),
            side: Side::Buy,
            qty: Qty(1),
            order_type: OrderType::Market,
            limit_price: None,
            stop_price: None,
            tif: TimeInForce::Gtc,
            post_only: false,
            reduce_only: false,
            position_side: PositionSide::Net,
            reference: Price(1),
        };
        Entry::new(key(intent), (VenueId(1), AccountId(1)), terms, TimeNs(0))
    }

    fn key(intent: u64) -> LegKey {
        LegKey { intent: IntentId(intent), strategy: StrategyId(1), leg: LegId(0) }
    }

    #[test]
    fn an_ended_order_is_remembered_for_so_many_further_ends_and_no_longer() {
        let mut orders = Orders::new();
        let remembered = u64::try_from(ENDED_REMEMBERED).expect("small");
        for intent in 0..=remembered {
            let slot = orders.insert(entry(intent));
            orders.end(slot);
            assert_eq!(orders.find(key(0)).is_some(), intent < remembered, "{intent}");
        }
        assert_eq!(orders.live(), 0);
    }

    #[test]
    fn slots_are_used_again_so_that_memory_follows_live_orders() {
        let mut orders = Orders::new();
        let live: Vec<Slot> = (0..10).map(|intent| orders.insert(entry(intent))).collect();
        for intent in 10..100_000 {
            let slot = orders.insert(entry(intent));
            orders.end(slot);
        }
        assert_eq!(orders.slab.len(), live.len() + ENDED_REMEMBERED + 1);
        assert!((0..10).all(|intent| orders.find(key(intent)) == Some(live[usize::try_from(intent).expect("small")])));
    }

    #[test]
    fn every_key_is_found_while_the_slab_grows_past_its_buckets() {
        let mut orders = Orders::new();
        let count = 10 * u64::try_from(BUCKETS_MIN).expect("small");
        for intent in 0..count {
            orders.insert(entry(intent));
        }
        assert!(
            (0..count).all(|intent| orders.find(key(intent)).is_some_and(|slot| orders.get(slot).key == key(intent)))
        );
        assert_eq!(orders.find(key(count)), None);
        assert!(orders.buckets.len() >= orders.slab.len());
    }

    /// Most orders in one bucket.
    fn longest_chain(orders: &Orders) -> usize {
        let some = |slot: Slot| (slot != NONE).then_some(slot);
        let next = |slot: &Slot| some(orders.get(*slot).links.bucket);
        let chain = |first: &Slot| std::iter::successors(some(*first), next).count();
        orders.buckets.iter().map(chain).max().expect("there are buckets")
    }

    #[test]
    fn chains_stay_short_whatever_tells_the_keys_apart() {
        for (strategies, intents, legs) in
            [(1_u32, 20_000_u32, 1_u32), (1_000, 20, 1), (20_000, 1, 1), (1, 20, 1_000), (20, 20, 50)]
        {
            let mut orders = Orders::new();
            for number in 0..strategies * intents * legs {
                let intent = IntentId(u64::from(number % intents));
                let strategy = StrategyId(u16::try_from(number / intents % strategies).expect("small"));
                let leg = LegId(u16::try_from(number / intents / strategies).expect("small"));
                orders.insert(Entry { key: LegKey { intent, strategy, leg }, ..entry(0) });
            }
            let longest = longest_chain(&orders);
            assert!(longest <= 8, "{longest} together for {strategies} strategies, {intents} intents, {legs} legs");
        }
    }

    #[test]
    fn a_list_keeps_order_of_arrival_when_first_middle_or_last_leaves() {
        for gone in 0..3 {
            let (mut orders, mut list) = (Orders::new(), List::EMPTY);
            let slots: Vec<Slot> = (0..3).map(|intent| orders.insert(entry(intent))).collect();
            slots.iter().for_each(|slot| orders.push(&mut list, *slot));
            orders.unlink(&mut list, slots[gone]);
            let want: Vec<Slot> = slots.iter().copied().filter(|slot| *slot != slots[gone]).collect();
            assert_eq!(orders.of(list).collect::<Vec<_>>(), want);
            want.iter().for_each(|slot| orders.unlink(&mut list, *slot));
            assert!(list.is_empty());
        }
    }

    #[test]
    #[should_panic(expected = "ends once")]
    fn an_order_cannot_end_twice() {
        let mut orders = Orders::new();
        let slot = orders.insert(entry(1));
        orders.end(slot);
        orders.end(slot);
    }
}
