//! Formats, text in and text out: what a small file says, and which tape it makes.

use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::path::Path;

use expect_test::{Expect, expect};
use ringfence_data::{
    Backward, BookForm, Kind, Map, Number, OnGap, Options, Output, OutputForm, Request, Wanted, import, inspect,
};
use ringfence_tape::{BarStamp, Stamp, Tape, TapeSpec};

mod support;
use support::{events, in_folder, instrument, line, npz_of, real_file, zip_of};

/// Scales that every small file fits.
const SCALE: u8 = 6;

/// The survey of a file, then the tape made of it or why there is none.
fn outcome(name: &str, bytes: &[u8], options: &Options, wanted: &Wanted) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, out) = (folder.path().join(name), folder.path().join("out.tape"));
    std::fs::write(&path, bytes).expect("written");
    let request = Request { paths: vec![path], format: None, options: options.clone(), stale_ns: None };
    let hide = |text: String| text.replace(&folder.path().display().to_string(), "");
    let survey = match inspect(&request, &mut |_| ControlFlow::Continue(())) {
        Ok((format, survey)) => format!("{format}: {survey}"),
        Err(error) => return hide(format!("{} {error}", error.code())),
    };
    let output = Output {
        path: out.clone(),
        form: OutputForm::Native,
        price_scale: None,
        qty_scale: None,
        symbol: String::new(),
    };
    let made = match import(&request, wanted, &output, &mut |_| ControlFlow::Continue(())) {
        Ok(imported) => {
            let rows: String = events(&out, (SCALE, SCALE), None).iter().map(|event| line(event, SCALE)).collect();
            format!(
                "{} rows, {}, digits {} and {}\n{rows}",
                imported.rows, imported.layout, imported.price_scale, imported.qty_scale
            )
        }
        Err(error) => {
            assert!(!out.exists(), "no half tape under its name");
            format!("{} {error}\n", error.code())
        }
    };
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("a folder")
        .filter_map(Result::ok)
        .map(|entry| entry.file_name())
        .collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with("unfinished")), "{left:?}");
    hide(format!("{survey}--\n{made}"))
}

#[track_caller]
fn check(name: &str, text: &str, want: Expect) {
    want.assert_eq(&outcome(name, text.as_bytes(), &Options::default(), &Wanted::default()));
}

#[track_caller]
fn check_with(name: &str, bytes: &[u8], options: &Options, want: Expect) {
    want.assert_eq(&outcome(name, bytes, options, &Wanted::default()));
}

fn mapped(map: &str) -> Options {
    Options { map: Some(Map::parse(map).expect("a map")), ..Options::default() }
}

fn hours(zone: &str) -> Options {
    Options { zone: Some(zone.to_owned()), interval: Some("1h".to_owned()), ..Options::default() }
}

