//! Queries: what does the simulated venue state when it is asked?
//!
//! In: a query. Out: statements as reports, and whether it could be answered. Must never: change anything.

use ringfence_core::event::{Cause, Command, EventKind, OrderStatement, PositionStatement, RejectReason, Report};
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, VenueId};
use ringfence_core::instrument::PositionSide;
use ringfence_core::money::{Price, Qty};
use ringfence_core::order::OrderState;
use ringfence_venue::{Answer, Query};

use crate::orders::{Entry, Place, Slot};
use crate::sim::Sim;

impl Sim {
    /// Answers a query. It knows orders and positions; cash and past fills are the core's to derive.
    pub fn on_query(&self, venue: VenueId, query: &Query, out: &mut Vec<Report>) -> Answer {
        match *query {
            Query::OpenOrders(account) => self.state_open(account, out),
            Query::Order { account, instrument, key, .. } => {
                out.push(self.state_one((venue, account), instrument, key))
            }
            Query::Positions(account) => self.state_positions((venue, account), out),
            Query::Time => {}
            Query::FillsSince { .. } | Query::Balances(_) | Query::Margin { .. } | Query::Instruments => {
                return Answer::NotOffered;
            }
        }
        Answer::Complete
    }

    fn state_open(&self, account: AccountId, out: &mut Vec<Report>) {
        let slots: Vec<Slot> = self.books.iter().flat_map(|book| book.live(&self.orders)).collect();
        let entries = slots.into_iter().map(|slot| self.orders.get(slot)).filter(|entry| entry.account == account);
        out.extend(entries.map(|entry| self.about(entry, EventKind::OrderReported(statement(entry)))));
    }

    fn state_one(&self, place: (VenueId, AccountId), instrument: InstrumentId, key: LegKey) -> Report {
        let entry = self.orders.find(key).map(|slot| self.orders.get(slot));
        match entry.filter(|entry| entry.account == place.1) {
            Some(entry) => self.about(entry, EventKind::OrderReported(statement(entry))),
            None => {
                let never = EventKind::TransmitRefused(key, Command::Submit, RejectReason::UnknownOrder);
                let (venue, account) = place;
                let cause = Cause::leg(key);
                Report { venue_time: self.moment, cause, instrument, venue, account, kind: never }
            }
        }
    }

    fn state_positions(&self, (venue, account): (VenueId, AccountId), out: &mut Vec<Report>) {
        for book in &self.books {
            let net = book.positions.net(account);
            for side in PositionSide::ALL {
                let qty = net[usize::from(side.number())];
                if *side != PositionSide::Net && qty == 0 {
                    continue;
                }
                let qty = Qty(i64::try_from(qty).unwrap_or(if qty > 0 { i64::MAX } else { i64::MIN }));
                let said = PositionStatement { side: *side, qty, entry_price: Price(0) };
                let report = Report::control(EventKind::PositionReported(said));
                let (venue_time, instrument) = (self.moment, book.instrument.id);
                out.push(Report { venue_time, instrument, venue, account, ..report });
            }
        }
    }
}

/// What the venue says of an order; one that ended is as it ended as long as it is remembered.
fn statement(entry: &Entry) -> OrderStatement {
    let state = match entry.place {
        Place::Waiting | Place::Resting if entry.filled.0 > 0 => OrderState::PartiallyFilled,
        Place::Waiting | Place::Resting => OrderState::Accepted,
        Place::Ended if entry.filled == entry.terms.qty => OrderState::Filled,
        Place::Ended => OrderState::Canceled,
    };
    let price = entry.terms.limit_price.unwrap_or_default();
    let (side, qty, filled) = (entry.terms.side, entry.terms.qty, entry.filled);
    OrderStatement { order: entry.key, state, side, price, qty, filled }
}
