//! Support: the workloads with native strategies, so that a whole session runs without a component.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::wildcard_enum_match_arm, clippy::cast_precision_loss, reason = "strategies of a test")]

mod maker;
pub mod natives;
pub mod remote;

use std::collections::VecDeque;
use std::num::{NonZeroU32, NonZeroU64};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::{
    Account, Config, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, RiskLimits, StrategySlot,
    Supervision, Venue,
};
use ringfence_core::event::Mode;
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, NameId, Seq, SessionId, StrategyId, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier};
use ringfence_core::intent::Env;
use ringfence_core::money::{Decimal, Qty, Scale};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::RULES_VERSION;
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::wire::header::{ComponentRef, Feed as Fed, Header, TapeRef};
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};
use ringfence_session::backtest::{Backtest, Paced, Progress};
use ringfence_session::error::SessionError;
use ringfence_session::observer::Observer;
use ringfence_session::opening::{Attached, Inputs, TapeIdentity, backtest_session};
use ringfence_session::pace::{Next, Notice, Pace, Turn};
use ringfence_session::replay::{Approvals, Replay, Verdict};
use ringfence_session::results::Results;
use ringfence_session::script::{Scripted, Timetable};
use ringfence_session::walk::{Reached, Walk};
use ringfence_sim::{
    Carry, Fees, FillMoment, Latency, QueueModel, RestingFills, Sim, SimAccount, SimConfig, Slippage, SlippageModel,
    TakerSize,
};
use ringfence_tape::{BarStamp, Extent, Feed, Stamp, Tape, TapeSpec};

pub use natives::{Native, Natives};

use natives::plan_of;

/// A workload: tape, strategies, fill moment, journal folder.
#[derive(Clone)]
pub struct Work {
    pub tape: PathBuf,
    pub instrument: Instrument,
    pub bars: Option<BarStamp>,
    pub natives: Vec<Native>,
    pub cash: i64,
    pub fill: FillMoment,
    pub latency: Latency,
    pub queue: QueueModel,
    pub resting: RestingFills,
    pub carry: Carry,
    /// Fees of makers and takers, in basis points.
    pub fees_bps: (i64, i64),
    pub passes: u32,
    /// Rules that the journal's header states.
    pub rules_version: u32,
    pub rows_max: Option<u64>,
    pub journal: Option<PathBuf>,
    /// Openings and closes.
    pub timetable: Option<&'static (dyn Timetable + Sync)>,
    /// How events come to strategies.
    pub delivery: EventDelivery,
    /// Control events.
    pub script: Vec<Scripted>,
    /// Replay: stop after this event.
    pub until: Option<u64>,
    /// Replay: strategies that are others than the recorded ones.
    pub replaced: Vec<StrategyId>,
    /// Table that fuel is counted by.
    pub costs: &'static str,
    /// How every strategy is looked after.
    pub supervision: Supervision,
    /// Components that may take a place, by hash.
    pub library: Vec<(Sha256Hash, Native)>,
    /// What comes between rows, before the first row of this time or later; any makes it a paper session.
    pub orders: Vec<(u64, Turn)>,
}

/// Gives the orders of a [`Work`] as their time comes.
struct Orders {
    left: VecDeque<(u64, Turn)>,
    told: Vec<Notice>,
}

impl Pace for Orders {
    fn next(&mut self, next: Next) -> Turn {
        match self.left.front() {
            Some((at, _)) if *at <= next.row.0 => self.left.pop_front().expect("it is there").1,
            Some(_) | None => Turn::Next,
        }
    }

    fn told(&mut self, notice: &Notice) {
        self.told.push(notice.clone());
    }
}

impl Work {
    pub fn trades(tape: &Path, fill: FillMoment) -> Work {
        let (natives, cash) = (vec![Native::ema()], 10_000_000);
        Work {
            tape: tape.to_owned(),
            instrument: spy(),
            bars: None,
            natives,
            cash,
            fill,
            latency: Latency::NONE,
            queue: QueueModel::TradeThrough,
            resting: RestingFills::Whole,
            carry: Carry::NONE,
            fees_bps: (1, 1),
            passes: 1,
            rules_version: RULES_VERSION,
            rows_max: None,
            journal: None,
            timetable: None,
            delivery: EventDelivery::Single,
            script: Vec::new(),
            until: None,
            replaced: Vec::new(),
            costs: "none",
            supervision: Supervision::NONE,
            library: Vec::new(),
            orders: Vec::new(),
        }
    }

