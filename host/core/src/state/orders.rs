//! Orders held by State: which order has this key, and what is open?
//!
//! In: new orders, their ends, retirement. Out: orders by key, by strategy, and the live ones. Must never: scan past
//! orders; terminal ones leave after a configured number of events.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::ids::{InstrumentId, IntentId, LegKey, Seq, StrategyId};
use crate::order::Order;
use crate::state::index::Index;

/// A slab of orders, chained buckets over it by key, and two sorted indexes per strategy: every order, and the live ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    slab: Vec<Option<Order>>,
    /// Next slot in the same bucket, for every slot.
    links: Vec<u32>,
    /// First slot of each bucket; a power of two, at least as many as slots.
    heads: Vec<u32>,
    free: Vec<u32>,
    by_strategy: Vec<Index>,
    live: Vec<Index>,
    /// Terminal orders with the event that ended them, oldest first.
    ended: VecDeque<(Seq, LegKey)>,
}

impl Orders {
    pub(crate) fn prepare(&mut self, strategies: usize) {
        // Slot 0 is `external`.
        for list in [&mut self.by_strategy, &mut self.live] {
            list.resize_with((strategies + 1).max(list.len()), Index::default);
        }
    }

    pub(crate) fn get(&self, key: LegKey) -> Option<&Order> {
        self.slab[self.slot(key)?].as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: LegKey) -> Option<&mut Order> {
        let slot = self.slot(key)?;
        self.slab[slot].as_mut()
    }

    /// Adds an order; its key must be new (invariant I1) and its strategy known.
    pub(crate) fn insert(&mut self, order: Order) {
        let key = order.key;
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slab[slot as usize] = Some(order);
                slot
            }
            None => {
                self.slab.push(Some(order));
                self.links.push(NONE);
                self.widen();
                u32::try_from(self.slab.len() - 1).expect("fewer than 2^32 live orders")
            }
        };
        self.link(key, slot);
        self.by_strategy[usize::from(key.strategy.0)].insert(key, slot);
        self.live[usize::from(key.strategy.0)].insert(key, slot);
    }

    /// An order became terminal: it is live no more, and retires later.
    pub(crate) fn mark_ended(&mut self, key: LegKey, seq: Seq) {
        self.live[usize::from(key.strategy.0)].remove(key);
        self.ended.push_back((seq, key));
    }

    /// Drops terminal orders that ended `retention` events ago or earlier.
    pub(crate) fn retire(&mut self, now: Seq, retention: u64) {
        while let Some((seq, key)) = self.ended.front().copied() {
            if now.0 < seq.0.saturating_add(retention) {
                return;
            }
            self.ended.pop_front();
            self.remove(key);
        }
    }

    /// Live orders of a strategy.
    pub(crate) fn live_count(&self, strategy: StrategyId) -> usize {
        self.live.get(usize::from(strategy.0)).map_or(0, Index::len)
    }

    /// A strategy's orders in ascending key, terminal ones included until they retire.
    pub(crate) fn of_strategy(&self, strategy: StrategyId) -> impl Iterator<Item = &Order> {
        let index = self.by_strategy.get(usize::from(strategy.0));
        index.into_iter().flat_map(Index::slots).filter_map(|slot| self.slab[slot].as_ref())
    }

    /// A strategy's live orders in one instrument, or in all, in ascending key.
    pub(crate) fn open(&self, strategy: StrategyId, instrument: Option<InstrumentId>) -> impl Iterator<Item = &Order> {
        let live = self.live.get(usize::from(strategy.0)).into_iter().flat_map(Index::slots);
        let orders = live.filter_map(|slot| self.slab[slot].as_ref());
        orders.filter(move |order| instrument.is_none_or(|id| order.terms.instrument == id))
    }

    /// Every live order, by strategy, then in ascending key.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Order> {
        self.live.iter().flat_map(Index::slots).filter_map(|slot| self.slab[slot].as_ref())
    }

    /// All legs of one intent that State still holds.
    pub(crate) fn of_intent(&self, strategy: StrategyId, intent: IntentId) -> impl Iterator<Item = &Order> {
        let index = self.by_strategy.get(usize::from(strategy.0));
        index.into_iter().flat_map(move |index| index.of_intent(intent)).filter_map(|slot| self.slab[slot].as_ref())
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        let orders: Vec<&Order> = (0..self.by_strategy.len())
            .flat_map(|n| self.of_strategy(StrategyId(u16::try_from(n).expect("strategy ids are u16"))))
            .collect();
        w.list(&orders, |w, order| put_order(order, w));
    }

    fn remove(&mut self, key: LegKey) {
        if let Some(slot) = self.by_strategy[usize::from(key.strategy.0)].remove(key) {
            self.unlink(key, slot);
            self.slab[slot as usize] = None;
            self.free.push(slot);
        }
    }

    fn slot(&self, key: LegKey) -> Option<usize> {
        let mut at = *self.heads.get(self.bucket(key))?;
        while at != NONE {
            let slot = at as usize;
            if self.slab[slot].as_ref().is_some_and(|order| order.key == key) {
                return Some(slot);
            }
            at = self.links[slot];
        }
        None
    }

    /// Multiplicative mixing; speed and spread only, nothing else depends on it.
    fn bucket(&self, key: LegKey) -> usize {
        let mixed = key.intent.0 ^ u64::from(key.strategy.0) << 48 ^ u64::from(key.leg.0) << 32;
        let spread = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        usize::try_from(spread).expect("32 bits") & self.heads.len().wrapping_sub(1)
    }

    fn link(&mut self, key: LegKey, slot: u32) {
        let bucket = self.bucket(key);
        self.links[slot as usize] = core::mem::replace(&mut self.heads[bucket], slot);
    }

    fn unlink(&mut self, key: LegKey, slot: u32) {
        let (bucket, after) = (self.bucket(key), self.links[slot as usize]);
        let mut at = self.heads[bucket];
        if at == slot {
            self.heads[bucket] = after;
            return;
        }
        while at != NONE {
            let next = &mut self.links[at as usize];
            if *next == slot {
                *next = after;
                return;
            }
            at = *next;
        }
    }

    /// Twice as many buckets, when there are more slots than buckets.
    fn widen(&mut self) {
        if self.slab.len() <= self.heads.len() {
            return;
        }
        self.heads = vec![NONE; (self.heads.len() * 2).max(BUCKETS_MIN)];
        // The newest slot is linked by who took it.
        for slot in 0..self.slab.len() - 1 {
            if let Some(key) = self.slab[slot].as_ref().map(|order| order.key) {
                self.link(key, u32::try_from(slot).expect("fewer than 2^32 live orders"));
            }
        }
    }
}

