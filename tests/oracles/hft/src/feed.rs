//! How is a market told to hftbacktest, whose events are levels and trades?
//!
//! In: market lines. Out: its events, with one time for the exchange and for who looks on. Must never: invent a size.
//!
//! A quote becomes: every level that is better than the new touch is gone, then the bid has its size, then the ask. A
//! level that the touch has left behind keeps the size it had, as it would where the exchange told of it no more.

use std::collections::BTreeSet;

use hftbacktest::types::{BUY_EVENT, DEPTH_EVENT, EXCH_EVENT, Event, LOCAL_EVENT, SELL_EVENT, Side, TRADE_EVENT};

use crate::input::{Line, What};
use crate::setting::Setting;

/// Levels that were told with a size, by side.
#[derive(Default)]
struct Held {
    bids: BTreeSet<i64>,
    asks: BTreeSet<i64>,
}

pub(crate) fn events(setting: &Setting, lines: &[Line]) -> Vec<Event> {
    let mut held = Held::default();
    let mut events = Vec::with_capacity(lines.len() * 2);
    for Line { time, what } in lines {
        let mut tell = |kind: u64, price: i64, size: i64| events.push(event(setting, (*time, kind), (price, size)));
        match *what {
            What::Quote { bid, ask } => {
                for gone in held.bids.split_off(&(bid.0 + 1)) {
                    tell(BUY_EVENT | DEPTH_EVENT, gone, 0);
                }
                let kept = held.asks.split_off(&ask.0);
                for gone in std::mem::replace(&mut held.asks, kept) {
                    tell(SELL_EVENT | DEPTH_EVENT, gone, 0);
                }
                tell(BUY_EVENT | DEPTH_EVENT, bid.0, bid.1);
                tell(SELL_EVENT | DEPTH_EVENT, ask.0, ask.1);
                held.bids.insert(bid.0);
                held.asks.insert(ask.0);
            }
            What::Level { side, price, size } => tell(of_side(side) | DEPTH_EVENT, price, size),
            What::Trade { aggressor, price, size } => tell(of_side(aggressor) | TRADE_EVENT, price, size),
            What::Submit { .. } | What::Cancel { .. } | What::Amend { .. } => {}
        }
    }
    events
}

fn of_side(side: Side) -> u64 {
    if side == Side::Buy { BUY_EVENT } else { SELL_EVENT }
}

fn event(setting: &Setting, (time, kind): (i64, u64), (price, size): (i64, i64)) -> Event {
    Event {
        ev: EXCH_EVENT | LOCAL_EVENT | kind,
        exch_ts: time,
        local_ts: time,
        px: price as f64 * setting.tick,
        qty: size as f64 * setting.lot,
        order_id: 0,
        ival: 0,
        fval: 0.0,
    }
}
