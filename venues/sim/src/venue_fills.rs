//! Venue fills: what does a venue do to positions on its own account?
//!
//! In: a position, a price or an amount, the reason. Out: the fill that closes it, or the cash that moves. Must never:
//! decide when.
//!
//! A fill of the venue names the strategy that held the position, and intent 0: no order led to it.

use ringfence_core::event::{BalanceChange, BalanceReason, Cause, EventKind, Fill, FillReason, Liquidity, Report};
use ringfence_core::ids::{AccountId, IntentId, LegId, LegKey, StrategyId};
use ringfence_core::money::{Decimal, Price, Qty, decimal};

use crate::positions::Held;
use crate::sim::Sim;

impl Sim {
    /// Closes so much of a position at a price, without a fee.
    pub(crate) fn close_out(
        &mut self,
        at: usize,
        held: Held,
        (price, qty): (Price, i128),
        reason: FillReason,
        out: &mut Vec<Report>,
    ) {
        // More than an order can have is closed by the next check, where there is one.
        let qty = Qty(i64::try_from(qty).unwrap_or(i64::MAX));
        let instrument = self.books[at].instrument;
        self.trades += 1;
        let (owner, side) = (held.owner, held.closing_side());
        let is_trade = reason == FillReason::Liquidation;
        let fill = Fill {
            order: LegKey { strategy: owner.strategy, intent: IntentId(0), leg: LegId(0) },
            trade_id: self.trades,
            price,
            qty,
            leaves: Qty(0),
            fee: Decimal::ZERO,
            fee_currency: instrument.settlement,
            side,
            liquidity: if is_trade { Liquidity::Taker } else { Liquidity::None },
            position_side: held.position_side,
            reason,
            ahead: Fill::AHEAD_UNKNOWN,
        };
        self.books[at].positions.filled(owner, held.position_side, side, qty);
        self.count_fill(owner.account, at, &fill);
        out.push(self.own(at, owner.account, EventKind::OrderFilled(fill)));
    }

    /// Moves cash of a strategy and its account.
    pub(crate) fn pay(
        &mut self,
        at: usize,
        (account, strategy): (AccountId, StrategyId),
        (reason, amount): (BalanceReason, Decimal),
        out: &mut Vec<Report>,
    ) {
        if amount.is_zero() {
            return;
        }
        let currency = self.books[at].instrument.settlement;
        self.count_payment(account, amount);
        let change = BalanceChange { reason, currency, amount, strategy };
        out.push(self.own(at, account, EventKind::BalanceAdjusted(change)));
    }

    /// A report that nobody asked for.
    pub(crate) fn own(&self, at: usize, account: AccountId, kind: EventKind) -> Report {
        let instrument = &self.books[at].instrument;
        Report {
            venue_time: self.moment,
            cause: Cause::Outside,
            instrument: instrument.id,
            venue: instrument.venue,
            account,
            kind,
        }
    }
}

/// `mantissa / 10^scale` as a decimal: exact, or where it has more digits than a decimal can hold, rounded to those, half
/// to the even digit.
pub(crate) fn amount(mantissa: i128, scale: u32) -> Decimal {
    let (mut mantissa, mut scale) = (mantissa, scale);
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    let mut dropped = 0_u32;
    loop {
        let unit = 10_i128.pow(dropped);
        let kept = half_even(mantissa, unit);
        match decimal(kept, scale - dropped) {
            Ok(amount) => return amount,
            Err(_) if dropped < scale => dropped += 1,
            // Above 2^96 units of the currency: as much as a decimal can say.
            Err(_) => return if kept < 0 { Decimal::MIN } else { Decimal::MAX },
        }
    }
}

/// `value / unit` to the nearest whole number, half to the even one; `unit` is above 0.
pub(crate) fn half_even(value: i128, unit: i128) -> i128 {
    let (down, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    let is_up = rest > unit - rest || rest > 0 && rest == unit - rest && down % 2 != 0;
    down + i128::from(is_up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_exact_while_a_decimal_can_hold_it_and_then_half_even() {
        let dec = |text: &str| text.parse::<Decimal>().expect("a decimal");
        assert_eq!(amount(-125_000, 6), dec("-0.125"));
        assert_eq!(amount(12_345, 30), dec("0.0000000000000000000000000123"), "0.5 goes to the even digit");
        assert_eq!(amount(12_355, 30), dec("0.0000000000000000000000000124"));
        assert_eq!(amount(i128::MAX, 0), Decimal::MAX);
        assert_eq!([(5, 2), (7, 2), (-5, 2), (-7, 2), (9, 4)].map(|(v, u)| half_even(v, u)), [2, 4, -2, -4, 2]);
    }
}
