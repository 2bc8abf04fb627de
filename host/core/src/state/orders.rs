//! Orders held by State: which order has this key, and what is open?
//!
//! In: new orders, changes, retirement. Out: orders by key, by strategy. Must never: scan past orders; terminal ones
//! leave after a configured number of events.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::ids::{InstrumentId, IntentId, LegId, LegKey, Seq, StrategyId};
use crate::order::Order;

/// A slab of orders with a sorted index per strategy (intent numbers only grow, so new keys go to the end).
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    slab: Vec<Option<Order>>,
    free: Vec<u32>,
    by_strategy: Vec<VecDeque<(IntentId, LegId, u32)>>,
    /// Terminal orders with the event that ended them, oldest first.
    ended: VecDeque<(Seq, LegKey)>,
}

impl Orders {
    pub(crate) fn prepare(&mut self, strategies: usize) {
        // Slot 0 is `external`.
        self.by_strategy.resize_with((strategies + 1).max(self.by_strategy.len()), VecDeque::new);
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
                u32::try_from(self.slab.len() - 1).expect("fewer than 2^32 live orders")
            }
        };
        let index = &mut self.by_strategy[usize::from(key.strategy.0)];
        match index.binary_search_by_key(&(key.intent, key.leg), |entry| (entry.0, entry.1)) {
            Ok(_) => panic!("one venue order per intent leg: {key} exists"),
            Err(at) => index.insert(at, (key.intent, key.leg, slot)),
        }
    }

    pub(crate) fn mark_ended(&mut self, key: LegKey, seq: Seq) {
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

    /// How many orders of a strategy are held, ended ones included.
    pub(crate) fn held(&self, strategy: StrategyId) -> usize {
        self.by_strategy.get(usize::from(strategy.0)).map_or(0, VecDeque::len)
    }

    /// A strategy's orders in ascending key, terminal ones included until they retire.
    pub(crate) fn of_strategy(&self, strategy: StrategyId) -> impl Iterator<Item = &Order> {
        let index = self.by_strategy.get(usize::from(strategy.0));
        index.into_iter().flatten().filter_map(|(_, _, slot)| self.slab[*slot as usize].as_ref())
    }

    /// A strategy's live orders in one instrument, or in all.
    pub(crate) fn open(&self, strategy: StrategyId, instrument: Option<InstrumentId>) -> impl Iterator<Item = &Order> {
        self.of_strategy(strategy)
            .filter(move |order| !order.state.is_terminal() && instrument.is_none_or(|id| order.terms.instrument == id))
    }

    /// Every live order, by strategy, then in ascending key.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Order> {
        let all = self.by_strategy.iter().flatten().filter_map(|(_, _, slot)| self.slab[*slot as usize].as_ref());
        all.filter(|order| !order.state.is_terminal())
    }

    /// All legs of one intent that State still holds.
    pub(crate) fn of_intent(&self, strategy: StrategyId, intent: IntentId) -> impl Iterator<Item = &Order> {
        let index = self.by_strategy.get(usize::from(strategy.0));
        let start = index.map_or(0, |index| index.partition_point(|entry| entry.0 < intent));
        index
            .into_iter()
            .flat_map(move |index| index.range(start..))
            .take_while(move |entry| entry.0 == intent)
            .filter_map(|(_, _, slot)| self.slab[*slot as usize].as_ref())
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        let orders: Vec<&Order> = (0..self.by_strategy.len())
            .flat_map(|n| self.of_strategy(StrategyId(u16::try_from(n).expect("strategy ids are u16"))))
            .collect();
        w.list(&orders, |w, order| put_order(order, w));
    }

    fn slot(&self, key: LegKey) -> Option<usize> {
        let index = self.by_strategy.get(usize::from(key.strategy.0))?;
        let at = index.binary_search_by_key(&(key.intent, key.leg), |entry| (entry.0, entry.1)).ok()?;
        Some(index[at].2 as usize)
    }

    fn remove(&mut self, key: LegKey) {
        let index = &mut self.by_strategy[usize::from(key.strategy.0)];
        let Ok(at) = index.binary_search_by_key(&(key.intent, key.leg), |entry| (entry.0, entry.1)) else {
            return;
        };
        let (_, _, slot) = index[at];
        index.remove(at);
        self.slab[slot as usize] = None;
        self.free.push(slot);
    }
}

fn put_order(order: &Order, w: &mut Writer) {
    put_key(order.key, w);
    w.u16(order.account.0);
    put_terms(&order.terms, w);
    w.u8(order.state.number());
    w.i64(order.filled.0);
    w.i64(order.reserved.0);
    w.i64(order.amend_sent.0);
    w.i64(order.amend_queued.0);
    w.u64(order.submitted_at.0);
    w.u64(order.changed_by.0);
}

pub(crate) fn put_key(key: LegKey, w: &mut Writer) {
    w.u16(key.strategy.0);
    w.u64(key.intent.0);
    w.u16(key.leg.0);
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
