//! Seen fills: was this trade id booked before?
//!
//! In: keys of fills. Out: new or seen. Must never: allocate after construction, or forget one of the last
//! [`FILLS_REMEMBERED`] fills.

use alloc::vec;
use alloc::vec::Vec;

use crate::ids::{AccountId, InstrumentId};
use crate::instrument::Side;

/// A duplicate arrives through another channel or after a reconnect: far fewer fills later than this.
pub const FILLS_REMEMBERED: usize = 1 << 14;
const BUCKETS: usize = FILLS_REMEMBERED * 2;
const NONE: u32 = u32::MAX;

/// What makes a fill unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FillKey {
    pub(crate) account: AccountId,
    pub(crate) instrument: InstrumentId,
    pub(crate) trade_id: u64,
    pub(crate) side: Side,
}

/// A ring of the last fills with chained buckets over it; positions depend on the keys alone.
#[derive(Clone, Debug)]
pub(crate) struct SeenFills {
    ring: Vec<Entry>,
    heads: Vec<u32>,
    next: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    key: FillKey,
    link: u32,
}

impl SeenFills {
    pub(crate) fn new() -> SeenFills {
        SeenFills { ring: Vec::with_capacity(FILLS_REMEMBERED), heads: vec![NONE; BUCKETS], next: 0 }
    }

    /// Remembers the key; false when it was there already.
    pub(crate) fn insert(&mut self, key: FillKey) -> bool {
        if self.contains(key) {
            return false;
        }
        let bucket = bucket_of(key);
        let entry = Entry { key, link: self.heads[bucket] };
        let slot = self.next;
        if self.ring.len() < FILLS_REMEMBERED {
            self.ring.push(entry);
        } else {
            self.unlink(slot);
            // The head may have changed while the oldest was taken out.
            self.ring[slot] = Entry { key, link: self.heads[bucket] };
        }
        self.heads[bucket] = u32::try_from(slot).expect("below FILLS_REMEMBERED");
        self.next = (slot + 1) % FILLS_REMEMBERED;
        true
    }

    /// Keys from the oldest to the newest.
    pub(crate) fn keys(&self) -> impl Iterator<Item = FillKey> + '_ {
        let split = if self.ring.len() < FILLS_REMEMBERED { 0 } else { self.next };
        self.ring[split..].iter().chain(&self.ring[..split]).map(|entry| entry.key)
    }

    fn contains(&self, key: FillKey) -> bool {
        let mut at = self.heads[bucket_of(key)];
        while at != NONE {
            let entry = &self.ring[at as usize];
            if entry.key == key {
                return true;
            }
            at = entry.link;
        }
        false
    }

    fn unlink(&mut self, slot: usize) {
        let target = u32::try_from(slot).expect("below FILLS_REMEMBERED");
        let (bucket, link) = (bucket_of(self.ring[slot].key), self.ring[slot].link);
        if self.heads[bucket] == target {
            self.heads[bucket] = link;
            return;
        }
        let mut at = self.heads[bucket];
        while at != NONE {
            let entry = &mut self.ring[at as usize];
            if entry.link == target {
                entry.link = link;
                return;
            }
            at = entry.link;
        }
    }
}

/// Multiplicative mixing; speed and spread only, nothing else depends on it.
fn bucket_of(key: FillKey) -> usize {
    let mixed = key.trade_id
        ^ u64::from(key.instrument.0) << 40
        ^ u64::from(key.account.0) << 24
        ^ u64::from(key.side.number()) << 56;
    let spread = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    usize::try_from(spread).expect("32 bits") % BUCKETS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(trade_id: u64) -> FillKey {
        FillKey { account: AccountId(1), instrument: InstrumentId(1), trade_id, side: Side::Buy }
    }

    #[test]
    fn a_second_time_is_a_duplicate_until_it_is_older_than_the_memory() {
        let mut seen = SeenFills::new();
        assert!(seen.insert(key(7)));
        assert!(!seen.insert(key(7)));
        for id in 0..FILLS_REMEMBERED as u64 - 1 {
            assert!(seen.insert(key(1_000_000 + id)));
        }
        assert!(!seen.insert(key(7)), "still among the last ones");
        assert!(seen.insert(key(99)));
        assert!(seen.insert(key(7)), "forgotten now");
        assert_eq!(seen.keys().count(), FILLS_REMEMBERED);
        assert_eq!(seen.keys().last(), Some(key(7)));
    }

    #[test]
    fn account_instrument_and_side_make_another_fill() {
        let mut seen = SeenFills::new();
        assert!(seen.insert(key(1)));
        assert!(seen.insert(FillKey { side: Side::Sell, ..key(1) }));
        assert!(seen.insert(FillKey { account: AccountId(2), ..key(1) }));
        assert!(seen.insert(FillKey { instrument: InstrumentId(2), ..key(1) }));
    }
}
