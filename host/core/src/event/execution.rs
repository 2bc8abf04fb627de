//! Execution events: what did a venue say of orders and accounts?
//!
//! In: fills, statements, changes of balances, reasons. Out: values of a few numbers. Must never: say what follows from it.

use crate::coded_enum;
use crate::ids::{CurrencyId, LegKey, StrategyId};
use crate::instrument::{PositionSide, Side};
use crate::money::{Decimal, Price, Qty};
use crate::order::OrderState;

/// A fill of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Which order; strategy 0 where none of ours is known.
    pub order: LegKey,
    /// Venue's trade id, as a number or hashed to one; unique per (venue, account, instrument).
    pub trade_id: u64,
    /// Price.
    pub price: Price,
    /// Quantity of this fill, above 0.
    pub qty: Qty,
    /// What stays open by the venue's account, at least 0.
    pub leaves: Qty,
    /// Fee in `fee_currency`; negative = rebate.
    pub fee: Decimal,
    /// Currency of the fee.
    pub fee_currency: CurrencyId,
    /// Side of the order.
    pub side: Side,
    /// Whether the order made or took liquidity.
    pub liquidity: Liquidity,
    /// Position it belongs to.
    pub position_side: PositionSide,
    /// What made the simulated venue fill it.
    pub reason: FillReason,
    /// What the simulated venue reckoned to stand in front of the order when that happened, at least 0;
    /// [`Fill::AHEAD_UNKNOWN`] where nothing is reckoned.
    pub ahead: Qty,
}

impl Fill {
    /// Stands for a place in the queue that is not known: at real venues, of takers, and where sizes are not displayed.
    pub const AHEAD_UNKNOWN: Qty = Qty(-1);

    /// True for a fill that no order led to: the venue closed a position of its strategy.
    #[must_use]
    pub const fn has_no_order(&self) -> bool {
        self.reason.is_of_venue() && self.order.intent.0 == 0
    }
}

/// A venue's statement about an order, in answer to a query or at reconciliation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderStatement {
    /// Which order.
    pub order: LegKey,
    /// Its state at the venue.
    pub state: OrderState,
    /// Side.
    pub side: Side,
    /// Limit price; 0 for a market order.
    pub price: Price,
    /// Quantity.
    pub qty: Qty,
    /// Filled so far.
    pub filled: Qty,
}

/// Balance of one currency as a venue states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceStatement {
    /// Currency.
    pub currency: CurrencyId,
    /// Total.
    pub total: Decimal,
    /// Not tied up in orders or margin.
    pub available: Decimal,
}

/// Cash that moved without a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceChange {
    /// Why.
    pub reason: BalanceReason,
    /// Currency.
    pub currency: CurrencyId,
    /// Added to the balance; negative = taken.
    pub amount: Decimal,
    /// Strategy it belongs to; 0 = the account only.
    pub strategy: StrategyId,
}

/// Position as a venue states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionStatement {
    /// Which position.
    pub side: PositionSide,
    /// Signed quantity.
    pub qty: Qty,
    /// Average entry price by the venue's reckoning; 0 = not given.
    pub entry_price: Price,
}

coded_enum! {
    /// Whether a fill made or took liquidity.
    Liquidity {
        /// Rested in the book.
        Maker = 1 "maker",
        /// Crossed the book.
        Taker = 2 "taker",
        /// Neither (auction, block, unknown).
        None = 3 "none",
    }
}

coded_enum! {
    /// What made a simulated venue fill an order.
    FillReason {
        /// A real venue filled it, for reasons of its own.
        Venue = 1 "venue",
        /// It took what there was when it came.
        Crossed = 2 "crossed",
        /// It took what the next event after it came had shown.
        NextEvent = 3 "next-event",
        /// It took the open of a bar.
        NextOpen = 4 "next-open",
        /// It rested, and the opposite touch reached its price.
        Touched = 5 "touched",
        /// It rested, and a trade went through its price.
        TradedThrough = 6 "traded-through",
        /// It rested, and a trade at its price was larger than what stood in front of it.
        QueueReached = 7 "queue-reached",
        /// It rested, and the open, the high or the low of a bar went through its price.
        BarThrough = 8 "bar-through",
        /// The account had too little margin, and the venue closed its position: no order of a strategy.
        Liquidation = 9 "liquidation",
        /// The contract ended, and its position was closed at the settlement price: no order of a strategy.
        Settlement = 10 "settlement",
        /// A split left no whole number of units, and what was over was paid out: no order of a strategy.
        CashInLieu = 11 "cash-in-lieu",
    }
}

