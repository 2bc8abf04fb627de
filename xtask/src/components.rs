//! Components: which strategies become Wasm components, and where do they lie?
//!
//! In: the packages under `strategies` and `tests/components`, and those under `tests/wasi`. Out:
//! `target/components/CRATE.wasm` for each. Must never: encode a component itself; `ringfence-component` does, here through
//! its example program, because that needs neither the engine nor the host to compile, and `ringfence build` calls the same
//! function. Those of `tests/wasi` are what plain cargo makes for wasm32-wasip2.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::run::cargo;
use crate::{setup, workspace};

/// Folders whose packages are components: the examples, and the hostile ones that tests run. Text files
/// (`tests/components/*.wat`) need no build and are read by the tests themselves.
const SOURCES: [&str; 2] = ["strategies", "tests/components"];

/// Folder of the packages that are built with a standard library which asks WASI.
const WITH_WASI: &str = "tests/wasi";

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
    cargo(arguments(folder.clone(), &packages)).show()?;
    workspace::packages_in(WITH_WASI)?.iter().try_for_each(|package| plain(package, &folder))
}

/// `cargo build --target wasm32-wasip2`, beside the other guests.
fn plain(package: &Path, folder: &Path) -> Result<()> {
    let target = workspace::target().join("guest");
    let words = ["build", "--quiet", "--release", "--target", setup::WASI, "--manifest-path"].map(OsString::from);
    let places = [package.join("Cargo.toml").into_os_string(), "--target-dir".into(), target.clone().into_os_string()];
    // Without names and debug information, as the other guests.
    let profile = [("CARGO_PROFILE_RELEASE_STRIP", OsString::from("symbols"))];
    cargo(words.into_iter().chain(places)).envs(&profile).show()?;
    let file = format!("test_wasi_{}.wasm", package.file_name().unwrap_or_default().display());
    let built = target.join(setup::WASI).join("release").join(&file);
    std::fs::copy(&built, folder.join(&file)).with_context(|| format!("copying {}", built.display()))?;
    Ok(())
}

fn arguments(folder: PathBuf, packages: &[PathBuf]) -> Vec<OsString> {
    let builder = ["run", "--quiet", "--package", "ringfence-component", "--example", "build", "--"];
    let paths = std::iter::once(folder).chain(packages.iter().cloned()).map(PathBuf::into_os_string);
    builder.iter().map(OsString::from).chain(paths).collect()
}