#[test]
fn binance_streams_carry_trades_quotes_depth_marks_and_funding() {
    check(
        "a.capture",
        r#"1000 {"stream":"b@trade","data":{"e":"trade","s":"B","T":2,"t":7,"p":"1.50","q":"3","m":true}}
1001 {"stream":"b@trade","data":{"e":"trade","s":"B","T":2,"t":8,"p":"1.5","q":"3","X":"INSURANCE_FUND","m":true}}
1002 {"stream":"b@bookTicker","data":{"s":"B","b":"1","B":"2","a":"3","A":"4"}}
1003 {"stream":"b@depth@100ms","data":{"s":"B","E":1,"U":5,"u":6,"b":[["1","2"]],"a":[["3","0"]]}}
1004 {"e":"markPriceUpdate","s":"B","E":3,"p":"2.25","r":"0.0001","T":9}
1005 {"stream":"b@forceOrder","data":{}}
"#,
        expect![[r#"
            capture: B: 6 rows (1 trades, 1 quotes, 2 depth, 1 marks, 1 funding), 1970-01-01T00:00:00.000001000Z to 1970-01-01T00:00:00.000001004Z, digits 2 and 0
            left out: 1 x stream that events cannot carry, first at 6
            left out: 1 x trade that is no market trade (insurance fund, deleveraging), first at 2
            --
            6 rows, native market, digits 2 and 0
            1000 2000000 trade 1.5 x 3 sell
            1002 0 quote 1 x 2 / 3 x 4
            1003 1000000 buy 1 = 2
            1003 1000000 sell 3 = 0 .
            1004 3000000 mark 2.25
            1004 3000000 funding 100000 next 9000000
        "#]],
    );
}

#[test]
fn depth_updates_that_are_missing_or_repeated_are_told_by_their_numbers() {
    let depth = |ids: &str| {
        format!("{{\"stream\":\"b@depth\",\"data\":{{\"s\":\"B\",\"E\":1,{ids},\"b\":[[\"1\",\"2\"]],\"a\":[]}}}}\n")
    };
    let spot: String = [r#""U":1,"u":4"#, r#""U":5,"u":6"#, r#""U":8,"u":9"#, r#""U":8,"u":9"#]
        .iter()
        .zip(1..)
        .map(|(ids, time)| format!("{time} {}", depth(ids)))
        .collect();
    check(
        "spot",
        &spot,
        expect![[r#"
        capture: B: 3 rows (3 depth), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000003Z, digits 0 and 0
          gaps: 1, first at 3 (1970-01-01T00:00:00.000000003Z)
        left out: 1 x depth update that was there already, first at 4
        --
        3 rows, native market, digits 0 and 0
        1 1000000 buy 1 = 2 .
        2 1000000 buy 1 = 2 .
        3 1000000 buy 1 = 2 .
    "#]],
    );
    let futures: String = [r#""U":1,"u":4,"pu":0"#, r#""U":7,"u":9,"pu":4"#, r#""U":10,"u":12,"pu":8"#]
        .iter()
        .zip(1..)
        .map(|(ids, time)| format!("{time} {}", depth(ids)))
        .collect();
    check(
        "futures",
        &futures,
        expect![[r#"
        capture: B: 3 rows (3 depth), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000003Z, digits 0 and 0
          gaps: 1, first at 3 (1970-01-01T00:00:00.000000003Z)
        --
        3 rows, native market, digits 0 and 0
        1 1000000 buy 1 = 2 .
        2 1000000 buy 1 = 2 .
        3 1000000 buy 1 = 2 .
    "#]],
    );
}

#[test]
fn a_table_cannot_say_where_updates_are_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a");
    std::fs::write(&path, "1 {\"e\":\"trade\",\"s\":\"B\",\"T\":1,\"t\":7,\"p\":\"1\",\"q\":\"3\",\"m\":true}\n")
        .expect("written");
    let request = Request { paths: vec![path], format: None, options: Options::default(), stale_ns: None };
    let output = Output {
        path: folder.path().join("b"),
        form: OutputForm::Parquet { has_floats: false },
        price_scale: None,
        qty_scale: None,
        symbol: String::new(),
    };
    let wanted = Wanted { on_gap: OnGap::Stale, ..Wanted::default() };
    let error = import(&request, &wanted, &output, &mut |_| ControlFlow::Continue(())).expect_err("it is refused");
    assert!(error.to_string().contains("leave out --on-gap stale"), "{error}");
}

#[test]
fn a_tape_says_where_updates_are_missing_until_the_next_snapshot_if_it_is_told_to() {
    let depth = |time: u64, ids: &str| {
        let levels = r#""b":[["1","2"]],"a":[]"#;
        format!("{time} {{\"e\":\"depthUpdate\",\"s\":\"B\",\"E\":1,{ids},{levels}}}\n")
    };
    let snapshot = |time: u64, id: u64| {
        format!("{time} {{\"lastUpdateId\":{id},\"bids\":[[\"5\",\"1\"]],\"asks\":[[\"6\",\"1\"]]}}\n")
    };
    let text = [
        depth(1, r#""U":1,"u":4"#),
        depth(2, r#""U":7,"u":8"#),
        depth(3, r#""U":11,"u":12"#),
        // Brought up to date with 11 to 12, but 10 is missing.
        snapshot(4, 9),
        depth(5, r#""U":13,"u":13"#),
        snapshot(6, 13),
        depth(7, r#""U":14,"u":14"#),
    ];
    let wanted = Wanted { on_gap: OnGap::Stale, ..Wanted::default() };
    let all = outcome("a", text.concat().as_bytes(), &Options::default(), &wanted);
    expect![[r#"
        16 rows, native market, digits 0 and 0
        1 1000000 buy 1 = 2 .
        2 0 FeedStale
        2 1000000 buy 1 = 2 .
        3 1000000 buy 1 = 2 .
        4 0 clear
        4 0 buy 5 = 1
        4 0 buy 1 = 2
        4 0 sell 6 = 1 .
        4 0 FeedRecovered
        4 0 FeedStale
        5 1000000 buy 1 = 2 .
        6 0 clear
        6 0 buy 5 = 1
        6 0 sell 6 = 1 .
        6 0 FeedRecovered
        7 1000000 buy 1 = 2 .
    "#]]
    .assert_eq(all.split_once("--\n").map_or(all.as_str(), |(_, made)| made));
}

#[test]
fn orders_come_one_by_one_or_as_levels() {
    let record = |(action, side): (u8, u8), order: u64, (price, size): (i64, u32), is_last: bool| {
        let mut bytes = vec![14_u8, 0xa0, 1, 0];
        bytes.extend_from_slice(&7_u32.to_le_bytes());
        bytes.extend_from_slice(&1_000_u64.to_le_bytes());
        bytes.extend_from_slice(&order.to_le_bytes());
        bytes.extend_from_slice(&(price * 1_000_000_000).to_le_bytes());
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(&[if is_last { 128 } else { 0 }, 0, action, side]);
        bytes.extend_from_slice(&2_000_u64.to_le_bytes());
        bytes.extend_from_slice(&[0; 8]);
        bytes
    };
    let mut file = b"DBN\x01".to_vec();
    let metadata = [0; 100 + 5 * 4];
    file.extend_from_slice(&u32::try_from(metadata.len()).expect("short").to_le_bytes());
    file.extend_from_slice(&metadata);
    for bytes in [
        record((b'R', b'N'), 0, (0, 0), false),
        record((b'A', b'B'), 1, (5, 3), false),
        record((b'A', b'B'), 2, (5, 4), true),
        // Smaller: keeps its place. Larger, or elsewhere: does not.
        record((b'M', b'B'), 1, (5, 2), true),
        record((b'M', b'B'), 1, (5, 6), true),
        record((b'M', b'B'), 2, (4, 4), true),
        record((b'C', b'B'), 2, (4, 1), true),
        // A seller takes 2 of order 1.
        record((b'T', b'A'), 0, (5, 2), false),
        record((b'F', b'B'), 1, (5, 2), false),
        record((b'C', b'B'), 1, (5, 2), true),
        record((b'F', b'B'), 9, (5, 2), false),
        record((b'C', b'B'), 1, (5, 4), true),
    ] {
        file.extend_from_slice(&bytes);
    }
    let made = |book| {
        let all = outcome("a.dbn", &file, &Options { book, ..Options::default() }, &Wanted::default());
        all.split_once("--\n").map_or(all.clone(), |(_, made)| made.to_owned())
    };
    expect![[r#"
        13 rows, native market, digits 0 and 0
        2000 1000 clear
        2000 1000 buy 5 = 3
        2000 1000 buy 5 = 7 .
        2000 1000 buy 5 = 4
        2000 1000 buy 5 = 6 .
        2000 1000 buy 5 = 4
        2000 1000 buy 5 = 10 .
        2000 1000 buy 5 = 6
        2000 1000 buy 4 = 4 .
        2000 1000 buy 4 = 3 .
        2000 1000 trade 5 x 2 sell
        2000 1000 buy 5 = 4 .
        2000 1000 buy 5 = 0 .
    "#]]
    .assert_eq(&made(BookForm::Levels));
    expect![[r#"
        13 rows, native orders, digits 0 and 0
        2000 1000 clear buy #0 0 x 0 of 0
        2000 1000 add buy #1 5 x 3 of 3
        2000 1000 add buy #2 5 x 4 of 7 .
        2000 1000 reduce buy #1 5 x 1 of 6 .
        2000 1000 delete buy #1 5 x 2 of 4
        2000 1000 add buy #1 5 x 6 of 10 .
        2000 1000 delete buy #2 5 x 4 of 6
        2000 1000 add buy #2 4 x 4 of 4 .
        2000 1000 reduce buy #2 4 x 1 of 3 .
        2000 1000 trade 5 x 2 sell
        2000 1000 fill buy #1 5 x 2 of 6
        2000 1000 reduce buy #1 5 x 2 of 4 .
        2000 1000 delete buy #1 5 x 4 of 0 .
    "#]]
    .assert_eq(&made(BookForm::Orders));
}

#[test]
fn a_snapshot_is_brought_up_to_date_with_what_came_before_it_arrived() {
    let depth = |time: u64, ids: &str, price: u64| {
        format!("{time} {{\"e\":\"depthUpdate\",\"s\":\"B\",\"E\":1,{ids},\"b\":[[\"{price}\",\"2\"]],\"a\":[]}}\n")
    };
    let snapshot = "4 {\"lastUpdateId\":6,\"bids\":[[\"5\",\"1\"]],\"asks\":[]}\n";
    let text = [
        depth(1, r#""U":1,"u":4,"pu":0"#, 1),
        depth(2, r#""U":5,"u":8,"pu":4"#, 2),
        snapshot.to_owned(),
        depth(5, r#""U":9,"u":9,"pu":8"#, 3),
    ];
    check(
        "a",
        &text.concat(),
        expect![[r#"
        capture: B: 6 rows (6 depth), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000005Z, digits 0 and 0
        --
        6 rows, native market, digits 0 and 0
        1 1000000 buy 1 = 2 .
        2 1000000 buy 2 = 2 .
        4 0 clear
        4 0 buy 5 = 1
        4 0 buy 2 = 2 .
        5 1000000 buy 3 = 2 .
    "#]],
    );
}

#[test]
fn bars_of_a_stream_count_when_they_are_closed() {
    let kline = |time: u64, closed: bool| {
        format!(
            "{time} {{\"stream\":\"b@kline_1m\",\"data\":{{\"e\":\"kline\",\"s\":\"B\",\"k\":{{\"t\":60000,\"i\":\"1m\",\"o\":\"1\",\"h\":\"3\",\"l\":\"1\",\"c\":\"2\",\"v\":\"9\",\"x\":{closed}}}}}}}\n"
        )
    };
    check(
        "a",
        &[kline(1, false), kline(2, true)].concat(),
        expect![[r#"
        capture: B: 1 rows (1 bars), 1970-01-01T00:02:00.000000000Z to 1970-01-01T00:02:00.000000000Z, digits 0 and 0
        left out: 1 x bar that is not closed yet, first at 1
        --
        1 rows, native bars, digits 0 and 0
        120000000000 0 bar 1 3 1 2 x 9 from 60000000000 for 60000000000
    "#]],
    );
}

#[test]
fn an_okx_book_is_held_against_its_checksums() {
    let message = |at: u32, action: &str, levels: &str, sum: i32| {
        format!(
            r#"{at}: {{"arg":{{"channel":"books","instId":"O"}},"action":"{action}","data":[{{{levels},"ts":"9","checksum":{sum}}}]}}
"#
        )
    };
    let text = [
        message(1, "snapshot", r#""asks":[["2.50","3","0","1"]],"bids":[["1","4","0","1"]]"#, crc("1:4:2.50:3")),
        message(2, "update", r#""asks":[["3","1","0","1"]],"bids":[["1","0","0","0"]]"#, crc("2.50:3:3:1")),
        message(3, "update", r#""asks":[["3","2","0","1"]],"bids":[]"#, crc("0.5:1:2.50:3:3:2")),
        message(4, "update", r#""asks":[["3","0","0","1"]],"bids":[]"#, crc("0.5:1:2.50:3")),
        message(5, "snapshot", r#""asks":[],"bids":[["1","4","0","1"]]"#, crc("1:4")),
        message(6, "update", r#""asks":[],"bids":[["1","5","0","1"]]"#, crc("1:4")),
    ];
    check(
        "a",
        &text.concat(),
        expect![[r#"
        capture: O: 10 rows (10 depth), 1970-01-01T00:00:01.000000000Z to 1970-01-01T00:00:06.000000000Z, digits 1 and 0
          gaps: 2, first at 3 (1970-01-01T00:00:03.000000000Z)
        --
        10 rows, native market, digits 1 and 0
        1000000000 9000000 clear
        1000000000 9000000 buy 1 = 4
        1000000000 9000000 sell 2.5 = 3 .
        2000000000 9000000 buy 1 = 0
        2000000000 9000000 sell 3 = 1 .
        3000000000 9000000 sell 3 = 2 .
        4000000000 9000000 sell 3 = 0 .
        5000000000 9000000 clear
        5000000000 9000000 buy 1 = 4 .
        6000000000 9000000 buy 1 = 5 .
    "#]],
    );
}

fn crc(text: &str) -> i32 {
    crc32fast::hash(text.as_bytes()).cast_signed()
}

#[test]
fn okx_coinbase_and_hyperliquid_speak_for_themselves() {
    check(
        "a",
        r#"wss://x <-> 1.5
wss://x <- 1.6: {"op":"subscribe"}
1.7: {"event":"subscribe","arg":{"channel":"trades","instId":"O"}}
2.000000001: {"arg":{"channel":"trades","instId":"O"},"data":[{"instId":"O","tradeId":"5","px":"1","sz":"2","side":"sell","ts":"9"}]}
3: {"arg":{"channel":"books","instId":"O"},"action":"update","data":[{"asks":[["2","1","0","1"]],"bids":[],"ts":"9","checksum":1}]}
4: {"arg":{"channel":"books","instId":"O"},"action":"snapshot","data":[{"asks":[["2","1","0","1"]],"bids":[["1","4","0","1"]],"ts":"9","seqId":4,"prevSeqId":-1}]}
5: {"arg":{"channel":"books","instId":"O"},"action":"update","data":[{"asks":[["2","0","0","0"]],"bids":[],"ts":"9","seqId":6,"prevSeqId":4}]}
6: {"arg":{"channel":"books","instId":"O"},"action":"update","data":[{"asks":[["2","3","0","0"]],"bids":[],"ts":"9","seqId":9,"prevSeqId":8}]}
7: {"arg":{"channel":"tickers","instId":"O"},"data":[{"bidPx":"","bidSz":"","askPx":"2","askSz":"3","ts":"9"}]}
"#,
        expect![[r#"
            capture: O: 7 rows (1 trades, 1 quotes, 5 depth), 1970-01-01T00:00:02.000000001Z to 1970-01-01T00:00:07.000000000Z, digits 0 and 0
              gaps: 1, first at 8 (1970-01-01T00:00:06.000000000Z)
            left out: 1 x address of a connection, first at 1
            left out: 1 x answer to a subscription, first at 3
            left out: 1 x book update before the first snapshot, first at 5
            left out: 1 x sent by the client, first at 2
            --
            7 rows, native market, digits 0 and 0
            2000000001 9000000 trade 1 x 2 sell
            4000000000 9000000 clear
            4000000000 9000000 buy 1 = 4
            4000000000 9000000 sell 2 = 1 .
            5000000000 9000000 sell 2 = 0 .
            6000000000 9000000 sell 2 = 3 .
            7000000000 9000000 quote 0 x 0 / 2 x 3
        "#]],
    );
    check(
        "a",
        r#"2: {"type":"l2update","product_id":"C","time":"2021-04-17T16:43:37.5Z","changes":[["buy","1","2"]]}
3: {"type":"snapshot","product_id":"C","asks":[["2","1"]],"bids":[]}
4: {"type":"l2update","product_id":"C","time":"2021-04-17T16:43:37.5Z","changes":[["buy","1","2"],["sell","2","0"]]}
5: {"type":"match","trade_id":3,"side":"sell","size":"1","price":"2","product_id":"C","time":"2021-04-17T16:43:37Z"}
6: {"type":"match","trade_id":6,"side":"buy","size":"1","price":"1","product_id":"C","time":"2021-04-17T16:43:37Z"}
"#,
        expect![[r#"
            capture: C: 6 rows (2 trades, 4 depth), 1970-01-01T00:00:03.000000000Z to 1970-01-01T00:00:06.000000000Z, digits 0 and 0
              gaps: 1, first at 5 (1970-01-01T00:00:06.000000000Z), at most 2 missing
            left out: 1 x book update before the first snapshot, first at 1
            --
            6 rows, native market, digits 0 and 0
            3000000000 0 clear
            3000000000 0 sell 2 = 1 .
            4000000000 1618677817500000000 buy 1 = 2
            4000000000 1618677817500000000 sell 2 = 0 .
            5000000000 1618677817000000000 trade 2 x 1 buy
            6000000000 1618677817000000000 trade 1 x 1 sell
        "#]],
    );
    check(
        "a",
        r#"2 {"channel":"l2Book","data":{"coin":"H","time":1,"levels":[[{"px":"1","sz":"2","n":1}],[]]}}
3 {"channel":"trades","data":[{"coin":"H","side":"A","px":"1","sz":"2","time":1,"tid":9}]}
4 {"channel":"bbo","data":{"coin":"H","time":1,"bbo":[null,{"px":"2","sz":"3","n":1}]}}
5 {"channel":"activeAssetCtx","data":{"coin":"H","ctx":{"markPx":"1.5","funding":"0.0000125"}}}
"#,
        expect![[r#"
            capture: H: 6 rows (1 trades, 1 quotes, 2 depth, 1 marks, 1 funding), 1970-01-01T00:00:00.000000002Z to 1970-01-01T00:00:00.000000005Z, digits 1 and 0
            --
            6 rows, native market, digits 1 and 0
            2 1000000 clear
            2 1000000 buy 1 = 2 .
            3 1000000 trade 1 x 2 sell
            4 1000000 quote 0 x 0 / 2 x 3
            5 0 mark 1.5
            5 0 funding 12500 next 0
        "#]],
    );
}

#[test]
fn lines_that_cannot_be_read_are_named_and_left_out_only_when_that_is_asked_for() {
    let text = "1 {\"type\":\"match\",\"trade_id\":1,\"side\":\"buy\",\"size\":\"1\",\"price\":\"1\",\"product_id\":\"C\",\"time\":\"\"}\n\
                x {\"type\":\"match\"}\n2 {\"type\":\"match\",\"side\n3\n";
    check(
        "a",
        text,
        expect![[r#"
        capture: C: 1 rows (1 trades), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000001Z, digits 0 and 0
        unreadable: 3, first at 2: time "x": the time is digits of ns, or seconds with a point and a colon, and JSON follows
        --
        I-ROW /a: 3 unreadable, the first at 2: time "x": the time is digits of ns, or seconds with a point and a colon, and JSON follows
    "#]],
    );
    let wanted = Wanted { skips_bad: true, ..Wanted::default() };
    expect![[r#"
        capture: C: 1 rows (1 trades), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000001Z, digits 0 and 0
        unreadable: 3, first at 2: time "x": the time is digits of ns, or seconds with a point and a colon, and JSON follows
        --
        1 rows, native quotes, digits 0 and 0
        1 0 trade 1 x 1 sell
    "#]].assert_eq(&outcome("a", text.as_bytes(), &Options::default(), &wanted));
}

#[test]
fn one_instrument_and_some_kinds_are_chosen() {
    let text = "1 {\"e\":\"bookTicker\",\"s\":\"A\",\"b\":\"1\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\"}\n\
                2 {\"e\":\"bookTicker\",\"s\":\"B\",\"b\":\"1\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\"}\n\
                3 {\"e\":\"trade\",\"s\":\"B\",\"T\":1,\"t\":1,\"p\":\"1\",\"q\":\"1\",\"m\":false}\n";
    check(
        "a",
        text,
        expect![[r#"
        capture: A: 1 rows (1 quotes), 1970-01-01T00:00:00.000000001Z to 1970-01-01T00:00:00.000000001Z, digits 0 and 0
        B: 2 rows (1 trades, 1 quotes), 1970-01-01T00:00:00.000000002Z to 1970-01-01T00:00:00.000000003Z, digits 0 and 0
        --
        I-OPTION --symbol: the file holds 2 instruments, choose one of A, B
    "#]],
    );
    let choose = |symbol: &str, kinds: &[Kind]| {
        let kinds = Some(kinds.iter().copied().collect::<BTreeSet<Kind>>());
        let wanted = Wanted { symbol: Some(symbol.to_owned()), kinds, ..Wanted::default() };
        let all = outcome("a", text.as_bytes(), &Options::default(), &wanted);
        all.split_once("--\n").map_or(all.clone(), |(_, made)| made.to_owned())
    };
    expect![[r#"
        1 rows, native quotes, digits 0 and 0
        2 0 quote 1 x 1 / 2 x 1
    "#]]
    .assert_eq(&choose("B", &[Kind::Quotes]));
    expect![[r#"
        I-NOTHING /a: none of what was asked for is there; it holds A: 1 quotes; B: 1 trades, 1 quotes
    "#]]
    .assert_eq(&choose("A", &[Kind::Trades]));
    expect![[r#"
        I-NOTHING /a: none of what was asked for is there; it holds A: 1 quotes; B: 1 trades, 1 quotes
    "#]]
    .assert_eq(&choose("C", &[Kind::Trades]));
}

#[test]
fn rows_that_go_back_in_time_are_refused_clamped_or_dropped() {
    let text = b"t,p,q\n5,1,1\n4,2,1\n6,3,1\n".as_slice();
    let options = mapped("ts=t:ns,price=p,qty=q");
    for (backward, want) in [
        (
            Backward::Refuse,
            expect![[r#"
            table: (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:00.000000005Z to 1970-01-01T00:00:00.000000006Z, digits 0 and 0
              backward: 1, first at 3 (1970-01-01T00:00:00.000000004Z), at most 1 ns
            --
            I-BACKWARD /a.csv: 1 rows are dated before the one above them, the first at 3, by up to 1 ns
        "#]],
        ),
        (
            Backward::Clamp,
            expect![[r#"
            table: (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:00.000000005Z to 1970-01-01T00:00:00.000000006Z, digits 0 and 0
              backward: 1, first at 3 (1970-01-01T00:00:00.000000004Z), at most 1 ns
            --
            3 rows, native trades, digits 0 and 0
            5 0 trade 1 x 1 -
            5 0 trade 2 x 1 -
            6 0 trade 3 x 1 -
        "#]],
        ),
        (
            Backward::Drop,
            expect![[r#"
            table: (instrument not named): 3 rows (3 trades), 1970-01-01T00:00:00.000000005Z to 1970-01-01T00:00:00.000000006Z, digits 0 and 0
              backward: 1, first at 3 (1970-01-01T00:00:00.000000004Z), at most 1 ns
            --
            2 rows, native trades, digits 0 and 0
            5 0 trade 1 x 1 -
            6 0 trade 3 x 1 -
        "#]],
        ),
    ] {
        want.assert_eq(&outcome("a.csv", text, &options, &Wanted { backward, ..Wanted::default() }));
    }
}

#[test]
fn a_table_is_what_its_map_says() {
    let text =
        b"\xef\xbb\xbfwhen,\"side\",price,size\n2021-04-17 16:43:37.25,Buy,\"1.5\",2\n2021-04-17T16:43:38Z,s,1e0,2\n"
            .as_slice();
    let options = Options { zone: Some("UTC".to_owned()), ..mapped("ts=when:iso,price=price,qty=size,side=side") };
    check_with(
        "a.csv",
        text,
        &options,
        expect![[r#"
        table: (instrument not named): 2 rows (2 trades), 2021-04-17T16:43:37.250000000Z to 2021-04-17T16:43:38.000000000Z, digits 1 and 0
        --
        2 rows, native quotes, digits 1 and 0
        1618677817250000000 0 trade 1.5 x 2 buy
        1618677818000000000 0 trade 1 x 2 sell
    "#]],
    );
    let options =
        Options { delimiter: Some(b';'), has_no_header: true, ..mapped("ts=#1:s,bid=#2,ask=#3,bid_qty=#4,ask_qty=#4") };
    check_with(
        "a.csv",
        b"1.5;1;2;3\n2;3;2;1\n2;2;2;1\n2;2;2\n",
        &options,
        expect![[r#"
        table: (instrument not named): 3 rows (3 quotes), 1970-01-01T00:00:01.500000000Z to 1970-01-01T00:00:02.000000000Z, digits 0 and 0
          crossed quotes: 1, first at 2 (1970-01-01T00:00:02.000000000Z)
          locked quotes: 1, first at 3 (1970-01-01T00:00:02.000000000Z)
        unreadable: 1, first at 4: row "3 columns": columns of the map are missing
        --
        I-ROW /a.csv: 1 unreadable, the first at 4: row "3 columns": columns of the map are missing
    "#]],
    );
    check_with(
        "a.csv",
        b"a,b\n",
        &mapped("ts=t:ms,price=b,qty=b"),
        expect![[r#"I-OPTION --map: there is no column "t"; the header has a, b"#]],
    );
}

#[test]
fn a_map_that_makes_no_sense_is_refused() {
    let fault = |text: &str| Map::parse(text).expect_err("no map");
    for (text, want) in [
        ("ts", expect![[r#""ts" is not FIELD=COLUMN"#]]),
        (
            "time=t:ms",
            expect![[
                r#""time" is no field; allowed are ts, venue_ts, symbol, price, qty, side, bid, bid_qty, ask, ask_qty, open, high, low, close, volume"#
            ]],
        ),
        (
            "ts=t",
            expect![[
                r#""t" needs the unit of its times: :s, :ms, :us, :ns, :iso for dates, or :typed where a Parquet file says it"#
            ]],
        ),
        ("ts=t:ms", expect!["price,qty or bid,ask or open,high,low,close are needed beside ts"]),
        ("price=p,qty=q", expect!["ts is missing"]),
        ("ts=t:ms,ts=u:ms", expect!["ts stands twice"]),
        ("ts=t:ms,price=", expect![[r#""price=" names no column; one without a name is #1, #2, …"#]]),
        (
            "ts=t:ms,price=p,qty=q,bid=b,ask=a",
            expect!["a row is a trade, a quote or a bar, and this map has columns of two"],
        ),
    ] {
        want.assert_eq(&fault(text));
    }
}

#[test]
fn what_a_file_does_not_say_has_to_be_said() {
    let quotes = zip_of("20140508_eurusd_tick_quote.csv", b"17007,1.39147,1.39148\n");
    check_with(
        "a.zip",
        &quotes,
        &Options::default(),
        expect![[r#"
        lean: EURUSD: 1 rows (1 quotes), 2014-05-08T00:00:17.007000000Z to 2014-05-08T00:00:17.007000000Z, digits 5 and 0
        assumed: local times are UTC
        assumed: quotes without quantities are of 1
        --
        I-OPTION --zone: the file has local times, so their zone has to be named, such as UTC or America/New_York
    "#]],
    );
    let zone = Options { zone: Some("UTC".to_owned()), ..Options::default() };
    check_with(
        "a.zip",
        &quotes,
        &zone,
        expect![[r#"
        lean: EURUSD: 1 rows (1 quotes), 2014-05-08T00:00:17.007000000Z to 2014-05-08T00:00:17.007000000Z, digits 5 and 0
        assumed: quotes without quantities are of 1
        --
        I-OPTION --quote-size: the file has quotes without quantities, so the one that stands for them has to be named, such as 1
    "#]],
    );
    let all = Options { quote_size: Number::new(5, 0), ..zone.clone() };
    check_with(
        "a.zip",
        &quotes,
        &all,
        expect![[r#"
        lean: EURUSD: 1 rows (1 quotes), 2014-05-08T00:00:17.007000000Z to 2014-05-08T00:00:17.007000000Z, digits 5 and 0
        --
        1 rows, native quotes, digits 5 and 0
        1399507217007000000 0 quote 1.39147 x 5 / 1.39148 x 5
    "#]],
    );
    check_with(
        "a.zip",
        &quotes,
        &Options { zone: Some("Mars".to_owned()), ..all.clone() },
        expect![[r#"I-OPTION --zone: "Mars" is no time zone; allowed are names such as UTC or America/New_York"#]],
    );
    check_with(
        "a.zip",
        &zip_of("eurusd.csv", b"17007,1.39147,1.39148\n"),
        &all,
        expect!["I-OPTION --date: the file counts from midnight and does not name its day, such as 2013-10-07"],
    );
    let bars = zip_of("aapl.csv", b"19980102 09:00,136300,137500,135000,136300,540700\n");
    check_with(
        "a.zip",
        &bars,
        &zone,
        expect![[r#"
        lean: AAPL: 1 rows (1 bars), 1998-01-02T09:00:00.000000000Z to 1998-01-02T09:00:00.000000000Z, digits 2 and 0
        assumed: bars have no length
        assumed: prices without a point are ten-thousandths, as LEAN writes those of equities
        --
        I-OPTION --interval: the file holds bars and does not say how long they are, such as 1m or 1d
    "#]],
    );
}

#[test]
fn lean_rows_follow_their_zone_and_their_kind() {
    let bars = zip_of(
        "aapl.csv",
        b"20130308 15:00,136300,137500,135000,136300,5407\n20130311 09:00,136300,137500,135000,136300,5\n",
    );
    check_with(
        "a.zip",
        &bars,
        &hours("America/New_York"),
        expect![[r#"
        lean: AAPL: 2 rows (2 bars), 2013-03-08T21:00:00.000000000Z to 2013-03-11T14:00:00.000000000Z, digits 2 and 0
          missing bars: 1 times, first at 2 (2013-03-11T14:00:00.000000000Z), at most 64 at once
        assumed: prices without a point are ten-thousandths, as LEAN writes those of equities
        --
        2 rows, native bars, digits 2 and 0
        1362776400000000000 0 bar 13.63 13.75 13.5 13.63 x 5407 from 1362772800000000000 for 3600000000000
        1363010400000000000 0 bar 13.63 13.75 13.5 13.63 x 5 from 1363006800000000000 for 3600000000000
    "#]],
    );
    let quote_bars =
        zip_of("eurusd.csv", b"20130308 15:00,1.1,1.3,1.1,1.2,0,1.2,1.4,1.2,1.25,0\n20130308 16:00,1,1,1,1,0,,,,,\n");
    check_with(
        "a.zip",
        &quote_bars,
        &hours("UTC"),
        expect![[r#"
        lean: EURUSD: 1 rows (1 bars), 2013-03-08T16:00:00.000000000Z to 2013-03-08T16:00:00.000000000Z, digits 3 and 0
        left out: 1 x bar with one side only, first at 2
        --
        1 rows, native bars, digits 3 and 0
        1362758400000000000 0 bar 1.15 1.35 1.15 1.225 x 0 from 1362754800000000000 for 3600000000000
    "#]],
    );
    let zone = Options { zone: Some("America/New_York".to_owned()), ..Options::default() };
    let quotes =
        b"0,0,0,494100,300,Q,1,0\n1,491800,300,0,0,P,1,0\n2,491900,100,492000,50,K,1,0\n3,491900,100,0,0,K,1,1\n"
            .as_slice();
    check_with(
        "a.zip",
        &zip_of("20131007_aig_Quote_Tick.csv", quotes),
        &zone,
        expect![[r#"
        lean: AIG: 3 rows (3 quotes), 2013-10-07T04:00:00.000000000Z to 2013-10-07T04:00:00.002000000Z, digits 2 and 0
        assumed: prices without a point are ten-thousandths, as LEAN writes those of equities
        left out: 1 x row that the vendor flags as suspicious, first at 4
        --
        3 rows, native quotes, digits 2 and 0
        1381118400000000000 0 quote 0 x 0 / 49.41 x 300
        1381118400001000000 0 quote 49.18 x 300 / 49.41 x 300
        1381118400002000000 0 quote 49.19 x 100 / 49.2 x 50
    "#]],
    );
    let trades = b"0,494100,300,Q,1,0\n1,494200,1,P,1,0\n".as_slice();
    let one = Options { exchange: Some("P".to_owned()), ..zone };
    check_with(
        "a.zip",
        &zip_of("20131007_aig_Trade_Tick.csv", trades),
        &one,
        expect![[r#"
        lean: AIG: 1 rows (1 trades), 2013-10-07T04:00:00.001000000Z to 2013-10-07T04:00:00.001000000Z, digits 2 and 0
        assumed: prices without a point are ten-thousandths, as LEAN writes those of equities
        left out: 1 x row of another exchange, first at 1
        --
        1 rows, native trades, digits 2 and 0
        1381118400001000000 0 trade 49.42 x 1 -
    "#]],
    );
}

#[test]
fn binance_archives_are_read_with_and_without_header_and_in_both_units() {
    let trades = "id,price,qty,quote_qty,time,is_buyer_maker\n1,5.5,2,11,1723161255000,true\n2,5.5,2,11,1723161255001,false\n4,5.5,2,11,1723161255001,false\n";
    check(
        "x.csv",
        trades,
        expect![[r#"
        binance: (instrument not named): 3 rows (3 trades), 2024-08-08T23:54:15.000000000Z to 2024-08-08T23:54:15.001000000Z, digits 1 and 0
          gaps: 1, first at 4 (2024-08-08T23:54:15.001000000Z), at most 1 missing
        --
        3 rows, native quotes, digits 1 and 0
        1723161255000000000 0 trade 5.5 x 2 sell
        1723161255001000000 0 trade 5.5 x 2 buy
        1723161255001000000 0 trade 5.5 x 2 buy
    "#]],
    );
    check(
        "BTCUSDT-aggTrades-2025-01-02.csv",
        "1,5.5,2,1,1,1735776000000001,True,True\n1,5.5,2,1,1,1735776000000001,True,True\n",
        expect![[r#"
            binance: BTCUSDT: 2 rows (2 trades), 2025-01-02T00:00:00.000001000Z to 2025-01-02T00:00:00.000001000Z, digits 1 and 0
              duplicates: 1, first at 2 (2025-01-02T00:00:00.000001000Z)
            --
            2 rows, native quotes, digits 1 and 0
            1735776000000001000 0 trade 5.5 x 2 sell
            1735776000000001000 0 trade 5.5 x 2 sell
        "#]],
    );
    let klines = zip_of("BTCUSDT-1m-2024-08-08.csv", b"open_time,open,high,low,close,volume\n1723161240000,1,2,1,1.5,9,1723161299999\n1723161420000,1,2,1,1.5,9,1723161299999\n1723161480000,1,2,1.2,1.5,9,1\n");
    check_with(
        "a.zip",
        &klines,
        &Options::default(),
        expect![[r#"
            binance: BTCUSDT: 2 rows (2 bars), 2024-08-08T23:55:00.000000000Z to 2024-08-08T23:58:00.000000000Z, digits 1 and 0
              missing bars: 1 times, first at 3 (2024-08-08T23:58:00.000000000Z), at most 2 at once
            unreadable: 1, first at 4: bars "1 2 1.2 1.5 9": low <= open, close <= high must hold in a bar
            --
            I-ROW /a.zip: 1 unreadable, the first at 4: bars "1 2 1.2 1.5 9": low <= open, close <= high must hold in a bar
        "#]],
    );
    check(
        "BTCUSDT-bookTicker-2024-08-08.csv",
        "1,5,2,6,1,1723161255000,1723161255001\n",
        expect![[r#"
        binance: BTCUSDT: 1 rows (1 quotes), 2024-08-08T23:54:15.001000000Z to 2024-08-08T23:54:15.001000000Z, digits 0 and 0
        --
        1 rows, native quotes, digits 0 and 0
        1723161255001000000 0 quote 5 x 2 / 6 x 1
    "#]],
    );
    let depth = "symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\nB,1723161255000,1,1,b,snap,5,2,-1\nB,1723161255000,1,1,a,snap,6,2,-1\nB,1723161255001,2,2,a,set,6,0,1\n";
    check(
        "B_T_DEPTH_2024-08-08.csv",
        depth,
        expect![[r#"
        binance: B: 4 rows (4 depth), 2024-08-08T23:54:15.000000000Z to 2024-08-08T23:54:15.001000000Z, digits 0 and 0
        --
        4 rows, native market, digits 0 and 0
        1723161255000000000 0 clear
        1723161255000000000 0 buy 5 = 2 .
        1723161255000000000 0 sell 6 = 2 .
        1723161255001000000 0 sell 6 = 0 .
    "#]],
    );
}

#[test]
fn archives_of_spot_and_futures_have_other_columns_and_the_same_rows() {
    // Spot has a column more at the end and no header; futures have a header since 2022; COIN-M counts in the base.
    for (name, text) in [
        ("X-trades-2024-08-08.csv", "7,5.5,2,11,1723161255000,True,True\n"),
        ("X-trades-2025-08-08.csv", "7,5.5,2,11,1723161255000000,true,true\n"),
        ("X-trades-2024-08-08.csv", "id,price,qty,quote_qty,time,is_buyer_maker\n7,5.5,2,11,1723161255000,true\n"),
        ("X-trades-2024-08-08.csv", "id,price,qty,base_qty,time,is_buyer_maker\n7,5.5,2,0.4,1723161255000,true\n"),
        ("X-aggTrades-2024-08-08.csv", "7,5.5,2,1,3,1723161255000,True,True\n"),
        ("X-aggTrades-2021-08-08.csv", "7,5.5,2,1,3,1723161255000,true\n"),
        (
            "X-aggTrades-2024-08-08.csv",
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n7,5.5,2,1,3,1723161255000,true\n",
        ),
    ] {
        let shown = outcome(name, text.as_bytes(), &Options::default(), &Wanted::default());
        assert!(shown.starts_with("binance: X: 1 rows (1 trades), 2024-08-08T23:54:15"), "{text}{shown}");
        assert!(shown.ends_with("\n1723161255000000000 0 trade 5.5 x 2 sell\n"), "{text}{shown}");
    }
    for (name, text) in [
        ("X-1m-2024-08-08.csv", "1723161240000,1,2,1,1.5,9,1723161299999,1,1,1,1,0\n"),
        ("X-1m-2025-08-08.csv", "1723161240000000,1,2,1,1.5,9,1723161299999999,1,1,1,1,0\n"),
        (
            "bars.csv",
            "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n\
             1723161240000,1,2,1,1.5,9,1723161299999,1,1,1,1,0\n",
        ),
    ] {
        let shown = outcome(name, text.as_bytes(), &Options::default(), &Wanted::default());
        assert!(shown.contains(": 1 rows (1 bars), 2024-08-08T23:55:00"), "{text}{shown}");
        assert!(
            shown.ends_with("\n1723161300000000000 0 bar 1 2 1 1.5 x 9 from 1723161240000000000 for 60000000000\n"),
            "{text}{shown}"
        );
    }
    check(
        "X-bookTicker-2024-08-08.csv",
        "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n1,5,2,6,1,1723161255000,1723161255001\n",
        expect![[r#"
            binance: X: 1 rows (1 quotes), 2024-08-08T23:54:15.001000000Z to 2024-08-08T23:54:15.001000000Z, digits 0 and 0
            --
            1 rows, native quotes, digits 0 and 0
            1723161255001000000 0 quote 5 x 2 / 6 x 1
        "#]],
    );
    check(
        "X-bookDepth-2024-08-08.csv",
        "timestamp,percentage,depth,notional\n2024-08-08 00:00:09,-5,6021.84,1.5e8\n2024-08-08 00:00:09,5,x,1\n",
        expect![[r#"
            binance: no market events
            left out: 1 x quantity within a percentage of the price, which no event carries, first at 2
            unreadable: 1, first at 3: row "2024-08-08 00:00:09,5,x,1": the row does not hold what archives of this kind hold
            --
            I-ROW /X-bookDepth-2024-08-08.csv: 1 unreadable, the first at 3: row "2024-08-08 00:00:09,5,x,1": the row does not hold what archives of this kind hold
        "#]],
    );
}

/// Days of one archive under these names, read in the order of the command line.
fn of_days(files: &[(&str, &str)], wanted: &Wanted) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |(name, text): &(&str, &str)| {
        let path = folder.path().join(format!("{name}.zip"));
        std::fs::write(&path, zip_of(&format!("{name}.csv"), text.as_bytes())).expect("written");
        path
    };
    let paths: Vec<_> = files.iter().map(write).collect();
    let out = folder.path().join("out.tape");
    let request = Request { paths, format: None, options: Options::default(), stale_ns: None };
    let output = Output {
        path: out.clone(),
        form: OutputForm::Native,
        price_scale: None,
        qty_scale: None,
        symbol: String::new(),
    };
    let said = match import(&request, wanted, &output, &mut |_| ControlFlow::Continue(())) {
        Ok(imported) => {
            let rows: String = events(&out, (SCALE, SCALE), None).iter().map(|event| line(event, SCALE)).collect();
            format!("{}{rows}", imported.survey)
        }
        Err(error) => format!("{} {error}", error.code()),
    };
    said.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn several_days_make_one_tape_in_their_order() {
    let day = |id: u64, day: u64| format!("{id},5.5,2,11,{},true,true\n", 1_723_075_200_000 + day * 86_400_000);
    let (first, second, third) = (day(1, 0), day(2, 1) + &day(3, 1), day(4, 2));
    let names = ["X-trades-2024-08-08", "X-trades-2024-08-09", "X-trades-2024-08-10"];
    let all = Wanted::default();
    expect![[r#"
        X: 4 rows (4 trades), 2024-08-08T00:00:00.000000000Z to 2024-08-10T00:00:00.000000000Z, digits 1 and 0
        1723075200000000000 0 trade 5.5 x 2 sell
        1723161600000000000 0 trade 5.5 x 2 sell
        1723161600000000000 0 trade 5.5 x 2 sell
        1723248000000000000 0 trade 5.5 x 2 sell
    "#]]
    .assert_eq(&of_days(&[(names[2], &third), (names[0], &first), (names[1], &second)], &all));
    expect![[r#"
        X: 2 rows (2 trades), 2024-08-08T00:00:00.000000000Z to 2024-08-10T00:00:00.000000000Z, digits 1 and 0
          gaps: 1, first at 1 (2024-08-10T00:00:00.000000000Z), at most 2 missing
        1723075200000000000 0 trade 5.5 x 2 sell
        1723248000000000000 0 trade 5.5 x 2 sell
    "#]]
    .assert_eq(&of_days(&[(names[0], &first), (names[2], &third)], &all));
    // The same day twice, another instrument, an unreadable row, another format.
    expect![[r#"
        X: 4 rows (4 trades), 2024-08-09T00:00:00.000000000Z to 2024-08-09T00:00:00.000000000Z, digits 1 and 0
          duplicates: 2, first at 1 (2024-08-09T00:00:00.000000000Z)
        1723161600000000000 0 trade 5.5 x 2 sell
        1723161600000000000 0 trade 5.5 x 2 sell
        1723161600000000000 0 trade 5.5 x 2 sell
        1723161600000000000 0 trade 5.5 x 2 sell
    "#]]
    .assert_eq(&of_days(&[(names[1], &second), (names[1], &second)], &all));
    expect!["I-OPTION --symbol: the file holds 2 instruments, choose one of X, Y"]
        .assert_eq(&of_days(&[(names[0], &first), ("Y-trades-2024-08-09", &second)], &all));
    expect![[r#"I-ROW X-trades-2024-08-08.zip: 1 unreadable, the first at 1: X-trades-2024-08-09.zip: row "2,x,2,11,1723161600000,true,true": the row does not hold what archives of this kind hold"#]].assert_eq(&of_days(&[(names[0], &first), (names[1], "2,x,2,11,1723161600000,true,true\n")], &all));
    expect!["I-FORMAT x.zip: is of the format tape, and files before it are not"]
        .assert_eq(&of_days(&[(names[0], &first), ("x", "ts_ns,price,qty\n1723161600000000000,1,1\n")], &all));
}

#[test]
fn ccxt_bars_keep_their_decimals() {
    let options = Options { interval: Some("1m".to_owned()), ..Options::default() };
    check_with(
        "a.json",
        b"[[60000, 1.1, 2e0, 1, 1.5, 12345678.1234],\n [120000,1.1,2,1,1.5,null],[180000,1.1,2,1,1.5,0]]\n",
        &options,
        expect![[r#"
            ccxt: (instrument not named): 2 rows (2 bars), 1970-01-01T00:02:00.000000000Z to 1970-01-01T00:04:00.000000000Z, digits 1 and 4
              missing bars: 1 times, first at 3 (1970-01-01T00:04:00.000000000Z), at most 1 at once
            left out: 1 x bar with an empty value, first at 2
            --
            2 rows, native bars, digits 1 and 4
            120000000000 0 bar 1.1 2 1 1.5 x 12345678.1234 from 60000000000 for 60000000000
            240000000000 0 bar 1.1 2 1 1.5 x 0 from 180000000000 for 60000000000
        "#]],
    );
    for text in ["[[60000,1,2,1,1.5,1]", "[[60000,1,2,1]]", "[[[1]]]", "[[1,2,3,4,5,6]]x"] {
        let shown = outcome("a.json", text.as_bytes(), &options, &Wanted::default());
        assert!(shown.contains("I-FORMAT") || shown.contains("I-ROW"), "{text}: {shown}");
    }
}

#[test]
fn tardis_rows_are_at_the_local_time() {
    check(
        "a.csv",
        "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\nx,B,1000,2000,7,buy,5,2\nx,B,1000,2000,8,unknown,5,2\nx,B,1000,2000,8,up,5,2\n",
        expect![[r#"
            tardis: B: 2 rows (2 trades), 1970-01-01T00:00:00.002000000Z to 1970-01-01T00:00:00.002000000Z, digits 0 and 0
            unreadable: 1, first at 4: row "x,B,1000,2000,8,up,5,2": the row does not hold what its header says
            --
            I-ROW /a.csv: 1 unreadable, the first at 4: row "x,B,1000,2000,8,up,5,2": the row does not hold what its header says
        "#]],
    );
    check(
        "a.csv",
        "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\nx,B,1000,2000,1,6,5,2\nx,B,1000,2000,,,5,2\n",
        expect![[r#"
            tardis: B: 2 rows (2 quotes), 1970-01-01T00:00:00.002000000Z to 1970-01-01T00:00:00.002000000Z, digits 0 and 0
            --
            2 rows, native market, digits 0 and 0
            2000000 1000000 quote 5 x 2 / 6 x 1
            2000000 1000000 quote 5 x 2 / 0 x 0
        "#]],
    );
    check(
        "a.csv",
        "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\nx,B,1,2,true,bid,5,2\nx,B,1,2,true,ask,6,2\nx,B,2,3,false,ask,6,0\nx,B,3,4,false,ask,7,1\nx,B,3,4,false,bid,4,1\n",
        expect![[r#"
            tardis: B: 6 rows (6 depth), 1970-01-01T00:00:00.000002000Z to 1970-01-01T00:00:00.000004000Z, digits 0 and 0
            --
            6 rows, native market, digits 0 and 0
            2000 1000 clear
            2000 1000 buy 5 = 2
            2000 1000 sell 6 = 2 .
            3000 2000 sell 6 = 0 .
            4000 3000 sell 7 = 1
            4000 3000 buy 4 = 1 .
        "#]],
    );
    check(
        "a.csv",
        "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price\nx,B,1,2,9,0.0001,,,5,5,5.5\n",
        expect![[r#"
            tardis: B: 2 rows (1 marks, 1 funding), 1970-01-01T00:00:00.000002000Z to 1970-01-01T00:00:00.000002000Z, digits 1 and 0
            --
            2 rows, native market, digits 1 and 0
            2000 1000 mark 5.5
            2000 1000 funding 100000 next 9000
        "#]],
    );
}

#[test]
fn hftbacktest_events_of_the_local_side_are_read() {
    let (local, buy, sell) = (1_u64 << 30, 1_u64 << 29, 1_u64 << 28);
    let records = [
        (local | buy | 4, 1, 2, 5.5, 0.1 + 0.2),
        (local | sell | 4, 1, 2, 6.0, 1.0),
        (local | sell | 1, 2, 3, 6.0, 0.0),
        (local | buy | 2, 2, 3, 6.0, 0.25),
        (1 << 31 | buy | 2, 2, 3, 6.0, 0.25),
        (local | buy | 10, 2, 3, 6.0, 0.25),
        (local | buy | 2, 2, 3, f64::NAN, 0.25),
    ];
    let fine = npz_of(&[records[1], records[2], records[3], records[4], records[5]]);
    check_with(
        "a.npz",
        &fine,
        &Options::default(),
        expect![[r#"
        hftbacktest: (instrument not named): 4 rows (1 trades, 3 depth), 1970-01-01T00:00:00.000000002Z to 1970-01-01T00:00:00.000000003Z, digits 0 and 2
        left out: 1 x event of a single order (market by order), first at 5
        left out: 1 x event that the local side never saw, first at 4
        --
        4 rows, native market, digits 0 and 2
        2 1 clear
        2 1 sell 6 = 1 .
        3 2 sell 6 = 0 .
        3 2 trade 6 x 0.25 buy
    "#]],
    );
    let survey = outcome("a.npz", &npz_of(&records), &Options::default(), &Wanted::default());
    expect![[r#"
        hftbacktest: (instrument not named): 5 rows (1 trades, 4 depth), 1970-01-01T00:00:00.000000002Z to 1970-01-01T00:00:00.000000003Z, digits 1 and 17
        left out: 1 x event of a single order (market by order), first at 6
        left out: 1 x event that the local side never saw, first at 5
        unreadable: 1, first at 7: record "2": local_ts from 1970 on, and px and qty that fit 64 bits and 18 digits behind the point, are needed
        --
        I-ROW /a.npz: 1 unreadable, the first at 7: record "2": local_ts from 1970 on, and px and qty that fit 64 bits and 18 digits behind the point, are needed
    "#]].assert_eq(&survey);
}

/// A DBN of version 1 with one symbol and these messages: action, side, order, price, size, whether it ends its event.
fn dbn_of(messages: &[(u8, u8, u64, i64, u32, bool)]) -> Vec<u8> {
    let name = |text: &str| [text.as_bytes(), &vec![0; 22 - text.len()]].concat();
    let mut metadata = vec![0; 100];
    metadata.extend_from_slice(&0_u32.to_le_bytes());
    metadata.extend_from_slice(&[1_u32.to_le_bytes().to_vec(), name("ESH4")].concat());
    metadata.extend_from_slice(&[0; 8]);
    metadata.extend_from_slice(&[1_u32.to_le_bytes().to_vec(), name("ESH4"), 1_u32.to_le_bytes().to_vec()].concat());
    metadata.extend_from_slice(&[vec![0; 8], name("77")].concat());
    let length = u32::try_from(metadata.len()).expect("short");
    let mut bytes = [b"DBN\x01".as_slice(), &length.to_le_bytes(), &metadata].concat();
    for (time, (action, side, order, price, size, is_last)) in (1_u64..).zip(messages) {
        bytes.extend_from_slice(&[14, 0xa0, 1, 0]);
        bytes.extend_from_slice(&77_u32.to_le_bytes());
        bytes.extend_from_slice(&(100 + time).to_le_bytes());
        bytes.extend_from_slice(&order.to_le_bytes());
        bytes.extend_from_slice(&price.to_le_bytes());
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(&[if *is_last { 0x80 } else { 0 }, 0, *action, *side]);
        bytes.extend_from_slice(&(200 + time).to_le_bytes());
        bytes.extend_from_slice(&[0; 8]);
    }
    bytes
}

#[test]
fn orders_of_a_databento_file_are_summed_into_levels() {
    let messages = [
        (b'R', b'N', 0, i64::MAX, 0, true),
        (b'A', b'B', 1, 5_250_000_000, 3, false),
        (b'A', b'B', 2, 5_250_000_000, 4, true),
        (b'T', b'A', 0, 5_250_000_000, 2, false),
        (b'F', b'B', 1, 5_250_000_000, 2, false),
        (b'C', b'B', 1, 5_250_000_000, 2, true),
        (b'M', b'B', 2, 5_000_000_000, 4, true),
        (b'C', b'B', 1, 5_250_000_000, 9, true),
        (b'C', b'B', 8, 5_250_000_000, 9, true),
        (b'A', b'N', 9, 5_250_000_000, 9, true),
    ];
    check_with(
        "a.dbn",
        &dbn_of(&messages),
        &Options::default(),
        expect![[r#"
        databento: ESH4: 8 rows (1 trades, 7 depth), 1970-01-01T00:00:00.000000201Z to 1970-01-01T00:00:00.000000208Z, digits 2 and 0
        left out: 1 x cancel of an order that was never seen, first at 9
        left out: 1 x fill of a resting order (its cancel changes the book), first at 5
        left out: 1 x order without a side or a price, first at 10
        --
        8 rows, native market, digits 2 and 0
        201 101 clear .
        202 102 buy 5.25 = 3
        203 103 buy 5.25 = 7 .
        204 104 trade 5.25 x 2 sell
        206 106 buy 5.25 = 5 .
        207 107 buy 5.25 = 1
        207 107 buy 5 = 4 .
        208 108 buy 5.25 = 0 .
    "#]],
    );
    let cut = dbn_of(&messages);
    let shown = outcome("a.dbn", &cut[..cut.len() - 1], &Options::default(), &Wanted::default());
    assert!(shown.starts_with("I-READ"), "{shown}");
}

#[test]
fn an_unknown_file_and_a_zip_of_two_files_are_refused() {
    check(
        "a.bin",
        "hello\n",
        expect![
            "I-FORMAT /a.bin: the format is not told by the first bytes; known are our own tapes, websocket captures, LEAN zips, Binance archives, ccxt OHLCV, hftbacktest npz, Tardis CSV, Databento DBN, Parquet, and any table with --map"
        ],
    );
    check(
        "a.bin",
        "",
        expect![
            "I-FORMAT /a.bin: the format is not told by the first bytes; known are our own tapes, websocket captures, LEAN zips, Binance archives, ccxt OHLCV, hftbacktest npz, Tardis CSV, Databento DBN, Parquet, and any table with --map"
        ],
    );
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["a.csv", "b.csv"] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("memory");
    }
    let two = writer.finish().expect("memory").into_inner();
    check_with("a.zip", &two, &Options::default(), expect!["I-FORMAT /a.zip: the zip holds 2 files; allowed is one"]);
}

fn to(path: &Path, form: OutputForm) -> Output {
    Output { path: path.to_owned(), form, price_scale: None, qty_scale: None, symbol: String::new() }
}

#[test]
fn the_usdm_capture_makes_the_canonical_tape() {
    let (Some(raw), Some(canonical)) = (
        real_file("binance_usdm_btcusdt_20240808.capture.gz"),
        in_folder("w2_btcusdt_usdm_bbo_trades_20240808.csv.zst"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out.csv");
    let request = Request { paths: vec![raw], format: None, options: Options::default(), stale_ns: None };
    let kinds = Some([Kind::Trades, Kind::Quotes].into_iter().collect());
    let wanted = Wanted { kinds, backward: Backward::Clamp, ..Wanted::default() };
    let imported =
        import(&request, &wanted, &to(&out, OutputForm::Csv), &mut |_| ControlFlow::Continue(())).expect("a tape");
    assert_eq!((imported.rows, imported.backward), (87_402, 0));
    assert_eq!(events(&out, (1, 3), None), events(&canonical, (1, 3), None));
}

#[test]
fn a_converted_tape_has_the_rows_and_the_identity_of_its_text() {
    for (file, scales, bar_s) in [
        ("w1_spy_trades_20131007-11.csv.zst", (4, 0), None),
        ("w2_btcusdt_usdm_bbo_trades_20240808.csv.zst", (1, 3), None),
        ("w3_spy_daily_1998-2021.csv", (4, 0), Some(86_400)),
        ("w3_btcusd_1m_2016.csv.zst", (2, 8), Some(60)),
    ] {
        let Some(path) = in_folder(file) else { continue };
        let interval = |s: u64| NonZeroU64::new(s * 1_000_000_000).expect("above 0");
        let bar = bar_s.map(|s| BarStamp { stamp: Stamp::Open, interval_ns: interval(s) });
        let options =
            Options { interval: bar_s.map(|s| format!("{s}s")), stamp: bar.map(|bar| bar.stamp), ..Options::default() };
        let folder = tempfile::tempdir().expect("a folder");
        let (native, text) = (folder.path().join("native"), folder.path().join("text"));
        let request = Request { paths: vec![path.clone()], format: None, options: options.clone(), stale_ns: None };
        let mut watch = |_| ControlFlow::Continue(());
        let made = import(&request, &Wanted::default(), &to(&native, OutputForm::Native), &mut watch).expect("a tape");
        let want = events(&path, scales, bar);
        assert_eq!(made.rows, want.len() as u64);
        assert!(events(&native, scales, None) == want, "{file}");
        let spec =
            |path: &Path, bar| TapeSpec { path: path.to_owned(), instrument: instrument(scales.0, scales.1), bar };
        let (of_text, of_native) =
            (Tape::open(spec(&path, bar)).expect("a tape"), Tape::open(spec(&native, bar)).expect("a tape"));
        assert_eq!(of_native.identity(), of_text.sha256());
        assert_ne!(of_native.sha256(), of_text.sha256());
        let back = Request { paths: vec![native.clone()], format: None, options: Options::default(), stale_ns: None };
        import(&back, &Wanted::default(), &to(&text, OutputForm::Csv), &mut watch).expect("a text");
        assert!(events(&text, scales, bar) == want, "{file} and back");
    }
}

#[test]
fn an_import_that_is_broken_off_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, out) = (folder.path().join("in.csv"), folder.path().join("out.tape"));
    let rows: String = (0..5_000).map(|time| format!("{time},1,1\n")).collect();
    std::fs::write(&path, format!("ts_ns,price,qty\n{rows}")).expect("written");
    let request = Request { paths: vec![path], format: None, options: Options::default(), stale_ns: None };
    for looks_max in [0, 4, 9] {
        let mut looks = 0;
        let mut watch = |_| {
            looks += 1;
            if looks > looks_max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let fault =
            import(&request, &Wanted::default(), &to(&out, OutputForm::Native), &mut watch).expect_err("broken off");
        assert_eq!(fault.code(), "I-INTERRUPTED");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "after {looks_max} looks");
    }
}
