//! Reading: which events do these records hold?
//!
//! In: an unpacked stream that began with the magic number. Out: events, a block at a time. Must never: hold more than a
//! block of bytes, allocate per record, or take a file that is shorter or longer than its header says.

use std::io::{self, Read};

use ringfence_core::event::EventKind;
use ringfence_core::instrument::Instrument;
use ringfence_core::money::{Price, Qty, Scale};

use super::record::{self, BAR_BYTES, Decoded, MARKET_BYTES, NativeFault, QUOTE_BYTES, TRADE_BYTES};
use super::{HEADER_BYTES, MAGIC, NativeHeader, RecordLayout};
use crate::tape::BLOCK_ROWS;

/// From the scales of a file to those of its instrument: what mantissas are multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Factors {
    price: i64,
    qty: i64,
}

impl Factors {
    const NONE: Factors = Factors { price: 1, qty: 1 };

    /// `None` where the instrument has fewer digits than the file: nothing is rounded.
    pub(crate) fn new(header: &NativeHeader, instrument: &Instrument) -> Option<Factors> {
        let factor = |file: Scale, wanted: Scale| Some(Scale::new(wanted.digits().checked_sub(file.digits())?)?.unit());
        let price = factor(header.price_scale, instrument.price_scale)?;
        Some(Factors { price, qty: factor(header.qty_scale, instrument.qty_scale)? })
    }
}

/// Why the next record cannot be given.
#[derive(Debug)]
pub(crate) enum RecordFault {
    /// The source failed.
    Source(io::Error),
    /// The file ends inside or before this record.
    CutOff,
    /// Bytes stand behind the last record.
    TooLong,
    /// The record is wrong.
    Record(NativeFault),
    /// The header says that the records begin or end at another time.
    Span {
        /// Which of the two.
        end: &'static str,
        /// What the header says, ns.
        header: u64,
        /// What the record says, ns.
        record: u64,
    },
}

/// Records of a source.
pub(crate) struct Records {
    source: Box<dyn Read + Send>,
    pub(crate) header: NativeHeader,
    factors: Factors,
    buffer: Vec<u8>,
    /// Records given so far.
    pub(crate) given: u64,
}

/// What a record has to fit into.
pub(crate) struct Line {
    /// Added to every time, ns.
    pub(crate) shift_ns: u64,
    /// Latest time so far, ns.
    pub(crate) time_last: u64,
    /// Close of the last bar of this pass, 0 before the first.
    pub(crate) bar_end: u64,
    /// Length that every bar has to have, ns, where the configuration names one.
    pub(crate) interval_ns: Option<u64>,
}

impl Records {
    /// Reads the header behind the magic number; the text says what is wrong with it.
    pub(crate) fn new(mut source: Box<dyn Read + Send>) -> Result<Records, RecordsError> {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..MAGIC.len()].copy_from_slice(&MAGIC);
        source.read_exact(&mut bytes[MAGIC.len()..]).map_err(RecordsError::Source)?;
        let header = NativeHeader::decode(&bytes).map_err(RecordsError::Header)?;
        Ok(Records { source, header, factors: Factors::NONE, buffer: Vec::new(), given: 0 })
    }

    /// Multiplies every mantissa from now on.
    pub(crate) fn scale(&mut self, factors: Factors) {
        self.factors = factors;
    }

    /// Gives the next records to `sink`, at most so many, until the end or a fault.
    pub(crate) fn read(
        &mut self,
        rows_max: usize,
        line: &mut Line,
        sink: impl FnMut(Decoded),
    ) -> Result<(), RecordFault> {
        match self.header.layout {
            RecordLayout::Trades => self.decode::<TRADE_BYTES>(rows_max, line, record::trade, sink),
            RecordLayout::Quotes => self.decode::<QUOTE_BYTES>(rows_max, line, record::quote, sink),
            RecordLayout::Bars => self.decode::<BAR_BYTES>(rows_max, line, record::bar, sink),
            RecordLayout::Market => self.decode::<MARKET_BYTES>(rows_max, line, record::market, sink),
            RecordLayout::Orders => self.decode::<MARKET_BYTES>(rows_max, line, record::orders, sink),
        }
    }

    #[inline]
    fn decode<const N: usize>(
        &mut self,
        rows_max: usize,
        line: &mut Line,
        read: impl Fn(&[u8; N]) -> Result<Decoded, NativeFault>,
        mut sink: impl FnMut(Decoded),
    ) -> Result<(), RecordFault> {
        let left = self.header.rows - self.given;
        let want = usize::try_from(left).unwrap_or(BLOCK_ROWS).min(rows_max).min(BLOCK_ROWS);
        if want == 0 {
            return if left == 0 { self.expect_end() } else { Ok(()) };
        }
        let (length, source_fault) = self.fill(want * N);
        let factors = self.factors;
        let records = self.buffer[..length].as_chunks::<N>().0;
        let first = records.first().filter(|_| self.given == 0);
        check_time("begin", self.header.first, first)?;
        for bytes in records {
            let mut decoded = read(bytes).map_err(RecordFault::Record)?;
            if factors != Factors::NONE {
                decoded.2 = scaled(decoded.2, factors).ok_or(RecordFault::Record(NativeFault::TooLarge))?;
            }
            line.take(&mut decoded).map_err(RecordFault::Record)?;
            self.given += 1;
            sink(decoded);
        }
        let last = records.last().filter(|_| self.given == self.header.rows);
        check_time("end", self.header.last, last)?;
        match source_fault {
            Some(fault) => Err(RecordFault::Source(fault)),
            None if length < want * N => Err(RecordFault::CutOff),
            None => Ok(()),
        }
    }

    /// Reads so many bytes into the buffer, or what there is.
    fn fill(&mut self, want: usize) -> (usize, Option<io::Error>) {
        if self.buffer.len() < want {
            self.buffer.resize(want, 0);
        }
        let mut length = 0;
        while length < want {
            match self.source.read(&mut self.buffer[length..want]) {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (length, Some(error)),
            }
        }
        (length, None)
    }

    fn expect_end(&mut self) -> Result<(), RecordFault> {
        match self.fill(1) {
            (_, Some(fault)) => Err(RecordFault::Source(fault)),
            (0, None) => Ok(()),
            (_, None) => Err(RecordFault::TooLong),
        }
    }
}

