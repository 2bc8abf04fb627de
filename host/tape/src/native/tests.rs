//! Native tapes: events in, bytes, the same events out; and bytes that are wrong.

use std::io::Cursor;
use std::path::PathBuf;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use ringfence_core::event::{
    Bar, BookAction, BookLevel, BookOrder, BookOrderAction, Event, EventKind, Funding, Quote, Trade,
};
use ringfence_core::ids::TimeNs;
use ringfence_core::instrument::InstrumentStatus;
use ringfence_core::money::{Price, Qty};

use super::*;
use crate::error::TapeError;
use crate::generate::{self, generate};
use crate::input::tests::{Dribble, gzip};
use crate::layout::Layout;
use crate::row::{BarStamp, Stamp};
use crate::support::instrument;
use crate::tape::tests::render_event;
use crate::tape::{BLOCK_ROWS, Rows, Shift, TapeSpec};

fn scale(digits: u8) -> Scale {
    Scale::new(digits).expect("in range")
}

fn header(layout: RecordLayout) -> NativeHeader {
    let (price_scale, qty_scale) = (scale(2), scale(1));
    let symbol = "SIM:ABC".to_owned();
    NativeHeader { layout, price_scale, qty_scale, symbol, origin: Some([7; 32]), rows: 0, first: 0, last: 0 }
}

fn at(time: u64, venue_time: u64, kind: EventKind) -> Event {
    let report = ringfence_core::event::Report::control(kind);
    let event = report.at(ringfence_core::ids::Seq(0), TimeNs(time));
    let instrument = instrument(2, 1);
    Event { venue_time: TimeNs(venue_time), instrument: instrument.id, venue: instrument.venue, ..event }
}

fn trade(price: i64, qty: i64, aggressor: Option<Side>) -> EventKind {
    EventKind::Trade(Trade { price: Price(price), qty: Qty(qty), aggressor })
}

fn quote(bid: i64, ask: i64) -> EventKind {
    EventKind::Quote(Quote { bid_price: Price(bid), bid_qty: Qty(1), ask_price: Price(ask), ask_qty: Qty(0) })
}

fn bar(open_time: u64, interval_ns: u64) -> EventKind {
    let (open, high, low, close) = (Price(5), Price(9), Price(1), Price(6));
    EventKind::Bar(Bar { open, high, low, close, volume: Qty(3), open_time: TimeNs(open_time), interval_ns })
}

fn write(layout: RecordLayout, events: &[Event]) -> Result<Vec<u8>, NativeWriteError> {
    let mut writer = NativeWriter::new(Cursor::new(Vec::new()), header(layout))?;
    for event in events {
        writer.push(event)?;
    }
    Ok(writer.finish()?.0.into_inner())
}

fn rows(bytes: &[u8], scales: (u8, u8), piece: usize) -> Result<Rows, TapeError> {
    let spec =
        TapeSpec { path: PathBuf::from("t"), generated: None, instrument: instrument(scales.0, scales.1), bar: None };
    Rows::from_source(spec, Box::new(Dribble::new(bytes, piece)), Shift::default())
}

