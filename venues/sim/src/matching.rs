//! Matching: which orders does a market event fill?
//!
//! In: a market event of one instrument. Out: fills, expiries. Must never: fill an order that waits or rests from a price
//! that was made before it came there. (Under same-event an order first meets the last price there is, when it comes:
//! see `commands`.)
//!
//! On every event, orders that rest already come first (best price first, then in order of arrival), then those that wait
//! for this event. A resting order fills whole, at its own price, as maker, also where the market jumps over it.
//! Orders of this host never meet each other, and each is judged as if it alone were there.
//! A trade by a seller counts against bids only, by a buyer against asks only, by nobody known against both.
//! Inside a bar no path is assumed: the open comes first, then each resting order is judged on its own against high and
//! low, so a bid and an ask may both fill in one bar. A bar's high and low only reach orders that rested before it opened.

use ringfence_core::event::{Bar, CancelReason, EventKind, Fill, Liquidity, Quote, Report, Trade};
use ringfence_core::ids::TimeNs;
use ringfence_core::instrument::{InstrumentStatus, Side};
use ringfence_core::intent::TimeInForce;
use ringfence_core::money::{Price, Qty};

use crate::config::{FillMoment, QueueModel};
use crate::market::{is_matching, opposite_touch, own_touch};
use crate::orders::Slot;
use crate::sim::Sim;

impl Sim {
    /// Lets the orders of an instrument meet one of its market events. What the core ignores as a value that cannot be
    /// changes nothing here either.
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing trades on the other kinds, however many there will be")]
    pub(crate) fn meet(&mut self, at: usize, kind: &EventKind, out: &mut Vec<Report>) {
        match kind {
            EventKind::Trade(trade) if trade.qty.0 > 0 => self.meet_trade(at, trade, out),
            EventKind::Quote(quote) if quote.bid_qty.0 >= 0 && quote.ask_qty.0 >= 0 => {
                self.books[at].market.quote(quote);
                self.meet_quote(at, quote, out);
            }
            EventKind::BookLevel(level) if level.qty.0 >= 0 => {
                if let Some(touch) = self.books[at].market.book_level(level) {
                    self.meet_quote(at, &touch, out);
                }
            }
            EventKind::Bar(bar) if bar.volume.0 >= 0 && bar.high >= bar.low => self.meet_bar(at, bar, out),
            EventKind::InstrumentStatus(status) => self.meet_status(at, *status, out),
            _other => {}
        }
    }

    fn meet_trade(&mut self, at: usize, trade: &Trade, out: &mut Vec<Report>) {
        let book = &mut self.books[at];
        book.market.last = Some(trade.price);
        if book.is_quiet() || !is_matching(book.market.status) {
            return;
        }
        if trade.aggressor != Some(Side::Buy) {
            self.trade_against(at, Side::Buy, trade, out);
        }
        if trade.aggressor != Some(Side::Sell) {
            self.trade_against(at, Side::Sell, trade, out);
        }
        self.release_waiting(at, out);
    }

    fn trade_against(&mut self, at: usize, side: Side, trade: &Trade, out: &mut Vec<Report>) {
        let mut due = self.take_due();
        let ladder = self.books[at].ladder(side);
        ladder.passed(trade.price, &self.orders, &mut due);
        match self.rules.queue {
            QueueModel::TradeThrough => {}
            QueueModel::BehindTouch => {
                let passed = due.len();
                due.extend(self.orders.of(ladder.at(trade.price)));
                self.use_up_queue(&mut due, passed, trade.qty);
            }
        }
        self.fill_resting(due, out);
    }

    /// Of the orders from `start` on, keeps those whose turn the traded quantity has passed; the others come nearer.
    fn use_up_queue(&mut self, due: &mut Vec<Slot>, start: usize, traded: Qty) {
        let mut kept = start;
        for place in start..due.len() {
            let entry = self.orders.get_mut(due[place]);
            if traded.0 > entry.ahead {
                due[kept] = due[place];
                kept += 1;
            } else {
                entry.ahead -= traded.0;
            }
        }
        due.truncate(kept);
    }

    fn meet_quote(&mut self, at: usize, touch: &Quote, out: &mut Vec<Report>) {
        let book = &self.books[at];
        if book.is_quiet() || !is_matching(book.market.status) {
            return;
        }
        for side in [Side::Buy, Side::Sell] {
            if self.books[at].ladder(side).is_empty() {
                continue;
            }
            if let Some(price) = opposite_touch(touch, side) {
                let mut due = self.take_due();
                self.books[at].ladder(side).reached(price, &self.orders, &mut due);
                self.fill_resting(due, out);
            }
            self.cap_queue(at, side, touch);
        }
        self.release_waiting(at, out);
    }

    /// What stands ahead of an order is at most what is displayed at its price.
    fn cap_queue(&mut self, at: usize, side: Side, touch: &Quote) {
        let (price, displayed) = own_touch(touch, side);
        if self.rules.queue != QueueModel::BehindTouch || displayed == 0 {
            return;
        }
        let mut due = self.take_due();
        due.extend(self.orders.of(self.books[at].ladder(side).at(price)));
        for slot in &due {
            let entry = self.orders.get_mut(*slot);
            entry.ahead = entry.ahead.min(displayed);
        }
        self.due = due;
    }

