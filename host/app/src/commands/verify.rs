//! `ringfence verify`: does the signature of a component hold?
//!
//! In: a component, its signature, keys that are believed. Out: what is said of the component, or why that is not true.
//! Must never: look into the component, or believe a key because the signature names it.

use std::path::PathBuf;

use ringfence_sandbox::{ComponentBytes, INTERPRETER_BYTES_MAX, Signed, SignerId, signature_path, signature_text};
use serde_json::json;

use crate::commands::sign::{json_of, refused};
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output};

/// Verify the signature of a component.
///
/// Without --signer it is told whose signature it is, and that nobody said to believe this key: exit code 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence verify target/components/ringfence_ema_cross.wasm --signer ID")]
pub struct Args {
    /// The component.
    component: PathBuf,
    /// The signature [default: the component's name with .sig behind it].
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Id of a key that is believed, as `ringfence key show` prints it. May be repeated.
    #[arg(long, value_name = "ID")]
    signer: Vec<String>,
}

/// Runs the command; a signature that does not hold is exit code 1.
///
/// # Errors
/// Ids that are none (usage), a signature that is missing or does not hold (1).
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let believed = args.signer.iter().map(|id| SignerId::parse(id)).collect::<Result<Vec<_>, _>>();
    let believed = believed.map_err(|error| Failure::usage(format!("--signer: {error}")))?;
    let bytes = ComponentBytes::read(&args.component, INTERPRETER_BYTES_MAX).map_err(|why| refused(&why))?;
    let path = args.signature.clone().unwrap_or_else(|| signature_path(&args.component));
    let text = signature_text(&path).map_err(|why| refused(&why))?;
    let text = text.ok_or_else(|| fault(format!("{}: no such file", path.display()), "E-UNSIGNED"))?;
    let signed = Signed::parse(&text).map_err(|error| fault(error.to_string(), "E-SIGNATURE"))?;
    signed.verify(bytes.sha256()).map_err(|error| fault(error.to_string(), "E-SIGNATURE"))?;
    let is_believed = believed.contains(&signed.signer);
    print(&signed, is_believed, out);
    Ok(if is_believed { Exit::Fine } else { Exit::DoesNotHold })
}

fn fault(message: String, code: &'static str) -> Failure {
    let fault = Fault::new(message).coded(code);
    Failure::Damaged(fault.fixed_by("get file and signature again from whom you trust"))
}

fn print(signed: &Signed, is_believed: bool, out: &mut Output) {
    if out.form() == Form::Json {
        return out.json(&json!({ "ok": is_believed, "signed": json_of(signed) }));
    }
    let manifest = &signed.manifest;
    let whose = if is_believed { "" } else { ", which --signer does not name" };
    out.line(format!("signed by {}{whose}", signed.signer));
    out.line(format!("  strategy {} version {}, interface {}", manifest.strategy, manifest.version, manifest.wit));
    out.line(format!("  at most {} fuel a call and {} MiB", manifest.fuel_per_call, manifest.memory_mb));
}
