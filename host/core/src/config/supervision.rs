//! Supervision: how is a strategy looked after while it runs?
//!
//! In: what the configuration says. Out: what becomes of its orders when it is halted, how often it is started again and how
//! soon, how often its state is kept. Must never: change what is decided about an intent.

use core::num::NonZeroU64;

use crate::canonical::{Read, Reader, Writer};
use crate::coded_enum;
use crate::ids::TimeNs;

coded_enum! {
    /// What becomes of a strategy's open orders and position when it is halted.
    OnHalt {
        /// They stay as they are.
        Leave = 1 "leave",
        /// Its orders are canceled.
        Cancel = 2 "cancel",
        /// Its orders are canceled and its positions closed.
        Flatten = 3 "flatten",
    }
}

/// How a strategy is looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supervision {
    /// What becomes of its orders when it is halted.
    pub on_halt: OnHalt,
    /// Times it is started again after a halt; behind the last it is in quarantine until an operator acts.
    pub restarts_max: u32,
    /// Event time from the first halt to the first restart, in ns; it doubles with each.
    pub restart_backoff_ns: u64,
    /// Events of the stream between two checkpoints; `None` = none is made.
    pub checkpoint_events: Option<NonZeroU64>,
}

/// The pause doubles so often at most: beyond that it is for ever all the same.
const DOUBLINGS_MAX: u32 = 32;

impl Supervision {
    /// Nobody looks: a halted strategy stays halted, its orders stay, nothing is kept.
    pub const NONE: Supervision =
        Supervision { on_halt: OnHalt::Leave, restarts_max: 0, restart_backoff_ns: 0, checkpoint_events: None };

    /// When a strategy that was halted at `time`, having been started again `restarts` times, is started again; `None` =
    /// it is not.
    #[must_use]
    pub fn restart_at(&self, time: TimeNs, restarts: u32) -> Option<TimeNs> {
        if restarts >= self.restarts_max {
            return None;
        }
        let factor = 1_u64 << restarts.min(DOUBLINGS_MAX);
        Some(TimeNs(time.0.saturating_add(self.restart_backoff_ns.saturating_mul(factor))))
    }

    pub(super) fn put(&self, w: &mut Writer) {
        w.u8(self.on_halt.number());
        w.u32(self.restarts_max);
        w.u64(self.restart_backoff_ns);
        w.option(self.checkpoint_events, |w, events| w.u64(events.get()));
    }

    pub(super) fn take(r: &mut Reader<'_>) -> Read<Supervision> {
        let (on_halt, restarts_max, restart_backoff_ns) = (OnHalt::take(r)?, r.u32()?, r.u64()?);
        let checkpoint_events =
            r.option(|r| NonZeroU64::new(r.u64()?).ok_or_else(|| r.invalid("events between checkpoints")))?;
        Ok(Supervision { on_halt, restarts_max, restart_backoff_ns, checkpoint_events })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_before_a_restart_doubles_until_there_is_no_other() {
        let supervision = Supervision { restarts_max: 3, restart_backoff_ns: 10, ..Supervision::NONE };
        let at = |restarts| supervision.restart_at(TimeNs(100), restarts).map(|at| at.0);
        assert_eq!([at(0), at(1), at(2), at(3)], [Some(110), Some(120), Some(140), None]);
        let often = Supervision { restarts_max: u32::MAX, restart_backoff_ns: u64::MAX, ..supervision };
        assert_eq!(often.restart_at(TimeNs(1), 99).map(|at| at.0), Some(u64::MAX));
        assert_eq!(Supervision::NONE.restart_at(TimeNs(1), 0), None);
    }
}
