//! `ringfence explain`: what does a code mean?
//!
//! In: a code, or nothing. Out: its explanation, or the list of all. Must never: answer for a code that does not exist.

use serde_json::{Value as Json, json};

use crate::exit::{Exit, Failure, Fault};
use crate::explain::{self, Explanation};
use crate::output::{Form, Output};

/// Explain a code: what it means, why there is such a rule, what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence explain D-PRICE-COLLAR
  ringfence explain                 lists every code")]
pub struct Args {
    /// The code, for example D-PRICE-COLLAR.
    code: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// A code that does not exist, with the one that was probably meant.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    match &args.code {
        None => list(out),
        Some(code) => one(&explain::of(code).map_err(|alike| unknown(code, alike))?, out),
    }
    Ok(Exit::Fine)
}

fn unknown(code: &str, alike: Option<&str>) -> Failure {
    let fault = Fault::new(format!("no code {code}"));
    Failure::Usage(match alike {
        Some(alike) => fault.fixed_by(format!("did you mean {alike}?")),
        None => fault.fixed_by("`ringfence explain` lists all codes"),
    })
}

fn one(explanation: &Explanation, out: &mut Output) {
    if out.form() == Form::Json {
        return out.json(&json_of(explanation));
    }
    out.line(format!("{} ({})", explanation.code, explanation.layer));
    let parts = [
        ("what", explanation.what),
        ("why", explanation.why),
        ("fix", explanation.fix),
        ("example", explanation.example),
    ];
    for (label, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
        out.line(format!("  {label:<8} {text}"));
    }
}

fn list(out: &mut Output) {
    let mut layer = "";
    for explanation in explain::all() {
        match out.form() {
            Form::Json => out.json(&json_of(&explanation)),
            Form::Text => {
                if layer != explanation.layer {
                    layer = explanation.layer;
                    out.line(format!("\n{layer}"));
                }
                out.line(format!("  {:<26} {}", explanation.code, explanation.what));
            }
        }
    }
}

fn json_of(explanation: &Explanation) -> Json {
    json!({
        "code": explanation.code,
        "layer": explanation.layer,
        "what": explanation.what,
        "why": explanation.why,
        "fix": explanation.fix,
        "example": explanation.example,
    })
}
