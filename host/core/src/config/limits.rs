//! Limits: which numbers may Risk hold an order against?
//!
//! In: values checked at the edge, or canonical bytes. Out: limits, each a value or off. Must never: have a default that
//! allows more than what was written.

use crate::canonical::{Read, Reader, Writer};
use crate::money::Decimal;

/// Most allowances that a velocity limit can count: State keeps the time of each.
pub const VELOCITY_ORDERS_MAX: u32 = 10_000;

/// Limits of Risk; `None` (or false) is the word `off`, never a default.
///
/// "Reservations included" means: with everything allowed and unfinished counted as if it filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RiskLimits {
    /// Smallest order quantity, in units.
    pub order_qty_min: Option<Decimal>,
    /// Largest order quantity, in units.
    pub order_qty_max: Option<Decimal>,
    /// Smallest order value, in the quote currency.
    pub order_notional_min: Option<Decimal>,
    /// Largest order value, in the quote currency.
    pub order_notional_max: Option<Decimal>,
    /// Largest position of one strategy in one instrument, either side, reservations included, in units.
    pub position_strategy_max: Option<Decimal>,
    /// Largest position of all accounts in one instrument, either side, reservations included, in units.
    pub position_instrument_max: Option<Decimal>,
    /// Largest position of one account in one instrument, either side, reservations included, in units.
    pub position_account_max: Option<Decimal>,
    /// Largest sum of absolute exposures of an account, reservations included, in its currency.
    pub exposure_gross_max: Option<Decimal>,
    /// Largest absolute sum of signed exposures of an account, reservations included, in its currency.
    pub exposure_net_max: Option<Decimal>,
    /// Largest sum of absolute exposures in one asset over all accounts, reservations included, in the base currency.
    pub exposure_asset_max: Option<Decimal>,
    /// Largest sum of absolute exposures to one counterparty over all accounts, reservations included, in the base
    /// currency.
    pub exposure_counterparty_max: Option<Decimal>,
    /// Largest gross exposure of an account as a multiple of its equity.
    pub leverage_max: Option<Decimal>,
    /// Largest part of an account's equity that initial margin may take, in basis points.
    pub margin_initial_use_max_bps: Option<u32>,
    /// Largest part of an account's equity that maintenance margin may take, in basis points.
    pub margin_maintenance_use_max_bps: Option<u32>,
    /// Least cash of an account after every fully paid purchase under way, in its currency.
    pub balance_min: Option<Decimal>,
    /// Largest fall of an account's equity below that at the start of the session, in its currency.
    pub drawdown_session_max: Option<Decimal>,
    /// Largest fall of an account's equity below its highest after a fill, in its currency.
    pub drawdown_peak_max: Option<Decimal>,
    /// Largest fall of an account's equity below that at the start of the day (UTC), in its currency.
    pub loss_day_max: Option<Decimal>,
    /// Largest exposure of a strategy in basis points of its capital, reservations included.
    pub strategy_capital_use_max_bps: Option<u32>,
    /// Largest fall of a strategy's equity below its capital; a strategy's own limit replaces it.
    pub strategy_loss_max: Option<Decimal>,
    /// Largest distance of a limit price from the reference, to the worse side, in basis points.
    pub price_collar_bps: Option<u32>,
    /// Most open orders of one strategy, queued ones included.
    pub open_orders_max: Option<u32>,
    /// Most orders and amends of one strategy in a sliding window.
    pub velocity: Option<Velocity>,
    /// Most messages of one strategy for each of its fills.
    pub order_to_trade: Option<OrderToTrade>,
    /// The same terms again from one strategy within so many ns of event time.
    pub duplicate_window_ns: Option<u64>,
    /// Largest age in ns of event time of the price that an order is judged with.
    pub market_age_ns_max: Option<u64>,
    /// Deny what would trade with an own order of the account.
    pub self_trade: bool,
    /// Deny new orders while their venue cannot be reached.
    pub venue_unavailable: bool,
    /// Deny outside the venue's windows.
    pub venue_window: bool,
    /// Deny at venues that block this host's region.
    pub region_blocked: bool,
    /// Deny on margin until the venue has reported the leverage in force.
    pub leverage_reported: bool,
    /// Deny on margin until the venue has reported the margin mode in force.
    pub margin_mode_reported: bool,
}

