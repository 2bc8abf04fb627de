//! Seen fills: was this trade id booked before, as what, and was it taken back?
//!
//! In: fills as they were booked. Out: what is remembered of one. Must never: allocate after construction, or forget one of the
//! last [`FILLS_REMEMBERED`] fills.

use alloc::vec;
use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::event::Fill;
use crate::ids::{AccountId, InstrumentId, LegKey};
use crate::instrument::{PositionSide, Side};
use crate::money::{Decimal, Price, Qty};

/// A duplicate arrives through another channel or after a reconnect: far fewer fills later than this.
pub(crate) const FILLS_REMEMBERED: usize = 1 << 14;
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

/// A fill as it was booked: a bust takes back this, whatever it says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BookedFill {
    pub(crate) order: LegKey,
    pub(crate) price: Price,
    pub(crate) qty: Qty,
    pub(crate) fee: Decimal,
    pub(crate) position_side: PositionSide,
}

/// What is known of a fill.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) fill: BookedFill,
    pub(crate) is_busted: bool,
}

impl BookedFill {
    /// What a fill is when it is booked with this fee.
    pub(crate) const fn of(fill: &Fill, fee: Decimal) -> BookedFill {
        BookedFill { order: fill.order, price: fill.price, qty: fill.qty, fee, position_side: fill.position_side }
    }

    /// What a bust says, with the booked values in place of its own.
    pub(crate) const fn restored(self, said: &Fill) -> Fill {
        let BookedFill { order, price, qty, fee, position_side } = self;
        Fill { order, price, qty, fee, position_side, ..*said }
    }
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
    seen: Seen,
}

impl SeenFills {
    pub(crate) fn new() -> SeenFills {
        SeenFills { ring: Vec::with_capacity(FILLS_REMEMBERED), heads: vec![NONE; BUCKETS], next: 0 }
    }

    /// What is known of this fill; `None` = nothing (any more).
    pub(crate) fn find(&self, key: FillKey) -> Option<Seen> {
        self.slot(key).map(|slot| self.ring[slot].seen)
    }

    /// Remembers a fill that was never seen; forgets the oldest when the memory is full.
    pub(crate) fn remember(&mut self, key: FillKey, fill: BookedFill) {
        debug_assert!(self.slot(key).is_none(), "the caller asked before booking");
        let (slot, bucket) = (self.next, bucket_of(key));
        if slot < self.ring.len() {
            self.unlink(slot);
        }
        // Read after the oldest was taken out: it may have been the head.
        let entry = Entry { key, link: self.heads[bucket], seen: Seen { fill, is_busted: false } };
        match self.ring.get_mut(slot) {
            Some(oldest) => *oldest = entry,
            None => self.ring.push(entry),
        }
        self.heads[bucket] = u32::try_from(slot).expect("below FILLS_REMEMBERED");
        self.next = (slot + 1) % FILLS_REMEMBERED;
    }

    /// Marks a remembered fill as taken back.
    pub(crate) fn bust(&mut self, key: FillKey) {
        if let Some(slot) = self.slot(key) {
            self.ring[slot].seen.is_busted = true;
        }
    }

    /// Canonical form, from the oldest to the newest.
    pub(crate) fn put(&self, w: &mut Writer) {
        w.u32(u32::try_from(self.ring.len()).expect("at most FILLS_REMEMBERED"));
        for entry in self.oldest_first() {
            w.u16(entry.key.account.0);
            w.u32(entry.key.instrument.0);
            w.u64(entry.key.trade_id);
            w.u8(entry.key.side.number());
            let fill = entry.seen.fill;
            fill.order.put(w);
            w.i64(fill.price.0);
            w.i64(fill.qty.0);
            w.decimal(fill.fee);
            w.u8(fill.position_side.number());
            w.flag(entry.seen.is_busted);
        }
    }

    fn oldest_first(&self) -> impl Iterator<Item = &Entry> {
        let split = if self.ring.len() < FILLS_REMEMBERED { 0 } else { self.next };
        self.ring[split..].iter().chain(&self.ring[..split])
    }