/// The first and the last record are of the times that the header says.
fn check_time<const N: usize>(end: &'static str, header: u64, record: Option<&[u8; N]>) -> Result<(), RecordFault> {
    let time = |record: &[u8; N]| u64::from_le_bytes(*record.first_chunk().expect("a record begins with its time"));
    match record.map(time) {
        Some(record) if record != header => Err(RecordFault::Span { end, header, record }),
        Some(_) | None => Ok(()),
    }
}

/// Why a header cannot be read.
pub(crate) enum RecordsError {
    /// The source failed or ended.
    Source(io::Error),
    /// What is wrong.
    Header(String),
}

impl Line {
    /// Shifts the times of a record and holds them against those before it.
    #[inline]
    fn take(&mut self, (time, venue_time, kind): &mut Decoded) -> Result<(), NativeFault> {
        *time = self.shifted(*time)?;
        if *time < self.time_last {
            return Err(NativeFault::Backwards { time: *time, previous: self.time_last });
        }
        if self.shift_ns > 0 {
            self.shift_inside(venue_time, kind)?;
        }
        if let EventKind::Bar(bar) = kind {
            if let Some(want) = self.interval_ns.filter(|want| *want != bar.interval_ns) {
                return Err(NativeFault::Interval { found: bar.interval_ns, want });
            }
            if bar.open_time.0 < self.bar_end {
                return Err(NativeFault::BarOverlap { open: bar.open_time.0, previous: self.bar_end });
            }
            self.bar_end = *time;
        }
        self.time_last = *time;
        Ok(())
    }

    fn shifted(&self, time: u64) -> Result<u64, NativeFault> {
        time.checked_add(self.shift_ns).ok_or(NativeFault::TimeRange)
    }

    /// The times inside a record move along; 0 stays "none".
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these two carry a time of their own")]
    fn shift_inside(&self, venue_time: &mut u64, kind: &mut EventKind) -> Result<(), NativeFault> {
        if *venue_time > 0 {
            *venue_time = self.shifted(*venue_time)?;
        }
        match kind {
            EventKind::Bar(bar) => bar.open_time.0 = self.shifted(bar.open_time.0)?,
            EventKind::FundingRate(funding) if funding.next_time.0 > 0 => {
                funding.next_time.0 = self.shifted(funding.next_time.0)?;
            }
            _ => {}
        }
        Ok(())
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "everything else carries neither price nor quantity")]
fn scaled(kind: EventKind, Factors { price, qty }: Factors) -> Option<EventKind> {
    let px = |value: Price| value.0.checked_mul(price).map(Price);
    let size = |value: Qty| value.0.checked_mul(qty).map(Qty);
    Some(match kind {
        EventKind::Trade(mut trade) => {
            (trade.price, trade.qty) = (px(trade.price)?, size(trade.qty)?);
            EventKind::Trade(trade)
        }
        EventKind::Quote(mut quote) => {
            (quote.bid_price, quote.ask_price) = (px(quote.bid_price)?, px(quote.ask_price)?);
            (quote.bid_qty, quote.ask_qty) = (size(quote.bid_qty)?, size(quote.ask_qty)?);
            EventKind::Quote(quote)
        }
        EventKind::BookLevel(mut level) => {
            (level.price, level.qty) = (px(level.price)?, size(level.qty)?);
            EventKind::BookLevel(level)
        }
        EventKind::BookOrder(mut order) => {
            (order.price, order.qty, order.level) = (px(order.price)?, size(order.qty)?, size(order.level)?);
            EventKind::BookOrder(order)
        }
        EventKind::Bar(mut bar) => {
            (bar.open, bar.high, bar.low, bar.close) = (px(bar.open)?, px(bar.high)?, px(bar.low)?, px(bar.close)?);
            bar.volume = size(bar.volume)?;
            EventKind::Bar(bar)
        }
        EventKind::MarkPrice(mark) => EventKind::MarkPrice(px(mark)?),
        other => other,
    })
}
