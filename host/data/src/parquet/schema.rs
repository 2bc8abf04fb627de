//! Schemas: which columns does the table of a tape have?
//!
//! In: a layout, scales. Out: columns in order with their types. Must never: give one column two meanings.
//!
//! Times are timestamps in ns, UTC. Prices and quantities are decimals of 18 digits, as 8 bytes, or of 38, as 16, where a
//! number needs them, or doubles where that was asked for. A cell that the kind of its row does not use is null.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{Type, TypePtr};
use ringfence_tape::RecordLayout;

use crate::write::Scales;

/// A column of the table of a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Time,
    VenueTime,
    Kind,
    Side,
    Price,
    Qty,
    Bid,
    BidQty,
    Ask,
    AskQty,
    Last,
    Rate,
    NextTime,
    Status,
    OpenTime,
    Interval,
    Open,
    High,
    Low,
    Close,
    Volume,
}

/// What its cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cells {
    Time,
    Text,
    Flag,
    /// ns.
    Whole,
    Price,
    Qty,
    /// In 10^-9.
    Rate,
}

use Column::{
    Ask, AskQty, Bid, BidQty, Close, High, Interval, Kind, Last, Low, NextTime, Open, OpenTime, Price, Qty, Rate, Side,
    Status, Time, VenueTime, Volume,
};

impl Column {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Time => "ts_ns",
            VenueTime => "venue_ts_ns",
            Kind => "kind",
            Side => "side",
            Price => "price",
            Qty => "qty",
            Bid => "bid",
            BidQty => "bid_qty",
            Ask => "ask",
            AskQty => "ask_qty",
            Last => "last",
            Rate => "rate",
            NextTime => "next_ts_ns",
            Status => "status",
            OpenTime => "open_ts_ns",
            Interval => "interval_ns",
            Open => "open",
            High => "high",
            Low => "low",
            Close => "close",
            Volume => "volume",
        }
    }

    pub(super) const fn cells(self) -> Cells {
        match self {
            Time | VenueTime | NextTime | OpenTime => Cells::Time,
            Kind | Side | Status => Cells::Text,
            Last => Cells::Flag,
            Interval => Cells::Whole,
            Price | Bid | Ask | Open | High | Low | Close => Cells::Price,
            Qty | BidQty | AskQty | Volume => Cells::Qty,
            Rate => Cells::Rate,
        }
    }
}

/// Columns of a layout, in order.
pub(super) const fn columns(layout: RecordLayout) -> &'static [Column] {
    match layout {
        RecordLayout::Trades => &[Time, Price, Qty],
        RecordLayout::Quotes => &[Time, Kind, Side, Price, Qty, Bid, BidQty, Ask, AskQty],
        RecordLayout::Bars => &[Time, OpenTime, Interval, Open, High, Low, Close, Volume],
        RecordLayout::Market => {
            &[Time, VenueTime, Kind, Side, Price, Qty, Bid, BidQty, Ask, AskQty, Last, Rate, NextTime, Status]
        }
    }
}

/// How prices and quantities are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// Decimals of 18 digits.
    Narrow,
    /// Decimals of 38 digits.
    Wide,
    /// Doubles.
    Floats,
}

/// Digits that 8 bytes hold, whatever they are, and that 16 bytes hold.
pub(super) const NARROW_DIGITS: i32 = 18;
pub(super) const WIDE_DIGITS: i32 = 38;

/// Digits behind the point of a rate.
const RATE_SCALE: u8 = 9;

/// The schema of a layout.
pub(super) fn schema(layout: RecordLayout, scales: Scales, stored: Stored) -> Result<TypePtr, ParquetError> {
    let field = |column: &Column| {
        let timestamp = LogicalType::timestamp(true, TimeUnit::NANOS);
        let built = match column.cells() {
            Cells::Time => primitive(*column, Physical::INT64).with_logical_type(Some(timestamp)),
            Cells::Text => primitive(*column, Physical::BYTE_ARRAY).with_logical_type(Some(LogicalType::String)),
            Cells::Flag => primitive(*column, Physical::BOOLEAN),
            Cells::Whole => primitive(*column, Physical::INT64),
            Cells::Price => return number(*column, scales.price.digits(), stored),
            Cells::Qty => return number(*column, scales.qty.digits(), stored),
            Cells::Rate => return number(*column, RATE_SCALE, stored),
        };
        built.build().map(Arc::new)
    };
    let fields = columns(layout).iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("tape").with_fields(fields).build()?))
}

fn primitive(column: Column, physical: Physical) -> parquet::schema::types::PrimitiveTypeBuilder<'static> {
    let repetition = if column == Time { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    Type::primitive_type_builder(column.name(), physical).with_repetition(repetition)
}

fn number(column: Column, scale: u8, stored: Stored) -> Result<TypePtr, ParquetError> {
    let scale = i32::from(scale);
    let decimal = |physical, digits| {
        let logical = Some(LogicalType::decimal(scale, digits));
        primitive(column, physical).with_logical_type(logical).with_precision(digits).with_scale(scale)
    };
    let built = match stored {
        Stored::Narrow => decimal(Physical::INT64, NARROW_DIGITS),
        Stored::Wide => decimal(Physical::FIXED_LEN_BYTE_ARRAY, WIDE_DIGITS).with_length(16),
        Stored::Floats => primitive(column, Physical::DOUBLE),
    };
    built.build().map(Arc::new)
}
