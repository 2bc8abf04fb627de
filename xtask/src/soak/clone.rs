//! A bare clone: does a contributor's first command pass?
//!
//! In: the last commit. Out: one check. Must never: find anything that a clone has not: no build output, no component, no data.

use std::ffi::OsStr;

use anyhow::Result;

use crate::run::{cargo, program};
use crate::stage::Tally;
use crate::workspace;

/// Clones the repository and runs `cargo test` in it, as CONTRIBUTING.md says.
pub(super) fn check() -> Result<Tally> {
    let folder = workspace::fresh_folder("clone")?;
    let clone = folder.join("ringfence");
    let root = workspace::root();
    let words = ["clone", "--quiet", "--no-hardlinks"].map(OsStr::new);
    program(OsStr::new("git"), words.into_iter().chain([root.as_os_str(), clone.as_os_str()])).show()?;
    let nowhere = folder.join("no-data");
    cargo(["test"])
        .within(&clone)
        .env("CARGO_TARGET_DIR", clone.join("target"))
        .env("RINGFENCE_DATA", nowhere)
        .show()?;
    std::fs::remove_dir_all(&clone)?;
    Ok(Tally::one())
}
