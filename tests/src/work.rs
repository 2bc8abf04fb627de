//! Workloads through the binary: what does the whole product come to on this tape?
//!
//! In: a binary, a configuration of this repository, a tape, options. Out: the JSON the binary prints, and its journal.
//! Must never: know the right answer.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Finished, Run};
use crate::workspace;

/// One run to be.
#[derive(Clone, Debug)]
pub struct Work {
    binary: PathBuf,
    config: PathBuf,
    tape: PathBuf,
    options: Vec<OsString>,
}

/// A journalled run and the folder its journal lies in.
#[derive(Debug)]
pub struct Journalled {
    /// What the binary printed.
    pub json: Value,
    /// The journal.
    pub journal: PathBuf,
    _folder: TempDir,
}

impl Work {
    /// A run of `config` (a name in `config/`) on `tape`.
    #[must_use]
    pub fn new(binary: &Path, config: &str, tape: &Path) -> Work {
        let config = workspace::root().join("config").join(config);
        Work { binary: binary.to_owned(), config, tape: tape.to_owned(), options: Vec::new() }
    }

    /// With `--set key=value`.
    #[must_use]
    pub fn set(self, assignment: &str) -> Work {
        self.option("--set").option(assignment)
    }

    /// Only the first rows.
    #[must_use]
    pub fn rows(self, rows: u64) -> Work {
        self.option("--limit").option(rows.to_string())
    }

    /// With any other option.
    #[must_use]
    pub fn option(mut self, word: impl AsRef<std::ffi::OsStr>) -> Work {
        self.options.push(word.as_ref().to_owned());
        self
    }

    /// The finished process.
    #[must_use]
    pub fn finish(&self) -> Finished {
        let run =
            Run::of(&self.binary, ["backtest", "--json", "--config"]).arg(&self.config).arg("--data").arg(&self.tape);
        self.options.iter().fold(run, |run, option| run.arg(option)).finish()
    }

    /// Runs to the end and gives the JSON.
    ///
    /// # Panics
    /// When the exit code is not 0.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        let finished = self.finish();
        finished.expect_code(0);
        finished.json()
    }

    /// As [`Work::json`], with a journal.
    ///
    /// # Panics
    /// When the exit code is not 0, or there is no room for a folder.
    #[must_use]
    #[track_caller]
    pub fn journalled(&self) -> Journalled {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let journal = folder.path().join("run.journal");
        let json = self.clone().option("--journal").option(&journal).json();
        Journalled { json, journal, _folder: folder }
    }
}

impl Journalled {
    /// `ringfence replay JOURNAL --verify --data TAPE`.
    #[must_use]
    pub fn replay(&self, binary: &Path, tape: &Path) -> Finished {
        replay(binary, &self.journal, tape)
    }

    /// Files of the chain, in order.
    ///
    /// # Panics
    /// When the journal cannot be read, or has none.
    #[must_use]
    pub fn segments(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.journal).expect("the journal is a folder");
        let mut segments: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        segments.retain(|path| path.extension().is_some_and(|extension| extension == "seg"));
        segments.sort();
        assert!(!segments.is_empty(), "a journal has segments");
        segments
    }

    /// Bytes of all segments, in order.
    ///
    /// # Panics
    /// When the journal cannot be read.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.segments().iter().flat_map(|path| std::fs::read(path).expect("a segment reads")).collect()
    }
}

/// `ringfence replay JOURNAL --verify --data TAPE --json`.
#[must_use]
pub fn replay(binary: &Path, journal: &Path, tape: &Path) -> Finished {
    Run::of(binary, ["replay", "--verify", "--json", "--data"]).arg(tape).arg(journal).finish()
}

/// Fields of a result as one line, for comparison with an oracle.
///
/// # Panics
/// When a field is missing.
#[must_use]
#[track_caller]
pub fn line(json: &Value, fields: &[&str]) -> String {
    let text = |field: &&str| match json.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => panic!("no {field} in {json}"),
    };
    fields.iter().map(text).collect::<Vec<_>>().join(" ")
}
