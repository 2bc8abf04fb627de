//! Captures: what do the messages of a venue make?

use std::ops::ControlFlow;

use expect_test::expect;
use ringfence_data::{OnGap, Options, OutputForm, Request, Wanted, import};

use super::{check, outcome};
use crate::support::to;

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
    let output = to(&folder.path().join("b"), OutputForm::Parquet { has_floats: false });
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
