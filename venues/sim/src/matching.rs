//! Matching: which orders does a market event fill?
//!
//! In: a market event of one instrument. Out: fills, expiries. Must never: fill an order that waits or rests from a price
//! that was made before it came there. (Under same-event an order first meets the last price there is, when it comes:
//! see `commands`.)
//!
//! On every event, orders that rest already come first (best price first, then in order of arrival), then those that wait
//! for this event. A resting order fills at its own price, as maker, also where the market jumps over it.
//! Orders of this host never meet each other, and each is judged as if it alone were there.
//! A trade by a seller counts against bids only, by a buyer against asks only, by nobody known against both.
//! Inside a bar no path is assumed: the open comes first, then each resting order is judged on its own against high and
//! low, so a bid and an ask may both fill in one bar. A bar's high and low only reach orders that rested before it opened.

use ringfence_core::event::{Bar, EventKind, FillReason, Report, Trade};
use ringfence_core::ids::TimeNs;
use ringfence_core::instrument::{InstrumentStatus, Side};
use ringfence_core::intent::TimeInForce;
use ringfence_core::money::Price;

use crate::config::FillMoment;
use crate::market::is_matching;
use crate::orders::Slot;
use crate::sim::Sim;

/// What is assumed of the path of prices inside a bar, for whoever reads results that rest on bars.
pub const BAR_PATH: &str = "inside a bar no path is assumed: the open comes first, then each order that rested before it \
    is judged on its own against high and low (both sides may fill in one bar); what came later meets its close, with next-open the next open";

impl Sim {
    /// Lets the orders of an instrument meet one of its market events. What the core ignores as a value that cannot be
    /// changes nothing here either.
    #[inline(never)]
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing trades on the other kinds, however many there will be")]
    pub(crate) fn meet(&mut self, at: usize, kind: &EventKind, out: &mut Vec<Report>) {
        match kind {
            EventKind::Trade(trade) if trade.qty.0 > 0 => self.meet_trade(at, trade, out),
            EventKind::Quote(quote) if quote.bid_qty.0 >= 0 && quote.ask_qty.0 >= 0 => {
                let old = self.books[at].market.quote(quote);
                self.meet_quote(at, (&old, quote), out);
            }
            EventKind::BookLevel(level) if level.qty.0 >= 0 => self.meet_level(at, level, out),
            EventKind::BookOrder(order) if order.qty.0 >= 0 && order.level.0 >= 0 => self.meet_order(at, order, out),
            EventKind::Bar(bar) if bar.volume.0 >= 0 && bar.high >= bar.low => self.meet_bar(at, bar, out),
            EventKind::InstrumentStatus(status) => self.meet_status(at, *status, out),
            EventKind::TradingDay(ends) => self.books[at].market.day_ends = *ends,
            EventKind::MarkPrice(price) => self.books[at].market.mark = Some(*price),
            EventKind::FundingRate(said) => self.meet_funding(at, *said, out),
            EventKind::CorporateAction(action) => self.meet_action(at, action, out),
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
        self.fill_resting(due, FillReason::BarThrough, out);
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
    pub(crate) fn release_waiting(&mut self, at: usize, out: &mut Vec<Report>) {
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

    /// A market that closes at the end of its day, or of whose days nothing is known, ends day orders; a settled instrument
    /// ends all. A break within a day ends none.
    pub(crate) fn meet_status(&mut self, at: usize, status: InstrumentStatus, out: &mut Vec<Report>) {
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
        if !ends_all && self.now < self.books[at].market.day_ends {
            return;
        }
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

    pub(crate) fn take_due(&mut self) -> Vec<Slot> {
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        due
    }
}
