//! Question: what is in a project's folder, and what does a new one begin with?
//!
//! In: a folder and, for a new one, a name and a language. Out: the project. Must never: write over a file that is there,
//! or take a name that is not the same word in every language.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::embedded::{SDK, TEMPLATES};
use crate::language::Language;

/// The file that makes a folder a project.
pub const PROJECT_FILE: &str = "ringfence.toml";

/// Where a project keeps SDK and interface.
pub const SDK_FOLDER: &str = ".ringfence";

/// What the SDK's packages are called; a project may not be.
const OWN_NAMES: &str = "ringfence-sdk";

/// Longest name of a project.
const NAME_BYTES_MAX: usize = 64;

/// A project: its folder and what its file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its folder.
    pub dir: PathBuf,
    /// Its name: lower-case words joined by `-`.
    pub name: String,
    /// What it is written in.
    pub language: Language,
    /// JavaScript and TypeScript: which engine is built in.
    pub engine: Engine,
}

/// Which JavaScript engine a component holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// 64-bit numbers are exact (`bigint`).
    #[default]
    StarlingMonkey,
    /// A sixth of the size; 64-bit numbers are floats, and what they do not hold exactly is refused.
    QuickJs,
}

/// Why there is no project.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The name cannot be used.
    #[error("`{0}` is no name for a strategy: 1 to 64 lower-case letters, digits and `-`, beginning with a letter")]
    Name(String),
    /// The SDK is called so.
    #[error("`{0}` is a name of the SDK's own packages: choose another one")]
    Taken(String),
    /// Something is there already.
    #[error("{0} exists; nothing is written over: choose another name or remove it")]
    Exists(PathBuf),
    /// The project's file is not understood.
    #[error("{path}: {message}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and what is allowed.
        message: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Disk {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl Project {
    /// The project in `dir`; `None` where there is no project file.
    ///
    /// # Errors
    /// [`ProjectError::File`] and [`ProjectError::Disk`].
    pub fn find(dir: &Path) -> Result<Option<Project>, ProjectError> {
        let path = dir.join(PROJECT_FILE);
        // Asked before opening: opening a pipe would wait for its other end.
        let read = fs::metadata(&path).and_then(|kind| match kind.is_file() {
            true => fs::read_to_string(&path),
            false => Err(std::io::Error::other("not a regular file")),
        });
        let text = match read {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| ProjectError::Disk { path: path.clone(), source })?,
        };
        let project = parse(dir, &text).map_err(|message| ProjectError::File { path, message })?;
        Ok(Some(project))
    }

    /// Makes a project named `name` in a new folder `dir`.
    ///
    /// # Errors
    /// [`ProjectError::Name`], [`ProjectError::Taken`], [`ProjectError::Exists`] and [`ProjectError::Disk`].
    pub fn create(dir: &Path, name: &str, language: Language) -> Result<Project, ProjectError> {
        check_name(name)?;
        let disk = |path: &Path, source| ProjectError::Disk { path: path.to_owned(), source };
        if dir.symlink_metadata().is_ok() {
            return Err(ProjectError::Exists(dir.to_owned()));
        }
        let project = Project { dir: dir.to_owned(), name: name.to_owned(), language, engine: Engine::default() };
        for (place, text) in project.files() {
            let path = dir.join(&place);
            let folder = path.parent().unwrap_or(dir);
            fs::create_dir_all(folder).map_err(|source| disk(folder, source))?;
            fs::write(&path, text).map_err(|source| disk(&path, source))?;
        }
        Ok(project)
    }

    /// Everything that a new project holds: place and text.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        let own = format!("{}/", self.language.code());
        let mut files = Vec::new();
        for (place, text) in TEMPLATES {
            let inner = place.strip_prefix("common/").or_else(|| place.strip_prefix(&own));
            if let Some(inner) = inner {
                files.push((inner.replace("gitignore", ".gitignore"), self.filled(text)));
            }
        }
        for (place, text) in SDK.iter().filter(|(place, _)| self.needs(place)) {
            files.push((format!("{SDK_FOLDER}/{place}"), (*text).to_owned()));
        }
        if self.language == Language::Rust {
            files.push((format!("{SDK_FOLDER}/guest-sdk/rust/Cargo.toml"), RUST_SDK_MANIFEST.to_owned()));
            files.push((format!("{SDK_FOLDER}/guest-sdk/rust-derive/Cargo.toml"), RUST_DERIVE_MANIFEST.to_owned()));
            files.push((format!("{SDK_FOLDER}/guest-sdk/rust-debug/Cargo.toml"), RUST_DEBUG_MANIFEST.to_owned()));
        }
        files
    }

    fn needs(&self, place: &str) -> bool {
        let own: &[&str] = match self.language {
            Language::Rust => &["guest-sdk/rust"],
            Language::Python => &["python/"],
            Language::JavaScript | Language::TypeScript => &["javascript/"],
            Language::C => &["c/"],
            Language::Cpp => &["c/", "cpp/"],
            Language::Zig => &["zig/"],
            Language::AssemblyScript => &["assemblyscript/"],
            Language::Go => &["go/"],
        };
        place.starts_with("wit/") || own.iter().any(|folder| place.starts_with(folder))
    }

    fn filled(&self, text: &str) -> String {
        let language = self.language;
        let words = [
            ("{{name}}", self.name.as_str()),
            ("{{language}}", language.code()),
            ("{{profile}}", language.profile()),
            ("{{engine}}", if language.has_engine() { ENGINE } else { "" }),
        ];
        words.iter().fold(text.to_owned(), |text, (mark, word)| text.replace(mark, word))
    }

    /// Where its component goes unless something else is said.
    #[must_use]
    pub fn component(&self) -> PathBuf {
        self.dir.join("target").join(format!("{}.wasm", self.name))
    }
}

