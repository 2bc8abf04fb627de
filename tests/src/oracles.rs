//! Outside oracles: is there a Python that can compute what ours is held against?
//!
//! In: `RINGFENCE_PYTHON`, or what an earlier `cargo xtask test` left under `target/oracles`. Out: a path, or why not.
//! Must never: install anything; `cargo xtask test` does, and fails where it cannot.

use std::path::PathBuf;

use crate::workspace;

/// The interpreter with the packages of `tests/oracles/requirements.txt`.
///
/// # Errors
/// A reason for [`crate::skip!`] when there is none.
pub fn python() -> Result<PathBuf, String> {
    let made = workspace::root().join("target/oracles/bin/python");
    let path = std::env::var_os("RINGFENCE_PYTHON").map_or(made, PathBuf::from);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("no {} (`cargo xtask test` makes it, with what tests/oracles/requirements.txt names)", path.display()))
}
