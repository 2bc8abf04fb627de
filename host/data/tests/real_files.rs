//! The files in `raw/` of the data folder: what each holds, and what is odd in it.
//!
//! The folder is the one that `RINGFENCE_DATA` names, by default `shared/data` beside the clone. A test whose file is not
//! there says so and is counted as skipped.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;

use expect_test::{Expect, expect};
use ringfence_core::event::{BookOrderAction, EventKind};
use ringfence_core::instrument::Side;
use ringfence_data::{BookForm, Format, Map, Number, Options, Output, OutputForm, Request, Wanted, import, inspect};

mod support;
use support::{events, line, real_file, to};

/// Digits behind the point of rows that are shown.
const SCALE: u8 = 9;

fn survey(request: &Request) -> String {
    let (format, survey) = inspect(request, &mut |_| ControlFlow::Continue(())).expect("the file is read");
    format!("{format}\n{survey}")
}

/// First and last row of the tape of one instrument.
fn ends(request: &Request, symbol: Option<&str>) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out.tape");
    let wanted = Wanted { symbol: symbol.map(str::to_owned), ..Wanted::default() };
    let made =
        import(request, &wanted, &to(&out, OutputForm::Native), &mut |_| ControlFlow::Continue(())).expect("a tape");
    let rows = events(&out, (SCALE, SCALE), None);
    assert_eq!(rows.len() as u64, made.rows);
    let [first, .., last] = rows.as_slice() else { panic!("a real file has rows") };
    format!("{} {} rows\n{}{}", made.rows, made.layout, line(first, SCALE), line(last, SCALE))
}

#[track_caller]
fn check_of(file: &str, symbol: Option<&str>, options: Options, want: Expect) {
    let Some(path) = real_file(file) else { return };
    let request = Request { paths: vec![path], format: None, options, stale_ns: Some(5_000_000_000) };
    want.assert_eq(&format!("{}{}", survey(&request), ends(&request, symbol)));
}

#[track_caller]
fn check(file: &str, options: Options, want: Expect) {
    check_of(file, None, options, want);
}

