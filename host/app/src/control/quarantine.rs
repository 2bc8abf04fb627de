//! Quarantine: which strategies are not started again by themselves?
//!
//! In: what became of strategies, events that let one run again. Out: yes or no, for whoever shows strategies. Must never:
//! decide; the session does.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringfence_core::event::EventKind;
use ringfence_core::ids::StrategyId;
use ringfence_session::pace::{Notice, NoticeKind};

/// Strategies in quarantine; copies are of the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Quarantine(Arc<Mutex<BTreeSet<StrategyId>>>);

impl Quarantine {
    fn inner(&self) -> MutexGuard<'_, BTreeSet<StrategyId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something became of a strategy.
    pub(super) fn noticed(&self, notice: &Notice) {
        if let NoticeKind::Quarantined(_) = notice.kind {
            self.inner().insert(notice.strategy);
        }
    }

    /// What an event says.
    pub(super) fn event(&self, kind: &EventKind) {
        if let EventKind::StrategyResumed(id, _) | EventKind::StrategySwapped(id, ..) = kind {
            self.inner().remove(id);
        }
    }

    /// True while an operator has to act.
    pub(super) fn has(&self, id: StrategyId) -> bool {
        self.inner().contains(&id)
    }
}
