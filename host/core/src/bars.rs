//! Bars: which bars do these trades make?
//!
//! In: a specification, the trades of one instrument in order, the passing of time. Out: closed bars. Must never: close a
//! bar before its time, put a trade into a bar that closed before it, split a trade, or round: all numbers are integers.
//!
//! A bar by time holds the trades from its start up to, and without, its end. A bar of another kind closes with the trade
//! that completes it, which is its last; nothing is carried over to the next one. There is no bar without a trade (bricks
//! beyond the first of one trade aside). What is not complete when a session ends is not told.
//!
//! A trade is a buy or a sell by its aggressor, where the feed tells, else by the tick rule ([`TickRule`]).

use crate::event::{Bar, Trade};
use crate::ids::TimeNs;
use crate::instrument::{Instrument, Side};
use crate::money::{Price, Qty};
use crate::plan::BarSpec;

/// Most bricks that one trade makes: what is left of a longer way is one bar, so that no price makes work without bound: a
/// strategy with [`crate::plan::BAR_SPECS_MAX`] kinds of bricks is called some thousand times at the most.
pub(crate) const BRICKS_MAX: u64 = 16;

/// Who took: told by the feed, or a trade above the one before is a buy, one below it a sell, and one at the same price what
/// the one before was. The first is a buy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TickRule {
    last: Option<Price>,
    is_sell: bool,
}

impl TickRule {
    /// The side of the next trade.
    pub(crate) fn side(&mut self, trade: &Trade) -> Side {
        let before = self.last.replace(trade.price).unwrap_or(trade.price);
        self.is_sell = match trade.aggressor {
            Some(side) => side == Side::Sell,
            None if trade.price == before => self.is_sell,
            None => trade.price < before,
        };
        if self.is_sell { Side::Sell } else { Side::Buy }
    }

    pub(crate) fn put(&self, w: &mut crate::canonical::Writer) {
        w.option(self.last, |w, price| w.i64(price.0));
        w.flag(self.is_sell);
    }
}

/// Builds the bars of one specification.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BarBuilder {
    spec: BarSpec,
    /// Size in the unit of the sums.
    limit: i128,
    /// What the value of a trade is multiplied by.
    multiplier: i64,
    /// Trades since the last close.
    open: Option<Bar>,
    /// Trades, quantity or value of buys and of sells since the last close.
    buys: i128,
    sells: i128,
    /// Where the last brick ended, and whether it went down; `None` before the first trade.
    brick: Option<(Price, Option<Side>)>,
}

impl BarBuilder {
    /// A builder that has seen nothing. The specification has to be a possible one.
    ///
    /// # Panics
    /// When it is not.
    pub(crate) fn new(spec: BarSpec, instrument: &Instrument) -> BarBuilder {
        assert!(spec.is_possible(), "plans with impossible bars are refused");
        let size = i128::from(spec.size());
        // A value is price x quantity x multiplier, at the sum of their scales; the size is at that of the price alone.
        let unit = i128::from(instrument.qty_scale.unit()) * i128::from(instrument.multiplier.scale.unit());
        let limit = if is_by_value(spec) { size.saturating_mul(unit) } else { size };
        let multiplier = instrument.multiplier.mantissa;
        BarBuilder { spec, limit, multiplier, open: None, buys: 0, sells: 0, brick: None }
    }

    /// What is built.
    pub(crate) fn spec(&self) -> BarSpec {
        self.spec
    }

    /// When the open bar by time ends; `None` where no time closes anything.
    pub(crate) fn due(&self) -> Option<TimeNs> {
        let length_ns = self.spec.length_ns()?;
        self.open.map(|bar| bar.open_time.plus(length_ns))
    }

    /// Closes the bar that has ended by `now`.
    pub(crate) fn pass(&mut self, now: TimeNs) -> Option<Bar> {
        self.due().filter(|due| *due <= now)?;
        self.take()
    }

