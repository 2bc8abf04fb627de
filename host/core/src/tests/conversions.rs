//! Conversions: what is money of one currency worth in another, and what do limits make of it? And fills of the venue's own.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use expect_test::{Expect, expect};

use crate::config::{Conversion, Leg};
use crate::decision::DecisionKind;
use crate::event::{EventKind, Fill, FillReason, Liquidity, Quote, Report, Trade};
use crate::ids::{AccountId, CurrencyId, InstrumentId, IntentId, LegId, LegKey, StrategyId, TimeNs};
use crate::instrument::{Instrument, InstrumentKind, PositionSide, Side};
use crate::intent::{IntentKind, Submit};
use crate::money::{Decimal, Price, Qty, Scale, converted};
use crate::tests::world::{A, Act, B, C, START, World, config};

const USD: CurrencyId = CurrencyId(1);
const X: CurrencyId = CurrencyId(2);
const EUR: CurrencyId = CurrencyId(3);

/// Account 2 and its strategy 3 are in EUR and trade A; B is EUR/USD at a scale of 2, C is EUR/X at 0.
fn world() -> World {
    let mut world = World { config: config(), ..World::new() };
    let [a, b, c] = &mut world.config.instruments[..] else { unreachable!("three instruments") };
    (a.quote, a.settlement) = (EUR, EUR);
    *b = Instrument { kind: InstrumentKind::FxPair, base: EUR, quote: USD, settlement: USD, ..*b };
    *c = Instrument { kind: InstrumentKind::Spot, base: EUR, quote: X, settlement: X, ..*c };
    world.config.accounts[1].currency = EUR;
    for (slot, own) in world.config.strategies.iter_mut().zip([vec![B], vec![B], vec![A]]) {
        slot.instruments = own;
    }
    world
}

fn quote(world: &mut World, instrument: InstrumentId, (bid, ask): (i64, i64)) {
    let quote = Quote { bid_price: Price(bid), bid_qty: Qty(100), ask_price: Price(ask), ask_qty: Qty(100) };
    world.report(START, Report { instrument, ..Report::control(EventKind::Quote(quote)) });
}

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal in a test")
}

#[track_caller]
fn check(world: &World, want: Expect) {
    let shown = |from, to| match world.core.state().convert(dec("-7.5"), from, to) {
        Ok(amount) => format!("{amount}"),
        Err(error) => error.to_string(),
    };
    let text: String = [(EUR, USD), (USD, EUR), (X, USD), (USD, X), (EUR, EUR)]
        .map(|(from, to)| format!("{} to {}: {}\n", from.0, to.0, shown(from, to)))
        .concat();
    want.assert_eq(&text);
}

