//! Settings: who may trade what, and where do prices come from?
//!
//! In: TOML or nothing. Out: checked settings. Must never: hold a key of a real exchange; keys here are for this one.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::amount::Amount;
use crate::matching::listing::{Listing, Product, usual};

/// Shortest key and secret, bytes: programs that trade here take a shorter one for a mistake.
const KEY_BYTES_MIN: usize = 6;

/// One user.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What the ledger calls it.
    pub name: String,
    /// Sent with each request.
    pub key: String,
    /// Signs each request.
    pub secret: String,
    /// Spot balances at the start.
    #[serde(default = "usual_spot")]
    pub spot: BTreeMap<String, Amount>,
    /// Futures wallet at the start, in the quote asset.
    #[serde(default = "usual_futures")]
    pub futures: Amount,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How often one may ask.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Spot weight in a minute.
    pub spot_weight: u64,
    /// Futures weight in a minute.
    pub futures_weight: u64,
    /// Orders of an account in ten seconds.
    pub orders_10s: u64,
}

impl Default for Rates {
    fn default() -> Self {
        Self { spot_weight: 6_000, futures_weight: 2_400, orders_10s: 300 }
    }
}

/// Everything the exchange is made of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Seed of generated prices and of names that the exchange makes up.
    #[serde(default)]
    pub seed: u64,
    /// Whether prices are generated.
    #[serde(default = "yes")]
    pub is_generated: bool,
    /// Users.
    #[serde(default = "usual_accounts")]
    pub accounts: Vec<Account>,
    /// Symbols.
    #[serde(default = "usual")]
    pub listings: Vec<Listing>,
    /// Limits of requests.
    #[serde(default)]
    pub rates: Rates,
}

/// Why settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The text is not what it should be.
    #[error("{0}")]
    Text(String),
    /// Two accounts share a key.
    #[error("two accounts have the key {0}")]
    SameKey(String),
    /// A key or secret that programs do not take.
    #[error("the {what} of account {account} has {length} bytes, at least {KEY_BYTES_MIN} are needed")]
    Short {
        /// Whose.
        account: String,
        /// `key` or `secret`.
        what: &'static str,
        /// Its bytes.
        length: usize,
    },
    /// A symbol is listed twice in one market.
    #[error("{0} is listed twice in one market")]
    SameSymbol(String),
    /// Nobody may trade.
    #[error("there is no account")]
    NoAccount,
    /// A step, tick or price of a symbol is nothing.
    #[error("{0}: tick, step and start price must be above zero")]
    Empty(String),
    /// Futures are settled in one asset.
    #[error("{0}: futures here are settled in USDT")]
    Settlement(String),
}

impl Settings {
    /// Of TOML text; what is not said is as usual.
    ///
    /// # Errors
    /// When the text is malformed or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let settings: Self = toml::from_str(text).map_err(|fault| SettingsError::Text(fault.to_string()))?;
        settings.check()?;
        Ok(settings)
    }

    /// Two accounts with well-known keys, bitcoin and ether against dollars, generated prices.
    #[must_use]
    pub fn usual(seed: u64) -> Self {
        let (accounts, listings) = (usual_accounts(), usual());
        Self { seed, is_generated: true, accounts, listings, rates: Rates::default() }
    }

    /// Whether the parts fit together.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), SettingsError> {
        if self.accounts.is_empty() {
            return Err(SettingsError::NoAccount);
        }
        for (at, account) in self.accounts.iter().enumerate() {
            if self.accounts[..at].iter().any(|other| other.key == account.key) {
                return Err(SettingsError::SameKey(account.key.clone()));
            }
            let short = [("key", &account.key), ("secret", &account.secret)];
            if let Some((what, text)) = short.into_iter().find(|(_, text)| text.len() < KEY_BYTES_MIN) {
                return Err(SettingsError::Short { account: account.name.clone(), what, length: text.len() });
            }
        }
        for (at, listing) in self.listings.iter().enumerate() {
            let is_same = |other: &Listing| other.symbol == listing.symbol && other.product == listing.product;
            if self.listings[..at].iter().any(is_same) {
                return Err(SettingsError::SameSymbol(listing.symbol.clone()));
            }
            if [listing.tick, listing.step, listing.start_price].iter().any(|amount| !amount.is_positive()) {
                return Err(SettingsError::Empty(listing.symbol.clone()));
            }
            if listing.product == Product::Futures && listing.quote != "USDT" {
                return Err(SettingsError::Settlement(listing.symbol.clone()));
            }
        }
        Ok(())
    }
}

fn yes() -> bool {
    true
}

fn usual_spot() -> BTreeMap<String, Amount> {
    [("USDT", 100_000), ("BTC", 10), ("ETH", 100)].map(|(asset, much)| (asset.to_owned(), Amount::whole(much))).into()
}

fn usual_futures() -> Amount {
    Amount::whole(100_000)
}

fn usual_accounts() -> Vec<Account> {
    let account = |name: &str| Account {
        name: name.to_owned(),
        key: format!("{name}-key"),
        secret: format!("{name}-secret"),
        spot: usual_spot(),
        futures: usual_futures(),
    };
    ["alice", "bob"].map(account).to_vec()
}
