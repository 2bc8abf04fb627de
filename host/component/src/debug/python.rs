//! Question: how is Python source run natively?
//!
//! In: a project, a transcript. Out: its Python with `debug/run.py` of the SDK. Must never: run the bindings' own imports,
//! which there are none of outside of a component.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use super::{Session, sdk, with_manner};
use crate::build::BuildError;
use crate::tool::Tool;

const PYTHON: Tool = Tool { name: "python3", install: "a Python of 3.11 or newer" };

pub(super) fn command(session: &Session<'_>, transcript: &Path) -> Result<Command, BuildError> {
    let project = session.project;
    let folders = [sdk(project, "python/src")?, sdk(project, "python/bindings")?];
    let mut path = OsString::from(".");
    for folder in folders {
        path.push(if cfg!(windows) { ";" } else { ":" });
        path.push(folder);
    }
    let mut command = Command::new(PYTHON.find(&project.dir)?);
    command.env("PYTHONPATH", path).env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(sdk(project, "python/debug/run.py")?).arg(transcript);
    with_manner(&mut command, session.manner);
    Ok(command)
}
