//! Tables: what does each column of this text mean?
//!
//! In: a column map, lines. Out: trades, quotes or bars, by the columns that are named. Must never: go on to another line
//! inside a field, or take a missing column for zero.
//!
//! Rows are split here and not by a CSV library, because a library takes a field in quotation marks over any number of
//! lines, and so any amount of memory.

use ringfence_core::instrument::Side;
use ringfence_tape::BarStamp;

use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::{Options, bar_times};
use crate::lines::Lines;
use crate::row::{Bad, Row, Sink, What};
use crate::source::{Opened, Place};
use crate::time::{self, Zone};

/// Which column holds what: `ts=time:ms,price=Close`. A column is its name in the header, or `#3` for the third.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    field: Field,
    column: String,
    form: Form,
}

/// What a column can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Time,
    VenueTime,
    Symbol,
    Price,
    Qty,
    Side,
    Bid,
    BidQty,
    Ask,
    AskQty,
    Open,
    High,
    Low,
    Close,
    Volume,
}

const FIELDS: [(&str, Field); 15] = [
    ("ts", Field::Time),
    ("venue_ts", Field::VenueTime),
    ("symbol", Field::Symbol),
    ("price", Field::Price),
    ("qty", Field::Qty),
    ("side", Field::Side),
    ("bid", Field::Bid),
    ("bid_qty", Field::BidQty),
    ("ask", Field::Ask),
    ("ask_qty", Field::AskQty),
    ("open", Field::Open),
    ("high", Field::High),
    ("low", Field::Low),
    ("close", Field::Close),
    ("volume", Field::Volume),
];

/// How a column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A number, a name, a side.
    Plain,
    /// A time: ns of one unit; 0 = by the size of the number.
    Unit(u64),
    /// A date with or without a time of day.
    Local,
    /// What the file says that its type is.
    Typed,
    /// True where the buyer was the maker, so that the seller took.
    BuyerMade,
}

impl Map {
    /// Reads `FIELD=COLUMN[:FORM],…`.
    ///
    /// # Errors
    /// What is wrong with it, and what is allowed.
    pub fn parse(text: &str) -> Result<Map, String> {
        let mut entries: Vec<Entry> = Vec::new();
        for part in text.split(',') {
            let (name, column) = part.split_once('=').ok_or_else(|| format!("{part:?} is not FIELD=COLUMN"))?;
            let known = FIELDS.iter().find(|(known, _)| *known == name);
            let (_, field) = known.ok_or_else(|| {
                let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
                format!("{name:?} is no field; allowed are {}", names.join(", "))
            })?;
            let (column, form) = split_form(*field, column)?;
            if column.is_empty() {
                return Err(format!("{part:?} names no column; one without a name is #1, #2, …"));
            }
            if entries.iter().any(|entry| entry.field == *field) {
                return Err(format!("{name} stands twice"));
            }
            entries.push(Entry { field: *field, column: column.to_owned(), form });
        }
        let map = Map(entries);
        map.content()?;
        Ok(map)
    }

    fn has(&self, field: Field) -> bool {
        self.0.iter().any(|entry| entry.field == field)
    }

