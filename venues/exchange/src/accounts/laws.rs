//! Laws of the ledgers, under random trading.

use proptest::prelude::*;

use super::margin::Position;
use crate::amount::Amount;

fn signed(qty: i64) -> Amount {
    Amount::from_units(i128::from(qty) * 100_000)
}

proptest! {
    /// Whatever is traded in whatever order, profit that was realised and profit that is not are together the value of
    /// what is held less the money that was paid.
    #[test]
    fn profit_is_value_less_money_paid(trades in prop::collection::vec((-5_000i64..5_000, 1i64..50_000), 1..60), mark in 1i64..50_000) {
        let mut position = Position::flat(0);
        let (mut qty_sum, mut paid, mut realised) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
        for (qty, price) in trades {
            if qty == 0 { continue; }
            let money = signed(qty).times(Amount::whole(price));
            realised += position.trade(signed(qty), money);
            qty_sum += signed(qty);
            paid += money;
        }
        let mark = Amount::whole(mark);
        prop_assert_eq!(position.qty, qty_sum);
        prop_assert_eq!(realised + position.unrealised(mark), qty_sum.times(mark) - paid);
        prop_assert_eq!(position.realised, realised);
    }

    /// A position that is flat has cost nothing that is not realised.
    #[test]
    fn a_flat_position_has_no_cost(qty in 1i64..5_000, prices in (1i64..50_000, 1i64..50_000), parts in 1i64..7) {
        let mut position = Position::flat(0);
        let (buy, sell) = (Amount::whole(prices.0), Amount::whole(prices.1));
        position.trade(signed(qty * parts), signed(qty * parts).times(buy));
        for _ in 0..parts {
            position.trade(signed(-qty), signed(-qty).times(sell));
        }
        prop_assert_eq!((position.qty, position.cost), (Amount::ZERO, Amount::ZERO));
        prop_assert_eq!(position.realised, signed(qty * parts).times(sell) - signed(qty * parts).times(buy));
    }
}

#[test]
fn a_position_that_turns_round_starts_again_at_the_price_of_the_turn() {
    let mut position = Position::flat(0);
    let whole = Amount::whole;
    assert_eq!(position.trade(whole(2), whole(200)), Amount::ZERO);
    assert_eq!(position.trade(whole(-3), whole(-330)), whole(20));
    assert_eq!((position.qty, position.entry()), (whole(-1), whole(110)));
}
