//! Strategies in the whole chain: does one see and decide the same as a component and natively, alone and beside others?

use std::num::{NonZeroU32, NonZeroU64};
use std::ops::ControlFlow;

use ringfence_core::config::Config;
use ringfence_core::event::EventKind;
use ringfence_core::ids::{AccountId, VenueId};
use ringfence_core::money::Decimal;
use ringfence_ema_cross::EmaCross;
use ringfence_journal::reader::{Input, JournalReader, Step};
use ringfence_sdk::{Guest, Runner};
use ringfence_session::backtest::Backtest;
use ringfence_session::opening::Attached;
use ringfence_session::results::Results;
use ringfence_sim::{
    Carry, Fees, FillMoment, Latency, QueueModel, RestingFills, Sim, SimAccount, SimConfig, Slippage, SlippageModel,
    TakerSize,
};
use ringfence_sma_cross::SmaCross;
use ringfence_tape::{BarStamp, Extent, Feed, Stamp, TapeSpec};
use ringfence_tests::native::Natives;
use ringfence_tests::{Session, Setup, Tape, binary};
use ringfence_touch_maker::TouchMaker;
use serde_json::{Value, json};
use test_reporter::Reporter;
use test_worker::Worker;

/// The configuration that a session recorded.
fn recorded(journal: &mut JournalReader) -> Config {
    let (mut step, mut blobs) = (Step::new(), Vec::new());
    while journal.next_step(&mut step).expect("the journal reads") {
        blobs.append(&mut step.blobs);
        let Input::Event(event) = step.input else { continue };
        if let EventKind::ConfigChanged(id) = event.kind {
            let (_, bytes) = blobs.iter().find(|(blob, _)| *blob == id).expect("the blob stands before its event");
            return Config::decode(bytes).expect("a configuration");
        }
    }
    panic!("the journal has no configuration");
}

/// Runs native strategies in the place of the components of a session, under the same configuration, on the same tape.
fn natively(session: &Session, guests: Vec<Box<dyn Guest>>) -> Results {
    session.finished.expect_code(0);
    let mut journal = JournalReader::open(&session.journal).expect("the journal opens");
    let (header, config) = (journal.header().clone(), recorded(&mut journal));
    let (mut natives, plans) = Natives::set_up(guests, &config).expect("the strategies take their parameters");
    let components = header.components.iter().map(|component| component.sha256);
    let attach = |((strategy, plan), component)| Attached { strategy, component, plan };
    let attached: Vec<Attached> = plans.into_iter().zip(components).map(attach).collect();
    let is_bars = header.facts.iter().any(|(key, _)| key.ends_with(".stamp"));
    let interval_ns = NonZeroU64::new(60_000_000_000).expect("not zero");
    let bar = is_bars.then_some(BarStamp { stamp: Stamp::Open, interval_ns });
    let spec = TapeSpec { path: session.tape.path.clone(), generated: None, instrument: config.instruments[0], bar };
    let extent = Extent { rows_max: None, passes: NonZeroU32::MIN };
    let backtest = Backtest {
        config: &config,
        session: header.session,
        attached: &attached,
        host: &mut natives,
        sim: venue(&config, is_bars),
        feed: Feed::new(vec![ringfence_tape::Tape::open(spec).expect("the tape opens")], extent),
        script: &[],
        timetable: None,
        journal: None,
        progress: &mut |_| ControlFlow::Continue(()),
        paced: None,
        observer: None,
        has_curve: true,
    };
    backtest.run().expect("the run ends")
}

/// The simulated venue as [`Setup`] writes it: bars here fill at the next open, everything else at the same event.
fn venue(config: &Config, is_bars: bool) -> Sim {
    let (account, cash) = (AccountId(1), Decimal::from(100_000_000));
    let fees = Fees::bps(Decimal::new(5, 1), Decimal::ONE);
    let sim = Sim::new(SimConfig {
        fill: if is_bars { FillMoment::NextOpen } else { FillMoment::SameEvent },
        fees,
        latency: Latency::NONE,
        queue: QueueModel::TradeThrough,
        queue_power: None,
        resting: RestingFills::Whole,
        taker_size: TakerSize::Unlimited,
        slippage: Slippage { model: SlippageModel::Off, amount: 0 },
        carry: Carry::NONE,
        accounts: vec![SimAccount { account, venue: VenueId(1), currency: config.accounts[0].currency, cash }],
        instruments: config.instruments.clone(),
    });
    sim.expect("the configuration was taken by the host")
}

