//! Observer: what of a session is shown to the surface?
//!
//! In: what the session shows. Out: boards, a curve, lines, reports, log lines; and what an order asks of the host once it is
//! recorded. Must never: change the run, or copy State for every row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_control::api::Counts;
use ringfence_control::desk::{Act, Desk};
use ringfence_control::metrics::Metrics;
use ringfence_core::blob::BlobTable;
use ringfence_core::config::{Config, GuestProfile};
use ringfence_core::decision::{AnomalyCode, Decision, DecisionKind, Effects};
use ringfence_core::event::{Event, EventKind, Mode};
use ringfence_core::ids::{AccountId, LegKey, SessionId, StrategyId, TimeNs};
use ringfence_core::intent::{Action, IntentKind};
use ringfence_core::state::State;
use ringfence_session::fuel::FuelTable;
use ringfence_session::observer::Observer;

use super::board::{self, Denials, Shown};
use super::curve::Curve;
use super::foreign::ForeignOrders;
use super::lines;
use super::log::Log;
use super::quarantine::Quarantine;
use crate::config::Loaded;
use crate::render::{self, Fields, Renderer};

/// Does what an order asks of others than the session.
pub(crate) type Asked = Box<dyn Fn(&Act)>;

/// Time between two copies of State while nothing but rows comes.
const PAUSE: Duration = Duration::from_millis(50);
/// Orders whose first answer is waited for.
const AWAITED_MAX: usize = 10_000;

/// Shows a session to the surface.
pub(crate) struct Shower {
    config: Config,
    session: SessionId,
    mode: Mode,
    desk: Arc<Desk>,
    metrics: Arc<Metrics>,
    log: Option<Log>,
    /// What an order asks of the host.
    asked: Box<dyn Fn(&Act)>,
    fuel: FuelTable,
    rows: u64,
    counts: Counts,
    denials: Denials,
    foreign: ForeignOrders,
    quarantine: Quarantine,
    /// Accounts that are being compared: their venue tells again what is known.
    compared: BTreeSet<AccountId>,
    /// A fill that was stepped; whether it was news its effects say.
    fill: Option<Event>,
    /// What the event to come says in blobs.
    said: Fields,
    curve: Curve,
    awaited: BTreeMap<LegKey, TimeNs>,
    copied: Option<Instant>,
}

impl Shower {
    pub(super) fn new(
        loaded: &Loaded,
        (session, mode): (SessionId, Mode),
        (desk, metrics, quarantine): (Arc<Desk>, Arc<Metrics>, Quarantine),
        (log, asked): (Option<Log>, Asked),
    ) -> Shower {
        let config = loaded.core.clone();
        let fuel = FuelTable::new(config.strategies.len());
        Shower {
            config,
            session,
            mode,
            desk,
            metrics,
            log,
            asked,
            fuel,
            rows: 0,
            counts: Counts::default(),
            denials: BTreeMap::new(),
            foreign: ForeignOrders::default(),
            quarantine,
            compared: BTreeSet::new(),
            fill: None,
            said: Fields::new(),
            curve: Curve::default(),
            awaited: BTreeMap::new(),
            copied: None,
        }
    }

