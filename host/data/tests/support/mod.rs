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

/// A zip with one file in it.
pub fn zip_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("memory");
    writer.write_all(bytes).expect("memory");
    writer.finish().expect("memory").into_inner()
}

/// hftbacktest's npz with these records: flags, exchange time, local time, price, quantity.
pub fn npz_of(records: &[(u64, i64, i64, f64, f64)]) -> Vec<u8> {
    zip_of("data.npy", &npy_of(records))
}

/// The array alone.
pub fn npy_of(records: &[(u64, i64, i64, f64, f64)]) -> Vec<u8> {
    let text = format!(
        "{{'descr': [('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), \
         ('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')], 'fortran_order': False, 'shape': ({},), }}\n",
        records.len()
    );
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&u16::try_from(text.len()).expect("short").to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    for (flags, venue_time, time, price, qty) in records {
        bytes.extend_from_slice(&flags.to_le_bytes());
        bytes.extend_from_slice(&venue_time.to_le_bytes());
        bytes.extend_from_slice(&time.to_le_bytes());
        bytes.extend_from_slice(&price.to_le_bytes());
        bytes.extend_from_slice(&qty.to_le_bytes());
        bytes.extend_from_slice(&[0; 24]);
    }
    bytes
}
