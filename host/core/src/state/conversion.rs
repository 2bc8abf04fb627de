//! Conversion: what is an amount of one currency worth in another?
//!
//! In: State, an amount. Out: the amount in the other currency, or which price is missing. Must never: be asked on the way
//! of every event, or take a missing price for 0.

use crate::config::{Conversion, Leg};
use crate::ids::CurrencyId;
use crate::money::{Decimal, MoneyError, converted, decimal};
use crate::state::State;

impl State {
    /// An amount of one currency in another, at the mark of the pair or pairs between them (the venue's mark, else the middle
    /// of the touch, else the last price), rounded half to even to the digits of the other currency.
    ///
    /// # Errors
    /// [`MoneyError::NoRate`] where no pair, or no price above 0 of one, is known; others where it does not fit a decimal.
    pub fn convert(&self, amount: Decimal, from: CurrencyId, to: CurrencyId) -> Result<Decimal, MoneyError> {
        if from == to || amount.is_zero() {
            return Ok(amount);
        }
        let missing = MoneyError::NoRate(from, to);
        let config = self.config().ok_or(missing)?;
        let way = Conversion::between(&config.instruments, from, to).ok_or(missing)?;
        let (mut up, mut down) = (Decimal::ONE, Decimal::ONE);
        for leg in core::iter::once(way.first).chain(way.second) {
            let price = self.rate(leg).ok_or(missing)?;
            let side = if leg.is_multiplied { &mut up } else { &mut down };
            *side = crate::money::mul_exact(*side, price)?;
        }
        let digits = config.currency(to).map_or(0, |currency| u32::from(currency.scale));
        converted(amount, (up, down), digits)
    }

    fn rate(&self, leg: Leg) -> Option<Decimal> {
        let market = self.market(leg.instrument)?;
        let half = market.mark_price().filter(|half| half.0 > 0)?;
        // Half a unit at a scale is five units at the next.
        decimal(half.0.checked_mul(5)?, u32::from(market.instrument.price_scale.digits()) + 1).ok()
    }
}