/// No slot.
const NONE: u32 = u32::MAX;
/// Buckets to begin with; a power of two.
const BUCKETS_MIN: usize = 64;

fn put_order(order: &Order, w: &mut Writer) {
    order.key.put(w);
    w.u16(order.account.0);
    put_terms(&order.terms, w);
    w.u8(order.state.number());
    w.i64(order.filled.0);
    w.i64(order.reserved.0);
    w.flag(order.is_doubtful);
    w.i64(order.amend_sent.0);
    for asked in [order.amend_asked, order.amend_queued] {
        w.option(asked, |w, asked| {
            w.i64(asked.price.0);
            w.i64(asked.qty.0);
        });
    }
    w.flag(order.cancel_waits);
    w.u64(order.submitted_at.0);
    w.u64(order.changed_by.0);
}

pub(crate) fn put_terms(terms: &crate::intent::OrderTerms, w: &mut Writer) {
    w.u32(terms.instrument.0);
    w.u8(terms.side.number());
    w.i64(terms.qty.0);
    w.u8(terms.order_type.number());
    w.option(terms.limit_price, |w, price| w.i64(price.0));
    w.option(terms.stop_price, |w, price| w.i64(price.0));
    w.u8(terms.tif.number());
    w.flag(terms.post_only);
    w.flag(terms.reduce_only);
    w.u8(terms.position_side.number());
    w.i64(terms.reference.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, LegId, TimeNs};
    use crate::instrument::{PositionSide, Side};
    use crate::intent::{OrderTerms, OrderType, TimeInForce};
    use crate::money::{Price, Qty};
    use crate::order::{Asked, OrderState};

    fn key(strategy: u16, intent: u64) -> LegKey {
        LegKey { intent: IntentId(intent), strategy: StrategyId(strategy), leg: LegId(0) }
    }

    fn order(key: LegKey) -> Order {
        Order {
            key,
            account: AccountId(1),
            terms: OrderTerms {
                instrument: InstrumentId(1),
                side: Side::Buy,
                qty: Qty(1),
                order_type: OrderType::Limit,
                limit_price: Some(Price(1)),
                stop_price: None,
                tif: TimeInForce::Gtc,
                post_only: false,
                reduce_only: false,
                position_side: PositionSide::Net,
                reference: Price(1),
            },
            state: OrderState::Submitted,
            filled: Qty(0),
            reserved: Qty(1),
            is_doubtful: false,
            amend_sent: Qty(0),
            amend_asked: None,
            amend_queued: None,
            cancel_waits: false,
            submitted_at: TimeNs(0),
            changed_by: Seq(0),
        }
    }

    #[test]
    fn orders_are_found_by_key_and_in_order_while_others_come_end_and_retire() {
        let mut orders = Orders::default();
        orders.prepare(2);
        for intent in 1..=1_000 {
            orders.insert(order(key(1, intent)));
            orders.insert(order(key(2, intent)));
            // Every third one ends out of order, and retires a hundred events later.
            if intent % 3 == 0 {
                let ended = key(1, intent - 2);
                orders.get_mut(ended).expect("it is live").state = OrderState::Canceled;
                orders.mark_ended(ended, Seq(intent));
            }
            orders.retire(Seq(intent), 100);
        }
        let ended = |intent: &u64| intent % 3 == 1 && *intent < 1_000;
        let retired = |intent: &u64| ended(intent) && intent + 2 <= 900;
        let keys =
            |orders: &mut dyn Iterator<Item = &Order>| -> Vec<LegKey> { orders.map(|order| order.key).collect() };
        let all: Vec<u64> = (1..=1_000).collect();
        let of = |strategy, without: &dyn Fn(&u64) -> bool| -> Vec<LegKey> {
            all.iter().filter(|intent| !without(intent)).map(|intent| key(strategy, *intent)).collect()
        };
        assert_eq!(keys(&mut orders.of_strategy(StrategyId(1))), of(1, &retired));
        assert_eq!(keys(&mut orders.open(StrategyId(1), None)), of(1, &ended));
        assert_eq!(orders.live_count(StrategyId(1)), of(1, &ended).len());
        assert_eq!(keys(&mut orders.live()), [of(1, &ended), of(2, &|_| false)].concat());
        assert_eq!(keys(&mut orders.open(StrategyId(2), Some(InstrumentId(2)))), []);
        for intent in 1..=1_000 {
            let found = orders.get(key(1, intent)).map(|order| order.key);
            assert_eq!(found, (!retired(&intent)).then_some(key(1, intent)), "{intent}");
            assert_eq!(orders.of_intent(StrategyId(2), IntentId(intent)).count(), 1);
        }
        assert!(orders.get(key(3, 1)).is_none() && orders.get(key(1, 1_001)).is_none());
    }

    #[test]
    fn what_retired_is_not_found_however_often_its_room_is_used_again() {
        let mut orders = Orders::default();
        orders.prepare(1);
        for now in 1..=5_000_u64 {
            orders.insert(order(key(1, now)));
            orders.mark_ended(key(1, now), Seq(now));
            orders.retire(Seq(now), 230);
            for before in now.saturating_sub(500).max(1)..=now {
                assert_eq!(orders.get(key(1, before)).is_some(), before + 230 > now, "{before} at {now}");
            }
        }
        assert_eq!(orders.live_count(StrategyId(1)), 0);
    }

    #[test]
    fn everything_of_an_order_is_in_the_digest() {
        let plain = order(key(1, 1));
        let asked = Some(Asked { price: Price(2), qty: Qty(2) });
        let all = [
            plain,
            order(key(1, 2)),
            order(key(2, 1)),
            Order { account: AccountId(2), ..plain },
            Order { terms: OrderTerms { qty: Qty(2), ..plain.terms }, ..plain },
            Order { state: OrderState::Accepted, ..plain },
            Order { filled: Qty(1), ..plain },
            Order { reserved: Qty(2), ..plain },
            Order { is_doubtful: true, ..plain },
            Order { amend_sent: Qty(1), ..plain },
            Order { amend_asked: asked, ..plain },
            Order { amend_queued: asked, ..plain },
            Order { cancel_waits: true, ..plain },
            Order { submitted_at: TimeNs(1), ..plain },
            Order { changed_by: Seq(1), ..plain },
        ];
        let bytes = all.map(|order| {
            let mut orders = Orders::default();
            orders.prepare(2);
            orders.insert(order);
            let mut w = Writer::new();
            orders.put(&mut w);
            w.bytes().to_vec()
        });
        let different: alloc::collections::BTreeSet<_> = bytes.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
