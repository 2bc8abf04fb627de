//! Writing: which table do these events make?
//!
//! In: events in order, at the scales of a tape. Out: a Parquet file in row groups, compressed with zstd; equal events give
//! equal bytes. Must never: hold more than a row group.

use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ringfence_core::blob::Sha256Hash;
use ringfence_core::event::{BookAction, Event, EventKind};
use ringfence_core::instrument::Side;
use ringfence_core::money::{Plain, Scale};
use ringfence_tape::RecordLayout;

use super::schema::{Cells, Column, Stored, columns, schema};
use crate::write::Scales;

/// Rows of a row group: enough to compress well, few enough to hold.
const GROUP_ROWS: usize = 65_536;

/// Names of what the file says about itself beside its columns.
pub(super) const LAYOUT_KEY: &str = "ringfence.layout";
pub(super) const SYMBOL_KEY: &str = "ringfence.symbol";
pub(super) const ORIGIN_KEY: &str = "ringfence.origin";

/// What the table of a tape is told at the start.
pub(crate) struct Head {
    pub(crate) layout: RecordLayout,
    pub(crate) scales: Scales,
    /// `VENUE:SYMBOL`, or nothing.
    pub(crate) symbol: String,
    /// The tape that the rows are from.
    pub(crate) origin: Option<Sha256Hash>,
    /// A number needs more than 18 digits.
    pub(crate) is_wide: bool,
    /// Numbers are doubles.
    pub(crate) has_floats: bool,
}

/// A table being written.
pub(crate) struct Table {
    writer: SerializedFileWriter<BufWriter<File>>,
    layout: RecordLayout,
    scales: Scales,
    stored: Stored,
    events: Vec<Event>,
}

impl Table {
    pub(crate) fn new(file: BufWriter<File>, head: Head) -> Result<Table, ParquetError> {
        let Head { layout, scales, symbol, origin, is_wide, has_floats } = head;
        let stored = match (has_floats, is_wide) {
            (true, _) => Stored::Floats,
            (false, true) => Stored::Wide,
            (false, false) => Stored::Narrow,
        };
        let pair = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
        let mut pairs = vec![pair(LAYOUT_KEY, layout.code().to_owned())];
        if !symbol.is_empty() {
            pairs.push(pair(SYMBOL_KEY, symbol));
        }
        // Doubles may not be the numbers that the tape holds.
        if let Some(origin) = origin.filter(|_| !has_floats) {
            pairs.push(pair(ORIGIN_KEY, origin.iter().map(|byte| format!("{byte:02x}")).collect()));
        }
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_key_value_metadata(Some(pairs))
            .build();
        let writer = SerializedFileWriter::new(file, schema(layout, scales, stored)?, Arc::new(properties))?;
        Ok(Table { writer, layout, scales, stored, events: Vec::with_capacity(GROUP_ROWS) })
    }

    pub(crate) fn push(&mut self, event: &Event) -> Result<(), ParquetError> {
        self.events.push(*event);
        if self.events.len() < GROUP_ROWS { Ok(()) } else { self.write_group() }
    }

    pub(crate) fn finish(mut self) -> Result<BufWriter<File>, ParquetError> {
        if !self.events.is_empty() {
            self.write_group()?;
        }
        self.writer.into_inner()
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for column in columns(self.layout) {
            write(&mut group, *column, &self.events, (self.scales, self.stored))?;
        }
        group.close()?;
        self.events.clear();
        Ok(())
    }
}

type Group<'a> = SerializedRowGroupWriter<'a, BufWriter<File>>;

fn write(
    group: &mut Group<'_>,
    column: Column,
    events: &[Event],
    (scales, stored): (Scales, Stored),
) -> Result<(), ParquetError> {
    match column.cells() {
        Cells::Time if column == Column::Time => {
            let times: Vec<i64> = events.iter().map(|event| event.time.0.cast_signed()).collect();
            let mut writer = group.next_column()?.expect("a column for each of the schema");
            writer.typed::<Int64Type>().write_batch(&times, None, None)?;
            writer.close()
        }
        Cells::Time | Cells::Whole => put::<Int64Type>(group, events, |event| whole(column, event)),
        Cells::Text => put::<ByteArrayType>(group, events, |event| Some(ByteArray::from(text(column, event)?))),
        Cells::Flag => put::<BoolType>(group, events, flag),
        Cells::Price => numbers(group, column, events, (scales.price, stored)),
        Cells::Qty => numbers(group, column, events, (scales.qty, stored)),
        Cells::Rate => numbers(group, column, events, (Scale::new(9).expect("in range"), stored)),
    }
}

