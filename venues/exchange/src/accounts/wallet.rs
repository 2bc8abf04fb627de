//! Wallets: what is free and what is locked?
//!
//! In: credits, locks. Out: balances by asset. Must never: lock more than is free, for a user.

use std::collections::BTreeMap;

use crate::amount::Amount;

/// One asset of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Balance {
    pub(crate) free: Amount,
    pub(crate) locked: Amount,
}

/// Balances of one account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wallet {
    pub(crate) balances: BTreeMap<String, Balance>,
}

impl Wallet {
    pub(crate) fn balance(&self, asset: &str) -> Balance {
        self.balances.get(asset).copied().unwrap_or_default()
    }

    pub(crate) fn credit(&mut self, asset: &str, amount: Amount) {
        self.entry(asset).free += amount;
    }

    pub(crate) fn lock(&mut self, asset: &str, amount: Amount) {
        let balance = self.entry(asset);
        balance.free -= amount;
        balance.locked += amount;
    }

    pub(crate) fn unlock(&mut self, asset: &str, amount: Amount) {
        self.lock(asset, -amount);
    }

    fn entry(&mut self, asset: &str) -> &mut Balance {
        self.balances.entry(asset.to_owned()).or_default()
    }
}
