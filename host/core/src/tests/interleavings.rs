//! Interleavings: every sequence of four things (five in the long runs) that can happen to an order.
//!
//! After each of them the order is where the transition table says, an input that the table does not allow is an anomaly
//! and changes nothing, and all invariants hold. Sequences share one world: each has an order of its own.

use alloc::vec;

use crate::decision::{AnomalyCode, DecisionKind};
use crate::event::{CancelReason, EventKind, Fill, Quote, RejectReason, Report};
use crate::ids::{AccountId, IntentId, LegKey, StrategyId};
use crate::instrument::{InstrumentStatus, PositionSide, Side};
use crate::intent::{Amend, IntentKind, OrderType, Size, Submit, TimeInForce};
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
    AskCancel,
    AskAmend,
}

const INPUTS: [Input; 15] = [
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
    Input::AskCancel,
    Input::AskAmend,
];

const ONE: StrategyId = StrategyId(1);

struct Run {
    world: World,
    ledger: Ledger,
    last_fill: Option<Fill>,
}

impl Run {
    fn new() -> Run {
        let mut world = World::new();
        world.config.execution.terminal_retention_events = 6;
        world.open();
        Run { world, ledger: Ledger::default(), last_fill: None }
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

    fn order(&self, key: LegKey) -> Order {
        *self.world.core.state().order_by_key(key).expect("it ended a few events ago at most")
    }

    fn begin(&mut self) -> LegKey {
        self.last_fill = None;
        self.report(EventKind::InstrumentStatus(InstrumentStatus::Trading));
        self.ask(IntentKind::Submit(Submit {
            instrument: A,
            side: Side::Buy,
            size: Size::Quantity(Qty(5)),
            order_type: OrderType::Limit,
            limit_price: Some(Price(100)),
            stop_price: None,
            tif: TimeInForce::Gtc,
            max_slippage_bps: None,
            post_only: false,
            reduce_only: false,
            position_side: PositionSide::Net,
        }));
        let key = self.world.effects.commands[0].key();
        self.ledger.forget_before(IntentId(key.intent.0.saturating_sub(50)));
        key
    }

    fn say(&mut self, key: LegKey, input: Input) -> Option<(EventKind, OrderInput)> {
        let order = self.order(key);
        let too_late = RejectReason::TooLate;
        Some(match input {
            Input::Accept => (EventKind::OrderAccepted(key), OrderInput::Accept),
            Input::Reject => (EventKind::OrderRejected(key, too_late), OrderInput::Reject),
            Input::FillOne => self.fill(key, 1),
            Input::FillRest => self.fill(key, order.leaves().0.max(1)),
            Input::FillTooMuch => self.fill(key, order.leaves().0 + 1),
            Input::FillAgain => (EventKind::OrderFilled(self.last_fill?), OrderInput::PartialFill),
            Input::Bust => (EventKind::FillBusted(self.last_fill.take()?), OrderInput::Bust),
            Input::Canceled => (EventKind::OrderCanceled(key, Qty(0), CancelReason::Asked), OrderInput::Cancel),
            Input::CancelRejected => (EventKind::CancelRejected(key, too_late), OrderInput::CancelReject),
            Input::Amended => (EventKind::OrderAmended(key, Price(100), Qty(order.terms.qty.0 + 2)), OrderInput::Amend),
            Input::AmendRejected => (EventKind::AmendRejected(key, too_late), OrderInput::AmendReject),
            Input::Expired => (EventKind::OrderExpired(key, Qty(0)), OrderInput::Expire),
            Input::Unknown => (EventKind::OutcomeUnknown(key), OrderInput::OutcomeUnknown),
            Input::AskCancel | Input::AskAmend => return None,
        })
    }

    fn fill(&mut self, key: LegKey, qty: i64) -> (EventKind, OrderInput) {
        let fill = plain_fill(&self.world, key, (Qty(qty), Price(100)));
        self.last_fill = Some(fill);
        let is_full = qty >= self.order(key).leaves().0;
        (EventKind::OrderFilled(fill), if is_full { OrderInput::FullFill } else { OrderInput::PartialFill })
    }

    fn happen(&mut self, key: LegKey, input: Input) {
        let before = self.order(key);
        if input == Input::AskCancel {
            return self.ask(IntentKind::Cancel(key.intent));
        }
        if input == Input::AskAmend {
            let qty = Some(Qty(before.terms.qty.0 + 3));
            return self.ask(IntentKind::Amend(Amend { order: key.intent, price: None, qty }));
        }
        let Some((kind, want)) = self.say(key, input) else { return };
        self.report(kind);
        let ignored = input == Input::FillAgain;
        check_step(&before, want, &self.order(key), if ignored { None } else { Some(&self.world) });
    }

    fn end(&mut self, key: LegKey) {
        if !self.order(key).state.is_terminal() {
            self.report(EventKind::OrderCanceled(key, Qty(0), CancelReason::Asked));
        }
        assert!(self.world.core.queue().is_empty(), "nothing waits for an order that ended");
    }
}

/// The order is where the table says. A duplicate fill (no world) changes nothing.
fn check_step(before: &Order, input: OrderInput, after: &Order, world: Option<&World>) {
    let Some(world) = world else {
        assert_eq!(before.filled, after.filled);
        return;
    };
    let is_illegal = world.effects.decisions.iter().any(|decision| {
        matches!(decision.kind, DecisionKind::Anomaly(anomaly) if anomaly.code == AnomalyCode::OrderTransition)
    });
    let want = match transition(before.state, input) {
        Transition::To(state) => state,
        Transition::ToWorking if after.filled.0 > 0 => OrderState::PartiallyFilled,
        Transition::ToWorking => OrderState::Accepted,
        Transition::Stay | Transition::Late | Transition::Illegal => before.state,
    };
    assert_eq!(is_illegal, transition(before.state, input) == Transition::Illegal, "{} on {input}", before.state);
    // A cancel or amend that waited may leave at once, when the order comes back to working.
    let is_sent = !world.effects.commands.is_empty();
    assert!(after.state == want || is_sent, "{} on {input} gives {}", before.state, after.state);
    if is_illegal {
        assert_eq!(before, after, "{} on {input}", before.state);
    }
}

#[test]
fn every_interleaving_of_four_inputs_keeps_the_table_and_the_invariants() {
    let mut run = Run::new();
    let length = if soak_times() > 1 { 5 } else { 4 };
    for number in 0..INPUTS.len().pow(length) {
        let key = run.begin();
        for place in 0..length {
            run.happen(key, INPUTS[number / INPUTS.len().pow(place) % INPUTS.len()]);
        }
        run.end(key);
    }
}
