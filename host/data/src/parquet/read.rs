//! Reading: which rows does this Parquet file hold?
//!
//! In: a flat Parquet file, a column map or none. Out: rows with exact numbers: decimals as they are, doubles as their shortest
//! decimals, timestamps in ns. Must never: take a column of an unknown type for another, or hold more than a batch of rows.

use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{DataType, Int96};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use ringfence_core::blob::Sha256Hash;
use ringfence_core::instrument::{InstrumentStatus, Side};
use ringfence_tape::RecordLayout;

use super::schema::{Column, columns};
use super::write::{CLEAR, FUNDING, LEVEL, MARK, ORIGIN_KEY, QUOTE, STATUS, SYMBOL_KEY, TRADE};
use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::{Options, Tabular};
use crate::row::{Bad, Row, Sink, What};
use crate::source::{Meter, Place};

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 4_096;

/// Most columns that are read.
const COLUMNS_MAX: usize = 128;

/// The tape that the rows of a table of ours are from.
pub(crate) fn origin(path: &Path) -> Result<Option<Sha256Hash>, DataError> {
    let place = Place::new(path);
    let file = open(&place)?;
    let Some(text) = said(&file, ORIGIN_KEY) else { return Ok(None) };
    let digit = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..32).map(|at| digit(2 * at)).collect();
    Ok(bytes.filter(|_| text.len() == 64).and_then(|bytes| bytes.try_into().ok()))
}

pub(crate) fn read(place: &Place, options: &Options, meter: &Meter, sink: &mut dyn Sink) -> Result<(), DataError> {
    let file = open(place)?;
    let names: Vec<String> = schema(&file).iter().map(|column| column.name().to_owned()).collect();
    match (&options.map, own_layout(&names)) {
        (Some(_), _) => {
            let types: Vec<bool> = schema(&file).iter().map(|column| is_time(column)).collect();
            let tabular = Tabular::new(options, &names, &types, sink)?;
            rows(&file, place, meter, &mut |cells, number| {
                let cells: Vec<&[u8]> = cells.iter().map(Cell::text).collect();
                tabular.row(&cells, number, sink)
            })
        }
        (None, Some(layout)) => {
            let symbol = said(&file, SYMBOL_KEY).unwrap_or_default();
            rows(&file, place, meter, &mut |cells, number| own_row(layout, &symbol, cells, number, sink))
        }
        (None, None) => {
            let what = format!(
                "the columns are none of a tape's, so they need a map, such as ts=time:typed,price=Close,qty=Size; there are {}",
                names.join(", ")
            );
            Err(DataError::Option { option: "--map", what })
        }
    }
}

fn open(place: &Place) -> Result<SerializedFileReader<File>, DataError> {
    let file = ringfence_tape::open_file(place.path())?;
    let reader = guarded(place, || SerializedFileReader::new(file))?;
    let columns = reader.metadata().file_metadata().schema_descr().columns();
    if columns.is_empty() || columns.len() > COLUMNS_MAX {
        return Err(place.format(format!("the table has {} columns; allowed are 1 to {COLUMNS_MAX}", columns.len())));
    }
    if let Some(deep) = columns.iter().find(|column| column.max_rep_level() > 0 || column.path().parts().len() > 1) {
        return Err(
            place.format(format!("column {} is a list or lies inside another; allowed are flat tables", deep.path()))
        );
    }
    if let Some(chunk) = chunks(&reader).find(|chunk| !lies_in_a_file(chunk)) {
        return Err(place.format(format!("column {} begins or ends before the file does", chunk.column_path())));
    }
    Ok(reader)
}

/// The parts of all columns.
fn chunks(file: &SerializedFileReader<File>) -> impl Iterator<Item = &ColumnChunkMetaData> {
    file.metadata().row_groups().iter().flat_map(|group| group.columns())
}

/// What the decoder asserts where it should refuse.
fn lies_in_a_file(chunk: &ColumnChunkMetaData) -> bool {
    let starts = [Some(chunk.data_page_offset()), chunk.dictionary_page_offset(), Some(chunk.compressed_size())];
    starts.into_iter().flatten().all(|number| number >= 0)
}

fn schema(file: &SerializedFileReader<File>) -> &[std::sync::Arc<ColumnDescriptor>] {
    file.metadata().file_metadata().schema_descr().columns()
}

