//! Replay: does executing a recorded session again, strategies included, give the same decisions?
//!
//! In: a journal, its tapes, strategies that have been set up from its components. Out: a verdict that names the first
//! difference. Must never: ask a venue (its feedback is in the journal), write, or go on behind a difference.

mod resume;
mod wards;

pub use resume::{ResumeError, Resumed};

use std::ops::ControlFlow;

use ringfence_core::canonical::Writer;
use ringfence_core::config::EventDelivery;
use ringfence_core::decision::{Decision, DecisionKind, Effects};
use ringfence_core::event::{Event, EventKind};
use ringfence_core::ids::{Seq, StrategyId};
use ringfence_core::risk::{ApprovalKeys, KeyId};
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::StrategyHost;
use ringfence_journal::codes::Finding;
use ringfence_journal::reader::{JournalReader, Step};
use ringfence_journal::wire::decision::Tags;
use ringfence_journal::wire::marks::Seal;
use ringfence_tape::Feed;

use self::resume::{Partly, Tally};
use crate::backtest::{EVENTS_PER_PROGRESS, Progress};
use crate::clock::Stopwatch;
use crate::error::SessionError;
use crate::inputs::{Given, Inputs};
use crate::obeying::{Obeying, halts_to_obey};
use crate::observer::Observer;
use crate::opening::Attached;
use crate::record::{Digests, Record};
use crate::wards::Wards;

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
    /// Strategies that run other code than the recorded one: their fuel is not compared, and their halts are not obeyed.
    pub replaced: &'a [StrategyId],
    /// False where strategies are asked for more than the session asked of them, as for a state now and then: a guest that
    /// was asked needs other fuel afterwards.
    pub is_fuel_compared: bool,
    /// Name of the table that `host` counts fuel by.
    pub operator_costs: &'a str,
    /// Keys that approvals are signed with again.
    pub keys: ApprovalKeys,
    /// Whose recorded tags are compared.
    pub approvals: Approvals,
    /// Stop after this event.
    pub until: Option<Seq>,
    /// Told now and then; may ask to stop.
    pub progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    /// Sees what happens, as in the run that was recorded; `None` = nobody does.
    pub observer: Option<&'a mut dyn Observer>,
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
    /// True when the journal was sealed, its end was reached and the seal's digests are the ones above (that of fuel aside
    /// where strategies were replaced).
    pub is_sealed: bool,
    /// Present when an incomplete commit stands at the journal's end; it was not replayed.
    pub tail: Option<Finding>,
    /// The release that wrote the journal, where it followed other rules: differences are then differences of version.
    pub other_rules: Option<String>,
    /// The table that the journal's fuel was counted by, where it is another one: fuel differs then.
    pub other_costs: Option<String>,
    /// Approvals whose tags were compared, and others; empty where all of them were.
    pub signed: Signed,
    /// Stepping, in seconds.
    pub seconds: f64,
}

/// Which tags of approvals are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approvals {
    /// All: whoever executes has every key, as in a backtest.
    All,
    /// Those whose key is given; every approval is recorded with the id of its own.
    OfGivenKeys,
}

/// What was found about the approvals of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// Tags compared, all the same.
    pub compared: u64,
    /// Approvals of each key that was not given: their tags say nothing here.
    pub others: Vec<(KeyId, u64)>,
    /// Approvals of still more keys.
    pub others_beyond: u64,
}

impl Signed {
    fn other(&mut self, key: KeyId) {
        let is_full = self.others.len() >= OTHER_KEYS_MAX;
        match self.others.iter_mut().find(|(known, _)| *known == key) {
            Some((_, count)) => *count += 1,
            None if is_full => self.others_beyond += 1,
            None => self.others.push((key, 1)),
        }
    }
}

/// Keys that were not given and are told apart. A record of more is no honest one.
const OTHER_KEYS_MAX: usize = 1_000;

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
    /// The state that a strategy handed over.
    State(StrategyId),
    /// An instance that was put in a strategy's place cannot be put there now, and why.
    Renewal(StrategyId, String),
    /// The tapes' rows come in another order.
    TapeOrder,
    /// The event's time is before that of the event before it.
    TimeBack,
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
        let until = self.until;
        let (mut replayer, other_costs) = self.into_replayer();
        let mut watch = Stopwatch::default();
        let ended = watch.time(|| replayer.steps(until.unwrap_or(Seq(u64::MAX))))?;
        let verdict = replayer.verdict(ended)?;
        Ok(Verdict { other_costs, seconds: watch.seconds(), ..verdict })
    }
}

