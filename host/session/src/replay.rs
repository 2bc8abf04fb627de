//! Replay: does executing a recorded session again, strategies included, give the same decisions?
//!
//! In: a journal, its tapes, strategies that have been set up from its components. Out: a verdict that names the first
//! difference. Must never: ask a venue (its feedback is in the journal), write, or go on behind a difference.

use std::ops::ControlFlow;

use ringfence_core::blob::BlobTable;
use ringfence_core::canonical::Writer;
use ringfence_core::decision::{Decision, DecisionKind, Effects};
use ringfence_core::event::{Event, EventKind, Halt};
use ringfence_core::ids::{Seq, StrategyId, TimeNs};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::{Call, CallReport, Delivery, StateLoan, StrategyHost};
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_journal::wire::decision::Tags;
use ringfence_tape::{Feed, TapeError};

use crate::backtest::Progress;
use crate::clock::Stopwatch;
use crate::error::SessionError;
use crate::opening::Attached;
use crate::record::{Digests, Record};

/// Everything a replay needs.
pub struct Replay<'a> {
    /// The journal, at its start.
    pub reader: JournalReader,
    /// Its tapes, with the extent that its header states.
    pub feed: Feed,
    /// Strategies in ascending id, set up with the parameters of the recorded configuration.
    pub attached: &'a [Attached],
    /// Runs them.
    pub host: &'a mut dyn StrategyHost,
    /// Keys that approvals are signed with again.
    pub keys: ApprovalKeys,
    /// Whether recorded tags are compared: only with the keys of the session.
    pub tags: Tags,
    /// Stop after this event.
    pub until: Option<Seq>,
    /// Told now and then; may ask to stop.
    pub progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
}

/// What a replay found.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Events stepped again, all the same.
    pub verified_events: u64,
    /// Decisions compared, all the same.
    pub decisions: u64,
    /// The first thing that is not the same.
    pub first_difference: Option<Difference>,
    /// Digests of what was executed now.
    pub digests: Digests,
    /// True when the journal was sealed, its end was reached and the seal's digests are the ones above.
    pub is_sealed: bool,
    /// The release that wrote the journal, where it followed other rules: differences are then differences of version.
    pub other_rules: Option<String>,
    /// Stepping, in seconds.
    pub seconds: f64,
}

impl Verdict {
    /// True when nothing differs.
    #[must_use]
    pub fn is_match(&self) -> bool {
        self.first_difference.is_none()
    }
}

/// The first thing that is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// At which event; 0 = at the end.
    pub seq: Seq,
    /// What it is.
    pub kind: DifferenceKind,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// A decision: its place in the step, what is recorded, what was decided now.
    Decision {
        /// Place in the step, from 0.
        ordinal: usize,
        /// `None`: nothing more is recorded.
        recorded: Option<Box<Decision>>,
        /// `None`: nothing more was decided.
        replayed: Option<Box<Decision>>,
    },
    /// Fuel of a call.
    Fuel {
        /// Place of the call in the step, from 0.
        call: usize,
        /// `None`: no more calls are recorded.
        recorded: Option<u64>,
        /// Used now.
        replayed: u64,
    },
    /// A call is recorded that was not made now.
    FuelLeft,
    /// A strategy subscribed to something else.
    Plan(StrategyId),
    /// The tapes' rows come in another order.
    TapeOrder,
    /// The tapes end before the journal.
    TapeShort,
    /// A record that this release does not know.
    Unknown(u16),
    /// A digest of the seal.
    Seal(&'static str),
}

impl Replay<'_> {
    /// Executes the session again.
    ///
    /// # Errors
    /// [`SessionError`] for damaged journals and tapes; a difference is not an error.
    pub fn run(self) -> Result<Verdict, SessionError> {
        let Replay { reader, feed, attached, host, keys, tags, until, progress } = self;
        let mut replayer = Replayer {
            reader,
            rows: Rows { feed, block: Vec::new(), tapes: Vec::new(), at: 0 },
            attached,
            core: Core::new(keys),
            blobs: BlobTable::new(),
            effects: Effects::new(),
            record: Record::new(None),
            verified: 0,
            decisions: 0,
            time: TimeNs(0),
        };
        let mut watch = Stopwatch::default();
        let ended = watch.time(|| replayer.steps(host, (tags, until), progress))?;
        replayer.verdict(ended, watch.seconds())
    }
}

/// How stepping ended.
enum Ended {
    AtTheEnd,
    Until,
    Differs(Difference),
}

struct Replayer<'a> {
    reader: JournalReader,
    rows: Rows,
    attached: &'a [Attached],
    core: Core,
    blobs: BlobTable,
    effects: Effects,
    record: Record,
    verified: u64,
    decisions: u64,
    time: TimeNs,
}

