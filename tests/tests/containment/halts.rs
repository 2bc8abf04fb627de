//! Strategies that end badly while they run.

use ringfence_tests::{Session, Setup, Tape, binary};
use serde_json::{Value, json};

const ROWS: u32 = 1_500;

/// A strategy that the host has to halt, in one line of configuration, and what it is halted with.
struct Hostile {
    crate_name: &'static str,
    lines: &'static str,
    code: &'static str,
}

const ENDLESS: Hostile = Hostile {
    crate_name: "hostile_endless_loop",
    lines: "params = { at = 100 }\nfuel_per_call = 1_000_000",
    code: "H-FUEL",
};

const TRAPPER: Hostile = Hostile { crate_name: "hostile_trapper", lines: "params = { at = 300 }", code: "H-TRAP" };

const GROWER: Hostile = Hostile {
    crate_name: "hostile_grower",
    lines: "params = { at = 5, how = \"takes\" }\nmemory_mb = 2",
    code: "H-TRAP",
};

const ALL: [Hostile; 3] = [ENDLESS, TRAPPER, GROWER];

fn with_hostile(setup: Setup, hostile: &Hostile) -> Setup {
    setup.strategy("hostile", &binary::component(hostile.crate_name), hostile.lines)
}

fn with_good(setup: Setup) -> Setup {
    let lines = "params = { fast = 5, slow = 20, qty = \"100\" }";
    setup.strategy("good", &binary::component("ringfence_ema_cross"), lines)
}

/// A hostile strategy as number 1 beside a good one as number 2.
fn pair(hostile: &Hostile, tape: &Tape) -> Session {
    with_good(with_hostile(Setup::default(), hostile)).backtest(tape)
}

/// The records of one strategy that have this name, without their place.
fn named(session: &Session, strategy: &str, name: &str) -> Vec<Value> {
    session.records(&["--strategy", strategy, "--only", name])
}

/// The one event that tells of the halt, checked against what the results say.
#[track_caller]
fn halt(session: &Session, hostile: &Hostile) -> Value {
    let events = session.records(&["--only", "StrategyHalted"]);
    let [event] = events.as_slice() else { panic!("exactly one event: {events:?}") };
    assert_eq!(named(session, "hostile", "StrategyHalted"), events, "it is found under the strategy's name");
    assert_eq!(named(session, "good", "StrategyHalted"), [Value::Null; 0]);
    assert_eq!((&event["strategy"], &event["code"]), (&json!("hostile"), &json!(hostile.code)));
    let told = json!([{ "code": event["code"], "limit": event["limit"], "used": event["used"] }]);
    assert_eq!(session.strategy(3, 1)["halts"], told);
    assert_eq!(session.strategy(3, 2)["halts"], json!([]));
    event.clone()
}

#[test]
fn an_endless_loop_is_halted_by_fuel_and_the_run_ends_with_code_3() {
    let tape = Tape::trades(ROWS);
    let (first, again) = (pair(&ENDLESS, &tape), pair(&ENDLESS, &tape));
    let event = halt(&first, &ENDLESS);
    assert_eq!((&event["limit"], &event["used"]), (&json!(1_000_000), &json!(1_000_000)));
    let json = first.json(3);
    assert_eq!(json["rows"], ROWS, "the host finishes the run");
    assert_eq!(json["strategies"][0]["calls"], 100, "it is not called again");
    assert_eq!(json["strategies"][1]["calls"], ROWS);
    assert_eq!(halt(&again, &ENDLESS), event, "the same place on every run");
    assert_eq!(json["fuel_digest"], again.json(3)["fuel_digest"]);
}

#[test]
fn a_trap_halts_the_strategy_and_drops_what_it_emitted_in_that_call() {
    let session = pair(&TRAPPER, &Tape::trades(ROWS));
    let event = halt(&session, &TRAPPER);
    let emitted = named(&session, "hostile", "EMITTED");
    let [only] = emitted.as_slice() else { panic!("only what its first call emitted: {emitted:?}") };
    assert_eq!((&only["intent"], &only["side"]), (&json!("1/1"), &json!("buy")));
    assert_eq!(named(&session, "hostile", "DISPATCHED").len(), 1);
    let halted = named(&session, "hostile", "HALTED");
    assert_eq!(halted.len(), 1);
    assert_eq!(event["seq"], halted[0]["seq"].as_u64().unwrap() + 1, "the halt is the next event of the stream");
    let after = named(&session, "hostile", "OrderAccepted");
    assert_eq!(after.len(), 1, "nothing of the failing call reached the venue");
    assert_eq!(session.strategy(3, 1)["calls"], 300);
}

