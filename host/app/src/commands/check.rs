//! `ringfence check`: would this component be admitted?
//!
//! In: a component file. Out: what it is, how much of each limit it uses, why it is refused; where asked, whether it
//! compiles within the limits. Must never: run it.

use std::path::PathBuf;

use ringfence_core::config::GuestProfile;
use ringfence_sandbox::{CompileLimits, LimitUse, Report, Rules, check, check_compiled};
use serde_json::{Value as Json, json};

use crate::compiler;
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output};
use crate::table::Table;

/// Check whether a component would be admitted, without running it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence check target/components/ringfence_ema_cross.wasm
  ringfence check --compile target/components/ringfence_ema_cross.wasm
  ringfence check --profile interpreter target/my_python_strategy.wasm")]
pub struct Args {
    /// The component.
    file: PathBuf,
    /// What it holds, as `profile` of [[strategies]] says; it decides how large it may be.
    #[arg(long, default_value = "compiled", value_name = "PROFILE", value_parser = profile)]
    profile: GuestProfile,
    /// Compile it too, as a session does that has no machine code of it yet.
    #[arg(long)]
    compile: bool,
}

pub(crate) fn profile(word: &str) -> Result<GuestProfile, String> {
    let known = GuestProfile::ALL.iter().copied().filter(|profile| *profile != GuestProfile::External);
    known.into_iter().find(|profile| profile.code() == word).ok_or_else(|| "known: compiled, interpreter".to_owned())
}

/// Runs the command; a component that is refused does not hold (1).
///
/// # Errors
/// What fails outside (4) when it is to be compiled; whatever is wrong with the file is a refusal.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let report = report(args)?;
    match out.form() {
        Form::Json => out.json(&json_of(&report, args.profile)),
        Form::Text => print((&args.file.display().to_string(), args.profile), &report, out),
    }
    Ok(if report.is_ok() { Exit::Fine } else { Exit::DoesNotHold })
}

fn report(args: &Args) -> Result<Report, Failure> {
    if !args.compile {
        return Ok(check(&args.file, &Rules::of(args.profile)));
    }
    let report = check_compiled(&args.file, &Rules::of(args.profile), &compiler::compiler());
    let report = report.map_err(|error| Failure::outside(error.to_string()))?;
    match report.refusals.iter().find(|refusal| refusal.is_outside()) {
        Some(refusal) => Err(Failure::Outside(Fault::of_refusal(refusal))),
        None => Ok(report),
    }
}

fn json_of(report: &Report, profile: GuestProfile) -> Json {
    let compile = CompileLimits::of(profile);
    let limit = |used: &LimitUse| json!({ "name": used.name, "used": used.used, "limit": used.limit });
    let refusals = report.refusals.iter();
    json!({
        "ok": report.is_ok(),
        "wit_version": report.wit_version,
        "world": report.world,
        "imports": report.imports,
        "size": report.size,
        "sha256": (!report.sha256.is_empty()).then_some(&report.sha256),
        "limits": report.limits.iter().map(limit).collect::<Vec<_>>(),
        "compile_limits": compiler::worker().map(|_| json!({
            "processor_seconds": compile.cpu_s,
            "wall_seconds": compile.wall_s,
            "memory_bytes": compile.memory_bytes,
            "code_bytes": compile.code_bytes,
        })),
        "refusals": refusals
            .map(|refusal| json!({ "code": refusal.code.code(), "detail": refusal.detail() }))
            .collect::<Vec<_>>(),
    })
}

fn print((file, profile): (&str, GuestProfile), report: &Report, out: &mut Output) {
    let verdict = if report.is_ok() { "admitted" } else { "REFUSED" };
    out.line(format!("{file}: {verdict}"));
    for refusal in &report.refusals {
        out.line(format!("  {refusal}"));
    }
    for (label, value) in known(report) {
        out.line(format!("  {label:<8} {value}"));
    }
    if report.wit_version.is_some() && compiler::worker().is_some() {
        out.line(format!("  compile  at most {}", CompileLimits::of(profile)));
    }
    if report.limits.is_empty() {
        return;
    }
    let mut limits = Table::new(&["limit", "used", "allowed"]);
    for used in &report.limits {
        limits.row([used.name.to_owned(), used.used.to_string(), used.limit.to_string()]);
    }
    out.line(limits);
}

/// What is known of it: a file that could not be read has neither size nor hash, one that is no component no interface.
fn known(report: &Report) -> Vec<(&'static str, String)> {
    let interface = report.world.zip(report.wit_version).map(|(world, version)| format!("{world} {version}"));
    let imports = (!report.imports.is_empty()).then(|| report.imports.join(", "));
    let size = (report.size > 0).then(|| format!("{} bytes", report.size));
    let hash = (!report.sha256.is_empty()).then(|| report.sha256.clone());
    let all = [("wit", interface), ("imports", imports), ("size", size), ("sha256", hash)];
    all.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(report: &Report) -> String {
        known(report).iter().map(|(label, value)| format!("{label} {value}\n")).collect()
    }

    #[test]
    fn what_is_not_known_of_a_component_is_left_out() {
        let unread = Report::default();
        assert_eq!(shown(&unread), "");
        let too_large = Report { size: 7, ..unread };
        assert_eq!(shown(&too_large), "size 7 bytes\n");
        let junk = Report { sha256: "ab".to_owned(), ..too_large };
        assert_eq!(shown(&junk), "size 7 bytes\nsha256 ab\n");
        let imports = vec!["a".to_owned(), "b".to_owned()];
        let whole = Report { world: Some("w"), wit_version: Some("0.1.0"), imports, ..junk };
        assert_eq!(shown(&whole), "wit w 0.1.0\nimports a, b\nsize 7 bytes\nsha256 ab\n");
    }
}
