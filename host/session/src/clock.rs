//! Clock: how long did a part of a run take?
//!
//! In: start and stop. Out: elapsed time, for reports only. Must never: reach the core; no decision depends on it.

use std::time::{Duration, Instant};

/// An instant to count from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment(Instant);

impl Moment {
    pub(crate) fn now() -> Moment {
        #[expect(clippy::disallowed_methods, reason = "how long a run took is reported, never decided on")]
        let now = Instant::now();
        Moment(now)
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Adds up the time between starts and stops.
#[derive(Debug, Default)]
pub struct Stopwatch {
    total: Duration,
}

impl Stopwatch {
    /// Runs `work` and adds its duration.
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Moment::now();
        let out = work();
        self.total += start.elapsed();
        out
    }

    /// Nanoseconds so far.
    #[must_use]
    pub fn nanoseconds(&self) -> u64 {
        u64::try_from(self.total.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Seconds so far.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.total.as_secs_f64()
    }
}
