//! `ringfence test`: does a strategy's component want what its fixtures expect?
//!
//! In: a project, built. Out: the fixtures that hold, and the difference for each that does not. Must never: write an
//! expectation that it was not asked to write.

use std::path::{Path, PathBuf};

use ringfence_component::Project;
use ringfence_core::config::GuestProfile;
use ringfence_sandbox::{ComponentBytes, Options, Rules, Sandbox};
use serde_json::{Value as Json, json};

use crate::commands::new::project;
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output};
use crate::trial::{Fixture, Flaw, Subject, difference, fixtures, run as try_out};
use crate::{compiler, places, secrets};

/// Run a strategy's component on its event scripts and compare its intents.
///
/// Scripts are fixtures/NAME.script, what is expected stands in fixtures/NAME.intents. The component runs
/// in the same sandbox as in a session; the script says what market and venue do.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence build my-strategy
  ringfence test my-strategy")]
pub struct Args {
    /// Folder of the project.
    dir: PathBuf,
    /// The component, where it is not that of `ringfence build DIR`.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Write what came as what is expected.
    #[arg(long)]
    bless: bool,
}

/// Runs the command; a fixture that does not hold is 1.
///
/// # Errors
/// No project, no fixtures, no component (2, 4).
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let no_project = || Failure::usage(format!("no ringfence.toml in {}", args.dir.display()));
    let project = project(&args.dir)?.ok_or_else(no_project)?;
    let all = fixtures(&args.dir)?;
    let subject = subject(args, &project)?;
    let cache = places::cache(&secrets::process_environment);
    let options = Options { cache, compiler: compiler::compiler(), ..Options::default() };
    let mut sandbox = Sandbox::new(options).map_err(|error| Failure::outside(error.to_string()))?;
    let _ticker = sandbox.start_ticker().map_err(|error| Failure::outside(format!("no thread: {error}")))?;
    let mut results = Vec::new();
    for fixture in &all {
        let outcome = judge(fixture, try_out(&mut sandbox, &subject, &fixture.script), args.bless)?;
        if out.form() == Form::Text {
            out.line(outcome.text(&fixture.name));
        }
        results.push((fixture.name.as_str(), outcome));
    }
    let failed = results.iter().filter(|(_, outcome)| !outcome.is_good()).count();
    match out.form() {
        Form::Json => out.json(&json_of(&results)),
        Form::Text => out.line(format!("{} passed, {failed} failed", results.len() - failed)),
    }
    Ok(if failed == 0 { Exit::Fine } else { Exit::DoesNotHold })
}

fn subject(args: &Args, project: &Project) -> Result<Subject, Failure> {
    let path = args.component.clone().unwrap_or_else(|| project.component());
    let profile = GuestProfile::ALL.iter().copied().find(|profile| profile.code() == project.language.profile());
    let profile = profile.expect("languages name profiles of the core; a test compares them");
    if !path.exists() {
        let fault = Fault::new(format!("no component {}", path.display()));
        return Err(Failure::Usage(fault.fixed_by(format!("`ringfence build {}`", args.dir.display()))));
    }
    let component = ComponentBytes::read(&path, Rules::of(profile).size_max);
    let component = component.map_err(|refusal| Failure::usage(refusal.to_string()))?;
    Ok(Subject { component, profile })
}

/// What became of a fixture.
enum Outcome {
    /// As expected.
    Held,
    /// Written anew.
    Blessed,
    /// Another answer; the difference.
    Differs(String),
    /// Nothing was expected yet; the answer.
    Unknown(String),
    /// It could not be run to its end.
    Failed(String),
}

fn judge(fixture: &Fixture, answer: Result<String, Vec<Flaw>>, bless: bool) -> Result<Outcome, Failure> {
    let got = match answer {
        Ok(got) => got,
        Err(flaws) => return Ok(Outcome::Failed(told(&fixture.path, &flaws))),
    };
    let differs = fixture.expected.as_ref().map(|expected| difference(expected, &got));
    Ok(match differs {
        Some(None) => Outcome::Held,
        Some(Some(_)) | None if bless => {
            let path = &fixture.golden;
            let written = std::fs::write(path, &got);
            written.map_err(|error| Failure::outside(format!("{}: {error}", path.display())))?;
            Outcome::Blessed
        }
        Some(Some(text)) => Outcome::Differs(text),
        None => Outcome::Unknown(got),
    })
}

/// A line for each flaw, in the form that editors jump from.
fn told(path: &Path, flaws: &[Flaw]) -> String {
    let path = path.display();
    let one = |Flaw { line, reason }: &Flaw| match line {
        Some(line) => format!("{path}:{line}: {reason}"),
        None => format!("{path}: {reason}"),
    };
    flaws.iter().map(one).collect::<Vec<_>>().join("\n")
}

impl Outcome {
    fn is_good(&self) -> bool {
        matches!(self, Outcome::Held | Outcome::Blessed)
    }

    fn name(&self) -> &'static str {
        match self {
            Outcome::Held => "ok",
            Outcome::Blessed => "written",
            Outcome::Differs(_) => "differs",
            Outcome::Unknown(_) => "nothing expected",
            Outcome::Failed(_) => "failed",
        }
    }

    fn detail(&self) -> &str {
        match self {
            Outcome::Held | Outcome::Blessed => "",
            Outcome::Differs(text) | Outcome::Unknown(text) | Outcome::Failed(text) => text,
        }
    }

    fn text(&self, fixture: &str) -> String {
        let mut text = format!("{fixture}: {}", self.name());
        if !self.is_good() {
            text.push_str(&format!("\n{}", self.detail().trim_end()));
        }
        match self {
            Outcome::Differs(_) => text.push_str("\n(- expected, + came; `--bless` writes what came)"),
            Outcome::Unknown(_) => text.push_str("\n(`--bless` writes this as what is expected)"),
            Outcome::Held | Outcome::Blessed | Outcome::Failed(_) => {}
        }
        text
    }
}

fn json_of(results: &[(&str, Outcome)]) -> Json {
    let one = |(name, outcome): &(&str, Outcome)| json!({ "fixture": name, "ok": outcome.is_good(), "result": outcome.name(), "detail": outcome.detail() });
    let ok = results.iter().all(|(_, outcome)| outcome.is_good());
    json!({ "ok": ok, "fixtures": results.iter().map(one).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_of_languages_are_those_of_the_core() {
        for language in ringfence_component::Language::ALL {
            let known = GuestProfile::ALL.iter().any(|profile| profile.code() == language.profile());
            assert!(known, "{}", language.code());
        }
    }
}
