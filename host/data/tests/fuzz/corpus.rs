//! Corpus: small files as other programs write them, at least one of each format.

use std::io::Write;

use ringfence_data::{BookForm, Format, Map, Number, Options};
use ringfence_tape::Stamp;

use crate::support::{npy_of, npz_of, zip_of};

/// A file with what has to be said about it.
pub(crate) struct Case {
    pub(crate) format: Format,
    /// Some formats are told by the name of the file.
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) options: Options,
}

impl Case {
    pub(crate) fn is_text(&self) -> bool {
        std::str::from_utf8(&self.bytes).is_ok() && !self.bytes.contains(&0)
    }
}

/// Those of the files that are asked for, in a fixed order.
pub(crate) fn cases(is_wanted: impl Fn(&Case) -> bool) -> Vec<Case> {
    texts().into_iter().chain(binaries()).filter(|case| is_wanted(case)).collect()
}

const USUAL: &str = "20200101_x_file.csv";

fn case(format: Format, bytes: &[u8]) -> Case {
    Case { format, name: USUAL, bytes: bytes.to_vec(), options: options() }
}

fn options() -> Options {
    Options {
        zone: Some("UTC".to_owned()),
        date: Some("2020-01-01".to_owned()),
        interval: Some("1m".to_owned()),
        stamp: Some(Stamp::Open),
        quote_size: Number::new(1, 0),
        ..Options::default()
    }
}

fn mapped(map: &str) -> Options {
    Options { map: Some(Map::parse(map).expect("a map")), ..options() }
}

const CAPTURE: &str = r#"1000 {"stream":"b@trade","data":{"e":"trade","s":"B","T":2,"t":7,"p":"1.50","q":"3","m":true}}
1003 {"stream":"b@depth@100ms","data":{"s":"B","E":1,"U":5,"u":6,"b":[["1","2"]],"a":[["3","0"]]}}
1004 {"e":"markPriceUpdate","s":"B","E":3,"p":"2.25","r":"0.0001","T":9}
1005 {"lastUpdateId":5,"bids":[["1","1"]],"asks":[]}
1006 {"stream":"b@bookTicker","data":{"s":"B","b":"1","B":"2","a":"3","A":"4"}}
"#;
const CRYPTOFEED: &str = r#"4.5: {"arg":{"channel":"books","instId":"O"},"action":"snapshot","data":[{"asks":[["2","1","0","1"]],"bids":[["1","4"]],"ts":"9"}]}
7: {"arg":{"channel":"tickers","instId":"O"},"data":[{"bidPx":"","bidSz":"","askPx":"2","askSz":"3","ts":"9"}]}
3: {"type":"snapshot","product_id":"C","asks":[["2","1"]],"bids":[]}
5: {"type":"match","trade_id":3,"side":"sell","size":"1","price":"2","product_id":"C","time":"2021-04-17T16:43:37Z"}
"#;
const HYPERLIQUID: &str = r#"2 {"channel":"l2Book","data":{"coin":"H","time":1,"levels":[[{"px":"1","sz":"2","n":1}],[]]}}
"#;
const TARDIS: &str = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n\
x,B,1,2,true,bid,5,2\nx,B,1,2,true,ask,6,2\nx,B,3,4,false,ask,6,0\n";
const TARDIS_TRADES: &str =
    "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\nx,B,1,2,7,buy,5,2\nx,B,3,4,8,sell,5.5,0.25\n";
const ARCHIVE: &str =
    "id,price,qty,quote_qty,time,is_buyer_maker\n1,5.5,2,11,1723161255000,true\n3,5.25,1,11,1723161256000,false\n";
const LEAN_TICKS: &str = "1,491800,300,0,0,P,1,0\n2,491900,100,492000,50,K,1,0\n";
const LEAN_QUOTES: &str = "20130308 15:00,1,3,1,2,0,1,4,1,2,0\n20130308 15:01,1,3,1,2,9,1,4,1,2,8\n";
const KLINES: &str = "[[60000,1.1,2e0,1,1.5,12.5],[120000,1,2,1,1.5,null]]";
const TRADES: &str = "t,p,q,s,y\n2021-04-17T16:43:38Z,\"1e0\",2,b,x\n2021-04-17T16:43:39.5Z,1,2,sell,x\n";
const QUOTES: &str = "t;b;a;c;d\n1000;1;2;3;4\n1001;1.5;2;0;4\n";
const BARS: &str = "1618677818,1,3,0.5,2,10\n1618677878,2,3,2,2,0\n";
const OWN: &str = "ts_ns,kind,p1,q1,p2,q2\n1,Q,1,1,2,1\n1,B,1,1,0,0\n2,S,0.5,1,,\n";
const OWN_BARS: &str = "ts_ns,open,high,low,close,volume\n60000000000,1,2,1,1.5,3\n120000000000,1,2,1,1.5,0\n";

