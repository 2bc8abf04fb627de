//! Hostile files: whatever the bytes, no panic, and no more memory than a bound.
#![allow(unsafe_code, reason = "a counting allocator has to implement `GlobalAlloc`; it only forwards to the system's")]

use std::alloc::{GlobalAlloc, Layout as Shape, System};
use std::cell::Cell;
use std::io::Write;
use std::ops::ControlFlow;

use proptest::prelude::*;
use ringfence_data::{Format, Map, Number, Options, Request, inspect};

mod support;
use support::{npy_of, npz_of, real_file, zip_of};

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn count(change: isize) {
    // A thread that is ending has no counters any more; nothing is measured there.
    let live = LIVE.try_with(|live| {
        live.set(live.get() + change);
        live.get()
    });
    if let Ok(live) = live {
        PEAK.try_with(|peak| peak.set(peak.get().max(live))).ok();
    }
}

// SAFETY: every call is forwarded unchanged to the system allocator; only counters are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, shape: Shape) -> *mut u8 {
        count(isize::try_from(shape.size()).unwrap_or(isize::MAX));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(shape) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, shape: Shape) {
        count(-isize::try_from(shape.size()).unwrap_or(isize::MAX));
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, shape) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Most bytes that a small file may make live at once, whatever it holds.
const BYTES_MAX: isize = 8 << 20;

/// Most for a file with the longest line that is read.
const LINE_PEAK_MAX: isize = 64 << 20;

fn options() -> Options {
    Options {
        zone: Some("UTC".to_owned()),
        date: Some("2020-01-01".to_owned()),
        interval: Some("1m".to_owned()),
        stamp: Some(ringfence_tape::Stamp::Open),
        quote_size: Number::new(1, 0),
        ..Options::default()
    }
}

/// Peak of live bytes while the file is looked at. What it says does not matter; that it says something does.
fn peak(bytes: &[u8], format: Option<Format>, options: Options) -> isize {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("20200101_x_file.csv");
    std::fs::write(&path, bytes).expect("written");
    let request = Request { paths: vec![path], format, options, stale_ns: Some(1) };
    let before = LIVE.with(Cell::get);
    PEAK.with(|peak| peak.set(before));
    let said = inspect(&request, &mut |_| ControlFlow::Continue(()));
    drop(said.map(|(_, survey)| survey.to_string()).map_err(|error| error.to_string()));
    PEAK.with(Cell::get) - before
}

fn table() -> Options {
    Options { map: Some(Map::parse("ts=t:iso,price=p,qty=q,side=s,symbol=y").expect("a map")), ..options() }
}

/// A good small file of each format.
fn samples() -> Vec<(Format, Vec<u8>, Options)> {
    let local = 1_u64 << 30;
    let capture = br#"1000 {"stream":"b@trade","data":{"e":"trade","s":"B","T":2,"t":7,"p":"1.50","q":"3","m":true}}
1003 {"stream":"b@depth@100ms","data":{"s":"B","E":1,"U":5,"u":6,"b":[["1","2"]],"a":[["3","0"]]}}
1004 {"e":"markPriceUpdate","s":"B","E":3,"p":"2.25","r":"0.0001","T":9}
1005 {"lastUpdateId":5,"bids":[["1","1"]],"asks":[]}
4.5: {"arg":{"channel":"books","instId":"O"},"action":"snapshot","data":[{"asks":[["2","1","0","1"]],"bids":[["1","4"]],"ts":"9"}]}
7: {"arg":{"channel":"tickers","instId":"O"},"data":[{"bidPx":"","bidSz":"","askPx":"2","askSz":"3","ts":"9"}]}
3: {"type":"snapshot","product_id":"C","asks":[["2","1"]],"bids":[]}
5: {"type":"match","trade_id":3,"side":"sell","size":"1","price":"2","product_id":"C","time":"2021-04-17T16:43:37Z"}
2 {"channel":"l2Book","data":{"coin":"H","time":1,"levels":[[{"px":"1","sz":"2","n":1}],[]]}}
"#;
    let lean = b"1,491800,300,0,0,P,1,0\n2,491900,100,492000,50,K,1,0\n".as_slice();
    let archive = b"id,price,qty,quote_qty,time,is_buyer_maker\n1,5.5,2,11,1723161255000,true\n".as_slice();
    let tardis = b"exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\nx,B,1,2,true,bid,5,2\nx,B,1,2,true,ask,6,2\n";
    let npz = [(local | 1 << 29 | 4, 1, 2, 5.5, 0.5), (local | 1 << 28 | 2, 1, 2, 6.0, 1.0)];
    vec![
        (Format::Capture, capture.to_vec(), options()),
        (Format::Lean, lean.to_vec(), options()),
        (Format::Lean, b"20130308 15:00,1,3,1,2,0,1,4,1,2,0\n".to_vec(), options()),
        (Format::Lean, zip_of("20131007_aig_Quote_Tick.csv", lean), options()),
        (Format::Binance, archive.to_vec(), options()),
        (Format::Ccxt, b"[[60000,1.1,2e0,1,1.5,12.5],[120000,1,2,1,1.5,null]]".to_vec(), options()),
        (Format::Tardis, tardis.to_vec(), options()),
        (Format::HftBacktest, npy_of(&npz), options()),
        (Format::HftBacktest, npz_of(&npz), options()),
        (Format::Table, b"t,p,q,s,y\n2021-04-17T16:43:38Z,\"1e0\",2,b,x\n".to_vec(), table()),
        (Format::Tape, b"ts_ns,kind,p1,q1,p2,q2\n1,Q,1,1,2,1\n1,B,1,1,0,0\n".to_vec(), options()),
    ]
}

