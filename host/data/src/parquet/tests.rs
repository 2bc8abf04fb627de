//! Parquet both ways: what goes in comes out, to the last digit; what others write is read.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use expect_test::{Expect, expect};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use ringfence_core::event::{Bar, BookAction, BookLevel, Event, EventKind, Funding, Quote, Report, Trade};
use ringfence_core::ids::{Seq, TimeNs};
use ringfence_core::instrument::{InstrumentStatus, Side};
use ringfence_core::money::{Price, Qty, Scale};
use ringfence_tape::{NativeHeader, NativeWriter, RecordLayout};

use crate::formats::{Map, Options};
use crate::import::{Request, Wanted, import, inspect};
use crate::unfinished::Existing;
use crate::write::{Output, OutputForm};

fn scale(digits: u8) -> Scale {
    Scale::new(digits).expect("in range")
}

/// A native tape of these events.
fn tape(path: &Path, layout: RecordLayout, digits: (u8, u8), events: &[(u64, u64, EventKind)]) {
    let (price_scale, qty_scale) = (scale(digits.0), scale(digits.1));
    let symbol = "SIM:X".to_owned();
    let header = NativeHeader { layout, price_scale, qty_scale, symbol, origin: None, rows: 0, first: 0, last: 0 };
    let mut writer = NativeWriter::new(std::fs::File::create(path).expect("a file"), header).expect("a header");
    for (time, venue_time, kind) in events {
        let report = Report { venue_time: TimeNs(*venue_time), ..Report::control(*kind) };
        let event: Event = report.at(Seq(0), TimeNs(*time));
        writer.push(&event).expect("an event of the layout");
    }
    writer.finish().expect("a tape");
}

fn made(from: &Path, to: &Path, form: OutputForm, digits: Option<(u8, u8)>) -> String {
    let request = Request { paths: vec![from.to_owned()], format: None, options: Options::default(), stale_ns: None };
    let output = Output {
        path: to.to_owned(),
        existing: Existing::Replace,
        form,
        price_scale: digits.map(|(price, _)| price),
        qty_scale: digits.map(|(_, qty)| qty),
        symbol: "SIM:X".to_owned(),
    };
    match import(&request, &Wanted::default(), &output, &mut |_| ControlFlow::Continue(())) {
        Ok(imported) => format!("{} {}", imported.rows, imported.layout),
        Err(error) => error.to_string(),
    }
}

const EXACT: OutputForm = OutputForm::Parquet { has_floats: false };
const FLOATS: OutputForm = OutputForm::Parquet { has_floats: true };

/// Native to Parquet and back: the same bytes, but for the origin that stands in the header of the second.
#[track_caller]
fn check(layout: RecordLayout, digits: (u8, u8), form: OutputForm, events: &[(u64, u64, EventKind)]) {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    tape(&at("a"), layout, digits, events);
    let there = made(&at("a"), &at("b"), form, Some(digits));
    assert_eq!(there, format!("{} parquet {layout}", events.len()));
    let back = made(&at("b"), &at("c"), OutputForm::Native, Some(digits));
    assert_eq!(back, format!("{} native {layout}", events.len()));
    let bytes = |name: &str| std::fs::read(at(name)).expect("a file");
    let (mut first, mut last) = (bytes("a"), bytes("c"));
    if form == EXACT {
        let hash = ringfence_tape::sha256_file(&at("a")).expect("a hash");
        assert_eq!(last[48..80], hash, "it stands for the tape that it was made from");
    }
    first[48..80].fill(0);
    last[48..80].fill(0);
    assert_eq!(first, last);
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

/// Any mantissa, small ones and the largest.
fn price() -> impl Strategy<Value = Price> {
    prop_oneof![
        (-10_i64..1_000_000).prop_map(Price),
        any::<i64>().prop_filter("no least", |n| *n > i64::MIN).prop_map(Price)
    ]
}

fn qty() -> impl Strategy<Value = Qty> {
    prop_oneof![(1_i64..1_000_000).prop_map(Qty), (1..=i64::MAX).prop_map(Qty)]
}

fn trade(aggressor: impl Strategy<Value = Option<Side>>) -> impl Strategy<Value = EventKind> {
    (price(), qty(), aggressor).prop_map(|(price, qty, aggressor)| EventKind::Trade(Trade { price, qty, aggressor }))
}

fn quote() -> impl Strategy<Value = EventKind> {
    (price(), qty(), price(), qty()).prop_map(|(bid_price, bid_qty, ask_price, ask_qty)| {
        EventKind::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty })
    })
}

