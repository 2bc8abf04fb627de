//! Limits: what do the keys of `[risk]` and the venues' rules mean for the core?
//!
//! In: checked values. Out: limits, windows and rates, and problems where two keys do not go together. Must never: give a
//! limit that was not written.

use std::num::NonZeroU32;

use ringfence_core::config::{OrderToTrade, Pacing, RiskLimits, Velocity, Venue, Window};

use super::build::about;
use super::checked::Table;
use super::problem::{ConfigCode, Problem, Problems};
use super::wires;

/// The limits of Risk.
pub(super) fn risk(table: &Table, problems: &mut Problems) -> Option<RiskLimits> {
    let small =
        |limit: Option<u64>| limit.map(|number| u32::try_from(number).expect("the range of the key ends below 2^32"));
    let denies = |key: &str| Some(table.text(key)? == "deny");
    Some(RiskLimits {
        order_qty_min: table.decimal_limit("order_qty_min")?,
        order_qty_max: table.decimal_limit("order_qty_max")?,
        order_notional_min: table.decimal_limit("order_notional_min")?,
        order_notional_max: table.decimal_limit("order_notional_max")?,
        position_strategy_max: table.decimal_limit("position_strategy_max")?,
        position_instrument_max: table.decimal_limit("position_instrument_max")?,
        position_account_max: table.decimal_limit("position_account_max")?,
        exposure_gross_max: table.decimal_limit("exposure_gross_max")?,
        exposure_net_max: table.decimal_limit("exposure_net_max")?,
        exposure_asset_max: table.decimal_limit("exposure_asset_max")?,
        exposure_counterparty_max: table.decimal_limit("exposure_counterparty_max")?,
        leverage_max: table.decimal_limit("leverage_max")?,
        margin_initial_use_max_bps: small(table.integer_limit("margin_initial_use_max_bps")?),
        margin_maintenance_use_max_bps: small(table.integer_limit("margin_maintenance_use_max_bps")?),
        balance_min: table.decimal_limit("balance_min")?,
        drawdown_session_max: table.decimal_limit("drawdown_session_max")?,
        drawdown_peak_max: table.decimal_limit("drawdown_peak_max")?,
        loss_day_max: table.decimal_limit("loss_day_max")?,
        strategy_capital_use_max_bps: small(table.integer_limit("strategy_capital_use_max_bps")?),
        strategy_loss_max: table.decimal_limit("strategy_loss_max")?,
        price_collar_bps: small(table.integer_limit("price_collar_bps")?),
        open_orders_max: small(table.integer_limit("open_orders_max")?),
        velocity: velocity(table, problems)?,
        order_to_trade: order_to_trade(table, problems)?,
        duplicate_window_ns: table.duration_limit("duplicate_window")?,
        market_age_ns_max: table.duration_limit("market_age_max")?,
        self_trade: denies("self_trade")?,
        venue_unavailable: denies("venue_unavailable")?,
        venue_window: denies("venue_window")?,
        region_blocked: denies("region_blocked")?,
        leverage_reported: denies("leverage_reported")?,
        margin_mode_reported: denies("margin_mode_reported")?,
    })
}

fn velocity(table: &Table, problems: &mut Problems) -> Option<Option<Velocity>> {
    let orders_max = table.integer_limit("velocity_orders_max")?;
    let window = table.duration_limit("velocity_window")?;
    match (orders_max.and_then(|orders| u32::try_from(orders).ok()), window) {
        (Some(orders_max), Some(window_ns)) if window_ns > 0 => Some(Some(Velocity { orders_max, window_ns })),
        (None, None) => Some(None),
        (Some(_), _) => half(table, ("velocity_window", "velocity_orders_max needs a window above 0"), problems),
        (None, Some(_)) => half(table, ("velocity_orders_max", "velocity_window needs a number of orders"), problems),
    }
}

fn order_to_trade(table: &Table, problems: &mut Problems) -> Option<Option<OrderToTrade>> {
    let number = |key: &str| Some(table.integer_limit(key)?.and_then(|number| u32::try_from(number).ok()));
    match (number("order_to_trade_max")?, number("order_to_trade_free")?) {
        (Some(ratio_max), Some(free)) => Some(Some(OrderToTrade { ratio_max, free })),
        (None, None) => Some(None),
        (Some(_), None) => {
            half(table, ("order_to_trade_free", "order_to_trade_max needs a number of free messages"), problems)
        }
        (None, Some(_)) => half(table, ("order_to_trade_max", "order_to_trade_free needs a ratio"), problems),
    }
}

