//! Properties: what holds for every life of a world? Small counts here; `RINGFENCE_SOAK=n` lives n times as many lives.

use alloc::vec::Vec;

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::ids::{AccountId, StrategyId};
use crate::instrument::Side;
use crate::money::Decimal;
use crate::state::execution::Holder;
use crate::tests::random::{Answers, Life, Op, any_life, still_life};
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

    /// With an honest venue and a market that stands still no interleaving takes a limit: neither slicing nor racing nor
    /// queueing nor unknown orders nor two strategies on one account.
    #[test]
    fn no_interleaving_takes_exposure_past_its_limit(ops in still_life(1..150)) {
        let mut life = Life::begin(tight(), Answers::Honest);
        for op in &ops {
            life.live(op);
            let state = life.world.core.state();
            for (holder, limit) in limits() {
                let reach = |side: Side| -> i128 {
                    let legs = state.execution.positions(holder).filter(|(instrument, ..)| *instrument == A);
                    legs.map(|(_, _, position)| (position.worst(side) * i128::from(side.sign())).max(0)).sum()
                };
                prop_assert!(reach(Side::Buy) <= limit && reach(Side::Sell) <= limit, "{holder:?}");
            }
            for account in [AccountId(1), AccountId(2)] {
                prop_assert!(gross(&life.world, account) <= 2_000, "{account:?}");
            }
        }
    }
}

fn limits() -> impl Iterator<Item = (Holder, i128)> {
    let strategies = (1..=3).map(|id| (Holder::Strategy(StrategyId(id)), 12));
    strategies.chain((1..=2).map(|id| (Holder::Account(AccountId(id)), 15)))
}

/// Gross exposure at the price of 100 at which everything stands.
fn gross(world: &World, account: AccountId) -> i128 {
    let state = world.core.state();
    let values = state.execution.positions(Holder::Account(account)).map(|(instrument, _, position)| {
        let worst = position.worst(Side::Buy).abs().max(position.worst(Side::Sell).abs());
        let multiplier = state.instrument(instrument).expect("configured").multiplier.mantissa;
        worst * 100 * i128::from(multiplier)
    });
    values.sum()
}

#[test]
fn equal_lives_give_equal_logs_and_digests() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
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
