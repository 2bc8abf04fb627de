//! `cargo xtask audit`: may we link what we link, and is any of it known to be unsafe?
//!
//! In: `deny.toml`, the lock file. Out: cargo-deny's report. Must never: call the dependencies free of known
//! vulnerabilities when the list of them could not be had.

use anyhow::{Context, Result, ensure};

use crate::run::{cargo, end};

/// Installs cargo-deny where it is missing, then checks everything.
pub(crate) fn run() -> Result<()> {
    if cargo(["deny", "--version"]).output().is_err() {
        println!("installing cargo-deny; this takes some minutes, once");
        cargo(["install", "cargo-deny", "--locked"]).show().context("cargo-deny is needed for the audit")?;
    }
    println!("== licences, bans, sources");
    let local = cargo(["deny", "check", "licenses", "bans", "sources"]).show();
    println!("\n== advisories");
    let known = advisories();
    local?;
    known
}

fn advisories() -> Result<()> {
    let mut unreachable = false;
    let status = cargo(["deny", "check", "advisories"]).lines(|line| {
        unreachable |= is_unreachable(line);
        println!("{line}");
    })?;
    if unreachable {
        println!("advisories: NOT CHECKED, the database could not be reached from here");
        return Ok(());
    }
    ensure!(status.success(), "advisories: cargo deny ended with {}", end(status));
    Ok(())
}

fn is_unreachable(line: &str) -> bool {
    line.contains("failed to fetch advisory database")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_out_of_reach_is_told_from_an_advisory() {
        let fetch =
            "2026-01-01 00:00:00 [ERROR] failed to fetch advisory database https://github.com/RustSec/advisory-db";
        assert!(is_unreachable(fetch));
        assert!(!is_unreachable("error[vulnerability]: use after free in x"));
    }
}
