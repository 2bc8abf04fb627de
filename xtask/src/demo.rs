//! `cargo xtask demo`: what does Ringfence do, seen once?
//!
//! In: the real trades of a week where the data folder has them, otherwise a market generated from a seed. Out: what the
//! binary prints for a backtest and for the replay of its journal. Must never: render or judge anything itself; the
//! binary does, and its exit code decides.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run::program;
use crate::stage::{seconds, timed};
use crate::{components, setup, suite, workspace};

const CONFIG: &str = "config/w1_ema_cross.toml";
const REAL_TAPE: &str = "w1_spy_trades_20131007-11.csv.zst";

/// Seed and length of the generated market; as long as the real tape, so that speeds can be compared.
const SEED: &str = "1";
const ROWS: &str = "1887450";

/// Builds, runs, replays.
pub(crate) fn run() -> Result<()> {
    let config = workspace::needs(CONFIG, "the configuration that the demo runs")?;
    println!("== building");
    setup::add(setup::GUEST)?;
    suite::build_release()?;
    let binary = workspace::binary("release");
    components::build()?;
    let folder = workspace::fresh_folder("demo")?;
    let (shown, time) = timed(|| show(&binary, &config, &folder));
    shown?;
    let journal = folder.join("w1.journal");
    let shown = journal.strip_prefix(workspace::root()).unwrap_or(&journal);
    println!("\n{} after the build; the journal is in {}", seconds(time), shown.display());
    Ok(())
}

fn show(binary: &Path, config: &Path, folder: &Path) -> Result<()> {
    let tape = tape(binary, folder)?;
    let journal = folder.join("w1.journal");
    println!("\n== backtest: EMA cross over {}", tape.what);
    program(binary.as_os_str(), backtest(config, &tape.path, &journal)).show()?;
    println!("\n== replay: the same events, the strategy executed again, every decision compared");
    program(binary.as_os_str(), replay(&tape.path, &journal)).show().context("the journal does not replay")
}

struct Tape {
    path: PathBuf,
    what: String,
}

fn tape(binary: &Path, folder: &Path) -> Result<Tape> {
    let real = workspace::data().join(REAL_TAPE);
    if real.is_file() {
        return Ok(Tape { path: real, what: "real trades of SPY, 2013-10-07 to 11".to_owned() });
    }
    println!("no {REAL_TAPE} in {} (RINGFENCE_DATA)", workspace::data().display());
    let path = folder.join("generated.csv");
    program(binary.as_os_str(), generate(&path)).show()?;
    Ok(Tape { path, what: format!("a GENERATED market, seed {SEED}, {ROWS} trades") })
}

fn generate(path: &Path) -> Vec<OsString> {
    words(&["data", "generate", "--kind", "trades", "--seed", SEED, "--rows", ROWS, "--overwrite", "--out"], &[path])
}

fn backtest(config: &Path, tape: &Path, journal: &Path) -> Vec<OsString> {
    let mut arguments = words(&["backtest", "--config"], &[config]);
    arguments.extend(words(&["--data"], &[tape]));
    arguments.extend(words(&["--journal"], &[journal]));
    arguments
}

fn replay(tape: &Path, journal: &Path) -> Vec<OsString> {
    let mut arguments = words(&["replay"], &[journal]);
    arguments.extend(words(&["--verify", "--data"], &[tape]));
    arguments
}

fn words(plain: &[&str], paths: &[&Path]) -> Vec<OsString> {
    let plain = plain.iter().map(OsString::from);
    plain.chain(paths.iter().map(|path| path.as_os_str().to_os_string())).collect()
}
