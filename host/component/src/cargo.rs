//! Question: what do cargo and rustc say about a package and about themselves?
//!
//! In: a package folder. Out: names, folders and flags, parsed. Must never decide what is built.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The target that strategies are built for: no operating system, so no import beside the strategy interface.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The programs of the toolchain, and where it keeps downloaded sources.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The cargo to run.
    pub cargo: OsString,
    /// The rustc to ask about the toolchain.
    pub rustc: OsString,
    /// Cargo's home folder.
    pub cargo_home: PathBuf,
}

impl Tools {
    /// As the environment says: `CARGO`, `RUSTC`, `CARGO_HOME`, each with cargo's own default.
    #[must_use]
    pub fn from_env() -> Self {
        let tool = |variable: &str, default: &str| std::env::var_os(variable).unwrap_or_else(|| default.into());
        let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let default_home = || std::env::home_dir().unwrap_or_default().join(".cargo");
        Self {
            cargo: tool("CARGO", "cargo"),
            rustc: tool("RUSTC", "rustc"),
            cargo_home: cargo_home.unwrap_or_else(default_home),
        }
    }
}

/// Why a tool gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The program could not be started.
    #[error("cannot run `{program}`: {source}")]
    NotStarted {
        /// What was to be run.
        program: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The program failed.
    #[error("`{program}` failed:\n{stderr}")]
    Failed {
        /// What was run.
        program: String,
        /// What it wrote to its error stream.
        stderr: String,
    },
    /// The answer is not of the form that was expected.
    #[error("`{program}` gave an answer without {missing}")]
    Unreadable {
        /// What was run.
        program: String,
        /// What was looked for.
        missing: &'static str,
    },
}

/// What the build needs to know of the package.
#[derive(Debug)]
pub(crate) struct Package {
    /// The folder with its manifest.
    pub(crate) manifest: PathBuf,
    /// Root of its workspace.
    pub(crate) workspace_root: PathBuf,
    /// The workspace's target folder.
    pub(crate) target_dir: PathBuf,
    /// True when its library is a `cdylib`.
    pub(crate) is_cdylib: bool,
    /// Folders of packages that lie outside the workspace and were not downloaded, with a name for each.
    pub(crate) outside: Vec<(PathBuf, String)>,
}

/// What the build needs to know of the toolchain.
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// Where it is installed.
    pub(crate) sysroot: PathBuf,
    /// The commit it was built from, which its own paths carry.
    pub(crate) commit: String,
    /// Where the target's libraries are, or would be.
    pub(crate) target_libraries: PathBuf,
}

/// Runs a tool in `dir`; a failure to run and a failing answer are errors.
pub(crate) fn run(command: &mut Command, dir: &Path) -> Result<Output, ToolError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.current_dir(dir).output();
    let output = output.map_err(|source| ToolError::NotStarted { program: program.clone(), source })?;
    if output.status.success() {
        return Ok(output);
    }
    Err(ToolError::Failed { program, stderr: String::from_utf8_lossy(&output.stderr).into_owned() })
}

/// Is there a `Cargo.lock` for the package in `dir`? Does not write one.
pub(crate) fn is_locked(tools: &Tools, dir: &Path) -> Result<bool, ToolError> {
    let arguments = ["locate-project", "--workspace", "--message-format", "plain"];
    let output = run(Command::new(&tools.cargo).args(arguments), dir)?;
    let manifest = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(Path::new(&manifest).with_file_name("Cargo.lock").is_file())
}

impl Package {
    /// Asks cargo about the package in `dir`, an absolute folder. `None`: there is only a workspace there.
    pub(crate) fn find(tools: &Tools, dir: &Path) -> Result<Option<Self>, ToolError> {
        let arguments = ["metadata", "--format-version", "1", "--filter-platform", TARGET];
        let output = run(Command::new(&tools.cargo).args(arguments), dir)?;
        let unreadable = |missing| ToolError::Unreadable { program: "cargo metadata".to_owned(), missing };
        let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|_| unreadable("JSON"))?;
        let folder = |key: &str| metadata.get(key).and_then(Value::as_str).map(PathBuf::from);
        let workspace_root = folder("workspace_root").ok_or_else(|| unreadable("workspace_root"))?;
        let target_dir = folder("target_directory").ok_or_else(|| unreadable("target_directory"))?;
        let packages = metadata.get("packages").and_then(Value::as_array).ok_or_else(|| unreadable("packages"))?;
        let manifest = dir.join("Cargo.toml");
        let Some(own) = packages.iter().find(|package| text(package, "manifest_path") == manifest.to_str()) else {
            return Ok(None);
        };
        let outside = packages.iter().filter_map(|package| outside_folder(package, &workspace_root)).collect();
        Ok(Some(Self { manifest, is_cdylib: is_cdylib(own), outside, workspace_root, target_dir }))
    }
}

