//! Report files: what of a run is kept beside its journal?
//!
//! In: results. Out: `results.json`, `equity.csv` and `config.toml` in a folder. Must never: overwrite another run's
//! report.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use crate::config::Loaded;
use crate::report::results::{Shown, decimal};

/// Writes the files; the folder is made, and must not hold a report yet.
pub(crate) fn write(folder: &Path, shown: &Shown<'_>, loaded: &Loaded) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    new_file(&folder.join("results.json"), &format!("{:#}\n", shown.json()))?;
    new_file(&folder.join("equity.csv"), &equity(shown))?;
    new_file(&folder.join("config.toml"), &loaded.resolved())
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
