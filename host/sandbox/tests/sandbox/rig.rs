//! A core with strategies in a sandbox, driven by trades; what follows from each is shown as text.

use ringfence_core::blob::BlobTable;
use ringfence_core::canonical::Writer;
use ringfence_core::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, RiskLimits, StrategySlot, Venue,
};
use ringfence_core::decision::{Decision, DecisionKind, Effects};
use ringfence_core::event::{Event, EventKind, Halt, Mode, Report, Trade};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, NameId, Seq, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier};
use ringfence_core::intent::{Env, IntentKind};
use ringfence_core::money::{Decimal, Price, Qty, Scale};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::{Ahead, Core, RULES_VERSION};
use ringfence_core::strategy::StrategyHost;
use ringfence_sandbox::{ComponentBytes, Loaded, Options, Refusal, Sandbox};

/// Fuel of one call in tests: a second of an endless loop would be a hundred times as much.
pub(crate) const FUEL: u64 = 1_000_000;

pub(crate) struct Rig {
    core: Core,
    blobs: BlobTable,
    pub(crate) sandbox: Sandbox,
    pub(crate) effects: Effects,
    pub(crate) config: Config,
    seq: u64,
}

/// A strategy's place with room to breathe.
pub(crate) fn slot(name: &str) -> StrategySlot {
    StrategySlot {
        name: name.to_owned(),
        account: AccountId(1),
        lane: Lane::Simulation,
        capital: Decimal::from(1_000_000),
        loss_max: None,
        instruments: vec![InstrumentId(1)],
        params: Vec::new(),
        fuel_per_call: FUEL,
        fuel_total: None,
        memory_bytes_max: 1 << 20,
        pin: None,
        supervision: ringfence_core::config::Supervision::NONE,
        profile: GuestProfile::Compiled,
        rates: EmitRates::USUAL,
    }
}

pub(crate) fn config(strategies: Vec<StrategySlot>) -> Config {
    Config {
        run: "test".to_owned(),
        env: Env::Dev,
        region: None,
        base_currency: CurrencyId(1),
        names: ["X:SPY", "X:QQQ"].map(str::to_owned).to_vec(),
        currencies: ["USD", "SPY"].map(|code| Currency { code: code.to_owned(), scale: 8 }).to_vec(),
        venues: vec![Venue { name: "X".to_owned(), ..Venue::default() }],
        accounts: vec![Account { name: "main".to_owned(), venue: VenueId(1), currency: CurrencyId(1), pacing: None }],
        instruments: vec![instrument(1), instrument(2)],
        strategies,
        risk: RiskLimits::default(),
        execution: Execution {
            approval_ttl_ns: 300_000_000_000,
            terminal_retention_events: 1_000,
            queue_max: 10_000,
            split_parts_max: None,
            delivery: EventDelivery::Single,
        },
        sections: Vec::new(),
    }
}

fn instrument(id: u32) -> Instrument {
    Instrument {
        id: InstrumentId(id),
        venue: VenueId(1),
        symbol: NameId(id),
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
        qty_max: Qty(1_000_000),
        notional_min: Decimal::ZERO,
        multiplier: Multiplier::ONE,
        margin_initial_bps: 0,
        margin_maintenance_bps: 0,
        status: InstrumentStatus::Trading,
    }
}

pub(crate) fn bytes(component: &[u8]) -> ComponentBytes {
    ComponentBytes::from_memory(component.to_vec(), u64::MAX).expect("no limit")
}

/// Loads one component into a sandbox of its own.
pub(crate) fn load(component: &[u8], slot: StrategySlot) -> Result<Loaded, Vec<Refusal>> {
    let mut sandbox = Sandbox::new(Options::default()).expect("an engine");
    sandbox.load(StrategyId(1), &config(vec![slot]), bytes(component))
}

/// One strategy that events may come to in batches.
#[track_caller]
pub(crate) fn batched(slot: StrategySlot, component: &[u8]) -> Rig {
    let mut config = config(vec![slot]);
    config.execution.delivery = EventDelivery::Batch;
    Rig::with(config, &[component.to_vec()], Options::default())
}

impl Rig {
    /// One strategy for each component, from id 1.
    #[track_caller]
    pub(crate) fn new(components: &[Vec<u8>]) -> Rig {
        let slots = (1..=components.len()).map(|n| slot(&format!("s{n}"))).collect();
        Rig::with(config(slots), components, Options::default())
    }

    #[track_caller]
    pub(crate) fn with(config: Config, components: &[Vec<u8>], options: Options) -> Rig {
        let session = SessionId([7; 16]);
        let mut rig = Rig {
            core: Core::new(ApprovalKeys::simulation(session)),
            blobs: BlobTable::new(),
            sandbox: Sandbox::new(options).expect("an engine"),
            effects: Effects::new(),
            config,
            seq: 0,
        };
        rig.control(EventKind::SessionOpened(session, Mode::Backtest, RULES_VERSION));
        let blob = rig.blobs.append(&rig.config.encode());
        rig.control(EventKind::ConfigChanged(blob));
        rig.control(EventKind::TradingEnabled);
        for (component, n) in components.iter().zip(1..) {
            rig.attach(StrategyId(n), component);
        }
        rig
    }

