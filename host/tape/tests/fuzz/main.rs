//! Fuzz targets: whatever a file holds that should be a tape is read up to the first fault or refused, and reading it
//! neither panics, hangs nor takes more memory than a buffer.
//!
//! Each target begins with tapes as the generator and the writer make them and changes them at random: see
//! `ringfence_fuzz`.

mod rows;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use ringfence_core::event::{
    BookAction, BookLevel, BookOrder, BookOrderAction, Event, EventKind, Funding, Quote, Trade,
};
use ringfence_core::ids::TimeNs;
use ringfence_core::instrument::{InstrumentStatus, Side};
use ringfence_core::money::{Price, Qty, Scale};
use ringfence_fuzz::{largest_of, target};
use ringfence_tape::{Layout, NativeHeader, NativeWriter, RecordLayout, generate, native_header};

use crate::rows::{read, spec};

#[global_allocator]
static ALLOCATOR: ringfence_fuzz::Counting = ringfence_fuzz::Counting;

/// Most bytes that reading a tape takes at once: buffers of a packer for its window, above all.
const BYTES_AT_ONCE_MAX: usize = 2 << 20;

/// Native tapes: what is read whole is written as the same bytes.
#[test]
fn native() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tape");
    target!("native", RecordLayout::ALL.map(tape_of).to_vec()).tried(1_000, |input| {
        fs::write(&path, input).expect("written");
        let Ok(Some(header)) = native_header(&path) else { return };
        let (events, fault) = read_bounded(&path, (header.price_scale, header.qty_scale));
        if fault.is_none() {
            assert_eq!(events.len() as u64, header.rows);
            assert_eq!(written(&header, &events), Some(input.to_vec()), "there is one way to write it");
        }
    });
}

/// Columns of text: what is read whole says the same as a native tape of it.
#[test]
fn columns() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, native) = (folder.path().join("text"), folder.path().join("native"));
    let scale = |digits| Scale::new(digits).expect("in range");
    let (price_scale, qty_scale) = (scale(3), scale(3));
    let words = ["ts_ns,price,qty", ",Q,", ",B,", ",S,", "\r\n", "18446744073709551615", "1700000000000000000"];
    target!("columns", texts()).with_words(&words).tried(1_000, |input| {
        fs::write(&path, input).expect("written");
        let (events, fault) = read_bounded(&path, (price_scale, qty_scale));
        if fault.is_some() {
            return;
        }
        let Some(layout) = layout_for(&events) else { return };
        let header = header(layout, (price_scale, qty_scale));
        let bytes = written(&header, &events).expect("events of a text fit a native tape");
        fs::write(&native, bytes).expect("written");
        assert_eq!(read_bounded(&native, (price_scale, qty_scale)), (events, None), "the same events");
    });
}

/// The same, packed: whatever is inside, no packing makes a reader take more than its window.
#[test]
fn packed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("packed");
    let scale = |digits| Scale::new(digits).expect("in range");
    let whole: Vec<Vec<u8>> = texts().iter().chain(&[tape_of(RecordLayout::Market)]).flat_map(|t| both(t)).collect();
    target!("packed", whole).tried(600, |input| {
        fs::write(&path, input).expect("written");
        // 128 MiB is the largest window that is allowed; the decoder takes it where a frame asks for it.
        let (largest, _) = largest_of(|| read(&spec(&path, (scale(3), scale(3)))));
        assert!(largest <= (128 << 20) + BYTES_AT_ONCE_MAX, "{largest} bytes at once");
    });
}

fn read_bounded(path: &Path, scales: (Scale, Scale)) -> (Vec<Event>, Option<String>) {
    let (largest, read) = largest_of(|| read(&spec(path, scales)));
    assert!(largest <= BYTES_AT_ONCE_MAX, "{largest} bytes at once");
    read
}

fn written(header: &NativeHeader, events: &[Event]) -> Option<Vec<u8>> {
    let mut writer = NativeWriter::new(Cursor::new(Vec::new()), header.clone()).ok()?;
    for event in events {
        writer.push(event).ok()?;
    }
    Some(writer.finish().ok()?.0.into_inner())
}

fn header(layout: RecordLayout, (price_scale, qty_scale): (Scale, Scale)) -> NativeHeader {
    let symbol = "VENUE:NAME".to_owned();
    NativeHeader { layout, price_scale, qty_scale, symbol, origin: Some([5; 32]), rows: 0, first: 0, last: 0 }
}

