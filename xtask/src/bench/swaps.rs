//! Swaps: for how long does a session stand still while a strategy is replaced?
//!
//! In: the binary, the component of W1. Out: what the host says of each swap of a paper session whose file is replaced again and
//! again. Must never: time anything itself: the host counts from asking for the state until the new instance has it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::figures::Spread;
use crate::run::program;
use crate::workspace;

/// As one could type it.
const COMMAND: &str =
    "ringfence run --mode paper --watch --config config/w1_ema_cross.toml --set strategies.ema.lane=paper";

/// Replacements, and the time between two: the host reloads a file once a second at most.
const SWAPS: u16 = 40;
const GAP_MS: u64 = 1_300;

/// What the host says of the swaps of a session.
pub(crate) struct Swaps {
    pub(crate) command: &'static str,
    pub(crate) count: usize,
    pub(crate) pause: Spread,
}

/// Runs the session; what it leaves in the folder is removed with that.
///
/// # Errors
/// When it does not run, or fewer than half of the replacements were taken.
pub(crate) fn swaps(binary: &Path, folder: &Path) -> Result<Swaps> {
    let place = |name: &str| folder.join(name);
    let built = workspace::root().join("target/components/ringfence_ema_cross.wasm");
    let component = std::fs::read(&built).with_context(|| format!("reading {}", built.display()))?;
    let (file, beside, tape) = (place("swapped.wasm"), place("swapped.tmp"), place("slow.csv"));
    let write = |path: &Path, bytes: &[u8]| std::fs::write(path, bytes).with_context(|| path.display().to_string());
    write(&file, &component)?;
    write(&tape, slow(u64::from(SWAPS + 10) * GAP_MS / 10).as_bytes())?;
    let duration = format!("{}ms", u64::from(SWAPS + 3) * GAP_MS);
    let set = format!("strategies.ema.component={}", file.display());
    eprintln!("measuring: {COMMAND}");
    let (log, journal) = (place("swaps.log"), place("journal-of-swaps"));
    let mut words: Vec<OsString> = COMMAND.split(' ').skip(1).map(OsString::from).collect();
    words.extend(["--json", "--speed", "1", "--duration", &duration, "--set", &set, "--data"].map(OsString::from));
    words.extend([tape.into_os_string(), "--journal".into(), journal.into_os_string()]);
    let session = program(binary.as_os_str(), words);
    let session = session.begin(&log)?;
    for tag in 0..SWAPS {
        std::thread::park_timeout(Duration::from_millis(GAP_MS));
        // A custom section more: another hash, and nothing else.
        write(&beside, &[&component[..], b"\0\x06\x03tag", &tag.to_le_bytes()].concat())?;
        std::fs::rename(&beside, &file).with_context(|| file.display().to_string())?;
    }
    session.end()?;
    let said = std::fs::read_to_string(&log).with_context(|| log.display().to_string())?;
    of(&said)
}

/// A trade at each hundredth of a second.
fn slow(rows: u64) -> String {
    let mut text = "ts_ns,price,qty\n".to_owned();
    for row in 0..rows {
        let price = if row % 2 == 0 { "145.00" } else { "145.10" };
        writeln!(text, "{},{price},100", 1_381_000_000_000_000_000 + row * 10_000_000).expect("room");
    }
    text
}

/// The swaps of what a session printed.
fn of(said: &str) -> Result<Swaps> {
    let line = said.lines().find(|line| line.starts_with('{')).with_context(|| format!("no results in {said}"))?;
    let results: Value = serde_json::from_str(line).context("the session prints an object")?;
    let notices = results["notices"].as_array().map_or(&[][..], Vec::as_slice);
    let mut pauses: Vec<f64> = notices.iter().filter_map(|notice| notice["pause_ns"].as_f64()).collect();
    ensure!(pauses.len() * 2 >= usize::from(SWAPS), "{} of {SWAPS} swaps were taken", pauses.len());
    pauses.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| pauses[((pauses.len() - 1) as f64 * share) as usize];
    let pause = Spread { p50: at(0.5), p99: at(0.99), p99_9: at(0.999), max: at(1.0) };
    Ok(Swaps { command: COMMAND, count: pauses.len(), pause })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pauses: impl Iterator<Item = u64>) -> String {
        let notices: Vec<String> = pauses.map(|ns| format!(r#"{{"kind":"swapped","pause_ns":{ns}}}"#)).collect();
        let other = r#"{"kind":"not-swapped"}"#;
        format!("control: here\n{{\"notices\":[{other},{}]}}\nmore\n", notices.join(","))
    }

    #[test]
    fn the_pauses_of_a_session_are_told_by_their_quantiles() {
        let swaps = of(&said((1..=40).rev())).unwrap();
        assert_eq!((swaps.count, swaps.pause.p50, swaps.pause.p99, swaps.pause.max), (40, 20.0, 39.0, 40.0));
    }

    #[test]
    fn a_session_that_took_few_swaps_says_nothing() {
        assert!(of(&said(1..=20)).is_ok());
        assert!(of(&said(1..=19)).is_err());
        assert!(of("nothing").is_err());
    }
}
