//! The step: what follows from one event?
//!
//! In: one event, the blobs it may name, and the strategies. Out: decisions, venue commands, the next time something is
//! due. Must never: wait, read a clock, see a venue, or take a second event before the first one's effects are taken.
//!
//! Apply the event; show the same State to every subscribed strategy, by ascending id; then judge their intents,
//! strategies in an order that rotates with the event's number; then process the queue.

use alloc::vec::Vec;

use crate::blob::BlobTable;
use crate::decision::{Anomaly, AnomalyCode, ApprovalMark, Decision, DecisionKind, Denial, DenialCode, Effects, Malformed, MalformedCode};
use crate::event::{Event, EventKind, Halt};
use crate::gate::Gate;
use crate::ids::{IntentId, LegId, LegKey, StrategyId, TimeNs};
use crate::intent::{Action, Intent, IntentKind, NoteSpan};
use crate::money::Decimal;
use crate::normalize::{self, Leg};
use crate::order::OrderInput;
use crate::plan::{BarSpec, ChangeFilter, Topic};
use crate::queue::{self, Queue};
use crate::risk::{ApprovalKeys, ApprovedIntent, Risk};
use crate::state::State;
use crate::state::control::{OUTCOMES_PER_CALL, Route, WAKE_DELAY_NS_MIN};
use crate::state::market::Change;
use crate::strategy::{Call, CallContext, Delivery, OutcomeCode, StateLoan, StrategyHost, Wake};

/// Version of the rules that decisions follow; a journal of the same version must replay to the same decisions.
pub const RULES_VERSION: u32 = 1;

/// The deterministic core: State and the layers that act on it.
#[derive(Debug)]
pub struct Core {
    /// Absent only while a strategy is being called.
    loan: Option<StateLoan>,
    risk: Risk,
    queue: Queue,
    gate: Gate,
    legs: Vec<Leg>,
    due: Vec<StrategyId>,
}

impl Core {
    /// A core with empty State; its first events are `SessionOpened` and `ConfigChanged`.
    #[must_use]
    pub fn new(keys: ApprovalKeys) -> Core {
        Core {
            loan: Some(StateLoan::new(State::default(), 1)),
            risk: Risk::new(keys),
            queue: Queue::default(),
            gate: Gate::new(),
            legs: Vec::new(),
            due: Vec::new(),
        }
    }

    /// State after the last step.
    ///
    /// # Panics
    /// Never between steps.
    #[must_use]
    pub fn state(&self) -> &State {
        self.loan.as_ref().expect("State is here between calls")
    }

    /// Work that waits.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Takes one event through the whole chain.
    ///
    /// # Panics
    /// When events come out of order, or when a strategy host does not give State back.
    pub fn step(&mut self, event: &Event, blobs: &BlobTable, host: &mut dyn StrategyHost, effects: &mut Effects) {
        effects.clear();
        effects.seq = event.seq;
        let lent = self.loan_mut().lent();
        lent.out.clear();
        let change = lent.state.apply(event, blobs, &mut effects.decisions);
        self.deliver(event, change, host, effects);
        if !self.state_loan().emissions().intents().is_empty() {
            self.judge(event, effects);
        }
        if !self.queue.is_empty() {
            self.drain(effects);
        }
        effects.wake_at = self.next_wake();
    }

    fn deliver(&mut self, event: &Event, change: Change, host: &mut dyn StrategyHost, effects: &mut Effects) {
        match Topic::of(&event.kind) {
            Some(Topic::Order) => self.deliver_order(event, host, effects),
            Some(topic) => self.deliver_topic((event, topic, change), host, effects),
            None if event.kind == EventKind::TimeAdvanced => self.deliver_wakes(event, host, effects),
            None => {}
        }
    }

