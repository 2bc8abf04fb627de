//! Rules: which limits does an order have to keep?
//!
//! In: a review (order, strategy, State). Out: nothing, or the denial of the first rule that does not hold.
//! Must never: change anything; each rule is a small check of its own, in a fixed order.

use crate::config::Lane;
use crate::decision::{Denial, DenialCode};
use crate::event::Mode;
use crate::ids::{InstrumentId, TimeNs};
use crate::instrument::{Instrument, InstrumentStatus, PositionSide, Side};
use crate::money::{Decimal, Notional, Scale, add_exact, decimal};
use crate::risk::Review;
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
    Err(denial(code))
}

fn denial(code: DenialCode) -> Denial {
    Denial { code, limit: Decimal::ZERO, value: Decimal::ZERO, allowed: Decimal::ZERO }
}

fn kill_switch(review: &Review<'_>) -> Result<(), Denial> {
    let is_killed = review.state.control.is_killed(review.key.strategy, Some(review.terms));
    if is_killed { no(DenialCode::KillSwitch) } else { Ok(()) }
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

/// Data is stale when the feed says so, or when the price that the order is judged by is older than the limit.
fn stale_market(review: &Review<'_>) -> Result<(), Denial> {
    let Some(market) = review.state.market(review.terms.instrument) else { return no(DenialCode::StaleMarket) };
    if market.is_stale {
        return no(DenialCode::StaleMarket);
    }
    let Some(limit) = review.state.config().and_then(|config| config.risk.market_age_ns_max) else { return Ok(()) };
    let stated = market.reference_with_time(review.terms.side).map_or(TimeNs(0), |(_, time)| time);
    match review.state.time().age_of(stated) {
        Some(age) if age <= limit => Ok(()),
        age => Err(Denial {
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
    let position = position(review, Holder::Strategy(review.key.strategy), review.terms.position_side);
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
    let Some(value) = value_of(review) else { return no(DenialCode::NotComputable) };
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
    let worse = (i128::from(price.0) - i128::from(reference.0)) * i128::from(review.terms.side.sign());
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
    position_limit(review, Holder::Account(review.account), (DenialCode::PositionAccount, limit))
}

/// The position that everything reserved plus this order could reach, on this order's side. Hedge-mode legs do not
/// offset each other, and choosing another leg gives no second allowance.
fn position_limit(
    review: &Review<'_>,
    holder: Holder,
    (code, limit): (DenialCode, Option<Decimal>),
) -> Result<(), Denial> {
    let Some(limit) = limit else { return Ok(()) };
    let Some(instrument) = instrument(review) else { return no(DenialCode::NotComputable) };
    let scale = u32::from(instrument.qty_scale.digits());
    let side = review.terms.side;
    let reach = |leg: PositionSide| position(review, holder, leg).worst(side) * i128::from(side.sign());
    let own = review.terms.position_side;
    let others: i128 = PositionSide::ALL.iter().filter(|leg| **leg != own).map(|leg| reach(*leg).max(0)).sum();
    let before = reach(own) + others;
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
    let added = added_exposure(review)?;
    // What only brings the exposure down is allowed.
    if added <= Decimal::ZERO {
        return Ok(());
    }
    let before = account_exposure(review)?;
    let Ok(value) = add_exact(before, added) else { return no(DenialCode::NotComputable) };
    if value <= limit {
        return Ok(());
    }
    let allowed = (limit - before).max(Decimal::ZERO).normalize();
    Err(Denial { code: DenialCode::ExposureGross, limit, value, allowed })
}

fn account_exposure(review: &Review<'_>) -> Result<Decimal, Denial> {
    let mut sum = Decimal::ZERO;
    for (id, _, position) in review.state.execution.positions(Holder::Account(review.account)) {
        let value = worst_value(review, id, position)?;
        sum = add_exact(sum, value).map_err(|_| denial(DenialCode::NotComputable))?;
    }
    Ok(sum)
}

fn added_exposure(review: &Review<'_>) -> Result<Decimal, Denial> {
    let before = position(review, Holder::Account(review.account), review.terms.position_side);
    let mut after = before;
    match review.terms.side {
        Side::Buy => after.reserved_buy += i128::from(review.added.0),
        Side::Sell => after.reserved_sell += i128::from(review.added.0),
    }
    let value = |position: &Position| worst_value(review, review.terms.instrument, position);
    add_exact(value(&after)?, -value(&before)?).map_err(|_| denial(DenialCode::NotComputable))
}

/// Largest absolute value that a position could reach with everything reserved filled on one side, at the market price.
/// Values in another currency than the account's cannot be added up without a rate.
fn worst_value(review: &Review<'_>, id: InstrumentId, position: &Position) -> Result<Decimal, Denial> {
    let worst = position.worst(Side::Buy).abs().max(position.worst(Side::Sell).abs());
    if worst == 0 {
        return Ok(Decimal::ZERO);
    }
    let not_computable = denial(DenialCode::NotComputable);
    let market = review.state.market(id).ok_or(not_computable)?;
    let currency = review.state.execution.cash(review.account).map(|cash| cash.currency);
    if currency != Some(market.instrument.quote) {
        return Err(not_computable);
    }
    let price = market.reference(Side::Buy).or_else(|| market.reference(Side::Sell));
    let price = price.ok_or(denial(DenialCode::StaleMarket))?;
    let notional = worst.checked_mul(i128::from(price.0).abs()).ok_or(not_computable)?;
    market.instrument.value_decimal(Notional(notional)).map_err(|_| not_computable)
}

fn instrument<'a>(review: &Review<'a>) -> Option<&'a Instrument> {
    review.state.instrument(review.terms.instrument)
}

fn position(review: &Review<'_>, holder: Holder, leg: PositionSide) -> Position {
    review.state.execution.position(holder, review.terms.instrument, leg).copied().unwrap_or_default()
}

/// Value of the order: at its limit, or at the market where it would trade at once at a price that is worth more.
fn value_of(review: &Review<'_>) -> Option<Decimal> {
    let market = review.state.market(review.terms.instrument)?;
    let limit = review.terms.reference;
    let touch = market.reference(review.terms.side).filter(|touch| review.terms.side.reaches(limit, *touch));
    let price = touch.filter(|touch| touch.0.unsigned_abs() > limit.0.unsigned_abs()).unwrap_or(limit);
    market.instrument.value_decimal(price.times(review.terms.qty)).ok().map(|value| value.abs())
}
