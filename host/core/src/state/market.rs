//! Market State: what does each instrument's market look like after these events?
//!
//! In: market events. Out: touch, last price, mark, depth, bars and what changed. Must never: know strategies or orders.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::canonical::Writer;
use crate::event::{Bar, BookAction, BookLevel, BookOrder, Quote, Trade};
use crate::ids::TimeNs;
use crate::instrument::{Instrument, InstrumentStatus, Side};
use crate::money::{Price, Qty};
use crate::state::series::AllSeries;

/// Levels kept per side: deeper ones are dropped, so that a hostile feed cannot grow State.
pub const BOOK_LEVELS_MAX: usize = 1024;
/// Bars kept per instrument for `bars` queries.
pub const BARS_MAX: usize = 1024;

/// Market of one instrument.
#[derive(Clone, Debug)]
pub struct InstrumentMarket {
    pub(crate) touch: Quote,
    pub(crate) last: Option<Price>,
    pub(crate) mark: Option<Price>,
    pub(crate) times: PriceTimes,
    /// What the mark before a split is in new units: it values positions until there is a price, and is traded by never.
    pub(crate) after_split: Option<HalfPrice>,
    /// End of the trading day that was told last; 0 = none was.
    pub(crate) day_ends: TimeNs,
    pub(crate) is_stale: bool,
    /// What the venue says.
    pub(crate) status: InstrumentStatus,
    /// The host lets no order through, whatever the venue says, until somebody lifts that.
    pub(crate) is_held: bool,
    pub(crate) instrument: Instrument,
    pub(crate) book: Book,
    /// Bars that the feed brought.
    pub(crate) bars: VecDeque<Bar>,
    /// Bars that the core builds; `None` where no plan asks for any.
    pub(crate) series: Option<Box<AllSeries>>,
}

/// When each price was stated last; 0 = never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PriceTimes {
    bid: TimeNs,
    ask: TimeNs,
    last: TimeNs,
    mark: TimeNs,
}

/// What a market event changed; subscriptions filter on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// A touch price changed.
    pub touch_price: bool,
    /// A touch price or quantity changed.
    pub touch: bool,
}

/// A price in half units of the price mantissa, so that the middle of a quote is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfPrice(pub i128);

impl InstrumentMarket {
    pub(crate) fn new(instrument: Instrument) -> InstrumentMarket {
        InstrumentMarket {
            touch: Quote::default(),
            last: None,
            mark: None,
            times: PriceTimes::default(),
            after_split: None,
            day_ends: TimeNs(0),
            is_stale: false,
            status: instrument.status,
            is_held: false,
            instrument,
            book: Book::default(),
            bars: VecDeque::new(),
            series: None,
        }
    }

    /// Trading status in force: the venue's, or that the host halts it.
    #[must_use]
    pub fn status(&self) -> InstrumentStatus {
        if self.is_held { InstrumentStatus::Halted } else { self.status }
    }

