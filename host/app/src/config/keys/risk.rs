//! Keys of Risk: which limits are there?
//!
//! In: nothing. Out: the keys of `[risk]`. Must never: give one of them a default.

use super::super::kind::Key;
use super::super::kind::Kind::{Choice, Decimal, Duration, Integer, OrOff, Text};
use super::super::kind::Need::{Optional, Required};
use super::super::kind::Sign::{Any, NotNegative, Positive};
use super::key;

pub(super) const RISK: &[Key] = &[
    key(
        "profile",
        Text,
        Optional,
        "Named limits of a version, for example \"backtest-wide@1\"; keys beside it replace its own. Refused live.",
    ),
    key(
        "order_qty_min",
        OrOff(&Decimal(Positive)),
        Required,
        "Smallest order quantity, in units; closing what is left may be smaller.",
    ),
    key("order_qty_max", OrOff(&Decimal(Positive)), Required, "Largest order quantity, in units."),
    key(
        "order_notional_min",
        OrOff(&Decimal(Positive)),
        Required,
        "Smallest order value, in the quote currency; closing what is left may be smaller.",
    ),
    key("order_notional_max", OrOff(&Decimal(Positive)), Required, "Largest order value, in the quote currency."),
    key(
        "position_strategy_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest position of a strategy in an instrument, either side, reservations included, in units.",
    ),
    key(
        "position_instrument_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest position of all accounts in an instrument, either side, reservations included, in units.",
    ),
    key(
        "position_account_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest position of an account in an instrument, either side, reservations included, in units.",
    ),
    key(
        "exposure_gross_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest sum of absolute exposures of an account, reservations included, in its currency.",
    ),
    key(
        "exposure_net_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest absolute sum of signed exposures of an account, reservations included, in its currency.",
    ),
    key(
        "exposure_asset_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest exposure in one asset over all accounts, reservations included, in the base currency.",
    ),
    key(
        "exposure_counterparty_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest exposure to one counterparty over all accounts, reservations included, in the base currency.",
    ),
    key(
        "leverage_max",
        OrOff(&Decimal(Positive)),
        Required,
        "Largest gross exposure of an account as a multiple of its equity.",
    ),
    key(
        "margin_initial_use_max_bps",
        OrOff(&Integer(1, 1_000_000)),
        Required,
        "Largest part of an account's equity for initial margin, in basis points.",
    ),
    key(
        "margin_maintenance_use_max_bps",
        OrOff(&Integer(1, 1_000_000)),
        Required,
        "Largest part of an account's equity for maintenance margin, in basis points.",
    ),
    key(
        "balance_min",
        OrOff(&Decimal(Any)),
        Required,
        "Least cash of an account after every fully paid purchase under way, in its currency.",
    ),
    key(
        "drawdown_session_max",
        OrOff(&Decimal(NotNegative)),
        Required,
        "Largest fall of an account's equity since the session began, in its currency.",
    ),
    key(
        "drawdown_peak_max",
        OrOff(&Decimal(NotNegative)),
        Required,
        "Largest fall of an account's equity from its highest after a fill, in its currency.",
    ),
    key(
        "loss_day_max",
        OrOff(&Decimal(NotNegative)),
        Required,
        "Largest fall of an account's equity since midnight UTC, in its currency.",
    ),
    key(
        "strategy_capital_use_max_bps",
        OrOff(&Integer(1, 1_000_000)),
        Required,
        "Largest exposure of a strategy in basis points of its capital, reservations included.",
    ),
    key(
        "strategy_loss_max",
        OrOff(&Decimal(NotNegative)),
        Required,
        "Largest fall of a strategy's equity below its capital; its own loss_max replaces it.",
    ),
    key(
        "price_collar_bps",
        OrOff(&Integer(1, 1_000_000)),
        Required,
        "Largest distance of a limit price from the reference to the worse side, in basis points.",
    ),
    key("open_orders_max", OrOff(&Integer(1, 1_000_000)), Required, "Most open orders of a strategy, queued included."),
    key(
        "velocity_orders_max",
        OrOff(&Integer(1, 10_000)),
        Required,
        "Most orders and amends of a strategy in velocity_window; beyond it they are denied.",
    ),
    key(
        "velocity_window",
        OrOff(&Duration),
        Required,
        "Length of the sliding window of velocity_orders_max, in event time.",
    ),
    key(
        "order_to_trade_max",
        OrOff(&Integer(1, 1_000_000)),
        Required,
        "Most orders, amends and cancels of a strategy for each of its fills.",
    ),
    key(
        "order_to_trade_free",
        OrOff(&Integer(0, 1_000_000_000)),
        Required,
        "So many of them are free before order_to_trade_max counts.",
    ),
    key(
        "duplicate_window",
        OrOff(&Duration),
        Required,
        "The same terms again from a strategy within this time are denied.",
    ),
    key(
        "market_age_max",
        OrOff(&Duration),
        Required,
        "Largest age of the price an order is judged with, in event time.",
    ),
    key("self_trade", Choice(&["deny", "off"]), Required, "Orders that would trade with another of their account."),
    key(
        "venue_unavailable",
        Choice(&["deny", "off"]),
        Required,
        "New orders while their venue cannot be reached; off = they wait in the queue.",
    ),
    key("venue_window", Choice(&["deny", "off"]), Required, "New orders outside the windows of their venue."),
    key("region_blocked", Choice(&["deny", "off"]), Required, "New orders at venues that block this host's region."),
    key(
        "leverage_reported",
        Choice(&["deny", "off"]),
        Required,
        "New orders on margin before the venue has reported the leverage in force.",
    ),
    key(
        "margin_mode_reported",
        Choice(&["deny", "off"]),
        Required,
        "New orders on margin before the venue has reported the margin mode in force.",
    ),
];