    fn content(&self) -> Result<Content, String> {
        let all = |fields: &[Field]| fields.iter().all(|field| self.has(*field));
        if !self.has(Field::Time) {
            return Err("ts is missing".to_owned());
        }
        let found = [
            (all(&[Field::Open, Field::High, Field::Low, Field::Close]), Content::Bars),
            (all(&[Field::Bid, Field::Ask]), Content::Quotes),
            (all(&[Field::Price, Field::Qty]), Content::Trades),
        ];
        let mut found = found.into_iter().filter(|(is_there, _)| *is_there).map(|(_, content)| content);
        match (found.next(), found.next()) {
            (Some(content), None) => Ok(content),
            (Some(_), Some(_)) => Err("a row is a trade, a quote or a bar, and this map has columns of two".to_owned()),
            (None, _) => Err("price,qty or bid,ask or open,high,low,close are needed beside ts".to_owned()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Trades,
    Quotes,
    Bars,
}

/// The form stands behind the last colon, where that is one.
fn split_form(field: Field, text: &str) -> Result<(&str, Form), String> {
    let is_time = matches!(field, Field::Time | Field::VenueTime);
    let (column, form) = match text.rsplit_once(':') {
        Some((column, form)) => (column, Some(form)),
        None => (text, None),
    };
    let form = match (is_time, field, form) {
        (true, _, Some("s")) => Form::Unit(time::SECOND_NS),
        (true, _, Some("ms")) => Form::Unit(time::MILLI_NS),
        (true, _, Some("us")) => Form::Unit(time::MICRO_NS),
        (true, _, Some("ns")) => Form::Unit(1),
        (true, _, Some("iso")) => Form::Local,
        (true, _, Some("typed")) => Form::Typed,
        (true, ..) => {
            return Err(format!(
                "{text:?} needs the unit of its times: :s, :ms, :us, :ns, :iso for dates, or :typed where a Parquet file says it"
            ));
        }
        (false, Field::Side, Some("buyer-made")) => Form::BuyerMade,
        (false, ..) => return Ok((text, Form::Plain)),
    };
    Ok((column, form))
}

/// A map whose columns have been found.
struct Columns {
    at: [Option<(usize, Form)>; FIELDS.len()],
    most: usize,
}

impl Columns {
    fn new(map: &Map, header: Option<&[&[u8]]>) -> Result<Columns, String> {
        let mut at = [None; FIELDS.len()];
        for Entry { field, column, form } in &map.0 {
            let numbered = column.strip_prefix('#').and_then(|digits| digits.parse::<usize>().ok());
            let named = || header.and_then(|names| names.iter().position(|name| *name == column.as_bytes()));
            let index = match numbered {
                Some(number @ 1..=CELLS_MAX) => Some(number - 1),
                Some(_) | None => named(),
            };
            let index = index.ok_or_else(|| {
                let names = header.unwrap_or_default().iter().take(40).map(|name| name.escape_ascii().to_string());
                format!("there is no column {column:?}; the header has {}", names.collect::<Vec<_>>().join(", "))
            })?;
            at[*field as usize] = Some((index, *form));
        }
        let most = at.iter().flatten().map(|(index, _)| *index).max().unwrap_or(0);
        Ok(Columns { at, most })
    }

    fn cell<'a>(&self, field: Field, cells: &[&'a [u8]]) -> Option<&'a [u8]> {
        cells.get(self.at[field as usize]?.0).copied()
    }
}

pub(crate) fn read(opened: Opened<'_>, place: &Place, options: &Options, sink: &mut dyn Sink) -> Result<(), DataError> {
    let (map, reading) = Reading::new(options, sink)?;
    if let Some(typed) = map.0.iter().find(|entry| entry.form == Form::Typed) {
        return Err(fault(format!("{}:typed is for Parquet files; a text needs a unit or :iso", typed.column)));
    }
    let delimiter = options.delimiter.unwrap_or(b',');
    let mut lines = Lines::new(opened.source, place.clone());
    let mut columns = if options.has_no_header { Some(Columns::new(map, None).map_err(fault)?) } else { None };
    while let Some((number, line)) = lines.next()? {
        let line = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        if line.is_empty() {
            sink.left_out("blank line", number)?;
            continue;
        }
        let cells = Cells::split(line, delimiter);
        let cells = cells.all();
        match &columns {
            None => columns = Some(Columns::new(map, Some(cells)).map_err(fault)?),
            Some(columns) => reading.row(columns, cells, number, sink)?,
        }
    }
    Ok(())
}

fn fault(what: String) -> DataError {
    DataError::Option { option: "--map", what }
}

/// A table whose cells are split and typed already.
#[cfg(feature = "parquet")]
pub(crate) struct Tabular {
    columns: Columns,
    reading: Reading,
}

