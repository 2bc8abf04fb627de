//! Buckets: may one more command be sent now, and if not, when?
//!
//! In: pacing, event time, what was sent. Out: yes, or the time from which it is yes. Must never: read a clock; time is
//! that of events.

use crate::config::Pacing;
use crate::ids::TimeNs;
use crate::queue::Class;

/// A token bucket. Tokens are kept in billionths, so that what comes back in a nanosecond is a whole number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bucket {
    /// Billionths of tokens at `at`; `None` = full, nothing was ever taken.
    level: Option<u64>,
    at: TimeNs,
}

const BILLION: u64 = 1_000_000_000;

impl Bucket {
    /// When a command of this class may be sent; now at the earliest.
    pub(super) fn ready_at(&self, pacing: &Pacing, class: Class, now: TimeNs) -> TimeNs {
        let need = nano(cost(pacing, class) + reserve(pacing, class));
        let missing = need.saturating_sub(self.level_at(pacing, now));
        now.plus(missing.div_ceil(u64::from(pacing.per_s.max(1))))
    }

    /// Takes the tokens of a command that is sent now.
    pub(super) fn take(&mut self, pacing: &Pacing, class: Class, now: TimeNs) {
        let left = self.level_at(pacing, now).checked_sub(nano(cost(pacing, class)));
        self.level = Some(left.expect("a command leaves when the bucket can pay for it"));
        self.at = now;
    }

    fn level_at(&self, pacing: &Pacing, now: TimeNs) -> u64 {
        let full = nano(u64::from(pacing.burst));
        let Some(level) = self.level else { return full };
        let back = now.age_of(self.at).unwrap_or(0).saturating_mul(u64::from(pacing.per_s));
        level.saturating_add(back).min(full)
    }
}

fn nano(tokens: u64) -> u64 {
    tokens.saturating_mul(BILLION)
}

fn cost(pacing: &Pacing, class: Class) -> u64 {
    u64::from(match class {
        Class::Cancel => pacing.cancel,
        Class::Amend => pacing.amend,
        Class::Submit => pacing.submit,
    })
}

/// What has to stay in the bucket for cancels.
fn reserve(pacing: &Pacing, class: Class) -> u64 {
    match class {
        Class::Cancel => 0,
        Class::Amend | Class::Submit => u64::from(pacing.cancel_reserve),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACING: Pacing = Pacing { per_s: 10, burst: 5, submit: 2, amend: 1, cancel: 1, cancel_reserve: 1 };

    fn at(ms: u64) -> TimeNs {
        TimeNs(1_000_000_000 + ms * 1_000_000)
    }

    #[test]
    fn a_full_bucket_pays_until_the_reserve_and_cancels_take_the_reserve() {
        let mut bucket = Bucket::default();
        for _ in 0..2 {
            assert_eq!(bucket.ready_at(&PACING, Class::Submit, at(0)), at(0));
            bucket.take(&PACING, Class::Submit, at(0));
        }
        // One token is left: it is the cancels'.
        assert_eq!(bucket.ready_at(&PACING, Class::Amend, at(0)), at(100));
        assert_eq!(bucket.ready_at(&PACING, Class::Cancel, at(0)), at(0));
        bucket.take(&PACING, Class::Cancel, at(0));
        assert_eq!(bucket.ready_at(&PACING, Class::Cancel, at(0)), at(100));
        assert_eq!(bucket.ready_at(&PACING, Class::Submit, at(0)), at(300));
    }

    #[test]
    fn tokens_come_back_with_event_time_to_the_nanosecond_and_not_above_the_burst() {
        let mut bucket = Bucket::default();
        bucket.take(&PACING, Class::Submit, at(0));
        bucket.take(&PACING, Class::Submit, at(0));
        bucket.take(&PACING, Class::Cancel, at(0));
        let one_short = TimeNs(at(100).0 - 1);
        assert_eq!(bucket.ready_at(&PACING, Class::Cancel, one_short), at(100));
        assert_eq!(bucket.ready_at(&PACING, Class::Cancel, at(100)), at(100));
        assert_eq!(bucket.level_at(&PACING, at(60_000)), nano(5));
    }
}
