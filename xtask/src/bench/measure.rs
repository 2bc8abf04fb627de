//! Measuring: what did a whole process use?
//!
//! In: a program with arguments. Out: what it printed, its wall time, CPU time and peak memory, children included. Must
//! never: mix the use of two programs: the system adds up what all children of a process used, so each program gets a
//! process of its own to be the only child of (`xtask measure`, not shown in the help).

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::run::program;
use crate::stage::timed;

/// A program with its arguments.
#[derive(clap::Args)]
pub(crate) struct Words {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    words: Vec<OsString>,
}

/// What a process used.
#[derive(Clone, Debug)]
pub(crate) struct Used {
    /// Standard output.
    pub(crate) printed: String,
    /// From start to end.
    pub(crate) wall_s: f64,
    /// User and system time of all threads.
    pub(crate) cpu_s: f64,
    /// Most memory at a time.
    pub(crate) peak_bytes: u64,
}

impl Used {
    /// What the program printed, as JSON; of several objects, one a line, the first.
    pub(crate) fn json(&self) -> Result<Value> {
        let first = serde_json::Deserializer::from_str(&self.printed).into_iter().next();
        first.context("the program prints JSON")?.context("the program prints whole JSON objects")
    }
}

/// `xtask measure PROGRAM ARGUMENTS…`: runs it and prints what it used, as JSON.
pub(crate) fn child(words: &Words) -> Result<()> {
    let (name, arguments) = words.words.split_first().context("a program to measure")?;
    let (printed, wall) = timed(|| program(name, arguments).output());
    let printed = printed?;
    let (cpu_s, peak_bytes) = children()?;
    let used = json!({ "printed": printed, "wall_s": wall.as_secs_f64(), "cpu_s": cpu_s, "peak_bytes": peak_bytes });
    println!("{used}");
    Ok(())
}

/// CPU seconds and peak memory of the children of this process that have ended.
#[cfg(unix)]
fn children() -> Result<(f64, u64)> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("asking the system for the use of children")?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 * 1e-6;
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    let peak = u64::try_from(usage.max_rss()).context("memory is not negative")? * unit;
    Ok((seconds(usage.user_time()) + seconds(usage.system_time()), peak))
}

#[cfg(not(unix))]
fn children() -> Result<(f64, u64)> {
    anyhow::bail!("what a process used is asked for on Unix only")
}

/// Runs a program in a process of its own and answers what it used.
pub(crate) fn used<'a>(name: &Path, arguments: impl IntoIterator<Item = &'a OsString>) -> Result<Used> {
    let own = std::env::current_exe().context("the place of this program")?;
    let words = [OsString::from("measure"), OsString::from("--"), name.as_os_str().to_owned()];
    let words = words.into_iter().chain(arguments.into_iter().cloned());
    let printed = program(own.as_os_str(), words).output()?;
    let line: Value = serde_json::from_str(&printed).context("`xtask measure` prints an object")?;
    let number = |key: &str| line[key].as_f64().with_context(|| format!("no {key} in {line}"));
    let printed = line["printed"].as_str().unwrap_or_default().to_owned();
    let peak_bytes = line["peak_bytes"].as_u64().with_context(|| format!("no peak_bytes in {line}"))?;
    ensure!(peak_bytes > 0, "a process without memory");
    Ok(Used { printed, wall_s: number("wall_s")?, cpu_s: number("cpu_s")?, peak_bytes })
}
