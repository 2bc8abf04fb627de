//! Timers: what is due next?
//!
//! In: tasks with times. Out: those that are due, in order. Must never: read a clock, or hold the same task twice.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_core::ids::{InstrumentId, TimeNs};

use crate::protocol::Channel;

/// Something that is done at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    /// A request has had its time.
    Deadline(u64),
    /// The venue's clock is read.
    MeasureTime,
    /// The venue's rules are read.
    ReadRules,
    /// The position mode is read.
    ReadMode,
    /// The account's stream is opened.
    OpenUser,
    /// The key of the account's stream is renewed.
    RenewKey,
    /// A stream of market data is opened.
    OpenFeed(Channel),
    /// A connection is replaced before the venue cuts it.
    Replace(Channel),
    /// A connection that has not come about, or has not said anything, is given up.
    GiveUp(Channel, u64),
    /// All streams are looked at.
    Watch,
    /// An order of unknown outcome is asked about.
    AskDoubt(u64),
    /// The fills of an order are asked for.
    AskFills(String),
    /// A book is asked for.
    AskBook(InstrumentId),
    /// A query or setting is tried again.
    Query(u64),
    /// An emergency cancel is tried again.
    Emergency(u64),
    /// The venue's own countdown is set again.
    Countdown,
    /// A ban is over.
    BanOver,
}

/// Tasks by time.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    at: BTreeMap<Task, TimeNs>,
    due: BTreeSet<(TimeNs, Task)>,
}

impl Timers {
    /// Sets a task, or moves it.
    pub(crate) fn set(&mut self, at: TimeNs, task: Task) {
        self.cancel(&task);
        self.at.insert(task.clone(), at);
        self.due.insert((at, task));
    }

    /// Sets a task unless it is set for an earlier time.
    pub(crate) fn set_by(&mut self, at: TimeNs, task: Task) {
        if self.at.get(&task).is_none_or(|set| *set > at) {
            self.set(at, task);
        }
    }

    pub(crate) fn cancel(&mut self, task: &Task) {
        if let Some(at) = self.at.remove(task) {
            self.due.remove(&(at, task.clone()));
        }
    }

    /// The first task that is due.
    pub(crate) fn take_due(&mut self, now: TimeNs) -> Option<Task> {
        let (at, _) = self.due.first()?;
        if *at > now {
            return None;
        }
        let (_, task) = self.due.pop_first()?;
        self.at.remove(&task);
        Some(task)
    }

    /// When the next task is due.
    pub(crate) fn next_at(&self) -> Option<TimeNs> {
        self.due.first().map(|(at, _)| *at)
    }

    pub(crate) fn clear(&mut self) {
        self.at.clear();
        self.due.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_held_once_and_comes_at_its_last_time() {
        let mut timers = Timers::default();
        timers.set(TimeNs(5), Task::Watch);
        timers.set(TimeNs(9), Task::Watch);
        timers.set_by(TimeNs(20), Task::Watch);
        timers.set(TimeNs(7), Task::BanOver);
        assert_eq!(timers.next_at(), Some(TimeNs(7)));
        assert_eq!(timers.take_due(TimeNs(6)), None);
        assert_eq!(timers.take_due(TimeNs(9)), Some(Task::BanOver));
        assert_eq!(timers.take_due(TimeNs(9)), Some(Task::Watch));
        assert_eq!(timers.take_due(TimeNs(99)), None);
    }
}
