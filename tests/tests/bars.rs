//! Bars that the core builds of real trades, against those of a naive program in another language.
//!
//! The Python side is `tests/oracles/bars.py`; it needs no package, but `cargo xtask test` has the interpreter at hand.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use ringfence_core::blob::sha256;
use ringfence_core::config::{
    Account, Config, Currency, EventDelivery, Execution, GuestProfile, Lane, RiskLimits, StrategySlot, Venue,
};
use ringfence_core::event::{Bar, EventKind};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, NameId, SessionId, StrategyId, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier, Side};
use ringfence_core::intent::Env;
use ringfence_core::money::{Decimal, Qty, Scale};
use ringfence_core::plan::{BarSpec, ChangeFilter, Plan, Subscription, Topic};
use ringfence_core::strategy::{Call, CallReport, Delivery, StateLoan, StrategyHost};
use ringfence_session::backtest::Backtest;
use ringfence_session::opening::Attached;
use ringfence_sim::{
    Carry, Fees, FillMoment, Latency, QueueModel, RestingFills, Sim, SimAccount, SimConfig, Slippage, SlippageModel,
    TakerSize,
};
use ringfence_tape::{Extent, Feed, Tape, TapeSpec};
use ringfence_tests::{data, oracles, skip, workspace};

/// Names of the kinds in the order of their numbers, as the Python side has them.
const KINDS: [&str; 12] = [
    "time",
    "ticks",
    "volume",
    "value",
    "tick-imbalance",
    "volume-imbalance",
    "value-imbalance",
    "tick-runs",
    "volume-runs",
    "value-runs",
    "renko",
    "range",
];

/// A real tape, and how large bars of each kind are on it.
struct Case {
    file: &'static str,
    rows: u64,
    scales: (u8, u8),
    sizes: [u64; 12],
}

/// Takes part in everything of one instrument, writes bars and trades down, and wants nothing.
struct Listener {
    lines: Vec<(u64, String)>,
    trades: String,
    /// Time of the last row.
    end: u64,
}

impl StrategyHost for Listener {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        self.end = call.event.time.0;
        match (call.delivery, call.event.kind) {
            (Delivery::Event, EventKind::Quote(_)) => {}
            (Delivery::Event, EventKind::Bar(bar)) => self.bar(&bar, call.event.time.0, &loan),
            (Delivery::Event, EventKind::Trade(trade)) => {
                let side = trade.aggressor.map_or('-', |side| if side == Side::Buy { 'B' } else { 'S' });
                let (time, price, qty) = (call.event.time.0, trade.price.0, trade.qty.0);
                writeln!(self.trades, "{time} {price} {qty} {side}").expect("a string grows");
            }
            (other, kind) => panic!("{other:?} of {}", kind.name()),
        }
        (loan, CallReport::default())
    }
}

impl Listener {
    fn new(specs: &[BarSpec]) -> Listener {
        let lines = specs.iter().map(|spec| (spec.code(), String::new())).collect();
        Listener { lines, trades: String::new(), end: 0 }
    }

    fn bar(&mut self, bar: &Bar, time: u64, loan: &StateLoan) {
        let Bar { open, high, low, close, volume, open_time, interval_ns } = *bar;
        let at = self.lines.iter().position(|(code, _)| *code == interval_ns).expect("a bar that was asked for");
        writeln!(self.lines[at].1, "{} {} {} {} {} {} {time}", open.0, high.0, low.0, close.0, volume.0, open_time.0)
            .expect("a string grows");
        let spec = BarSpec::new(u8::try_from(at + 1).expect("few"), interval_ns << 4 >> 4).expect("a kind");
        let kept = loan.bars_like(StrategyId(1), (InstrumentId(1), spec), usize::MAX);
        assert!(kept.into_iter().any(|kept| kept == bar), "a bar that was told is kept");
    }
}

fn instrument((price, qty): (u8, u8)) -> Instrument {
    let scale = |digits| Scale::new(digits).expect("in range");
    Instrument {
        id: InstrumentId(1),
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Perpetual,
        base: CurrencyId(1),
        quote: CurrencyId(1),
        settlement: CurrencyId(1),
        counterparty: NameId(0),
        price_scale: scale(price),
        qty_scale: scale(qty),
        tick: 1,
        lot: 1,
        qty_min: Qty(1),
        qty_max: Qty(1),
        notional_min: Decimal::ZERO,
        multiplier: Multiplier::ONE,
        margin_initial_bps: 0,
        margin_maintenance_bps: 0,
        status: InstrumentStatus::Trading,
    }
}

