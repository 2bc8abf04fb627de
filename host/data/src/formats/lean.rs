//! LEAN: which rows does a zip of its data folder hold?
//!
//! In: one CSV without header, told by the number of its columns and by its name; local times. Out: quotes, trades or bars.
//! Must never: show a side that a row does not tell for an empty one, or take a flagged row for good.

use ringfence_tape::{BarStamp, Stamp};

use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::table::{Cells, flag};
use crate::formats::{Options, QuoteBar, bar_times};
use crate::lines::Lines;
use crate::row::{Bad, Row, Sink, What};
use crate::source::{Opened, Place};
use crate::time::{self, Zone};

/// Rows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `ms,bid,ask`
    Touch,
    /// `ms,bid,bid size,ask,ask size,exchange,condition,suspicious`: the best of all exchanges and who shows it, often one
    /// side a row.
    Quotes,
    /// `ms,price,size,exchange,condition,suspicious`
    Trades,
    /// `time,open,high,low,close,volume`
    TradeBars,
    /// `time,bid OHLC,bid size,ask OHLC,ask size`
    QuoteBars,
}

pub(crate) fn is_lean(name: &str, line: &[u8]) -> bool {
    let cells = Cells::split(line, b',');
    let is_stamp = cells.all().first().is_some_and(|cell| is_moment(cell));
    is_stamp && name.ends_with(".csv") && kind(name, cells.all()).is_some()
}

fn is_moment(cell: &[u8]) -> bool {
    let is_of_day = cell.len() <= 8 && time::whole(cell).is_some();
    is_of_day || (cell.len() == 14 && time::instant(cell, &Zone::utc()).is_some())
}

fn kind(name: &str, cells: &[&[u8]]) -> Option<Kind> {
    match cells.len() {
        3 => Some(Kind::Touch),
        8 => Some(Kind::Quotes),
        6 if name.contains("trade_tick") || name.contains("tick_trade") => Some(Kind::Trades),
        6 => Some(Kind::TradeBars),
        11 => Some(Kind::QuoteBars),
        _ => None,
    }
}

struct Reading<'a> {
    kind: Kind,
    symbol: String,
    zone: Zone,
    /// Start of the day of files that count ms since midnight, ns.
    midnight: Option<u64>,
    bar: Option<BarStamp>,
    size: Number,
    price_digits: u8,
    options: &'a Options,
    /// Best bid and ask so far.
    touch: [(Number, Number); 2],
}

pub(crate) fn read(opened: Opened<'_>, place: &Place, options: &Options, sink: &mut dyn Sink) -> Result<(), DataError> {
    let name = opened.name.to_ascii_lowercase();
    let mut reading = Reading::new(&name, &opened.head, place, options, sink)?;
    let mut lines = Lines::new(opened.source, place.clone());
    while let Some((number, line)) = lines.next()? {
        if line.is_empty() {
            sink.left_out("blank line", number)?;
            continue;
        }
        let cells = Cells::split(line, b',');
        match reading.row(cells.all()) {
            Some(Said::Row(time, what)) => {
                let symbol = &reading.symbol;
                sink.row(&Row { symbol, time, venue_time: 0, what, count: None, place: number })?;
            }
            Some(Said::LeftOut(why)) => sink.left_out(why, number)?,
            None => {
                let why = "the row does not hold what LEAN files of this kind hold";
                sink.bad(number, Bad { column: "row", value: line, why })?;
            }
        }
    }
    Ok(())
}

enum Said {
    Row(u64, What),
    LeftOut(&'static str),
}

impl<'a> Reading<'a> {
    fn new(
        name: &str,
        head: &[u8],
        place: &Place,
        options: &'a Options,
        sink: &mut dyn Sink,
    ) -> Result<Reading<'a>, DataError> {
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let cells = Cells::split(line, b',');
        let kind = kind(name, cells.all()).ok_or_else(|| place.format("a LEAN row has 3, 6, 8 or 11 columns"))?;
        let zone = options.zone(sink)?;
        let counts_ms = cells.all().first().is_some_and(|cell| !cell.contains(&b' '));
        let has_bars = matches!(kind, Kind::TradeBars | Kind::QuoteBars);
        Ok(Reading {
            kind,
            symbol: symbol(name),
            midnight: if counts_ms { Some(midnight(name, &zone, options)?) } else { None },
            zone,
            bar: if has_bars { options.bar(interval(name), Some(Stamp::Open), sink)? } else { None },
            size: if kind == Kind::Touch { options.quote_size(sink)? } else { Number::ZERO },
            price_digits: price_digits(head, options, sink),
            options,
            touch: Default::default(),
        })
    }

