//! A hundred strategies in one host: does each decide as it does alone, and do their sub-accounts add up to the account?

use ringfence_core::money::Decimal;
use ringfence_tests::{Session, Setup, Tape, binary};
use serde_json::Value;

const STRATEGIES: usize = 100;

/// Copy number `n`: moving averages of its own lengths.
fn copy(setup: Setup, n: usize) -> Setup {
    let (fast, slow) = (3 + n % 40, 50 + 3 * n);
    let lines = format!("params = {{ fast = {fast}, slow = {slow}, qty = \"{}\" }}", 1 + n % 7);
    setup.strategy(&format!("copy-{n}"), &binary::component("ringfence_ema_cross"), &lines)
}

fn hundred(tape: &Tape) -> Session {
    (0..STRATEGIES).fold(Setup::default(), copy).backtest(tape)
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().expect("decimals are strings").parse().expect("a decimal")
}

#[test]
fn a_hundred_strategies_decide_as_each_does_alone() {
    let tape = Tape::trades(3_000);
    let together = hundred(&tape);
    let json = together.json(0);
    for n in (0..STRATEGIES).step_by(9) {
        let alone = copy(Setup::default(), n).backtest(&tape).strategy(0, 1);
        let beside = &json["strategies"][n];
        assert_eq!(beside["decision_digest"], alone["decision_digest"], "copy {n}");
        assert_eq!((&beside["calls"], &beside["fuel"]), (&alone["calls"], &alone["fuel"]), "copy {n}");
    }
    let digests: std::collections::BTreeSet<_> =
        (0..STRATEGIES).map(|n| json["strategies"][n]["decision_digest"].to_string()).collect();
    assert!(digests.len() > STRATEGIES / 2, "copies with other parameters decide otherwise: {}", digests.len());
}

#[test]
fn the_sub_accounts_of_a_hundred_strategies_add_up_to_the_account() {
    let session = hundred(&Tape::trades(3_000));
    let json = session.json(0);
    assert!(json["fills"].as_u64().is_some_and(|fills| fills > 1_000), "{}", json["fills"]);
    let gained = |strategy: &Value| decimal(&strategy["equity"]) - Decimal::from(1_000_000);
    let strategies = json["strategies"].as_array().expect("a list");
    let sum: Decimal = strategies.iter().map(gained).sum();
    assert_eq!(decimal(&json["final_equity"]), sum + Decimal::from(100_000_000));
    // Profit that is realised is not such a sum: where one buys what another sells, the account has closed nothing.
    let fees = strategies.iter().map(|strategy| decimal(&strategy["fees"]));
    assert_eq!(fees.sum::<Decimal>(), decimal(&json["fees"]));
    for key in ["intents", "denied", "orders", "fills", "cancels", "rejects"] {
        let each = strategies.iter().map(|strategy| strategy[key].as_u64().expect(key));
        assert_eq!(Some(each.sum::<u64>()), json[key].as_u64(), "{key}");
    }
    assert!(strategies.iter().all(|strategy| strategy["memory_bytes"].as_u64().is_some_and(|bytes| bytes >= 65_536)));
}

/// What the report says of each strategy stands in the journal.
#[test]
fn the_journal_tells_what_each_of_a_hundred_strategies_did() {
    let session = hundred(&Tape::trades(1_000));
    let json = session.json(0);
    let mut counts = std::collections::BTreeMap::<(u64, &str), u64>::new();
    for (record, key) in [("OrderFilled", "fills"), ("Dispatched", "orders"), ("Denied", "denied")] {
        for told in session.records(&["--only", record]) {
            let leg = told["intent"].as_str().or(told["order"].as_str()).and_then(|leg| leg.split_once('/'));
            let strategy =
                leg.and_then(|(strategy, _)| strategy.parse().ok()).unwrap_or_else(|| panic!("whose? {told}"));
            *counts.entry((strategy, key)).or_default() += 1;
        }
    }
    for strategy in json["strategies"].as_array().expect("a list") {
        for key in ["fills", "orders", "denied"] {
            let id = strategy["id"].as_u64().expect("an id");
            assert_eq!(strategy[key], counts.get(&(id, key)).copied().unwrap_or(0), "{key} of strategy {id}");
        }
    }
}

#[test]
fn a_run_of_a_hundred_strategies_replays() {
    let session = hundred(&Tape::trades(1_000));
    session.replay().expect_code(0);
}