#[test]
fn memory_past_the_limit_halts_the_strategy() {
    let session = pair(&GROWER, &Tape::trades(ROWS));
    let _event = halt(&session, &GROWER);
    assert_eq!(session.json(3)["rows"], ROWS);
    assert_eq!(session.strategy(3, 1)["calls"], 5);
}

#[test]
fn memory_at_the_limit_is_refused_to_the_strategy_and_it_goes_on() {
    let tape = Tape::trades(50);
    let notes = |memory_mb: u32| {
        let lines = format!("params = {{ at = 5, how = \"asks\" }}\nmemory_mb = {memory_mb}");
        let session = Setup::default().strategy("asks", &binary::component("hostile_grower"), &lines).backtest(&tape);
        assert_eq!(session.strategy(0, 1)["calls"], 50);
        let emitted = named(&session, "asks", "EMITTED");
        assert_eq!(emitted.len(), 1);
        let pieces = emitted[0]["note"].as_str().unwrap().split_whitespace().nth(2).unwrap().to_owned();
        pieces.parse::<u32>().expect("refused after N pieces")
    };
    let (two, four) = (notes(2), notes(4));
    assert!(two < 32 && four < 64, "pieces of 64 KiB: {two} in 2 MiB, {four} in 4 MiB");
    assert_eq!(four - two, 32, "2 MiB more are 32 pieces more");
}

#[test]
fn fuel_of_all_calls_together_has_a_limit_of_its_own() {
    let lines = "params = { fast = 5, slow = 20, qty = \"100\" }\nfuel_total = 20_000";
    let setup = Setup::default().strategy("frugal", &binary::component("ringfence_ema_cross"), lines);
    let session = setup.backtest(&Tape::trades(ROWS));
    let strategy = session.strategy(3, 1);
    assert_eq!(strategy["halts"], json!([{ "code": "H-FUEL-TOTAL", "limit": 20_000, "used": 20_000 }]));
    assert_eq!(strategy["fuel"], 20_000);
    assert_eq!(session.replay().json()["match"], true);
}

#[test]
fn a_halted_neighbour_leaves_the_decision_digest_of_the_other_as_alone() {
    let tape = Tape::trades(ROWS);
    let alone = with_good(Setup::default()).backtest(&tape).strategy(0, 1)["decision_digest"].take();
    for hostile in &ALL {
        let after = pair(hostile, &tape);
        assert_eq!(after.strategy(3, 2)["decision_digest"], alone, "{} before it", hostile.crate_name);
        let before = with_hostile(with_good(Setup::default()), hostile).backtest(&tape);
        assert_eq!(before.strategy(3, 1)["decision_digest"], alone, "{} behind it", hostile.crate_name);
    }
    let other = with_good(Setup::default()).risk("order_qty_max = 150").backtest(&tape);
    assert_ne!(other.strategy(0, 1)["decision_digest"], alone, "a limit that binds shows in the digest");
}

#[test]
fn a_run_with_a_halt_replays_with_every_decision_identical() {
    let tape = Tape::trades(ROWS);
    for hostile in &ALL {
        let session = pair(hostile, &tape);
        let verdict = session.replay();
        verdict.expect_code(0);
        let (verdict, run) = (verdict.json(), session.json(3));
        assert_eq!((&verdict["match"], &verdict["first_difference"]), (&json!(true), &Value::Null));
        assert_eq!(verdict["verified_events"], run["events"], "{}", hostile.crate_name);
    }
}

#[test]
fn a_host_whose_strategies_are_all_halted_reads_its_tape_to_the_end() {
    let setup = with_hostile(Setup::default(), &TRAPPER);
    let second = setup.strategy("second", &binary::component(ENDLESS.crate_name), ENDLESS.lines);
    let session = second.backtest(&Tape::trades(ROWS));
    let json = session.json(3);
    assert_eq!(json["rows"], ROWS);
    assert_eq!(session.records(&["--only", "StrategyHalted"]).len(), 2);
    assert_eq!(session.records(&["--only", "SessionClosed"]).len(), 1);
}
