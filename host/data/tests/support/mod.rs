//! Support: where the real files are.
#![allow(dead_code, unreachable_pub, reason = "not every test binary uses all of it")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The path of a real file; where it is absent the test is skipped in sight.
pub fn real_file(file: &str) -> Option<PathBuf> {
    in_folder(&format!("raw/{file}"))
}

/// The same for a canonical file.
pub fn in_folder(file: &str) -> Option<PathBuf> {
    let beside_the_clone = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("RINGFENCE_DATA").map_or(beside_the_clone, PathBuf::from);
    let path = folder.join(file);
    if path.is_file() {
        return Some(path);
    }
    let line = format!("RINGFENCE-SKIP: {file} is not in the data folder (set RINGFENCE_DATA)\n");
    // Not `eprint!`, which the test runner swallows.
    std::io::stderr().write_all(line.as_bytes()).expect("stderr can be written");
    if let Some(list) = std::env::var_os("RINGFENCE_SKIP_FILE") {
        let mut list =
            OpenOptions::new().append(true).create(true).open(list).expect("the list of skips can be written");
        list.write_all(line.as_bytes()).expect("the list of skips can be written");
    }
    None
}
