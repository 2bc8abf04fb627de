//! `ringfence config`: what does a configuration say, and what may it say?
//!
//! In: a configuration file with overrides. Out: its resolved text and hash, a verdict, or the JSON Schema. Must never:
//! start anything.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::config::{Loaded, Purpose, Request, json_schema, load};
use crate::exit::{Exit, Failure};
use crate::output::{Form, Output};

/// Show, check or describe configuration files.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print a configuration and its hash.
    #[command(after_help = "\
Example:
  ringfence config show config/w1_ema_cross.toml --resolved --set simulation.fill=next-event")]
    Show(Show),
    /// Check a configuration and the components it names; every problem is reported at once.
    #[command(after_help = "Example:\n  ringfence config check config/w1_ema_cross.toml")]
    Check(Named),
    /// Print the JSON Schema of configuration files, for editors.
    #[command(after_help = "Example:\n  ringfence config schema > ringfence.schema.json")]
    Schema,
}

/// Which configuration.
#[derive(Debug, clap::Args)]
pub struct Source {
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Override one value, for example simulation.fill=next-event. May be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Which configuration, as a file or, as everywhere else, behind --config.
#[derive(Debug, clap::Args)]
struct Named {
    /// Configuration file (TOML).
    #[arg(value_name = "FILE", required_unless_present = "config")]
    file: Option<PathBuf>,
    /// The same as FILE.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,
    /// Override one value, for example simulation.fill=next-event. May be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Named {
    fn path(&self) -> &Path {
        self.file.as_deref().or(self.config.as_deref()).expect("one of the two is required")
    }
}

#[derive(Debug, clap::Args)]
struct Show {
    #[command(flatten)]
    source: Named,
    /// With the risk profile expanded and every default written out.
    #[arg(long)]
    resolved: bool,
}

/// Runs the command.
///
/// # Errors
/// The report of everything that is wrong.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    match &args.command {
        Command::Show(show) => print(&loaded(&show.source, Purpose::Show)?, show.resolved, out),
        Command::Check(source) => {
            let loaded = loaded(source, Purpose::Check)?;
            match out.form() {
                Form::Json => out.json(&json!({ "ok": true, "hash": hex(&loaded), "problems": [] })),
                Form::Text => out.line(format!("{} is fine; hash {}", source.path().display(), hex(&loaded))),
            }
        }
        Command::Schema => out.line(pretty(&json_schema())),
    }
    Ok(Exit::Fine)
}

fn loaded(source: &Named, purpose: Purpose) -> Result<Loaded, Failure> {
    let request = Request { file: source.path(), sets: &source.set, data: &[], events: None, purpose };
    Ok(load(&request)?)
}

fn print(loaded: &Loaded, resolved: bool, out: &mut Output) {
    let text = if resolved { loaded.resolved() } else { loaded.written() };
    match out.form() {
        Form::Json => out.json(&json!({ "hash": hex(loaded), "toml": text })),
        Form::Text => out.line(format!("# configuration hash {}\n\n{text}", hex(loaded)).trim_end()),
    }
}

fn hex(loaded: &Loaded) -> String {
    crate::output::hex(&loaded.core.hash())
}

fn pretty(json: &Json) -> String {
    format!("{json:#}")
}
