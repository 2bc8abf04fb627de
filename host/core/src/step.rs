//! The step: what follows from one event?
//!
//! In: one event, the blobs it may name, and the strategies. Out: decisions, venue commands, the next time something is
//! due. Must never: wait, read a clock, see a venue, or take a second event before the first one's effects are taken.
//!
//! Apply the event; show the same State to every subscribed strategy, by ascending id; then judge their intents
//! ([`judge`]), strategies in an order that rotates with the event's number; then process the queue.

mod ahead;
mod external;
pub(crate) mod held;
mod holding;
mod judge;
mod links;
pub(crate) mod parents;
mod schedules;
mod sessions;

use alloc::vec::Vec;

use crate::blob::BlobTable;
use crate::decision::{Decision, DecisionKind, Effects};
use crate::event::{CancelReason, Cause, Event, EventKind, Halt, OrderStatement, RejectReason};
use crate::gate::Gate;
use crate::ids::{AccountId, LegKey, StrategyId, TimeNs, VenueId};
use crate::intent::IntentKind;
use crate::normalize::Leg;
use crate::order::{Order, OrderState};
use crate::plan::{BarSpec, ChangeFilter, Topic};
use crate::queue::Queue;
use crate::risk::{ApprovalKeys, KeyId, Risk};
use crate::state::State;
use crate::state::control::{Control, OUTCOMES_PER_CALL, Route};
use crate::state::market::Change;
use crate::state::series::Closed;
use crate::strategy::{Call, CallContext, Delivery, StateLoan, StrategyHost};

pub use ahead::{AHEAD_ROWS_MAX, Ahead};

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

/// What the calls of one step share.
struct Turn<'a> {
    event: &'a Event,
    host: &'a mut dyn StrategyHost,
    effects: &'a mut Effects,
}

