//! Bars: trades in, bars out, as text; and laws that hold for all trades.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::ids::{CurrencyId, InstrumentId, NameId, VenueId};
use crate::instrument::{InstrumentKind, InstrumentStatus, Multiplier};
use crate::money::{Decimal, Scale};

fn instrument(qty_scale: u8, multiplier: i64) -> Instrument {
    let scale = |digits| Scale::new(digits).expect("in range");
    Instrument {
        id: InstrumentId(1),
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Perpetual,
        base: CurrencyId(2),
        quote: CurrencyId(1),
        settlement: CurrencyId(1),
        counterparty: NameId(0),
        price_scale: scale(0),
        qty_scale: scale(qty_scale),
        tick: 1,
        lot: 1,
        qty_min: Qty(1),
        qty_max: Qty(1),
        notional_min: Decimal::ZERO,
        multiplier: Multiplier { mantissa: multiplier, scale: scale(1) },
        margin_initial_bps: 0,
        margin_maintenance_bps: 0,
        status: InstrumentStatus::Trading,
    }
}

/// `time price quantity [B|S]`, separated by commas.
fn trades(text: &str) -> Vec<(TimeNs, Trade)> {
    let trade = |line: &str| {
        let mut words = line.split_whitespace();
        let mut number = || words.next().expect("a number").parse::<i64>().expect("a number");
        let (time, price, qty) = (number().unsigned_abs(), Price(number()), Qty(number()));
        let aggressor = words.next().map(|word| if word == "B" { Side::Buy } else { Side::Sell });
        (TimeNs(time), Trade { price, qty, aggressor })
    };
    text.split(',').map(trade).collect()
}

/// Bars with the time of the trade that closed each.
fn build(spec: BarSpec, instrument: &Instrument, trades: &[(TimeNs, Trade)]) -> Vec<(TimeNs, Bar)> {
    let (mut builder, mut rule, mut out) = (BarBuilder::new(spec, instrument), TickRule::default(), Vec::new());
    for (time, trade) in trades {
        let side = rule.side(trade);
        builder.trade((trade, side), *time, |bar| out.push((*time, bar)));
    }
    out
}

#[track_caller]
fn check(spec: BarSpec, text: &str, want: Expect) {
    let line = |(time, bar): &(TimeNs, Bar)| {
        let Bar { open, high, low, close, volume, open_time, interval_ns } = bar;
        assert_eq!(*interval_ns, spec.code());
        format!("at {} from {}: {} {} {} {} x {}\n", time.0, open_time.0, open.0, high.0, low.0, close.0, volume.0)
    };
    let bars = build(spec, &instrument(0, 10), &trades(text));
    want.assert_eq(&bars.iter().map(line).collect::<String>());
}

