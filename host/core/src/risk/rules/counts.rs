//! Counts: how many orders, how often, how alike?
//!
//! In: a review. Out: nothing, or a denial. Must never: delay; what is too fast is denied here, pacing is the queue's.

use super::limits;
use crate::decision::{Denial, DenialCode};
use crate::money::Decimal;
use crate::risk::Review;

pub(super) fn open_orders(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.open_orders_max) else { return Ok(()) };
    let open = review.state.execution.open_counts[usize::from(review.key.strategy.0)];
    if review.is_amend() || open < limit {
        return Ok(());
    }
    Err(Denial {
        code: DenialCode::OpenOrders,
        limit: Decimal::from(limit),
        value: Decimal::from(u64::from(open) + 1),
        allowed: Decimal::from(limit.saturating_sub(open)),
    })
}

/// Allowances of the window that ends now, this one included.
pub(super) fn velocity(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.velocity) else { return Ok(()) };
    let now = review.state.time();
    let recent = review.state.activity.allowed_within(review.key.strategy, now, limit.window_ns);
    if recent < u64::from(limit.orders_max) {
        return Ok(());
    }
    Err(Denial {
        code: DenialCode::Velocity,
        limit: Decimal::from(limit.orders_max),
        value: Decimal::from(recent + 1),
        allowed: Decimal::ZERO,
    })
}

/// Messages for each fill of the session; before the first fill they count as for one.
pub(super) fn order_to_trade(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.order_to_trade) else { return Ok(()) };
    let (messages, fills) = review.state.activity.messages_and_fills(review.key.strategy);
    let most = u64::from(limit.ratio_max).saturating_mul(fills.max(1)).saturating_add(u64::from(limit.free));
    if messages < most {
        return Ok(());
    }
    Err(Denial {
        code: DenialCode::OrderToTrade,
        limit: Decimal::from(most),
        value: Decimal::from(messages.saturating_add(1)),
        allowed: Decimal::ZERO,
    })
}

/// The same terms again within the window; the number shown is the age of the earlier one in ns.
pub(super) fn duplicate(review: &Review<'_>) -> Result<(), Denial> {
    let window = limits(review).and_then(|limits| limits.duplicate_window_ns).filter(|_| !review.is_amend());
    let Some(window) = window else { return Ok(()) };
    let age = review.state.activity.age_of_twin(review.key.strategy, review.terms, review.state.time());
    match age.filter(|age| *age < window) {
        None => Ok(()),
        Some(age) => Err(Denial {
            code: DenialCode::Duplicate,
            limit: Decimal::from(window),
            value: Decimal::from(age),
            allowed: Decimal::ZERO,
        }),
    }
}
