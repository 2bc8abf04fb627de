//! Desk: where a session and the surface meet.
//!
//! In: boards, lines and reports of a session; commands of actors. Out: the newest of each to whoever asks, orders to the
//! session. Must never: keep more than its bounds, or wait for the session while it holds its lock.

mod acts;
mod arming;
mod intents;
mod tail;
mod venues;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringfence_core::config::Config;
use ringfence_core::event::EventKind;
use ringfence_core::external::ExternalIntent;
use ringfence_core::ids::{InstrumentId, LegKey, StrategyId};
use serde::Serialize;
use tokio::sync::{oneshot, watch};

use crate::actor::Actor;
use crate::api::{Accepted, Board, Command, CurvePoint, ExecutionReport, IntentStatus, TailLine};
use crate::intent::{Intent, IntentError};

pub use arming::{Arming, People};
use intents::Intents;
use tail::Tail;
use venues::Venues;
pub use venues::Weight;

/// Takes orders to the session.
pub trait Sink: Send + Sync {
    /// Hands an order over; it becomes events in the order in which orders are handed over. A kill reaches adapters by
    /// itself where the session may not be able to act on it.
    ///
    /// # Errors
    /// [`Gone`] when there is no session any more.
    fn send(&self, order: Order) -> Result<(), Gone>;
}

/// The session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is over")]
pub struct Gone;

/// What a session is told: it records the text as an `OperatorCommand`, and does the act directly behind it.
#[derive(Clone, Debug)]
pub struct Order {
    /// Who wants what, as one JSON object.
    pub text: String,
    /// What follows.
    pub act: Act,
    /// Of which instrument, where it is an event of one alone.
    pub instrument: InstrumentId,
}

/// What follows a command.
#[derive(Clone, Debug)]
pub enum Act {
    /// Nothing: it is only recorded.
    Record,
    /// This event.
    Event(EventKind),
    /// An intent from outside.
    External(ExternalIntent),
    /// A halted strategy runs again, with a fresh instance.
    Resume(StrategyId),
    /// Configuration and components are read again.
    Reload,
    /// The session ends in good order.
    Stop,
}

/// Why a command is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not within the role of whoever asks.
    #[error("{actor} has the role {role}, which may not {what}")]
    Forbidden {
        /// Who.
        actor: String,
        /// Their role.
        role: &'static str,
        /// What they wanted.
        what: String,
    },
    /// No strategy has this name.
    #[error("no strategy has the name {0:?}")]
    UnknownStrategy(String),
    /// No instrument has this name.
    #[error("no instrument has the name {0:?}")]
    UnknownInstrument(String),
    /// It was not halted.
    #[error("{0} is not halted")]
    NotHalted(String),
    /// A command that contradicts itself.
    #[error("{0}")]
    Contradiction(&'static str),
    /// Nobody has armed the session.
    #[error("the session is not armed; `arm` comes first")]
    NotArmed,
    /// The second person has to be another than the first.
    #[error("{0} has armed already; the second person has to be another")]
    SamePerson(String),
    /// An intent that does not fit.
    #[error("{0}")]
    Intent(#[from] IntentError),
    /// A name that was used.
    #[error("intent_id {0:?} was used before")]
    UsedBefore(String),
    /// The session is over.
    #[error(transparent)]
    Gone(#[from] Gone),
}

impl Refused {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Refused::Forbidden { .. } => "forbidden",
            Refused::UnknownStrategy(_) => "unknown-strategy",
            Refused::UnknownInstrument(_) => "unknown-instrument",
            Refused::NotHalted(_) => "not-halted",
            Refused::Contradiction(_) => "contradiction",
            Refused::NotArmed => "not-armed",
            Refused::SamePerson(_) => "same-person",
            Refused::Intent(_) => "intent",
            Refused::UsedBefore(_) => "used-before",
            Refused::Gone(_) => "session-over",
        }
    }
}

