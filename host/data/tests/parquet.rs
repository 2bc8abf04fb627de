//! Parquet between this program and others: pyarrow and pandas, in the environment that `cargo xtask test` makes.
#![cfg(feature = "parquet")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::expect;
use ringfence_data::{Existing, Map, Options, Output, OutputForm, Request, Wanted, import};

mod support;
use support::{events, line};

/// The interpreter with the packages of the oracles; where there is none the test is skipped in sight.
fn python() -> Option<PathBuf> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracles/bin/python");
    let path = std::env::var_os("RINGFENCE_PYTHON").map_or(made, PathBuf::from);
    if path.is_file() {
        return Some(path);
    }
    support::skip("no Python with pyarrow (`cargo xtask test` makes it under target/oracles)");
    None
}

fn tables(python: &Path, word: &str, file: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracles/tables.py");
    let output = Command::new(python).arg(script).arg(word).arg(file).output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn make(request: &Request, path: &Path, form: OutputForm) -> u64 {
    let existing = Existing::Replace;
    let output =
        Output { path: path.to_owned(), existing, form, price_scale: None, qty_scale: None, symbol: String::new() };
    import(request, &Wanted::default(), &output, &mut |_| ControlFlow::Continue(())).expect("a tape").rows
}

fn request(path: &Path, options: Options) -> Request {
    Request { paths: vec![path.to_owned()], format: None, options, stale_ns: None }
}

const CAPTURE: &str = r#"1700000000000000001 {"stream":"b@trade","data":{"e":"trade","s":"B","T":1700000000000,"t":7,"p":"1.50","q":"3","m":true}}
1700000000000000002 {"stream":"b@bookTicker","data":{"s":"B","b":"1","B":"2","a":"3","A":"4"}}
1700000000000000003 {"stream":"b@depth@100ms","data":{"s":"B","E":1700000000000,"U":5,"u":6,"b":[["1","2"]],"a":[["3","0"]]}}
1700000000000000004 {"e":"markPriceUpdate","s":"B","E":1700000000000,"p":"12345678901234567.25","r":"-0.0001","T":9}
"#;

#[test]
fn pyarrow_and_pandas_read_every_digit_of_parquet() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("a"), CAPTURE).expect("written");
    assert_eq!(make(&request(&at("a"), Options::default()), &at("b"), OutputForm::Parquet { has_floats: false }), 6);
    expect![[r#"
        ts_ns: timestamp[ns, tz=UTC], venue_ts_ns: timestamp[ns, tz=UTC], kind: string, side: string, price: decimal128(38, 2), qty: decimal128(38, 0), bid: decimal128(38, 2), bid_qty: decimal128(38, 0), ask: decimal128(38, 2), ask_qty: decimal128(38, 0), last: bool, rate: decimal128(38, 9), next_ts_ns: timestamp[ns, tz=UTC], status: string
        1700000000000000001 UTC | 1700000000000000000 UTC | trade | sell | 1.50 | 3 | - | - | - | - | - | - | - | -
        1700000000000000002 UTC | - | quote | - | - | - | 1.00 | 2 | 3.00 | 4 | - | - | - | -
        1700000000000000003 UTC | 1700000000000000000 UTC | level | buy | 1.00 | 2 | - | - | - | - | False | - | - | -
        1700000000000000003 UTC | 1700000000000000000 UTC | level | sell | 3.00 | 0 | - | - | - | - | True | - | - | -
        1700000000000000004 UTC | 1700000000000000000 UTC | mark | - | 12345678901234567.25 | - | - | - | - | - | - | - | - | -
        1700000000000000004 UTC | 1700000000000000000 UTC | funding | - | - | - | - | - | - | - | - | -0.000100000 | 9000000 UTC | -
        ts_ns: datetime64[ns, UTC], venue_ts_ns: datetime64[ns, UTC], kind: str, side: str, price: object, qty: object, bid: object, bid_qty: object, ask: object, ask_qty: object, last: object, rate: object, next_ts_ns: datetime64[ns, UTC], status: str
    "#]]
    .assert_eq(&tables(&python, "read", &at("b")));
    make(&request(&at("a"), Options::default()), &at("c"), OutputForm::Parquet { has_floats: true });
    expect![[r#"
        ts_ns: timestamp[ns, tz=UTC], venue_ts_ns: timestamp[ns, tz=UTC], kind: string, side: string, price: double, qty: double, bid: double, bid_qty: double, ask: double, ask_qty: double, last: bool, rate: double, next_ts_ns: timestamp[ns, tz=UTC], status: string
        1700000000000000001 UTC | 1700000000000000000 UTC | trade | sell | 1.5 | 3.0 | - | - | - | - | - | - | - | -
        1700000000000000002 UTC | - | quote | - | - | - | 1.0 | 2.0 | 3.0 | 4.0 | - | - | - | -
        1700000000000000003 UTC | 1700000000000000000 UTC | level | buy | 1.0 | 2.0 | - | - | - | - | False | - | - | -
        1700000000000000003 UTC | 1700000000000000000 UTC | level | sell | 3.0 | 0.0 | - | - | - | - | True | - | - | -
        1700000000000000004 UTC | 1700000000000000000 UTC | mark | - | 1.2345678901234568e+16 | - | - | - | - | - | - | - | - | -
        1700000000000000004 UTC | 1700000000000000000 UTC | funding | - | - | - | - | - | - | - | - | -0.0001 | 9000000 UTC | -
        ts_ns: datetime64[ns, UTC], venue_ts_ns: datetime64[ns, UTC], kind: str, side: str, price: float64, qty: float64, bid: float64, bid_qty: float64, ask: float64, ask_qty: float64, last: object, rate: float64, next_ts_ns: datetime64[ns, UTC], status: str
    "#]]
    .assert_eq(&tables(&python, "read", &at("c")));
}

#[test]
fn a_parquet_table_of_pandas_is_read_by_a_map() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (table, tape) = (folder.path().join("a"), folder.path().join("b"));
    tables(&python, "write", &table);
    let map = Some(Map::parse("ts=when:typed,price=px,qty=size,side=who").expect("a map"));
    // A double is its shortest decimal, so the first price has 17 digits; the second quantity needs 2, together more than 18.
    let fault = || {
        let output = Output {
            path: tape.clone(),
            existing: Existing::Replace,
            form: OutputForm::Native,
            price_scale: None,
            qty_scale: None,
            symbol: String::new(),
        };
        let request = request(&table, Options { map: map.clone(), ..Options::default() });
        import(&request, &Wanted::default(), &output, &mut |_| ControlFlow::Continue(()))
    };
    expect!["TABLE: prices and quantities need 17 and 2 digits behind the point, together at most 18"].assert_eq(
        &fault()
            .map_or_else(|error| error.to_string(), |imported| imported.rows.to_string())
            .replace(&table.display().to_string(), "TABLE"),
    );
    let map = Some(Map::parse("ts=when:typed,bid=size,ask=size").expect("a map"));
    let size = ringfence_data::Number::new(1, 0);
    let rows =
        make(&request(&table, Options { map, quote_size: size, ..Options::default() }), &tape, OutputForm::Native);
    let shown: String = events(&tape, (2, 2), None).iter().map(|event| line(event, 2)).collect();
    expect![[r#"
        2
        1700000000000000001 0 quote 1.25 x 1 / 1.25 x 1
        1700000000000000002 0 quote 12345678901234567.89 x 1 / 12345678901234567.89 x 1
    "#]]
    .assert_eq(&format!("{rows}\n{shown}"));
}

thread_local! {
    static PANICS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// What the fuzz target `binaries` found: the decoder asserts it, and prints so, where the file is to be refused.
#[test]
fn a_column_that_begins_before_the_file_is_refused_without_a_panic_of_the_decoder() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/binaries/parquet-column-before-the-file");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.parquet");
    // Its first byte names a case of the target.
    std::fs::write(&path, &std::fs::read(found).expect("an input")[1..]).expect("written");
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.with(|count| count.set(count.get() + 1));
        before(info);
    }));
    let said = ringfence_data::inspect(&request(&path, Options::default()), &mut |_| ControlFlow::Continue(()));
    assert!(said.expect_err("it is damaged").to_string().ends_with("begins or ends before the file does"));
    assert_eq!(PANICS.with(std::cell::Cell::get), 0);
}
