//! World: under which configuration do the tests of this folder run the core?
//!
//! In: nothing. Out: one venue with one instrument, strategies and limits for it, a plan that wants everything. Must never:
//! hold what one test alone needs.

use ringfence_core::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, OrderToTrade, RiskLimits,
    StrategySlot, Supervision, Velocity, Venue,
};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, NameId, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier, PositionSide, Side};
use ringfence_core::intent::{Env, Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Decimal, Price, Qty, Scale};
use ringfence_core::plan::{ChangeFilter, Plan, Subscription, Topic};

/// The instrument.
pub(crate) const A: InstrumentId = InstrumentId(1);

/// An order at this limit, or at the market.
pub(crate) fn submit(side: Side, qty: i64, limit_price: Option<Price>) -> IntentKind {
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

/// Everything that the instrument tells.
pub(crate) fn plan() -> Plan {
    let topics = [Topic::Quote, Topic::Trade, Topic::Bar, Topic::Book, Topic::Order];
    let of = |topic| Subscription { instrument: A, topic, filter: ChangeFilter::Every, bars: None, warm_up: 0 };
    Plan { subscriptions: topics.map(of).to_vec() }
}

/// A strategy that trades the instrument.
pub(crate) fn slot(name: &str, profile: GuestProfile) -> StrategySlot {
    StrategySlot {
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
        supervision: Supervision::NONE,
        profile,
        rates: EmitRates::USUAL,
    }
}

fn instrument() -> Instrument {
    Instrument {
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
    }
}

/// No limit, and nobody trades.
pub(crate) fn bare_config() -> Config {
    Config {
        run: "world".to_owned(),
        env: Env::Dev,
        region: None,
        base_currency: CurrencyId(1),
        names: vec!["SIM:A".to_owned()],
        currencies: ["USD", "A"].map(|code| Currency { code: code.to_owned(), scale: 8 }).to_vec(),
        venues: vec![Venue { name: "SIM".to_owned(), ..Venue::default() }],
        accounts: vec![Account { name: "main".to_owned(), venue: VenueId(1), currency: CurrencyId(1), pacing: None }],
        instruments: vec![instrument()],
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

/// Every rule is asked, and few bind.
pub(crate) fn every_limit() -> RiskLimits {
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
