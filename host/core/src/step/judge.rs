//! Judging: what becomes of the intents of one step?
//!
//! In: what the calls of a step emitted. Out: decisions of every layer, in order, and commands. Must never: call a
//! strategy, or let a leg reach the queue without Risk or a venue without the Gate.

use alloc::vec::Vec;

use crate::cross::{self, Counterpart, Probe, Whose};
use crate::decision::{
    Anomaly, AnomalyCode, ApprovalMark, Decision, DecisionKind, Denial, DenialCode, Effects, Malformed, MalformedCode,
};
use crate::ids::{IntentId, LegId, LegKey, StrategyId, TimeNs};
use crate::intent::{Action, Curve, Intent, IntentKind, Link, NoteSpan, Schedule, Submit};
use crate::money::{Decimal, Qty};
use crate::normalize;
use crate::order::OrderInput;
use crate::queue::{self, Queue};
use crate::risk::{ApprovedIntent, amended_terms};
use crate::state::State;
use crate::state::control::{WAKE_DELAY_NS_MIN, WAKES_MAX};
use crate::state::findings::Findings;
use crate::state::links::GROUP_LEGS;
use crate::state::parents::{PARENTS_MAX, Parent, ParentKind};
use crate::step::{Core, parents};
use crate::strategy::{OutcomeCode, Wake};

impl Core {
    /// Judges what was emitted: strategies in an order that rotates with the event's number, each one's own in order.
    pub(super) fn judge(&mut self, effects: &mut Effects) {
        let out = core::mem::take(&mut self.loan_mut().lent().out);
        let pivot = self.first_judged();
        let is_first = |intent: &&Intent| intent.key.strategy >= pivot;
        let first = out.intents().iter().filter(is_first);
        let second = out.intents().iter().filter(|intent| !is_first(intent));
        for intent in first.chain(second) {
            let kind = keep_bytes(intent.kind, |span| out.note(span), &mut effects.notes);
            effects.decide(intent.key, DecisionKind::Emitted(kind));
            self.take_intent(&Intent { kind, ..*intent }, effects);
        }
        self.loan_mut().lent().out = out;
    }

    /// The strategy that is judged first in this step.
    fn first_judged(&self) -> StrategyId {
        let state = self.state();
        let strategies = u16::try_from(state.control.strategies.len() - 1).expect("at most StrategyId::MAX");
        let turn = state.seq.0 % u64::from(strategies.max(1));
        StrategyId(1 + u16::try_from(turn).expect("below the number of strategies"))
    }

    pub(super) fn take_intent(&mut self, intent: &Intent, effects: &mut Effects) {
        if let IntentKind::WakeAt(at) = intent.kind {
            return self.take_wake(intent.key, at, effects);
        }
        if let IntentKind::Schedule(wish) = &intent.kind {
            return self.open_schedule(intent.key, wish, effects);
        }
        if let IntentKind::Submit(submit) = &intent.kind
            && submit.extras.link != Link::NONE
        {
            return self.take_linked(intent.key, submit, effects);
        }
        match intent.kind {
            IntentKind::Submit(submit) if submit.order_type.is_triggered() || submit.tif.is_of_session() => {
                return self.hold(intent.key, &submit, effects);
            }
            IntentKind::Submit(submit) if !self.follow(intent.key, &submit, effects) => return,
            // What was sent of it, and what waits for its parent, is canceled like that of any other.
            IntentKind::Cancel(order)
                if self.cancel_held(intent.key.strategy, order, effects)
                    && self.open_of(intent.key.strategy, order).is_none() =>
            {
                return;
            }
            IntentKind::Amend(amend) if self.amend_held(intent.key, &amend, effects) => return,
            IntentKind::Submit(_)
            | IntentKind::Cancel(_)
            | IntentKind::Amend(_)
            | IntentKind::CancelAll(_)
            | IntentKind::Flatten(_)
            | IntentKind::WakeAt(_)
            | IntentKind::Note(_)
            | IntentKind::Schedule(_) => {}
        }
        if let IntentKind::Submit(submit) = intent.kind {
            match self.in_parts(&submit) {
                Err(malformed) => return self.refuse(intent.key, malformed, effects),
                Ok(Some(total)) => return self.open_split(intent.key, &submit, total, effects),
                Ok(None) => {}
            }
        }
        self.end_splits(intent);
        self.stop_schedules(intent);
        self.stop_tied(intent);
        let mut legs = core::mem::take(&mut self.legs);
        normalize::normalise(self.state(), &self.queue, intent, &mut legs);
        // The normalizer has to see what waited.
        if let IntentKind::CancelAll(only) | IntentKind::Flatten(only) = intent.kind {
            self.cancel_all_held(intent.key.strategy, only, effects);
        }
        self.take_legs(&legs, effects);
        // Orders beyond the legs of one intent are canceled in later rounds.
        let begins =
            |answer: &Result<_, Malformed>| answer.as_ref().err().is_none_or(|e| e.code == MalformedCode::Legs);
        if let (IntentKind::Flatten(only), true) = (intent.kind, legs.iter().all(|(_, answer)| begins(answer)))
            && !self.open_flatten(intent.key, only, legs.len())
        {
            self.refuse(intent.key, too_many_parents(), effects);
        }
        self.legs = legs;
    }

