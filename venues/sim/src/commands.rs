//! Commands: how does the venue answer a submit, a cancel, an amend?
//!
//! In: a command that has arrived. Out: reports, and the order's place. Must never: fill against a market event other than
//! the configured one.

use ringfence_core::event::{CancelReason, EventKind, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::LegKey;
use ringfence_core::intent::{Action, AmendTerms, OrderTerms, OrderType};
use ringfence_core::money::Qty;
use ringfence_venue::EmergencyCancel;
use ringfence_venue::adapter::Target;

use crate::config::FillMoment;
use crate::margin::Wanted;
use crate::market::{is_matching, is_open_to, takes};
use crate::orders::{Entry, Place, Slot};
use crate::sim::Sim;

impl Sim {
    pub(crate) fn submit(&mut self, command: &VenueCommand, terms: OrderTerms, out: &mut Vec<Report>) {
        let key = command.key();
        if let Err(reason) = self.admit(command, &terms) {
            return out.push(self.answer(command, EventKind::OrderRejected(key, reason)));
        }
        let entry = Entry::new(key, (command.venue(), command.account()), terms, self.now);
        let slot = self.orders.insert(entry);
        if self.funds.is_watched() {
            self.funds.touch(entry.account, self.book_of(slot));
        }
        out.push(self.about(&entry, EventKind::OrderAccepted(key)));
        self.enter(slot, out);
    }

    pub(crate) fn cancel(&mut self, command: &VenueCommand, order: LegKey, out: &mut Vec<Report>) {
        match self.live(order) {
            Err(reason) => out.push(self.answer(command, EventKind::CancelRejected(order, reason))),
            Ok(slot) => {
                self.take_out(slot);
                let open = self.orders.get(slot).open();
                self.orders.end(slot);
                out.push(self.answer(command, EventKind::OrderCanceled(order, open, CancelReason::Asked)));
            }
        }
    }

    /// Ends what an emergency cancel names, on its way or at the venue; silence where that is nothing.
    pub(crate) fn emergency(&mut self, cancel: &EmergencyCancel, out: &mut Vec<Report>) {
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        self.withdraw(|command| is_meant(cancel, command), out);
        match cancel.target() {
            Target::Order(key, ..) => due.extend(self.live(key).ok()),
            Target::Instrument(id) => {
                let book = self.index(id).map(|at| &self.books[at]);
                book.into_iter().for_each(|book| book.all(&self.orders, &mut due));
            }
            Target::Account => self.books.iter().for_each(|book| book.all(&self.orders, &mut due)),
        }
        due.retain(|slot| {
            let entry = self.orders.get(*slot);
            (entry.venue, entry.account) == (cancel.venue(), cancel.account_id())
        });
        for slot in &due {
            self.take_out(*slot);
            self.end_by_venue(*slot, self.orders.get(*slot).open(), CancelReason::KillSwitch, out);
        }
        self.due = due;
    }

    /// A changed order keeps its place where only its quantity went down; otherwise it comes anew.
    pub(crate) fn amend(&mut self, command: &VenueCommand, amend: &AmendTerms, out: &mut Vec<Report>) {
        let slot = match self.live(amend.order).and_then(|slot| self.check_amend(slot, amend)) {
            Ok(slot) => slot,
            Err(reason) => return out.push(self.answer(command, EventKind::AmendRejected(amend.order, reason))),
        };
        let terms = self.orders.get(slot).terms;
        let keeps_place = terms.limit_price == Some(amend.price) && amend.qty <= terms.qty;
        if !keeps_place {
            self.take_out(slot);
        }
        let changed = OrderTerms { limit_price: Some(amend.price), qty: amend.qty, ..terms };
        self.orders.get_mut(slot).terms = changed;
        out.push(self.answer(command, EventKind::OrderAmended(amend.order, amend.price, amend.qty)));
        if !keeps_place {
            self.enter(slot, out);
        }
    }

    /// An order that stands in no list meets the market: at once, or it waits for the event it has to meet.
    fn enter(&mut self, slot: Slot, out: &mut Vec<Report>) {
        let now = self.now;
        let entry = self.orders.get_mut(slot);
        (entry.place, entry.since) = (Place::Waiting, now);
        let at = self.book_of(slot);
        let book = &mut self.books[at];
        let meets_now = match self.rules.fill {
            FillMoment::SameEvent => is_matching(book.market.status),
            FillMoment::NextEvent | FillMoment::NextOpen => false,
        };
        if meets_now {
            self.arrive(slot, None, out);
        } else {
            self.orders.push(&mut book.waiting, slot);
        }
    }

    /// Takes a live order out of the list it stands in.
    pub(crate) fn take_out(&mut self, slot: Slot) {
        let at = self.book_of(slot);
        let (place, terms) = (self.orders.get(slot).place, self.orders.get(slot).terms);
        match place {
            Place::Waiting => self.orders.unlink(&mut self.books[at].waiting, slot),
            Place::Resting => {
                let limit = terms.limit_price.expect("only limit orders rest");
                self.books[at].ladder_mut(terms.side).leave(limit, slot, &mut self.orders);
            }
            Place::Ended => unreachable!("an ended order stands in no list"),
        }
    }

    /// Ends an order that stands in no list, with so much open, on the venue's own account.
    pub(crate) fn end_by_venue(&mut self, slot: Slot, open: Qty, reason: CancelReason, out: &mut Vec<Report>) {
        let entry = *self.orders.get(slot);
        self.orders.end(slot);
        out.push(self.about(&entry, EventKind::OrderCanceled(entry.key, open, reason)));
    }

    /// Place of the book of a known order.
    pub(crate) fn book_of(&self, slot: Slot) -> usize {
        self.orders.get(slot).terms.instrument.0 as usize - 1
    }

    fn live(&self, order: LegKey) -> Result<Slot, RejectReason> {
        let slot = self.orders.find(order).ok_or(RejectReason::UnknownOrder)?;
        match self.orders.get(slot).place {
            Place::Waiting | Place::Resting => Ok(slot),
            Place::Ended => Err(RejectReason::TooLate),
        }
    }

    fn admit(&self, command: &VenueCommand, terms: &OrderTerms) -> Result<(), RejectReason> {
        if self.orders.find(command.key()).is_some() {
            return Err(RejectReason::Duplicate);
        }
        if self.orders.live() >= self.rules.orders_max {
            return Err(RejectReason::RateLimited);
        }
        let at = self.index(terms.instrument).ok_or(RejectReason::Unknown)?;
        let account = usize::from(command.account().0);
        if account == 0 || account > self.accounts.len() || !is_known_type(terms) {
            return Err(RejectReason::Unknown);
        }
        let market = &self.books[at].market;
        if !is_open_to(market.status, terms.post_only) {
            return Err(RejectReason::MarketClosed);
        }
        if terms.reduce_only && self.books[at].positions.closable(command.account(), terms, terms.qty).0 == 0 {
            return Err(RejectReason::ReduceOnly);
        }
        let wanted = Wanted {
            account: command.account(),
            at,
            side: terms.side,
            position_side: terms.position_side,
            qty: terms.qty.0,
            limit: terms.limit_price,
        };
        if !self.has_margin(&wanted) {
            return Err(RejectReason::InsufficientBalance);
        }
        let price = market.taking_price(terms.side);
        match (terms.limit_price, price) {
            (None, None) if self.rules.fill == FillMoment::SameEvent && is_matching(market.status) => {
                Err(RejectReason::NoLiquidity)
            }
            (Some(limit), Some(price)) if terms.post_only && takes(terms.side, limit, price) => {
                Err(RejectReason::WouldTake)
            }
            (None | Some(_), None | Some(_)) => Ok(()),
        }
    }

    fn check_amend(&self, slot: Slot, amend: &AmendTerms) -> Result<Slot, RejectReason> {
        let entry = self.orders.get(slot);
        let market = &self.books[self.book_of(slot)].market;
        let terms = &entry.terms;
        if !is_open_to(market.status, terms.post_only) {
            return Err(RejectReason::MarketClosed);
        }
        if terms.limit_price.is_none() {
            return Err(RejectReason::Unknown);
        }
        if amend.qty <= entry.filled {
            return Err(RejectReason::TooLate);
        }
        let wanted = Wanted {
            account: entry.account,
            at: self.book_of(slot),
            side: terms.side,
            position_side: terms.position_side,
            qty: amend.qty.0 - terms.qty.0,
            limit: Some(amend.price),
        };
        if wanted.qty > 0 && !self.has_margin(&wanted) {
            return Err(RejectReason::InsufficientBalance);
        }
        let price = market.taking_price(terms.side);
        if terms.post_only && price.is_some_and(|price| takes(terms.side, amend.price, price)) {
            return Err(RejectReason::WouldTake);
        }
        Ok(slot)
    }
}

/// A new order on its way that an emergency cancel is about. What else is on its way does not raise exposure, or finds
/// its order ended.
fn is_meant(cancel: &EmergencyCancel, command: &VenueCommand) -> bool {
    let is_named = match cancel.target() {
        Target::Order(key, ..) => command.key() == key,
        Target::Instrument(id) => command.action().instrument() == id,
        Target::Account => true,
    };
    let is_new = matches!(command.action(), Action::Submit(_));
    is_new && is_named && (command.venue(), command.account()) == (cancel.venue(), cancel.account_id())
}

/// Stops are not executed here; a limit order has its price and a market order none.
fn is_known_type(terms: &OrderTerms) -> bool {
    match terms.order_type {
        OrderType::Market => terms.limit_price.is_none(),
        OrderType::Limit => terms.limit_price.is_some(),
        // Execution Control keeps these until they are one of the two above.
        OrderType::StopMarket
        | OrderType::StopLimit
        | OrderType::MarketIfTouched
        | OrderType::LimitIfTouched
        | OrderType::TrailingStopMarket
        | OrderType::TrailingStopLimit
        | OrderType::MarketToLimit => false,
    }
}