/// An order that was handed over: ends with what became of it.
#[derive(Debug)]
pub struct Ticket {
    /// What happens, in words.
    pub message: String,
    /// Strategy and name of an intent.
    pub intent: Option<(String, String)>,
    done: oneshot::Receiver<u64>,
}

impl Ticket {
    /// The event that recorded it, once what it leads to has happened; `None` when the session ended before.
    pub async fn done(&mut self) -> Option<u64> {
        (&mut self.done).await.ok()
    }
}

/// What is known of a session at its start.
#[derive(Debug)]
pub struct Start {
    /// Configuration in force.
    pub config: Config,
    /// The same as text, without secrets.
    pub config_text: String,
    /// Who has to arm.
    pub arming: Arming,
    /// What a stop means.
    pub at_stop: AtStop,
}

/// What a session does that is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtStop {
    /// It is over, and its journal is sealed.
    Closes,
    /// Its journal stays open, and the same command goes on with it.
    Suspends,
}

impl AtStop {
    /// In words.
    const fn message(self) -> &'static str {
        match self {
            AtStop::Closes => "the session ends, its journal is sealed",
            AtStop::Suspends => "the session is suspended: the same command goes on with it; orders that rest stay",
        }
    }
}

/// Where a session and the surface meet.
pub struct Desk {
    inner: Mutex<Inner>,
    sink: Box<dyn Sink>,
    /// Number of the last line; whoever follows the tail waits on it.
    lines: watch::Sender<u64>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

struct Inner {
    start: Start,
    board: Arc<Board>,
    curve: Arc<Vec<CurvePoint>>,
    tail: Tail,
    arming: arming::State,
    venues: Venues,
    intents: Intents,
    /// Orders that are not recorded yet, in the order in which they will be.
    pending: VecDeque<Pending>,
    /// The order that was recorded last, while what follows it has not happened.
    current: Option<(Pending, u64)>,
    is_over: bool,
}

struct Pending {
    done: oneshot::Sender<u64>,
    act: Act,
}

/// What a command says in the journal.
#[derive(Serialize)]
struct Recorded<'a, T> {
    actor: &'a str,
    role: &'a crate::actor::Role,
    via: crate::actor::Via,
    #[serde(flatten)]
    what: T,
}