    fn deliver_topic(
        &mut self,
        (event, topic, change): (&Event, Topic, Change),
        host: &mut dyn StrategyHost,
        effects: &mut Effects,
    ) {
        let count = self.state().control.routes(event.instrument, topic).len();
        for place in 0..count {
            let route = self.state().control.routes(event.instrument, topic)[place];
            if passes(&route, event, change) {
                self.call(event, (route.strategy, Delivery::Event), host, effects);
                self.loan_mut().lent().state.control.count_warm_up(event.instrument, topic, place);
            }
        }
    }

    /// Facts about an order go to its owner alone.
    fn deliver_order(&mut self, event: &Event, host: &mut dyn StrategyHost, effects: &mut Effects) {
        let Some(owner) = order_of(&event.kind).map(|key| key.strategy) else { return };
        let routes = self.state().control.routes(event.instrument, Topic::Order);
        if routes.binary_search_by_key(&owner, |route| route.strategy).is_ok() {
            self.call(event, (owner, Delivery::Event), host, effects);
        }
    }

    fn deliver_wakes(&mut self, event: &Event, host: &mut dyn StrategyHost, effects: &mut Effects) {
        let mut due = core::mem::take(&mut self.due);
        due.clear();
        self.loan_mut().lent().state.control.take_due(event.time, &mut due);
        for strategy in &due {
            self.call(event, (*strategy, Delivery::Wake), host, effects);
        }
        self.due = due;
    }

    /// Delivers pending outcomes, then the event, on this step's State.
    fn call(
        &mut self,
        event: &Event,
        (strategy, delivery): (StrategyId, Delivery),
        host: &mut dyn StrategyHost,
        effects: &mut Effects,
    ) {
        for _ in 0..OUTCOMES_PER_CALL {
            let control = self.loan_mut().lent().state.control.strategy_mut(strategy);
            let Some((intent, code)) = control.and_then(|control| control.outcomes.pop_front()) else { break };
            if !self.call_once(event, (strategy, Delivery::Outcome(intent, code)), host, effects) {
                return;
            }
        }
        self.call_once(event, (strategy, delivery), host, effects);
    }

    /// One call; false when the strategy does not run (any more).
    fn call_once(
        &mut self,
        event: &Event,
        (strategy, delivery): (StrategyId, Delivery),
        host: &mut dyn StrategyHost,
        effects: &mut Effects,
    ) -> bool {
        let lent = self.loan_mut().lent();
        let state = &mut lent.state;
        let touch = state.market(event.instrument).map(|market| market.touch).unwrap_or_default();
        let context = CallContext { touch, position: state.execution.net_qty(strategy, event.instrument) };
        let Some(control) = state.control.strategy_mut(strategy).filter(|control| control.runs()) else { return false };
        if let Some(halt) = control.count_reaction(event) {
            control.halt = Some(halt);
            record_halt(strategy, halt, effects);
            return false;
        }
        control.calls += 1;
        lent.out.begin_call(strategy, control.intents + 1, control.is_warming_up());

        let loan = self.loan.take().expect("State is here between calls");
        let ticket = loan.ticket();
        let (mut loan, report) = host.call(&Call { strategy, event, delivery, context }, loan);
        assert!(loan.ticket() == ticket, "the strategy host gave back another core's State");
        effects.fuel.push(report.fuel);
        effects.called.push(strategy);

        let lent = loan.lent();
        let control = lent.state.control.strategy_mut(strategy).expect("it was there before the call");
        if let Some(halt) = report.fault {
            lent.out.drop_call();
            // Until its event comes, which is next in the stream, it must not be called again.
            control.halt = Some(halt);
            record_halt(strategy, halt, effects);
        } else {
            control.intents += lent.out.emitted_in_call();
        }
        self.loan = Some(loan);
        report.fault.is_none()
    }

