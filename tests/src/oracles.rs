//! Outside oracles: is there what ours is held against?
//!
//! In: `RINGFENCE_PYTHON` and `RINGFENCE_ORACLE_HFT`, or what an earlier `cargo xtask test` left under `target`. Out: a path, or why not.
//! Must never: install anything; `cargo xtask test` does, and fails where it cannot.

use std::path::PathBuf;

use crate::workspace;

/// The interpreter with the packages of `tests/oracles/requirements.txt`.
///
/// # Errors
/// A reason for [`crate::skip!`] when there is none.
pub fn python() -> Result<PathBuf, String> {
    let how = "`cargo xtask test` makes it, with what tests/oracles/requirements.txt names";
    found("RINGFENCE_PYTHON", "target/oracles/bin/python", how)
}

/// The program that runs a case through hftbacktest.
///
/// # Errors
/// A reason for [`crate::skip!`] when there is none.
pub fn hft() -> Result<PathBuf, String> {
    let how = "`cargo xtask test` builds it from tests/oracles/hft";
    found("RINGFENCE_ORACLE_HFT", "target/oracle-hft/debug/ringfence-oracle-hft", how)
}

fn found(variable: &str, made: &str, how: &str) -> Result<PathBuf, String> {
    let made = || workspace::root().join(format!("{made}{}", std::env::consts::EXE_SUFFIX));
    let path = std::env::var_os(variable).map_or_else(made, PathBuf::from);
    if path.is_file() { Ok(path) } else { Err(format!("no {} ({how})", path.display())) }
}
