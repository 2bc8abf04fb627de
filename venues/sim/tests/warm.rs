//! Once warm, the venue takes nothing from the allocator: neither for market events nor for commands.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use ringfence_core::event::{EventKind, Quote, Report, Trade};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{InstrumentId, IntentId, Seq, StrategyId, VenueId};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Decimal, Price, Qty};
use ringfence_sim::{FeeTier, QueueModel, RestingFills, Sim, SimConfig, TakerSize};
use ringfence_venue::desk::{self, Desk};

mod support;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[expect(unsafe_code, reason = "an allocator cannot be written without; both calls pass their arguments on unchanged")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises about the layout are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `alloc` above, that is from the system, with this layout.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// A venue, a core and how often the venue allocated.
struct Bench {
    desk: Desk,
    sim: Sim,
    reports: Vec<Report>,
    allocations: u64,
    fills: u64,
    intents: u64,
}

impl Bench {
    fn counted(&mut self, work: impl FnOnce(&mut Sim, &mut Vec<Report>)) {
        let before = ALLOCATIONS.with(Cell::get);
        work(&mut self.sim, &mut self.reports);
        self.allocations += ALLOCATIONS.with(Cell::get) - before;
    }

    fn market(&mut self, kind: EventKind) {
        self.desk.advance(self.desk.time().plus(1));
        let fact = Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(kind) };
        let event = fact.at(Seq(0), self.desk.time());
        self.counted(|sim, out| sim.on_market(&event, out));
        self.hear();
        let commands = self.desk.tell(&fact);
        self.send(commands);
    }

    fn ask(&mut self, wish: IntentKind) {
        let commands = self.desk.ask(StrategyId(1), wish);
        self.intents += 1;
        self.send(commands);
    }

    fn send(&mut self, commands: Vec<VenueCommand>) {
        for command in commands {
            self.counted(|sim, out| sim.on_command(command, out));
        }
        self.hear();
    }

    fn hear(&mut self) {
        for at in 0..self.reports.len() {
            let report = self.reports[at];
            self.fills += u64::from(matches!(report.kind, EventKind::OrderFilled(_)));
            let commands = self.desk.tell(&report);
            assert!(commands.is_empty());
        }
        self.reports.clear();
    }

    /// A round in which orders rest, fill as maker and taker, and are canceled.
    fn round(&mut self, round: i64) {
        let middle = 1_000 + round % 7;
        self.quote(middle);
        self.ask(limit(Side::Buy, middle - 1));
        self.ask(limit(Side::Sell, middle + 5));
        self.ask(limit(Side::Buy, middle - 3));
        self.market(EventKind::Trade(Trade { price: Price(middle - 1), qty: Qty(50), aggressor: Some(Side::Sell) }));
        let (first, third) = (IntentId(self.intents - 1), IntentId(self.intents));
        self.ask(IntentKind::Cancel(first));
        self.quote(middle - 4);
        self.ask(IntentKind::Cancel(third));
        self.ask(IntentKind::Submit(Submit { order_type: OrderType::Market, limit_price: None, ..submit(Side::Sell) }));
    }

    fn quote(&mut self, middle: i64) {
        let (bid_price, ask_price) = (Price(middle - 1), Price(middle + 1));
        self.market(EventKind::Quote(Quote { bid_price, bid_qty: Qty(9), ask_price, ask_qty: Qty(9) }));
    }
}

fn submit(side: Side) -> Submit {
    Submit {
        instrument: InstrumentId(1),
        side,
        size: Size::Quantity(Qty(1)),
        order_type: OrderType::Market,
        limit_price: None,
        stop_price: None,
        tif: TimeInForce::Gtc,
        max_slippage_bps: None,
        post_only: false,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    }
}

fn limit(side: Side, price: i64) -> IntentKind {
    IntentKind::Submit(Submit { order_type: OrderType::Limit, limit_price: Some(Price(price)), ..submit(side) })
}

#[test]
fn a_warm_venue_allocates_nothing() {
    check(|config| config.queue = QueueModel::BehindTouch);
}

#[test]
fn neither_do_models_that_divide_fills_in_part_sizes_that_are_used_up_and_tiers() {
    for queue in [QueueModel::PowerProb3, QueueModel::LogProb] {
        check(|config| {
            (config.queue, config.resting, config.taker_size) = (queue, RestingFills::Partial, TakerSize::Consumed);
            let tier = FeeTier { volume_from: Decimal::ONE, rates: config.fees.base };
            (config.fees.tiers, config.fees.order_min) = (vec![tier], Decimal::ONE);
        });
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut SimConfig)) {
    let instruments = [desk::instrument(1, (0, 0))];
    let config = support::config(&instruments, change);
    let mut bench = Bench {
        desk: Desk::open(&instruments),
        sim: Sim::new(config).expect("a sound configuration"),
        reports: Vec::with_capacity(64),
        allocations: 0,
        fills: 0,
        intents: 0,
    };
    (0..1_000).for_each(|round| bench.round(round));
    let (warm, fills) = (bench.allocations, bench.fills);
    (1_000..2_000).for_each(|round| bench.round(round));
    assert!(bench.fills - fills >= 2_000, "the round does what it says: {}", bench.fills - fills);
    assert_eq!(bench.allocations - warm, 0);
}