/// Calls the decoder. It asserts some of what a damaged file can break, so a panic inside it is a fault of the file; nothing of
/// ours runs inside.
fn guarded<T>(place: &Place, decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, DataError> {
    match std::panic::catch_unwind(AssertUnwindSafe(decode)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(place.format(format!("the Parquet file cannot be read: {error}"))),
        Err(_) => Err(place.format("the Parquet file is damaged")),
    }
}

fn said(file: &SerializedFileReader<File>, key: &str) -> Option<String> {
    let pairs = file.metadata().file_metadata().key_value_metadata()?;
    pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone())
}

/// The layout with exactly these columns.
fn own_layout(names: &[String]) -> Option<RecordLayout> {
    RecordLayout::ALL.into_iter().find(|layout| columns(*layout).iter().map(|column| column.name()).eq(names))
}

fn is_time(column: &ColumnDescriptor) -> bool {
    unit_ns(column).is_some()
}

/// ns of the unit of a timestamp; `None` for every other column.
fn unit_ns(column: &ColumnDescriptor) -> Option<i64> {
    match (column.logical_type_ref(), column.converted_type(), column.physical_type()) {
        (Some(LogicalType::Timestamp(stamp)), ..) => Some(match stamp.unit {
            TimeUnit::MILLIS => 1_000_000,
            TimeUnit::MICROS => 1_000,
            TimeUnit::NANOS => 1,
        }),
        (Some(LogicalType::Date), ..) | (None, ConvertedType::DATE, _) => Some(86_400_000_000_000),
        (None, ConvertedType::TIMESTAMP_MILLIS, _) => Some(1_000_000),
        (None, ConvertedType::TIMESTAMP_MICROS, _) => Some(1_000),
        (None, _, Physical::INT96) => Some(1),
        _ => None,
    }
}

/// Takes the cells of a row and its number from 1.
type EachRow<'a> = dyn FnMut(&[Cell], u64) -> Result<(), DataError> + 'a;

/// Calls for each row with its cells and its number from 1.
fn rows(
    file: &SerializedFileReader<File>,
    place: &Place,
    meter: &Meter,
    each: &mut EachRow<'_>,
) -> Result<(), DataError> {
    let mut number = 0;
    for index in 0..file.num_row_groups() {
        let group = guarded(place, || file.get_row_group(index))?;
        let size = u64::try_from(group.metadata().compressed_size()).unwrap_or(0);
        group_rows(group.as_ref(), place, &mut number, each)?;
        meter.moved(size);
    }
    Ok(())
}

fn group_rows(
    group: &dyn RowGroupReader,
    place: &Place,
    number: &mut u64,
    each: &mut EachRow<'_>,
) -> Result<(), DataError> {
    let descriptors = group.metadata().schema_descr().columns().to_vec();
    let reader = |at: usize| guarded(place, || group.get_column_reader(at));
    let mut readers = (0..descriptors.len()).map(reader).collect::<Result<Vec<_>, _>>()?;
    let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
    let mut cells: Vec<Cell> = Vec::with_capacity(descriptors.len());
    while left > 0 {
        let wanted = left.min(BATCH_ROWS);
        let batch = |(reader, column): (&mut ColumnReader, &std::sync::Arc<ColumnDescriptor>)| {
            guarded(place, || column_cells(reader, column, wanted))
        };
        let mut batches = readers.iter_mut().zip(&descriptors).map(batch).collect::<Result<Vec<_>, _>>()?;
        if batches.iter().any(|cells| cells.len() != wanted) {
            return Err(place.format("a column of the Parquet file ends before the others"));
        }
        left -= wanted;
        let mut batches: Vec<_> = batches.iter_mut().map(|cells| cells.drain(..)).collect();
        for _ in 0..wanted {
            cells.clear();
            cells.extend(batches.iter_mut().filter_map(Iterator::next));
            *number += 1;
            each(&cells, *number)?;
        }
    }
    Ok(())
}

/// A cell.
enum Cell {
    /// Null.
    Nothing,
    /// A number, a time in ns, a truth value or a text, as it would be written. Times that lie before 1970 have a sign.
    Text(Vec<u8>),
}

impl Cell {
    fn text(&self) -> &[u8] {
        match self {
            Cell::Nothing => b"",
            Cell::Text(text) => text,
        }
    }
}