/// One key of a pair is off and the other is not.
fn half<T>(table: &Table, (key, message): (&str, &str), problems: &mut Problems) -> Option<T> {
    let fix = Some("give both a value, or both the word \"off\"".to_owned());
    problems.add(Problem { fix, ..about(table, key, ConfigCode::Reference, message) });
    None
}

/// A venue with its windows, blocked regions and pacing.
pub(super) fn venue(name: String, table: &Table, problems: &mut Problems) -> Venue {
    let regions_blocked = table.texts("regions_blocked").map(|(region, _)| region.to_owned()).collect();
    let mut windows = Vec::new();
    for (text, origin) in table.texts("windows") {
        match window(text) {
            Some(window) => windows.push(window),
            None => problems.add(Problem {
                origin: origin.clone(),
                value: Some(format!("{text:?}")),
                fix: Some("write days and times in UTC, for example \"mon-fri 14:30-21:00\"".to_owned()),
                ..about(table, "windows", ConfigCode::Value, "is not a window")
            }),
        }
    }
    let (leverage, margin_mode) = (wires::leverage(table).map(NonZeroU32::get), wires::margin_mode(table));
    Venue { name, windows, regions_blocked, pacing: pacing(table, problems), leverage, margin_mode }
}

/// The rates of a venue or account.
pub(super) fn pacing(table: &Table, problems: &mut Problems) -> Option<Pacing> {
    let table = table.table("pacing")?;
    let number = |key: &str| u32::try_from(table.integer(key)?).ok();
    let pacing = Pacing {
        per_s: number("per_s")?,
        burst: number("burst")?,
        submit: number("submit")?,
        amend: number("amend")?,
        cancel: number("cancel")?,
        cancel_reserve: number("cancel_reserve")?,
    };
    if pacing.is_sound() {
        return Some(pacing);
    }
    let message = "a full bucket, less the reserve for cancels, does not pay for one order or amend (or for a cancel)";
    let fix = Some("raise burst, or lower cancel_reserve and the weights".to_owned());
    problems.add(Problem { fix, ..about(table, "burst", ConfigCode::Value, message) });
    None
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// `mon-fri 14:30-21:00`, `sat 00:00-24:00`, `mon,wed 22:00-04:00` (to the next day).
pub(super) fn window(text: &str) -> Option<Window> {
    let (days, times) = text.split_once(' ')?;
    let mut mask = 0_u8;
    for part in days.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let day = |name: &str| DAYS.iter().position(|known| *known == name);
        let (first, last) = (day(first)?, day(last)?);
        let count = (last + 7 - first) % 7;
        for at in first..=first + count {
            mask |= 1 << (at % 7);
        }
    }
    let (from, to) = times.trim().split_once('-')?;
    let (from_s, to_s) = (second(from)?, second(to)?);
    // Midnight at the end of a day is the start of the next.
    (from_s < 86_400).then_some(Window { days: mask, from_s, to_s: if to_s == 86_400 { 0 } else { to_s } })
}

/// `hh:mm` or `hh:mm:ss`, to `24:00`.
pub(super) fn second(text: &str) -> Option<u32> {
    let mut parts = text.split(':').map(|part| part.parse::<u32>().ok().filter(|_| part.len() == 2));
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    let is_time = parts.next().is_none() && hours <= 24 && minutes < 60 && seconds < 60;
    let total = hours * 3_600 + minutes * 60 + seconds;
    (is_time && total <= 86_400).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_days_and_times() {
        let window = |text| window(text).map(|window| (window.days, window.from_s, window.to_s));
        assert_eq!(window("mon-fri 14:30-21:00"), Some((0b001_1111, 52_200, 75_600)));
        assert_eq!(window("sat-mon 00:00-24:00"), Some((0b110_0001, 0, 0)));
        assert_eq!(window("mon,wed 22:00:01-04:00"), Some((0b000_0101, 79_201, 14_400)));
        for bad in ["", "mon", "mon 1:00-2:00", "mon 24:00-01:00", "xyz 01:00-02:00", "mon 01:60-02:00", "mon 01:00"] {
            assert_eq!(window(bad), None, "{bad}");
        }
    }
}
