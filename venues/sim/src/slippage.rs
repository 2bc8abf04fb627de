//! Slippage: how much worse than the price it found does a market order fill?
//!
//! In: the price, the sizes. Out: a price on the worse side of it. Must never: touch an order with a limit (its limit is
//! what slippage can cost it), or make a price better.

use ringfence_core::instrument::Side;
use ringfence_core::money::{Price, Qty, round_up_to_step};

use crate::config::{Slippage, SlippageModel};

/// What the models look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// What fills.
    pub(crate) qty: Qty,
    /// What is displayed on the other side's best level; `None` = not known.
    pub(crate) displayed: Option<i64>,
    /// Price step.
    pub(crate) tick: i64,
}

impl Slippage {
    /// The price a market order gets that found this one. A price above 0 stays at least one tick.
    pub(crate) fn worsened(&self, price: Price, side: Side, sizes: Sizes) -> Price {
        let step = self.step(price, sizes);
        match side {
            Side::Buy => Price(price.0.saturating_add(step)),
            Side::Sell if price.0 > 0 => Price(price.0.saturating_sub(step).max(sizes.tick.min(price.0))),
            Side::Sell => Price(price.0.saturating_sub(step)),
        }
    }

    /// The distance, at least 0.
    fn step(&self, price: Price, Sizes { qty, displayed, tick }: Sizes) -> i64 {
        let amount = i128::from(self.amount);
        let ticks = |count: i128| whole(count.saturating_mul(i128::from(tick)));
        match self.model {
            SlippageModel::Off => 0,
            SlippageModel::Ticks => ticks(amount),
            SlippageModel::Bps => {
                let exact = i128::from(price.0.unsigned_abs()) * amount;
                round_up_to_step(whole(up(exact, BPS)), tick)
            }
            SlippageModel::Size => {
                let displayed = displayed.unwrap_or(qty.0);
                ticks(up(amount * i128::from(qty.0), i128::from(displayed)))
            }
        }
    }
}

/// Basis points of a whole.
const BPS: i128 = 10_000;

/// `a / b` rounded up, for `a` at least 0 and `b` above 0.
fn up(a: i128, b: i128) -> i128 {
    a.div_euclid(b) + i128::from(a.rem_euclid(b) > 0)
}

fn whole(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Buy and sell price from 1000 at a tick of 5.
    #[track_caller]
    fn check((model, amount): (SlippageModel, u32), (qty, displayed): (i64, Option<i64>), want: (i64, i64)) {
        let slippage = Slippage { model, amount };
        let sizes = Sizes { qty: Qty(qty), displayed, tick: 5 };
        let price = |side| slippage.worsened(Price(1_000), side, sizes).0;
        assert_eq!((price(Side::Buy), price(Side::Sell)), want);
    }

    #[test]
    fn off_is_the_price_itself() {
        check((SlippageModel::Off, 0), (7, Some(1)), (1_000, 1_000));
    }

    #[test]
    fn ticks_are_ticks() {
        check((SlippageModel::Ticks, 0), (7, Some(1)), (1_000, 1_000));
        check((SlippageModel::Ticks, 3), (7, None), (1_015, 985));
    }

    #[test]
    fn basis_points_go_up_to_the_next_tick() {
        check((SlippageModel::Bps, 50), (7, None), (1_005, 995));
        check((SlippageModel::Bps, 51), (7, None), (1_010, 990));
    }

    #[test]
    fn size_is_ticks_for_each_displayed_size_begun() {
        check((SlippageModel::Size, 1), (10, Some(10)), (1_005, 995));
        check((SlippageModel::Size, 1), (11, Some(10)), (1_010, 990));
        check((SlippageModel::Size, 2), (5, Some(10)), (1_005, 995));
        check((SlippageModel::Size, 2), (10, None), (1_010, 990));
    }

    #[test]
    fn a_price_above_0_stays_a_price_and_the_end_of_the_range_holds() {
        check((SlippageModel::Ticks, 199), (1, None), (1_995, 5));
        check((SlippageModel::Ticks, 10_000), (1, None), (51_000, 5));
        let most = Slippage { model: SlippageModel::Size, amount: 10_000 };
        let sizes = Sizes { qty: Qty(i64::MAX), displayed: Some(1), tick: i64::MAX };
        assert_eq!(most.worsened(Price(1), Side::Buy, sizes), Price(i64::MAX));
        assert_eq!(most.worsened(Price(-1), Side::Sell, sizes), Price(i64::MIN));
    }
}
