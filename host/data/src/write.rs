//! Writing: which tape do these rows make?
//!
//! In: rows in order of time, what they need. Out: a native tape or one of the three text layouts. Must never: leave a half
//! tape under the name that was asked for: the file is written beside it and renamed at the end.

use std::fs::File;
use std::io::{BufWriter, Write};
#[cfg(feature = "parquet")]
use std::path::Path;
use std::path::PathBuf;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::event::{Bar, BookAction, BookLevel, BookOrder, Event, EventKind, Funding, Quote, Report, Trade};
use ringfence_core::ids::{Seq, TimeNs};
use ringfence_core::instrument::Side;
use ringfence_core::money::{Plain, Price, Qty, Scale};
use ringfence_tape::{Layout, NativeHeader, NativeWriter, RecordLayout};

use crate::error::DataError;
#[cfg(feature = "parquet")]
use crate::parquet::{Head, Table};
use crate::row::{Row, What};
use crate::unfinished::{Existing, Unfinished};

/// Which form a tape is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputForm {
    /// Native records.
    #[default]
    Native,
    /// Text with one of the three headers.
    Csv,
    /// A table for programs that read columns; needs the feature `parquet`.
    Parquet {
        /// Numbers are doubles, nearest to the decimals, and not decimals.
        has_floats: bool,
    },
}

/// Where a tape goes, and what stands in its header.
#[derive(Clone, Debug)]
pub struct Output {
    /// The file.
    pub path: PathBuf,
    /// What becomes of a file that is there already.
    pub existing: Existing,
    /// Its form.
    pub form: OutputForm,
    /// Digits of prices; `None` = as many as are needed.
    pub price_scale: Option<u8>,
    /// Digits of quantities; `None` = as many as are needed.
    pub qty_scale: Option<u8>,
    /// `VENUE:SYMBOL` for the header of a native tape; empty = not named.
    pub symbol: String,
}

/// Layout of a tape being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Native(RecordLayout),
    Csv(Layout),
    Parquet(RecordLayout),
}

/// What is the same for every row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scales {
    pub(crate) price: Scale,
    pub(crate) qty: Scale,
}

enum To {
    Native(Box<NativeWriter<BufWriter<File>>>),
    Csv(Layout, BufWriter<File>),
    #[cfg(feature = "parquet")]
    Parquet(Box<Table>),
}

/// A tape being written.
pub(crate) struct Writer {
    path: PathBuf,
    scales: Scales,
    to: To,
    rows: u64,
    /// Close of the last bar, 0 before the first.
    bar_end: u64,
    unfinished: Unfinished,
}

impl Writer {
    pub(crate) fn new(
        output: &Output,
        shape: Shape,
        scales: Scales,
        origin: Option<Sha256Hash>,
        is_wide: bool,
    ) -> Result<Writer, DataError> {
        let path = output.path.clone();
        #[cfg(not(feature = "parquet"))]
        if let (Shape::Parquet(_), _) = (shape, is_wide) {
            return Err(DataError::NoParquet { path });
        }
        let fault = |error: std::io::Error| DataError::Write { path: path.clone(), reason: error.to_string() };
        let (unfinished, file) = Unfinished::create(&path, output.existing)?;
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        let to = match shape {
            Shape::Native(layout) => {
                let (price_scale, qty_scale, symbol) = (scales.price, scales.qty, output.symbol.clone());
                let header =
                    NativeHeader { layout, price_scale, qty_scale, symbol, origin, rows: 0, first: 0, last: 0 };
                let writer = NativeWriter::new(file, header).map_err(|error| DataError::write(&path, error))?;
                To::Native(Box::new(writer))
            }
            Shape::Csv(layout) => {
                let mut file = file;
                writeln!(file, "{}", layout.header()).map_err(fault)?;
                To::Csv(layout, file)
            }
            #[cfg(feature = "parquet")]
            Shape::Parquet(layout) => {
                let has_floats = output.form == OutputForm::Parquet { has_floats: true };
                let head = Head { layout, scales, symbol: output.symbol.clone(), origin, is_wide, has_floats };
                To::Parquet(Box::new(Table::new(file, head).map_err(|error| unwritten(&path, &error))?))
            }
            #[cfg(not(feature = "parquet"))]
            Shape::Parquet(_) => unreachable!("refused above"),
        };
        Ok(Writer { path, scales, to, rows: 0, bar_end: 0, unfinished })
    }

    /// Writes a row at this time, which is not before the last one.
    pub(crate) fn row(&mut self, row: &Row<'_>, time: u64) -> Result<(), DataError> {
        let event = self.event(row, time)?;
        self.follow_bars(&event, row.place)?;
        self.event_row(&event, row.place)
    }

    /// A tape with bars that overlap would be refused by whoever reads it.
    fn follow_bars(&mut self, event: &Event, place: u64) -> Result<(), DataError> {
        let EventKind::Bar(bar) = event.kind else { return Ok(()) };
        if bar.open_time.0 < self.bar_end {
            let (open, end) = (bar.open_time.0, self.bar_end);
            let what = format!(
                "the bar at {place} opens at {open} ns, before {end} ns, where the bar above it ends; bars of a tape do not overlap"
            );
            return Err(DataError::Unfit { path: self.path.clone(), what });
        }
        self.bar_end = event.time.0;
        Ok(())
    }

