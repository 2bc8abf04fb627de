//! Work: which runs of the binary are measured?
//!
//! In: binary, data, number of repetitions. Out: what each run printed and used. Must never: run two at a time.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::measure::{self, Used};
use super::swaps::{Swaps, swaps};
use crate::workspace;

const W1: &str = "w1_spy_trades_20131007-11.csv.zst";
const W2: &str = "w2_btcusdt_usdm_bbo_trades_20240808.csv.zst";
const W3: &str = "w3_spy_daily_1998-2021.csv";

/// Everything that runs need.
pub(crate) struct Ready {
    binary: PathBuf,
    folder: PathBuf,
    repetitions: u32,
}

/// A command, and what its runs printed and used.
pub(crate) struct Runs {
    /// As one could type it, with the name of a tape in the place of its path.
    pub(crate) command: String,
    pub(crate) used: Vec<Used>,
    pub(crate) results: Vec<Value>,
}

/// A command to be.
#[derive(Clone, Copy)]
pub(crate) struct Command<'a> {
    /// Words up to the data.
    pub(crate) words: &'a str,
    /// The tape: a name in the data folder.
    pub(crate) tape: &'a str,
    /// Words behind it.
    pub(crate) more: &'a str,
    /// With a journal of its own for each run.
    pub(crate) is_journalled: bool,
}

/// W1, decisions journalled.
pub(crate) const TRADES: Command<'_> =
    Command { words: "backtest --config config/w1_ema_cross.toml", tape: W1, more: "", is_journalled: true };

/// W1 with its trades in batches.
pub(crate) const TRADES_IN_BATCHES: Command<'_> = Command { more: "--set execution.delivery=batch", ..TRADES };

/// W2, the tape once.
pub(crate) const QUOTES: Command<'_> =
    Command { words: "backtest --config config/w2_touch_maker.toml", tape: W2, more: "", is_journalled: true };

/// W2, the tape twelve times.
pub(crate) const QUOTES_12: Command<'_> = Command { more: "--repeat 12", ..QUOTES };

/// W3, daily bars.
pub(crate) const BARS: Command<'_> =
    Command { words: "backtest --config config/w3_sma_cross.toml", tape: W3, more: "", is_journalled: false };

/// W3, a hundred combinations.
pub(crate) const SWEEP: Command<'_> = Command {
    words: "sweep --config config/w3_sma_cross.toml",
    tape: W3,
    more: "--grid fast=5..50:5 --grid slow=60..240:20",
    is_journalled: false,
};

/// The same runs with the clock read at every row.
pub(crate) const TRADES_LATENCY: Command<'_> = Command { more: "--latency", ..TRADES };
pub(crate) const QUOTES_LATENCY: Command<'_> = Command { more: "--repeat 12 --latency", ..QUOTES };

impl Ready {
    pub(crate) fn new(binary: PathBuf, repetitions: u32) -> Result<Ready> {
        for tape in [W1, W2, W3] {
            let path = workspace::data().join(tape);
            ensure!(path.is_file(), "no {tape} in {} (set RINGFENCE_DATA)", workspace::data().display());
        }
        let folder = workspace::fresh_folder("bench")?;
        Ok(Ready { binary, folder, repetitions })
    }

    /// Runs a command as often as asked for, once before that to have its component compiled and its files read.
    pub(crate) fn runs(&self, command: Command<'_>) -> Result<Runs> {
        self.runs_of(command, self.repetitions)
    }