#[test]
fn binance_usdm_capture() {
    check(
        "binance_usdm_btcusdt_20240808.capture.gz",
        Options::default(),
        expect![[r#"
            capture
            BTCUSDT: 532993 rows (21313 trades, 66089 quotes, 445591 depth), 2024-08-08T23:54:15.030314667Z to 2024-08-08T23:59:59.833492584Z, digits 1 and 3
            532993 native market rows
            1723161255030314667 1723161256298000000 buy 58710.2 = 0.014
            1723161599833492584 1723161601054000000 buy 61632.6 = 0 .
        "#]],
    );
}

#[test]
fn binance_spot_capture() {
    check(
        "binance_spot_btcusdt_20240809.capture.gz",
        Options::default(),
        expect![[r#"
            capture
            BTCUSDT: 229302 rows (10147 trades, 45134 quotes, 174021 depth), 2024-08-09T00:00:00.001658384Z to 2024-08-09T00:05:04.535092233Z, digits 2 and 6
            229302 native market rows
            1723161600001658384 1723161601273000000 buy 61685.99 = 1.25869
            1723161904535092233 1723161905809000000 sell 62000 = 5.13473 .
        "#]],
    );
}

#[test]
fn binance_coinm_capture() {
    check(
        "binance_coinm_btcusd_perp_20240808.capture.gz",
        Options::default(),
        expect![[r#"
            capture
            BTCUSD_PERP: 319444 rows (2286 trades, 19136 quotes, 298022 depth), 2024-08-08T23:54:16.172216566Z to 2024-08-08T23:59:59.994891784Z, digits 1 and 0
            319444 native market rows
            1723161256172216566 1723161257432000000 buy 61773.6 = 1001
            1723161599994891784 1723161601256000000 buy 61660.3 = 0 .
        "#]],
    );
}

#[test]
fn hyperliquid_capture() {
    check(
        "hyperliquid_btcusd_20250126.capture.gz",
        Options::default(),
        expect![[r#"
            capture
            BTC: 1950 rows (64 trades, 1886 depth), 2025-01-26T19:14:03.893903000Z to 2025-01-26T19:14:29.246864000Z, digits 0 and 5
            1950 native market rows
            1737918843893903000 1737918843542000000 clear
            1737918869246864000 1737918868877000000 sell 105079 = 0.00398 .
        "#]],
    );
}

#[test]
fn cryptofeed_okx() {
    check_of(
        "cryptofeed_OKX.ws.1.0.gz",
        Some("BTC-USDT"),
        Options::default(),
        expect![[r#"
            capture
            BTC-USD-220527: 2361 rows (4 trades, 2 quotes, 2355 depth), 2022-05-13T16:27:05.506608500Z to 2022-05-13T16:27:16.341644500Z, digits 1 and 0
            BTC-USDT: 5063 rows (69 trades, 25 quotes, 4969 depth), 2022-05-13T16:27:05.506965200Z to 2022-05-13T16:27:16.212502500Z, digits 1 and 8
            UNI-USD-SWAP: 945 rows (1 trades, 1 quotes, 943 depth), 2022-05-13T16:27:05.506837000Z to 2022-05-13T16:27:16.212814300Z, digits 3 and 0
            left out: 1 x address of a connection, first at 1
            left out: 18 x answer to a subscription, first at 5
            left out: 3 x sent by the client, first at 2
            5063 native market rows
            1652459225506965200 1652459224956000000 quote 30228.6 x 0.23393 / 30228.7 x 1.55896972
            1652459236212502500 1652459236096000000 sell 30655.4 = 0.000068 .
        "#]],
    );
}

/// The books of this capture are not numbered, but each message has a sum of the book: all of them are right, and without one
/// message no more.
#[test]
fn a_message_that_is_missing_from_a_capture_of_okx_is_noticed() {
    let Some(path) = real_file("cryptofeed_OKX.ws.1.0.gz") else { return };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).expect("it is there"))
        .read_to_string(&mut text)
        .expect("text");
    let is_update = |line: &&str| line.contains(r#""action":"update""#) && line.contains(r#""instId":"BTC-USDT""#);
    let missing = text.lines().filter(is_update).nth(5).expect("there are more");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("okx.capture");
    std::fs::write(&file, text.replace(&format!("{missing}\n"), "")).expect("written");
    let request = Request { paths: vec![file], format: None, options: Options::default(), stale_ns: None };
    let told = survey(&request);
    let gaps: Vec<&str> = told.lines().filter(|line| line.contains("gaps")).collect();
    assert_eq!(gaps.len(), 1, "{told}");
}

#[test]
fn cryptofeed_coinbase() {
    check_of(
        "cryptofeed_COINBASE.ws.28.0.gz",
        Some("SKL-USD"),
        Options::default(),
        expect![[r#"
            capture
            BAND-BTC: 2161 rows (8 trades, 2153 depth), 2021-04-17T16:43:37.110362800Z to 2021-04-17T16:44:07.828594000Z, digits 8 and 2
            BAND-GBP: 794 rows (4 trades, 790 depth), 2021-04-17T16:43:37.077736000Z to 2021-04-17T16:44:07.586451000Z, digits 4 and 2
            CRV-EUR: 1354 rows (1354 depth), 2021-04-17T16:43:37.102574000Z to 2021-04-17T16:44:07.651053000Z, digits 4 and 2
            DASH-BTC: 2921 rows (15 trades, 2906 depth), 2021-04-17T16:43:37.114339000Z to 2021-04-17T16:44:07.839984200Z, digits 8 and 3
            NMR-EUR: 1615 rows (8 trades, 1607 depth), 2021-04-17T16:43:37.116803200Z to 2021-04-17T16:44:07.692427000Z, digits 4 and 3
            NU-GBP: 648 rows (1 trades, 647 depth), 2021-04-17T16:43:37.080140000Z to 2021-04-17T16:44:01.746215800Z, digits 4 and 6
            SKL-BTC: 2175 rows (8 trades, 2167 depth), 2021-04-17T16:43:37.100718000Z to 2021-04-17T16:44:07.821232800Z, digits 8 and 1
            SKL-GBP: 567 rows (1 trades, 566 depth), 2021-04-17T16:43:37.078905000Z to 2021-04-17T16:44:07.846469900Z, digits 4 and 1
            SKL-USD: 4800 rows (52 trades, 4748 depth), 2021-04-17T16:43:37.120608000Z to 2021-04-17T16:44:07.832591000Z, digits 4 and 1
            YFI-BTC: 1153 rows (1153 depth), 2021-04-17T16:43:37.098308000Z to 2021-04-17T16:44:07.810841000Z, digits 5 and 6
            left out: 1 x address of a connection, first at 1
            left out: 3 x answer to a subscription, first at 5
            left out: 2 x blank line, first at 9951
            left out: 3 x sent by the client, first at 2
            left out: 107 x ticker without sizes, first at 9
            left out: 10 x trade from before the subscription, first at 11
            4800 native market rows
            1618677817120608000 0 clear
            1618677847832591000 1618677847849205000 buy 0.7902 = 468 .
        "#]],
    );
}

#[test]
fn cryptofeed_binance_futures() {
    check_of(
        "cryptofeed_BINANCE_FUTURES.ws.1.0.gz",
        Some("SUSHIUSDT"),
        Options::default(),
        expect![[r#"
            capture
            AKROUSDT: 1050 rows (8 trades, 88 quotes, 953 depth, 1 bars), 2021-07-22T22:25:41.310512800Z to 2021-07-22T22:26:11.044234000Z, digits 5 and 0
            CTKUSDT: 900 rows (38 trades, 145 quotes, 716 depth, 1 bars), 2021-07-22T22:25:42.115438000Z to 2021-07-22T22:26:11.088667900Z, digits 3 and 0
            KEEPUSDT: 680 rows (5 trades, 75 quotes, 599 depth, 1 bars), 2021-07-22T22:25:41.481712000Z to 2021-07-22T22:26:10.981058100Z, digits 4 and 0
            SUSHIUSDT: 4375 rows (40 trades, 305 quotes, 4029 depth, 1 bars), 2021-07-22T22:25:41.062170000Z to 2021-07-22T22:26:11.201806000Z, digits 3 and 0
            left out: 1 x address of a connection, first at 1
            left out: 63 x bar that is not closed yet, first at 16
            4374 native market rows
            1626992741062170000 1626992741012000000 quote 7.611 x 2 / 7.612 x 297
            1626992771201806000 1626992771149000000 quote 7.612 x 303 / 7.615 x 56
        "#]],
    );
}

#[test]
fn databento_market_by_order() {
    check(
        "databento_esh4_mbo_20231224.dbn.zst",
        Options::default(),
        expect![[r#"
            databento
            ESH4: 8725 rows (8725 depth), 2023-12-24T13:00:05.718200244Z to 2023-12-24T13:00:05.718200244Z, digits 2 and 0
            8725 native market rows
            1703422805718200244 1703422805243925307 buy 4799 = 2
            1703422805718200244 1703422805243925307 sell 5792.5 = 2 .
        "#]],
    );
}

/// Sums over the orders at each price, read from the records of the file and from nothing else of this project: the
/// snapshot of a book is an add for each order.
fn naive_levels(path: &std::path::Path) -> BTreeMap<(u8, i64), (i64, Vec<u64>)> {
    let packed = std::fs::File::open(path).expect("the file opens");
    let bytes = zstd::decode_all(packed).expect("a zstd stream");
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let (mut at, mut levels) = (8 + word(4) as usize, BTreeMap::new());
    while at < bytes.len() {
        if bytes[at + 1] == 0xa0 && bytes[at + 38] == b'A' {
            let (price, qty) = (long(at + 24).cast_signed(), i64::from(word(at + 32)));
            let level: &mut (i64, Vec<u64>) = levels.entry((bytes[at + 39], price)).or_default();
            level.0 += qty;
            level.1.push(long(at + 16));
        }
        at += usize::from(bytes[at]) * 4;
    }
    levels
}

#[test]
fn databento_orders_make_the_book_of_a_naive_rebuild() {
    let Some(path) = real_file("databento_esh4_mbo_20231224.dbn.zst") else { return };
    let naive = naive_levels(&path);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out.tape");
    let options = Options { book: BookForm::Orders, ..Options::default() };
    let request = Request { paths: vec![path], format: None, options, stale_ns: None };
    let (form, symbol) = (OutputForm::Native, String::new());
    let output = Output { price_scale: Some(9), symbol, ..to(&out, form) };
    let made = import(&request, &Wanted::default(), &output, &mut |_| ControlFlow::Continue(())).expect("a tape");
    assert_eq!(made.layout, "native orders");
    let mut levels: BTreeMap<(u8, i64), (i64, Vec<u64>)> = BTreeMap::new();
    let mut groups = 0;
    for event in events(&out, (9, 0), None) {
        let EventKind::BookOrder(order) = event.kind else { panic!("{}", event.kind.name()) };
        groups += usize::from(order.is_last);
        if order.action == BookOrderAction::Clear {
            continue;
        }
        assert_eq!(order.action, BookOrderAction::Add, "a snapshot");
        let side = if order.side == Side::Buy { b'B' } else { b'A' };
        let level = levels.entry((side, order.price.0)).or_default();
        // What stands in front of who joins now is what the level comes to without it.
        assert_eq!(level.0, order.level.0 - order.qty.0);
        level.0 = order.level.0;
        level.1.push(order.order);
    }
    assert_eq!(levels, naive);
    let best = |side: u8| levels.keys().filter(move |key| key.0 == side).map(|key| key.1);
    let (bid, ask) = (best(b'B').max(), best(b'A').min());
    assert!(bid < ask, "{bid:?} {ask:?}");
    expect!["1 groups, 8725 orders at 1451 prices, best 4799000000000 x 16 / 4799500000000 x 23"].assert_eq(&format!(
        "{groups} groups, {} orders at {} prices, best {} x {} / {} x {}",
        levels.values().map(|level| level.1.len()).sum::<usize>(),
        levels.len(),
        bid.unwrap_or_default(),
        levels[&(b'B', bid.unwrap_or_default())].0,
        ask.unwrap_or_default(),
        levels[&(b'A', ask.unwrap_or_default())].0,
    ));
}

fn zone(name: &str) -> Options {
    Options { zone: Some(name.to_owned()), ..Options::default() }
}

#[test]
fn lean_equity_quotes() {
    check(
        "lean_aig_quotes_20131007.zip",
        zone("America/New_York"),
        expect![[r#"
            lean
            AIG: 1079935 rows (1079935 quotes), 2013-10-07T08:00:00.152000000Z to 2013-10-08T00:00:00.248000000Z, digits 2 and 0
              duplicates: 416230, first at 5 (2013-10-07T08:00:00.687000000Z)
              crossed quotes: 199, first at 1040 (2013-10-07T13:30:26.604000000Z)
              locked quotes: 27770, first at 471 (2013-10-07T13:30:00.384000000Z)
              stale: 302 times, first at 8 (2013-10-07T08:03:01.540000000Z), longest 42 min 36.478 s
            assumed: prices without a point are ten-thousandths, as LEAN writes those of equities
            1079935 native quotes rows
            1381132800152000000 0 quote 0 x 0 / 49.41 x 300
            1381190400248000000 0 quote 48.79 x 100 / 49.09 x 5000
        "#]],
    );
}

#[test]
fn lean_fx_tick_quotes() {
    // The day's central-bank announcement shows that the file counts in New York's winter time all year.
    let options = Options { quote_size: Number::new(1, 0), ..zone("Etc/GMT+5") };
    check(
        "lean_fxcm_eurusd_tick_quotes_20140508.zip",
        options,
        expect![[r#"
            lean
            EURUSD: 167466 rows (167466 quotes), 2014-05-08T05:00:17.007000000Z to 2014-05-09T04:59:59.235000000Z, digits 5 and 0
              crossed quotes: 18285, first at 17 (2014-05-08T05:00:54.152000000Z)
              locked quotes: 19051, first at 16 (2014-05-08T05:00:51.444000000Z)
              stale: 3949 times, first at 8 (2014-05-08T05:00:50.034000000Z), longest 1 min 41.586 s
            167466 native quotes rows
            1399525217007000000 0 quote 1.39147 x 1 / 1.39148 x 1
            1399611599235000000 0 quote 1.38371 x 1 / 1.38374 x 1
        "#]],
    );
}

#[test]
fn lean_hour_bars() {
    let hour = |name: &str| Options { interval: Some("1h".to_owned()), ..zone(name) };
    check(
        "lean_oanda_eurusd_hour_2007-2018.zip",
        hour("UTC"),
        expect![[r#"
            lean
            EURUSD: 74439 rows (74439 bars), 2007-01-01T22:00:00.000000000Z to 2018-12-31T22:00:00.000000000Z, digits 6 and 0
              missing bars: 641 times, first at 98 (2007-01-07T23:00:00.000000000Z), at most 151 at once
            74439 native bars rows
            1167688800000000000 0 bar 1.31977 1.32005 1.3192 1.31985 x 0 from 1167685200000000000 for 3600000000000
            1546293600000000000 0 bar 1.14567 1.14687 1.145605 1.14657 x 0 from 1546290000000000000 for 3600000000000
        "#]],
    );
    check(
        "lean_aapl_hour_1998-2021.zip",
        hour("America/New_York"),
        expect![[r#"
            lean
            AAPL: 40831 rows (40831 bars), 1998-01-02T15:00:00.000000000Z to 2021-03-31T20:00:00.000000000Z, digits 4 and 0
              missing bars: 5849 times, first at 8 (1998-01-05T15:00:00.000000000Z), at most 161 at once
            assumed: prices without a point are ten-thousandths, as LEAN writes those of equities
            40831 native bars rows
            883753200000000000 0 bar 13.63 13.75 13.5 13.63 x 540700 from 883749600000000000 for 3600000000000
            1617220800000000000 0 bar 122.72 123.1146 122 122.15 x 34293947 from 1617217200000000000 for 3600000000000
        "#]],
    );
}

#[test]
fn lean_second_bars() {
    check(
        "lean_coinbase_btcusd_1s_bars_20161007.zip",
        zone("UTC"),
        expect![[r#"
            lean
            BTCUSD: 4063 rows (4063 bars), 2016-10-07T00:00:05.000000000Z to 2016-10-07T23:59:59.000000000Z, digits 2 and 8
              missing bars: 3799 times, first at 2 (2016-10-07T00:00:31.000000000Z), at most 156 at once
            4063 native bars rows
            1475798405000000000 0 bar 611.78 611.87 611.78 611.87 x 0.60046 from 1475798404000000000 for 1000000000
            1475884799000000000 0 bar 618.04 618.04 617.98 617.98 x 0.2 from 1475884798000000000 for 1000000000
        "#]],
    );
}

#[test]
fn tables_by_a_column_map() {
    let options = |interval: &str| Options {
        map: Some(Map::parse("ts=#1:iso,open=Open,high=High,low=Low,close=Close,volume=Volume").expect("a map")),
        interval: Some(interval.to_owned()),
        stamp: Some(ringfence_tape::Stamp::Open),
        ..zone("UTC")
    };
    check(
        "backtestingpy_GOOG_daily.csv",
        options("1d"),
        expect![[r#"
            table
            (instrument not named): 2148 rows (2148 bars), 2004-08-20T00:00:00.000000000Z to 2013-03-02T00:00:00.000000000Z, digits 2 and 0
              missing bars: 463 times, first at 4 (2004-08-24T00:00:00.000000000Z), at most 4 at once
            2148 native bars rows
            1092960000000000000 0 bar 100 104.06 95.96 100.34 x 22351900 from 1092873600000000000 for 86400000000000
            1362182400000000000 0 bar 797.8 807.14 796.15 806.19 x 2175400 from 1362096000000000000 for 86400000000000
        "#]],
    );
    check(
        "backtestingpy_EURUSD_hourly.csv",
        options("1h"),
        expect![[r#"
            table
            (instrument not named): 5000 rows (5000 bars), 2017-04-19T10:00:00.000000000Z to 2018-02-07T16:00:00.000000000Z, digits 5 and 0
              missing bars: 42 times, first at 62 (2017-04-23T22:00:00.000000000Z), at most 72 at once
            5000 native bars rows
            1492596000000000000 0 bar 1.0716 1.0722 1.07083 1.07219 x 1413 from 1492592400000000000 for 3600000000000
            1518019200000000000 0 bar 1.23427 1.23444 1.22904 1.22904 x 6143 from 1518015600000000000 for 3600000000000
        "#]],
    );
}

#[track_caller]
fn check_survey(file: &str, options: Options, want: Expect) {
    let Some(path) = real_file(file) else { return };
    want.assert_eq(&survey(&Request { paths: vec![path], format: None, options, stale_ns: Some(5_000_000_000) }));
}

#[test]
fn without_options_a_file_is_looked_at_and_says_what_was_assumed() {
    check_survey(
        "lean_fxcm_eurusd_tick_quotes_20140508.zip",
        Options::default(),
        expect![[r#"
            lean
            EURUSD: 167466 rows (167466 quotes), 2014-05-08T00:00:17.007000000Z to 2014-05-08T23:59:59.235000000Z, digits 5 and 0
              crossed quotes: 18285, first at 17 (2014-05-08T00:00:54.152000000Z)
              locked quotes: 19051, first at 16 (2014-05-08T00:00:51.444000000Z)
              stale: 3949 times, first at 8 (2014-05-08T00:00:50.034000000Z), longest 1 min 41.586 s
            assumed: local times are UTC
            assumed: quotes without quantities are of 1
        "#]],
    );
    let Some(path) = real_file("backtestingpy_GOOG_daily.csv") else { return };
    let request =
        Request { paths: vec![path], format: Some(Format::Table), options: Options::default(), stale_ns: None };
    let fault = inspect(&request, &mut |_| ControlFlow::Continue(())).expect_err("a table needs a map");
    expect!["I-OPTION --map: a table needs a column map, such as ts=time:ms,price=Close,qty=Size"]
        .assert_eq(&format!("{} {fault}", fault.code()));
}

#[test]
fn every_file_of_the_folder_has_its_test() {
    let Some(one) = real_file("backtestingpy_GOOG_daily.csv") else { return };
    let folder = one.parent().expect("a file lies in a folder");
    let source = include_str!("real_files.rs");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("an entry").file_name().into_string().expect("a plain name")
    };
    let names: Vec<String> = std::fs::read_dir(folder).expect("a folder").map(name).collect();
    let without: Vec<&String> = names.iter().filter(|name| !source.contains(&format!("\"{name}\""))).collect();
    assert!(names.len() >= 15 && without.is_empty(), "{without:?}");
}
