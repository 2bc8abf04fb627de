//! Hostile strategies through the built binary, one table for all of them: in a backtest and in paper, from the start and
//! swapped in while the session runs, and replayed. Ids are explained in `tests/hostile.md`.

mod afresh;
#[path = "../../../host/sandbox/tests/sandbox/guest.rs"]
#[allow(dead_code, reason = "shared with the tests of the sandbox, which use more of it")]
mod guest;
mod memory;
mod probes;
mod proposals;
mod quota;
mod refused;
mod running;
mod sessions;
mod trading;
mod twice;
