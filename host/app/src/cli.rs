//! Command line: which command, with which arguments?
//!
//! In: the process's arguments. Out: the command's output and an exit code. Must never: do the work of a command.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};

#[cfg(feature = "control")]
use crate::commands::ctl;
#[cfg(feature = "exchange")]
use crate::commands::exchange;
use crate::commands::{
    backtest, build, check, config, data, debug, dev, diff, doctor, explain, inspect, key, new, profile, replay, run,
    sign, sweep, test, verify, whatif, why,
};
use crate::compiler;
use crate::exit::{Exit, Failure, Fault};
#[cfg(feature = "venues")]
use crate::gateway;
use crate::output::{Form, Output, diagnostic};

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
    New(new::Args),
    Build(build::Args),
    Test(test::Args),
    Check(check::Args),
    Backtest(backtest::Args),
    Run(run::Args),
    Dev(dev::Args),
    Sweep(sweep::Args),
    Profile(profile::Args),
    #[cfg(feature = "control")]
    Ctl(ctl::Args),
    Replay(replay::Args),
    Inspect(inspect::Args),
    Why(why::Args),
    Diff(diff::Args),
    #[command(name = "whatif")]
    WhatIf(whatif::Args),
    Debug(debug::Args),
    Data(data::Args),
    #[cfg(feature = "exchange")]
    Exchange(exchange::Args),
    Config(config::Args),
    Key(key::Args),
    Sign(sign::Args),
    Verify(verify::Args),
    Explain(explain::Args),
    Doctor(doctor::Args),
    #[cfg(feature = "venues")]
    #[command(name = gateway::VERB, hide = true)]
    Gateway(gateway::serve::Args),
}

/// Runs the command that the process's arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(end) = ringfence_sandbox::serve_if_asked(&arguments) {
        return end;
    }
    compiler::use_workers();
    match parse(&arguments) {
        Ok(cli) => run(&cli),
        Err(error) => not_parsed(&error, wants_json(&arguments)),
    }
}

/// Reads arguments. What stands behind an option is its value, a negative number too, so that whoever writes `--limit -1` is
/// told what is allowed there.
fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut matches = with_values(Cli::command()).try_get_matches_from(arguments)?;
    Cli::from_arg_matches_mut(&mut matches)
}

fn with_values(command: clap::Command) -> clap::Command {
    let opened = command.mut_args(|arg| {
        let takes_a_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
        if takes_a_value && arg.get_long().is_some() { arg.allow_negative_numbers(true) } else { arg }
    });
    opened.mut_subcommands(with_values)
}

fn run(cli: &Cli) -> ExitCode {
    let form = if cli.json { Form::Json } else { Form::Text };
    let mut out = Output::stdout(form);
    let result = dispatch(&cli.command, &mut out);
    if let (Err(failure), Form::Json) = (&result, form) {
        out.json(&failure.json());
    }
    let printed = out.finish().map_err(not_written);
    end(result.and_then(|exit| printed.map(|()| exit)))
}

fn not_written(fault: io::Error) -> Failure {
    Failure::outside(format!("cannot write to standard output: {fault}"))
}

/// Whether `--json` stands among arguments that could not be parsed.
fn wants_json(arguments: &[OsString]) -> bool {
    arguments.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "--json")
}

/// Help and version, which were asked for, or arguments that are wrong: those are shown to people in any case, and to
/// programs as one object.
fn not_parsed(error: &clap::Error, wants_json: bool) -> ExitCode {
    let shown = error.print();
    if !error.use_stderr() {
        return match shown {
            Err(fault) if fault.kind() != io::ErrorKind::BrokenPipe => end(Err(not_written(fault))),
            Ok(()) | Err(_) => Exit::Fine.into(),
        };
    }
    let failure = Failure::Usage(fault_of(error));
    if wants_json {
        let mut out = Output::stdout(Form::Json);
        out.json(&failure.json());
        if let Err(fault) = out.finish() {
            return end(Err(not_written(fault)));
        }
    }
    ExitCode::from(failure.code())
}

/// What clap says in paragraphs, as a message and advice.
fn fault_of(error: &clap::Error) -> Fault {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Fault::new("a command is missing").fixed_by("`ringfence --help` lists them");
    }
    let text = error.render().to_string();
    let joined = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = text.split("\n\n").map(joined);
    let fault = Fault::new(parts.next().unwrap_or_default().trim_start_matches("error: "));
    match parts.find_map(|part| part.strip_prefix("tip: ").map(str::to_owned)) {
        Some(tip) => fault.fixed_by(tip),
        None => fault.fixed_by("`--help` shows what is allowed"),
    }
}

