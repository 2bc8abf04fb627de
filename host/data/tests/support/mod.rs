//! Support: where the real files are.
#![allow(dead_code, unreachable_pub, reason = "not every test binary uses all of it")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use ringfence_core::event::{Bar, BookAction, BookLevel, BookOrder, Event, EventKind, Quote, Trade};
use ringfence_core::ids::{CurrencyId, InstrumentId, NameId, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier};
use ringfence_core::money::{Decimal, Plain, Price, Qty, Scale};
use ringfence_data::{Existing, Output, OutputForm};
use ringfence_tape::{BarStamp, Tape, TapeSpec};

/// A tape to be written, with the digits that its rows need.
pub fn to(path: &Path, form: OutputForm) -> Output {
    Output {
        path: path.to_owned(),
        existing: Existing::Replace,
        form,
        price_scale: None,
        qty_scale: None,
        symbol: String::new(),
    }
}

/// The path of a real file; where it is absent the test is skipped in sight.
pub fn real_file(file: &str) -> Option<PathBuf> {
    in_folder(&format!("raw/{file}"))
}

/// The same for a canonical file.
pub fn in_folder(file: &str) -> Option<PathBuf> {
    let beside_the_clone = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("RINGFENCE_DATA").map_or(beside_the_clone, PathBuf::from);
    let path = folder.join(file);
    if path.is_file() {
        return Some(path);
    }
    skip(&format!("{file} is not in the data folder (set RINGFENCE_DATA)"));
    None
}

/// Says that a test is skipped, and why, where `cargo xtask test` counts it.
pub fn skip(why: &str) {
    // The test runner calls the thread of a test by its name.
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("RINGFENCE-SKIP: {}::{test}: {why}\n", env!("CARGO_CRATE_NAME"));
    // Not `eprint!`, which the test runner swallows.
    std::io::stderr().write_all(line.as_bytes()).expect("stderr can be written");
    if let Some(list) = std::env::var_os("RINGFENCE_SKIP_FILE") {
        let mut list =
            OpenOptions::new().append(true).create(true).open(list).expect("the list of skips can be written");
        list.write_all(line.as_bytes()).expect("the list of skips can be written");
    }
}

/// A zip with one file in it.
pub fn zip_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("memory");
    writer.write_all(bytes).expect("memory");
    writer.finish().expect("memory").into_inner()
}

/// hftbacktest's npz with these records: flags, exchange time, local time, price, quantity.
pub fn npz_of(records: &[(u64, i64, i64, f64, f64)]) -> Vec<u8> {
    zip_of("data.npy", &npy_of(records))
}

/// The array alone.
pub fn npy_of(records: &[(u64, i64, i64, f64, f64)]) -> Vec<u8> {
    let text = format!(
        "{{'descr': [('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), \
         ('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')], 'fortran_order': False, 'shape': ({},), }}\n",
        records.len()
    );
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&u16::try_from(text.len()).expect("short").to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    for (flags, venue_time, time, price, qty) in records {
        bytes.extend_from_slice(&flags.to_le_bytes());
        bytes.extend_from_slice(&venue_time.to_le_bytes());
        bytes.extend_from_slice(&time.to_le_bytes());
        bytes.extend_from_slice(&price.to_le_bytes());
        bytes.extend_from_slice(&qty.to_le_bytes());
        bytes.extend_from_slice(&[0; 24]);
    }
    bytes
}

/// An instrument of which only the scales matter.
pub fn instrument(price_scale: u8, qty_scale: u8) -> Instrument {
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

/// An event in words; its numbers have so many digits behind the point.
#[allow(clippy::wildcard_enum_match_arm, reason = "shown as they are")]
pub fn line(event: &Event, scale: u8) -> String {
    let plain = |mantissa: i64| Plain(mantissa, Scale::new(scale).expect("in range")).to_string();
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
        EventKind::BookOrder(BookOrder { action, side, order, price, qty: size, level, is_last }) => {
            let end = if is_last { " ." } else { "" };
            format!("{action} {side} #{order} {} x {} of {}{end}", px(price), qty(size), qty(level))
        }
        EventKind::MarkPrice(price) => format!("mark {}", px(price)),
        EventKind::FundingRate(funding) => format!("funding {} next {}", funding.rate_e9, funding.next_time.0),
        other => format!("{other:?}"),
    };
    format!("{} {} {what}\n", event.time.0, event.venue_time.0)
}

/// Every event of a tape.
pub fn events(path: &Path, scales: (u8, u8), bar: Option<BarStamp>) -> Vec<Event> {
    let spec = TapeSpec { path: path.to_owned(), generated: None, instrument: instrument(scales.0, scales.1), bar };
    let mut tape = Tape::open(spec).expect("a tape");
    let (mut all, mut block) = (Vec::new(), Vec::new());
    while tape.read_block(&mut block).expect("good rows") > 0 {
        all.extend_from_slice(&block);
    }
    all
}
