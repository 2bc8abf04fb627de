//! Interleavings: every sequence of eight things (twelve in the long runs) that can happen to an order, and random ones of up
//! to two hundred.
//!
//! After each of them the order is where the table says, what is not allowed is an anomaly and changes nothing, and all
//! invariants hold. What happens to an order depends on its situation alone (the order itself, what waits for it, its last
//! fill, how long ago it ended), so that sequences that lead to the same situation share what follows: each situation is
//! reached once, by living through a shortest way to it, and from there everything happens.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use crate::config::EmitRates;
use crate::decision::{AnomalyCode, DecisionKind};
use crate::event::{CancelReason, Command, EventKind, Fill, OrderStatement, Quote, RejectReason, Report};
use crate::ids::{AccountId, IntentId, LegKey, Seq, StrategyId};
use crate::instrument::Side;
use crate::intent::{Action, Amend, IntentKind, Submit};
use crate::money::{Price, Qty};
use crate::order::{Order, OrderInput, OrderState, Transition, transition};
use crate::tests::invariants::Ledger;
use crate::tests::properties::soak_times;
use crate::tests::reports::plain_fill;
use crate::tests::world::{A, Act, START, World};

/// What can happen to an order of five: what the venue says, and what its strategy asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Accept,
    Reject,
    FillOne,
    FillRest,
    FillTooMuch,
    FillAgain,
    Bust,
    Canceled,
    CancelRejected,
    Amended,
    AmendRejected,
    Expired,
    Unknown,
    NotSent,
    Stated,
    AskCancel,
    AskMore,
    AskLess,
}

const INPUTS: [Input; 18] = [
    Input::Accept,
    Input::Reject,
    Input::FillOne,
    Input::FillRest,
    Input::FillTooMuch,
    Input::FillAgain,
    Input::Bust,
    Input::Canceled,
    Input::CancelRejected,
    Input::Amended,
    Input::AmendRejected,
    Input::Expired,
    Input::Unknown,
    Input::NotSent,
    Input::Stated,
    Input::AskCancel,
    Input::AskMore,
    Input::AskLess,
];

const ONE: StrategyId = StrategyId(1);
/// Short, so that orders retire within a sequence and what comes later finds their strategy by the client id.
const RETENTION: u64 = 2;

struct Run {
    world: World,
    ledger: Ledger,
    /// Last fill of an order, until it is taken back.
    fills: BTreeMap<LegKey, Fill>,
    /// Orders whose fate was unknown and not proven since, kept apart from what the core keeps.
    doubts: BTreeSet<LegKey>,
    /// Orders as they were before they left State.
    ended: BTreeMap<LegKey, (Order, Seq)>,
}

impl Run {
    fn new() -> Run {
        let mut world = World::new();
        world.config.execution.terminal_retention_events = RETENTION;
        // All of it happens at one time.
        let no_limit = EmitRates { intents_per_s: u32::MAX, notes_per_s: u32::MAX, wakes_per_s: u32::MAX };
        world.config.strategies.iter_mut().for_each(|slot| slot.rates = no_limit);
        world.open();
        Run {
            world,
            ledger: Ledger::default(),
            fills: BTreeMap::new(),
            doubts: BTreeSet::new(),
            ended: BTreeMap::new(),
        }
    }

    fn report(&mut self, kind: EventKind) {
        self.world.log.clear();
        self.world.report(START, Report { instrument: A, account: AccountId(1), ..Report::control(kind) });
        self.ledger.follow(&self.world);
        self.world.events.clear();
    }

    fn ask(&mut self, kind: IntentKind) {
        self.world.host.tell(ONE, vec![Act::Emit(kind)]);
        let quote = Quote { bid_price: Price(100), bid_qty: Qty(5), ask_price: Price(101), ask_qty: Qty(5) };
        self.report(EventKind::Quote(quote));
    }

    fn order(&self, key: LegKey) -> Option<Order> {
        self.world.core.state().order_by_key(key).copied()
    }

    fn begin(&mut self) -> LegKey {
        // What an overfill halted, an operator lifts.
        self.report(EventKind::TradingEnabled);
        self.ask(IntentKind::Submit(Submit::limit(A, Side::Buy, Qty(5), Price(100))));
        let key = self.world.effects.commands[0].key();
        let oldest = IntentId(key.intent.0.saturating_sub(500));
        self.ledger.forget_before(oldest);
        self.fills.retain(|key, _| key.intent >= oldest);
        self.doubts.retain(|key| key.intent >= oldest);
        self.ended.retain(|key, _| key.intent >= oldest);
        key
    }

