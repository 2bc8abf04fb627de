//! Index: which keys are there, in which order, and which slot has each?
//!
//! In: keys, mostly ascending, and their removal in any order. Out: slots in ascending order of keys. Must never: move the
//! rest for one removal, or allocate when warm; what was removed is marked, and swept out when half of the index is.

use alloc::collections::VecDeque;
use core::cmp::Ordering;

use crate::ids::{IntentId, LegId, LegKey};

/// Keys of one strategy with their slots, ascending; intent numbers only grow, so that new keys go to the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    entries: VecDeque<(IntentId, LegId, u32)>,
    removed: usize,
}

/// First step of a search; entries so far apart share a few cache lines.
const STEP_MIN: usize = 16;
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
        let is_newest = self.entries.back().is_none_or(|last| (last.0, last.1) < (key.intent, key.leg));
        match if is_newest { Err(self.entries.len()) } else { self.find((key.intent, key.leg)) } {
            Ok(_) => panic!("one venue order per intent leg: {key} exists"),
            Err(at) => self.entries.insert(at, (key.intent, key.leg, slot)),
        }
    }

    /// Takes a key out; its slot.
    pub(crate) fn remove(&mut self, key: LegKey) -> Option<u32> {
        let at = self.find((key.intent, key.leg)).ok()?;
        let slot = core::mem::replace(&mut self.entries[at].2, REMOVED);
        if slot == REMOVED {
            return None;
        }
        self.removed += 1;
        self.sweep();
        Some(slot)
    }

    /// Keys that are there.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() - self.removed
    }

    /// Slots in ascending order of their keys.
    pub(crate) fn slots(&self) -> impl Iterator<Item = usize> {
        self.entries.iter().filter(|entry| entry.2 != REMOVED).map(|entry| entry.2 as usize)
    }

    /// Slots of all legs of one intent, ascending.
    pub(crate) fn of_intent(&self, intent: IntentId) -> impl Iterator<Item = usize> {
        let (Ok(start) | Err(start)) = self.find((intent, LegId(0)));
        let own = self.entries.range(start..).take_while(move |entry| entry.0 == intent);
        own.filter(|entry| entry.2 != REMOVED).map(|entry| entry.2 as usize)
    }

    fn find(&self, (intent, leg): (IntentId, LegId)) -> Result<usize, usize> {
        let (mut low, mut high) = self.bounds((intent, leg));
        while low < high {
            let middle = low + (high - low) / 2;
            match self.key(middle).cmp(&(intent, leg)) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Bounds of the search: growing steps from where the key would be if intent numbers were spread evenly, which they
    /// nearly are. A search over all of a large index would touch cold memory at every step.
    fn bounds(&self, wanted: (IntentId, LegId)) -> (usize, usize) {
        let len = self.entries.len();
        let Some(guess) = self.guess(wanted.0) else { return (0, 0) };
        let mut step = STEP_MIN;
        if self.key(guess) < wanted {
            let mut low = guess + 1;
            while low + step < len && self.key(low + step) < wanted {
                (low, step) = (low + step + 1, step * 2);
            }
            return (low, (low + step + 1).min(len));
        }
        let mut high = guess + 1;
        while high > step && self.key(high - step) > wanted {
            (high, step) = (high - step, step * 2);
        }
        (high.saturating_sub(step), high)
    }

    fn guess(&self, intent: IntentId) -> Option<usize> {
        let (first, last) = (self.entries.front()?.0.0, self.entries.back()?.0.0);
        let (ahead, span) = (intent.0.clamp(first, last) - first, (last - first).max(1));
        let places = u128::try_from(self.entries.len() - 1).expect("128 bits hold every length");
        Some(usize::try_from(u128::from(ahead) * places / u128::from(span)).expect("at most the last place"))
    }

    fn key(&self, at: usize) -> (IntentId, LegId) {
        (self.entries[at].0, self.entries[at].1)
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
    fn keys_are_found_however_unevenly_they_are_spread() {
        let key = |intent| LegKey { intent: IntentId(intent), ..LegKey::default() };
        let spreads: [fn(u64) -> u64; 4] = [|n| n + 1, |n| n * n * n + 1, |n| 1 << (n / 40), |n| u64::MAX - 3_000 + n];
        for spread in spreads {
            let mut intents: Vec<u64> = (0..2_000).map(spread).collect();
            intents.dedup();
            let mut index = Index::default();
            for (intent, slot) in intents.iter().zip(0..) {
                index.insert(key(*intent), slot);
            }
            for place in (0..intents.len()).rev().step_by(2).chain((0..intents.len()).step_by(2)) {
                let is_new = index.of_intent(IntentId(intents[place])).next().is_some();
                let slot = u32::try_from(place).expect("few");
                assert_eq!(index.remove(key(intents[place])), is_new.then_some(slot));
                let other = intents[place].wrapping_add(1);
                assert!(intents.contains(&other) || index.remove(key(other)).is_none(), "{other} was never there");
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
