//! Our own tapes, as something to be looked at or converted.
//!
//! In: text in one of the three layouts, or a native tape. Out: its rows with exact numbers. Must never: take a text with
//! another header for a tape.

use ringfence_core::blob::Sha256Hash;
use ringfence_core::event::{BookAction, BookLevel, BookOrder, Event, EventKind, Quote, Trade};
use ringfence_core::ids::{CurrencyId, InstrumentId, NameId, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier, Side};
use ringfence_core::money::{Decimal, Price, Qty, Scale};
use ringfence_tape::{BarStamp, Layout, NativeHeader, Tape, TapeError, TapeSpec, native_header};

use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::cell::{self, Wrong};
use crate::formats::table::Cells;
use crate::formats::{Options, bar_times};
use crate::lines::Lines;
use crate::row::{Bad, Row, Sink, What};
use crate::source::{Opened, Place};

const MAGIC: &[u8] = b"RFTAPE\r\n";

pub(crate) fn is_tape(head: &[u8], line: &[u8]) -> bool {
    head.starts_with(MAGIC) || Layout::from_header(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)).is_some()
}

pub(crate) fn read(opened: Opened<'_>, place: &Place, options: &Options, sink: &mut dyn Sink) -> Result<(), DataError> {
    if opened.head.starts_with(MAGIC) { native(place, sink) } else { text(opened, place, options, sink) }
}

/// What a native tape says that it was made from.
pub(crate) fn origin(path: &std::path::Path) -> Result<Option<Sha256Hash>, DataError> {
    Ok(native_header(path)?.and_then(|header| header.origin))
}

fn native(place: &Place, sink: &mut dyn Sink) -> Result<(), DataError> {
    let damaged = || place.format("is no native tape");
    let header = native_header(place.path())?.ok_or_else(damaged)?;
    let spec = TapeSpec { path: place.path().to_owned(), generated: None, instrument: stand_in(&header), bar: None };
    let mut tape = Tape::open(spec)?;
    let (mut block, mut number) = (Vec::new(), 0);
    loop {
        match tape.read_block(&mut block) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(TapeError::Record { record, fault, .. }) => {
                // What stands behind it may be anything, so nothing of it is looked at.
                let behind = header.rows.saturating_sub(record);
                let why = format!("{fault}; the {behind} records behind it were not read");
                return sink.bad(record, Bad { column: "record", value: record.to_string().as_bytes(), why: &why });
            }
            Err(error) => return Err(error.into()),
        }
        for event in &block {
            number += 1;
            match row(event, &header, number) {
                Some(row) => sink.row(&row)?,
                None => sink.left_out("state of the feed, which no other form holds", number)?,
            }
        }
    }
}

/// Only its scales matter to a tape.
fn stand_in(header: &NativeHeader) -> Instrument {
    Instrument {
        id: InstrumentId(1),
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Spot,
        base: CurrencyId(1),
        quote: CurrencyId(1),
        settlement: CurrencyId(1),
        counterparty: NameId(0),
        price_scale: header.price_scale,
        qty_scale: header.qty_scale,
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

#[expect(clippy::wildcard_enum_match_arm, reason = "a tape holds few of the many kinds of events")]
fn row<'a>(event: &Event, header: &'a NativeHeader, place: u64) -> Option<Row<'a>> {
    let number = |mantissa: i64, scale: Scale| Number::new(mantissa, scale.digits()).expect("a scale is at most 18");
    let px = |price: Price| number(price.0, header.price_scale);
    let size = |qty: Qty| number(qty.0, header.qty_scale);
    let what = match event.kind {
        EventKind::Trade(Trade { price, qty, aggressor }) => {
            What::Trade { price: px(price), qty: size(qty), aggressor }
        }
        EventKind::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty }) => {
            What::Quote { bid: (px(bid_price), size(bid_qty)), ask: (px(ask_price), size(ask_qty)) }
        }
        EventKind::BookLevel(BookLevel { action: BookAction::Clear, is_last, .. }) => What::Clear { is_last },
        EventKind::BookLevel(BookLevel { action: BookAction::Set, side, price, qty, is_last }) => {
            What::Level { side, price: px(price), qty: size(qty), is_last }
        }
        EventKind::BookOrder(BookOrder { action, side, order, price, qty, level, is_last }) => {
            What::Order { action, side, order, price: px(price), qty: size(qty), level: size(level), is_last }
        }
        EventKind::Bar(bar) => What::Bar {
            prices: [px(bar.open), px(bar.high), px(bar.low), px(bar.close)],
            volume: size(bar.volume),
            open_time: bar.open_time.0,
            interval_ns: bar.interval_ns,
        },
        EventKind::MarkPrice(price) => What::Mark(px(price)),
        EventKind::FundingRate(funding) => What::Funding(funding.rate_e9, funding.next_time.0),
        EventKind::InstrumentStatus(status) => What::Status(status),
        EventKind::FeedStale => What::Stale,
        EventKind::FeedRecovered => What::Recovered,
        _ => return None,
    };
    let (time, venue_time) = (event.time.0, event.venue_time.0);
    Some(Row { symbol: &header.symbol, time, venue_time, what, count: None, place })
}

