//! Ledger: which trades did the fills make?
//!
//! In: fills with their instruments, in order. Out: a trade whenever a position is closed or turned. Must never: round a
//! value before it is summed; a closed part takes its share of the cost rounded towards zero, as State does.

use std::collections::BTreeMap;

use ringfence_core::event::{Adjustment, CorporateAction, Fill};
use ringfence_core::ids::{InstrumentId, StrategyId, TimeNs};
use ringfence_core::instrument::{Instrument, PositionSide, Side};
use ringfence_core::money::{Decimal, MoneyError, add_exact, decimal, share_towards_zero};

/// A position from flat to flat, or to the turn of its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Whose.
    pub strategy: StrategyId,
    /// In what.
    pub instrument: InstrumentId,
    /// Buy = it was long.
    pub side: Side,
    /// First fill.
    pub opened: TimeNs,
    /// Last fill.
    pub closed: TimeNs,
    /// Profit without fees, in the settlement currency.
    pub gross: Decimal,
    /// Fees of its fills; of a fill that turns the position, the closing part's share.
    pub fees: Decimal,
}

impl Trade {
    /// Profit after fees.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.gross - self.fees
    }

    /// Seconds from the first fill to the last.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "shown only")]
    pub fn held_s(&self) -> f64 {
        self.closed.0.saturating_sub(self.opened.0) as f64 / 1e9
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Open {
    qty: i64,
    /// Value paid for it, a mantissa at the instrument's value scale; negative for a short position.
    cost: i128,
    /// Profit of what was closed since it was opened, same scale.
    realised: i128,
    fees: Decimal,
    since: TimeNs,
}

/// Open positions of every strategy.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    open: BTreeMap<(StrategyId, InstrumentId, PositionSide), Open>,
}

impl Ledger {
    /// Follows what happens to an instrument that is held.
    pub fn acted(&mut self, instrument: InstrumentId, action: &CorporateAction) {
        if action.kind == Adjustment::Split {
            self.split(instrument, action.numerator, action.denominator);
        }
    }

    /// What takes back a fill: the opposite one, whose fee is what comes back. Booked as a fill it leaves the position that
    /// State has, and all trades together with the profit that is left.
    #[must_use]
    pub fn undone(fill: &Fill) -> Fill {
        Fill { side: fill.side.opposite(), fee: -fill.fee, ..*fill }
    }

    /// Multiplies what is held of an instrument, as State does: whole or not at all, where a position cannot follow exactly.
    pub fn split(&mut self, instrument: InstrumentId, numerator: u64, denominator: u64) {
        let after = |qty: i64| {
            let units = i128::from(qty).checked_mul(i128::from(numerator))?;
            let is_exact = denominator > 0 && units % i128::from(denominator) == 0;
            i64::try_from(units.checked_div(i128::from(denominator))?).ok().filter(|_| is_exact && numerator > 0)
        };
        let is_of = |key: &(StrategyId, InstrumentId, PositionSide)| key.1 == instrument;
        if self.open.iter().any(|(key, open)| is_of(key) && after(open.qty).is_none()) {
            return;
        }
        for (_, open) in self.open.iter_mut().filter(|(key, _)| is_of(key)) {
            open.qty = after(open.qty).unwrap_or(open.qty);
        }
    }

    /// True while such a position is held.
    #[must_use]
    pub fn is_open(&self, key: (StrategyId, InstrumentId, PositionSide)) -> bool {
        self.open.get(&key).is_some_and(|open| open.qty != 0)
    }

    /// Books a fill; gives the trade that it closes.
    ///
    /// # Errors
    /// [`MoneyError`] when an amount does not fit.
    pub fn book(&mut self, fill: &Fill, instrument: &Instrument, time: TimeNs) -> Result<Option<Trade>, MoneyError> {
        let key = (fill.order.strategy, instrument.id, fill.position_side);
        let open = self.open.entry(key).or_default();
        if open.qty == 0 {
            *open = Open { since: time, ..Open::default() };
        }
        let too_large = MoneyError::MantissaTooLarge(open.cost, instrument.value_scale());
        let value = instrument.value(fill.price.times(fill.qty)).ok_or(too_large)?;
        let (signed, signed_value) = (fill.qty.0 * fill.side.sign(), value * i128::from(fill.side.sign()));
        if open.qty == 0 || open.qty.signum() == signed.signum() {
            open.qty = open.qty.saturating_add(signed);
            open.cost = open.cost.checked_add(signed_value).ok_or(too_large)?;
            open.fees = add_exact(open.fees, fill.fee)?;
            return Ok(None);
        }
        let closing = open.qty.unsigned_abs().min(signed.unsigned_abs());
        let cost_out = share_towards_zero(open.cost, closing, open.qty.unsigned_abs());
        let value_out = share_towards_zero(signed_value, closing, signed.unsigned_abs());
        open.realised -= value_out + cost_out;
        open.cost -= cost_out;
        let fee_out = closing_fee(fill, closing)?;
        open.fees = add_exact(open.fees, fee_out)?;
        let was = *open;
        open.qty = was.qty.saturating_add(signed);
        if open.qty.signum() == was.qty.signum() {
            return Ok(None);
        }
        let rest = Open { qty: open.qty, cost: signed_value - value_out, since: time, ..Open::default() };
        *open = Open { fees: add_exact(fill.fee, -fee_out)?, ..rest };
        Ok(Some(Trade {
            strategy: fill.order.strategy,
            instrument: instrument.id,
            side: if was.qty > 0 { Side::Buy } else { Side::Sell },
            opened: was.since,
            closed: time,
            gross: decimal(was.realised, instrument.value_scale())?,
            fees: was.fees,
        }))
    }
}

/// The closing part's share of a fee, rounded to twelve digits behind the point; the opening part takes the rest.
fn closing_fee(fill: &Fill, closing: u64) -> Result<Decimal, MoneyError> {
    if closing == fill.qty.0.unsigned_abs() {
        return Ok(fill.fee);
    }
    let product = ringfence_core::money::mul_exact(fill.fee, Decimal::from(closing))?;
    Ok((product / Decimal::from(fill.qty.0)).round_dp(12))
}

#[cfg(test)]
mod tests;
