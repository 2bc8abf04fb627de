//! Bars: what traded in each stretch of time?
//!
//! In: trades. Out: bars of a minute, and of whole numbers of minutes made of them. Must never: invent a bar without a
//! trade.

use std::collections::BTreeMap;

use super::tape::Trade;
use crate::amount::Amount;

/// Minutes that are remembered for a symbol: a week.
const MINUTES_MAX: usize = 10_080;
const MINUTE_MS: u64 = 60_000;
/// The first Monday of the epoch, at which weeks begin.
const MONDAY_MS: u64 = 4 * 86_400_000;

/// One bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) open_ms: u64,
    pub(crate) open: Amount,
    pub(crate) high: Amount,
    pub(crate) low: Amount,
    pub(crate) close: Amount,
    pub(crate) qty: Amount,
    pub(crate) money: Amount,
    pub(crate) taker_qty: Amount,
    pub(crate) taker_money: Amount,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) count: u64,
}

/// Bars of one symbol.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bars {
    minutes: BTreeMap<u64, Bar>,
}

impl Bars {
    pub(crate) fn note(&mut self, trade: &Trade) {
        let open_ms = trade.time_ms - trade.time_ms % MINUTE_MS;
        let bar = Bar::of(trade, open_ms);
        self.minutes.entry(open_ms).and_modify(|all| all.extend(&bar)).or_insert(bar);
        if self.minutes.len() > MINUTES_MAX {
            self.minutes.pop_first();
        }
    }

    /// Bars of a length, oldest first.
    pub(crate) fn of(&self, length_ms: u64, from_ms: u64) -> Vec<Bar> {
        let mut bars: Vec<Bar> = Vec::new();
        for minute in self.minutes.range(start(from_ms, length_ms)..).map(|(_, bar)| bar) {
            let open_ms = start(minute.open_ms, length_ms);
            match bars.last_mut().filter(|bar| bar.open_ms == open_ms) {
                Some(bar) => bar.extend(minute),
                None => bars.push(Bar { open_ms, ..*minute }),
            }
        }
        bars
    }
}

impl Bar {
    fn of(trade: &Trade, open_ms: u64) -> Self {
        let money = trade.price.times(trade.qty);
        let (taker_qty, taker_money) =
            if trade.is_buyer_maker { (Amount::ZERO, Amount::ZERO) } else { (trade.qty, money) };
        Self {
            open_ms,
            open: trade.price,
            high: trade.price,
            low: trade.price,
            close: trade.price,
            qty: trade.qty,
            money,
            taker_qty,
            taker_money,
            first: trade.id,
            last: trade.id,
            count: 1,
        }
    }

    fn extend(&mut self, later: &Self) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.qty += later.qty;
        self.money += later.money;
        self.taker_qty += later.taker_qty;
        self.taker_money += later.taker_money;
        self.last = later.last;
        self.count += later.count;
    }
}

fn start(time_ms: u64, length_ms: u64) -> u64 {
    const WEEK_MS: u64 = 7 * 86_400_000;
    let offset = if length_ms == WEEK_MS { MONDAY_MS } else { 0 };
    let since = time_ms.saturating_sub(offset);
    since - since % length_ms + offset
}

/// Length of an interval's name.
pub(crate) fn length_ms(name: &str) -> Option<u64> {
    let minutes = match name {
        "1m" => 1,
        "3m" => 3,
        "5m" => 5,
        "15m" => 15,
        "30m" => 30,
        "1h" => 60,
        "2h" => 120,
        "4h" => 240,
        "6h" => 360,
        "8h" => 480,
        "12h" => 720,
        "1d" => 1_440,
        "3d" => 4_320,
        "1w" => 10_080,
        _ => return None,
    };
    Some(minutes * MINUTE_MS)
}