    /// Takes a trade that `side` made; `closed` gets the bars that this closes, in order.
    pub(crate) fn trade(&mut self, (trade, side): (&Trade, Side), time: TimeNs, mut closed: impl FnMut(Bar)) {
        if let Some(bar) = self.pass(time) {
            closed(bar);
        }
        let bar = self.open.get_or_insert_with(|| opened(self.spec, trade.price, time));
        bar.high = bar.high.max(trade.price);
        bar.low = bar.low.min(trade.price);
        bar.close = trade.price;
        bar.volume = Qty(bar.volume.0.saturating_add(trade.qty.0));
        let (high, low) = (bar.high, bar.low);
        if let BarSpec::Renko(size) = self.spec {
            return self.lay(trade.price, size, closed);
        }
        let weight = self.weight(trade);
        let sum = match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        };
        *sum = sum.saturating_add(weight);
        if self.is_complete(i128::from(high.0) - i128::from(low.0)) {
            self.take().into_iter().for_each(closed);
        }
    }

    /// What a trade counts: itself, its quantity, or its value.
    fn weight(&self, trade: &Trade) -> i128 {
        match self.spec {
            BarSpec::Ticks(_) | BarSpec::TickImbalance(_) | BarSpec::TickRuns(_) => 1,
            BarSpec::Volume(_) | BarSpec::VolumeImbalance(_) | BarSpec::VolumeRuns(_) => i128::from(trade.qty.0),
            BarSpec::Value(_) | BarSpec::ValueImbalance(_) | BarSpec::ValueRuns(_) => {
                let paid = i128::from(trade.price.0.unsigned_abs()) * i128::from(trade.qty.0);
                paid.saturating_mul(i128::from(self.multiplier))
            }
            BarSpec::TimeNs(_) | BarSpec::Renko(_) | BarSpec::Range(_) => 0,
        }
    }

    fn is_complete(&self, range: i128) -> bool {
        match self.spec {
            BarSpec::TimeNs(_) | BarSpec::Renko(_) => false,
            BarSpec::Ticks(_) | BarSpec::Volume(_) | BarSpec::Value(_) => {
                self.buys.saturating_add(self.sells) >= self.limit
            }
            BarSpec::TickImbalance(_) | BarSpec::VolumeImbalance(_) | BarSpec::ValueImbalance(_) => {
                (self.buys - self.sells).abs() >= self.limit
            }
            BarSpec::TickRuns(_) | BarSpec::VolumeRuns(_) | BarSpec::ValueRuns(_) => {
                self.buys.max(self.sells) >= self.limit
            }
            BarSpec::Range(_) => range >= self.limit,
        }
    }

    fn take(&mut self) -> Option<Bar> {
        (self.buys, self.sells) = (0, 0);
        self.open.take()
    }

    /// Lays the bricks that a price completes: on from the last one in its direction, against it from its other end.
    fn lay(&mut self, price: Price, size: i64, mut closed: impl FnMut(Bar)) {
        let (end, direction) = *self.brick.get_or_insert((price, None));
        let (now, end, size) = (i128::from(price.0), i128::from(end.0), i128::from(size));
        let back = |side: Side| if direction == Some(side.opposite()) { size } else { 0 };
        let (above, below) = (end + back(Side::Buy), end - back(Side::Sell));
        let (up, down) = ((now - above).div_euclid(size), (below - now).div_euclid(size));
        let (start, count, side) = match (up > 0, down > 0) {
            (true, _) => (above, up, Side::Buy),
            (false, true) => (below, down, Side::Sell),
            (false, false) => return,
        };
        let step = if side == Side::Buy { size } else { -size };
        let at = |bricks: i128| Price(i64::try_from(start + bricks * step).expect("between two prices"));
        let formed = self.take().expect("this trade is in it");
        for brick in 0..count.min(i128::from(BRICKS_MAX)) {
            let is_last = brick + 1 == i128::from(BRICKS_MAX);
            let (open, close) = (at(brick), at(if is_last { count } else { brick + 1 }));
            closed(laid(&formed, (open, close), brick == 0));
        }
        self.brick = Some((at(count), Some(side)));
    }

    pub(crate) fn put(&self, w: &mut crate::canonical::Writer) {
        crate::plan::put_bars(w, self.spec);
        w.option(self.open, |w, bar| bar.put(w));
        w.i128(self.buys);
        w.i128(self.sells);
        w.option(self.brick, |w, (end, side)| {
            w.i64(end.0);
            w.option(side, |w, side| w.u8(side.number()));
        });
    }
}

fn is_by_value(spec: BarSpec) -> bool {
    matches!(spec, BarSpec::Value(_) | BarSpec::ValueImbalance(_) | BarSpec::ValueRuns(_))
}

/// A bar with its first trade still to be counted. Bars by time open on their grid.
fn opened(spec: BarSpec, price: Price, time: TimeNs) -> Bar {
    let open_time = spec.length_ns().map_or(time, |ns| TimeNs(time.0 - time.0 % ns));
    let volume = Qty(0);
    Bar { open: price, high: price, low: price, close: price, volume, open_time, interval_ns: spec.code() }
}

/// A brick. The first of a trade has what was traded since the one before it, and reaches as far against its direction as
/// prices did; the others of the same trade are bare.
fn laid(formed: &Bar, (open, close): (Price, Price), is_first: bool) -> Bar {
    let (mut high, mut low) = (open.max(close), open.min(close));
    if is_first && open < close {
        low = low.min(formed.low);
    } else if is_first {
        high = high.max(formed.high);
    }
    let volume = if is_first { formed.volume } else { Qty(0) };
    Bar { open, high, low, close, volume, ..*formed }
}

#[cfg(test)]
mod tests;
