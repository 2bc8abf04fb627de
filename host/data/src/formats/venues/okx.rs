//! OKX: public channels.
//!
//! In: messages with `arg` and `data`. Out: trades, quotes, book levels, mark prices, funding rates. Must never: let a
//! missing book update pass in silence, where the messages are numbered (`prevSeqId`) or carry a sum of the book.

mod book;

use std::borrow::Cow;

use ringfence_core::instrument::Side;
use ringfence_core::money::Scale;
use serde::Deserialize;

use self::book::{Book, Level, Proof, Read};
use super::{At, Change, Heard, PerSymbol, TOO_MANY, decode, levels, row};
use crate::decimal::Number;
use crate::error::DataError;
use crate::formats::json::{Text, Whole};
use crate::row::{Kind, Row, Sink, What};

/// What has to be remembered between messages.
#[derive(Default)]
pub(crate) struct Okx {
    /// By channel, of each instrument.
    books: PerSymbol<Vec<(String, Book)>>,
}

/// Channels of books that one instrument may have.
const CHANNELS_MAX: usize = 8;

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
            "books5" | "bbo-tbt" => self.books(at, (&symbol, &channel), Change::Snapshot, data, sink),
            _ if channel.starts_with("books") => {
                let change = if action == Some("snapshot") { Change::Snapshot } else { Change::Update };
                self.books(at, (&symbol, &channel), change, data, sink)
            }
            _ => Ok(Heard::LeftOut("channel that events cannot carry")),
        }
    }

    fn books(
        &mut self,
        at: At,
        (symbol, channel): (&str, &str),
        change: Change,
        data: &str,
        sink: &mut dyn Sink,
    ) -> Result<Heard, DataError> {
        let books: Vec<Levels<'_>> = decode!(data);
        for Levels { asks, bids, ts, seq_id, prev_seq_id, checksum } in books {
            let Some(book) = self.book(symbol, channel) else { return Ok(Heard::Bad(TOO_MANY.to_owned())) };
            if change == Change::Update && !book.has_snapshot() {
                return Ok(Heard::LeftOut("book update before the first snapshot"));
            }
            let (Some(bids), Some(asks)) = (with_pairs(bids), with_pairs(asks)) else {
                return Ok(Heard::Bad("a level has a price or quantity that is no decimal".to_owned()));
            };
            let proof = Proof { own: seq_id, previous: prev_seq_id, sum: checksum };
            let is_gap = book.take(change, (&bids, &asks), proof);
            if is_gap && change == Change::Update {
                sink.gap(symbol, Kind::Depth, (at.place, at.time))?;
            }
            let [bids, asks] = [bids, asks].map(|side| side.into_iter().map(|(pair, _)| pair).collect::<Vec<_>>());
            if let Heard::LeftOut(why) = levels(sink, (at, symbol, ts.millis_ns()), change, (&bids, &asks))? {
                return Ok(Heard::LeftOut(why));
            }
            // A snapshot that is not whole makes no book whole.
            if is_gap && change == Change::Snapshot {
                sink.gap(symbol, Kind::Depth, (at.place, at.time))?;
            }
        }
        Ok(Heard::Rows)
    }

    /// What is known of a channel of an instrument; `None` when there are too many.
    fn book(&mut self, symbol: &str, channel: &str) -> Option<&mut Book> {
        let books = self.books.of(symbol)?;
        let place = books.iter().position(|(name, _)| name == channel).unwrap_or(books.len());
        if place == books.len() {
            if place == CHANNELS_MAX {
                return None;
            }
            books.push((channel.to_owned(), Book::default()));
        }
        Some(&mut books[place].1)
    }
}

fn with_pairs(levels: Vec<Level<'_>>) -> Option<Vec<Read<'_>>> {
    levels.into_iter().map(|level| Some((level.pair()?, level))).collect()
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
