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
use crate::state::State;
use crate::state::execution::Holder;
use crate::state::position::Position;

/// An amount before an order, and after it.
type Change = Result<(Decimal, Decimal), Denial>;

/// Gross exposures before and after an order, added up when the first rule asks.
#[derive(Debug, Default)]
pub(crate) struct Exposures {
    account: OnceCell<Change>,
    strategy: OnceCell<Change>,
}

fn of_account(review: &Review<'_>) -> Change {
    *review.exposures.account.get_or_init(|| change(review, Holder::Account(review.account), Reach::gross))
}

fn of_strategy(review: &Review<'_>) -> Change {
    *review.exposures.strategy.get_or_init(|| change(review, Holder::Strategy(review.key.strategy), Reach::gross))
}

/// True when an order adds nothing to what its account (or its strategy) could lose.
pub(super) fn only_reduces(review: &Review<'_>, of: ReducesFor) -> bool {
    let exposures = match of {
        ReducesFor::Account => of_account(review),
        ReducesFor::Strategy => of_strategy(review),
    };
    exposures.is_ok_and(|(before, after)| after <= before)
}

/// Whose exposure an order may reduce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReducesFor {
    Account,
    Strategy,
}

pub(super) fn exposure_gross(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.exposure_gross_max) else { return Ok(()) };
    within(DenialCode::ExposureGross, limit, of_account(review)?)
}

pub(super) fn exposure_net(review: &Review<'_>) -> Result<(), Denial> {
    let Some(limit) = limits(review).and_then(|limits| limits.exposure_net_max) else { return Ok(()) };
    let (before, after) = before_and_after(review, Holder::Account(review.account), Reach::bounds)?;
    let net = |[upper, lower]: [Decimal; 2]| upper.abs().max(lower.abs());
    within(DenialCode::ExposureNet, limit, (net(before), net(after)))
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
    within(DenialCode::StrategyCapital, part(capital, bps)?, of_strategy(review)?)
}

pub(super) fn leverage(review: &Review<'_>) -> Result<(), Denial> {
    let Some(times) = limits(review).and_then(|limits| limits.leverage_max) else { return Ok(()) };
    let limit = mul_exact(equity(review)?, times).map_err(|_| not_computable())?;
    within(DenialCode::Leverage, limit, of_account(review)?)
}

pub(super) fn margin_initial(review: &Review<'_>) -> Result<(), Denial> {
    let Some(bps) = limits(review).and_then(|limits| limits.margin_initial_use_max_bps) else { return Ok(()) };
    let margin = |reach: &Reach<'_>| part(reach.gross()?, reach.instrument.margin_initial_bps);
    let sums = change(review, Holder::Account(review.account), margin)?;
    within(DenialCode::MarginInitial, part(equity(review)?, bps)?, sums)
}

pub(super) fn margin_maintenance(review: &Review<'_>) -> Result<(), Denial> {
    let Some(bps) = limits(review).and_then(|limits| limits.margin_maintenance_use_max_bps) else { return Ok(()) };
    let margin = |reach: &Reach<'_>| part(reach.gross()?, reach.instrument.margin_maintenance_bps);
    let sums = change(review, Holder::Account(review.account), margin)?;
    within(DenialCode::MarginMaintenance, part(equity(review)?, bps)?, sums)
}

/// Fully paid purchases under way, this one included, must leave the least cash.
pub(super) fn balance(review: &Review<'_>) -> Result<(), Denial> {
    let Some(least) = limits(review).and_then(|limits| limits.balance_min) else { return Ok(()) };
    let cash = review.state.account_cash(review.account).ok_or_else(not_computable)?;
    let limit = add_exact(cash, -least).map_err(|_| not_computable())?;
    within(DenialCode::Balance, limit, change(review, Holder::Account(review.account), Reach::purchases)?)
}

/// Equity of the account; a negative one carries nothing.
fn equity(review: &Review<'_>) -> Result<Decimal, Denial> {
    let view = review.state.account_total(review.account).map_err(|_| not_computable())?;
    Ok(view.equity.max(Decimal::ZERO))
}

fn part(amount: Decimal, bps: u32) -> Result<Decimal, Denial> {
    mul_exact(amount, Decimal::new(i64::from(bps), 4)).map(|part| part.normalize()).map_err(|_| not_computable())
}

/// A sum over what a holder has and could come to have, before and after the order.
fn change<'a>(review: &Review<'a>, holder: Holder, measure: impl Fn(&Reach<'a>) -> Result<Decimal, Denial>) -> Change {
    let ([before], [after]) = before_and_after(review, holder, |reach| measure(reach).map(|amount| [amount]))?;
    Ok((before, after))
}

fn before_and_after<'a, const N: usize>(
    review: &Review<'a>,
    holder: Holder,
    measure: impl Fn(&Reach<'a>) -> Result<[Decimal; N], Denial>,
) -> Result<([Decimal; N], [Decimal; N]), Denial> {
    let currency = review.state.execution.cash(review.account).map(|cash| cash.currency);
    let sum = |added| total(review, Sum { holder, currency, added }, |_| true, &measure);
    Ok((sum(0)?, sum(review.added.0)?))
}

