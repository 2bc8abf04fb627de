//! Histogram: how are counts spread, in a bounded number of buckets?
//!
//! In: values, one by one. Out: their number, sum, largest and quantiles. Must never: allocate per value, or keep one.

/// Quantiles are exact below this; above, each power of two has half as many buckets, so they are within 1/64.
const SUB_BUCKETS: u64 = 128;
/// One for each value below 128, then 64 for each of the powers of two from 2^7 to 2^63.
const BUCKETS: usize = 128 + 57 * 64;

/// Spread of values.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    count: u64,
    total: u64,
    largest: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { counts: vec![0; BUCKETS], count: 0, total: 0, largest: 0 }
    }
}

impl Histogram {
    /// Counts one value.
    pub fn record(&mut self, value: u64) {
        self.counts[bucket(value)] += 1;
        self.count += 1;
        self.total = self.total.saturating_add(value);
        self.largest = self.largest.max(value);
    }

    /// Counts so many values of 0.
    pub fn record_zeros(&mut self, values: u64) {
        self.counts[0] += values;
        self.count += values;
    }

    /// Number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sum of all values.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The largest value; 0 without any.
    #[must_use]
    pub fn largest(&self) -> u64 {
        self.largest
    }

    /// Smallest value that at least `per_mille` of all stayed within (1 to 1,000); 0 without values. Above 128 it is the
    /// lower edge of a bucket at most 1/64 wide.
    #[must_use]
    pub fn quantile(&self, per_mille: u64) -> u64 {
        let wanted = (u128::from(self.count) * u128::from(per_mille)).div_ceil(1_000);
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

fn bucket(value: u64) -> usize {
    if value < SUB_BUCKETS {
        return usize::try_from(value).expect("below 128");
    }
    // The six bits below the leading one choose the place within its power of two.
    let power = u64::from(63 - value.leading_zeros()) - 6;
    let place = (value >> power) - SUB_BUCKETS / 2;
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
    fn quantiles_of_small_numbers_are_exact() {
        let mut spread = Histogram::default();
        (1..=100).for_each(|value| spread.record(value));
        assert_eq!([10, 500, 990, 999, 1_000].map(|p| spread.quantile(p)), [1, 50, 99, 100, 100]);
        assert_eq!((spread.count(), spread.total(), spread.largest()), (100, 5050, 100));
    }

    #[test]
    fn no_values_have_no_quantile() {
        assert_eq!(Histogram::default().quantile(500), 0);
    }

    #[test]
    fn the_largest_value_falls_into_the_last_bucket() {
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    proptest! {
        #[test]
        fn a_bucket_holds_its_value_within_a_64th(value: u64) {
            let edge = lower_edge(bucket(value));
            prop_assert!(edge <= value && value - edge <= value / 64, "{value} {edge}");
        }
    }
}
