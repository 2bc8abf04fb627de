//! Records: which bytes are this event, and which event are these bytes?
//!
//! In: an event, or the bytes of one record. Out: the other. Must never: allocate, accept a second byte form of an event,
//! or let a quantity below zero, a trade of nothing or a bar outside its range through.

use ringfence_core::event::{Bar, BookAction, BookLevel, BookOrder, BookOrderAction, EventKind, Funding, Quote, Trade};
use ringfence_core::ids::TimeNs;
use ringfence_core::instrument::{InstrumentStatus, Side};
use ringfence_core::money::{Price, Qty};

use super::side_number;

pub(super) const TRADE_BYTES: usize = 24;
pub(super) const QUOTE_BYTES: usize = 48;
pub(super) const BAR_BYTES: usize = 64;
pub(super) const MARKET_BYTES: usize = 56;

/// Time, venue time (0 = none) and event of a record.
pub(super) type Decoded = (u64, u64, EventKind);

/// What is wrong with a record, and what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NativeFault {
    /// An unknown kind, side, action or status, or bytes without meaning that are not 0.
    #[error("the tag {0:#018x} is none of its layout")]
    Tag(u64),
    /// A word without meaning is not 0.
    #[error("words that the kind does not use must be 0")]
    Unused,
    /// A trade of nothing.
    #[error("a traded quantity must be above 0, not {0}")]
    NotAboveZero(i64),
    /// A quantity below zero.
    #[error("a quantity must not be below 0, not {0}")]
    BelowZero(i64),
    /// High below or low above the other prices of the bar.
    #[error("low <= open, close <= high must hold in a bar")]
    BarRange,
    /// A bar that opens after it closes.
    #[error("the bar opens at {open}, after its close at {close}")]
    BarTime {
        /// Open time, ns.
        open: u64,
        /// Close time, ns.
        close: u64,
    },
    /// A time below an earlier one.
    #[error("time {time} is before {previous} of an earlier record")]
    Backwards {
        /// Time of the record, ns.
        time: u64,
        /// Latest time before it, ns.
        previous: u64,
    },
    /// A bar that opens before the one above it has closed.
    #[error("the bar opens at {open}, before {previous}, where the bar above it ends")]
    BarOverlap {
        /// Open time, ns.
        open: u64,
        /// Close of the bar above it, ns.
        previous: u64,
    },
    /// A bar of another length than the configuration says.
    #[error("the bar lasts {found} ns, and the configuration's interval is {want} ns")]
    Interval {
        /// Length of the bar, ns.
        found: u64,
        /// Length that was asked for, ns.
        want: u64,
    },
    /// A shifted time leaves the range of times.
    #[error("the time, with the shift of its pass, must lie between 1970 and 2554")]
    TimeRange,
    /// A number that does not fit the scale of the instrument.
    #[error("a number does not fit 64 bits at the scale of the instrument")]
    TooLarge,
}

#[inline]
fn unsigned<const AT: usize, const N: usize>(bytes: &[u8; N]) -> u64 {
    u64::from_le_bytes(*bytes[AT * 8..].first_chunk().expect("a word of the record"))
}

#[inline]
fn signed<const AT: usize, const N: usize>(bytes: &[u8; N]) -> i64 {
    unsigned::<AT, N>(bytes).cast_signed()
}

#[inline]
fn traded(price: i64, qty: i64, aggressor: Option<Side>) -> Result<EventKind, NativeFault> {
    if qty <= 0 {
        return Err(NativeFault::NotAboveZero(qty));
    }
    Ok(EventKind::Trade(Trade { price: Price(price), qty: Qty(qty), aggressor }))
}

#[inline]
fn quoted([bid_price, bid_qty, ask_price, ask_qty]: [i64; 4]) -> Result<EventKind, NativeFault> {
    if bid_qty < 0 || ask_qty < 0 {
        return Err(NativeFault::BelowZero(bid_qty.min(ask_qty)));
    }
    let (bid_price, ask_price) = (Price(bid_price), Price(ask_price));
    Ok(EventKind::Quote(Quote { bid_price, bid_qty: Qty(bid_qty), ask_price, ask_qty: Qty(ask_qty) }))
}

#[inline]
pub(super) fn trade(bytes: &[u8; TRADE_BYTES]) -> Result<Decoded, NativeFault> {
    let kind = traded(signed::<1, TRADE_BYTES>(bytes), signed::<2, TRADE_BYTES>(bytes), None)?;
    Ok((unsigned::<0, TRADE_BYTES>(bytes), 0, kind))
}