    /// Judges what was emitted: strategies in an order that rotates with the event's number, each one's own in order.
    fn judge(&mut self, event: &Event, effects: &mut Effects) {
        let out = core::mem::take(&mut self.loan_mut().lent().out);
        let strategies = self.state().control.strategies.len().saturating_sub(1).max(1);
        let turn = event.seq.0 % u64::try_from(strategies).expect("at most 32767");
        let pivot = StrategyId(u16::try_from(turn + 1).expect("at most 32767"));
        let is_first = |intent: &&Intent| intent.key.strategy >= pivot;
        let first = out.intents().iter().filter(is_first);
        let second = out.intents().iter().filter(|intent| !is_first(intent));
        for intent in first.chain(second) {
            let kind = keep_note(intent.kind, |span| out.note(span), &mut effects.notes);
            effects.decide(intent.key, DecisionKind::Emitted(kind));
            self.take_intent(event, intent, effects);
        }
        self.loan_mut().lent().out = out;
    }

    fn take_intent(&mut self, event: &Event, intent: &Intent, effects: &mut Effects) {
        if let IntentKind::WakeAt(at) = intent.kind {
            return self.take_wake(event, (intent.key, at), effects);
        }
        let mut legs = core::mem::take(&mut self.legs);
        normalize::normalise(self.state(), &self.queue, intent, &mut legs);
        for (key, answer) in &legs {
            match answer {
                Err(malformed) => self.refuse(*key, *malformed, effects),
                Ok(normalised) => {
                    effects.decide(*key, DecisionKind::Normalised(*normalised));
                    self.take_leg(event, (*key, normalised.action), effects);
                }
            }
        }
        self.legs = legs;
    }

    fn take_wake(&mut self, event: &Event, (key, at): (LegKey, TimeNs), effects: &mut Effects) {
        // A strategy that asks for the past, or for now, must not keep time from moving on.
        let wake = Wake { at: at.max(event.time.plus(WAKE_DELAY_NS_MIN)), strategy: key.strategy };
        if !self.loan_mut().lent().state.control.add_wake(wake) {
            let limit = i64::try_from(crate::state::control::WAKES_MAX).expect("a small constant");
            self.refuse(key, Malformed { code: MalformedCode::Wake, value: limit + 1, limit }, effects);
        }
    }

    fn refuse(&mut self, key: LegKey, malformed: Malformed, effects: &mut Effects) {
        effects.decide(key, DecisionKind::Malformed(malformed));
        self.tell(key, OutcomeCode::Malformed, effects);
    }

    fn take_leg(&mut self, event: &Event, (key, action): (LegKey, Action), effects: &mut Effects) {
        if let Some(denial) = self.queue_is_full(&action) {
            effects.decide(key, DecisionKind::Denied(denial));
            return self.tell(key, outcome_of(denial.code), effects);
        }
        let state = &mut self.loan.as_mut().expect("State is here between calls").lent().state;
        match self.risk.review(state, key, &action, event) {
            Err(denial) => {
                effects.decide(key, DecisionKind::Denied(denial));
                self.tell(key, outcome_of(denial.code), effects);
            }
            Ok(approved) => {
                let mark = ApprovalMark { number: approved.number(), tag: approved.tag() };
                effects.decide(key, DecisionKind::Allowed(mark));
                let before = effects.decisions.len();
                self.queue.push(approved, state, effects);
                self.tell_dropped(before, effects);
            }
        }
    }

    /// Bounds the queue (invariant I12). Cancels and amends are bounded already: one of each waits per order at most.
    fn queue_is_full(&self, action: &Action) -> Option<Denial> {
        let limit = self.state().config().map_or(0, |config| config.execution.queue_max);
        let is_full = matches!(action, Action::Submit(_)) && self.queue.submits() >= limit as usize;
        let (limit, allowed) = (Decimal::from(limit), Decimal::ZERO);
        is_full.then(|| Denial { code: DenialCode::QueueFull, limit, value: limit + Decimal::ONE, allowed })
    }

    /// Lets everything leave that is due.
    fn drain(&mut self, effects: &mut Effects) {
        loop {
            let before = effects.decisions.len();
            let state = &mut self.loan.as_mut().expect("State is here between calls").lent().state;
            let item = self.queue.pop_due(state, effects);
            self.tell_dropped(before, effects);
            let Some(item) = item else { return };
            self.dispatch(item, effects);
        }
    }