fn texts() -> Vec<Case> {
    let table = |bytes: &str, map: &str| Case { options: mapped(map), ..case(Format::Table, bytes.as_bytes()) };
    let quotes = table(QUOTES, "ts=t:ms,bid=b,ask=a,bid_qty=c,ask_qty=d");
    let bars = table(BARS, "ts=#1:s,open=#2,high=#3,low=#4,close=#5,volume=#6");
    vec![
        case(Format::Capture, CAPTURE.as_bytes()),
        case(Format::Capture, CRYPTOFEED.as_bytes()),
        case(Format::Capture, HYPERLIQUID.as_bytes()),
        case(Format::Lean, LEAN_TICKS.as_bytes()),
        case(Format::Lean, LEAN_QUOTES.as_bytes()),
        case(Format::Binance, ARCHIVE.as_bytes()),
        case(Format::Ccxt, KLINES.as_bytes()),
        case(Format::Tardis, TARDIS.as_bytes()),
        case(Format::Tardis, TARDIS_TRADES.as_bytes()),
        table(TRADES, "ts=t:iso,price=p,qty=q,side=s,symbol=y"),
        Case { options: Options { delimiter: Some(b';'), ..quotes.options.clone() }, ..quotes },
        Case { options: Options { has_no_header: true, ..bars.options.clone() }, ..bars },
        case(Format::Tape, OWN.as_bytes()),
        case(Format::Tape, OWN_BARS.as_bytes()),
    ]
}

fn binaries() -> Vec<Case> {
    let local = 1_u64 << 30;
    let records = [(local | 1 << 29 | 4, 1, 2, 5.5, 0.5), (local | 1 << 28 | 2, 1, 2, 6.0, 1.0)];
    let lean = "20131007_aig_Quote_Tick.csv";
    let mut all = vec![
        Case { name: "20131007_quote.zip", ..case(Format::Lean, &zip_of(lean, LEAN_TICKS.as_bytes())) },
        Case { name: "B-trades-2024.zip", ..case(Format::Binance, &zip_of("B-trades-2024.csv", ARCHIVE.as_bytes())) },
        case(Format::HftBacktest, &npy_of(&records)),
        case(Format::HftBacktest, &npz_of(&records)),
        case(Format::Databento, &databento(3)),
        Case { options: Options { book: BookForm::Orders, ..options() }, ..case(Format::Databento, &databento(1)) },
        case(Format::Capture, &gzip(CAPTURE.as_bytes())),
        case(Format::Tape, &native(CAPTURE.as_bytes())),
    ];
    all.extend(parquet());
    all
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

/// Market by order, of a version: a clear, orders of both sides, a trade with its fill, a change, a cancel.
fn databento(version: u8) -> Vec<u8> {
    let width = if version == 1 { 22 } else { 71 };
    let name = |text: &str| [text.as_bytes(), &vec![0; width - text.len()]].concat();
    let mut metadata = vec![0; 100];
    if version > 1 {
        metadata[98..].fill(0);
    }
    metadata.extend_from_slice(&0_u32.to_le_bytes());
    metadata.extend_from_slice(&[1_u32.to_le_bytes().to_vec(), name("ESH4")].concat());
    metadata.extend_from_slice(&[0; 8]);
    metadata.extend_from_slice(&[1_u32.to_le_bytes().to_vec(), name("ESH4"), 1_u32.to_le_bytes().to_vec()].concat());
    metadata.extend_from_slice(&[vec![0; 8], name("77")].concat());
    let length = u32::try_from(metadata.len()).expect("short");
    let mut bytes = [b"DBN".as_slice(), &[version], &length.to_le_bytes(), &metadata].concat();
    for message in [
        record(1, (b'R', b'N'), (0, i64::MAX, 0), true),
        record(2, (b'A', b'B'), (1, 5_250_000_000, 3), false),
        record(3, (b'A', b'A'), (2, 5_500_000_000, 4), true),
        record(4, (b'T', b'A'), (0, 5_250_000_000, 2), false),
        record(5, (b'F', b'B'), (1, 5_250_000_000, 2), false),
        record(6, (b'C', b'B'), (1, 5_250_000_000, 2), true),
        record(7, (b'M', b'A'), (2, 5_400_000_000, 4), true),
    ] {
        bytes.extend_from_slice(&message);
    }
    bytes
}

fn record(time: u64, (action, side): (u8, u8), (order, price, size): (u64, i64, u32), is_last: bool) -> Vec<u8> {
    let mut bytes = vec![14, 0xa0, 1, 0];
    bytes.extend_from_slice(&77_u32.to_le_bytes());
    bytes.extend_from_slice(&(100 + time).to_le_bytes());
    bytes.extend_from_slice(&order.to_le_bytes());
    bytes.extend_from_slice(&price.to_le_bytes());
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes.extend_from_slice(&[if is_last { 0x80 } else { 0 }, 0, action, side]);
    bytes.extend_from_slice(&(200 + time).to_le_bytes());
    bytes.extend_from_slice(&[0; 8]);
    bytes
}

/// A tape of ours, as the importer makes it.
fn native(capture: &[u8]) -> Vec<u8> {
    made(capture, ringfence_data::OutputForm::Native)
}

#[cfg(feature = "parquet")]
fn parquet() -> Vec<Case> {
    let form = |has_floats| ringfence_data::OutputForm::Parquet { has_floats };
    let of = |has_floats| case(Format::Parquet, &made(CAPTURE.as_bytes(), form(has_floats)));
    vec![of(false), of(true)]
}

#[cfg(not(feature = "parquet"))]
fn parquet() -> Vec<Case> {
    Vec::new()
}

fn made(capture: &[u8], form: ringfence_data::OutputForm) -> Vec<u8> {
    use std::ops::ControlFlow;
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("a"), folder.path().join("b"));
    std::fs::write(&from, capture).expect("written");
    let request =
        ringfence_data::Request { paths: vec![from], format: None, options: Options::default(), stale_ns: None };
    let output = crate::support::to(&to, form);
    let wanted = ringfence_data::Wanted::default();
    ringfence_data::import(&request, &wanted, &output, &mut |_| ControlFlow::Continue(())).expect("a tape");
    std::fs::read(&to).expect("written")
}
