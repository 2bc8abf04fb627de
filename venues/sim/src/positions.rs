//! Positions: who holds how much of an instrument?
//!
//! In: fills, splits. Out: what each strategy holds on each account, and what an order could close. Must never: know
//! prices or money.

use ringfence_core::ids::{AccountId, StrategyId};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::OrderTerms;
use ringfence_core::money::Qty;

/// Whose position it is. In this order they are paid, charged and closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) account: AccountId,
    pub(crate) strategy: StrategyId,
    leg: u8,
}

/// A position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) owner: Owner,
    pub(crate) position_side: PositionSide,
    /// Signed. 128 bits: no number of fills overflows it.
    pub(crate) qty: i128,
}

/// Positions in one instrument, by ascending owner. Entries stay when they are closed: there are as many as there are
/// strategies that have ever traded it.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    list: Vec<Held>,
}

impl Owner {
    pub(crate) fn new(account: AccountId, strategy: StrategyId, side: PositionSide) -> Owner {
        Owner { account, strategy, leg: side.number() }
    }
}

impl Held {
    /// Side of the order that closes it.
    pub(crate) fn closing_side(&self) -> Side {
        if self.qty > 0 { Side::Sell } else { Side::Buy }
    }
}

impl Positions {
    pub(crate) fn filled(&mut self, owner: Owner, position_side: PositionSide, side: Side, qty: Qty) {
        let signed = i128::from(qty.0) * i128::from(side.sign());
        match self.list.binary_search_by_key(&owner, |held| held.owner) {
            Ok(at) => self.list[at].qty += signed,
            Err(at) => self.list.insert(at, Held { owner, position_side, qty: signed }),
        }
    }

    /// Largest quantity, of `open`, that only makes the account's position smaller.
    pub(crate) fn closable(&self, account: AccountId, terms: &OrderTerms, open: Qty) -> Qty {
        let held = self.net(account)[usize::from(terms.position_side.number())];
        let against = match terms.side {
            Side::Buy => -held,
            Side::Sell => held,
        };
        Qty(i64::try_from(against.clamp(0, i128::from(open.0))).expect("at most what is open"))
    }

    /// What an account holds over all strategies, by number of position side.
    pub(crate) fn net(&self, account: AccountId) -> [i128; PositionSide::ALL.len()] {
        let mut net = [0; PositionSide::ALL.len()];
        for held in self.list.iter().filter(|held| held.owner.account == account) {
            net[usize::from(held.position_side.number())] += held.qty;
        }
        net
    }

    pub(crate) fn is_flat(&self) -> bool {
        self.list.iter().all(|held| held.qty == 0)
    }

    /// The entry at a place, until there is none.
    pub(crate) fn at(&self, place: usize) -> Option<Held> {
        self.list.get(place).copied()
    }

    /// Every position becomes so many times as large, towards zero.
    pub(crate) fn split(&mut self, numerator: u64, denominator: u64) {
        for held in &mut self.list {
            held.qty = held.qty.saturating_mul(i128::from(numerator)) / i128::from(denominator);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(account: u16, strategy: u16) -> Owner {
        Owner::new(AccountId(account), StrategyId(strategy), PositionSide::Net)
    }

    #[test]
    fn positions_are_kept_by_account_then_strategy_and_added_up_by_account() {
        let mut positions = Positions::default();
        for (who, side, qty) in [
            (owner(2, 1), Side::Buy, 5),
            (owner(1, 3), Side::Sell, 2),
            (owner(1, 1), Side::Buy, 7),
            (owner(1, 3), Side::Sell, 1),
        ] {
            positions.filled(who, PositionSide::Net, side, Qty(qty));
        }
        let list: Vec<_> = (0..4).map_while(|at| positions.at(at)).map(|held| (held.owner, held.qty)).collect();
        assert_eq!(list, [(owner(1, 1), 7), (owner(1, 3), -3), (owner(2, 1), 5)]);
        assert_eq!(positions.net(AccountId(1)), [4, 0, 0]);
        assert!(!positions.is_flat());
    }
}
