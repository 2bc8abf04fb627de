//! Market data: what does a message about a market say?
//!
//! In: JSON of a stream or an answer. Out: typed messages with exact numbers, not yet at any instrument's scale.
//! Must never: know which instruments are traded here.

use crate::codec::json::Json;
use crate::codec::number::Number;
use crate::codec::read::{CodecError, Fields, Read, items, number};

/// A trade or an aggregate of trades with one price and one taker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade<'j> {
    /// Instrument as the venue calls it.
    pub symbol: &'j str,
    /// Number of the trade or aggregate; grows by instrument.
    pub id: u64,
    /// Price.
    pub price: Number,
    /// Quantity.
    pub qty: Number,
    /// True where the buyer rested in the book.
    pub is_buyer_maker: bool,
    /// Time of the trade in ms.
    pub time_ms: u64,
}

/// Best bid and ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch<'j> {
    /// Instrument as the venue calls it.
    pub symbol: &'j str,
    /// Number of the book's update; 0 where the venue gives none.
    pub update: u64,
    /// Bid price and quantity.
    pub bid: Level,
    /// Ask price and quantity.
    pub ask: Level,
    /// Time of the matching engine in ms; 0 where the venue gives none.
    pub time_ms: u64,
}

/// One level of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price.
    pub price: Number,
    /// Quantity; 0 = the level is gone.
    pub qty: Number,
}

/// Changes of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthChange<'j> {
    /// Instrument as the venue calls it.
    pub symbol: &'j str,
    /// First update in it.
    pub first: u64,
    /// Last update in it.
    pub last: u64,
    /// Last update of the message before it; futures only.
    pub previous: Option<u64>,
    /// Bids.
    pub bids: Vec<Level>,
    /// Asks.
    pub asks: Vec<Level>,
    /// Time in ms.
    pub time_ms: u64,
}

/// A whole book, as far as was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthSnapshot {
    /// Last update in it.
    pub last: u64,
    /// Bids, best first.
    pub bids: Vec<Level>,
    /// Asks, best first.
    pub asks: Vec<Level>,
}

/// Mark price and funding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark<'j> {
    /// Instrument as the venue calls it.
    pub symbol: &'j str,
    /// Mark price.
    pub price: Number,
    /// Funding rate; `None` where there is none.
    pub funding: Option<Number>,
    /// Next funding in ms; 0 = none.
    pub funding_time_ms: u64,
    /// Time in ms.
    pub time_ms: u64,
}

/// A bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kline<'j> {
    /// Instrument as the venue calls it; empty in an answer, which is about the one asked for.
    pub symbol: &'j str,
    /// Begin in ms.
    pub open_ms: u64,
    /// Last ms in it.
    pub close_ms: u64,
    /// Open, high, low, close.
    pub prices: [Number; 4],
    /// Traded quantity.
    pub volume: Number,
    /// True where nothing more is added to it.
    pub is_closed: bool,
}

/// Statistics of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayTicker<'j> {
    /// Instrument as the venue calls it.
    pub symbol: &'j str,
    /// Last price.
    pub last: Number,
    /// Traded quantity.
    pub volume: Number,
}

/// Another's position that the venue closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation<'j> {
    /// Instrument as the venue calls it.
    pub symbol: &'j str,
    /// Quantity.
    pub qty: Number,
    /// Price.
    pub price: Number,
}

/// Reads `trade` and `aggTrade`.
///
/// # Errors
/// [`CodecError`].
pub fn trade<'j>(message: &Fields<'j, '_>, id: &'static str) -> Read<Trade<'j>> {
    Ok(Trade {
        symbol: message.text("s")?,
        id: message.whole(id)?,
        price: message.number("p")?,
        qty: message.number("q")?,
        is_buyer_maker: message.flag("m")?,
        time_ms: message.whole("T")?,
    })
}

/// Reads `bookTicker`.
///
/// # Errors
/// [`CodecError`].
pub fn touch<'j>(message: &Fields<'j, '_>) -> Read<Touch<'j>> {
    Ok(Touch {
        symbol: message.text("s")?,
        update: message.whole("u")?,
        bid: Level { price: message.number("b")?, qty: message.number("B")? },
        ask: Level { price: message.number("a")?, qty: message.number("A")? },
        time_ms: message.whole_if("T")?.unwrap_or(0),
    })
}

/// Reads an answer with best bid and ask.
///
/// # Errors
/// [`CodecError`].
pub fn touch_answer<'j>(json: &'j Json<'_>) -> Read<Touch<'j>> {
    let message = Fields::of("bookTicker answer", json)?;
    Ok(Touch {
        symbol: message.text("symbol")?,
        update: message.whole_if("lastUpdateId")?.unwrap_or(0),
        bid: Level { price: message.number("bidPrice")?, qty: message.number("bidQty")? },
        ask: Level { price: message.number("askPrice")?, qty: message.number("askQty")? },
        time_ms: message.whole_if("time")?.unwrap_or(0),
    })
}

/// Reads `depthUpdate`.
///
/// # Errors
/// [`CodecError`].
pub fn depth_change<'j>(message: &Fields<'j, '_>) -> Read<DepthChange<'j>> {
    Ok(DepthChange {
        symbol: message.text("s")?,
        first: message.whole("U")?,
        last: message.whole("u")?,
        previous: message.whole_if("pu")?,
        bids: levels(message, "b")?,
        asks: levels(message, "a")?,
        time_ms: message.whole_if("T")?.map_or_else(|| message.whole("E"), Ok)?,
    })
}

