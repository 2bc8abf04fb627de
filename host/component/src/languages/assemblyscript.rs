//! Question: how does an AssemblyScript project become a component?
//!
//! In: `src/strategy.ts`. Out: a core module whose exports get the names of the interface, which this language cannot write,
//! encoded. A failed check of the language halts the strategy: `abort` is a trap, not an import.

use super::{Made, compiled, scratch, sdk};
use crate::build::BuildError;
use crate::encode::Names;
use crate::project::Project;
use crate::tool::Tool;

const ASC: Tool = Tool { name: "asc", install: "npm install (needs Node.js 20 or newer)" };

/// Names of exports as the language can write them, and as the interface has them.
const EXPORTS: &[(&str, &str)] = &[
    ("setup", "ringfence:strategy/guest@0.1.0#setup"),
    ("on_event", "ringfence:strategy/guest@0.1.0#on-event"),
    ("snapshot", "ringfence:strategy/guest@0.1.0#snapshot"),
    ("restore", "ringfence:strategy/guest@0.1.0#restore"),
];

pub(super) fn make(project: &Project, names: Names) -> Result<Made, BuildError> {
    let folder = sdk(project, "assemblyscript")?;
    let out = scratch(project, "core.wasm")?;
    // The compiler takes files below its base folder alone, by their names from there.
    let below = |place: &std::path::Path| place.strip_prefix(&project.dir).unwrap_or(place).to_owned();
    ASC.run(&project.dir, |command| {
        command.arg(below(&folder.join("main.ts"))).arg("--lib").arg(below(&folder.join("lib")));
        command.args(["-O3", "--runtime", "incremental", "--use", "abort=", "--outFile"]).arg(below(&out));
        command.args((names == Names::Kept).then_some("--debug"));
    })?;
    compiled((project, names), &out, EXPORTS)
}
