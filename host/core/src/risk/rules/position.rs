//! Position: how much of one instrument could be held?
//!
//! In: a review. Out: nothing, or a denial. Must never: net a position against what is only reserved.

use super::{instrument, limits, not_computable, position, within};
use crate::decision::{Denial, DenialCode};
use crate::ids::AccountId;
use crate::instrument::PositionSide;
use crate::money::{Decimal, decimal};
use crate::risk::Review;
use crate::state::execution::Holder;

pub(super) fn position_strategy(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.position_strategy_max) else { return Ok(()) };
    let before = reach(review, Holder::Strategy(review.key.strategy));
    position_limit(review, (DenialCode::PositionStrategy, limit), before)
}

pub(super) fn position_account(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.position_account_max) else { return Ok(()) };
    position_limit(review, (DenialCode::PositionAccount, limit), reach(review, Holder::Account(review.account)))
}

/// Accounts do not offset each other: what one holds short cannot be delivered by another that holds it long.
pub(super) fn position_instrument(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.position_instrument_max) else { return Ok(()) };
    let own = reach(review, Holder::Account(review.account));
    let accounts = u16::try_from(review.state.execution.accounts.len()).unwrap_or(u16::MAX);
    let others = (1..=accounts).map(AccountId).filter(|account| *account != review.account);
    let others: i128 = others.map(|account| worst(review, Holder::Account(account), |_| true)).sum();
    position_limit(review, (DenialCode::PositionInstrument, limit), own + others)
}

/// The position on this order's side that everything reserved could reach. Hedge-mode legs do not offset each other, and
/// choosing another leg gives no second allowance.
fn reach(review: &Review<'_>, holder: Holder) -> i128 {
    let side = review.terms.side;
    let own = review.terms.position_side;
    position(review, holder, own).worst(side) * i128::from(side.sign()) + worst(review, holder, |leg| leg != own)
}

/// The position on this order's side that some legs could reach, none of them less than nothing.
fn worst(review: &Review<'_>, holder: Holder, is_meant: impl Fn(PositionSide) -> bool) -> i128 {
    let side = review.terms.side;
    let reach = |leg: PositionSide| position(review, holder, leg).worst(side) * i128::from(side.sign());
    PositionSide::ALL.iter().filter(|leg| is_meant(**leg)).map(|leg| reach(*leg).max(0)).sum()
}

fn position_limit(review: &Review<'_>, (code, limit): (DenialCode, Decimal), before: i128) -> Result<(), Denial> {
    let Some(instrument) = instrument(review) else { return Err(not_computable()) };
    let shown = |qty: i128| decimal(qty, u32::from(instrument.qty_scale.digits())).map_err(|_| not_computable());
    let after = shown(before + i128::from(review.added.0))?;
    within(code, limit, (shown(before)?, after))
}