/// Reads a snapshot of a book.
///
/// # Errors
/// [`CodecError`].
pub fn depth_snapshot(json: &Json<'_>) -> Read<DepthSnapshot> {
    let message = Fields::of("depth", json)?;
    Ok(DepthSnapshot {
        last: message.whole("lastUpdateId")?,
        bids: levels(&message, "bids")?,
        asks: levels(&message, "asks")?,
    })
}

fn levels(message: &Fields<'_, '_>, field: &'static str) -> Read<Vec<Level>> {
    let level = |json: &Json<'_>| {
        let Json::List(pair) = json else { return None };
        let [price, qty, ..] = pair.as_slice() else { return None };
        Some(Level { price: number(price)?, qty: number(qty)? })
    };
    let all: Option<Vec<Level>> = message.list(field)?.iter().map(level).collect();
    all.ok_or_else(|| message.wrong(field, "list of prices and quantities"))
}

/// Reads `markPriceUpdate`.
///
/// # Errors
/// [`CodecError`].
pub fn mark<'j>(message: &Fields<'j, '_>) -> Read<Mark<'j>> {
    Ok(Mark {
        symbol: message.text("s")?,
        price: message.number("p")?,
        funding: message.number_if("r")?,
        funding_time_ms: message.whole("T")?,
        time_ms: message.whole("E")?,
    })
}

/// Reads `kline`.
///
/// # Errors
/// [`CodecError`].
pub fn kline<'j>(message: &Fields<'j, '_>) -> Read<Kline<'j>> {
    let bar = message.object("k")?;
    Ok(Kline {
        symbol: message.text("s")?,
        open_ms: bar.whole("t")?,
        close_ms: bar.whole("T")?,
        prices: [bar.number("o")?, bar.number("h")?, bar.number("l")?, bar.number("c")?],
        volume: bar.number("v")?,
        is_closed: bar.flag("x")?,
    })
}

/// Reads an answer with bars: lists of open time, open, high, low, close, volume, close time, ...
///
/// # Errors
/// [`CodecError`].
pub fn klines_answer<'j>(json: &'j Json<'_>) -> Read<Vec<Kline<'j>>> {
    let wrong = CodecError::Shape { message: "klines answer", want: "list of bars" };
    let whole = |json: &Json<'_>| match json {
        Json::Number(text) => text.parse().ok(),
        Json::Null | Json::Flag(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => None,
    };
    let bar = |json: &'j Json<'_>| {
        let Json::List(fields) = json else { return None };
        let [open_ms, open, high, low, close, volume, close_ms, ..] = fields.as_slice() else { return None };
        Some(Kline {
            symbol: "",
            open_ms: whole(open_ms)?,
            close_ms: whole(close_ms)?,
            prices: [number(open)?, number(high)?, number(low)?, number(close)?],
            volume: number(volume)?,
            is_closed: true,
        })
    };
    items("klines answer", json)?.iter().map(|json| bar(json).ok_or(wrong)).collect()
}

/// Reads `24hrTicker`.
///
/// # Errors
/// [`CodecError`].
pub fn day_ticker<'j>(message: &Fields<'j, '_>) -> Read<DayTicker<'j>> {
    Ok(DayTicker { symbol: message.text("s")?, last: message.number("c")?, volume: message.number("v")? })
}

/// Reads an answer with statistics of a day.
///
/// # Errors
/// [`CodecError`].
pub fn day_ticker_answer<'j>(json: &'j Json<'_>) -> Read<DayTicker<'j>> {
    let message = Fields::of("24hr answer", json)?;
    Ok(DayTicker {
        symbol: message.text("symbol")?,
        last: message.number("lastPrice")?,
        volume: message.number("volume")?,
    })
}

/// Reads `forceOrder`.
///
/// # Errors
/// [`CodecError`].
pub fn liquidation<'j>(message: &Fields<'j, '_>) -> Read<Liquidation<'j>> {
    let order = message.object("o")?;
    Ok(Liquidation { symbol: order.text("s")?, qty: order.number("q")?, price: order.number("ap")? })
}

/// Reads an answer with public trades.
///
/// # Errors
/// [`CodecError`].
pub fn trades_answer<'j>(json: &'j Json<'_>) -> Read<Vec<Trade<'j>>> {
    let trade = |json: &'j Json<'_>| {
        let message = Fields::of("trades answer", json)?;
        Ok(Trade {
            symbol: "",
            id: message.whole("id")?,
            price: message.number("price")?,
            qty: message.number("qty")?,
            is_buyer_maker: message.flag("isBuyerMaker")?,
            time_ms: message.whole("time")?,
        })
    };
    items("trades answer", json)?.iter().map(trade).collect()
}

/// Reads an answer with an average price.
///
/// # Errors
/// [`CodecError`].
pub fn average_price(json: &Json<'_>) -> Read<Number> {
    Fields::of("avgPrice", json)?.number("price")
}

/// Reads the venue's clock, in ms.
///
/// # Errors
/// [`CodecError`].
pub fn server_time(json: &Json<'_>) -> Read<u64> {
    Fields::of("time", json)?.whole("serverTime")
}
