//! Allocation: does a warm step allocate?
//!
//! A session with two strategies of native code, four kinds of market events and a venue that answers everything: orders
//! are submitted, accepted, amended, filled, canceled, denied and malformed, notes are taken and wake-ups come. After a
//! warm-up not one allocation may happen in thousands of steps.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::VecDeque;

use ringfence_core::blob::BlobTable;
use ringfence_core::canonical::Writer;
use ringfence_core::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, OrderToTrade, RiskLimits,
    StrategySlot, Velocity, Venue,
};
use ringfence_core::decision::{DecisionKind, Effects};
use ringfence_core::event::{
    BalanceStatement, Bar, BookAction, BookLevel, CancelReason, EventKind, Fill, FillReason, Liquidity, Mode, Quote,
    RejectReason, Report, Trade,
};
use ringfence_core::ids::{
    AccountId, BlobId, CurrencyId, InstrumentId, IntentId, NameId, Seq, SessionId, StrategyId, TimeNs, VenueId,
};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier, PositionSide, Side};
use ringfence_core::intent::{Action, Amend, Env, Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Decimal, Price, Qty, Scale};
use ringfence_core::plan::{ChangeFilter, Plan, Subscription, Topic};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::{Call, CallReport, Delivery, StateLoan, StrategyHost};

/// Counts what the thread under test allocates; frees are not counted, growth is.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // Not there while the thread ends, and nothing is measured then.
    let _gone = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

#[allow(unsafe_code, reason = "a global allocator is an unsafe trait; every call is handed to the system's unchanged")]
// SAFETY: layouts and pointers go to `System` as they come, and come back as it gave them.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const A: InstrumentId = InstrumentId(1);
const START: u64 = 1_700_000_000_000_000_000;

/// Strategies that trade all the time and now and then ask for nonsense.
struct Native {
    calls: u64,
    outcomes: u64,
}

impl StrategyHost for Native {
    fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        self.calls += 1;
        match call.delivery {
            Delivery::Outcome(..) => self.outcomes += 1,
            Delivery::Wake => emit(&mut loan, submit(Side::Sell, 1, None)),
            Delivery::Event => self.trade(call, &mut loan),
        }
        (loan, CallReport::fine(1))
    }
}

impl Native {
    fn trade(&self, call: &Call<'_>, loan: &mut StateLoan) {
        let side = if call.context.position.0 > 20 { Side::Sell } else { Side::Buy };
        let newest = loan.open_orders(call.strategy, A).last().map(|order| order.key.intent);
        // Mixed, so that no rhythm of calls keeps a strategy from ever coming to one of these.
        let turn = (self.calls.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % 16;
        match (turn, newest) {
            (0, _) => emit(loan, submit(side, 3, Some(call.context.touch.bid_price))),
            (1, _) => emit(loan, submit(side, 2, None)),
            (2, _) => emit(loan, submit(side, 0, None)),
            (3, _) => emit(loan, submit(side, 900, None)),
            (4 | 5, Some(order)) => emit(loan, IntentKind::Cancel(order)),
            (6, Some(order)) => {
                emit(loan, IntentKind::Amend(Amend { order, price: None, qty: Some(Qty(5)), trigger: None }));
                emit(loan, IntentKind::Amend(Amend { order, price: None, qty: Some(Qty(4)), trigger: None }));
            }
            (7, _) => {
                loan.emit_note(b"a line for the record").expect("short");
            }
            (8, _) => emit(loan, IntentKind::WakeAt(TimeNs(call.event.time.0 + 5_000_000))),
            (9, _) => emit(loan, IntentKind::CancelAll(None)),
            _ => {}
        }
    }
}

fn emit(loan: &mut StateLoan, kind: IntentKind) {
    loan.emit(kind).expect("few intents a call");
}

fn submit(side: Side, qty: i64, limit_price: Option<Price>) -> IntentKind {
    IntentKind::Submit(Submit {
        instrument: A,
        side,
        size: Size::Quantity(Qty(qty)),
        order_type: if limit_price.is_some() { OrderType::Limit } else { OrderType::Market },
        limit_price,
        stop_price: None,
        tif: TimeInForce::Gtc,
        max_slippage_bps: None,
        post_only: false,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    })
}

/// A session and the venue it trades at.
struct Session {
    core: Core,
    blobs: BlobTable,
    host: Native,
    effects: Effects,
    answers: VecDeque<Report>,
    seq: u64,
    time: u64,
    trades: u64,
    seen: [u64; 6],
}

impl Session {
    fn open() -> Session {
        let session = SessionId([9; 16]);
        let mut run = Session {
            core: Core::new(ApprovalKeys::simulation(session)),
            blobs: BlobTable::new(),
            host: Native { calls: 0, outcomes: 0 },
            effects: Effects::new(),
            answers: VecDeque::with_capacity(1_024),
            seq: 0,
            time: START,
            trades: 0,
            seen: [0; 6],
        };
        let config = run.blobs.append(&config().encode());
        let mut w = Writer::new();
        plan().put(&mut w);
        let plan = run.blobs.append(w.bytes());
        run.step(EventKind::SessionOpened(session, Mode::Backtest, RULES_VERSION));
        run.step(EventKind::ConfigChanged(config));
        let total = Decimal::from(1_000_000_000);
        run.step(EventKind::BalanceReported(BalanceStatement { currency: CurrencyId(1), total, available: total }));
        for strategy in [1, 2] {
            run.step(EventKind::StrategyAttached(StrategyId(strategy), BlobId(1), plan));
        }
        run
    }

