//! Formats, text in and text out: what a small file says, and which tape it makes.

use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::path::Path;

use expect_test::{Expect, expect};
use ringfence_core::event::{Bar, BookAction, BookLevel, Event, EventKind, Quote, Trade};
use ringfence_core::ids::{CurrencyId, InstrumentId, NameId, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier};
use ringfence_core::money::{Decimal, Plain, Price, Qty, Scale};
use ringfence_data::{Backward, Kind, Map, Number, Options, Output, OutputForm, Request, Wanted, import, inspect};
use ringfence_tape::{BarStamp, Stamp, Tape, TapeSpec};

mod support;
use support::{in_folder, npz_of, real_file, zip_of};

/// Scales that every small file fits.
const SCALE: u8 = 4;

fn instrument(price_scale: u8, qty_scale: u8) -> Instrument {
    let scale = |digits| Scale::new(digits).expect("in range");
    Instrument {
        id: InstrumentId(1),
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Spot,
        base: CurrencyId(1),
        quote: CurrencyId(2),
        settlement: CurrencyId(2),
        counterparty: NameId(0),
        price_scale: scale(price_scale),
        qty_scale: scale(qty_scale),
        tick: 1,
        lot: 1,
        qty_min: Qty(1),
        qty_max: Qty(i64::MAX),
        notional_min: Decimal::ZERO,
        multiplier: Multiplier::ONE,
        margin_initial_bps: 0,
        margin_maintenance_bps: 0,
        status: InstrumentStatus::Trading,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "shown as they are")]
fn line(event: &Event) -> String {
    let plain = |mantissa: i64| Plain(mantissa, Scale::new(SCALE).expect("in range")).to_string();
    let text = |mantissa: i64| plain(mantissa).trim_end_matches('0').trim_end_matches('.').to_owned();
    let (px, qty) = (|price: Price| text(price.0), |qty: Qty| text(qty.0));
    let what = match event.kind {
        EventKind::Trade(Trade { price, qty: size, aggressor }) => {
            format!("trade {} x {} {}", px(price), qty(size), aggressor.map_or("-", |side| side.code()))
        }
        EventKind::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty }) => {
            format!("quote {} x {} / {} x {}", px(bid_price), qty(bid_qty), px(ask_price), qty(ask_qty))
        }
        EventKind::BookLevel(BookLevel { action: BookAction::Clear, is_last, .. }) => {
            format!("clear{}", if is_last { " ." } else { "" })
        }
        EventKind::BookLevel(BookLevel { side, price, qty: size, is_last, .. }) => {
            format!("{side} {} = {}{}", px(price), qty(size), if is_last { " ." } else { "" })
        }
        EventKind::Bar(Bar { open, high, low, close, volume, open_time, interval_ns }) => {
            let prices = [open, high, low, close].map(px).join(" ");
            format!("bar {prices} x {} from {} for {interval_ns}", qty(volume), open_time.0)
        }
        EventKind::MarkPrice(price) => format!("mark {}", px(price)),
        EventKind::FundingRate(funding) => format!("funding {} next {}", funding.rate_e9, funding.next_time.0),
        other => format!("{other:?}"),
    };
    format!("{} {} {what}\n", event.time.0, event.venue_time.0)
}

fn events(path: &Path, scales: (u8, u8), bar: Option<BarStamp>) -> Vec<Event> {
    let spec = TapeSpec { path: path.to_owned(), instrument: instrument(scales.0, scales.1), bar };
    let mut tape = Tape::open(spec).expect("a tape");
    let (mut all, mut block) = (Vec::new(), Vec::new());
    while tape.read_block(&mut block).expect("good rows") > 0 {
        all.extend_from_slice(&block);
    }
    all
}

