//! `cargo xtask test`: does everything hold that the project can check?
//!
//! In: the workspace. Out: stages with their times, one closing line, exit code 0 when nothing failed. Must never: need
//! anything but rustup and a network for the first build.

use std::process::ExitCode;

use anyhow::Result;

use crate::run::{Begun, cargo};
use crate::stage::{SkipRule, Stages, Tally};
use crate::{browser, components, languages, oracles, pages, promtool, readme, setup, status, suite};

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Fail when a test is skipped, for example because market data is missing.
    #[arg(long)]
    no_skips: bool,
}

/// Runs all stages and prints the closing line.
pub(crate) fn run(options: &Options) -> ExitCode {
    let skips = if options.no_skips { SkipRule::Failure } else { SkipRule::Allowed };
    let mut stages = Stages::default();
    stages.run("targets", || one(setup::add(setup::SUITE)));
    stages.run("format", || one(cargo(["fmt", "--all", "--check"]).show()));
    stages.run("lints", || one(lints()));
    // What is to be fetched is there: most of this is one link, which leaves the other core idle.
    let release = suite::begin_release();
    stages.run("without Parquet", || one(without_parquet()));
    stages.run("core alone and without an operating system", core_builds);
    stages.run("build", || one(suite::build()));
    stages.run("components", || one(components::build()));
    stages.run("oracles", || one(oracles::install()));
    stages.run("oracle hftbacktest", || one(oracles::build_hft()));
    stages.run("languages", || one(languages::install()));
    stages.run("browser", || one(browser::install()));
    stages.run("promtool", || one(promtool::install()));
    stages.run("release build, the rest of it", || one(release.and_then(Begun::end)));
    let mut outcome = suite::Outcome::default();
    stages.run("tests", || {
        outcome = suite::tests(suite::WHOLE, &[])?;
        Ok(outcome.tally.clone())
    });
    stages.run("README commands", readme::check);
    stages.run("commands of the language pages", pages::check);
    stages.run("promises", || status::check(&outcome));
    stages.close();
    if stages.passed(skips) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Warnings are errors here, and only here.
fn lints() -> Result<()> {
    cargo(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]).show()
}

/// Parquet is on by default and can be left out: what is built without it is seen nowhere else.
fn without_parquet() -> Result<()> {
    let packages = ["--package", "ringfence", "--package", "ringfence-data", "--package", "ringfence-report"];
    let others = ["control", "exchange", "fetch", "live", "venues"].map(|name| format!("ringfence/{name}")).join(",");
    let features = ["--no-default-features", "--features", others.as_str()];
    let lints = ["--all-targets", "--", "--deny", "warnings"];
    cargo(["clippy"].into_iter().chain(packages).chain(features).chain(lints)).show()
}

/// Two checks: the core with the features that it asks for itself, and where there is no standard library.
fn core_builds() -> Result<Tally> {
    cargo(["build", "--package", "ringfence-core", "--lib"]).show()?;
    cargo(["build", "--package", "ringfence-core", "--lib", "--target", setup::NO_OS]).show()?;
    Ok(Tally { passed: 2, ..Tally::default() })
}

fn one<T>(done: Result<T>) -> Result<Tally> {
    done.map(|_| Tally::one())
}
