//! `ringfence build`: from a strategy's source to a component.
//!
//! In: a package folder. Out: a component file, its size and hash. Must never: run the strategy.

use std::path::{Path, PathBuf};

use ringfence_component::{BuildError, BuildOptions, Built, Out, Tools, build_dir};
use serde_json::json;

use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output, diagnostic};

/// Build a strategy's source into a WebAssembly component.
///
/// The same workspace and toolchain give the same bytes on every machine, wherever it lies. A path
/// dependency outside the workspace adds its own place to what decides the bytes; it is named then.
/// Needs cargo and the target wasm32-unknown-unknown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence build strategies/ema-cross
  ringfence check target/components/ringfence_ema_cross.wasm")]
pub struct Args {
    /// Folder of the strategy's Cargo package.
    dir: PathBuf,
    /// Where the component goes: a file that ends in .wasm, or a folder.
    #[arg(long, default_value = "target/components", value_name = "PATH")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// See [`BuildError`]: a source that does not build does not hold (1); missing tools are outside (4).
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let options = BuildOptions { out: place(&args.out), tools: Tools::from_env() };
    match build_dir(&args.dir, &options) {
        Ok(built) => {
            print(&built, out);
            notes(&built).iter().for_each(diagnostic);
            Ok(Exit::Fine)
        }
        Err(error) => refused(&error, out),
    }
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
    match error {
        BuildError::NoPackage { .. } | BuildError::NotACdylib { .. } => Err(Failure::usage(error.to_string())),
        BuildError::NoTarget | BuildError::Tool(_) | BuildError::File { .. } => {
            Err(Failure::Outside(Fault::new(error.to_string()).fixed_by("`ringfence doctor` checks the toolchain")))
        }
        BuildError::Compile { .. } | BuildError::Encode(_) => {
            match out.form() {
                Form::Json => out.json(&json!({ "ok": false, "message": error.to_string() })),
                Form::Text => diagnostic(format_args!("error: {error}")),
            }
            Ok(Exit::DoesNotHold)
        }
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