/// The survey of a file, then the tape made of it or why there is none.
fn outcome(name: &str, bytes: &[u8], options: &Options, wanted: &Wanted) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, out) = (folder.path().join(name), folder.path().join("out.tape"));
    std::fs::write(&path, bytes).expect("written");
    let request = Request { path, format: None, options: options.clone(), stale_ns: None };
    let hide = |text: String| text.replace(&folder.path().display().to_string(), "");
    let survey = match inspect(&request, &mut |_| ControlFlow::Continue(())) {
        Ok((format, survey)) => format!("{format}: {survey}"),
        Err(error) => return hide(format!("{} {error}", error.code())),
    };
    let output = Output { path: out.clone(), form: OutputForm::Native, price_scale: None, qty_scale: None, symbol: String::new() };
    let made = match import(&request, wanted, &output, &mut |_| ControlFlow::Continue(())) {
        Ok(imported) => {
            let rows: String = events(&out, (SCALE, SCALE), None).iter().map(line).collect();
            format!("{} rows, {}, digits {} and {}\n{rows}", imported.rows, imported.layout, imported.price_scale, imported.qty_scale)
        }
        Err(error) => {
            assert!(!out.exists(), "no half tape under its name");
            format!("{} {error}\n", error.code())
        }
    };
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").filter_map(Result::ok).map(|entry| entry.file_name()).collect();
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
        expect![""],
    );
}

