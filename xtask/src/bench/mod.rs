//! `cargo xtask bench`: how fast is the product on this machine, and do its targets hold?
//!
//! In: the binary as released on the workloads (`RINGFENCE_DATA`), and the bench of what no run of it shows alone. Out: tables,
//! or one JSON object; the measured part of `docs/performance.md`. Must never: time anything itself but whole processes,
//! or fail because a machine is slow: a target that does not hold is marked, not an error.

mod figures;
mod left;
mod measure;
mod page;
mod swaps;
mod work;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

pub(crate) use self::measure::{Words, child};
pub(crate) use self::page::machine;

use self::work::Ready;
use crate::release::Guide;
use crate::run::{Program, cargo};
use crate::{components, release, setup, suite, workspace};

/// Options of the command.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Runs of each workload; the tables show the best and the middle one.
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    repetitions: u32,
    /// Print one JSON object in place of tables.
    #[arg(long)]
    json: bool,
    /// Measure what `cargo build --release` makes, not what `cargo xtask release` does.
    #[arg(long)]
    plain: bool,
    /// Leave `docs/performance.md` as it is.
    #[arg(long)]
    no_page: bool,
    /// Build nothing, and measure the swaps of this binary alone.
    #[arg(long, value_name = "BINARY")]
    swaps_of: Option<PathBuf>,
}

/// Builds, measures, writes down.
pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(binary) = &options.swaps_of {
        let swaps = swaps::swaps(binary, &workspace::fresh_folder("bench")?)?;
        return page::swaps(&swaps).map(|text| println!("{text}"));
    }
    let built = Built::new(options)?;
    let ready = Ready::new(built.binary()?, options.repetitions)?;
    let figures = figures::all(&ready, &built)?;
    let text = page::tables(&figures)?;
    if !options.no_page {
        page::write(&text, &figures)?;
    }
    if options.json {
        println!("{}", figures.json());
    } else {
        println!("\n{text}");
    }
    Ok(())
}

/// What is measured.
pub(crate) enum Built {
    Released(Guide),
    Plain,
}

impl Built {
    fn new(options: &Options) -> Result<Built> {
        Ok(if options.plain { Built::Plain } else { Built::Released(release::learn()?) })
    }

    /// Builds everything; where the binary is.
    fn binary(&self) -> Result<PathBuf> {
        let binary = match self {
            Built::Released(guide) => guide.binary()?,
            Built::Plain => {
                setup::add(setup::GUEST)?;
                components::build()?;
                suite::build_release()?;
                workspace::binary("release")
            }
        };
        self.cargo(&["bench", "--no-run", "--package", "ringfence-tests", "--bench", "paths"]).show()?;
        Ok(binary)
    }

    fn cargo(&self, words: &[&str]) -> Program {
        match self {
            Built::Released(guide) => guide.cargo(words),
            Built::Plain => cargo(words),
        }
    }

    /// The command that makes it.
    pub(crate) fn command(&self) -> &'static str {
        match self {
            Built::Released(_) => "cargo xtask release",
            Built::Plain => "cargo build --release -p ringfence",
        }
    }

    /// What the bench of the paths prints.
    fn paths(&self) -> Result<serde_json::Value> {
        let bench = self.cargo(&["bench", "--quiet", "--package", "ringfence-tests", "--bench", "paths"]);
        let printed = bench.env("RINGFENCE_DATA", workspace::data()).output()?;
        let line = printed.lines().find(|line| line.starts_with('{'));
        ensure!(line.is_some(), "the bench of the paths printed no figures: {printed}");
        serde_json::from_str(line.unwrap_or_default()).context("the bench of the paths prints an object")
    }
}
