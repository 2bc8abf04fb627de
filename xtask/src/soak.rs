//! `cargo xtask soak`: do the laws of the core hold over many more lives than a usual run has time for?
//!
//! In: how many times longer than usual. Out: the same closing line as the whole suite. Must never: pass when one of its
//! groups of tests ran nothing, which would mean that somebody renamed it.

use std::num::NonZeroU32;

use anyhow::{Result, ensure};

use crate::libtest::Binary;
use crate::stage::{SkipRule, Stages};
use crate::suite;

/// Package and module of every test that reads `RINGFENCE_SOAK`.
const LONG: [(&str, &str); 3] = [
    ("ringfence-core", "tests::properties::"),
    ("ringfence-core", "tests::interleavings::"),
    ("ringfence-core", "tests::queue_fold::"),
];

/// Options of the command.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many times as many cases as usual.
    #[arg(long, default_value = "50")]
    factor: NonZeroU32,
}

/// Runs them, and says with which factor.
pub(crate) fn run(options: &Options) -> Result<()> {
    let factor = options.factor.to_string();
    let mut stages = Stages::default();
    stages.run(&format!("long tests, factor {factor}"), || {
        let arguments = arguments();
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let outcome = suite::tests(&words, &[("RINGFENCE_SOAK", &factor)])?;
        let idle = without_a_test(outcome.binaries());
        ensure!(idle.is_empty(), "no test ran in {}", idle.join(", "));
        for name in outcome.binaries().iter().flat_map(|binary| &binary.passed_names) {
            println!("   {name}");
        }
        Ok(outcome.tally)
    });
    stages.close();
    ensure!(stages.passed(SkipRule::Failure), "not all of it held");
    Ok(())
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
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
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