/// Everything a file holds, then its fault, if any.
fn read(bytes: &[u8], scales: (u8, u8), (piece, rows_max): (usize, usize)) -> (Vec<Event>, Option<TapeError>) {
    let mut rows = match rows(bytes, scales, piece) {
        Ok(rows) => rows,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let (mut all, mut block) = (Vec::new(), Vec::new());
    loop {
        match rows.read(&mut block, rows_max) {
            Ok(0) => return (all, None),
            Ok(_) => all.extend_from_slice(&block),
            Err(error) => return (all, Some(error)),
        }
    }
}

#[track_caller]
fn check_bytes(bytes: &[u8], want: Expect) {
    let (events, fault) = read(bytes, (2, 1), (usize::MAX, BLOCK_ROWS));
    let fault_text = fault.as_ref().map_or(String::new(), |error| format!("{} {error}\n", error.code()));
    want.assert_eq(&format!("{}{fault_text}", events.iter().map(render_event).collect::<String>()));
    for slow in [(1, 1), (7, 2), (4096, 3)] {
        assert_eq!(read(bytes, (2, 1), slow), (events.clone(), fault.clone()), "in pieces of {slow:?}");
    }
}

/// Writes, then overwrites one word of record `record` (from 0).
#[track_caller]
fn check_changed(layout: RecordLayout, events: &[Event], (record, word): (usize, usize), value: u64, want: Expect) {
    let mut bytes = write(layout, events).expect("written");
    let at = HEADER_BYTES + record * layout.record_bytes() + word * 8;
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    check_bytes(&bytes, want);
}

fn market() -> Vec<Event> {
    let level = |action, side, qty, is_last| {
        EventKind::BookLevel(BookLevel {
            action,
            side,
            price: Price(if qty == 0 { 0 } else { 150 }),
            qty: Qty(qty),
            is_last,
        })
    };
    vec![
        at(10, 9, trade(-100, 5, Some(Side::Buy))),
        at(10, 0, trade(100, 5, Some(Side::Sell))),
        at(10, 0, trade(100, 5, None)),
        at(11, 12, quote(99, 101)),
        at(12, 12, level(BookAction::Clear, Side::Buy, 0, false)),
        at(12, 12, level(BookAction::Set, Side::Sell, 7, true)),
        at(13, 0, EventKind::MarkPrice(Price(-7))),
        at(14, 0, EventKind::FundingRate(Funding { rate_e9: -100, next_time: TimeNs(u64::MAX) })),
        at(15, 0, EventKind::InstrumentStatus(InstrumentStatus::Halted)),
        at(16, 0, EventKind::FeedStale),
        at(u64::MAX, u64::MAX, EventKind::FeedRecovered),
    ]
}

fn orders() -> Vec<Event> {
    let order = |action, order, qty, level, is_last| {
        let (side, price) = if order == 0 { (Side::Buy, Price(0)) } else { (Side::Sell, Price(-5)) };
        EventKind::BookOrder(BookOrder { action, side, order, price, qty: Qty(qty), level: Qty(level), is_last })
    };
    let all = vec![
        at(17, 3, order(BookOrderAction::Clear, 0, 0, 0, true)),
        at(17, 3, order(BookOrderAction::Add, u64::MAX, 5, 5, false)),
        at(17, 3, order(BookOrderAction::Add, 2, i64::MAX - 5, i64::MAX, true)),
        at(18, 0, order(BookOrderAction::Fill, 2, 1, i64::MAX, false)),
        at(18, 0, order(BookOrderAction::Reduce, 2, 1, i64::MAX - 1, false)),
        at(18, 0, order(BookOrderAction::Delete, u64::MAX, 5, 9, true)),
    ];
    market().into_iter().take(9).chain(all).collect()
}

#[test]
fn every_market_event_comes_back_as_it_was_written() {
    let trades = vec![at(0, 0, trade(i64::MIN, i64::MAX, None)), at(u64::MAX, 0, trade(1, 1, None))];
    let quotes = vec![at(1, 0, trade(3, 4, Some(Side::Buy))), at(1, 0, quote(1, 2)), at(2, 0, trade(3, 4, None))];
    let bars = vec![at(60, 0, bar(0, 60)), at(120, 0, bar(60, 60)), at(121, 0, bar(120, 0))];
    for (layout, events) in [
        (RecordLayout::Trades, trades),
        (RecordLayout::Quotes, quotes),
        (RecordLayout::Bars, bars),
        (RecordLayout::Market, market()),
        (RecordLayout::Orders, orders()),
    ] {
        let bytes = write(layout, &events).expect("written");
        assert_eq!(bytes.len(), HEADER_BYTES + events.len() * layout.record_bytes());
        assert_eq!((HEADER_BYTES % 8, layout.record_bytes() % 8), (0, 0), "records can be mapped as words");
        assert_eq!(read(&bytes, (2, 1), (usize::MAX, BLOCK_ROWS)), (events.clone(), None));
        assert_eq!(read(&gzip(&bytes), (2, 1), (3, 2)), (events, None), "packed");
    }
}

#[test]
fn the_header_is_these_bytes() {
    let bytes = write(RecordLayout::Trades, &[at(258, 0, trade(1, 2, None))]).expect("written");
    let text: Vec<String> = bytes.chunks(16).map(|line| line.escape_ascii().to_string()).collect();
    expect![[r"
        RFTAPE\r\n\x01\x00\xa0\x00\x01\x02\x01\x00
        \x18\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00
        \x02\x01\x00\x00\x00\x00\x00\x00\x02\x01\x00\x00\x00\x00\x00\x00
        \x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07
        \x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07
        SIM:ABC\x00\x00\x00\x00\x00\x00\x00\x00\x00
        \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00
        \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00
        \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00
        \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00
        \x02\x01\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00
        \x02\x00\x00\x00\x00\x00\x00\x00"]]
    .assert_eq(&text.join("\n"));
}

#[test]
fn a_header_that_is_wrong_anywhere_is_refused() {
    let bytes = write(RecordLayout::Trades, &[at(1, 0, trade(1, 2, None))]).expect("written");
    let header = |place: usize, byte: u8| {
        let mut changed = bytes.clone();
        changed[place] = byte;
        changed
    };
    check_bytes(
        &header(8, 2),
        expect!["T-NATIVE t: the header of the native tape is wrong: version 2 is not known; allowed is 1\n"],
    );
    check_bytes(
        &header(12, 6),
        expect!["T-NATIVE t: the header of the native tape is wrong: layout 6 is not known; allowed are 1 to 5\n"],
    );
    check_bytes(
        &header(13, 19),
        expect!["T-NATIVE t: the header of the native tape is wrong: scale 19 is not in 0..=18\n"],
    );
    for place in [10, 15, 16, 20, 100, 150] {
        check_bytes(
            &header(place, 9),
            expect!["T-NATIVE t: the header of the native tape is wrong: bytes without meaning are not 0\n"],
        );
    }
    check_bytes(
        &header(80, b' '),
        expect!["T-NATIVE t: the header of the native tape is wrong: instrument \" IM:ABC\" is no plain name\n"],
    );
    check_bytes(
        &bytes[..HEADER_BYTES - 1],
        expect!["T-NATIVE t: the header of the native tape is wrong: the file ends inside it\n"],
    );
}

#[test]
fn a_header_whose_times_are_not_those_of_its_records_is_refused() {
    let bytes = write(RecordLayout::Trades, &[at(1, 0, trade(1, 2, None))]).expect("written");
    let header = |place: usize, byte: u8| {
        let mut changed = bytes.clone();
        changed[place] = byte;
        changed
    };
    check_bytes(
        &header(32, 9),
        expect![
            "T-NATIVE t: the header of the native tape is wrong: its records begin at 9 by the header, at 1 by themselves\n"
        ],
    );
    check_bytes(
        &header(40, 9),
        expect![[r"
        1 trade 0.01 x 0.2
        T-NATIVE t: the header of the native tape is wrong: its records end at 9 by the header, at 1 by themselves
    "]],
    );
    let mut empty = write(RecordLayout::Trades, &[]).expect("written");
    check_bytes(&empty, expect![""]);
    empty[40] = 9;
    check_bytes(&empty, expect!["T-NATIVE t: the header of the native tape is wrong: without records it has a time\n"]);
}

#[test]
fn a_file_that_is_cut_off_or_longer_gives_its_whole_records_first() {
    let bytes =
        write(RecordLayout::Trades, &[at(1, 0, trade(1, 2, None)), at(2, 0, trade(1, 2, None))]).expect("written");
    check_bytes(
        &bytes[..bytes.len() - 1],
        expect![[r"
        1 trade 0.01 x 0.2
        T-NATIVE-LENGTH t: ends after record 1 of 2
    "]],
    );
    check_bytes(&bytes[..HEADER_BYTES], expect!["T-NATIVE-LENGTH t: ends after record 0 of 2\n"]);
    check_bytes(
        &[bytes.as_slice(), b"x"].concat(),
        expect![[r"
        1 trade 0.01 x 0.2
        2 trade 0.01 x 0.2
        T-NATIVE-LENGTH t: has bytes behind its last record, which is number 2
    "]],
    );
}

#[test]
fn a_record_that_is_wrong_is_named() {
    let two = [at(5, 0, trade(1, 2, None)), at(6, 0, trade(1, 2, None))];
    let three = [two[0], two[1], two[1]];
    let word = i64::cast_unsigned;
    check_changed(
        RecordLayout::Trades,
        &two,
        (1, 0),
        4,
        expect![[r"
        5 trade 0.01 x 0.2
        T-BACKWARDS t record 2: time 4 is before 5 of an earlier record
    "]],
    );
    check_changed(
        RecordLayout::Trades,
        &three,
        (1, 0),
        5,
        expect![[r"
        5 trade 0.01 x 0.2
        5 trade 0.01 x 0.2
        6 trade 0.01 x 0.2
    "]],
    );
    check_changed(
        RecordLayout::Trades,
        &two,
        (0, 2),
        0,
        expect!["T-QTY t record 1: a traded quantity must be above 0, not 0\n"],
    );
    let quotes = [at(1, 0, quote(1, 2))];
    check_changed(
        RecordLayout::Quotes,
        &quotes,
        (0, 1),
        4,
        expect!["T-NATIVE-TAG t record 1: the tag 0x0000000000000004 is none of its layout\n"],
    );
    check_changed(
        RecordLayout::Quotes,
        &quotes,
        (0, 1),
        0x102,
        expect!["T-NATIVE-TAG t record 1: the tag 0x0000000000000102 is none of its layout\n"],
    );
    check_changed(
        RecordLayout::Quotes,
        &quotes,
        (0, 5),
        word(-1),
        expect!["T-QTY t record 1: a quantity must not be below 0, not -1\n"],
    );
    let traded = [at(1, 0, trade(1, 2, None))];
    check_changed(
        RecordLayout::Quotes,
        &traded,
        (0, 1),
        0x301,
        expect!["T-NATIVE-TAG t record 1: the tag 0x0000000000000301 is none of its layout\n"],
    );
    check_changed(
        RecordLayout::Quotes,
        &traded,
        (0, 4),
        1,
        expect!["T-NATIVE-TAG t record 1: words that the kind does not use must be 0\n"],
    );
    let bars = [at(60, 0, bar(0, 60)), at(120, 0, bar(60, 60))];
    check_changed(
        RecordLayout::Bars,
        &bars,
        (0, 4),
        5,
        expect!["T-BAR-RANGE t record 1: low <= open, close <= high must hold in a bar\n"],
    );
    check_changed(
        RecordLayout::Bars,
        &bars,
        (0, 1),
        61,
        expect!["T-BAR-RANGE t record 1: the bar opens at 61, after its close at 60\n"],
    );
    check_changed(
        RecordLayout::Bars,
        &bars[1..],
        (0, 7),
        word(-1),
        expect!["T-QTY t record 1: a quantity must not be below 0, not -1\n"],
    );
    check_changed(
        RecordLayout::Bars,
        &bars,
        (1, 1),
        59,
        expect![[r"
        60 bar 0.05 0.09 0.01 0.06 x 0.3 from 0 for 60
        T-BAR-OVERLAP t record 2: the bar opens at 59, before 60, where the bar above it ends
    "]],
    );
    let levels = [market()[5]];
    check_changed(
        RecordLayout::Market,
        &levels,
        (0, 2),
        0x0201_0203,
        expect!["T-NATIVE-TAG t record 1: the tag 0x0000000002010203 is none of its layout\n"],
    );
    for (word_at, value) in [(5, word(-1)), (6, word(-1)), (2, 0x0106_0209), (2, 0x0201_0209), (2, 0x0101_0309)] {
        let mut bytes = write(RecordLayout::Orders, &orders()[10..]).expect("written");
        let at = HEADER_BYTES + word_at * 8;
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        let code = read(&bytes, (2, 1), (usize::MAX, 9)).1.map(|error| error.code());
        assert_eq!(code, Some(if word_at == 2 { "T-NATIVE-TAG" } else { "T-QTY" }), "{word_at} {value:x}");
    }
    // The same record in a layout that has no orders.
    let mut bytes = write(RecordLayout::Orders, &orders()[10..11]).expect("written");
    bytes[12] = RecordLayout::Market.number();
    assert_eq!(read(&bytes, (2, 1), (usize::MAX, 9)).1.map(|error| error.code()), Some("T-NATIVE-TAG"));
    check_changed(
        RecordLayout::Market,
        &levels,
        (0, 4),
        word(-1),
        expect!["T-QTY t record 1: a quantity must not be below 0, not -1\n"],
    );
}

#[test]
fn bars_have_the_length_that_the_configuration_names_or_any_where_it_names_none() {
    let bytes = write(RecordLayout::Bars, &[at(60, 0, bar(0, 60))]).expect("written");
    let code = |interval_ns: Option<u64>| {
        let bar = interval_ns.and_then(std::num::NonZeroU64::new);
        let bar = bar.map(|interval_ns| BarStamp { stamp: Stamp::Open, interval_ns });
        let spec = TapeSpec { path: PathBuf::from("t"), generated: None, instrument: instrument(2, 1), bar };
        let mut rows = Rows::from_source(spec, Box::new(Cursor::new(bytes.clone())), Shift::default()).expect("a tape");
        rows.read(&mut Vec::new(), 9).map_err(|error| error.code())
    };
    assert_eq!((code(None), code(Some(60)), code(Some(61))), (Ok(1), Ok(1), Err("T-BAR-INTERVAL")));
}

#[test]
fn mantissas_grow_to_the_scale_of_the_instrument_and_never_shrink() {
    let bytes = write(RecordLayout::Trades, &[at(1, 0, trade(15, 2, None))]).expect("written");
    let kind = |scales| read(&bytes, scales, (usize::MAX, 9)).0.first().map(|event| event.kind);
    assert_eq!(kind((2, 1)), Some(trade(15, 2, None)));
    assert_eq!(kind((4, 3)), Some(trade(1_500, 200, None)));
    let (events, fault) = read(&bytes, (1, 1), (usize::MAX, 9));
    assert!(events.is_empty());
    let text = fault.map(|error| format!("{} {error}", error.code()));
    expect!["T-SCALES t: prices and quantities have 2 and 1 digits behind the point, and the instrument takes 1 and 1"]
        .assert_eq(&text.unwrap_or_default());
    let large = write(RecordLayout::Trades, &[at(1, 0, trade(i64::MAX / 10 + 1, 2, None))]).expect("written");
    assert_eq!(read(&large, (3, 1), (9, 9)).1.map(|error| error.code()), Some("T-TOO-LARGE"));
    let fits = write(RecordLayout::Trades, &[at(1, 0, trade(i64::MAX / 10, 2, None))]).expect("written");
    assert_eq!(read(&fits, (3, 1), (9, 9)).1, None);
}

#[test]
fn what_a_layout_does_not_hold_is_not_written() {
    let fault = |layout, events: &[Event]| write(layout, events).err().map(|error| error.to_string());
    let buy = at(1, 0, trade(1, 2, Some(Side::Buy)));
    expect!["the layout trades does not hold this kind of event"]
        .assert_eq(&fault(RecordLayout::Trades, &[buy]).unwrap_or_default());
    assert!(fault(RecordLayout::Quotes, &[at(1, 0, EventKind::FeedStale)]).is_some());
    assert!(fault(RecordLayout::Market, &[at(60, 0, bar(0, 60))]).is_some());
    assert!(fault(RecordLayout::Market, &orders()).is_some());
    assert!(fault(RecordLayout::Market, &[at(1, 0, EventKind::TimeAdvanced)]).is_some());
    expect!["time 4 is before 5 of an earlier event"].assert_eq(
        &fault(RecordLayout::Trades, &[at(5, 0, trade(1, 1, None)), at(4, 0, trade(1, 1, None))]).unwrap_or_default(),
    );
    let named = |symbol: String| {
        NativeWriter::new(Cursor::new(Vec::new()), NativeHeader { symbol, ..header(RecordLayout::Trades) }).is_ok()
    };
    assert_eq!([64, 65].map(|length| named("x".repeat(length))), [true, false]);
    assert!(!named("a b".to_owned()) && !named("é".to_owned()) && named(String::new()));
}

#[test]
fn a_file_that_was_not_finished_is_no_tape() {
    let mut out = Cursor::new(Vec::new());
    let mut writer = NativeWriter::new(&mut out, header(RecordLayout::Trades)).expect("started");
    for time in 0..100_000 {
        writer.push(&at(time, 0, trade(1, 1, None))).expect("written");
    }
    drop(writer);
    let bytes = out.into_inner();
    assert!(bytes.len() > HEADER_BYTES);
    assert_eq!(read(&bytes, (2, 1), (usize::MAX, 9)).1.map(|error| error.code()), Some("T-HEADER"));
}

#[test]
fn a_generated_text_and_its_native_tape_hold_the_same_events() {
    for (layout, records, bar) in [
        (Layout::Trades, RecordLayout::Trades, None),
        (Layout::Quotes, RecordLayout::Quotes, None),
        (Layout::Bars, RecordLayout::Bars, Some(generate::BAR_STAMP)),
    ] {
        let mut text = Vec::new();
        generate(3, 20_000, layout, &mut text).expect("memory");
        let scales = (generate::PRICE_DECIMALS, generate::qty_decimals(layout));
        for by_ns in [0, 1_000] {
            let spec =
                TapeSpec { path: PathBuf::from("t"), generated: None, instrument: instrument(scales.0, scales.1), bar };
            let open = |bytes: &[u8], by_ns| {
                let source = Box::new(Cursor::new(bytes.to_vec()));
                Rows::from_source(spec.clone(), source, Shift { by_ns, floor: 0 }).expect("a tape")
            };
            let all = |mut rows: Rows| {
                let (mut all, mut block) = (Vec::new(), Vec::new());
                while rows.read(&mut block, 1_000).expect("good rows") > 0 {
                    all.extend_from_slice(&block);
                }
                all
            };
            let header = NativeHeader { price_scale: scale(scales.0), qty_scale: scale(scales.1), ..header(records) };
            let mut writer = NativeWriter::new(Cursor::new(Vec::new()), header).expect("started");
            all(open(&text, 0)).iter().for_each(|event| writer.push(event).expect("written"));
            let native = writer.finish().expect("finished").0.into_inner();
            assert_eq!(all(open(&native, by_ns)), all(open(&text, by_ns)), "{layout} shifted by {by_ns}");
        }
    }
}

fn any_event() -> impl Strategy<Value = EventKind> {
    let qty = 0..i64::MAX;
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    prop_oneof![
        (any::<i64>(), 1..i64::MAX, proptest::option::of(side.clone())).prop_map(|(p, q, side)| trade(p, q, side)),
        (any::<i64>(), any::<i64>()).prop_map(|(bid, ask)| quote(bid, ask)),
        (any::<i64>(), qty, side, any::<bool>()).prop_map(|(price, qty, side, is_last)| {
            let (price, qty) = (Price(price), Qty(qty));
            EventKind::BookLevel(BookLevel { action: BookAction::Set, side, price, qty, is_last })
        }),
        any::<i64>().prop_map(|price| EventKind::MarkPrice(Price(price))),
    ]
}

proptest! {
    #[test]
    fn any_events_come_back(kinds in prop::collection::vec((any_event(), any::<u64>()), 0..40), piece in 1_usize..200) {
        let events: Vec<Event> =
            kinds.into_iter().zip(5..).map(|((kind, venue_time), time)| at(time, venue_time, kind)).collect();
        let bytes = write(RecordLayout::Market, &events).expect("written");
        prop_assert_eq!(read(&bytes, (2, 1), (piece, 7)), (events, None));
    }

    #[test]
    fn no_changed_bytes_make_it_panic(changes in prop::collection::vec((0_usize..2_000, any::<u8>()), 1..8), cut in 0_usize..2_000, layout in 0_usize..2) {
        let layout = [RecordLayout::Market, RecordLayout::Quotes][layout];
        let events: Vec<Event> = market().into_iter().take(if layout == RecordLayout::Market { 11 } else { 4 }).collect();
        let mut bytes = write(layout, &events).expect("written");
        for (place, byte) in changes {
            let place = place % bytes.len();
            bytes[place] = byte;
        }
        bytes.truncate(cut.max(8));
        for scales in [(2, 1), (9, 9)] {
            let (events, _) = read(&bytes, scales, (64, 4));
            prop_assert!(events.len() <= bytes.len() / 24);
        }
    }
}
