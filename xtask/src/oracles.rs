//! Oracles: is there a Python with the packages that outside computations need, and the backtester of others?
//!
//! In: `tests/oracles/requirements.txt`, the package in `tests/oracles/hft`. Out: a virtual environment in
//! `target/oracles`, a binary in `target/oracle-hft`. Must never: touch the machine's own packages, install again what
//! is there, or let the dependencies of an oracle into the lock file of the product.

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::run::{cargo, program};
use crate::workspace;

/// The interpreter of the environment, whether it exists or not.
pub(crate) fn python() -> PathBuf {
    folder().join("bin").join(format!("python{}", std::env::consts::EXE_SUFFIX))
}

/// Makes the environment, or leaves it as it is when it was made of the same list.
pub(crate) fn install() -> Result<()> {
    let list = workspace::needs("tests/oracles/requirements.txt", "it names the packages of the oracles")?;
    let wanted = std::fs::read_to_string(&list).with_context(|| format!("reading {}", list.display()))?;
    let mark = folder().join("installed.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    workspace::fresh_folder("oracles")?;
    println!("installing the packages of {} into {}", list.display(), folder().display());
    program(OsStr::new("python3"), [OsStr::new("-m"), OsStr::new("venv"), folder().as_os_str()])
        .show()
        .context("the oracles need python3 with its module venv (Debian: apt-get install python3-venv)")?;
    let words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    let arguments = words.iter().map(OsStr::new).chain([list.as_os_str()]);
    program(python().as_os_str(), arguments).show().context("the oracles' packages come from PyPI")?;
    std::fs::write(&mark, wanted).with_context(|| format!("writing {}", mark.display()))
}

/// Builds the oracle that runs hftbacktest: a workspace of its own with its own lock file.
pub(crate) fn build_hft() -> Result<()> {
    let manifest = workspace::needs("tests/oracles/hft/Cargo.toml", "it is the oracle that runs hftbacktest")?;
    let words = ["build", "--locked", "--manifest-path"].iter().map(OsStr::new);
    let target = hft_folder();
    cargo(words.chain([manifest.as_os_str(), OsStr::new("--target-dir"), target.as_os_str()])).show()
}

/// Its binary, whether it exists or not.
pub(crate) fn hft() -> PathBuf {
    hft_folder().join("debug").join(format!("ringfence-oracle-hft{}", std::env::consts::EXE_SUFFIX))
}

fn hft_folder() -> PathBuf {
    workspace::root().join("target").join("oracle-hft")
}

fn folder() -> PathBuf {
    workspace::root().join("target").join("oracles")
}
