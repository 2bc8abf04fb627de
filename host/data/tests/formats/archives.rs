//! Archives: files of a day, of LEAN and of Binance.

use std::ops::ControlFlow;

use expect_test::expect;
use ringfence_data::{Options, OutputForm, Request, Wanted, import};

use super::{SCALE, check, check_with, hours, outcome};
use crate::support::{events, line, to, zip_of};

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
    let said = match import(&request, wanted, &to(&out, OutputForm::Native), &mut |_| ControlFlow::Continue(())) {
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
