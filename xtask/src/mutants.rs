//! `cargo xtask mutants`: would a test notice if a line that matters were wrong?
//!
//! In: the areas below, what cargo-mutants finds in them. Out: how many deliberate faults the tests caught, and the
//! survivors that `docs/mutation.md` gives no reason for. Must never: change the tree; cargo-mutants works on a copy.

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

    /// Which tests run for each fault: all of the package but those that take minutes.
    fn tests(self) -> &'static [&'static str] {
        match self {
            Area::Risk | Area::Queue | Area::Gate | Area::Orders => {
                &["--lib", "--", "--skip", "tests::queue_fold", "--skip", "tests::reckoning"]
            }
            Area::Recovery => &["--tests"],
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
        unexplained.extend(mutate(area, options.shard.as_deref())?);
    }
    let shown: Vec<String> = unexplained.iter().map(|line| format!("  {line}")).collect();
    ensure!(unexplained.is_empty(), "survivors that docs/mutation.md gives no reason for:\n{}", shown.join("\n"));
    Ok(())
}

fn mutate(area: Area, shard: Option<&str>) -> Result<Vec<String>> {
    let name = format!("{area:?}").to_lowercase();
    let folder = workspace::fresh_folder(&format!("mutants/{name}"))?;
    let mut arguments = vec!["mutants", "--package", area.package(), "--no-shuffle", "--colors", "never"];
    arguments.extend(area.files().iter().flat_map(|file| ["--file", file]));
    arguments.extend(shard.into_iter().flat_map(|shard| ["--shard", shard]));
    let output = folder.display().to_string();
    arguments.extend(["--output", &output, "--"]);
    arguments.extend(area.tests());
    // It ends with an error when there are survivors; what they are stands in its files.
    let outcome = cargo(&arguments).show();
    let results = folder.join("mutants.out");
    let lines = |file: &str| list(&results.join(file));
    let (caught, missed) = (lines("caught.txt").len() + lines("timeout.txt").len(), lines("missed.txt"));
    let all = caught + missed.len();
    ensure!(all > 0, "no fault was made in {name}: {outcome:?}");
    println!("{name}: {caught} of {all} faults caught, {} %", caught * 100 / all);
    ensure!(caught * 100 >= all * CAUGHT_PERCENT_MIN, "{name}: fewer than {CAUGHT_PERCENT_MIN} % of the faults caught");
    let reasons = fs::read_to_string(workspace::root().join("docs/mutation.md")).context("reading docs/mutation.md")?;
    Ok(missed.into_iter().filter(|line| !reasons.contains(without_place(line))).collect())
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
