//! Developer commands: `cargo xtask COMMAND`.
//!
//! In: a command and the workspace it was compiled in. Out: what the command prints, exit code 0 when all of it held.
//! Must never: hold knowledge that belongs to the product; it starts cargo, rustup and the binary and reads what they
//! say. It imports no package of the workspace, so that it still builds when one of them does not.

#[path = "../../tests/src/acceptance.rs"]
#[allow(unreachable_pub, reason = "also a module of the test library, where these names are public")]
mod acceptance;
mod audit;
mod bench;
mod browser;
mod components;
mod demo;
mod language_table;
mod languages;
mod libtest;
mod mutants;
mod oracles;
mod pages;
mod promtool;
mod readme;
mod release;
mod run;
mod setup;
mod skips;
mod soak;
mod stage;
mod status;
mod suite;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", about = "Developer commands of Ringfence")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a strategy over a market, journals the run and replays it.
    Demo,
    /// Runs every check and test, with one closing line.
    Test(test::Options),
    /// Adds what the suite needs: compilation targets, the oracles' Python packages, a browser.
    Setup,
    /// Builds every strategy and test component into `target/components`.
    Components,
    /// Checks licences, banned crates, sources and known vulnerabilities of the dependencies.
    Audit,
    /// Says how many promises are shown by a test, and which cannot be.
    Status(status::Options),
    /// Runs the randomised tests with many times their usual number of cases.
    Soak(soak::Options),
    /// Builds the binary as it is released: compiled with a profile of its main jobs.
    Release,
    /// Measures the workloads through the release binary and writes `docs/performance.md`.
    Bench(bench::Options),
    /// Measures the same strategy in every language and writes the table in `docs/languages/README.md`.
    Languages(language_table::Options),
    /// Runs the commands that `docs/languages` shows, with the release binary and the toolchains that are there.
    Pages,
    /// Runs a program and prints what it used; `bench` starts itself so.
    #[command(hide = true)]
    Measure(bench::Words),
    /// Makes deliberate faults in the layers that decide, and sees whether a test notices each.
    Mutants(mutants::Options),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo => demo::run(),
        Command::Test(options) => return test::run(&options),
        Command::Setup => setup::run(),
        Command::Components => components::run(),
        Command::Audit => audit::run(),
        Command::Status(options) => status::run(&options),
        Command::Soak(options) => soak::run(&options),
        Command::Release => release::run(),
        Command::Bench(options) => bench::run(&options),
        Command::Languages(options) => language_table::run(&options),
        Command::Pages => pages::run(),
        Command::Measure(words) => bench::child(&words),
        Command::Mutants(options) => mutants::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
