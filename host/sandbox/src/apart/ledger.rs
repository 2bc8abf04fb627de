//! Ledger: can a guest process have used as much fuel as it says?
//!
//! In: prices of what the host did for it in one call, then its own claim. Out: whether there is fuel for more, and whether
//! the claim is possible. Must never: let work be done that the call's fuel does not pay for.

/// Fuel of one call, as far as the host sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ledger {
    given: u64,
    spent: u64,
}

impl Ledger {
    /// A call that was given so much.
    pub(super) fn new(given: u64) -> Ledger {
        Ledger { given, spent: 0 }
    }

    /// What can be left at most.
    pub(super) fn left(&self) -> u64 {
        self.given.saturating_sub(self.spent)
    }

    /// True when it was asked for more than there is: a guest that is in earnest has ended by that.
    pub(super) fn is_overdrawn(&self) -> bool {
        self.spent > self.given
    }

    /// Something was paid for, or would have had to be.
    pub(super) fn add(&mut self, price: u64) {
        self.spent = self.spent.saturating_add(price);
    }

    /// What is known to be used.
    pub(super) fn known(&self) -> u64 {
        self.spent.min(self.given)
    }

    /// True for what a call may say that it used: not less than the host saw, and not more than it was given.
    pub(super) fn allows(&self, claim: u64) -> bool {
        (self.known()..=self.given).contains(&claim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_at_least_what_was_seen_and_at_most_what_was_given() {
        let mut ledger = Ledger::new(1_000);
        assert!(ledger.allows(0) && ledger.allows(1_000) && !ledger.allows(1_001) && !ledger.allows(u64::MAX));
        ledger.add(400);
        assert_eq!((ledger.left(), ledger.known()), (600, 400));
        assert!(!ledger.allows(399) && ledger.allows(400));
        ledger.add(600);
        assert!(!ledger.is_overdrawn() && ledger.allows(1_000) && !ledger.allows(999));
        ledger.add(1);
        assert!(ledger.is_overdrawn());
        assert_eq!((ledger.left(), ledger.known()), (0, 1_000));
        ledger.add(u64::MAX);
        assert!(ledger.is_overdrawn(), "a sum that is too large is no small one");
    }
}
