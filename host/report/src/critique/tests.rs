use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use ringfence_core::config::{
    Account, Currency, EmitRates, EventDelivery, Execution, GuestProfile, Lane, RiskLimits, StrategySlot, Venue,
};
use ringfence_core::decision::DenialCode;
use ringfence_core::event::{Halt, Mode};
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, NameId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentKind, InstrumentStatus, Multiplier};
use ringfence_core::intent::Env;
use ringfence_core::money::{Decimal, Qty, Scale};
use ringfence_core::strategy::HaltCode;
use ringfence_session::results::{Adjusted, Counts, Results};

use super::*;
use crate::recorder::{DAY_S, Halted, Recorded, Samples, Tally};
use crate::summary::Choices;
use ringfence_core::config::Config;

/// A run whose figures a test can change.
struct World {
    config: Config,
    results: Results,
    recorded: Recorded,
    fill_moment: &'static str,
    benchmark: Option<InstrumentId>,
}

fn instrument() -> Instrument {
    let scale = |digits| Scale::new(digits).unwrap();
    Instrument {
        id: InstrumentId(1),
        venue: VenueId(1),
        symbol: NameId(1),
        kind: InstrumentKind::Equity,
        base: CurrencyId(1),
        quote: CurrencyId(1),
        settlement: CurrencyId(1),
        counterparty: NameId(0),
        price_scale: scale(2),
        qty_scale: scale(0),
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

fn config() -> Config {
    let slot = StrategySlot {
        name: "one".into(),
        account: AccountId(1),
        lane: Lane::Simulation,
        capital: Decimal::from(1_000),
        loss_max: None,
        instruments: vec![InstrumentId(1)],
        params: vec![("fast".into(), "5".into())],
        fuel_per_call: 1_000,
        fuel_total: None,
        memory_bytes_max: 1 << 20,
        pin: None,
        supervision: ringfence_core::config::Supervision::NONE,
        profile: GuestProfile::Compiled,
        rates: EmitRates::USUAL,
    };
    Config {
        run: "made up".into(),
        env: Env::Dev,
        region: None,
        base_currency: CurrencyId(1),
        names: vec!["US:SPY".into()],
        currencies: vec![Currency { code: "USD".into(), scale: 2 }],
        venues: vec![Venue { name: "US".into(), ..Venue::default() }],
        accounts: vec![Account { name: "main".into(), venue: VenueId(1), currency: CurrencyId(1), pacing: None }],
        instruments: vec![instrument()],
        strategies: vec![slot],
        risk: RiskLimits::default(),
        execution: Execution {
            approval_ttl_ns: 1,
            terminal_retention_events: 1,
            queue_max: 1,
            split_parts_max: None,
            delivery: EventDelivery::Single,
        },
        sections: Vec::new(),
    }
}

fn results(equity: i64) -> Results {
    Results {
        mode: Mode::Backtest,
        counts: Counts { intents: 200, orders: 200, fills: 200, ..Counts::default() },
        seconds: 0.0,
        decode_seconds: 0.0,
        positions: Vec::new(),
        fees: Decimal::ZERO,
        adjusted: Adjusted::default(),
        realised: Decimal::ZERO,
        equity: Decimal::from(equity),
        curve: Vec::new(),
        state_digest: [0; 32],
        decision_digest: [0; 32],
        fuel_digest: [0; 32],
        strategies: Vec::new(),
        notices: Vec::new(),
    }
}

impl World {
    /// A hundred trades on three hundred days that made 200 of 1,000, against a benchmark that made nothing: nothing to
    /// doubt.
    fn sound() -> World {
        let config = config();
        let mut samples = Samples::new(4);
        for day in 0..300_i64 {
            let equity = Decimal::from(1_000 + day * 200 / 299 + (day % 2) * 20 - 20 * i64::from(day == 299));
            let time = TimeNs(u64::try_from(day).unwrap() * DAY_S * 1_000_000_000);
            samples.push(time, [equity, equity, Decimal::from(100), Decimal::ONE]);
        }
        samples.settle();
        let mut tally = Tally::new(&config);
        for trade in 0..100 {
            tally.trades.add(if trade % 5 < 3 { 10.0 } else { -10.0 }, 60.0);
        }
        (tally.orders, tally.fills.count) = (200, 200);
        tally.fills.traded = Decimal::from(20_000);
        tally.fills.fees = Decimal::from(20);
        let recorded = Recorded {
            start: Decimal::from(1_000),
            opened: TimeNs(0),
            samples,
            tally,
            denials: BTreeMap::new(),
            malformed: BTreeMap::new(),
            rows: 10_000,
            halts: BTreeMap::new(),
            actions: Vec::new(),
        };
        let benchmark = Some(InstrumentId(1));
        World { config, results: results(1_200), recorded, fill_moment: "next-open", benchmark }
    }

    fn trades(&mut self, profits: &[f64]) {
        self.recorded.tally.trades = trading::Trades::default();
        profits.iter().for_each(|profit| self.recorded.tally.trades.add(*profit, 60.0));
    }
}

/// Findings of a sound run after a change, without the one that tells where the result came from.
#[track_caller]
fn check(change: impl FnOnce(&mut World), want: Expect) {
    let findings = of(change);
    let lines: Vec<String> = findings.iter().filter(|f| f.key != "outcome").map(shown_finding).collect();
    want.assert_eq(&lines.join("\n"));
}

fn shown_finding(finding: &Finding) -> String {
    format!("{:?} {}: {}. {}", finding.weight, finding.key, finding.title, finding.text)
}

fn of(change: impl FnOnce(&mut World)) -> Vec<Finding> {
    let mut world = World::sound();
    change(&mut world);
    let World { config, results, recorded, fill_moment, benchmark } = &world;
    let run = Run { config, results, recorded, fill_moment, bar_path: "" };
    let choices = Choices { benchmark: *benchmark, periods_per_year: None, risk_free: 0.0 };
    all(&run, &Summary::new(&run, &choices).unwrap())
}

#[track_caller]
fn outcome_of(change: impl FnOnce(&mut World), want: Expect) {
    want.assert_eq(&shown_finding(&of(change)[0]));
}

#[test]
fn a_sound_run_is_not_doubted() {
    check(|_| {}, expect![""]);
}

#[test]
fn a_halted_strategy_is_told_before_anything_else() {
    let halted = |rows: u64, count: u64| {
        move |world: &mut World| {
            let first = Halt { code: HaltCode::Trap, limit: 0, used: 0 };
            world.recorded.halts.insert(StrategyId(1), Halted { first, rows, count });
        }
    };
    assert_eq!(of(halted(1_200, 1))[0].key, "halted");
    check(
        halted(1_200, 1),
        expect![
            "Serious halted: The strategy was halted: the result is not one of all rows. one: H-TRAP after 12.00 % of the rows (1,200 of 10,000)."
        ],
    );
    check(
        halted(10_000, 3),
        expect![
            "Serious halted: The strategy was halted: the result is not one of all rows. one: H-TRAP after 100.00 % of the rows (10,000 of 10,000), the first of 3 halts."
        ],
    );
}

#[test]
fn a_result_is_split_into_prices_and_fees() {
    outcome_of(|_| {}, expect!["Fact outcome: It made 200.00 USD. Prices gave 220.00 USD, fees took 20.00 USD."]);
    outcome_of(
        |world| world.results.equity = Decimal::from(990),
        expect![
            "Fact outcome: It lost 10.00 USD: fees ate what prices gave. Prices gave 10.00 USD, fees took 20.00 USD."
        ],
    );
    outcome_of(
        |world| {
            world.results.equity = Decimal::from(970);
            world.recorded.tally.fills.slippage = Decimal::from(4);
        },
        expect![
            "Fact outcome: It lost 30.00 USD, most of it to fees. Prices took 10.00 USD, fees took 20.00 USD. Of what prices did, fills away from the mark at dispatch took 4.00 USD."
        ],
    );
    outcome_of(
        |world| world.results.equity = Decimal::from(960),
        expect!["Fact outcome: It lost 40.00 USD, most of it to prices. Prices took 20.00 USD, fees took 20.00 USD."],
    );
}

#[test]
fn a_better_benchmark_is_told() {
    let risen = |to: i64| {
        move |world: &mut World| {
            let mut samples = Samples::new(4);
            let times = world.recorded.samples.times().to_vec();
            let equities: Vec<Decimal> = world.recorded.samples.column(0).collect();
            for (at, (time, equity)) in times.into_iter().zip(equities).enumerate() {
                let price = Decimal::from(if at < 299 { 100 } else { to });
                samples.push(time, [equity, equity, price, Decimal::ONE]);
            }
            samples.settle();
            world.recorded.samples = samples;
        }
    };
    check(risen(119), expect![""]);
    check(
        risen(121),
        expect![
            "Doubt benchmark: Doing nothing would have paid more. 20.00 % against 21.00 % of US:SPY, bought and held."
        ],
    );
}

#[test]
fn a_run_without_a_closed_trade_has_nothing_to_judge() {
    check(
        |world| world.trades(&[]),
        expect![
            "Serious no-trades: No trade was closed: there is no result to judge. 200 intents, 0 denied, 200 orders, 200 fills."
        ],
    );
}

#[test]
fn fills_at_the_close_that_led_to_them_are_told_where_there_are_bars() {
    check(|world| world.fill_moment = "same-event", expect![""]);
    check(|world| world.recorded.tally.has_bars = true, expect![""]);
    check(
        |world| {
            world.fill_moment = "same-event";
            world.recorded.tally.has_bars = true;
        },
        expect![
            "Serious look-ahead: Orders are filled at a price that was known when they were decided. 200 fills came at the close of the very bar that led to them. Run it with simulation.fill = \"next-open\" and compare."
        ],
    );
}

#[test]
fn a_hit_rate_is_suspect_from_ninety_per_cent() {
    let winning = |wins: usize| {
        move |world: &mut World| {
            let profits: Vec<f64> = (0..100).map(|trade| if trade < wins { 3.0 } else { -10.0 }).collect();
            world.trades(&profits);
        }
    };
    check(winning(89), expect![""]);
    check(
        winning(90),
        expect![
            "Serious too-good: Too good: suspect that it looks ahead. 90.00 % of 100 trades won. Figures like these come more often from looking ahead than from skill."
        ],
    );
}

#[test]
fn a_sharpe_ratio_is_suspect_from_four() {
    let rising = |by: i64| {
        move |world: &mut World| {
            let mut samples = Samples::new(4);
            for (day, time) in (0_i64..).zip(world.recorded.samples.times().to_vec()) {
                let equity = Decimal::from(100_000 + day * by + (day % 2) * 1_000);
                samples.push(time, [equity, equity, Decimal::from(100), Decimal::ONE]);
            }
            samples.settle();
            world.recorded.samples = samples;
            world.recorded.start = Decimal::from(100_000);
            world.results.equity = Decimal::from(100_200);
            world.benchmark = None;
        }
    };
    check(rising(240), expect![""]);
    check(
        rising(280),
        expect![
            "Serious too-good: Too good: suspect that it looks ahead. A Sharpe ratio of 4.46 a year. Figures like these come more often from looking ahead than from skill."
        ],
    );
}

#[test]
fn twenty_nine_trades_are_too_few_and_thirty_are_not() {
    let alternating = |count: usize| -> Vec<f64> { (0..count).map(|n| if n % 3 == 0 { -1.0 } else { 1.0 }).collect() };
    check(|world| world.trades(&alternating(30)), expect![""]);
    check(
        |world| {
            world.trades(&alternating(29));
            world.config.strategies[0].params.clear();
        },
        expect![
            "Serious few-trades: Too few trades. 29 closed trades; below 30 their mean says little about the next one."
        ],
    );
}

#[test]
fn one_trade_makes_the_result_from_half_of_the_profit() {
    let with_best = |best: f64| {
        move |world: &mut World| {
            let mut profits: Vec<f64> = (0..100).map(|n| if n % 2 == 0 { 2.0 } else { -1.0 }).collect();
            profits[0] = best;
            world.trades(&profits);
        }
    };
    // All others together make 48.
    check(with_best(47.5), expect![""]);
    check(
        with_best(48.0),
        expect![
            "Serious one-trade: One trade makes the result. The best of 100 trades made 48.00 USD; all others together 48.00 USD."
        ],
    );
}

#[test]
fn each_parameter_needs_thirty_trades() {
    let parameters = |count: usize| {
        move |world: &mut World| world.config.strategies[0].params = vec![("p".into(), "1".into()); count]
    };
    check(parameters(3), expect![""]);
    check(
        parameters(4),
        expect![
            "Doubt parameters: Many parameters for so few trades: they may fit the past alone. 100 trades for 4 parameters: 25.0 each."
        ],
    );
}

#[test]
fn one_more_tick_is_told_and_weighs_more_the_more_it_takes() {
    let tick = |cost: i64| move |world: &mut World| world.recorded.tally.fills.one_tick = Decimal::from(cost);
    check(
        tick(50),
        expect![
            "Fact one-tick: One more tick of slippage costs 25.00 % of the result. At one tick worse for every taking fill 200.00 USD would be 150.00 USD."
        ],
    );
    check(
        tick(51),
        expect![
            "Doubt one-tick: One more tick of slippage costs 25.50 % of the result. At one tick worse for every taking fill 200.00 USD would be 149.00 USD."
        ],
    );
    check(
        tick(200),
        expect![
            "Serious one-tick: One more tick of slippage turns the profit into a loss. At one tick worse for every taking fill 200.00 USD would be 0.00 USD."
        ],
    );
}

#[test]
fn orders_on_stale_prices_are_counted() {
    check(
        |world| {
            world.recorded.tally.stale_orders = 3;
            world.recorded.tally.oldest_price_ns = 3_661_000_000_000;
        },
        expect![
            "Doubt stale: Orders rest on stale prices. 3 of 200 orders were sent when the price they were judged against was more than 60 s old; the oldest was 1 h 1 min."
        ],
    );
}

#[test]
fn denials_are_told_from_a_fifth_of_all_intents() {
    let denied = |count: u64| {
        move |world: &mut World| {
            world.results.counts.denied = count;
            world.recorded.denials.insert((StrategyId(1), DenialCode::OrderQtyMax), count);
        }
    };
    check(denied(39), expect![""]);
    check(
        denied(40),
        expect![
            "Doubt denied: Risk denied a large part: this is not the strategy as it was meant. 20.00 % of 200 intents, most by D-ORDER-QTY-MAX."
        ],
    );
}

#[test]
fn both_sides_are_told_apart() {
    check(
        |world| {
            world.recorded.tally.by_side[0].add(10.0, 1.0);
            world.recorded.tally.by_side[1].add(-4.0, 1.0);
        },
        expect![
            "Fact sides: Only the long side made money. Long 10.00 USD in 1 trades, short −4.00 USD in 1 trades, after fees."
        ],
    );
}

#[test]
fn a_run_of_less_than_thirty_days_is_extrapolated() {
    let days = |count: u64| {
        move |world: &mut World| {
            let mut samples = Samples::new(4);
            // Two samples a day, so that the period is shorter than a day.
            for half in 0..count * 2 {
                let equity = Decimal::from(1_000 + half % 2 + half);
                let time = TimeNs((half + 1) * DAY_S / 2 * 1_000_000_000);
                samples.push(time, [equity, equity, Decimal::from(100), Decimal::ONE]);
            }
            samples.settle();
            world.recorded.samples = samples;
            world.benchmark = None;
        }
    };
    let keys = |findings: Vec<Finding>| findings.iter().any(|finding| finding.key == "short");
    assert!(!keys(of(days(30))) && keys(of(days(29))));
}
