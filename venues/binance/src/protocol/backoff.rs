//! Back-off: how long is waited before something is tried again?
//!
//! In: how often it was tried, a seed. Out: a span that doubles, with jitter. Must never: depend on anything but the seed.

const NS_PER_MS: u64 = 1_000_000;

/// Numbers that a seed determines (`SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Below `bound`; 0 where that is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(bound).unwrap_or(0)
    }

    /// The span before try number `tries` (from 0): the first one doubled as often, at most `max`, three quarters of it for
    /// certain and the rest by chance.
    pub(crate) fn span_ns(&mut self, tries: u32, (first_ms, max_ms): (u64, u64)) -> u64 {
        let doubled = first_ms.saturating_mul(1 << tries.min(32)).min(max_ms);
        let span = doubled.saturating_mul(NS_PER_MS);
        span - span / 4 + self.below(span / 4 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_double_up_to_their_bound_and_differ_by_seed() {
        let spans = |seed| {
            let mut random = Random::new(seed);
            (0..40).map(|tries| random.span_ns(tries, (1_000, 30_000)) / NS_PER_MS).collect::<Vec<_>>()
        };
        for (tries, span) in spans(1).into_iter().enumerate() {
            let full = (1_000_u64 << tries.min(20)).min(30_000);
            assert!((full * 3 / 4..=full).contains(&span), "{tries}: {span}");
        }
        assert_eq!(spans(7), spans(7));
        assert_ne!(spans(7), spans(8));
    }
}
