//! Fuzz targets: whatever stands in a configuration or in a file of control events is refused with every problem named, or
//! means one thing.
//!
//! Each target begins with the files in `config/` and changes them at random: see `ringfence_fuzz`.

use std::fs;
use std::path::{Path, PathBuf};

use ringfence::config::{Loaded, Purpose, Report, Request, load};
use ringfence_fuzz::target;

/// Words that the reader knows.
const WORDS: [&str; 12] = [
    "\"off\"",
    "[[strategies]]",
    "[risk]",
    "profile = \"backtest-wide@1\"",
    "scale = 19",
    "0.000000000000000001",
    "9223372036854775808",
    "kind = \"perpetual\"",
    "lane = \"live\"",
    "[trust]",
    "''' ",
    "1979-05-27T07:32:00Z",
];

/// What is accepted reads back from its own text to the same configuration; what is not says why.
#[test]
fn configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, again) = (folder.path().join("a.toml"), folder.path().join("b.toml"));
    target!("configuration", files("config")).with_words(&WORDS).tried(300, |input| {
        fs::write(&file, input).expect("written");
        match read(&file, None) {
            Err(report) => assert!(!report.problems.is_empty() && !report.to_string().is_empty(), "it says why"),
            Ok(loaded) => {
                fs::write(&again, loaded.resolved()).expect("written");
                let second = read(&again, None).expect("what was accepted is accepted again");
                assert_eq!((second.core.hash(), second.resolved()), (loaded.core.hash(), loaded.resolved()));
            }
        }
    });
}

/// Control events of a backtest, under a configuration that is fine.
#[test]
fn events() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("events.toml");
    let file = root().join("config/w1_ema_cross.toml");
    target!("events", files("config/events")).with_words(&WORDS).tried(300, |input| {
        fs::write(&script, input).expect("written");
        match read(&file, Some(&script)) {
            Err(report) => assert!(!report.problems.is_empty(), "it says why"),
            Ok(loaded) => assert!(loaded.script.is_sorted_by_key(|event| event.time), "in order of time"),
        }
    });
}

fn read(file: &Path, events: Option<&Path>) -> Result<Loaded, Report> {
    load(&Request { file, sets: &[], data: &[], events, purpose: Purpose::Show })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder of the repository");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("it reads")).collect()
}
