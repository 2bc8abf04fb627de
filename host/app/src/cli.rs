//! Command line: which command, with which arguments?
//!
//! In: the process's arguments. Out: the command's output and an exit code. Must never: do the work of a command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{backtest, build, check, config, data, doctor, explain, inspect, replay};
use crate::exit::{Exit, Failure};
use crate::output::{Form, Output};

/// Hosts trading strategies that are WebAssembly components: isolated, metered, and replayable decision by decision.
#[derive(Debug, Parser)]
#[command(name = "ringfence", version, propagate_version = true, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// Print results as JSON: one object, or one a line. Diagnostics stay on standard error.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    fine
  1    the thing checked does not hold
  2    wrong usage or configuration
  3    a strategy was halted
  4    something outside failed (disk, data, tool, wall clock)
  130  interrupted

Start with `ringfence doctor`; `ringfence explain CODE` tells what a code means.";

#[derive(Debug, Subcommand)]
enum Command {
    Build(build::Args),
    Check(check::Args),
    Backtest(backtest::Args),
    Replay(replay::Args),
    Inspect(inspect::Args),
    Data(data::Args),
    Config(config::Args),
    Explain(explain::Args),
    Doctor(doctor::Args),
}

/// Runs the command that the process's arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let form = if cli.json { Form::Json } else { Form::Text };
    let mut out = Output::stdout(form);
    let result = dispatch(&cli.command, &mut out);
    if let (Err(failure), Form::Json) = (&result, form) {
        out.json(&failure.json());
    }
    let printed = out.finish().map_err(|fault| Failure::outside(format!("cannot write to standard output: {fault}")));
    end(result.and_then(|exit| printed.map(|()| exit)))
}

fn dispatch(command: &Command, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        Command::Build(args) => build::run(args, out),
        Command::Check(args) => check::run(args, out),
        Command::Backtest(args) => backtest::run(args, out),
        Command::Replay(args) => replay::run(args, out),
        Command::Inspect(args) => inspect::run(args, out),
        Command::Data(args) => data::run(args, out),
        Command::Config(args) => config::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Doctor(args) => doctor::run(args, out),
    }
}

fn end(result: Result<Exit, Failure>) -> ExitCode {
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.code())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use expect_test::expect_file;

    use super::Cli;

    #[test]
    fn the_arguments_contradict_each_other_nowhere() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_of_every_command_is_as_written_down() {
        let mut text = String::new();
        help(Cli::command().term_width(100), "", &mut text);
        expect_file!["help.txt"].assert_eq(&text);
    }

    fn help(mut command: clap::Command, above: &str, text: &mut String) {
        let name = format!("{above} {}", command.get_name());
        let shown = command.render_long_help().to_string();
        let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
        text.push_str(&format!("=={name}\n{}\n\n", lines.join("\n")));
        let inner: Vec<_> = command.get_subcommands().filter(|inner| inner.get_name() != "help").cloned().collect();
        for command in inner {
            help(command.term_width(100), &name, text);
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Cli::command().get_subcommands().filter(|command| command.get_name() != "help") {
            let has_example = |command: &clap::Command| {
                command.get_after_help().is_some_and(|help| help.to_string().contains("ringfence "))
            };
            let inner: Vec<_> = command.get_subcommands().filter(|inner| inner.get_name() != "help").collect();
            let shown = if inner.is_empty() { has_example(command) } else { inner.into_iter().all(has_example) };
            assert!(shown, "{} has no example", command.get_name());
        }
    }
}
