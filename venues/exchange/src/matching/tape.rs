//! Trades of a symbol: what traded lately?
//!
//! In: trades as they happen. Out: the last ones, one by one and by taking order. Must never: grow without bound.

use std::collections::VecDeque;

use super::bars::Bars;
use crate::amount::Amount;

/// How many trades are remembered for a symbol.
const KEPT_MAX: usize = 5_000;

/// A trade as everybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trade {
    pub(crate) id: u64,
    pub(crate) price: Amount,
    pub(crate) qty: Amount,
    pub(crate) time_ms: u64,
    pub(crate) is_buyer_maker: bool,
}

/// What one order traded at one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aggregate {
    pub(crate) id: u64,
    pub(crate) price: Amount,
    pub(crate) qty: Amount,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) time_ms: u64,
    pub(crate) is_buyer_maker: bool,
}

/// Trades of one symbol.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tape {
    trades: VecDeque<Trade>,
    aggregates: VecDeque<Aggregate>,
    pub(crate) bars: Bars,
    next_trade: u64,
    next_aggregate: u64,
}

impl Tape {
    /// Notes a trade and gives it its number.
    pub(crate) fn note(&mut self, mut trade: Trade) -> Trade {
        self.next_trade += 1;
        trade.id = self.next_trade;
        self.trades.push_back(trade);
        if self.trades.len() > KEPT_MAX {
            self.trades.pop_front();
        }
        self.bars.note(&trade);
        trade
    }

    /// Joins the trades of one taking order, by price.
    pub(crate) fn join(&mut self, trades: &[Trade]) -> Vec<Aggregate> {
        let mut joined: Vec<Aggregate> = Vec::new();
        for trade in trades {
            if let Some(last) = joined.last_mut().filter(|last| last.price == trade.price) {
                last.qty += trade.qty;
                last.last = trade.id;
                continue;
            }
            self.next_aggregate += 1;
            joined.push(Aggregate {
                id: self.next_aggregate,
                price: trade.price,
                qty: trade.qty,
                first: trade.id,
                last: trade.id,
                time_ms: trade.time_ms,
                is_buyer_maker: trade.is_buyer_maker,
            });
        }
        self.aggregates.extend(joined.iter().copied());
        while self.aggregates.len() > KEPT_MAX {
            self.aggregates.pop_front();
        }
        joined
    }

    pub(crate) fn trades(&self) -> impl DoubleEndedIterator<Item = &Trade> {
        self.trades.iter()
    }

    pub(crate) fn aggregates(&self) -> impl DoubleEndedIterator<Item = &Aggregate> {
        self.aggregates.iter()
    }

    pub(crate) fn last(&self) -> Option<&Trade> {
        self.trades.back()
    }
}
