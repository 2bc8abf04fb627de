//! Foreign: which orders of nobody's rest in the accounts of a session?
//!
//! In: what venues say of orders that no strategy sent. Out: a line for each that rests. Must never: be more than shown; the
//! core books their fills and knows no more of them.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_control::api::{EXTERNAL, OrderLine};
use ringfence_core::event::{Event, EventKind};
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, StrategyId};
use ringfence_core::instrument::Side;
use ringfence_core::money::{Price, Qty};
use ringfence_core::order::OrderState;

use crate::render::Renderer;

/// Orders that are kept; what is beyond is not shown.
const ORDERS_MAX: usize = 1_000;

/// An order of nobody's, as it was stated.
#[derive(Clone, Copy, Debug)]
struct Foreign {
    account: AccountId,
    instrument: InstrumentId,
    side: Side,
    price: Price,
    qty: Qty,
    filled: Qty,
    state: OrderState,
}

/// Orders of nobody's that rest, by their keys.
#[derive(Debug, Default)]
pub(super) struct ForeignOrders {
    orders: BTreeMap<LegKey, Foreign>,
    /// Of an account that is being compared: those that its venue did not state so far.
    unstated: BTreeMap<AccountId, BTreeSet<LegKey>>,
}

impl ForeignOrders {
    /// Takes in what an event says.
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else says nothing of how an order rests")]
    pub(super) fn event(&mut self, event: &Event) {
        match event.kind {
            EventKind::ReconcileStarted => self.begin(event.account),
            EventKind::ReconcileFinished(_) => self.finish(event.account),
            _ => {}
        }
        let Some(key) = event.kind.order().filter(|key| key.strategy == StrategyId::EXTERNAL) else { return };
        match event.kind {
            EventKind::OrderReported(said) => {
                let (side, price, qty, filled, state) = (said.side, said.price, said.qty, said.filled, said.state);
                let (account, instrument) = (event.account, event.instrument);
                self.state(key, Foreign { account, instrument, side, price, qty, filled, state });
            }
            EventKind::OrderFilled(fill) => {
                let Some(order) = self.orders.get_mut(&key) else { return };
                order.filled = Qty(order.filled.0.saturating_add(fill.qty.0));
                order.state = OrderState::PartiallyFilled;
                if fill.leaves.0 == 0 || order.filled >= order.qty {
                    self.orders.remove(&key);
                }
            }
            EventKind::OrderAmended(_, price, qty) => {
                if let Some(order) = self.orders.get_mut(&key) {
                    (order.price, order.qty) = (price, qty);
                }
            }
            EventKind::OrderCanceled(..) | EventKind::OrderExpired(..) | EventKind::OrderRejected(..) => {
                self.orders.remove(&key);
            }
            _ => {}
        }
    }

    fn state(&mut self, key: LegKey, order: Foreign) {
        self.unstated.values_mut().for_each(|keys| {
            keys.remove(&key);
        });
        if order.state.is_terminal() {
            self.orders.remove(&key);
        } else if self.orders.contains_key(&key) || self.orders.len() < ORDERS_MAX {
            self.orders.insert(key, order);
        }
    }

    /// A venue states every open order when it is compared.
    fn begin(&mut self, account: AccountId) {
        let of_account = self.orders.iter().filter(|(_, order)| order.account == account);
        self.unstated.insert(account, of_account.map(|(key, _)| *key).collect());
    }

    /// One that it did not state is gone, whatever became of it.
    fn finish(&mut self, account: AccountId) {
        for key in self.unstated.remove(&account).into_iter().flatten() {
            self.orders.remove(&key);
        }
    }

    /// What rests.
    pub(super) fn lines(&self, renderer: &Renderer<'_>) -> Vec<OrderLine> {
        let line = |(key, order): (&LegKey, &Foreign)| OrderLine {
            order: key.to_string(),
            strategy: EXTERNAL.to_owned(),
            instrument: renderer.instrument(order.instrument),
            side: order.side.code().to_owned(),
            order_type: if order.price.0 == 0 { "market" } else { "limit" }.to_owned(),
            qty: renderer.qty(order.instrument, order.qty),
            filled: renderer.qty(order.instrument, order.filled),
            limit: if order.price.0 == 0 { String::new() } else { renderer.price(order.instrument, order.price) },
            state: order.state.code().to_owned(),
        };
        self.orders.iter().map(line).collect()
    }
}