fn level() -> impl Strategy<Value = EventKind> {
    let set = (side(), price(), qty(), any::<bool>()).prop_map(|(side, price, qty, is_last)| BookLevel {
        action: BookAction::Set,
        side,
        price,
        qty,
        is_last,
    });
    let clear = any::<bool>().prop_map(|is_last| BookLevel {
        action: BookAction::Clear,
        side: Side::Buy,
        price: Price(0),
        qty: Qty(0),
        is_last,
    });
    prop_oneof![4 => set, 1 => clear].prop_map(EventKind::BookLevel)
}

fn market() -> impl Strategy<Value = EventKind> {
    let funding = (any::<i64>().prop_filter("no least", |n| *n > i64::MIN), 0..u64::MAX / 4)
        .prop_map(|(rate_e9, next)| EventKind::FundingRate(Funding { rate_e9, next_time: TimeNs(next) }));
    prop_oneof![
        trade(prop::option::of(side())),
        quote(),
        level(),
        price().prop_map(EventKind::MarkPrice),
        funding,
        Just(EventKind::InstrumentStatus(InstrumentStatus::Trading)),
        Just(EventKind::InstrumentStatus(InstrumentStatus::Halted)),
    ]
}

/// Events at times that never go back; with times of the venue.
fn timed(kinds: impl Strategy<Value = EventKind>) -> impl Strategy<Value = Vec<(u64, u64, EventKind)>> {
    prop::collection::vec((0_u64..1_000_000_000_000, 1_u64..1_000_000, kinds), 1..40).prop_map(|rows| {
        let step = |time: &mut u64, (step, venue_time, kind): (u64, u64, EventKind)| {
            *time += step;
            Some((*time, venue_time, kind))
        };
        rows.into_iter().scan(1, step).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_market_comes_back_to_the_last_digit(events in timed(market()), price in 0_u8..=9, qty in 0_u8..=9) {
        // A level makes it the layout of markets, whatever the others are.
        let level = BookLevel { action: BookAction::Set, side: Side::Buy, price: Price(1), qty: Qty(1), is_last: true };
        let mut events = events;
        events.insert(0, (0, 7, EventKind::BookLevel(level)));
        check(RecordLayout::Market, (price, qty), EXACT, &events);
    }

    #[test]
    fn trades_quotes_and_bars_come_back_to_the_last_digit(
        trades in timed(trade(Just(None))),
        quotes in timed(quote()),
        prices in prop::collection::vec((price(), qty()), 1..40),
    ) {
        let plain = |rows: Vec<(u64, u64, EventKind)>| rows.into_iter().map(|(time, _, kind)| (time, 0, kind)).collect::<Vec<_>>();
        check(RecordLayout::Trades, (9, 9), EXACT, &plain(trades));
        check(RecordLayout::Quotes, (0, 18), EXACT, &plain(quotes));
        let bar = |(number, (price, volume)): (u64, (Price, Qty))| {
            let (open_time, high) = (TimeNs(number * 60), Price(price.0.saturating_add(5)));
            let bar = Bar { open: price, high, low: price, close: high, volume, open_time, interval_ns: 60 };
            (number * 60 + 60, 0, EventKind::Bar(bar))
        };
        let bars: Vec<_> = (0..).zip(prices).map(bar).collect();
        check(RecordLayout::Bars, (18, 0), EXACT, &bars);
    }

    #[test]
    fn doubles_keep_fifteen_digits(mantissas in prop::collection::vec((1_i64..999_999_999_999_999, 1_i64..999_999_999_999_999), 1..40)) {
        let trade = |(price, qty)| EventKind::Trade(Trade { price: Price(price), qty: Qty(qty), aggressor: None });
        let events: Vec<_> = (1..).zip(mantissas).map(|(time, pair)| (time, 0, trade(pair))).collect();
        check(RecordLayout::Trades, (8, 3), FLOATS, &events);
    }
}

const TRADE: EventKind =
    EventKind::Trade(Trade { price: Price(1_234_567_890_123_456_789), qty: Qty(5), aggressor: None });

/// What the file says of itself.
fn described(form: OutputForm, kind: EventKind) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("a"), folder.path().join("b"));
    tape(&from, RecordLayout::Trades, (2, 1), &[(1_700_000_000_000_000_001, 0, kind)]);
    made(&from, &to, form, Some((2, 1)));
    let reader = SerializedFileReader::new(std::fs::File::open(&to).expect("a file")).expect("Parquet");
    let mut text = Vec::new();
    let metadata = reader.metadata().file_metadata();
    parquet::schema::printer::print_schema(&mut text, metadata.schema());
    let pairs =
        metadata.key_value_metadata().expect("pairs").iter().filter(|pair| pair.key != super::write::ORIGIN_KEY);
    let pairs: Vec<String> =
        pairs.map(|pair| format!("{}={}", pair.key, pair.value.as_deref().unwrap_or(""))).collect();
    format!("{}{}\n", String::from_utf8(text).expect("text"), pairs.join(" "))
}

