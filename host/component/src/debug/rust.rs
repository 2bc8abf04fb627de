//! Question: how is Rust source run natively?
//!
//! In: a project, a transcript. Out: a program made of the strategy and `ringfence-sdk-debug`, under gdb or lldb or alone.
//! Must never: touch the project's own manifest or lock file.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Manner, Session, sdk, write};
use crate::build::BuildError;
use crate::cargo::{ToolError, Tools, run};
use crate::tool::Tool;

/// Debuggers, the first that is there: its program, and one that it needs.
const DEBUGGERS: &[(&str, &str)] = &[("rust-gdb", "gdb"), ("gdb", "gdb"), ("rust-lldb", "lldb"), ("lldb", "lldb")];

const INSTALL: &str = "a debugger, for example: apt-get install gdb";

pub(super) fn command(session: &Session<'_>, folder: &Path, transcript: &Path) -> Result<Command, BuildError> {
    let program = build(session, folder)?;
    if session.manner == Manner::Check {
        let mut command = Command::new(program);
        command.arg(transcript);
        return Ok(command);
    }
    let dir = session.project.dir.as_path();
    let is_there = |name: &'static str| Tool { name, install: INSTALL }.find(dir).is_ok();
    let found = DEBUGGERS.iter().find(|(name, needed)| is_there(name) && is_there(needed));
    let (name, kind) = found.ok_or(BuildError::NoTool { name: "gdb", install: INSTALL })?;
    let mut command = Command::new(Tool { name, install: INSTALL }.find(dir)?);
    let own = methods(session);
    let words = if *kind == "gdb" { gdb(&own) } else { lldb(&own) };
    command.args(words).arg(program).arg(transcript);
    Ok(command)
}

/// To the last call, and from there to the strategy's own method.
fn gdb(own: &[(PathBuf, usize)]) -> Vec<String> {
    let places = own.iter().map(|(file, line)| format!("tbreak {}:{line}", file.display()));
    let begin = ["set breakpoint pending on", "tbreak ringfence_sdk_debug::stop_here", "run"].map(str::to_owned);
    let lines = begin.into_iter().chain(places).chain(["continue".to_owned()]);
    let words = lines.flat_map(|line| ["-ex".to_owned(), line]);
    ["--quiet".to_owned()].into_iter().chain(words).chain(["--args".to_owned()]).collect()
}

fn lldb(own: &[(PathBuf, usize)]) -> Vec<String> {
    let place = |(file, line): &(PathBuf, usize)| format!("breakpoint set --file \"{}\" --line {line}", file.display());
    let begin = ["breakpoint set --one-shot true --name ringfence_sdk_debug::stop_here", "run"].map(str::to_owned);
    let lines = begin.into_iter().chain(own.iter().map(place)).chain(["continue".to_owned()]);
    lines.flat_map(|line| ["-o".to_owned(), line]).chain(["--".to_owned()]).collect()
}

/// Where the project's files have a method of this name: debuggers know it by names that differ from release to release.
fn methods(session: &Session<'_>) -> Vec<(PathBuf, usize)> {
    let head = format!("fn {}(", session.method);
    let (mut open, mut found) = (vec![session.project.dir.join("src")], Vec::new());
    while let Some(path) = open.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            open.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let lines = text.lines().zip(1..).filter(|(line, _)| line.trim_start().starts_with(&head));
            found.extend(lines.map(|(_, number)| (path.clone(), number)));
        }
    }
    found.sort();
    found
}

/// Builds the program; its file.
fn build(session: &Session<'_>, folder: &Path) -> Result<PathBuf, BuildError> {
    let project = session.project;
    let debug = sdk(project, "guest-sdk/rust-debug")?;
    let source = &project.dir;
    let manifest = format!(
        "[package]\nname = \"debug-session\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\nringfence-sdk-debug = {{ path = {debug:?} }}\n\
         strategy = {{ path = {source:?}, package = {name:?} }}\n\n[workspace]\n",
        name = project.name,
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    let main =
        "fn main() -> std::process::ExitCode {\n    ringfence_sdk_debug::main(strategy::__ringfence_guest())\n}\n";
    write(&folder.join("src/main.rs"), main)?;
    let tools = Tools::from_env();
    let mut command = Command::new(&tools.cargo);
    command.args(["build", "--message-format", "json-render-diagnostics"]);
    let output = run(&mut command, folder).map_err(compile)?;
    executable(&output.stdout).ok_or_else(|| BuildError::Compile { stderr: "cargo named no program".to_owned() })
}

fn compile(error: ToolError) -> BuildError {
    if let ToolError::Failed { stderr, .. } = error {
        return BuildError::Compile { stderr };
    }
    error.into()
}

/// The program that cargo names in its stream of messages.
fn executable(messages: &[u8]) -> Option<PathBuf> {
    messages.split(|byte| *byte == b'\n').find_map(|line| {
        let message: Value = serde_json::from_slice(line).ok()?;
        message.get("executable").and_then(Value::as_str).map(PathBuf::from)
    })
}
