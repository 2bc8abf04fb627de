//! Loss: has so much been lost that only closing is allowed?
//!
//! In: a review. Out: nothing, or a denial. Must never: stop what only reduces exposure; a loss is not made smaller by
//! forbidding to end it.

use super::exposure::{ReducesFor, only_reduces};
use super::{limits, not_computable};
use crate::decision::{Denial, DenialCode};
use crate::money::{Decimal, add_exact};
use crate::risk::Review;

/// From the strategy's capital; its own limit replaces that of all.
pub(super) fn strategy_loss(review: &Review<'_>) -> Result<(), Denial> {
    let own = review.state.slot(review.key.strategy).and_then(|slot| slot.loss_max);
    let Some(limit) = own.or(limits(review).and_then(|limits| limits.strategy_loss_max)) else { return Ok(()) };
    let view = review.state.account_view(review.key.strategy).map_err(|_| not_computable())?;
    loss(review, (DenialCode::StrategyLoss, limit), (view.capital, view.equity), ReducesFor::Strategy)
}

pub(super) fn drawdown_session(review: &Review<'_>) -> Result<(), Denial> {
    let limit = limits(review).and_then(|limits| limits.drawdown_session_max);
    let from = review.state.activity.session_equity(review.account);
    account_loss(review, (DenialCode::DrawdownSession, limit), from)
}

pub(super) fn drawdown_peak(review: &Review<'_>) -> Result<(), Denial> {
    let limit = limits(review).and_then(|limits| limits.drawdown_peak_max);
    let from = review.state.activity.peak_equity(review.account);
    account_loss(review, (DenialCode::DrawdownPeak, limit), from)
}

pub(super) fn loss_day(review: &Review<'_>) -> Result<(), Denial> {
    let limit = limits(review).and_then(|limits| limits.loss_day_max);
    let from = review.state.activity.day_equity(review.account);
    account_loss(review, (DenialCode::LossDay, limit), from)
}

fn account_loss(
    review: &Review<'_>,
    (code, limit): (DenialCode, Option<Decimal>),
    from: Decimal,
) -> Result<(), Denial> {
    let Some(limit) = limit else { return Ok(()) };
    let now = review.state.account_total(review.account).map_err(|_| not_computable())?.equity;
    loss(review, (code, limit), (from, now), ReducesFor::Account)
}

fn loss(
    review: &Review<'_>,
    (code, limit): (DenialCode, Decimal),
    (from, now): (Decimal, Decimal),
    of: ReducesFor,
) -> Result<(), Denial> {
    let value = add_exact(from, -now).map_err(|_| not_computable())?;
    if value <= limit || only_reduces(review, of) {
        return Ok(());
    }
    Err(Denial { code, limit, value, allowed: Decimal::ZERO })
}
