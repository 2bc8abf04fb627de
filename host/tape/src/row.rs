//! Rows: which event does this line mean?
//!
//! In: one line without its end, and what the tape's instrument fixes. Out: event time and market event, or a fault and
//! its column. Must never: look at another line, allocate on the way of a good row, or repair a bad one.

use std::num::NonZeroU64;

use ringfence_core::event::{Bar, EventKind, Quote, Trade};
use ringfence_core::ids::TimeNs;
use ringfence_core::instrument::{Instrument, Side};
use ringfence_core::money::{Price, Qty};

use crate::error::RowFault;
use crate::number::{self, Form, Sign};

/// What the time stamp of a bar means, and how long a bar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarStamp {
    /// Which end of the bar is stamped.
    pub stamp: Stamp,
    /// Length of every bar of the tape in ns (a day: 86,400 s).
    pub interval_ns: NonZeroU64,
}

/// Which end of a bar the time stamp names. A bar's event always has the time of its close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// The start: the close is one interval later.
    Open,
    /// The end.
    Close,
}

/// What is the same for every row of a tape.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    price: Form,
    qty: Form,
    /// Added to every time, ns.
    shift_ns: u64,
    /// From the stamp of a bar to its open, backwards, ns.
    before_ns: u64,
    /// From the stamp of a bar to its close, ns.
    after_ns: u64,
}

impl Shape {
    pub(crate) fn new(instrument: &Instrument, bar: Option<BarStamp>, shift_ns: u64) -> Shape {
        let (price_scale, qty_scale) = (instrument.price_scale.digits(), instrument.qty_scale.digits());
        let (before_ns, after_ns) = match bar {
            None => (0, 0),
            Some(BarStamp { stamp: Stamp::Open, interval_ns }) => (0, interval_ns.get()),
            Some(BarStamp { stamp: Stamp::Close, interval_ns }) => (interval_ns.get(), 0),
        };
        let price = Form { scale: price_scale, sign: Sign::Any };
        let qty = Form { scale: qty_scale, sign: Sign::Unsigned };
        Shape { price, qty, shift_ns, before_ns, after_ns }
    }

    fn shifted(&self, stamp: u64) -> Result<u64, RowFault> {
        stamp.checked_add(self.shift_ns).ok_or(RowFault::TimeRange)
    }
}

/// Event time and event of a row.
pub(crate) type Row = (u64, EventKind);

/// A row of `ts_ns,price,qty`.
#[inline]
pub(crate) fn trade(fields: &mut Fields<'_>, shape: &Shape) -> Result<Row, RowFault> {
    let time = shape.shifted(fields.whole()?)?;
    fields.next()?;
    let trade = fields.trade(shape, None)?;
    fields.end()?;
    Ok((time, EventKind::Trade(trade)))
}

/// A row of `ts_ns,kind,p1,q1,p2,q2`.
#[inline]
pub(crate) fn quote(fields: &mut Fields<'_>, shape: &Shape) -> Result<Row, RowFault> {
    let time = shape.shifted(fields.whole()?)?;
    fields.next()?;
    let kind = fields.letter();
    let aggressor = match kind {
        Some(b'Q') => None,
        Some(b'B') => Some(Side::Buy),
        Some(b'S') => Some(Side::Sell),
        Some(_) | None => return Err(RowFault::Kind),
    };
    fields.next().map_err(|_| RowFault::Kind)?;
    let event = match aggressor {
        None => EventKind::Quote(fields.quote(shape)?),
        Some(_) => {
            let trade = fields.trade(shape, aggressor)?;
            fields.next()?;
            fields.unused(shape.price)?;
            fields.next()?;
            fields.unused(shape.qty)?;
            EventKind::Trade(trade)
        }
    };
    fields.end()?;
    Ok((time, event))
}

