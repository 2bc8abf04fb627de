//! Reckoning: how much could be held, if everything that can still fill did?
//!
//! In: events and decisions of every step, and the configuration. Out: positions and exposures, added up from nothing each
//! time; no number of State is used. It is right for an honest venue and a market that stands still.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::decision::DecisionKind;
use crate::event::{Command, EventKind};
use crate::ids::{AccountId, CurrencyId, InstrumentId, LegKey, NameId, Seq, StrategyId};
use crate::instrument::{PositionSide, Side};
use crate::intent::{Action, OrderTerms};
use crate::tests::world::World;

/// Price at which everything stands.
const PRICE: i128 = 100;

/// An order that is queued or live.
#[derive(Clone, Debug)]
struct Open {
    terms: OrderTerms,
    filled: i64,
    /// Total quantities of amends that wait or are under way, by leg; true = sent.
    amends: BTreeMap<LegKey, (i64, bool)>,
}

/// Everything that is known of orders and fills.
#[derive(Debug, Default)]
pub(crate) struct Reckoning {
    asked: BTreeMap<LegKey, Action>,
    open: BTreeMap<LegKey, Open>,
    held: BTreeMap<(StrategyId, InstrumentId, PositionSide), i128>,
    seq: Seq,
}

/// What one holder has in one instrument and leg, and could have.
#[derive(Clone, Copy, Debug, Default)]
struct Reach {
    held: i128,
    buys: i128,
    sells: i128,
}

type Place = (InstrumentId, PositionSide);

/// Values that one account could reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) gross: i128,
    pub(crate) net: i128,
}

impl Reckoning {
    /// Takes what the last step added; true when there was a step.
    pub(crate) fn follow(&mut self, world: &World) -> bool {
        let event = world.events.last().expect("a step was taken");
        if core::mem::replace(&mut self.seq, event.seq) == event.seq {
            return false;
        }
        self.report(event.instrument, &event.kind);
        for decision in &world.effects.decisions {
            self.decide(decision.key, &decision.kind);
        }
        true
    }

    fn report(&mut self, instrument: InstrumentId, kind: &EventKind) {
        use EventKind as K;
        if let K::OrderFilled(fill) = kind {
            let place = (fill.order.strategy, instrument, fill.position_side);
            *self.held.entry(place).or_default() += i128::from(fill.qty.0 * fill.side.sign());
        }
        let Some(order) = kind.order() else { return };
        let Some(open) = self.open.get_mut(&order) else { return };
        if let K::OrderFilled(fill) = kind {
            open.filled += fill.qty.0;
        } else if let K::OrderAmended(_, _, qty) = kind {
            open.terms.qty = *qty;
            open.answered();
        } else if matches!(kind, K::AmendRejected(..) | K::TransmitRefused(_, Command::Amend, _)) {
            open.answered();
        } else if matches!(kind, K::OrderCanceled(..) | K::OrderRejected(..) | K::OrderExpired(..))
            || matches!(kind, K::TransmitRefused(_, Command::Submit, _))
        {
            self.open.remove(&order);
        }
    }

    fn decide(&mut self, key: LegKey, kind: &DecisionKind) {
        match kind {
            DecisionKind::Normalised(normalised) => {
                self.asked.insert(key, normalised.action);
            }
            DecisionKind::Queued => match self.asked[&key] {
                Action::Submit(terms) => {
                    self.open.insert(key, Open { terms, filled: 0, amends: BTreeMap::new() });
                }
                Action::Amend(terms) => self.set_amend(terms.order, key, Some((terms.qty.0, false))),
                Action::Cancel(_) => {}
            },
            DecisionKind::Dispatched(..) => {
                if let Action::Amend(terms) = self.asked[&key] {
                    self.set_amend(terms.order, key, Some((terms.qty.0, true)));
                }
            }
            DecisionKind::Superseded(_)
            | DecisionKind::Withdrawn(_)
            | DecisionKind::ApprovalExpired(_)
            | DecisionKind::Refused(_) => match self.asked.get(&key).copied() {
                Some(Action::Submit(_)) => {
                    self.open.remove(&key);
                }
                Some(Action::Amend(terms)) => self.set_amend(terms.order, key, None),
                // What waited for a parent was never normalised.
                Some(Action::Cancel(_)) | None => {}
            },
            DecisionKind::Emitted(_)
            | DecisionKind::Malformed(_)
            | DecisionKind::Denied(_)
            | DecisionKind::Allowed(_)
            | DecisionKind::Halted(_)
            | DecisionKind::Anomaly(_)
            | DecisionKind::Held(_)
            | DecisionKind::Released(_)
            | DecisionKind::Dropped(_)
            | DecisionKind::Scheduled(_)
            | DecisionKind::Ended(_)
            | DecisionKind::Tied(_) => {}
        }
    }

    fn set_amend(&mut self, order: LegKey, amend: LegKey, asked: Option<(i64, bool)>) {
        // An order that has ended has its amends withdrawn.
        let Some(open) = self.open.get_mut(&order) else { return };
        match asked {
            Some(asked) => open.amends.insert(amend, asked),
            None => open.amends.remove(&amend),
        };
    }

