//! `ringfence sign`: a word for a component.
//!
//! In: a component, a key, what is said of the component. Out: the signature beside it. Must never: sign what would not be
//! admitted, or with a key that is for something else.

use std::io::Write;
use std::path::{Path, PathBuf};

use ringfence_core::config::GuestProfile;
use ringfence_sandbox::{
    AdmissionCode, ComponentBytes, ComponentKey, Manifest, Refusal, Rules, Signed, admit, signature_path,
    signature_text,
};
use serde_json::{Value as Json, json};

use crate::commands::key::component_key;
use crate::commands::number;
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output};

/// Sign a component: this file is this version of this strategy, and needs no more than this.
///
/// The signature is a text file beside the component, NAME.wasm.sig. Hosts that name the key in `[trust] keys` run the
/// component by it, and refuse any other file, strategy or limit under it.
#[derive(Debug, clap::Args)]
#[command(
    disable_version_flag = true,
    after_help = "\
Example:
  ringfence key new signer.key --for components
  ringfence sign target/components/ringfence_ema_cross.wasm --key signer.key --strategy ema --version 1"
)]
pub struct Args {
    /// The component.
    component: PathBuf,
    /// File of the key, see `ringfence key new FILE --for components`.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Which strategy it is: letters, digits, dots, `_` and `-`.
    #[arg(long, value_name = "ID")]
    strategy: String,
    /// Its version: a whole number that grows with every release.
    #[arg(long = "version", value_name = "NUMBER", value_parser = number::whole(1..=u64::MAX))]
    release: u64,
    /// Most fuel that one call of it may be given.
    #[arg(long, value_name = "FUEL", default_value = "20000000", value_parser = number::whole(1..=1_000_000_000_000_u64))]
    fuel_per_call: u64,
    /// Most memory that it may be given, in MiB.
    #[arg(long, value_name = "MIB", default_value = "64", value_parser = number::whole(1..=4_096_u64))]
    memory_mb: u64,
    /// What it holds, as `profile` of [[strategies]] says; it decides how large it may be.
    #[arg(long, default_value = "compiled", value_name = "PROFILE", value_parser = crate::commands::check::profile)]
    profile: GuestProfile,
    /// Where the signature is written [default: the component's name with .sig behind it].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a signature that says a later version of the same strategy.
    #[arg(long)]
    allow_downgrade: bool,
}

/// Runs the command.
///
/// # Errors
/// A key that is none, a later version that is signed (usage), a component that is refused (1), a disk that fails (outside).
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let key = component_key(&args.key)?;
    let signed = signed(args, &key)?;
    let path = args.out.clone().unwrap_or_else(|| signature_path(&args.component));
    if !args.allow_downgrade {
        refuse_downgrade(&path, &signed.manifest)?;
    }
    let written = std::fs::File::create(&path).and_then(|mut file| file.write_all(signed.text().as_bytes()));
    written.map_err(|error| Failure::outside(format!("{}: {error}", path.display())))?;
    match out.form() {
        Form::Json => out.json(&json!({ "path": path.display().to_string(), "signed": json_of(&signed) })),
        Form::Text => out.line(format!("{}: signed by {}", path.display(), signed.signer)),
    }
    Ok(Exit::Fine)
}

/// A later version that was signed before is not lost by a slip. What is no signature, or of another strategy, says none.
fn refuse_downgrade(path: &Path, new: &Manifest) -> Result<(), Failure> {
    let text = signature_text(path).ok().flatten();
    let Some(Signed { manifest: old, .. }) = text.and_then(|text| Signed::parse(&text).ok()) else { return Ok(()) };
    if old.strategy != new.strategy || old.version <= new.version {
        return Ok(());
    }
    let Manifest { strategy, version, .. } = new;
    let message = format!("{} says version {} of {strategy}, and this is {version}", path.display(), old.version);
    let fix = "give a --version above it; --allow-downgrade replaces it all the same";
    Err(Failure::Usage(Fault::new(message).coded(AdmissionCode::Downgrade.code()).fixed_by(fix)))
}

fn signed(args: &Args, key: &ComponentKey) -> Result<Signed, Failure> {
    let rules = Rules::of(args.profile);
    let bytes = ComponentBytes::read(&args.component, rules.size_max).map_err(|why| refused(&why))?;
    let admitted = admit(bytes, &rules).map_err(|refusals| refused(&refusals[0]))?;
    let manifest = Manifest {
        strategy: args.strategy.clone(),
        version: args.release,
        wit: admitted.version().code().to_owned(),
        fuel_per_call: args.fuel_per_call,
        memory_mb: args.memory_mb,
    };
    manifest.sign(admitted.component(), key).map_err(|error| Failure::usage(error.to_string()))
}

/// A component that does not hold what its file should.
pub(crate) fn refused(refusal: &Refusal) -> Failure {
    Failure::Damaged(Fault::of_refusal(refusal))
}

/// What is said, for programs.
pub(crate) fn json_of(signed: &Signed) -> Json {
    let Manifest { strategy, version, wit, fuel_per_call, memory_mb } = &signed.manifest;
    json!({
        "strategy": strategy,
        "version": version,
        "wit": wit,
        "fuel_per_call": fuel_per_call,
        "memory_mb": memory_mb,
        "signer_id": signed.signer.to_string(),
    })
}
