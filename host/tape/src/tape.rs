//! Tapes: which events does this file hold?
//!
//! In: a file, its instrument, the meaning of a bar's stamp. Out: blocks of events in the order of the file.
//! Must never: skip or repair a row, go back in time, hold more than a buffer, or depend on how reads are cut.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ringfence_core::blob::Sha256Hash;
use ringfence_core::event::{Cause, Event, EventKind};
use ringfence_core::ids::{AccountId, InstrumentId, Seq, TimeNs, VenueId};
use ringfence_core::instrument::Instrument;

use crate::error::{RowFault, TapeError, reason, shown};
use crate::generate::Generation;
use crate::input::{self, Compression, Source, Stored};
use crate::layout::{Layout, TapeLayout};
use crate::lines::{Line, LineFault, Lines};
use crate::native::{self, Factors, NativeHeader, Records};
use crate::row::{self, BarStamp, Fields, Row, Shape};

/// Most rows of one block: so few that they stay in the caches of a core (70 KiB), so many that a call a block costs nothing.
pub const BLOCK_ROWS: usize = 512;

/// What to read, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeSpec {
    /// The file; of a generated market a name for messages.
    pub path: PathBuf,
    /// A market that is made while it is read: there is no file then.
    pub generated: Option<Generation>,
    /// Instrument of every row; its scales fix the mantissas.
    pub instrument: Instrument,
    /// Needed for bars, refused for everything else.
    pub bar: Option<BarStamp>,
}

/// A file being read. It is opened once, and hashed through the handle that the rows of every pass then come from; bytes
/// appended after that are not read.
///
/// Events have `seq` 0 (the caller numbers them), `venue_time` 0 (the file has one time per row, the receive time),
/// cause `Outside`, the instrument and its venue, and no account. A bar's `time` is its close.
///
/// Blank lines at the end, a byte order mark at the start, carriage returns before line feeds and a missing last line
/// feed are fine.
pub struct Tape {
    stored: Stored,
    rows: Rows,
}

/// The rows of a stream of bytes.
pub(crate) struct Rows {
    spec: TapeSpec,
    compression: Compression,
    body: Body,
    shift_ns: u64,
    time_last: u64,
    /// Close of the last bar of this pass, 0 before the first.
    bar_end: u64,
    /// Found behind rows that are delivered first, or given already.
    fault: Option<TapeError>,
}

/// What stands in the stream.
enum Body {
    Text { layout: Layout, lines: Lines, shape: Shape },
    Native(Records),
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tape").field("spec", self.spec()).field("layout", &self.layout()).finish_non_exhaustive()
    }
}

impl Tape {
    /// Opens the file, or begins to make the market, hashes it and reads its header.
    ///
    /// # Errors
    /// When the file cannot be opened, read or unpacked, the header is not known, or [`TapeSpec::bar`] does not fit it.
    pub fn open(spec: TapeSpec) -> Result<Tape, TapeError> {
        let stored = match spec.generated {
            Some(generation) => Stored::generated(generation, &spec.path)?,
            None => Stored::open(&spec.path)?,
        };
        let rows = Rows::new(spec, &stored, Shift::default())?;
        Ok(Tape { stored, rows })
    }

    /// The same bytes from their start, with every time shifted.
    pub(crate) fn reopened(&self, shift: Shift) -> Result<Tape, TapeError> {
        let rows = Rows::new(self.rows.spec.clone(), &self.stored, shift)?;
        Ok(Tape { stored: self.stored.clone(), rows })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.rows.spec.path
    }

    /// What was asked for.
    #[must_use]
    pub fn spec(&self) -> &TapeSpec {
        &self.rows.spec
    }

    /// SHA-256 of the file as it is stored: what a journal refers to the tape by.
    #[must_use]
    pub fn sha256(&self) -> Sha256Hash {
        self.stored.sha256
    }

    /// SHA-256 that stands for the rows of this tape in the id of a session: of the file as stored, or of the tape that a
    /// native one was made from, so that a run has the same digests on both.
    #[must_use]
    pub fn identity(&self) -> Sha256Hash {
        self.native().and_then(|header| header.origin).unwrap_or(self.stored.sha256)
    }

    /// Columns or records, as told by the header.
    #[must_use]
    pub fn layout(&self) -> TapeLayout {
        self.rows.layout()
    }

    /// What a native tape says about itself; `None` for text.
    #[must_use]
    pub fn native(&self) -> Option<&NativeHeader> {
        match &self.rows.body {
            Body::Text { .. } => None,
            Body::Native(records) => Some(&records.header),
        }
    }

