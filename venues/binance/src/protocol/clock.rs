//! The venue's clock: which time does the venue have now?
//!
//! In: answers with the venue's time, and when they were asked for and came, by a clock of ours that never jumps. Out: the
//! venue's time. Must never: use the wall clock, which may be set at any moment.

use ringfence_core::ids::TimeNs;

const NS_PER_MS: i128 = 1_000_000;
/// A new measurement that differs by more than this replaces what was known; below it is averaged in.
const JUMP_NS: i128 = 250 * NS_PER_MS;

/// The venue's clock as a distance from ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct VenueClock {
    offset_ns: Option<i128>,
    is_doubted: bool,
    /// Half of what the last measurement took: it cannot be more wrong than this.
    pub(crate) error_ns: u64,
}

impl VenueClock {
    /// Takes a measurement: the venue's time was that at some moment between the two.
    pub(crate) fn measured(&mut self, (sent, came): (TimeNs, TimeNs), venue_ms: u64) {
        let middle = (i128::from(sent.0) + i128::from(came.0)) / 2;
        let sample = i128::from(venue_ms) * NS_PER_MS - middle;
        self.error_ns = came.0.saturating_sub(sent.0) / 2;
        self.offset_ns = Some(match self.offset_ns {
            Some(old) if !self.is_doubted && (sample - old).abs() <= JUMP_NS => old + (sample - old) / 4,
            Some(_) | None => sample,
        });
        self.is_doubted = false;
    }

    /// What is known is not to be averaged with what comes next.
    pub(crate) fn distrust(&mut self) {
        self.is_doubted = true;
    }

    /// True when the venue's time is known.
    pub(crate) fn is_known(&self) -> bool {
        self.offset_ns.is_some()
    }

    /// The venue's time in ms; our own where nothing was measured yet.
    pub(crate) fn venue_ms(&self, now: TimeNs) -> u64 {
        let ns = i128::from(now.0) + self.offset_ns.unwrap_or(0);
        u64::try_from(ns.max(0) / NS_PER_MS).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_taken_at_the_middle_of_the_round_trip() {
        let mut clock = VenueClock::default();
        clock.measured((TimeNs(1_000_000_000), TimeNs(1_200_000_000)), 5_000);
        assert_eq!(clock.venue_ms(TimeNs(1_100_000_000)), 5_000);
        assert_eq!((clock.venue_ms(TimeNs(2_100_000_000)), clock.error_ns), (6_000, 100_000_000));
    }

    #[test]
    fn small_differences_are_averaged_and_large_ones_replace() {
        let mut clock = VenueClock::default();
        let at = (TimeNs(0), TimeNs(0));
        clock.measured(at, 1_000);
        clock.measured(at, 1_100);
        assert_eq!(clock.venue_ms(TimeNs(0)), 1_025);
        clock.measured(at, 6_000);
        assert_eq!(clock.venue_ms(TimeNs(0)), 6_000);
    }
}