/// The narrowest layout that holds them.
fn layout_for(events: &[Event]) -> Option<RecordLayout> {
    let is_bar = |event: &Event| matches!(event.kind, EventKind::Bar(_));
    match events {
        [] => None,
        [first, ..] if is_bar(first) => Some(RecordLayout::Bars),
        _ => Some(RecordLayout::Quotes),
    }
}

/// A few rows of each layout of text, plain, and one with what a hand may write.
fn texts() -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = Layout::ALL
        .iter()
        .map(|layout| {
            let mut text = Vec::new();
            generate::generate(3, 12, *layout, &mut text).expect("memory");
            text
        })
        .collect();
    texts.push("\u{feff}ts_ns,price,qty\r\n1,2,3\r\n2,0.5,1\r\n\r\n\r\n".as_bytes().to_vec());
    texts.push(b"ts_ns,price,qty\n5,2,3\n5,2,3\n5,2,3\n5,2,3\n6,2,3\n".to_vec());
    texts.push(b"ts_ns,kind,p1,q1,p2,q2\n5,Q,9.9,1,10.1,2\n5,B,10.1,1,,\n6,S,9.9,0.001,,".to_vec());
    texts
}

fn both(bytes: &[u8]) -> [Vec<u8>; 2] {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).expect("memory");
    [gzip.finish().expect("memory"), zstd::stream::encode_all(bytes, 1).expect("memory")]
}

/// A native tape with every kind of event that its layout holds.
fn tape_of(layout: RecordLayout) -> Vec<u8> {
    let scale = |digits| Scale::new(digits).expect("in range");
    let bars: Vec<EventKind> = (0..4).map(bar).collect();
    let trades = [trade(5, 1, None), trade(-4, 2, None)];
    let kinds = match layout {
        RecordLayout::Trades => trades.to_vec(),
        RecordLayout::Quotes => [&trades[..], &[trade(5, 1, Some(Side::Buy)), quote()]].concat(),
        RecordLayout::Bars => bars,
        RecordLayout::Market => market(),
        RecordLayout::Orders => [market(), orders()].concat(),
    };
    let events: Vec<Event> = kinds.into_iter().zip(1..).map(|(kind, at)| event(at * 60, kind)).collect();
    written(&header(layout, (scale(2), scale(0))), &events).expect("its own kinds")
}

fn event(time: u64, kind: EventKind) -> Event {
    let instrument = support::instrument(2, 0);
    let venue_time = if matches!(kind, EventKind::Bar(_)) { 0 } else { time - 1 };
    Event { venue_time: TimeNs(venue_time), ..rows::event(&instrument, time, kind) }
}

fn trade(price: i64, qty: i64, aggressor: Option<Side>) -> EventKind {
    EventKind::Trade(Trade { price: Price(price), qty: Qty(qty), aggressor })
}

fn quote() -> EventKind {
    EventKind::Quote(Quote { bid_price: Price(99), bid_qty: Qty(1), ask_price: Price(101), ask_qty: Qty(0) })
}

fn bar(number: u64) -> EventKind {
    EventKind::Bar(ringfence_core::event::Bar {
        open: Price(5),
        high: Price(9),
        low: Price(1),
        close: Price(6),
        volume: Qty(3),
        open_time: TimeNs(number * 60),
        interval_ns: 60,
    })
}

fn market() -> Vec<EventKind> {
    let level = |action, price, qty, is_last| {
        let (side, price, qty) = (Side::Sell, Price(price), Qty(qty));
        EventKind::BookLevel(BookLevel { action, side, price, qty, is_last })
    };
    vec![
        trade(100, 5, Some(Side::Sell)),
        quote(),
        level(BookAction::Set, 150, 7, true),
        level(BookAction::Set, 151, 0, false),
        EventKind::MarkPrice(Price(77)),
        EventKind::FundingRate(Funding { rate_e9: -9, next_time: TimeNs(1_000) }),
        EventKind::InstrumentStatus(InstrumentStatus::Halted),
        EventKind::FeedStale,
        EventKind::FeedRecovered,
    ]
}

fn orders() -> Vec<EventKind> {
    let order = |action, qty| {
        EventKind::BookOrder(BookOrder {
            action,
            side: Side::Buy,
            order: 12,
            price: Price(100),
            qty: Qty(qty),
            level: Qty(8),
            is_last: true,
        })
    };
    vec![order(BookOrderAction::Add, 8), order(BookOrderAction::Reduce, 3)]
}
