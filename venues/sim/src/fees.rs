//! Fees: what does a fill cost?
//!
//! In: price, quantity, instrument, what the account has traded, what the order has cost. Out: an exact amount in the
//! settlement currency, rounded only where configured. Must never: round silently.

use ringfence_core::event::Liquidity;
use ringfence_core::ids::AccountId;
use ringfence_core::instrument::Instrument;
use ringfence_core::money::{Decimal, Price, Qty, add_exact, decimal};

use crate::config::{CommissionRounding, Fees, Rates};

/// Fee factors, taken apart once.
#[derive(Debug)]
pub(crate) struct FeeTable {
    /// Tiers by ascending volume; the first one is from 0.
    tiers: Vec<Tier>,
    per_unit: Pair,
    order_min: Decimal,
    rounding: CommissionRounding,
    /// Value traded by each account, in units of 10^-8; what is finer does not count.
    volumes: Vec<i128>,
}

#[derive(Debug)]
struct Tier {
    volume_from: i128,
    of_value: Pair,
}

/// Maker and taker.
#[derive(Clone, Copy, Debug)]
struct Pair {
    maker: Factor,
    taker: Factor,
}

/// `mantissa / 10^scale`, of a fill's value or for each unit.
#[derive(Clone, Copy, Debug)]
struct Factor {
    mantissa: i128,
    scale: u32,
}

/// What is priced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    pub(crate) account: AccountId,
    pub(crate) price: Price,
    pub(crate) qty: Qty,
    pub(crate) liquidity: Liquidity,
}

/// What the fills of an order have cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OrderFees {
    /// Sum of what each would have cost without a least fee; `None` before the first.
    sum: Option<Decimal>,
}

impl FeeTable {
    pub(crate) fn new(fees: &Fees, accounts: usize) -> FeeTable {
        let first = Tier { volume_from: 0, of_value: of_value(fees.base) };
        let others = fees.tiers.iter().map(|tier| {
            let mut volume = tier.volume_from;
            volume.rescale(VOLUME_SCALE);
            Tier { volume_from: volume.mantissa(), of_value: of_value(tier.rates) }
        });
        FeeTable {
            tiers: std::iter::once(first).chain(others).collect(),
            per_unit: Pair { maker: plain(fees.maker_per_unit), taker: plain(fees.taker_per_unit) },
            order_min: fees.order_min,
            rounding: fees.rounding,
            volumes: vec![0; accounts],
        }
    }

    /// Fee of a fill, and what its order has cost with it; `None` when it does not fit a decimal. The fill counts for the
    /// account's volume once [`FeeTable::traded`] is told.
    pub(crate) fn fee(
        &self,
        instrument: &Instrument,
        filled: Filled,
        order: OrderFees,
    ) -> Option<(Decimal, OrderFees)> {
        let fee = self.plain_fee(instrument, filled)?;
        if self.order_min.is_zero() {
            return Some((fee, order));
        }
        let paid = order.sum.map_or(Decimal::ZERO, |sum| sum.max(self.order_min));
        let sum = add_exact(order.sum.unwrap_or_default(), fee).ok()?;
        let due = add_exact(sum.max(self.order_min), -paid).ok()?;
        Some((due, OrderFees { sum: Some(sum) }))
    }

    /// A fill happened: its value counts for the next one's tier.
    pub(crate) fn traded(&mut self, instrument: &Instrument, filled: Filled) {
        if self.tiers.len() == 1 {
            return;
        }
        let value = instrument.value(filled.price.times(filled.qty)).map_or(i128::MAX, i128::saturating_abs);
        let scale = instrument.value_scale();
        let value = match scale.checked_sub(VOLUME_SCALE) {
            Some(finer) => value / 10_i128.pow(finer),
            None => value.saturating_mul(10_i128.pow(VOLUME_SCALE - scale)),
        };
        let volume = &mut self.volumes[usize::from(filled.account.0) - 1];
        *volume = volume.saturating_add(value);
    }