    #[track_caller]
    fn attach(&mut self, id: StrategyId, component: &[u8]) {
        let loaded = self.sandbox.load(id, &self.config, bytes(component)).unwrap_or_else(|why| panic!("{why:#?}"));
        let mut w = Writer::new();
        loaded.plan.put(&mut w);
        let (hash, plan) = (self.blobs.append(&loaded.sha256), self.blobs.append(w.bytes()));
        self.control(EventKind::StrategyAttached(id, hash, plan));
    }

    pub(crate) fn control(&mut self, kind: EventKind) {
        self.step(Report::control(kind));
    }

    /// One trade of instrument 1; what follows, as text.
    pub(crate) fn trade(&mut self, price: i64) -> String {
        self.market(1, traded(price))
    }

    /// One market event of an instrument, for those who look at nothing.
    pub(crate) fn tell(&mut self, instrument: u32, kind: EventKind) {
        self.step(of_instrument(instrument, kind));
    }

    /// One market event of an instrument; what follows, as text.
    pub(crate) fn market(&mut self, instrument: u32, kind: EventKind) -> String {
        self.tell(instrument, kind);
        let shown = self.effects.decisions.iter().map(show).collect::<Vec<_>>().join("\n");
        // A halt is the next event of the stream.
        for (strategy, halt) in std::mem::take(&mut self.effects.halts) {
            self.control(EventKind::StrategyHalted(strategy, halt));
        }
        shown
    }

    /// Shows the strategy the next trades of instrument 1; how many it handled. All but the last of these have passed then.
    pub(crate) fn ahead(&mut self, prices: &[i64]) -> Result<usize, Halt> {
        let rows: Vec<Event> = (self.seq + 1..)
            .zip(prices)
            .map(|(seq, price)| of_instrument(1, traded(*price)).at(Seq(0), TimeNs(1_000_000_000 * seq)))
            .collect();
        let mut ahead = Ahead::default();
        self.core.look_ahead(&rows, &mut ahead);
        assert_eq!(ahead.rows(), rows.len(), "all of them are certain");
        let handled = self.sandbox.look_ahead(&ahead.shown(&rows))?;
        for row in &rows[..handled.saturating_sub(1)] {
            self.seq += 1;
            self.core.pass(&Event { seq: Seq(self.seq), ..*row }, &self.blobs);
        }
        Ok(handled)
    }

    /// Digest of State.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.core.state().digest()
    }

    /// Decisions of one strategy over so many trades.
    pub(crate) fn decisions_of(&mut self, strategy: u16, trades: u32) -> Vec<String> {
        let mut all = Vec::new();
        for n in 0..trades {
            let shown = self.trade(10_000 + i64::from(n % 7));
            all.extend(shown.lines().filter(|line| line.starts_with(&format!("{strategy}/"))).map(str::to_owned));
        }
        all
    }

    /// Fuel of the calls of the last trade.
    pub(crate) fn fuel(&self) -> &[u64] {
        &self.effects.fuel
    }

    /// One trade, with another host of strategies in place of the sandbox.
    pub(crate) fn trade_with(&mut self, price: i64, host: &mut dyn StrategyHost) {
        let event = self.number(of_instrument(1, traded(price)));
        self.core.step(&event, &self.blobs, host, &mut self.effects);
    }

    fn step(&mut self, report: Report) {
        let event = self.number(report);
        self.core.step(&event, &self.blobs, &mut self.sandbox, &mut self.effects);
    }

    fn number(&mut self, report: Report) -> Event {
        self.seq += 1;
        report.at(Seq(self.seq), TimeNs(1_000_000_000 * self.seq))
    }
}

pub(crate) fn traded(price: i64) -> EventKind {
    EventKind::Trade(Trade { price: Price(price), qty: Qty(1), aggressor: None })
}

fn of_instrument(id: u32, kind: EventKind) -> Report {
    Report { instrument: InstrumentId(id), venue: VenueId(1), ..Report::control(kind) }
}

fn show(decision: &Decision) -> String {
    let key = decision.key;
    if let DecisionKind::Emitted(IntentKind::Submit(submit)) = decision.kind {
        return format!("{key} emits {} {:?}", submit.side.code(), submit.size);
    }
    if let DecisionKind::Emitted(kind) = decision.kind {
        return format!("{key} emits {kind:?}");
    }
    if let DecisionKind::Halted(halt) = decision.kind {
        return format!("{key} halted {} limit {} used {}", halt.code.code(), halt.limit, halt.used);
    }
    format!("{key} {}", decision.kind.name())
}
