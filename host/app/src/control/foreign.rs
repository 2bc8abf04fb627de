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

#[cfg(test)]
mod tests {
    use ringfence_core::event::{CancelReason, OrderStatement, Report};
    use ringfence_core::ids::{IntentId, LegId, Seq, TimeNs};

    use super::*;

    const NONE: [u64; 0] = [];

    fn key(strategy: u16, intent: u64) -> LegKey {
        LegKey { strategy: StrategyId(strategy), intent: IntentId(intent), leg: LegId(0) }
    }

    fn stated(order: LegKey, state: OrderState) -> EventKind {
        let (price, qty) = (Price(25_000), Qty(10));
        EventKind::OrderReported(OrderStatement { order, state, side: Side::Buy, price, qty, filled: Qty(0) })
    }

    /// Keys of what rests after these events of an account.
    fn after(kinds: &[EventKind]) -> Vec<u64> {
        let mut foreign = ForeignOrders::default();
        for kind in kinds {
            let report = Report { account: AccountId(1), instrument: InstrumentId(1), ..Report::control(*kind) };
            foreign.event(&report.at(Seq(1), TimeNs(1)));
        }
        foreign.orders.keys().map(|key| key.intent.0).collect()
    }

    #[test]
    fn orders_of_nobodys_rest_from_when_they_are_stated_until_they_end() {
        let rests = stated(key(0, 7), OrderState::Accepted);
        assert_eq!(
            after(&[rests, stated(key(1, 8), OrderState::Accepted)]),
            [7],
            "those of strategies stand elsewhere"
        );
        assert_eq!(after(&[rests, EventKind::OrderCanceled(key(0, 7), Qty(10), CancelReason::Asked)]), NONE);
        assert_eq!(after(&[rests, stated(key(0, 7), OrderState::Filled)]), NONE);
    }

    #[test]
    fn what_a_comparison_does_not_state_any_more_is_gone() {
        let [one, two] = [7, 8].map(|intent| stated(key(0, intent), OrderState::Accepted));
        let (begins, ends) = (EventKind::ReconcileStarted, EventKind::ReconcileFinished(0));
        assert_eq!(after(&[one, two, begins, two]), [7, 8], "it may still be stated");
        assert_eq!(after(&[one, two, begins, two, ends]), [8]);
        assert_eq!(after(&[one, begins, two, one, ends]), [7, 8]);
    }
}
