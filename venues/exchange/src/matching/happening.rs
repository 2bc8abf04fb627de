//! Happenings: what followed from a request, in order?
//!
//! In: the engine's steps. Out: values that messages are written from. Must never: be changed after they were noted.

use super::order::Order;
use super::tape::{Aggregate, Trade};
use crate::accounts::margin::Position;
use crate::amount::Amount;

/// One side of a trade, as its owner sees it.
#[derive(Debug, Clone)]
pub(crate) struct Fill {
    pub(crate) trade: u64,
    pub(crate) order: u64,
    pub(crate) account: usize,
    pub(crate) listing: usize,
    pub(crate) side: super::order::Side,
    pub(crate) price: Amount,
    pub(crate) qty: Amount,
    pub(crate) fee: Amount,
    pub(crate) fee_asset: String,
    pub(crate) is_maker: bool,
    /// Futures: profit that the trade realised.
    pub(crate) profit: Amount,
    pub(crate) time_ms: u64,
}

/// What was done to an order.
#[derive(Debug, Clone)]
pub(crate) enum Execution {
    New,
    Amended,
    Trade(Fill),
    Canceled,
    Expired,
}

/// Why balances changed, in the words of the futures protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Order,
    Transfer,
    Funding,
    MarginType,
}

impl Why {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Order => "ORDER",
            Self::Transfer => "DEPOSIT",
            Self::Funding => "FUNDING_FEE",
            Self::MarginType => "MARGIN_TYPE_CHANGE",
        }
    }
}

/// What happened.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    /// An order as it is now, and what was done to it. A cancel may carry a client id of its own.
    Order {
        order: Box<Order>,
        execution: Execution,
        cancel_id: String,
    },
    /// Spot: balances as they are now: asset, free, locked.
    Balances {
        account: usize,
        balances: Vec<(String, Amount, Amount)>,
    },
    /// Spot: money came or went without a trade.
    Transfer {
        account: usize,
        asset: String,
        delta: Amount,
    },
    /// Futures: the wallet and positions as they are now.
    Positions {
        account: usize,
        why: Why,
        wallet: Amount,
        change: Amount,
        positions: Vec<Position>,
    },
    /// Futures: a leverage as it is now.
    Leverage {
        account: usize,
        listing: usize,
        leverage: u32,
    },
    /// Everybody sees a trade.
    Trade {
        listing: usize,
        trade: Trade,
    },
    Aggregate {
        listing: usize,
        aggregate: Aggregate,
    },
}
