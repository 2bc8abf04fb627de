//! Parquet: the tables of a report for programs that read columns.
//!
//! In: a table as CSV, as this package writes it. Out: the same rows and columns, typed. Must never: make a float of an
//! amount; decimals keep every digit.
//!
//! Times are timestamps in ns, UTC. Amounts, prices and quantities are decimals of 38 digits with the scale of the finest
//! value in their column. Equal tables give equal bytes.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use ringfence_core::money::Decimal;

/// Why a table has no Parquet file.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// A file that cannot be read or written.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// A table that is no CSV.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// What the Parquet writer refuses.
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    /// A cell that is not what its column holds.
    #[error("row {row}, column {column}: {value:?} is no {wanted}")]
    Cell {
        /// Row, from 1, without the heading.
        row: usize,
        /// Column.
        column: String,
        /// What stands there.
        value: String,
        /// What should.
        wanted: &'static str,
    },
}

/// Rows of a row group: enough to compress well, few enough to hold.
const GROUP_ROWS: usize = 65_536;

/// Digits of a decimal: what 16 bytes hold.
const PRECISION: i32 = 38;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Time,
    Whole,
    Text,
    Float,
    Decimal { scale: u32 },
}

struct Column {
    name: String,
    kind: Kind,
}

/// Writes the table in `csv` as `out`, which must not exist yet.
///
/// # Errors
/// [`ConvertError`]; `out` is then not whole.
pub fn convert(csv: &Path, out: &Path) -> Result<(), ConvertError> {
    convert_as(csv, out, Kinds::default())
}

/// Columns that are not what their names say in the tables of a report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kinds<'a> {
    /// Text.
    pub texts: &'a [&'a str],
    /// Statistics, which are floats.
    pub floats: &'a [&'a str],
}

/// The same with columns of other kinds.
///
/// # Errors
/// [`ConvertError`]; `out` is then not whole.
pub fn convert_as(csv: &Path, out: &Path, kinds: Kinds<'_>) -> Result<(), ConvertError> {
    let columns = columns(csv, kinds)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let schema = schema(&columns)?;
    let mut writer = SerializedFileWriter::new(File::create_new(out)?, schema, Arc::new(properties))?;
    let mut reader = csv::Reader::from_path(csv)?;
    let mut records = reader.records();
    let mut first = 1;
    loop {
        let rows: Vec<csv::StringRecord> = records.by_ref().take(GROUP_ROWS).collect::<Result<_, _>>()?;
        if rows.is_empty() {
            break;
        }
        let mut group = writer.next_row_group()?;
        for (place, column) in columns.iter().enumerate() {
            let cells = rows.iter().map(|row| row.get(place).unwrap_or(""));
            write(&mut group, column, &cells.collect::<Vec<_>>(), first)?;
        }
        group.close()?;
        first += rows.len();
    }
    writer.close()?;
    Ok(())
}

/// Names and types; the scale of a decimal is known only after every row was seen.
fn columns(csv: &Path, kinds: Kinds<'_>) -> Result<Vec<Column>, ConvertError> {
    let mut reader = csv::Reader::from_path(csv)?;
    let head: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut columns: Vec<Column> = head.into_iter().map(|name| Column { kind: kind_of(&name, kinds), name }).collect();
    for row in reader.records() {
        for (column, cell) in columns.iter_mut().zip(&row?) {
            if let Kind::Decimal { scale } = &mut column.kind {
                let digits = cell.split_once('.').map_or(0, |(_, digits)| digits.len());
                *scale = (*scale).max(u32::try_from(digits).unwrap_or(u32::MAX));
            }
        }
    }
    Ok(columns)
}

fn kind_of(name: &str, kinds: Kinds<'_>) -> Kind {
    match name {
        name if kinds.texts.contains(&name) => Kind::Text,
        name if kinds.floats.contains(&name) => Kind::Float,
        "ts_ns" | "ended_ts_ns" | "dispatched_ts_ns" => Kind::Time,
        "seq" | "intent" | "leg" => Kind::Whole,
        "strategy" | "instrument" | "side" | "type" | "tif" | "state" | "liquidity" | "fee_currency" | "reason" => {
            Kind::Text
        }
        _ => Kind::Decimal { scale: 0 },
    }
}

fn schema(columns: &[Column]) -> Result<TypePtr, ConvertError> {
    let field = |column: &Column| {
        let physical = match column.kind {
            Kind::Time | Kind::Whole => Physical::INT64,
            Kind::Text => Physical::BYTE_ARRAY,
            Kind::Float => Physical::DOUBLE,
            Kind::Decimal { .. } => Physical::FIXED_LEN_BYTE_ARRAY,
        };
        let builder = Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL);
        let field = match column.kind {
            Kind::Time => {
                let logical = LogicalType::timestamp(true, TimeUnit::NANOS);
                builder.with_logical_type(Some(logical))
            }
            Kind::Whole | Kind::Float => builder,
            Kind::Text => builder.with_logical_type(Some(LogicalType::String)),
            Kind::Decimal { scale } => {
                let scale = i32::try_from(scale).unwrap_or(i32::MAX);
                let logical = LogicalType::decimal(scale, PRECISION);
                builder.with_length(16).with_logical_type(Some(logical)).with_precision(PRECISION).with_scale(scale)
            }
        };
        field.build().map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("table").with_fields(fields).build()?))
}

