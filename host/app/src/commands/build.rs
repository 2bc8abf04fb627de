//! `ringfence build`: from a strategy's source to a component.
//!
//! In: a project of any language, or a Cargo package. Out: a component file, its size and hash. Must never: run the strategy.

use std::path::{Path, PathBuf};

use ringfence_component::{BuildError, BuildOptions, Built, Names, Out, Project, Tools, build_dir, build_project};
use ringfence_core::config::GuestProfile;
use ringfence_sandbox::{Rules, check};
use serde_json::json;

use crate::commands::new::project;
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output, diagnostic};
use crate::progress::Line;

/// Build a strategy's source into a WebAssembly component, and judge it as a session would.
///
/// The folder is a project of `ringfence new`, or a Cargo package. What is missing of a toolchain is named
/// with what installs it. For Rust: the same workspace and toolchain give the same bytes on every machine, wherever it lies. A path
/// dependency outside the workspace adds its own place to what decides the bytes; it is named then.
/// Rust needs cargo and the target wasm32-unknown-unknown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence build my-strategy
  ringfence build strategies/ema-cross
  ringfence check target/components/ringfence_ema_cross.wasm")]
pub struct Args {
    /// Folder of the project or of the Cargo package.
    dir: PathBuf,
    /// Where the component goes: a file that ends in .wasm, or a folder. [default: target/NAME.wasm in a
    /// project, target/components for a Cargo package]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Keep names of functions, for `ringfence profile` and backtraces: the same code in a larger file with another hash.
    #[arg(long)]
    names: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`BuildError`]: a source that does not build does not hold (1); missing tools are outside (4).
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let project = project(&args.dir)?;
    let line = Line::start("building", None);
    line.ticking();
    let built = built(args, project.as_ref());
    line.end();
    match built {
        Ok(built) => {
            notes(&built).iter().for_each(diagnostic);
            Ok(judged(&built, project.as_ref(), out))
        }
        Err(error) => refused(&error, out),
    }
}

fn built(args: &Args, project: Option<&Project>) -> Result<Built, BuildError> {
    let tools = Tools::from_env();
    let names = if args.names { Names::Kept } else { Names::Dropped };
    match project {
        Some(project) => {
            let out = args.out.as_deref().map_or_else(|| Out::File(project.component()), place);
            build_project(project, &BuildOptions { out, tools, names })
        }
        None => {
            let out = place(args.out.as_deref().unwrap_or(Path::new("target/components")));
            build_dir(&args.dir, &BuildOptions { out, tools, names })
        }
    }
}

/// What was built is nothing that runs until admission has said so.
fn judged(built: &Built, project: Option<&Project>, out: &mut Output) -> Exit {
    let profile = project.map_or(GuestProfile::Compiled.code(), |project| project.language.profile());
    let profile = GuestProfile::ALL.iter().copied().find(|known| known.code() == profile);
    let report = check(&built.path, &Rules::of(profile.unwrap_or(GuestProfile::Compiled)));
    if report.is_ok() {
        print(built, out);
        return Exit::Fine;
    }
    let refusals = report.refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let message = format!("{} would be refused:\n{refusals}", built.path.display());
    match out.form() {
        Form::Json => out.json(&json!({ "ok": false, "message": message })),
        Form::Text => diagnostic(format_args!("error: {message}")),
    }
    Exit::DoesNotHold
}

fn place(out: &Path) -> Out {
    let is_file = out.extension().is_some_and(|ending| ending == "wasm");
    if is_file { Out::File(out.to_owned()) } else { Out::Folder(out.to_owned()) }
}

fn print(built: &Built, out: &mut Output) {
    let (path, size, sha256) = (built.path.display().to_string(), built.size, built.sha256_hex());
    match out.form() {
        Form::Json => out.json(&json!({ "ok": true, "path": path, "size": size, "sha256": sha256 })),
        Form::Text => out.line(format!("{path}\n  {size} bytes, sha256 {sha256}")),
    }
}

/// What the compiler said, and what else than source and toolchain decided the bytes.
fn notes(built: &Built) -> Vec<String> {
    let mut notes = Vec::new();
    if !built.warnings.trim().is_empty() {
        notes.push(built.warnings.trim_end().to_owned());
    }
    if !built.was_locked {
        let text = "note: there was no Cargo.lock: cargo chose the newest dependencies and wrote one; keep it, or the \
                    bytes depend on the day";
        notes.push(text.to_owned());
    }
    if !built.outside.is_empty() {
        let names = built.outside.join(", ");
        notes.push(format!("note: the bytes depend on where {names} lies, a path dependency outside the workspace"));
    }
    notes
}

/// The source's own faults are an answer; everything else keeps the command from giving one.
fn refused(error: &BuildError, out: &mut Output) -> Result<Exit, Failure> {
    if !matches!(error, BuildError::Compile { .. } | BuildError::Encode(_)) {
        return Err(failure(error));
    }
    match out.form() {
        Form::Json => out.json(&json!({ "ok": false, "message": error.to_string() })),
        Form::Text => diagnostic(format_args!("error: {error}")),
    }
    Ok(Exit::DoesNotHold)
}

/// Where a fault of a build belongs.
pub(crate) fn failure(error: &BuildError) -> Failure {
    match error {
        BuildError::NoPackage { .. } | BuildError::NotACdylib { .. } | BuildError::NotNative { .. } => {
            Failure::usage(error.to_string())
        }
        BuildError::NoTool { .. } | BuildError::OtherVersion { .. } => Failure::outside(error.to_string()),
        BuildError::NoTarget | BuildError::NoSdk { .. } | BuildError::Tool(_) | BuildError::File { .. } => {
            Failure::Outside(Fault::new(error.to_string()).fixed_by("`ringfence doctor` checks the toolchain"))
        }
        BuildError::Compile { .. } | BuildError::Encode(_) => Failure::Damaged(Fault::new(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built() -> Built {
        let path = PathBuf::from("x.wasm");
        Built { path, size: 1, sha256: [0; 32], warnings: String::new(), was_locked: true, outside: Vec::new() }
    }

    #[test]
    fn what_else_decided_the_bytes_is_told_and_nothing_where_nothing_did() {
        assert_eq!(notes(&built()), [""; 0]);
        assert_eq!(notes(&Built { warnings: "warning: x\n\n".to_owned(), ..built() }), ["warning: x"]);
        let unlocked = notes(&Built { was_locked: false, ..built() });
        assert!(unlocked.len() == 1 && unlocked[0].starts_with("note: there was no Cargo.lock: "), "{unlocked:?}");
        let outside = notes(&Built { outside: vec!["sdk".to_owned()], ..built() });
        assert!(outside.len() == 1 && outside[0].contains("where sdk lies"), "{outside:?}");
    }
}
