//! Crosses: would an order trade with another of its account?
//!
//! In: an order to be, State and the queue. Out: the first counterpart, or none. Must never: deny; a cross between
//! strategies is recorded, and forbidding any is a rule of Risk.

use crate::ids::{AccountId, LegKey};
use crate::instrument::PositionSide;
use crate::intent::OrderTerms;
use crate::money::Price;
use crate::queue::Queue;
use crate::state::State;
use crate::state::execution::Holder;

/// An order to be: one that is submitted, or the one an amend asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe<'a> {
    /// The order itself, which does not meet itself.
    pub(crate) key: LegKey,
    pub(crate) account: AccountId,
    pub(crate) terms: &'a OrderTerms,
}

/// Whose orders count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Those of other strategies.
    Others,
    /// Own ones too.
    Anyones,
}

/// An order that would be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counterpart {
    pub(crate) key: LegKey,
    pub(crate) price: Price,
}

/// The first order, live or queued, that this one would trade with: same account, same instrument, opposite side, prices
/// that meet (a market order counts with the price it was judged at).
pub(crate) fn counterpart((state, queue): (&State, &Queue), probe: &Probe<'_>, whose: Whose) -> Option<Counterpart> {
    if !is_open_on_the_other_side(state, probe, whose) {
        return None;
    }
    let live = state.execution.orders.live().filter(|order| order.account == probe.account);
    let queued = queue.submits_waiting().filter(|(item, _)| item.account() == probe.account);
    live.map(|order| (order.key, &order.terms))
        .chain(queued.map(|(item, terms)| (item.key(), terms)))
        .filter(|(key, _)| *key != probe.key)
        .filter(|(key, _)| whose == Whose::Anyones || key.strategy != probe.key.strategy)
        .find(|(_, other)| meets(probe.terms, other))
        .map(|(key, other)| Counterpart { key, price: other.reference })
}

/// Reservations tell without a search that nothing is open on the other side.
fn is_open_on_the_other_side(state: &State, probe: &Probe<'_>, whose: Whose) -> bool {
    PositionSide::ALL.iter().any(|leg| {
        let reserved = |holder| {
            let position = state.execution.position(holder, probe.terms.instrument, *leg);
            position.map_or(0, |position| position.reserved(probe.terms.side.opposite()))
        };
        let own = match whose {
            Whose::Others => reserved(Holder::Strategy(probe.key.strategy)),
            Whose::Anyones => 0,
        };
        reserved(Holder::Account(probe.account)) > own
    })
}

fn meets(own: &OrderTerms, other: &OrderTerms) -> bool {
    own.instrument == other.instrument
        && own.side == other.side.opposite()
        && own.side.reaches(own.reference, other.reference)
}