    fn meet_bar(&mut self, at: usize, bar: &Bar, out: &mut Vec<Report>) {
        let book = &mut self.books[at];
        if book.is_quiet() || !is_matching(book.market.status) {
            book.market.last = Some(bar.close);
            return;
        }
        let close = self.moment;
        self.moment = bar.open_time;
        self.bar_against(at, Side::Buy, (bar.open, bar.open_time), out);
        self.bar_against(at, Side::Sell, (bar.open, bar.open_time), out);
        self.release_at_open(at, bar, out);
        self.moment = close;
        self.bar_against(at, Side::Buy, (bar.low, bar.open_time), out);
        self.bar_against(at, Side::Sell, (bar.high, bar.open_time), out);
        self.books[at].market.last = Some(bar.close);
        if self.rules.fill != FillMoment::NextOpen {
            // Those that came after this bar had opened meet it at its close.
            self.release_waiting(at, out);
        }
    }

    /// Fills what a price of a bar has passed, of the orders that were there when it opened.
    fn bar_against(&mut self, at: usize, side: Side, (price, opened): (Price, TimeNs), out: &mut Vec<Report>) {
        let mut due = self.take_due();
        self.books[at].ladder(side).passed(price, &self.orders, &mut due);
        due.retain(|slot| self.orders.get(*slot).since <= opened);
        self.fill_resting(due, out);
    }

    fn release_at_open(&mut self, at: usize, bar: &Bar, out: &mut Vec<Report>) {
        let mut due = self.take_due();
        due.extend(self.orders.of(self.books[at].waiting));
        due.retain(|slot| self.orders.get(*slot).since <= bar.open_time);
        for slot in &due {
            self.take_out(*slot);
            self.arrive(*slot, Some(bar.open), out);
        }
        self.due = due;
    }

    /// Lets orders that wait for the next event meet this one.
    fn release_waiting(&mut self, at: usize, out: &mut Vec<Report>) {
        if self.books[at].waiting.is_empty() || self.rules.fill == FillMoment::NextOpen {
            return;
        }
        let mut due = self.take_due();
        due.extend(self.orders.of(self.books[at].waiting));
        for slot in &due {
            self.take_out(*slot);
            self.orders.get_mut(*slot).since = self.now;
            self.arrive(*slot, None, out);
        }
        self.due = due;
    }

    /// A closed market ends day orders, a settled instrument all.
    fn meet_status(&mut self, at: usize, status: InstrumentStatus, out: &mut Vec<Report>) {
        self.books[at].market.status = status;
        let ends_all = match status {
            InstrumentStatus::Settled => true,
            InstrumentStatus::Closed => false,
            InstrumentStatus::Trading
            | InstrumentStatus::Auction
            | InstrumentStatus::Halted
            | InstrumentStatus::CancelOnly
            | InstrumentStatus::PostOnly
            | InstrumentStatus::Restricted => return,
        };
        let mut due = self.take_due();
        self.books[at].all(&self.orders, &mut due);
        due.retain(|slot| ends_all || self.orders.get(*slot).terms.tif == TimeInForce::Day);
        for slot in &due {
            self.take_out(*slot);
            let entry = *self.orders.get(*slot);
            self.orders.end(*slot);
            out.push(self.about(&entry, EventKind::OrderExpired(entry.key, entry.open())));
        }
        self.due = due;
    }

    fn fill_resting(&mut self, due: Vec<Slot>, out: &mut Vec<Report>) {
        for slot in &due {
            self.take_out(*slot);
            let price = self.orders.get(*slot).terms.limit_price.expect("only limit orders rest");
            self.fill(*slot, price, Liquidity::Maker, out);
        }
        self.due = due;
    }

    /// Fills an order that stands in no list, whole; a reduce-only order up to what it can close. The venue ends what
    /// stays open, and an order whose fee cannot be held exactly.
    pub(crate) fn fill(&mut self, slot: Slot, price: Price, liquidity: Liquidity, out: &mut Vec<Report>) {
        let entry = *self.orders.get(slot);
        let (terms, open) = (&entry.terms, entry.open());
        let qty = if terms.reduce_only { self.holdings.closable(entry.account, terms, open) } else { open };
        if qty.0 == 0 {
            return self.end_by_venue(slot, open, CancelReason::ReduceOnly, out);
        }
        let instrument = &self.books[self.book_of(slot)].instrument;
        let Some(fee) = self.fees.fee(instrument, (price, qty), liquidity) else {
            return self.end_by_venue(slot, open, CancelReason::Fee, out);
        };
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
        };
        out.push(self.about(&entry, EventKind::OrderFilled(fill)));
        self.holdings.filled(entry.account, terms, qty);
        match fill.leaves {
            Qty(0) => self.orders.end(slot),
            leaves => self.end_by_venue(slot, leaves, CancelReason::ReduceOnly, out),
        }
    }

    fn take_due(&mut self) -> Vec<Slot> {
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        due
    }
}
