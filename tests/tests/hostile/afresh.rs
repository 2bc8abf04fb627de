//! What a strategy leaves in its memory is seen by no instance behind it: neither by its own after a restart, nor by what is
//! swapped in, nor by a neighbour.

use ringfence_tests::{Session, Tape};

use super::guest::{Guest, submit};
use super::probes::{SEEN, TO_THE_TOP, filled};
use super::sessions::{Member, ROWS, Stage, WAYS, Way, records};

const LINES: &str = "memory_mb = 1\nfuel_per_call = 20_000_000\nrestarts_max = 100\nrestart_backoff = \"1ms\"";

/// Buys 1 where the instance finds nothing at its first call, 5 where it finds anything; writes all of its memory full, and
/// ends with its third call.
fn keeper(items: &str) -> Vec<u8> {
    let body = format!(
        "(global.set $n (i32.add (global.get $n) (i32.const 1)))
         (if (i32.eq (global.get $n) (i32.const 1))
            (then {TO_THE_TOP} (if (call $seen) (then {}) (else {})) {}))
         (if (i32.eq (global.get $n) (i32.const 3)) (then unreachable))",
        submit(0, 5),
        submit(0, 1),
        filled()
    );
    Guest::on_event(&body).items("(global $n (mut i32) (i32.const 0))").items(SEEN).items(items).component()
}

fn member(name: &'static str, lines: &'static str) -> Member {
    // What is swapped in takes the place of one that has written its memory full too, and is another component.
    let before = Some([&keeper("")[..], b"\0\x07\x06before"].concat());
    Member { name, component: keeper(""), before, lines }
}

/// What each instance bought at its first call.
fn bought(session: &Session, strategy: &str) -> Vec<String> {
    let emitted = records(session, strategy, "EMITTED");
    emitted.iter().map(|record| record["qty"].as_str().expect("a quantity").to_owned()).collect()
}

#[track_caller]
fn check(way: Way, lines: &'static str) {
    let pair = [member("one", lines), member("other", lines)];
    let session = Stage::new(&[]).run(way, &pair, &Tape::trades(ROWS));
    session.finished.expect_code(3);
    for strategy in ["one", "other"] {
        let bought = bought(&session, strategy);
        let ends = records(&session, strategy, "StrategyHalted").len();
        assert!(ends > 5, "{way:?}: {ends} instances ended");
        // One more may be alive at the end, and one more was there before the swap.
        assert!((ends..=ends + 2).contains(&bought.len()), "{way:?}: {ends} ended, {bought:?}");
        assert!(bought.iter().all(|qty| qty == "1"), "{way:?}: {strategy} found what another left: {bought:?}");
    }
}

#[test]
fn h48_no_instance_finds_what_another_left_in_memory() {
    for way in WAYS {
        check(way, LINES);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn h48_nor_in_a_process_of_its_own() {
    check(Way::Backtest, format!("{LINES}\nisolation = \"process\"").leak());
}

/// One byte, and the search finds it.
#[test]
fn h48_the_search_finds_a_byte_that_is_there() {
    let found = [Member { component: keeper("(data (i32.const 65528) \"x\")"), ..member("one", LINES) }];
    let session = Stage::new(&[]).run(Way::Backtest, &found, &Tape::trades(ROWS));
    let bought = bought(&session, "one");
    assert!(bought.len() > 5 && bought.iter().all(|qty| qty == "5"), "{bought:?}");
}
