//! One order at each touch, as the example strategy `touch-maker` wants it.
//!
//! In: wakes. Out: orders. Must never: be woken twice by one time stamp, or by trades alone.

use std::collections::BTreeSet;

use hftbacktest::depth::MarketDepth;
use hftbacktest::prelude::Bot;
use hftbacktest::types::{ElapseResult, Side, Status, TimeInForce};

use crate::input::{Line, What};
use crate::setting::Setting;
use crate::venue::{Venue, lots, place};

#[derive(Default)]
struct Count {
    orders: u64,
    canceled: usize,
    wakes: u64,
}

pub(crate) fn run(
    setting: &Setting,
    lines: &[Line],
    (qty, position_max): (i64, i64),
    venue: &mut Venue,
) -> Result<(), String> {
    let quoted: BTreeSet<i64> =
        lines.iter().filter(|line| matches!(line.what, What::Quote { .. })).map(|line| line.time).collect();
    let mut count = Count::default();
    loop {
        let woken = venue.backtest.wait_next_feed(false, i64::MAX / 4).map_err(|error| error.to_string())?;
        let orders = venue.backtest.orders(0).values();
        count.canceled += orders.filter(|order| order.status == Status::Canceled).count();
        venue.backtest.clear_inactive_orders(Some(0));
        if woken == ElapseResult::EndOfData {
            break;
        }
        if quoted.contains(&venue.backtest.current_timestamp()) {
            count.wakes += 1;
            want(setting, (qty, position_max), venue, &mut count).map_err(|error| error.to_string())?;
        }
    }
    venue.print_fills(setting.lot);
    print_sum(setting, venue, &count);
    Ok(())
}

/// Cancels what should not stand, and places what should.
fn want(
    setting: &Setting,
    (qty, position_max): (i64, i64),
    venue: &mut Venue,
    count: &mut Count,
) -> Result<(), hftbacktest::backtest::BacktestError> {
    let backtest = &mut venue.backtest;
    let position = lots(backtest.position(0), setting.lot);
    let depth = backtest.depth(0);
    let wants = [
        (Side::Buy, depth.best_bid_tick(), position + qty <= position_max),
        (Side::Sell, depth.best_ask_tick(), qty - position <= position_max),
    ];
    for (side, touch, is_wanted) in wants {
        let live = backtest.orders(0).values().filter(|order| order.side == side && order.req != Status::Canceled);
        let live: Vec<(u64, i64)> = live.map(|order| (order.order_id, order.price_tick)).collect();
        let mut stands = false;
        for (id, price) in live {
            if is_wanted && price == touch {
                stands = true;
            } else {
                backtest.cancel(0, id, false)?;
            }
        }
        if is_wanted && !stands {
            count.orders += 1;
            let (price, qty) = (touch as f64 * setting.tick, qty as f64 * setting.lot);
            place(backtest, (count.orders, side), (price, qty), TimeInForce::GTX)?;
        }
    }
    Ok(())
}

fn print_sum(setting: &Setting, venue: &Venue, count: &Count) {
    let (values, depth) = (venue.backtest.state_values(0), venue.backtest.depth(0));
    let middle = (depth.best_bid() + depth.best_ask()) / 2.0;
    let gain = values.balance + values.position * middle - values.fee;
    let Count { orders, canceled, wakes } = count;
    let (fills, position) = (venue.fills(), lots(values.position, setting.lot));
    println!(
        r#"{{"sum":{{"wakes":{wakes},"orders":{orders},"fills":{fills},"cancels":{canceled},"position":{position},"fees":{},"gain":{gain}}}}}"#,
        values.fee
    );
}
