//! Question: how is JavaScript and TypeScript source run natively?
//!
//! In: a project, a transcript. Out: Node.js with one program made of the source, the SDK and recorded answers. Must never:
//! hand over whole numbers otherwise than the component's engine does.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{Manner, Session, schema, sdk, with_manner};
use crate::build::BuildError;
use crate::languages::javascript::{ROLLDOWN, source};
use crate::project::{Engine, Project};
use crate::tool::Tool;

const NODE: Tool = Tool { name: "node", install: "Node.js of 20 or newer" };

/// The transcript with what a reader without types needs to know.
pub(super) fn with_types(project: &Project, mut transcript: Value) -> Value {
    let wide = match project.engine {
        Engine::StarlingMonkey => "bigint",
        Engine::QuickJs => "number",
    };
    if let Some(fields) = transcript.as_object_mut() {
        fields.insert("wide".to_owned(), json!(wide));
        fields.insert("schema".to_owned(), schema::schema());
    }
    transcript
}

pub(super) fn command(session: &Session<'_>, folder: &Path, transcript: &Path) -> Result<Command, BuildError> {
    let project = session.project;
    let (config, program) = (sdk(project, "javascript/debug.config.js")?, folder.join("strategy.mjs"));
    ROLLDOWN.run(&project.dir, |command| {
        command.env("RINGFENCE_SOURCE", source(project)).arg("--config").arg(config).arg("--file").arg(&program);
    })?;
    let mut command = Command::new(NODE.find(&project.dir)?);
    if session.manner == Manner::Debugger {
        // On to the `debugger` statement before the strategy's own method.
        command.env("NODE_INSPECT_RESUME_ON_START", "1").arg("inspect");
    }
    command.arg("--enable-source-maps").arg(program).arg(transcript);
    with_manner(&mut command, session.manner);
    Ok(command)
}
