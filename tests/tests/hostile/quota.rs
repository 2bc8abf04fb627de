//! A quota of fuel, a halt that a replay obeys without making the call, and a restart: the replay counts as the session did.

use ringfence_tests::{Setup, Tape};

use super::guest::Guest;
use super::sessions::{records, written};

/// Burns fuel in each call; the third call of each instance is a recursion without end.
fn overflowing() -> Vec<u8> {
    let body = "(local $i i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 1000))))
        (if (i32.eq (global.get $n) (i32.const 3)) (then (drop (call $down (i64.const 0)))))";
    Guest::on_event(body)
        .items(
            "(global $n (mut i32) (i32.const 0))
             (func $down (param i64) (result i64)
                (i64.add (call $down (i64.add (local.get 0) (i64.const 1))) (local.get 0)))",
        )
        .component()
}

#[test]
fn fuel_of_a_call_that_overflowed_the_stack_counts_in_the_replay_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let component = written(folder.path(), &overflowing());
    let run = |total: &str| {
        let lines = format!("fuel_total = {total}\nrestarts_max = 100\nrestart_backoff = \"1ms\"");
        let session = Setup::default().strategy("deep", &component, &lines).backtest(&Tape::trades(200));
        session.finished.expect_code(3);
        session
    };
    let free = run("1_000_000_000");
    let halts = records(&free, "deep", "StrategyHalted");
    assert!(halts.len() > 3 && halts.iter().all(|halt| halt["code"] == "H-STACK"), "{halts:?}");
    let used = free.strategy(3, 1)["fuel"].as_u64().expect("a number");
    // About half of what it would use: the quota ends between two overflows.
    let bound = run(&(used / 2).to_string());
    let codes: Vec<_> = records(&bound, "deep", "StrategyHalted").iter().map(|halt| halt["code"].clone()).collect();
    assert_eq!(codes.first(), Some(&"H-STACK".into()));
    assert!(codes.contains(&"H-FUEL-TOTAL".into()), "{codes:?}");
    let verdict = bound.replay();
    assert_eq!(verdict.code, Some(0), "{} {}", verdict.stdout, verdict.stderr);
    assert_eq!(verdict.json()["match"], true);
}