#[inline]
pub(super) fn quote(bytes: &[u8; QUOTE_BYTES]) -> Result<Decoded, NativeFault> {
    let words = [
        signed::<2, QUOTE_BYTES>(bytes),
        signed::<3, QUOTE_BYTES>(bytes),
        signed::<4, QUOTE_BYTES>(bytes),
        signed::<5, QUOTE_BYTES>(bytes),
    ];
    let kind = touch(unsigned::<1, QUOTE_BYTES>(bytes), words)?;
    Ok((unsigned::<0, QUOTE_BYTES>(bytes), 0, kind))
}

/// A trade or a quote, which the layouts `quotes` and `market` have in common.
#[inline]
fn touch(tag: u64, words: [i64; 4]) -> Result<EventKind, NativeFault> {
    match tag {
        TAG_QUOTE => quoted(words),
        TAG_TRADE..=TAG_TRADE_SELL => {
            let aggressor = match tag {
                TAG_TRADE_BUY => Some(Side::Buy),
                TAG_TRADE_SELL => Some(Side::Sell),
                TAG_TRADE => None,
                _ => return Err(NativeFault::Tag(tag)),
            };
            if words[2..] != [0, 0] {
                return Err(NativeFault::Unused);
            }
            traded(words[0], words[1], aggressor)
        }
        _ => Err(NativeFault::Tag(tag)),
    }
}

pub(super) fn bar(bytes: &[u8; BAR_BYTES]) -> Result<Decoded, NativeFault> {
    let (time, open_time) = (unsigned::<0, BAR_BYTES>(bytes), unsigned::<1, BAR_BYTES>(bytes));
    let bar = Bar {
        open: Price(signed::<3, BAR_BYTES>(bytes)),
        high: Price(signed::<4, BAR_BYTES>(bytes)),
        low: Price(signed::<5, BAR_BYTES>(bytes)),
        close: Price(signed::<6, BAR_BYTES>(bytes)),
        volume: Qty(signed::<7, BAR_BYTES>(bytes)),
        open_time: TimeNs(open_time),
        interval_ns: unsigned::<2, BAR_BYTES>(bytes),
    };
    if bar.high < bar.open.max(bar.close) || bar.low > bar.open.min(bar.close) {
        return Err(NativeFault::BarRange);
    }
    if bar.volume.0 < 0 {
        return Err(NativeFault::BelowZero(bar.volume.0));
    }
    if open_time > time {
        return Err(NativeFault::BarTime { open: open_time, close: time });
    }
    Ok((time, 0, EventKind::Bar(bar)))
}

#[inline]
pub(super) fn market(bytes: &[u8; MARKET_BYTES]) -> Result<Decoded, NativeFault> {
    let tag = unsigned::<2, MARKET_BYTES>(bytes);
    let words = [
        signed::<3, MARKET_BYTES>(bytes),
        signed::<4, MARKET_BYTES>(bytes),
        signed::<5, MARKET_BYTES>(bytes),
        signed::<6, MARKET_BYTES>(bytes),
    ];
    let kind = match tag.to_le_bytes() {
        [KIND_LEVEL, side, action, last, 0, 0, 0, 0] => level(tag, [side, action, last], words)?,
        [KIND_TRADE | KIND_QUOTE, ..] => touch(tag, words)?,
        _ => rare(tag, words)?,
    };
    Ok((unsigned::<0, MARKET_BYTES>(bytes), unsigned::<1, MARKET_BYTES>(bytes), kind))
}

/// What the layout `market` has, and orders.
#[inline]
pub(super) fn orders(bytes: &[u8; MARKET_BYTES]) -> Result<Decoded, NativeFault> {
    let tag = unsigned::<2, MARKET_BYTES>(bytes);
    let [KIND_ORDER, side, action, last, 0, 0, 0, 0] = tag.to_le_bytes() else { return market(bytes) };
    let known = Side::from_number(side).zip(BookOrderAction::from_number(action)).filter(|_| last <= 1);
    let (side, action) = known.ok_or(NativeFault::Tag(tag))?;
    let (order, price) = (unsigned::<3, MARKET_BYTES>(bytes), Price(signed::<4, MARKET_BYTES>(bytes)));
    let (qty, level) = (signed::<5, MARKET_BYTES>(bytes), signed::<6, MARKET_BYTES>(bytes));
    if qty < 0 || level < 0 {
        return Err(NativeFault::BelowZero(qty.min(level)));
    }
    if action == BookOrderAction::Clear && (order, price.0, qty, level) != (0, 0, 0, 0) {
        return Err(NativeFault::Unused);
    }
    let (qty, level) = (Qty(qty), Qty(level));
    let kind = EventKind::BookOrder(BookOrder { action, side, order, price, qty, level, is_last: last == 1 });
    Ok((unsigned::<0, MARKET_BYTES>(bytes), unsigned::<1, MARKET_BYTES>(bytes), kind))
}