    pub fn daily_bars(tape: &Path, fill: FillMoment) -> Work {
        let interval_ns = NonZeroU64::new(86_400_000_000_000).expect("not zero");
        let bars = Some(BarStamp { stamp: Stamp::Open, interval_ns });
        let natives = vec![Native::Sma { closes: Vec::new() }];
        Work { bars, natives, cash: 100_000, ..Work::trades(tape, fill) }
    }

    /// Quotes and trades of a perpetual, for the maker.
    pub fn quotes(tape: &Path) -> Work {
        Work {
            instrument: btcusdt(),
            natives: vec![Native::Maker],
            cash: 1_000_000,
            queue: QueueModel::BehindTouch,
            fees_bps: (2, 5),
            ..Work::trades(tape, FillMoment::SameEvent)
        }
    }

    pub fn config(&self) -> Config {
        let slot = |n: usize| StrategySlot {
            name: format!("native-{n}"),
            account: AccountId(1),
            lane: Lane::Simulation,
            capital: Decimal::from(self.cash),
            loss_max: None,
            instruments: vec![InstrumentId(1)],
            params: vec![],
            fuel_per_call: 1_000,
            fuel_total: None,
            memory_bytes_max: 1 << 20,
            pin: None,
            supervision: self.supervision,
            profile: GuestProfile::Compiled,
            rates: EmitRates::USUAL,
        };
        Config {
            run: "native".into(),
            env: Env::Dev,
            region: None,
            base_currency: CurrencyId(1),
            names: vec!["ARCA:SPY".into()],
            currencies: vec![Currency { code: "USD".into(), scale: 8 }],
            venues: vec![Venue { name: "ARCA".into(), ..Venue::default() }],
            accounts: vec![Account { name: "main".into(), venue: VenueId(1), currency: CurrencyId(1), pacing: None }],
            instruments: vec![self.instrument],
            strategies: (1..=self.natives.len()).map(slot).collect(),
            risk: RiskLimits { position_strategy_max: Some(Decimal::from(100_000)), ..RiskLimits::default() },
            execution: Execution {
                approval_ttl_ns: 300_000_000_000,
                terminal_retention_events: 1000,
                queue_max: 1024,
                split_parts_max: None,
                delivery: self.delivery,
            },
            sections: vec![("simulation".into(), self.fill.code().into())],
        }
    }

    fn extent(&self) -> Extent {
        Extent { rows_max: self.rows_max, passes: NonZeroU32::new(self.passes).expect("above 0") }
    }

    /// Identity of the run.
    pub fn id(&self) -> SessionId {
        self.session(&self.config(), self.feed().tapes().next().expect("one tape").sha256())
    }

    fn session(&self, config: &Config, tape: [u8; 32]) -> SessionId {
        let tapes = &[TapeIdentity { sha256: tape, instrument: InstrumentId(1), bar: self.bars }];
        backtest_session(config, &Inputs { tapes, extent: self.extent(), script: &self.script })
    }

    fn feed(&self) -> Feed {
        let spec = TapeSpec { path: self.tape.clone(), generated: None, instrument: self.instrument, bar: self.bars };
        Feed::new(vec![Tape::open(spec).expect("the tape opens")], self.extent())
    }

    fn attached(&self) -> Vec<Attached> {
        let one = |(n, native): (usize, &Native)| Attached {
            strategy: StrategyId(u16::try_from(n + 1).expect("few")),
            component: [0; 32],
            plan: plan_of(native),
        };
        self.natives.iter().enumerate().map(one).collect()
    }

    pub fn run(&self) -> Results {
        self.try_run(&mut |_| ControlFlow::Continue(())).expect("the run ends")
    }

