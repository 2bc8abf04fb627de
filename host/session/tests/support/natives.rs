//! Native strategies of the workloads, and the host that runs them: what a component does elsewhere, without one.

use std::cell::Cell;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::event::{EventKind, Halt};
use ringfence_core::ids::{InstrumentId, StrategyId};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::Qty;
use ringfence_core::plan::{ChangeFilter, Plan, Subscription, Topic};
use ringfence_core::strategy::{
    Call, CallContext, CallReport, Delivery, HaltCode, LookAhead, Renewal, StateLoan, StrategyHost,
};

use super::maker;

/// A native strategy of the workloads.
#[derive(Clone, Debug)]
pub enum Native {
    /// Buys a hundred at its first bar, and keeps them.
    Hold(bool),
    /// EMA cross on trades, 50 / 200, 100 shares.
    Ema { fast: f64, slow: f64, ticks: u32 },
    /// SMA cross on bars, 10 / 30, 100 shares.
    Sma { closes: Vec<i64> },
    /// Two orders at the touch, on quotes.
    Maker,
    /// Buys one share more at every trade: for tests of differences.
    Greedy,
    /// Asks at its first trade to be woken so many ns later, and buys a share when it is.
    Timer(u64),
    /// Buys a share at every trade, and faults at its third.
    Faulty(u32),
    /// Asks again and again to be woken so many ns later.
    Ticking(u64),
    /// Does nothing, for so much fuel.
    Idle(u64),
    /// Faults at this call of its own (from 1) with this code, or never; a wish of its own makes outcomes come back.
    Mortal { dies_at: u32, code: HaltCode, wishes: u32, calls: u32 },
}

impl Native {
    pub fn mortal(dies_at: u32, code: HaltCode) -> Native {
        Native::Mortal { dies_at, code, wishes: 0, calls: 0 }
    }

    /// As [`Native::mortal`], with so many orders at every trade that come back as outcomes.
    pub fn wishing(dies_at: u32, wishes: u32) -> Native {
        Native::Mortal { dies_at, code: HaltCode::HostMemory, wishes, calls: 0 }
    }

    pub fn ema() -> Native {
        Native::Ema { fast: 0.0, slow: 0.0, ticks: 0 }
    }

    fn topic(&self) -> Topic {
        match self {
            Native::Ema { .. }
            | Native::Greedy
            | Native::Timer(_)
            | Native::Faulty(_)
            | Native::Ticking(_)
            | Native::Idle(_)
            | Native::Mortal { .. } => Topic::Trade,
            Native::Sma { .. } | Native::Hold(_) => Topic::Bar,
            Native::Maker => Topic::Quote,
        }
    }

    /// What a call cost and how it ended.
    fn report(&mut self, call: &Call<'_>, loan: &mut StateLoan) -> CallReport {
        let halt = |code| Halt { code, limit: 1_000_000, used: 1_000_003 };
        match self {
            Native::Mortal { dies_at, code, wishes, calls } => {
                *calls += 1;
                for _ in 0..if call.delivery == Delivery::Event { *wishes } else { 0 } {
                    let too_much = Submit { tif: TimeInForce::Ioc, ..market(InstrumentId(1), Side::Buy, 5_000_000) };
                    let _id = loan.emit(IntentKind::Submit(too_much));
                }
                let fault = (*calls == *dies_at).then(|| Box::new(halt(*code)));
                CallReport { fuel: 10 + u64::from(*calls), fault }
            }
            Native::Idle(fuel) => CallReport::fine(*fuel),
            other => {
                let fault = matches!(other, Native::Faulty(3)).then(|| Box::new(halt(HaltCode::Trap)));
                CallReport { fuel: 1, fault }
            }
        }
    }

    /// Signed shares to order now.
    fn wish(&mut self, kind: &EventKind, position: i64) -> i64 {
        match (self, kind) {
            (Native::Ema { fast, slow, ticks }, EventKind::Trade(trade)) => {
                let price = trade.price.0 as f64;
                let step = |ema: f64, n: f64| if *ticks == 0 { price } else { ema + 2.0 / (n + 1.0) * (price - ema) };
                (*fast, *slow) = (step(*fast, 50.0), step(*slow, 200.0));
                *ticks += 1;
                let size = if position == 0 { 100 } else { 200 };
                match (*ticks >= 200, *fast >= *slow) {
                    (true, true) if position <= 0 => size,
                    (true, false) if position >= 0 => -size,
                    _ => 0,
                }
            }
            (Native::Sma { closes }, EventKind::Bar(bar)) => {
                closes.push(bar.close.0);
                if closes.len() < 30 {
                    return 0;
                }
                let sum = |n: usize| closes.iter().rev().take(n).sum::<i64>();
                let (left, right) = (sum(10) * 30, sum(30) * 10);
                if left > right && position == 0 {
                    100
                } else if left < right && position > 0 {
                    -100
                } else {
                    0
                }
            }
            (Native::Hold(is_in), EventKind::Bar(_)) if !*is_in => {
                *is_in = true;
                100
            }
            (Native::Greedy, EventKind::Trade(_)) | (Native::Timer(_), EventKind::TimeAdvanced) => 1,
            (Native::Faulty(calls), EventKind::Trade(_)) => {
                *calls += 1;
                1
            }
            _ => 0,
        }
    }
}

thread_local! {
    static HANDLED: Cell<usize> = const { Cell::new(0) };
}

/// Calls that native strategies of this thread have handled ahead.
pub fn handled_ahead() -> usize {
    HANDLED.with(Cell::get)
}

