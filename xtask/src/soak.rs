//! `cargo xtask soak`: does everything hold for much longer than a usual run has time for?
//!
//! In: which parts, and how long. Out: the same closing line as the whole suite. Must never: pass when a part ran nothing,
//! which would mean that somebody renamed its tests.

mod cargo_component;
mod clone;
mod fuzz;

use std::num::{NonZeroU32, NonZeroU64};

use anyhow::{Result, ensure};
use clap::ValueEnum;

use crate::libtest::Binary;
use crate::stage::{SkipRule, Stages, Tally};
use crate::{components, languages, setup, suite};

/// What can be run for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The randomised tests of the core, with many more cases.
    Laws,
    /// Fuzz targets of every decoder, of the control surface and of the local exchange.
    Fuzz,
    /// A paper session of three languages with reloads and halts, by the clock, and its replay.
    Paper,
    /// Kills of a live session at a faulty local exchange, at random moments.
    Kills,
    /// A paper session at the local exchange, by the clock: its memory, and its replay.
    ExchangePaper,
    /// A whole live session under faults of venue, network, disk, power and operators, from many seeds.
    Simulation,
    /// The Rust template built by cargo-component.
    CargoComponent,
    /// `cargo test` in a bare clone of the last commit.
    Clone,
}

/// Package and module of every test that reads `RINGFENCE_SOAK`.
const LONG: [(&str, &str); 3] = [
    ("ringfence-core", "tests::properties::"),
    ("ringfence-core", "tests::interleavings::"),
    ("ringfence-core", "tests::queue_fold::"),
];

/// The session that lasts as long as it is told to.
const PAPER: &str = "three_languages_five_reloads_a_halt_and_a_quarantine_in_paper_replay_alike";

/// The session that is killed as often as it is told to be.
const KILLED: &str = "a_session_that_is_killed_again_and_again_agrees_with_the_exchange";

/// The session that stays as large as it was.
const STEADY: &str = "a_paper_session_at_the_local_exchange_stays_as_large_as_it_was";

/// The simulation of a whole host.
const SIMULATED: &str = "host_and_exchange_agree_whatever_venue_network_disk_power_and_operators_do";

/// Options of the command.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many times as many cases as usual.
    #[arg(long, default_value = "50")]
    factor: NonZeroU32,
    /// Only this part; may be repeated.
    #[arg(long, value_enum)]
    part: Vec<Part>,
    /// Seconds for each fuzz target.
    #[arg(long, default_value = "600")]
    fuzz_seconds: NonZeroU64,
    /// Only this fuzz target.
    #[arg(long, value_name = "NAME")]
    fuzz_target: Option<String>,
    /// Length of each paper session in seconds.
    #[arg(long, default_value = "3600")]
    paper_seconds: NonZeroU64,
    /// How many kills there are.
    #[arg(long, default_value = "5000")]
    kills: NonZeroU64,
    /// Seeds of the simulation.
    #[arg(long, default_value = "20000")]
    seeds: NonZeroU64,
}

impl Options {
    fn has(&self, part: Part) -> bool {
        self.part.is_empty() || self.part.contains(&part)
    }
}

/// Runs them, and says how long.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut stages = Stages::default();
    if options.has(Part::Laws) {
        let factor = options.factor.to_string();
        stages.run(&format!("long tests, factor {factor}"), || laws(&factor));
    }
    if options.has(Part::Fuzz) {
        let seconds = options.fuzz_seconds.to_string();
        fuzz::run(&mut stages, &seconds, options.fuzz_target.as_deref())?;
    }
    if options.has(Part::Paper) {
        let seconds = options.paper_seconds.to_string();
        stages.run(&format!("paper session of {seconds} s"), || paper(&seconds));
    }
    if options.has(Part::Kills) {
        let kills = options.kills.to_string();
        stages.run(&format!("{kills} kills"), || one_test(("kills", KILLED), ("RINGFENCE_KILLS", &kills)));
    }
    if options.has(Part::ExchangePaper) {
        let seconds = options.paper_seconds.to_string();
        let test = ("steady", STEADY);
        let variable = ("RINGFENCE_EXCHANGE_PAPER_SECONDS", seconds.as_str());
        stages.run(&format!("paper session of {seconds} s at the local exchange"), || one_test(test, variable));
    }
    if options.has(Part::Simulation) {
        let seeds = options.seeds.to_string();
        stages.run(&format!("simulation of {seeds} seeds"), || simulation(&seeds));
    }
    if options.has(Part::CargoComponent) {
        stages.run("cargo component build", cargo_component::check);
    }
    if options.has(Part::Clone) {
        stages.run("cargo test in a bare clone", clone::check);
    }
    stages.close();
    ensure!(stages.passed(SkipRule::Failure), "not all of it held");
    Ok(())
}

