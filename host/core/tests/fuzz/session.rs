//! Session: does the core live through a few events under what it read?

use ringfence_core::blob::BlobTable;
use ringfence_core::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, OrderToTrade, RiskLimits,
    StrategySlot, Supervision, Velocity, Venue,
};
use ringfence_core::decision::Effects;
use ringfence_core::event::{EventKind, Mode, Quote, Report, Trade};
use ringfence_core::ids::{
    AccountId, BlobId, CurrencyId, InstrumentId, NameId, Seq, SessionId, StrategyId, TimeNs, VenueId,
};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier, PositionSide, Side};
use ringfence_core::intent::{Env, Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Decimal, Price, Qty, Scale};
use ringfence_core::plan::{ChangeFilter, Plan, Subscription, Topic};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};

use crate::{CONFIG, EXTERNAL, PLAN, written};

const A: InstrumentId = InstrumentId(1);

/// Wants something at every call.
struct Eager;

impl StrategyHost for Eager {
    fn call(&mut self, _: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        let submit = IntentKind::Submit(Submit {
            instrument: A,
            side: Side::Buy,
            size: Size::Quantity(Qty(3)),
            order_type: OrderType::Market,
            limit_price: None,
            stop_price: None,
            tif: TimeInForce::Gtc,
            max_slippage_bps: None,
            post_only: false,
            reduce_only: false,
            position_side: PositionSide::Net,
            extras: Extras::NONE,
        });
        // One that may say no more says no more.
        loan.emit(submit).ok();
        (loan, CallReport::fine(1))
    }
}

/// A session with this configuration, plan or intent from outside in place of a usual one.
pub(crate) fn lived_through((what, bytes): (u8, &[u8])) {
    let or = |kind: u8, usual: Vec<u8>| if what == kind { bytes.to_vec() } else { usual };
    let session = SessionId([9; 16]);
    let (mut core, mut blobs, mut effects) =
        (Core::new(ApprovalKeys::simulation(session)), BlobTable::new(), Effects::new());
    let config = blobs.append(&or(CONFIG, config().encode()));
    let plan = blobs.append(&or(PLAN, written(&plan())));
    let intent = blobs.append(&or(EXTERNAL, Vec::new()));
    let quote = Quote { bid_price: Price(1_000), bid_qty: Qty(5), ask_price: Price(1_001), ask_qty: Qty(5) };
    let trade = Trade { price: Price(1_001), qty: Qty(3), aggressor: Some(Side::Buy) };
    let kinds = [
        EventKind::SessionOpened(session, Mode::Backtest, RULES_VERSION),
        EventKind::ConfigChanged(config),
        EventKind::StrategyAttached(StrategyId(1), BlobId(1), plan),
        EventKind::Quote(quote),
        EventKind::Trade(trade),
        EventKind::ExternalIntent(intent),
        EventKind::TimeAdvanced,
        EventKind::ParametersChanged(StrategyId(1), plan),
        EventKind::ConfigChanged(config),
        EventKind::Trade(trade),
    ];
    for (kind, seq) in kinds.into_iter().zip(1..) {
        let report = Report { instrument: A, venue: VenueId(1), account: AccountId(1), ..Report::control(kind) };
        let event = report.at(Seq(seq), TimeNs(1_700_000_000_000_000_000 + seq * 1_000_000));
        core.step(&event, &blobs, &mut Eager, &mut effects);
    }
}

pub(crate) fn plan() -> Plan {
    let topics = [Topic::Quote, Topic::Trade, Topic::Bar, Topic::Book, Topic::Order];
    let of = |topic| Subscription { instrument: A, topic, filter: ChangeFilter::Every, bars: None, warm_up: 0 };
    Plan { subscriptions: topics.map(of).to_vec() }
}

/// One strategy with a component and one without, every limit on.
pub(crate) fn config() -> Config {
    let slot = |name: &str, profile| StrategySlot {
        name: name.to_owned(),
        account: AccountId(1),
        lane: Lane::Simulation,
        capital: Decimal::from(100_000),
        loss_max: Some(Decimal::from(5)),
        instruments: vec![A],
        params: vec![("fast".to_owned(), "5".to_owned())],
        fuel_per_call: 1,
        fuel_total: Some(9),
        memory_bytes_max: 1 << 20,
        pin: Some([7; 32]),
        supervision: Supervision::NONE,
        profile,
        rates: EmitRates::USUAL,
    };
    Config {
        region: Some("EU".to_owned()),
        strategies: vec![slot("one", GuestProfile::Compiled), slot("two", GuestProfile::External)],
        risk: every_limit(),
        sections: vec![("fills".to_owned(), "taker".to_owned())],
        ..bare_config()
    }
}

/// Nobody trades.
pub(crate) fn bare_config() -> Config {
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
        run: "fuzzed".to_owned(),
        env: Env::Dev,
        region: None,
        base_currency: CurrencyId(1),
        names: vec!["SIM:A".to_owned()],
        currencies: ["USD", "A"].map(|code| Currency { code: code.to_owned(), scale: 8 }).to_vec(),
        venues: vec![Venue { name: "SIM".to_owned(), ..Venue::default() }],
        accounts: vec![Account { name: "main".to_owned(), venue: VenueId(1), currency: CurrencyId(1), pacing: None }],
        instruments: vec![instrument],
        strategies: Vec::new(),
        risk: RiskLimits::default(),
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

fn every_limit() -> RiskLimits {
    let wide = Some(Decimal::from(1_000_000_000));
    RiskLimits {
        order_qty_min: Some(Decimal::ONE),
        order_qty_max: Some(Decimal::from(500)),
        order_notional_min: Some(Decimal::ONE),
        order_notional_max: wide,
        position_strategy_max: wide,
        position_instrument_max: wide,
        position_account_max: wide,
        exposure_gross_max: wide,
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
        order_to_trade: Some(OrderToTrade { ratio_max: 9, free: 2 }),
        duplicate_window_ns: Some(1),
        market_age_ns_max: Some(1_000_000_000),
        self_trade: true,
        venue_unavailable: true,
        venue_window: true,
        region_blocked: true,
        leverage_reported: true,
        margin_mode_reported: true,
    }
}
