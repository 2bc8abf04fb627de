//! Properties: what holds for every life of a world? Small counts here; `RINGFENCE_SOAK=n` lives n times as many lives.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::RefCell;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::decision::{DecisionKind, EndCode};
use crate::ids::{AccountId, IntentId, NameId, StrategyId};
use crate::money::Decimal;
use crate::tests::random::{Answers, Life, Op, any_life, paced, still_life};
use crate::tests::reckoning::Reckoning;
use crate::tests::world::{A, World};

/// How many times longer than usual: 1 in the normal run.
pub(crate) fn soak_times() -> u32 {
    #[allow(clippy::disallowed_methods, reason = "the one switch of the long runs, read by tests alone")]
    std::env::var("RINGFENCE_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases: cases * soak_times(), failure_persistence: None, ..ProptestConfig::default() }
}

fn live(world: World, answers: Answers, ops: &[Op]) -> Life {
    let mut life = Life::begin(world, answers);
    for op in ops {
        life.live(op);
    }
    life
}

/// Limits that bind all the time.
fn tight() -> World {
    let mut world = World::new();
    let risk = &mut world.config.risk;
    risk.order_qty_max = Some(Decimal::from(6));
    risk.order_notional_max = Some(Decimal::from(1_000));
    risk.position_strategy_max = Some(Decimal::from(12));
    risk.position_account_max = Some(Decimal::from(15));
    risk.exposure_gross_max = Some(Decimal::from(2_000));
    risk.price_collar_bps = Some(300);
    risk.open_orders_max = Some(8);
    world
}

proptest! {
    #![proptest_config(config(96))]

    /// Positions are sums of fills, cash is conserved, reservations are what is open, terminal states absorb, the queue is
    /// what its decisions say, nothing leaves unapproved or after a stop; with limits off and with limits that bind.
    #[test]
    fn invariants_hold_whatever_feeds_venues_and_strategies_do(ops in any_life(1..120)) {
        live(World::new(), Answers::Any, &ops);
        live(tight(), Answers::Any, &ops);
        live(paced(tight()), Answers::Any, &ops);
    }

    #[test]
    fn position_is_the_sum_of_fills_per_strategy_and_account(ops in any_life(1..60)) {
        // The ledger of the life compares after every step; here the sums are taken once more from the events alone.
        let life = live(World::new(), Answers::Honest, &ops);
        let state = life.world.core.state();
        for strategy in 0..=3 {
            let mut sum = 0;
            for event in &life.world.events {
                if let crate::event::EventKind::OrderFilled(fill) = event.kind {
                    let is_own = event.instrument == A && fill.order.strategy.0 == strategy;
                    sum += if is_own { fill.qty.0 * fill.side.sign() } else { 0 };
                }
            }
            prop_assert_eq!(state.net_position(StrategyId(strategy), A).0, sum);
        }
    }

    #[test]
    fn cash_is_conserved_over_random_fills(ops in any_life(1..80)) {
        let life = live(World::new(), Answers::Honest, &ops);
        let state = life.world.core.state();
        // Capital is allocated, not moved: what strategies gained or lost together is what their accounts did.
        let of_strategies: Decimal = (1..=3)
            .map(|id| state.account_view(StrategyId(id)).expect("small numbers"))
            .map(|view| view.equity - view.capital)
            .sum();
        let of_accounts: Decimal =
            (1..=2).map(|id| state.account_total(AccountId(id)).expect("small numbers").equity).sum();
        prop_assert_eq!(of_strategies, of_accounts);
    }

    #[test]
    fn split_at_any_event_gives_the_same_state(ops in any_life(1..50), split in any::<prop::sample::Index>()) {
        let whole = live(tight(), Answers::Any, &ops);
        let at = split.index(ops.len());
        // The first part alone, then the rest with fresh buffers.
        let mut parts = live(tight(), Answers::Any, &ops[..at]);
        let so_far = parts.digests.len();
        prop_assert_eq!(&parts.digests[..], &whole.digests[..so_far]);
        parts.world.effects = crate::decision::Effects::new();
        for op in &ops[at..] {
            parts.live(op);
        }
        prop_assert_eq!(&parts.digests, &whole.digests);
        prop_assert_eq!(&parts.world.log, &whole.world.log);
    }
}

/// Ties with triggers come about in random lives, in every way: nothing of the above holds for want of them.
#[test]
fn what_is_tied_and_waits_for_a_price_keeps_the_invariants() {
    let counts = RefCell::new([0; 6]);
    let held = TestRunner::new(config(1_200)).run(&any_life(1..=256), |ops| {
        let life = live(World::new(), Answers::Any, &ops);
        let (mut counts, log) = (counts.borrow_mut(), &life.world.log);
        for line in log.lines() {
            let Some((order, what)) = line.trim().split_once(' ') else { continue };
            let leg = order.split_once('.').and_then(|(_, leg)| leg.parse::<u16>().ok()).unwrap_or(0);
            let (is_first, is_part) = (leg == 1_024, leg > 0 && leg % 1_024 == 0 && leg < 31_744);
            let ways = [
                is_first && what.starts_with("held"),
                is_part && !is_first && what.starts_with("held"),
                is_first && what.starts_with("denied"),
                leg % 1_024 == 1 && leg > 1_024 && leg < 31_744 && what.starts_with("sent"),
                leg >= 31_744 && what.starts_with("held"),
                what == "dropped canceled",
            ];
            counts.iter_mut().zip(ways).for_each(|(count, way)| *count += usize::from(way));
        }
        Ok(())
    });
    held.unwrap_or_else(|failure| panic!("{failure}"));
    let counts = counts.into_inner();
    assert!(
        counts.iter().all(|count| *count > 5),
        "parts wait, join, are denied, fire, are cut and dropped: {counts:?}"
    );
}

/// Lives that together have at least a million steps.
const STILL_CASES: u32 = 14_000;

/// Limits in sum that bind all the time, on paced venues; both instruments are of one asset and one counterparty.
fn bounded() -> World {
    let mut world = paced(tight());
    let risk = &mut world.config.risk;
    risk.order_qty_max = None;
    risk.position_instrument_max = Some(Decimal::from(20));
    risk.exposure_net_max = Some(Decimal::from(1_500));
    risk.exposure_asset_max = Some(Decimal::from(3_000));
    risk.exposure_counterparty_max = Some(Decimal::from(2_900));
    for instrument in &mut world.config.instruments {
        instrument.counterparty = OWING;
    }
    world
}

/// Who owes settlement of everything: any name will do.
const OWING: NameId = NameId(1);

/// With an honest venue and a market that stands still no interleaving takes a limit: neither slicing nor racing nor
/// queueing nor unknown orders nor amends nor splits nor two strategies on one account. (What the host closes is not asked about
/// sums: two strategies may hold against each other what neither may hold alone.)
#[test]
fn no_interleaving_takes_exposure_past_its_limit() {
    let total = RefCell::new((0, [0; 8]));
    let held = TestRunner::new(config(STILL_CASES)).run(&still_life(1..=256), |ops| {
        let mut life = Life::begin_unfollowed(bounded(), Answers::Honest);
        let mut reckoning = Reckoning::default();
        let (steps, most) = &mut *total.borrow_mut();
        for op in &ops {
            life.live(op);
            if !reckoning.follow(&life.world) {
                continue;
            }
            *steps += 1;
            for (most, (name, limit, value)) in most.iter_mut().zip(sums(&reckoning, &life.world)) {
                prop_assert!(value <= limit, "{name}: {value} is above {limit}\n{}", life.world.log);
                *most = value.max(*most);
            }
        }
        Ok(())
    });
    held.unwrap_or_else(|failure| panic!("{failure}"));
    let (steps, most) = total.into_inner();
    assert!(steps >= 1_000_000 * soak_times(), "{steps} steps");
    let world = bounded();
    for (most, (name, limit, _)) in most.iter().zip(sums(&Reckoning::default(), &world)) {
        assert!(*most * 10 >= limit * 9, "{name}: {most} of {limit}, so the limit was never near");
    }
}

/// Everything that has a limit: its name, the limit, the value.
fn sums(reckoning: &Reckoning, world: &World) -> [(&'static str, i128, i128); 8] {
    let (one, two) = (AccountId(1), AccountId(2));
    let values = [one, two].map(|account| reckoning.value(account, world));
    let of_accounts = [one, two].map(|account| reckoning.largest_of_account(account, world));
    let asset = world.config.instruments[0].base;
    [
        ("position of a strategy", 12, reckoning.largest_of_strategy()),
        ("position of the account of two", 15, of_accounts[0]),
        ("position of the account of one", 12, of_accounts[1]),
        ("position in an instrument", 20, reckoning.largest_of_instrument(world)),
        ("gross exposure", 2_000, values[0].gross.max(values[1].gross)),
        ("net exposure", 1_500, values[0].net.max(values[1].net)),
        ("exposure in an asset", 3_000, reckoning.of_asset(asset, world)),
        ("exposure to a counterparty", 2_900, reckoning.of_counterparty(OWING, world)),
    ]
}

/// With an honest venue the fills of a schedule's orders never exceed the whole, whatever else happens.
#[test]
fn no_schedule_trades_more_than_its_whole() {
    let counts = RefCell::new((BTreeMap::new(), 0));
    let held = TestRunner::new(config(400)).run(&still_life(1..=256), |ops| {
        let mut life = Life::begin_unfollowed(paced(World::new()), Answers::Honest);
        let mut wholes: BTreeMap<(StrategyId, IntentId), (i64, i64)> = BTreeMap::new();
        for op in &ops {
            let before = life.world.events.len();
            life.live(op);
            if life.world.events.len() == before {
                continue;
            }
            for event in &life.world.events[before..] {
                let crate::event::EventKind::OrderFilled(fill) = event.kind else { continue };
                if let Some((whole, filled)) = wholes.get_mut(&(fill.order.strategy, fill.order.intent)) {
                    *filled += fill.qty.0;
                    prop_assert!(filled <= whole, "{filled} of {whole}\n{}", life.world.log);
                }
            }
            for decision in &life.world.effects.decisions {
                let intent = (decision.key.strategy, decision.key.intent);
                if let DecisionKind::Scheduled(scheduled) = decision.kind {
                    wholes.insert(intent, (scheduled.qty.0, 0));
                } else if let DecisionKind::Ended(ended) = decision.kind {
                    prop_assert_eq!(ended.filled.0, wholes[&intent].1);
                    let (counts, traded) = &mut *counts.borrow_mut();
                    *counts.entry(ended.code).or_insert(0) += 1;
                    *traded += ended.filled.0;
                }
            }
        }
        Ok(())
    });
    held.unwrap_or_else(|failure| panic!("{failure}"));
    let (counts, traded) = counts.into_inner();
    let often = [EndCode::Time, EndCode::Canceled].map(|code| counts.get(&code).copied().unwrap_or(0));
    assert!(often.iter().all(|count| *count > 20) && traded > 50, "schedules trade and end: {counts:?} {traded}");
}

#[test]
fn equal_lives_give_equal_logs_and_digests() {
    let mut runner = TestRunner::deterministic();
    let mut sent = 0;
    for _ in 0..10 {
        let ops: Vec<Op> = any_life(1..200).new_tree(&mut runner).expect("a life").current();
        let lives = [live(tight(), Answers::Any, &ops), live(tight(), Answers::Any, &ops)];
        assert_eq!(lives[0].digests, lives[1].digests);
        assert_eq!(lives[0].world.log, lives[1].world.log);
        sent += lives[0].world.log.matches(" sent ").count();
    }
    assert!(sent > 20, "something happened: {sent}");
}