    /// Writes an event that is at the scales of the tape already.
    pub(crate) fn event_row(&mut self, event: &Event, place: u64) -> Result<(), DataError> {
        self.rows += 1;
        match &mut self.to {
            To::Native(writer) => writer.push(event).map_err(|error| DataError::write(&self.path, error)),
            To::Csv(layout, file) => match csv(*layout, self.scales, event, file) {
                Ok(true) => Ok(()),
                Ok(false) => {
                    let what = format!(
                        "the event at {place} does not fit the text layout {layout}; write it with --to native"
                    );
                    Err(DataError::Unfit { path: self.path.clone(), what })
                }
                Err(error) => Err(DataError::Write { path: self.path.clone(), reason: error.to_string() }),
            },
            #[cfg(feature = "parquet")]
            To::Parquet(table) => table.push(event).map_err(|error| unwritten(&self.path, &error)),
        }
    }

    fn event(&self, row: &Row<'_>, time: u64) -> Result<Event, DataError> {
        let kind = event_kind(&row.what, self.scales).ok_or_else(|| DataError::Unfit {
            path: self.path.clone(),
            what: format!(
                "the numbers at {} do not fit 64 bits with {} and {} digits behind the point",
                row.place,
                self.scales.price.digits(),
                self.scales.qty.digits()
            ),
        })?;
        let report = Report { venue_time: TimeNs(row.venue_time), ..Report::control(kind) };
        Ok(report.at(Seq(0), TimeNs(time)))
    }

    /// Ends the tape and gives it its name. Returns rows.
    pub(crate) fn finish(self) -> Result<u64, DataError> {
        let Writer { path, to, rows, unfinished, .. } = self;
        let fault = |error: std::io::Error| DataError::Write { path: path.clone(), reason: error.to_string() };
        match to {
            To::Native(writer) => {
                writer.finish().map_err(|error| DataError::write(&path, error))?;
            }
            To::Csv(_, mut file) => file.flush().map_err(fault)?,
            #[cfg(feature = "parquet")]
            To::Parquet(table) => table.finish().map_err(|error| unwritten(&path, &error))?.flush().map_err(fault)?,
        }
        unfinished.finish()?;
        Ok(rows)
    }
}

#[cfg(feature = "parquet")]
fn unwritten(path: &Path, error: &parquet::errors::ParquetError) -> DataError {
    DataError::Write { path: path.to_owned(), reason: error.to_string() }
}

/// Writes a line; false where the layout has no columns for the event.
fn csv(layout: Layout, scales: Scales, event: &Event, file: &mut impl Write) -> std::io::Result<bool> {
    let px = |price: Price| Plain(price.0, scales.price);
    let size = |qty: Qty| Plain(qty.0, scales.qty);
    let time = event.time.0;
    match (layout, event.kind) {
        (Layout::Trades, EventKind::Trade(Trade { price, qty, aggressor: None })) => {
            writeln!(file, "{time},{},{}", px(price), size(qty))?;
        }
        (Layout::Quotes, EventKind::Trade(Trade { price, qty, aggressor: Some(side) })) => {
            let letter = if side == Side::Buy { 'B' } else { 'S' };
            writeln!(file, "{time},{letter},{},{},0,0", px(price), size(qty))?;
        }
        (Layout::Quotes, EventKind::Quote(quote)) => {
            let Quote { bid_price, bid_qty, ask_price, ask_qty } = quote;
            writeln!(file, "{time},Q,{},{},{},{}", px(bid_price), size(bid_qty), px(ask_price), size(ask_qty))?;
        }
        (Layout::Bars, EventKind::Bar(bar)) => {
            let Bar { open, high, low, close, volume, open_time, .. } = bar;
            let [open, high, low, close] = [open, high, low, close].map(px);
            writeln!(file, "{},{open},{high},{low},{close},{}", open_time.0, size(volume))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn event_kind(what: &What, Scales { price: price_scale, qty: qty_scale }: Scales) -> Option<EventKind> {
    let px = |number: crate::Number| number.at(price_scale).map(Price);
    let size = |number: crate::Number| number.at(qty_scale).map(Qty);
    Some(match *what {
        What::Trade { price, qty, aggressor } => {
            EventKind::Trade(Trade { price: px(price)?, qty: size(qty)?, aggressor })
        }
        What::Quote { bid, ask } => EventKind::Quote(Quote {
            bid_price: px(bid.0)?,
            bid_qty: size(bid.1)?,
            ask_price: px(ask.0)?,
            ask_qty: size(ask.1)?,
        }),
        What::Clear { is_last } => EventKind::BookLevel(BookLevel {
            action: BookAction::Clear,
            side: Side::Buy,
            price: Price(0),
            qty: Qty(0),
            is_last,
        }),
        What::Level { side, price, qty, is_last } => {
            let (price, qty) = (px(price)?, size(qty)?);
            EventKind::BookLevel(BookLevel { action: BookAction::Set, side, price, qty, is_last })
        }
        What::Order { action, side, order, price, qty, level, is_last } => {
            let (price, qty, level) = (px(price)?, size(qty)?, size(level)?);
            EventKind::BookOrder(BookOrder { action, side, order, price, qty, level, is_last })
        }
        What::Bar { prices: [open, high, low, close], volume, open_time, interval_ns } => EventKind::Bar(Bar {
            open: px(open)?,
            high: px(high)?,
            low: px(low)?,
            close: px(close)?,
            volume: size(volume)?,
            open_time: TimeNs(open_time),
            interval_ns,
        }),
        What::Mark(price) => EventKind::MarkPrice(px(price)?),
        What::Funding(rate_e9, next) => EventKind::FundingRate(Funding { rate_e9, next_time: TimeNs(next) }),
        What::Status(status) => EventKind::InstrumentStatus(status),
        What::Stale => EventKind::FeedStale,
        What::Recovered => EventKind::FeedRecovered,
    })
}

/// Bytes written at once.
const BUFFER_BYTES: usize = 256 * 1024;
