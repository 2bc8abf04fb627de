//! What does a row of a tape cost, as text and as a native record: `cargo bench -p ringfence-tape`.
//!
//! The tapes are generated; one iteration reads all of one, and the rate shown is that of its rows.
#![allow(missing_docs, reason = "a measurement, not part of the reader")]

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use ringfence_tape::generate::{BAR_STAMP, PRICE_DECIMALS, generate, qty_decimals};
use ringfence_tape::{Extent, Feed, Layout, NativeHeader, NativeWriter, RecordLayout, Tape, TapeSpec};

#[path = "../tests/support/mod.rs"]
mod support;

const ROWS: u64 = 200_000;

fn main() {
    divan::main();
}

#[divan::bench(args = ["trades", "quotes", "bars"])]
fn text(bencher: Bencher<'_, '_>, layout: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = generated(folder.path(), layout_of(layout));
    read(bencher, &[spec]);
}

#[divan::bench(args = ["trades", "quotes", "bars"])]
fn native(bencher: Bencher<'_, '_>, layout: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = generated(folder.path(), layout_of(layout));
    read(bencher, &[converted(&spec, layout_of(layout))]);
}

/// Four tapes of the same times, merged: the row comes from another tape each time.
#[divan::bench]
fn merged(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = converted(&generated(folder.path(), Layout::Trades), Layout::Trades);
    read(bencher, &[spec.clone(), spec.clone(), spec.clone(), spec]);
}

fn read(bencher: Bencher<'_, '_>, specs: &[TapeSpec]) {
    let rows = ROWS * specs.len() as u64;
    bencher.counter(ItemsCount::new(rows)).bench_local(|| {
        let open = |spec: &TapeSpec| Tape::open(spec.clone()).expect("the tape opens");
        let mut feed = Feed::new(specs.iter().map(open).collect(), Extent::WHOLE);
        while let Some(block) = feed.next_block().expect("the tape is whole") {
            black_box(block.events);
        }
        assert_eq!(feed.rows(), rows);
    });
}

fn layout_of(name: &str) -> Layout {
    match name {
        "trades" => Layout::Trades,
        "quotes" => Layout::Quotes,
        other => {
            assert_eq!(other, "bars");
            Layout::Bars
        }
    }
}

fn generated(folder: &Path, layout: Layout) -> TapeSpec {
    let path = folder.join("generated.csv");
    let mut file = BufWriter::new(File::create(&path).expect("a file"));
    generate(1, ROWS, layout, &mut file).expect("written");
    file.into_inner().expect("flushed");
    let bar = (layout == Layout::Bars).then_some(BAR_STAMP);
    TapeSpec { path, generated: None, instrument: support::instrument(PRICE_DECIMALS, qty_decimals(layout)), bar }
}

fn converted(spec: &TapeSpec, layout: Layout) -> TapeSpec {
    let header = NativeHeader {
        layout: match layout {
            Layout::Trades => RecordLayout::Trades,
            Layout::Quotes => RecordLayout::Quotes,
            Layout::Bars => RecordLayout::Bars,
        },
        price_scale: spec.instrument.price_scale,
        qty_scale: spec.instrument.qty_scale,
        symbol: String::new(),
        origin: None,
        rows: 0,
        first: 0,
        last: 0,
    };
    let path: PathBuf = spec.path.with_extension("tape");
    let mut writer = NativeWriter::new(File::create(&path).expect("a file"), header).expect("a header");
    let (mut tape, mut events) = (Tape::open(spec.clone()).expect("the tape opens"), Vec::new());
    while tape.read_block(&mut events).expect("the tape is whole") > 0 {
        events.iter().for_each(|event| writer.push(event).expect("written"));
    }
    writer.finish().expect("written");
    TapeSpec { path, ..spec.clone() }
}