fn config(instrument: Instrument) -> Config {
    let slot = StrategySlot {
        name: "listener".to_owned(),
        account: AccountId(1),
        lane: Lane::Live,
        capital: Decimal::ONE,
        loss_max: None,
        instruments: vec![instrument.id],
        params: Vec::new(),
        fuel_per_call: 1,
        fuel_total: None,
        memory_bytes_max: 0,
        pin: None,
        supervision: ringfence_core::config::Supervision::NONE,
        profile: GuestProfile::Compiled,
    };
    Config {
        run: "bars".to_owned(),
        env: Env::Dev,
        region: None,
        base_currency: CurrencyId(1),
        names: vec!["SIM:A".to_owned()],
        currencies: vec![Currency { code: "USD".to_owned(), scale: 8 }],
        venues: vec![Venue { name: "SIM".to_owned(), ..Venue::default() }],
        accounts: vec![Account { name: "main".to_owned(), venue: VenueId(1), currency: CurrencyId(1), pacing: None }],
        instruments: vec![instrument],
        strategies: vec![slot],
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

fn venue(config: &Config) -> Sim {
    let account = SimAccount { account: AccountId(1), venue: VenueId(1), currency: CurrencyId(1), cash: Decimal::ZERO };
    let sim = Sim::new(SimConfig {
        fill: FillMoment::SameEvent,
        fees: Fees::bps(Decimal::ZERO, Decimal::ZERO),
        latency: Latency::NONE,
        queue: QueueModel::TradeThrough,
        queue_power: None,
        resting: RestingFills::Whole,
        taker_size: TakerSize::Unlimited,
        slippage: Slippage { model: SlippageModel::Off, amount: 0 },
        carry: Carry::NONE,
        accounts: vec![account],
        instruments: config.instruments.clone(),
    });
    sim.expect("a venue")
}

/// The trades of a tape as the strategy saw them, the time of its last row, and for each kind the number of bars and their hash.
fn ours(case: &Case, tape: &Path) -> (String, u64, String) {
    let specs: Vec<BarSpec> =
        (1..).zip(case.sizes).map(|(number, size)| BarSpec::new(number, size).expect("possible")).collect();
    let instrument = instrument(case.scales);
    let config = config(instrument);
    let subscription = |(topic, bars)| Subscription {
        instrument: instrument.id,
        topic,
        filter: ChangeFilter::Every,
        bars,
        warm_up: 0,
    };
    let bars = specs.iter().map(|spec| (Topic::Bar, Some(*spec)));
    let wanted = [(Topic::Trade, None), (Topic::Quote, None)].into_iter().chain(bars);
    let plan = Plan { subscriptions: wanted.map(subscription).collect() };
    let attached = [Attached { strategy: StrategyId(1), component: [0; 32], plan }];
    let tape =
        Tape::open(TapeSpec { path: tape.to_owned(), generated: None, instrument, bar: None }).expect("the tape opens");
    let extent = Extent { rows_max: Some(case.rows), passes: NonZeroU32::MIN };
    let mut listener = Listener::new(&specs);
    let backtest = Backtest {
        config: &config,
        session: SessionId([1; 16]),
        attached: &attached,
        host: &mut listener,
        sim: venue(&config),
        feed: Feed::new(vec![tape], extent),
        script: &[],
        timetable: None,
        journal: None,
        progress: &mut |_| ControlFlow::Continue(()),
        paced: None,
        observer: None,
        has_curve: true,
    };
    backtest.run().expect("the run ends");
    let mut out = String::new();
    for ((kind, size), (_, lines)) in KINDS.iter().zip(case.sizes).zip(&listener.lines) {
        let digest: String = sha256(lines.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(out, "{kind}={size} {} {digest}", lines.lines().count()).expect("a string grows");
    }
    (listener.trades, listener.end, out)
}

fn theirs(case: &Case, (trades, end): (&str, u64), python: &Path) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("trades");
    std::fs::write(&file, trades).expect("the trades are written");
    let unit = 10_u64.pow(case.scales.1.into()).to_string();
    let specs = KINDS.iter().zip(case.sizes).map(|(kind, size)| format!("{kind}={size}"));
    let script = workspace::root().join("tests/oracles/bars.py");
    let output = Command::new(python)
        .arg(script)
        .arg(file)
        .args([end.to_string(), unit])
        .args(specs)
        .output()
        .expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn check(case: &Case) {
    let (tape, python) = match data::wanted(case.file).and_then(|tape| Ok((tape, oracles::python()?))) {
        Ok(found) => found,
        Err(reason) => skip!("{reason}"),
    };
    let (trades, end, ours) = ours(case, &tape);
    let theirs = theirs(case, (&trades, end), &python);
    assert_eq!(ours, theirs);
    let fewest = ours.lines().map(|line| line.split(' ').nth(1).expect("a count").parse::<u64>().expect("a number"));
    assert!(fewest.min() >= Some(10), "every kind has bars to compare:\n{ours}");
}

#[test]
fn every_kind_of_bar_of_real_trades_is_that_of_a_naive_program() {
    check(&Case {
        file: "w1_spy_trades_20131007-11.csv.zst",
        rows: 100_000,
        scales: (4, 0),
        sizes: [
            60_000_000_000,
            500,
            100_000,
            200_000_000_000,
            250,
            75_000,
            125_000_000_000,
            350,
            100_000,
            150_000_000_000,
            500,
            1_500,
        ],
    });
}

#[test]
fn the_side_that_a_feed_tells_decides_about_imbalance_and_runs() {
    check(&Case {
        file: "w2_btcusdt_usdm_bbo_trades_20240808.csv.zst",
        rows: 90_000,
        scales: (1, 3),
        sizes: [1_000_000_000, 100, 10_000, 10_000_000, 50, 10_000, 5_000_000, 80, 10_000, 5_000_000, 50, 200],
    });
}
