//! Set-up: is everything there that a command needs?
//!
//! In: names of compilation targets. Out: their standard libraries, installed; on demand the rest of what the suite needs.
//! Must never: install what is not needed, or say anything when all is there.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, Result};

use crate::run::program;
use crate::{browser, languages, oracles, promtool};

/// Strategies are compiled for these targets.
pub(crate) const GUEST: &[&str] = &["wasm32-unknown-unknown", WASI];

/// The target with a standard library that asks WASI.
pub(crate) const WASI: &str = "wasm32-wasip2";

/// What `cargo xtask test` needs: the guests' targets, and one without an operating system for the core.
pub(crate) const SUITE: &[&str] = &["wasm32-unknown-unknown", WASI, NO_OS];

/// A target without an operating system.
pub(crate) const NO_OS: &str = "x86_64-unknown-none";

/// `cargo xtask setup`: everything that the suite would install by itself.
pub(crate) fn run() -> Result<()> {
    add(SUITE)?;
    oracles::install()?;
    languages::install()?;
    browser::install()?;
    promtool::install()
}

/// Adds those of `targets` that are missing.
pub(crate) fn add(targets: &[&str]) -> Result<()> {
    for target in targets {
        if !is_installed(target)? {
            println!("adding target {target}");
            program(OsStr::new("rustup"), ["target", "add", target]).show().with_context(|| advice(target))?;
        }
    }
    Ok(())
}

/// Asks the compiler and not rustup, so that a toolchain from a distribution's package counts too.
fn is_installed(target: &str) -> Result<bool> {
    let libraries = program(OsStr::new("rustc"), ["--print", "target-libdir", "--target", target]).output()?;
    Ok(Path::new(libraries.trim()).is_dir())
}

fn advice(target: &str) -> String {
    format!(
        "no standard library for {target}, and rustup could not add it. With rustup (https://rustup.rs): \
         `rustup target add {target}`; with a compiler from your distribution: its package of Rust's standard library for {target}"
    )
}