    fn dispatch(&mut self, item: ApprovedIntent, effects: &mut Effects) {
        let state = &mut self.loan.as_mut().expect("State is here between calls").lent().state;
        let key = item.key();
        match self.gate.pass(&item, state, self.risk.keys()) {
            Err(refusal) => {
                queue::release(&item, state);
                effects.decide(key, DecisionKind::Refused(refusal));
                self.tell(key, OutcomeCode::Refused, effects);
            }
            Ok(command) => {
                let at = (state.seq, state.time);
                let found = match *item.action() {
                    Action::Submit(terms) => {
                        state.execution.dispatched(key, item.account(), terms, at);
                        [None; 3]
                    }
                    Action::Cancel(terms) => state.execution.order_input(terms.order, OrderInput::CancelSent, at.0),
                    Action::Amend(terms) => state.execution.order_input(terms.order, OrderInput::AmendSent, at.0),
                };
                assert!(found[0].is_none(), "the queue holds back work whose order is in flight");
                effects.decide(key, DecisionKind::Dispatched(command.venue(), command.account()));
                effects.commands.push(command);
            }
        }
    }

    /// Tells strategies what the queue dropped, from the decisions it has just recorded.
    fn tell_dropped(&mut self, from: usize, effects: &mut Effects) {
        for at in from..effects.decisions.len() {
            let Decision { key, kind } = effects.decisions[at];
            let code = match kind {
                DecisionKind::Superseded(_) => OutcomeCode::Superseded,
                DecisionKind::Withdrawn(_) => OutcomeCode::Withdrawn,
                DecisionKind::ApprovalExpired(_) => OutcomeCode::ApprovalExpired,
                DecisionKind::Emitted(_)
                | DecisionKind::Malformed(_)
                | DecisionKind::Normalised(_)
                | DecisionKind::Denied(_)
                | DecisionKind::Allowed(_)
                | DecisionKind::Queued
                | DecisionKind::Dispatched(..)
                | DecisionKind::Refused(_)
                | DecisionKind::Halted(_)
                | DecisionKind::Anomaly(_) => continue,
            };
            self.tell(key, code, effects);
        }
    }

    fn tell(&mut self, key: LegKey, code: OutcomeCode, effects: &mut Effects) {
        let control = self.loan_mut().lent().state.control.strategy_mut(key.strategy);
        let fits = control.is_none_or(|control| control.push_outcome(key.intent, code));
        if !fits {
            let value = i64::from(key.strategy.0);
            let anomaly = Anomaly { code: AnomalyCode::OutcomesDropped, value };
            effects.decide(HOST_KEY, DecisionKind::Anomaly(anomaly));
        }
    }

    fn next_wake(&self) -> Option<TimeNs> {
        let state = self.state();
        let wake = state.control.next_wake();
        if self.queue.is_empty() {
            return wake;
        }
        let ttl = state.config().map_or(0, |config| config.execution.approval_ttl_ns);
        wake.into_iter().chain(self.queue.next_expiry(ttl)).min()
    }

    fn state_loan(&self) -> &StateLoan {
        self.loan.as_ref().expect("State is here between calls")
    }

    fn loan_mut(&mut self) -> &mut StateLoan {
        self.loan.as_mut().expect("State is here between calls")
    }
}

fn record_halt(strategy: StrategyId, halt: Halt, effects: &mut Effects) {
    effects.halts.push((strategy, halt));
    effects.decide(LegKey { strategy, ..LegKey::default() }, DecisionKind::Halted(halt));
}

/// Decisions about no strategy's intent.
const HOST_KEY: LegKey = LegKey { intent: IntentId(0), strategy: StrategyId::EXTERNAL, leg: LegId(0) };

