//! Writing: which file do these events make?
//!
//! In: events in order. Out: a native tape, its header last, when the number of records is known. Must never: leave a file
//! behind that looks whole and is not: until [`NativeWriter::finish`] the first bytes are zeros.

use std::io::{self, Seek, SeekFrom, Write};

use ringfence_core::event::{Event, EventKind};

use super::record::tag_and_words;
use super::{HEADER_BYTES, NativeHeader, RecordLayout, SYMBOL_BYTES_MAX};

/// Why an event cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum NativeWriteError {
    /// The writer failed.
    #[error("cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The layout has no record for this event.
    #[error("the layout {0} does not hold this kind of event")]
    Layout(RecordLayout),
    /// An event that is dated before the one above it.
    #[error("time {time} is before {previous} of an earlier event")]
    Backwards {
        /// Time of the event, ns.
        time: u64,
        /// Latest time before it, ns.
        previous: u64,
    },
    /// A name that does not fit the header.
    #[error("the name {0:?} is not of 1 to 64 plain characters")]
    Symbol(String),
}

/// A native tape being written.
#[derive(Debug)]
pub struct NativeWriter<W: Write + Seek> {
    out: W,
    header: NativeHeader,
    pending: Vec<u8>,
}

impl<W: Write + Seek> NativeWriter<W> {
    /// Starts at the beginning of `out`. Of `header`, `rows`, `first` and `last` are counted here.
    ///
    /// # Errors
    /// A name that is too long or not plain, and those of `out`.
    pub fn new(mut out: W, header: NativeHeader) -> Result<NativeWriter<W>, NativeWriteError> {
        let is_plain = header.symbol.bytes().all(|byte| (0x21..0x7f).contains(&byte));
        if !is_plain || header.symbol.len() > SYMBOL_BYTES_MAX {
            return Err(NativeWriteError::Symbol(header.symbol));
        }
        out.write_all(&[0; HEADER_BYTES])?;
        let header = NativeHeader { rows: 0, first: 0, last: 0, ..header };
        Ok(NativeWriter { out, header, pending: Vec::with_capacity(2 * PIECE_BYTES) })
    }

    /// Appends an event; what a record does not have (number, cause, ids, and the venue's time but in layout `market`) is
    /// left out.
    ///
    /// # Errors
    /// An event of another kind or dated before the last one, and those of the writer.
    pub fn push(&mut self, event: &Event) -> Result<(), NativeWriteError> {
        let time = event.time.0;
        if self.header.rows > 0 && time < self.header.last {
            return Err(NativeWriteError::Backwards { time, previous: self.header.last });
        }
        let mut put = |words: &[u64]| words.iter().for_each(|word| self.pending.extend_from_slice(&word.to_le_bytes()));
        match (self.header.layout, &event.kind, tag_and_words(&event.kind)) {
            (RecordLayout::Trades, EventKind::Trade(trade), _) if trade.aggressor.is_none() => {
                put(&[time, trade.price.0.cast_unsigned(), trade.qty.0.cast_unsigned()]);
            }
            (RecordLayout::Quotes, EventKind::Trade(_) | EventKind::Quote(_), Some((tag, words))) => {
                put(&[time, tag]);
                put(&words.map(i64::cast_unsigned));
            }
            (RecordLayout::Bars, EventKind::Bar(bar), _) => {
                put(&[time, bar.open_time.0, bar.interval_ns]);
                put(&[bar.open, bar.high, bar.low, bar.close].map(|price| price.0.cast_unsigned()));
                put(&[bar.volume.0.cast_unsigned()]);
            }
            (RecordLayout::Market, EventKind::BookOrder(_), _) => {
                return Err(NativeWriteError::Layout(RecordLayout::Market));
            }
            (RecordLayout::Market | RecordLayout::Orders, _, Some((tag, words))) => {
                put(&[time, event.venue_time.0, tag]);
                put(&words.map(i64::cast_unsigned));
            }
            (layout, ..) => return Err(NativeWriteError::Layout(layout)),
        }
        if self.header.rows == 0 {
            self.header.first = time;
        }
        (self.header.rows, self.header.last) = (self.header.rows + 1, time);
        if self.pending.len() > PIECE_BYTES { Ok(self.write_pending()?) } else { Ok(()) }
    }

    /// Writes what is left, then the header; returns the writer and what the header says.
    ///
    /// # Errors
    /// Those of the writer; the file is no tape then.
    pub fn finish(mut self) -> Result<(W, NativeHeader), NativeWriteError> {
        self.write_pending()?;
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&self.header.encode())?;
        self.out.flush()?;
        Ok((self.out, self.header))
    }

    fn write_pending(&mut self) -> io::Result<()> {
        self.out.write_all(&self.pending)?;
        self.pending.clear();
        Ok(())
    }
}

/// Bytes written at once.
const PIECE_BYTES: usize = 256 * 1024;
