//! Question: how does a JavaScript or TypeScript project become a component?
//!
//! In: `src/strategy.js` or `.ts`, which exports `guest`. Out: an engine with the program and its state after start:
//! StarlingMonkey without any import of WASI, QuickJS with those that are inert. Must never: build TypeScript that does not
//! pass `tsc`.

use std::path::Path;

use super::{Made, WORLD, quickjs, read, scratch, sdk};
use crate::build::BuildError;
use crate::language::Language;
use crate::project::{Engine, Project};
use crate::tool::Tool;

const INSTALL: &str = "npm install (needs Node.js 20 or newer)";

const TSC: Tool = Tool { name: "tsc", install: INSTALL };
pub(crate) const ROLLDOWN: Tool = Tool { name: "rolldown", install: INSTALL };
const STARLINGMONKEY: Tool = Tool { name: "componentize-js", install: INSTALL };
const QUICKJS: Tool = Tool { name: "componentize-qjs", install: INSTALL };

/// Everything that an engine offers beside the language.
const FEATURES: &[&str] = &["stdio", "random", "clocks", "http", "fetch-event"];

pub(super) fn make(project: &Project) -> Result<Made, BuildError> {
    let dir = project.dir.as_path();
    if project.language == Language::TypeScript {
        TSC.run(dir, |command| {
            command.args(["--project", "."]);
        })?;
    }
    let config = sdk(project, "javascript/rolldown.config.js")?;
    let bundle = scratch(project, "bundle.js")?;
    ROLLDOWN.run(dir, |command| {
        command.env("RINGFENCE_SOURCE", source(project)).arg("--config").arg(config).arg("--file").arg(&bundle);
    })?;
    let out = scratch(project, "javascript.wasm")?;
    engine(project, &bundle, &out)?;
    let component = read(&out)?;
    match project.engine {
        Engine::StarlingMonkey => Ok(Made { component }),
        Engine::QuickJs => quickjs::without_loader(&component).map(|component| Made { component }),
    }
}

/// The file that a program begins with.
pub(crate) fn source(project: &Project) -> &'static str {
    if project.language == Language::TypeScript { "src/strategy.ts" } else { "src/strategy.js" }
}

fn engine(project: &Project, bundle: &Path, out: &Path) -> Result<(), BuildError> {
    let (dir, wit) = (project.dir.as_path(), sdk(project, "wit")?);
    match project.engine {
        Engine::StarlingMonkey => STARLINGMONKEY.run(dir, |command| {
            command.arg(bundle).arg("--wit").arg(wit).args(["--world-name", WORLD]).arg("--out").arg(out);
            command.arg("--disable").args(FEATURES);
        }),
        Engine::QuickJs => QUICKJS.run(dir, |command| {
            command.arg("--js").arg(bundle).arg("--wit").arg(wit).args(["--world", WORLD, "--sync"]);
            command.arg("--output").arg(out);
        }),
    }
}
