//! Listen keys: whose messages may a socket hear?
//!
//! In: requests to make, keep and drop a key. Out: the account of a key. Must never: keep a key alive that nobody asked
//! to keep for an hour.

use std::collections::BTreeMap;

use crate::matching::listing::Product;

const LIFE_MS: u64 = 60 * 60_000;

/// A key in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListenKey {
    pub(crate) key: String,
    pub(crate) product: Product,
    pub(crate) account: usize,
    expires_ms: u64,
}

/// All keys in use.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListenKeys {
    keys: BTreeMap<(Product, usize), ListenKey>,
}

impl ListenKeys {
    /// The account's key, kept for another hour; `fresh` when it has none.
    pub(crate) fn open(&mut self, product: Product, account: usize, fresh: String, now_ms: u64) -> String {
        let expires_ms = now_ms + LIFE_MS;
        let make = || ListenKey { key: fresh, product, account, expires_ms };
        let key = self.keys.entry((product, account)).or_insert_with(make);
        key.expires_ms = expires_ms;
        key.key.clone()
    }

    pub(crate) fn find(&self, key: &str) -> Option<&ListenKey> {
        self.keys.values().find(|one| one.key == key)
    }

    pub(crate) fn of(&self, product: Product, account: usize) -> Option<&ListenKey> {
        self.keys.get(&(product, account))
    }

    pub(crate) fn close(&mut self, product: Product, account: usize) -> Option<ListenKey> {
        self.keys.remove(&(product, account))
    }

    /// Keys whose hour is over, removed.
    pub(crate) fn expired(&mut self, now_ms: u64) -> Vec<ListenKey> {
        let is_over = |key: &ListenKey| key.expires_ms <= now_ms;
        let over: Vec<ListenKey> = self.keys.values().filter(|key| is_over(key)).cloned().collect();
        self.keys.retain(|_, key| !is_over(key));
        over
    }
}