    /// Total quantity of an order that goes out in parts: it shows a part of itself, or is larger than its instrument allows.
    fn in_parts(&self, submit: &Submit) -> Result<Option<Qty>, Malformed> {
        let state = self.state();
        match normalize::shown_in_parts(state, submit)? {
            None if parents::splits(state.config()) => normalize::oversize(state, submit),
            total => Ok(total),
        }
    }

    /// An order that goes out in parts: its parts follow when parents are released.
    fn open_split(&mut self, key: LegKey, submit: &Submit, total: Qty, effects: &mut Effects) {
        let kind = ParentKind::Split { part: *submit, left: total };
        if !self.state_mut().parents.open(Parent { key, kind, next_leg: 1 }) {
            self.refuse(key, too_many_parents(), effects);
        }
    }

    /// A cancel of a split's intent, cancel-all and flatten end the splits they concern: no further part is sent.
    fn end_splits(&mut self, intent: &Intent) {
        let strategy = intent.key.strategy;
        if self.state().parents.is_empty() {
            return;
        }
        let parents = &mut self.state_mut().parents;
        match intent.kind {
            // The normalizer has to see that it was there; its parts end with this step's legs.
            IntentKind::Cancel(order) => parents.stop_split(strategy, order),
            IntentKind::CancelAll(only) | IntentKind::Flatten(only) => parents.close_splits(strategy, only),
            IntentKind::Submit(_)
            | IntentKind::Amend(_)
            | IntentKind::WakeAt(_)
            | IntentKind::Note(_)
            | IntentKind::Schedule(_) => {}
        }
    }

    pub(super) fn take_legs(&mut self, legs: &[normalize::Leg], effects: &mut Effects) {
        for (key, answer) in legs {
            match answer {
                Err(malformed) => self.refuse(*key, *malformed, effects),
                Ok(normalised) => {
                    effects.decide(*key, DecisionKind::Normalised(*normalised));
                    self.take_leg(*key, &normalised.action, effects);
                }
            }
        }
    }

    /// One child of a split.
    pub(super) fn take_submit_leg(&mut self, key: LegKey, child: &Submit, effects: &mut Effects) {
        let answer = normalize::normalise_part(self.state(), child);
        self.take_legs(&[(key, answer)], effects);
    }

    fn take_wake(&mut self, key: LegKey, at: TimeNs, effects: &mut Effects) {
        // A strategy that asks for the past, or for now, must not keep time from moving on.
        let earliest = self.state().time().plus(WAKE_DELAY_NS_MIN);
        let wake = Wake { at: at.max(earliest), strategy: key.strategy };
        if !self.state_mut().control.add_wake(wake) {
            let limit = i64::try_from(WAKES_MAX).expect("a small constant");
            self.refuse(key, Malformed { code: MalformedCode::Wake, value: limit + 1, limit }, effects);
        }
    }

    pub(super) fn refuse(&mut self, key: LegKey, malformed: Malformed, effects: &mut Effects) {
        effects.decide(key, DecisionKind::Malformed(malformed));
        self.end_split_of(key);
        self.tell(key, OutcomeCode::Malformed, effects);
    }

    pub(super) fn deny(&mut self, key: LegKey, denial: Denial, effects: &mut Effects) {
        effects.decide(key, DecisionKind::Denied(denial));
        self.end_split_of(key);
        self.tell(key, outcome_of(denial.code), effects);
    }

