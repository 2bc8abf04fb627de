//! What does a step of the core cost, with a native strategy: `cargo bench -p ringfence-core`.
//!
//! One iteration is one market event and everything it leads to: nothing, an order that is accepted and filled, an order
//! that is accepted and canceled. The strategy costs nothing; tape, sandbox, journal and venue are not there.
#![allow(missing_docs, reason = "a measurement, not part of the core")]

use divan::{Bencher, black_box};
use ringfence_core::blob::BlobTable;
use ringfence_core::canonical::Writer;
use ringfence_core::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, Pacing, RiskLimits,
    StrategySlot, Venue,
};
use ringfence_core::decision::{Decision, Effects};
use ringfence_core::event::{CancelReason, EventKind, Fill, FillReason, Liquidity, Mode, Quote, Report, Trade};
use ringfence_core::ids::{
    AccountId, CurrencyId, InstrumentId, IntentId, LegKey, NameId, Seq, SessionId, StrategyId, TimeNs, VenueId,
};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier, PositionSide, Side};
use ringfence_core::intent::{Env, Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Decimal, Price, Qty, Scale};
use ringfence_core::plan::{ChangeFilter, Plan, Subscription, Topic};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};

fn main() {
    divan::main();
}

/// A trade that nobody reacts to.
#[divan::bench]
fn idle(bencher: Bencher<'_, '_>) {
    let mut desk = Desk::new(RiskLimits::default());
    bencher.bench_local(|| desk.market());
}

/// A trade, a market order, its acceptance and its fill.
#[divan::bench]
fn order_filled(bencher: Bencher<'_, '_>) {
    let mut desk = Desk::new(RiskLimits::default());
    bencher.bench_local(|| desk.order_filled());
}

/// The same under a limit in most rules.
#[divan::bench]
fn order_filled_under_limits(bencher: Bencher<'_, '_>) {
    let mut desk = Desk::new(limits());
    bencher.bench_local(|| desk.order_filled());
}

/// A trade and an order that Risk denies; its strategy is told at the next one.
#[divan::bench]
fn order_denied(bencher: Bencher<'_, '_>) {
    let mut desk = Desk::new(RiskLimits { order_qty_max: Some(Decimal::ONE), ..limits() });
    bencher.bench_local(|| desk.order_denied());
}

/// A trade and an order that has to wait; another trade, and the cancel that takes it out of the queue. So many others wait.
#[divan::bench(args = [0, 100, 1_000])]
fn order_withdrawn_beside(bencher: Bencher<'_, '_>, waiting: u64) {
    let mut desk = Desk::paced();
    for _ in 0..waiting {
        desk.order_waits();
    }
    bencher.bench_local(|| desk.order_withdrawn());
}

/// A trade, a limit order, its acceptance; another trade, its cancel and the answer; beside so many live orders.
#[divan::bench(args = [0, 100, 1_000, 10_000, 100_000])]
fn order_canceled_beside(bencher: Bencher<'_, '_>, live: u64) {
    let mut desk = Desk::new(RiskLimits::default());
    for _ in 0..live {
        desk.order_rests();
    }
    bencher.bench_local(|| desk.order_canceled());
}

/// Does at the next market event what it was told.
#[derive(Default)]
struct Native {
    next: Option<IntentKind>,
    intents: u64,
}

impl StrategyHost for Native {
    fn call(&mut self, _call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        if let Some(kind) = self.next.take() {
            self.intents = loan.emit(kind).expect("room for one intent").0;
        }
        (loan, CallReport::default())
    }
}

/// A session in motion.
struct Desk {
    core: Core,
    blobs: BlobTable,
    effects: Effects,
    host: Native,
    seq: u64,
}

impl Desk {
    fn new(risk: RiskLimits) -> Desk {
        Desk::with(Config { risk, ..config() })
    }

    /// One order may leave; those after it wait as long as the bench runs.
    fn paced() -> Desk {
        let pacing = Pacing { per_s: 1, burst: 1, submit: 1, amend: 1, cancel: 1, cancel_reserve: 0 };
        let mut config = config();
        config.accounts[0].pacing = Some(pacing);
        config.execution.queue_max = 10_000;
        let mut desk = Desk::with(config);
        desk.order_rests();
        desk
    }

    fn with(config: Config) -> Desk {
        let session = SessionId([7; 16]);
        let core = Core::new(ApprovalKeys::simulation(session));
        let mut desk = Desk { core, blobs: BlobTable::new(), effects: Effects::new(), host: Native::default(), seq: 0 };
        let config = desk.blobs.append(&config.encode());
        let (instrument, topic, filter) = (InstrumentId(1), Topic::Trade, ChangeFilter::Every);
        let mut plan = Writer::new();
        Plan { subscriptions: vec![Subscription { instrument, topic, filter, bars: None, warm_up: 0 }] }.put(&mut plan);
        let (hash, plan) = (desk.blobs.append(&[0; 32]), desk.blobs.append(plan.bytes()));
        desk.step(EventKind::SessionOpened(session, Mode::Backtest, RULES_VERSION));
        desk.step(EventKind::ConfigChanged(config));
        desk.step(EventKind::StrategyAttached(StrategyId(1), hash, plan));
        let (bid_price, ask_price) = (Price(1_450_600), Price(1_450_800));
        desk.step(EventKind::Quote(Quote { bid_price, bid_qty: Qty(100), ask_price, ask_qty: Qty(100) }));
        desk
    }

    fn step(&mut self, kind: EventKind) {
        self.seq += 1;
        let (venue, account) = (VenueId(1), AccountId(1));
        let instrument = InstrumentId(1);
        let report = Report { instrument, venue, account, ..Report::control(kind) };
        let event = report.at(Seq(self.seq), TimeNs(self.seq));
        self.core.step(black_box(&event), &self.blobs, &mut self.host, &mut self.effects);
    }

