//! Tables: what do their columns say?

use expect_test::expect;
use ringfence_data::{Map, Options, Wanted};
use ringfence_tape::Stamp;

use super::{check, check_with, mapped, outcome};
use crate::support::npz_of;

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
            unreadable: 1, first at 4: side "up": allowed are buy, sell, unknown and nothing
            --
            I-ROW /a.csv: 1 unreadable, the first at 4: side "up": allowed are buy, sell, unknown and nothing
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

/// What a file of a header and one row says of the row.
fn said_of(header: &str, row: &str) -> String {
    let options = Options { interval: Some("1m".to_owned()), stamp: Some(Stamp::Open), ..Options::default() };
    let shown = outcome("a.csv", format!("{header}\n{row}\n").as_bytes(), &options, &Wanted::default());
    let line = shown.lines().find_map(|line| line.split_once("unreadable: 1, first at 2: "));
    line.map_or_else(|| panic!("{row}: {shown}"), |(_, said)| format!("{said}\n"))
}

#[test]
fn a_bad_row_of_a_tape_is_told_by_column_and_value() {
    let said = [
        ("ts_ns,price,qty", "3,x,1"),
        ("ts_ns,price,qty", "3,1,"),
        ("ts_ns,price,qty", "3.5,1,1"),
        ("ts_ns,price,qty", "3,1"),
        ("ts_ns,kind,p1,q1,p2,q2", "3,Z,1,1,1,1"),
        ("ts_ns,kind,p1,q1,p2,q2", "3,B,1,1,0,7"),
        ("ts_ns,kind,p1,q1,p2,q2", "3,Q,1,1,y,1"),
        ("ts_ns,open,high,low,close,volume", "3,1,1,1,1,z"),
        ("ts_ns,open,high,low,close,volume", "18446744073709551615,1,1,1,1,1"),
    ];
    expect![[r#"
        price "x": a decimal of at most 18 digits behind the point that fits 64 bits is needed
        qty "": a decimal of at most 18 digits behind the point that fits 64 bits is needed
        ts_ns "3.5": a whole number that fits 64 bits is needed
        row "2 columns": the header has 3
        kind "Z": allowed are Q for a quote, B and S for trades
        q2 "7": 0 is needed in the row of a trade
        p2 "y": a decimal of at most 18 digits behind the point that fits 64 bits is needed
        volume "z": a decimal of at most 18 digits behind the point that fits 64 bits is needed
        ts_ns "18446744073709551615": the bar must lie between 1970 and 2554
    "#]]
    .assert_eq(&said.map(|(header, row)| said_of(header, row)).concat());
}

#[test]
fn a_bad_row_of_tardis_is_told_by_column_and_value() {
    let head = "exchange,symbol,timestamp,local_timestamp";
    let said = [
        ("id,side,price,amount", "x,B,1,2,7,buy,five,2"),
        ("id,side,price,amount", "x,B,1,later,7,buy,5,2"),
        ("id,side,price,amount", "x,B,1,2,7,buy,5"),
        ("ask_amount,ask_price,bid_price,bid_amount", "x,B,1,2,1,6,5,q"),
        ("is_snapshot,side,price,amount", "x,B,1,2,maybe,bid,5,1"),
        ("is_snapshot,side,price,amount", "x,B,1,2,true,buy,5,1"),
        (
            "funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price",
            "x,B,1,2,3,much,,,,,5",
        ),
    ];
    expect![[r#"
        price "five": a decimal of at most 18 digits behind the point that fits 64 bits is needed
        local_timestamp "later": a whole number that fits 64 bits is needed
        row "7 columns": the header has 8
        bid_amount "q": a decimal of at most 18 digits behind the point that fits 64 bits is needed
        is_snapshot "maybe": allowed are true, false, 1 and 0
        side "buy": allowed are bid and ask
        funding_rate "much": a decimal of at most 18 digits behind the point that fits 64 bits is needed
    "#]]
    .assert_eq(&said.map(|(columns, row)| said_of(&format!("{head},{columns}"), row)).concat());
}
