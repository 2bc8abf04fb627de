//! Flow: where do prices come from?
//!
//! In: a seed, or records of a tape. Out: what the house quotes and trades, for the engine to match. Must never: read a
//! clock; a step of the generated flow depends on the seed and on the steps before it alone.

mod chance;
pub(crate) mod generated;
mod house;

use serde::{Deserialize, Serialize};

use crate::matching::listing::Product;

/// A record of a market outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketInput {
    /// When, on the exchange's clock.
    pub time_ns: u64,
    /// In which market.
    pub product: Product,
    /// Of which symbol.
    pub symbol: String,
    /// What it says.
    pub change: MarketChange,
}

/// What a record of a market says. Numbers are decimal text, as in the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum MarketChange {
    /// Somebody traded.
    Trade {
        /// At this price.
        price: String,
        /// So much.
        qty: String,
        /// Whether the buyer's order was there first.
        buyer_is_maker: bool,
    },
    /// Best prices of both sides; what the house quoted elsewhere goes.
    Quote {
        /// Best bid.
        bid: String,
        /// Its quantity.
        bid_qty: String,
        /// Best offer.
        ask: String,
        /// Its quantity.
        ask_qty: String,
    },
    /// The house's quantity at one price, nothing for none.
    Level {
        /// `BUY` or `SELL`.
        side: String,
        /// The price.
        price: String,
        /// The quantity.
        qty: String,
    },
}

/// Where records of a market come from, in order of time.
pub trait MarketSource: Send {
    /// The next record, if there is one at or before `until_ns`.
    fn next_until(&mut self, until_ns: u64) -> Option<MarketInput>;
}
