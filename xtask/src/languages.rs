//! Languages: are the toolchains there that build strategies in other languages than Rust?
//!
//! In: `tests/languages/requirements.txt` and `package.json`. Out: a virtual environment and node modules in
//! `target/languages`. Must never: touch the machine's own packages, or install again what is there.

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::run::program;
use crate::workspace;

/// Where they are, whether they exist or not: `python/bin` and `node/node_modules/.bin` hold the programs.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("target").join("languages")
}

/// Installs what is missing or was installed from another list.
pub(crate) fn install() -> Result<()> {
    python().and_then(|()| node())
}

fn python() -> Result<()> {
    let list = workspace::needs("tests/languages/requirements.txt", "it names the packages that build Python")?;
    let place = folder().join("python");
    fresh(&list, &place, || {
        program(OsStr::new("python3"), [OsStr::new("-m"), OsStr::new("venv"), place.as_os_str()])
            .show()
            .context("Python strategies need python3 with its module venv (Debian: apt-get install python3-venv)")?;
        let python = place.join("bin").join(format!("python{}", std::env::consts::EXE_SUFFIX));
        let words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        let arguments = words.iter().map(OsStr::new).chain([list.as_os_str()]);
        program(python.as_os_str(), arguments).show().context("the packages come from PyPI")
    })
}

fn node() -> Result<()> {
    let list = workspace::needs("tests/languages/package.json", "it names the packages that build JavaScript")?;
    let place = folder().join("node");
    fresh(&list, &place, || {
        std::fs::copy(&list, place.join("package.json")).with_context(|| format!("copying {}", list.display()))?;
        let words = ["install", "--no-audit", "--no-fund", "--silent", "--prefix"].map(OsStr::new);
        let arguments = words.into_iter().chain([place.as_os_str()]);
        program(OsStr::new("npm"), arguments).show().context("JavaScript strategies need Node.js 20 with npm")
    })
}

/// Empties the place and fills it, unless it was filled from the same list.
fn fresh(list: &std::path::Path, place: &std::path::Path, fill: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = std::fs::read_to_string(list).with_context(|| format!("reading {}", list.display()))?;
    let mark = place.join("installed.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    workspace::emptied(place.to_owned())?;
    println!("installing what {} names into {}", list.display(), place.display());
    fill()?;
    std::fs::write(&mark, wanted).with_context(|| format!("writing {}", mark.display()))
}
