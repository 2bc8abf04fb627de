//! Laws that hold for every interleaving of commands and market events.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ringfence_core::event::{EventKind, Liquidity};
use ringfence_core::ids::{AccountId, LegKey, StrategyId};
use ringfence_core::money::{Decimal, add_exact};
use ringfence_sim::{
    CommissionRounding, FillMoment, Latency, OrderLatency, QueueModel, RestingFills, SimConfig, Slippage,
    SlippageModel, TakerSize,
};
use ringfence_venue::desk;

mod support;
use support::Run;

/// Lines of a script, weighted so that orders often rest, race and end in every way.
fn line() -> impl Strategy<Value = String> {
    let price = || 97_i64..=103;
    // Most orders stand apart from the market, so that they rest for a while.
    let wanted = || 88_i64..=112;
    let size = || 1_i64..=20;
    let side = || prop_oneof![Just("buy"), Just("sell")];
    let who = || prop_oneof![3 => Just(""), 1 => Just("2: "), 1 => Just("3: ")];
    let flags = prop_oneof![
        6 => Just(""), 1 => Just(" ioc"), 1 => Just(" fok"), 1 => Just(" day"), 2 => Just(" post"), 2 => Just(" reduce")
    ];
    let at_once = prop_oneof![5 => Just(""), 1 => Just(" ioc"), 2 => Just(" reduce")];
    let aggressor = prop_oneof![Just(""), Just(" buy"), Just(" sell")];
    let status = prop_oneof![
        12 => Just("trading"), 1 => Just("halted"), 1 => Just("auction"), 1 => Just("closed"), 1 => Just("post-only"),
        1 => Just("cancel-only"), 1 => Just("settled")
    ];
    let quote = (price(), 0_i64..5, 0_i64..=10, 0_i64..=10);
    let bar = (price(), price(), price(), price(), 0_u64..6);
    prop_oneof![
        6 => quote.prop_map(|(bid, spread, bids, asks)| format!("quote {bid} {bids} {} {asks}", bid + spread)),
        6 => (price(), size(), aggressor).prop_map(|(price, size, by)| format!("trade {price} {size}{by}")),
        2 => bar.prop_map(|(a, b, c, d, age)| bar_line([a, b, c, d], age)),
        1 => (side(), price(), 0_i64..=10, any::<bool>()).prop_map(|(side, price, size, last)| {
            format!("level {side} {price} {size}{}", if last { " last" } else { "" })
        }),
        1 => status.prop_map(|name| format!("status {name}")),
        1 => Just("time".to_owned()),
        8 => (who(), side(), size(), wanted(), flags).prop_map(|(who, side, size, price, flag)| {
            format!("{who}{side} {size} @{price}{flag}")
        }),
        2 => (who(), side(), size(), at_once).prop_map(|(who, side, size, flag)| format!("{who}{side} {size}{flag}")),
        5 => (who(), 1_u64..30).prop_map(|(who, back)| format!("{who}cancel -{back}")),
        5 => (who(), 1_u64..20, size(), wanted()).prop_map(|(who, back, size, price)| {
            format!("{who}amend -{back} {size}@{price}")
        }),
    ]
}

/// A bar whose high and low hold its open and close; it opened so many ns before it closes.
fn bar_line([open, close, a, b]: [i64; 4], age: u64) -> String {
    let (high, low) = (open.max(close).max(a).max(b), open.min(close).min(a).min(b));
    format!("bar {open} {high} {low} {close} @-{age}")
}

/// Choices of a venue.
#[derive(Clone, Debug)]
struct Rules {
    fill: FillMoment,
    queue: QueueModel,
    rounding: CommissionRounding,
    resting: RestingFills,
    taker_size: TakerSize,
    slippage: Slippage,
    order_min: Decimal,
    legs: [u64; 3],
}