    /// Largest position of any strategy, in any instrument, on either side.
    pub(crate) fn largest_of_strategy(&self) -> i128 {
        (1..=3).map(|id| largest(&self.reaches(|strategy| strategy.0 == id))).max().unwrap_or(0)
    }

    /// Largest position of an account, in any instrument, on either side.
    pub(crate) fn largest_of_account(&self, account: AccountId, world: &World) -> i128 {
        largest(&self.reaches(|strategy| account_of(strategy, world) == account))
    }

    /// Largest position of all accounts, in any instrument, on either side; accounts do not offset each other.
    pub(crate) fn largest_of_instrument(&self, world: &World) -> i128 {
        let accounts = accounts(world).map(|account| self.reaches(|strategy| account_of(strategy, world) == account));
        let accounts: alloc::vec::Vec<_> = accounts.collect();
        let instruments: BTreeSet<InstrumentId> = accounts.iter().flatten().map(|((id, _), _)| *id).collect();
        let side_of = |id, side| accounts.iter().map(|reaches| side_reach(reaches, id, side)).sum::<i128>();
        let sides = |id| Side::ALL.iter().map(move |side| (id, *side));
        instruments.into_iter().flat_map(sides).map(|(id, side)| side_of(id, side)).max().unwrap_or(0)
    }

    /// Gross and net value of an account.
    pub(crate) fn value(&self, account: AccountId, world: &World) -> Value {
        self.value_of(account, world, |_| true)
    }

    /// Gross value of all accounts in one asset.
    pub(crate) fn of_asset(&self, asset: CurrencyId, world: &World) -> i128 {
        let is_it = |id| world.config.instrument(id).is_some_and(|instrument| instrument.base == asset);
        accounts(world).map(|account| self.value_of(account, world, is_it).gross).sum()
    }

    /// Gross value of all accounts that one counterparty owes.
    pub(crate) fn of_counterparty(&self, name: NameId, world: &World) -> i128 {
        let is_it = |id| world.config.instrument(id).is_some_and(|instrument| instrument.counterparty == name);
        accounts(world).map(|account| self.value_of(account, world, is_it).gross).sum()
    }

    fn value_of(&self, account: AccountId, world: &World, wanted: impl Fn(InstrumentId) -> bool) -> Value {
        let (mut gross, mut upper, mut lower) = (0, 0, 0);
        for ((id, _), reach) in self.reaches(|strategy| account_of(strategy, world) == account) {
            if !wanted(id) {
                continue;
            }
            let unit = PRICE * i128::from(world.config.instrument(id).expect("it was traded").multiplier.mantissa);
            let (most, least) = ((reach.held + reach.buys) * unit, (reach.held - reach.sells) * unit);
            gross += most.abs().max(least.abs());
            upper += most;
            lower += least;
        }
        Value { gross, net: upper.abs().max(lower.abs()) }
    }

    fn reaches(&self, is_meant: impl Fn(StrategyId) -> bool) -> BTreeMap<Place, Reach> {
        let mut reaches: BTreeMap<Place, Reach> = BTreeMap::new();
        for ((_, id, leg), held) in self.held.iter().filter(|((strategy, ..), _)| is_meant(*strategy)) {
            reaches.entry((*id, *leg)).or_default().held += held;
        }
        for (_, open) in self.open.iter().filter(|(key, _)| is_meant(key.strategy)) {
            let reach = reaches.entry((open.terms.instrument, open.terms.position_side)).or_default();
            match open.terms.side {
                Side::Buy => reach.buys += open.can_fill(),
                Side::Sell => reach.sells += open.can_fill(),
            }
        }
        reaches
    }
}

impl Open {
    /// An amend was answered: every one that was sent before is decided.
    fn answered(&mut self) {
        self.amends.retain(|_, (_, is_sent)| !*is_sent);
    }

    fn can_fill(&self) -> i128 {
        let largest = self.amends.values().map(|(qty, _)| *qty).chain([self.terms.qty.0]).max().unwrap_or(0);
        i128::from((largest - self.filled).max(0))
    }
}

/// Hedge-mode legs do not offset each other.
fn side_reach(reaches: &BTreeMap<Place, Reach>, id: InstrumentId, side: Side) -> i128 {
    let legs = reaches.iter().filter(|((instrument, _), _)| *instrument == id);
    let reach = |reach: &Reach| match side {
        Side::Buy => reach.held + reach.buys,
        Side::Sell => reach.sells - reach.held,
    };
    legs.map(|(_, leg)| reach(leg).max(0)).sum()
}

fn largest(reaches: &BTreeMap<Place, Reach>) -> i128 {
    let sides = reaches.keys().flat_map(|(id, _)| Side::ALL.iter().map(|side| side_reach(reaches, *id, *side)));
    sides.max().unwrap_or(0)
}

fn account_of(strategy: StrategyId, world: &World) -> AccountId {
    world.config.strategies[usize::from(strategy.0) - 1].account
}

fn accounts(world: &World) -> impl Iterator<Item = AccountId> {
    (1..=world.config.accounts.len()).map(|id| AccountId(u16::try_from(id).expect("few accounts")))
}
