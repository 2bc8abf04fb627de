//! The fundamental: what is the instrument worth?
//!
//! In: seeds, a volatility, a half-life. Out: a value in 1/65,536 of a tick, by time. Must never: depend on what is traded,
//! so that instruments of one market can share a part of it.
//!
//! A random walk on a grid of 100 ms that is drawn back to where it began. Its steps are a mixture of those of the market and
//! its own, so that two instruments move together as far as was asked for.

use super::fixed::LN_2;
use crate::random::SplitMix;

/// Bits behind the point of a value.
pub(super) const VALUE_BITS: u32 = 16;

/// Steps of the grid in a second.
const STEPS_PER_S: u64 = 10;

/// Length of a step.
const STEP_NS: u64 = 1_000_000_000 / STEPS_PER_S;

/// Standard deviation of `SplitMix::bell`: 65,536 / sqrt(3).
const BELL: i64 = 37_837;

#[derive(Debug)]
pub(super) struct Fundamental {
    value: i64,
    start: i64,
    stride: i64,
    /// Part of the distance to the start that a step takes back, in 1/2^32.
    pull: i64,
    /// Weights of the market's and of its own steps, in 1/65,536; their squares add up to 1.
    weights: [i64; 2],
    randoms: [SplitMix; 2],
    next_ns: u64,
}

/// What the value does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Movement {
    /// Start in ticks.
    pub(super) start: i64,
    /// Standard deviation of a minute in thousandths of a tick.
    pub(super) minute_milli: u64,
    /// Half-life of a distance from the start, s.
    pub(super) half_life_s: u64,
    /// Correlation with the market, in thousandths.
    pub(super) correlation: u64,
}

impl Fundamental {
    /// The market's seed and its own.
    pub(super) fn new(of: Movement, seeds: [u64; 2]) -> Fundamental {
        let start = of.start << VALUE_BITS;
        // sqrt(600) steps of a minute, in thousandths: 24,495.
        let stride = (of.minute_milli << VALUE_BITS) / 24_495;
        let half_steps = of.half_life_s.max(1) * STEPS_PER_S;
        let weight = |part: u64| ((part << 32) / 1_000).isqrt().cast_signed();
        Fundamental {
            value: start,
            start,
            stride: stride.cast_signed(),
            pull: (LN_2 / half_steps).cast_signed(),
            weights: [weight(of.correlation), weight(1_000 - of.correlation)],
            randoms: seeds.map(SplitMix::new),
            next_ns: STEP_NS,
        }
    }

    /// The value at a time since the start, which is not before the last one.
    pub(super) fn at(&mut self, ns: u64) -> i64 {
        while self.next_ns <= ns {
            self.next_ns += STEP_NS;
            self.step();
        }
        self.value
    }

    fn step(&mut self) {
        let [market, own] = &mut self.randoms;
        let shock = market.bell() * self.weights[0] + own.bell() * self.weights[1];
        let back = i128::from(self.start - self.value) * i128::from(self.pull) / (1 << 32);
        let moved = i128::from(shock) * i128::from(self.stride) / i128::from(BELL << 16) + back;
        let value = i128::from(self.value) + moved;
        let bounded = value.clamp(i128::from(self.start / 2), i128::from(self.start) * 2);
        self.value = i64::try_from(bounded).expect("between half and twice the start");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVEMENT: Movement = Movement { start: 10_000, minute_milli: 10_000, half_life_s: 3_600, correlation: 800 };

    fn minutes(seed: u64, own: u64, correlation: u64) -> Vec<i64> {
        let mut value = Fundamental::new(Movement { correlation, ..MOVEMENT }, [seed, own]);
        let points: Vec<i64> = (0..800).map(|minute| value.at(minute * 60_000_000_000)).collect();
        points.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// Sum of products in ticks^2.
    fn product(one: &[i64], other: &[i64]) -> i64 {
        one.iter().zip(other).map(|(a, b)| (a * b) >> 32).sum()
    }

    #[test]
    fn a_minute_moves_it_as_far_as_was_asked_for() {
        let moves = minutes(1, 2, 800);
        // 799 minutes with a variance of 100 ticks^2, less what is drawn back.
        let variance = product(&moves, &moves) / 799;
        assert!((80..115).contains(&variance), "{variance}");
    }

    #[test]
    fn instruments_move_together_as_far_as_was_asked_for() {
        for (correlation, want) in [(0, -100..100), (800, 700..900), (1_000, 1_000..1_001)] {
            let (one, other) = (minutes(1, 2, correlation), minutes(1, 3, correlation));
            let found = 1_000 * product(&one, &other) / (product(&one, &one) * product(&other, &other)).isqrt();
            assert!(want.contains(&found), "{correlation}: {found}");
        }
    }

    #[test]
    fn it_is_drawn_back_and_never_leaves_its_range() {
        let wild = Movement { minute_milli: 5_000_000, ..MOVEMENT };
        let mut value = Fundamental::new(wild, [1, 2]);
        for minute in 0..500 {
            let ticks = value.at(minute * 60_000_000_000) >> VALUE_BITS;
            assert!((5_000..=20_000).contains(&ticks), "{ticks}");
        }
        let mut quiet = Fundamental::new(Movement { minute_milli: 0, ..MOVEMENT }, [1, 2]);
        quiet.value += 100 << VALUE_BITS;
        assert_eq!(quiet.at(3_600_000_000_000) >> VALUE_BITS, 10_050, "half of it after a half-life");
    }
}
