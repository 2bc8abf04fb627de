//! Resting: which orders that rest does a trade, a touch or a level fill, and where do the others stand then?
//!
//! In: trades, touches and levels of one instrument. Out: fills, and places in the queue. Must never: fill an order at
//! another price than its own.

use ringfence_core::event::{
    BookAction, BookLevel, BookOrder, BookOrderAction, Fill, FillReason, Liquidity, Quote, Report, Trade,
};
use ringfence_core::instrument::Side;
use ringfence_core::money::Qty;

use crate::config::{RestingFills, TakerSize};
use crate::execution::Execution;
use crate::market::{is_matching, opposite_touch, own_touch, shown_at, takes};
use crate::orders::{Place, Slot};
use crate::queue::SizeChange;
use crate::sim::Sim;

impl Sim {
    pub(crate) fn trade_against(&mut self, at: usize, side: Side, trade: &Trade, out: &mut Vec<Report>) {
        let mut due = self.take_due();
        let ladder = self.books[at].ladder(side);
        ladder.passed(trade.price, &self.orders, &mut due);
        let passed = due.len();
        if self.rules.queue.has_queue() {
            due.extend(self.orders.of(ladder.at(trade.price)));
        }
        for slot in &due[..passed] {
            self.fill_whole(*slot, FillReason::TradedThrough, out);
        }
        for slot in &due[passed..] {
            self.trade_at_price(*slot, trade.qty, out);
        }
        self.due = due;
    }

    /// A trade at the price of an order uses up what is ahead, and fills it with what is left then.
    fn trade_at_price(&mut self, slot: Slot, traded: Qty, out: &mut Vec<Report>) {
        let instrument = &self.books[self.book_of(slot)].instrument;
        let entry = self.orders.get_mut(slot);
        let ahead = entry.queue.ahead().unwrap_or(Fill::AHEAD_UNKNOWN);
        let Some(left) = self.rules.queue.trade(&mut entry.queue, traded, instrument) else { return };
        self.fill_reached(slot, (left, ahead), out);
    }

    /// Fills an order that stands in front now: whole, or with what is left for it.
    fn fill_reached(&mut self, slot: Slot, (left, ahead): (Qty, Qty), out: &mut Vec<Report>) {
        let entry = self.orders.get(slot);
        let qty = match self.rules.resting {
            RestingFills::Whole => entry.open(),
            RestingFills::Partial => entry.open().min(left),
        };
        let price = entry.terms.limit_price.expect("only limit orders rest");
        let reason = FillReason::QueueReached;
        self.fill(slot, Execution { price, qty, liquidity: Liquidity::Maker, reason, ahead }, out);
    }

    /// A quote in place of another.
    pub(crate) fn meet_quote(&mut self, at: usize, (old, touch): (&Quote, &Quote), out: &mut Vec<Report>) {
        let book = &self.books[at];
        if book.is_quiet() || !is_matching(book.market.status) {
            return;
        }
        for side in [Side::Buy, Side::Sell] {
            if self.books[at].ladder(side).is_empty() {
                continue;
            }
            self.touch(at, side, touch, out);
            if !self.rules.queue.follows_levels() {
                self.cap_queue(at, side, touch);
            } else if !self.books[at].market.has_depth() {
                self.follow_touch(at, side, (old, touch));
            }
        }
        self.release_waiting(at, out);
    }

    /// The opposite touch fills the orders whose price it has reached: whole, or with what it still has for them.
    fn touch(&mut self, at: usize, side: Side, touch: &Quote, out: &mut Vec<Report>) {
        let is_consumed = self.rules.taker_size == TakerSize::Consumed;
        let best =
            if is_consumed { self.next_offer(at, side).map(|(price, _)| price) } else { opposite_touch(touch, side) };
        let Some(price) = best else { return };
        let mut due = self.take_due();
        self.books[at].ladder(side).reached(price, &self.orders, &mut due);
        if !is_consumed {
            return self.fill_resting(due, FillReason::Touched, out);
        }
        for slot in &due {
            self.take_at_own_price(*slot, out);
        }
        self.due = due;
    }

    /// A resting order fills at its own price with what the levels that have reached it still have.
    fn take_at_own_price(&mut self, slot: Slot, out: &mut Vec<Report>) {
        let (at, side) = (self.book_of(slot), self.orders.get(slot).terms.side);
        while let Some((level, offered)) = self.next_offer(at, side) {
            let entry = self.orders.get(slot);
            let price = entry.terms.limit_price.expect("only limit orders rest");
            if entry.place == Place::Ended || !takes(side, price, level) {
                return;
            }
            let (qty, ahead) = (entry.open().min(Qty(offered)), entry.queue.ahead().unwrap_or(Fill::AHEAD_UNKNOWN));
            self.books[at].market.take(side, level, qty);
            let reason = FillReason::Touched;
            self.fill(slot, Execution { price, qty, liquidity: Liquidity::Maker, reason, ahead }, out);
        }
    }

    /// A level of a book; the touch follows when it closes its group.
    pub(crate) fn meet_level(&mut self, at: usize, level: &BookLevel, out: &mut Vec<Report>) {
        let market = &mut self.books[at].market;
        let old = if self.rules.queue.follows_levels() { market.level(level.side, level.price) } else { 0 };
        let touch = market.book_level(level);
        if level.action == BookAction::Set && self.rules.queue.follows_levels() && is_matching(market.status) {
            self.follow_level(at, level, old);
        }
        if let Some(touch) = touch {
            self.meet_quote(at, (&touch, &touch), out);
        }
    }