    /// True while the host halts it: nothing but an operator ends that.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.is_held
    }

    /// Price that positions are valued at: the venue's mark, else the middle of the touch, else the last price; after a split,
    /// until there is one of these, the one before it in new units.
    #[must_use]
    pub fn mark_price(&self) -> Option<HalfPrice> {
        let double = |price: Price| HalfPrice(i128::from(price.0) * 2);
        let middle = || {
            let touch = self.two_sided_touch()?;
            Some(HalfPrice(i128::from(touch.bid_price.0) + i128::from(touch.ask_price.0)))
        };
        self.mark.map(double).or_else(middle).or_else(|| self.last.map(double)).or(self.after_split)
    }

    /// Price an order of this side would be judged against: the opposite touch, else the last price, else the mark.
    #[must_use]
    pub fn reference(&self, side: Side) -> Option<Price> {
        self.reference_with_time(side).map(|(price, _)| price)
    }

    /// The same price, and when it was stated last: another price may be younger.
    #[must_use]
    pub fn reference_with_time(&self, side: Side) -> Option<(Price, TimeNs)> {
        let (price, qty, time) = match side {
            Side::Buy => (self.touch.ask_price, self.touch.ask_qty, self.times.ask),
            Side::Sell => (self.touch.bid_price, self.touch.bid_qty, self.times.bid),
        };
        let touch = (qty.0 > 0).then_some((price, time));
        let last = self.last.map(|price| (price, self.times.last));
        touch.or(last).or(self.mark.map(|price| (price, self.times.mark)))
    }

    fn two_sided_touch(&self) -> Option<Quote> {
        (self.touch.bid_qty.0 > 0 && self.touch.ask_qty.0 > 0).then_some(self.touch)
    }

    /// Applies a trade; an error carries the value that cannot be.
    pub(crate) fn trade(&mut self, trade: &Trade, time: TimeNs) -> Result<Change, i64> {
        if trade.qty.0 <= 0 {
            return Err(trade.qty.0);
        }
        self.set_last(trade.price, time);
        Ok(Change::default())
    }

    /// Applies a quote; an error carries the value that cannot be.
    pub(crate) fn quote(&mut self, quote: &Quote, time: TimeNs) -> Result<Change, i64> {
        let least = quote.bid_qty.0.min(quote.ask_qty.0);
        if least < 0 {
            return Err(least);
        }
        Ok(self.set_touch(quote, time))
    }

    /// Applies a bar; an error carries the value that cannot be.
    pub(crate) fn bar(&mut self, bar: &Bar, time: TimeNs) -> Result<Change, i64> {
        if bar.volume.0 < 0 {
            return Err(bar.volume.0);
        }
        if bar.high < bar.low {
            return Err(bar.high.0);
        }
        self.set_last(bar.close, time);
        if self.bars.len() == BARS_MAX {
            self.bars.pop_front();
        }
        self.bars.push_back(*bar);
        if let Some(series) = &mut self.series {
            series.told(bar.interval_ns, &self.instrument);
        }
        Ok(Change::default())
    }

    /// Applies a book level; an error carries the value that cannot be. The touch moves with the last level of a group, so
    /// that no half of one is ever judged by; a book that was emptied has no touch at once.
    pub(crate) fn book_level(&mut self, level: &BookLevel, time: TimeNs) -> Result<Change, i64> {
        if level.qty.0 < 0 {
            return Err(level.qty.0);
        }
        self.book.apply(level);
        if !level.is_told() {
            return Ok(Change::default());
        }
        let touch = self.book.touch();
        Ok(self.set_touch(&touch, time))
    }

    /// Applies what became of an order: the level that this leaves.
    pub(crate) fn book_order(&mut self, order: &BookOrder, time: TimeNs) -> Result<Change, i64> {
        if order.qty.0 < 0 { Err(order.qty.0) } else { self.book_level(&order.as_level(), time) }
    }

    /// A split gives prices another meaning: none of those known before it is one any more. (Both numbers above 0.)
    pub(crate) fn split(&mut self, numerator: u64, denominator: u64) {
        self.after_split = self.mark_price().and_then(|HalfPrice(half)| {
            let (up, down) = (half.checked_mul(i128::from(denominator))?, i128::from(numerator));
            // To the nearest half unit, upwards in the middle.
            Some(HalfPrice(up.checked_mul(2)?.checked_add(down)?.div_euclid(2 * down)))
        });
        (self.last, self.mark) = (None, None);
        (self.touch, self.times) = (Quote::default(), PriceTimes::default());
        self.book.clear();
        self.bars.clear();
        if let Some(series) = &mut self.series {
            series.forget(&self.instrument);
        }
    }

    fn set_touch(&mut self, touch: &Quote, time: TimeNs) -> Change {
        let change = Change::between(&self.touch, touch);
        self.touch = *touch;
        (self.times.bid, self.times.ask) = (time, time);
        change
    }

    fn set_last(&mut self, price: Price, time: TimeNs) {
        self.last = Some(price);
        self.times.last = time;
    }

    pub(crate) fn set_mark(&mut self, price: Price, time: TimeNs) -> Change {
        self.mark = Some(price);
        self.times.mark = time;
        Change::default()
    }

    pub(crate) fn set_status(&mut self, status: InstrumentStatus) -> Change {
        self.status = status;
        Change::default()
    }

    /// End of the trading day as it was told, while that lies ahead.
    pub(crate) fn told_end(&self, now: TimeNs) -> Option<TimeNs> {
        Some(self.day_ends).filter(|ends| *ends > now)
    }

    /// A trading day, which ends then.
    pub(crate) fn set_day_end(&mut self, ends: TimeNs) -> Change {
        self.day_ends = ends;
        Change::default()
    }

    /// Data of this instrument can no longer be trusted.
    pub(crate) fn distrust(&mut self) -> Change {
        self.is_stale = true;
        Change::default()
    }

    pub(crate) fn trust(&mut self) -> Change {
        self.is_stale = false;
        Change::default()
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        self.instrument.put(w);
        for number in [self.touch.bid_price.0, self.touch.bid_qty.0, self.touch.ask_price.0, self.touch.ask_qty.0] {
            w.i64(number);
        }
        w.option(self.last, |w, price| w.i64(price.0));
        w.option(self.mark, |w, price| w.i64(price.0));
        for time in [self.times.bid, self.times.ask, self.times.last, self.times.mark] {
            w.u64(time.0);
        }
        w.flag(self.is_stale);
        // A status has a number below 32; the bits above it tell that the host halts it, and that a price from before a split,
        // an end of a day follow.
        let (split, day) = (u8::from(self.after_split.is_some()), u8::from(self.day_ends.0 != 0));
        w.u8(self.status.number() | split << 7 | day << 6 | u8::from(self.is_held) << 5);
        if let Some(HalfPrice(half)) = self.after_split {
            w.i128(half);
        }
        if self.day_ends.0 != 0 {
            w.u64(self.day_ends.0);
        }
        for side in [&self.book.bids, &self.book.asks] {
            w.list(side, |w, (price, qty)| {
                w.i64(price.0);
                w.i64(qty.0);
            });
        }
        w.u32(u32::try_from(self.bars.len()).expect("at most BARS_MAX"));
        self.bars.iter().for_each(|bar| bar.put(w));
    }
}