#[inline]
fn level(tag: u64, [side, action, last]: [u8; 3], words: [i64; 4]) -> Result<EventKind, NativeFault> {
    let known = Side::from_number(side).zip(BookAction::from_number(action)).filter(|_| last <= 1);
    let (side, action) = known.ok_or(NativeFault::Tag(tag))?;
    if words[1] < 0 {
        return Err(NativeFault::BelowZero(words[1]));
    }
    if words[2..] != [0, 0] {
        return Err(NativeFault::Unused);
    }
    Ok(EventKind::BookLevel(BookLevel { action, side, price: Price(words[0]), qty: Qty(words[1]), is_last: last == 1 }))
}

/// What comes seldom.
fn rare(tag: u64, words: [i64; 4]) -> Result<EventKind, NativeFault> {
    let (kind, used) = match tag.to_le_bytes() {
        [KIND_MARK, 0, 0, 0, 0, 0, 0, 0] => (EventKind::MarkPrice(Price(words[0])), 1),
        [KIND_FUNDING, 0, 0, 0, 0, 0, 0, 0] => {
            let next_time = TimeNs(words[1].cast_unsigned());
            (EventKind::FundingRate(Funding { rate_e9: words[0], next_time }), 2)
        }
        [KIND_STATUS, status, 0, 0, 0, 0, 0, 0] => {
            let status = InstrumentStatus::from_number(status).ok_or(NativeFault::Tag(tag))?;
            (EventKind::InstrumentStatus(status), 0)
        }
        [KIND_STALE, 0, 0, 0, 0, 0, 0, 0] => (EventKind::FeedStale, 0),
        [KIND_RECOVERED, 0, 0, 0, 0, 0, 0, 0] => (EventKind::FeedRecovered, 0),
        _ => return Err(NativeFault::Tag(tag)),
    };
    if words[used..].iter().all(|word| *word == 0) { Ok(kind) } else { Err(NativeFault::Unused) }
}

/// Tag and words of a market event; `None` for an event that no tape holds, and for bars, which have records of their own.
#[expect(clippy::wildcard_enum_match_arm, reason = "a tape holds few of the many kinds of events")]
pub(super) fn tag_and_words(kind: &EventKind) -> Option<(u64, [i64; 4])> {
    let tag = |bytes: [u8; 4]| u64::from(u32::from_le_bytes(bytes));
    Some(match *kind {
        EventKind::Trade(Trade { price, qty, aggressor }) => {
            (tag([KIND_TRADE, side_number(aggressor), 0, 0]), [price.0, qty.0, 0, 0])
        }
        EventKind::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty }) => {
            (TAG_QUOTE, [bid_price.0, bid_qty.0, ask_price.0, ask_qty.0])
        }
        EventKind::BookLevel(BookLevel { action, side, price, qty, is_last }) => {
            let bytes = [KIND_LEVEL, side.number(), action.number(), u8::from(is_last)];
            (tag(bytes), [price.0, qty.0, 0, 0])
        }
        EventKind::BookOrder(BookOrder { action, side, order, price, qty, level, is_last }) => {
            let bytes = [KIND_ORDER, side.number(), action.number(), u8::from(is_last)];
            (tag(bytes), [order.cast_signed(), price.0, qty.0, level.0])
        }
        EventKind::MarkPrice(price) => (tag([KIND_MARK, 0, 0, 0]), [price.0, 0, 0, 0]),
        EventKind::FundingRate(Funding { rate_e9, next_time }) => {
            (tag([KIND_FUNDING, 0, 0, 0]), [rate_e9, next_time.0.cast_signed(), 0, 0])
        }
        EventKind::InstrumentStatus(status) => (tag([KIND_STATUS, status.number(), 0, 0]), [0; 4]),
        EventKind::FeedStale => (tag([KIND_STALE, 0, 0, 0]), [0; 4]),
        EventKind::FeedRecovered => (tag([KIND_RECOVERED, 0, 0, 0]), [0; 4]),
        _ => return None,
    })
}

const KIND_TRADE: u8 = 1;
const KIND_QUOTE: u8 = 2;
const KIND_LEVEL: u8 = 3;
const KIND_MARK: u8 = 4;
const KIND_FUNDING: u8 = 5;
const KIND_STATUS: u8 = 6;
const KIND_STALE: u8 = 7;
const KIND_RECOVERED: u8 = 8;
const KIND_ORDER: u8 = 9;

const TAG_TRADE: u64 = KIND_TRADE as u64;
const TAG_TRADE_BUY: u64 = TAG_TRADE | (Side::Buy.number() as u64) << 8;
const TAG_TRADE_SELL: u64 = TAG_TRADE | (Side::Sell.number() as u64) << 8;
const TAG_QUOTE: u64 = KIND_QUOTE as u64;
const _: () = assert!(TAG_TRADE < TAG_TRADE_BUY && TAG_TRADE_BUY < TAG_TRADE_SELL, "the range in `touch` covers them");
