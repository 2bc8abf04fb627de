//! Desk: where do tests of a venue get genuine commands from?
//!
//! In: wishes of scripted strategies, and what a venue says. Out: commands that a real core approved under wide limits.
//! Must never: go around Normalizer, Risk, Queue or Gate, or be part of a host.

use ringfence_core::blob::BlobTable;
use ringfence_core::canonical::Writer;
use ringfence_core::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, RiskLimits, StrategySlot, Venue,
};
use ringfence_core::decision::{Decision, Effects};
use ringfence_core::event::{EventKind, Mode, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, NameId, Seq, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier, PositionSide, Side};
use ringfence_core::intent::{Env, Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Decimal, Price, Qty, Scale};
use ringfence_core::plan::{ChangeFilter, Plan, Subscription, Topic};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::state::State;
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};

/// Strategies of a desk: 1 and 3 trade on account 1, 2 on account 2.
pub const STRATEGIES: u16 = 3;
/// Accounts of a desk.
pub const ACCOUNTS: u16 = 2;

/// A core whose strategies want what the test says.
#[derive(Debug)]
pub struct Desk {
    core: Core,
    blobs: BlobTable,
    effects: Effects,
    script: Script,
    seq: u64,
    time: TimeNs,
}

/// Emits one wish when its strategy is called.
#[derive(Debug, Default)]
struct Script {
    wish: Option<(StrategyId, IntentKind)>,
}

impl StrategyHost for Script {
    fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        if let Some((_, kind)) = self.wish.take_if(|(strategy, _)| *strategy == call.strategy) {
            loan.emit(kind).expect("a desk's strategies do not warm up and emit once a call");
        }
        (loan, CallReport::default())
    }
}

impl Desk {
    /// A desk over these instruments, in order of their ids; every rule of Risk that can be off is off.
    #[must_use]
    pub fn open(instruments: &[Instrument]) -> Desk {
        let session = SessionId([7; 16]);
        let mut desk = Desk {
            core: Core::new(ApprovalKeys::simulation(session)),
            blobs: BlobTable::new(),
            effects: Effects::new(),
            script: Script::default(),
            seq: 0,
            time: TimeNs(0),
        };
        let config = desk.blobs.append(&config(instruments).encode());
        let component = desk.blobs.append(&[0; 32]);
        let mut w = Writer::new();
        plan().put(&mut w);
        let plan = desk.blobs.append(w.bytes());
        let opening =
            [EventKind::SessionOpened(session, Mode::Backtest, RULES_VERSION), EventKind::ConfigChanged(config)];
        let attach = (1..=STRATEGIES).map(|id| EventKind::StrategyAttached(StrategyId(id), component, plan));
        for kind in opening.into_iter().chain(attach) {
            desk.tell(&Report::control(kind));
        }
        desk
    }

    /// Moves the desk's time; it never goes back.
    pub fn advance(&mut self, time: TimeNs) {
        self.time = self.time.max(time);
    }

    /// Time of the next event.
    #[must_use]
    pub fn time(&self) -> TimeNs {
        self.time
    }

    /// State after the last event.
    #[must_use]
    pub fn state(&self) -> &State {
        self.core.state()
    }

    /// What the last event made the core decide.
    #[must_use]
    pub fn decisions(&self) -> &[Decision] {
        &self.effects.decisions
    }

    /// Lets the core see a fact: of the market, or what a venue said. Gives what it lets out.
    pub fn tell(&mut self, report: &Report) -> Vec<VenueCommand> {
        self.seq += 1;
        let event = report.at(Seq(self.seq), self.time);
        self.core.step(&event, &self.blobs, &mut self.script, &mut self.effects);
        self.effects.commands.drain(..).collect()
    }

    /// Lets a strategy emit a wish. Gives what comes out at the other end of the chain; [`Desk::decisions`] tells why
    /// that may be nothing.
    ///
    /// # Panics
    /// When the strategy is not one of the desk's, or is halted.
    pub fn ask(&mut self, strategy: StrategyId, wish: IntentKind) -> Vec<VenueCommand> {
        self.script.wish = Some((strategy, wish));
        let commands = self.tell(&Report::control(EventKind::Signal(NameId(1), NameId(1), 0)));
        assert!(self.script.wish.is_none(), "strategy {} was not called", strategy.0);
        commands
    }
}