fn text(opened: Opened<'_>, place: &Place, options: &Options, sink: &mut dyn Sink) -> Result<(), DataError> {
    let mut lines = Lines::new(opened.source, place.clone());
    let header = lines.next()?.map_or(&[][..], |(_, line)| line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line));
    let layout =
        Layout::from_header(header).ok_or_else(|| place.format("the header is none of trades, quotes or bars"))?;
    let bar = if layout == Layout::Bars { options.bar(None, None, sink)? } else { None };
    while let Some((number, line)) = lines.next()? {
        if line.is_empty() {
            sink.left_out("blank line", number)?;
            continue;
        }
        let cells = Cells::split(line, b',');
        match text_row(layout, cells.all(), bar) {
            Ok((time, what)) => sink.row(&Row { symbol: "", time, venue_time: 0, what, count: None, place: number })?,
            Err(wrong) => wrong.told(layout.header().as_bytes(), cells.all(), number, sink)?,
        }
    }
    Ok(())
}

fn text_row(layout: Layout, cells: &[&[u8]], bar: Option<BarStamp>) -> Result<(u64, What), Wrong> {
    cell::counted(layout.header().as_bytes(), cells)?;
    let (stamp, number) = (cell::whole(cells, 0)?, |at: usize| cell::number(cells, at));
    match layout {
        Layout::Trades => Ok((stamp, What::Trade { price: number(1)?, qty: number(2)?, aggressor: None })),
        Layout::Quotes => Ok((stamp, quotes(cells)?)),
        Layout::Bars => {
            let times = bar_times(stamp, bar).ok_or(Wrong::Cell(0, "the bar must lie between 1970 and 2554"))?;
            let (open_time, time, interval_ns) = times;
            let prices = [number(1)?, number(2)?, number(3)?, number(4)?];
            Ok((time, What::Bar { prices, volume: number(5)?, open_time, interval_ns }))
        }
    }
}

/// A quote, or a trade with its side and nothing in the last two columns.
fn quotes(cells: &[&[u8]]) -> Result<What, Wrong> {
    let [one, two, three, four] = [2, 3, 4, 5].map(|at| cell::number(cells, at));
    let side = match cell::cell(cells, 1)? {
        b"Q" => return Ok(What::Quote { bid: (one?, two?), ask: (three?, four?) }),
        b"B" => Side::Buy,
        b"S" => Side::Sell,
        _ => return Err(Wrong::Cell(1, "allowed are Q for a quote, B and S for trades")),
    };
    let (price, qty) = (one?, two?);
    for (at, unused) in [(4, three?), (5, four?)] {
        if !unused.is_zero() {
            return Err(Wrong::Cell(at, "0 is needed in the row of a trade"));
        }
    }
    Ok(What::Trade { price, qty, aggressor: Some(side) })
}