    fn market(&mut self) {
        self.step(EventKind::Trade(Trade { price: Price(1_450_700), qty: Qty(100), aggressor: None }));
    }

    fn order_filled(&mut self) {
        let side = if self.host.intents.is_multiple_of(2) { Side::Buy } else { Side::Sell };
        let order = self.sent(submit(side, None));
        self.step(EventKind::OrderAccepted(order));
        self.step(EventKind::OrderFilled(Fill {
            order,
            trade_id: self.seq,
            price: Price(1_450_700),
            qty: Qty(100),
            leaves: Qty(0),
            fee: Decimal::new(14_507, 4),
            fee_currency: CurrencyId(1),
            side,
            liquidity: Liquidity::Taker,
            position_side: PositionSide::Net,
            reason: FillReason::Crossed,
            ahead: Fill::AHEAD_UNKNOWN,
        }));
    }

    fn order_rests(&mut self) -> LegKey {
        let order = self.sent(submit(Side::Buy, Some(Price(1_400_000))));
        self.step(EventKind::OrderAccepted(order));
        order
    }

    fn order_canceled(&mut self) {
        let order = self.order_rests();
        self.sent(IntentKind::Cancel(order.intent));
        self.step(EventKind::OrderCanceled(order, Qty(100), CancelReason::Asked));
    }

    fn order_denied(&mut self) {
        assert_eq!(self.kept(submit(Side::Buy, None)).len(), 3, "emitted, normalised, denied");
    }

    fn order_waits(&mut self) -> IntentId {
        assert_eq!(
            self.kept(submit(Side::Buy, Some(Price(1_400_000)))).len(),
            4,
            "emitted, normalised, allowed, queued"
        );
        IntentId(self.host.intents)
    }

    fn order_withdrawn(&mut self) {
        let before = self.core.queue().len();
        let order = self.order_waits();
        self.kept(IntentKind::Cancel(order));
        assert_eq!(self.core.queue().len(), before, "the order did not leave the queue");
    }

    /// Has an intent emitted at a market event that does not go out.
    fn kept(&mut self, intent: IntentKind) -> &[Decision] {
        self.host.next = Some(intent);
        self.market();
        assert!(self.effects.commands.is_empty(), "the intent became a command");
        &self.effects.decisions
    }

    /// Has an intent emitted at a market event, and sees it go out.
    fn sent(&mut self, intent: IntentKind) -> LegKey {
        self.host.next = Some(intent);
        self.market();
        assert_eq!(self.effects.commands.len(), 1, "the intent did not become a command");
        LegKey { strategy: StrategyId(1), intent: IntentId(self.host.intents), ..LegKey::default() }
    }
}

fn submit(side: Side, limit_price: Option<Price>) -> IntentKind {
    IntentKind::Submit(Submit {
        instrument: InstrumentId(1),
        side,
        size: Size::Quantity(Qty(100)),
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

/// Wide enough not to bind.
fn limits() -> RiskLimits {
    let wide = Some(Decimal::from(1_000_000_000_000_i64));
    RiskLimits {
        order_qty_max: wide,
        order_notional_max: wide,
        position_strategy_max: wide,
        position_instrument_max: wide,
        position_account_max: wide,
        exposure_gross_max: wide,
        exposure_net_max: wide,
        exposure_asset_max: wide,
        drawdown_session_max: wide,
        drawdown_peak_max: wide,
        loss_day_max: wide,
        price_collar_bps: Some(10_000),
        market_age_ns_max: Some(1_000_000_000),
        ..RiskLimits::default()
    }
}

fn config() -> Config {
    let instrument = Instrument {
        id: InstrumentId(1),
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Equity,
        base: CurrencyId(1),
        quote: CurrencyId(1),
        settlement: CurrencyId(1),
        counterparty: NameId(0),
        price_scale: Scale::new(4).expect("in range"),
        qty_scale: Scale::default(),
        tick: 1,
        lot: 1,
        qty_min: Qty(1),
        qty_max: Qty(1_000_000),
        notional_min: Decimal::ZERO,
        multiplier: Multiplier::ONE,
        margin_initial_bps: 0,
        margin_maintenance_bps: 0,
        status: InstrumentStatus::Trading,
    };
    Config {
        run: "bench".into(),
        env: Env::Dev,
        region: None,
        base_currency: CurrencyId(1),
        names: vec!["X:SPY".into()],
        currencies: vec![Currency { code: "USD".into(), scale: 8 }],
        venues: vec![Venue { name: "X".into(), ..Venue::default() }],
        accounts: vec![Account { name: "main".into(), venue: VenueId(1), currency: CurrencyId(1), pacing: None }],
        instruments: vec![instrument],
        strategies: vec![StrategySlot {
            name: "native".into(),
            account: AccountId(1),
            lane: Lane::Simulation,
            capital: Decimal::ZERO,
            loss_max: None,
            instruments: vec![InstrumentId(1)],
            params: vec![],
            fuel_per_call: 1,
            fuel_total: None,
            memory_bytes_max: 1,
            pin: None,
            supervision: ringfence_core::config::Supervision::NONE,
            profile: GuestProfile::Compiled,
            rates: EmitRates::USUAL,
        }],
        risk: RiskLimits::default(),
        execution: Execution {
            approval_ttl_ns: 300_000_000_000,
            terminal_retention_events: 1000,
            queue_max: 1024,
            split_parts_max: None,
            delivery: EventDelivery::Single,
        },
        sections: vec![],
    }
}
