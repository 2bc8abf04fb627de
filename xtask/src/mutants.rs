//! `cargo xtask mutants`: would a test notice if a line that matters were wrong?
//!
//! In: the areas below, what cargo-mutants finds in them. Out: how many deliberate faults the tests caught, and the
//! survivors that `docs/mutation.md` gives no reason for. Must never: change the tree; cargo-mutants works on a copy.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::run::cargo;
use crate::workspace;

/// Least part of the faults that tests must catch, in percent.
const CAUGHT_PERCENT_MIN: usize = 90;

/// What to mutate.
#[derive(Args)]
pub(crate) struct Options {
    /// Which part; all of them where none is given.
    #[arg(value_enum)]
    area: Option<Area>,
    /// Only this share of the faults, for example 2/8; shares run one after the other add up.
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// Only the faults that the last run missed, with the tests as they are now.
    #[arg(long)]
    missed: bool,
    /// With the tests that take half a minute instead of those that take seconds.
    #[arg(long)]
    slow: bool,
    /// How many faults to try at the same time.
    #[arg(long, value_name = "N", default_value_t = 1)]
    jobs: u8,
}

/// Parts whose every line is meant to be watched by a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Area {
    /// The rules of Risk and approvals.
    Risk,
    /// Queue, pacing and parents.
    Queue,
    /// The Gate.
    Gate,
    /// Order life and what is booked.
    Orders,
    /// Recovery of a journal after a crash.
    Recovery,
}

impl Area {
    fn package(self) -> &'static str {
        match self {
            Area::Risk | Area::Queue | Area::Gate | Area::Orders => "ringfence-core",
            Area::Recovery => "ringfence-journal",
        }
    }

    fn files(self) -> &'static [&'static str] {
        match self {
            Area::Risk => &["host/core/src/risk/**/*.rs", "host/core/src/state/activity.rs", "host/core/src/cross.rs"],
            Area::Queue => {
                &["host/core/src/queue/*.rs", "host/core/src/step/parents.rs", "host/core/src/state/parents.rs"]
            }
            Area::Gate => &["host/core/src/gate.rs"],
            Area::Orders => {
                &["host/core/src/order.rs", "host/core/src/state/execution.rs", "host/core/src/state/orders.rs"]
            }
            Area::Recovery => {
                &["host/journal/src/recovery.rs", "host/journal/src/scan.rs", "host/journal/src/sidecar.rs"]
            }
        }
    }

    /// Which tests run for each fault: those that are quick even when not optimised (building is most of the time), or
    /// those that take half a minute. Those that take minutes (`tests::queue_fold`, `tests::reckoning`) are left out.
    fn tests(self, slow: bool) -> &'static [&'static str] {
        match (self, slow) {
            (Area::Recovery, _) => &["--tests"],
            (Area::Risk | Area::Queue | Area::Gate | Area::Orders, true) => {
                &["--lib", "--", "tests::properties", "tests::interleavings"]
            }
            (Area::Risk | Area::Queue | Area::Gate | Area::Orders, false) => &[
                "--lib",
                "--",
                "--skip=tests::queue_fold",
                "--skip=tests::reckoning",
                "--skip=tests::properties",
                "--skip=tests::interleavings",
            ],
        }
    }
}

/// Installs cargo-mutants where it is missing, then mutates.
pub(crate) fn run(options: &Options) -> Result<()> {
    if cargo(["mutants", "--version"]).output().is_err() {
        println!("installing cargo-mutants; this takes some minutes, once");
        cargo(["install", "cargo-mutants", "--locked"]).show().context("cargo-mutants makes the faults")?;
    }
    let areas = options.area.map_or_else(|| Area::value_variants().to_vec(), |area| vec![area]);
    let mut unexplained = Vec::new();
    for area in areas {
        unexplained.extend(mutate(area, options)?);
    }
    let shown: Vec<String> = unexplained.iter().map(|line| format!("  {line}")).collect();
    ensure!(unexplained.is_empty(), "survivors that docs/mutation.md gives no reason for:\n{}", shown.join("\n"));
    Ok(())
}

fn mutate(area: Area, options: &Options) -> Result<Vec<String>> {
    let name = format!("{area:?}").to_lowercase();
    let folder = match options.missed {
        true => workspace::root().join("target/mutants").join(&name),
        false => workspace::fresh_folder(&format!("mutants/{name}"))?,
    };
    // It ends with an error when there are survivors; what they are stands in its files.
    let outcome = try_faults(area, options, &folder);
    let results = folder.join("mutants.out");
    let caught = remember(&folder.join("caught.txt"), [results.join("caught.txt"), results.join("timeout.txt")])?;
    let missed = list(&results.join("missed.txt"));
    let all = caught + missed.len();
    ensure!(all > 0, "no fault was made in {name}: {outcome:?}");
    println!("{name}: {caught} of {all} faults caught, {} %", caught * 100 / all);
    ensure!(caught * 100 >= all * CAUGHT_PERCENT_MIN, "{name}: fewer than {CAUGHT_PERCENT_MIN} % of the faults caught");
    let reasons = fs::read_to_string(workspace::root().join("docs/mutation.md")).context("reading docs/mutation.md")?;
    Ok(missed.into_iter().filter(|line| !reasons.contains(without_place(line))).collect())
}

/// Runs the tests once for each fault.
fn try_faults(area: Area, options: &Options, folder: &Path) -> Result<()> {
    let (output, jobs) = (folder.display().to_string(), options.jobs.to_string());
    let mut arguments =
        vec!["mutants", "--package", area.package(), "--no-shuffle", "--colors", "never", "--jobs", &jobs];
    arguments.extend(area.files().iter().flat_map(|file| ["--file", file]));
    arguments.extend(options.shard.iter().flat_map(|shard| ["--shard", shard]));
    arguments.extend(options.missed.then_some("--iterate"));
    arguments.extend(["--output", &output, "--"]);
    arguments.extend(area.tests(options.slow));
    let opt_level = if options.slow || area == Area::Recovery { "1" } else { "0" };
    cargo(arguments).env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_DEV_OPT_LEVEL", opt_level).show()
}

/// Adds what was caught now to what earlier runs caught; how many those are together.
fn remember(known: &Path, now: [PathBuf; 2]) -> Result<usize> {
    let all: BTreeSet<String> = list(known).into_iter().chain(now.iter().flat_map(|path| list(path))).collect();
    let text: String = all.iter().map(|line| format!("{line}\n")).collect();
    fs::write(known, text).with_context(|| format!("writing {}", known.display()))?;
    Ok(all.len())
}

fn list(path: &Path) -> Vec<String> {
    fs::read_to_string(path).map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default()
}

/// `host/core/src/gate.rs:90:12: replace < with <= in spend` without the place, which moves with every edit.
fn without_place(line: &str) -> &str {
    line.splitn(4, ':').nth(3).map_or(line, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survivor_is_known_by_what_was_changed_and_not_by_its_line() {
        assert_eq!(without_place("host/a.rs:90:12: replace < with <= in spend"), "replace < with <= in spend");
        assert_eq!(without_place("odd"), "odd");
    }

    #[test]
    fn every_area_names_files_that_are_there() {
        for area in Area::value_variants() {
            for file in area.files() {
                let folder = file.split('*').next().unwrap_or(file);
                assert!(workspace::root().join(folder).exists(), "{file}");
            }
        }
    }
}