#[cfg(feature = "parquet")]
impl Tabular {
    /// Names of the columns, and which of them the file has as times; those are handed over in ns.
    pub(crate) fn new(
        options: &Options,
        names: &[String],
        times: &[bool],
        sink: &mut dyn Sink,
    ) -> Result<Tabular, DataError> {
        let (map, reading) = Reading::new(options, sink)?;
        let cells: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
        let columns = Columns::new(map, Some(&cells)).map_err(fault)?;
        for Entry { field, column, form } in &map.0 {
            let is_time = columns.at[*field as usize].and_then(|(at, _)| times.get(at).copied()).unwrap_or(false);
            let name = FIELDS[*field as usize].0;
            match (is_time, *form == Form::Typed) {
                (true, false) => return Err(fault(format!("{column} is a time in the file: {name}={column}:typed"))),
                (false, true) => {
                    return Err(fault(format!("{column} is no time in the file; it needs a unit or :iso")));
                }
                (true, true) | (false, false) => {}
            }
        }
        Ok(Tabular { columns, reading })
    }

    pub(crate) fn row(&self, cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Result<(), DataError> {
        self.reading.row(&self.columns, cells, place, sink)
    }
}

struct Reading {
    content: Content,
    zone: Zone,
    bar: Option<BarStamp>,
    size: Number,
}

impl Reading {
    fn new<'a>(options: &'a Options, sink: &mut dyn Sink) -> Result<(&'a Map, Reading), DataError> {
        let map = options
            .map
            .as_ref()
            .ok_or_else(|| fault("a table needs a column map, such as ts=time:ms,price=Close,qty=Size".to_owned()))?;
        let content = map.content().map_err(fault)?;
        let is_local = map.0.iter().any(|entry| entry.form == Form::Local);
        let reading = Reading {
            zone: if is_local { options.zone(sink)? } else { Zone::utc() },
            bar: if content == Content::Bars { options.bar(None, None, sink)? } else { None },
            size: match content {
                Content::Quotes if !map.has(Field::BidQty) || !map.has(Field::AskQty) => options.quote_size(sink)?,
                Content::Trades | Content::Quotes | Content::Bars => Number::ZERO,
            },
            content,
        };
        Ok((map, reading))
    }

    fn row(&self, columns: &Columns, cells: &[&[u8]], place: u64, sink: &mut dyn Sink) -> Result<(), DataError> {
        if cells.len() <= columns.most {
            let value = format!("{} columns", cells.len());
            return sink
                .bad(place, Bad { column: "row", value: value.as_bytes(), why: "columns of the map are missing" });
        }
        match self.event(columns, cells, place) {
            Ok(row) => sink.row(&row),
            Err((field, why)) => {
                let column = FIELDS[field as usize].0;
                sink.bad(place, Bad { column, value: columns.cell(field, cells).unwrap_or_default(), why })
            }
        }
    }