/// What the file of a project says of its engine.
const ENGINE: &str = "\n# The JavaScript engine in the component: `starlingmonkey` (12 MB, whole numbers exact to 64 bits) or `quickjs` \
                      (2 MB, to 53).\nengine = \"starlingmonkey\"";

/// The SDK on its own, outside of this workspace.
const RUST_SDK_MANIFEST: &str = concat!(
    "[package]\nname = \"ringfence-sdk\"\nversion = \"",
    env!("CARGO_PKG_VERSION"),
    "\"\nedition = \"2024\"\nlicense = \"MIT OR Apache-2.0\"\npublish = false\n\n\
     [dependencies]\nlibm = \"0.2\"\nringfence-sdk-derive = { path = \"../rust-derive\" }\n\n\
     [target.'cfg(target_arch = \"wasm32\")'.dependencies]\n\
     wit-bindgen = { version = \"=0.63.0\", default-features = false, features = [\"macros\", \"realloc\"] }\n\n\
     [dev-dependencies]\nexpect-test = \"1.5\"\nproptest = { version = \"1.12\", default-features = false, features = [\"std\"] }\n"
);

/// What it needs to derive.
const RUST_DERIVE_MANIFEST: &str = concat!(
    "[package]\nname = \"ringfence-sdk-derive\"\nversion = \"",
    env!("CARGO_PKG_VERSION"),
    "\"\nedition = \"2024\"\nlicense = \"MIT OR Apache-2.0\"\npublish = false\n\n[lib]\nproc-macro = true\n\n\
     [dependencies]\nproc-macro2 = { version = \"1\", default-features = false }\n\
     quote = { version = \"1\", default-features = false }\n\
     syn = { version = \"3\", default-features = false, \
     features = [\"clone-impls\", \"derive\", \"parsing\", \"printing\", \"proc-macro\"] }\n\n\
     [dev-dependencies]\nexpect-test = \"1.5\"\n"
);

/// What runs a strategy natively on a transcript; nothing but `ringfence debug` builds it.
const RUST_DEBUG_MANIFEST: &str = concat!(
    "[package]\nname = \"ringfence-sdk-debug\"\nversion = \"",
    env!("CARGO_PKG_VERSION"),
    "\"\nedition = \"2024\"\nlicense = \"MIT OR Apache-2.0\"\npublish = false\n\n\
     [dependencies]\nringfence-sdk = { path = \"../rust\" }\n\
     serde = { version = \"1\", features = [\"derive\"] }\nserde_json = \"1\"\n\
     wit-bindgen = { version = \"=0.63.0\", default-features = false, features = [\"macros\", \"realloc\"] }\n"
);

fn check_name(name: &str) -> Result<(), ProjectError> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase());
    let is_good = begins_well && name.len() <= NAME_BYTES_MAX && name.chars().all(is_word) && !name.ends_with('-');
    if name.strip_prefix(OWN_NAMES).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
        return Err(ProjectError::Taken(name.to_owned()));
    }
    if is_good { Ok(()) } else { Err(ProjectError::Name(name.to_owned())) }
}

