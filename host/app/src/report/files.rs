//! Report files: what of a run is kept beside its journal?
//!
//! In: results, what a recorder noted. Out: results, tables, a tear sheet and its pictures in a folder. Must never:
//! overwrite another run's report, or find that out only when the run is over.

use std::fmt::Write;
use std::fs;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use ringfence_report::recorder::{Recorded, Recorder, Sinks};
use ringfence_report::summary::{Choices, Run, Summary};
use ringfence_report::{account, critique, page, svg};
use serde_json::{Value as Json, json};

use crate::config::Loaded;
use crate::exit::{Failure, Fault};
use crate::report::results::{Shown, decimal};

const RESULTS: &str = "results.json";
const EQUITY: &str = "equity.csv";
const CONFIG: &str = "config.toml";
const STATISTICS: &str = "statistics.json";
const PAGE: &str = "report.html";
const ACCOUNT: &str = "account.csv";
const ORDERS: &str = "orders.csv";
const FILLS: &str = "fills.csv";
const POSITIONS: &str = "positions.csv";
const CHARTS: &str = "charts";
/// Everything that a report's folder holds.
const ALL: [&str; 14] = [
    RESULTS,
    EQUITY,
    CONFIG,
    STATISTICS,
    PAGE,
    ACCOUNT,
    ORDERS,
    FILLS,
    POSITIONS,
    CHARTS,
    "account.parquet",
    "orders.parquet",
    "fills.parquet",
    "positions.parquet",
];

/// Makes the folder, before the run whose report it is to hold.
///
/// # Errors
/// When it holds a report already (usage), or cannot be made (outside).
pub(crate) fn claim(folder: &Path) -> Result<(), Failure> {
    let taken = ALL.into_iter().find(|name| folder.join(name).symlink_metadata().is_ok());
    if let Some(name) = taken {
        let fault = Fault::new(format!("{} holds a {name} already", folder.display()));
        return Err(Failure::Usage(fault.fixed_by("name another folder for the report, or move the old one away")));
    }
    fs::create_dir_all(folder).map_err(|error| not_written(folder, &error))
}

/// Ends the name of a file that is not whole yet. A run that is stopped leaves its tables under such names, as far as
/// they were written; the next run into the folder begins them anew.
const PART: &str = "part";

/// Tables that are written while the run is under way.
const GROWING: [&str; 3] = [ORDERS, FILLS, POSITIONS];

fn part(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(PART);
    path.with_file_name(name)
}

/// A recorder that writes into a folder that was claimed.
///
/// # Errors
/// When the disk refuses.
pub(crate) fn recorder(folder: &Path, loaded: &Loaded) -> Result<Recorder, Failure> {
    let open = |name: &str| {
        let path = part(&folder.join(name));
        let file = begun(&path).map_err(|error| not_written(&path, &error))?;
        Ok::<Box<dyn io::Write>, Failure>(Box::new(BufWriter::new(file)))
    };
    let sinks = Sinks { orders: open(ORDERS)?, fills: open(FILLS)?, positions: open(POSITIONS)? };
    Ok(Recorder::new(&loaded.core, sinks))
}

/// A new file in place of what a stopped run left.
fn begun(path: &Path) -> io::Result<fs::File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::File::create_new(path)
}

/// Gives a whole file its name, which nobody may have taken.
fn finished(path: &Path) -> io::Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists));
    }
    fs::rename(part(path), path)
}

/// What a run that did not end leaves behind, for whoever stopped it.
pub(crate) fn unfinished(folder: &Path) -> String {
    let names: Vec<String> = GROWING.iter().map(|name| format!("{name}.{PART}")).collect();
    format!(
        "note: there is no report in {}: the run did not end; {} hold what came before",
        folder.display(),
        names.join(", ")
    )
}

/// What a report is written from.
#[derive(Clone, Copy)]
pub(crate) struct Content<'a> {
    pub(crate) shown: &'a Shown<'a>,
    pub(crate) loaded: &'a Loaded,
    pub(crate) recorded: &'a Recorded,
    pub(crate) choices: &'a Choices,
}

/// Writes the other files into a folder that was claimed.
///
/// # Errors
/// When the disk refuses, or somebody else put a file there in the meantime; when a choice is outside its range.
pub(crate) fn write(folder: &Path, content: &Content<'_>) -> Result<(), Failure> {
    let Content { shown, loaded, recorded, choices } = *content;
    let fill_moment = loaded.simulation.as_ref().map_or("", |rules| rules.fill.code());
    let bar_path = ringfence_sim::BAR_PATH;
    let run = Run { config: shown.config, results: shown.results, recorded, fill_moment, bar_path };
    let summary = Summary::new(&run, choices).map_err(|error| Failure::usage(error.to_string()))?;
    let findings = critique::all(&run, &summary);
    let charts = page::charts::all(&run, &summary);
    for name in GROWING {
        let path = folder.join(name);
        finished(&path).map_err(|error| not_written(&path, &error))?;
    }
    let files = [
        (RESULTS, format!("{:#}\n", shown.json())),
        (EQUITY, equity(shown)),
        (CONFIG, loaded.resolved()),
        (STATISTICS, format!("{:#}\n", statistics(&summary, &findings))),
        (ACCOUNT, account::csv(&run)),
        (PAGE, page::html(&run, &summary, &findings, &charts)),
    ];
    for (name, content) in files {
        let path = folder.join(name);
        new_file(&path, &content).map_err(|error| not_written(&path, &error))?;
    }
    #[cfg(feature = "parquet")]
    columns(folder)?;
    let pictures = folder.join(CHARTS);
    fs::create_dir(&pictures).map_err(|error| not_written(&pictures, &error))?;
    for chart in &charts {
        let path = pictures.join(format!("{}.svg", chart.id));
        new_file(&path, &svg::document(chart)).map_err(|error| not_written(&path, &error))?;
    }
    Ok(())
}

/// The tables once more, for programs that read columns.
#[cfg(feature = "parquet")]
fn columns(folder: &Path) -> Result<(), Failure> {
    for name in [ORDERS, FILLS, POSITIONS, ACCOUNT] {
        let out = folder.join(name).with_extension("parquet");
        let refused = |error| Failure::outside(format!("the report cannot be written: {}: {error}", out.display()));
        ringfence_report::parquet::convert(&folder.join(name), &out).map_err(refused)?;
    }
    Ok(())
}

fn statistics(summary: &Summary, findings: &[critique::Finding]) -> Json {
    let mut all = summary.json();
    let one = |finding: &critique::Finding| json!({ "key": finding.key, "title": finding.title, "text": finding.text });
    all["findings"] = Json::Array(findings.iter().map(one).collect());
    all
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    Failure::outside(format!("the report cannot be written: {}: {error}", path.display()))
}

fn new_file(path: &Path, content: &str) -> io::Result<()> {
    let mut file = begun(&part(path))?;
    io::Write::write_all(&mut file, content.as_bytes())?;
    drop(file);
    finished(path)
}

fn equity(shown: &Shown<'_>) -> String {
    let mut text = String::from("ts_ns,equity\n");
    for point in &shown.results.curve {
        writeln!(text, "{},{}", point.time.0, decimal(point.equity)).expect("a String takes every write");
    }
    text
}