fn hex(bytes: &[u8]) -> Value {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// Both runs came to the same: decisions, notes included, events, State.
#[track_caller]
fn check_same(session: &Session, guests: Vec<Box<dyn Guest>>, orders_min: u64) {
    let (wasm, native) = (session.json(0), natively(session, guests));
    assert!(wasm["orders"].as_u64() >= Some(orders_min), "it trades: {}", wasm["orders"]);
    assert_eq!(wasm["decision_digest"], hex(&native.decision_digest));
    for (id, strategy) in native.strategies.iter().enumerate() {
        assert_eq!(wasm["strategies"][id]["decision_digest"], hex(&strategy.decision_digest));
        assert_eq!(wasm["strategies"][id]["calls"], strategy.calls);
    }
    assert_eq!(wasm["events"], native.counts.events);
    assert_eq!(wasm["state_digest"], hex(&native.state_digest));
}

const EMA: &str = "params = { fast = 5, slow = 20, qty = \"100\" }";
const REPORTER: &str = "params = { qty = 100, too_much = 5_000 }";

fn ema(setup: Setup, name: &str, lines: &str) -> Setup {
    setup.strategy(name, &binary::component("ringfence_ema_cross"), lines)
}

fn reporter(setup: Setup) -> Setup {
    setup.strategy("reporter", &binary::component("test_reporter"), REPORTER).risk("order_qty_max = 1_000")
}

#[test]
fn native_and_component_emit_the_same_intents() {
    let trades = ema(Setup::default(), "ema", EMA).backtest(&Tape::trades(3_000));
    check_same(&trades, vec![Box::new(Runner::<EmaCross>::new())], 100);
    let lines = "params = { fast = 3, slow = 10, qty = \"7\" }";
    let sma = Setup::bars().fill("next-open").strategy("sma", &binary::component("ringfence_sma_cross"), lines);
    check_same(&sma.backtest(&Tape::of("bars", 3_000)), vec![Box::new(Runner::<SmaCross>::new())], 100);
    let lines = "params = { qty = \"0.01\", position_max = \"0.05\" }";
    let maker = Setup::quotes().strategy("maker", &binary::component("ringfence_touch_maker"), lines);
    check_same(&maker.backtest(&Tape::of("quotes", 3_000)), vec![Box::new(Runner::<TouchMaker>::new())], 100);
}

#[test]
fn native_and_component_see_the_same_world() {
    let trades = reporter(Setup::default()).backtest(&Tape::trades(2_000));
    check_same(&trades, vec![Box::new(Runner::<Reporter>::new())], 100);
    let quotes = reporter(Setup::quotes()).backtest(&Tape::of("quotes", 2_000));
    check_same(&quotes, vec![Box::new(Runner::<Reporter>::new())], 40);
}

#[test]
fn native_and_component_are_the_same_beside_another() {
    let pair = reporter(ema(Setup::default(), "ema", EMA)).backtest(&Tape::trades(2_000));
    let guests: Vec<Box<dyn Guest>> = vec![Box::new(Runner::<EmaCross>::new()), Box::new(Runner::<Reporter>::new())];
    check_same(&pair, guests, 100);
}

/// Schedules of every kind: the same natively and in a component, and again when the journal is replayed.
#[test]
fn native_and_component_work_orders_over_time() {
    let setup = Setup::default().strategy("worker", &binary::component("test_worker"), "params = { qty = 10 }");
    let session = setup.backtest(&Tape::trades(2_000));
    check_same(&session, vec![Box::new(Runner::<Worker>::new())], 40);
    let ended = session.records(&["--only", "ENDED"]);
    for code in ["filled", "time", "canceled"] {
        assert!(ended.iter().any(|end| end["code"] == code), "no schedule ended as {code}: {ended:?}");
    }
    assert!(ended.iter().all(|end| end["filled"].is_string() && end["left"].is_string()), "decimals: {ended:?}");
    let emitted = session.records(&["--only", "EMITTED"]);
    for curve in ["even", "profile", "volume"] {
        assert!(emitted.iter().any(|intent| intent["curve"] == curve), "no schedule by {curve}");
    }
    assert!(emitted.iter().any(|intent| intent["weights"] == "3,0,5,2"));
    assert!(emitted.iter().any(|note| note["note"].as_str().is_some_and(|text| text.ends_with(" ended"))));
    assert_eq!(session.replay().json()["match"], true);
}

/// Two hours of trades around a midnight, up and down by 60 ticks, one every 20 s.
fn around_midnight() -> Tape {
    let midnight = 19_733 * 86_400_u64;
    let row = |n: u64| {
        let wave = (n % 40).abs_diff(20) * 6;
        format!("{},{}.{:02},10\n", (midnight - 3_600 + n * 20) * 1_000_000_000, 170, 10 + wave / 2)
    };
    Tape::written(&format!("ts_ns,price,qty\n{}", (0..360).map(row).collect::<String>()))
}

/// Orders that wait for a price or a time, and those told bit by bit: the same natively and in a component, each carried
/// out, and again when the journal is replayed.
#[test]
fn native_and_component_have_their_orders_held_and_carried_out() {
    let lines = "params = { qty = 10, orders = \"held\" }";
    let setup = Setup::default().strategy("worker", &binary::component("test_worker"), lines);
    let session = setup.backtest(&around_midnight());
    check_same(&session, vec![Box::new(Runner::<Worker>::new())], 30);
    let records = session.records(&[]);
    let name = |record: &Value| record["decision"].as_str().or(record["event"].as_str()).unwrap_or_default().to_owned();
    let of = |record: &Value| record["intent"].as_str().or(record["order"].as_str()).unwrap_or_default().to_owned();
    // What of each kind has to come after it was emitted, for one order at least.
    let is = |field: &'static str, value: &'static str| move |intent: &Value| intent[field] == value;
    let has = |field: &'static str| move |intent: &Value| !intent[field].is_null();
    type Which = Box<dyn Fn(&Value) -> bool>;
    let kinds: [(&str, Which, &[&str]); 10] = [
        ("market-if-touched", Box::new(is("type", "market-if-touched")), &["HELD", "RELEASED", "OrderFilled"]),
        ("limit-if-touched", Box::new(is("type", "limit-if-touched")), &["HELD", "RELEASED", "OrderFilled"]),
        ("trailing by price", Box::new(is("trail_unit", "price")), &["HELD", "RELEASED", "OrderFilled"]),
        ("trailing by ticks", Box::new(is("trail_unit", "ticks")), &["HELD", "RELEASED", "OrderFilled"]),
        ("trailing by bps", Box::new(is("trail_unit", "bps")), &["HELD", "RELEASED", "OrderFilled"]),
        ("market-to-limit", Box::new(is("type", "market-to-limit")), &["DISPATCHED", "OrderFilled"]),
        ("gtd", Box::new(is("tif", "gtd")), &["DISPATCHED", "OrderCanceled"]),
        ("iceberg", Box::new(has("display_qty")), &["DISPATCHED", "OrderFilled", "DISPATCHED", "OrderFilled"]),
        ("at-open", Box::new(is("tif", "at-open")), &["HELD", "RELEASED", "OrderFilled"]),
        ("at-close", Box::new(is("tif", "at-close")), &["HELD", "RELEASED", "OrderFilled"]),
    ];
    for (kind, which, want) in kinds {
        let emitted: Vec<String> =
            records.iter().filter(|record| name(record) == "EMITTED" && which(record)).map(of).collect();
        assert!(!emitted.is_empty(), "no order is {kind}");
        let life = |id: &String| {
            let about =
                |leg: &str| leg == id || leg.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('.'));
            records.iter().filter(|record| about(&of(record))).map(name).collect::<Vec<String>>()
        };
        let comes = |life: &Vec<String>| {
            let mut names = life.iter();
            want.iter().all(|want| names.any(|name| name == want))
        };
        let lives: Vec<Vec<String>> = emitted.iter().map(life).collect();
        assert!(lives.iter().any(comes), "{kind} needs {want:?}: {lives:?}");
    }
    // A trigger is told as a price.
    let held = records.iter().find(|record| name(record) == "HELD").expect("there are some");
    assert!(held["price"].as_str().is_some_and(|price| price.starts_with("170.")), "{held}");
    session.replay().expect_code(0);
    assert_eq!(session.replay().json()["match"], true);
}

