//! Pace: what happens between two rows of a session that runs by a clock?
//!
//! In: when the next row, and the next timer, is due. Out: go on, or something that comes first: a control event, another
//! component, the end. Must never: reach State, or see what a strategy decided before it is recorded.

use ringfence_core::blob::Sha256Hash;
use ringfence_core::ids::{Seq, StrategyId, TimeNs};

use crate::script::Fact;

/// What is due next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// Time of the next row.
    pub row: TimeNs,
    /// When the next timer or arrival at the venue is due, if before that.
    pub due: Option<TimeNs>,
}

/// What happens now.
#[derive(Clone, Debug)]
pub enum Turn {
    /// What is due next.
    Next,
    /// Something else, at this time or that of the last event, whichever is later.
    First(TimeNs, Fact),
    /// The session ends without the rows that are left.
    End,
}

/// Who sets the pace.
pub trait Pace {
    /// Waits until what is next is due, or until something comes first.
    fn next(&mut self, next: Next) -> Turn;

    /// Is told what became of a strategy, as it happens.
    fn told(&mut self, notice: &Notice);
}

/// What became of a strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whose.
    pub strategy: StrategyId,
    /// Behind this event.
    pub seq: Seq,
    /// What.
    pub kind: NoticeKind,
}

/// What can become of a strategy between two events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// A component with this hash is in its place. The session stood still for so many ns.
    Swapped(Sha256Hash, u64),
    /// Its place was not taken, and why; what was there goes on.
    NotSwapped(String),
    /// The new component ended among its first events: the one before is in its place again.
    SwappedBack(Sha256Hash),
    /// It runs again, for this time.
    Restarted(u32),
    /// It could not be started again, and why.
    NotRestarted(String),
    /// It is not started again: an operator has to act.
    Quarantined(u32),
    /// Its state was kept: so many bytes.
    Kept(u64),
    /// Its state could not be kept, and why.
    NotKept(String),
}

impl NoticeKind {
    /// Stable name, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            NoticeKind::Swapped(..) => "swapped",
            NoticeKind::NotSwapped(_) => "not-swapped",
            NoticeKind::SwappedBack(_) => "swapped-back",
            NoticeKind::Restarted(_) => "restarted",
            NoticeKind::NotRestarted(_) => "not-restarted",
            NoticeKind::Quarantined(_) => "quarantined",
            NoticeKind::Kept(_) => "kept",
            NoticeKind::NotKept(_) => "not-kept",
        }
    }
}

impl std::fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoticeKind::Swapped(hash, ns) => {
                write!(f, "swapped to component {}, the session stood still for {} us", short(hash), ns / 1_000)
            }
            NoticeKind::NotSwapped(why) => write!(f, "goes on as it was, the new one was refused: {why}"),
            NoticeKind::SwappedBack(hash) => {
                write!(f, "the new component ended among its first events, component {} goes on", short(hash))
            }
            NoticeKind::Restarted(count) => write!(f, "started again, restart {count}"),
            NoticeKind::NotRestarted(why) => write!(f, "could not be started again: {why}"),
            NoticeKind::Quarantined(count) => {
                write!(f, "is in quarantine after {count} restarts: it stays halted until an operator acts")
            }
            NoticeKind::Kept(bytes) => write!(f, "state kept, {bytes} bytes"),
            NoticeKind::NotKept(why) => write!(f, "state was not kept: {why}"),
        }
    }
}

fn short(hash: &Sha256Hash) -> String {
    hash[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}
