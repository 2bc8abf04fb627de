//! `ringfence debug`: what does a strategy's source do at an event of a recorded session?
//!
//! In: a journal, a strategy of it, an event, the source's project. Out: the debugger of its language, at that event; or
//! whether the source wants what the session recorded. Must never: call the source the same where one intent differs.

use std::path::PathBuf;

use ringfence_component::Project;
use ringfence_component::debug::is_native;
use ringfence_core::config::Config;
use ringfence_core::ids::{Seq, StrategyId};
use ringfence_journal::reader::JournalReader;
use ringfence_sandbox::Isolation;
use serde_json::json;

use crate::commands::build::failure;
use crate::commands::new::project;
use crate::debug::runner;
use crate::debug::transcript::Transcript;
use crate::exit::{Exit, Failure, Fault};
use crate::interrupt;
use crate::output::{Form, Output, diagnostic};
use crate::progress::Line;
use crate::sessions::replay::{Order, Replayed, listening, recorded_config};
use crate::sessions::strategies::strategy_of;
use crate::sessions::{journal_failure, journal_folder};

/// Run a strategy's source natively on a recorded session, in the debugger of its language, and stop at an event.
///
/// The session is replayed up to the event with the recorded component. What crossed between it and the host on the way is
/// given to the source: events, contexts, answers. What the source asks and emits has to be what the session recorded, or
/// this ends at the first difference with exit code 1. Where the journal is long, the source begins with a state that the
/// component saved some thousand calls before.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Debuggers: pdb for Python (or what PYTHONBREAKPOINT names), node inspect for JavaScript and TypeScript, rust-gdb, gdb,
rust-lldb or lldb for Rust.

Example:
  ringfence why run1                                               which event?
  ringfence debug run1 --strategy ema --at 5321 --project my-strategy --data trades.csv.zst
  ringfence debug run1 --strategy ema --at 5321 --project my-strategy --check     without a debugger")]
pub struct Args {
    /// Folder of the journal.
    journal: PathBuf,
    /// The strategy: its id in the configuration, or its number.
    #[arg(long, value_name = "ID")]
    strategy: String,
    /// Number of the event; the strategy has to have been called for it.
    #[arg(long, value_name = "SEQ", value_parser = super::number::event)]
    at: u64,
    /// Folder of the strategy's project.
    #[arg(long, value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// Begin with the first call since the strategy was set up, however many there are.
    #[arg(long)]
    whole: bool,
    /// Run the source to the event without a debugger, and say whether it wants what was recorded.
    #[arg(long)]
    check: bool,
    /// Market data of the session; told by its hash, so the order does not matter. May be repeated.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A journal that does not replay (1), an event at which the strategy was not called, no project (2), a tool that is
/// missing (4).
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    interrupt::watch();
    journal_folder(&args.journal)?;
    let no_project = || Failure::usage(format!("no ringfence.toml in {}", args.project.display()));
    let project = project(&args.project)?.ok_or_else(no_project)?;
    is_native(project.language).map_err(|error| failure(&error))?;
    let transcript = transcript(args)?;
    if let Some(code) = transcript.halt() {
        diagnostic(format_args!("note: the session halted the strategy in this call: {code}"));
    }
    if !args.check {
        diagnostic(format_args!("note: {} calls, then the debugger at event {}", transcript.calls(), args.at));
        let is_same = runner::debug(&project, &transcript)?;
        return Ok(if is_same { Exit::Fine } else { Exit::DoesNotHold });
    }
    let is_same = runner::check(&project, &transcript)?;
    told(&project, &transcript, (args, is_same), out);
    Ok(if is_same { Exit::Fine } else { Exit::DoesNotHold })
}

fn transcript(args: &Args) -> Result<Transcript, Failure> {
    let reader = JournalReader::open(&args.journal).map_err(|error| journal_failure(&error))?;
    let config = recorded_config(&args.journal, reader.header())?;
    let strategy = strategy_of(&args.strategy, &config)?;
    let until = Some(Seq(args.at));
    let order =
        Order { journal: &args.journal, data: &args.data, strategies: &[], until, isolation: Isolation::InProcess };
    let line = Line::start("replay", Some(args.at));
    let replayed = listening(&order, &mut |now| line.moved(now), None, Some((strategy, args.whole)));
    line.end();
    let (Replayed { verdict, .. }, listener) = replayed?;
    if !verdict.is_match() {
        let fault = Fault::new("the session does not replay up to this event, so there is nothing to hold a source to");
        return Err(Failure::Damaged(fault.fixed_by("`ringfence replay JOURNAL` shows the first difference")));
    }
    let listener = listener.expect("somebody was listened to");
    let last = listener.last();
    let (setup, stretch) = listener.heard();
    let setup = setup.ok_or_else(|| Failure::usage("the strategy does not live at this event".to_owned()))?;
    let wanted = Transcript::new(setup, stretch, Seq(args.at));
    wanted.ok_or_else(|| not_called(args, (strategy, &config), last))
}

fn not_called(args: &Args, (strategy, config): (StrategyId, &Config), last: Option<Seq>) -> Failure {
    let name = config.strategy(strategy).map_or("", |slot| slot.name.as_str());
    let fault = Fault::new(format!("strategy {name} was not called for event {}", args.at));
    let journal = args.journal.display();
    Failure::Usage(match last {
        Some(last) => {
            fault.fixed_by(format!("--at {last}, the last event before at which it was called", last = last.0))
        }
        None => fault.fixed_by(format!("`ringfence inspect {journal}` shows events and what was decided")),
    })
}

fn told(project: &Project, transcript: &Transcript, (args, is_same): (&Args, bool), out: &mut Output) {
    let (calls, intents) = (transcript.calls(), transcript.intents());
    match out.form() {
        Form::Json => out.json(&json!({
            "same": is_same,
            "strategy": args.strategy,
            "at": args.at,
            "language": project.language.code(),
            "calls": calls,
            "intents": intents,
            "halt": transcript.halt(),
        })),
        Form::Text if is_same => {
            out.line(format!("SAME  {calls} calls and {intents} intents up to event {}, as recorded", args.at));
        }
        Form::Text => out.line(format!("OTHER  the source differs from what was recorded up to event {}", args.at)),
    }
}
