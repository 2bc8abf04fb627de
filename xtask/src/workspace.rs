//! Places: where does the workspace keep things?
//!
//! In: the folder this program was compiled in. Out: absolute paths. Must never: depend on the current folder.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// The workspace folder, absolute.
pub(crate) fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("the xtask package lies in the workspace folder").to_path_buf()
}

/// Build output: `CARGO_TARGET_DIR` where it is set, otherwise `target` in the workspace.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The data folder, whether it exists or not: `RINGFENCE_DATA`, by default the one in a shared folder beside it.
pub(crate) fn data() -> PathBuf {
    match std::env::var_os("RINGFENCE_DATA") {
        Some(folder) => root().join(folder),
        None => root().join("../shared/data"),
    }
}

/// The host binary of a profile (`debug` or `release`), whether it exists or not.
pub(crate) fn binary(profile: &str) -> PathBuf {
    target().join(profile).join(format!("ringfence{}", std::env::consts::EXE_SUFFIX))
}

/// An empty folder `target/NAME` of the workspace; what a former run left there is removed.
pub(crate) fn fresh_folder(name: &str) -> Result<PathBuf> {
    emptied(root().join("target").join(name))
}

/// The same folder with nothing in it.
pub(crate) fn emptied(path: PathBuf) -> Result<PathBuf> {
    if path.exists() {
        std::fs::remove_dir_all(&path).with_context(|| format!("removing {}", path.display()))?;
    }
    std::fs::create_dir_all(&path).with_context(|| format!("creating {}", path.display()))?;
    Ok(path)
}

/// Folders in `parent` (relative to the workspace) that hold a package, by name.
pub(crate) fn packages_in(parent: &str) -> Result<Vec<PathBuf>> {
    let folder = root().join(parent);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("reading {}", folder.display()))?.path();
        if path.join("Cargo.toml").is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Fails when `path` (relative to the workspace) is missing, saying what it is for.
pub(crate) fn needs(path: &str, purpose: &str) -> Result<PathBuf> {
    let full = root().join(path);
    ensure!(full.exists(), "{path} is missing: {purpose}");
    Ok(full)
}