/// The reporter meets each kind of answer that the simulated venue and the chain can give.
#[test]
fn a_strategy_is_told_every_answer() {
    let session = reporter(Setup::default()).backtest(&Tape::trades(2_000));
    let notes = session.records(&["--only", "EMITTED"]);
    let texts: Vec<&str> = notes.iter().filter_map(|record| record["note"].as_str()).collect();
    let told =
        ["warm at (4,", "accepted", "filled", "canceled", "amended", "outcome", "woken", "bar", "refused Malformed"];
    for answer in told {
        assert!(texts.iter().any(|text| text.starts_with(answer)), "{answer} is in no note");
    }
    assert!(session.records(&["--only", "DENIED"]).iter().all(|denied| denied["code"].is_string()));
    assert_eq!(session.replay().json()["match"], true);
}

#[test]
fn outcomes_reach_the_strategy_before_its_next_event() {
    let session = reporter(Setup::default()).backtest(&Tape::trades(500));
    let denied: Vec<Value> = session.records(&["--only", "DENIED"]);
    let too_large: Vec<&Value> = denied.iter().filter(|record| record["code"] == "D-ORDER-QTY-MAX").collect();
    assert_eq!(too_large.len(), 10, "one in each round of 50 trades");
    let emitted = session.records(&["--only", "EMITTED"]);
    for denial in too_large {
        let (step, intent) = (denial["seq"].as_u64(), denial["intent"].as_str().unwrap());
        let next = emitted.iter().find(|record| record["seq"].as_u64() > step).expect("it goes on");
        let told = format!("outcome (Outcome {{ id: IntentId({}), code: DeniedQuantity }}", &intent[2..]);
        assert!(next["note"].as_str().is_some_and(|note| note.starts_with(&told)), "{denial}\n{next}");
    }
}

