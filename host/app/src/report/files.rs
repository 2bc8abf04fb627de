//! Report files: what of a run is kept beside its journal?
//!
//! In: results. Out: `results.json`, `equity.csv` and `config.toml` in a folder. Must never: overwrite another run's
//! report, or find that out only when the run is over.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use crate::config::Loaded;
use crate::exit::{Failure, Fault};
use crate::report::results::{Shown, decimal};

const RESULTS: &str = "results.json";
const EQUITY: &str = "equity.csv";
const CONFIG: &str = "config.toml";

/// Makes the folder, before the run whose report it is to hold.
///
/// # Errors
/// When it holds a report already (usage), or cannot be made (outside).
pub(crate) fn claim(folder: &Path) -> Result<(), Failure> {
    let taken = [RESULTS, EQUITY, CONFIG].into_iter().find(|name| folder.join(name).symlink_metadata().is_ok());
    if let Some(name) = taken {
        let fault = Fault::new(format!("{} holds a {name} already", folder.display()));
        return Err(Failure::Usage(fault.fixed_by("name another folder for the report, or move the old one away")));
    }
    fs::create_dir_all(folder).map_err(|error| not_written(folder, &error))
}

/// Writes the files into a folder that was claimed.
///
/// # Errors
/// When the disk refuses, or somebody else put a file there in the meantime.
pub(crate) fn write(folder: &Path, shown: &Shown<'_>, loaded: &Loaded) -> Result<(), Failure> {
    let files = [(RESULTS, format!("{:#}\n", shown.json())), (EQUITY, equity(shown)), (CONFIG, loaded.resolved())];
    for (name, content) in files {
        let path = folder.join(name);
        new_file(&path, &content).map_err(|error| not_written(&path, &error))?;
    }
    Ok(())
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    Failure::outside(format!("the report cannot be written: {}: {error}", path.display()))
}

fn new_file(path: &Path, content: &str) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    io::Write::write_all(&mut file, content.as_bytes())
}

fn equity(shown: &Shown<'_>) -> String {
    let mut text = String::from("ts_ns,equity\n");
    for point in &shown.results.curve {
        writeln!(text, "{},{}", point.time.0, decimal(point.equity)).expect("a String takes every write");
    }
    text
}