    pub fn try_run(&self, progress: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<Results, SessionError> {
        self.observed(progress, None)
    }

    pub fn observed(
        &self,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
        observer: Option<&mut dyn Observer>,
    ) -> Result<Results, SessionError> {
        let (config, feed) = (self.config(), self.feed());
        let hash = feed.tapes().next().expect("one tape").sha256();
        let session = self.session(&config, hash);
        let header = Header {
            session,
            mode: if self.orders.is_empty() { Mode::Backtest } else { Mode::Paper },
            rules_version: self.rules_version,
            engine: "native".into(),
            operator_costs: self.costs.into(),
            config: config.hash(),
            components: Vec::<ComponentRef>::new(),
            tapes: vec![TapeRef { sha256: hash }],
            feed: Fed { rows_max: self.rows_max, repeat: self.passes },
            facts: vec![],
        };
        let options = Options::new(Durability::AtSegmentEnd);
        let beginning = Beginning { header: &header, components: &[], provenance: Provenance::default() };
        let journal = self.journal.as_ref();
        let journal = journal.map(|dir| JournalWriter::create(dir, beginning, options).expect("the journal opens"));
        let mut orders = Orders { left: self.orders.clone().into(), told: Vec::new() };
        let paced = (!self.orders.is_empty()).then(|| Paced {
            mode: Mode::Paper,
            keys: ApprovalKeys::simulation(session),
            pace: &mut orders,
        });
        let backtest = Backtest {
            config: &config,
            session,
            attached: &self.attached(),
            host: &mut Natives::new(self.natives.clone()).with(&self.library),
            sim: self.sim(),
            feed,
            script: &self.script,
            timetable: self.timetable.map(|timetable| timetable as &dyn Timetable),
            journal,
            progress,
            paced,
            // Unpacked, because a shorter life does not reach through an Option.
            observer: match observer {
                Some(observer) => Some(observer),
                None => None,
            },
            has_curve: true,
        };
        backtest.run()
    }

    pub fn replay(&self) -> Verdict {
        let verdict = self.try_replay(&mut |_| ControlFlow::Continue(())).expect("the replay ends");
        if verdict.is_sealed {
            self.walks_to(verdict.digests.state);
        }
        verdict
    }

    /// What replays can be walked through without its strategies, to the same State.
    fn walks_to(&self, state: Sha256Hash) {
        let mut walk = self.walk();
        let reached = walk.forward(Seq(u64::MAX), &mut |_| ControlFlow::Continue(()));
        assert_eq!(reached.expect("the walk ends"), Reached::End);
        assert_eq!(walk.core().state().digest(), state, "State at the end of the walk");
    }

    pub fn try_replay(&self, progress: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<Verdict, SessionError> {
        let reader = JournalReader::open(self.journal.as_deref().expect("journalled")).expect("the journal reads");
        let session = reader.header().session;
        let replay = Replay {
            reader,
            feed: self.feed(),
            attached: &self.attached(),
            host: &mut Natives::new(self.natives.clone()).with(&self.library),
            keys: ApprovalKeys::simulation(session),
            approvals: Approvals::All,
            replaced: &self.replaced,
            is_fuel_compared: true,
            operator_costs: "none",
            until: self.until.map(Seq),
            progress,
            observer: None,
        };
        replay.run()
    }

    /// The journal before its first event, to be walked through.
    pub fn walk(&self) -> Walk {
        let reader = JournalReader::open(self.journal.as_deref().expect("journalled")).expect("the journal reads");
        Walk::new(reader, self.feed())
    }

    /// Inputs of the journal behind the opening events, one a line: `seq time kind`, rows as `seq..seq rows`.
    pub fn inputs(&self) -> String {
        let mut reader = JournalReader::open(self.journal.as_deref().expect("journalled")).expect("the journal reads");
        let (mut step, mut out) = (Step::new(), String::new());
        while reader.next_step(&mut step).expect("a whole journal") {
            let line = match step.input {
                Input::TapeRows { first_seq, rows } => format!("{}+{rows} rows", first_seq.0),
                Input::Event(event) if event.seq.0 > 4 => {
                    format!("{} {}ns {}", event.seq.0, event.time.0, event.kind.name())
                }
                Input::Event(_) | Input::Unknown { .. } => continue,
            };
            out.push_str(&line);
            out.push('\n');
        }
        out
    }

    pub fn sim(&self) -> Sim {
        let (maker_bps, taker_bps) = (Decimal::from(self.fees_bps.0), Decimal::from(self.fees_bps.1));
        let account = SimAccount {
            account: AccountId(1),
            venue: VenueId(1),
            currency: CurrencyId(1),
            cash: Decimal::from(self.cash),
        };
        Sim::new(SimConfig {
            fill: self.fill,
            fees: Fees::bps(maker_bps, taker_bps),
            latency: self.latency.clone(),
            queue: self.queue,
            queue_power: self.queue.has_power().then_some(2),
            resting: self.resting,
            taker_size: TakerSize::Unlimited,
            slippage: Slippage { model: SlippageModel::Off, amount: 0 },
            carry: self.carry.clone(),
            accounts: vec![account],
            instruments: vec![self.instrument],
        })
        .expect("a valid configuration")
    }
}

pub fn spy() -> Instrument {
    Instrument {
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
    }
}

/// Prices in tenths, quantities in thousandths.
pub fn btcusdt() -> Instrument {
    let scale = |digits| Scale::new(digits).expect("in range");
    Instrument { kind: InstrumentKind::Perpetual, price_scale: scale(1), qty_scale: scale(3), ..spy() }
}

/// A data file, or the reason for a skip.
pub fn data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("RINGFENCE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let path = folder.join(name);
    path.is_file().then_some(path)
}