/// A row of `ts_ns,open,high,low,close,volume`.
#[inline]
pub(crate) fn bar(fields: &mut Fields<'_>, shape: &Shape) -> Result<Row, RowFault> {
    let stamp = fields.whole()?;
    let open_time = stamp.checked_sub(shape.before_ns).ok_or(RowFault::TimeRange)?;
    let close_time = shape.shifted(stamp.checked_add(shape.after_ns).ok_or(RowFault::TimeRange)?)?;
    let mut prices = [Price(0); 4];
    for price in &mut prices {
        fields.next()?;
        *price = Price(fields.decimal(shape.price)?);
    }
    fields.next()?;
    let volume = Qty(fields.decimal(shape.qty)?);
    fields.end()?;
    let [open, high, low, close] = prices;
    if high < open.max(close) || low > open.min(close) {
        fields.column = if high < open.max(close) { HIGH } else { LOW };
        return Err(RowFault::BarRange);
    }
    // The close is shifted without overflow, so the open, which is before it, is too.
    let open_time = TimeNs(open_time + shape.shift_ns);
    let interval_ns = shape.before_ns + shape.after_ns;
    Ok((close_time, EventKind::Bar(Bar { open, high, low, close, volume, open_time, interval_ns })))
}

/// Columns of a bar that can be out of range.
const HIGH: usize = 2;
const LOW: usize = 3;

/// The columns of a line, read from left to right.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    /// Column being read, from 0.
    column: usize,
}

impl<'a> Fields<'a> {
    #[inline]
    pub(crate) fn new(line: &'a [u8]) -> Fields<'a> {
        Fields { rest: line, column: 0 }
    }

    /// Column being read, from 0: after a fault, the one that is wrong.
    pub(crate) fn column(&self) -> usize {
        self.column
    }

    #[inline]
    fn whole(&mut self) -> Result<u64, RowFault> {
        let (value, length) = number::whole(self.rest)?;
        self.rest = &self.rest[length..];
        if self.is_between() { Ok(value) } else { Err(RowFault::WholeNumber) }
    }

    #[inline]
    fn decimal(&mut self, form: Form) -> Result<i64, RowFault> {
        let (value, length) = number::decimal(self.rest, form)?;
        self.rest = &self.rest[length..];
        Ok(value)
    }

    #[inline]
    fn letter(&mut self) -> Option<u8> {
        let (letter, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*letter)
    }

    #[inline]
    fn trade(&mut self, shape: &Shape, aggressor: Option<Side>) -> Result<Trade, RowFault> {
        let price = Price(self.decimal(shape.price)?);
        self.next()?;
        let qty = Qty(self.decimal(shape.qty)?);
        if qty.0 == 0 { Err(RowFault::NotAboveZero) } else { Ok(Trade { price, qty, aggressor }) }
    }

    #[inline]
    fn quote(&mut self, shape: &Shape) -> Result<Quote, RowFault> {
        let bid_price = Price(self.decimal(shape.price)?);
        self.next()?;
        let bid_qty = Qty(self.decimal(shape.qty)?);
        self.next()?;
        let ask_price = Price(self.decimal(shape.price)?);
        self.next()?;
        let ask_qty = Qty(self.decimal(shape.qty)?);
        Ok(Quote { bid_price, bid_qty, ask_price, ask_qty })
    }

    #[inline]
    fn unused(&mut self, form: Form) -> Result<(), RowFault> {
        if self.decimal(form)? == 0 { Ok(()) } else { Err(RowFault::Unused) }
    }

    /// Goes over the comma; anything else there belongs to the column before it and is no number.
    #[inline]
    fn next(&mut self) -> Result<(), RowFault> {
        let (b',', rest) = self.rest.split_first().ok_or(RowFault::Number)? else { return Err(RowFault::Number) };
        self.rest = rest;
        self.column += 1;
        Ok(())
    }

    #[inline]
    fn end(&self) -> Result<(), RowFault> {
        if self.rest.is_empty() { Ok(()) } else { Err(RowFault::Number) }
    }

    #[inline]
    fn is_between(&self) -> bool {
        matches!(self.rest.first(), None | Some(b','))
    }
}