impl FillReason {
    /// True where a venue closes a position on its own account. Such a fill names the strategy and intent 0, which no
    /// strategy emits.
    #[must_use]
    pub const fn is_of_venue(self) -> bool {
        match self {
            FillReason::Liquidation | FillReason::Settlement | FillReason::CashInLieu => true,
            FillReason::Venue
            | FillReason::Crossed
            | FillReason::NextEvent
            | FillReason::NextOpen
            | FillReason::Touched
            | FillReason::TradedThrough
            | FillReason::QueueReached
            | FillReason::BarThrough => false,
        }
    }
}

coded_enum! {
    /// Why a venue (or the adapter) said no.
    RejectReason {
        /// Not one of the known reasons.
        Unknown = 1 "unknown",
        /// Not enough balance or margin.
        InsufficientBalance = 2 "insufficient-balance",
        /// Outside the venue's price band.
        PriceOutOfBand = 3 "price-out-of-band",
        /// Post-only and it would have taken.
        WouldTake = 4 "would-take",
        /// Client order id seen before.
        Duplicate = 5 "duplicate",
        /// The venue knows no such order.
        UnknownOrder = 6 "unknown-order",
        /// Filled or canceled before the command arrived.
        TooLate = 7 "too-late",
        /// Rate limit.
        RateLimited = 8 "rate-limited",
        /// The adapter could not send.
        TransmitRefused = 9 "transmit-refused",
        /// Market closed or instrument halted.
        MarketClosed = 10 "market-closed",
        /// Nothing to trade against.
        NoLiquidity = 11 "no-liquidity",
        /// Reduce-only and there is nothing to reduce.
        ReduceOnly = 12 "reduce-only",
    }
}

coded_enum! {
    /// What an adapter is asked to do with an order.
    Command {
        /// Place it.
        Submit = 1 "submit",
        /// Cancel it.
        Cancel = 2 "cancel",
        /// Amend it.
        Amend = 3 "amend",
    }
}

coded_enum! {
    /// Why an order was canceled.
    CancelReason {
        /// Asked for by an intent.
        Asked = 1 "asked",
        /// Rest of an IOC or FOK order.
        IocRemainder = 2 "ioc-remainder",
        /// The venue's own decision.
        Venue = 3 "venue",
        /// An operator at the venue.
        Operator = 4 "operator",
        /// Kill switch.
        KillSwitch = 5 "kill-switch",
        /// Self-trade prevention.
        SelfTrade = 6 "self-trade",
        /// Post-only, and the market had moved to its price before it could rest.
        WouldTake = 7 "would-take",
        /// Rest of a reduce-only order, beyond what there was to reduce.
        ReduceOnly = 8 "reduce-only",
        /// Its fee cannot be computed exactly.
        Fee = 9 "fee",
    }
}

coded_enum! {
    /// Why cash moved without a fill.
    BalanceReason {
        /// Perpetual funding.
        Funding = 1 "funding",
        /// Settlement of a future or option.
        Settlement = 2 "settlement",
        /// Dividend.
        Dividend = 3 "dividend",
        /// Interest.
        Interest = 4 "interest",
        /// Deposit or withdrawal.
        Transfer = 5 "transfer",
        /// Liquidation fee or loss.
        Liquidation = 6 "liquidation",
        /// Correction by the venue.
        Correction = 7 "correction",
    }
}

coded_enum! {
    /// Margin mode of an instrument at a venue.
    MarginMode {
        /// Margin is shared by all positions.
        Cross = 1 "cross",
        /// Margin is kept per position.
        Isolated = 2 "isolated",
    }
}
