//! Question: where is a program of a toolchain, and what did it say?
//!
//! In: its name and the project's folder. Out: the program, of the project's own environment before that of the machine;
//! its output. Must never: install anything.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::BuildError;
use crate::cargo::ToolError;

/// A program that a language needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tool {
    /// Its name.
    pub(crate) name: &'static str,
    /// What to do where it is missing.
    pub(crate) install: &'static str,
}

/// Folders of programs within a project.
const OWN: &[&str] = &[".venv/bin", ".venv/Scripts", "node_modules/.bin"];

impl Tool {
    /// Finds it.
    ///
    /// # Errors
    /// [`BuildError::NoTool`].
    pub(crate) fn find(self, dir: &Path) -> Result<PathBuf, BuildError> {
        let own = OWN.iter().map(|folder| dir.join(folder));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let names = [OsString::from(self.name), OsString::from(format!("{}.exe", self.name))];
        let found = own
            .chain(std::env::split_paths(&path))
            .find_map(|folder| names.iter().map(|name| folder.join(name)).find(|program| program.is_file()));
        // The program runs in the project's folder, to which `dir` need not lead from there.
        let found = found.and_then(|program| std::path::absolute(program).ok());
        found.ok_or(BuildError::NoTool { name: self.name, install: self.install })
    }

    /// Runs it in the project's folder.
    ///
    /// # Errors
    /// [`BuildError::NoTool`], [`BuildError::Compile`] with all that it wrote, [`BuildError::Tool`].
    pub(crate) fn run(self, dir: &Path, prepare: impl FnOnce(&mut Command)) -> Result<(), BuildError> {
        let mut command = Command::new(self.find(dir)?);
        prepare(&mut command);
        let output = command.current_dir(dir).output();
        let output = output.map_err(|source| ToolError::NotStarted { program: self.name.to_owned(), source })?;
        if output.status.success() {
            return Ok(());
        }
        // Some tell what is wrong on one stream, some on the other.
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        let stderr = said.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
        Err(BuildError::Compile { stderr })
    }
}
