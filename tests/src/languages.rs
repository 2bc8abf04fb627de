//! Languages: are the toolchains there that build strategies in other languages than Rust?
//!
//! In: `RINGFENCE_LANGUAGES`, or what an earlier `cargo xtask test` left in `target/languages`. Out: a search path for
//! programs, or why not. Must never: install anything.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::workspace;

/// The search path with this program on it.
///
/// # Errors
/// A reason for [`crate::skip!`] when it is not there.
pub fn path_with(program: &str) -> Result<OsString, String> {
    program_of(program)?;
    let own = own();
    let machine = std::env::var_os("PATH").unwrap_or_default();
    let all = own.into_iter().chain(std::env::split_paths(&machine));
    std::env::join_paths(all).map_err(|error| error.to_string())
}

/// Where a program is that they brought.
///
/// # Errors
/// As [`path_with`].
pub fn program_of(program: &str) -> Result<PathBuf, String> {
    let found = own().into_iter().map(|folder| folder.join(program)).find(|path| path.exists());
    found.ok_or_else(|| format!("no {program} in {} (`cargo xtask test` installs it)", folder().display()))
}

/// The node modules, for projects that look for them beside themselves.
#[must_use]
pub fn node_modules() -> PathBuf {
    folder().join("node/node_modules")
}

fn own() -> [PathBuf; 2] {
    ["python/bin", "node/node_modules/.bin"].map(|place| folder().join(place))
}

fn folder() -> PathBuf {
    let made = || workspace::root().join("target/languages");
    std::env::var_os("RINGFENCE_LANGUAGES").map_or_else(made, PathBuf::from)
}
