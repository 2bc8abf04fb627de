//! Question: how is a project's source run natively on what a recorded session brought its component?
//!
//! In: a project, the path of a transcript. Out: a command that runs the source on it, under the debugger of its language
//! or alone. Must never: change the project's source, or install a tool.

mod javascript;
mod python;
mod rust;
mod schema;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::build::{BuildError, file_error};
use crate::language::Language;
use crate::project::Project;

/// How a source is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Stopped at its method for the last call, in a debugger.
    Debugger,
    /// To the end of the last call.
    Check,
}

/// What is run.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// The source.
    pub project: &'a Project,
    /// How.
    pub manner: Manner,
    /// Name of the method that the last call goes to, in the way of Rust: `on_trade`.
    pub method: &'a str,
}

/// True where the transcripts of a language have numbers as texts, because a reader there has no whole numbers of 64 bits.
#[must_use]
pub const fn has_numbers_as_texts(language: Language) -> bool {
    matches!(language, Language::JavaScript | Language::TypeScript)
}

/// Writes the transcript into the project's `target` folder, makes what is needed and says what to run. The command ends
/// with 0 where the source does all that is recorded, with 1 at the first difference.
///
/// # Errors
/// A language whose source cannot be run natively; [`BuildError`] of the tools.
pub fn command(session: &Session<'_>, transcript: Value) -> Result<Command, BuildError> {
    // Tools run in the project's folder, to which `dir` need not lead from there.
    let dir = std::path::absolute(&session.project.dir).map_err(|source| file_error(&session.project.dir, source))?;
    let project = &Project { dir, ..session.project.clone() };
    let session = &Session { project, ..*session };
    let folder = project.dir.join("target").join("debug-session");
    std::fs::create_dir_all(&folder).map_err(|source| file_error(&folder, source))?;
    let transcript =
        if has_numbers_as_texts(project.language) { javascript::with_types(project, transcript) } else { transcript };
    let path = folder.join("transcript.json");
    std::fs::write(&path, transcript.to_string()).map_err(|source| file_error(&path, source))?;
    let mut command = match project.language {
        Language::Rust => rust::command(session, &folder, &path)?,
        Language::Python => python::command(session, &path)?,
        Language::JavaScript | Language::TypeScript => javascript::command(session, &folder, &path)?,
        Language::C | Language::Cpp | Language::Zig | Language::AssemblyScript | Language::Go => {
            return Err(not_native(project.language));
        }
    };
    command.current_dir(&project.dir);
    Ok(command)
}

/// Refuses a language whose source cannot be run natively, before anything is done for it.
///
/// # Errors
/// [`BuildError::NotNative`].
pub fn is_native(language: Language) -> Result<(), BuildError> {
    match language {
        Language::Rust | Language::Python | Language::JavaScript | Language::TypeScript => Ok(()),
        Language::C | Language::Cpp | Language::Zig | Language::AssemblyScript | Language::Go => {
            Err(not_native(language))
        }
    }
}

fn not_native(language: Language) -> BuildError {
    BuildError::NotNative { language: language.code() }
}

fn with_manner(command: &mut Command, manner: Manner) {
    if manner == Manner::Check {
        command.arg("--check");
    }
}

fn sdk(project: &Project, place: &str) -> Result<PathBuf, BuildError> {
    let path = project.dir.join(crate::project::SDK_FOLDER).join(place);
    if path.exists() { Ok(path) } else { Err(BuildError::NoSdk { path }) }
}

fn write(path: &Path, text: &str) -> Result<(), BuildError> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(|source| file_error(folder, source))?;
    std::fs::write(path, text).map_err(|source| file_error(path, source))
}