fn laws(factor: &str) -> Result<Tally> {
    let arguments = arguments();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = suite::tests(&words, &[("RINGFENCE_SOAK", factor)])?;
    let idle = without_a_test(outcome.binaries());
    ensure!(idle.is_empty(), "no test ran in {}", idle.join(", "));
    for name in outcome.binaries().iter().flat_map(|binary| &binary.passed_names) {
        println!("   {name}");
    }
    Ok(outcome.tally)
}

fn paper(seconds: &str) -> Result<Tally> {
    setup::add(setup::SUITE)?;
    languages::install()?;
    components::build()?;
    suite::build()?;
    let words = ["--package", "ringfence-tests", "--test", "languages", PAPER];
    let outcome = suite::tests(&words, &[("RINGFENCE_PAPER_SECONDS", seconds)])?;
    ran(&outcome, &[PAPER])
}

/// One test of the real binary, with what it says of itself.
fn one_test((file, name): (&str, &str), variable: (&'static str, &str)) -> Result<Tally> {
    setup::add(setup::SUITE)?;
    components::build()?;
    suite::build()?;
    let words = ["--package", "ringfence-tests", "--test", file, name, "--", "--nocapture"];
    let outcome = suite::tests(&words, &[variable])?;
    ran(&outcome, &[name])
}

fn simulation(seeds: &str) -> Result<Tally> {
    let words = ["--package", "ringfence-faults", "--test", "whole", SIMULATED, "--", "--nocapture"];
    ran(&suite::tests(&words, &[("RINGFENCE_SEEDS", seeds)])?, &[SIMULATED])
}

/// The sum, when every one of these tests ran.
fn ran(outcome: &suite::Outcome, tests: &[&str]) -> Result<Tally> {
    let binaries = outcome.binaries();
    let names = || binaries.iter().flat_map(|binary| binary.passed_names.iter().chain(&binary.failed_names));
    for test in tests {
        ensure!(names().any(|name| name.rsplit("::").next() == Some(test)), "no test {test} ran");
    }
    Ok(outcome.tally.clone())
}

fn arguments() -> Vec<String> {
    let packages = LONG.iter().flat_map(|(package, _)| ["--package".to_owned(), (*package).to_owned()]);
    let filters = LONG.iter().map(|(_, module)| (*module).to_owned());
    packages.chain(["--lib".to_owned(), "--".to_owned()]).chain(filters).collect()
}

/// Modules of which no test was run.
fn without_a_test(binaries: &[Binary]) -> Vec<&'static str> {
    let ran = |module: &str| {
        let mut names = binaries.iter().flat_map(|binary| binary.passed_names.iter().chain(&binary.failed_names));
        names.any(|name| name.starts_with(module))
    };
    LONG.iter().map(|(_, module)| *module).filter(|module| !ran(module)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn each_group_has_to_run_something() {
        let all = Binary { passed_names: LONG.map(|(_, module)| format!("{module}a")).to_vec(), ..Binary::default() };
        assert_eq!(without_a_test(&[all]), [""; 0]);
        let one = Binary { failed_names: vec!["tests::properties::a".to_owned()], ..Binary::default() };
        assert_eq!(without_a_test(&[one]), ["tests::interleavings::", "tests::queue_fold::"]);
    }

    /// Every file that reads the factor is in the list, and the list names no other.
    #[test]
    fn the_list_is_what_the_sources_ask_for() {
        let folder = workspace::root().join("host/core/src/tests");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        let asks = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap().contains("soak_times()");
        let mut found: Vec<String> = files
            .filter(asks)
            .map(|path| format!("tests::{}::", path.file_stem().unwrap().to_string_lossy()))
            .collect();
        let mut listed = LONG.map(|(_, module)| module.to_owned()).to_vec();
        found.sort();
        listed.sort();
        assert_eq!(found, listed);
    }
}
