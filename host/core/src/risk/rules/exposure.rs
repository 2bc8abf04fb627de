//! Exposure: how much money could be at risk in sum?
//!
//! In: a review. Out: nothing, or a denial. Must never: add up values of two currencies without converting them; what has
//! no rate cannot be computed, and is denied.

use core::cell::OnceCell;

use super::{instrument, limits, not_computable, within};
use crate::decision::{Denial, DenialCode};
use crate::ids::{AccountId, CurrencyId, InstrumentId};
use crate::instrument::{Instrument, Side};
use crate::money::{Decimal, Notional, add_exact, mul_exact};
use crate::risk::Review;
use crate::state::execution::Holder;
use crate::state::position::Position;

/// Exposure of one holder with everything reserved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exposure {
    /// Sum of the largest absolute values that its positions could reach.
    gross: Decimal,
    /// Sum of signed values with everything bought, and with everything sold.
    upper: Decimal,
    lower: Decimal,
    /// Margins of the largest values.
    initial: Decimal,
    maintenance: Decimal,
    /// Cost of everything fully paid that is being bought.
    purchases: Decimal,
}

/// Exposures before and after an order, computed when the first rule asks.
#[derive(Debug, Default)]
pub(crate) struct Exposures {
    account: OnceCell<Result<(Exposure, Exposure), Denial>>,
    strategy: OnceCell<Result<(Exposure, Exposure), Denial>>,
}

impl Exposure {
    /// Largest absolute value of the signed sum that could come about.
    fn net(&self) -> Decimal {
        self.upper.abs().max(self.lower.abs())
    }
}

fn of_account(review: &Review<'_>) -> Result<(Exposure, Exposure), Denial> {
    *review.exposures.account.get_or_init(|| before_and_after(review, Holder::Account(review.account)))
}

fn of_strategy(review: &Review<'_>) -> Result<(Exposure, Exposure), Denial> {
    *review.exposures.strategy.get_or_init(|| before_and_after(review, Holder::Strategy(review.key.strategy)))
}

/// True when an order adds nothing to what its account (or its strategy) could lose.
pub(super) fn only_reduces(review: &Review<'_>, of: ReducesFor) -> bool {
    let exposures = match of {
        ReducesFor::Account => of_account(review),
        ReducesFor::Strategy => of_strategy(review),
    };
    exposures.is_ok_and(|(before, after)| after.gross <= before.gross)
}

/// Whose exposure an order may reduce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReducesFor {
    Account,
    Strategy,
}

pub(super) fn exposure_gross(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.exposure_gross_max) else { return Ok(()) };
    let (before, after) = of_account(review)?;
    within(DenialCode::ExposureGross, limit, (before.gross, after.gross))
}

pub(super) fn exposure_net(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.exposure_net_max) else { return Ok(()) };
    let (before, after) = of_account(review)?;
    within(DenialCode::ExposureNet, limit, (before.net(), after.net()))
}

pub(super) fn exposure_asset(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.exposure_asset_max) else { return Ok(()) };
    let asset = instrument(review).map(|instrument| instrument.base);
    let sums = over_accounts(review, |instrument| Some(instrument.base) == asset)?;
    within(DenialCode::ExposureAsset, limit, sums)
}

pub(super) fn exposure_counterparty(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.exposure_counterparty_max) else { return Ok(()) };
    let counterparty = instrument(review).map(|instrument| instrument.counterparty).filter(|name| name.0 != 0);
    // Nobody owes settlement of an instrument without a counterparty.
    if counterparty.is_none() {
        return Ok(());
    }
    let sums = over_accounts(review, |instrument| Some(instrument.counterparty) == counterparty)?;
    within(DenialCode::ExposureCounterparty, limit, sums)
}

pub(super) fn strategy_capital(review: &Review<'_>) -> Result<(), Denial> {
    let Some(bps) = limits(review).and_then(|limits| limits.strategy_capital_use_max_bps) else { return Ok(()) };
    let capital = review.state.slot(review.key.strategy).map_or(Decimal::ZERO, |slot| slot.capital);
    let (before, after) = of_strategy(review)?;
    within(DenialCode::StrategyCapital, part(capital, bps)?, (before.gross, after.gross))
}

pub(super) fn leverage(review: &Review<'_>) -> Result<(), Denial> {
    let Some(times) = limits(review).and_then(|limits| limits.leverage_max) else { return Ok(()) };
    let limit = mul_exact(equity(review)?, times).map_err(|_| not_computable())?;
    let (before, after) = of_account(review)?;
    within(DenialCode::Leverage, limit, (before.gross, after.gross))
}

pub(super) fn margin_initial(review: &Review<'_>) -> Result<(), Denial> {
    let Some(bps) = limits(review).and_then(|limits| limits.margin_initial_use_max_bps) else { return Ok(()) };
    let (before, after) = of_account(review)?;
    within(DenialCode::MarginInitial, part(equity(review)?, bps)?, (before.initial, after.initial))
}

pub(super) fn margin_maintenance(review: &Review<'_>) -> Result<(), Denial> {
    let Some(bps) = limits(review).and_then(|limits| limits.margin_maintenance_use_max_bps) else { return Ok(()) };
    let (before, after) = of_account(review)?;
    within(DenialCode::MarginMaintenance, part(equity(review)?, bps)?, (before.maintenance, after.maintenance))
}

