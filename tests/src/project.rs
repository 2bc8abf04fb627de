//! Projects: what does `ringfence new` make, in an empty folder outside of this repository?
//!
//! In: a language, a search path with its toolchain. Out: the project, and runs of the binary on it. Must never: install
//! anything, or let a toolchain compile its own runtime again for each test.

use std::ffi::OsString;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::run::{Finished, Run};
use crate::setup::machine_code;
use crate::workspace;

/// Where what toolchains compile is kept from test to test, below `target/tmp`.
const CACHES: [(&str, &str); 5] = [
    ("CARGO_TARGET_DIR", "authors"),
    ("ZIG_GLOBAL_CACHE_DIR", "zig"),
    ("ZIG_LOCAL_CACHE_DIR", "zig"),
    ("GOCACHE", "go"),
    ("GOPATH", "go-path"),
];

/// A run of the dev binary that finds toolchains: on this path, where one is given, and at home.
#[must_use]
pub fn run(arguments: &[&str], path: Option<&OsString>) -> Run {
    with_toolchains(Run::dev(arguments), path)
}

/// Any run that finds them.
#[must_use]
pub fn with_toolchains(run: Run, path: Option<&OsString>) -> Run {
    let kept = workspace::target().join("tmp");
    let run = run.env("RINGFENCE_CACHE", machine_code());
    let run = CACHES.iter().fold(run, |run, (name, folder)| run.env(name, kept.join(folder)));
    let known =
        ["HOME", "CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    let run = known.fold(run, |run, (name, value)| run.env(name, value));
    path.into_iter().fold(run, |run, path| run.env("PATH", path))
}

/// A project in a folder that lives as long as this value.
#[derive(Debug)]
pub struct Project {
    /// Its folder.
    pub dir: PathBuf,
    /// Its name, which is the folder's.
    pub name: &'static str,
    /// Word of its language.
    pub language: &'static str,
    /// Search path with its toolchain; `None` = that of this process.
    pub path: Option<OsString>,
    _folder: TempDir,
}

impl Project {
    /// A new one, named `my-strategy`.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    #[track_caller]
    pub fn new(language: &'static str, path: Option<OsString>) -> Project {
        Project::named("my-strategy", language, path)
    }

    /// A new one with another name.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    #[track_caller]
    pub fn named(name: &'static str, language: &'static str, path: Option<OsString>) -> Project {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let dir = folder.path().join(name);
        let made = run(&["new", "--json", "--lang", language], None).arg(&dir).finish();
        made.expect_code(0);
        assert_eq!(made.json()["language"], language);
        Project { dir, name, language, path, _folder: folder }
    }

    /// Runs a command of the binary on it.
    #[must_use]
    pub fn command(&self, command: &str, options: &[&str]) -> Finished {
        run(&[command, "--json"], self.path.as_ref()).arg(&self.dir).args(options).finish()
    }

    /// Where `ringfence build` puts its component.
    #[must_use]
    pub fn component(&self) -> PathBuf {
        self.dir.join(format!("target/{}.wasm", self.name))
    }

    /// Puts other words in the place of these, which a file of the template has.
    ///
    /// # Panics
    /// When it has not.
    #[track_caller]
    pub fn edit(&self, place: &str, from: &str, to: &str) {
        let path = self.dir.join(place);
        let text = std::fs::read_to_string(&path).expect("the template has it");
        assert!(text.contains(from), "{place} has no `{from}`");
        std::fs::write(path, text.replace(from, to)).expect("the project is writable");
    }
}