    /// Fee of the fill alone.
    fn plain_fee(&self, instrument: &Instrument, filled: Filled) -> Option<Decimal> {
        let value = instrument.value(filled.price.times(filled.qty))?;
        let rate = self.tier(filled.account).of(filled.liquidity);
        let of_value = value.checked_abs()?.checked_mul(rate.mantissa)?;
        let scale = instrument.value_scale() + rate.scale;
        let unit = self.per_unit.of(filled.liquidity);
        let of_units = i128::from(filled.qty.0).checked_mul(unit.mantissa)?;
        let units_scale = u32::from(instrument.qty_scale.digits()) + unit.scale;
        let (exact, scale) = sum((of_value, scale), (of_units, units_scale))?;
        match self.rounding {
            CommissionRounding::Exact => shortest(exact, scale),
            CommissionRounding::Cents
            | CommissionRounding::CentsEven
            | CommissionRounding::CentsUp
            | CommissionRounding::CentsDown => decimal(rounded(exact, scale, self.rounding), CENTS).ok(),
        }
    }

    fn tier(&self, account: AccountId) -> Pair {
        let volume = self.volumes[usize::from(account.0) - 1];
        let passed = self.tiers.iter().take_while(|tier| tier.volume_from <= volume);
        passed.last().expect("the first one is from 0").of_value
    }
}

impl Pair {
    fn of(&self, liquidity: Liquidity) -> Factor {
        match liquidity {
            Liquidity::Maker => self.maker,
            Liquidity::Taker | Liquidity::None => self.taker,
        }
    }
}

const CENTS: u32 = 2;
const VOLUME_SCALE: u32 = 8;

fn of_value(rates: Rates) -> Pair {
    Pair { maker: factor(rates.maker_bps), taker: factor(rates.taker_bps) }
}

fn plain(amount: Decimal) -> Factor {
    let amount = amount.normalize();
    Factor { mantissa: amount.mantissa(), scale: amount.scale() }
}

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

/// The sum at the finer scale of the two.
fn sum((a, a_scale): (i128, u32), (b, b_scale): (i128, u32)) -> Option<(i128, u32)> {
    if b == 0 {
        return Some((a, a_scale));
    }
    let scale = a_scale.max(b_scale);
    let at = |value: i128, own: u32| value.checked_mul(10_i128.checked_pow(scale - own)?);
    Some((at(a, a_scale)?.checked_add(at(b, b_scale)?)?, scale))
}

