//! Fees: what does a fill cost?
//!
//! In: price, quantity, instrument. Out: an exact amount in the settlement currency, rounded only where configured.
//! Must never: round silently.

use ringfence_core::event::Liquidity;
use ringfence_core::instrument::Instrument;
use ringfence_core::money::{Decimal, Price, Qty, decimal};

use crate::config::{CommissionRounding, Fees};

/// Fee factors, taken apart once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeeTable {
    maker: Factor,
    taker: Factor,
    rounding: CommissionRounding,
}

/// `mantissa / 10^scale` of a fill's value.
#[derive(Clone, Copy, Debug)]
struct Factor {
    mantissa: i128,
    scale: u32,
}

impl FeeTable {
    pub(crate) fn new(fees: &Fees) -> FeeTable {
        FeeTable { maker: factor(fees.maker_bps), taker: factor(fees.taker_bps), rounding: fees.rounding }
    }

    /// Fee of a fill; `None` when it does not fit a decimal.
    pub(crate) fn fee(
        &self,
        instrument: &Instrument,
        (price, qty): (Price, Qty),
        liquidity: Liquidity,
    ) -> Option<Decimal> {
        let factor = match liquidity {
            Liquidity::Maker => self.maker,
            Liquidity::Taker | Liquidity::None => self.taker,
        };
        let value = instrument.value(price.times(qty))?;
        let exact = value.checked_abs()?.checked_mul(factor.mantissa)?;
        let scale = instrument.value_scale() + factor.scale;
        match self.rounding {
            CommissionRounding::Exact => shortest(exact, scale),
            CommissionRounding::Cents => decimal(half_away_from_zero(exact, scale, CENTS), CENTS).ok(),
        }
    }
}

const CENTS: u32 = 2;

/// A basis point is 10^-4.
fn factor(bps: Decimal) -> Factor {
    let bps = bps.normalize();
    Factor { mantissa: bps.mantissa(), scale: bps.scale() + 4 }
}

/// The decimal with as few digits as the value allows: a long scale may end in zeros.
fn shortest(mut mantissa: i128, mut scale: u32) -> Option<Decimal> {
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    decimal(mantissa, scale).ok()
}

/// The mantissa at `digits` of a value at `scale`, which is larger: a basis point alone has 4.
fn half_away_from_zero(mantissa: i128, scale: u32, digits: u32) -> i128 {
    // At most 26 + 8 + 4 digits, so the unit fits.
    let unit = 10_i128.pow(scale - digits);
    let (whole, rest) = (mantissa / unit, mantissa % unit);
    if rest.abs() >= unit - rest.abs() && rest != 0 { whole + rest.signum() } else { whole }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use ringfence_core::ids::{CurrencyId, InstrumentId, NameId, VenueId};
    use ringfence_core::instrument::{InstrumentKind, InstrumentStatus, Multiplier};
    use ringfence_core::money::Scale;

    use super::*;

    fn scale(digits: u8) -> Scale {
        Scale::new(digits).expect("in range")
    }

    fn instrument(price_scale: u8, qty_scale: u8, multiplier: Multiplier) -> Instrument {
        Instrument {
            id: InstrumentId(1),
            venue: VenueId(1),
            symbol: NameId(1),
            kind: InstrumentKind::Equity,
            base: CurrencyId(2),
            quote: CurrencyId(1),
            settlement: CurrencyId(1),
            counterparty: NameId(0),
            price_scale: scale(price_scale),
            qty_scale: scale(qty_scale),
            tick: 1,
            lot: 1,
            qty_min: Qty(1),
            qty_max: Qty(i64::MAX),
            notional_min: Decimal::ZERO,
            multiplier,
            margin_initial_bps: 0,
            margin_maintenance_bps: 0,
            status: InstrumentStatus::Trading,
        }
    }

    /// Taker fee of `price x qty` (mantissas at scales 4 and 0), exact and in cents.
    #[track_caller]
    fn check(bps: &str, price: i64, qty: i64, want: Expect) {
        let bps = bps.parse().expect("a decimal in a test");
        let text = [CommissionRounding::Exact, CommissionRounding::Cents].map(|rounding| {
            let fees = FeeTable::new(&Fees { maker_bps: Decimal::ZERO, taker_bps: bps, rounding });
            let fee = fees.fee(&instrument(4, 0, Multiplier::ONE), (Price(price), Qty(qty)), Liquidity::Taker);
            fee.map_or("does not fit".into(), |fee| fee.to_string())
        });
        want.assert_eq(&text.join(" | "));
    }

    #[test]
    fn a_basis_point_of_the_value_is_exact_or_rounded_to_cents() {
        check("1", 1_450_700, 100, expect!["1.4507 | 1.45"]);
        check("2.5", 1_450_701, 200, expect!["7.253505 | 7.25"]);
    }

    #[test]
    fn half_a_cent_goes_away_from_zero_and_a_hair_less_does_not() {
        check("1", 1_500_000, 1, expect!["0.015 | 0.02"]);
        check("1", 1_499_999, 1, expect!["0.01499999 | 0.01"]);
        check("-1", 1_500_000, 1, expect!["-0.015 | -0.02"]);
        check("-1", 1_499_999, 1, expect!["-0.01499999 | -0.01"]);
    }

    #[test]
    fn a_negative_price_costs_as_much_as_a_positive_one() {
        check("1", -1_450_700, 100, expect!["1.4507 | 1.45"]);
    }

    #[test]
    fn a_fee_that_cannot_be_held_exactly_is_none_and_never_a_rounded_one() {
        check("0.00000001", i64::MAX, i64::MAX, expect!["does not fit | 8507059173023461584739.69"]);
        check("10000", i64::MAX, i64::MAX, expect!["does not fit | does not fit"]);
    }

    #[test]
    fn the_multiplier_counts_and_the_maker_pays_its_own_rate() {
        let fees = FeeTable::new(&Fees {
            maker_bps: "2".parse().expect("a decimal in a test"),
            taker_bps: "5".parse().expect("a decimal in a test"),
            rounding: CommissionRounding::Exact,
        });
        let tenth = instrument(1, 3, Multiplier { mantissa: 1, scale: scale(1) });
        let fee = |liquidity| fees.fee(&tenth, (Price(617_000), Qty(10)), liquidity).map(|fee| fee.to_string());
        assert_eq!(fee(Liquidity::Maker).as_deref(), Some("0.01234"));
        assert_eq!(fee(Liquidity::Taker).as_deref(), Some("0.03085"));
    }
}
