//! World: a core with a small configuration and strategies that do what they were told.
//!
//! In: a configuration, orders to strategies, reports. Out: the core, and a log of what came of each step.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use std::fmt::Write;

use crate::blob::BlobTable;
use crate::canonical::Writer;
use crate::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, RiskLimits, StrategySlot, Venue,
};
use crate::decision::Effects;
use crate::event::{Event, EventKind, Halt, Mode, Report};
use crate::ids::{AccountId, CurrencyId, InstrumentId, NameId, Seq, SessionId, StrategyId, TimeNs, VenueId};
use crate::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier};
use crate::intent::{Env, IntentKind, Schedule};
use crate::money::{Decimal, Qty, Scale};
use crate::plan::{BarSpec, ChangeFilter, Plan, Subscription, Topic};
use crate::risk::ApprovalKeys;
use crate::risk::approval::KeyId;
use crate::state::State;
use crate::step::{Core, RULES_VERSION};
use crate::strategy::{Call, CallReport, Delivery, HaltCode, StateLoan, StrategyHost};
use crate::tests::show;

/// Scripts count time from here.
pub(crate) const START: TimeNs = TimeNs(1_700_000_000_000_000_000);
pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const SESSION: SessionId = SessionId([7; 16]);

/// What a strategy does in one call.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Emit(IntentKind),
    Note(String),
    Schedule(Schedule, Vec<u16>),
    /// Logs what it sees.
    See,
    Trap,
}

/// Strategies that do one batch of acts in each call of the kind it was meant for.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    on_event: BTreeMap<StrategyId, VecDeque<Vec<Act>>>,
    on_outcome: BTreeMap<StrategyId, VecDeque<Vec<Act>>>,
    pub(crate) log: String,
    pub(crate) logs_calls: bool,
}

impl Scripted {
    pub(crate) fn tell(&mut self, strategy: StrategyId, acts: Vec<Act>) {
        self.on_event.entry(strategy).or_default().push_back(acts);
    }

    pub(crate) fn tell_on_outcome(&mut self, strategy: StrategyId, acts: Vec<Act>) {
        self.on_outcome.entry(strategy).or_default().push_back(acts);
    }

    fn act(&mut self, call: &Call<'_>, act: Act, loan: &mut StateLoan) -> Option<Halt> {
        let who = call.strategy.0;
        let refused = match act {
            Act::Emit(kind) => loan.emit(kind).err(),
            Act::Note(text) => loan.emit_note(text.as_bytes()).err(),
            Act::Schedule(wish, weights) => loan.emit_schedule(wish, &weights).err(),
            Act::See => {
                let seen = show::seen(loan, call);
                writeln!(self.log, "  s{who} sees {seen}").expect("a string grows");
                None
            }
            Act::Trap => return Some(Halt { code: HaltCode::Trap, limit: 0, used: 0 }),
        };
        if let Some(error) = refused {
            writeln!(self.log, "  s{who} emit refused: {error}").expect("a string grows");
        }
        None
    }
}

impl StrategyHost for Scripted {
    fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        let who = call.strategy.0;
        let acts = match call.delivery {
            Delivery::Outcome(intent, code) => {
                writeln!(self.log, "  s{who} outcome {}: {code}", intent.0).expect("a string grows");
                self.on_outcome.get_mut(&call.strategy).and_then(VecDeque::pop_front)
            }
            Delivery::Event | Delivery::Wake => {
                if self.logs_calls {
                    let name = if call.delivery == Delivery::Wake { "wake" } else { call.event.kind.name() };
                    writeln!(self.log, "  s{who} called: {name}").expect("a string grows");
                }
                self.on_event.get_mut(&call.strategy).and_then(VecDeque::pop_front)
            }
        };
        for act in acts.unwrap_or_default() {
            if let Some(fault) = self.act(call, act, &mut loan) {
                return (loan, CallReport::faulty(1, fault));
            }
        }
        (loan, CallReport::fine(1))
    }
}

/// A core, its surroundings and a log.
pub(crate) struct World {
    pub(crate) core: Core,
    pub(crate) blobs: BlobTable,
    pub(crate) effects: Effects,
    pub(crate) host: Scripted,
    pub(crate) config: Config,
    pub(crate) mode: Mode,
    pub(crate) warm_up: u32,
    pub(crate) filter: ChangeFilter,
    pub(crate) bars: Option<BarSpec>,
    pub(crate) seq: Seq,
    pub(crate) log: String,
    /// Every event that was stepped, for running it again.
    pub(crate) events: Vec<Event>,
}

impl World {
    pub(crate) fn new() -> World {
        World {
            core: Core::new(keys()),
            blobs: BlobTable::new(),
            effects: Effects::new(),
            host: Scripted::default(),
            config: config(),
            mode: Mode::Backtest,
            warm_up: 0,
            filter: ChangeFilter::Every,
            bars: None,
            seq: Seq(0),
            log: String::new(),
            events: Vec::new(),
        }
    }

    /// Opens the session: configuration, and every strategy attached with every topic of every instrument.
    pub(crate) fn open(&mut self) {
        self.report(START, Report::control(EventKind::SessionOpened(SESSION, self.mode, RULES_VERSION)));
        self.change_config(START);
        for number in 1..=self.config.strategies.len() {
            if self.config.strategies[number - 1].profile != GuestProfile::External {
                self.attach(START, StrategyId(u16::try_from(number).expect("few strategies")));
            }
        }
    }

