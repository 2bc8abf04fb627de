//! The suite: how are the tests of the workspace built and run, and what was their result?
//!
//! In: arguments for `cargo test`. Out: counts, names of what passed, failures and skips; the whole output in
//! `target/xtask/test.log`. Must never: build in another way for one command than for another, which would compile
//! the engine again.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::{Context, Result};

use crate::acceptance::TestName;
use crate::browser;
use crate::languages;
use crate::libtest::{Binary, Kind, Reader, Seen};
use crate::oracles;
use crate::run::{Begun, Program, cargo, end};
use crate::skips::{self, Skip};
use crate::stage::Tally;
use crate::workspace;

/// What a run of the tests gave.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    binaries: Vec<Binary>,
    /// For the sum.
    pub(crate) tally: Tally,
}

/// Builds what tests run: their own binaries and the host binary in the dev profile, with one set of features.
pub(crate) fn build() -> Result<()> {
    cargo(["build", "--workspace", "--bins", "--tests"]).show()
}

/// Builds the host binary in the release profile.
pub(crate) fn build_release() -> Result<()> {
    release().show()
}

/// Begins to build the host binary in the release profile: most of that is one link, which leaves the other cores idle.
pub(crate) fn begin_release() -> Result<Begun> {
    let log = workspace::fresh_folder("xtask-release")?.join("build.log");
    release().begin(&log)
}

fn release() -> Program {
    cargo(["build", "--release", "--package", "ringfence"])
}

/// Everything: arguments for [`tests`].
pub(crate) const WHOLE: &[&str] = &["--workspace"];

