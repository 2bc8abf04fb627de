//! Order: is this one order, by itself, of a sound size and price?
//!
//! In: a review. Out: nothing, or a denial. Must never: add up over orders; reduce-only and self-trade look at what an
//! order would meet.

use super::{instrument, limits, no, not_computable, position};
use crate::cross::{Probe, Whose, counterpart};
use crate::decision::{Denial, DenialCode};
use crate::ids::{IntentId, StrategyId, TimeNs};
use crate::instrument::Side;
use crate::intent::OrderTerms;
use crate::money::{Decimal, Scale, decimal};
use crate::queue::Queue;
use crate::risk::Review;
use crate::state::State;
use crate::state::execution::Holder;

/// Data is stale when the feed says so, or when the price that the order is judged by is older than the limit.
pub(super) fn stale_market(review: &Review<'_>) -> Result<(), Denial> {
    let Some(market) = review.state.market(review.terms.instrument) else { return no(DenialCode::StaleMarket, 1) };
    if market.is_stale {
        return no(DenialCode::StaleMarket, 1);
    }
    let Some(limit) = limits(review).and_then(|limits| limits.market_age_ns_max) else { return Ok(()) };
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
pub(super) fn reduce_only(review: &Review<'_>) -> Result<(), Denial> {
    if !review.is_closing() {
        return Ok(());
    }
    let position = position(review, Holder::Strategy(review.key.strategy), review.terms.position_side);
    // Of what is tied in one group only one closes it.
    let tied = tied((review.state, review.queue), (review.key.strategy, review.order.intent), review.terms);
    let closable = position.closable_instead(review.terms.side, tied);
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

/// What other orders of the group of an intent are there to close, and one of these terms would close instead.
pub(crate) fn tied(
    (state, queue): (&State, &Queue),
    (strategy, own): (StrategyId, IntentId),
    terms: &OrderTerms,
) -> i128 {
    let Some(group) = state.links.group_of(strategy, own) else { return 0 };
    let closes = |other: &OrderTerms| {
        (other.instrument, other.side, other.position_side) == (terms.instrument, terms.side, terms.position_side)
    };
    let others = group.members.iter().filter(|member| member.intent != own);
    let reserved = others.flat_map(|member| {
        let live = state.execution.orders.of_intent(strategy, member.intent);
        let live = live.filter(|order| closes(&order.terms)).map(|order| order.reserved.0);
        let queued = queue.submits_of(strategy).filter(|(key, _)| key.intent == member.intent);
        let queued = queued.filter(|(_, other)| closes(other)).map(|(_, other)| other.qty.0);
        let held = state.held.find(strategy, member.intent).filter(|held| closes(&held.terms));
        live.chain(queued).chain(held.map(|held| held.reserved().0))
    });
    reserved.map(i128::from).sum()
}

fn qty(review: &Review<'_>) -> Decimal {
    let scale = u32::from(instrument(review).map_or(0, |i| i.qty_scale.digits()));
    Decimal::new(review.terms.qty.0, scale).normalize()
}

/// What closes a position may be as small as the rest of it.
pub(super) fn order_qty_min(review: &Review<'_>) -> Result<(), Denial> {
    let limit = limits(review).and_then(|limits| limits.order_qty_min).filter(|_| !review.is_closing());
    let Some(limit) = limit else { return Ok(()) };
    let value = qty(review);
    if value >= limit {
        return Ok(());
    }
    Err(Denial { code: DenialCode::OrderQtyMin, limit, value, allowed: limit })
}

pub(super) fn order_qty_max(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.order_qty_max) else { return Ok(()) };
    let value = qty(review);
    if value <= limit {
        return Ok(());
    }
    Err(Denial { code: DenialCode::OrderQtyMax, limit, value, allowed: limit })
}

pub(super) fn order_notional_min(review: &Review<'_>) -> Result<(), Denial> {
    let limit = limits(review).and_then(|limits| limits.order_notional_min).filter(|_| !review.is_closing());
    let Some(limit) = limit else { return Ok(()) };
    let value = value_at_limit(review).ok_or_else(not_computable)?;
    if value >= limit {
        return Ok(());
    }
    Err(Denial { code: DenialCode::OrderNotionalMin, limit, value, allowed: limit })
}

pub(super) fn order_notional_max(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.order_notional_max) else { return Ok(()) };
    let value = value_of(review).ok_or_else(not_computable)?;
    if value <= limit {
        return Ok(());
    }
    Err(Denial { code: DenialCode::OrderNotionalMax, limit, value, allowed: limit })
}

/// A limit price may be worse than the reference (for the order's owner) by so many basis points at most.
pub(super) fn price_collar(review: &Review<'_>) -> Result<(), Denial> {
    let Some(bps) = limits(review).and_then(|limits| limits.price_collar_bps) else { return Ok(()) };
    let Some(price) = review.terms.limit_price else { return Ok(()) };
    let market = review.state.market(review.terms.instrument);
    let Some(reference) = market.and_then(|market| market.reference(review.terms.side)) else {
        return no(DenialCode::StaleMarket, 1);
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

/// An order must not trade with another of the account, whoever's. Denied with that order's price; what stays behind it
/// by a tick would pass.
pub(super) fn self_trade(review: &Review<'_>) -> Result<(), Denial> {
    if !limits(review).is_some_and(|limits| limits.self_trade) {
        return Ok(());
    }
    let probe = Probe { key: review.order, account: review.account, terms: review.terms };
    let Some(other) = counterpart((review.state, review.queue), &probe, Whose::Anyones) else { return Ok(()) };
    let Some(instrument) = instrument(review) else { return Err(not_computable()) };
    let scale = u32::from(instrument.price_scale.digits());
    let behind = match review.terms.side {
        Side::Buy => other.price.0.saturating_sub(instrument.tick),
        Side::Sell => other.price.0.saturating_add(instrument.tick),
    };
    Err(Denial {
        code: DenialCode::SelfTrade,
        limit: Decimal::new(other.price.0, scale).normalize(),
        value: Decimal::new(review.terms.reference.0, scale).normalize(),
        allowed: Decimal::new(behind, scale).normalize(),
    })
}

/// Value of the order: at its limit, or at the market where it would trade at once at a price that is worth more.
fn value_of(review: &Review<'_>) -> Option<Decimal> {
    let market = review.state.market(review.terms.instrument)?;
    let limit = review.terms.reference;
    let touch = market.reference(review.terms.side).filter(|touch| review.terms.side.reaches(limit, *touch));
    let price = touch.filter(|touch| touch.0.unsigned_abs() > limit.0.unsigned_abs()).unwrap_or(limit);
    market.instrument.value_decimal(price.times(review.terms.qty)).ok().map(|value| value.abs())
}

fn value_at_limit(review: &Review<'_>) -> Option<Decimal> {
    let value = instrument(review)?.value_decimal(review.terms.reference.times(review.terms.qty));
    value.ok().map(|value| value.abs())
}
