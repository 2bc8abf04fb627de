//! Crosses: would an order trade with one of another strategy of this host?
//!
//! In: an approval for a new order, State and the queue. Out: the first counterpart, or none. Must never: deny; a cross is
//! recorded, and forbidding it is a rule of Risk.

use crate::ids::LegKey;
use crate::instrument::PositionSide;
use crate::intent::{Action, OrderTerms};
use crate::queue::Queue;
use crate::risk::ApprovedIntent;
use crate::state::State;
use crate::state::execution::Holder;

/// The first order of another strategy, live or queued, that the approved order would trade with: same account, same
/// instrument, opposite side, prices that meet (a market order counts with the price it was judged at).
pub(crate) fn counterpart(state: &State, queue: &Queue, approved: &ApprovedIntent) -> Option<LegKey> {
    let Action::Submit(terms) = approved.action() else { return None };
    if !others_are_open(state, approved, terms) {
        return None;
    }
    let live = state.execution.orders.live().filter(|order| order.account == approved.account());
    let queued = queue.submits_waiting().filter(|(item, _)| item.account() == approved.account());
    live.map(|order| (order.key, &order.terms))
        .chain(queued.map(|(item, terms)| (item.key(), terms)))
        .filter(|(key, _)| key.strategy != approved.key().strategy)
        .find(|(_, other)| meets(terms, other))
        .map(|(key, _)| key)
}

/// Reservations tell without a search that nobody else has anything open on the other side.
fn others_are_open(state: &State, approved: &ApprovedIntent, terms: &OrderTerms) -> bool {
    PositionSide::ALL.iter().any(|leg| {
        let reserved = |holder| {
            let position = state.execution.position(holder, terms.instrument, *leg);
            position.map_or(0, |position| position.reserved(terms.side.opposite()))
        };
        reserved(Holder::Account(approved.account())) > reserved(Holder::Strategy(approved.key().strategy))
    })
}

fn meets(own: &OrderTerms, other: &OrderTerms) -> bool {
    own.instrument == other.instrument
        && own.side == other.side.opposite()
        && own.side.reaches(own.reference, other.reference)
}