impl Toolchain {
    /// Asks rustc about itself, as it is chosen for `dir`.
    pub(crate) fn find(tools: &Tools, dir: &Path) -> Result<Self, ToolError> {
        let ask = |arguments: &[&str]| {
            let output = run(Command::new(&tools.rustc).args(arguments), dir)?;
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let version = ask(&["-vV"])?;
        let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "));
        Ok(Self {
            sysroot: ask(&["--print", "sysroot"])?.trim().into(),
            commit: commit.unwrap_or("unknown").to_owned(),
            target_libraries: ask(&["--print", "target-libdir", "--target", TARGET])?.trim().into(),
        })
    }
}

/// Finds the file that cargo reports for the `cdylib` of `manifest` in its stream of messages.
pub(crate) fn artifact(messages: &[u8], manifest: &Path) -> Option<PathBuf> {
    messages.split(|byte| *byte == b'\n').find_map(|line| {
        let message: Value = serde_json::from_slice(line).ok()?;
        let is_ours = text(&message, "reason") == Some("compiler-artifact")
            && text(&message, "manifest_path") == manifest.to_str();
        let files = message.get("filenames").and_then(Value::as_array).filter(|_| is_ours)?;
        files
            .iter()
            .filter_map(Value::as_str)
            .map(PathBuf::from)
            .find(|file| file.extension() == Some(OsStr::new("wasm")))
    })
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

fn is_cdylib(package: &Value) -> bool {
    let targets = package.get("targets").and_then(Value::as_array);
    let kinds = targets.into_iter().flatten().filter_map(|target| target.get("crate_types")?.as_array());
    kinds.flatten().any(|kind| kind.as_str() == Some("cdylib"))
}

fn outside_folder(package: &Value, workspace_root: &Path) -> Option<(PathBuf, String)> {
    let is_local = package.get("source").is_some_and(Value::is_null);
    let folder = Path::new(text(package, "manifest_path")?).parent()?;
    let name = text(package, "name")?;
    (is_local && !folder.starts_with(workspace_root)).then(|| (folder.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_artifact_is_the_wasm_file_of_the_package_itself() {
        let messages = br#"{"reason":"compiler-artifact","manifest_path":"/a/Cargo.toml","filenames":["/t/a.rlib"]}
not json
{"reason":"compiler-artifact","manifest_path":"/b/Cargo.toml","filenames":["/t/b.wasm"]}
{"reason":"compiler-artifact","manifest_path":"/a/Cargo.toml","filenames":["/t/a.rlib","/t/a.wasm"]}
"#;
        assert_eq!(artifact(messages, Path::new("/a/Cargo.toml")), Some("/t/a.wasm".into()));
        assert_eq!(artifact(messages, Path::new("/c/Cargo.toml")), None);
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let error = run(&mut Command::new("no-such-program"), Path::new(".")).expect_err("there is no such program");
        assert!(error.to_string().starts_with("cannot run `no-such-program`: "), "{error}");
    }

    #[test]
    fn a_lock_file_is_looked_for_where_the_workspace_begins() {
        let place = tempfile::tempdir().expect("a folder");
        let member = place.path().join("member");
        std::fs::create_dir_all(member.join("src")).expect("a folder");
        std::fs::write(place.path().join("Cargo.toml"), "[workspace]\nmembers = [\"member\"]\n").expect("written");
        std::fs::write(member.join("Cargo.toml"), "[package]\nname = \"tiny\"\n").expect("written");
        std::fs::write(member.join("src/lib.rs"), "").expect("written");
        let locked = || is_locked(&Tools::from_env(), &member).expect("cargo answers");
        assert!(!locked() && !locked(), "asking writes none");
        std::fs::write(place.path().join("Cargo.lock"), "").expect("written");
        assert!(locked());
    }
}