/// Runs `cargo test` with these arguments and more variables.
pub(crate) fn tests(arguments: &[&str], variables: &[(&'static str, &str)]) -> Result<Outcome> {
    let skip_file = skips::fresh_file()?;
    let log_path = workspace::fresh_folder("xtask")?.join("test.log");
    let mut log = BufWriter::new(File::create(&log_path).with_context(|| format!("writing {}", log_path.display()))?);
    let mut environment = environment();
    environment.push(("RINGFENCE_SKIP_FILE", skip_file.clone().into_os_string()));
    environment.extend(variables.iter().map(|(name, value)| (*name, OsString::from(value))));
    let mut reader = Reader::default();
    let mut logged = Ok(());
    let all = ["test", "--no-fail-fast"].iter().chain(arguments);
    let status = cargo(all).envs(&environment).lines(|line| {
        if logged.is_ok() {
            logged = writeln!(log, "{line}");
        }
        match reader.line(line) {
            Seen::Quiet => {}
            Seen::Show => println!("{line}"),
            Seen::Ended(summary) => println!("   {summary}"),
        }
    })?;
    logged.and_then(|()| log.flush()).with_context(|| format!("writing {}", log_path.display()))?;
    let (binaries, not_compiled) = reader.end();
    let mut tally = sum(&binaries, skips::read(&skip_file)?);
    tally.failures.extend(not_compiled);
    if !status.success() && tally.failures.is_empty() {
        tally.failures.push(format!("`cargo test` ended with {} and named no failed test", end(status)));
    }
    Ok(Outcome { binaries, tally })
}

/// What tests are told about this run.
fn environment() -> Vec<(&'static str, OsString)> {
    vec![
        ("CARGO_TERM_COLOR", OsString::from("never")),
        ("RINGFENCE_DATA", workspace::data().into_os_string()),
        ("RINGFENCE_BIN", workspace::binary("debug").into_os_string()),
        ("RINGFENCE_CHROMIUM", browser::chromium().into_os_string()),
        ("RINGFENCE_LANGUAGES", languages::folder().into_os_string()),
        ("RINGFENCE_PYTHON", oracles::python().into_os_string()),
        ("RINGFENCE_ORACLE_HFT", oracles::hft().into_os_string()),
        ("RINGFENCE_BIN_RELEASE", workspace::binary("release").into_os_string()),
    ]
}

/// A test that skipped itself looks passed to the harness: it is counted as skipped instead.
fn sum(binaries: &[Binary], skips: Vec<Skip>) -> Tally {
    let mut tally = Tally { skips, ..Tally::default() };
    let passed: u64 = binaries.iter().map(|binary| binary.passed).sum();
    tally.passed = passed.saturating_sub(tally.skips.len() as u64);
    for binary in binaries {
        tally.failures.extend(binary.failed_names.iter().map(|name| format!("{}::{name}", binary.name)));
        let ignored = Skip { test: binary.name.clone(), reason: "marked as ignored".to_owned() };
        tally.skips.extend((0..binary.ignored).map(|_| ignored.clone()));
    }
    tally
}

impl Outcome {
    /// Every test binary that ran.
    pub(crate) fn binaries(&self) -> &[Binary] {
        &self.binaries
    }

    /// Whether the test of that name passed in this run.
    ///
    /// # Errors
    /// That it did not run, failed, or skipped itself.
    pub(crate) fn shows(&self, name: &TestName) -> Result<(), String> {
        if self.skipped(name) {
            return Err(format!("{name}: skipped"));
        }
        let binaries = || self.binaries.iter().filter(|binary| is_binary(binary, name));
        if binaries().any(|binary| binary.failed_names.iter().any(|path| is_test(path, name))) {
            return Err(format!("{name}: failed"));
        }
        let passed = binaries().any(|binary| binary.passed_names.iter().any(|path| is_test(path, name)));
        if passed { Ok(()) } else { Err(format!("{name}: did not run")) }
    }

    /// Whether the test of that name skipped itself; a skip is recorded with the crate before its path.
    pub(crate) fn skipped(&self, name: &TestName) -> bool {
        let is_it = |(crate_name, path): (&str, &str)| crate_name == crate_of(name) && is_test(path, name);
        self.tally.skips.iter().filter_map(|skip| skip.test.split_once("::")).any(is_it)
    }
}

fn is_binary(binary: &Binary, name: &TestName) -> bool {
    let kind = match binary.kind {
        Kind::Unit => name.binary == "lib",
        Kind::Integration => name.binary != "lib",
        Kind::Doc => false,
    };
    kind && binary.name == crate_of(name)
}

/// Unit tests are compiled in the crate of their package, others in a crate named after their file.
fn crate_of(name: &TestName) -> String {
    if name.binary == "lib" { name.package.replace('-', "_") } else { name.binary.clone() }
}

/// A promise names the function alone, or as much of its path as it needs.
fn is_test(path: &str, name: &TestName) -> bool {
    path == name.test || path.ends_with(&format!("::{}", name.test))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(name: &str, kind: Kind, passed: &[&str], failed: &[&str]) -> Binary {
        let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let count = passed.len() as u64;
        Binary { passed: count, passed_names: own(passed), failed_names: own(failed), ..named(name, kind) }
    }

    fn named(name: &str, kind: Kind) -> Binary {
        Binary { name: name.to_owned(), kind, ..Binary::default() }
    }

    fn skip(test: &str) -> Skip {
        Skip { test: test.to_owned(), reason: "no data".to_owned() }
    }

    #[track_caller]
    fn check(outcome: &Outcome, test: &str, want: &str) {
        let mut parts = test.splitn(3, "::").map(str::to_owned);
        let mut next = || parts.next().unwrap();
        let name = TestName { package: next(), binary: next(), test: next() };
        let shown = outcome.shows(&name).err().unwrap_or_else(|| "passed".to_owned());
        assert_eq!(shown.trim_start_matches(&format!("{test}: ")), want);
    }

    #[test]
    fn a_skipped_test_is_taken_from_those_that_passed() {
        let binaries =
            [binary("w1", Kind::Integration, &["a", "b"], &[]), binary("core", Kind::Unit, &["c"], &["m::d"])];
        let tally = sum(&binaries, vec![skip("w1::a")]);
        assert_eq!((tally.passed, tally.skips.len(), tally.failures), (2, 1, vec!["core::m::d".to_owned()]));
    }

    #[test]
    fn an_ignored_test_counts_as_skipped() {
        let tally = sum(&[Binary { ignored: 2, ..named("core", Kind::Unit) }], Vec::new());
        assert_eq!((tally.passed, tally.skips.len()), (0, 2));
    }

    #[test]
    fn a_promise_is_shown_only_by_a_test_that_ran_in_its_binary_and_passed() {
        let binaries = vec![
            binary("ringfence_core", Kind::Unit, &["ids::tests::a"], &["ids::tests::broken"]),
            binary("w1", Kind::Integration, &["oracle", "skipped_one"], &[]),
        ];
        let tally = Tally { skips: vec![skip("w1::skipped_one"), skip("w3::oracle")], ..Tally::default() };
        let outcome = Outcome { binaries, tally };
        check(&outcome, "ringfence-core::lib::a", "passed");
        check(&outcome, "ringfence-core::lib::ids::tests::a", "passed");
        check(&outcome, "ringfence-tests::w1::oracle", "passed");
        check(&outcome, "ringfence-core::lib::broken", "failed");
        check(&outcome, "ringfence-tests::w1::skipped_one", "skipped");
        check(&outcome, "ringfence-sim::lib::a", "did not run");
        check(&outcome, "ringfence-core::lib::racle", "did not run");
    }
}