fn column_cells(reader: &mut ColumnReader, column: &ColumnDescriptor, rows: usize) -> Result<Vec<Cell>, ParquetError> {
    let has_nulls = column.max_def_level() > 0;
    let unit = unit_ns(column);
    let scale = decimal_scale(column);
    let whole = |value: i64| match (unit, scale) {
        (Some(unit), _) => i128::from(value) * i128::from(unit),
        (None, _) => i128::from(value),
    };
    let digits = |value: i128| Cell::Text(decimal(value, if unit.is_some() { 0 } else { scale.unwrap_or(0) }));
    match reader {
        ColumnReader::BoolColumnReader(reader) => taken(reader, rows, has_nulls, |value| {
            Cell::Text(if *value { b"true".to_vec() } else { b"false".to_vec() })
        }),
        ColumnReader::Int32ColumnReader(reader) => taken(reader, rows, has_nulls, |value| {
            digits(unsigned(column, i64::from(*value), 32).unwrap_or(whole(i64::from(*value))))
        }),
        ColumnReader::Int64ColumnReader(reader) => {
            taken(reader, rows, has_nulls, |value| digits(unsigned(column, *value, 64).unwrap_or(whole(*value))))
        }
        ColumnReader::Int96ColumnReader(reader) => {
            taken(reader, rows, has_nulls, |value: &Int96| digits(i128::from(value.to_nanos())))
        }
        ColumnReader::FloatColumnReader(reader) => {
            taken(reader, rows, has_nulls, |value| Cell::Text(format!("{value:e}").into_bytes()))
        }
        ColumnReader::DoubleColumnReader(reader) => {
            taken(reader, rows, has_nulls, |value| Cell::Text(format!("{value:e}").into_bytes()))
        }
        ColumnReader::ByteArrayColumnReader(reader) => {
            taken(reader, rows, has_nulls, |value| bytes(value.data(), scale))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            taken(reader, rows, has_nulls, |value| bytes(value.data(), scale))
        }
    }
}

fn taken<T: DataType>(
    reader: &mut parquet::column::reader::ColumnReaderImpl<T>,
    rows: usize,
    has_nulls: bool,
    cell: impl Fn(&T::T) -> Cell,
) -> Result<Vec<Cell>, ParquetError> {
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    // A call may end at the end of a page.
    let mut found = 0;
    while found < rows {
        let (records, ..) = reader.read_records(rows - found, has_nulls.then_some(&mut levels), None, &mut values)?;
        if records == 0 {
            break;
        }
        found += records;
    }
    let mut values = values.iter().map(cell);
    if !has_nulls {
        return Ok(values.collect());
    }
    Ok(levels
        .iter()
        .map(|level| if *level > 0 { values.next().unwrap_or(Cell::Nothing) } else { Cell::Nothing })
        .collect())
}

/// The number of a column of unsigned whole numbers.
fn unsigned(column: &ColumnDescriptor, value: i64, bits: u32) -> Option<i128> {
    let is_unsigned = match column.logical_type_ref() {
        Some(LogicalType::Integer(integer)) => !integer.is_signed,
        _ => matches!(
            column.converted_type(),
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
        ),
    };
    let mask = if bits == 32 { u64::from(u32::MAX) } else { u64::MAX };
    is_unsigned.then(|| i128::from(value.cast_unsigned() & mask))
}

fn decimal_scale(column: &ColumnDescriptor) -> Option<u32> {
    let scale = match column.logical_type_ref() {
        Some(LogicalType::Decimal(decimal)) => Some(decimal.scale),
        _ if column.converted_type() == ConvertedType::DECIMAL => Some(column.type_scale()),
        _ => None,
    };
    scale.and_then(|scale| u32::try_from(scale).ok())
}

/// A text, or the number in two's complement, most significant byte first, of a decimal.
fn bytes(value: &[u8], scale: Option<u32>) -> Cell {
    let Some(scale) = scale else { return Cell::Text(value.to_vec()) };
    let fill = if value.first().is_some_and(|byte| *byte > 127) { 255 } else { 0 };
    let Some((high, low)) = value.len().checked_sub(16).map(|extra| value.split_at(extra)).or(Some((&[], value)))
    else {
        return Cell::Nothing;
    };
    if high.iter().any(|byte| *byte != fill) {
        // Larger than 16 bytes: not a number that any tape holds, and not zero.
        return Cell::Text(b"a number of more than 16 bytes".to_vec());
    }
    let mut all = [fill; 16];
    all[16 - low.len()..].copy_from_slice(low);
    Cell::Text(decimal(i128::from_be_bytes(all), scale))
}

