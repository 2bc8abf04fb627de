//! Things under test: where are the binaries and the components of this workspace?
//!
//! In: what `cargo xtask test` built and named in the environment. Out: paths that exist. Must never: hand out a release
//! binary or a component of unknown age without saying which command makes a fresh one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::workspace;

/// The binary of the dev profile: `RINGFENCE_BIN`, otherwise built once a test process.
///
/// # Panics
/// If it cannot be built; the compiler's messages stand on stderr.
#[must_use]
pub fn dev() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| named("RINGFENCE_BIN").unwrap_or_else(build_dev))
}

/// The binary of the release profile: `RINGFENCE_BIN_RELEASE`.
///
/// # Errors
/// A reason for [`crate::skip!`] when it is not named: building it takes minutes, which no single test should.
pub fn release() -> Result<PathBuf, String> {
    named("RINGFENCE_BIN_RELEASE")
        .ok_or_else(|| "RINGFENCE_BIN_RELEASE is not set (`cargo xtask test` builds the binary and sets it)".to_owned())
}

/// The component of the crate `name`, for example `ringfence_ema_cross`, as `cargo xtask components` left it.
///
/// # Panics
/// If it was not built.
#[must_use]
pub fn component(name: &str) -> PathBuf {
    let path = workspace::root().join("target/components").join(format!("{name}.wasm"));
    assert!(path.is_file(), "{} is missing: run `cargo xtask components`", path.display());
    path
}

/// The source folder of a strategy, for example `ema-cross`.
///
/// # Panics
/// If there is no such strategy.
#[must_use]
pub fn strategy_source(name: &str) -> PathBuf {
    let path = workspace::root().join("strategies").join(name);
    assert!(path.is_dir(), "{} is missing", path.display());
    path
}

fn named(variable: &str) -> Option<PathBuf> {
    let path = workspace::root().join(std::env::var_os(variable)?);
    assert!(path.is_file(), "{variable} names {}, which is no file", path.display());
    Some(path)
}

fn build_dev() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--package", "ringfence"])
        .current_dir(workspace::root())
        .status()
        .expect("cargo starts: it runs this test");
    assert!(status.success(), "`cargo build -p ringfence` failed: {status}");
    workspace::target().join("debug").join(format!("ringfence{}", std::env::consts::EXE_SUFFIX))
}