    /// What the venue says, with the input that it is; nothing where there is nothing to say it of.
    fn say(&mut self, key: LegKey, input: Input) -> Option<(EventKind, OrderInput)> {
        let (order, too_late) =
            (self.order(key).or_else(|| self.ended.get(&key).map(|ended| ended.0))?, RejectReason::TooLate);
        let open = order.leaves().0;
        Some(match input {
            Input::Accept => (EventKind::OrderAccepted(key), OrderInput::Accept),
            Input::Reject => (EventKind::OrderRejected(key, too_late), OrderInput::Reject),
            Input::FillOne => self.fill(&order, 1),
            Input::FillRest => self.fill(&order, open.max(1)),
            Input::FillTooMuch => self.fill(&order, open.max(order.amend_sent.0 - order.filled.0) + 1),
            Input::FillAgain => (EventKind::OrderFilled(*self.fills.get(&key)?), OrderInput::PartialFill),
            Input::Bust => (EventKind::FillBusted(self.fills.remove(&key)?), OrderInput::Bust),
            Input::Canceled => (EventKind::OrderCanceled(key, Qty(0), CancelReason::Asked), OrderInput::Cancel),
            Input::CancelRejected => (EventKind::CancelRejected(key, too_late), OrderInput::CancelReject),
            Input::Amended => {
                let qty = if order.amend_sent.0 > 0 { order.amend_sent } else { Qty(7) };
                (EventKind::OrderAmended(key, Price(100), qty), OrderInput::Amend)
            }
            Input::AmendRejected => (EventKind::AmendRejected(key, too_late), OrderInput::AmendReject),
            Input::Expired => (EventKind::OrderExpired(key, Qty(0)), OrderInput::Expire),
            Input::Unknown => (EventKind::OutcomeUnknown(key), OrderInput::OutcomeUnknown),
            Input::NotSent => not_sent(&order),
            Input::Stated => (stated(&order), OrderInput::Accept),
            Input::AskCancel | Input::AskMore | Input::AskLess => return None,
        })
    }

    fn fill(&mut self, order: &Order, qty: i64) -> (EventKind, OrderInput) {
        let fill = plain_fill(&self.world, order.key, (Qty(qty), Price(100)));
        self.fills.insert(order.key, fill);
        let is_full = order.filled.0 + qty >= order.terms.qty.max(order.amend_sent).0;
        (EventKind::OrderFilled(fill), if is_full { OrderInput::FullFill } else { OrderInput::PartialFill })
    }

    fn happen(&mut self, key: LegKey, input: Input) {
        let amend =
            |qty| IntentKind::Amend(Amend { order: key.intent, price: None, qty: Some(Qty(qty)), trigger: None });
        let asked = [
            (Input::AskCancel, IntentKind::Cancel(key.intent)),
            (Input::AskMore, amend(8)),
            (Input::AskLess, amend(3)),
        ];
        match asked.into_iter().find(|(ask, _)| *ask == input) {
            Some((_, intent)) => self.ask(intent),
            None => self.hear(key, input),
        }
        if let Some(after) = self.order(key).filter(|after| after.state.is_terminal()) {
            let seq = self.world.seq;
            self.ended.entry(key).or_insert((after, seq)).0 = after;
        }
    }

    fn hear(&mut self, key: LegKey, input: Input) {
        let before = self.order(key);
        let Some((kind, meant)) = self.say(key, input) else { return };
        self.report(kind);
        // One that retired before this event is not where the table says, but nowhere.
        let (Some(before), Some(after)) = (before, self.order(key)) else { return };
        if input == Input::FillAgain {
            assert_eq!(before.filled, after.filled, "booked once");
        } else {
            let doubted = self.doubts.contains(&key);
            check_step(&before, (input, meant, doubted), &after, &self.world);
        }
        // A cancel that waited leaves at once, so that it is not UNKNOWN that stands there.
        if input == Input::Unknown && !before.state.is_terminal() {
            self.doubts.insert(key);
        } else if is_proof(input) || after.state.is_terminal() {
            self.doubts.remove(&key);
        }
    }

    /// Everything that what happens next can depend on.
    fn situation(&self, key: LegKey) -> String {
        let state = self.world.core.state();
        let order = self.order(key).map(|order| Order { key: LegKey::default(), changed_by: Seq(0), ..order });
        let own = |item: &&crate::risk::ApprovedIntent| item.action().target() == Some(key);
        let waiting: Vec<String> =
            self.world.core.queue().waiting().filter(own).map(|item| work(item.action())).collect();
        let age = self.ended.get(&key).map(|(_, seq)| (self.world.seq.0 - seq.0).min(RETENTION + 1));
        let fill = self.fills.get(&key).map(|fill| fill.qty);
        let status = state.market(A).expect("configured").status();
        let doubted = self.doubts.contains(&key);
        format!("{order:?} {waiting:?} {age:?} {fill:?} {doubted} {status}")
    }

    fn end(&mut self, key: LegKey) {
        if self.order(key).is_some_and(|order| !order.state.is_terminal()) {
            self.report(EventKind::OrderCanceled(key, Qty(0), CancelReason::Asked));
        }
        assert!(self.world.core.queue().is_empty(), "nothing waits for an order that ended");
    }
}

fn work(action: &Action) -> String {
    match action {
        Action::Submit(_) => panic!("a submit has no target"),
        Action::Cancel(_) => String::from("cancel"),
        Action::Amend(terms) => format!("amend to {}", terms.qty.0),
    }
}

