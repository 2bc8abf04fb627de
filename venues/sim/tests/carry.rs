//! Tests: what do positions cost and earn while they are held, and how do they end? A script in, the stream out.

mod support;

use expect_test::expect;
use ringfence_core::ids::{InstrumentId, TimeNs};
use ringfence_core::instrument::{Instrument, InstrumentKind, OptionRight};
use ringfence_core::money::{Decimal, Price};
use ringfence_sim::{
    CarryError, FUNDING_INTERVAL_MIN_NS, Fees, FundingRule, MarginRule, SettlementPrice, Sim, SimConfig, SimError,
};
use ringfence_venue::desk;
use support::{config, hold};

fn perpetual() -> Instrument {
    Instrument {
        kind: InstrumentKind::Perpetual,
        margin_initial_bps: 1_000,
        margin_maintenance_bps: 500,
        ..desk::instrument(1, (0, 0))
    }
}

fn future(expiry: u64) -> Instrument {
    Instrument { kind: InstrumentKind::Future { expiry: TimeNs(expiry) }, ..perpetual() }
}

fn free(config: &mut SimConfig) {
    config.fees = Fees::bps(Decimal::ZERO, Decimal::ZERO);
}

fn funding(rule: FundingRule) -> impl FnOnce(&mut SimConfig) {
    move |config| {
        free(config);
        config.carry.funding = rule;
    }
}

fn cross(liquidation_fee_bps: u32) -> impl FnOnce(&mut SimConfig) {
    move |config| {
        free(config);
        config.carry.margin = MarginRule::Cross { liquidation_fee_bps };
    }
}

/// 0.01 % every minute.
const CONSTANT: FundingRule = FundingRule::Constant { rate_e9: 100_000, interval_ns: FUNDING_INTERVAL_MIN_NS };

