//! Versions: which version of each signed strategy ran here before?
//!
//! In: a file that this program alone writes, what was loaded. Out: the lowest version that may run now. Must never: forget
//! a version because the file cannot be read, or leave half a file.
//!
//! The file has a title and a line `STRATEGY VERSION` for each, in order of the name.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ringfence_sandbox::{Manifest, Trust};

use crate::exit::{Failure, Fault};
use crate::{places, secrets};

const TITLE: &str = "ringfence-versions 1";
const FILE: &str = "versions";
/// Some ten thousand strategies.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Whether an older version than one that ran here may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Downgrade {
    /// It is refused.
    Refused,
    /// The user said so.
    Allowed,
}

impl Downgrade {
    /// What a flag says.
    pub(crate) fn of_flag(is_given: bool) -> Downgrade {
        if is_given { Downgrade::Allowed } else { Downgrade::Refused }
    }
}

/// Makes of what ran before what must be fulfilled now.
pub(crate) fn demand(trust: &mut [Trust], downgrade: Downgrade) -> Result<(), Failure> {
    let is_signed = trust.iter().any(|trust| !trust.keys.is_empty());
    let Some(path) = path().filter(|_| is_signed && downgrade == Downgrade::Refused) else { return Ok(()) };
    let known = read(&path).map_err(|error| failure(&path, &error))?;
    for trust in trust {
        trust.version_min = known.get(&trust.strategy).copied().unwrap_or(0);
    }
    Ok(())
}

/// Remembers what was loaded, where it is later than what is known.
pub(crate) fn remember<'a>(loaded: impl Iterator<Item = &'a Manifest>) -> Result<(), Failure> {
    let mut loaded = loaded.peekable();
    let Some(path) = path().filter(|_| loaded.peek().is_some()) else { return Ok(()) };
    let mut known = read(&path).map_err(|error| failure(&path, &error))?;
    let before = known.clone();
    for manifest in loaded {
        let version = known.entry(manifest.strategy.clone()).or_default();
        *version = manifest.version.max(*version);
    }
    if known == before {
        return Ok(());
    }
    write(&path, &known).map_err(|error| failure(&path, &error))
}

fn path() -> Option<PathBuf> {
    places::state(&secrets::process_environment).map(|folder| folder.join(FILE))
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    let fault = Fault::new(format!("the versions that ran here, {}: {error}", path.display()));
    Failure::Outside(fault.fixed_by("bring the file back, or remove it to begin anew: then every version may run once"))
}

fn read(path: &Path) -> io::Result<BTreeMap<String, u64>> {
    use std::io::Read;
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        other => other?,
    };
    let mut text = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    parse(&text).ok_or_else(|| io::Error::other("damaged"))
}

fn parse(text: &str) -> Option<BTreeMap<String, u64>> {
    let lines = text.strip_prefix(TITLE)?.strip_prefix('\n')?;
    // A whole file ends with a line end: one that was cut off is seen to be.
    if !lines.is_empty() && !lines.ends_with('\n') {
        return None;
    }
    let pair = |line: &str| {
        let (name, version) = line.split_once(' ')?;
        Some((name.to_owned(), version.parse().ok()?))
    };
    lines.lines().map(pair).collect()
}

fn text(versions: &BTreeMap<String, u64>) -> String {
    let mut text = format!("{TITLE}\n");
    for (name, version) in versions {
        writeln!(text, "{name} {version}").expect("a String takes every write");
    }
    text
}

/// Writes beside the place and renames: a reader sees the old file or the new one.
fn write(path: &Path, versions: &BTreeMap<String, u64>) -> io::Result<()> {
    let folder = path.parent().expect("the file lies in a folder");
    std::fs::create_dir_all(folder)?;
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut file = std::fs::File::create(&draft)?;
    let written = file.write_all(text(versions).as_bytes()).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| std::fs::rename(&draft, path));
    if placed.is_err() {
        // What keeps the draft from being removed is the same fault; the first one is told.
        std::fs::remove_file(&draft).ok();
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let versions = BTreeMap::from([("a".to_owned(), 3), ("b".to_owned(), u64::MAX)]);
        assert_eq!(text(&versions), "ringfence-versions 1\na 3\nb 18446744073709551615\n");
        assert_eq!(parse(&text(&versions)), Some(versions.clone()));
        assert_eq!(parse("ringfence-versions 1\n"), Some(BTreeMap::new()));
        for damaged in [
            "",
            "ringfence-versions 2\n",
            "ringfence-versions 1\na 3",
            "ringfence-versions 1\na\n",
            "ringfence-versions 1\na x\n",
        ] {
            assert_eq!(parse(damaged), None, "{damaged:?}");
        }
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/versions");
        assert_eq!(read(&path).expect("nothing is known"), BTreeMap::new());
        for version in [1, 2] {
            let versions = BTreeMap::from([("a".to_owned(), version)]);
            write(&path, &versions).expect("written");
            assert_eq!(read(&path).expect("read"), versions);
        }
        assert_eq!(std::fs::read_dir(folder.path().join("state")).expect("a folder").count(), 1, "no draft is left");
    }
}
