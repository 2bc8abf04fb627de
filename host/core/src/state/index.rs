//! Index: which slot has the order with this key, and which keys come in which order?
//!
//! In: keys, mostly ascending, and their removal in any order. Out: slots by key, and in ascending order of keys. Must
//! never: move the rest for one removal, or allocate when warm; what was removed is marked, and swept out when half of the
//! index is.

use alloc::collections::VecDeque;

use crate::ids::{IntentId, LegId, LegKey};

/// Keys of one strategy with their slots, ascending; intent numbers only grow, so that new keys go to the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    entries: VecDeque<(IntentId, LegId, u32)>,
    removed: usize,
}

/// Slot of an entry that was removed.
const REMOVED: u32 = u32::MAX;
/// Below so many removed entries sweeping costs more than walking over them.
const SWEEP_MIN: usize = 32;

impl Index {
    /// Adds a key that was never there.
    ///
    /// # Panics
    /// When it is there (invariant I1).
    pub(crate) fn insert(&mut self, key: LegKey, slot: u32) {
        match self.find(key) {
            Ok(_) => panic!("one venue order per intent leg: {key} exists"),
            Err(at) => self.entries.insert(at, (key.intent, key.leg, slot)),
        }
    }

    /// Slot of a key.
    pub(crate) fn slot(&self, key: LegKey) -> Option<usize> {
        let slot = self.entries[self.find(key).ok()?].2;
        (slot != REMOVED).then_some(slot as usize)
    }

    /// Takes a key out; its slot.
    pub(crate) fn remove(&mut self, key: LegKey) -> Option<u32> {
        let at = self.find(key).ok()?;
        let slot = core::mem::replace(&mut self.entries[at].2, REMOVED);
        if slot == REMOVED {
            return None;
        }
        self.removed += 1;
        self.sweep();
        Some(slot)
    }

    /// Slots in ascending order of their keys.
    pub(crate) fn slots(&self) -> impl Iterator<Item = usize> {
        self.entries.iter().filter(|entry| entry.2 != REMOVED).map(|entry| entry.2 as usize)
    }

    /// Slots of all legs of one intent, ascending.
    pub(crate) fn of_intent(&self, intent: IntentId) -> impl Iterator<Item = usize> {
        let start = self.entries.partition_point(|entry| entry.0 < intent);
        let own = self.entries.range(start..).take_while(move |entry| entry.0 == intent);
        own.filter(|entry| entry.2 != REMOVED).map(|entry| entry.2 as usize)
    }

    fn find(&self, key: LegKey) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&(key.intent, key.leg), |entry| (entry.0, entry.1))
    }

    /// Takes out what was removed: at the front at once, because orders end oldest first, elsewhere when it is half.
    fn sweep(&mut self) {
        while self.entries.front().is_some_and(|entry| entry.2 == REMOVED) {
            self.entries.pop_front();
            self.removed -= 1;
        }
        if self.removed >= SWEEP_MIN && self.removed * 2 > self.entries.len() {
            self.entries.retain(|entry| entry.2 != REMOVED);
            self.removed = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn key(number: u16) -> LegKey {
        LegKey { intent: IntentId(u64::from(number / 3)), leg: LegId(number % 3), ..LegKey::default() }
    }

    proptest! {
        #[test]
        fn an_index_is_a_sorted_map(changes in prop::collection::vec((any::<bool>(), 0_u16..300), 1..600)) {
            let (mut index, mut map) = (Index::default(), BTreeMap::new());
            let mut gone = alloc::collections::BTreeSet::new();
            for (slot, (adds, number)) in changes.into_iter().enumerate() {
                let slot = u32::try_from(slot).expect("few");
                // Keys are never used again.
                if adds && !map.contains_key(&number) && !gone.contains(&number) {
                    index.insert(key(number), slot);
                    map.insert(number, slot);
                } else if !adds {
                    prop_assert_eq!(index.remove(key(number)), map.remove(&number));
                    gone.insert(number);
                }
                prop_assert_eq!(index.slot(key(number)), map.get(&number).map(|slot| *slot as usize));
                prop_assert!(index.entries.len() <= 2 * map.len() + SWEEP_MIN, "what was removed is swept out");
            }
            let slots: Vec<usize> = map.values().map(|slot| *slot as usize).collect();
            prop_assert_eq!(index.slots().collect::<Vec<_>>(), slots);
            for intent in 0..100 {
                let own = map.range(intent * 3..intent * 3 + 3).map(|(_, slot)| *slot as usize);
                prop_assert_eq!(index.of_intent(IntentId(intent.into())).collect::<Vec<_>>(), own.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    #[should_panic(expected = "one venue order per intent leg")]
    fn a_key_is_added_once() {
        let mut index = Index::default();
        index.insert(key(1), 0);
        index.insert(key(1), 1);
    }
}
