//! Form: does what an order asks for fit together?
//!
//! In: a submit, before any market is looked at. Out: nothing, or the rule of form that it breaks. Must never: know an
//! instrument, a market or a limit of Risk.

use crate::decision::{Malformed, MalformedCode};
use crate::ids::TimeNs;
use crate::intent::{Extras, OrderType, Submit, TimeInForce, Trail, TrailUnit, TriggerBy};
use crate::money::Qty;
use crate::normalize::{SLIPPAGE_BPS_MAX, malformed};

/// Largest trail in basis points: half the price.
pub const TRAIL_BPS_MAX: i64 = 5_000;

/// Checks of form, in the order in which they are made.
pub(super) fn check(submit: &Submit, now: TimeNs) -> Result<(), Malformed> {
    check_prices(submit)?;
    check_trigger(submit)?;
    check_liquidity(submit)?;
    check_slippage(submit)?;
    check_expiry(submit, now)?;
    check_display(submit)?;
    check_support(submit)
}

/// Limit and stop price stand where the type needs them and nowhere else.
fn check_prices(submit: &Submit) -> Result<(), Malformed> {
    let (needs_limit, needs_stop) = match submit.order_type {
        OrderType::Market | OrderType::MarketToLimit | OrderType::TrailingStopMarket | OrderType::TrailingStopLimit => {
            (false, false)
        }
        OrderType::Limit => (true, false),
        OrderType::StopMarket | OrderType::MarketIfTouched => (false, true),
        OrderType::StopLimit | OrderType::LimitIfTouched => (true, true),
    };
    if submit.limit_price.is_some() != needs_limit {
        return Err(malformed(MalformedCode::LimitPrice, submit.limit_price.map_or(0, |price| price.0), 0));
    }
    if submit.stop_price.is_some() != needs_stop {
        return Err(malformed(MalformedCode::StopPrice, submit.stop_price.map_or(0, |price| price.0), 0));
    }
    Ok(())
}

/// A trail belongs to trailing orders, a choice of trigger price to orders with a trigger.
fn check_trigger(submit: &Submit) -> Result<(), Malformed> {
    let Extras { trail, trigger_by, .. } = submit.extras;
    let offset_max = match trail.unit {
        TrailUnit::Price | TrailUnit::Ticks => i64::MAX,
        TrailUnit::Bps => TRAIL_BPS_MAX,
    };
    let is_trail_right = if submit.order_type.is_trailing() {
        let takes_limit = submit.order_type == OrderType::TrailingStopLimit;
        (1..=offset_max).contains(&trail.offset)
            && (0..=offset_max).contains(&trail.limit_offset)
            && (takes_limit || trail.limit_offset == 0)
    } else {
        trail == Trail::NONE
    };
    if !is_trail_right {
        return Err(malformed(MalformedCode::Trigger, trail.offset, offset_max));
    }
    if trigger_by != TriggerBy::Last && !submit.order_type.is_triggered() {
        return Err(malformed(MalformedCode::Trigger, i64::from(trigger_by.number()), 0));
    }
    Ok(())
}

/// Post-only is for orders that rest.
fn check_liquidity(submit: &Submit) -> Result<(), Malformed> {
    let takes = !has_limit(submit.order_type)
        || matches!(submit.tif, TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::AtOpen | TimeInForce::AtClose);
    if submit.post_only && takes {
        return Err(malformed(MalformedCode::PostOnly, i64::from(submit.tif.number()), 0));
    }
    Ok(())
}

/// A slippage bound is for orders that are market orders when they are sent.
fn check_slippage(submit: &Submit) -> Result<(), Malformed> {
    let takes_bound = match submit.order_type {
        OrderType::Market | OrderType::StopMarket | OrderType::MarketIfTouched | OrderType::TrailingStopMarket => true,
        OrderType::Limit
        | OrderType::StopLimit
        | OrderType::LimitIfTouched
        | OrderType::TrailingStopLimit
        | OrderType::MarketToLimit => false,
    };
    match submit.max_slippage_bps {
        Some(bps) if !takes_bound || bps > SLIPPAGE_BPS_MAX => {
            Err(malformed(MalformedCode::Slippage, i64::from(bps), i64::from(SLIPPAGE_BPS_MAX)))
        }
        Some(_) | None => Ok(()),
    }
}

/// An end is given where the time in force needs one and nowhere else, and it lies ahead.
fn check_expiry(submit: &Submit, now: TimeNs) -> Result<(), Malformed> {
    let needs_end = submit.tif == TimeInForce::Gtd;
    let end = submit.extras.expire_at;
    let shown = |time: TimeNs| i64::try_from(time.0).unwrap_or(i64::MAX);
    if (end != TimeNs(0)) != needs_end || (needs_end && end <= now) {
        return Err(malformed(MalformedCode::Expiry, shown(end), shown(now)));
    }
    // What is left of a market-to-limit order rests.
    let is_short = matches!(submit.tif, TimeInForce::Ioc | TimeInForce::Fok);
    if submit.order_type == OrderType::MarketToLimit && is_short {
        return Err(malformed(MalformedCode::Expiry, 0, i64::from(submit.tif.number())));
    }
    Ok(())
}

/// Only a limit order that stays can be shown in part.
fn check_display(submit: &Submit) -> Result<(), Malformed> {
    let display = submit.extras.display_qty;
    let rests = submit.order_type == OrderType::Limit
        && matches!(submit.tif, TimeInForce::Gtc | TimeInForce::Day | TimeInForce::Gtd);
    if display.0 < 0 || (display != Qty(0) && !rests) {
        return Err(malformed(MalformedCode::Display, display.0, 0));
    }
    Ok(())
}

/// What waits for the market to open or to close waits for nothing else.
fn check_support(submit: &Submit) -> Result<(), Malformed> {
    let is_plain = matches!(submit.order_type, OrderType::Market | OrderType::Limit);
    if submit.tif.is_of_session() && !(is_plain && submit.extras == Extras::NONE) {
        return Err(malformed(MalformedCode::Unsupported, i64::from(submit.tif.number()), 0));
    }
    Ok(())
}

/// True for types that have a limit price when they are sent.
const fn has_limit(order_type: OrderType) -> bool {
    match order_type {
        OrderType::Limit | OrderType::StopLimit | OrderType::LimitIfTouched | OrderType::TrailingStopLimit => true,
        OrderType::Market
        | OrderType::StopMarket
        | OrderType::MarketIfTouched
        | OrderType::TrailingStopMarket
        | OrderType::MarketToLimit => false,
    }
}
