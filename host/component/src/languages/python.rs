//! Question: how does a Python project become a component?
//!
//! In: `strategy.py`, which makes `Guest`. Out: CPython with the program and its state after import, without any import of
//! WASI: clock and randomness are not there, and the seed of hashes is the one of the build.

use super::{Made, WORLD, read, scratch, sdk};
use crate::build::BuildError;
use crate::project::Project;
use crate::tool::Tool;

const COMPONENTIZE: Tool =
    Tool { name: "componentize-py", install: "python3 -m venv .venv && .venv/bin/pip install componentize-py==0.25.1" };

/// Module that the build begins with.
const MODULE: &str = "strategy";

pub(super) fn make(project: &Project) -> Result<Made, BuildError> {
    let (wit, source) = (sdk(project, "wit")?, sdk(project, "python/src")?);
    let out = scratch(project, "python.wasm")?;
    COMPONENTIZE.run(&project.dir, |command| {
        command.arg("--wit-path").arg(&wit).args(["--world", WORLD, "componentize", "--stub-wasi", MODULE]);
        command.arg("--python-path").arg(".").arg("--python-path").arg(&source).arg("--output").arg(&out);
    })?;
    Ok(Made { component: read(&out)? })
}