/// The command that is under way could not be sent; the submit where none is.
fn not_sent(order: &Order) -> (EventKind, OrderInput) {
    let refused = |command| EventKind::TransmitRefused(order.key, command, RejectReason::TransmitRefused);
    if order.state == OrderState::PendingCancel {
        return (refused(Command::Cancel), OrderInput::CancelReject);
    }
    if order.state == OrderState::PendingAmend {
        return (refused(Command::Amend), OrderInput::AmendReject);
    }
    (refused(Command::Submit), OrderInput::Reject)
}

/// The venue says that it is there, at the quantity asked for last.
fn stated(order: &Order) -> EventKind {
    let qty = order.terms.qty.max(order.amend_sent);
    EventKind::OrderReported(OrderStatement {
        order: order.key,
        state: OrderState::Accepted,
        side: Side::Buy,
        price: Price(100),
        qty,
        filled: order.filled,
    })
}

/// The order is where the table says.
fn check_step(before: &Order, (input, meant, doubted): (Input, OrderInput, bool), after: &Order, world: &World) {
    let is_illegal = world.effects.decisions.iter().any(|decision| {
        matches!(decision.kind, DecisionKind::Anomaly(anomaly) if anomaly.code == AnomalyCode::OrderTransition)
    });
    let answer = transition(before.state, meant);
    // Two things that the table cannot know: what was filled was not rejected, and the late answer to an amend.
    let is_false = answer == Transition::To(OrderState::Rejected) && before.filled.0 > 0;
    let is_late = matches!(meant, OrderInput::Amend | OrderInput::AmendReject) && before.amend_sent.0 > 0;
    assert_eq!(is_illegal, is_false || (answer == Transition::Illegal && !is_late), "{} on {input:?}", before.state);
    if is_illegal {
        assert_eq!(before, after, "{} on {input:?}", before.state);
        return;
    }
    let want = match answer {
        Transition::To(state) => state,
        Transition::ToWorking if doubted && meant == OrderInput::CancelReject => OrderState::Unknown,
        Transition::ToWorking if after.filled.0 > 0 => OrderState::PartiallyFilled,
        Transition::ToWorking => OrderState::Accepted,
        Transition::Stay | Transition::Late | Transition::Illegal => before.state,
    };
    let is_answered = matches!(meant, OrderInput::Amend | OrderInput::AmendReject)
        || (input == Input::Stated && before.state != OrderState::PendingAmend);
    let amend_sent = if is_answered { Qty(0) } else { before.amend_sent };
    let is_filled = !want.is_terminal() && amend_sent.0 == 0 && after.filled >= after.terms.qty;
    let want = sent(if is_filled { OrderState::Filled } else { want }, before.key, world);
    assert_eq!(after.state, want, "{} on {input:?}", before.state);
    let works = matches!(after.state, OrderState::Accepted | OrderState::PartiallyFilled);
    assert!(!doubted || !works || is_proof(input), "{} is left without proof on {input:?}", before.state);
}

/// True for what shows that the venue has the order.
fn is_proof(input: Input) -> bool {
    let fills = matches!(input, Input::FillOne | Input::FillRest | Input::FillTooMuch);
    fills || matches!(input, Input::Accept | Input::Stated | Input::Amended)
}

/// State after what waited for the order has left in the same step.
fn sent(state: OrderState, order: LegKey, world: &World) -> OrderState {
    let own = world.effects.commands.iter().filter(|command| command.action().target() == Some(order));
    own.fold(state, |state, command| {
        let is_cancel = matches!(command.action(), Action::Cancel(_));
        let input = if is_cancel { OrderInput::CancelSent } else { OrderInput::AmendSent };
        let Transition::To(next) = transition(state, input) else { panic!("{input} was sent to an order {state}") };
        next
    })
}

#[test]
fn every_interleaving_of_eight_inputs_keeps_the_table_and_the_invariants() {
    let mut run = Run::new();
    let length = if soak_times() > 1 { 12 } else { 8 };
    let (mut ways, mut known) = (vec![Vec::<Input>::new()], BTreeSet::new());
    for _ in 0..length {
        let mut longer = Vec::new();
        for way in &ways {
            for input in INPUTS {
                let key = run.begin();
                way.iter().for_each(|before| run.happen(key, *before));
                run.happen(key, input);
                if known.insert(run.situation(key)) {
                    longer.push(way.iter().copied().chain([input]).collect());
                }
                run.end(key);
            }
        }
        ways = longer;
    }
    assert!(known.len() > 1_000, "{} situations", known.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64 * soak_times(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Three orders at a time; one that has retired makes room for another when the venue would have accepted it.
    #[test]
    fn random_interleavings_of_200_inputs_keep_the_table_and_the_invariants(
        inputs in prop::collection::vec((0_usize..3, 0..INPUTS.len()), 1..200)
    ) {
        let mut run = Run::new();
        let mut keys = [run.begin(), run.begin(), run.begin()];
        for (order, input) in inputs {
            if run.order(keys[order]).is_none() && INPUTS[input] == Input::Accept {
                keys[order] = run.begin();
            }
            run.happen(keys[order], INPUTS[input]);
        }
    }
}
