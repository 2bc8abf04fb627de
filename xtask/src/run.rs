//! Programs: how is cargo, or the binary, started, and what did it answer?
//!
//! In: a program with arguments. Out: success, or an error with the command as one could type it. Must never: go
//! through a shell; arguments reach the program as they are.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::workspace;

/// A program to start in the workspace folder.
pub(crate) struct Program {
    command: Command,
}

/// Cargo, of the toolchain that runs this program.
pub(crate) fn cargo<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Program {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    program(&cargo, arguments)
}

/// Any program.
pub(crate) fn program<A: AsRef<OsStr>>(name: &OsStr, arguments: impl IntoIterator<Item = A>) -> Program {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(workspace::root());
    // What cargo says of this package would be said of others too, and build scripts that look at it would run again.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_this_package(name)) {
        command.env_remove(name);
    }
    Program { command }
}

fn is_of_this_package(variable: &OsStr) -> bool {
    let variable = variable.as_encoded_bytes();
    variable.starts_with(b"CARGO_PKG_") || variable.starts_with(b"CARGO_MANIFEST_")
}

impl Program {
    /// Another folder than that of the workspace.
    pub(crate) fn within(mut self, folder: &std::path::Path) -> Program {
        self.command.current_dir(folder);
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Program {
        self.command.env(name, value);
        self
    }

    /// Sets environment variables.
    pub(crate) fn envs(mut self, variables: &[(&'static str, OsString)]) -> Program {
        self.command.envs(variables.iter().map(|(name, value)| (name, value)));
        self
    }

    /// Runs with this terminal as its own; an exit code other than 0 is an error.
    pub(crate) fn show(mut self) -> Result<()> {
        let status = self.command.status().with_context(|| format!("starting `{}`", self.shown()))?;
        ensure!(status.success(), "`{}` ended with {}", self.shown(), end(status));
        Ok(())
    }

    /// Begins to run beside what else is done, with both outputs in a file.
    pub(crate) fn begin(mut self, log: &Path) -> Result<Begun> {
        let file = File::create(log).with_context(|| format!("writing {}", log.display()))?;
        let second = file.try_clone().with_context(|| format!("writing {}", log.display()))?;
        self.command.stdin(Stdio::null()).stdout(file).stderr(second);
        let shown = self.shown();
        let child = self.command.spawn().with_context(|| format!("starting `{shown}`"))?;
        Ok(Begun { child, shown, log: log.to_owned() })
    }

    /// Runs unseen and gives standard output; an exit code other than 0 is an error that carries standard error.
    pub(crate) fn output(mut self) -> Result<String> {
        let output = self.command.output().with_context(|| format!("starting `{}`", self.shown()))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            bail!("`{}` ended with {}\n{}", self.shown(), end(output.status), stderr.trim_end());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs with both outputs in one pipe, in the order in which they were written, and hands over line by line.
    pub(crate) fn lines(mut self, mut each: impl FnMut(&str)) -> Result<ExitStatus> {
        let (reader, writer) = std::io::pipe().context("opening a pipe")?;
        let second = writer.try_clone().context("opening a pipe")?;
        self.command.stdin(Stdio::null()).stdout(writer).stderr(second);
        let shown = self.shown();
        let mut child = self.command.spawn().with_context(|| format!("starting `{shown}`"))?;
        // The command holds the writing ends; the pipe ends only when every one of them is closed.
        drop(self.command);
        for line in BufReader::new(reader).split(b'\n') {
            let line = line.with_context(|| format!("reading what `{shown}` prints"))?;
            each(String::from_utf8_lossy(&line).trim_end_matches('\r'));
        }
        child.wait().with_context(|| format!("waiting for `{shown}`"))
    }

    /// The command as one could type it.
    fn shown(&self) -> String {
        let name = std::path::Path::new(self.command.get_program());
        let name = name.file_name().unwrap_or(self.command.get_program());
        let words = std::iter::once(name).chain(self.command.get_args()).map(|word| word.to_string_lossy());
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A program that runs beside what else is done.
pub(crate) struct Begun {
    child: Child,
    shown: String,
    log: PathBuf,
}

impl Begun {
    /// Waits for its end; an exit code other than 0 is an error that carries what it printed.
    pub(crate) fn end(mut self) -> Result<()> {
        let status = self.child.wait().with_context(|| format!("waiting for `{}`", self.shown))?;
        let printed = || {
            std::fs::read(&self.log)
                .map_or_else(|error| error.to_string(), |text| String::from_utf8_lossy(&text).into_owned())
        };
        ensure!(status.success(), "`{}` ended with {}\n{}", self.shown, end(status), printed().trim_end());
        Ok(())
    }
}

/// How a program ended, in words.
pub(crate) fn end(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => "a signal".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_says_of_this_package_is_kept_from_what_is_started() {
        for (name, stays_here) in
            [("CARGO_PKG_NAME", true), ("CARGO_MANIFEST_DIR", true), ("CARGO", false), ("PATH", false)]
        {
            assert_eq!(is_of_this_package(OsStr::new(name)), stays_here, "{name}");
        }
    }
}