    fn renderer(&self) -> Renderer<'_> {
        Renderer::new(&self.config, self.session)
    }

    fn copy(&mut self, state: &State) {
        self.copied = Some(now());
        let board = board::board(&self.shown(), state);
        if board.pnl != board::UNKNOWN && self.curve.take(state.time(), board.pnl.clone()) {
            self.desk.show_curve(self.curve.points.clone());
        }
        self.desk.show(board);
    }

    fn shown(&self) -> Shown<'_> {
        Shown {
            config: &self.config,
            renderer: self.renderer(),
            mode: self.mode,
            rows: self.rows,
            counts: self.counts,
            denials: &self.denials,
            fuel: &self.fuel,
            foreign: &self.foreign,
            quarantine: &self.quarantine,
        }
    }

    /// What an event changes of what is shown beside State.
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else begins or ends no comparison")]
    fn follow(&mut self, event: &Event) {
        self.foreign.event(event);
        self.quarantine.event(&event.kind);
        match event.kind {
            EventKind::ReconcileStarted => self.compared.insert(event.account),
            EventKind::ReconcileFinished(_) => self.compared.remove(&event.account),
            _ => false,
        };
    }

    /// Tells of an event that is news: in the log, the tail and reports.
    fn tell(&mut self, event: &Event) {
        let renderer = Renderer::new(&self.config, self.session);
        let said = std::mem::take(&mut self.said);
        if let Some(log) = &mut self.log {
            log.event(&renderer, event, &said);
        }
        if let Some(line) = lines::event(&renderer, event, said) {
            self.desk.tell(line);
        }
        if let Some((leg, report)) = lines::report_of_event(&renderer, event)
            && self.is_external(leg.strategy)
        {
            self.desk.report(leg, report);
        }
    }

    /// A fill that a comparison tells once more is no anomaly: all of a time were asked for.
    fn is_old_news(&self, decision: &Decision) -> bool {
        !self.compared.is_empty() && anomaly_of(decision) == Some(AnomalyCode::DuplicateFill)
    }

    /// Log lines of what should not happen.
    fn found(&mut self, effects: &Effects, time: TimeNs) {
        let Some(mut log) = self.log.take() else { return };
        let renderer = Renderer::new(&self.config, self.session);
        for (ordinal, decision) in effects.decisions.iter().enumerate() {
            if anomaly_of(decision).is_some() && !self.is_old_news(decision) {
                log.anomaly(&renderer, (effects, ordinal), time.0);
            }
        }
        self.log = Some(log);
    }

    fn count_event(&mut self, event: &Event) {
        if let Some(sent) = event.kind.order().and_then(|key| self.awaited.remove(&key)) {
            self.metrics.order_answered(event.time.age_of(sent).unwrap_or(0));
        }
        match lines::status_of(&event.kind) {
            Some("FILLED" | "PARTIALLY_FILLED") => self.counts.fills += 1,
            Some("CANCELED") => self.counts.canceled += 1,
            Some("REJECTED") => self.counts.rejected += 1,
            Some(_) | None => self.counts.halts += u64::from(matches!(event.kind, EventKind::StrategyHalted(..))),
        }
    }

    fn count_decisions(&mut self, effects: &Effects, time: TimeNs) {
        for (ordinal, decision) in effects.decisions.iter().enumerate() {
            match &decision.kind {
                DecisionKind::Emitted(kind) if !matches!(kind, IntentKind::Note(_) | IntentKind::WakeAt(_)) => {
                    self.counts.intents += 1;
                }
                DecisionKind::Denied(denial) => {
                    self.counts.denied += 1;
                    let line = lines::decision(&self.renderer(), (effects, ordinal), time.0);
                    let last = line.map_or_else(String::new, |line| format!("{} {}", line.strategy, line.text));
                    let known = self.denials.entry(denial.code.code()).or_default();
                    *known = (known.0 + 1, last);
                }
                DecisionKind::Malformed(_) => self.counts.malformed += 1,
                DecisionKind::Refused(_) => self.counts.refused += 1,
                DecisionKind::Anomaly(_) => self.counts.anomalies += u64::from(!self.is_old_news(decision)),
                DecisionKind::Emitted(_)
                | DecisionKind::Normalised(_)
                | DecisionKind::Allowed(_)
                | DecisionKind::Queued
                | DecisionKind::Superseded(_)
                | DecisionKind::Withdrawn(_)
                | DecisionKind::ApprovalExpired(_)
                | DecisionKind::Dispatched(..)
                | DecisionKind::Halted(_)
                | DecisionKind::Held(_)
                | DecisionKind::Released(_)
                | DecisionKind::Dropped(_)
                | DecisionKind::Scheduled(_)
                | DecisionKind::Ended(_)
                | DecisionKind::Tied(_) => {}
            }
        }
    }

    fn is_external(&self, id: StrategyId) -> bool {
        self.config.strategy(id).is_some_and(|slot| slot.profile == GuestProfile::External)
    }

    /// The intent that came from outside in this step has its number; what became of its like is told.
    fn report(&self, effects: &Effects, time: TimeNs) {
        let is_awaited = self.desk.awaits_intent();
        if is_awaited {
            let emitted = effects.decisions.iter().find(|decision| {
                matches!(decision.kind, DecisionKind::Emitted(_)) && self.is_external(decision.key.strategy)
            });
            self.desk.began(emitted.map(|decision| decision.key));
        }
        for (ordinal, decision) in effects.decisions.iter().enumerate() {
            if self.is_external(decision.key.strategy) {
                let (leg, report) = lines::report_of_decision(&self.renderer(), (effects, ordinal), time.0);
                self.desk.report(leg, report);
            }
        }
        if is_awaited {
            self.desk.stepped();
        }
    }

    /// Commands that leave behind this step.
    fn sent(&mut self, effects: &Effects, time: TimeNs) {
        for command in &effects.commands {
            if let Action::Submit(_) = command.action() {
                self.counts.orders += 1;
                if self.awaited.len() < AWAITED_MAX {
                    self.awaited.insert(command.key(), time);
                }
            }
        }
        let renderer = Renderer::new(&self.config, self.session);
        if let Some(log) = &mut self.log {
            effects.commands.iter().for_each(|command| log.command(&renderer, command, time.0));
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "everything else is told as it comes")]
impl Observer for Shower {
    fn row(&mut self, _row: &Event, state: &State) {
        self.rows += 1;
        if self.copied.is_none_or(|copied| now().duration_since(copied) >= PAUSE) {
            self.copy(state);
        }
    }

