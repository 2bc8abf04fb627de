//! Components: which strategies become Wasm components, and where do they lie?
//!
//! In: the packages under `strategies` and `tests/components`. Out: `target/components/CRATE.wasm` for each. Must never:
//! encode a component itself; `ringfence-component` does, here through its example program, because that needs neither
//! the engine nor the host to compile, and `ringfence build` calls the same function.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::run::cargo;
use crate::{setup, workspace};

/// Folders whose packages are components: the examples, and the hostile ones that tests run. Text files
/// (`tests/components/*.wat`) need no build and are read by the tests themselves.
const SOURCES: [&str; 2] = ["strategies", "tests/components"];

/// `cargo xtask components`.
pub(crate) fn run() -> Result<()> {
    setup::add(setup::GUEST)?;
    build()
}

/// Builds all; what an earlier run left is removed first, so that no test meets a component of another age.
pub(crate) fn build() -> Result<()> {
    let mut packages = Vec::new();
    for source in SOURCES {
        packages.extend(workspace::packages_in(source)?);
    }
    ensure!(!packages.is_empty(), "no package under {}", SOURCES.join(" or "));
    let folder = workspace::fresh_folder("components")?;
    cargo(arguments(folder, &packages)).show()
}

fn arguments(folder: PathBuf, packages: &[PathBuf]) -> Vec<OsString> {
    let builder = ["run", "--quiet", "--package", "ringfence-component", "--example", "build", "--"];
    let paths = std::iter::once(folder).chain(packages.iter().cloned()).map(PathBuf::into_os_string);
    builder.iter().map(OsString::from).chain(paths).collect()
}