fn passes(route: &Route, event: &Event, change: Change) -> bool {
    let wanted = match route.filter {
        ChangeFilter::Every => true,
        ChangeFilter::TouchPrice => change.touch_price,
        ChangeFilter::Touch => change.touch,
    };
    let is_bar = match (&event.kind, route.bars) {
        (EventKind::Bar(bar), Some(BarSpec::TimeNs(ns))) => bar.interval_ns == ns,
        // Bars of other kinds are built by the host and carry no interval.
        (EventKind::Bar(_), Some(BarSpec::Ticks(_) | BarSpec::Volume(_))) => false,
        _other => true,
    };
    wanted && is_bar
}

/// Order an execution event is about.
fn order_of(kind: &EventKind) -> Option<LegKey> {
    match kind {
        EventKind::OrderAccepted(key)
        | EventKind::OrderRejected(key, _)
        | EventKind::OrderCanceled(key, ..)
        | EventKind::CancelRejected(key, _)
        | EventKind::OrderAmended(key, ..)
        | EventKind::AmendRejected(key, _)
        | EventKind::OrderExpired(key, _)
        | EventKind::OutcomeUnknown(key)
        | EventKind::TransmitRefused(key, _) => Some(*key),
        EventKind::OrderFilled(fill) | EventKind::FillBusted(fill) => Some(fill.order),
        _other => None,
    }
}

/// Copies the bytes of a note into the effects, so that the decision points there.
fn keep_note<'a>(kind: IntentKind, text: impl FnOnce(NoteSpan) -> &'a [u8], notes: &mut Vec<u8>) -> IntentKind {
    let IntentKind::Note(span) = kind else { return kind };
    let start = u32::try_from(notes.len()).expect("EMITS_MAX notes of NOTE_BYTES_MAX per strategy");
    notes.extend_from_slice(text(span));
    IntentKind::Note(NoteSpan { start, len: span.len })
}

/// What a strategy is told of a denial: the family of the rule, not the limit or anybody else's exposure.
fn outcome_of(code: DenialCode) -> OutcomeCode {
    use DenialCode as D;
    match code {
        D::OrderQtyMax | D::OrderQtyMin => OutcomeCode::DeniedQuantity,
        D::OrderNotionalMax | D::OrderNotionalMin => OutcomeCode::DeniedNotional,
        D::PriceCollar => OutcomeCode::DeniedPriceCollar,
        D::PositionStrategy | D::PositionInstrument | D::PositionAccount | D::ReduceOnly => OutcomeCode::DeniedPosition,
        D::ExposureGross | D::ExposureNet | D::ExposureAsset | D::ExposureCounterparty | D::StrategyCapital => {
            OutcomeCode::DeniedExposure
        }
        D::Leverage
        | D::MarginInitial
        | D::MarginMaintenance
        | D::Balance
        | D::LeverageNotReported
        | D::MarginModeNotReported => OutcomeCode::DeniedMargin,
        D::DrawdownSession | D::DrawdownPeak => OutcomeCode::DeniedDrawdown,
        D::LossDay | D::StrategyLoss => OutcomeCode::DeniedLoss,
        D::OpenOrders => OutcomeCode::DeniedOpenOrders,
        D::Velocity | D::OrderToTrade => OutcomeCode::DeniedVelocity,
        D::Duplicate | D::SelfTrade => OutcomeCode::DeniedDuplicate,
        D::InstrumentRestricted | D::InstrumentHalted | D::InstrumentCancelOnly => OutcomeCode::DeniedInstrumentStatus,
        D::NotAuthorised | D::LaneNotPermitted | D::RegionBlocked => OutcomeCode::DeniedNotAuthorised,
        D::StaleMarket => OutcomeCode::DeniedStaleMarket,
        D::TradingDisabled => OutcomeCode::DeniedTradingDisabled,
        D::KillSwitch => OutcomeCode::DeniedKillSwitch,
        D::VenueUnavailable | D::VenueWindow | D::NotComputable | D::QueueFull => OutcomeCode::DeniedOther,
    }
}
