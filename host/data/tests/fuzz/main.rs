//! Fuzz targets: whatever a file of another program holds becomes a tape or is refused, and reading it neither panics,
//! hangs nor takes more memory than a buffer.
//!
//! Each target begins with small files of every format and changes them at random: see `ringfence_fuzz`. The first byte of
//! an input says which format, with which options, the rest is the file.

mod corpus;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use ringfence_data::{
    Backward, Existing, Format, Imported, Kind, Map, OnGap, Output, OutputForm, Request, Wanted, import, inspect,
    statistics,
};
use ringfence_fuzz::{largest_of, target};
use ringfence_tape::{BarStamp, native_header};

use crate::corpus::{Case, cases};

#[global_allocator]
static ALLOCATOR: ringfence_fuzz::Counting = ringfence_fuzz::Counting;

/// Most bytes that reading a file takes at once, whatever the file says of itself.
const BYTES_AT_ONCE_MAX: usize = 4 << 20;

/// Texts: captures, tables, archives and bars, a line or a value each.
#[test]
fn texts() {
    let words = ["\"e\":\"trade\"", "1723161255000", "true", "1e0", "2021-04-17T16:43:38Z", ",,", "1.5"];
    fuzz_files("texts", &cases(Case::is_text), &words);
}

/// Binary files: zips, arrays, Databento, our own tapes, Parquet where that is built.
#[test]
fn binaries() {
    fuzz_files("binaries", &cases(|case| !case.is_text()), &["PK\x03\x04", "NUMPY", "'shape': (", "<f8", "DBN"]);
}

/// A map of columns, and whatever a table says under it.
#[test]
fn maps() {
    let maps = [
        "ts=t:iso,price=p,qty=q,side=s,symbol=y",
        "ts=#1:ms,bid=b,ask=a,bid_qty=c,ask_qty=d",
        "ts=t,open=o,high=h,low=l,close=c,volume=v",
    ];
    let words = ["ts=", "price=", "qty=", ":iso", ":ms", "buyer_made", "#0", "#99", "=", ","];
    target!("maps", maps.map(|map| map.as_bytes().to_vec()).to_vec()).with_words(&words).tried(20_000, |input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        match Map::parse(text) {
            Ok(_) => assert!(text.contains('='), "a map names columns"),
            Err(error) => assert!(!error.is_empty(), "a refusal says why"),
        }
    });
}

fn fuzz_files(target: &'static str, cases: &[Case], words: &[&'static str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = (0_u8..).zip(cases).map(|(at, case)| [&[at][..], &case.bytes].concat()).collect();
    target!(target, corpus).with_words(words).tried(1_500, |input| {
        let Some((which, bytes)) = input.split_first() else { return };
        let case = &cases[usize::from(*which) % cases.len()];
        let path = folder.path().join(case.name);
        fs::write(&path, bytes).expect("written");
        tried(case, &path, folder.path());
        fs::remove_file(&path).expect("removed");
    });
}

fn tried(case: &Case, path: &Path, folder: &Path) {
    for format in [Some(case.format), None] {
        let request =
            Request { paths: vec![path.to_owned()], format, options: case.options.clone(), stale_ns: Some(1_000) };
        let (largest, said) = largest_of(|| inspect(&request, &mut |_| ControlFlow::Continue(())));
        assert!(largest <= BYTES_AT_ONCE_MAX, "{largest} bytes at once for {:?}", case.format);
        match said {
            Ok((_, survey)) => assert!(!survey.to_string().is_empty(), "it says what it found"),
            Err(error) => assert!(!error.to_string().is_empty(), "a refusal says why"),
        }
    }
    let request = Request {
        paths: vec![path.to_owned()],
        format: Some(case.format),
        options: case.options.clone(),
        stale_ns: None,
    };
    drop(statistics(&request, &mut |_| ControlFlow::Continue(())));
    for wanted in [Wanted::default(), lenient()] {
        imported(&request, &wanted, folder);
    }
}

/// Whatever can be let through is.
fn lenient() -> Wanted {
    Wanted { backward: Backward::Clamp, skips_bad: true, on_gap: OnGap::Stale, ..Wanted::default() }
}

/// A tape that is made is whole, in order, and the same when it is made again, of the file and of itself.
fn imported(request: &Request, wanted: &Wanted, folder: &Path) {
    let (tape, again) = (folder.join("out.tape"), folder.join("again.tape"));
    let Ok(done) = make(request, wanted, &tape) else {
        assert!(!tape.exists(), "nothing lies under the name of a tape that was refused");
        return;
    };
    let bytes = fs::read(&tape).expect("it was written");
    whole(&done, &tape);
    make(request, wanted, &again).expect("what was imported once is imported again");
    assert!(bytes == fs::read(&again).expect("it was written"), "the same tape");
    let own = Request { paths: vec![tape.clone()], format: None, options: Default::default(), stale_ns: None };
    let kinds = Some(Kind::ALL.iter().copied().collect());
    let copy = make(&own, &Wanted { kinds, ..Wanted::default() }, &again).expect("a tape of ours is imported");
    assert_eq!(copy.rows, done.rows, "with every row");
    for path in [tape, again] {
        fs::remove_file(path).expect("removed");
    }
}

fn make(request: &Request, wanted: &Wanted, path: &Path) -> Result<Imported, ringfence_data::DataError> {
    let output = Output { existing: Existing::Replace, ..support::to(path, OutputForm::Native) };
    import(request, wanted, &output, &mut |_| ControlFlow::Continue(()))
}

fn whole(done: &Imported, tape: &Path) {
    let header = native_header(tape).expect("it reads").expect("it is a native tape");
    assert_eq!((header.rows, header.price_scale.digits()), (done.rows, done.price_scale));
    let bar: Option<BarStamp> = None;
    let events = support::events(tape, (done.price_scale, done.qty_scale), bar);
    assert_eq!(events.len() as u64, done.rows);
    assert!(events.is_sorted_by_key(|event| event.time), "time goes forward");
}

/// The names in the list of formats that no case stands for.
#[test]
fn every_format_has_a_case() {
    let all = cases(|_| true);
    let missing: Vec<&Format> =
        Format::ALL.iter().filter(|format| !all.iter().any(|case| case.format == **format)).collect();
    let without_parquet = [Format::Parquet];
    let allowed: &[Format] = if cfg!(feature = "parquet") { &[] } else { &without_parquet };
    assert_eq!(missing, allowed.iter().collect::<Vec<_>>());
}
