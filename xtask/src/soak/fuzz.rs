//! Fuzz targets: which are there, and does each stand a long time?
//!
//! In: the list below, for how long. Out: a stage for each. Must never: leave a target out that is in the sources; a test
//! compares them.

use anyhow::{Result, ensure};

use super::ran;
use crate::stage::{Stages, Tally};
use crate::{components, suite};

/// The targets of a package.
struct Fuzzed {
    package: &'static str,
    /// Words for `cargo test`: which binary, with which features.
    binary: &'static [&'static str],
    /// Names of the tests in it.
    tests: &'static [&'static str],
}

const OWN: &[&str] = &["--test", "fuzz"];

const FUZZED: [Fuzzed; 9] = [
    Fuzzed { package: "ringfence-core", binary: OWN, tests: &["canonical"] },
    Fuzzed {
        package: "ringfence-journal",
        binary: OWN,
        tests: &["beside::beside", "journals::forged", "journals::journals", "records::records"],
    },
    Fuzzed { package: "ringfence-tape", binary: OWN, tests: &["columns", "native", "packed"] },
    Fuzzed {
        package: "ringfence-data",
        binary: &["--test", "fuzz", "--features", "ringfence-data/parquet"],
        tests: &["binaries", "maps", "texts"],
    },
    // What it tries is not public.
    Fuzzed {
        package: "ringfence-control",
        binary: &["--lib"],
        tests: &["fuzz::intents", "fuzz::replies", "fuzz::requests"],
    },
    Fuzzed { package: "ringfence", binary: OWN, tests: &["configuration", "events"] },
    Fuzzed { package: "ringfence-exchange", binary: OWN, tests: &["logs::logs", "scripts", "settings", "trading"] },
    Fuzzed { package: "ringfence-binance", binary: OWN, tests: &["answers", "frames", "machine"] },
    Fuzzed {
        package: SANDBOX,
        binary: OWN,
        tests: &["targets::admission", "targets::apart", "targets::lifting", "targets::manifest", "targets::state"],
    },
];

/// Its targets run components that have to be built.
const SANDBOX: &str = "ringfence-sandbox";

/// A stage for each target, or for the one that is named: one after the other, each has a core to itself.
pub(super) fn run(stages: &mut Stages, seconds: &str, only: Option<&str>) -> Result<()> {
    let chosen = chosen(only)?;
    if chosen.iter().any(|(fuzzed, _)| fuzzed.package == SANDBOX) {
        stages.run("components", || components::run().map(|()| Tally::one()));
    }
    for (fuzzed, test) in chosen {
        let title = format!("fuzz target {} of {}, {seconds} s", name(test), fuzzed.package);
        stages.run(&title, || tried(fuzzed, test, seconds));
    }
    Ok(())
}

fn tried(fuzzed: &Fuzzed, test: &str, seconds: &str) -> Result<Tally> {
    let words = [&["--package", fuzzed.package], fuzzed.binary, &["--", "--exact", test, "--nocapture"]].concat();
    let outcome = suite::tests(&words, &[("RINGFENCE_FUZZ_SECONDS", seconds)])?;
    ran(&outcome, &[name(test)])
}

fn chosen(only: Option<&str>) -> Result<Vec<(&'static Fuzzed, &'static str)>> {
    let all = FUZZED.iter().flat_map(|fuzzed| fuzzed.tests.iter().map(move |test| (fuzzed, *test)));
    let chosen: Vec<_> = all.filter(|(_, test)| only.is_none_or(|only| only == name(test))).collect();
    let names = FUZZED.iter().flat_map(|fuzzed| fuzzed.tests).map(|test| name(test)).collect::<Vec<_>>().join(", ");
    ensure!(!chosen.is_empty(), "no fuzz target {}; there are {names}", only.unwrap_or_default());
    Ok(chosen)
}

/// What a target is called: the last word of the test's name.
fn name(test: &str) -> &str {
    test.rsplit("::").next().unwrap_or(test)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::workspace;

    /// Tests of a file that try inputs: their bodies say so.
    fn targets(path: &Path) -> Vec<String> {
        let text = fs::read_to_string(path).unwrap();
        let bodies = text.split("#[test]\nfn ").skip(1).map(|rest| rest.split("\n}\n").next().unwrap_or_default());
        let tries = |body: &&str| body.contains("target!(") || body.contains("fuzz");
        bodies.filter(tries).map(|body| body.split('(').next().unwrap_or_default().to_owned()).collect()
    }

    fn folders() -> Vec<PathBuf> {
        let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let packages = ["host", "venues"].into_iter().flat_map(|layer| below(workspace::root().join(layer)));
        packages.collect()
    }

    /// Package folder and name of every target in the sources.
    fn in_the_sources() -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        for package in folders() {
            let (own, inner) = (package.join("tests/fuzz"), package.join("src/fuzz"));
            for (folder, prefix) in [(own, ""), (inner, "fuzz::")] {
                let Ok(entries) = fs::read_dir(&folder) else { continue };
                for path in entries.map(|entry| entry.unwrap().path()) {
                    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
                    let module = if ["main", "mod"].contains(&stem.as_str()) { String::new() } else { stem + "::" };
                    let name = package.file_name().unwrap().to_string_lossy().into_owned();
                    // The binary's own package is called as the product is.
                    let name = if name == "app" { "ringfence".to_owned() } else { format!("ringfence-{name}") };
                    let tests = targets(&path).into_iter().map(|test| format!("{prefix}{module}{test}"));
                    found.extend(tests.map(|test| (name.clone(), test)));
                }
            }
        }
        found
    }

    #[test]
    fn the_list_is_what_the_sources_hold() {
        let listed = FUZZED
            .iter()
            .flat_map(|fuzzed| fuzzed.tests.iter().map(|test| (fuzzed.package.to_owned(), (*test).to_owned())));
        assert_eq!(in_the_sources(), listed.collect());
    }

    #[test]
    fn a_target_is_chosen_by_its_name_which_no_other_has() {
        let all = chosen(None).unwrap();
        let names: BTreeSet<&str> = all.iter().map(|(_, test)| name(test)).collect();
        assert_eq!(names.len(), all.len(), "two targets of one name");
        for one in names {
            assert_eq!(chosen(Some(one)).unwrap().len(), 1, "{one}");
        }
        assert!(chosen(Some("nothing")).is_err());
    }
}
