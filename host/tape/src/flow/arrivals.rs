//! Arrivals: when does the next order come?
//!
//! In: a mean rate, how much of it is answers to earlier arrivals. Out: waiting times in ns. Must never: use a float or a
//! clock.
//!
//! A self-exciting process (Hawkes 1971) with two exponential kernels, a fast and a slow one, drawn exactly by thinning
//! (Ogata 1981): the intensity only falls between arrivals, so a time drawn with the intensity of now is kept with
//! probability intensity then / intensity now.

use super::fixed::{self, LN_2, LOG_BITS};
use crate::random::SplitMix;

const SECOND_NS: u64 = 1_000_000_000;

/// Half-lives of the two kernels, in mean waiting times: bursts of a few orders, and lively spells of some hundreds.
const HALF_LIVES: [u64; 2] = [3, 400];

/// Intensities in arrivals a second, with 20 bits behind the point.
#[derive(Debug)]
pub(super) struct Arrivals {
    base: u64,
    kernels: [Kernel; 2],
}

#[derive(Debug)]
struct Kernel {
    excess: u64,
    jump: u64,
    half_life_ns: u64,
}

impl Arrivals {
    /// `rate_milli` arrivals in 1,000 s, of which so many in a thousand answer earlier ones (at most 950).
    pub(super) fn new(rate_milli: u64, clustering: u64) -> Arrivals {
        let mean_ns = 1_000 * SECOND_NS / rate_milli;
        let kernel = |count: u64| {
            let half_life_ns = (mean_ns * count).max(1);
            // An arrival brings `clustering / 2` of another one in each kernel: its jump times its mean life, half-life / ln 2.
            let part = u128::from(clustering * LN_2) << LOG_BITS;
            let jump = (part * u128::from(SECOND_NS) / (2_000 * u128::from(half_life_ns))) >> 32;
            Kernel { excess: 0, jump: u64::try_from(jump).unwrap_or(u64::MAX >> 16), half_life_ns }
        };
        let base = ((rate_milli * (1_000 - clustering)) << LOG_BITS) / 1_000_000;
        Arrivals { base: base.max(1), kernels: HALF_LIVES.map(kernel) }
    }

    /// ns to the next arrival.
    pub(super) fn next(&mut self, random: &mut SplitMix) -> u64 {
        let mut passed = 0;
        loop {
            let before = self.intensity();
            let wait = u128::from(fixed::waiting(random.next())) * u128::from(SECOND_NS) / u128::from(before);
            let wait = u64::try_from(wait).unwrap_or(u64::MAX);
            passed = u64::saturating_add(passed, wait);
            self.kernels.iter_mut().for_each(|kernel| kernel.fade(wait));
            if random.below(before) < self.intensity() {
                self.kernels.iter_mut().for_each(|kernel| kernel.excess += kernel.jump);
                return passed;
            }
        }
    }

    fn intensity(&self) -> u64 {
        self.base + self.kernels[0].excess + self.kernels[1].excess
    }
}

impl Kernel {
    fn fade(&mut self, ns: u64) {
        let lives = (u128::from(ns) << LOG_BITS) / u128::from(self.half_life_ns);
        self.excess = fixed::halved(self.excess, u64::try_from(lives).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arrivals, and the variance of their number in a second over its mean, in hundredths (1 for independent arrivals).
    fn check(clustering: u64) -> (u64, u64) {
        let (mut random, mut arrivals) = (SplitMix::new(11), Arrivals::new(20_000, clustering));
        let mut counts = vec![0_u64; 2_000];
        let mut time = 0;
        loop {
            time += arrivals.next(&mut random);
            let Some(count) = usize::try_from(time / SECOND_NS).ok().and_then(|at| counts.get_mut(at)) else { break };
            *count += 1;
        }
        let (all, seconds) = (counts.iter().sum::<u64>(), 2_000);
        let squares = counts.iter().map(|count| (count * seconds).abs_diff(all).pow(2)).sum::<u64>();
        (all, 100 * squares / (seconds * seconds * all))
    }

    #[test]
    fn the_mean_rate_is_kept_and_clustering_is_what_was_asked_for() {
        // 20 a second for 2,000 s.
        let (all, dispersion) = check(0);
        assert!((39_000..41_000).contains(&all) && (90..110).contains(&dispersion), "{all} {dispersion}");
        let (all, dispersion) = check(700);
        assert!((36_000..44_000).contains(&all) && (170..400).contains(&dispersion), "{all} {dispersion}");
    }
}
