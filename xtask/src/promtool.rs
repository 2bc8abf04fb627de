//! Promtool: is there what checks metrics?
//!
//! In: nothing. Out: Debian's promtool, installed. Must never: install it where it is there, or from anywhere but the machine's
//! own package sources.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, Result};

use crate::run::program;

/// Where Debian's package `prometheus` puts it.
const PROMTOOL: &str = "/usr/bin/promtool";

/// Installs it where it is missing.
pub(crate) fn install() -> Result<()> {
    if Path::new(PROMTOOL).is_file() {
        return Ok(());
    }
    let apt = |words: &[&str]| program(OsStr::new("apt-get"), words).env("DEBIAN_FRONTEND", "noninteractive").show();
    let package = ["install", "--yes", "--quiet", "--no-install-recommends", "prometheus"];
    // The lists of packages may be missing or old.
    let installed = apt(&package).or_else(|_| apt(&["update", "--quiet"]).and_then(|()| apt(&package)));
    installed.with_context(|| format!("no promtool at {PROMTOOL}: install the package prometheus"))
}