#[test]
fn a_good_sample_of_every_format_has_rows() {
    for (format, bytes, options) in samples() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("20200101_x_file.csv");
        std::fs::write(&path, bytes).expect("written");
        let request = Request { paths: vec![path], format: Some(format), options, stale_ns: None };
        let (_, survey) = inspect(&request, &mut |_| ControlFlow::Continue(())).expect("read");
        assert!(survey.total() > 0 && survey.bad.count == 0, "{format}: {survey}");
    }
}

/// The beginning of the real file, unpacked, where it is there.
fn databento() -> Option<Vec<u8>> {
    let packed = std::fs::read(real_file("databento_esh4_mbo_20231224.dbn.zst")?).expect("read");
    let mut bytes = zstd_of(&packed);
    bytes.truncate(4_000);
    Some(bytes)
}

fn zstd_of(packed: &[u8]) -> Vec<u8> {
    let source = Box::new(std::io::Cursor::new(packed.to_vec()));
    let (mut source, _) = ringfence_tape::unpack(source, std::path::Path::new("x")).expect("packed");
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut source, &mut bytes).expect("whole");
    bytes
}

fn change(bytes: &mut Vec<u8>, changes: &[(usize, u8)], cut: usize) {
    for (place, byte) in changes {
        if let Some(at) = place.checked_rem(bytes.len()) {
            bytes[at] = *byte;
        }
    }
    bytes.truncate(cut);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn changed_files_neither_panic_nor_take_much_memory(
        which in 0_usize..11,
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..12),
        cut in prop_oneof![Just(usize::MAX), 0_usize..700],
    ) {
        let (format, mut bytes, options) = samples().remove(which);
        change(&mut bytes, &changes, cut);
        for format in [Some(format), None] {
            let peak = peak(&bytes, format, options.clone());
            prop_assert!(peak < BYTES_MAX, "{format:?} {peak} bytes");
        }
    }

    #[test]
    fn random_bytes_neither_panic_nor_take_much_memory(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for format in Format::ALL {
            let options = if *format == Format::Table { table() } else { options() };
            let peak = peak(&bytes, Some(*format), options);
            prop_assert!(peak < BYTES_MAX, "{format} {peak} bytes");
        }
    }

    #[test]
    fn a_changed_databento_file_neither_panics_nor_takes_much_memory(
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..12),
        cut in prop_oneof![Just(usize::MAX), 0_usize..4_000],
    ) {
        let Some(mut bytes) = databento() else { return Ok(()) };
        change(&mut bytes, &changes, cut);
        let peak = peak(&bytes, Some(Format::Databento), options());
        prop_assert!(peak < BYTES_MAX, "{peak} bytes");
    }
}

#[test]
fn a_zip_that_unpacks_to_one_endless_line_stops_at_the_longest_line() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("20200101_x_file.csv", zip::write::SimpleFileOptions::default()).expect("memory");
    let piece = vec![b'1'; 1 << 20];
    (0..40).for_each(|_| writer.write_all(&piece).expect("memory"));
    let bytes = writer.finish().expect("memory").into_inner();
    assert!(bytes.len() < 1 << 20, "{} bytes make 40 MiB", bytes.len());
    for format in [Format::Capture, Format::Lean, Format::Table] {
        let options = if format == Format::Table { table() } else { options() };
        let peak = peak(&bytes, Some(format), options);
        assert!(peak < LINE_PEAK_MAX, "{format} {peak} bytes");
    }
}

#[test]
fn many_instruments_stop_at_a_bound() {
    let lines: String = (0..6_000)
        .map(|n| {
            format!(
                "{n} {{\"e\":\"depthUpdate\",\"s\":\"S{n}\",\"E\":1,\"U\":1,\"u\":1,\"b\":[[\"1\",\"1\"]],\"a\":[]}}\n"
            )
        })
        .collect();
    let peak = peak(lines.as_bytes(), Some(Format::Capture), options());
    assert!(peak < 4 * BYTES_MAX, "{peak} bytes");
}