fn dispatch(command: &Command, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        Command::New(args) => new::run(args, out),
        Command::Build(args) => build::run(args, out),
        Command::Test(args) => test::run(args, out),
        Command::Check(args) => check::run(args, out),
        Command::Backtest(args) => backtest::run(args, out),
        Command::Run(args) => run::run(args, out),
        Command::Dev(args) => dev::run(args, out),
        Command::Sweep(args) => sweep::run(args, out),
        Command::Profile(args) => profile::run(args, out),
        #[cfg(feature = "control")]
        Command::Ctl(args) => ctl::run(args, out),
        Command::Replay(args) => replay::run(args, out),
        Command::Inspect(args) => inspect::run(args, out),
        Command::Why(args) => why::run(args, out),
        Command::Diff(args) => diff::run(args, out),
        Command::WhatIf(args) => whatif::run(args, out),
        Command::Debug(args) => debug::run(args, out),
        Command::Data(args) => data::run(args, out),
        #[cfg(feature = "exchange")]
        Command::Exchange(args) => exchange::run(args, out),
        Command::Config(args) => config::run(args, out),
        Command::Key(args) => key::run(args, out),
        Command::Sign(args) => sign::run(args, out),
        Command::Verify(args) => verify::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Doctor(args) => doctor::run(args, out),
        #[cfg(feature = "venues")]
        Command::Gateway(args) => gateway::serve::run(args),
    }
}

fn end(result: Result<Exit, Failure>) -> ExitCode {
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            diagnostic(&failure);
            ExitCode::from(failure.code())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use expect_test::expect_file;

    use super::*;

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
        let inner: Vec<_> = command.get_subcommands().filter(|inner| is_for_people(inner)).cloned().collect();
        for command in inner {
            help(command.term_width(100), &name, text);
        }
    }

    /// Not the help that clap adds, nor what the program starts itself with.
    fn is_for_people(command: &clap::Command) -> bool {
        command.get_name() != "help" && !command.is_hide_set()
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Cli::command().get_subcommands().filter(|command| is_for_people(command)) {
            let has_example = |command: &clap::Command| {
                command.get_after_help().is_some_and(|help| help.to_string().contains("ringfence "))
            };
            let inner: Vec<_> = command.get_subcommands().filter(|inner| inner.get_name() != "help").collect();
            let shown = if inner.is_empty() { has_example(command) } else { inner.into_iter().all(has_example) };
            assert!(shown, "{} has no example", command.get_name());
        }
    }

    /// Every option that takes a number, with the words before it.
    fn numeric(command: &clap::Command, above: &[String], found: &mut Vec<Vec<String>>) {
        let words: Vec<String> = above.iter().cloned().chain([command.get_name().to_owned()]).collect();
        for arg in command.get_arguments().filter(|arg| is_numeric(arg)) {
            let long = arg.get_long().expect("numbers are given to options");
            found.push(words.iter().cloned().chain([format!("--{long}")]).collect());
        }
        command.get_subcommands().filter(|inner| is_for_people(inner)).for_each(|inner| numeric(inner, &words, found));
    }

    fn is_numeric(arg: &clap::Arg) -> bool {
        use std::any::TypeId;
        use std::num::{NonZeroU32, NonZeroUsize};
        let numbers = [
            TypeId::of::<u8>(),
            TypeId::of::<u16>(),
            TypeId::of::<u32>(),
            TypeId::of::<u64>(),
            TypeId::of::<usize>(),
            TypeId::of::<i64>(),
            TypeId::of::<f64>(),
            TypeId::of::<NonZeroU32>(),
            TypeId::of::<NonZeroUsize>(),
            TypeId::of::<ringfence_data::Number>(),
        ];
        numbers.iter().any(|number| arg.get_value_parser().type_id() == *number)
    }

    #[test]
    fn every_option_that_takes_a_number_says_which_are_allowed() {
        let mut found = Vec::new();
        numeric(&Cli::command(), &[], &mut found);
        assert!(found.len() > 40, "{found:?}");
        for words in found {
            let arguments: Vec<OsString> = words.iter().map(OsString::from).chain(["many".into()]).collect();
            let error = parse(&arguments).expect_err("it is no number").render().to_string();
            let said = error.lines().next().unwrap_or_default();
            let head = format!("error: invalid value 'many' for '{}", words.last().expect("an option"));
            let (what, range) = said.split_once("': ").unwrap_or_default();
            let says_range = ["needed", "want"].iter().any(|word| range.contains(word));
            assert!(format!("{what}'").starts_with(&head) && says_range, "{words:?}: {said}");
        }
    }

    #[test]
    fn a_negative_number_behind_an_option_is_its_value() {
        let arguments = ["ringfence", "inspect", "j", "--at", "-1"].map(OsString::from);
        let error = parse(&arguments).expect_err("no event is before the first").render().to_string();
        let said = error.lines().next().unwrap_or_default();
        assert!(said.contains("invalid value '-1' for '--at <SEQ>'") && said.contains("from 0 to "), "{said}");
        parse(&["ringfence", "inspect", "j", "--at", "5", "--step", "-2"].map(OsString::from)).expect("two back");
    }
}