fn numbers(
    group: &mut Group<'_>,
    column: Column,
    events: &[Event],
    (scale, stored): (Scale, Stored),
) -> Result<(), ParquetError> {
    match stored {
        Stored::Narrow => put::<Int64Type>(group, events, |event| number(column, event)),
        Stored::Wide => put::<FixedLenByteArrayType>(group, events, |event| {
            let bytes = i128::from(number(column, event)?).to_be_bytes().to_vec();
            Some(FixedLenByteArray::from(ByteArray::from(bytes)))
        }),
        Stored::Floats => put::<DoubleType>(group, events, |event| {
            // By way of its text: the nearest double.
            Plain(number(column, event)?, scale).to_string().parse().ok()
        }),
    }
}

/// Writes a column of which a cell may be null.
fn put<T: DataType>(
    group: &mut Group<'_>,
    events: &[Event],
    cell: impl Fn(&Event) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let cells: Vec<Option<T::T>> = events.iter().map(cell).collect();
    let present: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.into_iter().flatten().collect();
    let mut writer = group.next_column()?.expect("a column for each of the schema");
    writer.typed::<T>().write_batch(&values, Some(&present), None)?;
    writer.close()
}

fn whole(column: Column, event: &Event) -> Option<i64> {
    let ns = match (column, event.kind) {
        (Column::VenueTime, _) => Some(event.venue_time.0).filter(|ns| *ns > 0),
        (Column::NextTime, EventKind::FundingRate(funding)) => Some(funding.next_time.0).filter(|ns| *ns > 0),
        (Column::OpenTime, EventKind::Bar(bar)) => Some(bar.open_time.0),
        (Column::Interval, EventKind::Bar(bar)) => Some(bar.interval_ns),
        _ => None,
    };
    ns.map(u64::cast_signed)
}

/// Kinds as they stand in the table.
pub(super) const TRADE: &str = "trade";
pub(super) const QUOTE: &str = "quote";
pub(super) const LEVEL: &str = "level";
pub(super) const CLEAR: &str = "clear";
pub(super) const MARK: &str = "mark";
pub(super) const FUNDING: &str = "funding";
pub(super) const STATUS: &str = "status";

fn text(column: Column, event: &Event) -> Option<&'static str> {
    match (column, event.kind) {
        (Column::Kind, kind) => kind_text(&kind),
        (Column::Side, EventKind::Trade(trade)) => trade.aggressor.map(Side::code),
        (Column::Side, EventKind::BookLevel(level)) if level.action == BookAction::Set => Some(level.side.code()),
        (Column::Status, EventKind::InstrumentStatus(status)) => Some(status.code()),
        _ => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a tape holds few of the many kinds of events")]
fn kind_text(kind: &EventKind) -> Option<&'static str> {
    Some(match kind {
        EventKind::Trade(_) => TRADE,
        EventKind::Quote(_) => QUOTE,
        EventKind::BookLevel(level) if level.action == BookAction::Clear => CLEAR,
        EventKind::BookLevel(_) => LEVEL,
        EventKind::MarkPrice(_) => MARK,
        EventKind::FundingRate(_) => FUNDING,
        EventKind::InstrumentStatus(_) => STATUS,
        _ => return None,
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "few of the many kinds have the cell")]
fn flag(event: &Event) -> Option<bool> {
    match event.kind {
        EventKind::BookLevel(level) => Some(level.is_last),
        _ => None,
    }
}

fn number(column: Column, event: &Event) -> Option<i64> {
    Some(match (column, event.kind) {
        (Column::Price, EventKind::Trade(trade)) => trade.price.0,
        (Column::Qty, EventKind::Trade(trade)) => trade.qty.0,
        (Column::Price, EventKind::BookLevel(level)) if level.action == BookAction::Set => level.price.0,
        (Column::Qty, EventKind::BookLevel(level)) if level.action == BookAction::Set => level.qty.0,
        (Column::Price, EventKind::MarkPrice(price)) => price.0,
        (Column::Bid, EventKind::Quote(quote)) => quote.bid_price.0,
        (Column::BidQty, EventKind::Quote(quote)) => quote.bid_qty.0,
        (Column::Ask, EventKind::Quote(quote)) => quote.ask_price.0,
        (Column::AskQty, EventKind::Quote(quote)) => quote.ask_qty.0,
        (Column::Rate, EventKind::FundingRate(funding)) => funding.rate_e9,
        (Column::Open, EventKind::Bar(bar)) => bar.open.0,
        (Column::High, EventKind::Bar(bar)) => bar.high.0,
        (Column::Low, EventKind::Bar(bar)) => bar.low.0,
        (Column::Close, EventKind::Bar(bar)) => bar.close.0,
        (Column::Volume, EventKind::Bar(bar)) => bar.volume.0,
        _ => return None,
    })
}
