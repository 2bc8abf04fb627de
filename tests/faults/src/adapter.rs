//! Adapter: how does a test that speaks to an adapter use a pipe?
//!
//! In: calls of the trait of all venues. Out: inputs of the machine of the account that a call is for. Must never: decide
//! anything. Where a call waits for the venue, the pipe's clock goes on.

use ringfence_binance::protocol::Input;
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, TimeNs, VenueId};
use ringfence_venue::{Capabilities, EmergencyCancel, Query, QueryId, Rates, Said, Setting, VenueAdapter};

use crate::pipe::Pipe;

/// Longest time that is waited for a word of the venue.
const SILENCE_NS: u64 = 3_600_000_000_000;
/// Questions that are of no account go to the machine of this one.
const FIRST: AccountId = AccountId(1);

impl VenueAdapter for Pipe {
    fn venue(&self) -> VenueId {
        VenueId(1)
    }

    fn capabilities(&self) -> Capabilities {
        self.machine(FIRST).capabilities()
    }

    async fn send(&mut self, command: VenueCommand) {
        self.hand(command.account(), Input::Send(command));
    }

    async fn send_emergency(&mut self, cancel: EmergencyCancel) {
        self.hand(cancel.account_id(), Input::Emergency(cancel));
    }

    async fn ask(&mut self, id: QueryId, query: Query) {
        self.hand(account_of(&query), Input::Ask(id, query));
    }

    async fn set(&mut self, id: QueryId, place: (AccountId, InstrumentId), setting: Setting) {
        self.hand(place.0, Input::Set(id, place, setting));
    }

    fn rates(&self) -> Rates {
        self.machine(FIRST).rates(self.now())
    }

    /// Ends, after an hour by the pipe's clock in which nothing was said, as after the end.
    async fn next(&mut self) -> Option<Said> {
        let until = TimeNs(self.now().0 + SILENCE_NS);
        loop {
            if let Some(said) = self.take_said() {
                return Some(said);
            }
            if self.has_ended() || !self.step(until) {
                return None;
            }
        }
    }

    async fn close(&mut self) {
        let accounts = self.accounts();
        accounts.into_iter().for_each(|account| self.hand(account, Input::Close));
    }
}

/// The account that a question is about.
pub(crate) fn account_of(query: &Query) -> AccountId {
    match query {
        Query::OpenOrders(account) | Query::Positions(account) | Query::Balances(account) => *account,
        Query::Order { account, .. } | Query::FillsSince { account, .. } | Query::Margin { account, .. } => *account,
        Query::Instruments | Query::Time => FIRST,
    }
}