    fn slot(&self, key: FillKey) -> Option<usize> {
        let mut at = self.heads[bucket_of(key)];
        while at != NONE {
            let slot = at as usize;
            if self.ring[slot].key == key {
                return Some(slot);
            }
            at = self.ring[slot].link;
        }
        None
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

/// Ids that follow each other lie side by side in memory; what is above their low bits is mixed in, as ids may have their
/// low bits in common. Speed and spread only, nothing else depends on it.
fn bucket_of(key: FillKey) -> usize {
    let (low, high) = (key.trade_id % BUCKETS as u64, key.trade_id / BUCKETS as u64);
    let others =
        u64::from(key.instrument.0) << 40 ^ u64::from(key.account.0) << 24 ^ u64::from(key.side.number()) << 56;
    // The highest bits of a product are those that all bits of a factor reach.
    let mixed = (high ^ others).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - BUCKETS.ilog2());
    usize::try_from(low ^ mixed).expect("as many bits as a bucket has")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(trade_id: u64) -> FillKey {
        FillKey { account: AccountId(1), instrument: InstrumentId(1), trade_id, side: Side::Buy }
    }

    fn fill() -> BookedFill {
        let (order, position_side) = (LegKey::default(), PositionSide::Net);
        BookedFill { order, price: Price(1), qty: Qty(1), fee: Decimal::ZERO, position_side }
    }

    fn is_booked(seen: &SeenFills, key: FillKey) -> bool {
        seen.find(key).is_some_and(|seen| !seen.is_busted && seen.fill == fill())
    }

    #[test]
    fn a_fill_is_known_until_it_is_older_than_the_memory() {
        let mut seen = SeenFills::new();
        seen.remember(key(7), fill());
        assert!(is_booked(&seen, key(7)));
        for id in 0..FILLS_REMEMBERED as u64 - 1 {
            seen.remember(key(1_000_000 + id), fill());
        }
        assert!(is_booked(&seen, key(7)), "the oldest of the last ones");
        seen.remember(key(99), fill());
        assert!(seen.find(key(7)).is_none(), "forgotten now");
        seen.remember(key(7), fill());
        assert_eq!(seen.oldest_first().count(), FILLS_REMEMBERED);
        assert_eq!(seen.oldest_first().last().map(|entry| entry.key), Some(key(7)));
    }

    #[test]
    fn every_fill_in_the_memory_is_found_after_it_went_round_many_times() {
        let mut seen = SeenFills::new();
        let count = 3 * FILLS_REMEMBERED as u64 + 5;
        for id in 0..count {
            seen.remember(key(id * 7), fill());
        }
        let first = count - FILLS_REMEMBERED as u64;
        assert!((first..count).all(|id| is_booked(&seen, key(id * 7))));
        assert!((0..first).all(|id| seen.find(key(id * 7)).is_none()));
    }

    #[test]
    fn account_instrument_and_side_make_another_fill() {
        let mut seen = SeenFills::new();
        seen.remember(key(1), fill());
        let sell = FillKey { side: Side::Sell, ..key(1) };
        for other in
            [sell, FillKey { account: AccountId(2), ..key(1) }, FillKey { instrument: InstrumentId(2), ..key(1) }]
        {
            assert!(seen.find(other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn ids_with_common_bits_are_spread() {
        for step in [1, 2, 1 << 10, 1 << 15, 1 << 20, 1 << 40, 1_000_000] {
            let mut counts = vec![0_u32; BUCKETS];
            (0..FILLS_REMEMBERED as u64).for_each(|id| counts[bucket_of(key(id * step))] += 1);
            assert!(counts.iter().all(|count| *count < 12), "{step}: {:?}", counts.iter().max());
        }
    }

    #[test]
    fn a_fill_taken_back_is_known_as_such() {
        let mut seen = SeenFills::new();
        seen.bust(key(3));
        assert!(seen.find(key(3)).is_none(), "there is nothing to take back");
        seen.remember(key(3), fill());
        seen.bust(key(3));
        assert!(seen.find(key(3)).is_some_and(|seen| seen.is_busted));
    }
}
