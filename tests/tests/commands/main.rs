//! Commands of the binary: do help, output, exit codes and JSON keep what they promise to people and scripts?

mod codes;
mod help;
mod inspect;
mod json;
mod output;
mod schema;

use ringfence_tests::{Run, Session, Setup, Tape, binary};

const EMA: &str = "params = { fast = 5, slow = 20, qty = \"100\" }";

/// One good strategy, `ema`.
fn ema() -> Setup {
    Setup::default().strategy("ema", &binary::component("ringfence_ema_cross"), EMA)
}

/// `ema` beside one that traps at its tenth trade.
fn halting() -> Setup {
    ema().strategy("trapper", &binary::component("hostile_trapper"), "params = { at = 10 }")
}

/// A short session of `ema` with its journal.
fn session() -> Session {
    let session = ema().backtest(&Tape::trades(300));
    session.finished.expect_code(0);
    session
}

/// A run that shares machine code with other tests.
fn run(arguments: &[&str]) -> Run {
    Run::dev(arguments).env("RINGFENCE_CACHE", ringfence_tests::setup::machine_code())
}
