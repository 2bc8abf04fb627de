//! Wards in a session: when is a strategy's state kept, and when does another instance take its place?
//!
//! In: halts, checkpoints that are due, orders to swap. Out: events that say what was done, behind what was done. Must never:
//! put anything in a strategy's place that was not set up and given its state before.
//!
//! Everything here happens between two events. What is recorded is enough to do it again (`replay/wards.rs`): the component,
//! the plan, the state that was handed over.

use ringfence_core::blob::Sha256Hash;
use ringfence_core::canonical::Writer;
use ringfence_core::config::{Config, Supervision, decode_params, encode_params};
use ringfence_core::event::{EventKind, Halt, Report};
use ringfence_core::ids::{BlobId, Seq, StrategyId, TimeNs};
use ringfence_core::plan::Plan;
use ringfence_core::strategy::Renewal;

use super::Engine;
use crate::clock::Stopwatch;
use crate::error::SessionError;
use crate::pace::{Notice, NoticeKind};
use crate::wards::{Params, Ward, Wards, hash_in};

/// Calls of a new component in which it may end and the one before comes back.
const PROBATION_CALLS: u64 = 100;

/// Most notices that a run keeps for its end.
const NOTICES_MAX: usize = 1_000;

/// What the engine knows of its strategies.
#[derive(Debug, Default)]
pub(super) struct Care {
    pub(super) wards: Wards,
    plans: Vec<Timing>,
    /// Number of the event behind which the first checkpoint is due.
    pub(super) checkpoint_due: u64,
    /// Components that may still have to go.
    on_probation: usize,
    /// Notices, for the end of a run.
    pub(super) notices: Vec<Notice>,
    /// Halts in order.
    pub(super) halts: Vec<(StrategyId, Halt)>,
}

/// When something is to be done about one strategy.
#[derive(Debug, Default)]
struct Timing {
    restarts: u32,
    restart_at: Option<TimeNs>,
    checkpoint_due: Option<u64>,
    probation: Option<Probation>,
}

/// A new component that may still have to go.
#[derive(Debug)]
struct Probation {
    before: Ward,
    calls_left: u64,
}

/// What is put in a strategy's place.
struct Wish<'a> {
    strategy: StrategyId,
    component: Sha256Hash,
    params: Option<Params>,
    /// State from a journal or a checkpoint; `None` = none.
    state: Option<&'a [u8]>,
}

/// What somebody wants to be other in a strategy's place.
enum Asked<'a> {
    /// Its component: these bytes.
    Component(&'a [u8]),
    /// Its parameters, as the event says it.
    Parameters(EventKind),
}

impl Asked<'_> {
    /// What stands in the stream of it in any case.
    fn event(&self) -> Option<EventKind> {
        match self {
            Asked::Component(_) => None,
            Asked::Parameters(event) => Some(*event),
        }
    }
}

impl Care {
    pub(super) fn new(strategies: usize) -> Care {
        let plans = std::iter::repeat_with(Timing::default).take(strategies + 1).collect();
        Care { plans, checkpoint_due: u64::MAX, ..Care::default() }
    }

    fn of(&mut self, id: StrategyId) -> Option<&mut Timing> {
        self.plans.get_mut(usize::from(id.0))
    }

    /// When the first restart is due.
    pub(super) fn next_restart(&self) -> Option<TimeNs> {
        self.plans.iter().filter_map(|plan| plan.restart_at).min()
    }

    fn due_to_restart(&mut self, at: TimeNs) -> Option<StrategyId> {
        let (plan, id) =
            self.plans.iter_mut().zip(0..).find(|(plan, _)| plan.restart_at.is_some_and(|due| due <= at))?;
        plan.restart_at = None;
        Some(StrategyId(id))
    }

    fn begin_probation(&mut self, id: StrategyId, before: Ward) {
        self.end_probation(id);
        if let Some(plan) = self.of(id) {
            (plan.restart_at, plan.restarts) = (None, 0);
            plan.probation = Some(Probation { before, calls_left: PROBATION_CALLS });
            self.on_probation += 1;
        }
    }

    /// True while the component before may come back with this state.
    fn may_go_back_to(&self, id: StrategyId, state: BlobId) -> bool {
        let plan = self.plans.get(usize::from(id.0));
        plan.and_then(|plan| plan.probation.as_ref()).is_some_and(|probation| probation.before.kept == state)
    }

