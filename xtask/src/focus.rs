//! `cargo xtask soak` and `cargo xtask golden`: some tests of the suite, run in a special way.
//!
//! In: part of a test name. Out: the same closing line as the whole suite. Must never: pass when no test fits.

use anyhow::{Result, ensure};

use crate::stage::{SkipRule, Stages, Tally};
use crate::suite;

/// Options of both commands.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only tests whose name contains this, instead of the command's own word.
    filter: Option<String>,
}

/// Long forms: `RINGFENCE_SOAK=1`.
pub(crate) fn soak(options: &Options) -> Result<()> {
    run(options.filter.as_deref().unwrap_or("soak"), ("RINGFENCE_SOAK", "1"))
}

/// Expected texts written anew: `UPDATE_EXPECT=1`.
pub(crate) fn golden(options: &Options) -> Result<()> {
    run(options.filter.as_deref().unwrap_or("golden"), ("UPDATE_EXPECT", "1"))
}

fn run(filter: &str, variable: (&'static str, &str)) -> Result<()> {
    let mut stages = Stages::default();
    stages.run("build", || suite::prepare().map(|()| Tally::default()));
    stages.run("tests", || {
        let tally = suite::tests(&["--", filter], &[variable])?.tally;
        let ran = tally.passed + (tally.failures.len() + tally.skips.len()) as u64;
        ensure!(ran > 0, "no test has `{filter}` in its name");
        Ok(tally)
    });
    stages.close();
    ensure!(stages.passed(SkipRule::Allowed), "not all of it held");
    Ok(())
}
