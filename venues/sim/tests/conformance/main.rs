//! The simulated venue passes the suite of all adapters, and the suite finds adapters that do not.

#[path = "../support/mod.rs"]
mod support;

mod stage;
mod twists;

use std::collections::BTreeSet;

use ringfence_sim::QueueModel;
use ringfence_venue::conformance::{self, Outcome, Verdict};

use stage::{Floor, Sizes, poll_once};

fn play(queue: QueueModel, sizes: Sizes) -> Vec<Verdict> {
    poll_once(conformance::run(|| Floor::open(queue, sizes))).expect("the simulated venue answers at once")
}

#[track_caller]
fn must_hold(of: &str, verdicts: &[Verdict]) {
    let failed: Vec<String> = verdicts
        .iter()
        .filter(|verdict| matches!(verdict.outcome, Outcome::Fails(_)))
        .map(|verdict| format!("{verdict}"))
        .collect();
    assert!(failed.is_empty(), "{of}: {} of {} fail\n{}", failed.len(), verdicts.len(), failed.join("\n"));
}

#[test]
fn the_adapter_conforms_under_every_queue_model() {
    for queue in QueueModel::ALL {
        let verdicts = play(*queue, Sizes::Unlimited);
        must_hold(queue.code(), &verdicts);
        let (holds, _, _) = conformance::count(&verdicts);
        assert!(holds >= 80, "{queue}: {holds} apply");
    }
}

#[test]
fn the_adapter_conforms_where_sizes_limit_what_trades() {
    let verdicts = play(QueueModel::RiskAverse, Sizes::Displayed);
    must_hold("sizes", &verdicts);
    let (holds, _, _) = conformance::count(&verdicts);
    assert!(holds >= 95, "{holds} apply");
}

/// What the simulated venue has no use for: no network, no market of its own, nobody else on the account.
#[test]
fn what_does_not_apply_is_named_with_what_is_missing() {
    let verdicts = play(QueueModel::RiskAverse, Sizes::Displayed);
    let mut lacks = BTreeSet::new();
    for verdict in &verdicts {
        if let Outcome::NotApplicable(missing) = &verdict.outcome {
            assert!(!missing.is_empty(), "{verdict}");
            lacks.extend(missing.iter().copied());
        }
    }
    let want = [
        "a book",
        "a clock that is off",
        "a network that fails",
        "answer to this question",
        "connections that end",
        "connections that fall silent",
        "funding",
        "keys that expire",
        "market data",
        "market messages that go wrong",
        "messages that go wrong",
        "orders of others on the account",
        "requests that go wrong",
        "rules that change",
        "transfers",
    ];
    assert_eq!(lacks.into_iter().collect::<Vec<_>>(), want);
    let (holds, fails, not) = conformance::count(&verdicts);
    assert_eq!(holds + fails + not, conformance::cases().count(), "no case is left out");
}
