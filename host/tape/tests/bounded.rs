//! A tape is read in bounded memory: the peak of live bytes does not grow with the length of the file.
#![allow(unsafe_code, reason = "a counting allocator has to implement `GlobalAlloc`; it only forwards to the system's")]

use std::alloc::{GlobalAlloc, Layout as Shape, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use ringfence_tape::{Extent, Feed, Layout, Tape, TapeSpec, generate};

mod support;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call is forwarded unchanged to the system allocator; only counters are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, shape: Shape) -> *mut u8 {
        let live = LIVE.fetch_add(shape.size(), Ordering::Relaxed) + shape.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(shape) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, shape: Shape) {
        LIVE.fetch_sub(shape.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, shape) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Rows read, and the most bytes that were live beyond those before the tape was opened.
fn read(rows: u64) -> (u64, usize) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("tape.csv.zst");
    let file = std::fs::File::create(&path).expect("a file");
    let mut packer = zstd::Encoder::new(file, 3).expect("a packer");
    generate::generate(1, rows, Layout::Trades, &mut packer).expect("rows are written");
    packer.finish().expect("the file is whole");
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let tape = Tape::open(TapeSpec { path, generated: None, instrument: support::instrument(4, 0), bar: None })
        .expect("the tape opens");
    let mut feed = Feed::new(vec![tape], Extent::WHOLE);
    let mut read = 0;
    while let Some(block) = feed.next_block().expect("rows") {
        read += block.events.len() as u64;
    }
    (read, PEAK.load(Ordering::Relaxed) - before)
}

#[test]
fn a_long_tape_is_read_in_bounded_memory() {
    let (short_rows, short) = read(50_000);
    let (long_rows, long) = read(1_000_000);
    assert_eq!((short_rows, long_rows), (50_000, 1_000_000));
    assert!(long < 8 << 20, "{long} bytes");
    assert!(long <= short + short / 4, "{short} bytes for a short tape, {long} for a long one");
}
