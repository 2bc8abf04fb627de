//! Placement: how far from the other side is an order put?
//!
//! In: a law. Out: distances in ticks from the best price of the other side, 1 and up. Must never: use a float.

use super::fixed;
use crate::random::SplitMix;

/// Law of the distances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Weight of distance i is i^-(exponent / 100), as measured in stock and futures books (exponent 50 to 150).
    Power {
        /// Exponent in hundredths, at most 400.
        exponent: u32,
    },
    /// The weight halves every so many ticks.
    Exponential {
        /// Ticks, 1 to 1,000.
        half: u32,
    },
}

/// Distances that can be drawn.
#[derive(Debug)]
pub(super) struct Distances {
    /// Sums of the weights up to each distance.
    sums: Vec<u64>,
}

impl Distances {
    /// Distances 1 to `most` (at least 1).
    pub(super) fn new(law: Placement, most: u32) -> Distances {
        let one = 1_u64 << 32;
        let weight = |distance: u64| match law {
            Placement::Power { exponent } => fixed::halved(one, fixed::log2(distance) * u64::from(exponent) / 100),
            Placement::Exponential { half } => {
                fixed::halved(one, ((distance - 1) << fixed::LOG_BITS) / u64::from(half))
            }
        };
        let add = |sum: &mut u64, distance: u64| {
            *sum += weight(distance);
            Some(*sum)
        };
        Distances { sums: (1..=u64::from(most.max(1))).scan(0, add).collect() }
    }

    pub(super) fn draw(&self, random: &mut SplitMix) -> i64 {
        let at = random.below(self.total());
        let index = self.sums.partition_point(|sum| *sum <= at);
        i64::try_from(index + 1).expect("at most `LEVELS_MAX` distances")
    }

    /// Of `count` orders, so many at each distance; at least one.
    pub(super) fn shares(&self, count: u64) -> impl Iterator<Item = u64> {
        let total = self.total();
        let below = std::iter::once(0).chain(self.sums.iter().copied());
        let share = move |(below, sum): (u64, u64)| {
            let part = u128::from(sum - below) * u128::from(count) / u128::from(total);
            u64::try_from(part).expect("a part of the orders").max(1)
        };
        below.zip(self.sums.iter().copied()).map(share)
    }

    fn total(&self) -> u64 {
        self.sums.last().copied().expect("at least one distance")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(law: Placement) -> Vec<u64> {
        Distances::new(law, 4).shares(1_000).collect()
    }

    #[test]
    fn weights_follow_the_law() {
        // 1, 1/2, 1/3, 1/4 of 25/12; 1, 1/2, 1/4, 1/8 of 15/8; rounded down.
        assert_eq!(shares(Placement::Power { exponent: 100 }), [479, 239, 160, 119]);
        assert_eq!(shares(Placement::Exponential { half: 1 }), [533, 266, 133, 66]);
        assert_eq!(shares(Placement::Power { exponent: 0 }), [250; 4]);
    }

    #[test]
    fn distances_are_drawn_as_often_as_they_weigh() {
        let (distances, mut random) = (Distances::new(Placement::Power { exponent: 100 }, 4), SplitMix::new(3));
        let mut counts = [0; 5];
        for _ in 0..100_000 {
            counts[usize::try_from(distances.draw(&mut random)).expect("1 to 4")] += 1;
        }
        assert_eq!(counts[0], 0);
        for (count, want) in counts[1..].iter().zip([48_000_i32, 24_000, 16_000, 12_000]) {
            assert!((count - want).abs() < 600, "{counts:?}");
        }
    }
}
