//! Fuel statistics: what does a call of each strategy cost?
//!
//! In: fuel of every call. Out: totals and quantiles. Must never: allocate per call.

use ringfence_core::ids::StrategyId;

/// Quantiles are exact below this; above, each power of two has half as many buckets, so they are within 1/64.
const SUB_BUCKETS: u64 = 128;
/// One for each value below 128, then 64 for each of the powers of two from 2^7 to 2^63.
const BUCKETS: usize = 128 + 57 * 64;

/// Fuel of one strategy's calls.
#[derive(Clone, Debug)]
pub struct FuelUse {
    counts: Vec<u64>,
    calls: u64,
    total: u64,
}

impl Default for FuelUse {
    fn default() -> FuelUse {
        FuelUse { counts: vec![0; BUCKETS], calls: 0, total: 0 }
    }
}

impl FuelUse {
    /// Counts one call.
    pub fn record(&mut self, fuel: u64) {
        self.counts[bucket(fuel)] += 1;
        self.calls += 1;
        self.total = self.total.saturating_add(fuel);
    }

    /// Number of calls.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Fuel of all calls.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Smallest fuel that at least `per_cent` of the calls stayed within (1 to 100); 0 without calls. Above 128 it is the
    /// lower edge of a bucket at most 1/64 wide.
    #[must_use]
    pub fn percentile(&self, per_cent: u64) -> u64 {
        let wanted = (u128::from(self.calls) * u128::from(per_cent)).div_ceil(100);
        let mut seen = 0_u128;
        for (at, count) in self.counts.iter().enumerate() {
            seen += u128::from(*count);
            if seen >= wanted && seen > 0 {
                return lower_edge(at);
            }
        }
        0
    }
}

/// Fuel of every strategy, indexed by id.
#[derive(Debug, Default)]
pub struct FuelTable {
    rows: Vec<FuelUse>,
}

impl FuelTable {
    /// A table for strategies 1 to `strategies`.
    #[must_use]
    pub fn new(strategies: usize) -> FuelTable {
        FuelTable { rows: vec![FuelUse::default(); strategies + 1] }
    }

    /// Counts the calls of one step.
    pub fn record(&mut self, called: &[StrategyId], fuel: &[u64]) {
        for (strategy, fuel) in called.iter().zip(fuel) {
            if let Some(row) = self.rows.get_mut(usize::from(strategy.0)) {
                row.record(*fuel);
            }
        }
    }

    /// One strategy's calls.
    #[must_use]
    pub fn of(&self, strategy: StrategyId) -> Option<&FuelUse> {
        self.rows.get(usize::from(strategy.0))
    }
}

fn bucket(fuel: u64) -> usize {
    if fuel < SUB_BUCKETS {
        return usize::try_from(fuel).expect("below 128");
    }
    // The six bits below the leading one choose the place within its power of two.
    let power = u64::from(63 - fuel.leading_zeros()) - 6;
    let place = (fuel >> power) - SUB_BUCKETS / 2;
    usize::try_from(SUB_BUCKETS + (power - 1) * (SUB_BUCKETS / 2) + place).expect("below BUCKETS")
}

fn lower_edge(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).expect("below BUCKETS");
    if bucket < SUB_BUCKETS {
        return bucket;
    }
    let (power, place) = ((bucket - SUB_BUCKETS) / (SUB_BUCKETS / 2), (bucket - SUB_BUCKETS) % (SUB_BUCKETS / 2));
    (SUB_BUCKETS / 2 + place) << (power + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentiles_of_small_numbers_are_exact() {
        let mut fuel = FuelUse::default();
        (1..=100).for_each(|value| fuel.record(value));
        assert_eq!([1, 50, 99, 100].map(|p| fuel.percentile(p)), [1, 50, 99, 100]);
        assert_eq!((fuel.calls(), fuel.total()), (100, 5050));
    }

    #[test]
    fn no_calls_have_no_percentile() {
        assert_eq!(FuelUse::default().percentile(50), 0);
    }

    #[test]
    fn the_largest_fuel_falls_into_the_last_bucket() {
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    proptest! {
        #[test]
        fn a_bucket_holds_its_value_within_a_64th(fuel: u64) {
            let edge = lower_edge(bucket(fuel));
            prop_assert!(edge <= fuel && fuel - edge <= fuel / 64, "{fuel} {edge}");
        }
    }
}
