//! Latency: how long are market data, orders and answers on their way at the simulated venue?
//!
//! In: `[simulation.latency]`, and the file of measured latencies it names. Out: the three legs. Must never: trust a file
//! other than the one whose SHA-256 is written beside it: the hash of the configuration covers no path.
//!
//! The file has a first line `request_ns,exchange_ns,response_ns` and a row for each measured request, by time: when it
//! left, when the venue handled it (0 = it refused) and when the answer came, in ns since the Unix epoch.

use std::fmt::Write;
use std::io::Read;
use std::path::Path;

use ringfence_core::ids::TimeNs;
use ringfence_sim::{FEED_NS_MAX, Latency, LatencyRow, MeasuredLatency, OrderLatency};
use ringfence_tape::sha256_file;

use super::Purpose;
use super::build::about;
use super::checked::Table;
use super::problem::{ConfigCode, Problem, Problems};
use super::value::duration_text;

/// Largest file of measured latencies: about a million requests.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// First line of the file.
const HEADER: &str = "request_ns,exchange_ns,response_ns";

/// Keys of constant latencies, and of measured ones.
const CONSTANT: [&str; 2] = ["entry", "response"];
const MEASURED: [&str; 2] = ["file", "sha256"];

/// Reads the three legs. `None` = something is wrong and noted, or only the text was asked for and they are in a file.
pub(super) fn build(table: &Table, purpose: Purpose, problems: &mut Problems) -> Option<Latency> {
    let model = table.text("model")?;
    let (wanted, others) = if model == "constant" { (CONSTANT, MEASURED) } else { (MEASURED, CONSTANT) };
    for key in wanted.into_iter().filter(|key| !table.is_written(key)) {
        problems.add(about(table, key, ConfigCode::Missing, &format!("missing, a {model} latency has it")));
    }
    for key in others.into_iter().filter(|key| table.is_written(key)) {
        problems.add(about(table, key, ConfigCode::Value, &format!("a {model} latency has no such key")));
    }
    let feed_ns = table.duration("feed")?;
    if feed_ns > FEED_NS_MAX {
        let (message, value) = ("expected at most \"60s\", whose rows are kept in memory", duration_text(feed_ns));
        let value = Some(format!("{value:?}"));
        problems.add(Problem { value, ..about(table, "feed", ConfigCode::Range, message) });
    }
    let orders = if model == "constant" {
        OrderLatency::Constant { entry_ns: table.duration("entry")?, response_ns: table.duration("response")? }
    } else {
        let path = table.path("file")?;
        let digest = table.text("sha256")?;
        if purpose == Purpose::Show {
            return None;
        }
        match measured(&path, digest) {
            Ok(measured) => OrderLatency::Measured(measured),
            Err((key, message)) => {
                let value = table.path(key).map(|path| format!("{:?}", path.display().to_string()));
                let value = value.or_else(|| table.text(key).map(|text| format!("{text:?}")));
                problems.add(Problem { value, ..about(table, key, ConfigCode::File, &message) });
                return None;
            }
        }
    };
    Some(Latency { feed_ns, orders })
}

/// Measured latencies of a file, or the key that is wrong and why.
fn measured(path: &Path, digest: &str) -> Result<MeasuredLatency, (&'static str, String)> {
    let hash = sha256_file(path).map_err(|error| ("file", error.to_string()))?;
    let found = hash.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    });
    if !found.eq_ignore_ascii_case(digest) {
        return Err(("sha256", format!("the file has the SHA-256 {found}")));
    }
    rows(path)
        .and_then(|rows| MeasuredLatency::new(rows).map_err(|error| error.to_string()))
        .map_err(|why| ("file", why))
}

fn rows(path: &Path) -> Result<Vec<LatencyRow>, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let mut text = String::new();
    let file = crate::regular::open(path).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("has more than {FILE_BYTES_MAX} bytes, which is the limit"));
    }
    let mut lines = text.lines().zip(1_usize..);
    if lines.next().map(|(line, _)| line) != Some(HEADER) {
        return Err(format!("line 1: expected \"{HEADER}\""));
    }
    lines.map(|(line, number)| row(line).ok_or_else(|| wrong(line, number))).collect()
}

fn wrong(line: &str, number: usize) -> String {
    let shown: String = line.chars().take(80).collect();
    format!("line {number}: {shown:?}: expected three whole numbers from 0 to {} with commas between", u64::MAX)
}

fn row(line: &str) -> Option<LatencyRow> {
    let mut numbers = line.split(',').map(|word| word.parse().ok().map(TimeNs));
    let (request, exchange, response) = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(LatencyRow { request, exchange, response })
}