impl<'a> Replay<'a> {
    /// The same in motion; the table that the journal's fuel was counted by, where it is another one.
    fn into_replayer(self) -> (Replayer<'a>, Option<String>) {
        let Replay { reader, feed, attached, host, replaced, operator_costs, keys, approvals, .. } = self;
        let Replay { is_fuel_compared, progress, observer, .. } = self;
        let costs = &reader.header().operator_costs;
        let other_costs = (costs != operator_costs).then(|| costs.clone());
        let replayer = Replayer {
            inputs: Inputs::new(reader, feed),
            attached,
            host,
            replaced,
            is_fuel_compared,
            approvals,
            signed: Signed::default(),
            progress,
            observer,
            core: Core::new(keys),
            effects: Effects::new(),
            record: Record::new(None),
            wards: Wards::default(),
            recited: Vec::new(),
            tally: None,
            verified: 0,
            decisions: 0,
        };
        (replayer, other_costs)
    }
}

/// How stepping ended.
enum Ended {
    AtTheEnd,
    Until,
    Differs(Difference),
}

struct Replayer<'a> {
    inputs: Inputs,
    attached: &'a [Attached],
    host: &'a mut dyn StrategyHost,
    replaced: &'a [StrategyId],
    is_fuel_compared: bool,
    approvals: Approvals,
    signed: Signed,
    progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    observer: Option<&'a mut dyn Observer>,
    core: Core,
    effects: Effects,
    record: Record,
    wards: Wards,
    /// Strategies that are not asked: the record says what they did.
    recited: Vec<StrategyId>,
    /// Counts, for a session that goes on.
    tally: Option<Tally>,
    verified: u64,
    decisions: u64,
}

impl Replayer<'_> {
    fn steps(&mut self, until: Seq) -> Result<Ended, SessionError> {
        while let Some(seq) = self.inputs.coming()? {
            if seq > until {
                return Ok(Ended::Until);
            }
            let event = match self.inputs.next()? {
                Given::Event(event) => event,
                Given::Differs(difference) => return Ok(Ended::Differs(difference)),
            };
            if let Some(difference) = self.one(&event)? {
                return Ok(Ended::Differs(difference));
            }
        }
        Ok(Ended::AtTheEnd)
    }

    /// Steps one event and compares what it led to.
    fn one(&mut self, event: &Event) -> Result<Option<Difference>, SessionError> {
        let is_row = self.inputs.is_row();
        if !is_row && let Some(difference) = self.other_plan(event).or_else(|| self.look_after(event)) {
            return Ok(Some(difference));
        }
        if let (Some(observer), true) = (&mut self.observer, is_row) {
            observer.row(event, self.core.state());
        }
        let tags = self.sign_as_recorded();
        let halts = halts_to_obey(self.inputs.recorded(), self.replaced);
        let recorded = self.inputs.recorded();
        let mut partly = Partly::new(&mut *self.host, recorded, &self.recited);
        let mut host = Obeying::new(if self.recited.is_empty() { partly.host() } else { &mut partly }, halts);
        self.core.step(event, self.inputs.blobs(), &mut host, &mut self.effects);
        let obeyed = host.obeyed();
        if let Some(tally) = &mut self.tally {
            tally.event(event)?;
            tally.counts.effects(&self.effects);
            tally.each.effects(&self.effects);
        }
        let other_fuel = self.take_fuel(&obeyed);
        self.record.effects(&self.effects)?;
        if let Some(observer) = &mut self.observer {
            show(&mut **observer, (event, is_row), &self.effects, &self.core);
        }
        let recorded = self.inputs.recorded();
        if let Some(kind) = decision_difference(recorded, &self.effects, tags).or(other_fuel) {
            return Ok(Some(Difference { seq: event.seq, kind }));
        }
        if let Some(tally) = &mut self.tally {
            tally.fuel.record(&self.effects.called, &self.effects.fuel);
        }
        self.decisions += self.effects.decisions.len() as u64;
        self.verified += 1;
        self.tell(event)?;
        Ok(self.inputs.other_order())
    }

    /// Has the step's approvals signed under the keys that the record names. Whether their tags can be compared.
    fn sign_as_recorded(&mut self) -> Tags {
        let mut tags = Tags::Compared;
        if self.approvals == Approvals::All {
            return tags;
        }
        for decision in &self.inputs.recorded().decisions {
            let DecisionKind::Allowed(mark) = &decision.kind else { continue };
            if self.core.sign_as_recorded(mark.key_id) {
                self.signed.compared += 1;
                continue;
            }
            tags = Tags::Ignored;
            self.signed.other(mark.key_id);
        }
        tags
    }

    /// Compares the fuel of the step's calls. A call that was not made used what is recorded. Where events came in batches
    /// no fuel is recorded; here they come one by one all the same.
    fn take_fuel(&mut self, obeyed: &[usize]) -> Option<DifferenceKind> {
        let mut first = None;
        let config = self.core.state().config();
        if config.is_some_and(|config| config.execution.delivery == EventDelivery::Batch) {
            self.effects.fuel.clear();
        }
        let effects = &mut self.effects;
        for (call, (used, strategy)) in effects.fuel.iter_mut().zip(&effects.called).enumerate() {
            let recorded = self.inputs.next_fuel();
            if obeyed.contains(&call) || self.recited.contains(strategy) {
                *used = recorded.unwrap_or(*used);
                self.host.obeyed(*strategy, *used);
            }
            let is_compared = self.is_fuel_compared && !self.replaced.contains(strategy);
            if recorded != Some(*used) && first.is_none() && is_compared {
                first = Some(DifferenceKind::Fuel { call, recorded, replayed: *used });
            }
        }
        first
    }

    /// Tells how far it is, now and then, and stops when asked to.
    fn tell(&mut self, event: &Event) -> Result<(), SessionError> {
        if !self.verified.is_multiple_of(EVENTS_PER_PROGRESS) {
            return Ok(());
        }
        let now = Progress { rows: self.verified, time: event.time };
        if (self.progress)(now).is_break() {
            return Err(SessionError::Interrupted { seq: Seq(self.verified) });
        }
        Ok(())
    }

    /// A strategy that subscribes to something else than it did is another strategy.
    fn other_plan(&self, event: &Event) -> Option<Difference> {
        let EventKind::StrategyAttached(id, _, plan) = event.kind else { return None };
        let attached = self.attached.iter().find(|attached| attached.strategy == id);
        let mut now = Writer::new();
        if let Some(attached) = attached {
            attached.plan.put(&mut now);
        }
        let is_same = self.inputs.blobs().bytes(plan) == Some(now.bytes());
        (!is_same).then_some(Difference { seq: event.seq, kind: DifferenceKind::Plan(id) })
    }

    fn verdict(mut self, ended: Ended) -> Result<Verdict, SessionError> {
        if let Some(observer) = self.observer.take() {
            observer.end(self.core.state());
        }
        let header = self.inputs.reader().header();
        let other_rules = (header.rules_version != RULES_VERSION).then(|| header.engine.clone());
        let fuel_left = matches!(ended, Ended::AtTheEnd) && self.inputs.next_fuel().is_some();
        let reader = self.inputs.reader();
        let seal = reader.seal().cloned();
        let (tail, last) = (reader.tail().cloned(), reader.totals().next_seq);
        let digests = self.record.seal(self.core.state().digest())?;
        let mut first_difference = match ended {
            Ended::Differs(difference) => Some(difference),
            Ended::AtTheEnd if fuel_left => Some(Difference { seq: Seq(0), kind: DifferenceKind::FuelLeft }),
            Ended::AtTheEnd | Ended::Until => None,
        };
        let is_at_the_end = first_difference.is_none() && self.verified + 1 == last.0;
        if let Some(seal) = seal.as_ref().filter(|_| is_at_the_end) {
            first_difference = seal_difference(seal, &digests, self.is_fuel_compared && self.replaced.is_empty());
        }
        Ok(Verdict {
            verified_events: self.verified,
            decisions: self.decisions,
            is_sealed: seal.is_some() && is_at_the_end && first_difference.is_none(),
            first_difference,
            digests,
            tail,
            other_rules,
            other_costs: None,
            signed: self.signed,
            seconds: 0.0,
        })
    }
}

