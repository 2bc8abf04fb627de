//! Fixtures: which scripts does a project have, and what does each expect?
//!
//! In: a project's folder. Out: pairs of `fixtures/NAME.script` and `fixtures/NAME.intents`. Must never: write one that it
//! was not asked to.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::exit::{Failure, Fault};

/// A script and what is expected of it.
#[derive(Debug)]
pub(crate) struct Fixture {
    /// Name without ending.
    pub(crate) name: String,
    /// Where the script stands.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) script: String,
    /// The expected intents; `None` = there is no such file yet.
    pub(crate) expected: Option<String>,
    /// Where they stand.
    pub(crate) golden: PathBuf,
}

/// All fixtures of a project, by name.
///
/// # Errors
/// A folder without scripts, or a file that cannot be read.
pub(crate) fn fixtures(dir: &Path) -> Result<Vec<Fixture>, Failure> {
    let folder = dir.join("fixtures");
    let unreadable = |path: &Path, error: &std::io::Error| Failure::outside(format!("{}: {error}", path.display()));
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(none(&folder)),
        entries => entries.map_err(|error| unreadable(&folder, &error))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
        paths.extend(path.extension().is_some_and(|ending| ending == "script").then_some(path.clone()));
    }
    paths.sort();
    let found: Result<Vec<Fixture>, Failure> = paths.iter().map(|path| fixture(path)).collect();
    found.and_then(|found| if found.is_empty() { Err(none(&folder)) } else { Ok(found) })
}

fn fixture(path: &Path) -> Result<Fixture, Failure> {
    let unreadable = |path: &Path, error: &std::io::Error| Failure::outside(format!("{}: {error}", path.display()));
    let script =
        crate::regular::open(path).and_then(std::io::read_to_string).map_err(|error| unreadable(path, &error))?;
    let golden = path.with_extension("intents");
    let expected = match std::fs::read_to_string(&golden) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        read => Some(read.map_err(|error| unreadable(&golden, &error))?),
    };
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Fixture { name, path: path.to_owned(), script, expected, golden })
}

fn none(folder: &Path) -> Failure {
    let fault = Fault::new(format!("no script in {}", folder.display()));
    Failure::Usage(fault.fixed_by("write one, for example fixtures/first.script; `ringfence new` makes an example"))
}