impl Desk {
    /// A desk for a session that begins.
    #[must_use]
    pub fn new(start: Start, sink: Box<dyn Sink>) -> Desk {
        let arming = arming::State::new(start.arming);
        let inner = Inner {
            start,
            board: Arc::default(),
            curve: Arc::default(),
            tail: Tail::default(),
            arming,
            venues: Venues::default(),
            intents: Intents::default(),
            pending: VecDeque::new(),
            current: None,
            is_over: false,
        };
        Desk { inner: Mutex::new(inner), sink, lines: watch::Sender::new(0) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Plain values: whoever panicked in between left them as they were or as they are to be.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // What a session says.

    /// What is true now. Who has armed is known here.
    pub fn show(&self, mut board: Board) {
        let mut inner = self.inner();
        (board.is_armed, board.armed_by) = inner.arming.shown();
        board.is_over = inner.is_over;
        inner.venues.explain(&mut board);
        inner.board = Arc::new(board);
    }

    /// Something is wrong at a venue.
    pub fn alarm(&self, venue: &str, text: &str, weight: Weight) {
        let inner = &mut *self.inner();
        inner.venues.alarmed(venue, text, weight);
        let mut board = Board::clone(&inner.board);
        inner.venues.explain(&mut board);
        inner.board = Arc::new(board);
    }

    /// Something keeps requests of a venue back until a time, which is written as those of boards are.
    pub fn hold(&self, venue: &str, text: &str, until: &str) {
        let inner = &mut *self.inner();
        inner.venues.held(venue, text, until);
        let mut board = Board::clone(&inner.board);
        inner.venues.explain(&mut board);
        inner.board = Arc::new(board);
    }

    /// The curve so far.
    pub fn show_curve(&self, curve: Vec<CurvePoint>) {
        self.inner().curve = Arc::new(curve);
    }

    /// Something happened; lines are numbered here.
    pub fn tell(&self, line: TailLine) {
        let number = self.inner().tail.push(line);
        self.lines.send_replace(number);
    }

    /// The configuration in force is another.
    pub fn configured(&self, config: Config, text: String) {
        let mut inner = self.inner();
        (inner.start.config, inner.start.config_text) = (config, text);
    }

    /// The oldest order became an event. What has to be done now comes back.
    pub fn recorded(&self, seq: u64) -> Option<Act> {
        let mut inner = self.inner();
        let pending = inner.pending.pop_front()?;
        let act = pending.act.clone();
        match act {
            Act::Event(_) | Act::External(_) => inner.current = Some((pending, seq)),
            Act::Record | Act::Reload | Act::Resume(_) | Act::Stop => finish(pending, seq),
        }
        Some(act)
    }

    /// What came from outside became this leg, or none. Comes before the reports about it, and before [`Desk::stepped`].
    pub fn began(&self, leg: Option<LegKey>) {
        let inner = &mut *self.inner();
        if let Some((Pending { act: Act::External(intent), .. }, _)) = &inner.current {
            inner.intents.began(intent.strategy, &intent.reference, leg.map(|leg| leg.intent));
        }
    }

    /// The event that an order leads to has been stepped, and what it decided was reported: whoever waits is told.
    pub fn stepped(&self) {
        let Some((pending, seq)) = self.inner().current.take() else { return };
        finish(pending, seq);
    }

    /// Whether the next event is what an intent from outside leads to.
    #[must_use]
    pub fn awaits_intent(&self) -> bool {
        matches!(&self.inner().current, Some((Pending { act: Act::External(_), .. }, _)))
    }

    /// Something became of a leg. Only those of intents from outside are kept.
    pub fn report(&self, leg: LegKey, report: ExecutionReport) {
        self.inner().intents.report(leg, report);
    }

    /// The session is over; whoever waits is told.
    pub fn end(&self) {
        let mut inner = self.inner();
        inner.is_over = true;
        inner.pending.clear();
        inner.current = None;
        let mut board = Board::clone(&inner.board);
        board.is_over = true;
        inner.board = Arc::new(board);
        drop(inner);
        self.lines.send_modify(|_| {});
    }

    // What the surface asks.

    /// What was true when the session last said so.
    #[must_use]
    pub fn board(&self) -> Arc<Board> {
        let inner = self.inner();
        let (is_armed, armed_by) = inner.arming.shown();
        if (inner.board.is_armed, &inner.board.armed_by) == (is_armed, &armed_by) {
            return Arc::clone(&inner.board);
        }
        Arc::new(Board { is_armed, armed_by, ..Board::clone(&inner.board) })
    }

    /// The curve so far.
    #[must_use]
    pub fn curve(&self) -> Arc<Vec<CurvePoint>> {
        Arc::clone(&self.inner().curve)
    }

    /// Lines behind a number, oldest first, at most so many: the newest of them.
    #[must_use]
    pub fn lines(&self, after: u64, max: usize) -> Vec<Arc<TailLine>> {
        self.inner().tail.after(after, max)
    }

    /// Changes with every line.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.lines.subscribe()
    }

    /// True once the session has shown its board and until it is over.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let inner = self.inner();
        !inner.is_over && !inner.board.session.is_empty()
    }

    /// The configuration in force as text.
    #[must_use]
    pub fn config_text(&self) -> String {
        self.inner().start.config_text.clone()
    }