#[test]
fn a_bar_by_time_ends_at_the_grid_and_has_no_trade_of_the_end() {
    check(
        BarSpec::TimeNs(10),
        "3 100 1, 9 105 2, 10 101 4, 19 99 1, 20 98 1, 55 97 1, 60 96 1",
        expect![[r#"
            at 10 from 0: 100 105 100 105 x 3
            at 20 from 10: 101 101 99 99 x 5
            at 55 from 20: 98 98 98 98 x 1
            at 60 from 50: 97 97 97 97 x 1
        "#]],
    );
}

#[test]
fn a_bar_by_time_can_be_closed_without_a_trade() {
    let mut builder = BarBuilder::new(BarSpec::TimeNs(10), &instrument(0, 10));
    assert_eq!((builder.due(), builder.pass(TimeNs(100))), (None, None));
    for (time, trade) in trades("13 100 1") {
        builder.trade((&trade, Side::Buy), time, |_| panic!("nothing ends"));
    }
    assert_eq!((builder.due(), builder.pass(TimeNs(19))), (Some(TimeNs(20)), None));
    assert_eq!(builder.pass(TimeNs(20)).map(|bar| bar.open_time), Some(TimeNs(10)));
    assert_eq!((builder.due(), builder.pass(TimeNs(20))), (None, None));
}

#[test]
fn ticks_are_counted() {
    check(
        BarSpec::Ticks(2),
        "1 100 1, 2 101 2, 3 102 4, 4 99 1, 5 98 1",
        expect![[r#"
            at 2 from 1: 100 101 100 101 x 3
            at 4 from 3: 102 102 99 99 x 5
        "#]],
    );
}

#[test]
fn a_volume_is_reached_or_passed_and_nothing_is_carried_over() {
    check(
        BarSpec::Volume(5),
        "1 100 3, 2 101 2, 3 102 9, 4 99 4, 5 98 1",
        expect![[r#"
            at 2 from 1: 100 101 100 101 x 5
            at 3 from 3: 102 102 102 102 x 9
            at 5 from 4: 99 99 98 98 x 5
        "#]],
    );
}

#[test]
fn a_value_is_price_times_quantity_whatever_the_sign_of_the_price() {
    check(
        BarSpec::Value(500),
        "1 100 4, 2 100 1, 3 -100 5, 4 499 1, 5 1 1",
        expect![[r#"
            at 2 from 1: 100 100 100 100 x 5
            at 3 from 3: -100 -100 -100 -100 x 5
            at 5 from 4: 499 499 1 1 x 2
        "#]],
    );
}

#[test]
fn a_value_has_the_multiplier_and_the_scale_of_quantities_in_it() {
    // Quantities in hundredths, 2.5 units a contract: 100 x 1.00 x 2.5 = 250.
    let contract = instrument(2, 25);
    let at = |value: i64| build(BarSpec::Value(value), &contract, &trades("1 100 100")).len();
    assert_eq!((at(250), at(251)), (1, 0));
}

#[test]
fn the_imbalance_of_ticks_goes_by_the_tick_rule_where_nobody_tells_who_took() {
    // Up, same, down, same, same: + + - - - from a first buy.
    check(
        BarSpec::TickImbalance(3),
        "1 100 1, 2 101 1, 3 101 1, 4 100 1, 5 100 1, 6 100 1",
        expect![[r#"
            at 3 from 1: 100 101 100 101 x 3
            at 6 from 4: 100 100 100 100 x 3
        "#]],
    );
}

#[test]
fn the_side_that_is_told_counts_and_an_untold_trade_at_its_price_is_of_the_same() {
    check(
        BarSpec::VolumeImbalance(6),
        "1 100 4 S, 2 100 1, 3 101 2 S, 4 101 9 B",
        expect![[r#"
            at 3 from 1: 100 101 100 101 x 7
            at 4 from 4: 101 101 101 101 x 9
        "#]],
    );
}

#[test]
fn an_imbalance_of_value_is_the_difference_and_runs_are_the_larger_side() {
    let text = "1 10 5 B, 2 10 4 S, 3 10 5 B, 4 10 5 B";
    check(
        BarSpec::ValueImbalance(100),
        text,
        expect![[r#"
        at 4 from 1: 10 10 10 10 x 19
    "#]],
    );
    check(
        BarSpec::ValueRuns(100),
        text,
        expect![[r#"
        at 3 from 1: 10 10 10 10 x 14
    "#]],
    );
    check(
        BarSpec::TickRuns(3),
        text,
        expect![[r#"
        at 4 from 1: 10 10 10 10 x 19
    "#]],
    );
    check(
        BarSpec::VolumeRuns(4),
        text,
        expect![[r#"
        at 1 from 1: 10 10 10 10 x 5
        at 2 from 2: 10 10 10 10 x 4
        at 3 from 3: 10 10 10 10 x 5
        at 4 from 4: 10 10 10 10 x 5
    "#]],
    );
}

#[test]
fn a_range_is_reached_or_passed() {
    check(
        BarSpec::Range(5),
        "1 100 1, 2 104 1, 3 99 1, 4 90 1, 5 94 1, 6 95 1",
        expect![[r#"
            at 3 from 1: 100 104 99 99 x 3
            at 6 from 4: 90 95 90 95 x 3
        "#]],
    );
}

#[test]
fn bricks_go_on_in_their_direction_and_turn_after_two() {
    check(
        BarSpec::Renko(10),
        "1 100 1, 2 95 1, 3 109 1, 4 110 2, 5 101 1, 6 119 1, 7 91 1, 8 90 4, 9 80 1, 10 99 1, 11 100 1",
        expect![[r#"
            at 4 from 1: 100 110 95 110 x 5
            at 8 from 5: 100 119 90 90 x 7
            at 9 from 9: 90 90 80 80 x 1
            at 11 from 10: 90 100 90 100 x 2
        "#]],
    );
}

#[test]
fn the_first_brick_may_go_down_and_one_trade_may_make_several() {
    check(
        BarSpec::Renko(10),
        "1 100 1, 2 104 1, 3 75 3, 4 115 1",
        expect![[r#"
            at 3 from 1: 100 104 90 90 x 5
            at 3 from 1: 90 90 80 80 x 0
            at 4 from 4: 90 100 90 100 x 1
            at 4 from 4: 100 110 100 110 x 0
        "#]],
    );
}

#[test]
fn a_way_of_more_than_16_bricks_ends_in_a_long_one() {
    for (price, bricks, last) in [(16, 16, (15, 16)), (17, 16, (15, 17)), (i64::MAX, 16, (15, i64::MAX))] {
        let bars = build(BarSpec::Renko(1), &instrument(0, 10), &trades(&format!("1 0 1, 2 {price} 1")));
        let ends = bars.last().map(|(_, bar)| (bar.open.0, bar.close.0));
        assert_eq!((bars.len(), ends), (bricks, Some(last)));
    }
    // From one end of all prices to the other.
    let bars =
        build(BarSpec::Renko(1), &instrument(0, 10), &trades("1 9223372036854775807 1, 2 -9223372036854775807 1"));
    assert_eq!(bars.last().map(|(_, bar)| bar.close.0), Some(-i64::MAX));
}

#[test]
fn sums_that_leave_their_range_close_the_bar() {
    let large = "1 9223372036854775807 9223372036854775807, 2 9223372036854775807 9223372036854775807";
    let most = (1 << 60) - 1;
    for number in [3, 4, 6, 7, 9, 10] {
        let spec = BarSpec::new(number, most).expect("possible");
        let bars = build(spec, &instrument(18, i64::MAX), &trades(large));
        assert!(bars.iter().all(|(_, bar)| bar.volume.0 == i64::MAX), "{spec:?}");
    }
}

fn any_spec() -> impl Strategy<Value = BarSpec> {
    (1..=12_u8, 1..40_u64).prop_map(|(number, size)| BarSpec::new(number, size).expect("possible"))
}

fn any_trades() -> impl Strategy<Value = Vec<(TimeNs, Trade)>> {
    let side = prop_oneof![Just(None), Just(Some(Side::Buy)), Just(Some(Side::Sell))];
    let trade = (0..9_u64, -3..4_i64, 1..6_i64, side);
    prop::collection::vec(trade, 0..80).prop_map(|steps| {
        let (mut time, mut price) = (0, 100);
        let trade = |(pause, move_by, qty, aggressor)| {
            (time, price) = (time + pause, price + move_by);
            (TimeNs(time), Trade { price: Price(price), qty: Qty(qty), aggressor })
        };
        steps.into_iter().map(trade).collect()
    })
}

proptest! {
    /// What closes with the first n trades is known from those alone, and bars by time end before the trade that shows it.
    #[test]
    fn no_bar_depends_on_a_later_trade(spec in any_spec(), trades in any_trades(), cut in 0..80_usize) {
        let all = build(spec, &instrument(0, 10), &trades);
        let cut = cut.min(trades.len());
        let early = build(spec, &instrument(0, 10), &trades[..cut]);
        prop_assert_eq!(&all[..early.len()], &early[..]);
        if let BarSpec::TimeNs(ns) = spec {
            prop_assert!(all.iter().all(|(told, bar)| bar.open_time.plus(ns) <= *told));
        }
    }

    /// Every trade is in one bar: the volumes of closed bars add up to that of the trades up to the last close.
    #[test]
    fn volumes_add_up(spec in any_spec(), trades in any_trades()) {
        let bars = build(spec, &instrument(0, 10), &trades);
        let mut builder = BarBuilder::new(spec, &instrument(0, 10));
        let mut rule = TickRule::default();
        for (time, trade) in &trades {
            let side = rule.side(trade);
            builder.trade((trade, side), *time, |_| {});
        }
        let sum = |bars: &[(TimeNs, Bar)]| bars.iter().map(|(_, bar)| bar.volume.0).sum::<i64>();
        let open = builder.open.map_or(0, |bar| bar.volume.0);
        prop_assert_eq!(sum(&bars) + open, trades.iter().map(|(_, trade)| trade.qty.0).sum::<i64>());
        for (_, bar) in &bars {
            prop_assert!(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close));
        }
    }
}