#[test]
fn longs_pay_shorts_at_the_mark_and_what_one_pays_another_receives() {
    hold(
        &[perpetual()],
        funding(CONSTANT),
        "quote 100 9 102 9; buy 5; 2: sell 5; mark 110; at 60000000000; quote 100 9 102 9; at 119999999998; quote 100 9 102 9",
        &expect![[r#"
            quote 100 9 102 9
            buy 5:
              accepted 1/1
              filled 1/1 buy 5@102 taker fee 0 leaves 0 crossed
            2: sell 5:
              accepted 2/1
              filled 2/1 sell 5@100 taker fee 0 leaves 0 crossed
            mark 110
              adjusted funding -0.055 of strategy 1 (of 60000000000)
              adjusted funding 0.055 of strategy 2 (of 60000000000)
            quote 100 9 102 9
            quote 100 9 102 9
            account 1: cash 999.945 equity 1039.945
            account 2: cash 1000.055 equity 950.055
        "#]],
    );
}

#[test]
fn without_a_mark_the_middle_of_the_touch_counts_and_without_a_touch_the_last_price() {
    hold(
        &[perpetual()],
        funding(CONSTANT),
        "trade 100 9; buy 4; at 60000000000; quote 101 9 104 9; at 120000000000; quote 101 9 104 9",
        &expect![[r#"
            trade 100 9
            buy 4:
              accepted 1/1
              filled 1/1 buy 4@100 taker fee 0 leaves 0 crossed
              adjusted funding -0.04 of strategy 1 (of 60000000000)
            quote 101 9 104 9
              adjusted funding -0.041 of strategy 1 (of 120000000000)
            quote 101 9 104 9
            account 1: cash 999.919 equity 1009.919
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn two_strategies_of_an_account_pay_each_for_its_own_position() {
    hold(
        &[perpetual()],
        funding(CONSTANT),
        "trade 100 9; buy 4; 3: sell 1; at 60000000000; trade 100 9",
        &expect![[r#"
            trade 100 9
            buy 4:
              accepted 1/1
              filled 1/1 buy 4@100 taker fee 0 leaves 0 crossed
            3: sell 1:
              accepted 3/1
              filled 3/1 sell 1@100 taker fee 0 leaves 0 crossed
              adjusted funding -0.04 of strategy 1 (of 60000000000)
              adjusted funding 0.01 of strategy 3 (of 60000000000)
            trade 100 9
            account 1: cash 999.97 equity 999.97
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn a_negative_rate_of_the_tape_is_paid_by_shorts_at_the_time_it_names_and_once() {
    hold(
        &[perpetual()],
        funding(FundingRule::Tape),
        "trade 100 9; sell 3; rate -200000 @50; rate -300000 @50; at 48; trade 100 9; trade 100 9; rate 5 @50; trade 100 9",
        &expect![[r#"
            trade 100 9
            sell 3:
              accepted 1/1
              filled 1/1 sell 3@100 taker fee 0 leaves 0 crossed
            rate -200000 @50
            rate -300000 @50
            trade 100 9
              adjusted funding -0.09 of strategy 1
            trade 100 9
            rate 5 @50
            trade 100 9
            account 1: cash 999.91 equity 999.91
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn a_rate_whose_time_has_come_is_paid_now() {
    hold(
        &[perpetual()],
        funding(FundingRule::Tape),
        "trade 100 9; buy 3; at 99; rate 100000 @100; trade 100 9",
        &expect![[r#"
            trade 100 9
            buy 3:
              accepted 1/1
              filled 1/1 buy 3@100 taker fee 0 leaves 0 crossed
              adjusted funding -0.03 of strategy 1
            rate 100000 @100
            trade 100 9
            account 1: cash 999.97 equity 999.97
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn where_funding_is_off_a_rate_changes_nothing() {
    hold(
        &[perpetual()],
        funding(FundingRule::Off),
        "trade 100 9; buy 3; rate 100000 @5; at 9; trade 100 9",
        &expect![[r#"
            trade 100 9
            buy 3:
              accepted 1/1
              filled 1/1 buy 3@100 taker fee 0 leaves 0 crossed
            rate 100000 @5
            trade 100 9
            account 1: cash 1000 equity 1000
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn an_order_beyond_the_initial_margin_is_rejected_and_one_at_it_is_not() {
    // 1000 of equity carry 10000 at 10 %.
    hold(
        &[perpetual()],
        cross(0),
        "trade 100 9; buy 101; buy 100; buy 1; sell 100",
        &expect![[r#"
            trade 100 9
            buy 101:
              rejected 1/1 insufficient-balance
            buy 100:
              accepted 1/2
              filled 1/2 buy 100@100 taker fee 0 leaves 0 crossed
            buy 1:
              rejected 1/3 insufficient-balance
            sell 100:
              accepted 1/4
              filled 1/4 sell 100@100 taker fee 0 leaves 0 crossed
            account 1: cash 1000 equity 1000
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn orders_that_rest_need_margin_and_those_that_reduce_do_not() {
    hold(
        &[perpetual()],
        cross(0),
        "trade 100 9; buy 60 @99; buy 41 @99; buy 40 @99; sell 100 @101; amend 1 61@99; cancel 3; amend 1 61@99",
        &expect![[r#"
            trade 100 9
            buy 60 @99:
              accepted 1/1
            buy 41 @99:
              rejected 1/2 insufficient-balance
            buy 40 @99:
              accepted 1/3
            sell 100 @101:
              accepted 1/4
            amend 1 61@99:
              amend-rejected 1/1 insufficient-balance
            cancel 3:
              canceled 1/3 open 40 asked
            amend 1 61@99:
              amended 1/1 61@99
            account 1: cash 1000 equity 1000
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn below_the_maintenance_margin_orders_go_and_the_position_is_closed_at_the_touch_for_a_fee() {
    // 100 bought at 100: at 94.5 equity is 450 and needs 472.5; at 95 it is 500 and needs 475.
    hold(
        &[perpetual()],
        cross(50),
        "quote 100 9 100 9; buy 100; sell 10 @120; quote 95 9 95 9; quote 94 9 95 9; quote 94 9 95 9",
        &expect![[r#"
            quote 100 9 100 9
            buy 100:
              accepted 1/1
              filled 1/1 buy 100@100 taker fee 0 leaves 0 crossed
            sell 10 @120:
              accepted 1/2
            quote 95 9 95 9
              canceled 1/2 open 10 venue
              filled 1/0 sell 100@94 taker fee 0 leaves 0 liquidation
              adjusted liquidation -47 of strategy 1
            quote 94 9 95 9
            quote 94 9 95 9
            account 1: cash 353 equity 353
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn equity_at_the_maintenance_margin_is_enough() {
    // 1000 + 100 * (96 - 100) = 600 = 6.25 % of 9600.
    hold(
        &[Instrument { margin_maintenance_bps: 625, ..perpetual() }],
        cross(0),
        "quote 100 9 100 9; buy 100; mark 96; time; mark 95",
        &expect![[r#"
            quote 100 9 100 9
            buy 100:
              accepted 1/1
              filled 1/1 buy 100@100 taker fee 0 leaves 0 crossed
            mark 96
            time:
              filled 1/0 sell 100@100 taker fee 0 leaves 0 liquidation
            mark 95
            account 1: cash 1000 equity 1000
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn funding_alone_can_lead_to_a_liquidation() {
    hold(
        &[perpetual()],
        |config| {
            cross(0)(config);
            config.carry.funding = FundingRule::Constant { rate_e9: 60_000_000, interval_ns: FUNDING_INTERVAL_MIN_NS };
        },
        "quote 100 9 100 9; buy 100; at 60000000000; quote 100 9 100 9",
        &expect![[r#"
            quote 100 9 100 9
            buy 100:
              accepted 1/1
              filled 1/1 buy 100@100 taker fee 0 leaves 0 crossed
              adjusted funding -600 of strategy 1 (of 60000000000)
              filled 1/0 sell 100@100 taker fee 0 leaves 0 liquidation (of 60000000000)
            quote 100 9 100 9
            account 1: cash 400 equity 400
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn a_halted_market_liquidates_when_it_trades_again() {
    hold(
        &[perpetual()],
        cross(0),
        "quote 100 9 100 9; buy 100; status halted; quote 90 9 90 9; status trading",
        &expect![[r#"
            quote 100 9 100 9
            buy 100:
              accepted 1/1
              filled 1/1 buy 100@100 taker fee 0 leaves 0 crossed
            status halted
            quote 90 9 90 9
              filled 1/0 sell 100@90 taker fee 0 leaves 0 liquidation
            status trading
            account 1: cash 0 equity 0
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn the_position_with_the_largest_requirement_is_closed_first_and_what_can_stay_stays() {
    let second = Instrument { id: InstrumentId(2), ..perpetual() };
    hold(
        &[perpetual(), second],
        cross(0),
        "quote 100 9 100 9; of 2; quote 100 9 100 9; of 1; buy 20; of 2; buy 80; quote 89 9 89 9; time",
        &expect![[r#"
            quote 100 9 100 9
            quote 100 9 100 9
            buy 20:
              accepted 1/1
              filled 1/1 buy 20@100 taker fee 0 leaves 0 crossed
            buy 80:
              accepted 1/2
              filled 1/2 buy 80@100 taker fee 0 leaves 0 crossed
              filled 1/0 sell 80@89 taker fee 0 leaves 0 liquidation
            quote 89 9 89 9
            time:
            account 1: cash 120 equity 120
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn a_future_settles_at_its_time_without_a_row_and_takes_no_order_afterwards() {
    hold(
        &[future(50)],
        free,
        "trade 100 9; buy 3; 2: sell 2; buy 1 @90; mark 107; at 60; trade 300 9; buy 1",
        &expect![[r#"
            trade 100 9
            buy 3:
              accepted 1/1
              filled 1/1 buy 3@100 taker fee 0 leaves 0 crossed
            2: sell 2:
              accepted 2/1
              filled 2/1 sell 2@100 taker fee 0 leaves 0 crossed
            buy 1 @90:
              accepted 1/2
            mark 107
              expired 1/2 open 1 (of 50)
              filled 1/0 sell 3@107 none fee 0 leaves 0 settlement (of 50)
              filled 2/0 buy 2@107 none fee 0 leaves 0 settlement (of 50)
              status settled (of 50)
            trade 300 9
            buy 1:
            denied 1/3 D-INSTRUMENT-HALTED
            account 1: cash 1021 equity 1021
            account 2: cash 986 equity 986
        "#]],
    );
}

#[test]
fn the_last_trade_settles_where_it_is_asked_for() {
    hold(
        &[future(50)],
        |config| {
            free(config);
            config.carry.settlement = SettlementPrice::Last;
        },
        "trade 100 9; buy 3; mark 107; at 60; trade 300 9",
        &expect![[r#"
            trade 100 9
            buy 3:
              accepted 1/1
              filled 1/1 buy 3@100 taker fee 0 leaves 0 crossed
            mark 107
              filled 1/0 sell 3@100 none fee 0 leaves 0 settlement (of 50)
              status settled (of 50)
            trade 300 9
            account 1: cash 1000 equity 1000
            account 2: cash 1000 equity 1000
        "#]],
    );
}

fn option(id: u32, right: OptionRight) -> Instrument {
    let kind = InstrumentKind::Option { expiry: TimeNs(50), strike: Price(100), right };
    Instrument { id: InstrumentId(id), kind, margin_initial_bps: 0, margin_maintenance_bps: 0, ..perpetual() }
}

#[test]
fn options_pay_what_their_underlying_is_beyond_the_strike_and_at_least_nothing() {
    let underlying = desk::instrument(1, (1, 0));
    hold(
        &[underlying, option(2, OptionRight::Call), option(3, OptionRight::Put)],
        |config| {
            free(config);
            config.carry.underlyings = vec![(InstrumentId(2), InstrumentId(1)), (InstrumentId(3), InstrumentId(1))];
        },
        "trade 1077 9; of 2; trade 5 9; buy 10; of 3; trade 4 9; buy 10; at 60; trade 4 9",
        &expect![[r#"
            trade 1077 9
            trade 5 9
            buy 10:
              accepted 1/1
              filled 1/1 buy 10@5 taker fee 0 leaves 0 crossed
            trade 4 9
            buy 10:
              accepted 1/2
              filled 1/2 buy 10@4 taker fee 0 leaves 0 crossed
              filled 1/0 sell 10@8 none fee 0 leaves 0 settlement (of 50)
              status settled (of 50)
              filled 1/0 sell 10@0 none fee 0 leaves 0 settlement (of 50)
              status settled (of 50)
            trade 4 9
            account 1: cash 990 equity 990
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn a_split_ends_orders_pays_fractions_out_and_multiplies_the_rest() {
    hold(
        &[desk::instrument(1, (0, 0))],
        free,
        "trade 90 9; buy 5; 3: sell 4; 2: buy 7; buy 1 @80; split 3/2; trade 60 9; sell 6 reduce",
        &expect![[r#"
            trade 90 9
            buy 5:
              accepted 1/1
              filled 1/1 buy 5@90 taker fee 0 leaves 0 crossed
            3: sell 4:
              accepted 3/1
              filled 3/1 sell 4@90 taker fee 0 leaves 0 crossed
            2: buy 7:
              accepted 2/1
              filled 2/1 buy 7@90 taker fee 0 leaves 0 crossed
            buy 1 @80:
              accepted 1/2
              canceled 1/2 open 1 venue
              filled 1/0 sell 1@90 none fee 0 leaves 0 cash-in-lieu
              filled 2/0 sell 1@90 none fee 0 leaves 0 cash-in-lieu
            split 3/2
            trade 60 9
            sell 6 reduce:
              rejected 1/3 reduce-only
            account 1: cash 1000 equity 1000
            account 2: cash 460 equity 1000
        "#]],
    );
}

#[test]
fn a_dividend_is_received_by_who_is_long_and_paid_by_who_is_short() {
    hold(
        &[desk::instrument(1, (0, 0))],
        free,
        "trade 90 9; buy 5; 2: sell 2; dividend 3; trade 87 9",
        &expect![[r#"
            trade 90 9
            buy 5:
              accepted 1/1
              filled 1/1 buy 5@90 taker fee 0 leaves 0 crossed
            2: sell 2:
              accepted 2/1
              filled 2/1 sell 2@90 taker fee 0 leaves 0 crossed
              adjusted dividend 15 of strategy 1
              adjusted dividend -6 of strategy 2
            dividend 3
            trade 87 9
            account 1: cash 565 equity 1000
            account 2: cash 1174 equity 1000
        "#]],
    );
}

#[test]
fn a_delisted_share_is_paid_out_at_its_last_price() {
    hold(
        &[desk::instrument(1, (0, 0))],
        free,
        "trade 90 9; buy 5; trade 7 9; delisting; buy 1",
        &expect![[r#"
            trade 90 9
            buy 5:
              accepted 1/1
              filled 1/1 buy 5@90 taker fee 0 leaves 0 crossed
            trade 7 9
              filled 1/0 sell 5@7 none fee 0 leaves 0 settlement
              status settled
            delisting
            buy 1:
            denied 1/2 D-INSTRUMENT-HALTED
            account 1: cash 585 equity 585
            account 2: cash 1000 equity 1000
        "#]],
    );
}

#[test]
fn choices_out_of_range_are_refused_when_the_venue_is_made() {
    let refused = |change: &dyn Fn(&mut SimConfig)| match Sim::new(config(&[perpetual()], change)) {
        Err(SimError::Carry(error)) => Some(error),
        Err(_) | Ok(_) => None,
    };
    let interval =
        |interval_ns| move |c: &mut SimConfig| c.carry.funding = FundingRule::Constant { rate_e9: 1, interval_ns };
    assert_eq!(refused(&interval(FUNDING_INTERVAL_MIN_NS)), None);
    let short = FUNDING_INTERVAL_MIN_NS - 1;
    assert_eq!(refused(&interval(short)), Some(CarryError::Interval(short)));
    let fee = |liquidation_fee_bps| move |c: &mut SimConfig| c.carry.margin = MarginRule::Cross { liquidation_fee_bps };
    assert_eq!(refused(&fee(10_000)), None);
    assert_eq!(refused(&fee(10_001)), Some(CarryError::LiquidationFee(10_001)));
    let underlying = |c: &mut SimConfig| c.carry.underlyings = vec![(InstrumentId(1), InstrumentId(1))];
    assert_eq!(refused(&underlying), Some(CarryError::Underlying(1, 1)));
}
