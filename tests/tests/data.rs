//! Tapes through the binary: layouts, compression, bad rows.

use std::io::Write;
use std::path::Path;

use ringfence_tests::work::{Work, line};
use ringfence_tests::{Tape, binary};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).expect("memory takes it");
    packer.finish().expect("memory takes it")
}

/// Orders, rows and equity of a run on these bytes under a name that says nothing.
fn result(dir: &Path, (layout, config, sets): Case, bytes: &[u8]) -> String {
    let path = dir.join(format!("tape-of-{layout}"));
    std::fs::write(&path, bytes).expect("a file is written");
    let work = sets.iter().fold(Work::new(binary::dev(), config, &path), |work, set| work.set(set));
    line(&work.json(), &["rows", "orders", "final_equity"])
}

/// Layout, configuration, what is set otherwise in it.
type Case = (&'static str, &'static str, &'static [&'static str]);

#[test]
fn every_layout_is_read_plain_gzip_and_zstd_alike() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let layouts: [Case; 3] = [
        ("trades", "w1_ema_cross.toml", &[]),
        ("quotes", "w1_ema_cross.toml", &["instruments.0.qty_scale=3", "instruments.0.lot=0.001"]),
        ("bars", "w3_sma_cross_btcusd.toml", &[]),
    ];
    for case in layouts {
        let plain = Tape::seeded(5, case.0, 3_000).bytes();
        let want = result(dir.path(), case, &plain);
        assert!(want.starts_with("3000 "), "{} {want}", case.0);
        assert_eq!(result(dir.path(), case, &gzip(&plain)), want, "{}", case.0);
        let zstd = zstd::encode_all(plain.as_slice(), 3).expect("memory takes it");
        assert_eq!(result(dir.path(), case, &zstd), want, "{}", case.0);
    }
}

#[test]
fn a_bad_row_is_named_with_file_line_column_and_value() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let tape = dir.path().join("bad.csv");
    std::fs::write(&tape, "ts_ns,price,qty\n1,145.07,100\n2,145.0x,100\n").expect("a file is written");
    let finished = Work::new(binary::dev(), "w1_ema_cross.toml", &tape).finish();
    assert_ne!(finished.code, Some(0));
    for part in ["bad.csv", "3", "price", "145.0x", "T-"] {
        assert!(finished.stderr.contains(part), "{part} is missing in {}", finished.stderr);
    }
}