    /// What became of an order in the book; its level follows. A fill changes no level, but passes the orders of ours that
    /// stand in front of what it filled.
    pub(crate) fn meet_order(&mut self, at: usize, order: &BookOrder, out: &mut Vec<Report>) {
        if self.rules.queue.is_by_order() {
            self.follow_order(at, order, out);
        }
        if order.action != BookOrderAction::Fill || order.is_last {
            self.meet_level(at, &order.as_level(), out);
        }
    }

    fn follow_order(&mut self, at: usize, order: &BookOrder, out: &mut Vec<Report>) {
        let arrivals = &mut self.books[at].arrivals;
        let joined = match order.action {
            BookOrderAction::Add => return arrivals.add(order.order),
            BookOrderAction::Clear => {
                arrivals.clear();
                return self.lose_places(at);
            }
            BookOrderAction::Delete => arrivals.remove(order.order),
            BookOrderAction::Reduce | BookOrderAction::Fill => arrivals.of(order.order),
        };
        if self.books[at].ladder(order.side).is_empty() {
            return;
        }
        if order.action == BookOrderAction::Fill {
            return self.pass_order(at, order, joined, out);
        }
        let mut due = self.take_due();
        due.extend(self.orders.of(self.books[at].ladder(order.side).at(order.price)));
        for slot in &due {
            self.orders.get_mut(*slot).queue.left(joined, order.qty);
        }
        self.due = due;
    }

    /// An order of the book was filled: ours at better prices, and ours that stand in front of it, would have been.
    fn pass_order(&mut self, at: usize, order: &BookOrder, joined: u64, out: &mut Vec<Report>) {
        if !is_matching(self.books[at].market.status) {
            return;
        }
        let mut due = self.take_due();
        let ladder = self.books[at].ladder(order.side);
        ladder.passed(order.price, &self.orders, &mut due);
        let passed = due.len();
        due.extend(self.orders.of(ladder.at(order.price)));
        for slot in &due[..passed] {
            self.fill_whole(*slot, FillReason::TradedThrough, out);
        }
        for slot in &due[passed..] {
            let entry = self.orders.get(*slot);
            if entry.queue.is_before(joined) {
                let ahead = entry.queue.ahead().unwrap_or(Fill::AHEAD_UNKNOWN);
                self.fill_reached(*slot, (order.qty, ahead), out);
            }
        }
        self.due = due;
    }

    /// The book was emptied: who stood where in it is not known any more.
    fn lose_places(&mut self, at: usize) {
        let mut due = self.take_due();
        for side in [Side::Buy, Side::Sell] {
            self.books[at].ladder(side).all(&self.orders, &mut due);
        }
        for slot in &due {
            self.orders.get_mut(*slot).queue.lose();
        }
        self.due = due;
    }

    /// What stands ahead of an order is at most what is displayed while the touch is at its price.
    fn cap_queue(&mut self, at: usize, side: Side, touch: &Quote) {
        let (price, displayed) = own_touch(touch, side);
        if !self.rules.queue.has_queue() || displayed == 0 {
            return;
        }
        let mut due = self.take_due();
        due.extend(self.orders.of(self.books[at].ladder(side).at(price)));
        for slot in &due {
            self.orders.get_mut(*slot).queue.cap(displayed);
        }
        self.due = due;
    }

    /// Sizes at the touch and beyond it, where nothing is displayed, changed for the orders there.
    fn follow_touch(&mut self, at: usize, side: Side, (old, touch): (&Quote, &Quote)) {
        let mut due = self.take_due();
        let (book, orders) = (&self.books[at], &mut self.orders);
        match own_touch(touch, side) {
            (_, 0) => book.ladder(side).all(orders, &mut due),
            (best, _) => book.ladder(side).reached(best, orders, &mut due),
        }
        for slot in &due {
            let entry = orders.get_mut(*slot);
            let price = entry.terms.limit_price.expect("only limit orders rest");
            let Some(new) = shown_at(touch, side, price) else { continue };
            let change = SizeChange { old: shown_at(old, side, price), new };
            self.rules.queue.displayed(&mut entry.queue, change, &book.instrument);
        }
        self.due = due;
    }

    fn follow_level(&mut self, at: usize, level: &BookLevel, old: i64) {
        let mut due = self.take_due();
        let (book, orders) = (&self.books[at], &mut self.orders);
        due.extend(orders.of(book.ladder(level.side).at(level.price)));
        let change = SizeChange { old: Some(old), new: level.qty.0 };
        for slot in &due {
            self.rules.queue.displayed(&mut orders.get_mut(*slot).queue, change, &book.instrument);
        }
        self.due = due;
    }

    pub(crate) fn fill_resting(&mut self, due: Vec<Slot>, reason: FillReason, out: &mut Vec<Report>) {
        for slot in &due {
            self.fill_whole(*slot, reason, out);
        }
        self.due = due;
    }

    fn fill_whole(&mut self, slot: Slot, reason: FillReason, out: &mut Vec<Report>) {
        let entry = self.orders.get(slot);
        let price = entry.terms.limit_price.expect("only limit orders rest");
        let ahead = entry.queue.ahead().unwrap_or(Fill::AHEAD_UNKNOWN);
        let execution = Execution { price, qty: entry.open(), liquidity: Liquidity::Maker, reason, ahead };
        self.fill(slot, execution, out);
    }
}
