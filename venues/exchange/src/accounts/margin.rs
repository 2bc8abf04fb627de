//! Margin: what does a futures account hold, and what may it still open?
//!
//! In: fills, leverage, prices. Out: positions, profit, what is available. Must never: know orders, or round in favour of
//! one side of a trade: profit is money received minus money paid.

use std::collections::BTreeMap;

use crate::amount::Amount;

/// Leverage until somebody asks for another.
const LEVERAGE_USUAL: u32 = 20;

/// How a position is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Security {
    #[default]
    Cross,
    Isolated,
}

impl Security {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cross => "cross",
            Self::Isolated => "isolated",
        }
    }
}

/// A position in one contract, one-way mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) listing: usize,
    /// Above zero is long.
    pub(crate) qty: Amount,
    /// Money paid for it, with its sign: entry price times quantity.
    pub(crate) cost: Amount,
    /// Profit realised by trades since the account began.
    pub(crate) realised: Amount,
    pub(crate) leverage: u32,
    pub(crate) security: Security,
    pub(crate) updated_ms: u64,
}

impl Position {
    pub(crate) fn flat(listing: usize) -> Self {
        Self {
            listing,
            qty: Amount::ZERO,
            cost: Amount::ZERO,
            realised: Amount::ZERO,
            leverage: LEVERAGE_USUAL,
            security: Security::Cross,
            updated_ms: 0,
        }
    }

    pub(crate) fn entry(&self) -> Amount {
        self.cost.over(self.qty)
    }

    pub(crate) fn unrealised(&self, mark: Amount) -> Amount {
        self.qty.times(mark) - self.cost
    }

    pub(crate) fn notional(&self, mark: Amount) -> Amount {
        self.qty.times(mark)
    }

    pub(crate) fn initial_margin(&self, mark: Amount) -> Amount {
        self.notional(mark).abs().part(i64::from(self.leverage))
    }

    /// Adds a signed quantity for signed money; the answer is the profit of what it closed.
    pub(crate) fn trade(&mut self, qty: Amount, money: Amount) -> Amount {
        let is_opening = self.qty.is_zero() || self.qty.is_negative() == qty.is_negative();
        if is_opening {
            self.qty += qty;
            self.cost += money;
            return Amount::ZERO;
        }
        let profit = if qty.abs() <= self.qty.abs() {
            let closed = share(self.cost, qty.abs(), self.qty.abs());
            self.cost -= closed;
            -money - closed
        } else {
            let closing = share(money, self.qty.abs(), qty.abs());
            let profit = -closing - self.cost;
            self.cost = money - closing;
            profit
        };
        self.qty += qty;
        self.realised += profit;
        profit
    }
}

/// `part` of `whole`'s share of an amount.
fn share(amount: Amount, part: Amount, whole: Amount) -> Amount {
    if part == whole { amount } else { amount.times(part).over(whole) }
}

/// The futures side of one account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Margin {
    pub(crate) wallet: Amount,
    pub(crate) positions: BTreeMap<usize, Position>,
}

impl Margin {
    pub(crate) fn position(&self, listing: usize) -> Position {
        self.positions.get(&listing).copied().unwrap_or_else(|| Position::flat(listing))
    }

    pub(crate) fn position_mut(&mut self, listing: usize) -> &mut Position {
        self.positions.entry(listing).or_insert_with(|| Position::flat(listing))
    }

    pub(crate) fn unrealised(&self, mark: impl Fn(usize) -> Amount) -> Amount {
        self.positions.values().map(|position| position.unrealised(mark(position.listing))).sum()
    }

    pub(crate) fn position_margin(&self, mark: impl Fn(usize) -> Amount) -> Amount {
        self.positions.values().map(|position| position.initial_margin(mark(position.listing))).sum()
    }
}
