//! Orders: what does somebody want to trade, and how far did it come?
//!
//! In: what a request asked for. Out: plain values. Must never: change by themselves.

use crate::amount::Amount;

/// Direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Buy,
    Sell,
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Buy => "BUY",
            Self::Sell => "SELL",
        }
    }

    /// A quantity with the sign that it has in a position.
    pub(crate) fn signed(self, qty: Amount) -> Amount {
        match self {
            Self::Buy => qty,
            Self::Sell => -qty,
        }
    }
}

/// How an order executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Limit,
    Market,
    LimitMaker,
    StopLoss,
    StopLossLimit,
    TakeProfit,
    TakeProfitLimit,
}

impl Kind {
    /// Name in the spot protocol; futures have `LIMIT` and `MARKET` alone.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Limit => "LIMIT",
            Self::Market => "MARKET",
            Self::LimitMaker => "LIMIT_MAKER",
            Self::StopLoss => "STOP_LOSS",
            Self::StopLossLimit => "STOP_LOSS_LIMIT",
            Self::TakeProfit => "TAKE_PROFIT",
            Self::TakeProfitLimit => "TAKE_PROFIT_LIMIT",
        }
    }

    /// Whether it has a limit price.
    pub(crate) fn has_price(self) -> bool {
        match self {
            Self::Limit | Self::LimitMaker | Self::StopLossLimit | Self::TakeProfitLimit => true,
            Self::Market | Self::StopLoss | Self::TakeProfit => false,
        }
    }

    /// Whether it waits for a price.
    pub(crate) fn is_conditional(self) -> bool {
        match self {
            Self::Limit | Self::LimitMaker | Self::Market => false,
            Self::StopLoss | Self::StopLossLimit | Self::TakeProfit | Self::TakeProfitLimit => true,
        }
    }
}

/// How long an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Force {
    Gtc,
    Ioc,
    Fok,
    /// Futures: only if it does not trade at once.
    Gtx,
    /// Futures: until an instant, in milliseconds.
    Gtd(u64),
}

impl Force {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gtc => "GTC",
            Self::Ioc => "IOC",
            Self::Fok => "FOK",
            Self::Gtx => "GTX",
            Self::Gtd(_) => "GTD",
        }
    }
}

/// What happens when an order would trade with one of the same account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prevention {
    None,
    ExpireTaker,
    ExpireMaker,
    ExpireBoth,
}

impl Prevention {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::ExpireTaker => "EXPIRE_TAKER",
            Self::ExpireMaker => "EXPIRE_MAKER",
            Self::ExpireBoth => "EXPIRE_BOTH",
        }
    }
}

/// How far an order came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    New,
    Partial,
    Filled,
    Canceled,
    Expired,
    ExpiredInMatch,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Partial => "PARTIALLY_FILLED",
            Self::Filled => "FILLED",
            Self::Canceled => "CANCELED",
            Self::Expired => "EXPIRED",
            Self::ExpiredInMatch => "EXPIRED_IN_MATCH",
        }
    }

    pub(crate) fn is_open(self) -> bool {
        match self {
            Self::New | Self::Partial => true,
            Self::Filled | Self::Canceled | Self::Expired | Self::ExpiredInMatch => false,
        }
    }
}

/// What a request asks for, checked for form.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) listing: usize,
    pub(crate) account: usize,
    pub(crate) client: String,
    pub(crate) side: Side,
    pub(crate) kind: Kind,
    pub(crate) force: Force,
    pub(crate) price: Amount,
    pub(crate) qty: Amount,
    /// Spot market orders may name money instead of a quantity.
    pub(crate) money: Amount,
    pub(crate) stop: Amount,
    pub(crate) is_reducing: bool,
    pub(crate) prevention: Prevention,
}

/// An order the exchange took.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) wanted: Wanted,
    pub(crate) qty: Amount,
    pub(crate) price: Amount,
    pub(crate) done: Amount,
    /// Money of what traded.
    pub(crate) spent: Amount,
    pub(crate) state: State,
    /// Whether it is in the book, or was; a conditional order is not yet.
    pub(crate) is_working: bool,
    /// Spot: what is locked for it, of the asset that it pays with.
    pub(crate) locked: Amount,
    pub(crate) created_ms: u64,
    pub(crate) updated_ms: u64,
    pub(crate) working_ms: u64,
}

impl Order {
    pub(crate) fn open(&self) -> Amount {
        self.qty - self.done
    }

    pub(crate) fn average(&self) -> Amount {
        self.spent.over(self.done)
    }
}