    /// Packing, as told by the first bytes.
    #[must_use]
    pub fn compression(&self) -> Compression {
        self.rows.compression
    }

    /// Replaces the content of `out` by the next rows, at most [`BLOCK_ROWS`]; 0 means that the tape has ended.
    ///
    /// # Errors
    /// The first fault of the file, after all rows before it were delivered; from then on at every call.
    pub fn read_block(&mut self, out: &mut Vec<Event>) -> Result<usize, TapeError> {
        self.rows.read(out, BLOCK_ROWS)
    }

    /// Like [`Self::read_block`], with another bound.
    pub(crate) fn read_rows(&mut self, out: &mut Vec<Event>, rows_max: usize) -> Result<usize, TapeError> {
        self.rows.read(out, rows_max)
    }
}

impl Rows {
    fn new(spec: TapeSpec, stored: &Stored, shift: Shift) -> Result<Rows, TapeError> {
        let packed = stored.reading(&spec.path)?;
        Rows::from_source(spec, packed, shift)
    }

    /// Reads from any stream; the path of `spec` is for messages only.
    pub(crate) fn from_source(spec: TapeSpec, packed: Source, shift: Shift) -> Result<Rows, TapeError> {
        let (mut source, compression) = input::unpack(packed, &spec.path)?;
        let head = read_head(&mut source, compression, &spec.path)?;
        let body = if head == native::MAGIC {
            native_body(source, &spec, compression)?
        } else {
            text_body(Box::new(io::Cursor::new(head).chain(source)), &spec, compression, shift.by_ns)?
        };
        Ok(Rows { spec, compression, body, shift_ns: shift.by_ns, time_last: shift.floor, bar_end: 0, fault: None })
    }

    fn layout(&self) -> TapeLayout {
        match &self.body {
            Body::Text { layout, .. } => TapeLayout::Text(*layout),
            Body::Native(records) => TapeLayout::Native(records.header.layout),
        }
    }

    /// Replaces the content of `out` by the next rows, at most so many.
    pub(crate) fn read(&mut self, out: &mut Vec<Event>, rows_max: usize) -> Result<usize, TapeError> {
        out.clear();
        out.reserve(rows_max);
        if self.fault.is_none() {
            match self.body {
                Body::Native(_) => self.take_records(out, rows_max),
                Body::Text { layout: Layout::Trades, .. } => self.decode(out, rows_max, row::trade),
                Body::Text { layout: Layout::Quotes, .. } => self.decode(out, rows_max, row::quote),
                Body::Text { layout: Layout::Bars, .. } => self.decode(out, rows_max, row::bar),
            }
        }
        match &self.fault {
            Some(fault) if out.is_empty() => Err(fault.clone()),
            Some(_) | None => Ok(out.len()),
        }
    }

    /// Appends records until the bound, the end or a fault.
    fn take_records(&mut self, out: &mut Vec<Event>, rows_max: usize) {
        let Body::Native(records) = &mut self.body else { unreachable!("asked for a native tape only") };
        let (instrument, venue) = (self.spec.instrument.id, self.spec.instrument.venue);
        let mut line = native::Line {
            shift_ns: self.shift_ns,
            time_last: self.time_last,
            bar_end: self.bar_end,
            interval_ns: self.spec.bar.map(|bar| bar.interval_ns.get()),
        };
        let read = records.read(rows_max, &mut line, |(time, venue_time, kind)| {
            out.push(Event { venue_time: TimeNs(venue_time), ..event(instrument, venue, time, kind) });
        });
        (self.time_last, self.bar_end) = (line.time_last, line.bar_end);
        if let Err(fault) = read {
            self.fault = Some(record_fault(&self.spec.path, self.compression, records, fault));
        }
    }

