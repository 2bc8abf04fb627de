//! Spot, USD-M futures and Aster pass the suite of all adapters, against the local exchange.

mod stage;
mod words;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ringfence_binance::protocol::Channel;
use ringfence_faults::{Of, Trouble};
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
    let wanted = std::env::var_os("RINGFENCE_CASE").unwrap_or_default().to_string_lossy().into_owned();
    poll_once(conformance::run_those(|| Floor::open(kind), |case| case.rule.contains(&wanted)))
}

/// All applicable cases hold, and those that do not apply are these.
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
    check(Kind::Spot, SPOT_HAS_NO);
}

#[test]
fn binance_usdm_conforms() {
    check(Kind::UsdM, &[]);
}

#[test]
fn aster_conforms() {
    check(Kind::Aster, &[]);
}

/// Rules that fail where this goes wrong all the time.
fn caught(trouble: &Trouble, of: &Of) -> Vec<(&'static str, String)> {
    let open = || Floor::open(Kind::UsdM).disturb(trouble.clone(), of.clone());
    let verdicts = poll_once(conformance::run(open));
    let failures = verdicts.into_iter().filter_map(|verdict| match verdict.outcome {
        Outcome::Fails(how) => Some((verdict.case.rule, how)),
        Outcome::Holds | Outcome::NotApplicable(_) => None,
    });
    failures.collect()
}

#[test]
fn an_adapter_that_sends_an_order_twice_is_caught() {
    let caught = caught(&Trouble::RequestDoubled, &Of::Request("POST", "/fapi/v1/order"));
    let by_law = caught.iter().filter(|(_, how)| how.contains("Once: ")).count();
    assert!(by_law > 100, "{by_law} of {}", caught.len());
}

#[test]
fn an_adapter_that_does_not_hear_its_account_is_caught() {
    let caught = caught(&Trouble::FrameLost, &Of::Link(Channel::User));
    let has = |rule: &str| caught.iter().any(|(failed, _)| *failed == rule);
    assert!(has("fills are told without asking") && has("a transfer is told"), "{caught:?}");
}

#[test]
fn an_adapter_whose_fills_have_other_numbers_than_the_venue_is_caught() {
    let of = Of::Request("GET", "/fapi/v1/userTrades");
    let caught = caught(&Trouble::AnswerInstead(200, "[]".to_owned()), &of);
    let by_law = caught.iter().filter(|(_, how)| how.contains("Truth: ")).count();
    assert!(by_law > 0, "{caught:?}");
}

/// Spot has no positions, no margin, no reduce-only orders and no keys.
const SPOT_HAS_NO: &[&str] = &[
    "a mark price is told and follows the market",
    "a funding rate is told with its time",
    "a reduce-only order closes a position",
    "a reduce-only order may close a part of a position",
    "a reduce-only order rests and fills",
    "a cancel ends a reduce-only order",
    "a key that expires is renewed, and fills after it are told",
    "a fill between the end of a key and the next one is told once",
    "funding is told where there is a position",
    "positions of all instruments are stated, those of nothing as well",
    "a short position is stated below nothing",
    "a position that was closed is stated as nothing",
    "a position in the finest lot is stated exactly",
    "positions of the other account are its own",
    "a fill of somebody else's order counts in the position",
    "a fill that came after the confirmed cancel makes the position that is stated",
    "leverage is told once the venue has it",
    "leverage can be set again, and is told as it is now",
    "leverage of the second instrument is its own",
    "a margin mode is told once the venue has it",
    "a margin mode that is there already is told",
    "leverage and margin mode are stated as they were set",
];
