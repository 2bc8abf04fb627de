//! Browser: is there one that tests can open a page with?
//!
//! In: nothing. Out: Debian's chromium, installed. Must never: install it where it is there, or from anywhere but the
//! machine's own package sources.

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::run::program;

/// The browser that tests open pages with, whether it exists or not.
pub(crate) fn chromium() -> PathBuf {
    PathBuf::from(std::env::var_os("RINGFENCE_CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into()))
}

/// Installs it where it is missing.
pub(crate) fn install() -> Result<()> {
    if chromium().is_file() {
        return Ok(());
    }
    let apt = |words: &[&str]| program(OsStr::new("apt-get"), words).env("DEBIAN_FRONTEND", "noninteractive").show();
    let package = ["install", "--yes", "--quiet", "--no-install-recommends", "chromium", "fonts-liberation"];
    // The lists of packages may be missing or old.
    let installed = apt(&package).or_else(|_| apt(&["update", "--quiet"]).and_then(|()| apt(&package)));
    installed.with_context(|| {
        format!("no browser at {}: install one, or name one in RINGFENCE_CHROMIUM", chromium().display())
    })
}