    fn row(&mut self, cells: &[&[u8]]) -> Option<Said> {
        let stamp = match self.midnight {
            Some(midnight) => midnight.checked_add(time::whole(cells.first()?)?.checked_mul(time::MILLI_NS)?)?,
            None => time::instant(cells.first()?, &self.zone)?,
        };
        match (self.kind, cells) {
            (Kind::Touch, [_, bid, ask]) => {
                let what = What::Quote { bid: (self.price(bid)?, self.size), ask: (self.price(ask)?, self.size) };
                Some(Said::Row(stamp, what))
            }
            (Kind::Quotes, [_, bid, bid_size, ask, ask_size, exchange, _, suspicious]) => {
                if flag(suspicious)? {
                    return Some(Said::LeftOut("row that the vendor flags as suspicious"));
                }
                let bid = (self.price(bid)?, Number::parse(bid_size)?);
                self.quote(stamp, exchange, [bid, (self.price(ask)?, Number::parse(ask_size)?)])
            }
            (Kind::Trades, [_, price, size, exchange, _, suspicious]) => {
                if flag(suspicious)? {
                    return Some(Said::LeftOut("row that the vendor flags as suspicious"));
                }
                if !self.is_chosen(exchange) {
                    return Some(Said::LeftOut("row of another exchange"));
                }
                let what = What::Trade { price: self.price(price)?, qty: Number::parse(size)?, aggressor: None };
                Some(Said::Row(stamp, what))
            }
            (Kind::TradeBars, [_, open, high, low, close, volume]) => {
                let prices = [self.price(open)?, self.price(high)?, self.price(low)?, self.price(close)?];
                self.bar(stamp, prices, Number::parse(volume)?)
            }
            (Kind::QuoteBars, [_, bo, bh, bl, bc, _, ao, ah, al, ac, _]) => {
                if bo.is_empty() || ao.is_empty() {
                    return Some(Said::LeftOut("bar with one side only"));
                }
                let pair = |bid: &[u8], ask: &[u8]| self.middle(self.price(bid)?, self.price(ask)?);
                let prices = [pair(bo, ao)?, pair(bh, ah)?, pair(bl, al)?, pair(bc, ac)?];
                self.bar(stamp, prices, Number::ZERO)
            }
            (Kind::Touch | Kind::Quotes | Kind::Trades | Kind::TradeBars | Kind::QuoteBars, _) => None,
        }
    }

    fn price(&self, cell: &[u8]) -> Option<Number> {
        Number::parse(cell)?.scaled_down(self.price_digits)
    }

    fn is_chosen(&self, exchange: &[u8]) -> bool {
        self.options.exchange.as_deref().is_none_or(|chosen| chosen.as_bytes() == exchange)
    }

    fn bar(&self, stamp: u64, prices: [Number; 4], volume: Number) -> Option<Said> {
        let (open_time, time, interval_ns) = bar_times(stamp, self.bar)?;
        Some(Said::Row(time, What::Bar { prices, volume, open_time, interval_ns }))
    }

    fn middle(&self, bid: Number, ask: Number) -> Option<Number> {
        match self.options.quote_bar {
            QuoteBar::Mid => bid.plus(ask)?.half(),
            QuoteBar::Bid => Some(bid),
            QuoteBar::Ask => Some(ask),
        }
    }

    /// A row tells one side or both; a side that it does not tell stays what it was.
    fn quote(&mut self, stamp: u64, exchange: &[u8], told: [(Number, Number); 2]) -> Option<Said> {
        if !self.is_chosen(exchange) {
            return Some(Said::LeftOut("row of another exchange"));
        }
        for (side, told) in self.touch.iter_mut().zip(told) {
            if !told.0.is_zero() || told.1.is_positive() {
                *side = told;
            }
        }
        let [bid, ask] = self.touch;
        Some(Said::Row(stamp, What::Quote { bid, ask }))
    }
}

/// `20131007_aig_quote_tick.csv` is of aig, `eurusd.csv` of eurusd.
fn symbol(name: &str) -> String {
    let stem = name.trim_end_matches(".csv");
    let mut parts = stem.split('_');
    match (parts.next(), parts.next()) {
        (Some(day), Some(symbol)) if time::day(day.as_bytes()).is_some() => symbol.to_ascii_uppercase(),
        _ => stem.to_ascii_uppercase(),
    }
}

fn interval(name: &str) -> Option<u64> {
    let lengths = [("_second_", time::SECOND_NS), ("_minute_", 60 * time::SECOND_NS)];
    lengths.into_iter().find(|(part, _)| name.contains(part)).map(|(_, ns)| ns)
}

fn midnight(name: &str, zone: &Zone, options: &Options) -> Result<u64, DataError> {
    let fault = |what: String| DataError::Option { option: "--date", what };
    let day = match &options.date {
        Some(text) => {
            time::day(text.as_bytes()).ok_or_else(|| fault(format!("{text:?} is no day such as 2013-10-07")))?
        }
        None => name.split('_').next().and_then(|part| time::day(part.as_bytes())).ok_or_else(|| {
            fault("the file counts from midnight and does not name its day, such as 2013-10-07".to_owned())
        })?,
    };
    zone.midnight(day).ok_or_else(|| fault(format!("{day} is not between 1970 and 2554")))
}

/// LEAN writes prices of equities in ten-thousandths, without a point; all other prices have one.
fn price_digits(head: &[u8], options: &Options, sink: &mut dyn Sink) -> u8 {
    if let Some(digits) = options.price_digits {
        return digits;
    }
    if head.contains(&b'.') {
        return 0;
    }
    sink.assumed("prices without a point are ten-thousandths, as LEAN writes those of equities");
    4
}