fn parse(dir: &Path, text: &str) -> Result<Project, String> {
    let values: Value = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    let known = ["name", "language", "engine"];
    let at = |key: &str, message: String| match line_of(text, key) {
        Some(line) => format!("line {line}: {message}"),
        None => message,
    };
    if let Some(other) = values.as_object().and_then(|keys| keys.keys().find(|key| !known.contains(&key.as_str()))) {
        return Err(at(other, format!("unknown key {other}; known: {}", known.join(", "))));
    }
    let words = || Language::ALL.iter().map(|language| language.code()).collect::<Vec<_>>().join(", ");
    let word = |key: &str, wanted: &str| match values.get(key) {
        None => Ok(None),
        Some(Value::String(word)) => Ok(Some(word.as_str())),
        Some(other) => Err(at(key, format!("{key} = {other}, expected {wanted}"))),
    };
    let language = word("language", &format!("one of {}", words()))?.ok_or("language is missing")?;
    let language = Language::from_code(language)
        .ok_or_else(|| at("language", format!("language = {language:?}, expected one of {}", words())))?;
    if values.get("engine").is_some() && !language.has_engine() {
        let message = format!("engine is for javascript and typescript, and language is {}", language.code());
        return Err(at("engine", message));
    }
    let engine = match word("engine", "starlingmonkey or quickjs")? {
        None | Some("starlingmonkey") => Engine::StarlingMonkey,
        Some("quickjs") => Engine::QuickJs,
        Some(other) => return Err(at("engine", format!("engine = {other:?}, expected starlingmonkey or quickjs"))),
    };
    let name = word("name", "the project's name")?.ok_or("name is missing")?.to_owned();
    check_name(&name).map_err(|error| at("name", error.to_string()))?;
    Ok(Project { dir: dir.to_owned(), name, language, engine })
}

/// The line, from 1, on which a key stands.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let is_key =
        |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    text.lines().position(is_key).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, want: &str) {
        let message = parse(Path::new("."), text).expect_err("refused");
        assert!(message.contains(want), "{message}");
    }

    #[test]
    fn a_project_file_says_name_and_language() {
        let project =
            parse(Path::new("p"), "name = \"a-b\"\nlanguage = \"typescript\"\nengine = \"quickjs\"").expect("good");
        let want = ("a-b", Language::TypeScript, Engine::QuickJs);
        assert_eq!((project.name.as_str(), project.language, project.engine), want);
        assert_eq!(project.component(), Path::new("p/target/a-b.wasm"));
    }

    #[test]
    fn what_is_wrong_in_it_is_named_with_what_is_allowed() {
        refused("language = \"rust\"", "name is missing");
        refused("name = \"a\"", "language is missing");
        refused("name = \"a\"\nlanguage = \"cobol\"", "expected one of rust, python");
        refused("name = \"a\"\nlanguage = \"rust\"\nspeed = 1", "unknown key speed; known: name, language, engine");
        refused("name = \"a\"\nlanguage = \"javascript\"\nengine = \"v8\"", "expected starlingmonkey or quickjs");
        refused("name = \"a\"\nlanguage = \"rust\"\nengine = \"quickjs\"", "engine is for javascript and typescript");
        refused("name = \"a\"\nname", "line 2");
        refused("name = \"a\"\n\nlanguage = 3", "line 3: language = 3, expected one of rust, python");
        refused("language = \"rust\"\nname = \"A\"", "line 2: `A` is no name");
        refused("name = \"ringfence-sdk\"\nlanguage = \"rust\"", "line 1: `ringfence-sdk` is a name of the SDK's own");
    }

    #[test]
    fn names_are_the_same_word_in_every_language() {
        for good in ["a", "ema-cross", "x2", &"a".repeat(NAME_BYTES_MAX)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "2x", "-a", "a-", "a_b", "a b", "../a", "ä", &"a".repeat(NAME_BYTES_MAX + 1)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_new_project_has_every_mark_filled_and_writes_over_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        for language in Language::ALL {
            let dir = folder.path().join(language.code());
            let project = Project::create(&dir, "my-cross", *language).expect("created");
            assert_eq!(Project::find(&dir).expect("read"), Some(project.clone()));
            for (place, text) in project.files() {
                assert!(
                    !place.starts_with(SDK_FOLDER) && !text.contains("{{") || place.starts_with(SDK_FOLDER),
                    "{place}"
                );
            }
            assert!(dir.join(".ringfence/wit/strategy.wit").is_file());
            assert!(project.files().iter().all(|(place, _)| !place.contains("__pycache__")), "what Python compiles");
            assert!(matches!(Project::create(&dir, "my-cross", *language), Err(ProjectError::Exists(_))));
        }
    }
}
