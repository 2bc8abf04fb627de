//! Orders as they are asked for, line by line.
//!
//! In: lines with orders. Out: fills, and how each order ended. Must never: decide anything.

use hftbacktest::backtest::BacktestError;
use hftbacktest::prelude::Bot;
use hftbacktest::types::{ElapseResult, Order, Status};

use crate::input::{Line, What};
use crate::setting::Setting;
use crate::venue::{Venue, lots, place};

/// Runs to the end of the market. A fault of the backtester ends it early; the time stands in the sum.
pub(crate) fn run(setting: &Setting, lines: &[Line], venue: &mut Venue) -> Result<(), String> {
    let mut refused = 0;
    let mut fault = None;
    for line in lines {
        if let Err(error) = one(setting, line, venue, &mut refused) {
            fault = Some(error);
            break;
        }
    }
    if fault.is_none() {
        fault = venue.backtest.goto_end().err();
    }
    venue.print_fills(setting.lot);
    let mut orders: Vec<&Order> = venue.backtest.orders(0).values().collect();
    orders.sort_by_key(|order| order.order_id);
    for order in orders {
        let (id, left) = (order.order_id, lots(order.leaves_qty, setting.lot));
        println!(r#"{{"order":{{"id":{id},"status":"{}","left":{left}}}}}"#, name(order.status));
    }
    let fault = fault.map_or("null".to_owned(), |error| format!("{:?}", error.to_string()));
    let (fills, time) = (venue.fills(), venue.backtest.current_timestamp());
    println!(r#"{{"sum":{{"fills":{fills},"refused":{refused},"time":{time},"fault":{fault}}}}}"#);
    Ok(())
}

fn one(setting: &Setting, line: &Line, venue: &mut Venue, refused: &mut u64) -> Result<(), BacktestError> {
    let backtest = &mut venue.backtest;
    let what = match line.what {
        What::Quote { .. } | What::Level { .. } | What::Trade { .. } => return Ok(()),
        other => other,
    };
    // The clock starts with the first event.
    backtest.elapse(0)?;
    let ahead = line.time - backtest.current_timestamp();
    assert!(ahead >= 0, "orders come after the first event, oldest first");
    if backtest.elapse(ahead)? == ElapseResult::EndOfData {
        return Ok(());
    }
    let (price_of, qty_of) = (|ticks: i64| ticks as f64 * setting.tick, |lots: i64| lots as f64 * setting.lot);
    let done = match what {
        What::Submit { id, side, price, qty, tif } => place(backtest, (id, side), (price_of(price), qty_of(qty)), tif),
        What::Cancel { id } => backtest.cancel(0, id, false).map(drop),
        What::Amend { id, price, qty } => backtest.modify(0, id, price_of(price), qty_of(qty), false).map(drop),
        What::Quote { .. } | What::Level { .. } | What::Trade { .. } => unreachable!("left out above"),
    };
    // What it does not let out is no fault: a request for an order that is not known or has one under way.
    match done {
        Ok(()) => Ok(()),
        Err(BacktestError::OrderRequestInProcess | BacktestError::OrderNotFound) => {
            *refused += 1;
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn name(status: Status) -> &'static str {
    match status {
        Status::None => "none",
        Status::New => "new",
        Status::Expired => "expired",
        Status::Filled => "filled",
        Status::Canceled => "canceled",
        Status::PartiallyFilled => "partially-filled",
        Status::Rejected => "rejected",
        Status::Replaced => "replaced",
        Status::Unsupported => "unsupported",
    }
}