    fn end_probation(&mut self, id: StrategyId) -> Option<Probation> {
        let probation = self.of(id)?.probation.take()?;
        self.on_probation -= 1;
        Some(probation)
    }

    /// Counts the calls of components that are on probation.
    #[inline]
    pub(super) fn count_probation(&mut self, called: &[StrategyId]) {
        if self.on_probation > 0 {
            self.count_calls(called);
        }
    }

    #[cold]
    fn count_calls(&mut self, called: &[StrategyId]) {
        for id in called {
            let probation = self.of(*id).and_then(|plan| plan.probation.as_mut());
            let Some(probation) = probation else { continue };
            probation.calls_left -= 1;
            if probation.calls_left == 0 {
                self.end_probation(*id);
            }
        }
    }

    fn look_at_checkpoints(&mut self) {
        self.checkpoint_due = self.plans.iter().filter_map(|plan| plan.checkpoint_due).min().unwrap_or(u64::MAX);
    }
}

impl Engine<'_> {
    /// True when strategies can be given batches as far as this is concerned: a checkpoint falls between two events.
    pub(super) fn keeps_nothing(&self) -> bool {
        self.care.checkpoint_due == u64::MAX
    }

    /// Plans the checkpoints, once the session is open.
    pub(super) fn plan_checkpoints(&mut self) {
        let count = u16::try_from(self.config.strategies.len()).expect("strategy ids are u16");
        for id in (1..=count).map(StrategyId) {
            self.plan_checkpoint(id);
        }
        self.care.look_at_checkpoints();
    }

    fn plan_checkpoint(&mut self, id: StrategyId) {
        let every = self.supervision(id).checkpoint_events;
        let due = every.map(|every| self.seq.saturating_add(every.get()));
        if let Some(plan) = self.care.of(id) {
            plan.checkpoint_due = due;
        }
    }

    fn supervision(&self, id: StrategyId) -> Supervision {
        let config = self.core.state().config().unwrap_or(self.config);
        config.strategy(id).map_or(Supervision::NONE, |slot| slot.supervision)
    }

    fn notice(&mut self, strategy: StrategyId, kind: NoticeKind) {
        let notice = Notice { strategy, seq: Seq(self.seq), kind };
        if let Some(pace) = &mut self.pace {
            pace.told(&notice);
        }
        if self.care.notices.len() < NOTICES_MAX && !matches!(notice.kind, NoticeKind::Kept(_)) {
            self.care.notices.push(notice);
        }
    }

    /// Steps an event of the host's own making, and what it leads to, at the time of the last event.
    fn say(&mut self, kind: EventKind) -> Result<(), SessionError> {
        self.say_all([kind])
    }

    /// The same with events that nothing comes between.
    fn say_all(&mut self, kinds: impl IntoIterator<Item = EventKind>) -> Result<(), SessionError> {
        self.record.blobs(&self.blobs)?;
        self.pending.extend(kinds.into_iter().map(Report::control));
        self.settle(self.time)
    }

    /// Keeps the state of every strategy for which that is due: a snapshot that goes into a fresh instance.
    #[cold]
    pub(super) fn keep_states(&mut self) -> Result<(), SessionError> {
        let due: Vec<StrategyId> = self
            .care
            .plans
            .iter()
            .zip(0..)
            .filter(|(plan, _)| plan.checkpoint_due.is_some_and(|due| due <= self.seq))
            .map(|(_, id)| StrategyId(id))
            .collect();
        for id in due {
            if self.core.state().halt(id).is_none() {
                self.keep_state(id)?;
            }
            self.plan_checkpoint(id);
        }
        self.care.look_at_checkpoints();
        Ok(())
    }

    fn keep_state(&mut self, id: StrategyId) -> Result<(), SessionError> {
        let Some(state) = self.snapshot(id)? else { return Ok(()) };
        let ward = self.care.wards.of(id);
        let Some(component) = hash_in(&self.blobs, ward.component) else { return Ok(()) };
        let wish = Wish { strategy: id, component, params: ward.params.clone(), state: Some(&state) };
        if let Err(why) = self.renew(&wish) {
            self.notice(id, NoticeKind::NotKept(why));
            return self.say(EventKind::StrategyCheckpointed(id, BlobId::NONE));
        }
        let kept = self.blobs.append(&state);
        self.say(EventKind::StrategyCheckpointed(id, kept))?;
        if !self.care.may_go_back_to(id, ward.kept) {
            self.blobs.retire(ward.kept);
        }
        self.notice(id, NoticeKind::Kept(state.len() as u64));
        Ok(())
    }

    /// The state of a strategy; `None` when taking it was the end of it, which is then said.
    fn snapshot(&mut self, id: StrategyId) -> Result<Option<Vec<u8>>, SessionError> {
        match self.host.snapshot(id) {
            Ok(state) => Ok(Some(state)),
            Err(halt) => {
                self.say(EventKind::StrategyHalted(id, halt))?;
                Ok(None)
            }
        }
    }

    fn renew(&mut self, wish: &Wish<'_>) -> Result<Plan, String> {
        let state = self.core.state();
        let renewal = Renewal {
            strategy: wish.strategy,
            config: state.config().unwrap_or(self.config),
            params: wish.params.as_deref(),
            component: Some(wish.component),
            snapshot: wish.state,
        };
        self.host.renew(&renewal)
    }

    /// What follows when a strategy was halted, behind its event.
    #[cold]
    pub(super) fn was_halted(&mut self, id: StrategyId, halt: Halt) -> Result<(), SessionError> {
        self.care.halts.push((id, halt));
        if let Some(probation) = self.care.end_probation(id) {
            return self.swap_back(id, probation.before);
        }
        self.plan_restart(id)
    }

    /// Says when a halted strategy is started again; behind the last time it stays as it is.
    fn plan_restart(&mut self, id: StrategyId) -> Result<(), SessionError> {
        let (supervision, time) = (self.supervision(id), self.time);
        let Some(plan) = self.care.of(id) else { return Ok(()) };
        let restarts = plan.restarts;
        plan.restart_at = supervision.restart_at(time, restarts);
        match plan.restart_at {
            Some(at) => self.next_fact = self.next_fact.min(at),
            None if restarts > 0 => self.notice(id, NoticeKind::Quarantined(restarts)),
            None => {}
        }
        Ok(())
    }

    /// Starts again what is due by a time.
    pub(super) fn restart(&mut self, at: TimeNs) -> Result<(), SessionError> {
        while let Some(id) = self.care.due_to_restart(at) {
            self.time = self.time.max(at);
            self.restart_one(id)?;
        }
        Ok(())
    }

    /// An operator starts a halted strategy again, whatever its supervision says; that counts from the beginning then.
    pub(super) fn resume(&mut self, id: StrategyId) -> Result<(), SessionError> {
        if let Some(plan) = self.care.of(id) {
            (plan.restart_at, plan.restarts) = (None, 0);
        }
        self.restart_one(id)
    }

    fn restart_one(&mut self, id: StrategyId) -> Result<(), SessionError> {
        if self.core.state().halt(id).is_none() {
            return Ok(());
        }
        let ward = self.care.wards.of(id);
        let Some(component) = hash_in(&self.blobs, ward.component) else { return Ok(()) };
        let state = self.blobs.bytes(ward.kept).map(<[u8]>::to_vec);
        let renewed = self.renew(&Wish { strategy: id, component, params: ward.params, state: state.as_deref() });
        let Some(plan) = self.care.of(id) else { return Ok(()) };
        plan.restarts += 1;
        let count = plan.restarts;
        if let Err(why) = renewed {
            self.notice(id, NoticeKind::NotRestarted(why));
            return self.plan_restart(id);
        }
        if state.is_none() {
            // It begins anew, and has to warm up again.
            self.say(EventKind::StrategySwapped(id, ward.component, ward.plan, BlobId::NONE))?;
        }
        self.say(EventKind::StrategyResumed(id, count))?;
        self.notice(id, NoticeKind::Restarted(count));
        Ok(())
    }

    /// Puts another component in a strategy's place, and hands its state over. A strategy that is halted hands over what was
    /// kept of it last.
    pub(super) fn swap(&mut self, id: StrategyId, component: Sha256Hash, bytes: &[u8]) -> Result<(), SessionError> {
        let params = self.care.wards.of(id).params;
        self.replace(id, (component, params), &Asked::Component(bytes))
    }

    /// Gives a strategy other parameters, by a fresh instance of its component. What is asked for is recorded, whether or
    /// not the strategy takes it.
    pub(super) fn change_parameters(&mut self, id: StrategyId, bytes: &[u8]) -> Result<(), SessionError> {
        let component = hash_in(&self.blobs, self.care.wards.of(id).component);
        let asked = EventKind::ParametersChanged(id, self.blobs.append(bytes));
        match (component, decode_params(bytes)) {
            (Some(component), Ok(params)) => self.replace(id, (component, Some(params)), &Asked::Parameters(asked)),
            (None, _) => self.say(asked),
            (Some(_), Err(error)) => {
                self.notice(id, NoticeKind::NotSwapped(format!("its parameters cannot be read: {error}")));
                self.say(asked)
            }
        }
    }

    fn replace(
        &mut self,
        id: StrategyId,
        (component, params): (Sha256Hash, Option<Params>),
        asked: &Asked<'_>,
    ) -> Result<(), SessionError> {
        let before = self.care.wards.of(id);
        let is_running = self.core.state().halt(id).is_none();
        let mut watch = Stopwatch::default();
        let state = if is_running {
            match watch.time(|| self.host.snapshot(id)) {
                Ok(state) => Some(state),
                Err(halt) => {
                    return self.say_all(asked.event().into_iter().chain([EventKind::StrategyHalted(id, halt)]));
                }
            }
        } else {
            self.blobs.bytes(before.kept).map(<[u8]>::to_vec)
        };
        let wish = Wish { strategy: id, component, params, state: state.as_deref() };
        let plan = match watch.time(|| self.renew(&wish)) {
            Ok(plan) => plan,
            Err(why) => {
                self.notice(id, NoticeKind::NotSwapped(why));
                // It was asked for its state, and a replay asks as well.
                let was_asked = is_running.then_some(EventKind::StrategyCheckpointed(id, BlobId::NONE));
                return self.say_all(asked.event().into_iter().chain(was_asked));
            }
        };
        if let Asked::Component(bytes) = asked {
            self.record.component(bytes)?;
        }
        let kept = state.map_or(BlobId::NONE, |state| self.blobs.append(&state));
        let swapped = self.swapped(id, component, &plan, kept);
        self.care.begin_probation(id, before.with_state(kept));
        self.say_all(asked.event().into_iter().chain([swapped]))?;
        self.notice(id, NoticeKind::Swapped(component, watch.nanoseconds()));
        Ok(())
    }

    fn swapped(&mut self, id: StrategyId, component: Sha256Hash, plan: &Plan, kept: BlobId) -> EventKind {
        let component = self.blobs.append(&component);
        let mut w = Writer::new();
        plan.put(&mut w);
        let plan = self.blobs.append(w.bytes());
        EventKind::StrategySwapped(id, component, plan, kept)
    }

    /// Puts back what was there before, with the state that it handed over.
    fn swap_back(&mut self, id: StrategyId, before: Ward) -> Result<(), SessionError> {
        let Some(component) = hash_in(&self.blobs, before.component) else { return Ok(()) };
        let state = self.blobs.bytes(before.kept).map(<[u8]>::to_vec);
        let wish = Wish { strategy: id, component, params: before.params.clone(), state: state.as_deref() };
        if let Err(why) = self.renew(&wish) {
            self.notice(id, NoticeKind::NotRestarted(why));
            return self.plan_restart(id);
        }
        let is_same = before.params == self.care.wards.of(id).params;
        let params = (!is_same).then(|| {
            let params = encode_params(&self.params_of(id, &before));
            EventKind::ParametersChanged(id, self.blobs.append(&params))
        });
        let swapped = EventKind::StrategySwapped(id, before.component, before.plan, before.kept);
        self.say_all(params.into_iter().chain([swapped]))?;
        self.notice(id, NoticeKind::SwappedBack(component));
        Ok(())
    }

    /// Parameters that a ward stands for.
    fn params_of(&self, id: StrategyId, ward: &Ward) -> Params {
        let config: &Config = self.core.state().config().unwrap_or(self.config);
        let own = || config.strategy(id).map_or_else(Vec::new, |slot| slot.params.clone());
        ward.params.clone().unwrap_or_else(own)
    }
}
