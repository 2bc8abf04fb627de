//! Books: who is first?
//!
//! In: resting orders and orders that take. Out: in which order they meet, and which levels changed. Must never: know
//! money, or let a later order at the same price go before an earlier one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::order::{Prevention, Side};
use crate::amount::Amount;

/// An order in the book.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resting {
    pub(crate) order: u64,
    pub(crate) account: usize,
    pub(crate) open: Amount,
}

/// An order that takes from the book.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taking {
    pub(crate) account: usize,
    pub(crate) side: Side,
    /// Worst price; none for market orders.
    pub(crate) limit: Option<Amount>,
    pub(crate) qty: Amount,
    pub(crate) prevention: Prevention,
}

/// One thing that happened to a taking order on its way through the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meeting {
    Fill {
        maker: u64,
        price: Amount,
        qty: Amount,
    },
    /// An order of the same account went out of its way.
    Removed {
        maker: u64,
    },
    /// It met an order of the same account and ends.
    Stopped,
}

/// Levels that changed since they were asked for, and the numbers of the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) bids: Vec<(Amount, Amount)>,
    pub(crate) asks: Vec<(Amount, Amount)>,
}

/// Best price and quantity of each side.
pub(crate) type Touch = [Option<(Amount, Amount)>; 2];

type Level = VecDeque<Resting>;

/// One symbol's book.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    bids: BTreeMap<Amount, Level>,
    asks: BTreeMap<Amount, Level>,
    places: BTreeMap<u64, (Side, Amount)>,
    changed: BTreeSet<(Side, Amount)>,
    /// Number of the last change.
    last: u64,
    /// Number of the last change that was asked for.
    told: u64,
}

impl Book {
    /// Puts an order behind all others at its price.
    pub(crate) fn rest(&mut self, side: Side, price: Amount, resting: Resting) {
        self.side_mut(side).entry(price).or_default().push_back(resting);
        self.places.insert(resting.order, (side, price));
        self.mark(side, price);
    }

    /// Takes an order out.
    pub(crate) fn remove(&mut self, order: u64) -> Option<Resting> {
        let (side, price) = self.places.remove(&order)?;
        let levels = self.side_mut(side);
        let level = levels.get_mut(&price)?;
        let at = level.iter().position(|resting| resting.order == order)?;
        let removed = level.remove(at);
        if level.is_empty() {
            levels.remove(&price);
        }
        self.mark(side, price);
        removed
    }

    /// Makes an order smaller in its place.
    pub(crate) fn shrink(&mut self, order: u64, open: Amount) {
        let Some(&(side, price)) = self.places.get(&order) else { return };
        let level = self.side_mut(side).get_mut(&price);
        if let Some(resting) = level.and_then(|level| level.iter_mut().find(|resting| resting.order == order)) {
            resting.open = open;
            self.mark(side, price);
        }
    }

    /// Lets an order take what it can.
    pub(crate) fn take(&mut self, taking: Taking) -> Vec<Meeting> {
        let mut meetings = Vec::new();
        let mut left = taking.qty;
        while left.is_positive() {
            let Some((price, first)) = self.first(taking.side.other(), taking.limit) else { break };
            if first.account == taking.account && taking.prevention != Prevention::None {
                if matches!(taking.prevention, Prevention::ExpireMaker | Prevention::ExpireBoth) {
                    self.remove(first.order);
                    meetings.push(Meeting::Removed { maker: first.order });
                }
                if matches!(taking.prevention, Prevention::ExpireTaker | Prevention::ExpireBoth) {
                    meetings.push(Meeting::Stopped);
                    break;
                }
                continue;
            }
            let qty = left.min(first.open);
            left -= qty;
            if qty == first.open {
                self.remove(first.order);
            } else {
                self.shrink(first.order, first.open - qty);
            }
            meetings.push(Meeting::Fill { maker: first.order, price, qty });
        }
        meetings
    }

    /// First order of a side that a taker with this limit may meet.
    fn first(&self, side: Side, limit: Option<Amount>) -> Option<(Amount, Resting)> {
        let (price, level) = match side {
            Side::Buy => self.bids.last_key_value(),
            Side::Sell => self.asks.first_key_value(),
        }?;
        if limit.is_some_and(|limit| !reaches(side, *price, limit)) {
            return None;
        }
        level.front().map(|resting| (*price, *resting))
    }

    /// What a taker of `side` with this limit would find, best first.
    pub(crate) fn reachable(&self, side: Side, limit: Option<Amount>) -> impl Iterator<Item = (Amount, Amount)> {
        self.levels(side.other())
            .take_while(move |(price, _)| limit.is_none_or(|limit| reaches(side.other(), *price, limit)))
    }

    /// Levels of a side, best first: price and quantity.
    pub(crate) fn levels(&self, side: Side) -> impl Iterator<Item = (Amount, Amount)> {
        let (bids, asks) = match side {
            Side::Buy => (Some(self.bids.iter().rev()), None),
            Side::Sell => (None, Some(self.asks.iter())),
        };
        let sum = |level: &Level| level.iter().map(|resting| resting.open).sum();
        bids.into_iter().flatten().chain(asks.into_iter().flatten()).map(move |(price, level)| (*price, sum(level)))
    }

    /// Orders at a price, first come first.
    pub(crate) fn orders_at(&self, side: Side, price: Amount) -> impl Iterator<Item = &Resting> {
        self.side(side).get(&price).into_iter().flatten()
    }

    pub(crate) fn touch(&self) -> Touch {
        [self.levels(Side::Buy).next(), self.levels(Side::Sell).next()]
    }

    pub(crate) fn best(&self, side: Side) -> Option<Amount> {
        self.levels(side).next().map(|(price, _)| price)
    }

    /// Number of the last change.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// What changed since the last call, if anything.
    pub(crate) fn changes(&mut self) -> Option<Changes> {
        if self.changed.is_empty() {
            return None;
        }
        let mut changes = Changes { first: self.told + 1, last: self.last, bids: Vec::new(), asks: Vec::new() };
        for (side, price) in std::mem::take(&mut self.changed) {
            let level = self.side(side).get(&price);
            let qty = level.map_or(Amount::ZERO, |level| level.iter().map(|resting| resting.open).sum());
            match side {
                Side::Buy => changes.bids.insert(0, (price, qty)),
                Side::Sell => changes.asks.push((price, qty)),
            }
        }
        self.told = self.last;
        Some(changes)
    }

    fn mark(&mut self, side: Side, price: Amount) {
        self.last += 1;
        self.changed.insert((side, price));
    }

    fn side(&self, side: Side) -> &BTreeMap<Amount, Level> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Amount, Level> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}

/// Whether a resting price of `side` is as good as a taker's limit, or better.
fn reaches(side: Side, price: Amount, limit: Amount) -> bool {
    match side {
        Side::Buy => price >= limit,
        Side::Sell => price <= limit,
    }
}
