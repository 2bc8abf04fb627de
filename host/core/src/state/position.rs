//! Positions: what does each strategy and each account hold, what did it cost, and what is reserved?
//!
//! In: fills and reservations. Out: signed quantities, exact cost, realised profit and cash flow. Must never: divide a
//! price; the open cost is a sum of price x quantity, and a closed part takes its share rounded towards zero.

use crate::canonical::Writer;
use crate::instrument::{Instrument, Side};
use crate::money::{Decimal, Price, Qty, add_exact, share_towards_zero};
use crate::state::market::HalfPrice;

/// A position of one strategy (or one account) in one instrument and position side.
///
/// Values are mantissas at [`Instrument::value_scale`]. Invariant: `realised - cost = flow` (bought value counts negative),
/// so that realised plus unrealised profit is exact whatever the order of fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Signed quantity.
    pub qty: i64,
    /// Value paid for the open quantity; negative for a short position.
    pub cost: i128,
    /// Profit of the closed quantity, without fees.
    pub realised: i128,
    /// Fees in the settlement currency.
    pub fees: Decimal,
    /// Quantity bought by allowed, unfinished work.
    pub reserved_buy: i128,
    /// Quantity sold by allowed, unfinished work.
    pub reserved_sell: i128,
}

/// A fill that cannot be booked exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

impl Position {
    /// Largest position this side could reach with everything reserved filled: buy gives the upper, sell the lower end.
    #[must_use]
    pub fn worst(&self, side: Side) -> i128 {
        match side {
            Side::Buy => i128::from(self.qty) + self.reserved_buy,
            Side::Sell => i128::from(self.qty) - self.reserved_sell,
        }
    }

    /// Quantity that allowed, unfinished work of this side would trade.
    #[must_use]
    pub fn reserved(&self, side: Side) -> i128 {
        match side {
            Side::Buy => self.reserved_buy,
            Side::Sell => self.reserved_sell,
        }
    }

    /// Quantity that an order of this side would close, less what other work is there to close; at least 0.
    #[must_use]
    pub fn closable(&self, side: Side) -> i128 {
        self.closable_instead(side, 0)
    }

    /// The same, where so much of that other work ends as this order fills.
    pub(crate) fn closable_instead(&self, side: Side, tied: i128) -> i128 {
        let held = -i128::from(self.qty) * i128::from(side.sign());
        (held - self.reserved(side) + tied).max(0)
    }

    /// Cash that fills moved, without fees: what was sold for minus what was bought for.
    #[must_use]
    pub fn flow(&self) -> i128 {
        self.realised - self.cost
    }

    /// Value of the open quantity at a mark, in half units at the instrument's value scale.
    #[must_use]
    pub fn half_value(&self, mark: HalfPrice, instrument: &Instrument) -> Option<i128> {
        mark.0.checked_mul(i128::from(self.qty))?.checked_mul(i128::from(instrument.multiplier.mantissa))
    }

    pub(crate) fn reserve(&mut self, side: Side, delta: i64) {
        let reserved = match side {
            Side::Buy => &mut self.reserved_buy,
            Side::Sell => &mut self.reserved_sell,
        };
        *reserved += i128::from(delta);
        assert!(*reserved >= 0, "a reservation is released once");
    }

    /// Books a fill and gives back the new position; nothing changes on overflow.
    pub(crate) fn filled(
        &self,
        side: Side,
        price: Price,
        qty: Qty,
        instrument: &Instrument,
    ) -> Result<Position, Overflow> {
        let value = instrument.value(price.times(qty)).ok_or(Overflow)?;
        let signed_value = value.checked_mul(i128::from(side.sign())).ok_or(Overflow)?;
        let signed_qty = qty.0.checked_mul(side.sign()).ok_or(Overflow)?;
        let new_qty = self.qty.checked_add(signed_qty).ok_or(Overflow)?;
        let opens = self.qty == 0 || self.qty.signum() == signed_qty.signum();
        let (cost, realised) = if opens {
            (self.cost.checked_add(signed_value).ok_or(Overflow)?, self.realised)
        } else {
            self.closed(signed_value, qty, new_qty)?
        };
        // What a view computes from these must not overflow either.
        realised.checked_sub(cost).ok_or(Overflow)?;
        Ok(Position { qty: new_qty, cost, realised, ..*self })
    }

    /// Cost and realised profit after a fill against the position; what exceeds it opens the other side.
    fn closed(&self, signed_value: i128, qty: Qty, new_qty: i64) -> Result<(i128, i128), Overflow> {
        let held = self.qty.unsigned_abs();
        let closing = held.min(qty.0.unsigned_abs());
        let cost_out = share_towards_zero(self.cost, closing, held);
        let value_out = share_towards_zero(signed_value, closing, qty.0.unsigned_abs());
        let gain = value_out.checked_add(cost_out).and_then(i128::checked_neg).ok_or(Overflow)?;
        let cost = (self.cost - cost_out).checked_add(signed_value - value_out).ok_or(Overflow)?;
        debug_assert!(new_qty != 0 || cost == 0, "a closed position has no cost");
        Ok((cost, self.realised.checked_add(gain).ok_or(Overflow)?))
    }