fn seal_difference(seal: &Seal, digests: &Digests, is_fuel_compared: bool) -> Option<Difference> {
    let pairs = [
        ("state_digest", seal.state == digests.state),
        ("decision_digest", seal.decisions == digests.decisions),
        ("fuel_digest", seal.fuel == digests.fuel || !is_fuel_compared),
        ("strategies", seal.strategies == digests.strategies),
    ];
    let (name, _) = pairs.into_iter().find(|(_, same)| !same)?;
    Some(Difference { seq: Seq(0), kind: DifferenceKind::Seal(name) })
}

/// The first decision that came out other than it is recorded.
pub(crate) fn decision_difference(recorded: &Step, effects: &Effects, tags: Tags) -> Option<DifferenceKind> {
    let ordinal = recorded.first_difference(&effects.decisions, &effects.notes, tags)?;
    let at = |list: &[Decision]| list.get(ordinal).map(|decision| Box::new(*decision));
    let (recorded, replayed) = (at(&recorded.decisions), at(&effects.decisions));
    Some(DifferenceKind::Decision { ordinal, recorded, replayed })
}

/// Shows an observer a step as the run that was recorded showed it.
fn show(observer: &mut dyn Observer, (event, is_row): (&Event, bool), effects: &Effects, core: &Core) {
    if !is_row {
        observer.event(event, core.state());
    }
    if !effects.decisions.is_empty() {
        observer.decided(effects, core.state());
        observer.recorded(effects);
    }
}
