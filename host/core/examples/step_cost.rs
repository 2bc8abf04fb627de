//! Cost of a step with a native strategy that does nothing: `cargo run --release -p ringfence-core --example step_cost`.
#![allow(
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    missing_docs,
    reason = "a measurement, not part of the core"
)]

use std::hint::black_box;
use std::time::Instant;

use ringfence_core::blob::BlobTable;
use ringfence_core::canonical::Writer;
use ringfence_core::config::{Account, Config, Currency, Execution, Lane, RiskLimits, StrategySlot, Venue};
use ringfence_core::decision::Effects;
use ringfence_core::event::{EventKind, Mode, Report, Trade};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, NameId, Seq, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier};
use ringfence_core::intent::Env;
use ringfence_core::money::{Decimal, Price, Qty, Scale};
use ringfence_core::plan::{ChangeFilter, Plan, Subscription, Topic};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};

struct Idle(u64);

impl StrategyHost for Idle {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        self.0 = self.0.wrapping_add(call.event.time.0);
        (loan, CallReport::default())
    }
}

fn main() {
    const EVENTS: u64 = 20_000_000;
    let session = SessionId([7; 16]);
    let (mut core, mut blobs, mut effects) =
        (Core::new(ApprovalKeys::simulation(session)), BlobTable::new(), Effects::new());
    let mut host = Idle(0);
    let config = blobs.append(&config().encode());
    let mut plan = Writer::new();
    let trades = Subscription {
        instrument: InstrumentId(1),
        topic: Topic::Trade,
        filter: ChangeFilter::Every,
        bars: None,
        warm_up: 0,
    };
    Plan { subscriptions: vec![trades] }.put(&mut plan);
    let (hash, plan) = (blobs.append(&[0; 32]), blobs.append(plan.bytes()));
    let opening = [
        EventKind::SessionOpened(session, Mode::Backtest, RULES_VERSION),
        EventKind::ConfigChanged(config),
        EventKind::StrategyAttached(StrategyId(1), hash, plan),
    ];
    for (kind, seq) in opening.into_iter().zip(1..) {
        core.step(&Report::control(kind).at(Seq(seq), TimeNs(0)), &blobs, &mut host, &mut effects);
    }
    let trade = Trade { price: Price(1_450_700), qty: Qty(100), aggressor: None };
    let report = Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(EventKind::Trade(trade)) };
    let start = Instant::now();
    for n in 0..EVENTS {
        let event = report.at(Seq(n + 4), TimeNs(n));
        core.step(black_box(&event), &blobs, &mut host, &mut effects);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{:.1} ns per event ({} events, checksum {})", seconds * 1e9 / EVENTS as f64, EVENTS, host.0);
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
        run: "step cost".into(),
        env: Env::Dev,
        region: None,
        base_currency: CurrencyId(1),
        names: vec!["X:SPY".into()],
        currencies: vec![Currency { code: "USD".into(), scale: 8 }],
        venues: vec![Venue { name: "X".into(), ..Venue::default() }],
        accounts: vec![Account { name: "main".into(), venue: VenueId(1), currency: CurrencyId(1), pacing: None }],
        instruments: vec![instrument],
        strategies: vec![StrategySlot {
            name: "idle".into(),
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
        }],
        risk: RiskLimits::default(),
        execution: Execution {
            approval_ttl_ns: 300_000_000_000,
            terminal_retention_events: 1000,
            queue_max: 1024,
            split_parts_max: None,
        },
        sections: vec![],
    }
}
