//! `cargo xtask mutants`: would a test notice if a line that matters were wrong?
//!
//! In: the areas below, what cargo-mutants finds in them. Out: how many deliberate faults the tests caught, and the
//! survivors that `docs/mutation.md` gives no reason for. Must never: change the tree; cargo-mutants works on a copy.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

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

    /// Which tests run for each fault: first those that are quick even when not optimised (building is most of the time),
    /// then, for what they miss, those that take half a minute. Those that take minutes (`tests::queue_fold`,
    /// `tests::reckoning`) are left out.
    fn passes(self) -> &'static [Pass] {
        match self {
            Area::Risk | Area::Queue | Area::Gate | Area::Orders => &CORE_PASSES,
            Area::Recovery => &[Pass { opt_level: "1", tests: &["--tests"] }],
        }
    }
}

/// One round of tests over the faults that no earlier round caught.
struct Pass {
    opt_level: &'static str,
    /// Arguments of `cargo test`.
    tests: &'static [&'static str],
}

const CORE_PASSES: [Pass; 2] = [
    Pass {
        opt_level: "0",
        tests: &[
            "--lib",
            "--",
            "--skip=tests::queue_fold",
            "--skip=tests::reckoning",
            "--skip=tests::properties",
            "--skip=tests::interleavings",
        ],
    },
    Pass { opt_level: "1", tests: &["--lib", "--", "tests::properties", "tests::interleavings"] },
];

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
    let folder = workspace::fresh_folder(&format!("mutants/{name}"))?;
    let lines = |file: &str| list(&folder.join("mutants.out").join(file));
    let mut caught = BTreeSet::new();
    for (number, pass) in area.passes().iter().enumerate() {
        // It ends with an error when there are survivors; what they are stands in its files.
        if let Err(error) = try_faults((area, pass), options, &folder, number > 0) {
            println!("{name}, pass {}: {error:#}", number + 1);
        }
        caught.extend(lines("caught.txt").into_iter().chain(lines("timeout.txt")));
    }
    let missed: Vec<String> = lines("missed.txt").into_iter().filter(|line| !caught.contains(line)).collect();
    let (caught, all) = (caught.len(), caught.len() + missed.len());
    ensure!(all > 0, "no fault was made in {name}");
    println!("{name}: {caught} of {all} faults caught, {} %", caught * 100 / all);
    ensure!(caught * 100 >= all * CAUGHT_PERCENT_MIN, "{name}: fewer than {CAUGHT_PERCENT_MIN} % of the faults caught");
    let reasons = fs::read_to_string(workspace::root().join("docs/mutation.md")).context("reading docs/mutation.md")?;
    Ok(missed.into_iter().filter(|line| !reasons.contains(without_place(line))).collect())
}

/// Runs the tests once for each fault, or for those that no earlier pass caught.
fn try_faults((area, pass): (Area, &Pass), options: &Options, folder: &Path, only_missed: bool) -> Result<()> {
    let (output, jobs) = (folder.display().to_string(), options.jobs.to_string());
    let mut arguments =
        vec!["mutants", "--package", area.package(), "--no-shuffle", "--colors", "never", "--jobs", &jobs];
    arguments.extend(area.files().iter().flat_map(|file| ["--file", file]));
    arguments.extend(options.shard.iter().flat_map(|shard| ["--shard", shard]));
    arguments.extend(only_missed.then_some("--iterate"));
    arguments.extend(["--output", &output, "--"]);
    arguments.extend(pass.tests);
    cargo(arguments).env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_DEV_OPT_LEVEL", pass.opt_level).show()
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
