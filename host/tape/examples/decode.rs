//! How fast is a tape decoded? `cargo run --release -p ringfence-tape --example decode -- FILE`
//!
//! In: a tape. Out: rows, seconds and rows per second of the whole way from the file, its hash included, and of an unpacked
//! copy in the system's file cache. Must never: be part of a test.

use std::fs::File;
use std::io::{self, Read};
use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::time::Instant;

use ringfence_tape::{BarStamp, Compression, Extent, Feed, Stamp, Tape, TapeError, TapeSpec};

#[path = "../tests/support/mod.rs"]
mod support;

fn open(path: &Path) -> Result<Tape, TapeError> {
    let bar = BarStamp { stamp: Stamp::Open, interval_ns: NonZeroU64::new(60_000_000_000).expect("above 0") };
    let with = |bar| {
        Tape::open(TapeSpec { path: path.to_owned(), generated: None, instrument: support::instrument(4, 8), bar })
    };
    match with(None) {
        Err(TapeError::BarStampMissing { .. }) => with(Some(bar)),
        other => other,
    }
}

#[expect(clippy::disallowed_methods, reason = "this example measures time, at the edge")]
fn measure(name: &str, path: &Path) -> Result<(), TapeError> {
    let passes = NonZeroU32::new(5).expect("above 0");
    let mut best: Option<f64> = None;
    let mut rows = 0;
    for _ in 0..passes.get() {
        let start = Instant::now();
        let mut feed = Feed::new(vec![open(path)?], Extent::WHOLE);
        while feed.next_block()?.is_some() {}
        let seconds = start.elapsed().as_secs_f64();
        rows = feed.rows();
        best = Some(best.map_or(seconds, |best| best.min(seconds)));
    }
    let seconds = best.expect("at least one pass");
    println!("{name}: {rows} rows in {seconds:.4} s, {:.1} M rows/s (best of {passes})", rows as f64 / seconds / 1e6);
    Ok(())
}

fn unpacked(path: &Path, compression: Compression) -> io::Result<PathBuf> {
    let copy = std::env::temp_dir().join(format!("ringfence-decode-{}", std::process::id()));
    let packed = File::open(path)?;
    let mut text: Box<dyn Read> = match compression {
        Compression::Plain => Box::new(packed),
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(packed)),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::new(packed)?),
    };
    io::copy(&mut text, &mut File::create(&copy)?)?;
    Ok(copy)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: decode FILE")?);
    let tape = open(&path)?;
    println!("{} {}", tape.layout(), tape.compression());
    measure("from the file as stored", &path)?;
    let copy = unpacked(&path, tape.compression())?;
    measure("from an unpacked copy", &copy)?;
    std::fs::remove_file(&copy)?;
    Ok(())
}
