//! Taking: what does an order find when it comes to the market?
//!
//! In: an order that stands in no list. Out: its fills, and its place or its end. Must never: let it find more than the
//! configuration says, or change the price of an order with a limit.

use ringfence_core::event::{CancelReason, Fill, FillReason, Liquidity, Report};
use ringfence_core::instrument::Side;
use ringfence_core::intent::TimeInForce;
use ringfence_core::money::{Price, Qty};

use crate::config::{FillMoment, TakerSize};
use crate::execution::Execution;
use crate::market::takes;
use crate::orders::{Place, Slot};
use crate::sim::{Book, Sim};
use crate::slippage::Sizes;

impl Sim {
    /// An order that stands in no list meets the market at a bar's open, or at what can be taken now.
    pub(crate) fn arrive(&mut self, slot: Slot, open: Option<Price>, out: &mut Vec<Report>) {
        let entry = self.orders.get(slot);
        let (terms, wanted) = (entry.terms, entry.open());
        let market = &self.books[self.book_of(slot)].market;
        let price = open.or_else(|| market.taking_price(terms.side));
        let Some(price) = price.filter(|price| self.may_take(slot, *price)) else {
            return self.stay(slot, out);
        };
        // It was accepted when it would not have taken, and the market moved before it met it.
        if terms.post_only {
            return self.end_by_venue(slot, wanted, CancelReason::WouldTake, out);
        }
        if open.is_some() || self.rules.taker_size == TakerSize::Unlimited || !market.is_displayed() {
            return self.take_whole(slot, price, open.is_some(), out);
        }
        if self.rules.taker_size == TakerSize::Displayed {
            let at = self.book_of(slot);
            self.books[at].market.restore();
        }
        if terms.tif == TimeInForce::Fok && self.on_offer(slot) < wanted.0 {
            return self.end_by_venue(slot, wanted, CancelReason::IocRemainder, out);
        }
        self.take_displayed(slot, out);
    }

    /// True where the order's limit, if any, allows the price.
    fn may_take(&self, slot: Slot, price: Price) -> bool {
        let terms = &self.orders.get(slot).terms;
        terms.limit_price.is_none_or(|limit| takes(terms.side, limit, price))
    }

    fn take_whole(&mut self, slot: Slot, price: Price, is_open: bool, out: &mut Vec<Report>) {
        let qty = self.orders.get(slot).open();
        self.fill(slot, self.taken_at(slot, (price, qty), is_open), out);
    }

    /// Takes level after level; what is left stays or ends.
    fn take_displayed(&mut self, slot: Slot, out: &mut Vec<Report>) {
        let at = self.book_of(slot);
        let side = self.orders.get(slot).terms.side;
        while let Some((price, offered)) = self.next_offer(at, side) {
            if !self.may_take(slot, price) {
                break;
            }
            let qty = Qty(offered.min(self.orders.get(slot).open().0));
            self.books[at].market.take(side, price, qty);
            self.fill(slot, self.taken_at(slot, (price, qty), false), out);
            if self.orders.get(slot).place == Place::Ended {
                return;
            }
        }
        self.stay(slot, out);
    }

    /// Best level that still has something for an order of this side, and how much.
    pub(crate) fn next_offer(&self, at: usize, side: Side) -> Option<(Price, i64)> {
        self.books[at].market.offers(side).next()
    }

    /// How much the order could take now, or a little more.
    fn on_offer(&self, slot: Slot) -> i64 {
        let (side, wanted) = (self.orders.get(slot).terms.side, self.orders.get(slot).open().0);
        let market = &self.books[self.book_of(slot)].market;
        let offers = market.offers(side).take_while(|(price, _)| self.may_take(slot, *price));
        offers.fold(0, |sum: i64, (_, qty)| if sum >= wanted { sum } else { sum.saturating_add(qty) })
    }

    /// What a taker gets at a price; a market order slips.
    fn taken_at(&self, slot: Slot, (price, qty): (Price, Qty), is_open: bool) -> Execution {
        let terms = &self.orders.get(slot).terms;
        let Book { instrument, market, .. } = &self.books[self.book_of(slot)];
        let price = match terms.limit_price {
            Some(_) => price,
            None => {
                let displayed = market.opposite_size(terms.side);
                self.rules.slippage.worsened(price, terms.side, Sizes { qty, displayed, tick: instrument.tick })
            }
        };
        let reason = match (is_open, self.rules.fill) {
            (true, _) | (false, FillMoment::NextOpen) => FillReason::NextOpen,
            (false, FillMoment::SameEvent) => FillReason::Crossed,
            (false, FillMoment::NextEvent) => FillReason::NextEvent,
        };
        Execution { price, qty, liquidity: Liquidity::Taker, reason, ahead: Fill::AHEAD_UNKNOWN }
    }

    /// What is left of an order that found nothing more to take rests, or ends.
    fn stay(&mut self, slot: Slot, out: &mut Vec<Report>) {
        let entry = self.orders.get(slot);
        match (entry.terms.limit_price, entry.terms.tif) {
            (None, _) | (_, TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::AtOpen | TimeInForce::AtClose) => {
                self.end_by_venue(slot, entry.open(), CancelReason::IocRemainder, out);
            }
            (Some(limit), TimeInForce::Gtc | TimeInForce::Day | TimeInForce::Gtd) => self.rest(slot, limit),
        }
    }

    fn rest(&mut self, slot: Slot, limit: Price) {
        let at = self.book_of(slot);
        let side = self.orders.get(slot).terms.side;
        let book = &self.books[at];
        let queue = if self.rules.queue.is_by_order() {
            let level = book.market.has_depth().then(|| book.market.level(side, limit));
            self.rules.queue.join_behind(book.arrivals.last(), level)
        } else {
            self.rules.queue.join(book.market.displayed(side, limit))
        };
        let entry = self.orders.get_mut(slot);
        (entry.place, entry.queue) = (Place::Resting, queue);
        self.books[at].ladder_mut(side).join(limit, slot, &mut self.orders);
    }
}
