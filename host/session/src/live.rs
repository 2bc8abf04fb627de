//! Live: what does a session by the clock hear, and whom does it tell?
//!
//! In: what venues and operators say, as it comes. Out: commands and questions to venues, each after the disk has confirmed
//! what led to it. Must never: read a clock, open a socket or start a thread; whoever runs the session does, behind
//! [`Outside`], which a simulation can be as well.

use ringfence_core::config::Config;
use ringfence_core::event::Mode;
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, SessionId, TimeNs, VenueId};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::strategy::StrategyHost;
use ringfence_sim::Sim;
use ringfence_venue::{Answer, Query, QueryId};

use crate::observer::Observer;
use crate::opening::Attached;
use crate::pace::Notice;
use crate::replay::Resumed;
use crate::scribe::Scribe;
use crate::script::{Fact, Timetable};

/// Everything outside a session: the clock, the venues, the operators.
pub trait Outside {
    /// The time by the clock, ns since the Unix epoch. Where it goes back, the session's time stands still.
    fn now(&mut self) -> TimeNs;

    /// Waits for what comes next, at most until `due`; `None` = for as long as it takes.
    fn next(&mut self, due: Option<TimeNs>) -> Heard;

    /// What is there already, without waiting.
    fn waiting(&mut self) -> Option<Input>;

    /// Transmits a command; what decided it is durable.
    fn send(&mut self, command: VenueCommand);

    /// Asks a venue.
    fn ask(&mut self, venue: VenueId, id: QueryId, query: Query);

    /// Is told what became of a strategy.
    fn told(&mut self, notice: &Notice);
}

/// What came of waiting.
#[derive(Debug)]
pub enum Heard {
    /// Something came.
    Input(Input),
    /// The time came that was waited for.
    Due,
    /// The session is to end.
    End(Ending),
}

/// Everything that can come. One closed list.
#[derive(Debug)]
pub enum Input {
    /// A fact of a venue, an operator or the host.
    Fact(Fact),
    /// A venue has answered in full, or not at all.
    Answered(VenueId, QueryId, Answer),
    /// Accounts are to be compared with their venues now.
    Reconcile,
    /// The disk has confirmed something, or failed.
    Confirmed,
}

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// For good: the journal is sealed.
    Close,
    /// For now: the journal stays open, and the session goes on with the next start.
    Suspend,
}

/// A venue that orders go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The venue.
    pub venue: VenueId,
    /// Accounts there that strategies of the session trade on.
    pub accounts: Vec<AccountId>,
    /// Instruments there.
    pub instruments: Vec<InstrumentId>,
}

/// Who answers commands, and where what happens is recorded.
#[derive(Debug)]
pub enum Place {
    /// A simulated venue inside the process, at the prices of the market outside: nothing can be sent. `None` = nothing is
    /// recorded.
    Simulated(Box<Sim>, Option<Scribe>),
    /// Venues outside: nothing leaves before the journal holds what decided it.
    Real(Vec<Reached>, Scribe),
}

/// A session by the clock.
pub struct Live<'a> {
    /// Configuration, checked.
    pub config: &'a Config,
    /// Identity, drawn once.
    pub session: SessionId,
    /// Paper, shadow or live.
    pub mode: Mode,
    /// Keys that approvals are signed with.
    pub keys: ApprovalKeys,
    /// Strategies in ascending id.
    pub attached: &'a [Attached],
    /// Runs them.
    pub host: &'a mut dyn StrategyHost,
    /// Where commands go.
    pub place: Place,
    /// Openings and closes of markets.
    pub timetable: Option<&'a dyn Timetable>,
    /// Where the session was interrupted; `None` = it begins.
    pub resumed: Option<Resumed>,
    /// Sees what happens.
    pub observer: Option<&'a mut dyn Observer>,
}

impl std::fmt::Debug for Live<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("session", &self.session).field("mode", &self.mode).finish_non_exhaustive()
    }
}