/// What a strategy asks for, for tests: good till canceled; a limit order where a price is given, otherwise a market order.
#[must_use]
pub fn submit(instrument: InstrumentId, (side, qty): (Side, Qty), limit_price: Option<Price>) -> Submit {
    Submit {
        instrument,
        side,
        size: Size::Quantity(qty),
        order_type: if limit_price.is_some() { OrderType::Limit } else { OrderType::Market },
        limit_price,
        stop_price: None,
        tif: TimeInForce::Gtc,
        max_slippage_bps: None,
        post_only: false,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    }
}

/// A plain instrument for tests: spot, tick and lot 1, in currency 1, at venue 1.
///
/// # Panics
/// When a scale is above 18.
#[must_use]
pub fn instrument(id: u32, (price_digits, qty_digits): (u8, u8)) -> Instrument {
    let scale = |digits| Scale::new(digits).expect("a scale of at most 18");
    Instrument {
        id: InstrumentId(id),
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Spot,
        base: CurrencyId(2),
        quote: CurrencyId(1),
        settlement: CurrencyId(1),
        counterparty: NameId(0),
        price_scale: scale(price_digits),
        qty_scale: scale(qty_digits),
        tick: 1,
        lot: 1,
        qty_min: Qty(1),
        qty_max: Qty(1_000_000_000),
        notional_min: Decimal::ZERO,
        multiplier: Multiplier::ONE,
        margin_initial_bps: 0,
        margin_maintenance_bps: 0,
        status: InstrumentStatus::Trading,
    }
}

fn config(instruments: &[Instrument]) -> Config {
    let all: Vec<InstrumentId> = instruments.iter().map(|instrument| instrument.id).collect();
    let currency = |code: &str| Currency { code: code.into(), scale: 8 };
    let account =
        |id: u16| Account { name: format!("account-{id}"), venue: VenueId(1), currency: CurrencyId(1), pacing: None };
    let slot = |id: u16| StrategySlot {
        name: format!("desk-{id}"),
        account: AccountId(if id == 2 { 2 } else { 1 }),
        lane: Lane::Simulation,
        capital: Decimal::ZERO,
        loss_max: None,
        instruments: all.clone(),
        params: Vec::new(),
        fuel_per_call: 1,
        fuel_total: None,
        memory_bytes_max: 0,
        pin: None,
        supervision: ringfence_core::config::Supervision::NONE,
        profile: GuestProfile::Compiled,
        // Tests of a desk ask for more in a second than any strategy.
        rates: EmitRates { intents_per_s: u32::MAX, notes_per_s: u32::MAX, wakes_per_s: u32::MAX },
    };
    Config {
        run: "desk".into(),
        env: Env::Dev,
        region: None,
        base_currency: CurrencyId(1),
        names: vec!["SIM:TEST".into()],
        currencies: vec![currency("USD"), currency("TEST")],
        venues: vec![Venue { name: "SIM".into(), ..Venue::default() }],
        accounts: (1..=ACCOUNTS).map(account).collect(),
        instruments: instruments.to_vec(),
        strategies: (1..=STRATEGIES).map(slot).collect(),
        risk: RiskLimits::default(),
        execution: Execution {
            approval_ttl_ns: u64::MAX,
            terminal_retention_events: 100,
            queue_max: 1_000,
            split_parts_max: None,
            delivery: EventDelivery::Single,
        },
        sections: Vec::new(),
    }
}

/// Strategies are called by signals alone, so that a wish comes when the test says so.
fn plan() -> Plan {
    let on_signal = Subscription {
        instrument: InstrumentId::NONE,
        topic: Topic::Signal,
        filter: ChangeFilter::Every,
        bars: None,
        warm_up: 0,
    };
    Plan { subscriptions: vec![on_signal] }
}
