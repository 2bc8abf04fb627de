//! Fixture: a configuration and a desk for tests, with a sink that keeps what it is sent.

use std::sync::{Arc, Mutex};

use ringfence_core::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, RiskLimits, StrategySlot,
    Supervision, Venue,
};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, NameId, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier};
use ringfence_core::intent::Env;
use ringfence_core::money::{Decimal, Qty, Scale};

use crate::actor::{Actor, Role, Via};
use crate::desk::{Arming, AtStop, Desk, Gone, Order, People, Sink, Start};

/// `ema` has a component, `agent` has none; prices have two digits behind the point, quantities none.
pub(crate) fn config() -> Config {
    let usd = CurrencyId(1);
    let slot = |name: &str, profile| StrategySlot {
        name: name.to_owned(),
        account: AccountId(1),
        lane: Lane::Paper,
        capital: Decimal::from(1_000),
        loss_max: None,
        instruments: vec![InstrumentId(1)],
        params: Vec::new(),
        fuel_per_call: 1,
        fuel_total: None,
        memory_bytes_max: 0,
        pin: None,
        supervision: Supervision::NONE,
        profile,
        rates: EmitRates::USUAL,
    };
    let instrument = Instrument {
        id: InstrumentId(1),
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Equity,
        base: CurrencyId(2),
        quote: usd,
        settlement: usd,
        counterparty: NameId(0),
        price_scale: Scale::new(2).expect("in range"),
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
        run: "test".to_owned(),
        env: Env::Dev,
        region: None,
        base_currency: usd,
        names: vec!["SIM:A".to_owned()],
        currencies: ["USD", "A"].map(|code| Currency { code: code.to_owned(), scale: 8 }).to_vec(),
        venues: vec![Venue { name: "SIM".to_owned(), ..Venue::default() }],
        accounts: vec![Account { name: "main".to_owned(), venue: VenueId(1), currency: usd, pacing: None }],
        instruments: vec![instrument],
        strategies: vec![slot("ema", GuestProfile::Compiled), slot("agent", GuestProfile::External)],
        risk: RiskLimits::default(),
        execution: Execution {
            approval_ttl_ns: 1,
            terminal_retention_events: 1,
            queue_max: 1,
            split_parts_max: None,
            delivery: EventDelivery::Single,
        },
        sections: Vec::new(),
    }
}

/// What a session was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent(Arc<Mutex<Vec<Order>>>);

impl Sent {
    /// What was sent since the last call.
    pub(crate) fn taken(&self) -> Vec<Order> {
        std::mem::take(&mut self.0.lock().expect("nobody panics"))
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let orders = self.0.lock().expect("nobody panics");
        orders.iter().map(|order| format!("{} -> {:?}", order.text, order.act)).collect()
    }
}

impl Sink for Sent {
    fn send(&self, order: Order) -> Result<(), Gone> {
        self.0.lock().expect("nobody panics").push(order);
        Ok(())
    }
}

pub(crate) fn desk(people: People, is_armed: bool) -> (Arc<Desk>, Sent) {
    let sent = Sent::default();
    let arming = Arming { people, is_armed };
    let start = Start { config: config(), config_text: "[session]".to_owned(), arming, at_stop: AtStop::Closes };
    (Arc::new(Desk::new(start, Box::new(sent.clone()))), sent)
}

pub(crate) fn actor(name: &str, role: Role) -> Actor {
    Actor { name: name.to_owned(), role, via: Via::Tcp }
}