    fn step(&mut self, kind: EventKind) {
        self.report(Report { instrument: A, venue: VenueId(1), account: AccountId(1), ..Report::control(kind) });
        while let Some(answer) = self.answers.pop_front() {
            self.report(answer);
        }
    }

    fn report(&mut self, report: Report) {
        self.seq += 1;
        let event = report.at(Seq(self.seq), TimeNs(self.time));
        self.core.step(&event, &self.blobs, &mut self.host, &mut self.effects);
        for decision in &self.effects.decisions {
            let kind = &decision.kind;
            self.seen[0] += u64::from(matches!(kind, DecisionKind::Denied(_)));
            self.seen[1] += u64::from(matches!(kind, DecisionKind::Malformed(_)));
            self.seen[2] += u64::from(matches!(kind, DecisionKind::Superseded(_) | DecisionKind::Withdrawn(_)));
        }
        self.answer();
    }

    /// The venue takes every order; small ones are filled in two parts, larger ones stay until they are canceled.
    fn answer(&mut self) {
        let commands = core::mem::take(&mut self.effects.commands);
        for command in &commands {
            let key = command.key();
            match *command.action() {
                Action::Submit(terms) => {
                    self.seen[3] += 1;
                    self.say(EventKind::OrderAccepted(key));
                    if terms.qty.0 <= 2 {
                        for left in (0..terms.qty.0).rev() {
                            self.trades += 1;
                            let price = terms.reference;
                            self.say(EventKind::OrderFilled(Fill {
                                order: key,
                                trade_id: self.trades,
                                price,
                                qty: Qty(1),
                                leaves: Qty(left),
                                fee: Decimal::new(125, 3),
                                fee_currency: CurrencyId(1),
                                side: terms.side,
                                liquidity: Liquidity::Taker,
                                position_side: PositionSide::Net,
                                reason: FillReason::Venue,
                                ahead: Fill::AHEAD_UNKNOWN,
                            }));
                        }
                    }
                }
                Action::Cancel(terms) => {
                    self.seen[4] += 1;
                    self.say(EventKind::OrderCanceled(terms.order, Qty(0), CancelReason::Asked));
                }
                Action::Amend(terms) => {
                    self.seen[5] += 1;
                    let is_taken = self.seq.is_multiple_of(2);
                    self.say(if is_taken {
                        EventKind::OrderAmended(terms.order, terms.price, terms.qty)
                    } else {
                        EventKind::AmendRejected(terms.order, RejectReason::TooLate)
                    });
                }
            }
        }
        self.effects.commands = commands;
    }

    fn say(&mut self, kind: EventKind) {
        self.answers.push_back(Report {
            instrument: A,
            venue: VenueId(1),
            account: AccountId(1),
            ..Report::control(kind)
        });
    }