    fn runs_of(&self, command: Command<'_>, repetitions: u32) -> Result<Runs> {
        let Command { words, tape, more, is_journalled } = command;
        let stated = PathBuf::from(tape);
        let path = if stated.is_absolute() { stated } else { workspace::data().join(tape) };
        let shown = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let journal = if is_journalled { " --journal DIR" } else { "" };
        let (gap, with) = if more.is_empty() { ("", "") } else { (" ", more) };
        let command = format!("ringfence {words} --data {shown}{gap}{with}{journal}");
        eprintln!("measuring: {command}");
        let mut runs = Runs { command, used: Vec::new(), results: Vec::new() };
        for run in 0..=repetitions {
            let mut arguments: Vec<OsString> = words.split(' ').map(OsString::from).collect();
            arguments.extend(["--json", "--data"].map(OsString::from));
            arguments.push(path.clone().into_os_string());
            arguments.extend(more.split_whitespace().map(OsString::from));
            let journal = self.folder.join("journal");
            if is_journalled {
                arguments.extend([OsString::from("--journal"), journal.clone().into_os_string()]);
            }
            let used = measure::used(&self.binary, &arguments)?;
            if is_journalled {
                std::fs::remove_dir_all(&journal).with_context(|| format!("removing {}", journal.display()))?;
            }
            if run > 0 {
                runs.results.push(used.json()?);
                runs.used.push(used);
            }
        }
        Ok(runs)
    }

    /// A session whose strategy is swapped again and again.
    pub(crate) fn swaps(&self) -> Result<Swaps> {
        swaps(&self.binary, &self.folder)
    }

    /// An order at every row of a tape of so many rows: one whose price goes up and down by turns, and an EMA cross so
    /// short that it turns with it.
    pub(crate) fn orders(&self, rows: u64) -> Result<Runs> {
        let path = self.folder.join(format!("zigzag-{rows}.csv"));
        std::fs::write(&path, zigzag(rows)).with_context(|| format!("writing {}", path.display()))?;
        let tape = path.to_string_lossy().into_owned();
        let more = "--set strategies.ema.params.fast=1 --set strategies.ema.params.slow=2";
        // Short runs are more easily disturbed.
        let repetitions = self.repetitions * if rows < 30_000 { 4 } else { 1 };
        let runs = self.runs_of(Command { tape: &tape, more, ..TRADES }, repetitions)?;
        let orders = runs.results[0]["orders"].as_u64().unwrap_or_default();
        ensure!(orders + 2 >= rows, "{orders} orders at {rows} rows: there was to be one at each");
        Ok(runs)
    }
}

fn zigzag(rows: u64) -> String {
    let mut text = "ts_ns,price,qty\n".to_owned();
    for row in 0..rows {
        let price = if row % 2 == 0 { "145.00" } else { "145.10" };
        writeln!(text, "{},{price},100", 1_381_000_000_000_000_000 + row * 1_000_000).expect("room");
    }
    text
}

impl Runs {
    /// Smallest and middle one of something of each run.
    pub(crate) fn best_and_median(&self, of: impl Fn(&Used, &Value) -> Option<f64>) -> Result<(f64, f64)> {
        let all = self.used.iter().zip(&self.results).map(|(used, result)| of(used, result));
        let mut all: Vec<f64> = all.collect::<Option<_>>().with_context(|| format!("{}: no figure", self.command))?;
        all.sort_unstable_by(f64::total_cmp);
        let median = all.get(all.len() / 2).copied().with_context(|| format!("{}: no run", self.command))?;
        Ok((all[0], median))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_runs_is_no_mean() {
        let used = |wall_s: f64| Used { printed: String::new(), wall_s, cpu_s: 0.0, peak_bytes: 1 };
        let runs = Runs {
            command: String::new(),
            used: [9.0, 1.0, 2.0].map(used).to_vec(),
            results: vec![Value::Null, Value::Null, Value::Null],
        };
        assert_eq!(runs.best_and_median(|used, _| Some(used.wall_s)).expect("figures"), (1.0, 2.0));
        assert!(runs.best_and_median(|_, result| result["seconds"].as_f64()).is_err());
    }

    #[test]
    fn a_zigzag_goes_up_and_down_by_turns() {
        assert_eq!(
            zigzag(3),
            "ts_ns,price,qty\n1381000000000000000,145.00,100\n1381000000001000000,145.10,100\n\
             1381000000002000000,145.00,100\n"
        );
    }
}