fn rules() -> impl Strategy<Value = Rules> {
    let fill = proptest::sample::select(FillMoment::ALL);
    let queue = proptest::sample::select(QueueModel::ALL);
    let rounding = proptest::sample::select(CommissionRounding::ALL);
    let resting = proptest::sample::select(RestingFills::ALL);
    let taker_size = proptest::sample::select(TakerSize::ALL);
    let slippage = proptest::sample::select(SlippageModel::ALL);
    let leg = || prop_oneof![3 => Just(0_u64), 1 => 1_u64..20];
    let choices = (
        fill,
        queue,
        rounding,
        resting,
        taker_size,
        slippage,
        0_u32..2,
        [Just(0).boxed(), leg().boxed(), leg().boxed()],
    );
    choices.prop_map(|(fill, queue, rounding, resting, taker_size, model, order_min, legs)| {
        let slippage = Slippage { model, amount: if model == SlippageModel::Off { 0 } else { 2 } };
        let order_min = Decimal::from(order_min);
        Rules { fill, queue, rounding, resting, taker_size, slippage, order_min, legs }
    })
}

/// Runs lines in which `-N` counts back from the newest intent, or from the present time.
fn run(rules: &Rules, lines: &[String]) -> Run {
    let mut run = Run::new(&[desk::instrument(1, (0, 0))], |config: &mut SimConfig| {
        let [feed_ns, entry_ns, response_ns] = rules.legs;
        (config.fill, config.queue, config.resting) = (rules.fill, rules.queue, rules.resting);
        (config.taker_size, config.slippage) = (rules.taker_size, rules.slippage);
        (config.fees.rounding, config.fees.order_min) = (rules.rounding, rules.order_min);
        config.latency = Latency { feed_ns, orders: OrderLatency::Constant { entry_ns, response_ns } };
    });
    run.line("trade 100 1");
    let mut intents = [0_u64; 4];
    for line in lines {
        let strategy = line.split_once(": ").map_or(1, |(who, _)| who.parse().expect("a strategy of a script"));
        let now = run.desk.time().0 + 1;
        let resolved: Vec<String> = line.split(' ').map(|word| absolute(word, intents[strategy], now)).collect();
        if !matches!(resolved[0].as_str(), "quote" | "trade" | "bar" | "level" | "status" | "time") {
            intents[strategy] += 1;
        }
        run.line(&resolved.join(" "));
    }
    // What is on its way arrives.
    for _ in 0..3 {
        run.line(&format!("at {}", run.desk.time().0 + 100));
        run.line("time");
    }
    run
}

fn absolute(word: &str, newest: u64, now: u64) -> String {
    let back = |text: &str| text.parse::<u64>().expect("a number of a script");
    if let Some(age) = word.strip_prefix("@-") {
        return format!("@{}", now.saturating_sub(back(age)));
    }
    match word.strip_prefix('-') {
        Some(count) => (newest.saturating_sub(back(count)) + 1).to_string(),
        None => word.to_owned(),
    }
}

/// What is known of an order from what the venue said.
#[derive(Default)]
struct Told {
    is_accepted: bool,
    has_ended: bool,
    filled: i64,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "any other kind is a failure")]
fn check_lives(run: &Run) -> Result<(), TestCaseError> {
    let mut orders: BTreeMap<LegKey, Told> = BTreeMap::new();
    let mut trade_id = 0;
    for (_, report) in &run.said {
        let (key, ends, needs_life) = match report.kind {
            EventKind::OrderAccepted(key) => (key, false, false),
            EventKind::OrderRejected(key, _) => (key, true, false),
            EventKind::OrderFilled(fill) => {
                trade_id += 1;
                prop_assert_eq!(fill.trade_id, trade_id);
                let told = orders.entry(fill.order).or_default();
                told.filled += fill.qty.0;
                prop_assert!(fill.qty.0 > 0 && fill.leaves.0 >= 0);
                (fill.order, fill.leaves.0 == 0, true)
            }
            EventKind::OrderCanceled(key, open, _) | EventKind::OrderExpired(key, open) => {
                prop_assert!(open.0 > 0);
                (key, true, true)
            }
            EventKind::OrderAmended(key, ..) => (key, false, true),
            EventKind::CancelRejected(..) | EventKind::AmendRejected(..) => continue,
            other => return Err(TestCaseError::fail(format!("the venue said {}", other.name()))),
        };
        let told = orders.entry(key).or_default();
        prop_assert!(!told.has_ended, "{} spoke after its end: {:?}", key, report.kind);
        prop_assert_eq!(told.is_accepted, needs_life, "{}: {:?}", key, report.kind);
        told.is_accepted |= matches!(report.kind, EventKind::OrderAccepted(_));
        told.has_ended = ends;
    }
    let live = orders.values().filter(|told| told.is_accepted && !told.has_ended).count();
    prop_assert_eq!(run.sim.live_orders(), live);
    Ok(())
}

