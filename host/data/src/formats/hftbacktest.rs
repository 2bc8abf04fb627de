//! hftbacktest: which events does its npz hold?
//!
//! In: the one array of a npz, records of 64 bytes. Out: trades and book levels as the local side saw them, prices and
//! quantities as the shortest decimals of their doubles. Must never: take an array of another type for it, or an event that
//! only the exchange's side knows.

use std::io::Read;

use ringfence_core::instrument::Side;

use crate::decimal::Number;
use crate::error::DataError;
use crate::row::{Bad, Row, Sink, What};
use crate::source::{Opened, Place};

/// Fields of a record, in order.
const DTYPE: &str = "[('ev','<u8'),('exch_ts','<i8'),('local_ts','<i8'),('px','<f8'),('qty','<f8'),('order_id','<u8'),\
('ival','<i8'),('fval','<f8')]";

const RECORD_BYTES: usize = 64;

/// Longest header.
const HEADER_BYTES_MAX: usize = 64 * 1024;

const LOCAL: u64 = 1 << 30;
const BUY: u64 = 1 << 29;
const SELL: u64 = 1 << 28;

pub(crate) fn read(mut opened: Opened<'_>, place: &Place, sink: &mut dyn Sink) -> Result<(), DataError> {
    let rows = header(&mut opened.source, place)?;
    let mut record = [0; RECORD_BYTES];
    let mut was_snapshot = false;
    for number in 1..=rows {
        opened.source.read_exact(&mut record).map_err(|error| place.read(number - 1, &error))?;
        event(&record, number, &mut was_snapshot, sink)?;
    }
    Ok(())
}

/// Reads the header; returns the number of records.
fn header(source: &mut dyn Read, place: &Place) -> Result<u64, DataError> {
    let fault = |error| place.read(0, &error);
    let mut start = [0; 8];
    source.read_exact(&mut start).map_err(fault)?;
    if !start.starts_with(b"\x93NUMPY") {
        return Err(place.format("the file in the zip is no numpy array"));
    }
    let length = if start[6] == 1 {
        let mut length = [0; 2];
        source.read_exact(&mut length).map_err(fault)?;
        usize::from(u16::from_le_bytes(length))
    } else {
        let mut length = [0; 4];
        source.read_exact(&mut length).map_err(fault)?;
        usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX)
    };
    if length > HEADER_BYTES_MAX {
        return Err(place.limit(1, format!("the header is {length} bytes long, at most {HEADER_BYTES_MAX} are read")));
    }
    let mut text = vec![0; length];
    source.read_exact(&mut text).map_err(fault)?;
    let text: String = String::from_utf8_lossy(&text).chars().filter(|c| !c.is_whitespace()).collect();
    let rows = text.split_once("'shape':(").and_then(|(_, rest)| rest.split_once(',')?.0.parse().ok());
    match rows {
        Some(rows) if text.contains(&format!("'descr':{DTYPE}")) && text.contains("'fortran_order':False") => Ok(rows),
        Some(_) | None => {
            let shown: String = text.chars().take(200).collect();
            Err(place.format(format!("the array is {shown}; allowed is a list of {DTYPE}")))
        }
    }
}

fn event(
    record: &[u8; RECORD_BYTES],
    place: u64,
    was_snapshot: &mut bool,
    sink: &mut dyn Sink,
) -> Result<(), DataError> {
    let word = |at: usize| u64::from_le_bytes(*record[at * 8..].first_chunk().expect("inside the record"));
    let flags = word(0);
    let kind = flags & 0xff;
    if flags & LOCAL == 0 {
        return sink.left_out("event that the local side never saw", place);
    }
    let side = if flags & BUY != 0 { Some(Side::Buy) } else { (flags & SELL != 0).then_some(Side::Sell) };
    let (time, venue_time) = (i64::try_from(word(2)), u64::try_from(word(1).cast_signed()).unwrap_or(0));
    let number = |at: usize| Number::from_double(f64::from_bits(word(at)));
    let (Ok(time), Some(price), Some(qty)) = (time, number(3), number(4)) else {
        let why = "local_ts from 1970 on, and px and qty that fit 64 bits and 18 digits behind the point, are needed";
        return sink.bad(place, Bad { column: "record", value: format!("{kind}").as_bytes(), why });
    };
    let row = |what| Row { symbol: "", time: time.cast_unsigned(), venue_time, what, count: None, place };
    let is_snapshot = kind == SNAPSHOT;
    let begins = is_snapshot && !*was_snapshot;
    *was_snapshot = is_snapshot;
    match (kind, side) {
        (DEPTH | SNAPSHOT, Some(side)) => {
            if begins {
                sink.row(&row(What::Clear { is_last: false }))?;
            }
            // Records of one message are not marked as one, so each level closes its own.
            sink.row(&row(What::Level { side, price, qty, is_last: true }))
        }
        (TRADE, aggressor) => sink.row(&row(What::Trade { price, qty, aggressor })),
        (CLEAR, _) => sink.left_out("clear of part of a book", place),
        (10..=13, _) => sink.left_out("event of a single order (market by order)", place),
        _ => sink.left_out("event of a kind that events cannot carry", place),
    }
}

const DEPTH: u64 = 1;
const TRADE: u64 = 2;
const CLEAR: u64 = 3;
const SNAPSHOT: u64 = 4;