/// `value / 10^scale` as text; zeros at the end stay.
fn decimal(value: i128, scale: u32) -> Vec<u8> {
    let scale = usize::try_from(scale).unwrap_or(usize::MAX);
    if scale == 0 {
        return value.to_string().into_bytes();
    }
    if scale > 38 {
        return b"more than 38 digits behind the point".to_vec();
    }
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    // A number of a tape has at most 64 characters: zeros at the end say nothing.
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0')).into_bytes()
}

fn own_row(
    layout: RecordLayout,
    symbol: &str,
    cells: &[Cell],
    number: u64,
    sink: &mut dyn Sink,
) -> Result<(), DataError> {
    let own = Own { layout, cells };
    match own.event() {
        Some((time, venue_time, what)) => sink.row(&Row { symbol, time, venue_time, what, count: None, place: number }),
        None => {
            let value = cells.iter().map(Cell::text).collect::<Vec<_>>().join(&b","[..]);
            let why = format!("a row of {layout} is needed");
            sink.bad(number, Bad { column: "row", value: &value, why: &why })
        }
    }
}

/// A row of a table of ours.
struct Own<'a> {
    layout: RecordLayout,
    cells: &'a [Cell],
}

impl Own<'_> {
    fn text(&self, column: Column) -> &[u8] {
        let at = columns(self.layout).iter().position(|other| *other == column);
        at.and_then(|at| self.cells.get(at)).map_or(&[][..], Cell::text)
    }

    fn number(&self, column: Column) -> Option<Number> {
        Number::parse(self.text(column))
    }

    fn whole(&self, column: Column) -> Option<u64> {
        crate::time::whole(self.text(column))
    }

    /// A cell that may be null.
    fn or_zero(&self, column: Column) -> Option<u64> {
        if self.text(column).is_empty() { Some(0) } else { self.whole(column) }
    }

    fn side(&self) -> Option<Option<Side>> {
        match self.text(Column::Side) {
            b"" => Some(None),
            b"buy" => Some(Some(Side::Buy)),
            b"sell" => Some(Some(Side::Sell)),
            _ => None,
        }
    }

    fn is_last(&self) -> Option<bool> {
        match self.text(Column::Last) {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// Time, the venue's time and what happened.
    fn event(&self) -> Option<(u64, u64, What)> {
        let time = self.whole(Column::Time)?;
        let what = match self.layout {
            RecordLayout::Trades => self.trade(None)?,
            RecordLayout::Bars => What::Bar {
                prices: [
                    self.number(Column::Open)?,
                    self.number(Column::High)?,
                    self.number(Column::Low)?,
                    self.number(Column::Close)?,
                ],
                volume: self.number(Column::Volume)?,
                open_time: self.whole(Column::OpenTime)?,
                interval_ns: self.whole(Column::Interval)?,
            },
            RecordLayout::Quotes | RecordLayout::Market | RecordLayout::Orders => self.of_kind()?,
        };
        Some((time, self.or_zero(Column::VenueTime)?, what))
    }

    fn trade(&self, aggressor: Option<Side>) -> Option<What> {
        Some(What::Trade { price: self.number(Column::Price)?, qty: self.number(Column::Qty)?, aggressor })
    }

    fn of_kind(&self) -> Option<What> {
        let kind = std::str::from_utf8(self.text(Column::Kind)).ok()?;
        Some(match kind {
            TRADE => self.trade(self.side()?)?,
            QUOTE => What::Quote {
                bid: (self.number(Column::Bid)?, self.number(Column::BidQty)?),
                ask: (self.number(Column::Ask)?, self.number(Column::AskQty)?),
            },
            LEVEL => What::Level {
                side: self.side()??,
                price: self.number(Column::Price)?,
                qty: self.number(Column::Qty)?,
                is_last: self.is_last()?,
            },
            CLEAR => What::Clear { is_last: self.is_last()? },
            MARK => What::Mark(self.number(Column::Price)?),
            FUNDING => {
                let rate = self.number(Column::Rate)?.at(ringfence_core::money::Scale::new(9)?)?;
                What::Funding(rate, self.or_zero(Column::NextTime)?)
            }
            STATUS => {
                let text = self.text(Column::Status);
                What::Status(InstrumentStatus::ALL.iter().copied().find(|status| status.code().as_bytes() == text)?)
            }
            _ => return None,
        })
    }
}
