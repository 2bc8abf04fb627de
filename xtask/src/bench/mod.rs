//! `cargo xtask bench`: how fast is the product on this machine, and do its targets hold?
//!
//! In: the release binary on the workloads (`RINGFENCE_DATA`), and the bench of what no run of it shows alone. Out: tables,
//! or one JSON object; the measured part of `docs/performance.md`. Must never: time anything itself but whole processes,
//! or fail because a machine is slow: a target that does not hold is marked, not an error.

mod figures;
mod measure;
mod page;
mod work;

use anyhow::{Context, Result, ensure};

pub(crate) use self::measure::{Words, child};

use self::work::Ready;
use crate::run::cargo;
use crate::{components, setup, suite, workspace};

/// Options of the command.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Runs of each workload; the tables show the best and the middle one.
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    repetitions: u32,
    /// Print one JSON object in place of tables.
    #[arg(long)]
    json: bool,
    /// Leave `docs/performance.md` as it is.
    #[arg(long)]
    no_page: bool,
}

/// Builds, measures, writes down.
pub(crate) fn run(options: &Options) -> Result<()> {
    build()?;
    let ready = Ready::new(options.repetitions)?;
    let figures = figures::all(&ready)?;
    let text = page::tables(&figures)?;
    if !options.no_page {
        page::write(&text)?;
    }
    if options.json {
        println!("{}", figures.json());
    } else {
        println!("\n{text}");
    }
    Ok(())
}

fn build() -> Result<()> {
    setup::add(setup::GUEST)?;
    suite::build_release()?;
    components::build()?;
    cargo(["bench", "--no-run", "--package", "ringfence-tests", "--bench", "paths"]).show()
}

/// What the bench of the paths prints.
fn paths() -> Result<serde_json::Value> {
    let bench = cargo(["bench", "--quiet", "--package", "ringfence-tests", "--bench", "paths"]);
    let printed = bench.env("RINGFENCE_DATA", workspace::data()).output()?;
    let line = printed.lines().find(|line| line.starts_with('{'));
    ensure!(line.is_some(), "the bench of the paths printed no figures: {printed}");
    serde_json::from_str(line.unwrap_or_default()).context("the bench of the paths prints an object")
}