/// Gross exposure of all accounts in some instruments before and after the order, in the base currency.
fn over_accounts(review: &Review<'_>, wanted: impl Fn(&Instrument) -> bool) -> Change {
    let currency = review.state.config().map(|config| config.base_currency);
    let accounts = u16::try_from(review.state.execution.accounts.len()).unwrap_or(u16::MAX);
    let (mut before, mut after) = (Decimal::ZERO, Decimal::ZERO);
    for account in (1..=accounts).map(AccountId) {
        let added = if account == review.account { review.added.0 } else { 0 };
        let gross = |reach: &Reach<'_>| reach.gross().map(|gross| [gross]);
        let sum = |added| total(review, Sum { holder: Holder::Account(account), currency, added }, &wanted, gross);
        before = plus(before, sum(0)?[0])?;
        after = plus(after, sum(added)?[0])?;
    }
    Ok((before, after))
}

fn plus(a: Decimal, b: Decimal) -> Result<Decimal, Denial> {
    add_exact(a, b).map_err(|_| not_computable())
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

/// One position with everything reserved.
struct Reach<'a> {
    state: &'a State,
    instrument: &'a Instrument,
    /// At which it is valued, above or at 0.
    price: i128,
    /// In which values are told.
    currency: CurrencyId,
    /// With everything bought that could be, and with everything sold.
    bought: i128,
    sold: i128,
    /// What is being bought of it.
    purchase: i128,
}

impl Reach<'_> {
    fn value(&self, qty: i128) -> Result<Decimal, Denial> {
        let notional = qty.checked_mul(self.price).ok_or_else(not_computable)?;
        let value = self.instrument.value_decimal(Notional(notional)).map_err(|_| not_computable())?;
        self.state.convert(value, self.instrument.quote, self.currency).map_err(|_| not_computable())
    }

    /// Signed values with everything bought, and with everything sold.
    fn bounds(&self) -> Result<[Decimal; 2], Denial> {
        Ok([self.value(self.bought)?, self.value(self.sold)?])
    }

    /// Largest absolute value that it could reach: that of the larger quantity.
    fn gross(&self) -> Result<Decimal, Denial> {
        self.value(self.bought.abs().max(self.sold.abs()))
    }

    /// Cost of what is being bought, where it is fully paid. What has no value is not known to cost nothing.
    fn purchases(&self) -> Result<Decimal, Denial> {
        self.gross()?;
        if self.instrument.margin_initial_bps == 0 { self.value(self.purchase) } else { Ok(Decimal::ZERO) }
    }
}

fn total<'a, const N: usize>(
    review: &Review<'a>,
    sum: Sum,
    wanted: impl Fn(&Instrument) -> bool,
    measure: impl Fn(&Reach<'a>) -> Result<[Decimal; N], Denial>,
) -> Result<[Decimal; N], Denial> {
    let own = (review.terms.instrument, review.terms.position_side);
    let mut total = [Decimal::ZERO; N];
    let mut add = |id, position: &Position, added| {
        let reach = reach(review, (id, position, added), sum.currency, &wanted)?;
        for (sum, amount) in total.iter_mut().zip(reach.as_ref().map_or(Ok([Decimal::ZERO; N]), &measure)?) {
            *sum = plus(*sum, amount)?;
        }
        Ok(())
    };
    let mut has_own = false;
    for (id, leg, position) in review.state.execution.positions(sum.holder) {
        let is_own = (id, leg) == own;
        has_own |= is_own;
        add(id, position, if is_own { sum.added } else { 0 })?;
    }
    if !has_own && sum.added != 0 {
        add(own.0, &Position::default(), sum.added)?;
    }
    Ok(total)
}

/// What a position could become; `None` where it is and stays nothing, or its instrument is not wanted.
fn reach<'a>(
    review: &Review<'a>,
    (id, position, added): (InstrumentId, &Position, i64),
    currency: Option<CurrencyId>,
    wanted: impl Fn(&Instrument) -> bool,
) -> Result<Option<Reach<'a>>, Denial> {
    let with = |side: Side| if side == review.terms.side { i128::from(added) } else { 0 };
    let bought = position.worst(Side::Buy) + with(Side::Buy);
    let sold = position.worst(Side::Sell) - with(Side::Sell);
    if bought == 0 && sold == 0 {
        return Ok(None);
    }
    let market = review.state.market(id).ok_or_else(not_computable)?;
    let instrument = &market.instrument;
    if !wanted(instrument) {
        return Ok(None);
    }
    let currency = currency.ok_or_else(not_computable)?;
    let price = market.reference(Side::Buy).or_else(|| market.reference(Side::Sell));
    let stale = Denial { code: DenialCode::StaleMarket, ..not_computable() };
    let price = i128::from(price.ok_or(stale)?.0).abs();
    let purchase = position.reserved(Side::Buy) + with(Side::Buy);
    Ok(Some(Reach { state: review.state, instrument, price, currency, bought, sold, purchase }))
}