    /// An intent from outside by the names of strategy and intent.
    #[must_use]
    pub fn intent_status(&self, strategy: &str, reference: &str) -> Option<IntentStatus> {
        let inner = self.inner();
        let id = strategy_id(&inner.start.config, strategy)?;
        let (intent, reports) = inner.intents.of(id, reference)?;
        let named = |report: &ExecutionReport| ExecutionReport {
            intent_id: reference.to_owned(),
            strategy: strategy.to_owned(),
            ..report.clone()
        };
        Some(IntentStatus {
            intent_id: reference.to_owned(),
            strategy: strategy.to_owned(),
            intent: intent.map(|intent| format!("{}/{intent}", id.0)),
            reports: reports.iter().map(named).collect(),
        })
    }

    /// Takes a command.
    ///
    /// # Errors
    /// [`Refused`]; then nothing is recorded and nothing happens.
    pub fn command(&self, actor: &Actor, command: &Command) -> Result<Ticket, Refused> {
        if !actor.role.may(command) {
            return Err(forbidden(actor, command.name()));
        }
        let mut inner = self.inner();
        let (act, message) = inner.act(actor, command)?;
        let (text, instrument) = (recorded(actor, command), inner.instrument_of(command)?);
        self.hand_over(&mut inner, Order { text, act, instrument }, message)
    }

    /// Takes an intent.
    ///
    /// # Errors
    /// [`Refused`]; then nothing is recorded and nothing happens.
    pub fn intent(&self, actor: &Actor, intent: &Intent) -> Result<Ticket, Refused> {
        let strategy = &intent.labels.strategy;
        if !actor.role.may_send_for(strategy) {
            return Err(forbidden(actor, &format!("send intents for {strategy}")));
        }
        let mut inner = self.inner();
        let external = intent.for_core(&inner.start.config)?;
        if !inner.intents.sent(external.strategy, &external.reference) {
            return Err(Refused::UsedBefore(external.reference));
        }
        #[derive(Serialize)]
        struct Sent<'a> {
            command: &'static str,
            strategy: &'a str,
            intent_id: &'a str,
        }
        let text = recorded(actor, &Sent { command: "intent", strategy, intent_id: &intent.intent_id });
        let order = Order { text, act: Act::External(external), instrument: InstrumentId::NONE };
        let mut ticket = self.hand_over(&mut inner, order, "the intent is judged".to_owned())?;
        ticket.intent = Some((strategy.clone(), intent.intent_id.clone()));
        Ok(ticket)
    }

    /// Under the lock, so that orders wait in the order in which the session has them.
    fn hand_over(&self, inner: &mut Inner, order: Order, message: String) -> Result<Ticket, Refused> {
        if inner.is_over {
            return Err(Gone.into());
        }
        let (done, ticket) = oneshot::channel();
        inner.pending.push_back(Pending { done, act: order.act.clone() });
        if let Err(gone) = self.sink.send(order) {
            inner.pending.pop_back();
            return Err(gone.into());
        }
        Ok(Ticket { message, intent: None, done: ticket })
    }
}

fn strategy_id(config: &Config, name: &str) -> Option<StrategyId> {
    let at = config.strategies.iter().position(|slot| slot.name == name)?;
    u16::try_from(at + 1).ok().map(StrategyId)
}

fn forbidden(actor: &Actor, what: &str) -> Refused {
    Refused::Forbidden { actor: actor.name.clone(), role: actor.role.name(), what: what.to_owned() }
}

fn recorded(actor: &Actor, what: &impl Serialize) -> String {
    let recorded = Recorded { actor: &actor.name, role: &actor.role, via: actor.via, what };
    serde_json::to_string(&recorded).expect("plain values with texts as keys")
}

/// Whoever sent it may have gone away.
fn finish(pending: Pending, seq: u64) {
    pending.done.send(seq).ok();
}

impl Accepted {
    /// The answer to whoever sent an order.
    #[must_use]
    pub fn new(ticket: &Ticket, seq: Option<u64>, status: Option<IntentStatus>) -> Accepted {
        let (intent, reports) = status.map_or((None, Vec::new()), |status| (status.intent, status.reports));
        Accepted { ok: true, seq, is_applied: seq.is_some(), message: ticket.message.clone(), intent, reports }
    }
}

#[cfg(test)]
mod tests;