impl Replayer<'_> {
    fn steps(
        &mut self,
        host: &mut dyn StrategyHost,
        (tags, until): (Tags, Option<Seq>),
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Ended, SessionError> {
        let mut step = Step::new();
        let mut said = 0;
        while self.reader.next_step(&mut step)? {
            if until.is_some_and(|until| first_seq(&step.input) > until) {
                return Ok(Ended::Until);
            }
            if let Some(difference) = self.step(&step, host, tags)? {
                return Ok(Ended::Differs(difference));
            }
            if self.verified - said >= EVENTS_PER_PROGRESS {
                said = self.verified;
                if progress(Progress { rows: self.verified, time: self.time }).is_break() {
                    return Err(SessionError::Interrupted { seq: Seq(self.verified) });
                }
            }
        }
        Ok(Ended::AtTheEnd)
    }

    fn step(
        &mut self,
        step: &Step,
        host: &mut dyn StrategyHost,
        tags: Tags,
    ) -> Result<Option<Difference>, SessionError> {
        for (_, bytes) in &step.blobs {
            self.blobs.append(bytes);
        }
        let mut obeying = Obeying { host, halts: recorded_halts(step) };
        let found = match step.input {
            Input::Unknown { seq, number, .. } => Some(Difference { seq, kind: DifferenceKind::Unknown(number) }),
            Input::Event(event) => match self.other_plan(&event) {
                Some(difference) => Some(difference),
                None => self.one(&event, (step, tags), &mut obeying)?,
            },
            Input::TapeRows { first_seq, rows } => self.tape_rows((first_seq, rows), (step, tags), &mut obeying)?,
        };
        Ok(found)
    }

    fn tape_rows(
        &mut self,
        (first, rows): (Seq, u64),
        (step, tags): (&Step, Tags),
        host: &mut Obeying<'_>,
    ) -> Result<Option<Difference>, SessionError> {
        let mut per_tape = vec![0_u64; step.rows_per_tape.len()];
        let nothing = Step::new();
        for n in 0..rows {
            let seq = Seq(first.0 + n);
            let Some((mut event, tape)) = self.rows.next()? else {
                return Ok(Some(Difference { seq, kind: DifferenceKind::TapeShort }));
            };
            event.seq = seq;
            per_tape[tape as usize] += 1;
            let recorded = if n + 1 == rows { step } else { &nothing };
            if let Some(difference) = self.one(&event, (recorded, tags), host)? {
                return Ok(Some(difference));
            }
        }
        let last = Seq(first.0 + rows - 1);
        let in_order = per_tape == step.rows_per_tape;
        Ok((!in_order).then_some(Difference { seq: last, kind: DifferenceKind::TapeOrder }))
    }

    /// Steps one event and compares what it led to.
    fn one(
        &mut self,
        event: &Event,
        (recorded, tags): (&Step, Tags),
        host: &mut Obeying<'_>,
    ) -> Result<Option<Difference>, SessionError> {
        let seq = event.seq;
        self.time = event.time;
        self.core.step(event, &self.blobs, host, &mut self.effects);
        self.record.effects(&self.effects)?;
        let effects = &self.effects;
        if let Some(ordinal) = recorded.first_difference(&effects.decisions, &effects.notes, tags) {
            let at = |list: &[Decision]| list.get(ordinal).map(|decision| Box::new(*decision));
            let (recorded, replayed) = (at(&recorded.decisions), at(&effects.decisions));
            return Ok(Some(Difference { seq, kind: DifferenceKind::Decision { ordinal, recorded, replayed } }));
        }
        let fuel = self.reader.compare_fuel(&effects.fuel).filter(|_| host.halts.is_empty());
        if let Some(other) = fuel {
            let kind = DifferenceKind::Fuel { call: other.call, recorded: other.recorded, replayed: other.used };
            return Ok(Some(Difference { seq, kind }));
        }
        self.decisions += effects.decisions.len() as u64;
        self.verified += 1;
        Ok(None)
    }

    /// A strategy that subscribes to something else than it did is another strategy.
    fn other_plan(&self, event: &Event) -> Option<Difference> {
        let EventKind::StrategyAttached(id, _, plan) = event.kind else { return None };
        let attached = self.attached.iter().find(|attached| attached.strategy == id);
        let mut now = Writer::new();
        if let Some(attached) = attached {
            attached.plan.put(&mut now);
        }
        let is_same = self.blobs.bytes(plan) == Some(now.bytes());
        (!is_same).then_some(Difference { seq: event.seq, kind: DifferenceKind::Plan(id) })
    }

    fn verdict(mut self, ended: Ended, seconds: f64) -> Result<Verdict, SessionError> {
        let header = self.reader.header();
        let other_rules = (header.rules_version != RULES_VERSION).then(|| header.engine.clone());
        let fuel_left = matches!(ended, Ended::AtTheEnd) && self.reader.next_fuel().is_some();
        let seal = self.reader.seal().cloned();
        let digests = self.record.seal(self.core.state().digest())?;
        let mut first_difference = match ended {
            Ended::Differs(difference) => Some(difference),
            Ended::AtTheEnd if fuel_left => Some(Difference { seq: Seq(0), kind: DifferenceKind::FuelLeft }),
            Ended::AtTheEnd | Ended::Until => None,
        };
        let is_at_the_end = first_difference.is_none() && self.verified + 1 == self.reader.totals().next_seq.0;
        if let Some(seal) = seal.as_ref().filter(|_| is_at_the_end) {
            first_difference = seal_difference(seal, &digests);
        }
        let is_sealed = seal.is_some() && is_at_the_end && first_difference.is_none();
        let (verified_events, decisions) = (self.verified, self.decisions);
        Ok(Verdict { verified_events, decisions, first_difference, digests, is_sealed, other_rules, seconds })
    }
}