    fn event<'a>(&self, columns: &Columns, cells: &[&'a [u8]], place: u64) -> Result<Row<'a>, (Field, &'static str)> {
        let number = |field: Field| {
            let cell = columns.cell(field, cells).unwrap_or_default();
            Number::parse(cell.trim_ascii())
                .ok_or((field, "a decimal of at most 18 digits behind the point that fits 64 bits is needed"))
        };
        let or =
            |field: Field, other: Number| if columns.at[field as usize].is_some() { number(field) } else { Ok(other) };
        let stamp = self.time(columns, cells, Field::Time)?;
        let symbol = columns.cell(Field::Symbol, cells).unwrap_or_default();
        let symbol = std::str::from_utf8(symbol).map_err(|_| (Field::Symbol, "the name is not UTF-8"))?;
        let (what, time) = match self.content {
            Content::Trades => {
                let aggressor = self.side(columns, cells)?;
                (What::Trade { price: number(Field::Price)?, qty: number(Field::Qty)?, aggressor }, stamp)
            }
            Content::Quotes => {
                let bid = (number(Field::Bid)?, or(Field::BidQty, self.size)?);
                (What::Quote { bid, ask: (number(Field::Ask)?, or(Field::AskQty, self.size)?) }, stamp)
            }
            Content::Bars => {
                let prices = [number(Field::Open)?, number(Field::High)?, number(Field::Low)?, number(Field::Close)?];
                let times =
                    bar_times(stamp, self.bar).ok_or((Field::Time, "the bar must lie between 1970 and 2554"))?;
                let (open_time, time, interval_ns) = times;
                (What::Bar { prices, volume: or(Field::Volume, Number::ZERO)?, open_time, interval_ns }, time)
            }
        };
        let venue_time = match columns.at[Field::VenueTime as usize] {
            Some(_) => self.time(columns, cells, Field::VenueTime)?,
            None => 0,
        };
        Ok(Row { symbol, time, venue_time, what, count: None, place })
    }

    fn time(&self, columns: &Columns, cells: &[&[u8]], field: Field) -> Result<u64, (Field, &'static str)> {
        let cell = columns.cell(field, cells).unwrap_or_default().trim_ascii();
        let form = columns.at[field as usize].map_or(Form::Plain, |(_, form)| form);
        let time = match form {
            Form::Local => time::instant(cell, &self.zone),
            Form::Unit(time::SECOND_NS) => time::seconds(cell),
            Form::Typed => time::whole(cell),
            Form::Unit(0) => time::whole(cell).and_then(time::of_any_unit),
            Form::Unit(unit) => time::whole(cell).and_then(|stamp| stamp.checked_mul(unit)),
            Form::Plain | Form::BuyerMade => None,
        };
        time.ok_or((field, "a time between 1970 and 2554 in the form of the map is needed"))
    }

    fn side(&self, columns: &Columns, cells: &[&[u8]]) -> Result<Option<Side>, (Field, &'static str)> {
        let Some((_, form)) = columns.at[Field::Side as usize] else { return Ok(None) };
        let cell = columns.cell(Field::Side, cells).unwrap_or_default().trim_ascii();
        match (form == Form::BuyerMade, side(cell)) {
            (false, Some(side)) => Ok(side),
            (false, None) => Err((Field::Side, "allowed are buy, sell, b, s, B, S, unknown and nothing")),
            (true, _) => match flag(cell) {
                Some(is_made) => Ok(Some(if is_made { Side::Sell } else { Side::Buy })),
                None => Err((Field::Side, "allowed are true, false, 1 and 0")),
            },
        }
    }
}

/// The side of a word; the inner `None` where it is known that nobody knows.
pub(crate) fn side(word: &[u8]) -> Option<Option<Side>> {
    match word.to_ascii_lowercase().as_slice() {
        b"buy" | b"b" => Some(Some(Side::Buy)),
        b"sell" | b"s" => Some(Some(Side::Sell)),
        b"unknown" | b"" => Some(None),
        _ => None,
    }
}

/// A truth value as archives write it.
pub(crate) fn flag(word: &[u8]) -> Option<bool> {
    match word {
        b"true" | b"True" | b"TRUE" | b"1" => Some(true),
        b"false" | b"False" | b"FALSE" | b"0" => Some(false),
        _ => None,
    }
}

/// The columns of a line, without an allocation.
pub(crate) struct Cells<'a> {
    cells: [&'a [u8]; CELLS_MAX],
    count: usize,
}

impl<'a> Cells<'a> {
    /// The first [`CELLS_MAX`] columns; quotation marks around a field are taken off.
    pub(crate) fn split(line: &'a [u8], delimiter: u8) -> Cells<'a> {
        let mut found = Cells { cells: [&[]; CELLS_MAX], count: 0 };
        let mut rest = line;
        while found.count < CELLS_MAX {
            let quoted = rest.strip_prefix(b"\"").and_then(|inner| {
                let (cell, after) = inner.split_at(memchr::memchr(b'"', inner)?);
                let after = &after[1..];
                after.first().is_none_or(|next| *next == delimiter).then_some((cell, after))
            });
            let plain = || rest.split_at(memchr::memchr(delimiter, rest).unwrap_or(rest.len()));
            let (cell, after) = quoted.unwrap_or_else(plain);
            found.cells[found.count] = cell;
            found.count += 1;
            match after.split_first() {
                Some((_, next)) => rest = next,
                None => break,
            }
        }
        found
    }

    pub(crate) fn all(&self) -> &[&'a [u8]] {
        &self.cells[..self.count]
    }
}

/// Most columns of a line that are looked at.
pub(crate) const CELLS_MAX: usize = 128;