/// So many in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Velocity {
    /// Orders and amends, 1 to [`VELOCITY_ORDERS_MAX`].
    pub orders_max: u32,
    /// Length of the window in ns of event time, above 0.
    pub window_ns: u64,
}

/// So many messages for each fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderToTrade {
    /// Orders, amends and cancels for each fill, above 0.
    pub ratio_max: u32,
    /// So many messages are free before the ratio counts.
    pub free: u32,
}

impl RiskLimits {
    pub(super) fn put(&self, w: &mut Writer) {
        for limit in [
            self.order_qty_min,
            self.order_qty_max,
            self.order_notional_min,
            self.order_notional_max,
            self.position_strategy_max,
            self.position_instrument_max,
            self.position_account_max,
            self.exposure_gross_max,
            self.exposure_net_max,
            self.exposure_asset_max,
            self.exposure_counterparty_max,
            self.leverage_max,
            self.balance_min,
            self.drawdown_session_max,
            self.drawdown_peak_max,
            self.loss_day_max,
            self.strategy_loss_max,
        ] {
            w.option(limit, Writer::decimal);
        }
        for limit in [
            self.margin_initial_use_max_bps,
            self.margin_maintenance_use_max_bps,
            self.strategy_capital_use_max_bps,
            self.price_collar_bps,
            self.open_orders_max,
        ] {
            w.option(limit, Writer::u32);
        }
        w.option(self.velocity, |w, velocity| {
            w.u32(velocity.orders_max);
            w.u64(velocity.window_ns);
        });
        w.option(self.order_to_trade, |w, limit| {
            w.u32(limit.ratio_max);
            w.u32(limit.free);
        });
        w.option(self.duplicate_window_ns, Writer::u64);
        w.option(self.market_age_ns_max, Writer::u64);
        for is_asked in [
            self.self_trade,
            self.venue_unavailable,
            self.venue_window,
            self.region_blocked,
            self.leverage_reported,
            self.margin_mode_reported,
        ] {
            w.flag(is_asked);
        }
    }

    pub(super) fn take(r: &mut Reader<'_>) -> Read<RiskLimits> {
        let limits = RiskLimits {
            order_qty_min: r.option(Reader::decimal)?,
            order_qty_max: r.option(Reader::decimal)?,
            order_notional_min: r.option(Reader::decimal)?,
            order_notional_max: r.option(Reader::decimal)?,
            position_strategy_max: r.option(Reader::decimal)?,
            position_instrument_max: r.option(Reader::decimal)?,
            position_account_max: r.option(Reader::decimal)?,
            exposure_gross_max: r.option(Reader::decimal)?,
            exposure_net_max: r.option(Reader::decimal)?,
            exposure_asset_max: r.option(Reader::decimal)?,
            exposure_counterparty_max: r.option(Reader::decimal)?,
            leverage_max: r.option(Reader::decimal)?,
            balance_min: r.option(Reader::decimal)?,
            drawdown_session_max: r.option(Reader::decimal)?,
            drawdown_peak_max: r.option(Reader::decimal)?,
            loss_day_max: r.option(Reader::decimal)?,
            strategy_loss_max: r.option(Reader::decimal)?,
            margin_initial_use_max_bps: r.option(Reader::u32)?,
            margin_maintenance_use_max_bps: r.option(Reader::u32)?,
            strategy_capital_use_max_bps: r.option(Reader::u32)?,
            price_collar_bps: r.option(Reader::u32)?,
            open_orders_max: r.option(Reader::u32)?,
            velocity: r.option(|r| Ok(Velocity { orders_max: r.u32()?, window_ns: r.u64()? }))?,
            order_to_trade: r.option(|r| Ok(OrderToTrade { ratio_max: r.u32()?, free: r.u32()? }))?,
            duplicate_window_ns: r.option(Reader::u64)?,
            market_age_ns_max: r.option(Reader::u64)?,
            self_trade: r.flag()?,
            venue_unavailable: r.flag()?,
            venue_window: r.flag()?,
            region_blocked: r.flag()?,
            leverage_reported: r.flag()?,
            margin_mode_reported: r.flag()?,
        };
        let counts = limits.velocity.is_none_or(|v| (1..=VELOCITY_ORDERS_MAX).contains(&v.orders_max));
        let ratio = limits.order_to_trade.is_none_or(|limit| limit.ratio_max > 0);
        if counts && ratio { Ok(limits) } else { Err(r.invalid("limit outside its range")) }
    }
}