fn seal_difference(seal: &ringfence_journal::wire::marks::Seal, digests: &Digests) -> Option<Difference> {
    let pairs = [
        ("state_digest", seal.state == digests.state),
        ("decision_digest", seal.decisions == digests.decisions),
        ("fuel_digest", seal.fuel == digests.fuel),
        ("strategies", seal.strategies == digests.strategies),
    ];
    let (name, _) = pairs.into_iter().find(|(_, same)| !same)?;
    Some(Difference { seq: Seq(0), kind: DifferenceKind::Seal(name) })
}

fn first_seq(input: &Input) -> Seq {
    match input {
        Input::TapeRows { first_seq, .. } => *first_seq,
        Input::Event(event) => event.seq,
        Input::Unknown { seq, .. } => *seq,
    }
}

/// Halts of a step that do not reproduce: they depend on engine and machine.
fn recorded_halts(step: &Step) -> Vec<(StrategyId, Halt)> {
    let halts = step.decisions.iter().filter_map(|decision| match decision.kind {
        DecisionKind::Halted(halt) if !halt.code.is_reproducible() => Some((decision.key.strategy, halt)),
        DecisionKind::Halted(_)
        | DecisionKind::Emitted(_)
        | DecisionKind::Malformed(_)
        | DecisionKind::Normalised(_)
        | DecisionKind::Denied(_)
        | DecisionKind::Allowed(_)
        | DecisionKind::Queued
        | DecisionKind::Superseded(_)
        | DecisionKind::Withdrawn(_)
        | DecisionKind::ApprovalExpired(_)
        | DecisionKind::Dispatched(..)
        | DecisionKind::Refused(_)
        | DecisionKind::Anomaly(_) => None,
    });
    halts.collect()
}

/// Obeys recorded halts that depend on engine and machine: the guest is not entered for the call they ended, which is the
/// one that delivers the step's event (or wake-up).
struct Obeying<'a> {
    host: &'a mut dyn StrategyHost,
    halts: Vec<(StrategyId, Halt)>,
}

impl StrategyHost for Obeying<'_> {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        let halt = self.halts.iter().find(|(strategy, _)| *strategy == call.strategy);
        match (halt, call.delivery) {
            (Some((_, halt)), Delivery::Event | Delivery::Wake) => {
                (loan, CallReport { fuel: halt.used, fault: Some(*halt) })
            }
            (Some(_), Delivery::Outcome(..)) | (None, _) => self.host.call(call, loan),
        }
    }
}

/// Rows of the feed, one by one.
struct Rows {
    feed: Feed,
    block: Vec<Event>,
    tapes: Vec<u32>,
    at: usize,
}

impl Rows {
    fn next(&mut self) -> Result<Option<(Event, u32)>, TapeError> {
        if self.at == self.block.len() {
            let Some(block) = self.feed.next_block()? else { return Ok(None) };
            self.block.clear();
            self.block.extend_from_slice(block.events);
            self.tapes.clear();
            self.tapes.extend_from_slice(block.tape_of);
            self.at = 0;
        }
        let row = (self.block[self.at], self.tapes[self.at]);
        self.at += 1;
        Ok(Some(row))
    }
}

/// Often enough for a progress bar, rarely enough to cost nothing.
const EVENTS_PER_PROGRESS: u64 = 16_384;