fn write(
    group: &mut SerializedRowGroupWriter<'_, File>,
    column: &Column,
    cells: &[&str],
    first: usize,
) -> Result<(), ConvertError> {
    let mut writer = group.next_column()?.expect("a column for each of the schema");
    let present: Vec<i16> = cells.iter().map(|cell| i16::from(!cell.is_empty())).collect();
    let values = || (first..).zip(cells).filter(|(_, cell)| !cell.is_empty());
    let wrong = |row: usize, cell: &str, wanted| {
        let (column, value) = (column.name.clone(), cell.to_owned());
        ConvertError::Cell { row, column, value, wanted }
    };
    match column.kind {
        Kind::Time | Kind::Whole => {
            let read = |(row, cell): (usize, &&str)| cell.parse().map_err(|_| wrong(row, cell, "whole number"));
            let values: Vec<i64> = values().map(read).collect::<Result<_, _>>()?;
            writer.typed::<Int64Type>().write_batch(&values, Some(&present), None)?;
        }
        Kind::Float => {
            let read = |(row, cell): (usize, &&str)| cell.parse().map_err(|_| wrong(row, cell, "number"));
            let values: Vec<f64> = values().map(read).collect::<Result<_, _>>()?;
            writer.typed::<DoubleType>().write_batch(&values, Some(&present), None)?;
        }
        Kind::Text => {
            let values: Vec<ByteArray> = values().map(|(_, cell)| ByteArray::from(*cell)).collect();
            writer.typed::<ByteArrayType>().write_batch(&values, Some(&present), None)?;
        }
        Kind::Decimal { scale } => {
            let read = |(row, cell): (usize, &&str)| bytes(cell, scale).ok_or_else(|| wrong(row, cell, "decimal"));
            let values: Vec<FixedLenByteArray> = values().map(read).collect::<Result<_, _>>()?;
            writer.typed::<FixedLenByteArrayType>().write_batch(&values, Some(&present), None)?;
        }
    }
    writer.close()?;
    Ok(())
}

/// The unscaled value in two's complement, most significant byte first.
fn bytes(cell: &str, scale: u32) -> Option<FixedLenByteArray> {
    let value = Decimal::from_str_exact(cell).ok()?;
    let missing = scale.checked_sub(value.scale())?;
    let unscaled = value.mantissa().checked_mul(10_i128.checked_pow(missing)?)?;
    Some(FixedLenByteArray::from(ByteArray::from(unscaled.to_be_bytes().to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use parquet::file::reader::{FileReader, SerializedFileReader};

    #[track_caller]
    fn check(csv: &str, want: Expect) {
        check_as(csv, Kinds::default(), want);
    }

    #[track_caller]
    fn check_as(csv: &str, kinds: Kinds<'_>, want: Expect) {
        let folder = tempfile::tempdir().unwrap();
        let (table, out) = (folder.path().join("t.csv"), folder.path().join("t.parquet"));
        std::fs::write(&table, csv).unwrap();
        let text = match convert_as(&table, &out, kinds) {
            Err(error) => error.to_string(),
            Ok(()) => {
                let reader = SerializedFileReader::new(File::open(out).unwrap()).unwrap();
                let rows = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string());
                rows.collect::<Vec<_>>().join("\n")
            }
        };
        want.assert_eq(&text);
    }

    #[test]
    fn every_digit_and_every_gap_is_kept() {
        check(
            "ts_ns,strategy,price,qty\n1000000001,\"a,b\",1.25,-3\n2,c,,10\n",
            expect![[r#"
            {ts_ns: 1000000001, strategy: "a,b", price: 1.25, qty: -3.}
            {ts_ns: 2, strategy: "c", price: null, qty: 10.}"#]],
        );
    }

    #[test]
    fn columns_of_other_kinds_are_named() {
        let kinds = Kinds { texts: &["fill"], floats: &["sharpe"] };
        check_as(
            "fill,sharpe,fees\nnext-open,-0.25,1.5\nx,,2\n",
            kinds,
            expect![[r#"
            {fill: "next-open", sharpe: -0.25, fees: 1.5}
            {fill: "x", sharpe: null, fees: 2.0}"#]],
        );
        check_as("sharpe\nx\n", kinds, expect![[r#"row 1, column sharpe: "x" is no number"#]]);
    }

    #[test]
    fn a_table_without_rows_has_none() {
        check("ts_ns,price\n", expect![""]);
    }

    #[test]
    fn a_cell_of_another_kind_is_named() {
        check("seq,price\n1,2\nx,3\n", expect![[r#"row 2, column seq: "x" is no whole number"#]]);
        check("seq,price\n1,2\n2,y\n", expect![[r#"row 2, column price: "y" is no decimal"#]]);
    }
}