    /// Appends rows until the bound, the end or a fault.
    #[inline]
    fn decode<D>(&mut self, out: &mut Vec<Event>, rows_max: usize, read: D)
    where
        D: Fn(&mut Fields<'_>, &Shape) -> Result<Row, RowFault>,
    {
        let (instrument, venue) = (self.spec.instrument.id, self.spec.instrument.venue);
        let Body::Text { layout, lines, shape } = &mut self.body else { unreachable!("asked for a text only") };
        while out.len() < rows_max {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => return,
                Err(fault) => {
                    self.fault = Some(line_fault(&self.spec.path, self.compression, fault));
                    return;
                }
            };
            let mut fields = Fields::new(line.text);
            match read(&mut fields, shape) {
                Ok((time, _)) if time < self.time_last => {
                    let (path, value, line) = (self.spec.path.clone(), stamp(&line), line.number);
                    self.fault = Some(TapeError::Backwards { path, line, value, time, previous: self.time_last });
                    return;
                }
                Ok((_, EventKind::Bar(bar))) if bar.open_time.0 < self.bar_end => {
                    let (path, value, line) = (self.spec.path.clone(), stamp(&line), line.number);
                    let (open, previous) = (bar.open_time.0, self.bar_end);
                    self.fault = Some(TapeError::BarOverlap { path, line, value, open, previous });
                    return;
                }
                Ok((time, kind)) => {
                    self.time_last = time;
                    if let EventKind::Bar(_) = kind {
                        self.bar_end = time;
                    }
                    out.push(event(instrument, venue, time, kind));
                }
                Err(_) if line.text.is_empty() => {
                    let blank = line.number;
                    return self.refuse_rows_after(blank);
                }
                Err(fault) => {
                    let place = Place { path: &self.spec.path, line, layout: *layout };
                    self.fault = Some(place.refuse(fields.column(), fault));
                    return;
                }
            }
        }
    }

    /// After a blank line: nothing but blank lines may follow.
    #[cold]
    fn refuse_rows_after(&mut self, blank: u64) {
        let Body::Text { lines, .. } = &mut self.body else { unreachable!("asked for a text only") };
        self.fault = loop {
            match lines.next() {
                Ok(None) => break None,
                Ok(Some(line)) if line.text.is_empty() => {}
                Ok(Some(_)) => break Some(TapeError::Blank { path: self.spec.path.clone(), line: blank }),
                Err(fault) => break Some(line_fault(&self.spec.path, self.compression, fault)),
            }
        };
    }
}

/// By how much the times of a repeated pass are shifted, and the time they must not go below, both in ns.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shift {
    pub(crate) by_ns: u64,
    pub(crate) floor: u64,
}

#[inline]
fn event(instrument: InstrumentId, venue: VenueId, time: u64, kind: EventKind) -> Event {
    let (seq, time, venue_time) = (Seq(0), TimeNs(time), TimeNs(0));
    Event { seq, time, venue_time, cause: Cause::Outside, instrument, venue, account: AccountId(0), kind }
}

/// The first column of a line, for messages.
#[cold]
fn stamp(line: &Line<'_>) -> String {
    shown(line.text.split(|byte| *byte == b',').next().unwrap_or_default())
}

/// What the native tape at `path` says about itself; `None` for every other file.
///
/// # Errors
/// When the file cannot be opened, read or unpacked, or its header is wrong.
pub fn native_header(path: &Path) -> Result<Option<NativeHeader>, TapeError> {
    let (mut source, compression) = input::unpack(Box::new(input::open(path)?), path)?;
    if read_head(&mut source, compression, path)? != native::MAGIC {
        return Ok(None);
    }
    Ok(Some(records(source, path, compression)?.header))
}

/// The first bytes, at most as many as a native tape begins with.
fn read_head(source: &mut Source, compression: Compression, path: &Path) -> Result<Vec<u8>, TapeError> {
    let mut head = Vec::with_capacity(native::MAGIC.len());
    let read = source.take(native::MAGIC.len() as u64).read_to_end(&mut head);
    read.map_err(|error| line_fault(path, compression, LineFault::Source(1, error)))?;
    Ok(head)
}

fn text_body(source: Source, spec: &TapeSpec, compression: Compression, shift_ns: u64) -> Result<Body, TapeError> {
    let mut lines = Lines::new(source);
    let layout = read_layout(&mut lines, compression, &spec.path)?;
    match (layout, spec.bar) {
        (Layout::Bars, None) => return Err(TapeError::BarStampMissing { path: spec.path.clone() }),
        (Layout::Trades | Layout::Quotes, Some(_)) => {
            return Err(TapeError::BarStampUnused { path: spec.path.clone(), layout: TapeLayout::Text(layout) });
        }
        (Layout::Bars, Some(_)) | (Layout::Trades | Layout::Quotes, None) => {}
    }
    Ok(Body::Text { layout, lines, shape: Shape::new(&spec.instrument, spec.bar, shift_ns) })
}

