use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use ringfence_core::event::{FillReason, Liquidity};
use ringfence_core::ids::{CurrencyId, IntentId, LegId, LegKey, NameId, VenueId};
use ringfence_core::instrument::{InstrumentKind, InstrumentStatus, Multiplier};
use ringfence_core::money::{Price, Qty, Scale};

fn instrument() -> Instrument {
    let scale = |digits| Scale::new(digits).unwrap();
    Instrument {
        id: InstrumentId(1),
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Spot,
        base: CurrencyId(1),
        quote: CurrencyId(2),
        settlement: CurrencyId(2),
        counterparty: NameId(0),
        price_scale: scale(2),
        qty_scale: scale(1),
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

fn fill(side: Side, qty: i64, price: i64, fee: i64) -> Fill {
    Fill {
        order: LegKey { strategy: StrategyId(1), intent: IntentId(1), leg: LegId(0) },
        trade_id: 0,
        price: Price(price),
        qty: Qty(qty),
        leaves: Qty(0),
        fee: Decimal::new(fee, 2),
        fee_currency: CurrencyId(2),
        side,
        liquidity: Liquidity::Taker,
        position_side: PositionSide::Net,
        reason: FillReason::Crossed,
        ahead: Fill::AHEAD_UNKNOWN,
    }
}

/// Fills as `b QTY PRICE FEE` or `s ...` in mantissas (tenths, cents, cents), the same behind `bust`, or
/// `split NEW OLD`, one a second.
#[track_caller]
fn check(fills: &str, want: Expect) {
    let mut ledger = Ledger::default();
    let mut lines = Vec::new();
    for (second, line) in (1_u64..).zip(fills.lines().map(str::trim).filter(|line| !line.is_empty())) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<i64>().unwrap();
        if words[0] == "split" {
            let [numerator, denominator] = [1, 2].map(|at| words[at].parse().unwrap());
            ledger.split(InstrumentId(1), numerator, denominator);
            continue;
        }
        let (is_bust, at) = (words[0] == "bust", usize::from(words[0] == "bust"));
        let side = if words[at] == "b" { Side::Buy } else { Side::Sell };
        let fill = fill(side, number(at + 1), number(at + 2), number(at + 3));
        let fill = if is_bust { Ledger::undone(&fill) } else { fill };
        let closed = ledger.book(&fill, &instrument(), TimeNs(second * 1_000_000_000)).unwrap();
        lines.extend(closed.map(|t| format!("{} {}s gross {} fees {}", t.side, t.held_s(), t.gross, t.fees)));
    }
    want.assert_eq(&lines.join("\n"));
}

#[test]
fn a_trade_lasts_from_flat_to_flat() {
    check("b 10 10000 1\n b 10 11000 1\n s 5 12000 1\n s 15 12000 1", expect!["buy 3s gross 30 fees 0.04"]);
}

#[test]
fn a_fill_that_turns_the_position_closes_one_trade_and_opens_the_next() {
    check(
        "b 10 10000 1\n s 30 9000 3\n b 20 8000 2",
        expect![[r#"
            buy 1s gross -10 fees 0.02
            sell 1s gross 20 fees 0.04"#]],
    );
}

#[test]
fn a_split_changes_what_is_held_and_not_what_it_cost() {
    check("b 10 10000 0\n split 2 1\n s 20 6000 0", expect!["buy 2s gross 20 fees 0"]);
    // Ten tenths do not divide by three: State leaves them, too.
    check("b 10 10000 0\n split 1 3\n split 1 0\n split 0 1\n s 10 11000 0", expect!["buy 4s gross 10 fees 0"]);
}

#[test]
fn a_fill_that_is_taken_back_leaves_no_profit_and_no_fee() {
    check("b 10 10000 1\n b 10 11000 1\n bust b 10 11000 1\n s 10 12000 1", expect!["buy 3s gross 20 fees 0.02"]);
    // Of a trade that was closed the next one takes on what is held again, at the price of the fill that went.
    check(
        "b 10 10000 1\n s 10 12000 1\n bust s 10 12000 1\n s 10 13000 1",
        expect![[r#"
            buy 1s gross 20 fees 0.02
            buy 1s gross 10 fees 0"#]],
    );
}

#[test]
fn what_is_still_open_is_no_trade() {
    check("b 10 10000 1\n s 9 12000 1", expect![""]);
}

#[test]
fn a_fee_that_does_not_divide_is_shared_without_loss() {
    check(
        "b 1 10000 0\n s 3 10000 1\n b 2 10000 0",
        expect![[r#"
            buy 1s gross 0 fees 0.003333333333
            sell 1s gross 0 fees 0.006666666667"#]],
    );
}

proptest! {
    #[test]
    fn profits_and_fees_of_all_trades_are_the_cash_that_the_fills_moved(
        fills in prop::collection::vec((any::<bool>(), 1..50_i64, 1..500_i64, 0..9_i64), 1..60),
    ) {
        let mut ledger = Ledger::default();
        let (mut cash, mut booked, mut held) = (Decimal::ZERO, Decimal::ZERO, 0_i64);
        let mut book = |fill: &Fill| ledger.book(fill, &instrument(), TimeNs(1)).unwrap().map_or(Decimal::ZERO, |t| t.net());
        for (is_buy, qty, price, fee) in fills {
            let fill = fill(if is_buy { Side::Buy } else { Side::Sell }, qty, price, fee);
            let value = instrument().value_decimal(fill.price.times(fill.qty)).unwrap();
            cash -= value * Decimal::from(fill.side.sign()) + fill.fee;
            held += qty * fill.side.sign();
            booked += book(&fill);
        }
        if held != 0 {
            let side = if held > 0 { Side::Sell } else { Side::Buy };
            let last = fill(side, held.abs(), 100, 0);
            cash -= instrument().value_decimal(last.price.times(last.qty)).unwrap() * Decimal::from(side.sign());
            booked += book(&last);
        }
        prop_assert_eq!(cash.normalize(), booked.normalize());
    }
}