impl Core {
    /// A core with empty State; its first events are `SessionOpened` and `ConfigChanged`.
    #[must_use]
    pub fn new(keys: ApprovalKeys) -> Core {
        Core {
            loan: Some(StateLoan::new(State::default())),
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

    /// Signs approvals under the key that a record names from now on, to execute it again. True when that key is here: the
    /// tags have to be those of the record then. Where it is not, tags say nothing until [`Core::sign_as_owned`].
    pub fn sign_as_recorded(&mut self, key: KeyId) -> bool {
        self.risk.keys_mut().sign_as_recorded(key)
    }

    /// Signs approvals with the key that the core was made with from now on: a session goes on behind its record.
    pub fn sign_as_owned(&mut self) {
        self.risk.keys_mut().sign_as_owned();
    }

    /// Takes one event through the whole chain.
    ///
    /// # Panics
    /// When events come out of order, or when a strategy host does not give State back.
    pub fn step(&mut self, event: &Event, blobs: &BlobTable, host: &mut dyn StrategyHost, effects: &mut Effects) {
        effects.clear();
        effects.seq = event.seq;
        let before = if let EventKind::OrderReported(said) = &event.kind { self.stated_order(said) } else { None };
        let lent = self.loan_mut().lent();
        lent.out.clear();
        let change = lent.state.apply(event, blobs, &mut effects.decisions);
        if let Some(change) = change {
            self.deliver(change, before, &mut Turn { event, host, effects });
        }
        if !self.state().closed.is_empty() {
            self.deliver_bars(&mut Turn { event, host, effects });
        }
        if let EventKind::ExternalIntent(blob) = event.kind {
            self.take_external((event.time, blob), blobs, effects);
        }
        if self.is_done(event, effects) {
            effects.wake_at = self.next_wake_of_its_own();
        } else {
            self.follow_up(event, change, effects);
        }
    }

    /// True where nothing can follow: the market has moved, nobody asked for anything, and nothing is under way. So it is
    /// with nearly every event.
    #[inline]
    fn is_done(&self, event: &Event, effects: &Effects) -> bool {
        let loan = self.loan.as_ref().expect("State is here between calls");
        event.kind.is_market()
            && !matches!(event.kind, EventKind::CorporateAction(_))
            && effects.decisions.is_empty()
            && loan.emissions().intents().is_empty()
            && self.is_at_rest()
    }

    /// True while nothing waits in the queue, for time, or for another order.
    #[inline]
    fn is_at_rest(&self) -> bool {
        let state = self.state();
        self.queue.is_empty()
            && state.held.is_empty()
            && state.parents.is_empty()
            && state.schedules.is_empty()
            && state.links.is_empty()
    }

    /// Judges what was emitted, and lets everything that is under way take its next step.
    // Out of the way of the events that lead to nothing: the code of those fits the first-level cache.
    #[inline(never)]
    fn follow_up(&mut self, event: &Event, change: Option<Change>, effects: &mut Effects) {
        if !self.loan_mut().emissions().intents().is_empty() {
            self.judge(effects);
        }
        self.take_operator(event, effects);
        if change.is_some() && !self.state().held.is_empty() {
            self.work_held(event, effects);
        }
        if !self.state().parents.is_empty() {
            self.release(effects);
        }
        if !self.state().schedules.is_empty() {
            self.run_schedules(effects);
        }
        let has_links = !self.state().links.is_empty();
        if has_links {
            self.run_links(event, effects);
        }
        if !self.queue.is_empty() {
            self.drain(effects);
        }
        if has_links {
            self.state_mut().links.is_touched = !effects.decisions.is_empty();
        }
        self.count_own_changes(event, &effects.decisions);
        effects.wake_at = self.next_wake();
    }

    /// Whose orders, position or limits this step may have changed; filters ask.
    fn count_own_changes(&mut self, event: &Event, decisions: &[Decision]) {
        let state = self.state_mut();
        let is_own = |decision: &&Decision| !matches!(decision.kind, DecisionKind::Emitted(IntentKind::Note(_)));
        for decision in decisions.iter().filter(is_own) {
            state.control.count_own_change(decision.key.strategy);
        }
        let is_of_the_market = event.kind.is_market() && !matches!(event.kind, EventKind::CorporateAction(_));
        if is_of_the_market || event.kind == EventKind::TimeAdvanced {
            return;
        }
        match state.concerned(&event.kind) {
            Some(owner) => {
                state.control.count_own_change(owner);
            }
            None => state.control.count_own_changes(),
        }
    }

    fn deliver(&mut self, change: Change, before: Option<Order>, turn: &mut Turn<'_>) {
        match Topic::of(&turn.event.kind) {
            Some(Topic::Book) if !closes_group(turn.event) => {}
            Some(Topic::Order) => match before {
                Some(before) => self.deliver_statement(&before, turn),
                None => self.deliver_order(turn),
            },
            Some(topic) => self.deliver_topic(topic, change, turn),
            None if turn.event.kind == EventKind::TimeAdvanced => self.deliver_wakes(turn),
            None => {}
        }
    }

    /// One call a strategy, however many of its subscriptions want the event; each of them has had it then.
    fn deliver_topic(&mut self, topic: Topic, change: Change, turn: &mut Turn<'_>) {
        let (event, instrument) = (turn.event, turn.event.instrument);
        let (mut place, mut count) = (0, 1);
        let mut called = None;
        while place < count {
            let routes = self.state().control.routes(instrument, topic);
            let Some(route) = routes.get(place).copied() else { return };
            count = routes.len();
            if passes(&self.state().control, &route, event, change) {
                let is_delivered = match called {
                    Some((strategy, is_delivered)) if strategy == route.strategy => is_delivered,
                    Some(_) | None => self.call(route.strategy, turn),
                };
                called = Some((route.strategy, is_delivered));
                if is_delivered && route.counts() {
                    self.state_mut().control.count_delivery(instrument, topic, place);
                }
            }
            place += 1;
        }
    }

    /// Bars that closed with this event, each as an event of its own in the same step: behind the event, by instrument and
    /// series, every one of them to whoever's plan names it.
    #[cold]
    fn deliver_bars(&mut self, turn: &mut Turn<'_>) {
        let mut at = 0;
        while let Some(Closed { instrument, spec, bar }) = self.state().closed.get(at).copied() {
            at += 1;
            let venue = self.state().instrument(instrument).map_or(VenueId(0), |instrument| instrument.venue);
            let (cause, kind) = (Cause::Event(turn.event.seq), EventKind::Bar(bar));
            let Event { seq, time, .. } = *turn.event;
            let (venue_time, account) = (TimeNs(0), AccountId(0));
            let event = Event { seq, time, venue_time, cause, instrument, venue, account, kind };
            let turn = &mut Turn { event: &event, host: turn.host, effects: turn.effects };
            let routes = self.state().control.routes(instrument, Topic::Bar).len();
            for place in 0..routes {
                let route = self.state().control.routes(instrument, Topic::Bar)[place];
                if route.bars == Some(spec) && self.call(route.strategy, turn) && route.counts() {
                    self.state_mut().control.count_delivery(instrument, Topic::Bar, place);
                }
            }
        }
    }

    /// The order that an event states, as it is before it.
    #[cold]
    fn stated_order(&self, said: &OrderStatement) -> Option<Order> {
        self.state().order_by_key(said.order).copied()
    }

    /// A statement is told as what it made of the order, in the words of a report; what it left as it was is not told.
    #[inline(never)]
    fn deliver_statement(&mut self, before: &Order, turn: &mut Turn<'_>) {
        let after = self.state().order_by_key(before.key);
        let Some((after, kind)) = after.and_then(|after| Some((after, told(before, after)?))) else { return };
        let event = Event { instrument: after.terms.instrument, kind, ..*turn.event };
        self.deliver_order(&mut Turn { event: &event, host: turn.host, effects: turn.effects });
    }

    /// Facts about an order go to its owner alone.
    #[inline(never)]
    fn deliver_order(&mut self, turn: &mut Turn<'_>) {
        let state = self.state();
        let Some(owner) = state.concerned(&turn.event.kind) else { return };
        let routes = state.control.routes(turn.event.instrument, Topic::Order);
        if routes.binary_search_by_key(&owner, |route| route.strategy).is_ok() {
            self.call(owner, turn);
        }
    }

    #[inline(never)]
    fn deliver_wakes(&mut self, turn: &mut Turn<'_>) {
        let mut due = core::mem::take(&mut self.due);
        due.clear();
        self.state_mut().control.take_due(turn.event.time, &mut due);
        for strategy in &due {
            self.wake(*strategy, turn);
        }
        self.due = due;
    }

    /// Delivers pending outcomes, then the event, on this step's State. False when the strategy does not run (any more).
    fn call(&mut self, strategy: StrategyId, turn: &mut Turn<'_>) -> bool {
        self.tell_outcomes(strategy, turn) && self.call_once(strategy, Delivery::Event, turn)
    }

    /// Delivers pending outcomes, then a wake.
    fn wake(&mut self, strategy: StrategyId, turn: &mut Turn<'_>) -> bool {
        self.tell_outcomes(strategy, turn) && self.call_once(strategy, Delivery::Wake, turn)
    }

    /// Delivers pending outcomes; false when the strategy does not run any more.
    #[inline]
    fn tell_outcomes(&mut self, strategy: StrategyId, turn: &mut Turn<'_>) -> bool {
        let control = self.state().control.strategy(strategy);
        let is_waiting = control.is_some_and(|control| !control.outcomes.is_empty());
        !is_waiting || self.deliver_outcomes(strategy, turn)
    }

    #[inline(never)]
    fn deliver_outcomes(&mut self, strategy: StrategyId, turn: &mut Turn<'_>) -> bool {
        for _ in 0..OUTCOMES_PER_CALL {
            let control = self.state_mut().control.strategy_mut(strategy).filter(|control| control.runs());
            let Some(control) = control else { return false };
            let Some((intent, code)) = control.outcomes.pop_front() else { break };
            if !self.call_once(strategy, Delivery::Outcome(intent, code), turn) {
                return false;
            }
        }
        true
    }

    // Inlined, with a delivery known at each place: one that is written to memory as a byte and read back as sixteen makes
    // the processor wait at every call.
    #[inline(always)]
    fn call_once(&mut self, strategy: StrategyId, delivery: Delivery, turn: &mut Turn<'_>) -> bool {
        let event = turn.event;
        let lent = self.loan_mut().lent();
        let state = &mut lent.state;
        let touch = state.market(event.instrument).map(|market| market.touch).unwrap_or_default();
        let context = CallContext { touch, position: state.execution.net_qty(strategy, event.instrument) };
        let Some(control) = state.control.strategy_mut(strategy).filter(|control| control.runs()) else { return false };
        if let Some(halt) = control.count_reaction(event) {
            control.halt = Some(halt);
            record_halt(strategy, halt, turn.effects);
            return false;
        }
        let left = control.second.left(event.time, control.rates);
        lent.out.begin_call((strategy, control.intents + 1), control.is_warming_up(), left);

        let loan = self.loan.take().expect("State is here between calls");
        let place = loan.place();
        let (mut loan, report) = turn.host.call(&Call { strategy, event, delivery, context }, loan);
        assert!(core::ptr::eq(loan.place(), place), "the strategy host gave back another core's State");
        turn.effects.fuel.push(report.fuel);
        turn.effects.called.push(strategy);

        let lent = loan.lent();
        let control = lent.state.control.strategy_mut(strategy).expect("it was there before the call");
        let is_alive = report.fault.is_none();
        if let Some(halt) = report.fault {
            lent.out.drop_call();
            // Until its event comes, which is next in the stream, it must not be called again.
            control.halt = Some(*halt);
            record_halt(strategy, *halt, turn.effects);
        } else {
            control.count_emitted(event.time, &lent.out);
            let cut = lent.out.cut();
            if cut > 0 {
                turn.effects.cut.push((strategy, cut));
            }
        }
        self.loan = Some(loan);
        is_alive
    }

    /// When a strategy wants to be woken, or a bar ends.
    #[inline]
    fn next_wake_of_its_own(&self) -> Option<TimeNs> {
        let state = self.state();
        match (state.control.next_wake(), state.bar_due) {
            (Some(wake), Some(bar)) => Some(wake.min(bar)),
            (wake, bar) => wake.or(bar),
        }
    }

    fn next_wake(&self) -> Option<TimeNs> {
        let wake = self.next_wake_of_its_own();
        if self.is_at_rest() {
            return wake;
        }
        let state = self.state();
        let ttl = state.config().map_or(0, |config| config.execution.approval_ttl_ns);
        [wake, self.queue.next_due(ttl), self.next_round(), self.next_slice(), self.next_link(), state.held.next_due()]
            .into_iter()
            .flatten()
            .min()
    }

    fn loan_mut(&mut self) -> &mut StateLoan {
        self.loan.as_mut().expect("State is here between calls")
    }

    fn state_mut(&mut self) -> &mut State {
        &mut self.loan_mut().lent().state
    }
}

/// False for all but the last record of a group: half a group is nobody's to see.
fn closes_group(event: &Event) -> bool {
    event.kind.book_level().is_none_or(|level| level.is_told())
}

/// The report that would have made of an order what a statement made of it.
fn told(before: &Order, after: &Order) -> Option<EventKind> {
    use OrderState as S;
    let (key, terms) = (after.key, after.terms);
    let amended = EventKind::OrderAmended(key, terms.limit_price.unwrap_or_default(), terms.qty);
    let moved = (before.terms.qty, before.terms.limit_price) != (terms.qty, terms.limit_price);
    match after.state {
        S::Accepted | S::PartiallyFilled if moved => Some(amended),
        state if state == before.state => moved.then_some(amended),
        S::Accepted | S::PartiallyFilled => Some(EventKind::OrderAccepted(key)),
        // All of it had been filled before, as one of its amends turned out to be void.
        S::Filled => Some(amended),
        S::Canceled => Some(EventKind::OrderCanceled(key, after.leaves(), CancelReason::Venue)),
        S::Rejected => Some(EventKind::OrderRejected(key, RejectReason::Unknown)),
        S::Expired => Some(EventKind::OrderExpired(key, after.leaves())),
        S::Unknown => Some(EventKind::OutcomeUnknown(key)),
        S::Submitted | S::PendingCancel | S::PendingAmend => None,
    }
}

fn passes(control: &Control, route: &Route, event: &Event, change: Change) -> bool {
    let wanted = match route.filter {
        ChangeFilter::Every => true,
        ChangeFilter::TouchPrice => change.touch_price,
        ChangeFilter::Touch => change.touch,
        ChangeFilter::TouchPriceOrOwn => {
            change.touch_price || control.strategy(route.strategy).is_some_and(|own| !own.is_as_seen(route))
        }
    };
    let EventKind::Bar(bar) = &event.kind else { return wanted };
    wanted
        && match route.bars {
            None => true,
            // A feed brings bars by time alone; those that are built have a way of their own.
            Some(spec) => spec == BarSpec::TimeNs(bar.interval_ns),
        }
}

/// A halt is a decision of its step and becomes the next event.
fn record_halt(strategy: StrategyId, halt: Halt, effects: &mut Effects) {
    effects.halts.push((strategy, halt));
    effects.decide(LegKey { strategy, ..LegKey::default() }, DecisionKind::Halted(halt));
}