/// Cents of a value at `scale`, which is larger: a basis point alone has 4.
fn rounded(mantissa: i128, scale: u32, rounding: CommissionRounding) -> i128 {
    // At most 26 + 8 + 4 digits, so the unit fits.
    let unit = 10_i128.pow(scale - CENTS);
    let (down, rest) = (mantissa.div_euclid(unit), mantissa.rem_euclid(unit));
    let is_up = match rounding {
        CommissionRounding::Exact | CommissionRounding::CentsDown => false,
        CommissionRounding::CentsUp => rest > 0,
        CommissionRounding::Cents if mantissa < 0 => rest > unit - rest,
        CommissionRounding::Cents => rest > 0 && rest >= unit - rest,
        CommissionRounding::CentsEven => rest > unit - rest || rest > 0 && rest == unit - rest && down % 2 != 0,
    };
    down + i128::from(is_up)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use ringfence_core::ids::{CurrencyId, InstrumentId, NameId, VenueId};
    use ringfence_core::instrument::{InstrumentKind, InstrumentStatus, Multiplier};
    use ringfence_core::money::Scale;

    use super::*;
    use crate::config::FeeTier;

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

    fn dec(text: &str) -> Decimal {
        text.parse().expect("a decimal in a test")
    }

    fn taker(price: i64, qty: i64) -> Filled {
        Filled { account: AccountId(1), price: Price(price), qty: Qty(qty), liquidity: Liquidity::Taker }
    }

    /// Fee of a first fill, with what it counts for later ones.
    fn one(table: &FeeTable, instrument: &Instrument, filled: Filled) -> Option<Decimal> {
        table.fee(instrument, filled, OrderFees::default()).map(|(fee, _)| fee)
    }

    /// Taker fee of `price x qty` (mantissas at scales 4 and 0), exact and in cents.
    #[track_caller]
    fn check(bps: &str, price: i64, qty: i64, want: Expect) {
        let text = [CommissionRounding::Exact, CommissionRounding::Cents].map(|rounding| {
            let fees = FeeTable::new(&Fees { rounding, ..Fees::bps(Decimal::ZERO, dec(bps)) }, 1);
            let fee = one(&fees, &instrument(4, 0, Multiplier::ONE), taker(price, qty));
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

    /// Fees of so many hundredths of a cent in each way to round.
    #[track_caller]
    fn check_ways(hundredths: i64, want: &str) {
        let line: Vec<String> = CommissionRounding::ALL
            .iter()
            .map(|rounding| {
                let fees =
                    FeeTable::new(&Fees { rounding: *rounding, ..Fees::bps(dec("0"), Decimal::from(hundredths)) }, 1);
                one(&fees, &instrument(4, 0, Multiplier::ONE), taker(10_000, 1)).expect("it fits").to_string()
            })
            .collect();
        assert_eq!(line.join(" "), want);
    }

    #[test]
    fn every_way_to_round_at_half_a_cent_and_beside_it() {
        check_ways(149, "0.0149 0.01 0.01 0.02 0.01");
        check_ways(150, "0.015 0.02 0.02 0.02 0.01");
        check_ways(151, "0.0151 0.02 0.02 0.02 0.01");
        check_ways(250, "0.025 0.03 0.02 0.03 0.02");
        check_ways(200, "0.02 0.02 0.02 0.02 0.02");
        check_ways(-149, "-0.0149 -0.01 -0.01 -0.01 -0.02");
        check_ways(-150, "-0.015 -0.02 -0.02 -0.01 -0.02");
        check_ways(-250, "-0.025 -0.03 -0.02 -0.02 -0.03");
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
        let fees = FeeTable::new(&Fees::bps(dec("2"), dec("5")), 1);
        let tenth = instrument(1, 3, Multiplier { mantissa: 1, scale: scale(1) });
        let fee = |liquidity| {
            let filled = Filled { liquidity, ..taker(617_000, 10) };
            one(&fees, &tenth, filled).map(|fee| fee.to_string())
        };
        assert_eq!(fee(Liquidity::Maker).as_deref(), Some("0.01234"));
        assert_eq!(fee(Liquidity::Taker).as_deref(), Some("0.03085"));
    }

    #[test]
    fn units_cost_beside_the_value_each_side_its_own() {
        let fees =
            Fees { maker_per_unit: dec("-0.002"), taker_per_unit: dec("0.0035"), ..Fees::bps(dec("0"), dec("1")) };
        let fees = FeeTable::new(&fees, 1);
        let shares = instrument(2, 1, Multiplier::ONE);
        let fee =
            |liquidity| one(&fees, &shares, Filled { liquidity, ..taker(1_000, 25) }).expect("it fits").to_string();
        assert_eq!((fee(Liquidity::Maker), fee(Liquidity::Taker)), ("-0.005".into(), "0.01125".into()));
    }

    #[test]
    fn the_least_fee_is_of_the_order_and_its_later_fills_pay_what_is_above_it() {
        let fees = FeeTable::new(&Fees { order_min: dec("1"), ..Fees::bps(dec("0"), dec("10")) }, 1);
        let shares = instrument(0, 0, Multiplier::ONE);
        let mut order = OrderFees::default();
        // 0.4 each: 1 at once, then nothing until the sum is above 1.
        let paid = [100, 100, 100, 100].map(|qty| {
            let (fee, next) = fees.fee(&shares, taker(4, qty), order).expect("it fits");
            order = next;
            fee.normalize().to_string()
        });
        assert_eq!(paid, ["1", "0", "0.2", "0.4"]);
    }

    #[test]
    fn a_tier_begins_with_the_fill_after_the_one_that_reached_its_volume() {
        let rates = Rates { maker_bps: dec("0"), taker_bps: dec("5") };
        let tiers = vec![FeeTier { volume_from: dec("1000"), rates }];
        let mut fees = FeeTable::new(&Fees { tiers, ..Fees::bps(dec("1"), dec("10")) }, 2);
        let shares = instrument(2, 0, Multiplier::ONE);
        let mut trade = |account: u16, price, qty| {
            let filled = Filled { account: AccountId(account), ..taker(price, qty) };
            let fee = one(&fees, &shares, filled).expect("it fits").to_string();
            fees.traded(&shares, filled);
            fee
        };
        assert_eq!(trade(1, 99_999, 1), "0.99999");
        assert_eq!(trade(1, 1, 1), "0.00001", "999.99 is below 1000");
        assert_eq!(trade(1, 100_000, 1), "0.5", "1000 is not");
        assert_eq!(trade(2, 100_000, 1), "1", "each account has its own volume");
    }
}
