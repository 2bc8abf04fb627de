//! Rules: which limits does an order have to keep?
//!
//! In: a review (order, strategy, State). Out: nothing, or the denial of the first rule that does not hold.
//! Must never: change anything; each rule is a small check of its own, in a fixed order.

use crate::decision::{Denial, DenialCode};
use crate::event::{KillLevel, Mode};
use crate::config::Lane;
use crate::ids::StrategyId;
use crate::instrument::{Instrument, InstrumentStatus, PositionSide, Side};
use crate::money::{Decimal, Notional, Qty, Scale, decimal};
use crate::risk::Review;
use crate::state::account_of;
use crate::state::execution::Holder;
use crate::state::position::Position;

type Check = fn(&Review<'_>) -> Result<(), Denial>;

/// Every rule, in the order in which they are asked: who and whether at all, then what, then how much in sum.
const CHECKS: &[(DenialCode, Check)] = &[
    (DenialCode::KillSwitch, kill_switch),
    (DenialCode::TradingDisabled, trading_disabled),
    (DenialCode::NotAuthorised, not_authorised),
    (DenialCode::LaneNotPermitted, lane_not_permitted),
    (DenialCode::InstrumentRestricted, instrument_restricted),
    (DenialCode::InstrumentHalted, instrument_halted),
    (DenialCode::InstrumentCancelOnly, instrument_cancel_only),
    (DenialCode::StaleMarket, stale_market),
    (DenialCode::ReduceOnly, reduce_only),
    (DenialCode::OrderQtyMax, order_qty_max),
    (DenialCode::OrderNotionalMax, order_notional_max),
    (DenialCode::PriceCollar, price_collar),
    (DenialCode::OpenOrders, open_orders),
    (DenialCode::PositionStrategy, position_strategy),
    (DenialCode::PositionAccount, position_account),
    (DenialCode::ExposureGross, exposure_gross),
];

pub(crate) fn check(review: &Review<'_>) -> Result<(), Denial> {
    CHECKS.iter().try_for_each(|(_, rule)| rule(review))
}

/// Codes of the rules that are asked, in order.
#[cfg(test)]
pub(crate) fn codes() -> impl Iterator<Item = DenialCode> {
    CHECKS.iter().map(|(code, _)| *code)
}

/// A rule without numbers says no.
fn no(code: DenialCode) -> Result<(), Denial> {
    Err(Denial { code, limit: Decimal::ZERO, value: Decimal::ZERO, allowed: Decimal::ZERO })
}

fn kill_switch(review: &Review<'_>) -> Result<(), Denial> {
    let control = &review.state.control;
    let is_killed = control.strategy(review.key.strategy).is_some_and(|strategy| strategy.is_killed);
    match control.kill {
        None | Some(KillLevel::Off | KillLevel::L1) if !is_killed => Ok(()),
        // A latched L4 closes positions through the same chain.
        Some(KillLevel::L4) if review.terms.reduce_only && review.key.strategy == StrategyId::EXTERNAL => Ok(()),
        None | Some(KillLevel::Off | KillLevel::L1 | KillLevel::L2 | KillLevel::L3 | KillLevel::L4) => {
            no(DenialCode::KillSwitch)
        }
    }
}

fn trading_disabled(review: &Review<'_>) -> Result<(), Denial> {
    if review.state.control.trading_is_disabled { no(DenialCode::TradingDisabled) } else { Ok(()) }
}

fn not_authorised(review: &Review<'_>) -> Result<(), Denial> {
    let slot = review.state.slot(review.key.strategy);
    let listed = slot.is_some_and(|slot| slot.instruments.contains(&review.terms.instrument));
    if listed { Ok(()) } else { no(DenialCode::NotAuthorised) }
}

fn lane_not_permitted(review: &Review<'_>) -> Result<(), Denial> {
    let lane = review.state.slot(review.key.strategy).map_or(Lane::Simulation, |slot| slot.lane);
    let permitted = match review.state.mode {
        Some(Mode::Backtest | Mode::Replay) | None => true,
        Some(Mode::Paper | Mode::Shadow) => lane != Lane::Simulation,
        Some(Mode::Live) => lane == Lane::Live,
    };
    if permitted { Ok(()) } else { no(DenialCode::LaneNotPermitted) }
}

fn status(review: &Review<'_>) -> InstrumentStatus {
    review.state.market(review.terms.instrument).map_or(InstrumentStatus::Closed, |market| market.status)
}

fn instrument_restricted(review: &Review<'_>) -> Result<(), Denial> {
    if status(review) == InstrumentStatus::Restricted { no(DenialCode::InstrumentRestricted) } else { Ok(()) }
}

fn instrument_halted(review: &Review<'_>) -> Result<(), Denial> {
    match status(review) {
        InstrumentStatus::Halted | InstrumentStatus::Closed | InstrumentStatus::Settled => {
            no(DenialCode::InstrumentHalted)
        }
        InstrumentStatus::PostOnly if !review.terms.post_only => no(DenialCode::InstrumentHalted),
        InstrumentStatus::Trading
        | InstrumentStatus::Auction
        | InstrumentStatus::CancelOnly
        | InstrumentStatus::PostOnly
        | InstrumentStatus::Restricted => Ok(()),
    }
}

fn instrument_cancel_only(review: &Review<'_>) -> Result<(), Denial> {
    if status(review) == InstrumentStatus::CancelOnly { no(DenialCode::InstrumentCancelOnly) } else { Ok(()) }
}

/// Data is stale when the feed says so, or when the last price is older than the limit.
fn stale_market(review: &Review<'_>) -> Result<(), Denial> {
    let Some(market) = review.state.market(review.terms.instrument) else { return no(DenialCode::StaleMarket) };
    if market.is_stale {
        return no(DenialCode::StaleMarket);
    }
    let limit = review.state.config().and_then(|config| config.risk.market_age_ns_max);
    let age = review.state.time().age_of(market.data_time);
    match (limit, age) {
        (None, _) => Ok(()),
        (Some(limit), Some(age)) if age <= limit => Ok(()),
        (Some(limit), age) => Err(Denial {
            code: DenialCode::StaleMarket,
            limit: Decimal::from(limit),
            value: Decimal::from(age.unwrap_or(u64::MAX)),
            allowed: Decimal::from(limit),
        }),
    }
}

/// A reduce-only order may close what the strategy holds, less what other closing work is reserved for.
fn reduce_only(review: &Review<'_>) -> Result<(), Denial> {
    if !review.terms.reduce_only {
        return Ok(());
    }
    let position = position(review, Holder::Strategy(review.key.strategy));
    let (held, reserved) = match review.terms.side {
        Side::Buy => (-i128::from(position.qty), position.reserved_buy),
        Side::Sell => (i128::from(position.qty), position.reserved_sell),
    };
    let closable = (held - reserved).max(0);
    if i128::from(review.added.0) <= closable {
        return Ok(());
    }
    let scale = instrument(review).map_or(0, |i| u32::from(i.qty_scale.digits()));
    let shown = decimal(closable, scale).unwrap_or_default();
    Err(Denial {
        code: DenialCode::ReduceOnly,
        limit: shown,
        value: Decimal::new(review.added.0, scale).normalize(),
        allowed: shown,
    })
}

fn order_qty_max(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = review.state.config().and_then(|config| config.risk.order_qty_max) else { return Ok(()) };
    let scale = u32::from(instrument(review).map_or(0, |i| i.qty_scale.digits()));
    let value = Decimal::new(review.terms.qty.0, scale).normalize();
    if value <= limit {
        return Ok(());
    }
    Err(Denial { code: DenialCode::OrderQtyMax, limit, value, allowed: limit })
}

fn order_notional_max(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = review.state.config().and_then(|config| config.risk.order_notional_max) else { return Ok(()) };
    let Some(value) = value_of(review, review.terms.qty) else { return no(DenialCode::NotComputable) };
    if value <= limit {
        return Ok(());
    }
    Err(Denial { code: DenialCode::OrderNotionalMax, limit, value, allowed: limit })
}

/// A limit price may be worse than the reference (for the order's owner) by so many basis points at most.
fn price_collar(review: &Review<'_>) -> Result<(), Denial> {
    let Some(bps) = review.state.config().and_then(|config| config.risk.price_collar_bps) else { return Ok(()) };
    let Some(price) = review.terms.limit_price else { return Ok(()) };
    let market = review.state.market(review.terms.instrument);
    let Some(reference) = market.and_then(|market| market.reference(review.terms.side)) else {
        return no(DenialCode::StaleMarket);
    };
    let worse = i128::from(price.0 - reference.0) * i128::from(review.terms.side.sign());
    let room = i128::from(reference.0.unsigned_abs()) * i128::from(bps);
    if worse * 10_000 <= room {
        return Ok(());
    }
    let scale = instrument(review).map_or(Scale::default(), |i| i.price_scale);
    let allowed = i128::from(reference.0) + room / 10_000 * i128::from(review.terms.side.sign());
    Err(Denial {
        code: DenialCode::PriceCollar,
        limit: Decimal::from(bps),
        value: Decimal::new(price.0, u32::from(scale.digits())).normalize(),
        allowed: decimal(allowed, u32::from(scale.digits())).unwrap_or_default(),
    })
}

fn open_orders(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = review.state.config().and_then(|config| config.risk.open_orders_max) else { return Ok(()) };
    let open = review.state.execution.open_counts[usize::from(review.key.strategy.0)];
    if review.order_exists || open < limit {
        return Ok(());
    }
    Err(Denial {
        code: DenialCode::OpenOrders,
        limit: Decimal::from(limit),
        value: Decimal::from(u64::from(open) + 1),
        allowed: Decimal::from(limit.saturating_sub(open)),
    })
}

fn position_strategy(review: &Review<'_>) -> Result<(), Denial> {
    let limit = review.state.config().and_then(|config| config.risk.position_strategy_max);
    position_limit(review, Holder::Strategy(review.key.strategy), (DenialCode::PositionStrategy, limit))
}

fn position_account(review: &Review<'_>) -> Result<(), Denial> {
    let limit = review.state.config().and_then(|config| config.risk.position_account_max);
    let account = account_of(review.state, review.key.strategy);
    position_limit(review, Holder::Account(account), (DenialCode::PositionAccount, limit))
}

/// The position that everything reserved plus this order could reach, on this order's side.
fn position_limit(
    review: &Review<'_>,
    holder: Holder,
    (code, limit): (DenialCode, Option<Decimal>),
) -> Result<(), Denial> {
    let Some(limit) = limit else { return Ok(()) };
    let Some(instrument) = instrument(review) else { return no(DenialCode::NotComputable) };
    let scale = u32::from(instrument.qty_scale.digits());
    let side = review.terms.side;
    let before = position(review, holder).worst(side) * i128::from(side.sign());
    let after = before + i128::from(review.added.0);
    let as_decimal = |qty: i128| decimal(qty, scale);
    let (Ok(value), Ok(room)) = (as_decimal(after), as_decimal(before)) else { return no(DenialCode::NotComputable) };
    // What only brings a position back towards its limit is allowed.
    if value <= limit || review.added.0 == 0 {
        return Ok(());
    }
    Err(Denial { code, limit, value, allowed: (limit - room).max(Decimal::ZERO).normalize() })
}

/// Sum over instruments of the largest absolute value the account could reach, this order included.
fn exposure_gross(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = review.state.config().and_then(|config| config.risk.exposure_gross_max) else { return Ok(()) };
    let account = account_of(review.state, review.key.strategy);
    let Some(before) = account_exposure(review, account) else { return no(DenialCode::NotComputable) };
    let Some(added) = added_exposure(review, account) else { return no(DenialCode::NotComputable) };
    let Some(value) = before.checked_add(added) else { return no(DenialCode::NotComputable) };
    if value <= limit || added <= Decimal::ZERO {
        return Ok(());
    }
    let allowed = (limit - before).max(Decimal::ZERO).normalize();
    Err(Denial { code: DenialCode::ExposureGross, limit, value: value.normalize(), allowed })
}

fn account_exposure(review: &Review<'_>, account: crate::ids::AccountId) -> Option<Decimal> {
    let mut sum = Decimal::ZERO;
    for (id, _, position) in review.state.execution.positions(Holder::Account(account)) {
        let market = review.state.market(id)?;
        // Without a price the open cost is the best there is.
        let price = market.reference(Side::Buy).map_or(0, |price| price.0);
        sum = sum.checked_add(worst_value(position, price, &market.instrument)?)?;
    }
    Some(sum)
}

fn added_exposure(review: &Review<'_>, account: crate::ids::AccountId) -> Option<Decimal> {
    let market = review.state.market(review.terms.instrument)?;
    let price = market.reference(Side::Buy).unwrap_or(review.price()).0;
    let before = position(review, Holder::Account(account));
    let mut after = before;
    match review.terms.side {
        Side::Buy => after.reserved_buy += i128::from(review.added.0),
        Side::Sell => after.reserved_sell += i128::from(review.added.0),
    }
    let value = |position: &Position| worst_value(position, price, &market.instrument);
    value(&after)?.checked_sub(value(&before)?)
}

fn worst_value(position: &Position, price: i64, instrument: &Instrument) -> Option<Decimal> {
    let worst = position.worst(Side::Buy).abs().max(position.worst(Side::Sell).abs());
    let notional = Notional(worst.checked_mul(i128::from(price).abs())?);
    instrument.value_decimal(notional).ok()
}

fn instrument<'a>(review: &Review<'a>) -> Option<&'a Instrument> {
    review.state.instrument(review.terms.instrument)
}

fn position(review: &Review<'_>, holder: Holder) -> Position {
    let side: PositionSide = review.terms.position_side;
    review.state.execution.position(holder, review.terms.instrument, side).copied().unwrap_or_default()
}

fn value_of(review: &Review<'_>, qty: Qty) -> Option<Decimal> {
    instrument(review)?.value_decimal(review.price().times(qty)).ok().map(|value| value.abs())
}
