//! Alarms: what should an operator look at although the strategy runs?
//!
//! In: what the cache, the compile worker and guest processes found. Out: one list of them. Must never: stop a strategy; that is a refusal.

use crate::apart::ApartAlarm;
use crate::cache::CacheAlarm;
use crate::worker::GuardAlarm;

/// Something that an operator should look at. The strategy runs all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// About the machine-code cache.
    #[error(transparent)]
    Cache(#[from] CacheAlarm),
    /// About what keeps the compile worker shut in.
    #[error(transparent)]
    Guard(#[from] GuardAlarm),
    /// About what keeps a guest process shut in.
    #[error(transparent)]
    Apart(#[from] ApartAlarm),
}