    pub(crate) fn change_config(&mut self, time: TimeNs) {
        let blob = self.blobs.append(&self.config.encode());
        self.report(time, Report::control(EventKind::ConfigChanged(blob)));
    }

    pub(crate) fn attach(&mut self, time: TimeNs, strategy: StrategyId) {
        let mut plan = Writer::new();
        self.plan().put(&mut plan);
        let component = self.blobs.append(b"native");
        let plan = self.blobs.append(plan.bytes());
        self.report(time, Report::control(EventKind::StrategyAttached(strategy, component, plan)));
    }

    /// Steps one report, and after it the halts it caused, as a run loop does.
    pub(crate) fn report(&mut self, time: TimeNs, report: Report) {
        self.seq = Seq(self.seq.0 + 1);
        let event = report.at(self.seq, time);
        self.events.push(event);
        self.core.step(&event, &self.blobs, &mut self.host, &mut self.effects);
        self.log += &core::mem::take(&mut self.host.log);
        self.log += &show::effects(&self.effects);
        for (strategy, halt) in self.effects.halts.clone() {
            self.report(time, Report::control(EventKind::StrategyHalted(strategy, halt)));
        }
    }

    fn plan(&self) -> Plan {
        let instruments = (0..=self.config.instruments.len()).map(|n| InstrumentId(u32::try_from(n).expect("few")));
        let all = instruments.flat_map(|instrument| Topic::ALL.iter().map(move |topic| (instrument, *topic)));
        let subscription = |(instrument, topic)| Subscription {
            instrument,
            topic,
            filter: self.filter,
            bars: self.bars.filter(|_| topic == Topic::Bar),
            warm_up: if topic == Topic::Quote && instrument == A { self.warm_up } else { 0 },
        };
        Plan { subscriptions: all.map(subscription).collect() }
    }
}

/// Instrument `A` of scripts: whole prices and quantities, no limits that bind.
pub(crate) const A: InstrumentId = InstrumentId(1);
/// Instrument `B`: prices in hundredths on a grid of 5, lots of 10, at least 100.00 an order.
pub(crate) const B: InstrumentId = InstrumentId(2);
/// A contract: ten units each, only profit and loss moves cash.
pub(crate) const C: InstrumentId = InstrumentId(3);

const USD: CurrencyId = CurrencyId(1);

pub(crate) fn keys() -> ApprovalKeys {
    ApprovalKeys::new(KeyId(1), &[1; 32]).expect("long enough")
}

/// Three strategies: 1 and 2 share account 1, 3 has account 2. Every rule of Risk is off.
pub(crate) fn config() -> Config {
    let strategy = |name: &str, account: u16| StrategySlot {
        name: name.to_string(),
        account: AccountId(account),
        lane: Lane::Live,
        capital: Decimal::from(1_000),
        loss_max: None,
        instruments: vec![A, B, C],
        params: Vec::new(),
        fuel_per_call: 1,
        fuel_total: None,
        memory_bytes_max: 0,
        pin: None,
        supervision: crate::config::Supervision::NONE,
        profile: GuestProfile::Compiled,
        rates: EmitRates::USUAL,
    };
    let account = |name: &str| Account { name: name.to_string(), venue: VenueId(1), currency: USD, pacing: None };
    Config {
        run: "test".to_string(),
        env: Env::Dev,
        region: None,
        base_currency: USD,
        names: vec!["SIM:A".to_string(), "SIM:B".to_string(), "SIM:C".to_string()],
        currencies: ["USD", "X", "EUR"].map(|code| Currency { code: code.to_string(), scale: 8 }).to_vec(),
        venues: vec![Venue { name: "SIM".to_string(), ..Venue::default() }],
        accounts: vec![account("one"), account("two")],
        instruments: instruments(),
        strategies: vec![strategy("first", 1), strategy("second", 1), strategy("third", 2)],
        risk: RiskLimits::default(),
        execution: Execution {
            approval_ttl_ns: 300 * SECOND,
            terminal_retention_events: 1_000,
            queue_max: 100,
            split_parts_max: None,
            delivery: EventDelivery::Single,
        },
        sections: Vec::new(),
    }
}

fn instruments() -> Vec<Instrument> {
    let plain = Instrument {
        id: A,
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Equity,
        base: CurrencyId(2),
        quote: USD,
        settlement: USD,
        counterparty: NameId(0),
        price_scale: Scale::default(),
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
    let scale = |digits| Scale::new(digits).expect("in range");
    let fine = Instrument {
        id: B,
        symbol: NameId(2),
        kind: InstrumentKind::Spot,
        price_scale: scale(2),
        qty_scale: scale(1),
        tick: 5,
        lot: 10,
        qty_min: Qty(20),
        qty_max: Qty(1_000),
        notional_min: Decimal::from(100),
        ..plain
    };
    let contract = Instrument {
        id: C,
        symbol: NameId(3),
        kind: InstrumentKind::Perpetual,
        multiplier: Multiplier { mantissa: 10, scale: scale(0) },
        ..plain
    };
    vec![plain, fine, contract]
}

/// State after a session opened and one quote of `A` at 100 / 101, for tests of one layer.
pub(crate) fn open_state() -> State {
    let mut world = World::new();
    world.open();
    let mut state = State::default();
    let mut anomalies = Vec::new();
    for event in &world.events {
        state.apply(event, &world.blobs, &mut anomalies);
    }
    assert_eq!(anomalies, Vec::new());
    state
}
