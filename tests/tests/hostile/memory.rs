//! How large does the host's own process get, whatever strategies do to their memory?

use ringfence_tests::{Run, Setup, Tape, process, setup};

use super::guest::Guest;
use super::sessions::{quiet, written};

/// What a strategy may have, in KiB.
const CAP_KIB: u64 = 32 << 10;
/// What may come beside it: pages of the engine, of the allocator and of the journal.
const MORE_KIB: u64 = 16 << 10;

const LINES: &str = "memory_mb = 32\nrestarts_max = 1000\nrestart_backoff = \"1ms\"";

/// Grows to the top at each event, and touches every page of the machine that it has.
const TO_THE_TOP: &str = "(local $at i32)
    (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (local.set $at (i32.const 8192))
    (loop $l (i32.store (local.get $at) (i32.const 1)) (local.set $at (i32.add (local.get $at) (i32.const 4096)))
        (br_if $l (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))";

/// Keeps 1 KiB of each event, as an allocator does that never gives back: grows where there is no room, and goes on.
const LEAK: &str = "
    (if (i32.gt_u (i32.add (global.get $at) (i32.const 1024)) (i32.shl (memory.size) (i32.const 16)))
        (then (drop (memory.grow (i32.const 1)))))
    (memory.fill (global.get $at) (i32.const 7) (i32.const 1024))
    (global.set $at (i32.add (global.get $at) (i32.const 1024)))";

/// Largest size of the process of a backtest in KiB, and how often its strategy was halted.
fn peak(component: &[u8], tape: &Tape) -> (u64, usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let text = Setup::default().strategy("leak", &written(folder.path(), component), LINES).text();
    let run = Run::dev(["backtest", "--json", "--config", "host.toml", "--journal", "journal", "--data"]);
    let run = run.env("RINGFENCE_CACHE", setup::machine_code()).arg(&tape.path).file("host.toml", text);
    let running = run.start();
    let mut peak = 0;
    // It is a number that only grows; what comes in the last millisecond was there before.
    while let Some(kib) = process::peak_kib(running.id()) {
        peak = kib;
        std::thread::park_timeout(std::time::Duration::from_millis(1));
    }
    let finished = running.wait();
    let halts = finished.json()["strategies"][0]["halts"].as_array().map_or(0, Vec::len);
    (peak, halts)
}

fn leak() -> Vec<u8> {
    Guest::on_event(LEAK).items("(global $at (mut i32) (i32.const 65536))").component()
}

#[test]
#[cfg(target_os = "linux")]
fn h27_the_host_grows_by_what_the_strategy_may_have_and_no_more() {
    let tape = Tape::trades(20_000);
    let (alone, _) = peak(&quiet(), &tape);
    let (beside, halts) = peak(&Guest::on_event(TO_THE_TOP).component(), &tape);
    assert_eq!(halts, 0, "growing is refused, and it lives");
    let grown = beside.saturating_sub(alone);
    assert!((CAP_KIB / 2..CAP_KIB + MORE_KIB).contains(&grown), "from {alone} to {beside} KiB");
}

/// Each life of it leaks all that it may have; the sixth leaves the host as large as the first.
#[test]
#[cfg(target_os = "linux")]
fn h28_the_host_stays_as_it_was_however_long_a_strategy_leaks() {
    // 32,704 events fill the memory.
    let (once, halts) = peak(&leak(), &Tape::trades(40_000));
    assert_eq!(halts, 1);
    let (often, halts) = peak(&leak(), &Tape::trades(200_000));
    assert_eq!(halts, 6);
    let (alone, _) = peak(&quiet(), &Tape::trades(200_000));
    assert!(often < once + MORE_KIB, "from {once} to {often} KiB");
    assert!(often < alone + CAP_KIB + MORE_KIB, "beside {alone}: {often} KiB");
}