#[test]
fn depth_updates_that_are_missing_or_repeated_are_told_by_their_numbers() {
    let depth = |ids: &str| format!("{{\"stream\":\"b@depth\",\"data\":{{\"s\":\"B\",\"E\":1,{ids},\"b\":[[\"1\",\"2\"]],\"a\":[]}}}}\n");
    let spot: String = [r#""U":1,"u":4"#, r#""U":5,"u":6"#, r#""U":8,"u":9"#, r#""U":8,"u":9"#]
        .iter()
        .zip(1..)
        .map(|(ids, time)| format!("{time} {}", depth(ids)))
        .collect();
    check("spot", &spot, expect![""]);
    let futures: String = [r#""U":1,"u":4,"pu":0"#, r#""U":7,"u":9,"pu":4"#, r#""U":10,"u":12,"pu":8"#]
        .iter()
        .zip(1..)
        .map(|(ids, time)| format!("{time} {}", depth(ids)))
        .collect();
    check("futures", &futures, expect![""]);
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
    check("a", &text.concat(), expect![""]);
}

#[test]
fn bars_of_a_stream_count_when_they_are_closed() {
    let kline = |time: u64, closed: bool| {
        format!("{time} {{\"stream\":\"b@kline_1m\",\"data\":{{\"e\":\"kline\",\"s\":\"B\",\"k\":{{\"t\":60000,\"i\":\"1m\",\"o\":\"1\",\"h\":\"3\",\"l\":\"1\",\"c\":\"2\",\"v\":\"9\",\"x\":{closed}}}}}}}\n")
    };
    check("a", &[kline(1, false), kline(2, true)].concat(), expect![""]);
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
        expect![""],
    );
    check(
        "a",
        r#"2: {"type":"l2update","product_id":"C","time":"2021-04-17T16:43:37.5Z","changes":[["buy","1","2"]]}
3: {"type":"snapshot","product_id":"C","asks":[["2","1"]],"bids":[]}
4: {"type":"l2update","product_id":"C","time":"2021-04-17T16:43:37.5Z","changes":[["buy","1","2"],["sell","2","0"]]}
5: {"type":"match","trade_id":3,"side":"sell","size":"1","price":"2","product_id":"C","time":"2021-04-17T16:43:37Z"}
6: {"type":"match","trade_id":6,"side":"buy","size":"1","price":"1","product_id":"C","time":"2021-04-17T16:43:37Z"}
"#,
        expect![""],
    );
    check(
        "a",
        r#"2 {"channel":"l2Book","data":{"coin":"H","time":1,"levels":[[{"px":"1","sz":"2","n":1}],[]]}}
3 {"channel":"trades","data":[{"coin":"H","side":"A","px":"1","sz":"2","time":1,"tid":9}]}
4 {"channel":"bbo","data":{"coin":"H","time":1,"bbo":[null,{"px":"2","sz":"3","n":1}]}}
5 {"channel":"activeAssetCtx","data":{"coin":"H","ctx":{"markPx":"1.5","funding":"0.0000125"}}}
"#,
        expect![""],
    );
}

#[test]
fn lines_that_cannot_be_read_are_named_and_left_out_only_when_that_is_asked_for() {
    let text = "1 {\"type\":\"match\",\"trade_id\":1,\"side\":\"buy\",\"size\":\"1\",\"price\":\"1\",\"product_id\":\"C\",\"time\":\"\"}\n\
                x {\"type\":\"match\"}\n2 {\"type\":\"match\",\"side\n3\n";
    check("a", text, expect![""]);
    let wanted = Wanted { skips_bad: true, ..Wanted::default() };
    expect![""].assert_eq(&outcome("a", text.as_bytes(), &Options::default(), &wanted));
}

#[test]
fn one_instrument_and_some_kinds_are_chosen() {
    let text = "1 {\"e\":\"bookTicker\",\"s\":\"A\",\"b\":\"1\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\"}\n\
                2 {\"e\":\"bookTicker\",\"s\":\"B\",\"b\":\"1\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\"}\n\
                3 {\"e\":\"trade\",\"s\":\"B\",\"T\":1,\"t\":1,\"p\":\"1\",\"q\":\"1\",\"m\":false}\n";
    check("a", text, expect![""]);
    let choose = |symbol: &str, kinds: &[Kind]| {
        let kinds = Some(kinds.iter().copied().collect::<BTreeSet<Kind>>());
        let wanted = Wanted { symbol: Some(symbol.to_owned()), kinds, ..Wanted::default() };
        let all = outcome("a", text.as_bytes(), &Options::default(), &wanted);
        all.split_once("--\n").map_or(all.clone(), |(_, made)| made.to_owned())
    };
    expect![""].assert_eq(&choose("B", &[Kind::Quotes]));
    expect![""].assert_eq(&choose("A", &[Kind::Trades]));
    expect![""].assert_eq(&choose("C", &[Kind::Trades]));
}

#[test]
fn rows_that_go_back_in_time_are_refused_clamped_or_dropped() {
    let text = b"t,p,q\n5,1,1\n4,2,1\n6,3,1\n".as_slice();
    let options = mapped("ts=t:ns,price=p,qty=q");
    for (backward, want) in [
        (Backward::Refuse, expect![""]),
        (Backward::Clamp, expect![""]),
        (Backward::Drop, expect![""]),
    ] {
        want.assert_eq(&outcome("a.csv", text, &options, &Wanted { backward, ..Wanted::default() }));
    }
}

#[test]
fn a_table_is_what_its_map_says() {
    let text = b"\xef\xbb\xbfwhen,\"side\",price,size\n2021-04-17 16:43:37.25,Buy,\"1.5\",2\n2021-04-17T16:43:38Z,s,1e0,2\n".as_slice();
    let options = Options { zone: Some("UTC".to_owned()), ..mapped("ts=when:iso,price=price,qty=size,side=side") };
    check_with("a.csv", text, &options, expect![""]);
    let options = Options { delimiter: Some(b';'), has_no_header: true, ..mapped("ts=#1:s,bid=#2,ask=#3,bid_qty=#4,ask_qty=#4") };
    check_with("a.csv", b"1.5;1;2;3\n2;3;2;1\n2;2;2;1\n2;2;2\n", &options, expect![""]);
    check_with("a.csv", b"a,b\n", &mapped("ts=t:ms,price=b,qty=b"), expect![""]);
}

#[test]
fn a_map_that_makes_no_sense_is_refused() {
    let fault = |text: &str| Map::parse(text).expect_err("no map");
    for (text, want) in [
        ("ts", expect![""]),
        ("time=t:ms", expect![""]),
        ("ts=t", expect![""]),
        ("ts=t:ms", expect![""]),
        ("price=p,qty=q", expect![""]),
        ("ts=t:ms,ts=u:ms", expect![""]),
        ("ts=t:ms,price=", expect![""]),
        ("ts=t:ms,price=p,qty=q,bid=b,ask=a", expect![""]),
    ] {
        want.assert_eq(&fault(text));
    }
}

#[test]
fn what_a_file_does_not_say_has_to_be_said() {
    let quotes = zip_of("20140508_eurusd_tick_quote.csv", b"17007,1.39147,1.39148\n");
    check_with("a.zip", &quotes, &Options::default(), expect![""]);
    let zone = Options { zone: Some("UTC".to_owned()), ..Options::default() };
    check_with("a.zip", &quotes, &zone, expect![""]);
    let all = Options { quote_size: Number::new(5, 0), ..zone.clone() };
    check_with("a.zip", &quotes, &all, expect![""]);
    check_with("a.zip", &quotes, &Options { zone: Some("Mars".to_owned()), ..all.clone() }, expect![""]);
    check_with("a.zip", &zip_of("eurusd.csv", b"17007,1.39147,1.39148\n"), &all, expect![""]);
    let bars = zip_of("aapl.csv", b"19980102 09:00,136300,137500,135000,136300,540700\n");
    check_with("a.zip", &bars, &zone, expect![""]);
}

#[test]
fn lean_rows_follow_their_zone_and_their_kind() {
    let bars = zip_of("aapl.csv", b"20130308 15:00,136300,137500,135000,136300,5407\n20130311 09:00,136300,137500,135000,136300,5\n");
    check_with("a.zip", &bars, &hours("America/New_York"), expect![""]);
    let quote_bars = zip_of("eurusd.csv", b"20130308 15:00,1.1,1.3,1.1,1.2,0,1.2,1.4,1.2,1.25,0\n20130308 16:00,1,1,1,1,0,,,,,\n");
    check_with("a.zip", &quote_bars, &hours("UTC"), expect![""]);
    let zone = Options { zone: Some("America/New_York".to_owned()), ..Options::default() };
    let quotes = b"0,0,0,494100,300,Q,1,0\n1,491800,300,0,0,P,1,0\n2,491900,100,492000,50,K,1,0\n3,491900,100,0,0,K,1,1\n".as_slice();
    check_with("a.zip", &zip_of("20131007_aig_Quote_Tick.csv", quotes), &zone, expect![""]);
    let trades = b"0,494100,300,Q,1,0\n1,494200,1,P,1,0\n".as_slice();
    let one = Options { exchange: Some("P".to_owned()), ..zone };
    check_with("a.zip", &zip_of("20131007_aig_Trade_Tick.csv", trades), &one, expect![""]);
}

#[test]
fn binance_archives_are_read_with_and_without_header_and_in_both_units() {
    let trades = "id,price,qty,quote_qty,time,is_buyer_maker\n1,5.5,2,11,1723161255000,true\n2,5.5,2,11,1723161255001,false\n4,5.5,2,11,1723161255001,false\n";
    check("x.csv", trades, expect![""]);
    check("BTCUSDT-aggTrades-2025-01-02.csv", "1,5.5,2,1,1,1735776000000001,True,True\n1,5.5,2,1,1,1735776000000001,True,True\n", expect![""]);
    let klines = zip_of("BTCUSDT-1m-2024-08-08.csv", b"open_time,open,high,low,close,volume\n1723161240000,1,2,1,1.5,9,1723161299999\n1723161420000,1,2,1,1.5,9,1723161299999\n1723161480000,1,2,1.2,1.5,9,1\n");
    check_with("a.zip", &klines, &Options::default(), expect![""]);
    check("BTCUSDT-bookTicker-2024-08-08.csv", "1,5,2,6,1,1723161255000,1723161255001\n", expect![""]);
    let depth = "symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\nB,1723161255000,1,1,b,snap,5,2,-1\nB,1723161255000,1,1,a,snap,6,2,-1\nB,1723161255001,2,2,a,set,6,0,1\n";
    check("B_T_DEPTH_2024-08-08.csv", depth, expect![""]);
}

#[test]
fn ccxt_bars_keep_their_decimals() {
    let options = Options { interval: Some("1m".to_owned()), ..Options::default() };
    check_with("a.json", b"[[60000, 1.1, 2e0, 1, 1.5, 12345678.1234],\n [120000,1.1,2,1,1.5,null],[180000,1.1,2,1,1.5,0]]\n", &options, expect![""]);
    for text in ["[[60000,1,2,1,1.5,1]", "[[60000,1,2,1]]", "[[[1]]]", "[[1,2,3,4,5,6]]x"] {
        let shown = outcome("a.json", text.as_bytes(), &options, &Wanted::default());
        assert!(shown.contains("I-FORMAT") || shown.contains("I-ROW"), "{text}: {shown}");
    }
}

#[test]
fn tardis_rows_are_at_the_local_time() {
    check("a.csv", "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\nx,B,1000,2000,7,buy,5,2\nx,B,1000,2000,8,unknown,5,2\nx,B,1000,2000,8,up,5,2\n", expect![""]);
    check("a.csv", "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\nx,B,1000,2000,1,6,5,2\nx,B,1000,2000,,,5,2\n", expect![""]);
    check("a.csv", "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\nx,B,1,2,true,bid,5,2\nx,B,1,2,true,ask,6,2\nx,B,2,3,false,ask,6,0\nx,B,3,4,false,ask,7,1\nx,B,3,4,false,bid,4,1\n", expect![""]);
    check("a.csv", "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price\nx,B,1,2,9,0.0001,,,5,5,5.5\n", expect![""]);
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
    check_with("a.npz", &fine, &Options::default(), expect![""]);
    let survey = outcome("a.npz", &npz_of(&records), &Options::default(), &Wanted::default());
    expect![""].assert_eq(&survey);
}

#[test]
fn an_unknown_file_and_a_zip_of_two_files_are_refused() {
    check("a.bin", "hello\n", expect![""]);
    check("a.bin", "", expect![""]);
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["a.csv", "b.csv"] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("memory");
    }
    let two = writer.finish().expect("memory").into_inner();
    check_with("a.zip", &two, &Options::default(), expect![""]);
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
    let request = Request { path: raw, format: None, options: Options::default(), stale_ns: None };
    let kinds = Some([Kind::Trades, Kind::Quotes].into_iter().collect());
    let wanted = Wanted { kinds, backward: Backward::Clamp, ..Wanted::default() };
    let imported = import(&request, &wanted, &to(&out, OutputForm::Csv), &mut |_| ControlFlow::Continue(())).expect("a tape");
    assert_eq!((imported.rows, imported.backward), (87_402, 1));
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
        let options = Options { interval: bar_s.map(|s| format!("{s}s")), stamp: bar.map(|bar| bar.stamp), ..Options::default() };
        let folder = tempfile::tempdir().expect("a folder");
        let (native, text) = (folder.path().join("native"), folder.path().join("text"));
        let request = Request { path: path.clone(), format: None, options: options.clone(), stale_ns: None };
        let mut watch = |_| ControlFlow::Continue(());
        let made = import(&request, &Wanted::default(), &to(&native, OutputForm::Native), &mut watch).expect("a tape");
        let want = events(&path, scales, bar);
        assert_eq!(made.rows, want.len() as u64);
        assert!(events(&native, scales, None) == want, "{file}");
        let spec = |path: &Path, bar| TapeSpec { path: path.to_owned(), instrument: instrument(scales.0, scales.1), bar };
        let (of_text, of_native) = (Tape::open(spec(&path, bar)).expect("a tape"), Tape::open(spec(&native, bar)).expect("a tape"));
        assert_eq!(of_native.identity(), of_text.sha256());
        assert_ne!(of_native.sha256(), of_text.sha256());
        let back = Request { path: native.clone(), format: None, options: Options::default(), stale_ns: None };
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
    let request = Request { path, format: None, options: Options::default(), stale_ns: None };
    for looks_max in [0, 4, 9] {
        let mut looks = 0;
        let mut watch = |_| {
            looks += 1;
            if looks > looks_max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let fault = import(&request, &Wanted::default(), &to(&out, OutputForm::Native), &mut watch).expect_err("broken off");
        assert_eq!(fault.code(), "I-INTERRUPTED");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "after {looks_max} looks");
    }
}
