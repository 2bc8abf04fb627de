//! Fills: are all fills known that the venue says there were?
//!
//! In: orders of which more is filled than was told. Out: questions for the account's trades, and what they show. Must never:
//! report an order as ended before its fills, except when the venue does not tell them after [`TRIES_MAX`] questions.

use ringfence_core::ids::InstrumentId;

use crate::codec::json::Json;
use crate::codec::order::{self, AccountTrade};
use crate::codec::read::CodecError;
use crate::codec::request::{self, Which};
use crate::protocol::budget::Class;
use crate::protocol::calls::Purpose;
use crate::protocol::ledger::{Evidence, Traded};
use crate::protocol::timers::Task;
use crate::protocol::{Machine, NS_PER_MS};

/// Most questions for the fills of an order.
pub(crate) const TRIES_MAX: u32 = 6;
/// The account's stream has so long to tell a fill that an answer knows of.
const GRACE_NS: u64 = 500 * NS_PER_MS;

impl Machine {
    /// Sees to it that fills which are missing are asked for, a moment later: mostly the stream tells them first.
    pub(crate) fn chase_fills(&mut self, id: &str) {
        let id = self.ledger.first_id(id).to_owned();
        let task = Task::AskFills(id.clone());
        if self.ledger.misses_fills(&id) {
            self.timers.set_by(self.now.plus(GRACE_NS), task);
        } else {
            self.timers.cancel(&task);
            self.worked(&task);
        }
    }

    pub(crate) fn ask_fills(&mut self, id: String) {
        let task = Task::AskFills(id.clone());
        if !self.ledger.misses_fills(&id) {
            return self.worked(&task);
        }
        if self.tries.get(&task).copied().unwrap_or(0) >= TRIES_MAX {
            self.worked(&task);
            return self.ledger.end_anyway(&id);
        }
        let Some(order) = self.ledger.get(&id) else { return };
        let (instrument, venue_id) = (order.instrument, order.venue_id);
        let Some(listed) = self.listed(instrument) else { return };
        let request = request::account_trades(&listed.place(self.settings.product), Which::Order(venue_id));
        if !self.call(request, Purpose::Fills(id), Class::Query) {
            self.retry(task);
        }
    }

    pub(crate) fn fills_answered(&mut self, id: &str, json: &Json<'_>) -> Result<(), CodecError> {
        let trades = order::account_trades(json)?;
        for trade in &trades {
            self.take_trade(trade);
        }
        if self.ledger.misses_fills(id) {
            self.retry(Task::AskFills(id.to_owned()));
        } else {
            self.chase_fills(id);
            self.settle_doubts(id);
        }
        Ok(())
    }

    /// Takes a trade of an order that is known by the venue's number; gives that number where it is not.
    pub(crate) fn take_trade(&mut self, trade: &AccountTrade) -> Option<(InstrumentId, u64)> {
        let (instrument, traded) = self.account_trade(trade)?;
        let Some(id) = self.ledger.of_venue(instrument, trade.order_id).cloned() else {
            return Some((instrument, trade.order_id));
        };
        self.take_fill(&id, (instrument, trade.order_id), traded);
        None
    }

    pub(crate) fn take_fill(&mut self, id: &str, (instrument, venue_id): (InstrumentId, u64), traded: Traded) {
        let client_id = self.ledger.get(id).map_or_else(|| id.to_owned(), |order| order.current_id.clone());
        let evidence = Evidence { client_id, instrument, venue_id, detail: None, time: traded.time };
        self.ledger.observe(&evidence, &[traded]);
    }
}