/// Fully paid purchases under way, this one included, must leave the least cash.
pub(super) fn balance(review: &Review<'_>) -> Result<(), Denial> {
    let Some(least) = limits(review).and_then(|limits| limits.balance_min) else { return Ok(()) };
    let cash = review.state.account_cash(review.account).ok_or_else(not_computable)?;
    let (before, after) = of_account(review)?;
    let limit = add_exact(cash, -least).map_err(|_| not_computable())?;
    within(DenialCode::Balance, limit, (before.purchases, after.purchases))
}

/// Equity of the account; a negative one carries nothing.
fn equity(review: &Review<'_>) -> Result<Decimal, Denial> {
    let view = review.state.account_total(review.account).map_err(|_| not_computable())?;
    Ok(view.equity.max(Decimal::ZERO))
}

fn part(amount: Decimal, bps: u32) -> Result<Decimal, Denial> {
    mul_exact(amount, Decimal::new(i64::from(bps), 4)).map(|part| part.normalize()).map_err(|_| not_computable())
}

fn before_and_after(review: &Review<'_>, holder: Holder) -> Result<(Exposure, Exposure), Denial> {
    let currency = review.state.execution.cash(review.account).map(|cash| cash.currency);
    let sum = |added| exposure(review, Sum { holder, currency, added }, |_| true);
    Ok((sum(0)?, sum(review.added.0)?))
}

/// Gross exposure of all accounts in some instruments before and after the order, in the base currency.
fn over_accounts(review: &Review<'_>, wanted: impl Fn(&Instrument) -> bool) -> Result<(Decimal, Decimal), Denial> {
    let currency = review.state.config().map(|config| config.base_currency);
    let accounts = u16::try_from(review.state.execution.accounts.len()).unwrap_or(u16::MAX);
    let (mut before, mut after) = (Decimal::ZERO, Decimal::ZERO);
    for account in (1..=accounts).map(AccountId) {
        let added = if account == review.account { review.added.0 } else { 0 };
        let sum = |added| exposure(review, Sum { holder: Holder::Account(account), currency, added }, &wanted);
        before = add_exact(before, sum(0)?.gross).map_err(|_| not_computable())?;
        after = add_exact(after, sum(added)?.gross).map_err(|_| not_computable())?;
    }
    Ok((before, after))
}

/// What is added up.
#[derive(Clone, Copy)]
struct Sum {
    holder: Holder,
    /// What is quoted in another one is converted.
    currency: Option<CurrencyId>,
    /// Quantity of the order under review to count in.
    added: i64,
}

fn exposure(review: &Review<'_>, sum: Sum, wanted: impl Fn(&Instrument) -> bool) -> Result<Exposure, Denial> {
    let own = (review.terms.instrument, review.terms.position_side);
    let mut total = Exposure::default();
    let mut has_own = false;
    for (id, leg, position) in review.state.execution.positions(sum.holder) {
        let added = if (id, leg) == own { sum.added } else { 0 };
        has_own |= (id, leg) == own;
        add(review, &mut total, (id, position, added), (&sum, &wanted))?;
    }
    if !has_own && sum.added != 0 {
        add(review, &mut total, (own.0, &Position::default(), sum.added), (&sum, &wanted))?;
    }
    Ok(total)
}

fn add(
    review: &Review<'_>,
    total: &mut Exposure,
    (id, position, added): (InstrumentId, &Position, i64),
    (sum, wanted): (&Sum, &impl Fn(&Instrument) -> bool),
) -> Result<(), Denial> {
    let with = |side: Side| if side == review.terms.side { i128::from(added) } else { 0 };
    let bought = position.worst(Side::Buy) + with(Side::Buy);
    let sold = position.worst(Side::Sell) - with(Side::Sell);
    if bought == 0 && sold == 0 {
        return Ok(());
    }
    let market = review.state.market(id).ok_or_else(not_computable)?;
    let instrument = &market.instrument;
    if !wanted(instrument) {
        return Ok(());
    }
    let currency = sum.currency.ok_or_else(not_computable)?;
    let price = market.reference(Side::Buy).or_else(|| market.reference(Side::Sell));
    let stale = Denial { code: DenialCode::StaleMarket, ..not_computable() };
    let price = i128::from(price.ok_or(stale)?.0).abs();
    let value = |qty: i128| {
        let notional = qty.checked_mul(price).ok_or_else(not_computable)?;
        let value = instrument.value_decimal(Notional(notional)).map_err(|_| not_computable())?;
        review.state.convert(value, instrument.quote, currency).map_err(|_| not_computable())
    };
    let (upper, lower) = (value(bought)?, value(sold)?);
    let gross = upper.abs().max(lower.abs());
    let sum = |a: &mut Decimal, b: Decimal| add_exact(*a, b).map(|sum| *a = sum).map_err(|_| not_computable());
    sum(&mut total.gross, gross)?;
    sum(&mut total.upper, upper)?;
    sum(&mut total.lower, lower)?;
    sum(&mut total.initial, part(gross, instrument.margin_initial_bps)?)?;
    sum(&mut total.maintenance, part(gross, instrument.margin_maintenance_bps)?)?;
    if instrument.margin_initial_bps == 0 {
        sum(&mut total.purchases, value(position.reserved(Side::Buy) + with(Side::Buy))?)?;
    }
    Ok(())
}