/// Runs native strategies, one per slot.
pub struct Natives {
    natives: Vec<Native>,
    /// What each was at first.
    origin: Vec<Native>,
    /// Components that may take a place, by hash.
    library: Vec<(Sha256Hash, Native)>,
    /// States that were asked for.
    saved: Vec<(Vec<u8>, Native)>,
    /// The last call handled ahead, which is still to come, and what is wished there.
    handled: Option<(CallContext, i64)>,
}

impl Natives {
    pub fn new(natives: Vec<Native>) -> Natives {
        Natives { origin: natives.clone(), natives, library: Vec::new(), saved: Vec::new(), handled: None }
    }

    pub fn with(mut self, library: &[(Sha256Hash, Native)]) -> Natives {
        self.library = library.to_vec();
        self
    }
}

/// What a native says of its state: whatever it is.
fn state_of(native: &Native) -> Vec<u8> {
    format!("{native:?}").into_bytes()
}

pub fn plan_of(native: &Native) -> Plan {
    let (topic, filter) = (native.topic(), ChangeFilter::Every);
    Plan { subscriptions: vec![Subscription { instrument: InstrumentId(1), topic, filter, bars: None, warm_up: 0 }] }
}

impl StrategyHost for Natives {
    /// Those that look at nothing but events and their context look ahead, up to the first wish.
    fn look_ahead(&mut self, shown: &LookAhead<'_>) -> Result<usize, Halt> {
        let native = &mut self.natives[usize::from(shown.strategy.0) - 1];
        if let Native::Faulty(_) = native {
            return Err(Halt { code: HaltCode::Trap, limit: 7, used: 5 });
        }
        if !matches!(native, Native::Ema { .. } | Native::Sma { .. } | Native::Hold(_) | Native::Greedy) {
            return Ok(0);
        }
        let mut count = 0;
        for call in shown.calls {
            let wish = native.wish(&shown.rows[call.row as usize].kind, call.context.position.0);
            self.handled = Some((call.context, wish));
            count += 1;
            if wish != 0 {
                break;
            }
        }
        HANDLED.with(|handled| handled.set(handled.get() + count));
        Ok(count)
    }

    fn snapshot(&mut self, strategy: StrategyId) -> Result<Vec<u8>, Halt> {
        let native = self.natives[usize::from(strategy.0) - 1].clone();
        if let Native::Idle(666) = native {
            return Err(Halt { code: HaltCode::Trap, limit: 0, used: 0 });
        }
        let state = state_of(&native);
        self.saved.push((state.clone(), native));
        Ok(state)
    }

    /// States of another kind of native are refused, and what is called `[9; 32]` is never there.
    fn renew(&mut self, renewal: &Renewal<'_>) -> Result<Plan, String> {
        let at = usize::from(renewal.strategy.0) - 1;
        let component = renewal.component.filter(|component| *component != [0; 32]);
        let fresh = match component {
            Some(hash) => self.library.iter().find(|(known, _)| *known == hash).map(|(_, native)| native.clone()),
            None => Some(self.origin[at].clone()),
        };
        let fresh = fresh.ok_or("no such component")?;
        let is_same = |native: &Native| std::mem::discriminant(native) == std::mem::discriminant(&fresh);
        let saved = renewal.snapshot.and_then(|state| self.saved.iter().find(|(known, _)| known == state));
        self.natives[at] = match saved {
            Some((_, native)) if is_same(native) => native.clone(),
            Some(_) if component.is_none() => return Err("a state of another component".into()),
            Some(_) => fresh,
            None if renewal.snapshot.is_some() => return Err("a state that nobody said".into()),
            None => fresh,
        };
        if renewal.params.is_some_and(|params| params.iter().any(|(name, _)| name == "refused")) {
            return Err("parameters that it does not take".into());
        }
        Ok(plan_of(&self.natives[at]))
    }

    fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        let native = &mut self.natives[usize::from(call.strategy.0) - 1];
        let handled = self.handled.take();
        if let Some((context, _)) = handled {
            assert_eq!((call.delivery, call.context), (Delivery::Event, context), "another call than the one shown");
        }
        // What became of an intent is told with the event of the step; none of these strategies acts on it.
        if let Delivery::Outcome(..) = call.delivery {
            let report = native.report(call, &mut loan);
            return (loan, report);
        }
        if let (Native::Maker, EventKind::Quote(touch)) = (&*native, &call.event.kind) {
            maker::quote(&mut loan, call, touch);
        }
        let wish = match handled {
            Some((_, wish)) => wish,
            None => native.wish(&call.event.kind, call.context.position.0),
        };
        if wish != 0 {
            let side = if wish > 0 { Side::Buy } else { Side::Sell };
            let _id = loan.emit(IntentKind::Submit(market(InstrumentId(1), side, wish.abs())));
        }
        if let Native::Timer(ns) = native
            && *ns > 0
        {
            let _id = loan.emit(IntentKind::WakeAt(call.event.time.plus(*ns)));
            *ns = 0;
        }
        if let Native::Ticking(ns) = native {
            let _id = loan.emit(IntentKind::WakeAt(call.event.time.plus(*ns)));
        }
        let report = native.report(call, &mut loan);
        (loan, report)
    }
}

fn market(instrument: InstrumentId, side: Side, qty: i64) -> Submit {
    Submit {
        instrument,
        side,
        size: Size::Quantity(Qty(qty)),
        order_type: OrderType::Market,
        limit_price: None,
        stop_price: None,
        tif: TimeInForce::Ioc,
        max_slippage_bps: None,
        post_only: false,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    }
}