    /// One round of market events around a price that moves.
    fn round(&mut self, number: u64) {
        self.time += 1_000_000;
        let price = 1_000 + i64::try_from(number % 7).expect("small");
        let at = |offset: i64| Price(price + offset);
        self.step(EventKind::Quote(Quote { bid_price: at(0), bid_qty: Qty(5), ask_price: at(1), ask_qty: Qty(5) }));
        self.step(EventKind::Trade(Trade { price: at(1), qty: Qty(3), aggressor: Some(Side::Buy) }));
        self.step(EventKind::Bar(Bar {
            open: at(0),
            high: at(2),
            low: at(-1),
            close: at(1),
            volume: Qty(9),
            open_time: TimeNs(self.time),
            interval_ns: 1_000_000,
        }));
        for side in [Side::Buy, Side::Sell] {
            let price = at(if side == Side::Buy { 0 } else { 1 });
            let level = BookLevel { action: BookAction::Set, side, price, qty: Qty(4), is_last: true };
            self.step(EventKind::BookLevel(level));
        }
        if self.effects.wake_at.is_some_and(|at| at.0 <= self.time) {
            self.step(EventKind::TimeAdvanced);
        }
    }
}

fn plan() -> Plan {
    let topics = [Topic::Quote, Topic::Trade, Topic::Bar, Topic::Book, Topic::Order];
    let subscription =
        |topic| Subscription { instrument: A, topic, filter: ChangeFilter::Every, bars: None, warm_up: 0 };
    Plan { subscriptions: topics.map(subscription).to_vec() }
}

fn config() -> Config {
    let slot = |name: &str| StrategySlot {
        name: name.to_owned(),
        account: AccountId(1),
        lane: Lane::Simulation,
        capital: Decimal::from(100_000),
        loss_max: None,
        instruments: vec![A],
        params: Vec::new(),
        fuel_per_call: 1,
        fuel_total: None,
        memory_bytes_max: 0,
        pin: None,
        supervision: ringfence_core::config::Supervision::NONE,
        profile: GuestProfile::Compiled,
        // It says more in a second than the usual rates take.
        rates: EmitRates { intents_per_s: u32::MAX, notes_per_s: u32::MAX, wakes_per_s: u32::MAX },
    };
    let instrument = Instrument {
        id: A,
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Equity,
        base: CurrencyId(2),
        quote: CurrencyId(1),
        settlement: CurrencyId(1),
        counterparty: NameId(0),
        price_scale: Scale::new(2).expect("in range"),
        qty_scale: Scale::default(),
        tick: 1,
        lot: 1,
        qty_min: Qty(1),
        qty_max: Qty(1_000),
        notional_min: Decimal::ZERO,
        multiplier: Multiplier::ONE,
        margin_initial_bps: 0,
        margin_maintenance_bps: 0,
        status: InstrumentStatus::Trading,
    };
    Config {
        run: "allocation".to_owned(),
        env: Env::Dev,
        region: None,
        base_currency: CurrencyId(1),
        names: vec!["SIM:A".to_owned()],
        currencies: ["USD", "A"].map(|code| Currency { code: code.to_owned(), scale: 8 }).to_vec(),
        venues: vec![Venue { name: "SIM".to_owned(), ..Venue::default() }],
        accounts: vec![Account { name: "main".to_owned(), venue: VenueId(1), currency: CurrencyId(1), pacing: None }],
        instruments: vec![instrument],
        strategies: vec![slot("one"), slot("two")],
        risk: every_limit(),
        execution: Execution {
            approval_ttl_ns: 300_000_000_000,
            terminal_retention_events: 1_000,
            queue_max: 100,
            split_parts_max: None,
            delivery: EventDelivery::Single,
        },
        sections: Vec::new(),
    }
}

/// Every rule is asked; those about losses and sums are too wide to bind.
fn every_limit() -> RiskLimits {
    let wide = Some(Decimal::from(1_000_000_000));
    RiskLimits {
        order_qty_min: Some(Decimal::ONE),
        order_qty_max: Some(Decimal::from(500)),
        order_notional_min: Some(Decimal::ONE),
        order_notional_max: Some(Decimal::from(100_000)),
        position_strategy_max: Some(Decimal::from(200)),
        position_instrument_max: Some(Decimal::from(300)),
        position_account_max: Some(Decimal::from(300)),
        exposure_gross_max: Some(Decimal::from(1_000_000)),
        exposure_net_max: wide,
        exposure_asset_max: wide,
        exposure_counterparty_max: wide,
        leverage_max: wide,
        margin_initial_use_max_bps: Some(u32::MAX),
        margin_maintenance_use_max_bps: Some(u32::MAX),
        balance_min: Some(Decimal::from(-1_000_000_000)),
        drawdown_session_max: wide,
        drawdown_peak_max: wide,
        loss_day_max: wide,
        strategy_capital_use_max_bps: Some(u32::MAX),
        strategy_loss_max: wide,
        price_collar_bps: Some(500),
        open_orders_max: Some(20),
        velocity: Some(Velocity { orders_max: 1_000, window_ns: 1 }),
        order_to_trade: Some(OrderToTrade { ratio_max: u32::MAX, free: 0 }),
        duplicate_window_ns: Some(1),
        market_age_ns_max: Some(1_000_000_000),
        // These strategies sell into their own resting orders, which would stop them for good.
        self_trade: false,
        venue_unavailable: true,
        venue_window: true,
        region_blocked: true,
        leverage_reported: true,
        margin_mode_reported: true,
    }
}

#[test]
fn a_warm_step_allocates_nothing() {
    let mut session = Session::open();
    // Long enough for every buffer to have seen its largest content: a thousand bars, the memory of fills, retirement.
    for number in 0..20_000 {
        session.round(number);
    }
    let (before_steps, before, outcomes) = (session.seq, session.seen, session.host.outcomes);
    let start = ALLOCATIONS.get();
    for number in 20_000..24_000 {
        session.round(number);
    }
    let allocated = ALLOCATIONS.get() - start;
    let happened: Vec<u64> = session.seen.iter().zip(before).map(|(after, before)| after - before).collect();
    assert!(
        happened.iter().all(|count| *count > 100),
        "denied, malformed, dropped, sent, canceled, amended: {happened:?}"
    );
    assert!(session.host.outcomes > outcomes + 100);
    assert_eq!(allocated, 0, "allocations in {} steps", session.seq - before_steps);
}

#[test]
fn the_counter_counts() {
    let start = ALLOCATIONS.get();
    let boxed = std::hint::black_box(Box::new(IntentId(1)));
    assert_eq!(ALLOCATIONS.get() - start, 1, "{boxed:?}");
}