#[test]
fn numbers_are_as_wide_as_they_need_to_be_and_doubles_where_asked_for() {
    let small = EventKind::Trade(Trade { price: Price(7), qty: Qty(5), aggressor: None });
    expect![[r#"
        message tape {
          REQUIRED INT64 ts_ns (TIMESTAMP(NANOS,true));
          OPTIONAL INT64 price (DECIMAL(18,2));
          OPTIONAL INT64 qty (DECIMAL(18,1));
        }
        ringfence.layout=trades ringfence.symbol=SIM:X
    "#]]
    .assert_eq(&described(EXACT, small));
    expect![[r#"
        message tape {
          REQUIRED INT64 ts_ns (TIMESTAMP(NANOS,true));
          OPTIONAL FIXED_LEN_BYTE_ARRAY (16) price (DECIMAL(38,2));
          OPTIONAL FIXED_LEN_BYTE_ARRAY (16) qty (DECIMAL(38,1));
        }
        ringfence.layout=trades ringfence.symbol=SIM:X
    "#]]
    .assert_eq(&described(EXACT, TRADE));
    expect![[r#"
        message tape {
          REQUIRED INT64 ts_ns (TIMESTAMP(NANOS,true));
          OPTIONAL DOUBLE price;
          OPTIONAL DOUBLE qty;
        }
        ringfence.layout=trades ringfence.symbol=SIM:X
    "#]]
    .assert_eq(&described(FLOATS, TRADE));
}

/// A table of another program: a time, a price as a double, a quantity as text.
fn foreign(time: &str, folder: &Path) -> PathBuf {
    let path = folder.join("foreign.parquet");
    let text =
        format!("message m {{ REQUIRED INT64 when{time}; OPTIONAL DOUBLE px; OPTIONAL BYTE_ARRAY size (STRING); }}");
    let schema = Arc::new(parse_message_type(&text).expect("a schema"));
    let file = std::fs::File::create(&path).expect("a file");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::default())).expect("a writer");
    let mut group = writer.next_row_group().expect("a group");
    let mut column = group.next_column().expect("a column").expect("a first column");
    column.typed::<Int64Type>().write_batch(&[1_000, 1_001, 1_002], None, None).expect("times");
    column.close().expect("closed");
    let mut column = group.next_column().expect("a column").expect("a second column");
    column.typed::<DoubleType>().write_batch(&[0.1 + 0.2, 1e-8], Some(&[1, 0, 1]), None).expect("prices");
    column.close().expect("closed");
    let mut column = group.next_column().expect("a column").expect("a third column");
    let sizes = ["1.50", "2", "3"].map(ByteArray::from);
    column.typed::<ByteArrayType>().write_batch(&sizes, Some(&[1, 1, 1]), None).expect("sizes");
    column.close().expect("closed");
    group.close().expect("closed");
    writer.close().expect("closed");
    path
}

#[track_caller]
fn check_foreign(time: &str, map: Option<&str>, want: Expect) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = foreign(time, folder.path());
    let map = map.map(|map| Map::parse(map).expect("a map"));
    let request =
        Request { paths: vec![path], format: None, options: Options { map, ..Options::default() }, stale_ns: None };
    let text = match inspect(&request, &mut |_| ControlFlow::Continue(())) {
        Ok((format, survey)) => format!("{format}: {survey}"),
        Err(error) => error.to_string(),
    };
    want.assert_eq(text.trim_end());
}

#[test]
fn tables_of_others_are_read_by_a_map_and_their_own_types() {
    check_foreign(
        " (TIMESTAMP(MICROS,true))",
        Some("ts=when:typed,price=px,qty=size"),
        expect![[r#"
            parquet: (instrument not named): 2 rows (2 trades), 1970-01-01T00:00:00.001000000Z to 1970-01-01T00:00:00.001002000Z, digits 17 and 1
            unreadable: 1, first at 2: price "": a decimal of at most 18 digits behind the point that fits 64 bits is needed"#]],
    );
    check_foreign(
        "",
        Some("ts=when:ms,price=px,qty=size"),
        expect![[r#"
            parquet: (instrument not named): 2 rows (2 trades), 1970-01-01T00:00:01.000000000Z to 1970-01-01T00:00:01.002000000Z, digits 17 and 1
            unreadable: 1, first at 2: price "": a decimal of at most 18 digits behind the point that fits 64 bits is needed"#]],
    );
    check_foreign(
        " (TIMESTAMP(NANOS,true))",
        Some("ts=when:ms,price=px,qty=size"),
        expect![[r#"--map: when is a time in the file: ts=when:typed"#]],
    );
    check_foreign(
        "",
        Some("ts=when:typed,price=px,qty=size"),
        expect![[r#"--map: when is no time in the file; it needs a unit or :iso"#]],
    );
    check_foreign(
        "",
        None,
        expect![[
            r#"--map: the columns are none of a tape's, so they need a map, such as ts=time:typed,price=Close,qty=Size; there are when, px, size"#
        ]],
    );
}

#[test]
fn damaged_files_are_refused_and_never_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("a"), folder.path().join("b.parquet"));
    let events: Vec<_> = (1..200).map(|time| (time, 0, TRADE)).collect();
    tape(&from, RecordLayout::Trades, (2, 1), &events);
    made(&from, &to, EXACT, Some((2, 1)));
    let whole = std::fs::read(&to).expect("a file");
    let cut = folder.path().join("cut.parquet");
    let mut read = 0;
    for at in (0..whole.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&cut, &bytes).expect("written");
        let request = Request { paths: vec![cut.clone()], format: None, options: Options::default(), stale_ns: None };
        read += u32::from(inspect(&request, &mut |_| ControlFlow::Continue(())).is_ok());
        if at.is_multiple_of(24) {
            std::fs::write(&cut, &whole[..at]).expect("written");
            let cut = inspect(&request, &mut |_| ControlFlow::Continue(()));
            assert!(cut.is_err(), "cut at {at}");
        }
    }
    assert!(read < u32::try_from(whole.len()).expect("short"), "damage is seen");
}