    fn called(&mut self, effects: &Effects) {
        self.fuel.record(&effects.called, &effects.fuel);
        let is_known = |decision: &Decision| anomaly_of(decision) == Some(AnomalyCode::DuplicateFill);
        let Some(fill) = self.fill.take() else { return };
        // What the core knew already is counted once, and told once.
        if effects.decisions.iter().any(is_known) {
            self.counts.fills -= 1;
        } else {
            self.tell(&fill);
        }
    }

    fn brought(&mut self, event: &Event, blobs: &BlobTable) {
        self.said = render::asked(event, |id| blobs.bytes(id));
    }

    fn event(&mut self, event: &Event, state: &State) {
        if let EventKind::OperatorCommand(_) = event.kind {
            if let Some(act) = self.desk.recorded(event.seq.0) {
                (self.asked)(&act);
            }
        } else if !self.desk.awaits_intent() {
            self.desk.stepped();
        }
        self.follow(event);
        self.count_event(event);
        match event.kind {
            EventKind::OrderFilled(_) => self.fill = Some(*event),
            EventKind::ConfigChanged(_) => {
                self.tell(event);
                self.config = state.config().cloned().unwrap_or_else(|| self.config.clone());
            }
            _ => self.tell(event),
        }
        self.copy(state);
    }

    fn decided(&mut self, effects: &Effects, state: &State) {
        let time = state.time();
        self.count_decisions(effects, time);
        self.report(effects, time);
        let renderer = self.renderer();
        let is_news = |ordinal: &usize| !self.is_old_news(&effects.decisions[*ordinal]);
        let shown = |ordinal| lines::decision(&renderer, (effects, ordinal), time.0);
        (0..effects.decisions.len()).filter(is_news).filter_map(shown).for_each(|line| self.desk.tell(line));
        self.found(effects, time);
        self.sent(effects, time);
        self.copy(state);
    }

    fn end(&mut self, state: &State) {
        self.copy(state);
        self.desk.end();
    }
}

fn anomaly_of(decision: &Decision) -> Option<AnomalyCode> {
    if let DecisionKind::Anomaly(anomaly) = decision.kind { Some(anomaly.code) } else { None }
}

#[expect(clippy::disallowed_methods, reason = "how often a person is shown something")]
fn now() -> Instant {
    Instant::now()
}