/// Every order fills at most what the script asked for, at its price or better, and at its price exactly where it rested;
/// what stays open is what was asked for and did not fill.
fn check_fills(run: &Run) -> Result<(), TestCaseError> {
    let mut terms = run.asked.clone();
    let mut filled: BTreeMap<LegKey, i64> = BTreeMap::new();
    for (_, report) in &run.said {
        if let EventKind::OrderAmended(key, price, qty) = report.kind {
            prop_assert!(run.amends.contains(&(key, qty.0, price.0)), "{} was not amended to {:?}", key, report.kind);
            terms.insert(key, (qty.0, Some(price.0)));
        }
        if let EventKind::OrderFilled(fill) = report.kind {
            let (qty, price) = terms[&fill.order];
            let filled = filled.entry(fill.order).or_default();
            *filled += fill.qty.0;
            prop_assert_eq!(*filled + fill.leaves.0, qty, "{}", fill.order);
            let worse = price.map_or(0, |price| (fill.price.0 - price) * fill.side.sign());
            prop_assert!(worse <= 0, "{} filled at {} for {:?}", fill.order, fill.price.0, price);
            prop_assert!(fill.liquidity == Liquidity::Taker || worse == 0);
        }
        if let EventKind::OrderCanceled(key, open, _) | EventKind::OrderExpired(key, open) = report.kind {
            let filled = filled.get(&key).copied().unwrap_or_default();
            prop_assert_eq!(filled + open.0, terms[&key].0, "{}", key);
        }
    }
    Ok(())
}

/// Cash in the core is what the account started with, plus what was sold, minus what was bought and every fee.
fn check_cash(run: &Run) -> Result<(), TestCaseError> {
    for account in (1..=desk::ACCOUNTS).map(AccountId) {
        let mut cash = Decimal::from(1_000);
        for (_, report) in run.said.iter().filter(|(_, report)| report.account == account) {
            if let EventKind::OrderFilled(fill) = report.kind {
                let paid = Decimal::from(fill.price.0 * fill.qty.0 * fill.side.sign());
                cash = add_exact(add_exact(cash, -paid).expect("small"), -fill.fee).expect("small");
            }
        }
        let total = run.desk.state().account_total(account).expect("small amounts");
        prop_assert_eq!(total.cash, cash, "account {}", account.0);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// 60 x 300 steps. The core hears everything and finds nothing odd (the harness asserts it after each report).
    #[test]
    fn whatever_happens_orders_live_once_and_money_adds_up(
        rules in rules(),
        lines in prop::collection::vec(line(), 300),
    ) {
        let run = run(&rules, &lines);
        check_lives(&run)?;
        check_cash(&run)?;
        let open: usize = (1..=desk::STRATEGIES)
            .map(|id| run.desk.state().open_orders(StrategyId(id), ringfence_core::ids::InstrumentId::NONE).count())
            .sum();
        if rules.legs == [0; 3] {
            prop_assert_eq!(run.sim.live_orders(), open, "the core and the venue agree on what is open");
        }
    }

    #[test]
    fn the_same_input_gives_the_same_output(rules in rules(), lines in prop::collection::vec(line(), 40)) {
        prop_assert_eq!(run(&rules, &lines).text, run(&rules, &lines).text);
    }

    #[test]
    fn fills_never_exceed_what_was_asked_for(rules in rules(), lines in prop::collection::vec(line(), 100)) {
        check_fills(&run(&rules, &lines))?;
    }
}