impl Change {
    fn between(old: &Quote, new: &Quote) -> Change {
        let shown = |qty: Qty| qty.0 > 0;
        let touch_price = old.bid_price != new.bid_price
            || old.ask_price != new.ask_price
            || shown(old.bid_qty) != shown(new.bid_qty)
            || shown(old.ask_qty) != shown(new.ask_qty);
        Change { touch_price, touch: old != new }
    }
}

/// Price levels of both sides, best first.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub(crate) bids: Vec<(Price, Qty)>,
    pub(crate) asks: Vec<(Price, Qty)>,
}

impl Book {
    /// Levels of one side (buy = bids), best first.
    #[must_use]
    pub fn side(&self, side: Side) -> &[(Price, Qty)] {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// Applies one record; sizes below 0 are the caller's to refuse.
    pub fn apply(&mut self, level: &BookLevel) {
        match level.action {
            BookAction::Clear => self.clear(),
            BookAction::Set => self.set(level),
        }
    }

    fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    fn set(&mut self, level: &BookLevel) {
        let levels = match level.side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let found = levels.binary_search_by(|(price, _)| match level.side {
            Side::Buy => level.price.cmp(price),
            Side::Sell => price.cmp(&level.price),
        });
        match (found, level.qty.0 > 0) {
            (Ok(at), true) => levels[at].1 = level.qty,
            (Ok(at), false) => {
                levels.remove(at);
            }
            (Err(at), true) if at < BOOK_LEVELS_MAX => {
                levels.insert(at, (level.price, level.qty));
                levels.truncate(BOOK_LEVELS_MAX);
            }
            (Err(_), _) => {}
        }
    }

    /// Best level of each side; size 0 = empty.
    #[must_use]
    pub fn touch(&self) -> Quote {
        let (bid_price, bid_qty) = self.bids.first().copied().unwrap_or_default();
        let (ask_price, ask_qty) = self.asks.first().copied().unwrap_or_default();
        Quote { bid_price, bid_qty, ask_price, ask_qty }
    }
}
