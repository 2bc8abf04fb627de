//! Conditional orders: has the price come?
//!
//! In: trades. Out: orders that begin to work, or end because there is nothing left to reduce. Must never: trigger at a
//! price that did not trade.

use super::engine::Engine;
use super::happening::Execution;
use super::listing::Product;
use super::order::{Kind, Order, Side, State, Wanted};
use crate::amount::Amount;

/// Rounds of triggers that one trade may set off: an order that triggers may trade and trigger another.
const ROUNDS_MAX: usize = 64;

impl Engine {
    pub(super) fn would_trigger(&self, wanted: &Wanted) -> bool {
        self.desks[wanted.listing].tape.last().is_some_and(|trade| is_met(wanted, trade.price))
    }

    /// What the last trade of a symbol sets off.
    pub(super) fn after_trades(&mut self, listing: usize, now_ms: u64) {
        for _ in 0..ROUNDS_MAX {
            let Some(price) = self.desks[listing].tape.last().map(|trade| trade.price) else { return };
            let is_due = |order: &&Order| order.wanted.listing == listing && is_met(&order.wanted, price);
            let orders = self.waiting.iter().filter_map(|id| self.orders.get(id));
            let Some(id) = orders.filter(is_due).map(|order| order.id).next() else { break };
            self.trigger(id, now_ms);
        }
        self.end_needless(listing, now_ms);
    }

    fn trigger(&mut self, id: u64, now_ms: u64) {
        self.waiting.remove(&id);
        let order = self.orders.get_mut(&id).expect("it waited");
        (order.is_working, order.working_ms, order.updated_ms) = (true, now_ms, now_ms);
        self.note(id, Execution::New);
        if self.can_pay(id) {
            self.lock(id);
            self.execute(id, now_ms);
        } else {
            self.finish(id, State::Expired, now_ms);
            self.note_balances(id);
        }
    }

    /// Whether an order that waited can still pay what it costs now.
    fn can_pay(&self, id: u64) -> bool {
        let order = &self.orders[&id];
        if self.product == Product::Futures {
            return true;
        }
        let free = self.ledger.wallets[order.wanted.account].balance(&self.pays_with(&order.wanted)).free;
        self.cost(&order.wanted, order.open()) <= free + order.locked
    }

    /// Futures: an order that may only reduce ends when the position is smaller than it.
    fn end_needless(&mut self, listing: usize, now_ms: u64) {
        if self.product == Product::Spot {
            return;
        }
        let is_needless = |order: &&Order| {
            let position = self.ledger.margins[order.wanted.account].position(listing).qty;
            let reduces = position.is_negative() == (order.wanted.side == Side::Buy) && !position.is_zero();
            order.wanted.listing == listing && order.wanted.is_reducing && (!reduces || order.open() > position.abs())
        };
        let open = self.open.values().flatten().filter_map(|id| self.orders.get(id));
        let needless: Vec<u64> = open.filter(is_needless).map(|order| order.id).collect();
        for id in needless {
            self.end(id, State::Expired, now_ms);
            self.note(id, Execution::Expired);
        }
    }
}

/// Whether a price sets an order off.
fn is_met(wanted: &Wanted, price: Amount) -> bool {
    let rises = match (wanted.kind, wanted.side) {
        (Kind::StopLoss | Kind::StopLossLimit, Side::Buy) => true,
        (Kind::StopLoss | Kind::StopLossLimit, Side::Sell) => false,
        (Kind::TakeProfit | Kind::TakeProfitLimit, Side::Buy) => false,
        (Kind::TakeProfit | Kind::TakeProfitLimit, Side::Sell) => true,
        (Kind::Limit | Kind::LimitMaker | Kind::Market, _) => return false,
    };
    if rises { price >= wanted.stop } else { price <= wanted.stop }
}