/// Bars of a native tape carry their open and interval, so a bar's stamp is not needed; where one is given, their
/// length has to be its interval.
fn native_body(source: Source, spec: &TapeSpec, compression: Compression) -> Result<Body, TapeError> {
    let path = || spec.path.clone();
    let mut records = records(source, &spec.path, compression)?;
    let layout = records.header.layout;
    if spec.bar.is_some() && layout != native::RecordLayout::Bars {
        return Err(TapeError::BarStampUnused { path: path(), layout: TapeLayout::Native(layout) });
    }
    let header = &records.header;
    let factors = Factors::new(header, &spec.instrument).ok_or_else(|| TapeError::Scales {
        path: path(),
        file: (header.price_scale.digits(), header.qty_scale.digits()),
        instrument: (spec.instrument.price_scale.digits(), spec.instrument.qty_scale.digits()),
    })?;
    records.scale(factors);
    Ok(Body::Native(records))
}

fn records(source: Source, path: &Path, compression: Compression) -> Result<Records, TapeError> {
    let header = |fault: String| TapeError::NativeHeader { path: path.to_owned(), fault };
    Records::new(source).map_err(|error| match error {
        native::RecordsError::Header(fault) => header(fault),
        native::RecordsError::Source(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            header("the file ends inside it".to_owned())
        }
        native::RecordsError::Source(error) => line_fault(path, compression, LineFault::Source(1, error)),
    })
}

#[cold]
fn record_fault(path: &Path, compression: Compression, records: &Records, fault: native::RecordFault) -> TapeError {
    let (record, rows) = (records.given + 1, records.header.rows);
    match fault {
        native::RecordFault::Record(fault) => TapeError::Record { path: path.to_owned(), record, fault },
        native::RecordFault::CutOff => TapeError::CutOff { path: path.to_owned(), found: records.given, rows },
        native::RecordFault::TooLong => TapeError::TooLong { path: path.to_owned(), rows },
        native::RecordFault::Source(error) => line_fault(path, compression, LineFault::Source(record, error)),
        native::RecordFault::Span { end, header, record } => {
            let fault = format!("its records {end} at {header} by the header, at {record} by themselves");
            TapeError::NativeHeader { path: path.to_owned(), fault }
        }
    }
}

fn read_layout(lines: &mut Lines, compression: Compression, path: &Path) -> Result<Layout, TapeError> {
    let header = match lines.next() {
        Ok(Some(Line { text, .. })) => text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text),
        Ok(None) => &[],
        Err(fault) => return Err(line_fault(path, compression, fault)),
    };
    Layout::from_header(header).ok_or_else(|| TapeError::Header { path: path.to_owned(), found: shown(header) })
}

#[cold]
fn line_fault(path: &Path, compression: Compression, fault: LineFault) -> TapeError {
    let path = path.to_owned();
    match fault {
        LineFault::TooLong(line) => TapeError::LineLength { path, line },
        // A fault with a number comes from the system, through the decoder; one without comes from the decoder itself.
        LineFault::Source(line, error) if compression == Compression::Plain || error.raw_os_error().is_some() => {
            TapeError::Read { path, line, reason: reason(&error) }
        }
        LineFault::Source(_, error) if input::is_window_fault(&error) => TapeError::Window { path },
        LineFault::Source(line, error) => {
            TapeError::Damaged { path, line, compression: compression.code(), reason: reason(&error) }
        }
    }
}

/// Where a row stands.
struct Place<'a> {
    path: &'a Path,
    line: Line<'a>,
    layout: Layout,
}

impl Place<'_> {
    /// The error of a line that could not be read: quotation marks first, then the number of columns, then the value.
    #[cold]
    fn refuse(&self, column: usize, fault: RowFault) -> TapeError {
        if let Some(quoted) = self.values().position(|value| value.contains(&b'"')) {
            return self.refuse_value(quoted, RowFault::Quoted);
        }
        let (found, want) = (self.values().count(), self.layout.columns().count());
        if found != want {
            return TapeError::Columns { path: self.path.to_owned(), line: self.line.number, found, want };
        }
        self.refuse_value(column, fault)
    }

    fn refuse_value(&self, column: usize, fault: RowFault) -> TapeError {
        let value = shown(self.values().nth(column).expect("a column of this line"));
        // A quotation mark can stand behind the last column.
        let column = self.layout.columns().nth(column).unwrap_or("after the last");
        TapeError::Row { path: self.path.to_owned(), line: self.line.number, column, value, fault }
    }

    fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.line.text.split(|byte| *byte == b',')
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
pub(crate) mod tests;
