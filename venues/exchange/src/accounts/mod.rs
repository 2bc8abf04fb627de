//! Accounts: who has how much?
//!
//! In: locks, fills, transfers. Out: balances and positions. Must never: create or destroy money: what one account pays,
//! another gets.

pub(crate) mod margin;
pub(crate) mod wallet;

#[cfg(test)]
mod laws;

#[cfg(test)]
use std::collections::BTreeMap;

use crate::amount::Amount;

/// The account of the market maker and of everybody who is not a user: it may owe.
pub(crate) const HOUSE: usize = 0;

/// The books of one product.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// Spot balances, by account.
    pub(crate) wallets: Vec<wallet::Wallet>,
    /// Futures wallets and positions, by account.
    pub(crate) margins: Vec<margin::Margin>,
}

impl Ledger {
    /// Empty books for this many users beside the house.
    pub(crate) fn new(users: usize) -> Self {
        Self {
            wallets: (0..=users).map(|_| wallet::Wallet::default()).collect(),
            margins: (0..=users).map(|_| margin::Margin::default()).collect(),
        }
    }

    /// Moves spot money between an account and the house, which stands for the world outside.
    pub(crate) fn transfer_spot(&mut self, account: usize, asset: &str, delta: Amount) {
        self.wallets[account].credit(asset, delta);
        self.wallets[HOUSE].credit(asset, -delta);
    }

    /// As [`Self::transfer_spot`], of futures wallets.
    pub(crate) fn transfer_futures(&mut self, account: usize, delta: Amount) {
        self.margins[account].wallet += delta;
        self.margins[HOUSE].wallet -= delta;
    }

    /// Everything there is of each spot asset: always nothing, because the house owes what the users have.
    #[cfg(test)]
    pub(crate) fn spot_sums(&self) -> BTreeMap<String, Amount> {
        let mut sums: BTreeMap<String, Amount> = BTreeMap::new();
        for (asset, balance) in self.wallets.iter().flat_map(|wallet| &wallet.balances) {
            *sums.entry(asset.clone()).or_default() += balance.free + balance.locked;
        }
        sums
    }
}