#[test]
fn the_middle_of_the_touch_converts_both_ways_and_over_one_currency() {
    let mut world = world();
    world.open();
    check(
        &world,
        expect![[r#"
            3 to 1: there is no price yet that leads from currency 3 to currency 1
            1 to 3: there is no price yet that leads from currency 1 to currency 3
            2 to 1: there is no price yet that leads from currency 2 to currency 1
            1 to 2: there is no price yet that leads from currency 1 to currency 2
            3 to 3: -7.5
        "#]],
    );
    quote(&mut world, B, (110, 115));
    quote(&mut world, C, (3, 3));
    check(
        &world,
        expect![[r#"
            3 to 1: -8.4375
            1 to 3: -6.66666667
            2 to 1: -2.8125
            1 to 2: -20
            3 to 3: -7.5
        "#]],
    );
}

#[test]
fn without_a_pair_or_a_price_nothing_is_worth_0() {
    let mut world = world();
    world.config.instruments[1].kind = InstrumentKind::Perpetual;
    world.open();
    quote(&mut world, B, (110, 115));
    assert!(world.core.state().convert(Decimal::ONE, EUR, USD).is_err(), "a perpetual is no pair");
    assert_eq!(world.core.state().convert(Decimal::ZERO, EUR, USD), Ok(Decimal::ZERO), "nothing needs no rate");
}

#[test]
fn the_way_is_the_lowest_pair_and_else_the_lowest_two() {
    let pair = |id, base, quote| Instrument {
        id: InstrumentId(id),
        kind: InstrumentKind::FxPair,
        base: CurrencyId(base),
        quote: CurrencyId(quote),
        ..config().instruments[0]
    };
    let pairs = [pair(1, 9, 8), pair(2, 3, 9), pair(3, 3, 2), pair(4, 2, 1), pair(5, 1, 3), pair(6, 3, 1)];
    let leg = |id, is_multiplied| Leg { instrument: InstrumentId(id), is_multiplied };
    let direct = Conversion { first: leg(5, false), second: None };
    assert_eq!(Conversion::between(&pairs, EUR, USD), Some(direct));
    let crossed = Conversion { first: leg(3, true), second: Some(leg(4, true)) };
    assert_eq!(Conversion::between(&pairs[..4], EUR, USD), Some(crossed));
    assert_eq!(Conversion::between(&pairs[..3], EUR, USD), None);
}

#[test]
fn a_converted_amount_is_rounded_half_to_even_to_the_digits_of_its_currency() {
    let at = |amount, up, down| converted(dec(amount), (dec(up), dec(down)), 2);
    assert_eq!(at("1", "0.125", "1"), Ok(dec("0.12")));
    assert_eq!(at("3", "0.125", "1"), Ok(dec("0.38")));
    assert_eq!(at("-1", "1", "3"), Ok(dec("-0.33")));
}

fn buy(qty: i64) -> Act {
    Act::Emit(IntentKind::Submit(Submit::limit(A, Side::Buy, Qty(qty), Price(100))))
}

/// What Risk says to strategy 3, which buys so many of A at 100 EUR.
fn judged(world: &mut World, qty: i64) -> String {
    world.host.tell(StrategyId(3), vec![buy(qty)]);
    quote(world, A, (100, 100));
    let decided = world.effects.decisions.iter().filter_map(|decision| {
        if let DecisionKind::Denied(denial) = decision.kind {
            return Some(format!("{} {} of {}", denial.code, denial.value, denial.limit));
        }
        matches!(decision.kind, DecisionKind::Allowed(_)).then(|| "allowed".to_string())
    });
    decided.collect::<Vec<_>>().join(" ")
}

#[test]
fn limits_in_the_base_currency_convert_what_is_quoted_in_another() {
    let mut world = world();
    world.config.risk.exposure_asset_max = Some(Decimal::from(500));
    world.open();
    quote(&mut world, A, (100, 100));
    assert_eq!(judged(&mut world, 1), "D-NOT-COMPUTABLE 0 of 0", "no rate yet");
    quote(&mut world, B, (120, 130));
    assert_eq!(judged(&mut world, 5), "D-EXPOSURE-ASSET 625 of 500");
    assert_eq!(judged(&mut world, 4), "allowed", "exactly 500 USD");
    assert_eq!(judged(&mut world, 1), "D-EXPOSURE-ASSET 625 of 500");
}

/// A fill of the venue's own for a strategy.
fn own_fill(strategy: u16, reason: FillReason) -> Report {
    let fill = Fill {
        order: LegKey { strategy: StrategyId(strategy), intent: IntentId(0), leg: LegId(0) },
        trade_id: 9,
        price: Price(100),
        qty: Qty(4),
        leaves: Qty(0),
        fee: Decimal::ZERO,
        fee_currency: USD,
        side: Side::Sell,
        liquidity: Liquidity::None,
        position_side: PositionSide::Net,
        reason,
        ahead: Fill::AHEAD_UNKNOWN,
    };
    Report { instrument: C, account: AccountId(1), ..Report::control(EventKind::OrderFilled(fill)) }
}

#[test]
fn a_fill_of_the_venue_is_of_the_strategy_it_names_needs_no_order_and_is_told() {
    for (strategy, reason, of_second, anomalies) in [
        (2, FillReason::Liquidation, -4, 0),
        (2, FillReason::Settlement, -4, 0),
        (2, FillReason::CashInLieu, -4, 0),
        // An order that nobody emitted, and a strategy that is not there.
        (2, FillReason::Venue, 0, 1),
        (77, FillReason::Liquidation, 0, 0),
    ] {
        let mut world = World::new();
        world.host.logs_calls = true;
        world.open();
        world.log.clear();
        world.report(START, own_fill(strategy, reason));
        let held = |id| world.core.state().net_position(StrategyId(id), C).0;
        assert_eq!((held(2), held(0)), (of_second, -4 - of_second), "{reason}");
        let is_told = world.log.contains("s2 called: OrderFilled");
        assert_eq!(is_told, of_second != 0, "{reason}: {}", world.log);
        let odd = world.effects.decisions.iter().filter(|d| matches!(d.kind, DecisionKind::Anomaly(_))).count();
        assert_eq!(odd, anomalies, "{reason}");
    }
}

#[test]
fn a_day_ends_when_its_event_says_and_else_at_midnight() {
    const DAY: u64 = 86_400_000_000_000;
    let mut world = World::new();
    world.open();
    let end = |world: &World| world.core.state().day_end(A).0;
    let midnight = (START.0 / DAY + 1) * DAY;
    assert_eq!(end(&world), midnight);
    let before = world.core.state().digest();
    let day = |ends| Report { instrument: A, ..Report::control(EventKind::TradingDay(TimeNs(ends))) };
    world.report(START, day(START.0 + 1));
    assert_eq!(end(&world), START.0 + 1);
    assert_ne!(world.core.state().digest(), before);
    world.report(TimeNs(START.0 + 1), Report::control(EventKind::TimeAdvanced));
    assert_eq!(end(&world), midnight, "it is over");
    assert_eq!(world.core.state().day_end(InstrumentId(99)).0, midnight);
}

#[test]
fn after_a_split_a_position_is_worth_what_it_was_until_there_is_a_price() {
    let mut world = World::new();
    world.open();
    let trade = |price| EventKind::Trade(Trade { price: Price(price), qty: Qty(1), aggressor: None });
    let market = |kind| Report { instrument: A, ..Report::control(kind) };
    world.report(START, market(trade(101)));
    let split = |numerator, denominator| {
        EventKind::CorporateAction(crate::event::CorporateAction {
            kind: crate::event::Adjustment::Split,
            numerator,
            denominator,
            cash: 0,
        })
    };
    let mark = |world: &World| world.core.state().market(A).and_then(|market| market.mark_price()).map(|half| half.0);
    world.report(START, market(split(4, 1)));
    assert_eq!(mark(&world), Some(51), "25.25 is 50.5 half units, upwards");
    assert_eq!(world.core.state().market(A).and_then(|market| market.reference(Side::Buy)), None);
    let before = world.core.state().digest();
    world.report(START, market(split(1, 2)));
    assert_eq!(mark(&world), Some(102));
    assert_ne!(world.core.state().digest(), before);
    world.report(START, market(trade(7)));
    assert_eq!(mark(&world), Some(14));
    assert_eq!(Scale::default().digits(), 0);
}