#[test]
fn two_strategies_have_their_own_positions_and_digests() {
    let tape = Tape::trades(3_000);
    let slow = "params = { fast = 20, slow = 80, qty = \"30\" }";
    let both = ema(ema(Setup::default(), "quick", EMA), "slow", slow).backtest(&tape);
    let (quick_alone, slow_alone) =
        (ema(Setup::default(), "quick", EMA).backtest(&tape), ema(Setup::default(), "slow", slow).backtest(&tape));
    let digest = |session: &Session, id: usize| session.strategy(0, id)["decision_digest"].take();
    assert_eq!(digest(&both, 1), digest(&quick_alone, 1));
    assert_eq!(digest(&both, 2), digest(&slow_alone, 1));
    assert_ne!(digest(&both, 1), digest(&both, 2));
    let number = |session: &Session, field: &str| {
        session.json(0)[field].as_str().unwrap().parse::<Decimal>().expect("decimals are strings")
    };
    let sum = |field: &str| number(&quick_alone, field) + number(&slow_alone, field);
    assert_eq!(number(&both, "position"), sum("position"), "the account holds the sum");
    assert_eq!(number(&both, "fees"), sum("fees"));
    assert_eq!(
        both.json(0)["orders"],
        json!(quick_alone.json(0)["orders"].as_u64().unwrap() + slow_alone.json(0)["orders"].as_u64().unwrap())
    );
}
