//! Traders: strategies that want something of every kind, at random and the same again.
//!
//! In: calls of the core. Out: orders, amends and cancels, by a seed and the calls so far. Must never: look at anything but
//! what a strategy is lent.

use ringfence_core::event::Quote;
use ringfence_core::ids::{InstrumentId, IntentId, StrategyId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::{Amend, IntentKind, OrderType, Submit, TimeInForce};
use ringfence_core::money::{Price, Qty};
use ringfence_core::plan::{ChangeFilter, Plan, Subscription, Topic};
use ringfence_core::strategy::{Call, CallReport, Delivery, StateLoan, StrategyHost};
use ringfence_faults::Random;

const INSTRUMENT: InstrumentId = InstrumentId(1);
/// Open orders of one strategy before it cancels.
const OPEN_MAX: usize = 5;
/// Of a hundred calls so many lead to a wish.
const WISHES: u64 = 22;

/// Strategies from 1, each with numbers of its own.
pub(crate) struct Traders(Vec<Random>);

impl Traders {
    pub(crate) fn new(seed: u64, count: u64) -> Traders {
        Traders((1..=count).map(|id| Random::new(seed ^ (id << 40))).collect())
    }
}

pub(crate) fn plan() -> Plan {
    let to =
        |topic| Subscription { instrument: INSTRUMENT, topic, filter: ChangeFilter::Every, bars: None, warm_up: 0 };
    Plan { subscriptions: vec![to(Topic::Trade), to(Topic::Quote)] }
}

impl StrategyHost for Traders {
    fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        let random = &mut self.0[usize::from(call.strategy.0) - 1];
        let touch = call.context.touch;
        let has_touch = touch.bid_qty.0 > 0 && touch.ask_qty.0 > 0;
        if call.delivery == Delivery::Event && has_touch && random.percent(WISHES) {
            let open = open(&loan, call.strategy);
            let wish = wish(random, &touch, (&open, call.context.position));
            loan.emit(wish).expect("it does not warm up, and emits once a call");
        }
        (loan, CallReport::fine(1))
    }
}

fn open(loan: &StateLoan, strategy: StrategyId) -> Vec<IntentId> {
    loan.open_orders(strategy, INSTRUMENT).map(|order| order.key.intent).collect()
}

fn wish(random: &mut Random, touch: &Quote, (open, position): (&[IntentId], Qty)) -> IntentKind {
    let is_full = open.len() >= OPEN_MAX;
    let choice = random.below(if open.is_empty() { 6 } else { 12 });
    match choice {
        _ if is_full => IntentKind::Cancel(*random.one_of(open)),
        0..6 => IntentKind::Submit(submit(random, touch, position)),
        6..9 => IntentKind::Cancel(*random.one_of(open)),
        _amend => {
            let order = *random.one_of(open);
            let side = if random.percent(50) { Side::Buy } else { Side::Sell };
            let price = Some(price(random, touch, side)).filter(|_| random.percent(70));
            let qty = Some(qty(random)).filter(|_| price.is_none() || random.percent(50));
            IntentKind::Amend(Amend { order, price, qty, trigger: None })
        }
    }
}

fn submit(random: &mut Random, touch: &Quote, position: Qty) -> Submit {
    // Mostly towards nothing, so that limits of positions do not stop everything.
    let side = match (position.0.signum(), random.percent(70)) {
        (1, true) => Side::Sell,
        (-1, true) => Side::Buy,
        _any => *random.one_of(&[Side::Buy, Side::Sell]),
    };
    let limit = Submit::limit(INSTRUMENT, side, qty(random), price(random, touch, side));
    match random.below(10) {
        0 => Submit { order_type: OrderType::Market, limit_price: None, tif: TimeInForce::Ioc, ..limit },
        1 => Submit { tif: TimeInForce::Ioc, ..limit },
        2 => Submit { tif: TimeInForce::Fok, ..limit },
        3 | 4 => Submit { post_only: true, ..limit },
        5 => Submit { reduce_only: true, ..limit },
        _plain => limit,
    }
}

fn qty(random: &mut Random) -> Qty {
    Qty(1 + i64::try_from(random.below(30)).expect("small"))
}

/// Around the touch of a side: mostly passive, sometimes through the other side.
fn price(random: &mut Random, touch: &Quote, side: Side) -> Price {
    let away = i64::try_from(random.below(14)).expect("small") - 3;
    match side {
        Side::Buy => Price(touch.bid_price.0 - away),
        Side::Sell => Price(touch.ask_price.0 + away),
    }
}
