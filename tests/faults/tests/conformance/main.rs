//! Spot, USD-M futures and Aster pass the suite of all adapters, against the local exchange.

mod stage;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ringfence_venue::conformance::{self, Outcome, Verdict};

use stage::{Floor, Kind};

fn poll_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a pipe never waits"),
    }
}

/// Plays all cases, or those whose rule has the words of `RINGFENCE_CASE` in it.
fn play(kind: Kind) -> Vec<Verdict> {
    let wanted = std::env::var("RINGFENCE_CASE").unwrap_or_default();
    poll_once(conformance::run_those(|| Floor::open(kind), |case| case.rule.contains(&wanted)))
}

/// All applicable cases hold, and this many do not apply.
#[track_caller]
fn check(kind: Kind, not_applicable: &[&str]) {
    let verdicts = play(kind);
    let mut failed = Vec::new();
    let mut lacks = Vec::new();
    for verdict in &verdicts {
        match &verdict.outcome {
            Outcome::Holds => {}
            Outcome::Fails(_) => failed.push(verdict.to_string()),
            Outcome::NotApplicable(_) => lacks.push(verdict.case.rule),
        }
    }
    let (holds, fails, not) = conformance::count(&verdicts);
    println!("{kind:?}: {holds} hold, {fails} fail, {not} do not apply");
    assert!(failed.is_empty(), "{kind:?}: {} of {} fail\n{}", failed.len(), verdicts.len(), failed.join("\n"));
    if std::env::var_os("RINGFENCE_CASE").is_none() {
        assert_eq!(lacks, not_applicable, "{kind:?}: cases that do not apply");
    }
}

#[test]
fn binance_spot_conforms() {
    check(Kind::Spot, &[]);
}

#[test]
fn binance_usdm_conforms() {
    check(Kind::UsdM, &[]);
}

#[test]
fn aster_conforms() {
    check(Kind::Aster, &[]);
}
