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
use ringfence_core::config::{Config, EmitRates, GuestProfile, OrderToTrade, RiskLimits, StrategySlot};
use ringfence_core::decision::{DecisionKind, Effects};
use ringfence_core::event::{
    BalanceStatement, Bar, BookAction, BookLevel, CancelReason, EventKind, Fill, FillReason, Liquidity, Mode, Quote,
    RejectReason, Report, Trade,
};
use ringfence_core::ids::{AccountId, BlobId, CurrencyId, IntentId, Seq, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{Action, Amend, IntentKind};
use ringfence_core::money::{Decimal, Price, Qty};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::{Call, CallReport, Delivery, StateLoan, StrategyHost};

mod world;

use world::{A, bare_config, every_limit, plan, slot, submit};

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

fn config() -> Config {
    // They say more in a second than the usual rates take.
    let rates = EmitRates { intents_per_s: u32::MAX, notes_per_s: u32::MAX, wakes_per_s: u32::MAX };
    let slot = |name| StrategySlot { rates, ..slot(name, GuestProfile::Compiled) };
    Config { strategies: vec![slot("one"), slot("two")], risk: limits(), ..bare_config() }
}

/// Those about losses and sums are too wide to bind, some others are not.
fn limits() -> RiskLimits {
    RiskLimits {
        order_notional_max: Some(Decimal::from(100_000)),
        position_strategy_max: Some(Decimal::from(200)),
        position_instrument_max: Some(Decimal::from(300)),
        position_account_max: Some(Decimal::from(300)),
        exposure_gross_max: Some(Decimal::from(1_000_000)),
        order_to_trade: Some(OrderToTrade { ratio_max: u32::MAX, free: 0 }),
        // These strategies sell into their own resting orders, which would stop them for good.
        self_trade: false,
        ..every_limit()
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
