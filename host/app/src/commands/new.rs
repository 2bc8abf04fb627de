//! `ringfence new`: a strategy's project to begin with.
//!
//! In: a name and a language. Out: a folder that builds, tests and runs, with the SDK in it. Must never: write over
//! anything, or need a network.

use std::path::{Path, PathBuf};

use ringfence_component::{Language, Project, ProjectError};
use serde_json::json;

use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output};

/// Make a new strategy's project: source, SDK, a fixture, and a configuration for backtests.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence new my-strategy --lang rust
  ringfence build my-strategy
  ringfence test my-strategy")]
pub struct Args {
    /// Name of the strategy and of its folder; a path makes the folder there.
    name: PathBuf,
    /// What it is written in.
    #[arg(long, default_value = "rust", value_name = "LANGUAGE", value_parser = language)]
    lang: Language,
}

fn language(word: &str) -> Result<Language, String> {
    let known = || Language::ALL.iter().map(|language| language.code()).collect::<Vec<_>>().join(", ");
    Language::from_code(word).ok_or_else(|| format!("known: {}", known()))
}

/// Runs the command.
///
/// # Errors
/// A name that cannot be used, a folder that is there already (2), a disk that does not take it (4).
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let name = args.name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let project = Project::create(&args.name, &name, args.lang).map_err(|error| failure(&error))?;
    let dir = project.dir.display().to_string();
    match out.form() {
        Form::Json => out.json(&json!({ "ok": true, "path": dir, "language": project.language.code() })),
        Form::Text => out.line(next(&dir)),
    }
    Ok(Exit::Fine)
}

fn next(dir: &str) -> String {
    format!(
        "{dir} is ready; next:\n  ringfence build {dir}\n  ringfence test {dir}\n\
         then a backtest: the commands stand at the top of {dir}/host.toml"
    )
}

/// Faults of projects, as commands tell them.
pub(crate) fn failure(error: &ProjectError) -> Failure {
    match error {
        ProjectError::Name(_) | ProjectError::Taken(_) | ProjectError::Exists(_) | ProjectError::File { .. } => {
            Failure::usage(error.to_string())
        }
        ProjectError::Disk { .. } => Failure::Outside(Fault::new(error.to_string())),
    }
}

/// The project in a folder; `None` = there is no project file.
pub(crate) fn project(dir: &Path) -> Result<Option<Project>, Failure> {
    Project::find(dir).map_err(|error| failure(&error))
}
