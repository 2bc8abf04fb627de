//! Risk: is this allowed?
//!
//! In: a normalised leg and State. Out: an approval, with exposure reserved, or a denial naming limit, value and what
//! would have passed. Must never: schedule, delay, rate-limit, order, or touch a venue.

pub mod approval;
mod rules;

use crate::decision::Denial;
use crate::ids::{AccountId, LegKey};
use crate::intent::{Action, AmendTerms, OrderTerms};
use crate::money::Qty;
use crate::order::Asked;
use crate::queue::Queue;
use crate::state::State;
use crate::state::activity::Allowed;

pub use approval::{ApprovalKeys, ApprovedIntent, KeyError, KeyId};
#[cfg(test)]
pub(crate) use rules::CHECKS;
use rules::Exposures;
pub(crate) use rules::tied;

/// The layer that judges. Holds the keys that approvals are signed with, and nothing else: its memory is State.
#[derive(Debug)]
pub struct Risk {
    keys: ApprovalKeys,
}

/// What a rule looks at: an order to be, or the larger order an amend asks for.
pub(crate) struct Review<'a> {
    pub(crate) state: &'a State,
    /// What waits to be sent.
    pub(crate) queue: &'a Queue,
    pub(crate) key: LegKey,
    /// The order: the same leg, or for an amend the order that it changes.
    pub(crate) order: LegKey,
    pub(crate) account: AccountId,
    pub(crate) terms: &'a OrderTerms,
    /// What this leg adds to the reservations, at least 0.
    pub(crate) added: Qty,
    pub(crate) exposures: Exposures,
}

impl Review<'_> {
    /// True for an amend: the order exists already.
    pub(crate) fn is_amend(&self) -> bool {
        self.order != self.key
    }

    /// True for what closes a position of its strategy and nothing else: an order that says so, or a leg of a flatten, which
    /// does not say so to a venue where the account as a whole does not hold what its strategy does.
    pub(crate) fn is_closing(&self) -> bool {
        self.terms.reduce_only || !self.is_amend() && self.state.parents.is_flatten(self.key)
    }

    /// True for what the host closes by itself: an operator's flatten, a latched L4, the end of the day, a halt.
    pub(crate) fn is_closing_of_host(&self) -> bool {
        self.key.intent.is_of_host() && self.is_closing()
    }
}

impl Risk {
    /// Risk that signs with these keys.
    #[must_use]
    pub fn new(keys: ApprovalKeys) -> Risk {
        Risk { keys }
    }

    /// Judges one leg. An allowance reserves its exposure at once, so that the next leg is judged with it.
    ///
    /// # Errors
    /// The first rule that denies, in the order of the list of rules.
    pub(crate) fn review(
        &mut self,
        (state, queue): (&mut State, &Queue),
        key: LegKey,
        action: &Action,
    ) -> Result<ApprovedIntent, Denial> {
        let account = state.account_of(key, action);
        let allowed = match action {
            // A cancel only ever lowers exposure: neither disabled trading nor a kill denies it.
            Action::Cancel(_) => Allowed::Cancel,
            Action::Submit(terms) => {
                let exposures = Exposures::default();
                rules::check(&Review { state, queue, key, order: key, account, terms, added: terms.qty, exposures })?;
                state.execution.reserve(key.strategy, account, terms, terms.qty.0);
                state.execution.count_open(key.strategy);
                Allowed::Submit(terms)
            }
            Action::Amend(terms) => {
                check_amend((state, queue), key, terms)?;
                state.execution.reserve_amend(terms.order, Asked { price: terms.price, qty: terms.qty });
                Allowed::Amend
            }
        };
        state.activity.allow((key.strategy, state.time), allowed, state.config.as_ref());
        state.approvals += 1;
        Ok(self.keys.approve(state, (key, *action, account)))
    }

    /// Judges an order that is to wait: whether it would be allowed now, but for what only the moment of sending can tell.
    /// `of` = the leg, the order (another one for an amend) and the account. The caller reserves what is allowed.
    ///
    /// # Errors
    /// The first rule that denies.
    pub(crate) fn may_wait(
        &self,
        (state, queue): (&State, &Queue),
        (key, order, account): (LegKey, LegKey, AccountId),
        (terms, added): (&OrderTerms, Qty),
    ) -> Result<(), Denial> {
        // What can only make a position smaller adds nothing.
        let added = if terms.reduce_only { Qty(0) } else { added };
        let exposures = Exposures::default();
        rules::check_waiting(&Review { state, queue, key, order, account, terms, added, exposures })
    }

    /// Judges a schedule as one order of its whole quantity, and reserves that; its account. Rules about the size of an order
    /// and about counts are asked of each of its orders.
    ///
    /// # Errors
    /// The first rule that denies, in the order of the list of rules.
    pub(crate) fn review_whole(
        &self,
        (state, queue): (&mut State, &Queue),
        key: LegKey,
        terms: &OrderTerms,
    ) -> Result<AccountId, Denial> {
        let account = state.account_of(key, &Action::Submit(*terms));
        let exposures = Exposures::default();
        rules::check_whole(&Review { state, queue, key, order: key, account, terms, added: terms.qty, exposures })?;
        state.execution.reserve(key.strategy, account, terms, terms.qty.0);
        Ok(account)
    }

    /// Keys that the gate checks approvals with.
    pub(crate) fn keys_mut(&mut self) -> &mut ApprovalKeys {
        &mut self.keys
    }
}

/// An amend is judged as the order it asks for, with only the growth added to what is reserved already.
fn check_amend((state, queue): (&State, &Queue), key: LegKey, amend: &AmendTerms) -> Result<(), Denial> {
    let order = state.execution.orders.get(amend.order).expect("the normalizer found it in this step");
    let terms = amended_terms(&order.terms, amend);
    let open_after = amend.qty.0 - order.filled.0;
    let added = Qty((open_after - order.reserved.0).max(0));
    let (account, exposures) = (order.account, Exposures::default());
    rules::check(&Review { state, queue, key, order: amend.order, account, terms: &terms, added, exposures })
}

/// Terms of an order once an amend has come to pass.
pub(crate) fn amended_terms(terms: &OrderTerms, amend: &AmendTerms) -> OrderTerms {
    OrderTerms { qty: amend.qty, limit_price: Some(amend.price), reference: amend.price, ..*terms }
}
