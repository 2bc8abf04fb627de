//! cargo-component: does the Rust template build with it, and is what comes out admitted?
//!
//! In: a new project of the host binary. Out: one check. Must never: install over the machine's own programs, or leave the
//! version to chance.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::run::{cargo, program};
use crate::stage::Tally;
use crate::{setup, suite, workspace};

/// The release that is tested.
const VERSION: &str = "0.21.1";

/// Installs it where builds go, makes a project, builds it, and has the host judge the component.
pub(super) fn check() -> Result<Tally> {
    setup::add(&[setup::GUEST, &["wasm32-wasip1"]].concat())?;
    suite::build()?;
    let tools = install()?;
    let folder = workspace::fresh_folder("cargo-component")?;
    let project = folder.join("my-strategy");
    let host = workspace::binary("debug");
    program(host.as_os_str(), ["new".as_ref(), "--lang".as_ref(), "rust".as_ref(), project.as_os_str()]).show()?;
    build(&tools, &project)?;
    let component = built(&project)?;
    program(host.as_os_str(), [OsStr::new("check"), component.as_os_str()]).show()?;
    Ok(Tally::one())
}

/// The folder of its program.
fn install() -> Result<PathBuf> {
    let root = workspace::target().join("tools");
    let words = ["install", "cargo-component", "--locked", "--version", VERSION, "--root"].map(OsString::from);
    cargo(words.into_iter().chain([root.clone().into_os_string()])).show().context("installing cargo-component")?;
    Ok(root.join("bin"))
}

fn build(tools: &Path, project: &Path) -> Result<()> {
    let manifest = project.join("Cargo.toml");
    let words =
        ["component", "build", "--release", "--target", "wasm32-unknown-unknown", "--manifest-path"].map(OsStr::new);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(tools.to_owned()).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(all).context("a search path")?;
    let target = project.join("target");
    cargo(words.into_iter().chain([manifest.as_os_str()])).env("PATH", path).env("CARGO_TARGET_DIR", target).show()
}

/// The one component that it made.
fn built(project: &Path) -> Result<PathBuf> {
    let folder = project.join("target/wasm32-unknown-unknown/release");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|path| path.extension() == Some(OsStr::new("wasm")));
    ensure!(found.len() == 1, "one component was expected in {}, found {found:?}", folder.display());
    Ok(found.remove(0))
}
