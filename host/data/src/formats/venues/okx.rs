//! OKX: public channels.
//!
//! In: messages with `arg` and `data`. Out: trades, quotes, book levels, mark prices, funding rates. Must never: let a
//! missing book update pass in silence, where the messages are numbered (`prevSeqId`) or carry a sum of the book.

use std::borrow::Cow;

use ringfence_core::instrument::Side;
use ringfence_core::money::Scale;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::checksum::{CheckedBook, Of};
use super::{At, Change, Heard, PerSymbol, TOO_MANY, decode, levels, row};
use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::json::{Pair, Text, Whole};
use crate::row::{Kind, Row, Sink, What};

/// What has to be remembered between messages.
#[derive(Default)]
pub(crate) struct Okx {
    books: PerSymbol<Book>,
}

#[derive(Debug, Default)]
struct Book {
    last: Option<i64>,
    has_snapshot: bool,
    checked: CheckedBook,
    /// Its sum was another one, or a message had none, and no snapshot came since: nothing can be said of it.
    is_wrong: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Arg<'a> {
    #[serde(borrow)]
    channel: Cow<'a, str>,
    #[serde(borrow)]
    inst_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trade {
    trade_id: Option<Whole>,
    px: Text,
    sz: Text,
    side: Taker,
    ts: Whole,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Taker {
    Buy,
    Sell,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ticker<'a> {
    #[serde(borrow)]
    bid_px: Cow<'a, str>,
    #[serde(borrow)]
    bid_sz: Cow<'a, str>,
    #[serde(borrow)]
    ask_px: Cow<'a, str>,
    #[serde(borrow)]
    ask_sz: Cow<'a, str>,
    ts: Whole,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Levels<'a> {
    #[serde(borrow)]
    asks: Vec<Level<'a>>,
    #[serde(borrow)]
    bids: Vec<Level<'a>>,
    ts: Whole,
    seq_id: Option<i64>,
    prev_seq_id: Option<i64>,
    /// Of the book after the message, as a signed number.
    checksum: Option<i32>,
}

/// Price and quantity as written, a field that is not used any more, and the number of orders.
#[derive(Deserialize)]
struct Level<'a>(#[serde(borrow)] Cow<'a, str>, #[serde(borrow)] Cow<'a, str>, IgnoredAny, IgnoredAny);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    mark_px: Text,
    ts: Whole,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rate {
    funding_rate: Text,
    funding_time: Whole,
}

impl Okx {
    pub(crate) fn message(
        &mut self,
        at: At,
        (arg, action): (&str, Option<&str>),
        data: &str,
        sink: &mut dyn Sink,
    ) -> Result<Heard, DataError> {
        let Arg { channel, inst_id } = decode!(arg);
        let Some(symbol) = inst_id else { return Ok(Heard::LeftOut("channel that events cannot carry")) };
        match &*channel {
            "trades" | "trades-all" => trades(at, &symbol, data, sink),
            "tickers" => tickers(at, &symbol, data, sink),
            "mark-price" => marks(at, &symbol, data, sink),
            "funding-rate" => rates(at, &symbol, data, sink),
            "books5" | "bbo-tbt" => self.books(at, (&symbol, Change::Snapshot), data, sink),
            _ if channel.starts_with("books") => {
                let change = if action == Some("snapshot") { Change::Snapshot } else { Change::Update };
                self.books(at, (&symbol, change), data, sink)
            }
            _ => Ok(Heard::LeftOut("channel that events cannot carry")),
        }
    }

    fn books(
        &mut self,
        at: At,
        (symbol, change): (&str, Change),
        data: &str,
        sink: &mut dyn Sink,
    ) -> Result<Heard, DataError> {
        let books: Vec<Levels<'_>> = decode!(data);
        for Levels { asks, bids, ts, seq_id, prev_seq_id, checksum } in books {
            let Some(book) = self.books.of(symbol) else { return Ok(Heard::Bad(TOO_MANY.to_owned())) };
            if change == Change::Update && !book.has_snapshot {
                return Ok(Heard::LeftOut("book update before the first snapshot"));
            }
            let (Some(bids), Some(asks)) = (pairs(&bids), pairs(&asks)) else {
                return Ok(Heard::Bad("a level has a price or quantity that is no decimal".to_owned()));
            };
            let is_missing = change == Change::Update && prev_seq_id.is_some() && prev_seq_id != book.last;
            (book.last, book.has_snapshot) = (seq_id, true);
            let is_wrong = match checksum {
                Some(sum) => book.differs(change, (&bids, &asks), sum),
                // A message without a sum is not followed.
                None => {
                    book.is_wrong = true;
                    false
                }
            };
            if is_missing || is_wrong {
                sink.gap(symbol, Kind::Depth, (at.place, at.time))?;
            }
            let [bids, asks] = [bids, asks].map(|side| side.into_iter().map(|(pair, _)| pair).collect::<Vec<_>>());
            if let Heard::LeftOut(why) = levels(sink, (at, symbol, ts.millis_ns()), change, (&bids, &asks))? {
                return Ok(Heard::LeftOut(why));
            }
        }
        Ok(Heard::Rows)
    }
}

/// A level as numbers, and as written.
type Written<'a> = (Pair, &'a Level<'a>);

fn pairs<'a>(levels: &'a [Level<'a>]) -> Option<Vec<Written<'a>>> {
    let pair = |level: &'a Level<'a>| {
        let number = |text: &str| Number::parse(text.as_bytes());
        Some((Pair(number(&level.0)?, number(&level.1)?), level))
    };
    levels.iter().map(pair).collect()
}

impl Book {
    /// Takes the levels of a message; true where the venue's sum of the book is another one, for the first time since the
    /// last snapshot.
    fn differs(&mut self, change: Change, (bids, asks): (&[Written<'_>], &[Written<'_>]), sum: i32) -> bool {
        if change == Change::Snapshot {
            self.checked.clear();
            self.is_wrong = false;
        }
        for (of, levels) in [(Of::Bids, bids), (Of::Asks, asks)] {
            for (Pair(price, qty), Level(written_price, written_qty, ..)) in levels {
                self.checked.set(of, (*price, written_price), (*qty, written_qty));
            }
        }
        let was_wrong = self.is_wrong;
        self.is_wrong |= self.checked.sum().is_some_and(|own| own != sum.cast_unsigned());
        self.is_wrong && !was_wrong
    }
}

fn trades(at: At, symbol: &str, data: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let trades: Vec<Trade> = decode!(data);
    for Trade { trade_id, px, sz, side, ts } in trades {
        let aggressor = Some(match side {
            Taker::Buy => Side::Buy,
            Taker::Sell => Side::Sell,
        });
        let what = What::Trade { price: px.0, qty: sz.0, aggressor };
        sink.row(&Row { count: trade_id.and_then(Whole::count), ..row(at, symbol, ts.millis_ns(), what) })?;
    }
    Ok(Heard::Rows)
}

fn tickers(at: At, symbol: &str, data: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let tickers: Vec<Ticker<'_>> = decode!(data);
    for Ticker { bid_px, bid_sz, ask_px, ask_sz, ts } in tickers {
        // A side without orders is written as an empty text.
        let text = |text: &str| {
            if text.is_empty() { Some(Number::ZERO) } else { Number::parse(text.as_bytes()) }
        };
        let (Some(bid), Some(bid_qty), Some(ask), Some(ask_qty)) =
            (text(&bid_px), text(&bid_sz), text(&ask_px), text(&ask_sz))
        else {
            return Ok(Heard::Bad("a ticker has a price or quantity that is no decimal".to_owned()));
        };
        sink.row(&row(at, symbol, ts.millis_ns(), What::Quote { bid: (bid, bid_qty), ask: (ask, ask_qty) }))?;
    }
    Ok(Heard::Rows)
}

fn marks(at: At, symbol: &str, data: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let marks: Vec<Mark> = decode!(data);
    for Mark { mark_px, ts } in marks {
        sink.row(&row(at, symbol, ts.millis_ns(), What::Mark(mark_px.0)))?;
    }
    Ok(Heard::Rows)
}

fn rates(at: At, symbol: &str, data: &str, sink: &mut dyn Sink) -> Result<Heard, DataError> {
    let rates: Vec<Rate> = decode!(data);
    for Rate { funding_rate, funding_time } in rates {
        let Some(rate_e9) = funding_rate.0.at(Scale::new(9).expect("9 is in range")) else {
            return Ok(Heard::LeftOut("funding rate finer than 10^-9"));
        };
        sink.row(&row(at, symbol, 0, What::Funding(rate_e9, funding_time.millis_ns())))?;
    }
    Ok(Heard::Rows)
}
