//! Formats: whose file is this, and who reads it?
//!
//! In: an open file, options. Out: rows into a sink. Must never: take a format by a guess that its first bytes contradict.

use std::num::NonZeroU64;
use std::path::Path;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::coded_enum;
use ringfence_tape::{BarStamp, Stamp};

use crate::decimal::Number;
use crate::error::DataError;
use crate::row::Sink;
use crate::source::{Meter, Opened, PARQUET_MAGIC, Place, open};
use crate::time::{self, Zone};

mod archive;
mod capture;
mod ccxt;
mod cell;
mod databento;
mod hftbacktest;
mod json;
mod lean;
mod table;
mod tape;
mod tardis;
mod venues;

pub use table::Map;
#[cfg(feature = "parquet")]
pub(crate) use table::Tabular;

coded_enum! {
    /// A format that can be imported.
    Format {
        /// Our own text or native tapes.
        Tape = 1 "tape",
        /// Raw websocket messages, a line each: `ns JSON`, or cryptofeed's `seconds: JSON`.
        Capture = 2 "capture",
        /// LEAN zips.
        Lean = 3 "lean",
        /// Binance's public archives.
        Binance = 4 "binance",
        /// ccxt's `fetchOHLCV` as JSON.
        Ccxt = 5 "ccxt",
        /// hftbacktest's npz.
        HftBacktest = 6 "hftbacktest",
        /// Tardis CSV.
        Tardis = 7 "tardis",
        /// Any table, with a column map.
        Table = 8 "table",
        /// Databento DBN, market by order and trades.
        Databento = 9 "databento",
        /// Parquet: tables of our own tapes, and any flat table with a column map.
        Parquet = 10 "parquet",
    }
}

/// What the file does not say itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Time zone of local times (IANA name).
    pub zone: Option<String>,
    /// Day of files that hold times of a day, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Length of bars, for example `1h`.
    pub interval: Option<String>,
    /// Whether that is the time of a bar's open or close in the file.
    pub stamp: Option<Stamp>,
    /// Prices of the file are whole numbers with so many digits behind a point that is not written: 4 for LEAN equities.
    pub price_digits: Option<u8>,
    /// Rows of one exchange of a consolidated file; `None` = of all.
    pub exchange: Option<String>,
    /// Quantity of quotes whose file has none.
    pub quote_size: Option<Number>,
    /// Which bar is made of a bid bar and an ask bar.
    pub quote_bar: QuoteBar,
    /// What a book of orders becomes.
    pub book: BookForm,
    /// Columns of a table.
    pub map: Option<Map>,
    /// Character between two columns of a table; `None` = a comma.
    pub delimiter: Option<u8>,
    /// The first line of a table is a row.
    pub has_no_header: bool,
    /// Nothing is taken for granted: what is missing is an error. An import sets this itself.
    pub is_strict: bool,
}

/// What a book of orders becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BookForm {
    /// Levels, summed over the orders at a price.
    #[default]
    Levels,
    /// Orders.
    Orders,
}

/// Which bar is made of a bid bar and an ask bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuoteBar {
    /// The exact middle of each of the four prices.
    #[default]
    Mid,
    /// The bid bar.
    Bid,
    /// The ask bar.
    Ask,
}

impl Options {
    /// The zone that was named, or UTC where nothing has to be certain.
    fn zone(&self, sink: &mut dyn Sink) -> Result<Zone, DataError> {
        let fault = |what: String| DataError::Option { option: "--zone", what };
        match &self.zone {
            Some(name) => Zone::named(name).ok_or_else(|| {
                fault(format!("{name:?} is no time zone; allowed are names such as UTC or America/New_York"))
            }),
            None if self.is_strict => Err(fault(
                "the file has local times, so their zone has to be named, such as UTC or America/New_York".to_owned(),
            )),
            None => {
                sink.assumed("local times are UTC");
                Ok(Zone::utc())
            }
        }
    }

    /// How bars are stamped and how long they are; `None` where that is not known and nothing has to be certain.
    fn bar(
        &self,
        known_ns: Option<u64>,
        known_stamp: Option<Stamp>,
        sink: &mut dyn Sink,
    ) -> Result<Option<BarStamp>, DataError> {
        let fault = |option, what: String| DataError::Option { option, what };
        let interval = match &self.interval {
            Some(text) => Some(time::length(text).ok_or_else(|| {
                fault("--interval", format!("{text:?} is no length of time; allowed are such as 1s, 5m, 1h or 1d"))
            })?),
            None => known_ns,
        };
        let stamp = self.stamp.or(known_stamp);
        match (interval.and_then(NonZeroU64::new), stamp) {
            (Some(interval_ns), Some(stamp)) => Ok(Some(BarStamp { stamp, interval_ns })),
            (None, _) if self.is_strict => Err(fault(
                "--interval",
                "the file holds bars and does not say how long they are, such as 1m or 1d".to_owned(),
            )),
            (_, None) if self.is_strict => Err(fault(
                "--stamp",
                "the file holds bars and does not say whether a time is their open or their close".to_owned(),
            )),
            (_, _) => {
                sink.assumed("bars have no length");
                Ok(None)
            }
        }
    }

