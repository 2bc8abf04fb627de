//! Market data: which of the real files are on this machine?
//!
//! In: `RINGFENCE_DATA`. Out: paths of files that exist. Must never: generate data or fetch it; a test without its file
//! is skipped with [`crate::skip!`], so that everybody sees what was not shown.

use std::path::PathBuf;

use crate::workspace;

/// The data folder, whether it exists or not: `RINGFENCE_DATA`, by default the one in a shared folder beside it.
#[must_use]
pub fn folder() -> PathBuf {
    match std::env::var_os("RINGFENCE_DATA") {
        Some(folder) => workspace::root().join(folder),
        None => workspace::root().join("../shared/data"),
    }
}

/// The file `name` of the data folder, `None` when it is not there.
#[must_use]
pub fn file(name: &str) -> Option<PathBuf> {
    let path = folder().join(name);
    path.is_file().then_some(path)
}

/// The file `name` of the data folder, or why the test that wants it has to be skipped.
///
/// # Errors
/// A reason for [`crate::skip!`] that names the file and the folder searched.
///
/// ```
/// # use ringfence_tests::{data, skip};
/// fn trades_of_a_week_give_the_oracle() {
///     let tape = match data::wanted("w1_spy_trades_20131007-11.csv.zst") {
///         Ok(path) => path,
///         Err(reason) => skip!("{reason}"),
///     };
///     assert!(tape.is_file());
/// }
/// ```
pub fn wanted(name: &str) -> Result<PathBuf, String> {
    file(name).ok_or_else(|| format!("no {name} in {} (set RINGFENCE_DATA)", folder().display()))
}
