//! Execution: what does a fill look like, and what becomes of its order?
//!
//! In: an order, a price, a quantity, the reason. Out: the fill, and the order's end where nothing is left. Must never:
//! choose a price or a quantity, except that a reduce-only order fills at most what it can close.

use ringfence_core::event::{CancelReason, EventKind, Fill, FillReason, Liquidity, Report};
use ringfence_core::money::{Price, Qty};

use crate::fees::Filled;
use crate::orders::{Place, Slot};
use crate::positions::Owner;
use crate::sim::Sim;

/// What happens to an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Execution {
    pub(crate) price: Price,
    /// At most what is open.
    pub(crate) qty: Qty,
    pub(crate) liquidity: Liquidity,
    pub(crate) reason: FillReason,
    /// What stood in front of it when it happened; [`Fill::AHEAD_UNKNOWN`] = not known.
    pub(crate) ahead: Qty,
}

impl Sim {
    /// Fills an order, a reduce-only order up to what it can close, and takes it out of the list it stands in when nothing
    /// stays open. The venue ends what a reduce-only order cannot close, and an order whose fee cannot be held exactly.
    pub(crate) fn fill(&mut self, slot: Slot, execution: Execution, out: &mut Vec<Report>) {
        let entry = *self.orders.get(slot);
        let (terms, open) = (&entry.terms, entry.open());
        let Execution { price, liquidity, reason, ahead, .. } = execution;
        let closable = if terms.reduce_only {
            self.books[self.book_of(slot)].positions.closable(entry.account, terms, open)
        } else {
            open
        };
        let qty = execution.qty.min(closable);
        if qty.0 == 0 {
            return self.end_in_place(slot, open, CancelReason::ReduceOnly, out);
        }
        let instrument = &self.books[self.book_of(slot)].instrument;
        let filled = Filled { account: entry.account, price, qty, liquidity };
        let Some((fee, fees)) = self.fees.fee(instrument, filled, entry.fees) else {
            return self.end_in_place(slot, open, CancelReason::Fee, out);
        };
        self.fees.traded(instrument, filled);
        self.trades += 1;
        let fill = Fill {
            order: entry.key,
            trade_id: self.trades,
            price,
            qty,
            leaves: Qty(open.0 - qty.0),
            fee,
            fee_currency: instrument.settlement,
            side: terms.side,
            liquidity,
            position_side: terms.position_side,
            reason,
            ahead,
        };
        out.push(self.about(&entry, EventKind::OrderFilled(fill)));
        let (at, owner) = (self.book_of(slot), Owner::new(entry.account, entry.key.strategy, terms.position_side));
        self.books[at].positions.filled(owner, terms.position_side, terms.side, qty);
        if self.funds.is_watched() {
            self.count_fill(entry.account, at, &fill);
        }
        if fill.leaves.0 == 0 {
            self.leave_list(slot);
            self.orders.get_mut(slot).filled = terms.qty;
            return self.orders.end(slot);
        }
        let entry = self.orders.get_mut(slot);
        (entry.filled, entry.fees) = (Qty(entry.filled.0 + qty.0), fees);
        if qty < execution.qty {
            self.end_in_place(slot, fill.leaves, CancelReason::ReduceOnly, out);
        }
    }

    /// Ends an order wherever it stands.
    fn end_in_place(&mut self, slot: Slot, open: Qty, reason: CancelReason, out: &mut Vec<Report>) {
        self.leave_list(slot);
        self.end_by_venue(slot, open, reason, out);
    }

    /// A resting order leaves its ladder; one that takes stands in no list.
    fn leave_list(&mut self, slot: Slot) {
        if self.orders.get(slot).place == Place::Resting {
            self.take_out(slot);
        }
    }
}