    fn take_leg(&mut self, key: LegKey, action: &Action, effects: &mut Effects) {
        if let Some(denial) = self.queue_is_full(action) {
            return self.deny(key, denial, effects);
        }
        let state = &mut self.loan.as_mut().expect("State is here between calls").lent().state;
        match self.risk.review((state, &self.queue), key, action) {
            Err(denial) => self.deny(key, denial, effects),
            Ok(approved) => {
                let mark = ApprovalMark { number: approved.number(), key_id: approved.key_id(), tag: approved.tag() };
                effects.decide(key, DecisionKind::Allowed(mark));
                if let Some(other) = cross_of((state, &self.queue), &approved) {
                    let anomaly = Anomaly { code: AnomalyCode::Cross, value: i64::from(other.key.strategy.0) };
                    effects.decide(HOST_KEY, DecisionKind::Anomaly(anomaly));
                }
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
    pub(super) fn drain(&mut self, effects: &mut Effects) {
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
        match self.gate.pass(&item, state, self.risk.keys_mut()) {
            Err(refusal) => {
                queue::release(&item, state);
                effects.decide(key, DecisionKind::Refused(refusal));
                self.end_split_of(key);
                self.tell(key, OutcomeCode::Refused, effects);
            }
            Ok(command) => {
                let at = (state.seq, state.time);
                let execution = &mut state.execution;
                let found = match *item.action() {
                    Action::Submit(terms) => {
                        execution.dispatched(key, item.account(), terms, at);
                        Findings::FINE
                    }
                    Action::Cancel(terms) => execution.order_input(terms.order, OrderInput::CancelSent, at.0),
                    Action::Amend(terms) => execution.order_input(terms.order, OrderInput::AmendSent, at.0),
                };
                assert!(found.is_fine(), "the queue holds back work whose order is in flight");
                self.queue.sent((command.venue(), command.account()), item.action(), state);
                effects.decide(key, DecisionKind::Dispatched(command.venue(), command.account()));
                effects.commands.push(command);
            }
        }
    }

    /// Tells strategies what the queue dropped, from the decisions it has just recorded.
    pub(super) fn tell_dropped(&mut self, from: usize, effects: &mut Effects) {
        for at in from..effects.decisions.len() {
            let Decision { key, kind } = effects.decisions[at];
            if let Some(code) = outcome_of_drop(&kind) {
                self.end_split_of(key);
                self.tell(key, code, effects);
            }
        }
    }

    /// A part that will not be sent ends its split, and what was kept for the sake of it; an order of a schedule is tried
    /// again with the next slice.
    fn end_split_of(&mut self, key: LegKey) {
        let state = self.state_mut();
        if !state.parents.is_empty() {
            state.parents.stop_split(key.strategy, key.intent);
        }
        if !state.schedules.is_empty() {
            state.lose_schedule_child(key);
        }
        if !self.state().held.is_empty() {
            self.end_kept_of(key);
        }
    }

    /// Keeps an outcome for the strategy; it knows nothing of intents that the host made.
    pub(super) fn tell(&mut self, key: LegKey, code: OutcomeCode, effects: &mut Effects) {
        // What a group does to its members is told by what comes of it.
        if key.intent.is_of_host()
            || key.leg.0 >= GROUP_LEGS
            || !self.state().schedules.is_empty() && self.keeps_to_itself(key, code)
        {
            return;
        }
        let control = self.state_mut().control.strategy_mut(key.strategy);
        // Whoever is outside reads decisions.
        let fits = control.is_none_or(|control| control.is_external || control.push_outcome(key.intent, code));
        if !fits {
            let anomaly = Anomaly { code: AnomalyCode::OutcomesDropped, value: i64::from(key.strategy.0) };
            effects.decide(HOST_KEY, DecisionKind::Anomaly(anomaly));
        }
    }
}

/// Decisions about no strategy's intent.
pub(super) const HOST_KEY: LegKey = LegKey { intent: IntentId(0), strategy: StrategyId::EXTERNAL, leg: LegId(0) };

fn too_many_parents() -> Malformed {
    let limit = i64::try_from(PARENTS_MAX).expect("a small constant");
    Malformed { code: MalformedCode::Parents, value: limit + 1, limit }
}

/// The order of another strategy that an approved order, or an order as amended, would trade with.
fn cross_of((state, queue): (&State, &Queue), approved: &ApprovedIntent) -> Option<Counterpart> {
    let (key, terms) = match approved.action() {
        Action::Submit(terms) => (approved.key(), *terms),
        Action::Amend(amend) => {
            let order = state.execution.orders.get(amend.order)?;
            (amend.order, amended_terms(&order.terms, amend))
        }
        Action::Cancel(_) => return None,
    };
    let probe = Probe { key, account: approved.account(), terms: &terms };
    cross::counterpart((state, queue), &probe, Whose::Others)
}

/// What a strategy is told of a queue decision; `None` where the intent goes on, or was told of already.
fn outcome_of_drop(kind: &DecisionKind) -> Option<OutcomeCode> {
    match kind {
        DecisionKind::Superseded(_) => Some(OutcomeCode::Superseded),
        DecisionKind::Withdrawn(_) => Some(OutcomeCode::Withdrawn),
        DecisionKind::ApprovalExpired(_) => Some(OutcomeCode::ApprovalExpired),
        DecisionKind::Emitted(_)
        | DecisionKind::Malformed(_)
        | DecisionKind::Normalised(_)
        | DecisionKind::Denied(_)
        | DecisionKind::Allowed(_)
        | DecisionKind::Queued
        | DecisionKind::Dispatched(..)
        | DecisionKind::Refused(_)
        | DecisionKind::Halted(_)
        | DecisionKind::Anomaly(_)
        | DecisionKind::Held(_)
        | DecisionKind::Released(_)
        | DecisionKind::Dropped(_)
        | DecisionKind::Scheduled(_)
        | DecisionKind::Ended(_)
        | DecisionKind::Tied(_) => None,
    }
}

/// Copies the bytes of a note or a profile into the effects, so that the decision points there.
fn keep_bytes<'a>(mut kind: IntentKind, bytes: impl FnOnce(NoteSpan) -> &'a [u8], notes: &mut Vec<u8>) -> IntentKind {
    if let IntentKind::Note(span) | IntentKind::Schedule(Schedule { curve: Curve::Profile(span), .. }) = &mut kind {
        let start = u32::try_from(notes.len()).expect("EMITS_MAX notes of NOTE_BYTES_MAX per strategy");
        notes.extend_from_slice(bytes(*span));
        span.start = start;
    }
    kind
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
