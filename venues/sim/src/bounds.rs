//! Bounds: what does the venue say when it is full? (Tests alone; the bounds stand with what they bound.)

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ringfence_core::event::{EventKind, Quote, Report};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, IntentId, Seq, StrategyId, VenueId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::{Amend, IntentKind, Submit};
use ringfence_core::money::{Decimal, Price, Qty};
use ringfence_venue::VenueAdapter;
use ringfence_venue::desk::{self, Desk};
use ringfence_venue::text::describe;

use crate::{
    Fees, FillMoment, Latency, QueueModel, RestingFills, Sim, SimAccount, SimAdapter, SimConfig, Slippage,
    SlippageModel, TakerSize,
};

struct Rig {
    desk: Desk,
    sim: Sim,
}

impl Rig {
    fn open(latency_ns: u64) -> Rig {
        let instruments = [desk::instrument(1, (0, 0))];
        let account = |id: u16| SimAccount {
            account: AccountId(id),
            venue: VenueId(1),
            currency: CurrencyId(1),
            cash: Decimal::ZERO,
        };
        let config = SimConfig {
            fill: FillMoment::SameEvent,
            fees: Fees::bps(Decimal::ONE, Decimal::ONE),
            latency: Latency::constant(latency_ns),
            queue: QueueModel::TradeThrough,
            queue_power: None,
            resting: RestingFills::Whole,
            taker_size: TakerSize::Unlimited,
            slippage: Slippage { model: SlippageModel::Off, amount: 0 },
            carry: crate::carry::Carry::NONE,
            accounts: vec![account(1), account(2)],
            instruments: instruments.to_vec(),
        };
        let mut rig = Rig { desk: Desk::open(&instruments), sim: Sim::new(config).expect("a sound configuration") };
        let mut out = Vec::new();
        rig.sim.open(&mut out);
        out.iter().for_each(|report| assert!(rig.desk.tell(report).is_empty()));
        let touch = Quote { bid_price: Price(100), bid_qty: Qty(1), ask_price: Price(102), ask_qty: Qty(1) };
        let kind = EventKind::Quote(touch);
        let fact = Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(kind) };
        rig.sim.on_market(&fact.at(Seq(0), rig.desk.time()), &mut out);
        rig.desk.tell(&fact);
        rig
    }

    fn ask(&mut self, wish: IntentKind) -> Vec<String> {
        let mut out = Vec::new();
        for command in self.desk.ask(StrategyId(1), wish) {
            self.sim.on_command(command, &mut out);
        }
        out.iter().for_each(|report| assert!(self.desk.tell(report).is_empty()));
        out.iter().map(describe).collect()
    }
}

fn buy() -> IntentKind {
    IntentKind::Submit(Submit::limit(InstrumentId(1), Side::Buy, Qty(5), Price(90)))
}

fn cancel(intent: u64) -> IntentKind {
    IntentKind::Cancel(IntentId(intent))
}

#[test]
fn the_last_live_order_is_taken_and_one_more_is_rejected_until_one_ends() {
    let mut rig = Rig::open(0);
    rig.sim.rules.orders_max = 2;
    assert_eq!(rig.ask(buy()), ["accepted 1/1"]);
    assert_eq!(rig.ask(buy()), ["accepted 1/2"]);
    assert_eq!(rig.ask(buy()), ["rejected 1/3 rate-limited"]);
    assert_eq!(rig.ask(cancel(1)), ["canceled 1/1 open 5 asked"]);
    assert_eq!(rig.ask(buy()), ["accepted 1/5"]);
}

#[test]
fn commands_beyond_those_that_may_be_on_their_way_are_answered_at_once() {
    let mut rig = Rig::open(10);
    assert!(rig.ask(buy()).is_empty() && rig.ask(buy()).is_empty());
    let mut out = Vec::new();
    rig.sim.on_time(rig.desk.time().plus(10), &mut out);
    out.iter().for_each(|report| assert!(rig.desk.tell(report).is_empty()));
    rig.sim.rules.underway_max = 1;
    assert!(rig.ask(buy()).is_empty());
    assert_eq!(rig.ask(buy()), ["rejected 1/4 rate-limited"]);
    assert_eq!(rig.ask(cancel(1)), ["cancel-rejected 1/1 rate-limited"]);
    let amend = Amend { order: IntentId(2), price: Some(Price(91)), qty: None, trigger: None };
    assert_eq!(rig.ask(IntentKind::Amend(amend)), ["amend-rejected 1/2 rate-limited"]);
    assert_eq!(rig.sim.live_orders(), 2);
}

#[test]
fn while_nobody_listens_commands_are_rejected_without_a_look() {
    let Rig { mut desk, sim } = Rig::open(0);
    let mut adapter = SimAdapter::new(VenueId(1), sim);
    adapter.said_max = 4;
    for _ in 0..3 {
        for command in desk.ask(StrategyId(1), buy()) {
            let sent = pin!(adapter.send(command)).poll(&mut Context::from_waker(Waker::noop()));
            assert!(sent.is_ready());
        }
    }
    let mut heard = Vec::new();
    while let Poll::Ready(Some(said)) = pin!(adapter.next()).poll(&mut Context::from_waker(Waker::noop())) {
        heard.extend(said.report().map(|report| describe(&report)));
    }
    assert_eq!(heard[2..], ["accepted 1/1", "accepted 1/2", "rejected 1/3 rate-limited"]);
}
