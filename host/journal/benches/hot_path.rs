//! What does the journal cost for a tape row? Counting, fuel and the fuel digest, and a step with decisions beside it.
//!
//! `cargo bench -p ringfence-journal` prints ns per row; nothing is asserted, machines differ.
#![allow(clippy::disallowed_methods, reason = "a bench is where time is measured")]

use std::hint::black_box;
use std::time::Instant;

use ringfence_core::decision::{ApprovalMark, Decision, DecisionKind, Normalised};
use ringfence_core::event::Mode;
use ringfence_core::ids::{AccountId, InstrumentId, IntentId, LegId, LegKey, Seq, SessionId, StrategyId, VenueId};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{Action, Extras, IntentKind, OrderTerms, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Price, Qty};
use ringfence_core::risk::KeyId;
use ringfence_journal::digest::{DecisionDigests, FuelDigest};
use ringfence_journal::reader::{JournalReader, Step};
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::verify::verify_chain;
use ringfence_journal::wire::header::{Feed, Header, TapeRef};
use ringfence_journal::wire::marks::Seal;
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};

const ROWS: u64 = 2_000_000;
/// One step with decisions in so many rows, about as often as a moving-average cross trades.
const ROWS_PER_ORDER: u64 = 150;

fn header() -> Header {
    Header {
        session: SessionId([1; 16]),
        mode: Mode::Backtest,
        rules_version: 1,
        engine: "bench".into(),
        operator_costs: "costs-1".into(),
        config: [0; 32],
        components: Vec::new(),
        tapes: vec![TapeRef { sha256: [0; 32] }],
        feed: Feed { rows_max: None, repeat: 1 },
        facts: Vec::new(),
    }
}

fn decisions(intent: u64) -> [Decision; 5] {
    let key = LegKey { intent: IntentId(intent), strategy: StrategyId(1), leg: LegId(0) };
    let submit = Submit {
        instrument: InstrumentId(1),
        side: Side::Buy,
        size: Size::Quantity(Qty(100)),
        order_type: OrderType::Market,
        limit_price: None,
        stop_price: None,
        tif: TimeInForce::Ioc,
        max_slippage_bps: None,
        post_only: false,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    };
    let terms = OrderTerms {
        instrument: InstrumentId(1),
        side: Side::Buy,
        qty: Qty(100),
        order_type: OrderType::Market,
        limit_price: None,
        stop_price: None,
        tif: TimeInForce::Ioc,
        post_only: false,
        reduce_only: false,
        position_side: PositionSide::Net,
        reference: Price(14_507),
    };
    [
        DecisionKind::Emitted(IntentKind::Submit(submit)),
        DecisionKind::Normalised(Normalised { action: Action::Submit(terms), reference: Price(14_507) }),
        DecisionKind::Allowed(ApprovalMark { number: intent, key_id: KeyId(1), tag: [7; 32] }),
        DecisionKind::Queued,
        DecisionKind::Dispatched(VenueId(1), AccountId(1)),
    ]
    .map(|kind| Decision { key, kind })
}

struct Run {
    writer: JournalWriter,
    decisions: DecisionDigests,
    fuel: FuelDigest,
}

fn run(dir: &std::path::Path, rows_per_order: u64) -> Run {
    let options = Options::new(Durability::AtSegmentEnd);
    let header = header();
    let beginning = Beginning { header: &header, components: &[], provenance: Provenance::default() };
    let writer = JournalWriter::create(dir, beginning, options).expect("a fresh folder");
    let mut run = Run { writer, decisions: DecisionDigests::new(), fuel: FuelDigest::new() };
    let start = Instant::now();
    for seq in 1..=ROWS {
        let fuel = [black_box(900 + seq % 300)];
        run.writer.tape_row(Seq(seq), 0);
        run.writer.fuel(&fuel);
        run.fuel.add(&fuel);
        if seq % rows_per_order == 0 {
            let decisions = decisions(seq);
            run.writer.decisions(Seq(seq), &decisions, &[]);
            run.decisions.add(&decisions, &[]);
        }
        run.writer.end_step().expect("written");
    }
    let ns = start.elapsed().as_nanos();
    let per_row = ns / u128::from(ROWS / 10);
    println!(
        "write, an order per {rows_per_order} rows: {}.{} ns per row, {} bytes",
        per_row / 10,
        per_row % 10,
        run.writer.written_bytes()
    );
    run
}

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    for (rows_per_order, name) in [(u64::MAX, "rows"), (ROWS_PER_ORDER, "orders"), (1, "all")] {
        let path = dir.path().join(name);
        let run = run(&path, rows_per_order);
        let start = Instant::now();
        let seal = Seal {
            state: [0; 32],
            decisions: run.decisions.run(),
            fuel: run.fuel.finish(),
            strategies: run.decisions.strategies(),
        };
        run.writer.seal(&seal).expect("written");
        println!("  seal {} us", start.elapsed().as_micros());
        let start = Instant::now();
        let mut reader = JournalReader::open(&path).expect("whole");
        println!("  open for reading {} us", start.elapsed().as_micros());
        let (mut step, start) = (Step::new(), Instant::now());
        while reader.next_step(&mut step).expect("whole") {
            while reader.next_fuel().is_some() {}
        }
        println!("  read {} us", start.elapsed().as_micros());
        let start = Instant::now();
        let is_intact = verify_chain(&path).expect("readable").is_intact();
        println!("  verify {} us, intact: {is_intact}", start.elapsed().as_micros());
    }
}