    pub(crate) fn charge(&mut self, fee: Decimal) -> Result<(), Overflow> {
        self.fees = add_exact(self.fees, fee).map_err(|_| Overflow)?;
        Ok(())
    }

    pub(crate) fn is_untouched(&self) -> bool {
        *self == Position::default()
    }

    pub(crate) fn put(&self, w: &mut Writer) {
        w.i64(self.qty);
        w.i128(self.cost);
        w.i128(self.realised);
        w.decimal(self.fees);
        w.i128(self.reserved_buy);
        w.i128(self.reserved_sell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CurrencyId, InstrumentId, NameId, VenueId};
    use crate::instrument::{InstrumentKind, InstrumentStatus, Multiplier};
    use crate::money::Scale;
    use alloc::format;
    use alloc::string::String;
    use expect_test::expect;
    use proptest::prelude::*;

    fn instrument() -> Instrument {
        Instrument {
            id: InstrumentId(1),
            venue: VenueId(1),
            symbol: NameId(1),
            kind: InstrumentKind::Equity,
            base: CurrencyId(2),
            quote: CurrencyId(1),
            settlement: CurrencyId(1),
            counterparty: NameId(0),
            price_scale: Scale::default(),
            qty_scale: Scale::default(),
            tick: 1,
            lot: 1,
            qty_min: Qty(1),
            qty_max: Qty(1_000_000),
            notional_min: Decimal::ZERO,
            multiplier: Multiplier::ONE,
            margin_initial_bps: 0,
            margin_maintenance_bps: 0,
            status: InstrumentStatus::Trading,
        }
    }

    /// `"buy 3 @10, sell 2 @11"` -> one line per fill.
    fn book(script: &str) -> String {
        let mut position = Position::default();
        let mut out = String::new();
        for line in script.split(", ") {
            let mut words = line.split(' ');
            let side = if words.next() == Some("buy") { Side::Buy } else { Side::Sell };
            let mut number = || words.next().and_then(|w| w.trim_start_matches('@').parse().ok()).expect("a number");
            let (qty, price) = (Qty(number()), Price(number()));
            position = position.filled(side, price, qty, &instrument()).expect("no overflow");
            out += &format!("qty {} cost {} realised {}\n", position.qty, position.cost, position.realised);
        }
        out
    }

    #[test]
    fn closing_takes_its_share_of_the_cost_and_crossing_zero_starts_anew() {
        expect![[r#"
            qty 3 cost 30 realised 0
            qty 2 cost 20 realised 1
            qty -2 cost -22 realised 3
            qty 0 cost 0 realised 5
        "#]]
        .assert_eq(&book("buy 3 @10, sell 1 @11, sell 4 @11, buy 2 @10"));
    }

    proptest! {
        #[test]
        fn realised_minus_cost_is_what_cash_moved(fills in prop::collection::vec((any::<bool>(), 1_i64..1000, 1_i64..1000), 1..40)) {
            let (mut position, mut cash, mut held) = (Position::default(), 0_i128, 0_i64);
            for (is_buy, qty, price) in fills {
                let side = if is_buy { Side::Buy } else { Side::Sell };
                position = position.filled(side, Price(price), Qty(qty), &instrument()).expect("no overflow");
                cash -= i128::from(price * qty * side.sign());
                held += qty * side.sign();
                prop_assert_eq!(position.flow(), cash);
                prop_assert_eq!(position.qty, held);
            }
        }
    }

    #[test]
    fn what_cannot_be_booked_exactly_changes_nothing() {
        let full = Position { qty: i64::MAX, ..Position::default() };
        assert_eq!(full.filled(Side::Buy, Price(1), Qty(1), &instrument()), Err(Overflow));
    }

    #[test]
    fn profit_at_the_end_of_the_range_is_refused_and_not_wrapped() {
        let multiplier = Multiplier { mantissa: 4, ..Multiplier::ONE };
        let instrument = Instrument { multiplier, ..instrument() };
        let qty = 1_i64 << 62;
        // Bought back at the lowest price there is: the value is the lowest number there is, which has no opposite.
        let short = Position { qty: -qty, ..Position::default() };
        assert_eq!(instrument.value(Price(i64::MIN).times(Qty(qty))), Some(i128::MIN));
        assert_eq!(short.filled(Side::Buy, Price(i64::MIN), Qty(qty), &instrument), Err(Overflow));
        assert_eq!(short.filled(Side::Sell, Price(i64::MIN), Qty(qty), &instrument), Err(Overflow));
    }

    #[test]
    #[should_panic(expected = "released once")]
    fn a_reservation_cannot_be_released_twice() {
        let mut position = Position::default();
        position.reserve(Side::Buy, 1);
        position.reserve(Side::Buy, -2);
    }
}