    /// What stands for the quantity of a quote without one.
    fn quote_size(&self, sink: &mut dyn Sink) -> Result<Number, DataError> {
        match self.quote_size {
            Some(size) if size.is_positive() => Ok(size),
            Some(size) => Err(DataError::Option {
                option: "--quote-size",
                what: format!("{size}: allowed are quantities above 0"),
            }),
            None if self.is_strict => {
                let what = "the file has quotes without quantities, so the one that stands for them has to be named, such as 1";
                Err(DataError::Option { option: "--quote-size", what: what.to_owned() })
            }
            None => {
                sink.assumed("quotes without quantities are of 1");
                Ok(Number::new(1, 0).expect("one is a number"))
            }
        }
    }
}

/// Open, close and length of a bar with this stamp.
fn bar_times(stamp: u64, bar: Option<BarStamp>) -> Option<(u64, u64, u64)> {
    match bar {
        None => Some((stamp, stamp, 0)),
        Some(BarStamp { stamp: Stamp::Open, interval_ns }) => {
            Some((stamp, stamp.checked_add(interval_ns.get())?, interval_ns.get()))
        }
        Some(BarStamp { stamp: Stamp::Close, interval_ns }) => {
            Some((stamp.checked_sub(interval_ns.get())?, stamp, interval_ns.get()))
        }
    }
}

/// What a native tape, or a table of one, was made from; `None` for every other file.
pub(crate) fn origin_of(format: Format, path: &Path) -> Result<Option<Sha256Hash>, DataError> {
    match format {
        Format::Tape => tape::origin(path),
        #[cfg(feature = "parquet")]
        Format::Parquet => crate::parquet::origin(path),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => Ok(None),
        Format::Capture
        | Format::Lean
        | Format::Binance
        | Format::Ccxt
        | Format::HftBacktest
        | Format::Tardis
        | Format::Table
        | Format::Databento => Ok(None),
    }
}

#[cfg(feature = "parquet")]
fn read_parquet(place: &Place, options: &Options, meter: &Meter, sink: &mut dyn Sink) -> Result<(), DataError> {
    crate::parquet::read(place, options, meter, sink)
}

#[cfg(not(feature = "parquet"))]
fn read_parquet(place: &Place, _: &Options, _: &Meter, _: &mut dyn Sink) -> Result<(), DataError> {
    Err(DataError::NoParquet { path: place.path().to_owned() })
}

/// Reads the file and says what it was.
pub(crate) fn read(
    path: &Path,
    wanted: Option<Format>,
    options: &Options,
    meter: &Meter,
    sink: &mut dyn Sink,
) -> Result<Format, DataError> {
    let place = Place::new(path);
    open(path, meter, |opened| {
        let format = match wanted {
            Some(format) => format,
            None if opened.head.starts_with(PARQUET_MAGIC) => Format::Parquet,
            None if options.map.is_some() => Format::Table,
            None => detect(&opened).ok_or_else(|| place.format(UNKNOWN))?,
        };
        match format {
            Format::Tape => tape::read(opened, &place, options, sink)?,
            Format::Capture => capture::read(opened, &place, sink)?,
            Format::Lean => lean::read(opened, &place, options, sink)?,
            Format::Binance => archive::read(opened, &place, sink)?,
            Format::Ccxt => ccxt::read(opened, &place, options, sink)?,
            Format::HftBacktest => hftbacktest::read(opened, &place, sink)?,
            Format::Tardis => tardis::read(opened, &place, sink)?,
            Format::Table => table::read(opened, &place, options, sink)?,
            Format::Databento => databento::read(opened, &place, options.book, sink)?,
            // Its end is read first, so not from a stream.
            Format::Parquet => read_parquet(&place, options, meter, sink)?,
        }
        Ok(format)
    })
}

fn detect(opened: &Opened<'_>) -> Option<Format> {
    let line = opened.head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let name = opened.name.to_ascii_lowercase();
    let is = |found: bool, format: Format| found.then_some(format);
    is(tape::is_tape(&opened.head, line), Format::Tape)
        .or_else(|| is(opened.head.starts_with(b"DBN"), Format::Databento))
        .or_else(|| is(opened.head.starts_with(b"\x93NUMPY"), Format::HftBacktest))
        .or_else(|| is(line.starts_with(b"[[") || line.trim_ascii() == b"[", Format::Ccxt))
        .or_else(|| is(capture::is_capture(line), Format::Capture))
        .or_else(|| is(tardis::is_tardis(line), Format::Tardis))
        .or_else(|| is(archive::kind(&name, line).is_some(), Format::Binance))
        .or_else(|| is(lean::is_lean(&name, line), Format::Lean))
}

const UNKNOWN: &str = "the format is not told by the first bytes; known are our own tapes, websocket captures, LEAN zips, \
Binance archives, ccxt OHLCV, hftbacktest npz, Tardis CSV, Databento DBN, Parquet, and any table with --map";
