//! ccxt: which bars does a list of OHLCV rows hold?
//!
//! In: JSON `[[ms, open, high, low, close, volume], …]`. Out: bars, with the decimals as they were written. Must never: go
//! through a double, or take a list of another depth.
//!
//! The few signs of this form are read here, because a JSON library gives numbers as doubles, or the whole list at once.

use std::io::{BufReader, Read};

use ringfence_tape::Stamp;

use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::{Options, bar_times};
use crate::row::{Bad, Row, Sink, What};
use crate::source::{Opened, Place};
use crate::time;

/// Longest number in bytes.
const TOKEN_BYTES_MAX: usize = 64;

/// Most values of a row.
const VALUES_MAX: usize = 16;

/// A row being read.
#[derive(Default)]
struct Candle {
    values: Vec<Vec<u8>>,
    token: Vec<u8>,
}

pub(crate) fn read(opened: Opened<'_>, place: &Place, options: &Options, sink: &mut dyn Sink) -> Result<(), DataError> {
    let bar = options.bar(None, Some(Stamp::Open), sink)?;
    let (mut depth, mut rows, mut candle) = (0, 0, Candle::default());
    for (at, byte) in BufReader::new(opened.source).bytes().enumerate() {
        let byte = byte.map_err(|error| place.read(rows, &error))?;
        match (byte, depth) {
            (b' ' | b'\t' | b'\r' | b'\n', _) | (b',', 1) => {}
            (b'[', 0 | 1) => depth += 1,
            (b',', 2) => candle.end_value(),
            (b']', 2) => {
                candle.end_value();
                (depth, rows) = (1, rows + 1);
                give(&candle, bar, rows, sink)?;
                candle.values.clear();
            }
            (b']', 1) => depth = END,
            (byte, 2) if candle.token.len() < TOKEN_BYTES_MAX && candle.values.len() < VALUES_MAX => {
                candle.token.push(byte);
            }
            _ => {
                let what = format!("byte {} is not part of [[ms, open, high, low, close, volume], ...]", at + 1);
                return Err(place.format(what));
            }
        }
    }
    if depth == END { Ok(()) } else { Err(place.format(format!("the list ends inside row {}", rows + 1))) }
}

/// Depth behind the end of the list.
const END: u8 = 9;

impl Candle {
    fn end_value(&mut self) {
        self.values.push(std::mem::take(&mut self.token));
    }
}

fn give(
    candle: &Candle,
    bar: Option<ringfence_tape::BarStamp>,
    place: u64,
    sink: &mut dyn Sink,
) -> Result<(), DataError> {
    if candle.values.iter().skip(1).any(|value| value == b"null") {
        return sink.left_out("bar with an empty value", place);
    }
    match row(candle, bar, place) {
        Some(row) => sink.row(&row),
        None => {
            let value = candle.values.join(&b',');
            sink.bad(place, Bad { column: "row", value: &value, why: "[ms, open, high, low, close, volume] is needed" })
        }
    }
}

fn row(candle: &Candle, bar: Option<ringfence_tape::BarStamp>, place: u64) -> Option<Row<'static>> {
    let [stamp, open, high, low, close, volume] = candle.values.as_slice() else { return None };
    let number = |value: &[u8]| Number::parse(value);
    let stamp = time::whole(stamp)?.checked_mul(time::MILLI_NS)?;
    let (open_time, time, interval_ns) = bar_times(stamp, bar)?;
    let prices = [number(open)?, number(high)?, number(low)?, number(close)?];
    let what = What::Bar { prices, volume: number(volume)?, open_time, interval_ns };
    Some(Row { symbol: "", time, venue_time: 0, what, count: None, place })
}
